"""How many people of each class work each candidate shift: the anonymous plan, and the bound it proves.

The model is a relaxation of the roster: rules about one person hold for the sum of a class, rest holds between days
that follow each other, breaks are placed freely within the windows of the people present (a transport of breaks to
times, of which the prefix conditions are kept), and wishes cost nothing. So its bound is a bound on every roster.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import gcd

import numpy as np

from wfm.domain.shift import Break
from wfm.roster.classes import PersonClass
from wfm.roster.linear import LinearModel
from wfm.roster.problem import Case, Floats, Ints, Week
from wfm.shifts import break_starts, overlap

__all__ = ["Counts", "plan_counts"]

_INTEGER_UP_TO = 4000
_NODE_LIMIT = 200
_RELATIVE_GAP = 5e-4


@dataclass(frozen=True, slots=True)
class Counts:
    """People by class and candidate, perhaps fractional, or none; and a lower bound on any roster, or none."""

    heads: Floats | None
    bound: float | None


def plan_counts(
    case: Case, classes: tuple[PersonClass, ...], *, seed: int, time_limit: timedelta | None = None
) -> Counts:
    """Return the counts of least cost: whole numbers where the model is small enough, else those of its relaxation."""
    builder = _Builder(case, classes)
    model = builder.model
    integer = int(sum((people.heads > 0).sum() for people in classes)) <= _INTEGER_UP_TO
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
            self._heads_per_day(number, people)
            self._rest(number, people)
            self._days_in_a_row(number, people)
            self._weekends(number, people)
            self._period(number, people)
            for position, week in enumerate(case.weeks):
                self._days_per_week(number, people, week)
                self._hours_per_week(number, people, position, week)
        self._coverage()

    def _of(self, number: int, days: tuple[int, ...]) -> Ints:
        """Return the columns of a class on those days."""
        return self.columns[number][np.isin(self.case.shifts.day[self.ids[number]], days)]

    def _free(self, people: PersonClass, days: tuple[int, ...]) -> Ints:
        """Return for each member on how many of those days they can work."""
        return np.array([self.case.people[member].free_days[list(days)].sum() for member in people.members])

    def _heads_per_day(self, number: int, people: PersonClass) -> None:
        for day in range(len(self.case.horizon.dates)):
            columns = self._of(number, (day,))
            if len(columns):
                self.model.row(columns, 1.0, upper=float(self._free(people, (day,)).sum()))

    def _days_per_week(self, number: int, people: PersonClass, week: Week) -> None:
        columns = self._of(number, week.days)
        most = np.minimum(self._free(people, week.days), people.contract.max_days_per_week).sum()
        if len(columns):
            self.model.row(columns, 1.0, upper=float(most))

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

    def _days_in_a_row(self, number: int, people: PersonClass) -> None:
        most = people.contract.max_days_in_a_row
        for first in range(len(self.case.horizon.dates) - most):
            window = tuple(range(first, first + most + 1))
            free = self._free(people, window)
            if (free > most).any():
                self.model.row(self._of(number, window), 1.0, upper=float(np.minimum(free, most).sum()))

    def _rest(self, number: int, people: PersonClass) -> None:
        """Nobody both ends late and starts early the next day: a cut for each start that a late end blocks."""
        shifts, ids = self.case.shifts, self.ids[number]
        release = shifts.end_s + people.contract.min_rest_s
        for day in range(len(self.case.horizon.dates) - 1):
            today, tomorrow = ids[shifts.day[ids] == day], ids[shifts.day[ids] == day + 1]
            if not len(today) or not len(tomorrow):
                continue
            either = sum(self.case.people[m].free_days[[day, day + 1]].any() for m in people.members)
            for start in np.unique(shifts.start_s[tomorrow]).tolist():
                late, early = today[release[today] > start], tomorrow[shifts.start_s[tomorrow] <= start]
                if len(late):
                    both = np.concatenate((late, early))
                    self.model.row(self.columns[number][np.searchsorted(ids, both)], 1.0, upper=float(either))

    def _weekends(self, number: int, people: PersonClass) -> None:
        most = people.contract.max_weekends
        if most is None:
            return
        for weekday in (5, 6):
            days = tuple(d for d, day in enumerate(self.case.horizon.dates) if day.weekday() == weekday)
            upper = np.minimum(self._free(people, days), most).sum() if days else 0
            if days and len(self._of(number, days)):
                self.model.row(self._of(number, days), 1.0, upper=float(upper))

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
        short = model.add_columns(int(wanted.sum()), cost=case.shortage_price * hour)
        model.set(demand_rows[wanted], short, 1.0)
        for group in self.groups:
            serves = np.array(group)
            counted = case.is_open[:, serves].any(axis=1)
            useful = wanted & serves
            rows = np.full(len(case.demand), -1, dtype=np.int64)
            active = counted if case.surplus_price else useful.any(axis=1)
            rows[active] = model.add_rows(int(active.sum()), lower=0.0, upper=0.0 if case.surplus_price else np.inf)
            flow_interval, flow_queue = np.nonzero(useful)
            flow = model.add_columns(len(flow_interval))
            model.set(rows[flow_interval], flow, -1.0)
            model.set(demand_rows[flow_interval, flow_queue], flow, 1.0)
            if case.surplus_price:
                over = model.add_columns(int(active.sum()), cost=case.surplus_price * hour)
                model.set(rows[active], over, -1.0)
            self._present(group, rows)

    def _present(self, group: tuple[bool, ...], rows: Ints) -> None:
        """Add who is on shift to the rows of a skill set, and take who is on break away."""
        case = self.case
        for number, people in enumerate(self.classes):
            if people.skills == group:
                ids = self.ids[number]
                share = overlap(case.shifts.start_s[ids], case.shifts.end_s[ids], case.starts_s, case.interval_s)
                place, interval = np.nonzero(share * (rows >= 0))
                self.model.set(rows[interval], self.columns[number][place], share[place, interval])
        numbers = [n for n, people in enumerate(self.classes) if people.skills == group]
        owner = np.concatenate([self.ids[n] for n in numbers])
        column = np.concatenate([self.columns[n] for n in numbers])
        for day in np.unique(case.shifts.day[owner]).tolist():
            for position in range(len(case.shifts.templates)):
                picked = (case.shifts.day[owner] == day) & (case.shifts.template[owner] == position)
                if picked.any():
                    self._breaks(position, owner[picked], column[picked], rows)

    def _breaks(self, position: int, ids: Ints, columns: Ints, rows: Ints) -> None:
        case = self.case
        template = case.shifts.templates[position]
        for rest in template.breaks:
            low, high, step = self._windows(position, rest, ids)
            kind, shares = self._footprints(int(low.min()), int(high.max()), step, int(rest.length_s))
            taken = self.model.add_columns(len(shares))
            place, interval = np.nonzero(shares * (rows >= 0))
            self.model.set(rows[interval], taken[place], -shares[place, interval])
            row = self.model.add_rows(1, lower=0.0, upper=0.0)[0]
            self.model.set(row, taken, 1.0)
            self.model.set(row, columns, -1.0)
            soonest, latest = kind[(low - low.min()) // step], kind[(high - low.min()) // step]
            for moment in np.unique(latest).tolist()[:-1]:
                self._prefix(taken[: moment + 1], columns[latest <= moment], lower=0.0)
            for moment in np.unique(soonest).tolist()[1:]:
                self._prefix(taken[:moment], columns[soonest < moment], upper=0.0)

    def _windows(self, position: int, rest: Break, ids: Ints) -> tuple[Ints, Ints, int]:
        """Return the first and last start of a break for each candidate, and the step between starts."""
        shifts, interval = self.case.shifts, self.case.interval_s
        lengths = (shifts.end_s - shifts.start_s)[ids]
        low, high = np.empty(len(ids), dtype=np.int64), np.empty(len(ids), dtype=np.int64)
        step = interval
        for span in np.unique(lengths).tolist():
            offsets = break_starts(shifts.templates[position], rest, span, interval)
            low[lengths == span], high[lengths == span] = offsets[0], offsets[-1]
            step = gcd(step, *np.diff(offsets).tolist())
        low, high = low + shifts.start_s[ids], high + shifts.start_s[ids]
        return low, high, gcd(step, *np.diff(low).tolist(), *np.diff(high).tolist())

    def _footprints(self, first: int, last: int, step: int, length: int) -> tuple[Ints, Floats]:
        """Return for each start the number of the intervals it takes, and the shares of those, by number.

        Breaks that take the same shares of the same intervals are one: where in them they lie covers the same.
        """
        starts = np.arange(first, last + 1, step, dtype=np.int64)
        shares = overlap(starts, starts + length, self.case.starts_s, self.case.interval_s)
        differs = np.concatenate(([True], (np.diff(shares, axis=0) != 0).any(axis=1)))
        return np.cumsum(differs) - 1, shares[differs]

    def _prefix(self, taken: Ints, columns: Ints, *, lower: float = -np.inf, upper: float = np.inf) -> None:
        row = self.model.add_rows(1, lower=lower, upper=upper)[0]
        self.model.set(row, taken, 1.0)
        self.model.set(row, columns, -1.0)
