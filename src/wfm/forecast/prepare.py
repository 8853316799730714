"""From a history to what every model starts with: the grid of each queue, its opening hours, the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Centre, OpeningHours
from wfm.domain.duration import format_duration
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.forecast.days import DayFeatures, as_date, day_features, day_number, weekdays
from wfm.forecast.drivers import QueueDrivers
from wfm.forecast.grid import DAY_NAMES, BoolArray, History, QueueGrid, clock_between, read_history
from wfm.forecast.opening import RECENT_DAYS, Hours, SeenHours, hours_of
from wfm.schema import FrameLike
from wfm.timegrid import Horizon, day_starts

__all__ = [
    "AuditRow",
    "OwnHours",
    "Place",
    "Prepared",
    "QueueHistory",
    "check_horizon",
    "early_ends",
    "prepare",
    "without_history",
]

_LEAST_RECORDED = 0.5  # share of the open intervals that a history must have on the days that are recorded
_MOST_NEVER = 0.1  # share of the open intervals of a week above which those that were never recorded are refused
_MOST_GAPS = 0.1  # share of the open intervals above which those without a row are one line of the audit
_MOST_RUNS = 50  # runs of missing intervals above which the same holds
_EARLY_DAYS = 7  # days between the end of a queue's history and the horizon from which the audit says so

_FILL = "give each open interval without a contact a row with offered = 0"

AuditRow = tuple[str, pd.Timestamp, pd.Timestamp, str, str]
Place: TypeAlias = Centre | CalendarSpec | Calendar
OwnHours: TypeAlias = Mapping[str, OpeningHours | str | None]


@dataclass(frozen=True, slots=True)
class QueueHistory:
    """One queue's history, ready for a model: rows outside the opening hours are taken out of the grid.

    `opened` says of each day of the grid whether the queue was open at all, `usual` in which intervals of a weekday it
    was (a row for each weekday), `ever` in which of them something was recorded; `end` is the end of its last row.
    """

    grid: QueueGrid
    hours: Hours
    opened: BoolArray
    usual: BoolArray
    ever: BoolArray
    end: pd.Timestamp

    @property
    def name(self) -> str:
        """Name of the queue."""
        return self.grid.queue

    def features(self, last: int, calendar: Calendar | None, drivers: QueueDrivers | None = None) -> DayFeatures:
        """Describe every day from the first of the history to day number `last`."""
        days = np.arange(self.grid.days[0], max(last, self.grid.days[-1]) + 1)
        later = days[len(self.grid.days) :]
        if isinstance(self.hours, SeenHours):
            ahead = np.asarray(self.hours.seen.any(axis=1))[weekdays(later, None)]
        else:
            ahead = self.hours.open_days(map(as_date, later))
        told = None if drivers is None else drivers.columns(days)
        return day_features(days, np.concatenate([self.opened, ahead]), calendar, told, len(self.grid.days))


@dataclass(frozen=True, slots=True)
class Prepared:
    """All queues of a history."""

    queues: tuple[QueueHistory, ...]
    calendar: Calendar | None
    interval_s: int
    tz: str
    end: pd.Timestamp
    audit: tuple[AuditRow, ...]


def prepare(
    history: FrameLike,
    calendar: Place | None,
    hours: OwnHours | None = None,
    weeks: int | None = None,
) -> Prepared:
    """Check a history, lay it out by queue, and note what is missing in it or outside the opening hours.

    Parameters
    ----------
    history
        Frame `history`.
    calendar
        Centre, calendar, its specification, or none.
    hours
        Opening hours by queue, in place of the calendar's and of the centre's.
    weeks
        Most recent weeks to keep; default all.

    Raises
    ------
    DataError
        With every fault: those of `read_history`, a queue that the centre does not have, hours that fit no queue, a
        queue of which most open intervals are missing, or more than a tenth of those of the week in every week.
    """
    checked = read_history(history, weeks)
    own = _own_hours(calendar, hours or {}, checked)
    known = _calendar(calendar, checked, own)
    audit: list[AuditRow] = []
    first = checked.frame["start"].min()
    for name in without_history(calendar, checked.queues):
        action = "not forecast; give its history, or add it to the forecast with add_queue(forecast, NewQueue(...))"
        audit.append((name, first, checked.end, "queue of the centre without any history", action))
    faults = Faults("the history")
    queues = [_queue(checked, rows, known, own, audit, faults) for rows in checked.by_queue()]
    faults.raise_if_any()
    return Prepared(tuple(queues), known, checked.interval_s, checked.tz, checked.end, tuple(audit))


def without_history(calendar: Place | None, queues: Iterable[str]) -> list[str]:
    """Return the queues of a centre that are none of these, in the order of the centre; none without a centre."""
    known = set(queues)
    return [queue.name for queue in calendar.queues if queue.name not in known] if isinstance(calendar, Centre) else []


def _own_hours(calendar: Place | None, given: OwnHours, history: History) -> dict[str, OpeningHours | None]:
    """Return the hours of the queues that do not keep those of the calendar."""
    own: dict[str, OpeningHours | None] = {}
    if isinstance(calendar, Centre):
        for queue in calendar.queues:
            if isinstance(queue.hours, OpeningHours) and queue.name in history.queues:
                own[queue.name] = queue.hours
    return own | {name: OpeningHours(hours) if isinstance(hours, str) else hours for name, hours in given.items()}


def _calendar(calendar: Place | None, history: History, hours: Mapping[str, OpeningHours | None]) -> Calendar | None:
    if calendar is not None and not isinstance(calendar, Place):
        what = f"the calendar of the forecaster is a {type(calendar).__name__}"
        raise DataError(Problem(what, remedy="give the centre, its calendar, or CalendarSpec(...)"))
    faults = Faults("the forecaster")
    if isinstance(calendar, Centre):
        names = [queue.name for queue in calendar.queues]
        for queue in history.queues:
            if queue not in names:
                what = f"the history has queue {queue!r}, which centre {calendar.name!r} does not have"
                faults.add(what, remedy=f"{did_you_mean(queue, names)}; or give the hours alone: Calendar.of(centre)")
        calendar = Calendar.of(calendar)
    if calendar is None and hours:
        faults.add("opening hours of queues without a calendar", remedy="give calendar=CalendarSpec(...) too")
    if isinstance(calendar, Calendar) and calendar.tz != history.tz:
        remedy = f"call history['start'].dt.tz_convert({calendar.tz!r})"
        faults.add(f"the history is in {history.tz}, the calendar in {calendar.tz}", remedy=remedy)
    for queue in sorted(set(hours) - set(history.queues)):
        remedy = did_you_mean(queue, history.queues)
        faults.add(f"opening hours of queue {queue!r}, which is not in the history", remedy=remedy)
    faults.raise_if_any()
    if calendar is None or isinstance(calendar, Calendar):
        return calendar
    return Calendar(calendar, history.tz)


def _queue(
    history: History,
    rows: pd.DataFrame,
    calendar: Calendar | None,
    given: Mapping[str, OpeningHours | None],
    audit: list[AuditRow],
    faults: Faults,
) -> QueueHistory:
    grid = history.grid(rows)
    hours = hours_of(grid, calendar, given)
    present = pd.DatetimeIndex(rows["start"])
    clock = clock_between(present[0], present[-1], history.interval_s)
    starts, ends, day, slot = clock
    is_open, seen = hours.is_open(clock, history.interval_s), np.zeros(len(starts), dtype=bool)
    seen[starts.searchsorted(present)] = True
    row = day - grid.days[0]
    if isinstance(hours, SeenHours):
        action = f"no calendar was given; open are {hours}"
        audit.append((grid.queue, starts[0], ends[-1], "opening hours read from the history", action))
    recorded = np.bincount(row[seen & is_open], minlength=len(grid.days)) > 0
    gone = is_open & ~seen
    weekday, shape = weekdays(day, calendar), (7, grid.volume.shape[1])
    ever, often = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.int64)
    ever[weekday[seen & is_open], slot[seen & is_open]] = True
    np.add.at(often, (weekday[is_open], slot[is_open]), 1)
    if not _note_sparse(grid.queue, seen[is_open & recorded[row]], faults):
        _note_never(grid.queue, often, ever, faults)
    scattered = gone & recorded[row]
    runs = int((scattered[1:] & ~scattered[:-1]).sum())
    if scattered.sum() > _MOST_GAPS * (is_open & recorded[row]).sum() or runs > _MOST_RUNS:
        audit.append(_scattered(grid.queue, starts, ends, scattered, is_open & recorded[row]))
        gone &= ~scattered
    _note_missing(grid.queue, starts[gone], ends[gone], row[gone], recorded, audit)
    outside = seen & ~is_open
    if outside.any():
        contacts = float(rows.loc[present.isin(starts[outside]), "offered"].sum())
        finding = f"outside opening hours: {int(outside.sum())} intervals with {contacts:g} contacts"
        action = "left out"
        if isinstance(hours, SeenHours):
            _note_unreadable(grid.queue, outside[seen & (row > row[-1] - RECENT_DAYS)], faults)
            action = f"left out; if they are open, give calendar=, and {_FILL}"
        audit.append((grid.queue, starts[outside][0], ends[outside][-1], finding, action))
        grid.volume[row[outside], slot[outside]] = np.nan
    opened = recorded if isinstance(hours, SeenHours) else hours.open_days(map(as_date, grid.days))
    return QueueHistory(grid, hours, opened, often > 0, ever, ends[-1])


def _note_sparse(queue: str, seen: BoolArray, faults: Faults) -> bool:
    """Note a queue of which most open intervals are missing on the days that are recorded; return whether it is one.

    Then the hours are not its hours, or intervals without a contact were left out of the history; read as missing, they
    would be forecast as busy as the others, or no day would be left to learn from.
    """
    sparse = len(seen) > 0 and bool(seen.mean() < _LEAST_RECORDED)
    if sparse:
        what = f"queue {queue!r} has {seen.mean():.0%} of its open intervals on the days that are recorded"
        remedy = (
            "give a row with 0 for each open interval without a contact, or opening hours that are those of the queue"
        )
        faults.add(what, remedy=remedy)
    return sparse


def _note_never(queue: str, often: np.ndarray, ever: BoolArray, faults: Faults) -> None:
    """Note a queue that is said to be open in many intervals of the week that were never recorded, in any week.

    They would be forecast as busy as the others and add contacts that never came. What was open only once says nothing.
    """
    never = (often > 1) & ~ever
    share = never.sum() / max(int((often > 0).sum()), 1)
    if share > _MOST_NEVER:
        n, slots = int(np.argmax(never.sum(axis=1))), never.shape[1]
        first = int(np.argmax(never[n])) * 24 * 60 // slots
        what = (
            f"queue {queue!r} has no row, in any week, in {share:.0%} of the intervals of the week in which it is open"
        )
        where = f", such as {DAY_NAMES[n]}" + (f" {first // 60:02d}:{first % 60:02d}" if slots > 1 else "")
        remedy = "give the opening hours of the queue, or where it was open and nobody came, rows with 0"
        faults.add(what + where, remedy=remedy)


def _note_unreadable(queue: str, outside: BoolArray, faults: Faults) -> None:
    """Note a queue most of whose rows lie in intervals that are mostly missing: no hours can be read from it."""
    if outside.mean() > 1 - _LEAST_RECORDED:
        what = f"the opening hours of queue {queue!r} cannot be read from its history: {outside.mean():.0%} of the rows"
        what += " of the last eight weeks lie in intervals that most weeks do not have"
        faults.add(what, remedy=f"give calendar=, and {_FILL}")


def _scattered(
    queue: str, starts: pd.DatetimeIndex, ends: pd.DatetimeIndex, gone: BoolArray, is_open: BoolArray
) -> AuditRow:
    """Return one line for the many intervals without a row on recorded days."""
    finding = f"no row: {gone.sum() / is_open.sum():.0%} of the open intervals of recorded days"
    action = f"count as not recorded, not as 0; if the log leaves out intervals without a contact, {_FILL}"
    return queue, starts[gone][0], ends[gone][-1], finding, action


def _note_missing(
    queue: str,
    starts: pd.DatetimeIndex,
    ends: pd.DatetimeIndex,
    row: np.ndarray,
    recorded: BoolArray,
    audit: list[AuditRow],
) -> None:
    """Note runs of missing days, and runs of missing intervals inside days that are recorded."""
    if not len(starts):
        return
    whole = ~recorded[row]
    # A run ends where an interval is not the next one, or for whole days, where a day is not the next one.
    follows = np.where(whole[1:] & whole[:-1], np.diff(row) <= 1, starts[1:] == ends[:-1])
    breaks = np.flatnonzero(~follows | (whole[1:] != whole[:-1])) + 1
    for run in np.split(np.arange(len(starts)), breaks):
        first, last = starts[run[0]], ends[run[-1]]
        if whole[run[0]]:
            count = len(np.unique(row[run]))
            finding = f"missing day{'s' if count > 1 else ''}: {count} of the open days"
        else:
            finding = f"missing interval{'s' if len(run) > 1 else ''}: {len(run)} in a recorded day"
        audit.append((queue, first, last, finding, "left out of the fit, not read as 0"))


def check_horizon(horizon: Horizon, prepared: Prepared, stale_after_days: int) -> None:
    """Refuse a horizon in another zone or interval, in the past, or too long after the end of the history."""
    if not isinstance(horizon, Horizon):
        remedy = f"write Horizon('2026-11-02', weeks=1, tz={prepared.tz!r}) with your first day"
        raise DataError(Problem(f"{horizon!r} is not a horizon", remedy=remedy))
    faults = Faults("the horizon")
    if horizon.tz != prepared.tz:
        remedy = f"write Horizon(..., tz={prepared.tz!r}), or fit a history turned to {horizon.tz!r}"
        faults.add(f"the horizon is in {horizon.tz}, the history in {prepared.tz}", remedy=remedy)
    if horizon.interval_s != prepared.interval_s:
        length = format_duration(timedelta(seconds=prepared.interval_s))
        what = f"the horizon has intervals of {format_duration(horizon.interval)}, the history of {length}"
        faults.add(what, remedy=f"write Horizon(..., interval={length!r})")
    faults.raise_if_any()
    start = day_starts([horizon.dates[0]], prepared.tz)[0]
    if start < prepared.end:
        remedy = "begin after it, or fit the history before the horizon alone"
        faults.add(f"the horizon starts on {horizon.dates[0]}, the history ends at {prepared.end}", remedy=remedy)
    for queue in prepared.queues:
        age = day_number(horizon.dates[0]) - int(queue.grid.days[-1]) - 1
        if age > stale_after_days:
            what = f"the history of queue {queue.name!r} ends {age} days before the horizon"
            remedy = f"bring it up to date, or give stale_after_days={age} or more (now {stale_after_days})"
            faults.add(what, remedy=remedy)
    faults.raise_if_any()


def early_ends(horizon: Horizon, prepared: Prepared) -> list[AuditRow]:
    """Return a line of the audit for each queue whose history ends a week or more before the horizon."""
    first = day_starts([horizon.dates[0]], prepared.tz)[0]
    lines: list[AuditRow] = []
    for queue in prepared.queues:
        age = day_number(horizon.dates[0]) - int(queue.grid.days[-1]) - 1
        if age >= _EARLY_DAYS:
            finding = f"history ends early: {age} days before the horizon"
            lines.append((queue.name, queue.end, first, finding, "forecast from what was known then, with wider bands"))
    return lines
