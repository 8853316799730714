"""History laid out for the model: one row for each day and one column for each wall-clock interval of the day.

A day of a clock change has 46 or 50 half-hours: the missing ones stay empty, the two that share a place on the clock
are averaged. So a day always has the same columns, and its level is that of a day without a clock change. A daily
history has one column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import day_starts, interval_starts

__all__ = [
    "DAY_NAMES",
    "DAY_S",
    "Clock",
    "FloatArray",
    "History",
    "QueueGrid",
    "clock_between",
    "ends_of",
    "read_history",
    "wall_clock",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

DAY_S = 86_400
_FEWEST_DAYS = 12  # Monday of one week to Friday of the next


@dataclass(frozen=True, slots=True)
class QueueGrid:
    """The history of one queue.

    `volume`, `handle_s` (sum of handle times) and `handled` have one row for each day of `days` (day numbers since
    1970-01-01, without gaps) and one column for each interval of the wall clock; NaN where nothing was recorded.
    """

    queue: str
    days: IntArray
    volume: FloatArray
    handle_s: FloatArray | None
    handled: FloatArray | None

    @property
    def recorded(self) -> BoolArray:
        """Whether the interval is in the history."""
        return ~np.isnan(self.volume)


@dataclass(frozen=True, slots=True)
class History:
    """A checked history: its frame, its interval and its zone.

    `firsts` are the rows at which the queues begin, and the number of rows.
    """

    frame: pd.DataFrame
    interval_s: int
    tz: str
    firsts: IntArray

    @property
    def queues(self) -> tuple[str, ...]:
        """Names of the queues, sorted."""
        return tuple(str(queue) for queue in self.frame["queue"].iloc[self.firsts[:-1]])

    @property
    def end(self) -> pd.Timestamp:
        """First instant after the history."""
        return ends_of(pd.DatetimeIndex([self.frame["start"].max()]), self.interval_s)[0]

    def by_queue(self) -> Iterator[pd.DataFrame]:
        """Give the rows of each queue, in the order of the names."""
        for first, end in pairwise(self.firsts.tolist()):
            yield self.frame.iloc[first:end]

    def grid(self, rows: pd.DataFrame) -> QueueGrid:
        """Lay out the rows of one queue."""
        day, slot = wall_clock(pd.DatetimeIndex(rows["start"]), self.interval_s)
        days = np.arange(day.min(), day.max() + 1)
        place = (day - days[0]) * (DAY_S // self.interval_s) + slot
        shape = (len(days), DAY_S // self.interval_s)
        count = np.bincount(place, minlength=shape[0] * shape[1]).astype(float)

        def laid(values: pd.Series) -> FloatArray:
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            total = np.bincount(place, weights=np.nan_to_num(numbers), minlength=len(count))
            known = np.bincount(place, weights=~np.isnan(numbers), minlength=len(count))
            return np.where(known > 0, total / np.maximum(known, 1), np.nan).reshape(shape)

        handle_s, handled = _handle_time(rows)
        return QueueGrid(
            str(rows["queue"].iloc[0]),
            days,
            laid(rows["offered"]),
            None if handle_s is None else laid(handle_s),
            None if handled is None else laid(handled),
        )


def _handle_time(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series] | tuple[None, None]:
    """Return the sums of handle time and the contacts they belong to, or nothing where the history has none."""
    if "handle_s" in rows.columns and "handled" in rows.columns:
        return rows["handle_s"], rows["handled"].where(rows["handle_s"].notna())
    if "aht_s" in rows.columns:
        contacts = rows["handled"] if "handled" in rows.columns else rows["offered"]
        contacts = contacts.where(rows["aht_s"].notna())
        return rows["aht_s"] * contacts, contacts
    return None, None


def wall_clock(starts: pd.DatetimeIndex, interval_s: int) -> tuple[IntArray, IntArray]:
    """Return day number and place in the day, by the clock on the wall, of zoned interval starts."""
    seconds = starts.tz_localize(None).as_unit("s").asi8
    return seconds // DAY_S, seconds % DAY_S // interval_s


class Clock(NamedTuple):
    """Intervals in a row: their starts and ends, and their day number and place in the day on the clock of the wall."""

    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    day: IntArray
    slot: IntArray


@lru_cache(maxsize=8)  # the queues of a centre mostly begin and end together
def clock_between(first: pd.Timestamp, last: pd.Timestamp, interval_s: int) -> Clock:
    """Return all intervals from the one that starts at `first` to the one that starts at `last`."""
    if interval_s < DAY_S:
        starts = interval_starts(first, last + pd.Timedelta(seconds=1), timedelta(seconds=interval_s))
    else:
        starts = day_starts(pd.date_range(first.date(), last.date()).date, str(first.tz))
    return Clock(starts, ends_of(starts, interval_s), *wall_clock(starts, interval_s))


def ends_of(starts: pd.DatetimeIndex, interval_s: int) -> pd.DatetimeIndex:
    """Return the end of each interval; that of a day is the next midnight on the clock of the wall."""
    if interval_s < DAY_S:
        return starts + pd.Timedelta(seconds=interval_s)
    return day_starts([start.date() + timedelta(days=1) for start in starts], str(starts.tz))


def read_history(history: FrameLike, weeks: int | None = None) -> History:
    """Check a history for forecasting: schema, interval, grid, length.

    Parameters
    ----------
    history
        Frame `history`.
    weeks
        Most recent weeks, by the local date, that are kept; default all.

    Raises
    ------
    DataError
        With every fault: those of the frame, an interval that cannot be told or neither divides the hour nor is a day,
        stamps off the grid, a queue with longer intervals than the others, fewer than two weeks of a queue.
    """
    frame = as_frame(history, "history")
    if frame.empty:
        raise DataError(Problem("the history is empty", remedy="give at least two weeks of it"))
    firsts = _firsts(frame)
    interval_s = _interval(frame, firsts)
    faults = Faults("the history")
    starts = pd.DatetimeIndex(frame["start"])
    day, _ = wall_clock(starts, interval_s)
    off = _off_grid(starts, interval_s)
    if off.any():
        shown = starts[off][0].isoformat()
        if interval_s == DAY_S:
            what = f"a day of the daily history does not start at midnight in {starts.tz}: {shown}"
            remedy = "give the local midnight of each day, by tz_convert or tz_localize with the zone of the centre"
        else:
            what = f"starts off the grid of {interval_s // 60} minutes: {shown}"
            remedy = "sum the history to intervals that begin on the hour (wfm.timegrid.floor_to_interval)"
        faults.add(what, remedy=remedy, rows=frame.index[off])
    _note_coarser(frame, firsts, interval_s, faults)
    first = int(day.max()) + 1 - 7 * weeks if weeks is not None else int(day.min())
    within = f" within the last {weeks} weeks" if weeks is not None else ""
    for begin, end in pairwise(firsts.tolist()):
        span = int(day[end - 1]) + 1 - max(int(day[begin]), first)
        if span < _FEWEST_DAYS:
            queue = frame["queue"].iloc[begin]
            faults.add(
                f"queue {queue!r} has {max(span, 0)} days of history{within}",
                remedy="give at least two weeks, such as Monday to the next week's Friday",
            )
    faults.raise_if_any()
    if day.min() < first:
        frame = frame[day >= first].reset_index(drop=True)
        firsts = _firsts(frame)
    return History(frame, interval_s, str(frame["start"].dt.tz), firsts)


def _firsts(frame: pd.DataFrame) -> IntArray:
    """Return the rows at which the queues of a sorted frame begin, and the number of rows."""
    codes, _ = pd.factorize(frame["queue"])
    return np.concatenate([[0], np.flatnonzero(np.diff(codes)) + 1, [len(frame)]]).astype(np.int64)


def _interval(frame: pd.DataFrame, firsts: IntArray) -> int:
    """Return the most frequent distance of neighbouring rows, in seconds, if it divides the hour or is a day."""
    seconds = pd.DatetimeIndex(frame["start"]).as_unit("s").asi8
    steps = np.delete(np.diff(seconds), firsts[1:-1] - 1)
    if not len(steps):
        raise DataError(Problem("the history has one row for each queue", remedy="give at least two weeks of it"))
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if step != DAY_S and (step > 3600 or 3600 % step):
        what = f"the interval of the history is {timedelta(seconds=step)}, which does not divide an hour"
        raise DataError(Problem(what, remedy="give 5, 10, 15, 20, 30 or 60 minutes, or days"))
    return step


def _note_coarser(frame: pd.DataFrame, firsts: IntArray, interval_s: int, faults: Faults) -> None:
    """Note the queues whose intervals are longer than those of the history: they would be read as half missing."""
    seconds = pd.DatetimeIndex(frame["start"]).as_unit("s").asi8
    for begin, end in pairwise(firsts.tolist()):
        steps = np.diff(seconds[begin:end])
        shortest = int(steps.min()) if len(steps) else interval_s
        # A queue that is open for one interval a day has steps of days.
        if interval_s < shortest <= 3600:
            what = f"queue {frame['queue'].iloc[begin]!r} has intervals of {shortest // 60} minutes"
            rest = f"the others of {interval_s // 60}"
            faults.add(f"{what}, {rest}", remedy="sum all queues to the same intervals, or forecast them one by one")


def _off_grid(starts: pd.DatetimeIndex, interval_s: int) -> BoolArray:
    if interval_s < DAY_S:
        return np.asarray(starts.tz_localize(None).as_unit("s").asi8 % interval_s != 0)
    # There are nights without a midnight: their day starts with its first instant.
    midnights = day_starts([start.date() for start in starts], str(starts.tz))
    return np.asarray(midnights != starts)
