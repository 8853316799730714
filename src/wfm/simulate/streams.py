"""Random numbers of replications, and of their mirror images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Mirrored", "Stream", "Streams", "mirrored", "plain"]

Floats = npt.NDArray[np.float64]


class Stream(Protocol):
    """The draws that a replication is made of; `numpy.random.Generator` has them."""

    def random(self, size: int) -> Floats:
        """Return uniform numbers of [0, 1)."""
        ...

    def standard_normal(self, size: int) -> Floats:
        """Return normal numbers."""
        ...

    def standard_exponential(self, size: int) -> Floats:
        """Return exponential numbers of mean 1."""
        ...

    def standard_gamma(self, shape: float, size: int) -> Floats:
        """Return gamma numbers of that mean and variance."""
        ...

    def poisson(self, lam: Floats) -> npt.NDArray[np.int64]:
        """Return a Poisson number for each mean."""
        ...


Streams = Callable[[np.random.SeedSequence], Stream]


class Mirrored:
    """Draws by inversion of uniform numbers u, or of 1 - u: two such streams of one seed are antithetic.

    Parameters
    ----------
    seed
        Seed of the uniform numbers.
    flipped
        Whether 1 - u is taken for u.
    """

    def __init__(self, seed: np.random.SeedSequence, *, flipped: bool) -> None:
        self._rng = np.random.default_rng(seed)
        self._flipped = flipped

    def random(self, size: int) -> Floats:
        """Return uniform numbers of [0, 1)."""
        u = self._rng.random(size)
        # 1 - u lies in (0, 1]; the step below keeps 1 itself out.
        return np.minimum(1.0 - u, np.nextafter(1.0, 0.0)) if self._flipped else u

    def standard_normal(self, size: int) -> Floats:
        """Return normal numbers."""
        z = self._rng.standard_normal(size)
        return -z if self._flipped else z

    def standard_exponential(self, size: int) -> Floats:
        """Return exponential numbers of mean 1."""
        return np.asarray(-np.log1p(-self.random(size)))

    def standard_gamma(self, shape: float, size: int) -> Floats:
        """Return gamma numbers of that mean and variance."""
        from scipy.special import gammaincinv

        return np.asarray(gammaincinv(shape, self.random(size)), dtype=np.float64)

    def poisson(self, lam: Floats) -> npt.NDArray[np.int64]:
        """Return a Poisson number for each mean."""
        from scipy.stats import poisson

        return np.asarray(poisson.ppf(self.random(len(lam)), lam), dtype=np.int64)


def plain(seed: np.random.SeedSequence) -> Stream:
    """Return the usual draws."""
    return np.random.default_rng(seed)


def mirrored(*, flipped: bool) -> Streams:
    """Return a maker of antithetic streams."""
    return lambda seed: Mirrored(seed, flipped=flipped)
