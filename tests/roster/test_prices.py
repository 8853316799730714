"""Prices of coverage through `solve`: floors, steps, prices by queue, and heads wanted by shift."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Employee, Prices, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster import solve
from wfm.roster.bound.classes import collapse
from wfm.roster.problem import build_case
from wfm.roster.search.lines import Plan
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
DAY = pd.Timestamp("2026-11-02").date()


def centre(people: int, **prices: object) -> Centre:
    """Return a centre of two queues in which everybody serves both, from 8 to 16 for 80 a day."""
    return Centre(
        name="desk",
        tz=TZ,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "chat")),
        contracts=(Contract(name="full", cost_per_hour=10.0),),
        shifts=(ShiftTemplate(name="day", earliest_start="08:00", min_length="8h"),),
        employees=tuple(
            Employee(id=f"A{n}", contract="full", skills=(Skill("calls"), Skill("chat"))) for n in range(people)
        ),
        prices=Prices(**prices),  # type: ignore[arg-type]
    )


def need(calls: float, chat: float, **columns: tuple[float, float]) -> pd.DataFrame:
    """Return a day's requirement; a column is given as its values for calls and chat."""
    start = pd.date_range(f"{DAY} 08:00", periods=16, freq="30min", tz=TZ)
    rows = [
        pd.DataFrame({"queue": queue, "start": start, "load_erl": 1.0, "agents": heads, "scheduled": heads}).assign(
            **{name: pair[number] for name, pair in columns.items()}
        )
        for number, (queue, heads) in enumerate((("calls", calls), ("chat", chat)))
    ]
    return pd.concat(rows, ignore_index=True)


def short(roster: object, queue: str) -> float:
    coverage = roster.coverage  # type: ignore[attr-defined]
    return float(coverage.loc[coverage["queue"] == queue, "under"].sum()) / 16


def test_the_dearer_queue_is_covered_first() -> None:
    roster = solve(need(2, 2, shortage_price=(20.0, 50.0)), centre(3))
    assert (short(roster, "calls"), short(roster, "chat")) == pytest.approx((1.0, 0.0))
    assert roster.objective == pytest.approx(3 * 80 + 8 * 20)
    assert roster.bound == pytest.approx(roster.objective)


def test_a_floor_stands_before_a_dearer_queue() -> None:
    roster = solve(need(2, 2, shortage_price=(20.0, 50.0), floor=(1, 0)), centre(2, floor_factor=10.0))
    assert (short(roster, "calls"), short(roster, "chat")) == pytest.approx((1.0, 1.0))
    assert roster.cost["shortage"] == pytest.approx(8 * (20 + 50))


def test_steps_spread_the_shortage() -> None:
    prices = {"shortage_per_hour": 20.0, "shortage_steps": ((0.5, 3.0),)}
    roster = solve(need(4, 4), centre(4, **prices))
    # The first half missing of each queue costs 20 an hour, the second half 60.
    assert (short(roster, "calls"), short(roster, "chat")) == pytest.approx((2.0, 2.0))
    assert roster.cost["shortage"] == pytest.approx(8 * 4 * 20)
    assert roster.bound == pytest.approx(roster.objective)


def test_idle_people_stand_where_it_costs_least() -> None:
    asked = need(0, 0, surplus_price=(5.0, 1.0))
    idle = centre(2)
    contracts = (Contract(name="full", cost_per_hour=10.0, min_week="8h"),)
    idle = Centre(
        **{name: getattr(idle, name) for name in ("name", "tz", "queues", "shifts", "employees")}, contracts=contracts
    )
    horizon = Horizon("2026-11-02", weeks=1, tz=TZ)
    week = pd.concat(asked.assign(start=asked["start"] + pd.Timedelta(days=n)) for n in range(7))
    roster = solve(week, idle, horizon=horizon)
    assert roster.cost["surplus"] == pytest.approx(2 * 8 * 1.0)
    assert roster.bound == pytest.approx(roster.objective)


def test_plan_and_frames_price_alike() -> None:
    prices = {"shortage_per_hour": 20.0, "shortage_steps": ((0.3, 2.0),), "surplus_per_hour": 2.0}
    asked = need(3, 5, floor=(1, 2), shortage_price=(20.0, 30.0), surplus_price=(1.0, 4.0))
    place = centre(4, **prices)
    roster = solve(asked, place)
    case = build_case(asked, place)
    plan = Plan(case, collapse(case))
    priced = plan.cost()
    # The first plan is empty: all is missing.
    assert priced == pytest.approx(8 * (20 * (0.9 + 2 * 1.1) + 100 * 20 + 30 * (1.5 + 2 * 1.5) + 2 * 100 * 30))
    # One stands on the floor of calls, two on that of chat, the fourth where chat is dearest.
    assert roster.objective == pytest.approx(4 * 80 + 8 * (0.9 * 20 + 1.1 * 40 + 1.5 * 30 + 0.5 * 60))
    assert roster.bound == pytest.approx(roster.objective)


def test_heads_wanted_by_shift() -> None:
    days = [DAY, DAY + pd.Timedelta(days=1)]
    wanted = pd.DataFrame(
        {"template": "day", "day": days, "heads": [2, 1], "shortage_price": 500.0, "surplus_price": 1.0}
    )
    roster = solve(None, centre(3), wanted=wanted, horizon=Horizon(DAY, days=2, tz=TZ))
    assert roster.shifts.groupby(roster.shifts["shift_start"].dt.date).size().tolist() == [2, 1]
    assert roster.objective == pytest.approx(3 * 80)
    assert roster.bound == pytest.approx(roster.objective)
