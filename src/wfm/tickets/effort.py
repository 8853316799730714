"""Work by the time at which it was done, whatever it was filed under when it was closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.tickets.log import seen_by_customer
from wfm.tickets.outcomes import outcomes_of
from wfm.timegrid import check_interval, floor_to_interval

__all__ = ["touches", "workload"]


def workload(
    contacts: FrameLike,
    interval: timedelta | str = "30min",
    *,
    by: str | Sequence[str] = ("queue",),
    tz: str | None = None,
) -> pd.DataFrame:
    """Return the time spent on contacts in each interval: a call from 09:50 to 10:20 gives 10 minutes and 20 minutes.

    The handle time of a contact is laid out from its answer on, without a gap. Where the log has `sessions`, a contact
    that shared its agent with others takes its part of the agent's time only.

    Parameters
    ----------
    contacts
        Frame `contacts`, with `talk_s` or `ended_at`. Contacts that were not answered hold no work.
    interval
        Length of an interval, a divisor of an hour or one hour; default 30 minutes.
    by
        Columns to group by, such as `("queue", "employee")`; default the queue.
    tz
        Zone of the intervals; default that of `arrived_at`.

    Returns
    -------
    pandas.DataFrame
        One row per group and interval with work: `..., start, session_s` (time on contacts), `effort_s` (the agents'
        own time: that of a contact divided by its sessions), `contacts` (those in hand at some time in it).

    Raises
    ------
    DataError
        With every fault of the log, and for answered contacts without a handle time.

    Examples
    --------
    >>> at = pd.Series(pd.to_datetime(["2026-11-02 09:50"]).tz_localize("UTC"))
    >>> contacts = pd.DataFrame(
    ...     {"contact_id": ["a"], "queue": "calls", "arrived_at": at, "answered_at": at,
    ...      "abandoned_at": at.where([False]), "talk_s": [1800.0]}
    ... )
    >>> workload(contacts)["session_s"].tolist()
    [600.0, 1200.0]
    """
    step = check_interval(interval)
    columns = [by] if isinstance(by, str) else list(by)
    log = as_frame(contacts, "contacts", tz=tz)
    _check_columns(columns, log)
    fate = outcomes_of(log)
    untimed = fate.answered & np.isnan(fate.handle_s)
    if untimed.any():
        rows = tuple(log["contact_id"][untimed])
        raise DataError(Problem("answered without a handle time", rows=rows, remedy="give talk_s, or ended_at"))
    mine = np.flatnonzero(fate.answered & (fate.handle_s > 0))
    width = round(step.total_seconds() * 1e9)
    answered = log["answered_at"].take(mine)
    begin = answered.dt.as_unit("ns").astype("int64").to_numpy()
    end = begin + np.round(fate.handle_s[mine] * 1e9).astype(np.int64)
    first = floor_to_interval(answered, step).astype("int64").to_numpy()
    count = -(-(end - first) // width)
    row = np.repeat(np.arange(len(mine)), count)
    start = first[row] + (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)) * width
    inside = (np.minimum(end[row], start + width) - np.maximum(begin[row], start)) / 1e9
    sessions = np.ones(len(log))
    if "sessions" in log.columns:
        sessions = np.maximum(log["sessions"].fillna(1).to_numpy(dtype=float), 1.0)
    table = log[columns].take(mine[row]).reset_index(drop=True)
    table["start"] = pd.DatetimeIndex(start.astype("datetime64[ns]"), tz="UTC").tz_convert(log["arrived_at"].dt.tz)
    table = table.assign(session_s=inside, effort_s=inside / sessions[mine[row]], contacts=1)
    return table.groupby([*columns, "start"], dropna=False, as_index=False).sum()


def touches(
    ticket_events: FrameLike, interval: timedelta | str = "30min", *, by: str | Sequence[str] = ("employee",)
) -> pd.DataFrame:
    """Return what agents did on tickets in each interval, by when they did it and not by when the ticket was closed.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`; the events of agents count.
    interval
        Length of an interval, a divisor of an hour or one hour; default 30 minutes.
    by
        Columns of the events to group by; default the employee.

    Returns
    -------
    pandas.DataFrame
        One row per group and interval: `..., start, events, replies` (what the customer sees), `solved, tickets` (how
        many were touched).

    Raises
    ------
    DataError
        With every fault of the log.
    """
    step = check_interval(interval)
    columns = [by] if isinstance(by, str) else list(by)
    events = as_frame(ticket_events, "ticket_events")
    _check_columns(columns, events)
    done = events[events["actor"] == "agent"].reset_index(drop=True)
    solved = done["to_state"] == "solved" if "to_state" in done.columns else pd.Series(False, index=done.index)
    table = done[columns].assign(
        start=floor_to_interval(done["at"], step),
        events=1,
        replies=seen_by_customer(done).astype("int64"),
        solved=solved.fillna(False).astype("int64"),
        tickets=done["ticket"],
    )
    groups = table.groupby([*columns, "start"], dropna=False)
    result = groups[["events", "replies", "solved"]].sum()
    result["tickets"] = groups["tickets"].nunique()
    return result.reset_index()


def _check_columns(columns: Sequence[str], frame: pd.DataFrame) -> None:
    faults = Faults("grouping")
    for column in columns:
        if column not in frame.columns:
            faults.add(f"unknown column {column!r} in by", remedy=did_you_mean(column, frame.columns))
    faults.raise_if_any()
