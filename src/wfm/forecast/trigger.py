"""Whether a running day has left its band, at a stated rate of false alarms however often one looks.

After each interval the contacts so far are held against those expected, in standard deviations of what sample paths of
the forecast do by then. Of each path the farthest distance of the whole day is taken; the bound is what all but the
stated share of the paths stay below, so it holds for any number of looks. An interval counts at most three of its own
standard deviations, and a distance counts when the next look has it too: one spike does not move a roster.

Source: Besag & Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991), for the bound by simulation; the
largest of many looks as in Hawkins & Olwell, *Cumulative Sum Charts* (1998), ch. 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.paths import Course, draw_paths
from wfm.forecast.spread import Spread

__all__ = ["Looks", "Trigger", "looks_of", "looks_of_paths", "trigger_of"]

_MOST = 3.0  # standard deviations that one interval can count


@dataclass(frozen=True, slots=True, eq=False)
class Trigger:
    """Whether a day has left its band.

    Parameters
    ----------
    left
        Whether it has.
    since
        Start of the interval at whose end it was found; `None` while it has not.
    false_alarm
        Chance that a day on which nothing is wrong is said to have left its band, at one look or another.
    bound
        Distance, in standard deviations of the contacts so far, that two looks in a row must have.
    frame
        A row for each look: `start` of the interval, `expected` and `actual` contacts since the day began, `low` and
        `high` between which they are in band, and `distance`.
    """

    left: bool
    since: pd.Timestamp | None
    false_alarm: float
    bound: float
    frame: pd.DataFrame = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame of looks."""
        return self.frame.copy()

    def __str__(self) -> str:
        if self.left and self.since is not None:
            return f"out of its band since {self.since:%H:%M}"
        return "in its band"

    def _repr_html_(self) -> str:
        shown: str = self.frame.to_html(index=False, float_format="{:.1f}".format)
        return f"<p>{self}, {self.false_alarm:.0%} false alarms a day</p>{shown}"


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """The test of one day: made once from the forecast, good for any number of looks.

    `mean` and `most` are what is expected of each interval and how much it may count; `centre` and `spread` those of
    the contacts so far, capped; `bound` the distance that two looks in a row must have.
    """

    mean: FloatArray
    most: FloatArray
    centre: FloatArray
    spread: FloatArray
    bound: float

    def distances(self, offered: npt.ArrayLike) -> FloatArray:
        """Return the distance at each look, of the contacts of the intervals so far (the last axis)."""
        values = np.asarray(offered, dtype=float)
        count = values.shape[-1]
        off = np.clip(values - self.mean[:count], -self.most[:count], self.most[:count])
        return np.asarray((off.cumsum(axis=-1) - self.centre[:count]) / self.spread[:count])

    def first(self, offered: npt.ArrayLike) -> int | None:
        """Return the number of the look at which a day has left its band, or none."""
        beyond = np.flatnonzero(_held(self.distances(offered)) > self.bound)
        return int(beyond[0]) if len(beyond) else None


def looks_of(
    course: Course, spread: Spread, rows: IntArray, false_alarm: float, paths: int, rng: np.random.Generator
) -> Looks:
    """Return the test of the intervals `rows` of a course, which are the looks in order."""
    days = np.unique(course.day[rows])
    whole = np.flatnonzero(np.isin(course.day, days))
    part = Course(course.mean[whole], course.day[whole], course.slot[whole], course.place[whole])
    drawn = draw_paths(part, spread, paths, rng)[:, np.searchsorted(whole, rows)].astype(float)
    mean = course.mean[rows]
    return looks_of_paths(mean, drawn, false_alarm)


def looks_of_paths(mean: FloatArray, drawn: FloatArray, false_alarm: float) -> Looks:
    """Return the test of what has these means, by equally likely courses of it (a row for each)."""
    most = np.maximum(_MOST * drawn.std(axis=0), 1e-9)
    so_far = np.clip(drawn - mean, -most, most).cumsum(axis=1)
    centre, deviation = so_far.mean(axis=0), np.maximum(so_far.std(axis=0), 1e-9)
    farthest = _held((so_far - centre) / deviation).max(axis=1)
    bound = float(np.quantile(farthest, 1 - false_alarm, method="higher"))
    return Looks(mean, most, centre, deviation, bound)


def _held(distance: FloatArray) -> FloatArray:
    """Return the distance that each look and the one before it both have, on the same side; at the first look, none.

    Where there is one look alone, it stands for itself.
    """
    size = np.abs(distance)
    if distance.shape[-1] == 1:
        return size
    result = np.zeros_like(distance)
    same = distance[..., 1:] * distance[..., :-1] > 0
    result[..., 1:] = np.where(same, np.minimum(size[..., 1:], size[..., :-1]), 0.0)
    return result


def trigger_of(looks: Looks, starts: pd.DatetimeIndex, offered: FloatArray, false_alarm: float) -> Trigger:
    """Return whether the intervals so far, beginning at `starts`, have left the band."""
    count = len(offered)
    first = looks.first(offered)
    expected = looks.mean[:count].cumsum()
    half = looks.bound * looks.spread[:count]
    middle = expected + looks.centre[:count]
    frame = pd.DataFrame(
        {
            "start": starts[:count],
            "expected": expected,
            "actual": offered.cumsum(),
            "low": np.maximum(middle - half, 0.0),
            "high": middle + half,
            "distance": looks.distances(offered),
        }
    )
    since = None if first is None else starts[first]
    return Trigger(first is not None, since, false_alarm, looks.bound, frame)
