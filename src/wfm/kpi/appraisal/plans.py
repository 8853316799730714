"""Improvement plans: baseline, goal, measure, and what changed, with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from wfm.checks import check_date, check_each, check_in_range, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.catalogue import CATALOGUE
from wfm.kpi.change import Effect, effect
from wfm.kpi.measure import Direction
from wfm.kpi.result import Scores

__all__ = ["ImprovementPlan", "PlanReview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementPlan:
    """What shall become better, from when on, against what.

    Parameters
    ----------
    who
        Employee or team.
    measure
        Name of a measure of the catalogue.
    goal
        Relative change to reach, such as -0.2 for 20 % less; in the measure's better direction.
    since
        First day of the plan.
    baseline
        Name of what it is compared with, such as `"January to March 2026"`.
    actions
        What is done for it, in words; at least one, for a goal alone is no plan.

    Raises
    ------
    DataError
        With every value that is wrong.

    Examples
    --------
    >>> ImprovementPlan(
    ...     who="A", measure="csat", goal=-0.1, since=date(2026, 4, 1), baseline="spring", actions=("coaching",)
    ... )
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: a goal of -10 % for 'csat' is worse than the baseline; CSAT: higher is better
    """

    who: str
    measure: str
    goal: float
    since: date
    baseline: str
    actions: tuple[str, ...]

    def __post_init__(self) -> None:
        faults = Faults(f"improvement plan of {self.who!r}")
        for name in ("who", "baseline"):
            with faults.collecting():
                check_name(name, getattr(self, name))
        with faults.collecting():
            check_date("since", self.since)
        with faults.collecting():
            check_in_range("goal", self.goal, -1.0, include_low=False)
        with faults.collecting():
            object.__setattr__(self, "actions", check_each("actions", self.actions, str))
        if not self.actions:
            faults.add("a plan without actions", remedy="say what is done for the goal")
        if self.measure not in CATALOGUE:
            faults.add(f"unknown measure {self.measure!r}", remedy=did_you_mean(self.measure, CATALOGUE))
        faults.raise_if_any()
        measure = CATALOGUE[self.measure]
        better = {Direction.HIGHER: self.goal > 0, Direction.LOWER: self.goal < 0, Direction.NEITHER: self.goal != 0}
        if not better[measure.direction]:
            what = f"a goal of {100 * self.goal:+g} % for {self.measure!r} is worse than the baseline"
            raise DataError(Problem(what, remedy=f"{measure.title}: {measure.direction.value}"))

    def review(self, scores: Scores, *, confidence: float = 0.95) -> PlanReview:
        """Return what changed since the plan began, adjusted for weekday and season, with an interval.

        Parameters
        ----------
        scores
            The measure of this employee or team alone, by day, as `wfm.kpi.compute` gives it.
        confidence
            Coverage of the interval, in (0, 1); default 0.95.

        Raises
        ------
        DataError
            As `wfm.kpi.effect`: with fewer than 14 days on either side nothing can be said.
        """
        found = effect(scores, self.measure, since=self.since, baseline=self.baseline, confidence=confidence)
        rows = scores.groups[scores.groups["measure"] == self.measure]
        before = rows[[day < self.since for day in rows["day"]]]
        after = rows[[day >= self.since for day in rows["day"]]]
        values = [_value(part) for part in (before, after)]
        return PlanReview(plan=self, effect=found, before=values[0], after=values[1])


def _value(rows: pd.DataFrame) -> float:
    """Return the value over all days, from the sums."""
    below = float(rows["denominator"].sum())
    above = float(rows["numerator"].sum())
    return above / below if below > 0 else above / len(rows) if len(rows) else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReview:
    """What became of a plan.

    Parameters
    ----------
    plan
        The plan.
    effect
        The change with its interval.
    before, after
        The value over all days before and since; of a total, by day.
    """

    plan: ImprovementPlan
    effect: Effect
    before: float
    after: float

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached: yes, no, or `None` where the interval holds the goal and it is not sure."""
        return self.effect.reaches(self.plan.goal)

    def to_frame(self) -> pd.DataFrame:
        """Return one row: `who, measure, goal, since, baseline, before, after, change, low, high, reached`."""
        row: dict[str, Any] = {
            name: getattr(self.plan, name) for name in ("who", "measure", "goal", "since", "baseline")
        }
        row |= {"before": self.before, "after": self.after, "change": self.effect.relative}
        row |= {"low": self.effect.low, "high": self.effect.high, "reached": self.reached}
        return pd.DataFrame([row]).astype({"reached": "boolean"})

    def __str__(self) -> str:
        told = {True: "reached", False: "not reached", None: "not sure yet"}[self.reached]
        lines = [
            f"plan of {self.plan.who} since {self.plan.since}: {self.plan.measure} {100 * self.plan.goal:+g} %, {told}",
            *(f"├─ {action}" for action in self.plan.actions),
            f"├─ {self.before:.4g} before, {self.after:.4g} since",
        ]
        first, *rest = str(self.effect).splitlines()
        return "\n".join([*lines, f"└─ {first}", *(f"   {line}" for line in rest)])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
