"""The inputs of the kernel: queues, contacts and people as arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.errors import Faults

__all__ = ["Demand", "Flags", "Floats", "Ints", "Lines", "Routes", "Staff"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The queues.

    Parameters
    ----------
    rank
        One number per queue: an agent serves the smallest first.
    concurrency
        Contacts that an agent holds at the same time, 1 or more; default 1.
    slowdown
        Share by which each takes longer for every further one held, 0 or more; default 0. Or a table, a row for each
        queue and a column for each number of further ones, from 1 to the greatest concurrency less 1.
    ageing
        Rank that the queue gains with each second that its first contact waits, 0 or more; default 0.
    weight
        Of the queues of one rank, the one with the greatest weight times wait is served first where the weight is
        above 0, as with one over the target wait. Default 0: the one whose first contact is due first.
    fastest
        Whether the fastest of equal agents is asked, rather than the one who has had room the longest; default no.
    yields
        Whether its work is put back in line, to be gone on with later, for a contact of a queue that does not yield;
        only with a concurrency of 1. Default no.
    counted
        Whether its contacts take a trunk, where there is a limit to these; default all.

    Raises
    ------
    DataError
        With every fault: a concurrency below 1, a slowdown, ageing or weight below 0, a chat that yields.
    """

    rank: Ints | Floats
    concurrency: Ints | None = None
    slowdown: Floats | None = None
    ageing: Floats | None = None
    weight: Floats | None = None
    fastest: bool = False
    yields: Flags | None = None
    counted: Flags | None = None

    def __post_init__(self) -> None:
        faults = Faults("the queues of a simulation")
        if self.concurrency is not None:
            _refuse(self.concurrency < 1, "a concurrency below 1", "give 1 or more", faults)
        for name in ("slowdown", "ageing", "weight"):
            values = getattr(self, name)
            if values is not None:
                wrong = ~(np.isfinite(values) & (values >= 0)).reshape(len(self.rank), -1).all(axis=1)
                _refuse(wrong, f"a {name} below 0", "give 0 or more", faults)
        if self.slowdown is not None and self.slowdown.ndim == 2 and self.slowdown.shape[1] < self.limits.max() - 1:
            what = f"a table of slowdowns with {self.slowdown.shape[1]} columns"
            faults.add(what, remedy=f"give one for each number of further contacts, {self.limits.max() - 1} in all")
        if self.yields is not None:
            _refuse(self.yields & (self.limits > 1), "a chat that yields", "only work done alone can yield", faults)
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def limits(self) -> Ints:
        """Contacts that an agent holds at the same time, one number per queue."""
        return np.ones(len(self.rank), dtype=np.int64) if self.concurrency is None else self.concurrency

    @property
    def factors(self) -> Floats:
        """How much longer a contact of each queue takes: a row per queue, a column for each number held, from 1."""
        width = int(self.limits.max())
        if self.slowdown is None:
            return np.ones((len(self), width))
        if self.slowdown.ndim == 2:
            return np.hstack([np.ones((len(self), 1)), 1.0 + self.slowdown[:, : width - 1]])
        return 1.0 + self.slowdown[:, None] * np.arange(width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Routes:
    """Which skill group serves which queue when: one row per group in the order of `Staff.groups`, a column per queue.

    What stands where a group does not serve a queue counts nothing.

    Parameters
    ----------
    tier
        A contact asks the groups of the smallest number first; of one number they are equal. Default: the number of
        queues that the group serves, so that specialists come first.
    rank
        An agent of the group serves the queue of the smallest number first; default the queue's rank.
    after
        Seconds that a contact has to wait before the group serves it, 0 or more; default 0.
    reserve
        The group takes a contact only if that leaves as many of its agents without any, 0 or more; default 0.

    Raises
    ------
    DataError
        With every fault: arrays of several shapes, a negative or missing number.
    """

    tier: Ints | None = None
    rank: Floats | None = None
    after: Floats | None = None
    reserve: Ints | None = None

    def __post_init__(self) -> None:
        faults = Faults("the routes of a simulation")
        if len({array.shape for array in self.given}) > 1:
            remedy = "give one row for each group, one column for each queue"
            faults.add(f"arrays of several shapes: {[array.shape for array in self.given]}", remedy=remedy)
        for name in ("after", "reserve"):
            values = getattr(self, name)
            if values is not None and not (np.isfinite(values) & (values >= 0)).all():
                faults.add(f"{name} below 0, or no number", remedy="give 0 or more")
        if self.rank is not None and not np.isfinite(self.rank).all():
            faults.add("a rank that is no number", remedy="give a number")
        faults.raise_if_any()

    @property
    def given(self) -> list[npt.NDArray[Any]]:
        """The arrays that are not left to their defaults."""
        return [array for array in (self.tier, self.rank, self.after, self.reserve) if array is not None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """The contacts, in order of arrival: one item of each array for each contact, times in seconds.

    Parameters
    ----------
    time
        When it arrives; never falling.
    queue
        Number of its queue.
    service
        Work, at speed 1 and alone with its agent.
    patience
        How long it waits before it abandons; `inf` for ever. Default: nobody abandons.
    due
        Of queues with one rank, the one whose first contact has the smallest is served first; default the arrival.
    arrivals
        How many of them arrive by themselves, which stand first; default all. Behind them stand, in any order, further
        attempts of customers, whose time the simulation sets, and contacts in hand at the start.
    again
        The number of the customer's next attempt, should nobody answer this one; -1 for none. Default none.
    delay
        Of a further attempt: seconds after the one before was given up.
    until
        Of a further attempt: from this instant on it is not made. Default never.
    closing
        Of a further attempt: its patience ends then at the latest. Default never.
    holder
        Of a contact in hand at the start: the agent who goes on with it, with `service` left, when it first comes; -1
        for any other. Default none.
    answered
        When a contact in hand was answered; missing for any other.

    Raises
    ------
    DataError
        With every fault: arrays of several lengths, times that fall, negative or missing numbers.
    """

    time: Floats
    queue: Ints
    service: Floats
    patience: Floats | None = None
    due: Floats | None = None
    arrivals: int | None = None
    again: Ints | None = None
    delay: Floats | None = None
    until: Floats | None = None
    closing: Floats | None = None
    holder: Ints | None = None
    answered: Floats | None = None

    def __post_init__(self) -> None:
        faults = Faults("the contacts of a simulation")
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "arrivals"}
        sizes = {name: len(array) for name, array in given.items() if array is not None}
        if len(set(sizes.values())) > 1:
            faults.add(f"arrays of several lengths: {sizes}", remedy="give one item for each contact")
            faults.raise_if_any()
        own = self.time[: self.arriving]
        _refuse(~np.isfinite(own), "an arrival that is no number", "give seconds", faults)
        _refuse(np.diff(own, prepend=-np.inf) < 0, "an arrival before the one above it", "sort by time", faults)
        _refuse(self.queue < 0, "a negative queue", "number the queues from 0", faults)
        _refuse(~((self.service >= 0) & np.isfinite(self.service)), "a service time below 0", "give 0 or more", faults)
        if self.patience is not None:
            _refuse(~(self.patience >= 0), "a patience below 0", "give 0 or more, or inf", faults)
        if self.due is not None:
            _refuse(np.isnan(self.due[: self.arriving]), "a due time that is no number", "give seconds", faults)
        if self.again is not None:
            wrong = (self.again >= 0) & ((self.again < self.arriving) | (self.again >= len(self)))
            _refuse(wrong, "a further attempt that is not behind the arrivals", "number it from there", faults)
            if self.delay is None:
                faults.add("further attempts without a delay", remedy="give seconds")
        if self.delay is not None:
            _refuse(~((self.delay >= 0) & np.isfinite(self.delay)), "a delay below 0", "give 0 or more", faults)
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.time)

    @property
    def arriving(self) -> int:
        """How many arrive by themselves."""
        return len(self.time) if self.arrivals is None else self.arrivals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Staff:
    """The agents and their stretches of work.

    Parameters
    ----------
    speed
        One row per agent, one column per queue: above 0, or NaN where the agent does not serve the queue.
    agent, start, end
        Stretches of work in seconds: number of the agent, half-open, sorted by agent and start, without overlap.
    shift
        Number of the shift of each stretch: between two stretches of one shift the agent has a break.
    shift_end
        End of that shift, from which overtime counts.

    Raises
    ------
    DataError
        With every fault: an agent without a queue, a speed of 0 or less, stretches that are empty or overlap.
    """

    speed: Floats
    agent: Ints
    start: Floats
    end: Floats
    shift: Ints
    shift_end: Floats

    def __post_init__(self) -> None:
        faults = Faults("the staff of a simulation")
        known = ~np.isnan(self.speed)
        wrong = (known & ~((self.speed > 0) & np.isfinite(self.speed))).any(axis=1)
        _refuse(
            np.asarray(wrong), "a speed of 0 or less, or infinite", "give a speed above 0, or NaN for no skill", faults
        )
        _refuse(np.asarray(~known.any(axis=1)), "an agent serves no queue", "give at least one speed", faults)
        unknown = (self.agent < 0) | (self.agent >= len(self.speed))
        _refuse(unknown, "an agent without a row of speeds", "number the agents from 0", faults)
        _refuse(~(self.end > self.start), "a stretch does not end after its start", "leave it out", faults)
        agent, before = self.agent[1:], self.agent[:-1]
        early = (agent < before) | ((agent == before) & (self.start[1:] < self.end[:-1]))
        remedy = "sort by agent and start, and cut the overlap"
        _refuse(np.append(False, early), "a stretch begins before the one above it ends", remedy, faults)
        faults.raise_if_any()

    @property
    def groups(self) -> tuple[Flags, Ints]:
        """Skill groups, one row each with a flag per queue, and the group of each agent."""
        skills, group = np.unique(~np.isnan(self.speed), axis=0, return_inverse=True)
        return skills, group.astype(np.int64).reshape(-1)


def _refuse(wrong: Flags, what: str, remedy: str, faults: Faults) -> None:
    """Note a fault of the items that are wrong."""
    rows = np.flatnonzero(wrong)
    if rows.size:
        faults.add(what, remedy=remedy, rows=rows.tolist())
