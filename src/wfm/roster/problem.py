"""What is to be solved: the requirement and the centre as arrays on one time axis.

The day, week and run of days that a shift belongs to are those of its start on the wall clock of the centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.domain.hours import OpeningHours
from wfm.domain.people import Contract, Employee, Unavailability, Wish
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Candidates, candidates, seconds
from wfm.timegrid import Horizon, day_starts

__all__ = ["Case", "Person", "Week", "build_case"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_WEEKDAYS = 5
_SHORTAGE_FACTOR = 10.0


@dataclass(frozen=True, slots=True)
class Week:
    """The days of one calendar week (Monday to Sunday) that lie in the horizon.

    It is whole if the horizon leaves out no day on which a queue is open; minimum hours bind in whole weeks only.
    """

    monday: date
    days: tuple[int, ...]
    is_whole: bool


@dataclass(frozen=True, eq=False)
class Person:
    """One employee as the model sees them.

    Parameters
    ----------
    employee, contract
        The employee and their contract.
    skills
        Which queues of the case they serve.
    proficiency
        Proficiency by queue, 0 where not served.
    primary
        Position of the primary queue.
    allowed
        Which candidates they may work, unavailability and contract considered.
    free_days
        Days on which at least one candidate is allowed.
    low_s, high_s
        Least and most paid seconds in each week of the case; the most includes overtime.
    wish
        Price of not honouring a candidate's day wish if it is worked, by candidate.
    wish_off
        Price of not honouring it if the day is off, by day.
    """

    employee: Employee
    contract: Contract
    skills: tuple[bool, ...]
    proficiency: tuple[float, ...]
    primary: int
    allowed: Flags
    free_days: Flags
    low_s: tuple[float, ...]
    high_s: tuple[float, ...]
    wish: Floats
    wish_off: Floats


@dataclass(frozen=True, eq=False)
class Case:
    """Requirement and centre on one axis of intervals that reaches past the horizon to the end of the last shift.

    `demand` and `is_open` have a row for each interval of the axis, or of the horizon alone where it is cyclic: there
    what passes its end covers its beginning.
    """

    centre: Centre
    horizon: Horizon
    requirement: pd.DataFrame
    shifts: Candidates
    starts_s: Ints
    queues: tuple[str, ...]
    demand: Floats
    is_open: Flags
    row_interval: Ints
    row_queue: Ints
    weeks: tuple[Week, ...]
    people: tuple[Person, ...]

    def fold(self, by_interval: Floats) -> Floats:
        """Return values by interval of the axis (the last dimension) as the rows of `demand` count them."""
        count = len(self.demand)
        folded = by_interval[..., :count]
        if by_interval.shape[-1] > count:
            folded = folded.copy()
            folded[..., : by_interval.shape[-1] - count] += by_interval[..., count:]
        return folded

    @property
    def interval_s(self) -> int:
        """Length of an interval in seconds."""
        return int(self.centre.interval_s)

    @property
    def interval_h(self) -> float:
        """Length of an interval in hours."""
        return self.centre.interval_s / 3600

    @property
    def shortage_price(self) -> float:
        """Price of a missing agent-hour."""
        given = self.centre.prices.shortage_per_hour
        dearest = max(contract.cost_per_hour for contract in self.centre.contracts)
        return given if given is not None else _SHORTAGE_FACTOR * dearest

    @property
    def surplus_price(self) -> float:
        """Price of an agent-hour above the requirement."""
        return self.centre.prices.surplus_per_hour

    @property
    def wish_price(self) -> float:
        """Price of a wish of rank 1 that is not met."""
        given = self.centre.prices.wish
        return given if given is not None else min(contract.cost_per_hour for contract in self.centre.contracts)

    @cached_property
    def day_start_s(self) -> Ints:
        """Start of each day of the horizon, in seconds of Unix time."""
        return seconds(day_starts(self.horizon.dates, self.centre.tz))

    @cached_property
    def week_of_day(self) -> Ints:
        """Position of the week of each day."""
        result = np.empty(len(self.horizon.dates), dtype=np.int64)
        for position, week in enumerate(self.weeks):
            result[list(week.days)] = position
        return result


def build_case(requirement: FrameLike, centre: Centre, horizon: Horizon | None = None) -> Case:
    """Check the input and lay it out; raise one `DataError` with every fault."""
    frame = _checked_requirement(requirement, centre)
    horizon = _horizon(frame, centre, horizon)
    shifts = candidates(centre, horizon)
    queues = tuple(queue.name for queue in centre.queues)
    axis = _axis(horizon, shifts)
    step = int(centre.interval_s)
    row_interval = (seconds(pd.DatetimeIndex(frame["start"])) - axis[0]) // step
    row_queue = frame["queue"].map({name: position for position, name in enumerate(queues)}).to_numpy(dtype=np.int64)
    demand = np.zeros((len(horizon) if horizon.cyclic else len(axis), len(queues)))
    demand[row_interval, row_queue] = frame["scheduled"].to_numpy(dtype=float)
    is_open = np.zeros(demand.shape, dtype=bool)
    is_open[row_interval, row_queue] = True
    weeks = _weeks(horizon, centre)
    bare = Case(centre, horizon, frame, shifts, axis, queues, demand, is_open, row_interval, row_queue, weeks, ())
    people = tuple(_person(bare, employee) for employee in sorted(centre.employees, key=lambda e: e.id))
    return Case(centre, horizon, frame, shifts, axis, queues, demand, is_open, row_interval, row_queue, weeks, people)


def _horizon(frame: pd.DataFrame, centre: Centre, given: Horizon | None) -> Horizon:
    """Return the days of the requirement, or those given, in which it must lie."""
    first, last = frame["start"].min().date(), frame["start"].max().date()
    interval = timedelta(seconds=centre.interval_s)
    if given is None:
        return Horizon(first, last + timedelta(days=1), interval=interval, tz=centre.tz)
    faults = Faults("the horizon")
    if given.tz != centre.tz:
        faults.add(f"it is in {given.tz}, the centre in {centre.tz}", remedy=f"write Horizon(..., tz={centre.tz!r})")
    if given.interval_s != centre.interval_s:
        length = format_duration(interval)
        what = f"it has intervals of {format_duration(timedelta(seconds=given.interval_s))}, the centre of {length}"
        faults.add(what, remedy=f"write Horizon(..., interval={length!r})")
    if not given.dates[0] <= first <= last <= given.dates[-1]:
        what = f"it runs from {given.dates[0]} to {given.dates[-1]}, the requirement from {first} to {last}"
        faults.add(what, remedy="make both for the same days")
    faults.raise_if_any()
    return given


def _checked_requirement(requirement: FrameLike, centre: Centre) -> pd.DataFrame:
    faults = Faults("the roster problem")
    for name in ("employees", "contracts", "shifts"):
        if not getattr(centre, name):
            what = f"centre {centre.name!r} has no {'shift templates' if name == 'shifts' else name}"
            faults.add(what, remedy="give it at least one")
    frame = requirement if isinstance(requirement, pd.DataFrame) else requirement.to_frame()
    if isinstance(frame, pd.DataFrame) and frame.empty:
        faults.add("the requirement is empty", remedy="give at least one row with queue, start and scheduled")
        faults.raise_if_any()
    with faults.collecting():
        frame = as_frame(frame, "requirement", tz=centre.tz)
        _check_queues(frame, centre, faults)
        _check_grid(frame, centre, faults)
    faults.raise_if_any()
    return frame


def _check_queues(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    known = {queue.name for queue in centre.queues}
    served = {name for employee in centre.employees for name in employee.queues}
    for name in sorted(frame["queue"].unique()):
        rows = frame.index[frame["queue"] == name]
        if name not in known:
            faults.add(f"unknown queue {name!r}", where="requirement", remedy=did_you_mean(name, known), rows=rows)
        elif centre.employees and name not in served:
            what = f"nobody has the skill of queue {name!r}"
            faults.add(what, where="requirement", remedy="give it to at least one employee", rows=rows)


def _check_grid(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    first = seconds(day_starts([frame["start"].min().date()], centre.tz))[0]
    off = (seconds(pd.DatetimeIndex(frame["start"])) - first) % int(centre.interval_s) != 0
    if off.any():
        length = format_duration(timedelta(seconds=centre.interval_s))
        shown = frame["start"][off].iloc[0]
        what = f"{shown} is not the start of an interval of {length} of the centre"
        remedy = f"make the requirement on intervals of {length}, or change the interval of the centre"
        faults.add(what, where="requirement", remedy=remedy, rows=frame.index[off])


def _axis(horizon: Horizon, shifts: Candidates) -> Ints:
    step = int(horizon.interval_s)
    starts = seconds(horizon.starts)
    last = max(int(shifts.end_s.max()), int(starts[-1]) + step)
    return np.arange(int(starts[0]), last, step, dtype=np.int64)


def _weeks(horizon: Horizon, centre: Centre) -> tuple[Week, ...]:
    calendar = Calendar.of(centre)
    # A queue keeps its hours as `OpeningHours` once it is checked.
    hours = [queue.hours if isinstance(queue.hours, OpeningHours) else None for queue in centre.queues]
    numbered = enumerate(horizon.dates)
    weeks = []
    for monday, members in groupby(numbered, key=lambda item: item[1] - timedelta(days=item[1].weekday())):
        inside = dict(members)
        outside = {monday + timedelta(days=n) for n in range(7)} - set(inside.values())
        missing = any(calendar.hours_on(day, own) for day in sorted(outside) for own in hours)
        weeks.append(Week(monday, tuple(inside), not missing))
    return tuple(weeks)


def _person(case: Case, employee: Employee) -> Person:
    contract = case.centre.contract(employee.contract)
    shifts = case.shifts
    skill = {entry.queue: entry.proficiency for entry in employee.skills}
    proficiency = tuple(skill.get(name, 0.0) for name in case.queues)
    skills = tuple(value > 0 for value in proficiency)
    allowed = _allowed_by_contract(case, contract) & _meets_open_time(case, skills)
    for begin, end in (_stretch_s(stretch, case.centre.tz) for stretch in employee.unavailable):
        allowed &= (shifts.end_s <= begin) | (shifts.start_s >= end)
    free_days = np.zeros(len(case.horizon.dates), dtype=bool)
    free_days[shifts.day[allowed]] = True
    high = contract.max_week_s + contract.max_overtime_week_s
    wish, wish_off = _wishes(case, employee)
    return Person(
        employee,
        contract,
        skills,
        proficiency,
        case.queues.index(employee.queues[0]),
        allowed,
        free_days,
        tuple(week_minimum_s(case, contract, week, employee.unavailable) for week in case.weeks),
        (high,) * len(case.weeks),
        wish,
        wish_off,
    )


def _allowed_by_contract(case: Case, contract: Contract) -> Flags:
    fits = [contract.templates is None or template.name in contract.templates for template in case.shifts.templates]
    paid = case.shifts.paid_s
    allowed: Flags = np.array(fits)[case.shifts.template] & (paid >= contract.min_day_s) & (paid <= contract.max_day_s)
    return allowed


def _meets_open_time(case: Case, skills: tuple[bool, ...]) -> Flags:
    """Return which shifts have one of the person's queues open during some of them."""
    some_open = np.resize(case.is_open[:, np.array(skills)].any(axis=1), len(case.starts_s))
    opened = np.concatenate(([0], np.cumsum(some_open)))
    step = case.interval_s
    first = (case.shifts.start_s - case.starts_s[0]) // step
    last = -((case.starts_s[0] - case.shifts.end_s) // step)
    meets: Flags = opened[last] > opened[first]
    return meets


def week_minimum_s(case: Case, contract: Contract, week: Week, away: tuple[Unavailability, ...]) -> float:
    """Return the paid seconds that a week must have: less for time away, none in a cut week."""
    if not week.is_whole:
        return 0.0
    if not away or not contract.min_week_s:
        return contract.min_week_s
    tz = case.centre.tz
    bounds = [_midnight_s(week.monday + timedelta(days=number), tz) for number in range(8)]
    stretches = [(*_stretch_s(stretch, tz), stretch.credit_s) for stretch in away]
    plain = [(low, high) for low, high, credit_s in stretches if credit_s is None]
    lost = sum(_is_covered(begin, end, plain) for begin, end in pairwise(bounds[: _WEEKDAYS + 1]))
    credited = sum(credit_s for low, _, credit_s in stretches if credit_s is not None and bounds[0] <= low < bounds[7])
    return max(contract.min_week_s * (1 - lost / _WEEKDAYS) - credited, 0.0)


@lru_cache(maxsize=4096)
def _midnight_s(day: date, tz: str) -> int:
    """Return the first instant of a day, in seconds of Unix time."""
    return int(seconds(day_starts([day], tz))[0])


def _is_covered(begin: int, end: int, stretches: list[tuple[int, int]]) -> bool:
    for low, high in sorted(stretches):
        if low <= begin:
            begin = max(begin, high)
    return begin >= end


def _stretch_s(stretch: Unavailability, tz: str) -> tuple[int, int]:
    if isinstance(stretch.start, datetime) and isinstance(stretch.end, datetime):
        return int(stretch.start.timestamp()), int(np.ceil(stretch.end.timestamp()))
    return _midnight_s(stretch.start, tz), _midnight_s(stretch.end, tz)


def _wishes(case: Case, employee: Employee) -> tuple[Floats, Floats]:
    worked = np.zeros(len(case.shifts))
    off = np.zeros(len(case.horizon.dates))
    days = {day: number for number, day in enumerate(case.horizon.dates)}
    names = [template.name for template in case.shifts.templates]
    for preference in employee.preferences:
        if preference.day not in days:
            continue
        number, cost = days[preference.day], case.wish_price / preference.rank
        on_day = case.shifts.day == number
        if preference.wish is Wish.OFF:
            worked[on_day] = cost
            continue
        off[number] = cost
        if preference.wish is Wish.TEMPLATE and preference.template is not None:
            worked[on_day & (case.shifts.template != names.index(preference.template))] = cost
    return worked, off


def no_line_error(case: Case, stuck: list[tuple[Person, str]]) -> DataError:
    """Return the error for people whose contract asks for more than their availability allows."""
    problems = [
        Problem(
            f"no legal line of work: {what}",
            where=f"employee {person.employee.id!r}",
            remedy="lower the minimum of the contract, give leave, or allow more shift templates",
        )
        for person, what in stuck
    ]
    return DataError(problems, subject=f"the roster problem of centre {case.centre.name!r}")
