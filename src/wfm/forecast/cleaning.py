"""Cleaning: intervals that say nothing about the days to come are found, named, and left out of the fit.

Two things are looked for inside a day: an outage, that is a run of intervals with hardly a contact, and a spike, a run
far above what the day and the time of day give. A run is tested by its total against the negative binomial distribution
of the queue's own noise, in which what is off by more than counting noise goes together in the whole run. So a thin
queue has no outages to find, and a noisy one no spikes. What comes again is a habit and stays. Whole days are the day
level's matter (`wfm.forecast.level`).

What is found counts as not recorded: it is never set to 0 and never replaced. A planner's flags leave out more, or keep
what would be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import betainc, gammainc, gammaincc

from wfm.errors import DataError, Faults, did_you_mean
from wfm.forecast.days import DayFeatures
from wfm.forecast.grid import DAY_S, BoolArray, FloatArray, IntArray, QueueGrid
from wfm.forecast.profile import day_levels, fit_profile
from wfm.forecast.uncertainty import Dispersion, fit_dispersion
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import first_instants

__all__ = ["Cleaned", "FlagAction", "Flags", "Found", "clean", "find_odd", "read_flags"]

_CHANCE = 1e-3  # of one run found by mistake in a whole history
_LOW, _HIGH = 0.25, 1.6  # share of the expected contacts below, above which a run is looked at
_STANDS_OUT = 3.0  # standard deviations of an interval that begins a spike
_EDGE = (0.75, 1e-3)  # an interval beside an outage is part of it: share of the expected, chance
_LONGEST_SPIKE = 0.25  # of the day's intervals
_MOST = 0.25  # share of the days above which what is found is no exception
_AGAIN_DAYS = 28  # what comes again on its weekday within so many days is a habit
_PASSES = 3


class FlagAction(StrEnum):
    """What a planner wants done with a stretch of the history."""

    LEAVE_OUT = "leave out"
    KEEP = "keep"


class Found(NamedTuple):
    """A stretch of a day: its row in the grid, its first and last column, what was found, what was done."""

    row: int
    first: int
    last: int
    finding: str
    action: str


@dataclass(frozen=True, slots=True, eq=False)
class Flags:
    """A planner's flags: frame `flags`, with every action and reason filled in."""

    frame: pd.DataFrame

    def of(self, grid: QueueGrid) -> tuple[BoolArray, BoolArray, list[Found]]:
        """Return which intervals of a queue are to be left out, which kept, and a line for each flag that leaves out.

        An interval that a flag touches is flagged.
        """
        out, kept = np.zeros(grid.volume.shape, dtype=bool), np.zeros(grid.volume.shape, dtype=bool)
        lines: list[Found] = []
        step = DAY_S // grid.volume.shape[1]
        begins = (grid.days[:, None] * DAY_S + np.arange(0, DAY_S, step)).ravel()
        rows = self.frame
        if "queue" in rows:
            rows = rows[rows["queue"].isna() | (rows["queue"] == grid.queue)]
        for row in rows.itertuples():
            start, end = (stamp.tz_localize(None).timestamp() for stamp in (row.start, row.end))
            touched = ((begins < end) & (begins + step > start)).reshape(out.shape)
            if row.action == FlagAction.KEEP:
                kept |= touched
                continue
            out |= touched
            for n in np.flatnonzero(touched.any(axis=1)):
                columns = np.flatnonzero(touched[n])
                finding = f"flagged: {row.reason}" if row.reason else "flagged"
                lines.append(Found(int(n), int(columns[0]), int(columns[-1]), finding, "left out of the fit"))
        return out, kept, lines


class Cleaned(NamedTuple):
    """A queue's history without what is left out, the days that are kept whatever they say, and what was found."""

    grid: QueueGrid
    kept_days: BoolArray
    found: list[Found]

    def stamps(self, tz: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Return when each stretch that was found starts and ends."""
        step = DAY_S // self.grid.volume.shape[1]
        bounds = []
        for found in self.found:
            midnight = datetime(1970, 1, 1) + timedelta(days=int(self.grid.days[found.row]))  # noqa: DTZ001 - wall clock
            bounds += [midnight + timedelta(seconds=step * n) for n in (found.first, found.last + 1)]
        stamps = first_instants(bounds, tz)
        return list(zip(stamps[::2], stamps[1::2], strict=True))


def read_flags(flags: FrameLike, queues: Sequence[str], tz: str) -> Flags:
    """Check a planner's flags.

    Parameters
    ----------
    flags
        Frame `flags`: `start, end` (half-open), and where wanted `queue` (none: all queues), `action` (`"leave out"`,
        the default, or `"keep"`) and `reason`.
    queues
        The queues there are.
    tz
        Zone of the history.

    Raises
    ------
    DataError
        With every fault of the frame: an unknown queue or action, an end that is not after its start.
    """
    faults = Faults("frame 'flags'")
    with faults.collecting():
        as_frame(flags, "flags", tz=tz, known={"queue": queues})
    try:
        frame = as_frame(flags, "flags", tz=tz)  # an unknown queue hides nothing else
    except DataError:
        faults.raise_if_any()
        raise
    wrong = frame["end"] <= frame["start"]
    if wrong.any():
        what = f"a flag ends at {frame.loc[wrong, 'end'].iloc[0]}, not after its start"
        faults.add(what, remedy="give the first instant after the stretch as its end", rows=frame.index[wrong])
    for column, default in (("action", FlagAction.LEAVE_OUT.value), ("reason", "")):
        frame[column] = frame[column].fillna(default) if column in frame else default
    for action in sorted(set(frame["action"]) - {action.value for action in FlagAction}):
        rows = frame.index[frame["action"] == action]
        faults.add(f"unknown action {action!r}", remedy=did_you_mean(action, [*map(str, FlagAction)]), rows=rows)
    faults.raise_if_any()
    return Flags(frame)


def clean(grid: QueueGrid, features: DayFeatures, usual: BoolArray, weight: FloatArray, flags: Flags | None) -> Cleaned:
    """Leave out what a planner flagged and what is found to be an outage or a spike.

    Parameters
    ----------
    grid
        The history of a queue.
    features
        Its days. Special ones have a shape of their own and are not searched.
    usual
        Usual opening, a row for each weekday.
    weight
        Weight of each day in the profile.
    flags
        A planner's flags; none without them.

    Raises
    ------
    DataError
        If an interval is flagged to be left out and to be kept.
    """
    out, kept = np.zeros(grid.volume.shape, dtype=bool), np.zeros(grid.volume.shape, dtype=bool)
    found: list[Found] = []
    if flags is not None:
        out, kept, found = flags.of(grid)
        both = np.argwhere(out & kept)
        if len(both):
            faults = Faults("frame 'flags'")
            number = int(grid.days[both[0][0]])
            day = (datetime(1970, 1, 1) + timedelta(days=number)).date()  # noqa: DTZ001 - a day has no zone
            what = f"intervals of {day} in queue {grid.queue!r} are flagged to be left out and to be kept"
            faults.add(what, remedy="give one of the two flags")
            faults.raise_if_any()
    volume = np.where(out, np.nan, grid.volume)
    searched = ~features.special & (np.nansum(volume, axis=1) > 0)
    if volume.shape[1] > 1 and searched.any():
        odd, runs = _search(volume, features, usual, weight, kept | ~searched[:, None])
        volume = np.where(odd, np.nan, volume)
        found = [*found, *runs]
    kept_days = np.asarray((kept | np.isnan(grid.volume)).all(axis=1) & kept.any(axis=1))
    return Cleaned(replace(grid, volume=volume), kept_days, found)


def _search(
    volume: FloatArray, features: DayFeatures, usual: BoolArray, weight: FloatArray, untouched: BoolArray
) -> tuple[BoolArray, list[Found]]:
    """Find odd runs in turn with the shape and noise of the rest; return them, and a line for each."""
    odd = np.zeros(volume.shape, dtype=bool)
    mean = np.zeros(volume.shape)
    for _ in range(_PASSES):
        rest = np.where(odd, np.nan, volume)
        profile = fit_profile(rest, features.weekday, usual, weight)[features.weekday]
        level, _ = day_levels(rest, profile)
        mean = level[:, None] * profile
        again = find_odd(volume, mean, fit_dispersion(rest, mean, weight)) & ~untouched
        settled = bool((again == odd).all())
        odd = again
        if settled:
            break
    runs = _Runs.of(odd)
    below = runs.sums(np.nan_to_num(volume)) < runs.sums(np.where(np.isnan(volume), 0.0, mean))
    again = _comes_again(runs, below, features)
    odd = np.zeros(volume.shape, dtype=bool)
    lines = [_line(volume, mean, *run) for run in runs.take(~again)]
    if len({line.row for line in lines}) > _MOST * len(volume):
        finding = f"intervals far from the rest on {len({line.row for line in lines})} of {len(volume)} days"
        return odd, [Found(lines[0].row, 0, volume.shape[1] - 1, finding, "kept in the fit: too many to be exceptions")]
    for line in lines:
        odd[line.row, line.first : line.last + 1] = True
    kept = [_line(volume, mean, *run)._replace(action="kept in the fit: it comes again") for run in runs.take(again)]
    return odd, [*lines, *kept]


def _comes_again(runs: _Runs, below: BoolArray, features: DayFeatures) -> BoolArray:
    """Return which runs are met by one of their kind, on the same weekday at the same time, within four weeks."""
    number, weekday = features.number[runs.row], features.weekday[runs.row]
    near = (np.abs(number[:, None] - number) <= _AGAIN_DAYS) & (number[:, None] != number)
    same = (weekday[:, None] == weekday) & (below[:, None] == below)
    meet = (runs.first[:, None] < runs.end) & (runs.first < runs.end[:, None])
    return np.asarray((near & same & meet).any(axis=1))


def find_odd(volume: FloatArray, mean: FloatArray, dispersion: Dispersion) -> BoolArray:
    """Return the intervals that belong to an outage or a spike.

    Parameters
    ----------
    volume, mean
        Recorded and expected contacts, a row for each day; NaN where nothing was recorded.
    dispersion
        Variance of an interval around its expected contacts.
    """
    known = ~np.isnan(volume) & (mean > 0)
    seen, expected = np.where(known, volume, 0.0), np.where(known, mean, 0.0)
    limit = _CHANCE / max(int(known.sum()), 1)
    deviation = np.sqrt(_variance(expected, dispersion))
    found = np.zeros(volume.shape, dtype=bool)
    low = _Runs.of(known & (seen <= _LOW * expected))
    total, hoped = low.sums(seen), low.sums(expected)
    chance = at_most(total, hoped, _variance(hoped, dispersion))
    for row, first, last in low.take(chance < limit):
        found[row, first : last + 1] = True
        for beside in (first - 1, last + 1):
            found[row, beside : beside + 1] |= _is_edge(seen, expected, known, row, beside, dispersion)
    high = _Runs.of(known & (seen > expected + _STANDS_OUT * deviation) & (seen > _HIGH * expected))
    total, hoped = high.sums(seen), high.sums(expected)
    chance = at_least(total, hoped, _variance(hoped, dispersion))
    short = high.end - high.first <= _LONGEST_SPIKE * known.sum(axis=1)[high.row]
    for row, first, last in high.take(short & (chance < limit)):
        found[row, first : last + 1] = True
    return found


def _is_edge(
    seen: FloatArray, expected: FloatArray, known: BoolArray, row: int, place: int, dispersion: Dispersion
) -> bool:
    if not 0 <= place < seen.shape[1] or not known[row, place]:
        return False
    share, chance = _EDGE
    total, hoped = seen[row, place], expected[row, place]
    return bool(total < share * hoped and at_most(total, hoped, _variance(hoped, dispersion)) < chance)


def _variance(mean: FloatArray, dispersion: Dispersion) -> FloatArray:
    # At least that of counting: a history smoother than that has been smoothed by somebody.
    return np.asarray(max(dispersion.per_contact, 1.0) * mean + dispersion.per_square * mean**2)


def at_most(count: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the chance of at most so many contacts (negative binomial; Poisson where the variance is the mean).

    Examples
    --------
    >>> at_most(np.zeros(2), np.array([2.0, 2.0]), np.array([2.0, 4.0])).round(6)
    array([0.135335, 0.25    ])
    """
    over = variance - mean
    counting = over <= 1e-9 * mean
    successes = mean**2 / np.where(counting, 1.0, over)
    return np.asarray(np.where(counting, gammaincc(count + 1, mean), betainc(successes, count + 1, mean / variance)))


def at_least(count: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the chance of at least so many contacts, more than 0 of them, as `at_most`.

    Examples
    --------
    >>> at_least(np.ones(2), np.array([2.0, 2.0]), np.array([2.0, 4.0])).round(6)
    array([0.864665, 0.75    ])
    """
    over = variance - mean
    counting = over <= 1e-9 * mean
    successes = mean**2 / np.where(counting, 1.0, over)
    return np.asarray(np.where(counting, gammainc(count, mean), betainc(count, successes, 1 - mean / variance)))


class _Runs(NamedTuple):
    """Runs of marked intervals: their row, their first column and the one after the last."""

    row: IntArray
    first: IntArray
    end: IntArray

    @classmethod
    def of(cls, marked: BoolArray) -> _Runs:
        edges = np.diff(np.pad(marked, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        row, first = np.nonzero(edges == 1)
        return cls(row, first, np.nonzero(edges == -1)[1])

    def sums(self, values: FloatArray) -> FloatArray:
        """Return the total of each run."""
        gone = np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
        return np.asarray(gone[self.row, self.end] - gone[self.row, self.first])

    def take(self, chosen: BoolArray) -> list[tuple[int, int, int]]:
        """Return row, first and last column of the chosen runs."""
        picked = zip(self.row[chosen], self.first[chosen], self.end[chosen], strict=True)
        return [(int(row), int(first), int(end) - 1) for row, first, end in picked]


def _line(volume: FloatArray, mean: FloatArray, row: int, first: int, last: int) -> Found:
    run = slice(first, last + 1)
    total, hoped = float(np.nansum(volume[row, run])), float(mean[row, run].sum())
    kind = "outage" if total < hoped else "spike"
    intervals = "1 interval" if first == last else f"{last - first + 1} intervals"
    finding = f"{kind}: {intervals} with {total:g} contacts, {hoped:.0f} expected"
    return Found(row, first, last, finding, "left out of the fit, not read as 0")
