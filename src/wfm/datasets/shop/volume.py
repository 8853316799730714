"""How many contacts the synthetic shop gets: the intensity of each half-hour, its random factors, and the counts.

Each day has its own random streams, by seed and date. So a day is the same whichever span it is drawn in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from wfm.datasets.shop.profiles import DATED, NEW_YEAR, NEW_YEARS, OUTAGE, PROFILES, QueueProfile, Wave

__all__ = ["SLOTS", "Volume", "draw_volume", "mean_volume", "returns_factor"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SLOTS = 48  # half-hours of a day; the shop's zone has no change of the clock
_HOURS = (np.arange(SLOTS) + 0.5) / 2
_ORIGIN = date(2025, 11, 1)
_COUNTS = 0  # stream of a day's factors and counts
_SHARED_CV = 0.11  # of the part of the day's factor that all queues share
_SHARED = 0.5  # part of the variance within the day that all queues share
_PERSISTENCE = 0.75  # of the factor within the day from one half-hour to the next


@dataclass(frozen=True, eq=False)
class Volume:
    """Contacts by day, queue (in the order of `PROFILES`) and half-hour.

    `mean` is what could be known beforehand, `rate` is the mean times the random factors of the day, and `offered` are
    the contacts that came: Poisson given the rate.
    """

    days: tuple[date, ...]
    mean: Floats
    rate: Floats
    offered: Ints


def draw_volume(days: tuple[date, ...], *, seed: int, scale: float) -> Volume:
    """Draw the contacts of the days."""
    mean = np.stack([mean_volume(day) for day in days]) * scale
    rate, offered = np.empty_like(mean), np.empty(mean.shape, dtype=np.int64)
    for position, day in enumerate(days):
        rng = np.random.default_rng([seed, day.toordinal(), _COUNTS])
        rate[position] = mean[position] * _factors(rng)
        offered[position] = rng.poisson(rate[position])
    return Volume(days, mean, rate, offered)


def mean_volume(day: date) -> Floats:
    """Return the mean contacts of each queue and half-hour of a day at scale 1."""
    rows = []
    for name, profile in PROFILES.items():
        level = profile.per_day * (1 + profile.growth) ** ((day - _ORIGIN).days / 365.25)
        level *= profile.weekday[day.weekday()] * _dated_factor(day, profile.wave) * _new_year_factor(day)
        rows.append(level * _shape(day, profile) * _outage(day, name))
    return np.stack(rows)


def returns_factor(day: date) -> float:
    """Return by how much the returns of a sale swell the after-sales requests of a day."""
    return _dated_factor(day, Wave.CASE)


def _factors(rng: np.random.Generator) -> Floats:
    """Return the random factors of a day: a gamma for the whole of it times an AR(1) within it, both of mean 1."""
    profiles = tuple(PROFILES.values())
    day_cv = np.array([profile.day_cv for profile in profiles])
    noise_sd = np.array([profile.noise_sd for profile in profiles])[:, None]
    # Variances of independent factors of mean 1 multiply as (1 + a)(1 + b) = 1 + c.
    own = (1 + day_cv**2) / (1 + _SHARED_CV**2) - 1
    whole = rng.gamma(1 / _SHARED_CV**2, _SHARED_CV**2) * rng.gamma(1 / own, own)
    shocks = np.sqrt(_SHARED) * rng.standard_normal(SLOTS) + np.sqrt(1 - _SHARED) * rng.standard_normal(
        (len(profiles), SLOTS)
    )
    noise = np.empty_like(shocks)
    noise[:, 0] = shocks[:, 0]
    for slot in range(1, SLOTS):
        noise[:, slot] = _PERSISTENCE * noise[:, slot - 1] + np.sqrt(1 - _PERSISTENCE**2) * shocks[:, slot]
    factors: Floats = whole[:, None] * np.exp(noise_sd * noise - noise_sd**2 / 2)
    return factors


@lru_cache(maxsize=4096)
def _dated_factor(day: date, wave: Wave) -> float:
    factor = 1.0
    for month, number, waves in DATED.values():
        offsets, heights = zip(*waves[wave], strict=True)
        # None of them reaches into another year.
        factor *= float(np.interp((day - date(day.year, month, number)).days, offsets, heights))
    return factor


@lru_cache(maxsize=4096)
def _new_year_factor(day: date) -> float:
    offsets, heights = zip(*NEW_YEAR, strict=True)
    return float(np.prod([np.interp((day - first).days, offsets, heights) for first in NEW_YEARS]))


def _shape(day: date, profile: QueueProfile) -> Floats:
    """Return the share of the day's contacts in each half-hour."""
    plain = _bumps(profile.peaks, profile.floor)
    if profile.wave is not Wave.LIVE:
        return plain
    for first in NEW_YEARS:
        if -1 <= (day - first).days <= 5:  # late mornings and long evenings of a holiday at home
            return _bumps(((13.0, 2.8, 0.35), (20.5, 2.6, 0.35)), 0.30)
    for name in ("618", "11.11"):
        month, number, _ = DATED[name]
        sale = date(day.year, month, number)
        if day == sale:  # the sale opens at midnight
            return 0.84 * plain + 0.16 * _bumps(((0.4, 0.9, 1.0),), 0.0)
        if day == sale - timedelta(days=1):  # carts are filled in the evening before
            return 0.85 * plain + 0.15 * _bumps(((22.5, 1.2, 1.0),), 0.0)
    return plain


@cache
def _bumps(peaks: tuple[tuple[float, float, float], ...], floor: float) -> Floats:
    """Return bumps on the clock face, and a floor, as shares that sum to 1."""
    total = np.full(SLOTS, floor / SLOTS)
    for hour, width, weight in peaks:
        away = np.abs(_HOURS - hour)
        bump = np.exp(-0.5 * (np.minimum(away, 24 - away) / width) ** 2)
        total += weight * bump / bump.sum()
    shares: Floats = total / total.sum()
    return shares


def _outage(day: date, name: str) -> Floats:
    """Return the factors of the day on which the telephone and chat platform failed."""
    failed, begin, end = OUTAGE
    factors = np.ones(SLOTS)
    if day != failed:
        return factors
    hours = _HOURS
    down, rebound = (hours > begin) & (hours < end), (hours > end) & (hours < end + 2)
    if PROFILES[name].wave is Wave.LIVE:
        factors[down], factors[rebound] = 0.01, 1.6
    elif name in ("social", "messages"):
        factors[down] = 2.2
    return factors
