"""`wfm.erlang.gamma` by element; see there for the formulas and their sources."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.erlang.gamma import TEMME

__all__ = ["Floats", "digamma_gain", "fraction_inverse_b", "inverse_b_at_load", "log_density", "upper_ratio"]

Floats: TypeAlias = npt.NDArray[np.float64]

_SHIFT = 16
_NEAR = 0.1
_TERMS = 9
_ERF_TERMS = 10
_SMALL_LOAD = 2.0


def _stirling(place: Floats) -> Floats:
    square = 1.0 / (place * place)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / place


def log_density(place: Floats, x: Floats, gap: Floats) -> Floats:
    """Return log D(place, x) for places and x above 0, where gap = x - place is known better than the difference."""
    small = place < _SHIFT
    if small.any():
        # D(p, x) = D(p + 1, x) (p + 1) / x, until the place is large.
        result = np.empty(place.shape)
        result[~small] = log_density(place[~small], x[~small], gap[~small])
        low, high, off = place[small], x[small], gap[small]
        steps = np.log(low[:, None] + np.arange(1, _SHIFT + 1)).sum(axis=1)
        result[small] = log_density(low + _SHIFT, high, off - _SHIFT) + steps - _SHIFT * np.log(high)
        return result
    v = gap / (place + x)
    with np.errstate(divide="ignore"):
        far = gap - place * np.log(x / place)
    total: Floats = np.where(np.abs(v) < _NEAR, _deviance(place, gap, v), far)
    return -total - _stirling(place) - 0.5 * np.log(2.0 * math.pi * place)


def _deviance(place: Floats, gap: Floats, v: Floats) -> Floats:
    """Return gap - place log(1 + gap / place), where v = gap / (2 place + gap) is small."""
    square = v * v
    series = np.zeros(place.shape)
    for odd in range(2 * _TERMS + 1, 1, -2):
        series = square * (series + 1.0 / odd)
    return gap * v - 2.0 * place * v * series


def inverse_b_at_load(load: Floats) -> Floats:
    """Return 1 / B(n, A) for n = floor(A), from 20 erlangs on."""
    a = np.floor(load) + 1.0
    gap = load - a
    depth = _deviance(a, gap, gap / (a + load))
    upper, eta = 1.0 / a, -np.sqrt(2.0 * depth / a)
    even, odd, total = np.zeros((3, len(load)))
    for m, f in TEMME:
        even *= upper
        even *= m
        even += f
        even, odd = odd, even
        total *= eta
        total += odd
    # exp(s^2) erf(s) is 2 / sqrt(pi) times a sum of positive terms, few of them for a small s.
    error = np.zeros(len(load))
    for k in range(_ERF_TERMS, -1, -1):
        error = 2.0 * depth / (2 * k + 3) * error + 1.0
    inside = np.exp(depth) + 2.0 / math.sqrt(math.pi) * np.sqrt(depth) * error
    return load / a * ((1.0 + even * upper) * np.sqrt(0.5 * math.pi * a) * inside + total)


def upper_ratio(place: Floats, x: Floats) -> Floats:
    """Return Q(p, x) / D(p, x) for x > p > 0."""
    return place * _legendre(place, x)


def _legendre(power: Floats, x: Floats) -> Floats:
    result = np.empty(x.shape)
    at = np.arange(len(x))
    b = x + 1.0 - power
    c, d = np.full(x.shape, np.inf), 1.0 / b
    value, k = d.copy(), 0
    while len(at):
        k += 1
        a = k * (power - k)
        b = b + 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        value = value * (c * d)
        done = np.abs(c * d - 1.0) < 1e-16
        if done.any():
            result[at[done]] = value[done]
            left = ~done
            at, power, b, c, d, value = at[left], power[left], b[left], c[left], d[left], value[left]
    return result


def fraction_inverse_b(fraction: Floats, load: Floats) -> Floats:
    """Return 1 / B(f, A) for 0 <= f < 1 and a load above 0."""
    result = np.empty(load.shape)
    large = load >= _SMALL_LOAD
    result[large] = load[large] * _legendre(fraction[large] + 1.0, load[large])
    f, a = fraction[~large], load[~large]
    term, total, place = np.ones(f.shape), np.zeros(f.shape), f.copy()
    while term.size and term.max() > 1e-17:
        place += 1.0
        term *= a / place
        total += term
    # log Gamma(f + 1) from the density at its own place.
    log_gamma = (f * np.log(a) - a) - log_density(f, a, a - f) if f.size else f
    result[~large] = np.exp(log_gamma + a - f * np.log(a)) - total
    return result


def digamma_gain(place: Floats, steps: Floats) -> Floats:
    """Return the sum of 1 / (place + i) over i = 1 ... steps, where steps is more than 16."""
    small = np.where(place < _SHIFT, (1.0 / (place[:, None] + np.arange(1, _SHIFT + 1))).sum(axis=1), 0.0)
    low = np.where(place < _SHIFT, place + _SHIFT, place) + 1.0
    high = place + steps + 1.0
    return small + np.log(high / low) + _digamma_rest(high) - _digamma_rest(low)


def _digamma_rest(y: Floats) -> Floats:
    square = 1.0 / (y * y)
    return -0.5 / y - (1 / 12 - (1 / 120 - (1 / 252 - square / 240) * square) * square) * square
