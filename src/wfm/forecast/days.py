"""What the model knows of each day, from the wall clock and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.calendar import Calendar, Phase
from wfm.forecast.grid import DAY_NAMES, BoolArray, FloatArray, IntArray

__all__ = ["DayFeatures", "as_date", "day_features", "day_number", "weekdays"]

_EPOCH = date(1970, 1, 1)
_HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class DayFeatures:
    """What the model knows of each day.

    `number` since 1970-01-01; `weekday` (0 is Monday; a make-up day counts as one); `phase` of the month in [0, 1);
    `after_closed`, whether the day before it was closed out of turn; `labels`, the names of what makes it special
    (public holidays, events), none for an ordinary day; `drivers` what is known of it beforehand, such as bookings: a
    column for each driver and lag, in standard deviations from the usual (see `wfm.forecast.drivers`).
    """

    number: IntArray
    weekday: IntArray
    phase: FloatArray
    after_closed: BoolArray
    labels: npt.NDArray[Any]
    drivers: FloatArray

    def take(self, index: BoolArray | slice) -> DayFeatures:
        """Return the days that `index` selects."""
        return DayFeatures(
            self.number[index],
            self.weekday[index],
            self.phase[index],
            self.after_closed[index],
            self.labels[index],
            self.drivers[index],
        )

    @property
    def special(self) -> BoolArray:
        """Whether the day has a label."""
        return np.array([bool(labels) for labels in self.labels], dtype=bool)


def as_date(number: int) -> date:
    """Return the date of a day number."""
    return _EPOCH + timedelta(days=int(number))


def day_number(day: date) -> int:
    """Return the number of a date: days since 1970-01-01."""
    return (day - _EPOCH).days


def weekdays(number: IntArray, calendar: Calendar | None) -> IntArray:
    """Return the weekday of each day, 0 is Monday; a make-up day counts as Monday."""
    plain = (number + 3) % 7  # 1970-01-01 was a Thursday
    if calendar is not None:
        for makeup in calendar.spec.makeup_days:
            plain = np.where(number == day_number(makeup), 0, plain)
    return np.asarray(plain, dtype=np.int64)


def day_features(
    number: IntArray, is_open: BoolArray, calendar: Calendar | None, drivers: FloatArray | None = None
) -> DayFeatures:
    """Describe consecutive days.

    Parameters
    ----------
    number
        Day numbers without a gap.
    is_open
        Whether the queue is open on the day at all.
    calendar
        Gives holidays, make-up days and events; without one, no day is special.
    drivers
        A row for each day, a column for each driver; default none.
    """
    weekday = weekdays(number, calendar)
    dates = [as_date(day) for day in number]
    return DayFeatures(
        number,
        weekday,
        np.array([_month_phase(day) for day in dates]),
        _after_closed(weekday, is_open),
        _labels(dates, calendar),
        np.zeros((len(number), 0)) if drivers is None else drivers,
    )


def _month_phase(day: date) -> float:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (day.day - 1) / (following - day.replace(day=1)).days


def _after_closed(weekday: IntArray, is_open: BoolArray) -> BoolArray:
    """Mark the first open day after a day that is open in most weeks and was closed this time."""
    usually = np.array([bool(np.any(weekday == n)) and np.mean(is_open[weekday == n]) > 0.5 for n in range(7)])
    marks = np.zeros(len(weekday), dtype=bool)
    skipped = False
    for n, (day, opened) in enumerate(zip(weekday, is_open, strict=True)):
        if opened:
            marks[n], skipped = skipped, False
        else:
            skipped = skipped or bool(usually[day])
    return marks


def _labels(dates: list[date], calendar: Calendar | None) -> npt.NDArray[Any]:
    """Return the set of names of each day: what two special days share is what one learns from the other."""
    labels = np.empty(len(dates), dtype=object)
    labels[:] = [frozenset()] * len(dates)
    if calendar is None:
        return labels
    for n, (day, kind) in enumerate(zip(dates, calendar.day_types(dates), strict=True)):
        names = set() if kind in DAY_NAMES else {_HOLIDAY, kind}
        for event in calendar.events_on(day):
            names |= {f"{event.name} {event.phase}", f"{event.name} {event.phase} {event.day}"}
            if event.phase is Phase.DURING:
                names.add(str(event.event.kind))
        labels[n] = frozenset(names)
    return labels
