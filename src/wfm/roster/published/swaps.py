"""Questions that people ask of a published roster: may we swap, may I have leave, who takes this shift."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from html import escape

import numpy as np
import pandas as pd

from wfm.checks import check_date, check_in_range
from wfm.domain.centre import Centre
from wfm.domain.people import Employee, Unavailability
from wfm.domain.shift import ABSENT, WORK
from wfm.errors import DataError, Problem
from wfm.roster.checking.case import RosterLike
from wfm.roster.checking.checker import check
from wfm.roster.checking.violations import Rule, Violation
from wfm.roster.coverage.loss import Loss, present
from wfm.roster.duties import Duties, Duty, Part, as_frames, day_of, joined, the_duty
from wfm.roster.frames import person_cost, roster_of
from wfm.roster.problem import Case, Floats
from wfm.roster.published.changes import duty_text
from wfm.roster.published.heads import Heads
from wfm.roster.published.keep import opened
from wfm.roster.published.legality import Judge
from wfm.roster.result import Roster
from wfm.roster.search.together import prices_of_taking
from wfm.roster.tree import tree
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

__all__ = ["Verdict", "backfill", "check_leave", "check_swap"]

_NONE = 1e-9


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether a change of a roster is allowed, why not, and what it does to the service.

    Parameters
    ----------
    allowed
        Whether it breaks no rule that held before, and leaves no more short than was conceded.
    violations
        The rules that it breaks.
    more_short_h
        Agent-hours by which the roster is shorter, over all queues; below 0 if it is less short. A head missing where
        they are wanted by shift and day counts with the shortest shift of its template.
    limit_h
        Agent-hours that were conceded.
    cost
        By how much the cost rises.
    coverage
        Frame: `queue, start, required, before, after`, agents rostered in the intervals that change.
    roster
        The roster with the change.
    currency
        Code of the currency.
    """

    allowed: bool
    violations: tuple[Violation, ...]
    more_short_h: float
    limit_h: float
    cost: float
    coverage: pd.DataFrame
    roster: Roster = field(repr=False)
    currency: str

    @property
    def why(self) -> tuple[str, ...]:
        """What stands against it, in words; none if it is allowed."""
        found = [str(violation) for violation in self.violations]
        if self.more_short_h > self.limit_h + _NONE:
            found.append(f"{self.more_short_h:g} agent-hours more are short, at most {self.limit_h:g} are conceded")
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `coverage`."""
        return self.coverage

    def __str__(self) -> str:
        head = "allowed" if self.allowed else "not allowed"
        lines = [*self.why, f"cost {self.cost:+,.2f} {self.currency}", f"short {self.more_short_h:+g} agent-hours"]
        return tree(head, lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def check_swap(
    roster: RosterLike,
    first: str,
    second: str,
    day: date,
    requirement: FrameLike | None,
    centre: Centre,
    *,
    other_day: date | None = None,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
    max_more_short_h: float = 0.0,
) -> Verdict:
    """Say whether two people may exchange shifts.

    Each takes the shift, breaks and queues of the other; where somebody lacks the skill of a queue, they serve the one
    of theirs that is shortest then.

    Parameters
    ----------
    roster
        The roster, or any object with the frames `shifts` and `activities`.
    first, second
        Who swaps.
    day
        The day whose shifts are exchanged; one of the two may be off.
    requirement
        Frame `requirement` that was rostered; none where `wanted` alone said what is to be covered.
    centre
        The centre.
    other_day
        Another day whose shifts are exchanged too, so that both keep their hours; default none.
    horizon
        The days of the roster, where they are more than those of the requirement.
    wanted
        Frame `wanted` that was rostered; default none.
    history
        Frame `burdens` of before the horizon, as in `solve`: it enters the fairness and its cost.
    max_more_short_h
        Agent-hours more that may be short, 0 or more; default 0.

    Raises
    ------
    DataError
        If a name is unknown, both people or both days are the same, or neither has a shift on one of the days.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> centre = testing.make_centre(people=6)
    >>> start = pd.date_range("2026-11-02 09:00", periods=8, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> giver = centre.employee(plan.shifts["employee"].iloc[0])
    >>> taker = next(e for e in centre.employees if e.contract == giver.contract and e != giver)
    >>> check_swap(plan, giver.id, taker.id, date(2026, 11, 2), need, centre).allowed
    True
    """
    check_in_range("max_more_short_h", max_more_short_h, 0.0)
    case, duties = opened(roster, requirement, centre, horizon, wanted=wanted, history=history)
    centre = case.centre
    if first == second:
        raise DataError(Problem(f"{first!r} swaps with themselves", remedy="name two people"))
    if day == other_day:
        what = f"the shifts of {day} are exchanged twice"
        raise DataError(Problem(what, remedy="leave other_day out, or name another day"))
    changed = dict(duties)
    for on in filter(None, (day, other_day)):
        mine, theirs = (the_duty(duties, name, check_date("day", on), centre.tz) for name in (first, second))
        if mine is None and theirs is None:
            what = f"neither {first} nor {second} has a shift on {on}"
            raise DataError(Problem(what, remedy="name a day on which one of them works"))
        # Both leave before either takes over, so that the queues that are short can be told.
        for name, old, new in ((first, mine, theirs), (second, theirs, mine)):
            changed[name] = tuple(duty for duty in changed[name] if duty != old) + (() if new is None else (new,))
    rostered = present(case, {name: mine for name, mine in changed.items() if name not in (first, second)})
    for name in (first, second):
        fitted = []
        for duty in sorted(changed[name], key=lambda d: d.start_s):
            fitted.append(_fitted(duty, centre.employee(name), case, rostered))
            rostered = rostered + present(case, {name: fitted[-1:]})
        changed[name] = tuple(fitted)
    clashes = tuple(
        clash
        for name in (first, second)
        for duty in changed[name]
        if duty not in duties[name]
        for clash in _in_the_way(name, (other for other in changed[name] if other != duty), duty, centre.tz)
    )
    return _verdict(case, duties, changed, centre, centre, max_more_short_h, clashes)


def check_leave(
    roster: RosterLike,
    employee: str,
    start: date,
    end: date,
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
    max_more_short_h: float = 0.0,
) -> Verdict:
    """Say whether somebody may have leave: their shifts of the days are dropped, and the least hours fall with them.

    Parameters
    ----------
    roster
        The roster, or any object with the frames `shifts` and `activities`.
    employee
        Who asks.
    start, end
        The first day of the leave, and the first day back.
    requirement
        Frame `requirement` that was rostered; none where `wanted` alone said what is to be covered.
    centre
        The centre.
    horizon
        The days of the roster, where they are more than those of the requirement.
    wanted
        Frame `wanted` that was rostered; default none.
    history
        Frame `burdens` of before the horizon, as in `solve`: it enters the fairness and its cost.
    max_more_short_h
        Agent-hours more that may be short, 0 or more; default 0.

    Raises
    ------
    DataError
        If the name is unknown, the leave ends before it starts or overlaps another one, or no day of it is in the
        horizon.
    """
    check_in_range("max_more_short_h", max_more_short_h, 0.0)
    case, duties = opened(roster, requirement, centre, horizon, wanted=wanted, history=history)
    centre = case.centre
    person = centre.employee(employee)
    leave = Unavailability(start=check_date("start", start), end=check_date("end", end))
    days = case.horizon.dates
    if end <= days[0] or start > days[-1]:
        what = f"the leave from {start} to {end} has no day of the horizon, {days[0]} to {days[-1]}"
        raise DataError(Problem(what, remedy="give the roster and the requirement of its days"))
    away = replace(person, unavailable=(*person.unavailable, leave))
    later = replace(centre, employees=tuple(away if one is person else one for one in centre.employees))
    kept = tuple(d for d in duties[employee] if not start <= day_of(d.start_s, centre.tz) < end)
    return _verdict(case, duties, {**duties, employee: kept}, centre, later, max_more_short_h, ())


def backfill(
    roster: RosterLike,
    employee: str,
    day: date,
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
) -> pd.DataFrame:
    """Rank who could take a shift that falls vacant.

    Parameters
    ----------
    roster
        The roster, or any object with the frames `shifts` and `activities`.
    employee, day
        Whose shift falls vacant, and when.
    requirement
        Frame `requirement` that was rostered; none where `wanted` alone said what is to be covered.
    centre
        The centre.
    horizon
        The days of the roster, where they are more than those of the requirement.
    wanted
        Frame `wanted` that was rostered; default none.
    history
        Frame `burdens` of before the horizon, as in `solve`: it enters the price of fairness.

    Returns
    -------
    pandas.DataFrame
        `rank, employee, allowed, recovered, price, why`, best first: those whom no rule forbids, by what they recover
        less their price. `recovered` is the share of the price of shortage that the vacancy causes, `price` what they
        add to wages, overtime, missed wishes, fairness and pairs, `why` the rules that forbid them.

    Raises
    ------
    DataError
        If the name is unknown, or there is no shift on the day.
    """
    case, duties = opened(roster, requirement, centre, horizon, wanted=wanted, history=history)
    centre = case.centre
    vacant = the_duty(duties, employee, check_date("day", day), centre.tz)
    if vacant is None:
        raise DataError(Problem(f"{employee} has no shift on {day}", remedy="name a day on which they work"))
    before = {**duties, employee: tuple(duty for duty in duties[employee] if duty != vacant)}
    rostered = present(case, before)
    loss, heads = Loss(case), Heads(case)
    empty = float(loss.short(rostered).sum())
    there, head = heads.there(duty for mine in before.values() for duty in mine), heads.there((vacant,))
    head_gain = float((case.wanted.prices(there) - case.wanted.prices(there + head))[0].sum())
    lost = empty - float(loss.short(rostered + present(case, {employee: (vacant,)})).sum()) + head_gain
    others = [person for person in centre.employees if person.id != employee]
    taken = {person.id: _fitted(vacant, person, case, rostered) for person in others}
    lines = [(name, _in_order((*before[name], duty))) for name, duty in taken.items()]
    broken_by = {name: _in_the_way(name, before[name], duty, centre.tz) for name, duty in taken.items()}
    # Two shifts at once are no roster that could be judged.
    free = [(name, line) for name, line in lines if not broken_by[name]]
    judged = Judge(centre, case.horizon, before).broken_by(free)
    broken_by |= {name: broken for (name, _), broken in zip(free, judged, strict=True)}
    people = {person.employee.id: person for person in case.people}
    shifts = as_frames({**before, employee: (*before[employee], vacant)}, centre.tz)[0]
    is_vacant = (shifts["employee"] == employee) & (shifts["shift_start"].dt.date == day)
    shared = prices_of_taking(case, shifts, int(np.flatnonzero(is_vacant)[0]))
    rows = []
    for name, line in lines:
        gained = empty - float(loss.short(rostered + present(case, {name: (taken[name],)})).sum()) + head_gain
        cost = [sum(person_cost(case, people[name], _worked(case, some)).values()) for some in (before[name], line)]
        share = gained / lost if lost > _NONE else 0.0
        broken = broken_by[name]
        price = cost[1] - cost[0] + shared[name]
        rows.append((name, not broken, share, price, "; ".join(map(str, broken)), gained))
    rows.sort(key=lambda row: (not row[1], row[3] - row[5], row[0]))
    frame = pd.DataFrame(
        [(number, *row[:5]) for number, row in enumerate(rows, 1)],
        columns=["rank", "employee", "allowed", "recovered", "price", "why"],
    )
    return frame.astype({"employee": "str", "why": "str"})


def _in_the_way(name: str, line: Iterable[Duty], duty: Duty, tz: str) -> tuple[Violation, ...]:
    """Return what forbids a shift beside those of the same day or time."""
    found = []
    when = pd.Timestamp(duty.start_s, unit="s", tz="UTC").tz_convert(tz)
    for other in line:
        if day_of(other.start_s, tz) == day_of(duty.start_s, tz):
            what = f"a second shift on {day_of(duty.start_s, tz)}, beside {duty_text(other, tz)}"
            found.append(Violation(Rule.TWO_SHIFTS_ON_DAY, name, when, what))
        elif other.start_s < duty.end_s and duty.start_s < other.end_s:
            what = f"meets the shift of {day_of(other.start_s, tz)}, {duty_text(other, tz)}"
            found.append(Violation(Rule.SHIFT_OVERLAP, name, when, what))
    return tuple(found)


def _worked(case: Case, line: tuple[Duty, ...]) -> list[tuple[date, str, float]]:
    return [(day_of(duty.start_s, case.centre.tz), duty.template, duty.paid_h) for duty in line]


def _in_order(line: tuple[Duty, ...]) -> tuple[Duty, ...]:
    return tuple(sorted(line, key=lambda duty: duty.start_s))


def _fitted(duty: Duty, person: Employee, case: Case, rostered: Floats) -> Duty:
    """Return a shift with queues that the person serves: the planned one if they can, else their shortest one."""
    skills = [case.queues.index(name) for name in person.queues]
    short = np.maximum(case.demand - rostered, 0.0)
    origin, step = int(case.starts_s[0]), case.interval_s
    parts: list[Part] = []
    for part in duty.parts:
        if part.activity not in (WORK.name, ABSENT.name) or part.queue in person.queues:
            parts.append(part)
            continue
        rows = slice((part.start_s - origin) // step, -((origin - part.end_s) // step))
        best = skills[int(short[rows][:, skills].sum(axis=0).argmax())]
        parts.append(replace(part, activity=WORK.name, queue=case.queues[best]))
    return replace(duty, parts=joined(parts))


def _verdict(
    case: Case,
    before: Duties,
    after: Mapping[str, tuple[Duty, ...]],
    centre: Centre,
    later: Centre,
    limit_h: float,
    clashes: tuple[Violation, ...],
) -> Verdict:
    """Judge a change of lines, under a centre that may have changed too.

    Lines in which shifts clash are no roster that the checker could judge: then the clashes are what is broken.
    """
    old, new = (roster_of(case, *as_frames(lines, centre.tz), bound=None) for lines in (before, after))
    held = {(v.rule, v.employee, v.when_text) for v in check(old, centre, case.requirement, horizon=case.horizon)}
    broken = clashes or tuple(
        v
        for v in check(new, later, case.requirement, horizon=case.horizon)
        if (v.rule, v.employee, v.when_text) not in held
    )
    both = old.coverage[["queue", "start", "required", "rostered"]].rename(columns={"rostered": "before"})
    both["after"] = new.coverage["rostered"].to_numpy()
    moved = both[(both["before"] - both["after"]).abs() > _NONE].reset_index(drop=True)
    heads = Heads(case)
    lines = (before.values(), after.values())
    missing_h = [heads.missing_h(heads.there(duty for mine in some for duty in mine)) for some in lines]
    more_h = new.short_h - old.short_h + missing_h[1] - missing_h[0]
    more_h = 0.0 if abs(more_h) < _NONE else more_h
    return Verdict(
        allowed=not broken and more_h <= limit_h + _NONE,
        violations=broken,
        more_short_h=more_h,
        limit_h=limit_h,
        cost=new.objective - old.objective,
        coverage=moved,
        roster=new,
        currency=centre.currency,
    )
