"""How a queue's forecast may be off: what sample paths, day totals and the update of a running day are made from.

A day's total is off by the error of its level, which days share. Given the total, its intervals are off beside their
shares of it: partly each for itself, as contacts fall at random, partly together with their neighbours (a morning that
comes early), and never all at once, for they sum to the total.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.uncertainty import Calibration, Dispersion, WithinDay, within_day

__all__ = ["Spread"]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How a queue's forecast may be off.

    Parameters
    ----------
    days
        Numbers of the days with open intervals, in order (days since 1970-01-01).
    covariance
        Covariance of the logarithms of the day totals, a row and a column for each day; the noise of a day is on the
        diagonal.
    dispersion
        Variance of an interval around its share of the day's total.
    correlation
        Correlation of neighbouring intervals of a day, of what is off beside the day's total and beside counting noise;
        0 to 1.
    calibration
        Levels that are read off in place of the nominal ones.
    whole
        Whether contacts are whole numbers.
    """

    days: IntArray
    covariance: FloatArray
    dispersion: Dispersion
    correlation: float
    calibration: Calibration
    whole: bool

    def interval_variance(self, mean: FloatArray, day: IntArray, slot: IntArray) -> FloatArray:
        """Return the variance of intervals.

        Parameters
        ----------
        mean
            Expected contacts of each.
        day
            Place of its day in `days`.
        slot
            Number of the interval in its day by the wall clock.
        """
        return self.dispersion.variance(mean, np.diag(self.covariance)[day], slot)

    def within(self, mean: FloatArray, slot: IntArray, place: IntArray) -> WithinDay:
        """Return how the intervals of one day go together, given its total.

        Parameters
        ----------
        mean, slot
            As in `interval_variance`, of all intervals of the day.
        place
            Number of each interval, by which neighbours are told.
        """
        variance = self.dispersion.variance(mean, np.zeros(len(mean)), slot)
        return within_day(mean, variance, place, self.correlation)
