"""One person's best line of work over the horizon, by dynamic programming.

Every rule of a contract about one person lives here once: hours of the week and of the period, days of the week, days
in a row, rest, weekends. Given a reward for each candidate shift, `LinePlanner.best` returns the legal line of highest
reward. The state at the start of a day is

    (rest still owed, days in a row, days of this week, paid units of this week, weekends, paid units of the period),

where the rest owed is counted in candidate starts that it still blocks. Axes that cannot bind are dropped to length 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from wfm.domain.people import Contract
from wfm.roster.problem import Case, Flags, Floats, Ints

__all__ = ["Line", "LinePlanner", "Transition"]

_NEVER = -np.inf
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Line:
    """A legal line of work: the candidates worked, in order of time, and its reward."""

    shifts: tuple[int, ...]
    reward: float


@dataclass(frozen=True, slots=True)
class Transition:
    """Candidates of one day that are alike to the rules: same rest needed before, same rest owed after, same pay.

    `before` is how many of the day's rest states allow them, `after` the rest state that they lead to, `first` and
    `last` bound their places in the planner's order.
    """

    before: int
    after: int
    units: int
    first: int
    last: int


class LinePlanner:
    """Plans lines of work under one contract.

    Parameters
    ----------
    case
        The problem.
    contract
        The contract whose rules hold.
    allowed
        Candidates that anybody under it may work.
    """

    def __init__(self, case: Case, contract: Contract, allowed: Flags) -> None:
        self.case = case
        self.contract = contract
        self.days = len(case.horizon.dates)
        self._weekday = [day.weekday() for day in case.horizon.dates]
        self._unit = self._paid_unit(case.shifts.paid_s[allowed])
        owed, before, after = self._rest(allowed)
        self._off_state = [[owed[d + 1].index(max(0, k - self._starts[d])) for k in owed[d]] for d in range(self.days)]
        self._rest_states = [len(states) for states in owed]
        self.order, self._transitions = self._group(allowed, owed, before, after)
        self._bounds = [np.array([t.first for t in day], dtype=np.int64) for day in self._transitions]
        self._set_axes()
        self._moves = [
            [self._moves_of(day, transition.units) for transition in transitions]
            for day, transitions in enumerate(self._transitions)
        ]

    def _paid_unit(self, paid_s: Ints) -> int:
        unit = 0
        for value in np.unique(paid_s).tolist():
            unit = gcd(unit, int(value))
        return max(unit, 1)

    def _rest(self, allowed: Flags) -> tuple[list[list[int]], Ints, Ints]:
        """Return the rest states of each day boundary, and for each candidate its rank and the rest it leaves."""
        shifts = self.case.shifts
        ids = np.flatnonzero(allowed)
        starts = [np.unique(shifts.start_s[ids[shifts.day[ids] == d]]) for d in range(self.days)]
        self._starts = [len(day) for day in starts]
        later = np.concatenate([*starts, np.empty(0, dtype=np.int64)])
        passed = np.concatenate(([0], np.cumsum(self._starts)))
        rank = np.searchsorted(later, shifts.start_s) - passed[shifts.day]
        release = shifts.end_s + int(np.ceil(self.contract.min_rest_s))
        blocked = np.maximum(np.searchsorted(later, release) - passed[shifts.day + 1], 0)
        owed: list[list[int]] = [[0]]
        for d in range(self.days):
            reached = {max(0, k - self._starts[d]) for k in owed[d]}
            reached |= set(blocked[ids[shifts.day[ids] == d]].tolist())
            owed.append(sorted(reached))
        return owed, rank, blocked

    def _group(
        self, allowed: Flags, owed: list[list[int]], rank: Ints, blocked: Ints
    ) -> tuple[Ints, list[list[Transition]]]:
        shifts = self.case.shifts
        keyed = []
        for candidate in np.flatnonzero(allowed).tolist():
            day = int(shifts.day[candidate])
            before = sum(k <= rank[candidate] for k in owed[day])
            after = owed[day + 1].index(int(blocked[candidate]))
            units = int(shifts.paid_s[candidate]) // self._unit
            keyed.append((day, before, after, units, candidate))
        keyed.sort()
        transitions: list[list[Transition]] = [[] for _ in range(self.days)]
        first = 0
        for place, (day, before, after, units, _) in enumerate(keyed):
            if place + 1 == len(keyed) or keyed[place + 1][:4] != (day, before, after, units):
                transitions[day].append(Transition(before, after, units, first, place + 1))
                first = place + 1
        return np.array([key[4] for key in keyed], dtype=np.int64), transitions

    def _set_axes(self) -> None:
        contract, unit = self.contract, self._unit
        worked = [bool(day) for day in self._transitions]
        longest, run = 0, 0
        for flag in worked:
            run = run + 1 if flag else 0
            longest = max(longest, run)
        self._counts_weekends = contract.max_weekends is not None
        self._counts_run = self._counts_weekends or longest > contract.max_days_in_a_row
        unit_range = self._unit_range()
        most = max(sum(worked[d] for d in week.days) for week in self.case.weeks)
        most_days = min(contract.max_days_per_week, most)
        top = int((contract.max_week_s + contract.max_overtime_week_s) // unit)
        bound_by_pay = most_days * unit_range[1] * unit > contract.max_week_s
        self._counts_paid = bound_by_pay or contract.min_week_s > 0
        self._week_units = min(top, most_days * unit_range[1])
        # The days are told by the pay where all shifts pay the same, and need no count where pay runs out first.
        told = self._counts_paid and (
            unit_range[0] == unit_range[1] or (most_days + 1) * unit_range[0] > self._week_units
        )
        self._counts_days = most > contract.max_days_per_week and not told
        period = contract.max_period_s
        total = self._week_units * len(self.case.weeks)
        binds = period is not None and period < total * unit
        self._counts_period = binds or contract.min_period_s > 0
        self._period_units = int(period // unit) if period is not None and binds else total
        self._shape = (
            (min(contract.max_days_in_a_row, self.days) + 1) if self._counts_run else 1,
            (contract.max_days_per_week + 1) if self._counts_days else 1,
            self._week_units + 1 if self._counts_paid else 1,
            (contract.max_weekends or 0) + 1 if self._counts_weekends else 1,
            self._period_units + 1 if self._counts_period else 1,
        )
        surplus = np.maximum(np.arange(self._shape[2]) * unit - contract.max_week_s, 0) / 3600
        self._overtime = surplus * contract.cost_per_hour * (contract.overtime_factor - 1)

    def _unit_range(self) -> tuple[int, int]:
        """Return the least and the most units that a shift pays."""
        units = [transition.units for day in self._transitions for transition in day]
        return min(units, default=0), max(units, default=0)

    def best(self, reward: Floats, off: Floats, low_s: tuple[float, ...], high_s: tuple[float, ...]) -> Line | None:
        """Return the legal line of highest reward, or none if no line is legal.

        Parameters
        ----------
        reward
            Reward of each candidate of the case; minus infinity where it may not be worked.
        off
            Reward of a day off, by day.
        low_s, high_s
            Least and most paid seconds of each week, within those of the contract. They are not looked at where the
            days of a week bound its pay.
        """
        ordered = reward[self.order]
        value = np.full((self._rest_states[0], *self._shape), _NEVER)
        value[(0,) * value.ndim] = 0.0
        trail: list[Floats] = []
        closed: dict[int, Floats] = {}
        for day in range(self.days):
            trail.append(value)
            value = self._step(day, value, ordered, float(off[day]))
            if day + 1 == self.days or self._weekday[day] == _SUNDAY:
                week = int(self.case.week_of_day[day])
                value = self._admit(value, low_s[week], high_s[week])
                closed[day] = value
                value = self._close(value)
        if self._counts_period:
            value[..., : int(np.ceil(self.contract.min_period_s / self._unit))] = _NEVER
        if not np.isfinite(value.max()):
            return None
        return self._trace(value, trail, closed, ordered, off)

    def _step(self, day: int, value: Floats, ordered: Floats, off: float) -> Floats:
        transitions = self._transitions[day]
        result = np.full((self._rest_states[day + 1], *self._shape), _NEVER)
        rested = value.max(axis=1) + off
        for state, target in enumerate(self._off_state[day]):
            np.maximum(result[target, 0], rested[state], out=result[target, 0])
        if not transitions:
            return result
        begin, end = transitions[0].first, transitions[-1].last
        gains = np.maximum.reduceat(ordered[begin:end], self._bounds[day] - begin)
        reach = np.maximum.accumulate(value, axis=0)
        for transition, gain, moves in zip(transitions, gains.tolist(), self._moves[day], strict=True):
            if gain == _NEVER:
                continue
            source = reach[transition.before - 1]
            for origin, later in moves:
                into = result[transition.after][later]
                np.maximum(into, source[origin] + gain, out=into)
        return result

    def _moves_of(self, day: int, units: int) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
        """Return pairs of slices: the states before a shift of that pay on that day, and those after it."""
        origin: list[slice] = []
        target: list[slice] = []
        steps = (
            int(self._counts_run),
            int(self._counts_days),
            units if self._counts_paid else 0,
            0,
            units if self._counts_period else 0,
        )
        for length, step in zip(self._shape, steps, strict=True):
            origin.append(slice(0, max(length - step, 0)))
            target.append(slice(step, None))
        weekend = self._weekday[day]
        if not self._counts_weekends or weekend < _SATURDAY:
            return [(tuple(origin), tuple(target))]
        first = (slice(0, max(self._shape[3] - 1, 0)), slice(1, None))
        if weekend == _SATURDAY:
            origin[3], target[3] = first
            return [(tuple(origin), tuple(target))]
        # On a Sunday the weekend counts anew only if the Saturday was off: the run of days tells.
        fresh_origin, fresh_target = list(origin), list(target)
        fresh_origin[0], fresh_target[0] = slice(0, 1), slice(1, 2)
        fresh_origin[3], fresh_target[3] = first
        origin[0], target[0] = slice(1, self._shape[0] - 1), slice(2, None)
        return [(tuple(fresh_origin), tuple(fresh_target)), (tuple(origin), tuple(target))]

    def _admit(self, value: Floats, low_s: float, high_s: float) -> Floats:
        """Bar the paid time that the week may not have, and price overtime."""
        if not self._counts_paid:
            return value
        admitted: Floats = value - self._overtime[:, None, None]
        admitted[:, :, :, : int(np.ceil(low_s / self._unit - 1e-9))] = _NEVER
        admitted[:, :, :, int(high_s // self._unit) + 1 :] = _NEVER
        return admitted

    def _close(self, value: Floats) -> Floats:
        result = np.full(value.shape, _NEVER)
        result[:, :, 0, 0] = value.max(axis=(2, 3))
        return result

    def _trace(
        self, value: Floats, trail: list[Floats], closed: dict[int, Floats], ordered: Floats, off: Floats
    ) -> Line:
        state = tuple(int(i) for i in np.unravel_index(int(np.argmax(value)), value.shape))
        reward = float(value[state])
        picked: list[int] = []
        for day in reversed(range(self.days)):
            if day in closed:
                rest, run, _, _, weekends, period = state
                ends = closed[day][rest, run, :, :, weekends, period]
                days, units = (int(i) for i in np.unravel_index(int(np.argmax(ends)), ends.shape))
                state = (rest, run, days, units, weekends, period)
            state, candidate = self._back(day, state, trail[day], ordered, float(off[day]))
            if candidate is not None:
                picked.append(candidate)
        return Line(tuple(reversed(picked)), reward)

    def _back(
        self, day: int, state: tuple[int, ...], value: Floats, ordered: Floats, off: float
    ) -> tuple[tuple[int, ...], int | None]:
        """Return the state of the day before that leads to `state` best, and the candidate worked, if any."""
        best, origin, chosen = _NEVER, state, None
        rest, run, days, units, weekends, period = state
        if run == 0:
            for before, after in enumerate(self._off_state[day]):
                if after != rest:
                    continue
                column = value[before, :, days, units, weekends, period]
                place = int(np.argmax(column))
                if column[place] + off > best:
                    best = column[place] + off
                    origin = (before, place, days, units, weekends, period)
        for transition in self._transitions[day]:
            if transition.after != rest:
                continue
            source = self._source(day, state, transition.units)
            if source is None:
                continue
            runs, worked, paid, weekend, total = source
            column = value[: transition.before, runs, worked, paid, weekend, total]
            gains = ordered[transition.first : transition.last]
            place, gain = int(np.argmax(column)), int(np.argmax(gains))
            if column[place] + gains[gain] > best:
                best = column[place] + gains[gain]
                origin = (place, *source)
                chosen = int(self.order[transition.first + gain])
        return origin, chosen

    def _source(self, day: int, state: tuple[int, ...], units: int) -> tuple[int, int, int, int, int] | None:
        _, run, days, paid, weekends, period = state
        if self._counts_run and run == 0:
            return None
        run -= int(self._counts_run)
        days -= int(self._counts_days)
        paid -= units if self._counts_paid else 0
        period -= units if self._counts_period else 0
        if self._counts_weekends and (self._weekday[day] == _SATURDAY or (self._weekday[day] == _SUNDAY and run == 0)):
            weekends -= 1
        if min(days, paid, weekends, period) < 0:
            return None
        return run, days, paid, weekends, period
