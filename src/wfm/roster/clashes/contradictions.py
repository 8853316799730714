"""Contradictions of a roster problem, found by arithmetic before anything is solved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from wfm.domain.centre import Centre
from wfm.errors import DataError, Problem
from wfm.roster.problem import Case, Flags, Floats, Person, build_case
from wfm.roster.reports import reach
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

__all__ = ["explain"]

_HOUR_S = 3600
_SLACK_S, _SLACK_AGENTS = 1.0, 1e-6


def explain(
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
) -> tuple[Problem, ...]:
    """Return every contradiction that arithmetic can find in a roster problem, named, with what to do about it.

    Found are faults of the input (a queue that nobody serves, a horizon that does not hold the requirement, locks that
    nothing can hold), minimum hours that the shifts of a contract or the free days of a person cannot reach, locks that
    clash with each other or with limits of hours, days and rest, and floors above the number of people who could be
    there. None found proves nothing: `conflicts` looks for the rest by solving.

    Parameters
    ----------
    requirement, centre, horizon, wanted, history
        As in `solve`.

    Returns
    -------
    tuple of wfm.errors.Problem
        Empty if no contradiction is found.

    Examples
    --------
    >>> import pandas as pd
    >>> from wfm import testing
    >>> centre = testing.make_centre(people=3)
    >>> start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz=centre.tz)
    >>> explain(pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1}), centre)
    ()
    """
    try:
        case = build_case(requirement, centre, horizon, wanted, history)
    except DataError as error:
        return error.problems
    found = list(_of_contracts(case))
    told = {problem.where for problem in found}
    for person in case.people:
        where = f"employee {person.employee.id!r}"
        # What is wrong with a contract is said once, not for each of its people.
        if f"contract {person.contract.name!r}" not in told:
            found += [Problem(what, where, remedy) for what, remedy in _of_hours(case, person)]
        found += [Problem(what, where, remedy) for what, remedy in _of_locks(case, person)]
    found += _of_floors(case)
    return tuple(found)


def _of_contracts(case: Case) -> Iterator[Problem]:
    """Name contracts whose minimum hours no week of their shifts can hold."""
    for contract in dict.fromkeys(person.contract for person in case.people):
        paid = [min(shift.max_paid_s, contract.max_day_s) for shift in case.centre.templates_of(contract)]
        most_s = max(paid, default=0.0) * contract.max_days_per_week
        where = f"contract {contract.name!r}"
        whole = sum(week.is_whole for week in case.weeks)
        if whole and contract.min_week_s > most_s + _SLACK_S:
            what = (
                f"min_week {_hours(contract.min_week_s)} cannot be reached: {contract.max_days_per_week} shifts of at "
                f"most {_hours(max(paid, default=0.0))} paid hold {_hours(most_s)}"
            )
            yield Problem(what, where, f"lower min_week to '{_hours(most_s, '')}h', or allow a longer shift")


def _of_hours(case: Case, person: Person) -> Iterator[tuple[str, str]]:
    """Name weeks whose minimum hours the free days of a person cannot hold, and a period likewise."""
    longest = _extreme(case, person.allowed, -1.0)
    period_s = 0.0
    for number, week in enumerate(case.weeks):
        on_days = sorted((longest[list(week.days)]).tolist(), reverse=True)
        held_s = min(sum(on_days[: person.most_days[number]]), person.high_s[number])
        period_s += held_s
        if person.low_s[number] > held_s + _SLACK_S:
            free = sum(value > 0 for value in on_days)
            away = [f"{u.reason} {u.start} to {u.end}" for u in person.employee.unavailable]
            beside = f" beside {', '.join(away)}" if away else ""
            days = f"{free} day{'' if free == 1 else 's'}"
            what = (
                f"the week of {week.monday} needs at least {_hours(person.low_s[number])} paid, and the {days} on "
                f"which a shift may begin{beside} hold at most {_hours(held_s)}"
            )
            yield what, f"lower min_week to '{_hours(held_s, '')}h', give the time away a credit, or free a day"
    if person.period_low_s > period_s + _SLACK_S:
        what = f"the period needs at least {_hours(person.period_low_s)} paid, its weeks hold {_hours(period_s)}"
        yield what, f"lower min_period to '{_hours(period_s, '')}h'"


def _of_locks(case: Case, person: Person) -> Iterator[tuple[str, str]]:
    """Name locked days that cannot all be worked."""
    must = person.must
    if not must.any():
        return
    dates, contract = case.horizon.dates, person.contract
    shortest = np.where(must, _extreme(case, person.allowed, 1.0), 0.0)
    for number, week in enumerate(case.weeks):
        days = list(week.days)
        locked = [str(dates[day]) for day in days if must[day]]
        if len(locked) > person.most_days[number]:
            what = f"{len(locked)} days of the week of {week.monday} are locked to work: {', '.join(locked)}"
            yield what, f"unlock one, or raise max_days_per_week above {person.most_days[number]}"
        paid_s = float(shortest[days].sum())
        if paid_s > person.high_s[number] + _SLACK_S:
            what = (
                f"the locked shifts of the week of {week.monday} pay at least {_hours(paid_s)}, the week may have "
                f"{_hours(person.high_s[number])}"
            )
            yield what, "unlock one, shorten it, or raise max_week"
    run = 0
    for day, locked_day in enumerate(must.tolist()):
        run = run + 1 if locked_day else 0
        if run == contract.max_days_in_a_row + 1:
            first = dates[day - contract.max_days_in_a_row]
            what = f"{run} days in a row are locked to work, from {first} to {dates[day]}"
            yield what, f"unlock one, or raise max_days_in_a_row above {contract.max_days_in_a_row}"
    for one, other in pairwise(np.flatnonzero(must).tolist()):
        yield from _of_rest(case, person, one, other)


def _of_rest(case: Case, person: Person, one: int, other: int) -> Iterator[tuple[str, str]]:
    """Name two locked days that no two shifts with the rest between them can fill."""
    shifts, dates = case.shifts, case.horizon.dates
    ends = shifts.end_s[person.allowed & (shifts.day == one)]
    starts = shifts.start_s[person.allowed & (shifts.day == other)]
    if not len(ends) or not len(starts):
        return
    rest_s = float(starts.max() - ends.min())
    if rest_s < person.contract.min_rest_s:
        what = f"the locks of {dates[one]} and {dates[other]} leave {_hours(rest_s)} of rest between them at most"
        yield what, f"unlock one, or lower min_rest below {_hours(person.contract.min_rest_s)}"


def _of_floors(case: Case) -> Iterator[Problem]:
    """Name rows whose floor is above the agents that all who could be there count as."""
    if "floor" not in case.requirement:
        return
    speeds = np.array([person.speeds for person in case.people])
    could = np.array([reach(case, person.allowed) for person in case.people])
    there = (speeds.T @ could.astype(float))[case.row_queue, case.row_interval]
    floor = case.requirement["floor"].to_numpy(dtype=float)
    missed = np.flatnonzero(floor > there + _SLACK_AGENTS)
    for queue in sorted(set(case.row_queue[missed].tolist())):
        rows = missed[case.row_queue[missed] == queue]
        row = case.requirement.iloc[rows[0]]
        what = (
            f"queue {case.queues[queue]!r} has a floor of {row['floor']:g} agents at {row['start']}, and "
            f"{there[rows[0]]:g} agents could be there"
        )
        remedy = "lower the floor, or give more people the skill or a shift then"
        yield Problem(what, "requirement", remedy, tuple(case.requirement.index[rows].tolist()))


def _extreme(case: Case, allowed: Flags, sign: float) -> Floats:
    """Return the paid seconds of the shortest (sign 1) or longest (sign -1) shift of each day, 0 for none."""
    found = np.full(len(case.horizon.dates), np.inf)
    np.minimum.at(found, case.shifts.day[allowed], sign * case.shifts.paid_s[allowed].astype(float))
    result: Floats = np.where(np.isfinite(found), sign * found, 0.0)
    return result


def _hours(value_s: float, unit: str = " h") -> str:
    return f"{value_s / _HOUR_S:g}{unit}"
