"""How many people of each class work each candidate shift: the anonymous plan, and the bound it proves.

The model is a relaxation of the roster: rules about one person hold for the sum of a class, rest holds between days
that follow each other, breaks are placed freely within the windows of the people present (a transport of breaks to
times, of which the prefix conditions are kept), and wishes cost nothing. So its bound is a bound on every roster.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import gcd

import numpy as np

from wfm.roster.classes import PersonClass
from wfm.roster.linear import LinearModel
from wfm.roster.problem import Case, Floats, Ints, Week
from wfm.shifts import break_starts, overlap

__all__ = ["Counts", "footprints", "plan_counts"]

_INTEGER_UP_TO = 2500
_NODE_LIMIT = 50
_RELATIVE_GAP = 5e-4


@dataclass(frozen=True, slots=True)
class Counts:
    """People by class and candidate, perhaps fractional, or none; and a lower bound on any roster, or none."""

    heads: Floats | None
    bound: float | None


def plan_counts(
    case: Case, classes: tuple[PersonClass, ...], *, seed: int, time_limit: timedelta | None = None
) -> Counts:
    """Return the counts of least cost: whole numbers where the model is small, else those of its relaxation.

    The relaxation is within a thousandth of the whole numbers as soon as a class has a few dozen people, and takes a
    hundredth of the time; naming makes its counts whole.
    """
    builder = _Builder(case, classes)
    model = builder.model
    integer = model.columns <= _INTEGER_UP_TO
    optimum = model.solve(
        integer=integer,
        seed=seed,
        node_limit=_NODE_LIMIT if integer else None,
        relative_gap=_RELATIVE_GAP if integer else None,
        time_limit=time_limit,
    )
    heads = None
    if optimum.values is not None:
        heads = np.zeros((len(classes), len(case.shifts)))
        for number, columns in enumerate(builder.columns):
            heads[number, builder.ids[number]] = optimum.values[columns]
    return Counts(heads, optimum.bound)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Breaks of one length and width of window: when each window begins, the step of starts, and who has the break."""

    length_s: int
    width_s: int
    step_s: int
    first: Ints
    owners: Ints


class _Builder:
    """Builds the model step by step; each method adds one rule."""

    def __init__(self, case: Case, classes: tuple[PersonClass, ...]) -> None:
        self.case = case
        self.classes = classes
        self.model = LinearModel()
        self.ids: list[Ints] = []
        self.columns: list[Ints] = []
        self.groups = sorted({people.skills for people in classes})
        for people in classes:
            ids = np.flatnonzero(people.heads > 0)
            cost = case.shifts.paid_s[ids] / 3600 * people.contract.cost_per_hour
            self.ids.append(ids)
            self.columns.append(self.model.add_columns(len(ids), cost=cost, upper=people.heads[ids], integer=True))
        for number, people in enumerate(classes):
            totals = self._heads_per_day(number, people)
            self._rest(number, people)
            self._days_in_a_row(totals, people)
            self._weekends(totals, people)
            self._period(number, people)
            for position, week in enumerate(case.weeks):
                self._days_per_week(totals, people, week)
                self._hours_per_week(number, people, position, week)
        self._coverage()

    def _of(self, number: int, days: tuple[int, ...]) -> Ints:
        """Return the columns of a class on those days."""
        return self.columns[number][np.isin(self.case.shifts.day[self.ids[number]], days)]

    def _free(self, people: PersonClass, days: tuple[int, ...]) -> Ints:
        """Return for each member on how many of those days they can work."""
        return np.array([self.case.people[member].free_days[list(days)].sum() for member in people.members])

    def _heads_per_day(self, number: int, people: PersonClass) -> Ints:
        """Return a column for the shifts of a class on each day; no day has more than people who can work on it."""
        days = len(self.case.horizon.dates)
        heads = np.stack([self.case.people[member].free_days for member in people.members]).sum(axis=0)
        totals = self.model.add_columns(days, upper=heads)
        rows = self.model.add_rows(days, lower=0.0, upper=0.0)
        self.model.set(rows, totals, -1.0)
        self.model.set(rows[self.case.shifts.day[self.ids[number]]], self.columns[number], 1.0)
        return totals

    def _days_per_week(self, totals: Ints, people: PersonClass, week: Week) -> None:
        most = np.minimum(self._free(people, week.days), people.contract.max_days_per_week).sum()
        self.model.row(totals[list(week.days)], 1.0, upper=float(most))

    def _hours_per_week(self, number: int, people: PersonClass, position: int, week: Week) -> None:
        contract = people.contract
        columns = self._of(number, week.days)
        members = [self.case.people[member] for member in people.members]
        able = int((self._free(people, week.days) > 0).sum())
        if not len(columns):
            return
        paid = self.case.shifts.paid_s[self.ids[number][np.searchsorted(self.columns[number], columns)]] / 3600
        # Nobody is paid a part of the unit that all shifts are multiples of, so each minimum is rounded up to it.
        unit = float(np.gcd.reduce(self.case.shifts.paid_s[self.ids[number]])) / 3600
        low = sum(np.ceil(person.low_s[position] / 3600 / unit - 1e-9) * unit for person in members)
        plain = able * contract.max_week_s / 3600
        extra = contract.max_overtime_week_s / 3600
        overtime = self.model.add_columns(
            1, cost=contract.cost_per_hour * (contract.overtime_factor - 1), upper=able * extra
        )
        row = self.model.add_rows(1, upper=plain)[0]
        self.model.set(row, columns, paid)
        self.model.set(row, overtime, -1.0)
        if low:
            self.model.row(columns, paid, lower=low)

    def _days_in_a_row(self, totals: Ints, people: PersonClass) -> None:
        most = people.contract.max_days_in_a_row
        for first in range(len(totals) - most):
            window = tuple(range(first, first + most + 1))
            free = self._free(people, window)
            if (free > most).any():
                self.model.row(totals[list(window)], 1.0, upper=float(np.minimum(free, most).sum()))

    def _rest(self, number: int, people: PersonClass) -> None:
        """Nobody both ends late and starts early the next day: a cut for each start that a late end blocks.

        With the starts of a day in order, those who start by it and those of the day before who are not rested by it
        are a running sum, at most the people who can work on either day.
        """
        shifts, ids, columns = self.case.shifts, self.ids[number], self.columns[number]
        release = shifts.end_s + int(np.ceil(people.contract.min_rest_s))
        for day in range(len(self.case.horizon.dates) - 1):
            today, tomorrow = shifts.day[ids] == day, shifts.day[ids] == day + 1
            starts = np.unique(shifts.start_s[ids[tomorrow]])
            starts = starts[starts < release[ids[today]].max(initial=0)]
            if not len(starts):
                continue
            either = sum(self.case.people[m].free_days[[day, day + 1]].any() for m in people.members)
            running = self.model.add_columns(len(starts), upper=float(either))
            balance = self.model.add_rows(len(starts), lower=0.0, upper=0.0)
            self.model.set(balance, running, -1.0)
            self.model.set(balance[1:], running[:-1], 1.0)
            early = tomorrow & (shifts.start_s[ids] <= starts[-1])
            self.model.set(balance[np.searchsorted(starts, shifts.start_s[ids[early]])], columns[early], 1.0)
            late = today & (release[ids] > starts[0])
            self.model.set(balance[0], columns[late], 1.0)
            rested = np.searchsorted(starts, release[ids[late]])
            inside = rested < len(starts)
            self.model.set(balance[rested[inside]], columns[late][inside], -1.0)

    def _weekends(self, totals: Ints, people: PersonClass) -> None:
        most = people.contract.max_weekends
        if most is None:
            return
        for weekday in (5, 6):
            days = tuple(d for d, day in enumerate(self.case.horizon.dates) if day.weekday() == weekday)
            if days:
                upper = np.minimum(self._free(people, days), most).sum()
                self.model.row(totals[list(days)], 1.0, upper=float(upper))

    def _period(self, number: int, people: PersonClass) -> None:
        contract, heads = people.contract, len(people.members)
        paid = self.case.shifts.paid_s[self.ids[number]] / 3600
        if not len(paid):
            return
        if contract.max_period_s is not None:
            self.model.row(self.columns[number], paid, upper=heads * contract.max_period_s / 3600)
        if contract.min_period_s:
            self.model.row(self.columns[number], paid, lower=heads * contract.min_period_s / 3600)

    def _coverage(self) -> None:
        """Share those present among the queues they serve; what is missing is short, what is left is surplus."""
        case, model = self.case, self.model
        hour = case.interval_h
        wanted = case.demand > 0
        demand_rows = np.full(case.demand.shape, -1, dtype=np.int64)
        demand_rows[wanted] = model.add_rows(int(wanted.sum()), lower=case.demand[wanted])
        short = model.add_columns(
            int(wanted.sum()), cost=case.shortage_price * hour, implied=np.maximum(case.demand[wanted], 0.0)
        )
        model.set(demand_rows[wanted], short, 1.0)
        for group in self.groups:
            serves = np.array(group)
            counted = case.is_open[:, serves].any(axis=1)
            useful = wanted & serves
            rows = np.full(len(case.demand), -1, dtype=np.int64)
            active = counted if case.surplus_price else useful.any(axis=1)
            rows[active] = model.add_rows(int(active.sum()), lower=0.0, upper=0.0 if case.surplus_price else np.inf)
            flow_interval, flow_queue = np.nonzero(useful)
            most = self._most_there(group)
            flow = model.add_columns(len(flow_interval), implied=most)
            model.set(rows[flow_interval], flow, -1.0)
            model.set(demand_rows[flow_interval, flow_queue], flow, 1.0)
            if case.surplus_price:
                over = model.add_columns(int(active.sum()), cost=case.surplus_price * hour, implied=most)
                model.set(rows[active], over, -1.0)
            self._present(group, rows)

    def _most_there(self, group: tuple[bool, ...]) -> int:
        """Return how many shifts of a skill set can ever be at work together: where a typical week wraps, two each."""
        members = sum(len(people.members) for people in self.classes if people.skills == group)
        return members * (2 if self.case.horizon.cyclic else 1)

    def _present(self, group: tuple[bool, ...], rows: Ints) -> None:
        """Put who is at work into the rows of a skill set.

        Presence is a column of its own that changes from interval to interval by who comes and who goes, so that a
        shift has entries at its ends only, however long it is.
        """
        case, model = self.case, self.model
        present = model.add_columns(len(rows), implied=self._most_there(group))
        changes = model.add_rows(len(rows), lower=0.0, upper=0.0)
        model.set(changes, present, -1.0)
        model.set(changes[1:], present[:-1], 1.0)
        counted = rows >= 0
        model.set(rows[counted], present[counted], 1.0)
        numbers = [n for n, people in enumerate(self.classes) if people.skills == group]
        owner = np.concatenate([self.ids[n] for n in numbers])
        column = np.concatenate([self.columns[n] for n in numbers])
        share = overlap(case.shifts.start_s[owner], case.shifts.end_s[owner], case.starts_s, case.interval_s)
        self._change(changes, column, share)
        # Windows of two days may overlap, and a shift may have several breaks in a pool.
        most = 2 * self._most_there(group) * max(len(template.breaks) for template in case.shifts.templates)
        for pool in self._break_pools(owner, column):
            self._breaks(pool, changes, most)

    def _break_pools(self, ids: Ints, columns: Ints) -> list[_Pool]:
        """Return the breaks of those candidates by length and width of window.

        Windows of one width have their ends in the order of their beginnings, whatever the shift or the day. For such
        windows the prefix conditions of `_breaks` say all, so one pool holds them.
        """
        pools: dict[tuple[int, int, int], list[tuple[Ints, Ints]]] = defaultdict(list)
        shifts = self.case.shifts
        spans = (shifts.end_s - shifts.start_s)[ids]
        for position, span in sorted(set(zip(shifts.template[ids].tolist(), spans.tolist(), strict=True))):
            alike = (spans == span) & (shifts.template[ids] == position)
            begin = shifts.start_s[ids[alike]]
            template = shifts.templates[position]
            for rest in template.breaks:
                offsets = break_starts(template, rest, span, self.case.interval_s)
                step = gcd(self.case.interval_s, *np.diff(offsets).tolist())
                key = int(rest.length_s), int(offsets[-1] - offsets[0]), step
                pools[key].append((begin + offsets[0], columns[alike]))
        found = []
        for (length_s, width_s, step_s), parts in sorted(pools.items()):
            first, owners = (np.concatenate(column) for column in zip(*parts, strict=True))
            found.append(_Pool(length_s, width_s, step_s, first, owners))
        return found

    def _change(self, changes: Ints, columns: Ints, share: Floats) -> None:
        """Enter the change of presence from one interval to the next that a unit of each column brings."""
        step = np.diff(self.case.fold(share), axis=1, prepend=0.0)
        place, interval = np.nonzero(step)
        self.model.set(changes[interval], columns[place], step[place, interval])

    def _breaks(self, pool: _Pool, changes: Ints, most: int) -> None:
        """Give everybody of a pool their break within its window, and take them away from work for it."""
        low, high = pool.first, pool.first + pool.width_s
        first = int(low.min())
        step = gcd(pool.step_s, *np.unique(low - first).tolist())
        kind, shares = footprints(self.case, first, int(high.max()), step, pool.length_s)
        taken = self.model.add_columns(len(shares), implied=most)
        self._change(changes, taken, -shares)
        # Breaks still due by each kind, and people free to take theirs: both running sums stay at 0 or more.
        for edge, sign in ((high, 1.0), (low, -1.0)):
            upper = np.append(np.full(len(taken) - 1, np.inf), 0.0)
            running = self.model.add_columns(len(taken), upper=upper, implied=most)
            balance = self.model.add_rows(len(taken), lower=0.0, upper=0.0)
            self.model.set(balance, running, -1.0)
            self.model.set(balance[1:], running[:-1], 1.0)
            self.model.set(balance, taken, sign)
            self.model.set(balance[kind[(edge - first) // step]], pool.owners, -sign)


def footprints(case: Case, first: int, last: int, step: int, length: int) -> tuple[Ints, Floats]:
    """Return for each start the number of the intervals it takes, and the shares of those, by number.

    Breaks that take the same shares of the same intervals are one: where in them they lie covers the same.
    """
    starts = np.arange(first, last + 1, step, dtype=np.int64)
    shares = overlap(starts, starts + length, case.starts_s, case.interval_s)
    differs = np.concatenate(([True], (np.diff(shares, axis=0) != 0).any(axis=1)))
    return np.cumsum(differs) - 1, shares[differs]
