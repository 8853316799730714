"""One person's best line of work over the horizon, by dynamic programming.

Every rule of a contract about one person is kept here. Given a reward for each candidate shift, `LinePlanner.best`
returns the legal line of highest reward. The state at the start of a day is

    (rest still owed, state of the automaton, days of this week, paid units of this week, weekends, paid units of the
    period, shifts of each template that has a most),

where the rest owed is counted in candidate starts that it still blocks. Counts that cannot bind are dropped to length
1; those of templates are looked at only where the best line without them has too many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd

import numpy as np

from wfm.domain.people import Contract
from wfm.roster.automaton import Automaton, Kind, Moves, kinds_of
from wfm.roster.problem import Case, Flags, Floats, Ints, Person

__all__ = ["Arc", "Line", "LinePlanner", "Transition"]

_NEVER = -np.inf
_SUNDAY = 6
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Line:
    """A legal line of work: the candidates worked, in order of time, and its reward."""

    shifts: tuple[int, ...]
    reward: float


@dataclass(frozen=True, slots=True)
class Transition:
    """Candidates of one day that are alike to the rules: same rest needed before, same rest owed after, same pay.

    `before` is how many of the day's rest states allow them, `after` the rest state that they lead to, `kind` their
    number in the automaton, `template` that of theirs whose shifts are counted (-1 if none), `first` and `last` bound
    their places in the planner's order.
    """

    before: int
    after: int
    units: int
    kind: int
    template: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Arc:
    """A step of one day between two states: the candidates that take it, none for a day off, and where it leads."""

    shifts: tuple[int, ...]
    rest: int
    state: int
    weekend: bool


@dataclass(frozen=True, slots=True)
class _Counts:
    """The lengths of the counting axes, and the templates counted."""

    days: int
    paid: int
    weekends: int
    period: int
    templates: tuple[int, ...]
    shape: tuple[int, ...]


class LinePlanner:
    """Plans lines of work under one contract.

    Parameters
    ----------
    case
        The problem.
    contract
        The contract whose rules hold.
    people
        The people under it who are planned.
    """

    def __init__(self, case: Case, contract: Contract, people: list[Person]) -> None:
        self.case = case
        self.contract = contract
        self.days = len(case.horizon.dates)
        allowed: Flags = np.logical_or.reduce([person.allowed for person in people])
        self._weekday = [day.weekday() for day in case.horizon.dates]
        self._capped = {t for person in people for t, most in enumerate(person.most_shifts) if most < self.days}
        self._unit = self._paid_unit(case.shifts.paid_s[allowed])
        owed, before, after = self._rest(allowed)
        self._off_state = [[owed[d + 1].index(max(0, k - self._starts[d])) for k in owed[d]] for d in range(self.days)]
        self._rest_states = [len(states) for states in owed]
        kinds = self._group(allowed, owed, before, after)
        self._bounds = [np.array([t.first for t in day], dtype=np.int64) for day in self._transitions]
        befores = list({person.employee.before: None for person in people})
        self.automaton = Automaton(case, contract, kinds, befores)
        self._counts_weekends = contract.max_weekends is not None
        paid = [t.units for day in self._transitions for t in day]
        self._least_units, self._most_units = min(paid, default=0), max(paid, default=0)

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

    def _group(self, allowed: Flags, owed: list[list[int]], rank: Ints, blocked: Ints) -> list[list[Kind]]:
        """Order the candidates by what the rules tell apart; return the kinds of each day."""
        shifts = self.case.shifts
        ids = np.flatnonzero(allowed)
        kinds: list[dict[Kind, int]] = [{} for _ in range(self.days)]
        keyed = []
        for candidate, kind in zip(ids.tolist(), kinds_of(self.case, self.contract, ids.tolist()), strict=True):
            day = int(shifts.day[candidate])
            before = sum(k <= rank[candidate] for k in owed[day])
            after = owed[day + 1].index(int(blocked[candidate]))
            units = int(shifts.paid_s[candidate]) // self._unit
            template = int(shifts.template[candidate])
            number = kinds[day].setdefault(kind, len(kinds[day]))
            counted = template if template in self._capped else -1
            keyed.append(((day, before, after, units, number, counted), candidate))
        keyed.sort()
        self._transitions: list[list[Transition]] = [[] for _ in range(self.days)]
        first = 0
        for place, (alike, _) in enumerate(keyed):
            if place + 1 == len(keyed) or keyed[place + 1][0] != alike:
                day, before, after, units, number, counted = alike
                self._transitions[day].append(Transition(before, after, units, number, counted, first, place + 1))
                first = place + 1
        self.order = np.array([candidate for _, candidate in keyed], dtype=np.int64)
        return [list(day) for day in kinds]

    def arcs(self, day: int, rest: int, state: int) -> Iterator[Arc]:
        """Return the steps from a state of rest and automaton on the morning of a day; hours and counts apart."""
        for moves in self.automaton.off[day]:
            for target, sources in moves.sources.items():
                if state in sources:
                    yield Arc((), self._off_state[day][rest], target, False)
        for step in self._transitions[day]:
            shifts = tuple(self.order[step.first : step.last].tolist())
            for moves in self.automaton.work[day][step.kind] if rest < step.before else ():
                for target, sources in moves.sources.items():
                    if state in sources:
                        yield Arc(shifts, step.after, target, moves.weekend)

    def _axes(self, person: Person, high_s: tuple[float, ...], templates: tuple[int, ...]) -> _Counts:
        """Return how far each count must go for a person."""
        worked = [bool(day) for day in self._transitions]
        open_days = [sum(worked[d] for d in week.days) for week in self.case.weeks]
        most_days = [min(int(most), there) for most, there in zip(person.most_days, open_days, strict=True)]
        top = [int(high // self._unit) for high in high_s]
        reach = [days * self._most_units for days in most_days]
        plain = [int(plain // self._unit) for plain in person.plain_s]
        paid = any(low > 0 for low in person.low_s) or any(
            units > min(high, free) for units, high, free in zip(reach, top, plain, strict=True)
        )
        week_units = max(map(min, reach, top))
        # The days are told by the pay where all shifts pay the same, and need no count where pay runs out first.
        told = paid and (self._least_units == self._most_units or (max(most_days) + 1) * self._least_units > max(top))
        days = any(there > most for there, most in zip(open_days, person.most_days, strict=True)) and not told
        total = sum(map(min, reach, top))
        high = int(person.period_high_s // self._unit) if np.isfinite(person.period_high_s) else total
        period = high < total or person.period_low_s > 0
        # A limit out of reach, such as one that is left out to find what clashes, takes no room.
        most_weekends = min(int(person.most_weekends), len(self.case.weeks)) if self._counts_weekends else 0
        shape = (
            max(most_days) + 1 if days else 1,
            week_units + 1 if paid else 1,
            most_weekends + 1 if self._counts_weekends else 1,
            min(high, total) + 1 if period else 1,
            *(int(person.most_shifts[template]) + 1 for template in templates),
        )
        return _Counts(int(days), int(paid), int(self._counts_weekends), int(period), templates, shape)

    def best(
        self,
        reward: Floats,
        off: Floats,
        person: Person,
        *,
        low_s: tuple[float, ...] | None = None,
        high_s: tuple[float, ...] | None = None,
    ) -> Line | None:
        """Return the legal line of highest reward, or none if no line is legal.

        Parameters
        ----------
        reward
            Reward of each candidate of the case; minus infinity where it may not be worked.
        off
            Reward of a day off, by day.
        person
            Whose limits hold.
        low_s, high_s
            Least and most paid seconds of each week, in place of the person's own.
        """
        low_s, high_s = low_s or person.low_s, high_s or person.high_s
        if min(*high_s, *person.most_days, *person.most_shifts, person.most_weekends, person.period_high_s) < 0:
            return None  # what was worked before is more than a limit allows
        templates: tuple[int, ...] = ()
        while True:
            line = _Search(self, person, low_s, high_s, self._axes(person, high_s, templates)).best(reward, off)
            if line is None:
                return None
            # A line that is best without a count, and keeps to it, is best with it.
            worked = np.bincount(self.case.shifts.template[list(line.shifts)], minlength=len(person.most_shifts))
            over = np.flatnonzero(worked > np.array(person.most_shifts))
            if not len(over):
                return line
            templates = tuple(sorted({*templates, *over.tolist()}))


class _Search:
    """One run of the programme: values of the states forward over the days, then the line back."""

    def __init__(
        self,
        planner: LinePlanner,
        person: Person,
        low_s: tuple[float, ...],
        high_s: tuple[float, ...],
        counts: _Counts,
    ) -> None:
        self._planner, self._person, self._counts = planner, person, counts
        self._low_s, self._high_s = low_s, high_s
        self._price = planner.contract.cost_per_hour * (planner.contract.overtime_factor - 1) / 3600
        self._known: dict[tuple[int, int, bool], tuple[tuple[slice, ...], tuple[slice, ...]]] = {}
        self._trail: list[Floats] = []
        self._closed: dict[int, Floats] = {}
        self._reward: Floats = np.empty(0)
        self._off: Floats = np.empty(0)

    def best(self, reward: Floats, off: Floats) -> Line | None:
        planner = self._planner
        self._reward, self._off = reward[planner.order], np.where(self._person.must, _NEVER, off)
        shape = (planner._rest_states[0], len(planner.automaton.states[0]), *self._counts.shape)
        value = np.full(shape, _NEVER)
        value[(0, planner.automaton.first(self._person.employee.before), *(0,) * len(self._counts.shape))] = 0.0
        for day in range(planner.days):
            self._trail.append(value)
            value = self._step(day, value)
            if day + 1 == planner.days or planner._weekday[day] == _SUNDAY:
                value = self._admit(value, int(planner.case.week_of_day[day]))
                self._closed[day] = value
                value = self._close(value)
        value[:, ~planner.automaton.accepts] = _NEVER
        if self._counts.period:
            value[:, :, :, :, :, : _up(self._person.period_low_s, planner._unit)] = _NEVER
        if not np.isfinite(value.max(initial=_NEVER)):
            return None
        return self._trace(value)

    def _step(self, day: int, value: Floats) -> Floats:
        planner = self._planner
        shape = (planner._rest_states[day + 1], len(planner.automaton.states[day + 1]), *self._counts.shape)
        result = np.full(shape, _NEVER)
        off = float(self._off[day])
        for moves in planner.automaton.off[day] if off > _NEVER else ():
            rested = value[:, moves.leaves]
            if moves.bounds is not None:
                rested = np.maximum.reduceat(rested, moves.bounds, axis=1)
            for state, later in enumerate(planner._off_state[day]):
                into = result[later]
                into[moves.enters] = np.maximum(into[moves.enters], rested[state] + off)
        transitions = planner._transitions[day]
        if not transitions:
            return result
        begin, end = transitions[0].first, transitions[-1].last
        gains = np.maximum.reduceat(self._reward[begin:end], planner._bounds[day] - begin)
        reach = np.maximum.accumulate(value, axis=0) if len(value) > 1 else value
        for transition, gain in zip(transitions, gains.tolist(), strict=True):
            if gain == _NEVER:
                continue
            source, into = reach[transition.before - 1], result[transition.after]
            for moves in planner.automaton.work[day][transition.kind]:
                origin, target = self._slices(transition, moves)
                gained = source[(moves.leaves, *origin)] + gain
                if moves.bounds is not None:
                    gained = np.maximum.reduceat(gained, moves.bounds, axis=0)
                enters = (moves.enters, *target)
                into[enters] = np.maximum(into[enters], gained)
        return result

    def _slices(self, transition: Transition, moves: Moves) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Return which counts a move leads from, and to which."""
        key = transition.units, transition.template, moves.weekend
        if key not in self._known:
            steps = list(zip(self._counts.shape, self._steps(transition, moves), strict=True))
            origin = tuple(slice(0, max(length - step, 0)) for length, step in steps)
            self._known[key] = origin, tuple(slice(step, None) for _, step in steps)
        return self._known[key]

    def _steps(self, transition: Transition, moves: Moves) -> tuple[int, ...]:
        """Return by how much a shift moves each count."""
        counts = self._counts
        return (
            counts.days,
            counts.paid * transition.units,
            int(moves.weekend) * counts.weekends,
            counts.period * transition.units,
            *(int(transition.template == template) for template in counts.templates),
        )

    def _admit(self, value: Floats, week: int) -> Floats:
        """Bar the days and the paid time that the week may not have, and price overtime."""
        counts, unit = self._counts, self._planner._unit
        if not (counts.paid or counts.days):
            return value
        value = value.copy()
        if counts.days:
            value[:, :, int(self._person.most_days[week]) + 1 :] = _NEVER
        if counts.paid:
            paid_s = np.arange(counts.shape[1]) * unit
            over = np.maximum(paid_s - self._person.plain_s[week], 0) * self._price
            tail = (1,) * (len(counts.shape) - 2)
            value -= over.reshape(-1, *tail)
            value[:, :, :, : _up(self._low_s[week], unit)] = _NEVER
            value[:, :, :, int(self._high_s[week] // unit) + 1 :] = _NEVER
        return value

    def _close(self, value: Floats) -> Floats:
        """Begin the counts of a new week."""
        result = np.full(value.shape, _NEVER)
        result[:, :, 0, 0] = value.max(axis=(2, 3))
        return result

    def _trace(self, value: Floats) -> Line:
        state = tuple(int(i) for i in np.unravel_index(int(np.argmax(value)), value.shape))
        reward = float(value[state])
        picked: list[int] = []
        for day in reversed(range(self._planner.days)):
            if day in self._closed:
                rest, place, _, _, *others = state
                ends = self._closed[day][rest, place][(slice(None), slice(None), *others)]
                days, units = (int(i) for i in np.unravel_index(int(np.argmax(ends)), ends.shape))
                state = (rest, place, days, units, *others)
            state, candidate = self._back(day, state)
            if candidate is not None:
                picked.append(candidate)
        return Line(tuple(reversed(picked)), reward)

    def _back(self, day: int, state: tuple[int, ...]) -> tuple[tuple[int, ...], int | None]:
        """Return the state of the day before that leads to `state` best, and the candidate worked, if any."""
        planner, value = self._planner, self._trail[day]
        rest, place, *counts = state
        best, origin, chosen = _NEVER, state, None
        for moves in planner.automaton.off[day]:
            for earlier in moves.sources.get(place, ()):
                for before, after in enumerate(planner._off_state[day]):
                    found = value[(before, earlier, *counts)] + self._off[day]
                    if after == rest and found > best:
                        best, origin = found, (before, earlier, *counts)
        for transition in planner._transitions[day]:
            if transition.after != rest:
                continue
            gains = self._reward[transition.first : transition.last]
            gain = int(np.argmax(gains))
            for moves in planner.automaton.work[day][transition.kind]:
                steps = self._steps(transition, moves)
                less = [count - step for count, step in zip(counts, steps, strict=True)]
                for earlier in moves.sources.get(place, ()) if min(less) >= 0 else ():
                    index: tuple[slice | int, ...] = (slice(0, transition.before), earlier, *less)
                    column = value[index]
                    before = int(np.argmax(column))
                    if column[before] + gains[gain] > best:
                        best, origin = column[before] + gains[gain], (before, earlier, *less)
                        chosen = int(planner.order[transition.first + gain])
        return origin, chosen


def _up(amount_s: float, unit: int) -> int:
    """Return the least units that hold an amount."""
    return max(int(np.ceil(amount_s / unit - _ROUNDING)), 0)
