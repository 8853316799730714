"""Memory: how good past forecasts were by their lead time, and what each layer of a forecast added to it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import numpy as np
import pandas as pd

from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.baselines import SeasonalNaive
from wfm.forecast.moving import check_forecast
from wfm.forecast.overrides import Overrides
from wfm.forecast.prepare import OwnHours, Place
from wfm.forecast.result import Forecast
from wfm.forecast.scoring import measures
from wfm.schema import QUANTILES, FrameLike, as_frame
from wfm.timegrid import Horizon, day_starts

__all__ = ["Accuracy", "accuracy_by_lead", "value_added"]

_ALL = "all"
_MEASURES = ("wmape", "bias", "wcrps", "coverage80", "coverage95", "noise_floor")
_NAIVE = "SeasonalNaive"


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """Measures of forecasts against what happened.

    Parameters
    ----------
    frame
        A row for each group and `queue` (and `"all"`): `wmape, bias, wcrps, coverage80, coverage95, noise_floor` as
        fractions, and the number of `intervals`; what else it has is told where it is made.
    stated
        What was compared, in words.

    See Also
    --------
    wfm.forecast.scoring.measures : the measures and their sources.
    """

    frame: pd.DataFrame = field(repr=False)
    stated: str

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame."""
        return self.frame.copy()

    def __str__(self) -> str:
        rows = self.frame[self.frame["queue"] == _ALL].drop(columns="queue")
        texts = [[str(column) for column in rows.columns]]
        texts += [
            ["-" if pd.isna(cell) else f"{cell:.1%}" if isinstance(cell, float) else str(cell) for cell in row]
            for row in rows.itertuples(index=False)
        ]
        widths = [max(len(line[n]) for line in texts) for n in range(len(texts[0]))]
        lines = [self.stated]
        for n, line in enumerate(texts):
            corner = "   " if n == 0 else "└─ " if n == len(texts) - 1 else "├─ "
            cells = [f"{line[0]:<{widths[0]}}"]
            cells += [f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True)]
            lines.append(corner + "  ".join(cells))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown: str = self.frame.to_html(index=False, float_format="{:.3f}".format)
        return f"<p>{html.escape(self.stated)}</p>{shown}"


def accuracy_by_lead(
    forecasts: Iterable[Forecast], history: FrameLike, *, by: Literal["interval", "day"] = "interval"
) -> Accuracy:
    """Measure past forecasts by how long before the day they were made.

    Parameters
    ----------
    forecasts
        Past forecasts, each with its `as_of`.
    history
        Frame `history` with what happened; intervals that have not happened yet are left out.
    by
        Whether errors are those of intervals (default) or of day totals, which have no quantiles.

    Returns
    -------
    Accuracy
        Its frame begins with `lead_days`: local days from the last one known (before `as_of`) to the day forecast; 1
        for the first day after a history that ends at midnight, 0 for the rest of a running day. `forecasts` is the
        number of forecasts behind a row. Intervals before `as_of` are left out: they were known.

    Raises
    ------
    DataError
        If a forecast has no `as_of`, the history is faulty, or nothing of a forecast has happened yet.
    """
    if by not in ("interval", "day"):
        raise DataError(Problem(f"unknown by {by!r}", remedy=did_you_mean(str(by), ("interval", "day"))))
    given = [check_forecast(forecast) for forecast in forecasts]
    faults = Faults("the forecasts")
    if not given:
        faults.add("no forecast", remedy="give at least one")
    for n, forecast in enumerate(given):
        if forecast.as_of is None:
            remedy = "give as_of: the first instant after everything that it was made from"
            faults.add(f"forecast {n + 1} has no as_of", remedy=remedy)
    faults.raise_if_any()
    parts = []
    for n, forecast in enumerate(given):
        both = _compared(forecast, as_frame(history, "history", tz=forecast.tz))
        known = (forecast.as_of - pd.Timedelta(1, "ns")).tz_convert(forecast.tz).date()
        day = both["start"].dt.date
        parts.append(both.assign(forecast=n, day=day, lead_days=[(each - known).days for each in day]))
    values = pd.concat(parts, ignore_index=True)
    if values.empty:
        what = "nothing of the forecasts has happened by the end of the history"
        raise DataError(Problem(what, remedy="give a history that reaches into the forecasts"))
    if by == "day":
        keys = ["forecast", "lead_days", "queue", "day"]
        values = (
            values.groupby(keys, as_index=False)[["actual", "offered"]]
            .sum()
            .reindex(columns=[*keys, "actual", "offered", *QUANTILES])
        )
    rows = []
    for lead, chosen in values.groupby("lead_days"):
        for queue, part in [*chosen.groupby("queue"), (_ALL, chosen)]:
            count = {"forecasts": int(part["forecast"].nunique())}
            rows.append({"lead_days": int(lead), "queue": str(queue), **_measured(part, by), **count})
    stated = f"Accuracy by lead time: {len(given)} forecast{'s' if len(given) > 1 else ''}, errors of {by}s"
    return Accuracy(pd.DataFrame(rows), stated)


def value_added(
    layers: Overrides | Mapping[str, Forecast],
    history: FrameLike,
    *,
    calendar: Place | None = None,
    hours: OwnHours | None = None,
) -> Accuracy:
    """Measure what each layer of a forecast added to the accuracy of the one below it.

    The lowest layer is the seasonal naive forecast from what was known to the first layer given.

    Parameters
    ----------
    layers
        Overrides, whose layers are the statistical forecast and each override in order; or forecasts of the same days
        by name, from the lowest layer up.
    history
        Frame `history`: what was known before the forecast, at least two weeks of it, and what happened.
    calendar, hours
        Calendar and opening hours for the naive forecast, as in `Forecaster`; default none.

    Returns
    -------
    Accuracy
        Its frame begins with `layer`; `value_added` is by how much the layer's wMAPE is below that of the layer before
        it (negative where it did harm), `against_naive` by how much it is below the naive forecast's, as fractions.

    Raises
    ------
    DataError
        If the history is faulty or too short, or nothing of the forecast has happened yet.

    Notes
    -----
    Source: Gilliland, *The Business Forecasting Deal* (2010), chapter 4: forecast value added.
    """
    named = dict(_named(layers))
    first = next(iter(named.values()))
    checked = as_frame(history, "history", tz=first.tz)
    named = {_NAIVE: _naive(first, checked, calendar, hours), **named}
    # All layers are judged on the same intervals: those after the youngest of them.
    latest = max((layer.as_of for layer in named.values() if layer.as_of is not None), default=None)
    wanted = first.frame[["queue", "start"]]
    rows = []
    before: dict[str, float] = {}
    naive: dict[str, float] = {}
    for name, forecast in named.items():
        both = _compared(forecast, checked, latest, wanted)
        if both.empty:
            what = "nothing of the forecast has happened by the end of the history"
            raise DataError(Problem(what, remedy="give a history that reaches into the forecast"))
        for queue, part in [*both.groupby("queue"), (_ALL, both)]:
            figures = _measured(part, "interval")
            error = figures["wmape"]
            naive.setdefault(str(queue), error)
            gain = {
                "value_added": before.get(str(queue), np.nan) - error,
                "against_naive": naive[str(queue)] - error,
            }
            before[str(queue)] = error
            rows.append({"layer": name, "queue": str(queue), **figures, **gain})
    count = f"{len(named) - 1} layer{'s' if len(named) > 2 else ''}"
    return Accuracy(pd.DataFrame(rows), f"Forecast value added: {count} against {_NAIVE}")


def _named(layers: Overrides | Mapping[str, Forecast]) -> list[tuple[str, Forecast]]:
    if isinstance(layers, Overrides):
        names = [f"{n}: {override.author}, {override.reason}" for n, override in enumerate(layers.listed, 1)]
        return list(zip(["statistical", *names], layers.layers, strict=True))
    if not isinstance(layers, Mapping) or not layers:
        raise DataError(Problem(f"no layers: {layers!r}", remedy="give Overrides(...) or forecasts by name"))
    return [(name, check_forecast(forecast)) for name, forecast in layers.items()]


def _naive(forecast: Forecast, history: pd.DataFrame, calendar: Place | None, hours: OwnHours | None) -> Forecast:
    days = forecast.frame["start"].dt.date
    midnight = day_starts([days.min()], forecast.tz)[0]
    known = midnight if forecast.as_of is None else min(forecast.as_of, midnight)
    before = history[(history["start"] < known) & history["queue"].isin(forecast.queues)]
    interval = timedelta(seconds=forecast.interval_s)
    horizon = Horizon(days.min(), end=days.max() + timedelta(days=1), interval=interval, tz=forecast.tz)
    return SeasonalNaive(calendar=calendar, hours=hours).fit(before).predict(horizon)


def _compared(
    forecast: Forecast,
    history: pd.DataFrame,
    since: pd.Timestamp | None = None,
    wanted: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what was said beside what happened; what was not said is 0, what was known then is left out."""
    since = forecast.as_of if since is None else since
    actual = history[["queue", "start", "offered"]].rename(columns={"offered": "actual"})
    if since is not None:
        actual = actual[actual["start"] >= since]
    keys = forecast.frame[["queue", "start"]] if wanted is None else wanted
    both = actual.merge(keys, on=["queue", "start"]).merge(forecast.frame, on=["queue", "start"], how="left")
    both = both.reindex(columns=["queue", "start", "actual", "offered", *QUANTILES])
    unsaid = both["offered"].isna()
    both.loc[unsaid, ["offered", *QUANTILES]] = 0.0
    return both


def _measured(part: pd.DataFrame, by: str) -> dict[str, float | int]:
    nothing = np.full(len(part), np.nan)
    values = part[list(QUANTILES)].to_numpy(dtype=float)
    figures = measures(part["actual"].to_numpy(dtype=float), part["offered"].to_numpy(dtype=float), values, nothing)
    return {name: figures[name] for name in _MEASURES} | {f"{by}s": len(part)}
