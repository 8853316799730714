"""One series of contacts as a forecaster meets it: read from a file, its zone and calendar, its backtest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import wfm
from wfm.calendar import public_holidays
from wfm.domain import CalendarSpec, OpeningHours
from wfm.errors import DataError, Faults, Problem
from wfm.forecast import Backtest, Forecast, Forecaster, Model, SeasonalNaive, WeeklyMean, backtest
from wfm.timegrid import day_starts, localize

QUEUE = "calls"
COLUMNS = ("start_local", "offered")
SEEN_DAYS = 56  # opening hours are read off the last eight weeks
PERCENT = ("wmape", "bias", "wcrps", "coverage80", "coverage95")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Series:
    """A history of one queue, and the days on which forecasts are made.

    `country` adds its public holidays; `None` gives no calendar at all, and the model reads the hours from the history.
    """

    name: str
    history: pd.DataFrame
    tz: str
    origins: tuple[date, ...]
    country: str | None = None

    def before(self, day: date) -> pd.DataFrame:
        """Return the rows before the local midnight of a day."""
        return self.history[self.history["start"] < day_starts([day], self.tz)[0]]

    @property
    def interval(self) -> pd.Timedelta:
        """The most frequent distance of two rows."""
        return self.history["start"].diff().mode().iloc[0]

    def model(self, kind: type[Forecaster | SeasonalNaive | WeeklyMean]) -> Model:
        """Return a model of a kind, with the calendar of the country if there is one."""
        return kind() if self.country is None else Placed(kind, self.country)


class Placed:
    """A model whose calendar is told from each history it is fitted to, so that nothing later is known to it.

    Opening hours are the intervals of a weekday that at least half of its days have in the last eight weeks. Public
    holidays of the country are special days; those of the past without a row are closed ones. Whether the centre will
    be open on one to come is not known, so it is taken to be.
    """

    def __init__(self, kind: type[Forecaster | SeasonalNaive | WeeklyMean], country: str) -> None:
        self.kind, self.country = kind, country

    def fit(self, history: pd.DataFrame) -> Placed:
        """Tell the calendar from a history, and fit the model to it."""
        starts = history["start"]
        recent = starts[starts > starts.max() - pd.Timedelta(days=SEEN_DAYS)]
        days = set(starts.dt.date)
        listed = public_holidays(self.country, range(min(days).year, max(days).year + 1))
        closed = {day: "closed" for day in listed if min(days) <= day <= max(days) and day not in days}
        hours = OpeningHours(_weekly(recent, starts.diff().mode().iloc[0]), exceptions=closed)
        self.fitted = self.kind(calendar=CalendarSpec(hours=hours, country=self.country)).fit(history)
        return self

    def predict(self, horizon: wfm.Horizon) -> Forecast:
        """Forecast a horizon."""
        return self.fitted.predict(horizon)


def read_series(path: Path, tz: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the history in a file with the columns `start_local, offered`, and what was done where the clock changes.

    The second of two equal stamps in the night of a change is the second pass of that hour. Stamps in the hour that is
    skipped are read as if the clock had not been put forward, and join the rows that are there.

    Raises
    ------
    DataError
        If the file or a column is not there, or a stamp cannot be read or has a zone.
    """
    try:
        frame = pd.read_csv(path)
    except OSError as error:
        raise DataError(Problem(f"{path} cannot be read: {error.strerror}", remedy="name a CSV file")) from error
    faults = Faults(str(path))
    for column in sorted(set(COLUMNS) - set(frame.columns)):
        faults.add(f"no column {column!r}; there are {', '.join(map(str, frame.columns))}", remedy="rename one")
    faults.raise_if_any()
    local = pd.to_datetime(frame["start_local"], errors="coerce")
    if local.isna().any() or local.dt.tz is not None:
        remedy = "write the clock on the wall, such as 2026-11-02 09:30:00"
        faults.add("start_local has stamps that are missing, not times, or have a zone", remedy=remedy)
    faults.raise_if_any()
    found = localize(pd.DatetimeIndex(local), tz)
    stamps, notes = found.stamps, [f"{row.local} {row.rule}" for row in found.resolved.itertuples()]
    twice = stamps.duplicated() & local.duplicated().to_numpy() & local.isin(set(found.resolved["local"])).to_numpy()
    if twice.any():
        stamps = stamps.where(~twice, localize(pd.DatetimeIndex(local), tz, ambiguous="second").stamps)
        notes.append(f"{int(twice.sum())} stamps that stand twice in a row: the latter is the second occurrence")
    history = pd.DataFrame({"queue": QUEUE, "start": stamps, "offered": frame["offered"].to_numpy()})
    skipped = found.resolved.loc[found.resolved["rule"].str.startswith("does not exist"), "stamp"]
    joined = history["start"].isin(set(skipped))
    # Only these may share a start; every other repeated stamp is a fault, which the library names.
    summed = history[joined].groupby(["queue", "start"], as_index=False)["offered"].sum(min_count=1)
    history = pd.concat([history[~joined], summed]).sort_values("start", kind="stable", ignore_index=True)
    return history, notes


def _weekly(starts: pd.Series, interval: pd.Timedelta) -> str:
    """Return the opening hours that most days of each weekday have, as text."""
    times = pd.to_timedelta(starts.dt.hour * 60 + starts.dt.minute, unit="min")
    clock = pd.DataFrame({"day": starts.dt.date, "weekday": starts.dt.day_of_week, "time": times})
    rules = []
    for weekday, rows in clock.groupby("weekday"):
        share = rows.groupby("time")["day"].nunique() / rows["day"].nunique()
        times = pd.TimedeltaIndex(share.index[share >= 0.5])
        first = np.flatnonzero(np.append(True, np.diff(times) != interval))
        last = np.append(first[1:] - 1, len(times) - 1)
        spans = [f"{_clock(times[i])}-{_clock(times[j] + interval)}" for i, j in zip(first, last, strict=True)]
        rules.append(f"{DAYS[weekday]} {','.join(spans)}")
    return "; ".join(rules)


def _clock(time: pd.Timedelta) -> str:
    minutes = int(time / pd.Timedelta(minutes=1))
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def tested(series: Series, weeks: int) -> Backtest:
    """Return the backtest of the default model and the baselines, all with the same calendar."""
    kinds = {"default": Forecaster, "SeasonalNaive": SeasonalNaive, "WeeklyMean": WeeklyMean}
    models = {name: series.model(kind) for name, kind in kinds.items()}
    return backtest(series.history, origins=series.origins, weeks=weeks, models=models)


def figures(result: Backtest) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return the errors by model and horizon, in percent but for the MASE; what cannot be said is null."""
    rows = result.to_frame().query("queue == 'all'")
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for row in rows.to_dict("records"):
        each = {name: _rounded(100 * row[name]) for name in PERCENT} | {"mase": _rounded(row["mase"])}
        order = ("wmape", "mase", "bias", "wcrps", "coverage80", "coverage95")
        found.setdefault(row["model"], {})[row["horizon"]] = {name: each[name] for name in order}
    return found


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def seconds_per_fit(series: Series, weeks: int, runs: int = 3) -> float:
    """Return the CPU seconds of a fit and a forecast by queue: the least of some runs, at the last origin."""
    origin = max(series.origins)
    known = series.before(origin)
    horizon = wfm.Horizon(origin, weeks=weeks, interval=series.interval.to_pytimedelta(), tz=series.tz)
    taken = []
    for _ in range(runs):
        begin = time.process_time()
        series.model(Forecaster).fit(known).predict(horizon)
        taken.append(time.process_time() - begin)
    return float(min(taken)) / int(known["queue"].nunique())


def judged(series: Series, weeks: int) -> dict[str, object]:
    """Return what the judge prints of one series."""
    result = tested(series, weeks)
    return {
        "models": figures(result),
        "seconds_per_fit": round(seconds_per_fit(series, weeks), 4),
        "noise_floor": _rounded(100 * result.measure("noise_floor", model="default", horizon="1w")),
    }


def dates(first: str, count: int, spacing: int) -> tuple[date, ...]:
    """Return days that are so many days apart."""
    return tuple(day.date() for day in pd.date_range(first, periods=count, freq=f"{spacing}D"))


def parse_origins(text: str) -> tuple[date, ...]:
    """Return the days of a list such as `2003-08-18,2003-08-26`."""
    faults = Faults("--origins")
    found: list[date] = []
    for part in text.split(","):
        try:
            found.append(date.fromisoformat(part.strip()))
        except ValueError:
            faults.add(f"{part!r} is not a date", remedy="write them as 2003-08-18,2003-08-26")
    faults.raise_if_any()
    return tuple(sorted(set(found)))


def stored(data: Path | None, names: Sequence[str]) -> Path | None:
    """Return the first of some files that the data folder has."""
    folder = [] if data is None else [data / name for name in names]
    return next((path for path in folder if path.exists()), None)
