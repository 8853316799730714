"""One quote: staff, shifts, people, money; then its range, its levers and its Pareto curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wfm.domain.duration import as_duration
from wfm.domain.targets import Deadline, LongestWait, MeanAnswer, ServiceLevel
from wfm.quotes import covering
from wfm.quotes.answer import QueueAnswer, Quote, Reading, ShiftEfficiency, Year
from wfm.quotes.models import Figures, Team
from wfm.quotes.money import WEEKS_OF_YEAR, Bill, bill, contract_heads
from wfm.quotes.reader import Read, read
from wfm.quotes.refusal import TimeLimitError
from wfm.quotes.request import QuoteQueue, QuoteRequest
from wfm.quotes.staff import (
    Staff,
    Work,
    figures_of,
    figures_of_mixture,
    heads_of,
    hours_of,
    in_all,
    make_work,
    readings_of,
    staffed,
)
from wfm.quotes.words import assumptions_of, warnings_of, words_of

if TYPE_CHECKING:
    from wfm.erlang.arrays import Ints

__all__ = ["Base", "answer", "base_of", "clock", "model_of", "quote", "totals_of"]


def quote(
    request: QuoteRequest | Mapping[str, Any] | str | bytes, *, time_limit: timedelta | str | None = None
) -> Quote:
    """Return a staffing quote: heads, hours, people, cost and levels of a typical week, with their range.

    Pure: nothing is read, written or kept; the same request gives the same bytes, in any number of threads.

    Parameters
    ----------
    request
        A `QuoteRequest`, a plain mapping, or JSON text: see `QuoteRequest` for the fields and
        `wfm.quotes.request_schema` for their JSON Schema.
    time_limit
        Wall-clock limit such as `"2s"`; default none. An answer is whole or not given.

    Raises
    ------
    RequestError
        With every fault of the request, and at once where a load is above the ceiling of 20,000 erlangs.
    TimeLimitError
        If the time is over.

    Examples
    --------
    >>> found = quote({"queues": [{"name": "calls", "volume": "900/day", "aht": "4min", "patience": "2min"}]})
    >>> found.peak_agents, round(found.service_level, 2), found.range.fte.low < found.fte < found.range.fte.high
    (6, 0.84, True)
    """
    return answer(read(request), clock(time_limit))


def clock(limit: timedelta | str | None) -> Callable[[], None]:
    """Return a check that raises once a limit of time is over."""
    if limit is None:
        return _no_limit
    seconds = as_duration("time_limit", limit).total_seconds()
    end = monotonic() + seconds

    def check() -> None:
        if monotonic() > end:
            raise TimeLimitError(f"no answer within the time limit of {seconds:g} s; ask for fewer points or queues")

    return check


def _no_limit() -> None:
    """Let any time pass."""


class Base(NamedTuple):
    """The staff of a request and what it comes to; `factor` is that of whole shifts."""

    works: list[Work]
    staff: Staff
    curve_h: float
    factor: float
    week_h: float
    bill: Bill


def base_of(
    request: QuoteRequest,
    *,
    works: list[Work] | None = None,
    fraction: float | None = None,
    factor: float | None = None,
    deferred_as: Mapping[str, Ints] | None = None,
) -> Base:
    """Return the staff and the bill of a request.

    Parameters
    ----------
    request
        The request.
    works
        Its weeks, where they are made already.
    fraction
        Another share for the service levels.
    factor
        What whole shifts add, where it is known; default from the curve itself.
    deferred_as
        Staff of deferred queues that is known already.
    """
    works = make_work(request) if works is None else works
    staff = staffed(request, works, fraction=fraction, deferred_as=deferred_as)
    curve = math.fsum(hours_of(heads, request.interval_s) for heads in staff.heads)
    if factor is None:
        factor = _paid(request, staff) / curve if curve else 1.0
    week = curve * factor
    return Base(works, staff, curve, factor, week, bill(request, week))


def _paid(request: QuoteRequest, staff: Staff) -> float:
    if request.exact:
        from wfm.quotes import programme

        return math.fsum(
            programme.paid_hours(heads.astype(float), request.contracts, request.interval_s)
            for heads in staff.heads
            if heads.any()
        )
    return math.fsum(covering.paid_hours(heads, request.contracts, request.interval_s) for heads in staff.heads)


def answer(asked: Read, check: Callable[[], None]) -> Quote:
    """Return the quote of a request that was read."""
    request = asked.request
    check()
    base = base_of(request)
    check()
    sums = _live_sums(base)
    queues, totals = _queues(request, base, sums), _live_means(base, sums)
    check()
    agents, heads = in_all(base.staff.by_team), in_all(base.staff.heads)
    contacts = math.fsum([work.week.total for work in base.works]) * WEEKS_OF_YEAR
    lost = totals["abandoned"] * WEEKS_OF_YEAR
    paid_year, cost = float(base.bill.paid_year_h), float(base.bill.cost_year)
    return Quote(
        request=request.to_dict(),
        interval_s=request.interval_s,
        queues=queues,
        agents=tuple(agents.tolist()),
        scheduled=tuple(heads.tolist()),
        peak_agents=int(agents.max()),
        peak_scheduled=int(heads.max()),
        efficiency=ShiftEfficiency(
            factor=base.factor,
            method="programme" if request.exact else "bound",
            curve_hours_per_week=base.curve_h,
            paid_hours_per_week=base.week_h,
        ),
        paid_hours_per_week=base.week_h,
        paid_hours_per_month=paid_year / 12.0,
        paid_hours_per_year=paid_year,
        fte=float(base.bill.fte),
        headcount=int(base.bill.headcount),
        contracts=contract_heads(request, base.week_h, paid_year),
        hires_per_year=float(base.bill.hires),
        cost_per_month=cost / 12.0,
        cost_per_year=cost,
        cost_per_contact=cost / (contacts - lost) if contacts > lost else 0.0,
        contacts_per_year=contacts,
        currency=request.currency,
        service_level=totals.get("service_level"),
        asa_s=totals.get("asa_s"),
        abandonment=totals.get("abandonment"),
        occupancy=totals.get("occupancy"),
        **_extras(request, base, check),
        defaults=asked.defaults,
        assumptions=assumptions_of(request, asked.defaults),
        warnings=warnings_of(request, base.works, base.factor),
    )


def _extras(request: QuoteRequest, base: Base, check: Callable[[], None]) -> dict[str, Any]:
    """Return what may be left out of an answer; what is not asked for is not even imported."""
    found: dict[str, Any] = {"range": None, "tornado": (), "pareto": ()}
    if request.range_points:
        from wfm.quotes.ranges import quote_range

        found["range"] = quote_range(request, base.works, base.staff, base.week_h, check)
    if request.tornado:
        from wfm.quotes.levers import tornado

        found["tornado"] = tornado(request, base, check)
    if request.pareto:
        from wfm.quotes.levers import pareto

        found["pareto"] = pareto(request, base, check)
    found["outlook"] = tuple(_year(request, base, number, check) for number in range(1, request.years + 1))
    return found


def _year(request: QuoteRequest, base: Base, number: int, check: Callable[[], None]) -> Year:
    check()
    grown = base_of(request, works=make_work(request, volume=(1.0 + request.growth) ** number), factor=base.factor)
    return Year(
        year=number,
        contacts_per_year=math.fsum([work.week.total for work in grown.works]) * WEEKS_OF_YEAR,
        peak_agents=int(in_all(grown.staff.by_team).max()),
        fte=float(grown.bill.fte),
        headcount=int(grown.bill.headcount),
        cost_per_year=float(grown.bill.cost_year),
    )


def _queues(request: QuoteRequest, base: Base, sums: list[_Sums | None]) -> tuple[QueueAnswer, ...]:
    """Return the answer of each queue."""
    rows = zip(base.works, base.staff.by_queue, sums, strict=True)
    return tuple(_queue(request, base, work, agents, own) for work, agents, own in rows)


class _Sums(NamedTuple):
    """What a live queue adds to the means over queues, and the longest wait of its worst interval."""

    added: dict[str, float]
    longest_s: float


def _live_sums(base: Base) -> list[_Sums | None]:
    """Return what each queue adds, as a team of its own; nothing of deferred work and without contacts."""
    found: list[_Sums | None] = []
    for work, agents in zip(base.works, base.staff.by_queue, strict=True):
        figures = figures_of(work, agents)
        if figures is None or work.team is None:
            found.append(None)
            continue
        found.append(_Sums(_sums(work.team, work.busy, agents, figures), float(figures.longest_s.max())))
    return found


def _sums(team: Team, busy: Ints, agents: Ints, figures: Figures) -> dict[str, float]:
    """Return what a live team adds to the means over teams."""
    contacts = team.counts * team.offered
    hours = np.bincount(team.back, weights=agents[busy], minlength=len(team.offered))
    answered = contacts * (1.0 - figures.abandonment)
    return {
        "contacts": float(contacts.sum()),
        "level": float(contacts @ figures.service_level),
        "answered": float(answered.sum()),
        "waited": float(answered @ figures.asa_s),
        "abandoned": float(contacts @ figures.abandonment),
        "busy": float(hours @ figures.occupancy),
        "staffed": float(agents.sum()),
    }


def _means(sums: Mapping[str, float]) -> dict[str, float]:
    """Return the means of live queues; without contacts there is only nobody lost."""
    if not sums.get("contacts"):
        return {"abandoned": 0.0}
    return {
        "service_level": sums["level"] / sums["contacts"],
        "asa_s": sums["waited"] / sums["answered"],
        "abandonment": sums["abandoned"] / sums["contacts"],
        "abandoned": sums["abandoned"],
        "occupancy": sums["busy"] / sums["staffed"],
    }


def _add(total: dict[str, float], own: Mapping[str, float]) -> None:
    for name, value in own.items():
        total[name] = total.get(name, 0.0) + value


def _live_means(base: Base, sums: list[_Sums | None]) -> dict[str, float]:
    """Return the means of all live queues: by queue, or by mixture where all agents serve them together."""
    total: dict[str, float] = {}
    for own in sums:
        _add(total, own.added if own is not None else {})
    mixtures = base.staff.mixtures
    if not mixtures:
        return _means(total)
    if not base.staff.is_one_team:
        # Between separate teams and one the levels are those of separate teams; the hours are known.
        return _means(total | {"staffed": float(base.staff.by_team[0].sum())})
    total = {}
    for one in mixtures:
        figures = figures_of_mixture(one)
        if figures is not None and one.team is not None:
            _add(total, _sums(one.team, one.busy, one.agents, figures))
    return _means(total)


def totals_of(base: Base) -> dict[str, float | None]:
    """Return the figures of a request in all, without those of each queue."""
    means = _live_means(base, _live_sums(base))
    contacts = math.fsum([work.week.total for work in base.works])
    answered = (contacts - means["abandoned"]) * WEEKS_OF_YEAR
    made: dict[str, float | None] = {
        "peak_agents": int(in_all(base.staff.by_team).max()),
        "fte": float(base.bill.fte),
        "headcount": int(base.bill.headcount),
        "paid_hours_per_year": float(base.bill.paid_year_h),
        "cost_per_year": float(base.bill.cost_year),
        "cost_per_contact": float(base.bill.cost_year) / answered if answered > 0 else 0.0,
    }
    return made | {name: means.get(name) for name in ("service_level", "asa_s", "abandonment", "occupancy")}


def _queue(request: QuoteRequest, base: Base, work: Work, agents: Ints, sums: _Sums | None) -> QueueAnswer:
    queue = work.queue
    known: dict[str, Any] = {"service_level": 1.0, "asa_s": None, "abandonment": None, "occupancy": None}
    readings: tuple[Reading, ...] = ()
    if sums is not None and work.team is not None:
        means = _means(sums.added)
        known = {name: means[name] for name in known}
        # A longest wait of a week: that of its worst interval.
        reached = (known["service_level"], known["asa_s"], sums.longest_s)
        readings = _readings(request, base, work, work.team, reached)
    elif not queue.is_live:
        known["service_level"] = min(goal.fraction for goal in queue.goals if isinstance(goal, Deadline))
    return QueueAnswer(
        name=queue.name,
        model=model_of(queue),
        contacts_per_week=work.week.total,
        peak_load_erl=work.week.peak * queue.sessions_s[0] / request.interval_s,
        agents=tuple(agents.tolist()),
        peak_agents=int(agents.max()),
        readings=readings,
        **known,
    )


def model_of(queue: QuoteQueue) -> str:
    """Return the name of the model that a queue is staffed by."""
    if not queue.is_live:
        return "deferred work"
    waiting = "Erlang C" if queue.patience_s is None else "Erlang A"
    count = len(queue.sessions_s)
    return waiting if count == 1 else f"balanced chat model, {count} sessions, {waiting} waiting"


def _readings(
    request: QuoteRequest, base: Base, work: Work, team: Team, reached: tuple[float, float, float]
) -> tuple[Reading, ...]:
    goals: tuple[ServiceLevel, MeanAnswer, LongestWait] = readings_of(work.queue)
    level, mean, longest = goals
    met = (reached[0] >= level.fraction, reached[1] <= mean.within_s, reached[2] <= longest.within_s)
    staffs = np.array([team.fewest((goal,)) for goal in goals])
    peaks = staffs.max(axis=1).tolist()
    made = []
    for place, heads in enumerate(heads_of(work, staffs, request.shrinkage_share)):
        found = bill(request, heads * request.interval_s / 3600.0 * base.factor)
        made.append(
            Reading(
                kind=_KINDS[place],
                target=words_of(goals[place]),
                achieved=reached[place],
                met=bool(met[place]),
                peak_agents=max(peaks[place], work.queue.min_agents),
                fte=float(found.fte),
                cost_per_year=float(found.cost_year),
            )
        )
    return tuple(made)


_KINDS = ("service_level", "mean_answer", "longest_wait")
