"""Average handle time by day, weekday and time of day, always weighted by the contacts it comes from.

The handle time of an interval is a level times a shape. The level of the queue is tracked: days go into it by their
contacts, discounted with a half-life of a week, which follows a drift within days, and shrunk towards the mean of the
longer past as far as few recent contacts leave it open. The shape is that of the time of day and the weekday against
the level of its day, discounted slowly, and shrunk towards none as far as days differ among themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.forecast.grid import FloatArray, IntArray

__all__ = ["HandleTime", "fit_handle_time"]

_LEVEL_HALF_LIFE = 7.0  # days
_PRIOR_DAYS = 2.0  # typical days of contacts that the longer past counts for in the level


@dataclass(frozen=True, slots=True, eq=False)
class HandleTime:
    """The handle time of a queue: `level` in seconds, `shape` a factor by weekday (row) and interval (column)."""

    level: float
    shape: FloatArray

    def at(self, weekday: IntArray, slot: IntArray) -> FloatArray:
        """Return the handle time in seconds of intervals."""
        return np.asarray(self.level * self.shape[weekday, slot])


def fit_handle_time(
    handle_s: FloatArray, handled: FloatArray, weekday: IntArray, weight: FloatArray
) -> HandleTime | None:
    """Fit the handle time of a queue.

    Parameters
    ----------
    handle_s, handled
        Sums of handle time and the contacts they belong to, a row for each day; NaN where not recorded.
    weekday
        Weekday of each day, 0 is Monday.
    weight
        Weight of each day in the shape and in the longer past.

    Returns
    -------
    HandleTime or None
        None where no contact was handled.
    """
    known = ~np.isnan(handle_s) & ~np.isnan(handled) & (weight[:, None] > 0)
    seconds, contacts = np.where(known, handle_s, 0.0), np.where(known, handled, 0.0)
    if not (contacts.sum() > 0 and seconds.sum() > 0):
        return None
    mean = float((weight @ seconds).sum() / (weight @ contacts).sum())
    shape = np.ones((7, handle_s.shape[1]))
    day_level = np.full(len(handle_s), mean)
    for _ in range(2):
        # Against its day's own level a slow drift leaves no trace in the shape; once that is known, the level is
        # free of which intervals a day happened to have.
        expected = contacts * day_level[:, None]
        noise = _noise(seconds, expected, weight)
        by_time = _shrunk(seconds, expected, weight, np.ones(handle_s.shape[1]), noise)
        shape = np.stack([_shrunk(seconds, expected, weight * (weekday == n), by_time, noise) for n in range(7)])
        usual = (contacts * shape[weekday]).sum(axis=1)
        typical = float(usual[usual > 0].mean())
        day_level = (seconds.sum(axis=1) + typical / 4 * mean) / (usual + typical / 4)
    recent = 0.5 ** ((len(seconds) - 1 - np.arange(len(seconds))) / _LEVEL_HALF_LIFE) * (weight > 0)
    longer = float((weight @ seconds).sum() / (weight @ usual))
    prior = _PRIOR_DAYS * typical
    level = (float(recent @ seconds.sum(axis=1)) + prior * longer) / (float(recent @ usual) + prior)
    return HandleTime(level, shape)


def _noise(seconds: FloatArray, expected: FloatArray, weight: FloatArray) -> float:
    """Return the variance of the ratio of actual to expected seconds, of one expected second, from day to day."""
    trust = weight[:, None] * expected
    total = trust.sum(axis=0)
    own = weight @ seconds / np.where(total > 0, total, 1.0)
    ratio = np.where(expected > 0, seconds / np.where(expected > 0, expected, 1.0), own)
    freedom = int((trust > 0).sum() - (total > 0).sum())
    return float((trust * (ratio - own) ** 2).sum()) / freedom if freedom > 0 else float("inf")


def _shrunk(
    seconds: FloatArray, expected: FloatArray, weight: FloatArray, towards: FloatArray, noise: float
) -> FloatArray:
    """Return the factor of each interval of the day, shrunk by its noise against how far the intervals are apart.

    The variance between intervals is that of DerSimonian & Laird, "Meta-analysis in clinical trials", Controlled
    Clinical Trials 7 (1986), 177-188.
    """
    total = (weight[:, None] * expected).sum(axis=0)
    seen = total > 0
    if not seen.any() or not np.isfinite(noise):
        return towards
    own = np.where(seen, weight @ seconds / np.where(seen, total, 1.0), towards)
    apart = float((total * (own - towards) ** 2).sum()) - noise * int(seen.sum())
    spread = apart / float(total.sum())
    if spread <= 0:
        return towards
    return np.asarray(towards + (own - towards) * total / (total + noise / spread))
