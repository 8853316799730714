"""Meetings and training placed into a roster that stands, where they cost least."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from html import escape

import numpy as np
import pandas as pd

from wfm.checks import check_choice, check_date, check_each, check_int, check_name
from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration, set_duration
from wfm.errors import Faults, did_you_mean
from wfm.roster.coverage.loss import Loss, present
from wfm.roster.duties import Duties, Duty, Part, as_frames, read_duties
from wfm.roster.frames import roster_of
from wfm.roster.problem import Case, build_case
from wfm.roster.result import Roster, Status
from wfm.roster.tree import tree
from wfm.schema import FrameLike
from wfm.shifts import Floats, Ints, stamps
from wfm.timegrid import DAY, Horizon, day_starts

__all__ = ["Session", "SessionKind", "SessionPlan", "place_sessions"]

_EPSILON = 1e-9


class SessionKind(StrEnum):
    """What a session is, as it stands in the frame `activities`."""

    MEETING = "meeting"
    TRAINING = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A meeting or a training that each of some people attends once.

    Parameters
    ----------
    name
        Name, unique among the sessions that are placed together.
    length
        How long it lasts, such as `"1h"`.
    employees, team, queue
        Who attends: identifiers, everybody of a team, or everybody who serves a queue; exactly one of them.
    activity
        `"meeting"` (default) or `"training"`.
    group_size
        Most people who attend at a time, 1 or more; then it is held as often as needed. Default none: once, with
        everyone.
    earliest, latest
        The first and the last day on which it may be held; default those of the requirement.

    Raises
    ------
    DataError
        With every fault of the session.

    Examples
    --------
    >>> Session(name="coaching", length="30min", team="north", group_size=4).length_s
    1800.0
    """

    name: str
    length: timedelta | str
    employees: tuple[str, ...] | None = None
    team: str | None = None
    queue: str | None = None
    activity: SessionKind | str = SessionKind.MEETING
    group_size: int | None = None
    earliest: date | None = None
    latest: date | None = None
    length_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"session {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            set_duration(self, "length")
        with faults.collecting():
            object.__setattr__(self, "activity", check_choice("activity", self.activity, SessionKind))
        with faults.collecting():
            if self.group_size is not None:
                check_int("group_size", self.group_size, 1)
        for name in ("earliest", "latest"):
            with faults.collecting():
                if getattr(self, name) is not None:
                    check_date(name, getattr(self, name))
        with faults.collecting():
            if self.employees is not None:
                object.__setattr__(self, "employees", check_each("employees", self.employees, str))
        given = [name for name in ("employees", "team", "queue") if getattr(self, name) is not None]
        if len(given) != 1:
            faults.add(
                f"who attends is given by {' and '.join(given) or 'nothing'}",
                remedy="give one of employees, team and queue",
            )
        if self.employees == ():
            faults.add("nobody attends", remedy="name at least one employee")
        faults.raise_if_any()
        if self.earliest is not None and self.latest is not None and self.latest < self.earliest:
            faults.add(f"it ends on {self.latest}, before it may begin on {self.earliest}", remedy="swap them")
        faults.raise_if_any()


@dataclass(frozen=True, eq=False)
class SessionPlan:
    """A roster with sessions in it.

    Parameters
    ----------
    roster
        The roster with meeting and training in its activities, and what that leaves of the coverage.
    sessions
        Frame `session, group, employee, start, end`, one row for each attendance; groups are numbered by time.
    unplaced
        Frame `session, employee, reason`: who could not attend, and why.
    added
        What the sessions cost: shortage and surplus after, less before.
    """

    roster: Roster
    sessions: pd.DataFrame
    unplaced: pd.DataFrame
    added: float

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `activities` of the roster."""
        return self.roster.activities

    def _lines(self) -> list[tuple[str, str]]:
        held = self.sessions.groupby("session")["group"].nunique().sum()
        return [
            ("placed", f"{len(self.sessions):,} attendances in {int(held):,} groups"),
            ("left out", f"{len(self.unplaced):,}"),
            ("added cost", f"{self.added:,.2f} {self.roster.currency}"),
        ]

    def __str__(self) -> str:
        lines = self._lines()
        return tree("Sessions", [f"{name:<10} {text}" for name, text in lines])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>Sessions</caption>{rows}</table>"


@dataclass(frozen=True, slots=True)
class _Group:
    """Some people at a session."""

    session: Session
    start_s: int
    members: tuple[str, ...]

    @property
    def part(self) -> Part:
        return Part(self.start_s, self.start_s + int(self.session.length_s), str(self.session.activity))


def place_sessions(
    roster: Roster,
    sessions: Iterable[Session],
    requirement: FrameLike,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
) -> SessionPlan:
    """Place meetings and training into a roster where they cost least.

    Shifts and breaks stay. Each person attends inside one shift, in time in which they would work, and takes no
    contacts meanwhile. Sessions for everyone at once come first, then the longest; a session in groups is built around
    the person with the fewest possible starts, and filled with those who are missed least. At the end each group is
    taken up once more and held where it costs least, now that all others are known. Queues are not shared out anew.

    Parameters
    ----------
    roster
        The roster.
    sessions
        The sessions, at least one.
    requirement
        The requirement that was rostered.
    centre
        The centre.
    horizon
        The days of the roster, where they are more than those of the requirement or cyclic.

    Returns
    -------
    SessionPlan
        The roster with the sessions, who attends when, who could not, and what it costs.

    Raises
    ------
    DataError
        With every fault: no sessions, two of a name, unknown people, teams or queues, days outside the horizon.

    Notes
    -----
    The cost of every single placement is exact; that of all together is not proven to be the lowest.
    """
    given = check_each("sessions", sessions, Session)
    case = build_case(requirement, centre, horizon)
    audiences = _audiences(given, case)
    placer = _Placer(case, read_duties(roster, centre))
    order = sorted(given, key=lambda one: (one.group_size is not None, -one.length_s, one.name))
    for session in order:
        placer.place(session, audiences[session.name])
    placer.improve()
    shifts, activities = as_frames(placer.duties, centre.tz)
    changed = roster_of(case, shifts, activities, bound=None)
    kept = ("shortage", "surplus")
    cost = {**roster.cost, **{name: changed.cost[name] for name in kept}}
    added = sum(cost[name] - roster.cost.get(name, 0.0) for name in kept)
    return SessionPlan(
        roster=replace(
            roster,
            activities=activities,
            coverage=changed.coverage,
            shortage=changed.shortage,
            cost=cost,
            status=roster.status if added <= _EPSILON else Status.FEASIBLE,
        ),
        sessions=_sessions_frame(placer.groups, centre.tz),
        unplaced=pd.DataFrame(placer.unplaced, columns=["session", "employee", "reason"], dtype="str"),
        added=added,
    )


def _audiences(sessions: tuple[Session, ...], case: Case) -> dict[str, list[str]]:
    """Return who attends each session."""
    faults = Faults("the sessions")
    people = case.centre.employees
    ids, teams = [one.id for one in people], {one.team for one in people if one.team is not None}
    queues = [queue.name for queue in case.centre.queues]
    names = [session.name for session in sessions]
    if not sessions:
        faults.add("no sessions", remedy="give at least one")
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"two sessions are named {name!r}", remedy="rename one")
    found: dict[str, list[str]] = {}
    for session in sessions:
        where = f"session {session.name!r}"
        for value, known, noun in ((session.team, teams, "team"), (session.queue, queues, "queue")):
            if value is not None and value not in known:
                faults.add(f"unknown {noun} {value!r}", where=where, remedy=did_you_mean(value, known))
        for value in session.employees or ():
            if value not in ids:
                faults.add(f"unknown employee {value!r}", where=where, remedy=did_you_mean(value, ids))
        for day in (session.earliest, session.latest):
            if day is not None and day not in case.horizon.dates:
                faults.add(f"{day} lies outside {case.horizon}", where=where, remedy="give a day of the roster")
        asked = set(session.employees or ())
        found[session.name] = [
            one.id
            for one in people
            if one.id in asked
            or (session.team is not None and one.team == session.team)
            or (session.queue is not None and session.queue in one.queues)
        ]
    faults.raise_if_any()
    return found


class _Placer:
    """The roster with what is placed so far, and what more would cost."""

    def __init__(self, case: Case, duties: Duties) -> None:
        self.groups: list[_Group] = []
        self.unplaced: list[tuple[str, str, str]] = []
        self.duties = dict(duties)
        self._before = dict(duties)
        self._case = case
        self._loss = Loss(case)
        self._rostered = present(case, duties)
        self._position = {name: number for number, name in enumerate(case.queues)}

    def place(self, session: Session, people: list[str]) -> None:
        """Place a session for some people, and note those who cannot attend."""
        starts = {name: self._starts(session, name) for name in people}
        left = [name for name in people if starts[name]]
        self.unplaced += [(session.name, name, self._why(session, name)) for name in people if not starts[name]]
        while left:
            # Whoever has the fewest starts is the hardest to place.
            left.sort(key=lambda name: (len(starts[name]), name))
            if session.group_size is None:
                options = set().union(*(starts[name] for name in left))
                groups = [_Group(session, at, tuple(n for n in left if at in starts[n])) for at in sorted(options)]
            else:
                groups = [self._around(session, left, starts, at) for at in sorted(starts[left[0]])]
            best = min(groups, key=lambda one: (-len(one.members), self._price(one), one.start_s))
            self._enter(best)
            left = [name for name in left if name not in best.members]
            if session.group_size is None:
                self.unplaced += [(session.name, name, "not at work with the others") for name in left]
                return

    def improve(self) -> None:
        """Take every group up once and hold it where it costs least."""
        for number, group in enumerate(self.groups):
            self._lift(number)
            options = set.intersection(*(self._starts(group.session, name) for name in group.members))
            again = [replace(group, start_s=start) for start in sorted(options)]
            self._hold(number, min(again, key=lambda one: (self._price(one), one.start_s)))

    def _around(self, session: Session, left: list[str], starts: dict[str, set[int]], at: int) -> _Group:
        """Return the group at a time with the hardest person and those who are missed least."""
        others = [name for name in left[1:] if at in starts[name]]
        cheap = sorted(others, key=lambda name: (self._price(_Group(session, at, (name,))), len(starts[name]), name))
        return _Group(session, at, (left[0], *cheap[: (session.group_size or 1) - 1]))

    def _window(self, session: Session) -> tuple[int, int]:
        """Return from when to when a session may last."""
        days = self._case.horizon.dates
        first, last = session.earliest or days[0], session.latest or days[-1]
        bounds = day_starts([first, last + DAY], self._case.centre.tz)
        return int(bounds[0].timestamp()), int(bounds[1].timestamp())

    def _starts(self, session: Session, name: str) -> set[int]:
        """Return when a person can attend: at the starts of intervals, in nothing but work."""
        low, high = self._window(session)
        step, length = self._case.interval_s, int(session.length_s)
        found: set[int] = set()
        for duty in self.duties[name]:
            for begin, end in _work(duty):
                begin, end = max(begin, low), min(end, high)
                first = begin + (int(self._case.starts_s[0]) - begin) % step
                found.update(range(first, end - length + 1, step))
        return found

    def _why(self, session: Session, name: str) -> str:
        low, high = self._window(session)
        if not any(duty.start_s < high and duty.end_s > low for duty in self.duties[name]):
            return "no shift in these days"
        return f"no {format_duration(session.length)} of work without a break or another session"

    def _away(self, group: _Group) -> tuple[Ints, Floats]:
        """Return the intervals of a group and the agents that it takes from each queue there."""
        part, case = group.part, self._case
        origin, step, count = int(case.starts_s[0]), case.interval_s, len(case.demand)
        cells = range((part.start_s - origin) // step, -((origin - part.end_s) // step))
        table = np.zeros((len(cells), len(case.queues)))
        for name in group.members:
            for duty in self.duties[name]:
                for work in duty.parts:
                    if work.queue is None or work.end_s <= part.start_s or work.start_s >= part.end_s:
                        continue
                    speed = case.speed(name, work.queue)
                    for row, cell in enumerate(cells):
                        low = max(work.start_s, part.start_s, origin + cell * step)
                        high = min(work.end_s, part.end_s, origin + (cell + 1) * step)
                        table[row, self._position[work.queue]] += speed * max(high - low, 0) / step
        return np.array(cells, dtype=np.int64) % count, table

    def _price(self, group: _Group) -> float:
        """Return what coverage costs more with a group away."""
        rows, away = self._away(group)
        there = self._rostered[rows]
        return self._cost(there - away, rows) - self._cost(there, rows)

    def _cost(self, rostered: Floats, rows: Ints) -> float:
        return float(self._loss.short(rostered, rows).sum() + self._loss.over(rostered, rows).sum())

    def _enter(self, group: _Group) -> None:
        self.groups.append(group)
        self._hold(len(self.groups) - 1, group)

    def _hold(self, number: int, group: _Group) -> None:
        where, away = self._away(group)
        self._rostered[where] -= away
        self.groups[number] = group
        for name in group.members:
            self.duties[name] = tuple(_with(duty, group.part) for duty in self.duties[name])

    def _lift(self, number: int) -> None:
        """Take a group out of the roster."""
        group = self.groups[number]
        for name in group.members:
            mine = self._before[name]
            for other, one in enumerate(self.groups):
                if other != number and name in one.members:
                    mine = tuple(_with(duty, one.part) for duty in mine)
            self.duties[name] = mine
        where, away = self._away(group)
        self._rostered[where] += away


def _work(duty: Duty) -> list[tuple[int, int]]:
    """Return the stretches of work of a shift, whatever the queue."""
    found: list[tuple[int, int]] = []
    for part in duty.parts:
        if not part.is_work:
            continue
        if found and found[-1][1] == part.start_s:
            found[-1] = found[-1][0], part.end_s
        else:
            found.append((part.start_s, part.end_s))
    return found


def _with(duty: Duty, part: Part) -> Duty:
    """Return a shift with a part laid over it, if it lies inside."""
    return duty.overlaid([part]) if duty.start_s <= part.start_s < duty.end_s else duty


def _sessions_frame(groups: list[_Group], tz: str) -> pd.DataFrame:
    rows = []
    for name in sorted({group.session.name for group in groups}):
        mine = sorted((g for g in groups if g.session.name == name), key=lambda g: (g.start_s, g.members))
        for number, group in enumerate(mine, 1):
            rows += [(name, number, one, group.part.start_s, group.part.end_s) for one in sorted(group.members)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    return pd.DataFrame(
        {
            "session": pd.Series(columns[0], dtype="str"),
            "group": np.array(columns[1], dtype=np.int64),
            "employee": pd.Series(columns[2], dtype="str"),
            "start": stamps(np.array(columns[3], dtype=np.int64), tz),
            "end": stamps(np.array(columns[4], dtype=np.int64), tz),
        }
    )
