"""Fairness and pairs: the search's running cost against the plain one, and what they bring about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm.domain import Centre, Contract, Employee, Fairness, Pair, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.errors import DataError
from wfm.roster import check, solve
from wfm.roster.kernels.together import together_delta, together_enter, together_keep
from wfm.roster.problem import Case, build_case
from wfm.roster.search.together import fairness_frame, together_cost, together_of, together_terms

Need = Callable[..., pd.DataFrame]
MONDAY = date(2026, 11, 2)
FAIR = Fairness(nights=3.0, weekends=2.0, unpopular=1.0, hours=0.25, unpopular_starts=(("22:00", "06:30"),))


def centre_of(people: int = 4, **changes: Any) -> Centre:
    contracts = (Contract(name="a", max_week="48h", cost_per_hour=1.0, min_rest="8h"), Contract(name="b"))
    return Centre(
        name="desk",
        tz="Europe/Berlin",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=contracts,
        shifts=(
            ShiftTemplate(name="day", earliest_start="06:00", latest_start="10:00", step="2h", min_length="8h"),
            ShiftTemplate(name="night", earliest_start="22:00", min_length="8h"),
        ),
        employees=tuple(
            Employee(id=f"A{n}", contract="b" if n == 3 else "a", skills=(Skill("calls"),)) for n in range(people)
        ),
        **changes,
    )


def burdens(**columns: list[float]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    zeros = dict.fromkeys(("nights", "weekends", "unpopular", "hours"), [0.0] * count)
    return pd.DataFrame({"employee": [f"A{n}" for n in range(count)], **zeros, **columns})


def shifts_of(case: Case, line: np.ndarray[Any, Any]) -> pd.DataFrame:
    rows = [
        {
            "employee": case.people[a].employee.id,
            "shift_start": pd.Timestamp(case.shifts.start_s[c], unit="s", tz="UTC").tz_convert("Europe/Berlin"),
            "shift_end": pd.Timestamp(case.shifts.end_s[c], unit="s", tz="UTC").tz_convert("Europe/Berlin"),
            "template": case.shifts.templates[case.shifts.template[c]].name,
            "paid_h": case.shifts.paid_s[c] / 3600,
        }
        for a in range(len(line))
        for c in line[a]
        if c >= 0
    ]
    frame = pd.DataFrame(rows, columns=["employee", "shift_start", "shift_end", "template", "paid_h"])
    stamp = "datetime64[ns, Europe/Berlin]"
    return frame.astype({"employee": "str", "shift_start": stamp, "shift_end": stamp, "paid_h": float})


def plain_cost(centre: Centre, shifts: pd.DataFrame, before: pd.DataFrame) -> tuple[float, float]:
    """Return fairness and pairs by their definitions, with loops over people and shifts."""
    borne = {row.employee: [row.nights, row.weekends, row.unpopular, row.hours] for row in before.itertuples()}
    for who in borne:
        mine = shifts[shifts["employee"] == who]
        starts = mine["shift_start"].tolist()
        borne[who][0] += sum(start.hour == 22 for start in starts)
        borne[who][1] += len({start.isocalendar()[:2] for start in starts if start.weekday() >= 5})
        borne[who][2] += sum(start.hour in (22, 6) for start in starts)
        borne[who][3] += mine["paid_h"].sum()
    fairness = 0.0
    for contract in ("a", "b"):
        alike = np.array([borne[e.id] for e in centre.employees if e.contract == contract])
        for place, price in enumerate((3.0, 2.0, 1.0, 0.25)):
            fairness += price * float(((alike[:, place] - alike[:, place].mean()) ** 2).sum())
    pairs = 0.0
    for pair in centre.pairs:
        one, other = (shifts[shifts["employee"] == who] for who in (pair.first, pair.second))
        shared = sum(
            max((min(a.shift_end, b.shift_end) - max(a.shift_start, b.shift_start)).total_seconds(), 0) / 3600
            for a in one.itertuples()
            for b in other.itertuples()
        )
        length = sum((s["shift_end"] - s["shift_start"]).dt.total_seconds().sum() / 3600 for s in (one, other))
        pairs += pair.price * (length - 2 * shared if pair.together else shared)
    return fairness, pairs


PAIRS = (Pair(first="A0", second="A1", price=2.0), Pair(first="A2", second="A0", together=False, price=1.5))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_running_cost_is_the_plain_cost(seed: int) -> None:
    rng = np.random.default_rng(seed)
    centre = centre_of(fairness=FAIR, pairs=PAIRS)
    before = burdens(nights=rng.integers(0, 4, 4).tolist(), hours=rng.integers(0, 80, 4).tolist())
    horizon = wfm.Horizon(MONDAY, weeks=1, interval="30min", tz="Europe/Berlin")
    starts = horizon.starts[:2]
    need = pd.DataFrame({"queue": "calls", "start": starts, "agents": 1.0, "scheduled": 1.0})
    case = build_case(need, centre, horizon, None, before)
    together = together_of(case)

    def some(day: int) -> int:
        return int(rng.choice([-1, *np.flatnonzero(case.shifts.day == day).tolist()]))

    line = np.array([[some(day) for day in range(7)] for _ in range(4)], dtype=np.int64)
    together_enter(together, line)
    cost = sum(together_cost(together, line))
    for _ in range(10):
        who = rng.choice(4, 2, replace=False).astype(np.int64)
        if rng.random() < 0.4:
            who[1] = -1
        lines = np.array([[some(day) for day in range(7)] for _ in range(2)], dtype=np.int64)
        delta = together_delta(together, who, lines, line)
        if rng.random() < 0.3:
            continue  # a change that is not kept leaves no trace
        together_keep(together, who)
        for place, person in enumerate(who):
            if person >= 0:
                line[person] = lines[place]
        cost += delta
    assert cost == pytest.approx(sum(together_cost(together, line)))
    shifts = shifts_of(case, line)
    expected = plain_cost(centre, shifts, before)
    assert together_cost(together, line) == pytest.approx(expected)
    assert tuple(together_terms(case, shifts).values()) == pytest.approx(expected)


@pytest.fixture
def week() -> pd.DataFrame:
    """A night and a day shift of one head each, on every day of a week."""
    starts = wfm.Horizon(MONDAY, weeks=1, interval="30min", tz="Europe/Berlin").starts
    heads = ((starts.hour >= 22) | (starts.hour < 14)).astype(float)
    frame = pd.DataFrame({"queue": "calls", "start": starts, "agents": heads, "scheduled": heads})
    return frame.iloc[12:]


def test_with_fairness_the_spread_falls(week: pd.DataFrame) -> None:
    centre = centre_of(3)
    before = burdens(nights=[6.0, 0.0, 0.0])
    found = {}
    for name, fairness in (("without", None), ("with", Fairness(nights=50.0, weekends=50.0))):
        asked = replace(centre, fairness=fairness)
        roster = solve(week, asked, history=before, work_limit=15)
        assert not check(roster, asked, week)
        spread = roster.spread().set_index(["contract", "burden"])["range"]
        found[name] = spread["a", "nights"] + spread["a", "weekends"]
        assert roster.cost["fairness"] == (0 if fairness is None else pytest.approx(_fairness(roster.fairness, 50.0)))
    assert found["with"] < found["without"]


def _fairness(table: pd.DataFrame, price: float) -> float:
    return price * sum(float(((table[name] - table[name].mean()) ** 2).sum()) for name in ("nights", "weekends"))


def test_people_who_should_be_apart_are_and_those_together_meet(need: Need) -> None:
    frame = need("2026-11-02 06:00", 24, calls=1)
    shared = {}
    for together in (True, False):
        pair = Pair(first="A0", second="A1", together=together, price=30.0)
        must = Contract(name="a", cost_per_hour=1.0, min_period="8h")
        centre = replace(centre_of(2, pairs=(pair,)), contracts=(must,))
        roster = solve(frame, centre, work_limit=5)
        starts = roster.shifts["shift_start"].tolist()
        assert len(starts) == 2
        shared[together] = 8 - abs((starts[0] - starts[1]).total_seconds()) / 3600
        assert roster.cost["pairs"] == pytest.approx(
            30.0 * (16 - 2 * shared[together] if together else shared[together])
        )
    assert shared[True] == 8
    assert shared[False] < 8


def test_the_table_counts_what_was_before(week: pd.DataFrame) -> None:
    centre = centre_of(fairness=FAIR)
    case = build_case(week, centre, history=burdens(nights=[1.0, 2.0, 3.0, 4.0]))
    table = fairness_frame(case, shifts_of(case, np.zeros((0, 7), dtype=np.int64)))
    assert table["nights"].tolist() == [1, 2, 3, 4]
    assert table["contract"].tolist() == ["a", "a", "a", "b"]


def test_a_history_with_gaps_is_refused(week: pd.DataFrame) -> None:
    centre = centre_of()
    with pytest.raises(DataError, match="employee 'A3' has no row; give a row, for a newcomer with the mean"):
        solve(week, centre, history=burdens(nights=[0.0, 0.0, 0.0]))
    with pytest.raises(DataError, match="unknown employee 'B9'"):
        solve(week, centre, history=burdens(nights=[0.0] * 4).replace({"A3": "B9"}))
