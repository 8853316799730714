"""Targets over a day or a week: the fewest agents for which the volume-weighted level holds.

Each interval has a curve of what every further agent buys. A level held over many intervals is bought where it is
cheapest: along the upper hull of each curve, the steepest piece first (a greedy rule, and the optimum of the
relaxation, hence also a lower bound). Whole agents near that answer are then searched exactly.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from wfm.erlang.arrays import Floats, Ints
from wfm.staffing.kernels.rounding import TOLERANCE

__all__ = ["Curve", "Spread", "fewest"]

# Agents above and below the greedy answer that are searched for a better one.
_AROUND = 4


class Curve(NamedTuple):
    """What a number of agents buys in one interval: `gain[k]` at `first + k` agents, never falling."""

    first: int
    gain: Floats


class Spread(NamedTuple):
    """Agents by interval, and the fewest that any plan could do with in all."""

    agents: Ints
    bound: int


def fewest(curves: list[Curve], wanted: float) -> Spread:
    """Return the fewest agents in all whose gains add up to what is wanted.

    Parameters
    ----------
    curves
        One for each interval, at least one.
    wanted
        Sum of gains that must be reached; the ends of the curves must reach it.

    Examples
    --------
    >>> curves = [Curve(0, np.array([0.0, 5.0, 6.0])), Curve(0, np.array([0.0, 2.0, 3.0]))]
    >>> fewest(curves, 7.0)
    Spread(agents=array([1, 1]), bound=2)
    """
    start = np.array([curve.first for curve in curves], dtype=np.int64)
    missing = wanted - math.fsum(curve.gain[0] for curve in curves)
    slack = TOLERANCE * max(abs(wanted), 1.0)
    if missing <= slack:
        return Spread(start, int(start.sum()))
    greedy, least = _greedy(curves, missing - slack)
    bound = int(start.sum()) + math.ceil(least - TOLERANCE * max(least, 1.0))
    total = int(greedy.sum())
    if total > bound:
        better = _search(curves, greedy, wanted - slack)
        greedy = better if better.sum() < total else greedy
    return Spread(greedy, bound)


def _greedy(curves: list[Curve], missing: float) -> tuple[Ints, float]:
    """Return whole pieces of the hulls, the steepest first, and the agents of the relaxed optimum above the start."""
    owner, width, gain = [], [], []
    for number, curve in enumerate(curves):
        corners = _hull(curve.gain)
        owner += [number] * (len(corners) - 1)
        width += np.diff(corners).tolist()
        gain += np.diff(curve.gain[corners]).tolist()
    owners, widths, gains = np.array(owner), np.array(width), np.array(gain)
    order = np.argsort(-gains / widths, kind="stable")
    reached = np.cumsum(gains[order])
    last = min(int(np.searchsorted(reached, missing)), len(order) - 1)
    taken = order[: last + 1]
    agents = np.array([curve.first for curve in curves], dtype=np.int64)
    np.add.at(agents, owners[taken], widths[taken])
    piece = order[last]
    over = max(float(reached[last]) - missing, 0.0) / gains[piece] * widths[piece]
    return agents, float(widths[taken].sum() - over)


def _hull(gain: Floats) -> Ints:
    """Return the corners of the upper hull of a curve, from its start to where it first is at its highest."""
    corners: list[int] = []
    for place in range(int(np.argmax(gain)) + 1):
        while len(corners) > 1:
            one, two = corners[-2], corners[-1]
            if (gain[two] - gain[one]) * (place - one) > (gain[place] - gain[one]) * (two - one):
                break
            corners.pop()
        corners.append(place)
    return np.array(corners, dtype=np.int64)


def _search(curves: list[Curve], around: Ints, wanted: float) -> Ints:
    """Return the fewest agents in all, each interval's within a few of a known answer.

    Interval by interval, the most that each total can buy (a dynamic programme over the total).
    """
    low = np.array([max(c.first, int(n) - _AROUND) for c, n in zip(curves, around, strict=True)])
    high = np.array([min(c.first + len(c.gain) - 1, int(n) + _AROUND) for c, n in zip(curves, around, strict=True)])
    best = np.zeros(1)
    choices: list[Ints] = []
    # More than the known answer needs is of no use.
    most = int((around - low).sum())
    for number, curve in enumerate(curves):
        options = curve.gain[low[number] - curve.first : high[number] - curve.first + 1]
        size = min(len(best) + len(options) - 1, most + 1)
        made, choice = np.full(size, -np.inf), np.zeros(size, dtype=np.int64)
        for extra, gain in enumerate(options.tolist()[:size]):
            part = best[: size - extra] + gain
            here = slice(extra, extra + len(part))
            better = part > made[here]
            made[here][better] = part[better]
            choice[here][better] = extra
        best = made
        choices.append(choice)
    total = int(np.flatnonzero(best >= wanted)[0])
    agents = low.copy()
    for number in range(len(curves) - 1, -1, -1):
        extra = int(choices[number][total])
        agents[number] += extra
        total -= extra
    return agents
