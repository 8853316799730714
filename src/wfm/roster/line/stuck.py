"""Why a person has no legal line of work: the rules of which each, left out alone, would give one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from wfm.roster.line.best import LinePlanner
from wfm.roster.problem import Case, Person

__all__ = ["reason"]

_LAX: dict[str, Any] = {
    "min_rest": "0h",
    "max_days_in_a_row": 14,
    "max_nights_in_a_row": None,
    "whole_weekends": False,
    "min_free_week": None,
    "max_start_spread": None,
    "min_days_in_a_row": 1,
    "min_days_off_in_a_row": 1,
}
_MANY = 2**31
_WEEK_S = 168 * 3600.0


def reason(case: Case, person: Person) -> str:
    """Return the rules that keep a person without a legal line from one, in words."""
    named = [words for words, lax in _laxer(case, person) if _has_line(case, lax)]
    contract = f"contract {person.contract.name!r}"
    if not named:
        return f"several rules of {contract}, locks and leave clash; wfm.roster.conflicts() tells which"
    return f"{contract} and its rules cannot be kept; it could be without {' or without '.join(named)}"


def _laxer(case: Case, person: Person) -> Iterator[tuple[str, Person]]:
    """Give the person with each rule left out."""
    for name, lax in _LAX.items():
        if getattr(person.contract, name) != getattr(replace(person.contract, **{name: lax}), name):
            yield name, replace(person, contract=replace(person.contract, **{name: lax}))
    weeks, contract = len(case.weeks), person.contract
    if person.must.any():
        yield "the locks that ask for a shift", replace(person, must=np.zeros_like(person.must))
    if any(person.low_s):
        yield "min_week", replace(person, low_s=(0.0,) * weeks)
    if person.period_low_s:
        yield "min_period", replace(person, period_low_s=0.0)
    yield "max_week", replace(person, high_s=(_WEEK_S,) * weeks)
    yield "max_days_per_week", replace(person, most_days=(7,) * weeks)
    if contract.max_period is not None:
        yield "max_period", replace(person, period_high_s=np.inf)
    if contract.max_weekends is not None:
        yield "max_weekends", replace(person, most_weekends=_MANY)
    if contract.max_shifts is not None:
        yield "max_shifts", replace(person, most_shifts=(_MANY,) * len(person.most_shifts))
    if person.employee.before is not None:
        yield "what was worked before", replace(person, employee=replace(person.employee, before=None))


def _has_line(case: Case, person: Person) -> bool:
    reward = np.where(person.allowed, 0.0, -np.inf)
    planner = LinePlanner(case, person.contract, [person])
    return planner.best(reward, np.zeros(len(case.horizon.dates)), person) is not None
