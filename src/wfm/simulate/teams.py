"""Heads by skill group and block of time, played: what a search for staff asks again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from wfm.checks import check_in_range, check_name
from wfm.domain.centre import Centre
from wfm.domain.people import Contract, Employee, Skill
from wfm.domain.targets import MaxAbandonment, ServiceLevel, ServiceLevelBasis
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.simulate.case import Case
from wfm.simulate.draw import Drawn, settle
from wfm.simulate.engine import Flags, Floats, Ints, Log, Staff, play
from wfm.simulate.measure import count_targets
from wfm.simulate.model import Model
from wfm.simulate.routing import routes_of
from wfm.simulate.runner import seeds_of
from wfm.simulate.tally import Limits

__all__ = ["Bench", "Blocks", "Group", "groups_of"]

# A shortfall that chance does not bring about in a quarter of the replications.
_BY_FAR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People of the same skills.

    Parameters
    ----------
    skills
        What they serve, at which speed; at least one.
    cost_per_hour
        Cost of one of them, more than 0; default 1.
    name
        Default the queues with a plus between them.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Group(skills=(Skill("billing"), Skill("technical", 0.9)), cost_per_hour=1.2).name
    'billing + technical'
    """

    skills: tuple[Skill, ...]
    cost_per_hour: float = 1.0
    name: str = ""

    def __post_init__(self) -> None:
        faults = Faults("a skill group")
        wrong = [skill for skill in self.skills if not isinstance(skill, Skill)]
        if wrong or not self.skills:
            faults.add(f"skills must be one Skill or more, got {self.skills!r}", remedy="write (Skill('calls'),)")
            faults.raise_if_any()
        object.__setattr__(self, "skills", tuple(self.skills))
        names = [skill.queue for skill in self.skills]
        if len(set(names)) < len(names):
            faults.add(f"a queue twice among the skills: {names}", remedy="leave one out")
        with faults.collecting():
            check_in_range("cost_per_hour", self.cost_per_hour, 0.0, include_low=False)
        if not self.name:
            object.__setattr__(self, "name", " + ".join(names))
        with faults.collecting():
            check_name("name", self.name)
        faults.raise_if_any()


def groups_of(centre: Centre) -> tuple[Group, ...]:
    """Return the skill groups of a centre's people, with their mean speeds and mean cost.

    Raises
    ------
    DataError
        If the centre has no people.
    """
    if not centre.employees:
        remedy = "give groups=(Group(skills=(Skill('calls'),)), ...), or a centre with employees"
        raise DataError(Problem("the centre has no employees, and so no skill groups", remedy=remedy))
    members: dict[tuple[str, ...], list[Employee]] = {}
    for employee in centre.employees:
        members.setdefault(tuple(sorted(employee.queues)), []).append(employee)
    groups = []
    for names, people in sorted(members.items()):
        speed = {name: [s.proficiency for e in people for s in e.skills if s.queue == name] for name in names}
        cost = [centre.contract(employee.contract).cost_per_hour for employee in people]
        skills = tuple(Skill(name, float(np.mean(speed[name]))) for name in names)
        groups.append(Group(skills=skills, cost_per_hour=float(np.mean(cost))))
    return tuple(groups)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Stretches of time in each of which the heads are the same.

    Parameters
    ----------
    of_row
        Block in which each row of the forecast is judged; -1 for the time before the centre has settled.
    of_interval
        Block whose heads are on seat in each interval of the grid; -1 for nobody.
    starts
        Start of each block.
    hours
        Length of each, for its cost.
    """

    of_row: Ints
    of_interval: Ints
    starts: pd.DatetimeIndex
    hours: Floats


@dataclass(slots=True, eq=False)
class Bench:
    """A case whose contacts are drawn once, to be played by any number of heads.

    `cells` are the pairs of a queue and a block that are judged.
    """

    case: Case
    groups: tuple[Group, ...]
    blocks: Blocks
    draws: list[Drawn]
    limits: Limits
    cells: Ints  # queue and block, one row each
    cell_of_row: Ints
    played: int = 0
    speeds: Floats = field(init=False)  # by group and queue
    _known: dict[bytes, tuple[Floats, Floats]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        position = {queue.name: number for number, queue in enumerate(self.case.centre.queues)}
        self.speeds = np.full((len(self.groups), len(position)), np.nan)
        for number, group in enumerate(self.groups):
            for skill in group.skills:
                self.speeds[number, position[skill.queue]] = skill.proficiency

    @classmethod
    def of(
        cls,
        forecast: pd.DataFrame,
        centre: Centre,
        model: Model,
        groups: Sequence[Group],
        blocks: Blocks,
        *,
        replications: int,
        seed: int,
    ) -> Bench:
        """Check what is simulated and draw its contacts.

        Raises
        ------
        DataError
            With every fault of `wfm.simulate.run`, and of the groups.
        """
        _check_groups(groups, centre, forecast)
        staffed = _peopled(centre, groups)
        first, last = forecast["start"].min(), forecast["start"].max() + pd.Timedelta(seconds=centre.interval_s)
        roster = pd.DataFrame(
            {
                "employee": [employee.id for employee in staffed.employees],
                "start": first,
                "end": last,
                "activity": "work",
                "queue": [employee.queues[0] for employee in staffed.employees],
            }
        )
        case = Case.of(forecast, roster, staffed, model)
        judged = blocks.of_row >= 0
        keys = np.column_stack([case.queue, blocks.of_row])
        cells, place = np.unique(keys[judged], axis=0, return_inverse=True)
        cell_of_row = np.full(len(keys), -1)
        cell_of_row[judged] = place.reshape(-1)
        draws = [case.draw(seeds_of(seed, number).spawn(2)[0]) for number in range(replications)]
        return cls(
            case=case,
            groups=tuple(groups),
            blocks=blocks,
            draws=draws,
            limits=Limits.of(case),
            cells=cells,
            cell_of_row=cell_of_row,
        )

    def slack(self, heads: Ints) -> Floats:
        """Return by cell how far the nearest target is from its limit: below 0 where it is missed."""
        return self.values(heads)[0]

    def values(self, heads: Ints) -> tuple[Floats, Floats]:
        """Return the slack by cell, and what each target limits by cell and target, over all replications."""
        key = heads.tobytes()
        if key not in self._known:
            table = sum(self.tables(heads))
            self._known[key] = self._judge(np.asarray(table))
        return self._known[key]

    def hopeless(self, heads: Ints) -> bool:
        """Whether a quarter of the replications shows a target missed by far."""
        few = max(1, len(self.draws) // 4)
        if heads.tobytes() in self._known:
            return False
        return bool((self._judge(np.asarray(sum(self.tables(heads, few))))[0] < -_BY_FAR).any())

    def tables(self, heads: Ints, replications: int | None = None) -> list[Floats]:
        """Return the counts by cell of each replication, or of the first ones."""
        staff = self._staff(heads)
        skills, group = staff.groups
        case = replace(
            self.case,
            staff=staff,
            skills=skills,
            group=group,
            routes=routes_of(skills, self.case.lines, self.case.centre, self.case.model),
        )
        self.played += 1
        tables = []
        judged = self.cell_of_row >= 0
        for drawn in self.draws[:replications]:
            rows = count_targets(case, *settle(case, drawn, self._play(case, drawn)))
            table = np.zeros((len(self.cells), rows.shape[1]))
            np.add.at(table, self.cell_of_row[judged], rows[judged])
            tables.append(table)
        return tables

    @staticmethod
    def _play(case: Case, drawn: Drawn) -> Log:
        return play(
            drawn.demand,
            case.lines,
            case.staff,
            interval_s=case.centre.interval_s,
            intervals=case.intervals,
            routes=case.routes,
            trunks=case.model.trunks,
        )

    def _judge(self, table: Floats) -> tuple[Floats, Floats]:
        limits, queue = self.limits, self.cells[:, 0]
        values = limits.values(table, queue)
        limit = limits.value[queue]
        # Waits in seconds are measured in units of their limit, so that they compare with shares.
        scale = np.where(limit > 1.0, limit, 1.0)
        gap = np.where(limits.above[queue], values - limit, (limit - values) / scale)
        gap = np.where(limits.exists[queue] & ~np.isnan(values), np.clip(gap, -1.0, 1.0), 1.0)
        return gap.min(axis=1), values

    def _staff(self, heads: Ints) -> Staff:
        """Return people who are there in the intervals of their blocks: the first of a group the longest."""
        presence = np.where(self.blocks.of_interval >= 0, heads[:, self.blocks.of_interval], 0)
        step = self.case.centre.interval_s
        speed: list[Floats] = []
        agent: list[int] = []
        start: list[float] = []
        end: list[float] = []
        for number, row in enumerate(presence):
            for member in range(max(1, int(row.max()))):
                there = np.concatenate([[False], row > member, [False]]).astype(np.int8)
                change = np.diff(there)
                begins, ends = np.flatnonzero(change > 0), np.flatnonzero(change < 0)
                agent.extend([len(speed)] * len(begins))
                start.extend((begins * step).tolist())
                end.extend((ends * step).tolist())
                speed.append(self.speeds[number])
        return Staff(
            speed=np.array(speed),
            agent=np.array(agent, dtype=np.int64),
            start=np.array(start),
            end=np.array(end),
            shift=np.arange(len(agent)),
            shift_end=np.array(end),
        )

    @property
    def serves(self) -> Flags:
        """Whether each group serves each queue."""
        return ~np.isnan(self.speeds)

    def load(self) -> Floats:
        """Return the erlangs by queue and block that must be served whatever the routing: a lower bound."""
        case = self.case
        judged = self.blocks.of_row >= 0
        work = np.zeros((len(case.centre.queues), len(self.blocks.starts)))
        weights = case.offered * case.aht_s / case.centre.interval_s
        count = np.zeros_like(work)
        np.add.at(work, (case.queue[judged], self.blocks.of_row[judged]), weights[judged])
        np.add.at(count, (case.queue[judged], self.blocks.of_row[judged]), 1.0)
        mean = np.divide(work, count, out=np.zeros_like(work), where=count > 0)
        share = [_must_be_served(case, number) for number in range(len(case.centre.queues))]
        return np.asarray(mean * np.array(share)[:, None])


def _must_be_served(case: Case, number: int) -> float:
    """Return the share of a queue's work that its targets demand, over the sessions that an agent holds at once."""
    queue = case.centre.queues[number]
    if queue.is_deferred and len(np.unique(case.interval)) > 1:
        return 0.0  # it may wait for another block
    held = max(k / factor for k, factor in enumerate(queue.session_factors, 1))
    leaves = queue.patience_s is not None or case.model.balking_of(queue.name) > 0 or case.model.trunks is not None
    if not leaves:
        return 1.0 / held
    shares = [0.0]
    for target in queue.targets:
        if isinstance(target, ServiceLevel) and target.basis is ServiceLevelBasis.OFFERED:
            shares.append(target.fraction)
        if isinstance(target, MaxAbandonment):
            shares.append(1.0 - target.fraction)
    return max(shares) / held


def _check_groups(groups: Iterable[Group], centre: Centre, forecast: pd.DataFrame) -> None:
    known = [queue.name for queue in centre.queues]
    faults = Faults("the skill groups")
    served = set()
    seen: set[str] = set()
    for group in groups:
        if not isinstance(group, Group):
            faults.add(f"a group must be a Group, got {group!r}", remedy="write Group(skills=(Skill('calls'),))")
            continue
        if group.name in seen:
            faults.add(f"two groups are named {group.name!r}", remedy="give one of them a name of its own")
        seen.add(group.name)
        for skill in group.skills:
            served.add(skill.queue)
            if skill.queue not in known:
                faults.add(f"unknown queue {skill.queue!r}", where=group.name, remedy=did_you_mean(skill.queue, known))
    for name in sorted(set(forecast["queue"]) - served):
        faults.add(f"no group serves queue {name!r}", remedy="add one, or leave the queue out of the forecast")
    faults.raise_if_any()


def _peopled(centre: Centre, groups: Sequence[Group]) -> Centre:
    """Return the centre with one person of each group; of the queues those that somebody serves."""
    served = {skill.queue for group in groups for skill in group.skills}
    people = tuple(
        Employee(id=f"group {number}", contract="any", skills=group.skills) for number, group in enumerate(groups)
    )
    queues = tuple(queue for queue in centre.queues if queue.name in served)
    return replace(centre, queues=queues, contracts=(Contract(name="any"),), shifts=(), employees=people, shrinkage=())
