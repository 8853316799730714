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
from math import gcd, prod

import numpy as np

from wfm.domain.people import Contract
from wfm.roster.kernels.compiled import can_compile, line_function
from wfm.roster.kernels.line import Walk, listed
from wfm.roster.line.automaton import Automaton, Kind, kinds_of
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
    """Which counts are kept, how far each goes, and what it does to the place of a state in the values.

    The axes are the days and the paid units of the week, the weekends and the paid units of the period, and the shifts
    of each template counted. `lengths` are those of the axes with the cells that are never reached, `steps` by how many
    cells one more moves along each, 0 where it is not counted.
    """

    shape: tuple[int, ...]
    lengths: tuple[int, ...]
    steps: tuple[int, ...]
    templates: tuple[int, ...]

    @property
    def cells(self) -> int:
        """How many there are."""
        return prod(self.lengths)

    @property
    def tail(self) -> int:
        """How many belong to counts of the horizon."""
        return prod(self.lengths[2:])

    def along(self, axis: int) -> Ints:
        """Return the count of every cell on an axis."""
        return np.arange(self.cells) // prod(self.lengths[axis + 1 :]) % self.lengths[axis]

    def reached(self) -> Flags:
        """Return whether each cell may be reached."""
        inside = np.ones(self.cells, dtype=bool)
        for axis, length in enumerate(self.shape):
            inside &= self.along(axis) < length
        return inside


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
        befores = list({person.employee.before: None for person in people})
        self.automaton = Automaton(case, contract, kinds, befores)
        self._counts_weekends = contract.max_weekends is not None
        paid = [t.units for day in self._transitions for t in day]
        self._least_units, self._most_units = min(paid, default=0), max(paid, default=0)
        self._walks: dict[_Counts, Walk] = {}

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
        for left, entered, _ in self.automaton.off[day].tolist():
            if left == state:
                yield Arc((), self._off_state[day][rest], entered, False)
        for step in self._transitions[day]:
            shifts = tuple(self.order[step.first : step.last].tolist())
            for left, entered, weekend in self.automaton.work[day][step.kind].tolist() if rest < step.before else ():
                if left == state:
                    yield Arc(shifts, step.after, entered, bool(weekend))

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
        units = self._most_units
        # Beyond the end of an axis lies room for one step.
        kept = (days, paid, self._counts_weekends, period, *(True for _ in templates))
        step = (1, units, 1, units, *(1 for _ in templates))
        lengths = tuple(length + wide * count for length, wide, count in zip(shape, step, kept, strict=True))
        steps = tuple(prod(lengths[axis + 1 :]) * count for axis, count in enumerate(kept))
        return _Counts(shape, lengths, steps, templates)

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
        most = np.array(person.most_shifts)
        if not most.all():
            reward = np.where(most[self.case.shifts.template] > 0, reward, _NEVER)
        templates: tuple[int, ...] = ()
        while True:
            line = self._best(reward, off, person, low_s, high_s, self._axes(person, high_s, templates))
            if line is None:
                return None
            # A line that is best without a count, and keeps to it, is best with it.
            worked = np.bincount(self.case.shifts.template[list(line.shifts)], minlength=len(most))
            over = np.flatnonzero(worked > most)
            if not len(over):
                return line
            templates = tuple(sorted({*templates, *over.tolist()}))

    def _best(
        self,
        reward: Floats,
        off: Floats,
        person: Person,
        low_s: tuple[float, ...],
        high_s: tuple[float, ...],
        counts: _Counts,
    ) -> Line | None:
        """Return the line of highest reward with those counts kept."""
        if counts not in self._walks:
            walk = self._walk(counts)
            self._walks[counts] = walk if can_compile() else listed(walk)
        walk = self._walks[counts]
        if walk.closes.any():
            walk = walk._replace(fees=self._fees(person, low_s, high_s, counts))
        if counts.steps[3]:
            low = _up(person.period_low_s, self._unit)
            walk = walk._replace(last=np.where(counts.along(3) < low, _NEVER, 0.0))
        picked = np.full(self.days, -1, dtype=np.int64)
        sizes = np.multiply(walk.rests, walk.states) * walk.cells
        best = line_function()(
            walk,
            self.automaton.first(person.employee.before),
            reward[self.order],
            np.where(person.must, _NEVER, off),
            np.full(walk.begins[-1] + sizes[-1], _NEVER),
            np.empty(sizes.max()),
            picked,
        )
        return None if best == _NEVER else Line(tuple(self.order[picked[picked >= 0]].tolist()), float(best))

    def _fees(self, person: Person, low_s: tuple[float, ...], high_s: tuple[float, ...], counts: _Counts) -> Floats:
        """Return what the days and the paid time of each week earn: nothing, less for overtime, or not allowed."""
        fees = np.zeros((len(low_s), counts.cells))
        price = self.contract.cost_per_hour * (self.contract.overtime_factor - 1) / 3600
        days, units = counts.along(0), counts.along(1)
        for week, (low, high) in enumerate(zip(low_s, high_s, strict=True)):
            if counts.steps[0]:
                fees[week, days > int(person.most_days[week])] = _NEVER
            if counts.steps[1]:
                fees[week] -= np.maximum(units * self._unit - person.plain_s[week], 0) * price
                fees[week, (units < _up(low, self._unit)) | (units > int(high // self._unit))] = _NEVER
        return fees

    def _walk(self, counts: _Counts) -> Walk:
        """Return the states and steps as arrays."""
        automaton, cells = self.automaton, counts.cells
        rests, states = np.array(self._rest_states), np.array([len(some) for some in automaton.states])
        counted = bool(counts.steps[0] or counts.steps[1])
        closes = np.array([counted and (d + 1 == self.days or self._weekday[d] == _SUNDAY) for d in range(self.days)])
        sizes = rests * states * cells
        before = np.concatenate(([0], np.cumsum(sizes[1:] * (1 + closes))))
        kinds = [kind for off, work in zip(automaton.off, automaton.work, strict=True) for kind in (off, *work)]
        per_day = np.array([1 + len(work) for work in automaton.work])
        off_kind = np.cumsum(per_day) - per_day
        entered = np.repeat(states[1:], per_day)
        shifts = [
            (t.before, t.after, off_kind[d] + 1 + t.kind, t.first, t.last, self._step(t, counts))
            for d, day in enumerate(self._transitions)
            for t in day
        ]
        blocks = [_blocks(moves) for moves in kinds]
        sources = [moves[np.lexsort((moves[:, 0], moves[:, 2], moves[:, 1]))] for moves in kinds]
        leading = [np.bincount(moves[:, 1], minlength=count) for moves, count in zip(kinds, entered, strict=True)]
        return Walk(
            rests=rests,
            states=states,
            begins=np.concatenate(([0], sizes[0] + before[1:] - sizes[1:])),
            ends=sizes[0] + before[:-1],
            closes=closes,
            week=np.asarray(self.case.week_of_day, dtype=np.int64),
            off_kind=off_kind,
            off_rests=np.concatenate([np.array(day, dtype=np.int64) for day in self._off_state]),
            off_rest_first=_firsts([len(day) for day in self._off_state]),
            blocks=np.concatenate(blocks),
            block_first=_firsts([len(some) for some in blocks]),
            sources=np.ascontiguousarray(np.concatenate(sources)[:, [0, 2]]),
            source_first=_firsts(np.concatenate(leading).tolist()),
            kind_first=_firsts(entered.tolist()),
            accepts=automaton.accepts,
            shifts=np.array(shifts, dtype=np.int64).reshape(-1, 6),
            shift_first=_firsts([len(day) for day in self._transitions]),
            cells=cells,
            tail=counts.tail,
            weekend=counts.steps[2],
            most=np.tile(np.where(counts.reached(), np.inf, _NEVER), int(states.max())),
            fees=np.empty((0, 0)),
            last=np.zeros(cells),
        )

    def _step(self, transition: Transition, counts: _Counts) -> int:
        """Return by how many cells a shift moves the counts, a weekend apart."""
        days, paid, _, period, *templates = counts.steps
        alike = [step for t, step in zip(counts.templates, templates, strict=True) if t == transition.template]
        return days + transition.units * (paid + period) + sum(alike)


def _firsts(lengths: list[int]) -> Ints:
    """Return where pieces of those lengths begin and the last one ends, one after the other."""
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def _blocks(moves: Ints) -> Ints:
    """Return moves as (first state left, first state entered, how many states in a row, whether a weekend counts)."""
    ordered = moves[np.lexsort((moves[:, 0], moves[:, 2]))]
    jumps = (np.diff(ordered, axis=0) != (1, 1, 0)).any(axis=1)
    first = np.flatnonzero(np.concatenate((np.ones(min(len(moves), 1), dtype=bool), jumps)))
    many = np.diff(np.concatenate((first, [len(moves)])))
    return np.stack([ordered[first, 0], ordered[first, 1], many, ordered[first, 2]], axis=1)


def _up(amount_s: float, unit: int) -> int:
    """Return the least units that hold an amount."""
    return max(int(np.ceil(amount_s / unit - _ROUNDING)), 0)
