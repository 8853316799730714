"""Shrinkage ahead: the share of scheduled time in which people are absent, by day, from the day level's machinery.

The rate of a day is a level like the volume of one: it moves, differs by weekday, and is another one on holidays. Its
quantiles are those of the beta distribution of the mean and variance that the level says, so they stay between 0 and 1.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from wfm.calendar import Calendar
from wfm.checks import check_int, check_kind
from wfm.domain import CalendarSpec, Centre
from wfm.errors import DataError, Faults, Problem
from wfm.forecast.days import as_date, day_features, day_number
from wfm.forecast.grid import BoolArray, FloatArray, IntArray
from wfm.forecast.level import fit_level
from wfm.forecast.prepare import Place
from wfm.schema import QUANTILES, FrameLike, as_frame, frame_of
from wfm.timegrid import Horizon, day_starts

__all__ = ["AbsenceForecast", "forecast_shrinkage"]

_LEAST_DAYS = 14
_MOST = 0.99  # a rate above it cannot be told from nobody at work
_LEVELS = np.array(list(QUANTILES.values()))
_COLUMNS = tuple(name.replace("offered", "rate") for name in QUANTILES)


@dataclass(frozen=True, slots=True, eq=False)
class AbsenceForecast:
    """Shrinkage by day, with its uncertainty.

    Parameters
    ----------
    frame
        `day, rate` (share of scheduled time that is lost, 0 to 1) and the 13 quantiles `rate_q025` to `rate_q975`;
        days without scheduled time are absent.
    days
        Days of the history behind it.
    """

    frame: pd.DataFrame = field(repr=False)
    days: int

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame."""
        return self.frame.copy()

    def __str__(self) -> str:
        if self.frame.empty:
            return f"Shrinkage from {self.days} days: no day ahead with scheduled time"
        low, high = self.frame["rate_q10"].mean(), self.frame["rate_q90"].mean()
        first, last = self.frame["day"].iloc[0], self.frame["day"].iloc[-1]
        return (
            f"Shrinkage {first} to {last}, from {self.days} days\n"
            f"└─ mean {self.frame['rate'].mean():.1%}, a day mostly {low:.1%} to {high:.1%}"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def forecast_shrinkage(
    absence: FrameLike, horizon: Horizon, *, calendar: Place | None = None, stale_after_days: int = 42
) -> AbsenceForecast:
    """Forecast shrinkage by day.

    Parameters
    ----------
    absence
        Either `day` (dates) or `start` (stamps with a zone, summed to local days), with `scheduled_h` and `absent_h`;
        or a frame `employee_states`, whose stretches that are not productive are the absence of their time. Rows of the
        same day, such as those of several teams, are summed.
    horizon
        Days ahead, after the last one of the history.
    calendar
        Centre or calendar: open days ahead, holidays, events. Default: days ahead are those of the weekdays on which at
        least half of the days had scheduled time, and no day is special.
    stale_after_days
        Days between the end of the history and the horizon from which it is refused; 0 or more, default 42.

    Raises
    ------
    DataError
        If the frame is faulty, has fewer than 14 days with scheduled time, reaches into the horizon, or is stale.

    Examples
    --------
    >>> days = [as_date(n) for n in range(day_number(pd.Timestamp("2026-10-05").date()), 20759)]
    >>> frame = pd.DataFrame({"day": days, "scheduled_h": 100.0, "absent_h": 12.0})
    >>> ahead = forecast_shrinkage(frame, Horizon("2026-11-02", days=2, tz="Europe/Berlin"))
    >>> ahead.to_frame()["rate"].round(6).tolist()
    [0.12, 0.12]
    """
    check_kind("horizon", horizon, Horizon)
    check_int("stale_after_days", stale_after_days, 0)
    known = _by_day(absence, horizon)
    if len(known) < _LEAST_DAYS:
        what = f"{len(known)} days with scheduled time"
        raise DataError(Problem(what, remedy=f"give at least {_LEAST_DAYS}"))
    last = int(known.index.max())
    first = day_number(horizon.dates[0])
    if last >= first:
        what = f"the history reaches to {as_date(last)}, the horizon starts on {horizon.dates[0]}"
        raise DataError(Problem(what, remedy="begin after it, or give the days before the horizon alone"))
    if first - last - 1 > stale_after_days:
        what = f"the history of absence ends {first - last - 1} days before the horizon"
        remedy = f"bring it up to date, or give stale_after_days={first - last - 1} or more (now {stale_after_days})"
        raise DataError(Problem(what, remedy=remedy))
    place = _calendar(calendar, horizon.tz)
    number = np.arange(int(known.index.min()), first + len(horizon.dates))
    scheduled = np.isin(number, known.index)
    is_open = np.where(number > last, _open_ahead(number, scheduled, last, place), scheduled)
    features = day_features(number, is_open, place, None, last + 1 - int(number[0]))
    ahead = (number >= first) & is_open
    rate = (known["absent_h"] / known["scheduled_h"]).to_numpy(dtype=float)
    mean, variance = np.zeros(int(ahead.sum())), np.zeros(int(ahead.sum()))
    if rate.any() and ahead.any():
        said, joint = fit_level(rate, features.take(scheduled)).predict(features.take(ahead))
        mean = np.minimum(said, _MOST)
        variance = np.diag(joint) * mean**2
    frame = pd.DataFrame({"day": [as_date(n) for n in number[ahead]], "rate": mean})
    values = _beta_quantiles(mean, variance)
    return AbsenceForecast(frame.assign(**{name: values[:, n] for n, name in enumerate(_COLUMNS)}), len(known))


def _by_day(absence: FrameLike, horizon: Horizon) -> pd.DataFrame:
    """Return hours by day number: `scheduled_h, absent_h`, of days with scheduled time."""
    given = frame_of(absence)
    frame = _hours_of_states(given, horizon.tz) if "productive" in given else given
    key = "start" if "start" in frame else "day"
    faults = Faults("the absence")
    for column in (key, "scheduled_h", "absent_h"):
        if column not in frame:
            faults.add(f"column {column!r} is missing", remedy=f"the frame has: {', '.join(map(str, frame.columns))}")
    faults.raise_if_any()
    hours = frame[["scheduled_h", "absent_h"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    wrong = ~np.isfinite(hours).all(axis=1) | (hours < 0).any(axis=1) | (hours[:, 1] > hours[:, 0] + 1e-9)
    if wrong.any():
        remedy = "hours are 0 or more, and no more are absent than scheduled"
        faults.add("wrong hours", remedy=remedy, rows=frame.index[wrong].tolist())
    if key == "start" and not isinstance(frame["start"].dtype, pd.DatetimeTZDtype):
        remedy = "call frame['start'].dt.tz_localize('Europe/Berlin') with your zone"
        faults.add("column 'start' has no stamps with a zone", remedy=remedy)
    faults.raise_if_any()
    days = frame["start"].dt.tz_convert(horizon.tz).dt.date if key == "start" else pd.to_datetime(frame["day"]).dt.date
    number = np.array([day_number(day) for day in days], dtype=np.int64)
    table = pd.DataFrame(hours, columns=["scheduled_h", "absent_h"]).groupby(number).sum()
    return table[table["scheduled_h"] > 0]


def _hours_of_states(states: pd.DataFrame, tz: str) -> pd.DataFrame:
    """Return the hours of stretches by local day; a stretch across midnight counts on both days."""
    frame = as_frame(states, "employee_states", tz=tz)
    wrong = frame["end"] < frame["start"]
    if wrong.any():
        what = "a stretch ends before it begins"
        raise DataError(Problem(what, remedy="correct it", rows=tuple(frame.index[wrong].tolist())))
    days = pd.date_range(frame["start"].min().date(), frame["end"].max().date(), freq="D").date
    bounds = day_starts([*days, days[-1] + pd.Timedelta(days=1)], tz)
    rows = []
    for day, begin, end in zip(days, bounds[:-1], bounds[1:], strict=True):
        inside = (frame["start"] < end) & (frame["end"] > begin)
        part = frame[inside]
        hours = (part["end"].clip(upper=end) - part["start"].clip(lower=begin)).dt.total_seconds() / 3600
        absent = float(hours[~part["productive"].astype(bool)].sum())
        rows.append({"day": day, "scheduled_h": float(hours.sum()), "absent_h": absent})
    return pd.DataFrame(rows)


def _calendar(calendar: Place | None, tz: str) -> Calendar | None:
    if isinstance(calendar, Centre):
        return Calendar.of(calendar)
    if isinstance(calendar, CalendarSpec):
        return Calendar(calendar, tz)
    return None if calendar is None else check_kind("calendar", calendar, Calendar)


def _open_ahead(number: IntArray, scheduled: BoolArray, last: int, calendar: Calendar | None) -> BoolArray:
    if calendar is not None:
        return np.array([n > last and bool(calendar.hours_on(as_date(n))) for n in number], dtype=bool)
    past = number <= last
    usual = {n for n in range(7) if scheduled[past & (number % 7 == n)].mean() >= 0.5}
    return np.isin(number % 7, list(usual))


def _beta_quantiles(mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the quantiles of beta distributions; all 0 for a rate of 0."""
    safe = np.clip(mean, 1e-9, _MOST)
    spread = np.clip(variance, 1e-12, 0.9 * safe * (1 - safe))
    weight = safe * (1 - safe) / spread - 1
    values = betaincinv((safe * weight)[:, None], ((1 - safe) * weight)[:, None], _LEVELS)
    return np.asarray(np.where(mean[:, None] > 0, values, 0.0))
