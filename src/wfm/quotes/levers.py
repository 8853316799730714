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
from wfm.quotes.staff import Ask, Staff, Work, by_distinct, make_work, readings_of, staffed
from wfm.quotes.surface import Question, surfaces

if TYPE_CHECKING:
    from wfm.domain.targets import Target
    from wfm.erlang.arrays import Floats, Ints
    from wfm.quotes.engine import Base
    from wfm.quotes.models import Team

__all__ = ["pareto", "tornado"]

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)


class _Asked(NamedTuple):
    """A changed request, its weeks, and another share for the service levels, where one is asked."""

    request: QuoteRequest
    works: list[Work]
    fraction: float | None = None


class _Searches:
    """The agents of many teams, which are noted first, searched together, and told in the order in which they came.

    Erlang C is read exactly; slower models from surfaces, whose nodes are searched together.
    """

    def __init__(self) -> None:
        self._found: list[Ints] = []
        self._questions: list[Question] = []
        self._places: list[tuple[int, Floats]] = []
        self._told: Iterator[Ints] = iter(())

    def note(self, team: Team, targets: tuple[Target, ...]) -> Ints:
        """Note what is asked, and return as many agents as there are intervals, of no meaning."""
        if team.is_erlang_c:
            self._found.append(team.fewest(targets))
        else:
            load, (sessions, patience) = team.load_erl, team.means()
            low, high = float(load.min()), float(load.max())
            self._questions.append(Question(sessions, patience, team.interval_s, targets, low, high))
            self._places.append((len(self._found), load))
            self._found.append(np.ones(len(load), dtype=np.int64))
        return self._found[-1]

    def search(self) -> None:
        """Find all that was noted."""
        for (place, load), surface in zip(self._places, surfaces(self._questions), strict=True):
            self._found[place] = surface.agents(load)
        self._told = iter(self._found)

    def tell(self, _team: Team, _targets: tuple[Target, ...]) -> Ints:
        """Return the agents of the next that was noted."""
        return next(self._told)


def _staffs(base: Base, asked: list[_Asked]) -> list[Staff]:
    """Return the staff of all that is asked at once; that of deferred work is the quote's."""
    queues = zip(base.works, base.staff.by_queue, strict=True)
    deferred = {work.queue.name: agents for work, agents in queues if not work.queue.is_live}
    searches = _Searches()

    def staff(one: _Asked, ask: Ask) -> Staff:
        return staffed(one.request, one.works, fraction=one.fraction, deferred_as=deferred, ask=ask)

    for one in asked:
        staff(one, searches.note)
    searches.search()
    return [staff(one, searches.tell) for one in asked]


def _paid_hours(base: Base, asked: _Asked, staff: Staff) -> float:
    """Return the paid hours of a week; those of deferred work go with its load."""
    contracts, interval = asked.request.contracts, asked.request.interval_s
    teams = iter([covering.paid_hours(heads, contracts, interval) for heads in staff.heads])
    total = next(teams) if staff.mixtures else 0.0
    for work, known in zip(asked.works, base.works, strict=True):
        if not work.queue.is_live:
            own, before = work.week.total, known.week.total
            total += next(teams) * (own * work.aht / before if before else 1.0)
        elif not staff.mixtures:
            total += next(teams)
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
    """Return the yearly costs; the first is asked for the scale, which surfaces and the programme leave."""
    staffs = _staffs(base, asked)
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
    staffs = _staffs(base, asked)
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


def _reached(works: list[Work], staff: Staff) -> float:
    """Return the level over the live contacts of the week: of one team where it is one, else of separate teams."""
    met = contacts = 0.0
    parts = [(work.team, work.busy, agents, work.queue) for work, agents in zip(works, staff.by_queue, strict=True)]
    if staff.is_one_team:
        parts = [(one.team, one.busy, one.agents, one.works[0].queue) for one in staff.mixtures]
    for team, busy, agents, queue in parts:
        if team is not None:
            volume = team.counts * team.offered
            met += float(volume @ team.levels(by_distinct(team, agents[busy]), readings_of(queue)[0]))
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
