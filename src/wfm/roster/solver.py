"""From the requirement to a legal roster: counts by class, names, breaks, queues."""

from __future__ import annotations

import logging
import math
from datetime import timedelta
from time import monotonic

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.roster.classes import collapse
from wfm.roster.counts import plan_counts
from wfm.roster.frames import activities_frame, cost_by_term, coverage_frame, shifts_frame
from wfm.roster.improve import Plan
from wfm.roster.people_model import is_small, refine
from wfm.roster.problem import Case, build_case
from wfm.roster.result import Roster, Status
from wfm.schema import FrameLike

__all__ = ["solve"]

_LOG = logging.getLogger("wfm.roster")
_OPTIMAL = 1e-6
_DEFAULT_WORK = 2000


def solve(
    requirement: FrameLike,
    centre: Centre,
    *,
    seed: int = 0,
    work_limit: int = _DEFAULT_WORK,
    time_limit: timedelta | str | None = None,
) -> Roster:
    """Roster the people of a centre on the requirement at least cost.

    People who are alike are first planned as counts by class, shift and day, which also proves a lower bound on the
    cost of any roster; then each person gets a legal line of work with breaks and planned queues, and a few at a time
    are planned anew while that makes the roster cheaper. In a small centre a model with a choice per person and shift
    then searches around that roster. What cannot be covered is shortage, at a price; the roster is
    always legal.

    The cost is wages and overtime, plus the shortage and surplus of the coverage and the wishes not met at the prices
    of the centre. A shift belongs to the day on which it starts; its hours inside the horizon count as coverage and all
    of them are paid.

    Parameters
    ----------
    requirement
        Frame `requirement` or a result that gives one; `scheduled` is what is to be covered. Its first and last day are
        the horizon.
    centre
        The centre with its people, contracts and shift templates.
    seed
        Seed of the search, 0 or more; default 0.
    work_limit
        How many times a person may be planned anew in the search, 0 or more; default 2000. The effort of the
        model of a small centre grows with it. The same input, seed and
        work limit give the same roster to the byte.
    time_limit
        Wall-clock limit, such as `"60s"`, besides the work limit; default none. With it two runs may differ.

    Returns
    -------
    Roster
        The frames `shifts`, `activities` and `coverage`, the cost by term, and the bound.

    Raises
    ------
    DataError
        With every fault: an empty requirement, stamps off the centre's intervals, an unknown queue or one that nobody
        serves, a centre without people, contracts or shifts, minimum hours that somebody's availability cannot hold.

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
    check_int("work_limit", work_limit, 0)
    clock = _Clock(None if time_limit is None else as_duration("time_limit", time_limit))
    case = build_case(requirement, centre)
    classes = collapse(case)
    plan = Plan(case, classes)
    counts = plan_counts(case, classes, seed=seed, time_limit=clock.share(0.4))
    _LOG.info("anonymous plan: bound %s", counts.bound)
    if counts.heads is not None:
        plan.seed_by(counts.heads)
        plan.settle_breaks()
    else:
        # Without counts everybody is planned once at true prices: each line must be legal, so none is left out.
        plan.fill()
    target = -math.inf if counts.bound is None else counts.bound * (1 + _OPTIMAL)
    done = plan.improve(seed=seed, work_limit=work_limit, is_over=clock.is_over, target=target)
    if work_limit and plan.cost() > target and is_small(case) and not clock.is_over():
        refine(plan, seed=seed, work_limit=work_limit, time_limit=clock.left())
    _LOG.info("search: %d people planned anew, cost %.2f", done, plan.cost())
    return _result(case, plan, counts.bound)


class _Clock:
    """The wall-clock limit, of which a part is kept for writing the result."""

    def __init__(self, limit: timedelta | None) -> None:
        self._limit = limit
        self._start = monotonic()

    def share(self, part: float) -> timedelta | None:
        """Return that part of the limit, or none without a limit."""
        return None if self._limit is None else self._limit * part

    def left(self) -> timedelta | None:
        """Return what is left of the limit, less the part kept for writing the result; none without a limit."""
        return None if self._limit is None else 0.92 * self._limit - timedelta(seconds=monotonic() - self._start)

    def is_over(self) -> bool:
        """Whether the limit has passed."""
        return self._limit is not None and monotonic() - self._start > 0.92 * self._limit.total_seconds()


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
