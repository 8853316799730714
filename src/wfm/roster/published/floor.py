"""The state of a published roster under repair: who covers what now, and what a change of one shift is worth.

Worth is what the change takes off the loss: the price of coverage **above that of the published plan**, interval by
interval and queue by queue, and of heads wanted by shift and day likewise. So a repair restores what was planned, and
earns nothing by improving the plan elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from wfm.domain.people import ContractKind
from wfm.roster.coverage.loss import Loss, present
from wfm.roster.duties import Duties, Duty, day_of
from wfm.roster.frames import person_cost
from wfm.roster.problem import Case, Floats, Ints, Person
from wfm.roster.published.heads import Heads

__all__ = ["Floor"]

_BESIDE = 1e-3  # weight of shortage that the plan had too: it breaks ties, and pays for no change


class Floor:
    """Everybody's shifts and what they cover.

    Parameters
    ----------
    case
        The problem, with the requirement as it is now.
    duties
        Everybody's shifts as they are now.
    planned_short, planned_over
        Price of shortage and surplus of the published plan, as intervals x queues.
    planned_surplus
        Agents above the requirement in the published plan, as intervals x queues.
    planned_heads
        Price of heads missing and too many in the published plan, as 2 x rows of `wanted`.
    now_s
        What lies before this instant is past.
    """

    def __init__(
        self,
        case: Case,
        duties: Duties,
        *,
        planned_short: Floats,
        planned_over: Floats,
        planned_surplus: Floats,
        planned_heads: Floats,
        now_s: int,
    ) -> None:
        self.case = case
        self.now_s = now_s
        self.people = {person.employee.id: person for person in case.people}
        self.loss = Loss(case)
        self.lines = {name: {day_of(d.start_s, case.centre.tz): d for d in mine} for name, mine in duties.items()}
        self.rostered: Floats = present(case, duties)
        self.heads = Heads(case)
        self.there = self.heads.there(duty for mine in duties.values() for duty in mine)
        self._short, self._over, self._surplus = planned_short, planned_over, planned_surplus
        self._heads = planned_heads
        self._all = np.arange(len(case.demand))

    def priced(self, rows: Ints, rostered: Floats) -> Floats:
        """Return the loss of a coverage of some intervals, as rows x queues."""
        short = self.loss.short(rostered, rows)
        worse = np.maximum(short - self._short[rows], 0.0)
        worse += np.maximum(self.loss.over(rostered, rows) - self._over[rows], 0.0)
        return np.asarray(worse + _BESIDE * short)

    def total(self) -> float:
        """Return the loss, without what the plan had too."""
        worse = np.maximum(self.loss.short(self.rostered) - self._short, 0.0).sum()
        worse += np.maximum(self.loss.over(self.rostered) - self._over, 0.0).sum()
        return float(worse + np.maximum(self.case.wanted.prices(self.there) - self._heads, 0.0).sum())

    def excess(self) -> Floats:
        """Return the agents above the requirement beyond those of the plan, as intervals x queues."""
        case = self.case
        surplus = np.where(case.is_open, np.maximum(self.rostered - case.demand, 0.0), 0.0)
        return np.asarray(np.maximum(surplus - self._surplus, 0.0))

    def worth(self, name: str, old: Duty | None, new: Duty | None) -> float:
        """Return by how much the loss falls if a shift of a person takes the place of another."""
        change = self.presence(name, new) - self.presence(name, old)
        rows = np.flatnonzero(change.any(axis=1))
        here = self.rostered[rows]
        by_interval = (self.priced(rows, here) - self.priced(rows, here + change[rows])).sum()
        return float(by_interval + self.worth_in_heads(np.array([self.heads.row(new)]), old)[0])

    def worth_in_heads(self, rows: Ints, old: Duty | None) -> Floats:
        """Return by how much the loss falls with a head in each of some rows (-1: none) in place of a shift."""
        there = self.there.copy()
        before, left = 0.0, self.heads.row(old)
        if left >= 0:
            before = float(self._priced_heads(np.array([left]), there[[left]])[0])
            there[left] -= 1.0
            before -= float(self._priced_heads(np.array([left]), there[[left]])[0])
        worth = np.full(len(rows), before)
        some = rows[rows >= 0]
        worth[rows >= 0] += self._priced_heads(some, there[some]) - self._priced_heads(some, there[some] + 1.0)
        return worth

    def _priced_heads(self, rows: Ints, there: Floats) -> Floats:
        prices = self.case.wanted.prices(there, rows)
        return np.asarray(np.maximum(prices - self._heads[:, rows], 0.0).sum(axis=0) + _BESIDE * prices[0])

    def presence(self, name: str, duty: Duty | None) -> Floats:
        """Return the agents that a shift of a person puts on each queue in each interval."""
        return present(self.case, {name: () if duty is None else (duty,)})

    def without(self, name: str, duty: Duty | None) -> Floats:
        """Return the agents on each queue in each interval, were a shift of a person not there."""
        return self.rostered - self.presence(name, duty)

    def gain_of_one_more(self, there: Floats) -> Floats:
        """Return what one more agent is worth on each queue in each interval beside those who are there."""
        gain: Floats = self.priced(self._all, there) - self.priced(self._all, there + 1.0)
        gain[: max((self.now_s - int(self.case.starts_s[0])) // self.case.interval_s, 0)] = 0.0
        return gain

    def loss_of_one_less(self) -> Floats:
        """Return what one agent less costs on each queue in each interval."""
        loss: Floats = self.priced(self._all, self.rostered - 1.0) - self.priced(self._all, self.rostered)
        loss[: max((self.now_s - int(self.case.starts_s[0])) // self.case.interval_s, 0)] = 0.0
        return loss

    def gain_of(self, name: str, beside: Duty | None, rows: Ints, shares: Floats) -> Floats:
        """Return what a share of a person is worth in some intervals, as rows x queues, were a shift not there."""
        there = self.without(name, beside)[rows]
        return self.priced(rows, there) - self.priced(rows, there + np.outer(shares, self.people[name].speeds))

    def set(self, name: str, day: date, duty: Duty | None) -> None:
        """Give a person another shift on a day, or none."""
        old = self.lines[name].get(day)
        for some, sign in ((duty, 1.0), (old, -1.0)):
            if (row := self.heads.row(some)) >= 0:
                self.there[row] += sign
        self.rostered = self.rostered + self.presence(name, duty) - self.presence(name, old)
        if duty is None:
            del self.lines[name][day]
        else:
            self.lines[name][day] = duty

    def line(self, name: str, day: date, duty: Duty | None) -> tuple[Duty, ...]:
        """Return a person's shifts if they had that one on the day."""
        mine = {**self.lines[name], day: duty}
        return tuple(sorted((d for d in mine.values() if d is not None), key=lambda d: d.start_s))

    def duties(self) -> Duties:
        """Return everybody's shifts in order of time."""
        return {name: tuple(sorted(mine.values(), key=lambda d: d.start_s)) for name, mine in self.lines.items()}

    def person(self, name: str) -> Person:
        """Return a person of the case."""
        return self.people[name]

    def own_cost(self, name: str, line: Iterable[Duty]) -> float:
        """Return wages, overtime and missed wishes of a line of a person."""
        tz = self.case.centre.tz
        worked = [(day_of(duty.start_s, tz), duty.template, duty.paid_h) for duty in line]
        return sum(person_cost(self.case, self.people[name], worked).values())

    def is_overtime(self, name: str, day: date, line: tuple[Duty, ...]) -> bool:
        """Whether the week of a day is paid above the hours of the contract."""
        case = self.case
        monday = day - timedelta(days=day.weekday())
        week = next(number for number, week in enumerate(case.weeks) if week.monday == monday)
        days = (day_of(duty.start_s, case.centre.tz) for duty in line)
        paid = sum(d.paid_h for on, d in zip(days, line, strict=True) if on - timedelta(days=on.weekday()) == monday)
        return paid * 3600 > self.people[name].plain_s[week] + 1.0

    def contract_kind(self, name: str) -> ContractKind | str:
        """Return the sort of a person's contract."""
        return self.people[name].contract.kind
