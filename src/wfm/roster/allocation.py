"""Which queue each person works in each interval.

Interval by interval, the people present are matched to open seats of the queues. A covered seat comes first; then
staying on the queue of the interval before, then the primary skill, then proficiency, so that stretches are long.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.roster.problem import Case, Floats, Ints

__all__ = ["allocate"]

_STAY, _PRIMARY, _ABLE = 0.02, 0.01, 0.001


def allocate(case: Case, presence: Floats) -> Ints:
    """Return the queue of each person in each interval, as people x intervals; -1 where nobody is present.

    Parameters
    ----------
    case
        The problem.
    presence
        Share of each interval that each person is at work, as people x intervals.
    """
    skills = np.array([person.skills for person in case.people])
    primary = np.array([person.primary for person in case.people])
    ability = np.array([person.proficiency for person in case.people])
    taste = _ABLE * ability
    taste[np.arange(len(primary)), primary] += _PRIMARY
    planned = np.full(presence.shape, -1, dtype=np.int64)
    current = np.full(len(primary), -1, dtype=np.int64)
    for interval in range(presence.shape[1]):
        here = np.flatnonzero(presence[:, interval] > 0)
        current[presence[:, interval] <= 0] = -1
        if len(here):
            liking = taste[here].copy()
            stayed = current[here] >= 0
            liking[stayed, current[here][stayed]] += _STAY
            chosen = _share_out(case, interval, presence[here, interval], skills[here], liking)
            planned[here, interval] = current[here] = chosen
    return planned


def _share_out(case: Case, interval: int, shares: Floats, skills: npt.NDArray[np.bool_], liking: Floats) -> Ints:
    """Return the queue of each person present."""
    from scipy.optimize import linear_sum_assignment

    open_now = case.is_open[interval]
    usable = skills & open_now
    usable[~usable.any(axis=1)] = skills[~usable.any(axis=1)]
    fallback: Ints = np.where(usable, liking, -np.inf).argmax(axis=1).astype(np.int64)
    flexible = usable.sum(axis=1) > 1
    if not flexible.any():
        return fallback
    left = case.demand[interval].copy()
    np.subtract.at(left, fallback[~flexible], shares[~flexible])
    people = np.flatnonzero(flexible)
    queue, size = _seats(left, usable[people], len(people))
    chosen: Ints = fallback.copy()
    value = np.minimum(shares[people][:, None], size[None, :]) + liking[people][:, queue]
    value[~usable[people][:, queue]] = -1.0
    spare = np.zeros((len(people), len(people)))
    # Each person may also stay out of every seat; they then follow their liking and add nothing to it here.
    np.fill_diagonal(spare, liking[people, fallback[people]])
    rows, columns = linear_sum_assignment(np.concatenate((value, spare), axis=1), maximize=True)
    seated = columns < len(queue)
    seated &= (
        np.where(seated, value[rows, np.minimum(columns, max(len(queue) - 1, 0))] >= 0, False) if len(queue) else False
    )
    chosen[people[rows[seated]]] = queue[columns[seated]]
    np.subtract.at(left, chosen[people[rows[seated]]], shares[people[rows[seated]]])
    for person in people[rows[~seated]].tolist():
        # Half-present people leave half of a seat open: whoever is over fills what is left.
        useful = usable[person] & (left > 1e-9)
        if useful.any():
            chosen[person] = int(np.where(useful, np.minimum(left, shares[person]) + liking[person], -1.0).argmax())
        left[chosen[person]] -= shares[person]
    return chosen


def _seats(left: Floats, usable: npt.NDArray[np.bool_], most: int) -> tuple[Ints, Floats]:
    """Return the open seats: the queue of each and its size, 1 but for the last of a queue."""
    queue: list[int] = []
    size: list[float] = []
    for number in np.flatnonzero(usable.any(axis=0)).tolist():
        need = float(left[number])
        while need > 1e-9 and len(size) < most * len(left):
            queue.append(number)
            size.append(min(need, 1.0))
            need -= 1.0
    return np.array(queue, dtype=np.int64), np.array(size)
