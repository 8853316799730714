"""The set of series that forecasts are judged on, and what each bar asks of them."""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.forecast_series import Series, dates, read_series, stored

import wfm
from wfm.forecast import Backtest, Forecast, Forecaster
from wfm.timegrid import day_starts

PEERS = Path(__file__).parent / "results" / "forecast_peers.json"
BANK_ORIGINS = tuple(date(2003, month, day) for month, day in ((8, 18), (8, 26), (9, 3), (9, 11), (9, 19), (9, 29)))
EARLIER = tuple(day - timedelta(days=40) for day in BANK_ORIGINS)
TECHNION_ORIGINS = dates("1999-06-21", 6, 8)
WEEKS = 4
NEVER = "not run"
TECHNION, RESERVATIONS = "technion1999_jan_aug_30min.csv.gz", "reservation_calls_to_2015_06.csv"
COUNTRIES = {"bank": "US", "bank, 40 days earlier": "US", "Technion": "IL"}


@dataclass(frozen=True)
class Bar:
    """One figure beside what is asked of it; `low` and `high` are the limits, `None` where there is none."""

    what: str
    series: str
    measured: float
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the figure, as it is printed, is within its limits."""
        value = round(self.measured, 3)
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    @property
    def asked(self) -> str:
        """The limits in words."""
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}{self.unit}"
        return f"≤ {self.high:g}{self.unit}" if self.high is not None else f"≥ {self.low:g}{self.unit}"

    @property
    def shown(self) -> str:
        """The figure as it is printed."""
        return f"{self.measured:.4g}{self.unit}"

    def as_row(self) -> dict[str, Any]:
        """Return the bar as JSON has it."""
        figure = {"measured": round(self.measured, 3), "asked": self.asked, "holds": self.holds}
        return {"bar": self.what, "series": self.series, **figure}


def series_set(data: Path | None) -> tuple[list[Series], list[str]]:
    """Return the series of the set, and in words those that are not there."""
    calls = wfm.datasets.bank()
    found = [
        Series("bank", calls.history, calls.tz, BANK_ORIGINS),
        Series("bank, 40 days earlier", calls.history, calls.tz, EARLIER),
    ]
    path = stored(data, (TECHNION,))
    if path is None:
        return found, [f"Technion: {NEVER}, no {TECHNION} (give --data or WFM_DATA)"]
    history, _ = read_series(path, "Asia/Jerusalem")
    return [*found, Series("Technion", history, "Asia/Jerusalem", TECHNION_ORIGINS)], []


def accuracy(name: str, result: Backtest) -> list[Bar]:
    """Return the bars on errors and coverage that one series has."""
    wmape = {ahead: 100 * result.measure("wmape", model="default", horizon=ahead) for ahead in ("1w", "4w")}
    ratio = wmape["1w"] / (100 * result.measure("wmape", model="SeasonalNaive"))
    limits = {"bank": (4.4, 5.6), "bank, 40 days earlier": (5.1, 5.4)}.get(name, ())
    bars = []
    for ahead, limit in zip(wmape, limits, strict=False):
        bars.append(Bar(f"wMAPE, {ahead}", name, wmape[ahead], high=limit, unit=" %"))
    if name in ("bank", "Technion"):
        bars.append(Bar("ratio to seasonal naive, 1w", name, ratio, high=0.60 if name == "bank" else 0.74))
        for measure, low, high in (("coverage80", 76, 86), ("coverage95", 92, 98)):
            share = 100 * result.measure(measure, model="default", horizon="4w")
            bars.append(Bar(f"coverage {measure[-2:]} %, 4w", name, share, low, high, " %"))
    if name == "bank":
        wcrps = 100 * result.measure("wcrps", model="default")
        bars.append(Bar("weighted CRPS, 1w", name, wcrps, high=3.1, unit=" %"))
    return bars


def against_peers(results: dict[str, Backtest]) -> tuple[list[Bar], dict[str, Any]]:
    """Return the geometric means of the ratios to the peers over the series, one week ahead, and each ratio."""
    if not PEERS.exists():
        return [], {}
    peers = json.loads(PEERS.read_text(encoding="utf-8"))
    limits = {"LightGBM": 0.93, "MSTL+AutoARIMA": 0.75, "Prophet": 0.80, "MSTL+AutoETS": None}
    ratios: dict[str, dict[str, float]] = {}
    for name, result in results.items():
        ours = 100 * result.measure("wmape", model="default")
        for model, theirs in peers["series"].get(name, {}).items():
            ratios.setdefault(model, {})[name] = ours / theirs["1w"]
    bars = []
    for model, limit in limits.items():
        each = list(ratios.get(model, {}).values())
        if limit is not None and each:
            mean = math.exp(sum(map(math.log, each)) / len(each))
            bars.append(Bar(f"ratio to {model}, geometric mean, 1w", f"{len(each)} series", mean, high=limit))
    rounded = {model: {name: round(value, 3) for name, value in each.items()} for model, each in ratios.items()}
    return bars, {"versions": peers["versions"], "wmape": peers["series"], "ratio_1w": rounded}


def forecast_of(series: Series, origin: date, known: pd.DataFrame, weeks: int) -> Forecast:
    """Return what the default model says from an origin on, knowing these rows."""
    horizon = wfm.Horizon(origin, weeks=weeks, interval=series.interval.to_pytimedelta(), tz=series.tz)
    return series.model(Forecaster).fit(known).predict(horizon)


def beside(said: pd.DataFrame, actual: pd.DataFrame) -> pd.DataFrame:
    """Return what came, and what was said of it; 0 where nothing was said."""
    both = actual.rename(columns={"offered": "actual"}).merge(said, on=["queue", "start"], how="left")
    return both.fillna({"offered": 0.0})


def first_week(series: Series, change: Callable[[pd.DataFrame, date], pd.DataFrame]) -> float:
    """Return the wMAPE of the first week in percent over the origins, each history being changed beforehand.

    `change` gets all rows and the origin, and gives them changed.
    """
    off, total = 0.0, 0.0
    for origin in series.origins:
        rows = change(series.history, origin)
        begin, end = day_starts([origin, origin + timedelta(weeks=1)], series.tz)
        said = forecast_of(series, origin, rows[rows["start"] < begin], 1)
        both = beside(said.to_frame(), rows[(rows["start"] >= begin) & (rows["start"] < end)])
        off += float((both["actual"] - both["offered"]).abs().sum())
        total += float(both["actual"].sum())
    return 100 * off / total


def busy_day(rows: pd.DataFrame, origin: date, back: int) -> pd.Series:
    """Mark the rows of the last day before an origin that is not quiet, or of an earlier one."""
    day = rows["start"].dt.date
    totals = rows[day < origin].groupby(day)["offered"].sum()
    busy = totals[totals > totals.median() / 2].index
    return day == busy[-back]


def hurt(factor: float, back: int, cut: bool = False) -> Callable[[pd.DataFrame, date], pd.DataFrame]:
    """Return a change of one day before the origin: its contacts times a factor, or cut after that share of the day."""

    def change(rows: pd.DataFrame, origin: date) -> pd.DataFrame:
        marked = busy_day(rows, origin, back)
        changed = rows.assign(offered=rows["offered"].astype(float))
        if cut:
            place = changed.index[marked & (changed["offered"] > 0)]
            changed.loc[place[round(factor * len(place)) :], "offered"] = 0.0
        else:
            changed.loc[marked, "offered"] = np.rint(factor * changed.loc[marked, "offered"])
        return changed

    return change


def shifted(rows: pd.DataFrame, origin: date) -> pd.DataFrame:
    """Return the rows with a fifth more contacts from eight days before the origin on."""
    late = rows["start"].dt.date >= origin - timedelta(days=8)
    offered = rows["offered"].astype(float)
    return rows.assign(offered=offered.where(~late, np.rint(1.2 * offered)))


def robustness(series: Series) -> list[Bar]:
    """Return what a spoilt day and a sudden change of level cost."""
    clean = first_week(series, lambda rows, _: rows)
    bars = []
    for what, factor, cut in (
        ("one outage day, 30 % of each interval", 0.3, False),
        ("one outage day, nothing after 30 % of it", 0.3, True),
        ("one doubled day", 2.0, False),
    ):
        # The last full day before the origin, the third and the sixth.
        worst = max(first_week(series, hurt(factor, back, cut)) for back in (1, 3, 6))
        bars.append(Bar(f"{what}: more wMAPE, 1w", series.name, worst - clean, high=0.5, unit=" points"))
    ratio = first_week(series, shifted) / clean
    bars.append(Bar("level + 20 % for 8 days: wMAPE / clean, 1w", series.name, ratio, high=1.2))
    return bars


def made_up(queues: int, days: int = 335, *, always: bool) -> pd.DataFrame:
    """Return half-hours of 11 months with a daily and a weekly wave: always, or on weekdays from 07:00 to 21:00."""
    starts = pd.date_range("2025-01-06", periods=48 * days, freq="30min", tz="UTC", unit="s")
    if not always:
        starts = starts[(starts.hour >= 7) & (starts.hour < 21) & (starts.day_of_week < 5)]
    hour = starts.hour.to_numpy() + starts.minute.to_numpy() / 60
    rate = 40 * (1.1 - np.cos(2 * np.pi * (hour - 2) / 24)) * np.where(starts.day_of_week.to_numpy() < 5, 1.0, 0.6)
    rng = np.random.default_rng(0)
    names = pd.Index([f"queue {n:04d}" for n in range(queues)], dtype="str")
    stamps = pd.DatetimeIndex(np.tile(starts.tz_localize(None).to_numpy(), queues)).tz_localize("UTC")
    volume = rng.poisson(np.tile(rate, queues))
    return pd.DataFrame({"queue": names.repeat(len(starts)), "start": stamps, "offered": volume})


def many(queues: int) -> None:
    """Forecast many queues, and print the seconds and the peak memory of this process: run in one of its own."""
    history = made_up(queues, always=False)
    horizon = wfm.Horizon("2025-12-07", weeks=4, interval="30min", tz="UTC")
    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu = time.process_time()
    Forecaster(workers=1).fit(history).predict(horizon)
    taken = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"cpu_s": taken, "peak_gb": peak * unit / 1e9, "history_gb": before * unit / 1e9}))


def start_many(queues: int) -> subprocess.Popen[str]:
    """Begin to forecast many queues in a process of its own, beside the rest: what is told of it is CPU time."""
    code = f"import sys; sys.path[:0] = {sys.path[:1]}; from benchmarks.forecast_bars import many; many({queues})"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def speed(queues: int, running: subprocess.Popen[str]) -> list[Bar]:
    """Return the CPU seconds of one queue, and those and the memory of many, which are running already."""
    history = made_up(1, always=True)
    horizon = wfm.Horizon("2025-12-07", weeks=4, interval="30min", tz="UTC")
    taken = []
    for _ in range(5):
        begin = time.process_time()
        Forecaster().fit(history).predict(horizon)
        taken.append(time.process_time() - begin)
    printed, _ = running.communicate()
    if running.returncode:
        sys.exit(f"the forecast of {queues} queues ended with {running.returncode}")
    found = json.loads(printed)
    what = f"{queues:,} queues, open 70 h a week, 11 months"
    return [
        Bar("one queue round the clock, 11 months: CPU", "made up", min(taken), high=0.10, unit=" s"),
        Bar(f"{what}: CPU / 2 cores", "made up", found["cpu_s"] / 2, high=60.0, unit=" s"),
        Bar(f"{what}: peak memory", "made up", found["peak_gb"], high=1.5, unit=" GB"),
    ]


def bars_table(bars: Iterable[Bar]) -> str:
    """Return the bars as a table in Markdown."""
    head = ["| bar | series | measured | asked | holds |", "| --- | --- | --- | --- | --- |"]
    rows = [(bar.what, bar.series, bar.shown, bar.asked, "yes" if bar.holds else "**no**") for bar in bars]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def errors_table(errors: dict[str, Any], against: dict[str, Any]) -> str:
    """Return the wMAPE of every model on every series as a table in Markdown, in percent: one week and four."""
    rows = [f"| model | {' | '.join(errors)} |", f"| --- |{' --- |' * len(errors)}"]
    theirs = against.get("wmape", {})
    models = [*next(iter(errors.values())), *{model: 0 for each in theirs.values() for model in each}]
    for model in models:
        cells = []
        for name, own in errors.items():
            peer = theirs.get(name, {}).get(model)
            pair = (peer["1w"], peer["4w"]) if peer else tuple(own[model][ahead]["wmape"] for ahead in ("1w", "4w"))
            cells.append(f"{pair[0]:.2f} / {pair[1]:.2f}")
        rows.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(rows)
