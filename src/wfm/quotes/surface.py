"""The agents of a live team over load and handle time, from a few nodes: for ranges, levels and what-ifs.

What is interpolated is the agents above the load over the root of the load, which hardly changes. A quote's own staff
is never read from here; a range is, for which tests keep it within a hundredth of the exact hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from wfm.domain.targets import Target
from wfm.erlang.arrays import Floats, Ints
from wfm.quotes.models import Team
from wfm.staffing.kernels.rounding import whole_up

__all__ = ["Surface"]

_RATIO = 1.25
_MOST_NODES = 40


class Surface:
    """Agents by load of contacts held alone, at up to three factors of the handle time.

    Parameters
    ----------
    low, high
        Range of the load in erlangs.
    factors
        Factors of the handle time, rising; the load is that at factor 1 times the factor.
    sessions_s, patience_s, interval_s
        As of a `Team`; numbers only.
    targets
        What must hold.
    """

    def __init__(
        self,
        low: float,
        high: float,
        factors: tuple[float, ...],
        *,
        sessions_s: Sequence[float],
        patience_s: float | None,
        interval_s: float,
        targets: Iterable[Target],
    ) -> None:
        goals = tuple(targets)
        count = int(np.clip(np.ceil(np.log(max(high / low, 1.0)) / np.log(_RATIO)) + 2, 3, _MOST_NODES))
        nodes = np.geomspace(low * 0.999, high * 1.001, count)
        self.place, self.factors = np.log(nodes), factors
        self.excess = []
        for factor in factors:
            sessions = tuple(length * factor for length in sessions_s)
            team = Team(nodes * interval_s / sessions[0], sessions, patience_s, interval_s)
            self.excess.append((team.real(goals)[team.back] - nodes) / np.sqrt(nodes))

    def agents(self, load: Floats, factor: Floats | float = 1.0) -> Ints:
        """Return whole agents at loads and factors of the handle time; rows may each have a factor of their own."""
        place = np.log(load)
        rows = [np.interp(place, self.place, row) for row in self.excess]
        excess = sum(_weight(self.factors, number, factor) * row for number, row in enumerate(rows))
        # Real agents are good to some hundredths, and are held to be at least a hair above nothing.
        return whole_up(np.maximum(load + excess * np.sqrt(load), 1e-3))


def _weight(factors: tuple[float, ...], number: int, at: Floats | float) -> Floats | float:
    """Return the weight of a factor in the parabola through all, in logarithms."""
    weight: Floats | float = 1.0
    for other, value in enumerate(factors):
        if other != number:
            weight = weight * (np.log(at) - np.log(value)) / (np.log(factors[number]) - np.log(value))
    return weight
