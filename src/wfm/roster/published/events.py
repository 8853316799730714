"""What happens to a roster after it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from wfm.checks import check_each, check_name
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike

__all__ = ["Event", "LateArrival", "Reforecast", "SickCall", "TrainingMoved"]


@dataclass(frozen=True, slots=True)
class SickCall:
    """Somebody falls ill: what is left of their shifts is not worked.

    Parameters
    ----------
    employee
        Who.
    start
        The first day away, or the instant, with a zone.
    end
        The first day or instant back; default the next day, or the end of the shift that runs or comes next.

    Raises
    ------
    DataError
        If an instant has no zone, or the end is not after the start.

    Examples
    --------
    >>> SickCall("A17", date(2026, 11, 3)).start.isoformat()
    '2026-11-03'
    """

    employee: str
    start: date | datetime
    end: date | datetime | None = None

    def __post_init__(self) -> None:
        check_name("employee", self.employee)
        _check_moment("start of a sick call", self.start)
        if self.end is None:
            return
        _check_moment("end of a sick call", self.end)
        if isinstance(self.start, datetime) != isinstance(self.end, datetime):
            what = f"a sick call from {self.start} to {self.end} mixes a date and an instant"
            raise DataError(Problem(what, remedy="give two dates or two instants"))
        if not self.end > self.start:
            what = f"a sick call ends at {self.end}, not after its start {self.start}"
            raise DataError(Problem(what, remedy="give the first day or instant back at work as its end"))


@dataclass(frozen=True, slots=True)
class LateArrival:
    """Somebody comes late: the shift is worked from an instant on.

    Parameters
    ----------
    employee
        Who.
    at
        When they come, with a zone; it lies in one of their shifts.

    Raises
    ------
    DataError
        If the instant has no zone.
    """

    employee: str
    at: datetime

    def __post_init__(self) -> None:
        check_name("employee", self.employee)
        _check_instant("arrival", self.at)


@dataclass(frozen=True, slots=True)
class Reforecast:
    """The requirement changes.

    Parameters
    ----------
    requirement
        Frame `requirement`, or a result that gives one: the rows that change. Rows that it does not name stay.
    """

    requirement: FrameLike


@dataclass(frozen=True, slots=True)
class TrainingMoved:
    """A training or meeting that stands in the roster is held at another time of the same shift.

    Parameters
    ----------
    employees
        Who takes part.
    start
        When it was to begin, with a zone.
    to
        When it begins now, with a zone; it lasts as long as planned.

    Raises
    ------
    DataError
        If nobody takes part, an instant has no zone, or both are the same.
    """

    employees: tuple[str, ...]
    start: datetime
    to: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "employees", check_each("employees", self.employees, str))
        if not self.employees:
            raise DataError(Problem("nobody takes part in the training", remedy="name at least one employee"))
        _check_instant("start of a training", self.start)
        _check_instant("new start of a training", self.to)
        if self.start == self.to:
            what = f"the training is moved from {self.start} to the same time"
            raise DataError(Problem(what, remedy="give another time, or leave the event out"))


Event = SickCall | LateArrival | Reforecast | TrainingMoved


def _check_moment(name: str, value: date | datetime) -> None:
    if isinstance(value, datetime):
        _check_instant(name, value)
    elif not isinstance(value, date):
        raise DataError(Problem(f"{name} is not a date: {value!r}", remedy="give a date, or an instant with a zone"))


def _check_instant(name: str, value: datetime) -> None:
    if not isinstance(value, datetime):
        what = f"{name} is not an instant: {value!r}"
        raise DataError(Problem(what, remedy="give a datetime or pandas.Timestamp with a zone"))
    if value.tzinfo is None:
        remedy = "give it a zone, such as tzinfo=ZoneInfo('Europe/Berlin')"
        raise DataError(Problem(f"{name} {value} has no zone", remedy=remedy))
