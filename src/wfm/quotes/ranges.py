"""The range of a quote: the same request at many outcomes of volume and handle time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wfm.quotes.answer import QuoteRange, RangeOf
from wfm.quotes.money import bill
from wfm.quotes.points import factors, sobol
from wfm.quotes.request import QuoteRequest
from wfm.quotes.staff import Staff, Work, targets_at
from wfm.quotes.surface import Question, surfaces
from wfm.staffing.kernels.rounding import scheduled, whole_up

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints

__all__ = ["outcomes", "quote_range"]

# Outcomes answered at a time, so that memory stays small whatever is asked.
_PART = 64


def outcomes(request: QuoteRequest) -> tuple[Floats, Floats]:
    """Return the factors of volume and handle time at the points of the range."""
    points = sobol(request.range_points, request.seed)
    spread = request.uncertainty
    return factors(spread.volume, points[:, 0]), factors(spread.aht, points[:, 1])


def quote_range(
    request: QuoteRequest, works: list[Work], staff: Staff, week_h: float, check: Callable[[], None]
) -> QuoteRange:
    """Return the 80 % range.

    Heads of live teams are read from their surfaces; those of deferred work go with the work. What whole shifts add,
    and what one team saves, is taken as in the quote itself. First comes what is planned, for the scale.
    """
    volume, aht = (np.append(1.0, factor) for factor in outcomes(request))
    points = len(volume)
    heads = np.zeros(points)
    peaks = np.zeros((points, len(works[0].week.offered)))
    for number, work in enumerate(works):
        own = scheduled(staff.by_queue[number], request.shrinkage_share)
        if work.team is None:
            heads += own.sum() * volume * aht
            peaks += np.outer(volume * aht, staff.by_queue[number])
            continue
        nodes = _Nodes(work, volume, aht)
        idle = own.sum() - own[work.busy].sum()
        alone = len(works) == 1
        for first in range(0, points, _PART):
            check()
            part = slice(first, first + _PART)
            load = np.outer(volume[part] * aht[part], work.team.load_erl)
            agents = np.maximum(nodes.agents(load, aht[part][:, None]), work.queue.min_agents)
            heads[part] += scheduled(agents, request.shrinkage_share) @ work.team.counts + idle
            if alone:
                peaks[part, 0] = agents.max(axis=1)
            else:
                peaks[part][:, work.busy] += agents[:, work.team.back]
    # The hours of the quote are those of its teams and shifts: outcomes are taken in proportion.
    found = bill(request, heads[1:] * (week_h / heads[0] if heads[0] else 0.0))
    planned, peak = float(np.sum(staff.by_team, axis=0).max()), peaks.max(axis=1)
    peak = peak[1:] * (planned / peak[0] if peak[0] else 0.0)
    return QuoteRange(
        points=request.range_points,
        share=0.8,
        peak_agents=_range(np.ceil(peak - 1e-9)),
        fte=_range(found.fte),
        headcount=_range(found.headcount),
        paid_hours_per_year=_range(found.paid_year_h),
        cost_per_year=_range(found.cost_year),
    )


class _Nodes:
    """Agents of a live team over load and handle time: surfaces at up to three factors of the handle time."""

    def __init__(self, work: Work, volume: Floats, aht: Floats) -> None:
        team, queue = work.team, work.queue
        assert team is not None
        both, load = volume * aht, team.load_erl
        low, high = float(aht.min()), float(aht.max())
        self.factors = (low, (low * high) ** 0.5, high) if high > low * 1.0001 else (low,)
        self.surfaces = surfaces(
            [
                Question(
                    sessions_s=tuple(length * factor for length in queue.sessions_s),
                    patience_s=queue.patience_s,
                    interval_s=team.interval_s,
                    targets=targets_at(queue, None),
                    low=float(load.min() * both.min()),
                    high=float(load.max() * both.max()),
                )
                for factor in self.factors
            ]
        )

    def agents(self, load: Floats, factor: Floats) -> Ints:
        """Return whole agents at loads by row, each row at a factor of the handle time."""
        real = sum(self._weight(place, factor) * one.real(load) for place, one in enumerate(self.surfaces))
        return whole_up(np.maximum(real, 1e-3))

    def _weight(self, place: int, at: Floats) -> Floats:
        """Return the weight of a factor in the parabola through all, in logarithms."""
        weight, known = np.ones(at.shape), np.log(self.factors)
        for other in range(len(known)):
            if other != place:
                weight = weight * (np.log(at) - known[other]) / (known[place] - known[other])
        return weight


def _range(values: Floats | float) -> RangeOf:
    low, median, high = np.quantile(np.asarray(values), (0.1, 0.5, 0.9)).tolist()
    return RangeOf(low=low, median=median, high=high)
