"""Intraday profile: how a day's contacts fall on its intervals, by weekday and by what makes a day special.

A weekday's shares are its discounted sums, shrunk towards the profile of all weekdays as far as the days of that
weekday differ among themselves, so that a thin queue borrows and a busy one does not. A special day has the shares of
the weekday it looks like, times a course of its own: that of its sort, then that of its name, then that of its place in
an event, each shrunk towards 1 as far as chance explains it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from wfm.forecast.days import DayFeatures
from wfm.forecast.grid import BoolArray, FloatArray, IntArray
from wfm.forecast.marks import Mark, Part, Sort
from wfm.forecast.special import Looks
from wfm.forecast.uncertainty import Dispersion

__all__ = ["Profile", "day_levels", "fit_courses", "fit_profile", "likeness"]

_PASSES = 20
_SETTLED = 1e-7  # a share that moves less than this has settled


_COURSE = (0.02, 2.0)  # of a course before any is seen: variance around 1, and how many intervals that counts for
_COURSE_H = 2.0  # hours over which a course keeps its direction
_LEAST_COURSE = 0.02
_PARTS = (Part.COMMON, Part.NAME, Part.PLACE)

Key = tuple[Sort, Part, str]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The shares of the intervals of a day.

    `weekday` has a row for each weekday, as `fit_profile` gives it; `usual` says in which intervals each is open;
    `looks` which weekday a holiday looks like; `courses` the factors of the intervals by what marks a special day.
    """

    weekday: FloatArray
    usual: BoolArray
    looks: Looks
    courses: Mapping[Key, FloatArray]

    def shares(self, days: DayFeatures) -> FloatArray:
        """Return the shares of each day: a row for each day, a column for each interval."""
        days = self.looks.applied(days)
        result = self.weekday[days.weekday]
        for row in np.flatnonzero(days.special):
            factors = [self.courses[key] for key in _keys(days.marks[row]) if key in self.courses]
            if factors:
                inside = self.usual[days.weekday[row]]
                inside = inside if inside.any() else np.ones_like(inside)
                before = float(result[row, inside].sum())
                result[row] *= np.prod(factors, axis=0)
                result[row] *= before / max(float(result[row, inside].sum()), 1e-12)
        return np.asarray(result)


def _keys(marks: tuple[Mark, ...]) -> Iterator[Key]:
    """Give the marks that have a course, the general ones first; of the places in an event only the day's own."""
    for part in _PARTS:
        yield from (mark.key for mark in marks if mark.part is part and mark.value > 0.5)


def likeness(volume: FloatArray, profile: FloatArray) -> FloatArray:
    """Return how far the course of each day is from that of each weekday: half the sum of the absolute differences.

    Parameters
    ----------
    volume
        A row for each day, NaN where nothing was recorded.
    profile
        A row for each weekday.
    """
    known = ~np.isnan(volume)
    filled = np.where(known, volume, 0.0)
    course = filled / np.maximum(filled.sum(axis=1), 1e-12)[:, None]
    shares = known[:, None] * profile
    shares = shares / np.maximum(shares.sum(axis=2), 1e-12)[:, :, None]
    return np.asarray(np.abs(course[:, None] - shares).sum(axis=2) / 2)


def fit_courses(volume: FloatArray, days: DayFeatures, profile: Profile, dispersion: Dispersion) -> Profile:
    """Return the profile with the courses of special days.

    Parameters
    ----------
    volume, days
        The days, a row for each; NaN where nothing was recorded.
    profile
        The profile of ordinary days.
    dispersion
        Variance of intervals around their shares of the day, which tells chance from a course.
    """
    recorded = np.nansum(volume, axis=1) > 0
    rows = np.flatnonzero(days.special & recorded)
    volume, days = volume[rows], days.take(rows)
    courses: dict[Key, FloatArray] = {}
    for part in _PARTS:
        shares = replace(profile, courses=courses).shares(days)
        found: dict[Key, list[int]] = {}
        for row, marks in enumerate(days.marks):
            for key in _keys(marks):
                if key[1] is part:
                    found.setdefault(key, []).append(row)
        courses = courses | {key: _course(volume[those], shares[those], dispersion) for key, those in found.items()}
    return replace(profile, courses=courses)


def _course(volume: FloatArray, shares: FloatArray, dispersion: Dispersion) -> FloatArray:
    """Return the factors of the intervals on some days: a smooth line (Gaussian process) through what was seen."""
    level, _ = day_levels(volume, shares)
    known = ~np.isnan(volume)
    said = np.where(known, level[:, None] * shares, 0.0)
    expected, seen = said.sum(axis=0), np.where(known, volume, 0.0).sum(axis=0)
    use = expected > 0
    result = np.ones(volume.shape[1])
    if not use.any():
        return result
    off = seen[use] / expected[use] - 1
    chance = dispersion.variance(said, np.zeros_like(said)).sum(axis=0)[use] / expected[use] ** 2
    weight = 1 / (chance + _COURSE[0])
    spread = float(
        (_COURSE[0] * _COURSE[1] * weight.mean() + weight @ np.maximum(off**2 - chance, 0.0))
        / (_COURSE[1] * weight.mean() + weight.sum())
    )
    hours = np.flatnonzero(use) * 24 / volume.shape[1]
    near = spread * np.exp(-np.abs(hours[:, None] - hours) / _COURSE_H)
    result[use] = np.maximum(1 + near @ np.linalg.solve(near + np.diag(chance), off), _LEAST_COURSE)
    return result


def day_levels(volume: FloatArray, profile: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the level of each day, that is its total if every interval had been recorded, and the share recorded.

    Parameters
    ----------
    volume
        A row for each day, NaN where nothing was recorded.
    profile
        The share of each interval, a row for each day.
    """
    covered = np.where(np.isnan(volume), 0.0, profile).sum(axis=1)
    total = np.nansum(volume, axis=1)
    level = np.asarray(np.where(covered > 0, total / np.maximum(covered, 1e-12), 0.0))
    return level, np.asarray(covered)


def fit_profile(volume: FloatArray, weekday: IntArray, is_open: BoolArray, weight: FloatArray) -> FloatArray:
    """Fit the intraday shares.

    Parameters
    ----------
    volume
        A row for each day, a column for each interval of the wall clock; NaN where nothing was recorded.
    weekday
        Weekday of each day, 0 is Monday.
    is_open
        Usual opening: a row for each weekday, a column for each interval.
    weight
        Weight of each day, 0 or more.

    Returns
    -------
    numpy.ndarray
        A row for each weekday. Over its open intervals the shares sum to 1; in other intervals, such as those of a day
        with longer hours, they go on at the same measure. A weekday that was never open has the shares of all others.
    """
    pooled = _settled(volume, weight, _normalised(np.where(is_open.any(axis=0), 1.0, 0.0)))
    return np.stack([_weekday_profile(volume, weight * (weekday == n), pooled, is_open[n]) for n in range(7)])


def _settled(volume: FloatArray, weight: FloatArray, start: FloatArray) -> FloatArray:
    """Return the shares at which levels and shares agree, where days lack some of the intervals."""
    known = (~np.isnan(volume)).astype(float)
    filled = np.nan_to_num(volume)
    total, contacts = filled.sum(axis=1), weight @ filled
    share = start
    for _ in range(_PASSES):
        covered = known @ share
        level = np.where(covered > 0, total / np.maximum(covered, 1e-12), 0.0)
        base = (weight * level) @ known
        found = np.where(base > 0, contacts / np.maximum(base, 1e-12), share)
        found = _normalised(found)
        settled = float(np.abs(found - share).max()) < _SETTLED
        share = found
        if settled:
            break
    return share


def _weekday_profile(volume: FloatArray, weight: FloatArray, pooled: FloatArray, is_open: BoolArray) -> FloatArray:
    inside = is_open if is_open.any() else pooled > 0
    base = pooled / max(float(pooled[inside].sum()), 1e-12)
    days = (weight > 0) & (np.nansum(volume, axis=1) > 0)
    if not days.any():
        return np.asarray(base)
    volume, weight = volume[days], weight[days]
    own = _settled(volume, weight, base)
    level, _ = day_levels(volume, own)
    known = ~np.isnan(volume)
    scaled = own / max(float(own[inside].sum()), 1e-12)
    level = level * float(own[inside].sum())
    share = scaled + (base - scaled) * _shrinkage(np.where(known, volume, 0.0), known, level, weight, scaled, base)
    return np.asarray(share / max(float(share[inside].sum()), 1e-12))


def _shrinkage(
    filled: FloatArray, known: BoolArray, level: FloatArray, weight: FloatArray, own: FloatArray, base: FloatArray
) -> float:
    """Return the weight of the common profile: noise of the weekday's own one / its distance from the common one."""
    effective = weight.sum() ** 2 / (weight**2).sum()
    if effective < 1.5:
        return 0.5
    off = np.where(known, filled - level[:, None] * own, 0.0) ** 2
    noise = (weight[:, None] * off).sum() / max(float(weight @ level**2), 1e-12) / (effective - 1)
    distance = float(((own - base) ** 2).sum())
    return float(min(1.0, noise / distance)) if distance > 0 else 1.0


def _normalised(values: FloatArray) -> FloatArray:
    return np.asarray(values / values.sum()) if values.sum() > 0 else values
