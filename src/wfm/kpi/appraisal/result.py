"""What an appraisal found: scores with their intervals, down to the counts of each line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Problem, did_you_mean
from wfm.kpi.appraisal.card import AppraisalCard, Sample
from wfm.kpi.appraisal.cycles import Cycle
from wfm.kpi.appraisal.mix import carried_over
from wfm.kpi.appraisal.small_samples import Pulled, bounds_of

__all__ = ["Appraisal", "Slab"]

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """One period: counts by indicator and employee, and the estimates made of them."""

    card: AppraisalCard
    numerator: Floats
    denominator: Floats
    plain: tuple[Pulled, ...]
    adjusted: tuple[Pulled, ...] | None
    expected: Floats

    @property
    def raw(self) -> Floats:
        """The values as counted."""
        missing = np.full(self.numerator.shape, np.nan)
        return np.asarray(np.divide(self.numerator, self.denominator, out=missing, where=self.denominator > 0))

    @property
    def enough(self) -> npt.NDArray[np.bool_]:
        """Whether the least sample is reached."""
        least = np.array([each.minimum for each in self.card.indicators], dtype=float)
        return np.asarray(self.denominator >= least[:, None])

    def points(self, values: Floats) -> Floats:
        """Return the points of values by indicator and employee."""
        floor, cap = (np.array([getattr(i, name) for i in self.card.indicators]) for name in ("floor", "cap"))
        return np.asarray(100 * np.clip((values - floor[:, None]) / (cap - floor)[:, None], 0.0, 1.0))

    def score(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the score of each employee and the weight that is known."""
        weight = np.array([each.weight for each in self.card.indicators])[:, None] * self.enough
        known = weight.sum(axis=0)
        earned = (weight * np.where(self.enough, self.points(values), 0.0)).sum(axis=0)
        missing = np.full(len(known), np.nan)
        # What is known in full is 1, whatever the sum of the rounded weights.
        known = np.where(np.isclose(known, 1.0, rtol=0, atol=1e-9), 1.0, known)
        return np.divide(earned, known, out=missing, where=known > 0), known

    def deviation(self, found: tuple[Pulled, ...]) -> Floats:
        """Return the standard deviation of each employee's score."""
        _, known = self.score(np.zeros(self.numerator.shape))
        total = np.zeros(len(known))
        for n, each in enumerate(self.card.indicators):
            scale = abs(each.cap - each.floor)
            low = min(each.floor, each.cap)
            spread = _clipped_deviation((found[n].value - low) / scale, found[n].sd / scale)
            total += np.where(self.enough[n], (100 * each.weight * spread) ** 2, 0.0)
        missing = np.full(len(known), np.nan)
        return np.asarray(np.divide(np.sqrt(total), known, out=missing, where=known > 0))


def _clipped_deviation(mean: Floats, sd: Floats) -> Floats:
    """Return the standard deviation of a normal value cut to [0, 1], in closed form."""
    from scipy.special import ndtr

    spread = np.maximum(np.where(np.isnan(sd), 0.0, sd), 1e-12)
    centre = np.where(np.isnan(mean), 0.0, mean)
    low, high = -centre / spread, (1 - centre) / spread
    below, above = ndtr(low), ndtr(-high)
    inside = 1 - below - above
    dense_low, dense_high = (np.exp(-0.5 * np.minimum(end**2, 1400)) / np.sqrt(2 * np.pi) for end in (low, high))
    first = centre * inside + spread * (dense_low - dense_high) + above
    square = (centre**2 + spread**2) * inside + spread * (centre * dense_low - (1 + centre) * dense_high) + above
    return np.asarray(np.sqrt(np.maximum(square - first**2, 0.0)))


def _moved(slab: Slab, due: Floats) -> Floats:
    """Return the values of teams with the difference to what was due carried over to the value of all."""
    raw = slab.raw
    due = np.divide(due, slab.denominator, out=np.full(due.shape, np.nan), where=slab.denominator > 0)
    overall = slab.numerator.sum(axis=1) / slab.denominator.sum(axis=1)
    return np.array(
        [
            carried_over(Sample(each.sample), raw[n], due[n], float(overall[n]))[0]
            for n, each in enumerate(slab.card.indicators)
        ]
    )


@dataclass(frozen=True, eq=False)
class Appraisal:
    """Scores of employees by period.

    Parameters
    ----------
    cycle
        Month, quarter or year.
    cards
        The versions of the card; each period names its own.
    employees, teams, periods
        Names, in order, and the first days of the periods.
    team_codes
        Number of each employee's team.
    slabs
        What is known of each period.
    confidence
        Coverage of the intervals.
    effects
        The effects of the mix: `indicator, column, value, estimate, low, high, scale`; none without a mix.
    """

    cycle: Cycle
    cards: tuple[AppraisalCard, ...]
    employees: tuple[str, ...]
    teams: tuple[str, ...]
    team_codes: npt.NDArray[np.int64] = field(repr=False)
    periods: tuple[date, ...] = ()
    slabs: tuple[Slab, ...] = field(default=(), repr=False)
    confidence: float = 0.95
    effects: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def is_adjusted(self) -> bool:
        """Whether there is a score adjusted for the mix."""
        return self.effects is not None

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each employee and period with a count.

        `employee, team, period, card, known` (weight of the indicators with the least sample), `raw` (of the values as
        counted), `score, low, high, sd` (small samples pulled to the team), and with a mix `adjusted, adjusted_low,
        adjusted_high, adjusted_sd`. Missing where nothing is known.
        """
        names, teams = np.array(self.employees, dtype=object), np.array(self.teams, dtype=object)
        parts = []
        for period, slab in zip(self.periods, self.slabs, strict=True):
            here = np.flatnonzero((slab.denominator > 0).any(axis=0))
            columns: dict[str, Any] = {
                "employee": names[here],
                "team": teams[self.team_codes[here]],
                "period": np.full(len(here), period, dtype=object),
                "card": slab.card.name,
                "known": slab.score(slab.raw)[1][here],
                "raw": slab.score(slab.raw)[0][here],
            }
            columns |= self._scored(slab, slab.plain, here, ("score", "low", "high", "sd"))
            if slab.adjusted is not None:
                columns |= self._scored(
                    slab, slab.adjusted, here, ("adjusted", "adjusted_low", "adjusted_high", "adjusted_sd")
                )
            parts.append(pd.DataFrame(columns))
        whole = pd.concat(parts, ignore_index=True)
        return whole.astype({"employee": "str", "team": "str", "card": "str"})

    def _scored(
        self, slab: Slab, found: tuple[Pulled, ...], here: npt.NDArray[np.int64], names: tuple[str, str, str, str]
    ) -> dict[str, Floats]:
        score = slab.score(np.array([each.value for each in found]))[0]
        sd = slab.deviation(found)
        half = NormalDist().inv_cdf((1 + self.confidence) / 2) * sd
        values = (score, np.maximum(score - half, 0.0), np.minimum(score + half, 100.0), sd)
        return {name: value[here] for name, value in zip(names, values, strict=True)}

    def lines(self, *, employee: str | None = None, period: date | None = None) -> pd.DataFrame:
        """Return each line of the card with its counts, of all, of an employee, or of a period.

        Returns
        -------
        pandas.DataFrame
            `employee, team, period, group, indicator, weight, numerator, denominator, enough, raw` (the value as
            counted), `toward` (the team's mean), `own` (how much the own sample tells), `value, low, high` (the
            estimate and its interval), `floor, cap, points` (0 to 100) and `share` (what the line adds to the score).
            With a mix also `expected` (what that work gives anybody), `adjusted` and `adjusted_points`.

        Raises
        ------
        DataError
            If there is no such employee or period.
        """
        who = range(len(self.employees)) if employee is None else [self._place("employee", employee, self.employees)]
        when = range(len(self.periods)) if period is None else [self._place("period", period, self.periods)]
        places = np.array(list(who), dtype=np.int64)
        parts = [self._line(self.slabs[n], self.periods[n], m, places) for n in when for m in range(self._size(n))]
        whole = pd.concat(parts, ignore_index=True)
        return whole.sort_values(["period", "employee"], kind="stable", ignore_index=True)

    def _size(self, period: int) -> int:
        return len(self.slabs[period].card.indicators)

    @staticmethod
    def _place(what: str, value: object, known: tuple[object, ...]) -> int:
        if value not in known:
            remedy = did_you_mean(str(value), map(str, known))
            raise DataError(Problem(f"unknown {what} {str(value)!r}", remedy=remedy))
        return known.index(value)

    def _line(self, slab: Slab, period: date, n: int, who: npt.NDArray[np.int64]) -> pd.DataFrame:
        each = slab.card.indicators[n]
        found = slab.plain[n]
        low, high = bounds_of(Sample(each.sample), found, self.confidence)
        points = slab.points(np.array([one.value for one in slab.plain]))[n]
        known = slab.score(slab.raw)[1]
        enough = slab.enough[n]
        share = np.divide(each.weight * points, known, out=np.zeros(len(points)), where=enough & (known > 0))
        columns: dict[str, Any] = {
            "employee": np.array(self.employees, dtype=object)[who],
            "team": np.array(self.teams, dtype=object)[self.team_codes[who]],
            "period": np.full(len(who), period, dtype=object),
            "group": each.group,
            "indicator": each.name,
            "weight": each.weight,
        }
        arrays: dict[str, npt.NDArray[Any]] = {
            "numerator": slab.numerator[n],
            "denominator": slab.denominator[n],
            "enough": enough,
            "raw": slab.raw[n],
            "toward": found.toward,
            "own": found.own,
            "value": found.value,
            "low": low,
            "high": high,
            "floor": np.full(len(points), each.floor),
            "cap": np.full(len(points), each.cap),
            "points": np.where(enough, points, np.nan),
            "share": share,
        }
        if slab.adjusted is not None:
            adjusted = slab.points(np.array([one.value for one in slab.adjusted]))[n]
            arrays["expected"] = slab.expected[n]
            arrays["adjusted"] = slab.adjusted[n].value
            arrays["adjusted_points"] = np.where(enough, adjusted, np.nan)
        frame = pd.DataFrame({**columns, **{name: values[who] for name, values in arrays.items()}})
        return frame.astype({"employee": "str", "team": "str", "group": "str", "indicator": "str"})

    @cached_property
    def team_frame(self) -> pd.DataFrame:
        """One row for each team and period: `team, period, card, employees, known, score`, and `adjusted` with a mix.

        The scores are of the team's own counts, and not the mean of its members.
        """
        parts = []
        for period, slab in zip(self.periods, self.slabs, strict=True):
            there = (slab.denominator > 0).any(axis=0)
            size = len(self.teams)
            due = np.where(slab.denominator > 0, slab.expected * slab.denominator, 0.0)
            sums = [
                np.array([np.bincount(self.team_codes, row, size).astype(float) for row in counts])
                for counts in (slab.numerator, slab.denominator, due)
            ]
            whole = Slab(slab.card, sums[0], sums[1], (), None, np.full(sums[0].shape, np.nan))
            score, known = whole.score(whole.raw)
            heads = np.bincount(self.team_codes, there, size).astype(np.int64)
            table = pd.DataFrame({"team": self.teams, "period": period, "card": slab.card.name, "employees": heads})
            table = table.assign(known=known, score=score)
            if slab.adjusted is not None:
                table["adjusted"] = whole.score(_moved(whole, sums[2]))[0]
            parts.append(table[heads > 0])
        return pd.concat(parts, ignore_index=True).astype({"team": "str", "card": "str"})

    def to_frame(self) -> pd.DataFrame:
        """Return the scores by employee and period."""
        return self.frame

    def __str__(self) -> str:
        columns = ["raw", "score", *(["adjusted"] if self.is_adjusted else [])]
        lines = [
            f"{len(self.employees):,} employees in {len(self.teams)} team{'s' if len(self.teams) > 1 else ''}, "
            f"{len(self.periods)} {self.cycle.value}{'s' if len(self.periods) > 1 else ''}"
        ]
        parts = list(self.frame.groupby("period", sort=True))
        for n, (period, rows) in enumerate(parts):
            told = ", ".join(f"{name} {rows[name].mean():.1f} ± {rows[name].std():.1f}" for name in columns)
            part = (rows["known"] < 1).sum()
            some = f"; {part} known in part" if part else ""
            mark = "└" if n == len(parts) - 1 else "├"
            lines.append(f"{mark}─ {period} (card {rows['card'].iloc[0]!r}): {told}{some}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
