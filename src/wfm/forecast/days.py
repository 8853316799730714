"""What the model knows of each day, from the wall clock and the calendar."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.calendar import Calendar
from wfm.forecast.grid import BoolArray, FloatArray, IntArray
from wfm.forecast.marks import Book

__all__ = ["DayFeatures", "as_date", "day_features", "day_number", "joined", "weekdays"]

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class DayFeatures:
    """What the model knows of each day.

    `number` since 1970-01-01; `weekday` (0 is Monday; a make-up day counts as one); `phase` of the month in [0, 1);
    `after_closed`, whether the day before it was closed out of turn; `marks`, what makes it special (public holidays,
    events; see `wfm.forecast.marks`), none for an ordinary day; `drivers` what is known of it beforehand, such as
    bookings: a column for each driver and lag, in standard deviations from the usual (see `wfm.forecast.drivers`).
    """

    number: IntArray
    weekday: IntArray
    phase: FloatArray
    after_closed: BoolArray
    marks: npt.NDArray[Any]
    drivers: FloatArray

    def take(self, index: BoolArray | IntArray | slice) -> DayFeatures:
        """Return the days that `index` selects."""
        return DayFeatures(
            self.number[index],
            self.weekday[index],
            self.phase[index],
            self.after_closed[index],
            self.marks[index],
            self.drivers[index],
        )

    @property
    def special(self) -> BoolArray:
        """Whether the day has a mark."""
        return np.array([bool(marks) for marks in self.marks], dtype=bool)


def joined(first: DayFeatures, second: DayFeatures) -> DayFeatures:
    """Return the days of one and then of the other."""
    parts = ([getattr(days, field.name) for field in fields(DayFeatures)] for days in (first, second))
    return DayFeatures(*(np.concatenate(both) for both in zip(*parts, strict=True)))


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
    number: IntArray,
    is_open: BoolArray,
    calendar: Calendar | None,
    drivers: FloatArray | None = None,
    known: int | None = None,
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
    known
        How many of them are of the history; default all.
    """
    weekday = weekdays(number, calendar)
    dates = [as_date(day) for day in number]
    return DayFeatures(
        number,
        weekday,
        np.array([_month_phase(day) for day in dates]),
        _after_closed(weekday, is_open),
        _marks(dates, calendar, len(dates) if known is None else known),
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


def _marks(dates: list[date], calendar: Calendar | None, known: int) -> npt.NDArray[Any]:
    book = None if calendar is None or not dates else Book.of(calendar, dates[0], dates[max(known, 1) - 1])
    marks = np.empty(len(dates), dtype=object)
    for n, day in enumerate(dates):
        marks[n] = () if book is None else book.marks(day)
    return marks
