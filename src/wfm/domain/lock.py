"""What must stand on a day of somebody's roster, whatever it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from wfm.checks import check_date, check_flag, check_name
from wfm.domain.duration import set_duration, time_of_day
from wfm.errors import DataError, Problem

__all__ = ["Lock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What must stand on one day of one person: nothing, or a shift of which as much is fixed as is given.

    Parameters
    ----------
    day
        The date of the start of the shift.
    off
        Whether the day is off; then nothing else is given. Default no: there is a shift.
    template
        Name of its template; default any.
    start
        Its start on the wall clock, such as `"07:00"`; default any.
    length
        Its length from start to end; default any.
    breaks
        Start on the wall clock by name of break, such as `{"lunch": "12:00"}`, the first such time after the start of
        the shift; it goes with a template. Default none fixed. Kept as pairs in the order of the names.

    Raises
    ------
    DataError
        If a day off has more to it, or breaks come without a template.

    Examples
    --------
    >>> Lock(day=date(2026, 11, 2), template="early", breaks={"lunch": "11:30"}).breaks
    (('lunch', datetime.timedelta(seconds=41400)),)
    """

    day: date
    off: bool = False
    template: str | None = None
    start: time | timedelta | str | None = None
    length: timedelta | str | None = None
    breaks: Mapping[str, time | timedelta | str] | tuple[tuple[str, timedelta], ...] = ()
    start_s: float | None = field(init=False, repr=False, compare=False)
    length_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_date("day", self.day)
        check_flag("off", self.off)
        object.__setattr__(self, "start_s", None)
        object.__setattr__(self, "length_s", None)
        if self.template is not None:
            check_name("template", self.template)
        if self.start is not None:
            start = time_of_day("start", self.start)
            object.__setattr__(self, "start", start)
            object.__setattr__(self, "start_s", start.total_seconds())
        if self.length is not None:
            set_duration(self, "length")
        object.__setattr__(self, "breaks", _breaks(self.breaks))
        if self.off and (self.template, self.start, self.length, self.breaks) != (None, None, None, ()):
            what = f"a lock of {self.day} asks for a day off and for a shift"
            raise DataError(Problem(what, remedy="leave out off, or template, start, length and breaks"))
        if self.breaks and self.template is None:
            what = f"a lock of {self.day} fixes breaks of a shift without a template"
            raise DataError(Problem(what, remedy="give the template too"))


def _breaks(given: object) -> tuple[tuple[str, timedelta], ...]:
    """Return the starts of breaks as pairs in the order of their names."""
    try:
        starts = dict(given)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        what = f"breaks must give a start by name, got {given!r}"
        raise DataError(Problem(what, remedy="write breaks={'lunch': '12:00'}")) from None
    pairs = ((check_name("breaks", name), time_of_day(f"break {name!r}", start)) for name, start in starts.items())
    return tuple(sorted(pairs))
