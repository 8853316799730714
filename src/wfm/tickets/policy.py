"""What a service promises: targets for the clocks of a ticket, and the tickets that they are for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from wfm.checks import check_choice, check_each, check_flag, check_name
from wfm.domain.duration import set_duration
from wfm.domain.hours import OpeningHours
from wfm.domain.queue import Channel
from wfm.domain.standards import Promise, Standard
from wfm.errors import DataError, Faults, Problem
from wfm.tickets.states import TicketState

__all__ = ["SlaMeasure", "SlaPolicy", "SlaTarget", "policies_of"]


class SlaMeasure(StrEnum):
    """What a clock times.

    `first_response`: from the creation to the first thing that an agent says and the customer sees. `next_response`:
    from each message of the customer that follows an answer to the next answer; it is reset by that answer.
    `first_resolution`: from the creation to the first time it is solved. `resolution`: to the last time, without the
    time in which it was solved. `closure`: from the creation to the closing.
    """

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    FIRST_RESOLUTION = "first_resolution"
    RESOLUTION = "resolution"
    CLOSURE = "closure"

    @property
    def is_response(self) -> bool:
        """Whether an answer stops the clock."""
        return self in (SlaMeasure.FIRST_RESPONSE, SlaMeasure.NEXT_RESPONSE)


@dataclass(frozen=True, slots=True)
class SlaTarget:
    """How long one clock may run.

    Parameters
    ----------
    measure
        What is timed.
    within
        The longest time that keeps the promise, itself included; more than 0.
    business
        Whether the clock runs in opening hours only; default no: day and night.
    hours
        The opening hours, for business time only; default those of the calendar.
    pause
        States in which the clock stands still: of `pending`, `on_hold` and, for `closure`, `solved`. It runs again when
        the ticket leaves the state or the customer replies, and stands still again once that reply is answered. Default
        none for responses, `pending` for the others.

    Raises
    ------
    DataError
        With every fault of the target.

    Examples
    --------
    >>> target = SlaTarget("resolution", "4h", business=True, hours="Mon-Fri 08:00-18:00", pause=("pending", "on_hold"))
    >>> target.within_s
    14400.0
    """

    measure: SlaMeasure | str
    within: timedelta | str
    business: bool = field(default=False, kw_only=True)
    hours: OpeningHours | str | None = field(default=None, kw_only=True)
    pause: Iterable[TicketState | str] | None = field(default=None, kw_only=True)
    within_s: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults("an SLA target")
        with faults.collecting():
            object.__setattr__(self, "measure", check_choice("measure", self.measure, SlaMeasure))
        object.__setattr__(self, "within_s", 0.0)
        with faults.collecting():
            set_duration(self, "within")
        with faults.collecting():
            check_flag("business", self.business)
            if self.hours is not None:
                object.__setattr__(self, "hours", OpeningHours.of(self.hours))
                if not self.business:
                    what = "hours without business time"
                    raise DataError(Problem(what, remedy="write business=True too, or leave hours out"))
        faults.raise_if_any()
        measure = SlaMeasure(self.measure)
        given = self.pause
        if given is None:
            given = () if measure.is_response else (TicketState.PENDING,)
        states = [given] if isinstance(given, str) else list(given)
        paused = {check_choice("pause", state, TicketState) for state in states}
        allowed = {TicketState.PENDING, TicketState.ON_HOLD}
        if measure is SlaMeasure.CLOSURE:
            allowed.add(TicketState.SOLVED)
        for state in sorted(paused - allowed):
            what = f"the clock {measure.value!r} cannot stand still while a ticket is {state.value!r}"
            faults.add(what, remedy=f"allowed: {', '.join(sorted(allowed))}")
        faults.raise_if_any()
        object.__setattr__(self, "pause", tuple(sorted(paused)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """Targets, and the tickets that they are for. Of several policies, the first one that fits a ticket is its own.

    Parameters
    ----------
    name
        Name, unique among the policies.
    targets
        At least one, one for each measure.
    kinds, channels, queues, segments
        The tickets that it is for, by these columns; default all. A ticket must fit each one that is given.
    priorities
        Priorities that it is for; default all.

    Raises
    ------
    DataError
        With every fault of the policy.

    Examples
    --------
    >>> SlaPolicy(name="complaints", targets=(SlaTarget("closure", "24h"),), kinds=("complaint",)).kinds
    ('complaint',)
    """

    name: str
    targets: tuple[SlaTarget, ...]
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    priorities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults(f"SLA policy {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            object.__setattr__(self, "targets", check_each("targets", self.targets, SlaTarget))
            if not self.targets:
                raise DataError(
                    Problem("no targets", remedy="give at least one, such as SlaTarget('resolution', '4h')")
                )
            measures = [SlaMeasure(target.measure) for target in self.targets]
            for measure in sorted({one for one in measures if measures.count(one) > 1}):
                faults.add(f"two targets for {measure.value!r}", remedy="keep one")
        for column in ("kinds", "channels", "queues", "segments"):
            with faults.collecting():
                object.__setattr__(self, column, tuple(map(str, check_each(column, getattr(self, column), str))))
        object.__setattr__(self, "priorities", tuple(float(value) for value in self.priorities))
        faults.raise_if_any()

    def target(self, measure: SlaMeasure) -> SlaTarget | None:
        """Return the target of a measure, if the policy has one."""
        return next((target for target in self.targets if target.measure == measure), None)


# What a promise is timed by, and the states in which its clock stands still: a solved complaint waits only for the
# customer to object.
_TIMED = {
    Promise.ANSWER: ((SlaMeasure.FIRST_RESPONSE, ()),),
    Promise.REPLY: ((SlaMeasure.FIRST_RESPONSE, ()), (SlaMeasure.NEXT_RESPONSE, ())),
    Promise.SOLUTION: ((SlaMeasure.RESOLUTION, (TicketState.PENDING,)),),
    Promise.CLOSING: ((SlaMeasure.CLOSURE, (TicketState.PENDING, TicketState.SOLVED)),),
}


def policies_of(standards: Iterable[Standard]) -> tuple[SlaPolicy, ...]:
    """Return the policies that keep the promises of a centre: one for each channel and kind of request with a promise.

    Where several promises are for one clock of a ticket, the shortest counts. All clocks run day and night; write the
    policies yourself for business time.

    Parameters
    ----------
    standards
        Promises, such as `wfm.presets.ecommerce_standards()`.

    Examples
    --------
    >>> from wfm.domain.presets import ecommerce_standards
    >>> policies = policies_of(ecommerce_standards())
    >>> [(target.measure.value, target.within_s) for target in policies[0].targets], policies[0].name
    ([('first_response', 30.0), ('closure', 86400.0)], 'complaint by phone')
    """
    promised = tuple(standards)
    kinds = sorted({kind for standard in promised for kind in standard.kinds})
    found = []
    for channel in Channel:
        for kind in (*kinds, None):
            limits: dict[SlaMeasure, tuple[float, SlaTarget]] = {}
            for standard in promised:
                if (standard.channels and channel not in tuple(standard.channels)) or (
                    standard.kinds and kind not in standard.kinds
                ):
                    continue
                for measure, pause in _TIMED[Promise(standard.promise)]:
                    target = SlaTarget(measure, standard.within, pause=pause)
                    if measure not in limits or standard.within_s < limits[measure][0]:
                        limits[measure] = (standard.within_s, target)
            if limits:
                targets = tuple(limits[measure][1] for measure in SlaMeasure if measure in limits)
                name = f"{kind or 'anything else'} by {channel.value}"
                mine = () if kind is None else (kind,)
                found.append(SlaPolicy(name=name, targets=targets, kinds=mine, channels=(channel.value,)))
    return tuple(found)
