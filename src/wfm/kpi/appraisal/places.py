"""How sure a place in a ranking is: the chance of being among the best or the worst."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["among_best", "draws_for", "places"]

Floats: TypeAlias = npt.NDArray[np.float64]

# The border between two grades moves the less, the more employees there are; so many scores are drawn for it.
_SCORES_DRAWN = 200_000
_FEWEST, _MOST = 20, 4000


def places(scores: Floats) -> npt.NDArray[np.int64]:
    """Return the place of each score, 1 for the highest; equal scores share the better place.

    Examples
    --------
    >>> places(np.array([80.0, 90.0, 80.0, 70.0]))
    array([2, 1, 2, 4])
    """
    descending = np.sort(-scores)
    return np.asarray(np.searchsorted(descending, -scores, side="left") + 1, dtype=np.int64)


def draws_for(employees: int) -> int:
    """Return how many rankings are drawn for so many employees."""
    return min(_MOST, max(_FEWEST, math.ceil(_SCORES_DRAWN / max(1, employees))))


def among_best(scores: Floats, deviations: Floats, count: int, *, seed: int = 0) -> Floats:
    """Return the chance of each employee to be among the best `count`, if scores are normal around what was found.

    In each draw the others' scores set the border that an employee has to pass, and the chance to pass it is known in
    closed form; what is averaged over the draws is that chance, not whether it happened.

    Parameters
    ----------
    scores, deviations
        Scores and their standard deviations, without missing ones.
    count
        How many there are at the top.
    seed
        Seed of the draws; default 0.

    Examples
    --------
    >>> among_best(np.array([60.0, 61.0, 62.0]), np.array([1e-9, 1e-9, 1e-9]), 1).round(3)
    array([0., 0., 1.])
    >>> bool((abs(among_best(np.full(4, 50.0), np.full(4, 5.0), 1) - 0.25) < 0.02).all())
    True
    """
    from scipy.special import ndtr

    size = len(scores)
    if count <= 0:
        return np.zeros(size)
    if count >= size:
        return np.ones(size)
    rng = np.random.default_rng(seed)
    spread = np.maximum(deviations, 1e-9)
    found = np.zeros(size)
    draws = draws_for(size)
    for _ in range(draws):
        drawn = scores + deviations * rng.standard_normal(size)
        ends = np.partition(drawn, (size - count - 1, size - count))
        last_in, first_out = ends[size - count], ends[size - count - 1]
        # Who is in has to beat the best of those who are out; who is out, the last of those who are in.
        border = np.where(drawn >= last_in, first_out, last_in)
        found += ndtr((scores - border) / spread)
    return np.asarray(found / draws)
