"""People who are alike to the model, collapsed to classes: speeds x contract x pattern of availability.

Where people have many different speeds, those of a skill set who are nearly alike are taken to be as fast as the
fastest of them on each queue. So what the classes can do, they all can do at least, and a bound for them is a bound.

Whole days away only lower the heads of a day, so leave splits no class. A pattern that recurs, such as mornings only,
does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from wfm.domain.people import Contract
from wfm.roster.coverage.speeds import Speeds, fastest_alike
from wfm.roster.problem import Case, Ints, Person

__all__ = ["PersonClass", "collapse"]

_MOST_CLASSES, _MOST_SPEEDS = 80, 24


@dataclass(frozen=True, eq=False)
class PersonClass:
    """People of the same speeds and contract.

    Parameters
    ----------
    speeds
        How fast they are on each queue of the case at most, 0 where they do not serve it.
    contract
        Their contract.
    members
        Positions of the people in the case.
    heads
        How many of them may work each candidate.
    """

    speeds: Speeds
    contract: Contract
    members: tuple[int, ...]
    heads: Ints


def collapse(case: Case) -> tuple[PersonClass, ...]:
    """Return the classes of the people of a case, in the order of their first member."""
    by_pattern: dict[tuple[object, ...], list[int]] = defaultdict(list)
    speeds = fastest_alike([person.speeds for person in case.people], _MOST_SPEEDS)
    for position, person in enumerate(case.people):
        by_pattern[speeds[position], person.contract.name, _pattern(case, person)].append(position)
    grouped = by_pattern
    if len(by_pattern) > _MOST_CLASSES:
        # Too many patterns would make the model as large as one per person: availability then only limits heads.
        grouped = defaultdict(list)
        for key, members in by_pattern.items():
            grouped[key[:2]].extend(members)
    return tuple(_class(case, speeds, sorted(members)) for members in sorted(grouped.values(), key=min))


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


def _class(case: Case, speeds: list[Speeds], members: list[int]) -> PersonClass:
    first = case.people[members[0]]
    heads: Ints = np.stack([case.people[position].allowed for position in members]).sum(axis=0, dtype=np.int64)
    return PersonClass(speeds[members[0]], first.contract, tuple(members), heads)
