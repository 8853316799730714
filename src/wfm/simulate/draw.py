"""The contacts of one replication: drawn before it is played, and told as they came after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline
from wfm.errors import DataError, Problem
from wfm.simulate.inputs import Demand, Floats, Ints
from wfm.simulate.now import DRAWS, beyond
from wfm.simulate.patience import PatienceCurve
from wfm.simulate.streams import Stream, Streams

if TYPE_CHECKING:
    from wfm.simulate.case import Case
    from wfm.simulate.engine import Log

__all__ = ["Drawn", "draw", "settle"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The contacts of one replication, with what the kernel does not need: their row of the forecast."""

    demand: Demand
    row: Ints
    patience: Floats  # of the customer, however soon the queue closes
    closing: Floats  # when a live contact that still waits is sent away
    attempt: Ints  # 1 for a first attempt, 2 for the one after it


@dataclass(slots=True)
class _Part:
    """Contacts of one queue; those of further attempts have no time yet."""

    time: Floats
    row: Ints
    service: Floats
    patience: Floats
    due: Floats
    attempt: Ints
    again: Ints  # place in this part, or -1
    delay: Floats
    holder: Ints | None = None  # of a contact in hand at the start
    answered: Floats | None = None


_JOINED = ("time", "row", "service", "patience", "due", "attempt", "again", "delay")


def draw(case: Case, seed: np.random.SeedSequence, streams: Streams) -> Drawn:
    """Draw the contacts of one replication; each queue and quantity has its own stream of random numbers."""
    seeds = seed.spawn(len(case.centre.queues) + 1)
    offered = case.offered
    if case.paths is not None:
        chosen = int(streams(seeds[-1]).random(1)[0] * len(case.paths))
        offered = case.paths[chosen]
    parts = [_contacts(case, number, offered, stream, streams) for number, stream in enumerate(seeds[:-1])]
    return _together(case, parts)


def _contacts(case: Case, number: int, offered: Floats, seed: np.random.SeedSequence, streams: Streams) -> _Part:
    arrival_rng, service_rng, patience_rng, balk_rng, redial_rng, now_rng = (streams(s) for s in seed.spawn(6))
    queue = case.centre.queues[number]
    if case.replay is None:
        rows = np.flatnonzero(case.queue == number)
        # A course of the volume tells the contacts themselves; a part of one is one with that probability.
        count = arrival_rng.poisson(offered[rows]) if case.paths is None else _whole(offered[rows], arrival_rng)
        row = np.repeat(rows, count)
        time = (case.interval[row] + arrival_rng.random(len(row))) * case.centre.interval_s
    else:
        mine = case.queue[case.replay.row] == number
        row, time = case.replay.row[mine], case.replay.time[mine]
    if case.now is not None:
        to_come = time >= case.now.at
        row, time = row[to_come], time[to_come]
    size = len(row)
    deadline = _tightest(queue)
    part = _Part(
        time=time,
        row=row,
        service=case.model.service_of(queue.name).draw(service_rng, size) * case.aht_s[row],
        patience=_patience(case, queue, patience_rng, size),
        due=time if deadline is None else case.clocks[number].due(time, deadline),
        attempt=np.ones(size, dtype=np.int64),
        again=np.full(size, -1),
        delay=np.zeros(size),
    )
    balking = case.model.balking_of(queue.name)
    if balking > 0 and not queue.is_deferred:
        part.patience[balk_rng.random(size) < balking] = 0.0
    redial = case.model.redial_of(queue.name)
    if redial is not None and not queue.is_deferred:
        _add_attempts(case, number, part, redial_rng)
    if case.now is not None:
        _add_present(case, number, part, now_rng)
    return part


def _whole(offered: Floats, rng: Stream) -> Ints:
    return np.floor(offered + rng.random(len(offered))).astype(np.int64)


def _add_present(case: Case, number: int, part: _Part, rng: Stream) -> None:
    """Add the contacts that wait or are in hand at the start, with what is left given how long they have been there."""
    now = case.now
    if now is None:
        return
    mine = np.flatnonzero(now.held.queue == number)
    if not len(mine):
        return
    queue = case.centre.queues[number]
    time, agent, answered = now.held.time[mine], now.held.agent[mine], now.held.answered[mine]
    rows = np.flatnonzero(case.queue == number)
    if not len(rows):
        what = f"contacts of queue {queue.name!r} are there, and the forecast has no interval of it from now on"
        raise DataError(Problem(what, remedy="forecast the queue, with 0 contacts if none will come"))
    interval = np.clip((time // case.centre.interval_s).astype(np.int64), 0, case.intervals - 1)
    found = case.row_at[number, interval]
    # Whoever came before the first interval counts in that.
    row = np.where((time >= 0) & (found >= 0), found, rows[0])
    count = len(mine)
    service = case.model.service_of(queue.name).draw(rng, count) * case.aht_s[row]
    in_hand = agent >= 0
    speed = np.where(in_hand, case.staff.speed[np.maximum(agent, 0), number], 1.0)
    gone = np.where(in_hand, (now.at - answered) * speed, 0.0)
    law = case.model.service_of(queue.name)
    sample = law.draw(rng, DRAWS)
    left = beyond(gone / case.aht_s[row], sample, rng.random(count)) * case.aht_s[row] - gone
    patience = beyond(now.at - time, _patience(case, queue, rng, DRAWS), rng.random(count))
    deadline = _tightest(queue)
    due = time if deadline is None else case.clocks[number].due(time, deadline)
    part.time = np.append(part.time, time)
    part.row = np.append(part.row, row)
    part.service = np.append(part.service, np.where(in_hand, np.maximum(left, 0.0), service))
    part.patience = np.append(part.patience, np.where(in_hand, np.inf, patience))
    part.due = np.append(part.due, due)
    part.attempt = np.append(part.attempt, np.ones(count, dtype=np.int64))
    part.again = np.append(part.again, np.full(count, -1))
    part.delay = np.append(part.delay, np.zeros(count))
    first = len(part.time) - count
    part.holder = np.append(np.full(first, -1), agent)
    part.answered = np.append(np.full(first, np.nan), answered)


def _patience(case: Case, queue: Queue, rng: Stream, count: int) -> Floats:
    law = case.model.patience_of(queue.name)
    if isinstance(law, PatienceCurve):
        return np.full(count, np.inf) if queue.is_deferred else law.draw(rng, count)
    return np.full(count, np.inf) if queue.patience_s is None else queue.patience_s * law.draw(rng, count)


def _add_attempts(case: Case, number: int, part: _Part, rng: Stream) -> None:
    """Add the further attempts that customers would make, each with a patience of its own for the same matter."""
    queue = case.centre.queues[number]
    redial = case.model.redial_of(queue.name)
    if redial is None:
        return
    before = np.arange(len(part.time))
    for attempt in range(2, redial.attempts + 2):
        before = before[rng.random(len(before)) < redial.probability]
        count, first = len(before), len(part.time)
        if count == 0:
            return
        part.again[before] = first + np.arange(count)
        patience = _patience(case, queue, rng, count)
        patience[rng.random(count) < case.model.balking_of(queue.name)] = 0.0
        part.time = np.append(part.time, np.full(count, np.nan))
        part.row = np.append(part.row, part.row[before])
        part.service = np.append(part.service, part.service[before])
        part.patience = np.append(part.patience, patience)
        part.due = np.append(part.due, np.full(count, np.nan))
        part.attempt = np.append(part.attempt, np.full(count, attempt))
        part.again = np.append(part.again, np.full(count, -1))
        part.delay = np.append(part.delay, redial.delay_s * rng.standard_exponential(count))
        before = first + np.arange(count)


def _together(case: Case, parts: list[_Part]) -> Drawn:
    """Put the parts in order of arrival, with the further attempts behind."""
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _JOINED}
    holder, answered = _in_hand(parts)
    # Missing times, and what is in hand at the start, stand last.
    order = np.argsort(
        joined["time"] if holder is None else np.where(holder >= 0, np.nan, joined["time"]), kind="stable"
    )
    # From here on in order.
    time, row, patience, again = (joined[name][order] for name in ("time", "row", "patience", "again"))
    closing = case.closing[row]
    left = np.minimum(patience, closing - time)
    further: dict[str, Any] = {}
    if holder is not None or (again >= 0).any():
        attempt = joined["attempt"][order]
        further = {
            "arrivals": int((attempt == 1).sum() if holder is None else ((attempt == 1) & (holder[order] < 0)).sum()),
            "again": _places(parts, order, joined["again"]),
            "delay": joined["delay"][order],
            "until": case.closes[row],
            "closing": closing,
        }
        left = np.where(np.isnan(time), patience, left)
    if holder is not None and answered is not None:
        further |= {"holder": holder[order], "answered": answered[order]}
    demand = Demand(
        time=time,
        queue=case.queue[row],
        service=joined["service"][order],
        patience=left,
        due=joined["due"][order],
        **further,
    )
    return Drawn(demand=demand, row=row, patience=patience, closing=closing, attempt=joined["attempt"][order])


def _in_hand(parts: list[_Part]) -> tuple[Ints | None, Floats | None]:
    """Return who has each contact in hand at the start, and since when, if there are any."""
    if all(part.holder is None for part in parts):
        return None, None
    holder = np.concatenate([np.full(len(p.time), -1) if p.holder is None else p.holder for p in parts])
    if not (holder >= 0).any():
        return None, None
    return holder, np.concatenate([np.full(len(p.time), np.nan) if p.answered is None else p.answered for p in parts])


def _places(parts: list[_Part], order: Ints, again: Ints) -> Ints:
    """Return for each contact, in order, the place of its customer's next attempt in that order, or -1."""
    sizes = [len(part.time) for part in parts]
    shift = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return np.asarray(np.where(again >= 0, place[np.where(again >= 0, again + shift, 0)], -1)[order])


def settle(case: Case, drawn: Drawn, log: Log) -> tuple[Drawn, Log]:
    """Return the contacts that came, in order of arrival, each in the row of the forecast in which it came.

    Those in hand at the start were answered before it, and are left out.
    """
    if drawn.demand.arrivals is None:
        return drawn, log
    new = np.ones(len(log.arrived), dtype=bool) if drawn.demand.holder is None else drawn.demand.holder < 0
    came = np.flatnonzero(~np.isnan(log.arrived) & new)
    came = came[np.argsort(log.arrived[came], kind="stable")]
    time, queue = log.arrived[came], drawn.demand.queue[came]
    later = drawn.attempt[came] > 1
    row = drawn.row[came]
    row[later] = case.row_at[queue[later], (time[later] // case.centre.interval_s).astype(np.int64)]
    closing = drawn.closing[came]
    patience = drawn.patience[came]
    due = time if drawn.demand.due is None else np.where(later, time, drawn.demand.due[came])
    demand = Demand(
        time=time,
        queue=queue,
        service=drawn.demand.service[came],
        patience=np.minimum(patience, closing - time),
        due=due,
    )
    told = {name: getattr(log, name)[came] for name in ("arrived", "reached", "ended", "agent", "sessions")}
    log = replace(log, **told, worked_s=log.worked_s[came], blocked=log.blocked[came])
    return Drawn(demand=demand, row=row, patience=patience, closing=closing, attempt=drawn.attempt[came]), log


def _tightest(queue: Queue) -> float | None:
    within = [target.within_s for target in queue.targets if isinstance(target, Deadline)]
    return min(within) if within else None
