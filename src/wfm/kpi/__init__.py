"""Measures of the service: each with its numerator, its denominator and its interval."""

from wfm.kpi.level import service_level
from wfm.kpi.ratio import Ratio

__all__ = ["Ratio", "service_level"]
