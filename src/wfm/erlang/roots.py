"""Where a quantity crosses zero between a point that is good and one that is not; the answer lies on the good side."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["TOLERANCE", "crossing"]

# Width of the last bracket, relative to the good end.
TOLERANCE = 1e-13
_STEPS = 200


def crossing(margin: Callable[[float], float], good: float, bad: float) -> float:
    """Return a point next to the crossing, on the good side, where `margin` is at most 0.

    The Illinois rule: a secant, with the weight of an end halved that stays twice; where an end is infinite, or not
    yet known, the middle. Points keep away from the ends by half the tolerance, so that the bracket closes.
    """
    at_good, at_bad, last = -math.inf, math.inf, 0
    for _ in range(_STEPS):
        width = bad - good
        least = TOLERANCE * abs(good)
        if abs(width) <= least:
            break
        share = at_good / (at_good - at_bad) if math.isfinite(at_good) and math.isfinite(at_bad) else 0.5
        keep_off = 0.5 * least / abs(width)
        point = good + width * min(max(share, keep_off), 1.0 - keep_off)
        if point in (good, bad):
            break
        value = margin(point)
        if value <= 0.0:
            good, at_good = point, value
            at_bad *= 0.5 if last < 0 else 1.0
            last = -1
        else:
            bad, at_bad = point, value
            at_good *= 0.5 if last > 0 else 1.0
            last = 1
    return good
