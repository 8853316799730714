"""Small samples pulled towards the mean of the team: beta-binomial, gamma-Poisson and normal.

Every estimate is `toward + own * (value - toward)`: what differs between the three is how much a sample tells by itself
(`own`), which comes from how much more the employees differ than chance alone would make them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_fraction
from wfm.errors import DataError, Faults, Problem
from wfm.kpi.appraisal.card import Sample

__all__ = ["Pulled", "Shrunk", "bounds_of", "pull", "shrink_counts", "shrink_means", "shrink_rates"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Values: TypeAlias = "Sequence[float] | npt.NDArray[Any] | pd.Series"

_FEWEST_FREE = 2  # employees more than teams, below which nothing is known of how employees differ
_POINTS = 9
_CAUTIOUS = 7  # of the points, that at 5/6
_FARTHEST = 5.0
_LEAST_SHAPE = 0.5  # Jeffreys' prior: an employee without an event is not known to be without any


@dataclass(frozen=True, slots=True, eq=False)
class Pulled:
    """Estimates without their intervals, for many employees at once.

    Parameters
    ----------
    value, sd
        The estimate and its standard deviation; missing without a sample.
    own
        How much of it comes from the employee's own sample, in (0, 1].
    size
        Denominator of a sample that would tell as much by itself.
    toward
        What it is pulled to.
    between
        How much employees differ beyond chance: the intraclass correlation of rates, the squared coefficient of
        variation of counts, the variance of means.
    """

    value: Floats
    sd: Floats
    own: Floats
    size: Floats
    toward: Floats
    between: float


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """Estimates of small samples with their intervals.

    Parameters
    ----------
    raw, value, low, high, sd
        What was counted, the estimate, its interval and its standard deviation.
    own
        How much of it comes from the employee's own sample, in (0, 1].
    toward
        What it is pulled to.
    between
        As in `Pulled`.
    """

    raw: Floats
    value: Floats
    low: Floats
    high: Floats
    sd: Floats
    own: Floats
    toward: Floats
    between: float

    def to_frame(self) -> pd.DataFrame:
        """Return `raw, value, low, high, sd, own, toward`, in the order given."""
        names = ("raw", "value", "low", "high", "sd", "own", "toward")
        return pd.DataFrame({name: getattr(self, name) for name in names})


def shrink_rates(
    successes: Values,
    trials: Values,
    *,
    teams: Sequence[object] | None = None,
    confidence: float = 0.95,
) -> Shrunk:
    """Pull shares towards the share of their team, by a beta-binomial model.

    Parameters
    ----------
    successes, trials
        Counts of each employee, 0 or more, successes at most trials. Without trials the estimate is missing.
    teams
        Team of each; default one for all. The mean is the team's, how much employees differ is common to all teams.
    confidence
        Coverage of the interval, in (0, 1); default 0.95.

    Raises
    ------
    DataError
        If the lengths differ or a count is out of range.

    Notes
    -----
    The intraclass correlation r is found by moments (J. C. Kleinman, "Proportions with extraneous variance", JASA 68
    (1973), 46-54); a sample of n then tells n / (n + M) with M = 1 / r - 1. `own` is the mean of that over all that r
    may be: normal around the estimate and not below 0, as if nothing had been known of r before. With fewer than three
    employees more than teams nothing is pulled. The interval is that of the beta distribution with this mean and so
    many trials that r is below what they stand for five times in six.

    Examples
    --------
    >>> found = shrink_rates([9, 2, 30, 14], [10, 2, 40, 20])
    >>> found.raw.round(2), found.value.round(2)
    (array([0.9 , 1.  , 0.75, 0.7 ]), array([0.79, 0.77, 0.76, 0.75]))
    """
    events, size = _given(("successes", successes), ("trials", trials))
    faults = Faults("rates")
    above = events > size
    if above.any():
        faults.add("more successes than trials", rows=np.flatnonzero(above).tolist(), remedy="correct the counts")
    faults.raise_if_any()
    codes = _codes(teams, len(size))
    return _told(Sample.RATE, events, size, pull(Sample.RATE, events, size, teams=codes), confidence)


def shrink_counts(
    events: Values,
    exposure: Values,
    *,
    teams: Sequence[object] | None = None,
    confidence: float = 0.95,
) -> Shrunk:
    """Pull events by exposure towards the rate of their team, by a gamma-Poisson model.

    Parameters
    ----------
    events, exposure
        Of each employee, 0 or more; without exposure the estimate is missing.
    teams, confidence
        As in `shrink_rates`.

    Raises
    ------
    DataError
        If the lengths differ or a count is out of range.

    Notes
    -----
    The squared coefficient of variation A of the rates is found by moments (R. J. Marshall, "Mapping disease and
    mortality rates using empirical Bayes estimators", Applied Statistics 40 (1991), 283-294); a sample with E expected
    events tells A E / (1 + A E), of which `own` is the mean as in `shrink_rates`. The interval is that of the gamma
    distribution with this mean, as careful as in `shrink_rates`.

    Examples
    --------
    >>> found = shrink_counts([0, 3, 9, 1], [100, 100, 300, 20])
    >>> found.value.round(3)
    array([0.019, 0.026, 0.027, 0.027])
    """
    happened, size = _given(("events", events), ("exposure", exposure))
    codes = _codes(teams, len(size))
    return _told(Sample.COUNT, happened, size, pull(Sample.COUNT, happened, size, teams=codes), confidence)


def shrink_means(
    means: Values,
    variances: Values,
    *,
    teams: Sequence[object] | None = None,
    confidence: float = 0.95,
) -> Shrunk:
    """Pull means towards the mean of their team, by a normal model.

    Parameters
    ----------
    means
        Mean of each employee; a missing one stays missing.
    variances
        Variance of each mean: that of the values divided by their number; more than 0.
    teams, confidence
        As in `shrink_rates`. Means of a team are weighed by one over their variance.

    Raises
    ------
    DataError
        If the lengths differ or a variance is not above 0.

    Notes
    -----
    The variance A between employees is that of H. Bühlmann and E. Straub, "Glaubwürdigkeit für Schadensätze",
    Mitteilungen der Vereinigung schweizerischer Versicherungsmathematiker 70 (1970), 111-133. Of a mean
    with variance V, `own` is 1 - c V / (V + A) with c = (k - g - 2) / (k - g), of k employees in g teams; this factor,
    which allows for A being estimated, and the standard deviation are those of C. N. Morris, "Parametric empirical
    Bayes inference", JASA 78 (1983), 47-55. With equal variances the estimate is that of James and Stein.

    Examples
    --------
    >>> shrink_means([10.0, 12.0, 20.0, 14.0, 14.0], [9.0] * 5).value
    array([11.28571429, 12.64285714, 18.07142857, 14.        , 14.        ])
    """
    mean, variance = _numbers("means", means), _numbers("variances", variances)
    faults = Faults("means")
    if mean.ndim != 1 or mean.shape != variance.shape:
        faults.add(f"{mean.size} means and {variance.size} variances", remedy="give one variance for each mean")
        faults.raise_if_any()
    endless = np.isinf(mean)
    if endless.any():
        faults.add("a mean is not finite", rows=np.flatnonzero(endless).tolist(), remedy="correct it")
    wrong = ~np.isnan(mean) & ~(np.isfinite(variance) & (variance > 0))
    if wrong.any():
        rows = np.flatnonzero(wrong).tolist()
        faults.add("a variance is not a number above 0", rows=rows, remedy="give that of the mean")
    faults.raise_if_any()
    size = np.where(np.isnan(mean), 0.0, 1 / np.where(np.isnan(mean), 1.0, variance))
    total = np.where(size > 0, mean * size, 0.0)
    codes = _codes(teams, len(size))
    return _told(Sample.MEAN, total, size, pull(Sample.MEAN, total, size, teams=codes, within=1.0), confidence)


def _numbers(name: str, values: Values) -> Floats:
    """Return numbers as an array; text is no number here, even where it reads like one."""
    array = np.asarray(values)
    if array.dtype.kind not in "biufO" or (array.dtype.kind == "O" and any(isinstance(v, str) for v in array.flat)):
        raise DataError(Problem(f"{name} are no numbers: {array.dtype}", remedy="give one number for each employee"))
    return array.astype(float)


def _given(first: tuple[str, Values], second: tuple[str, Values]) -> tuple[Floats, Floats]:
    arrays = [_numbers(name, values) for name, values in (first, second)]
    faults = Faults("counts")
    if arrays[0].ndim != 1 or arrays[0].shape != arrays[1].shape:
        what = f"{arrays[0].size} {first[0]} and {arrays[1].size} {second[0]}"
        faults.add(what, remedy="give one number of each for every employee")
        faults.raise_if_any()
    for (name, _), array in zip((first, second), arrays, strict=True):
        wrong = ~(np.isfinite(array) & (array >= 0))
        if wrong.any():
            rows = np.flatnonzero(wrong).tolist()
            faults.add(f"{name} must be finite numbers of at least 0", rows=rows, remedy="correct the counts")
    lone = (arrays[0] > 0) & (arrays[1] == 0)
    if lone.any():
        rows = np.flatnonzero(lone).tolist()
        faults.add(f"{first[0]} without {second[0]}", rows=rows, remedy="correct the counts")
    faults.raise_if_any()
    return arrays[0], arrays[1]


def _codes(teams: Sequence[object] | None, size: int) -> Ints:
    if teams is None:
        return np.zeros(size, dtype=np.int64)
    codes, _ = pd.factorize(pd.Series(list(teams)))
    faults = Faults("teams")
    if len(codes) != size:
        faults.add(f"{len(codes)} teams for {size} employees", remedy="give one team for each")
    if (codes < 0).any():
        faults.add("a team is missing", rows=np.flatnonzero(codes < 0).tolist(), remedy="name it")
    faults.raise_if_any()
    return np.asarray(codes, dtype=np.int64)


def pull(
    sample: Sample,
    numerator: Floats,
    denominator: Floats,
    *,
    teams: Ints,
    toward: Floats | None = None,
    parameters: int = 0,
    within: float = 0.0,
) -> Pulled:
    """Return the estimates of one indicator for all employees.

    Parameters
    ----------
    sample
        What the indicator is a sample of.
    numerator, denominator
        Counts of each employee; without a denominator the estimate is missing.
    teams
        Number of each one's team, from 0.
    toward
        What each is pulled to; default the mean of the team.
    parameters
        How many numbers `toward` was estimated with; not asked for without it.
    within
        Variance of single values, of a mean.
    """
    seen = denominator > 0
    x, n, code = numerator[seen], denominator[seen], teams[seen]
    k = len(n)
    if toward is None:
        goal, leverage, groups = _team_means(sample, x, n, code)
    else:
        goal, leverage, groups = toward[seen], np.zeros(k), parameters
    free = k - groups
    if sample is Sample.MEAN:
        between, own = _own_of_means(x, n, goal, leverage, free, within)
        size = n / own
    else:
        between, own, most = _own_of_counts(sample, x, n, goal, leverage, free)
        size = n / np.maximum(most, 1e-12)  # where nothing is told the size is large, not infinite
    value = goal + own * (x / n - goal)
    sd = _deviation(sample, value, size, within)
    if sample is Sample.MEAN and free > _FEWEST_FREE:
        off = x / n - goal
        sd = np.sqrt(within / n * (1 - free / k * (1 - own)) + 2 / (free - 2) * ((1 - own) * off) ** 2)

    def spread(found: Floats) -> Floats:
        whole = np.full(len(denominator), np.nan)
        whole[seen] = found
        return whole

    return Pulled(spread(value), spread(sd), spread(own), spread(size), spread(goal), between)


def _team_means(sample: Sample, x: Floats, n: Floats, code: Ints) -> tuple[Floats, Floats, int]:
    """Return the mean of each one's team, each one's part in it, and the number of teams."""
    size = int(code.max(initial=-1)) + 1
    above, below = np.bincount(code, x, size), np.bincount(code, n, size)
    mean = np.divide(above, below, out=np.zeros(size), where=below > 0)
    if sample is not Sample.MEAN:
        # A team without one event, or without one failure, is no proof that there can be none.
        none = (above == 0) & (below > 0)
        mean = np.where(none, 0.5 / np.where(none, below + 1, 1.0), mean)
    if sample is Sample.RATE:
        full = (above == below) & (below > 0)
        mean = np.where(full, (above + 0.5) / (below + 1), mean)
    return mean[code], n / below[code], int((below > 0).sum())


def _own_of_means(
    x: Floats, n: Floats, goal: Floats, leverage: Floats, free: int, within: float
) -> tuple[float, Floats]:
    """Return the variance between employees, and how much each one's sample tells."""
    if free <= _FEWEST_FREE:
        return 0.0, np.ones(len(n))
    weight = n / within
    excess = float((weight * (x / n - goal) ** 2).sum()) - free
    scale = float((weight * (1 - leverage)).sum())
    between = max(0.0, excess / scale) if scale > 0 else 0.0
    return between, 1 - (free - 2) / free / (1 + between * weight)


def _own_of_counts(
    sample: Sample, x: Floats, n: Floats, goal: Floats, leverage: Floats, free: int
) -> tuple[float, Floats, Floats]:
    """Return how much employees differ beyond chance, how much each one's sample tells, and may tell at most.

    The moment estimate has an error of its own. What a sample tells is the mean over all that it may be: normal around
    the estimate, and not below 0. Intervals are made with what it is below five times in six, or they would be too
    narrow wherever it came out low.
    """
    used = leverage < 1
    due = n * goal
    chance = due * (1 - goal) if sample is Sample.RATE else due
    alike = np.maximum(n - 1, 0.0) * chance if sample is Sample.RATE else due**2
    scale = float(alike[used].sum())
    if free <= _FEWEST_FREE or scale <= 0:
        return 0.0, np.ones(len(n)), np.ones(len(n))
    # The mean was made with the employee's own counts, so they are nearer to it than chance has it.
    kept = np.where(used, 1 - leverage, 1.0)
    estimate = float(((x - due) ** 2 / kept - chance)[used].sum()) / scale
    top = 1.0 if sample is Sample.RATE else np.inf
    between = min(top, max(0.0, estimate))
    variance = chance + between * alike
    error = float(np.sqrt((2 * variance**2 + variance)[used].sum())) / scale
    points = _may_be(estimate, error, top)
    told = [
        each * n / (1 - each + each * n) if sample is Sample.RATE else each * due / (1 + each * due) for each in points
    ]
    return between, np.mean(told, axis=0), told[_CAUTIOUS]


def _may_be(estimate: float, error: float, top: float) -> Floats:
    """Return points of equal chance of a normal value cut to [0, top]."""
    from scipy.special import ndtr, ndtri

    # Farther out than this the shape of the tail is no longer that of a normal distribution anyway.
    centre = max(estimate, -_FARTHEST * error)
    low, high = ndtr(-centre / error), ndtr((top - centre) / error)
    places = low + (high - low) * (np.arange(_POINTS) + 0.5) / _POINTS
    return np.asarray(np.clip(centre + error * ndtri(places), 0.0, top))


def _deviation(sample: Sample, value: Floats, size: Floats, within: float) -> Floats:
    if sample is Sample.MEAN:
        return np.asarray(np.sqrt(within / size))
    if sample is Sample.RATE:
        a, b = _beta(value, size)
        return np.asarray(np.sqrt(a * b / (a + b + 1)) / (a + b))
    return np.asarray(np.sqrt(np.maximum(value * size, _LEAST_SHAPE)) / size)


def _beta(value: Floats, size: Floats) -> tuple[Floats, Floats]:
    return np.maximum(value * size, _LEAST_SHAPE), np.maximum((1 - value) * size, _LEAST_SHAPE)


def bounds_of(sample: Sample, pulled: Pulled, confidence: float) -> tuple[Floats, Floats]:
    """Return the interval of estimates; missing where they are.

    Of a rate and a count it is that of the posterior distribution, and it holds the estimate in any case.
    """
    from scipy.special import betaincinv, gammaincinv

    tail = (1 - confidence) / 2
    if sample is Sample.MEAN:
        half = NormalDist().inv_cdf(1 - tail) * pulled.sd
        return pulled.value - half, pulled.value + half
    known = ~np.isnan(pulled.value)
    size, value = np.where(known, pulled.size, 1.0), np.where(known, pulled.value, 0.5)
    if sample is Sample.RATE:
        a, b = _beta(value, size)
        low, high = betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)
    else:
        shape = np.maximum(value * size, _LEAST_SHAPE)
        low, high = gammaincinv(shape, tail) / size, gammaincinv(shape, 1 - tail) / size
    low, high = np.minimum(low, value), np.maximum(high, value)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _told(sample: Sample, numerator: Floats, denominator: Floats, pulled: Pulled, confidence: float) -> Shrunk:
    check_fraction("confidence", confidence, include_one=False)
    low, high = bounds_of(sample, pulled, confidence)
    raw = np.divide(numerator, denominator, out=np.full(len(denominator), np.nan), where=denominator > 0)
    return Shrunk(raw, pulled.value, low, high, pulled.sd, pulled.own, pulled.toward, pulled.between)
