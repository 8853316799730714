"""What moves a quote: its inputs one by one, and its promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wfm.domain.duration import format_duration
from wfm.domain.targets import LongestWait, MeanAnswer, ServiceLevel
from wfm.quotes import covering
from wfm.quotes.answer import Lever, ParetoPoint
from wfm.quotes.money import bill
from wfm.quotes.points import factors
from wfm.quotes.request import QuoteQueue, QuoteRequest
from wfm.quotes.staff import Work, by_interval, make_work, readings_of, targets_at
from wfm.quotes.surface import Question, surfaces
from wfm.staffing.kernels.rounding import scheduled

if TYPE_CHECKING:
    from wfm.erlang.arrays import Ints
    from wfm.quotes.engine import Base

__all__ = ["pareto", "tornado"]

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)


class _Asked(NamedTuple):
    """A changed request, its weeks, and another share for the service levels, where one is asked."""

    request: QuoteRequest
    works: list[Work]
    fraction: float | None = None


def _staffs(asked: list[_Asked]) -> list[list[Ints | None]]:
    """Return the agents of each live queue by distinct interval, for all that is asked at once.

    Erlang C is read exactly; slower models from surfaces, whose nodes are searched together.
    """
    found: list[list[Ints | None]] = [[None] * len(one.works) for one in asked]
    questions, places = [], []
    for row, one in enumerate(asked):
        for number, work in enumerate(one.works):
            team, goals = work.team, targets_at(work.queue, one.fraction)
            if team is None:
                continue
            if len(work.queue.sessions_s) == 1 and work.queue.patience_s is None:
                found[row][number] = np.maximum(team.fewest(goals), work.queue.min_agents)
                continue
            load, step = team.load_erl, team.interval_s
            sessions = tuple(float(length) for length in team.sessions_s)
            low, high = float(load.min()), float(load.max())
            questions.append(Question(sessions, work.queue.patience_s, step, goals, low, high))
            places.append((row, number, load))
    for (row, number, load), surface in zip(places, surfaces(questions), strict=True):
        found[row][number] = np.maximum(surface.agents(load), asked[row].works[number].queue.min_agents)
    return found


def _paid_hours(base: Base, asked: _Asked, staff: list[Ints | None]) -> float:
    """Return the paid hours of a week, were each queue a team of its own; deferred work goes with its load."""
    total, shrinkage, interval = 0.0, asked.request.shrinkage_share, asked.request.interval_s
    for number, (work, agents) in enumerate(zip(asked.works, staff, strict=True)):
        if work.team is None or agents is None:
            own, before = work.week.offered.sum(), base.works[number].week.offered.sum()
            heads = scheduled(base.staff.by_queue[number], shrinkage)
            paid = covering.paid_hours(heads, asked.request.contracts, interval)
            total += paid * (own * work.aht / before if before else 1.0)
            continue
        heads = scheduled(by_interval(work, agents), shrinkage)
        total += covering.paid_hours(heads, asked.request.contracts, interval)
    return total


def tornado(request: QuoteRequest, base: Base, check: Callable[[], None]) -> tuple[Lever, ...]:
    """Return the levers, the longest first."""
    rows = list(_changes(request))
    asked = [_Asked(request, base.works)]
    for _, _, _, low, high in rows:
        asked += [_Asked(one, base.works if one.queues is request.queues else make_work(one)) for one in (low, high)]
    for name, spread in (("volume", request.uncertainty.volume), ("aht", request.uncertainty.aht)):
        ends = factors(spread, np.array([0.1, 0.9])).tolist()
        asked += [_Asked(request, make_work(request, **{name: end})) for end in ends]
        shown = [f"{100 * (end - 1):+.1f} %" for end in ends]
        rows.append((name, shown[0], shown[1], request, request))
    check()
    costs = _costs(base, asked)
    levers = [
        Lever(input=name, low=low, high=high, cost_low=costs[2 * row + 1], cost_high=costs[2 * row + 2])
        for row, (name, low, high, _, _) in enumerate(rows)
    ]
    return tuple(sorted(levers, key=lambda lever: (-abs(lever.cost_high - lever.cost_low), lever.input)))


def _costs(base: Base, asked: list[_Asked]) -> list[float]:
    """Return the yearly costs; the first is asked for the scale: what shared agents and the programme save."""
    staffs = _staffs(asked)
    hours = [_paid_hours(base, one, staff) for one, staff in zip(asked, staffs, strict=True)]
    scale = base.week_h / hours[0] if hours[0] else 1.0
    return [float(bill(one.request, own * scale).cost_year) for one, own in zip(asked, hours, strict=True)]


_Change = tuple[str, str, str, "QuoteRequest", "QuoteRequest"]


def _changes(request: QuoteRequest) -> Iterator[_Change]:
    share = request.shrinkage_share
    low, high = max(share - 0.05, 0.0), min(share + 0.05, 0.89)
    yield "shrinkage", f"{low:.0%}", f"{high:.0%}", _with_shrinkage(request, low), _with_shrinkage(request, high)
    fewer, more = _wages(request, 0.9), _wages(request, 1.1)
    yield "wages", "-10 %", "+10 %", fewer, more
    if request.attrition:
        less, greater = (replace(request, attrition=request.attrition * factor) for factor in (0.5, 1.5))
        yield "attrition", f"{less.attrition:.0%}", f"{greater.attrition:.0%}", less, greater
    if any(queue.is_live for queue in request.queues):
        yield "service level", "-10 points", "+10 points", _levels(request, -0.1), _levels(request, 0.1)
        yield "acceptable wait", "half", "double", _waits(request, 0.5), _waits(request, 2.0)
    if any(queue.patience_s for queue in request.queues):
        yield "patience", "half", "double", _patience(request, 0.5), _patience(request, 2.0)
    if any(queue.concurrency > 1 and isinstance(queue.aht, str) for queue in request.queues):
        yield "sessions at once", "-1", "+1", _sessions(request, -1), _sessions(request, 1)


def _with_shrinkage(request: QuoteRequest, share: float) -> QuoteRequest:
    return replace(request, shrinkage={"all": share})


def _wages(request: QuoteRequest, factor: float) -> QuoteRequest:
    contracts = tuple(replace(one, wage=one.wage * factor) for one in request.contracts)
    return replace(request, contracts=contracts)


def _each(request: QuoteRequest, change: Callable[[QuoteQueue], QuoteQueue]) -> QuoteRequest:
    return replace(request, queues=tuple(change(queue) if queue.is_live else queue for queue in request.queues))


def _levels(request: QuoteRequest, points: float) -> QuoteRequest:
    def change(queue: QuoteQueue) -> QuoteQueue:
        goals = tuple(
            replace(goal, fraction=min(max(goal.fraction + points, 0.01), 0.99))
            if isinstance(goal, ServiceLevel)
            else goal
            for goal in queue.goals
        )
        return replace(queue, targets=goals)

    return _each(request, change)


def _waits(request: QuoteRequest, factor: float) -> QuoteRequest:
    def change(queue: QuoteQueue) -> QuoteQueue:
        goals = tuple(
            replace(goal, within=timedelta(seconds=goal.within_s * factor))
            if isinstance(goal, ServiceLevel | MeanAnswer | LongestWait)
            else goal
            for goal in queue.goals
        )
        return replace(queue, targets=goals)

    return _each(request, change)


def _patience(request: QuoteRequest, factor: float) -> QuoteRequest:
    def change(queue: QuoteQueue) -> QuoteQueue:
        if queue.patience_s is None:
            return queue
        return replace(queue, patience=format_duration(timedelta(seconds=queue.patience_s * factor)))

    return _each(request, change)


def _sessions(request: QuoteRequest, step: int) -> QuoteRequest:
    def change(queue: QuoteQueue) -> QuoteQueue:
        if queue.concurrency == 1 or not isinstance(queue.aht, str):
            return queue
        return replace(queue, concurrency=min(max(queue.concurrency + step, 1), 20))

    return _each(request, change)


def pareto(request: QuoteRequest, base: Base, check: Callable[[], None]) -> tuple[ParetoPoint, ...]:
    """Return the cost of other shares in the service levels, and where more begins to cost much more."""
    live = [work for work in base.works if work.team is not None]
    if not any(isinstance(goal, ServiceLevel) for work in live for goal in work.queue.goals):
        return ()
    asked = [_Asked(request, base.works), *(_Asked(request, base.works, fraction) for fraction in LEVELS)]
    staffs = _staffs(asked)
    check()
    hours = [_paid_hours(base, one, staff) for one, staff in zip(asked, staffs, strict=True)]
    scale = base.week_h / hours[0] if hours[0] else 1.0
    found = []
    for fraction, own, staff in zip(LEVELS, hours[1:], staffs[1:], strict=True):
        money = bill(request, own * scale)
        found.append((fraction, _reached(base.works, staff), float(money.fte), float(money.cost_year)))
        check()
    knee = _knee([(level, cost) for _, level, _, cost in found])
    return tuple(
        ParetoPoint(target=fraction, service_level=level, fte=fte, cost_per_year=cost, is_knee=number == knee)
        for number, (fraction, level, fte, cost) in enumerate(found)
    )


def _reached(works: list[Work], staff: list[Ints | None]) -> float:
    """Return the level that a staff reaches over the live contacts of the week."""
    met = contacts = 0.0
    for work, agents in zip(works, staff, strict=True):
        if work.team is None or agents is None:
            continue
        volume = np.bincount(work.team.back, weights=work.week.offered[work.busy])
        met += float(volume @ work.team.levels(agents, readings_of(work.queue)[0]))
        contacts += float(volume.sum())
    return met / contacts


def _knee(points: list[tuple[float, float]]) -> int:
    """Return the point farthest below the line from the first to the last.

    V. Satopaa, J. Albrecht, D. Irwin and B. Raghavan, "Finding a 'kneedle' in a haystack", ICDCS workshops
    (2011).
    """
    levels, costs = np.array(points).T
    rise, dear = levels[-1] - levels[0], costs[-1] - costs[0]
    if rise <= 0 or dear <= 0:
        return 0
    return int(np.argmax((levels - levels[0]) / rise - (costs - costs[0]) / dear))
