"""One legal placement of the breaks of a shift, some of them perhaps fixed."""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations

from wfm.domain.shift import Break, ShiftTemplate

__all__ = ["place_breaks"]


@lru_cache(maxsize=4096)
def place_breaks(template: ShiftTemplate, length_s: int, pinned: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the starts of the breaks of a shift, each as early as it may be, or none if they do not fit.

    Parameters
    ----------
    template
        The template.
    length_s
        Length of the shift.
    pinned
        Start of each break that is fixed, in the order of the template, in seconds from the start of the shift; -1
        where it is free.
    """
    rests = template.breaks
    fixed = {number: at for number, at in enumerate(pinned) if at >= 0}
    for number, at in fixed.items():
        others = {other: begin for other, begin in fixed.items() if other != number}
        if at != _earliest(rests, number, at, length_s, others):
            return None
    free = [number for number in range(len(rests)) if number not in fixed]
    # The first order is the one by which the template was checked.
    free.sort(key=lambda number: (rests[number].latest_s, rests[number].earliest_s))
    for order in permutations(free):
        starts: dict[int, int] = dict(fixed)
        for number in order:
            found = _earliest(rests, number, 0, length_s, starts)
            if found is None:
                break
            starts[number] = found
        else:
            return tuple(starts[number] for number in range(len(rests)))
    return None


def _earliest(rests: tuple[Break, ...], number: int, begin: int, length_s: int, others: dict[int, int]) -> int | None:
    """Return the earliest start of a break from `begin` on beside the others, or none."""
    rest = rests[number]
    at = max(begin, int(rest.earliest_s), int(rest.min_gap_s))
    for other, start in sorted(others.items(), key=lambda item: item[1]):
        gap = max(int(rest.min_gap_s), int(rests[other].min_gap_s))
        end = start + int(rests[other].length_s)
        if start < at + int(rest.length_s) + gap and at < end + gap:
            at = end + gap
    fits = at <= rest.latest_s and at + rest.length_s + rest.min_gap_s <= length_s
    return at if fits else None
