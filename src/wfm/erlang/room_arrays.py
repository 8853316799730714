"""`wfm.erlang.rooms` by element; see there for the formulas. The loops run over the waiting places."""

from __future__ import annotations

import numpy as np

from wfm.erlang.gamma_arrays import Floats
from wfm.erlang.station import State, Station

__all__ = ["beyond", "limited", "longest_wait", "state"]

_LARGE, _SHIFT = 1e200, 600
_SHRINK, _GROW = 2.0**-_SHIFT, 2.0**_SHIFT
_ENOUGH_TO_DROP = 1e100
_LEAST = 1e-60
_RARE = 1e-30
_LOG_2 = np.log(2.0)
_BISECTIONS = 60


def limited(room: Floats, rate: Floats, drain: Floats, theta: Floats) -> Floats:
    """Return the waiting places, infinite where less than 1e-18 of the contacts ever reach the last of them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        geometric = (rate >= drain) | (room == 0.0) | (room * np.log(drain / rate) < 42.0)
        reach = np.maximum((rate - drain) / theta, 0.0) + 10.0 * np.sqrt(rate / theta) + 60.0
    matters = ((room == 0.0) | (rate >= _RARE * drain)) & np.where(theta == 0.0, geometric, room < reach)
    return np.where(matters, room, np.inf)


def state(station: Station) -> Floats:
    """Return the fields of the long-run figures, one row each."""
    order = np.argsort(-station.room, kind="stable")
    found = np.empty((len(State._fields), len(order)))
    found[:, order] = _state(_sorted(station, order))
    return found


def _sorted(station: Station, order: np.ndarray) -> Station:
    return Station(*(field[order] if isinstance(field, np.ndarray) else field for field in station))


def _running(room: Floats, first: int) -> list[int]:
    """Return for each step from `first` on how many elements, sorted by falling room, take part."""
    steps = np.arange(first, int(room[0]) + first)
    return list(np.searchsorted(-room, -(steps + 1.0 - first), side="right").tolist())


def _state(station: Station) -> Floats:
    below, rate, drain, _, theta, _, room, keep = station
    sums = np.zeros((7, len(rate)))
    one, term, found, ahead, queued, delays, step = sums
    one[:], term[:] = 1.0, 1.0
    exponent = np.zeros(len(rate))
    for k, count in enumerate(_running(room, 1), start=1):
        pace = drain[:count] + k * theta[:count]
        found[:count] += term[:count]
        term[:count] *= rate[:count] / pace
        step[:count] += 1.0 / pace
        ahead[:count] += term[:count]
        queued[:count] += k * term[:count]
        delays[:count] += step[:count] * term[:count]
        large = np.flatnonzero(term[:count] > _LARGE)
        if large.size:
            sums[:6, large] *= _SHRINK
            exponent[large] += _SHIFT
    free = below * one
    weight = 1.0 / (free + one + ahead)
    blocking, busy = weight * term, weight * found
    taken = keep * drain / rate
    answered = weight * (free + ahead * taken)
    waited = keep * weight * queued / rate
    balked = (1.0 - keep) * busy
    asa = weight * delays * taken / answered
    # Of the contacts that are not blocked.
    mean = waited / (weight * (free + found))
    none = np.zeros(len(rate))
    return np.stack([busy, answered, theta * waited + balked, mean, asa, blocking, balked, weight, exponent, none])


def beyond(station: Station, known: State, wait: Floats) -> Floats:
    """Return the shares of contacts beyond a wait in seconds, one row for each field of `Late`."""
    order = np.argsort(-station.room, kind="stable")
    found = np.empty((3, len(order)))
    found[:, order] = _beyond(_sorted(station, order), known.weight[order], known.exponent[order], wait[order])
    return found


def _beyond(station: Station, weight: Floats, exponent: Floats, wait: Floats) -> Floats:
    _, rate, drain, _, theta, _, room, keep = station
    worn = theta * wait
    stay = np.exp(-worn)
    patient = np.maximum(stay, _LEAST)
    with np.errstate(divide="ignore", invalid="ignore"):
        crowd = np.where(theta == 0.0, rate * wait, -rate / theta * np.expm1(-worn))
    factors, late = np.ones((3, len(rate))), np.zeros((3, len(rate)))
    term, poisson, share = factors
    scale = -drain * wait - exponent * _LOG_2
    for free, count in enumerate(_running(room, 0)):
        ahead = room[:count] - free
        if free:
            poisson[:count] *= crowd[:count] / free
            share[:count] += poisson[:count]
            pace = (drain[:count] + ahead * theta[:count]) / (rate[:count] * patient[:count])
            term[:count] *= pace
            scale[:count] -= np.log(pace)
        _rescale(term[:count], factors[1:, :count], late[:, :count], scale[:count])
        here = term[:count] * share[:count]
        pace = drain[:count] + ahead * theta[:count]
        late[0, :count] += here
        late[1, :count] += here * (drain[:count] / pace)
        late[2, :count] += here * (ahead * theta[:count] / pace)
    late *= weight * np.exp(scale)
    late[1:] *= keep * stay
    return late


def _rescale(term: Floats, poissons: Floats, late: Floats, scale: Floats) -> None:
    """Keep the two factors and the sums in range, in place."""
    for high, rows in ((term > _LARGE, (term[None],)), (poissons[1] > _LARGE, (poissons,))):
        if high.any():
            for values in (*rows, late):
                values[:, high] *= _SHRINK
            scale[high] += _SHIFT * _LOG_2
    low = (term < 1.0 / _LARGE) & (late[0] < _ENOUGH_TO_DROP)
    if low.any():
        term[low] *= _GROW
        late[:, low] *= _GROW
        scale[low] -= _SHIFT * _LOG_2


def longest_wait(station: Station, known: State, breach: Floats) -> Floats:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient."""
    low = np.zeros(len(breach))
    high: Floats = 1.0 / station.drain
    while (more := beyond(station, known, high)[0] > breach).any():
        low, high = np.where(more, high, low), np.where(more, 2.0 * high, high)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        more = beyond(station, known, middle)[0] > breach
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return high
