"""How the service level answers to one agent, one contact, one second more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wfm.checks import check_choice
from wfm.domain.targets import ServiceLevelBasis
from wfm.erlang.inputs import Number, as_scalars, asked_options, broadcast, check_loads, rows
from wfm.erlang.models import Phone, options_of
from wfm.erlang.results import of_model, of_models, shaped
from wfm.errors import DataError, Problem

__all__ = ["Sensitivities", "sensitivities"]

# Weights of a central difference of sixth order, for points 1, 2 and 3 steps off.
_WEIGHTS = (45.0 / 60.0, -9.0 / 60.0, 1.0 / 60.0)
# A step, in standard deviations of the load: of sixth order, so that rounding and the rest of the series balance.
_STEP = 0.03
# Steps stay within this share of the way to where the formulas end.
_ROOM = 0.1


@dataclass(frozen=True, slots=True)
class Sensitivities:
    """Derivatives of a service level; floats, or arrays of the shape of what was asked.

    Parameters
    ----------
    per_agent
        d(level) / d(agents).
    per_contact
        d(level) / d(contacts offered in the interval).
    per_aht_s
        d(level) / d(mean handle time), per second.
    """

    per_agent: Any
    per_contact: Any
    per_aht_s: Any


def sensitivities(
    offered: Number,
    aht_s: Number,
    interval_s: Number,
    agents: Number,
    *,
    within_s: Number,
    patience_s: Number | None = None,
    balking: Number = 0.0,
    redial: Number = 0.0,
    basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED,
    short_abandon_s: Number | None = None,
) -> Sensitivities:
    """Return the derivatives of the service level by agents, volume and handle time.

    Parameters
    ----------
    offered
        Contacts offered in the interval, more than 0.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    agents
        Agents on seat, whole and at least 1; without patience more than the load.
    within_s
        Acceptable wait in seconds, 0 or more.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    balking
        Share of contacts, in [0, 1), that leave at once when nobody is free; default 0.
    redial
        Share of the lost contacts, in [0, 1), that try again; default 0.
    basis
        What the level counts; default `offered`.
    short_abandon_s
        Threshold of a short abandon in seconds, more than 0; default none. The two short-abandon bases need it.

    Returns
    -------
    Sensitivities
        The three derivatives.

    Raises
    ------
    DataError
        With every value outside its range, and its position; or if the agents do not exceed the load and nobody
        abandons.

    Notes
    -----
    Between whole numbers of agents the level is that of `agents_required(..., fractional=True)`. Central differences of
    sixth order, good to about nine digits.

    Examples
    --------
    >>> found = sensitivities(100, 180, 1800, 14, within_s=20)
    >>> round(found.per_agent, 4), round(found.per_contact, 4), round(found.per_aht_s, 5)
    (0.0698, -0.008, -0.00473)
    """
    known = check_choice("basis", basis, ServiceLevelBasis)
    if known.needs_short_abandon and short_abandon_s is None:
        raise DataError(Problem(f"basis {known.value!r} without a threshold", remedy="give short_abandon_s"))
    asked = {"offered": offered, "aht_s": aht_s, "interval_s": interval_s, "agents": agents, "within_s": within_s}
    asked |= asked_options(patience_s, None, balking, redial)
    if short_abandon_s is not None:
        asked["short_abandon_s"] = short_abandon_s
    plain = as_scalars(asked)
    return _of_floats(plain, known) if plain is not None else _of_arrays(*broadcast(asked), known)


def _of_floats(asked: dict[str, float], basis: ServiceLevelBasis) -> Sensitivities:
    volume, aht, agents = asked["offered"], asked["aht_s"], asked["agents"]
    options, scale = options_of(asked), 1.0 / asked["interval_s"]
    load = volume * aht * scale
    check_loads(load)
    # What joins the queue at most: a redial comes back as often as it is lost.
    bound = agents / (1.0 - options.balking) * (1.0 - options.redial) if options.theta == 0.0 else float("inf")
    if not (load > 0.0 and agents > 0.0 and load < bound):
        raise DataError(_undefined(agents, load))

    def missed(agents: float, volume: float, aht: float) -> float:
        load = volume * aht * scale
        found = of_model(load, Phone(load, aht, options), agents, asked["within_s"], asked.get("short_abandon_s"))
        return float(found.missed[basis])

    spread = _STEP * load**0.5
    free = agents * (1.0 - load / bound)
    by_agents = min(spread, _ROOM * free)
    by_load = min(spread, _ROOM * min(load, bound - load)) / load
    return Sensitivities(
        -_slope(lambda off: missed(agents + off, volume, aht), by_agents),
        -_slope(lambda off: missed(agents, volume + off, aht), by_load * volume),
        -_slope(lambda off: missed(agents, volume, aht + off), by_load * aht),
    )


def _of_arrays(asked: dict[str, Any], shape: tuple[int, ...], basis: ServiceLevelBasis) -> Sensitivities:
    import numpy as np

    from wfm.erlang import model_arrays

    volume, aht, agents = asked["offered"], asked["aht_s"], asked["agents"]
    options, scale = model_arrays.options_of(asked), 1.0 / asked["interval_s"]
    load = volume * aht * scale
    check_loads(load, shape)
    again = 1.0 if options.redial is None else 1.0 - options.redial
    bound = np.where(options.theta == 0.0, agents / options.keep * again, np.inf)
    wrong = ~((load > 0.0) & (agents > 0.0) & (load < bound))
    if wrong.any():
        raise DataError(_undefined(float(agents[wrong][0]), float(load[wrong][0]), rows(wrong.reshape(shape))))

    def missed(agents: Any, volume: Any, aht: Any) -> Any:
        load = volume * aht * scale
        models, short = model_arrays.Phones(load, aht, options), asked.get("short_abandon_s")
        return of_models(load, models, agents, asked["within_s"], short, load.shape).missed[basis]

    spread = _STEP * np.sqrt(load)
    by_agents = np.minimum(spread, _ROOM * agents * (1.0 - load / bound))
    by_load = np.minimum(spread, _ROOM * np.minimum(load, bound - load)) / load
    slopes = (
        _slope(lambda off: missed(agents + off, volume, aht), by_agents),
        _slope(lambda off: missed(agents, volume + off, aht), by_load * volume),
        _slope(lambda off: missed(agents, volume, aht + off), by_load * aht),
    )
    return Sensitivities(*(shaped(-slope, shape) for slope in slopes))


def _slope(f: Callable[[Any], Any], step: Any) -> Any:
    """Return the derivative at 0."""
    total = 0.0
    for place, weight in enumerate(_WEIGHTS, start=1):
        total = total + weight * (f(place * step) - f(-place * step))
    return total / step


def _undefined(agents: float, load: float, at: tuple[object, ...] = ()) -> Problem:
    what = f"the level has no slope at {agents:g} agents for {load:g} erlangs"
    return Problem(what, remedy="give contacts, and more agents than the load, or patience_s if they abandon", rows=at)
