"""The model per person: cheaper or nothing, legal, and the same each time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from wfm.domain import Centre, Preference, Wish
from wfm.roster.checker import check
from wfm.roster.classes import collapse
from wfm.roster.improve import Plan
from wfm.roster.people_model import is_small, refine
from wfm.roster.problem import build_case
from wfm.roster.solver import solve
from wfm.testing import make_centre


def _need() -> pd.DataFrame:
    frames = []
    for queue, peak in (("calls", 3), ("orders", 2)):
        for day in pd.date_range("2026-11-02", periods=5, freq="D", tz="Europe/Berlin"):
            starts = pd.date_range(day + pd.Timedelta("8h"), periods=24, freq="30min")
            heads = [peak if 4 <= slot < 18 else 1 for slot in range(24)]
            frames.append(pd.DataFrame({"queue": queue, "start": starts, "scheduled": heads}))
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(load_erl=0.8 * frame["scheduled"], agents=frame["scheduled"])


def _centre() -> Centre:
    centre = make_centre(people=7, cross_skilled=True)
    wish = (Preference(day=date(2026, 11, 4), wish=Wish.OFF),)
    return replace(centre, employees=(replace(centre.employees[0], preferences=wish), *centre.employees[1:]))


def _filled() -> Plan:
    case = build_case(_need(), _centre())
    plan = Plan(case, collapse(case))
    plan.fill()
    return plan


def test_a_poor_plan_gets_cheaper_and_says_so() -> None:
    plan = _filled()
    before = plan.cost()
    assert refine(plan, seed=0, work_limit=400)
    assert plan.cost() < before


def test_without_effort_a_plan_is_left_as_it_was() -> None:
    plan = _filled()
    before = list(plan.lines)
    assert not refine(plan, seed=0, work_limit=0)
    assert plan.lines == before


def test_the_same_seed_and_effort_give_the_same_lines() -> None:
    plans = [_filled(), _filled()]
    for plan in plans:
        refine(plan, seed=3, work_limit=200)
    assert plans[0].lines == plans[1].lines


def test_the_roster_is_legal_and_its_cost_is_the_plans() -> None:
    need, centre = _need(), _centre()
    roster = solve(need, centre, work_limit=150)
    assert check(roster, centre, need) == []
    assert roster.bound is not None
    assert roster.objective == pytest.approx(sum(roster.cost.values()))
    assert roster.bound <= roster.objective


def test_only_a_small_centre_gets_a_choice_per_person() -> None:
    need = _need()
    assert is_small(build_case(need, make_centre(people=7, cross_skilled=True)))
    assert not is_small(build_case(need, make_centre(people=31, cross_skilled=True)))
