"""Working days: Monday to Friday that are no public holiday, and the make-up days of a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from wfm.calendar import Calendar
from wfm.checks import check_date, check_int
from wfm.errors import DataError, Problem

__all__ = ["WorkingDays", "add_working_days", "working_days_between"]

_WEEKDAYS = frozenset(("Mon", "Tue", "Wed", "Thu", "Fri"))
_DAY = timedelta(days=1)
# A stretch without a working day that is longer than this is a fault of the calendar.
_LONGEST_BREAK = 60


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The working days of a calendar; opening hours do not matter, for offices close when a centre does not.

    Parameters
    ----------
    calendar
        Its public holidays (where it has a country) and make-up days count.

    Examples
    --------
    >>> from wfm.calendar import makeup_days
    >>> from wfm.domain import CalendarSpec
    >>> spec = CalendarSpec(country="CN", makeup_days=makeup_days("CN", 2025))
    >>> days = WorkingDays(Calendar(spec, "Asia/Shanghai"))
    >>> str(days.add(date(2025, 9, 26), 3))  # Sunday 28 September is worked, 1 to 8 October are days off
    '2025-09-30'
    >>> str(days.add(date(2025, 9, 30), 3))  # Saturday 11 October is worked
    '2025-10-11'
    """

    calendar: Calendar

    def is_working(self, day: date) -> bool:
        """Return whether a day is worked."""
        return self.calendar.day_types([check_date("day", day)])[0] in _WEEKDAYS

    def add(self, day: date, count: int) -> date:
        """Return the last of so many working days after a day, which does not count itself.

        Raises
        ------
        DataError
            If the count is below 1, or the calendar has no working day for two months.
        """
        check_int("count", count, 1)
        check_date("day", day)
        left, reached, idle = count, day, 0
        while left:
            reached += _DAY
            worked = self.is_working(reached)
            left -= worked
            idle = 0 if worked else idle + 1
            if idle > _LONGEST_BREAK:
                what = f"the calendar has no working day for {_LONGEST_BREAK} days before {reached}"
                raise DataError(Problem(what, remedy="check its holidays and make-up days"))
        return reached

    def between(self, first: date, last: date) -> int:
        """Return the working days after the first and up to the last day; 0 where the last is not later."""
        check_date("first", first)
        check_date("last", last)
        return sum(self.is_working(first + n * _DAY) for n in range(1, (last - first).days + 1))


def add_working_days(calendar: Calendar, day: date, count: int) -> date:
    """Return the last of so many working days after a day; see `WorkingDays`."""
    return WorkingDays(calendar).add(day, count)


def working_days_between(calendar: Calendar, first: date, last: date) -> int:
    """Return the working days after the first and up to the last day; see `WorkingDays`."""
    return WorkingDays(calendar).between(first, last)
