from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfm import erlang
from wfm.errors import DataError


def test_a_number_is_answered_without_numpy():
    code = (
        "import sys, wfm.erlang as e\n"
        "from wfm.domain.targets import ServiceLevel\n"
        "e.measures(100, 180, 1800, 9, within_s=20, patience_s=60).longest_wait_s()\n"
        "e.agents_required(100, 180, 1800, ServiceLevel(0.8, '30s'), patience_s=60)\n"
        "e.chat_agents_required(100, [180, 200], 1800, ServiceLevel(0.8, '30s'))\n"
        "e.agents_required(100, 180, 1800, ServiceLevel(0.8, '30s'), fractional=True)\n"
        "e.agents_required(100, 180, 1800, ServiceLevel(0.8, '30s'), places=30, balking=0.1, redial=0.2)\n"
        "e.max_offered(14, 180, 1800, ServiceLevel(0.8, '30s'), patience_s=60)\n"
        "e.sensitivities(100, 180, 1800, 14, within_s=20)\n"
        "assert not {'numpy', 'pandas', 'scipy'} & set(sys.modules), 'heavy import'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# R package ErlangC, README: 100 calls in 30 min, 180 s, 14 agents, 20 s.
def test_r_erlangc_readme():
    found = erlang.measures(100, 180, 1800, 14, within_s=20)
    assert found.wait_probability == pytest.approx(0.1741319, abs=5e-8)
    assert found.service_level() == pytest.approx(0.8883500, abs=5e-8)
    assert found.asa_s == pytest.approx(7.835937, abs=5e-7)
    assert found.occupancy == pytest.approx(0.7142857, abs=5e-8)


# call-center-tools, README: 1000 calls an hour, 120 s, 40 agents, 20 s.
def test_call_center_tools():
    found = erlang.measures(1000, 120, 3600, 40, within_s=20)
    assert found.wait_probability == pytest.approx(0.190737, abs=5e-7)
    assert found.service_level() == pytest.approx(0.937211, abs=5e-7)
    assert found.asa_s == pytest.approx(3.4333, abs=5e-5)


# Callcenter-Simulator, its test of the analytic formulas: 3.5 calls/min, 3 min, 13 agents; patience 5 min.
def test_callcenter_simulator():
    assert erlang.measures(3.5, 180, 60, 13, within_s=20).mean_wait_s == pytest.approx(26.5569, abs=5e-5)
    patient = erlang.measures(3.5, 180, 60, 13, within_s=20, patience_s=300)
    assert patient.mean_wait_s == pytest.approx(9.9128, abs=5e-5)


# Garnett, Mandelbaum and Reiman (2002): 48 calls/min, 1 min, 50 agents, patience 2 min.
def test_garnett_mandelbaum_reiman():
    found = erlang.measures(48, 60, 60, 50, within_s=20, patience_s=120)
    assert found.abandonment == pytest.approx(0.0309, abs=5e-5)
    assert found.mean_wait_s == pytest.approx(3.709, abs=5e-4)
    assert found.occupancy == pytest.approx(0.9303, abs=5e-5)


# mpmath at 50 digits, two forms that agree to 1e-49 (erlang_cases.csv of the reference figures): calls, interval, AHT,
# agents, T, then wait probability, level, mean wait.
ERLANG_C = [
    (1, 1800, 180, 1, 30, 0.1, 0.9139292023574942, 20.0),
    (5, 1800, 240, 1, 20, 2 / 3, 0.35159701525576775, 480.0),
    (20, 1800, 180, 4, 20, 0.17391304347826086, 0.8607413212318594, 15.652173913043478),
    (240, 900, 240, 70, 30, 0.35827051689345485, 0.8307649909862973, 14.330820675738194),
    (492, 1200, 300, 132, 20, 0.32111617926170744, 0.8237677042831196, 10.703872642056915),
    (5000.5, 1800, 180.25, 520, 30.5, 0.29070243653954175, 0.9888204039675541, 2.7212563673485355),
    (500000, 1800, 180, 50060, 30, 0.7033796329545318, 0.9999680666140675, 2.1101388988635956),
    (
        1000000,
        1800,
        180,
        100001,
        30,
        0.9960457012909724,
        0.15686551670133636,
        179.28822623237502,
    ),
]


@pytest.mark.parametrize("case", ERLANG_C)
def test_erlang_c_to_twelve_digits(case):
    calls, interval, aht, agents, within, waits, level, mean = case
    for shape in (float, lambda value: np.array([value])):
        found = erlang.measures(calls, aht, interval, shape(agents), within_s=within)
        assert float(np.squeeze(found.wait_probability)) == pytest.approx(waits, rel=1e-12)
        assert float(np.squeeze(found.service_level())) == pytest.approx(level, rel=1e-12)
        assert float(np.squeeze(found.mean_wait_s)) == pytest.approx(mean, rel=1e-12)


def test_the_chance_to_wait_where_nobody_does():
    found = erlang.measures(20, 180, 1800, 60, within_s=30)
    assert found.wait_probability == pytest.approx(1.9398099535980473e-65, rel=1e-12)  # the same source


# As above: calls, interval, AHT, agents, T, patience, then wait probability, levels (offered, answered, virtual,
# abandons_within_excluded, abandons_within_met), abandonment, mean wait, ASA.
ERLANG_A = [
    (1, 1800, 180, 1, 30, 60, 0.0930001988988238, 0.9181037369647269, 0.9872062079819256,
     0.9210207016193921, 0.950410958878179, 0.952096634049569, 0.06999801101176198,
     4.199880660705719, 1.1221170549761275),
    (20, 1800, 180, 2, 30, 120, 0.5578367213810114, 0.528047936325218, 0.7487657485115216,
     0.5391530356910765, 0.5953485721022407, 0.6410920233201307, 0.29477551907932575,
     35.37306228951909, 25.33310034617032),
    (100, 1800, 180, 12, 20, 3600, 0.425295473776607, 0.667829165358457, 0.6737251130241545,
     0.6680783549192815, 0.6692265679356239, 0.6699172512834934, 0.00875126598626002,
     31.50455755053607, 31.167884455972544),
    (5000, 1800, 180, 450, 30, 300, 0.9984826517865026, 0.4060216801097163, 0.4511471618149304,
     0.43675130769849485, 0.44341477125199685, 0.49035150754577544, 0.10002386255446616,
     30.00715876633985, 31.416890374147407),
    (50000, 1800, 180, 4800, 30, 600, 0.9999999074529432, 0.8427627139536398, 0.8778778273900657,
     0.8762668997968803, 0.8774562096448031, 0.8823014343020973, 0.0400000003882355,
     24.0000002329413, 24.474447156852875),
    (1000, 1800, 180, 50, 30, 180, 0.9999999882154993, 0.00001609486307262648, 0.00003218972615963923,
     0.00001852641291980205, 0.00001901382481675347, 0.1535339573793504, 0.5000000002234605,
     90.00000004022288, 122.97249239677175),
    (100000, 1800, 180, 9000, 30, 60, 0.9999999979107958, 0.8999999999979487, 1.0, 1.0, 1.0, 1.0,
     0.1000000000020513, 6.000000000123078, 6.311631495190821),
    (1000000, 1800, 180, 100300, 30, 120, 0.15719966856211998, 0.9996514335184282, 1.0, 1.0, 1.0, 1.0,
     0.00034856648157176036, 0.04182797778861125, 0.04176398096370932),
]  # fmt: skip
BASES = ("offered", "answered", "virtual", "abandons_within_excluded", "abandons_within_met")


@pytest.mark.parametrize("case", ERLANG_A)
@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_erlang_a_to_ten_digits(case, shape):
    calls, interval, aht, agents, within, patience, waits, *levels, abandons, mean, asa = case
    found = erlang.measures(shape(calls), aht, interval, agents, within_s=within, patience_s=patience)
    assert np.squeeze(found.wait_probability) == pytest.approx(waits, rel=1e-10)
    for basis, level in zip(BASES, levels, strict=True):
        assert np.squeeze(found.service_level(basis)) == pytest.approx(level, rel=1e-10)
    assert np.squeeze(found.abandonment) == pytest.approx(abandons, rel=1e-10)
    assert np.squeeze(found.mean_wait_s) == pytest.approx(mean, rel=1e-10)
    assert np.squeeze(found.asa_s) == pytest.approx(asa, rel=1e-10)


def test_the_seven_bases_of_a_hundred_erlangs(oracle):
    found = erlang.measures(1000, 180, 1800, 95, within_s=30, patience_s=120, short_abandon_s=5)
    # Published beside the definition of the bases, to four digits.
    published = (0.8787, 0.9485, 0.9350, 0.9455, 0.9494)
    assert [round(found.service_level(basis), 4) for basis in BASES] == list(published)
    exact = oracle.measures(100, 95, aht=180, within=30, patience=120, short=5)
    assert len(exact.levels) == 7
    for basis, level in exact.levels.items():
        assert found.service_level(basis) == pytest.approx(float(level), rel=1e-12)


@pytest.mark.parametrize(
    ("load", "agents", "patience"), [(0.3, 1, 40), (4, 3, 100), (9.7, 12, 900), (30, 20, 60), (60, 66, None)]
)
def test_against_integrated_densities(oracle, load, agents, patience):
    short = None if patience is None else 8
    exact = oracle.measures(load, agents, aht=200, within=25, patience=patience, short=short)
    found = erlang.measures(load, 200, 200, agents, within_s=25, patience_s=patience, short_abandon_s=short)
    for name in ("wait_probability", "abandonment", "occupancy", "asa_s"):
        assert getattr(found, name) == pytest.approx(float(getattr(exact, name)), rel=1e-10, abs=1e-14)
    for basis, level in exact.levels.items():
        assert found.service_level(basis) == pytest.approx(float(level), rel=1e-10)


def test_levels_next_to_one_keep_their_complement(oracle):
    found = erlang.measures(20, 180, 1800, 26, within_s=60, patience_s=120)
    exact = oracle.measures(2, 26, aht=180, within=60, patience=120)
    assert found.service_level("virtual") == 1.0
    assert found.missed_level("virtual") == pytest.approx(float(1 - exact.levels["virtual"]), rel=1e-8)
    assert found.missed_level("offered") == pytest.approx(float(1 - exact.levels["offered"]), rel=1e-8)


def test_erlang_b_and_c():
    assert erlang.erlang_b(2, 1.0) == pytest.approx(0.2, rel=1e-15)  # 1/2 / (1 + 1 + 1/2)
    assert erlang.erlang_b(0, 3.0) == 1.0
    assert erlang.erlang_b([3, 0], 0.0).tolist() == [0.0, 1.0]
    # The same source as above: 1/B.
    assert 1 / erlang.erlang_b(70, 64.0) == pytest.approx(21.89718136589747, rel=1e-13)
    assert 1 / erlang.erlang_b([100300], 1e5)[0] == pytest.approx(1031.6806925736366, rel=1e-12)
    assert erlang.erlang_c(14, 10) == pytest.approx(0.1741319, abs=5e-8)
    assert erlang.erlang_c(2, 2 - 1e-9) == pytest.approx(1.0, abs=1e-8)


def test_the_longest_wait_is_the_one_exceeded_that_often():
    shaped = erlang.measures([[1000], [900]], 180, 1800, [95, 60], within_s=30, patience_s=120)
    waits = shaped.longest_wait_s(0.05)
    assert waits.shape == (2, 2)
    for calls, row in zip((1000, 900), waits, strict=True):
        for agents, wait in zip((95, 60), row, strict=True):
            alone = erlang.measures(calls, 180, 1800, agents, within_s=float(wait), patience_s=120)
            assert alone.missed_level("virtual") == pytest.approx(0.05, rel=1e-8)
            assert alone.longest_wait_s(0.05) == pytest.approx(wait, rel=1e-8)
    assert erlang.measures(10, 180, 1800, 10, within_s=30, patience_s=60).longest_wait_s(0.01) == 0.0
    endless = erlang.measures(100, 180, 1800, 11, within_s=30)
    wait = endless.longest_wait_s(0.01)
    assert erlang.measures(100, 180, 1800, 11, within_s=wait).missed_level() == pytest.approx(0.01)


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_a_deep_overload_is_a_fluid(shape):
    # Half of the contacts abandon, after the time in which half of the patience is used up.
    found = erlang.measures(shape(2000), 600, 600, 1000, within_s=60, patience_s=600)
    assert np.squeeze(found.abandonment) == pytest.approx(0.5, abs=1e-12)
    assert np.squeeze(found.mean_wait_s) == pytest.approx(300, rel=1e-10)
    assert np.squeeze(found.asa_s) == pytest.approx(600 * np.log(2), rel=1e-2)
    assert np.squeeze(found.longest_wait_s(0.5)) == pytest.approx(600 * np.log(2), rel=1e-2)
    assert np.squeeze(found.service_level()) == pytest.approx(0.0, abs=1e-12)
    assert np.squeeze(found.occupancy) == 1.0


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
@pytest.mark.parametrize(("load", "agents", "patience"), [(60, 12, 900), (40, 2, 30), (9.9, 9, 4000), (25, 20, 5)])
def test_low_levels_keep_their_digits(oracle, load, agents, patience, shape):
    wanted = oracle.measures(load, agents, aht=180, within=2, patience=patience, short=1)
    found = erlang.measures(shape(load), 180, 180, agents, within_s=2, patience_s=patience, short_abandon_s=1)
    for basis, level in wanted.levels.items():
        assert np.squeeze(found.service_level(basis)) == pytest.approx(float(level), rel=1e-10)


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_an_endlessly_patient_contact_behind_impatient_ones(oracle, shape):
    # Nobody else is left after a thousand patiences; the wait is that for one agent out of one.
    found = erlang.measures(shape(9.0), 180, 180, 2, within_s=400, patience_s=0.4)
    wanted = oracle.measures(9.0, 2, aht=180, within=400, patience=0.4)
    assert np.squeeze(found.missed_level("virtual")) == pytest.approx(float(1 - wanted.levels["virtual"]), rel=1e-10)
    assert np.squeeze(found.missed_level("abandons_within_met")) == 0.0


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_a_hair_of_slack_keeps_its_digits(shape):
    # 1 - C is slack over drain times what is left of 1 / B: the level is that small, too.
    found = erlang.measures(shape(100 - 1e-9), 1.0, 1.0, 100, within_s=0)
    inverse = 1.0 / erlang.erlang_b(100, 100.0)
    assert np.squeeze(found.service_level()) == pytest.approx((inverse - 1.0) * 1e-11, rel=1e-4)


def test_a_million_erlangs():
    found = erlang.measures(1e6, 1, 1, 999_000, within_s=1, patience_s=2)
    many = erlang.measures([1e6], 1, 1, 999_000, within_s=1, patience_s=2)
    assert found.abandonment * 1e6 == pytest.approx(1e6 - 999_000 * found.occupancy, rel=1e-6)
    assert many.service_level() == pytest.approx(found.service_level(), rel=1e-12)


def test_no_contacts_and_spare_agents():
    empty = erlang.measures(0, 180, 1800, 0, within_s=30, patience_s=60)
    assert (empty.service_level(), empty.occupancy, empty.asa_s, empty.abandonment) == (1.0, 0.0, 0.0, 0.0)
    spare = erlang.measures(0.001, 180, 1800, 900, within_s=30, patience_s=4)
    assert (spare.service_level("answered"), spare.asa_s, spare.wait_probability) == (1.0, 0.0, 0.0)
    both = erlang.measures([0.001, 0.0], 180, 1800, [900, 0], within_s=30, patience_s=4)
    assert both.service_level("abandons_within_excluded").tolist() == [1.0, 1.0]


@pytest.mark.parametrize("patience", [None, 90.0])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_arrays_answer_as_numbers_do(patience, data):
    size = data.draw(st.integers(1, 12))
    loads = data.draw(st.lists(st.floats(0, 60), min_size=size, max_size=size))
    spare = data.draw(st.lists(st.integers(1, 12), min_size=size, max_size=size))
    agents = [int(load) + more for load, more in zip(loads, spare, strict=True)]
    options = {"within_s": 20.0, "patience_s": patience, "short_abandon_s": 7.0}
    many = erlang.measures(loads, 240, 240, agents, **options)
    for place, (load, count) in enumerate(zip(loads, agents, strict=True)):
        one = erlang.measures(load, 240, 240, count, **options)
        for name in ("wait_probability", "asa_s", "mean_wait_s", "abandonment", "occupancy", "queue_length"):
            assert getattr(many, name)[place] == pytest.approx(getattr(one, name), rel=1e-11, abs=1e-300)
        for basis in one.missed:
            assert many.missed[basis][place] == pytest.approx(one.missed[basis], rel=1e-11, abs=1e-300)


@settings(max_examples=80, deadline=None)
@given(load=st.floats(0.05, 80), agents=st.integers(1, 90), patience=st.floats(5, 2000))
def test_more_agents_and_less_load_are_better(load, agents, patience):
    def missed(load, agents):
        found = erlang.measures(load, 180, 180, agents, within_s=30, patience_s=patience)
        return [*found.missed.values(), found.abandonment, found.asa_s / 1e3, found.occupancy]

    here = missed(load, agents)
    slack = 1e-12
    assert all(value >= 0 for value in here)
    assert all(more <= now + slack for more, now in zip(missed(load, agents + 1), here, strict=True))
    assert all(less <= now + slack for less, now in zip(missed(load * 0.9, agents), here, strict=True))


@settings(max_examples=80, deadline=None)
@given(load=st.floats(0.01, 200), more=st.integers(1, 30))
def test_b_is_at_most_c_and_impatience_shortens_the_wait(load, more):
    agents = int(load) + more
    # With hardly any slack even an endless patience counts.
    assume(agents - load > 0.2)
    assert erlang.erlang_b(agents, load) <= erlang.erlang_c(agents, load)
    endless = erlang.measures(load, 60, 60, agents, within_s=10)
    patient = erlang.measures(load, 60, 60, agents, within_s=10, patience_s=120)
    assert patient.mean_wait_s <= endless.mean_wait_s * (1 + 1e-12)
    nearly = erlang.measures(load, 60, 60, agents, within_s=10, patience_s=1e9)
    assert nearly.mean_wait_s == pytest.approx(endless.mean_wait_s, rel=1e-2, abs=1e-12)


def test_the_print_names_every_level():
    text = str(erlang.measures(100, 180, 1800, 14, within_s=20))
    assert "within 20.0 s" in text
    assert "service level, virtual" in text


def message(*args, **kwargs):
    with pytest.raises(DataError) as caught:
        erlang.measures(*args, **kwargs)
    return str(caught.value)


def test_bad_numbers_are_named_together():
    assert message(-1, 0, 1800, 2.5, within_s=float("nan")) == (
        "4 problems:\n"
        "  1. offered must be a finite number of at least 0, got -1; give the number of contacts in the interval\n"
        "  2. aht_s must be a finite number above 0, got 0; give the mean handle time in seconds\n"
        "  3. agents must be a whole number of at least 0, got 2.5; give the number of agents on seat\n"
        "  4. within_s must be a finite number of at least 0, got nan; give the acceptable wait in seconds"
    )


def test_bad_elements_are_named_by_their_position():
    assert message([10, -1, np.nan], 180, 1800, 14, within_s=20) == (
        "offered must be a finite number of at least 0, got -1 (rows 1, 2); give the number of contacts in the interval"
    )
    assert "(row (0, 1))" in message([[10, np.inf]], 180, 1800, 14, within_s=20)
    assert message([[1], [1, 2]], 180, 1800, 14, within_s=20).startswith("offered has rows of unlike length;")
    assert message(["x"], 180, 1800, 14, within_s=20).startswith("offered holds")
    assert message(True, 180, 1800, 14, within_s=20).startswith("offered holds bool, not numbers")


def test_shapes_that_clash():
    assert message([1, 2], [1, 2, 3], 1800, 14, within_s=20) == (
        "the shapes do not go together: offered (2,), aht_s (3,), interval_s (), agents (), within_s (); "
        "give arrays that broadcast"
    )


def test_too_few_agents():
    assert message(100, 180, 1800, 9, within_s=20) == (
        "9 agents for 10 erlangs: without abandonment the queue grows without end; "
        "give at least 11 agents, or patience_s if contacts abandon"
    )
    assert "(rows 0, 2)" in message([100, 1, 90], 180, 1800, [9, 8, 7], within_s=20)
    assert message(100, 180, 1800, 0, within_s=20, patience_s=60) == (
        "0 agents for 10 erlangs: nobody answers; give at least 1 agent"
    )


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
@pytest.mark.parametrize("agents", [0, 10, 15])
def test_agents_below_the_load_are_refused_with_the_least_that_are_stable(shape, agents):
    text = message(shape(160), 180, 1800, agents, within_s=20)
    assert text.startswith(f"{agents} agents for 16 erlangs: without abandonment the queue grows without end")
    assert "give at least 17 agents, or patience_s" in text
    assert np.all(np.isfinite(erlang.measures(shape(160), 180, 1800, 17, within_s=20).asa_s))


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_as_many_agents_as_erlangs_make_everybody_wait_without_end(shape):
    full = erlang.measures(shape(20), 180, 1800, 2, within_s=30)
    assert np.all(full.service_level() == 0.0)
    assert np.all(full.mean_wait_s == np.inf)
    assert np.all(full.wait_probability == 1.0)
    assert erlang.erlang_c(2, 2) == 1.0


@pytest.mark.parametrize("shape", [float, lambda value: np.array([value])])
def test_the_least_that_is_told_is_stable(shape):
    # Of 20 erlangs a fifth leave at once, of whom half come again: 20 * .8 / (1 - .1) = 17.8 erlangs join.
    lost = {"within_s": 20, "balking": 0.2, "redial": 0.5}
    assert "17 agents for 17.7778 erlangs" in message(shape(200), 180, 1800, 17, **lost)
    assert "give at least 18 agents" in message(shape(200), 180, 1800, 17, **lost)
    assert np.all(np.isfinite(erlang.measures(shape(200), 180, 1800, 18, **lost).asa_s))


def test_loads_that_cannot_be_meant():
    assert message(1e9, 180, 1800, 14, within_s=20) == (
        "a load of 1e+08 erlangs is above 10 million; "
        "check offered, aht_s and interval_s: the load is offered * aht_s / interval_s"
    )
    assert "(row 1)" in message([1, 1e9], 180, 1800, 14, within_s=20)


def test_a_basis_without_its_threshold():
    found = erlang.measures(100, 180, 1800, 12, within_s=20, patience_s=60)
    with pytest.raises(DataError, match="basis 'short_abandons_met' without a threshold; give short_abandon_s"):
        found.service_level("short_abandons_met")
    with pytest.raises(DataError, match="did you mean 'offered'"):
        found.service_level("offerd")
    with pytest.raises(DataError, match=r"write 0\.05 for 5 %"):
        found.longest_wait_s(5)
