"""Deferred work: messages, social media and cases that are due hours later, over business time.

The work is a fluid that agents take earliest deadline first. The work done by the end of an interval lies between
what is due by then and what has come in by then; between these two bounds the shortest path (a taut string) is the
smoothest staff that uses no more hours than there is work. Business time is the row of open intervals: what comes in
before closing time and is due after opening is carried overnight.

Chance is met twice over. Work comes in unevenly around its forecast, and what has piled up since the agents last ran
out of work has a spread: work is planned to be done that much before it is due. And against the slow drift of such
errors there is a reserve: with load A at n agents, a backlog lasts longer than t with a probability of at most
exp(-(n - A) t / AHT) (Erlang C without its factor for waiting at all); the reserve is n - A solved from that, with half
of the time that the deadline leaves as t, the other half being for the backlog that is planned.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from wfm.domain.targets import Deadline
from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.inputs import check_loads
from wfm.errors import DataError, Problem
from wfm.staffing.kernels.rounding import TOLERANCE

__all__ = ["DeferredStaff", "Window", "follow", "lag", "reserve", "staff", "taut_string", "tightest", "window"]

# No staff can promise a share of 1; it is planned as this one.
_SUREST = 0.999
_ROUNDS = 3
_AHEAD = 64


class DeferredStaff(NamedTuple):
    """Agents by interval; `done` and `backlog` are agent-intervals of work in and at the end of each.

    `opening` is the backlog before the first interval: opening plus load is done plus backlog, at every point. `lent`
    is the part of `done` that was done in the idle time of live agents; `bound` the least agent-intervals of any plan.
    """

    load_erl: Floats
    agents: Ints
    level: Floats
    done: Floats
    backlog: Floats
    opening: float
    lent: Floats
    bound: float


def tightest(deadlines: tuple[Deadline, ...]) -> Deadline:
    """Return the deadline that leaves the least time, and of these the surest."""
    return min(deadlines, key=lambda deadline: (deadline.within_s, -deadline.fraction))


def lag(deadline: Deadline, aht_s: float, interval_s: float) -> int:
    """Return the whole intervals that work may lie before it is begun, so that it is done in time.

    Raises
    ------
    DataError
        If the work takes longer than its deadline allows.
    """
    left = deadline.within_s - aht_s
    if left <= 0:
        what = f"an AHT of {aht_s:g} s against the target '{deadline}'"
        raise DataError(Problem(what, remedy="no staff can do it in time; give a longer deadline"))
    return math.floor(left / interval_s + TOLERANCE)


def reserve(deadline: Deadline, aht_s: float) -> float:
    """Return the agents beyond the load that keep chance from breaking the deadline too often."""
    miss = 1.0 - min(deadline.fraction, _SUREST)
    return aht_s * math.log(1.0 / miss) / (0.5 * (deadline.within_s - aht_s))


class Window(NamedTuple):
    """A plan repeated before and after itself: cumulated work that has come in, is due, and is better done by then.

    With a known backlog (`opening`) nothing stands before the plan.
    """

    arrived: Floats
    due: Floats
    sooner: Floats
    own: slice
    copies: int
    opening: float


def window(
    load_erl: Floats, aht_s: Floats, interval_s: float, deadline: Deadline, waiting: Floats | None = None
) -> Window:
    """Return the bounds of the work done, far enough around the plan that its own start and end are not felt.

    Parameters
    ----------
    load_erl, aht_s, interval_s, deadline, waiting
        As in `staff`.
    """
    check_loads(load_erl, load_erl.shape)
    size, longest = len(load_erl), float(aht_s.max())
    wait = lag(deadline, longest, interval_s)
    around = math.ceil(wait / size) + 1 if wait else 0
    before = around if waiting is None else 0
    copies = before + 1 + around
    arrived = np.cumsum(np.tile(load_erl, copies))
    due = np.concatenate([np.zeros(wait), arrived[: len(arrived) - wait]])
    opening = 0.0
    if waiting is not None:
        opening = float(waiting.sum())
        arrived = arrived + opening
        due = due + np.minimum(np.cumsum(np.append(waiting, np.zeros(len(due)))[: len(due)]), opening)
    due[-1] = arrived[-1]
    spread = NormalDist().inv_cdf(max(0.5, min(deadline.fraction, _SUREST))) * math.sqrt(2.0 * longest / interval_s)
    sooner = _with_spread(due, arrived, spread)
    return Window(arrived, due, sooner, slice(before * size, (before + 1) * size), copies, opening)


def staff(
    load_erl: Floats,
    aht_s: Floats,
    interval_s: float,
    deadline: Deadline,
    min_agents: int,
    waiting: Floats | None = None,
) -> DeferredStaff:
    """Return the staff that keeps a deadline.

    The time before and after is taken to be like the time that is planned: the first interval opens with the backlog
    that the last one would leave to it, unless it is known. So no work is lost between one plan and the next, and none
    is forced into the last hour.

    Parameters
    ----------
    load_erl
        Work that comes in, in agent-intervals, by open interval.
    aht_s
        Mean handle time by interval; the longest one counts for the deadline.
    interval_s
        Length of an interval.
    deadline
        The deadline.
    min_agents
        Fewest agents.
    waiting
        Work that waits at the beginning, in agent-intervals, by the interval at whose end it must be done; one value
        more is for what is due after the plan. Default: the backlog that the plan would leave to itself.

    Notes
    -----
    Of all plans that keep the deadline the taut string has the least sum of any convex cost of the staff. So it is
    an optimum of the linear programme of the fewest agent-hours, too, whatever the minimum of agents: `bound`.
    """
    made = window(load_erl, aht_s, interval_s, deadline, waiting)
    level = np.diff(taut_string(made.sooner, made.arrived), prepend=0.0)
    level = np.where(level > TOLERANCE, level + reserve(deadline, float(aht_s.max())), 0.0)
    if waiting is None:
        smoothest = np.diff(taut_string(made.due, made.arrived), prepend=0.0)[made.own]
    else:
        # What is due later may be left to the time after the plan.
        due = made.due[made.own]
        smoothest = np.diff(taut_string(due, np.minimum(made.arrived[made.own], due[-1])), prepend=0.0)
    bound = float(np.maximum(smoothest, min_agents).sum())
    return follow(load_erl, made, level, min_agents, np.zeros(len(level)), bound)


def follow(load_erl: Floats, made: Window, level: Floats, min_agents: int, idle: Floats, bound: float) -> DeferredStaff:
    """Return whole agents that follow a level of agents over the window, with the idle time of others beside them."""
    agents, done = _whole(level, made.due, made.arrived, min_agents, idle)
    backlog = np.maximum(made.arrived - np.cumsum(done), 0.0)
    own = made.own
    opening = float(backlog[own.start - 1]) if own.start else made.opening
    lent = np.maximum(done - agents, 0.0)[own]
    return DeferredStaff(load_erl, agents[own], level[own], done[own], backlog[own], opening, lent, bound)


def _with_spread(due: Floats, arrived: Floats, spread: float) -> Floats:
    """Return the work to be done by the end of each interval so that chance does not make it late.

    With Poisson arrivals and exponential handle times the variance of an amount of work is that amount times 2 AHT.
    It counts from the last time that the planned backlog was empty, which the plan itself decides: a few rounds do.
    """
    sooner = due
    for _ in range(_ROUNDS):
        path = taut_string(sooner, arrived)
        empty = arrived - path <= TOLERANCE * np.maximum(arrived, 1.0)
        since = arrived - np.maximum.accumulate(np.where(empty, arrived, 0.0))
        sooner = np.maximum.accumulate(np.clip(due + spread * np.sqrt(np.maximum(since, 0.0)), due, arrived))
    return sooner


def taut_string(lower: Floats, upper: Floats) -> Floats:
    """Return the shortest path from 0 that stays between two rising bounds and ends where they meet.

    Examples
    --------
    >>> taut_string(np.array([0.0, 0.0, 1.0, 6.0]), np.array([4.0, 5.0, 6.0, 6.0])).tolist()
    [1.5, 3.0, 4.5, 6.0]
    """
    path = np.empty(len(lower))
    first, value = 0, 0.0
    while first < len(path):
        ahead = _AHEAD
        while True:
            # Most stretches end soon: looking at the whole rest each time would take the square of its length.
            near = slice(first, first + ahead)
            run = np.arange(1, len(path[near]) + 1)
            steepest = (upper[near] - value) / run
            flattest = (lower[near] - value) / run
            ceiling, floor = np.minimum.accumulate(steepest), np.maximum.accumulate(flattest)
            crossed = np.flatnonzero(floor > ceiling)
            if len(crossed) or near.stop >= len(path):
                break
            ahead *= 4
        if not len(crossed):
            # The bounds meet at the end, which is in sight.
            last, slope = len(run) - 1, float(floor[-1])
        elif flattest[crossed[0]] > ceiling[crossed[0]]:
            last, slope = int(np.argmin(steepest[: crossed[0] + 1])), float(ceiling[crossed[0]])
        else:
            last, slope = int(np.argmax(flattest[: crossed[0] + 1])), float(floor[crossed[0]])
        path[first : first + last + 1] = value + slope * run[: last + 1]
        value, first = float(path[first + last]), first + last + 1
    return path


def _whole(level: Floats, due: Floats, arrived: Floats, min_agents: int, idle: Floats) -> tuple[Ints, Floats]:
    """Return whole agents that follow a level, and the work done in each interval, in the idle time of others too.

    The fraction of an agent is carried to the next interval, unless work falls due before.
    """
    agents = np.zeros(len(level), dtype=np.int64)
    work = np.zeros(len(level))
    carried = finished = 0.0
    rows = zip(level.tolist(), due.tolist(), arrived.tolist(), idle.tolist(), strict=True)
    for place, (wanted, must, most, free) in enumerate(rows):
        carried += wanted
        needed = math.ceil((must - finished - free) - TOLERANCE * max(must, 1.0))
        count = max(math.floor(carried + TOLERANCE), needed, min_agents)
        # Hours spent early, or by a minimum, are not owed a second time.
        carried = max(carried - count, -1.0)
        agents[place], work[place] = count, min(count + free, max(most - finished, 0.0))
        finished += work[place]
    return agents, work
