"""What the finished intervals of a running day say of the rest of it, and of the days after it.

Contacts go together through their day totals and their places beside them, as the spread says. Given some of them, the
others are the linear estimate of least error, which for Poisson contacts of a gamma rate is the exact one: early in the
day little is learnt, and more the more contacts were seen. An interval that its neighbours do not bear out counts less.

Source: Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), eqs. 2.25-2.26, and 5.10-5.12 for an
interval left out; Bühlmann & Gisler, *A Course in Credibility Theory* (2005), sect. 2.5, for the gamma-Poisson case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.paths import Course
from wfm.forecast.spread import Spread

__all__ = ["Update", "update"]

_ODD = 3.0  # standard deviations from which an interval counts less
_PASSES = 4
_FEWEST_SEEN = 3  # intervals of a day from which it is told at what level the day runs
_LEAST = 0.05  # share of what was expected that is always left


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """The intervals still to come: their numbers in the course, what is expected of them, and how they may be off."""

    rows: IntArray
    mean: FloatArray
    spread: Spread


def update(course: Course, spread: Spread, seen: IntArray, actual: FloatArray) -> Update:
    """Return what is left to come after the last interval seen.

    Parameters
    ----------
    course, spread
        The forecast of one queue.
    seen
        Numbers of the intervals whose contacts are known, rising.
    actual
        Those contacts.
    """
    later = np.arange(seen[-1] + 1, len(course.mean))
    prior = _covariance(course, spread, seen, seen)
    trusted = _trusted(prior, actual - course.mean[seen], _running(course, seen, actual))
    pull = cho_solve(cho_factor(trusted), actual - course.mean[seen])
    with_seen = _covariance(course, spread, later, seen)
    mean = np.maximum(course.mean[later] + with_seen @ pull, _LEAST * course.mean[later])
    days, day = np.unique(course.day[later], return_inverse=True)
    # The rest of each day is a total of its own: how far it may be off is what is not yet known of it.
    member = (day == np.arange(len(days))[:, None]).astype(float)
    total, common = member @ course.mean[later], member @ with_seen
    covariance = _rest_covariance(course, spread, later, days, total) - common @ cho_solve(
        cho_factor(trusted), common.T
    )
    safe = np.where(total > 0, total, np.inf)
    relative = covariance / np.outer(safe, safe)
    return Update(later, mean, replace(spread, days=spread.days[days], covariance=(relative + relative.T) / 2))


def _running(course: Course, seen: IntArray, actual: FloatArray) -> FloatArray:
    """Return how many times as many contacts as expected come on the day of each interval seen; 1 or more.

    It is the median over the day's intervals, so that a spike does not move it; 1 of fewer than three.
    """
    result = np.ones(len(seen))
    for day in np.unique(course.day[seen]):
        rows = np.flatnonzero((course.day[seen] == day) & (course.mean[seen] > 0))
        if len(rows) >= _FEWEST_SEEN:
            result[rows] = max(float(np.median(actual[rows] / course.mean[seen][rows])), 1.0)
    return result


def _trusted(covariance: FloatArray, off: FloatArray, running: FloatArray) -> FloatArray:
    """Return the covariance with more variance for each interval that the others do not bear out.

    On a day that runs at several times what was expected, intervals are off each other by as many times more.
    """
    least = 1e-9 * max(float(np.diag(covariance).mean()), 1e-9)
    extra = np.zeros(len(off))
    for _ in range(_PASSES):
        inverse = cho_solve(cho_factor(covariance + np.diag(extra + least)), np.eye(len(off)))
        left_out = 1 / np.diag(inverse)
        usual = np.maximum(left_out - extra, least) * running**2
        distance = np.abs(inverse @ off) * left_out / np.sqrt(usual)
        extra = usual * np.maximum((distance / _ODD) ** 2 - 1, 0.0)
    return np.asarray(covariance + np.diag(extra + least))


def _covariance(course: Course, spread: Spread, left: IntArray, right: IntArray) -> FloatArray:
    """Return the covariance of the contacts of two sets of intervals."""
    result = spread.covariance[np.ix_(course.day[left], course.day[right])]
    result = result * np.outer(course.mean[left], course.mean[right])
    for day in np.intersect1d(course.day[left], course.day[right]):
        first = int(np.searchsorted(course.day, day))
        rows, columns = np.flatnonzero(course.day[left] == day), np.flatnonzero(course.day[right] == day)
        within = course.within(int(day), spread).covariance
        result[np.ix_(rows, columns)] += within[np.ix_(left[rows] - first, right[columns] - first)]
    return np.asarray(result)


def _rest_covariance(course: Course, spread: Spread, later: IntArray, days: IntArray, total: FloatArray) -> FloatArray:
    """Return the covariance of the totals of what is left of the days; only the first may have begun."""
    result = spread.covariance[np.ix_(days, days)] * np.outer(total, total)
    for n, day in enumerate(days[:1]):
        rest = later[course.day[later] == day] - int(np.searchsorted(course.day, day))
        result[n, n] += course.within(int(day), spread).covariance[np.ix_(rest, rest)].sum()
    return np.asarray(result)
