"""Which queue each person works at each moment.

In each interval the agent-time of each skill set is shared among its queues so that most of the demand is covered: a
transport problem, solved exactly. Time is cut into cells so fine that everybody is present for all of a cell or none
of it; cell by cell, people stay on the queue of the cell before as far as the shares allow, so that stretches are long.
"""

from __future__ import annotations

import numpy as np

from wfm.roster.problem import Case, Flags, Floats, Ints
from wfm.roster.tiers import Tiers, tiers_of

__all__ = ["allocate"]

_PRIMARY, _ABLE = 0.02, 0.01  # worth of time on the primary queue, and of proficiency, beside covering
_NONE = 1e-6
_TIE = 1e-4  # weight of liking beside the worth of covering


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
    planned = np.full((len(owners), width), -1, dtype=np.int64)
    kinds: dict[tuple[tuple[bool, ...], int, tuple[float, ...]], list[int]] = {}
    for row, owner in enumerate(owners.tolist()):
        person = case.people[owner]
        kinds.setdefault((person.skills, person.primary, person.proficiency), []).append(row)
    members = [np.array(rows, dtype=np.int64) for rows in kinds.values()]
    skills = np.array([kind[0] for kind in kinds])
    liking = _ABLE * np.array([kind[2] for kind in kinds])
    liking[np.arange(len(kinds)), [kind[1] for kind in kinds]] += _PRIMARY
    current = np.full(len(owners), -1, dtype=np.int64)
    tiers = tiers_of(case)
    plain = case.bought is None and tiers.has_one_shortage_price and tiers.has_one_surplus_price
    for interval in range(len(case.demand)):
        cells = slice(interval * per_interval, (interval + 1) * per_interval)
        usable = skills & case.is_open[interval]
        closed = ~usable.any(axis=1)
        usable[closed] = skills[closed]
        there = np.array([present[rows, cells].sum() for rows in members], dtype=float)
        if plain:
            shares = _share_out(case.demand[interval] * per_interval, there, usable, liking)
        else:
            shares = _share_by_worth(tiers, interval, per_interval, there, usable, liking)
        for part in range(per_interval):
            cell = cells.start + part
            current[~present[:, cell]] = -1
            for kind, rows in enumerate(members):
                here = rows[present[rows, cell]]
                if len(here):
                    even = shares[kind] / (per_interval - part)
                    current[here] = _assign(current[here], even, usable[kind], liking[kind])
                    shares[kind] -= np.bincount(current[here], minlength=len(even))
                    np.maximum(shares[kind], 0.0, out=shares[kind])
            planned[:, cell] = current
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
    tiers: Tiers, interval: int, per_interval: int, there: Floats, usable: Flags, liking: Floats
) -> Floats:
    """Return how much of the time that each kind of person is there goes to each queue, where prices differ."""
    from scipy.optimize import linprog

    kind, queue = np.nonzero(usable & (there[:, None] > 0))
    shares = np.zeros(usable.shape)
    if not len(kind):
        return shares
    size, worth = tiers.size[:, interval] * per_interval, tiers.worth[:, interval]
    tier, of_queue = np.nonzero(size > 0)
    scale = float(np.abs(worth).max(initial=0.0)) or 1.0
    reward = np.concatenate((_TIE * liking[kind, queue], worth[tier, of_queue] / scale))
    most = np.concatenate((there[kind], size[tier, of_queue]))
    matrix = np.zeros((len(there) + usable.shape[1], len(reward)))
    matrix[kind, np.arange(len(kind))] = 1.0
    matrix[len(there) + queue, np.arange(len(kind))] = 1.0
    matrix[len(there) + of_queue, len(kind) + np.arange(len(tier))] = -1.0
    placed = np.where(usable.any(axis=1), there, 0.0)
    total = np.concatenate((placed, np.zeros(usable.shape[1])))
    closed = np.setdiff1d(queue, of_queue)
    if len(closed):
        # Nobody is missing or idle on a queue that is closed: time on it is neither.
        matrix[len(there) + closed] = 0.0
    found = linprog(-reward, A_eq=matrix, b_eq=total, bounds=np.stack((np.zeros(len(most)), most), axis=1))
    shares[kind, queue] = found.x[: len(kind)]
    return shares


def _assign(before: Ints, share: Floats, usable: Flags, liking: Floats) -> Ints:
    """Return the queues of people who are alike: first those who stay, then who is wanted most, then what they like."""
    seats = np.where(usable, np.ceil(share - _NONE), 0).astype(np.int64)
    chosen = np.full(len(before), -1, dtype=np.int64)
    for queue in np.flatnonzero(seats).tolist():
        stays = np.flatnonzero(before == queue)[: seats[queue]]
        chosen[stays] = queue
        seats[queue] -= len(stays)
    free = np.flatnonzero(chosen < 0)
    order = np.argsort(-share, kind="stable")
    wanted = np.repeat(order, seats[order])[: len(free)]
    chosen[free[: len(wanted)]] = wanted
    rest = free[len(wanted) :]
    remain = (before[rest] >= 0) & usable[before[rest]]
    chosen[rest] = np.where(remain, before[rest], int(np.argmax(np.where(usable, liking, -np.inf))))
    return chosen
