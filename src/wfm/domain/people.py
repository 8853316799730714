"""People: who can serve what, under which contract, and when they cannot or would rather not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from wfm.checks import (
    check_choice,
    check_counts,
    check_date,
    check_each,
    check_flag,
    check_in_range,
    check_int,
    check_kind,
    check_name,
)
from wfm.domain.carry import CarryOver
from wfm.domain.duration import set_duration
from wfm.domain.lock import Lock
from wfm.errors import DataError, Faults, Problem

__all__ = [
    "Absence",
    "Contract",
    "ContractKind",
    "Employee",
    "Preference",
    "Skill",
    "Unavailability",
    "Wish",
]


@dataclass(frozen=True, slots=True)
class Skill:
    """That an employee can serve a queue.

    Parameters
    ----------
    queue
        Name of the queue.
    proficiency
        Speed against the standard handle time, in (0, 2]; default 1. At 0.8 a contact takes 1 / 0.8 of the time,
        and a roster counts the person on the queue as 0.8 agents.

    Raises
    ------
    DataError
        If the proficiency is outside its range.

    Examples
    --------
    >>> Skill("chat", 0.8)
    Skill(queue='chat', proficiency=0.8)
    """

    queue: str
    proficiency: float = 1.0

    def __post_init__(self) -> None:
        check_name("queue", self.queue)
        check_in_range("proficiency", self.proficiency, 0.0, 2.0, include_low=False)


class ContractKind(StrEnum):
    """Sort of employment; who is on call has no minimum hours and costs only when called."""

    FULL = "full"
    PART = "part"
    TEMPORARY = "temporary"
    ON_CALL = "on call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What may be asked of an employee, and what it costs.

    All hours are paid hours. A week runs from Monday to Sunday; a period is the horizon that is rostered.

    Parameters
    ----------
    name
        Name, unique in the centre.
    kind
        Full, part, temporary or on call; default full. Who is on call has no minimum hours.
    min_day, max_day
        Shortest and longest paid time of a day that is worked; default none and 8 hours.
    min_week, max_week
        Paid time of a week; default none and 40 hours. A part-timer has less than 40. The minimum of a week is reduced
        by a fifth for each weekday (Monday to Friday) wholly covered by an unavailability of any reason, or by the
        credit of the unavailability where it has one, and does not bind in a week that the horizon cuts.
    min_period, max_period
        Paid time of the horizon; default none.
    max_days_per_week
        Most working days of a week, 1 to 7; default 5.
    max_days_in_a_row
        Most working days without a day off, 1 to 14; default 6.
    min_rest
        Least time between the end of a shift and the start of the next; default 11 hours.
    max_weekends
        Most weekends with work on Saturday or Sunday in the horizon, 0 or more; default no limit.
    whole_weekends
        Whether Saturday and Sunday are both worked or both off; default no. A weekend that the horizon cuts is exempt.
    max_nights_in_a_row
        Most night shifts on days in a row, 1 or more; default no limit. A night is a shift with at least 3 hours
        between 23:00 and 06:00 on the wall clock.
    min_free_week
        Least length of one stretch without work in every whole week; default none. It is counted from Monday 00:00 or
        the end of the last shift before, whichever is later, to the start of the next shift, even where that lies in
        the week after. It begins in the week and ends at the latest with the horizon.
    max_start_spread
        Most distance between the starts of the shifts of a week, as times of day on the circle of the clock: the
        shortest arc that holds them all; default no limit.
    min_days_in_a_row, min_days_off_in_a_row
        Least length of a run of working days, and of days off, 1 to 14; default 1. Runs that touch the edge of the
        horizon are exempt, unless what was worked before tells how they began.
    max_shifts
        Most shifts in the horizon by name of template, such as `{"night": 4}`; default no limit. Kept as pairs in the
        order of the names.
    templates
        Names of the shift templates allowed; default all of the centre.
    rotation
        Names of the shift templates allowed in each week of a rotation, such as `(("early",), ("late",), ())`, which
        begins anew after its last week; a week without templates is free. Default no rotation.
    rotation_from
        A Monday on which the rotation is in its first week; given with a rotation only.
    cost_per_hour
        Cost of a paid hour, in the centre's currency, 0 or more; default 1, which counts cost in paid hours. Where no
        contract has a cost, the prices of the centre must give `shortage_per_hour`.
    cost_per_shift
        Cost of a shift beside its hours, such as travel or a fee for being called, 0 or more; default 0.
    overtime_factor
        Price of an overtime hour over a plain one, 1 or more; default 1.5.
    max_overtime_week
        Most overtime above `max_week`; default none allowed.

    Raises
    ------
    DataError
        With every fault of the contract.

    Examples
    --------
    >>> part = Contract(name="part 20 h", kind="part", max_day="6h", min_week="16h", max_week="20h")
    >>> part.max_week_s / 3600
    20.0
    """

    name: str
    kind: ContractKind | str = ContractKind.FULL
    min_day: timedelta | str = "0h"
    max_day: timedelta | str = "8h"
    min_week: timedelta | str = "0h"
    max_week: timedelta | str = "40h"
    min_period: timedelta | str = "0h"
    max_period: timedelta | str | None = None
    max_days_per_week: int = 5
    max_days_in_a_row: int = 6
    min_rest: timedelta | str = "11h"
    max_weekends: int | None = None
    whole_weekends: bool = False
    max_nights_in_a_row: int | None = None
    min_free_week: timedelta | str | None = None
    max_start_spread: timedelta | str | None = None
    min_days_in_a_row: int = 1
    min_days_off_in_a_row: int = 1
    max_shifts: Mapping[str, int] | tuple[tuple[str, int], ...] | None = None
    templates: tuple[str, ...] | None = None
    rotation: tuple[tuple[str, ...], ...] | None = None
    rotation_from: date | None = None
    cost_per_hour: float = 1.0
    cost_per_shift: float = 0.0
    overtime_factor: float = 1.5
    max_overtime_week: timedelta | str = "0h"
    min_day_s: float = field(init=False, repr=False, compare=False)
    max_day_s: float = field(init=False, repr=False, compare=False)
    min_week_s: float = field(init=False, repr=False, compare=False)
    max_week_s: float = field(init=False, repr=False, compare=False)
    min_period_s: float = field(init=False, repr=False, compare=False)
    max_period_s: float | None = field(init=False, repr=False, compare=False)
    min_rest_s: float = field(init=False, repr=False, compare=False)
    max_overtime_week_s: float = field(init=False, repr=False, compare=False)
    min_free_week_s: float | None = field(init=False, repr=False, compare=False)
    max_start_spread_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"contract {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            object.__setattr__(self, "kind", check_choice("kind", self.kind, ContractKind))
        for name in (
            "min_day",
            "max_day",
            "min_week",
            "max_week",
            "min_period",
            "min_rest",
            "max_overtime_week",
        ):
            with faults.collecting():
                set_duration(self, name, allow_zero=not name.startswith("max_") or name == "max_overtime_week")
        for name in ("max_period", "min_free_week", "max_start_spread"):
            object.__setattr__(self, f"{name}_s", None)
            with faults.collecting():
                if getattr(self, name) is not None:
                    set_duration(self, name, allow_zero=name == "max_start_spread")
        faults.raise_if_any()
        if self.templates is not None:
            object.__setattr__(self, "templates", check_each("templates", self.templates, str))
        self._check_numbers(faults)
        self._check_runs(faults)
        self._check_rotation(faults)
        self._check_hours(faults)
        faults.raise_if_any()

    def _check_numbers(self, faults: Faults) -> None:
        with faults.collecting():
            check_int("max_days_per_week", self.max_days_per_week, 1, 7)
        with faults.collecting():
            check_int("max_days_in_a_row", self.max_days_in_a_row, 1, 14)
        with faults.collecting():
            if self.max_weekends is not None:
                check_int("max_weekends", self.max_weekends, 0)
        with faults.collecting():
            check_flag("whole_weekends", self.whole_weekends)
        with faults.collecting():
            if self.max_shifts is not None:
                object.__setattr__(self, "max_shifts", check_counts("max_shifts", self.max_shifts, 0))
        with faults.collecting():
            check_in_range("cost_per_hour", self.cost_per_hour, 0.0)
        with faults.collecting():
            check_in_range("cost_per_shift", self.cost_per_shift, 0.0)
        with faults.collecting():
            check_in_range("overtime_factor", self.overtime_factor, 1.0)
        if self.templates is not None and not self.templates:
            faults.add(
                "no shift template is allowed",
                remedy="name at least one, or leave templates out to allow all",
            )

    def _check_runs(self, faults: Faults) -> None:
        with faults.collecting():
            if self.max_nights_in_a_row is not None:
                check_int("max_nights_in_a_row", self.max_nights_in_a_row, 1)
        with faults.collecting():
            check_int("min_days_off_in_a_row", self.min_days_off_in_a_row, 1, 14)
        with faults.collecting():
            check_int("min_days_in_a_row", self.min_days_in_a_row, 1, 14)
            if 1 <= self.max_days_in_a_row < self.min_days_in_a_row:
                what = f"min_days_in_a_row {self.min_days_in_a_row} is above max_days_in_a_row {self.max_days_in_a_row}"
                faults.add(what, remedy="lower the minimum or raise the maximum")

    def _check_rotation(self, faults: Faults) -> None:
        if self.rotation is None:
            if self.rotation_from is not None:
                faults.add("rotation_from without a rotation", remedy="give the rotation too, or leave both out")
            return
        with faults.collecting():
            weeks = tuple(check_each("rotation", week, str) for week in self.rotation)
            object.__setattr__(self, "rotation", weeks)
        if not any(self.rotation):
            faults.add("a rotation without a template in any week", remedy="name templates, or leave rotation out")
        if self.rotation_from is None:
            faults.add("a rotation without rotation_from", remedy="give the Monday of its first week")
            return
        with faults.collecting():
            if check_date("rotation_from", self.rotation_from).weekday():
                what = f"rotation_from {self.rotation_from} is a {self.rotation_from:%A}"
                faults.add(what, remedy="give a Monday")

    def _check_hours(self, faults: Faults) -> None:
        if self.kind is ContractKind.ON_CALL and (self.min_week_s or self.min_period_s):
            hours = max(self.min_week_s, self.min_period_s) / 3600
            remedy = "leave out min_week and min_period, or write another kind"
            faults.add(f"a contract on call with at least {hours:g} h", remedy=remedy)
        for name, limit, noun in (("min_free_week", 168, "a week"), ("max_start_spread", 24, "a day")):
            given = getattr(self, f"{name}_s")
            if given is not None and given > limit * 3600:
                faults.add(f"{name} {given / 3600:g} h is longer than {noun}", remedy=f"give at most '{limit}h'")
        for span in ("day", "week", "period"):
            low, high = getattr(self, f"min_{span}_s"), getattr(self, f"max_{span}_s")
            if high is not None and low > high:
                what = f"min_{span} {low / 3600:g} h is above max_{span} {high / 3600:g} h"
                faults.add(what, remedy="lower the minimum or raise the maximum")
        if self.max_day_s > 86400:
            faults.add(f"max_day {self.max_day_s / 3600:g} h is longer than a day", remedy="give at most '24h'")
        week_limit = 168 * 3600
        if self.max_week_s > week_limit:
            faults.add(f"max_week {self.max_week_s / 3600:g} h is longer than a week", remedy="give at most '168h'")
        if self.kind is ContractKind.PART and self.max_week_s >= 40 * 3600:
            what = f"a part-time contract with max_week {self.max_week_s / 3600:g} h"
            faults.add(what, remedy="write kind = 'full', or give less than '40h'")
        if self.min_week_s > self.max_day_s * self.max_days_per_week:
            most = self.max_day_s * self.max_days_per_week / 3600
            what = f"min_week {self.min_week_s / 3600:g} h cannot be reached in {self.max_days_per_week} days"
            faults.add(what, remedy=f"they hold at most {most:g} h: lower it, or raise max_day or max_days_per_week")


class Absence(StrEnum):
    """Why an employee is not available."""

    LEAVE = "leave"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailability:
    """A stretch in which an employee cannot work.

    Parameters
    ----------
    start, end
        Half-open. Both dates (whole days in the centre's zone: `end` is the first day back), or both instants with a
        zone.
    reason
        Leave, sick, training or other; default leave.
    credit
        Paid time that it counts for in the minimum hours of the week in which it begins, such as `"8h"`; default a
        fifth of the minimum for each weekday (Monday to Friday) that it covers wholly.

    Raises
    ------
    DataError
        If `end` is not after `start`, an instant has no zone, or the credit has no unit.

    Examples
    --------
    >>> Unavailability(start=date(2026, 11, 2), end=date(2026, 11, 9)).reason
    <Absence.LEAVE: 'leave'>
    """

    start: date | datetime
    end: date | datetime
    reason: Absence | str = Absence.LEAVE
    credit: timedelta | str | None = None
    credit_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", check_choice("reason", self.reason, Absence))
        object.__setattr__(self, "credit_s", None)
        if self.credit is not None:
            set_duration(self, "credit", allow_zero=True)
        for name, value in (("start", self.start), ("end", self.end)):
            if not isinstance(value, date):
                remedy = "give a date, or an instant with a zone"
                raise DataError(Problem(f"{name} {value!r} of an unavailability is not a date", remedy=remedy))
            if isinstance(value, datetime) and value.tzinfo is None:
                remedy = "give it a zone, such as tzinfo=ZoneInfo('Europe/Berlin'), or a date for the whole day"
                raise DataError(Problem(f"{name} {value} of an unavailability has no zone", remedy=remedy))
        if isinstance(self.start, datetime) != isinstance(self.end, datetime):
            what = f"an unavailability from {self.start} to {self.end} mixes a date and an instant"
            raise DataError(Problem(what, remedy="give two dates or two instants"))
        if not self.end > self.start:
            what = f"an unavailability ends at {self.end}, not after its start {self.start}"
            raise DataError(Problem(what, remedy="give the first day or instant back at work as its end"))

    @property
    def is_whole_days(self) -> bool:
        """Whether it is given in dates."""
        return not isinstance(self.start, datetime)


class Wish(StrEnum):
    """What an employee would like on a day."""

    OFF = "off"
    WORK = "work"
    TEMPLATE = "template"
    NOT_TEMPLATE = "not template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A wish of an employee for one day. It is honoured where it can be; it is never a rule.

    Parameters
    ----------
    day
        The date.
    wish
        A day off, a day of work, a shift of the given template, or no shift of it (a day off or another shift).
    template
        Name of the template, with the wishes `template` and `not template` only.
    rank
        1 (default, the dearest) to 9.
    price
        Price of not honouring it, in the centre's currency, 0 or more; default that of its rank.

    Raises
    ------
    DataError
        If the template does not go with the wish, or the rank or the price is outside its range.

    Examples
    --------
    >>> Preference(day=date(2026, 12, 24), wish="off").rank
    1
    """

    day: date
    wish: Wish | str
    template: str | None = None
    rank: int = 1
    price: float | None = None

    def __post_init__(self) -> None:
        check_date("day", self.day)
        object.__setattr__(self, "wish", check_choice("wish", self.wish, Wish))
        check_int("rank", self.rank, 1, 9)
        if self.price is not None:
            check_in_range("price", self.price, 0.0)
        if (self.wish in (Wish.TEMPLATE, Wish.NOT_TEMPLATE)) != (self.template is not None):
            what = f"wish '{self.wish}' with template {self.template!r}"
            remedy = "a template goes with wish='template' or 'not template', and only with them"
            raise DataError(Problem(what, remedy=remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """A person who is rostered.

    Parameters
    ----------
    id
        Identifier, unique in the centre; it stands in the column `employee` of every frame.
    contract
        Name of the contract.
    skills
        What the person serves, the primary skill first; at least one.
    team
        Name of the team; default none.
    unavailable
        Stretches without work; they must not overlap.
    preferences
        Wishes, at most one for a day; several that name templates not wanted may stand for one day.
    locks
        What must stand on a day, at most one for a day.
    before
        What was worked before the horizon, as far as rules count it; default nothing is known.
    rotation_week
        By how many weeks the person is ahead in the rotation of the contract, 0 or more; default 0.

    Raises
    ------
    DataError
        With every fault of the person.

    Examples
    --------
    >>> Employee(id="A1", contract="full", skills=(Skill("chat"), Skill("phone", 0.9))).queues
    ('chat', 'phone')
    """

    id: str
    contract: str
    skills: tuple[Skill, ...]
    team: str | None = None
    unavailable: tuple[Unavailability, ...] = ()
    preferences: tuple[Preference, ...] = ()
    locks: tuple[Lock, ...] = ()
    before: CarryOver | None = None
    rotation_week: int = 0

    def __post_init__(self) -> None:
        faults = Faults(f"employee {self.id!r}")
        with faults.collecting():
            check_name("id", self.id)
        with faults.collecting():
            object.__setattr__(self, "skills", check_each("skills", self.skills, Skill))
            if not self.skills:
                faults.add("no skills", remedy="give at least one queue that the person serves")
        with faults.collecting():
            object.__setattr__(self, "unavailable", check_each("unavailable", self.unavailable, Unavailability))
        with faults.collecting():
            wishes = check_each("preferences", self.preferences, Preference)
            object.__setattr__(self, "preferences", tuple(sorted(wishes, key=lambda p: p.day)))
        with faults.collecting():
            locks = check_each("locks", self.locks, Lock)
            object.__setattr__(self, "locks", tuple(sorted(locks, key=lambda lock: lock.day)))
        with faults.collecting():
            if self.before is not None:
                check_kind("before", self.before, CarryOver)
        with faults.collecting():
            check_int("rotation_week", self.rotation_week, 0)
        faults.raise_if_any()
        for queue in sorted({q for q in self.queues if self.queues.count(q) > 1}):
            faults.add(f"skill {queue!r} is given twice", remedy="keep one")
        self._check_leave(faults)
        self._check_days(faults)
        faults.raise_if_any()

    def _check_days(self, faults: Faults) -> None:
        days = [wish.day for wish in self.preferences]
        for day in sorted({d for d in days if days.count(d) > 1}):
            wishes = [wish for wish in self.preferences if wish.day == day]
            unwanted = {wish.template for wish in wishes if wish.wish is Wish.NOT_TEMPLATE}
            if len(unwanted) < len(wishes):
                faults.add(f"two wishes for {day}", remedy="keep one")
        days = [lock.day for lock in self.locks]
        for day in sorted({d for d in days if days.count(d) > 1}):
            faults.add(f"two locks of {day}", remedy="keep one")

    def _check_leave(self, faults: Faults) -> None:
        for whole_days in (True, False):
            stretches = sorted(
                (s for s in self.unavailable if s.is_whole_days is whole_days),
                key=lambda stretch: stretch.start,
            )
            for before, after in pairwise(stretches):
                if after.start < before.end:
                    what = (
                        f"{before.reason} {before.start} to {before.end} overlaps "
                        f"{after.reason} {after.start} to {after.end}"
                    )
                    faults.add(what, remedy="join them or move one")

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues served, the primary one first."""
        return tuple(skill.queue for skill in self.skills)
