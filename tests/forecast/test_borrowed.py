from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecaster, SeasonalNaive
from wfm.forecast.borrowed import NewQueue, add_queue
from wfm.testing import assert_frame_valid, make_history
from wfm.timegrid import Horizon

AHEAD = Horizon("2026-03-02", weeks=2, tz="Europe/Berlin")


@pytest.fixture(scope="module")
def history():
    return make_history(weeks=8)


@pytest.fixture(scope="module")
def forecast(history):
    return Forecaster().fit(history).predict(AHEAD)


def new(**changed):
    return NewQueue(**({"name": "calls-fr", "like": "calls", "per_day": 100.0, "cv": 0.4} | changed))


def of(forecast, queue="calls-fr"):
    frame = forecast.to_frame()
    return frame[frame["queue"] == queue].reset_index(drop=True)


def own_days(history, ratio, days, seed=0):
    """Return the last days of the history, and as many of a queue that has `ratio` of its contacts."""
    late = history[history["start"] >= pd.Timestamp("2026-03-02", tz="Europe/Berlin") - pd.Timedelta(days=days)]
    offered = np.random.default_rng(seed).poisson(ratio * late["offered"])
    mine = late[["queue", "start"]].assign(queue="calls-fr", offered=offered)
    return pd.concat([late[["queue", "start", "offered"]], mine], ignore_index=True)


def test_from_nothing_it_has_the_level_told_the_course_of_its_like_and_a_wide_band(forecast):
    made = add_queue(forecast, new())
    assert_frame_valid(made, "forecast")
    mine, like = of(made), of(forecast, "calls")
    assert mine["offered"].sum() / 10 == pytest.approx(100.0)
    np.testing.assert_allclose(mine["offered"] / mine["offered"].sum(), like["offered"] / like["offered"].sum())
    days = made.days().set_index("queue").loc["calls-fr"]
    # A gamma of mean 100 and variation .4 has 80 % between 54 and 153.
    width = ((days["offered_q90"] - days["offered_q10"]) / days["offered"]).mean()
    assert 0.9 < width < 1.2
    assert of(made, "calls").equals(like)
    assert made.audit["finding"].str.startswith("new queue: like 'calls', 100 contacts a day told").sum() == 1


def test_its_own_days_take_over_and_narrow_the_band(history, forecast):
    true = 0.6  # of the like's contacts, where a quarter was told
    before = add_queue(forecast, new())
    usual = of(forecast, "calls")["offered"].sum()
    found = [add_queue(forecast, new(), own_days(history, true, days)) for days in (3, 7)]
    shares = [of(one)["offered"].sum() / usual for one in (before, *found)]
    assert shares[0] < 0.35 < shares[1]
    assert abs(shares[2] - true) < 0.05
    widths = []
    for one in (before, *found):
        days = one.days().set_index("queue").loc["calls-fr"]
        widths.append(((days["offered_q90"] - days["offered_q10"]) / days["offered"]).mean())
    assert widths[0] > widths[1] > widths[2]


def test_days_without_a_contact_count_too(history, forecast):
    made = add_queue(forecast, new(), own_days(history, 0.0, 7))
    assert 0 < of(made)["offered"].sum() < 0.1 * of(add_queue(forecast, new()))["offered"].sum()


def test_faults(history, forecast):
    with pytest.raises(DataError) as caught:
        NewQueue(name="a", like="a", per_day=0, cv=3)
    assert len(caught.value.problems) == 3
    with pytest.raises(DataError, match="queue 'cals' is not in the forecast; did you mean 'calls'"):
        add_queue(forecast, new(like="cals"))
    with pytest.raises(DataError, match="the forecast already has queue 'calls'"):
        add_queue(forecast, new(name="calls", like="x"))
    with pytest.raises(DataError, match="cannot say how queue 'calls' may be off"):
        add_queue(SeasonalNaive().fit(history).predict(AHEAD), new())
    with pytest.raises(DataError, match="the history has no interval of both 'calls-fr' and 'calls'"):
        add_queue(forecast, new(), history)
    with pytest.raises(DataError, match="write add_queue"):
        add_queue(forecast, "calls-fr")
