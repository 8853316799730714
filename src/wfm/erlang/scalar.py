"""The formulas on plain floats, for a service that asks one question at a time; numpy is not imported."""

from __future__ import annotations

import math

from wfm.erlang.station import Late, Series, State, Station

__all__ = ["beyond", "erlang_station", "inverse_b", "longest_wait", "series", "state"]

# Sums stop where the rest is below this share of them.
_NEGLIGIBLE = 1e-17
# Terms are scaled down by 2^-600 before they overflow.
_LARGE, _SHIFT = 1e200, 600
_SHRINK = 2.0**-_SHIFT
# Convergence is quadratic; this many are never needed.
_NEWTON_STEPS = 60


def inverse_b(agents: int, load: float) -> float:
    """Return 1 / B(n, A), the backward sum of positive terms n (n-1) ... / A^k; infinite where B underflows."""
    if load == 0.0:
        return math.inf if agents else 1.0
    # Beyond the largest term, k terms on, the terms have fallen by exp(-k^2 / 2A); 9 deviations are below 1e-16.
    needed = int(max(agents - load, 0.0) + 9.0 * math.sqrt(max(load, 1.0))) + 9
    total = term = 1.0
    for free in range(agents, max(agents - needed, 0), -1):
        term *= free / load
        total += term
    return total


def erlang_station(load: float, aht: float, agents: int, inverse: float, theta: float) -> Station:
    """Return the station of `agents` who take one contact each, given 1/B."""
    return Station(inverse - 1.0, load / aht, agents / aht, (agents - load) / aht, theta)


def series(c: float, z: float) -> Series:
    """Return the sums of the waiting room at c = drain / theta and z = rate / theta."""
    one = term = 1.0
    ahead = queued = delays = step = 0.0
    exponent = k = 0
    while True:
        k += 1
        term *= z / (c + k)
        step += 1.0 / (c + k)
        ahead += term
        queued += k * term
        delays += step * term
        if term > _LARGE:
            one, term, ahead = one * _SHRINK, term * _SHRINK, ahead * _SHRINK
            queued, delays, exponent = queued * _SHRINK, delays * _SHRINK, exponent + _SHIFT
        gap = 1.0 - z / (c + k + 1)
        if gap > 0.0 and term * (k + 1.0 / gap) <= _NEGLIGIBLE * queued * gap:
            return Series(one, ahead, queued, delays, exponent)


def state(station: Station) -> State:
    """Return the long-run figures of a station; without patience and with no slack the waits are infinite."""
    below, rate, drain, slack, theta, _ = station
    if rate == 0.0:
        return State(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0)
    if theta == 0.0:
        if slack <= 0.0:
            return State(1.0, 1.0, 0.0, math.inf, math.inf, 0.0, 0)
        busy = 1.0 / (1.0 + below * (slack / drain))
        return State(busy, 1.0, 0.0, busy / slack, busy / slack, busy * slack / drain, 0)
    c, z = drain / theta, rate / theta
    sums = series(c, z)
    free = below * 2.0**-sums.exponent
    if math.isinf(free):
        return State(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0)
    whole = free + sums.one + sums.ahead
    weight = 1.0 / whole
    answered = weight * (free + sums.ahead * drain / rate)
    abandonment = weight * sums.queued / z
    asa = weight * sums.delays * (drain / rate) / (theta * answered)
    busy = weight * (sums.one + sums.ahead)
    return State(busy, answered, abandonment, abandonment / theta, asa, weight, sums.exponent)


def beyond(station: Station, known: State, wait: float) -> Late:
    """Return the shares of contacts beyond a wait in seconds."""
    _, rate, drain, slack, theta, _ = station
    if rate == 0.0:
        return Late(0.0, 0.0, 0.0)
    if theta == 0.0:
        share = known.wait_probability * math.exp(-max(slack, 0.0) * wait)
        return Late(share, share, 0.0)
    c, z = drain / theta, rate / theta
    worn = theta * wait
    sums = series(c, z * math.exp(-worn))
    growth = -slack * wait - z * (math.expm1(-worn) + worn)
    weight = known.weight * math.exp(growth + (sums.exponent - known.exponent) * math.log(2.0))
    return Late(weight * (sums.one + sums.ahead), weight * sums.ahead * drain / rate, weight * sums.queued / z)


def longest_wait(station: Station, known: State, breach: float) -> float:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient; 0 if fewer wait.

    The logarithm of the share beyond t is concave in t, so that Newton's steps come down on the answer from above,
    once they start from a point known to lie beyond it.
    """
    _, rate, drain, slack, theta, _ = station
    if known.wait_probability <= breach:
        return 0.0
    if theta == 0.0:
        return float(math.log(known.wait_probability / breach) / slack) if slack > 0.0 else math.inf
    c, z = drain / theta, rate / theta
    # The share beyond t is at most exp(z - drain t).
    wait: float = (z - math.log(breach)) / drain
    for _ in range(_NEWTON_STEPS):
        worn = theta * wait
        sums = series(c, z * math.exp(-worn))
        whole = sums.one + sums.ahead
        growth = -slack * wait - z * (math.expm1(-worn) + worn)
        share = math.log(known.weight * whole) + growth + (sums.exponent - known.exponent) * math.log(2.0)
        step = (share - math.log(breach)) * whole * 2.0**sums.exponent / drain
        wait = max(wait + step, 0.0)
        if abs(step) <= 1e-9 * (wait + 1.0):
            break
    return wait
