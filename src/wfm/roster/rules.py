"""The rules of a contract about one person, each as rows of a CP-SAT model: one function per rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from wfm.roster.problem import Case, Person

__all__ = [
    "PersonVariables",
    "add_days_in_a_row",
    "add_days_per_week",
    "add_min_rest",
    "add_one_shift_a_day",
    "add_period_hours",
    "add_week_hours",
    "add_weekends",
    "person_variables",
]

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class PersonVariables:
    """The choices of one person.

    Parameters
    ----------
    person
        Whose they are.
    shifts
        Whether each candidate they may work is worked.
    on_day
        The candidates of each day.
    works
        Whether each day is worked.
    overtime
        Seconds of overtime of each week.
    """

    person: Person
    shifts: dict[int, Any]
    on_day: tuple[tuple[int, ...], ...]
    works: tuple[Any, ...]
    overtime: tuple[Any, ...]


def person_variables(model: Any, case: Case, person: Person) -> PersonVariables:
    """Add the variables of a person; what is unavailable to them has none."""
    ids = [int(candidate) for candidate in person.allowed.nonzero()[0]]
    on_day: list[list[int]] = [[] for _ in case.horizon.dates]
    for candidate in ids:
        on_day[case.shifts.day[candidate]].append(candidate)
    most = floor(person.contract.max_overtime_week_s)
    return PersonVariables(
        person,
        {candidate: model.new_bool_var("") for candidate in ids},
        tuple(tuple(day) for day in on_day),
        tuple(model.new_bool_var("") for _ in on_day),
        tuple(model.new_int_var(0, most, "") for _ in case.weeks),
    )


def add_one_shift_a_day(model: Any, _: Case, chosen: PersonVariables) -> None:
    """Give each day off or exactly one shift."""
    for candidates, works in zip(chosen.on_day, chosen.works, strict=True):
        model.add_exactly_one([*(chosen.shifts[c] for c in candidates), works.Not()])


def add_min_rest(model: Any, case: Case, chosen: PersonVariables) -> None:
    """Keep the rest of the contract between the end of a shift and the start of the next."""
    shifts, rest = case.shifts, ceil(chosen.person.contract.min_rest_s)
    for day in range(1, len(chosen.on_day)):
        for start in sorted({int(shifts.start_s[c]) for c in chosen.on_day[day]}):
            early = [chosen.shifts[c] for c in chosen.on_day[day] if shifts.start_s[c] <= start]
            late = [chosen.shifts[c] for c in chosen.on_day[day - 1] if shifts.end_s[c] + rest > start]
            if late:
                model.add_at_most_one([*late, *early])
    # A rest of more than a day reaches past the day between.
    for day, candidates in enumerate(chosen.on_day):
        release = max((int(shifts.end_s[c]) + rest for c in candidates), default=0)
        for far in range(day + 2, len(chosen.on_day)):
            blocked = [c for c in chosen.on_day[far] if shifts.start_s[c] < release]
            for a in candidates:
                for b in blocked:
                    if shifts.end_s[a] + rest > shifts.start_s[b]:
                        model.add_at_most_one([chosen.shifts[a], chosen.shifts[b]])


def add_days_in_a_row(model: Any, _: Case, chosen: PersonVariables) -> None:
    """Allow no more days without a day off than the contract does."""
    most = chosen.person.contract.max_days_in_a_row
    for first in range(len(chosen.works) - most):
        model.add(sum(chosen.works[first : first + most + 1]) <= most)


def add_days_per_week(model: Any, case: Case, chosen: PersonVariables) -> None:
    """Allow no more working days in a week than the contract does."""
    for week in case.weeks:
        model.add(sum(chosen.works[day] for day in week.days) <= chosen.person.contract.max_days_per_week)


def add_week_hours(model: Any, case: Case, chosen: PersonVariables) -> None:
    """Keep the paid time of a week at its minimum, less for leave, or more, and above the most only as overtime."""
    person = chosen.person
    for week, overtime, low_s in zip(case.weeks, chosen.overtime, person.low_s, strict=True):
        paid = _paid(case, chosen, week.days)
        model.add(paid >= ceil(low_s - 1e-6))
        model.add(paid - overtime <= floor(person.contract.max_week_s))


def add_period_hours(model: Any, case: Case, chosen: PersonVariables) -> None:
    """Keep the paid time of the horizon between the least and the most of the contract."""
    contract = chosen.person.contract
    paid = _paid(case, chosen, tuple(range(len(chosen.on_day))))
    if contract.min_period_s:
        model.add(paid >= ceil(contract.min_period_s))
    if contract.max_period_s is not None:
        model.add(paid <= floor(contract.max_period_s))


def add_weekends(model: Any, case: Case, chosen: PersonVariables) -> None:
    """Allow no more weekends with work on Saturday or Sunday than the contract does."""
    most = chosen.person.contract.max_weekends
    if most is None:
        return
    weekends = []
    for week in case.weeks:
        used = model.new_bool_var("")
        for day in week.days:
            if case.horizon.dates[day].weekday() >= _SATURDAY:
                model.add_implication(chosen.works[day], used)
        weekends.append(used)
    model.add(sum(weekends) <= most)


def _paid(case: Case, chosen: PersonVariables, days: tuple[int, ...]) -> Any:
    return sum(int(case.shifts.paid_s[c]) * chosen.shifts[c] for day in days for c in chosen.on_day[day])
