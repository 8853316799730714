"""How many people of each class work each candidate shift: the anonymous plan, and the bound it proves.

The model is a relaxation of the roster: rules about one person hold for the sum of a class, rest holds between days
that follow each other, breaks are placed freely within the windows of the people present (a transport of breaks to
times, of which the prefix conditions are kept), and wishes cost nothing. So its bound is a bound on every roster.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import gcd, inf

import numpy as np

from wfm.roster.bound.classes import PersonClass
from wfm.roster.bound.linear import LinearModel
from wfm.roster.coverage.speeds import Speeds
from wfm.roster.problem import Case, Flags, Floats, Ints, Person, Week
from wfm.roster.tiers import tiers_of
from wfm.shifts import break_starts, overlap

__all__ = ["Counts", "plan_counts"]

_INTEGER_UP_TO = 2500
_WHOLE_UP_TO = 100_000
_DAY_S = 86400
_AMPLE = 1.1  # least paid hours by those wanted from which there are enough at any moment; shifts never fit exactly
_NODE_LIMIT = 50
_RELATIVE_GAP = 5e-4


@dataclass(frozen=True, slots=True)
class Counts:
    """People by class and candidate, perhaps fractional, or none; and a lower bound on any roster, or none."""

    heads: Floats | None
    bound: float | None


def plan_counts(
    case: Case, classes: tuple[PersonClass, ...], *, seed: int, left_s: Callable[[], float] = lambda: inf
) -> Counts:
    """Return the counts of least cost: whole numbers where the model is small, else those of its relaxation.

    The relaxation is within a thousandth of the whole numbers as soon as a class has a few dozen people, and takes a
    hundredth of the time; naming makes its counts whole.

    Where the model is large and the horizon has several weeks, each week is a model of its own, and the bound is the
    sum of theirs. The demand is cut where the fewest shifts of one week reach into the other. The cost of those that do
    is divided by where they lie, since else they would cover the other week for nothing; rules of the whole period are
    left out. A week for which the time was too short adds nothing.

    `left_s` tells the seconds left, infinity without a limit, and 0 or less once it shall end.
    """
    heads = np.zeros((len(classes), len(case.shifts)))
    bounds: list[float | None] = []
    whole = True
    for part in _parts(case, classes):
        left = left_s()
        if left <= 0:
            return Counts(None, _sum(bounds))
        builder = _Builder(case, classes, part)
        integer = builder.model.columns <= _INTEGER_UP_TO
        optimum = builder.model.solve(
            integer=integer,
            seed=seed,
            node_limit=_NODE_LIMIT if integer else None,
            relative_gap=_RELATIVE_GAP if integer else None,
            time_limit=timedelta(seconds=left) if left < inf else None,
        )
        bounds.append(optimum.bound)
        if optimum.values is None:
            whole = False
            continue
        for number, columns in enumerate(builder.columns):
            own = np.isin(case.shifts.day[builder.ids[number]], part.days)
            heads[number, builder.ids[number][own]] = optimum.values[columns[own]]
    return Counts(heads if whole else None, _sum(bounds))


def _sum(bounds: list[float | None]) -> float | None:
    """Return the sum of the bounds that are known, or none; no cost is below 0."""
    known = [max(bound, 0.0) for bound in bounds if bound is not None]
    return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class _Part:
    """Days of the horizon that make a model, the rows of demand that are theirs, and what the days beside them give.

    `around` are shifts of the days just before and after that reach into the rows. `share` is how much of the cost of
    each shift is counted here.
    """

    days: tuple[int, ...]
    rows: slice
    around: Flags
    share: Floats


def _parts(case: Case, classes: tuple[PersonClass, ...]) -> list[_Part]:
    """Return the horizon as one part, or its weeks if it is long.

    Shares that sum to 1 over the parts prove a bound. A shift's are those of its time, which keeps it from covering
    for nothing. But where people are paid for much more than is wanted anyway, time in another week is worth nothing
    there, and the week of its day bears all.
    """
    days = tuple(range(len(case.horizon.dates)))
    shifts = case.shifts
    size = sum(int((people.heads > 0).sum()) for people in classes)
    if case.horizon.cyclic or len(case.weeks) == 1 or size <= _WHOLE_UP_TO:
        whole = slice(0, len(case.demand))
        return [_Part(days, whole, np.zeros(len(shifts), dtype=bool), np.ones(len(shifts)))]
    edges = [0, *(_cut(case, week.days[0]) for week in case.weeks[1:]), len(case.demand)]
    least_h = sum(sum(person.low_s) for person in case.people) / 3600
    is_scarce = least_h < _AMPLE * case.demand.sum() * case.interval_h
    inside_s = _inside_s(case, slice(0, len(case.demand)))
    parts = []
    for week, (first, last) in zip(case.weeks, pairwise(edges), strict=True):
        own, here_s = np.isin(shifts.day, week.days), _inside_s(case, slice(first, last))
        share = own.astype(float)
        if is_scarce:
            # What lies in no part is its own week's.
            nowhere_s = shifts.end_s - shifts.start_s - inside_s
            share = (here_s + own * nowhere_s) / (shifts.end_s - shifts.start_s)
        parts.append(_Part(week.days, slice(first, last), (here_s > 0) & ~own, share))
    return parts


def _inside_s(case: Case, rows: slice) -> Ints:
    """Return how long each shift lies in the time of those rows of demand."""
    first, last = case.starts_s[rows][[0, -1]]
    begin, end = np.maximum(case.shifts.start_s, first), np.minimum(case.shifts.end_s, last + case.interval_s)
    inside: Ints = np.clip(end - begin, 0, None)
    return inside


def _cut(case: Case, day: int) -> int:
    """Return the interval of a day before which the fewest shifts of earlier days end late, or its own begin early."""
    shifts, start = case.shifts, int(case.day_start_s[day])
    first, last = np.searchsorted(case.starts_s, [start, start + _DAY_S])
    moments = case.starts_s[first:last]
    late = np.sort(shifts.end_s[(shifts.day < day) & (shifts.end_s > start)])
    early = np.sort(shifts.start_s[shifts.day == day])
    astride = len(late) - np.searchsorted(late, moments, side="right") + np.searchsorted(early, moments)
    return int(first + np.argmin(astride))


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

    def __init__(self, case: Case, classes: tuple[PersonClass, ...], part: _Part) -> None:
        self.case = case
        self.part = part
        self.is_whole = len(part.days) == len(case.horizon.dates)
        self.classes = classes
        self.model = LinearModel()
        self.ids: list[Ints] = []
        self.columns: list[Ints] = []
        self.groups = sorted({people.speeds for people in classes})
        own = np.isin(case.shifts.day, part.days)
        seen = own | part.around
        for people in classes:
            ids = np.flatnonzero((people.heads > 0) & seen)
            contract = people.contract
            cost = (case.shifts.paid_s[ids] / 3600 * contract.cost_per_hour + contract.cost_per_shift) * part.share[ids]
            self.ids.append(ids)
            self.columns.append(self.model.add_columns(len(ids), cost=cost, upper=people.heads[ids], integer=True))
        for number, people in enumerate(classes):
            totals = self._heads_per_day(number, people)
            self._rest(number, people)
            self._days_in_a_row(totals, people)
            self._weekends(totals, people)
            if self.is_whole:
                self._period(number, people)
            for position, week in enumerate(case.weeks):
                if set(week.days) <= set(part.days):
                    self._days_per_week(totals, people, position, week)
                    self._hours_per_week(number, people, position, week)
        self._coverage()
        self._wanted()

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

    def _members(self, people: PersonClass) -> list[Person]:
        return [self.case.people[member] for member in people.members]

    def _days_per_week(self, totals: Ints, people: PersonClass, position: int, week: Week) -> None:
        allowed = [person.most_days[position] for person in self._members(people)]
        most = np.minimum(self._free(people, week.days), allowed).sum()
        self.model.row(totals[list(week.days)], 1.0, upper=float(most))

    def _hours_per_week(self, number: int, people: PersonClass, position: int, week: Week) -> None:
        contract = people.contract
        columns = self._of(number, week.days)
        if not len(columns):
            return
        free = self._free(people, week.days) > 0
        able = [person for person, some in zip(self._members(people), free, strict=True) if some]
        paid = self.case.shifts.paid_s[self.ids[number][np.searchsorted(self.columns[number], columns)]] / 3600
        # Nobody is paid a part of the unit that all shifts are multiples of, so each minimum is rounded up to it.
        unit = float(np.gcd.reduce(self.case.shifts.paid_s[self.ids[number]])) / 3600
        low = sum(np.ceil(person.low_s[position] / 3600 / unit - 1e-9) * unit for person in able)
        plain = sum(person.plain_s[position] for person in able) / 3600
        extra = sum(person.high_s[position] - person.plain_s[position] for person in able) / 3600
        overtime = self.model.add_columns(1, cost=contract.cost_per_hour * (contract.overtime_factor - 1), upper=extra)
        row = self.model.add_rows(1, upper=plain)[0]
        self.model.set(row, columns, paid)
        self.model.set(row, overtime, -1.0)
        if low:
            self.model.row(columns, paid, lower=low)

    def _days_in_a_row(self, totals: Ints, people: PersonClass) -> None:
        most = people.contract.max_days_in_a_row
        for first in range(self.part.days[0], self.part.days[-1] + 1 - most):
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
        for day in range(max(self.part.days[0] - 1, 0), min(self.part.days[-1] + 1, len(self.case.horizon.dates) - 1)):
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
        if people.contract.max_weekends is None:
            return
        allowed = [person.most_weekends for person in self._members(people)]
        for weekday in (5, 6):
            days = tuple(d for d in self.part.days if self.case.horizon.dates[d].weekday() == weekday)
            if days:
                upper = np.minimum(self._free(people, days), allowed).sum()
                self.model.row(totals[list(days)], 1.0, upper=float(upper))

    def _period(self, number: int, people: PersonClass) -> None:
        paid = self.case.shifts.paid_s[self.ids[number]] / 3600
        if not len(paid):
            return
        members = self._members(people)
        if people.contract.max_period_s is not None:
            self.model.row(self.columns[number], paid, upper=sum(person.period_high_s for person in members) / 3600)
        low = sum(person.period_low_s for person in members) / 3600
        if low > 0:
            self.model.row(self.columns[number], paid, lower=low)

    def _coverage(self) -> None:
        """Share those present among the queues they serve; what is missing is short, what is left is surplus.

        Where all idle agents cost the same they stay beside the queues, else each is idle on a queue.
        """
        model, rows = self.model, self.part.rows
        tiers = tiers_of(self.case)
        size, worth = tiers.size[:, rows], tiers.worth[:, rows]
        is_open = self.case.is_open[rows]
        if not (size * np.abs(worth)).any():
            return
        beside = tiers.has_one_surplus_price
        idle = -float(worth[tiers.above :][size[tiers.above :] > 0].max())
        demand = size[: tiers.above].sum(axis=0)
        served = demand > 0 if beside else is_open
        # Whose idleness has a price is counted; nobody idle is taken for one at work on a queue that has enough.
        exact = idle > 0 or not beside
        balance = np.full(demand.shape, -1, dtype=np.int64)
        balance[served] = model.add_rows(
            int(served.sum()), lower=demand[served], upper=demand[served] if exact else np.inf
        )
        for number in range(len(size)):
            there = served & (size[number] > 0)
            if number < tiers.above:
                missing = model.add_columns(int(there.sum()), cost=worth[number][there], upper=size[number][there])
                model.set(balance[there], missing, 1.0)
            elif not beside:
                spare = model.add_columns(int(there.sum()), cost=-worth[number][there], upper=size[number][there])
                model.set(balance[there], spare, -1.0)
        for group in self.groups:
            speeds = np.array(group)
            useful = served & (speeds > 0)
            counted = is_open[:, speeds > 0].any(axis=1)
            most = self._most_there(group)
            there = np.full(len(demand), -1, dtype=np.int64)
            active = counted if exact else useful.any(axis=1)
            there[active] = model.add_rows(int(active.sum()), lower=0.0, upper=0.0 if exact else np.inf)
            flow_interval, flow_queue = np.nonzero(useful)
            flow = model.add_columns(len(flow_interval), implied=most)
            model.set(there[flow_interval], flow, -1.0)
            model.set(balance[flow_interval, flow_queue], flow, speeds[flow_queue])
            if beside and exact:
                # Who is idle beside the queues is so where their work would be least.
                least = np.where(is_open & (speeds > 0), speeds, np.inf).min(axis=1)
                over = model.add_columns(int(active.sum()), cost=idle * least[active], implied=most)
                model.set(there[active], over, -1.0)
            self._present(group, there)

    def _wanted(self) -> None:
        """Price the heads missing and spare by template and day."""
        wanted = self.case.wanted
        row_of = wanted.row
        asked = np.flatnonzero(np.isin(wanted.day, self.part.days))
        if not len(asked):
            return
        rows = np.full(len(wanted.heads), -1, dtype=np.int64)
        rows[asked] = self.model.add_rows(len(asked), lower=wanted.heads[asked], upper=wanted.heads[asked])
        heads = wanted.heads[asked]
        missing = self.model.add_columns(len(asked), cost=wanted.short_price[asked], upper=heads)
        spare = self.model.add_columns(len(asked), cost=wanted.over_price[asked], implied=len(self.case.people))
        self.model.set(rows[asked], missing, 1.0)
        self.model.set(rows[asked], spare, -1.0)
        for ids, columns in zip(self.ids, self.columns, strict=True):
            some = (row_of[ids] >= 0) & (rows[row_of[ids]] >= 0)
            self.model.set(rows[row_of[ids[some]]], columns[some], 1.0)

    def _most_there(self, group: Speeds) -> int:
        """Return how many shifts of such people can ever be at work together: where a typical week wraps, two each."""
        members = sum(len(people.members) for people in self.classes if people.speeds == group)
        return members * (2 if self.case.horizon.cyclic else 1)

    def _present(self, group: Speeds, rows: Ints) -> None:
        """Put who is at work into the rows of people of the same speeds.

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
        numbers = [n for n, people in enumerate(self.classes) if people.speeds == group]
        owner = np.concatenate([self.ids[n] for n in numbers])
        column = np.concatenate([self.columns[n] for n in numbers])
        self._change(changes, column, self._shares(case.shifts.start_s[owner], case.shifts.end_s[owner]))
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

    def _shares(self, begin: Ints, end: Ints) -> Floats:
        """Return the share of each row of demand of this part that lies in each stretch."""
        case = self.case
        axis = case.starts_s if self.is_whole else case.starts_s[self.part.rows]
        shares = overlap(begin, end, axis, case.interval_s)
        return case.fold(shares) if self.is_whole else shares

    def _change(self, changes: Ints, columns: Ints, share: Floats) -> None:
        """Enter the change of presence from one interval to the next that a unit of each column brings."""
        step = np.diff(share, axis=1, prepend=0.0)
        place, interval = np.nonzero(step)
        self.model.set(changes[interval], columns[place], step[place, interval])

    def _breaks(self, pool: _Pool, changes: Ints, most: int) -> None:
        """Give everybody of a pool their break within its window, and take them away from work for it."""
        low, high = pool.first, pool.first + pool.width_s
        first = int(low.min())
        step = gcd(pool.step_s, *np.unique(low - first).tolist())
        starts = np.arange(first, int(high.max()) + 1, step, dtype=np.int64)
        kind, shares = _footprints(self._shares(starts, starts + pool.length_s))
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


def _footprints(shares: Floats) -> tuple[Ints, Floats]:
    """Return for each start of a break the number of the shares it takes, and those, by number.

    Breaks that take the same shares of the same intervals are one: where in them they lie covers the same.
    """
    differs = np.concatenate(([True], (np.diff(shares, axis=0) != 0).any(axis=1)))
    return np.cumsum(differs) - 1, shares[differs]
