"""Floors that everybody together cannot hold, proved by hours, and what dissolves the clash, tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Unavailability
from wfm.roster.clashes.floors import floor_conflict

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]


@pytest.fixture
def days(need: Need) -> pd.DataFrame:
    """Return a floor of one agent from 07:00 to 15:00 from Monday to Friday, in a week that is open all day."""
    wanted = need("2026-11-02 00:00", 7 * 48, calls=1)
    inside = (wanted["start"].dt.hour >= 7) & (wanted["start"].dt.hour < 15) & (wanted["start"].dt.day < 7)
    return wanted.assign(floor=inside.astype(float))


def test_too_few_hours_for_all_floors_are_named_with_the_rule_behind_them(
    days: pd.DataFrame, make_centre: Make
) -> None:
    # Five days of 8 h are asked for, and two people may work 16 h each.
    centre = make_centre([("calls",)] * 2, contract=Contract(name="full", max_week="16h", cost_per_hour=20.0))
    found = floor_conflict(days, centre)
    assert found is not None
    assert found.floors == tuple(f"calls on 2026-11-0{day}, 8 agent-hours" for day in range(2, 7))
    assert found.rules == ("max_week 16 h of full",)
    assert (found.asked_h, found.most_h, found.people) == (40.0, 32.0, ("A00", "A01"))
    assert found.is_smallest
    assert found.fixes[0].what == "raise max_week to 24 h for full"
    assert found.fixes[0].price == 8 * 20 * 1.5 * 2
    assert all(fix.holds for fix in found.fixes)
    assert len(found.fixes) == 6
    assert str(found).startswith(
        "the floors ask for 40 agent-hours, 2 people can work 32\n├─ floor: calls on 2026-11-02"
    )


def test_an_absence_can_be_what_clashes(days: pd.DataFrame, make_centre: Make) -> None:
    centre = make_centre([("calls",)], contract=Contract(name="full", cost_per_hour=20.0))
    away = Unavailability(start=date(2026, 11, 4), end=date(2026, 11, 5))
    centre = replace(centre, employees=(replace(centre.employees[0], unavailable=(away,)),))
    found = floor_conflict(days, centre)
    assert found is not None
    assert found.floors == ("calls on 2026-11-04, 8 agent-hours",)
    assert found.rules == ("leave from 2026-11-04 to 2026-11-05 of A00",)
    assert found.is_smallest


def test_floors_that_can_be_held_clash_with_nothing(days: pd.DataFrame, make_centre: Make) -> None:
    assert floor_conflict(days, make_centre([("calls",)])) is None
    assert floor_conflict(days.drop(columns="floor"), make_centre([("calls",)])) is None
