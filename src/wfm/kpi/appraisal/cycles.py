"""Months, quarters and years, always summed from the raw counts of months."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

__all__ = ["Cycle", "months_of", "period_of"]


class Cycle(StrEnum):
    """How often is appraised."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def months_of(cycle: Cycle) -> int:
    """Return the number of months of a period."""
    return {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.YEAR: 12}[cycle]


def period_of(day: date, cycle: Cycle | str) -> date:
    """Return the first day of the month, quarter or year that a day belongs to.

    Examples
    --------
    >>> str(period_of(date(2026, 5, 17), "quarter"))
    '2026-04-01'
    """
    length = months_of(Cycle(cycle))
    return date(day.year, (day.month - 1) // length * length + 1, 1)
