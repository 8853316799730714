"""The largest volume that a given staff can take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wfm.domain.targets import Target
from wfm.erlang.goals import Goals, as_goals
from wfm.erlang.inputs import MAX_LOAD, Number, as_scalars, asked_options, broadcast, check_places, is_zero, rows
from wfm.erlang.models import Phone, options_of, settled
from wfm.erlang.required import margin
from wfm.erlang.roots import crossing
from wfm.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["max_offered"]


def max_offered(
    agents: Number,
    aht_s: Number,
    interval_s: Number,
    target: Target | Iterable[Target],
    *,
    patience_s: Number | None = None,
    places: Number | None = None,
    balking: Number = 0.0,
    redial: Number = 0.0,
) -> Any:
    """Return the largest number of contacts in an interval for which all targets hold: the inverse of the staff.

    Parameters
    ----------
    agents
        Agents on seat, whole, 0 or more.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    target
        A target or several: `ServiceLevel`, `MeanAnswer`, `LongestWait`, `MaxAbandonment`, `MaxOccupancy`.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    places
        Places in the system, those of contacts with an agent included, whole and at least `agents`; default none.
    balking
        Share of contacts, in [0, 1), that leave at once when nobody is free; default 0.
    redial
        Share of the lost contacts (abandoned, balked or blocked), in [0, 1), that try again; default 0.

    Returns
    -------
    float or numpy.ndarray
        Contacts per interval, first attempts; good to 13 digits, and rounded so that the targets hold. 0 for 0 agents.

    Raises
    ------
    DataError
        With every value outside its range, and its position; or if the targets hold at any volume up to 10 million
        erlangs, as an occupancy of 1 does where contacts abandon.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> round(max_offered(14, 180, 1800, ServiceLevel(0.8, "20s")), 2)
    108.68
    """
    goals = as_goals(target, loses=patience_s is not None or not is_zero(balking))
    asked = {"agents": agents, "aht_s": aht_s, "interval_s": interval_s}
    asked |= asked_options(patience_s, places, balking, redial)
    plain = as_scalars(asked)
    if plain is not None:
        check_places(plain.get("places"), plain["agents"])
        return _of_floats(plain, goals) * plain["interval_s"] / plain["aht_s"]
    flat, shape = broadcast(asked)
    check_places(flat.get("places"), flat["agents"], shape)
    found = _of_arrays(flat, goals, shape) * flat["interval_s"] / flat["aht_s"]
    return found.reshape(shape) if shape else float(found[0])


def _of_floats(asked: dict[str, float], goals: Goals) -> float:
    """Return the load in erlangs."""
    agents = asked["agents"]
    if agents == 0.0:
        return 0.0
    phone = Phone(1.0, asked["aht_s"], options_of(asked))

    def at(load: float) -> float:
        return margin(goals, *settled(phone, agents, load)[1:])

    keep = 1.0 - phone.options.balking
    if phone.options.theta == 0.0 and phone.options.places is None and phone.options.redial == 0.0:
        high = agents / keep
    else:
        high = agents
        while high <= MAX_LOAD and at(high) <= 0.0:
            high *= 2.0
        if high > MAX_LOAD:
            raise DataError(_unlimited(agents))
    # The search closes in on the last load that holds; at 0 everything does.
    return crossing(at, 0.0, high)


def _of_arrays(
    asked: dict[str, npt.NDArray[np.float64]], goals: Goals, shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    import numpy as np

    from wfm.erlang.model_arrays import Phones, options_of
    from wfm.erlang.required_arrays import margins
    from wfm.erlang.root_arrays import crossing

    agents = asked["agents"]
    phones = Phones(np.ones(len(agents)), asked["aht_s"], options_of(asked))
    options = phones.options

    def at(which: npt.NDArray[np.int64], load: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return margins(goals, phones.at(which), agents[which], load)

    if options.places is None and options.redial is None and not (options.theta > 0.0).any():
        high = agents / options.keep
    else:
        high = agents.copy()
        open_ = np.flatnonzero(agents > 0)
        while len(open_):
            open_ = open_[at(open_, high[open_]) <= 0.0]
            high[open_] *= 2.0
            if (high > MAX_LOAD).any():
                over = high > MAX_LOAD
                raise DataError(_unlimited(float(agents[over][0]), rows(over.reshape(shape))))
    return crossing(at, np.zeros(len(agents)), high)


def _unlimited(agents: float, at: tuple[object, ...] = ()) -> Problem:
    what = f"the targets hold with {agents:g} agents at any volume up to 10 million erlangs"
    return Problem(what, remedy="add a target that bounds it, such as MaxAbandonment(0.05)", rows=at)
