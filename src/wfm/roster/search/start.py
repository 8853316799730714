"""A roster as the start of a search: everybody's line as it stands, as far as it is legal now."""

from __future__ import annotations

import numpy as np

from wfm.roster.checking.case import RosterLike
from wfm.roster.duties import Duty, read_duties
from wfm.roster.line.breaks import in_order
from wfm.roster.placing import place_breaks
from wfm.roster.search.lines import Plan, Rostered

__all__ = ["start_from"]


def start_from(plan: Plan, roster: RosterLike) -> None:
    """Give people the lines that they have in a roster, if that is cheaper than the plan.

    A shift that a person may not work any more is left out, and where a lock asks for one on a day without, the best
    is put in. Who then has no legal line keeps that of the plan.

    Parameters
    ----------
    plan
        A legal plan.
    roster
        A roster of the same people.
    """
    case = plan.case
    before, cost = tuple(plan.lines), plan.cost()
    names = [template.name for template in case.shifts.templates]
    keys = zip(case.shifts.template.tolist(), case.shifts.start_s.tolist(), case.shifts.end_s.tolist(), strict=True)
    candidates = {(names[template], *span): number for number, (template, *span) in enumerate(keys)}
    duties = read_duties(roster, case.centre)
    lacking: list[tuple[int, Rostered, int]] = []
    for number, person in enumerate(case.people):
        chosen: dict[int, tuple[int, ...]] = {}
        for duty in duties[person.employee.id]:
            candidate = candidates.get((duty.template, duty.start_s, duty.end_s), -1)
            if candidate >= 0 and person.allowed[candidate]:
                rests = _rests(plan, number, candidate, duty)
                chosen[candidate] = in_order(case, person, candidate) if rests is None else rests
        line = Rostered(tuple(chosen), tuple(chosen.values()))
        missing = np.flatnonzero(person.must & ~np.isin(np.arange(len(person.must)), case.shifts.day[list(chosen)]))
        if len(missing):
            lacking += [(number, line, int(missing[0]))] if len(missing) == 1 else []
        else:
            _set_legal(plan, number, line)
    for number, line, day in lacking:
        _fill(plan, number, line, day)
    if plan.cost() > cost:
        for number, line in enumerate(before):
            plan.set_line(number, line)


def _rests(plan: Plan, number: int, candidate: int, duty: Duty) -> tuple[int, ...] | None:
    """Return the breaks of a shift as they stand, or none where they may not lie there."""
    case, person = plan.case, plan.case.people[number]
    template = case.shifts.templates[case.shifts.template[candidate]]
    found = [part.start_s for rest in template.breaks for part in duty.parts_of(rest.name)[:1]]
    pins = person.pinned[case.shifts.day[candidate], : len(template.breaks)].tolist()
    if len(found) < len(template.breaks) or any(pin not in (-1, at) for pin, at in zip(pins, found, strict=True)):
        return None
    offsets = tuple(at - duty.start_s for at in found)
    return tuple(found) if place_breaks(template, duty.end_s - duty.start_s, offsets) == offsets else None


def _set_legal(plan: Plan, number: int, line: Rostered) -> bool:
    """Give a person a line, and take it back if it is not legal."""
    was = plan.lines[number]
    plan.set_line(number, line)
    if plan.own_cost(number) >= 0:
        return True
    plan.set_line(number, was)
    return False


def _fill(plan: Plan, number: int, line: Rostered, day: int) -> None:
    """Give a person the line with the best shift on a day beside, if one is legal."""
    case, person = plan.case, plan.case.people[number]
    best, cost = plan.lines[number], np.inf
    for candidate in np.flatnonzero(person.allowed & (case.shifts.day == day)).tolist():
        both = dict(zip(line.shifts, line.breaks, strict=True)) | {candidate: in_order(case, person, candidate)}
        ordered = dict(sorted(both.items()))
        if _set_legal(plan, number, Rostered(tuple(ordered), tuple(ordered.values()))) and plan.cost() < cost:
            best, cost = plan.lines[number], plan.cost()
    plan.set_line(number, best)
