"""Teams against `wfm.erlang`, and surfaces against teams."""

from __future__ import annotations

import numpy as np
import pytest

from wfm.domain import LongestWait, MaxAbandonment, MeanAnswer, ServiceLevel
from wfm.erlang import agents_required, chat_agents_required, chat_measures, measures
from wfm.quotes.models import Team
from wfm.quotes.surface import Question, surfaces

LEVEL, LONGEST = ServiceLevel(0.8, "30s"), LongestWait("30s")
VOLUME = np.array([5.0, 30.0, 30.0, 120.0, 260.0, 5.0])


@pytest.mark.parametrize("patience", [None, 120.0])
def test_a_phone_team_is_that_of_the_formulas(patience: float | None) -> None:
    team = Team(VOLUME, (300.0,), patience, 1800.0)
    assert len(team.offered) == 4
    agents = team.fewest([LEVEL])
    assert agents[team.back].tolist() == agents_required(VOLUME, 300.0, 1800.0, LEVEL, patience_s=patience).tolist()
    found = team.figures(agents, LEVEL, LONGEST)
    wanted = measures(team.offered, 300.0, 1800.0, agents, within_s=30.0, patience_s=patience)
    for name in ("asa_s", "abandonment", "occupancy"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-9)
    assert found.service_level == pytest.approx(wanted.service_level(), rel=1e-9)
    assert found.longest_s == pytest.approx(wanted.longest_wait_s(0.01), rel=1e-6)
    assert team.levels(agents, LEVEL) == pytest.approx(found.service_level)


def test_a_chat_team_is_that_of_the_formulas() -> None:
    sessions = (300.0, 420.0, 540.0)
    team = Team(VOLUME, sessions, 200.0, 1800.0)
    agents = team.fewest([LEVEL])
    assert (
        agents[team.back].tolist() == chat_agents_required(VOLUME, sessions, 1800.0, LEVEL, patience_s=200.0).tolist()
    )
    wanted = chat_measures(team.offered, sessions, 1800.0, agents, within_s=30.0, patience_s=200.0)
    assert team.figures(agents, LEVEL, LONGEST).occupancy == pytest.approx(wanted.occupancy)


def test_staff_beyond_the_ladder_is_answered_too() -> None:
    team = Team(np.array([30.0]), (300.0,), None, 1800.0)
    assert team.figures(np.array([500]), LEVEL, LONGEST).service_level[0] == pytest.approx(1.0)
    assert team.levels(np.array([500]), LEVEL)[0] == pytest.approx(1.0)


@pytest.mark.parametrize("patience", [None, 120.0])
def test_real_agents_are_near_the_exact_ones(patience: float | None) -> None:
    team = Team(np.geomspace(20.0, 2000.0, 12), (300.0,), patience, 1800.0)
    exact = agents_required(team.offered, 300.0, 1800.0, LEVEL, patience_s=patience, fractional=True)
    assert np.abs(team.real([LEVEL]) - exact).max() < 0.04


@pytest.mark.parametrize(
    ("sessions", "patience", "goals"),
    [
        ((300.0,), None, (LEVEL,)),
        ((300.0,), 120.0, (LEVEL,)),
        ((300.0,), 120.0, (MeanAnswer("20s"), MaxAbandonment(0.05))),
        ((300.0,), 90.0, (LONGEST,)),
        ((300.0, 360.0, 420.0), None, (LEVEL,)),
        ((300.0, 360.0, 420.0), 200.0, (ServiceLevel(0.95, "10s"), LongestWait("2min", breach=0.05))),
    ],
)
def test_a_surface_is_within_a_hundredth_of_the_exact_hours(
    sessions: tuple[float, ...], patience: float | None, goals: tuple[object, ...]
) -> None:
    rng = np.random.default_rng(3)
    volume = rng.uniform(8.0, 400.0, 250)
    load = volume * sessions[0] / 1800.0
    question = Question(sessions, patience, 1800.0, goals, float(load.min()), float(load.max()))
    found = surfaces([question])[0].agents(load)
    team = Team(volume, sessions, patience, 1800.0)
    exact = team.fewest(goals)[team.back]
    assert np.abs(found - exact).max() <= 1
    assert found.sum() == pytest.approx(exact.sum(), rel=0.01)


def test_surfaces_searched_together_are_those_searched_alone() -> None:
    asked = [Question((300.0,), 120.0, 1800.0, (ServiceLevel(share, "30s"),), 2.0, 60.0) for share in (0.5, 0.8, 0.99)]
    for alone, together in zip([surfaces([one])[0] for one in asked], surfaces(asked), strict=True):
        assert together.excess == pytest.approx(alone.excess, abs=0.02)
