"""Prices at which the shortage of an interval can turn where people are faster on some queues than on others.

What an interval lacks at least, priced, is a linear programme: the time of each group of people is shared among their
queues, and a head on a queue does its speed. By duality that price is the largest, over prices of work by queue, of
what all tiers are worth at these prices less, for each person there, the price of the queue on which their work is
worth most. The largest is found where each queue's price is the worth of one of its tiers, or ties it with that of
another queue for somebody who serves both, or is 0, where all ties meet; there are finitely many such corners, whoever
is there and whatever is wanted. With one speed everywhere they are the sets of queues of `cover`.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from wfm.roster.problem import Floats

__all__ = ["corners_of"]

_SAME = 9  # decimals to which corners differ
_MOST_CHOICES = 20_000  # ways to give queues the worth of one of their tiers, or none yet
_MOST_TIES = 2_000  # ways to tie the others to these


def corners_of(worths: list[list[float]], speeds: Floats, most: int) -> Floats | None:
    """Return the corners, as corners x queues, that of the least prices first; none if there are more than `most`.

    Parameters
    ----------
    worths
        What the tiers of each queue are worth; nothing where it is closed.
    speeds
        How fast each group of people is on each queue, 0 where they cannot serve it.
    most
        Ceiling on the corners.
    """
    found: set[tuple[float, ...]] = set()
    scale = max((abs(value) for some in worths for value in some), default=0.0) or 1.0
    anchors = [_anchors([value / scale for value in some]) for some in worths]
    low, high = (np.array([pick(some) if some else 0.0 for some in anchors]) for pick in (min, max))
    choices = [[*some, None] if some else [0.0] for some in anchors]
    if prod(map(len, choices)) > _MOST_CHOICES:
        return None
    for chosen in product(*choices):
        tied = _tied(chosen, speeds, low, high)
        found |= {_rounded(_raised(np.array(prices), speeds, high)) for prices in tied}
        if max(len(found) - most, len(tied) - _MOST_TIES) > 0:
            return None
    lowest = _rounded(_raised(low, speeds, high))
    return scale * np.array(sorted(found, key=lambda corner: (corner != lowest, corner)))


def _anchors(worths: list[float]) -> list[float]:
    """Return the prices that a queue may have by itself."""
    crosses = bool(worths) and min(worths) < 0 < max(worths)
    return sorted({*worths, 0.0} if crosses else set(worths))


def _tied(chosen: tuple[float | None, ...], speeds: Floats, low: Floats, high: Floats) -> set[tuple[float, ...]]:
    """Return the ways to tie the queues that have no price yet to those that have, or so many that it is too many."""
    partial: set[tuple[float | None, ...]] = {chosen}
    for _ in range(chosen.count(None)):
        if len(partial) <= _MOST_TIES:
            partial = {more for some in partial for more in _one_more(some, speeds, low, high)}
    return {tuple(0.0 if value is None else value for value in some) for some in partial}


def _one_more(
    prices: tuple[float | None, ...], speeds: Floats, low: Floats, high: Floats
) -> set[tuple[float | None, ...]]:
    """Return the prices with one more queue tied by some group for which no other queue is worth more."""
    known = [queue for queue, value in enumerate(prices) if value is not None]
    value = np.array([0.0 if price is None else price for price in prices])
    found: set[tuple[float | None, ...]] = set()
    for speed in speeds:
        served = [queue for queue in known if speed[queue] > 0]
        if not served:
            continue
        worth = max(speed[queue] * value[queue] for queue in served)
        for queue, price in enumerate(prices):
            if price is None and speed[queue] > 0 and low[queue] < worth / speed[queue] < high[queue]:
                tied = round(float(worth / speed[queue]), _SAME)
                found.add((*prices[:queue], tied, *prices[queue + 1 :]))
    return found


def _raised(prices: Floats, speeds: Floats, high: Floats) -> Floats:
    """Return the highest prices at which nobody's work is worth more than it is: they are as good or better."""
    raised = high.copy()
    for speed in speeds:
        served = speed > 0
        if served.any():
            worth = (speed[served] * prices[served]).max()
            raised[served] = np.minimum(raised[served], worth / speed[served])
    return raised


def _rounded(prices: Floats) -> tuple[float, ...]:
    return tuple(np.round(prices, _SAME).tolist())
