"""Interval < day < week < month: totals of a forecast, and planned totals split to its intervals, exactly."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd

from wfm.checks import check_flag
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.days import as_date, day_number
from wfm.forecast.grid import BoolArray, FloatArray, IntArray, wall_clock
from wfm.forecast.moving import changed, check_forecast, moved_quantiles
from wfm.forecast.result import Forecast

__all__ = ["period_totals", "split"]

_Period = Literal["day", "week", "month"]


def period_totals(forecast: Forecast, by: _Period) -> pd.DataFrame:
    """Return the sums of a forecast by day, week or month: what a plan of the same periods would say.

    Parameters
    ----------
    forecast
        The forecast.
    by
        `"day"` (periods such as `"2026-11-02"`), `"week"` (of ISO 8601, `"2026-W45"`) or `"month"` (`"2026-11"`).

    Returns
    -------
    pandas.DataFrame
        `queue, period, offered`. There are no quantiles: those of intervals do not add up to those of a day.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [4.0, 6.0]})
    >>> period_totals(Forecast(frame, tz="Europe/Berlin", interval_s=1800), "week").values.tolist()
    [['calls', '2026-W45', 10.0]]
    """
    names = {"day": _day_name, "week": _week_name, "month": _month_name}
    if by not in names:
        raise DataError(Problem(f"unknown period {by!r}", remedy=did_you_mean(str(by), names)))
    days = forecast.frame["start"].dt.date.map(names[by]).astype("str")
    frame = forecast.frame[["queue", "offered"]].assign(period=days)
    return frame.groupby(["queue", "period"], as_index=False)["offered"].sum()[["queue", "period", "offered"]]


def split(plan: pd.DataFrame, forecast: Forecast, *, whole: bool = True) -> Forecast:
    """Split planned totals to the intervals of a forecast, along its shape.

    Parameters
    ----------
    plan
        `queue, period, offered`: the total of each queue in a month (`"2026-11"`), a week of ISO 8601 (`"2026-W45"`) or
        a day (`"2026-11-02"`). Periods of a queue must not overlap.
    forecast
        Gives the open intervals and their shape. It must cover every period.
    whole
        Whether contacts are whole (default): each interval gets the whole part of its share, and the contacts that are
        left go to the largest remainders, the earlier interval first where two are equal. The total is exact either
        way; with fractions, to rounding.

    Returns
    -------
    Forecast
        Of the planned queues and periods only, with quantiles that moved along; `aht_s` is that of the forecast.

    Raises
    ------
    DataError
        With every fault of the plan.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=3, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [1.0, 1.0, 2.0]})
    >>> shape = Forecast(frame, tz="Europe/Berlin", interval_s=1800)
    >>> plan = pd.DataFrame({"queue": ["calls"], "period": ["2026-11-02"], "offered": [10]})
    >>> split(plan, shape).to_frame()["offered"].tolist()
    [3.0, 2.0, 5.0]
    """
    check_forecast(forecast)
    check_flag("whole", whole)
    day, _ = wall_clock(pd.DatetimeIndex(forecast.frame["start"]), int(forecast.interval_s))
    queue, before = forecast.frame["queue"].to_numpy(), forecast.frame["offered"].to_numpy(dtype=float)
    offered, planned = before.copy(), np.zeros(len(before), dtype=bool)
    faults, notes = Faults("the plan"), []
    checked = _checked(plan, faults)
    for label, row in checked.iterrows():
        with faults.collecting(f"row {label}"):
            rows = _rows(str(row["queue"]), str(row["period"]), forecast, queue == row["queue"], day)
            if (rows & planned).any():
                what = f"period {row['period']} of {row['queue']!r} overlaps another one"
                raise DataError(Problem(what, remedy="give each day once"))
            planned |= rows
            if np.isnan(row["offered"]):
                continue
            offered[rows] = _shared(float(row["offered"]), before[rows], whole=whole)
            action = f"{before[rows].sum():,.0f} → {row['offered']:,.10g} contacts along the shape of the forecast"
            notes.append((str(row["queue"]), rows, f"planned total of {row['period']}", action))
    faults.raise_if_any()
    result = changed(forecast, moved_quantiles(forecast, offered), notes)
    return _only(result, planned)


def _checked(plan: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Return the plan with numbers, missing where they are none; note which are not."""
    if not isinstance(plan, pd.DataFrame) or plan.empty:
        raise DataError(Problem("the plan has no row", remedy="give a frame queue, period, offered"))
    for column in ("queue", "period", "offered"):
        if column not in plan:
            faults.add(f"column {column!r} is missing", remedy=f"the plan has: {', '.join(map(str, plan.columns))}")
    faults.raise_if_any()
    offered = pd.to_numeric(plan["offered"], errors="coerce")
    wrong = ~(np.isfinite(offered) & (offered >= 0))
    if wrong.any():
        what = f"column 'offered' must be a finite number of at least 0, got {plan['offered'][wrong].iloc[0]}"
        faults.add(what, remedy="correct the value", rows=plan.index[wrong.to_numpy()])
    return plan.assign(offered=offered.where(~wrong))


def _rows(queue: str, period: str, forecast: Forecast, own: BoolArray, day: IntArray) -> BoolArray:
    """Return the forecast's intervals in a period; refuse one that it covers in part."""
    if not own.any():
        what = f"queue {queue!r} is not in the forecast"
        raise DataError(Problem(what, remedy=did_you_mean(queue, forecast.queues)))
    first, last = (day_number(bound) for bound in _bounds(period))
    rows = own & (day >= first) & (day <= last)
    # A day beyond the ends of the forecast is no closed one if the queue is open on its weekday.
    known = day[own]
    usual = set((known % 7).tolist())
    lacking = [n for n in range(first, last + 1) if not known.min() <= n <= known.max() and n % 7 in usual]
    if lacking or not rows.any():
        covered = f"{as_date(int(known.min()))} to {as_date(int(known.max()))}"
        what = f"the forecast of {queue!r} does not cover {period}: it has {covered}"
        raise DataError(Problem(what, remedy="forecast the whole period, or plan the days that it has"))
    return rows


def _bounds(period: str) -> tuple[date, date]:
    """Return the first and the last day of a period."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", period):
            first = date.fromisoformat(f"{period}-01")
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if re.fullmatch(r"\d{4}-W\d{2}", period):
            first = date.fromisocalendar(int(period[:4]), int(period[6:]), 1)
            return first, first + timedelta(days=6)
        day = date.fromisoformat(period)
    except ValueError:
        remedy = "write '2026-11' for a month, '2026-W45' for a week, '2026-11-02' for a day"
        raise DataError(Problem(f"period {period!r} cannot be read", remedy=remedy)) from None
    return day, day


def _shared(total: float, shape: FloatArray, *, whole: bool) -> FloatArray:
    """Return the total cut along a shape, by largest remainder if contacts are whole."""
    if not shape.any():
        remedy = "plan 0, or forecast the queue with a history that has contacts"
        if total > 0:
            raise DataError(Problem(f"{total:g} contacts where the forecast has none", remedy=remedy))
        return shape
    exact = total * shape / shape.sum()
    if not whole:
        return np.asarray(exact)
    if total != np.rint(total):
        raise DataError(Problem(f"{total:.10g} contacts are not whole", remedy="round the plan, or give whole=False"))
    result = np.floor(exact + 1e-9)
    left = int(np.rint(total - result.sum()))
    # Remainders that differ only by rounding are equal; the sort is stable, so the earlier interval comes first.
    order = np.argsort(-np.round(exact - result, 9), kind="stable")
    result[order[:left]] += 1
    return np.asarray(result)


def _only(forecast: Forecast, rows: BoolArray) -> Forecast:
    """Return the forecast of some of its intervals."""
    frame = forecast.frame[rows]
    kept = set(frame["queue"].unique())
    words = {queue: text for queue, text in forecast.models.items() if queue in kept}
    spread = {queue: value for queue, value in forecast.spread.items() if queue in kept}
    audit = forecast.audit[forecast.audit["queue"].isin(kept)].reset_index(drop=True)
    return replace(forecast, frame=frame, models=words, spread=spread, audit=audit)


def _day_name(day: date) -> str:
    return day.isoformat()


def _week_name(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _month_name(day: date) -> str:
    return f"{day:%Y-%m}"
