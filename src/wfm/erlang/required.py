"""The smallest staff for which every target holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from wfm.domain.targets import Target
from wfm.erlang import scalar
from wfm.erlang.goals import OCCUPANCY_TOLERANCE, Goals, answered_share, as_goals, ratios
from wfm.erlang.inputs import Number, as_scalars, broadcast, check_loads
from wfm.erlang.station import Station, occupancy

__all__ = ["agents_required", "first_guess", "search"]


def agents_required(
    offered: Number,
    aht_s: Number,
    interval_s: Number,
    target: Target | Iterable[Target],
    *,
    patience_s: Number | None = None,
) -> Any:
    """Return the fewest agents for which all targets hold: Erlang C without patience, Erlang A with it.

    With patience the answer may lie below the offered load, since those who abandon need no agent. At least one
    agent is given where contacts are offered, none where there are none.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    target
        A target or several: `ServiceLevel`, `MeanAnswer`, `LongestWait`, `MaxAbandonment`, `MaxOccupancy`.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.

    Returns
    -------
    int or numpy.ndarray
        The number on seat, before shrinkage; an array of the broadcast shape if an argument is one.

    Raises
    ------
    DataError
        With every value outside its range, and its position; a load above 10 million erlangs is refused.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> agents_required(100, 180, 1800, ServiceLevel(0.8, "20s"))
    14
    >>> agents_required([1000, 2000], 180, 1800, ServiceLevel(0.8, "30s"), patience_s=120).tolist()
    [91, 176]
    """
    goals = as_goals(target, patience=patience_s is not None)
    asked = {"offered": offered, "aht_s": aht_s, "interval_s": interval_s}
    if patience_s is not None:
        asked["patience_s"] = patience_s
    plain = as_scalars(asked)
    if plain is not None:
        load = plain["offered"] * plain["aht_s"] / plain["interval_s"]
        check_loads(load)
        return _of_floats(load, plain["aht_s"], plain.get("patience_s"), goals)
    from wfm.erlang import required_arrays

    flat, shape = broadcast(asked)
    loads = flat["offered"] * flat["aht_s"] / flat["interval_s"]
    check_loads(loads, shape)
    found = required_arrays.of_loads(loads, flat["aht_s"], flat.get("patience_s"), goals)
    return found.reshape(shape) if shape else int(found[0])


def _of_floats(load: float, aht: float, patience: float | None, goals: Goals) -> int:
    if load == 0.0:
        return 0
    if patience is None:
        return _erlang_c(load, aht, goals)
    theta = 1.0 / patience

    def build(n: int) -> Station:
        return scalar.erlang_station(load, aht, n, scalar.inverse_b(n, load), theta)

    return search(build, goals, 0, first_guess(load, goals, theta))


def _erlang_c(load: float, aht: float, goals: Goals) -> int:
    """Step up from the load: 1/B(n) follows from 1/B(n-1), so the first n that holds is the smallest."""
    n = math.floor(load) + 1
    inverse = scalar.inverse_b(n - 1, load)
    within = [(level.within_s / aht, 1.0 - level.fraction) for level in goals.levels]
    within += [(longest.within_s / aht, longest.breach) for longest in goals.longest]
    means = [mean.within_s / aht for mean in goals.means]
    while not _meets(load / (load + inverse * (n - load)), n - load, within, means):
        inverse = 1.0 + n / load * inverse
        n += 1
    caps = [math.ceil(load / cap.fraction * (1.0 - OCCUPANCY_TOLERANCE)) for cap in goals.occupancy]
    return max(n, *caps) if caps else n


def _meets(waits: float, spare: float, within: list[tuple[float, float]], means: list[float]) -> bool:
    """Whether a chance to wait and a number of agents above the load hold all limits; times are in handle times."""
    for wait, miss in within:
        if waits * math.exp(-spare * wait) > miss:
            return False
    return all(waits <= mean * spare for mean in means) if means else True


def first_guess(load: float, goals: Goals, theta: float) -> int:
    """Return a likely number: what a fluid of contacts would need, and a standard deviation more."""
    share = max((math.exp(-theta * wait) for wait in goals.waits), default=0.0)
    return max(1, round(max(share, answered_share(goals)) * load + math.sqrt(load)))


def search(build: Callable[[int], Station], goals: Goals, below: int, guess: int) -> int:
    """Return the smallest n above `below` whose station meets all goals."""

    def margin(n: int) -> float:
        station = build(n)
        state = scalar.state(station)
        late = cache(lambda wait: scalar.beyond(station, state, wait))
        worst = max(ratios(goals, state, occupancy(station, state), late))
        return math.log(worst) if worst > 0.0 else -math.inf

    low, high, trial = below, -1, max(guess, below + 1)
    at_low, at_high = math.inf, -math.inf
    step, halve = max(1, int(math.sqrt(trial) / 4)), False
    while high - low != 1 or high < 0:
        value = margin(trial)
        if value <= 0.0:
            high, at_high = trial, value
        else:
            low, at_low = trial, value
        if high < 0:
            trial = low + step
        elif at_low == math.inf:
            trial = max(high - step, low + 1)
        else:
            share = 0.5 if halve or at_high == -math.inf else at_low / (at_low - at_high)
            trial = min(max(math.ceil(low + (high - low) * share), low + 1), max(high - 1, low + 1))
            halve = not halve
        step *= 2
    return high
