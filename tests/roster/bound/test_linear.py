"""The linear model against published optima."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from wfm.roster.bound.linear import LinearModel


def post_office() -> LinearModel:
    """Winston, Operations Research, 3.5: tours of five days on and two off; the fewest people for each day's need."""
    model = LinearModel()
    tours = model.add_columns(7, cost=1.0, integer=True)
    days = model.add_rows(7, lower=np.array([17, 13, 15, 19, 14, 16, 11]))
    for first in range(7):
        for step in range(5):
            model.set(days[(first + step) % 7], tours[first], 1.0)
    return model


def test_post_office_needs_23_people() -> None:
    optimum = post_office().solve(integer=True, seed=0)
    assert optimum.objective == pytest.approx(23)
    assert optimum.bound == pytest.approx(23)


def test_post_office_relaxed_is_22_and_a_third() -> None:
    optimum = post_office().solve(integer=False, seed=0)
    assert optimum.objective == pytest.approx(67 / 3)
    assert optimum.bound == pytest.approx(67 / 3)


def test_an_impossible_model_has_no_values_and_no_bound() -> None:
    model = LinearModel()
    column = model.add_columns(1, cost=1.0, upper=1.0)
    model.row(column, 1.0, lower=2.0)
    optimum = model.solve(integer=False, seed=0)
    assert optimum.values is None
    assert optimum.bound is None


def test_no_time_is_no_time() -> None:
    optimum = post_office().solve(integer=True, seed=0, time_limit=timedelta(0))
    assert optimum.values is None
    assert optimum.bound is None
