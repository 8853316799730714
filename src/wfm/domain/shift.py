"""Shift templates: when a shift may start, how long it lasts, and which breaks move inside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta

from wfm.checks import check_each, check_flag, check_name
from wfm.domain.duration import format_duration, set_duration, time_of_day
from wfm.errors import DataError, Faults, Problem

__all__ = ["ABSENT", "BREAK", "LUNCH", "MEETING", "TRAINING", "WORK", "Activity", "Break", "ShiftTemplate"]


@dataclass(frozen=True, slots=True)
class Activity:
    """What an employee does in a stretch of time.

    Parameters
    ----------
    name
        Name, as it stands in the frame `activities`.
    paid
        Whether the time is paid; default yes.
    productive
        Whether the employee can take contacts; default no.

    Examples
    --------
    >>> LUNCH.paid, WORK.productive
    (False, True)
    """

    name: str
    paid: bool = field(default=True, kw_only=True)
    productive: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_name("name", self.name)


WORK = Activity("work", productive=True)
BREAK = Activity("break")
LUNCH = Activity("lunch", paid=False)
MEETING = Activity("meeting")
TRAINING = Activity("training")
ABSENT = Activity("absent")  # of a shift that was planned: sick, late, gone early; pay is decided elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A break or lunch inside a shift.

    Parameters
    ----------
    name
        `"break"`, `"lunch"` or a name of your own; unique within the template.
    length
        How long, more than 0.
    earliest, latest
        The first and the last moment it may start, measured from the start of the shift.
    paid
        Whether it is paid; default no.
    min_gap
        Least time of work between it and the start of the shift, the end of the shift and every other break; default
        none. Between two breaks the longer of their gaps holds.

    Raises
    ------
    DataError
        If the window is empty or a duration has no unit.

    Examples
    --------
    >>> Break(name="lunch", length="30min", earliest="3h", latest="5h").length_s
    1800.0
    """

    name: str
    length: timedelta | str
    earliest: timedelta | str
    latest: timedelta | str
    paid: bool = False
    min_gap: timedelta | str = "0min"
    length_s: float = field(init=False, repr=False, compare=False)
    earliest_s: float = field(init=False, repr=False, compare=False)
    latest_s: float = field(init=False, repr=False, compare=False)
    min_gap_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        if self.name in (WORK.name, MEETING.name, TRAINING.name, ABSENT.name):
            what = f"a break cannot be named {self.name!r}"
            raise DataError(Problem(what, remedy="that is an activity of its own; write 'break' or 'lunch'"))
        check_flag("paid", self.paid)
        for name in ("length", "earliest", "latest", "min_gap"):
            set_duration(self, name, allow_zero=name != "length")
        if self.latest_s < self.earliest_s:
            what = f"break {self.name!r} has its latest start {self.latest} before its earliest {self.earliest}"
            raise DataError(Problem(what, remedy="swap them"))
        if self.latest_s < self.min_gap_s:
            what = (
                f"break {self.name!r} starts at latest {self.latest} into the shift, within its gap of {self.min_gap}"
            )
            raise DataError(Problem(what, remedy="raise latest or lower min_gap"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTemplate:
    """A family of shifts: every start of the window with every length of the range.

    Lengths are elapsed time, so a night shift across a change to summer time lasts as long as it is paid. A split shift
    is one with a long unpaid break: its two parts are one shift of one day.

    Parameters
    ----------
    name
        Name, unique in the centre.
    earliest_start, latest_start
        First and last start, on the wall clock of the day that names the shift, such as `"07:00"`; `latest_start`
        defaults to `earliest_start`.
    step
        Distance between starts and between lengths; default 30 minutes.
    min_length, max_length
        Shortest and longest time from start to end, breaks included, at most 24 h; `max_length` defaults to
        `min_length`.
    breaks
        Breaks placed within the shift, in any order; a gap between them is kept by their windows or by their `min_gap`.
        Default none.
    weekdays
        Weekdays on which it may start, 0 (Monday) to 6 (Sunday); default all.
    not_after
        Names of the templates that may not stand on the day before, such as `("night",)` of an early shift; default
        none. They add to the rest that the contract asks for.

    Raises
    ------
    DataError
        With every fault of the template: window or length range reversed, breaks that do not fit into the shortest
        shift.

    Examples
    --------
    >>> lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    >>> day = ShiftTemplate(name="day", earliest_start="07:00", min_length="8h30min", breaks=(lunch,))
    >>> day.min_paid_s / 3600
    8.0
    >>> pause = Break(name="pause", length="4h", earliest="3h", latest="5h")
    >>> split = ShiftTemplate(name="split", earliest_start="10:00", min_length="12h", breaks=(pause,))
    >>> split.min_paid_s / 3600
    8.0
    """

    name: str
    earliest_start: time | timedelta | str
    latest_start: time | timedelta | str | None = None
    step: timedelta | str = "30min"
    min_length: timedelta | str
    max_length: timedelta | str | None = None
    breaks: tuple[Break, ...] = ()
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    not_after: tuple[str, ...] = ()
    earliest_start_s: float = field(init=False, repr=False, compare=False)
    latest_start_s: float = field(init=False, repr=False, compare=False)
    step_s: float = field(init=False, repr=False, compare=False)
    min_length_s: float = field(init=False, repr=False, compare=False)
    max_length_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        faults = Faults(f"shift template {self.name!r}")
        defaults = {"latest_start": "earliest_start", "max_length": "min_length"}
        left_out = {name: default for name, default in defaults.items() if getattr(self, name) is None}
        for name in ("earliest_start", "latest_start", "step", "min_length", "max_length"):
            with faults.collecting():
                if name.endswith("start") and name not in left_out:
                    value = time_of_day(name, getattr(self, name))
                    object.__setattr__(self, name, value)
                    object.__setattr__(self, f"{name}_s", value.total_seconds())
                elif name not in left_out:
                    set_duration(self, name)
        faults.raise_if_any()
        for name, default in left_out.items():
            object.__setattr__(self, name, getattr(self, default))
            object.__setattr__(self, f"{name}_s", getattr(self, f"{default}_s"))
        object.__setattr__(self, "breaks", check_each("breaks", self.breaks, Break))
        object.__setattr__(self, "not_after", check_each("not_after", self.not_after, str))
        weekdays = self.weekdays if isinstance(self.weekdays, Iterable) else (self.weekdays,)
        if isinstance(weekdays, str) or not all(isinstance(day, int) for day in weekdays):
            remedy = "give numbers from 0 (Monday) to 6 (Sunday), such as weekdays=(0, 1, 2, 3, 4)"
            raise DataError(Problem(f"weekdays {self.weekdays!r}", remedy=remedy))
        object.__setattr__(self, "weekdays", tuple(sorted(set(weekdays))))
        self._check(faults)
        self._check_steps(faults)
        faults.raise_if_any()

    def _check(self, faults: Faults) -> None:
        if self.latest_start_s < self.earliest_start_s:
            what = f"latest start {self.latest_start} is before the earliest {self.earliest_start}"
            faults.add(what, remedy="swap them; a window does not pass midnight: write two templates")
        if self.max_length_s < self.min_length_s:
            longest, shortest = (format_duration(timedelta(seconds=s)) for s in (self.max_length_s, self.min_length_s))
            faults.add(f"max_length {longest} is below min_length {shortest}", remedy="swap them")
        if self.latest_start_s >= 86400:
            faults.add(f"a start at 24:00 ({self.latest_start})", remedy="write '00:00' on the next day's weekday")
        if self.max_length_s > 86400:
            faults.add(f"max_length {self.max_length} is longer than a day", remedy="give at most '24h'")
        if not self.weekdays or not all(isinstance(d, int) and 0 <= d <= 6 for d in self.weekdays):
            faults.add(f"weekdays {self.weekdays}", remedy="give numbers from 0 (Monday) to 6 (Sunday)")
        names = [rest.name for rest in self.breaks]
        for name in sorted({name for name in names if names.count(name) > 1}):
            faults.add(f"two breaks are named {name!r}", remedy="name them apart, such as 'break 1' and 'break 2'")
        end, gap = 0.0, 0.0
        for rest in sorted(self.breaks, key=lambda rest: (rest.latest_s, rest.earliest_s)):
            end = max(end + max(gap, rest.min_gap_s), rest.earliest_s) + rest.length_s
            gap = rest.min_gap_s
            if end - rest.length_s > rest.latest_s or end + gap > self.min_length_s:
                what = f"break {rest.name!r} does not fit into the shortest shift of {format_duration(self.min_length)}"
                faults.add(what, remedy="widen its window or lengthen the shift")

    def _check_steps(self, faults: Faults) -> None:
        for low, high, noun in (("earliest_start", "latest_start", "start"), ("min_length", "max_length", "length")):
            span = getattr(self, f"{high}_s") - getattr(self, f"{low}_s")
            if span > 0 and span % self.step_s:
                reached = f"the {noun} {getattr(self, high)} is not reached from {getattr(self, low)}"
                faults.add(f"{reached} in steps of {self.step}", remedy=f"change {high} or the step")

    @property
    def unpaid_s(self) -> float:
        """Unpaid break time in a shift, in seconds."""
        return sum(rest.length_s for rest in self.breaks if not rest.paid)

    @property
    def min_paid_s(self) -> float:
        """Paid time of the shortest shift, in seconds."""
        return self.min_length_s - self.unpaid_s

    @property
    def max_paid_s(self) -> float:
        """Paid time of the longest shift, in seconds."""
        return self.max_length_s - self.unpaid_s
