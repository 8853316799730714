"""Quantiles: how far an interval may be off.

The variance of an interval is that of its day (it grows with the horizon), plus the part of its own. The gamma
distribution of that mean and variance gives quantiles, at levels corrected by what forecasts made inside the history
would have said about the weeks that followed them: where 10 % fell below the 5 % quantile, a lower level is read off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincinv

from wfm.forecast.grid import FloatArray
from wfm.schema import QUANTILES

__all__ = ["Calibration", "Dispersion", "calibrate", "fit_correlation", "fit_dispersion", "quantiles"]

LEVELS = np.array(list(QUANTILES.values()))
_PRIOR_DAYS = 30.0  # days of evidence at which the correction is half believed
_EDGE = 0.002  # levels are kept this far from 0 and 1


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance of an interval around its share of the day: `per_contact * mean + per_square * mean²`."""

    per_contact: float
    per_square: float

    def variance(self, mean: FloatArray, day_variance: FloatArray) -> FloatArray:
        """Return the variance of intervals with these means, on days with this relative variance."""
        return np.asarray(self.per_contact * mean + (self.per_square + day_variance) * mean**2)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Levels to read off in place of the 13 nominal ones, and the number of days that they rest on."""

    levels: FloatArray
    days: int


def fit_dispersion(volume: FloatArray, mean: FloatArray, weight: FloatArray) -> Dispersion:
    """Fit the variance of intervals around `mean` = observed day level × profile.

    Parameters
    ----------
    volume, mean
        A row for each day; NaN where nothing was recorded.
    weight
        Weight of each day.
    """
    use = ~np.isnan(volume) & (mean > 0) & (weight[:, None] > 0)
    centre = mean[use]
    if not len(centre):
        return Dispersion(1.0, 0.0)
    ratio = (volume[use] - centre) ** 2 / centre
    ratio = np.minimum(ratio, np.quantile(ratio, 0.995))  # a single wild interval is not the usual noise
    each = np.broadcast_to(weight[:, None], volume.shape)[use]
    total, first, second = each.sum(), each @ centre, each @ centre**2
    left, right = each @ ratio, each @ (ratio * centre)
    determinant = total * second - first**2
    if determinant > 1e-9 * total * second:
        per_contact = (left * second - right * first) / determinant
        per_square = (total * right - first * left) / determinant
        if per_contact >= 0 and per_square >= 0:
            return Dispersion(float(per_contact), float(per_square))
        if per_contact < 0:
            return Dispersion(0.0, float(right / second))
    return Dispersion(float(left / total), 0.0)


def fit_correlation(volume: FloatArray, mean: FloatArray, weight: FloatArray, dispersion: Dispersion) -> float:
    """Return the correlation of neighbouring intervals of a day, beside the day's level and counting noise; 0 to 1.

    Parameters
    ----------
    volume, mean, weight
        As in `fit_dispersion`.
    dispersion
        What it found: correlation is of the part that grows with the square of the mean.
    """
    off = np.where(mean > 0, volume - mean, np.nan)
    both = off[:, 1:] * off[:, :-1]
    use = ~np.isnan(both) & (weight[:, None] > 0)
    each = np.broadcast_to(weight[:, None], both.shape)[use]
    common = dispersion.per_square * (mean[:, 1:] * mean[:, :-1])[use]
    if not each @ common > 0:
        return 0.0
    return float(np.clip(each @ both[use] / (each @ common), 0.0, 1.0))


def _shape_and_scale(mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    safe = np.maximum(mean, 1e-12)
    spread = np.maximum(variance, 1e-9 * safe**2)
    return safe**2 / spread, spread / safe


def calibrate(volume: FloatArray, mean: FloatArray, variance: FloatArray, days: int) -> Calibration:
    """Return the levels that would have held for forecasts of `volume`, weighted by their mean.

    The correction is shrunk towards none by the number of days seen, since the intervals of one day go together.
    """
    use = mean > 0
    if days == 0 or not use.any():
        return Calibration(LEVELS, 0)
    shape, scale = _shape_and_scale(mean[use], variance[use])
    seen = volume[use]
    # A count covers the half unit around it; the middle of its two levels stands for it.
    below = gammainc(shape, np.maximum(seen - 0.5, 0.0) / scale)
    level = (below + gammainc(shape, (seen + 0.5) / scale)) / 2
    # Above and below are taken together: a series that ran high for six weeks need not go on doing so.
    reach = np.abs(2 * level - 1)
    order = np.argsort(reach, kind="stable")
    share = np.cumsum(mean[use][order])
    nominal = np.abs(2 * LEVELS - 1)
    found = np.interp(nominal, (share - mean[use][order] / 2) / share[-1], reach[order])
    trust = days / (days + _PRIOR_DAYS)
    wanted = np.sign(LEVELS - 0.5) * np.minimum(trust * found + (1 - trust) * nominal, 1 - 2 * _EDGE)
    return Calibration((1 + wanted) / 2, days)


def quantiles(mean: FloatArray, variance: FloatArray, calibration: Calibration, *, whole: bool) -> FloatArray:
    """Return the 13 quantiles, a row for each interval; in whole contacts where the history has them."""
    shape, scale = _shape_and_scale(mean, variance)
    result = gammaincinv(shape[:, None], calibration.levels) * scale[:, None]
    result = np.where(mean[:, None] > 0, result, 0.0)
    result = np.rint(result) if whole else result
    return np.asarray(np.maximum.accumulate(result, axis=1))
