from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import CalendarSpec, Centre, Event, OpeningHours, Queue, ServiceLevel
from wfm.errors import DataError, NotFittedError
from wfm.forecast import Forecaster, backtest
from wfm.schema import QUANTILES
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


def ahead(day="2026-03-30", weeks=4, interval="1h", tz=TZ):
    return Horizon(day, weeks=weeks, interval=interval, tz=tz)


def wave(starts):
    """Return a rate by hour and weekday: what a centre looks like."""
    hour, weekday = np.asarray(starts.hour), np.asarray(starts.day_of_week)
    return 40 * (1.2 + np.sin((hour - 7) / 24 * 2 * np.pi)) * np.where(weekday < 5, 1.0, 0.5)


def test_a_constant_week_is_forecast_exactly(history_of):
    history = history_of(lambda starts: starts.hour + 10.0 * starts.day_of_week)
    frame = Forecaster().fit(history).predict(ahead()).to_frame()
    expected = frame["start"].dt.hour + 10.0 * frame["start"].dt.day_of_week
    np.testing.assert_allclose(frame["offered"], expected, rtol=1e-5, atol=1e-9)
    assert len(frame) == 28 * 24


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_the_days_of_the_clock_change(history_of, day, hours):
    history = history_of(
        lambda starts: 5.0 + starts.hour, start=str(pd.Timestamp(day).date() - pd.Timedelta(days=28)), days=28
    )
    frame = Forecaster().fit(history).predict(Horizon(day, days=1, interval="1h", tz=TZ)).to_frame()
    assert len(frame) == hours
    np.testing.assert_allclose(frame["offered"], 5.0 + frame["start"].dt.hour, rtol=1e-9)
    after = pd.Timestamp(day) + pd.Timedelta(days=1)
    history = history_of(lambda starts: 5.0 + starts.hour, start=str((after - pd.Timedelta(days=28)).date()), days=28)
    frame = Forecaster().fit(history).predict(Horizon(str(after.date()), days=1, interval="1h", tz=TZ)).to_frame()
    np.testing.assert_allclose(frame["offered"], 5.0 + frame["start"].dt.hour, rtol=1e-9)


def test_every_quantile_is_there_monotone_and_not_negative(history_of):
    history = history_of(wave, seed=1)
    frame = Forecaster().fit(history).predict(ahead()).to_frame()
    values = frame[list(QUANTILES)].to_numpy()
    assert values.min() >= 0
    assert np.all(np.diff(values, axis=1) >= 0)
    assert np.all(values == np.rint(values))
    within = (frame["offered"] >= frame["offered_q10"]) & (frame["offered"] <= frame["offered_q90"])
    assert within.mean() > 0.99


def test_bands_hold_on_poisson_contacts(history_of):
    whole = history_of(wave, days=84 + 28, seed=2)
    known = whole[whole["start"] < pd.Timestamp("2026-03-30", tz=TZ)]
    frame = Forecaster().fit(known).predict(ahead()).to_frame()
    actual = whole["offered"].to_numpy()[-len(frame) :]
    for low, high, share in (("offered_q10", "offered_q90", 0.8), ("offered_q025", "offered_q975", 0.95)):
        inside = ((actual >= frame[low]) & (actual <= frame[high])).mean()
        assert share - 0.05 < inside < share + 0.06
    # With the true rate known, chance alone leaves this error; the model comes near it.
    true = wave(pd.DatetimeIndex(frame["start"]))
    assert np.abs(actual - frame["offered"]).sum() < 1.06 * np.abs(actual - true).sum()


@settings(max_examples=8, deadline=None)
@given(factor=st.integers(2, 50), order=st.integers(0, 1000))
def test_scale_and_order_of_the_rows(history_of_module, factor, order):
    history = history_of_module
    plain = Forecaster().fit(history).predict(ahead(weeks=1)).to_frame()
    mixed = history.sample(frac=1.0, random_state=order)
    pd.testing.assert_frame_equal(Forecaster().fit(mixed).predict(ahead(weeks=1)).to_frame(), plain)
    # Contacts do not scale, for of more of them less is chance; amounts do.
    amounts = history.assign(offered=history["offered"] * (1 + 1 / 97))
    scaled = amounts.assign(offered=amounts["offered"] * factor)
    plain, scaled = (Forecaster().fit(rows).predict(ahead(weeks=1)).to_frame() for rows in (amounts, scaled))
    np.testing.assert_allclose(scaled["offered"], factor * plain["offered"], rtol=1e-6)


@pytest.fixture(scope="module")
def history_of_module():
    starts = pd.date_range("2026-01-05", "2026-03-30", freq="1h", tz=TZ, inclusive="left", unit="ns")
    values = np.random.default_rng(3).poisson(5 * wave(starts))
    return pd.DataFrame({"queue": "calls", "start": starts, "offered": values})


def test_queues_do_not_touch_each_other(history_of):
    calls = history_of(wave, seed=4)
    chat = history_of(lambda starts: 0.3 * wave(starts), seed=5, queue="chat", opens=8, closes=20)
    both = Forecaster().fit(pd.concat([calls, chat])).predict(ahead())
    alone = Forecaster().fit(chat).predict(ahead()).to_frame()
    frame = both.to_frame()
    pd.testing.assert_frame_equal(frame[frame["queue"] == "chat"].reset_index(drop=True), alone)
    assert both.queues == ("calls", "chat")
    assert len(alone) == 28 * 12


def test_nothing_after_the_origin_is_needed_or_used(history_of):
    history = history_of(wave, seed=6)
    origin = pd.Timestamp("2026-03-02", tz=TZ)
    known = history[history["start"] < origin]
    first = Forecaster().fit(known).predict(ahead("2026-03-02")).to_frame()
    again = Forecaster().fit(known.copy()).predict(ahead("2026-03-02")).to_frame()
    pd.testing.assert_frame_equal(first, again)
    with pytest.raises(DataError, match="the horizon starts on 2026-03-02, the history ends at 2026-03-30"):
        Forecaster().fit(history).predict(ahead("2026-03-02"))


def test_unusual_days_are_named_and_weighted_out(history_of):
    history = history_of(wave, seed=7)
    clean = Forecaster().fit(history).predict(ahead(weeks=1)).to_frame()
    bad = history.copy()
    outage = bad["start"].dt.date == date(2026, 3, 26)
    bad.loc[outage, "offered"] = (bad.loc[outage, "offered"] * 0.3).round()
    forecast = Forecaster().fit(bad).predict(ahead(weeks=1))
    unusual = forecast.audit[forecast.audit["finding"].str.startswith("unusual day")]
    assert unusual["start"].tolist() == [pd.Timestamp("2026-03-26", tz=TZ)]
    assert " of what was expected" in unusual["finding"].iloc[0]
    assert "not at all in the profile" in unusual["action"].iloc[0]
    assert np.abs(forecast.to_frame()["offered"] - clean["offered"]).sum() < 0.01 * clean["offered"].sum()


def test_missing_days_and_intervals_do_not_bend_the_forecast(history_of):
    history = history_of(lambda starts: starts.hour + 10.0 * (1 + starts.day_of_week))
    day, hour = history["start"].dt.strftime("%m-%d"), history["start"].dt.hour
    kept = ~day.isin(["02-03", "03-16"]) & ~((day == "03-25") & hour.between(9, 12))
    forecast = Forecaster().fit(history[kept]).predict(ahead())
    frame = forecast.to_frame()
    expected = frame["start"].dt.hour + 10.0 * (1 + frame["start"].dt.day_of_week)
    np.testing.assert_allclose(frame["offered"], expected, rtol=1e-4)
    assert forecast.audit["finding"].str.split(":").str[0].tolist() == [
        "opening hours read from the history",
        "missing day",
        "missing day",
        "missing intervals",
    ]


def test_a_day_half_recorded_counts_for_no_level(history_of):
    history = history_of(lambda starts: 10.0)
    kept = (history["start"].dt.date != date(2026, 3, 25)) | (history["start"].dt.hour < 8)
    forecast = Forecaster().fit(history[kept]).predict(ahead(weeks=1))
    assert "partial day: less than half of it is recorded" in forecast.audit["finding"].tolist()
    np.testing.assert_allclose(forecast.to_frame()["offered"], 10.0, rtol=1e-6)


def test_a_level_that_rose_is_followed_and_said(history_of):
    history = history_of(wave, seed=8)
    late = history["start"] >= pd.Timestamp("2026-03-22", tz=TZ)
    plain = Forecaster().fit(history).predict(ahead(weeks=1)).to_frame()["offered"].sum()
    history.loc[late, "offered"] = (history.loc[late, "offered"] * 1.2).round()
    forecast = Forecaster().fit(history).predict(ahead(weeks=1))
    assert forecast.to_frame()["offered"].sum() == pytest.approx(1.2 * plain, rel=0.04)
    assert forecast.audit["finding"].str.startswith("level shift").sum() == 1


def test_an_event_is_learnt_and_comes_again(history_of):
    sale = Event(name="sale", dates=(date(2026, 2, 11), date(2026, 3, 11), date(2026, 4, 8)), kind="promotion")
    history = history_of(wave, seed=9)
    days = history["start"].dt.date.isin(sale.dates)
    history.loc[days, "offered"] = history.loc[days, "offered"] * 3
    forecast = Forecaster(calendar=CalendarSpec(events=(sale,))).fit(history).predict(ahead())
    total = forecast.days().set_index("day")["offered"]
    assert total[date(2026, 4, 8)] / total[date(2026, 4, 15)] == pytest.approx(3.0, rel=0.05)
    assert forecast.audit.empty


def test_a_holiday_never_seen_is_said_and_has_a_wide_band(history_of):
    calendar = CalendarSpec(country="DE")
    history = history_of(wave, start="2026-01-12", days=77, seed=10)
    forecast = Forecaster(calendar=calendar).fit(history).predict(ahead())  # Good Friday is 2026-04-03
    said = forecast.audit[forecast.audit["finding"].str.startswith("special day never seen")]
    assert said["start"].tolist() == [pd.Timestamp("2026-04-03", tz=TZ), pd.Timestamp("2026-04-06", tz=TZ)]
    assert said["action"].iloc[0] == "forecast as an ordinary day, with a wide band"
    frame = forecast.to_frame().set_index("start")
    holiday, plain = frame.loc["2026-04-03 12:00+02:00"], frame.loc["2026-04-10 12:00+02:00"]
    assert holiday["offered"] == pytest.approx(plain["offered"], rel=0.05)
    assert holiday["offered_q90"] - holiday["offered_q10"] > 1.2 * (plain["offered_q90"] - plain["offered_q10"])


def test_hours_of_a_queue_and_closed_days(history_of):
    calls = history_of(wave, opens=8, closes=18, weekdays=(0, 1, 2, 3, 4), seed=11)
    chat = history_of(wave, queue="chat", seed=12)
    calendar = CalendarSpec(
        hours=OpeningHours(
            "Mon-Fri 08:00-18:00", exceptions={date(2026, 3, 31): "closed", date(2026, 4, 4): "08:00-12:00"}
        )
    )
    model = Forecaster(calendar=calendar, hours={"chat": OpeningHours()}).fit(pd.concat([calls, chat]))
    frame = model.predict(ahead(weeks=1)).to_frame()
    counts = frame.groupby(["queue", frame["start"].dt.day_of_week]).size()
    assert counts["chat"].tolist() == [24] * 7
    assert counts["calls"].to_dict() == {0: 10, 2: 10, 3: 10, 4: 10, 5: 4}
    assert (frame["offered"] > 0).all()
    said = model.predict(ahead(weeks=1)).audit
    assert said["finding"].tolist() == ["weekday never recorded: Sat"]
    assert said["queue"].tolist() == ["calls"]


def test_a_centre_brings_the_hours_of_its_queues(history_of):
    history = pd.concat([history_of(wave, seed=11), history_of(wave, queue="chat", seed=12)])
    calls, chat, mail = (
        Queue(name=name, targets=(ServiceLevel(0.8, "30s"),), hours=hours)
        for name, hours in (("calls", None), ("chat", "Mon-Fri 09:00-17:00"), ("mail", "24x7"))
    )
    spec = CalendarSpec(hours="Mon-Fri 08:00-18:00")
    centre = Centre(name="shop", tz=TZ, interval="1h", queues=(calls, chat, mail), calendar=spec)
    frame = Forecaster(calendar=centre).fit(history).predict(ahead(weeks=1)).to_frame()
    # `mail` is not in the history: it has no forecast, and its hours are no fault.
    assert frame.groupby("queue").size().to_dict() == {"calls": 50, "chat": 40}
    spelt_out = Forecaster(calendar=spec, hours={"chat": "Mon-Fri 09:00-17:00"})
    pd.testing.assert_frame_equal(spelt_out.fit(history).predict(ahead(weeks=1)).to_frame(), frame)
    shorter = Forecaster(calendar=centre, hours={"chat": "Mon 09:00-17:00"}).fit(history)
    assert shorter.predict(ahead(weeks=1)).to_frame().groupby("queue").size().to_dict() == {"calls": 50, "chat": 8}
    told = backtest(history, weeks=1, origins=["2026-03-16"], calendar=centre).to_frame()
    told = told[(told["horizon"] == "1w") & (told["queue"] != "all")]
    assert set(zip(told["queue"], told["unsaid"], strict=True)) == {("calls", 168 - 50), ("chat", 168 - 40)}


def test_what_is_no_calendar_and_no_horizon_is_refused(history_of):
    history = history_of(wave, seed=11)
    with pytest.raises(DataError, match="the calendar of the forecaster is a str; give the centre, its calendar, or"):
        Forecaster(calendar="DE").fit(history)
    with pytest.raises(DataError, match="'2026-03-30' is not a horizon; write Horizon"):
        Forecaster().fit(history).predict("2026-03-30")


def test_a_forecaster_says_what_it_is(history_of):
    model = Forecaster(weeks=8)
    assert repr(model) == "Forecaster(weeks=8, half_life_days=42, stale_after_days=42): not fitted"
    assert repr(model.fit(history_of(wave, seed=11))).endswith(f": fitted to calls up to {model.end_}")


def test_hours_longer_than_ever_are_said(history_of):
    history = history_of(wave, opens=8, closes=18, seed=13)
    forecast = Forecaster(calendar=CalendarSpec(hours="Mon-Sun 08:00-19:00")).fit(history).predict(ahead(weeks=1))
    said = forecast.audit[forecast.audit["finding"].str.startswith("open intervals that the history never has")]
    assert said["finding"].tolist() == ["open intervals that the history never has: 7"]
    frame = forecast.to_frame()
    added = frame.loc[frame["start"].dt.hour >= 18, "offered"].sum()
    assert said["action"].iloc[0].endswith(f": {added:,.0f} of the {frame['offered'].sum():,.0f} contacts")
    late = frame[frame["start"].dt.hour >= 17].groupby(frame["start"].dt.date)["offered"]
    assert (late.max() == late.min()).all()


def test_handle_times(history_of):
    history = history_of(wave, seed=14)
    history["handled"] = history["offered"]
    history["handle_s"] = history["handled"] * (200.0 + 2 * history["start"].dt.hour)
    forecast = Forecaster().fit(history).predict(ahead(weeks=1))
    frame = forecast.to_frame()
    np.testing.assert_allclose(frame["aht_s"], 200.0 + 2 * frame["start"].dt.hour, rtol=0.02)
    without = history_of(wave, seed=15, queue="chat")
    both = Forecaster().fit(pd.concat([history, without])).predict(ahead(weeks=1))
    frame = both.to_frame()
    assert list(frame.columns[:4]) == ["queue", "start", "offered", "aht_s"]
    assert frame.loc[frame["queue"] == "chat", "aht_s"].isna().all()
    assert frame.loc[frame["queue"] == "calls", "aht_s"].notna().all()
    assert both.days().groupby("queue")["aht_s"].count().to_dict() == {"calls": 7, "chat": 0}
    assert "no handle time in the history" in both.audit["finding"].tolist()
    assert "aht_s" not in Forecaster().fit(without).predict(ahead(weeks=1)).to_frame()


def test_a_queue_without_a_contact_is_0_and_said(history_of):
    forecast = Forecaster().fit(history_of(lambda starts: 0.0)).predict(ahead(weeks=1))
    frame = forecast.to_frame()
    assert not frame[["offered", *QUANTILES]].to_numpy().any()
    assert "no contact at all: on any day" in forecast.audit["finding"].tolist()
    assert forecast.models == {"calls": "no contact in the history: 0"}
    weekend = history_of(lambda starts: np.where(starts.day_of_week < 5, 20.0, 0.0))
    forecast = Forecaster().fit(weekend).predict(ahead(weeks=1))
    frame = forecast.to_frame()
    assert not frame.loc[frame["start"].dt.day_of_week >= 5, "offered"].any()
    assert "no contact at all: on Sat, Sun" in forecast.audit["finding"].tolist()


def test_two_weeks_are_enough(history_of):
    history = history_of(wave, days=14, seed=16)
    forecast = Forecaster().fit(history).predict(Horizon("2026-01-19", weeks=1, interval="1h", tz=TZ))
    frame = forecast.to_frame()
    assert frame["offered"].sum() == pytest.approx(wave(pd.DatetimeIndex(frame["start"])).sum(), rel=0.1)
    assert "bands unchecked" in forecast.models["calls"]


def test_attributes_and_order_of_calls(history_of):
    with pytest.raises(NotFittedError, match=r"call fit\(history\) first"):
        Forecaster().predict(ahead())
    model = Forecaster(weeks=8).fit(history_of(wave, seed=17))
    assert model.queues_ == ("calls",)
    assert (model.interval_s_, model.tz_) == (3600, TZ)
    assert model.end_ == pd.Timestamp("2026-03-30", tz=TZ)
    assert len(model.models_["calls"].history.grid.days) == 56
    assert model.audit_["finding"].tolist() == ["opening hours read from the history"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weeks": 1}, "weeks must be a whole number from 2 to 520, got 1"),
        ({"half_life_days": 0}, r"half_life_days must be a number in \(0, inf\), got 0"),
        ({"stale_after_days": -1}, "stale_after_days must be a whole number at least 0, got -1"),
    ],
)
def test_parameters_out_of_range(arguments, message):
    with pytest.raises(DataError, match=message):
        Forecaster(**arguments)
