"""The smallest staff by element: all elements step or search together, and those that are done are put aside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from wfm.erlang import arrays
from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.goals import OCCUPANCY_TOLERANCE, Goals, answered_share, ratios
from wfm.erlang.station import Station, occupancy

__all__ = ["first_guess", "of_loads", "search"]


def of_loads(load: Floats, aht: Floats, patience: Floats | None, goals: Goals) -> Ints:
    """Return the fewest agents for each load; 0 where there is none."""
    result = np.zeros(len(load), dtype=np.int64)
    some = np.flatnonzero(load > 0)
    if not len(some):
        return result
    if patience is None:
        result[some] = _erlang_c(load[some], aht[some], goals)
    else:
        result[some] = _erlang_a(load[some], aht[some], 1.0 / patience[some], goals)
    return result


def _erlang_c(load: Floats, aht: Floats, goals: Goals) -> Ints:
    """Step all elements up from their loads by 1/B(n) = 1 + n/A 1/B(n-1): the first n that holds is the smallest."""
    on_n = np.floor(load) + 1.0
    result = on_n.copy()
    inverse = arrays.inverse_b((on_n - 1.0).astype(np.int64), load)
    at, on_load, on_aht = np.arange(len(load)), load, aht
    within = [(level.within_s, 1.0 - level.fraction) for level in goals.levels]
    within += [(longest.within_s, longest.breach) for longest in goals.longest]
    while len(at):
        spare = on_n - on_load
        waits = on_load / (on_load + inverse * spare)
        rate = spare / on_aht
        short = np.zeros(len(at), dtype=bool)
        for wait, miss in within:
            short |= waits * np.exp(-wait * rate) > miss
        for mean in goals.means:
            short |= waits > mean.within_s * rate
        result[at] = on_n
        at, on_load, on_n, on_aht, inverse = at[short], on_load[short], on_n[short], on_aht[short], inverse[short]
        inverse = 1.0 + on_n / on_load * inverse
        on_n = on_n + 1.0
    for cap in goals.occupancy:
        result = np.maximum(result, np.ceil(load / cap.fraction * (1.0 - OCCUPANCY_TOLERANCE)))
    return result.astype(np.int64)


def _erlang_a(load: Floats, aht: Floats, theta: Floats, goals: Goals) -> Ints:
    def build(at: Ints, n: Ints) -> Station:
        inverse = arrays.inverse_b(n, load[at])
        return arrays.erlang_station(load[at], aht[at], n, inverse, theta[at])

    return search(build, goals, np.zeros(len(load), dtype=np.int64), first_guess(load, goals, theta))


def first_guess(load: Floats, goals: Goals, theta: Floats) -> Ints:
    """Return a likely number: what a fluid of contacts would need, and a standard deviation more."""
    share = np.full(len(load), answered_share(goals))
    for wait in goals.waits:
        share = np.maximum(share, np.exp(-theta * wait))
    return np.maximum(1, np.rint(share * load + np.sqrt(load))).astype(np.int64)


def search(build: Callable[[Ints, Ints], Station], goals: Goals, below: Ints, guess: Ints) -> Ints:
    """Return the smallest n above `below` whose station meets all goals, by element.

    Parameters
    ----------
    build
        Function of the positions asked about and their n: the stations.
    goals
        The targets.
    below
        A number that is known not to do.
    guess
        Where to look first.
    """

    def margin(at: Ints, n: Ints) -> Floats:
        station = build(at, n)
        state = arrays.state(station)
        late = cache(lambda wait: arrays.beyond(station, state, np.full(len(at), wait)))
        found = ratios(goals, state, occupancy(station, state), late)
        worst: Floats = np.maximum.reduce(found)
        with np.errstate(divide="ignore"):
            return np.log(worst)

    return _smallest(margin, below, guess)


def _smallest(margin: Callable[[Ints, Ints], Floats], below: Ints, guess: Ints) -> Ints:
    """Return the smallest n above `below` with a margin of at most 0, by element.

    Parameters
    ----------
    margin
        Function of the positions still open and their n; falling in n.
    below
        A number that is known not to do.
    guess
        Where to look first.
    """
    low, high = below.copy(), np.full(len(below), -1)
    at_low, at_high = np.full(len(below), np.inf), np.full(len(below), -np.inf)
    trial = np.maximum(guess, below + 1)
    step = np.maximum(1, np.sqrt(trial) / 4).astype(np.int64)
    halve = np.zeros(len(below), dtype=bool)
    open_ = np.arange(len(below))
    while len(open_):
        n = trial[open_]
        value = margin(open_, n)
        holds = value <= 0.0
        met, missed = open_[holds], open_[~holds]
        high[met], at_high[met] = n[holds], value[holds]
        low[missed], at_low[missed] = n[~holds], value[~holds]
        open_ = open_[high[open_] - low[open_] != 1]
        trial[open_] = _next_trial(low[open_], high[open_], at_low[open_], at_high[open_], step[open_], halve[open_])
        step[open_] *= 2
        halve[open_] = ~halve[open_] & (high[open_] >= 0) & np.isfinite(at_low[open_])
    return high


def _next_trial(
    low: Ints, high: Ints, at_low: Floats, at_high: Floats, step: Ints, halve: npt.NDArray[np.bool_]
) -> Ints:
    """Step out until the answer is bracketed; then interpolate, and halve the bracket every other time."""
    unbounded = high < 0
    downward = ~unbounded & ~np.isfinite(at_low)
    with np.errstate(invalid="ignore"):
        share = at_low / (at_low - at_high)
    share = np.where(np.isfinite(share) & ~halve, share, 0.5)
    inside = np.clip(np.ceil(low + (high - low) * share), low + 1, np.maximum(high - 1, low + 1)).astype(np.int64)
    inside = np.where(downward, np.maximum(high - step, low + 1), inside)
    return np.where(unbounded, low + step, inside)
