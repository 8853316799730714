"""What a running search tells, and how it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Cancel", "OnProgress", "Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Parameters
    ----------
    phase
        `prices` while those of `buy` are sought, `bound` while nothing but the bound is worked on, `search`, and
        `queues` while the result is written.
    incumbent
        Cost of the best legal roster so far.
    bound
        The bound proven so far, or none.
    elapsed_s
        Seconds since the start.
    """

    phase: str
    incumbent: float
    bound: float | None
    elapsed_s: float


OnProgress = Callable[[Progress], None]


class Cancel(Protocol):
    """Anything that can be set to stop a search, such as a `threading.Event`."""

    def is_set(self) -> bool:
        """Whether the search shall stop."""
        ...
