"""A data set: its interval history, where it comes from, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

__all__ = ["Dataset"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """An interval history ready for a forecast, with the account of how it was made.

    Parameters
    ----------
    name
        Name of the data set.
    source
        Where it comes from and under which licence.
    tz
        Time zone of the stamps.
    interval
        Length of an interval, such as `"30min"`.
    history
        Frame `history`: `queue, start, offered`, and more where the source has it.
    audit
        Frame of everything that was found in the raw data and what was done about it: `finding, day, rows, offered,
        action`. `day` is missing where a finding concerns the whole set; `rows` and `offered` are the number of raw
        rows concerned and their contacts.

    Examples
    --------
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="UTC")
    >>> history = pd.DataFrame({"queue": ["calls"], "start": [start], "offered": [12]})
    >>> audit = pd.DataFrame({"finding": [], "day": [], "rows": [], "offered": [], "action": []})
    >>> data = Dataset(name="one", source="made up", tz="UTC", interval="30min", history=history, audit=audit)
    >>> print(data)
    Data set one (made up)
    ├─ history  1 row of 30min, 1 queue, 2026-11-02 to 2026-11-02, UTC
    ├─ offered  12
    └─ audit    nothing to report
    """

    name: str
    source: str
    tz: str
    interval: str
    history: pd.DataFrame
    audit: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `history`."""
        return self.history

    def __str__(self) -> str:
        days = self.history["start"].dt.date
        rows, queues = len(self.history), self.history["queue"].nunique()
        lines = [
            f"Data set {self.name} ({self.source})",
            f"├─ history  {rows:,} row{'s' * (rows != 1)} of {self.interval}, {queues} queue{'s' * (queues != 1)}, "
            f"{days.min()} to {days.max()}, {self.tz}",
            f"├─ offered  {self.history['offered'].sum():,.0f}",
        ]
        if self.audit.empty:
            return "\n".join([*lines, "└─ audit    nothing to report"])
        lines.append(f"└─ audit    {len(self.audit)} finding{'s' * (len(self.audit) != 1)}")
        alike = list(self.audit.groupby(["finding", "action"], sort=False))
        for position, ((finding, action), rows) in enumerate(alike, 1):
            twig = "└─" if position == len(alike) else "├─"
            days = ", ".join(rows["day"].dropna())
            many = f"{rows['rows'].sum():,} rows, {rows['offered'].sum():,} contacts"
            lines.append(f"   {twig} {finding}{f' {days}' if days else f': {many}'}; {action}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
