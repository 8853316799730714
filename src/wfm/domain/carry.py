"""What a person worked before the horizon, as far as rules still count it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from wfm.checks import check_counts, check_date, check_flag, check_int, check_name
from wfm.domain.duration import set_duration, time_of_day
from wfm.errors import DataError, Faults, Problem

__all__ = ["CarryOver"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOver:
    """What a person worked before the first day of the horizon, as far as a rule still counts it.

    Parameters
    ----------
    last_end
        End of the last shift, an instant with a zone; default none.
    last_template
        Name of the template of the shift on the day before the horizon; default none. It goes with `days_in_a_row`.
    days_in_a_row
        Working days in a row up to the day before the horizon, 0 or more; default 0.
    days_off_in_a_row
        Days off in a row up to the day before the horizon, 0 or more; default 0. Not both are more than 0; where both
        are 0, the length of the run before is unknown.
    nights_in_a_row
        Night shifts in a row up to the day before the horizon, at most `days_in_a_row`; default 0.
    week_paid, week_days
        Paid time and working days of the week that the horizon cuts, before its first day; default none.
    week_starts
        Starts on the wall clock of the shifts of those days, such as `("07:00",)`; default none.
    weekend_worked_saturday
        Whether the Saturday before a horizon that begins on a Sunday was worked; default no. That weekend is counted
        in `weekends`, if at all.
    paid, weekends, shifts
        Paid time, weekends with work and shifts by template before the horizon in the same period; default none, the
        period begins with the horizon.
    known_from
        First day of which it is known whether it was worked; default none, all that a rule counts is known. A run of
        days that reaches back to it may be longer, so it is never too short; a week that began before it has no least
        hours.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> before = CarryOver(days_in_a_row=3, week_paid="24h", week_days=3, shifts={"night": 2})
    >>> before.week_paid_s, dict(before.shifts)
    (86400.0, {'night': 2})
    """

    last_end: datetime | None = None
    last_template: str | None = None
    days_in_a_row: int = 0
    days_off_in_a_row: int = 0
    nights_in_a_row: int = 0
    week_paid: timedelta | str = "0h"
    week_days: int = 0
    week_starts: tuple[time | timedelta | str, ...] = ()
    weekend_worked_saturday: bool = False
    paid: timedelta | str = "0h"
    weekends: int = 0
    shifts: Mapping[str, int] | tuple[tuple[str, int], ...] = ()
    known_from: date | None = None
    week_paid_s: float = field(init=False, repr=False, compare=False)
    paid_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("what was worked before the horizon")
        with faults.collecting():
            self._check_last()
        for name in ("days_in_a_row", "days_off_in_a_row", "nights_in_a_row", "weekends"):
            with faults.collecting():
                check_int(name, getattr(self, name), 0)
        with faults.collecting():
            check_int("week_days", self.week_days, 0, 6)
        for name in ("week_paid", "paid"):
            with faults.collecting():
                set_duration(self, name, allow_zero=True)
        with faults.collecting():
            check_flag("weekend_worked_saturday", self.weekend_worked_saturday)
        with faults.collecting():
            starts = tuple(time_of_day("week_starts", start) for start in self.week_starts)
            object.__setattr__(self, "week_starts", starts)
        if self.known_from is not None:
            with faults.collecting():
                check_date("known_from", self.known_from)
        with faults.collecting():
            object.__setattr__(self, "shifts", check_counts("shifts", self.shifts, 0))
        faults.raise_if_any()
        self._check_runs(faults)
        faults.raise_if_any()

    def is_open_run(self, first: date) -> bool:
        """Whether the run of days before a horizon that begins on `first` may be longer than is known."""
        length = self.days_in_a_row or self.days_off_in_a_row
        return not length or (self.known_from is not None and length >= (first - self.known_from).days)

    def _check_last(self) -> None:
        if self.last_template is not None:
            check_name("last_template", self.last_template)
        if self.last_end is None:
            return
        if not isinstance(self.last_end, datetime) or self.last_end.tzinfo is None:
            what = f"last_end {self.last_end} has no zone"
            raise DataError(Problem(what, remedy="give an instant such as datetime(..., tzinfo=ZoneInfo('...'))"))

    def _check_runs(self, faults: Faults) -> None:
        if self.days_in_a_row and self.days_off_in_a_row:
            what = f"{self.days_in_a_row} days of work in a row and {self.days_off_in_a_row} days off in a row"
            faults.add(what, remedy="only one of them reaches the day before the horizon: set the other to 0")
        if self.nights_in_a_row > self.days_in_a_row:
            what = f"{self.nights_in_a_row} nights in a row among {self.days_in_a_row} days of work in a row"
            faults.add(what, remedy="raise days_in_a_row or lower nights_in_a_row")
        if self.last_template is not None and not self.days_in_a_row:
            what = f"a shift {self.last_template!r} on the day before the horizon, and no day of work in a row"
            faults.add(what, remedy="raise days_in_a_row, or leave out last_template")
        if len(self.week_starts) > self.week_days:
            what = f"{len(self.week_starts)} starts in the week on {self.week_days} working days"
            faults.add(what, remedy="raise week_days or leave out a start")
