"""Tours: the published post office, the tours of contracts, and an exhaustive oracle."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.domain import Contract, ShiftTemplate
from wfm.errors import DataError
from wfm.roster import Status, Tour, design_shifts, plan_tours, tours_of

POST = Contract(name="post", min_week="40h", min_days_off_in_a_row=2)


def week(*heads: int, price: float = 100.0, template: str = "desk", start: str = "2026-11-02") -> pd.DataFrame:
    days = pd.date_range(start, periods=len(heads)).date
    return pd.DataFrame({"template": template, "day": days, "heads": heads, "shortage_price": price})


def test_the_post_office() -> None:
    """Winston, "Operations Research", example 7 of section 3.5: 23 people, 22 1/3 in parts."""
    plan = plan_tours(week(17, 13, 15, 19, 14, 16, 11), [POST])
    assert (plan.people, plan.objective, plan.status) == (23, 23.0, Status.OPTIMAL)
    assert plan.relaxation == pytest.approx(67 / 3)
    assert not plan.coverage["under"].any()
    assert set(plan.tours["days"]) == {5}


def test_tours_keep_the_contract() -> None:
    assert len(tours_of(POST)) == 7
    assert {tour.name for tour in tours_of(POST)} >= {"Mon-Fri", "Sat-Wed"}
    part = Contract(name="part", kind="part", max_week="16h", min_week="16h", whole_weekends=True)
    weekends = [tour for tour in tours_of(part) if 5 in tour.days]
    assert weekends == [Tour("part", (5, 6))]
    assert all(max(tour.days) < 5 or tour.days == (5, 6) for tour in tours_of(part))
    assert Tour("x", (0, 2, 3)).name == "Mon+Wed-Thu"
    six = Contract(name="six", max_days_per_week=6, max_week="48h", min_week="48h", max_days_in_a_row=5)
    assert tours_of(six) == ()
    assert len(tours_of(six, paid_per_day="9h36min")) == 21  # five days of them, off on any two


def test_no_other_people_are_cheaper() -> None:
    rng = np.random.default_rng(1)
    contract = Contract(name="c", min_week="48h", max_week="48h", max_days_per_week=6)
    tours = tours_of(contract)
    for _ in range(4):
        heads = rng.integers(0, 4, 7).tolist()
        plan = plan_tours(week(*heads, price=0.7).assign(surplus_price=0.05), [contract])
        least = min(
            sum(people)
            + sum(
                0.7 * max(need - there, 0) + 0.05 * max(there - need, 0)
                for day, need in enumerate(heads)
                for there in [sum(n for n, tour in zip(people, tours, strict=True) if day in tour.days)]
            )
            for people in product(range(3), repeat=len(tours))
        )
        assert plan.objective == pytest.approx(least)


def test_each_template_has_its_own_people_and_contracts() -> None:
    both = pd.concat([week(1, 1, 1, 1, 1, 0, 0, template="a"), week(0, 0, 0, 0, 0, 1, 1, template="b")])
    part = Contract(name="part", kind="part", max_week="16h", min_week="16h", templates=("b",))
    plan = plan_tours(both, [POST, part], per_person={"post": 5.0, "part": 2.0})
    found = plan.tours[["contract", "template", "tour", "people"]].to_numpy().tolist()
    assert found == [["post", "a", "Mon-Fri", 1], ["part", "b", "Sat-Sun", 1]]
    assert plan.cost == {"people": 7.0, "shortage": 0.0, "surplus": 0.0}


def test_a_design_becomes_people() -> None:
    horizon = wfm.Horizon("2026-11-02", weeks=1, interval="1h", tz="UTC", cyclic=True)
    open_at = (horizon.starts.hour >= 9) & (horizon.starts.hour < 17) & (horizon.starts.day_of_week < 5)
    heads = 4.0 * open_at
    need = pd.DataFrame({"queue": "all", "start": horizon.starts, "agents": heads, "scheduled": heads})
    design = design_shifts(need, [ShiftTemplate(name="day", earliest_start="09:00", min_length="8h")], horizon)
    plan = plan_tours(design.wanted(shortage_price=10.0), [POST])
    assert (plan.people, plan.tours["tour"].tolist()) == (4, ["Mon-Fri"])
    assert str(plan).splitlines() == [
        "Tours",
        "├─ status  optimal",
        "├─ cost    4.00 (people 4.00)",
        "├─ bound   4.00",
        "├─ people  4 on 1 tours",
        "└─ cover   20 shifts wanted, 0 short, 0 over",
    ]
    assert "<caption>Tours</caption>" in plan._repr_html_()
    assert plan.gap == 0


@pytest.mark.parametrize(
    ("wanted", "contracts", "message"),
    [
        (week(1), [], "no contracts; give at least one"),
        (week(*[1] * 8), [POST], "from 2026-11-02 to 2026-11-09, more than a week; give one typical week"),
        (week(1).iloc[:0], [POST], "no heads are wanted"),
        (week(1).assign(heads=1.5), [POST], "1.5 heads are wanted"),
        (week(1), [Contract(name="odd", min_week="39h", max_week="39h")], "no contract has a tour: 'odd' 39 to 39 h"),
    ],
)
def test_bad_input_says_what_to_do(wanted: pd.DataFrame, contracts: list[Contract], message: str) -> None:
    with pytest.raises(DataError, match=message):
        plan_tours(wanted, contracts)


def test_an_unknown_contract_has_no_price() -> None:
    with pytest.raises(DataError, match="per_person: unknown contract 'pots'; did you mean 'post'"):
        plan_tours(week(1), [POST], per_person={"pots": 1.0})
