"""Day level: what the total of a day will be.

The logarithm of the day level is a sum of parts, each with its own memory: a level that moves fast and returns, a level
that moves slowly, weekdays that drift, the phase of the month, the day after a closed one, days of a kind (public
holidays, events), and drivers (linear). Each part is a Gaussian process, so the whole is one linear system with a
closed solution, days may be missing, and the uncertainty grows with the horizon by itself. Variances are given relative
to the noise of a day, which is estimated: one set of numbers serves every series.

Source: Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), eqs. 2.25-2.26, 4.31, 5.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri

from wfm.forecast.days import DayFeatures
from wfm.forecast.grid import BoolArray, FloatArray

__all__ = ["DayLevel", "fit_level"]

# (variance relative to the noise, memory in days). Chosen on bank_calls from May and June 2003 and on Technion calls
# from March to May 1999, with the benchmark's own origins in sight; the error is flat around these values.
_FAST = (0.6, 7.0)
_SLOW = (0.7, 200.0)
_WEEKDAY = (100.0, 0.1, 120.0)  # constant part, drifting part, memory
_MONTH = (2.0, 0.7)  # variance, length relative to the month's circle
_AFTER_CLOSED = 4.0
_STEP = 400.0
_LABEL = 100.0  # each name that two special days share
_DRIVER = 25.0  # each driver, by its standard deviations from its usual value

_MOST_NOISE = 0.2  # noise of a day above which a thin queue's randomness, not its level, moves the days
_CUT = 1.5  # standard deviations from which a day counts less
_UNUSUAL = 4.0  # standard deviations from which a day is named in the audit
_UNUSUAL_LOG = 0.25  # and at least this far from expectation, as a logarithm
_LOW = 0.25  # share of the expected level below which the logarithm goes on as a straight line
_PASSES, _PASSES_AFTER_STEP = 4, 4

_STEP_DAYS = (5, 40)  # a change of level is looked for this many recorded days before the end
_STEP_SIGNIFICANT = 4.0  # standard deviations that it must stand out from the usual moves of the level
_STEP_LOG = 0.1  # and its least size, as a logarithm


def covariance(left: DayFeatures, right: DayFeatures, step: int | None = None) -> FloatArray:
    """Return the covariance of the log levels of two sets of days, relative to the noise of a day.

    `step` is the number of the first day after a sudden change of the level, if there was one.
    """
    apart = np.abs(left.number[:, None] - right.number).astype(float)
    result = _FAST[0] * np.exp(-apart / _FAST[1]) + _SLOW[0] * np.exp(-apart / _SLOW[1])
    same_weekday = left.weekday[:, None] == right.weekday
    result += same_weekday * (_WEEKDAY[0] + _WEEKDAY[1] * np.exp(-apart / _WEEKDAY[2]))
    turn = np.sin(np.pi * (left.phase[:, None] - right.phase))
    result += _MONTH[0] * np.exp(-2 * (turn / _MONTH[1]) ** 2)
    result += _AFTER_CLOSED * (left.after_closed[:, None] & right.after_closed)
    for row in np.flatnonzero([bool(labels) for labels in left.labels]):
        result[row] += _LABEL * np.array([len(left.labels[row] & labels) for labels in right.labels])
    if step is not None:
        result += _STEP * np.outer(left.number >= step, right.number >= step)
    return np.asarray(result + _DRIVER * left.drivers @ right.drivers.T)


def _own_variance(days: DayFeatures, step: int | None) -> FloatArray:
    """Return the diagonal of `covariance(days, days, step)`."""
    common = _FAST[0] + _SLOW[0] + _WEEKDAY[0] + _WEEKDAY[1] + _MONTH[0]
    labels = np.array([len(labels) for labels in days.labels], dtype=float)
    stepped = _STEP * (days.number >= step) if step is not None else 0.0
    driven = _DRIVER * (days.drivers**2).sum(axis=1)
    return np.asarray(common + _AFTER_CLOSED * days.after_closed + _LABEL * labels + stepped + driven)


@dataclass(frozen=True, slots=True)
class DayLevel:
    """The fitted day level of one queue.

    `days` are those it was fitted on. `noise` is the standard deviation of an ordinary day (logarithm), `weights` how
    much each day counted (1 = fully), `surprise` its distance from what all other days say, in standard deviations,
    `expected` the level that the model sees in it and `unusual` whether it is named in the audit.
    `step` is the first day after a sudden change of the level by the factor `step_ratio`; none and 1 without one.
    `base` is the typical level of each weekday (logarithm), `smear` the factor from the middle of a day's level to its
    mean; `factor`, `ones` and `white` are the Cholesky factor and what was solved with it.
    `scale` is below 1 where the noise of a thin queue would overstate how much its level moves.
    """

    days: DayFeatures
    noise: float
    weights: FloatArray
    surprise: FloatArray
    expected: FloatArray
    unusual: BoolArray
    base: FloatArray
    smear: float
    step: int | None
    step_ratio: float
    scale: float
    factor: FloatArray
    ones: FloatArray
    white: FloatArray

    def predict(self, days: DayFeatures) -> tuple[FloatArray, FloatArray]:
        """Return the mean level of each day, and the covariance of their logarithms with the noise of the days."""
        cross = self._cross(days)
        mean, variance = self._conditioned(days, cross, len(self.white))
        open_end = 1 - self.ones @ cross
        joint = self.scale * covariance(days, days, self.step) - cross.T @ cross
        joint += np.outer(open_end, open_end) / (self.ones @ self.ones)
        joint *= self.noise**2
        np.fill_diagonal(joint, variance)
        return mean, np.asarray(joint)

    def predict_from(self, days: DayFeatures, origins: list[int]) -> list[tuple[FloatArray, FloatArray]]:
        """Return what `predict` would have said with the days before each of the day numbers `origins` alone."""
        cross = self._cross(days)
        return [self._conditioned(days, cross, int(np.searchsorted(self.days.number, origin))) for origin in origins]

    def _cross(self, days: DayFeatures) -> FloatArray:
        return np.asarray(
            solve_triangular(
                self.factor, self.scale * covariance(self.days, days, self.step), lower=True, check_finite=False
            ),
            dtype=float,
        )

    def _conditioned(self, days: DayFeatures, cross: FloatArray, known: int) -> tuple[FloatArray, FloatArray]:
        # The leading block of a Cholesky factor is the factor of the leading block, and so are the first rows of what
        # is solved with it: the past is cut off, not solved anew.
        cross, ones, white = cross[:known], self.ones[:known], self.white[:known]
        centre = (ones @ white) / (ones @ ones)
        log_level = self.base[days.weekday] + centre + cross.T @ (white - centre * ones)
        unknown_centre = (1 - ones @ cross) ** 2 / (ones @ ones)
        spread = self.scale * _own_variance(days, self.step) - (cross**2).sum(axis=0) + unknown_centre + 1
        return self.smear * np.exp(log_level), self.noise**2 * np.maximum(spread, 1.0)


def fit_level(level: FloatArray, days: DayFeatures, kept: BoolArray | None = None) -> DayLevel:
    """Fit the day level.

    Parameters
    ----------
    level
        Observed level of each day; 0 or more, not all 0.
    days
        The days, in order; none missing from `level` (days without an observation are simply not there).
    kept
        Days that count fully, however far they are from what the others say; default none.

    Returns
    -------
    DayLevel
        With days far from what the others say counted less: weight `(1.5 / distance)²` beyond 1.5 standard deviations,
        found by leaving each day out.
    """
    kept = np.zeros(len(level), dtype=bool) if kept is None else kept
    base = np.log(_weekday_base(level, days))
    plain = _robust_fit(level, days, base, np.ones(len(level)), kept, None, _PASSES)
    if plain.noise > _MOST_NOISE:
        # The typical values of single weekdays are random too; they start from that of all days.
        base = np.full(7, np.log(_typical(level)))
        plain = _robust_fit(level, days, base, np.ones(len(level)), kept, None, _PASSES)
    step, size = _find_step(plain, days)
    fit = plain
    if step is not None:
        # Days after the step were held to be unusual so far; they start afresh.
        weights = np.where(days.number >= step, 1.0, plain.weights)
        fit = _robust_fit(level, days, base, weights, kept, step, _PASSES_AFTER_STEP)
    unusual = (
        (np.abs(fit.surprise) > _UNUSUAL)
        & (np.abs(fit.left_out) > _UNUSUAL_LOG)
        & (np.abs(level - fit.expected) > _UNUSUAL * np.sqrt(fit.expected))
        & ~kept
    )
    usual = fit.weights * ~unusual
    smear = float(usual @ level / (usual @ fit.fitted)) if usual @ fit.fitted > 0 else 1.0
    factor = np.asarray(np.linalg.cholesky(fit.prior + np.diag(1 / fit.weights)), dtype=float)
    both = np.column_stack([np.ones(len(level)), fit.response])
    ones, white = solve_triangular(factor, both, lower=True, check_finite=False).T
    return DayLevel(
        days=days,
        noise=fit.noise,
        weights=fit.weights,
        surprise=fit.surprise,
        expected=fit.expected,
        unusual=unusual,
        base=base,
        smear=smear,
        step=step,
        step_ratio=float(np.exp(size)),
        scale=fit.scale,
        factor=factor,
        ones=ones,
        white=white,
    )


class _Fit(NamedTuple):
    """State of the robust fit after its last pass."""

    prior: FloatArray
    scale: float
    response: FloatArray
    weights: FloatArray
    left_out: FloatArray
    surprise: FloatArray
    noise: float
    expected: FloatArray
    fitted: FloatArray


def _robust_fit(
    level: FloatArray,
    days: DayFeatures,
    base: FloatArray,
    weights: FloatArray,
    kept: BoolArray,
    step: int | None,
    passes: int,
) -> _Fit:
    """Solve for the level and weigh the days by their distance from it, in turn."""
    usual = covariance(days, days, step)
    expected = np.exp(base[days.weekday])
    noise = _MOST_NOISE
    for _ in range(passes):
        scale = min(1.0, (_MOST_NOISE / noise) ** 2)
        prior = usual * scale
        response = _log_level(level, expected) - base[days.weekday]
        inverse = _inverse(prior + np.diag(1 / weights))
        centre = inverse.sum(axis=0) @ response / inverse.sum()
        pull = inverse @ (response - centre)
        left_out = pull / np.diag(inverse)
        # The yardstick of a day is what it would be at full weight, whatever weight it has by now.
        apart = left_out / np.sqrt(1 / np.diag(inverse) - 1 / weights + 1)
        noise = max(1.4826 * float(np.median(np.abs(apart))), 1e-9)
        surprise = apart / noise
        weights = np.where(kept, 1.0, np.maximum((_CUT / np.maximum(np.abs(surprise), _CUT)) ** 2, 1e-6))
        expected = np.exp(base[days.weekday] + response - left_out)
    fitted = np.exp(base[days.weekday] + centre + prior @ pull)
    return _Fit(prior, scale, response, weights, left_out, surprise, noise, expected, fitted)


def _inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a symmetric positive definite matrix, in half the time of a general one."""
    factor, _ = dpotrf(matrix, lower=True, clean=True)
    lower, _ = dpotri(factor, lower=True, overwrite_c=True)
    return np.asarray(lower + np.tril(lower, -1).T)


def _find_step(fit: _Fit, days: DayFeatures) -> tuple[int | None, float]:
    """Return the first day after a sudden change of the level and its size as a logarithm, or none and 0.

    A step is tried at each recent day; its size by generalised least squares over what the level does anyway.
    """
    count = len(days.number)
    after = np.arange(count - min(_STEP_DAYS[1], count // 2), count - _STEP_DAYS[0] + 1)
    if not len(after):
        return None, 0.0
    factor = np.linalg.cholesky(fit.prior + np.diag(1 / fit.weights))
    steps = (np.arange(count)[:, None] >= after).astype(float)
    columns = np.column_stack([np.ones(count), fit.response, steps])
    solved = solve_triangular(factor, columns, lower=True, check_finite=False)
    ones, rest = solved[:, 0], solved[:, 1:]
    rest = rest - np.outer(ones, ones @ rest) / (ones @ ones)
    information = (rest[:, 1:] ** 2).sum(axis=0)
    size = rest[:, 1:].T @ rest[:, 0] / information
    strength = np.abs(size) * np.sqrt(information) / fit.noise
    best = int(np.argmax(strength))
    if strength[best] < _STEP_SIGNIFICANT or abs(size[best]) < _STEP_LOG:
        return None, 0.0
    return int(days.number[after[best]]), float(size[best])


def _weekday_base(level: FloatArray, days: DayFeatures) -> FloatArray:
    """Return a typical level of each weekday; of a weekday never seen, that of all days."""
    overall = _typical(level)
    recent = days.number > days.number[-1] - 56
    result = np.full(7, overall)
    for weekday in range(7):
        seen = level[(days.weekday == weekday) & recent]
        seen = seen if len(seen) else level[days.weekday == weekday]
        if len(seen) and seen.max() > 0:
            result[weekday] = _typical(seen)
    return result


def _typical(level: FloatArray) -> float:
    middle = float(np.median(level))
    return middle if middle > 0 else float(np.mean(level))


def _log_level(level: FloatArray, expected: FloatArray) -> FloatArray:
    """Return log(level), going on as a straight line below a quarter of the expected level, so that 0 has a place."""
    share = level / expected
    log_share = np.where(share >= _LOW, np.log(np.maximum(share, _LOW)), np.log(_LOW) + (share - _LOW) / _LOW)
    return np.asarray(np.log(expected) + log_share)
