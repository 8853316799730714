"""Which queue each person works at each moment.

In each interval the agent-time of each skill set is shared among its queues so that most of the demand is covered: a
transport problem, solved exactly, in which somebody's time on a queue counts as their proficiency on it says. Among
shares that cover as much, people are on their primary queue, and where they are fast. A share need not be whole people:
then somebody changes queue inside the interval, so that all shares are met to the minute. Most people have one queue
for all of an interval, that of the interval before as far as the shares allow, and at most one person fewer than there
are queues divides it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.roster.problem import Case, Flags, Floats, Ints
from wfm.roster.tiers import Tiers, tiers_of

__all__ = ["Queues", "allocate"]

Queues: TypeAlias = npt.NDArray[np.int16]
Stints: TypeAlias = tuple[list[int], list[int]]

_PRIMARY, _ABLE = 0.02, 0.01  # worth of time on the primary queue, and of proficiency, beside covering
_NONE = 1e-6
_TIE = 1e-4  # weight of liking beside the worth of covering


def allocate(case: Case, present: Flags, owners: Ints, per_interval: int, *, parts: int, width: int) -> Queues:
    """Return the queue of each row in each part of a cell, as rows x parts; -1 where they are not at work.

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
    parts
        Parts of a cell, such as its minutes: the shortest stretch on a queue.
    width
        Cells of the result; those beyond `present` are -1.
    """
    planned = np.full((len(owners), width * parts), -1, dtype=np.int16)
    kinds: dict[tuple[tuple[bool, ...], int, tuple[float, ...]], list[int]] = {}
    for row, owner in enumerate(owners.tolist()):
        person = case.people[owner]
        kinds.setdefault((person.skills, person.primary, person.speeds), []).append(row)
    members = [np.array(rows, dtype=np.int64) for rows in kinds.values()]
    skills = np.array([kind[0] for kind in kinds])
    speeds = np.array([kind[2] for kind in kinds])
    liking = _ABLE * speeds
    liking[np.arange(len(kinds)), [kind[1] for kind in kinds]] += _PRIMARY
    tiers = tiers_of(case)
    plain = case.bought is None and tiers.has_one_shortage_price and tiers.has_one_surplus_price
    plain &= bool((speeds[skills] == 1.0).all())
    for interval in range(len(case.demand)):
        cells = slice(interval * per_interval, (interval + 1) * per_interval)
        usable = skills & case.is_open[interval]
        closed = ~usable.any(axis=1)
        usable[closed] = skills[closed]
        there = np.array([present[rows, cells].sum() for rows in members], dtype=float)
        if plain:
            shares = _share_out(case.demand[interval] * per_interval, there, usable, liking)
        else:
            shares = _share_by_worth(tiers, interval, per_interval, there, np.where(usable, speeds, 0.0), liking)
        here = np.repeat(present[:, cells], parts, axis=1)
        begin = cells.start * parts
        before = planned[:, begin - 1] if begin else np.full(len(owners), -1, dtype=np.int16)
        time = here.sum(axis=1)
        for kind, rows in enumerate(members):
            rows = rows[time[rows] > 0]
            quota = _whole(shares[kind] * parts, int(time[rows].sum()))
            stints = _assign(before[rows], time[rows], quota, usable[kind], liking[kind])
            for row, (queues, lengths) in zip(rows.tolist(), stints, strict=True):
                planned[row, begin + np.flatnonzero(here[row])] = np.repeat(queues, lengths)
    return planned


def _share_out(wanted: Floats, there: Floats, usable: Flags, liking: Floats) -> Floats:
    """Return how much of the time that each kind of person is there goes to each queue, at most what is wanted."""
    from scipy.optimize import linprog

    kind, queue = np.nonzero(usable & (wanted > _NONE) & (there[:, None] > 0))
    shares = np.zeros(usable.shape)
    if not len(kind):
        return shares
    if len(np.unique(kind)) == len(kind) or len(np.unique(queue)) == 1:
        # Nobody has a choice, or there is one queue alone: shares in proportion cover all that can be covered.
        total = np.bincount(queue, weights=there[kind], minlength=len(wanted))
        shares[kind, queue] = there[kind] * np.minimum(1.0, wanted[queue] / total[queue])
        return shares
    rows = np.concatenate((kind, usable.shape[0] + queue))
    columns = np.tile(np.arange(len(kind)), 2)
    matrix = np.zeros((usable.shape[0] + len(wanted), len(kind)))
    matrix[rows, columns] = 1.0
    found = linprog(-(1.0 + liking[kind, queue]), A_ub=matrix, b_ub=np.concatenate((there, wanted)), method="highs")
    shares[kind, queue] = found.x
    return shares


def _share_by_worth(
    tiers: Tiers, interval: int, per_interval: int, there: Floats, speeds: Floats, liking: Floats
) -> Floats:
    """Return how much of the time that each kind of person is there goes to each queue, where prices or speeds differ.

    The speed is 0 where they may not be.
    """
    from scipy.optimize import linprog

    kind, queue = np.nonzero((speeds > 0) & (there[:, None] > 0))
    shares = np.zeros(speeds.shape)
    if not len(kind):
        return shares
    size, worth = tiers.size[:, interval] * per_interval, tiers.worth[:, interval]
    tier, of_queue = np.nonzero(size > 0)
    scale = float(np.abs(worth).max(initial=0.0)) or 1.0
    reward = np.concatenate((_TIE * liking[kind, queue], worth[tier, of_queue] / scale))
    most = np.concatenate((there[kind], size[tier, of_queue]))
    matrix = np.zeros((len(there) + speeds.shape[1], len(reward)))
    matrix[kind, np.arange(len(kind))] = 1.0
    matrix[len(there) + queue, np.arange(len(kind))] = speeds[kind, queue]
    matrix[len(there) + of_queue, len(kind) + np.arange(len(tier))] = -1.0
    placed = np.where((speeds > 0).any(axis=1), there, 0.0)
    total = np.concatenate((placed, np.zeros(speeds.shape[1])))
    closed = np.setdiff1d(queue, of_queue)
    if len(closed):
        # Nobody is missing or idle on a queue that is closed: time on it is neither.
        matrix[len(there) + closed] = 0.0
    found = linprog(-reward, A_eq=matrix, b_eq=total, bounds=np.stack((np.zeros(len(most)), most), axis=1))
    shares[kind, queue] = found.x[: len(kind)]
    return shares


def _whole(share: Floats, total: int) -> Ints:
    """Return shares of a time in whole parts: rounded up as far as the time goes, the largest remainders first."""
    whole = np.floor(share + _NONE).astype(np.int64)
    remainder = share - whole
    order = np.argsort(-remainder, kind="stable")[: min((remainder > _NONE).sum(), max(total - whole.sum(), 0))]
    whole[order] += 1
    return whole


def _assign(before: Queues, time: Ints, quota: Ints, usable: Flags, liking: Floats) -> list[Stints]:
    """Return the queues, one after the other, and the time on each, of people who are alike.

    First those who stay have the whole of their time, then who is free; the last ones divide what is left. Time above
    all quotas makes somebody's last stint whole, and else leaves people where they are, or where they like.
    """
    chosen = np.full(len(time), -1, dtype=np.int64)
    left, spare = quota.copy(), int(time.sum() - quota.sum())
    for stays in (True, False):
        for queue in np.argsort(-left, kind="stable").tolist():
            some = np.flatnonzero((chosen < 0) & ((before == queue) | (not stays)))
            count = int(np.searchsorted(np.cumsum(time[some]), left[queue], side="right"))
            chosen[some[:count]] = queue
            left[queue] -= time[some[:count]].sum()
            if left[queue] > 0 and count < len(some) and time[some[count]] - left[queue] <= spare:
                chosen[some[count]] = queue
                spare -= int(time[some[count]] - left[queue])
                left[queue] = 0
    stints: list[Stints] = []
    for was, length, queue in zip(before.tolist(), time.tolist(), chosen.tolist(), strict=True):
        if queue >= 0:
            stints.append(([queue], [length]))
        elif left.any():
            stints.append(_divide(was, length, left))
        else:
            remains = was >= 0 and bool(usable[was])
            stints.append(([was if remains else int(np.argmax(np.where(usable, liking, -np.inf)))], [length]))
    return stints


def _divide(before: int, length: int, left: Ints) -> Stints:
    """Take a person's time from what is left of each queue, that of before first; the last queue has what is above."""
    order = sorted(np.flatnonzero(left).tolist(), key=lambda queue: (queue != before, -left[queue], queue))
    queues: list[int] = []
    lengths: list[int] = []
    for queue in order:
        taken = min(int(left[queue]), length)
        if taken:
            queues.append(queue)
            lengths.append(taken)
            left[queue] -= taken
            length -= taken
    lengths[-1] += length
    return queues, lengths
