"""What is short, and why; which wishes are honoured, and what the others cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Employee, Preference, Prices, ShiftTemplate, Unavailability
from wfm.roster import solve

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)


def test_nobody_with_the_skill_is_available(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",), ("mail",)])
    roster = solve(pd.concat([need("2026-11-02 07:00", 16, calls=2), need("2026-11-02 07:00", 1, mail=0)]), centre)
    assert roster.shortage["missing"].tolist() == [1.0] * 16
    assert set(roster.shortage["cause"]) == {"nobody with the skill is available"}
    assert roster.shortage["start"].tolist() == roster.coverage.query("under > 0")["start"].tolist()


def test_hours_out_of_any_shift_are_nobodys(need: Need, make_centre: Make) -> None:
    roster = solve(need("2026-11-02 06:00", 18, calls=1), make_centre([("calls",)]))
    assert roster.shortage["start"].dt.hour.tolist() == [6, 6]
    assert set(roster.shortage["cause"]) == {"nobody with the skill is available"}


def test_everybody_is_at_the_limit(need: Need, make_centre: Make) -> None:
    wanted = pd.concat([need("2026-11-02 07:00", 16, calls=1), need("2026-11-03 07:00", 16, calls=1)])
    roster = solve(wanted, make_centre([("calls",)], contract=Contract(name="full", max_week="8h")))
    assert len(roster.shortage) == 16
    assert set(roster.shortage["cause"]) == {"everybody is at the limit of hours or days"}
    one_day = solve(wanted, make_centre([("calls",)], contract=Contract(name="full", max_days_per_week=1)))
    assert set(one_day.shortage["cause"]) == {"everybody is at the limit of hours or days"}


def test_it_can_be_cheaper_to_be_short(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)], prices=Prices(shortage_per_hour=1.0))
    roster = solve(need("2026-11-02 07:00", 16, calls=1), centre)
    assert set(roster.shortage["cause"]) == {"cheaper to be short"}
    assert str(roster).splitlines()[-1] == "└─ short   8.0 h: cheaper to be short"


def test_leave_makes_somebody_unavailable(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2)
    away = Unavailability(start=MONDAY, end=TUESDAY)
    people = (centre.employees[0], replace(centre.employees[1], unavailable=(away,)))
    roster = solve(need("2026-11-02 07:00", 16, calls=2), replace(centre, employees=people))
    assert set(roster.shortage["cause"]) == {"nobody with the skill is available"}


def test_every_wish_stands_with_its_price(need: Need, make_centre: Make) -> None:
    shifts = (
        ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),
        ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
    )
    centre = make_centre([("calls",)], shifts=shifts, prices=Prices(wish=12.0))
    wishes = (
        Preference(day=MONDAY, wish="off", rank=3),
        Preference(day=TUESDAY, wish="not template", template="early", price=5.0),
        Preference(day=date(2026, 11, 4), wish="work"),
        Preference(day=date(2026, 12, 24), wish="off"),  # outside the horizon
    )
    person = replace(centre.employees[0], preferences=wishes)
    wanted = pd.concat(
        [need(f"2026-11-0{day} 07:00", 16, calls=1) for day in (2, 3)] + [need("2026-11-04 07:00", 1, calls=0)]
    )
    roster = solve(wanted, replace(centre, employees=(person,)))
    assert roster.wishes.drop(columns="employee").to_dict("list") == {
        "day": [MONDAY, TUESDAY, date(2026, 11, 4)],
        "wish": ["off", "not template early", "work"],
        "rank": [3, 1, 1],
        "honoured": [False, False, False],
        "price": [4.0, 5.0, 12.0],
    }
    assert roster.cost["wishes"] == pytest.approx(roster.wishes.query("not honoured")["price"].sum())
    assert "wishes  0 of 3 honoured" in str(roster)


def test_who_is_on_call_costs_only_when_called(need: Need, make_centre: Make) -> None:
    call = Contract(name="call", kind="on call", cost_per_hour=20.0, cost_per_shift=30.0)
    centre = make_centre([("calls",)] * 2, contract=call)
    assert isinstance(centre.employees[0], Employee)
    roster = solve(need("2026-11-02 07:00", 16, calls=1), centre)
    assert roster.cost["wages"] == 8 * 20 + 30
    assert roster.headcount == 1
