"""What happens to a forecast whose means are moved: its quantiles, its spread, its words and its audit.

One rule serves scenarios and overrides. The error of a day moves in proportion to the mean, counting noise with its
root: half as many contacts are relatively less sure, twice as many relatively surer. So the distance of each quantile
from the mean is multiplied by the ratio of the standard deviations after and before, and quantiles never go below 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, ndtri

from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.days import day_number
from wfm.forecast.grid import BoolArray, FloatArray, wall_clock
from wfm.forecast.result import Forecast, audit_frame
from wfm.forecast.spread import Spread
from wfm.forecast.uncertainty import Dispersion
from wfm.schema import QUANTILES

__all__ = ["changed", "check_forecast", "check_span", "joined_spread", "moved_quantiles", "rows_of", "span_text"]

Change = tuple[str, BoolArray, str, str]  # queue, its rows, finding, action


def check_forecast(forecast: Forecast) -> Forecast:
    """Return what was given if it is a `Forecast` with an open interval."""
    if not isinstance(forecast, Forecast):
        what = f"a {type(forecast).__name__} is no forecast"
        raise DataError(
            Problem(what, remedy="give what predict() returns, or make a Forecast(frame, tz=, interval_s=)")
        )
    if forecast.frame.empty:
        raise DataError(Problem("the forecast has no open interval", remedy="give a longer horizon"))
    return forecast


def check_span(first: date | None, last: date | None) -> None:
    """Refuse bounds of a span of days that are no dates or stand the wrong way round."""
    faults = Faults()
    for name, day in (("first", first), ("last", last)):
        if day is not None and (not isinstance(day, date) or isinstance(day, pd.Timestamp)):
            faults.add(f"{name} must be a date, got {day!r}", remedy="write date(2026, 12, 24)")
    faults.raise_if_any()
    if first is not None and last is not None and last < first:
        what = f"the span begins on {first} and ends on {last}"
        raise DataError(Problem(what, remedy="give a last day that is not before the first"))


def span_text(first: date | None, last: date | None) -> str:
    """Return the span in words, with a space before it; nothing for all days."""
    if first is None and last is None:
        return ""
    if first == last:
        return f" on {first}"
    return (f" from {first}" if first is not None else "") + (f" to {last}" if last is not None else "")


def rows_of(forecast: Forecast, queue: str | None, first: date | None = None, last: date | None = None) -> BoolArray:
    """Return which rows of a forecast are of a queue (all without one) and of the days from `first` to `last`."""
    frame = forecast.frame
    if queue is not None and queue not in forecast.queues:
        what = f"queue {queue!r} is not in the forecast"
        raise DataError(Problem(what, remedy=did_you_mean(str(queue), forecast.queues)))
    day, _ = wall_clock(pd.DatetimeIndex(frame["start"]), int(forecast.interval_s))
    chosen = np.ones(len(frame), dtype=bool) if queue is None else (frame["queue"] == queue).to_numpy(dtype=bool)
    if first is not None:
        chosen &= day >= day_number(first)
    if last is not None:
        chosen &= day <= day_number(last)
    if not chosen.any():
        bounds = f"{frame['start'].min().date()} to {frame['start'].max().date()}"
        what = f"the forecast has no open interval{span_text(first, last)}" + (f" of {queue!r}" if queue else "")
        raise DataError(Problem(what, remedy=f"it covers {bounds}"))
    return chosen


def changed(
    forecast: Forecast,
    columns: Mapping[str, FloatArray],
    changes: list[Change],
    spread: Mapping[str, Spread] | None = None,
) -> Forecast:
    """Return a forecast with new columns, with a line of audit for each change and its words beside the model's."""
    stamps = pd.DatetimeIndex(forecast.frame["start"])
    step = pd.Timedelta(seconds=forecast.interval_s)
    rows = [tuple(row) for row in forecast.audit.itertuples(index=False)]
    words = dict(forecast.models)
    for queue, mask, finding, action in changes:
        rows.append((queue, stamps[mask][0], stamps[mask][-1] + step, finding, action))
        words[queue] = "; ".join(filter(None, (words.get(queue, ""), f"{finding}, {action}")))
    return replace(
        forecast,
        frame=forecast.frame.assign(**columns),
        audit=audit_frame(rows, forecast.tz),
        models=words,
        spread=dict(forecast.spread) | dict(spread or {}),
    )


def moved_quantiles(forecast: Forecast, offered: FloatArray) -> dict[str, FloatArray]:
    """Return the columns `offered` and its quantiles for new means, a value for each row of the forecast.

    Where the forecast says how it may be off (`spread`), the standard deviations are those of its day level and its
    dispersion. Elsewhere they are read from the distance of the outermost quantiles, and what exceeds counting noise
    (Poisson) is taken to belong to the level. An interval that was 0 gets Poisson's noise, in a gamma distribution.
    """
    names = [name for name in QUANTILES if name in forecast.frame]
    mean = forecast.frame["offered"].to_numpy(dtype=float)
    result = {"offered": offered}
    if not names:
        return result
    levels = np.array([QUANTILES[name] for name in names])
    found = forecast.frame[names].to_numpy(dtype=float)
    ratio, whole = np.ones(len(mean)), np.zeros(len(mean), dtype=bool)
    for queue in forecast.queues:
        rows = rows_of(forecast, queue)
        before, after = mean[rows], offered[rows]
        factor = np.divide(after, before, out=np.ones(len(before)), where=before > 0)
        spread = forecast.spread.get(queue)
        if spread is None:
            old, new = _read_variances(found[rows], levels, before, factor)
            whole[rows] = bool(np.all(found[rows] == np.rint(found[rows])))
        else:
            old, new = _known_variances(forecast, rows, spread, before, after)
            whole[rows] = spread.whole
        ratio[rows] = np.where(old > 0, np.sqrt(np.divide(new, old, out=np.ones(len(old)), where=old > 0)), factor)
    values = np.maximum(offered[:, None] + (found - mean[:, None]) * ratio[:, None], 0.0)
    fresh = (mean <= 0) & (offered > 0)
    values[fresh] = gammaincinv(offered[fresh, None], levels)
    values[offered <= 0] = 0.0
    still = np.isclose(offered, mean, rtol=1e-12, atol=0.0)
    values = np.where(still[:, None], found, np.where(whole[:, None], np.rint(values), values))
    return result | {name: np.asarray(values[:, n]) for n, name in enumerate(names)}


def _read_variances(
    found: FloatArray, levels: FloatArray, mean: FloatArray, factor: FloatArray
) -> tuple[FloatArray, FloatArray]:
    width = float(ndtri(levels.max()) - ndtri(levels.min()))
    old = ((found.max(axis=1) - found.min(axis=1)) / width) ** 2 if width > 0 else np.zeros(len(mean))
    counting = np.minimum(old, mean)
    return old, factor**2 * (old - counting) + factor * counting


def _known_variances(
    forecast: Forecast, rows: BoolArray, spread: Spread, before: FloatArray, after: FloatArray
) -> tuple[FloatArray, FloatArray]:
    day, slot = wall_clock(pd.DatetimeIndex(forecast.frame["start"][rows]), int(forecast.interval_s))
    place = np.searchsorted(spread.days, day)
    return spread.interval_variance(before, place, slot), spread.interval_variance(after, place, slot)


def joined_spread(forecast: Forecast, queue: str, other: str, own: FloatArray, come: FloatArray) -> Spread | None:
    """Return the spread of a queue to which a part of another one comes; none where one of the two cannot say.

    How the two go together is not known, so their errors are added as if both ran high on the same days: the mean of
    the two covariances, weighted by volume, is never below that of the sum, whatever the dependence.

    Parameters
    ----------
    forecast
        Before the move.
    queue, other
        The queue, and the one that the contacts come from.
    own, come
        What the queue had and what comes to it, a value for each of its rows.
    """
    mine, theirs = forecast.spread.get(queue), forecast.spread.get(other)
    if mine is None or theirs is None:
        return None
    rows = rows_of(forecast, queue)
    day, _ = wall_clock(pd.DatetimeIndex(forecast.frame["start"][rows]), int(forecast.interval_s))
    place = np.searchsorted(mine.days, day)
    had = np.bincount(place, weights=own, minlength=len(mine.days))
    new = np.bincount(place, weights=come, minlength=len(mine.days))
    share = np.divide(new, had + new, out=np.zeros(len(had)), where=had + new > 0)
    left, right = np.sqrt(1 - share), np.sqrt(share)
    both = np.outer(left, left) * mine.covariance
    known = np.isin(mine.days, theirs.days)
    at = np.searchsorted(theirs.days, mine.days[known])
    both[np.ix_(known, known)] += np.outer(right[known], right[known]) * theirs.covariance[np.ix_(at, at)]
    part = float(new.sum() / (had.sum() + new.sum())) if new.sum() > 0 else 0.0
    return replace(
        mine,
        covariance=both,
        dispersion=_mixed(mine.dispersion, theirs.dispersion, part),
        correlation=(1 - part) * mine.correlation + part * theirs.correlation,
        whole=mine.whole and theirs.whole,
    )


def _mixed(own: Dispersion, other: Dispersion, part: float) -> Dispersion:
    size = max(len(own.by_time), len(other.by_time))
    left, right = (np.array(each.by_time) if each.by_time else np.ones(size) for each in (own, other))
    return Dispersion(
        (1 - part) * own.per_contact + part * other.per_contact,
        (1 - part) * own.per_square + part * other.per_square,
        tuple(((1 - part) * left + part * right).tolist()),
    )
