from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, breach_probability, control_limits, drift
from wfm.testing import make_history
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


@pytest.fixture(scope="module")
def forecast():
    history = make_history(per_day={"calls": 2000.0, "chat": 30.0})
    return Forecaster().fit(history).predict(Horizon("2026-03-02", weeks=2, tz=TZ))


@pytest.fixture(scope="module")
def actual(forecast):
    frame = forecast.to_frame()
    return frame[["queue", "start"]].assign(offered=frame["offered"].round())


def test_a_day_far_off_is_outside_and_the_others_are_not(forecast, actual):
    off = actual["start"].dt.date == date(2026, 3, 5)
    calls = (actual["queue"] == "calls") & off
    rows = actual.assign(offered=np.where(calls, 1.5, 1.0) * actual["offered"])
    found = control_limits(forecast, rows)
    outside = found[found["outside"]]
    assert outside[["queue", "day"]].to_numpy().tolist() == [["calls", date(2026, 3, 5)]]
    assert len(found) == 20
    assert ((found["low"] < found["expected"]) & (found["expected"] < found["high"])).all()
    wide = control_limits(forecast, rows, false_alarm=0.01)
    assert (wide["high"] >= found["high"]).all()


def test_the_limits_hold_their_rate_on_the_forecasts_own_days(forecast):
    drawn = forecast.path_arrays(400, queues=["calls"])["calls"].reshape(400, 10, -1).sum(axis=2)
    limits = control_limits(forecast, _rows(forecast, "calls"), false_alarm=0.2)
    outside = (drawn < limits["low"].to_numpy()) | (drawn > limits["high"].to_numpy())
    assert outside.mean() == pytest.approx(0.2, abs=0.05)


def _rows(forecast, queue):
    rows = forecast.to_frame().query("queue == @queue")
    return rows[["queue", "start"]].assign(offered=rows["offered"].round())


def test_a_drift_is_found_and_chance_is_not(forecast, actual):
    assert not any(trigger.left for trigger in drift(forecast, actual).values())
    found = drift(forecast, actual.assign(offered=actual["offered"] * 1.25))
    assert found["calls"].left
    assert len(found["calls"].frame) == 10


def test_the_chance_of_a_breach_agrees_with_the_paths_and_the_quantiles(forecast):
    day = forecast.days().query("queue == 'calls'").iloc[0]
    for column, level in (("offered_q10", 0.1), ("offered_q50", 0.5), ("offered_q90", 0.9)):
        found = breach_probability(forecast, {"calls": day[column]})
        assert found["probability"].iloc[0] == pytest.approx(1 - level, abs=0.01)  # one contact more or less
    drawn = forecast.path_arrays(4000, queues=["chat"])["chat"].reshape(4000, 10, -1).sum(axis=2)
    found = breach_probability(forecast, {"chat": 33})
    np.testing.assert_allclose(found["probability"], (drawn > 33).mean(axis=0), atol=0.05)
    assert breach_probability(forecast, 0)["probability"].min() > 0.99
    assert breach_probability(forecast, {"chat": 33.9})["probability"].tolist() == found["probability"].tolist()


def test_faults_are_named(forecast, actual):
    with pytest.raises(DataError, match="capacity of 'calls' must be a number"):
        breach_probability(forecast, {"calls": -1})
    with pytest.raises(DataError, match="queue 'cals' is not in the forecast; did you mean 'calls'"):
        breach_probability(forecast, {"cals": 5})
    with pytest.raises(DataError, match="no queue with a capacity; give one number for all queues"):
        breach_probability(forecast, {})
    closed = Forecast(forecast.to_frame().head(0), tz=TZ, interval_s=1800)
    with pytest.raises(DataError, match="the forecast has no open interval; give a longer horizon"):
        breach_probability(closed, 5)
    with pytest.raises(DataError, match="forecast it with Forecaster"):
        breach_probability(Forecast(forecast.to_frame(), tz=TZ, interval_s=1800), 5)
    with pytest.raises(DataError, match=r"1 intervals of queue 'calls' are missing, the first at 2026-03-02T08:00"):
        control_limits(forecast, actual.iloc[1:])
    night = actual.head(1).assign(start=actual["start"].iloc[0] - pd.Timedelta(hours=4))
    with pytest.raises(DataError, match="closed or not forecast at 2026-03-02T04:00"):
        control_limits(forecast, pd.concat([actual, night]))
    with pytest.raises(DataError, match="no day that has gone by"):
        drift(forecast, actual.head(0))
