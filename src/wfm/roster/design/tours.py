"""Tours: on which days of a typical week how many people work, so that enough of them are there every day.

Source: the post office of W. L. Winston, "Operations Research: Applications and Algorithms", where every tour is five
days in a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from itertools import combinations

import numpy as np
import pandas as pd

from wfm.checks import check_each, check_in_range, check_int
from wfm.domain.duration import as_duration
from wfm.domain.people import Contract
from wfm.errors import Faults, did_you_mean
from wfm.roster.bound.linear import LinearModel
from wfm.roster.columns.integer import IntegerModel
from wfm.roster.priced import Priced
from wfm.roster.result import Status
from wfm.roster.tree import tree
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Floats, Ints

__all__ = ["Tour", "TourPlan", "plan_tours", "tours_of"]

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK = 7
_WORK = 10.0
_MOST = 2**31
_OPTIMAL = 1e-6
_SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class Tour:
    """The weekdays on which a person under a contract works, every week the same.

    Parameters
    ----------
    contract
        Name of the contract.
    days
        Weekdays from 0 (Monday) to 6 (Sunday), rising.

    Examples
    --------
    >>> Tour("full", (0, 1, 2, 3, 6)).name
    'Sun-Thu'
    """

    contract: str
    days: tuple[int, ...]

    @property
    def name(self) -> str:
        """The days as text, each run of them in a row as first and last."""
        if len(self.days) == _WEEK:
            return "Mon-Sun"
        runs = _runs(self.days)
        names = (
            _NAMES[first] if size == 1 else f"{_NAMES[first]}-{_NAMES[(first + size - 1) % 7]}" for first, size in runs
        )
        return "+".join(names)


@dataclass(frozen=True, eq=False)
class TourPlan(Priced):
    """How many people work on which tour, and what that leaves short.

    Parameters
    ----------
    tours
        Frame `contract, template, tour, days, people`: `tour` is its name, `days` its number of days a week.
    coverage
        Frame `template, day, heads, planned, under, over`, in heads.
    status
        `optimal` if the cost is proven to be the lowest, else `feasible`.
    cost
        Price by term: `people`, `shortage`, `surplus`.
    bound
        A proven lower bound on the cost of any plan, or none.
    relaxation
        The cost if parts of people could work: the optimum of the linear programme, or none.
    """

    tours: pd.DataFrame
    coverage: pd.DataFrame
    status: Status
    cost: Mapping[str, float]
    bound: float | None
    relaxation: float | None

    @property
    def people(self) -> int:
        """People on all tours."""
        return int(self.tours["people"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return the frame of tours."""
        return self.tours

    def _lines(self) -> list[tuple[str, str]]:
        terms = ", ".join(f"{name} {value:,.2f}" for name, value in self.cost.items() if value)
        wanted, under, over = (float(self.coverage[name].sum()) for name in ("heads", "under", "over"))
        return [
            ("status", str(self.status)),
            ("cost", f"{self.objective:,.2f}" + (f" ({terms})" if terms else "")),
            ("bound", "none" if self.bound is None else f"{self.bound:,.2f}"),
            ("people", f"{self.people:,} on {len(self.tours):,} tours"),
            ("cover", f"{wanted:,.0f} shifts wanted, {under:,.0f} short, {over:,.0f} over"),
        ]

    def __str__(self) -> str:
        lines = self._lines()
        return tree("Tours", [f"{name:<7} {text}" for name, text in lines])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>Tours</caption>{rows}</table>"


def tours_of(contract: Contract, *, paid_per_day: timedelta | str | None = None) -> tuple[Tour, ...]:
    """Return every tour that a contract allows, every week the same.

    A tour keeps the hours of the week, the days of the week, the days on and off in a row (Sunday is followed by
    Monday) and whole weekends.

    Parameters
    ----------
    contract
        The contract.
    paid_per_day
        Paid time of a day that is worked; default the longest day of the contract.

    Examples
    --------
    >>> post = Contract(name="post", min_week="40h", min_days_off_in_a_row=2)
    >>> [tour.name for tour in tours_of(post)]
    ['Mon-Fri', 'Sun-Thu', 'Sat-Wed', 'Fri-Tue', 'Thu-Mon', 'Tue-Sat', 'Wed-Sun']
    """
    paid_s = contract.max_day_s if paid_per_day is None else as_duration("paid_per_day", paid_per_day).total_seconds()
    return tuple(
        Tour(contract.name, days)
        for count in range(1, contract.max_days_per_week + 1)
        if contract.min_week_s - _SLACK_S <= count * paid_s <= contract.max_week_s + _SLACK_S
        for days in combinations(range(_WEEK), count)
        if _keeps(contract, days)
    )


def _keeps(contract: Contract, days: tuple[int, ...]) -> bool:
    """Whether a week that repeats keeps the runs and the weekends of a contract."""
    if len(days) == _WEEK:
        return False  # it never ends
    on = [size for _, size in _runs(days)]
    off = [size for _, size in _runs(tuple(day for day in range(_WEEK) if day not in days))]
    whole = not contract.whole_weekends or (5 in days) == (6 in days)
    longest = max(on) <= contract.max_days_in_a_row
    return whole and longest and min(on) >= contract.min_days_in_a_row and min(off) >= contract.min_days_off_in_a_row


def _runs(days: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the first day and the length of each run of days in a row; Sunday is followed by Monday."""
    firsts = [day for day in days if (day - 1) % _WEEK not in days]
    return [(first, next(n for n in range(1, _WEEK + 1) if (first + n) % _WEEK not in days)) for first in firsts]


def plan_tours(
    wanted: FrameLike,
    contracts: Iterable[Contract],
    *,
    paid_per_day: timedelta | str | None = None,
    per_person: float | Mapping[str, float] = 1.0,
    seed: int = 0,
    work_limit: float | None = None,
    time_limit: timedelta | str | None = None,
) -> TourPlan:
    """Choose how many people work on which tour, so that the heads wanted on each day are there at least price.

    Parameters
    ----------
    wanted
        Frame `wanted` of a typical week, at most seven days in a row: `template, day, heads, shortage_price` and
        optionally `surplus_price`; `ShiftDesign.wanted` makes one. A person works one template all week.
    contracts
        The contracts whose tours (`tours_of`) may be used; one that names its templates works those only.
    paid_per_day
        Paid time of a day that is worked; default the longest day of each contract.
    per_person
        Price of a person a week, 0 or more, for all or by name of the contract; default 1, which counts people.
    seed
        Seed of the search, 0 or more; default 0.
    work_limit
        Limit in units of the solver's deterministic time, some seconds of one core each, more than 0; default 10, and
        none beside a time limit. The same input, seed and work limit give the same answer.
    time_limit
        Wall-clock limit, such as `"30s"`; default none.

    Returns
    -------
    TourPlan
        The frames `tours` and `coverage`, the cost by term, the bound, and the relaxation.

    Raises
    ------
    DataError
        With every fault: no contracts, a contract without a tour, more than a week, an unknown contract.

    Examples
    --------
    >>> days = pd.date_range("2026-11-02", periods=7).date
    >>> heads = [17, 13, 15, 19, 14, 16, 11]
    >>> week = pd.DataFrame({"template": "desk", "day": days, "heads": heads, "shortage_price": 100.0})
    >>> plan = plan_tours(week, [Contract(name="post", min_week="40h", min_days_off_in_a_row=2)])
    >>> plan.people, round(plan.relaxation, 2)
    (23, 22.33)
    """
    check_int("seed", seed, 0)
    limit = None if time_limit is None else as_duration("time_limit", time_limit)
    if work_limit is not None:
        check_in_range("work_limit", work_limit, 0.0, include_low=False)
    given = check_each("contracts", contracts, Contract)
    prices = dict(per_person) if isinstance(per_person, Mapping) else dict.fromkeys((c.name for c in given), per_person)
    frame = as_frame(wanted, "wanted")
    _check(frame, given, prices)
    allowed = [
        (template, tour)
        for template in sorted(frame["template"].unique())
        for contract in given
        if contract.templates is None or template in contract.templates
        for tour in tours_of(contract, paid_per_day=paid_per_day)
    ]
    if not allowed:
        faults = Faults("the tours")
        hours = ", ".join(f"{c.name!r} {c.min_week_s / 3600:g} to {c.max_week_s / 3600:g} h a week" for c in given)
        faults.add(f"no contract has a tour: {hours}", remedy="change its hours, its runs of days, or paid_per_day")
        faults.raise_if_any()
    works = _works(frame, allowed)
    price = np.array([prices.get(tour.contract, 0.0) for _, tour in allowed])
    work = _WORK if work_limit is None and limit is None else work_limit
    model = _programme(frame, works, price)
    found = model.solve(seed=seed, work_limit=work, time_limit=limit)
    none = np.zeros(len(allowed), dtype=np.int64)
    people = none if found.numbers is None else found.numbers[: len(allowed)]
    return _plan(frame, allowed, works, price, people, found.bound, _relaxation(frame, works, price), found.proven)


def _check(frame: pd.DataFrame, contracts: tuple[Contract, ...], prices: Mapping[str, float]) -> None:
    faults = Faults("the tours")
    names = [contract.name for contract in contracts]
    if not contracts:
        faults.add("no contracts", remedy="give at least one")
    for name, value in prices.items():
        if name not in names:
            faults.add(f"per_person: unknown contract {name!r}", remedy=did_you_mean(name, names))
        with faults.collecting():
            check_in_range("per_person", value, 0.0)
    if frame.empty:
        faults.add("no heads are wanted", remedy="give at least one row with template, day, heads and shortage_price")
    elif (frame["day"].max() - frame["day"].min()).days >= _WEEK:
        what = f"the heads are wanted from {frame['day'].min()} to {frame['day'].max()}, more than a week"
        faults.add(what, remedy="give one typical week")
    off = frame["heads"] % 1 != 0
    if off.any():
        what = f"{frame['heads'][off].iloc[0]:g} heads are wanted"
        faults.add(what, remedy="give whole numbers", rows=frame.index[off])
    faults.raise_if_any()


def _works(frame: pd.DataFrame, allowed: list[tuple[str, Tour]]) -> Ints:
    """Return whether a tour with a template counts in a row of what is wanted, as rows x tours."""
    weekdays = [day.weekday() for day in frame["day"]]
    rows = zip(frame["template"], weekdays, strict=True)
    return np.array(
        [[name == template and day in tour.days for name, tour in allowed] for template, day in rows], dtype=np.int64
    )


def _prices(frame: pd.DataFrame) -> tuple[list[float], list[float]]:
    over = frame["surplus_price"].fillna(0.0) if "surplus_price" in frame else pd.Series(0.0, index=frame.index)
    return frame["shortage_price"].astype(float).tolist(), over.astype(float).tolist()


def _programme(frame: pd.DataFrame, works: Ints, price: Floats) -> IntegerModel:
    model = IntegerModel()
    heads = frame["heads"].astype(int).tolist()
    # A person more than the sum of the heads on the days of the tour serves nobody.
    most = works.T @ np.array(heads, dtype=np.int64)
    tours = [model.column(int(top), price=float(each)) for top, each in zip(most, price, strict=True)]
    for row, need, short, spare in zip(works.tolist(), heads, *_prices(frame), strict=True):
        here = [tour for tour, is_there in zip(tours, row, strict=True) if is_there]
        missing, surplus = model.column(need, price=short), model.column(_MOST, price=spare)
        model.row([*here, missing, surplus], [1] * len(here) + [1, -1], low=need, high=need)
    return model


def _relaxation(frame: pd.DataFrame, works: Ints, price: Floats) -> float | None:
    model = LinearModel()
    tours = model.add_columns(works.shape[1], cost=price)
    short, spare = _prices(frame)
    missing, surplus = model.add_columns(len(frame), cost=short), model.add_columns(len(frame), cost=spare)
    heads = frame["heads"].to_numpy(dtype=float)
    rows = model.add_rows(len(frame), lower=heads, upper=heads)
    model.set(rows[:, None], tours[None, :], works)
    model.set(rows, missing, 1.0)
    model.set(rows, surplus, -1.0)
    return model.solve(integer=False, seed=0).objective


def _plan(
    frame: pd.DataFrame,
    allowed: list[tuple[str, Tour]],
    works: Ints,
    price: Floats,
    people: Ints,
    bound: float | None,
    relaxation: float | None,
    proven: bool,
) -> TourPlan:
    rows = [
        (tour.contract, template, tour.name, len(tour.days), int(count))
        for (template, tour), count in zip(allowed, people, strict=True)
        if count
    ]
    columns = ["contract", "template", "tour", "days", "people"]
    texts = dict.fromkeys(columns[:3], "str") | dict.fromkeys(columns[3:], "int64")
    heads, planned = frame["heads"].to_numpy(dtype=np.int64), works @ people
    coverage = frame[["template", "day", "heads"]].assign(
        planned=planned, under=np.maximum(heads - planned, 0), over=np.maximum(planned - heads, 0)
    )
    short, spare = _prices(frame)
    cost = {
        "people": float(price @ people),
        "shortage": float(np.dot(short, coverage["under"])),
        "surplus": float(np.dot(spare, coverage["over"])),
    }
    total = sum(cost.values())
    kept = None if bound is None else min(bound, total)
    proven = proven and kept is not None and total - kept <= _OPTIMAL * max(total, 1.0)
    return TourPlan(
        tours=pd.DataFrame(rows, columns=columns).astype(texts),
        coverage=coverage,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        cost=cost,
        bound=total if proven else kept,
        relaxation=relaxation,
    )
