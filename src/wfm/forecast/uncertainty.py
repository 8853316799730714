"""Uncertainty: how far an interval may be off, and how far neighbours and days are off together.

The variance of an interval is that of its day (it grows with the horizon), plus the part of its own. A distribution of
that mean and variance gives quantiles, at levels corrected by what forecasts made inside the history would have said
about the weeks that followed them (split conformal prediction, shrunk): where 10 % fell below the 5 % quantile, a lower
level is read off. The variance of day totals is corrected in the same way.

Source: Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World* (2005), sect. 4.2; Czado, Gneiting & Held,
"Predictive model assessment for count data", Biometrics 65 (2009), eq. 2, for the level of a count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.marginals import Marginals
from wfm.schema import QUANTILES

__all__ = [
    "LEVELS",
    "Calibration",
    "Dispersion",
    "WithinDay",
    "calibrate",
    "fit_correlation",
    "fit_day_variance",
    "fit_dispersion",
    "quantiles",
    "within_day",
]

LEVELS = np.array(list(QUANTILES.values()))
_SCORES = ndtri(LEVELS)
_PRIOR_DAYS = 30.0  # days of evidence at which the correction is half believed
_PRIOR_TOTALS = 90.0  # the same of day totals, for the errors of days forecast at once are much alike
_PRIOR_TIMES = 10.0  # days of evidence at which the variance of a time of day is half believed
_WILD = 9.0  # times the usual variance beyond which an interval counts no more
_NEVER_WILD = 2.0  # contacts more or less than expected, which are never wild: where few come, one is far from none
_EDGE = 0.002  # levels are kept this far from 0 and 1
_REACH = np.concatenate([np.linspace(0, 0.9, 31), np.linspace(0.91, 1.0, 19)])  # twice a level's distance from .5
_BAND = 0.8  # the band of day totals that is made to hold

# A model is surer of its days than it should be, for it takes its own numbers for true. Found on bank_calls from May to
# July 2003 and on Technion calls from March to May 1999, where 1.2 to 1.6 standard deviations were needed.
_DOUBT = 2.1

_CORRELATIONS = np.array([0.0, 0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99])


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Variance of an interval around its share of the day: `per_contact * mean + per_square * mean²`.

    `by_time` are factors of it, one for each interval of the wall clock, since the hour in which a queue fills is less
    sure than the one in which it is full; none for one that is the same at all times.
    """

    per_contact: float
    per_square: float
    by_time: tuple[float, ...] = ()

    def variance(self, mean: FloatArray, day_variance: FloatArray, slot: IntArray | None = None) -> FloatArray:
        """Return the variance of intervals with these means, on days with this relative variance.

        `slot` is the number of each interval in its day by the wall clock; without it the time of day is left open.
        """
        own = self.per_contact * mean + self.per_square * mean**2
        if slot is not None and self.by_time:
            own = own * np.array(self.by_time)[slot]
        return np.asarray(own + day_variance * mean**2)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What forecasts made inside the history say of the bands.

    `levels` are read off in place of the 13 nominal ones, `days` is the number of days that they rest on, and
    `day_variance` by how much the variance of day totals that the level says is multiplied.
    """

    levels: FloatArray
    days: int
    day_variance: float = 1.0

    def scores(self, scores: FloatArray) -> FloatArray:
        """Return the normal scores (`Φ⁻¹` of a level) to read off in place of these.

        Between the 13 levels on a straight line; beyond them in the proportion of the last.
        """
        corrected = ndtri(self.levels)
        found = np.interp(scores, _SCORES, corrected)
        low, high = scores < _SCORES[0], scores > _SCORES[-1]
        found = np.where(low, scores * (corrected[0] / _SCORES[0]), found)
        return np.asarray(np.where(high, scores * (corrected[-1] / _SCORES[-1]), found))

    def nominal(self, scores: FloatArray) -> FloatArray:
        """Return the nominal normal scores that these are read off for: the inverse of `scores`."""
        corrected = ndtri(self.levels)
        found = np.interp(scores, corrected, _SCORES)
        low, high = scores < corrected[0], scores > corrected[-1]
        found = np.where(low, scores * (_SCORES[0] / corrected[0]), found)
        return np.asarray(np.where(high, scores * (_SCORES[-1] / corrected[-1]), found))


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
    if not use.any():
        return Dispersion(1.0, 0.0)
    each = np.broadcast_to(weight[:, None], volume.shape)
    per_contact, per_square = _two_parts(volume[use], mean[use], each[use])
    return Dispersion(per_contact, per_square, _by_time(volume, mean, each * use, Dispersion(per_contact, per_square)))


def _two_parts(volume: FloatArray, mean: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Fit the variance as a part that grows with the mean and one that grows with its square."""
    ratio = (volume - mean) ** 2 / mean
    # A single wild interval is not the usual noise.
    ratio = np.minimum(ratio, np.maximum(np.quantile(ratio, 0.995), _NEVER_WILD**2 / mean))
    total, first, second = weight.sum(), weight @ mean, weight @ mean**2
    left, right = weight @ ratio, weight @ (ratio * mean)
    determinant = total * second - first**2
    if determinant > 1e-9 * total * second:
        per_contact = (left * second - right * first) / determinant
        per_square = (total * right - first * left) / determinant
        if per_contact >= 0 and per_square >= 0:
            return float(per_contact), float(per_square)
        if per_contact < 0:
            return 0.0, float(right / second)
    return float(left / total), 0.0


def _by_time(volume: FloatArray, mean: FloatArray, weight: FloatArray, usual: Dispersion) -> tuple[float, ...]:
    """Return by how much the variance at each time of day is more than the usual, shrunk towards 1."""
    said = usual.variance(mean, np.zeros_like(mean))
    known = (weight > 0) & (said > 0)
    most = np.maximum(_WILD, _NEVER_WILD**2 / np.where(known, said, 1.0))
    ratio = np.minimum(np.where(known, (volume - mean) ** 2 / np.where(known, said, 1.0), 0.0), most)
    counted = np.where(known, weight, 0.0)
    seen = counted.sum(axis=0)
    # Weights fall with age: as many days as would tell as much if they counted fully.
    days = seen**2 / np.maximum((counted**2).sum(axis=0), 1e-12)
    overall = float((counted * ratio).sum() / max(float(counted.sum()), 1e-12))
    if not overall > 0:
        return ()
    found = (counted * ratio).sum(axis=0) / np.maximum(seen, 1e-12) / overall
    return tuple(((days * found + _PRIOR_TIMES) / (days + _PRIOR_TIMES)).tolist())


class WithinDay(NamedTuple):
    """Covariance of the intervals of a day given its total, and what it is made of.

    `together` is the covariance of what neighbours share and `alone` the variance of what each has for itself, both
    before they are made to sum to 0 over the day: what all intervals are off by together is taken from each by its
    share.
    """

    covariance: FloatArray
    together: FloatArray
    alone: FloatArray


def within_day(mean: FloatArray, variance: FloatArray, place: IntArray, correlation: float) -> WithinDay:
    """Return how the intervals of one day go together, given its total.

    Parameters
    ----------
    mean
        Expected contacts of each interval of the day.
    variance
        Of each around its share: as much as a Poisson number has is the interval's own, the rest it shares with its
        neighbours.
    place
        Number of each interval, by which neighbours are told.
    correlation
        Of that rest, between neighbours; it falls with the distance as a power.
    """
    alone = np.minimum(variance, mean)
    off = np.sqrt(np.maximum(variance - alone, 0.0))
    apart = np.abs(place[:, None] - place)
    together = np.outer(off, off) * (correlation**apart)
    share = mean / max(float(mean.sum()), 1e-12)
    # Summing to 0 takes variance away, which is given back to what neighbours share.
    fixed, loose = _summing_to_zero(np.diag(alone), share), _summing_to_zero(together, share)
    missing, held = float(variance.sum() - np.trace(fixed)), float(np.trace(loose))
    factor = min(max(missing, 0.0) / held, 1e3) if held > 1e-9 * float(variance.sum()) else 0.0
    return WithinDay(fixed + factor * loose, factor * together, alone)


def _summing_to_zero(covariance: FloatArray, share: FloatArray) -> FloatArray:
    """Return the covariance of what is left when the total is taken from each by its share."""
    total = covariance.sum(axis=0)
    return np.asarray(
        covariance - np.outer(share, total) - np.outer(total, share) + total.sum() * np.outer(share, share)
    )


def fit_correlation(volume: FloatArray, mean: FloatArray, weight: FloatArray, dispersion: Dispersion) -> float:
    """Return the correlation of neighbouring intervals of a day, beside the day's total and counting noise; 0 to 1.

    That of a list of values is taken at which `within_day` comes nearest to the correlations that the history has, of
    intervals up to half a day apart.

    Parameters
    ----------
    volume, mean, weight
        As in `fit_dispersion`.
    dispersion
        What it found.
    """
    use = ~np.isnan(volume) & (mean > 0) & (weight[:, None] > 0)
    if not use.any():
        return 0.0
    slots = np.arange(mean.shape[1])
    scale = np.sqrt(np.maximum(dispersion.variance(mean, np.zeros_like(mean), slots), 1e-12))
    off = np.where(use, np.clip((volume - mean) / scale, -4.0, 4.0), 0.0) * np.sqrt(weight)[:, None]
    known = use * np.sqrt(weight)[:, None]
    typical = np.where(use, mean, 0.0).sum(axis=0) / np.maximum(use.sum(axis=0), 1)
    open_slots = np.flatnonzero(typical > 0)
    lags = np.arange(1, max(len(open_slots) // 2, 1) + 1)
    pairs = np.array([float((known[:, lag:] * known[:, :-lag]).sum()) for lag in lags])
    seen = np.array([float((off[:, lag:] * off[:, :-lag]).sum()) for lag in lags]) / max(float((off**2).sum()), 1e-12)
    seen *= float((known**2).sum()) / np.maximum(pairs, 1e-12)
    typical = typical[open_slots]
    variance = dispersion.variance(typical, np.zeros(len(typical)), open_slots)
    errors = [
        float(pairs @ (seen - _lag_correlations(typical, variance, open_slots, lags, value)) ** 2)
        for value in _CORRELATIONS
    ]
    return float(_CORRELATIONS[int(np.argmin(errors))])


def _lag_correlations(
    mean: FloatArray, variance: FloatArray, place: IntArray, lags: IntArray, correlation: float
) -> FloatArray:
    covariance = within_day(mean, variance, place, correlation).covariance
    scale = np.sqrt(np.maximum(variance, 1e-12))
    standard = covariance / np.outer(scale, scale)
    apart = np.abs(place[:, None] - place).ravel()
    count = np.maximum(np.bincount(apart, minlength=int(lags[-1]) + 1), 1)
    found = np.bincount(apart, weights=standard.ravel(), minlength=int(lags[-1]) + 1) / count
    return np.asarray(found[lags] / max(found[0], 1e-12))


def calibrate(
    volume: FloatArray, mean: FloatArray, variance: FloatArray, days: int, day_variance: float = 1.0, *, whole: bool
) -> Calibration:
    """Return the levels that would have held for forecasts of `volume`, weighted by their mean.

    The correction is shrunk towards none by the number of days seen, since the intervals of one day go together.
    """
    use = mean > 0
    if days == 0 or not use.any():
        return Calibration(LEVELS, 0, day_variance)
    marginals = Marginals.of(mean[use], variance[use], whole=whole)
    below, upto = marginals.levels(volume[use])
    # Above and below are taken together: a series that ran high for six weeks need not go on doing so.
    half = (_REACH / 2)[:, None]
    # A count covers a band of levels, of which a part lies within reach of the middle; an amount, next to none.
    below, upto = below - 1e-7, upto + 1e-7
    inside = np.maximum(np.minimum(upto, 0.5 + half) - np.maximum(below, 0.5 - half), 0.0) / (upto - below)
    held = np.maximum.accumulate(inside @ (mean[use] / mean[use].sum()))
    nominal = np.abs(2 * LEVELS - 1)
    found = np.interp(nominal, held, _REACH)
    trust = days / (days + _PRIOR_DAYS)
    wanted = np.sign(LEVELS - 0.5) * np.minimum(trust * found + (1 - trust) * nominal, 1 - 2 * _EDGE)
    return Calibration((1 + wanted) / 2, days, day_variance)


def fit_day_variance(standard: FloatArray, days: int) -> float:
    """Return by how much the variance of day totals must be multiplied for their 80 % band to hold.

    Parameters
    ----------
    standard
        Errors of day totals forecast inside the history, in standard deviations that were said.
    days
        Number of different days among them; the factor is shrunk towards 2.1 (1.45 standard deviations).
    """
    if not len(standard):
        return _DOUBT
    found = float(np.quantile(np.abs(standard), _BAND)) / float(ndtri((1 + _BAND) / 2))
    trust = days / (days + _PRIOR_TOTALS)
    return float(np.exp(trust * 2 * np.log(max(found, 0.5)) + (1 - trust) * np.log(_DOUBT)))


def quantiles(mean: FloatArray, variance: FloatArray, calibration: Calibration, *, whole: bool) -> FloatArray:
    """Return the 13 quantiles, a row for each interval; in whole contacts where the history has them."""
    levels = ndtr(calibration.scores(_SCORES))
    return Marginals.of(mean, variance, whole=whole).quantiles(levels)
