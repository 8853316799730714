"""The waiting room behind a set of busy agents: one small algebra for Erlang C, Erlang A and chat.

All three models are birth-death chains that differ only below the point where every place at an agent is taken. Above
it they share everything: contacts arrive at `rate`, are taken at `drain`, and each waiting one gives up at `theta`.
So each model builds a `Station`, and the rest is common. The arithmetic here works on floats and on arrays alike; what
needs an exponential or a series lives in `scalar` and `arrays`.

With c = drain / theta, z = rate / theta and t_k = z^k / ((c+1)...(c+k)), the share of states with k waiting is
proportional to t_k, and every measure is a sum of positive terms:

======================= =========================================
`ahead`  = sum t_k       all k >= 1
`queued` = sum k t_k     mean queue; abandonment = theta E[Q]
`delays` = sum t_k h_k   h_k = sum of 1 / (c+i), i <= k: waits of the answered
======================= =========================================

Sources: Garnett, Mandelbaum and Reiman (2002); Zeltyn and Mandelbaum (2005) for the density of the offered wait,
proportional to exp(z (1 - exp(-theta t)) - drain t).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from wfm.domain.targets import ServiceLevelBasis

__all__ = ["Late", "Series", "State", "Station", "Value", "missed_levels", "occupancy"]

# A float, or a numpy array of floats: this module must not import numpy to say so.
Value: TypeAlias = Any


class Station(NamedTuple):
    """What the waiting room needs to know.

    `below` is the probability of a free place over that of exactly none free and nobody waiting (1/B - 1 in Erlang's
    words); `rate` arrivals per second; `drain` contacts taken per second while all places are busy; `slack` drain
    minus rate, given apart because it is often known exactly; `theta` 1 / mean patience, 0 for endless patience.
    `idle` is the mean share of agents without any contact while a place is free; none where an agent takes one contact
    at a time, and the occupancy follows from the flow.
    """

    below: Value
    rate: Value
    drain: Value
    slack: Value
    theta: Value
    idle: Value = None


class Series(NamedTuple):
    """Sums over the number waiting, from 1; each is to be multiplied by 2 ** `exponent`, and so is `one`, t_0."""

    one: Value
    ahead: Value
    queued: Value
    delays: Value
    exponent: Value


class State(NamedTuple):
    """Long-run figures of a station, without reference to an acceptable wait.

    `weight` is the probability of no free place and nobody waiting; it is to be divided by 2 ** `exponent`, and carries
    the normalisation to the questions about a wait.
    """

    wait_probability: Value
    answered: Value
    abandonment: Value
    mean_wait_s: Value
    asa_s: Value
    weight: Value
    exponent: Value


class Late(NamedTuple):
    """Shares of the offered contacts beyond a wait: virtual wait longer, answered later, abandoned later."""

    virtual: Value
    answered: Value
    abandoned: Value


def occupancy(station: Station, state: State) -> Value:
    """Return the share of agents who have a contact, where contacts arrive at all."""
    if station.idle is None:
        return station.rate * state.answered / station.drain
    return 1.0 - station.idle * (1.0 - state.wait_probability)


def missed_levels(state: State, late: Late, short: Late | None) -> Mapping[ServiceLevelBasis, Value]:
    """Return 1 - service level on each basis, as quotients of sums of positive terms.

    Parameters
    ----------
    state
        The station.
    late
        Shares beyond the acceptable wait.
    short
        Shares beyond the threshold of a short abandon; the two bases that need it are left out without it.
    """
    basis = ServiceLevelBasis
    beyond = late.answered + late.abandoned
    missed = {
        basis.OFFERED: late.answered + state.abandonment,
        basis.ANSWERED: late.answered / state.answered,
        basis.VIRTUAL: late.virtual,
        basis.ABANDONS_WITHIN_MET: beyond,
        basis.ABANDONS_WITHIN_EXCLUDED: beyond / (state.answered + late.abandoned),
    }
    if short is not None:
        counted = late.answered + short.abandoned
        missed[basis.SHORT_ABANDONS_MET] = counted
        missed[basis.SHORT_ABANDONS_EXCLUDED] = counted / (state.answered + short.abandoned)
    return missed
