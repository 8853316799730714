"""Contradictions are named before anything is solved, each with its repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd

from wfm.domain import Centre, Contract, ShiftTemplate, Unavailability
from wfm.domain.lock import Lock
from wfm.roster.clashes.contradictions import explain
from wfm.timegrid import Horizon

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
WEEK = 7 * 48


def words(centre: Centre, wanted: pd.DataFrame) -> list[str]:
    return [str(problem) for problem in explain(wanted, centre)]


def with_locks(centre: Centre, *locks: Lock) -> Centre:
    return replace(centre, employees=tuple(replace(person, locks=locks) for person in centre.employees))


def test_a_sound_problem_has_none(need: Need, make_centre: Make) -> None:
    assert words(make_centre([("calls",)] * 2), need("2026-11-02 00:00", WEEK, calls=1)) == []


def test_hours_that_no_shift_holds_are_named_once_by_contract(need: Need, make_centre: Make) -> None:
    short = ShiftTemplate(name="short", earliest_start="07:00", min_length="6h")
    centre = make_centre([("calls",)] * 3, shifts=(short,), contract=Contract(name="full", min_week="38h"))
    assert words(centre, need("2026-11-02 00:00", WEEK, calls=1)) == [
        "contract 'full': min_week 38 h cannot be reached: 5 shifts of at most 6 h paid hold 30 h; "
        "lower min_week to '30h', or allow a longer shift"
    ]


def test_days_that_cannot_be_worked_make_hours_impossible(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)], contract=Contract(name="full", min_week="32h"))
    # Mornings away count as no leave, yet no shift fits beside them.
    away = tuple(
        Unavailability(
            start=pd.Timestamp(f"2026-11-0{day} 09:00", tz=centre.tz).to_pydatetime(),
            end=pd.Timestamp(f"2026-11-0{day} 10:00", tz=centre.tz).to_pydatetime(),
            reason="training",
        )
        for day in range(2, 9)
        if day not in (3, 4)
    )
    centre = replace(centre, employees=(replace(centre.employees[0], unavailable=away),))
    found = words(centre, need("2026-11-02 00:00", WEEK, calls=1))
    assert len(found) == 1
    assert found[0].startswith("employee 'A00': the week of 2026-11-02 needs at least 32 h paid, and the 2 days on ")
    assert found[0].endswith("hold at most 16 h; lower min_week to '16h', give the time away a credit, or free a day")


def test_locks_that_clash_with_limits_are_named(need: Need, make_centre: Make) -> None:
    shifts = (
        ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),
        ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
    )
    contract = Contract(name="full", max_week="16h", max_days_per_week=2, max_days_in_a_row=2)
    centre = make_centre([("calls",)], shifts=shifts, contract=contract)
    locks = (
        Lock(day=date(2026, 11, 2), template="late"),
        Lock(day=date(2026, 11, 3), template="early"),
        Lock(day=date(2026, 11, 4), template="early"),
    )
    assert words(with_locks(centre, *locks), need("2026-11-02 00:00", WEEK, calls=1)) == [
        "employee 'A00': 3 days of the week of 2026-11-02 are locked to work: 2026-11-02, 2026-11-03, 2026-11-04; "
        "unlock one, or raise max_days_per_week above 2",
        "employee 'A00': the locked shifts of the week of 2026-11-02 pay at least 24 h, the week may have 16 h; "
        "unlock one, shorten it, or raise max_week",
        "employee 'A00': 3 days in a row are locked to work, from 2026-11-02 to 2026-11-04; "
        "unlock one, or raise max_days_in_a_row above 2",
        "employee 'A00': the locks of 2026-11-02 and 2026-11-03 leave 9 h of rest between them at most; "
        "unlock one, or lower min_rest below 11 h",
    ]


def test_a_lock_that_nothing_can_hold_is_named(need: Need, make_centre: Make) -> None:
    centre = with_locks(make_centre([("calls",)]), Lock(day=date(2026, 11, 2), start="09:00"))
    assert words(centre, need("2026-11-02 00:00", WEEK, calls=1)) == [
        "employee 'A00': the lock of 2026-11-02 cannot be held: no shift of the centre's templates is as it says; "
        "change the lock, or what forbids it"
    ]


def test_a_floor_above_the_people_who_could_be_there_is_named(need: Need, make_centre: Make) -> None:
    wanted = need("2026-11-02 00:00", 48, calls=3)
    wanted["floor"] = 0.0
    wanted.loc[20:21, "floor"] = 3.0
    assert words(make_centre([("calls",)] * 2), wanted) == [
        "requirement: queue 'calls' has a floor of 3 agents at 2026-11-02 10:00:00+01:00, and 2 agents could be there "
        "(rows 20, 21); lower the floor, or give more people the skill or a shift then"
    ]


def test_a_horizon_that_does_not_hold_the_requirement_is_named(need: Need, make_centre: Make) -> None:
    horizon = Horizon("2026-11-03", days=1, tz="Europe/Berlin")
    found = explain(need("2026-11-02 00:00", 48, calls=1), make_centre([("calls",)]), horizon=horizon)
    assert [str(problem) for problem in found] == [
        "it runs from 2026-11-03 to 2026-11-03, the requirement from 2026-11-02 to 2026-11-02; "
        "make both for the same days"
    ]
