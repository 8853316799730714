"""Each rule of the model per person bites, and leaves alone what is legal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ortools.sat.python import cp_model

from wfm.domain import Contract, Employee, ShiftTemplate, Skill, Unavailability
from wfm.roster import rules
from wfm.roster.problem import build_case

DAY = ShiftTemplate(
    name="day", earliest_start="08:00", latest_start="16:00", step="8h", min_length="4h", max_length="12h"
)
EARLY, LATE = 8, 16
Shift = tuple[int, int, int]  # day of the horizon, hour of the start, hours


def _status(make_centre: Any, need: Any, worked: list[Shift], rule: Callable[..., None], **contract: Any) -> bool:
    """Whether a line of exactly those shifts is legal under one rule, with one shift a day at most."""
    away = contract.pop("away", ())
    person = Employee(id="A00", contract="full", skills=(Skill("calls"),), unavailable=away)
    terms = Contract(name="full", **{"max_day": "12h", "max_week": "84h", "max_days_per_week": 7, **contract})
    centre = make_centre([("calls",)], shifts=(DAY,), contract=terms, employees=(person,))
    case = build_case(need("2026-11-02 00:00", 14 * 48, calls=1), centre)
    model = cp_model.CpModel()
    chosen = rules.person_variables(model, case, case.people[0])
    rules.add_one_shift_a_day(model, case, chosen)
    rule(model, case, chosen)
    wanted = set()
    for candidate in range(len(case.shifts)):
        begin = datetime.fromtimestamp(int(case.shifts.start_s[candidate]), ZoneInfo("Europe/Berlin"))
        hours = int(case.shifts.paid_s[candidate]) // 3600
        wanted |= {candidate} if (int(case.shifts.day[candidate]), begin.hour, hours) in worked else set()
    if not wanted <= set(chosen.shifts):
        return False
    for candidate, works in chosen.shifts.items():
        model.add(works == (candidate in wanted))
    return cp_model.CpSolver().solve(model) == cp_model.OPTIMAL


def _days(*days: int, hours: int = 4) -> list[Shift]:
    return [(day, EARLY, hours) for day in days]


@pytest.mark.parametrize(
    ("rule", "legal", "illegal", "contract"),
    [
        (rules.add_one_shift_a_day, [(0, EARLY, 4)], [(0, EARLY, 4), (0, LATE, 4)], {}),
        (rules.add_min_rest, [(0, LATE, 4), (1, EARLY, 4)], [(0, LATE, 12), (1, EARLY, 4)], {"min_rest": "12h"}),
        (rules.add_min_rest, _days(0, 3), _days(0, 2), {"min_rest": "48h"}),
        (rules.add_days_in_a_row, _days(5, 6, 8, 9), _days(5, 6, 7), {"max_days_in_a_row": 2}),
        (rules.add_days_per_week, _days(4, 5, 6, 7, 8, 9), _days(1, 2, 4, 6), {"max_days_per_week": 3}),
        (rules.add_week_hours, _days(0, 1, 7, 8, hours=12), _days(0, 1, 7, hours=12), {"min_week": "24h"}),
        (rules.add_week_hours, _days(0, 1, hours=12), _days(0, 1, 2, hours=12), {"max_week": "24h"}),
        (
            rules.add_week_hours,
            _days(0, 1, 2, hours=12),
            _days(0, 1, 2, 3, hours=12),
            {"max_week": "24h", "max_overtime_week": "12h"},
        ),
        (rules.add_period_hours, _days(0, 7, hours=12), _days(0, 7, 8, hours=12), {"max_period": "24h"}),
        (rules.add_period_hours, _days(0, 7, hours=12), _days(0, hours=12), {"min_period": "24h"}),
        (rules.add_weekends, _days(4, 5, 6, 7), _days(5, 13), {"max_weekends": 1}),
        (rules.add_one_shift_a_day, _days(0), _days(1), {"away": (1,)}),
    ],
)
def test_a_rule_bites_and_leaves_alone_what_is_legal(
    make_centre: Any,
    need: Any,
    rule: Callable[..., None],
    legal: list[Shift],
    illegal: list[Shift],
    contract: dict[str, Any],
) -> None:
    if "away" in contract:
        contract = {"away": (Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4)),)}
    assert _status(make_centre, need, legal, rule, **contract)
    assert not _status(make_centre, need, illegal, rule, **contract)


def test_a_day_of_leave_lowers_the_minimum_of_the_week_by_a_fifth(make_centre: Any, need: Any) -> None:
    worked = _days(0, 2, 7, 8, 9, hours=12)
    leave = (Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4)),)
    assert _status(make_centre, need, worked, rules.add_week_hours, min_week="28h", away=leave)
    assert not _status(make_centre, need, worked, rules.add_week_hours, min_week="28h")
