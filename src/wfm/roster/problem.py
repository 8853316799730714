"""What is to be solved: the requirement and the centre as arrays on one time axis.

The day, week and run of days that a shift belongs to are those of its start on the wall clock of the centre.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.carry import CarryOver
from wfm.domain.centre import Centre
from wfm.domain.hours import OpeningHours
from wfm.domain.people import Contract, Employee, Unavailability, Wish
from wfm.errors import DataError, Faults, Problem
from wfm.roster.asked import asked_horizon, asked_requirement, price_of_shortage
from wfm.roster.burdens import read_history
from wfm.roster.locks import hold
from wfm.roster.nights import are_nights
from wfm.roster.tiers import Tiers
from wfm.roster.wanted import Wanted, read_wanted
from wfm.schema import FrameLike
from wfm.shifts import Candidates, candidates, seconds, stamps
from wfm.timegrid import Horizon, day_starts

__all__ = ["Case", "Person", "Week", "build_case"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_WEEKDAYS = 5
_MONDAY, _SUNDAY = 0, 6
_DAY_S = 86400
_MANY = 2**31  # more than any count


@dataclass(frozen=True, slots=True)
class Week:
    """The days of one calendar week (Monday to Sunday) that lie in the horizon.

    It is whole if the horizon leaves out no day on which a queue is open; minimum hours bind in whole weeks only.
    `ends_inside` says that none is left out after its last day in the horizon: then a minimum binds for those of whom
    it is known what they worked since `opens`, the first open day. `begin_s` and `end_s` are its first instant and that
    of the next week.
    """

    monday: date
    days: tuple[int, ...]
    is_whole: bool
    ends_inside: bool
    opens: date
    begin_s: int
    end_s: int


@dataclass(frozen=True, eq=False)
class Person:
    """One employee as the model sees them.

    Parameters
    ----------
    employee, contract
        The employee and their contract.
    skills
        Which queues of the case they serve.
    speeds
        Proficiency by queue, 0 where not served: the heads that their time on it counts as.
    primary
        Position of the primary queue.
    allowed
        Which candidates they may work: unavailability, contract, rotation, locks and the rest before the horizon
        considered.
    free_days
        Days on which at least one candidate is allowed.
    must
        Days that must be worked, by a lock.
    pinned
        Start of each break that a lock fixes, as days x breaks in the order of the template, in Unix seconds; -1 where
        it is free.
    low_s, high_s, plain_s
        Least and most paid seconds in each week of the case, and those before overtime begins; the most includes
        overtime. These and the limits below are what is left of them after the carry-over.
    most_days
        Most working days in each week of the case.
    period_low_s, period_high_s
        Least and most paid seconds of the horizon.
    most_weekends
        Most weekends with work.
    most_shifts
        Most shifts by template.
    wish
        Price of not honouring a candidate's day wish if it is worked, by candidate.
    wish_off
        Price of not honouring it if the day is off, by day.
    """

    employee: Employee
    contract: Contract
    skills: tuple[bool, ...]
    speeds: tuple[float, ...]
    primary: int
    allowed: Flags
    free_days: Flags
    must: Flags
    pinned: Ints
    low_s: tuple[float, ...]
    high_s: tuple[float, ...]
    plain_s: tuple[float, ...]
    most_days: tuple[int, ...]
    period_low_s: float
    period_high_s: float
    most_weekends: int
    most_shifts: tuple[int, ...]
    wish: Floats
    wish_off: Floats


@dataclass(frozen=True, eq=False)
class Case:
    """Requirement and centre on one axis of intervals that reaches past the horizon to the end of the last shift.

    `demand` and `is_open` have a row for each interval of the axis, or of the horizon alone where it is cyclic: there
    what passes its end covers its beginning. `history` are the burdens borne before, as people x `burdens.BURDENS`.
    `bought` are tiers in place of those that the requirement and its prices give.
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
    wanted: Wanted
    people: tuple[Person, ...]
    history: Floats
    bought: Tiers | None = None

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
        return price_of_shortage(self.centre)

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
    def _speed(self) -> dict[tuple[str, str], float]:
        people = self.centre.employees
        return {(person.id, skill.queue): skill.proficiency for person in people for skill in person.skills}

    def speed(self, employee: str, queue: str) -> float:
        """Return how many heads a person on a queue counts as: their proficiency, 1 where they lack the skill."""
        return self._speed.get((employee, queue), 1.0)

    @cached_property
    def is_night(self) -> Flags:
        """Whether a candidate has at least 3 hours between 23:00 and 06:00 on the wall clock."""
        return are_nights(self.shifts.start_s, self.shifts.end_s, self.centre.tz)

    @cached_property
    def clock_s(self) -> Ints:
        """Start of each candidate on the wall clock, in seconds since midnight."""
        return wall_clock_s(self.shifts.start_s, self.centre.tz)

    @cached_property
    def barred(self) -> Flags:
        """Whether a template of one day bars one of the next, as templates x templates."""
        names = [template.name for template in self.shifts.templates]
        return np.array([[one in other.not_after for other in self.shifts.templates] for one in names], dtype=bool)

    @cached_property
    def day_start_s(self) -> Ints:
        """Start of each day of the horizon, in seconds of Unix time."""
        return seconds(day_starts(self.horizon.dates, self.centre.tz))

    @cached_property
    def end_s(self) -> int:
        """First instant after the days of the horizon, in seconds of Unix time."""
        return _midnight_s(self.horizon.dates[-1] + timedelta(days=1), self.centre.tz)

    @cached_property
    def week_of_day(self) -> Ints:
        """Position of the week of each day."""
        result = np.empty(len(self.horizon.dates), dtype=np.int64)
        for position, week in enumerate(self.weeks):
            result[list(week.days)] = position
        return result


def build_case(
    requirement: FrameLike | None,
    centre: Centre,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
) -> Case:
    """Check the input and lay it out; raise one `DataError` with every fault."""
    frame = asked_requirement(requirement, centre, is_alone=wanted is None)
    horizon = asked_horizon(frame, wanted, centre, horizon)
    shifts = candidates(centre, horizon)
    heads = read_wanted(wanted, shifts)
    queues = tuple(queue.name for queue in centre.queues)
    axis = _axis(horizon, shifts)
    step = int(centre.interval_s)
    row_interval = (seconds(pd.DatetimeIndex(frame["start"])) - axis[0]) // step
    row_queue = frame["queue"].map({name: position for position, name in enumerate(queues)}).to_numpy(dtype=np.int64)
    demand = np.zeros((len(horizon) if horizon.cyclic else len(axis), len(queues)))
    demand[row_interval, row_queue] = frame["scheduled"].to_numpy(dtype=float)
    is_open = np.zeros(demand.shape, dtype=bool)
    is_open[row_interval, row_queue] = True
    bare = Case(
        centre=centre,
        horizon=horizon,
        requirement=frame,
        shifts=shifts,
        starts_s=axis,
        queues=queues,
        demand=demand,
        is_open=is_open,
        row_interval=row_interval,
        row_queue=row_queue,
        weeks=_weeks(horizon, centre),
        wanted=heads,
        people=(),
        history=read_history(history, centre),
    )
    faults = Faults(f"the roster problem of centre {centre.name!r}")
    staff = sorted(centre.employees, key=lambda e: e.id)
    people = tuple(_person(bare, employee, faults) for employee in staff)
    faults.raise_if_any()
    return replace(bare, people=people)


def wall_clock_s(start_s: Ints, tz: str) -> Ints:
    """Return moments on the wall clock, in seconds since midnight."""
    wall = stamps(start_s, tz).tz_localize(None)
    since: Ints = ((wall - wall.normalize()) // pd.Timedelta(seconds=1)).to_numpy(dtype=np.int64)
    return since


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
        missing = {day for day in outside for own in hours if calendar.hours_on(day, own)}
        bounds = (_midnight_s(monday + timedelta(days=n), centre.tz) for n in (0, 7))
        ends_inside = all(day < horizon.dates[0] for day in missing)
        opens = min({*missing, *inside.values()})
        weeks.append(Week(monday, tuple(inside), not missing, ends_inside, opens, *bounds))
    return tuple(weeks)


def _person(case: Case, employee: Employee, faults: Faults) -> Person:
    contract = case.centre.contract(employee.contract)
    skill = {entry.queue: entry.proficiency for entry in employee.skills}
    speeds = tuple(float(skill.get(name, 0.0)) for name in case.queues)
    skills = tuple(value > 0 for value in speeds)
    where = f"employee {employee.id!r}"
    before = _before(case, employee, where, faults)
    held, problems = hold(employee.locks, case.shifts, _allowed(case, employee, contract, before, skills))
    faults.problems.extend(replace(problem, where=where) for problem in problems)
    free_days = np.zeros(len(case.horizon.dates), dtype=bool)
    free_days[case.shifts.day[held.allowed]] = True
    wish, wish_off = _wishes(case, employee)
    return Person(
        employee,
        contract,
        skills,
        speeds,
        case.queues.index(employee.queues[0]),
        held.allowed,
        free_days,
        held.must,
        held.pinned,
        *_left(case, employee, contract, before),
        wish,
        wish_off,
    )


def _before(case: Case, employee: Employee, where: str, faults: Faults) -> CarryOver:
    """Return what a person worked before the horizon, checked against it."""
    before = employee.before or CarryOver()
    first = case.horizon.dates[0]
    if employee.before is not None and case.horizon.cyclic:
        faults.add("work before a cyclic horizon", where=where, remedy="leave out before: nothing comes before it")
    if first.weekday() == _MONDAY and (before.week_days or before.week_paid_s):
        what = f"work of a week that has begun, before a horizon that begins on Monday {first}"
        faults.add(what, where=where, remedy="leave out week_paid, week_days and week_starts")
    if before.known_from is not None and before.known_from >= first:
        what = f"known_from {before.known_from} is not before the horizon, which begins on {first}"
        faults.add(what, where=where, remedy="leave before out where nothing is known of the days before")
    if before.weekend_worked_saturday and first.weekday() != _SUNDAY:
        what = f"a Saturday worked just before a horizon that begins on a {first:%A}"
        faults.add(what, where=where, remedy="leave out weekend_worked_saturday")
    if before.last_end is not None and before.last_end.timestamp() > case.day_start_s[0] + _DAY_S:
        what = f"the last shift before the horizon ends on {before.last_end}, more than a day inside it"
        faults.add(what, where=where, remedy="give the end of the last shift that began before the horizon")
    return before


def _allowed(case: Case, employee: Employee, contract: Contract, before: CarryOver, skills: tuple[bool, ...]) -> Flags:
    """Return which candidates a person may work, locks left aside."""
    shifts = case.shifts
    wanted = np.isin(shifts.template, case.wanted.template)
    allowed = _allowed_by_contract(case, contract) & (wanted | _meets_open_time(case, skills))
    if contract.rotation is not None:
        allowed &= _in_rotation(case, contract, employee)
    if before.last_end is not None:
        allowed &= shifts.start_s >= before.last_end.timestamp() + contract.min_rest_s
    if before.last_template is not None:
        names = [template.name for template in shifts.templates]
        allowed &= ~((shifts.day == 0) & case.barred[names.index(before.last_template)][shifts.template])
    for begin, end in (_stretch_s(stretch, case.centre.tz) for stretch in employee.unavailable):
        allowed &= (shifts.end_s <= begin) | (shifts.start_s >= end)
    return allowed


def _in_rotation(case: Case, contract: Contract, employee: Employee) -> Flags:
    """Return which candidates are of a template that the rotation has in their week."""
    rotation, origin = contract.rotation or (), contract.rotation_from or case.weeks[0].monday
    names = [template.name for template in case.shifts.templates]
    turns = [((week.monday - origin).days // 7 + employee.rotation_week) % len(rotation) for week in case.weeks]
    table = np.array([[name in rotation[turn] for name in names] for turn in turns], dtype=bool)
    allowed: Flags = table[case.week_of_day[case.shifts.day], case.shifts.template]
    return allowed


class _Left(NamedTuple):
    """What the carry-over leaves of the limits of a contract; see `Person`."""

    low_s: tuple[float, ...]
    high_s: tuple[float, ...]
    plain_s: tuple[float, ...]
    most_days: tuple[int, ...]
    period_low_s: float
    period_high_s: float
    most_weekends: int
    most_shifts: tuple[int, ...]


def _left(case: Case, employee: Employee, contract: Contract, before: CarryOver) -> _Left:
    paid_s = [before.week_paid_s] + [0.0] * (len(case.weeks) - 1)
    days = [before.week_days] + [0] * (len(case.weeks) - 1)
    low = []
    for week, paid in zip(case.weeks, paid_s, strict=True):
        is_told = employee.before is not None and (before.known_from is None or before.known_from <= week.opens)
        is_known = week.is_whole or (week.ends_inside and is_told)
        low.append(max(_week_minimum_s(case, contract, week, employee.unavailable) - paid, 0.0) if is_known else 0.0)
    most = dict(contract.max_shifts or ())
    had = dict(before.shifts)
    names = [template.name for template in case.shifts.templates]
    return _Left(
        tuple(low),
        tuple(contract.max_week_s + contract.max_overtime_week_s - paid for paid in paid_s),
        tuple(max(contract.max_week_s - paid, 0.0) for paid in paid_s),
        tuple(contract.max_days_per_week - count for count in days),
        max(contract.min_period_s - before.paid_s, 0.0),
        np.inf if contract.max_period_s is None else contract.max_period_s - before.paid_s,
        _MANY if contract.max_weekends is None else contract.max_weekends - before.weekends,
        tuple(most.get(name, _MANY) - had.get(name, 0) for name in names),
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


def _week_minimum_s(case: Case, contract: Contract, week: Week, away: tuple[Unavailability, ...]) -> float:
    """Return the paid seconds that a week must have: less for time away."""
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
        number = days[preference.day]
        cost = case.wish_price / preference.rank if preference.price is None else preference.price
        on_day = case.shifts.day == number
        if preference.wish is Wish.OFF:
            worked[on_day] = cost
        elif preference.wish is Wish.WORK:
            off[number] = cost
        else:
            named = case.shifts.template == names.index(str(preference.template))
            if preference.wish is Wish.TEMPLATE:
                off[number] = cost
                worked[on_day & ~named] = cost
            else:
                worked[on_day & named] += cost
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
