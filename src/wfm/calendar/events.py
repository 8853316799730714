"""What an event means on a day: its runs, and the days before and after them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from wfm.domain.hours import Event

__all__ = ["EventDay", "Phase", "event_on", "runs"]

_DAY = timedelta(days=1)


class Phase(StrEnum):
    """Where a day lies against a run of an event."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class EventDay(NamedTuple):
    """What one event means on one day.

    `day` counts from 0 on the first day of the run; it is negative before it.
    """

    event: Event
    phase: Phase
    day: int

    @property
    def name(self) -> str:
        """Name of the event."""
        return self.event.name


def event_on(event: Event, day: date) -> EventDay | None:
    """Return what the event means on the day, or nothing where it does not touch it."""
    found: EventDay | None = None
    nearest = timedelta.max
    for first, last in runs(event.dates):
        if first <= day <= last:
            return EventDay(event, Phase.DURING, (day - first).days)
        if first - timedelta(days=event.before) <= day < first and first - day <= nearest:
            found, nearest = EventDay(event, Phase.BEFORE, (day - first).days), first - day
        elif last < day <= last + timedelta(days=event.after) and day - last < nearest:
            found, nearest = EventDay(event, Phase.AFTER, (day - first).days), day - last
    return found


def runs(dates: Iterable[date]) -> list[tuple[date, date]]:
    """Return the first and last day of each stretch of consecutive days; the dates are in order."""
    found: list[tuple[date, date]] = []
    for day in dates:
        if found and day - found[-1][1] == _DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found
