"""What makes a day special, as weighted marks that days share with each other.

A public holiday, the days around it, and the days of an event each bear marks: one that all of their sort share, one
of their name, one of their place in a long event, and one of the single occurrence. What two special days have in
common is what one learns from the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.calendar import Calendar, EventDay, Phase
from wfm.calendar.events import runs as event_runs
from wfm.domain import Event, EventKind
from wfm.forecast.grid import DAY_NAMES, FloatArray

__all__ = ["Book", "Mark", "MarkedDays", "Marks", "Part", "Sort", "Variances", "names_of", "own_variance", "shared"]

_DAY = timedelta(days=1)
# A place in an event goes with the places beside it: weights of the day itself and of its neighbours.
_PLACES = ((0, 0.8), (-1, 0.42), (1, 0.42))
_SHORT = 10  # days up to which a festival is a holiday; a longer one changes days that stay working days


class Sort(StrEnum):
    """Sort of special day; days of one sort have effects of about the same size."""

    HOLIDAY = "holiday"
    NEAR_HOLIDAY = "near a holiday"
    EVENT = "event"
    NEAR_EVENT = "near an event"


class Part(StrEnum):
    """How much a mark says: about all days of the sort, those of the name, a place in a run, or a single run."""

    COMMON = "common"
    NAME = "name"
    COMMON_PLACE = "place in all"
    PLACE = "place"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a day.

    Two days with the same mark share its effect, each times its `value`; a mark is told by sort, part and name.
    `strength` is that of the event which bears the mark of another one that it is like.
    """

    sort: Sort
    part: Part
    name: str
    value: float = 1.0
    strength: float = 1.0

    @property
    def key(self) -> tuple[Sort, Part, str]:
        """What tells the mark from others."""
        return self.sort, self.part, self.name


Marks: TypeAlias = tuple[Mark, ...]
MarkedDays: TypeAlias = Sequence[Marks] | npt.NDArray[Any]

# Variance of what a mark does to the log level, by its sort and part.
Variances: TypeAlias = Mapping[tuple[Sort, Part], float]


@dataclass(frozen=True, slots=True)
class Book:
    """The marks of the days of a calendar; days that were looked up are kept.

    Parameters
    ----------
    calendar
        Gives holidays and events.
    first, last
        First and last day of the history: what an event is like (`Event.like`) matters from the next day on, and only
        if the event had no day in the history.
    """

    calendar: Calendar
    first: date
    last: date
    _known: dict[date, Marks]

    @staticmethod
    @lru_cache(maxsize=16)
    def of(calendar: Calendar, first: date, last: date) -> Book:
        """Return the book of a calendar and a history, the same for all queues."""
        return Book(calendar, first, last, {})

    def marks(self, day: date) -> Marks:
        """Return the marks of a day, none for an ordinary one."""
        if day not in self._known:
            found = [*_holiday_marks(self.calendar, day)]
            for event in self.calendar.events_on(day):
                found += self._event_marks(event, day)
            self._known[day] = tuple(dict.fromkeys(found))
        return self._known[day]

    def analogies(self, day: date) -> list[Event]:
        """Return the events of a day that are forecast as the one that they are said to be like."""
        found = (on.event for on in self.calendar.events_on(day))
        return [event for event in found if self._analogue(event, day) is not None]

    def _analogue(self, event: Event, day: date) -> tuple[Event, int | None] | None:
        """Return what an event is like and in which year, if that counts on this day."""
        analogue = self.calendar.spec.analogue(event)
        if analogue is None or day <= self.last:
            return None
        if analogue[0] is not event and any(self.first <= known <= self.last for known in event.dates):
            return None
        return analogue

    def _event_marks(self, on: EventDay, day: date) -> list[Mark]:
        begun = day - on.day * _DAY
        ended = next(last for first, last in event_runs(on.event.dates) if first == begun)
        place = (day - ended).days if on.phase is Phase.AFTER else on.day
        own = _marks_of(on.event, on.phase, place, begun.isoformat())
        analogue = self._analogue(on.event, day)
        if analogue is None:
            return own
        event, year = analogue
        # What the two have in common is taken from the other; what is new in this one stays unknown.
        runs = [first for first, _ in event_runs(event.dates) if first.year == year]
        taken = [
            replace(mark, strength=on.event.strength)
            for mark in _marks_of(event, on.phase, place, runs[0].isoformat() if runs else "")
            if mark.part is not Part.RUN or runs
        ]
        return taken + [mark for mark in own if mark.part is Part.RUN]


def _holiday_marks(calendar: Calendar, day: date) -> list[Mark]:
    """Return the marks of a public holiday, or of the days beside one."""
    before, on, after = (_holiday(calendar, day + n * _DAY) for n in (-1, 0, 1))
    if on is not None:
        return [
            Mark(Sort.HOLIDAY, Part.COMMON, "holiday"),
            Mark(Sort.HOLIDAY, Part.NAME, on),
            Mark(Sort.HOLIDAY, Part.RUN, f"{on} {day.year}"),
        ]
    marks: list[Mark] = []
    for name, where, year in ((after, "before", day + _DAY), (before, "after", day - _DAY)):
        if name is not None:
            marks += [
                Mark(Sort.NEAR_HOLIDAY, Part.COMMON, f"day {where} a holiday"),
                Mark(Sort.NEAR_HOLIDAY, Part.NAME, f"day {where} {name}"),
                Mark(Sort.NEAR_HOLIDAY, Part.RUN, f"day {where} {name} {year.year}"),
            ]
    return marks


def _holiday(calendar: Calendar, day: date) -> str | None:
    kind = calendar.day_types([day])[0]
    return None if kind in DAY_NAMES else kind.removeprefix("holiday:")


def _marks_of(event: Event, phase: Phase, place: int, run: str) -> list[Mark]:
    """Return the marks of one day of an event.

    `place` counts from the first day of its run, or for days after it, from the last one; `run` names the run.
    """
    name = f"{event.name} {phase}"
    short = len(event.dates) <= _SHORT * len(event_runs(event.dates))
    if phase is not Phase.DURING:
        sort, common = Sort.NEAR_EVENT, f"{event.kind} {phase}"
    elif event.kind is EventKind.HOLIDAY and short:
        sort, common = Sort.HOLIDAY, "holiday"
    else:
        sort, common = Sort.EVENT, str(event.kind)
    marks = [Mark(sort, Part.COMMON, common), Mark(sort, Part.NAME, name), Mark(sort, Part.RUN, f"{name} {run}")]
    for offset, weight in _PLACES:
        marks.append(Mark(sort, Part.PLACE, f"{name} {place + offset}", weight))
        if sort is Sort.NEAR_EVENT:
            marks.append(Mark(sort, Part.COMMON_PLACE, f"{common} {place + offset}", weight))
    return marks


def names_of(marks: Marks) -> list[str]:
    """Return the names under which a special day is known; days beside a holiday have none of their own."""
    return [mark.name for mark in marks if mark.part is Part.NAME and mark.sort is not Sort.NEAR_HOLIDAY]


def shared(left: MarkedDays, right: MarkedDays, variance: Variances) -> FloatArray | None:
    """Return the covariance of what the marks of two sets of days do to their log levels; nothing where it is 0.

    Parameters
    ----------
    left, right
        Marks of each day.
    variance
        Variance of the effect of a mark, by its sort and part.
    """
    known = {mark.key for marks in left for mark in marks}
    common = dict.fromkeys(mark.key for marks in right for mark in marks if mark.key in known)
    if not common:
        return None
    columns = {key: n for n, key in enumerate(common)}
    return _spread(left, columns, variance) @ _spread(right, columns, variance).T


def own_variance(marks: Marks, variance: Variances) -> float:
    """Return the variance of what the marks of a day do to its log level."""
    return sum(variance[mark.sort, mark.part] * mark.value**2 for mark in marks)


def _spread(days: MarkedDays, columns: Mapping[tuple[Sort, Part, str], int], variance: Variances) -> FloatArray:
    matrix = np.zeros((len(days), len(columns)))
    for row, marks in enumerate(days):
        for mark in marks:
            if mark.key in columns:
                matrix[row, columns[mark.key]] += mark.value * np.sqrt(variance[mark.sort, mark.part])
    return matrix
