"""One person's best line against every line there is, judged by rules written anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster.kernels.line import best_line
from wfm.roster.line import best as line_module
from wfm.roster.line.best import LinePlanner
from wfm.roster.problem import Case, build_case

CONTRACTS = {
    "plain": {},
    "rest": {"min_rest": "16h"},
    "long rest": {"min_rest": "30h"},
    "week": {"min_week": "12h", "max_week": "16h", "max_days_per_week": 3},
    "overtime": {"max_week": "8h", "max_overtime_week": "8h", "overtime_factor": 2.0},
    "row": {"max_days_in_a_row": 2},
    "weekends": {"max_weekends": 1, "max_days_in_a_row": 3},
    "period": {"min_period": "16h", "max_period": "24h", "max_days_per_week": 2},
}
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="06:00", min_length="8h"),
    ShiftTemplate(name="late", earliest_start="16:00", min_length="4h"),
)


def case_of(contract: Contract, first: str, days: int) -> Case:
    centre = Centre(
        name="desk",
        tz="UTC",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(contract,),
        shifts=SHIFTS,
        employees=(Employee(id="A1", contract="c", skills=(Skill("calls"),)),),
    )
    starts = pd.date_range(first, periods=48 * days, freq="30min", tz="UTC")
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 1.0, "agents": 1, "scheduled": 1})
    return build_case(need, centre)


def is_legal(case: Case, line: list[int], contract: Contract) -> bool:
    shifts = case.shifts
    days = [int(shifts.day[c]) for c in line]
    for one, two in pairwise(line):
        if shifts.start_s[two] - shifts.end_s[one] < contract.min_rest_s:
            return False
    run = 0
    for day in range(len(case.horizon.dates)):
        run = run + 1 if day in days else 0
        if run > contract.max_days_in_a_row:
            return False
    for position, week in enumerate(case.weeks):
        paid = sum(int(shifts.paid_s[c]) for c in line if shifts.day[c] in week.days)
        if paid > contract.max_week_s + contract.max_overtime_week_s or paid < case.people[0].low_s[position]:
            return False
        if sum(day in week.days for day in days) > contract.max_days_per_week:
            return False
    weekends = {case.week_of_day[d] for d in days if case.horizon.dates[d].weekday() >= 5}
    if contract.max_weekends is not None and len(weekends) > contract.max_weekends:
        return False
    total = sum(int(shifts.paid_s[c]) for c in line)
    return contract.min_period_s <= total <= (contract.max_period_s or np.inf)


def overtime(case: Case, line: list[int], contract: Contract) -> float:
    hours = 0.0
    for week in case.weeks:
        paid = sum(int(case.shifts.paid_s[c]) for c in line if case.shifts.day[c] in week.days)
        hours += max(0.0, paid - contract.max_week_s) / 3600
    return hours * contract.cost_per_hour * (contract.overtime_factor - 1)


@pytest.mark.parametrize("name", CONTRACTS)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), first=st.sampled_from(["2026-11-02", "2026-11-05", "2026-11-08"]))
def test_best_line_is_the_best_of_all(name: str, seed: int, first: str) -> None:
    contract = Contract(name="c", **CONTRACTS[name])  # type: ignore[arg-type]
    case = case_of(contract, first, 7)
    person = case.people[0]
    random = np.random.default_rng(seed)
    reward = random.integers(-3, 9, len(case.shifts)).astype(float)
    off = random.integers(-1, 2, 7).astype(float)
    line = LinePlanner(case, contract, [person]).best(reward, off, person)
    by_day = [[None, *np.flatnonzero(case.shifts.day == day).tolist()] for day in range(7)]
    best = -np.inf
    for choice in product(*by_day):
        some = [c for c in choice if c is not None]
        if is_legal(case, some, contract):
            value = sum(reward[c] for c in some) + sum(off[d] for d in range(7) if choice[d] is None)
            best = max(best, value - overtime(case, some, contract))
    if line is None:
        assert best == -np.inf
        return
    chosen = list(line.shifts)
    assert is_legal(case, chosen, contract)
    assert line.reward == pytest.approx(best)
    free = set(range(7)) - {int(case.shifts.day[c]) for c in chosen}
    value = sum(reward[c] for c in chosen) + sum(off[d] for d in free) - overtime(case, chosen, contract)
    assert value == pytest.approx(best)


@pytest.mark.parametrize("name", [*CONTRACTS, "runs"])
def test_same_to_the_bit_compiled_or_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = {"min_days_in_a_row": 2, "min_days_off_in_a_row": 2, "max_shifts": {"late": 2}, "max_weekends": 1}
    contract = Contract(name="c", **CONTRACTS.get(name, runs))  # type: ignore[arg-type]
    case = case_of(contract, "2026-11-05", 11)
    person = case.people[0]
    planner = LinePlanner(case, contract, [person])
    random = np.random.default_rng(3)
    rewards = [(random.normal(1.0, 3.0, len(case.shifts)), random.normal(size=11)) for _ in range(20)]
    fast = [planner.best(reward, off, person) for reward, off in rewards]
    monkeypatch.setattr(line_module, "line_function", lambda: best_line)
    assert [planner.best(reward, off, person) for reward, off in rewards] == fast
    assert any(line is not None for line in fast)


def test_a_template_that_a_person_may_never_work_is_not_worked() -> None:
    contract = Contract(name="c", max_shifts={"late": 0})
    case = case_of(contract, "2026-11-02", 7)
    person = case.people[0]
    planner = LinePlanner(case, contract, [person])
    late = case.shifts.template == 1
    line = planner.best(np.where(late, 9.0, 1.0), np.zeros(7), person)
    assert line is not None
    assert line.shifts
    assert not late[list(line.shifts)].any()


def test_no_line_where_the_minimum_cannot_be_met() -> None:
    contract = Contract(name="c", min_period="40h", max_days_per_week=2)
    case = case_of(contract, "2026-11-02", 7)
    person = case.people[0]
    planner = LinePlanner(case, contract, [person])
    assert planner.best(np.where(person.allowed, 0.0, -np.inf), np.zeros(7), person) is None


def test_ends_of_work_after_which_the_same_stretches_are_long_enough_are_one_state(
    make_centre: Callable[..., Centre],
) -> None:
    """Work ends on 17 quarter-hours of a Monday; 35 hours later lie only a midnight and the starts of Wednesday."""
    short = ShiftTemplate(name="short", earliest_start="07:00", step="15min", min_length="4h", max_length="8h")
    contract = Contract(name="full", min_free_week="35h")
    centre = make_centre([("calls",)], shifts=(short,), contract=contract)
    start = pd.date_range("2026-11-02 00:00", periods=7 * 48, freq="30min", tz="Europe/Berlin")
    case = build_case(pd.DataFrame({"queue": "calls", "start": start, "agents": 1.0, "scheduled": 1.0}), centre)
    planner = LinePlanner(case, contract, list(case.people))
    assert len(planner.automaton.states[1]) <= 3
