"""What missing and idle agents cost, by interval and queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from wfm.roster.duties import Duty
from wfm.roster.problem import Case, Floats, Ints
from wfm.roster.tiers import tiers_of

__all__ = ["Loss", "present"]


class Loss:
    """The price of a coverage under the requirement of a case.

    Parameters
    ----------
    case
        The problem.
    """

    def __init__(self, case: Case) -> None:
        self._tiers = tiers_of(case)

    def short(self, rostered: Floats, rows: Ints | None = None) -> Floats:
        """Return the price of what is missing, as intervals x queues like `rostered`; `rows` are its intervals."""
        return self._tiers.shortage_cost(rostered, slice(None) if rows is None else rows)

    def over(self, rostered: Floats, rows: Ints | None = None) -> Floats:
        """Return the price of what is above the requirement, likewise."""
        return self._tiers.surplus_cost(rostered, slice(None) if rows is None else rows)


def present(case: Case, duties: Mapping[str, Iterable[Duty]]) -> Floats:
    """Return the agents that shifts by person put on each queue in each interval, as intervals x queues.

    A person counts as their proficiency on the queue says.
    """
    table = np.zeros((len(case.starts_s), len(case.queues)))
    origin, step = int(case.starts_s[0]), case.interval_s
    position = {name: number for number, name in enumerate(case.queues)}
    until = origin + step * len(table)
    parts = ((name, part) for name, mine in duties.items() for duty in mine for part in duty.parts)
    for name, part in parts:
        # A roster may hold days before those of the case, and after.
        begin, end = max(part.start_s, origin), min(part.end_s, until)
        if part.queue is None or begin >= end:
            continue
        column, speed = table[:, position[part.queue]], case.speed(name, part.queue)
        first, last = (begin - origin) // step, (end - origin - 1) // step
        if first == last:
            column[first] += speed * (end - begin) / step
            continue
        column[first] += speed * (origin + (first + 1) * step - begin) / step
        column[first + 1 : last] += speed
        column[last] += speed * (end - origin - last * step) / step
    return case.fold(table.T).T
