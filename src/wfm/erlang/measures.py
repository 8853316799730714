"""What a given staff achieves: waits, levels, abandonment, occupancy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wfm.checks import check_choice, check_fraction
from wfm.domain.targets import ServiceLevelBasis
from wfm.erlang import scalar
from wfm.erlang.inputs import Number, as_scalars, broadcast, check_loads, rows
from wfm.erlang.station import State, Station, missed_levels, occupancy
from wfm.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Measures", "erlang_b", "erlang_c", "measures", "of_station", "of_stations"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Measures:
    """What a staff achieves in the long run; floats, or arrays of the shape of what was asked.

    Parameters
    ----------
    load_erl
        Offered load in erlangs.
    wait_probability
        Share of contacts that find nobody free.
    asa_s
        Mean wait of the answered contacts, in seconds.
    mean_wait_s
        Mean wait of all contacts, in seconds, the abandoned ones included.
    abandonment
        Share of contacts that abandon; 0 without patience.
    occupancy
        Share of their time that agents are busy.
    queue_length
        Mean number of contacts waiting.
    within_s
        The acceptable wait that the service levels are about.
    missed
        1 - service level by basis, computed without taking a difference: exact where the level is near 1.
    station, state
        The waiting room that the figures were computed from, flat where they are arrays.
    shape
        Shape of the figures; none for floats.
    """

    load_erl: Any
    wait_probability: Any
    asa_s: Any
    mean_wait_s: Any
    abandonment: Any
    occupancy: Any
    queue_length: Any
    within_s: Any
    missed: Mapping[ServiceLevelBasis, Any] = field(repr=False)
    station: Station = field(repr=False)
    state: State = field(repr=False)
    shape: tuple[int, ...] | None = field(repr=False)

    def service_level(self, basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED) -> Any:
        """Return the service level on a basis; default `offered`.

        Raises
        ------
        DataError
            If the basis is unknown, or needs a `short_abandon_s` that was not given.

        Examples
        --------
        >>> round(measures(100, 180, 1800, 14, within_s=20).service_level(), 7)
        0.88835
        """
        return 1.0 - self.missed_level(basis)

    def missed_level(self, basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED) -> Any:
        """Return 1 - service level on a basis, exact where the level is near 1; default `offered`."""
        known = check_choice("basis", basis, ServiceLevelBasis)
        if known not in self.missed:
            raise DataError(Problem(f"basis {known.value!r} without a threshold", remedy="give short_abandon_s"))
        return self.missed[known]

    def longest_wait_s(self, breach: float = 0.01) -> Any:
        """Return the wait in seconds that a share `breach` of contacts would exceed, were they endlessly patient.

        Parameters
        ----------
        breach
            Share of contacts, in (0, 1); default 0.01.

        Raises
        ------
        DataError
            If the share is outside its range.

        Examples
        --------
        >>> round(measures(100, 180, 1800, 14, within_s=20).longest_wait_s(0.1), 1)
        25.0
        """
        check_fraction("breach", breach, include_one=False)
        if self.shape is None:
            return scalar.longest_wait(self.station, self.state, breach)
        import numpy as np

        from wfm.erlang import arrays

        size = len(self.station.rate)
        return _shaped(arrays.longest_wait(self.station, self.state, np.full(size, breach)), self.shape)

    def __str__(self) -> str:
        names = ("load_erl", "wait_probability", "asa_s", "mean_wait_s", "abandonment", "occupancy", "queue_length")
        lines = [f"within {self.within_s} s:"]
        lines += [f"  {name:<40}{getattr(self, name)}" for name in names]
        lines += [f"  service level, {basis.value:<25}{self.service_level(basis)}" for basis in self.missed]
        return "\n".join(lines)


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
        The probability; a float for two numbers, else an array of the broadcast shape.

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
    return _shaped(1.0 / arrays.inverse_b(flat["agents"].astype("int64"), flat["load_erl"]), shape)


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
        With every value outside its range, and its position: agents below the load, where the queue has no end, too.

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
    short_abandon_s: Number | None = None,
) -> Measures:
    """Return what `agents` achieve: Erlang C without patience, Erlang A with it.

    Numbers give floats; as soon as one argument is an array, all are broadcast against each other.

    Parameters
    ----------
    offered
        Contacts offered in the interval, 0 or more.
    aht_s
        Mean handle time in seconds, more than 0.
    interval_s
        Length of the interval in seconds, more than 0.
    agents
        Agents on seat, whole. Without patience at least the load; with it at least 1 where contacts are offered.
    within_s
        Acceptable wait in seconds, 0 or more.
    patience_s
        Mean patience in seconds, more than 0; default none: nobody abandons.
    short_abandon_s
        Threshold of a short abandon in seconds, more than 0; default none. The two short-abandon bases need it.

    Returns
    -------
    Measures
        Long-run figures.

    Raises
    ------
    DataError
        With every value outside its range, and its position; a load above 10 million erlangs is refused.

    Notes
    -----
    M/M/n and M/M/n+M in the steady state. Source: Garnett, Mandelbaum and Reiman, "Designing a call center with
    impatient customers", Manufacturing & Service Operations Management 4 (2002).

    Examples
    --------
    >>> found = measures(1000, 180, 1800, 95, within_s=30, patience_s=120)
    >>> round(found.service_level(), 4), round(found.service_level("answered"), 4)
    (0.8787, 0.9485)
    """
    asked = {"offered": offered, "aht_s": aht_s, "interval_s": interval_s, "agents": agents, "within_s": within_s}
    optional = {"patience_s": patience_s, "short_abandon_s": short_abandon_s}
    asked |= {name: value for name, value in optional.items() if value is not None}
    plain = as_scalars(asked)
    if plain is not None:
        return _measures_of_floats(plain)
    return _measures_of_arrays(*broadcast(asked))


def _measures_of_floats(asked: dict[str, float]) -> Measures:
    load = asked["offered"] * asked["aht_s"] / asked["interval_s"]
    patience = asked.get("patience_s")
    check_loads(load)
    agents = int(asked["agents"])
    if load > 0 and (agents == 0 or (patience is None and agents < load)):
        raise DataError(_too_few(agents, load, patience is not None))
    theta = 0.0 if patience is None else 1.0 / patience
    station = scalar.erlang_station(load, asked["aht_s"], agents, scalar.inverse_b(agents, load), theta)
    return of_station(load, station, asked["within_s"], asked.get("short_abandon_s"))


def _measures_of_arrays(asked: dict[str, npt.NDArray[np.float64]], shape: tuple[int, ...]) -> Measures:
    import numpy as np

    from wfm.erlang import arrays

    load = asked["offered"] * asked["aht_s"] / asked["interval_s"]
    check_loads(load, shape)
    agents = asked["agents"].astype(np.int64)
    patience = asked.get("patience_s")
    few = (load > 0) & ((agents == 0) | ((agents < load) & (patience is None)))
    if few.any():
        at = rows(few.reshape(shape))
        raise DataError(_too_few(int(agents[few][0]), float(load[few][0]), patience is not None, at))
    theta = np.zeros(load.shape) if patience is None else 1.0 / patience
    station = arrays.erlang_station(load, asked["aht_s"], agents, arrays.inverse_b(agents, load), theta)
    return of_stations(load, station, asked["within_s"], asked.get("short_abandon_s"), shape)


def of_station(load: float, station: Station, within: float, short: float | None) -> Measures:
    """Return the measures of one station of floats."""
    state = scalar.state(station)
    late = scalar.beyond(station, state, within)
    missed = missed_levels(state, late, None if short is None else scalar.beyond(station, state, short))
    # Shares that are 1 come out a rounding error above it now and then; no more is cut off than that.
    return Measures(
        load_erl=load,
        wait_probability=state.wait_probability,
        asa_s=state.asa_s,
        mean_wait_s=state.mean_wait_s,
        abandonment=state.abandonment,
        occupancy=min(occupancy(station, state), 1.0) if station.rate else 0.0,
        queue_length=state.mean_wait_s * station.rate if station.rate else 0.0,
        within_s=within,
        missed={basis: min(value, 1.0) for basis, value in missed.items()},
        station=station,
        state=state,
        shape=None,
    )


def of_stations(
    load: npt.NDArray[np.float64],
    station: Station,
    within: npt.NDArray[np.float64],
    short: npt.NDArray[np.float64] | None,
    shape: tuple[int, ...],
) -> Measures:
    """Return the measures of flat stations, in a shape."""
    import numpy as np

    from wfm.erlang import arrays

    state = arrays.state(station)
    late = arrays.beyond(station, state, within)
    missed = missed_levels(state, late, None if short is None else arrays.beyond(station, state, short))
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(station.rate > 0, np.minimum(occupancy(station, state), 1.0), 0.0)
    return Measures(
        load_erl=_shaped(load, shape),
        wait_probability=_shaped(state.wait_probability, shape),
        asa_s=_shaped(state.asa_s, shape),
        mean_wait_s=_shaped(state.mean_wait_s, shape),
        abandonment=_shaped(state.abandonment, shape),
        occupancy=_shaped(busy, shape),
        queue_length=_shaped(state.mean_wait_s * station.rate, shape),
        within_s=_shaped(within, shape),
        missed={basis: _shaped(np.minimum(value, 1.0), shape) for basis, value in missed.items()},
        station=station,
        state=state,
        shape=shape,
    )


def _too_few(agents: int, load: float, patience: bool, rows: tuple[object, ...] = ()) -> Problem:
    what = f"{agents} agents for {load:g} erlangs"
    if patience:
        return Problem(f"{what}: nobody answers", remedy="give at least 1 agent", rows=rows)
    remedy = f"give at least {math.ceil(load)} agents, or patience_s if contacts abandon"
    return Problem(f"{what}: without abandonment the queue grows without end", remedy=remedy, rows=rows)


def _shaped(values: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Any:
    return values.reshape(shape) if shape else float(values[0])
