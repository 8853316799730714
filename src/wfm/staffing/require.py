"""Forecast and targets to the heads needed: per queue and interval, on seat and to be scheduled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.staffing.kernels import deferred, live
from wfm.staffing.kernels.rounding import scheduled, scheduled_in_all

if TYPE_CHECKING:
    from wfm.staffing.explain import Explanation

__all__ = ["Requirement", "requirement"]

_COLUMNS = (
    "queue",
    "start",
    "load_erl",
    "agents",
    "scheduled",
    "service_level",
    "asa_s",
    "occupancy",
    "abandonment",
    "offered",
    "aht_s",
    "longest_wait_s",
)


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """The heads that are needed, by queue and interval.

    Parameters
    ----------
    frame
        Frame `requirement`; see `to_frame`.
    centre
        The centre it was made for.
    """

    frame: pd.DataFrame = field(repr=False)
    centre: Centre = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame, a row for each queue and open interval.

        Returns
        -------
        pandas.DataFrame
            Columns `queue, start, load_erl, agents, scheduled, service_level, asa_s, occupancy, abandonment, offered,
            aht_s, longest_wait_s`. `agents` are on seat; `scheduled` is `agents` over one minus the shrinkage that the
            roster does not place, rounded up (for deferred work the sum so far is rounded, not each interval).
            `service_level` is on the basis and within the wait of the queue's first `ServiceLevel`; `asa_s` is the mean
            wait of the answered; `longest_wait_s` is exceeded by the share that the queue's `LongestWait` allows, or by
            1 %. These three and `abandonment` are missing for deferred work.
        """
        return self.frame.copy()

    def explain(self, queue: str, start: pd.Timestamp | str) -> Explanation:
        """Return how one row came about: load, model, the target that binds, rounding, shrinkage.

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

        of_queue = self.frame[self.frame["queue"] == queue]
        if of_queue.empty:
            known = self.frame["queue"].unique().tolist()
            raise DataError(Problem(f"unknown queue {queue!r}", remedy=did_you_mean(queue, known)))
        stamp = _stamp(start, self.centre.tz)
        found = np.flatnonzero((of_queue["start"] == stamp).to_numpy())
        if not len(found):
            first, last = of_queue["start"].iloc[0], of_queue["start"].iloc[-1]
            what = f"queue {queue!r} has no interval that starts at {stamp}"
            raise DataError(Problem(what, remedy=f"its open intervals run from {first} to {last}"))
        return explain(self.centre.queue(queue), self.centre, of_queue, int(found[0]))

    def __str__(self) -> str:
        hours = self.centre.interval_s / 3600
        total = float(self.frame["scheduled"].sum()) * hours
        lines = [f"Requirement of {self.centre.name}: {total:,.1f} scheduled agent-hours"]
        groups = list(self.frame.groupby("queue", sort=False))
        for place, (name, rows) in enumerate(groups):
            last = place == len(groups) - 1
            targets = ", ".join(str(target) for target in self.centre.queue(str(name)).targets)
            lines.append(f"{'└─' if last else '├─'} {name}: {targets}")
            on_seat, paid = rows["agents"].sum() * hours, rows["scheduled"].sum() * hours
            busy = float((rows["occupancy"] * rows["agents"]).sum() / max(rows["agents"].sum(), 1))
            what = f"{on_seat:,.1f} h on seat, {paid:,.1f} h scheduled, peak {rows['scheduled'].max()} heads"
            lines.append(f"{'  ' if last else '│ '}    {what}, occupancy {100 * busy:.1f} %")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def requirement(forecast: FrameLike, centre: Centre) -> Requirement:
    """Return the heads that a forecast needs.

    Each interval of a live queue is staffed on its own (SIPP): Erlang C without patience, Erlang A with it, the
    balanced model for a chat with several sessions. Deferred work is spread over the open intervals up to its deadline.

    Parameters
    ----------
    forecast
        Frame `forecast` (`queue, start, offered`, perhaps `aht_s`), or a result that gives it. Closed intervals are
        absent, and stay so.
    centre
        The centre; it gives targets, patience, concurrency and shrinkage, and the handle time where the forecast has
        none.

    Returns
    -------
    Requirement
        Agents on seat and heads to schedule.

    Raises
    ------
    DataError
        With every fault: unknown queues, queues without a handle time, stamps off the planning interval, targets that
        do not go together, loads above 10 million erlangs.

    Examples
    --------
    >>> from wfm.domain import Centre, Queue, ServiceLevel
    >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
    >>> starts = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": [100.0, 0.0]})
    >>> need = requirement(forecast, Centre(name="bank", tz="Europe/Berlin", queues=(calls,)))
    >>> need.to_frame()[["agents", "scheduled"]].to_numpy().tolist()
    [[14, 14], [0, 0]]
    """
    frame = as_frame(forecast, "forecast", tz=centre.tz, known={"queue": [queue.name for queue in centre.queues]})
    faults = Faults("the forecast")
    _check_steps(frame, centre, faults)
    frame = _with_aht(frame, centre, faults)
    faults.raise_if_any()
    parts = []
    for name, rows in frame.groupby("queue", sort=False):
        queue = centre.queue(str(name))
        with faults.collecting(f"queue {queue.name!r}"):
            parts.append(_deferred(queue, rows, centre) if queue.is_deferred else _live(queue, rows, centre))
    faults.raise_if_any()
    result = pd.concat(parts, ignore_index=True) if parts else _empty(frame)
    return Requirement(result[list(_COLUMNS)], centre)


def _stamp(start: pd.Timestamp | str, tz: str) -> pd.Timestamp:
    """Return a stamp in the zone; a local one that the clock shows twice or never is refused, not resolved."""
    try:
        stamp = pd.Timestamp(start)
        return stamp.tz_localize(tz) if stamp.tzinfo is None else stamp.tz_convert(tz)
    except ValueError as error:
        remedy = "write it with its offset, such as '2026-10-25 02:00+01:00'"
        raise DataError(Problem(f"{start!r} is not one instant in {tz}: {error}", remedy=remedy)) from None


def _check_steps(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    """Refuse a forecast on another interval than the centre's."""
    interval = pd.Timedelta(seconds=centre.interval_s)
    steps = frame.groupby("queue", sort=False)["start"].diff()
    planned = f"the centre plans by {format_duration(interval.to_pytimedelta())}"
    off = steps.notna() & (steps % interval != pd.Timedelta(0))
    if off.any():
        first = frame.loc[off, ["queue", "start"]].iloc[0]
        what = f"queue {first['queue']!r} steps off the interval at {first['start']}; {planned}"
        faults.add(what, remedy="forecast on the centre's interval", rows=frame.index[off].tolist())
        return
    shortest = steps.min()
    if pd.notna(shortest) and interval < shortest <= pd.Timedelta(hours=1):
        what = f"the forecast steps by {format_duration(shortest.to_pytimedelta())}; {planned}"
        faults.add(what, remedy="forecast on the centre's interval, or change the interval of the centre")


def _with_aht(frame: pd.DataFrame, centre: Centre, faults: Faults) -> pd.DataFrame:
    if "aht_s" in frame.columns:
        return frame
    known = {queue.name: queue.aht_s for queue in centre.queues}
    missing = [name for name in frame["queue"].unique() if known[name] is None]
    if missing:
        what = (
            f"no handle time for the queues {', '.join(missing)}"
            if len(missing) > 1
            else (f"no handle time for the queue {missing[0]}")
        )
        faults.add(what, remedy="give the forecast a column aht_s, or the queue an aht")
    return frame.assign(aht_s=frame["queue"].map(known).astype(float))


def _columns(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return rows["offered"].to_numpy(dtype=float), rows["aht_s"].to_numpy(dtype=float)


def _live(queue: Queue, rows: pd.DataFrame, centre: Centre) -> pd.DataFrame:
    offered, aht = _columns(rows)
    found = live.staff(queue, offered, aht, centre.interval_s)
    return rows[["queue", "start", "offered", "aht_s"]].assign(
        **found._asdict(), scheduled=scheduled(found.agents, centre.unrostered_shrinkage)
    )


def _deferred(queue: Queue, rows: pd.DataFrame, centre: Centre) -> pd.DataFrame:
    found = deferred_staff(queue, rows, centre)
    busy = np.divide(found.done, found.agents, out=np.zeros(len(rows)), where=found.agents > 0)
    return rows[["queue", "start", "offered", "aht_s"]].assign(
        load_erl=found.load_erl,
        agents=found.agents,
        scheduled=scheduled_in_all(found.agents, centre.unrostered_shrinkage),
        occupancy=busy,
        service_level=np.nan,
        asa_s=np.nan,
        abandonment=np.nan,
        longest_wait_s=np.nan,
    )


def deferred_staff(queue: Queue, rows: pd.DataFrame, centre: Centre) -> deferred.DeferredStaff:
    """Return the plan of a deferred queue for its rows of a frame with `offered` and `aht_s`.

    Raises
    ------
    DataError
        If the queue has live targets, too.
    """
    deadlines = tuple(target for target in queue.targets if isinstance(target, Deadline))
    others = [str(target) for target in queue.targets if not isinstance(target, Deadline)]
    if others:
        what = f"a deadline together with {', '.join(others)}"
        raise DataError(Problem(what, remedy="make two queues, one live and one deferred"))
    offered, aht = _columns(rows)
    load = offered * aht / centre.interval_s
    return deferred.staff(load, aht, centre.interval_s, deferred.tightest(deadlines), queue.min_agents)


def _empty(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = {name: np.zeros(0) for name in _COLUMNS if name not in frame.columns}
    return frame.assign(**numbers).astype({"agents": np.int64, "scheduled": np.int64})
