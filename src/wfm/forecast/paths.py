"""Sample paths: equally likely courses of the volume, with what intervals and days have in common.

Every interval has a normal score: of its day's total, which days share, and of its place beside the total, which
neighbours share. The scores are turned into contacts by the interval's own distribution, moved so that its mean is that
of the forecast, so that each interval has the mean of the forecast and nearly its quantiles, and the day totals the
spread of the day level (a Gaussian copula). Since counts follow their scores only in steps, scores are tied together by
as much more as makes the contacts' covariance right.

Source: Nelsen, *An Introduction to Copulas* (2nd ed., 2006), sect. 2.9; Cario & Nelson, "Modeling and generating random
vectors with arbitrary marginal distributions and correlation matrix" (1997), sect. 2, for the correlation to put in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from wfm.forecast.grid import FloatArray, IntArray, wall_clock
from wfm.forecast.marginals import Marginals
from wfm.forecast.spread import Spread
from wfm.forecast.uncertainty import WithinDay

__all__ = ["Course", "course_of", "draw_paths", "total_moments", "total_quantiles"]

_STEP = 0.1  # of the normal scores at which distributions are tabulated
_GRID: FloatArray = np.arange(-60, 61) * np.float64(_STEP)
_ROUNDS = 2  # in which distributions are moved to their means
_FARTHEST = 7.0  # score beyond which nothing is read off


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The intervals of one queue in order: what is expected of each, and where it lies.

    `day` is the place of its day in the spread, `slot` its number in the day by the wall clock, and `place` its number
    in time, by which neighbours are told.
    """

    mean: FloatArray
    day: IntArray
    slot: IntArray
    place: IntArray

    def within(self, day: int, spread: Spread) -> WithinDay:
        """Return how the intervals of one day go together, given its total."""
        rows = self.day == day
        return spread.within(self.mean[rows], self.slot[rows], self.place[rows])


def course_of(rows: pd.DataFrame, interval_s: float, spread: Spread) -> Course:
    """Return the course of the rows of one queue of a forecast.

    Parameters
    ----------
    rows
        `start, offered`, sorted by start.
    interval_s
        Length of an interval in seconds.
    spread
        Its spread; every day of the rows is in it.
    """
    starts = pd.DatetimeIndex(rows["start"])
    number, slot = wall_clock(starts, int(interval_s))
    place = starts.as_unit("s").asi8 // int(interval_s)
    mean = rows["offered"].to_numpy(dtype=float)
    return Course(mean, np.searchsorted(spread.days, number), slot, np.asarray(place))


def draw_paths(course: Course, spread: Spread, paths: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Draw courses of the volume: a row for each path and a column for each interval."""
    marginals, table = _centred(course, spread)
    scores = _scores(course, spread, _slopes(marginals, table, spread), paths, rng)
    result = _read_off(table, scores)
    result = np.rint(result) if spread.whole else result
    level = ndtr(_bounded(spread.calibration.scores(scores[:, marginals.exact])))
    for n, row in enumerate(marginals.exact):
        result[:, row] = np.searchsorted(marginals.sums[n], level[:, n])
    return np.maximum(result, 0.0).astype(np.float32)


def _centred(course: Course, spread: Spread) -> tuple[Marginals, FloatArray]:
    """Return distributions that have the forecast's means once their levels are corrected, and their table by score.

    Where bands are narrowed, a skewed distribution loses more of its long end than of its short one, and so some of its
    mean; where they are widened, it gains. It is given back by a mean to begin with that is as much higher or lower.
    """
    levels = ndtr(_bounded(spread.calibration.scores(_GRID)))
    begun = course.mean.copy()
    for left in reversed(range(_ROUNDS + 1)):
        variance = spread.interval_variance(begun, course.day, course.slot)
        marginals = Marginals.of(begun, variance, whole=spread.whole)
        table = marginals.smooth_quantiles(levels)
        if left == 0:
            break
        found = np.maximum(table, 0.0) @ np.exp(-(_GRID**2) / 2) * (_STEP / np.sqrt(2 * np.pi))
        found[marginals.exact] = ndtr(-_nominal(marginals, spread)).sum(axis=1)
        begun *= np.where(found > 0, course.mean / np.maximum(found, 1e-12), 1.0)
    return marginals, table


def _nominal(marginals: Marginals, spread: Spread) -> FloatArray:
    """Return the normal scores at which thin intervals step from 0 to 1, 2, ... contacts, a row for each."""
    with np.errstate(divide="ignore"):
        return spread.calibration.nominal(ndtri(marginals.sums))


def total_moments(course: Course, group: IntArray, spread: Spread) -> tuple[FloatArray, FloatArray]:
    """Return the means and variances of the totals of groups of intervals.

    Parameters
    ----------
    course
        The intervals.
    group
        Number of the group of each interval, from 0; a day belongs to one group.
    spread
        Its covariance of days is that of their totals: it is already widened until their bands hold.
    """
    parts = np.zeros((int(group.max()) + 1, len(spread.days)))
    np.add.at(parts, (group, course.day), course.mean)
    return parts.sum(axis=1), np.einsum("gi,ij,gj->g", parts, spread.covariance, parts)


def total_quantiles(course: Course, group: IntArray, spread: Spread, levels: FloatArray) -> FloatArray:
    """Return the quantiles of the totals of groups of intervals, a row for each; `levels` rise in (0, 1)."""
    mean, variance = total_moments(course, group, spread)
    return Marginals.of(mean, variance, whole=spread.whole).quantiles(levels)


def _bounded(scores: FloatArray) -> FloatArray:
    return np.clip(scores, -_FARTHEST, _FARTHEST)


def _slopes(marginals: Marginals, table: FloatArray, spread: Spread) -> FloatArray:
    """Return the covariance of each interval's contacts with their normal score: their standard deviation, or less."""
    slope = table @ (_GRID * np.exp(-(_GRID**2) / 2)) * (_STEP / np.sqrt(2 * np.pi))
    slope[marginals.exact] = np.exp(-(_nominal(marginals, spread) ** 2) / 2).sum(axis=1) / np.sqrt(2 * np.pi)
    return np.asarray(slope)


def _scores(course: Course, spread: Spread, slope: FloatArray, paths: int, rng: np.random.Generator) -> FloatArray:
    """Draw the normal scores: standard normal in each interval, going together as the spread says."""
    values, vectors = np.linalg.eigh(spread.covariance)
    levels = rng.standard_normal((paths, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    own, ahead = rng.standard_normal((2, paths, len(course.mean)))
    result = np.zeros((paths, len(course.mean)))
    for number in np.unique(course.day):
        rows = np.flatnonzero(course.day == number)
        mean, place, pull = course.mean[rows], course.place[rows], np.maximum(slope[rows], 1e-12)
        total = float(mean.sum())
        if not total > 0:
            continue
        share = mean / total
        within = course.within(int(number), spread)
        together = _chained(ahead[:, rows], place, spread.correlation) * np.sqrt(np.diag(within.together))
        alone = own[:, rows] * np.sqrt(within.alone)
        shared = levels[:, [number]] * mean + together
        shared -= (together.sum(axis=1) + alone.sum(axis=1))[:, None] * share
        of_shared = spread.covariance[number, number] * mean**2 + np.diag(within.covariance)
        of_shared += 2 * share * within.alone - within.alone
        weight = _weight_alone(of_shared / pull**2, -share * within.alone / pull, within.alone)
        variance = of_shared / pull**2 - 2 * weight * share * within.alone / pull + weight**2 * within.alone
        result[:, rows] = (shared / pull + weight * alone) / np.sqrt(np.maximum(variance, 1e-12))
    return result


def _weight_alone(shared: FloatArray, mixed: FloatArray, alone: FloatArray) -> FloatArray:
    """Return the weight of what is each interval's own at which its score has variance 1; 0 where it has more."""
    root = np.sqrt(np.maximum(mixed**2 + alone * (1 - shared), 0.0))
    return np.asarray(np.where(alone > 0, np.maximum(root - mixed, 0.0) / np.maximum(alone, 1e-12), 0.0))


def _chained(noise: FloatArray, place: IntArray, correlation: float) -> FloatArray:
    """Return standard normal chains whose correlation falls as a power of the distance of places."""
    result = noise.copy()
    keep = correlation ** np.diff(place).astype(float)
    for n, kept in enumerate(keep, start=1):
        result[:, n] = kept * result[:, n - 1] + np.sqrt(1 - kept**2) * noise[:, n]
    return result


def _read_off(table: FloatArray, scores: FloatArray) -> FloatArray:
    """Return the quantile of each interval (a row of the table) at each score (a column), by straight lines."""
    place = (np.clip(scores, _GRID[0], _GRID[-1]) - _GRID[0]) / _STEP
    left = np.minimum(place.astype(np.int64), len(_GRID) - 2)
    row = np.arange(len(table))
    low = table[row, left]
    return np.asarray(low + (place - left) * (table[row, left + 1] - low))
