"""The formulas on plain floats, for a service that asks one question at a time; numpy is not imported."""

from __future__ import annotations

import math
from itertools import accumulate
from operator import mul

from wfm.erlang import rooms
from wfm.erlang.gamma import digamma_gain, fraction_inverse_b, log_density, upper_ratio
from wfm.erlang.station import InTime, Late, Series, State, Station

__all__ = ["beyond", "erlang_station", "in_time", "inverse_b", "longest_wait", "series", "state"]

# Sums stop where the rest is below this share of them.
_NEGLIGIBLE = 1e-17
_TINY = 1e-300
# Convergence is quadratic; this many are never needed.
_NEWTON_STEPS = 60


def inverse_b(agents: float, load: float) -> float:
    """Return 1 / B(n, A), the backward sum of positive terms n (n-1) ... / A^k; infinite where B underflows.

    Few agents are stepped up to by 1 / B(n) = 1 + n / A 1 / B(n-1); a real n from the fraction f that is left of it.
    """
    if load == 0.0:
        return math.inf if agents else 1.0
    # Beyond the largest term, k terms on, the terms have fallen by exp(-k^2 / 2A); 8.5 deviations are below 1e-16.
    needed = int(max(agents - load, 0.0) + 8.5 * math.sqrt(max(load, 1.0))) + 9
    whole, inverse = int(agents), 1.0 / load
    if whole > needed:
        factors = [(agents - k) * inverse for k in range(needed)]
        rest: float = sum(accumulate(factors, mul))
        return 1.0 + rest
    total = 1.0 if whole == agents else fraction_inverse_b(agents - whole, load)
    place = agents - whole
    for _ in range(whole):
        place += 1.0
        total = 1.0 + place * inverse * total
    return total


def erlang_station(load: float, aht: float, agents: float, inverse: float, theta: float, keep: float = 1.0) -> Station:
    """Return the station of `agents` who take one contact each, given 1/B."""
    joining = keep * load
    return Station(inverse - 1.0, joining / aht, agents / aht, (agents - joining) / aht, theta, keep=keep)


def series(c: float, z: float, gap: float) -> Series:
    """Return the sums of the waiting room at c = drain / theta and z = rate / theta; gap = z - c."""
    if gap > 9.0 * math.sqrt(z) + 40.0:
        return _from_the_mode(c, z, gap)
    # Terms stay far below what overflows: where they would not, the sum starts from the mode.
    term = 1.0
    ahead = queued = delays = step = 0.0
    k = 0
    while True:
        k += 1
        term *= z / (c + k)
        step += 1.0 / (c + k)
        ahead += term
        queued += k * term
        delays += step * term
        rest = 1.0 - z / (c + k + 1)
        if rest > 0.0 and term * (k + 1.0 / rest) <= _NEGLIGIBLE * queued * rest:
            return Series(1.0, ahead, queued, delays, 0)


def _from_the_mode(c: float, z: float, gap: float) -> Series:
    """Sum outwards from the largest term: in a deep overload the way up from 0 would be long."""
    mode = math.floor(gap)
    reach = int(9.0 * math.sqrt(z)) + 40
    step = digamma_gain(c, mode)
    ahead, queued, delays = 1.0, float(mode), step
    term, here = 1.0, step
    for k in range(mode + 1, mode + reach):
        term *= z / (c + k)
        here += 1.0 / (c + k)
        ahead += term
        queued += k * term
        delays += here * term
    term, here = 1.0, step
    for k in range(mode, max(mode - reach, 1), -1):
        term *= (c + k) / z
        here -= 1.0 / (c + k)
        ahead += term
        queued += (k - 1) * term
        delays += here * term
    one = math.exp(log_density(c, z, gap) - log_density(c + mode, z, gap - mode))
    return Series(one, ahead, queued, delays, mode)


def state(station: Station) -> State:
    """Return the long-run figures of a station; without patience and with no slack the waits are infinite."""
    below, rate, drain, slack, theta, _, room, keep = station
    if rate == 0.0 or math.isinf(below):
        return State(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)
    if room is not None:
        return rooms.state(station)
    if theta == 0.0:
        if slack <= 0.0:
            return State(1.0, keep, 1.0 - keep, math.inf, math.inf, 0.0, 1.0 - keep, 0.0, 0, 0)
        busy = 1.0 / (1.0 + below * (slack / drain))
        answered, wait = 1.0 - (1.0 - keep) * busy, keep * busy / slack
        balked = (1.0 - keep) * busy
        return State(busy, answered, balked, wait, wait / answered, 0.0, balked, busy * slack / drain, 0, 0)
    c, z = drain / theta, rate / theta
    sums = series(c, z, -slack / theta)
    free = below * sums.one
    if math.isinf(free):
        return State(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)
    weight = 1.0 / (free + sums.one + sums.ahead)
    taken = keep * drain / rate
    answered = weight * (free + sums.ahead * taken)
    reneged = keep * weight * sums.queued / z
    asa = weight * sums.delays * taken / (theta * answered)
    busy = weight * (sums.one + sums.ahead)
    balked = (1.0 - keep) * busy
    return State(busy, answered, reneged + balked, reneged / theta, asa, 0.0, balked, weight, 0, sums.anchor)


def _log_scale(c: float, x: float, gap: float, sums: Series | State) -> float:
    """Return the logarithm of what sums or a weight are to be multiplied (or divided) by."""
    scale: float = log_density(c + sums.anchor, x, gap - sums.anchor)
    return scale


def _worn_scale(station: Station, wait: float, left: float, gap_left: float, sums: Series) -> float:
    """Return the logarithm of the scale of sums at left = z exp(-theta wait), which may be too small for a float."""
    c, z = station.drain / station.theta, station.rate / station.theta
    if left > _TINY:
        return _log_scale(c, left, gap_left, sums)
    scale: float = log_density(c, z, -station.slack / station.theta) + z - station.drain * wait
    return scale


def beyond(station: Station, known: State, wait: float) -> Late:
    """Return the shares of contacts beyond a wait in seconds."""
    _, rate, drain, slack, theta, _, room, keep = station
    if known.wait_probability == 0.0:
        return Late(0.0, 0.0, 0.0)
    if room is not None:
        return rooms.beyond(station, known, wait)
    if theta == 0.0:
        share = known.wait_probability * math.exp(-max(slack, 0.0) * wait)
        return Late(share, keep * share, 0.0)
    c, z = drain / theta, rate / theta
    worn, gap = theta * wait, -slack / theta
    left, gap_left = z * math.exp(-worn), gap + z * math.expm1(-worn)
    sums = series(c, left, gap_left)
    if slack < 0.0:
        growth = _worn_scale(station, wait, left, gap_left, sums) - _log_scale(c, z, gap, known)
    else:
        growth = -slack * wait - z * (math.expm1(-worn) + worn)
    weight = known.weight * math.exp(growth)
    share = keep * weight
    return Late(weight * (sums.one + sums.ahead), share * sums.ahead * drain / rate, share * sums.queued / z)


def in_time(station: Station, known: State, wait: float) -> InTime | None:
    """Return the shares of contacts up to a wait, where nearly all are beyond it; nothing where they are not so deep.

    With Q the upper incomplete gamma function, a virtual wait in (0, t] has the share Q(c, z exp(-theta t)) - Q(c, z).
    """
    below, rate, drain, slack, theta, _, room, keep = station
    if room is not None or rate == 0.0:
        return None
    if theta == 0.0:
        slack = max(slack, 0.0)
        busy = known.wait_probability
        free = below * (slack / drain) * busy if slack else 0.0
        met = free - busy * math.expm1(-slack * wait)
        answered = free - keep * busy * math.expm1(-slack * wait)
        return InTime(met, answered, answered + known.balked)
    c, z = drain / theta, rate / theta
    worn, gap = theta * wait, -slack / theta
    gap_left, left = gap + z * math.expm1(-worn), z * math.exp(-worn)
    if gap_left <= 0.0:
        return None
    scale = _log_scale(c, z, gap, known)
    here = known.weight * math.exp(log_density(c, z, gap) - scale)
    later = known.weight * math.exp(log_density(c, left, gap_left) - scale)
    q_here, q_later = upper_ratio(c, z), upper_ratio(c, left)
    met = below * here + (later * q_later - here * q_here)
    taken = keep * drain / rate
    answered = below * here + taken * (later * (1.0 + q_later) - here * (1.0 + q_here))
    return InTime(met, answered, 1.0 - keep - keep * math.expm1(-worn) + keep * math.exp(-worn) * met)


def longest_wait(station: Station, known: State, breach: float) -> float:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient; 0 if fewer wait.

    The logarithm of the share beyond t is concave in t, so that Newton's steps come down on the answer from above,
    once they start from a point known to lie beyond it. Its derivative is minus the density of the wait over the share.
    """
    _, rate, drain, slack, theta, _, room, _ = station
    if known.wait_probability <= breach:
        return 0.0
    if room is not None:
        return rooms.longest_wait(station, known, breach)
    if theta == 0.0:
        return float(math.log(known.wait_probability / breach) / slack) if slack > 0.0 else math.inf
    c, z, gap = drain / theta, rate / theta, -slack / theta
    scale = _log_scale(c, z, gap, known)
    # The share beyond t is at most exp(z - drain t), and at most what it would be if those who join all stayed.
    wait: float = (z - math.log(breach)) / drain
    for _ in range(_NEWTON_STEPS):
        worn = theta * wait
        left, gap_left = z * math.exp(-worn), gap + z * math.expm1(-worn)
        sums = series(c, left, gap_left)
        whole = sums.one + sums.ahead
        growth = _worn_scale(station, wait, left, gap_left, sums) - scale
        share = math.log(known.weight * whole) + growth
        step = (share - math.log(breach)) * whole / (sums.one * drain)
        wait = max(wait + step, 0.0)
        if abs(step) <= 1e-9 * (wait + 1.0):
            break
    return wait
