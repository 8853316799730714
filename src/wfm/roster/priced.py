"""What every result with a cost by term and a proven bound can tell."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Priced"]


class Priced:
    """A result with its cost by term, and a lower bound on the cost of any other, or none."""

    __slots__ = ()

    cost: Mapping[str, float]
    bound: float | None

    @property
    def objective(self) -> float:
        """The sum of the cost by term."""
        return float(sum(self.cost.values()))

    @property
    def gap(self) -> float | None:
        """How far the cost is above the bound, as a share of the bound; none without a bound above 0."""
        if self.bound is None or self.bound <= 0:
            return None
        return max(self.objective - self.bound, 0.0) / self.bound
