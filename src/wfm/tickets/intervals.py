"""From a log of contacts to the history of intervals that a forecast is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.errors import Faults, did_you_mean
from wfm.schema import as_frame
from wfm.tickets.counting import count_contacts
from wfm.tickets.engines import Engine, engine_of
from wfm.tickets.facts import count_intervals
from wfm.tickets.timeline import calendar_of
from wfm.timegrid import Horizon

__all__ = ["interval_history"]


def interval_history(
    contacts: object,
    interval: timedelta | str = "30min",
    within: timedelta | str = "30s",
    *,
    tz: str | None = None,
    calendar: Centre | CalendarSpec | Calendar | None = None,
) -> pd.DataFrame:
    """Count the contacts of each queue by the interval in which they arrived.

    Everything about a contact is counted in the interval of its arrival, also what happened later: the answer, the
    handle time, the abandonment. So `offered = handled + abandoned + waiting (+ blocked)` in every row.

    Parameters
    ----------
    contacts
        Frame `contacts`: a pandas or polars frame, a DuckDB relation, a Spark frame, or a result with `to_frame()`; all
        give the same rows. Waits run from `queued_at`, or from `arrived_at` where that column is absent.
    interval
        Length of an interval, a divisor of an hour or one hour; default 30 minutes.
    within
        Acceptable wait for the column `answered_within`, which counts waits of exactly that length too; 0 or more,
        default 30 seconds.
    tz
        Zone of the intervals; default that of `arrived_at`.
    calendar
        Adds a row of zeros for each open interval without contact, for every queue seen, from the first to the last day
        of arrival. A centre brings the hours of each of its queues, and a queue that it does not have is refused; by a
        calendar alone every queue is open alike.
        Intervals with contacts outside the opening hours stay. Default none: only intervals in which a queue had a
        contact have a row.

    Returns
    -------
    pandas.DataFrame
        Frame `history`: `queue, start, offered, handled, abandoned, waiting, blocked` (where the log has
        `queued_at`), `handle_s` (sum over the handled; missing where one of them has no handle time yet), `wait_s`
        (sum over the answered), `answered_within`, `within_s` and the derived `aht_s`, missing where none was handled.
        `waiting` are the contacts that were neither answered nor abandoned when the log was taken.

    Raises
    ------
    DataError
        With every fault of the log, or if the interval does not divide an hour.

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
    ...         "talk_s": [100.0, None],
    ...     }
    ... )
    >>> interval_history(contacts)[["offered", "handled", "abandoned", "aht_s"]].to_numpy().tolist()
    [[2.0, 1.0, 1.0, 100.0]]
    """
    step = as_duration("interval", interval)
    limit = as_duration("within", within, allow_zero=True)
    # A horizon also checks that the interval divides an hour.
    Horizon("2026-01-01", days=1, interval=step, tz="UTC")
    place = engine_of(contacts)
    if place.engine is Engine.PANDAS:
        log = as_frame(place.native, "contacts", tz=tz, ordered=False)
        table, zone = count_contacts(log, step, limit), str(log["arrived_at"].dt.tz)
    else:
        table, zone = count_intervals(contacts, step, limit, tz)
    if isinstance(calendar, Centre):
        _check_queues(table.index.get_level_values("queue").unique(), calendar)
    if calendar is not None and len(table):
        own = {q.name: q.hours for q in calendar.queues} if isinstance(calendar, Centre) else {}
        known = calendar_of(calendar, zone)
        table = table.reindex(_with_open_intervals(table.index, step, known, own), fill_value=0)
    table["handle_s"] = table["handle_s"].where(table.pop("untimed") == 0)
    table["within_s"] = limit.total_seconds()
    table["aht_s"] = table["handle_s"] / table["handled"].where(table["handled"] > 0)
    return as_frame(table.reset_index(), "history")


def _check_queues(seen: pd.Index, centre: Centre) -> None:
    """Refuse a queue that the centre does not have: its hours would be guessed."""
    known = [queue.name for queue in centre.queues]
    faults = Faults("frame 'contacts'")
    for name in seen.difference(pd.Index(known)):
        faults.add(f"unknown queue {name!r}", remedy=did_you_mean(str(name), known))
    faults.raise_if_any()


def _with_open_intervals(
    index: pd.MultiIndex, step: timedelta, calendar: Calendar, own: Mapping[str, OpeningHours | str | None]
) -> pd.MultiIndex:
    """Return the keys seen and, for every queue, the open intervals from the first to the last day of arrival."""
    seen = index.get_level_values("start")
    horizon = Horizon(seen.min().date(), seen.max().date() + timedelta(days=1), interval=step, tz=str(seen.tz))
    keys = index
    for queue in index.get_level_values("queue").unique():
        hours = own.get(queue)
        # A queue keeps its hours as `OpeningHours` once it is checked.
        opened = calendar.open_starts(horizon, hours if isinstance(hours, OpeningHours) else None)
        starts = opened.as_unit("ns").tz_convert(seen.tz)
        keys = keys.union(pd.MultiIndex.from_product([[queue], starts], names=index.names))
    return keys
