"""`wfm.erlang.roots` by element; those that are done are put aside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.roots import TOLERANCE

__all__ = ["crossing"]

_STEPS = 200


def crossing(margin: Callable[[Ints, Floats], Floats], good: Floats, bad: Floats) -> Floats:
    """Return points next to the crossings, on the good side; `margin` takes positions still open and their points."""
    good, bad = good.astype(float), bad.astype(float)
    at_good, at_bad = np.full(good.shape, -np.inf), np.full(good.shape, np.inf)
    last = np.zeros(good.shape)
    open_ = np.flatnonzero(good != bad)
    for _ in range(_STEPS):
        left, right, here, there = good[open_], bad[open_], at_good[open_], at_bad[open_]
        width, least = right - left, TOLERANCE * np.abs(left)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(np.isfinite(here) & np.isfinite(there), here / (here - there), 0.5)
            keep_off = 0.5 * least / np.abs(width)
        point = left + width * np.clip(share, keep_off, 1.0 - keep_off)
        going = (np.abs(width) > least) & (point != left) & (point != right)
        open_, point = open_[going], point[going]
        if not len(open_):
            break
        value = margin(open_, point)
        holds = value <= 0.0
        met, missed = open_[holds], open_[~holds]
        at_bad[met] *= np.where(last[met] < 0, 0.5, 1.0)
        at_good[missed] *= np.where(last[missed] > 0, 0.5, 1.0)
        good[met], at_good[met], last[met] = point[holds], value[holds], -1.0
        bad[missed], at_bad[missed], last[missed] = point[~holds], value[~holds], 1.0
    return good
