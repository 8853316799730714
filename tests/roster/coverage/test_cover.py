"""The price of coverage by sets of queues against a linear programme of who serves what."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.domain import Prices
from wfm.roster.coverage.cover import Cover, queue_sets
from wfm.roster.tiers import Tiers, tiers_of

GROUPS = [(True, False, False), (True, True, False), (False, True, True), (True, True, True)]


PEOPLE = 30


def case_of(demand: list[float], prices: Prices | None = None, **columns: list[float]) -> SimpleNamespace:
    """Return what `Cover` reads of a case of one interval of an hour."""
    frame = pd.DataFrame({"scheduled": demand, **columns})
    given = prices or Prices(shortage_per_hour=1.0)
    return SimpleNamespace(
        queues=("a", "b", "c"),
        demand=np.array([demand]),
        is_open=np.ones((1, 3), dtype=bool),
        shortage_price=given.shortage_per_hour,
        surplus_price=given.surplus_per_hour,
        interval_h=1.0,
        people=[SimpleNamespace(speeds=(1.0, 1.0, 1.0))] * PEOPLE,
        centre=SimpleNamespace(prices=given),
        requirement=frame,
        row_interval=np.zeros(3, dtype=np.int64),
        row_queue=np.arange(3),
        bought=None,
    )


def cover_of(demand: list[float], prices: Prices | None = None, **columns: list[float]) -> Cover:
    return Cover(case_of(demand, prices, **columns), GROUPS)  # type: ignore[arg-type]


def least_cost(tiers: Tiers, heads: list[int]) -> float:
    """Return the least price of missing and idle agents over every way to share the people of each group."""
    count = len(tiers.size)
    pairs = [(g, q) for g in range(len(GROUPS)) for q in range(3) if GROUPS[g][q]]
    filled = [(i, q) for i in range(count) for q in range(3)]
    cost = [0.0] * len(pairs) + [-float(tiers.worth[i, 0, q]) for i, q in filled]
    balance = np.zeros((3 + len(GROUPS), len(cost)))
    for place, (g, q) in enumerate(pairs):
        balance[q, place] = 1.0
        balance[3 + g, place] = 1.0
    for place, (_, q) in enumerate(filled):
        balance[q, len(pairs) + place] = -1.0
    bounds = [(0, None)] * len(pairs) + [(0, float(tiers.size[i, 0, q])) for i, q in filled]
    found = linprog(cost, A_eq=balance, b_eq=[0.0, 0.0, 0.0, *map(float, heads)], bounds=bounds)
    return float(found.fun + (tiers.size * tiers.worth)[: tiers.above].sum())


numbers = st.lists(st.integers(0, 8), min_size=3, max_size=3)
staff = st.lists(st.integers(0, 5), min_size=4, max_size=4)
three_prices = st.lists(st.integers(1, 9).map(float), min_size=3, max_size=3)
PRICES = {
    "one price": Prices(shortage_per_hour=1.0),
    "surplus": Prices(shortage_per_hour=2.0, surplus_per_hour=0.5),
    "steps": Prices(
        shortage_per_hour=2.0,
        surplus_per_hour=0.5,
        shortage_steps=((0.25, 2.0), (0.5, 5.0)),
        surplus_steps=((0.5, 3.0),),
        floor_factor=20.0,
    ),
}


@pytest.mark.parametrize("prices", list(PRICES))
@settings(max_examples=40, deadline=None)
@given(demand=numbers, heads=staff)
def test_cost_is_that_of_the_best_sharing(prices: str, demand: list[int], heads: list[int]) -> None:
    case = case_of([float(d) for d in demand], PRICES[prices])
    _check_least(case, heads)


@settings(max_examples=60, deadline=None)
@given(demand=numbers, heads=staff, dear=three_prices, idle=three_prices, share=st.sampled_from([0.0, 0.3, 1.0]))
def test_cost_is_that_of_the_best_sharing_with_a_price_for_each_queue(
    demand: list[int], heads: list[int], dear: list[float], idle: list[float], share: float
) -> None:
    wanted = [float(d) for d in demand]
    columns = {"shortage_price": dear, "surplus_price": idle, "floor": [share * d for d in wanted]}
    _check_least(case_of(wanted, PRICES["steps"], **columns), heads)


def _check_least(case: SimpleNamespace, heads: list[int]) -> None:
    cover = Cover(case, GROUPS)  # type: ignore[arg-type]
    for group, count in zip(GROUPS, heads, strict=True):
        cover.add(group, np.array([float(count)]))
    assert cover.cost() == pytest.approx(least_cost(tiers_of(case), heads), abs=1e-7)  # type: ignore[arg-type]


def test_tiers_price_a_floor_steps_and_surplus() -> None:
    tiers = tiers_of(case_of([10.0, 0.0, 4.0], PRICES["steps"], floor=[2.0, 0.0, 4.0]))  # type: ignore[arg-type]
    # Ten wanted, at least two: five missing cost 2.5 at 2 and 2.5 at 4; none there cost the floor of two at 40 beside.
    short = tiers.shortage_cost(np.array([[5.0, 0.0, 3.0]]))
    assert short[0].tolist() == pytest.approx([2.5 * 2 + 2.5 * 4, 0.0, 40.0])
    assert tiers.shortage_cost(np.zeros((1, 3)))[0, 0] == pytest.approx(2.5 * 2 + 2.5 * 4 + 3 * 10 + 2 * 40)
    # Up to half above the demand costs 0.5, what is above that 1.5.
    surplus = tiers.surplus_cost(np.array([[17.0, 1.0, 4.0]]))
    assert surplus[0].tolist() == pytest.approx([5 * 0.5 + 2 * 1.5, 1.5, 0.0])


def test_taking_away_restores() -> None:
    cover = cover_of([3.0, 2.0, 1.0], PRICES["surplus"])
    before = cover.cost()
    cover.add(GROUPS[3], np.array([0.5]))
    assert cover.cost() < before
    cover.add(GROUPS[3], np.array([0.5]), -1)
    assert cover.cost() == pytest.approx(before)


def test_surplus_costs() -> None:
    cover = cover_of([1.0, 0.0, 0.0], PRICES["surplus"])
    cover.add(GROUPS[0], np.array([3.0]))
    assert cover.cost() == pytest.approx(2 * 0.5)


def test_queue_sets_of_many_queues_hold_the_skill_sets() -> None:
    group = (True, True, True, *([False] * 9))
    sets = queue_sets(12, [group, (False, False, False, *([True] * 9))])
    assert any((row == np.array(group)).all() for row in sets)
    assert sets.any(axis=1).all()
    assert len(sets) < 2**12
