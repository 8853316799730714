"""Where the breaks of a shift may lie, and when the shift is at work."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from wfm.domain.shift import Break, ShiftTemplate
from wfm.roster.problem import Case, Floats, Ints

__all__ = ["cell_length_s", "in_order", "presence"]


def cell_length_s(case: Case) -> int:
    """Return the length of the longest cell of time of which every shift, break and interval is a multiple."""
    shifts = case.shifts
    cell = int(case.interval_s)
    for moments in (shifts.start_s - case.starts_s[0], shifts.end_s - shifts.start_s):
        cell = gcd(cell, *np.unique(moments).tolist())
    for template in shifts.templates:
        for rest in template.breaks:
            cell = gcd(cell, int(rest.length_s), int(rest.earliest_s))
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


def in_order(case: Case, candidate: int) -> tuple[int, ...]:
    """Return the earliest places of the breaks of a shift one after the other, in Unix seconds."""
    begin = int(case.shifts.start_s[candidate])
    return tuple(begin + offset for offset in _offsets(case.shifts.templates[case.shifts.template[candidate]]))


@lru_cache(maxsize=256)
def _offsets(template: ShiftTemplate) -> tuple[int, ...]:
    """Return the places by which the template was checked."""
    starts = [0] * len(template.breaks)
    end = 0.0
    numbered: list[tuple[int, Break]] = sorted(
        enumerate(template.breaks), key=lambda item: (item[1].latest_s, item[1].earliest_s)
    )
    for number, rest in numbered:
        starts[number] = int(max(end, rest.earliest_s))
        end = starts[number] + rest.length_s
    return tuple(starts)
