"""Day level: what the total of a day will be.

The logarithm of the day level is a sum of parts, each with its own memory: a level that moves fast and returns, a level
that moves slowly, weekdays that drift, the phase of the month, the day after a closed one, days of a kind (public
holidays, events), drivers (linear), and in a long history a season and growth. Each part is a Gaussian process, so the
whole is one linear system with a closed solution, days may be missing, and the uncertainty grows with the horizon by
itself. Variances are given relative to the noise of a day, which is estimated, with a factor for each weekday
(`wfm.forecast.noise`): one set of numbers serves every series. What special days do has its own measure
(`wfm.forecast.special`). Ordinary days beyond a year count by weeks, which keeps the system small.

Source: Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), eqs. 2.25-2.26, 4.31, 5.12.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dtpttr, dtrtri, dtrttp

from wfm.forecast.days import DayFeatures, joined
from wfm.forecast.grid import BoolArray, FloatArray
from wfm.forecast.marks import Variances, own_variance, shared
from wfm.forecast.noise import DayNoise, trust, weekday_factors
from wfm.forecast.special import Looks, find_looks, special_variance

__all__ = ["DayLevel", "fit_level"]

# (variance relative to the noise, memory in days). Chosen on origins of bank_calls from May to July 2003, of Technion
# calls from April and May 1999, of electricity demand in Victoria in 2014 (fpp2) and of the synthetic shop; the error
# is flat around these values.
_FAST = (0.8, 10.0)
_SLOW = (0.8, 120.0)
_WEEKDAY = (100.0, 0.1, 120.0)  # constant part, drifting part, memory
_MONTH = (2.0, 0.7)  # variance, length relative to the month's circle
_AFTER_CLOSED = 4.0
_STEP = 400.0
_DRIVER = 25.0  # each driver, by its standard deviations from its usual value

_YEAR_DAYS = 365.25
_YEARLY = (4.0, 0.5)  # of the season: variance, length relative to the year's circle
_GROWTH = 4.0  # variance of the growth in a year
_LONG_DAYS = 400  # history from which there is a season
_RECENT_DAYS = 371  # days that are looked at one by one; older ordinary days are taken by weeks
_OLD_WEEK = 0.3  # variance of the middle of an old week, relative to the noise of a day

_MOST_NOISE = 0.2  # noise of a day above which a thin queue's randomness, not its level, moves the days
_UNUSUAL = 4.0  # standard deviations from which a day is named in the audit
_UNUSUAL_LOG = 0.25  # and at least this far from expectation, as a logarithm
_LOW = 0.25  # share of the expected level below which the logarithm goes on as a straight line
_PASSES, _PASSES_AFTER_STEP = 4, 4
_FEWEST_ORDINARY = 7  # days without a mark that it takes to know what an ordinary day is

_STEP_DAYS = (5, 40)  # a change of level is looked for this many recorded days before the end
_STEP_SIGNIFICANT = 4.0  # standard deviations that it must stand out from the usual moves of the level
_STEP_LOG = 0.1  # and its least size, as a logarithm

_WEEK = 7  # in place of the weekday: the middle of a whole week


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is held of the log levels before any is seen, relative to the noise of a day.

    `noise` is the standard deviation of a typical day and `own` by how much its variance is more on others; `scale` is
    below 1 where the noise of a thin queue would overstate how much its level moves; `step` is the number of the first
    day after a sudden change of the level, if there was one; `last` the last day of the history; `long` whether that is
    long enough for a season and for growth; `special` the variances of what the marks of special days do.
    """

    noise: float
    own: DayNoise = field(default_factory=DayNoise)
    scale: float = 1.0
    step: int | None = None
    last: int = 0
    long: bool = False
    special: Variances = field(default_factory=dict)

    def covariance(self, left: DayFeatures, right: DayFeatures) -> FloatArray:
        """Return the covariance of the log levels of two sets of days, relative to the noise of a day."""
        apart = np.abs(left.number[:, None] - right.number)
        smooth, drift = self._by_distance(int(apart.max(initial=0)))
        weekday = _weekday_shares(left) @ _weekday_shares(right).T
        result = smooth[apart] + weekday * drift[apart]
        # Of the sine of half an angle, the square is half of one less its cosine, and that is a product of vectors.
        turn = _on_circle(left.phase) @ _on_circle(right.phase).T
        turn -= 1
        turn /= _MONTH[1] ** 2
        result += _MONTH[0] * np.exp(turn, out=turn)
        if left.after_closed.any() and right.after_closed.any():
            result += _AFTER_CLOSED * np.outer(left.after_closed, right.after_closed)
        if self.step is not None:
            result += _STEP * np.outer(left.number >= self.step, right.number >= self.step)
        if left.drivers.size:
            result += _DRIVER * left.drivers @ right.drivers.T
        if self.long:
            result += _GROWTH * np.outer(*((days.number - self.last) / _YEAR_DAYS for days in (left, right)))
        if self.scale != 1:
            result *= self.scale
        common = shared(left.marks, right.marks, self.special) if self.special else None
        return np.asarray(result if common is None else result + common / self.noise**2)

    def variance(self, days: DayFeatures) -> FloatArray:
        """Return the diagonal of `covariance(days, days)`."""
        smooth, drift = self._by_distance(0)
        result = np.full(len(days.number), smooth[0] + drift[0] + _MONTH[0])
        result += _AFTER_CLOSED * days.after_closed
        if self.step is not None:
            result += _STEP * (days.number >= self.step)
        result += _DRIVER * (days.drivers**2).sum(axis=1)
        if self.long:
            result += _GROWTH * ((days.number - self.last) / _YEAR_DAYS) ** 2
        result *= self.scale
        if self.special:
            result += np.array([own_variance(marks, self.special) for marks in days.marks]) / self.noise**2
        return np.asarray(result)

    def _by_distance(self, farthest: int) -> tuple[FloatArray, FloatArray]:
        """Return what is shared by all days, and by days of one weekday, that are 0 to `farthest` days apart."""
        apart = np.arange(farthest + 1.0)
        smooth = _FAST[0] * np.exp(-apart / _FAST[1]) + _SLOW[0] * np.exp(-apart / _SLOW[1])
        if self.long:
            smooth += _YEARLY[0] * np.exp(-2 * (np.sin(np.pi * apart / _YEAR_DAYS) / _YEARLY[1]) ** 2)
        return smooth, _WEEKDAY[0] + _WEEKDAY[1] * np.exp(-apart / _WEEKDAY[2])


def _on_circle(phase: FloatArray) -> FloatArray:
    """Return the places on the unit circle of phases in [0, 1)."""
    return np.column_stack([np.cos(2 * np.pi * phase), np.sin(2 * np.pi * phase)])


def _weekday_shares(days: DayFeatures) -> FloatArray:
    """Return how much of each weekday is in a day: a row for each day, of a single 1, or sevenths for a week."""
    return np.asarray(np.vstack([np.eye(7), np.full(7, 1 / 7)])[days.weekday])


@dataclass(frozen=True, slots=True, eq=False)
class DayLevel:
    """The fitted day level of one queue.

    `days` are those it was fitted on. `noise` is the standard deviation of a typical day (logarithm), `own_noise` by
    how much its variance is more on others, `weights` how much each day counted (1 = fully), `surprise` its distance
    from what all other days say, in standard deviations, `expected` the level that the model sees in it and `unusual`
    whether it is named in the audit.
    `step` is the first day after a sudden change of the level by the factor `step_ratio`; none and 1 without one.
    `base` is the typical level of each weekday (logarithm), `smear` the factor from the middle of a day's level to its
    mean; `looks` tells, by the name of a holiday, the weekday it looks like. `known` are the days and weeks that the
    solution rests on, `packed`, `ones` and `white` the lower half of the Cholesky factor and what was solved with it.
    """

    days: DayFeatures
    noise: float
    own_noise: DayNoise
    weights: FloatArray
    surprise: FloatArray
    expected: FloatArray
    unusual: BoolArray
    base: FloatArray
    smear: float
    step: int | None
    step_ratio: float
    looks: Looks
    prior: Prior
    known: DayFeatures
    packed: FloatArray
    ones: FloatArray
    white: FloatArray

    @property
    def factor(self) -> FloatArray:
        """Return the Cholesky factor; only its lower half is kept, for a thousand queues are many."""
        full, _ = dtpttr(len(self.ones), self.packed, uplo="L")
        return np.asarray(full)

    def predict(self, days: DayFeatures) -> tuple[FloatArray, FloatArray]:
        """Return the mean level of each day, and the covariance of their logarithms with the noise of the days."""
        days = self.looks.applied(days)
        cross = self._cross(days)
        mean, variance = self._conditioned(days, cross, len(self.white))
        open_end = 1 - self.ones @ cross
        joint = self.prior.covariance(days, days) - cross.T @ cross
        joint += np.outer(open_end, open_end) / (self.ones @ self.ones)
        joint *= self.noise**2
        np.fill_diagonal(joint, variance)
        return mean * self._strengthened(days), np.asarray(joint)

    def predict_from(self, days: DayFeatures, origins: list[int]) -> list[tuple[FloatArray, FloatArray]]:
        """Return what `predict` would have said with the days before each of the day numbers `origins` alone."""
        days = self.looks.applied(days)
        cross = self._cross(days)
        return [self._conditioned(days, cross, int(np.searchsorted(self.known.number, origin))) for origin in origins]

    def _cross(self, days: DayFeatures) -> FloatArray:
        return np.asarray(
            solve_triangular(self.factor, self.prior.covariance(self.known, days), lower=True, check_finite=False),
            dtype=float,
        )

    def _conditioned(self, days: DayFeatures, cross: FloatArray, known: int) -> tuple[FloatArray, FloatArray]:
        # The leading block of a Cholesky factor is the factor of the leading block, and so are the first rows of what
        # is solved with it: the past is cut off, not solved anew.
        cross, ones, white = cross[:known], self.ones[:known], self.white[:known]
        centre = (ones @ white) / (ones @ ones)
        log_level = self.base[days.weekday] + centre + cross.T @ (white - centre * ones)
        unknown_centre = (1 - ones @ cross) ** 2 / (ones @ ones)
        own = self.own_noise.of(days.weekday, np.exp(log_level))
        spread = self.prior.variance(days) - (cross**2).sum(axis=0) + unknown_centre + own
        return self.smear * np.exp(log_level), self.noise**2 * np.maximum(spread, own)

    def _strengthened(self, days: DayFeatures) -> FloatArray:
        """Return by how much days stand out from what was learnt of the event that theirs is said to be like."""
        factor = np.ones(len(days.number))
        for n in np.flatnonzero([any(mark.strength != 1 for mark in marks) for marks in days.marks]):
            marks = tuple(mark for mark in days.marks[n] if mark.strength != 1)
            cross = shared(self.known.marks, [marks], self.prior.special)
            if cross is None:
                continue
            centre = (self.ones @ self.white) / (self.ones @ self.ones)
            solved = solve_triangular(self.factor, cross, lower=True, check_finite=False)[:, 0]
            lift = float(np.exp(solved @ (self.white - centre * self.ones) / self.noise**2))
            strength = marks[0].strength
            factor[n] = (1 + strength * (lift - 1)) / lift if lift > 1 else lift ** (strength - 1)
        return factor


def fit_level(
    level: FloatArray,
    days: DayFeatures,
    likeness: FloatArray | None = None,
    kept: BoolArray | None = None,
    *,
    counted: bool = False,
) -> DayLevel:
    """Fit the day level.

    Parameters
    ----------
    level
        Observed level of each day; 0 or more, not all 0.
    days
        The days, in order; none missing from `level` (days without an observation are simply not there).
    likeness
        How far the course of each day is from that of each weekday: a row for each day, a column for each weekday, half
        the sum of the absolute differences of the shares; default unknown.
    kept
        Days that count fully, however far they are from what the others say; default none.
    counted
        Whether levels are numbers of contacts, of which thin days have more noise: a share of `1 / level` of the
        variance is chance. Default no, such as for rates.

    Returns
    -------
    DayLevel
        With days far from what the others say counted less (`wfm.forecast.noise.trust`), found by leaving each day out.
        Special days are judged by nothing and count fully: what ordinary days are is found without them, and what they
        are is found against those.
    """
    likeness = np.zeros((len(level), 7)) if likeness is None else likeness
    kept = np.zeros(len(level), dtype=bool) if kept is None else kept
    ordinary, single = _ordinary(level, days)
    base = _base(level[single], days.take(single))
    own_noise = DayNoise(typical=_typical(level[single]), counted=counted)
    prior = Prior(_MOST_NOISE, own_noise, last=int(days.number[-1]), long=bool(np.ptp(days.number) > _LONG_DAYS))
    sample = _sample(level, days, kept, single, ordinary & ~single, base)
    plain = _robust_fit(sample, prior, base, np.ones(len(sample.level)), _PASSES)
    if plain.prior.noise > _MOST_NOISE:
        # The typical values of single weekdays are random too; they start from that of all days.
        base = np.full(8, np.log(_typical(level[single])))
        sample = _sample(level, days, kept, single, ordinary & ~single, base)
        plain = _robust_fit(sample, prior, base, np.ones(len(sample.level)), _PASSES)
    step, size = _find_step(plain, sample)
    fit = plain
    if step is not None:
        # Days after the step were held to be unusual so far; they start afresh.
        weights = np.where(sample.days.number >= step, 1.0, plain.weights)
        fit = _robust_fit(sample, replace(plain.prior, step=step), base, weights, _PASSES_AFTER_STEP)
    unusual = _far_off(fit, sample)
    usual = fit.weights * ~unusual
    smear = float(usual @ sample.level / (usual @ fit.fitted)) if usual @ fit.fitted > 0 else 1.0
    whole = _with_special(fit, sample, _Special(level[~ordinary], days.take(~ordinary), likeness[~ordinary]), base)
    judged = sample.own == 1

    def by_day(values: FloatArray | BoolArray, otherwise: float) -> FloatArray:
        result = np.full(len(level), otherwise)
        result[single] = values[judged]
        return result

    return DayLevel(
        days=days,
        noise=fit.prior.noise,
        own_noise=fit.prior.own,
        weights=by_day(fit.weights, 1.0),
        surprise=by_day(fit.surprise, 0.0),
        expected=by_day(fit.expected, np.nan),
        unusual=by_day(unusual, 0.0) > 0,
        base=base,
        smear=smear,
        step=step,
        step_ratio=float(np.exp(size)),
        looks=whole.looks,
        prior=whole.prior,
        known=whole.days,
        packed=dtrttp(whole.root.factor, uplo="L")[0],
        ones=whole.root.ones,
        white=whole.root.white,
    )


def _ordinary(level: FloatArray, days: DayFeatures) -> tuple[BoolArray, BoolArray]:
    """Return which days are ordinary, and which of them are looked at one by one; with too few, special ones too."""
    ordinary = ~days.special
    if ordinary.sum() < _FEWEST_ORDINARY or not level[ordinary].any():
        ordinary = np.ones(len(level), dtype=bool)
    single = ordinary & (days.number > days.number[-1] - _RECENT_DAYS)
    if single.sum() < _FEWEST_ORDINARY or not level[single].any():
        single = ordinary
    return ordinary, single


class _Sample(NamedTuple):
    """What ordinary days are learnt from: old weeks, then single days; `own` is the variance of each one's noise.

    `kept` are those that count fully in any case.
    """

    level: FloatArray
    days: DayFeatures
    own: FloatArray
    kept: BoolArray


def _sample(
    level: FloatArray, days: DayFeatures, kept: BoolArray, single: BoolArray, old: BoolArray, base: FloatArray
) -> _Sample:
    """Return the single days, and in place of old ones, the middle of each week."""
    taken = days.take(single)
    if not old.any():
        return _Sample(level[single], taken, np.ones(len(taken.number)), kept[single])
    past = days.take(old)
    share = _log_level(level[old], np.exp(base[past.weekday])) - base[past.weekday]
    week = (past.number + 3) // 7  # from Monday
    firsts = np.flatnonzero(np.diff(week, prepend=week[0] - 1))
    middle = np.array([np.median(part) for part in np.split(share, firsts[1:])])
    place = firsts + np.diff(np.append(firsts, len(week))) // 2
    weeks = replace(
        past.take(place),
        weekday=np.full(len(place), _WEEK),
        after_closed=np.zeros(len(place), dtype=bool),
        drivers=np.stack([part.mean(axis=0) for part in np.split(past.drivers, firsts[1:])]),
    )
    return _Sample(
        np.concatenate([np.exp(base[_WEEK] + middle), level[single]]),
        joined(weeks, taken),
        np.concatenate([np.full(len(place), _OLD_WEEK), np.ones(len(taken.number))]),
        np.concatenate([np.zeros(len(place), dtype=bool), kept[single]]),
    )


class _Root(NamedTuple):
    """The Cholesky factor of the covariance of what was seen, and what is solved with it: ones, and what was seen."""

    factor: FloatArray
    ones: FloatArray
    white: FloatArray

    @classmethod
    def of(cls, covariance: FloatArray, response: FloatArray) -> _Root:
        """Solve; `covariance` is used up."""
        factor, _ = dpotrf(covariance.T, lower=True, clean=True, overwrite_a=True)
        columns = np.column_stack([np.ones(len(response)), response])
        ones, white = solve_triangular(factor, columns, lower=True, check_finite=False).T
        return cls(np.asarray(factor), ones, white)

    @property
    def centre(self) -> float:
        """The level that all have in common."""
        return float((self.ones @ self.white) / (self.ones @ self.ones))


class _Fit(NamedTuple):
    """State of the robust fit after its last pass; `own` is the variance of each day's noise before its weight."""

    prior: Prior
    own: FloatArray
    response: FloatArray
    weights: FloatArray
    left_out: FloatArray
    surprise: FloatArray
    expected: FloatArray
    fitted: FloatArray
    root: _Root


def _robust_fit(sample: _Sample, prior: Prior, base: FloatArray, weights: FloatArray, passes: int) -> _Fit:
    """Solve for the level and weigh the days by their distance from it, in turn with the noise of the weekdays."""
    level, days, plain, kept = sample
    usual = prior.covariance(days, days)
    first = base[days.weekday]
    single = plain == 1
    expected, noise, differing = np.exp(first), _MOST_NOISE, prior.own
    own, surprise, unsure = plain, np.zeros(len(level)), np.zeros(len(level))
    for turn in range(passes):
        if turn:
            distance = surprise[single], unsure[single], own[single]
            found = weekday_factors(*distance, days.weekday[single], differing.by_weekday[:7])
            differing = differing.learnt(found, noise)
        own = plain * differing.of(days.weekday, expected)
        scale = min(1.0, (_MOST_NOISE / noise) ** 2)
        response = _log_level(level, expected) - first
        covariance = usual * scale
        covariance[np.diag_indices_from(covariance)] += own / weights
        pull, precision = _solved(covariance, response)
        left_out = pull / precision
        # The yardstick of a day is what it would be at full weight, whatever weight it has by now.
        unsure = 1 / precision - own / weights
        apart = left_out / np.sqrt(unsure + own)
        noise = max(1.4826 * float(np.median(np.abs(apart[single]))), 1e-9)
        surprise = apart / noise
        fitted = np.exp(first + response - own / weights * pull)
        weights = np.where(kept, 1.0, trust(surprise))
        expected = np.exp(first + response - left_out)
    usual *= scale
    root = _Root.of(usual + np.diag(own / weights), response)
    known = replace(prior, noise=noise, own=differing, scale=scale)
    return _Fit(known, own, response, weights, left_out, surprise, expected, fitted, root)


class _Special(NamedTuple):
    """Special days: their levels, and how far their course is from that of each weekday."""

    level: FloatArray
    days: DayFeatures
    likeness: FloatArray


class _Whole(NamedTuple):
    """All that a level is solved with: ordinary and special days, in order."""

    prior: Prior
    looks: Looks
    days: DayFeatures
    root: _Root


def _with_special(fit: _Fit, sample: _Sample, special: _Special, base: FloatArray) -> _Whole:
    """Add the special days to a fit of ordinary ones.

    Each is held against what it would have been as an ordinary day. So it is told which weekdays holidays look like,
    and how much special days of each sort stand out at all.
    """
    if not len(special.level):
        prior = replace(fit.prior, special=special_variance(special.days.marks, np.empty(0), np.empty(0)))
        return _Whole(prior, Looks({}, None), sample.days, fit.root)
    factor, ones, white = fit.root
    cross = solve_triangular(factor, fit.prior.covariance(sample.days, special.days), lower=True, check_finite=False)
    centre = fit.root.centre
    usual = base[special.days.weekday] + centre + cross.T @ (white - centre * ones)
    noise = fit.prior.own.of(special.days.weekday, np.exp(usual))
    unsure = fit.prior.noise**2 * (fit.prior.variance(special.days) - (cross**2).sum(axis=0) + noise)
    seen = np.isin(np.arange(7), sample.days.weekday)
    # What it is above the usual day of each weekday: the level of that time, and the weekday's typical place in it.
    level = _log_level(special.level, np.exp(usual))
    above = (level - usual + base[special.days.weekday])[:, None] - base[:7]
    looks = find_looks(special.days, above, special.likeness, seen)
    days = looks.applied(special.days)
    off = above[np.arange(len(level)), days.weekday]
    prior = replace(fit.prior, special=special_variance(days.marks, off, np.maximum(unsure, 0.0)))
    order = np.argsort(np.concatenate([sample.days.number, days.number]), kind="stable")
    every = joined(sample.days, days).take(order)
    covariance = prior.covariance(every, every)
    likely = np.exp(usual - base[special.days.weekday] + base[days.weekday])
    own = np.concatenate([fit.own / fit.weights, fit.prior.own.of(days.weekday, likely)])[order]
    covariance[np.diag_indices_from(covariance)] += own
    response = np.concatenate([fit.response, level - base[days.weekday]])[order]
    return _Whole(prior, looks, every, _Root.of(covariance, response))


def _far_off(fit: _Fit, sample: _Sample) -> BoolArray:
    """Return which single days are so far from what all others say that the audit names them."""
    return np.asarray(
        (np.abs(fit.surprise) > _UNUSUAL)
        & (np.abs(fit.left_out) > _UNUSUAL_LOG)
        & (np.abs(sample.level - fit.expected) > _UNUSUAL * np.sqrt(fit.expected))
        & (sample.own == 1)
        & ~sample.kept
    )


def _solved(covariance: FloatArray, response: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the inverse times what is off the common level, and the inverse's diagonal; `covariance` is used up.

    The inverse of the Cholesky factor has all of this, in two thirds of the time that the inverse itself would take.
    """
    factor, _ = dpotrf(covariance.T, lower=True, clean=True, overwrite_a=True)
    inverse, _ = dtrtri(factor, lower=True, overwrite_c=True)
    ones, white = inverse.sum(axis=1), inverse @ response
    centre = float((ones @ white) / (ones @ ones))
    return inverse.T @ (white - centre * ones), np.einsum("ij,ij->j", inverse, inverse)


def _find_step(fit: _Fit, sample: _Sample) -> tuple[int | None, float]:
    """Return the first day after a sudden change of the level and its size as a logarithm, or none and 0.

    A step is tried at each recent day; its size by generalised least squares over what the level does anyway.
    """
    days, count = sample.days, len(sample.own)
    after = np.arange(count - min(_STEP_DAYS[1], count // 2), count - _STEP_DAYS[0] + 1)
    if not len(after):
        return None, 0.0
    factor, ones, white = fit.root
    steps = (np.arange(count)[:, None] >= after).astype(float)
    rest = np.column_stack([white, solve_triangular(factor, steps, lower=True, check_finite=False)])
    rest -= np.outer(ones, ones @ rest) / (ones @ ones)
    information = (rest[:, 1:] ** 2).sum(axis=0)
    size = rest[:, 1:].T @ rest[:, 0] / information
    strength = np.abs(size) * np.sqrt(information) / fit.prior.noise
    best = int(np.argmax(strength))
    if strength[best] < _STEP_SIGNIFICANT or abs(size[best]) < _STEP_LOG:
        return None, 0.0
    return int(days.number[after[best]]), float(size[best])


def _base(level: FloatArray, days: DayFeatures) -> FloatArray:
    """Return the logarithm of a typical level of each weekday, and of a week; of a weekday never seen, of all days."""
    overall = _typical(level)
    recent = days.number > days.number[-1] - 56
    result = np.full(7, overall)
    for weekday in range(7):
        seen = level[(days.weekday == weekday) & recent]
        seen = seen if len(seen) else level[days.weekday == weekday]
        if len(seen) and seen.max() > 0:
            result[weekday] = _typical(seen)
    known = np.isin(np.arange(7), days.weekday)
    return np.append(np.log(result), np.log(result[known]).mean())


def _typical(level: FloatArray) -> float:
    middle = float(np.median(level))
    return middle if middle > 0 else float(np.mean(level))


def _log_level(level: FloatArray, expected: FloatArray) -> FloatArray:
    """Return log(level), going on as a straight line below a quarter of the expected level, so that 0 has a place."""
    share = level / expected
    log_share = np.where(share >= _LOW, np.log(np.maximum(share, _LOW)), np.log(_LOW) + (share - _LOW) / _LOW)
    return np.asarray(np.log(expected) + log_share)
