"""Several queues at once: the least that people with all skills could do with, and what separate teams need.

The truth lies between the two; where, depends on who has which skills and on the routing, and the simulation judges
it. No agent is ever counted for two queues at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.queue import Queue
from wfm.domain.targets import ServiceLevel, ServiceLevelBasis
from wfm.erlang import chat_agents_required
from wfm.erlang.arrays import Floats, Ints
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.staffing.kernels import live
from wfm.staffing.kernels.rounding import whole_up
from wfm.staffing.options import Scope
from wfm.staffing.result import Requirement

__all__ = ["Pooling", "pooling"]


@dataclass(frozen=True, slots=True, eq=False)
class Pooling:
    """Bounds of the agents of groups of live queues.

    Parameters
    ----------
    frame
        See `to_frame`.
    groups
        Live queues of each group.
    interval_s
        Length of an interval.
    """

    frame: pd.DataFrame = field(repr=False)
    groups: Mapping[str, tuple[str, ...]]
    interval_s: float

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            `group, start, pooled, separate`: agents on seat of one team with all skills, a lower bound, and of a team
            for each queue, an upper bound.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        lines = ["Agent-hours on seat, pooled to separate"]
        names = list(self.groups)
        for place, name in enumerate(names):
            own = self.frame[self.frame["group"] == name]
            low, high = (own[column].sum() * self.interval_s / 3600 for column in ("pooled", "separate"))
            branch = "└─" if place == len(names) - 1 else "├─"
            lines.append(f"{branch} {name}: {low:,.1f} to {high:,.1f} ({', '.join(self.groups[name])})")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def pooling(need: Requirement, groups: Mapping[str, Iterable[str]] | None = None) -> Pooling:
    """Return what pooling the live queues of a requirement could save at most.

    Parameters
    ----------
    need
        A requirement with scope `"interval"`, for the forecast's mean.
    groups
        Live queues by name of the group; default the queues that the skills of the centre's people join, directly or
        through others. Without people all live queues are one group.

    Returns
    -------
    Pooling
        Lower and upper bound by group and interval. Deferred queues are left out: their work can wait.

    Raises
    ------
    DataError
        If a queue is unknown, deferred or in two groups, or the requirement is for a day, a week or a distribution.

    Notes
    -----
    The lower bound is that of one team which serves first come, first served: all contacts of queues of one kind
    (sessions at once) together, the least level and the longest wait of their service levels, without other targets;
    and never less than the work that must be done. The upper bound is the sum of the requirement's agents.

    Examples
    --------
    >>> from wfm.domain import Centre, Queue, ServiceLevel
    >>> from wfm.staffing import requirement
    >>> two = [Queue(name=name, targets=(ServiceLevel(0.8, "20s"),), aht="3min") for name in ("calls", "orders")]
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": ["calls", "orders"], "start": start, "offered": 100.0})
    >>> need = requirement(forecast, Centre(name="bank", tz="Europe/Berlin", queues=two))
    >>> pooling(need).to_frame()[["pooled", "separate"]].to_numpy().tolist()
    [[24, 28]]
    """
    if not isinstance(need, Requirement):
        remedy = "give the result of requirement(forecast, centre)"
        raise DataError(Problem(f"need must be a Requirement, got a {type(need).__name__}", remedy=remedy))
    if need.options.scope is not Scope.INTERVAL or need.options.uncertain:
        what = "a requirement over a day or a week, or for an uncertain volume"
        raise DataError(Problem(what, remedy="make one with scope='interval', without confidence and expected"))
    frame = need.frame
    present = [name for name in frame["queue"].unique() if not need.centre.queue(name).is_deferred]
    chosen = _joined(need.centre, present) if groups is None else _checked(groups, need.centre, present)
    parts = [_of_group(need, name, queues) for name, queues in chosen.items()]
    if not parts:
        numbers = {name: np.zeros(0, dtype=np.int64) for name in ("pooled", "separate")}
        parts = [frame.iloc[:0][["start"]].assign(group=pd.Series(dtype="str"), **numbers)]
    made = pd.concat(parts, ignore_index=True)[["group", "start", "pooled", "separate"]]
    return Pooling(made, chosen, need.centre.interval_s)


def _joined(centre: Centre, present: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the live queues that people join by their skills."""
    if not present:
        return {}
    if not centre.employees:
        return {"all": tuple(present)}
    sets = [{name} for name in present]
    for employee in centre.employees:
        served = set(employee.queues) & set(present)
        touched = [group for group in sets if group & served]
        if len(touched) > 1:
            sets = [group for group in sets if group not in touched] + [set().union(*touched)]
    ordered = [tuple(name for name in present if name in group) for group in sets]
    return {"+".join(group): group for group in sorted(ordered)}


def _checked(groups: Mapping[str, Iterable[str]], centre: Centre, present: list[str]) -> dict[str, tuple[str, ...]]:
    faults = Faults("the groups of queues")
    chosen = {name: (queues,) if isinstance(queues, str) else tuple(queues) for name, queues in groups.items()}
    known = {queue.name: queue for queue in centre.queues}
    seen: dict[str, str] = {}
    for group, names in chosen.items():
        for name in names:
            if name not in known:
                faults.add(f"unknown queue {name!r} in group {group!r}", remedy=did_you_mean(name, known))
            elif known[name].is_deferred:
                faults.add(f"queue {name!r} in group {group!r} is deferred work", remedy="leave it out; see blend")
            elif name in seen:
                what = f"queue {name!r} is in the groups {seen[name]!r} and {group!r}"
                faults.add(what, remedy="keep it in one: its agents would be counted twice")
            seen[name] = group
    faults.raise_if_any()
    kept = {group: tuple(name for name in names if name in present) for group, names in chosen.items()}
    return {group: names for group, names in kept.items() if names}


def _of_group(need: Requirement, group: str, names: tuple[str, ...]) -> pd.DataFrame:
    rows = need.frame[need.frame["queue"].isin(names)]
    starts = pd.DatetimeIndex(rows["start"].unique()).sort_values()
    separate = rows.groupby("start")["agents"].sum().reindex(starts).to_numpy()
    pooled, work = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts))
    kinds: dict[tuple[float, ...], list[Queue]] = {}
    for name in names:
        queue = need.centre.queue(name)
        kinds.setdefault(queue.session_factors, []).append(queue)
    for queues in kinds.values():
        team, busy = _one_team(need, queues, starts)
        pooled, work = np.maximum(pooled, team), work + busy
    pooled = np.minimum(np.maximum(pooled, whole_up(work)), separate)
    return pd.DataFrame({"group": group, "start": starts, "pooled": pooled, "separate": separate})


def _one_team(need: Requirement, queues: list[Queue], starts: pd.DatetimeIndex) -> tuple[Ints, Floats]:
    """Return the agents of one team for queues of one kind, and the agents that its work keeps busy at the least."""
    step = need.centre.interval_s
    volume, held, leaving, busy = np.zeros((4, len(starts)))
    for queue in queues:
        rows = need.frame[need.frame["queue"] == queue.name]
        place = starts.get_indexer(pd.DatetimeIndex(rows["start"]))
        erlangs, aht = rows["staffed_erl"].to_numpy(dtype=float), rows["aht_s"].to_numpy(dtype=float)
        volume[place] += erlangs * step / aht
        held[place] += erlangs * step
        if queue.patience_s is not None:
            leaving[place] += erlangs * step / aht / queue.patience_s
        lengths = live.session_lengths(queue, np.ones(1))
        least = min(float(length[0]) / (number + 1) for number, length in enumerate(lengths))
        busy[place] += _answered(queue) * least * rows["load_erl"].to_numpy(dtype=float)
    levels = [target for queue in queues for target in queue.targets if isinstance(target, ServiceLevel)]
    agents = np.zeros(len(starts), dtype=np.int64)
    if len({level.basis for level in levels}) == 1 and all(_has_level(queue) for queue in queues):
        widest = max(levels, key=lambda level: level.within_s)
        target = replace(widest, fraction=min(level.fraction for level in levels))
        for own in (volume > 0) & (leaving == 0), leaving > 0:
            if own.any():
                # The mix of the queues, interval by interval, has its own mean patience.
                patience = volume[own] / leaving[own] if leaving[own].all() else None
                sessions = live.session_lengths(queues[0], held[own] / volume[own])
                agents[own] = chat_agents_required(volume[own], sessions, step, target, patience_s=patience)
    return agents, busy


def _has_level(queue: Queue) -> bool:
    return any(isinstance(target, ServiceLevel) for target in queue.targets)


def _answered(queue: Queue) -> float:
    """Return the share of contacts that must be answered at the least."""
    if queue.patience_s is None:
        return 1.0
    levels = [t for t in queue.targets if isinstance(t, ServiceLevel) and t.basis is ServiceLevelBasis.OFFERED]
    return max((level.fraction for level in levels), default=0.0)
