"""The centre: everything a plan needs to know besides the volume."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from wfm.checks import check_each, check_flag, check_fraction, check_in_range, check_kind, check_name, check_zone
from wfm.domain.duration import format_duration, set_duration
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.people import Contract, Employee
from wfm.domain.queue import Queue
from wfm.domain.shift import ShiftTemplate
from wfm.domain.together import Fairness, Pair
from wfm.errors import DataError, Faults, Problem, did_you_mean

__all__ = ["Centre", "Prices", "Shrinkage"]

_Named = TypeVar("_Named", Queue, Contract, ShiftTemplate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """A part of paid time in which people are not on seat.

    The parts of a centre add up: each is a fraction of paid time. The requirement divides by one minus the parts
    that the roster does not place; the simulation draws those same parts. A part with `in_roster=True` stands in the
    roster
    itself (breaks, planned leave) and is counted there only.

    Parameters
    ----------
    name
        Name, such as `"sickness"`.
    fraction
        Share of paid time, in [0, 1).
    planned
        Whether it is known beforehand; default no.
    whole_shift
        Whether a person is away for the whole shift (sickness) rather than for minutes of it (coaching); default no.
    in_roster
        Whether the roster places it; default no.

    Raises
    ------
    DataError
        If the fraction is outside its range.

    Examples
    --------
    >>> Shrinkage(name="sickness", fraction=0.04, whole_shift=True).in_roster
    False
    """

    name: str
    fraction: float
    planned: bool = False
    whole_shift: bool = False
    in_roster: bool = False

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_fraction("fraction", self.fraction, include_zero=True, include_one=False)
        for name in ("planned", "whole_shift", "in_roster"):
            check_flag(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a roster pays for missing the requirement and for wishes not met.

    Parameters
    ----------
    shortage_per_hour
        Price of an agent-hour below the requirement, more than 0; default ten times the dearest contract's hour.
    surplus_per_hour
        Price of an agent-hour above the requirement, besides its wage; 0 or more, default 0.
    wish
        Price of a wish of rank 1 that is not met, 0 or more; a wish of rank r costs this over r. Default: one
        hour of the cheapest contract.
    shortage_steps, surplus_steps
        From which share of the demand a missing (or surplus) agent-hour costs how many times the price: pairs of share
        and factor, both rising, the share more than 0 (and less than 1 for shortage), the factor more than 1, such as
        `((0.1, 2.0), (0.3, 5.0))`. Default none: every agent-hour costs the same.
    floor_factor
        How many times the price an agent-hour below the `floor` of the requirement costs, 1 or more; default 100.

    Raises
    ------
    DataError
        If a price is outside its range or steps do not rise.
    """

    shortage_per_hour: float | None = None
    surplus_per_hour: float = 0.0
    wish: float | None = None
    shortage_steps: tuple[tuple[float, float], ...] = ()
    surplus_steps: tuple[tuple[float, float], ...] = ()
    floor_factor: float = 100.0

    def __post_init__(self) -> None:
        if self.shortage_per_hour is not None:
            check_in_range("shortage_per_hour", self.shortage_per_hour, 0.0, include_low=False)
        check_in_range("surplus_per_hour", self.surplus_per_hour, 0.0)
        if self.wish is not None:
            check_in_range("wish", self.wish, 0.0)
        object.__setattr__(self, "shortage_steps", _steps("shortage_steps", self.shortage_steps, 1.0))
        object.__setattr__(self, "surplus_steps", _steps("surplus_steps", self.surplus_steps, math.inf))
        check_in_range("floor_factor", self.floor_factor, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """A customer-service centre.

    Parameters
    ----------
    name
        Name, for reports.
    tz
        Time zone, such as `"Asia/Shanghai"`.
    queues
        At least one.
    interval
        Length of a planning interval, a divisor of the day from 5 minutes to 1 hour; default 30 minutes.
    calendar
        Hours, holidays and events; default open round the clock.
    contracts, shifts, employees
        Contracts, shift templates and people; empty where no roster is wanted.
    shrinkage
        Parts of paid time off seat; default none.
    prices
        Prices of the roster.
    pairs
        People who should work together or apart, each two at most once; default none.
    fairness
        Prices of an uneven share of burdens; default none.
    currency
        Code for the reports, such as `"EUR"`; default `"EUR"`.

    Raises
    ------
    DataError
        With every fault of the centre at once: names used twice, names that nothing bears, a queue that nobody serves,
        a contract that no shift fits, opening hours that begin or end inside an interval.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),), aht="3min")
    >>> Centre(name="bank", tz="America/New_York", queues=(calls,)).queue("calls").aht_s
    180.0
    """

    name: str
    tz: str
    queues: tuple[Queue, ...]
    interval: timedelta | str = "30min"
    calendar: CalendarSpec = field(default_factory=CalendarSpec)
    contracts: tuple[Contract, ...] = ()
    shifts: tuple[ShiftTemplate, ...] = ()
    employees: tuple[Employee, ...] = ()
    shrinkage: tuple[Shrinkage, ...] = ()
    prices: Prices = field(default_factory=Prices)
    pairs: tuple[Pair, ...] = ()
    fairness: Fairness | None = None
    currency: str = "EUR"
    interval_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"centre {self.name!r}")
        kinds = {"queues": Queue, "contracts": Contract, "shifts": ShiftTemplate, "employees": Employee}
        for name, kind in {**kinds, "shrinkage": Shrinkage, "pairs": Pair}.items():
            with faults.collecting():
                object.__setattr__(self, name, check_each(name, getattr(self, name), kind))
        for name, kind in (("calendar", CalendarSpec), ("prices", Prices)):
            with faults.collecting():
                check_kind(name, getattr(self, name), kind)
        with faults.collecting():
            if self.fairness is not None:
                check_kind("fairness", self.fairness, Fairness)
        with faults.collecting():
            check_name("currency", self.currency)
        faults.raise_if_any()
        checks = (
            self._check_self,
            self._check_names,
            self._check_shifts,
            self._check_contracts,
            self._check_employees,
            self._check_pairs,
        )
        for check in checks:
            check(faults)
        faults.raise_if_any()

    def queue(self, name: str) -> Queue:
        """Return the queue of that name, or raise `DataError`."""
        return _find("queue", name, self.queues)

    def contract(self, name: str) -> Contract:
        """Return the contract of that name, or raise `DataError`."""
        return _find("contract", name, self.contracts)

    def shift(self, name: str) -> ShiftTemplate:
        """Return the shift template of that name, or raise `DataError`."""
        return _find("shift template", name, self.shifts)

    def employee(self, id: str) -> Employee:
        """Return the person of that identifier, or raise `DataError`."""
        for employee in self.employees:
            if employee.id == id:
                return employee
        raise DataError(Problem(f"unknown employee {id!r}", remedy=did_you_mean(id, [e.id for e in self.employees])))

    def templates_of(self, contract: Contract) -> tuple[ShiftTemplate, ...]:
        """Return the shift templates that a contract allows and whose shortest and longest shifts meet its day."""
        return tuple(
            shift
            for shift in self.shifts
            if (contract.templates is None or shift.name in contract.templates)
            and shift.min_paid_s <= contract.max_day_s
            and shift.max_paid_s >= contract.min_day_s
        )

    @property
    def unrostered_shrinkage(self) -> float:
        """Share of paid time off seat that the roster does not place; the requirement divides by one minus this."""
        return sum(part.fraction for part in self.shrinkage if not part.in_roster)

    def _check_self(self, faults: Faults) -> None:
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            check_zone(self.tz)
        with faults.collecting():
            set_duration(self, "interval")
            if self.interval_s not in (300, 600, 900, 1200, 1800, 3600):
                remedy = "give '5min', '10min', '15min', '20min', '30min' or '1h'"
                raise DataError(Problem(f"interval {self.interval_s / 60:g} min is not supported", remedy=remedy))
            self._check_hours(faults)
        if not self.queues:
            faults.add("no queues", remedy="give at least one")
        total = self.unrostered_shrinkage
        if total >= 1:
            faults.add(f"the shrinkage parts add up to {total:g}", remedy="they must stay below 1")

    def _check_hours(self, faults: Faults) -> None:
        kinds = [("calendar", self.calendar.hours), *((f"queue {q.name!r}", q.hours) for q in self.queues)]
        step = timedelta(seconds=self.interval_s)
        for where, hours in kinds:
            if not isinstance(hours, OpeningHours):
                continue
            days = (*hours.periods, *(periods for _, periods in hours.dated))
            bounds = sorted({bound for periods in days for period in periods for bound in period if bound % step})
            for bound in bounds:
                minutes = bound // timedelta(minutes=1) % 1440
                what = f"opens or closes at {minutes // 60:02d}:{minutes % 60:02d}, inside an interval"
                remedy = f"give hours on a grid of {format_duration(step)}, or a shorter interval"
                faults.add(what, where=where, remedy=remedy)

    def _check_names(self, faults: Faults) -> None:
        kinds: tuple[tuple[str, Iterable[str]], ...] = (
            ("queues", (queue.name for queue in self.queues)),
            ("contracts", (contract.name for contract in self.contracts)),
            ("shift templates", (shift.name for shift in self.shifts)),
            ("employees", (employee.id for employee in self.employees)),
            ("shrinkage parts", (part.name for part in self.shrinkage)),
        )
        for kind, given in kinds:
            seen: set[str] = set()
            twice: dict[str, None] = {}
            for name in given:
                if name in seen:
                    twice[name] = None
                seen.add(name)
            for name in twice:
                faults.add(f"two {kind} are named {name!r}", remedy="rename one")

    def _check_shifts(self, faults: Faults) -> None:
        known = [shift.name for shift in self.shifts]
        for shift in self.shifts:
            for name in shift.not_after:
                if name not in known:
                    where = f"shift template {shift.name!r}"
                    faults.add(f"unknown shift template {name!r}", where=where, remedy=did_you_mean(name, known))

    def _check_contracts(self, faults: Faults) -> None:
        known = {shift.name: shift for shift in self.shifts}
        for contract in self.contracts:
            where = f"contract {contract.name!r}"
            missing = [name for name in contract.templates or () if name not in known]
            named_more = list(dict(contract.max_shifts or ()))
            named_more += [name for week in contract.rotation or () for name in week]
            unknown = [name for name in dict.fromkeys(named_more) if name not in known and name not in missing]
            for name in (*missing, *unknown):
                faults.add(f"unknown shift template {name!r}", where=where, remedy=did_you_mean(name, known))
            if contract.templates is not None:
                named = [known[name] for name in contract.templates if name in known]
            else:
                named = list(self.shifts)
            if not missing and named and not self.templates_of(contract):
                lengths = ", ".join(f"{s.name} {_hours(s.min_paid_s, s.max_paid_s)} h paid" for s in named)
                day = f"{_hours(contract.min_day_s, contract.max_day_s)} h"
                what = f"no shift fits its day of {day}: {lengths}"
                faults.add(what, where=where, remedy="change max_day or min_day, or allow another template")

    def _check_employees(self, faults: Faults) -> None:
        queues = [queue.name for queue in self.queues]
        contracts = [contract.name for contract in self.contracts]
        templates = [shift.name for shift in self.shifts]
        for employee in self.employees:
            where = f"employee {employee.id!r}"
            if employee.contract not in contracts:
                remedy = did_you_mean(employee.contract, contracts)
                faults.add(f"unknown contract {employee.contract!r}", where=where, remedy=remedy)
            for name in employee.queues:
                if name not in queues:
                    faults.add(f"unknown queue {name!r}", where=where, remedy=did_you_mean(name, queues))
            for name in dict.fromkeys(_templates_named(employee)):
                if name not in templates:
                    faults.add(f"unknown shift template {name!r}", where=where, remedy=did_you_mean(name, templates))
            for lock in employee.locks:
                breaks = [rest.name for shift in self.shifts if shift.name == lock.template for rest in shift.breaks]
                for name in dict(lock.breaks) if lock.template in templates else ():
                    if name not in breaks:
                        what = f"the lock of {lock.day} fixes an unknown break {name!r} of {lock.template!r}"
                        faults.add(what, where=where, remedy=did_you_mean(name, breaks))
        served = {name for employee in self.employees for name in employee.queues}
        if self.employees:
            for name in dict.fromkeys(name for name in queues if name not in served):
                faults.add(f"nobody has the skill of queue {name!r}", remedy="give it to at least one employee")

    def _check_pairs(self, faults: Faults) -> None:
        known = {employee.id for employee in self.employees}
        seen: set[frozenset[str]] = set()
        for pair in self.pairs:
            where = f"pair of {pair.first!r} and {pair.second!r}"
            for name in (pair.first, pair.second):
                if name not in known:
                    faults.add(f"unknown employee {name!r}", where=where, remedy=did_you_mean(name, known))
            if frozenset((pair.first, pair.second)) in seen:
                faults.add("they are paired twice", where=where, remedy="keep one")
            seen.add(frozenset((pair.first, pair.second)))


def _templates_named(employee: Employee) -> list[str]:
    """Return the names of the shift templates that a person's wishes, locks and past tell of."""
    named = [wish.template for wish in employee.preferences] + [lock.template for lock in employee.locks]
    if employee.before is not None:
        named += [employee.before.last_template, *dict(employee.before.shifts)]
    return [name for name in named if name is not None]


def _steps(name: str, given: tuple[tuple[float, float], ...], most: float) -> tuple[tuple[float, float], ...]:
    """Return steps of a price as pairs of share and factor, or raise if they do not rise."""
    steps: list[tuple[float, float]] = []
    for step in check_each(name, given, Iterable):  # type: ignore[type-abstract]
        pair = tuple(step)
        if len(pair) != 2:
            raise DataError(Problem(f"{name} must be pairs of share and factor, got {step!r}", remedy="((0.1, 2.0),)"))
        share = check_in_range(f"share of {name}", pair[0], 0.0, most, include_low=False, include_high=False)
        factor = check_in_range(f"factor of {name}", pair[1], 1.0, include_low=False)
        if steps and not (share > steps[-1][0] and factor > steps[-1][1]):
            what = f"{name} {given!r} do not rise"
            raise DataError(Problem(what, remedy="give share and factor in rising order"))
        steps.append((share, factor))
    return tuple(steps)


def _hours(low_s: float, high_s: float) -> str:
    """Return a range in hours, or the one number it comes to."""
    low, high = f"{low_s / 3600:g}", f"{high_s / 3600:g}"
    return low if low == high else f"{low}-{high}"


def _find(kind: str, name: str, items: Iterable[_Named]) -> _Named:
    known = {item.name: item for item in items}
    if name in known:
        return known[name]
    raise DataError(Problem(f"unknown {kind} {name!r}", remedy=did_you_mean(name, known)))
