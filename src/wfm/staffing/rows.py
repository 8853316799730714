"""The rows of one queue: from volumes to agents, by the model, method and scope that were asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline, ServiceLevel, Target
from wfm.erlang.arrays import Floats, Ints
from wfm.errors import DataError, Problem
from wfm.schema import QUANTILES
from wfm.staffing.kernels import deferred, live, mixtures, scope
from wfm.staffing.kernels.load import felt_volume
from wfm.staffing.kernels.rounding import scheduled, scheduled_in_all
from wfm.staffing.options import Options, Scope, away

__all__ = ["Staffed", "deadline_of", "deferred_rows", "live_rows", "openings", "read", "shrinkage_of"]

# The level of a curve's last point misses this share of what the target lets it miss, or of 1 %.
_FINE = 0.01


class Staffed(NamedTuple):
    """The rows of one queue with its staff, and the fewest agent-intervals that any plan could do with."""

    frame: pd.DataFrame
    bound: float


def read(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return volumes and handle times."""
    return rows["offered"].to_numpy(dtype=float), rows["aht_s"].to_numpy(dtype=float)


def openings(queue: Queue, rows: pd.DataFrame, centre: Centre) -> npt.NDArray[np.bool_]:
    """Return which intervals follow closed time."""
    starts = pd.DatetimeIndex(rows["start"])
    step = pd.Timedelta(seconds=centre.interval_s)
    opens = np.ones(len(starts), dtype=bool)
    opens[1:] = starts[1:] - starts[:-1] > step
    if len(starts):
        hours = None if isinstance(queue.hours, str) else queue.hours
        opens[0] = not Calendar.of(centre).is_open(starts[:1] - step, hours)[0]
    return opens


def shrinkage_of(rows: pd.DataFrame, centre: Centre, options: Options) -> float | Floats:
    """Return the share of time away that the roster does not place: a number, or one for each row."""
    if not options.shrinkage:
        return centre.unrostered_shrinkage
    parts = [part for part in centre.shrinkage if not part.in_roster]
    by_hour = np.array([sum(away(part, hour, options.shrinkage) for part in parts) for hour in range(24)])
    found: Floats = by_hour[rows["start"].dt.hour.to_numpy()]
    return found


def live_rows(queue: Queue, rows: pd.DataFrame, centre: Centre, options: Options) -> Staffed:
    """Return the staff of a live queue."""
    offered, aht = read(rows)
    step = centre.interval_s
    opens = openings(queue, rows, centre)
    volume = felt_volume(options.method, offered, live.hold_time(queue, aht), step, opens)
    point = live.staff(queue, volume, aht, step)
    found, extra, bound = point, {}, float(point.agents.sum())
    if options.scope is not Scope.INTERVAL:
        agents, bound = _over_scope(queue, rows, volume, point.agents, centre, options)
        found = live.staff(queue, volume, aht, step, agents)
    elif options.uncertain:
        agents = _uncertain(queue, rows, opens, centre, options)
        # Staff for the distribution must take the point forecast, too, for it to have a level at all.
        least = live.fewest(queue, volume, aht, step, live.answered_at_all(queue))
        found = live.staff(queue, volume, aht, step, np.maximum(np.maximum(agents, least), queue.min_agents))
        extra, bound = {"agents_point": point.agents}, float(found.agents.sum())
    frame = rows[["queue", "start", "offered", "aht_s"]].assign(
        **found._asdict(),
        scheduled=scheduled(found.agents, shrinkage_of(rows, centre, options)),
        staffed_erl=found.load_erl,
        **extra,
    )
    return Staffed(frame.assign(load_erl=offered * aht / step), bound)


def _over_scope(
    queue: Queue, rows: pd.DataFrame, volume: Floats, by_interval: Ints, centre: Centre, options: Options
) -> tuple[Ints, float]:
    """Return the fewest agents for which the level holds over each day or week, and a lower bound of their sum."""
    levels = [target for target in queue.targets if isinstance(target, ServiceLevel)]
    if not levels:
        return by_interval, float(by_interval.sum())
    if len(levels) > 1:
        what = f"{len(levels)} service levels over a {options.scope.value}"
        raise DataError(Problem(what, remedy="give the queue one, or scope='interval'"))
    offered, aht = read(rows)
    others = tuple(target for target in queue.targets if target is not levels[0])
    curves = _curves(queue, volume, aht, centre.interval_s, levels[0], others, offered)
    starts = rows["start"]
    days = starts.dt.normalize().dt.tz_localize(None)
    groups = days if options.scope is Scope.DAY else days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    agents, bound = by_interval.copy(), 0.0
    for places in groups.groupby(groups.to_numpy()).indices.values():
        wanted = levels[0].fraction * float(offered[places].sum())
        found = scope.fewest([curves[place] for place in places], wanted)
        bound += found.bound
        if found.agents.sum() < by_interval[places].sum():
            agents[places] = found.agents
    return agents, bound


def _curves(
    queue: Queue,
    volume: Floats,
    aht: Floats,
    interval_s: float,
    level: ServiceLevel,
    others: tuple[Target, ...],
    weight: Floats,
) -> list[scope.Curve]:
    """Return what each number of agents buys, from what the other targets need up to a level of nearly 1."""
    least = (live.answered_at_all(queue), *others)
    low = np.maximum(live.fewest(queue, volume, aht, interval_s, least), queue.min_agents)
    nearly = ServiceLevel(
        1.0 - _FINE * min(1.0 - level.fraction, 0.01),
        level.within,
        basis=level.basis,
        short_abandon=level.short_abandon,
    )
    high = np.maximum(live.fewest(queue, volume, aht, interval_s, nearly), low)
    place, agents = _ranges(low, high)
    found = live.achieved(queue, volume[place], aht[place], interval_s, agents, level)
    gain = found.service_level(level.basis) * weight[place]
    ends = np.cumsum(high - low + 1)
    return [
        scope.Curve(int(first), np.maximum.accumulate(part))
        for first, part in zip(low, np.split(gain, ends[:-1]), strict=True)
    ]


def _ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Return every number from low to high, interval by interval, and the interval that it belongs to."""
    counts = high - low + 1
    place = np.repeat(np.arange(len(low)), counts)
    within = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place, low[place] + within


def _uncertain(
    queue: Queue, rows: pd.DataFrame, opens: npt.NDArray[np.bool_], centre: Centre, options: Options
) -> Ints:
    """Return the staff for the distribution of the volume."""
    _, aht = read(rows)
    step = centre.interval_s
    scenarios = _scenarios(queue, rows, options)
    felt = felt_volume(
        options.method, scenarios.offered, np.broadcast_to(live.hold_time(queue, aht), aht.shape), step, opens
    )
    scenarios = mixtures.Scenarios(felt, scenarios.weight)
    if options.confidence is None:
        return mixtures.expected(queue, scenarios, aht, step)
    needs = live.fewest(queue, felt, np.broadcast_to(aht, felt.shape), step, queue.targets)
    return mixtures.surest(needs, scenarios.weight, options.confidence)


def _scenarios(queue: Queue, rows: pd.DataFrame, options: Options) -> mixtures.Scenarios:
    if options.paths is not None:
        own = options.paths[options.paths["queue"] == queue.name]
        table = own.pivot_table(index="path", columns="start", values="offered", observed=True)
        table = table.reindex(columns=pd.DatetimeIndex(rows["start"]))
        if table.empty or table.isna().to_numpy().any():
            raise DataError(Problem("the paths do not hold every interval", remedy="give each path a row for each"))
        return mixtures.Scenarios(table.to_numpy(dtype=float), np.full(len(table), 1.0 / len(table)))
    columns = [name for name in QUANTILES if name in rows.columns]
    if len(columns) < 2:
        remedy = "give a forecast with columns such as offered_q10 and offered_q90, or paths"
        raise DataError(Problem(f"{len(columns)} quantiles of the volume", remedy=remedy))
    levels = np.array([QUANTILES[name] for name in columns])
    values = rows[columns].to_numpy(dtype=float).T
    falling = np.flatnonzero((np.diff(values, axis=0) < 0).any(axis=0))
    if len(falling):
        what = "the quantiles of the volume fall where their level rises"
        raise DataError(Problem(what, remedy="sort them", rows=tuple(rows.index[falling].tolist())))
    return mixtures.of_quantiles(levels, values, options.confidence)


def deadline_of(queue: Queue) -> Deadline:
    """Return the deadline of a deferred queue that counts."""
    return deferred.tightest(tuple(target for target in queue.targets if isinstance(target, Deadline)))


def deferred_rows(rows: pd.DataFrame, centre: Centre, options: Options, found: deferred.DeferredStaff) -> Staffed:
    """Return the rows of a deferred queue with its plan."""
    busy = np.divide(found.done - found.lent, found.agents, out=np.zeros(len(rows)), where=found.agents > 0)
    frame = rows[["queue", "start", "offered", "aht_s"]].assign(
        load_erl=found.load_erl,
        agents=found.agents,
        scheduled=scheduled_in_all(found.agents, shrinkage_of(rows, centre, options)),
        occupancy=busy,
        service_level=np.nan,
        asa_s=np.nan,
        abandonment=np.nan,
        longest_wait_s=np.nan,
        staffed_erl=found.load_erl,
    )
    return Staffed(frame, found.bound)
