"""How a queue's forecast may be off: what sample paths, day totals and the update of a running day are made from."""

from __future__ import annotations

from dataclasses import dataclass

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.uncertainty import Calibration, Dispersion

__all__ = ["Spread"]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How a queue's forecast may be off.

    Parameters
    ----------
    days
        Numbers of the days with open intervals, in order (days since 1970-01-01).
    covariance
        Covariance of the logarithms of the day levels, a row and a column for each day; the noise of a day is on the
        diagonal.
    dispersion
        Variance of an interval around its share of the day.
    correlation
        Correlation of neighbouring intervals of a day, of what is off beside the day's level and beside counting noise;
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
