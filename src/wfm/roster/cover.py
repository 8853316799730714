"""Who is present when, what that leaves short, and what one more person is worth.

With equal proficiency the least shortage of an interval over all ways to share present people among queues is, by
max-flow min-cut, the largest over the sets K of queues of

    demand of K - people who serve at least one queue of K.

So a table `slack[interval, K]` gives the shortage at once; no person is counted for two queues. Source: Gale's
supply-demand theorem (1957).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from wfm.roster.problem import Case, Flags, Floats

__all__ = ["Cover", "queue_sets"]

_ALL_SETS_UP_TO = 8


def queue_sets(n_queues: int, groups: list[tuple[bool, ...]]) -> Flags:
    """Return the sets of queues that are looked at, as sets x queues; the empty one first.

    All of them for up to eight queues; else those of one or two queues, the skill sets and the whole.
    """
    sizes = range(n_queues + 1) if n_queues <= _ALL_SETS_UP_TO else range(3)
    chosen = {frozenset(some) for size in sizes for some in combinations(range(n_queues), size)}
    chosen |= {frozenset(np.flatnonzero(group).tolist()) for group in groups} | {frozenset(range(n_queues))}
    table = np.zeros((len(chosen), n_queues), dtype=bool)
    for row, some in enumerate(sorted(chosen, key=lambda s: (len(s), sorted(s)))):
        table[row, sorted(some)] = True
    return table


class Cover:
    """The presence of everybody rostered so far, as slack by interval and set of queues.

    Parameters
    ----------
    case
        The problem.
    groups
        The distinct skill sets of its people.
    """

    def __init__(self, case: Case, groups: list[tuple[bool, ...]]) -> None:
        self.sets = queue_sets(len(case.queues), groups)
        self.slack: Floats = case.demand @ self.sets.T.astype(float)
        self._short_price = case.shortage_price * case.interval_h
        self._over_price = case.surplus_price * case.interval_h
        self.touch: dict[tuple[bool, ...], Floats] = {
            group: (self.sets & np.array(group)).any(axis=1).astype(float) for group in groups
        }
        # Work outside the hours of all of a person's queues covers nothing and is no surplus.
        self.counts: dict[tuple[bool, ...], Flags] = {
            group: np.asarray(case.is_open[:, np.array(group)].any(axis=1)) for group in groups
        }
        self._surplus = np.zeros(len(case.demand))
        self._demand = case.demand.sum(axis=1)

    def add(self, group: tuple[bool, ...], presence: Floats, sign: int = 1) -> None:
        """Add (or with `sign=-1` take away) a person of that skill set, present for those shares of the intervals."""
        where = np.flatnonzero(presence)
        if not len(where):
            return
        low, high = int(where[0]), int(where[-1]) + 1
        self.slack[low:high] -= sign * np.multiply.outer(presence[low:high], self.touch[group])
        self._surplus[low:high] += sign * presence[low:high] * self.counts[group][low:high]

    def short(self) -> Floats:
        """Return the shortage of each interval in agents, all queues together."""
        result: Floats = self.slack.max(axis=1)
        return result

    def cost(self) -> float:
        """Return the price of shortage and surplus."""
        short = self.short()
        cost = self._short_price * float(short.sum())
        if self._over_price:
            over = np.maximum(self._surplus - (self._demand - short), 0)
            cost += self._over_price * float(over.sum())
        return cost
