"""Intraday profile: how a day's contacts fall on its intervals, by weekday.

A weekday's shares are its discounted sums, shrunk towards the profile of all weekdays as far as the days of that
weekday differ among themselves, so that a thin queue borrows and a busy one does not.
"""

from __future__ import annotations

import numpy as np

from wfm.forecast.grid import BoolArray, FloatArray, IntArray

__all__ = ["day_levels", "fit_profile"]

_PASSES = 20
_SETTLED = 1e-7  # a share that moves less than this has settled


def day_levels(volume: FloatArray, profile: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the level of each day, that is its total if every interval had been recorded, and the share recorded.

    Parameters
    ----------
    volume
        A row for each day, NaN where nothing was recorded.
    profile
        The share of each interval, a row for each day.
    """
    covered = np.where(np.isnan(volume), 0.0, profile).sum(axis=1)
    total = np.nansum(volume, axis=1)
    level = np.asarray(np.where(covered > 0, total / np.maximum(covered, 1e-12), 0.0))
    return level, np.asarray(covered)


def fit_profile(volume: FloatArray, weekday: IntArray, is_open: BoolArray, weight: FloatArray) -> FloatArray:
    """Fit the intraday shares.

    Parameters
    ----------
    volume
        A row for each day, a column for each interval of the wall clock; NaN where nothing was recorded.
    weekday
        Weekday of each day, 0 is Monday.
    is_open
        Usual opening: a row for each weekday, a column for each interval.
    weight
        Weight of each day, 0 or more.

    Returns
    -------
    numpy.ndarray
        A row for each weekday. Over its open intervals the shares sum to 1; in other intervals, such as those of a day
        with longer hours, they go on at the same measure. A weekday that was never open has the shares of all others.
    """
    pooled = _settled(volume, weight, _normalised(np.where(is_open.any(axis=0), 1.0, 0.0)))
    return np.stack([_weekday_profile(volume, weight * (weekday == n), pooled, is_open[n]) for n in range(7)])


def _settled(volume: FloatArray, weight: FloatArray, start: FloatArray) -> FloatArray:
    """Return the shares at which levels and shares agree, where days lack some of the intervals."""
    known = ~np.isnan(volume)
    filled = np.where(known, volume, 0.0)
    share = start
    for _ in range(_PASSES):
        level, _ = day_levels(volume, share)
        recorded = (weight * level) @ known > 0
        found = np.where(recorded, _rate(filled, known, level, weight), share)
        found = _normalised(found)
        settled = float(np.abs(found - share).max()) < _SETTLED
        share = found
        if settled:
            break
    return share


def _weekday_profile(volume: FloatArray, weight: FloatArray, pooled: FloatArray, is_open: BoolArray) -> FloatArray:
    inside = is_open if is_open.any() else pooled > 0
    base = pooled / max(float(pooled[inside].sum()), 1e-12)
    days = (weight > 0) & (np.nansum(volume, axis=1) > 0)
    if not days.any():
        return np.asarray(base)
    volume, weight = volume[days], weight[days]
    own = _settled(volume, weight, base)
    level, _ = day_levels(volume, own)
    known = ~np.isnan(volume)
    scaled = own / max(float(own[inside].sum()), 1e-12)
    level = level * float(own[inside].sum())
    share = scaled + (base - scaled) * _shrinkage(np.where(known, volume, 0.0), known, level, weight, scaled, base)
    return np.asarray(share / max(float(share[inside].sum()), 1e-12))


def _shrinkage(
    filled: FloatArray, known: BoolArray, level: FloatArray, weight: FloatArray, own: FloatArray, base: FloatArray
) -> float:
    """Return the weight of the common profile: noise of the weekday's own one / its distance from the common one."""
    effective = weight.sum() ** 2 / (weight**2).sum()
    if effective < 1.5:
        return 0.5
    off = np.where(known, filled - level[:, None] * own, 0.0) ** 2
    noise = (weight[:, None] * off).sum() / max(float(weight @ level**2), 1e-12) / (effective - 1)
    distance = float(((own - base) ** 2).sum())
    return float(min(1.0, noise / distance)) if distance > 0 else 1.0


def _rate(filled: FloatArray, known: BoolArray, level: FloatArray, weight: FloatArray) -> FloatArray:
    """Return contacts per unit of day level in each interval."""
    base = (weight * level) @ known
    return np.asarray(np.where(base > 0, weight @ filled / np.maximum(base, 1e-12), 0.0))


def _normalised(values: FloatArray) -> FloatArray:
    return np.asarray(values / values.sum()) if values.sum() > 0 else values
