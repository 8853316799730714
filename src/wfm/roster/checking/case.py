"""The frames of a roster as the checker reads them: people, their shifts, and the stretches of each shift."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import isnan
from typing import NamedTuple, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain import ABSENT, MEETING, TRAINING, WORK, Centre, Contract, Employee, OpeningHours, ShiftTemplate
from wfm.domain.duration import format_duration
from wfm.errors import DataError, Problem
from wfm.schema import as_frame
from wfm.timegrid import Horizon

__all__ = [
    "DAY",
    "SLACK_S",
    "Case",
    "Person",
    "RosterLike",
    "Shift",
    "Stretch",
    "hours_text",
    "midnight_s",
    "read_case",
    "seconds",
    "span_text",
    "wall_text",
]

DAY = timedelta(days=1)
SLACK_S = 1.0  # hours that were written to a file and read again are off by less than a second


@runtime_checkable
class RosterLike(Protocol):
    """A roster, or anything that holds its frames `shifts` and `activities`; `coverage` is judged where it has one."""

    @property
    def shifts(self) -> pd.DataFrame:
        """The frame `shifts`."""
        ...

    @property
    def activities(self) -> pd.DataFrame:
        """The frame `activities`."""
        ...


class Stretch(NamedTuple):
    """A row of `activities`, in seconds since 1970."""

    start_s: float
    end_s: float
    activity: str
    queue: str | None


@dataclass(slots=True)
class Shift:
    """A row of `shifts`, in seconds since 1970, with the stretches that belong to it.

    `walls_s` are the readings of the start on the wall clock, since midnight of `day`: one, and a second one where a
    time that the clock skips stands for this start. `clashes` says that the shift overlaps another one of the person,
    so that nobody can tell whose its stretches are.
    """

    start_s: float
    end_s: float
    walls_s: tuple[float, ...]
    day: date
    name: str
    template: ShiftTemplate | None
    stated_paid_s: float
    clashes: bool = False
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def length_s(self) -> float:
        """Elapsed time from start to end."""
        return self.end_s - self.start_s

    @property
    def paid_s(self) -> float:
        """Elapsed time less the unpaid breaks; as stated where the breaks cannot be told."""
        if self.template is None or self.clashes:
            return self.stated_paid_s
        unpaid = {rest.name for rest in self.template.breaks if not rest.paid}
        return self.length_s - sum(s.end_s - s.start_s for s in self.stretches if s.activity in unpaid)


@dataclass(slots=True)
class Person:
    """All that stands in the roster of one person, in order of time; `loose` are stretches that belong to no shift.

    `away` are the stretches of unavailability: start, end, name, and the credit where one is given.
    """

    id: str
    employee: Employee | None
    contract: Contract | None
    away: list[tuple[float, float, str, float | None]]
    shifts: list[Shift] = field(default_factory=list)
    loose: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged.

    `activity_names` are the allowed ones by template, under None those of all templates; `weeks` the Mondays of the
    weeks that the horizon does not cut, `begun_weeks` those of one that it cuts at its begin alone, by
    Monday and first open day. `first` and `last`
    are its days, `end_s` the first instant after them (none without a shift to tell them), `cycle_s` the length of a
    cyclic horizon, else 0.
    """

    centre: Centre
    people: dict[str, Person]
    activities: pd.DataFrame
    queues: frozenset[str]
    activity_names: dict[str | None, frozenset[str]]
    weeks: tuple[date, ...]
    begun_weeks: dict[date, date]
    first: date | None
    last: date | None
    end_s: float | None
    cycle_s: float

    def at(self, moment_s: float) -> pd.Timestamp:
        """Return an instant in the zone of the centre."""
        return pd.Timestamp(round(moment_s * 1e9), unit="ns", tz="UTC").tz_convert(self.centre.tz)

    def text(self, moment_s: float) -> str:
        """Return an instant as a message shows it."""
        return f"{self.at(moment_s):%Y-%m-%d %H:%M}"


def read_case(roster: RosterLike, centre: Centre, need: pd.DataFrame | None, horizon: Horizon | None) -> Case:
    """Return what is judged, or raise `DataError` where a frame has faults of form."""
    if not isinstance(roster, RosterLike):
        what = f"a {type(roster).__name__} is not a roster"
        raise DataError(Problem(what, remedy="give an object with the frames shifts and activities"))
    shifts = as_frame(roster.shifts, "shifts", tz=centre.tz)
    activities = as_frame(roster.activities, "activities", tz=centre.tz)
    starts = shifts["shift_start"] if need is None else need["start"]
    if horizon is not None:
        starts = pd.Series(horizon.starts)
    weeks, begun_weeks = _weeks(centre, starts)
    first, last = (None, None) if starts.empty else (starts.min().date(), starts.max().date())
    end_s = None if last is None else midnight_s(last + DAY, centre.tz)
    people = _people(centre, {*shifts["employee"], *activities["employee"]})
    _add_shifts(people, shifts, centre)
    _add_stretches(people, activities)
    plain = {WORK.name, MEETING.name, TRAINING.name, ABSENT.name}
    names: dict[str | None, frozenset[str]] = {
        template.name: frozenset(plain.union(rest.name for rest in template.breaks)) for template in centre.shifts
    }
    names[None] = frozenset(plain.union(*names.values()))
    queues = frozenset(queue.name for queue in centre.queues)
    cycle_s = len(horizon) * horizon.interval_s if horizon is not None and horizon.cyclic else 0.0
    return Case(centre, people, activities, queues, names, weeks, begun_weeks, first, last, end_s, cycle_s)


def seconds(stamps: pd.Series) -> npt.NDArray[np.float64]:
    """Return stamps as seconds since 1970; whole seconds are exact."""
    utc = stamps.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[ns]")
    return np.asarray(utc.astype("int64").to_numpy() / 1e9, dtype=float)


def _people(centre: Centre, named: Iterable[str]) -> dict[str, Person]:
    employees = {employee.id: employee for employee in centre.employees}
    contracts = {contract.name: contract for contract in centre.contracts}
    people = {}
    for key in sorted({*employees, *named}):
        employee = employees.get(key)
        if employee is None:
            people[key] = Person(key, None, None, [])
        else:
            people[key] = Person(key, employee, contracts[employee.contract], _away(employee, centre.tz))
    return people


def midnight_s(day: date, tz: str) -> float:
    """Return the first instant of a day."""
    return datetime.combine(day, time(), ZoneInfo(tz)).timestamp()


def _away(employee: Employee, tz: str) -> list[tuple[float, float, str, float | None]]:
    """Return when a person is unavailable, in order, with a name for the messages and the credit."""

    def moment_s(moment: date | datetime) -> float:
        return moment.timestamp() if isinstance(moment, datetime) else midnight_s(moment, tz)

    return sorted(
        (
            (moment_s(u.start), moment_s(u.end), f"{u.reason} {u.start} to {u.end}", u.credit_s)
            for u in employee.unavailable
        ),
        key=lambda stretch: stretch[:2],
    )


def _add_shifts(people: dict[str, Person], shifts: pd.DataFrame, centre: Centre) -> None:
    templates = {template.name: template for template in centre.shifts}
    wall = shifts["shift_start"].dt.tz_localize(None)
    walls_s = [(wall - wall.dt.normalize()).dt.total_seconds(), _skipped_s(shifts["shift_start"])]
    columns = zip(
        shifts["employee"].tolist(),
        seconds(shifts["shift_start"]).tolist(),
        seconds(shifts["shift_end"]).tolist(),
        zip(*walls_s, strict=True),
        wall.dt.date.tolist(),
        shifts["template"].tolist(),
        (shifts["paid_h"] * 3600.0).tolist(),
        strict=True,
    )
    for key, start_s, end_s, readings, day, name, paid_s in columns:
        walls = tuple(reading for reading in readings if not isnan(reading))
        shift = Shift(start_s, end_s, walls, day, name, templates.get(name), paid_s)
        for before in people[key].shifts:
            if before.end_s > start_s:
                before.clashes = shift.clashes = True
        people[key].shifts.append(shift)


def _skipped_s(starts: pd.Series) -> pd.Series:
    """Return the time that each start would show had the clock not been put forward, where no clock showed it.

    This is the rule of `wfm.timegrid.localize`, read backwards: a start at 02:30 that is skipped is at 03:30.
    """
    utc = starts.dt.tz_convert("UTC").dt.tz_localize(None)
    day_before = starts - DAY
    offset = day_before.dt.tz_localize(None) - (utc - DAY)
    unchanged = utc + offset
    real = unchanged.dt.tz_localize(starts.dt.tz, ambiguous=np.ones(len(starts), dtype=bool), nonexistent="NaT")
    return (unchanged - unchanged.dt.normalize()).dt.total_seconds().where(real.isna())


def _add_stretches(people: dict[str, Person], activities: pd.DataFrame) -> None:
    columns = zip(
        activities["employee"].tolist(),
        seconds(activities["start"]).tolist(),
        seconds(activities["end"]).tolist(),
        activities["activity"].tolist(),
        [queue if isinstance(queue, str) else None for queue in activities["queue"].tolist()],
        strict=True,
    )
    starts = {key: [shift.start_s for shift in person.shifts] for key, person in people.items()}
    for key, start_s, end_s, activity, queue in columns:
        stretch = Stretch(start_s, end_s, activity, queue)
        begun = bisect_right(starts[key], start_s)
        shift = _owner(people[key].shifts, begun, stretch)
        (people[key].loose if shift is None else shift.stretches).append(stretch)


def _owner(shifts: list[Shift], begun: int, stretch: Stretch) -> Shift | None:
    """Return the shift that runs when a stretch starts, or else the one that starts while it lasts."""
    for shift in reversed(shifts[:begun]):
        if stretch.start_s < shift.end_s:
            return shift
    if begun < len(shifts) and stretch.end_s > shifts[begun].start_s:
        return shifts[begun]
    return None


def _weeks(centre: Centre, starts: pd.Series) -> tuple[tuple[date, ...], dict[date, date]]:
    """Return the Mondays of the weeks of which no open day lies outside `starts`, and of one that has some before.

    Beside that stands the first of these days.
    """
    if starts.empty:
        return (), {}
    calendar = Calendar.of(centre)
    hours = [queue.hours if isinstance(queue.hours, OpeningHours) else None for queue in centre.queues]
    first, last = starts.min().date(), starts.max().date()

    def is_open(day: date) -> bool:
        return any(calendar.open_periods(day, day, own) for own in hours)

    monday = first - first.weekday() * DAY
    mondays = [monday + n * DAY for n in range(0, (last - monday).days + 1, 7)]
    whole: list[date] = []
    begun: dict[date, date] = {}
    for monday in mondays:
        days = [monday + n * DAY for n in range(7)]
        if any(day > last and is_open(day) for day in days):
            continue
        before = [day for day in days if day < first and is_open(day)]
        if before:
            begun[monday] = before[0]
        else:
            whole.append(monday)
    return tuple(whole), begun


def wall_text(since_midnight_s: float) -> str:
    """Return a time of day as a message shows it."""
    minutes, rest_s = divmod(since_midnight_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02.0f}:{minutes:02.0f}" + (f":{rest_s:02.0f}" if rest_s else "")


def span_text(length_s: float) -> str:
    """Return a length of time as a message shows it."""
    sign = "-" if length_s < 0 else ""
    return sign + format_duration(timedelta(seconds=abs(length_s)))


def hours_text(paid_s: float) -> str:
    """Return paid time as a message shows it."""
    return f"{paid_s / 3600:.6g} h"
