from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, reforecast
from wfm.forecast.spread import Spread
from wfm.forecast.uncertainty import LEVELS, Calibration, Dispersion
from wfm.schema import QUANTILES
from wfm.testing import assert_frame_valid
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
DAY = 24  # half-hours from 08:00 to 20:00


@pytest.fixture(scope="module")
def forecast():
    starts = pd.date_range("2026-01-05", "2026-03-30", freq="30min", tz=TZ, inclusive="left", unit="ns")
    starts = starts[(starts.hour >= 8) & (starts.hour < 20)]
    rng = np.random.default_rng(0)
    days, inverse = np.unique(starts.date, return_inverse=True)
    hour = np.asarray(starts.hour + starts.minute / 60)
    rate = 200 * (1 + 0.5 * np.sin((hour - 8) / 12 * np.pi)) * np.exp(rng.normal(0, 0.06, len(days)))[inverse]
    parts = [("calls", rng.poisson(rate)), ("chat", rng.poisson(3.0, len(starts)))]
    history = [
        pd.DataFrame({"queue": name, "start": starts, "offered": values, "aht_s": 300.0}) for name, values in parts
    ]
    return Forecaster().fit(pd.concat(history)).predict(Horizon("2026-03-30", weeks=1, tz=TZ))


def seen(forecast, count, factor=1.0, queue="calls"):
    rows = forecast.to_frame().query("queue == @queue").head(count)
    return rows[["queue", "start"]].assign(offered=(rows["offered"] * factor).to_numpy())


def test_what_was_expected_changes_nothing_but_the_bands(forecast):
    found = reforecast(forecast, seen(forecast, 12))
    before = forecast.to_frame().merge(found.to_frame(), on=["queue", "start"], suffixes=("_old", ""))
    assert len(before) == len(forecast.to_frame()) - 12
    np.testing.assert_allclose(before["offered"], before["offered_old"], rtol=1e-9)
    today = before.query("queue == 'calls'").head(DAY - 12)
    width, old = (today[f"offered_q90{x}"] - today[f"offered_q10{x}"] for x in ("", "_old"))
    assert (width < old).all()
    row = found.summary.iloc[0]
    assert row["until"] == pd.Timestamp("2026-03-30 14:00", tz=TZ)
    assert row["factor"] == pytest.approx(1.0)
    assert row["factor_low"] < 1 < row["factor_high"]
    assert not found.left
    assert_frame_valid(found, "forecast")


@pytest.mark.parametrize("count", [4, 8, 20])
def test_the_busier_the_morning_the_busier_the_rest_of_the_day(forecast, count):
    # However far beyond the usual: contacts that come in ten times the number are no outlier if all intervals say so.
    factors = [reforecast(forecast, seen(forecast, count, k)).summary["factor"].iloc[0] for k in (1, 2, 4, 8, 16, 40)]
    assert (np.diff(factors) > 0).all()
    assert factors[-1] > 10


def test_little_is_learnt_early_and_more_later(forecast):
    factors = [reforecast(forecast, seen(forecast, n, 1.2)).summary["factor"].iloc[0] for n in (1, 4, 12, 20)]
    assert 1 < factors[0] < factors[1] < factors[2] < 1.2
    assert factors[2] > 1.1
    bands = [reforecast(forecast, seen(forecast, n)).summary.iloc[0] for n in (1, 4, 12)]
    widths = [row["factor_high"] - row["factor_low"] for row in bands]
    assert widths[0] > widths[1] > widths[2]


def test_the_days_after_move_as_far_as_days_go_together(forecast):
    found = reforecast(forecast, seen(forecast, DAY, 1.2))
    assert np.isnan(found.summary["factor"].iloc[0])
    assert found.summary["rest"].iloc[0] == 0
    both = forecast.days().merge(found.forecast.days(), on=["queue", "day"], suffixes=("_old", ""))
    calls = both.query("queue == 'calls'")
    ratio = (calls["offered"] / calls["offered_old"]).to_numpy()
    assert len(ratio) == 6
    assert (ratio > 1).all()
    assert (ratio < 1.15).all()
    assert ratio[0] > ratio[-1]
    chat = both.query("queue == 'chat'")
    assert chat["offered"].tolist() == chat["offered_old"].tolist()


def test_a_gamma_rate_with_poisson_contacts_is_updated_exactly():
    # One day, a rate known up to a gamma factor of mean 1 and variance v: with m expected so far, y seen, its mean is
    # (1/v + y) / (1/v + m) (Bühlmann & Gisler, sect. 2.5).
    starts = pd.date_range("2026-03-30 08:00", periods=10, freq="30min", tz=TZ, unit="ns")
    mean, v = np.linspace(4.0, 12.0, 10), 0.09
    frame = pd.DataFrame({"queue": "calls", "start": starts, "offered": mean})
    # The spread's variance of a day total holds its Poisson noise, the intervals' own that of the shares alone.
    total = v + 1 / mean.sum()
    spread = Spread(
        np.array([20542]), np.array([[total]]), Dispersion(1.0, 0.0), 0.0, Calibration(LEVELS, 0), whole=True
    )
    forecast = Forecast(frame, tz=TZ, interval_s=1800, spread={"calls": spread})
    offered = np.array([6, 3, 8, 9])
    found = reforecast(forecast, frame.head(4)[["queue", "start"]].assign(offered=offered))
    expected = (1 / v + offered.sum()) / (1 / v + mean[:4].sum())
    assert found.summary["factor"].iloc[0] == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(found.to_frame()["offered"], mean[4:] * expected, rtol=1e-6)


def test_one_spike_moves_little(forecast):
    plain = seen(forecast, 8)
    spike = plain.assign(offered=np.where(np.arange(8) == 5, 3.0, 1.0) * plain["offered"])
    spread = plain.assign(offered=plain["offered"] * spike["offered"].sum() / plain["offered"].sum())
    moved, shift = (reforecast(forecast, rows).summary["factor"].iloc[0] for rows in (spike, spread))
    assert abs(moved - 1) < 0.3 * abs(shift - 1)
    assert not reforecast(forecast, spike).left


def test_handle_time_moves_with_the_contacts_behind_it(forecast):
    rows = seen(forecast, 8).assign(aht_s=360.0)
    found = reforecast(forecast, rows)
    contacts = rows["offered"].sum()
    expected = 1.2 ** (contacts / (contacts + 400))
    assert found.summary["aht_factor"].iloc[0] == pytest.approx(expected, rel=1e-3)
    frame = found.to_frame().query("queue == 'calls'")
    np.testing.assert_allclose(frame["aht_s"].head(DAY - 8), 300 * expected, rtol=1e-3)
    np.testing.assert_allclose(frame["aht_s"].tail(6 * DAY), 300, rtol=1e-3)
    same = reforecast(forecast, seen(forecast, 8).assign(handled=10, handle_s=3600.0))
    assert same.summary["aht_factor"].iloc[0] == pytest.approx(1.2 ** (80 / 480), rel=1e-3)
    assert np.isnan(reforecast(forecast, seen(forecast, 8)).summary["aht_factor"].iloc[0])


def test_paths_and_totals_of_what_is_left(forecast):
    found = reforecast(forecast, seen(forecast, 12, 1.1)).forecast
    drawn = found.path_arrays(3000, queues=["calls"])["calls"]
    rows = found.to_frame().query("queue == 'calls'")
    for column, level in list(QUANTILES.items())[::3]:
        assert (drawn <= rows[column].to_numpy()).mean() == pytest.approx(level, abs=0.03)
    today = found.days().query("queue == 'calls'").iloc[0]
    low, high = np.quantile(drawn[:, :12].sum(axis=1), [0.1, 0.9])
    assert low == pytest.approx(today["offered_q10"], rel=0.02)
    assert high == pytest.approx(today["offered_q90"], rel=0.02)


def test_a_later_look_may_hold_earlier_days_and_passes_over_gaps_if_told(forecast):
    rows = seen(forecast, DAY + 6, 1.1)
    found = reforecast(forecast, rows)
    assert found.summary["until"].iloc[0] == pd.Timestamp("2026-03-31 11:00", tz=TZ)
    assert found.summary["expected"].iloc[0] == pytest.approx(rows["offered"].tail(6).sum() / 1.1)
    gap = rows.drop(index=rows.index[3])
    with pytest.raises(DataError, match=r"intervals of queue 'calls' are missing: 2026-03-30T09:30:00\+02:00; give"):
        reforecast(forecast, gap)
    assert reforecast(forecast, gap, gaps=True).summary["factor"].iloc[0] > 1


def test_as_words(forecast):
    found = reforecast(forecast, seen(forecast, 8, 1.3))
    first, line = str(found).splitlines()
    assert first == "Reforecast"
    assert "130%; rest of day × " in line
    assert line.endswith("out of its band since 10:00") or "out of its band since" in line
    assert "today so far: " in "".join(found.forecast.audit["finding"])
    assert "updated at 2026-03-30 12:00" in found.forecast.models["calls"]
    assert found.forecast.as_of == pd.Timestamp("2026-03-30 12:00", tz=TZ)
    assert "<table" in found._repr_html_()
    assert "<table" in found.triggers["calls"]._repr_html_()


def test_faults_are_all_named(forecast):
    rows = seen(forecast, 4)
    night = rows.assign(start=rows["start"] - pd.Timedelta(hours=6))
    with pytest.raises(DataError, match=r"queue 'calls' is closed or not forecast at 2026-03-30T02:00:00\+02:00"):
        reforecast(forecast, night)
    with pytest.raises(DataError, match=r"unknown queue 'cals' \(rows 0, 1, 2, 3\); did you mean 'calls'"):
        reforecast(forecast, rows.assign(queue="cals"))
    with pytest.raises(DataError, match="stamps without a zone"):
        reforecast(forecast, rows.assign(start=rows["start"].dt.tz_localize(None)))
    with pytest.raises(DataError, match=r"interval 2026-03-30T09:30:00\+02:00 is not finished at 2026-03-30T09:45"):
        reforecast(forecast, rows, now=pd.Timestamp("2026-03-30 09:45", tz=TZ))
    with pytest.raises(DataError, match="now must be an instant with a zone"):
        reforecast(forecast, rows, now=pd.Timestamp("2026-03-30 09:45"))
    with pytest.raises(DataError, match="no interval of today was given"):
        reforecast(forecast, rows.head(0))
    with pytest.raises(DataError, match="does not say how far its days may be off"):
        reforecast(Forecast(forecast.to_frame(), tz=TZ, interval_s=1800), rows)
    both = pd.concat([night, rows.assign(queue="chat").iloc[1:]])
    with pytest.raises(DataError, match="2 problems in today so far"):
        reforecast(forecast, both)
    with pytest.raises(DataError, match="false_alarm must be a number"):
        reforecast(forecast, rows, false_alarm=0)
