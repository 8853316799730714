"""Volumes that are not known: scenarios of them, and the staff that holds its targets across the scenarios.

A level falls ever faster as the volume rises, so the level of the mean volume is better than the mean level. Staff
that meets a target in expectation is found by mixing what each scenario would see, weighted by its contacts.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wfm.domain.queue import Queue
from wfm.domain.targets import (
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
    Target,
)
from wfm.erlang.arrays import Floats, Ints
from wfm.staffing.kernels import live

__all__ = ["Scenarios", "expected", "of_quantiles", "surest"]

# Equal slices of probability that stand for a distribution given by its quantiles.
_SLICES = 40
_SLACK = 1e-9


class Scenarios(NamedTuple):
    """Volumes by scenario and interval, and the probability of each scenario."""

    offered: Floats
    weight: Floats


def of_quantiles(levels: Floats, values: Floats, confidence: float | None = None) -> Scenarios:
    """Return scenarios in which every interval is at the same level of its distribution.

    Parameters
    ----------
    levels
        Levels of the quantiles, rising in (0, 1).
    values
        Their values, a row for each level and a column for each interval.
    confidence
        Level of a single scenario instead: what holds there holds at every lower volume, so with that probability.

    Notes
    -----
    Between and beyond the levels the volume is linear in the normal score of the level, and never below 0.

    Examples
    --------
    >>> found = of_quantiles(np.array([0.1, 0.5, 0.9]), np.array([[8.0], [10.0], [12.0]]))
    >>> found.offered.shape, round(float(found.weight @ found.offered[:, 0]), 6)
    ((40, 1), 10.0)
    """
    normal = NormalDist()
    known = np.array([normal.inv_cdf(level) for level in levels.tolist()])
    points = [(number + 0.5) / _SLICES for number in range(_SLICES)] if confidence is None else [confidence]
    asked = np.array([normal.inv_cdf(point) for point in points])
    right = np.clip(np.searchsorted(known, asked), 1, len(known) - 1)
    share = ((asked - known[right - 1]) / (known[right] - known[right - 1]))[:, None]
    offered = np.maximum(values[right - 1] * (1.0 - share) + values[right] * share, 0.0)
    return Scenarios(offered, np.full(len(points), 1.0 / len(points)))


def surest(agents: Ints, weight: Floats, confidence: float) -> Ints:
    """Return the fewest agents that suffice in scenarios of a given probability in all, interval by interval.

    Parameters
    ----------
    agents
        What each scenario needs, a row for each.
    weight
        Probability of each scenario.
    confidence
        Probability with which the targets must hold.

    Examples
    --------
    >>> surest(np.array([[3], [9], [5], [4]]), np.full(4, 0.25), 0.75).tolist()
    [5]
    """
    order = np.argsort(agents, axis=0, kind="stable")
    reached = np.cumsum(weight[order], axis=0) >= confidence - _SLACK
    first = np.argmax(reached, axis=0)
    every = np.arange(agents.shape[1])
    found: Ints = agents[order[first, every], every]
    return found


def expected(queue: Queue, scenarios: Scenarios, aht_s: Floats, interval_s: float) -> Ints:
    """Return the fewest agents that meet every target of a queue in expectation, interval by interval.

    A scenario that outgrows staff without abandonment counts as a level of 0, a wait without end and full occupancy.
    """
    aht = np.broadcast_to(aht_s, scenarios.offered.shape)
    stable = live.fewest(queue, scenarios.offered, aht, interval_s, live.answered_at_all(queue))
    high: Ints = live.fewest(queue, scenarios.offered, aht, interval_s, queue.targets).max(axis=0)
    low = np.full(high.shape, -1, dtype=np.int64)
    while (high - low > 1).any():
        middle = (low + high + 1) // 2
        holds = _hold(queue, scenarios, aht, interval_s, middle, stable)
        high, low = np.where(holds, middle, high), np.where(holds, low, middle)
        low = np.minimum(low, high - 1)
    return high


def _hold(
    queue: Queue, scenarios: Scenarios, aht: Floats, interval_s: float, agents: Ints, stable: Ints
) -> npt.NDArray[np.bool_]:
    """Whether every target holds in expectation at `agents`, by interval."""
    volume, weight = scenarios.offered, scenarios.weight[:, None]
    staffed = np.broadcast_to(agents, volume.shape)
    usable = (staffed >= stable) & (volume > 0)
    holds = np.ones(agents.shape, dtype=bool)
    contacts = (weight * volume).sum(axis=0)
    for target in queue.targets:
        missed = np.where(volume > 0, np.inf if isinstance(target, MeanAnswer) else 1.0, 0.0)
        missed[usable] = _missed(queue, target, volume[usable], aht[usable], interval_s, staffed[usable])
        if isinstance(target, MaxOccupancy):
            holds &= (weight * missed).sum(axis=0) <= target.fraction * (1.0 + _SLACK)
        else:
            holds &= (weight * volume * missed).sum(axis=0) <= _allowed(target) * contacts * (1.0 + _SLACK)
    return holds


def _allowed(target: Target) -> float:
    if isinstance(target, ServiceLevel):
        return 1.0 - target.fraction
    if isinstance(target, LongestWait):
        return target.breach
    if isinstance(target, MeanAnswer):
        return target.within_s
    return float(target.fraction)


def _missed(
    queue: Queue, target: Target, volume: Floats, aht: Floats, interval_s: float, agents: Ints
) -> npt.NDArray[np.float64]:
    """Return what a target limits: a share missed, a mean wait, an occupancy."""
    level = target if isinstance(target, ServiceLevel) else None
    if isinstance(target, LongestWait):
        level = ServiceLevel(1.0 - target.breach, target.within, basis=ServiceLevelBasis.VIRTUAL)
    found = live.achieved(queue, volume, aht, interval_s, agents, level)
    if level is not None:
        return np.asarray(found.missed_level(level.basis))
    if isinstance(target, MeanAnswer):
        return np.asarray(found.asa_s)
    return np.asarray(found.abandonment if isinstance(target, MaxAbandonment) else found.occupancy)
