"""What a centre promises its customers, and the goals that it sets itself, each with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from wfm.checks import check_choice, check_in_range, check_name
from wfm.domain.duration import set_duration
from wfm.domain.queue import Channel
from wfm.errors import DataError, Faults, Problem

__all__ = ["Direction", "Objective", "Promise", "Standard"]


class Promise(StrEnum):
    """What happens within the time: an answer, every reply, the solution, or the closing."""

    ANSWER = "answer"
    REPLY = "reply"
    SOLUTION = "solution"
    CLOSING = "closing"


class Direction(StrEnum):
    """Which side of a goal is good."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """One promise to customers.

    Parameters
    ----------
    name
        What it is called.
    promise
        What happens within the time.
    within
        The time; more than 0.
    channels, kinds
        The channels and the kinds of requests (`"inquiry"`, `"complaint"` ...) that it is for; default all.
    source
        Where it comes from.

    Raises
    ------
    DataError
        With every fault of the standard.

    Examples
    --------
    >>> Standard(name="social media", promise="answer", within="1h", channels=("social",), source="handbook").within_s
    3600.0
    """

    name: str
    promise: Promise | str
    within: timedelta | str
    channels: Iterable[Channel | str] = ()
    kinds: tuple[str, ...] = ()
    source: str
    within_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"standard {self.name!r}")
        object.__setattr__(self, "within_s", 0.0)
        for name in ("name", "source"):
            with faults.collecting():
                check_name(name, getattr(self, name))
        with faults.collecting():
            object.__setattr__(self, "promise", check_choice("promise", self.promise, Promise))
        with faults.collecting():
            set_duration(self, "within")
        with faults.collecting():
            chosen = tuple(check_choice("channel", channel, Channel) for channel in self.channels)
            object.__setattr__(self, "channels", chosen)
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A goal for one measure, against a fixed value or against a named baseline.

    Parameters
    ----------
    measure
        Name of the measure.
    value
        The goal: a fraction for shares and for changes (-0.2 for 20 % less), else in the unit of the measure.
    unit
        `"share"`, `"s"` or `"change"`.
    direction
        Which side is good.
    baseline
        What a change is measured from, such as `"the year before"`; needed for a change and only there.
    source
        Where it comes from.

    Raises
    ------
    DataError
        With every fault of the goal.

    Examples
    --------
    >>> Objective(measure="csat", value=0.9, unit="share", direction="at_least", source="handbook").met(0.93)
    True
    """

    measure: str
    value: float
    unit: str
    direction: Direction | str
    baseline: str | None = None
    source: str

    def __post_init__(self) -> None:
        faults = Faults(f"goal {self.measure!r}")
        for name in ("measure", "source"):
            with faults.collecting():
                check_name(name, getattr(self, name))
        with faults.collecting():
            object.__setattr__(self, "direction", check_choice("direction", self.direction, Direction))
        if self.unit not in ("share", "s", "change"):
            faults.add(f"unknown unit {self.unit!r}", remedy="known: change, s, share")
        with faults.collecting():
            low, high = {"share": (0.0, 1.0), "change": (-1.0, 10.0)}.get(self.unit, (0.0, float("inf")))
            check_in_range("value", self.value, low, high)
        with faults.collecting():
            if (self.unit == "change") != (self.baseline is not None):
                what = "a change without a baseline" if self.baseline is None else "a baseline without a change"
                raise DataError(Problem(what, remedy="a change is measured from a named baseline, nothing else is"))
        faults.raise_if_any()

    def met(self, value: float) -> bool:
        """Return whether a value of the measure reaches the goal; the goal itself does."""
        return value >= self.value if self.direction is Direction.AT_LEAST else value <= self.value
