"""Which candidates a lock leaves, and when the breaks that it fixes begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.domain.lock import Lock
from wfm.errors import Problem
from wfm.roster.placing import place_breaks
from wfm.shifts import Candidates, seconds
from wfm.timegrid import localize

__all__ = ["Held", "hold"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DAY = timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Held:
    """What the locks of a person leave.

    Parameters
    ----------
    allowed
        Which candidates they may still work.
    must
        Days that must be worked.
    pinned
        Start of each break that is fixed, as days x breaks in the order of the template, in Unix seconds; -1 where it
        is free.
    """

    allowed: Flags
    must: Flags
    pinned: Ints


def hold(locks: tuple[Lock, ...], shifts: Candidates, allowed: Flags) -> tuple[Held, list[Problem]]:
    """Return what locks leave of the allowed candidates, and the locks that nothing can hold."""
    days = {day: number for number, day in enumerate(shifts.dates)}
    most = max((len(template.breaks) for template in shifts.templates), default=0)
    held = Held(allowed.copy(), np.zeros(len(days), dtype=bool), np.full((len(days), most), -1, dtype=np.int64))
    problems = []
    for lock in locks:
        if lock.day not in days:
            continue
        number = days[lock.day]
        on_day = shifts.day == number
        if lock.off:
            held.allowed[on_day] = False
            continue
        fits = on_day & _fits(lock, shifts)
        held.must[number] = True
        if not fits.any():
            problems.append(_no_shift(lock, "no shift of the centre's templates is as it says"))
            continue
        if lock.breaks:
            fits, pins = _with_breaks(lock, shifts, fits)
            if len(pins) != 1:
                why = "no shift has its breaks at those times" if not pins else "its breaks could be on two days"
                problems.append(_no_shift(lock, why))
                continue
            held.pinned[number, : len(pins[0])] = pins[0]
        held.allowed[on_day] &= fits[on_day]
        if not held.allowed[on_day].any():
            problems.append(_no_shift(lock, "the contract or an unavailability forbids it"))
    return held, problems


def _no_shift(lock: Lock, why: str) -> Problem:
    return Problem(f"the lock of {lock.day} cannot be held: {why}", remedy="change the lock, or what forbids it")


def _fits(lock: Lock, shifts: Candidates) -> Flags:
    fits: Flags = np.ones(len(shifts), dtype=bool)
    if lock.template is not None:
        named = np.array([template.name == lock.template for template in shifts.templates])
        fits &= named[shifts.template]
    if lock.length_s is not None:
        fits &= shifts.end_s - shifts.start_s == int(lock.length_s)
    if lock.start_s is not None:
        instant = _instant(pd.Timestamp(lock.day) + timedelta(seconds=lock.start_s), shifts.tz)
        fits &= shifts.start_s == instant
    return fits


def _instant(wall: pd.Timestamp, tz: str) -> int:
    return int(seconds(localize(pd.DatetimeIndex([wall]).as_unit("ns"), tz, ambiguous="first").stamps)[0])


def _with_breaks(lock: Lock, shifts: Candidates, fits: Flags) -> tuple[Flags, list[tuple[int, ...]]]:
    """Return the shifts that can take their breaks at the times of the lock, and the instants that these are."""
    moments = {
        name: [_instant(pd.Timestamp(lock.day) + turn + start, shifts.tz) for turn in (timedelta(0), _DAY)]
        for name, start in dict(lock.breaks).items()
    }
    able = np.zeros_like(fits)
    found = []
    for candidate in np.flatnonzero(fits).tolist():
        begin = int(shifts.start_s[candidate])
        template = shifts.templates[shifts.template[candidate]]
        # The first such time after the start of the shift.
        pins = tuple(
            min((at for at in moments.get(rest.name, ()) if at >= begin), default=-1) for rest in template.breaks
        )
        offsets = tuple(at - begin if at >= 0 else -1 for at in pins)
        if place_breaks(template, int(shifts.end_s[candidate]) - begin, offsets) is not None:
            able[candidate] = True
            found.append(pins)
    return able, list(dict.fromkeys(found))
