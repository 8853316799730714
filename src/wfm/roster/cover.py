"""Who is present when, and what that leaves short and idle, priced.

Each agent present serves one of their queues, as is best. With equal proficiency the agents that the tiers of highest
worth can have of those present are, by max-flow min-cut, the demand of these tiers less the largest, over the sets K of
queues, of

    demand of these tiers in K - people who serve at least one queue of K,

and filling tiers by worth is best, because what people can cover is a polymatroid. With the tiers of an interval in
the order of their worth p_1 >= ... >= p_m, missing and idle agents so cost a constant, and -p_m for everybody present,
and

    sum over i < m of (p_i - p_(i+1)) * max over K of [demand of tiers 1..i in K - people for K].

So a table `slack[interval, level, K]` gives the cost at once; no person is counted for two queues. With one price there
is one level. Sources: Gale's supply-demand theorem (1957); Edmonds, "Submodular functions, matroids, and certain
polyhedra" (1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from wfm.roster.problem import Case, Flags, Floats
from wfm.roster.tiers import Tiers, tiers_of

__all__ = ["Cover", "Levels", "levels_of", "queue_sets"]

_ALL_SETS_UP_TO = 8


def queue_sets(n_queues: int, groups: list[tuple[bool, ...]]) -> Flags:
    """Return the sets of queues that are looked at, as sets x queues.

    All of them for up to eight queues; else those of one or two queues, the skill sets and the whole. Of the sets that
    the same people serve only the largest can bind.
    """
    sizes = range(1, n_queues + 1) if n_queues <= _ALL_SETS_UP_TO else range(1, 3)
    chosen = {frozenset(some) for size in sizes for some in combinations(range(n_queues), size)}
    chosen |= {frozenset(np.flatnonzero(group).tolist()) for group in groups} | {frozenset(range(n_queues))}
    largest: dict[tuple[bool, ...], frozenset[int]] = {}
    for some in sorted(chosen, key=lambda s: (len(s), sorted(s))):
        served = tuple(any(group[queue] for queue in some) for group in groups)
        largest[served] = largest.get(served, frozenset()) | some
    table = np.zeros((len(largest), n_queues), dtype=bool)
    for row, some in enumerate(sorted(largest.values(), key=lambda s: (len(s), sorted(s)))):
        table[row, sorted(some)] = True
    return table


@dataclass(frozen=True, eq=False)
class Levels:
    """The tiers of every interval in the order of their worth, those of one worth together.

    Parameters
    ----------
    weight
        How far the worth falls after each level, as intervals x levels; 0 where an interval has fewer.
    demand
        Demand of all tiers up to each level, as intervals x levels x queues.
    idle
        Price of everybody present, by interval.
    constant
        What is left to add, of all intervals.
    """

    weight: Floats
    demand: Floats
    idle: Floats
    constant: float


def levels_of(tiers: Tiers) -> Levels:
    """Return the levels of some tiers."""
    count, intervals, queues = tiers.size.shape
    size = tiers.size.transpose(1, 0, 2).reshape(intervals, count * queues)
    worth = tiers.worth.transpose(1, 0, 2).reshape(intervals, count * queues)
    there = size > 0
    dearest = np.where(there, worth, -np.inf).max(axis=1, keepdims=True)
    # What is not there stands first, beside the dearest, so that it makes no level.
    worth = np.where(there, worth, np.where(np.isfinite(dearest), dearest, 0.0))
    order = np.argsort(-worth, axis=1, kind="stable")
    worth, size = np.take_along_axis(worth, order, axis=1), np.take_along_axis(size, order, axis=1)
    fall = worth[:, :-1] - worth[:, 1:]
    own = (order % queues)[:, :, None] == np.arange(queues)
    total = np.cumsum(size[:, :, None] * own, axis=1)
    most = max(int((fall > 0).sum(axis=1).max(initial=0)), 1)
    levels = np.argsort(fall <= 0, axis=1, kind="stable")[:, :most]
    weight = np.take_along_axis(fall, levels, axis=1)
    demand = np.take_along_axis(total, levels[:, :, None], axis=1)
    full = (tiers.size * tiers.worth)[: tiers.above].sum()
    return Levels(weight, demand, -worth[:, -1], float(full - (weight * demand.sum(axis=2)).sum()))


class Cover:
    """The presence of everybody rostered so far, as slack by interval, level and set of queues.

    Parameters
    ----------
    case
        The problem.
    groups
        The distinct skill sets of its people.
    """

    def __init__(self, case: Case, groups: list[tuple[bool, ...]]) -> None:
        self.sets = queue_sets(len(case.queues), groups)
        self.levels = levels_of(tiers_of(case))
        self.slack: Floats = self.levels.demand @ self.sets.T.astype(float)
        self.touch: dict[tuple[bool, ...], Floats] = {
            group: (self.sets & np.array(group)).any(axis=1).astype(float) for group in groups
        }
        # Work outside the hours of all of a person's queues covers nothing and is no surplus.
        self.counts: dict[tuple[bool, ...], Flags] = {
            group: np.asarray(case.is_open[:, np.array(group)].any(axis=1)) for group in groups
        }
        self._idle = 0.0

    def add(self, group: tuple[bool, ...], presence: Floats, sign: int = 1) -> None:
        """Add (or with `sign=-1` take away) a person of that skill set, present for those shares of the intervals."""
        where = np.flatnonzero(presence)
        if not len(where):
            return
        low, high = int(where[0]), int(where[-1]) + 1
        self.slack[low:high] -= sign * np.multiply.outer(presence[low:high], self.touch[group])[:, None, :]
        counted = presence[low:high] * self.counts[group][low:high]
        self._idle += sign * float(counted @ self.levels.idle[low:high])

    def cost(self) -> float:
        """Return the price of shortage and surplus."""
        worst = np.maximum(self.slack.max(axis=2), 0.0)
        return self.levels.constant + self._idle + float((self.levels.weight * worst).sum())
