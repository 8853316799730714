"""Intervals of shares and means, and the survival curve of censored waits: one place for all stages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar, overload

import numpy as np
import numpy.typing as npt

from wfm.checks import check_fraction, check_in_range, check_int
from wfm.errors import DataError, Faults, Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimate", "Survival", "bootstrap_mean", "bootstrap_percentile", "kaplan_meier", "mean_interval", "wilson"]

Floats: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = "Sequence[float] | npt.NDArray[Any] | pd.Series"
T = TypeVar("T", float, Floats)

_GROUPS = 64  # of neighbouring values that a resample of a mean is drawn from


class Estimate(NamedTuple, Generic[T]):
    """A value and the bounds of its confidence interval."""

    value: T
    low: T
    high: T


@overload
def wilson(successes: float, trials: float, *, confidence: float = 0.95) -> Estimate[float]: ...
@overload
def wilson(successes: Values, trials: Values, *, confidence: float = 0.95) -> Estimate[Floats]: ...
def wilson(
    successes: float | Values, trials: float | Values, *, confidence: float = 0.95
) -> Estimate[float] | Estimate[Floats]:
    """Return a share and its Wilson score interval.

    Parameters
    ----------
    successes, trials
        Counts, 0 or more, successes at most trials; numbers or arrays of one shape. Sums of weights are allowed.
    confidence
        Level, in (0, 1); default 0.95.

    Returns
    -------
    Estimate
        Floats for numbers, arrays for arrays. Without trials the share is NaN and the interval [0, 1]: nothing is
        known.

    Raises
    ------
    DataError
        If a count is negative, missing or infinite, or there are more successes than trials.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.

    Examples
    --------
    >>> share = wilson(15, 100)
    >>> f"{share.value:.3f} [{share.low:.4f}, {share.high:.4f}]"
    '0.150 [0.0931, 0.2328]'
    """
    z = NormalDist().inv_cdf((1 + check_fraction("confidence", confidence, include_one=False)) / 2)
    met, all_ = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    wrong = ~((met >= 0) & (met <= all_) & np.isfinite(all_))
    if wrong.any():
        place = int(np.flatnonzero(wrong.ravel())[0])
        what = f"{met.ravel()[place]:g} successes in {all_.ravel()[place]:g} trials"
        rows = tuple(np.flatnonzero(wrong).tolist()) if wrong.ndim else ()
        raise DataError(Problem(what, remedy="give counts with 0 <= successes <= trials", rows=rows))
    tried = all_ > 0
    share = np.divide(met, all_, out=np.full(met.shape, np.nan), where=tried)
    spread = np.where(tried, met * (1 - np.where(tried, share, 0.0)), 0.0)
    half = z * np.sqrt(spread + z * z / 4)
    low = np.where(met == 0, 0.0, (met + z * z / 2 - half) / (all_ + z * z))
    high = np.where(met == all_, 1.0, (met + z * z / 2 + half) / (all_ + z * z))
    if share.ndim == 0:
        return Estimate(float(share), float(low), float(high))
    return Estimate(share, low, high)


def mean_interval(values: Values, *, confidence: float = 0.95, axis: int = 0) -> Estimate[Floats]:
    """Return the mean of independent replications and its Student t interval.

    Parameters
    ----------
    values
        One value for each replication along `axis`. A missing value (NaN) is a replication without the measure, such
        as the wait of an interval without contacts; it is left out.
    confidence
        Level, in (0, 1); default 0.95.
    axis
        Axis of the replications; default 0.

    Returns
    -------
    Estimate
        Arrays with `axis` removed (of no dimension for a list of numbers). The mean of no value is NaN; so are the
        bounds with fewer than two.

    Raises
    ------
    DataError
        If a value is infinite.

    Notes
    -----
    A. M. Law, "Simulation Modeling and Analysis", 5th ed. (2015), equation 4.12.

    Examples
    --------
    >>> mean = mean_interval([1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], confidence=0.90)
    >>> f"{mean.value:.2f} ± {mean.high - mean.value:.2f}"
    '1.34 ± 0.24'
    """
    from scipy.special import stdtrit

    check_fraction("confidence", confidence, include_one=False)
    sample = np.asarray(values, dtype=float)
    if np.isinf(sample).any():
        raise DataError(Problem("a replication is infinite", remedy="give NaN for a measure that does not exist"))
    given = ~np.isnan(sample)
    count = given.sum(axis=axis)
    total = np.where(given, sample, 0.0).sum(axis=axis)
    mean = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    off = np.where(given, sample - np.expand_dims(mean, axis), 0.0)
    enough = count > 1
    freedom = np.where(enough, count - 1, 1)
    half = stdtrit(freedom, (1 + confidence) / 2) * np.sqrt((off**2).sum(axis=axis) / freedom / np.maximum(count, 1))
    half = np.where(enough, half, np.nan)
    return Estimate(np.asarray(mean), np.asarray(mean - half), np.asarray(mean + half))


def bootstrap_mean(
    values: Values,
    *,
    counts: Values | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate[float]:
    """Return a mean and its percentile bootstrap interval; the same seed gives the same bounds.

    Parameters
    ----------
    values
        At least two finite numbers.
    counts
        How often each value occurred, whole numbers of at least 1; default once each. The resamples are then drawn
        from the counts, at a cost of the number of distinct values instead of all values.
    confidence
        Level, in (0, 1); default 0.95.
    resamples
        Number of resamples, 100 or more; default 2000.
    seed
        Seed of the resamples; default 0.

    Raises
    ------
    DataError
        If there are fewer than two values, or one is missing or infinite.

    Notes
    -----
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.

    Examples
    --------
    >>> mean = bootstrap_mean([94, 197, 16, 38, 99, 141, 23])
    >>> f"{mean.value:.2f}", mean.low < mean.value < mean.high
    ('86.86', True)
    """
    sample, often = _tallied(values, counts, confidence=confidence, resamples=resamples, seed=seed)
    total = int(often.sum())
    count, mean, variance = _grouped(sample, often)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(total, count / total, size=resamples)
    # A sum of draws from neighbours that were grouped is close to normal, and its spread next to nothing.
    found = (drawn @ mean + rng.standard_normal(resamples) * np.sqrt(drawn @ variance)) / total
    return Estimate(float(often @ sample / total), *_middle(found, confidence))


def bootstrap_percentile(
    values: Values,
    fraction: float,
    *,
    counts: Values | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Estimate[float]:
    """Return a percentile and its percentile bootstrap interval; the same seed gives the same bounds.

    Parameters
    ----------
    values
        At least two finite numbers.
    fraction
        Share of the values at or below it, in (0, 1): 0.9 for the 90th percentile, linear between the values.
    counts, confidence, resamples, seed
        As in `bootstrap_mean`.

    Raises
    ------
    DataError
        If there are fewer than two values, one is missing or infinite, or a parameter is outside its range.

    Examples
    --------
    >>> bootstrap_percentile([10, 20, 30, 40, 50], 0.5).value
    30.0
    """
    check_fraction("fraction", fraction, include_one=False)
    sample, often = _tallied(values, counts, confidence=confidence, resamples=resamples, seed=seed)
    reached = often.cumsum()
    total = int(reached[-1])
    place = (total - 1) * fraction
    below = math.floor(place)
    # The order statistics of a resample are those of uniform numbers, looked up in the sample: Beta distributed, and
    # the next one is the least of the rest. So a resample costs the same for ten values and for ten million.
    rng = np.random.default_rng(seed)
    first = rng.beta(below + 1, total - below, size=resamples)
    second = first
    if below + 1 < total:
        second = first + (1 - first) * rng.beta(1, total - below - 1, size=resamples)

    def looked_up(uniform: Floats) -> Floats:
        return np.asarray(sample[np.minimum(np.searchsorted(reached, uniform * total, side="right"), len(sample) - 1)])

    found = looked_up(first)
    found += (looked_up(second) - found) * (place - below)
    low, high = _middle(found, confidence)
    ends = sample[np.searchsorted(reached, [below, min(below + 1, total - 1)], side="right")]
    return Estimate(float(ends[0] + (ends[1] - ends[0]) * (place - below)), low, high)


def _tallied(
    values: Values, counts: Values | None, *, confidence: float, resamples: int, seed: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the values in order and how often each occurred, when all that a bootstrap needs is right."""
    check_fraction("confidence", confidence, include_one=False)
    check_int("resamples", resamples, 100)
    check_int("seed", seed, 0)
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1:
        what = f"a bootstrap of an array of {sample.ndim} dimensions"
        raise DataError(Problem(what, remedy="give at least two finite numbers"))
    often = np.ones(len(sample), dtype=np.int64) if counts is None else _checked_counts(counts, len(sample))
    total = int(often.sum())
    if total < 2 or not np.isfinite(sample).all():
        what = f"a bootstrap of {total} values{'' if np.isfinite(sample).all() else ', of which some are not finite'}"
        raise DataError(Problem(what, remedy="give at least two finite numbers"))
    order = np.argsort(sample, kind="stable")
    return sample[order], often[order]


def _middle(found: Floats, confidence: float) -> tuple[float, float]:
    """Return the bounds that leave out the same share of the resamples on each side."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)


def _grouped(sample: Floats, often: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Return counts, means and variances of neighbouring values, in about `_GROUPS` groups.

    A group holds few of the values and a small part of their range, so that the values far out, on which the spread of
    a mean hangs, stay alone.
    """
    begin = np.arange(len(sample))
    width = sample[-1] - sample[0]
    if len(sample) > _GROUPS and width > 0:
        place = often.cumsum() / often.sum() + (sample - sample[0]) / width
        group = np.floor(place * (_GROUPS / 2))
        begin = np.flatnonzero(np.append(True, group[1:] > group[:-1]))
    count = np.add.reduceat(often, begin)
    mean = np.add.reduceat(often * sample, begin) / count
    off = (sample - np.repeat(mean, np.diff(np.append(begin, len(sample))))) ** 2
    return count, mean, np.add.reduceat(often * off, begin) / count


def _checked_counts(counts: Values, size: int) -> npt.NDArray[np.int64]:
    often = np.asarray(counts)
    whole = often.shape == (size,) and bool((often == np.floor(often)).all()) and bool((often >= 1).all())
    if not whole:
        raise DataError(Problem("counts must be whole numbers of at least 1, one for each value"))
    return often.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """A Kaplan-Meier survival curve: the share that has not yet had the event, by time.

    Parameters
    ----------
    times
        Times with at least one event, in order.
    survival
        Share still without the event just after each of these times.
    standard_error
        Greenwood's standard error of that share.
    at_risk, events
        Number still under observation just before each time, and number of events at it.
    last
        Longest time observed; where it is censored, the curve is not known beyond it.
    """

    times: Floats
    survival: Floats
    standard_error: Floats
    at_risk: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    last: float

    def at(self, time: float | Values) -> Floats:
        """Return the share without the event just after each time; NaN where the curve is not known.

        Examples
        --------
        >>> kaplan_meier([2, 4, 4, 6], [True, True, False, True]).at([1, 2, 5])
        array([1.  , 0.75, 0.5 ])
        """
        moment = np.asarray(time, dtype=float)
        share = np.append(1.0, self.survival)[np.searchsorted(self.times, moment, side="right")]
        unknown = (moment > self.last) & (share > 0)
        return np.asarray(np.where(unknown | np.isnan(moment), np.nan, share))

    def quantile(self, fraction: float) -> float | None:
        """Return the first time by which at least this share has had the event; none where the curve ends above.

        Examples
        --------
        >>> kaplan_meier([2, 4, 4, 6], [True, True, False, True]).quantile(0.5)
        4.0
        """
        check_fraction("fraction", fraction)
        reached = np.flatnonzero(self.survival <= 1 - fraction + 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None

    def restricted_mean(self, limit: float | None = None) -> float:
        """Return the mean of the smaller of the time and the limit: the area under the curve up to the limit.

        Parameters
        ----------
        limit
            More than 0 and at most the longest time observed, unless all have had the event by then; default the
            longest time observed.

        Raises
        ------
        DataError
            If the curve is not known up to the limit.

        Examples
        --------
        >>> kaplan_meier([2, 4, 4, 6], [True, True, False, True]).restricted_mean()
        4.5
        """
        end = self.last if limit is None else check_in_range("limit", limit, 0.0, include_low=False)
        if end > self.last and (not len(self.survival) or self.survival[-1] > 0):
            what = f"the survival curve ends at {self.last:g}, before the limit {end:g}"
            raise DataError(Problem(what, remedy=f"give at most {self.last:g}"))
        before = self.times < end
        edges = np.concatenate([[0.0], self.times[before], [end]])
        return float(np.append(1.0, self.survival[before]) @ np.diff(edges))

    def to_frame(self) -> pd.DataFrame:
        """Return the curve as a frame `time, at_risk, events, survival, standard_error`."""
        import pandas as pd

        return pd.DataFrame(
            {
                "time": self.times,
                "at_risk": self.at_risk,
                "events": self.events,
                "survival": self.survival,
                "standard_error": self.standard_error,
            }
        )


def kaplan_meier(durations: Values, observed: Values | Sequence[bool], *, counts: Values | None = None) -> Survival:
    """Estimate a survival curve from durations of which some are censored.

    Patience is the usual case: the wait of a customer who abandoned is an event, that of one who was answered is
    censored, for the patience was longer.

    Parameters
    ----------
    durations
        Time until the event or the end of the observation, 0 or more; at least one.
    observed
        Whether the event happened; if not, the duration is censored. At a tie the event comes first.
    counts
        How often each pair occurred, whole numbers of at least 1; default once each. A histogram of many millions of
        durations then needs no more memory than its bins.

    Raises
    ------
    DataError
        If there are no durations, the lengths differ, or a value is out of its range.

    Notes
    -----
    E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), 457-481;
    standard error by M. Greenwood (1926).

    Examples
    --------
    >>> curve = kaplan_meier([2, 4, 4, 6], [True, True, False, True])
    >>> curve.times, curve.survival
    (array([2., 4., 6.]), array([0.75, 0.5 , 0.  ]))
    """
    waited, seen = np.asarray(durations, dtype=float), np.asarray(observed)
    faults = Faults("a survival curve")
    if waited.ndim != 1 or not len(waited):
        faults.add("no durations", remedy="give at least one")
    if seen.shape != waited.shape:
        faults.add(f"{waited.size} durations and {seen.size} flags", remedy="give one flag for each duration")
    if not np.isin(seen, (True, False)).all():
        faults.add("a flag is neither true nor false", remedy="write True or False")
    wrong = ~(np.isfinite(waited) & (waited >= 0))
    if wrong.any():
        what = f"a duration must be a finite number of at least 0, got {waited[wrong][0]:g}"
        faults.add(what, remedy="correct it or leave it out", rows=np.flatnonzero(wrong).tolist())
    faults.raise_if_any()
    often = np.ones(len(waited)) if counts is None else _checked_counts(counts, len(waited))
    times, inverse = np.unique(waited, return_inverse=True)
    leaving = np.bincount(inverse, weights=often).astype(np.int64)
    events = np.bincount(inverse, weights=seen.astype(float) * often).astype(np.int64)
    at_risk = leaving.sum() - np.append(0, np.cumsum(leaving)[:-1])
    happened = events > 0
    times, events, at_risk = times[happened], events[happened], at_risk[happened]
    survival = np.cumprod(1 - events / at_risk)
    left = at_risk - events
    # Greenwood's sum has no value once nobody is left; the share is then 0 for certain in the sample.
    terms = np.divide(events, at_risk * left, out=np.zeros(len(times)), where=left > 0)
    return Survival(times, survival, survival * np.sqrt(np.cumsum(terms)), at_risk, events, float(waited.max()))
