"""Noise of single days: thin days, and some weekdays, are less sure than others.

Where Saturdays are nearly empty, their totals are off by a larger share. What counting alone explains is known: the
relative variance of a Poisson number is one by its mean. Beyond that, each weekday has a factor on the variance of its
noise, from the distances of its days from what all others say. Distances are cut (a doubled day says nothing about the
other days of its weekday), and the factors are shrunk towards each other as far as chance explains how they differ.

Source: Huber & Ronchetti, *Robust Statistics*, 2nd ed. (2009), sect. 5.2 ("proposal 2"), for the variance by cut
distances; Efron & Morris, "Stein's estimation rule and its competitors", JASA 68 (1973), for the shrinkage.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import chdtri

from wfm.forecast.grid import FloatArray, IntArray

__all__ = ["DayNoise", "trust", "weekday_factors"]

_CUT = 1.5  # standard deviations from which a day counts less
_ODD = 3.0  # standard deviations from which it is hardly chance, and counts less by far
_LEAST_TRUST = 1e-6
# Of a standard normal number: mean of its square, cut at the square of `_CUT`, and how far the logarithm of a variance
# found from such squares is off, as a variance, times the number of days.
_CUT_MEAN, _CHANCE = 0.7784, 2.757
_PASSES, _STEP, _FARTHEST = 8, 3.0, 100.0  # of the search: how long, how far at once, how far from before
_THINNEST = 0.01  # share of the typical level below which days get no less sure
_MOST_EQUAL = 1  # weekdays' worth of evidence that all are the same
_BY_CHANCE = 0.001  # weekdays that differ no more than this often by chance have no factors


def trust(surprise: FloatArray) -> FloatArray:
    """Return the weight of days in a row at these distances from what all others say, in standard deviations.

    1 up to 1.5, then `(1.5 / distance)²`. A day beyond 3 that stands alone, where neither of its neighbours is half as
    far to the same side, counts less still, times `(3 / distance)⁴`: it tells of something else than of the level. Days
    that go together may tell of a new level.

    Examples
    --------
    >>> trust(np.array([0.0, -2.0, 6.0, 0.0, 3.0, 6.0])).round(4)
    array([1.    , 0.5625, 0.0039, 1.    , 0.25  , 0.0625])
    """
    distance = np.abs(surprise)
    weight = (_CUT / np.maximum(distance, _CUT)) ** 2
    beside = np.pad(surprise, 1)
    alone = np.maximum(beside[:-2] * np.sign(surprise), beside[2:] * np.sign(surprise)) < distance / 2
    weight *= np.where(alone, _ODD / np.maximum(distance, _ODD), 1.0) ** 4
    return np.asarray(np.maximum(weight, _LEAST_TRUST))


@dataclass(frozen=True, slots=True, eq=False)
class DayNoise:
    """By how much the variance of the noise is more than that of a typical day.

    `by_weekday` are the factors of the weekdays, the eighth that of the middle of a week; `typical` the level of a
    typical day, and `chance` the share of its variance that comes of counting; `counted` whether there is such a share.
    """

    by_weekday: FloatArray = field(default_factory=lambda: np.ones(8))
    typical: float = 1.0
    chance: float = 0.0
    counted: bool = False

    def of(self, weekday: IntArray, expected: FloatArray) -> FloatArray:
        """Return the factor of days on which these levels are expected."""
        fewer = self.typical / np.maximum(expected, _THINNEST * self.typical)
        return np.asarray(self.by_weekday[weekday] * (1 + self.chance * (fewer - 1)))

    def learnt(self, factors: FloatArray, noise: float) -> DayNoise:
        """Return it with these factors of the weekdays, where a typical day has this noise."""
        chance = min(1.0, 1 / (self.typical * noise**2)) if self.counted else 0.0
        return replace(self, by_weekday=np.append(factors, 1.0), chance=chance)


def weekday_factors(
    surprise: FloatArray, unsure: FloatArray, own: FloatArray, weekday: IntArray, before: FloatArray
) -> FloatArray:
    """Return by how much the variance of the noise is more on each weekday; their geometric mean over the days is 1.

    Parameters
    ----------
    surprise
        Distance of each day from what all others say, in standard deviations that hold with the factors `before`.
    unsure, own
        Variances of what all others say, and of the day's own noise, relative to the noise of a typical day.
    weekday
        Weekday of each day, 0 is Monday.
    before
        Factors held so far, one for each weekday.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> weekday = np.arange(350) % 7
    >>> surprise = rng.normal(size=350) * np.where(weekday == 5, 3.0, 1.0)
    >>> factors = weekday_factors(surprise, np.zeros(350), np.ones(350), weekday, np.ones(7))
    >>> bool(factors[5] > 2 * factors[:5].max())
    True
    """
    count = np.bincount(weekday, minlength=7).astype(float)
    seen = count > 0
    if seen.sum() < 2:
        return np.ones(7)

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(weekday, weights=values, minlength=7)[seen] / count[seen])

    factor, square = np.ones(7), surprise**2 * (unsure + own)
    for _ in range(_PASSES):
        noise = own * factor[weekday]
        # How far the whole variance is off says how far the noise, which is a part of it, is off.
        whole = mean((unsure + noise) / noise)
        ratio = mean(np.minimum(square / (unsure + noise), _CUT**2)) / _CUT_MEAN
        factor[seen] *= np.clip(1 + (ratio - 1) * whole, 1 / _STEP, _STEP)
        factor = np.clip(factor, 1 / _FARTHEST, _FARTHEST)
    found = np.log(before * factor)[seen]
    chance = _CHANCE / count[seen] * whole**2
    days = count[seen] / count.sum()
    off = found - days @ found
    if (off**2 / chance).sum() < chdtri(len(off) - 1, _BY_CHANCE):
        return np.ones(7)
    differ = max(0.0, float((off**2 - chance).sum()) + float(chance.mean())) / (len(off) + _MOST_EQUAL)
    shrunk = off * differ / (differ + chance)
    result = np.ones(7)
    result[seen] = np.exp(shrunk - days @ shrunk)
    return result
