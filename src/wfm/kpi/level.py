"""The service level on each of its seven bases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_fraction
from wfm.domain.duration import as_duration, format_duration
from wfm.domain.targets import ServiceLevelBasis
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.compute import compute
from wfm.kpi.contacts import level_measure
from wfm.kpi.measure import Measure
from wfm.kpi.ratio import Ratio
from wfm.kpi.result import Scores
from wfm.schema import FrameLike, as_frame, frame_of
from wfm.stats import wilson

__all__ = ["service_level"]


def service_level(
    frame: FrameLike,
    *,
    within: timedelta | str = "30s",
    basis: ServiceLevelBasis | str = ServiceLevelBasis.OFFERED,
    short_abandon: timedelta | str | None = None,
    by: str | Sequence[str] = (),
    confidence: float = 0.95,
) -> Ratio:
    """Return the share of contacts answered within the acceptable wait, with its counts and its interval.

    Contacts that were blocked, and those that were still waiting when the log was taken, are in no numerator and no
    denominator. The bases are those of `wfm.domain.targets.ServiceLevelBasis`.

    Parameters
    ----------
    frame
        Frame `contacts` (known by its column `contact_id`), or frame `history` with `answered_within` for the bases
        `offered` and `answered`. A history without `handled` and `abandoned` counts `offered` less `blocked`.
    within
        Acceptable wait, 0 or more, itself included; default 30 seconds. It must be that of a history.
    basis
        Which contacts are counted; default `offered`.
    short_abandon
        An abandonment before this is short; for the two short-abandon bases only.
    by
        Columns to group by, such as `"queue"`; rows with a missing value form a group of their own. Default none.
    confidence
        Coverage of the interval, in (0, 1); default 0.95. It is Wilson's score interval for a share of counts; for
        `virtual` it is that of the Kaplan-Meier estimate.

    Returns
    -------
    Ratio
        `.value` over everything, `.to_frame()` by group. A zero denominator gives a missing value, never 0 or 100 %.
        With `virtual`, the denominator is the number of contacts, and the numerator is the estimate times it.

    Raises
    ------
    DataError
        With every fault of the frame, or if the basis, the threshold or a grouping column does not go with it.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:05", "2026-11-02 09:07"]).tz_localize("Asia/Shanghai"))
    >>> contacts = pd.DataFrame(
    ...     {
    ...         "contact_id": ["a", "b"],
    ...         "queue": "calls",
    ...         "arrived_at": at,
    ...         "answered_at": (at + pd.Timedelta("10s")).where([True, False]),
    ...         "abandoned_at": (at + pd.Timedelta("40s")).where([False, True]),
    ...     }
    ... )
    >>> service_level(contacts).value, service_level(contacts, basis="answered").value
    (0.5, 1.0)
    """
    measure = level_measure(within=within, basis=basis, short_abandon=short_abandon)
    chosen = check_choice("basis", basis, ServiceLevelBasis)
    check_fraction("confidence", confidence, include_one=False)
    columns = (by,) if isinstance(by, str) else tuple(by)
    given = frame_of(frame)
    if "contact_id" in given.columns:
        _check_columns(columns, given)
        return _of_scores(measure, compute(given, measure, by=columns, confidence=confidence))
    history = as_frame(given, "history")
    _check_columns(columns, history)
    numerator, denominator = _of_history(history, chosen, as_duration("within", within, allow_zero=True))
    return _ratio(history[list(columns)], numerator, denominator, confidence=confidence, formula=measure.formula)


def _of_scores(measure: Measure, scores: Scores) -> Ratio:
    total = scores.total.iloc[0]
    value = _or_none(total["value"])
    groups = scores.groups.drop(columns=["measure", "unit", "enough"])
    return Ratio(
        name="service level",
        formula=measure.formula,
        numerator=float(total["numerator"]),
        denominator=float(total["denominator"]),
        low=_or_none(total["low"]),
        high=_or_none(total["high"]),
        confidence=scores.confidence or 0.0,
        by=scores.by,
        groups=groups,
        estimate=value if measure.form.is_censored else None,
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _check_columns(columns: tuple[str, ...], frame: pd.DataFrame) -> None:
    faults = Faults("grouping")
    for column in columns:
        if column not in frame.columns:
            faults.add(f"unknown column {column!r} in by", remedy=did_you_mean(column, frame.columns))
    faults.raise_if_any()


def _of_history(
    history: pd.DataFrame, basis: ServiceLevelBasis, limit: timedelta
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each row adds to the numerator and to the denominator."""
    if basis not in (ServiceLevelBasis.OFFERED, ServiceLevelBasis.ANSWERED):
        remedy = "give the contacts, or the basis 'offered' or 'answered'"
        raise DataError(Problem(f"a history does not tell the basis {basis.value!r}", remedy=remedy))
    counted = ["handled"]
    if basis is ServiceLevelBasis.OFFERED:
        counted = ["handled", "abandoned"] if {"handled", "abandoned"} <= set(history.columns) else ["offered"]
    faults = Faults("frame 'history'")
    for column in ("answered_within", "within_s", *counted):
        if column not in history.columns:
            faults.add(f"column {column!r} is missing", remedy="make it with wfm.tickets.interval_history")
        elif history[column].isna().any():
            rows = history.index[history[column].isna()]
            faults.add(f"column {column!r} has no value", rows=rows, remedy="leave these rows out")
    faults.raise_if_any()
    other = history["within_s"] != limit.total_seconds()
    if other.any():
        found = format_duration(timedelta(seconds=float(history.loc[other, "within_s"].iloc[0])))
        what = f"the history counts answers within {found}, not within {format_duration(limit)}"
        raise DataError(Problem(what, rows=tuple(history.index[other]), remedy=f"give within={found!r}"))
    denominator = history[counted].sum(axis=1).to_numpy(dtype=float)
    if counted == ["offered"] and "blocked" in history.columns:
        denominator = denominator - history["blocked"].fillna(0).to_numpy(dtype=float)
    return history["answered_within"].to_numpy(dtype=float), denominator


def _ratio(
    table: pd.DataFrame,
    numerator: npt.NDArray[np.float64],
    denominator: npt.NDArray[np.float64],
    *,
    confidence: float,
    formula: str,
) -> Ratio:
    by = tuple(table.columns)
    counts = table.assign(numerator=numerator, denominator=denominator)
    total, below = float(numerator.sum()), float(denominator.sum())
    if by:
        groups = counts.groupby(list(by), sort=True, dropna=False, as_index=False).sum()
    else:
        groups = pd.DataFrame({"numerator": [total], "denominator": [below]})
    found = wilson(groups["numerator"], groups["denominator"], confidence=confidence)
    # A share of nothing is missing, and so is its interval.
    known = (groups["denominator"] > 0).to_numpy()
    for column, values in zip(("value", "low", "high"), found, strict=True):
        groups[column] = np.where(known, values, np.nan)
    _, low, high = wilson(total, below, confidence=confidence)
    return Ratio(
        name="service level",
        formula=formula,
        numerator=total,
        denominator=below,
        low=low if below else None,
        high=high if below else None,
        confidence=confidence,
        by=by,
        groups=groups,
    )
