"""What is asked: queues, people, prices and what is uncertain, as frozen values that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wfm.domain.duration import as_duration
from wfm.domain.queue import Channel
from wfm.domain.targets import Deadline, ServiceLevel, Target

if TYPE_CHECKING:
    from typing import Self

__all__ = ["KINDS", "MAX_LOAD", "QuoteContract", "QuoteQueue", "QuoteRequest", "Spread", "Uncertainty", "Volume"]

# Erlangs of one queue in one interval: above it no quote is given. The largest centres of the world stay below.
MAX_LOAD = 20_000.0
Shape = str | tuple[float, ...]
# The kinds of `wfm.domain.ContractKind` that have hours every week, told here since a quote needs nothing else of it.
KINDS = ("full", "part", "temporary")
_LIVE: tuple[Target, ...] = (ServiceLevel(0.8, "30s"),)
_LATER: tuple[Target, ...] = (Deadline("4h"),)


@dataclass(frozen=True, slots=True)
class Volume:
    """Contacts per day, week, month or year.

    Parameters
    ----------
    contacts
        How many, above 0.
    per
        `"day"` (the mean of the days that are open), `"week"`, `"month"` (a twelfth of a year) or `"year"`.

    Examples
    --------
    >>> print(Volume(3200, "day"))
    3200/day
    """

    contacts: float
    per: str = "day"

    def __str__(self) -> str:
        return f"{self.contacts:.15g}/{self.per}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far a planning value may be off: a coefficient of variation, or the factors of an 80 % range around it.

    Parameters
    ----------
    cv
        Standard deviation over mean, in [0, 1]; the value is then lognormal with the planned mean.
    low, high
        Factors of the planned value that it falls below and exceeds with 10 % each; low at most 1, high at least 1.
        The planned value is then the median.
    """

    cv: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """How far volume and handle time may be off, for all queues together.

    Parameters
    ----------
    volume, aht
        Default a coefficient of variation of 0.1 for the volume and 0.05 for the handle time.
    """

    volume: Spread = Spread(cv=0.1)
    aht: Spread = Spread(cv=0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteContract:
    """A kind of contract and its part in the mix.

    Parameters
    ----------
    name
        Name, unique in the request.
    kind
        `"full"` (default), `"part"` or `"temporary"`.
    share
        Share of the paid hours, in (0, 1]; those of all contracts add up to 1.
    week
        Paid hours of a week; default 40 hours.
    shift
        Paid length of its shifts; default 8 hours.
    unpaid_break
        Unpaid break in a shift; default none.
    wage
        Pay for an hour, above 0; default 1, which counts cost in paid hours.
    """

    name: str
    kind: str = "full"
    share: float = 1.0
    week: str = "40h"
    shift: str = "8h"
    unpaid_break: str = "0s"
    wage: float = 1.0
    week_s: float = field(init=False, repr=False, compare=False)
    shift_s: float = field(init=False, repr=False, compare=False)
    unpaid_break_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _seconds(self, ("week", "shift", "unpaid_break"))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteQueue:
    """One kind of contact.

    Parameters
    ----------
    name
        Name, unique in the request.
    volume
        Contacts, before what a bot solves.
    aht
        Mean handle time; of a chat with several sessions the length of one held alone, or one length for each number
        of sessions held.
    channel
        Default phone. Phone and chat are live; the others go with a `Deadline`.
    shape
        How the day runs: `"flat"`, `"office"`, `"shop"`, `"round the clock"`, `"two peaks"`, or 24 or 48 numbers (a
        day), or 168 or 336 (a week from Monday, in place of `weekdays`). Default `"round the clock"` where it is open
        all day, else `"two peaks"`.
    weekdays
        How the week runs: `"even"` (default), `"office"`, `"shop"`, or seven numbers from Monday.
    concurrency
        Sessions that an agent of a chat holds at once, from 1 (default) to 20.
    slowdown
        Share by which each further session lengthens all, in [0, 10]; default 0.
    patience
        Mean patience; default none: nobody gives up.
    targets
        What must hold; default `ServiceLevel(0.8, "30s")` for a live queue, `Deadline("4h")` for another.
    hours
        Opening hours; default those of the request.
    min_agents
        Fewest agents while open; default 0.
    containment
        Share of the volume that a bot solves without an agent, in [0, 1); default 0.
    """

    name: str
    volume: Volume
    aht: str | tuple[str, ...]
    channel: Channel = Channel.PHONE
    shape: Shape | None = None
    weekdays: Shape = "even"
    concurrency: int = 1
    slowdown: float = 0.0
    patience: str | None = None
    targets: tuple[Target, ...] = ()
    hours: str | None = None
    min_agents: int = 0
    containment: float = 0.0
    goals: tuple[Target, ...] = field(init=False, repr=False, compare=False)
    is_live: bool = field(init=False, repr=False, compare=False)
    sessions_s: tuple[float, ...] = field(init=False, repr=False, compare=False)
    patience_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.aht, str):
            alone = seconds_of("aht", self.aht)
            sessions = tuple(alone * (1.0 + self.slowdown * others) for others in range(self.concurrency))
        else:
            sessions = tuple(seconds_of("aht", one) for one in self.aht)
        # The targets, or the default ones of the channel; and whether the customer waits on the line.
        goals = self.targets or (_LIVE if self.channel.is_live else _LATER)
        object.__setattr__(self, "goals", goals)
        object.__setattr__(self, "is_live", not any(isinstance(goal, Deadline) for goal in goals))
        object.__setattr__(self, "sessions_s", sessions)
        object.__setattr__(self, "patience_s", None)
        if self.patience is not None:
            object.__setattr__(self, "patience_s", seconds_of("patience", self.patience))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """A request for a quote. Make it from JSON by `QuoteRequest.of`, which names every fault with its path.

    Parameters
    ----------
    queues
        From 1 to 20 kinds of contact.
    hours
        Opening hours; default `"24x7"`.
    interval
        Planning interval, 15, 30 or 60 minutes; default 30.
    multi_skilled
        Share of the agents of live queues who serve all of them, in [0, 1]; default 0: a team for each queue. 1 is one
        team.
    shrinkage
        Tree of the shares of paid time off seat: names with numbers or further trees (a mapping or JSON may give one
        number for all). All leaves add up, to less than 0.9; default none.
    contracts
        The mix; default one full-time contract of 40 hours.
    overhead
        Cost on top of wages, as a share of them, in [0, 10]; default 0.
    attrition
        Leavers of a year over the headcount, in [0, 5]; default 0.
    training
        Paid training of a new person, before the first contact; default none.
    training_cost
        Cost of a new person besides paid time (recruiting, trainers); default 0.
    growth
        Growth of the volume in a year, in [-0.9, 10]; default 0. The quote is for now; `outlook` is for later.
    years
        Years of the outlook, 0 to 10; default 0.
    uncertainty
        How far volume and handle time may be off.
    currency
        Code for the answer; default `"EUR"`.
    seed
        Seed of the points of the range; default 0.
    range_points
        Points of the range, 0 (no range) to 4096; default 256.
    tornado, pareto
        Whether to answer what each input moves, and the curve of cost against service level; default both.
    exact
        Whether shift efficiency is solved as a linear programme (needs SciPy) instead of read from the bound; default
        no.
    schema
        Version of the contract, `"1"`.

    Examples
    --------
    >>> request = QuoteRequest.of({"queues": [{"name": "chat", "volume": "3200/day", "aht": "7min"}]})
    >>> request.queues[0].volume
    Volume(contacts=3200.0, per='day')
    >>> QuoteRequest.of(request.to_dict()) == request
    True
    """

    queues: tuple[QuoteQueue, ...]
    hours: str = "24x7"
    interval: str = "30min"
    multi_skilled: float = 0.0
    shrinkage: Mapping[str, Any] = field(default_factory=dict)
    contracts: tuple[QuoteContract, ...] = field(default_factory=lambda: (QuoteContract(name="full"),))
    overhead: float = 0.0
    attrition: float = 0.0
    training: str = "0s"
    training_cost: float = 0.0
    growth: float = 0.0
    years: int = 0
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    currency: str = "EUR"
    seed: int = 0
    range_points: int = 256
    tornado: bool = True
    pareto: bool = True
    exact: bool = False
    schema: str = "1"
    interval_s: float = field(init=False, repr=False, compare=False)
    training_s: float = field(init=False, repr=False, compare=False)
    shrinkage_share: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _seconds(self, ("interval", "training"))
        object.__setattr__(self, "shrinkage_share", math.fsum(share for _, share in leaves(self.shrinkage)))

    @classmethod
    def of(cls, value: Self | Mapping[str, Any] | str | bytes) -> QuoteRequest:
        """Return a request from a plain mapping or JSON text, checked throughout.

        Raises
        ------
        RequestError
            With every fault: its path, the value, and what to do.
        """
        from wfm.quotes.reader import read_request

        return read_request(value)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, every field named, that `of` reads back."""
        from wfm.quotes.writer import request_to_dict

        return request_to_dict(self)

    def to_json(self) -> str:
        """Return the request as JSON text."""
        from wfm.quotes.writer import dumps

        return dumps(self.to_dict())


def leaves(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, float]]:
    """Return the leaves of a shrinkage tree with their dotted names.

    Examples
    --------
    >>> leaves({"leave": 0.1, "unplanned": {"sickness": 0.04}})
    [('leave', 0.1), ('unplanned.sickness', 0.04)]
    """
    found: list[tuple[str, float]] = []
    for name, value in tree.items():
        place = f"{above}.{name}" if above else name
        if isinstance(value, (int, float)):
            found.append((place, float(value)))
        else:
            found += leaves(value, place)
    return found


@lru_cache(maxsize=1024)
def seconds_of(name: str, text: str) -> float:
    """Return the seconds of a length of time of 0 or more."""
    return as_duration(name, text, allow_zero=True).total_seconds()


def _seconds(owner: object, names: tuple[str, ...]) -> None:
    for name in names:
        object.__setattr__(owner, f"{name}_s", seconds_of(name, getattr(owner, name)))
