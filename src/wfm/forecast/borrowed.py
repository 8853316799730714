"""A queue without a history of its own: the forecast of a queue like it, at a level that is first told and then learnt.

The ratio of the two queues has a gamma distribution: before any day of its own its mean is the level that was told, and
its coefficient of variation how unsure that is. Each day of its own, beside the same intervals of the queue it is like,
is then counted in (gamma-Poisson), at the weight that the noise of a day leaves it. What stays unsure about the ratio
is common to all days of the forecast and widens their bands.

Source: Gelman et al., *Bayesian Data Analysis*, 3rd ed. (2013), section 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wfm.checks import check_in_range, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.grid import wall_clock
from wfm.forecast.result import Forecast, audit_frame
from wfm.forecast.uncertainty import quantiles
from wfm.schema import QUANTILES, FrameLike, as_frame

__all__ = ["NewQueue", "add_queue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQueue:
    """A queue that opens, or has too few days of its own to be forecast from them.

    Parameters
    ----------
    name
        Its name.
    like
        The queue whose course of the day and week, opening hours, handle time and noise it is given.
    per_day
        Contacts of an average open day that are expected, more than 0.
    cv
        How unsure that is: standard deviation over mean, in (0, 2]; default 0.4, so that 250 in place of 120 would be
        a surprise of one in fifty.

    Raises
    ------
    DataError
        If a value is out of its range.
    """

    name: str
    like: str
    per_day: float
    cv: float = 0.4

    def __post_init__(self) -> None:
        faults = Faults("a new queue")
        for field in ("name", "like"):
            with faults.collecting():
                check_name(field, getattr(self, field))
        with faults.collecting():
            check_in_range("per_day", self.per_day, 0.0, include_low=False)
        with faults.collecting():
            check_in_range("cv", self.cv, 0.0, 2.0, include_low=False)
        if self.name == self.like:
            faults.add(f"queue {self.name!r} is like itself", remedy="name another queue that it is like")
        faults.raise_if_any()


def add_queue(forecast: Forecast, new: NewQueue, history: FrameLike | None = None) -> Forecast:
    """Return a forecast with a new queue beside those it has.

    Parameters
    ----------
    forecast
        A forecast of the queue that the new one is like, by `Forecaster`.
    new
        The new queue.
    history
        Frame `history` with the days that the new queue already has, and the same days of the queue it is like; from
        two weeks on, fit it like any other. Default none.

    Raises
    ------
    DataError
        If the forecast lacks the queue that the new one is like, cannot say how it may be off, or has the new one
        already; or if the history lacks intervals of the two queues together.

    Examples
    --------
    >>> from wfm.forecast import Forecaster
    >>> from wfm.testing import make_history
    >>> from wfm.timegrid import Horizon
    >>> model = Forecaster().fit(make_history(weeks=8))
    >>> forecast = model.predict(Horizon("2026-03-02", weeks=1, tz="Europe/Berlin"))
    >>> both = add_queue(forecast, NewQueue(name="calls-fr", like="calls", per_day=80, cv=0.4))
    >>> round(float(both.days().groupby("queue")["offered"].mean()["calls-fr"]), 6)
    80.0
    """
    _check(forecast, new)
    rows = forecast.frame[forecast.frame["queue"] == new.like]
    spread = forecast.spread[new.like]
    day, slot = wall_clock(pd.DatetimeIndex(rows["start"]), int(forecast.interval_s))
    number, place = np.unique(day, return_inverse=True)
    usual = float(rows["offered"].sum()) / len(number)
    # How much of the queue's band each day adds by itself, its own noise and that of the queue it is held against.
    noise = 2 * float(np.diag(spread.covariance).min())
    shape, rate = 1 / new.cv**2, usual / (new.per_day * new.cv**2)
    seen = 0
    if history is not None:
        own, like = _days_together(history, new, forecast)
        trust = 1 / (1 + new.per_day / usual * like * noise)
        shape, rate, seen = shape + float(trust @ own), rate + float(trust @ like), len(own)
    ratio, unsure = shape / rate, float(np.log1p(1 / shape))
    wider = replace(spread, covariance=spread.covariance + unsure)
    mean = rows["offered"].to_numpy(dtype=float) * ratio
    variance = wider.interval_variance(mean, place, slot)
    levels = quantiles(mean, variance, spread.calibration, whole=spread.whole)
    columns = {"queue": new.name, "offered": mean} | {name: levels[:, n] for n, name in enumerate(QUANTILES)}
    added = rows.assign(**columns).astype({"queue": "str"})
    finding = f"new queue: like {new.like!r}, {new.per_day:g} contacts a day told, {seen} days of its own"
    action = f"forecast as {ratio:.3g} of it, give or take {np.sqrt(1 / shape):.0%}"
    start, end = rows["start"].iloc[0], rows["start"].iloc[-1] + pd.Timedelta(seconds=forecast.interval_s)
    lines = [*forecast.audit.itertuples(index=False, name=None), (new.name, start, end, finding, action)]
    return replace(
        forecast,
        frame=pd.concat([forecast.frame, added], ignore_index=True),
        audit=audit_frame(lines, forecast.tz),
        models={**forecast.models, new.name: f"the profile of {new.like}, {seen} days of its own"},
        spread={**forecast.spread, new.name: wider},
    )


def _check(forecast: Forecast, new: NewQueue) -> None:
    if not isinstance(forecast, Forecast) or not isinstance(new, NewQueue):
        what = f"a {type(forecast).__name__} and a {type(new).__name__}"
        raise DataError(Problem(what, remedy="write add_queue(forecast, NewQueue(name=..., like=..., per_day=...))"))
    faults = Faults("a new queue")
    if new.name in forecast.queues:
        faults.add(f"the forecast already has queue {new.name!r}", remedy="leave its few days out of the fit")
    if new.like not in forecast.queues:
        faults.add(f"queue {new.like!r} is not in the forecast", remedy=did_you_mean(new.like, forecast.queues))
    elif new.like not in forecast.spread:
        faults.add(f"the forecast cannot say how queue {new.like!r} may be off", remedy="forecast it by Forecaster")
    elif not forecast.frame.loc[forecast.frame["queue"] == new.like, "offered"].sum() > 0:
        faults.add(f"queue {new.like!r} has no contact in the forecast", remedy="name another queue that it is like")
    faults.raise_if_any()


def _days_together(history: FrameLike, new: NewQueue, forecast: Forecast) -> tuple[np.ndarray, np.ndarray]:
    """Return the contacts of both queues on each day, over the intervals that both have."""
    frame = as_frame(history, "history", tz=forecast.tz)
    own, like = (frame.loc[frame["queue"] == name].set_index("start")["offered"] for name in (new.name, new.like))
    both = pd.DataFrame({"own": own, "like": like}).dropna()
    if both.empty:
        what = f"the history has no interval of both {new.name!r} and {new.like!r}"
        raise DataError(Problem(what, remedy="give the same days of the two queues, or no history"))
    days = both.groupby(both.index.date).sum()
    return days["own"].to_numpy(dtype=float), days["like"].to_numpy(dtype=float)
