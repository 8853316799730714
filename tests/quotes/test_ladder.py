"""The ladder against `wfm.erlang`, which steps each load by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import LongestWait, MaxOccupancy, MeanAnswer, ServiceLevel
from wfm.erlang import agents_required, measures
from wfm.quotes.ladder import Ladder

GOALS = st.one_of(
    st.builds(ServiceLevel, st.floats(0.05, 0.999), st.sampled_from(["0s", "10s", "30s", "5min"])),
    st.builds(MeanAnswer, st.sampled_from(["1s", "30s", "5min"])),
    st.builds(LongestWait, st.sampled_from(["30s", "2min"]), breach=st.floats(0.001, 0.3)),
    st.builds(MaxOccupancy, st.floats(0.3, 1.0)),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.01, 3000.0), min_size=1, max_size=8),
    st.floats(20.0, 2000.0),
    st.lists(GOALS, min_size=1, max_size=3),
)
def test_the_ladder_gives_the_same_agents_as_the_formulas(loads: list[float], aht: float, goals: list[object]) -> None:
    load = np.array(loads)
    found = Ladder(load, np.full(len(load), aht)).fewest(goals)
    wanted = agents_required(load * 1800.0 / aht, aht, 1800.0, goals)
    assert np.abs(found - wanted).max() <= (1 if any(isinstance(goal, MaxOccupancy) for goal in goals) else 0)
    assert (found >= np.floor(load)).all()


def test_a_published_figure() -> None:
    """Erlang C with 10 erlangs and 14 agents waits with 0.1741319 (Koole, Call Center Mathematics)."""
    known = Ladder(np.array([10.0]), np.array([180.0])).at(np.array([14]))
    assert known is not None
    assert known[0][0] == pytest.approx(0.1741319, abs=5e-8)


def test_ratios_are_those_of_the_measures() -> None:
    load, agents = np.array([3.0, 40.0, 500.0]), np.array([6, 47, 520])
    ladder = Ladder(load, np.full(3, 240.0))
    found = measures(load, 240.0, 240.0, agents, within_s=30.0)
    wanted = np.log(found.missed_level() / 0.2)
    assert ladder.ratios([ServiceLevel(0.8, "30s")], agents) == pytest.approx(wanted, rel=1e-9)
    assert ladder.ratios([MeanAnswer("30s")], agents) == pytest.approx(np.log(found.asa_s / 30.0), rel=1e-9)
    assert ladder.at(np.array([3, 41, 501])) is None
