"""`wfm.erlang.models` by element; see there. The loops run over terms and sessions, never over the elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from wfm.erlang import arrays
from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.room_arrays import limited
from wfm.erlang.root_arrays import crossing
from wfm.erlang.station import State, Station

__all__ = ["Chats", "Models", "Options", "Phones", "options_of", "settled"]

_LARGE = 1e200


class Options(NamedTuple):
    """What contacts do that are not answered at once, by element; none where the option is not used."""

    theta: Floats
    places: Floats | None = None
    balking: Floats | None = None
    redial: Floats | None = None

    def at(self, which: Ints) -> Options:
        """Return the options of some elements."""
        rest = (None if field is None else field[which] for field in self[1:])
        return Options(self.theta[which], *rest)

    @property
    def keep(self) -> Floats | float:
        """The share of contacts that are ready to wait."""
        return 1.0 if self.balking is None else 1.0 - self.balking


def options_of(asked: Mapping[str, Floats]) -> Options:
    """Return the options among checked values of one length."""
    patience = asked.get("patience_s")
    theta = np.zeros(len(asked["interval_s"])) if patience is None else 1.0 / patience
    return Options(theta, asked.get("places"), asked.get("balking"), asked.get("redial"))


class Models(Protocol):
    """Volumes and their options, waiting for numbers of agents; `times` multiplies the volume."""

    @property
    def options(self) -> Options:
        """What contacts do that are not answered at once."""
        ...

    def at(self, which: Ints) -> Models:
        """Return the models of some elements."""
        ...

    def station(self, agents: Floats | Ints, times: Floats | float = 1.0) -> Station:
        """Return the stations of numbers of agents."""
        ...


class Phones(NamedTuple):
    """Agents who take one contact each."""

    load: Floats
    aht: Floats
    options: Options

    def at(self, which: Ints) -> Phones:
        """Return the models of some elements."""
        return Phones(self.load[which], self.aht[which], self.options.at(which))

    def station(self, agents: Floats | Ints, times: Floats | float = 1.0) -> Station:
        """Return the stations of numbers of agents, whole or real."""
        load = self.load * times
        inverse = arrays.inverse_b(agents, load)
        station = arrays.erlang_station(load, self.aht, agents, inverse, self.options.theta, self.options.keep)
        return _limited(station, self.options.places, agents)


class Chats(NamedTuple):
    """Agents who hold several sessions each; `ahts` has one row for each number of sessions held."""

    rate: Floats
    ahts: Floats
    options: Options

    def at(self, which: Ints) -> Chats:
        """Return the models of some elements."""
        return Chats(self.rate[which], self.ahts[:, which], self.options.at(which))

    def station(self, agents: Floats | Ints, times: Floats | float = 1.0) -> Station:
        """Return the stations of whole numbers of agents."""
        most, rate = len(self.ahts), self.rate * times
        agents = agents.astype(np.int64)
        ends = np.vstack([np.zeros(len(rate)), np.arange(1, most + 1)[:, None] / self.ahts])
        drain, joining = agents * ends[-1], rate * self.options.keep
        below, idle = np.zeros(len(rate)), np.ones(len(rate))
        held = np.where(rate > 0, agents * most, 0)
        order = np.argsort(-held, kind="stable")
        order = order[held[order] > 0]
        if len(order):
            below[order], idle[order] = _held(rate[order], ends[:, order], agents[order], held[order])
        station = Station(below, joining, drain, drain - joining, self.options.theta, idle, keep=self.options.keep)
        return _limited(station, self.options.places, agents * most)


def _limited(station: Station, places: Floats | None, held: Floats | Ints) -> Station:
    if places is None:
        return station
    return station._replace(room=limited(places - held, station.rate, station.drain, station.theta))


def _held(rate: Floats, ends: Floats, agents: Ints, places: Ints) -> tuple[Floats, Floats]:
    """Sum the states with a free place from the fullest down; elements come with the most places first."""
    size = len(rate)
    term, scale = np.ones(size), np.ones(size)
    total, idle = np.zeros((2, size))
    every = np.arange(size)
    running = np.searchsorted(-places, -np.arange(1, places[0] + 1), side="right")
    for full, count in enumerate(running.tolist()):
        held, n, at = places[:count] - full, agents[:count], every[:count]
        level, some = np.divmod(held, n)
        here = ends[level, at]
        flow = n * here + some * (ends[np.minimum(level + 1, len(ends) - 1), at] - here)
        head = term[:count]
        head *= flow / rate[:count]
        large = head > _LARGE
        if large.any():
            for values in (term, total, idle):
                values[:count][large] /= _LARGE
            with np.errstate(over="ignore"):
                scale[:count][large] *= _LARGE
        total[:count] += head
        idle[:count] += head * np.maximum(n - held + 1, 0) / n
    with np.errstate(over="ignore"):
        return total * scale, idle / total


def settled(
    models: Models, agents: Floats | Ints, volume: Floats | float = 1.0
) -> tuple[Floats | float, Station, State]:
    """Return the attempts per contact, the stations that they make, and their long-run figures."""
    redial = models.options.redial
    if redial is None:
        station = models.station(agents, volume)
        return 1.0, station, arrays.state(station)
    volumes = np.broadcast_to(np.asarray(volume, dtype=float), redial.shape)

    def surplus(at: Ints, times: Floats) -> Floats:
        state = arrays.state(models.at(at).station(agents[at], volumes[at] * times))
        surplus: Floats = times * (1.0 - redial[at] * (state.abandonment + state.blocking)) - 1.0
        return surplus

    ones = np.ones(redial.shape)
    lost = surplus(np.arange(len(ones)), ones) < 0.0
    times = crossing(surplus, ones, np.where(lost, 1.0 / (1.0 - redial), 1.0))
    station = models.station(agents, volumes * times)
    return times, station, arrays.state(station)
