"""The first days of a published roster, kept as they are by locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wfm.domain.centre import Centre
from wfm.domain.lock import Lock
from wfm.errors import DataError, Problem
from wfm.roster.checker_case import RosterLike
from wfm.roster.duties import Duty, day_of, read_duties
from wfm.timegrid import DAY

__all__ = ["kept"]


def kept(roster: RosterLike, centre: Centre, *, first: date, until: date) -> Centre:
    """Return the centre with locks that hold some days of a published roster: its shifts, breaks and days off.

    A lock that somebody has already stays.

    Parameters
    ----------
    roster
        The published roster, or any object with the frames `shifts` and `activities`.
    centre
        The centre.
    first, until
        The first day held, and the first one that is not.

    Raises
    ------
    DataError
        If no day is held, or a name or frame is wrong.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> import pandas as pd
    >>> centre = testing.make_centre(people=4)
    >>> start = pd.date_range("2026-11-02 09:00", periods=8, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> held = kept(plan, centre, first=date(2026, 11, 2), until=date(2026, 11, 3))
    >>> sum(person.locks[0].off for person in held.employees)
    3
    """
    if until <= first:
        what = f"no day is kept: the roster begins on {first}, and days before {until} are to stay"
        raise DataError(Problem(what, remedy="give a later day"))
    duties = read_duties(roster, centre)
    days = [first + n * DAY for n in range((until - first).days)]
    people = []
    for person in centre.employees:
        shifts = {day_of(duty.start_s, centre.tz): duty for duty in duties[person.id]}
        locked = {lock.day for lock in person.locks}
        locks = tuple(_lock(day, shifts.get(day), centre) for day in days if day not in locked)
        people.append(replace(person, locks=(*person.locks, *locks)))
    return replace(centre, employees=tuple(people))


def _lock(day: date, duty: Duty | None, centre: Centre) -> Lock:
    if duty is None:
        return Lock(day=day, off=True)
    rests = [rest.name for rest in centre.shift(duty.template).breaks]
    breaks = {name: _wall(part.start_s, centre.tz) for name in rests for part in duty.parts_of(name)[:1]}
    length = timedelta(seconds=duty.end_s - duty.start_s)
    return Lock(day=day, template=duty.template, start=_wall(duty.start_s, centre.tz), length=length, breaks=breaks)


def _wall(moment_s: int, tz: str) -> str:
    return f"{datetime.fromtimestamp(moment_s, ZoneInfo(tz)):%H:%M}"
