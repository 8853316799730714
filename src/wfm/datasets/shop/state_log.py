"""The frame `employee_states`: what the people on the roster did, with the absences that no roster places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.shop.columns import stamps, text
from wfm.datasets.shop.course import Course
from wfm.datasets.shop.duty import shift_numbers
from wfm.domain.shift import WORK

__all__ = ["employee_states_frame"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STATES = ("available", "break", "lunch", "coaching", "sick")
_AVAILABLE, _BREAK, _LUNCH, _COACHING, _SICK = range(len(_STATES))


def employee_states_frame(course: Course, tz: str, first_ms: int, end_ms: int) -> pd.DataFrame:
    """Return the states of every shift that begins in the half-open span; they follow each other without gap.

    `available` is time in which the person takes contacts, whether one is in hand or not. `coaching` and `sick` are the
    absences that the roster does not place: minutes, and whole shifts.
    """
    plan = course.activities
    shift = shift_numbers(plan)
    begins = np.flatnonzero(np.diff(shift, prepend=-1))
    ends = np.append(begins[1:], len(shift)) - 1
    start, end = ((plan[column] - course.origin).dt.total_seconds().to_numpy() for column in ("start", "end"))
    opens, closes = start[begins], end[ends]
    came = np.isin(np.arange(len(begins)), course.staff.shift)

    there = _stretches(course.staff.shift, course.staff.start, course.staff.end, _AVAILABLE)
    resting = np.flatnonzero((plan["activity"] != WORK.name).to_numpy() & came[shift])
    rest = np.where(plan["activity"].str.startswith("lunch").to_numpy()[resting], _LUNCH, _BREAK)
    pause = _stretches(shift[resting], start[resting], end[resting], rest)
    known = pd.concat([there, pause]).sort_values(["shift", "start"], ignore_index=True)
    ill = np.flatnonzero(~came)
    sick = _stretches(ill, opens[ill], closes[ill], _SICK)
    states = pd.concat([known, _gaps(known, opens, closes), sick])

    zero = course.origin.value // 10**6
    begin_ms = zero + (opens * 1000).astype(np.int64)
    inside = (begin_ms >= first_ms) & (begin_ms < end_ms)
    states = states[inside[states["shift"].to_numpy()]]
    people = pd.Series(plan["employee"].to_numpy()[begins], dtype="str")
    state = states["state"].to_numpy()
    table = pd.DataFrame(
        {
            "employee": people.array.take(states["shift"].to_numpy()),
            "start": stamps(zero + (states["start"].to_numpy() * 1000).astype(np.int64), tz),
            "end": stamps(zero + (states["end"].to_numpy() * 1000).astype(np.int64), tz),
            "state": text(_STATES, state),
            "productive": state == _AVAILABLE,
        }
    )
    return table.sort_values(["employee", "start"], ignore_index=True)


def _stretches(shift: Ints, start: Floats, end: Floats, state: Ints | int) -> pd.DataFrame:
    return pd.DataFrame({"shift": shift, "start": start, "end": end}).assign(state=state)


def _gaps(known: pd.DataFrame, opens: Floats, closes: Floats) -> pd.DataFrame:
    """Return the time of the shifts that nothing known fills: what was taken out of them."""
    shift, start, end = (known[column].to_numpy() for column in ("shift", "start", "end"))
    fresh = np.diff(shift, prepend=-1) != 0
    before = np.where(fresh, opens[shift], np.concatenate([[0.0], end[:-1]]))
    final = np.append(fresh[1:], True)
    gaps = pd.concat(
        [
            _stretches(shift, before, start, _COACHING),
            _stretches(shift[final], end[final], closes[shift[final]], _COACHING),
        ]
    )
    return gaps[gaps["end"] > gaps["start"]]
