"""What one replication showed: counts, waits and backlog by row of the forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wfm.domain.queue import Queue
from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
    Target,
)
from wfm.simulate.case import Case, Drawn
from wfm.simulate.engine import Flags, Floats, Ints, Log

__all__ = [
    "AT",
    "COLUMNS",
    "WAIT_EDGES",
    "Measured",
    "Thresholds",
    "count_targets",
    "judged_by",
    "measure",
    "served_share",
    "width",
]

# Sums of a row of the forecast, of a queue or of everything; behind them two for each target of the queue.
COLUMNS = (
    "offered",
    "answered",
    "abandoned",
    "met",
    "judged",
    "wait_s",
    "left_wait_s",
    "handle_s",
    "done",  # items of deferred work
    "late_s",
    # The next six are of queues with an acceptable wait, and count what the seven bases are made of.
    "heard",
    "heard_answered",
    "in_time",
    "left_in_time",
    "left_short",
    "virtual_in_time",
    "blocked",
    "busy_s",
    "staffed_s",
    "overtime_s",
)
AT = {name: number for number, name in enumerate(COLUMNS)}

# Waits are counted between these bounds: to the second up to a minute, then in steps of 5 %, up to some weeks.
WAIT_EDGES = np.concatenate([np.arange(61.0), 60.0 * 1.05 ** np.arange(1, 220)])


class Thresholds(NamedTuple):
    """What a queue's contacts are held against on the seven bases, in seconds; missing where there is nothing."""

    within_s: float | None
    short_s: float | None


class Measured(NamedTuple):
    """The figures of one replication."""

    rows: Floats  # by row of the forecast: COLUMNS, then met and judged of each target
    peaks: Floats  # by row: longest wait, contacts in line at its end
    cells: Ints  # by contact that came to an end: its row times the number of `WAIT_EDGES`, plus the place of its wait
    busy_s: Floats  # by skill group and interval
    staffed_s: Floats
    overtime_s: Floats  # by skill group and interval, of those that the forecast has
    late_break_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The contacts of one queue in one replication."""

    wait_s: Floats  # of the answered until the answer, of the others until they were gone; NaN: still waiting
    virtual_s: Floats  # of an infinitely patient contact in its place; infinite where no agent ever came so far
    answered: Flags
    abandoned: Flags
    ended: Floats
    worked_s: Floats
    time: Floats
    due: Floats


def width(case: Case) -> int:
    """Return the number of columns of `Measured.rows`."""
    return len(COLUMNS) + 2 * max(len(queue.targets) for queue in case.centre.queues)


def measure(case: Case, drawn: Drawn, log: Log, thresholds: tuple[Thresholds, ...]) -> Measured:
    """Return the figures of one replication."""
    rows = np.zeros((len(case.queue), width(case)))
    peaks = np.zeros((len(case.queue), 2))
    busy, staffed = served_share(case, log.busy_s), served_share(case, log.staffed_s)
    rows[:, AT["busy_s"]] = busy[case.queue, case.interval]
    rows[:, AT["staffed_s"]] = staffed[case.queue, case.interval]
    overtime = served_share(case, log.group_overtime_s)
    cells = []
    for number in range(len(case.centre.queues)):
        of_queue = drawn.demand.queue == number
        refused = np.bincount(drawn.row[of_queue & log.blocked], minlength=len(rows))
        # Who found no trunk is offered, but was in no queue: that is in no wait and no share.
        rows[:, AT["offered"]] += refused
        rows[:, AT["blocked"]] += refused
        mine = np.flatnonzero(of_queue & ~log.blocked)
        part = _part(drawn, log, mine)
        row = drawn.row[mine]
        _add(rows, row, _sums(case, number, part, thresholds[number]))
        own = np.flatnonzero(case.queue == number)
        rows[own, AT["overtime_s"]] = _moved(overtime[[number]], case.interval[own])
        _add_targets(case, rows, number, part, row)
        settled = ~np.isnan(part.wait_s)
        np.maximum.at(peaks[:, 0], row[settled], part.wait_s[settled])
        bins = np.searchsorted(WAIT_EDGES, part.wait_s[settled])
        cells.append(row[settled] * len(WAIT_EDGES) + np.minimum(bins, len(WAIT_EDGES) - 1))
        peaks[own, 1] = _backlog(case, part)[case.interval[own]]
    beyond = np.zeros_like(log.group_overtime_s)
    grid = np.unique(case.interval)
    beyond[:, grid] = _moved(log.group_overtime_s, grid)
    return Measured(
        rows=rows,
        peaks=peaks,
        cells=np.concatenate(cells),
        busy_s=log.busy_s,
        staffed_s=log.staffed_s,
        overtime_s=beyond,
        late_break_s=float(log.late_break_s.sum()),
    )


def count_targets(case: Case, drawn: Drawn, log: Log) -> Floats:
    """Return of `Measured.rows` what the targets need, and nothing else: offered, answered, and their own columns."""
    rows = np.zeros((len(case.queue), width(case)))
    busy, staffed = served_share(case, log.busy_s), served_share(case, log.staffed_s)
    rows[:, AT["busy_s"]] = busy[case.queue, case.interval]
    rows[:, AT["staffed_s"]] = staffed[case.queue, case.interval]
    for number in range(len(case.centre.queues)):
        mine = np.flatnonzero((drawn.demand.queue == number) & ~log.blocked)
        part, row = _part(drawn, log, mine), drawn.row[mine]
        ones = np.ones(len(row), dtype=bool)
        _add(rows, row, {AT["offered"]: ones, AT["answered"]: part.answered})
        _add_targets(case, rows, number, part, row)
    return rows


def _add_targets(case: Case, rows: Floats, number: int, part: Part, row: Ints) -> None:
    """Add numerator and denominator of what each target of a queue limits."""
    own = np.flatnonzero(case.queue == number)
    for place, target in enumerate(case.centre.queues[number].targets):
        column = len(COLUMNS) + 2 * place
        if isinstance(target, MaxOccupancy):
            rows[own, column : column + 2] = rows[own, AT["busy_s"] : AT["staffed_s"] + 1]
        else:
            _add(rows, row, dict(enumerate(_counted(case, number, target, part), column)))


def served_share(case: Case, by_group: Floats) -> Floats:
    """Return seconds by queue and interval: of all groups that serve the queue."""
    return np.asarray(case.skills.T.astype(np.float64) @ by_group)


def _moved(by_interval: Floats, kept: Ints) -> Floats:
    """Return sums by the intervals kept: each takes those up to the next one, the first what was before it too."""
    if not len(kept):
        return by_interval[:, :0]
    return np.add.reduceat(by_interval, np.append(0, kept[1:]), axis=1)


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
        # Whoever is sent away at closing has left without an answer, as one who lost patience.
        abandoned=~answered & ~np.isinf(left_after),
        ended=log.ended[mine],
        worked_s=log.worked_s[mine],
        time=time,
        due=time if drawn.demand.due is None else drawn.demand.due[mine],
    )


def _add(rows: Floats, row: Ints, sums: dict[int, Floats | Flags]) -> None:
    for column, weights in sums.items():
        rows[:, column] += np.bincount(row, weights=weights, minlength=len(rows))


def _sums(case: Case, number: int, part: Part, limits: Thresholds) -> dict[int, Floats | Flags]:
    """Return what each contact adds to the columns."""
    met, judged = _judge(case, number, part)
    sums: dict[str, Floats | Flags] = {
        "offered": np.ones(len(part.time), dtype=bool),
        "answered": part.answered,
        "abandoned": part.abandoned,
        "met": met,
        "judged": judged,
        "wait_s": np.where(part.answered, part.wait_s, 0.0),
        "left_wait_s": np.where(part.abandoned, part.wait_s, 0.0),
        "handle_s": np.where(part.answered, part.worked_s, 0.0),
    }
    if case.centre.queues[number].is_deferred:
        sums["done"] = part.answered
        sums["late_s"] = np.where(part.answered, np.maximum(part.ended - part.due, 0.0), 0.0)
    if limits.within_s is not None:
        in_time = part.wait_s <= limits.within_s
        sums["heard"] = sums["offered"]
        sums["heard_answered"] = part.answered
        sums["in_time"] = part.answered & in_time
        sums["left_in_time"] = part.abandoned & in_time
        sums["virtual_in_time"] = part.virtual_s <= limits.within_s
    if limits.short_s is not None:
        sums["left_short"] = part.abandoned & (part.wait_s <= limits.short_s)
    return {AT[name]: weights for name, weights in sums.items()}


def _backlog(case: Case, part: Part) -> Floats:
    """Return the contacts in line at the end of each interval."""
    last = case.intervals
    came = np.clip((part.time // case.centre.interval_s).astype(np.int64), 0, last)
    known = ~np.isnan(part.wait_s)
    gone = np.clip(((part.time + part.wait_s)[known] // case.centre.interval_s).astype(np.int64), 0, last)
    change = np.bincount(came, minlength=last + 1) - np.bincount(gone, minlength=last + 1)
    return np.cumsum(change)[:last].astype(np.float64)


def _judge(case: Case, number: int, part: Part) -> tuple[Flags, Flags]:
    """Return which contacts met the service level of a queue and which of them count."""
    target = judged_by(case.centre.queues[number])
    everyone = np.ones(len(part.time), dtype=bool)
    if isinstance(target, ServiceLevel):
        return _level(target, part)
    if isinstance(target, Deadline):
        return _in_time(case, number, target, part), everyone
    if isinstance(target, MeanAnswer | LongestWait):
        return part.answered & (part.wait_s <= target.within_s), everyone
    return ~everyone, ~everyone


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


def _counted(case: Case, number: int, target: Target, part: Part) -> tuple[Floats | Flags, Floats | Flags]:
    """Return numerator and denominator of what a target limits, by contact."""
    everyone = np.ones(len(part.time), dtype=bool)
    if isinstance(target, ServiceLevel):
        return _level(target, part)
    if isinstance(target, Deadline):
        return _in_time(case, number, target, part), everyone
    if isinstance(target, MeanAnswer):
        return np.where(part.answered, part.wait_s, 0.0), part.answered
    if isinstance(target, LongestWait):
        return part.virtual_s > target.within_s, everyone
    return part.abandoned, everyone
