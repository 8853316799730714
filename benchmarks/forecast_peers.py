"""Forecasts of other packages on the series of the judge: same rows, same origins, same measure.

They need pandas below 3 and so an environment of their own:

    python -m venv peers && peers/bin/pip install -r benchmarks/forecast_peers.txt
    python benchmarks/forecast.py --data DIR --export SERIES
    peers/bin/python benchmarks/forecast_peers.py SERIES

This writes `benchmarks/results/forecast_peers.json` with the versions, which `benchmarks/forecast.py` compares with.
`--only MODEL,...` runs some of the models and keeps the stored figures of the others. Nothing of `wfm` is used here.

Every model sees the rows before the midnight of an origin and nothing else, on a regular grid of open intervals; what
is missing is filled with the week before for the models that need a regular series. Negative forecasts are set to 0.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "forecast_peers.json"
PACKAGES = ("statsforecast", "prophet", "lightgbm", "pandas", "numpy")
Peer = Callable[[pd.Series, pd.DatetimeIndex, str], Any]


def grid_of(known: pd.Series, ahead: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex, int]:
    """Return every open interval from the first one known to the last one asked for, and the number in a day.

    Open are the intervals of a weekday that at least half of its days have in the last eight weeks.
    """
    recent = known[known.index > known.index[-1] - pd.Timedelta(days=56)].index
    minutes = recent.hour * 60 + recent.minute
    seen = pd.crosstab(recent.dayofweek, minutes)
    days = recent.normalize().unique().dayofweek.value_counts()
    is_open = seen.ge(days.reindex(seen.index) / 2, axis=0)
    step = known.index.to_series().diff().mode().iloc[0]
    last = max(ahead[-1], known.index[-1])
    every = pd.date_range(
        known.index[0].normalize(), last.normalize() + pd.Timedelta(days=1), freq=step, inclusive="left"
    )
    place = pd.MultiIndex.from_arrays([every.dayofweek, every.hour * 60 + every.minute])
    table = {(day, minute): is_open.loc[day, minute] for day in is_open.index for minute in is_open.columns}
    return every[[bool(table.get(key)) for key in place]], int(is_open.sum(axis=1).max())


def filled(known: pd.Series, grid: pd.DatetimeIndex) -> pd.Series:
    """Return a regular series: what is missing is taken from a week earlier, or later at the beginning."""
    series = known.reindex(grid)
    while series.isna().any():
        before = series.reindex(series.index - pd.Timedelta(days=7)).to_numpy()
        after = series.reindex(series.index + pd.Timedelta(days=7)).to_numpy()
        found = np.where(np.isnan(before), after, before)
        if np.isnan(found[series.isna()]).all():
            series = series.interpolate(limit_direction="both")
        series = series.where(series.notna(), found)
    return series


def mstl(trend: str) -> Peer:
    """Return MSTL with day and week, and an automatic model of the rest."""

    def forecast(known: pd.Series, ahead: pd.DatetimeIndex, _country: str) -> Any:
        models = import_module("statsforecast.models")
        grid, a_day = grid_of(known, ahead)
        past = grid[grid <= known.index[-1]]
        later = grid[grid > known.index[-1]]
        a_week = int(pd.Series(1, index=past).groupby(past.to_period("W")).sum().mode().iloc[0])
        rest = models.AutoARIMA() if trend == "AutoARIMA" else models.AutoETS(model="ZZN")
        model = models.MSTL(season_length=[a_day, a_week], trend_forecaster=rest)
        said = model.forecast(filled(known, past).to_numpy(dtype=float), h=len(later))["mean"]
        return pd.Series(said, index=later).reindex(ahead).fillna(0.0).to_numpy()

    return forecast


def prophet(known: pd.Series, ahead: pd.DatetimeIndex, country: str) -> Any:
    """Return Prophet as it is tuned for such series: weekly Fourier of 30, multiplicative, public holidays."""
    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    logging.getLogger("prophet").setLevel(logging.WARNING)
    model = import_module("prophet").Prophet(
        seasonality_mode="multiplicative",
        weekly_seasonality=30,
        daily_seasonality=False,
        yearly_seasonality=False,
        uncertainty_samples=0,
    )
    model.add_country_holidays(country_name=country)
    model.fit(pd.DataFrame({"ds": known.index, "y": known.to_numpy(dtype=float)}))
    return model.predict(pd.DataFrame({"ds": ahead}))["yhat"].to_numpy()


def lightgbm(known: pd.Series, ahead: pd.DatetimeIndex, country: str) -> Any:
    """Return gradient boosting on lags and the calendar, each forecast being a lag of the next ones."""
    lgb = import_module("lightgbm")
    grid, _ = grid_of(known, ahead)
    values = known.reindex(grid).to_numpy(dtype=float)
    # Lags are by the clock, so that a day that is closed or missing shifts nothing.
    step = known.index.to_series().diff().mode().iloc[0]
    lags = [step, 2 * step, 3 * step] + [pd.Timedelta(days=n) for n in (1, 2, 7, 14, 21, 28)]
    where = [grid.get_indexer(grid - lag) for lag in lags]
    off = import_module("holidays").country_holidays(country, years=range(grid[0].year, grid[-1].year + 2))
    dates = pd.Series(grid.date)
    holiday = dates.map(lambda day: day in off).to_numpy(dtype=float)
    before = dates.map(lambda day: day + pd.Timedelta(days=1) in off).to_numpy(dtype=float)
    after = dates.map(lambda day: day - pd.Timedelta(days=1) in off).to_numpy(dtype=float)
    clock = (grid.hour * 60 + grid.minute).to_numpy(dtype=float)
    calendar = np.column_stack(
        [
            grid.dayofweek,
            clock,
            grid.day,
            grid.days_in_month - grid.day,
            grid.isocalendar().week,
            holiday,
            before,
            after,
        ]
    ).astype(float)

    def features(rows: np.ndarray) -> np.ndarray:
        lagged = [np.where(place[rows] >= 0, values[place[rows]], np.nan) for place in where]
        weekly = np.column_stack(lagged[5:])
        some = ~np.isnan(weekly).all(axis=1)
        mean = np.full(len(rows), np.nan)
        mean[some] = np.nanmean(weekly[some], axis=1)
        return np.column_stack([*lagged, mean, calendar[rows]])

    train = np.flatnonzero((grid <= known.index[-1]) & ~np.isnan(values))
    settings = {
        "objective": "regression", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 20,
        "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.8, "seed": 0, "num_threads": 1,
        "deterministic": True, "verbose": -1,
    }  # fmt: skip
    booster = lgb.train(settings, lgb.Dataset(features(train), values[train]), num_boost_round=400)
    for row in np.flatnonzero(grid > known.index[-1]):
        values[row] = max(float(booster.predict(features(np.array([row])), num_threads=1)[0]), 0.0)
    return pd.Series(values, index=grid).reindex(ahead).fillna(0.0).to_numpy()


PEERS: dict[str, Peer] = {
    "LightGBM": lightgbm,
    "Prophet": prophet,
    "MSTL+AutoETS": mstl("AutoETS"),
    "MSTL+AutoARIMA": mstl("AutoARIMA"),
}


def errors(series: pd.Series, origins: list[str], weeks: int, country: str, peer: Peer) -> dict[str, float]:
    """Return the wMAPE in percent by horizon, pooled over the origins, and the CPU seconds of a forecast."""
    off: dict[str, float] = dict.fromkeys(("1d", "1w", f"{weeks}w"), 0.0)
    total = dict(off)
    taken = 0.0
    for origin in map(pd.Timestamp, origins):
        known = series[series.index < origin]
        later = series[(series.index >= origin) & (series.index < origin + pd.Timedelta(weeks=weeks))]
        begin = time.process_time()
        said = np.maximum(peer(known, pd.DatetimeIndex(later.index), country), 0.0)
        taken += time.process_time() - begin
        for horizon, days in zip(off, (1, 7, 7 * weeks), strict=True):
            near = np.asarray(later.index < origin + pd.Timedelta(days=days))
            off[horizon] += float(np.abs(said - later.to_numpy())[near].sum())
            total[horizon] += float(later.to_numpy()[near].sum())
    found = {horizon: round(100 * off[horizon] / total[horizon], 3) for horizon in off}
    return found | {"seconds_per_fit": round(taken / len(origins), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `forecast.py --export` wrote")
    parser.add_argument("--only", help="some of the models, such as Prophet,LightGBM")
    parser.add_argument("--series", help="some of the series")
    asked = parser.parse_args()
    wanted = asked.only.split(",") if asked.only else list(PEERS)
    stored: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"series": {}}
    stored["versions"] = {name: version(name) for name in PACKAGES}
    for name in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    listed = json.loads((asked.folder / "series.json").read_text())
    for name, about in listed.items():
        if asked.series and name not in asked.series.split(","):
            continue
        frame = pd.read_csv(asked.folder / about["file"], parse_dates=["start_local"])
        series = frame.groupby("start_local")["offered"].sum().astype(float)
        for model in wanted:
            found = errors(series, about["origins"], about["weeks"], about["country"], PEERS[model])
            print(name, model, found, file=sys.stderr, flush=True)
            stored["series"].setdefault(name, {})[model] = found
    RESULTS.write_text(json.dumps(stored, indent=2) + "\n")


if __name__ == "__main__":
    main()
