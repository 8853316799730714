"""The frame-free face of the kernel: arrays in, a log of arrays out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.checks import check_int
from wfm.errors import DataError, Problem
from wfm.simulate import kernel, records
from wfm.simulate.compiled import can_compile, compiled_simulate
from wfm.simulate.inputs import Demand, Flags, Floats, Ints, Lines, Routes, Staff

__all__ = ["Demand", "Flags", "Floats", "Ints", "Lines", "Log", "Routes", "Staff", "play"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """What happened: one item for each contact, and shares of time by skill group and interval.

    Parameters
    ----------
    arrived
        When it came; NaN for a further attempt that was never made.
    reached
        When an agent answered, for the first time if it was interrupted. For a contact that abandoned: when an agent
        would have, had it been patient for ever; NaN where that never came.
    ended
        When it was done; NaN for those not answered.
    agent
        Who answered; -1 for nobody.
    sessions
        Contacts the agent held from this answer on; 0 for those not answered.
    worked_s
        Seconds in hand, without the time that it was interrupted for; NaN for those not answered.
    blocked
        Whether it was refused for want of a trunk.
    busy_s, staffed_s
        Seconds with a contact in hand and seconds on seat, by group and interval of the grid.
    overtime_s
        Seconds that each agent worked beyond shift ends.
    late_break_s
        Seconds by which the breaks of each agent began late.
    """

    arrived: Floats
    reached: Floats
    ended: Floats
    agent: Ints
    sessions: Ints
    worked_s: Floats
    blocked: Flags
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
    routes: Routes | None = None,
    trunks: int | None = None,
    compiled: bool | None = None,
) -> Log:
    """Simulate one course of events.

    An arriving contact takes, among the agents with room for it, the one with the fewest contacts in hand, of these one
    of the smallest `tier`, of these the one who has had room the longest (or the fastest). An agent with room takes, of
    the queues it serves, the one of the smallest rank, of these the one whose first contact is due first. Within a
    queue the first to come is the first served. An agent holds several contacts at once only of queues with a
    concurrency above 1, and never more than the smallest concurrency among those in hand; and it takes no further one
    while a contact of a smaller rank waits that it has no room for, so that it comes free for it. A contact in hand is
    finished: then a break starts late and is taken in full, and a shift ends late. Nobody comes after the last stretch:
    contacts still waiting then are never reached.

    Parameters
    ----------
    demand, lines, staff
        Contacts, queues and people.
    interval_s, intervals
        Length and number of the intervals, from second 0, over which time shares are summed.
    routes
        Preferences, waits and reserves of skill groups; default: groups with fewer queues are asked first.
    trunks
        Most contacts that the queues with `lines.counted` hold at once, waiting or answered, 1 or more: others are
        blocked. Default no limit.
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
    _check_fit(demand, lines, staff, routes)
    if trunks is not None:
        check_int("trunks", trunks, 1)
    arrays = _records(demand, lines, staff, interval_s, intervals, routes or Routes(), trunks or 0)
    if compiled:
        compiled_simulate()(_world(arrays))
        result = arrays
    else:
        world = _world([_as_list(array) for array in arrays])
        kernel.simulate(world)
        result = [_as_records(items, array.dtype) for items, array in zip(world, arrays, strict=True)]
    return _log(_world(result), intervals)


def _check_fit(demand: Demand, lines: Lines, staff: Staff, routes: Routes | None) -> None:
    """Refuse numbers that point nowhere: compiled code reads there, whatever is there."""
    if (len(demand) and demand.queue.max() >= len(lines)) or staff.speed.shape[1] != len(lines):
        what = f"contacts, speeds and queues do not fit: {len(lines)} queues, {staff.speed.shape[1]} columns of speeds"
        raise DataError(Problem(what, remedy="number the queues from 0, and give a speed or NaN for each of them"))
    if demand.holder is not None and len(demand) and demand.holder.max() >= len(staff.speed):
        what = f"a contact is in the hands of agent {demand.holder.max()} of {len(staff.speed)}"
        raise DataError(Problem(what, remedy="number the agents from 0"))
    groups = len(staff.groups[0])
    if routes is not None and any(array.shape != (groups, len(lines)) for array in routes.given):
        what = f"routes are not for {groups} skill groups and {len(lines)} queues"
        raise DataError(Problem(what, remedy="give a row for each of Staff.groups, a column for each queue"))


def _log(world: Any, intervals: int) -> Log:
    contacts, agents, shares, extras = world.contacts, world.agents, world.shares, world.extras
    answered = contacts["agent"] >= 0
    reached = contacts["reached"].copy()
    worked = contacts["ended"] - contacts["reached"]
    if len(extras):
        worked += extras["worked"]
        again = answered & ~np.isnan(extras["first"])
        reached[again] = extras["first"][again]
    return Log(
        arrived=contacts["time"].copy(),
        reached=reached,
        ended=contacts["ended"].copy(),
        agent=np.maximum(contacts["agent"], records.NOBODY).astype(np.int64),
        sessions=contacts["sessions"].astype(np.int64),
        worked_s=np.where(answered, worked, np.nan),
        blocked=contacts["agent"] == records.BLOCKED,
        busy_s=shares["busy"].reshape(-1, intervals).copy(),
        staffed_s=shares["staffed"].reshape(-1, intervals).copy(),
        overtime_s=agents["overtime"].copy(),
        late_break_s=agents["late"].copy(),
    )


def _world(arrays: list[Any]) -> records.World:
    return records.World(*arrays)


def _records(
    demand: Demand, lines: Lines, staff: Staff, interval_s: float, intervals: int, routes: Routes, trunks: int
) -> list[npt.NDArray[Any]]:
    """Return the world of the kernel, field by field."""
    skills, group = staff.groups
    limit = lines.limits
    width = int(limit.max())
    links, of_group, of_queue = _links(skills, lines, routes)
    line = _lines(lines, links, of_queue, demand, trunks)
    changes = _changes(staff)
    drains = _drains(skills, limit, links, of_group)
    line["timed"] |= drains
    timed = bool((line["timed"] | np.isfinite(line["overflow"])).any())
    yields = bool(line["yields"].any())
    holder = np.zeros(0, dtype=np.int64) if demand.holder is None else np.flatnonzero(demand.holder >= 0)
    extras = demand.again is not None or yields or len(holder) > 0
    setup = _blank(
        records.Setup,
        1,
        arrivals=demand.arriving,
        changes=len(changes),
        width=width,
        queues=len(lines),
        intervals=intervals,
        step=interval_s,
        trunks=trunks,
        held=len(holder),
        timed=timed,
        choosy=bool((links["after"] > 0).any() or (links["reserve"] > 0).any())
        or bool((line["ageing"] > 0).any() or (line["weight"] > 0).any()),
        yields=yields,
        drains=bool(drains.any()),
        reserved=bool((links["reserve"] > 0).any()) and (width > 1 or yields),
    )
    agents = _blank(
        records.Agent,
        len(group),
        group=group,
        first=of_group[group],
        last=of_group[group + 1],
        room=records.FREE,
        listed=-1,
        before=-1,
        after=-1,
        place=-1,
    )
    return [
        _contacts(demand),
        line,
        links,
        _blank(records.Room, len(skills) * (width + 1), head=-1, tail=-1),
        agents,
        _blank(records.Session, len(group) * width),
        np.ascontiguousarray(staff.speed, dtype=np.float64).reshape(-1),
        changes,
        _blank(records.Entry, len(group)),
        _blank(records.Share, len(skills) * intervals),
        setup,
        # One to abandon and one to overflow, or one to call again.
        _blank(records.Timer, 2 * len(demand) if timed or trunks else 0),
        _extras(demand) if extras else _blank(records.Extra, 0),
        _blank(records.Held, len(holder), agent=0 if demand.holder is None else demand.holder[holder], contact=holder),
    ]


def _contacts(demand: Demand) -> npt.NDArray[Any]:
    return _blank(
        records.Contact,
        len(demand),
        time=demand.time,
        queue=demand.queue,
        service=demand.service,
        patience=np.inf if demand.patience is None else demand.patience,
        due=demand.time if demand.due is None else demand.due,
        reached=np.nan,
        ended=np.nan,
        agent=records.NOBODY,
        following=-1,
    )


def _extras(demand: Demand) -> npt.NDArray[Any]:
    missing = {"again": -1, "delay": 0.0, "until": np.inf, "closing": np.inf, "answered": np.nan}
    given = {name: value if getattr(demand, name) is None else getattr(demand, name) for name, value in missing.items()}
    first = given.pop("answered")
    return _blank(records.Extra, len(demand), first=first, **given)


def _lines(lines: Lines, links: npt.NDArray[Any], of_queue: Ints, demand: Demand, trunks: int) -> npt.NDArray[Any]:
    """Return the queues, all but those timed because agents drain for them."""
    queues = len(lines)
    counted = np.full(queues, trunks > 0) if lines.counted is None else lines.counted & (trunks > 0)
    timed = counted.copy()
    if demand.again is not None:
        timed[demand.queue[demand.again >= 0]] = True
    overflow = np.full(queues, np.inf)
    for number in range(queues):
        after = links["after"][of_queue[number] : of_queue[number + 1]]
        overflow[number] = after[after > 0].min(initial=np.inf)
    return _blank(
        records.Line,
        queues,
        rank=lines.rank,
        limit=lines.limits,
        slowdown=0.0 if lines.slowdown is None else lines.slowdown,
        head=-1,
        tail=-1,
        first=of_queue[:-1],
        last=of_queue[1:],
        ageing=0.0 if lines.ageing is None else lines.ageing,
        weight=0.0 if lines.weight is None else lines.weight,
        fastest=lines.fastest,
        yields=False if lines.yields is None else lines.yields,
        counted=counted,
        timed=timed,
        overflow=overflow,
    )


def _drains(skills: Flags, limit: Ints, links: npt.NDArray[Any], of_group: Ints) -> Flags:
    """Return the queues for which some group holds back contacts that it could take beside others."""
    drains = np.zeros(skills.shape[1], dtype=bool)
    for number in range(len(skills)):
        own = links[of_group[number] : of_group[number + 1]]
        queue, rank = own["id"], own["rank"]
        roomy = (limit[queue][None, :] > limit[queue][:, None]) & (rank[None, :] > rank[:, None])
        drains[queue[roomy.any(axis=1)]] = True
    return drains


def _links(skills: Flags, lines: Lines, routes: Routes) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """Return the links of groups to queues and of queues to groups, and where those of each begin."""
    shape = skills.shape
    size = np.broadcast_to(skills.sum(axis=1)[:, None], shape)
    # Specialists first: the fewer queues a group serves, the earlier it is asked.
    tier = size if routes.tier is None else routes.tier
    rank = np.broadcast_to(np.asarray(lines.rank, dtype=np.float64), shape) if routes.rank is None else routes.rank
    after = np.zeros(shape) if routes.after is None else routes.after
    reserve = np.zeros(shape, dtype=np.int64) if routes.reserve is None else routes.reserve
    by_group, of_one = np.nonzero(skills)
    by_queue = [sorted(np.flatnonzero(skills[:, q]).tolist(), key=lambda g: (tier[g, q], g)) for q in range(shape[1])]
    group = np.array([*by_group.tolist(), *(g for groups in by_queue for g in groups)], dtype=np.int64)
    queue = np.array([*of_one.tolist(), *(q for q, groups in enumerate(by_queue) for _ in groups)], dtype=np.int64)
    first = len(by_group)
    links = _blank(
        records.Link,
        len(group),
        id=np.where(np.arange(len(group)) < first, queue, group),
        tier=tier[group, queue],
        rank=rank[group, queue],
        after=after[group, queue],
        reserve=reserve[group, queue],
    )
    of_group = np.concatenate([[0], np.cumsum(skills.sum(axis=1))])
    of_queue = first + np.concatenate([[0], np.cumsum(skills.sum(axis=0))])
    return links, of_group, of_queue


def _changes(staff: Staff) -> npt.NDArray[Any]:
    """Return comings and goings in order of time; at the same instant those who come are first."""
    joined = (staff.agent[1:] == staff.agent[:-1]) & (staff.start[1:] == staff.end[:-1])
    come = np.concatenate([[True], ~joined])[: len(staff.agent)]
    go = np.concatenate([~joined, [True]])[: len(staff.agent)]
    resumes = np.zeros(len(staff.agent), dtype=bool)
    resumes[:-1] = (staff.agent[1:] == staff.agent[:-1]) & (staff.shift[1:] == staff.shift[:-1])
    following = np.zeros(len(staff.agent))
    following[:-1] = staff.start[1:]
    pause = np.where(resumes, following - staff.end, records.SHIFT_ENDS)
    mark = np.where(resumes, staff.end, staff.shift_end)
    changes = _blank(
        records.Change,
        int(come.sum() + go.sum()),
        time=np.concatenate([staff.start[come], staff.end[go]]),
        agent=np.concatenate([staff.agent[come], staff.agent[go]]),
        pause=np.concatenate([np.full(come.sum(), records.COMES), pause[go]]),
        mark=np.concatenate([staff.start[come], mark[go]]),
    )
    return changes[np.lexsort((changes["agent"], changes["pause"] != records.COMES, changes["time"]))]


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
    known = {_dtype(record): record for record in _RECORDS}
    if array.dtype not in known:
        return list(array.tolist())
    record = known[array.dtype]
    return [record(*values) for values in array.tolist()]


def _as_records(items: Any, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if dtype.names is None:
        return np.array(items, dtype=dtype)
    array = np.empty(len(items), dtype=dtype)
    for name in dtype.names:
        array[name] = np.fromiter(map(attrgetter(name), items), dtype=dtype[name], count=len(items))
    return array


_TYPES = {"int": np.int64, "Short": np.int32, "float": np.float64, "bool": np.bool_}
_RECORDS = (
    records.Contact,
    records.Line,
    records.Link,
    records.Room,
    records.Agent,
    records.Session,
    records.Change,
    records.Entry,
    records.Share,
    records.Setup,
    records.Timer,
    records.Extra,
    records.Held,
)
