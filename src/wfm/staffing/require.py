"""Forecast and targets to the heads needed: per queue and interval, on seat and to be scheduled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.domain.queue import Queue
from wfm.domain.targets import MaxOccupancy, Target
from wfm.erlang.arrays import Floats
from wfm.erlang.inputs import check_loads
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.staffing.kernels import blend as blending
from wfm.staffing.kernels import deferred
from wfm.staffing.options import Options
from wfm.staffing.result import Requirement
from wfm.staffing.rows import Staffed, deferred_rows, live_rows, read, split_deadline

__all__ = ["requirement", "staff_forecast"]

_COLUMNS = (
    "queue",
    "start",
    "load_erl",
    "agents",
    "scheduled",
    "service_level",
    "asa_s",
    "occupancy",
    "abandonment",
    "offered",
    "aht_s",
    "longest_wait_s",
    "staffed_erl",
)
# What live agents may be busy at most with all their work, where their queue has no cap of its own.
_BLEND_CAP = 0.85


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

    Returns
    -------
    Requirement
        Agents on seat and heads to schedule.

    Raises
    ------
    DataError
        With every fault: unknown queues, queues without a handle time, stamps off the planning interval, targets that
        do not go together, loads above 10 million erlangs, options out of range, a volume without a distribution.

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
    )
    frame = as_frame(forecast, "forecast", tz=planned.tz, known={"queue": [queue.name for queue in planned.queues]})
    faults = Faults("the forecast")
    _check_steps(frame, planned, faults)
    frame = _with_aht(frame, planned, faults)
    faults.raise_if_any()
    return staff_forecast(frame, planned, options)


def staff_forecast(frame: pd.DataFrame, centre: Centre, options: Options) -> Requirement:
    """Return the requirement of a checked forecast with handle times."""
    faults = Faults("the forecast")
    parts: dict[str, Staffed] = {}
    plans: dict[str, deferred.DeferredStaff] = {}
    groups = {str(name): rows for name, rows in frame.groupby("queue", sort=False)}
    for name, rows in groups.items():
        queue = centre.queue(name)
        if not queue.is_deferred:
            with faults.collecting(f"queue {name!r}"):
                parts[name] = live_rows(queue, rows, centre, options)
    with faults.collecting():
        for team in _teams([name for name in groups if centre.queue(name).is_deferred], options):
            plans |= _deferred(team, groups, parts, centre, options, faults)
    for name, plan in plans.items():
        parts[name] = deferred_rows(groups[name], centre, options, plan)
    faults.raise_if_any()
    made = [parts[name].frame for name in groups]
    result = pd.concat(made, ignore_index=True) if made else _empty(frame)
    extra = [name for name in ("agents_point",) if name in result.columns]
    hours = centre.interval_s / 3600
    bounds = pd.DataFrame(
        {
            "queue": pd.Series(list(groups), dtype="str"),
            "agents_h": [float(parts[name].frame["agents"].sum()) * hours for name in groups],
            "bound_h": [parts[name].bound * hours for name in groups],
        }
    )
    return Requirement(result[[*_COLUMNS, *extra]], centre, options, bounds, frame, plans)


def _teams(names: list[str], options: Options) -> list[list[str]]:
    """Return the deferred queues that share the idle time of the same live queues; others stand alone.

    Raises
    ------
    DataError
        If two share some of them but not all: an idle hour would be counted twice.
    """
    teams: dict[frozenset[str], list[str]] = {}
    for name in names:
        if options.blend.get(name):
            teams.setdefault(frozenset(options.blend[name]), []).append(name)
    lent = [live for team in teams for live in team]
    twice = sorted({live for live in lent if lent.count(live) > 1})
    if twice:
        what = f"the idle time of {', '.join(twice)} is lent to deferred queues with different lists of live queues"
        raise DataError(Problem(what, remedy="give these deferred queues the same list in blend"))
    return [[name] for name in names if not options.blend.get(name)] + list(teams.values())


def _deferred(
    team: list[str],
    groups: dict[str, pd.DataFrame],
    parts: dict[str, Staffed],
    centre: Centre,
    options: Options,
    faults: Faults,
) -> dict[str, deferred.DeferredStaff]:
    """Return the plans of deferred queues that share idle time, or of one that has none to use."""
    starts = pd.DatetimeIndex(pd.concat([groups[name]["start"] for name in team]).unique())
    items = []
    for name in team:
        queue, rows = centre.queue(name), groups[name]
        with faults.collecting(f"queue {name!r}"):
            deadline = split_deadline(queue)
            offered, aht = read(rows)
            load = offered * aht / centre.interval_s
            check_loads(load, load.shape)
            deferred.lag(deadline, float(aht.max()), centre.interval_s)
            place = starts.get_indexer(pd.DatetimeIndex(rows["start"]))
            items.append(blending.Item(load, aht, deadline, queue.min_agents, place))
    if len(items) < len(team):
        return {}
    lives = options.blend.get(team[0], ())
    if not lives:
        one = items[0]
        return {team[0]: deferred.staff(one.load_erl, one.aht_s, centre.interval_s, one.deadline, one.min_agents)}
    idle = sum((_idle(live, parts, starts, centre) for live in lives if live in parts), np.zeros(len(starts)))
    return dict(zip(team, blending.staff(items, centre.interval_s, idle), strict=True))


def _idle(live: str, parts: dict[str, Staffed], starts: pd.DatetimeIndex, centre: Centre) -> Floats:
    """Return the agents of a live queue that may do other work, at some starts."""
    rows = parts[live].frame
    caps = [target.fraction for target in centre.queue(live).targets if isinstance(target, MaxOccupancy)]
    own = blending.spare(rows["agents"].to_numpy(), rows["occupancy"].to_numpy(), min(caps, default=_BLEND_CAP))
    found: Floats = pd.Series(own, index=pd.DatetimeIndex(rows["start"])).reindex(starts, fill_value=0.0).to_numpy()
    return found


def _centre_of(forecast: FrameLike, given: Queue | Target | Iterable[Queue] | Iterable[Target]) -> Centre:
    """Return a centre of queues, or of the queues of the forecast with common targets."""
    frame = as_frame(forecast, "forecast")
    items = (given,) if isinstance(given, Queue | Target) else tuple(given)
    queues = tuple(item for item in items if isinstance(item, Queue))
    targets = tuple(item for item in items if isinstance(item, Target))
    if not items or len(items) not in (len(queues), len(targets)):
        what = f"{given!r} is neither a centre nor queues nor targets"
        raise DataError(Problem(what, remedy="give a Centre, queues, or ServiceLevel(0.8, '30s')"))
    if targets:
        queues = tuple(Queue(name=str(name), targets=targets) for name in frame["queue"].unique())
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


def _check_steps(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    """Refuse a forecast on another interval than the centre's."""
    interval = pd.Timedelta(seconds=centre.interval_s)
    steps = frame.groupby("queue", sort=False)["start"].diff()
    planned = f"the centre plans by {format_duration(interval.to_pytimedelta())}"
    off = steps.notna() & (steps % interval != pd.Timedelta(0))
    if off.any():
        first = frame.loc[off, ["queue", "start"]].iloc[0]
        what = f"queue {first['queue']!r} steps off the interval at {first['start']}; {planned}"
        faults.add(what, remedy="forecast on the centre's interval", rows=frame.index[off].tolist())
        return
    shortest = steps.min()
    if pd.notna(shortest) and interval < shortest <= pd.Timedelta(hours=1):
        what = f"the forecast steps by {format_duration(shortest.to_pytimedelta())}; {planned}"
        faults.add(what, remedy="forecast on the centre's interval, or change the interval of the centre")


def _with_aht(frame: pd.DataFrame, centre: Centre, faults: Faults) -> pd.DataFrame:
    if "aht_s" in frame.columns:
        return frame
    known = {queue.name: queue.aht_s for queue in centre.queues}
    missing = [name for name in frame["queue"].unique() if known[name] is None]
    if missing:
        what = (
            f"no handle time for the queues {', '.join(missing)}"
            if len(missing) > 1
            else (f"no handle time for the queue {missing[0]}")
        )
        faults.add(what, remedy="give the forecast a column aht_s, or the queue an aht")
    return frame.assign(aht_s=frame["queue"].map(known).astype(float))


def _empty(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: np.zeros(0) for name in _COLUMNS if name not in frame.columns}
    return frame.assign(**numbers).astype({"agents": np.int64, "scheduled": np.int64})
