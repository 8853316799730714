from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecaster
from wfm.forecast.drivers import check_lags, fit_drivers, read_drivers, week_mean
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
DAYS = pd.date_range("2026-01-05", periods=140, freq="D")
AHEAD = Horizon("2026-04-27", days=28, interval="1d", tz=TZ)  # the last 28 of them


def world(*, power=0.8, lag=0, seed=0):
    """Return the calls of 140 days that follow orders, and the orders."""
    rng = np.random.default_rng(seed)
    orders = 1000 * np.exp(np.cumsum(rng.normal(0, 0.08, 140)) + 0.3 * np.sin(np.arange(140) / 7 * 2 * np.pi))
    calls = 300 * (np.roll(orders, lag) / 1000) ** power * np.exp(rng.normal(0, 0.02, 140))
    calls[:lag] = 300
    history = pd.DataFrame({"queue": "calls", "start": DAYS.tz_localize(TZ), "offered": calls})
    return history, pd.DataFrame({"day": DAYS, "orders": orders})


def known(history):
    return history[history["start"] < AHEAD.starts[0]]


def error(history, forecast):
    both = history.merge(forecast.to_frame(), on="start", suffixes=("", "_said"))
    return (both["offered_said"] - both["offered"]).abs().sum() / both["offered"].sum()


def test_a_driver_that_moves_the_calls_makes_the_forecast_better():
    history, orders = world()
    without = error(history, Forecaster().fit(known(history)).predict(AHEAD))
    told = error(history, Forecaster().fit(known(history), drivers=orders).predict(AHEAD))
    assert told < 0.3 * without
    assert told < 0.04


def test_values_may_be_told_with_the_horizon():
    history, orders = world()
    early = orders[orders["day"] < "2026-04-27"]
    late = orders[orders["day"] >= "2026-04-27"]
    whole = Forecaster().fit(known(history), drivers=orders).predict(AHEAD).to_frame()
    parts = Forecaster().fit(known(history), drivers=early).predict(AHEAD, drivers=late).to_frame()
    # The mean of the last week of the history reaches three days ahead, which the fit knows of in the first alone.
    np.testing.assert_allclose(parts["offered"], whole["offered"], rtol=0.02)


def test_a_value_that_is_not_known_is_refused_by_column_and_day():
    history, orders = world()
    model = Forecaster().fit(known(history), drivers=orders[orders["day"] < "2026-05-22"])
    with pytest.raises(
        DataError,
        match="driver 'orders' of queue 'calls' has no value on 3 days, the first: 2026-05-22; "
        r"give predict\(..., drivers=\) its value on each of these days, or leave it out",
    ):
        model.predict(AHEAD)


def test_lags_are_learnt_and_a_long_one_needs_no_future():
    history, orders = world(lag=2)
    model = Forecaster(lags={"orders": range(4)}).fit(known(history), drivers=orders)
    right = error(history, model.predict(AHEAD))
    assert right < 0.6 * error(history, Forecaster().fit(known(history), drivers=orders).predict(AHEAD))
    past = orders[orders["day"] < "2026-04-27"]
    Forecaster(lags={"orders": 28}).fit(known(history), drivers=past).predict(AHEAD)
    with pytest.raises(DataError, match="no value on 2026-04-27, 27 days before the forecast"):
        Forecaster(lags={"orders": 27}).fit(known(history), drivers=past).predict(AHEAD)


def test_days_before_a_driver_began_stay_in_the_fit_and_are_said():
    history, orders = world()
    late = orders[orders["day"] >= "2026-02-16"]
    model = Forecaster().fit(known(history), drivers=late)
    assert len(model.models_["calls"].level.weights) == 112
    said = model.audit_[model.audit_["finding"].str.startswith("driver")]
    assert said["finding"].tolist() == ["driver 'orders' not known on 42 of 112 open days"]
    assert said["end"].tolist() == [pd.Timestamp("2026-02-16", tz=TZ)]
    assert error(history, model.predict(AHEAD)) < 0.06


def test_constant_and_equal_drivers_do_no_harm():
    history, orders = world()
    plain = Forecaster().fit(known(history), drivers=orders).predict(AHEAD)
    more = orders.assign(again=2 * orders["orders"], never=0.0, ever=7.0)
    model = Forecaster().fit(known(history), drivers=more)
    findings = model.audit_["finding"].tolist()
    assert "driver 'never' is the same on all days of the history: 0" in findings
    assert "driver 'ever' is the same on all days of the history: 7" in findings
    np.testing.assert_allclose(model.predict(AHEAD).to_frame()["offered"], plain.to_frame()["offered"], rtol=0.02)


def test_a_campaign_is_a_flag_and_its_effect_a_factor():
    rng = np.random.default_rng(1)
    flag = (rng.random(140) < 0.15).astype(float)
    calls = 300 * np.where(flag > 0, 1.5, 1.0) * np.exp(rng.normal(0, 0.02, 140))
    history = pd.DataFrame({"queue": "calls", "start": DAYS.tz_localize(TZ), "offered": calls})
    drivers = pd.DataFrame({"day": DAYS.date, "campaign": flag})
    said = Forecaster().fit(known(history), drivers=drivers).predict(AHEAD).to_frame()["offered"].to_numpy()
    assert said[flag[112:] > 0].mean() / said[flag[112:] == 0].mean() == pytest.approx(1.5, rel=0.03)


def test_a_value_far_outside_what_was_seen_is_said():
    history, orders = world()
    orders.loc[130, "orders"] *= 50
    said = Forecaster().fit(known(history), drivers=orders).predict(AHEAD).audit
    finding = said["finding"][said["finding"].str.startswith("driver")]
    assert finding.str.startswith("driver 'orders' beyond what was seen: ").sum() == 1


def test_each_queue_has_its_own_and_a_queue_without_has_none():
    history, orders = world()
    other = history.assign(queue="chat", offered=100.0)
    both = pd.concat([known(history), known(other)])
    forecast = Forecaster().fit(both, drivers=orders.assign(queue="calls")).predict(AHEAD)
    alone = Forecaster().fit(known(history), drivers=orders).predict(AHEAD).to_frame()
    frame = forecast.to_frame()
    pd.testing.assert_frame_equal(frame[frame["queue"] == "calls"].reset_index(drop=True), alone)
    np.testing.assert_allclose(frame.loc[frame["queue"] == "chat", "offered"], 100.0)


def test_a_horizon_of_intervals_has_the_days_of_its_drivers(history_of):
    history = history_of(lambda starts: 10.0 + (starts.day_of_year % 2) * 10, days=84)
    day = pd.date_range("2026-01-05", periods=112, freq="D")
    drivers = pd.DataFrame({"day": day, "odd": (day.day_of_year % 2).astype(float)})
    horizon = Horizon("2026-03-30", weeks=1, interval="1h", tz=TZ)
    frame = Forecaster().fit(history, drivers=drivers).predict(horizon).to_frame()
    np.testing.assert_allclose(frame["offered"], 10.0 + (frame["start"].dt.day_of_year % 2) * 10, rtol=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame[["day"]], "no driver; give a column of numbers for each, beside day and queue"),
        (lambda frame: frame.assign(orders="x"), "driver 'orders' holds str, not numbers"),
        (lambda frame: frame.assign(orders=np.inf), "driver 'orders' holds an infinite number"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), "a day occurs twice: 2026-01-05"),
        (lambda frame: frame.assign(queue="cals"), "unknown queue 'cals' .*did you mean 'calls'"),
        (lambda frame: frame.assign(day=frame["day"].astype(str)), "column 'day' must hold days, got '2026-01-05'"),
    ],
)
def test_faulty_frames(change, message):
    with pytest.raises(DataError, match=message):
        read_drivers(change(world()[1]), ["calls"])


def test_faults_of_lags_and_of_what_the_fit_did_not_have():
    history, orders = world()
    with pytest.raises(DataError, match="the lag of driver 'orders' must be a whole number from 0 to 365, got -1"):
        check_lags({"orders": (0, -1)})
    with pytest.raises(DataError, match="lags of driver 'order', which is not given; did you mean 'orders'"):
        Forecaster(lags={"order": 1}).fit(known(history), drivers=orders)
    with pytest.raises(DataError, match="lags of orders, and no drivers"):
        Forecaster(lags={"orders": 1}).fit(known(history))
    with pytest.raises(DataError, match="driver 'orders' was not there at the fit"):
        Forecaster().fit(known(history)).predict(AHEAD, drivers=orders)
    with pytest.raises(DataError, match="known on 13 open days of the history; give it on 14 or more"):
        Forecaster().fit(known(history), drivers=orders[orders["day"] >= "2026-04-14"])


def test_the_mean_of_a_week_is_that_of_the_days_there_are():
    np.testing.assert_allclose(week_mean(np.array([1.0, 2, 3, np.nan, 5])), [2, 11 / 4, 11 / 4, 11 / 4, 10 / 3])
    terms, _ = fit_drivers(
        "calls",
        pd.DataFrame({"x": np.exp(np.arange(28.0))}, index=np.arange(28)),
        {},
        np.arange(28),
        np.ones(28, dtype=bool),
    )
    # A straight line of logarithms, less the mean of its weekday, is a step each week.
    columns = terms.columns(np.arange(28))
    assert columns.shape == (28, 2)
    np.testing.assert_allclose(columns[:, 0].reshape(4, 7), columns[:, [0]].reshape(4, 7)[:, :1].repeat(7, axis=1))


def test_bookings_known_two_months_ahead_on_a_real_line():
    """Held to `reservation_calls`: at most .75 of the error without drivers, on eight origins 28 days apart."""
    folder = os.environ.get("WFM_DATA")
    if folder is None:
        return  # the data are not part of the project; without them there is nothing to measure
    calls = pd.read_csv(Path(folder) / "reservation_calls_to_2015_06.csv", parse_dates=["date"])
    history = pd.DataFrame({"queue": "calls", "start": calls["date"].dt.tz_localize("UTC"), "offered": calls["calls"]})
    # `total_reservations` counts late bookings too and is not known ahead.
    columns = ["reservations_2months_advance", "summer_break", "christmas_break", "special_day"]
    drivers = calls[["date", *columns]].dropna().rename(columns={"date": "day"})
    off = {"with": 0.0, "without": 0.0}
    for n in range(8):
        horizon = Horizon(date(2014, 10, 1) + timedelta(days=28 * n), days=28, interval="1d", tz="UTC")
        before = history[history["start"] < horizon.starts[0]]
        ahead = drivers[drivers["day"] <= pd.Timestamp(horizon.dates[-1])]
        for name, told in (("with", ahead), ("without", None)):
            said = Forecaster().fit(before, drivers=told).predict(horizon).to_frame()
            both = history.merge(said, on="start", suffixes=("", "_said"))
            off[name] += float((both["offered_said"] - both["offered"]).abs().sum())
    assert off["with"] <= 0.75 * off["without"]
