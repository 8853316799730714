"""Forecast and targets to the heads needed: per queue and interval, on seat and to be scheduled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.domain.queue import Channel, Queue
from wfm.domain.targets import Deadline, Target
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame, frame_of
from wfm.staffing.heads import heads_of
from wfm.staffing.options import Options
from wfm.staffing.result import Requirement
from wfm.timegrid import floor_to_interval

__all__ = ["requirement"]


def requirement(
    forecast: FrameLike,
    centre: Centre | Queue | Target | Iterable[Queue] | Iterable[Target],
    *,
    method: str = "mol",
    scope: str = "interval",
    confidence: float | None = None,
    expected: bool = False,
    paths: FrameLike | None = None,
    shrinkage: Mapping[str, Mapping[int, float]] | None = None,
    blend: Mapping[str, tuple[str, ...]] | None = None,
    backlog: FrameLike | None = None,
) -> Requirement:
    """Return the heads that a forecast needs.

    A live queue is staffed by Erlang C without patience, Erlang A with it, the balanced model for a chat with several
    sessions, at the load that its staff feels (`method`). Deferred work is spread over the open intervals up to its
    deadline.

    Parameters
    ----------
    forecast
        Frame `forecast` (`queue, start, offered`, perhaps `aht_s` and quantiles), or a result that gives it. Closed
        intervals are absent, and stay so.
    centre
        The centre; it gives targets, patience, concurrency and shrinkage, and the handle time where the forecast has
        none. Instead of one: queues, or the targets of every queue of the forecast; the zone and the interval are then
        the forecast's own, and there is no shrinkage.
    method
        How the load of an interval is read from a volume that changes. `"mol"` (default): the largest offered load
        inside the interval, with what is still in hand from before. `"lag_max"`: the highest rate one handle time
        before. `"sipp"`: the interval alone, as if its volume had always been in force.
    scope
        Over what a queue's service level must hold: `"interval"` (default), each one; `"day"` or `"week"`, the mean
        of the intervals weighted by contacts, with the fewest agent-hours. A day or a week (from Monday) of the
        forecast's local time, as far as the forecast goes. Other targets hold in each interval.
    confidence
        Probability, in (0, 1), with which the targets of a live interval must hold over the distribution of its
        volume; default none: the forecast's mean is taken as certain.
    expected
        Whether a live interval is staffed for its targets to hold in expectation over the distribution of its
        volume; default no.
    paths
        Frame `paths`, equally likely courses of the volume, for `confidence` and `expected`; default the quantiles of
        the forecast, at the same level in all intervals.
    shrinkage
        Shrinkage by the hour of the local day: part, hour (0 to 23) and fraction, such as
        `{"coaching": {14: 0.2}}`. Hours that are not named keep the part's own fraction. Default none.
    blend
        Live queues in whose idle time the work of a deferred queue is done before heads are added, such as
        `{"mail": ("calls",)}`; default none. All work together keeps live agents busy up to the smallest
        `MaxOccupancy` of their queue, 85 % if it has none. A live contact interrupts the deferred work.
    backlog
        Frame `backlog`, the deferred work that waits when the forecast begins, as `wfm.tickets.backlog_work` counts it
        from open tickets: `queue, due, load_erl`. A deferred queue without a row begins with none; what is late
        already is due in the first interval. Default: each queue begins with the backlog that it would leave to the
        next plan of its kind.

    Returns
    -------
    Requirement
        Agents on seat and heads to schedule.

    Raises
    ------
    DataError
        With every fault: unknown queues, queues without a handle time, stamps off the planning interval or in closed
        hours, loads above 10 million erlangs, options out of range, a volume without a distribution.

    Examples
    --------
    >>> from wfm.domain import Centre, Queue, ServiceLevel
    >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
    >>> starts = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": [100.0, 0.0]})
    >>> need = requirement(forecast, Centre(name="bank", tz="Europe/Berlin", queues=(calls,)))
    >>> need.to_frame()[["agents", "scheduled"]].to_numpy().tolist()
    [[14, 14], [0, 0]]
    """
    forecast = _forecast_of(forecast)
    planned = centre if isinstance(centre, Centre) else _centre_of(forecast, centre)
    options = Options.of(
        planned,
        method=method,
        scope=scope,
        confidence=confidence,
        expected=expected,
        paths=paths,
        shrinkage=shrinkage,
        blend=blend,
        backlog=backlog,
    )
    frame = as_frame(forecast, "forecast", tz=planned.tz, known={"queue": [queue.name for queue in planned.queues]})
    faults = Faults("the forecast")
    _check_starts(frame, planned, faults)
    if planned is centre:
        _check_open(frame, planned, faults)
    frame = _with_aht(frame, planned, faults)
    faults.raise_if_any()
    found = heads_of(frame, planned, options)
    return Requirement(found.frame, planned, options, found.bounds, frame, found.plans)


def _forecast_of(given: FrameLike) -> pd.DataFrame:
    """Return the frame of a forecast; the usual mistake, a centre in its place, is named."""
    if isinstance(given, Centre | Queue | Target):
        what = f"forecast must be a frame, got a {type(given).__name__}"
        raise DataError(Problem(what, remedy="write requirement(forecast, centre)"))
    return frame_of(given)


def _centre_of(forecast: pd.DataFrame, given: Queue | Target | Iterable[Queue] | Iterable[Target]) -> Centre:
    """Return a centre of queues, or of the queues of the forecast with common targets."""
    frame = as_frame(forecast, "forecast")
    remedy = "give a Centre, queues, or ServiceLevel(0.8, '30s')"
    if isinstance(given, pd.DataFrame) or not isinstance(given, Queue | Target | Iterable):
        shown = "a DataFrame" if isinstance(given, pd.DataFrame) else repr(given)
        raise DataError(Problem(f"{shown} is neither a centre nor queues nor targets", remedy=remedy))
    items = (given,) if isinstance(given, Queue | Target) else tuple(given)
    queues = tuple(item for item in items if isinstance(item, Queue))
    targets = tuple(item for item in items if isinstance(item, Target))
    if not items or len(items) not in (len(queues), len(targets)):
        kinds = ", ".join(dict.fromkeys(type(item).__name__ for item in items)) or "nothing"
        what = f"a list of {kinds} is neither a centre nor queues nor targets"
        raise DataError(Problem(what, remedy=remedy))
    if targets:
        due = any(isinstance(target, Deadline) for target in targets)
        channel = Channel.EMAIL if due else Channel.PHONE
        names = frame["queue"].unique()
        queues = tuple(Queue(name=str(name), channel=channel, targets=targets) for name in names)
    steps = frame.groupby("queue", sort=False)["start"].diff().dropna()
    if steps.empty:
        what = "the forecast has no two intervals of a queue, so that their length is unknown"
        raise DataError(Problem(what, remedy="give a Centre with its interval"))
    return Centre(
        name="the forecast",
        tz=str(frame["start"].dt.tz),
        queues=queues,
        interval=steps.min().to_pytimedelta(),
    )


def _check_starts(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    """Refuse a forecast on another interval than the centre's, or between its intervals."""
    interval = pd.Timedelta(seconds=centre.interval_s)
    length = format_duration(interval.to_pytimedelta())
    known = len(faults.problems)
    with faults.collecting():
        off = frame[frame["start"] != floor_to_interval(frame["start"], interval.to_pytimedelta())]
        for name, rows in off.groupby("queue", sort=False):
            what = f"{_count(rows)} of queue {name!r} off the clock grid of {length}"
            faults.add(what, remedy="forecast on the intervals of the centre", rows=_stamps(rows))
    if len(faults.problems) > known:
        return
    shortest = frame.groupby("queue", sort=False)["start"].diff().min()
    midnights = frame["start"].dt.tz_localize(None)
    if pd.notna(shortest) and shortest >= pd.Timedelta(hours=23) and (midnights == midnights.dt.normalize()).all():
        what = f"the forecast is of whole days; the centre plans by {length}"
        faults.add(what, remedy="split it to intervals first, or forecast from a history of intervals")
    if pd.notna(shortest) and interval < shortest <= pd.Timedelta(hours=1):
        what = f"the forecast steps by {format_duration(shortest.to_pytimedelta())}; the centre plans by {length}"
        faults.add(what, remedy="forecast on the centre's interval, or change the interval of the centre")


def _check_open(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    """Refuse intervals in which their queue is closed: nobody is rostered there."""
    calendar = Calendar.of(centre)
    for name, rows in frame.groupby("queue", sort=False):
        hours = centre.queue(str(name)).hours
        opens = calendar.is_open(rows["start"], None if isinstance(hours, str) else hours)
        if not opens.all():
            what = f"{_count(rows[~opens])} in closed hours of queue {name!r}"
            remedy = "forecast with Forecaster(calendar=centre), or leave them out"
            faults.add(what, remedy=remedy, rows=_stamps(rows[~opens]))


def _count(rows: pd.DataFrame) -> str:
    return f"the forecast has {len(rows)} row{'s' if len(rows) > 1 else ''}"


def _stamps(rows: pd.DataFrame) -> list[str]:
    """Return the starts of rows, by which they are known in any order."""
    return [stamp.isoformat() for stamp in rows["start"]]


def _with_aht(frame: pd.DataFrame, centre: Centre, faults: Faults) -> pd.DataFrame:
    said = frame["aht_s"] if "aht_s" in frame.columns else pd.Series(np.nan, index=frame.index)
    if said.notna().all():
        return frame
    known = {queue.name: queue.aht_s for queue in centre.queues}
    missing = [name for name in frame.loc[said.isna(), "queue"].unique() if known[name] is None]
    if missing:
        what = (
            f"no handle time for the queues {', '.join(missing)}"
            if len(missing) > 1
            else (f"no handle time for the queue {missing[0]}")
        )
        faults.add(what, remedy="give the forecast a column aht_s, or the queue an aht")
    return frame.assign(aht_s=said.fillna(frame["queue"].map(known).astype(float)).astype(float))
