"""What is simulated: a forecast, a roster and a centre turned into arrays, checked once for all replications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_choice
from wfm.domain.centre import Centre
from wfm.domain.hours import OpeningHours
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.simulate.courses import Courses, read_courses
from wfm.simulate.draw import Drawn, draw, settle
from wfm.simulate.engine import Flags, Floats, Ints, Lines, Log, Routes, Staff, play
from wfm.simulate.model import Model
from wfm.simulate.now import Now, State, read_state, with_holders
from wfm.simulate.presence import draw_attendance, read_staff
from wfm.simulate.routing import lines_of, routes_of
from wfm.simulate.streams import Streams, plain

__all__ = ["Case", "Clock", "Drawn", "Replay", "Unstaffed", "still_to_come"]

Unstaffed: TypeAlias = Literal["refuse", "allow"]

_FARTHEST_DAYS = 1500
# Contacts of one replication: more of them do not fit in memory, and come of a wrong unit.
_MOST_CONTACTS = 50_000_000


class _Unstaffed(StrEnum):
    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """Business time of a queue: seconds open since the first opening, at each opening and closing.

    `None` for both arrays is a queue that is always open.
    """

    instants: Floats | None = None
    business_s: Floats | None = None

    @classmethod
    def of(cls, centre: Centre, queue: Queue, origin: pd.Timestamp, until_s: float) -> Clock:
        """Return the clock of a queue, long enough for the deadlines of what arrives until `until_s`."""
        own = None if queue.hours is None else OpeningHours.of(queue.hours)
        if (own or OpeningHours.of(centre.calendar.hours)).is_always and not centre.calendar.closed_on_holidays:
            return cls()
        within = max((target.within_s for target in queue.targets if isinstance(target, Deadline)), default=0.0)
        days = int(until_s / 86400) + 15
        while True:
            clock = cls._of_days(centre, own, origin, days)
            if np.isfinite(clock.due(np.array([until_s]), within)[0]) or days > _FARTHEST_DAYS:
                return clock
            days *= 2

    @classmethod
    def _of_days(cls, centre: Centre, hours: OpeningHours | None, origin: pd.Timestamp, days: int) -> Clock:
        first = origin.tz_convert(centre.tz).date()
        periods = Calendar.of(centre).open_periods(first, first + timedelta(days=days), hours)
        instants = np.array([(stamp - origin).total_seconds() for period in periods for stamp in period] or [0.0])
        open_s = np.diff(instants, prepend=instants[0])
        # Every second step is a closed stretch.
        open_s[::2] = 0.0
        return cls(instants=instants, business_s=np.cumsum(open_s))

    def due(self, time: Floats, within_s: float) -> Floats:
        """Return when work that arrives at `time` has to be done; infinite where the hours known end before."""
        if self.instants is None or self.business_s is None:
            return time + within_s
        at = np.interp(time, self.instants, self.business_s) + within_s
        # The earliest instant at which that much business time has gone by.
        after = np.searchsorted(self.business_s, at, side="left")
        inside = np.minimum(after, len(self.instants) - 1)
        due = self.instants[inside] - (self.business_s[inside] - at)
        return np.where(after < len(self.instants), due, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """Arrivals that are the same in each replication."""

    time: Floats
    row: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """Everything that is the same in each replication; `Case.of` checks and builds it."""

    centre: Centre
    forecast: pd.DataFrame  # queue and start of each row
    origin: pd.Timestamp
    intervals: int
    queue: Ints  # by row: number of the queue in the centre
    interval: Ints  # by row
    offered: Floats  # by row
    aht_s: Floats  # by row
    row_at: Ints  # by queue and interval, -1 where there is none
    closes: Floats  # by row: when its queue closes
    closing: Floats  # by row: when its live contacts that still wait are sent away, which is not before
    paths: Floats | None  # contacts by course and row
    replay: Replay | None
    lines: Lines
    routes: Routes
    staff: Staff
    skills: Flags  # by skill group: whether it serves each queue
    group: Ints  # by agent
    employees: tuple[str, ...]
    clocks: tuple[Clock, ...]
    model: Model
    now: Now | None
    shift_end: Floats  # by agent: of the first shift that is not over

    @classmethod
    def of(
        cls,
        forecast: FrameLike,
        roster: FrameLike,
        centre: Centre,
        model: Model | None = None,
        *,
        paths: Courses | None = None,
        replay: FrameLike | None = None,
        state: State | None = None,
        unstaffed: Unstaffed = "allow",
        seed: int = 0,
    ) -> Case:
        """Check what is simulated against each other and build the case; the parameters are those of `run`.

        Raises
        ------
        DataError
            With every fault.
        """
        names = [queue.name for queue in centre.queues]
        model = Model() if model is None else model
        faults = Faults("a simulation")
        with faults.collecting():
            model.check(centre)
        with faults.collecting():
            ahead = as_frame(forecast, "forecast", tz=centre.tz, known={"queue": names})
        with faults.collecting():
            activities = as_frame(roster, "activities", known={"queue": names})
        faults.raise_if_any()
        if not len(ahead):
            faults.add("the forecast has no rows", remedy="give at least one interval")
            faults.raise_if_any()
        contacts = ahead["offered"].sum()
        if contacts > _MOST_CONTACTS:
            what = f"the forecast has {contacts:.3g} contacts, above the {_MOST_CONTACTS:,} of one simulation"
            faults.add(what, remedy="check the volume, or simulate it in parts")
            faults.raise_if_any()
        if state is not None:
            ahead = still_to_come(ahead, state, centre)
        origin = ahead["start"].min()
        start = ((ahead["start"] - origin) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
        queue = ahead["queue"].map({name: number for number, name in enumerate(names)}).to_numpy(dtype=np.int64)
        _check_grid(ahead, start, centre, faults)
        aht_s = _handle_times(ahead, queue, centre, faults)
        with faults.collecting():
            staff, employees = read_staff(activities, centre, origin)
            _check_served(ahead, staff, names, faults)
            _check_meets(activities, staff, ahead["start"], centre, faults)
            if check_choice("unstaffed", unstaffed, _Unstaffed) is _Unstaffed.REFUSE:
                _check_staffed(ahead, start, queue, staff, centre, faults)
        with faults.collecting():
            now_at = None if state is None else state.now
            courses = None if paths is None else read_courses(paths, forecast, ahead, centre, now_at, seed)
        faults.raise_if_any()
        now = None
        if state is not None:
            now, staff = read_state(state, centre, origin, staff, employees)
        skills, group = staff.groups
        step = centre.interval_s
        interval = np.rint(start / step).astype(np.int64)
        row_at = np.full((len(names), int(interval.max()) + 1), -1)
        row_at[queue, interval] = np.arange(len(ahead))
        closes = _closes(queue, start, step, centre)
        lines = lines_of(centre, model)
        end = max(float(staff.end.max()), float(start.max()) + step)
        return cls(
            centre=centre,
            forecast=ahead[["queue", "start"]],
            origin=origin,
            intervals=int(interval.max()) + 1,
            queue=queue,
            interval=interval,
            offered=ahead["offered"].to_numpy(dtype=np.float64),
            aht_s=aht_s,
            row_at=row_at,
            closes=closes,
            closing=_closings(queue, closes, staff, centre),
            paths=courses,
            replay=None if replay is None else _read_replay(replay, ahead, row_at, origin, centre),
            lines=lines,
            routes=routes_of(skills, lines, centre, model),
            staff=staff,
            skills=skills,
            group=group,
            employees=employees,
            clocks=tuple(Clock.of(centre, q, origin, end) for q in centre.queues),
            model=model,
            now=now,
            shift_end=_shift_ends(staff),
        )

    def draw(self, seed: np.random.SeedSequence, streams: Streams = plain) -> Drawn:
        """Draw the contacts of one replication, with the further attempts that their customers would make."""
        return draw(self, seed, streams)

    def play(self, seed: np.random.SeedSequence, streams: Streams = plain) -> tuple[Drawn, Log]:
        """Return the contacts of one replication, in order of arrival, and what happened to them."""
        contacts, absences = seed.spawn(2)
        drawn = self.draw(contacts, streams)
        begun = None if self.now is None else self.now.begun
        staff = draw_attendance(self.staff, self.centre.shrinkage, self.model.lateness, absences, streams, begun)
        if self.now is not None:
            staff = with_holders(staff, self.now, self.shift_end)
        log = play(
            drawn.demand,
            self.lines,
            staff,
            interval_s=self.centre.interval_s,
            intervals=self.intervals,
            routes=self.routes,
            trunks=self.model.trunks,
        )
        return settle(self, drawn, log)


def _check_grid(ahead: pd.DataFrame, start: Floats, centre: Centre, faults: Faults) -> None:
    step = centre.interval_s
    off = np.flatnonzero(start % step != 0)
    if off.size:
        what = f"intervals do not lie on the grid of {step / 60:g} min from {ahead['start'].min()}"
        remedy = "give the forecast and the centre the same interval"
        faults.add(what, where="frame 'forecast'", remedy=remedy, rows=off.tolist())
        return
    coarse = [
        name
        for name, group in pd.Series(start).groupby(ahead["queue"].to_numpy())
        if len(group) > 1 and np.diff(group.to_numpy()).min() > step
    ]
    if coarse:
        what = f"no two intervals of {', '.join(map(repr, coarse))} follow each other at {step / 60:g} min"
        remedy = "give the forecast and the centre the same interval"
        faults.add(what, where="frame 'forecast'", remedy=remedy)


def _handle_times(ahead: pd.DataFrame, queue: Ints, centre: Centre, faults: Faults) -> Floats:
    said = np.full(len(queue), np.nan)
    if "aht_s" in ahead.columns:
        said = np.asarray(ahead["aht_s"].to_numpy(dtype=np.float64, na_value=np.nan))
    for number in np.unique(queue[np.isnan(said)]):
        if centre.queues[number].aht_s is None:
            remedy = "add the column aht_s to the forecast, or give the queue its aht"
            faults.add(f"queue {centre.queues[number].name!r} has no handle time", remedy=remedy)
    planned = np.array([np.nan if q.aht_s is None else q.aht_s for q in centre.queues], dtype=np.float64)
    return np.asarray(np.where(np.isnan(said), planned[queue], said))


def _check_served(ahead: pd.DataFrame, staff: Staff, names: list[str], faults: Faults) -> None:
    working = np.unique(staff.agent)
    served = np.any(~np.isnan(staff.speed[working]), axis=0).tolist()
    busy = ahead.loc[ahead["offered"] > 0, "queue"].unique()
    for name in busy:
        if not served[names.index(name)]:
            what = f"none of the {len(working)} people on the roster serves queue {name!r}"
            faults.add(what, remedy="roster somebody with its skill, or leave the queue out of the forecast")


def _check_meets(activities: pd.DataFrame, staff: Staff, starts: pd.Series, centre: Centre, faults: Faults) -> None:
    """Refuse a roster of other days than the forecast's: its people would answer nothing."""
    until_s = (starts.max() - starts.min()).total_seconds() + centre.interval_s
    if not ((staff.start < until_s) & (staff.end > 0)).any():
        first, last = activities["start"].min(), activities["end"].max()
        what = f"all work of the roster, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, lies outside the forecast"
        faults.add(
            what, remedy=f"give a roster of the forecast's days, {starts.min():%Y-%m-%d} to {starts.max():%Y-%m-%d}"
        )


def _check_staffed(
    ahead: pd.DataFrame, start: Floats, queue: Ints, staff: Staff, centre: Centre, faults: Faults
) -> None:
    """Refuse days with live contacts on which nobody who serves them is on seat: the roster does not reach there."""
    offered = ahead["offered"].to_numpy(dtype=np.float64)
    for number in np.unique(queue[offered > 0]):
        able = ~np.isnan(staff.speed[staff.agent, number])
        if centre.queues[number].is_deferred or not able.any():
            continue
        rows = np.flatnonzero(queue == number)
        opens, closes = _blocks(staff.start[able], staff.end[able])
        after = np.searchsorted(closes, start[rows], side="right")
        meets = (after < len(opens)) & (opens[np.minimum(after, len(opens) - 1)] < start[rows] + centre.interval_s)
        days = pd.DataFrame({"busy": offered[rows] > 0, "staffed": meets})
        found = days.groupby(ahead["start"].iloc[rows].dt.date.to_numpy()).any()
        empty = found.index[found["busy"] & ~found["staffed"]]
        if len(empty):
            first = ", ".join(map(str, empty[:3]))
            what = (
                f"queue {centre.queues[number].name!r} has contacts on {len(empty)} days on which nobody on the roster "
                f"serves it: {first}{', …' * (len(empty) > 3)}"
            )
            remedy = "roster somebody, leave them out of the forecast, or write unstaffed='allow' if that is meant"
            faults.add(what, remedy=remedy)


def still_to_come(frame: pd.DataFrame, state: State, centre: Centre) -> pd.DataFrame:
    """Return the rows of intervals that are not over."""
    left = frame[frame["start"] + pd.Timedelta(seconds=centre.interval_s) > state.now]
    if not len(left):
        what = f"all intervals of the forecast are over at {state.now}"
        raise DataError(Problem(what, remedy="give a state before the end of the forecast"))
    return left.reset_index(drop=True)


def _shift_ends(staff: Staff) -> Floats:
    ends = np.full(len(staff.speed), np.inf)
    np.minimum.at(ends, staff.agent, staff.shift_end)
    return ends


def _read_replay(replay: FrameLike, ahead: pd.DataFrame, row_at: Ints, origin: pd.Timestamp, centre: Centre) -> Replay:
    """Return the arrivals of a log."""
    names = [queue.name for queue in centre.queues]
    frame = as_frame(replay, "contacts", tz=centre.tz, known={"queue": names})
    time = ((frame["arrived_at"] - origin) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
    queue = frame["queue"].map({name: number for number, name in enumerate(names)}).to_numpy(dtype=np.int64)
    interval = np.floor(time / centre.interval_s).astype(np.int64)
    inside = (interval >= 0) & (interval < row_at.shape[1])
    row = np.where(inside, row_at[queue, np.where(inside, interval, 0)], -1)
    faults = Faults("the replayed contacts")
    if (row < 0).any():
        outside = frame.index[row < 0].tolist()
        faults.add(
            f"{len(outside)} contacts came in no interval of the forecast",
            where="frame 'contacts'",
            remedy=f"give those from {ahead['start'].min()} on, in the intervals that the forecast has",
            rows=outside,
        )
    faults.raise_if_any()
    order = np.argsort(time, kind="stable")
    return Replay(time=time[order], row=row[order])


def _closes(queue: Ints, start: Floats, step: float, centre: Centre) -> Floats:
    """Return when the queue of each row closes: the end of an unbroken run of its intervals."""
    closes = np.full(len(queue), np.inf)
    for number in np.unique(queue):
        if centre.queues[number].is_deferred:
            continue
        rows = np.flatnonzero(queue == number)
        ends = start[rows] + step
        last = np.append(start[rows][1:] > ends[:-1], True)
        closes[rows] = ends[last][np.searchsorted(np.flatnonzero(last), np.arange(len(rows)))]
    return closes


def _closings(queue: Ints, closes: Floats, staff: Staff, centre: Centre) -> Floats:
    """Return when the live contacts of each row that still wait are sent away.

    That is when their queue closes, or later, when the last one of the people on shift at that moment, who serve it,
    goes.
    """
    closing = closes.copy()
    for number in np.unique(queue):
        if centre.queues[number].is_deferred:
            continue
        rows = np.flatnonzero(queue == number)
        able = ~np.isnan(staff.speed[staff.agent, number])
        closing[rows] = _until_gone(closes[rows], staff.start[able], staff.end[able])
    return closing


def _until_gone(at: Floats, start: Floats, end: Floats) -> Floats:
    """Return the end of the unbroken presence that each instant falls into, or the instant itself."""
    if not len(start):
        return at
    opens, closes = _blocks(start, end)
    block = np.searchsorted(opens, at, side="right") - 1
    inside = (block >= 0) & (at < closes[block])
    return np.where(inside, closes[block], at)


def _blocks(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Return the starts and ends of the unbroken presence that stretches make up."""
    order = np.argsort(start, kind="stable")
    begins, until = start[order], np.maximum.accumulate(end[order])
    new = np.concatenate([[True], begins[1:] > until[:-1]])
    return begins[new], until[np.append(np.flatnonzero(new)[1:] - 1, len(until) - 1)]
