"""The frame-free face of the kernel: arrays in, a log of arrays out."""

from __future__ import annotations

from collections.abc import Iterator
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

__all__ = ["Demand", "Flags", "Floats", "Ints", "Lines", "Log", "Routes", "Staff", "build_world", "play"]


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
    group_overtime_s
        The same by group and interval of the grid in which the shift ended, or the nearest one.
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
    group_overtime_s: Floats
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
    world = build_world(demand, lines, staff, interval_s, intervals, routes or Routes(), trunks or 0, compiled=compiled)
    simulate = compiled_simulate() if compiled else kernel.simulate
    simulate(world)
    return _log(world, intervals)


def build_world(
    demand: Demand,
    lines: Lines,
    staff: Staff,
    interval_s: float,
    intervals: int,
    routes: Routes,
    trunks: int,
    *,
    compiled: bool,
) -> records.World:
    """Return what the kernel reads and writes: arrays where it is compiled, else lists. No trunks: no limit."""
    arrays = _records(demand, lines, staff, interval_s, intervals, routes, trunks)
    return records.World(*(arrays if compiled else map(_as_list, arrays)))


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


def _log(world: records.World, intervals: int) -> Log:
    contacts = _columns(world.contacts, time=float, reached=float, ended=float, agent=int, sessions=int)
    agent, reached = contacts["agent"], contacts["reached"]
    # Missing for those who were not answered, for these have not ended.
    worked = contacts["ended"] - reached
    if len(world.extras):
        extras = _columns(world.extras, first=float, worked=float)
        worked += extras["worked"]
        again = (agent >= 0) & ~np.isnan(extras["first"])
        reached[again] = extras["first"][again]
    blocked = agent == records.BLOCKED
    agent[blocked] = records.NOBODY
    shares = _columns(world.shares, busy=float, staffed=float, overtime=float)
    people = _columns(world.agents, overtime=float, late=float)
    return Log(
        arrived=contacts["time"],
        reached=reached,
        ended=contacts["ended"],
        agent=agent,
        sessions=contacts["sessions"],
        worked_s=worked,
        blocked=blocked,
        busy_s=shares["busy"].reshape(-1, intervals),
        staffed_s=shares["staffed"].reshape(-1, intervals),
        overtime_s=people["overtime"],
        group_overtime_s=shares["overtime"].reshape(-1, intervals),
        late_break_s=people["late"],
    )


def _columns(items: Any, **kinds: type) -> dict[str, npt.NDArray[Any]]:
    """Return fields of records, or of a list of them, as arrays of their own."""
    size = len(items)
    if isinstance(items, list):
        return {name: np.fromiter(map(attrgetter(name), items), kind, count=size) for name, kind in kinds.items()}
    columns: dict[str, npt.NDArray[Any]] = {name: np.empty(size, dtype=kind) for name, kind in kinds.items()}
    for piece in _pieces(size):
        for name, column in columns.items():
            column[piece] = items[piece][name]
    return columns


def _pieces(size: int) -> Iterator[slice]:
    """Return stretches of records that stay in the processor's cache while one field after the other is copied."""
    return (slice(first, first + _PIECE) for first in range(0, size, _PIECE))


def _records(
    demand: Demand, lines: Lines, staff: Staff, interval_s: float, intervals: int, routes: Routes, trunks: int
) -> list[Any]:
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
        rooms=group * (width + 1),
        sessions=np.arange(len(group)) * width,
        speeds=np.arange(len(group)) * len(lines),
        room=records.FREE,
        listed=-1,
        before=-1,
        after=-1,
        busy_since=np.inf,
    )
    return [
        _contacts(demand),
        line,
        links,
        _blank(records.Room, len(skills) * (width + 1), head=-1, tail=-1),
        agents,
        _blank(records.Session, len(group) * width),
        np.ascontiguousarray(staff.speed, dtype=np.float64).reshape(-1),
        np.ascontiguousarray(lines.factors, dtype=np.float64).reshape(-1),
        changes,
        # The heap looks two places beyond its last entry.
        np.full(len(group) + 2, np.inf),
        np.zeros(len(group) + 2, dtype=np.int64),
        np.full(len(group), -1),
        _blank(records.Share, len(skills) * intervals),
        setup,
        # One to abandon and one to overflow, or one to call again.
        _blank(records.Timer, 2 * len(demand) + 1 if timed or trunks else 1, key=np.inf),
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
        rooms=group * (int(lines.limits.max()) + 1),
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
    """Return records with some fields set, to one value or to an array, and the others 0."""
    array = np.zeros(size, dtype=_dtype(record))
    for piece in _pieces(size):
        part = array[piece]
        for name, value in values.items():
            part[name] = value[piece] if isinstance(value, np.ndarray) else value
    return array


def _as_list(array: npt.NDArray[Any]) -> list[Any]:
    """Return the records as objects, or the numbers, for the kernel that is not compiled."""
    if array.dtype.names is None:
        return list(array.tolist())
    record = next(record for record in _RECORDS if _dtype(record) == array.dtype)
    return list(map(record, *(array[name].tolist() for name in array.dtype.names)))


# Records copied at a time.
_PIECE = 4096
_TYPES = {"int": np.int64, "Short": np.int32, "float": np.float64, "bool": np.bool_}
_RECORDS = (
    records.Contact,
    records.Line,
    records.Link,
    records.Room,
    records.Agent,
    records.Session,
    records.Change,
    records.Share,
    records.Setup,
    records.Timer,
    records.Extra,
    records.Held,
)
