from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError, NotFittedError, Problem
from wfm.forecast import Auto, Forecast, Forecaster, RootSVD, WeeklyMean
from wfm.schema import QUANTILES
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


class Level:
    """A model that says one number, and notes what it was shown."""

    def __init__(self, level):
        self.level = level
        self.seen = []

    def fit(self, history):
        self.end = history["start"].max()
        return self

    def predict(self, horizon):
        self.seen.append((self.end, horizon.starts[0], len(horizon.dates)))
        frame = pd.DataFrame({"queue": "calls", "start": horizon.starts, "offered": float(self.level)})
        return Forecast(frame, tz=horizon.tz, interval_s=horizon.interval_s)


def ahead(day="2026-03-30", days=7):
    return Horizon(day, days=days, interval="1h", tz=TZ)


def test_weights_go_with_the_inverse_squared_error(history_of):
    # Days of 80 and 120 in turn from week to week: repeating a week is off by 40, a constant of 100 by 20.
    def rate(starts):
        week = (starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days // 7
        return np.where(week % 2, 120.0, 80.0)

    auto = Auto(models={"a": Level(100), "b": Level(99), "c": Level(130)}, origins=1)
    forecast = auto.fit(history_of(rate)).predict(ahead(days=14))
    errors = {"a": 20.0, "b": (19 + 21) / 2, "c": (50 + 10) / 2}
    tried = auto.tried_.set_index("model")
    for name, error in errors.items():
        assert tried.loc[name, "wmape"] == pytest.approx(error / 100, rel=5e-3)  # one day has 23 hours
    assert auto.weights_["calls"]["c"] == 0.0
    assert tried.loc["c", "verdict"] == "left out: worse"
    kept = {name: 1 / tried.loc[name, "wmape"] ** 2 for name in auto.weights_["calls"] if tried.loc[name, "weight"] > 0}
    trust = 14 / (14 + 30)  # days tried, over them and 30; the rest goes to the first
    for name, raw in kept.items():
        own = trust * raw / sum(kept.values()) + (1 - trust) * (name == "a")
        assert auto.weights_["calls"][name] == pytest.approx(own)
    expected = sum(auto.weights_["calls"][name] * level for name, level in (("a", 100), ("b", 99)))
    expected += auto.weights_["calls"]["WeeklyMean"] * 100 + auto.weights_["calls"]["SeasonalNaive"] * 120
    assert forecast.to_frame()["offered"].mean() == pytest.approx(expected, rel=5e-3)
    assert forecast.models["calls"].startswith("auto: ")
    assert "left out: " in forecast.models["calls"]
    assert forecast.models["calls"].endswith("by 1 past forecast, each of 14 days")


def test_models_are_tried_at_the_horizon_asked_for_and_see_nothing_later(history_of):
    spy = Level(10)
    auto = Auto(models={"spy": spy}, origins=3).fit(history_of(lambda starts: 10.0))
    auto.predict(ahead("2026-04-01", days=10))  # the history ends on 29 March: two days lie between
    assert auto.origins_ == (date(2026, 3, 4), date(2026, 3, 12), date(2026, 3, 20))
    whole, *past = spy.seen
    assert whole[2] == 10
    for (end, first, days), origin in zip(past, auto.origins_, strict=True):
        midnight = pd.Timestamp(origin, tz=TZ)
        assert (first, days) == (midnight, 10)
        assert end == midnight - pd.Timedelta(days=2, hours=1)


def test_nothing_at_or_after_the_forecast_date_reaches_the_weights(history_of):
    whole = history_of(lambda starts: 30.0 + starts.hour, days=112, seed=1)
    day = pd.Timestamp("2026-03-30", tz=TZ)
    changed = whole.copy()
    changed.loc[changed["start"] >= day, "offered"] *= 7
    found = []
    for history in (whole, changed):
        auto = Auto(models={"Forecaster": Forecaster(), "RootSVD": RootSVD()}, origins=2)
        frame = auto.fit(history[history["start"] < day]).predict(ahead()).to_frame()
        found.append((auto.weights_, auto.tried_, frame))
        latest = max(origin for origin in auto.origins_) + pd.Timedelta(days=7)
        assert latest <= day.date()
    assert found[0][0] == found[1][0]
    pd.testing.assert_frame_equal(found[0][1], found[1][1])
    pd.testing.assert_frame_equal(found[0][2], found[1][2])


def test_the_usual_models(history_of):
    both = pd.concat(
        [
            history_of(lambda starts: 40.0 + starts.hour, days=70, seed=2),
            history_of(lambda starts: 30.0 - starts.hour, days=70, queue="chat", seed=3),
        ]
    )
    auto = Auto(origins=2)
    forecast = auto.fit(both).predict(ahead("2026-03-16"))
    assert set(auto.weights_) == {"calls", "chat"}
    for weights in auto.weights_.values():
        assert sum(weights.values()) == pytest.approx(1.0)
    models = ["Forecaster", "UnobservedComponents", "PoissonGLM", "RootSVD", "SeasonalNaive", "WeeklyMean"]
    assert auto.tried_["model"].tolist() == models * 2
    frame = forecast.to_frame()
    expected = np.where(frame["queue"] == "calls", 40 + frame["start"].dt.hour, 30 - frame["start"].dt.hour)
    assert np.abs(frame["offered"] - expected).sum() / expected.sum() < 0.05
    values = frame[list(QUANTILES)].to_numpy()
    assert np.all(np.diff(values, axis=1) >= 0)
    assert np.all(values == np.rint(values))
    assert set(forecast.spread) == {"calls", "chat"}


def test_a_short_history_is_forecast_by_the_first_model_alone(history_of):
    history = history_of(lambda starts: 40.0 + starts.hour, days=28, seed=4)
    auto = Auto()
    forecast = auto.fit(history).predict(ahead("2026-02-02", days=28))
    alone = Forecaster().fit(history).predict(ahead("2026-02-02", days=28))
    pd.testing.assert_frame_equal(forecast.to_frame(), alone.to_frame())
    assert forecast.models["calls"] == "auto: Forecaster alone, no past forecast to weigh models by"


def test_a_model_that_refuses_is_left_out_with_its_reason(history_of):
    class Refuses(Level):
        def predict(self, horizon):
            raise DataError(Problem("it cannot"))

    auto = Auto(models={"WeeklyMean": WeeklyMean(), "refuses": Refuses(1)}, origins=2)
    auto.fit(history_of(lambda starts: 10.0, seed=5)).predict(ahead())
    tried = auto.tried_.set_index("model")
    assert tried.loc["refuses", "verdict"] == "it cannot"
    assert tried.loc["refuses", "weight"] == 0.0


def test_refusals(history_of):
    with pytest.raises(NotFittedError, match="the Auto is not fitted"):
        Auto().predict(ahead())
    with pytest.raises(DataError, match="no models; give at least one by name"):
        Auto(models={})
    with pytest.raises(DataError, match="origins must be a whole number from 1 to 26, got 0"):
        Auto(origins=0)
    with pytest.raises(DataError, match="the history ends at 2026-03-30"):
        Auto().fit(history_of(lambda starts: 10.0)).predict(ahead("2026-03-23"))


def test_the_forecaster_weighs_itself_with_others(history_of):
    history = history_of(lambda starts: 40.0 + starts.hour, days=56, opens=8, closes=14, seed=6)
    model = Forecaster(model="auto")
    found = model.fit(history).predict(ahead("2026-03-02"))
    alone = Auto().fit(history).predict(ahead("2026-03-02"))
    pd.testing.assert_frame_equal(found.to_frame(), alone.to_frame())
    assert found.models["calls"].startswith("auto: ")
    assert sum(model.auto_.weights_["calls"].values()) == pytest.approx(1.0)
    with pytest.raises(DataError, match="unknown model 'best'; known: auto, default"):
        Forecaster(model="best")


class Told(Forecaster):
    """A forecaster that notes what it was told beside the history."""

    def fit(self, history, drivers=None, flags=None):
        self.__dict__.setdefault("told", []).append((drivers, None if flags is None else len(flags)))
        return super().fit(history)


def test_drivers_and_flags_go_to_the_models_that_take_them_and_no_flag_before_its_time(history_of):
    history = history_of(lambda starts: 40.0 + starts.hour, days=56, opens=8, closes=14, seed=7)
    told, drivers = Told(), pd.DataFrame({"day": [date(2026, 2, 1)], "orders": [1.0]})
    start = pd.to_datetime(["2026-01-20", "2026-02-25"]).tz_localize(TZ)
    flags = pd.DataFrame({"start": start, "end": start + pd.Timedelta(days=1)})
    auto = Auto(models={"told": told}, origins=2)
    auto.fit(history, drivers, flags).predict(ahead("2026-03-02"))
    assert all(given is drivers for given, _ in told.told)
    assert [count for _, count in told.told] == [2, 1, 1]  # the whole history, then the two past forecasts
