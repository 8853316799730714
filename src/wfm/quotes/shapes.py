"""How a typical day and a typical week run, by name; and the volume of each interval of the week."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from wfm.domain.hours import OpeningHours

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints
    from wfm.quotes.request import QuoteQueue, QuoteRequest, Shape

__all__ = [
    "DAYS",
    "SHAPES",
    "WEEKS",
    "Closed",
    "Distinct",
    "Week",
    "closed_share",
    "distinct_of",
    "open_mask",
    "week_of",
]

Values = TypeVar("Values", bound=np.ndarray)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_S = 86400.0
_DAYS_OF_YEAR = 365.25
# What is less than a contact in a hundred years is rounding of a shape, and no load: weeks of a hundred years.
_LEAST = 5200.0
# Share of a day by the hour, in parts of the busiest; of our own drawing, from what is usual in the trade.
SHAPES: Mapping[str, tuple[float, ...]] = {
    "flat": (1.0,) * 24,
    "office": (1, 1, 1, 1, 1, 2, 8, 35, 70, 95, 100, 92, 72, 80, 88, 82, 70, 48, 22, 10, 5, 3, 2, 1),
    "shop": (6, 3, 2, 1, 1, 2, 6, 15, 32, 55, 75, 85, 82, 80, 82, 86, 90, 94, 98, 100, 92, 72, 42, 18),
    "round the clock": (
        38,
        26,
        18,
        14,
        13,
        15,
        22,
        36,
        56,
        76,
        90,
        96,
        92,
        90,
        92,
        94,
        94,
        92,
        94,
        98,
        100,
        92,
        76,
        56,
    ),
    "two peaks": (2, 1, 1, 1, 1, 2, 8, 30, 65, 92, 100, 90, 66, 60, 72, 88, 92, 80, 56, 34, 20, 12, 7, 4),
}
WEEKS: Mapping[str, tuple[float, ...]] = {
    "even": (1.0,) * 7,
    "office": (1.18, 1.06, 1.0, 0.98, 0.92, 0.5, 0.36),
    "shop": (1.08, 1.0, 0.97, 0.97, 1.0, 1.02, 0.96),
}


class Distinct(NamedTuple):
    """The distinct ones of some volumes, upwards, the place of each volume among them, and how often each comes."""

    volumes: Floats
    back: Ints
    counts: Ints


class Week(NamedTuple):
    """Contacts of a typical week from Monday, by interval and in all; when it is open, and where it has contacts."""

    offered: Floats
    total: float
    is_open: np.ndarray
    opened: int
    busy: Ints
    distinct: Distinct

    @property
    def peak(self) -> float:
        """Contacts of the busiest interval; 0 where all are too few to count."""
        return float(self.distinct.volumes[-1]) if len(self.busy) else 0.0


class _Pattern(NamedTuple):
    """How a week runs, whatever its volume: parts by interval and their sum, when it is open and where it has any."""

    parts: Floats
    total: float
    is_open: np.ndarray
    opened: int
    days_open: int
    busy: Ints
    distinct: Distinct


@lru_cache(maxsize=256)
def open_mask(hours: str, interval_s: float) -> np.ndarray:
    """Return how much of each interval of the week lies in opening hours, from 0 to 1; not to be written to."""
    size = round(7 * _DAY_S / interval_s)
    if OpeningHours(hours).is_always:
        return _kept(np.ones(size))
    minutes = np.zeros(7 * 1440)
    for day, periods in enumerate(OpeningHours(hours).periods):
        for period in periods:
            first = day * 1440 + int(period.opens.total_seconds() // 60)
            last = day * 1440 + int(period.closes.total_seconds() // 60)
            minutes[np.arange(first, last) % len(minutes)] = 1.0
    return _kept(minutes.reshape(size, -1).mean(axis=1))


def week_of(request: QuoteRequest, queue: QuoteQueue, *, volume: float = 1.0) -> Week:
    """Return the volume of a queue that reaches agents, at a factor, all of it inside its opening hours."""
    pattern = _pattern(queue.shape, queue.weekdays, queue.hours or request.hours, request.interval_s)
    contacts = queue.volume.contacts * (1.0 - queue.containment)
    per_week = {
        "day": float(pattern.days_open),
        "week": 1.0,
        "month": 7.0 * 12.0 / _DAYS_OF_YEAR,
        "year": 7.0 / _DAYS_OF_YEAR,
    }[queue.volume.per]
    total = volume * contacts * per_week
    scale = total / pattern.total
    offered, volumes = pattern.parts * scale, pattern.distinct.volumes * scale
    if volumes[0] * _LEAST > 1.0:
        distinct = Distinct(volumes, pattern.distinct.back, pattern.distinct.counts)
        return Week(offered, total, pattern.is_open, pattern.opened, pattern.busy, distinct)
    busy = np.flatnonzero(offered * _LEAST > 1.0)
    return Week(offered, total, pattern.is_open, pattern.opened, busy, distinct_of(offered[busy]))


def distinct_of(volumes: Floats) -> Distinct:
    """Return the distinct ones of some volumes; of like days one is sorted."""
    days = volumes.reshape(7, -1) if len(volumes) % 7 == 0 else volumes[None, :]
    if len(days) == 1 or (days[1:] != days[0]).any():
        found, back = np.unique(volumes, return_inverse=True)
    else:
        found, back = np.unique(days[0], return_inverse=True)
        back = np.concatenate([back] * 7)
    return Distinct(found, back, np.bincount(back, minlength=len(found)))


@lru_cache(maxsize=256)
def _pattern(shape: Shape | None, weekdays: Shape, hours: str, interval_s: float) -> _Pattern:
    part = open_mask(hours, interval_s)
    parts = _open_weights(shape, weekdays, hours, part)
    busy = np.flatnonzero(parts)
    days_open = int((part.reshape(7, -1).sum(axis=1) > 0).sum())
    distinct = distinct_of(parts[busy])
    for values in distinct:
        _kept(values)
    is_open = _kept(part > 0)
    return _Pattern(_kept(parts), float(parts.sum()), is_open, int(is_open.sum()), days_open, _kept(busy), distinct)


class Closed(NamedTuple):
    """What of a shape is in closed hours: its share of the week, in how many of its places, and the first of them."""

    share: float
    places: int
    first: str


def closed_share(queue: QuoteQueue, hours: str) -> Closed:
    """Return what the numbers that were given for a queue's shape put into hours that are closed throughout.

    Parameters
    ----------
    queue
        The queue. Named shapes run through the night and are cut to any hours; they have nothing to say here.
    hours
        Opening hours of the request, for a queue without its own.
    """
    if not isinstance(queue.shape, tuple) and not isinstance(queue.weekdays, tuple):
        return Closed(0.0, 0, "")
    if isinstance(queue.shape, tuple):
        count = len(queue.shape) if len(queue.shape) > 48 else 7 * len(queue.shape)
        weights = _weights(queue.shape, queue.weekdays, count)
    else:
        count, weights = 7, np.array(queue.weekdays)
    is_open = open_mask(queue.hours or hours, 7 * _DAY_S / count) > 0.0
    outside = np.flatnonzero(~is_open & (weights > 0.0))
    if not len(outside):
        return Closed(0.0, 0, "")
    day, place = divmod(int(outside[0]), count // 7)
    minutes = place * 1440 * 7 // count
    share = float(weights[outside].sum() / weights.sum()) if weights[is_open].any() else 1.0
    return Closed(share, len(outside), f"{DAYS[day]} {minutes // 60:02d}:{minutes % 60:02d}")


def _open_weights(shape: Shape | None, weekdays: Shape, hours: str, part: Floats) -> Floats:
    """Return the parts of the week's volume by interval, those of closed hours left out."""
    size = len(part)
    shape = shape or ("round the clock" if part.all() else "two peaks")
    if isinstance(shape, str) or len(shape) <= 48:
        return np.asarray(_weights(shape, weekdays, size) * part)
    # Numbers of a week are volumes: what comes in an hour comes while it is open, were that a part of the hour.
    count = len(shape)
    numbers = np.where(open_mask(hours, 7 * _DAY_S / count) > 0.0, np.array(shape), 0.0)
    if count >= size:
        return _resampled(numbers, size)
    cut = (_resampled(numbers, size) * part).reshape(count, -1)
    whole = cut.sum(axis=1)
    scale = np.divide(numbers, whole, out=np.zeros(count), where=whole > 0.0)
    return np.asarray((cut * scale[:, None]).ravel())


def _kept(values: Values) -> Values:
    """Return values that are kept for the next who asks, and that nobody may write to."""
    values.setflags(write=False)
    return values


@lru_cache(maxsize=256)
def _weights(shape: Shape, weekdays: Shape, size: int) -> Floats:
    numbers = np.array(SHAPES[shape] if isinstance(shape, str) else shape, dtype=float)
    if len(numbers) > 48:
        return _kept(np.array(_resampled(numbers, size)))
    day = _resampled(numbers, size // 7)
    days = np.array(WEEKS[weekdays] if isinstance(weekdays, str) else weekdays, dtype=float)
    return _kept(np.outer(days, day / day.sum()).ravel())


def _resampled(numbers: Floats, size: int) -> Floats:
    """Return volumes of as many intervals, each spread evenly where it is cut, added up where several make one."""
    if len(numbers) >= size:
        return np.asarray(numbers.reshape(size, -1).sum(axis=1))
    if size % len(numbers) == 0:
        return _smooth(numbers, size // len(numbers))
    return numbers


def _smooth(numbers: Floats, parts: int) -> Floats:
    """Cut each interval of a circle in parts along a line that keeps its volume and is steep as its neighbours are."""
    slope = (np.roll(numbers, -1) - np.roll(numbers, 1)) / 2.0
    # No part may fall below 0.
    slope = np.clip(slope, -2.0 * numbers, 2.0 * numbers)
    place = (np.arange(parts) + 0.5) / parts - 0.5
    return np.asarray(((numbers[:, None] + slope[:, None] * place) / parts).ravel())
