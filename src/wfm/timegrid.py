"""The planning grid: dated, zoned interval starts, with days that have 46 or 50 half-hours.

Features come from the clock on the wall, arithmetic is done in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from wfm.checks import check_int, check_zone
from wfm.domain.duration import as_duration, format_duration
from wfm.errors import DataError, Problem, did_you_mean

__all__ = [
    "DAY",
    "Horizon",
    "Localized",
    "check_interval",
    "check_zone",
    "day_starts",
    "first_instants",
    "floor_to_interval",
    "interval_starts",
    "localize",
]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Horizon:
    """The days to plan, cut into intervals.

    Parameters
    ----------
    start
        First day, as a date or text such as `"2026-11-02"`.
    end
        First day after the last, instead of `weeks` or `days`.
    weeks, days
        Length; give exactly one of `end`, `weeks` and `days`. They are kept as `end`.
    interval
        Length of an interval, a divisor of an hour or one hour; or `"1d"`, the local day, which lasts 23 to 25 hours
        where the clock changes. Default 30 minutes.
    tz
        Time zone of the centre.
    cyclic
        Whether the end wraps to the start: a typical week. A cyclic horizon has whole weeks and no clock change.
        Default no.

    Raises
    ------
    DataError
        If the horizon is empty, has two lengths, or does not fit the interval or the zone: on Lord Howe Island the
        clock moves by half an hour, which an interval of an hour cannot follow.

    Examples
    --------
    >>> horizon = Horizon("2026-10-26", weeks=1, interval="30min", tz="Europe/Berlin")
    >>> len(horizon), horizon.starts[0].isoformat()
    (336, '2026-10-26T00:00:00+01:00')
    >>> len(Horizon("2026-10-25", days=1, tz="Europe/Berlin"))  # summer time ends: 50 half-hours
    50
    >>> Horizon("2026-10-25", days=2, interval="1d", tz="Europe/Berlin").starts[1].isoformat()
    '2026-10-26T00:00:00+01:00'
    """

    start: date | str
    end: date | str | None = None
    weeks: int | None = field(default=None, kw_only=True)
    days: int | None = field(default=None, kw_only=True)
    interval: timedelta | str = field(default="30min", kw_only=True)
    tz: str = field(kw_only=True)
    cyclic: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_zone(self.tz)
        whole_days = as_duration("interval", self.interval) == DAY
        object.__setattr__(self, "interval", DAY if whole_days else check_interval(self.interval))
        start = _as_date("start", self.start)
        object.__setattr__(self, "start", start)
        given = [name for name in ("end", "weeks", "days") if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"a horizon with {' and '.join(given) or 'no length'}"
            raise DataError(Problem(what, remedy="give exactly one of end, weeks and days"))
        if self.end is not None:
            end = _as_date("end", self.end)
        elif self.weeks is not None:
            end = start + timedelta(weeks=check_int("weeks", self.weeks, 1))
        else:
            end = start + timedelta(days=check_int("days", self.days or 0, 1))
        if end <= start:
            what = f"the horizon is empty: it starts on {start} and ends before {end}"
            raise DataError(Problem(what, remedy="give an end after the start"))
        # One horizon has one form, however its length was given: equal, and open to `dataclasses.replace`.
        object.__setattr__(self, "end", end)
        object.__setattr__(self, "weeks", None)
        object.__setattr__(self, "days", None)
        self._check_clock()
        if self.cyclic:
            self._check_cyclic()

    def _check_clock(self) -> None:
        bounds = day_starts([*self.dates, self.dates[-1] + timedelta(days=1)], self.tz)
        offsets = {stamp.utcoffset() for stamp in bounds}
        interval = as_duration("interval", self.interval)
        if not self.daily and len({offset % interval for offset in offsets}) > 1:
            moved = format_duration(max(offsets) - min(offsets))
            what = f"the clock of {self.tz} moves by {moved} in the horizon, which cuts intervals of {self.interval}"
            raise DataError(Problem(what, remedy="give a shorter interval"))

    def _check_cyclic(self) -> None:
        if len(self.dates) % 7:
            what = f"a cyclic horizon of {len(self.dates)} days"
            raise DataError(Problem(what, remedy="give whole weeks, so that Sunday is followed by Monday"))
        if self.starts[0].utcoffset() != self.starts[-1].utcoffset():
            what = f"the clock changes between {self.start} and {self.end} in {self.tz}"
            raise DataError(Problem(what, remedy="give a typical week without a change of the clock"))

    def __len__(self) -> int:
        return len(self.starts)

    def __str__(self) -> str:
        last = self.dates[-1]
        return f"{self.dates[0]} to {last} ({len(self.dates)} days of {format_duration(self.interval)}, {self.tz})"

    @property
    def daily(self) -> bool:
        """Whether an interval is a day."""
        return self.interval == DAY

    @property
    def interval_s(self) -> float:
        """Length of an interval in seconds; of a day, that of a day without a change of the clock."""
        return as_duration("interval", self.interval).total_seconds()

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The days, in order."""
        first, end = _as_date("start", self.start), _as_date("end", self.end or "")
        return tuple(first + timedelta(days=n) for n in range((end - first).days))

    @cached_property
    def starts(self) -> pd.DatetimeIndex:
        """Start of every interval, closed hours included, in the horizon's zone."""
        if self.daily:
            return day_starts(self.dates, self.tz)
        first, last = self.dates[0], self.dates[-1] + timedelta(days=1)
        bounds = day_starts([first, last], self.tz)
        return interval_starts(bounds[0], bounds[1], self.interval)


def check_interval(interval: timedelta | str) -> timedelta:
    """Return the length of an interval if it divides an hour.

    Examples
    --------
    >>> check_interval("25min")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: interval 25min does not divide an hour; give '5min', '10min', ...
    """
    length = as_duration("interval", interval)
    if timedelta(hours=1) % length:
        what = f"interval {format_duration(length)} does not divide an hour"
        raise DataError(Problem(what, remedy="give '5min', '10min', '15min', '20min', '30min' or '1h'"))
    return length


def interval_starts(start: pd.Timestamp, end: pd.Timestamp, interval: timedelta | str) -> pd.DatetimeIndex:
    """Return the starts of the intervals in `[start, end)`, evenly spaced in elapsed time.

    Examples
    --------
    >>> start = pd.Timestamp("2026-03-29", tz="Europe/Berlin")
    >>> len(interval_starts(start, start + pd.Timedelta(hours=23), "30min"))
    46
    """
    step = pd.Timedelta(as_duration("interval", interval))
    utc = pd.date_range(start.tz_convert("UTC"), end.tz_convert("UTC"), freq=step, inclusive="left", unit="ns")
    return utc.tz_convert(start.tz)


def day_starts(dates: Iterable[date], tz: str) -> pd.DatetimeIndex:
    """Return the first instant of each date in the zone; where midnight does not exist, the first one after it.

    Examples
    --------
    >>> day_starts([date(2026, 3, 29)], "Europe/Berlin")[0].isoformat()
    '2026-03-29T00:00:00+01:00'
    """
    return first_instants(dates, tz)


def first_instants(local: Iterable[date], tz: str) -> pd.DatetimeIndex:
    """Return the first instant at which the clock of the zone shows each local time; dates are read as midnights.

    A time that does not exist is read as if the clock had not yet been put forward, as `localize` does.

    Examples
    --------
    >>> first_instants([datetime(2026, 3, 29, 2, 30)], "Europe/Berlin")[0].isoformat()
    '2026-03-29T03:30:00+02:00'
    """
    check_zone(tz)
    naive = pd.DatetimeIndex(np.array(list(local), dtype="datetime64[us]")).as_unit("ns")
    try:
        # Hardly any local time is missing or there twice, and those that are cost far more.
        return naive.tz_localize(tz)
    except ValueError:
        return localize(naive, tz, ambiguous="first").stamps


def floor_to_interval(stamps: pd.Series, interval: timedelta | str) -> pd.Series:
    """Return the start of the interval that holds each stamp; intervals begin on the hour of the wall clock.

    A missing stamp stays missing. Each stamp is floored on the clock that it was read from, so both hours of a night in
    which the clock is put back keep their own intervals.

    Raises
    ------
    DataError
        If the stamps have no zone, the interval does not divide an hour, or the clock of the zone moves by a part of
        an interval.

    Examples
    --------
    >>> stamps = pd.Series(pd.to_datetime(["2026-11-02 09:44"]).tz_localize("Asia/Kolkata"))
    >>> floor_to_interval(stamps, "30min")[0].isoformat()
    '2026-11-02T09:30:00+05:30'
    """
    length = check_interval(interval)
    index = pd.DatetimeIndex(stamps).as_unit("ns")
    if index.tz is None:
        raise DataError(Problem("the stamps have no zone", remedy="call .dt.tz_localize('Europe/Berlin') with yours"))
    step = pd.Timedelta(length)
    utc = index.tz_convert("UTC").tz_localize(None)
    part = (index.tz_localize(None) - utc) % step  # of the zone's offset; it is the same on both sides of most changes
    if len(part.dropna().unique()) > 1:
        what = f"the clock of {index.tz} moves by a part of {format_duration(length)}"
        raise DataError(Problem(what, remedy="give a shorter interval"))
    floored = (utc + part).floor(step) - part
    return pd.Series(floored.tz_localize("UTC").tz_convert(index.tz), index=stamps.index)


class Localized(NamedTuple):
    """Stamps with a zone, and what had to be resolved.

    `stamps` has one stamp for each one given. `resolved` is a frame `position, local, stamp, rule` with a row for each
    local stamp that does not exist or occurs twice.
    """

    stamps: pd.DatetimeIndex
    resolved: pd.DataFrame


def localize(
    stamps: pd.DatetimeIndex | pd.Series, tz: str, *, ambiguous: Literal["order", "first", "second"] = "order"
) -> Localized:
    """Give local wall-clock stamps their zone, by a stated rule where the clock changes.

    A stamp that does not exist (clock put forward) is read as if the clock had not yet been put forward: 02:30
    becomes 03:30. A stamp that occurs twice (clock put back) is the first occurrence. With `order`, it is the second
    one from the point where the stamps of that night step back: 02:00, 02:30, 02:00 ends in the second hour.

    Parameters
    ----------
    stamps
        Local stamps without a zone.
    tz
        Time zone.
    ambiguous
        Rule for stamps that occur twice: by `order` (default), always the `first`, always the `second`.

    Returns
    -------
    Localized
        The stamps, and a frame of those that had to be resolved.

    Raises
    ------
    DataError
        If the stamps already have a zone, or the zone or the rule is unknown.

    Examples
    --------
    >>> local = pd.DatetimeIndex(["2026-10-25 02:00", "2026-10-25 02:30", "2026-10-25 02:00"])
    >>> [stamp.utcoffset().total_seconds() / 3600 for stamp in localize(local, "Europe/Berlin").stamps]
    [2.0, 2.0, 1.0]
    """
    check_zone(tz)
    if ambiguous not in ("order", "first", "second"):
        remedy = did_you_mean(str(ambiguous), ("order", "first", "second"))
        raise DataError(Problem(f"unknown rule {ambiguous!r} for stamps that occur twice", remedy=remedy))
    local = pd.DatetimeIndex(stamps).as_unit("ns")
    if local.tz is not None:
        raise DataError(Problem(f"the stamps already have the zone {local.tz}", remedy=f"call .tz_convert({tz!r})"))
    first = local.tz_localize(tz, ambiguous=[True] * len(local), nonexistent="NaT")
    second = local.tz_localize(tz, ambiguous=[False] * len(local), nonexistent="NaT")
    missing = first.isna() & ~local.isna()
    twice = ~missing & ~local.isna() & (first != second)
    is_second = _second_by_order(local, twice) if ambiguous == "order" else twice & (ambiguous == "second")
    resolved = first.where(~is_second, second)
    if missing.any():
        # A wall clock not yet put forward shows the offset in force before the change.
        before = (local - pd.Timedelta(days=1)).tz_localize(tz, ambiguous=[True] * len(local), nonexistent="NaT")
        offset = local - pd.Timedelta(days=1) - before.tz_convert("UTC").tz_localize(None)
        kept = (local - offset).tz_localize("UTC").tz_convert(tz)
        resolved = resolved.where(~missing, kept)
    touched = missing | twice
    rule = pd.Series("first occurrence", index=range(len(local)), dtype="str")
    rule[is_second] = "second occurrence"
    rule[missing] = "does not exist: read before the clock is put forward"
    report = pd.DataFrame(
        {
            "position": pd.Series(range(len(local)))[touched],
            "local": pd.Series(local)[touched],
            "stamp": pd.Series(resolved)[touched],
            "rule": rule[touched],
        }
    ).reset_index(drop=True)
    return Localized(resolved, report)


def _second_by_order(local: pd.DatetimeIndex, twice: pd.Series) -> pd.Series:
    """Mark the ambiguous stamps of a night from the first step back on."""
    import numpy as np

    marks = np.zeros(len(local), dtype=bool)
    latest: dict[date, pd.Timestamp] = {}
    passed: set[date] = set()
    for position in np.flatnonzero(twice):
        stamp = local[position]
        night = stamp.date()
        if night in latest and stamp < latest[night]:
            passed.add(night)
        latest[night] = stamp
        marks[position] = night in passed
    return marks


def _as_date(name: str, value: date | str) -> date:
    if isinstance(value, datetime):
        remedy = f"give the date {value.date()}"
        raise DataError(Problem(f"{name} of the horizon is an instant: {value}", remedy=remedy))
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        remedy = "write it as '2026-11-02'"
        raise DataError(Problem(f"{name} of the horizon is not a date: {value!r}", remedy=remedy)) from None
