"""Incentives by rules that are written down first: each term of a payout can be read and added up."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeAlias, runtime_checkable

import pandas as pd

from wfm.checks import check_choice, check_fraction, check_in_range, check_int, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.appraisal.cycles import Cycle
from wfm.kpi.appraisal.grades import Grade, Grades
from wfm.kpi.appraisal.shares import as_cents, format_cents, largest_remainder
from wfm.schema import FrameLike, frame_of

__all__ = [
    "BestOfMonth",
    "ContributionOfQuarter",
    "IndividualTiers",
    "Payouts",
    "PoolByScore",
    "Scheme",
    "Statement",
    "TeamBonus",
    "Term",
    "YearEnd",
    "pay",
]

Amount: TypeAlias = Decimal | str | int | float
# Scores count in millionths of a point: what differs by less is rounding, and whole numbers are split exactly.
_FINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a payout: who, how much, and the sum that it comes from, in words."""

    employee: str
    cents: int
    basis: str


@runtime_checkable
class Scheme(Protocol):
    """A rule that pays: its name, its cycle, and the terms of one period."""

    @property
    def name(self) -> str:
        """Name in a statement."""
        ...

    @property
    def cycle(self) -> Cycle | str:
        """How often it pays."""
        ...

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return the terms of one period, of the rows of `Grades.frame` that have a score."""
        ...


def _fine(score: float) -> int:
    return round(score * _FINE)


def _shared(cents: int, weights: Mapping[str, int], told: Mapping[str, str]) -> list[Term]:
    paid = largest_remainder(cents, weights)
    return [Term(name, paid[name], told[name]) for name in sorted(paid)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndividualTiers:
    """An amount by the score reached: that of the highest tier passed.

    Parameters
    ----------
    tiers
        Amount by the score from which on it is paid, such as `{80: "300", 90: "600"}`; more for more.
    cycle
        How often it is paid; default the month.
    name
        Name in a statement.

    Raises
    ------
    DataError
        If a score is outside 0 to 100, an amount is below 0, or a higher tier pays less.
    """

    tiers: Mapping[float, Amount]
    cycle: Cycle | str = Cycle.MONTH
    name: str = "individual tier"

    def __post_init__(self) -> None:
        _check_scheme(self)
        if not self.tiers:
            raise DataError(Problem("no tiers", remedy="write tiers={80: '300', 90: '600'}"))
        for score in self.tiers:
            check_in_range("tier", score, 0.0, 100.0)
        amounts = [cents for _, cents in self._cents()]
        if amounts != sorted(amounts):
            raise DataError(
                Problem("a higher tier pays less than a lower one", remedy="let amounts grow with the score")
            )

    def _cents(self) -> list[tuple[float, int]]:
        """Return the tiers in order, with their amounts in cents."""
        return [(score, as_cents(f"tier {score:g}", self.tiers[score])) for score in sorted(self.tiers)]

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return one term for each employee."""
        found = []
        tiers = self._cents()
        for employee, score in zip(rows["employee"], rows["score"], strict=True):
            passed = [tier for tier in tiers if _fine(score) >= _fine(tier[0])]
            start, cents = passed[-1] if passed else (tiers[0][0], 0)
            told = f"tier from {start:g}" if passed else f"below the first tier, {start:g}"
            found.append(Term(employee, cents, f"score {score:.2f}: {told}"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolByScore:
    """A pool that is split in proportion to the points above a floor.

    Parameters
    ----------
    pool
        Amount for all together in each period, 0 or more.
    floor
        Score from which on points count; default 0.
    cycle, name
        As in `IndividualTiers`.

    Raises
    ------
    DataError
        If the pool is below 0; when paying, if nobody is above the floor.

    Examples
    --------
    >>> rows = pd.DataFrame({"employee": ["A", "B", "C"], "score": [90.0, 70.0, 50.0]})
    >>> [(term.employee, term.cents) for term in PoolByScore(pool="100", floor=60).terms(rows)]
    [('A', 7500), ('B', 2500), ('C', 0)]
    """

    pool: Amount
    floor: float = 0.0
    cycle: Cycle | str = Cycle.MONTH
    name: str = "pool by score"

    def __post_init__(self) -> None:
        _check_scheme(self)
        as_cents("pool", self.pool)
        check_in_range("floor", self.floor, 0.0, 100.0)

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return one term for each employee; they sum to the pool."""
        cents = as_cents("pool", self.pool)
        floor = _fine(self.floor)
        weights = {
            name: max(0, _fine(score) - floor) for name, score in zip(rows["employee"], rows["score"], strict=True)
        }
        whole = sum(weights.values())
        if whole == 0 and cents:
            what = f"nobody is above {self.floor:g} points, so {self.name!r} has nobody to pay {format_cents(cents)}"
            raise DataError(Problem(what, remedy="lower the floor, or leave the pool out of this period"))
        above = f" above {self.floor:g}" if self.floor else ""
        told = {
            name: f"{weight / _FINE:.2f} of {whole / _FINE:.2f} points{above}, of a pool of {format_cents(cents)}"
            for name, weight in weights.items()
        }
        if not cents:
            return [Term(name, 0, told[name]) for name in sorted(told)]
        return _shared(cents, weights, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamBonus:
    """An amount for each team whose own score reaches a target, split equally among its members.

    The team's score is that of its counts, not the mean of its members.

    Parameters
    ----------
    bonus
        Amount for each team on target, 0 or more.
    target
        Score of the team, 0 to 100.
    cycle, name
        As in `IndividualTiers`.

    Raises
    ------
    DataError
        If a value is outside its range.
    """

    bonus: Amount
    target: float
    cycle: Cycle | str = Cycle.MONTH
    name: str = "team bonus"

    def __post_init__(self) -> None:
        _check_scheme(self)
        as_cents("bonus", self.bonus)
        check_in_range("target", self.target, 0.0, 100.0)

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return one term for each employee; those of a team on target sum to the bonus."""
        cents = as_cents("bonus", self.bonus)
        found = []
        for team, members in rows.groupby("team", sort=True):
            score = float(members["team_score"].iloc[0])
            met = _fine(score) >= _fine(self.target)
            size = len(members)
            told = f"team {team} {score:.2f}, target {self.target:g}: "
            told += f"{format_cents(cents)} among {size}" if met else "not reached"
            names = list(members["employee"])
            found += _shared(cents if met else 0, dict.fromkeys(names, 1), dict.fromkeys(names, told))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOfMonth:
    """A prize for the employee of the month, the one with the highest score; those who are tied share it.

    Parameters
    ----------
    prize
        Amount for each month, 0 or more.
    known
        Least share of the weight of the card that must be known, in (0, 1]; default 0.5: nobody wins by one line.
    name
        Name in a statement.

    Raises
    ------
    DataError
        If a value is outside its range; when paying, if nobody has so much known.
    """

    prize: Amount
    known: float = 0.5
    name: str = "employee of the month"

    @property
    def cycle(self) -> Cycle:
        """The month."""
        return Cycle.MONTH

    def __post_init__(self) -> None:
        check_name("name", self.name)
        as_cents("prize", self.prize)
        check_fraction("known", self.known)

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return the terms of the winners only; they sum to the prize."""
        fine = rows["score"].map(_fine)
        able = rows["known"] >= self.known - 1e-9
        if not able.any():
            what = f"nobody has {100 * self.known:g} % of the card known, so {self.name!r} has no winner"
            raise DataError(Problem(what, remedy="lower known, or leave the prize out of this month"))
        best = fine[able].max()
        names = list(rows.loc[able & (fine == best), "employee"])
        cents = as_cents("prize", self.prize)
        tied = f", shared by {len(names)} who are tied" if len(names) > 1 else ""
        told = f"highest score, {best / _FINE:.2f}{tied}"
        return _shared(cents, dict.fromkeys(names, 1), dict.fromkeys(names, told))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionOfQuarter:
    """A pool for those who contributed most in a quarter, split in proportion to their contribution.

    The contribution is the score times the work done, which `pay` takes beside the grades: a good score on a few cases
    is not what a good one on many is.

    Parameters
    ----------
    pool
        Amount for each quarter, 0 or more.
    places
        How many are paid, 1 or more; those tied with the last one too.
    name
        Name in a statement.

    Raises
    ------
    DataError
        If a value is outside its range; when paying, if nobody contributed, or no work was given.
    """

    pool: Amount
    places: int
    name: str = "contribution of the quarter"

    @property
    def cycle(self) -> Cycle:
        """The quarter."""
        return Cycle.QUARTER

    def __post_init__(self) -> None:
        check_name("name", self.name)
        as_cents("pool", self.pool)
        check_int("places", self.places, 1)

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return the terms of those who are paid; they sum to the pool."""
        if "work" not in rows.columns:
            remedy = "write pay(..., work=frame) with employee, period and work"
            raise DataError(Problem(f"{self.name!r} needs the work done", remedy=remedy))
        cents = as_cents("pool", self.pool)
        each = [
            (name, _fine(score * work), score, work)
            for name, score, work in zip(rows["employee"], rows["score"], rows["work"], strict=True)
        ]
        border = max(1, sorted((weight for _, weight, _, _ in each), reverse=True)[: self.places][-1])
        paid = [entry for entry in each if entry[1] >= border]
        if not paid:
            raise DataError(Problem(f"nobody contributed to {self.name!r}", remedy="check scores and work"))
        whole = sum(weight for _, weight, _, _ in paid) / _FINE
        told = {
            name: f"score {score:.2f} x work {work:g} = {weight / _FINE:.2f} of {whole:.2f}"
            for name, weight, score, work in paid
        }
        return _shared(cents, {name: weight for name, weight, _, _ in paid}, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEnd:
    """A pool at the end of the year, split by the points of each one's grade of the year.

    Parameters
    ----------
    pool
        Amount for each year, 0 or more.
    points
        Points of each grade, 0 or more; better grades have no fewer. A grade that is not named has none.
    name
        Name in a statement.

    Raises
    ------
    DataError
        If a value is outside its range; when paying, if nobody has a point.
    """

    pool: Amount
    points: Mapping[str, float]
    name: str = "year-end"

    @property
    def cycle(self) -> Cycle:
        """The year."""
        return Cycle.YEAR

    def __post_init__(self) -> None:
        check_name("name", self.name)
        as_cents("pool", self.pool)
        given = {check_choice("grade", name, Grade): value for name, value in self.points.items()}
        for grade, value in given.items():
            check_in_range(f"points of {grade.value!r}", value, 0.0)
        ordered = [given.get(grade, 0.0) for grade in Grade]
        if ordered != sorted(ordered, reverse=True):
            raise DataError(Problem("a better grade has fewer points", remedy="give better grades no fewer points"))
        object.__setattr__(self, "points", {grade.value: value for grade, value in given.items()})

    def terms(self, rows: pd.DataFrame) -> list[Term]:
        """Return one term for each employee; they sum to the pool."""
        cents = as_cents("pool", self.pool)
        mine = {
            name: float(self.points.get(grade, 0.0))
            for name, grade in zip(rows["employee"], rows["grade"], strict=True)
        }
        grades = dict(zip(rows["employee"], rows["grade"], strict=True))
        whole = math.fsum(mine.values())
        if whole == 0:
            what = f"nobody has a point, so {self.name!r} has nobody to pay {format_cents(cents)}"
            raise DataError(Problem(what, remedy="give points to a grade that occurs"))
        told = {name: f"grade {grades[name]}: {value:g} of {whole:g} points" for name, value in mine.items()}
        paid = largest_remainder(cents, mine)
        return [Term(name, paid[name], told[name]) for name in sorted(paid)]


def _check_scheme(scheme: IndividualTiers | PoolByScore | TeamBonus) -> None:
    check_name("name", scheme.name)
    object.__setattr__(scheme, "cycle", check_choice("cycle", scheme.cycle, Cycle))


@dataclass(frozen=True, slots=True, eq=False)
class Payouts:
    """What the rules pay, term by term. Nothing in it is below 0.

    Parameters
    ----------
    frame
        `employee, cycle, period, scheme, basis` (the sum in words), `cents, amount`; by employee, cycle and period.
    """

    frame: pd.DataFrame

    @property
    def total_cents(self) -> int:
        """All payouts together."""
        return int(self.frame["cents"].sum())

    def by_employee(self) -> pd.DataFrame:
        """Return `employee, cents, amount`, summed."""
        sums = self.frame.groupby("employee", as_index=False, sort=True)["cents"].sum()
        return sums.assign(amount=sums["cents"] / 100)

    def statement(self, employee: str) -> Statement:
        """Return the terms of one employee.

        Raises
        ------
        DataError
            If the employee is in no scheme.
        """
        rows = self.frame[self.frame["employee"] == employee]
        if rows.empty:
            remedy = did_you_mean(employee, self.frame["employee"].unique())
            raise DataError(Problem(f"no payout knows employee {employee!r}", remedy=remedy))
        return Statement(employee, rows.reset_index(drop=True))

    def to_frame(self) -> pd.DataFrame:
        """Return the terms."""
        return self.frame

    def __str__(self) -> str:
        sums = self.frame.groupby("scheme", sort=True)["cents"].agg(["sum", "size"])
        lines = [f"payouts {format_cents(self.total_cents)} to {self.frame['employee'].nunique():,} employees"]
        lines += [
            f"├─ {name}: {format_cents(int(row['sum']))} in {int(row['size']):,} terms" for name, row in sums.iterrows()
        ]
        lines[-1] = lines[-1].replace("├", "└", 1)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """The payouts of one employee: every term with the sum that it comes from."""

    employee: str
    frame: pd.DataFrame

    @property
    def total_cents(self) -> int:
        """The sum of the terms."""
        return int(self.frame["cents"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the terms."""
        return self.frame

    def __str__(self) -> str:
        width = max(
            [len(format_cents(int(cents))) for cents in self.frame["cents"]] + [len(format_cents(self.total_cents))]
        )
        lines = [f"statement of {self.employee}"]
        lines += [
            f"├─ {row.period} {format_cents(int(row.cents)):>{width}}  {row.scheme}: {row.basis}"
            for row in self.frame.itertuples(index=False)
        ]
        lines.append(f"└─ {'sum':<10} {format_cents(self.total_cents):>{width}}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def pay(graded: Grades | Iterable[Grades], schemes: Sequence[Scheme], *, work: FrameLike | None = None) -> Payouts:
    """Apply the rules of pay to grades: each term with its sum, pools to the cent.

    Parameters
    ----------
    graded
        Grades of one cycle, or of several: each scheme takes those of its own.
    schemes
        The rules, of distinct names.
    work
        Frame with `employee, period` (the first day of the quarter) and `work`, 0 or more, for the contribution of the
        quarter; an employee without a row has done none.

    Returns
    -------
    Payouts
        One row for each term; employees without a score have none.

    Raises
    ------
    DataError
        If a cycle is missing or given twice, two schemes share a name, a pool has nobody to go to, or a row of the work
        is wrong.

    Examples
    --------
    >>> rows = pd.DataFrame({"employee": ["A", "B", "C"], "team": "north", "score": [81.0, 81.0, 60.0], "known": 1.0})
    >>> rows = rows.assign(period=date(2026, 3, 1), place=[1, 1, 3], grade="good", team_score=75.0)
    >>> from wfm.kpi.appraisal import Basis
    >>> paid = pay(Grades(Cycle.MONTH, Basis.SCORE, rows), [PoolByScore(pool="100.01"), BestOfMonth(prize="50")])
    >>> paid.by_employee()["cents"].tolist(), paid.total_cents
    ([6149, 6149, 2703], 15001)
    >>> print(paid.statement("A"))
    statement of A
    ├─ 2026-03-01 25.00  employee of the month: highest score, 81.00, shared by 2 who are tied
    ├─ 2026-03-01 36.49  pool by score: 81.00 of 222.00 points, of a pool of 100.01
    └─ sum        61.49
    """
    listed = [graded] if isinstance(graded, Grades) else list(graded)
    by_cycle = {each.cycle: each for each in listed}
    _check_plan(listed, schemes, by_cycle)
    done = None if work is None else _work(work)
    found: list[tuple[str, str, date, str, str, int]] = []
    for scheme in schemes:
        cycle = Cycle(scheme.cycle)
        frame = by_cycle[cycle].frame
        frame = frame[frame["score"].notna()]
        if done is not None:
            frame = frame.merge(done, on=["employee", "period"], how="left").fillna({"work": 0.0})
        for period, rows in frame.groupby("period", sort=True):
            found += [
                (term.employee, cycle.value, period, scheme.name, term.basis, term.cents)
                for term in _terms(scheme, period, rows)
            ]
    columns = ["employee", "cycle", "period", "scheme", "basis", "cents"]
    table = pd.DataFrame(found, columns=columns).astype({"cents": "int64"})
    table = table.sort_values(["employee", "period", "cycle", "scheme"], kind="stable", ignore_index=True)
    return Payouts(table.assign(amount=table["cents"] / 100))


def _terms(scheme: Scheme, period: date, rows: pd.DataFrame) -> list[Term]:
    """Return the terms of a rule; its faults name the period."""
    try:
        return scheme.terms(rows)
    except DataError as error:
        raise DataError([replace(p, where=f"period from {period}") for p in error.problems], scheme.name) from None


def _check_plan(listed: Sequence[Grades], schemes: Sequence[Scheme], by_cycle: Mapping[Cycle, Grades]) -> None:
    faults = Faults("incentives")
    cycles = [each.cycle.value for each in listed]
    for again in sorted({cycle for cycle in cycles if cycles.count(cycle) > 1}):
        faults.add(f"grades of the {again} are given twice", remedy="give each cycle once")
    names = [scheme.name for scheme in schemes]
    for again in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"two schemes are called {again!r}", remedy="write name='...' of one of them")
    for scheme in schemes:
        cycle = Cycle(scheme.cycle)
        if cycle not in by_cycle:
            what = f"{scheme.name!r} pays by {cycle.value}, of which there are no grades"
            faults.add(what, remedy=f"appraise with cycle={cycle.value!r} and give those grades too")
    faults.raise_if_any()


def _work(work: FrameLike) -> pd.DataFrame:
    frame = frame_of(work)
    faults = Faults("frame 'work'")
    for column in ("employee", "period", "work"):
        if column not in frame.columns:
            faults.add(f"column {column!r} is missing", where="frame 'work'", remedy="add it")
    faults.raise_if_any()
    again = frame.duplicated(["employee", "period"])
    if again.any():
        rows = frame.index[again].tolist()
        faults.add("an employee and period twice", where="frame 'work'", rows=rows, remedy="add them up")
    values = frame["work"].to_numpy(dtype=float)
    wrong = ~((values >= 0) & (values < math.inf))
    if wrong.any():
        rows = frame.index[wrong].tolist()
        faults.add("work must be 0 or more", where="frame 'work'", rows=rows, remedy="correct it")
    faults.raise_if_any()
    return frame[["employee", "period", "work"]]
