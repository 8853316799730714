"""From the requirement to a legal roster: counts by class with the bound, names, search, queues."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from time import monotonic

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.roster.anneal import anneal
from wfm.roster.classes import PersonClass, collapse
from wfm.roster.compiled import can_compile
from wfm.roster.counts import Counts, plan_counts
from wfm.roster.frames import activities_frame, cost_by_term, coverage_frame, shifts_frame
from wfm.roster.lines import Plan
from wfm.roster.problem import Case, build_case
from wfm.roster.result import Roster, Status
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

__all__ = ["solve"]

_LOG = logging.getLogger("wfm.roster")
_OPTIMAL = 1e-6
_DEFAULT_WORK, _PLAIN_WORK = 2000, 50  # compiled and not
_CHANGES = 1000  # changes to a unit of work
_COUNTS_SHARE = 0.15  # share of a time limit that the search waits for the counts
_END = 0.92  # share of a time limit after which the result is written


def solve(
    requirement: FrameLike,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    seed: int = 0,
    work_limit: int | None = None,
    time_limit: timedelta | str | None = None,
) -> Roster:
    """Roster the people of a centre on the requirement at least cost.

    People who are alike are first planned as counts by class, shift and day, which also proves a lower bound on the
    cost of any roster; then each person gets a legal line of work, and simulated annealing changes single shifts and
    breaks by the million. At the end the queues are planned. What cannot be covered is shortage, at a price; the roster
    is always legal.

    The cost is wages and overtime, plus the shortage and surplus of the coverage and the wishes not met at the prices
    of the centre. A shift belongs to the day on which it starts; its hours inside the horizon count as coverage and all
    of them are paid.

    Parameters
    ----------
    requirement
        Frame `requirement` or a result that gives one; `scheduled` is what is to be covered.
    centre
        The centre with its people, contracts and shift templates.
    horizon
        The days to roster; default from the first to the last day of the requirement. In a cyclic one (a typical week)
        a shift that passes the end covers the beginning.
    seed
        Seed of the search, 0 or more; default 0.
    work_limit
        How many changes are tried in the search, in thousands, 0 or more; default 2000 where numba is installed (the
        extra `fast`), 50 where it is not, and no limit beside a time limit.
        The same input, seed and work limit give the same roster to the byte.
    time_limit
        Wall-clock limit, such as `"60s"`; default none. With it two runs may differ.

    Returns
    -------
    Roster
        The frames `shifts`, `activities` and `coverage`, the cost by term, and the bound.

    Raises
    ------
    DataError
        With every fault: an empty requirement, stamps off the centre's intervals, an unknown queue or one that nobody
        serves, a horizon that does not hold the requirement, a centre without people, contracts or shifts, minimum
        hours that somebody's availability cannot hold.

    Notes
    -----
    The shortage of an interval with cross-skilled people follows from max-flow min-cut (Gale, 1957); breaks in the
    bound are implicit (Aykin, "Optimal shift scheduling with multiple break windows", 1996).

    Examples
    --------
    >>> import pandas as pd
    >>> from wfm.domain import Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
    >>> centre = Centre(
    ...     name="desk",
    ...     tz="Europe/Berlin",
    ...     queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
    ...     contracts=(Contract(name="full", cost_per_hour=20.0),),
    ...     shifts=(ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),),
    ...     employees=tuple(Employee(id=f"A{n}", contract="full", skills=(Skill("calls"),)) for n in range(3)),
    ... )
    >>> start = pd.date_range("2026-11-02 07:00", periods=16, freq="30min", tz="Europe/Berlin")
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "load_erl": 1.2, "agents": 2, "scheduled": 2})
    >>> roster = solve(need, centre)
    >>> roster.objective, roster.status.value, roster.headcount
    (320.0, 'optimal', 2)
    """
    check_int("seed", seed, 0)
    limit = None if time_limit is None else as_duration("time_limit", time_limit)
    work: float = math.inf
    if limit is None:
        work = _DEFAULT_WORK if can_compile() else _PLAIN_WORK
    if work_limit is not None:
        work = check_int("work_limit", work_limit, 0)
    begin = monotonic()
    case = build_case(requirement, centre, horizon)
    classes = collapse(case)
    plan = Plan(case, classes)
    if limit is None:
        counts = plan_counts(case, classes, seed=seed)
        _search(plan, counts, seed=seed, work=work, share=None)
        return _result(case, plan, counts.bound)
    return _solve_within(plan, classes, seed=seed, work=work, begin=begin, seconds=limit.total_seconds())


def _solve_within(
    plan: Plan, classes: tuple[PersonClass, ...], *, seed: int, work: float, begin: float, seconds: float
) -> Roster:
    """Search until the time is over, while the bound is proved beside it."""

    def gone() -> float:
        return (monotonic() - begin) / (_END * seconds)

    left = timedelta(seconds=max(_END * seconds - (monotonic() - begin), 0.0))
    with ThreadPoolExecutor(1) as pool:
        proof: Future[Counts] = pool.submit(plan_counts, plan.case, classes, seed=seed, time_limit=left)
        wait([proof], timeout=_COUNTS_SHARE * seconds)
        early = proof.result() if proof.done() else Counts(None, None)
        _search(plan, early, seed=seed, work=work, share=gone)
        return _result(plan.case, plan, proof.result().bound)


def _search(plan: Plan, counts: Counts, *, seed: int, work: float, share: Callable[[], float] | None) -> None:
    if counts.heads is not None:
        plan.seed_by(counts.heads)
    begun = 0.0 if share is None else share()
    changes = work * _CHANGES

    def progress(done: int) -> float:
        by_work = done / changes if changes else 1.0
        return by_work if share is None else max(by_work, (share() - begun) / max(1.0 - begun, 1e-9))

    target = -math.inf if counts.bound is None else counts.bound * (1 + _OPTIMAL)
    done = anneal(plan, seed=seed, changes=changes, progress=progress, target=target)
    _LOG.info("search: %d changes tried, cost %.2f, bound %s", done, plan.cost(), counts.bound)


def _result(case: Case, plan: Plan, bound: float | None) -> Roster:
    shifts = shifts_frame(case, plan.lines)
    activities = activities_frame(plan)
    coverage = coverage_frame(case, activities)
    cost = cost_by_term(case, shifts, coverage)
    total = sum(cost.values())
    # A linear programme is solved to a tolerance, so its bound may pass an optimal cost by a rounding error.
    kept = None if bound is None else min(bound, total)
    proven = kept is not None and total - kept <= _OPTIMAL * max(abs(total), 1.0)
    return Roster(
        shifts=shifts,
        activities=activities,
        coverage=coverage,
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        cost=cost,
        bound=kept,
        headcount=int(shifts["employee"].nunique()),
        currency=case.centre.currency,
        interval_s=case.centre.interval_s,
    )
