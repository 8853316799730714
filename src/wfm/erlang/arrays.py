"""The formulas on numpy arrays: loops run over the terms of a series, never over the elements.

Elements are sorted by the number of terms they need, so that those still running are always a slice from the front;
work is done in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.erlang.station import Late, Series, State, Station

__all__ = ["Floats", "Ints", "beyond", "erlang_station", "inverse_b", "longest_wait", "series", "state", "take"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

_NEGLIGIBLE = 1e-17
_LARGE, _SHIFT = 1e200, 600
_SHRINK = 2.0**-_SHIFT
_BLOCK = 8192
# How often the elements that have converged are put aside.
_CHECK = 8
# Convergence is quadratic; this many are never needed.
_NEWTON_STEPS = 60


def inverse_b(agents: Ints, load: Floats) -> Floats:
    """Return 1 / B(n, A) by element, the backward sum of positive terms; infinite where B underflows."""
    result = np.empty(load.shape)
    # Beyond the largest term, k terms on, the terms have fallen by exp(-k^2 / 2A); 8.8 deviations are below 1e-16.
    climb = np.maximum(agents - load, 0.0)
    needed = np.minimum(agents, np.ceil(climb + 9.0 * np.sqrt(np.maximum(load, 1.0)) + 8.0)).astype(np.int64)
    needed[load == 0.0] = 0
    order = np.argsort(-needed, kind="stable")
    for first in range(0, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        result[block] = _sum_backwards(agents[block].astype(float), load[block], needed[block])
    result[(load == 0.0) & (agents > 0)] = np.inf
    return result


def _sum_backwards(free: Floats, load: Floats, needed: Ints) -> Floats:
    total, term = np.ones(len(load)), np.ones(len(load))
    running = np.searchsorted(-needed, -np.arange(1, needed[0] + 1), side="right")
    with np.errstate(over="ignore"):
        inverse = np.divide(1.0, load, out=np.zeros(len(load)), where=load > 0)
        for count in running.tolist():
            head = term[:count]
            head *= free[:count]
            head *= inverse[:count]
            total[:count] += head
            free[:count] -= 1.0
    return total


def erlang_station(load: Floats, aht: Floats, agents: Ints, inverse: Floats, theta: Floats) -> Station:
    """Return the stations of `agents` who take one contact each, given 1/B."""
    return Station(inverse - 1.0, load / aht, agents / aht, (agents - load) / aht, theta)


def series(c: Floats, z: Floats) -> Series:
    """Return the sums of the waiting room by element, at c = drain / theta and z = rate / theta."""
    out = np.empty((5, len(c)))
    # Elements of like size need a like number of terms.
    order = np.argsort(np.maximum(z - c, 0.0) + 9.0 * np.sqrt(z), kind="stable")
    for first in range(0, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        out[:, block] = _series_block(c[block], z[block])
    return Series(*out)


def _series_block(c: Floats, z: Floats) -> Floats:
    out = np.empty((5, len(c)))
    at = np.arange(len(c))
    place = c.copy()
    one, term = np.ones(len(c)), np.ones(len(c))
    ahead, queued, delays, step, exponent = np.zeros((5, len(c)))
    k = 0
    while len(at):
        for _ in range(_CHECK):
            k += 1
            place += 1.0
            term *= z
            term /= place
            step += 1.0 / place
            ahead += term
            queued += k * term
            delays += step * term
            large = term > _LARGE
            if large.any():
                for sums in (one, term, ahead, queued, delays):
                    sums[large] *= _SHRINK
                exponent[large] += _SHIFT
        gap = 1.0 - z / (place + 1.0)
        with np.errstate(divide="ignore"):
            done = (gap > 0.0) & (term * (k + 1.0 / gap) <= _NEGLIGIBLE * queued * gap)
        if done.any():
            out[:, at[done]] = one[done], ahead[done], queued[done], delays[done], exponent[done]
            left = ~done
            at, z, place, one, term = at[left], z[left], place[left], one[left], term[left]
            ahead, queued, delays, step, exponent = (
                ahead[left],
                queued[left],
                delays[left],
                step[left],
                exponent[left],
            )
    return out


def take(station: Station, which: npt.NDArray[np.bool_]) -> Station:
    """Return the chosen elements of a station."""
    return Station(*(None if field is None else field[which] for field in station))


def state(station: Station) -> State:
    """Return the long-run figures by element; without patience and with no slack the waits are infinite."""
    size = len(station.rate)
    out = np.zeros((7, size))
    out[1] = 1.0
    some = (station.rate > 0.0) & np.isfinite(station.below)
    endless = some & (station.theta == 0.0)
    if endless.any():
        out[:, endless] = _endless_state(take(station, endless))
    patient = some & (station.theta > 0.0)
    if patient.any():
        out[:, patient] = _patient_state(take(station, patient))
    return State(*out)


def _endless_state(station: Station) -> Floats:
    slack = station.slack
    stable = slack > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(stable, 1.0 / (1.0 + station.below * (slack / station.drain)), 1.0)
        wait = np.where(stable, busy / slack, np.inf)
    none, all_ = np.zeros(len(slack)), np.ones(len(slack))
    weight = np.where(stable, busy * slack / station.drain, 0.0)
    return np.stack([busy, all_, none, wait, wait, weight, none])


def _patient_state(station: Station) -> Floats:
    below, rate, drain, _, theta, _ = station
    z = rate / theta
    sums = series(drain / theta, z)
    free = below * 2.0**-sums.exponent
    weight = 1.0 / (free + sums.one + sums.ahead)
    answered = weight * (free + sums.ahead * (drain / rate))
    abandonment = weight * sums.queued / z
    asa = weight * sums.delays * (drain / rate) / (theta * answered)
    busy = weight * (sums.one + sums.ahead)
    return np.stack([busy, answered, abandonment, abandonment / theta, asa, weight, sums.exponent])


def beyond(station: Station, known: State, wait: Floats) -> Late:
    """Return the shares of contacts beyond a wait in seconds, by element."""
    out = np.zeros((3, len(wait)))
    some = station.rate > 0.0
    endless = some & (station.theta == 0.0)
    if endless.any():
        slack = np.maximum(station.slack[endless], 0.0)
        out[:2, endless] = known.wait_probability[endless] * np.exp(-slack * wait[endless])
    patient = some & (station.theta > 0.0)
    if patient.any():
        part = take(station, patient)
        out[:, patient] = _patient_beyond(part, known.weight[patient], known.exponent[patient], wait[patient])
    return Late(*out)


def _patient_beyond(station: Station, weight: Floats, exponent: Floats, wait: Floats) -> Floats:
    _, rate, drain, slack, theta, _ = station
    z = rate / theta
    worn = theta * wait
    sums = series(drain / theta, z * np.exp(-worn))
    growth = -slack * wait - z * (np.expm1(-worn) + worn)
    scaled = weight * np.exp(growth + (sums.exponent - exponent) * np.log(2.0))
    return np.stack([scaled * (sums.one + sums.ahead), scaled * sums.ahead * drain / rate, scaled * sums.queued / z])


def longest_wait(station: Station, known: State, breach: Floats) -> Floats:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient; 0 if fewer wait.

    The logarithm of the share beyond t is concave in t, so that Newton's steps come down on the answer from above,
    once they start from a point known to lie beyond it.
    """
    result = np.zeros(len(breach))
    waits = known.wait_probability > breach
    endless = waits & (station.theta == 0.0)
    with np.errstate(divide="ignore"):
        slack = np.maximum(station.slack[endless], 0.0)
        result[endless] = np.log(known.wait_probability[endless] / breach[endless]) / slack
    patient = waits & (station.theta > 0.0)
    if patient.any():
        part, weight = take(station, patient), known.weight[patient]
        result[patient] = _patient_longest(part, weight, known.exponent[patient], breach[patient])
    return result


def _patient_longest(station: Station, weight: Floats, exponent: Floats, breach: Floats) -> Floats:
    _, rate, drain, slack, theta, _ = station
    z = rate / theta
    # The share beyond t is at most exp(z - drain t).
    wait: Floats = (z - np.log(breach)) / drain
    for _ in range(_NEWTON_STEPS):
        worn = theta * wait
        sums = series(drain / theta, z * np.exp(-worn))
        whole = sums.one + sums.ahead
        growth = -slack * wait - z * (np.expm1(-worn) + worn)
        share = np.log(weight) + growth + (sums.exponent - exponent) * np.log(2.0) + np.log(whole)
        step = (share - np.log(breach)) * whole * 2.0**sums.exponent / drain
        wait = np.maximum(wait + step, 0.0)
        if (np.abs(step) <= 1e-9 * (wait + 1.0)).all():
            break
    return wait
