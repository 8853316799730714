"""Checks of single values, used everywhere, so that a bad number always reads the same.

Each check returns the value it was given or raises `DataError` with the value and the remedy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from wfm.errors import DataError, Problem, did_you_mean

__all__ = [
    "check_choice",
    "check_counts",
    "check_date",
    "check_each",
    "check_flag",
    "check_fraction",
    "check_in_range",
    "check_int",
    "check_kind",
    "check_name",
    "check_zone",
]

_LONGEST_SHOWN = 80  # letters of a value that is shown as it is; a frame would fill the screen

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


def check_in_range(
    name: str,
    value: float,
    low: float,
    high: float = math.inf,
    *,
    include_low: bool = True,
    include_high: bool = True,
    remedy: str = "",
) -> float:
    """Return `value` if it is a finite number inside the interval; booleans and NaN are refused.

    Examples
    --------
    >>> check_in_range("aht_s", -3.0, 0.0, include_low=False)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: aht_s must be a number in (0, inf), got -3.0
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and math.isfinite(value):
        above = value >= low if include_low else value > low
        below = value <= high if include_high else value < high
        if above and below:
            return value
    left = "[" if include_low else "("
    right = "]" if include_high and math.isfinite(high) else ")"
    interval = f"{left}{low:g}, {high:g}{right}"
    raise DataError(Problem(f"{name} must be a number in {interval}, got {value!r}", remedy=remedy))


def check_fraction(name: str, value: float, *, include_zero: bool = False, include_one: bool = True) -> float:
    """Return `value` if it is a fraction; a percentage is refused with the fraction to write instead.

    Examples
    --------
    >>> check_fraction("fraction", 80)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: fraction must be a number in (0, 1], got 80; write 0.8 for 80 %
    """
    percentage = isinstance(value, int | float) and 1 < value <= 100
    return check_in_range(
        name,
        value,
        0.0,
        1.0,
        include_low=include_zero,
        include_high=include_one,
        remedy=f"write {value / 100:g} for {value:g} %" if percentage else "",
    )


def check_int(name: str, value: int, low: int, high: int | None = None, *, remedy: str = "") -> int:
    """Return `value` if it is a whole number of at least `low` (and at most `high`)."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and value >= low and (high is None or value <= high):
        return value
    bounds = f"at least {low}" if high is None else f"from {low} to {high}"
    raise DataError(Problem(f"{name} must be a whole number {bounds}, got {value!r}", remedy=remedy))


def check_name(name: str, value: str) -> str:
    """Return `value` if it is a non-empty text without space at its ends."""
    if isinstance(value, str) and value and value == value.strip():
        return value
    remedy = "give a non-empty text without spaces at its ends"
    raise DataError(Problem(f"{name} must be a name, got {value!r}", remedy=remedy))


def check_choice(name: str, value: str, choices: type[E]) -> E:
    """Return the member of `choices` that `value` names.

    Examples
    --------
    >>> from wfm.domain.queue import Channel
    >>> check_choice("channel", "fone", Channel)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: unknown channel 'fone'; did you mean 'phone'? Known: ...
    """
    members: Iterable[E] = choices
    for member in members:
        if value == member.value:
            return member
    raise DataError(Problem(f"unknown {name} {value!r}", remedy=did_you_mean(str(value), [m.value for m in choices])))


def check_counts(
    name: str, value: Mapping[str, int] | Iterable[tuple[str, int]], low: int
) -> tuple[tuple[str, int], ...]:
    """Return whole numbers by name as pairs in the order of the names; a number below `low` is refused.

    Examples
    --------
    >>> check_counts("max_shifts", {"night": 4, "early": 10}, 0)
    (('early', 10), ('night', 4))
    """
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        counts = dict(pairs)
    except (TypeError, ValueError):
        remedy = f"write {name}={{'early': 1}}"
        raise DataError(Problem(f"{name} must give a number by name, got {value!r}", remedy=remedy)) from None
    for key, number in counts.items():
        check_name(name, key)
        check_int(f"{name} of {key!r}", number, low)
    return tuple(sorted(counts.items()))


def check_date(name: str, value: date) -> date:
    """Return `value` if it is a date; an instant and text are refused, for neither ever equals a date.

    Examples
    --------
    >>> check_date("day", "2026-12-24")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: day must be a date, got '2026-12-24'; write date(2026, 12, 24)
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        day = value.date() if isinstance(value, datetime) else date.fromisoformat(value)
    except (TypeError, ValueError):
        remedy = "write date(2026, 12, 24)"
    else:
        remedy = f"write date({day.year}, {day.month}, {day.day})"
    raise DataError(Problem(f"{name} must be a date, got {str(value)!r}", remedy=remedy))


def check_flag(name: str, value: bool) -> bool:
    """Return `value` if it is true or false: text such as "no" would count as true.

    Examples
    --------
    >>> check_flag("paid", "no")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: paid must be True or False, got 'no'
    """
    if not isinstance(value, bool):
        raise DataError(Problem(f"{name} must be True or False, got {value!r}"))
    return value


def check_kind(name: str, value: T, kind: type[T]) -> T:
    """Return `value` if it is of that class.

    Examples
    --------
    >>> check_kind("day", "2026-12-24", date)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: day must be a date, got '2026-12-24'; write date(...)
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        shown = repr(value)
        got = shown if len(shown) <= _LONGEST_SHOWN and "\n" not in shown else f"a {type(value).__name__}"
        what = f"{name} must be {article} {kind.__name__}, got {got}"
        raise DataError(Problem(what, remedy=f"write {kind.__name__}(...)"))
    return value


def check_each(name: str, values: Iterable[T], kind: type[T]) -> tuple[T, ...]:
    """Return `values` as a tuple if each of them is of that class.

    Examples
    --------
    >>> check_each("days", "Mon", date)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: days must be a list of date, got 'Mon'; write days=(date(...),)
    """
    is_list = isinstance(values, Iterable) and not isinstance(values, str)
    items = tuple(values) if is_list else ()
    wrong = [item for item in items if not isinstance(item, kind)]
    if wrong or not is_list:
        shown = repr(wrong[0]) + " in it" if wrong else repr(values)
        example = "'...'" if kind is str else f"{kind.__name__}(...)"
        what = f"{name} must be a list of {kind.__name__}, got {shown}"
        raise DataError(Problem(what, remedy=f"write {name}=({example},)"))
    return items


def check_zone(tz: str) -> str:
    """Return `tz` if it is the name of a known time zone.

    Examples
    --------
    >>> check_zone("Europe/Berlim")
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?
    """
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):
        # The known zones are read only to help with a wrong one.
        remedy = did_you_mean(str(tz), available_timezones())
        raise DataError(Problem(f"unknown time zone {tz!r}", remedy=remedy)) from None
    return tz
