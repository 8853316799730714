"""The models on plain floats: what a number of agents makes of a volume, redials included.

A contact that balks leaves at once when it finds nobody free; so contacts join the queue at a share of their rate,
which the birth-death chain takes as it is. A contact that was lost (abandoned, balked or blocked) comes again with the
probability `redial`; the rate of attempts is the fixed point of what is offered and what comes again, as if the two
mixed to one Poisson stream (Aguir, Karaesmen, Aksin and Chauvet, "The impact of retrials on call center performance",
OR Spectrum 26, 2004).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from wfm.erlang import scalar
from wfm.erlang.rooms import matters
from wfm.erlang.roots import crossing
from wfm.erlang.station import State, Station

__all__ = ["Chat", "Model", "Options", "Phone", "options_of", "settled"]

# Terms are scaled down before they overflow; a sum that does is of places so free that nobody ever waits.
_LARGE = 1e200


class Options(NamedTuple):
    """What contacts do that are not answered at once: theta is 1 / patience, `places` those in the system."""

    theta: float = 0.0
    places: float | None = None
    balking: float = 0.0
    redial: float = 0.0


def options_of(asked: Mapping[str, float]) -> Options:
    """Return the options among checked values."""
    patience = asked.get("patience_s")
    theta = 0.0 if patience is None else 1.0 / patience
    return Options(theta, asked.get("places"), asked.get("balking", 0.0), asked.get("redial", 0.0))


class Model(Protocol):
    """A volume and its options, waiting for a number of agents; `times` multiplies the volume."""

    @property
    def options(self) -> Options:
        """What contacts do that are not answered at once."""
        ...

    def station(self, agents: float, times: float = 1.0) -> Station:
        """Return the station of a number of agents."""
        ...


class Phone(NamedTuple):
    """Agents who take one contact each."""

    load: float
    aht: float
    options: Options

    def station(self, agents: float, times: float = 1.0) -> Station:
        """Return the station of a number of agents, whole or real."""
        load, options = self.load * times, self.options
        inverse = scalar.inverse_b(agents, load)
        station = scalar.erlang_station(load, self.aht, agents, inverse, options.theta, 1.0 - options.balking)
        return _limited(station, options.places, agents)


class Chat(NamedTuple):
    """Agents who hold up to `len(ahts)` sessions each, of a mean length by the number held."""

    rate: float
    ahts: Sequence[float]
    options: Options

    def station(self, agents: float, times: float = 1.0) -> Station:
        """Return the station of a whole number of agents."""
        options = self.options
        station = _held(self.rate * times, self.ahts, int(agents), options.theta, 1.0 - options.balking)
        return _limited(station, options.places, int(agents) * len(self.ahts))


def _limited(station: Station, places: float | None, held: float) -> Station:
    if places is None or not matters(places - held, station.rate, station.drain, station.theta):
        return station
    return station._replace(room=places - held)


def _held(rate: float, ahts: Sequence[float], agents: int, theta: float, keep: float) -> Station:
    """Return the station of the balanced birth-death model of a chat."""
    # Sessions that one agent with k of them ends per second; between whole k the balanced model is linear.
    ends = [0.0, *((k + 1) / aht for k, aht in enumerate(ahts))]
    drain, joining = agents * ends[-1], rate * keep
    if rate == 0.0 or agents == 0:
        return Station(0.0, joining, drain, drain - joining, theta, 1.0, keep=keep)
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
    return Station(total * scale, joining, drain, drain - joining, theta, idle / total, keep=keep)


def settled(model: Model, agents: float, volume: float = 1.0) -> tuple[float, Station, State]:
    """Return the attempts per contact, the station that they make, and its long-run figures."""
    redial = model.options.redial

    def tried(times: float) -> tuple[Station, State]:
        station = model.station(agents, volume * times)
        return station, scalar.state(station)

    if redial == 0.0:
        return 1.0, *tried(1.0)

    def surplus(times: float) -> float:
        state = tried(times)[1]
        return float(times * (1.0 - redial * (state.abandonment + state.blocking)) - 1.0)

    times = crossing(surplus, 1.0, 1.0 / (1.0 - redial)) if surplus(1.0) < 0.0 else 1.0
    return times, *tried(times)
