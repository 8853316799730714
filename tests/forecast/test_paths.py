from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, SeasonalNaive
from wfm.schema import QUANTILES, as_frame
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
LEVELS = np.array(list(QUANTILES.values()))
PATHS = 4000


@pytest.fixture(scope="module")
def forecast():
    """A busy queue whose days and mornings vary, and a thin one with 0.4 contacts per half-hour."""
    starts = pd.date_range("2026-01-05", "2026-03-30", freq="30min", tz=TZ, inclusive="left", unit="ns")
    starts = starts[(starts.hour >= 8) & (starts.hour < 20)]
    rng = np.random.default_rng(0)
    days, inverse = np.unique(starts.date, return_inverse=True)
    hour = np.asarray(starts.hour + starts.minute / 60)
    level = np.exp(rng.normal(0, 0.06, len(days)))[inverse]
    tilt = 1 + rng.normal(0, 0.06, len(days))[inverse] * (hour - 14) / 6
    calls = rng.poisson(200 * (1 + 0.5 * np.sin((hour - 8) / 12 * np.pi)) * level * tilt)
    parts = [("calls", calls), ("chat", rng.poisson(0.4, len(starts)))]
    history = pd.concat([pd.DataFrame({"queue": name, "start": starts, "offered": values}) for name, values in parts])
    return Forecaster().fit(history).predict(Horizon("2026-03-30", weeks=2, tz=TZ))


@pytest.fixture(scope="module")
def drawn(forecast):
    return forecast.path_arrays(PATHS)


@pytest.mark.parametrize("queue", ["calls", "chat"])
def test_every_interval_has_the_quantiles_of_the_forecast(forecast, drawn, queue):
    rows = forecast.to_frame().query("queue == @queue")
    for column, level in QUANTILES.items():
        value = rows[column].to_numpy()
        below, upto = (drawn[queue] < value).mean(), (drawn[queue] <= value).mean()
        # A count has the level inside its step; the slack is the chance of 14 independent day factors.
        assert below - 0.012 < level < upto + 0.012


def test_a_thin_queue_has_its_mean_and_variance(drawn):
    chat = drawn["chat"]
    assert chat.mean() == pytest.approx(0.4, rel=0.12)
    assert (chat.var(axis=0) / chat.mean(axis=0)).mean() == pytest.approx(1.0, abs=0.12)
    assert np.array_equal(chat, np.rint(chat))


@pytest.mark.parametrize("queue", ["calls", "chat"])
def test_day_and_week_totals_have_the_quantiles_that_days_and_weeks_say(forecast, drawn, queue):
    rows = forecast.to_frame().query("queue == @queue")
    day = rows["start"].dt.date
    for name, totals, label in (
        ("day", forecast.days(), day),
        ("week", forecast.weeks(), day.map(lambda d: date.fromordinal(d.toordinal() - d.weekday()))),
    ):
        said = totals.query("queue == @queue")
        assert said[name].tolist() == sorted(set(label))
        sums = np.stack([drawn[queue][:, (label == value).to_numpy()].sum(axis=1) for value in said[name]])
        found = np.quantile(sums, LEVELS, axis=1).T
        width = (said["offered_q975"] - said["offered_q025"]).to_numpy()[:, None]
        assert np.abs(found - said[list(QUANTILES)].to_numpy()).max() < 0.1 * width.max() + 1


def test_neighbours_and_days_go_together_and_queues_do_not(forecast, drawn):
    calls = drawn["calls"].astype(float)
    start = forecast.to_frame().query("queue == 'calls'")["start"]
    correlation = np.corrcoef(calls.T)
    same_day = (start.dt.date.to_numpy()[1:] == start.dt.date.to_numpy()[:-1]).nonzero()[0]
    neighbours = correlation[same_day, same_day + 1].mean()
    far = correlation[np.arange(0, 12), np.arange(0, 12) + 12].mean()
    assert neighbours > far + 0.1
    assert far > 0.05
    sums = calls.reshape(PATHS, 14, -1).sum(axis=2)
    said = forecast.spread["calls"].covariance
    expected = said / np.sqrt(np.outer(np.diag(said), np.diag(said)))
    np.testing.assert_allclose(np.corrcoef(sums.T), expected, atol=0.07)
    chat = drawn["chat"].reshape(PATHS, 14, -1).sum(axis=2)
    assert abs(np.corrcoef(sums.sum(axis=1), chat.sum(axis=1))[0, 1]) < 0.05


def test_independent_intervals_would_make_days_too_narrow(forecast, drawn):
    calls = drawn["calls"].astype(float)
    independent = np.sqrt(calls[:, :24].var(axis=0).sum())
    assert calls[:, :24].sum(axis=1).std() > 2 * independent


def test_the_same_seed_gives_the_same_paths_whatever_other_queues_there_are(forecast):
    frame = forecast.sample_paths(3, seed=5)
    pd.testing.assert_frame_equal(frame, forecast.sample_paths(3, seed=5))
    assert not frame["offered"].equals(forecast.sample_paths(3, seed=6)["offered"])
    alone = forecast.sample_paths(3, seed=5, queues=["chat"])
    both = frame[frame["queue"] == "chat"]
    assert alone["offered"].tolist() == both["offered"].tolist()
    assert alone["start"].tolist() == both["start"].tolist()


def test_the_frame_is_that_of_the_design_and_small(forecast):
    frame = forecast.sample_paths(20)
    checked = as_frame(frame, "paths")
    assert frame["offered"].tolist() == checked["offered"].tolist()
    assert len(frame) == 20 * len(forecast.to_frame())
    assert frame.memory_usage(index=False).sum() < 18 * len(frame)
    arrays = forecast.path_arrays(20)
    assert frame.query("queue == 'calls' and path == 7")["offered"].tolist() == arrays["calls"][7].tolist()


def test_what_cannot_be_drawn_is_said(forecast):
    with pytest.raises(DataError, match="queue 'cals' is not in the forecast; did you mean 'calls'"):
        forecast.sample_paths(10, queues=["cals"])
    with pytest.raises(DataError, match="paths must be a whole number at least 1, got 0"):
        forecast.path_arrays(0)
    with pytest.raises(DataError, match=r"frame of .* rows; give fewer paths"):
        forecast.sample_paths(1_000_000)
    frame = forecast.to_frame()
    plain = Forecast(frame, tz=TZ, interval_s=1800)
    with pytest.raises(DataError, match="'chat' does not say how far its days may be off together"):
        plain.sample_paths(10)
    assert "offered_q50" not in plain.days()


def test_a_baseline_has_no_paths():
    starts = pd.date_range("2026-01-05", periods=28 * 24, freq="1h", tz=TZ, unit="ns")
    history = pd.DataFrame({"queue": "calls", "start": starts, "offered": 5.0})
    said = SeasonalNaive().fit(history).predict(Horizon("2026-02-02", days=1, interval="1h", tz=TZ))
    with pytest.raises(DataError, match="forecast it with Forecaster"):
        said.sample_paths(10)


def test_a_queue_without_contacts_and_a_day_of_the_clock_change():
    starts = pd.date_range("2026-02-09", "2026-03-23", freq="1h", tz=TZ, inclusive="left", unit="ns")
    history = pd.DataFrame({"queue": "none", "start": starts, "offered": 0})
    busy = history.assign(queue="calls", offered=np.random.default_rng(1).poisson(9.0, len(starts)))
    said = Forecaster().fit(pd.concat([history, busy])).predict(Horizon("2026-03-28", days=3, interval="1h", tz=TZ))
    drawn = said.path_arrays(200)
    assert not drawn["none"].any()
    assert drawn["calls"].shape == (200, 24 + 23 + 24)
    assert not said.days().query("queue == 'none'")[list(QUANTILES)].to_numpy().any()


@pytest.mark.parametrize("rate", [0.03, 0.1])
def test_paths_of_a_thin_queue_have_as_many_contacts_as_the_forecast(rate):
    # One contact is many standard deviations from next to none; cut off as wild, it left the paths a fifth short.
    starts = pd.date_range("2026-01-05", periods=120 * 48, freq="30min", tz="UTC", unit="ns")
    thin = rate * (1 + 0.8 * np.sin(np.asarray(starts.hour) / 12 * np.pi))
    history = pd.DataFrame({"queue": "mail", "start": starts, "offered": np.random.default_rng(0).poisson(thin)})
    forecast = Forecaster().fit(history).predict(Horizon("2026-05-05", weeks=4, tz="UTC"))
    drawn = forecast.path_arrays(4000)["mail"].sum() / 4000
    assert drawn == pytest.approx(forecast.to_frame()["offered"].sum(), rel=0.06)


@pytest.mark.parametrize("rate", [0.03, 0.3, 3.0, 60.0])
def test_paths_have_the_mean_of_the_forecast_where_its_bands_were_corrected(rate):
    # Narrowed bands of skewed numbers cut more off above than below, and left the paths up to a twentieth short.
    starts = pd.date_range("2026-01-05", periods=120 * 48, freq="30min", tz="UTC", unit="ns")
    rng = np.random.default_rng(3)
    wave = rate * (1 + 0.8 * np.sin(np.asarray(starts.hour) / 12 * np.pi)) * rng.gamma(2.0, 0.5, len(starts))
    history = pd.DataFrame({"queue": "mail", "start": starts, "offered": rng.poisson(wave)})
    forecast = Forecaster().fit(history).predict(Horizon("2026-05-05", weeks=4, tz="UTC"))
    totals = forecast.path_arrays(4000)["mail"].sum(axis=1, dtype=float)
    error = totals.std() / np.sqrt(len(totals))
    assert abs(totals.mean() - forecast.to_frame()["offered"].sum()) < 4 * error


def test_one_queue_is_still_a_list():
    forecast = Forecast(
        pd.DataFrame({"queue": [], "start": [], "offered": []}).astype(
            {"queue": "str", "start": "datetime64[ns, UTC]", "offered": float}
        ),
        tz="UTC",
        interval_s=1800,
    )
    with pytest.raises(DataError, match=r"queues is a text: 'calls'; write queues=\['calls'\]"):
        forecast.sample_paths(1, queues="calls")
