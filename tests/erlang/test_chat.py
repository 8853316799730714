from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfm import erlang
from wfm.domain.targets import MaxOccupancy, ServiceLevel
from wfm.errors import DataError

# Simulated (stated with the specification of the model): agents, AHT by sessions held, contacts per second, level
# within 30 s and abandonment at a patience of 180 s.
SIMULATED = [
    (10, [300, 420, 540], 0.050, 0.9154, 0.0290),
    (10, [300, 420, 540], 0.055, 0.8102, 0.0662),
    (30, [300, 360, 450, 600], 0.19, 0.9888, 0.0037),
    (5, [300, 480], 0.018, 0.8352, 0.0707),
]


@pytest.mark.parametrize(("agents", "aht", "rate", "level", "abandons"), SIMULATED)
def test_within_015_of_the_simulated_level(agents, aht, rate, level, abandons):
    for offered in (rate, np.array([rate])):
        found = erlang.chat_measures(offered, aht, 1, agents, within_s=30, patience_s=180)
        assert np.squeeze(found.service_level()) == pytest.approx(level, abs=0.015)
        assert np.squeeze(found.abandonment) == pytest.approx(abandons, abs=0.015)


@settings(max_examples=40, deadline=None)
@given(load=st.floats(0.01, 40), more=st.integers(1, 6), patience=st.sampled_from([None, 60.0]))
def test_one_session_is_erlang(load, more, patience):
    agents = int(load) + more
    # With hardly any slack the last digits of the load decide.
    assume(agents - load > 1e-3)
    options = {"within_s": 20, "patience_s": patience, "short_abandon_s": 5}
    chat = erlang.chat_measures(load, [200], 200, agents, **options)
    phone = erlang.measures(load, 200, 200, agents, **options)
    for name in ("wait_probability", "asa_s", "abandonment", "occupancy", "load_erl"):
        assert getattr(chat, name) == pytest.approx(getattr(phone, name), rel=1e-9, abs=1e-13)
    for basis, missed in phone.missed.items():
        assert chat.missed[basis] == pytest.approx(missed, rel=1e-9, abs=1e-300)


def test_balance_of_a_single_agent_by_hand():
    # One agent, two sessions, no patience: the states 0, 1, 2, 3 ... have the ratios rate / end of each.
    rate, one, both = 0.004, 1 / 200, 2 / 300
    first = rate / one
    second = first * rate / both
    rest = second * (rate / both) / (1 - rate / both)
    found = erlang.chat_measures(rate, [200, 300], 1, 1, within_s=0)
    total = 1 + first + second + rest
    assert found.wait_probability == pytest.approx((second + rest) / total, rel=1e-13)
    assert found.occupancy == pytest.approx(1 - 1 / total, rel=1e-13)


@settings(max_examples=40, deadline=None)
@given(
    rate=st.floats(1e-4, 0.1),
    slowdown=st.floats(0, 0.9),
    most=st.integers(1, 4),
    patience=st.sampled_from([None, 45.0, 600.0]),
)
def test_the_smallest_staff(rate, slowdown, most, patience):
    aht = [240 * (1 + slowdown * others) for others in range(most)]
    target = (ServiceLevel(0.8, "30s"), MaxOccupancy(0.97))
    agents = erlang.chat_agents_required(rate, aht, 1, target, patience_s=patience)

    def holds(count):
        if patience is None and count * most <= rate * aht[-1]:
            return False
        found = erlang.chat_measures(rate, aht, 1, count, within_s=30, patience_s=patience)
        return found.service_level() >= 0.8 and found.occupancy <= 0.97

    assert holds(agents)
    assert agents == 1 or not holds(agents - 1)
    many = erlang.chat_agents_required([0.0, rate, rate / 2], aht, 1, target, patience_s=patience)
    assert many[:2].tolist() == [0, agents]
    assert many[2] <= agents
    assert erlang.chat_agents_required(0, aht, 1, target, patience_s=patience) == 0


def test_no_contacts_need_nobody():
    assert erlang.chat_agents_required([0.0], [180, 190], 1800, ServiceLevel(0.8, "30s")).tolist() == [0]
    assert erlang.chat_measures([0.0], [180, 190], 1800, 0, within_s=30).service_level().tolist() == [1.0]
    assert erlang.chat_measures(0.0, [180, 190], 1800, 2, within_s=30).occupancy == 0.0


def test_far_too_many_agents():
    for offered in (0.001, [0.001, 0.0]):
        found = erlang.chat_measures(offered, [180, 190], 1800, 200, within_s=30, patience_s=4)
        assert np.all(np.array(found.service_level("answered")) == 1.0)
        assert np.all(np.array(found.occupancy) < 1e-6)


def test_bad_input():
    def message(*args, **options):
        with pytest.raises(DataError) as caught:
            erlang.chat_measures(*args, within_s=30, **options)
        return str(caught.value)

    assert message(10, 300, 1800, 3).startswith("aht_s is 300; give a list")
    assert message(10, np.int64(3), 1800, 3).startswith("aht_s is np.int64(3); give a list")
    assert message(10, [], 1800, 3).startswith("aht_s is []; give a list")
    assert message(10, [300, -4], 1800, 3) == (
        "aht_s[1] must be a finite number above 0, got -4; give the mean handle time in seconds"
    )
    assert message(18, [300, 400], 1800, 2) == (
        "2 agents cannot take the 36 contacts an hour that are offered; "
        "give more agents, or patience_s if contacts abandon"
    )
    assert "(row 1)" in message([1, 18], [300, 400], 1800, 2)
    assert message(1e9, [300], 1800, 2).startswith("a load of 1.66667e+08 erlangs is above 10 million")
