"""Backtest: what the models would have said on past days, knowing only what was known then."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.errors import DataError, Faults, Problem
from wfm.forecast.baselines import SeasonalNaive, WeeklyMean
from wfm.forecast.days import as_date, day_number
from wfm.forecast.grid import History, read_history, wall_clock
from wfm.forecast.model import Forecaster
from wfm.forecast.prepare import OwnHours, Place
from wfm.forecast.result import Forecast
from wfm.forecast.scoring import MEASURES, measures
from wfm.schema import QUANTILES, FrameLike, check
from wfm.timegrid import Horizon, day_starts

__all__ = ["TRAINING_DAYS", "Backtest", "Model", "backtest"]

_ORIGINS, _SPACING = 6, 8  # eight days apart, so that the origins fall on different weekdays
TRAINING_DAYS = 14  # the least history that a forecast is made from
_ALL = "all"


class Model(Protocol):
    """What a forecast model can do."""

    def fit(self, history: FrameLike) -> Model:
        """Learn from a history."""
        ...

    def predict(self, horizon: Horizon) -> Forecast:
        """Forecast a horizon."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Errors of models on the same past days.

    Parameters
    ----------
    frame
        A row for each `model, horizon` (`"1d"`, `"1w"`, `"4w"`: that long from the origin) and `queue` (and `"all"`):
        `wmape, bias, mase, wcrps, coverage80, coverage95, noise_floor` as fractions (`mase` is a ratio), pooled over
        the origins; `intervals` that were scored and `unsaid`, those of them that the model took for closed (said: 0).
    origins
        First day of each forecast.
    compared
        What was said and what happened: `model, origin, queue, start, actual`, then the columns of the forecast.
    stated
        How the origins were chosen, in words.

    See Also
    --------
    wfm.forecast.scoring.measures : the measures and their sources.
    """

    frame: pd.DataFrame = field(repr=False)
    origins: tuple[date, ...]
    compared: pd.DataFrame = field(repr=False)
    stated: str

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame of errors."""
        return self.frame.copy()

    def measure(self, name: str, *, model: str = "Forecaster", horizon: str = "1w", queue: str = "all") -> float:
        """Return one figure, such as `measure("wmape", horizon="4w")`.

        Raises
        ------
        DataError
            If there is no such figure.
        """
        rows = self.frame.query("model == @model and horizon == @horizon and queue == @queue")
        if name not in MEASURES or rows.empty:
            what = f"no measure {name!r} of model {model!r}, horizon {horizon!r}, queue {queue!r}"
            models = ", ".join(self.frame["model"].unique())
            horizons = ", ".join(self.frame["horizon"].unique())
            remedy = f"measures: {', '.join(MEASURES)}; models: {models}; horizons: {horizons}"
            raise DataError(Problem(what, remedy=remedy))
        return float(rows[name].iloc[0])

    def __str__(self) -> str:
        rows = self.frame[self.frame["queue"] == _ALL]
        width = max(len(str(name)) for name in rows["model"])
        head = f"   {'model':<{width}}  ahead   wMAPE    bias   MASE  wCRPS  80 % band  95 % band  noise floor"
        lines = [f"Backtest: {self.stated}", head]
        for n, row in enumerate(rows.itertuples()):
            corner = "└─" if n == len(rows) - 1 else "├─"
            errors = f"{row.wmape:6.1%}  {row.bias:+6.1%}  {row.mase:5.2f}  {row.wcrps:5.1%}"
            bands = f"{row.coverage80:9.0%}  {row.coverage95:9.0%}  {row.noise_floor:11.1%}"
            lines.append(f"{corner} {row.model:<{width}}  {row.horizon:>5}  {errors}  {bands}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown: str = self.frame.to_html(index=False, float_format="{:.3f}".format)
        return f"<p>{html.escape(self.stated)}</p>{shown}"


def backtest(
    history: FrameLike,
    *,
    origins: Iterable[date | str] | None = None,
    weeks: int = 4,
    models: Mapping[str, Model] | None = None,
    calendar: Place | None = None,
    hours: OwnHours | None = None,
) -> Backtest:
    """Forecast past days from what was known before them, and measure the errors.

    Each model is fitted anew on the rows before the local midnight of each origin; nothing at or after it is seen.

    Parameters
    ----------
    history
        Frame `history`.
    origins
        First day of each forecast. Default the last six that leave `weeks` behind them and two weeks before them, eight
        days apart.
    weeks
        Length of each forecast, 1 to 26; default 4. Measured are one day, one week and all of it.
    models
        Models by name, beside `SeasonalNaive` and `WeeklyMean`, which are always there. Default
        `{"Forecaster": Forecaster(calendar=calendar, hours=hours)}`.
    calendar, hours
        Centre or calendar, and opening hours by queue, for the default model and the baselines, as in `Forecaster`;
        default none.

    Raises
    ------
    DataError
        If the history is faulty or too short, or an origin does not fit it.

    Examples
    --------
    >>> starts = pd.date_range("2026-01-05", periods=84 * 24, freq="1h", tz="UTC")
    >>> history = pd.DataFrame({"queue": "chat", "start": starts, "offered": 10 + starts.hour})
    >>> errors = backtest(history, origins=["2026-02-23"])
    >>> round(errors.measure("wmape", horizon="4w"), 6)
    0.0
    """
    check_int("weeks", weeks, 1, 26)
    checked = read_history(history)
    chosen, stated = _origins(checked, origins, weeks)
    tried: dict[str, Model] = dict(models or {"Forecaster": Forecaster(calendar=calendar, hours=hours)})
    faults = Faults("the models")
    for name, model in tried.items():
        if not (callable(getattr(model, "fit", None)) and callable(getattr(model, "predict", None))):
            faults.add(
                f"{name!r} is no model: {model!r}", remedy="give an object with fit(history) and predict(horizon)"
            )
    faults.raise_if_any()
    tried.setdefault("SeasonalNaive", SeasonalNaive(calendar=calendar, hours=hours))
    tried.setdefault("WeeklyMean", WeeklyMean(calendar=calendar, hours=hours))
    values = [
        _values(checked, origin, weeks, model).assign(model=name, origin=origin)
        for origin in chosen
        for name, model in tried.items()
    ]
    joined = pd.concat(values, ignore_index=True)
    columns = ["model", "origin", "queue", "start", "actual"]
    joined = joined[[*columns, *(column for column in joined if column not in columns)]]
    return Backtest(_measured(joined, tuple(tried), weeks), tuple(chosen), joined, stated)


def _origins(history: History, given: Iterable[date | str] | None, weeks: int) -> tuple[list[date], str]:
    day, _ = wall_clock(pd.DatetimeIndex(history.frame["start"]), history.interval_s)
    spans = pd.Series(day).groupby(history.frame["queue"]).agg(["min", "max"])
    first, last = int(spans["min"].max()) + TRAINING_DAYS, int(day.max()) + 1
    if given is None:
        latest = last - 7 * weeks
        found = [latest - n * _SPACING for n in range(_ORIGINS) if latest - n * _SPACING >= first]
        if not found:
            need = TRAINING_DAYS + 7 * weeks
            what = f"a history of {last - first + TRAINING_DAYS} days is too short for a backtest {weeks} week"
            what += "s ahead" if weeks > 1 else " ahead"
            raise DataError(Problem(what, remedy=f"give at least {need} days, or fewer weeks"))
        dates = [as_date(number) for number in sorted(found)]
        chosen = f"the last {len(dates)} that fit, {_SPACING} days apart" if len(dates) > 1 else "the last that fits"
    else:
        faults = Faults("the origins")
        read: set[date] = set()
        for value in given:
            with faults.collecting():
                read.add(_as_day(value))
        dates = sorted(read)
        if not dates and not faults:
            faults.add("no origin", remedy="give at least one date, or leave origins out")
        for origin in dates:
            if not first <= day_number(origin) < last:
                remedy = f"give a date from {as_date(first)} to {as_date(last - 1)}"
                faults.add(f"origin {origin} leaves less than two weeks before it or no day after it", remedy=remedy)
        faults.raise_if_any()
        chosen = "as given"
    listed = ", ".join(origin.isoformat() for origin in dates)
    count = f"{len(dates)} origin{'s' if len(dates) > 1 else ''}"
    return dates, f"{count} ({chosen}): {listed}; {weeks} week{'s' if weeks > 1 else ''} ahead"


def _as_day(value: date | str) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date(value.year, value.month, value.day)
    except (ValueError, AttributeError):
        raise DataError(Problem(f"origin {value!r} is not a date", remedy="write it as '2026-11-02'")) from None


def _values(history: History, origin: date, weeks: int, model: Model) -> pd.DataFrame:
    """Return what a model says from an origin on beside what happened, and the yardstick of the MASE."""
    begin, end = day_starts([origin, origin + timedelta(weeks=weeks)], history.tz)
    known = history.frame[history.frame["start"] < begin]
    ahead = history.frame[(history.frame["start"] >= begin) & (history.frame["start"] < end)]
    horizon = Horizon(origin, weeks=weeks, interval=timedelta(seconds=history.interval_s), tz=history.tz)
    said = check(model.fit(known).predict(horizon).to_frame(), "forecast", tz=history.tz)
    actual = ahead[["queue", "start", "offered"]].rename(columns={"offered": "actual"})
    both = actual.merge(said, on=["queue", "start"], how="left")
    both["unsaid"] = both["offered"].isna()
    both[["offered", *QUANTILES]] = both.reindex(columns=["offered", *QUANTILES]).fillna({"offered": 0.0})
    if set(QUANTILES) <= set(said.columns):
        both.loc[both["unsaid"], list(QUANTILES)] = 0.0
    both["naive_error"] = both["queue"].map(_naive_errors(known, history.interval_s))
    return both


def _naive_errors(known: pd.DataFrame, interval_s: int) -> dict[object, float]:
    """Return the mean absolute error of repeating the same time of the week before, by queue, over the history."""
    result = {}
    for queue, rows in known.groupby("queue"):
        day, slot = wall_clock(pd.DatetimeIndex(rows["start"]), interval_s)
        # Half-hours that a clock change repeats share a place: the first one stands for both.
        series = pd.Series(rows["offered"].to_numpy(dtype=float), index=day * 1440 + slot)
        series = series[~series.index.duplicated()]
        before = series.reindex(series.index - 7 * 1440).to_numpy()
        result[queue] = float(np.nanmean(np.abs(series.to_numpy() - before))) if np.isfinite(before).any() else np.nan
    return result


def _measured(values: pd.DataFrame, models: tuple[str, ...], weeks: int) -> pd.DataFrame:
    ahead = (values["start"].dt.date - values["origin"]).map(lambda gone: gone.days)
    horizons = {"1d": 1, "1w": 7, f"{weeks}w": 7 * weeks}
    rows = []
    for name in models:
        for horizon, days in horizons.items():
            chosen = values[(values["model"] == name) & (ahead < days)]
            groups = [*chosen.groupby("queue", sort=True), (_ALL, chosen)]
            for queue, part in groups:
                figures = measures(
                    part["actual"].to_numpy(dtype=float),
                    part["offered"].to_numpy(dtype=float),
                    part[list(QUANTILES)].to_numpy(dtype=float),
                    part["naive_error"].to_numpy(dtype=float),
                )
                counts = {"intervals": len(part), "unsaid": int(part["unsaid"].sum())}
                rows.append({"model": name, "horizon": horizon, "queue": str(queue), **figures, **counts})
    return pd.DataFrame(rows)
