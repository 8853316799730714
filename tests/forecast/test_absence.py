from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.domain import CalendarSpec
from wfm.errors import DataError
from wfm.forecast import forecast_shrinkage
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


def days_of(rate, *, count=84, scheduled=400.0, weekdays=range(7), seed=None):
    days = pd.date_range("2026-01-05", periods=count)
    days = days[days.day_of_week.isin(list(weekdays))]
    rates = np.broadcast_to(rate(days), len(days))
    hours = np.full(len(days), scheduled)
    absent = hours * rates if seed is None else np.random.default_rng(seed).binomial(int(scheduled), rates)
    return pd.DataFrame({"day": days.date, "scheduled_h": hours, "absent_h": absent.astype(float)})


def ahead(day="2026-03-30", days=14):
    return Horizon(day, days=days, tz=TZ)


def test_a_weekly_rate_is_found_again():
    frame = forecast_shrinkage(days_of(lambda d: np.where(d.day_of_week == 0, 0.2, 0.1)), ahead()).to_frame()
    expected = [0.2 if day.weekday() == 0 else 0.1 for day in frame["day"]]
    np.testing.assert_allclose(frame["rate"], expected, rtol=0.01)


def test_bands_hold_and_stay_between_0_and_1():
    inside = []
    for seed in range(8):
        whole = days_of(lambda d: 0.08, count=84 + 28, scheduled=200.0, seed=seed)
        known = whole.iloc[:84]
        frame = forecast_shrinkage(known, ahead(days=28)).to_frame()
        actual = (whole["absent_h"] / whole["scheduled_h"]).to_numpy()[84:]
        inside.append(((actual >= frame["rate_q10"]) & (actual <= frame["rate_q90"])).mean())
        values = frame.filter(like="rate_q").to_numpy()
        assert np.all(np.diff(values, axis=1) > 0)
        assert values.min() > 0
        assert values.max() < 1
    assert 0.7 < np.mean(inside) < 0.92


def test_closed_days_are_absent():
    weekdays = days_of(lambda d: 0.1, weekdays=range(5))
    assert len(forecast_shrinkage(weekdays, ahead(days=7)).to_frame()) == 5
    calendar = CalendarSpec(hours="Mon-Sat 08:00-18:00")
    assert len(forecast_shrinkage(weekdays, ahead(days=7), calendar=calendar).to_frame()) == 6


def test_states_of_people_are_summed_by_local_day():
    starts = pd.date_range("2026-01-05 22:00", periods=28, freq="24h", tz=TZ, unit="ns")
    rows = []
    for start in starts:
        # Four hours at work and an hour of training across midnight, every night.
        rows.append({"employee": "A", "start": start, "end": start + pd.Timedelta("1h"), "state": "work"})
        training = start + pd.Timedelta("1h30min")
        rows.append({"employee": "A", "start": training, "end": training + pd.Timedelta("1h"), "state": "training"})
        later = training + pd.Timedelta("1h")
        rows.append({"employee": "A", "start": later, "end": later + pd.Timedelta("3h"), "state": "work"})
    states = pd.DataFrame(rows).assign(productive=lambda frame: frame["state"] == "work")
    frame = forecast_shrinkage(states, ahead("2026-02-03", days=3)).to_frame()
    # A full day has half an hour of training before and after midnight: 1 of 5 hours.
    np.testing.assert_allclose(frame["rate"], 0.2, rtol=0.02)


def test_stamps_are_summed_to_days_and_no_absence_is_0():
    start = pd.date_range("2026-01-05", periods=28 * 24, freq="1h", tz=TZ)
    hours = pd.DataFrame({"start": start, "scheduled_h": 10.0, "absent_h": 0.0})
    result = forecast_shrinkage(hours, ahead("2026-02-02", days=7))
    assert not result.to_frame().drop(columns="day").to_numpy(dtype=float).any()
    half = forecast_shrinkage(hours.assign(absent_h=1.5), ahead("2026-02-02", days=7))
    np.testing.assert_allclose(half.to_frame()["rate"], 0.15, rtol=1e-6)
    assert str(half).splitlines()[0] == "Shrinkage 2026-02-02 to 2026-02-08, from 28 days"
    assert "<pre>" in half._repr_html_()


@pytest.mark.parametrize(
    ("frame", "day", "message"),
    [
        (days_of(lambda d: 0.1, count=10), "2026-03-30", "10 days with scheduled time; give at least 14"),
        (days_of(lambda d: 0.1), "2026-03-01", "the history reaches to 2026-03-29, the horizon starts on 2026-03-01"),
        (days_of(lambda d: 0.1).drop(columns="absent_h"), "2026-03-30", "column 'absent_h' is missing"),
        (days_of(lambda d: 1.2), "2026-03-30", "wrong hours .* no more are absent than scheduled"),
        (days_of(lambda d: 0.1).rename(columns={"day": "start"}), "2026-03-30", "no stamps with a zone"),
    ],
)
def test_faults(frame, day, message):
    with pytest.raises(DataError, match=message):
        forecast_shrinkage(frame, ahead(day))


def test_what_is_no_horizon_and_no_calendar_is_refused():
    with pytest.raises(DataError, match="horizon must be a Horizon, got '2026-03-30'"):
        forecast_shrinkage(days_of(lambda d: 0.1), "2026-03-30")
    with pytest.raises(DataError, match="calendar must be a Calendar, got 'DE'"):
        forecast_shrinkage(days_of(lambda d: 0.1), ahead("2026-03-30"), calendar="DE")


def test_a_stale_history_is_refused_until_told_otherwise():
    known = days_of(lambda d: 0.1)
    late = ahead("2026-07-06", days=7)
    gone = (date(2026, 7, 6) - known["day"].max()).days - 1
    with pytest.raises(DataError, match=rf"ends {gone} days before the horizon; .* stale_after_days={gone} or more"):
        forecast_shrinkage(known, late)
    assert len(forecast_shrinkage(known, late, stale_after_days=gone).to_frame()) == 7


def test_rows_of_the_same_day_are_summed():
    known = days_of(lambda d: 0.1)
    twice = pd.concat([known, known.assign(absent_h=0.0)])
    rate = forecast_shrinkage(twice, ahead(days=7)).to_frame()["rate"]
    assert rate.tolist() == pytest.approx([0.05] * 7)
