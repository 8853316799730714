"""What the same work would give anybody: expected values by shift, queue, kind, segment, hour and tenure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_date
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.appraisal.card import Indicator, Sample
from wfm.kpi.appraisal.counts import Rows

__all__ = ["Expected", "carried_over", "expected_of", "tenure_band"]

Floats: TypeAlias = npt.NDArray[np.float64]
_MOST_VALUES = 50
_Z = NormalDist().inv_cdf(0.975)
_BANDS = ((3, "under 3 months"), (6, "3 to 6 months"), (12, "6 to 12 months"), (24, "1 to 2 years"))
_LONGEST_BAND = "2 years and more"


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What the mix alone would have given.

    Parameters
    ----------
    numerator
        Expected numerators by indicator, period and employee.
    parameters
        Numbers estimated for each indicator.
    coefficients
        One row for each indicator and value of a column of the mix but the first: `indicator, column, value, estimate,
        low, high, scale` (`log odds` of a rate, `log` of a count, `difference` of a mean), beside the first value of
        the column. The intervals are those of
        95 % and allow for employees being unlike.
    """

    numerator: Floats
    parameters: tuple[int, ...]
    coefficients: pd.DataFrame


def tenure_band(joined_on: date, month: date) -> str:
    """Return how long somebody had been there at the start of a month, in five bands, as a column of the mix.

    Raises
    ------
    DataError
        If the month ends before the day of joining.

    Examples
    --------
    >>> tenure_band(date(2026, 1, 15), date(2026, 5, 1))
    '3 to 6 months'
    """
    check_date("joined_on", joined_on)
    check_date("month", month)
    months = (month.year - joined_on.year) * 12 + month.month - joined_on.month - (month.day < joined_on.day)
    if months < -1:
        raise DataError(Problem(f"joined on {joined_on}, after the month {month}", remedy="correct one of them"))
    for end, name in _BANDS:
        if months < end:
            return name
    return _LONGEST_BAND


def expected_of(rows: Rows, indicators: Sequence[Indicator], mix: Sequence[str]) -> Expected:
    """Return what each employee's mix of work would have given anybody.

    A generalised linear model of each indicator with an effect for each value of each column of the mix, over all
    employees and periods: binomial with logit, Poisson with log, Gaussian with identity. It is fitted on the sums by
    employee and cell of the mix.

    Raises
    ------
    DataError
        If a column is missing, has missing values or more than 50 of them, or there are too few employees to tell.

    Notes
    -----
    P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed. (1989).
    """
    columns = _columns(rows.frame, mix)
    cells, names = _cells(columns)
    numerator = np.zeros(int(np.prod(rows.shape)))
    place_of = rows.cells()
    parameters, told = [], []
    for place, each in enumerate(indicators):
        mine = np.flatnonzero((rows.indicator == place) & (rows.denominator > 0))
        if not len(mine):
            parameters.append(0)
            continue
        keys, row = np.unique(rows.employee[mine] * len(names) + cells[mine], return_inverse=True)
        above = np.bincount(row, rows.numerator[mine]).astype(float)
        below = np.bincount(row, rows.denominator[mine]).astype(float)
        used, cell = np.unique(keys % len(names), return_inverse=True)
        design, labels = _design(names.iloc[used])
        value, count, table = _fit(each, above, below, design[cell], labels)
        parameters.append(count)
        told.append(table)
        due = value[row] * rows.denominator[mine]
        numerator += np.bincount(place_of[mine], due, len(numerator))
    coefficients = pd.concat(told, ignore_index=True) if told else pd.DataFrame()
    return Expected(numerator.reshape(rows.shape), tuple(parameters), coefficients)


def carried_over(sample: Sample, value: Floats, due: Floats, overall: float) -> tuple[Floats, Floats]:
    """Return the difference of values to what was due, carried over to the value of all, and the slope of that.

    The difference of rates is one of log odds, that of counts a ratio, that of means a difference, as in the model.
    """
    if sample is Sample.MEAN:
        return overall + value - due, np.ones(len(due))
    if sample is Sample.COUNT:
        slope = np.divide(overall, due, out=np.ones(len(due)), where=due > 0)
        return value * slope, slope
    if not 0 < overall < 1:
        return np.where(np.isnan(value), np.nan, overall), np.ones(len(due))
    odds = np.divide(due, 1 - due, out=np.ones(len(due)), where=(due > 0) & (due < 1))
    part = value * (overall / (1 - overall)) / odds
    moved = np.asarray(part / (part + 1 - value))
    flat = value * (1 - value)
    return moved, np.divide(moved * (1 - moved), flat, out=np.ones(len(due)), where=flat > 0)


def _columns(frame: pd.DataFrame, mix: Sequence[str]) -> pd.DataFrame:
    faults = Faults("mix")
    taken = ("employee", "month", "indicator", "numerator", "denominator", "squares")
    free = [str(column) for column in frame.columns if column not in taken]
    for column in mix:
        if column not in free:
            faults.add(f"unknown column {column!r} of the mix", remedy=did_you_mean(column, free))
            continue
        missing = frame[column].isna()
        if missing.any():
            rows = frame.index[missing].tolist()
            faults.add(f"column {column!r} of the mix has no value", rows=rows, remedy="write 'unknown'")
        count = frame[column].nunique()
        if count > _MOST_VALUES:
            what = f"column {column!r} of the mix has {count} values"
            faults.add(what, remedy=f"make bands, at most {_MOST_VALUES}; tenure_band() makes those of tenure")
    faults.raise_if_any()
    return frame[list(mix)]


def _cells(columns: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Return the number of each row's cell, and the values of the columns in each cell."""
    cell = np.zeros(len(columns), dtype=np.int64)
    for name in columns.columns:
        codes, values = pd.factorize(columns[name], sort=True)
        cell = cell * len(values) + codes
    numbers, firsts, cell = np.unique(cell, return_index=True, return_inverse=True)
    assert len(numbers) == len(firsts)
    return cell.astype(np.int64), columns.iloc[firsts].reset_index(drop=True)


def _design(cells: pd.DataFrame) -> tuple[Floats, list[tuple[str, str]]]:
    """Return a column of ones and one for each value of each column but its first."""
    parts, labels = [np.ones(len(cells))], []
    for name in cells.columns:
        for value in sorted(cells[name].unique())[1:]:
            parts.append((cells[name] == value).to_numpy(dtype=float))
            labels.append((str(name), str(value)))
    return np.column_stack(parts), labels


def _fit(
    indicator: Indicator, above: Floats, below: Floats, design: Floats, labels: Sequence[tuple[str, str]]
) -> tuple[Floats, int, pd.DataFrame]:
    """Return the expected value of each row, the number of parameters, and the effects."""
    import statsmodels.api as sm

    family: Any
    if indicator.sample is Sample.RATE:
        family, scale = sm.families.Binomial(), "log odds"
        model = sm.GLM(np.column_stack([above, below - above]), design, family=family)
    elif indicator.sample is Sample.COUNT:
        family, scale = sm.families.Poisson(), "log"
        model = sm.GLM(above, design, family=family, offset=np.log(below))
    else:
        family, scale = sm.families.Gaussian(), "difference"
        model = sm.GLM(above / below, design, family=family, var_weights=below)
    flat = bool((above == 0).all()) or (indicator.sample is Sample.RATE and bool((above == below).all()))
    rank = int(np.linalg.matrix_rank(np.unique(design, axis=0)))
    if len(above) <= rank:
        what = f"the mix explains indicator {indicator.name!r} whole: {rank} effects, {len(above)} employees and cells"
        raise DataError(Problem(what, remedy="leave out a column of the mix, or give more employees"))
    names = pd.DataFrame(labels, columns=["column", "value"])
    names.insert(0, "indicator", indicator.name)
    if flat:
        # Nothing ever happened, or always: there is nothing that the mix could explain.
        share = np.full(len(above), (above.sum() + 0.5) / (below.sum() + 1))
        return share, 1, names.assign(estimate=0.0, low=np.nan, high=np.nan, scale=scale)
    fit: Any = model.fit()
    value = np.asarray(fit.fittedvalues, dtype=float)
    wide = 1.0
    if indicator.sample is not Sample.MEAN:
        if indicator.sample is Sample.COUNT:
            value = value / below
        chance = below * value * (1 - value if indicator.sample is Sample.RATE else 1.0)
        # Employees differ beyond chance, so the counts are more unlike than those of the model.
        unlike = np.divide((above - below * value) ** 2, chance, out=np.zeros(len(above)), where=chance > 1e-9)
        wide = math.sqrt(max(1.0, float(unlike.sum()) / (len(above) - rank)))
    found, error = np.asarray(fit.params)[1:], wide * np.asarray(fit.bse)[1:]
    table = names.assign(estimate=found, low=found - _Z * error, high=found + _Z * error, scale=scale)
    return value, rank, table
