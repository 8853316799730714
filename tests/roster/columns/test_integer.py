"""Programmes in whole numbers: prices that are no whole numbers, limits, and what is proved."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.roster.columns.integer import IntegerModel


@given(
    prices=st.lists(st.floats(0.01, 5.0), min_size=3, max_size=3),
    need=st.lists(st.integers(0, 4), min_size=3, max_size=3),
)
@settings(max_examples=20, deadline=None)
def test_the_optimum_is_that_of_all_choices(prices: list[float], need: list[int]) -> None:
    model = IntegerModel()
    columns = [model.column(4, price=price) for price in prices]
    for row, low in enumerate(need):
        model.row([columns[row], columns[(row + 1) % 3]], [1, 1], low=low, high=8)
    found = model.solve(seed=0, work_limit=5.0, time_limit=None)
    best = min(
        float(np.dot(prices, chosen))
        for chosen in product(range(5), repeat=3)
        if all(chosen[row] + chosen[(row + 1) % 3] >= low for row, low in enumerate(need))
    )
    assert found.numbers is not None
    assert found.bound is not None
    assert found.proven
    assert model.price(found.numbers) == pytest.approx(best, abs=1e-4)
    assert found.bound <= best + 1e-9
    assert found.bound == pytest.approx(best, abs=1e-4)


def test_what_no_numbers_meet_is_proved() -> None:
    model = IntegerModel()
    column = model.column(1)
    model.row([column], [1], low=2, high=3)
    found = model.solve(seed=0, work_limit=1.0, time_limit=None)
    assert (found.numbers, found.proven) == (None, True)


def _hard() -> IntegerModel:
    """Return a market-split programme, which is out of reach for any solver in a moment."""
    rng = np.random.default_rng(5)
    model = IntegerModel()
    columns = [model.column(1) for _ in range(40)]
    for _ in range(5):
        weights = rng.integers(1, 100, 40)
        over, under = model.column(10_000, price=1.0), model.column(10_000, price=1.0)
        half = int(weights.sum()) // 2
        model.row([*columns, under, over], [*weights.tolist(), 1, -1], low=half, high=half)
    return model


def test_a_work_limit_gives_the_same_answer_again() -> None:
    one, two = (_hard().solve(seed=3, work_limit=0.2, time_limit=None) for _ in range(2))
    assert not one.proven
    assert one.numbers is not None
    assert two.numbers is not None
    assert one.numbers.tolist() == two.numbers.tolist()
    assert one.bound == two.bound
    assert one.bound is not None
    assert one.bound <= _hard().price(one.numbers)


@pytest.mark.parametrize("work_limit", [None, 100.0])
def test_a_time_limit_ends_the_search_with_what_was_found(work_limit: float | None) -> None:
    found = _hard().solve(seed=0, work_limit=work_limit, time_limit=timedelta(seconds=2))
    assert found.numbers is not None
    assert not found.proven
