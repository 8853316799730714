"""What moves a quote: its inputs one by one, and its promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wfm.domain.duration import format_duration
from wfm.domain.targets import ServiceLevel
from wfm.quotes.answer import Lever, ParetoPoint
from wfm.quotes.money import bill
from wfm.quotes.points import factors
from wfm.quotes.request import QuoteQueue, QuoteRequest
from wfm.quotes.staff import Work, make_work, readings_of, targets_at
from wfm.quotes.surface import Surface
from wfm.staffing.kernels.rounding import scheduled

if TYPE_CHECKING:
    from wfm.quotes.engine import Base

__all__ = ["pareto", "tornado"]

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
# Teams with more distinct intervals than this are read from a surface where their model is slow.
_FEW = 30


def _agents(work: Work, fraction: float | None = None) -> np.ndarray:
    """Return the agents of a live queue by distinct interval, from a surface where that saves time."""
    team, goals = work.team, targets_at(work.queue, fraction)
    assert team is not None
    if len(team.offered) <= _FEW or (len(team.sessions_s) == 1 and team.patience_s is None):
        found = team.fewest(goals)
    else:
        load = team.load_erl
        surface = Surface(
            float(load.min()),
            float(load.max()),
            (1.0,),
            sessions_s=[float(one) for one in team.sessions_s],
            patience_s=None if team.patience_s is None else float(team.patience_s),
            interval_s=team.interval_s,
            targets=goals,
        )
        found = surface.agents(load)
    return np.maximum(found, work.queue.min_agents)


def _hours(request: QuoteRequest, base: Base, works: list[Work], fraction: float | None = None) -> float:
    """Return the hours of the curves of the queues at other inputs; deferred work goes with its load."""
    total = 0.0
    for number, work in enumerate(works):
        if work.team is None:
            own, before = work.week.offered.sum(), base.works[number].week.offered.sum()
            sessions = work.queue.sessions_s[0] / base.works[number].queue.sessions_s[0]
            heads = scheduled(base.staff.by_queue[number], request.shrinkage_share).sum()
            total += float(heads) * (own / before * sessions if before else 1.0)
            continue
        counts = np.bincount(work.team.back, minlength=len(work.team.offered))
        idle = (work.week.is_open.sum() - len(work.busy)) * work.queue.min_agents
        total += float(scheduled(_agents(work, fraction), request.shrinkage_share) @ counts) + float(idle)
    return total * request.interval_s / 3600.0


class _Costs:
    """The yearly cost of changed requests, in proportion to the hours of the curves as they are asked."""

    def __init__(self, request: QuoteRequest, base: Base) -> None:
        self.request, self.base = request, base
        hours = _hours(request, base, base.works)
        self.scale = base.week_h / hours if hours else 1.0

    def of(self, request: QuoteRequest | None = None, works: list[Work] | None = None) -> float:
        """Return the cost of other inputs or other weeks."""
        asked = request or self.request
        if works is None:
            works = self.base.works if asked.queues is self.request.queues else make_work(asked)
        return float(bill(asked, _hours(asked, self.base, works) * self.scale).cost_year)


def tornado(request: QuoteRequest, base: Base, check: Callable[[], None]) -> tuple[Lever, ...]:
    """Return the levers, the longest first."""
    costs = _Costs(request, base)
    levers = []
    for name, low, high, low_request, high_request in _changes(request):
        check()
        ends = [one if isinstance(one, float) else costs.of(one) for one in (low_request, high_request)]
        levers.append(Lever(input=name, low=low, high=high, cost_low=ends[0], cost_high=ends[1]))
    for name, spread in (("volume", request.uncertainty.volume), ("aht", request.uncertainty.aht)):
        check()
        ends = factors(spread, np.array([0.1, 0.9])).tolist()
        values = [costs.of(works=make_work(request, **{name: end})) for end in ends]
        shown = [f"{100 * (end - 1):+.1f} %" for end in ends]
        levers.append(Lever(input=name, low=shown[0], high=shown[1], cost_low=values[0], cost_high=values[1]))
    return tuple(sorted(levers, key=lambda lever: (-abs(lever.cost_high - lever.cost_low), lever.input)))


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
            replace(goal, within=goal.within * factor) if hasattr(goal, "within") else goal for goal in queue.goals
        )
        return replace(queue, targets=goals)

    return _each(request, change)


def _patience(request: QuoteRequest, factor: float) -> QuoteRequest:
    from datetime import timedelta

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
    costs = _Costs(request, base)
    found = []
    for fraction in LEVELS:
        check()
        met = contacts = 0.0
        for work in live:
            level, _, longest = readings_of(work.queue)
            assert work.team is not None
            volume = np.bincount(work.team.back, weights=work.week.offered[work.busy])
            figures = work.team.levels(_agents(work, fraction), level)
            met, contacts = met + float(volume @ figures), contacts + float(volume.sum())
        money = bill(request, _hours(request, base, base.works, fraction) * costs.scale)
        found.append((fraction, met / contacts, float(money.fte), float(money.cost_year)))
    knee = _knee([(level, cost) for _, level, _, cost in found])
    return tuple(
        ParetoPoint(target=fraction, service_level=level, fte=fte, cost_per_year=cost, is_knee=number == knee)
        for number, (fraction, level, fte, cost) in enumerate(found)
    )


def _knee(points: list[tuple[float, float]]) -> int:
    """Return the point farthest below the line from the first to the last (V. Satopaa and others, "Finding a kneedle in

    a haystack", ICDCS workshops 2011).
    """
    levels, costs = np.array(points).T
    rise, dear = levels[-1] - levels[0], costs[-1] - costs[0]
    if rise <= 0 or dear <= 0:
        return 0
    return int(np.argmax((levels - levels[0]) / rise - (costs - costs[0]) / dear))
