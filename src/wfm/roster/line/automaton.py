"""The rules of a contract that look back over days, as an automaton: which states a day leads to.

A state is what the days before tell: the run of days worked or off, nights in a row, the template of yesterday, the
Saturday, the starts of this week, and the free stretch of the week. A part whose rule cannot bind stays at its default,
so a plain contract has few states. Rest, hours and counts are kept beside it, see `wfm.roster.line.best`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import time, timedelta
from typing import NamedTuple

import numpy as np

from wfm.domain.carry import CarryOver
from wfm.domain.duration import time_of_day
from wfm.domain.people import Contract
from wfm.roster.problem import Case, Ints
from wfm.shifts import seconds
from wfm.timegrid import day_starts

__all__ = ["Automaton", "Kind", "State", "kinds_of"]

_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6
_DAY_S = 86400


class State(NamedTuple):
    """What the days before tell on the morning of a day.

    `run` counts days worked (above 0) or off (below 0) in a row; `exempt` says that a run of work began at the edge of
    the horizon. `after` is yesterday's template where it bars others, -1 if none. `alone` says that a Sunday begins the
    horizon and nothing is known of its Saturday. `starts` are the starts of this week.
    `end` is the instant from which a free stretch counts, `had` whether the week has had its own, and `owes` whether
    the week before still waits for it.
    """

    run: int = 0
    exempt: bool = False
    nights: int = 0
    after: int = -1
    saturday: bool = False
    alone: bool = False
    starts: tuple[int, ...] = ()
    end: int = 0
    had: bool = True
    owes: bool = False


class Kind(NamedTuple):
    """What the automaton has to know of a candidate; a part whose rule is not there is 0."""

    template: int = 0
    night: bool = False
    clock: int = 0
    start: int = 0
    end: int = 0


def kinds_of(case: Case, contract: Contract, candidates: Iterable[int]) -> list[Kind]:
    """Return the kind of each candidate under a contract."""
    shifts, signatures = case.shifts, _signatures(case)
    nights, spread = contract.max_nights_in_a_row is not None, contract.max_start_spread_s is not None
    free = contract.min_free_week_s is not None
    return [
        Kind(
            signatures.index(signatures[shifts.template[c]]),
            nights and bool(case.is_night[c]),
            int(case.clock_s[c]) if spread else 0,
            int(shifts.start_s[c]) if free else 0,
            int(shifts.end_s[c]) if free else 0,
        )
        for c in candidates
    ]


def _signatures(case: Case) -> list[tuple[bytes, bytes]]:
    """Return for each template what it bars on the next day, and what bars it."""
    return [(case.barred[n].tobytes(), case.barred[:, n].tobytes()) for n in range(len(case.barred))]


class Automaton:
    """The states of each morning under one contract, and the moves between them.

    Parameters
    ----------
    case
        The problem.
    contract
        The contract whose rules hold.
    kinds
        The kinds of candidates of each day.
    befores
        What people under the contract worked before the horizon.
    """

    def __init__(
        self, case: Case, contract: Contract, kinds: list[list[Kind]], befores: list[CarryOver | None]
    ) -> None:
        self._rules = _Rules(case, contract, befores, {kind.start for some in kinds for kind in some})
        starts = [self._rules.start(before) for before in befores]
        self.states: list[list[State]] = [sorted(set(starts))]
        # Moves as (state left, state entered, whether a weekend counts), one row for each state that may be left.
        self.off: list[Ints] = []
        self.work: list[list[Ints]] = []
        for day, some in enumerate(kinds):
            rows = [[self._rules.off(state, day) for state in self.states[day]]]
            rows += [[self._rules.work(state, kind, day) for state in self.states[day]] for kind in some]
            reached = sorted({target for row in rows for target in row if target is not None})
            self.states.append(reached)
            places = {state: place for place, state in enumerate(reached)}
            steps = [self._moves(day, row, places, worked=number > 0) for number, row in enumerate(rows)]
            self.off.append(steps[0])
            self.work.append(steps[1:])
        self.accepts = np.array([self._rules.may_end(state) for state in self.states[-1]], dtype=bool)

    def first(self, before: CarryOver | None) -> int:
        """Return the place of the state in which a person begins."""
        return self.states[0].index(self._rules.start(before))

    def _moves(self, day: int, targets: list[State | None], places: dict[State, int], *, worked: bool) -> Ints:
        """Return the moves of one kind."""
        moves = [
            (origin, places[target], worked and self._rules.is_new_weekend(self.states[day][origin], day))
            for origin, target in enumerate(targets)
            if target is not None
        ]
        return np.array(moves, dtype=np.int64).reshape(-1, 3)


class _Rules:
    """The steps of the automaton."""

    def __init__(self, case: Case, contract: Contract, befores: list[CarryOver | None], starts: set[int]) -> None:
        self._case = case
        self._weekday = [day.weekday() for day in case.horizon.dates]
        after = case.horizon.dates[-1] + timedelta(days=1)
        self._midnight = [*case.day_start_s.tolist(), int(seconds(day_starts([after], case.centre.tz))[0])]
        self._least_work, self._least_off = contract.min_days_in_a_row, contract.min_days_off_in_a_row
        self._most_run = contract.max_days_in_a_row
        longest = len(self._weekday) + max((b.days_in_a_row for b in befores if b is not None), default=0)
        self._longest = self._most_run if longest > self._most_run else self._least_work
        self._runs = longest > self._most_run or self._least_work > 1 or self._least_off > 1
        self._most_nights = contract.max_nights_in_a_row
        self._weekends = contract.max_weekends is not None or contract.whole_weekends
        self._whole_weekends = contract.whole_weekends
        self._spread, self._free = contract.max_start_spread_s, contract.min_free_week_s
        self._until: list[int] = sorted({*starts, *self._midnight})  # where a free stretch may be over

    def start(self, before: CarryOver | None) -> State:
        """Return the state on the first morning; a run of unknown length before it is long enough."""
        told = before or CarryOver()
        is_open = told.is_open_run(self._case.horizon.dates[0])
        off = self._least_off if is_open else told.days_off_in_a_row
        week = self._case.weeks[0]
        cut = self._weekday[0] != _MONDAY
        state = State(
            run=self._capped(told.days_in_a_row or -off),
            exempt=self._runs and is_open and not told.days_off_in_a_row,
            nights=0 if self._most_nights is None else told.nights_in_a_row,
            saturday=self._weekends and self._weekday[0] == _SUNDAY and told.weekend_worked_saturday,
            alone=self._whole_weekends and self._weekday[0] == _SUNDAY and before is None,
            starts=self._arc({_clock_s(start) for start in told.week_starts}) if cut else (),
        )
        if self._free is None:
            return state
        end = week.begin_s if told.last_end is None else max(week.begin_s, int(told.last_end.timestamp()))
        return self._rested(state._replace(end=end, had=not week.is_whole), 0)

    def off(self, state: State, day: int) -> State | None:
        """Return the state after a day off, or none where a rule forbids it."""
        if 0 < state.run < self._least_work and not state.exempt:
            return None
        if self._whole_weekends and self._weekday[day] == _SUNDAY and state.saturday:
            return None
        run = self._capped(min(state.run, 0) - 1)
        return self._next(state._replace(run=run, exempt=False, nights=0, after=-1), day, worked=False)

    def work(self, state: State, kind: Kind, day: int) -> State | None:
        """Return the state after a shift, or none where a rule forbids it."""
        if self._runs and (-self._least_off < state.run < 0 or state.run >= self._most_run):
            return None
        if state.after >= 0 and self._case.barred[state.after, kind.template]:
            return None
        nights = state.nights + 1 if kind.night else 0
        if self._most_nights is not None and nights > self._most_nights:
            return None
        if self._whole_weekends and not self._may_begin_on_sunday(state, day):
            return None
        starts = {*state.starts, kind.clock}
        if self._spread is not None and _spread_of(tuple(sorted(starts))) > self._spread:
            return None
        run = self._capped(max(state.run, 0) + 1)
        exempt = state.exempt and run < self._least_work
        after = kind.template if self._case.barred[kind.template].any() else -1
        state = state._replace(run=run, exempt=exempt, nights=nights, after=after, starts=self._arc(starts))
        if self._free is not None:
            gap = kind.start - state.end
            if state.owes and gap < self._free:
                return None
            begin = self._case.weeks[self._case.week_of_day[day]].begin_s
            had = state.had or kind.start - max(begin, state.end) >= self._free
            state = state._replace(owes=False, had=had, end=kind.end)
        return self._next(state, day, worked=True)

    def is_new_weekend(self, state: State, day: int) -> bool:
        """Whether a shift on that day is the first of a weekend."""
        weekday = self._weekday[day]
        return self._weekends and (weekday == _SATURDAY or (weekday == _SUNDAY and not state.saturday))

    def may_end(self, state: State) -> bool:
        """Whether the horizon may end in that state."""
        return self._free is None or (state.had and not state.owes)

    def _next(self, state: State, day: int, *, worked: bool) -> State:
        """Pass to the next morning."""
        saturday = self._weekends and worked and self._weekday[day] == _SATURDAY
        state = state._replace(saturday=saturday, alone=False)
        if self._weekday[day] == _SUNDAY:
            state = state._replace(starts=())
        return state if self._free is None else self._rested(state, day + 1)

    def _rested(self, state: State, day: int) -> State:
        """Count the free stretch up to a morning, and pass from week to week."""
        assert self._free is not None
        now, free = self._midnight[day], self._free
        state = state._replace(had=state.had or now - state.end >= free, owes=state.owes and now - state.end < free)
        if day < len(self._weekday) and day > 0 and self._weekday[day] == _MONDAY:
            week = self._case.weeks[self._case.week_of_day[day]]
            owes = not state.had
            state = state._replace(owes=owes, had=not week.is_whole, end=state.end if owes else max(state.end, now))
        # An instant that nothing looks back to is forgotten.
        state = state._replace(end=max(state.end, now)) if state.had and not state.owes else state
        return state._replace(end=self._alike(state.end, free))

    def _alike(self, end: int, free: float) -> int:
        """Return one instant for all ends of work after which the same stretches are long enough."""
        place = bisect_left(self._until, end + free)
        until = self._until[place] if place < len(self._until) else self._until[-1] + 1
        return until - int(free)

    def _may_begin_on_sunday(self, state: State, day: int) -> bool:
        return self._weekday[day] != _SUNDAY or state.saturday or state.alone

    def _capped(self, run: int) -> int:
        return max(min(run, self._longest), -self._least_off) if self._runs else 0

    def _arc(self, starts: set[int]) -> tuple[int, ...]:
        """Return the starts of a week as far as they matter: the ends of an arc of less than half the circle."""
        ordered = tuple(sorted(starts))
        if self._spread is None:
            return ()
        if len(ordered) < 3 or 2 * self._spread >= _DAY_S:
            return ordered
        gaps = [(b - a) % _DAY_S for a, b in zip(ordered, ordered[1:] + ordered[:1], strict=True)]
        widest = int(np.argmax(gaps))
        return tuple(sorted({ordered[widest], ordered[(widest + 1) % len(ordered)]}))


def _spread_of(starts: tuple[int, ...]) -> int:
    """Return the length of the shortest arc of the clock that holds all starts."""
    gaps = [(b - a) % _DAY_S for a, b in zip(starts, starts[1:] + starts[:1], strict=True)]
    return 0 if len(starts) < 2 else _DAY_S - max(gaps)


def _clock_s(start: time | timedelta | str) -> int:
    return int(time_of_day("start", start).total_seconds())
