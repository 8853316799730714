"""Coverage bought from level curves: tiers that follow the curve, and targets met over the day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.errors import DataError
from wfm.roster import solve
from wfm.roster.buying import Buy, Curves, service_levels
from wfm.roster.problem import build_case
from wfm.staffing import requirement
from wfm.staffing.result import Requirement

TZ = "Europe/Berlin"


def centre(people: int) -> Centre:
    """Return a centre of one queue whose people work short shifts at any half hour from 8 to 16."""
    return Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(Contract(name="full", cost_per_hour=20.0, min_day="2h"),),
        shifts=(
            ShiftTemplate(name="day", earliest_start="08:00", latest_start="14:00", min_length="2h", max_length="8h"),
        ),
        employees=tuple(Employee(id=f"A{n:02d}", contract="full", skills=(Skill("calls"),)) for n in range(people)),
    )


def need_of(place: Centre) -> Requirement:
    starts = pd.date_range("2026-11-02 08:00", periods=16, freq="30min", tz=TZ)
    volume = 30 + 25 * np.sin(np.arange(16) * np.pi / 15)
    forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": volume, "aht_s": 240.0})
    return requirement(forecast, place)


def test_tiers_follow_the_curve() -> None:
    place = centre(4)
    need = need_of(place)
    case = build_case(need, place)
    curves = Curves(case, need, Buy(price=3.0))
    tiers = curves.case_at(np.full(len(curves.keys), 3.0)).bought
    assert tiers is not None
    for interval, (start, curve) in enumerate(need.level_curve.groupby("start", sort=True)):
        offered = float(need.frame.loc[need.frame["start"] == start, "offered"].iloc[0])
        top = curve.loc[curve["service_level"].idxmax()]
        row = interval + int((start - pd.Timestamp("2026-11-02", tz=TZ)) / pd.Timedelta("30min")) - interval
        # All agents of the curve together are worth every contact that it reaches in time.
        assert tiers.shortage_cost(np.zeros(case.demand.shape))[row, 0] == pytest.approx(
            3.0 * offered * top["service_level"]
        )
        there = np.zeros(case.demand.shape)
        there[row, 0] = top["agents"]
        assert tiers.shortage_cost(there)[row, 0] == pytest.approx(0.0, abs=1e-9)
    worth = tiers.worth[: tiers.above]
    assert (np.diff(np.where(tiers.size[: tiers.above] > 0, worth, -1.0), axis=0) <= 1e-9).all()


def test_a_dear_contact_buys_more_agents_than_a_cheap_one() -> None:
    place = centre(14)
    need = need_of(place)
    levels = []
    for price in (0.5, 20.0):
        roster = solve(need, place, buy=Buy(price=price), work_limit=30)
        assert roster.bound is not None
        assert roster.bound <= roster.objective * (1 + 1e-9)
        levels.append(service_levels(need, roster.coverage)["service_level"].iloc[0])
    assert levels[0] < 0.7
    assert levels[1] > 0.9


def test_the_target_is_met_over_the_day() -> None:
    place = centre(14)
    need = need_of(place)
    roster = solve(need, place, buy=Buy(), work_limit=50)
    found = service_levels(need, roster.coverage)
    assert found["target"].tolist() == [0.8]
    assert 0.79 <= found["service_level"].iloc[0] <= 0.92
    # Somewhere in the day an interval misses what the day meets.
    by_interval = service_levels(need, roster.coverage, scope="interval")
    assert by_interval["service_level"].min() < 0.79
    assert len(by_interval) == 16


@pytest.mark.parametrize("work", [5, 50])
def test_a_target_that_some_roster_meets_is_met(work: int) -> None:
    shift = ShiftTemplate(name="s", earliest_start="08:00", latest_start="12:00", min_length="4h", max_length="8h")
    place = replace(centre(12), shifts=(shift,))
    start = pd.date_range("2026-11-02 08:00", periods=16, freq="30min", tz=place.tz)
    offered = np.concatenate((np.linspace(4, 16, 8), np.linspace(16, 4, 8)))
    both = pd.DataFrame({"start": start.append(start + pd.Timedelta(days=1)), "offered": np.tile(offered, 2)})
    need = requirement(both.assign(queue=place.queues[0].name, aht_s=240.0), place)
    found = service_levels(need, solve(need, place, buy=Buy(), work_limit=work).coverage)
    assert len(found) == 2
    assert (found["service_level"] >= found["target"] - 1e-4).all()
    # Eight hours of all people on both days would meet it too: what is bought is less.
    assert found["service_level"].max() <= 0.9


def test_a_frame_alone_has_no_curves() -> None:
    place = centre(2)
    frame = need_of(place).to_frame()
    with pytest.raises(DataError, match=r"wfm\.staffing\.requirement"):
        solve(frame, place, buy=Buy())
    with pytest.raises(DataError, match="scope"):
        Buy(scope="month")
