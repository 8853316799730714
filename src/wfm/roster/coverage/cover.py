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
is one level. Somebody who is as fast on all of their queues counts as so many people.

Where people are faster on some queues than on others, the sets give way to the corners of `corners`, on one level. Of
these there may be too many, more than 200. Then each level has its own, of which there are fewer because it has but one
price; that is exact where all missing agents cost the same and idle ones nothing, and else a little low. If these are
too many, the speeds of a person are taken to differ by coarser steps, at last not at all. So the search may go by a
price that is nearly that of the roster; the queues planned at the end, the cost and the bound never do.

Sources: Gale's supply-demand theorem (1957); Edmonds, "Submodular functions, matroids, and certain polyhedra" (1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from wfm.roster.coverage.corners import corners_of
from wfm.roster.coverage.speeds import STEPS, Speeds
from wfm.roster.problem import Case, Flags, Floats, Ints
from wfm.roster.tiers import Tiers, tiers_of

__all__ = ["Cover", "Levels", "Table", "levels_of", "queue_sets", "table_of"]

_ALL_SETS_UP_TO = 8
_MOST_CORNERS, _MOST_KINDS = 200, 10
_NEVER = -1e30  # the slack of a row that an interval does not have
_DECIMALS = 9  # to which relative speeds differ


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


@dataclass(frozen=True, eq=False)
class Table:
    """What tells the price of an interval from the people there: see the module.

    Parameters
    ----------
    slack
        Slack with nobody there, as intervals x levels x rows: sets of queues, or corners.
    kind
        Kind of each interval: those of one have the same corners.
    touch
        How far a person there lowers the slack, as kinds x groups of people x rows.
    weight
        Price of a unit of the largest slack above 0, as intervals x levels.
    idle, counts
        Price of everybody present, by interval, and how far a person of each group counts, as groups x intervals: work
        outside the hours of all of a person's queues covers nothing and is no surplus.
    constant
        What is left to add, of all intervals.
    """

    slack: Floats
    kind: Ints
    touch: Floats
    weight: Floats
    idle: Floats
    counts: Floats
    constant: float


def table_of(case: Case, groups: list[Speeds]) -> Table:
    """Return the table of a case for groups of people with the same speeds."""
    true = np.array(groups, dtype=float)
    serves = true > 0
    log = np.log(np.where(serves, true, 1.0))
    below = np.where(serves, log - np.where(serves, log, -np.inf).max(axis=1, keepdims=True), 0.0)
    tiers = tiers_of(case)
    for step in STEPS:
        apart = below if step == 0 else step * np.round(below / step) if np.isfinite(step) else np.zeros_like(below)
        # Somebody is `whole` agents, each of whom has the `relative` speeds.
        whole = np.exp((log - apart).sum(axis=1) / serves.sum(axis=1))
        relative = np.where(serves, np.exp(apart), 0.0)
        if not apart.any():
            break
        table = _by_corners(case, tiers, relative, whole) if step == 0 else None
        if table is not None:
            return table
        corners = corners_of([[1.0, 0.0]] * len(case.queues), _distinct(relative), _MOST_CORNERS)
        if corners is not None:
            return _by_levels(case, tiers, corners, relative, whole)
    sets = queue_sets(len(case.queues), [tuple(group) for group in serves.tolist()])
    return _by_levels(case, tiers, sets.astype(float), relative, whole)


def _by_levels(case: Case, tiers: Tiers, rows: Floats, relative: Floats, whole: Floats) -> Table:
    """Return the table of the levels of all tiers, for sets of queues or for what stands in for them."""
    levels = levels_of(tiers)
    slack: Floats = levels.demand @ rows.T
    touch = (relative[:, None, :] * rows).max(axis=2) * whole[:, None]
    counts = (case.is_open & (relative[:, None, :] > 0)).any(axis=2) * whole[:, None]
    kind = np.zeros(len(case.demand), dtype=np.int64)
    return Table(slack, kind, touch[None], levels.weight, levels.idle, counts, levels.constant)


def _distinct(relative: Floats) -> Floats:
    return np.unique(np.round(relative, _DECIMALS), axis=0)


def _by_corners(case: Case, tiers: Tiers, relative: Floats, whole: Floats) -> Table | None:
    """Return the table of people of different speeds, against the corner of the least prices; none if it is large."""
    is_open = case.is_open
    worth = np.where(is_open, tiers.worth, 0.0)
    key = np.concatenate((worth.transpose(1, 0, 2).reshape(len(is_open), -1), is_open), axis=1)
    _, first, kind = np.unique(key, axis=0, return_index=True, return_inverse=True)
    if len(first) > _MOST_KINDS:
        return None
    alike = _distinct(relative)
    rows: list[Floats] = []
    for interval in first.tolist():
        open_now = is_open[interval]
        worths = [worth[:, interval, queue].tolist() if open_now[queue] else [] for queue in range(len(open_now))]
        found = corners_of(worths, alike * open_now, _MOST_CORNERS)
        if found is None:
            return None
        rows.append(found)
    most = max(map(len, rows))
    slack = np.full((len(is_open), 1, most), _NEVER)
    touch = np.zeros((len(rows), len(relative), most))
    counts, constant = np.zeros((len(relative), len(is_open))), 0.0
    for number, prices in enumerate(rows):
        at = np.flatnonzero(kind == number)
        usable = relative * is_open[first[number]]
        # What somebody of each group is worth at each corner, and what all that is wanted costs there with nobody.
        value = np.where(usable[:, None, :] > 0, usable[:, None, :] * prices, -np.inf).max(axis=2)
        value = np.where(np.isfinite(value), value, 0.0) * whole[:, None]
        size, gain = tiers.size[:, at, None], np.maximum(worth[:, at, None] - prices, 0.0)
        full = (tiers.size * worth)[: tiers.above, at].sum(axis=(0, 2))
        cost = full[:, None] - (size * gain).sum(axis=(0, 3))
        slack[at, 0, : len(prices)] = cost - cost[:, :1]
        touch[number, :, : len(prices)] = value - value[:, :1]
        counts[:, at] = -value[:, :1]
        constant += float(cost[:, 0].sum())
    ones = np.ones(len(is_open))
    return Table(slack, kind.ravel(), touch, ones[:, None], ones, counts, constant)


class Cover:
    """The presence of everybody rostered so far, as slack by interval, level and row of the table.

    Parameters
    ----------
    case
        The problem.
    groups
        The distinct speeds of its people.
    """

    def __init__(self, case: Case, groups: list[Speeds]) -> None:
        self.groups = groups
        self.table = table_of(case, groups)
        self.slack: Floats = self.table.slack.copy()
        self._number = {group: number for number, group in enumerate(groups)}
        self._idle = 0.0

    def add(self, group: Speeds, presence: Floats, sign: int = 1) -> None:
        """Add (or with `sign=-1` take away) a person of those speeds, present for those shares of the intervals."""
        where = np.flatnonzero(presence)
        if not len(where):
            return
        table, number = self.table, self._number[group]
        low, high = int(where[0]), int(where[-1]) + 1
        touch = table.touch[table.kind[low:high], number]
        self.slack[low:high] -= sign * (presence[low:high, None] * touch)[:, None, :]
        counted = presence[low:high] * table.counts[number, low:high]
        self._idle += sign * float(counted @ table.idle[low:high])

    def cost(self) -> float:
        """Return the price of shortage and surplus."""
        worst = np.maximum(self.slack.max(axis=2), 0.0)
        return self.table.constant + self._idle + float((self.table.weight * worst).sum())
