"""What a quote takes for granted and what it warns of, in words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from wfm.domain.duration import format_duration
from wfm.domain.targets import Deadline, Target
from wfm.quotes.request import QuoteRequest, Spread
from wfm.quotes.shapes import closed_share
from wfm.quotes.staff import Work

__all__ = ["assumptions_of", "warnings_of", "words_of"]


@lru_cache(maxsize=256)
def words_of(goal: Target) -> str:
    """Return a target in words."""
    return str(goal)


def assumptions_of(request: QuoteRequest, defaults: tuple[str, ...]) -> tuple[str, ...]:
    """Return the assumptions, those of defaults first."""
    left_out = set(defaults)
    words = []
    for number, queue in enumerate(request.queues):
        place = f"queues[{number}]"
        if f"{place}.targets" in left_out:
            words.append(f"{queue.name}: no targets given, so {', '.join(map(words_of, queue.goals))}")
        if f"{place}.shape" in left_out and f"{place}.weekdays" in left_out:
            words.append(f"{queue.name}: no shape given; the day runs as is usual for its hours, the days are even")
        if f"{place}.patience" in left_out and queue.is_live:
            words.append(f"{queue.name}: no patience given, so everybody waits until answered (Erlang C)")
        if queue.concurrency > 1 and f"{place}.slowdown" in left_out and isinstance(queue.aht, str):
            words.append(f"{queue.name}: sessions held at once do not slow each other down (slowdown 0)")
    if "shrinkage" in left_out:
        words.append("no shrinkage given: every paid hour is on seat")
    if "contracts" in left_out:
        words.append("no contracts given: full-time, 40 h a week in shifts of 8 h; cost is counted in paid hours")
    if request.range_points:
        spread = request.uncertainty
        words.append(f"range: volume {_spread(spread.volume)}, AHT {_spread(spread.aht)}, alike for all queues")
        words.append("range: whole shifts add the same share of hours as in the quote")
    words.append("arrivals are Poisson and handle times exponential, steady in each interval")
    words.append("a year has 365.25 days like the typical week; FTE are weeks of 40 paid hours")
    return tuple(words)


def _spread(spread: Spread) -> str:
    if spread.cv is not None:
        return f"with a coefficient of variation of {spread.cv:g}"
    low, high = (float(value or 1.0) for value in (spread.low, spread.high))
    return f"80 % between {low:g} and {high:g} times the plan"


def warnings_of(request: QuoteRequest, works: list[Work], factor: float) -> tuple[str, ...]:
    """Return what the reader should look at."""
    words = []
    if request.shrinkage_share == 0.0:
        words.append("shrinkage is 0: breaks, leave and sickness are not in the quote")
    if all(one.wage == 1.0 for one in request.contracts):
        words.append("wages are 1 an hour: read costs as paid hours")
    if factor > 1.15:
        words.append(
            f"whole shifts need {factor - 1:.0%} more hours than the curve: "
            "shorter shifts, a part-time share or fewer opening hours would help"
        )
    for work in works:
        closed = closed_share(work.queue, request.hours)
        if closed.share:
            words.append(
                f"{work.queue.name}: {closed.share:.2%} of the shape is in closed hours (first {closed.first}); "
                "the whole volume is spread over the hours that are open"
            )
        words += _of_queue(work)
    live = sum(work.queue.is_live for work in works)
    if request.multi_skilled and live < 2:
        words.append(f"multi_skilled {request.multi_skilled:g} changes nothing: fewer than two live queues")
    elif 0.0 < request.multi_skilled < 1.0:
        words.append(
            "partly multi-skilled teams are interpolated between separate teams and one, within 1 % of the agents of "
            "simulated queues of one size; let the simulation judge queues that differ"
        )
    if request.multi_skilled and live > 1:
        words += _of_shared(request, works)
    return tuple(words)


def _of_shared(request: QuoteRequest, works: list[Work]) -> list[str]:
    """Return what is approximate of queues that share agents."""
    words, exact = [], "wfm.quotes.compare and sweep staff them anew"
    if request.range_points:
        words.append(
            "range: queues are staffed one by one and the saving of shared agents kept as in the quote, whatever the "
            f"volume and handle time; {exact}"
        )
    slow = any(work.team is not None and not work.team.is_erlang_c for work in works)
    parts = [name for name, asked in (("tornado", request.tornado), ("Pareto curve", request.pareto)) if asked]
    if slow and parts:
        words.append(
            f"{', '.join(parts)}: shared agents are read from a surface at the mean handle time and patience of their "
            f"contacts; {exact}"
        )
    return words


def _of_queue(work: Work) -> list[str]:
    queue, words = work.queue, []
    peak = work.week.peak * queue.sessions_s[0]
    mean = work.week.total * queue.sessions_s[0] / max(work.week.opened, 1)
    if peak < 1800.0 and queue.is_live:
        words.append(f"{queue.name}: below one erlang at its busiest; small teams idle much of their time")
    elif mean and peak / mean > 3.0:
        words.append(f"{queue.name}: the busiest interval is {peak / mean:.1f} times the mean")
    if queue.is_live and not queue.min_agents:
        left = np.delete(work.week.offered, work.busy)
        # A shape leaves rounding behind, which is no contact at all.
        if left.sum() > 1e-9 * work.week.total:
            words.append(
                f"{queue.name}: nobody is planned for {np.count_nonzero(left)} intervals of the week with less than a "
                "contact in a hundred years each; give min_agents if somebody must be there"
            )
    if queue.is_live and queue.patience_s is None and queue.channel.value == "phone":
        words.append(f"{queue.name}: without a patience the staff is for callers who never give up")
    deadlines = [goal for goal in queue.goals if isinstance(goal, Deadline)]
    if deadlines and min(goal.within_s for goal in deadlines) < 1800.0:
        words.append(
            f"{queue.name}: {format_duration(deadlines[0].within)} is short for deferred work; see live targets"
        )
    return words
