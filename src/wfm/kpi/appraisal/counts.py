"""The raw counts that every score comes from: checked, and summed by employee and period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.appraisal.card import AppraisalCard, Indicator, Sample
from wfm.kpi.appraisal.cycles import Cycle, period_of
from wfm.kpi.compute import compute
from wfm.kpi.making import built
from wfm.kpi.measure import Count, Form, Measure
from wfm.kpi.sources import Data
from wfm.schema import FrameLike, as_frame

__all__ = ["Cube", "Rows", "count_records", "cube_of", "rows_of"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
_SQUARES = "squares of "


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Checked rows of counts, with numbers in place of names."""

    employees: tuple[str, ...]
    periods: tuple[date, ...]
    indicators: tuple[str, ...]
    employee: Ints
    period: Ints
    indicator: Ints
    numerator: Floats
    denominator: Floats
    squares: Floats | None
    frame: pd.DataFrame

    def cells(self) -> Ints:
        """Return the place of each row in a cube of indicator, period and employee."""
        return (self.indicator * len(self.periods) + self.period) * len(self.employees) + self.employee

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of indicators, periods and employees."""
        return len(self.indicators), len(self.periods), len(self.employees)


@dataclass(frozen=True, slots=True, eq=False)
class Cube:
    """Sums by indicator, period and employee; `within` is the variance of the single values of each indicator."""

    numerator: Floats
    denominator: Floats
    within: Floats


def count_records(
    data: Data | FrameLike | Any,
    card: AppraisalCard,
    *,
    mix: Sequence[str] = (),
    tz: str | None = None,
    people: FrameLike | None = None,
) -> pd.DataFrame:
    """Count the indicators of a card in the records of the centre, by employee and month.

    Parameters
    ----------
    data
        Frames by name, as `wfm.kpi.compute` takes them; each has the column `employee`.
    card
        Its indicators with a measure are counted; those without one are counted elsewhere, such as by
        `Rated.to_counts`.
    mix
        Columns that tell what work it was, such as `("queue", "shift")`, to be kept apart in the counts. Each frame, or
        `people`, has them; the hour of the day is such a column, `contacts.assign(hour=...)`. What changes by month,
        such as `tenure_band`, can be added to the counts afterwards.
    tz
        Zone of the months; default that of the stamps.
    people
        Frame with `employee` and columns of `mix` that do not change, such as the shift.

    Returns
    -------
    pandas.DataFrame
        One row for each employee, month, part of the mix and indicator: `employee, month` (its first day), `mix ...,
        indicator, numerator, denominator, squares` (sum of squared values of a mean, missing for others). A share of
        returning customers is the count that the Kaplan-Meier share stands for. Rows without an employee are left out,
        and so are those with nothing below the line: they judge nobody.

    Raises
    ------
    DataError
        If no indicator has a measure, a measure has no denominator, or a frame is wrong.
    """
    wanted = {each.name: each for each in card.indicators if each.of is not None}
    if not wanted:
        raise DataError(Problem(f"no indicator of card {card.name!r} has a measure", remedy="give measure='csat'"))
    measures: dict[str, Measure] = {}
    for name, each in wanted.items():
        measure = each.of
        assert measure is not None
        if measure.denominator is None:
            what = f"measure {measure.name!r} of indicator {name!r} has no denominator"
            raise DataError(Problem(what, remedy="name one that is a share or a mean"))
        measures[name] = replace(measure, name=name)
        if each.sample is Sample.MEAN:
            measures[_SQUARES + name] = _squares(measure, name)
    keys = ["employee", "month", *mix]
    scores = compute(data, list(measures.values()), by=keys, tz=tz, people=people, confidence=None)
    rows = scores.groups[[*keys, "measure", "numerator", "denominator"]].rename(columns={"measure": "indicator"})
    is_square = rows["indicator"].str.startswith(_SQUARES)
    squares = rows[is_square].assign(indicator=rows.loc[is_square, "indicator"].str.removeprefix(_SQUARES))
    squares = squares.drop(columns="denominator").rename(columns={"numerator": "squares"})
    found = rows[~is_square].merge(squares, on=[*keys, "indicator"], how="left")
    found = found[found["employee"].notna() & (found["denominator"] > 0)]
    return found.sort_values([*keys, "indicator"], kind="stable", ignore_index=True)


def _squares(measure: Measure, name: str) -> Measure:
    """Return the sum of the squared values of a mean, which its variance comes from."""
    of = measure.value
    if measure.form is not Form.MEAN or of is None:
        what = f"measure {measure.name!r} of indicator {name!r} is no mean of values"
        raise DataError(Problem(what, remedy="name a mean, or give sample='rate' or 'count'"))
    above = Count(
        words=_SQUARES + measure.numerator.words,
        source=measure.numerator.source,
        build=built(lambda _: of() * of()),
        needs=measure.numerator.needs,
    )
    return replace(measure, name=_SQUARES + name, numerator=above, form=Form.RATIO, value=None)


def rows_of(counts: FrameLike, indicators: Sequence[Indicator], cycle: Cycle) -> Rows:
    """Return checked counts with numbers in place of names.

    Raises
    ------
    DataError
        With every fault of the frame.
    """
    frame = as_frame(counts, "indicator_counts", ordered=False)
    if frame.empty:
        raise DataError(Problem("no rows in frame 'indicator_counts'", remedy="count some records first"))
    faults = Faults("frame 'indicator_counts'")
    by_name = {each.name: each for each in indicators}
    codes, names = pd.factorize(frame["indicator"])
    for place, name in enumerate(names):
        if name not in by_name:
            rows = frame.index[codes == place].tolist()
            remedy = f"{did_you_mean(str(name), by_name)}; or leave it out"
            faults.add(f"indicator {str(name)!r} is on no card", rows=rows, remedy=remedy)
    month, months = _months(frame["month"], faults)
    faults.raise_if_any()
    order = {name: place for place, name in enumerate(by_name)}
    indicator = np.array([order[name] for name in names], dtype=np.int64)[codes]
    firsts = [period_of(day, cycle) for day in months]
    periods = tuple(sorted(set(firsts)))
    period = np.array([periods.index(first) for first in firsts], dtype=np.int64)[month]
    people, employees = pd.factorize(frame["employee"], sort=True)
    rows = Rows(
        employees=tuple(map(str, employees)),
        periods=periods,
        indicators=tuple(by_name),
        employee=people.astype(np.int64),
        period=period,
        indicator=indicator,
        numerator=frame["numerator"].to_numpy(dtype=float),
        denominator=frame["denominator"].to_numpy(dtype=float),
        squares=frame["squares"].to_numpy(dtype=float, na_value=np.nan) if "squares" in frame.columns else None,
        frame=frame,
    )
    _check_counts(rows, by_name, faults)
    faults.raise_if_any()
    return rows


def _months(values: pd.Series, faults: Faults) -> tuple[Ints, list[date]]:
    """Return the number of each row's month, and the first days of the months."""
    codes, found = pd.factorize(values)
    for place, day in enumerate(found):
        if day.day != 1:
            rows = values.index[codes == place].tolist()
            what = f"month must be the first day of a month, got {str(day)!r}"
            faults.add(what, rows=rows, remedy=f"write date({day.year}, {day.month}, 1)")
    return codes.astype(np.int64), list(found)


def _check_counts(rows: Rows, indicators: dict[str, Indicator], faults: Faults) -> None:
    sample = np.array([list(Sample).index(Sample(each.sample)) for each in indicators.values()])[rows.indicator]
    labels = rows.frame.index

    def add(what: str, wrong: npt.NDArray[np.bool_], remedy: str) -> None:
        if wrong.any():
            names = [rows.indicators[place] for place in np.unique(rows.indicator[wrong])]
            faults.add(f"{', '.join(names)}: {what}", rows=labels[wrong].tolist(), remedy=remedy)

    is_rate = sample == list(Sample).index(Sample.RATE)
    # Shares by Kaplan-Meier are no whole numbers; what they lack to one is not a fault.
    above = is_rate & (rows.numerator > rows.denominator * (1 + 1e-9))
    add("more successes than trials", above, "correct the counts, or say sample='count'")
    add("a numerator without a denominator", (rows.numerator > 0) & (rows.denominator == 0), "correct the counts")
    is_mean = sample == list(Sample).index(Sample.MEAN)
    if not is_mean.any():
        return
    used = is_mean & (rows.denominator > 0)
    squares = np.full(len(used), np.nan) if rows.squares is None else rows.squares
    add("a mean without squares", used & np.isnan(squares), "give the column 'squares': the sum of the squared values")
    least = np.divide(rows.numerator**2, rows.denominator, out=np.zeros(len(used)), where=used)
    add("squares below what their mean needs", used & (squares < least * (1 - 1e-9)), "sum the squares of the values")


def cube_of(rows: Rows, indicators: Sequence[Indicator]) -> Cube:
    """Return the sums by indicator, period and employee."""
    size = int(np.prod(rows.shape))
    cells = rows.cells()
    sums: list[Floats] = [
        np.bincount(cells, weights, size).astype(float).reshape(rows.shape)
        for weights in (rows.numerator, rows.denominator)
    ]
    within = np.full(len(indicators), np.nan)
    for place, each in enumerate(indicators):
        # Where there is nothing at all, the card says what is lacking, and in which period.
        if each.sample is Sample.MEAN and rows.squares is not None and sums[1][place].any():
            within[place] = _within(rows, sums, place)
    return Cube(sums[0], sums[1], within)


def _within(rows: Rows, sums: Sequence[Floats], place: int) -> float:
    """Return the variance of the single values around the mean of their employee and period."""
    assert rows.squares is not None
    mine = (rows.indicator == place) & (rows.denominator > 0)
    above, below = sums[0][place], sums[1][place]
    seen = below > 0
    free = float(below[seen].sum()) - int(seen.sum())
    off = float(rows.squares[mine].sum()) - float((above[seen] ** 2 / below[seen]).sum())
    if free <= 0 or off <= 0:
        what = f"indicator {rows.indicators[place]!r}: no employee has two values that differ"
        remedy = "give more values; a mean of one value each has no known spread"
        raise DataError(Problem(what, remedy=remedy))
    return off / free
