"""Grades by thresholds or by shares, and streaks of them; a tie is never split."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_each, check_fraction, check_in_range, check_int
from wfm.errors import DataError, Faults, Problem
from wfm.kpi.appraisal.cycles import Cycle, months_of
from wfm.kpi.appraisal.places import among_best, places
from wfm.kpi.appraisal.result import Appraisal

__all__ = ["Basis", "ForcedDistribution", "Grade", "GradeBand", "GradeTable", "Grades", "grade_scores", "streaks"]

Floats: TypeAlias = npt.NDArray[np.float64]
_TOLERANCE = 1e-9
_DIGITS = 9  # scores that differ by less are tied: the difference is one of rounding
_TOP = 100.0


class Grade(StrEnum):
    """The five grades, best first."""

    EXCELLENT = "excellent"
    GOOD = "good"
    MEDIUM = "medium"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


class Basis(StrEnum):
    """Which score is graded."""

    SCORE = "score"
    ADJUSTED = "adjusted"
    RAW = "raw"


_ORDER = tuple(Grade)


@dataclass(frozen=True, slots=True)
class GradeBand:
    """The scores of a grade: from `low`, which belongs to it, to `high`, which belongs to the next (100 to the best).

    Raises
    ------
    DataError
        If the grade is unknown or the scores are not in [0, 100] with `low` below `high`.
    """

    grade: Grade | str
    low: float
    high: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "grade", check_choice("grade", self.grade, Grade))
        check_in_range("low", self.low, 0.0, _TOP)
        check_in_range("high", self.high, 0.0, _TOP)
        if self.low >= self.high:
            what = f"the band of {str(self.grade)!r} goes from {self.low:g} to {self.high:g}"
            raise DataError(Problem(what, remedy="give the lower end first"))


@dataclass(frozen=True, slots=True)
class GradeTable:
    """Grades by thresholds: bands that cover the scores from 0 to 100 once.

    Parameters
    ----------
    bands
        In any order; each grade at most once, better grades above worse ones.

    Raises
    ------
    DataError
        With every gap and overlap.

    Examples
    --------
    >>> GradeTable((GradeBand("excellent", 90, 100), GradeBand("qualified", 60, 85), GradeBand("unqualified", 0, 60)))
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: no grade for the scores from 85 to 90; let 'qualified' reach up to 90
    >>> GradeTable.of({"excellent": 90, "good": 80, "medium": 70, "qualified": 60, "unqualified": 0}).grade_of(80)
    <Grade.GOOD: 'good'>
    """

    bands: tuple[GradeBand, ...]

    def __post_init__(self) -> None:
        bands = sorted(check_each("bands", self.bands, GradeBand), key=lambda band: band.low)
        object.__setattr__(self, "bands", tuple(bands))
        faults = Faults("grade table")
        if not bands:
            faults.add("a grade table without bands", remedy="give at least one from 0 to 100")
            faults.raise_if_any()
        names = [str(band.grade) for band in bands]
        for again in sorted({name for name in names if names.count(name) > 1}):
            faults.add(f"grade {again!r} has two bands", remedy="join them")
        if bands[0].low > 0:
            what = f"no grade for the scores from 0 to {bands[0].low:g}"
            faults.add(what, remedy=f"let {names[0]!r} begin at 0")
        for below, above in pairwise(bands):
            if below.high < above.low:
                what = f"no grade for the scores from {below.high:g} to {above.low:g}"
                faults.add(what, remedy=f"let {str(below.grade)!r} reach up to {above.low:g}")
            if below.high > above.low:
                what = f"two grades for the scores from {above.low:g} to {below.high:g}"
                faults.add(what, remedy=f"let {str(below.grade)!r} end at {above.low:g}")
            if _ORDER.index(Grade(below.grade)) <= _ORDER.index(Grade(above.grade)) and below.grade != above.grade:
                what = f"{str(below.grade)!r} stands below {str(above.grade)!r}"
                faults.add(what, remedy="give better grades to higher scores")
        if bands[-1].high < _TOP:
            what = f"no grade for the scores from {bands[-1].high:g} to 100"
            faults.add(what, remedy=f"let {names[-1]!r} reach up to 100")
        faults.raise_if_any()

    @classmethod
    def of(cls, starts: Mapping[str, float]) -> GradeTable:
        """Return the table of grades by the score that each starts at; the lowest starts at 0."""
        if not starts:
            return cls(())  # which says what is wrong
        for name, low in starts.items():
            check_in_range(f"start of {name!r}", low, 0.0, _TOP)
        ordered = sorted(starts.items(), key=lambda item: item[1])
        ends = [low for _, low in ordered[1:]] + [_TOP]
        return cls(tuple(GradeBand(name, low, high) for (name, low), high in zip(ordered, ends, strict=True)))

    def grade_of(self, score: float) -> Grade:
        """Return the grade of a score.

        Raises
        ------
        DataError
            If the score is outside its scale.
        """
        check_in_range("score", score, 0.0, _TOP)
        lows = [band.low for band in self.bands]
        return Grade(self.bands[int(np.searchsorted(lows, round(score, _DIGITS), side="right")) - 1].grade)

    def places_of(self, scores: Floats) -> npt.NDArray[np.int64]:
        """Return the number of each score's grade in the order of `Grade`."""
        numbers = np.array([_ORDER.index(Grade(band.grade)) for band in self.bands])
        return np.asarray(numbers[np.searchsorted([band.low for band in self.bands], scores, side="right") - 1])

    def chances(self, scores: Floats, deviations: Floats, *, seed: int) -> tuple[Floats, Floats]:
        """Return the chances to be in the best and in the worst grade of the table."""
        from scipy.special import ndtr

        del seed  # thresholds stand still, so nothing is drawn
        spread = np.maximum(deviations, _TOLERANCE)
        if len(self.bands) == 1:
            return np.ones(len(scores)), np.ones(len(scores))
        return ndtr((scores - self.bands[-1].low) / spread), ndtr((self.bands[0].high - scores) / spread)


@dataclass(frozen=True, slots=True)
class ForcedDistribution:
    """Grades by shares of the employees, such as the best tenth.

    Those who are tied across a border get the better grade all of them, so shares are met as nearly as ties allow.

    Parameters
    ----------
    shares
        Share of each grade, in (0, 1); they sum to 1.

    Raises
    ------
    DataError
        If a grade is unknown, a share is out of range or they do not sum to 1.

    Examples
    --------
    >>> forced = ForcedDistribution({"excellent": 0.25, "good": 0.5, "medium": 0.25})
    >>> [list(Grade)[n].value for n in forced.places_of(np.array([90.0, 80.0, 80.0, 80.0]))]
    ['excellent', 'good', 'good', 'good']
    """

    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        faults = Faults("shares")
        found: dict[Grade, float] = {}
        for name, share in self.shares.items():
            with faults.collecting():
                found[check_choice("grade", name, Grade)] = check_fraction(f"share of {name!r}", share)
        faults.raise_if_any()
        total = math.fsum(found.values())
        if abs(total - 1) > _TOLERANCE:
            parts = " + ".join(f"{name} {share:g}" for name, share in found.items())
            faults.add(f"the shares of the grades sum to {total:g}, not 1: {parts}", remedy="divide each by their sum")
        faults.raise_if_any()
        object.__setattr__(self, "shares", {name.value: found[name] for name in _ORDER if name in found})

    def _ends(self, size: int) -> npt.NDArray[np.int64]:
        """Return how many there are in each grade or a better one."""
        passed = np.cumsum(list(self.shares.values())) * size
        ends = np.floor(passed + 0.5 + _TOLERANCE).astype(np.int64)
        ends[-1] = size
        return np.asarray(ends)

    def places_of(self, scores: Floats) -> npt.NDArray[np.int64]:
        """Return the number of each score's grade in the order of `Grade`."""
        numbers = np.array([_ORDER.index(Grade(name)) for name in self.shares])
        return np.asarray(numbers[np.searchsorted(self._ends(len(scores)), places(scores), side="left")])

    def chances(self, scores: Floats, deviations: Floats, *, seed: int) -> tuple[Floats, Floats]:
        """Return the chances to be in the best and in the worst grade."""
        size, ends = len(scores), self._ends(len(scores))
        best = among_best(scores, deviations, int(ends[0]), seed=seed)
        better = int(ends[-2]) if len(ends) > 1 else 0
        return best, 1 - among_best(scores, deviations, better, seed=seed) if better < size else np.zeros(size)


@dataclass(frozen=True, eq=False)
class Grades:
    """Grades of employees by period: a description, on which nothing follows by itself.

    Parameters
    ----------
    cycle
        Month, quarter or year.
    basis
        Which score was graded.
    frame
        `employee, team, period, score, known, place` (1 is the best, ties share the better one), `grade, p_top,
        p_bottom` (the chances of the best and of the worst grade, for the score is not known exactly), `team_score`
        (adjusted if the grades are). Without a score, place and grade are missing.
    """

    cycle: Cycle
    basis: Basis
    frame: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the grades."""
        return self.frame

    def __str__(self) -> str:
        size = len(self.frame)
        lines = [f"{size:,} grades by {self.basis.value}, by {self.cycle.value}"]
        for grade in _ORDER:
            rows = self.frame[self.frame["grade"] == grade.value]
            if len(rows):
                lines.append(f"├─ {grade.value:<12} {len(rows):6,}  {100 * len(rows) / size:5.1f} %")
        lines[-1] = lines[-1].replace("├", "└", 1)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def grade_scores(
    appraisal: Appraisal,
    by: GradeTable | ForcedDistribution,
    *,
    basis: Basis | str = Basis.SCORE,
    seed: int = 0,
) -> Grades:
    """Grade the scores of each period.

    Parameters
    ----------
    appraisal
        Scores of employees.
    by
        Thresholds, or shares of all employees of the period.
    basis
        `score` (small samples pulled to the team), `adjusted` (for the mix too), or `raw`; default `score`. The
        chances of the grades of a raw score are those of the pulled one around it.
    seed
        Of the draws behind the chances of a forced distribution; default 0.

    Raises
    ------
    DataError
        If the appraisal has no adjusted score.

    Examples
    --------
    >>> from datetime import date
    >>> from wfm.kpi.appraisal import AppraisalCard, Indicator, appraise
    >>> csat = Indicator(name="csat", group="satisfaction", weight=1.0, sample="rate", floor=0.6, cap=1.0)
    >>> rows = [("A", 45, 50), ("B", 4, 4), ("C", 60, 80), ("D", 30, 40), ("E", 39, 50)]
    >>> counts = pd.DataFrame(rows, columns=["employee", "numerator", "denominator"])
    >>> counts = counts.assign(month=date(2026, 3, 1), indicator="csat")
    >>> found = appraise(counts, AppraisalCard(name="2026", since=date(2026, 1, 1), indicators=(csat,)))
    >>> graded = grade_scores(found, ForcedDistribution({"excellent": 0.2, "medium": 0.6, "qualified": 0.2}))
    >>> graded.frame[["employee", "place", "grade"]].values.tolist()[:2]
    [['A', 1, 'excellent'], ['B', 2, 'medium']]
    """
    used = check_choice("basis", basis, Basis)
    if used is Basis.ADJUSTED and not appraisal.is_adjusted:
        raise DataError(Problem("the appraisal has no adjusted score", remedy="appraise with mix=('shift', 'queue')"))
    spread = "adjusted_sd" if used is Basis.ADJUSTED else "sd"
    parts = []
    for _, rows in appraisal.frame.groupby("period", sort=True):
        scores = rows[used.value].to_numpy(dtype=float)
        seen = ~np.isnan(scores)
        grade = np.full(len(rows), None, dtype=object)
        place = np.full(len(rows), np.nan)
        best, worst = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        if seen.any():
            rounded = np.round(scores[seen], _DIGITS)
            grade[seen] = np.array([each.value for each in _ORDER], dtype=object)[by.places_of(rounded)]
            place[seen] = places(rounded)
            deviations = rows[spread].to_numpy(dtype=float)[seen]
            best[seen], worst[seen] = by.chances(rounded, deviations, seed=seed)
        columns: dict[str, Any] = {"score": scores, "known": rows["known"]}
        columns |= {"place": pd.array(place, dtype="Int64"), "grade": pd.Series(grade, index=rows.index, dtype="str")}
        parts.append(rows[["employee", "team", "period"]].assign(**columns, p_top=best, p_bottom=worst))
    whole = pd.concat(parts, ignore_index=True)
    whose = "adjusted" if used is Basis.ADJUSTED else "score"
    teams = appraisal.team_frame[["team", "period", whose]].rename(columns={whose: "team_score"})
    return Grades(appraisal.cycle, used, whole.merge(teams, on=["team", "period"], how="left"))


def streaks(graded: Grades, grades: Sequence[Grade | str], *, length: int) -> pd.DataFrame:
    """Return who had one of some grades in so many periods on end: a flag, from which nothing follows.

    Parameters
    ----------
    graded
        Grades by period.
    grades
        The grades that count, such as `("excellent",)`.
    length
        Least number of periods on end, 2 or more. It has no default, for what is worth a look is the user's to say.

    Returns
    -------
    pandas.DataFrame
        One row for each streak: `employee, since, until` (first days of its first and last period), `length`. A period
        without a grade ends a streak.

    Raises
    ------
    DataError
        If a grade is unknown or the length is below 2.
    """
    check_int("length", length, 2)
    wanted = {check_choice("grade", grade, Grade).value for grade in grades}
    rows = graded.frame[graded.frame["grade"].isin(wanted)]
    step = months_of(graded.cycle)
    number = np.array([(day.year * 12 + day.month - 1) // step for day in rows["period"]], dtype=np.int64)
    table = rows[["employee", "period"]].assign(number=number)
    table = table.sort_values(["employee", "number"], kind="stable", ignore_index=True)
    # Within a streak the number grows as fast as the count of rows.
    table["run"] = table["number"] - table.groupby("employee").cumcount()
    found = table.groupby(["employee", "run"], as_index=False).agg(
        since=("period", "first"), until=("period", "last"), length=("period", "size")
    )
    return found[found["length"] >= length].drop(columns="run").reset_index(drop=True)
