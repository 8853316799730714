"""Simulate a roster: many replications, or the log of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.schema import FrameLike
from wfm.simulate.case import Case, Unstaffed
from wfm.simulate.courses import Courses
from wfm.simulate.engine import Floats
from wfm.simulate.model import Model
from wfm.simulate.now import State
from wfm.simulate.result import SimulationResult, Volume, summarise
from wfm.simulate.runner import Effort, Replications, play_once, replicate, seeds_of
from wfm.simulate.tally import Layout

__all__ = ["run", "trace"]

_DEFAULT_MODEL = Model()


def run(
    forecast: FrameLike,
    roster: FrameLike,
    centre: Centre,
    *,
    replications: Replications = 100,
    precision: float | None = None,
    seed: int = 0,
    workers: int = 1,
    model: Model = _DEFAULT_MODEL,
    paths: Courses | None = None,
    replay: FrameLike | None = None,
    state: State | None = None,
    unstaffed: Unstaffed = "refuse",
    antithetic: bool = False,
    short_abandon: timedelta | str | None = None,
    time_limit: timedelta | str | None = None,
    cancel: Callable[[], bool] | None = None,
) -> SimulationResult:
    """Simulate a roster and say how well it answers.

    In each replication contacts arrive as a Poisson stream with the forecast's `offered` in each interval (or as one of
    its `paths` says), last as
    `model.service` says around the forecast's `aht_s` (or the queue's `aht`), and wait with a patience of mean
    `queue.patience`. People take contacts in the activity "work" of the roster, of all queues they have the skill of:
    the planned queue of an activity does not bind them. A contact takes an agent the time it needs over the agent's
    proficiency; a chat among k at once takes longer as its queue's `slowdown` says. Absences that are in no roster are
    drawn (see Notes).

    Routing. An arriving contact takes, among the agents with room for it, the one with the fewest contacts in hand,
    of these one with the fewest skills, of these the one who has had room the longest. An agent with room takes the
    live queue of the smallest `priority`, of these the contact that has waited the longest; deferred work (queues with
    a `Deadline`) only when no live contact that this agent serves waits, the earliest deadline first, and without
    interruption. An agent handles one kind of channel at a time: with a phone call or an item of deferred work in
    hand no chat, and the reverse; chats up to the smallest `concurrency` of those in hand.

    A contact in hand is finished. A break that so begins late is taken in full; work after the end of a shift is
    overtime.

    A live contact that still waits when its queue closes (the end of an unbroken run of forecast intervals) can be
    answered as long as somebody who serves the queue is on a shift that lasts on; then it is sent away, and counts as
    abandoned at that instant. Deferred work stays, and is unserved if nobody does it until the last shift ends. So
    offered = answered + abandoned + blocked + unserved; the unserved meet no target, and the blocked are in none.

    Parameters
    ----------
    forecast
        Frame `forecast` or a result that gives one, on the centre's interval.
    roster
        Frame `activities` or a result that gives one, such as a `Roster`.
    centre
        The centre: queues, people, shrinkage.
    replications
        Number of independent replications, 1 or more; default 100. With `"auto"` they go on until half the width of
        the 95 % interval of the service level of each queue is below `precision`, from 20 to 10,000.
    precision
        With `"auto"`: that half width, in (0, 1); default .005.
    seed
        Seed of the random numbers; default 0. Same input and seed give the same bytes.
    workers
        Processes, 1 or more; default 1. The numbers do not depend on it.
    model
        What is assumed beside these: distributions of handle times and patience, balking, redials, trunks, lateness,
        routing; default `Model()`.
    paths
        Equally likely courses of the volume: a frame `paths` or a result that gives one, with the intervals of the
        forecast; or `"forecast"`, for 1,000 courses of the forecast itself, drawn with the same seed, so that
        `probability_met` tells of uncertain volume too. Each replication takes one of them at random, the same for
        every roster: the contacts of each interval are as many as it says (part of a contact is one with that
        probability), at random instants. Default: Poisson around the forecast's `offered`.
    replay
        Frame `contacts`: each replication has just these arrivals, at these instants; what else there is of them is
        drawn. Each must come in an interval of the forecast. Default none.
    state
        The centre at an instant, from which it is simulated on: who waits, who is on seat with what in hand. Intervals
        that are over are left out; a contact that waits counts in the interval in which it came, or in the first; one
        in hand counts nowhere, for it was answered before. Default: an empty centre before the first interval.
    unstaffed
        What to do where live contacts are forecast for a day on which nobody on the roster serves their queue:
        `"refuse"` (default), for the roster does not reach there, or `"allow"` where that is meant: the contacts wait.
        Single intervals without anybody, as at night, are legitimate, and so is deferred work that waits for days.
    antithetic
        Whether replications come in pairs of opposite random numbers (u and 1 - u), whose errors cancel in part; their
        number must be even. Default no.
    short_abandon
        Threshold of the two bases of short abandons in `bases`, for queues whose target has none; default none, and
        these two are missing.
    time_limit
        Wall-clock time, such as `"60s"`, after which no replication is begun; at least one is simulated. Default none.
    cancel
        Asked every ten replications; true ends the simulation, as an interruption from the keyboard does.

    Returns
    -------
    SimulationResult
        Service by interval, day and queue with 95 % confidence intervals. Where it was stopped before the end it tells
        of what was simulated until then, and is `partial`.

    Raises
    ------
    DataError
        With every fault: a queue with contacts that nobody on the roster serves, an unknown employee or queue,
        activities of one person that overlap, a roster of other days than the forecast's or with nobody for a
        day of it, a forecast off the grid, a queue without a handle time, `paths="forecast"` of one that does not say
        how it may be off; a precision without `"auto"`, an odd number of antithetic replications.
    KeyboardInterrupt
        If it came before anything was simulated.

    Notes
    -----
    Shrinkage parts with `in_roster=False` are drawn: those with `whole_shift` take each shift away with that
    probability, the others take pieces of 15 minutes out of the shifts that remain, so that on average the roster's
    work times one minus the sum of all parts is left.

    The point estimates are ratios of totals over all replications; their intervals are those of a ratio estimator with
    Student's t (A. M. Law, "Simulation Modeling and Analysis", 5th ed., 2015, section 9.5).

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": [start], "offered": [30.0], "aht_s": [240.0]})
    >>> roster = pd.DataFrame({"employee": [f"A{n:02d}" for n in range(1, 8)], "start": start,
    ...                        "end": start + pd.Timedelta(minutes=30), "activity": "work", "queue": "calls"})
    >>> result = run(forecast, roster, make_centre(people=7), replications=20)
    >>> bool(0.8 < result.summary["service_level"].iloc[0] < 1.0)
    True
    """
    effort = Effort(
        replications=replications,
        precision=precision,
        seed=seed,
        workers=workers,
        antithetic=antithetic,
        time_limit=time_limit,
        cancel=cancel,
    )
    short_s = None if short_abandon is None else as_duration("short_abandon", short_abandon).total_seconds()
    case = Case.of(
        forecast,
        roster,
        centre,
        model,
        paths=paths,
        replay=replay,
        state=state,
        unstaffed=unstaffed,
        seed=seed,
    )
    sums, stop = replicate(case, Layout.of(case, short_s), effort)
    volume = Volume.EXPECTED if paths is None else Volume.PATHS
    return summarise(sums, seed=seed, stop=stop, volume=volume if replay is None else Volume.REPLAY)


def trace(
    forecast: FrameLike,
    roster: FrameLike,
    centre: Centre,
    *,
    seed: int = 0,
    model: Model = _DEFAULT_MODEL,
    paths: Courses | None = None,
    replay: FrameLike | None = None,
    state: State | None = None,
    unstaffed: Unstaffed = "refuse",
) -> pd.DataFrame:
    """Return the contacts of one replication: the first that `run` simulates with the same seed.

    Parameters
    ----------
    forecast, roster, centre, model, paths, replay, state, unstaffed
        As in `run`.
    seed
        Seed of the random numbers; default 0.

    Returns
    -------
    pandas.DataFrame
        Frame `contacts` in order of arrival: `contact_id, queue, channel, employee, arrived_at, queued_at, answered_at,
        ended_at, abandoned_at, talk_s, sessions`. `sessions` counts the contacts its agent held when it was answered,
        this one included. A contact without `answered_at` and `abandoned_at` was unserved, or, if it has no
        `queued_at` either, blocked.

    Raises
    ------
    DataError
        As `run`.

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": [start], "offered": [30.0]})
    >>> roster = pd.DataFrame({"employee": ["A01"], "start": start, "end": start + pd.Timedelta(minutes=30),
    ...                        "activity": "work", "queue": "calls"})
    >>> trace(forecast, roster, make_centre(people=3))["employee"].dropna().unique().tolist()
    ['A01']
    """
    check_int("seed", seed, 0)
    case = Case.of(
        forecast,
        roster,
        centre,
        model,
        paths=paths,
        replay=replay,
        state=state,
        unstaffed=unstaffed,
        seed=seed,
    )
    drawn, log = play_once(case, seeds_of(seed, 0))
    answered = log.answered
    left = np.minimum(drawn.patience, drawn.closing - drawn.demand.time)
    abandoned = ~answered & ~log.blocked & ~np.isinf(left)
    gone = drawn.demand.time + left
    arrived = _stamps(case, drawn.demand.time)
    width = len(str(len(arrived)))
    queues = case.centre.queues
    number = drawn.demand.queue
    people = np.array([*case.employees, None], dtype=object)
    return pd.DataFrame(
        {
            "contact_id": pd.Series(np.arange(10**width, 10**width + len(arrived))).astype("str").str.slice(1),
            "queue": pd.Series(np.array([q.name for q in queues], dtype=object)[number], dtype="str"),
            "channel": pd.Series(np.array([str(q.channel) for q in queues], dtype=object)[number], dtype="str"),
            "employee": pd.Series(people[log.agent], dtype="str"),
            "arrived_at": arrived,
            "queued_at": _stamps(case, np.where(log.blocked, np.nan, drawn.demand.time)),
            "answered_at": _stamps(case, np.where(answered, log.reached, np.nan)),
            "ended_at": _stamps(case, np.where(abandoned, gone, log.ended)),
            "abandoned_at": _stamps(case, np.where(abandoned, gone, np.nan)),
            "talk_s": log.worked_s,
            "sessions": log.sessions,
        }
    )


def _stamps(case: Case, seconds: Floats) -> pd.DatetimeIndex:
    """Return stamps to the microsecond; missing where `seconds` is."""
    missing = np.isnan(seconds)
    steps = np.rint(np.where(missing, 0.0, seconds) * 1e6).astype(np.int64) * 1000
    stamps = (case.origin + pd.to_timedelta(steps, unit="ns")).as_unit("ns")
    return stamps.where(~missing)
