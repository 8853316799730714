"""Limited places and balking, against the balance equations of a finite chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm import erlang
from wfm.domain.targets import MaxAbandonment, ServiceLevel
from wfm.errors import DataError, InfeasibleError

NAMES = ("wait_probability", "blocking", "balked", "abandonment", "occupancy", "queue_length", "mean_wait_s")
BASES = ("offered", "answered", "virtual", "abandons_within_met")

# mpmath at 50 digits (erlang_cases.csv of the reference figures): calls, AHT, agents, T, patience, places, then wait
# probability, level of offered and of answered, abandonment, blocking, mean wait, occupancy, queue.
CASES = [
    (100, 180, 12, 20, 180, 15, 0.2310256648401071, 0.8407169053726472, 0.9001824843680115, 0.029562525832623342,
     0.036496945472370732, 5.522820737169828, 0.7782837739125074, 0.29562525832623342),
    (1000, 180, 100, 30, 180, 120, 0.49631963750493097, 0.93220680724459307, 0.97184402815445606,
     0.035095523903172341, 0.0056900546068699323, 6.353345183602010878, 0.95921442148995774, 3.509552390317234),
    (20, 180, 1, 30, 120, 4, 0.7731629392971246, 0.2311551980206439701, 0.5608649378330354, 0.53674121405750799,
     0.051118210862619808, 67.878787878787879, 0.8242811501597449, 0.71565495207667732),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_reference_figures(case, shape):
    calls, aht, agents, within, patience, places, waits, offered, answered, abandons, blocks, mean, busy, queue = case
    found = erlang.measures(shape(calls), aht, 1800, agents, within_s=within, patience_s=patience, places=places)
    got = [found.wait_probability, found.service_level(), found.service_level("answered"), found.abandonment]
    got += [found.blocking, found.mean_wait_s, found.occupancy, found.queue_length]
    wanted = [waits, offered, answered, abandons, blocks, mean, busy, queue]
    assert [float(np.squeeze(value)) for value in got] == pytest.approx(wanted, rel=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    load=st.floats(0.1, 60),
    agents=st.integers(1, 40),
    more=st.integers(0, 40),
    patience=st.sampled_from([None, 1.0, 60.0, 5000.0]),
    balking=st.sampled_from([0.0, 0.1, 0.7]),
    within=st.sampled_from([0.0, 3.0, 30.0, 1000.0]),
)
def test_every_figure_against_the_balance_equations(oracle, load, agents, more, patience, balking, within):
    places = agents + more
    wanted = oracle.chain(load, agents, places, aht=180, within=within, patience=patience, balking=balking)
    options = {"within_s": within, "patience_s": patience, "places": places, "balking": balking}
    one = erlang.measures(load, 180, 180, agents, **options)
    many = erlang.measures([load, 0.0, load], 180, 180, agents, **options)
    for name in NAMES:
        assert getattr(one, name) == pytest.approx(float(getattr(wanted, name)), rel=1e-11, abs=1e-15)
        assert getattr(many, name)[[0, 2]] == pytest.approx(getattr(one, name), rel=1e-11, abs=1e-15)
    for basis in BASES:
        assert one.service_level(basis) == pytest.approx(float(getattr(wanted, basis)), rel=1e-10, abs=1e-13)
        assert many.service_level(basis)[[0, 2]] == pytest.approx(one.service_level(basis), rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("patience", [None, 120.0])
@pytest.mark.parametrize("balking", [0.1, 0.5])
def test_balking_without_a_limit(oracle, patience, balking):
    wanted = oracle.chain(30, 32, 300, aht=180, within=20, patience=patience, balking=balking)
    for agents in (32, np.array([32])):
        found = erlang.measures(30, 180, 180, agents, within_s=20, patience_s=patience, balking=balking)
        for name in NAMES:
            assert np.squeeze(getattr(found, name)) == pytest.approx(float(getattr(wanted, name)), rel=1e-11)
        for basis in BASES:
            assert np.squeeze(found.service_level(basis)) == pytest.approx(float(getattr(wanted, basis)), rel=1e-11)


def test_no_place_to_wait_is_erlang_b():
    found = erlang.measures(10, 180, 180, 12, within_s=30, places=12)
    assert found.blocking == pytest.approx(erlang.erlang_b(12, 10.0), rel=1e-13)
    assert found.wait_probability == 0.0
    assert found.service_level() == pytest.approx(1 - found.blocking)


def test_many_places_are_endless():
    endless = erlang.measures(100, 180, 180, 95, within_s=30, patience_s=120)
    for places in (400, 10_000_000):
        found = erlang.measures(100, 180, 180, 95, within_s=30, patience_s=120, places=places)
        assert found.service_level() == pytest.approx(endless.service_level(), rel=1e-13)
        assert found.asa_s == pytest.approx(endless.asa_s, rel=1e-13)
    long = erlang.measures([9.0, 9.0], 180, 180, 10, within_s=30, places=[12, 5000])
    assert long.blocking[1] == 0.0
    assert long.service_level()[1] == pytest.approx(erlang.measures(9, 180, 180, 10, within_s=30).service_level())


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_a_deep_overload_fills_the_places(shape):
    # A thousand places to wait and twice the work: what the agents cannot take is blocked, and the queue is full.
    found = erlang.measures(shape(400), 180, 180, 200, within_s=30, places=1200)
    assert np.squeeze(found.blocking) == pytest.approx(0.5, rel=1e-12)
    assert np.squeeze(found.queue_length) == pytest.approx(999, rel=1e-4)
    assert np.squeeze(found.occupancy) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("patience", [None, 200.0])
def test_the_longest_wait_with_few_places(patience):
    found = erlang.measures([20.0, 19.0], 180, 180, 20, within_s=30, patience_s=patience, places=30)
    waits = found.longest_wait_s(0.1)
    for load, wait in zip((20.0, 19.0), waits.tolist(), strict=True):
        one = erlang.measures(load, 180, 180, 20, within_s=wait, patience_s=patience, places=30)
        assert one.missed_level("virtual") - one.blocking == pytest.approx(0.1, rel=1e-9)
        assert one.longest_wait_s(0.1) == pytest.approx(wait, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(load=st.floats(0.5, 30), more=st.integers(3, 12), patience=st.sampled_from([None, 90.0]))
def test_the_smallest_staff_for_a_number_of_places(load, more, patience):
    places = int(load * 1.3) + more
    target = ServiceLevel(0.8, "20s")

    def level(agents):
        options = {"within_s": 20, "patience_s": patience, "places": places}
        return erlang.measures(load, 180, 180, agents, **options).service_level()

    if level(places) < 0.8:
        with pytest.raises(InfeasibleError):
            erlang.agents_required(load, 180, 180, target, patience_s=patience, places=places)
        return
    agents = erlang.agents_required(load, 180, 180, target, patience_s=patience, places=places)
    assert level(agents) >= 0.8
    assert agents == 1 or level(agents - 1) < 0.8
    many = erlang.agents_required([load, 0.0], 180, 180, target, patience_s=patience, places=[places, 3])
    assert many.tolist() == [agents, 0]


@settings(max_examples=40, deadline=None)
@given(
    load=st.floats(0.5, 60),
    patience=st.sampled_from([60.0, 600.0]),
    redial=st.sampled_from([0.2, 0.9]),
    balking=st.sampled_from([0.0, 0.2]),
)
def test_redials_are_a_fixed_point(load, patience, redial, balking):
    target = ServiceLevel(0.8, "20s")
    options = {"patience_s": patience, "balking": balking}
    agents = erlang.agents_required(load, 180, 180, target, redial=redial, **options)
    found = erlang.measures(load, 180, 180, agents, within_s=20, redial=redial, **options)
    again = erlang.measures(load * found.attempts, 180, 180, agents, within_s=20, **options)
    assert found.attempts == pytest.approx(1 + redial * found.attempts * found.abandonment, rel=1e-12)
    assert found.service_level() == pytest.approx(again.service_level(), rel=1e-11)
    assert found.service_level() >= 0.8
    if agents > 1:
        fewer = erlang.measures(load, 180, 180, agents - 1, within_s=20, redial=redial, **options)
        assert fewer.service_level() < 0.8
    assert agents >= erlang.agents_required(load, 180, 180, target, **options)
    many = erlang.measures([load, 0.0], 180, 180, agents, within_s=20, redial=redial, **options)
    assert many.attempts == pytest.approx([found.attempts, 1.0], rel=1e-12)
    assert erlang.agents_required([load], 180, 180, target, redial=redial, **options).tolist() == [agents]


def test_the_blocked_try_again():
    found = erlang.measures(20, 180, 180, 18, within_s=20, places=22, redial=0.5)
    assert found.attempts == pytest.approx(1 + 0.5 * found.attempts * found.blocking, rel=1e-12)


def test_a_cap_on_abandonment_counts_those_who_balk():
    agents = erlang.agents_required(20, 180, 180, MaxAbandonment(0.05), balking=0.5)
    assert erlang.measures(20, 180, 180, agents, within_s=0, balking=0.5).abandonment <= 0.05
    assert erlang.measures(20, 180, 180, agents - 1, within_s=0, balking=0.5).abandonment > 0.05


def test_a_chat_with_the_same_options(oracle):
    # One session each: the chain above.
    wanted = oracle.chain(20, 18, 25, aht=180, within=20, patience=90, balking=0.1)
    options = {"patience_s": 90, "places": 25, "balking": 0.1}
    for rate in (20 / 180, np.array([20 / 180])):
        found = erlang.chat_measures(rate, [180], 1, 18, within_s=20, **options)
        for name in NAMES:
            assert np.squeeze(getattr(found, name)) == pytest.approx(float(getattr(wanted, name)), rel=1e-11)
        assert np.squeeze(found.service_level()) == pytest.approx(float(wanted.offered), rel=1e-11)
    target = ServiceLevel(0.8, "20s")
    agents = erlang.chat_agents_required(0.05, [300, 420, 540], 1, target, patience_s=180, places=60, redial=0.3)
    found = erlang.chat_measures(0.05, [300, 420, 540], 1, agents, within_s=20, patience_s=180, places=60, redial=0.3)
    assert found.service_level() >= 0.8
    more = erlang.chat_agents_required([0.05], [300, 420, 540], 1, target, patience_s=180, places=60, redial=0.3)
    assert more.tolist() == [agents]
    with pytest.raises(InfeasibleError, match="even 2 agents"):
        erlang.chat_agents_required(0.05, [300, 420, 540], 1, target, patience_s=180, places=8)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"places": 9}, "9 places for 14 at the agents; places counts the contacts with an agent, too: "
         "give at least as many, or leave it out"),
        ({"places": 20.5}, "places must be a whole number of at least 0, got 20.5; give the contacts that fit in, "
         "those with an agent included; or leave it out"),
        ({"balking": 10}, "balking must be a number in [0, 1), got 10; give the share that leave at once when nobody "
         "is free; write 0.1 for 10 %"),
        ({"redial": 1.0, "patience_s": 60}, "redial must be a number in [0, 1), got 1.0; give the share of the lost "
         "that try again; write 0.3 for 30 %"),
        ({"redial": 0.3}, "redial where no contact is ever lost; give patience_s, places or balking, or leave redial "
         "out"),
    ],
)  # fmt: skip
def test_options_outside_their_range(options, text):
    with pytest.raises(DataError) as caught:
        erlang.measures(100, 180, 1800, 14, within_s=20, **options)
    assert str(caught.value) == text
    with pytest.raises(DataError) as caught:
        erlang.measures([100], 180, 1800, 14, within_s=20, **options)
    assert str(caught.value).replace(" (row 0)", "") == text.replace("got 1.0;", "got 1;")


def test_places_for_no_staff():
    with pytest.raises(InfeasibleError) as caught:
        erlang.agents_required(100, 180, 1800, ServiceLevel(0.9, "20s"), places=8)
    assert str(caught.value) == (
        "the targets do not hold with any number of agents: even 8 agents, all that there are places for, miss one "
        "of them; give more places, or a lower target"
    )
    with pytest.raises(InfeasibleError, match="miss one of them \\(row 1\\)"):
        erlang.agents_required([10, 100], 180, 1800, ServiceLevel(0.9, "20s"), places=8)
    with pytest.raises(DataError, match="fractional agents with places"):
        erlang.agents_required(10, 180, 1800, ServiceLevel(0.9, "20s"), places=8, fractional=True)
