"""From the requirement to a legal roster: counts by class with the bound, names, search, queues."""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, cast

import numpy as np

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.logs import logger
from wfm.roster.bound.classes import collapse
from wfm.roster.bound.counts import Counts, plan_counts
from wfm.roster.bound.quick_bound import quick_bound
from wfm.roster.buying import Buy, Curves
from wfm.roster.checking.case import RosterLike
from wfm.roster.columns.generation import Columns, fits_columns
from wfm.roster.columns.small import placements_of, solve_small
from wfm.roster.frames import activities_frame, roster_of, shifts_frame
from wfm.roster.kernels.compiled import can_compile
from wfm.roster.problem import Case, build_case
from wfm.roster.progress import Cancel, OnProgress, Progress
from wfm.roster.purchase import ROUNDS, Purchase
from wfm.roster.result import Roster
from wfm.roster.search.anneal import anneal
from wfm.roster.search.lines import Plan
from wfm.roster.search.start import start_from
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

if TYPE_CHECKING:
    from wfm.staffing.result import Requirement

__all__ = ["solve"]

_LOG = logger("roster")
_OPTIMAL = 1e-6
_DEFAULT_WORK, _PLAIN_WORK = 2000, 50  # compiled and not
_CHANGES = 1000  # changes to a unit of work
_COUNTS_SHARE = 0.15  # share of a time limit that the search waits for the counts
_BUYING = 0.4  # share of the work or time that seeks prices
_BETWEEN_S = 0.2  # between two calls of `progress`
_FIRST = 0.1  # share of the search by changes where one by whole lines of 50 people follows; it rises by their square
_LEAST_FIRST, _MOST_FIRST = 0.05, 0.5
_SMALL_FIRST = 0.3  # the same where a small case is solved as a whole after it
_SMALL_SHARE, _SMALL_WORK = 0.5, 0.2  # of that: share of a time limit left, else deterministic time
_QUICK = 0.08  # share of a time limit, at most, for a bound that is there whether or not the counts are in time
_WRITING = 0.08  # share of a time limit, at least, in which the result is written
_WRITING_S = 1e-4  # the same for an interval of demand and people of one kind, up to
_MOST_WRITING = 0.5  # this share


def solve(
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    seed: int = 0,
    work_limit: int | None = None,
    time_limit: timedelta | str | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    buy: Buy | None = None,
    start: RosterLike | None = None,
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
        Frame `requirement` or a result that gives one; `scheduled` is what is to be covered. Its optional columns
        `floor` (agents below which a missing one costs `Prices.floor_factor` times), `shortage_price` and
        `surplus_price` (per agent-hour) stand in for the prices of the centre where they are not missing. None where
        `wanted` alone says what is to be covered.
    centre
        The centre with its people, contracts and shift templates.
    horizon
        The days to roster; default from the first to the last day of the requirement, or of `wanted` alone. In a cyclic
        one (a typical week) a shift that passes the end covers the beginning.
    seed
        Seed of the search, 0 or more; default 0.
    work_limit
        How many changes are tried in the search, in thousands, 0 or more; default 2000 where numba is installed (the
        extra `fast`), 50 where it is not, and no limit beside a time limit.
        The same input, seed and work limit give the same roster to the byte.
    time_limit
        Wall-clock limit, such as `"60s"`; default none. With it two runs may differ.
    wanted
        Frame `wanted`: `template, day, heads, shortage_price` and optionally `surplus_price`, the price of a head
        missing and of one too many; default none. Its cost is the term `wanted`.
    history
        Frame `burdens`: `employee, nights, weekends, unpopular, hours`, what each person bore before the horizon, which
        the fairness of the centre counts in; a row for everybody. Default nothing.
    progress
        Called some times a second with a `Progress`; default none.
    cancel
        Such as a `threading.Event`; once it is set, the best legal roster so far is returned. So it is after an
        interrupt from the keyboard.
    buy
        Buy coverage from the level curves of the requirement, which must be the result of `wfm.staffing.requirement`,
        in place of its prices of missing agents: `shortage` is then the price of contacts that are not answered in
        time, as far as the curves reach, with agents worth nearly the same taken together. Default none. Where a
        target is to be met, its prices are sought first, with a part of the work or time, and the bound holds for the
        prices found; of all rosters seen on the way the one is returned that misses fewest targets, and of those the
        one with the least pay. `wfm.roster.service_levels` tells what is reached.
    start
        A roster of the same people, from which is searched as far as its lines are legal: where that is cheaper than
        what the search would begin with, the result costs no more. Default none.

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
    case = build_case(requirement, centre, horizon, wanted, history)
    classes = collapse(case)
    plan = Plan(case, classes)
    if start is not None:
        start_from(plan, start)
    watch = _Watch(plan, begin, work, limit, progress, cancel)
    pool = ThreadPoolExecutor(1)
    purchase: Purchase | None = None
    try:
        if buy is not None:
            curves = Curves(case, cast("Requirement", requirement), buy)
            if buy.price is None:
                purchase = Purchase(plan, curves)
                _seek(purchase, plan, watch, seed=seed)
            else:
                plan.reprice(curves.case_at(np.full(len(curves.keys), buy.price)))
            case = plan.case
        if limit is not None:
            quick_end = monotonic() + _QUICK * max(watch.left_s(), 0.0)
            watch.quick = pool.submit(quick_bound, case, classes, lambda: monotonic() > quick_end)
        watch.proof = pool.submit(plan_counts, case, classes, seed=seed, left_s=watch.open_s)
        _search(plan, watch, seed=seed, waits=limit is None or not can_compile())
        watch.wait()
    except KeyboardInterrupt:
        _LOG.warning("interrupted: the best roster found so far is returned")
    finally:
        watch.end()
        pool.shutdown(wait=False, cancel_futures=True)
    if purchase is not None:
        purchase.settle()
        case = plan.case
    watch.tell("queues", plan.cost())
    shifts, activities = shifts_frame(case, plan.lines), activities_frame(plan)
    return roster_of(case, shifts, activities, bound=watch.bound())


def _seek(purchase: Purchase, plan: Plan, watch: _Watch, *, seed: int) -> None:
    """Seek prices in some short searches."""

    def search(number: int) -> None:
        watch.part_begins()
        anneal(plan, seed=seed + number, changes=watch.part_changes, progress=watch.part_share)

    purchase.seek(search)


def _search(plan: Plan, watch: _Watch, *, seed: int, waits: bool) -> None:
    """Search around the counts where they are waited for, else around the first plan while the bound is proved."""
    if waits:
        watch.wait(_COUNTS_SHARE)
        heads = watch.counts().heads
        if heads is not None:
            first, before = plan.cost(), tuple(plan.lines)
            plan.seed_by(heads)
            if plan.cost() > first:
                for number, line in enumerate(before):
                    plan.set_line(number, line)
    by_columns = fits_columns(plan.case) and not plan.together.asked
    placements = None if by_columns else placements_of(plan)
    first = 1.0
    if by_columns:
        first = min(max(_FIRST * (len(plan.case.people) / 50) ** 2, _LEAST_FIRST), _MOST_FIRST)
    elif placements is not None:
        first = _SMALL_FIRST
    watch.search_begins(first, first)
    done = anneal(plan, seed=seed, changes=watch.changes, progress=watch.share)
    _LOG.info("search: %d changes tried, cost %.2f, bound %s", done, plan.cost(), watch.bound())
    if by_columns:
        columns = Columns(plan, is_over=watch.is_over, left_s=watch.open_s, seed=seed)
        columns.run()
        watch.proven = columns.bound
        _LOG.info("columns: %d lines planned, cost %.2f, bound %.2f", columns.planned, plan.cost(), columns.bound)
    if placements is not None and not watch.is_done(plan.cost()):
        seconds = watch.left_s() * _SMALL_SHARE
        work = math.inf if math.isfinite(seconds) else _SMALL_WORK
        watch.proven = solve_small(plan, placements, work=work, seconds=seconds, seed=seed, is_over=watch.is_cancelled)
        _LOG.info("as a whole: cost %.2f, bound %.2f", plan.cost(), watch.proven)
        watch.search_begins(1 - first, 1.0)
        anneal(plan, seed=seed, changes=watch.changes * (1 - first), progress=watch.share)


def _searching_s(case: Case, seconds: float) -> float:
    """Return how much of a time limit is there until the result has to be written."""
    kinds = len({(person.skills, person.primary, person.speeds) for person in case.people})
    writing_s = min(_WRITING_S * len(case.demand) * kinds, _MOST_WRITING * seconds)
    return seconds - max(_WRITING * seconds, writing_s)


class _Watch:
    """Knows how far the search is and when it ends: by work, by time, by the bound, or because it is cancelled."""

    def __init__(
        self,
        plan: Plan,
        begin: float,
        work: float,
        limit: timedelta | None,
        on_progress: OnProgress | None,
        cancel: Cancel | None,
    ) -> None:
        self.changes = work * _CHANGES
        self.proof: Future[Counts] | None = None
        self.quick: Future[float] | None = None
        self.proven = -math.inf
        self._work = work
        self._part_of_work = self._part_of_time = 1.0
        self._plan = plan
        self._begin = self._searched = self._told = self._part = begin
        self._seconds = None if limit is None else _searching_s(plan.case, limit.total_seconds())
        self._on_progress = on_progress
        self._cancel = cancel
        self._ended = False

    def left_s(self) -> float:
        """Return the seconds left, infinity without a limit."""
        return math.inf if self._seconds is None else self._begin + self._seconds - monotonic()

    def open_s(self) -> float:
        """Return the seconds left, none once the search is cancelled or over."""
        return 0.0 if self._ended or self.is_cancelled() else self.left_s()

    def is_cancelled(self) -> bool:
        """Whether the search shall stop at once."""
        return self._cancel is not None and self._cancel.is_set()

    def end(self) -> None:
        """Let what is still being proved end as soon as it can."""
        self._ended = True

    def counts(self) -> Counts:
        """Return the counts, as far as they are known."""
        if self.proof is not None and self.proof.done() and not self.proof.cancelled():
            return self.proof.result()
        return Counts(None, None)

    def bound(self) -> float | None:
        """Return the highest bound known."""
        counted = self.counts().bound
        highest = max(self.proven, -math.inf if counted is None else counted)
        if self.quick is not None and self.quick.done() and not self.quick.cancelled():
            highest = max(highest, self.quick.result())
        return highest if math.isfinite(highest) else None

    def wait(self, share: float = 1.0) -> None:
        """Wait for the counts, for that share of a time limit."""
        while self.proof is not None and not self.proof.done() and not self.is_cancelled():
            left = self.left_s() - (1 - share) * (self._seconds or 0.0)
            if left <= 0:
                return
            wait([self.proof], timeout=min(left, _BETWEEN_S))
            self.tell("bound", self._plan.cost())

    @property
    def part_changes(self) -> float:
        """Most changes of one of the short searches for prices."""
        return self.changes * _BUYING / ROUNDS

    def part_begins(self) -> None:
        """Count the share of a short search from here."""
        self._part = monotonic()

    def part_share(self, done: int, lowest: float) -> float:
        """Return the share of a short search that is over."""
        self.tell("prices", lowest)
        if self.is_cancelled():
            return 1.0
        by_work = done / self.part_changes if self.part_changes else 1.0
        if self._seconds is None:
            return by_work
        return max(by_work, (monotonic() - self._part) * ROUNDS / (_BUYING * self._seconds))

    def search_begins(self, of_work: float, of_time: float) -> None:
        """Count the share of the time left from here, of which the search by changes has a part as of all work."""
        self._searched = monotonic()
        self._part_of_work, self._part_of_time = of_work, of_time

    def is_done(self, lowest: float) -> bool:
        """Whether the search is cancelled, or nothing is left to gain."""
        bound = self.bound()
        return self.is_cancelled() or (bound is not None and lowest <= bound * (1 + _OPTIMAL))

    def share(self, done: int, lowest: float) -> float:
        """Return the share of the search that is over after so many changes."""
        self.tell("search", lowest)
        if self.is_done(lowest):
            return 1.0
        by_work = done / (self.changes * self._part_of_work) if self.changes else 1.0
        if self._seconds is None:
            return by_work
        whole = max((self._begin + self._seconds - self._searched) * self._part_of_time, 1e-9)
        return max(by_work, (monotonic() - self._searched) / whole)

    def is_over(self, planned: int) -> bool:
        """Whether the search by whole lines is over; a line that is planned is a unit of work."""
        return self.is_cancelled() or self.left_s() <= 0 or planned >= self._work * (1 - self._part_of_work)

    def tell(self, phase: str, cost: float) -> None:
        """Tell how far it is, if somebody asked and it is time."""
        now = monotonic()
        if self._on_progress is not None and now - self._told >= _BETWEEN_S:
            self._told = now
            self._on_progress(Progress(phase, cost, self.bound(), now - self._begin))
