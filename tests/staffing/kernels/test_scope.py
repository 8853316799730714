from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain.targets import ServiceLevel
from wfm.erlang import agents_required, measures
from wfm.staffing.kernels import scope


def curves_of(offered, aht, patience, most=9):
    """Return Erlang curves from 1 agent (or the first above the load) to `most` above the load."""
    made = []
    for volume in offered:
        load = volume * aht / 1800.0
        first = 1 if patience else int(load) + 1
        counts = np.arange(first, int(load) + most)
        level = measures(volume, aht, 1800.0, counts, within_s=20.0, patience_s=patience).service_level()
        made.append(scope.Curve(first, level * volume))
    return made


def by_brute_force(curves, wanted):
    """Return the fewest agents of all combinations."""
    totals = [
        sum(curve.first + extra for curve, extra in zip(curves, extras, strict=True))
        for extras in itertools.product(*(range(len(curve.gain)) for curve in curves))
        if sum(curve.gain[extra] for curve, extra in zip(curves, extras, strict=True)) >= wanted - 1e-9
    ]
    return min(totals)


@settings(max_examples=60, deadline=None)
@given(
    offered=st.lists(st.floats(0.5, 40), min_size=1, max_size=4),
    patience=st.sampled_from([None, 120.0]),
    fraction=st.sampled_from([0.6, 0.8, 0.95]),
)
def test_small_days_are_the_best_there_is(offered, patience, fraction):
    curves = curves_of(offered, 240.0, patience)
    wanted = fraction * sum(offered)
    if sum(curve.gain[-1] for curve in curves) < wanted:
        return
    found = scope.fewest(curves, wanted)
    bought = sum(curve.gain[n - curve.first] for curve, n in zip(curves, found.agents, strict=True))
    assert bought >= wanted - 1e-6
    assert found.agents.sum() == by_brute_force(curves, wanted)
    assert found.bound <= found.agents.sum()


def test_a_day_needs_less_than_its_intervals_and_its_bound_is_near():
    offered = 40.0 * (1.05 - np.cos(np.arange(48) / 48 * 2 * np.pi))
    curves = curves_of(offered, 240.0, None, most=30)
    found = scope.fewest(curves, 0.8 * offered.sum())
    each = agents_required(offered, 240.0, 1800.0, ServiceLevel(0.8, "20s"))
    assert found.agents.sum() < each.sum()
    assert found.agents.sum() - found.bound <= 1


def test_nothing_wanted_buys_nothing():
    curves = [scope.Curve(2, np.array([0.0, 1.0])), scope.Curve(0, np.array([0.0, 1.0]))]
    assert scope.fewest(curves, 0.0).agents.tolist() == [2, 0]
    assert scope.fewest(curves, 2.0).agents.tolist() == [3, 1]


def test_a_step_that_is_only_worth_it_as_a_whole():
    # The first agent of the second interval buys nothing, the second one everything.
    curves = [scope.Curve(0, np.array([0.0, 1.0, 1.5])), scope.Curve(0, np.array([0.0, 0.0, 10.0]))]
    assert scope.fewest(curves, 10.0).agents.tolist() == [0, 2]
    assert scope.fewest(curves, 1.2).agents.sum() == pytest.approx(2)
