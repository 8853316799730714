"""The distribution of the contacts of each interval, by its mean and variance, fast.

Whole contacts are negative binomial: Poisson around a rate that is itself gamma. Thin intervals are summed up exactly.
Busy ones are read off a gamma distribution of the same mean, variance and skewness, whose standardised quantiles are a
smooth function of the skewness alone: a few exact ones serve all intervals. Amounts that are not whole are gamma.

Source: Johnson, Kemp & Kotz, *Univariate Discrete Distributions*, 3rd ed. (2005), eqs. 5.1, 5.9, 5.11;
Berrut & Trefethen, "Barycentric Lagrange interpolation", SIAM Review 46 (2004), eqs. 4.2 and 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincinv

from wfm.forecast.grid import BoolArray, FloatArray, IntArray

__all__ = ["Marginals"]

_EXACT_MEAN = 30.0  # mean up to which whole contacts are summed up exactly
_LEAST_RANDOM = 0.75  # variance / mean below which whole contacts are less random than Poisson, and not by chance
_SMALL_MEAN = 0.5  # below it, whole numbers have a variance of at least half of the mean
_TAIL = 1e-9  # probability left out above the exact sums
_MOST_TERMS = 4000  # of the sum; beyond them the gamma distribution serves
_NODES = 14
_SMOOTH = 1.2  # skewness up to which quantiles are interpolated
_LEAST_SKEWNESS = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Marginals:
    """Distributions of several intervals; `Marginals.of` makes them.

    `exact` holds the numbers of the intervals that are summed up and `sums` their cumulative probabilities of 0, 1, 2,
    ... contacts, a row for each. The others are `shift` + `scale` × a standard gamma of shape `shape`; `mean` is 0
    where nothing is expected.
    """

    mean: FloatArray
    sd: FloatArray
    skewness: FloatArray
    whole: bool
    exact: IntArray
    sums: FloatArray

    @classmethod
    def of(cls, mean: FloatArray, variance: FloatArray, *, whole: bool) -> Marginals:
        """Return the distributions of these means and variances.

        Parameters
        ----------
        mean
            0 or more.
        variance
            0 or more. Of whole contacts, one a little below the mean is taken for Poisson, and one of a mean below 0.5
            at least for that.
        whole
            Whether contacts are whole numbers.
        """
        safe = np.maximum(mean, 1e-12)
        spread = np.maximum(variance, 1e-12 * safe**2)
        counted = np.zeros(len(safe), dtype=bool)
        if whole:
            # A whole number of a small mean cannot vary less: the variance was estimated too low.
            counted = (spread >= _LEAST_RANDOM * safe) | (safe < _SMALL_MEAN)
            spread = np.where(counted, np.maximum(spread, safe), spread)
        sd = np.sqrt(spread)
        skewness = np.where(counted, (2 * spread / safe - 1) / sd, 2 * sd / safe)
        chosen, sums = _summed(safe, spread, counted & (mean > 0) & (mean <= _EXACT_MEAN))
        return cls(mean, sd, np.maximum(skewness, _LEAST_SKEWNESS), whole, chosen, sums)

    def quantiles(self, levels: FloatArray) -> FloatArray:
        """Return the quantiles of rising levels in (0, 1), a row for each interval.

        Of whole contacts, the least number that is not exceeded with at least that probability.
        """
        result = self.smooth_quantiles(levels)
        result = np.maximum(np.rint(result) if self.whole else result, 0.0)
        for row, sums in zip(self.exact, self.sums, strict=True):
            result[row] = np.searchsorted(sums, levels)
        return np.asarray(result)

    def smooth_quantiles(self, levels: FloatArray) -> FloatArray:
        """Return quantiles as if contacts were not whole, to be rounded; 0 for the intervals that are summed up."""
        result = np.zeros((len(self.mean), len(levels)))
        busy = self._busy
        standard = _standard_quantiles(self.skewness[busy], levels)
        result[busy] = self.mean[busy, None] + self.sd[busy, None] * standard
        return result

    @property
    def _busy(self) -> BoolArray:
        """Whether an interval expects contacts and is not summed up."""
        busy = self.mean > 0
        busy[self.exact] = False
        return np.asarray(busy)

    def levels(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the probabilities of fewer than each value, and of at most that many."""
        below = self._busy_level(values - 0.5 if self.whole else values)
        upto = self._busy_level(values + 0.5) if self.whole else below.copy()
        if len(self.exact):
            width = self.sums.shape[1]
            seen = values[self.exact].astype(np.int64)
            padded = np.concatenate([np.zeros((len(seen), 1)), self.sums], axis=1)
            row = np.arange(len(seen))
            below[self.exact] = padded[row, np.minimum(seen, width)]
            upto[self.exact] = padded[row, np.minimum(seen + 1, width)]
        return below, upto

    def _busy_level(self, values: FloatArray) -> FloatArray:
        busy, result = self._busy, np.ones(len(values))
        shape = 4 / self.skewness[busy] ** 2
        standard = (values[busy] - self.mean[busy]) / self.sd[busy]
        result[busy] = gammainc(shape, np.maximum(shape + np.sqrt(shape) * standard, 0.0))
        return result


def _summed(mean: FloatArray, variance: FloatArray, wanted: BoolArray) -> tuple[IntArray, FloatArray]:
    """Return the numbers of the intervals that can be summed up, and their cumulative probabilities."""
    chosen = np.flatnonzero(wanted)
    if not len(chosen):
        return chosen, np.empty((0, 0))
    centre, spread = mean[chosen], variance[chosen]
    # A Poisson number is the limit of a shape without bounds.
    shape = centre**2 / np.maximum(spread - centre, 1e-9 * centre)
    step = centre / (shape + centre)
    term = np.exp(-shape * np.log1p(centre / shape))
    sums = [term]
    for count in range(1, _MOST_TERMS):
        term = term * (step * (shape + count - 1) / count)
        sums.append(sums[-1] + term)
        if count % 16 == 0 and sums[-1].min() > 1 - _TAIL:
            break
    cumulative = np.minimum(np.stack(sums, axis=1), 1.0)
    settled = cumulative[:, -1] > 1 - 1e-6
    return chosen[settled], cumulative[settled]


def _standard_quantiles(skewness: FloatArray, levels: FloatArray) -> FloatArray:
    """Return quantiles of gamma distributions of mean 0, variance 1 and these skewnesses, a row for each."""
    result = np.empty((len(skewness), len(levels)))
    smooth = skewness <= _SMOOTH
    if smooth.sum() > _NODES:
        result[smooth] = _interpolated(skewness[smooth], levels)
    else:
        smooth = np.zeros(len(skewness), dtype=bool)
    result[~smooth] = _exact_quantiles(skewness[~smooth], levels)
    return result


def _exact_quantiles(skewness: FloatArray, levels: FloatArray) -> FloatArray:
    shape = (4 / skewness**2)[:, None]
    return np.asarray((gammaincinv(shape, levels) - shape) / np.sqrt(shape))


def _interpolated(skewness: FloatArray, levels: FloatArray) -> FloatArray:
    low, high = float(skewness.min()), float(skewness.max())
    angle = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    nodes = (low + high) / 2 + max(high - low, 1e-6) / 2 * np.cos(angle)
    weight = np.sin(angle) * (-1.0) ** np.arange(_NODES)
    apart = skewness[:, None] - nodes
    share = weight / np.where(apart == 0, 1e-300, apart)
    share /= share.sum(axis=1)[:, None]
    return np.asarray(share @ _exact_quantiles(np.maximum(nodes, _LEAST_SKEWNESS / 2), levels))
