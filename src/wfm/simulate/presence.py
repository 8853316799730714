"""From a roster to the stretches in which its people take contacts, and the absences drawn into them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.people import Skill
from wfm.domain.shift import WORK
from wfm.errors import Faults, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.simulate.engine import Flags, Floats, Ints, Staff
from wfm.simulate.model import Lateness
from wfm.simulate.now import joined
from wfm.simulate.streams import Stream, Streams

__all__ = ["draw_absences", "draw_attendance", "read_staff"]

# Minutes off seat come in pieces of this length.
_PIECE_S = 900.0


def read_staff(roster: FrameLike, centre: Centre, origin: pd.Timestamp) -> tuple[Staff, tuple[str, ...]]:
    """Return the staff of a roster and the employees by number; times count from `origin`.

    People take contacts in the activity "work" and not in any other, so no other may name a queue. A gap between two
    activities of a person ends a shift.

    Raises
    ------
    DataError
        With every fault: an unknown employee, an activity that ends before it starts, activities that overlap, a queue
        beside another activity than work.
    """
    frame = as_frame(roster, "activities")
    known = {employee.id: employee for employee in centre.employees}
    faults = Faults("the roster")
    for name in sorted(set(frame["employee"]) - set(known)):
        rows = frame.index[frame["employee"] == name].tolist()
        faults.add(f"unknown employee {name!r}", remedy=did_you_mean(name, known), rows=rows)
    start, end = (_seconds(frame[column], origin) for column in ("start", "end"))
    for row in np.flatnonzero(~(end > start)):
        faults.add(f"{_activity(frame, row)} does not end after its start", remedy="correct or leave out the row")
    same = (frame["employee"].to_numpy()[1:] == frame["employee"].to_numpy()[:-1]) if len(frame) else np.empty(0, bool)
    for row in np.flatnonzero(same & (start[1:] < end[:-1])) + 1:
        what = f"{_activity(frame, row)} begins before {_activity(frame, row - 1)} ends"
        faults.add(what, remedy="a person does one thing at a time: cut the overlap")
    # Coverage counts what has a queue and the simulation what is named work: they must be the same.
    idle = frame["queue"].notna() & (frame["activity"] != WORK.name)
    for name in sorted(set(frame.loc[idle, "activity"])):
        rows = frame.index[idle & (frame["activity"] == name)].tolist()
        remedy = f"name it {WORK.name!r}, or leave its queue empty"
        faults.add(f"activity {name!r} has a queue, and only {WORK.name!r} takes contacts", remedy=remedy, rows=rows)
    if not (frame["activity"] == WORK.name).any():
        remedy = f"give at least one row with the activity {WORK.name!r}"
        faults.add("nobody works: there is no activity 'work'", remedy=remedy)
    faults.raise_if_any()
    new_shift = np.concatenate([[True], ~(same & (start[1:] == end[:-1]))])
    shift = np.cumsum(new_shift) - 1
    shift_end = end[np.append(np.flatnonzero(new_shift)[1:] - 1, len(frame) - 1)][shift]
    names = tuple(sorted(set(frame["employee"])))
    number = {name: position for position, name in enumerate(names)}
    work = (frame["activity"] == WORK.name).to_numpy()
    staff = Staff(
        speed=_speeds([known[name].skills for name in names], centre),
        agent=frame["employee"].map(number).to_numpy(dtype=np.int64)[work],
        start=start[work],
        end=end[work],
        shift=shift[work].astype(np.int64),
        shift_end=shift_end[work],
    )
    return staff, names


def _speeds(skills: Iterable[Iterable[Skill]], centre: Centre) -> Floats:
    position = {queue.name: number for number, queue in enumerate(centre.queues)}
    rows = []
    for person in skills:
        row = [np.nan] * len(position)
        for skill in person:
            row[position[skill.queue]] = skill.proficiency
        rows.append(row)
    return np.array(rows, dtype=np.float64)


def _seconds(stamps: pd.Series, origin: pd.Timestamp) -> Floats:
    return np.asarray((stamps - origin) / pd.Timedelta(seconds=1), dtype=np.float64)


def _activity(frame: pd.DataFrame, row: np.intp) -> str:
    item = frame.iloc[row]
    return f"{item['activity']} of {item['employee']} at {item['start']:%Y-%m-%d %H:%M}"


def draw_absences(staff: Staff, parts: Iterable[Shrinkage], rng: Stream) -> Staff:
    """Return the staff that comes and stays, of the staff that is rostered.

    Of the shrinkage parts that the roster does not place, each is a fraction of rostered work. Those of whole shifts
    take each shift away with the probability of their sum. The others take pieces of 15 minutes out of the shifts that
    remain, at random places that do not overlap; where the share of a shift is no whole number of pieces, one more is
    drawn with the probability of the rest. So the expected work is exactly that of the roster times one minus the sum
    of all parts.
    """
    drawn = [part for part in parts if not part.in_roster]
    whole = sum(part.fraction for part in drawn if part.whole_shift)
    pieces = sum(part.fraction for part in drawn if not part.whole_shift)
    shifts, position = np.unique(staff.shift, return_inverse=True)
    if whole > 0 and len(shifts):
        staff = _kept(staff, (rng.random(len(shifts)) >= whole)[position])
    if pieces > 0 and len(staff.agent):
        staff = _without_pieces(staff, pieces / (1.0 - whole), rng)
    return staff


def _kept(staff: Staff, keep: Flags) -> Staff:
    return Staff(
        speed=staff.speed,
        agent=staff.agent[keep],
        start=staff.start[keep],
        end=staff.end[keep],
        shift=staff.shift[keep],
        shift_end=staff.shift_end[keep],
    )


def _without_pieces(staff: Staff, fraction: float, rng: Stream) -> Staff:
    """Cut pieces out of the shifts, on an axis of work time on which all stretches follow each other."""
    length = staff.end - staff.start
    edges = np.concatenate([[0.0], np.cumsum(length)])
    _, first, shift = np.unique(staff.shift, return_index=True, return_inverse=True)
    work: Floats = np.bincount(shift, weights=length).astype(np.float64)
    starts, ends = _pieces(edges[:-1][first], work, fraction, rng)
    cuts = np.unique(np.concatenate([edges, starts, ends]))
    left, right = cuts[:-1], cuts[1:]
    inside = np.searchsorted(starts, left, side="right") - 1
    off = (inside >= 0) & (left < np.append(ends, -np.inf)[inside])
    left, right = left[~off], right[~off]
    stretch = np.searchsorted(edges, left, side="right") - 1
    start = np.where(left == edges[stretch], staff.start[stretch], staff.start[stretch] + (left - edges[stretch]))
    end = np.where(right == edges[stretch + 1], staff.end[stretch], staff.start[stretch] + (right - edges[stretch]))
    return Staff(
        speed=staff.speed,
        agent=staff.agent[stretch],
        start=start,
        end=end,
        shift=staff.shift[stretch],
        shift_end=staff.shift_end[stretch],
    )


def _pieces(base: Floats, work: Floats, fraction: float, rng: Stream) -> tuple[Floats, Floats]:
    """Return starts and ends of the pieces on the axis of work time, of shifts that begin there at `base`."""
    off = work * fraction
    number = np.floor(off / _PIECE_S).astype(np.int64)
    number += rng.random(len(work)) < off / _PIECE_S - number
    length = np.full(len(work), _PIECE_S)
    # A shift too short for whole pieces has its exact share taken in one.
    tight = (number + 1) * _PIECE_S > work
    number[tight] = 1
    length[tight] = off[tight]
    owner: Ints = np.repeat(np.arange(len(work)), number)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    # Whole seconds, as rosters have them.
    place = np.floor(rng.random(len(owner)) * (work - number * length)[owner])
    order = np.lexsort((place, owner))
    starts = base[owner] + place[order] + rank * length[owner]
    return starts, starts + length[owner]


def draw_attendance(
    staff: Staff,
    parts: Iterable[Shrinkage],
    lateness: Lateness | None,
    seed: np.random.SeedSequence,
    streams: Streams,
    begun: Flags | None = None,
) -> Staff:
    """Return the staff that comes, in time or late, and stays, of the staff that is rostered.

    Of shifts that have `begun`, by their number, nobody stays away or is late any more.
    """
    late_seed, running_seed = seed.spawn(2)
    running = None
    if begun is not None and begun.any():
        parts = list(parts)
        in_hours = [part for part in parts if not part.whole_shift]
        running = draw_absences(_kept(staff, begun[staff.shift]), in_hours, streams(running_seed))
        staff = _kept(staff, ~begun[staff.shift])
    staff = draw_absences(staff, parts, streams(seed))
    if lateness is not None and len(staff.agent):
        staff = _late(staff, lateness, streams(late_seed))
    return staff if running is None else joined(running, staff)


def _late(staff: Staff, lateness: Lateness, rng: Stream) -> Staff:
    """Let shifts begin late; one that would not begin before its end is not worked at all."""
    _, first, shift = np.unique(staff.shift, return_index=True, return_inverse=True)
    by = lateness.mean_s * rng.standard_exponential(len(first))
    by[rng.random(len(first)) >= lateness.probability] = 0.0
    # Whole seconds, as rosters have them.
    begins = (staff.start[first] + np.floor(by))[shift]
    late = Staff(
        speed=staff.speed,
        agent=staff.agent,
        start=np.minimum(np.maximum(staff.start, begins), staff.end - 1e-6),
        end=staff.end,
        shift=staff.shift,
        shift_end=staff.shift_end,
    )
    return _kept(late, begins < staff.end)
