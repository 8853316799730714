"""What one more agent of a queue is worth: the first ones most, those above the requirement less than nothing.

The price of missing and idle agents of a queue and interval is convex, so it is a sum of steps ("tiers"): agents below
the floor, then the steps of the shortage from the dearest to the cheapest, then those of the surplus. An agent at work
saves the price of the first tier that is not full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wfm.roster.problem import Case, Floats, Ints

__all__ = ["Tiers", "tiers_of"]


@dataclass(frozen=True, eq=False)
class Tiers:
    """The tiers of every queue and interval, as tiers x intervals x queues.

    Parameters
    ----------
    size
        Agents of each tier; the last is as large as all people together. 0 where the queue is closed.
    worth
        What an agent of the tier saves in an interval; never rising from tier to tier. Those from `above` on are above
        the requirement, where it is 0 or less: a price.
    above
        Number of the first tier above the requirement.
    """

    size: Floats
    worth: Floats
    above: int

    def shortage_cost(self, rostered: Floats, rows: slice | Ints = slice(None)) -> Floats:
        """Return the price of what is missing where `rostered` agents are there, as intervals x queues."""
        size, worth = self.size[: self.above, rows], self.worth[: self.above, rows]
        cost: Floats = ((size - self._filled(rostered, rows)[: self.above]) * worth).sum(axis=0)
        return cost

    def surplus_cost(self, rostered: Floats, rows: slice | Ints = slice(None)) -> Floats:
        """Return the price of what is above the requirement, likewise."""
        cost: Floats = -(self._filled(rostered, rows) * self.worth[:, rows])[self.above :].sum(axis=0)
        return cost

    def _filled(self, rostered: Floats, rows: slice | Ints) -> Floats:
        size = self.size[:, rows]
        before = np.cumsum(size, axis=0) - size
        filled: Floats = np.clip(rostered - before, 0.0, size)
        return filled

    @property
    def has_one_shortage_price(self) -> bool:
        """Whether every missing agent costs the same."""
        return _is_one(self.size[: self.above], self.worth[: self.above])

    @property
    def has_one_surplus_price(self) -> bool:
        """Whether every idle agent costs the same."""
        return _is_one(self.size[self.above :], self.worth[self.above :])


def _is_one(size: Floats, worth: Floats) -> bool:
    return len(np.unique(worth[size > 0])) <= 1


def tiers_of(case: Case) -> Tiers:
    """Return the tiers of a case from its requirement and the prices of its centre."""
    if case.bought is not None:
        return case.bought
    prices, hour = case.centre.prices, case.interval_h
    demand, is_open = case.demand, case.is_open
    floor = _column(case, "floor", 0.0)
    short = _column(case, "shortage_price", case.shortage_price) * hour
    over = _column(case, "surplus_price", case.surplus_price) * hour
    size, worth = [], []
    # From the first agent on: the steps of the shortage backwards, each cut where the floor ends.
    steps = ((0.0, 1.0), *prices.shortage_steps)
    lower = np.zeros(demand.shape)
    for share, factor in reversed(steps):
        upper = demand * (1 - share)
        middle = np.clip(floor, lower, upper)
        if (middle > lower).any():
            size.append(middle - lower)
            worth.append(short * max(factor, prices.floor_factor))
        size.append(upper - middle)
        worth.append(short * factor)
        lower = upper
    above = len(size)
    steps = ((0.0, 1.0), *prices.surplus_steps)
    everybody = 2.0 * sum(max(person.speeds) for person in case.people) + 1.0
    for number, (share, factor) in enumerate(steps):
        last = number + 1 == len(steps)
        size.append(np.full(demand.shape, everybody) if last else demand * (steps[number + 1][0] - share))
        worth.append(-over * factor)
    return Tiers(np.where(is_open, np.stack(size), 0.0), np.stack(worth), above)


def _column(case: Case, name: str, default: float) -> Floats:
    """Return an optional column of the requirement by interval and queue; what is missing is the default."""
    values = np.full(case.demand.shape, default)
    if name in case.requirement:
        given = case.requirement[name].to_numpy(dtype=float)
        values[case.row_interval, case.row_queue] = np.where(np.isnan(given), default, given)
    return values
