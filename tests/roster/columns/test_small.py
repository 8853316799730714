"""Small cases as a whole: the least cost by brute force, and more people or skills that never cost more."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import Break, Centre, Contract, Employee, Prices, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster import Status, check, solve
from wfm.roster.bound.classes import collapse
from wfm.roster.columns.small import placements_of, solve_small
from wfm.roster.problem import build_case
from wfm.roster.search.lines import Plan

TZ = "Europe/Berlin"
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="08:00", min_length="2h"),
    ShiftTemplate(name="late", earliest_start="09:00", min_length="2h"),
)


def a_centre(skills: list[tuple[str, ...]], *, shifts: tuple[ShiftTemplate, ...] = SHIFTS, **rules: object) -> Centre:
    return Centre(
        name="desk",
        tz=TZ,
        interval="1h",
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "mail")),
        contracts=(Contract(name="own", cost_per_hour=10.0, **rules),),
        shifts=shifts,
        prices=Prices(shortage_per_hour=25.0, surplus_per_hour=3.0),
        employees=tuple(
            Employee(id=f"A{n}", contract="own", skills=tuple(map(Skill, some))) for n, some in enumerate(skills)
        ),
    )


def demand(calls: list[float], mail: list[float]) -> pd.DataFrame:
    """Return heads in the three hours from 08:00 on two days."""
    starts = [pd.Timestamp(f"2026-11-0{day} {hour:02d}:00", tz=TZ) for day in (2, 3) for hour in (8, 9, 10)]
    frames = [
        pd.DataFrame({"queue": queue, "start": starts, "agents": heads, "scheduled": heads})
        for queue, heads in (("calls", calls), ("mail", mail))
    ]
    return pd.concat(frames, ignore_index=True)


def least_cost(skills: list[tuple[str, ...]], calls: list[float], mail: list[float], *, plain_h: float) -> float:
    """Return the least cost by looking at every roster and every share of the people between the queues."""
    lines = list(product((None, 0, 1), repeat=2))  # the first interval of the shift on each day
    best = float("inf")
    for chosen in product(lines, repeat=len(skills)):
        wages = sum(
            10.0 * (hours + 0.5 * max(hours - plain_h, 0.0))
            for line in chosen
            for hours in [2.0 * sum(first is not None for first in line)]
        )
        loss = 0.0
        for number in range(6):
            day, place = divmod(number, 3)
            there = [
                some
                for some, line in zip(skills, chosen, strict=True)
                if line[day] is not None and line[day] <= place <= line[day] + 1
            ]
            loss += min(
                sum(
                    25.0 * max(heads - served.count(queue), 0.0) + 3.0 * max(served.count(queue) - heads, 0.0)
                    for queue, heads in (("calls", calls[number]), ("mail", mail[number]))
                )
                for served in product(*there)
            )
        best = min(best, wages + loss)
    return best


BOTH = ("calls", "mail")
SKILLS = st.lists(st.sampled_from([("calls",), ("mail",), BOTH]), min_size=2, max_size=3).filter(
    lambda some: {name for one in some for name in one} == set(BOTH)
)
HEADS = st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=6, max_size=6)


@settings(max_examples=8, deadline=None)
@given(SKILLS, HEADS, HEADS)
def test_a_small_case_costs_the_least_there_is(
    skills: list[tuple[str, ...]], calls: list[float], mail: list[float]
) -> None:
    centre = a_centre(skills, max_week="2h", max_overtime_week="2h")
    need = demand(calls, mail)
    case = build_case(need, centre)
    plan = Plan(case, collapse(case))
    placements = placements_of(plan)
    assert placements is not None
    bound = solve_small(plan, placements, work=5.0, seconds=float("inf"), seed=0, is_over=lambda: False)
    assert plan.cost() == pytest.approx(least_cost(skills, calls, mail, plain_h=2.0), abs=1e-6)
    assert bound == pytest.approx(plan.cost(), rel=1e-6, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(SKILLS, HEADS, HEADS, st.data())
def test_another_agent_or_skill_never_costs_more(
    skills: list[tuple[str, ...]], calls: list[float], mail: list[float], data: st.DataObject
) -> None:
    need = demand(calls, mail)
    plain = solve(need, a_centre(skills), work_limit=1)
    more = [*skills, data.draw(st.sampled_from([("calls",), ("mail",), BOTH]))]
    wiser = [*skills[:-1], BOTH]
    for richer in (more, wiser):
        roster = solve(need, a_centre(richer), work_limit=1)
        assert check(roster, a_centre(richer), need) == []
        assert roster.status == plain.status == Status.OPTIMAL
        assert roster.objective <= plain.objective + 1e-6


def test_breaks_lie_where_they_are_missed_least() -> None:
    pause = Break(name="pause", length="30min", earliest="1h", latest="2h30min")
    shift = ShiftTemplate(name="early", earliest_start="08:00", min_length="4h", breaks=(pause,))
    centre = replace(a_centre([BOTH, BOTH], shifts=(shift,)), interval="30min")
    starts = pd.date_range("2026-11-02 08:00", periods=8, freq="30min", tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": starts, "agents": 1.6, "scheduled": 1.6})
    case = build_case(need, centre)
    plan = Plan(case, collapse(case))
    placements = placements_of(plan)
    assert placements is not None
    assert [len(some) for some in placements] == [4, 4]
    bound = solve_small(plan, placements, work=5.0, seconds=float("inf"), seed=0, is_over=lambda: False)
    # Both work. Two breaks at one time leave nobody there, two at different times one agent in two intervals.
    idle, short = 6 * 0.4 * 1.5, 2 * 0.6 * 12.5
    assert plan.cost() == pytest.approx(2 * 3.5 * 10.0 + idle + short)
    assert bound == pytest.approx(plan.cost(), rel=1e-6, abs=1e-6)


def test_the_search_as_a_whole_stops_when_it_is_told_to() -> None:
    case = build_case(demand([1.0] * 6, [1.0] * 6), a_centre([BOTH] * 3))
    plan = Plan(case, collapse(case))
    before = plan.cost()
    placements = placements_of(plan)
    assert placements is not None
    bound = solve_small(plan, placements, work=5.0, seconds=float("inf"), seed=0, is_over=lambda: True)
    assert bound <= plan.cost() <= before


def test_what_is_not_small_is_left_to_the_other_searches() -> None:
    case = build_case(demand([1.0] * 6, [1.0] * 6), a_centre([BOTH] * 31))
    assert placements_of(Plan(case, collapse(case))) is None
    weak = a_centre([BOTH])
    slow = replace(weak.employees[0], skills=(Skill("calls"), Skill("mail", proficiency=0.5)))
    case = build_case(demand([1.0] * 6, [1.0] * 6), replace(weak, employees=(slow,)))
    assert placements_of(Plan(case, collapse(case))) is None
