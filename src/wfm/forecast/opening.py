"""When each queue is open: from the calendar, or read from the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain import OpeningHours
from wfm.forecast.days import weekdays
from wfm.forecast.grid import DAY_NAMES, DAY_S, BoolArray, Clock, IntArray, QueueGrid, wall_clock
from wfm.timegrid import Horizon

__all__ = ["RECENT_DAYS", "CalendarHours", "Hours", "SeenHours", "hours_of"]

RECENT_DAYS = 56  # that opening hours are read from


@dataclass(frozen=True, slots=True)
class CalendarHours:
    """Opening hours that the calendar gives."""

    calendar: Calendar
    hours: OpeningHours | None

    def is_open(self, clock: Clock, interval_s: int) -> BoolArray:
        """Return whether each interval of the past is open; a day is open if any of its hours is."""
        if interval_s == DAY_S:
            return self.open_days([start.date() for start in clock.starts])
        return self.calendar.is_open(clock.starts, self.hours)

    def open_starts(self, horizon: Horizon) -> pd.DatetimeIndex:
        """Return the open intervals of a horizon."""
        if horizon.daily:
            return horizon.starts[self.open_days(horizon.dates)]
        return self.calendar.open_starts(horizon, self.hours)

    def open_days(self, days: Iterable[date]) -> BoolArray:
        """Return whether the queue opens at all on each day."""
        return np.array([bool(self.calendar.hours_on(day, self.hours)) for day in days], dtype=bool)


@dataclass(frozen=True, slots=True)
class SeenHours:
    """Opening hours read from the history: `seen` has a row for each weekday and a column for each interval."""

    seen: BoolArray

    def is_open(self, clock: Clock, interval_s: int) -> BoolArray:  # noqa: ARG002
        """Return whether each interval of the past is open."""
        return self._seen(clock.day, clock.slot)

    def _seen(self, day: IntArray, slot: IntArray) -> BoolArray:
        return np.asarray(self.seen[weekdays(day, None), slot])

    def open_starts(self, horizon: Horizon) -> pd.DatetimeIndex:
        """Return the open intervals of a horizon."""
        return horizon.starts[self._seen(*wall_clock(horizon.starts, int(horizon.interval_s)))]

    def __str__(self) -> str:
        slots = self.seen.shape[1]
        texts = [_spans(row, 24 * 60 // slots) for row in self.seen]
        parts = []
        for text, run in groupby(range(7), key=lambda n: texts[n]):
            days = list(run)
            if text:
                named = DAY_NAMES[days[0]] + (f"-{DAY_NAMES[days[-1]]}" if len(days) > 1 else "")
                parts.append(f"{named} {text}")
        return "; ".join(parts)


Hours = CalendarHours | SeenHours


def _spans(row: BoolArray, minutes: int) -> str:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(int))) * minutes
    clock = [f"{edge // 60:02d}:{edge % 60:02d}" for edge in edges]
    return ",".join(f"{opens}-{closes}" for opens, closes in zip(clock[::2], clock[1::2], strict=True))


def hours_of(grid: QueueGrid, calendar: Calendar | None, given: Mapping[str, OpeningHours | None]) -> Hours:
    """Return the opening hours of a queue.

    Without a calendar, an interval of a weekday is open if the history has it on at least half of that weekday's dates
    in the last eight weeks; so a lone row opens nothing, and a weekday given up a month ago is closed.
    """
    if calendar is not None:
        return CalendarHours(calendar, given.get(grid.queue))
    recent = grid.days > grid.days[-1] - RECENT_DAYS
    recorded, weekday = grid.recorded[recent], weekdays(grid.days[recent], None)
    seen = np.zeros((7, recorded.shape[1]), dtype=bool)
    for n in range(7):
        rows = recorded[weekday == n]
        if len(rows):
            seen[n] = rows.mean(axis=0) >= 0.5
    return SeenHours(seen)
