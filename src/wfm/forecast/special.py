"""Special days against ordinary ones: which weekday a holiday looks like, how much such days stand out, their course.

A public holiday is a type of day of its own. What it is held against is not its own weekday but the weekday that it
looks like, by its level and by its course: a quiet one borrows from Saturdays, whichever weekday it falls on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wfm.forecast.days import DayFeatures
from wfm.forecast.grid import BoolArray, FloatArray
from wfm.forecast.marks import MarkedDays, Marks, Part, Sort

__all__ = ["Looks", "find_looks", "special_variance"]

# Standard deviation of the effect on the log level that is held before any such day was seen, and how many days that
# counts for.
_BEFORE = {Sort.HOLIDAY: 0.3, Sort.NEAR_HOLIDAY: 0.1, Sort.EVENT: 0.3, Sort.NEAR_EVENT: 0.15}
_BEFORE_DAYS = 2.0
_LEAST = 0.01

# Of a holiday against the weekday it looks like: standard deviation of all of its days, of each one (logarithms), and
# of the distance of the courses; and how much less likely another weekday is than its own (logarithm).
_COMMON_OFF, _DAY_OFF, _COURSE_OFF = 0.5, 0.25, 0.1
_OTHER = 1.0


@dataclass(frozen=True, slots=True)
class Looks:
    """Which weekday holidays look like: by their name, and those that were never seen; `None` is their own."""

    weekday: Mapping[str, int]
    others: int | None

    def applied(self, days: DayFeatures) -> DayFeatures:
        """Return the days with the weekday that each looks like."""
        weekday = days.weekday.copy()
        for n in np.flatnonzero(days.special):
            names = holiday_names(days.marks[n])
            found = [self.weekday[name] for name in names if name in self.weekday]
            if found:
                weekday[n] = found[0]
            elif names and self.others is not None:
                weekday[n] = self.others
        return replace(days, weekday=weekday)


def holiday_names(marks: Marks) -> list[str]:
    """Return the names of the holidays of a day."""
    return [mark.name for mark in marks if mark.sort is Sort.HOLIDAY and mark.part is Part.NAME]


def find_looks(days: DayFeatures, above: FloatArray, likeness: FloatArray, seen: BoolArray) -> Looks:
    """Return which weekday each holiday looks like.

    Parameters
    ----------
    days
        Special days.
    above
        How far the log level of each day is above that of each weekday at the time.
    likeness
        How far the course of each day is from that of each weekday.
    seen
        The weekdays of which there are ordinary days.
    """
    names = [holiday_names(marks) for marks in days.marks]
    cost = np.full((len(names), 7), _OTHER)
    cost[np.arange(len(names)), days.weekday] = 0.0
    cost += (likeness / _COURSE_OFF) ** 2 / 2
    cost[:, ~seen] = np.inf

    def nearest(chosen: Sequence[int]) -> tuple[int, float]:
        rows = np.array(chosen)
        off = above[rows]
        together = off.sum(axis=0) ** 2 / (_DAY_OFF**2 / _COMMON_OFF**2 + len(rows))
        total = cost[rows].sum(axis=0) + ((off**2).sum(axis=0) - together) / (2 * _DAY_OFF**2)
        # Days of one name may fall on several weekdays: to be like their own is one choice.
        own = days.weekday[rows]
        alone = above[rows, own]
        kept = ((alone**2).sum() - alone.sum() ** 2 / (_DAY_OFF**2 / _COMMON_OFF**2 + len(rows))) / (2 * _DAY_OFF**2)
        kept += ((likeness[rows, own] / _COURSE_OFF) ** 2).sum() / 2
        best = int(np.argmin(total))
        return best, float(kept - total[best])

    by_name: dict[str, list[int]] = {}
    for n, known in enumerate(names):
        for name in known:
            by_name.setdefault(name, []).append(n)
    found = {name: nearest(rows) for name, rows in by_name.items()}
    every = sorted({n for rows in by_name.values() for n in rows})
    others, gain = nearest(every) if len(every) > 1 else (0, 0.0)
    chosen = {name: weekday for name, (weekday, better) in found.items() if better > 0}
    return Looks(chosen, others if gain > 0 else None)


def special_variance(marks: MarkedDays, off: FloatArray, unsure: FloatArray) -> dict[Sort, float]:
    """Return the variance of the effect of special days, by their sort.

    Parameters
    ----------
    marks
        Of each special day.
    off, unsure
        How far its log level is from that of the ordinary day it would have been, and the variance of that.
    """
    result = {}
    for sort, before in _BEFORE.items():
        those = np.array([any(mark.sort is sort for mark in of) for of in marks], dtype=bool)
        found = np.maximum(off[those] ** 2 - unsure[those], 0.0).sum()
        result[sort] = max(_LEAST**2, (_BEFORE_DAYS * before**2 + found) / (_BEFORE_DAYS + those.sum()))
    return result
