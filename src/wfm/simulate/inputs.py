"""The inputs of the kernel: queues, contacts and people as arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wfm.errors import Faults

__all__ = ["Demand", "Flags", "Floats", "Ints", "Lines", "Staff"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The queues.

    Parameters
    ----------
    rank
        One whole number per queue: an agent serves the smallest first.
    concurrency
        Contacts that an agent holds at the same time, 1 or more; default 1.
    slowdown
        Share by which each takes longer for every further one held, 0 or more; default 0.

    Raises
    ------
    DataError
        With every fault: a concurrency below 1, a slowdown below 0.
    """

    rank: Ints
    concurrency: Ints | None = None
    slowdown: Floats | None = None

    def __post_init__(self) -> None:
        faults = Faults("the queues of a simulation")
        if self.concurrency is not None:
            _refuse(self.concurrency < 1, "a concurrency below 1", "give 1 or more", faults)
        if self.slowdown is not None:
            _refuse(~(self.slowdown >= 0), "a slowdown below 0", "give 0 or more", faults)
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.rank)


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

    def __post_init__(self) -> None:
        faults = Faults("the contacts of a simulation")
        given = {name: getattr(self, name) for name in ("time", "queue", "service", "patience", "due")}
        sizes = {name: len(array) for name, array in given.items() if array is not None}
        if len(set(sizes.values())) > 1:
            faults.add(f"arrays of several lengths: {sizes}", remedy="give one item for each contact")
            faults.raise_if_any()
        _refuse(~np.isfinite(self.time), "an arrival that is no number", "give seconds", faults)
        _refuse(np.diff(self.time, prepend=-np.inf) < 0, "an arrival before the one above it", "sort by time", faults)
        _refuse(self.queue < 0, "a negative queue", "number the queues from 0", faults)
        _refuse(~((self.service >= 0) & np.isfinite(self.service)), "a service time below 0", "give 0 or more", faults)
        if self.patience is not None:
            _refuse(~(self.patience >= 0), "a patience below 0", "give 0 or more, or inf", faults)
        if self.due is not None:
            _refuse(np.isnan(self.due), "a due time that is no number", "give seconds", faults)
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.time)


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
