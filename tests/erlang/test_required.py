from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm import erlang
from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
)
from wfm.errors import DataError

# mpmath, 50 digits (agents_required.csv of the reference figures): calls, interval, AHT, T, patience, level, agents.
REQUIRED = [
    (0.01, 1800, 180, 30, None, 0.8, 1),
    (20, 1800, 180, 20, None, 0.8, 4),
    (20, 1800, 180, 30, None, 0.9, 5),
    (100, 1800, 180, 20, None, 0.8, 14),
    (5000, 1800, 180, 30, None, 0.8, 508),
    (100000, 1800, 180, 30, None, 0.8, 10009),
    (1000000, 1800, 180, 30, None, 0.8, 100010),
    (1000000, 1800, 180, 30, None, 0.999, 100041),
    (100, 1800, 180, 20, 180, 0.8, 12),
    (5000, 1800, 180, 30, 120, 0.8, 427),
    (100000, 1800, 180, 30, 120, 0.8, 8056),
]


@pytest.mark.parametrize(("calls", "interval", "aht", "within", "patience", "level", "agents"), REQUIRED)
def test_reference_headcounts(calls, interval, aht, within, patience, level, agents):
    target = ServiceLevel(level, f"{within}s")
    assert erlang.agents_required(calls, aht, interval, target, patience_s=patience) == agents
    assert erlang.agents_required([calls], aht, interval, target, patience_s=patience).tolist() == [agents]


def test_below_the_load_where_abandonment_allows_it():
    # 80/30, AHT 180 s, patience 120 s at 10, 20, 50, 100, 200, 500 erlangs.
    loads = np.array([10, 20, 50, 100, 200, 500])
    found = erlang.agents_required(loads * 10, 180, 1800, ServiceLevel(0.8, "30s"), patience_s=120)
    assert found.tolist() == [12, 21, 48, 91, 176, 427]


def test_the_basis_decides():
    targets = [ServiceLevel(0.8, "30s", basis=basis) for basis in BASES]
    assert [erlang.agents_required(1000, 180, 1800, t, patience_s=120) for t in targets] == [91, 87, 88, 86, 87]


def test_hundreds_of_erlang_c_headcounts_against_factorials(oracle):
    rng = np.random.default_rng(3)
    calls, aht = rng.uniform(5, 500, 60), rng.uniform(180, 420, 60)
    found = erlang.agents_required(calls, aht, 1800, ServiceLevel(0.8, "30s"))
    for volume, length, agents in zip(calls.tolist(), aht.tolist(), found.tolist(), strict=True):
        load = oracle.mp.mpf(volume) * length / 1800
        assert oracle.level(load, agents, aht=length, within=30) >= 0.8
        assert oracle.level(load, agents - 1, aht=length, within=30) < 0.8


def test_erlang_a_headcounts_against_integrated_densities(oracle):
    rng = np.random.default_rng(5)
    loads = rng.uniform(0.5, 40, 6)
    found = erlang.agents_required(loads, 240, 240, ServiceLevel(0.8, "30s"), patience_s=150)
    for load, agents in zip(loads.tolist(), found.tolist(), strict=True):
        assert oracle.measures(load, agents, aht=240, within=30, patience=150).levels["offered"] >= 0.8
        if agents > 1:
            assert oracle.measures(load, agents - 1, aht=240, within=30, patience=150).levels["offered"] < 0.8


BASES = ("offered", "answered", "virtual", "abandons_within_met", "abandons_within_excluded")
TARGETS = st.lists(
    st.one_of(
        st.builds(
            ServiceLevel,
            st.sampled_from([0.5, 0.8, 0.95, 0.999]),
            st.sampled_from(["0s", "10s", "30s", "3min"]),
            basis=st.sampled_from(
                ["offered", "answered", "virtual", "abandons_within_met", "abandons_within_excluded"]
            ),
        ),
        st.builds(
            ServiceLevel,
            st.sampled_from([0.5, 0.8, 0.95]),
            st.sampled_from(["10s", "30s", "3min"]),
            basis=st.sampled_from(["short_abandons_met", "short_abandons_excluded"]),
            short_abandon=st.sampled_from(["2s", "10s"]),
        ),
        st.builds(MeanAnswer, st.sampled_from(["1s", "10s", "2min"])),
        st.builds(LongestWait, st.sampled_from(["10s", "2min"]), breach=st.sampled_from([0.01, 0.2])),
        st.builds(MaxOccupancy, st.sampled_from([0.5, 0.85, 1.0])),
    ),
    min_size=1,
    max_size=3,
)


def holds(targets, offered, aht, interval, agents, patience):
    if patience is None and agents <= offered * aht / interval:
        return False
    for target in targets:
        within = getattr(target, "within_s", 0.0)
        short = getattr(target, "short_abandon_s", None)
        found = erlang.measures(
            offered, aht, interval, agents, within_s=within, patience_s=patience, short_abandon_s=short
        )
        if isinstance(target, ServiceLevel) and found.missed_level(target.basis) > 1 - target.fraction:
            return False
        if isinstance(target, MeanAnswer) and found.asa_s > target.within_s:
            return False
        if isinstance(target, LongestWait) and found.missed_level("virtual") > target.breach:
            return False
        if isinstance(target, MaxOccupancy) and found.occupancy > target.fraction * (1 + 1e-12):
            return False
        if isinstance(target, MaxAbandonment) and found.abandonment > target.fraction:
            return False
    return True


@settings(max_examples=150, deadline=None)
@given(
    offered=st.floats(0.01, 400),
    aht=st.sampled_from([30.0, 180.0, 421.5]),
    targets=TARGETS,
    patience=st.sampled_from([None, 20.0, 120.0, 3600.0]),
)
def test_all_hold_and_not_all_with_one_agent_less(offered, aht, targets, patience):
    agents = erlang.agents_required(offered, aht, 1800, targets, patience_s=patience)
    assert agents >= 1
    assert holds(targets, offered, aht, 1800, agents, patience)
    assert agents == 1 or not holds(targets, offered, aht, 1800, agents - 1, patience)
    many = erlang.agents_required([offered, 0.0, 2 * offered], aht, 1800, targets, patience_s=patience)
    assert many[0] == agents
    assert many[1] == 0
    assert many[2] >= agents


@settings(max_examples=40, deadline=None)
@given(offered=st.lists(st.floats(0, 1000), min_size=1, max_size=30), data=st.data())
def test_permuted_rows_permute_the_answer_and_c_needs_no_fewer_than_a(offered, data):
    order = data.draw(st.permutations(range(len(offered))))
    target = ServiceLevel(0.8, "30s")
    volumes = np.array(offered)
    for patience in (None, 180.0):
        found = erlang.agents_required(volumes, 240, 1800, target, patience_s=patience)
        mixed = erlang.agents_required(volumes[order], 240, 1800, target, patience_s=patience)
        assert mixed.tolist() == found[order].tolist()
    endless = erlang.agents_required(volumes, 240, 1800, target)
    assert (endless >= found).all()


def test_an_occupancy_cap_met_exactly():
    assert erlang.agents_required(357, 100, 1000, MaxOccupancy(0.85)) == 42  # 35.7 / 0.85
    assert erlang.agents_required([357], 100, 1000, MaxOccupancy(0.85)).tolist() == [42]


def test_abandonment_alone_staffs_below_the_load():
    agents = erlang.agents_required(1000, 180, 1800, MaxAbandonment(0.1), patience_s=120)
    assert agents < 100
    assert erlang.measures(1000, 180, 1800, agents, within_s=0, patience_s=120).abandonment <= 0.1
    assert erlang.measures(1000, 180, 1800, agents - 1, within_s=0, patience_s=120).abandonment > 0.1


@pytest.mark.parametrize("patience", [None, 60])
def test_no_contacts_need_nobody(patience):
    assert erlang.agents_required(0, 180, 1800, ServiceLevel(0.8, "30s"), patience_s=patience) == 0
    assert erlang.agents_required([0], 180, 1800, ServiceLevel(0.8, "30s"), patience_s=patience).tolist() == [0]


def test_shapes_are_kept():
    target = ServiceLevel(0.8, "30s")
    assert erlang.agents_required([[100], [200]], [180, 240], 1800, target).shape == (2, 2)
    assert isinstance(erlang.agents_required(np.float64(100), 180, 1800, target), int)
    assert isinstance(erlang.agents_required(np.int64(100), 180, 1800, target), int)
    assert erlang.agents_required(np.zeros((0,)), 180, 1800, target).shape == (0,)


@pytest.mark.parametrize(
    ("target", "options", "text"),
    [
        ((), {}, "no target; give at least one, such as ServiceLevel(0.8, '30s')"),
        (0.8, {}, "0.8 is not a target; write ServiceLevel(0.8, '30s')"),
        ((0.8,), {}, "0.8 is not a target; write ServiceLevel(0.8, '30s')"),
        (Deadline("4h"), {}, "target '95 % done within 4h' is for deferred work; call wfm.staffing.requirement"),
        (MaxAbandonment(0.03), {}, "target 'at most 3 % abandon' without a patience; give patience_s"),
        (
            ServiceLevel(0.8, "5s", basis="short_abandons_met", short_abandon="10s"),
            {"patience_s": 60},
            "target '80 % of short_abandons_met within 5s' has a short-abandon threshold of 10 s, above its wait; "
            "the level then does not rise with staff; give a threshold of at most the wait",
        ),
        (
            ServiceLevel(0.8, "30s"),
            {"patience_s": 0},
            "patience_s must be a finite number above 0, got 0; "
            "give the mean patience in seconds, or leave it out if nobody abandons",
        ),
    ],
)
def test_targets_that_cannot_be_answered(target, options, text):
    with pytest.raises(DataError) as caught:
        erlang.agents_required(100, 180, 1800, target, **options)
    assert str(caught.value) == text


def test_a_load_above_ten_million_is_refused():
    with pytest.raises(DataError, match="a load of 2e\\+07 erlangs is above 10 million"):
        erlang.agents_required(2e8, 180, 1800, ServiceLevel(0.8, "30s"))
    with pytest.raises(DataError, match="above 10 million \\(row 1\\)"):
        erlang.agents_required([1, 2e8], 180, 1800, ServiceLevel(0.8, "30s"))
