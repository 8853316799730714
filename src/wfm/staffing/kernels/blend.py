"""Deferred work in the idle time of live agents, before heads are added for it.

A live contact interrupts the deferred work, which is put aside: the live queue then sees the same agents as before.
Up to the occupancy cap each idle agent-hour helps one deferred queue, never two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wfm.domain.targets import Deadline
from wfm.erlang.arrays import Floats, Ints
from wfm.staffing.kernels import deferred, programme
from wfm.staffing.kernels.rounding import TOLERANCE

__all__ = ["Item", "spare", "staff"]


class Item(NamedTuple):
    """One deferred queue: as the parameters of `deferred.staff`, and the interval of the idle time by its own."""

    load_erl: Floats
    aht_s: Floats
    deadline: Deadline
    min_agents: int
    place: Ints


def spare(agents: Ints, occupancy: Floats, cap: float) -> Floats:
    """Return the agents that may do other work, so that all in all nobody is busier than the cap.

    Examples
    --------
    >>> spare(np.array([10, 4]), np.array([0.5, 0.95]), 0.75).tolist()
    [2.5, 0.0]
    """
    return np.maximum(cap - occupancy, 0.0) * agents


def staff(items: list[Item], interval_s: float, idle: Floats) -> list[deferred.DeferredStaff]:
    """Return the staff of deferred queues that share the idle time of live agents.

    Parameters
    ----------
    items
        The queues.
    interval_s
        Length of an interval.
    idle
        Idle agents that may help, by interval.

    Returns
    -------
    list of DeferredStaff
        In the order of the queues. `bound` is the part of each in the fewest agent-intervals of all of them.
    """
    made = [deferred.window(item.load_erl, item.aht_s, interval_s, item.deadline) for item in items]
    surely = [_work(item, one, one.sooner) for item, one in zip(items, made, strict=True)]
    found = programme.solve(surely, idle)
    least = programme.solve([_work(item, one, one.due) for item, one in zip(items, made, strict=True)], idle)
    unused = idle.copy()
    for item, lent in zip(items, found.lent, strict=True):
        np.subtract.at(unused, item.place, lent)
    unused = np.maximum(unused, 0.0) / len(items)
    plans = []
    for number, (item, one) in enumerate(zip(items, made, strict=True)):
        lent = np.tile(found.lent[number], one.copies)
        help_ = lent + np.tile(unused[item.place], one.copies)
        chance = deferred.reserve(item.deadline, float(item.aht_s.max()))
        level = _smoothest(one, lent)
        # Idle time beyond what the plan uses is a reserve already.
        worked = level + lent
        level = np.maximum(level, np.where(worked > TOLERANCE, worked + chance - help_, 0.0))
        bound = float(least.agents[number].sum())
        plans.append(deferred.follow(item.load_erl, one, level, item.min_agents, help_, bound))
    return plans


def _smoothest(made: deferred.Window, lent: Floats) -> Floats:
    """Return the smoothest agents that do in time what is not done in idle time: a taut string again."""
    done = np.cumsum(lent)
    lower = np.maximum.accumulate(np.maximum(made.sooner - done, 0.0))
    upper = np.minimum.accumulate((made.arrived - done)[::-1])[::-1]
    return np.diff(deferred.taut_string(lower, np.maximum(upper, lower)), prepend=0.0)


def _work(item: Item, made: deferred.Window, by_then: Floats) -> programme.Work:
    return programme.Work(item.load_erl, (made.arrived - by_then)[made.own], item.place, item.min_agents)
