"""The forecast of a running day, brought up to date with its finished intervals."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from wfm.checks import check_flag, check_in_range, check_int, check_kind
from wfm.domain.duration import format_duration
from wfm.errors import DataError, Faults, Problem
from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.paths import Course, course_of, total_quantiles
from wfm.forecast.result import Forecast, audit_frame
from wfm.forecast.spread import Spread
from wfm.forecast.trigger import Trigger, looks_of, trigger_of
from wfm.forecast.uncertainty import quantiles
from wfm.forecast.update import update
from wfm.schema import QUANTILES, FrameLike, as_frame

__all__ = ["Reforecast", "reforecast"]

_AHT_CONTACTS = 400.0  # contacts at which half of what today's handle time says is believed (5 % from day to day)
_PATHS = 2000  # from which the bound of the trigger is taken


@dataclass(frozen=True, slots=True, eq=False)
class Reforecast:
    """A forecast brought up to date with the finished intervals of a running day.

    Parameters
    ----------
    forecast
        What is left to come: the intervals after the last one seen of each queue, with quantiles and spread of their
        own. Queues of which nothing was seen are as they were.
    summary
        A row for each queue that was seen: `queue`; `until`, the end of the last interval seen; `expected` and `actual`
        contacts of the day so far; `rest`, the contacts still to come today, and `factor`, how many times as many as
        said before, with `factor_low` and `factor_high`, its 80 % band (missing where the day is over); `aht_factor`,
        the same of the handle time (missing where there is none); `left`, whether the day has left its band.
    triggers
        By queue, the test whether the day has left its band.
    """

    forecast: Forecast
    summary: pd.DataFrame = field(repr=False)
    triggers: Mapping[str, Trigger] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `forecast` of what is left to come."""
        return self.forecast.to_frame()

    @property
    def left(self) -> bool:
        """Whether any queue has left its band."""
        return any(trigger.left for trigger in self.triggers.values())

    def __str__(self) -> str:
        lines = ["Reforecast"]
        width = max(len(str(queue)) for queue in self.summary["queue"])
        for n, row in enumerate(self.summary.itertuples()):
            corner = "└─" if n == len(self.summary) - 1 else "├─"
            ratio = f", {row.actual / row.expected:.0%}" if row.expected > 0 else ""
            text = f"until {row.until:%Y-%m-%d %H:%M} {row.actual:,.0f} of {row.expected:,.0f} expected{ratio}"
            if np.isfinite(row.factor):
                text += f"; rest of day × {row.factor:.2f} ({row.factor_low:.2f} to {row.factor_high:.2f})"
            if np.isfinite(row.aht_factor):
                text += f", AHT × {row.aht_factor:.2f}"
            lines.append(f"{corner} {row.queue:<{width}}  {text}; {self.triggers[str(row.queue)]}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        shown: str = self.summary.to_html(index=False, float_format="{:.2f}".format)
        return f"<pre>{html.escape(str(self))}</pre>{shown}"


def reforecast(
    forecast: Forecast,
    today_so_far: FrameLike,
    *,
    now: pd.Timestamp | None = None,
    gaps: bool = False,
    false_alarm: float = 0.05,
    seed: int = 0,
) -> Reforecast:
    """Bring a forecast up to date with the finished intervals of a running day.

    The rest of the day, and as far as days go together the days after it, move by what the contacts so far say beyond
    chance: little early in the day, more later. Their quantiles shrink. The plain ratio of actual to forecast is worse
    than no update early in the day, for the first hour says more about the morning than about the day.

    Parameters
    ----------
    forecast
        Made before the day began; give the same one at each look of a day, not the one that the last look gave.
    today_so_far
        Frame `history` of finished intervals, without gaps from the day's opening on: `queue, start, offered`, and for
        the handle time `handle_s` with `handled`, or `aht_s`. It may begin on an earlier day of the forecast. Some of
        the queues are enough.
    now
        Instant up to which intervals are finished; an interval that ends after it is refused. Default the end of the
        last one given.
    gaps
        Whether intervals may be missing between those given; they are then passed over. Default no.
    false_alarm
        Chance that a day on which nothing is wrong is said to have left its band, however often one looks, in (0, 0.5];
        default 0.05.
    seed
        Of the sample paths from which the bound of the trigger is taken; default 0.

    Raises
    ------
    DataError
        With every fault: stamps without a zone, queues that the forecast does not have or whose model cannot say how
        far it may be off, closed intervals, missing ones, those not yet finished.

    Examples
    --------
    >>> from wfm.forecast import Forecaster
    >>> from wfm.testing import make_history
    >>> from wfm.timegrid import Horizon
    >>> horizon = Horizon("2026-03-02", weeks=1, tz="Europe/Berlin")
    >>> forecast = Forecaster().fit(make_history()).predict(horizon)
    >>> so_far = forecast.to_frame().head(8)[["queue", "start"]].assign(offered=[15, 20, 22, 30, 32, 34, 33, 35])
    >>> updated = reforecast(forecast, so_far)
    >>> len(updated.to_frame()), bool(updated.summary["factor"].iloc[0] > 1)
    (112, True)
    """
    check_kind("forecast", forecast, Forecast)
    check_flag("gaps", gaps)
    check_in_range("false_alarm", false_alarm, 0.0, 0.5, include_low=False)
    check_int("seed", seed, 0)
    known = as_frame(today_so_far, "history", tz=forecast.tz, known={"queue": forecast.queues})
    _check_rows(known, forecast, now, gaps)
    frames, spreads, triggers, summary = [], dict(forecast.spread), {}, []
    for queue, rows in forecast.frame.groupby("queue", sort=True):
        name, own = str(queue), known[known["queue"] == queue]
        if own.empty:
            frames.append(rows)
            continue
        found = _Queue.of(name, rows, own, forecast)
        frame, spreads[name], line = found.updated()
        rng = np.random.default_rng([seed, *name.encode()])
        triggers[name] = found.trigger(false_alarm, rng)
        frames.append(frame)
        summary.append(line | {"left": triggers[name].left})
    table = pd.DataFrame(summary).astype({"queue": "str"})
    result = replace(
        forecast,
        frame=pd.concat(frames, ignore_index=True),
        spread=spreads,
        audit=_audit(forecast, known, table),
        models=_in_words(forecast, table),
        as_of=max([*table["until"], *([] if forecast.as_of is None else [forecast.as_of])]),
    )
    return Reforecast(result, table, triggers)


@dataclass(frozen=True, slots=True, eq=False)
class _Queue:
    """One queue: its rows of the forecast, what was seen of them, and which rows that were."""

    name: str
    rows: pd.DataFrame
    own: pd.DataFrame
    course: Course
    spread: Spread
    seen: IntArray
    actual: FloatArray
    interval_s: float

    @classmethod
    def of(cls, name: str, rows: pd.DataFrame, own: pd.DataFrame, forecast: Forecast) -> _Queue:
        rows = rows.reset_index(drop=True)
        spread = forecast.spread[name]
        course = course_of(rows, forecast.interval_s, spread)
        seen = pd.DatetimeIndex(rows["start"]).get_indexer(pd.DatetimeIndex(own["start"]))
        actual = own["offered"].to_numpy(dtype=float)
        return cls(name, rows, own, course, spread, np.asarray(seen, dtype=np.int64), actual, forecast.interval_s)

    @property
    def today(self) -> IntArray:
        """Numbers of the intervals seen of the last day that was seen."""
        return np.asarray(self.seen[self.course.day[self.seen] == self.course.day[self.seen[-1]]])

    def updated(self) -> tuple[pd.DataFrame, Spread, dict[str, object]]:
        """Return the rows still to come, their spread, and the line of the summary."""
        found = update(self.course, self.spread, self.seen, self.actual)
        course = self.course
        frame = self.rows.iloc[found.rows].assign(offered=found.mean)
        later = course_of(frame, self.interval_s, found.spread)
        if set(QUANTILES) <= set(frame.columns):
            variance = found.spread.interval_variance(later.mean, later.day, later.slot)
            values = quantiles(later.mean, variance, found.spread.calibration, whole=found.spread.whole)
            frame = frame.assign(**dict(zip(QUANTILES, values.T, strict=True)))
        rest = course.day[found.rows] == course.day[self.seen[-1]]
        aht_factor = self._aht_factor()
        if np.isfinite(aht_factor):
            frame = frame.assign(aht_s=frame["aht_s"].where(~rest, frame["aht_s"] * aht_factor))
        before, today = float(course.mean[found.rows[rest]].sum()), self.today
        low = factor = high = np.nan
        if before > 0:
            low, high = self._band(later, found.spread, rest) / before
            factor = float(found.mean[rest].sum()) / before
        line: dict[str, object] = {
            "queue": self.name,
            "until": self.rows["start"].iloc[int(today[-1])] + pd.Timedelta(seconds=self.interval_s),
            "expected": float(course.mean[today].sum()),
            "actual": float(self.actual[-len(today) :].sum()),
            "rest": float(found.mean[rest].sum()),
            "factor": factor,
            "factor_low": low,
            "factor_high": high,
            "aht_factor": aht_factor,
        }
        return frame, found.spread, line

    def _band(self, later: Course, spread: Spread, rest: np.ndarray) -> FloatArray:
        part = Course(later.mean[rest], later.day[rest], later.slot[rest], later.place[rest])
        group = np.zeros(len(part.mean), dtype=np.int64)
        return np.asarray(total_quantiles(part, group, spread, np.array([0.1, 0.9]))[0])

    def _aht_factor(self) -> float:
        """Return how many times as long as said before today's handle time is, shrunk towards 1; NaN without any."""
        own = self.own.iloc[-len(self.today) :]
        if "aht_s" not in self.rows or not ({"handle_s", "handled"} <= set(own) or "aht_s" in own):
            return float("nan")
        if {"handle_s", "handled"} <= set(own):
            known = own["handle_s"].notna() & own["handled"].notna()
            seconds, contacts = own["handle_s"].where(known), own["handled"].where(known)
        else:
            contacts = (own["handled"] if "handled" in own else own["offered"]).where(own["aht_s"].notna())
            seconds = own["aht_s"] * contacts
        count = float(contacts.sum())
        said = float((contacts.fillna(0).to_numpy(dtype=float) * self.rows["aht_s"].to_numpy()[self.today]).sum())
        found = float(seconds.sum())
        if not (count > 0 and said > 0 and found > 0):
            return float("nan")
        return float(np.exp(np.log(found / said) * count / (count + _AHT_CONTACTS)))

    def trigger(self, false_alarm: float, rng: np.random.Generator) -> Trigger:
        """Test whether the last day seen has left its band."""
        today = self.today
        day = np.flatnonzero(self.course.day == self.course.day[today[-1]])
        # An interval that was passed over is no look.
        rows = day[np.isin(day, today) | (day > today[-1])]
        looks = looks_of(self.course, self.spread, rows, false_alarm, _PATHS, rng)
        starts = pd.DatetimeIndex(self.rows["start"].iloc[today])
        return trigger_of(looks, starts, self.actual[-len(today) :], false_alarm)


def _check_rows(known: pd.DataFrame, forecast: Forecast, now: pd.Timestamp | None, gaps: bool) -> None:
    if known.empty:
        raise DataError(Problem("no interval of today was given", remedy="give at least one finished interval"))
    faults = Faults("today so far")
    step = pd.Timedelta(seconds=forecast.interval_s)
    each = format_duration(step.to_pytimedelta())
    if now is not None:
        if not isinstance(now, pd.Timestamp) or now.tz is None:
            remedy = f"write pd.Timestamp('2026-11-02 10:30', tz={forecast.tz!r})"
            raise DataError(Problem(f"now must be an instant with a zone, got {now!r}", remedy=remedy))
        late = known["start"] + step > now
        if late.any():
            what = f"interval {known.loc[late, 'start'].iloc[0].isoformat()} is not finished at {now.isoformat()}"
            faults.add(what, remedy="give finished intervals only", rows=known.index[late])
    for queue, own in known.groupby("queue", sort=True):
        rows = forecast.frame[forecast.frame["queue"] == queue]
        forecast.note_without_spread([str(queue)], faults)
        strange = ~own["start"].isin(rows["start"])
        if strange.any():
            what = f"queue {queue!r} is closed or not forecast at {own.loc[strange, 'start'].iloc[0].isoformat()}"
            first, last = rows["start"].min(), rows["start"].max() + step
            remedy = f"give open intervals from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, {each} each"
            faults.add(what, remedy=remedy, rows=own.index[strange])
            continue
        begins = own["start"].min().normalize()
        due = rows.loc[(rows["start"] >= begins) & (rows["start"] <= own["start"].max()), "start"]
        missing = due[~due.isin(own["start"])]
        if len(missing) and not gaps:
            shown = ", ".join(stamp.isoformat() for stamp in missing.iloc[:5])
            more = f", … ({len(missing)} in total)" if len(missing) > 5 else ""
            remedy = "give them (0 where nothing came), or gaps=True to pass over them"
            faults.add(f"intervals of queue {queue!r} are missing: {shown}{more}", remedy=remedy)
    faults.raise_if_any()


def _audit(forecast: Forecast, known: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in table.itertuples():
        own = known[known["queue"] == row.queue]
        finding = f"today so far: {row.actual:g} contacts where {row.expected:.1f} were expected"
        action = "the day is over; the days after it are brought up to date"
        if np.isfinite(row.factor):
            action = f"rest of the day × {row.factor:.3f}, and the days after it as far as they go together"
        rows.append((str(row.queue), own["start"].min(), row.until, finding, action))
    both = pd.concat([forecast.audit, audit_frame(rows, forecast.tz)], ignore_index=True)
    return both.sort_values(["queue", "start", "finding"], kind="stable", ignore_index=True)


def _in_words(forecast: Forecast, table: pd.DataFrame) -> dict[str, str]:
    words = dict(forecast.models)
    for row in table.itertuples():
        before = words.get(str(row.queue), "")
        words[str(row.queue)] = f"{before}{', ' if before else ''}updated at {row.until:%Y-%m-%d %H:%M}"
    return words
