"""The service level on each of its seven bases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice, check_fraction
from wfm.domain.duration import as_duration, format_duration
from wfm.domain.targets import ServiceLevelBasis
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.ratio import Ratio
from wfm.kpi.virtual import virtual_level
from wfm.schema import FrameLike, as_frame, frame_of
from wfm.stats import wilson
from wfm.tickets import Outcomes, outcomes_of

__all__ = ["service_level"]

_FORMULA = {
    ServiceLevelBasis.OFFERED: "answered within {T} / (answered + abandoned)",
    ServiceLevelBasis.ANSWERED: "answered within {T} / answered",
    ServiceLevelBasis.VIRTUAL: "share whose wait, had they been infinitely patient, is within {T}: "
    "Kaplan-Meier over answered (observed) and abandoned (censored)",
    ServiceLevelBasis.ABANDONS_WITHIN_MET: "(answered + abandoned within {T}) / (answered + abandoned)",
    ServiceLevelBasis.ABANDONS_WITHIN_EXCLUDED: "answered within {T} / (answered + abandoned - abandoned within {T})",
    ServiceLevelBasis.SHORT_ABANDONS_MET: "(answered within {T} + abandoned before {s}) / (answered + abandoned)",
    ServiceLevelBasis.SHORT_ABANDONS_EXCLUDED: "answered within {T} / (answered + abandoned - abandoned before {s})",
}


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
    limit = as_duration("within", within, allow_zero=True)
    chosen = check_choice("basis", basis, ServiceLevelBasis)
    short = _checked_short(chosen, short_abandon)
    check_fraction("confidence", confidence, include_one=False)
    columns = (by,) if isinstance(by, str) else tuple(by)
    formula = _FORMULA[chosen].format(T=format_duration(limit), s="" if short is None else format_duration(short))
    given = frame_of(frame)
    if "contact_id" in given.columns:
        log = as_frame(given, "contacts")
        _check_columns(columns, log)
        fate = outcomes_of(log)
        if chosen is ServiceLevelBasis.VIRTUAL:
            return virtual_level(log[list(columns)], fate, limit=limit, confidence=confidence, formula=formula)
        numerator, denominator = _of_contacts(fate, chosen, limit, short)
        table = log[list(columns)]
    else:
        history = as_frame(given, "history")
        _check_columns(columns, history)
        numerator, denominator = _of_history(history, chosen, limit)
        table = history[list(columns)]
    return _ratio(table, numerator, denominator, confidence=confidence, formula=formula)


def _checked_short(basis: ServiceLevelBasis, short_abandon: timedelta | str | None) -> timedelta | None:
    if basis.needs_short_abandon != (short_abandon is not None):
        remedy = "give short_abandon, such as '5s'" if basis.needs_short_abandon else "leave short_abandon out"
        raise DataError(Problem(f"short_abandon is {short_abandon!r} with basis {basis.value!r}", remedy=remedy))
    return None if short_abandon is None else as_duration("short_abandon", short_abandon)


def _check_columns(columns: tuple[str, ...], frame: pd.DataFrame) -> None:
    faults = Faults("grouping")
    for column in columns:
        if column not in frame.columns:
            faults.add(f"unknown column {column!r} in by", remedy=did_you_mean(column, frame.columns))
    faults.raise_if_any()


def _of_contacts(
    fate: Outcomes, basis: ServiceLevelBasis, limit: timedelta, short: timedelta | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each contact adds to the numerator and to the denominator."""
    in_time = fate.wait_ns <= _ns(limit)
    answered_within, abandoned_within = fate.answered & in_time, fate.abandoned & in_time
    left_short = fate.abandoned & (fate.wait_ns < (0 if short is None else _ns(short)))
    settled = fate.answered | fate.abandoned
    numerator, denominator = {
        ServiceLevelBasis.OFFERED: (answered_within, settled),
        ServiceLevelBasis.ANSWERED: (answered_within, fate.answered),
        ServiceLevelBasis.ABANDONS_WITHIN_MET: (answered_within | abandoned_within, settled),
        ServiceLevelBasis.ABANDONS_WITHIN_EXCLUDED: (answered_within, settled & ~abandoned_within),
        ServiceLevelBasis.SHORT_ABANDONS_MET: (answered_within | left_short, settled),
        ServiceLevelBasis.SHORT_ABANDONS_EXCLUDED: (answered_within, settled & ~left_short),
    }[basis]
    return numerator.astype(float), denominator.astype(float)


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


def _ns(duration: timedelta) -> int:
    return round(duration.total_seconds() * 1e9)
