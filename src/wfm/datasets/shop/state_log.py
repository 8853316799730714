"""The frame `employee_states`: what the people on the roster did, with the absences that no roster places."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.datasets.shop.columns import stamps, text
from wfm.datasets.shop.course import Course
from wfm.domain.shift import WORK

__all__ = ["employee_states_frame"]

_STATES = ("available", "break", "lunch", "coaching", "sick")
_AVAILABLE, _BREAK, _LUNCH, _COACHING, _SICK = range(len(_STATES))


def employee_states_frame(course: Course, tz: str, first_ms: int, end_ms: int) -> pd.DataFrame:
    """Return the states of every shift that begins in the half-open span; they follow each other without gap.

    `available` is time in which the person takes contacts, whether one is in hand or not. `coaching` and `sick` are the
    absences that the roster does not place: minutes, and whole shifts.
    """
    plan = course.activities
    start, end = ((plan[column] - course.origin).dt.total_seconds().to_numpy() for column in ("start", "end"))
    agent = np.searchsorted(course.employees, plan["employee"].to_numpy(dtype=object))
    apart = (agent[1:] != agent[:-1]) | (start[1:] != end[:-1])
    # Numbered as the simulation numbers them: a gap ends a shift.
    shift = np.concatenate([[0], np.cumsum(apart)])
    begins = np.flatnonzero(np.concatenate([[True], apart]))
    ends = np.append(begins[1:], len(shift)) - 1
    came = np.isin(np.arange(len(begins)), course.staff.shift)

    resting = np.flatnonzero((plan["activity"] != WORK.name).to_numpy() & came[shift])
    rest = np.where(plan["activity"].str.startswith("lunch").to_numpy()[resting], _LUNCH, _BREAK)
    there = pd.DataFrame({"shift": course.staff.shift, "start": course.staff.start, "end": course.staff.end})
    there["state"] = _AVAILABLE
    pause = pd.DataFrame({"shift": shift[resting], "start": start[resting], "end": end[resting], "state": rest})
    known = pd.concat([there, pause]).sort_values(["shift", "start"], ignore_index=True)
    # What is neither is the time that was taken out of the shift.
    opens, closes = start[begins], end[ends]
    position = known["shift"].to_numpy()
    fresh = np.concatenate([[True], position[1:] != position[:-1]])
    before = np.where(fresh, opens[position], np.concatenate([[0.0], known["end"].to_numpy()[:-1]]))
    final = np.append(fresh[1:], True)
    missing = pd.concat(
        [
            pd.DataFrame({"shift": position, "start": before, "end": known["start"]}),
            pd.DataFrame({"shift": position[final], "start": known["end"][final], "end": closes[position[final]]}),
        ]
    )
    missing = missing[missing["end"] > missing["start"]].assign(state=_COACHING)
    ill = np.flatnonzero(~came)
    sick = pd.DataFrame({"shift": ill, "start": opens[ill], "end": closes[ill], "state": _SICK})
    states = pd.concat([known, missing, sick])
    zero = course.origin.value // 10**6
    begin_ms = zero + (opens * 1000).astype(np.int64)
    inside = (begin_ms >= first_ms) & (begin_ms < end_ms)
    states = states[inside[states["shift"].to_numpy()]]
    table = pd.DataFrame(
        {
            "employee": text(course.employees, agent[begins][states["shift"].to_numpy()]),
            "start": stamps(zero + (states["start"].to_numpy() * 1000).astype(np.int64), tz),
            "end": stamps(zero + (states["end"].to_numpy() * 1000).astype(np.int64), tz),
            "state": text(_STATES, states["state"].to_numpy()),
            "productive": states["state"].to_numpy() == _AVAILABLE,
        }
    )
    return table.sort_values(["employee", "start"], ignore_index=True)
