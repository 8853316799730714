"""What looks wrong in a log, with counts, rows and what to do: nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike, frame_of

__all__ = ["Finding", "QualityReport", "data_quality"]

# A gap is noted where so many openings were to be expected; by chance alone that is one in 160,000 gaps.
_EXPECTED = 12.0
# A day below the first share of its weekday's median is an outage, above the second one an outlier.
_OUTAGE, _FLOOD = 0.2, 3.0
_FEW = 20.0  # openings on a usual day, below which a day says nothing
# The busiest eight hours of a centre have their middle in these hours; round-the-clock work is not told by them.
_MIDDLE = (9.5, 18.0)
_USUAL_MIDDLE = 13.0
_BUSY_SHARE = 0.5
_MANY = 100
_SPREADS = 5.0  # robust standard deviations of the logarithm
_SHOWN = 5

_CROSSING = (
    ("queued_at", "arrived_at"),
    ("answered_at", "arrived_at"),
    ("abandoned_at", "arrived_at"),
    ("answered_at", "queued_at"),
    ("abandoned_at", "queued_at"),
    ("ended_at", "answered_at"),
    ("answered_at", "offered_at"),
    ("end", "start"),
)
_LENGTHS = ("talk_s", "hold_s", "wrap_s", "handle_s", "sessions")
_OPENINGS = ("arrived_at", "created_at", "at", "offered_at", "start")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks wrong.

    Parameters
    ----------
    kind
        `no value`, `naive stamps`, `duplicate rows`, `duplicate ids`, `negative`, `crossing times`, `gap`,
        `outage day`, `outlier day`, `zone` or `outlier`.
    what
        What it is, with the values.
    count
        How many rows, hours or days.
    rows
        Labels of the rows, or the stamps and days, all of them.
    proposal
        What to do about it.
    """

    kind: str
    what: str
    count: int
    rows: tuple[object, ...]
    proposal: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The findings of a log of `size` rows."""

    findings: tuple[Finding, ...]
    size: int

    def to_frame(self) -> pd.DataFrame:
        """Return `kind, what, count, rows, proposal`; the first five rows as text."""
        table = [
            (one.kind, one.what, one.count, ", ".join(map(str, one.rows[:_SHOWN])), one.proposal)
            for one in self.findings
        ]
        return pd.DataFrame(table, columns=["kind", "what", "count", "rows", "proposal"])

    def __str__(self) -> str:
        if not self.findings:
            return f"{self.size:,} rows: nothing looks wrong"
        lines = [f"{self.size:,} rows, {len(self.findings)} findings; nothing was changed"]
        for one in self.findings:
            shown = ", ".join(map(str, one.rows[:_SHOWN]))
            more = f", … ({len(one.rows)} in total)" if len(one.rows) > _SHOWN else ""
            lines.append(f"├─ {one.kind}: {one.what}" + (f" ({shown}{more})" if shown else ""))
            lines.append(f"│    {one.proposal}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def data_quality(frame: FrameLike, *, tz: str | None = None) -> QualityReport:
    """Look for what is likely to be wrong in a log of contacts, tickets, events, surveys or states.

    The frame is taken as it is: it need not pass the checks of the library.

    Parameters
    ----------
    frame
        A frame with a column `arrived_at`, `created_at`, `at`, `offered_at` or `start`: that of its openings. In a log
        of ticket events, only the first event of a ticket is one.
    tz
        Zone in which hours and days are read; default that of the stamps, or the clock they were written by.

    Returns
    -------
    QualityReport
        Duplicates, missing and negative values, times that cross, stretches without an opening where a dozen or more
        are usual in those hours of the week, days with less than a fifth or more than three times what is usual on
        their weekday, busiest hours so late or early that the zone is likely to be another one, and lengths far from
        all others.

    Raises
    ------
    DataError
        If it is no frame, or has no column of times.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:00", "2026-11-02 09:05"]).tz_localize("UTC"))
    >>> log = pd.DataFrame({"contact_id": ["a", "a"], "queue": "calls", "arrived_at": at, "talk_s": [60.0, -5.0]})
    >>> [finding.kind for finding in data_quality(log).findings]
    ['duplicate ids', 'negative']
    """
    given = frame_of(frame)
    column = next((name for name in _OPENINGS if name in given.columns), None)
    if column is None:
        what = f"no column of times in a frame of {', '.join(map(str, given.columns)) or 'no columns'}"
        raise DataError(Problem(what, remedy=f"give one of: {', '.join(_OPENINGS)}"))
    if tz is not None:
        check_zone(tz)
    found: list[Finding] = []
    _values(given, column, found)
    _repeats(given, found)
    _lengths(given, found)
    _crossings(given, found)
    opened = _openings(given, column, tz)
    if len(opened):
        _days(opened, found)
        _gaps(opened, found)
        _zone(opened, found)
    return QualityReport(tuple(found), len(given))


def _note(found: list[Finding], kind: str, what: str, rows: pd.Index, proposal: str) -> None:
    if len(rows):
        found.append(Finding(kind, f"{len(rows):,} {what}", len(rows), tuple(rows.tolist()), proposal))


def _values(frame: pd.DataFrame, column: str, found: list[Finding]) -> None:
    _note(found, "no value", f"rows without {column}", frame.index[frame[column].isna()], "find it, or leave them out")
    naive = [name for name in frame.columns if pd.api.types.is_datetime64_dtype(frame[name].dtype)]
    for name in naive:
        what = f"column {name!r} has no zone"
        remedy = f"call frame[{name!r}].dt.tz_localize('Europe/Berlin') with your zone"
        found.append(Finding("naive stamps", what, len(frame), (), remedy))


def _repeats(frame: pd.DataFrame, found: list[Finding]) -> None:
    whole = frame.duplicated()
    _note(found, "duplicate rows", "rows occur again as they are", frame.index[whole], "keep one of each")
    key = next((name for name in ("contact_id", "survey_id", "score_id") if name in frame.columns), None)
    if key is None and "created_at" in frame.columns and "ticket" in frame.columns:
        key = "ticket"
    if key is not None:
        again = frame[key].duplicated() & frame[key].notna() & ~whole
        what = f"rows have the {key} of another one and differ"
        _note(found, "duplicate ids", what, frame.index[again], "keep the latest, or give each its own")


def _lengths(frame: pd.DataFrame, found: list[Finding]) -> None:
    for name in _LENGTHS:
        if name not in frame.columns or not pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        values = frame[name].to_numpy(dtype=float, na_value=np.nan)
        below = frame.index[values < 0]
        _note(
            found, "negative", f"values of {name!r} are below 0", below, "look at the clocks of both ends; correct it"
        )
        positive = values > 0
        if positive.sum() < _MANY:
            continue
        logs = np.log(values[positive])
        middle = float(np.median(logs))
        spread = 1.4826 * float(np.median(np.abs(logs - middle)))
        if spread == 0:
            continue
        far = np.zeros(len(values), dtype=bool)
        far[positive] = np.abs(logs - middle) > _SPREADS * spread
        what = f"values of {name!r} are far from the median of {np.exp(middle):,.0f}"
        _note(found, "outlier", what, frame.index[far], "look at them; they move a mean, not a median")


def _crossings(frame: pd.DataFrame, found: list[Finding]) -> None:
    for later, earlier in _CROSSING:
        if later not in frame.columns or earlier not in frame.columns:
            continue
        both = [frame[name] for name in (later, earlier)]
        zoned = [isinstance(values.dtype, pd.DatetimeTZDtype) for values in both]
        local = [pd.api.types.is_datetime64_dtype(values.dtype) for values in both]
        if all(zoned) or all(local):
            wrong = frame.index[(both[0] < both[1]).to_numpy(dtype=bool)]
            _note(
                found, "crossing times", f"rows have {later} before {earlier}", wrong, f"correct {later} or {earlier}"
            )
    if {"answered_at", "abandoned_at"} <= set(frame.columns):
        twice = frame.index[(frame["answered_at"].notna() & frame["abandoned_at"].notna()).to_numpy()]
        _note(found, "crossing times", "rows are answered and abandoned too", twice, "keep the one that came first")


def _openings(frame: pd.DataFrame, column: str, tz: str | None) -> pd.Series:
    """Return the local times of the openings, sorted."""
    values = frame[column]
    if column == "at" and "ticket" in frame.columns:
        values = values.groupby(frame["ticket"]).min()
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = (values.dt.tz_convert(tz) if tz else values).dt.tz_localize(None)
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        return pd.Series(dtype="datetime64[ns]")
    return values.dropna().sort_values(ignore_index=True)


def _days(opened: pd.Series, found: list[Finding]) -> None:
    days = opened.dt.normalize().value_counts().sort_index()
    days = days.reindex(pd.date_range(days.index[0], days.index[-1], freq="D"), fill_value=0)
    usual = days.groupby(days.index.day_of_week).transform("median")
    told = usual >= _FEW
    low, high = (
        days.index[told & mask].strftime("%Y-%m-%d") for mask in (days < _OUTAGE * usual, days > _FLOOD * usual)
    )
    remedy = "was the centre closed or the log cut? Mark them as closed, or leave them out of a forecast"
    _note(found, "outage day", "days have less than a fifth of what is usual", low, remedy)
    remedy = "name what happened as an event of the calendar"
    _note(found, "outlier day", "days have more than three times what is usual", high, remedy)


def _gaps(opened: pd.Series, found: list[Finding]) -> None:
    """Note runs of hours without an opening, on days that are no outage as a whole."""
    hours = opened.dt.floor("h").value_counts().sort_index()
    first, last = hours.index[0].normalize(), hours.index[-1].normalize() + pd.Timedelta(hours=23)
    hours = hours.reindex(pd.date_range(first, last, freq="h"), fill_value=0)
    counts = hours.to_numpy()
    usual = hours.groupby([hours.index.day_of_week, hours.index.hour]).transform("median").to_numpy()
    total = hours.groupby(hours.index.normalize()).transform("sum").to_numpy()
    expected = pd.Series(usual).groupby(hours.index.normalize()).transform("sum").to_numpy()
    silent: npt.NDArray[np.bool_] = (counts == 0) & (total >= _OUTAGE * expected)
    run = np.cumsum(~silent)
    missed = pd.Series(usual[silent]).groupby(run[silent]).sum()
    starts = pd.Series(hours.index[silent]).groupby(run[silent]).first()
    wrong = starts[missed >= _EXPECTED]
    remedy = "was the system down? Mark the stretch, or a forecast takes it for no demand"
    rows = pd.Index(wrong.dt.strftime("%Y-%m-%d %H:%M"))
    _note(found, "gap", "stretches of hours without an opening where many are usual", rows, remedy)


def _zone(opened: pd.Series, found: list[Finding]) -> None:
    """Note a day whose busiest eight hours lie where no centre has them."""
    if len(opened) < _MANY:
        return
    by_hour = np.bincount(opened.dt.hour, minlength=24)
    windows = np.array([np.roll(by_hour, -start)[:8].sum() for start in range(24)])
    start = int(windows.argmax())
    middle = (start + 4) % 24
    if windows[start] < _BUSY_SHARE * len(opened) or _MIDDLE[0] <= middle <= _MIDDLE[1]:
        return
    shift = (_USUAL_MIDDLE - middle + 12) % 24 - 12
    what = f"{windows[start] / len(opened):.0%} of the openings are from {start:02d}:00 to {(start + 8) % 24:02d}:00"
    remedy = f"are the stamps in another zone? {shift:+.0f} h would put the middle of the day at 13:00; give that zone"
    found.append(Finding("zone", what, int(windows[start]), (), remedy))
