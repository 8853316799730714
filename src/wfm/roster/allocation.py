"""Which queue each person works at each moment.

Time is cut into cells so fine that everybody is present for all of a cell or none of it. Cell by cell, the people
present are matched to the agent-time that the queues still lack in the interval. Covering comes first; then staying on
the queue of the cell before, then the primary skill, then proficiency, so that stretches are long.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wfm.roster.problem import Case, Flags, Floats, Ints

__all__ = ["allocate"]

_STAY, _PRIMARY, _ABLE = 0.02, 0.01, 0.001
_AHEAD = 0.5  # worth of covering time of the interval that a later cell might also cover
_NONE = 1e-9


def allocate(case: Case, present: Flags, owners: Ints, per_interval: int, *, width: int) -> Ints:
    """Return the queue of each row in each cell, as rows x cells; -1 where they are not at work.

    Parameters
    ----------
    case
        The problem.
    present
        Whether the person of each row is at work in each cell of the intervals of demand.
    owners
        Person of each row.
    per_interval
        Cells in an interval.
    width
        Columns of the result; those beyond `present` are -1.
    """
    skills = np.array([person.skills for person in case.people])[owners]
    primary = np.array([person.primary for person in case.people])[owners]
    taste = _ABLE * np.array([person.proficiency for person in case.people])[owners]
    taste[np.arange(len(primary)), primary] += _PRIMARY
    planned = np.full((len(owners), width), -1, dtype=np.int64)
    current = np.full(len(primary), -1, dtype=np.int64)
    left = np.zeros(len(case.queues))
    for cell in range(present.shape[1]):
        interval, part = divmod(cell, per_interval)
        if part == 0:
            left = case.demand[interval] * per_interval
        here = np.flatnonzero(present[:, cell])
        current[~present[:, cell]] = -1
        if len(here):
            usable = skills[here] & case.is_open[interval]
            closed = ~usable.any(axis=1)
            usable[closed] = skills[here][closed]
            liking = taste[here].copy()
            stayed = current[here] >= 0
            liking[stayed, current[here][stayed]] += _STAY
            chosen = _share_out(left, left / (per_interval - part), usable, liking)
            planned[here, cell] = current[here] = chosen
            left = left - np.bincount(chosen, minlength=len(left))
    return planned


def _share_out(left: Floats, now: Floats, usable: npt.NDArray[np.bool_], liking: Floats) -> Ints:
    """Return the queue of each person present.

    `left` is the cells of agent-time that each queue still lacks in the interval, `now` the even part of it for this
    cell.
    """
    from scipy.optimize import linear_sum_assignment

    chosen: Ints = np.where(usable, liking, -np.inf).argmax(axis=1).astype(np.int64)
    people = np.flatnonzero(usable.sum(axis=1) > 1)
    if not len(people):
        return chosen
    taken = np.delete(chosen, people)
    used = np.bincount(taken, minlength=len(left))
    queue, worth = _seats(left - used, now - used, np.asarray(usable[people].any(axis=0)), len(people))
    if not len(queue):
        return chosen
    value = worth[None, :] + liking[people][:, queue]
    value[~usable[people][:, queue]] = -1.0
    # Each person may also stay out of every seat: they then follow their liking, which covers nothing.
    aside = np.full((len(people), len(people)), -1.0)
    np.fill_diagonal(aside, liking[people, chosen[people]])
    rows, columns = linear_sum_assignment(np.concatenate((value, aside), axis=1), maximize=True)
    seated = columns < len(queue)
    chosen[people[rows[seated]]] = queue[columns[seated]]
    return chosen


def _seats(left: Floats, now: Floats, wanted: Flags, most: int) -> tuple[Ints, Floats]:
    """Return the seats that a person in this cell can fill: the queue of each, and what filling it is worth.

    A seat of this cell is worth what it covers of one agent; one that a later cell could fill as well is worth half.
    """
    queue: list[int] = []
    worth: list[float] = []
    for number in np.flatnonzero(wanted & (left > _NONE)).tolist():
        for place in range(min(most, int(np.ceil(left[number] - _NONE)))):
            due = float(np.clip(now[number] - place, 0.0, 1.0))
            later = float(np.clip(left[number] - place, 0.0, 1.0)) - due
            queue.append(number)
            worth.append(due + _AHEAD * later)
    return np.array(queue, dtype=np.int64), np.array(worth)
