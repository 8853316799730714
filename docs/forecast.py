"""Draw the pictures of `docs/forecast.md` from the bank's real calls.

Run `python docs/forecast.py`; it takes about a minute, writes `docs/forecast_*.png`, and prints the figures that the
page names. The picture of the backtest shows what `python benchmarks/forecast.py` stored.
"""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import wfm
from wfm.forecast import Forecast, Forecaster
from wfm.timegrid import day_starts

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results" / "forecast.json"
ORIGIN = date(2003, 9, 29)
OUTAGE = date(2003, 9, 17)  # in the picture of the day level, 30 % of this day's calls are left
SHOWN_DAYS = 120
BLUE, GREEN, RED, GREY, PURPLE = "#1f4e79", "#2e8b57", "#c0504d", "#7f7f7f", "#8064a2"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
BANDS = (("offered_q025", "offered_q975", "95 %", 0.18), ("offered_q10", "offered_q90", "80 %", 0.28))


def say(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")


def fan(plt: Any, forecast: Forecast, history: pd.DataFrame) -> None:
    """Draw the first days ahead: the mean, its bands, and what came."""
    frame = forecast.to_frame()
    days = sorted(set(frame["start"].dt.date))[:5]
    figure, panels = plt.subplots(1, len(days), figsize=(11, 3.4), dpi=90, sharey=True, layout="constrained")
    for axes, day in zip(panels, days, strict=True):
        rows = frame[frame["start"].dt.date == day]
        hour = rows["start"].dt.hour + rows["start"].dt.minute / 60 + 0.25
        for low, high, name, alpha in BANDS:
            axes.fill_between(hour, rows[low], rows[high], color=BLUE, alpha=alpha, linewidth=0, label=f"{name} band")
        axes.plot(hour, rows["offered"], color=BLUE, linewidth=1.4, label="forecast")
        came = history[history["start"].dt.date == day]
        at = came["start"].dt.hour + came["start"].dt.minute / 60 + 0.25
        axes.plot(at, came["offered"], ".", color=RED, markersize=5, label="what came")
        axes.set(title=f"{day:%a} {day.day} {day:%b}", xlim=(7, 21), ylim=(0, None), xticks=(8, 12, 16, 20))
        axes.set_xlabel("hour")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("calls per half-hour")
    panels[-1].legend(frameon=False, fontsize=8, loc="upper right")
    figure.savefig(DOCS / "forecast_fan.png", metadata={"Software": None})
    plt.close(figure)


def profile(plt: Any, forecast: Forecast) -> None:
    """Draw how the days of the forecast fall on their half-hours, by weekday."""
    frame = forecast.to_frame()
    frame["day"] = frame["start"].dt.date
    frame["hour"] = frame["start"].dt.hour + frame["start"].dt.minute / 60 + 0.25
    frame["share"] = 100 * frame["offered"] / frame.groupby("day")["offered"].transform("sum")
    shares = frame.groupby([frame["start"].dt.day_of_week, "hour"])["share"].mean()
    figure, axes = plt.subplots(figsize=(6.4, 3.4), dpi=90, layout="constrained")
    for weekday, colour in zip(range(5), (RED, "#e0a030", GREEN, BLUE, PURPLE), strict=True):
        rows = shares.loc[weekday]
        axes.plot(rows.index, rows.to_numpy(), color=colour, linewidth=1.5, label=WEEKDAYS[weekday])
        ten, four = rows.loc[10.25], rows.loc[16.25]
        say(f"profile {WEEKDAYS[weekday]}: 10:00 {ten:.2f} %, 16:00 {four:.2f} % of the day")
    axes.set(xlim=(7, 21), ylim=(0, None), xlabel="hour", ylabel="share of the day (%)", xticks=range(8, 21, 2))
    axes.legend(frameon=False, fontsize=8, ncols=5, loc="lower center")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "forecast_profile.png", metadata={"Software": None})
    plt.close(figure)


def level(plt: Any, model: Forecaster, forecast: Forecast, history: pd.DataFrame) -> None:
    """Draw the day totals: what was recorded, what the model sees in it, what it says, and what came."""
    fitted = model.models_["calls"].level
    assert fitted is not None
    totals = history.groupby(history["start"].dt.date)["offered"].sum() / 1000
    past = totals[(totals.index < ORIGIN) & (totals.index >= ORIGIN - timedelta(days=SHOWN_DAYS))]
    days = forecast.days()
    ahead = totals[(totals.index >= ORIGIN) & (totals.index <= days["day"].max())]
    number = pd.to_datetime(fitted.days.number, unit="D")
    unusual = number[fitted.unusual]
    figure, axes = plt.subplots(figsize=(11, 3.6), dpi=90, layout="constrained")
    late = number >= pd.Timestamp(ORIGIN) - pd.Timedelta(days=SHOWN_DAYS)
    seen = fitted.expected[late] / 1000
    axes.plot(number[late], seen, color=GREY, linewidth=1, label="what the model sees in the past")
    axes.plot(pd.to_datetime(past.index), past, ".", color=BLUE, markersize=5, label="recorded")
    marked = past[pd.to_datetime(past.index).isin(unusual)]
    axes.plot(
        pd.to_datetime(marked.index), marked, "o", color=RED, fillstyle="none", markersize=9, label="found unusual"
    )
    when = pd.to_datetime(days["day"])
    for low, high, name, alpha in BANDS:
        both = (days[low] / 1000, days[high] / 1000)
        axes.fill_between(when, *both, color=GREEN, alpha=alpha, linewidth=0, label=f"{name} band of the day total")
    axes.plot(when, days["offered"] / 1000, color=GREEN, linewidth=1.4, label="forecast")
    axes.plot(pd.to_datetime(ahead.index), ahead, ".", color=RED, markersize=6, label="what came")
    axes.set(ylim=(0, None), ylabel="calls a day (thousands)")
    months = pd.date_range(past.index[0], days["day"].max(), freq="MS")
    axes.set_xticks(months, [f"{month:%b %Y}" for month in months])
    axes.legend(frameon=False, fontsize=8, ncols=4, loc="lower left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "forecast_level.png", metadata={"Software": None})
    plt.close(figure)
    say(f"day level: noise of a day {100 * fitted.noise:.1f} %; unusual {[str(day.date()) for day in unusual]}")
    width = (days["offered_q90"] - days["offered_q10"]) / days["offered"] * 50
    say(f"80 % band of the day total: ± {width.iloc[0]:.1f} % on the first day, {width.iloc[-1]:.1f} % on the last")


def backtest(plt: Any) -> None:
    """Draw the errors that the benchmark stored: a group for each series, a bar for each model."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    names = list(stored["errors"])
    models = ("default", "WeeklyMean", "SeasonalNaive", "LightGBM", "Prophet", "MSTL+AutoARIMA", "MSTL+AutoETS")
    colours = (BLUE, "#9fb8d0", "#c9d6e3", GREEN, "#e0a030", RED, PURPLE)
    figure, panels = plt.subplots(1, len(names), figsize=(11, 3.4), dpi=90, layout="constrained")
    for axes, name in zip(panels, names, strict=True):
        own, theirs = stored["errors"][name], stored["peers"]["wmape"].get(name, {})
        shown = [(own[model]["1w"]["wmape"] if model in own else theirs[model]["1w"]) for model in models]
        place = np.arange(len(models))[::-1]
        axes.barh(place, shown, color=colours, height=0.72)
        for y, value in zip(place, shown, strict=True):
            axes.text(value, y, f" {value:.1f}", va="center", fontsize=8)
        axes.set(title=name, xlabel="wMAPE one week ahead (%)", xlim=(0, 1.15 * max(shown)))
        axes.set_yticks(place, models if axes is panels[0] else [""] * len(models), fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "forecast_backtest.png", metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Fit the bank's calls before the last origin of the benchmark, and draw four weeks from there."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    history = wfm.datasets.bank().history
    known = history[history["start"] < day_starts([ORIGIN], "America/New_York")[0]]
    model = Forecaster().fit(known)
    horizon = wfm.Horizon(ORIGIN, weeks=4, interval=timedelta(minutes=30), tz="America/New_York")
    forecast = model.predict(horizon)
    say(str(forecast))
    fan(plt, forecast, history)
    profile(plt, forecast)
    spoilt = history.assign(offered=history["offered"].astype(float))
    spoilt.loc[spoilt["start"].dt.date == OUTAGE, "offered"] *= 0.3
    again = Forecaster().fit(spoilt[: len(known)])
    level(plt, again, again.predict(horizon), spoilt)
    say(again.audit_[again.audit_["finding"].str.startswith("unusual")].to_string(index=False))
    backtest(plt)


if __name__ == "__main__":
    main()
