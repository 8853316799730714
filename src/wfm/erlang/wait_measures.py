"""What a given staff achieves: waits, levels, abandonment, blocking, occupancy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wfm.erlang import scalar
from wfm.erlang.inputs import Number, as_scalars, asked_options, broadcast, check_loads, check_places, rows
from wfm.erlang.models import Phone, options_of
from wfm.erlang.results import Measures, of_model, of_models, shaped
from wfm.erlang.station import endless
from wfm.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Measures", "erlang_b", "erlang_c", "measures"]


def erlang_b(agents: Number, load_erl: Number) -> Any:
    """Return Erlang B: the share of contacts blocked by `agents` places without a waiting room.

    Parameters
    ----------
    agents
        Places, whole and 0 or more.
    load_erl
        Offered load in erlangs, from 0 to 10 million.

    Returns
    -------
    float or numpy.ndarray
        The probability; a float for two numbers, else an array of the broadcast shape. It is 1 where the agents
        equal the load.

    Raises
    ------
    DataError
        With every value outside its range, and its position.

    Notes
    -----
    1/B is the sum of n (n-1) ... (n-k+1) / A^k over k, all terms positive.

    Examples
    --------
    >>> round(erlang_b(2, 1.0), 12)
    0.2
    """
    plain = as_scalars({"agents": agents, "load_erl": load_erl})
    if plain is not None:
        check_loads(plain["load_erl"])
        return 1.0 / scalar.inverse_b(int(plain["agents"]), plain["load_erl"])
    from wfm.erlang import arrays

    flat, shape = broadcast({"agents": agents, "load_erl": load_erl})
    check_loads(flat["load_erl"], shape)
    return shaped(1.0 / arrays.inverse_b(flat["agents"].astype("int64"), flat["load_erl"]), shape)


def erlang_c(agents: Number, load_erl: Number) -> Any:
    """Return Erlang C: the share of contacts that wait where nobody abandons.

    Parameters
    ----------
    agents
        Agents on seat, whole, at least the load.
    load_erl
        Offered load in erlangs, from 0 to 10 million.

    Returns
    -------
    float or numpy.ndarray
        The probability; a float for two numbers, else an array of the broadcast shape. It is 1 where the agents
        equal the load.

    Raises
    ------
    DataError
        With every value outside its range, and its position: agents below the load, too: their queue
        grows without end.

    Examples
    --------
    >>> round(erlang_c(14, 10.0), 7)
    0.1741319
    """
    return measures(load_erl, 1.0, 1.0, agents, within_s=0.0).wait_probability


def measures(
    offered: Number,
    aht_s: Number,
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
    """Return what `agents` achieve: Erlang C without patience, Erlang A with it, M/M/n/K and M/M/n/K+M with `places`.

    Numbers give floats; as soon as one argument is an array, all are broadcast against each other.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more; first attempts only, where contacts redial.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    agents
        Agents on seat, whole. Without patience and `places` at least the load, and waits are infinite where they are
        equal; with them at least 1 where contacts are offered.
    within_s
        Acceptable wait in seconds, 0 or more.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    places
        Places in the system (trunks), those of contacts with an agent included, whole and at least `agents`; default
        none: nobody is blocked.
    balking
        Share of contacts, in [0, 1), that leave at once when nobody is free; default 0. They count as abandoned after
        no wait.
    redial
        Share of the lost contacts (abandoned, balked or blocked), in [0, 1), that try again; default 0.
    short_abandon_s
        Threshold of a short abandon in seconds, more than 0; default none. The two short-abandon bases need it.

    Returns
    -------
    Measures
        Long-run figures, as shares of attempts.

    Raises
    ------
    DataError
        With every value outside its range, and its position; a load above 10 million erlangs is refused.

    Notes
    -----
    M/M/n, M/M/n+M, M/M/n/K and M/M/n/K+M in the steady state. Sources: Garnett, Mandelbaum and Reiman, "Designing a
    call center with impatient customers", Manufacturing & Service Operations Management 4 (2002); Zeltyn and
    Mandelbaum, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue", Queueing Systems
    51 (2005); redials as in Aguir, Karaesmen, Aksin and Chauvet, OR Spectrum 26 (2004). Blocking below 1e-17 is given
    as 0.

    Examples
    --------
    >>> found = measures(1000, 180, 1800, 95, within_s=30, patience_s=120)
    >>> round(found.service_level(), 4), round(found.service_level("answered"), 4)
    (0.8787, 0.9485)
    >>> round(measures(100, 180, 1800, 12, within_s=20, patience_s=180, places=15).blocking, 4)
    0.0365
    """
    asked = {"offered": offered, "aht_s": aht_s, "interval_s": interval_s, "agents": agents, "within_s": within_s}
    asked |= asked_options(patience_s, places, balking, redial)
    if short_abandon_s is not None:
        asked["short_abandon_s"] = short_abandon_s
    plain = as_scalars(asked)
    if plain is not None:
        return _measures_of_floats(plain)
    return _measures_of_arrays(*broadcast(asked))


def _measures_of_floats(asked: dict[str, float]) -> Measures:
    load, agents = asked["offered"] * asked["aht_s"] / asked["interval_s"], asked["agents"]
    check_loads(load)
    options = options_of(asked)
    check_places(options.places, agents)
    if load > 0 and agents == 0 and (options.theta > 0.0 or options.places is not None):
        raise DataError(_nobody(load))
    if load > 0 and agents == 0:
        raise DataError(_too_few(agents, load, asked))
    found = of_model(
        load, Phone(load, asked["aht_s"], options), agents, asked["within_s"], asked.get("short_abandon_s")
    )
    if load > 0 and found.station.slack < 0.0 and endless(found.station):
        raise DataError(_too_few(agents, load, asked))
    return found


def _measures_of_arrays(asked: dict[str, npt.NDArray[np.float64]], shape: tuple[int, ...]) -> Measures:
    from wfm.erlang import model_arrays

    load, agents = asked["offered"] * asked["aht_s"] / asked["interval_s"], asked["agents"]
    check_loads(load, shape)
    options = model_arrays.options_of(asked)
    check_places(options.places, agents, shape)
    none = (load > 0) & (agents == 0)
    lost = none & ((options.theta > 0.0) | (options.places is not None))
    if lost.any():
        raise DataError(_nobody(float(load[lost][0]), rows(lost.reshape(shape))))
    if none.any():
        raise DataError(_too_few_of(none, load, asked, shape))
    model = model_arrays.Phones(load, asked["aht_s"], options)
    found = of_models(load, model, agents, asked["within_s"], asked.get("short_abandon_s"), shape)
    few = (load > 0) & (found.station.slack < 0.0) & endless(found.station)
    if few.any():
        raise DataError(_too_few_of(few, load, asked, shape))
    return found


def _nobody(load: float, at: tuple[object, ...] = ()) -> Problem:
    return Problem(f"0 agents for {load:g} erlangs: nobody answers", remedy="give at least 1 agent", rows=at)


def _too_few_of(
    few: npt.NDArray[np.bool_],
    load: npt.NDArray[np.float64],
    asked: dict[str, npt.NDArray[np.float64]],
    shape: tuple[int, ...],
) -> Problem:
    first = int(few.argmax())
    values = {name: float(value[first]) for name, value in asked.items()}
    return _too_few(values["agents"], float(load[first]), values, rows(few.reshape(shape)))


def _too_few(agents: float, load: float, asked: dict[str, float], at: tuple[object, ...] = ()) -> Problem:
    # An endless queue loses only those who balk, of whom some try again.
    balking, redial = asked.get("balking", 0.0), asked.get("redial", 0.0)
    joining = load * (1.0 - balking) / (1.0 - redial * balking)
    what = f"{agents:.0f} agents for {joining:g} erlangs: without abandonment the queue grows without end"
    least = max(math.floor(joining), int(agents)) + 1
    return Problem(what, remedy=f"give at least {least} agents, or patience_s if contacts abandon", rows=at)
