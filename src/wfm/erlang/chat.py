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
from wfm.erlang.inputs import Number, as_scalars, broadcast, check_loads, rows
from wfm.erlang.measures import Measures, of_station, of_stations
from wfm.erlang.required import search
from wfm.erlang.station import Station
from wfm.errors import DataError, Problem

__all__ = ["chat_agents_required", "chat_measures", "chat_station"]

# Terms are scaled down before they overflow; a sum that does is of places so free that nobody ever waits.
_LARGE = 1e200


def chat_measures(
    offered: Number,
    aht_s: Sequence[Number],
    interval_s: Number,
    agents: Number,
    *,
    within_s: Number,
    patience_s: Number | None = None,
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
    optional = {"patience_s": patience_s, "short_abandon_s": short_abandon_s}
    asked |= {name: value for name, value in optional.items() if value is not None}
    plain = as_scalars(asked)
    if plain is not None:
        return _measures_of_floats(plain, [plain[name] for name in sessions])
    import numpy as np

    from wfm.erlang import chat_arrays

    flat, shape = broadcast(asked)
    ahts = np.stack([flat[name] for name in sessions])
    load = flat["offered"] * ahts[0] / flat["interval_s"]
    check_loads(load, shape)
    n = flat["agents"].astype(np.int64)
    theta = 1.0 / flat["patience_s"] if patience_s is not None else np.zeros(len(n))
    rate = flat["offered"] / flat["interval_s"]
    few = (rate > 0) & ((n == 0) | ((theta == 0) & (n * len(ahts) <= rate * ahts[-1])))
    if few.any():
        raise DataError(_too_few(int(n[few][0]), float(rate[few][0]), rows(few.reshape(shape))))
    station = chat_arrays.station(rate, ahts, n, theta)
    return of_stations(load, station, flat["within_s"], flat.get("short_abandon_s"), shape)


def chat_agents_required(
    offered: Number,
    aht_s: Sequence[Number],
    interval_s: Number,
    target: Target | Iterable[Target],
    *,
    patience_s: Number | None = None,
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
    goals = as_goals(target, patience=patience_s is not None)
    sessions = _check_list(aht_s)
    asked = {"offered": offered, "interval_s": interval_s} | sessions
    if patience_s is not None:
        asked["patience_s"] = patience_s
    plain = as_scalars(asked)
    if plain is not None:
        return _required_of_floats(plain, [plain[name] for name in sessions], goals)
    import numpy as np

    from wfm.erlang import chat_arrays

    flat, shape = broadcast(asked)
    ahts = np.stack([flat[name] for name in sessions])
    check_loads(flat["offered"] * ahts[0] / flat["interval_s"], shape)
    theta = 1.0 / flat["patience_s"] if patience_s is not None else np.zeros(ahts.shape[1])
    found = chat_arrays.required(flat["offered"] / flat["interval_s"], ahts, theta, goals)
    return found.reshape(shape) if shape else int(found[0])


def _check_list(aht_s: Sequence[Number]) -> dict[str, Any]:
    if isinstance(aht_s, str) or not hasattr(aht_s, "__len__") or not len(aht_s):
        remedy = "give a list: the length of a session while its agent holds 1, 2, ... of them, such as [300, 420, 540]"
        raise DataError(Problem(f"aht_s is {aht_s!r}", remedy=remedy))
    return {f"aht_s[{place}]": value for place, value in enumerate(aht_s)}


def _measures_of_floats(asked: dict[str, float], ahts: list[float]) -> Measures:
    rate = asked["offered"] / asked["interval_s"]
    load = asked["offered"] * ahts[0] / asked["interval_s"]
    check_loads(load)
    agents, patience = int(asked["agents"]), asked.get("patience_s")
    if rate > 0 and (agents == 0 or (patience is None and agents * len(ahts) <= rate * ahts[-1])):
        raise DataError(_too_few(agents, rate))
    station = chat_station(rate, ahts, agents, 0.0 if patience is None else 1.0 / patience)
    return of_station(load, station, asked["within_s"], asked.get("short_abandon_s"))


def _too_few(agents: int, rate: float, at: tuple[object, ...] = ()) -> Problem:
    what = f"{agents} agents cannot take the {rate * 3600:g} contacts an hour that are offered"
    return Problem(what, remedy="give more agents, or patience_s if contacts abandon", rows=at)


def _required_of_floats(asked: dict[str, float], ahts: list[float], goals: Goals) -> int:
    rate = asked["offered"] / asked["interval_s"]
    check_loads(asked["offered"] * ahts[0] / asked["interval_s"])
    if rate == 0.0:
        return 0
    theta = 1.0 / asked["patience_s"] if "patience_s" in asked else 0.0
    full = rate * ahts[-1] / len(ahts)
    # Agents who can just take what is offered, all of them full, are the bound where nobody abandons.
    below = int(full) if theta == 0.0 else 0
    guess = round(full * max(answered_share(goals), 0.9) + full**0.5)
    return search(lambda n: chat_station(rate, ahts, n, theta), goals, below, max(guess, 1))


def chat_station(rate: float, ahts: Sequence[float], agents: int, theta: float) -> Station:
    """Return the station of agents who hold up to `len(ahts)` sessions each.

    Parameters
    ----------
    rate
        Contacts per second.
    ahts
        Mean session length by the number of sessions held.
    agents
        Agents on seat.
    theta
        1 / mean patience, or 0.
    """
    # Sessions that one agent with k of them ends per second; between whole k the balanced model is linear.
    ends = [0.0, *((k + 1) / aht for k, aht in enumerate(ahts))]
    drain = agents * ends[-1]
    if rate == 0.0 or agents == 0:
        return Station(0.0, rate, drain, drain - rate, theta, 1.0)
    total = idle = 0.0
    term = scale = 1.0
    for held in range(agents * len(ahts), 0, -1):
        level, some = divmod(held, agents)
        flow = agents * ends[level]
        if some:
            flow += some * (ends[level + 1] - ends[level])
        term *= flow / rate
        if term > _LARGE:
            term, total, idle, scale = term / _LARGE, total / _LARGE, idle / _LARGE, scale * _LARGE
        total += term
        if held <= agents:
            idle += term * (agents - held + 1) / agents
    return Station(total * scale, rate, drain, drain - rate, theta, idle / total)
