"""Points of a square that fill it evenly: Sobol's sequence, shifted by a seed, and the factors that they stand for."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from wfm.quotes.request import Spread

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats

__all__ = ["factors", "sobol"]

_BITS = 30
_TENTH = NormalDist().inv_cdf(0.9)


@lru_cache(maxsize=1)
def _directions() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the direction numbers of the first two dimensions; the second is of the polynomial x + 1."""
    first = tuple(1 << (_BITS - 1 - bit) for bit in range(_BITS))
    second = [1 << (_BITS - 1)]
    for _ in range(1, _BITS):
        second.append(second[-1] ^ (second[-1] >> 1))
    return first, tuple(second)


def sobol(count: int, seed: int) -> Floats:
    """Return `count` points in the open unit square, a row each.

    Notes
    -----
    I. M. Sobol', "On the distribution of points in a cube and the approximate evaluation of integrals", USSR
    Computational Mathematics and Mathematical Physics 7 (1967), in the order of a Gray code; a random digital shift
    keeps the evenness and makes the seed count.

    Examples
    --------
    >>> (sobol(16, 0) * 4).astype(int).tolist()[:2] != (sobol(16, 1) * 4).astype(int).tolist()[:2]
    True
    >>> sorted((sobol(8, 5)[:, 1] * 8).astype(int).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    number = np.arange(count, dtype=np.int64)
    gray = number ^ (number >> 1)
    points = np.zeros((count, 2), dtype=np.int64)
    for dimension, row in enumerate(_directions()):
        for bit in range(max(int(gray.max()).bit_length(), 1) if count else 0):
            points[:, dimension] ^= np.where(gray >> bit & 1, row[bit], 0)
    points ^= np.random.default_rng(seed).integers(0, 1 << _BITS, 2)
    found: Floats = (points + 0.5) / (1 << _BITS)
    return found


def factors(spread: Spread, share: Floats) -> Floats:
    """Return the factors of a planned value at some shares of its distribution.

    Examples
    --------
    >>> factors(Spread(low=0.8, high=1.5), np.array([0.1, 0.5, 0.9])).round(12).tolist()
    [0.8, 1.0, 1.5]
    """
    normal = NormalDist()
    score = np.array([normal.inv_cdf(one) for one in share.tolist()])
    if spread.cv is not None:
        width = np.log1p(spread.cv**2)
        return np.asarray(np.exp(np.sqrt(width) * score - width / 2.0))
    low, high = np.log(spread.low or 1.0), np.log(spread.high or 1.0)
    return np.asarray(np.exp(np.where(score > 0, high, -low) * score / _TENTH))
