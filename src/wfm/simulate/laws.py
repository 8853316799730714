"""How long things last: distributions of handle times and of patience, all with mean 1, to be scaled."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gamma, log1p, sqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from wfm.checks import check_in_range
from wfm.errors import DataError, Problem
from wfm.simulate.streams import Stream

__all__ = ["Empirical", "Exponential", "Gamma", "Law", "Lognormal", "Weibull"]

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Lognormal times, the shape that handle times of real centres have.

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

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return times with mean 1."""
        variance = log1p(self.cv**2)
        return np.exp(sqrt(variance) * rng.standard_normal(size) - variance / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """Exponential times, as the Erlang formulas assume.

    Examples
    --------
    >>> round(float(Exponential().draw(np.random.default_rng(1), 100_000).mean()), 2)
    1.0
    """

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return times with mean 1."""
        return rng.standard_exponential(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """Gamma times: with a `cv` below 1 steadier than exponential ones, with one above 1 less steady.

    Parameters
    ----------
    cv
        Coefficient of variation, more than 0 and at most 10; default 1, which is exponential.

    Raises
    ------
    DataError
        If `cv` is out of its range.

    Examples
    --------
    >>> round(float(Gamma(cv=0.5).draw(np.random.default_rng(1), 100_000).std()), 2)
    0.5
    """

    cv: float = 1.0

    def __post_init__(self) -> None:
        check_in_range("cv", self.cv, 0.0, 10.0, include_low=False)

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return times with mean 1."""
        shape = 1 / self.cv**2
        return rng.standard_gamma(shape, size) / shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Weibull:
    """Weibull times: with a shape below 1 whoever has waited long waits on, with one above 1 whoever has leaves soon.

    Parameters
    ----------
    shape
        From 0.1 to 20; default 1, which is exponential.

    Raises
    ------
    DataError
        If `shape` is out of its range.

    Examples
    --------
    >>> round(float(Weibull(shape=0.8).draw(np.random.default_rng(1), 100_000).mean()), 1)
    1.0
    """

    shape: float = 1.0

    def __post_init__(self) -> None:
        check_in_range("shape", self.shape, 0.1, 20.0)

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return times with mean 1."""
        return np.asarray(rng.standard_exponential(size) ** (1 / self.shape) / gamma(1 + 1 / self.shape))


@dataclass(frozen=True, slots=True, eq=False)
class Empirical:
    """Times as they were observed, each as likely as the other, scaled to mean 1.

    Parameters
    ----------
    values
        Times in any unit, 0 or more, at least one of them above 0.

    Raises
    ------
    DataError
        If a value is below 0 or no number, or there is none above 0.

    Examples
    --------
    >>> sorted(set(Empirical([60, 120, 180]).draw(np.random.default_rng(1), 100).tolist()))
    [0.5, 1.0, 1.5]
    """

    values: npt.ArrayLike
    _sorted: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        values = np.sort(np.asarray(self.values, dtype=np.float64).reshape(-1))
        if not len(values) or not (np.isfinite(values) & (values >= 0)).all() or values[-1] == 0:
            what = f"{len(values)} observed times, of which some are below 0 or no number, or none is above 0"
            raise DataError(Problem(what, remedy="give times of 0 or more, at least one above 0"))
        object.__setattr__(self, "_sorted", values / values.mean())

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return times with mean 1."""
        return self._sorted[(rng.random(size) * len(self._sorted)).astype(np.int64)]


Law: TypeAlias = Lognormal | Exponential | Gamma | Weibull | Empirical
