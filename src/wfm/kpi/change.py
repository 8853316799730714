"""Trend of a measure, and the effect of a change with an interval, adjusted for weekday and season."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_date, check_fraction, check_name
from wfm.errors import DataError, Problem, did_you_mean
from wfm.kpi.compute import Span
from wfm.kpi.measure import Direction, Measure
from wfm.kpi.result import Scores

__all__ = ["Effect", "Trend", "effect", "rows_of", "trend"]

Floats = npt.NDArray[np.float64]

_YEAR_DAYS = 365.2425
_WEEK = 7
# With less than this before and after, weekdays cannot be told from the change.
_LEAST_DAYS = 14
# A season is only known where a whole year was seen.
_SEASON_DAYS = 365
_WAVES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Change of a measure by span of time.

    Parameters
    ----------
    measure
        The measure.
    span
        Span of time of one step.
    slope, low, high
        Change in one step, in the measure's unit, and its interval.
    steps
        Number of spans with a value.
    """

    measure: Measure
    span: Span
    slope: float
    low: float
    high: float
    steps: int

    @property
    def verdict(self) -> str:
        """Return `"better"`, `"worse"`, `"changing"` (of a measure where neither end is good) or `"unclear"`."""
        if self.low <= 0 <= self.high:
            return "unclear"
        if self.measure.direction is Direction.NEITHER:
            return "changing"
        return "better" if (self.slope > 0) == (self.measure.direction is Direction.HIGHER) else "worse"

    def __str__(self) -> str:
        return (
            f"{self.measure.title}: {self.slope:+.4g} a {self.span.value} "
            f"[{self.low:+.4g}, {self.high:+.4g}], {self.verdict}"
        )


def trend(scores: Scores, measure: str, *, confidence: float = 0.95) -> Trend:
    """Return the trend of a measure: the median slope between all pairs of spans, which single odd spans cannot turn.

    Parameters
    ----------
    scores
        Grouped by one span of time and nothing else; at least four spans have a value.
    measure
        Name of the measure.
    confidence
        Coverage of the interval, in (0, 1); default 0.95.

    Raises
    ------
    DataError
        If the scores are grouped otherwise, or there are too few.

    Notes
    -----
    P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), 1379-1389.
    """
    from scipy.stats import theilslopes

    check_fraction("confidence", confidence, include_one=False)
    found, rows = rows_of(scores, measure)
    span = Span(scores.by[0])
    rows = rows[rows["value"].notna()]
    if len(rows) < 4:
        raise DataError(Problem(f"a trend of {len(rows)} values", remedy="give at least four spans with a value"))
    place = _steps(rows[span.value], span)
    result = theilslopes(rows["value"].to_numpy(dtype=float), place, alpha=confidence)
    slope, low, high = float(result.slope), float(result.low_slope), float(result.high_slope)
    return Trend(measure=found, span=span, slope=slope, low=low, high=high, steps=len(rows))


def _steps(keys: pd.Series, span: Span) -> Floats:
    """Return where each span stands in time, in steps."""
    stamps = pd.to_datetime(keys)
    if span in (Span.INTERVAL, Span.HOUR):
        seconds = (stamps - stamps.iloc[0]).dt.total_seconds().to_numpy(dtype=float)
        return np.asarray(seconds / np.diff(np.unique(seconds)).min())
    letter = {Span.DAY: "D", Span.WEEK: "W-SUN", Span.MONTH: "M", Span.QUARTER: "Q", Span.YEAR: "Y"}[span]
    return np.array([period.ordinal for period in stamps.dt.to_period(letter)], dtype=float)


def rows_of(scores: Scores, measure: str) -> tuple[Measure, pd.DataFrame]:
    """Return a measure and its rows by span of time."""
    names = [each.name for each in scores.measures]
    if measure not in names:
        raise DataError(Problem(f"measure {measure!r} was not computed", remedy=did_you_mean(measure, names)))
    if len(scores.by) != 1 or scores.by[0] not in list(Span):
        shown = ", ".join(scores.by) or "nothing"
        raise DataError(
            Problem(f"the scores are grouped by {shown}", remedy="group by one span of time, such as 'day'")
        )
    rows = scores.groups[scores.groups["measure"] == measure].reset_index(drop=True)
    return scores.measures[names.index(measure)], rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How much a measure changed on a day, beside what weekday and season would have done.

    Parameters
    ----------
    measure
        The measure.
    baseline
        Name of what it is compared with.
    since
        First day of the change.
    relative, low, high
        Relative change, such as -0.2 for 20 % less, and its interval.
    bare
        Relative change of the sums alone, without adjustment.
    adjusted_for
        What was adjusted for: `weekday`, and `season` where the days before cover a year.
    days_before, days_after
        Days with a denominator.
    left_out
        Days without one.
    """

    measure: Measure
    baseline: str
    since: date
    relative: float
    low: float
    high: float
    bare: float
    adjusted_for: tuple[str, ...]
    days_before: int
    days_after: int
    left_out: int

    def reaches(self, goal: float) -> bool | None:
        """Return whether the change is at least the goal (-0.2: 20 % less): yes, no, or `None` if it is not sure.

        Examples
        --------
        >>> from wfm.kpi import CATALOGUE
        >>> found = Effect(measure=CATALOGUE["complaint_rate"], baseline="2025", since=date(2026, 1, 1), relative=-0.3,
        ...                low=-0.35, high=-0.25, bare=-0.2, adjusted_for=("weekday",), days_before=90, days_after=90,
        ...                left_out=0)
        >>> found.reaches(-0.2), found.reaches(-0.3)
        (True, None)
        """
        if goal < 0:
            return True if self.high <= goal else False if self.low > goal else None
        return True if self.low >= goal else False if self.high < goal else None

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.measure.title} since {self.since}: {100 * self.relative:+.1f} % "
                f"[{100 * self.low:+.1f}, {100 * self.high:+.1f}] against {self.baseline}",
                f"├─ adjusted for {', '.join(self.adjusted_for)}; the bare difference is {100 * self.bare:+.1f} %",
                f"└─ {self.days_before} days before, {self.days_after} after; {self.left_out} without a denominator",
            ]
        )


def effect(scores: Scores, measure: str, *, since: date, baseline: str, confidence: float = 0.95) -> Effect:
    """Return the relative change of a measure since a day, adjusted for weekday and season, with an interval.

    The numerator of each day is fitted by a log-linear regression with the denominator as exposure, an effect for each
    weekday, two yearly waves where the days before cover a year, and the change. The interval allows for overdispersion
    and for errors that are alike on following days. The adjustment is for what repeats; something else that happened on
    the same day is in the effect.

    Parameters
    ----------
    scores
        Grouped by `day` and nothing else.
    measure
        Name of a measure that is numerator / denominator, or of a total: no percentile and no longest wait.
    since
        First day of the change.
    baseline
        Name of what it is compared with, such as `"2025, before the new returns policy"`: a change against nothing
        named is refused.
    confidence
        Coverage of the interval, in (0, 1); default 0.95.

    Raises
    ------
    DataError
        If there are fewer than 14 days on either side, no event before or after, or the scores are not by day.

    Notes
    -----
    Quasi-Poisson regression: P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed. (1989), chapter 6;
    errors by W. K. Newey and K. D. West, Econometrica 55 (1987), 703-708, with 7 lags.
    """
    import statsmodels.api as sm

    check_name("baseline", baseline)
    check_date("since", since)
    check_fraction("confidence", confidence, include_one=False)
    found, rows = rows_of(scores, measure)
    if scores.by != (Span.DAY,):
        raise DataError(Problem(f"the scores are grouped by {scores.by[0]}", remedy="group by 'day'"))
    if not found.form.is_of_sums or (rows["numerator"] < 0).any():
        remedy = "ask for one whose numerator is a sum of at least 0"
        raise DataError(Problem(f"measure {measure!r} has no effect of this kind", remedy=remedy))
    exposure = np.ones(len(rows)) if found.denominator is None else rows["denominator"].to_numpy(dtype=float)
    used = exposure > 0
    days = pd.to_datetime(rows["day"])[used]
    counts, exposure = rows["numerator"].to_numpy(dtype=float)[used], exposure[used]
    after = (days >= pd.Timestamp(since)).to_numpy()
    _check_days(counts, after)
    design, adjusted = _design(days, after)
    family = sm.families.Poisson()
    fit: Any = sm.GLM(counts, design, family=family, offset=np.log(exposure)).fit(
        cov_type="HAC", cov_kwds={"maxlags": _WEEK}
    )
    low, high = fit.conf_int(alpha=1 - confidence)[0]
    rate = [counts[side].sum() / exposure[side].sum() for side in (after, ~after)]
    return Effect(
        measure=found,
        baseline=baseline,
        since=since,
        relative=math.expm1(float(fit.params[0])),
        low=math.expm1(float(low)),
        high=math.expm1(float(high)),
        bare=float(rate[0] / rate[1] - 1),
        adjusted_for=adjusted,
        days_before=int((~after).sum()),
        days_after=int(after.sum()),
        left_out=int((~used).sum()),
    )


def _check_days(counts: Floats, after: npt.NDArray[np.bool_]) -> None:
    for side, name in ((~after, "before"), (after, "after")):
        if side.sum() < _LEAST_DAYS:
            what = f"{int(side.sum())} days {name} the change"
            raise DataError(Problem(what, remedy=f"give at least {_LEAST_DAYS} on either side"))
        if counts[side].sum() == 0:
            raise DataError(Problem(f"nothing was counted {name} the change", remedy="give a longer span"))


def _design(days: pd.Series, after: npt.NDArray[np.bool_]) -> tuple[Floats, tuple[str, ...]]:
    """Return the change, the weekdays and, with a year before the change, two yearly waves."""
    weekday = days.dt.day_of_week.to_numpy()
    columns = [after.astype(float)]
    columns += [(weekday == day).astype(float) for day in range(_WEEK) if (weekday == day).any()]
    adjusted = ["weekday"]
    before = days[~after]
    if (before.max() - before.min()).days >= _SEASON_DAYS:
        turn = 2 * np.pi * (days - days.min()).dt.days.to_numpy() / _YEAR_DAYS
        columns += [wave(n * turn) for n in range(1, _WAVES + 1) for wave in (np.sin, np.cos)]
        adjusted.append("season")
    return np.column_stack(columns), tuple(adjusted)
