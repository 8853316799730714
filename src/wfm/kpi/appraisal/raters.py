"""Ratings by people: self, department, company, and all around; how far raters agree and who is lenient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_fraction, check_in_range, check_int
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame

__all__ = ["Agreement", "Rated", "Role", "agreement", "combine_ratings", "leniency"]

Floats: TypeAlias = npt.NDArray[np.float64]
_TOLERANCE = 1e-9


class Role(StrEnum):
    """What a rater is to the employee."""

    SELF = "self"
    DEPARTMENT = "department"
    COMPANY = "company"
    PEER = "peer"
    SUPERIOR = "superior"
    SUBORDINATE = "subordinate"


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Ratings combined by role.

    Parameters
    ----------
    weights
        The weights that were asked for, by role.
    frame
        One row for each employee, period and indicator (where the ratings have one): `employee, period, indicator,
        score` (the weighted mean of the roles that rated), `low_role, high_role` (lowest and highest mean of a role),
        `raters, known` (weight of the roles that rated), `missing` (the roles that did not), `off` (sum of the squared
        differences of the raters to the score).
    roles
        The mean of each role: `employee, period, indicator, role, score, raters, weight` (as used, of 1).
    """

    weights: Mapping[str, float]
    frame: pd.DataFrame
    roles: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the combined ratings."""
        return self.frame

    def to_counts(self, indicator: str | None = None) -> pd.DataFrame:
        """Return the ratings as counts of an indicator that is a mean, for a card that judges by raters too.

        Parameters
        ----------
        indicator
            Name of the indicator, where the ratings do not name their own; default theirs.

        Returns
        -------
        pandas.DataFrame
            `employee, month, indicator, numerator` (score times raters), `denominator` (raters), `squares`, which hold
            how far the raters of an employee differ. Each period must start on the first day of a month.

        Raises
        ------
        DataError
            If there is no name for the indicator, or two.
        """
        has = bool(self.frame["indicator"].notna().any())
        if has == (indicator is not None):
            what = "the ratings name their indicators" if has else "the ratings name no indicator"
            raise DataError(Problem(what, remedy="leave it out" if has else "write to_counts('attitude')"))
        rows = self.frame
        total = rows["score"] * rows["raters"]
        return pd.DataFrame(
            {
                "employee": rows["employee"],
                "month": rows["period"],
                "indicator": rows["indicator"] if indicator is None else indicator,
                "numerator": total,
                "denominator": rows["raters"].astype(float),
                "squares": rows["score"] * total + rows["off"],
            }
        )

    def __str__(self) -> str:
        asked = ", ".join(f"{role} {100 * share:g} %" for role, share in self.weights.items())
        part = int((self.frame["known"] < 1 - _TOLERANCE).sum())
        return "\n".join(
            [
                f"{len(self.frame):,} combined ratings of {self.frame['employee'].nunique():,} employees",
                f"├─ weights: {asked}",
                f"└─ {part:,} with a role missing: its weight went to the others",
            ]
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def combine_ratings(
    ratings: FrameLike, weights: Mapping[str, float], *, scale: tuple[float, float] = (0.0, 100.0)
) -> Rated:
    """Combine ratings: the mean of each role, then the mean of the roles by weight.

    A role that did not rate gives its weight to the others in proportion, and `missing` names it.

    Parameters
    ----------
    ratings
        Frame `ratings`: `employee, period, rater, role, score`, and `indicator` where several things were rated.
    weights
        Weight of each role; they sum to 1. 360 degrees are peers, superiors and subordinates beside the others.
    scale
        Lowest and highest score; default 0 and 100.

    Raises
    ------
    DataError
        With every fault: weights that do not sum to 1, a rater who rated twice, a score outside the scale, a role that
        is unknown or has no weight.

    Examples
    --------
    >>> from datetime import date
    >>> rows = [("A", "A", "self", 90), ("A", "M", "superior", 70), ("A", "P", "peer", 80), ("A", "Q", "peer", 60)]
    >>> ratings = pd.DataFrame(rows, columns=["employee", "rater", "role", "score"]).assign(period=date(2026, 3, 1))
    >>> found = combine_ratings(ratings, {"self": 0.1, "superior": 0.5, "peer": 0.2, "company": 0.2})
    >>> found.frame[["score", "known", "missing"]].round(2).values.tolist()
    [[72.5, 0.8, 'company']]
    """
    shares = _weights(weights)
    low, high = _scale(scale)
    frame = as_frame(ratings, "ratings")
    if "indicator" not in frame.columns:
        frame = frame.assign(indicator=pd.Series(pd.NA, index=frame.index, dtype="str"))
    _check_ratings(frame, shares, low, high)
    keys = ["employee", "period", "indicator"]
    means = frame.groupby([*keys, "role"], dropna=False, sort=True)["score"].agg(["mean", "size"]).reset_index()
    means = means.rename(columns={"mean": "score", "size": "raters"})
    means["weight"] = means["role"].map(shares).astype(float)
    parts = means.groupby(keys, dropna=False, sort=False)
    known = parts["weight"].transform("sum")
    if (known <= 0).any():
        who = tuple(means.loc[known <= 0, "employee"].unique())
        what = "an employee was rated by roles of weight 0 only"
        raise DataError(Problem(what, rows=who, remedy="give one of these roles a weight"))
    means["weight"] = means["weight"] / known
    means["earned"] = means["weight"] * means["score"]
    parts = means.groupby(keys, dropna=False, sort=True)
    found = parts.agg(
        score=("earned", "sum"), low_role=("score", "min"), high_role=("score", "max"), raters=("raters", "sum")
    ).reset_index()
    asked = [role for role, share in shares.items() if share > 0]
    present = parts["role"].agg(set).to_numpy()
    found["known"] = np.minimum([math.fsum(shares[role] for role in there) for there in present], 1.0)
    found["missing"] = [", ".join(role for role in asked if role not in there) for there in present]
    merged = frame.merge(found[[*keys, "score"]], on=keys, how="left", suffixes=("", "_all"))
    merged["off"] = (merged["score"] - merged["score_all"]) ** 2
    off = merged.groupby(keys, dropna=False, sort=True)["off"].sum().to_numpy()
    return Rated(dict(shares), found.assign(off=off), means.drop(columns="earned"))


def _weights(weights: Mapping[str, float]) -> dict[str, float]:
    faults = Faults("weights of the raters")
    found: dict[str, float] = {}
    for name, share in weights.items():
        with faults.collecting():
            role = check_choice("role", name, Role)
            found[role.value] = check_fraction(f"weight of {name!r}", share, include_zero=True)
    faults.raise_if_any()
    total = math.fsum(found.values())
    if abs(total - 1) > _TOLERANCE:
        parts = " + ".join(f"{name} {share:g}" for name, share in found.items())
        what = f"the weights of the raters sum to {total:g}, not 1: {parts}"
        raise DataError(Problem(what, remedy="divide each by their sum"))
    return found


def _scale(scale: tuple[float, float]) -> tuple[float, float]:
    low, high = scale
    check_in_range("lowest score", low, -math.inf)
    check_in_range("highest score", high, low, include_low=False)
    return float(low), float(high)


def _check_ratings(frame: pd.DataFrame, shares: Mapping[str, float], low: float, high: float) -> None:
    faults = Faults("frame 'ratings'")
    outside = (frame["score"] < low) | (frame["score"] > high)
    if outside.any():
        shown = frame.loc[outside, "score"].iloc[0]
        what = f"a score of {shown:g} is outside its scale from {low:g} to {high:g}"
        faults.add(what, rows=_named(frame[outside]), remedy="correct it, or give scale=(lowest, highest)")
    for role in sorted(set(frame["role"]) - set(shares)):
        remedy = did_you_mean(role, shares)
        remedy = remedy if role not in list(Role) else "give it one, 0 if it shall not count"
        faults.add(f"role {role!r} has no weight", rows=_named(frame[frame["role"] == role]), remedy=remedy)
    again = frame.duplicated(["employee", "period", "indicator", "rater"])
    if again.any():
        what = "a rater rated an employee twice in one period"
        faults.add(what, rows=_named(frame[again]), remedy="keep one rating, in one role")
    selves = (frame["role"] == Role.SELF.value) != (frame["rater"] == frame["employee"])
    if selves.any():
        what = "the role 'self' is not that of the employee's own rating"
        faults.add(what, rows=_named(frame[selves]), remedy="name the employee as the rater, or another role")
    faults.raise_if_any()


def _named(rows: pd.DataFrame) -> list[str]:
    return [f"{e} by {r}" for e, r in zip(rows["employee"], rows["rater"], strict=True)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree on the same employees.

    Parameters
    ----------
    alpha
        Krippendorff's alpha of interval scores: 1 is agreement, 0 what chance alone would give, below 0 is less.
    low, high
        Its interval.
    units
        Employees and periods (and indicators) with two ratings or more.
    ratings
        The ratings of those.
    alone
        Ratings without a second one, of which nothing can be said.
    """

    alpha: float
    low: float
    high: float
    units: int
    ratings: int
    alone: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row of all."""
        names = ("alpha", "low", "high", "units", "ratings", "alone")
        return pd.DataFrame({name: [getattr(self, name)] for name in names})

    def __str__(self) -> str:
        return (
            f"agreement of raters {self.alpha:.2f} [{self.low:.2f}, {self.high:.2f}] "
            f"by {self.ratings:,} ratings of {self.units:,} units; {self.alone:,} ratings stand alone"
        )


def agreement(ratings: FrameLike, *, confidence: float = 0.95, resamples: int = 1000, seed: int = 0) -> Agreement:
    """Return how far raters agree: Krippendorff's alpha for interval scores, which allows for missing ratings.

    Parameters
    ----------
    ratings
        Frame `ratings`. Own ratings count; leave them out before if they shall not.
    confidence
        Coverage of the interval, in (0, 1); default 0.95.
    resamples, seed
        Of the bootstrap over employees; default 1000 and 0.

    Raises
    ------
    DataError
        If nobody was rated twice or only one employee once, or all scores are the same, so that there is nothing to
        agree on.

    Notes
    -----
    K. Krippendorff, "Content Analysis", 3rd ed. (2013), chapter 12: alpha = 1 - (n - 1) D / E, with the squared
    differences inside the units, D, and between all n ratings that can be paired, E.
    """
    check_fraction("confidence", confidence, include_one=False)
    check_int("resamples", resamples, 100)
    frame = as_frame(ratings, "ratings")
    keys = ["employee", "period", *(["indicator"] if "indicator" in frame.columns else [])]
    groups = frame.groupby(keys, dropna=False)["score"]
    count = groups.size().to_numpy()
    mean = groups.mean().to_numpy(dtype=float)
    inside = groups.var(ddof=1).to_numpy(dtype=float)
    paired = count > 1
    if not paired.any():
        raise DataError(Problem("nobody was rated by two raters", remedy="agreement needs two ratings of one employee"))
    m, y, v = count[paired].astype(float), mean[paired], inside[paired]
    if float(np.ptp(y)) == 0 and float(v.sum()) == 0:
        raise DataError(Problem("all scores are the same", remedy="agreement needs scores that differ"))
    if paired.sum() == 1:
        what = "only one employee was rated by two raters, once"
        raise DataError(Problem(what, remedy="agreement is about the differences between employees: give two or more"))
    value = float(_alpha(m[None, :], y, v)[0])
    rng = np.random.default_rng(seed)
    often = rng.multinomial(len(m), np.full(len(m), 1 / len(m)), size=resamples)
    drawn = _alpha(often * m[None, :], y, v, often=often)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Agreement(value, float(low), float(high), int(paired.sum()), int(m.sum()), int((~paired).sum()))


def _alpha(weight: Floats, mean: Floats, inside: Floats, *, often: npt.NDArray[np.int64] | None = None) -> Floats:
    """Return alpha of each row of weights: ratings of each unit, times how often it was drawn.

    With m ratings in a unit, its squared differences by pair are the variance times m (m - 1), which the definition
    divides by m - 1: the disagreement inside is the mean of the variances by ratings, the expected one the variance of
    all ratings together.
    """
    total = weight.sum(axis=1)
    centre = weight @ mean / total
    drawn = np.ones(weight.shape) if often is None else often
    between = (weight * (mean[None, :] - centre[:, None]) ** 2).sum(axis=1)
    within = weight @ inside
    spread = (between + within - drawn @ inside) / (total - 1)
    ratio = np.divide(within / total, spread, out=np.full(len(total), np.nan), where=spread > 0)
    return np.asarray(1 - ratio)


def leniency(ratings: FrameLike, *, confidence: float = 0.95) -> pd.DataFrame:
    """Return how much each rater is above or below the others who rated the same employees.

    Parameters
    ----------
    ratings
        Frame `ratings`.
    confidence
        Coverage of the intervals, in (0, 1); default 0.95.

    Returns
    -------
    pandas.DataFrame
        `rater, role, ratings, compared` (those where somebody else rated too), `leniency` (mean difference to the mean
        of the others; above 0 is lenient), `low, high` (Student), `differs` (whether the interval leaves 0 out; missing
        with fewer than two comparisons). One in twenty raters differs by chance at 0.95.

    Notes
    -----
    It says who rates differently, not who is right: a superior of one good team only is above the others rightly.
    """
    check_fraction("confidence", confidence, include_one=False)
    from scipy.special import stdtrit

    frame = as_frame(ratings, "ratings")
    keys = ["employee", "period", *(["indicator"] if "indicator" in frame.columns else [])]
    groups = frame.groupby(keys, dropna=False)["score"]
    size = groups.transform("size")
    others = (groups.transform("sum") - frame["score"]) / (size - 1).where(size > 1)
    rows = frame.assign(off=frame["score"] - others)
    found = (
        rows.groupby(["rater", "role"], sort=True)["off"]
        .agg(ratings="size", compared="count", leniency="mean", sd="std")
        .reset_index()
    )
    enough = found["compared"] > 1
    freedom = np.where(enough, found["compared"] - 1, 1)
    half = stdtrit(freedom, (1 + confidence) / 2) * found["sd"] / np.sqrt(found["compared"].where(enough))
    found["low"], found["high"] = found["leniency"] - half, found["leniency"] + half
    differs = (found["low"] > 0) | (found["high"] < 0)
    found["differs"] = differs.astype("boolean").where(enough)
    return found.drop(columns="sd")
