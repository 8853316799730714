"""One agent-hour followed from the requirement through the roster to the simulation: shrinkage is counted once.

Ten heads are scheduled for nine on seat when a tenth of paid time is lost; the roster puts ten on shift; the simulation
takes that tenth away and no more. Counted twice, 8.1 would be left; never, 10.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import roster, simulate, staffing
from wfm.domain import Shrinkage
from wfm.testing import make_centre
from wfm.timegrid import Horizon

ON_SEAT, SCHEDULED = 9, 10
LOST = {
    "whole shifts": (Shrinkage(name="sickness", fraction=0.1, whole_shift=True),),
    "minutes": (Shrinkage(name="coaching", fraction=0.1, planned=True),),
    "both": (
        Shrinkage(name="sickness", fraction=0.06, whole_shift=True),
        Shrinkage(name="coaching", fraction=0.04, planned=True),
    ),
    "beside what the roster places": (
        Shrinkage(name="sickness", fraction=0.1, whole_shift=True),
        Shrinkage(name="breaks", fraction=0.06, planned=True, in_roster=True),
    ),
}


def one_day(*, people, shrinkage):
    """Return a centre that wants nine on seat at all times, the forecast of a Monday with next to no contacts."""
    centre = make_centre(people=people, shrinkage=0.1)
    queue = replace(centre.queues[0], min_agents=ON_SEAT)
    centre = replace(centre, queues=(queue,), shrinkage=shrinkage)
    starts = Horizon("2026-01-05", days=1, tz=centre.tz).starts
    starts = starts[(starts.hour >= 8) & (starts.hour < 20)]
    return centre, pd.DataFrame({"queue": queue.name, "start": starts, "offered": 0.5})


@pytest.fixture(scope="module")
def rostered():
    """Return centre, forecast, requirement and a roster of it, made once: it does not depend on the sort of loss."""
    centre, forecast = one_day(people=34, shrinkage=LOST["whole shifts"])
    need = staffing.requirement(forecast, centre)
    return centre, forecast, need, roster.solve(need, centre, work_limit=20)


def work_h(activities):
    work = activities[activities["activity"] == "work"]
    return (work["end"] - work["start"]).sum() / pd.Timedelta(hours=1)


def test_make_centre_loses_the_share_asked_for():
    assert make_centre(shrinkage=0.1).unrostered_shrinkage == 0.1


@pytest.mark.parametrize("lost", LOST)
def test_the_requirement_divides_once_by_what_the_roster_does_not_place(lost):
    centre, forecast = one_day(people=34, shrinkage=LOST[lost])
    need = staffing.requirement(forecast, centre).to_frame()
    assert set(need["agents"]) == {ON_SEAT}
    assert set(need["scheduled"]) == {SCHEDULED}


def test_the_roster_covers_the_scheduled_heads_and_adds_nothing(rostered):
    _, _, need, made = rostered
    required = need.to_frame()["scheduled"]
    assert made.coverage["required"].tolist() == required.tolist()
    # An hour of coverage is an hour of work on the roster: nothing is divided or multiplied again.
    assert made.coverage["rostered"].sum() / 2 == pytest.approx(work_h(made.activities))
    assert (made.coverage["under"] - made.coverage["over"] + made.coverage["rostered"]).tolist() == required.tolist()
    assert made.coverage["under"].sum() < 0.1 * required.sum()


@pytest.mark.parametrize("lost", LOST)
def test_the_simulation_takes_it_away_once(rostered, lost):
    _, forecast, _, made = rostered
    centre, _ = one_day(people=34, shrinkage=LOST[lost])
    proof = simulate.run(forecast, made, centre, replications=400, seed=3)
    on_seat = proof.groups["staffed_h"].sum()
    # 20 shifts, of which each is lost with probability 0.1: over 400 runs the mean share has an error of 0.0034.
    assert on_seat / work_h(made.activities) == pytest.approx(ON_SEAT / SCHEDULED, abs=0.014)
    seats = proof.to_frame()["agents"].to_numpy()
    assert seats.sum() / 2 == pytest.approx(on_seat)
    # Interval by interval: where ten are rostered, nine are on seat.
    share = seats / made.coverage["rostered"].to_numpy()
    assert np.all(np.abs(share - ON_SEAT / SCHEDULED) < 0.05)


def test_without_shrinkage_the_same_hour_goes_through_untouched(rostered):
    _, forecast, _, made = rostered
    centre, _ = one_day(people=34, shrinkage=())
    need = staffing.requirement(forecast, centre).to_frame()
    assert need["scheduled"].tolist() == need["agents"].tolist()
    proof = simulate.run(forecast, made, centre, replications=2)
    assert proof.to_frame()["agents"].to_numpy() == pytest.approx(made.coverage["rostered"].to_numpy())
