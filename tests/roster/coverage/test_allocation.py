"""Who serves which queue: what is written covers as much as the best sharing of people, to the minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.domain import Break, Centre, Prices, ShiftTemplate
from wfm.roster import check, solve
from wfm.roster.bound.classes import collapse
from wfm.roster.coverage.loss import Loss
from wfm.roster.frames import activities_frame, coverage_frame
from wfm.roster.problem import build_case
from wfm.roster.search.lines import Plan, Rostered

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]

ZERO = timedelta()
KINDS = [("calls",), ("calls", "chat"), ("chat", "mail"), ("mail", "calls", "chat")]


def least_short(skills: list[tuple[str, ...]], demand: dict[str, float]) -> float:
    """Return the agents missing at least, where everybody serves as they can in any shares."""
    queues = sorted(demand)
    pairs = [(person, queue) for person, some in enumerate(skills) for queue in queues if queue in some]
    rows = np.zeros((len(skills) + len(queues), len(pairs)))
    for column, (person, queue) in enumerate(pairs):
        rows[person, column] = rows[len(skills) + queues.index(queue), column] = 1.0
    most = [1.0] * len(skills) + [demand[queue] for queue in queues]
    found = linprog(-np.ones(len(pairs)), A_ub=rows, b_ub=most)
    return sum(demand.values()) + float(found.fun)


def written(centre: Centre, wanted: pd.DataFrame) -> tuple[Plan, pd.DataFrame, pd.DataFrame]:
    """Return the plan in which everybody works the first shift, its activities and its coverage."""
    case = build_case(wanted, centre)
    plan = Plan(case, collapse(case))
    template = case.shifts.templates[case.shifts.template[0]]
    rests = [int(case.shifts.start_s[0] + rest.earliest_s) for rest in template.breaks]
    for number in range(len(case.people)):
        # The breaks of ten minutes of the people follow each other.
        plan.set_line(number, Rostered((0,), (tuple(rest + 600 * number for rest in rests),)))
    activities = activities_frame(plan)
    return plan, activities, coverage_frame(case, activities)


def cost(plan: Plan, coverage: pd.DataFrame) -> float:
    """Return the price of shortage and surplus of a coverage."""
    case, rostered = plan.case, np.zeros(plan.case.demand.shape)
    rostered[case.row_interval, case.row_queue] = coverage["rostered"]
    return float((Loss(case).short(rostered) + Loss(case).over(rostered)).sum())


def switches(activities: pd.DataFrame) -> int:
    """Return how often somebody changes queue without a break between."""
    rows = list(activities[activities["queue"].notna()].itertuples(index=False))
    return sum(one.employee == two.employee and one.end == two.start for one, two in pairwise(rows))


def gapless_minutes(activities: pd.DataFrame) -> bool:
    """Whether the stretches of each person follow each other and are whole minutes."""
    spans = activities["end"] - activities["start"]
    follow = activities.groupby("employee")["start"].shift(-1).dropna()
    return bool((follow == activities["end"][follow.index]).all() and (spans % timedelta(minutes=1) == ZERO).all())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.integers(0, 3), min_size=0, max_size=6),
    tenths=st.lists(st.integers(0, 25), min_size=3, max_size=3),
)
def test_shares_of_people_are_met_to_the_minute(
    need: Need, make_centre: Make, kinds: list[int], tenths: list[int]
) -> None:
    # A tenth of an agent is three minutes of an interval.
    skills = [("calls", "chat", "mail"), *(KINDS[kind] for kind in kinds)]
    demand = {queue: n / 10 for queue, n in zip(("calls", "chat", "mail"), tenths, strict=True)}
    _, activities, coverage = written(make_centre(skills), need("2026-11-02 07:00", 16, **demand))
    assert coverage["under"].sum() == pytest.approx(16 * least_short(skills, demand), abs=1e-6)
    assert coverage["rostered"].sum() == pytest.approx(16 * len(skills))
    assert gapless_minutes(activities)
    # In an interval, one change for each queue but one, at most, of those who are alike; and at most one before it.
    assert switches(activities) <= 16 * 2 * 2 * len(set(skills))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.integers(0, 3), min_size=0, max_size=6),
    tenths=st.lists(st.integers(0, 25), min_size=3, max_size=3),
    surplus=st.lists(st.integers(0, 4).map(float), min_size=3, max_size=3),
)
def test_the_cost_of_what_is_written_is_that_of_the_search(
    need: Need, make_centre: Make, kinds: list[int], tenths: list[int], surplus: list[float]
) -> None:
    rest = Break(name="rest", length="10min", earliest="2h", latest="5h")
    shift = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h", breaks=(rest,))
    prices = Prices(shortage_per_hour=100.0, shortage_steps=((0.5, 3.0),))
    skills = [("calls", "chat", "mail"), *(KINDS[kind] for kind in kinds)]
    demand = {queue: n / 10 for queue, n in zip(("calls", "chat", "mail"), tenths, strict=True)}
    wanted = need("2026-11-02 07:00", 16, **demand)
    wanted["surplus_price"] = wanted["queue"].map(dict(zip(demand, surplus, strict=True)))
    plan, activities, coverage = written(make_centre(skills, shifts=(shift,), prices=prices), wanted)
    # A minute missing for each of three queues, at most, by rounding to minutes where steps end between them.
    assert plan.cover.cost() - 1e-6 <= cost(plan, coverage) <= plan.cover.cost() + 16 * 3 * 300 / 60
    assert gapless_minutes(activities)


def test_two_halves_of_a_person_are_the_whole_of_one(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls", "chat")] * 2)
    wanted = need("2026-11-02 07:00", 16, calls=1.5, chat=0.5)
    roster = solve(wanted, centre, work_limit=5)
    assert roster.coverage["under"].sum() == 0
    assert check(roster, centre, wanted) == []
    # One stays on calls, one goes to and fro: a change in each interval, none between two.
    assert switches(roster.activities) == 16
    assert roster.objective == pytest.approx(roster.bound)


def test_time_to_spare_saves_changes(need: Need, make_centre: Make) -> None:
    wanted = need("2026-11-02 07:00", 16, calls=1.5, chat=0.5)
    _, activities, coverage = written(make_centre([("calls", "chat")] * 3), wanted)
    assert coverage["under"].sum() == 0
    assert switches(activities) == 0
