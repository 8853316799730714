"""Chat: agents who hold several sessions at once, each of which takes longer the more there are.

The balanced birth-death model: a new session goes to the agent who holds the fewest. With j sessions at n agents, r
agents hold q + 1 and the others q, where q and r are quotient and remainder of j by n; each session ends at the rate
of its agent's number. Once all n K places are taken contacts wait, and give up as in Erlang A. With K = 1 it *is*
Erlang C or A.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wfm.domain.targets import Target
from wfm.erlang.goals import Goals, answered_share, as_goals
from wfm.erlang.inputs import Number, as_scalars, asked_options, broadcast, check_loads, check_places, is_zero, rows
from wfm.erlang.models import Chat, options_of
from wfm.erlang.required import search
from wfm.erlang.results import Measures, of_model, of_models
from wfm.erlang.station import endless
from wfm.errors import DataError, Problem

__all__ = ["chat_agents_required", "chat_measures"]


def chat_measures(
    offered: Number,
    aht_s: Sequence[Number],
    interval_s: Number,
    agents: Number,
    *,
    within_s: Number,
    patience_s: Number | None = None,
    places: Number | None = None,
    balking: Number = 0.0,
    redial: Number = 0.0,
    short_abandon_s: Number | None = None,
) -> Measures:
    """Return what `agents` achieve who hold up to K sessions each.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more.
    aht_s
        Mean length of a session in seconds while its agent holds 1, 2, ... K sessions; K values, each more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    agents
        Agents on seat, whole. Without patience they must be able to take more than is offered.
    within_s
        Acceptable wait in seconds, 0 or more.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    places
        Sessions and waiting contacts that fit in together, whole; default none: nobody is blocked.
    balking
        Share of contacts, in [0, 1), that leave at once when every agent is full; default 0.
    redial
        Share of the lost contacts (abandoned, balked or blocked), in [0, 1), that try again; default 0.
    short_abandon_s
        Threshold of a short abandon in seconds, more than 0; default none.

    Returns
    -------
    Measures
        Long-run figures. `load_erl` is the load of sessions held alone; `occupancy` the share of agents with any.

    Raises
    ------
    DataError
        With every value outside its range, and its position.

    Examples
    --------
    >>> found = chat_measures(0.05, [300, 420, 540], 1, 10, within_s=30, patience_s=180)
    >>> round(found.service_level(), 2), round(found.abandonment, 2)
    (0.92, 0.03)
    """
    sessions = _check_list(aht_s)
    asked = {"offered": offered, "interval_s": interval_s, "agents": agents, "within_s": within_s} | sessions
    asked |= asked_options(patience_s, places, balking, redial)
    if short_abandon_s is not None:
        asked["short_abandon_s"] = short_abandon_s
    plain = as_scalars(asked)
    if plain is not None:
        return _measures_of_floats(plain, [plain[name] for name in sessions])
    import numpy as np

    from wfm.erlang import model_arrays

    flat, shape = broadcast(asked)
    ahts, n = np.stack([flat[name] for name in sessions]), flat["agents"]
    load, rate = flat["offered"] * ahts[0] / flat["interval_s"], flat["offered"] / flat["interval_s"]
    check_loads(load, shape)
    check_places(flat.get("places"), n * len(ahts), shape)
    few = (rate > 0) & (n == 0)
    if not few.any():
        chats = model_arrays.Chats(rate, ahts, model_arrays.options_of(flat))
        found = of_models(load, chats, n, flat["within_s"], flat.get("short_abandon_s"), shape)
        few = (rate > 0) & (found.station.slack <= 0.0) & endless(found.station)
    if few.any():
        raise DataError(_too_few(int(n[few][0]), float(rate[few][0]), rows(few.reshape(shape))))
    return found


def chat_agents_required(
    offered: Number,
    aht_s: Sequence[Number],
    interval_s: Number,
    target: Target | Iterable[Target],
    *,
    patience_s: Number | None = None,
    places: Number | None = None,
    balking: Number = 0.0,
    redial: Number = 0.0,
) -> Any:
    """Return the fewest agents, holding up to K sessions each, for which all targets hold.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more.
    aht_s
        Mean length of a session in seconds while its agent holds 1, 2, ... K sessions; K values, each more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    target
        A target or several: `ServiceLevel`, `MeanAnswer`, `LongestWait`, `MaxAbandonment`, `MaxOccupancy`.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    places
        Sessions and waiting contacts that fit in together, whole; default none: nobody is blocked.
    balking
        Share of contacts, in [0, 1), that leave at once when every agent is full; default 0.
    redial
        Share of the lost contacts (abandoned, balked or blocked), in [0, 1), that try again; default 0.

    Returns
    -------
    int or numpy.ndarray
        The number on seat, before shrinkage; an array of the broadcast shape if an argument is one.

    Raises
    ------
    DataError
        With every value outside its range, and its position.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> chat_agents_required(90, [300, 420, 540], 1800, ServiceLevel(0.8, "30s"), patience_s=180)
    10
    """
    goals = as_goals(target, loses=patience_s is not None or not is_zero(balking))
    sessions = _check_list(aht_s)
    asked = {"offered": offered, "interval_s": interval_s} | sessions
    asked |= asked_options(patience_s, places, balking, redial)
    plain = as_scalars(asked)
    if plain is not None:
        return _required_of_floats(plain, [plain[name] for name in sessions], goals)
    import numpy as np

    from wfm.erlang import model_arrays, required_arrays

    flat, shape = broadcast(asked)
    ahts = np.stack([flat[name] for name in sessions])
    check_loads(flat["offered"] * ahts[0] / flat["interval_s"], shape)
    chats = model_arrays.Chats(flat["offered"] / flat["interval_s"], ahts, model_arrays.options_of(flat))
    found = required_arrays.of_chats(chats, goals, shape)
    return found.reshape(shape) if shape else int(found[0])


def _check_list(aht_s: Sequence[Number]) -> dict[str, Any]:
    if isinstance(aht_s, str) or not hasattr(aht_s, "__len__") or not len(aht_s):
        remedy = "give a list: the length of a session while its agent holds 1, 2, ... of them, such as [300, 420, 540]"
        raise DataError(Problem(f"aht_s is {aht_s!r}", remedy=remedy))
    return {f"aht_s[{place}]": value for place, value in enumerate(aht_s)}


def _measures_of_floats(asked: dict[str, float], ahts: list[float]) -> Measures:
    rate, agents = asked["offered"] / asked["interval_s"], asked["agents"]
    load = asked["offered"] * ahts[0] / asked["interval_s"]
    options = options_of(asked)
    check_loads(load)
    check_places(options.places, agents * len(ahts))
    if rate > 0 and agents == 0:
        raise DataError(_too_few(0, rate))
    found = of_model(load, Chat(rate, ahts, options), agents, asked["within_s"], asked.get("short_abandon_s"))
    if rate > 0 and found.station.slack <= 0.0 and endless(found.station):
        raise DataError(_too_few(int(agents), rate))
    return found


def _too_few(agents: int, rate: float, at: tuple[object, ...] = ()) -> Problem:
    what = f"{agents} agents cannot take the {rate * 3600:g} contacts an hour that are offered"
    return Problem(what, remedy="give more agents, or patience_s if contacts abandon", rows=at)


def _required_of_floats(asked: dict[str, float], ahts: list[float], goals: Goals) -> int:
    rate, options = asked["offered"] / asked["interval_s"], options_of(asked)
    check_loads(asked["offered"] * ahts[0] / asked["interval_s"])
    if rate == 0.0:
        return 0
    full = rate * ahts[-1] / len(ahts)
    bounded = options.theta > 0.0 or options.places is not None
    # Agents who can just take what joins the queue, all of them full, are the bound where nothing ends it.
    below = 0 if bounded else int(full * (1.0 - options.balking))
    guess = round(full * max(answered_share(goals), 0.9) + full**0.5)
    most = None if options.places is None else int(options.places) // len(ahts)
    return search(Chat(rate, ahts, options), goals, below, max(guess, 1), most)
