"""People who are alike to the model, collapsed to classes: skill set x contract x pattern of availability.

Whole days away only lower the heads of a day, so leave splits no class. A pattern that recurs, such as mornings only,
does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from wfm.domain.people import Contract
from wfm.roster.problem import Case, Ints, Person

__all__ = ["PersonClass", "collapse"]

_MOST_CLASSES = 80


@dataclass(frozen=True, eq=False)
class PersonClass:
    """People of one skill set and contract.

    Parameters
    ----------
    skills
        Which queues of the case they serve.
    contract
        Their contract.
    members
        Positions of the people in the case.
    heads
        How many of them may work each candidate.
    """

    skills: tuple[bool, ...]
    contract: Contract
    members: tuple[int, ...]
    heads: Ints


def collapse(case: Case) -> tuple[PersonClass, ...]:
    """Return the classes of the people of a case, in the order of their first member."""
    by_pattern: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for position, person in enumerate(case.people):
        by_pattern[person.skills, person.contract.name, _pattern(case, person)].append(position)
    grouped = by_pattern
    if len(by_pattern) > _MOST_CLASSES:
        # Too many patterns would make the model as large as one per person: availability then only limits heads.
        grouped = defaultdict(list)
        for key, members in by_pattern.items():
            grouped[key[:2]].extend(members)
    return tuple(_class(case, sorted(members)) for members in sorted(grouped.values(), key=min))


def _pattern(case: Case, person: Person) -> bytes:
    """Return which shifts the person can work on a weekday in some week, as a key."""
    shifts = case.shifts
    weekday = np.array([day.weekday() for day in case.horizon.dates])
    offset = shifts.start_s - case.day_start_s[shifts.day]
    kinds = np.stack([weekday[shifts.day], shifts.template, offset, shifts.paid_s], axis=1)[person.allowed]
    return np.unique(kinds, axis=0).tobytes() if _is_partial(person) else b""


def _is_partial(person: Person) -> bool:
    """Whether an unavailability is given in instants: a part of a day, not a leave."""
    return any(not stretch.is_whole_days for stretch in person.employee.unavailable)


def _class(case: Case, members: list[int]) -> PersonClass:
    first = case.people[members[0]]
    heads: Ints = np.stack([case.people[position].allowed for position in members]).sum(axis=0, dtype=np.int64)
    return PersonClass(first.skills, first.contract, tuple(members), heads)
