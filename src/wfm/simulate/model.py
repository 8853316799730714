"""What a simulation assumes beside forecast, roster and centre: how customers behave and how contacts are routed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from wfm.checks import check_choice, check_each, check_flag, check_fraction, check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import set_duration
from wfm.domain.queue import Channel
from wfm.domain.targets import LongestWait, MeanAnswer, ServiceLevel
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.simulate.laws import Exponential, Law, Lognormal
from wfm.simulate.patience import PatienceCurve

__all__ = ["AgentChoice", "ContactChoice", "Lateness", "Model", "Redial", "Route", "Routing"]

Patience: TypeAlias = Law | PatienceCurve


class AgentChoice(StrEnum):
    """Which of several equal agents a contact takes."""

    LONGEST_IDLE = "longest_idle"
    FASTEST = "fastest"


class ContactChoice(StrEnum):
    """Which of several contacts of one priority an agent takes."""

    OLDEST = "oldest"
    RELATIVE_WAIT = "relative_wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redial:
    """Customers who call again after they abandoned or found no trunk.

    Parameters
    ----------
    probability
        Share of those who call again, of each attempt, in (0, 1].
    delay
        Mean time until they do, more than 0; the time is exponential. Default 5 minutes.
    attempts
        Most further attempts, from 1 to 50; default 3.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Redial(probability=0.4, delay="10min").delay_s
    600.0
    """

    probability: float
    delay: timedelta | str = "5min"
    attempts: int = 3
    delay_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("a redial")
        with faults.collecting():
            check_fraction("probability", self.probability)
        with faults.collecting():
            set_duration(self, "delay")
        with faults.collecting():
            check_int("attempts", self.attempts, 1, 50)
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """People who come late to their shifts.

    Parameters
    ----------
    probability
        Share of shifts that begin late, in (0, 1].
    mean
        Mean time by which they do, more than 0; the time is exponential. Default 5 minutes.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Lateness(probability=0.1, mean="6min").mean_s
    360.0
    """

    probability: float
    mean: timedelta | str = "5min"
    mean_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("lateness")
        with faults.collecting():
            check_fraction("probability", self.probability)
        with faults.collecting():
            set_duration(self, "mean")
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How one queue and one skill group go together, where that differs from the rest.

    Parameters
    ----------
    queue
        The queue.
    group
        The skill group, by the names of all queues that its people serve.
    order
        A contact of the queue asks the groups with the smallest order first; those of one order are equal. Default:
        the number of queues of the group if specialists are first, else 0.
    priority
        Priority of the queue for the people of the group; default that of the queue.
    after
        Time that a contact has to wait before the group serves it (overflow); default at once.
    reserve
        The group takes a contact of the queue only if that leaves so many of its people without any; default 0. So
        somebody with a chat in hand takes one beside it as soon as that many have none, and whoever comes free does
        not take the last place.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Route(queue="orders", group=("calls", "orders"), after="60s").after_s
    60.0
    """

    queue: str
    group: tuple[str, ...]
    order: int | None = None
    priority: int | None = None
    after: timedelta | str = "0s"
    reserve: int = 0
    after_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"a route of queue {self.queue!r}")
        with faults.collecting():
            object.__setattr__(self, "group", check_each("group", self.group, str))
            if self.queue not in self.group:
                remedy = "name all queues that the people of the group serve"
                raise DataError(Problem(f"group {self.group} does not serve queue {self.queue!r}", remedy=remedy))
        for name in ("order", "priority"):
            with faults.collecting():
                if getattr(self, name) is not None:
                    check_int(name, getattr(self, name), 0)
        with faults.collecting():
            set_duration(self, "after", allow_zero=True)
        with faults.collecting():
            check_int("reserve", self.reserve, 0)
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Who gets which contact.

    Nothing waits that somebody may take. Whoever comes or comes free chooses first, the most urgent contact that the
    own group may take. Then, and at an arrival, each contact goes to the agent that it prefers, the most urgent one
    first: somebody with room before somebody whose deferred work is put aside for it. Somebody with chats in hand
    takes none beside them that is less urgent than a contact for which there is no room beside them. Deferred work
    put aside waits in its queue by its deadline, for whoever may take it, with the overflow counted from its arrival;
    what is in hand at the start of a shift is put aside only for a live contact that waits.

    Parameters
    ----------
    agents
        Of equal agents with as many contacts in hand: the one who has had room the longest (`"longest_idle"`, default)
        or the `"fastest"` for that queue.
    contacts
        Of the queues of one priority an agent serves the one whose first contact is the `"oldest"` (default), or has
        the greatest wait relative to the target of its queue (`"relative_wait"`): its first service level, mean answer
        or longest wait.
    specialists_first
        Whether of two agents the one with fewer skills is asked first; default yes.
    ageing
        Wait by which a contact gains one step of priority; default none. Live queues alone age.
    interrupt_deferred
        Whether deferred work in hand is put aside for a live contact that finds nobody free, and gone on with later;
        default no.
    routes
        Where single queues and skill groups differ from the rest.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Routing(agents="fastest", ageing="2min").ageing_s
    120.0
    """

    agents: AgentChoice | str = AgentChoice.LONGEST_IDLE
    contacts: ContactChoice | str = ContactChoice.OLDEST
    specialists_first: bool = True
    ageing: timedelta | str | None = None
    interrupt_deferred: bool = False
    routes: tuple[Route, ...] = ()
    ageing_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("routing")
        for name, kind in (("agents", AgentChoice), ("contacts", ContactChoice)):
            with faults.collecting():
                object.__setattr__(self, name, check_choice(name, getattr(self, name), kind))
        for name in ("specialists_first", "interrupt_deferred"):
            with faults.collecting():
                check_flag(name, getattr(self, name))
        object.__setattr__(self, "ageing_s", None)
        with faults.collecting():
            if self.ageing is not None:
                set_duration(self, "ageing")
        with faults.collecting():
            object.__setattr__(self, "routes", check_each("routes", self.routes, Route))
        faults.raise_if_any()
        keys = [(route.queue, frozenset(route.group)) for route in self.routes]
        for queue, group in sorted({key for key in keys if keys.count(key) > 1}, key=str):
            faults.add(f"two routes of queue {queue!r} and group {sorted(group)}", remedy="leave one out")
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """What a simulation assumes of customers and routing.

    Parameters
    ----------
    service
        Distribution of handle times around the forecast's `aht_s`: one for all queues or one by queue; queues that are
        not named, and the default, have `Lognormal(cv=1)`.
    patience
        Distribution of patience around the queue's `patience`, or a `PatienceCurve` in seconds, which takes its place
        (see `fit_patience`): one for all queues or one by queue; queues that are not named, and the default, are
        exponential. A queue without `patience` has customers who never leave, unless it has a curve.
    balking
        Share of customers who leave at once if they have to wait, in [0, 1): one number or by queue; default 0. They
        count as abandoned after 0 s.
    redial
        Customers who call again: one for all live queues or by queue; default nobody does.
    trunks
        Most phone calls in the system at once, waiting or answered, 1 or more: others are blocked. Default no limit.
    lateness
        People who come late, beside the absences of `centre.shrinkage`; default nobody does.
    routing
        Who gets which contact.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Model(service=Exponential(), redial=Redial(probability=0.3), trunks=40).trunks
    40
    """

    service: Law | Mapping[str, Law] = field(default_factory=Lognormal)
    patience: Patience | Mapping[str, Patience] = field(default_factory=Exponential)
    balking: float | Mapping[str, float] = 0.0
    redial: Redial | Mapping[str, Redial] | None = None
    trunks: int | None = None
    lateness: Lateness | None = None
    routing: Routing = field(default_factory=Routing)

    def __post_init__(self) -> None:
        faults = Faults("a model")
        kinds: tuple[tuple[str, TypeAlias], ...] = (("service", Law), ("patience", Patience), ("redial", Redial))
        for name, kind in kinds:
            for value in _values(getattr(self, name)):
                if value is not None and not isinstance(value, kind):
                    faults.add(f"{name} must not be {value!r}", remedy="see the parameters of Model")
        shares = self.balking.values() if isinstance(self.balking, Mapping) else (self.balking,)
        for share in shares:
            with faults.collecting():
                check_fraction("balking", share, include_zero=True, include_one=False)
        with faults.collecting():
            if self.trunks is not None:
                check_int("trunks", self.trunks, 1)
        for name, one in (("lateness", Lateness), ("routing", Routing)):
            value = getattr(self, name)
            if not isinstance(value, one) and not (name == "lateness" and value is None):
                faults.add(f"{name} must be a {one.__name__}, got {value!r}", remedy=f"write {one.__name__}(...)")
        faults.raise_if_any()

    def service_of(self, queue: str) -> Law:
        """Return the distribution of handle times of a queue."""
        return self.service.get(queue, Lognormal()) if isinstance(self.service, Mapping) else self.service

    def patience_of(self, queue: str) -> Patience:
        """Return the distribution of patience of a queue."""
        return self.patience.get(queue, Exponential()) if isinstance(self.patience, Mapping) else self.patience

    def balking_of(self, queue: str) -> float:
        """Return the share of customers of a queue who do not wait."""
        return self.balking.get(queue, 0.0) if isinstance(self.balking, Mapping) else self.balking

    def redial_of(self, queue: str) -> Redial | None:
        """Return how customers of a queue call again, if they do."""
        return self.redial.get(queue) if isinstance(self.redial, Mapping) else self.redial

    def check(self, centre: Centre) -> None:
        """Refuse names that the centre does not know, and rules that it has nothing for.

        Raises
        ------
        DataError
            With every fault.
        """
        faults = Faults("the model")
        queues = {queue.name: queue for queue in centre.queues}
        for name in ("service", "patience", "balking", "redial"):
            value = getattr(self, name)
            unknown = sorted(set(value) - set(queues)) if isinstance(value, Mapping) else []
            for queue in unknown:
                faults.add(f"unknown queue {queue!r}", where=name, remedy=did_you_mean(queue, queues))
        for route in self.routing.routes:
            for queue in sorted(set(route.group) - set(queues)):
                faults.add(f"unknown queue {queue!r}", where="routes", remedy=did_you_mean(queue, queues))
        if self.trunks is not None and not any(queue.channel is Channel.PHONE for queue in centre.queues):
            faults.add("trunks without a phone queue", remedy="leave trunks out")
        if self.routing.contacts is ContactChoice.RELATIVE_WAIT:
            for name, queue in queues.items():
                if not queue.is_deferred and wait_target(centre, name) is None:
                    remedy = "give it a ServiceLevel, MeanAnswer or LongestWait, or leave relative_wait out"
                    faults.add(f"queue {name!r} has no target for its wait", remedy=remedy)
        faults.raise_if_any()


def wait_target(centre: Centre, queue: str) -> float | None:
    """Return the seconds within which a queue is to be answered by its first target that says so."""
    for target in next(item for item in centre.queues if item.name == queue).targets:
        if isinstance(target, ServiceLevel | MeanAnswer | LongestWait):
            return target.within_s
    return None


def _values(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else (value,)
