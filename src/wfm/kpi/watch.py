"""Early warning of a week or month that will miss its target, and how often such a warning was false."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_date, check_fraction, check_in_range, check_int
from wfm.errors import DataError, Problem
from wfm.kpi.change import rows_of
from wfm.kpi.compute import Span
from wfm.kpi.measure import Direction, Measure
from wfm.kpi.result import Scores, shown
from wfm.stats import Estimate, wilson

__all__ = ["EarlyWarning", "Level", "Replay", "Warned"]

Floats = npt.NDArray[np.float64]
# Mean moving range of two over the standard deviation: D. C. Montgomery, "Introduction to Statistical Quality Control",
# 7th ed. (2013), appendix VI.
_D2 = 1.128
_SIGMAS = 3.0
# Four of each weekday.
_LEAST_DAYS = 28


class Level(StrEnum):
    """How likely the target is missed."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """What is known of a running week or month.

    Parameters
    ----------
    level
        Low, medium or high.
    probability
        Of missing the target at the end of the period.
    so_far, expected
        The measure up to now (missing before the first day) and as expected at the end.
    control_low, control_high
        Control limits of the last day seen, three standard deviations around its weekday.
    last
        The measure on the last day seen.
    outside
        Whether that is outside the limits.
    measure, target, as_of
        What is watched, and the first day that is not seen.
    """

    measure: Measure
    target: float
    as_of: date
    level: Level
    probability: float
    so_far: float
    expected: float
    last: float
    control_low: float
    control_high: float

    @property
    def outside(self) -> bool:
        """Whether the last day is outside its control limits."""
        return bool(self.last < self.control_low or self.last > self.control_high)

    def __str__(self) -> str:
        unit = self.measure.unit
        limits = f"{shown(self.control_low, unit)} to {shown(self.control_high, unit)}"
        return "\n".join(
            [
                f"{self.measure.title}: {self.level.value} ({100 * self.probability:.0f} % to miss "
                f"{shown(self.target, unit)})",
                f"├─ so far {shown(self.so_far, unit)}, expected at the end {shown(self.expected, unit)}",
                f"└─ last day {shown(self.last, unit)}, control limits {limits}{' - outside' if self.outside else ''}",
            ]
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Replay:
    """What the warning would have said on past days, each time from what was known then.

    Parameters
    ----------
    frame
        One row for each period and day: `period, as_of, probability, level, missed` (what came of it).
    false_alarms
        Share of the periods that held the target in which the level was high on some day, with Wilson's interval.
    caught
        Share of the periods that missed it in which the level was high before their last day.
    """

    frame: pd.DataFrame
    false_alarms: Estimate[float]
    caught: Estimate[float]

    def to_frame(self) -> pd.DataFrame:
        """Return the days."""
        return self.frame

    def __str__(self) -> str:
        def told(share: Estimate[float]) -> str:
            value = "missing" if math.isnan(share.value) else f"{100 * share.value:.0f} %"
            return f"{value} [{100 * share.low:.0f}, {100 * share.high:.0f}]"

        periods = self.frame["period"].nunique()
        return f"{periods} periods replayed: false alarms {told(self.false_alarms)}, caught {told(self.caught)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyWarning:
    """Watches a measure against its target for a week or month.

    The days to come are expected to be like the same weekdays of the memory. Their means vary as the days of the memory
    did around their weekdays, with the likeness of following days.

    Parameters
    ----------
    measure
        Name of a measure that is numerator / denominator: no percentile, whose month does not come from its days.
    target
        Missed below it, or above it where lower is better.
    period
        `week` or `month`; default month.
    medium, high
        Probabilities from which the level is medium and high, 0 < medium < high < 1; default 0.25 and 0.6.
    memory
        Days before that are remembered, 28 or more; default 56.

    Raises
    ------
    DataError
        If a value is outside its range.
    """

    measure: str
    target: float
    period: str = "month"
    medium: float = 0.25
    high: float = 0.6
    memory: int = 56

    def __post_init__(self) -> None:
        check_in_range("target", self.target, -math.inf)
        if self.period not in (Span.WEEK, Span.MONTH):
            raise DataError(Problem(f"period is {self.period!r}", remedy="give 'week' or 'month'"))
        object.__setattr__(self, "period", check_choice("period", self.period, Span))
        check_fraction("medium", self.medium, include_one=False)
        check_fraction("high", self.high, include_one=False)
        if self.medium >= self.high:
            raise DataError(Problem(f"medium {self.medium:g} is not below high {self.high:g}"))
        check_int("memory", self.memory, _LEAST_DAYS)

    def watch(self, scores: Scores, *, as_of: date) -> Warned:
        """Return what is known of the period that holds `as_of`, from the days before it.

        Parameters
        ----------
        scores
            Grouped by `day`; days from `as_of` on are not looked at.
        as_of
            First day that is not seen.

        Raises
        ------
        DataError
            If the memory holds fewer than 28 days with a denominator, or lower or higher are neither better.
        """
        check_date("as_of", as_of)
        measure, days = self._days(scores)
        return self._watched(measure, days, pd.Timestamp(as_of))

    def replay(self, scores: Scores) -> Replay:
        """Warn on every past day from what was known then, and count false alarms.

        Periods are replayed once the memory before them is full and if all their days are there.

        Raises
        ------
        DataError
            If no period can be replayed.
        """
        measure, days = self._days(scores)
        rows: list[tuple[object, ...]] = []
        first = days.index.min() + pd.Timedelta(days=self.memory)
        for begin, end in self._periods(first, days.index.max()):
            inside = days.loc[begin : end - pd.Timedelta(days=1)]
            if inside["denominator"].sum() <= 0:
                continue
            missed = self._misses(measure, inside["numerator"].sum() / inside["denominator"].sum())
            for day in pd.date_range(begin, end - pd.Timedelta(days=1)):
                warned = self._watched(measure, days, day)
                rows.append((begin.date(), day.date(), warned.probability, warned.level.value, missed))
        if not rows:
            what = f"no whole {self.period} after a memory of {self.memory} days"
            raise DataError(Problem(what, remedy="give a longer history or a shorter memory"))
        frame = pd.DataFrame(rows, columns=["period", "as_of", "probability", "level", "missed"])
        alarms = frame.assign(alarm=frame["level"] == Level.HIGH.value).groupby("period")[["alarm", "missed"]].max()
        held, lost = alarms[~alarms["missed"]], alarms[alarms["missed"]]
        false, caught = (wilson(int(part["alarm"].sum()), len(part)) for part in (held, lost))
        return Replay(frame=frame, false_alarms=false, caught=caught)

    def _days(self, scores: Scores) -> tuple[Measure, pd.DataFrame]:
        measure, rows = rows_of(scores, self.measure)
        if scores.by != (Span.DAY,):
            raise DataError(Problem(f"the scores are grouped by {scores.by[0]}", remedy="group by 'day'"))
        if measure.direction is Direction.NEITHER or measure.denominator is None or not measure.form.is_of_sums:
            what = f"measure {self.measure!r} cannot be watched"
            raise DataError(Problem(what, remedy="watch a ratio of sums of which one end is better"))
        days = rows.set_index(pd.DatetimeIndex(pd.to_datetime(rows["day"])))[["numerator", "denominator"]]
        return measure, days.asfreq("D", fill_value=0.0)

    def _periods(self, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        found: list[tuple[pd.Timestamp, pd.Timestamp]] = []
        begin = self._bounds(first)[0]
        while True:
            begin, end = self._bounds(begin)
            if end - pd.Timedelta(days=1) > last:
                return found
            if begin >= first:
                found.append((begin, end))
            begin = end

    def _bounds(self, day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        if self.period == Span.WEEK:
            begin = day - timedelta(days=day.day_of_week)
            return begin, begin + timedelta(days=7)
        begin = day.replace(day=1)
        return begin, begin + pd.offsets.MonthBegin(1)

    def _misses(self, measure: Measure, value: float) -> bool:
        return bool(value < self.target if measure.direction is Direction.HIGHER else value > self.target)

    def _watched(self, measure: Measure, days: pd.DataFrame, as_of: pd.Timestamp) -> Warned:
        begin, end = self._bounds(as_of)
        oldest = as_of - pd.Timedelta(days=self.memory)
        known = days.iloc[days.index.searchsorted(oldest) : days.index.searchsorted(as_of)]
        above, below = (known[column].to_numpy(dtype=float) for column in ("numerator", "denominator"))
        weekday = known.index.day_of_week.to_numpy()
        is_open = below > 0
        if is_open.sum() < _LEAST_DAYS:
            what = f"{int(is_open.sum())} days with a denominator before {as_of.date()}"
            raise DataError(Problem(what, remedy=f"give at least {_LEAST_DAYS}"))
        often = np.maximum(np.bincount(weekday, minlength=7), 1)
        usual_above, usual_below = (np.bincount(weekday, weights=part, minlength=7) / often for part in (above, below))
        level = np.divide(usual_above, usual_below, out=np.full(7, np.nan), where=usual_below > 0)
        values = above[is_open] / below[is_open]
        off = values - level[weekday[is_open]]
        sigma, likeness = float(np.std(off, ddof=7)), _likeness(off)
        past = days.iloc[days.index.searchsorted(begin) : days.index.searchsorted(as_of)].sum()
        coming = (as_of.weekday() + np.arange((end - as_of).days)) % 7
        weight = usual_below[coming]
        whole = float(past["denominator"] + weight.sum())
        expected = float(past["numerator"] + usual_above[coming].sum()) / whole if whole else math.nan
        # Following days are alike, and the memory's own mean is not sure.
        spread = sigma * math.sqrt((1 + likeness) / (1 - likeness))
        to_come = math.hypot(float(np.sqrt((weight**2).sum())), float(weight.sum()) / math.sqrt(len(off)))
        probability = self._probability(measure, expected, spread * to_come / whole if whole else math.nan)
        moving = float(np.abs(np.diff(off)).mean()) / _D2
        middle, last = float(level[weekday[is_open][-1]]), float(values[-1])
        return Warned(
            measure=measure,
            target=self.target,
            as_of=as_of.date(),
            level=self._level(probability),
            probability=probability,
            so_far=float(past["numerator"] / past["denominator"]) if past["denominator"] else math.nan,
            expected=expected,
            last=last,
            control_low=middle - _SIGMAS * moving,
            control_high=middle + _SIGMAS * moving,
        )

    def _probability(self, measure: Measure, expected: float, error: float) -> float:
        if not error > 0:
            return float(self._misses(measure, expected))
        below = NormalDist(expected, error).cdf(self.target)
        return below if measure.direction is Direction.HIGHER else 1 - below

    def _level(self, probability: float) -> Level:
        if probability >= self.high:
            return Level.HIGH
        return Level.MEDIUM if probability >= self.medium else Level.LOW


def _likeness(off: Floats) -> float:
    """Return the correlation of following days, from 0 to 0.9."""
    total = float(off @ off)
    return min(0.9, max(0.0, float(off[1:] @ off[:-1]) / total)) if total > 0 else 0.0
