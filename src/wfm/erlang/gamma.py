"""The incomplete gamma function where it is well conditioned, on plain floats.

D(p, x) = x^p exp(-x) / Gamma(p + 1) is the Poisson density with a real place p. Its logarithm is computed from the
distance between x and p, never as p log x - x - log Gamma(p + 1), which loses a digit for each power of ten of p.

Sources: Loader, "Fast and accurate computation of binomial probabilities" (2000), for D; Jagerman, "Some properties of
the Erlang loss function", Bell System Technical Journal 53 (1974), for Erlang B of a real number of agents; Temme, "The
asymptotic expansion of the incomplete gamma functions", SIAM Journal on Mathematical Analysis 10 (1979), and Gil,
Segura and Temme, "Efficient and accurate algorithms for the computation and inversion of the incomplete gamma function
ratios", SIAM Journal on Scientific Computing 34 (2012), for as many agents as erlangs.
"""

from __future__ import annotations

import math

__all__ = [
    "TEMME",
    "TEMME_FROM",
    "digamma_gain",
    "fraction_inverse_b",
    "inverse_b_at_load",
    "log_density",
    "upper_ratio",
]

# Stirling's series is good to the last digit from here on.
_LARGE_PLACE = 16.0
_NEAR = 0.1
_EPSILON = 1e-17

# Temme's expansion is good to the last digit from this load on.
TEMME_FROM = 20.0
# m + 1 and f_m, from the last to the first: eta / (lambda - 1) is the sum of f_m eta^m, where eta^2 / 2 is
# lambda - 1 - log(lambda).
TEMME = (
    (19, 2.4361948020667415e-11),
    (18, -5.830772132550426e-11),
    (17, -2.5514193994946248e-11),
    (16, 9.14769958223679e-10),
    (15, -4.382036018453353e-09),
    (14, 1.0261809784240309e-08),
    (13, 6.707853543401498e-09),
    (12, -1.7665952736826078e-07),
    (11, 8.296711340953087e-07),
    (10, -1.85406221071516e-06),
    (9, -2.185448510679992e-06),
    (8, 3.919263178522438e-05),
    (7, -0.0001787551440329218),
    (6, 0.0003527336860670194),
    (5, 1 / 864),
    (4, -2 / 135),
    (3, 1 / 12),
    (2, -1 / 3),
)
# From this load on the continued fraction converges fast; below it the power series does.
_SMALL_LOAD = 2.0


def _stirling(place: float) -> float:
    """Return log Gamma(place + 1) - (place + 1/2) log(place) + place - log(2 pi) / 2, for a large place."""
    square = 1.0 / (place * place)
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / place


def log_density(place: float, x: float, gap: float) -> float:
    """Return log D(place, x) for a place and an x above 0, given gap = x - place to better than their digits."""
    if place < _LARGE_PLACE:
        return place * math.log(x) - x - math.lgamma(place + 1.0)
    return -_deviance(place, x, gap) - _stirling(place) - 0.5 * math.log(2.0 * math.pi * place)


def _deviance(place: float, x: float, gap: float) -> float:
    """Return gap - place log(x / place), without the cancellation near 0."""
    v = gap / (place + x)
    if abs(v) >= _NEAR:
        return gap - place * math.log(x / place)
    square, total, power, odd = v * v, gap * v, 2.0 * place * v, 3
    while True:
        power *= square
        more = total - power / odd
        if more == total:
            return total
        total, odd = more, odd + 2


def inverse_b_at_load(load: float) -> float:
    """Return 1 / B(n, A) for n = floor(A), from 20 erlangs on: Temme's expansion, whose length does not grow with A.

    With a = n + 1 and a eta^2 / 2 = A - a - a log(A / a) it is A / a times G (pi a / 2)^(1/2) exp(a eta^2 / 2)
    erfc(eta (a / 2)^(1/2)) + sum of b_m eta^m, where b_{m-1} = f_m + (m + 1) b_{m+1} / a and G = 1 + b_1 / a.
    """
    a = math.floor(load) + 1.0
    depth = _deviance(a, load, load - a)
    eta = -math.sqrt(2.0 * depth / a)
    even = odd = total = 0.0
    upper = 1.0 / a
    # b_{m+1} and b_m take turns; the sum in eta is Horner's, from the top.
    for m, f in TEMME:
        even, odd = odd, f + m * even * upper
        total = total * eta + odd
    gamma = 1.0 + even * upper
    return load / a * (gamma * math.sqrt(0.5 * math.pi * a) * math.exp(depth) * math.erfc(-math.sqrt(depth)) + total)


def upper_ratio(place: float, x: float) -> float:
    """Return Q(p, x) / D(p, x), where Q is the upper regularised incomplete gamma function and x > p > 0.

    Legendre's continued fraction by Lentz's method.
    """
    return place * _legendre(place, x)


def _legendre(power: float, x: float) -> float:
    """Return Gamma(power, x) exp(x) / x^power."""
    b = x + 1.0 - power
    c, d = math.inf, 1.0 / b
    value, k = d, 0
    while True:
        k += 1
        a = k * (power - k)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        factor = c * d
        value *= factor
        if abs(factor - 1.0) < 1e-16:
            return value


def fraction_inverse_b(fraction: float, load: float) -> float:
    """Return 1 / B(f, A) for 0 <= f < 1: Jagerman's A integral of (1 + t)^f exp(-A t) dt."""
    if load >= _SMALL_LOAD:
        return load * _legendre(fraction + 1.0, load)
    term, total, place = 1.0, 0.0, fraction
    while term > _EPSILON:
        place += 1.0
        term *= load / place
        total += term
    return math.gamma(fraction + 1.0) * math.exp(load - fraction * math.log(load)) - total


def digamma_gain(place: float, steps: float) -> float:
    """Return the sum of 1 / (place + i) over i = 1 ... steps, as a difference of digammas."""
    small = 0.0
    low, high = place + 1.0, place + steps + 1.0
    while low < _LARGE_PLACE and low < high:
        small += 1.0 / low
        low += 1.0
    return small + math.log(high / low) + _digamma_rest(high) - _digamma_rest(low)


def _digamma_rest(y: float) -> float:
    """Return digamma(y) - log(y) for a large y."""
    square = 1.0 / (y * y)
    return -0.5 / y - (1 / 12 - (1 / 120 - (1 / 252 - square / 240) * square) * square) * square
