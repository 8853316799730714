"""How long contacts last: the distributions of service times."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.checks import check_in_range

__all__ = ["Exponential", "Lognormal", "Service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Lognormal service times, the shape that handle times of real centres have.

    Parameters
    ----------
    cv
        Coefficient of variation: standard deviation over mean, more than 0; default 1. The calls of a bank had 1.2
        to 1.3 (L. Brown et al., "Statistical analysis of a telephone call center", JASA 100, 2005).

    Raises
    ------
    DataError
        If `cv` is out of its range.

    Examples
    --------
    >>> round(float(Lognormal(cv=0.5).draw(np.random.default_rng(1), 100_000).mean()), 2)
    1.0
    """

    cv: float = 1.0

    def __post_init__(self) -> None:
        check_in_range("cv", self.cv, 0.0, include_low=False)

    def draw(self, rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
        """Return times with mean 1."""
        variance = log1p(self.cv**2)
        return np.exp(sqrt(variance) * rng.standard_normal(size) - variance / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """Exponential service times, as the Erlang formulas assume.

    Examples
    --------
    >>> round(float(Exponential().draw(np.random.default_rng(1), 100_000).mean()), 2)
    1.0
    """

    def draw(self, rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
        """Return times with mean 1."""
        return rng.standard_exponential(size)


Service: TypeAlias = Lognormal | Exponential
