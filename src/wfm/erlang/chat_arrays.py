"""Chat by element: the loop runs over the number of sessions held, never over the elements."""

from __future__ import annotations

import numpy as np

from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.goals import Goals, answered_share
from wfm.erlang.required_arrays import search
from wfm.erlang.station import Station

__all__ = ["required", "station"]

_LARGE = 1e200


def station(rate: Floats, ahts: Floats, agents: Ints, theta: Floats) -> Station:
    """Return the stations of agents who hold up to K sessions each.

    Parameters
    ----------
    rate
        Contacts per second.
    ahts
        Mean session length, one row for each number of sessions held.
    agents
        Agents on seat.
    theta
        1 / mean patience, or 0.
    """
    most = len(ahts)
    ends = np.vstack([np.zeros(len(rate)), np.arange(1, most + 1)[:, None] / ahts])
    drain = agents * ends[-1]
    below, idle = np.zeros(len(rate)), np.ones(len(rate))
    places = np.where(rate > 0, agents * most, 0)
    order = np.argsort(-places, kind="stable")
    order = order[places[order] > 0]
    if len(order):
        found = _held(rate[order], ends[:, order], agents[order], places[order])
        below[order], idle[order] = found
    return Station(below, rate, drain, drain - rate, theta, idle)


def _held(rate: Floats, ends: Floats, agents: Ints, places: Ints) -> tuple[Floats, Floats]:
    """Sum the states with a free place from the fullest down; elements come with the most places first."""
    size = len(rate)
    term, scale = np.ones(size), np.ones(size)
    total, idle = np.zeros((2, size))
    every = np.arange(size)
    running = np.searchsorted(-places, -np.arange(1, places[0] + 1), side="right")
    for full, count in enumerate(running.tolist()):
        held, n, at = places[:count] - full, agents[:count], every[:count]
        level, some = np.divmod(held, n)
        here = ends[level, at]
        flow = n * here + some * (ends[np.minimum(level + 1, len(ends) - 1), at] - here)
        head = term[:count]
        head *= flow / rate[:count]
        large = head > _LARGE
        if large.any():
            for values in (term, total, idle):
                values[:count][large] /= _LARGE
            with np.errstate(over="ignore"):
                scale[:count][large] *= _LARGE
        total[:count] += head
        idle[:count] += head * np.maximum(n - held + 1, 0) / n
    with np.errstate(over="ignore"):
        return total * scale, idle / total


def required(rate: Floats, ahts: Floats, theta: Floats, goals: Goals) -> Ints:
    """Return the fewest agents for each element; 0 where nothing is offered."""
    result = np.zeros(len(rate), dtype=np.int64)
    some = np.flatnonzero(rate > 0)
    if not len(some):
        return result
    rate, ahts, theta = rate[some], ahts[:, some], theta[some]
    full = rate * ahts[-1] / len(ahts)
    # Agents who can just take what is offered, all of them full, are the bound where nobody abandons.
    below = np.where(theta == 0.0, np.floor(full), 0.0).astype(np.int64)
    guess = np.rint(full * max(answered_share(goals), 0.9) + np.sqrt(full)).astype(np.int64)

    def build(at: Ints, n: Ints) -> Station:
        return station(rate[at], ahts[:, at], n, theta[at])

    result[some] = search(build, goals, below, np.maximum(guess, 1))
    return result
