"""A requirement as a value: its frame, its curve, its heads in full-time people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.domain.targets import ServiceLevel
from wfm.errors import DataError, Problem, did_you_mean
from wfm.staffing.kernels.deferred import DeferredStaff
from wfm.staffing.options import Options

if TYPE_CHECKING:
    from wfm.staffing.explain import Explanation

__all__ = ["Requirement"]


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """The heads that are needed, by queue and interval.

    Parameters
    ----------
    frame
        Frame `requirement`; see `to_frame`.
    centre
        The centre it was made for.
    options
        How it was made; default as `requirement` does unasked.
    bounds
        Frame `queue, agents_h, bound_h`: the agent-hours on seat, and the fewest that any plan of the same model could
        do with.
    forecast
        The forecast it was made of, with handle times.
    plans
        Plan of each deferred queue, as arrays over its rows.
    """

    frame: pd.DataFrame
    centre: Centre
    options: Options = field(default_factory=Options)
    bounds: pd.DataFrame = field(default_factory=pd.DataFrame)
    forecast: pd.DataFrame = field(default_factory=pd.DataFrame)
    plans: Mapping[str, DeferredStaff] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame, a row for each queue and open interval.

        Returns
        -------
        pandas.DataFrame
            Columns `queue, start, load_erl, agents, scheduled, service_level, asa_s, occupancy, abandonment, offered,
            aht_s, longest_wait_s, staffed_erl`. `load_erl` is volume times handle time; `staffed_erl` the load that
            the method found the staff to feel, at which the figures after `scheduled` are reached. `agents` are on
            seat; `scheduled` is `agents` over one minus the shrinkage that the roster does not place, rounded up (for
            deferred work the sum so far is rounded, not each interval). `service_level` is on the basis and within the
            wait of the queue's first `ServiceLevel`; `asa_s` is the mean wait of the answered; `longest_wait_s` is
            exceeded by the share that the queue's `LongestWait` allows, or by 1 %. These three and `abandonment` are
            missing for deferred work, whose occupancy is its own work alone. With an uncertain volume `agents_point`
            is the answer to the forecast's mean.
        """
        return self.frame.copy()

    @property
    def backlog(self) -> pd.DataFrame:
        """The deferred work of each interval: `queue, start, arrived_erl, done_erl, lent_erl, backlog_erl`.

        In agent-intervals: the backlog is the one before, and what came in, less what was done; `lent_erl` is the part
        of it that was done in the idle time of live agents.
        """
        parts = []
        for name, plan in self.plans.items():
            rows = self.frame.loc[self.frame["queue"] == name, ["queue", "start"]]
            parts.append(
                rows.assign(arrived_erl=plan.load_erl, done_erl=plan.done, lent_erl=plan.lent, backlog_erl=plan.backlog)
            )
        if parts:
            return pd.concat(parts, ignore_index=True)
        numbers = dict.fromkeys(("arrived_erl", "done_erl", "lent_erl", "backlog_erl"), 0.0)
        return self.frame.iloc[:0][["queue", "start"]].assign(**numbers)

    @property
    def level_curve(self) -> pd.DataFrame:
        """What one more agent buys: the frame `level_curve`, computed when it is asked for.

        `queue, start, agents, service_level` for each live queue and interval with contacts, on the basis and within
        the wait of the queue's first `ServiceLevel`. It runs from the last count of agents that reaches less than
        20 % (or the fewest that can take the load) to the first that reaches 99.5 %, and past the requirement.
        """
        from wfm.staffing.curve import level_curve

        return level_curve(self)

    def to_fte(self, week: timedelta | str = "40h") -> pd.DataFrame:
        """Return full-time equivalents by queue and week.

        Parameters
        ----------
        week
            Paid working time of a full-time person in a week, more than 0; default 40 hours.

        Returns
        -------
        pandas.DataFrame
            `queue, week, agents_h, scheduled_h, paid_h, fte`, `week` being its Monday. `paid_h` adds to the scheduled
            hours what the roster places itself: breaks and planned leave are paid as well. A week that the forecast
            covers in part counts for that part.

        Raises
        ------
        DataError
            If `week` is not positive, or the roster's parts and the others add up to 1 or more.

        Examples
        --------
        >>> from wfm.domain import Centre, Queue, ServiceLevel
        >>> from wfm.staffing import requirement
        >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
        >>> starts = pd.date_range("2026-11-02", periods=336, freq="30min", tz="Europe/Berlin")
        >>> forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": 100.0})
        >>> requirement(forecast, Centre(name="bank", tz="Europe/Berlin", queues=(calls,))).to_fte()["fte"].tolist()
        [58.8]
        """
        full = as_duration("week", week).total_seconds() / 3600
        placed = sum(part.fraction for part in self.centre.shrinkage if part.in_roster)
        other = self.centre.unrostered_shrinkage
        if placed + other >= 1:
            raise DataError(Problem(f"the shrinkage parts add up to {placed + other:g}", remedy="stay below 1"))
        days = self.frame["start"].dt.normalize().dt.tz_localize(None)
        monday = (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).dt.date
        hours = self.centre.interval_s / 3600
        found = self.frame.assign(week=monday).groupby(["queue", "week"], as_index=False)[["agents", "scheduled"]].sum()
        scheduled = found["scheduled"] * hours
        paid = scheduled * (1.0 - other) / (1.0 - other - placed)
        return pd.DataFrame(
            {
                "queue": found["queue"],
                "week": found["week"],
                "agents_h": found["agents"] * hours,
                "scheduled_h": scheduled,
                "paid_h": paid,
                "fte": paid / full,
            }
        )

    def explain(self, queue: str, start: pd.Timestamp | str) -> Explanation:
        """Return how one row came about: load, model, the target that binds, rounding, shrinkage, sensitivity.

        Parameters
        ----------
        queue
            Name of the queue.
        start
            Start of the interval. Text without an offset is read in the centre's zone.

        Returns
        -------
        Explanation
            As text by `str`, as a dictionary by `.to_dict()`.

        Raises
        ------
        DataError
            If there is no such row.
        """
        from wfm.staffing.explain import explain

        if self.frame.empty:
            remedy = "make it of a forecast with rows"
            raise DataError(Problem("the requirement is empty: it has no interval of any queue", remedy=remedy))
        of_queue = self.frame[self.frame["queue"] == queue]
        if of_queue.empty:
            known = self.frame["queue"].unique().tolist()
            raise DataError(Problem(f"unknown queue {queue!r}", remedy=did_you_mean(str(queue), known)))
        stamp = _stamp(start, self.centre.tz)
        found = np.flatnonzero((of_queue["start"] == stamp).to_numpy())
        if not len(found):
            first, last = of_queue["start"].iloc[0], of_queue["start"].iloc[-1]
            what = f"queue {queue!r} has no interval that starts at {stamp}"
            raise DataError(Problem(what, remedy=f"its open intervals run from {first} to {last}"))
        return explain(self, queue, int(found[0]))

    @property
    def _headline(self) -> str:
        total = float(self.frame["scheduled"].sum()) * self.centre.interval_s / 3600
        return f"Requirement of {self.centre.name}: {total:,.1f} scheduled agent-hours"

    def __repr__(self) -> str:
        queues = self.frame["queue"].nunique()
        return f"<{self._headline}, {len(self.frame)} rows of {queues} queue{'' if queues == 1 else 's'}>"

    def __str__(self) -> str:
        hours = self.centre.interval_s / 3600
        lines = [self._headline]
        groups = list(self.frame.groupby("queue", sort=False))
        for place, (name, rows) in enumerate(groups):
            last = place == len(groups) - 1
            targets = self.centre.queue(str(name)).targets
            over = self.options.scope.value
            texts = [
                f"{target} over the {over}" if isinstance(target, ServiceLevel) and over != "interval" else str(target)
                for target in targets
            ]
            lines.append(f"{'└─' if last else '├─'} {name}: {', '.join(texts)}")
            on_seat, paid = rows["agents"].sum() * hours, rows["scheduled"].sum() * hours
            busy = float((rows["occupancy"] * rows["agents"]).sum() / max(rows["agents"].sum(), 1))
            what = f"{on_seat:,.1f} h on seat, {paid:,.1f} h scheduled, peak {rows['scheduled'].max()} heads"
            lines.append(f"{'  ' if last else '│ '}    {what}, occupancy {100 * busy:.1f} %")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _stamp(start: pd.Timestamp | str, tz: str) -> pd.Timestamp:
    """Return a stamp in the zone; a local one that the clock shows twice or never is refused, not resolved."""
    try:
        stamp = pd.Timestamp(start)
        stamp = stamp.tz_localize(tz) if stamp.tzinfo is None else stamp.tz_convert(tz)
    except (TypeError, ValueError) as error:
        remedy = "write it with its offset, such as '2026-10-25 02:00+01:00'"
        raise DataError(Problem(f"{start!r} is not one instant in {tz}: {error}", remedy=remedy)) from None
    if pd.isna(stamp):
        raise DataError(Problem("start is missing", remedy="give that of an interval, such as '2026-11-02 09:00'"))
    return stamp
