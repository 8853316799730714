"""Where the breaks of a shift may lie, and when the shift is at work."""

from __future__ import annotations

from math import gcd

import numpy as np

from wfm.roster.placing import place_breaks
from wfm.roster.problem import Case, Floats, Ints, Person

__all__ = ["cell_length_s", "in_order", "presence"]


def cell_length_s(case: Case) -> int:
    """Return the length of the longest cell of time of which every shift, break and interval is a multiple."""
    shifts = case.shifts
    cell = int(case.interval_s)
    for moments in (shifts.start_s - case.starts_s[0], shifts.end_s - shifts.start_s):
        cell = gcd(cell, *np.unique(moments).tolist())
    for template in shifts.templates:
        for rest in template.breaks:
            cell = gcd(cell, int(rest.length_s), int(rest.earliest_s), int(rest.min_gap_s))
    for person in case.people:
        pinned = person.pinned[person.pinned >= 0] - case.starts_s[0]
        cell = gcd(cell, *np.unique(pinned).tolist())
    return cell


def presence(case: Case, candidate: int, breaks: tuple[int, ...]) -> tuple[int, Floats]:
    """Return the first interval of a shift and the share of each of its intervals that is worked.

    Parameters
    ----------
    case
        The problem.
    candidate
        The shift.
    breaks
        Start of each break, in Unix seconds and in the order of the template.
    """
    shifts, step = case.shifts, case.interval_s
    begin, end = int(shifts.start_s[candidate]), int(shifts.end_s[candidate])
    first = (begin - int(case.starts_s[0])) // step
    origin = int(case.starts_s[0]) + first * step
    count = -(-(end - origin) // step)
    edges = origin + step * np.arange(count + 1)
    shares = _covered(begin, end, edges, step)
    template = shifts.templates[shifts.template[candidate]]
    for rest, start in zip(template.breaks, breaks, strict=True):
        shares -= _covered(start, start + int(rest.length_s), edges, step)
    return first, shares


def _covered(begin: int, end: int, edges: Ints, step: int) -> Floats:
    inside: Floats = np.diff(np.clip(edges, begin, end)).astype(float) / step
    return inside


def in_order(case: Case, person: Person, candidate: int) -> tuple[int, ...]:
    """Return the earliest places of the breaks of a shift one after the other, in Unix seconds, around those locked."""
    shifts = case.shifts
    begin, end = int(shifts.start_s[candidate]), int(shifts.end_s[candidate])
    template = shifts.templates[shifts.template[candidate]]
    pins = person.pinned[shifts.day[candidate], : len(template.breaks)].tolist()
    offsets = place_breaks(template, end - begin, tuple(at - begin if at >= 0 else -1 for at in pins))
    # The template was checked to have room for its breaks, and a lock to leave room for the others.
    assert offsets is not None
    return tuple(begin + offset for offset in offsets)
