"""What is simulated: a forecast, a roster and a centre turned into arrays, checked once for all replications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.hours import OpeningHours
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline
from wfm.errors import Faults
from wfm.schema import FrameLike, as_frame
from wfm.simulate.engine import Demand, Flags, Floats, Ints, Lines, Staff
from wfm.simulate.service import Service
from wfm.simulate.staff import read_staff

__all__ = ["Case", "Clock", "Drawn"]

# Deferred work comes after every live queue, however urgent it is.
_DEFERRED_RANK = 1 << 20
_FARTHEST_DAYS = 1500


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
class Drawn:
    """The contacts of one replication, with what the kernel does not need: their row of the forecast."""

    demand: Demand
    row: Ints
    patience: Floats  # of the customer, however soon the queue closes
    closing: Floats  # when a live contact that still waits is sent away


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
    closing: Floats  # by row
    lines: Lines
    staff: Staff
    skills: Flags  # by skill group: whether it serves each queue
    group: Ints  # by agent
    employees: tuple[str, ...]
    clocks: tuple[Clock, ...]
    service: Service

    @classmethod
    def of(cls, forecast: FrameLike, roster: FrameLike, centre: Centre, service: Service) -> Case:
        """Check forecast, roster and centre against each other and build the case.

        Raises
        ------
        DataError
            With every fault.
        """
        names = [queue.name for queue in centre.queues]
        faults = Faults("a simulation")
        with faults.collecting():
            ahead = as_frame(forecast, "forecast", tz=centre.tz, known={"queue": names})
        with faults.collecting():
            activities = as_frame(roster, "activities", known={"queue": names})
        faults.raise_if_any()
        if not len(ahead):
            faults.add("the forecast has no rows", remedy="give at least one interval")
            faults.raise_if_any()
        origin = ahead["start"].min()
        start = ((ahead["start"] - origin) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
        queue = ahead["queue"].map({name: number for number, name in enumerate(names)}).to_numpy(dtype=np.int64)
        _check_grid(ahead, start, centre, faults)
        aht_s = _handle_times(ahead, queue, centre, faults)
        with faults.collecting():
            staff, employees = read_staff(activities, centre, origin)
            _check_served(ahead, staff, names, faults)
            _check_meets(activities, staff, ahead["start"], centre, faults)
        faults.raise_if_any()
        skills, group = staff.groups
        step = centre.interval_s
        interval = np.rint(start / step).astype(np.int64)
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
            closing=_closings(queue, start, step, staff, centre),
            lines=_lines(centre),
            staff=staff,
            skills=skills,
            group=group,
            employees=employees,
            clocks=tuple(Clock.of(centre, q, origin, end) for q in centre.queues),
            service=service,
        )

    def draw(self, seed: np.random.SeedSequence) -> Drawn:
        """Draw the contacts of one replication; each queue and quantity has its own stream of random numbers."""
        parts: list[tuple[Floats, ...]] = []
        rows_of: list[Ints] = []
        step = self.centre.interval_s
        for number, stream in enumerate(seed.spawn(len(self.centre.queues))):
            arrival_rng, service_rng, patience_rng = (np.random.default_rng(s) for s in stream.spawn(3))
            rows = np.flatnonzero(self.queue == number)
            row = np.repeat(rows, arrival_rng.poisson(self.offered[rows]))
            time = (self.interval[row] + arrival_rng.random(len(row))) * step
            mean = self.centre.queues[number].patience_s
            patience = np.full(len(row), np.inf) if mean is None else mean * patience_rng.standard_exponential(len(row))
            deadline = _tightest(self.centre.queues[number])
            due = time if deadline is None else self.clocks[number].due(time, deadline)
            service = self.service.draw(service_rng, len(row)) * self.aht_s[row]
            parts.append((time, service, patience, due))
            rows_of.append(row)
        order = np.argsort(np.concatenate([part[0] for part in parts]), kind="stable")
        time, service, patience, due = (np.concatenate(arrays)[order] for arrays in zip(*parts, strict=True))
        row = np.concatenate(rows_of)[order]
        closing = self.closing[row]
        demand = Demand(
            time=time,
            queue=self.queue[row],
            service=service,
            patience=np.minimum(patience, closing - time),
            due=due,
        )
        return Drawn(demand=demand, row=row, patience=patience, closing=closing)


def _tightest(queue: Queue) -> float | None:
    within = [target.within_s for target in queue.targets if isinstance(target, Deadline)]
    return min(within) if within else None


def _lines(centre: Centre) -> Lines:
    rank = [_DEFERRED_RANK if queue.is_deferred else queue.priority for queue in centre.queues]
    return Lines(
        rank=np.array(rank, dtype=np.int64),
        concurrency=np.array([queue.concurrency for queue in centre.queues], dtype=np.int64),
        slowdown=np.array([queue.slowdown for queue in centre.queues], dtype=np.float64),
    )


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


def _closings(queue: Ints, start: Floats, step: float, staff: Staff, centre: Centre) -> Floats:
    """Return when the live contacts of each row that still wait are sent away.

    That is when their queue closes, which is the end of an unbroken run of its intervals, or later, when the last one
    of the people on shift at that moment, who serve it, goes.
    """
    closing = np.full(len(queue), np.inf)
    for number in np.unique(queue):
        if centre.queues[number].is_deferred:
            continue
        rows = np.flatnonzero(queue == number)
        ends = start[rows] + step
        last = np.append(start[rows][1:] > ends[:-1], True)
        closes = ends[last][np.searchsorted(np.flatnonzero(last), np.arange(len(rows)))]
        able = ~np.isnan(staff.speed[staff.agent, number])
        closing[rows] = _until_gone(closes, staff.start[able], staff.end[able])
    return closing


def _until_gone(at: Floats, start: Floats, end: Floats) -> Floats:
    """Return the end of the unbroken presence that each instant falls into, or the instant itself."""
    if not len(start):
        return at
    order = np.argsort(start, kind="stable")
    begins, until = start[order], np.maximum.accumulate(end[order])
    new = np.concatenate([[True], begins[1:] > until[:-1]])
    opens = begins[new]
    closes = until[np.append(np.flatnonzero(new)[1:] - 1, len(until) - 1)]
    block = np.searchsorted(opens, at, side="right") - 1
    inside = (block >= 0) & (at < closes[block])
    return np.where(inside, closes[block], at)
