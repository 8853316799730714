"""`Auto`: several models, weighed by how they did on past days at the horizon that is asked for.

Nothing is weighed by fit: every model forecasts the last weeks from what was known before them, as far ahead as it will
have to, and counts by the inverse of its squared error. A model clearly worse than the best is left out. A few weeks
say little of the next ones, so the weights are shrunk towards the first model, by the number of days tried.

Sources: Bates & Granger, "The combination of forecasts" (1969), eq. 4 (weights by inverse mean squared error);
Lichtendahl, Grushka-Cockayne & Winkler, "Is it better to average probabilities or quantiles?" (Management Science
2013) (quantiles are averaged).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.errors import DataError, NotFittedError, Problem
from wfm.forecast.backtesting import TRAINING_DAYS, Model
from wfm.forecast.baselines import SeasonalNaive, WeeklyMean
from wfm.forecast.days import as_date, day_number
from wfm.forecast.grid import History, read_history, wall_clock
from wfm.forecast.members import PoissonGLM, RootSVD, UnobservedComponents
from wfm.forecast.model import Forecaster
from wfm.forecast.prepare import OwnHours, Place
from wfm.forecast.result import Forecast
from wfm.schema import QUANTILES, FrameLike, check, frame_of
from wfm.timegrid import Horizon, day_starts

__all__ = ["Auto", "usual_models"]

_FIRST = "Forecaster"
_SPACING = 8  # days between origins, so that they fall on different weekdays
_LEFT_OUT = 1.1  # times the least error from which a model is left out
_PRIOR_DAYS = 30.0  # days of evidence at which the weights are half believed, as for the bands of the default model


def usual_models(first: Forecaster) -> dict[str, Model]:
    """Return the models that are weighed where none are named, with the calendar and the hours of the first one."""
    calendar, hours, stale = first.calendar, first.hours, first.stale_after_days
    return {
        _FIRST: first,
        "UnobservedComponents": UnobservedComponents(calendar=calendar, hours=hours, stale_after_days=stale),
        "PoissonGLM": PoissonGLM(calendar=calendar, hours=hours, stale_after_days=stale),
        "RootSVD": RootSVD(calendar=calendar, hours=hours, stale_after_days=stale),
    }


class Auto:
    """A weighted mean of models, weighed by rolling origin at the horizon of `predict`.

    Parameters
    ----------
    models
        Models by name, beside `SeasonalNaive` and `WeeklyMean`, which are always tried. The first gives handle times,
        spread and audit, and stands where little is known of the others. Default `Forecaster`, `UnobservedComponents`,
        `PoissonGLM` and `RootSVD`.
    calendar, hours
        For the default models and the baselines, as in `Forecaster`; default none.
    origins
        Past forecasts by which models are weighed, 1 to 26, eight days apart; default 4. Where the history is too
        short for one, the first model stands alone and the words say so.

    Attributes
    ----------
    weights_
        After `predict`: weights by queue and model; they sum to 1.
    tried_
        After `predict`: frame `queue, model, wmape, weight, verdict`.
    origins_
        After `predict`: first days of the past forecasts.

    Notes
    -----
    Seconds, not tenths of them: every model is fitted at every origin.
    """

    def __init__(
        self,
        *,
        models: Mapping[str, Model] | None = None,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        origins: int = 4,
    ) -> None:
        self.origins = check_int("origins", origins, 1, 26)
        if models is not None and not models:
            raise DataError(Problem("no models", remedy="give at least one by name, or leave models out"))
        given = dict(models or usual_models(Forecaster(calendar=calendar, hours=hours)))
        given.setdefault("SeasonalNaive", SeasonalNaive(calendar=calendar, hours=hours))
        given.setdefault("WeeklyMean", WeeklyMean(calendar=calendar, hours=hours))
        self.models: dict[str, Model] = given

    def fit(self, history: FrameLike, drivers: FrameLike | None = None, flags: FrameLike | None = None) -> Auto:
        """Take a history; the models are fitted and weighed by `predict`, which knows how far ahead.

        Parameters
        ----------
        history
            Frame `history`.
        drivers, flags
            As in `Forecaster.fit`, for the models that are a `Forecaster`; the others know nothing of them.

        Raises
        ------
        DataError
            With every fault of the history.
        """
        self._history: History = read_history(history)
        self._drivers, self._flags = drivers, None if flags is None else frame_of(flags)
        return self

    def predict(self, horizon: Horizon, drivers: FrameLike | None = None) -> Forecast:
        """Weigh the models at this horizon, and forecast it; takes and raises what `Forecaster.predict` does."""
        if not hasattr(self, "_history"):
            raise NotFittedError("the Auto is not fitted; call fit(history) first")
        first, *_ = self.models
        base = self._said(self.models[first], self._history.frame, horizon, drivers)
        errors, failed = self._errors(horizon)
        said = {first: base.frame}
        for name, model in self.models.items():
            if name != first and name not in failed and errors.loc[:, name].notna().any():
                ahead = self._said(model, self._history.frame, horizon, drivers)
                frame = check(ahead.to_frame(), "forecast", tz=base.tz)
                if frame[["queue", "start"]].equals(base.frame[["queue", "start"]]):
                    said[name] = frame
                else:
                    failed[name] = "does not forecast the same intervals"
        self.weights_: dict[str, dict[str, float]] = {
            queue: _weights(errors.loc[queue] if queue in errors.index else None, list(said), self._days(horizon))
            for queue in base.queues
        }
        self.tried_: pd.DataFrame = self._tried(errors, failed)
        words = {queue: self._in_words(queue, horizon) for queue in base.queues}
        return replace(base, frame=self._mean(base, said), models=words)

    def _said(self, model: Model, known: pd.DataFrame, horizon: Horizon, drivers: FrameLike | None = None) -> Forecast:
        """Return what a model says of a horizon from a history; drivers and flags go to the kind that takes them."""
        if not isinstance(model, Forecaster):
            return model.fit(known).predict(horizon)
        flags = self._flags
        if flags is not None and "end" in flags:
            end = known["start"].max() + pd.Timedelta(seconds=self._history.interval_s)
            flags = flags[flags["end"] <= end] if len(known) < len(self._history.frame) else flags
        return model.fit(known, self._drivers, flags).predict(horizon, drivers)

    def _past(self, horizon: Horizon) -> tuple[list[date], int]:
        """Return the first days of past forecasts of this length, and the days between knowing and the first."""
        day, _ = wall_clock(pd.DatetimeIndex(self._history.frame["start"]), self._history.interval_s)
        spans = pd.Series(day).groupby(self._history.frame["queue"]).agg(["min", "max"])
        last = int(day.max())
        gap = day_number(horizon.dates[0]) - last - 1
        latest = last + 1 - len(horizon.dates)
        least = int(spans["min"].max()) + TRAINING_DAYS + max(gap, 0)
        found = [latest - n * _SPACING for n in range(self.origins) if latest - n * _SPACING >= least]
        return [as_date(number) for number in sorted(found)], gap

    def _days(self, horizon: Horizon) -> int:
        """Return the number of different days that models were tried on."""
        return len({origin + timedelta(days=n) for origin in self.origins_ for n in range(len(horizon.dates))})

    def _errors(self, horizon: Horizon) -> tuple[pd.DataFrame, dict[str, str]]:
        """Return the wMAPE by queue and model over past forecasts of this length, and why a model has none."""
        days, gap = self._past(horizon)
        self.origins_: tuple[date, ...] = tuple(days)
        history, failed = self._history, {}
        off: dict[str, list[pd.Series]] = {name: [] for name in self.models}
        volume: list[pd.Series] = []
        for origin in days:
            known_to, begin, end = day_starts(
                [origin - timedelta(days=gap), origin, origin + timedelta(days=len(horizon.dates))], history.tz
            )
            known = history.frame[history.frame["start"] < known_to]
            actual = history.frame[(history.frame["start"] >= begin) & (history.frame["start"] < end)]
            actual = actual[["queue", "start", "offered"]].rename(columns={"offered": "actual"})
            volume.append(actual.groupby("queue")["actual"].sum())
            step = timedelta(seconds=history.interval_s)
            ahead = Horizon(origin, days=len(horizon.dates), interval=step, tz=history.tz)
            for name, model in self.models.items():
                try:
                    said = self._said(model, known, ahead).to_frame()[["queue", "start", "offered"]]
                except DataError as error:
                    failed[name] = str(error.problems[0])
                    continue
                both = actual.merge(said, on=["queue", "start"], how="left").fillna({"offered": 0.0})
                off[name].append((both["offered"] - both["actual"]).abs().groupby(both["queue"]).sum())
        total = pd.concat(volume).groupby(level=0).sum() if volume else pd.Series(dtype=float)
        columns = {
            name: pd.concat(parts).groupby(level=0).sum() / total.where(total > 0)
            for name, parts in off.items()
            if parts and name not in failed
        }
        return pd.DataFrame(columns, index=total.index).reindex(columns=list(self.models)), failed

    def _mean(self, base: Forecast, said: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        frame = base.frame.copy()
        columns = ["offered", *(name for name in QUANTILES if all(name in each for each in said.values()))]
        values = {name: each[columns].to_numpy(dtype=float) for name, each in said.items()}
        result = np.zeros((len(frame), len(columns)))
        for queue, weights in self.weights_.items():
            rows = (frame["queue"] == queue).to_numpy()
            for name, weight in weights.items():
                if weight > 0:
                    result[rows] += weight * values[name][rows]
            whole = values[next(iter(said))][rows, 1:]
            if np.all(whole == np.rint(whole)):
                result[rows, 1:] = np.rint(result[rows, 1:])
        frame[columns] = result
        return frame.drop(columns=[name for name in QUANTILES if name in frame and name not in columns])

    def _tried(self, errors: pd.DataFrame, failed: Mapping[str, str]) -> pd.DataFrame:
        rows = []
        for queue, weights in self.weights_.items():
            for name in self.models:
                error = float(errors.loc[queue, name]) if queue in errors.index else float("nan")
                weight = weights.get(name, 0.0)
                verdict = (
                    "counts"
                    if weight > 0
                    else failed.get(name, "left out: not tried" if np.isnan(error) else "left out: worse")
                )
                rows.append({"queue": queue, "model": name, "wmape": error, "weight": weight, "verdict": verdict})
        return pd.DataFrame(rows, columns=["queue", "model", "wmape", "weight", "verdict"])

    def _in_words(self, queue: str, horizon: Horizon) -> str:
        own = self.tried_[self.tried_["queue"] == queue].sort_values("wmape", kind="stable")
        if own["wmape"].isna().all():
            return f"auto: {own.loc[own['weight'] > 0, 'model'].iloc[0]} alone, no past forecast to weigh models by"
        counted = ", ".join(
            f"{r.weight:.0%} {r.model} (wMAPE {r.wmape:.1%})" for r in own[own["weight"] > 0].itertuples()
        )
        rest = ", ".join(
            f"{r.model} ({r.verdict})" if np.isnan(r.wmape) else f"{r.model} ({r.wmape:.1%})"
            for r in own[own["weight"] == 0].itertuples()
        )
        weighed = f"by {_counted(len(self.origins_), 'past forecast')}, each of {_counted(len(horizon.dates), 'day')}"
        return f"auto: {counted}; left out: {rest or 'none'}; {weighed}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _weights(errors: pd.Series | None, names: list[str], days: int) -> dict[str, float]:
    """Return the weights of models by their errors; the first alone where nothing is known of them."""
    known = {name: float(errors[name]) for name in names if errors is not None and np.isfinite(errors[name])}
    if not known:
        return {name: float(n == 0) for n, name in enumerate(names)}
    least = min(known.values())
    raw: dict[str, float] = {
        name: 1 / max(error, 1e-6) ** 2 if error <= _LEFT_OUT * least + 1e-9 else 0.0 for name, error in known.items()
    }
    total: float = sum(raw.values())
    trust = days / (days + _PRIOR_DAYS)
    return {name: trust * raw.get(name, 0.0) / total + (1 - trust) * (n == 0) for n, name in enumerate(names)}
