"""Targets and the balanced scorecard: a tree of goals whose weights sum to 1, down to the raw counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wfm.checks import check_each, check_fraction, check_in_range, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.explain import Explanation
from wfm.kpi.measure import Direction, Measure
from wfm.kpi.result import Scores, shown

__all__ = ["Goal", "Scorecard", "scorecard"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal of a scorecard: a measure with its target, or a group of goals.

    Parameters
    ----------
    name
        Its name; no other goal of the tree has it.
    weight
        Its share in the goal above, in (0, 1]; the weights of the goals in a group sum to 1.
    measure
        Name of a measure of the catalogue, or a measure; for a goal without goals below it.
    target
        Value that earns the full score.
    floor
        Value that earns nothing; between them the score is linear. On the worse side of the target.
    goals
        The goals below; none for a measure.

    Raises
    ------
    DataError
        With every fault of the goal.

    Examples
    --------
    >>> Goal(name="speed", weight=1.0, measure="service_level", target=0.8, floor=0.5).score(0.65)
    0.5
    """

    name: str
    weight: float = 1.0
    measure: str | Measure | None = None
    target: float | None = None
    floor: float | None = None
    goals: tuple[Goal, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults(f"goal {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            check_fraction("weight", self.weight)
        with faults.collecting():
            object.__setattr__(self, "goals", check_each("goals", self.goals, Goal))
        faults.raise_if_any()
        if self.goals:
            if self.measure is not None or self.target is not None or self.floor is not None:
                faults.add(f"goal {self.name!r} has goals and a measure", remedy="leave measure, target and floor out")
            total = math.fsum(goal.weight for goal in self.goals)
            if abs(total - 1) > _TOLERANCE:
                shares = " + ".join(f"{goal.weight:g}" for goal in self.goals)
                what = f"the weights below goal {self.name!r} sum to {total:g}, not 1: {shares}"
                faults.add(what, remedy="divide each by their sum")
        else:
            self._check_leaf(faults)
        names = [goal.name for goal in self.walk()]
        for again in sorted({name for name in names if names.count(name) > 1}):
            faults.add(f"two goals are called {again!r}", remedy="give one another name")
        faults.raise_if_any()

    def _check_leaf(self, faults: Faults) -> None:
        if self.measure is None or self.target is None or self.floor is None:
            remedy = "give them, or goals=(...)"
            faults.add(f"goal {self.name!r} lacks a measure, a target or a floor", remedy=remedy)
            return
        if isinstance(self.measure, str) and self.measure not in CATALOGUE:
            faults.add(f"unknown measure {self.measure!r}", remedy=did_you_mean(self.measure, CATALOGUE))
            return
        for name, value in (("target", self.target), ("floor", self.floor)):
            with faults.collecting():
                check_in_range(name, value, -math.inf)
        faults.raise_if_any()
        direction = self.of.direction
        wrong = {
            Direction.HIGHER: self.floor >= self.target,
            Direction.LOWER: self.floor <= self.target,
            Direction.NEITHER: self.floor == self.target,
        }[direction]
        if wrong:
            what = f"floor {self.floor:g} of goal {self.name!r} is not worse than its target {self.target:g}"
            faults.add(what, remedy=f"{self.of.title}: {direction.value}")

    @property
    def of(self) -> Measure:
        """The measure of a goal without goals below it."""
        if self.measure is None:
            raise DataError(Problem(f"goal {self.name!r} is a group", remedy="ask one of its goals"))
        return CATALOGUE[self.measure] if isinstance(self.measure, str) else self.measure

    def walk(self) -> Iterator[Goal]:
        """Yield the goal and all below it."""
        yield self
        for goal in self.goals:
            yield from goal.walk()

    def score(self, value: float | None) -> float | None:
        """Return how much of the way from the floor to the target is reached, 0 to 1; `None` for a missing value."""
        if value is None or self.target is None or self.floor is None:
            return None
        return min(1.0, max(0.0, (value - self.floor) / (self.target - self.floor)))


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """A tree of goals with their scores.

    Parameters
    ----------
    goal
        The whole tree.
    scores
        The measures with their counts.
    frame
        One row for each goal, parents first: `path, weight` (in the whole), `measure, target, value, low, high, score`
        (0 to 1), `met` (missing where the value is), `numerator, denominator, known` (the share of the weight below
        whose value is known; the score is of that share).
    """

    goal: Goal
    scores: Scores
    frame: pd.DataFrame

    @property
    def score(self) -> float | None:
        """The score of the whole, 0 to 1, of what is known; `None` if nothing is."""
        found = float(self.frame["score"].iloc[0])
        return None if math.isnan(found) else found

    def drill(self, name: str) -> Explanation:
        """Return the measure behind a goal with its raw counts.

        Raises
        ------
        DataError
            If there is no such goal, or it is a group.
        """
        goals = {goal.name: goal for goal in self.goal.walk()}
        if name not in goals:
            raise DataError(Problem(f"unknown goal {name!r}", remedy=did_you_mean(name, goals)))
        measure = goals[name].of
        place = [each.name for each in self.scores.measures].index(measure.name)
        total = self.scores.total.iloc[[place]].reset_index(drop=True)
        only = Scores(measures=(measure,), by=(), groups=total, total=total, confidence=self.scores.confidence)
        return Explanation(measure, only)

    def to_frame(self) -> pd.DataFrame:
        """Return the goals."""
        return self.frame

    def __str__(self) -> str:
        lines = []
        units = {measure.name: measure.unit for measure in self.scores.measures}
        for row in self.frame.itertuples(index=False):
            depth = row.path.count("/")
            score = "missing" if math.isnan(row.score) else f"{100 * row.score:.0f}"
            part = "" if row.known > 1 - _TOLERANCE else f" ({100 * row.known:.0f} % of the weight is known)"
            told = ""
            if row.measure:
                unit = units[row.measure]
                told = f": {shown(row.value, unit)}, target {shown(row.target, unit)}"
            name = row.path.rsplit("/", 1)[-1]
            head = f"{'   ' * (depth - 1)}{'└─ ' if depth else ''}{name}"
            lines.append(f"{head} [{100 * row.weight:.0f} %] {score}{told}{part}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def scorecard(goal: Goal, scores: Scores) -> Scorecard:
    """Judge measures by a tree of goals.

    Parameters
    ----------
    goal
        The tree; its own weight is 1.
    scores
        What `compute` gave for the measures of the tree, over everything.

    Raises
    ------
    DataError
        With every measure of the tree that was not computed, or if the weight of the whole is not 1.
    """
    faults = Faults("scorecard")
    if goal.weight != 1:
        faults.add(f"the weight of the whole is {goal.weight:g}", remedy="leave it out")
    names = [measure.name for measure in scores.measures]
    for each in goal.walk():
        if not each.goals and each.of.name not in names:
            faults.add(
                f"goal {each.name!r}: {each.of.name!r} was not computed", remedy=did_you_mean(each.of.name, names)
            )
    faults.raise_if_any()
    rows: list[dict[str, Any]] = []
    _judge(goal, scores, "", 1.0, rows)
    return Scorecard(goal, scores, pd.DataFrame(rows))


def _judge(goal: Goal, scores: Scores, above: str, weight: float, rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Add the rows of a goal and those below it; return its score and the share of its weight that is known."""
    path = f"{above}/{goal.name}" if above else goal.name
    row: dict[str, Any] = {"path": path, "weight": weight, "measure": "", "target": math.nan}
    rows.append(row)
    if goal.goals:
        parts = [(each.weight, *_judge(each, scores, path, weight * each.weight, rows)) for each in goal.goals]
        known = math.fsum(share * known for share, _, known in parts)
        earned = math.fsum(share * known * score for share, score, known in parts if known)
        score = earned / known if known else math.nan
        row |= {"value": math.nan, "low": math.nan, "high": math.nan, "score": score, "met": None}
        row |= {"numerator": math.nan, "denominator": math.nan, "known": known}
        return score, known
    measure = goal.of
    place = [each.name for each in scores.measures].index(measure.name)
    found = scores.total.iloc[place]
    value = scores.value(measure.name)
    earned_by = goal.score(value)
    score = math.nan if earned_by is None else earned_by
    known = 0.0 if earned_by is None else 1.0
    row |= {"measure": measure.name, "target": goal.target}
    row |= {name: float(found[name]) for name in ("value", "low", "high")}
    row |= {"score": score, "met": None if earned_by is None else earned_by >= 1}
    row |= {"numerator": float(found["numerator"]), "denominator": float(found["denominator"]), "known": known}
    return score, known
