"""Three other models behind the forecaster's face, for comparison and for `Auto`, which weighs them.

They forecast contacts only, not handle times, and say nothing of sample paths. All public holidays are one sort of day
to them, all events another; the default model knows more of each. What depends on the days ahead is estimated by
`predict`.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_int
from wfm.errors import DataError, NotFittedError, Problem
from wfm.forecast.days import DayFeatures
from wfm.forecast.grid import BoolArray, FloatArray, wall_clock
from wfm.forecast.marks import Sort
from wfm.forecast.prepare import OwnHours, Place, QueueHistory, check_horizon, early_ends, prepare
from wfm.forecast.profile import day_levels, fit_profile
from wfm.forecast.result import Forecast, audit_frame
from wfm.forecast.uncertainty import LEVELS, Calibration, Dispersion, fit_dispersion, quantiles
from wfm.schema import QUANTILES, FrameLike
from wfm.timegrid import Horizon

__all__ = ["PoissonGLM", "RootSVD", "UnobservedComponents"]

_HALF_LIFE = 42.0  # days at which a day counts half, as in the default model
_LEAST_COVERED = 0.5  # share of a day that must be recorded for the day to count
_LEAST_DAYS = 10
_FLOOR = 0.5  # contacts of a day with none, in logarithms
_LATE = 56  # days whose errors tell how far a day may be off


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """One queue as a member sees it.

    `features`, `volume`, `levels` (day totals if all had been recorded), `weight` (discount, 0 for special days and for
    those that are not used) and `used` have an entry for each day; `profile` and `is_open` a row for each weekday.
    """

    features: DayFeatures
    volume: FloatArray
    levels: FloatArray
    weight: FloatArray
    used: BoolArray
    profile: FloatArray
    is_open: BoolArray
    dispersion: Dispersion
    whole: bool

    @classmethod
    def of(cls, queue: QueueHistory, calendar: Calendar | None) -> _Sample:
        """Return the sample of a queue's history."""
        grid = queue.grid
        features = queue.features(int(grid.days[-1]), calendar)
        discount = 0.5 ** ((grid.days[-1] - grid.days) / _HALF_LIFE)
        ordinary = discount * ~features.special
        profile = fit_profile(grid.volume, features.weekday, queue.usual, ordinary)
        levels, covered = day_levels(grid.volume, profile[features.weekday])
        used = covered >= _LEAST_COVERED
        if used.sum() < _LEAST_DAYS:
            what = f"queue {queue.name!r} has {int(used.sum())} days of which half or more is recorded"
            raise DataError(Problem(what, remedy=f"give at least {_LEAST_DAYS}, or use Forecaster()"))
        weight = np.where(used, ordinary, 0.0)
        dispersion = fit_dispersion(grid.volume, levels[:, None] * profile[features.weekday], weight)
        volume = grid.volume[~np.isnan(grid.volume)]
        whole = bool(np.mean(volume == np.rint(volume)) > 0.99)
        return cls(features, grid.volume, levels, weight, used, profile, queue.usual, dispersion, whole)

    def regressors(self, days: DayFeatures) -> FloatArray:
        """Return what is known of days beside weekday and date: a column for each thing that the history has seen."""
        past = _regressors(self.features)[self.used]
        return np.asarray(_regressors(days)[:, np.ptp(past, axis=0) > 0])


def _regressors(days: DayFeatures) -> FloatArray:
    turn = 2 * np.pi * days.phase
    sorts = [[any(mark.sort is sort for mark in marks) for marks in days.marks] for sort in Sort]
    return np.column_stack([days.after_closed, *sorts, np.sin(turn), np.cos(turn)]).astype(float)


class _Member(ABC):
    """A model of one queue after another, by day and interval, with the face of `Forecaster`."""

    def __init__(
        self,
        *,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        weeks: int = 52,
        stale_after_days: int = 42,
    ) -> None:
        self.calendar = calendar
        self.hours = hours
        self.weeks = check_int("weeks", weeks, 2, 520)
        self.stale_after_days = check_int("stale_after_days", stale_after_days, 0)

    @abstractmethod
    def _said(self, sample: _Sample, days: DayFeatures) -> tuple[FloatArray, FloatArray, str]:
        """Return mean by day and interval, variance of the logarithm of each day's total, and the model in words."""

    def fit(self, history: FrameLike) -> _Member:
        """Fit every queue of a history (frame `history`); raises `DataError` with every fault of it."""
        self._prepared = prepare(history, self.calendar, self.hours, self.weeks)
        self._samples = {queue.name: _Sample.of(queue, self._prepared.calendar) for queue in self._prepared.queues}
        return self

    def predict(self, horizon: Horizon) -> Forecast:
        """Forecast the open intervals of a horizon; raises as `Forecaster.predict` does."""
        if not hasattr(self, "_samples"):
            raise NotFittedError(f"the {type(self).__name__} is not fitted; call fit(history) first")
        check_horizon(horizon, self._prepared, self.stale_after_days)
        words: dict[str, str] = {}
        frames = [self._predict_queue(queue, horizon, words) for queue in self._prepared.queues]
        return Forecast(
            pd.concat(frames, ignore_index=True),
            tz=self._prepared.tz,
            interval_s=float(self._prepared.interval_s),
            audit=audit_frame([*self._prepared.audit, *early_ends(horizon, self._prepared)], self._prepared.tz),
            models=words,
            as_of=self._prepared.end,
        )

    def _predict_queue(self, queue: QueueHistory, horizon: Horizon, words: dict[str, str]) -> pd.DataFrame:
        sample = self._samples[queue.name]
        starts = queue.hours.open_starts(horizon)
        day, slot = wall_clock(starts, int(horizon.interval_s))
        mean, variance = np.empty(0), np.empty(0)
        words[queue.name] = "closed"
        if len(day):
            # Every day from the end of the history on: a model by days counts those between, too.
            features = queue.features(int(day.max()), self._prepared.calendar)
            ahead = features.take(features.number > sample.features.number[-1])
            said, spread = np.zeros((len(ahead.number), sample.volume.shape[1])), np.zeros(len(ahead.number))
            words[queue.name] = "no contact in the history: 0"
            if sample.levels[sample.used].any():
                said, spread, words[queue.name] = self._said(sample, ahead)
            row = day - ahead.number[0]
            mean = np.maximum(said[row, slot], 0.0)
            variance = sample.dispersion.variance(mean, spread[row], slot)
        columns: dict[str, object] = {"queue": queue.name, "start": starts, "offered": mean}
        values = quantiles(mean, variance, Calibration(LEVELS, 0), whole=sample.whole)
        columns |= {name: values[:, n] for n, name in enumerate(QUANTILES)}
        return pd.DataFrame(columns).astype({"queue": "str"})


class UnobservedComponents(_Member):
    """Day level by a structural model, times the intraday profile.

    The logarithm of the day total is a local level, a weekly pattern that may drift, and regressors: the day after a
    closed one, sorts of special days, the phase of the month. Variances are estimated by maximum likelihood
    (statsmodels, Kalman filter); missing days are skipped. Days of the week that are never open are no part of the
    week.

    Parameters
    ----------
    calendar, hours, stale_after_days
        As those of `Forecaster`.
    weeks
        Most recent weeks of history that are used, 2 to 520; default 52.

    Notes
    -----
    Source: Durbin & Koopman, *Time Series Analysis by State Space Methods* (2nd ed., 2012), section 3.2.
    """

    def _said(self, sample: _Sample, days: DayFeatures) -> tuple[FloatArray, FloatArray, str]:
        from statsmodels.tools.sm_exceptions import ConvergenceWarning
        from statsmodels.tsa.statespace.structural import UnobservedComponents as Structural

        week = np.unique(sample.features.weekday[sample.used])
        past, ahead = (np.isin(days_of.weekday, week) for days_of in (sample.features, days))
        logs = np.where(sample.used, np.log(np.maximum(sample.levels, _FLOOR)), np.nan)
        known = sample.regressors(sample.features)[past]
        model = Structural(
            logs[past],
            level="local level",
            seasonal=len(week) if len(week) > 1 else None,
            exog=known if known.shape[1] else None,
            mle_regression=False,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # said in words instead
            fitted = model.fit(disp=False, method="lbfgs", maxiter=50)
        settled = "" if fitted.mle_retvals["converged"] else ", not converged"
        words = f"structural day level × weekday profile{settled}"
        level, variance = np.zeros(len(days.number)), np.zeros(len(days.number))
        if ahead.any():
            coming = sample.regressors(days)[ahead]
            said = fitted.get_forecast(int(ahead.sum()), exog=coming if coming.shape[1] else None)
            burnt = 2 * len(week)
            off = np.asarray(fitted.resid)[burnt:][~np.isnan(logs[past])[burnt:]]
            own = np.clip(np.asarray(said.var_pred_mean), 0.0, 1.0)
            # Half the variance of the logarithm lies between the middle of a day's total and its mean.
            noise = float(np.clip(np.mean(off**2), 0.0, 1.0)) if len(off) else 0.0
            level[ahead] = np.exp(np.asarray(said.predicted_mean) + min(noise, 0.1) / 2)
            variance[ahead] = own
        return level[:, None] * sample.profile[days.weekday], variance, words


class PoissonGLM(_Member):
    """Poisson regression of the intervals: by weekday, a curve over the day (cosines), and a trend.

    The curve has `waves` cosines over the open part of the day for each weekday; beside it stand a linear trend, which
    ahead stays at its last value, the day after a closed one, special days and the phase of the month. Recent days
    count more (half after six weeks). Fitted by statsmodels (iteratively reweighted least squares).

    Parameters
    ----------
    waves
        Cosines by weekday, 1 to 24; default 8.
    calendar, hours, stale_after_days
        As those of `Forecaster`.
    weeks
        Most recent weeks of history that are used, 2 to 520; default 26.

    Notes
    -----
    How far a day may be off is read from its fitted days of the last eight weeks, and does not grow with the horizon.
    Source: McCullagh & Nelder, *Generalized Linear Models* (2nd ed., 1989), chapter 6.
    """

    def __init__(
        self,
        *,
        waves: int = 8,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        weeks: int = 26,
        stale_after_days: int = 42,
    ) -> None:
        super().__init__(calendar=calendar, hours=hours, weeks=weeks, stale_after_days=stale_after_days)
        self.waves = check_int("waves", waves, 1, 24)

    def _said(self, sample: _Sample, days: DayFeatures) -> tuple[FloatArray, FloatArray, str]:
        from statsmodels.genmod.families import Poisson
        from statsmodels.genmod.generalized_linear_model import GLM

        past = sample.features
        known = ~np.isnan(sample.volume) & sample.used[:, None]
        day, slot = np.nonzero(known)
        design = self._design(sample, past)[day, slot]
        weight = 0.5 ** ((past.number[-1] - past.number[day]) / _HALF_LIFE)
        mean = float(sample.volume[known].mean())
        # A weekday with few open intervals cannot hold all its waves: what the data cannot tell apart is left at 0.
        strength, directions = np.linalg.eigh(design.T @ (weight[:, None] * design))
        basis = directions[:, strength > 1e-7 * strength[-1]]
        model = GLM(sample.volume[known], design @ basis, family=Poisson(), var_weights=weight)
        start = np.zeros(design.shape[1])
        start[:7] = np.log(mean)
        fitted = model.fit(start_params=start @ basis, maxiter=25, tol=1e-6)
        coefficients = basis @ np.asarray(fitted.params)
        late = sample.used & (past.number > past.number[-1] - _LATE)
        curve = np.exp(np.clip(self._design(sample, past)[late] @ coefficients, -20, 20))
        there = ~np.isnan(sample.volume[late])
        said, seen = (curve * there).sum(axis=1), np.nansum(sample.volume[late], axis=1)
        off = np.log(np.maximum(seen, _FLOOR) / np.maximum(said, _FLOOR))
        ahead = np.exp(np.clip(self._design(sample, days) @ coefficients, -20, 20))
        variance = np.full(len(days.number), float(np.mean(off**2)))
        return ahead, variance, f"Poisson regression with {self.waves} waves by weekday"

    def _design(self, sample: _Sample, days: DayFeatures) -> FloatArray:
        """Return the features: a row for each day, a column for each interval, and their values in the last place."""
        past = sample.features
        recorded = np.flatnonzero((~np.isnan(sample.volume[sample.used])).any(axis=0))
        slots = np.arange(sample.volume.shape[1])
        place = np.clip((slots - recorded[0] + 0.5) / (recorded[-1] - recorded[0] + 1), 0.0, 1.0)
        waves = np.cos(np.pi * place[:, None] * np.arange(self.waves + 1))
        weekday = (days.weekday[:, None] == np.arange(7)).astype(float)
        weekday = weekday * np.isin(np.arange(7), past.weekday[sample.used])
        curves = (waves[None, :, :, None] * weekday[:, None, None, :]).reshape(len(weekday), len(slots), -1)
        trend = np.minimum((days.number - past.number[-1]) / 100.0, 0.0)
        others = np.column_stack([trend, sample.regressors(days)])
        shape = (len(weekday), len(slots), others.shape[1])
        return np.concatenate([curves, np.broadcast_to(others[:, None, :], shape)], axis=2)


class RootSVD(_Member):
    """The day's curve as a few factors of the roots of its counts, each forecast by itself.

    The root of a count plus a quarter has nearly the same noise everywhere. The matrix of these roots, days by
    intervals, is cut down to its first factors (singular value decomposition); a factor's score is that of its weekday,
    discounted, plus an error that fades from day to day. Special days are left out, and forecast as ordinary ones.

    Parameters
    ----------
    factors
        Number of factors, 1 to 10; default 3.
    calendar, hours, stale_after_days
        As those of `Forecaster`.
    weeks
        Most recent weeks of history that are used, 2 to 520; default 52.

    Notes
    -----
    Source: Shen & Huang, "Interday forecasting and intraday updating of call center arrivals" (M&SOM 2008),
    sections 3.1-3.2.
    """

    def __init__(
        self,
        *,
        factors: int = 3,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        weeks: int = 52,
        stale_after_days: int = 42,
    ) -> None:
        super().__init__(calendar=calendar, hours=hours, weeks=weeks, stale_after_days=stale_after_days)
        self.factors = check_int("factors", factors, 1, 10)

    def _said(self, sample: _Sample, days: DayFeatures) -> tuple[FloatArray, FloatArray, str]:
        use = sample.weight > 0
        past, weight = sample.features.take(use), sample.weight[use]
        filled = sample.levels[use][:, None] * sample.profile[past.weekday]
        volume = np.where(np.isnan(sample.volume[use]), filled, sample.volume[use])
        roots = np.sqrt(volume + 0.25)
        _, _, right = np.linalg.svd(roots, full_matrices=False)
        curves = right[: self.factors]
        scores = roots @ curves.T
        usual = np.stack([_weekday_mean(scores, past.weekday == n, weight) for n in range(7)])
        off = scores - usual[past.weekday]
        latest = weight[1:, None]
        both = (latest * off[1:] * off[:-1]).sum(axis=0) / np.maximum((latest * off[:-1] ** 2).sum(axis=0), 1e-12)
        fading = np.clip(both, 0.0, 0.98)
        steps = 1.0 + np.cumsum(np.isin(days.weekday, past.weekday)) - np.isin(days.weekday, past.weekday)
        ahead = usual[days.weekday] + fading ** steps[:, None] * off[-1]
        back = np.vstack([usual[past.weekday[:1]], usual[past.weekday[1:]] + fading * off[:-1]])
        fitted = np.maximum(back @ curves, 0.0) ** 2
        # What is squared back lies below the mean; the factor is that of the days it was fitted on.
        smear = float((weight @ volume).sum() / max((weight @ fitted).sum(), 1e-12))
        step = (weight[:, None] * (scores - back) ** 2).sum(axis=0) / weight.sum()
        grown = step[0] * (1 - fading[0] ** (2 * steps)) / max(1 - fading[0] ** 2, 1e-9)
        variance = np.clip(4 * grown / np.maximum(ahead[:, 0] ** 2, 1e-9), 0.0, 1.0)
        return smear * np.maximum(ahead @ curves, 0.0) ** 2, variance, f"{self.factors} factors of the roots of counts"


def _weekday_mean(scores: FloatArray, rows: BoolArray, weight: FloatArray) -> FloatArray:
    chosen = weight * rows if rows.any() else weight
    return np.asarray(chosen @ scores / chosen.sum())
