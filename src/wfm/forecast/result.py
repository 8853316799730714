"""The forecast as a value: its frame, how it was made, what was found in the history."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wfm.errors import DataError, Problem, did_you_mean
from wfm.forecast.spread import Spread
from wfm.schema import QUANTILES, check

__all__ = ["AUDIT_COLUMNS", "Forecast", "audit_frame"]

AUDIT_COLUMNS = ("queue", "start", "end", "finding", "action")


def audit_frame(rows: list[tuple[str, pd.Timestamp, pd.Timestamp, str, str]], tz: str) -> pd.DataFrame:
    """Return the audit as a frame, sorted by queue and start."""
    frame = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
    for column in ("start", "end"):
        stamps = pd.DatetimeIndex(pd.to_datetime(frame[column], utc=True))
        frame[column] = stamps.as_unit("ns").tz_convert(tz)
    for column in ("queue", "finding", "action"):
        frame[column] = frame[column].astype("str")
    return frame.sort_values(["queue", "start", "finding"], kind="stable", ignore_index=True)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Expected contacts by queue and interval, with their uncertainty.

    Parameters
    ----------
    frame
        Frame `forecast`: `queue, start, offered`, then `aht_s` where the history has handle times, then the 13
        quantiles `offered_q025` to `offered_q975`. `offered` is the mean over days without anything unusual. Closed
        intervals are absent.
    tz
        Time zone.
    interval_s
        Length of an interval in seconds.
    audit
        What was found in the history and in the horizon, and what was done: `queue, start, end, finding, action`.
    models
        Model of each queue, in words.
    as_of
        First instant after everything that the forecast was made from; `None` where it is not known.
    spread
        How each queue's forecast may be off, from which sample paths are drawn; empty for a model that cannot say.

    Examples
    --------
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> frame = pd.DataFrame({"queue": "calls", "start": start, "offered": [12.0, 18.0]})
    >>> print(Forecast(frame, tz="Europe/Berlin", interval_s=1800))
    Forecast 2026-11-02 to 2026-11-02, 30 min, Europe/Berlin
    └─ calls  30 contacts in 2 intervals on 1 day
    """

    frame: pd.DataFrame = field(repr=False)
    tz: str = field(kw_only=True)
    interval_s: float = field(kw_only=True)
    audit: pd.DataFrame = field(kw_only=True, repr=False, default_factory=lambda: audit_frame([], "UTC"))
    models: dict[str, str] = field(kw_only=True, default_factory=dict)
    as_of: pd.Timestamp | None = field(kw_only=True, default=None)
    spread: Mapping[str, Spread] = field(kw_only=True, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", check(self.frame, "forecast", tz=self.tz))

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame `forecast`."""
        return self.frame.copy()

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues with an open interval, sorted."""
        return tuple(sorted(str(queue) for queue in self.frame["queue"].unique()))

    def days(self) -> pd.DataFrame:
        """Return the total by queue and day: `queue, day, offered` and `aht_s`, weighted by volume, where there is one.

        There are no quantiles: those of intervals do not add up to those of a day.
        """
        frame = self.frame.assign(day=self.frame["start"].dt.date)
        if "aht_s" in frame:
            frame["work_s"] = frame["offered"] * frame["aht_s"]
        days = frame.groupby(["queue", "day"], as_index=False)[[*_present(frame, ["offered", "work_s"])]].sum()
        if "work_s" in days:
            days["aht_s"] = days["work_s"] / days["offered"].where(days["offered"] > 0)
        return days[_present(days, ["queue", "day", "offered", "aht_s"])]

    def quantile(self, level: float) -> pd.Series:
        """Return the quantile of a level that the frame has, such as 0.9.

        Raises
        ------
        DataError
            If the level is none of the 13.
        """
        for column, value in QUANTILES.items():
            if np.isclose(level, value) and column in self.frame:
                return self.frame[column].copy()
        known = [f"{value:g}" for column, value in QUANTILES.items() if column in self.frame]
        raise DataError(Problem(f"no quantile {level!r} in the forecast", remedy=did_you_mean(f"{level}", known)))

    def __str__(self) -> str:
        minutes = f"{self.interval_s / 60:g} min"
        if self.frame.empty:
            return f"Forecast without an open interval, {minutes}, {self.tz}"
        first, last = self.frame["start"].min().date(), self.frame["start"].max().date()
        lines = [f"Forecast {first} to {last}, {minutes}, {self.tz}"]
        entries = [self._line(queue, rows) for queue, rows in self.frame.groupby("queue", sort=True)]
        if len(self.audit):
            counts = self.audit["finding"].str.split(":").str[0].value_counts(sort=False)
            entries.append("audit  " + ", ".join(f"{count} × {name}" for name, count in counts.items()))
        width = max(len(entry.split("  ", 1)[0]) for entry in entries)
        for n, entry in enumerate(entries):
            name, text = entry.split("  ", 1)
            lines.append(f"{'└─' if n == len(entries) - 1 else '├─'} {name:<{width}}  {text}")
        return "\n".join(lines)

    def _line(self, queue: object, rows: pd.DataFrame) -> str:
        days = rows["start"].dt.date.nunique()
        text = f"{queue}  {rows['offered'].sum():,.0f} contacts in {len(rows):,} intervals on {_days(days)}"
        if "aht_s" in rows and rows["offered"].sum() > 0:
            aht = (rows["aht_s"] * rows["offered"]).sum() / rows["offered"].sum()
            text += f", AHT {aht:.0f} s"
        return text

    def _repr_html_(self) -> str:
        head = f"<pre>{html.escape(str(self))}</pre>"
        shown: str = self.frame.head(10).to_html(index=False, float_format="{:.1f}".format)
        more = f"<p>{len(self.frame) - 10:,} more intervals</p>" if len(self.frame) > 10 else ""
        return head + shown + more


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _present(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    return [column for column in columns if column in frame]
