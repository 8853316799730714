"""A real number of agents, the largest volume, and the slopes: three ways across the same surface."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm import erlang
from wfm.domain.targets import LongestWait, MaxAbandonment, MaxOccupancy, MeanAnswer, ServiceLevel
from wfm.errors import DataError

LEVEL = ServiceLevel(0.8, "20s")


# Stated with the specification of the package: 100 calls in 30 min, 180 s, 80 % in 20 s.
def test_the_stated_figure():
    assert erlang.agents_required(100, 180, 1800, LEVEL, fractional=True) == pytest.approx(13.037206, abs=5e-7)
    assert erlang.agents_required([100], 180, 1800, LEVEL, fractional=True) == pytest.approx([13.037206], abs=5e-7)


@pytest.mark.parametrize("load", [0.05, 0.7, 1.9, 10.0, 44.4])
def test_the_level_of_a_real_number_by_jagermans_integral(oracle, load):
    agents = erlang.agents_required(load, 180, 180, LEVEL, fractional=True)
    assert float(oracle.real_level(load, agents, aht=180, within=20)) == pytest.approx(0.8, abs=1e-12)


TARGETS = [LEVEL, MeanAnswer("10s"), LongestWait("1min"), MaxOccupancy(0.8), (LEVEL, MaxOccupancy(0.85))]


@settings(max_examples=30, deadline=None)
@given(
    load=st.floats(0.01, 300),
    target=st.sampled_from(TARGETS),
    patience=st.sampled_from([None, 30.0, 600.0]),
    options=st.sampled_from([{}, {"balking": 0.2}]),
)
def test_a_whole_number_is_the_next_one(load, target, patience, options):
    options = {"patience_s": patience, **options}
    whole = erlang.agents_required(load, 180, 180, target, **options)
    real = erlang.agents_required(load, 180, 180, target, fractional=True, **options)
    assert real <= whole < real + 1 + 1e-9
    many = erlang.agents_required([load, 0.0], 180, 180, target, fractional=True, **options)
    assert many == pytest.approx([real, 0.0], rel=1e-11)


def test_a_target_that_any_staff_holds_needs_next_to_none():
    # With patience of 30 s those who are answered by a vanishing staff waited some 4 s.
    asked = {"patience_s": 30.0, "balking": 0.2, "fractional": True}
    assert 0 < erlang.agents_required(0.5, 180, 180, MeanAnswer("10s"), **asked) < 1e-8
    assert 0 < erlang.agents_required([0.5], 180, 180, MeanAnswer("10s"), **asked)[0] < 1e-8


@settings(max_examples=30, deadline=None)
@given(
    agents=st.integers(1, 200),
    target=st.sampled_from([LEVEL, MeanAnswer("10s"), (LEVEL, MaxOccupancy(0.85))]),
    patience=st.sampled_from([None, 120.0]),
    options=st.sampled_from([{}, {"balking": 0.2}, {"places": 400}]),
)
def test_the_largest_volume_is_the_inverse(agents, target, patience, options):
    options = {"patience_s": patience, **options}
    most = erlang.max_offered(agents, 240, 1800, target, **options)
    assert erlang.agents_required(most * (1 - 1e-9), 240, 1800, target, **options) <= agents
    assert erlang.agents_required(most * (1 + 1e-9), 240, 1800, target, **options) == agents + 1
    many = erlang.max_offered([agents, 0], 240, 1800, target, **options)
    assert many == pytest.approx([most, 0.0], rel=1e-11)


def test_the_largest_volume_with_redials():
    most = erlang.max_offered(50, 180, 180, LEVEL, patience_s=90, redial=0.4)
    assert most < erlang.max_offered(50, 180, 180, LEVEL, patience_s=90)
    found = erlang.measures(most, 180, 180, 50, within_s=20, patience_s=90, redial=0.4)
    assert found.service_level() == pytest.approx(0.8, abs=1e-10)
    assert erlang.max_offered([50], 180, 180, LEVEL, patience_s=90, redial=0.4) == pytest.approx([most], rel=1e-11)


@pytest.mark.parametrize("agents", [12, [12, 3]])
def test_targets_that_any_volume_holds(agents):
    with pytest.raises(DataError, match=r"hold with 12 agents at any volume .*add a target that bounds it"):
        erlang.max_offered(agents, 180, 180, MaxOccupancy(1.0), patience_s=60)


def test_shapes_of_the_largest_volume():
    assert isinstance(erlang.max_offered(np.int64(12), 180, 180, LEVEL), float)
    assert erlang.max_offered([[12], [13]], [180, 240], 180, LEVEL).shape == (2, 2)
    assert erlang.max_offered(0, 180, 180, MaxAbandonment(0.1), patience_s=5) == 0.0
    with pytest.raises(DataError, match="agents must be a whole number"):
        erlang.max_offered(2.5, 180, 180, LEVEL)


@pytest.mark.parametrize(
    ("load", "agents", "patience", "within"), [(10, 14, None, 20), (10, 11, 90, 20), (80, 70, 90, 20), (3, 4, None, 5)]
)
def test_slopes_against_fifty_digits(oracles, load, agents, patience, within):
    oracle = oracles.Oracle(50)
    mp, aht, interval = oracle.mp, 180, 1800
    volume = load * interval / aht

    def level(n, volume, aht):
        # Both of Erlang's integrals, continued to a real n.
        load = volume * aht / interval
        inverse = load * mp.quad(lambda t: mp.exp(-load * t) * (1 + t) ** n, [0, 1 / load, 10 / load, mp.inf])
        if patience is None:
            return 1 - mp.exp(-(n - load) * within / aht) / (1 + (inverse - 1) * (1 - load / n))
        theta, below = 1 / mp.mpf(patience), inverse - 1
        c, z = n / (aht * theta), load / (aht * theta)
        left = z * mp.exp(-theta * within)
        scale = c * mp.exp(z) * z**-c
        whole = below + scale * mp.gammainc(c, 0, z)
        return (below + scale / z * mp.gammainc(c + 1, left, z)) / whole

    point = [mp.mpf(agents), mp.mpf(volume), mp.mpf(aht)]
    wanted = [
        float(mp.diff(lambda x, i=i: level(*point[:i], x, *point[i + 1 :]), point[i], h=mp.mpf("1e-15")))
        for i in range(3)
    ]
    for count in (agents, [agents]):
        found = erlang.sensitivities(volume, aht, interval, count, within_s=within, patience_s=patience)
        got = [np.squeeze(value) for value in (found.per_agent, found.per_contact, found.per_aht_s)]
        assert got == pytest.approx(wanted, rel=1e-8)


def test_slopes_with_every_option():
    options = {"within_s": 20, "patience_s": 90, "balking": 0.1, "redial": 0.3, "short_abandon_s": 5}
    one = erlang.sensitivities(100, 180, 1800, 10, basis="short_abandons_met", **options)
    many = erlang.sensitivities([100, 100], 180, 1800, 10, basis="short_abandons_met", **options)
    assert many.per_agent == pytest.approx(one.per_agent, rel=1e-8)
    assert one.per_agent > 0 > one.per_contact
    assert one.per_aht_s < 0

    def level(volume):
        return erlang.measures(volume, 180, 1800, 10, **options).service_level("short_abandons_met")

    assert one.per_contact == pytest.approx((level(100.01) - level(99.99)) / 0.02, rel=1e-5)


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_no_slope_where_there_is_no_level(shape):
    with pytest.raises(DataError, match="the level has no slope at 10 agents for 10 erlangs"):
        erlang.sensitivities(shape(100), 180, 1800, 10, within_s=20)
    with pytest.raises(DataError, match="no slope"):
        erlang.sensitivities(shape(0), 180, 1800, 10, within_s=20, patience_s=9)
    with pytest.raises(DataError, match="basis 'short_abandons_met' without a threshold"):
        erlang.sensitivities(shape(100), 180, 1800, 12, within_s=20, basis="short_abandons_met")
