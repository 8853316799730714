"""Courses of uncertain volume: the forecast's own paths as the contacts of the replications."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm import simulate
from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster
from wfm.simulate.case import Case
from wfm.testing import make_centre, make_history
from wfm.timegrid import Horizon

CENTRE = make_centre(people=12)


@pytest.fixture(scope="module")
def ahead() -> Forecast:
    horizon = Horizon("2026-03-02", days=2, tz=CENTRE.tz)
    return Forecaster(calendar=CENTRE).fit(make_history()).predict(horizon)


def roster(ahead: Forecast, people: int) -> pd.DataFrame:
    starts = ahead.to_frame()["start"]
    rows = [
        {"employee": employee.id, "start": own.min(), "end": own.max() + pd.Timedelta(minutes=30), "activity": "work"}
        for _, own in starts.groupby(starts.dt.date)
        for employee in CENTRE.employees[:people]
    ]
    return pd.DataFrame(rows).assign(queue="calls")


def test_each_replication_has_the_contacts_of_one_course(ahead):
    replications = 400
    result = simulate.run(ahead, roster(ahead, 8), CENTRE, replications=replications, seed=3, paths="forecast")
    offered = result.by_replication.query("queue == 'calls'")["offered"].to_numpy()
    totals = ahead.path_arrays(1000, seed=3)["calls"].sum(axis=1)
    assert set(offered) <= set(totals.astype(float))
    # Far wider than Poisson, and as wide as the courses: a standard deviation has a relative error of about 1/√(2n).
    assert offered.std() == pytest.approx(totals.std(), rel=4 / np.sqrt(2 * replications))
    assert offered.std() > 1.5 * np.sqrt(offered.mean())
    assert result.volume == "courses of uncertain volume"
    assert str(result).startswith("simulation: 400 replications of courses of uncertain volume, seed 3\n")


def test_days_go_together_as_in_the_courses(ahead):
    case = Case.of(ahead, roster(ahead, 8), CENTRE, paths="forecast", seed=1)
    day = ahead.to_frame()["start"].dt.date
    drawn = [case.draw(np.random.SeedSequence(number)) for number in range(400)]
    rows = np.array([np.bincount(one.row, minlength=len(day)) for one in drawn])
    found, known = (
        pd.DataFrame(table).T.groupby(day.to_numpy()).sum().T.to_numpy()
        for table in (rows, ahead.path_arrays(1000, seed=1)["calls"])
    )
    assert found.std(axis=0) == pytest.approx(known.std(axis=0), rel=0.15)
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(np.corrcoef(known.T)[0, 1], abs=0.15)


def test_rosters_meet_the_same_courses(ahead):
    few, many = (
        simulate.run(ahead, roster(ahead, people), CENTRE, replications=20, paths="forecast").by_replication
        for people in (5, 9)
    )
    assert few["offered"].tolist() == many["offered"].tolist()
    assert few["service_level"].tolist() != many["service_level"].tolist()
    found = simulate.compare(ahead, roster(ahead, 5), roster(ahead, 9), CENTRE, replications=20, paths="forecast")
    level = found.to_frame().set_index(["queue", "measure"]).loc[("calls", "service_level")]
    assert level["difference_low"] > 0


def test_antithetic_courses_are_of_opposite_volume(ahead):
    plain, pairs = (
        simulate.run(
            ahead, roster(ahead, 8), CENTRE, replications=100, paths="forecast", antithetic=antithetic
        ).by_replication["offered"]
        for antithetic in (False, True)
    )
    # Rows are means of pairs: independent ones would halve the variance.
    assert pairs.var() < 0.25 * plain.var()


def test_from_now_on_the_courses_are_those_of_what_is_to_come(ahead):
    frame = ahead.to_frame()
    now = frame["start"].iloc[5] + pd.Timedelta(minutes=10)
    state = simulate.State(now=now, present=[employee.id for employee in CENTRE.employees[:8]])
    case = Case.of(ahead, roster(ahead, 8), CENTRE, paths="forecast", state=state)
    known = ahead.path_arrays(1000)["calls"][:, 5:]
    assert case.paths.shape == known.shape
    assert sorted(case.paths.sum(axis=1)) == sorted(known.sum(axis=1))


def test_a_forecast_that_cannot_say(ahead):
    people = roster(ahead, 8)
    with pytest.raises(DataError, match=r"the forecast, a DataFrame, does not say how its days may be off together"):
        simulate.run(ahead.to_frame(), people, CENTRE, paths="forecast")
    bare = Forecast(ahead.to_frame(), tz=CENTRE.tz, interval_s=1800.0)
    with pytest.raises(DataError, match="the forecast of queue 'calls' does not say how far its days may be off"):
        simulate.run(bare, people, CENTRE, paths="forecast")
    with pytest.raises(DataError, match="unknown paths 'forcast'"):
        simulate.run(ahead, people, CENTRE, paths="forcast")
