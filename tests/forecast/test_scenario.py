from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wfm.errors import DataError
from wfm.forecast import (
    ChannelShift,
    Containment,
    Forecast,
    Forecaster,
    Growth,
    HandleTimeChange,
    what_if,
)
from wfm.schema import QUANTILES
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
LEVELS = np.array(list(QUANTILES.values()))


def poisson(volumes, aht=None, days=1, hours=(8, 9, 10)):
    """Return a forecast with the quantiles of Poisson numbers; `volumes` by queue."""
    frames = []
    for queue, mean in sorted(volumes.items()):
        start = pd.DatetimeIndex(
            [
                pd.Timestamp("2026-11-02", tz=TZ) + pd.Timedelta(days=day, hours=hour)
                for day in range(days)
                for hour in hours
            ]
        )
        columns = {"queue": queue, "start": start, "offered": float(mean)}
        if aht is not None:
            columns["aht_s"] = float(aht[queue])
        columns |= {name: float(stats.poisson.ppf(level, mean)) for name, level in QUANTILES.items()}
        frames.append(pd.DataFrame(columns))
    return Forecast(pd.concat(frames, ignore_index=True), tz=TZ, interval_s=3600)


def work(forecast, queue=None):
    frame = forecast.to_frame()
    frame = frame if queue is None else frame[frame["queue"] == queue]
    return float((frame["offered"] * frame["aht_s"]).sum())


@pytest.fixture(scope="module")
def fitted():
    starts = pd.date_range("2026-01-05", periods=70 * 24, freq="1h", tz=TZ, unit="ns")
    rng = np.random.default_rng(3)
    parts = []
    for queue, level in (("calls", 80.0), ("chat", 30.0)):
        offered = rng.poisson(level * (1.2 + np.sin(starts.hour / 24 * 2 * np.pi)))
        parts.append(pd.DataFrame({"queue": queue, "start": starts, "offered": offered, "aht_s": 200.0}))
    return Forecaster().fit(pd.concat(parts)).predict(Horizon("2026-03-16", days=3, interval="1h", tz=TZ))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_thinned_poisson_number_is_a_poisson_number(share):
    # Contacts that leave one by one: the rest of a Poisson number is one again (Kingman, Poisson Processes, 1993, 5.1).
    left = what_if(poisson({"calls": 400}), Growth(factor=1 - share)).to_frame()
    expected = stats.poisson.ppf(LEVELS, 400 * (1 - share))
    assert np.abs(left[list(QUANTILES)].to_numpy() - expected).max() <= 1.5


def test_a_sure_level_grows_in_proportion():
    # A level that is off by 10 % stays off by 10 %: counting noise is nothing beside it.
    frame = poisson({"calls": 1e6}).to_frame()
    for name, level in QUANTILES.items():
        frame[name] = 1e6 * (1 + 0.1 * stats.norm.ppf(level))
    grown = what_if(Forecast(frame, tz=TZ, interval_s=3600), Growth(factor=2)).to_frame()
    expected = 2e6 * (1 + 0.1 * stats.norm.ppf(LEVELS))
    np.testing.assert_allclose(grown[list(QUANTILES)].to_numpy()[0], expected, rtol=1e-4)


def test_quantiles_of_the_default_model_are_those_of_its_spread(fitted):
    grown = what_if(fitted, Growth(factor=4.0, queue="calls"))
    before, after = (frame[frame["queue"] == "calls"] for frame in (fitted.to_frame(), grown.to_frame()))
    np.testing.assert_allclose(after["offered"], 4 * before["offered"])
    spread = fitted.spread["calls"]
    day = np.repeat(np.diag(spread.covariance), 24)
    mean = before["offered"].to_numpy()
    slot = np.tile(np.arange(24), 3)
    before_s, after_s = (spread.dispersion.variance(each, day, slot) for each in (mean, 4 * mean))
    ratio = np.sqrt(after_s / before_s)
    expected = 4 * mean + (before["offered_q90"] - mean) * ratio
    assert np.abs(after["offered_q90"] - expected).max() <= 0.5
    chat = [frame[frame["queue"] == "chat"] for frame in (fitted.to_frame(), grown.to_frame())]
    pd.testing.assert_frame_equal(*chat)


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 0.99), contained=st.floats(10, 200), factor=st.floats(0, 5), volume=st.floats(0, 500))
def test_containment_conserves_work(share, contained, factor, volume):
    plain = what_if(poisson({"calls": volume}, {"calls": 200.0}, days=2), Growth(factor=factor))
    left = what_if(plain, Containment(queue="calls", share=share, contained_aht_s=contained))
    gone = share * plain.to_frame()["offered"].sum() * contained
    assert work(left) + gone == pytest.approx(work(plain), abs=1e-6)
    assert left.to_frame()["offered"].sum() == pytest.approx((1 - share) * plain.to_frame()["offered"].sum())


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1), moved=st.floats(10, 180), target=st.floats(50, 900), each=st.floats(0.5, 2))
def test_a_shift_of_channel_conserves_contacts_and_work(share, moved, target, each):
    plain = poisson({"calls": 50.0, "chat": 20.0}, {"calls": 200.0, "chat": 400.0})
    change = ChannelShift(
        source="calls", target="chat", share=share, moved_aht_s=moved, target_aht_s=target, contacts_each=each
    )
    done = what_if(plain, change)
    contacts = done.to_frame().groupby("queue")["offered"].sum()
    assert contacts["calls"] == pytest.approx(150 * (1 - share))
    assert contacts["chat"] == pytest.approx(60 + 150 * share * each)
    assert work(done, "chat") == pytest.approx(60 * 400 + 150 * share * each * target)
    if share < 1:
        assert work(done, "calls") == pytest.approx(150 * 200 - 150 * share * moved)
    values = done.to_frame()[list(QUANTILES)].to_numpy()
    assert np.all(np.diff(values, axis=1) >= 0)
    assert values.min() >= 0


def test_a_shift_within_one_handle_time_moves_the_work_as_it_is():
    plain = poisson({"calls": 50.0, "chat": 20.0}, {"calls": 300.0, "chat": 300.0})
    assert work(what_if(plain, ChannelShift(source="calls", target="chat", share=0.3))) == pytest.approx(work(plain))


def test_the_order_of_growth_and_containment_does_not_matter_and_a_step_back_undoes_growth(fitted):
    growth, bot = Growth(factor=1.5), Containment(queue="calls", share=0.25, contained_aht_s=100)
    one, other = what_if(fitted, growth, bot).to_frame(), what_if(fitted, bot, growth).to_frame()
    np.testing.assert_allclose(one[["offered", "aht_s"]], other[["offered", "aht_s"]])
    assert np.abs(one[list(QUANTILES)].to_numpy() - other[list(QUANTILES)].to_numpy()).max() <= 2  # whole contacts
    back = what_if(fitted, growth, Growth(factor=1 / 1.5)).to_frame()
    assert np.abs(back[list(QUANTILES)].to_numpy() - fitted.to_frame()[list(QUANTILES)].to_numpy()).max() <= 1


def test_contacts_stay_where_the_target_is_closed():
    both = pd.concat(
        [poisson({"calls": 50.0}).to_frame(), poisson({"chat": 20.0}, hours=(9, 10)).to_frame()], ignore_index=True
    )
    done = what_if(Forecast(both, tz=TZ, interval_s=3600), ChannelShift(source="calls", target="chat", share=0.2))
    assert done.to_frame()["offered"].tolist() == [50.0, 40.0, 40.0, 30.0, 30.0]
    closed = done.audit[done.audit["finding"].str.startswith("chat is closed")]
    assert closed["finding"].item() == "chat is closed: in 1 intervals of calls"
    assert closed["action"].item() == "10 contacts stay"


def test_the_target_is_never_surer_than_its_two_parts(fitted):
    done = what_if(fitted, ChannelShift(source="calls", target="chat", share=0.4))
    part, old, new = fitted.spread["calls"], fitted.spread["chat"], done.spread["chat"]
    assert done.spread["calls"] is part
    own = fitted.to_frame().query("queue == 'chat'")["offered"].to_numpy().reshape(3, 24).sum(axis=1)
    come = 0.4 * fitted.to_frame().query("queue == 'calls'")["offered"].to_numpy().reshape(3, 24).sum(axis=1)
    independent = (own**2 * np.diag(old.covariance) + come**2 * np.diag(part.covariance)) / (own + come) ** 2
    together = own * np.sqrt(np.diag(old.covariance)) + come * np.sqrt(np.diag(part.covariance))
    assert np.all(np.diag(new.covariance) >= independent)
    assert np.all(np.diag(new.covariance) >= (together / (own + come)) ** 2 - 1e-15)
    assert np.linalg.eigvalsh(new.covariance).min() > 0


def test_only_the_days_named_change():
    day = date(2026, 11, 3)
    done = what_if(poisson({"calls": 10.0}, {"calls": 100.0}, days=3), Growth(factor=2, first=day, last=day))
    assert done.to_frame().groupby(done.to_frame()["start"].dt.date)["offered"].first().tolist() == [10, 20, 10]
    assert done.audit[["queue", "finding"]].to_numpy().tolist() == [["calls", "volume × 2 on 2026-11-03"]]
    longer = what_if(done, HandleTimeChange(factor=1.1, first=date(2026, 11, 4)))
    np.testing.assert_allclose(longer.to_frame()["aht_s"].to_numpy(), [100.0] * 6 + [110.0] * 3)
    assert longer.models["calls"].endswith("handle time × 1.1 from 2026-11-04, volume unchanged")


def test_nothing_left_and_nothing_before():
    plain = poisson({"calls": 10.0, "chat": 0.0}, {"calls": 100.0, "chat": 100.0})
    done = what_if(plain, ChannelShift(source="calls", target="chat", share=1.0))
    frame = done.to_frame()
    calls, chat = frame[frame["queue"] == "calls"], frame[frame["queue"] == "chat"]
    assert not calls[["offered", *QUANTILES]].to_numpy().any()
    assert np.abs(chat[list(QUANTILES)].to_numpy() - stats.poisson.ppf(LEVELS, 10.0)).max() <= 1.5
    bare = Forecast(plain.to_frame()[["queue", "start", "offered"]], tz=TZ, interval_s=3600)
    assert what_if(bare, Growth(factor=2)).to_frame()["offered"].tolist() == [20.0] * 3 + [0.0] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Growth(factor=2, queue="cals"), "queue 'cals' is not in the forecast; did you mean 'calls'"),
        (Growth(factor=2, first=date(2027, 1, 1)), "no open interval from 2027-01-01; it covers 2026-11-02"),
        (Containment(queue="calls", share=0.5, contained_aht_s=500), r"500 s of 50 % is more work .* less than 400 s"),
        (ChannelShift(source="calls", target="mail", share=0.5), "queue 'mail' is not in the forecast"),
        ("growth", "'growth' is no change of a forecast; give Growth"),
    ],
)
def test_changes_that_do_not_fit(change, message):
    with pytest.raises(DataError, match=message):
        what_if(poisson({"calls": 10.0}, {"calls": 200.0}), change)


def test_faulty_changes():
    with pytest.raises(DataError, match=r"factor must be a number in \[0, inf\), got -1"):
        Growth(factor=-1)
    with pytest.raises(DataError, match=r"share .* write 0.2 for 20 %"):
        Containment(queue="calls", share=20, contained_aht_s=60)
    with pytest.raises(DataError, match="from 'calls' to itself"):
        ChannelShift(source="calls", target="calls", share=0.1)
    with pytest.raises(DataError, match="begins on 2026-11-03 and ends on 2026-11-02"):
        Growth(factor=1, first=date(2026, 11, 3), last=date(2026, 11, 2))
    with pytest.raises(DataError, match="first must be a date"):
        HandleTimeChange(factor=1, first="2026-11-03")
    with pytest.raises(DataError, match="no handle time, which this change needs"):
        what_if(poisson({"calls": 10.0}), HandleTimeChange(factor=1.1))
    half = poisson({"calls": 10.0, "mail": 5.0}, {"calls": 200.0, "mail": np.nan})
    for change in (HandleTimeChange(factor=2, queue="mail"), Containment(queue="mail", share=0.1, contained_aht_s=60)):
        with pytest.raises(DataError, match="queue 'mail' has no handle time, which this change needs; give a history"):
            what_if(half, change)
    with pytest.raises(DataError, match="a DataFrame is no forecast"):
        what_if(poisson({"calls": 10.0}).to_frame(), Growth(factor=1))
