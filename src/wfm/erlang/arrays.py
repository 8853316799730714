"""The formulas on numpy arrays: loops run over the terms of a series, never over the elements.

Elements are sorted by the number of terms they need, so that those still running are always a slice from the front;
work is done in blocks that stay in the processor's cache.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.erlang import room_arrays
from wfm.erlang.gamma_arrays import Floats, digamma_gain, fraction_inverse_b, log_density, upper_ratio
from wfm.erlang.station import InTime, Late, Series, State, Station

__all__ = ["Floats", "Ints", "beyond", "erlang_station", "in_time", "inverse_b", "longest_wait", "series", "state"]
__all__ += ["take"]

Ints: TypeAlias = npt.NDArray[np.int64]

_NEGLIGIBLE = 1e-17
_TINY = 1e-300
_BLOCK = 8192
# How often the elements that have converged are put aside.
_CHECK = 8
# Convergence is quadratic; this many are never needed.
_NEWTON_STEPS = 60


def inverse_b(agents: Floats | Ints, load: Floats) -> Floats:
    """Return 1 / B(n, A) by element, the backward sum of positive terms; infinite where B underflows.

    A real n ends in the fraction f that is left of it, with 1 / B(f, A) in place of the last 1.
    """
    result = np.empty(load.shape)
    whole = np.floor(agents).astype(np.int64)
    # Beyond the largest term, k terms on, the terms have fallen by exp(-k^2 / 2A); 8.5 deviations are below 1e-16.
    climb = np.maximum(agents - load, 0.0)
    needed = np.minimum(whole, np.ceil(climb + 8.5 * np.sqrt(np.maximum(load, 1.0)) + 8.0)).astype(np.int64)
    needed[load == 0.0] = 0
    last = np.ones(load.shape)
    ends = (needed == whole) & (whole != agents) & (load > 0.0)
    if ends.any():
        last[ends] = fraction_inverse_b((agents - whole)[ends], load[ends])
    order = np.argsort(-needed, kind="stable")
    for first in range(0, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        result[block] = _sum_backwards(agents[block].astype(float), load[block], needed[block], last[block])
    result[(load == 0.0) & (agents > 0)] = np.inf
    return result


def _sum_backwards(free: Floats, load: Floats, needed: Ints, last: Floats) -> Floats:
    total, term = np.ones(len(load)), np.ones(len(load))
    running = np.searchsorted(-needed, -np.arange(1, needed[0] + 1), side="right")
    with np.errstate(over="ignore", invalid="ignore"):
        inverse = np.divide(1.0, load, out=np.zeros(len(load)), where=load > 0)
        for count in running.tolist():
            head = term[:count]
            head *= free[:count]
            head *= inverse[:count]
            total[:count] += head
            free[:count] -= 1.0
        return np.where(last == 1.0, total, total + term * (last - 1.0))


def erlang_station(
    load: Floats, aht: Floats, agents: Floats | Ints, inverse: Floats, theta: Floats, keep: Floats | float = 1.0
) -> Station:
    """Return the stations of `agents` who take one contact each, given 1/B."""
    joining = keep * load
    return Station(inverse - 1.0, joining / aht, agents / aht, (agents - joining) / aht, theta, keep=keep)


def series(c: Floats, z: Floats, gap: Floats) -> Series:
    """Return the sums of the waiting room by element, at c = drain / theta and z = rate / theta; gap = z - c."""
    out = np.empty((5, len(c)))
    reach = 9.0 * np.sqrt(z) + 40.0
    deep = gap > reach
    # Elements of like size need a like number of terms.
    need = np.where(deep, -reach, np.maximum(gap, 0.0) + reach)
    order = np.argsort(need, kind="stable")
    split = int(deep.sum())
    for first in range(0, split, _BLOCK):
        block = order[first : min(first + _BLOCK, split)]
        out[:, block] = _from_the_mode(c[block], z[block], gap[block])
    for first in range(split, len(order), _BLOCK):
        block = order[first : first + _BLOCK]
        out[:, block] = _series_block(c[block], z[block])
    return Series(*out)


def _from_the_mode(c: Floats, z: Floats, gap: Floats) -> Floats:
    """Sum outwards from the largest term: in a deep overload the way up from 0 would be long."""
    mode = np.floor(gap)
    reach = int(9.0 * np.sqrt(z.max())) + 40
    step = digamma_gain(c, mode)
    ahead, queued, delays = np.ones(len(c)), mode.copy(), step.copy()
    term, here, k = np.ones(len(c)), step.copy(), mode.copy()
    for _ in range(reach):
        k += 1.0
        place = c + k
        term *= z
        term /= place
        here += 1.0 / place
        ahead += term
        queued += k * term
        delays += here * term
    term, here, k = np.ones(len(c)), step.copy(), mode.copy()
    for _ in range(reach):
        # Elements with a smaller mode than the block's reach end at the first waiting contact.
        place = c + np.maximum(k, 1.0)
        term *= place
        term /= z
        here -= 1.0 / place
        k -= 1.0
        term[k < 1.0] = 0.0
        ahead += term
        queued += k * term
        delays += here * term
    one = np.exp(log_density(c, z, gap) - log_density(c + mode, z, gap - mode))
    return np.stack([one, ahead, queued, delays, mode])


def _series_block(c: Floats, z: Floats) -> Floats:
    # Terms stay far below what overflows: where they would not, the sum starts from the mode. The anchor is 0.
    out = np.zeros((5, len(c)))
    out[0] = 1.0
    at = np.arange(len(c))
    place = c.copy()
    term = np.ones(len(c))
    ahead, queued, delays, step = np.zeros((4, len(c)))
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
        rest = 1.0 - z / (place + 1.0)
        with np.errstate(divide="ignore"):
            done = (rest > 0.0) & (term * (k + 1.0 / rest) <= _NEGLIGIBLE * queued * rest)
        if done.any():
            out[1:4, at[done]] = ahead[done], queued[done], delays[done]
            left = ~done
            at, z, place, term = at[left], z[left], place[left], term[left]
            ahead, queued, delays, step = ahead[left], queued[left], delays[left], step[left]
    return out


def take(station: Station, which: npt.NDArray[np.bool_] | Ints) -> Station:
    """Return the chosen elements of a station."""
    return Station(*(field[which] if isinstance(field, np.ndarray) else field for field in station))


def _known(state: State, which: npt.NDArray[np.bool_]) -> State:
    return State(*(field[which] for field in state))


def _kinds(station: Station, some: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    """Return which elements have endless patience, which give up, and which of either have a last waiting place."""
    ends = some & np.isfinite(station.room) if station.room is not None else np.zeros(len(some), dtype=bool)
    return [some & ~ends & (station.theta == 0.0), some & ~ends & (station.theta > 0.0), ends]


def state(station: Station) -> State:
    """Return the long-run figures by element; without patience and with no slack the waits are infinite."""
    out = np.zeros((len(State._fields), len(station.rate)))
    out[1] = 1.0
    some = (station.rate > 0.0) & np.isfinite(station.below)
    for which, answer in zip(_kinds(station, some), (_endless_state, _patient_state, room_arrays.state), strict=True):
        if which.any():
            out[:, which] = answer(take(station, which))
    return State(*out)


def _endless_state(station: Station) -> Floats:
    slack, drain, keep = station.slack, station.drain, station.keep
    stable = slack > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(stable, 1.0 / (1.0 + station.below * (slack / drain)), 1.0)
        wait = np.where(stable, keep * busy / slack, np.inf)
    balked = (1.0 - keep) * busy
    answered = 1.0 - balked
    weight = np.where(stable, busy * slack / drain, 0.0)
    none = np.zeros(len(slack))
    return np.stack([busy, answered, balked, wait, wait / answered, none, balked, weight, none, none])


def _patient_state(station: Station) -> Floats:
    below, rate, drain, slack, theta, _, _, keep = station
    z = rate / theta
    sums = series(drain / theta, z, -slack / theta)
    free = below * sums.one
    weight = 1.0 / (free + sums.one + sums.ahead)
    taken = keep * drain / rate
    answered = weight * (free + sums.ahead * taken)
    reneged = keep * weight * sums.queued / z
    asa = weight * sums.delays * taken / (theta * answered)
    busy = weight * (sums.one + sums.ahead)
    balked = (1.0 - keep) * busy
    none = np.zeros(len(z))
    return np.stack([busy, answered, reneged + balked, reneged / theta, asa, none, balked, weight, none, sums.anchor])


def _log_scale(c: Floats, x: Floats, gap: Floats, sums: Series | State) -> Floats:
    """Return the logarithm of what sums or a weight are to be multiplied (or divided) by."""
    scale: Floats = log_density(c + sums.anchor, x, gap - sums.anchor)
    return scale


def _worn_scale(station: Station, wait: Floats, left: Floats, gap_left: Floats, sums: Series) -> Floats:
    """Return the logarithm of the scale of sums at left = z exp(-theta wait), which may be too small for a float."""
    c, z = station.drain / station.theta, station.rate / station.theta
    scale = _log_scale(c, np.maximum(left, _TINY), gap_left, sums)
    small = left <= _TINY
    if small.any():
        whole = log_density(c, z, -station.slack / station.theta) + z - station.drain * wait
        scale[small] = whole[small]
    return scale


def beyond(station: Station, known: State, wait: Floats) -> Late:
    """Return the shares of contacts beyond a wait in seconds, by element."""
    out = np.zeros((3, len(wait)))
    some = known.wait_probability > 0.0
    for which, answer in zip(
        _kinds(station, some), (_endless_beyond, _patient_beyond, room_arrays.beyond), strict=True
    ):
        if which.any():
            out[:, which] = answer(take(station, which), _known(known, which), wait[which])
    return Late(*out)


def _endless_beyond(station: Station, known: State, wait: Floats) -> Floats:
    share = known.wait_probability * np.exp(-np.maximum(station.slack, 0.0) * wait)
    return np.stack([share, station.keep * share, np.zeros(len(wait))])


def _patient_beyond(station: Station, known: State, wait: Floats) -> Floats:
    _, rate, drain, slack, theta, _, _, keep = station
    c, z = drain / theta, rate / theta
    worn, gap = theta * wait, -slack / theta
    left, gap_left = z * np.exp(-worn), gap + z * np.expm1(-worn)
    sums = series(c, left, gap_left)
    growth = -slack * wait - z * (np.expm1(-worn) + worn)
    over = slack < 0.0
    if over.any():
        here, there = _known(known, over), Series(*(field[over] for field in sums))
        scale = _worn_scale(take(station, over), wait[over], left[over], gap_left[over], there)
        growth[over] = scale - _log_scale(c[over], z[over], gap[over], here)
    weight = known.weight * np.exp(growth)
    share = keep * weight
    return np.stack([weight * (sums.one + sums.ahead), share * sums.ahead * drain / rate, share * sums.queued / z])


def in_time(station: Station, known: State, wait: Floats) -> tuple[npt.NDArray[np.bool_], InTime]:
    """Return where nearly all are beyond a wait, and the shares of contacts up to it there.

    With Q the upper incomplete gamma function, a virtual wait in (0, t] has the share Q(c, z exp(-theta t)) - Q(c, z).
    """
    out = np.zeros((3, len(wait)))
    endless, patient, _ = _kinds(station, station.rate > 0.0)
    if endless.any():
        out[:, endless] = _endless_in_time(take(station, endless), _known(known, endless), wait[endless])
    with np.errstate(divide="ignore", invalid="ignore"):
        deep = patient & (station.rate * np.exp(-station.theta * wait) > station.drain)
    if deep.any():
        out[:, deep] = _deep_in_time(take(station, deep), _known(known, deep), wait[deep])
    return endless | deep, InTime(*out)


def _endless_in_time(station: Station, known: State, wait: Floats) -> Floats:
    slack, busy = np.maximum(station.slack, 0.0), known.wait_probability
    with np.errstate(invalid="ignore"):
        free = np.where(slack > 0.0, station.below * (slack / station.drain) * busy, 0.0)
    reached = -np.expm1(-slack * wait) * busy
    answered = free + station.keep * reached
    return np.stack([free + reached, answered, answered + known.balked])


def _deep_in_time(station: Station, known: State, wait: Floats) -> Floats:
    below, rate, drain, slack, theta, _, _, keep = station
    c, z = drain / theta, rate / theta
    worn, gap = theta * wait, -slack / theta
    left, gap_left = z * np.exp(-worn), gap + z * np.expm1(-worn)
    scale = _log_scale(c, z, gap, known)
    here = known.weight * np.exp(log_density(c, z, gap) - scale)
    later = known.weight * np.exp(log_density(c, left, gap_left) - scale)
    q_here, q_later = upper_ratio(c, z), upper_ratio(c, left)
    met = below * here + (later * q_later - here * q_here)
    taken = keep * drain / rate
    answered = below * here + taken * (later * (1.0 + q_later) - here * (1.0 + q_here))
    return np.stack([met, answered, 1.0 - keep - keep * np.expm1(-worn) + keep * np.exp(-worn) * met])


def longest_wait(station: Station, known: State, breach: Floats) -> Floats:
    """Return the wait in seconds that a share `breach` of contacts would exceed, were they patient; 0 if fewer wait.

    The logarithm of the share beyond t is concave in t, so that Newton's steps come down on the answer from above,
    once they start from a point known to lie beyond it.
    """
    result = np.zeros(len(breach))
    endless, patient, ends = _kinds(station, known.wait_probability > breach)
    with np.errstate(divide="ignore"):
        slack = np.maximum(station.slack[endless], 0.0)
        result[endless] = np.log(known.wait_probability[endless] / breach[endless]) / slack
    for which, answer in ((patient, _patient_longest), (ends, room_arrays.longest_wait)):
        if which.any():
            result[which] = answer(take(station, which), _known(known, which), breach[which])
    return result


def _patient_longest(station: Station, known: State, breach: Floats) -> Floats:
    _, rate, drain, slack, theta, _, _, _ = station
    c, z, gap = drain / theta, rate / theta, -slack / theta
    scale = _log_scale(c, z, gap, known)
    # The share beyond t is at most exp(z - drain t).
    wait: Floats = (z - np.log(breach)) / drain
    for _ in range(_NEWTON_STEPS):
        worn = theta * wait
        left, gap_left = z * np.exp(-worn), gap + z * np.expm1(-worn)
        sums = series(c, left, gap_left)
        whole = sums.one + sums.ahead
        growth = _worn_scale(station, wait, left, gap_left, sums) - scale
        step = (np.log(known.weight * whole) + growth - np.log(breach)) * whole / (sums.one * drain)
        wait = np.maximum(wait + step, 0.0)
        if (np.abs(step) <= 1e-9 * (wait + 1.0)).all():
            break
    return wait
