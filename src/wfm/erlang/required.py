"""The smallest staff for which every target holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

from wfm.domain.targets import ServiceLevel, Target
from wfm.erlang import scalar
from wfm.erlang.gamma import TEMME_FROM, inverse_b_at_load
from wfm.erlang.goals import OCCUPANCY_TOLERANCE, Goals, answered_share, as_goals, ratios
from wfm.erlang.inputs import MAX_LOAD, Number, as_scalars, asked_options, broadcast, check_loads, is_zero
from wfm.erlang.models import Model, Options, Phone, options_of, settled
from wfm.erlang.roots import crossing
from wfm.erlang.station import State, Station, occupancy
from wfm.errors import DataError, InfeasibleError, Problem

__all__ = ["LEAST_STAFF", "agents_required", "blocked_always", "margin", "search"]

# The least real number of agents that is answered: what this few hold, as a mean wait of the few who are answered may
# be, any staff holds, and the formulas cancel below it.
LEAST_STAFF = 1e-9
_PLAIN = frozenset((int, float))


def agents_required(
    offered: Number,
    aht_s: Number,
    interval_s: Number,
    target: Target | Iterable[Target],
    *,
    patience_s: Number | None = None,
    places: Number | None = None,
    balking: Number = 0.0,
    redial: Number = 0.0,
    fractional: bool = False,
) -> Any:
    """Return the fewest agents for which all targets hold: Erlang C without patience, Erlang A with it.

    With patience the answer may lie below the offered load, since those who abandon need no agent. At least one
    agent is given where contacts are offered, none where there are none.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more; first attempts only, where contacts redial.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    target
        A target or several: `ServiceLevel`, `MeanAnswer`, `LongestWait`, `MaxAbandonment`, `MaxOccupancy`.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    places
        Places in the system (trunks), those of contacts with an agent included, whole; default none: nobody is blocked.
        A blocked contact is one that is not answered in time.
    balking
        Share of contacts, in [0, 1), that leave at once when nobody is free; default 0.
    redial
        Share of the lost contacts (abandoned, balked or blocked), in [0, 1), that try again; default 0.
    fractional
        Whether to give the least real number of agents instead of the least whole one; default not. The formulas are
        continued by the incomplete gamma function; not together with `places`.

    Returns
    -------
    int, float or numpy.ndarray
        The number on seat, before shrinkage; an array of the broadcast shape if an argument is one.

    Raises
    ------
    DataError
        With every value outside its range, and its position; a load above 10 million erlangs is refused.
    InfeasibleError
        If the targets do not hold with as many agents as there are places.

    Notes
    -----
    A real number of agents as in Jagerman, "Some properties of the Erlang loss function", Bell System Technical Journal
    53 (1974): 1 / B(n, A) is A times the integral of (1 + t)^n exp(-A t). It is good to 13 digits.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> agents_required(100, 180, 1800, ServiceLevel(0.8, "20s"))
    14
    >>> round(agents_required(100, 180, 1800, ServiceLevel(0.8, "20s"), fractional=True), 6)
    13.037206
    >>> agents_required([1000, 2000], 180, 1800, ServiceLevel(0.8, "30s"), patience_s=120).tolist()
    [91, 176]
    """
    if patience_s is None and places is None and not fractional and type(target) is ServiceLevel:
        found = _common(offered, aht_s, interval_s, target) if is_zero(balking) and is_zero(redial) else None
        if found is not None:
            return found
    goals = as_goals(target, loses=patience_s is not None or not is_zero(balking))
    asked = {"offered": offered, "aht_s": aht_s, "interval_s": interval_s}
    asked |= asked_options(patience_s, places, balking, redial)
    if fractional and places is not None:
        raise DataError(Problem("fractional agents with places", remedy="places are whole: leave one of them out"))
    plain = as_scalars(asked)
    if plain is not None:
        load = plain["offered"] * plain["aht_s"] / plain["interval_s"]
        check_loads(load)
        return _of_floats(Phone(load, plain["aht_s"], options_of(plain)), goals, fractional)
    from wfm.erlang import model_arrays, required_arrays

    flat, shape = broadcast(asked)
    loads = flat["offered"] * flat["aht_s"] / flat["interval_s"]
    check_loads(loads, shape)
    phones = model_arrays.Phones(loads, flat["aht_s"], model_arrays.options_of(flat))
    answer = required_arrays.of_phones(phones, goals, shape, fractional)
    return answer.reshape(shape) if shape else answer[0].item()


def _common(offered: Any, aht: Any, interval: Any, level: ServiceLevel) -> int | None:
    """Answer the question that services ask most, one level of Erlang C; nothing where anything is unusual."""
    if type(offered) not in _PLAIN or type(aht) not in _PLAIN or type(interval) not in _PLAIN:
        return None
    if not (0.0 < offered < math.inf and 0.0 < aht < math.inf and 0.0 < interval < math.inf):
        return None
    load = offered * aht / interval
    if not 0.0 < load <= MAX_LOAD or level.short_abandon_s is not None:
        return None
    n = int(load) + 1
    inverse, miss = _at_load(load), 1.0 - level.fraction
    wait, exp = -level.within_s / aht, math.exp
    spare = n - load
    while load * exp(spare * wait) > miss * (load + inverse * spare):
        inverse = 1.0 + n / load * inverse
        n += 1
        spare = n - load
    return n


def _at_load(load: float) -> float:
    """Return 1 / B with as many agents as there are whole erlangs."""
    return inverse_b_at_load(load) if load >= TEMME_FROM else scalar.inverse_b(int(load), load)


def _of_floats(phone: Phone, goals: Goals, fractional: bool) -> float:
    load, options = phone.load, phone.options
    if load == 0.0:
        return 0.0 if fractional else 0
    bounded = options.theta > 0.0 or options.places is not None
    if options == Options():
        whole = _erlang_c(load, phone.aht, goals)
    else:
        below = 0 if bounded else math.floor(load * (1.0 - options.balking))
        most = None if options.places is None else int(options.places)
        whole = search(phone, goals, below, _first_guess(load, goals, options.theta), most)
    if not fractional:
        return whole
    bad = max(whole - 1.0, LEAST_STAFF) if bounded else max(whole - 1.0, load * (1.0 - options.balking))
    return crossing(lambda n: margin(goals, *settled(phone, n)[1:]), float(whole), bad)


def _erlang_c(load: float, aht: float, goals: Goals) -> int:
    """Step up from the load: 1/B(n) follows from 1/B(n-1), so the first n that holds is the smallest."""
    n = math.floor(load) + 1
    inverse = _at_load(load)
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


def _first_guess(load: float, goals: Goals, theta: float) -> int:
    """Return a likely number: what a fluid of contacts would need, and a standard deviation more."""
    share = max((math.exp(-theta * wait) for wait in goals.waits), default=0.0)
    return max(1, round(max(share, answered_share(goals)) * load + math.sqrt(load)))


def margin(goals: Goals, station: Station, state: State) -> float:
    """Return how far a station is from meeting all goals: the logarithm of the worst ratio, 0 or less if all hold."""
    late = cache(lambda wait: scalar.beyond(station, state, wait))
    worst = max(ratios(goals, state, occupancy(station, state), late))
    return math.log(worst) if worst > 0.0 else -math.inf


def search(model: Model, goals: Goals, below: int, guess: int, most: int | None = None) -> int:
    """Return the smallest n above `below` that meets all goals.

    Raises
    ------
    InfeasibleError
        If `most`, the largest number there is a place for, does not.
    """
    low, high, trial = below, -1, max(guess, below + 1)
    at_low, at_high = math.inf, -math.inf
    step, halve = max(1, int(math.sqrt(trial) / 4)), False
    while high - low != 1 or high < 0:
        if most is not None and low >= most:
            raise InfeasibleError(blocked_always(most))
        trial = trial if most is None else min(trial, most)
        value = margin(goals, *settled(model, trial)[1:])
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


def blocked_always(most: int, at: tuple[object, ...] = ()) -> str:
    """Return the message where there are too few places for any staff to meet the targets."""
    problem = Problem(
        f"the targets do not hold with any number of agents: even {most} agents, all that there are places for, "
        "miss one of them",
        remedy="give more places, or a lower target",
        rows=at,
    )
    return str(problem)
