"""Whole lines against every roster there is: the bound is below the least cost, and the least cost is found."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import count, product
from threading import Event
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.util.python.solve_interrupter import SolveInterrupter

from wfm.domain import Centre, Contract, Employee, Preference, Prices, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster.bound.classes import collapse
from wfm.roster.columns.exact import fits_exactly, solve_exactly
from wfm.roster.columns.generation import Columns, fits_columns
from wfm.roster.columns.halting import halting
from wfm.roster.columns.master import Column, Master
from wfm.roster.kernels.rules import own_cost
from wfm.roster.problem import Case, build_case
from wfm.roster.search.lines import Plan
from wfm.roster.solver import solve
from wfm.timegrid import Horizon

MONDAY = date(2026, 11, 2)
DAYS = 5


def case_of(seed: int, cost_per_hour: float) -> Case:
    """Two people, two templates, five days: heads, prices and wishes at random."""
    random = np.random.default_rng(seed)
    contract = Contract(
        name="c",
        min_rest="0h",
        min_days_in_a_row=2,
        min_days_off_in_a_row=int(random.integers(1, 3)),
        max_days_in_a_row=3,
        min_period="16h",
        max_shifts={"late": 2},
        cost_per_hour=cost_per_hour,
    )
    people = tuple(
        Employee(
            id=name,
            contract="c",
            skills=(Skill("calls"),),
            preferences=(
                Preference(
                    day=MONDAY + timedelta(days=int(random.integers(DAYS))),
                    wish="template",
                    template="late",
                    price=float(random.integers(1, 6)),
                ),
            ),
        )
        for name in ("A", "B")
    )
    centre = Centre(
        name="desk",
        tz="UTC",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(contract,),
        shifts=(
            ShiftTemplate(name="early", earliest_start="06:00", min_length="8h", not_after=("late",)),
            ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
        ),
        employees=people,
        prices=Prices(shortage_per_hour=10.0),
    )
    wanted = pd.DataFrame(
        [
            (name, MONDAY + timedelta(days=day), float(random.integers(0, 3)), float(random.integers(5, 20)), 1.0)
            for name in ("early", "late")
            for day in range(DAYS)
        ],
        columns=["template", "day", "heads", "shortage_price", "surplus_price"],
    )
    return build_case(None, centre, Horizon(MONDAY, days=DAYS, interval="30min", tz="UTC"), wanted)


def least_cost(plan: Plan) -> float:
    """Return the least cost over all pairs of legal lines, one by one."""
    case = plan.case
    by_day = [[-1, *np.flatnonzero(case.shifts.day == day).tolist()] for day in range(DAYS)]
    legal = []
    for number in range(len(case.people)):
        lines = [np.array(choice, dtype=np.int64) for choice in product(*by_day)]
        costs = [own_cost(plan.rules, number, line) for line in lines]
        legal.append([(line[line >= 0], cost) for line, cost in zip(lines, costs, strict=True) if cost >= 0])
    return min(
        mine + theirs + case.wanted.cost(np.concatenate((one, two))) for (one, mine), (two, theirs) in product(*legal)
    )


@pytest.mark.parametrize("cost_per_hour", [0.0, 1.25])
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_least_cost_is_bounded_and_found(cost_per_hour: float, seed: int) -> None:
    case = case_of(seed, cost_per_hour)
    assert fits_columns(case)
    plan = Plan(case, collapse(case))
    best = least_cost(plan)
    columns = Columns(plan, is_over=lambda planned: planned > 200, left_s=lambda: math.inf, seed=0)
    columns.run()
    assert columns.bound <= best + 1e-6
    assert columns.cost == pytest.approx(best)
    assert plan.cost() == pytest.approx(columns.cost)
    if cost_per_hour == 0:
        assert columns.is_proven


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_small_case_is_solved_exactly(seed: int) -> None:
    case = case_of(seed, 0.0)
    assert fits_exactly(case)
    plan = Plan(case, collapse(case))
    own = [np.where(person.allowed, person.wish, np.inf) for person in case.people]
    planners = [plan.planner(person) for person in case.people]
    start = [line.shifts for line in plan.lines]
    found = solve_exactly(case, planners, own, start, unit=1.0, work=20.0, left_s=lambda: math.inf, share=1.0, seed=0)
    assert found.bound == pytest.approx(least_cost(plan))


def test_an_interrupt_loses_nothing_found() -> None:
    plan = Plan(case_of(3, 1.25), collapse(case_of(3, 1.25)))
    first = plan.cost()
    calls = iter(range(10**6))

    def is_over(planned: int) -> bool:
        if next(calls) > 3:
            raise KeyboardInterrupt
        return False

    columns = Columns(plan, is_over=is_over, left_s=lambda: math.inf, seed=0)
    with pytest.raises(KeyboardInterrupt):
        columns.run()
    assert columns.cost <= first
    assert plan.cost() == pytest.approx(columns.cost)


def test_the_same_work_gives_the_same_roster_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(5, 1.25)
    wanted = pd.DataFrame(
        {
            "template": [case.shifts.templates[t].name for t in case.wanted.template],
            "day": [case.horizon.dates[d] for d in case.wanted.day],
            "heads": case.wanted.heads,
            "shortage_price": case.wanted.short_price,
            "surplus_price": case.wanted.over_price,
        }
    )
    found = []
    for step in (0.0, 1000.0):
        clock = (step * n for n in count())
        monkeypatch.setattr("wfm.roster.solver.monotonic", lambda clock=clock: next(clock))
        found.append(solve(None, case.centre, horizon=case.horizon, wanted=wanted, seed=4, work_limit=30))
    pd.testing.assert_frame_equal(found[0].shifts, found[1].shifts)
    assert found[0].bound == found[1].bound


def test_a_programme_in_which_the_simplex_fails_is_solved_by_another_solver() -> None:
    case = case_of(1, 0.0)
    plan = Plan(case, collapse(case))
    columns = [Column(n, line.shifts, plan.own_cost(n)) for n, line in enumerate(plan.lines)]
    values = []
    for fails in (False, True):
        master = Master(case, [columns[1]], SolveInterrupter())
        master.add(columns[0])
        if fails:
            master._solver = Failing()
        optimum = master.solve()
        assert optimum is not None
        values.append(optimum.value)
    assert values == pytest.approx([plan.cost()] * 2)


class Failing:
    """A solver that stumbles."""

    def solve(self, **_: Any) -> None:
        raise RuntimeError("Unexpected GLOP termination reason: ABNORMAL")


def test_nothing_is_searched_once_no_time_is_left() -> None:
    case = case_of(3, 1.25)
    plan = Plan(case, collapse(case))
    first = plan.cost()
    columns = Columns(plan, is_over=lambda planned: True, left_s=lambda: 0.0, seed=0)
    columns.run()
    assert plan.cost() == first
    assert columns.bound == -math.inf


def test_a_search_under_way_is_halted_once_no_time_is_left() -> None:
    halted = Event()
    with halting(lambda: 0.0, halted.set):
        assert halted.wait(10)
    calls: list[int] = []
    with halting(lambda: math.inf, lambda: calls.append(1)):
        pass
    assert not calls
