"""A published roster that goes on: its past handed to the next horizon, its first days kept as they are by locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from wfm.domain.centre import Centre
from wfm.domain.lock import Lock
from wfm.errors import DataError, Problem
from wfm.roster.carry import carry_over
from wfm.roster.checking.case import RosterLike
from wfm.roster.duties import Duties, Duty, day_of, read_duties
from wfm.roster.problem import Case, build_case
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import DAY, Horizon

__all__ = ["continued", "kept", "opened"]


def opened(
    roster: RosterLike,
    requirement: FrameLike | None,
    centre: Centre,
    horizon: Horizon | None = None,
    *,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
) -> tuple[Case, Duties]:
    """Return the problem of a roster and everybody's shifts in it.

    What the roster holds of the days before is handed over to the centre of the problem.

    Raises
    ------
    DataError
        If a shift starts after the horizon, or the input has faults.
    """
    case = build_case(requirement, centre, horizon, wanted, history)
    duties = read_duties(roster, centre)
    first, last = case.horizon.dates[0], case.horizon.dates[-1]
    late = [duty.start_s for mine in duties.values() for duty in mine if day_of(duty.start_s, centre.tz) > last]
    if late:
        what = f"{len(late)} shifts start after the horizon, which ends on {last}"
        raise DataError(Problem(what, where="roster", remedy="give the requirement or the horizon of all its days"))
    later = continued(roster, centre, first=first)
    if later is not centre:
        case = build_case(requirement, later, case.horizon, wanted, history)
    kept_duties = {
        name: tuple(duty for duty in mine if day_of(duty.start_s, centre.tz) >= first) for name, mine in duties.items()
    }
    return case, kept_duties


def continued(roster: RosterLike, centre: Centre, *, first: date) -> Centre:
    """Return the centre with what each person worked before a day, as a roster of the days before tells.

    Who has a carry-over already keeps it; without a shift before the day nobody gets one.

    Parameters
    ----------
    roster
        The roster of the days before, or any object with the frames `shifts` and `activities`.
    centre
        The centre.
    first
        The first day of the horizon to come.

    Raises
    ------
    DataError
        If a name or frame is wrong.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> import pandas as pd
    >>> centre = testing.make_centre(people=4)
    >>> start = pd.date_range("2026-11-02 09:00", periods=8, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> later = continued(plan, centre, first=date(2026, 11, 3))
    >>> later.employee(plan.shifts["employee"].iloc[0]).before.days_in_a_row
    1
    """
    names = [employee.id for employee in centre.employees]
    shifts = as_frame(roster.shifts, "shifts", tz=centre.tz, known={"employee": names})
    past = shifts[shifts["shift_start"].dt.date < first]
    if past.empty:
        return centre
    begin = past["shift_start"].min().date()
    # The week of the first shift is taken to be known from its Monday on.
    begin -= begin.weekday() * DAY
    horizon = Horizon(begin, first, interval=timedelta(seconds=centre.interval_s), tz=centre.tz)
    blank = replace(centre, employees=tuple(replace(person, before=None) for person in centre.employees))
    worked = carry_over(past, blank, horizon)
    people = tuple(
        replace(person, before=worked[person.id]) if person.before is None else person for person in centre.employees
    )
    return replace(centre, employees=people)


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
