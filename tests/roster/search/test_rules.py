"""The search's own judgement of a line against the checker's: legal by the one is legal by the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from wfm.domain import (
    Break,
    CarryOver,
    Centre,
    Contract,
    Employee,
    Lock,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)
from wfm.errors import DataError
from wfm.roster.checking.checker import check
from wfm.roster.kernels.rules import own_cost
from wfm.roster.line.best import LinePlanner
from wfm.roster.line.breaks import in_order
from wfm.roster.problem import Case, build_case
from wfm.roster.search.rules import rules_of
from wfm.shifts import stamps
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
LUNCH = Break(name="lunch", length="1h", earliest="2h", latest="4h", min_gap="30min")
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="06:00", latest_start="08:00", step="2h", min_length="8h"),
    ShiftTemplate(name="late", earliest_start="14:00", min_length="6h", max_length="8h", step="2h", breaks=(LUNCH,)),
    ShiftTemplate(name="night", earliest_start="22:00", min_length="8h", not_after=("early",)),
    ShiftTemplate(name="small", earliest_start="01:00", min_length="4h", not_after=("late",)),
)
NAMES = [shift.name for shift in SHIFTS]
# A Thursday, a Monday and a Sunday; the weeks of the two changes of the clock among them.
FIRSTS = [date(2026, 11, 5), date(2026, 10, 19), date(2026, 3, 22), date(2026, 11, 8), date(2026, 3, 28)]


class Setting:
    """A person under random rules, the days, and a line for them; no dataclass, which hypothesis would print whole."""

    def __init__(self, centre: Centre, horizon: Horizon, case: Case, line: np.ndarray) -> None:
        self.centre = centre
        self.horizon = horizon
        self.case = case
        self.line = line

    def __repr__(self) -> str:
        shifts = self.case.shifts
        worked = [(str(shifts.dates[shifts.day[c]]), NAMES[shifts.template[c]]) for c in self.line[self.line >= 0]]
        plain = Contract(name="own")
        own = {n: getattr(self.case.people[0].contract, n) for n in Contract.__dataclass_fields__}
        rules = {n: value for n, value in own.items() if value != getattr(plain, n)}
        return f"{self.horizon} {rules} {self.centre.employees[0]} {worked}"


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def contracts(draw: st.DrawFn, first: date) -> Contract:
    hours = st.sampled_from(["8h", "16h", "20h", "24h", "32h", "40h", "48h"])
    rules: dict[str, Any] = {
        "min_week": draw(st.sampled_from(["0h", "0h", "4h", "12h", "20h"])),
        "max_week": draw(hours),
        "min_period": draw(st.sampled_from(["0h", "0h", "8h", "16h"])),
        "max_period": draw(maybe(hours)),
        "max_days_per_week": draw(st.integers(3, 7)),
        "max_days_in_a_row": draw(st.integers(2, 7)),
        "min_rest": draw(st.sampled_from(["0h", "8h", "11h", "16h"])),
        "max_weekends": draw(maybe(st.integers(0, 2))),
        "whole_weekends": draw(st.booleans()),
        "max_nights_in_a_row": draw(maybe(st.integers(1, 3))),
        "min_free_week": draw(maybe(st.sampled_from(["24h", "36h", "48h", "60h"]))),
        "max_start_spread": draw(maybe(st.sampled_from(["0h", "2h", "8h", "9h"]))),
        "min_days_in_a_row": draw(st.integers(1, 2)),
        "min_days_off_in_a_row": draw(st.integers(1, 3)),
        "max_shifts": draw(maybe(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3)))),
        "max_overtime_week": draw(st.sampled_from(["0h", "8h"])),
        "cost_per_shift": draw(st.sampled_from([0.0, 7.0])),
    }
    rules["min_week"] = min(rules["min_week"], rules["max_week"], key=lambda text: int(text[:-1]))
    if rules["max_period"] is not None and int(rules["max_period"][:-1]) < int(rules["min_period"][:-1]):
        rules["min_period"] = "0h"
    if draw(st.booleans()):
        weeks = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(tuple)
        rules["rotation"] = tuple(draw(st.lists(weeks, min_size=1, max_size=3)))
        rules["rotation_from"] = first - timedelta(days=first.weekday() + 7)
    return Contract(name="own", **rules)


@st.composite
def pasts(draw: st.DrawFn, first: date) -> CarryOver:
    run = draw(st.integers(0, 3))
    off = 0 if run else draw(st.integers(0, 3))
    days = draw(st.integers(0, min(first.weekday(), 3)))
    end = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=draw(st.integers(-8, 30)))
    return CarryOver(
        last_end=draw(maybe(st.just(end))),
        last_template=draw(maybe(st.sampled_from(NAMES))) if run else None,
        days_in_a_row=run,
        days_off_in_a_row=off,
        nights_in_a_row=draw(st.integers(0, run)),
        week_paid=timedelta(hours=8 * days),
        week_days=days,
        week_starts=tuple(draw(st.lists(st.sampled_from(["06:00", "14:00", "22:00"]), max_size=days))),
        weekend_worked_saturday=first.weekday() == 6 and draw(st.booleans()),
        paid=timedelta(hours=draw(st.sampled_from([0, 8]))),
        weekends=draw(st.integers(0, 1)),
        shifts=draw(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 1))),
        known_from=draw(maybe(st.integers(1, 7).map(lambda days: first - timedelta(days=days)))),
    )


@st.composite
def locks(draw: st.DrawFn, first: date, days: int) -> tuple[Lock, ...]:
    found = []
    for number in draw(st.sets(st.integers(0, days - 1), max_size=2)):
        day = first + timedelta(days=number)
        options = [Lock(day=day, off=True), Lock(day=day), Lock(day=day, template="late", breaks={"lunch": "17:00"})]
        options += [Lock(day=day, template="early", start="06:00"), Lock(day=day, length="8h")]
        found.append(draw(st.sampled_from(options)))
    return tuple(found)


@st.composite
def settings_of_all(draw: st.DrawFn) -> Setting:
    first, days = draw(st.sampled_from(FIRSTS)), draw(st.integers(3, 12))
    away_from = first + timedelta(days=draw(st.integers(0, days)))
    away = Unavailability(start=away_from, end=away_from + timedelta(days=1))
    held = draw(locks(first, days)) if draw(st.booleans()) else ()
    person = Employee(
        id="A1",
        contract="own",
        skills=(Skill("calls"),),
        unavailable=(away,) if draw(st.booleans()) else (),
        locks=held,
        before=draw(maybe(pasts(first))),
        rotation_week=draw(st.integers(0, 2)),
    )
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(draw(contracts(first)),),
        shifts=SHIFTS,
        employees=(person,),
    )
    horizon = Horizon(first, days=days, tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": horizon.starts, "agents": 1, "scheduled": 1})
    try:
        case = build_case(need, centre, horizon)
    except DataError:
        # A lock that cannot be held is told before anything is searched.
        centre = replace(centre, employees=(replace(person, locks=()),))
        case = build_case(need, centre, horizon)
    by_day = [np.flatnonzero(case.shifts.day == day).tolist() for day in range(days)]
    style = draw(st.sampled_from(["any", "few templates", "allowed"]))
    chosen = draw(st.sets(st.sampled_from(range(len(SHIFTS))), min_size=1, max_size=2))
    line = np.full(days, -1, dtype=np.int64)
    for day, options in enumerate(by_day):
        if style == "few templates":
            options = [c for c in options if case.shifts.template[c] in chosen]
        elif style == "allowed":
            options = [c for c in options if case.people[0].allowed[c]]
        line[day] = draw(st.sampled_from([-1, -1, *options]))
    return Setting(centre, horizon, case, line)


def frames_of(case: Case, line: np.ndarray) -> SimpleNamespace:
    """Return the frames of a line, each break as early as it may be."""
    shifts, rows, parts = case.shifts, [], []
    person = case.people[0]
    for c in line[line >= 0].tolist():
        template = shifts.templates[shifts.template[c]]
        begin, end = int(shifts.start_s[c]), int(shifts.end_s[c])
        rows.append((person.employee.id, begin, end, template.name, shifts.paid_s[c] / 3600))
        at = begin
        for rest, start in sorted(zip(template.breaks, breaks_of(case, c), strict=True), key=lambda item: item[1]):
            parts += [(at, start, "work", "calls"), (start, start + int(rest.length_s), rest.name, None)]
            at = start + int(rest.length_s)
        parts.append((at, end, "work", "calls"))
    columns = ["employee", "shift_start", "shift_end", "template", "paid_h"]
    frame = pd.DataFrame(rows, columns=columns).astype({"employee": "str", "template": "str", "paid_h": float})
    acts = pd.DataFrame(parts, columns=["start", "end", "activity", "queue"]).astype({"activity": "str"})
    acts.insert(0, "employee", pd.Series("A1", index=acts.index, dtype="str"))
    acts["queue"] = acts["queue"].astype("str")
    for table, names in ((frame, ("shift_start", "shift_end")), (acts, ("start", "end"))):
        for name in names:
            table[name] = stamps(table[name].to_numpy(dtype=np.int64), TZ)
    return SimpleNamespace(shifts=frame, activities=acts)


def breaks_of(case: Case, c: int) -> tuple[int, ...]:
    """Return the breaks of a shift as locked, or where no lock can hold them as free ones."""
    person = case.people[0]
    if person.allowed[c]:
        return in_order(case, person, c)
    return in_order(case, replace(person, pinned=np.full_like(person.pinned, -1)), c)


@settings(max_examples=100, deadline=None)
@given(settings_of_all())
def test_the_search_and_the_checker_agree(given: Setting) -> None:
    case, line = given.case, given.line
    allowed = bool(case.people[0].allowed[line[line >= 0]].all())
    cost = own_cost(rules_of(case), 0, line)
    found = check(frames_of(case, line), given.centre, given.case.requirement, horizon=given.horizon)
    event("legal" if not found else "illegal")
    for rule in {violation.rule for violation in found}:
        event(str(rule))
    told = "; ".join(map(str, found)) or "no violation"
    assert (allowed and cost >= 0.0) == (not found), f"{told}; allowed {allowed}, cost {cost}; {given!r}"


@settings(max_examples=80, deadline=None)
@given(settings_of_all())
def test_the_best_line_is_legal_and_there_is_one_where_some_line_is(given: Setting) -> None:
    case, line = given.case, given.line
    person, rules = case.people[0], rules_of(case)
    reward = np.where(person.allowed, 0.0, -np.inf)
    best = LinePlanner(case, person.contract, [person]).best(reward, np.zeros(len(line)), person)
    event("some line" if best else "no line")
    if best is None:
        assert own_cost(rules, 0, line) < 0.0 or not person.allowed[line[line >= 0]].all(), repr(given)
        return
    found = np.full(len(line), -1, dtype=np.int64)
    found[case.shifts.day[list(best.shifts)]] = best.shifts
    assert person.allowed[list(best.shifts)].all()
    assert own_cost(rules, 0, found) >= 0.0, f"{given!r} {best}"


@pytest.mark.parametrize(
    ("before", "worked"),
    [
        (None, 2),
        (CarryOver(days_off_in_a_row=1), 1),
        (CarryOver(days_in_a_row=1, weekend_worked_saturday=True), 2),
    ],
)
def test_a_sunday_that_begins_the_horizon_goes_with_the_saturday_that_is_known(
    before: CarryOver | None, worked: int
) -> None:
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(Contract(name="own", whole_weekends=True),),
        shifts=SHIFTS[:1],
        employees=(Employee(id="A1", contract="own", skills=(Skill("calls"),), before=before),),
    )
    horizon = Horizon(date(2026, 11, 8), days=2, tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": horizon.starts, "agents": 1, "scheduled": 1})
    case = build_case(need, centre, horizon)
    person = case.people[0]
    best = LinePlanner(case, person.contract, [person]).best(np.ones(len(case.shifts)), np.zeros(2), person)
    assert best is not None
    assert len(best.shifts) == worked
