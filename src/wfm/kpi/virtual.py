"""The service level of the virtual wait: that of a customer who never gives up."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.kpi.ratio import Ratio
from wfm.stats import kaplan_meier, wilson
from wfm.tickets import Outcomes

__all__ = ["virtual_level"]


def virtual_level(table: pd.DataFrame, fate: Outcomes, *, limit: timedelta, confidence: float, formula: str) -> Ratio:
    """Return the share of virtual waits within the limit, over all contacts and by the columns of `table`.

    The answer ends a virtual wait; an abandonment censors it. The interval is Wilson's with the effective number of
    contacts S(1 - S) / var(S), S the Kaplan-Meier estimate (F. J. Dorey and E. L. Korn, "Effective sample sizes for
    confidence intervals for survival probabilities", Statistics in Medicine 6 (1987), 679-687).
    """
    settled = fate.answered | fate.abandoned
    waits, answered = fate.wait_ns[settled] / 1e9, fate.answered[settled]
    by = tuple(table.columns)
    within = limit.total_seconds()
    if by:
        rows = []
        for key, places in table[settled].reset_index(drop=True).groupby(list(by), dropna=False).indices.items():
            found = _estimate(waits[places], answered[places], within, confidence)
            rows.append((*(key if isinstance(key, tuple) else (key,)), *found))
        groups = pd.DataFrame(rows, columns=[*by, "numerator", "denominator", "value", "low", "high"])
        groups = groups.sort_values(list(by), ignore_index=True)
    numerator, denominator, value, low, high = _estimate(waits, answered, within, confidence)
    if not by:
        row = [(numerator, denominator, value, low, high)]
        groups = pd.DataFrame(row, columns=["numerator", "denominator", "value", "low", "high"])
    known = not math.isnan(value)
    return Ratio(
        name="service level",
        formula=formula,
        numerator=numerator,
        denominator=denominator,
        low=low if known else None,
        high=high if known else None,
        confidence=confidence,
        by=by,
        groups=groups,
        estimate=value if known else None,
    )


def _estimate(
    waits: npt.NDArray[np.float64], answered: npt.NDArray[np.bool_], within: float, confidence: float
) -> tuple[float, float, float, float, float]:
    """Return numerator, denominator, value, low and high; missing where the waits do not reach the limit."""
    count = float(len(waits))
    if not len(waits):
        return (0.0, 0.0, math.nan, math.nan, math.nan)
    curve = kaplan_meier(waits, answered)
    survival = float(curve.at(within))
    if math.isnan(survival):
        return (math.nan, count, math.nan, math.nan, math.nan)
    place = int(np.searchsorted(curve.times, within, side="right")) - 1
    variance = float(curve.standard_error[place]) ** 2 if place >= 0 else 0.0
    # At the ends of the scale the estimate has no variance; those censored before the limit say nothing there.
    unseen = int((~answered & (waits < within)).sum())
    number = survival * (1 - survival) / variance if variance else count - unseen
    _, low, high = wilson((1 - survival) * number, number, confidence=confidence)
    return ((1 - survival) * count, count, 1 - survival, low, high)
