"""Arithmetic of stretches of time, as arrays of UTC nanoseconds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Problem

__all__ = ["NOT_A_TIME", "Instants", "Stamps", "as_instants", "elapsed", "instants_of", "joined", "pair", "refuse"]

Stamps: TypeAlias = "pd.DatetimeIndex | pd.Series | pd.Timestamp"
Instants: TypeAlias = npt.NDArray[np.int64]

NOT_A_TIME = np.iinfo(np.int64).min


def instants_of(days: list[date], offsets: list[timedelta], tz: str) -> Instants:
    """Return the first instants at which the wall clock shows `day + offset` or later, as UTC nanoseconds."""
    wall = np.array(days, dtype="datetime64[ns]") + np.array(offsets, dtype="timedelta64[ns]")
    local = pd.DatetimeIndex(wall)
    zoned = local.tz_localize(tz, ambiguous=np.ones(len(local), dtype=bool), nonexistent="NaT")
    found = np.array(zoned.tz_convert("UTC").as_unit("ns").asi8, dtype=np.int64)
    leapt = np.asarray(zoned.isna())
    if leapt.any():
        found[leapt] = _after_leap(local[leapt], tz)
    return found


def _after_leap(local: pd.DatetimeIndex, tz: str) -> Instants:
    """Return the instants at which the clock leaps over local times, found by halving to the second.

    pandas has a rule for it, `shift_forward`, which is wrong where the clock leaps by half an hour.
    """
    second = 1_000_000_000
    wanted = local.as_unit("ns").asi8

    def shown(seconds: Instants) -> Instants:
        stamps = pd.DatetimeIndex((seconds * second).astype("datetime64[ns]"), tz="UTC").tz_convert(tz)
        return np.asarray(stamps.tz_localize(None).as_unit("ns").asi8, dtype=np.int64)

    # No clock is further from UTC than a day.
    low, high = wanted // second - 86_400, wanted // second + 86_400
    while (high - low > 1).any():
        middle = (low + high) // 2
        reached = shown(middle) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.asarray(high * second, dtype=np.int64)


def joined(opens: Instants, closes: Instants) -> tuple[Instants, Instants]:
    """Return the stretches in order, those that touch or overlap made one; stretches without length are left out."""
    # A stretch inside the hour that the clock leaps over has no length.
    real = closes > opens
    order = np.argsort(opens[real], kind="stable")
    opens, reach = opens[real][order], np.maximum.accumulate(closes[real][order])
    if not len(opens):
        return opens, reach
    fresh = np.append(True, opens[1:] > reach[:-1])
    return opens[fresh], reach[np.append(np.flatnonzero(fresh)[1:] - 1, len(reach) - 1)]


def elapsed(table: tuple[Instants, Instants], instants: Instants) -> Instants:
    """Return the opening time before each instant, in nanoseconds, counted from the first stretch of the table."""
    opens, closes = table
    if not len(opens):
        return np.zeros(len(instants), dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(closes - opens)])
    place = np.searchsorted(opens, instants, side="right") - 1
    inside = np.minimum(instants, closes[place]) - opens[place]
    return np.where(place < 0, 0, before[place] + inside)


def as_instants(name: str, values: Stamps) -> Instants:
    """Return zoned stamps as UTC nanoseconds, with `NOT_A_TIME` for missing ones; refuse stamps without a zone."""
    stamps = pd.DatetimeIndex([values] if isinstance(values, datetime | type(pd.NaT)) else values)
    if stamps.tz is None and not stamps.isna().all():
        remedy = "call .tz_localize('Europe/Berlin') with your zone (.dt.tz_localize on a column)"
        raise DataError(Problem(f"{name} has no zone: {stamps[0]}", remedy=remedy))
    return np.asarray(stamps.as_unit("ns").asi8, dtype=np.int64)


def pair(first: tuple[str, Instants], second: tuple[str, Instants]) -> tuple[Instants, Instants]:
    """Return two named arrays at one length; a single value goes with many."""
    (name, left), (other, right) = first, second
    if len(left) != len(right) and 1 not in (len(left), len(right)):
        what = f"{len(left)} values of {name} and {len(right)} of {other}"
        raise DataError(Problem(what, remedy="give as many of each, or a single one"))
    shape = np.broadcast_shapes(left.shape, right.shape)
    return np.broadcast_to(left, shape), np.broadcast_to(right, shape)


def refuse(name: str, what: str, wrong: npt.NDArray[np.bool_], remedy: str) -> None:
    """Raise a `DataError` with the positions of the wrong values, if there are any."""
    if wrong.any():
        places = tuple(np.flatnonzero(wrong).tolist())
        raise DataError(Problem(f"{name} {what}", remedy=remedy, rows=places))
