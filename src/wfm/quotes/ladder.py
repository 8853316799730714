"""Erlang C as a ladder: what each further agent above the load buys, for many loads at once.

A quote asks one week many questions: the target, its other readings, the levels of the Pareto curve, the waits. All of
them are read from one table of the probability to wait, a row for each agent more. The rows follow from 1/B(n) = 1 +
n / A 1/B(n-1); the start and the formulas are those of `wfm.erlang`, which answers one question at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wfm.domain.targets import LongestWait, MaxOccupancy, MeanAnswer, ServiceLevel, Target
from wfm.erlang.goals import OCCUPANCY_TOLERANCE

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints

__all__ = ["Ladder"]

# Rows to begin with, enough for what is usually promised: some, and more by the root of the largest load.
_FIRST_ROWS, _ROWS_BY_ROOT = 5, 1.6
# Below this load a sum of as many terms is quicker than the expansion for large loads.
_SUM_BELOW = 60.0


class Ladder:
    """The probability to wait at each number of agents above some loads.

    Parameters
    ----------
    load
        Erlangs, above 0.
    aht_s
        Mean handle times; a number where they are all the same.

    Examples
    --------
    >>> ladder = Ladder(np.array([10.0]), np.array([180.0]))
    >>> ladder.fewest([ServiceLevel(0.8, "20s")]).tolist()
    [14]
    """

    def __init__(self, load: Floats, aht_s: Floats | float) -> None:
        self.load, self.aht_s = load, aht_s
        self._whole, largest = np.floor(load), float(load.max())
        self.first: Ints = self._whole.astype(np.int64) + 1
        self._next = _inverse_b(load, self._whole, largest)  # 1/B with one agent fewer than the next row
        self.spare = self.wait = self._log_wait = np.empty((0, len(load)))
        self._grow(_FIRST_ROWS + int(_ROWS_BY_ROOT * math.sqrt(largest)))

    def _grow(self, rows: int) -> None:
        """Add rows."""
        n = self._whole + np.arange(len(self.wait) + 1.0, len(self.wait) + rows + 1.0)[:, None]
        spare, ratio = n - self.load, n / self.load
        inverse = np.empty((rows + 1, len(self.load)))
        inverse[0] = self._next
        # 1/B leaves the floats where hardly anybody waits: the probability is then 0.
        with np.errstate(over="ignore", divide="ignore"):
            # With P(n) the product of the ratios up to n, 1/B(n) = P(n) (1/B + 1/P + ... + 1/P(n)): all rows at once.
            grown = ratio.cumprod(axis=0)
            after = inverse[1:]
            np.divide(1.0, grown, out=after).cumsum(axis=0, out=after)
            after += self._next
            after *= grown
            self._next = inverse[rows].copy()
            # C(n) = A / (A + (n - A) / B(n-1)).
            wait = inverse[:rows]
            wait *= spare
            wait += self.load
            np.divide(self.load, wait, out=wait)
            log_wait = np.log(wait)
        if len(self.wait):
            spare, wait = np.vstack([self.spare, spare]), np.vstack([self.wait, wait])
            log_wait = np.vstack([self._log_wait, log_wait])
        self.spare, self.wait, self._log_wait = spare, wait, log_wait

    def fewest(self, targets: Iterable[Target]) -> Ints:
        """Return the fewest agents that meet all targets, by load; the ladder grows as far as it must."""
        goals = tuple(targets)
        waits = [goal for goal in goals if not isinstance(goal, MaxOccupancy)]
        while True:
            holds = self._holds(waits)
            if holds[-1].all():
                break
            self._grow(len(self.wait))
        found: Ints = self.first + holds.argmax(axis=0)
        for goal in goals:
            if isinstance(goal, MaxOccupancy):
                cap = np.ceil(self.load / goal.fraction * (1.0 - OCCUPANCY_TOLERANCE)).astype(np.int64)
                found = np.maximum(found, cap)
        return found

    def _holds(self, waits: Sequence[Target]) -> npt.NDArray[np.bool_]:
        holds: npt.NDArray[np.bool_] | None = None
        for goal in waits:
            if isinstance(goal, MeanAnswer):
                met = self.wait * self.aht_s <= goal.within_s * self.spare
            elif isinstance(goal, ServiceLevel | LongestWait):
                # What waits longer is wait x exp(-spare x within / aht); its logarithm asks for no power.
                worn = self.spare * (goal.within_s / self.aht_s)
                worn += math.log(_allowed(goal))
                met = self._log_wait <= worn
            else:
                continue
            holds = met if holds is None else holds & met
        return np.ones(self.wait.shape, dtype=bool) if holds is None else holds

    def ratios(self, targets: Iterable[Target], agents: Ints) -> Floats:
        """Return the logarithm of the worst of missed over allowed at some staff above the load; 0 or less holds."""
        load, aht = self.load, self.aht_s
        row = np.asarray(agents) - self.first
        while row.max() >= len(self.wait):
            self._grow(len(self.wait))
        at = (row, np.arange(len(load)))
        wait, spare = self.wait[at], self.spare[at]
        worst = np.full(len(load), -np.inf)
        with np.errstate(divide="ignore"):
            for goal in targets:
                if isinstance(goal, MeanAnswer):
                    found = np.log(wait * aht / (spare * goal.within_s))
                elif isinstance(goal, MaxOccupancy):
                    found = np.log(load / (agents * goal.fraction))
                elif isinstance(goal, ServiceLevel | LongestWait):
                    found = np.log(wait / _allowed(goal)) - spare * goal.within_s / aht
                worst = np.maximum(worst, found)
        return worst

    def at(self, agents: Ints) -> tuple[Floats, Floats] | None:
        """Return the probability to wait and the agents above the load at some staff; none off the ladder."""
        row = agents - self.first
        if row.min() < 0 or row.max() >= len(self.wait):
            return None
        place = (row, np.arange(len(self.load)))
        return self.wait[place], self.spare[place]


def _inverse_b(load: Floats, whole: Floats, largest: float) -> Floats:
    """Return 1 / B(n, A) for n = floor(A), which are given with the largest A."""
    if largest < _SUM_BELOW:
        return _inverse_b_below(load, whole)
    from wfm.erlang.gamma import TEMME_FROM
    from wfm.erlang.gamma_arrays import inverse_b_at_load

    large = load >= TEMME_FROM
    inverse = np.empty(len(load))
    inverse[large] = inverse_b_at_load(load[large])
    if not large.all():
        inverse[~large] = _inverse_b_below(load[~large], whole[~large])
    return inverse


def _inverse_b_below(load: Floats, whole: Floats) -> Floats:
    """Return 1 / B(n, A) for n = floor(A) by the sum of n! / (n - k)! A^-k, whose terms are at most 1."""
    factors = whole - np.arange(whole.max())[:, None]
    np.maximum(factors, 0.0, out=factors)
    factors /= load
    return np.asarray(1.0 + factors.cumprod(axis=0, out=factors).sum(axis=0))


def _allowed(goal: ServiceLevel | LongestWait) -> float:
    return 1.0 - goal.fraction if isinstance(goal, ServiceLevel) else goal.breach
