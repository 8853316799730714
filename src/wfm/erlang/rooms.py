"""Waiting rooms with an end (M/M/n/K and M/M/n/K+M) on plain floats: a contact that finds every place taken is blocked.

The sums are those of `wfm.erlang.station`, broken off at the last waiting place. Of a wait longer than t, j of the
contacts ahead being left, the terms are those of the endless room times the share of a Poisson variable with mean
z (1 - exp(-theta t)) that is at most the number of places behind them: all positive again. The limit theta = 0 is
met by writing theta c = drain and theta z = rate.
"""

from __future__ import annotations

import math

from wfm.erlang.station import Late, State, Station

__all__ = ["beyond", "longest_wait", "matters", "state"]

_LARGE, _SHIFT = 1e200, 600
_SHRINK, _GROW = 2.0**-_SHIFT, 2.0**_SHIFT
_ENOUGH_TO_DROP = 1e100
# Where fewer than this share are patient, nobody but the first in the queue is left.
_LEAST = 1e-60
_LOG_2 = math.log(2.0)
# Contacts so much rarer than their ends never meet.
_RARE = 1e-30
_BISECTIONS = 200


def matters(room: float, rate: float, drain: float, theta: float) -> bool:
    """Whether a number of waiting places is ever reached: with a share above 1e-18 of the contacts."""
    if room > 0 and rate < _RARE * drain:
        return False
    if theta == 0.0:
        return rate >= drain or room == 0 or room * math.log(drain / rate) < 42.0
    return room < max((rate - drain) / theta, 0.0) + 10.0 * math.sqrt(rate / theta) + 60.0


def state(station: Station) -> State:
    """Return the long-run figures of a station with an end to its waiting room."""
    below, rate, drain, _, theta, _, room, keep = station
    one = term = 1.0
    found = ahead = queued = delays = step = 0.0
    exponent = 0
    for k in range(1, int(room) + 1):
        found += term
        pace = drain + k * theta
        term *= rate / pace
        step += 1.0 / pace
        ahead += term
        queued += k * term
        delays += step * term
        if term > _LARGE:
            one, term, found, ahead = one * _SHRINK, term * _SHRINK, found * _SHRINK, ahead * _SHRINK
            queued, delays, exponent = queued * _SHRINK, delays * _SHRINK, exponent + _SHIFT
    free = below * one
    if math.isinf(free):
        return State(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)
    weight = 1.0 / (free + one + ahead)
    blocking, busy = weight * term, weight * found
    taken = keep * drain / rate
    answered = weight * (free + ahead * taken)
    waited = keep * weight * queued / rate
    balked = (1.0 - keep) * busy
    abandonment = theta * waited + balked
    asa = weight * delays * taken / answered if answered else 0.0
    # Of the contacts that are not blocked.
    mean = waited / (weight * (free + found)) if free + found else 0.0
    return State(busy, answered, abandonment, mean, asa, blocking, balked, weight, exponent, 0)


def beyond(station: Station, known: State, wait: float) -> Late:
    """Return the shares of contacts beyond a wait in seconds; a blocked one is in none of them."""
    _, rate, drain, _, theta, _, room, keep = station
    worn = theta * wait
    stay = math.exp(-worn)
    crowd = rate * wait if theta == 0.0 else -rate / theta * math.expm1(-worn)
    places = int(room)
    # Downwards from the last place that lets a contact wait, so that both factors are built from positive steps.
    term = poisson = share = 1.0
    virtual = answered = abandoned = 0.0
    scale = -drain * wait - known.exponent * _LOG_2
    for free in range(places):
        ahead = places - 1 - free
        if free:
            poisson *= crowd / free
            share += poisson
            pace = (drain + (ahead + 1) * theta) / (rate * max(stay, _LEAST))
            term *= pace
            scale -= math.log(pace)
        if term > _LARGE:
            term, virtual, answered, abandoned = (
                term * _SHRINK,
                virtual * _SHRINK,
                answered * _SHRINK,
                abandoned * _SHRINK,
            )
            scale += _SHIFT * _LOG_2
        elif term < 1.0 / _LARGE and virtual < _ENOUGH_TO_DROP:
            term, virtual, answered, abandoned = term * _GROW, virtual * _GROW, answered * _GROW, abandoned * _GROW
            scale -= _SHIFT * _LOG_2
        if share > _LARGE:
            poisson, share, virtual, answered, abandoned = (
                poisson * _SHRINK,
                share * _SHRINK,
                virtual * _SHRINK,
                answered * _SHRINK,
                abandoned * _SHRINK,
            )
            scale += _SHIFT * _LOG_2
        here = term * share
        pace = drain + (ahead + 1) * theta
        virtual += here
        answered += here * (drain / pace)
        abandoned += here * ((ahead + 1) * theta / pace)
    weight = known.weight * math.exp(scale)
    return Late(weight * virtual, keep * stay * weight * answered, keep * stay * weight * abandoned)


def longest_wait(station: Station, known: State, breach: float) -> float:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient."""
    low: float = 0.0
    high: float = 1.0 / station.drain
    while beyond(station, known, high).virtual > breach:
        low, high = high, 2.0 * high
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if middle in (low, high) or high - low <= 1e-12 * high:
            break
        if beyond(station, known, middle).virtual > breach:
            low = middle
        else:
            high = middle
    return high
