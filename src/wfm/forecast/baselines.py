"""Two honest baselines behind the forecaster's own face: last week again, and the planners' six-week mean."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.errors import NotFittedError
from wfm.forecast.days import weekdays
from wfm.forecast.grid import FloatArray, IntArray, wall_clock
from wfm.forecast.prepare import AuditRow, OwnHours, Place, Prepared, QueueHistory, check_horizon, early_ends, prepare
from wfm.forecast.result import Forecast, audit_frame
from wfm.schema import QUANTILES, FrameLike
from wfm.timegrid import Horizon

__all__ = ["SeasonalNaive", "WeeklyMean"]

_LEVELS = np.array(list(QUANTILES.values()))


class _Repeated(ABC):
    """A model that repeats what was recorded on the same weekday at the same time.

    Quantiles are empirical: the deviations inside the history, divided by the root of what was said. An interval that
    was never recorded on that weekday is forecast as 0, and the audit says so.
    """

    def __init__(
        self,
        *,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        stale_after_days: int = 42,
    ) -> None:
        self.calendar = calendar
        self.hours = hours
        self.stale_after_days = check_int("stale_after_days", stale_after_days, 0)

    @property
    @abstractmethod
    def _weeks(self) -> int:
        """Number of latest recorded values that are averaged."""

    @abstractmethod
    def _in_words(self) -> str:
        """Return the model in words."""

    def fit(self, history: FrameLike) -> _Repeated:
        """Fit every queue of a history (frame `history`); raises `DataError` with every fault of it."""
        prepared = prepare(history, self.calendar, self.hours)
        self._prepared: Prepared = prepared
        self.weekly_: dict[str, FloatArray] = {}
        self._deviations: dict[str, FloatArray] = {}
        for queue in prepared.queues:
            weekday = weekdays(queue.grid.days, prepared.calendar)
            self.weekly_[queue.name] = np.stack(
                [_last_mean(queue.grid.volume[weekday == n], self._weeks) for n in range(7)]
            )
            self._deviations[queue.name] = _deviations(queue.grid.volume, weekday, self._weeks)
        return self

    def predict(self, horizon: Horizon) -> Forecast:
        """Forecast the open intervals of a horizon; raises as `Forecaster.predict` does."""
        if not hasattr(self, "weekly_"):
            raise NotFittedError(f"the {type(self).__name__} is not fitted; call fit(history) first")
        prepared = self._prepared
        check_horizon(horizon, prepared, self.stale_after_days)
        audit = [*prepared.audit, *early_ends(horizon, prepared)]
        frames = [self._predict_queue(queue, horizon, audit) for queue in prepared.queues]
        return Forecast(
            pd.concat(frames, ignore_index=True),
            tz=prepared.tz,
            interval_s=float(prepared.interval_s),
            audit=audit_frame(audit, prepared.tz),
            models={queue.name: self._in_words() for queue in prepared.queues},
            as_of=prepared.end,
        )

    def _predict_queue(self, queue: QueueHistory, horizon: Horizon, audit: list[AuditRow]) -> pd.DataFrame:
        starts = queue.hours.open_starts(horizon)
        day, slot = wall_clock(starts, int(horizon.interval_s))
        found = self.weekly_[queue.name][weekdays(day, self._prepared.calendar), slot]
        new = np.isnan(found)
        if new.any():
            step = pd.Timedelta(seconds=horizon.interval_s)
            finding = f"open intervals that the history never has: {int(new.sum())}"
            audit.append((queue.name, starts[new][0], starts[new][-1] + step, finding, "forecast as 0"))
        mean = np.where(new, 0.0, found)
        spread = (
            np.quantile(self._deviations[queue.name], _LEVELS) if len(self._deviations[queue.name]) else _LEVELS * 0
        )
        values = np.maximum(mean[:, None] + np.sqrt(mean)[:, None] * spread, 0.0)
        columns: dict[str, object] = {"queue": queue.name, "start": starts, "offered": mean}
        columns |= {name: values[:, n] for n, name in enumerate(QUANTILES)}
        return pd.DataFrame(columns).astype({"queue": "str"})


class SeasonalNaive(_Repeated):
    """What was recorded last on the same weekday at the same time: the yardstick of every other model.

    Parameters
    ----------
    calendar, hours, stale_after_days
        As those of `Forecaster`.

    Attributes
    ----------
    weekly_
        By queue, the repeated week: a row for each weekday, a column for each interval of the wall clock.

    Examples
    --------
    >>> starts = pd.date_range("2026-10-19", periods=14 * 24, freq="1h", tz="Asia/Shanghai")
    >>> history = pd.DataFrame({"queue": "chat", "start": starts, "offered": range(len(starts))})
    >>> horizon = Horizon("2026-11-02", days=1, interval="1h", tz="Asia/Shanghai")
    >>> SeasonalNaive().fit(history).predict(horizon).to_frame()["offered"].tolist()[:3]
    [168.0, 169.0, 170.0]
    """

    @property
    def _weeks(self) -> int:
        return 1

    def _in_words(self) -> str:
        return "the last recorded value of the same weekday and time"


class WeeklyMean(_Repeated):
    """The mean of the last recorded values of the same weekday and time, as planners do it by hand.

    Parameters
    ----------
    weeks
        Number of values, 1 to 52; default 6.
    calendar, hours, stale_after_days
        As those of `Forecaster`.

    Attributes
    ----------
    weekly_
        By queue, the mean week: a row for each weekday, a column for each interval of the wall clock.

    Examples
    --------
    >>> starts = pd.date_range("2026-10-19", periods=14 * 24, freq="1h", tz="Asia/Shanghai")
    >>> history = pd.DataFrame({"queue": "chat", "start": starts, "offered": range(len(starts))})
    >>> horizon = Horizon("2026-11-02", days=1, interval="1h", tz="Asia/Shanghai")
    >>> WeeklyMean(weeks=2).fit(history).predict(horizon).to_frame()["offered"].tolist()[:3]
    [84.0, 85.0, 86.0]
    """

    def __init__(
        self,
        *,
        weeks: int = 6,
        calendar: Place | None = None,
        hours: OwnHours | None = None,
        stale_after_days: int = 42,
    ) -> None:
        super().__init__(calendar=calendar, hours=hours, stale_after_days=stale_after_days)
        self.weeks = check_int("weeks", weeks, 1, 52)

    @property
    def _weeks(self) -> int:
        return self.weeks

    def _in_words(self) -> str:
        return f"mean of the last {self.weeks} recorded values of the same weekday and time"


def _last_mean(values: FloatArray, count: int) -> FloatArray:
    """Return, by column, the mean of the last `count` values that are there; NaN where there is none."""
    known = ~np.isnan(values)
    later = np.cumsum(known[::-1], axis=0)[::-1]
    use = known & (later <= count)
    number = use.sum(axis=0)
    total = np.where(use, values, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _deviations(volume: FloatArray, weekday: IntArray, count: int) -> FloatArray:
    """Return (recorded - said) / √said of the last eight weeks, each said by the weeks before it."""
    found = [np.empty(0)]
    for n in range(7):
        rows = volume[weekday == n]
        for latest in range(max(1, len(rows) - 8), len(rows)):
            said = _last_mean(rows[:latest], count)
            use = ~np.isnan(said) & ~np.isnan(rows[latest]) & (said > 0)
            found.append((rows[latest][use] - said[use]) / np.sqrt(said[use]))
    return np.concatenate(found)
