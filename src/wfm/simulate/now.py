"""From now on: a simulation that begins at an instant, with the contacts and the people of that instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.simulate.inputs import Flags, Floats, Ints, Staff

__all__ = ["DRAWS", "Held", "Now", "State", "beyond", "clip", "joined", "read_state", "with_holders"]

# Whoever has a contact in hand beyond the own time is on seat for so long, and finishes it.
_MOMENT_S = 1e-3
# Times that are longer than what has gone by are chosen among so many draws.
DRAWS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """The centre at an instant.

    Parameters
    ----------
    now
        The instant, with a time zone.
    contacts
        Frame `contacts` as of then, or a result that gives one. Those without an answer and not abandoned wait, those
        answered and without `ended_at` are in the hands of their `employee`; all others are over and count nothing.
    present
        Ids of the people on seat. Whoever is rostered to work now and is not among them is away for the rest of the
        shift. Default: everybody as rostered.

    Raises
    ------
    DataError
        If the instant has no time zone.

    Examples
    --------
    >>> State(now=pd.Timestamp("2026-01-05 10:20", tz="Europe/Berlin")).present is None
    True
    """

    now: pd.Timestamp
    contacts: FrameLike | None = None
    present: Iterable[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.now, pd.Timestamp) or pd.isna(self.now) or self.now.tzinfo is None:
            remedy = "write pd.Timestamp('2026-01-05 10:20', tz='Europe/Berlin')"
            raise DataError(Problem(f"now must be an instant with a time zone, got {self.now!r}", remedy=remedy))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """Contacts of one moment as arrays; times in seconds from the start of the forecast."""

    time: Floats
    queue: Ints
    agent: Ints  # -1: waits
    answered: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Now:
    """A state read for a case."""

    at: float
    held: Held
    begun: Flags  # by shift number: whether it had begun


def read_state(
    state: State, centre: Centre, origin: pd.Timestamp, staff: Staff, employees: tuple[str, ...]
) -> tuple[Now, Staff]:
    """Return the state, and the staff from then on.

    Raises
    ------
    DataError
        With every fault: an unknown queue or person, a contact that came after now, one in the hands of nobody.
    """
    faults = Faults("the state")
    at = (state.now - origin).total_seconds()
    number = {name: place for place, name in enumerate(employees)}
    absent = np.zeros(len(employees), dtype=bool)
    if state.present is not None:
        present = set(state.present)
        known = {employee.id for employee in centre.employees}
        for name in sorted(present - known):
            faults.add(f"unknown employee {name!r}", where="present", remedy=did_you_mean(name, known))
        absent = np.array([name not in present for name in employees])
    with faults.collecting():
        held = _read_contacts(state, centre, origin, number)
    faults.raise_if_any()
    begun = np.zeros(int(staff.shift.max(initial=-1)) + 1, dtype=bool)
    begun[staff.shift[staff.start <= at]] = True
    working = np.zeros(len(begun), dtype=bool)
    working[staff.shift[(staff.start <= at) & (staff.end > at)]] = True
    away = working[staff.shift] & absent[staff.agent]
    return Now(at=at, held=held, begun=begun), clip(_kept(staff, ~away), at)


def _read_contacts(state: State, centre: Centre, origin: pd.Timestamp, number: dict[str, int]) -> Held:
    names = {queue.name: place for place, queue in enumerate(centre.queues)}
    if state.contacts is None:
        empty = np.zeros(0)
        return Held(time=empty, queue=empty.astype(np.int64), agent=empty.astype(np.int64), answered=empty)
    frame = as_frame(state.contacts, "contacts", tz=centre.tz, known={"queue": list(names)})
    over = frame["abandoned_at"].notna()
    if "ended_at" in frame.columns:
        over |= frame["ended_at"].notna()
    frame = frame[~over]
    in_hand = frame["answered_at"].notna()
    faults = Faults("the contacts of the state")
    late = frame.index[(frame["arrived_at"] > state.now) | (frame["answered_at"] > state.now)].tolist()
    if late:
        faults.add("contacts came or were answered after now", remedy="give the log as of now", rows=late)
    people = frame["employee"] if "employee" in frame.columns else pd.Series(None, index=frame.index, dtype="str")
    agent = people.map(number).where(in_hand, -1)
    lost = frame.index[agent.isna()].tolist()
    if lost:
        remedy = "name the employee, and roster who has a contact in hand"
        faults.add("contacts are in the hands of nobody on the roster", remedy=remedy, rows=lost)
    faults.raise_if_any()
    frame = frame.assign(agent=agent.astype(np.int64)).sort_values(["arrived_at", "contact_id"])
    second = pd.Timedelta(seconds=1)
    return Held(
        time=((frame["arrived_at"] - origin) / second).to_numpy(dtype=np.float64),
        queue=frame["queue"].map(names).to_numpy(dtype=np.int64),
        agent=frame["agent"].to_numpy(dtype=np.int64),
        answered=((frame["answered_at"] - origin) / second).to_numpy(dtype=np.float64),
    )


def clip(staff: Staff, at: float) -> Staff:
    """Return the staff from an instant on."""
    staff = _kept(staff, staff.end > at)
    return replace(staff, start=np.maximum(staff.start, at))


def with_holders(staff: Staff, now: Now, shift_end: Floats) -> Staff:
    """Return the staff with those on seat who have a contact in hand beyond their time; `shift_end` is by agent."""
    here = staff.agent[staff.start <= now.at]
    missing = np.setdiff1d(now.held.agent[now.held.agent >= 0], here)
    if not len(missing):
        return staff
    count = len(missing)
    # Whose shift goes on has a break that begins late.
    following = np.array([np.append(staff.shift[staff.agent == a], -1)[0] for a in missing])
    new = int(staff.shift.max(initial=-1)) + 1 + np.arange(count)
    goes_on = np.isin(following, np.flatnonzero(now.begun))
    moment = Staff(
        speed=staff.speed,
        agent=missing,
        start=np.full(count, now.at),
        end=np.full(count, now.at + _MOMENT_S),
        shift=np.where(goes_on, following, new),
        shift_end=np.minimum(shift_end[missing], now.at) if len(shift_end) else np.full(count, now.at),
    )
    return joined(moment, staff)


def joined(one: Staff, other: Staff) -> Staff:
    """Return the stretches of both, in order."""
    names = ("agent", "start", "end", "shift", "shift_end")
    arrays = {name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names}
    order = np.lexsort((arrays["start"], arrays["agent"]))
    arrays = {name: array[order] for name, array in arrays.items()}
    follows = np.append(arrays["agent"][1:] == arrays["agent"][:-1], False)
    limit = np.where(follows, np.append(arrays["start"][1:], np.inf), np.inf)
    arrays["end"] = np.minimum(arrays["end"], limit)
    return Staff(speed=one.speed, **arrays)


def beyond(gone: Floats, sample: Floats, u: Floats) -> Floats:
    """Return times longer than what has gone by, each one of a sample chosen by `u`; what has gone by if none is."""
    ordered = np.sort(sample)
    first = np.searchsorted(ordered, gone, side="right")
    left = len(ordered) - first
    place = np.minimum(first + (u * left).astype(np.int64), len(ordered) - 1)
    return np.where(left > 0, ordered[place], gone)


def _kept(staff: Staff, keep: Flags) -> Staff:
    return replace(
        staff,
        agent=staff.agent[keep],
        start=staff.start[keep],
        end=staff.end[keep],
        shift=staff.shift[keep],
        shift_end=staff.shift_end[keep],
    )
