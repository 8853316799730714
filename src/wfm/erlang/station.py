"""The waiting room behind a set of busy agents: one small algebra for Erlang C, Erlang A, limited places and chat.

All models are birth-death chains that differ only below the point where every place at an agent is taken. Above it
they share everything: contacts join at `rate`, are taken at `drain`, and each waiting one gives up at `theta`. So each
model builds a `Station`, and the rest is common. The arithmetic here works on floats and on arrays alike; what needs
an exponential or a series lives in `scalar` and `arrays`, and in `rooms` and `room_arrays` where waiting places end.

With c = drain / theta, z = rate / theta and t_k = z^k / ((c+1)...(c+k)), the share of states with k waiting is
proportional to t_k, and every measure is a sum of positive terms:

======================= =========================================
`found`  = sum t_k       k >= 0, those that let a contact wait
`ahead`  = sum t_k       k >= 1
`queued` = sum k t_k     mean queue; abandonment = theta E[Q]
`delays` = sum t_k h_k   h_k = sum of 1 / (c+i), i <= k: waits of the answered
======================= =========================================

Sources: Garnett, Mandelbaum and Reiman (2002); Zeltyn and Mandelbaum (2005) for the density of the offered wait,
proportional to exp(z (1 - exp(-theta t)) - drain t). In terms of the incomplete gamma function with D of
`wfm.erlang.gamma`, D(c, z) sum t_k = P(c, z), and a wait beyond t has the share P(c, z exp(-theta t)) of the same
whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from wfm.domain.targets import ServiceLevelBasis

__all__ = [
    "DEEP",
    "InTime",
    "Late",
    "Series",
    "State",
    "Station",
    "Value",
    "endless",
    "met_levels",
    "missed_levels",
    "occupancy",
]

# A float, or a numpy array of floats: this module must not import numpy to say so.
Value: TypeAlias = Any

# Above this share missed, 1 - share has lost two digits, and the level is computed by itself.
DEEP = 0.99


class Station(NamedTuple):
    """What the waiting room needs to know.

    `below` is the probability of a free place over that of exactly none free and nobody waiting (1/B - 1 in Erlang's
    words); `rate` contacts per second that are ready to wait; `drain` contacts taken per second while all places are
    busy; `slack` drain minus rate, given apart because it is often known exactly; `theta` 1 / mean patience, 0 for
    endless patience. `idle` is the mean share of agents without any contact while a place is free; none where an agent
    takes one contact at a time, and the occupancy follows from the flow. `room` is the number of waiting places; none
    where they have no end. `keep` is the share of contacts that are ready to wait at all, so that `rate / keep` arrive.
    """

    below: Value
    rate: Value
    drain: Value
    slack: Value
    theta: Value
    idle: Value = None
    room: Value = None
    keep: Value = 1.0


class Series(NamedTuple):
    """Sums over the number waiting, to be multiplied by D(c + `anchor`, z); `one` is t_0."""

    one: Value
    ahead: Value
    queued: Value
    delays: Value
    anchor: Value


class State(NamedTuple):
    """Long-run figures of a station as shares of all contacts, without reference to an acceptable wait.

    `wait_probability` counts contacts that find nobody free, but a place to wait; `abandonment` includes the `balked`,
    who leave at once. `weight` is 1 over the sum of all states, to be divided by 2 ** `exponent` D(c + `anchor`, z); it
    carries the normalisation to the questions about a wait.
    """

    wait_probability: Value
    answered: Value
    abandonment: Value
    mean_wait_s: Value
    asa_s: Value
    blocking: Value
    balked: Value
    weight: Value
    exponent: Value
    anchor: Value


class Late(NamedTuple):
    """Shares of all contacts beyond a wait: virtual wait longer, answered later, abandoned later."""

    virtual: Value
    answered: Value
    abandoned: Value


class InTime(NamedTuple):
    """Shares of all contacts up to a wait: virtual wait not longer, answered, and not waiting any more."""

    virtual: Value
    answered: Value
    gone: Value


def endless(station: Station) -> Value:
    """Whether nothing bounds the queue: no patience and no last place to wait."""
    if station.room is None:
        return station.theta == 0.0
    # Places that are never reached are infinite; a queue that grows reaches all.
    return (station.theta == 0.0) & (station.room == math.inf)


def occupancy(station: Station, state: State) -> Value:
    """Return the share of agents who have a contact, where contacts arrive at all."""
    if station.idle is None:
        return station.rate / station.keep * state.answered / station.drain
    return 1.0 - station.idle * (1.0 - state.wait_probability - state.blocking)


def missed_levels(state: State, late: Late, short: Late | None) -> Mapping[ServiceLevelBasis, Value]:
    """Return 1 - service level on each basis, as quotients of sums of positive terms.

    Parameters
    ----------
    state
        The station. A blocked contact is missed by every basis but `answered`.
    late
        Shares beyond the acceptable wait.
    short
        Shares beyond the threshold of a short abandon; the two bases that need it are left out without it.
    """
    basis = ServiceLevelBasis
    blocked = state.blocking
    beyond = late.answered + late.abandoned + blocked
    missed = {
        basis.OFFERED: late.answered + state.abandonment + blocked,
        basis.ANSWERED: late.answered / state.answered,
        basis.VIRTUAL: late.virtual + blocked,
        basis.ABANDONS_WITHIN_MET: beyond,
        basis.ABANDONS_WITHIN_EXCLUDED: beyond / (state.answered + late.abandoned + blocked),
    }
    if short is not None:
        counted = late.answered + short.abandoned + blocked
        missed[basis.SHORT_ABANDONS_MET] = counted
        missed[basis.SHORT_ABANDONS_EXCLUDED] = counted / (state.answered + short.abandoned + blocked)
    return missed


def met_levels(state: State, early: InTime, late: Late, short: Late | None) -> Mapping[ServiceLevelBasis, Value]:
    """Return the service level on each basis from what is in time, for levels so low that 1 - missed loses digits."""
    basis = ServiceLevelBasis
    met = {
        basis.OFFERED: early.answered,
        basis.ANSWERED: early.answered / state.answered,
        basis.VIRTUAL: early.virtual,
        basis.ABANDONS_WITHIN_MET: early.gone,
        basis.ABANDONS_WITHIN_EXCLUDED: early.answered / (state.answered + late.abandoned),
    }
    if short is not None:
        met[basis.SHORT_ABANDONS_MET] = early.answered + (state.abandonment - short.abandoned)
        met[basis.SHORT_ABANDONS_EXCLUDED] = early.answered / (state.answered + short.abandoned)
    return met
