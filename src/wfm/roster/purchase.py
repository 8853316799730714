"""The search for prices at which targets are met, and the cheapest roster seen on the way that meets them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wfm.roster.buying import Curves
from wfm.roster.frames import activities_frame, coverage_frame
from wfm.roster.problem import Floats
from wfm.roster.search.lines import Plan

__all__ = ["ROUNDS", "Purchase"]

ROUNDS = 8  # short searches for prices


class Purchase:
    """Coverage bought from level curves so that the targets of every queue and scope are met.

    Agents come in whole shifts, so a price at which the target is met may have others too that are not; of all rosters
    seen the one is kept that misses fewest targets, and of those the one with the lowest pay.

    Parameters
    ----------
    plan
        A legal plan.
    curves
        The level curves.
    """

    def __init__(self, plan: Plan, curves: Curves) -> None:
        self._plan, self._curves = plan, curves
        self._rank = (np.inf, np.inf)
        self._lines = tuple(plan.lines)

    def seek(self, search: Callable[[int], object]) -> None:
        """Find prices in some searches, each of which is told its number, and leave the plan priced by them."""
        plan, curves = self._plan, self._curves
        prices = curves.first_prices()
        cheapest = np.full(len(prices), np.inf)  # at which the target was met
        dearest = np.zeros(len(prices))  # at which it was not
        for number in range(ROUNDS):
            plan.reprice(curves.case_at(prices))
            search(number)
            levels = self._look()
            met = curves.met(levels)
            cheapest = np.where(met, np.minimum(cheapest, prices), cheapest)
            dearest = np.where(met, dearest, np.maximum(dearest, prices))
            prices = curves.next_prices(prices, levels)
            inside = (dearest > 0) & np.isfinite(cheapest) & (dearest < cheapest)
            prices = np.where(inside, np.sqrt(dearest * np.where(inside, cheapest, 1.0)), prices)
        plan.reprice(curves.case_at(np.where(np.isfinite(cheapest), cheapest, prices)))

    def settle(self) -> None:
        """Give the plan the best of all rosters seen, that of the last search among them."""
        self._look()
        for number, line in enumerate(self._lines):
            self._plan.set_line(number, line)

    def _look(self) -> Floats:
        """Return the levels of the plan, and keep it if none before was better."""
        plan = self._plan
        coverage = coverage_frame(plan.case, activities_frame(plan))
        rostered = np.zeros(plan.case.demand.shape)
        rostered[plan.case.row_interval, plan.case.row_queue] = coverage["rostered"].to_numpy(dtype=float)
        levels = self._curves.levels(rostered)
        rank = (float((~self._curves.met(levels)).sum()), plan.cost() - plan.cover.cost())
        if rank < self._rank:
            self._rank, self._lines = rank, tuple(plan.lines)
        return levels
