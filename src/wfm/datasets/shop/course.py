"""The course of events: every contact of some days, played through the staffed roster by the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.shop.duty import repeat_week
from wfm.datasets.shop.profiles import PROFILES
from wfm.datasets.shop.rota import typical_week
from wfm.datasets.shop.volume import draw_volume
from wfm.datasets.shop.work import Work, draw_work
from wfm.domain.centre import Centre
from wfm.domain.targets import Deadline
from wfm.simulate.engine import Demand, Lines, Staff, play
from wfm.simulate.presence import draw_absences, read_staff
from wfm.simulate.routing import slowdowns
from wfm.timegrid import day_starts

__all__ = ["Course", "run_course"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# The centre is not empty on the first day, and work that came on the last is done after it.
_WARM_UP = 1
_COOL_DOWN = 3
# Deferred work comes after every live queue.
_DEFERRED = 1 << 20


@dataclass(frozen=True, eq=False)
class Course:
    """What happened to each contact that arrived in the days asked for, in order of arrival.

    Instants are milliseconds of UTC. `answered`, `abandoned` and `ended` count only where `is_answered` or
    `is_abandoned` says so; contacts that are neither were still waiting at `until`, when the log was taken. `employee`
    is a place in `employees`, -1 for nobody. `staff` are the stretches in which people took contacts, in seconds
    from `origin`, of the roster `shifts` and `activities` less the absences that no roster places.
    """

    work: Work
    origin: pd.Timestamp
    until: int
    arrived: Ints
    answered: Ints
    abandoned: Ints
    ended: Ints
    is_answered: Flags
    is_abandoned: Flags
    employee: Ints
    sessions: Ints
    employees: tuple[str, ...]
    shifts: pd.DataFrame
    activities: pd.DataFrame
    staff: Staff


def run_course(centre: Centre, days: tuple[date, ...], *, seed: int, scale: float) -> Course:
    """Play the contacts of the days, with a day before and three after them."""
    played = tuple(days[0] + timedelta(days=n) for n in range(-_WARM_UP, len(days) + _COOL_DOWN))
    drawn = draw_work(draw_volume(played, seed=seed, scale=scale), seed=seed)
    # Night shifts of the evening before reach into the first day.
    rostered_days = (played[0] - timedelta(days=1), *played)
    shifts, activities = repeat_week(centre, typical_week(centre, scale=scale), rostered_days)
    origin = day_starts([played[0]], centre.tz)[0]
    rostered, employees = read_staff(activities, centre, origin)
    rng = np.random.default_rng([seed, days[0].toordinal(), len(days)])
    staff = draw_absences(rostered, centre.shrinkage, rng)
    due = drawn.time_s + _deadlines(centre)[drawn.queue]
    demand = Demand(time=drawn.time_s, queue=drawn.queue, service=drawn.service_s, patience=drawn.patience_s, due=due)
    log = play(demand, _lines(centre), staff, interval_s=86400.0, intervals=len(played))
    asked = (drawn.time_s >= _WARM_UP * 86400) & (drawn.time_s < (_WARM_UP + len(days)) * 86400)
    work = Work(*(getattr(drawn, name)[asked] for name in ("time_s", "queue", "kind", "service_s", "patience_s")))
    answered = log.answered[asked]
    abandoned = ~answered & np.isfinite(work.patience_s)
    zero = origin.value // 10**6
    instants = (work.time_s, log.reached[asked], work.time_s + work.patience_s, log.ended[asked])
    known = (np.ones(len(answered), dtype=bool), answered, abandoned, answered)
    arrived_ms, answered_ms, abandoned_ms, ended_ms = (
        zero + np.floor(np.where(flag, seconds, 0.0) * 1000).astype(np.int64)
        for seconds, flag in zip(instants, known, strict=True)
    )
    return Course(
        work=work,
        origin=origin,
        until=max(zero + len(played) * 86_400_000, int(ended_ms.max(initial=0)), int(abandoned_ms.max(initial=0))),
        arrived=arrived_ms,
        answered=answered_ms,
        abandoned=abandoned_ms,
        ended=ended_ms,
        is_answered=answered,
        is_abandoned=abandoned,
        employee=log.agent[asked],
        sessions=log.sessions[asked],
        employees=employees,
        shifts=shifts,
        activities=activities,
        staff=staff,
    )


def _lines(centre: Centre) -> Lines:
    queues = [centre.queue(name) for name in PROFILES]
    return Lines(
        rank=np.array([_DEFERRED if queue.is_deferred else queue.priority for queue in queues]),
        concurrency=np.array([queue.concurrency for queue in queues]),
        slowdown=slowdowns(queues),
    )


def _deadlines(centre: Centre) -> Floats:
    """Return the time allowed to each queue; nothing for those whose customers wait on the line."""
    allowed = []
    for name in PROFILES:
        within = [target.within_s for target in centre.queue(name).targets if isinstance(target, Deadline)]
        allowed.append(min(within, default=0.0))
    return np.array(allowed)
