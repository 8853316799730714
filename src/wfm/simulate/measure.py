"""What one replication showed: counts and waits by interval, queue and target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wfm.domain.queue import Queue
from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
    Target,
)
from wfm.simulate.case import Case, Drawn
from wfm.simulate.engine import Flags, Floats, Ints, Log

__all__ = ["COLUMNS", "Measured", "Part", "judged_by", "measure", "served_share"]

# Sums of a row of the forecast, of a queue or of everything.
COLUMNS = ("offered", "answered", "abandoned", "met", "judged", "wait_s", "left_wait_s", "handle_s")
MET, JUDGED = COLUMNS.index("met"), COLUMNS.index("judged")


class Measured(NamedTuple):
    """The figures of one replication."""

    rows: Floats  # by row of the forecast: COLUMNS
    longest_s: Floats  # by queue
    busy_s: Floats  # by skill group and interval
    staffed_s: Floats
    limited: Floats  # what each target limits, by queue and target; NaN where there was nothing to judge
    overtime_s: float
    late_break_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The contacts of one queue in one replication."""

    wait_s: Floats  # of the answered until the answer, of the others until they were gone; NaN: still waiting
    virtual_s: Floats  # of an infinitely patient contact in its place; infinite where no agent ever came so far
    answered: Flags
    abandoned: Flags
    ended: Floats
    time: Floats


def measure(case: Case, drawn: Drawn, log: Log) -> Measured:
    """Return the figures of one replication."""
    rows = np.zeros((len(case.queue), len(COLUMNS)))
    longest = np.zeros(len(case.centre.queues))
    limited: list[float] = []
    busy, staffed = served_share(case, log.busy_s), served_share(case, log.staffed_s)
    for number, queue in enumerate(case.centre.queues):
        mine = np.flatnonzero(drawn.demand.queue == number)
        part = _part(drawn, log, mine)
        _add(rows, drawn.row[mine], part, *_judge(case, number, part))
        waits = part.wait_s[~np.isnan(part.wait_s)]
        longest[number] = waits.max() if len(waits) else 0.0
        occupancy = _ratio(float(busy[number].sum()), float(staffed[number].sum()))
        limited.extend(_value(case, number, target, part, occupancy) for target in queue.targets)
    return Measured(
        rows=rows,
        longest_s=longest,
        busy_s=log.busy_s,
        staffed_s=log.staffed_s,
        limited=np.array(limited),
        overtime_s=float(log.overtime_s.sum()),
        late_break_s=float(log.late_break_s.sum()),
    )


def served_share(case: Case, by_group: Floats) -> Floats:
    """Return seconds by queue and interval: of all groups that serve the queue."""
    return np.asarray(case.skills.T.astype(np.float64) @ by_group)


def judged_by(queue: Queue) -> Target | None:
    """Return the target that the column `service_level` of a queue stands for.

    The first `ServiceLevel`; without one, the first `Deadline`; then the first `MeanAnswer` or `LongestWait`, whose
    threshold is read on the basis of the offered; else none.
    """
    for kinds in (ServiceLevel, Deadline, MeanAnswer | LongestWait):
        for target in queue.targets:
            if isinstance(target, kinds):
                return target
    return None


def _part(drawn: Drawn, log: Log, mine: Ints) -> Part:
    time = drawn.demand.time[mine]
    answered = log.answered[mine]
    patience = drawn.patience[mine]
    left_after = np.minimum(patience, drawn.closing[mine] - time)
    virtual = log.reached[mine] - time
    gone = np.where(np.isinf(left_after), np.nan, left_after)
    return Part(
        wait_s=np.where(answered, virtual, gone),
        virtual_s=np.where(np.isnan(virtual), np.inf, virtual),
        answered=answered,
        abandoned=~answered & (patience <= left_after) & ~np.isinf(patience),
        ended=log.ended[mine],
        time=time,
    )


def _add(rows: Floats, row: Ints, part: Part, met: Flags, judged: Flags) -> None:
    size = len(rows)
    handle = np.where(part.answered, part.ended - part.time - part.wait_s, 0.0)
    sums = (
        np.ones(len(row)),
        part.answered,
        part.abandoned,
        met,
        judged,
        np.where(part.answered, part.wait_s, 0.0),
        np.where(part.abandoned, part.wait_s, 0.0),
        handle,
    )
    for column, weights in enumerate(sums):
        rows[:, column] += np.bincount(row, weights=weights, minlength=size)


def _judge(case: Case, number: int, part: Part) -> tuple[Flags, Flags]:
    """Return which contacts met the service level of a queue and which of them count."""
    target = judged_by(case.centre.queues[number])
    everyone = np.ones(len(part.time), dtype=bool)
    if isinstance(target, ServiceLevel):
        return _level(target, part)
    if isinstance(target, Deadline):
        return _in_time(case, number, target, part), everyone
    if target is None or isinstance(target, MaxAbandonment | MaxOccupancy):
        return ~everyone, ~everyone
    return part.answered & (part.wait_s <= target.within_s), everyone


def _level(target: ServiceLevel, part: Part) -> tuple[Flags, Flags]:
    everyone = np.ones(len(part.time), dtype=bool)
    in_time = part.answered & (part.wait_s <= target.within_s)
    short_s = target.within_s if target.short_abandon_s is None else target.short_abandon_s
    short = part.abandoned & (part.wait_s <= short_s)
    basis = target.basis
    if basis is ServiceLevelBasis.OFFERED:
        return in_time, everyone
    if basis is ServiceLevelBasis.ANSWERED:
        return in_time, part.answered
    if basis is ServiceLevelBasis.VIRTUAL:
        return part.virtual_s <= target.within_s, everyone
    if basis in (ServiceLevelBasis.ABANDONS_WITHIN_MET, ServiceLevelBasis.SHORT_ABANDONS_MET):
        return in_time | short, everyone
    return in_time, ~short


def _in_time(case: Case, number: int, target: Deadline, part: Part) -> Flags:
    return part.answered & (part.ended <= case.clocks[number].due(part.time, target.within_s))


def _value(case: Case, number: int, target: Target, part: Part, occupancy: float) -> float:
    """Return what a target limits: a share, a mean wait in seconds, or an occupancy.

    Where contacts came and nobody was answered a target about the answered is missed: infinitely, having no value.
    """
    arrived = len(part.time)
    ignored = bool(arrived) and not part.answered.any()
    if isinstance(target, ServiceLevel):
        if ignored and target.basis is ServiceLevelBasis.ANSWERED:
            return -float("inf")
        met, judged = _level(target, part)
        return _ratio(float(met.sum()), float(judged.sum()))
    if isinstance(target, Deadline):
        return _ratio(float(_in_time(case, number, target, part).sum()), arrived)
    if isinstance(target, MeanAnswer):
        if ignored:
            return float("inf")
        return _ratio(float(part.wait_s[part.answered].sum()), float(part.answered.sum()))
    if isinstance(target, LongestWait):
        return _ratio(float((part.virtual_s > target.within_s).sum()), arrived)
    if isinstance(target, MaxAbandonment):
        return _ratio(float(part.abandoned.sum()), arrived)
    return occupancy


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else float("nan")
