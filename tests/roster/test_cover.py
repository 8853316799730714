"""The shortage by sets of queues against a linear programme of who serves what."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.roster.cover import Cover, queue_sets

GROUPS = [(True, False, False), (True, True, False), (False, True, True), (True, True, True)]


def least_shortage(demand: list[float], heads: list[float]) -> float:
    """Return the least shortage over every way to share the people of each group among their queues."""
    pairs = [(g, q) for g in range(len(GROUPS)) for q in range(3) if GROUPS[g][q]]
    cost = [0.0] * len(pairs) + [1.0] * 3
    upper = np.zeros((len(GROUPS) + 3, len(cost)))
    for place, (g, q) in enumerate(pairs):
        upper[g, place] = 1.0
        upper[len(GROUPS) + q, place] = -1.0
    for q in range(3):
        upper[len(GROUPS) + q, len(pairs) + q] = -1.0
    return float(linprog(cost, A_ub=upper, b_ub=[*heads, *(-d for d in demand)]).fun)


def cover_of(demand: list[float], surplus: float = 0.0) -> Cover:
    case = SimpleNamespace(
        queues=("a", "b", "c"),
        demand=np.array([demand]),
        is_open=np.ones((1, 3), dtype=bool),
        shortage_price=1.0,
        surplus_price=surplus,
        interval_h=1.0,
    )
    return Cover(case, GROUPS)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    demand=st.lists(st.integers(0, 8), min_size=3, max_size=3),
    heads=st.lists(st.integers(0, 5), min_size=4, max_size=4),
)
def test_shortage_is_that_of_the_best_sharing(demand: list[int], heads: list[int]) -> None:
    cover = cover_of([float(d) for d in demand])
    for group, count in zip(GROUPS, heads, strict=True):
        cover.add(group, np.array([float(count)]))
    best = least_shortage([float(d) for d in demand], [float(h) for h in heads])
    assert cover.cost() == pytest.approx(best)


def test_taking_away_restores() -> None:
    cover = cover_of([3.0, 2.0, 1.0], surplus=0.5)
    before = cover.cost()
    cover.add(GROUPS[3], np.array([0.5]))
    assert cover.cost() < before
    cover.add(GROUPS[3], np.array([0.5]), -1)
    assert cover.cost() == pytest.approx(before)


def test_surplus_costs() -> None:
    cover = cover_of([1.0, 0.0, 0.0], surplus=0.5)
    cover.add(GROUPS[0], np.array([3.0]))
    assert cover.cost() == pytest.approx(2 * 0.5)


def test_queue_sets_of_many_queues_hold_the_skill_sets() -> None:
    group = (True, True, True, *([False] * 9))
    sets = queue_sets(12, [group])
    assert any((row == np.array(group)).all() for row in sets)
    assert not sets[0].any()
    assert len(sets) < 2**12
