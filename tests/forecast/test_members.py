from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from wfm.domain import CalendarSpec
from wfm.errors import DataError, NotFittedError
from wfm.forecast import PoissonGLM, RootSVD, UnobservedComponents, backtest
from wfm.schema import QUANTILES
from wfm.testing import assert_frame_valid
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
MEMBERS = [UnobservedComponents, PoissonGLM, RootSVD]
EACH = pytest.mark.parametrize("member", MEMBERS)


def ahead(day="2026-03-30", weeks=2):
    return Horizon(day, weeks=weeks, interval="1h", tz=TZ)


def wave(starts):
    """Return a rate by hour and weekday."""
    hour, weekday = np.asarray(starts.hour), np.asarray(starts.day_of_week)
    return 200 * (1.2 + np.sin((hour - 7) / 24 * 2 * np.pi)) * np.where(weekday < 5, 1.0, 0.5)


@EACH
def test_a_known_rate_is_found_again(member, history_of):
    frame = member().fit(history_of(wave, seed=1)).predict(ahead()).to_frame()
    assert_frame_valid(frame, "forecast")
    rate = wave(pd.DatetimeIndex(frame["start"]))
    assert np.abs(frame["offered"] - rate).sum() / rate.sum() < 0.03
    values = frame[list(QUANTILES)].to_numpy()
    assert np.all(np.diff(values, axis=1) >= 0)
    assert values.min() >= 0


@EACH
def test_bands_hold_on_days_that_differ(member, history_of):
    rng = np.random.default_rng(3)
    factor = np.exp(0.1 * rng.normal(size=200))

    def rate(starts):
        return wave(starts) * factor[(starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days]

    whole = history_of(rate, days=84 + 28, seed=2)
    known = whole[whole["start"] < pd.Timestamp("2026-03-30", tz=TZ)]
    frame = member().fit(known).predict(ahead(weeks=4)).to_frame()
    actual = whole["offered"].to_numpy()[-len(frame) :]
    inside = (actual >= frame["offered_q10"]) & (actual <= frame["offered_q90"])
    assert 0.7 < inside.mean() < 0.92


@EACH
def test_closed_weekends_missing_days_and_two_queues(member, history_of):
    both = pd.concat(
        [
            history_of(lambda starts: 20.0 + starts.hour, weekdays=(0, 1, 2, 3, 4), opens=8, closes=18, seed=4),
            history_of(lambda starts: 60.0 - starts.hour, queue="chat", opens=10, closes=16, seed=5),
        ]
    )
    kept = ~both["start"].dt.strftime("%m-%d").isin(["02-11", "02-12", "03-03"])
    forecast = member().fit(both[kept]).predict(ahead(weeks=1))
    frame = forecast.to_frame()
    assert frame.groupby("queue").size().to_dict() == {"calls": 50, "chat": 42}
    expected = np.where(frame["queue"] == "calls", 20 + frame["start"].dt.hour, 60 - frame["start"].dt.hour)
    assert np.abs(frame["offered"] - expected).sum() / expected.sum() < 0.07
    assert "missing days: 2 of the open days" in forecast.audit["finding"].tolist()
    assert set(forecast.models) == {"calls", "chat"}


def test_the_structural_model_follows_a_level(history_of):
    def rate(starts):
        return wave(starts) * np.where(starts >= pd.Timestamp("2026-03-02", tz=TZ), 1.3, 1.0)

    history = history_of(rate, seed=6)
    result = UnobservedComponents().fit(history).predict(ahead(weeks=1)).to_frame()
    expected = 1.3 * wave(pd.DatetimeIndex(result["start"]))
    assert result["offered"].sum() / expected.sum() == pytest.approx(1.0, abs=0.05)


def test_a_day_is_less_sure_the_further_ahead(history_of):
    rng = np.random.default_rng(7)
    walk = np.exp(np.cumsum(0.05 * rng.normal(size=200)))

    def rate(starts):
        return wave(starts) * walk[(starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days]

    frame = UnobservedComponents().fit(history_of(rate, seed=7)).predict(ahead(weeks=4)).to_frame()
    width = (frame["offered_q90"] - frame["offered_q10"]) / frame["offered"]
    week = (frame["start"] - frame["start"].iloc[0]).dt.days // 7
    by_week = width.groupby(week).mean()
    assert by_week[3] > 1.3 * by_week[0]


@EACH
def test_a_special_day_is_no_ordinary_day(member, history_of):
    # Holidays of Saxony with half the contacts: in the history New Year's Day, later Good Friday and Easter Monday.
    calendar = CalendarSpec(hours="Mon-Sun 00:00-24:00", country="DE", subdivision="SN")
    history = history_of(wave, start="2025-12-01", days=119, seed=8)
    low = history["start"].dt.strftime("%m-%d").isin(["12-25", "12-26", "01-01"])
    history.loc[low, "offered"] //= 2
    frame = member(calendar=calendar).fit(history).predict(ahead(weeks=1)).to_frame()
    friday = frame[frame["start"].dt.strftime("%m-%d") == "04-03"]
    share = friday["offered"].sum() / wave(pd.DatetimeIndex(friday["start"])).sum()
    # The root-SVD member says so itself: it knows ordinary days only.
    assert share == pytest.approx(1.0 if member is RootSVD else 0.5, abs=0.1)


def test_a_queue_without_contacts_is_0(history_of):
    frame = PoissonGLM().fit(history_of(lambda starts: 0.0)).predict(ahead()).to_frame()
    assert not frame[["offered", *QUANTILES]].to_numpy().any()


@EACH
def test_refusals(member, history_of):
    with pytest.raises(NotFittedError, match=f"the {member.__name__} is not fitted"):
        member().predict(ahead())
    with pytest.raises(DataError, match="the history ends at 2026-03-30"):
        member().fit(history_of(wave)).predict(ahead("2026-03-23"))
    with pytest.raises(DataError, match="weeks must be a whole number from 2 to 520, got 1"):
        member(weeks=1)


def test_parameters_out_of_range():
    with pytest.raises(DataError, match="waves must be a whole number from 1 to 24, got 0"):
        PoissonGLM(waves=0)
    with pytest.raises(DataError, match="factors must be a whole number from 1 to 10, got 11"):
        RootSVD(factors=11)


def test_a_short_history_is_enough(history_of):
    history = history_of(wave, days=28, seed=9)
    errors = backtest(history, origins=["2026-01-19"], weeks=2, models={m.__name__: m() for m in MEMBERS})
    for member in MEMBERS:
        assert errors.measure("wmape", model=member.__name__, horizon="1w") < 0.15


def test_importing_the_members_loads_no_statsmodels():
    import subprocess

    code = "import sys, wfm.forecast; sys.exit('statsmodels' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@EACH
def test_a_queue_without_a_contact_is_0(member, history_of):
    forecast = member().fit(history_of(lambda starts: 0.0)).predict(ahead())
    assert not forecast.to_frame()[["offered", *QUANTILES]].to_numpy().any()
    assert forecast.models == {"calls": "no contact in the history: 0"}
