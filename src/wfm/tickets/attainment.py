"""The clocks of a log as a result, and the promises kept among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.checks import check_fraction
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.stats import wilson
from wfm.tickets.policy import SlaPolicy
from wfm.timegrid import day_starts

__all__ = ["SlaClocks"]

_PERIODS = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
_TIMES = {"due": "due_at", "stop": "stopped_at"}


@dataclass(frozen=True, eq=False)
class SlaClocks:
    """Every clock of every ticket.

    Parameters
    ----------
    clocks
        One row per `ticket, measure, cycle`: `policy` (the last one in force; missing where there is none), `outcome`
        (`done`; `open`: censored, it ran until `as_of`; `dropped`: solved without the answer that was waited for, or
        no longer promised), `employee` (who stopped it), `started_at, stopped_at` (missing while open), `target_s`,
        `elapsed_s = running_s + paused_s`, `closed_s` (the part of `paused_s` that is outside the opening hours),
        `due_at` (when the target is reached, if the clock runs on from its stop or from `as_of`), `breach_at` (missing
        where it was not), `left_s` (negative once it is too late), `met` (missing while that is not known), and the
        columns `channel, queue, kind, priority, segment` of the tickets.
    as_of
        When the log was taken.
    policies
        What was promised.
    without_policy
        Tickets that no policy fits at the end.
    """

    clocks: pd.DataFrame
    as_of: pd.Timestamp
    policies: tuple[SlaPolicy, ...]
    without_policy: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return the clocks."""
        return self.clocks

    def attainment(
        self,
        *,
        by: str | Sequence[str] = ("measure",),
        date: str = "due",
        period: str | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Count the promises kept and broken.

        By the due date, a clock that is open and too late is broken; by the date of the stop it does not count yet. A
        clock whose promise is neither kept nor broken yet is censored: it is in no share, and it is counted.

        Parameters
        ----------
        by
            Columns of the clocks to group by; default the measure. Add `"policy"`, `"queue"`, `"employee"` ...
        date
            Which date counts: `"due"` (default) or `"stop"`.
        period
            `"day"`, `"week"` (from Monday), `"month"`, `"quarter"` or `"year"` of that date, in the zone of the log, as
            a column `period`; default none: everything together. The censored of `"stop"` have no such date.
        confidence
            Coverage of Wilson's interval, in (0, 1); default 0.95.

        Returns
        -------
        pandas.DataFrame
            The grouping columns and `met, missed, censored, share, low, high`; a share of nothing is missing.

        Raises
        ------
        DataError
            If a column, the date or the period is unknown.
        """
        columns = [by] if isinstance(by, str) else list(by)
        faults = Faults("attainment")
        for column in columns:
            if column not in self.clocks.columns:
                faults.add(f"unknown column {column!r} in by", remedy=did_you_mean(column, self.clocks.columns))
        if date not in ("due", "stop"):
            faults.add(f"unknown date {date!r}", remedy=did_you_mean(str(date), ("due", "stop")))
        if period is not None and period not in _PERIODS:
            faults.add(f"unknown period {period!r}", remedy=did_you_mean(str(period), _PERIODS))
        with faults.collecting():
            check_fraction("confidence", confidence, include_one=False)
        faults.raise_if_any()
        table = self.clocks[self.clocks["outcome"] != "dropped"]
        settled = table["met"].notna() if date == "due" else table["outcome"] == "done"
        kept = settled & table["met"].fillna(False).astype(bool)
        counts = table[columns].assign(met=kept, missed=settled & ~kept, censored=~settled)
        if period is not None:
            local = table[_TIMES[date]].dt.tz_localize(None)
            begins = local.dt.to_period(_PERIODS[period]).dt.start_time
            known = begins.dropna().unique()
            counts["period"] = begins.map(pd.Series(day_starts(known, str(self.as_of.tz)), index=known))
            columns = [*columns, "period"]
        if not columns:
            raise DataError(Problem("nothing to group by", remedy="give by='measure', or a period"))
        groups = counts.groupby(columns, dropna=False, as_index=False)[["met", "missed", "censored"]].sum()
        trials = groups["met"] + groups["missed"]
        found = wilson(groups["met"], trials, confidence=confidence)
        for column, values in zip(("share", "low", "high"), found, strict=True):
            groups[column] = np.where(trials > 0, values, np.nan)
        return groups

    def __str__(self) -> str:
        count = self.clocks["ticket"].nunique()
        lines = [f"{len(self.clocks):,} clocks of {count:,} tickets, as of {self.as_of:%Y-%m-%d %H:%M}"]
        for row in self.attainment().itertuples():
            share = "missing" if np.isnan(row.share) else f"{100 * row.share:.1f} %"
            span = "" if np.isnan(row.share) else f" ({100 * row.low:.1f} to {100 * row.high:.1f} %)"
            text = f"{row.met:,} of {row.met + row.missed:,} kept, {row.censored:,} open: {share}{span}"
            lines.append(f"├─ {row.measure:<16} {text}")
        lines.append(f"└─ tickets without a policy: {len(self.without_policy):,}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
