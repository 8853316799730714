"""All queues of a forecast: the live ones, then the deferred ones, some of them beside the idle time of the live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.targets import MaxOccupancy
from wfm.erlang.arrays import Floats
from wfm.erlang.inputs import check_loads
from wfm.errors import DataError, Faults, Problem
from wfm.staffing.kernels import blend as blending
from wfm.staffing.kernels import deferred
from wfm.staffing.options import Options
from wfm.staffing.rows import Staffed, deadline_of, deferred_rows, live_rows, read

__all__ = ["Heads", "heads_of"]

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


class Heads(NamedTuple):
    """The frame of a requirement, its agent-hours and their bound by queue, and the plans of deferred queues."""

    frame: pd.DataFrame
    bounds: pd.DataFrame
    plans: Mapping[str, deferred.DeferredStaff]


def heads_of(frame: pd.DataFrame, centre: Centre, options: Options) -> Heads:
    """Return the heads that a checked forecast with handle times needs.

    Raises
    ------
    DataError
        With every queue that cannot be staffed.
    """
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
    return Heads(result[[*_COLUMNS, *extra]], bounds, plans)


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
            deadline = deadline_of(queue)
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
        waiting = _waiting(team[0], one, pd.DatetimeIndex(groups[team[0]]["start"]), centre, options)
        plan = deferred.staff(one.load_erl, one.aht_s, centre.interval_s, one.deadline, one.min_agents, waiting)
        return {team[0]: plan}
    idle = sum((_idle(live, parts, starts, centre) for live in lives if live in parts), np.zeros(len(starts)))
    return dict(zip(team, blending.staff(items, centre.interval_s, idle), strict=True))


def _waiting(
    name: str, item: blending.Item, starts: pd.DatetimeIndex, centre: Centre, options: Options
) -> Floats | None:
    """Return the known backlog of a queue by the interval in which it must be done, and what is due later."""
    if options.backlog is None:
        return None
    rows = options.backlog[options.backlog["queue"] == name]
    # As with what comes in: it must be done by the end of the last interval that begins an AHT before it is due.
    begun = pd.DatetimeIndex(rows["due"]) - pd.Timedelta(seconds=float(item.aht_s.max()))
    place = np.maximum(starts.searchsorted(begun, side="right") - 1, 0)
    place[begun >= starts[-1] + pd.Timedelta(seconds=centre.interval_s)] = len(starts)
    return np.asarray(np.bincount(place, weights=rows["load_erl"], minlength=len(starts) + 1), dtype=float)


def _idle(live: str, parts: dict[str, Staffed], starts: pd.DatetimeIndex, centre: Centre) -> Floats:
    """Return the agents of a live queue that may do other work, at some starts."""
    rows = parts[live].frame
    caps = [target.fraction for target in centre.queue(live).targets if isinstance(target, MaxOccupancy)]
    own = blending.spare(rows["agents"].to_numpy(), rows["occupancy"].to_numpy(), min(caps, default=_BLEND_CAP))
    found: Floats = pd.Series(own, index=pd.DatetimeIndex(rows["start"])).reindex(starts, fill_value=0.0).to_numpy()
    return found


def _empty(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: np.zeros(0) for name in _COLUMNS if name not in frame.columns}
    return frame.assign(**numbers).astype({"agents": np.int64, "scheduled": np.int64})
