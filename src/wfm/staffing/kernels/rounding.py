"""Rounding of heads: once, at the end, up, with a stated tolerance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints

__all__ = ["TOLERANCE", "scheduled", "scheduled_in_all", "whole_up"]

# 35.7 / 0.85 is 42.00000000000001 in floats and 42 in truth; a billionth of a head is nobody.
TOLERANCE = 1e-9


def whole_up(heads: Floats) -> Ints:
    """Return the next whole number, unless a number is above a whole one by less than a billionth of itself.

    Examples
    --------
    >>> whole_up(np.array([35.7 / 0.85, 42.001, 0.0])).tolist()
    [42, 43, 0]
    """
    values = np.asarray(heads, dtype=float)
    rounded: Ints = np.ceil(values - TOLERANCE * np.maximum(values, 1.0)).astype(np.int64)
    return rounded


def scheduled(agents: Ints, shrinkage: float | Floats) -> Ints:
    """Return the heads to schedule for `agents` on seat: divided by 1 - shrinkage, never multiplied by 1 + shrinkage.

    Examples
    --------
    >>> scheduled(np.array([10]), 0.15).tolist()
    [12]
    """
    return whole_up(agents / (1.0 - shrinkage))


def scheduled_in_all(agents: Ints, shrinkage: float | Floats) -> Ints:
    """Return the heads to schedule for deferred work, where an hour missing now is made up for in the next interval.

    The sum up to each interval is rounded, not each interval: small teams would otherwise be rounded up by half.

    Examples
    --------
    >>> scheduled_in_all(np.array([1, 1, 1, 1]), 0.2).tolist()
    [2, 1, 1, 1]
    """
    return np.diff(whole_up(np.cumsum(agents / (1.0 - shrinkage))), prepend=0)
