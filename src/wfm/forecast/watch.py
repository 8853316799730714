"""Early warning at day level: control limits for the days that have gone by, and the chance of a day above a limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wfm.checks import check_in_range, check_int, check_kind
from wfm.errors import DataError, Faults, Problem
from wfm.forecast.marginals import Marginals
from wfm.forecast.moving import check_forecast
from wfm.forecast.paths import course_of, total_moments, total_quantiles
from wfm.forecast.result import Forecast
from wfm.forecast.trigger import Trigger, looks_of_paths, trigger_of
from wfm.schema import FrameLike, as_frame

__all__ = ["breach_probability", "control_limits", "drift"]

_PATHS = 2000


def control_limits(forecast: Forecast, actual: FrameLike, *, false_alarm: float = 0.05) -> pd.DataFrame:
    """Hold the days that have gone by against the limits that the forecast set for them.

    Parameters
    ----------
    forecast
        Made before the first of the days.
    actual
        Frame `history` that holds every forecast interval of each of its days.
    false_alarm
        Chance that a day on which nothing is wrong lies outside its limits, in (0, 0.5]; default 0.05.

    Returns
    -------
    pandas.DataFrame
        `queue, day, expected, actual, low, high, outside`, a row for each queue and day that has gone by.

    Raises
    ------
    DataError
        If a queue is unknown or its model cannot say how far it may be off, or an interval is closed or missing.

    Examples
    --------
    >>> from wfm.forecast import Forecaster
    >>> from wfm.testing import make_history
    >>> from wfm.timegrid import Horizon
    >>> history = make_history(weeks=9)
    >>> known = history["start"] < pd.Timestamp("2026-03-02", tz="Europe/Berlin")
    >>> forecast = Forecaster().fit(history[known]).predict(Horizon("2026-03-02", weeks=2, tz="Europe/Berlin"))
    >>> control_limits(forecast, history[~known])["outside"].sum()
    np.int64(0)
    """
    check_kind("forecast", forecast, Forecast)
    check_in_range("false_alarm", false_alarm, 0.0, 0.5, include_low=False)
    levels = np.array([false_alarm / 2, 1 - false_alarm / 2])
    parts = []
    for queue, rows in _gone_by(forecast, actual).items():
        spread = forecast.spread[queue]
        group, days = pd.factorize(rows["start"].dt.date, sort=True)
        low, high = total_quantiles(course_of(rows, forecast.interval_s, spread), group, spread, levels).T
        expected = np.bincount(group, weights=rows["offered"])
        seen = np.bincount(group, weights=rows["actual"])
        table = {"queue": queue, "day": days, "expected": expected, "actual": seen, "low": low, "high": high}
        parts.append(pd.DataFrame(table).assign(outside=(seen < low) | (seen > high)))
    return pd.concat(parts, ignore_index=True).astype({"queue": "str"})


def drift(forecast: Forecast, actual: FrameLike, *, false_alarm: float = 0.05, seed: int = 0) -> dict[str, Trigger]:
    """Test whether the days that have gone by have left the forecast, all together.

    As the trigger of a running day, with a look after each day: two days in a row on which the contacts so far are
    beyond the bound. A drift too small for the limits of single days is found by it.

    Parameters
    ----------
    forecast, actual
        As in `control_limits`.
    false_alarm
        Chance that a run of these days on which nothing is wrong is said to have left the forecast at one look or
        another, in (0, 0.5]; default 0.05.
    seed
        Of the sample paths from which the bound is taken; default 0.

    Returns
    -------
    dict
        By queue, the test; its frame has a row for each day.

    Raises
    ------
    DataError
        As in `control_limits`.
    """
    check_kind("forecast", forecast, Forecast)
    check_in_range("false_alarm", false_alarm, 0.0, 0.5, include_low=False)
    check_int("seed", seed, 0)
    gone = _gone_by(forecast, actual)
    drawn = forecast.path_arrays(_PATHS, seed=seed, queues=gone)
    result = {}
    for queue, rows in gone.items():
        whole = forecast.frame.loc[forecast.frame["queue"] == queue, "start"]
        group, days = pd.factorize(rows["start"].dt.date, sort=True)
        own = drawn[queue][:, whole.isin(rows["start"]).to_numpy()].astype(float)
        totals = np.stack([own[:, group == n].sum(axis=1) for n in range(len(days))], axis=1)
        expected, seen = (np.bincount(group, weights=rows[name]).astype(float) for name in ("offered", "actual"))
        looks = looks_of_paths(expected, totals, false_alarm)
        starts = pd.DatetimeIndex(rows["start"].groupby(group).min())
        result[queue] = trigger_of(looks, starts, seen, false_alarm)
    return result


def breach_probability(forecast: Forecast, capacity: float | Mapping[str, float]) -> pd.DataFrame:
    """Return the chance that a day has more contacts than can be served.

    Parameters
    ----------
    forecast
        With a spread for each queue asked for.
    capacity
        Contacts that a day can take, 0 or more: by queue, or one number for each of all queues.

    Returns
    -------
    pandas.DataFrame
        `queue, day, expected, capacity, probability`, from the same distribution of day totals as the quantiles of
        `forecast.days()`.

    Raises
    ------
    DataError
        If a capacity is negative, a queue unknown or without a spread, or there is no open interval.

    Examples
    --------
    >>> from wfm.forecast import Forecaster
    >>> from wfm.testing import make_history
    >>> from wfm.timegrid import Horizon
    >>> forecast = Forecaster().fit(make_history()).predict(Horizon("2026-03-02", days=1, tz="Europe/Berlin"))
    >>> [round(breach_probability(forecast, limit)["probability"].iloc[0]) for limit in (300, 1000)]
    [1, 0]
    """
    check_forecast(forecast)
    limits = dict(capacity) if isinstance(capacity, Mapping) else dict.fromkeys(forecast.queues, capacity)
    faults = Faults("the capacity")
    if not limits:
        faults.add("no queue with a capacity", remedy="give one number for all queues, or one by queue")
    for queue, limit in limits.items():
        with faults.collecting():
            check_in_range(f"capacity of {queue!r}", limit, 0.0)
    forecast.note_without_spread(limits, faults)
    faults.raise_if_any()
    parts = []
    for queue in sorted(limits):
        rows = forecast.frame[forecast.frame["queue"] == queue]
        spread = forecast.spread[queue]
        group, days = pd.factorize(rows["start"].dt.date, sort=True)
        mean, variance = total_moments(course_of(rows, forecast.interval_s, spread), group, spread)
        at_most = np.floor(limits[queue]) if spread.whole else limits[queue]
        _, upto = Marginals.of(mean, variance, whole=spread.whole).levels(np.full(len(mean), float(at_most)))
        probability = np.where(mean > 0, 1 - upto, 0.0)
        table = {"queue": queue, "day": days, "expected": mean, "capacity": float(limits[queue])}
        parts.append(pd.DataFrame(table).assign(probability=probability))
    return pd.concat(parts, ignore_index=True).astype({"queue": "str"})


def _gone_by(forecast: Forecast, actual: FrameLike) -> dict[str, pd.DataFrame]:
    """Return the rows of the forecast on the days that have gone by, with `actual` beside them, by queue."""
    known = as_frame(actual, "history", tz=forecast.tz, known={"queue": forecast.queues})
    if known.empty:
        raise DataError(Problem("no day that has gone by was given", remedy="give all intervals of at least one day"))
    faults = Faults("the days gone by")
    queues = [str(queue) for queue in known["queue"].unique()]
    forecast.note_without_spread(queues, faults)
    result = {}
    for queue in queues:
        own = known[known["queue"] == queue]
        rows = forecast.frame[forecast.frame["queue"] == queue]
        strange = ~own["start"].isin(rows["start"])
        if strange.any():
            what = f"queue {queue!r} is closed or not forecast at {own.loc[strange, 'start'].iloc[0].isoformat()}"
            faults.add(what, remedy="give open intervals of forecast days only", rows=own.index[strange])
        due = rows[rows["start"].dt.date.isin(own["start"].dt.date)]
        missing = due.loc[~due["start"].isin(own["start"]), "start"]
        if len(missing):
            what = (
                f"{len(missing)} intervals of queue {queue!r} are missing, the first at {missing.iloc[0].isoformat()}"
            )
            faults.add(what, remedy="give whole days; a running day is for reforecast()")
        result[queue] = due.merge(own[["start", "offered"]].rename(columns={"offered": "actual"}), on="start")
    faults.raise_if_any()
    return result
