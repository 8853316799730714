"""The frame-free face of the kernel: arrays in, a log of arrays out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.errors import DataError, Problem
from wfm.simulate import kernel
from wfm.simulate.compiled import can_compile, compiled_simulate
from wfm.simulate.inputs import Demand, Flags, Floats, Ints, Lines, Staff

__all__ = ["Demand", "Flags", "Floats", "Ints", "Lines", "Log", "Staff", "play"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """What happened: one item for each contact, and shares of time by skill group and interval.

    Parameters
    ----------
    reached
        When an agent answered. For a contact that abandoned: when an agent would have, had it been patient for ever;
        NaN where that never came.
    ended
        When it was done; NaN for those not answered.
    agent
        Who answered; -1 for nobody.
    sessions
        Contacts the agent held from this answer on; 0 for those not answered.
    busy_s, staffed_s
        Seconds with a contact in hand and seconds on seat, by group and interval of the grid.
    overtime_s
        Seconds that each agent worked beyond shift ends.
    late_break_s
        Seconds by which the breaks of each agent began late.
    """

    reached: Floats
    ended: Floats
    agent: Ints
    sessions: Ints
    busy_s: Floats
    staffed_s: Floats
    overtime_s: Floats
    late_break_s: Floats

    @property
    def answered(self) -> Flags:
        """Whether each contact was answered."""
        return self.agent >= 0


def play(
    demand: Demand,
    lines: Lines,
    staff: Staff,
    *,
    interval_s: float,
    intervals: int,
    compiled: bool | None = None,
) -> Log:
    """Simulate one course of events.

    Rules: an arriving contact takes, among the agents with room for it, the one with the fewest contacts in hand,
    of these one with the fewest skills, of these the one who has had room the longest. An agent with room takes, of
    the queues it serves, the one of the smallest rank, of these the one whose first contact is due first. Within a
    queue the first to come is the first served. An agent holds several contacts at once only of queues with a
    concurrency above 1, and never more than the smallest concurrency among those in hand. A contact in hand is
    finished: then a break starts late and is taken in full, and a shift ends late. Nobody comes after the last
    stretch: contacts still waiting then are never reached.

    Parameters
    ----------
    demand, lines, staff
        Contacts, queues and people.
    interval_s, intervals
        Length and number of the intervals, from second 0, over which time shares are summed.
    compiled
        Whether to run the compiled kernel; default if numba is installed. Both give the same numbers.

    Raises
    ------
    DataError
        If contacts are of a queue that there is not, or the staff has speeds for other queues than there are.
    MissingExtraError
        If `compiled` is asked for without numba.

    Examples
    --------
    >>> demand = Demand(time=np.array([0.0, 5.0]), queue=np.array([0, 0]), service=np.array([60.0, 60.0]))
    >>> staff = Staff(speed=np.ones((1, 1)), agent=np.array([0]), start=np.array([0.0]), end=np.array([900.0]),
    ...               shift=np.array([0]), shift_end=np.array([900.0]))
    >>> play(demand, Lines(rank=np.array([0])), staff, interval_s=900.0, intervals=1, compiled=False).reached.tolist()
    [0.0, 60.0]
    """
    if compiled is None:
        compiled = can_compile()
    # Compiled code reads where an index points, whatever is there.
    if (len(demand) and demand.queue.max() >= len(lines)) or staff.speed.shape[1] != len(lines):
        what = f"contacts, speeds and queues do not fit: {len(lines)} queues, {staff.speed.shape[1]} columns of speeds"
        raise DataError(Problem(what, remedy="number the queues from 0, and give a speed or NaN for each of them"))
    records = _records(demand, lines, staff, interval_s, intervals)
    if compiled:
        compiled_simulate()(_world(records))
        result = records
    else:
        world = _world([_as_list(array) for array in records])
        kernel.simulate(world)
        result = [_as_records(items, array.dtype) for items, array in zip(world, records, strict=True)]
    contacts, agents, shares = result[0], result[4], result[9]
    return Log(
        reached=contacts["reached"].copy(),
        ended=contacts["ended"].copy(),
        agent=contacts["agent"].astype(np.int64),
        sessions=contacts["sessions"].astype(np.int64),
        busy_s=shares["busy"].reshape(-1, intervals).copy(),
        staffed_s=shares["staffed"].reshape(-1, intervals).copy(),
        overtime_s=agents["overtime"].copy(),
        late_break_s=agents["late"].copy(),
    )


def _world(fields: list[Any]) -> kernel.World:
    return kernel.World(*fields)


def _records(demand: Demand, lines: Lines, staff: Staff, interval_s: float, intervals: int) -> list[npt.NDArray[Any]]:
    """Return the world of the kernel, field by field."""
    queues = len(lines)
    skills, group = staff.groups
    limit = np.ones(queues, dtype=np.int64) if lines.concurrency is None else lines.concurrency
    width = int(limit.max())
    links, of_group, of_queue = _links(skills)
    changes = _changes(staff)
    return [
        _contacts(demand),
        _blank(
            kernel.Line,
            queues,
            rank=lines.rank,
            limit=limit,
            slowdown=0.0 if lines.slowdown is None else lines.slowdown,
            head=-1,
            tail=-1,
            first=of_queue[:-1],
            last=of_queue[1:],
        ),
        links,
        _blank(kernel.Room, len(skills) * width, head=-1, tail=-1),
        _blank(
            kernel.Agent,
            len(group),
            group=group,
            first=of_group[group],
            last=of_group[group + 1],
            room=kernel.FREE,
            listed=-1,
            before=-1,
            after=-1,
            place=-1,
        ),
        _blank(kernel.Session, len(group) * width),
        np.ascontiguousarray(staff.speed, dtype=np.float64).reshape(-1),
        changes,
        _blank(kernel.Entry, len(group)),
        _blank(kernel.Share, len(skills) * intervals),
        _blank(
            kernel.Setup,
            1,
            arrivals=len(demand),
            changes=len(changes),
            width=width,
            queues=queues,
            intervals=intervals,
            step=interval_s,
        ),
    ]


def _contacts(demand: Demand) -> npt.NDArray[Any]:
    return _blank(
        kernel.Contact,
        len(demand),
        time=demand.time,
        queue=demand.queue,
        service=demand.service,
        patience=np.inf if demand.patience is None else demand.patience,
        due=demand.time if demand.due is None else demand.due,
        reached=np.nan,
        ended=np.nan,
        agent=-1,
        following=-1,
    )


def _links(skills: Flags) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """Return the links of groups to queues and of queues to groups, and where those of each begin."""
    size = skills.sum(axis=1)
    ids: list[int] = []
    tiers: list[int] = []
    of_group = [0]
    for row in skills:
        ids.extend(np.flatnonzero(row).tolist())
        of_group.append(len(ids))
    tiers.extend([0] * len(ids))
    of_queue = [len(ids)]
    for column in skills.T:
        # Specialists first: the fewer queues a group serves, the earlier it is asked.
        groups = sorted(np.flatnonzero(column).tolist(), key=lambda g: (size[g], g))
        ids.extend(groups)
        tiers.extend(size[g] for g in groups)
        of_queue.append(len(ids))
    return _blank(kernel.Link, len(ids), id=ids, tier=tiers), np.array(of_group), np.array(of_queue)


def _changes(staff: Staff) -> npt.NDArray[Any]:
    """Return comings and goings in order of time; at the same instant those who come are first."""
    joined = (staff.agent[1:] == staff.agent[:-1]) & (staff.start[1:] == staff.end[:-1])
    come = np.concatenate([[True], ~joined])[: len(staff.agent)]
    go = np.concatenate([~joined, [True]])[: len(staff.agent)]
    resumes = np.zeros(len(staff.agent), dtype=bool)
    resumes[:-1] = (staff.agent[1:] == staff.agent[:-1]) & (staff.shift[1:] == staff.shift[:-1])
    following = np.zeros(len(staff.agent))
    following[:-1] = staff.start[1:]
    pause = np.where(resumes, following - staff.end, kernel.SHIFT_ENDS)
    mark = np.where(resumes, staff.end, staff.shift_end)
    changes = _blank(
        kernel.Change,
        int(come.sum() + go.sum()),
        time=np.concatenate([staff.start[come], staff.end[go]]),
        agent=np.concatenate([staff.agent[come], staff.agent[go]]),
        pause=np.concatenate([np.full(come.sum(), kernel.COMES), pause[go]]),
        mark=np.concatenate([staff.start[come], mark[go]]),
    )
    return changes[np.lexsort((changes["agent"], changes["pause"] != kernel.COMES, changes["time"]))]


@cache
def _dtype(record: type) -> np.dtype[Any]:
    """Return the layout of a record class of the kernel."""
    return np.dtype([(field.name, _TYPES[str(field.type)]) for field in fields(record)])


def _blank(record: type, size: int, **values: object) -> npt.NDArray[Any]:
    array = np.zeros(size, dtype=_dtype(record))
    for name, value in values.items():
        array[name] = value
    return array


def _as_list(array: npt.NDArray[Any]) -> list[Any]:
    records = {_dtype(record): record for record in _RECORDS}
    if array.dtype not in records:
        return list(array.tolist())
    record = records[array.dtype]
    return [record(*values) for values in array.tolist()]


def _as_records(items: Any, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if dtype.names is None:
        return np.array(items, dtype=dtype)
    return np.array([tuple(getattr(item, name) for name in dtype.names) for item in items], dtype=dtype)


_TYPES = {"int": np.int64, "Short": np.int32, "float": np.float64}
_RECORDS = (
    kernel.Contact,
    kernel.Line,
    kernel.Link,
    kernel.Room,
    kernel.Agent,
    kernel.Session,
    kernel.Change,
    kernel.Entry,
    kernel.Share,
    kernel.Setup,
)
