"""The staff of the queues of a request in a typical week: by queue, by team, and as heads to schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from wfm.domain.targets import Deadline, LongestWait, MeanAnswer, ServiceLevel, Target
from wfm.quotes.models import Figures, Team
from wfm.quotes.refusal import Refusal, RequestError
from wfm.quotes.request import MAX_LOAD, QuoteQueue, QuoteRequest
from wfm.quotes.shapes import Week, week_of
from wfm.staffing.kernels.rounding import TOLERANCE, scheduled, scheduled_in_all

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints

__all__ = [
    "Ask",
    "Mixture",
    "Staff",
    "Work",
    "by_distinct",
    "by_interval",
    "figures_of",
    "figures_of_mixture",
    "heads_of",
    "hours_of",
    "in_all",
    "live_staff",
    "make_work",
    "not_gained",
    "readings_of",
    "staffed",
    "targets_at",
]

# How soon multi-skilled agents bring the gain of one team: by the root of the load, and by the agents above the load.
# Fitted to simulation; `benchmarks/quote_cross.py` shows how far it is from it.
_BY_ROOT, _BY_SPARE = 0.45, 1.45
_ENDLESS_S = 1e9
Ask: TypeAlias = "Callable[[Team, tuple[Target, ...]], Ints]"


class Work(NamedTuple):
    """A queue, its week, where it has contacts, its team there (none for deferred work), and the factor of its AHT."""

    queue: QuoteQueue
    week: Week
    busy: Ints
    team: Team | None
    aht: float = 1.0


class Mixture(NamedTuple):
    """Live queues of one kind as one team: where it has contacts, and its agents by interval of the week."""

    works: list[Work]
    team: Team | None
    busy: Ints
    agents: Ints


@dataclass(frozen=True, slots=True)
class Staff:
    """Agents by queue, as if each had a team of its own, and by team; `heads` are those to schedule, by team.

    Where live queues share agents the first team is theirs, and `mixtures` are its queues of one kind as one;
    `is_one_team` says whether all of these agents serve all live queues.
    """

    by_queue: tuple[Ints, ...]
    by_team: tuple[Ints, ...]
    heads: tuple[Ints, ...]
    mixtures: tuple[Mixture, ...]
    is_one_team: bool


def make_work(request: QuoteRequest, *, volume: float = 1.0, aht: float = 1.0) -> list[Work]:
    """Return the week of each queue, at factors of volume and handle time.

    Raises
    ------
    RequestError
        If a load is above what is answered, before anything is computed.
    """
    works, faults = [], []
    for number, queue in enumerate(request.queues):
        week = week_of(request, queue, volume=volume)
        sessions = queue.sessions_s if aht == 1.0 else tuple(length * aht for length in queue.sessions_s)
        peak = week.peak * max(sessions) / request.interval_s
        if not peak <= MAX_LOAD:
            what = f"a load of {peak:.3g} erlangs in the busiest interval, above the ceiling of {MAX_LOAD:,.0f}"
            remedy = "check the volume, its period and the handle time; ask for parts of a larger site"
            faults.append(Refusal(f"queues[{number}].volume", what, queue.volume.contacts, remedy))
            continue
        team = None
        if queue.is_live and len(week.busy):
            team = Team(week.distinct, sessions, queue.patience_s, request.interval_s)
        works.append(Work(queue, week, week.busy, team, aht))
    if faults:
        raise RequestError(faults)
    return works


def targets_at(queue: QuoteQueue, fraction: float | None) -> tuple[Target, ...]:
    """Return a queue's targets, with another share in its service levels, where one is given."""
    if fraction is None:
        return queue.goals
    return tuple(replace(goal, fraction=fraction) if isinstance(goal, ServiceLevel) else goal for goal in queue.goals)


def live_staff(work: Work, targets: tuple[Target, ...], ask: Ask = Team.fewest) -> Ints:
    """Return the agents of a live queue by interval of the week."""
    return by_interval(work, None if work.team is None else ask(work.team, targets))


def by_interval(work: Work, fewest: Ints | None) -> Ints:
    """Return the agents of a live queue by interval of the week, from the fewest by distinct interval."""
    least = work.queue.min_agents
    agents: Ints = work.week.is_open.astype(np.int64)
    agents *= least
    if work.team is not None and fewest is not None:
        agents[work.busy] = (np.maximum(fewest, least) if least else fewest)[work.team.back]
    return agents


def heads_of(work: Work, agents: Ints, shrinkage: float) -> list[float]:
    """Return the heads to schedule over the week for staffs of a live queue, a row each by distinct interval."""
    team, least = work.team, work.queue.min_agents
    if team is None:
        return [0.0] * len(agents)
    heads = scheduled(np.maximum(agents, least) if least else agents, shrinkage) @ team.counts
    if least:
        idle = work.week.opened - len(work.busy)
        heads = heads + scheduled(np.array([least]), shrinkage)[0] * idle
    return list(map(float, heads.tolist()))


def _deferred_staff(request: QuoteRequest, work: Work) -> Ints:
    from wfm.staffing.kernels import deferred

    deadlines = tuple(goal for goal in work.queue.goals if isinstance(goal, Deadline))
    is_open = work.week.is_open
    load = work.week.offered[is_open]
    agents = np.zeros(len(is_open), dtype=np.int64)
    if not load.any():
        agents[is_open] = work.queue.min_agents
        return agents
    aht = np.full(len(load), work.queue.sessions_s[0])
    found = deferred.staff(
        load * aht / request.interval_s, aht, request.interval_s, deferred.tightest(deadlines), work.queue.min_agents
    )
    agents[is_open] = found.agents
    return agents


def staffed(
    request: QuoteRequest,
    works: list[Work],
    *,
    fraction: float | None = None,
    deferred_as: Mapping[str, Ints] | None = None,
    ask: Ask = Team.fewest,
) -> Staff:
    """Return the staff of all queues.

    Parameters
    ----------
    request, works
        The request and its weeks.
    fraction
        Another share for the service levels.
    deferred_as
        Staff of deferred queues that is known already.
    ask
        Gives the fewest agents of a live team that meet some targets, by distinct interval.
    """
    shrinkage = request.shrinkage_share
    by_queue, teams, heads = [], [], []
    live = []
    for work in works:
        if work.queue.is_live:
            agents = live_staff(work, targets_at(work.queue, fraction), ask)
            live.append(work)
            if request.multi_skilled == 0.0 or _alone(works):
                teams.append(agents)
                heads.append(scheduled(agents, shrinkage))
        else:
            known = (deferred_as or {}).get(work.queue.name)
            agents = _deferred_staff(request, work) if known is None else known
            teams.append(agents)
            heads.append(scheduled_in_all(agents, shrinkage))
        by_queue.append(agents)
    mixtures: list[Mixture] = []
    if live and request.multi_skilled > 0.0 and not _alone(works):
        own = {work.queue.name: agents for work, agents in zip(works, by_queue, strict=True)}
        mixtures = _mixtures(request, live, own, fraction, ask)
        together = np.sum([one.agents for one in mixtures], axis=0)
        part = np.sum([_beyond_one_team(request, one, own) for one in mixtures], axis=0)
        together = together + np.ceil(part - TOLERANCE).astype(np.int64)
        teams.insert(0, together)
        heads.insert(0, scheduled(together, shrinkage))
    is_one_team = bool(mixtures) and request.multi_skilled == 1.0
    return Staff(tuple(by_queue), tuple(teams), tuple(heads), tuple(mixtures), is_one_team)


def not_gained(share: float, load: Floats | float, agents: Floats | float) -> Floats:
    """Return how much of the gain of one team is not reached with some multi-skilled agents beside specialists.

    A few of them already even out most of what comes by chance, the more so the larger the queues: with c the pace,
    (1 - share) / (1 + c share).

    Parameters
    ----------
    share
        Share of the agents who serve all queues.
    load, agents
        Erlangs of a queue, and agents of its own that meet its target; the means over the queues.

    Notes
    -----
    The form is ours: 1 without and 0 with multi-skilled agents alone, convex between. The pace was fitted to
    simulations of 2 to 5 like queues of 3 to 40 erlangs, with and without patience.

    Examples
    --------
    >>> not_gained(np.array([0.0, 0.2, 1.0]), 10.0, 13.0).round(2).tolist()
    [1.0, 0.37, 0.0]
    """
    pace = _BY_ROOT * np.sqrt(load) + _BY_SPARE * np.maximum(np.asarray(agents) - load, 0.0)
    return np.asarray((1.0 - share) / (1.0 + pace * share))


def _beyond_one_team(request: QuoteRequest, mixture: Mixture, separate: Mapping[str, Ints]) -> Floats:
    """Return the agents that the queues of a mixture need beyond those of one team, by interval."""
    works = mixture.works
    alone = np.sum([separate[work.queue.name] for work in works], axis=0)
    # An agent who holds all sessions has this part of one at a time.
    lengths = [work.queue.sessions_s[-1] * work.aht / len(work.queue.sessions_s) for work in works]
    loads = [work.week.offered * length for work, length in zip(works, lengths, strict=True)]
    count = np.maximum(np.sum([load > 0.0 for load in loads], axis=0), 1)
    load = np.sum(loads, axis=0) / request.interval_s / count
    return np.asarray((alone - mixture.agents) * not_gained(request.multi_skilled, load, alone / count))


def _alone(works: list[Work]) -> bool:
    return sum(work.queue.is_live for work in works) < 2


def _mixtures(
    request: QuoteRequest, works: list[Work], own: Mapping[str, Ints], fraction: float | None, ask: Ask
) -> list[Mixture]:
    """Return queues of one kind as one team, first come, first served, that holds every target of theirs.

    It never needs more than separate teams: those can always be kept.
    """
    kinds: dict[int, list[Work]] = {}
    for work in works:
        kinds.setdefault(len(work.queue.sessions_s), []).append(work)
    made = []
    for same in kinds.values():
        if len(same) == 1:
            made.append(Mixture(same, same[0].team, same[0].busy, own[same[0].queue.name]))
            continue
        together, busy = pooled_team(request, same)
        agents = np.max([np.where(work.week.is_open, work.queue.min_agents, 0) for work in same], axis=0)
        if together is not None:
            goals = {goal: None for work in same for goal in targets_at(work.queue, fraction)}
            agents[busy] = np.maximum(ask(together, tuple(goals))[together.back], agents[busy])
        separate = np.sum([own[work.queue.name] for work in same], axis=0)
        made.append(Mixture(same, together, busy, np.minimum(agents, separate)))
    return made


def pooled_team(request: QuoteRequest, works: list[Work]) -> tuple[Team | None, Ints]:
    """Return the mixture of live queues of one kind as one team, and where it has contacts."""
    volume = np.sum([work.week.offered for work in works], axis=0)
    busy = np.flatnonzero(volume * 5200.0 > 1.0)
    if not len(busy):
        return None, busy
    sessions = []
    for place in range(len(works[0].queue.sessions_s)):
        held = sum(work.week.offered[busy] * (work.queue.sessions_s[place] * work.aht) for work in works)
        sessions.append(held / volume[busy])
    patience: Floats | None = None
    leaving = np.sum([work.week.offered[busy] / (work.queue.patience_s or np.inf) for work in works], axis=0)
    if leaving.any():
        # The mixture gives up at the mean rate of its contacts; where only the endlessly patient are left, never.
        patience = np.minimum(volume[busy] / np.maximum(leaving, 1e-300), _ENDLESS_S)
    return Team(volume[busy], sessions, patience, request.interval_s), busy


def readings_of(queue: QuoteQueue) -> tuple[ServiceLevel, MeanAnswer, LongestWait]:
    """Return the three readings of a queue's wait: see `wfm.staffing.kernels.live.readings`."""
    return _readings(queue.goals)


@lru_cache(maxsize=256)
def _readings(goals: tuple[Target, ...]) -> tuple[ServiceLevel, MeanAnswer, LongestWait]:
    waits = [goal.within for goal in goals if isinstance(goal, ServiceLevel | MeanAnswer | LongestWait)]
    within = next((wait for wait in waits if wait), "30s")
    level = next((goal for goal in goals if isinstance(goal, ServiceLevel)), None)
    mean = next((goal for goal in goals if isinstance(goal, MeanAnswer)), None)
    longest = next((goal for goal in goals if isinstance(goal, LongestWait)), None)
    return level or ServiceLevel(0.8, within), mean or MeanAnswer(within), longest or LongestWait(within)


def figures_of(work: Work, agents: Ints) -> Figures | None:
    """Return what the agents of a live queue achieve, by distinct interval; none without contacts."""
    return None if work.team is None else _figures(work.team, agents[work.busy], work.queue)


def figures_of_mixture(mixture: Mixture) -> Figures | None:
    """Return what the one team of a mixture achieves; none without contacts."""
    if mixture.team is None:
        return None
    return _figures(mixture.team, mixture.agents[mixture.busy], mixture.works[0].queue)


def _figures(team: Team, agents: Ints, queue: QuoteQueue) -> Figures:
    level, _, longest = readings_of(queue)
    return team.figures(by_distinct(team, agents), level, longest)


def by_distinct(team: Team, agents: Ints) -> Ints:
    """Return the agents by distinct interval: those of equal load have equal staff."""
    first = np.zeros(len(team.offered), dtype=np.int64)
    first[team.back] = agents
    return first


def in_all(rows: Sequence[Ints]) -> Ints:
    """Return the heads of all teams together, by interval."""
    return reduce(np.add, rows)


def hours_of(heads: Ints, interval_s: float) -> float:
    """Return the hours of a curve of heads."""
    return float(heads.sum()) * interval_s / 3600.0
