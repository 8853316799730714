"""Special days against ordinary ones: which weekday a holiday looks like, how much such days stand out, their course.

A public holiday is a type of day of its own. What it is held against is not its own weekday but the weekday that it
looks like, by its level and by its course: a quiet one borrows from Saturdays, whichever weekday it falls on.
"""

from __future__ import annotations

from collections.abc import Mapping
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
# Of the variance of an effect: how much of it the marks share. That of runs is what a single run leaves unsure.
_SHARES = {Part.COMMON: 0.5, Part.COMMON_PLACE: 0.4, Part.NAME: 0.5, Part.PLACE: 0.4, Part.RUN: 0.04}
_OF_RUN = (Part.NAME, Part.RUN)

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

    def cost(off: FloatArray, course: FloatArray) -> FloatArray:
        together = off.sum(axis=0) ** 2 / (_DAY_OFF**2 / _COMMON_OFF**2 + len(off))
        unlike = (course / _COURSE_OFF) ** 2 / 2
        return np.asarray(((off**2).sum(axis=0) - together) / (2 * _DAY_OFF**2) + unlike.sum(axis=0))

    def nearest(rows: list[int]) -> tuple[int, float]:
        """Return the weekday that days look like most, and how much better it does than their own."""
        each = np.where(seen, cost(above[rows], likeness[rows]), np.inf) + _OTHER
        own = days.weekday[rows]
        kept = float(cost(above[rows, own], likeness[rows, own]))
        best = int(np.argmin(each))
        return best, kept - float(each[best])

    by_name: dict[str, list[int]] = {}
    for n, known in enumerate(names):
        for name in known:
            by_name.setdefault(name, []).append(n)
    found = {name: nearest(rows) for name, rows in by_name.items()}
    every = sorted({n for rows in by_name.values() for n in rows})
    others, gain = nearest(every) if len(every) > 1 else (0, 0.0)
    chosen = {name: weekday for name, (weekday, better) in found.items() if better > 0}
    return Looks(chosen, others if gain > 0 else None)


def special_variance(marks: MarkedDays, off: FloatArray, unsure: FloatArray) -> dict[tuple[Sort, Part], float]:
    """Return the variance of what marks do, by their sort and part.

    Parameters
    ----------
    marks
        Of each special day.
    off, unsure
        How far its log level is from that of the ordinary day it would have been, and the variance of that.
    """
    result: dict[tuple[Sort, Part], float] = {}
    for sort, before in _BEFORE.items():
        those = np.array([any(mark.sort is sort for mark in of) for of in marks], dtype=bool)
        found = np.maximum(off[those] ** 2 - unsure[those], 0.0).sum()
        whole = max(_LEAST**2, (_BEFORE_DAYS * before**2 + found) / (_BEFORE_DAYS + those.sum()))
        result |= {(sort, part): share * whole for part, share in _SHARES.items()}
        result[sort, Part.RUN] = _run_variance(sort, marks, off, unsure, result[sort, Part.RUN])
    return result


def _run_variance(sort: Sort, marks: MarkedDays, off: FloatArray, unsure: FloatArray, before: float) -> float:
    """Return how far runs of one name differ, of those that were seen more than once; with few of them, as before."""
    runs: dict[str, dict[str, list[int]]] = {}
    for n, of in enumerate(marks):
        name, run = (next((m.name for m in of if m.sort is sort and m.part is part), "") for part in _OF_RUN)
        if name:
            runs.setdefault(name, {}).setdefault(run, []).append(n)
    apart, count = 0.0, 0
    for of_name in runs.values():
        means = np.array([off[rows].mean() for rows in of_name.values()])
        noise = np.array([unsure[rows].mean() / len(rows) for rows in of_name.values()])
        apart += max(float(((means - means.mean()) ** 2).sum() - noise.mean() * (len(means) - 1)), 0.0)
        count += len(means) - 1
    return (_BEFORE_DAYS * before + apart) / (_BEFORE_DAYS + count)
