"""What was open at any instant, how old it was, and how much work it holds for those who plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar.spans import as_instants
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration, format_duration
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.tickets.attainment import SlaClocks
from wfm.tickets.log import AT_REST, EventLog, stamps_of
from wfm.tickets.states import check_events
from wfm.timegrid import floor_to_interval

__all__ = ["backlog", "backlog_work"]

Ints = npt.NDArray[np.int64]


def backlog(
    ticket_events: FrameLike,
    at: pd.DatetimeIndex | pd.Timestamp,
    *,
    tickets: FrameLike | None = None,
    by: str | Sequence[str] = (),
    bands: Sequence[timedelta | str] = ("4h", "24h", "3d", "7d"),
) -> pd.DataFrame:
    """Return how many tickets were open at each instant, and how old they were.

    A ticket is open from its creation until it is solved or closed, and again from its reopening. Its age counts from
    its first event, day and night.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`.
    at
        One instant or many, with a zone. An event at the very instant has happened.
    tickets
        Frame `tickets`, for grouping by its columns; default none.
    by
        Columns of `tickets` to group by, such as `"queue"`; default none: all together.
    bands
        Ages that separate the columns of counts, rising; default 4 hours, a day, 3 days, 7 days.

    Returns
    -------
    pandas.DataFrame
        One row per instant and group seen: `at, ..., open`, the counts by age (`under_4h, from_4h, from_1d, ...`) and
        `oldest_s, mean_age_s, median_age_s`, missing where nothing was open.

    Raises
    ------
    DataError
        With every fault of the frames, or if the instants have no zone or the bands do not rise.

    Examples
    --------
    >>> when = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 15:00"]).tz_localize("UTC")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": when, "kind": ["create", "solve"], "actor": "agent", "to_state": ["new", "solved"]}
    ... )
    >>> instants = pd.date_range("2026-11-02 08:00", periods=4, freq="2h", tz="UTC")
    >>> backlog(events, instants)[["open", "under_4h", "from_4h"]].to_numpy().tolist()
    [[0, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 1]]
    """
    columns = [by] if isinstance(by, str) else list(by)
    lengths = [as_duration("a band", band) for band in bands]
    if any(later <= earlier for earlier, later in pairwise(lengths)) or not lengths:
        shown = ", ".join(map(format_duration, lengths)) or "none"
        raise DataError(Problem(f"the bands must rise: {shown}", remedy="write bands=('4h', '24h', '3d')"))
    log = EventLog.of(check_events(ticket_events, tickets))
    instants = np.unique(as_instants("at", at))
    table = _open_tickets(log, instants)
    groups = _groups(log, tickets, columns)
    limits = np.array([length.total_seconds() for length in lengths])
    band = np.searchsorted(limits, table["age_s"], side="right")
    titles = [f"under_{format_duration(lengths[0])}", *(f"from_{format_duration(length)}" for length in lengths)]
    for number, title in enumerate(titles):
        table[title] = (band == number).astype("int64")
    keys = ["instant", *columns]
    for column in columns:
        table[column] = groups[column].take(table["ticket"]).reset_index(drop=True)
    grouped = table.groupby(keys, dropna=False)
    counts = grouped[titles].sum()
    counts.insert(0, "open", counts.sum(axis=1))
    counts[["oldest_s", "mean_age_s", "median_age_s"]] = grouped["age_s"].agg(["max", "mean", "median"])
    counts = counts.reindex(_all_keys(instants, groups, columns))
    counts[["open", *titles]] = counts[["open", *titles]].fillna(0).astype("int64")
    result = counts.reset_index()
    result["instant"] = stamps_of(result["instant"].to_numpy(dtype=np.int64), log.tz)
    return result.rename(columns={"instant": "at"})


def backlog_work(
    clocks: SlaClocks,
    centre: Centre,
    *,
    measure: str = "resolution",
    interval: timedelta | str | None = None,
) -> pd.DataFrame:
    """Return the open work of each queue by the interval in which it is due: what deferred staffing begins with.

    Parameters
    ----------
    clocks
        The clocks of `sla_clocks`, taken at the instant at which the plan begins.
    centre
        Its queues give the handle time of a ticket.
    measure
        The promise that decides when work is due; default `resolution`.
    interval
        Length of the intervals of `due`; default that of the centre.

    Returns
    -------
    pandas.DataFrame
        One row per queue and interval: `queue, due` (its start; what is late already is due in the interval of the
        `as_of`), `tickets, work_s` (their handle times), `load_erl` (the work in agent-intervals).

    Raises
    ------
    DataError
        If a queue is unknown or has no handle time, or the clocks have no queue.
    """
    table = clocks.to_frame()
    open_now = table[(table["measure"] == measure) & (table["outcome"] == "open")]
    step = as_duration("interval", centre.interval if interval is None else interval)
    known = {queue.name: queue for queue in centre.queues}
    faults = Faults("the backlog")
    for name in open_now["queue"].unique():
        if name not in known:
            faults.add(f"unknown queue {name!r}", remedy=did_you_mean(str(name), known))
        elif known[name].aht_s is None:
            faults.add(f"queue {name!r} has no aht", remedy="give the centre's queue its handle time")
    faults.raise_if_any()
    due = open_now["due_at"].dt.tz_convert(centre.tz)
    due = due.where(due > clocks.as_of, clocks.as_of.tz_convert(centre.tz))
    aht = open_now["queue"].map({name: queue.aht_s for name, queue in known.items()}).astype(float)
    rows = pd.DataFrame({"queue": open_now["queue"], "due": floor_to_interval(due, step), "tickets": 1, "work_s": aht})
    work = rows.groupby(["queue", "due"], as_index=False).sum()
    return work.assign(load_erl=work["work_s"] / step.total_seconds())


def _open_tickets(log: EventLog, instants: Ints) -> pd.DataFrame:
    """Return a row for each ticket that is open at each instant, with its age."""
    alive = ~AT_REST[log.state] if len(log.state) else np.zeros(0, dtype=bool)
    never = np.iinfo(np.int64).max
    end = log.ends(never)
    begin_place = np.searchsorted(instants, log.when[alive], side="left")
    end_place = np.where(end[alive] == never, len(instants), np.searchsorted(instants, end[alive], side="left"))
    count = end_place - begin_place
    ticket = np.repeat(log.ticket[alive], count)
    # Places run from the first to the last instant of each stretch.
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    instant = instants[np.repeat(begin_place, count) + offset]
    created = log.when[log.first]
    return pd.DataFrame({"instant": instant, "ticket": ticket, "age_s": (instant - created[ticket]) / 1e9})


def _groups(log: EventLog, tickets: FrameLike | None, columns: Sequence[str]) -> pd.DataFrame:
    """Return the grouping columns of each ticket of the log."""
    if not columns:
        return pd.DataFrame(index=range(len(log.first)))
    if tickets is None:
        raise DataError(Problem("grouping without the frame 'tickets'", remedy="give tickets=..."))
    known = as_frame(tickets, "tickets")
    for column in columns:
        if column not in known.columns:
            what = f"unknown column {column!r} in by"
            raise DataError(Problem(what, remedy=did_you_mean(column, known.columns)))
    place = pd.Index(known["ticket"]).get_indexer(log.names)
    return known[list(columns)].take(place).reset_index(drop=True)


def _all_keys(instants: Ints, groups: pd.DataFrame, columns: Sequence[str]) -> pd.Index:
    """Return every instant with every group seen."""
    if not columns:
        return pd.Index(instants, name="instant")
    seen = groups.drop_duplicates().sort_values(list(columns))
    size = len(seen)
    arrays = [np.repeat(instants, size)]
    arrays += [pd.Index(seen[column]).take(np.tile(np.arange(size), len(instants))) for column in columns]
    return pd.MultiIndex.from_arrays(arrays, names=["instant", *columns])
