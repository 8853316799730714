"""Which queue each person works at each moment.

In each interval the agent-time of each skill set is shared among its queues so that most of the demand is covered: a
transport problem, solved exactly, in which somebody's time on a queue counts as their proficiency on it says. Among
shares that cover as much, people are on their primary queue, and where they are fast. A share need not be whole people:
then somebody changes queue inside the interval, so that all shares are met to the minute. Most people have one queue
for all of an interval, that of the interval before as far as the shares allow, and at most one person fewer than there
are queues divides it.
"""

from __future__ import annotations

from dataclasses import dataclass
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
_TOGETHER = 48  # intervals that are shared out by one call of the solver


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
    count = len(case.demand)
    there = np.stack([present[rows].reshape(len(rows), count, -1).sum(axis=(0, 2)) for rows in members], axis=1)
    shares = _shares(case, tiers, there.astype(float), skills, speeds, liking, per_interval, plain=plain)
    quotas = _whole(shares * parts, there * parts)
    for interval in range(count):
        begin, end = interval * per_interval * parts, (interval + 1) * per_interval * parts
        here = np.repeat(present[:, interval * per_interval : (interval + 1) * per_interval], parts, axis=1)
        time = here.sum(axis=1)
        before = planned[:, begin - 1] if begin else np.full(len(owners), -1, dtype=np.int16)
        usable = _usable(skills, case.is_open[interval])
        only = np.full(len(owners), -1, dtype=np.int16)
        for kind, rows in enumerate(members):
            rows = rows[time[rows] > 0]
            stints = _assign(before[rows], time[rows], quotas[interval, kind], usable[kind], liking[kind])
            for row, (queues, lengths) in zip(rows.tolist(), stints, strict=True):
                if len(queues) == 1:
                    only[row] = queues[0]
                else:
                    planned[row, begin + np.flatnonzero(here[row])] = np.repeat(queues, lengths)
        whole = only >= 0
        planned[whole, begin:end] = np.where(here[whole], only[whole, None], -1)
    return planned


def _usable(skills: Flags, is_open: Flags) -> Flags:
    """Return which kinds may be on which queues: the open ones, or all of theirs where none of them is open."""
    usable = skills & is_open
    closed = ~usable.any(axis=1)
    usable[closed] = skills[closed]
    return usable


def _shares(
    case: Case,
    tiers: Tiers,
    there: Floats,
    skills: Flags,
    speeds: Floats,
    liking: Floats,
    per_interval: int,
    *,
    plain: bool,
) -> Floats:
    """Return how much of the time of each kind goes to each queue, as intervals x kinds x queues."""
    shares = np.zeros((len(there), *skills.shape))
    asked: list[tuple[int, _Programme]] = []
    for interval in np.flatnonzero(there.any(axis=1)).tolist():
        usable = _usable(skills, case.is_open[interval])
        if not plain:
            allowed = np.where(usable, speeds, 0.0)
            asked.append((interval, _by_worth(tiers, interval, per_interval, there[interval], allowed, liking)))
            continue
        wanted = case.demand[interval] * per_interval
        easy = _without_choice(wanted, there[interval], usable)
        if easy is None:
            asked.append((interval, _by_demand(wanted, there[interval], usable, liking)))
        else:
            shares[interval] = easy
    for first in range(0, len(asked), _TOGETHER):
        some = asked[first : first + _TOGETHER]
        solved = _solved([programme for _, programme in some], exact=not plain)
        for (interval, programme), values in zip(some, solved, strict=True):
            shares[interval, programme.kind, programme.queue] = values[: len(programme.kind)]
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class _Programme:
    """The linear programme of an interval: most reward under its rows.

    Its first columns are the time of a kind on a queue.
    """

    kind: Ints
    queue: Ints
    reward: Floats
    most: Floats
    matrix: Floats
    total: Floats


def _solved(programmes: list[_Programme], *, exact: bool) -> list[Floats]:
    """Return the values of the columns of each programme, whose rows are met exactly or are limits.

    They are solved as one: to call the solver takes longer than to share out an interval.
    """
    from scipy.optimize import linprog
    from scipy.sparse import block_diag

    matrix = block_diag([programme.matrix for programme in programmes], format="csr")
    total = np.concatenate([programme.total for programme in programmes])
    most = np.concatenate([programme.most for programme in programmes])
    rows = {"A_eq": matrix, "b_eq": total} if exact else {"A_ub": matrix, "b_ub": total}
    reward = np.concatenate([programme.reward for programme in programmes])
    found = linprog(-reward, bounds=np.stack((np.zeros(len(most)), most), axis=1), **rows)
    return np.split(found.x, np.cumsum([len(programme.reward) for programme in programmes])[:-1])


def _without_choice(wanted: Floats, there: Floats, usable: Flags) -> Floats | None:
    """Return the shares where nobody has a choice, or one queue alone is wanted; else none."""
    kind, queue = np.nonzero(usable & (wanted > _NONE) & (there[:, None] > 0))
    if len(np.unique(kind)) < len(kind) and len(np.unique(queue)) > 1:
        return None
    # Shares in proportion cover all that can be covered.
    shares = np.zeros(usable.shape)
    total = np.bincount(queue, weights=there[kind], minlength=len(wanted))
    shares[kind, queue] = there[kind] * np.minimum(1.0, wanted[queue] / total[queue])
    return shares


def _by_demand(wanted: Floats, there: Floats, usable: Flags, liking: Floats) -> _Programme:
    """Return the programme that shares the time that each kind is there, at most what is wanted of each queue."""
    kind, queue = np.nonzero(usable & (wanted > _NONE) & (there[:, None] > 0))
    columns = np.arange(len(kind))
    matrix = np.zeros((len(there) + len(wanted), len(kind)))
    matrix[kind, columns] = matrix[len(there) + queue, columns] = 1.0
    reward = 1.0 + liking[kind, queue]
    return _Programme(kind, queue, reward, np.full(len(kind), np.inf), matrix, np.concatenate((there, wanted)))


def _by_worth(
    tiers: Tiers, interval: int, per_interval: int, there: Floats, speeds: Floats, liking: Floats
) -> _Programme:
    """Return the programme that shares the time that each kind is there, where prices or speeds differ.

    The speed is 0 where they may not be.
    """
    kind, queue = np.nonzero((speeds > 0) & (there[:, None] > 0))
    size, worth = tiers.size[:, interval] * per_interval, tiers.worth[:, interval]
    tier, of_queue = np.nonzero(size > 0)
    scale = float(np.abs(worth).max(initial=0.0)) or 1.0
    reward = np.concatenate((_TIE * liking[kind, queue], worth[tier, of_queue] / scale))
    most = np.concatenate((np.full(len(kind), np.inf), size[tier, of_queue]))
    matrix = np.zeros((len(there) + speeds.shape[1], len(reward)))
    matrix[kind, np.arange(len(kind))] = 1.0
    matrix[len(there) + queue, np.arange(len(kind))] = speeds[kind, queue]
    matrix[len(there) + of_queue, len(kind) + np.arange(len(tier))] = -1.0
    placed = np.where((speeds > 0).any(axis=1), there, 0.0)
    closed = np.setdiff1d(queue, of_queue)
    if len(closed):
        # Nobody is missing or idle on a queue that is closed: time on it is neither.
        matrix[len(there) + closed] = 0.0
    return _Programme(kind, queue, reward, most, matrix, np.concatenate((placed, np.zeros(speeds.shape[1]))))


def _whole(shares: Floats, totals: Ints) -> Ints:
    """Return the shares of each time in whole parts: rounded up as far as it goes, the largest remainders first."""
    whole = np.floor(shares + _NONE).astype(np.int64)
    remainder = shares - whole
    above = np.minimum((remainder > _NONE).sum(axis=-1), np.maximum(totals - whole.sum(axis=-1), 0))
    place = np.argsort(np.argsort(-remainder, axis=-1, kind="stable"), axis=-1, kind="stable")
    whole += place < above[..., None]
    return whole


def _assign(before: Queues, time: Ints, quota: Ints, usable: Flags, liking: Floats) -> list[Stints]:
    """Return the queues, one after the other, and the time on each, of people who are alike.

    First those who stay have the whole of their time, then who is free; the last ones divide what is left. Time above
    all quotas makes somebody's last stint whole, and else leaves people where they are, or where they like.
    """
    left, spare = quota.tolist(), int(time.sum() - quota.sum())
    chosen, was, times = [-1] * len(time), before.tolist(), time.tolist()
    for stays in (True, False):
        for queue in sorted(range(len(left)), key=lambda queue: -left[queue]):
            for one, length in enumerate(times):
                if not left[queue]:
                    break
                if chosen[one] >= 0 or (stays and was[one] != queue):
                    continue
                above = max(length - left[queue], 0)
                if above > spare:
                    break
                chosen[one] = queue
                spare -= above
                left[queue] -= length - above
    stints: list[Stints] = []
    for last, length, queue in zip(was, times, chosen, strict=True):
        if queue >= 0:
            stints.append(([queue], [length]))
        elif any(left):
            stints.append(_divide(last, length, left))
        else:
            remains = last >= 0 and bool(usable[last])
            stints.append(([last if remains else int(np.argmax(np.where(usable, liking, -np.inf)))], [length]))
    return stints


def _divide(before: int, length: int, left: list[int]) -> Stints:
    """Take a person's time from what is left of each queue, that of before first; the last queue has what is above."""
    order = sorted(range(len(left)), key=lambda queue: (queue != before, -left[queue], queue))
    queues: list[int] = []
    lengths: list[int] = []
    for queue in order:
        taken = min(left[queue], length)
        if taken:
            queues.append(queue)
            lengths.append(taken)
            left[queue] -= taken
            length -= taken
    lengths[-1] += length
    return queues, lengths
