"""What sample paths, the update of a running day and drivers are worth: bars beside those on plain accuracy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
from benchmarks.forecast_bars import NEVER, RESERVATIONS, WEEKS, Bar, beside, forecast_of
from benchmarks.forecast_series import QUEUE, Series, dates, stored

import wfm
from wfm.forecast import Forecaster, reforecast
from wfm.timegrid import day_starts


def day_totals(series: Series) -> list[Bar]:
    """Return the share of days whose total is inside the 80 % interval of its sample paths, over four weeks."""
    inside = days = 0
    for origin in series.origins:
        begin, end = day_starts([origin, origin + timedelta(weeks=WEEKS)], series.tz)
        said = forecast_of(series, origin, series.before(origin), WEEKS)
        came = series.history[(series.history["start"] >= begin) & (series.history["start"] < end)]
        rows = said.to_frame()[["start"]].merge(came[["start", "offered"]], on="start", how="left")
        drawn = said.path_arrays(1000, seed=0)[QUEUE].astype(float)
        # Only what has rows counts: a day without any has no total.
        seen = rows["offered"].notna().to_numpy()
        day = rows["start"].dt.date[seen]
        sums = pd.DataFrame(drawn[:, seen].T).groupby(day.to_numpy()).sum()
        actual = rows["offered"][seen].groupby(day).sum()
        inside += int(((actual >= sums.quantile(0.1, axis=1)) & (actual <= sums.quantile(0.9, axis=1))).sum())
        days += len(actual)
    what = "day totals inside the 80 % interval of sample paths, 4w"
    return [Bar(what, series.name, 100 * inside / days, 74, 86, " %")]


def rest_of_day(series: Series, days: int = 20) -> list[Bar]:
    """Return how the update of a running day does against the forecast of the evening before, over the last days."""
    dates_of = series.history["start"].dt.date
    last = sorted(set(dates_of))[-days:]
    off: dict[float, list[float]] = {0.25: [0.0, 0.0], 0.10: [0.0, 0.0]}
    for day in last:
        rows = series.history[dates_of == day]
        said = forecast_of(series, day, series.before(day), 1)
        for share, errors in off.items():
            seen = round(share * len(rows))
            later = rows.iloc[seen:]
            updated = reforecast(said, rows.iloc[:seen])
            for place, frame in enumerate((said.to_frame(), updated.to_frame())):
                both = beside(frame, later)
                errors[place] += float((both["actual"] - both["offered"]).abs().sum())
    better = {share: 100 * (1 - after / before) for share, (before, after) in off.items()}
    return [
        Bar(
            "rest of day after 25 % of it: wMAPE less than without update", series.name, better[0.25], low=5, unit=" %"
        ),
        Bar("rest of day after 10 % of it: wMAPE more than without", series.name, -better[0.10], high=1, unit=" %"),
    ]


def reservations(data: Path | None) -> tuple[list[Bar], list[str]]:
    """Return what bookings made two months ahead and the breaks of the year are worth, 28 days ahead.

    Daily calls of a reservation line. The total of bookings, which the file has too, is not known beforehand.
    """
    path = stored(data, (RESERVATIONS,))
    if path is None:
        return [], [f"drivers: {NEVER}, no {RESERVATIONS} (give --data or WFM_DATA)"]
    frame = pd.read_csv(path, parse_dates=["date"])
    start = frame["date"].dt.tz_localize("UTC")
    history = pd.DataFrame({"queue": QUEUE, "start": start, "offered": frame["calls"]})
    known = frame[["reservations_2months_advance", "summer_break", "christmas_break", "special_day"]]
    known = known.assign(day=frame["date"].dt.date)
    off = {"with": 0.0, "without": 0.0}
    for origin in dates("2014-10-01", 8, 28):
        horizon = wfm.Horizon(origin, days=28, interval="1d", tz="UTC")
        before = start.dt.date < origin
        ahead = (start.dt.date >= origin) & (start.dt.date < origin + timedelta(days=28))
        told, later = known[before], known[ahead]
        said = {
            "without": Forecaster().fit(history[before]).predict(horizon),
            "with": Forecaster().fit(history[before], drivers=told).predict(horizon, drivers=later),
        }
        for name, forecast in said.items():
            both = (
                history[ahead].rename(columns={"offered": "actual"}).merge(forecast.to_frame(), on=["queue", "start"])
            )
            off[name] += float((both["actual"] - both["offered"]).abs().sum())
    what = "wMAPE with drivers / without, 28 days"
    return [Bar(what, "reservations", off["with"] / off["without"], high=0.75)], []
