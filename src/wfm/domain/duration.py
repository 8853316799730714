"""Durations as people write them: "30s", "15min", "1h30min", "7.5h", "2d".

A bare number is refused, because nobody knows its unit.
"""

from __future__ import annotations

import re
from datetime import time, timedelta

from wfm.errors import DataError, Problem

__all__ = ["as_duration", "format_duration", "set_duration", "time_of_day"]

_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(sec|s|min|h|d|w)(?![a-z])\s*")
_REMEDY = "use s, min, h, d or w, such as '30s', '15min', '1h30min'"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def as_duration(name: str, value: timedelta | str, *, allow_zero: bool = False) -> timedelta:
    """Return a duration as a `timedelta`.

    Parameters
    ----------
    name
        Name of the field, for the message.
    value
        A `timedelta`, or text of numbers with the units `s`, `min`, `h`, `d`, `w`.
    allow_zero
        Whether a duration of 0 is allowed.

    Raises
    ------
    DataError
        If the value is a bare number, cannot be read, or is not positive.

    Examples
    --------
    >>> as_duration("within", "1h30min")
    datetime.timedelta(seconds=5400)
    >>> as_duration("within", 30)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: within has no unit: 30; write '30s', '30min' or '30h'
    """
    if isinstance(value, timedelta):
        result = value
    elif isinstance(value, str):
        result = _parse(name, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        raise DataError(
            Problem(f"{name} has no unit: {value!r}", remedy=f"write '{value}s', '{value}min' or '{value}h'")
        )
    else:
        raise DataError(Problem(f"{name} is not a length of time: {value!r}", remedy=_REMEDY))
    if result < timedelta(0) or (not allow_zero and not result):
        allowed = "0 or more" if allow_zero else "more than 0"
        raise DataError(
            Problem(f"{name} must be {allowed}, got {value!r}", remedy="give a length of time such as '30s'")
        )
    return result


def set_duration(owner: object, name: str, *, allow_zero: bool = False) -> None:
    """Store the duration field `name` of a frozen value as a `timedelta`, and its seconds as the field `name_s`."""
    value = as_duration(name, getattr(owner, name), allow_zero=allow_zero)
    object.__setattr__(owner, name, value)
    object.__setattr__(owner, f"{name}_s", value.total_seconds())


def _parse(name: str, text: str) -> timedelta:
    position, seconds = 0, 0.0
    while match := _PART.match(text, position):
        seconds += float(match[1]) * _SECONDS[match[2]]
        position = match.end()
    if position == 0 or position != len(text):
        raise DataError(Problem(f"{name} is not a length of time: {text!r}", remedy=_REMEDY))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise DataError(Problem(f"{name} is too long: {text!r}", remedy="give less than 999999999 days")) from None


def format_duration(value: timedelta | str) -> str:
    """Return the shortest text that `as_duration` reads back.

    Examples
    --------
    >>> format_duration(timedelta(minutes=90)), format_duration(timedelta(days=2)), format_duration(timedelta(0))
    ('1h30min', '2d', '0s')
    """
    seconds = as_duration("value", value, allow_zero=True).total_seconds()
    parts = []
    for unit in ("d", "h", "min"):
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count:.0f}{unit}")
    if seconds or not parts:
        parts.append(f"{seconds:.6f}".rstrip("0").rstrip(".") + "s")
    return "".join(parts)


def time_of_day(name: str, value: timedelta | time | str) -> timedelta:
    """Return a time of day as the time since midnight on the wall clock, from 00:00 to 24:00.

    Examples
    --------
    >>> time_of_day("opens", "07:30")
    datetime.timedelta(seconds=27000)
    """
    if isinstance(value, time) and value.tzinfo is None:
        result = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    elif isinstance(value, timedelta):
        result = value
    elif isinstance(value, str) and (match := _CLOCK.fullmatch(value.strip())) and int(match[2]) < 60:
        result = timedelta(hours=int(match[1]), minutes=int(match[2]))
    else:
        raise DataError(Problem(f"{name} is not a time of day: {value!r}", remedy="write it as '07:30'"))
    if not timedelta(0) <= result <= timedelta(days=1):
        raise DataError(Problem(f"{name} is outside the day: {value!r}", remedy="write a time from 00:00 to 24:00"))
    return result
