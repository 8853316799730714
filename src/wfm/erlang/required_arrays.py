"""The smallest staff by element: all elements step or search together, and those that are done are put aside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from wfm.erlang import arrays
from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.gamma import TEMME_FROM
from wfm.erlang.gamma_arrays import inverse_b_at_load
from wfm.erlang.goals import OCCUPANCY_TOLERANCE, Goals, answered_share, ratios
from wfm.erlang.inputs import rows
from wfm.erlang.model_arrays import Chats, Models, Phones, settled
from wfm.erlang.required import LEAST_STAFF, blocked_always
from wfm.erlang.root_arrays import crossing
from wfm.erlang.station import State, Station, occupancy
from wfm.errors import InfeasibleError

__all__ = ["margins", "of_chats", "of_phones"]

# Elements that are done are put aside once no more than this share is left.
_WORTH_TAKING = 0.75
# Elements are answered in parts of this many, which stay in the processor's cache.
_PART = 4096


def of_phones(phones: Phones, goals: Goals, shape: tuple[int, ...], fractional: bool) -> Floats | Ints:
    """Return the fewest agents for each element, whole or real; 0 where there is no load."""
    load, options = phones.load, phones.options
    result: Floats = np.zeros(len(load))
    some = np.flatnonzero(load > 0)
    if not len(some):
        return result if fractional else result.astype(np.int64)
    if len(some) < len(load):
        phones = phones.at(some)
    joining = phones.load * phones.options.keep
    bounded = (phones.options.theta > 0.0) | (options.places is not None)
    if options.places is None and options.balking is None and not bounded.any():
        whole = np.empty(len(some), dtype=np.int64)
        for first in range(0, len(some), _PART):
            part = slice(first, first + _PART)
            whole[part] = _erlang_c(phones.load[part], phones.aht[part], goals)
    else:
        below = np.where(bounded, 0.0, np.floor(joining)).astype(np.int64)
        guess = _first_guess(phones.load, goals, phones.options.theta)
        whole = _search(phones, goals, below, guess, phones.options.places, (some, shape))
    if fractional:
        bad = np.where(bounded, np.maximum(whole - 1.0, LEAST_STAFF), np.maximum(whole - 1.0, joining))
        result[some] = crossing(lambda at, n: margins(goals, phones.at(at), n), whole.astype(float), bad)
        return result
    result[some] = whole
    return result.astype(np.int64)


def of_chats(chats: Chats, goals: Goals, shape: tuple[int, ...]) -> Ints:
    """Return the fewest agents for each element; 0 where nothing is offered."""
    result = np.zeros(len(chats.rate), dtype=np.int64)
    some = np.flatnonzero(chats.rate > 0)
    if not len(some):
        return result
    chats = chats.at(some)
    full = chats.rate * chats.ahts[-1] / len(chats.ahts)
    places = chats.options.places
    bounded = (chats.options.theta > 0.0) | (places is not None)
    # Agents who can just take what joins the queue, all of them full, are the bound where nothing ends it.
    below = np.where(bounded, 0.0, np.floor(full * chats.options.keep)).astype(np.int64)
    guess = np.rint(full * max(answered_share(goals), 0.9) + np.sqrt(full)).astype(np.int64)
    most = None if places is None else places // len(chats.ahts)
    result[some] = _search(chats, goals, below, np.maximum(guess, 1), most, (some, shape))
    return result


def _erlang_c(load: Floats, aht: Floats, goals: Goals) -> Ints:
    """Step all elements up from their loads by 1/B(n) = 1 + n/A 1/B(n-1): the first n that holds is the smallest.

    A number that holds still does with one more; so elements are counted on, and put aside when there are many of them.
    """
    on_n = np.floor(load) + 1.0
    result, found = on_n.copy(), on_n.copy()
    inverse, large = np.empty(len(load)), load >= TEMME_FROM
    inverse[large] = inverse_b_at_load(load[large])
    inverse[~large] = arrays.inverse_b(np.floor(load[~large]), load[~large])
    at, on_load, on_aht = np.arange(len(load)), load, aht
    within = [(-level.within_s, 1.0 - level.fraction) for level in goals.levels]
    within += [(-longest.within_s, longest.breach) for longest in goals.longest]
    while len(at):
        spare = on_n - on_load
        rate = spare / on_aht
        whole = inverse * spare
        whole += on_load
        # The chance to wait is load / whole; each limit asks that a multiple of it is small enough.
        worst = np.full(len(at), -np.inf)
        for wait, miss in within:
            beyond = np.exp(wait * rate)
            beyond *= on_load
            np.maximum(worst, beyond - miss * whole, out=worst)
        for mean in goals.means:
            np.maximum(worst, on_load - mean.within_s * rate * whole, out=worst)
        short = worst > 0.0
        found += short
        left = np.count_nonzero(short)
        if left < _WORTH_TAKING * len(at):
            result[at] = found
            taken = np.flatnonzero(short)
            at, on_load, on_n = at.take(taken), on_load.take(taken), on_n.take(taken)
            on_aht, inverse, found = on_aht.take(taken), inverse.take(taken), found.take(taken)
        with np.errstate(over="ignore"):
            inverse *= on_n
            inverse /= on_load
        inverse += 1.0
        on_n += 1.0
    for cap in goals.occupancy:
        result = np.maximum(result, np.ceil(load / cap.fraction * (1.0 - OCCUPANCY_TOLERANCE)))
    return result.astype(np.int64)


def _first_guess(load: Floats, goals: Goals, theta: Floats) -> Ints:
    """Return a likely number: what a fluid of contacts would need, and a standard deviation more."""
    share = np.full(len(load), answered_share(goals))
    for wait in goals.waits:
        share = np.maximum(share, np.exp(-theta * wait))
    return np.maximum(1, np.rint(share * load + np.sqrt(load))).astype(np.int64)


def margins(goals: Goals, models: Models, agents: Floats | Ints, volume: Floats | float = 1.0) -> Floats:
    """Return how far each element is from meeting all goals: the logarithm of the worst ratio."""
    station: Station
    state: State
    _, station, state = settled(models, agents, volume)
    late = cache(lambda wait: arrays.beyond(station, state, np.full(len(agents), wait)))
    found = ratios(goals, state, occupancy(station, state), late)
    worst: Floats = np.maximum.reduce(found)
    with np.errstate(divide="ignore"):
        return np.log(worst)


def _search(
    models: Models,
    goals: Goals,
    below: Ints,
    guess: Ints,
    most: Floats | None,
    place: tuple[Ints, tuple[int, ...]],
) -> Ints:
    """Return the smallest n above `below` that meets all goals, by element; `place` says where they stand in what."""
    if most is not None:
        top = np.maximum(most.astype(np.int64), 0)
        short = top < 1
        here = np.flatnonzero(~short)
        short[here] = margins(goals, models.at(here), top[here]) > 0.0
        if short.any():
            wrong = np.zeros(int(np.prod(place[1])), dtype=bool)
            wrong[place[0][short]] = True
            raise InfeasibleError(blocked_always(int(top[short][0]), rows(wrong.reshape(place[1]))))
        guess = np.minimum(guess, top)
    return _smallest(lambda at, n: margins(goals, models.at(at), n), below, guess, None if most is None else top)


def _smallest(margin: Callable[[Ints, Ints], Floats], below: Ints, guess: Ints, most: Ints | None) -> Ints:
    """Return the smallest n above `below` with a margin of at most 0, by element.

    Parameters
    ----------
    margin
        Function of the positions still open and their n; falling in n.
    below
        A number that is known not to do.
    guess
        Where to look first.
    most
        A number that is known to do, if there is one.
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
        if most is not None:
            trial[open_] = np.minimum(trial[open_], most[open_])
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
