from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, Override, Overrides, SeasonalNaive, accuracy_by_lead, value_added
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


def said(day, level, *, days=3, as_of=None, queue="calls"):
    start = pd.date_range(day, periods=24 * days, freq="1h", tz=TZ, unit="ns")
    frame = pd.DataFrame({"queue": queue, "start": start, "offered": float(level)})
    return Forecast(frame, tz=TZ, interval_s=3600, as_of=as_of or start[0])


def test_lead_days_by_hand(history_of):
    actual = history_of(lambda starts: 10.0, days=28)
    # Forecasts of 11 and 12, made a day apart; the second one's third day is off the end of the history.
    result = accuracy_by_lead([said("2026-01-29", 11), said("2026-01-31", 12)], actual)
    frame = result.to_frame().query("queue == 'all'")
    assert frame["lead_days"].tolist() == [1, 2, 3]
    assert frame["wmape"].tolist() == pytest.approx([0.15, 0.15, 0.1])
    assert frame["bias"].tolist() == pytest.approx([0.15, 0.15, 0.1])
    assert frame["forecasts"].tolist() == [2, 2, 1]
    assert frame["intervals"].tolist() == [48, 48, 24]
    assert str(result).splitlines()[0] == "Accuracy by lead time: 2 forecasts, errors of intervals"
    assert len({len(line) for line in str(result).splitlines()[1:]}) == 1
    assert "<table" in result._repr_html_()


def test_leads_count_from_the_last_day_known(history_of):
    actual = history_of(lambda starts: 10.0, days=28)
    early = said("2026-01-29", 11, as_of=pd.Timestamp("2026-01-23 21:00", tz=TZ))  # Friday evening
    assert accuracy_by_lead([early], actual).to_frame()["lead_days"].unique().tolist() == [6, 7, 8]
    running = said("2026-01-29", 11, as_of=pd.Timestamp("2026-01-29 12:00", tz=TZ))
    frame = accuracy_by_lead([running], actual).to_frame().query("queue == 'all'")
    assert frame[["lead_days", "intervals"]].to_numpy().tolist() == [[0, 12], [1, 24], [2, 24]]


def test_errors_of_days_cancel_within_the_day(history_of):
    actual = history_of(lambda starts: np.where(starts.hour % 2, 5.0, 15.0), days=28)
    given = [said("2026-01-29", 10)]
    assert accuracy_by_lead(given, actual).to_frame()["wmape"].tolist() == pytest.approx([0.5] * 6)
    days = accuracy_by_lead(given, actual, by="day").to_frame()
    assert days["wmape"].tolist() == pytest.approx([0.0] * 6)
    assert days["days"].tolist() == [1] * 6
    assert days["coverage80"].isna().all()


def test_value_added_by_hand(history_of):
    # 10 a week ago, 20 this week: the naive forecast says 10, the statistical one 18, Li 19, Mo 30.
    history = history_of(lambda starts: np.where(starts >= pd.Timestamp("2026-01-26", tz=TZ), 20.0, 10.0), days=28)
    made = pd.Timestamp("2026-01-26", tz=TZ)
    layers = Overrides(said("2026-01-26", 18))
    for author, factor in (("Li", 19 / 18), ("Mo", 30 / 19)):
        layers = layers.added(
            Override(author=author, reason="news", made_at=made, effect="multiply", value=factor, queue="calls")
        )
    result = value_added(layers, history)
    assert "nan" not in str(result)  # nothing lies below the first layer
    frame = result.to_frame().query("queue == 'all'")
    assert frame["layer"].tolist() == ["SeasonalNaive", "statistical", "1: Li, news", "2: Mo, news"]
    assert frame["wmape"].tolist() == pytest.approx([0.5, 0.1, 0.05, 0.5])
    assert frame["value_added"].tolist()[1:] == pytest.approx([0.4, 0.05, -0.45])
    assert frame["against_naive"].tolist() == pytest.approx([0.0, 0.4, 0.45, 0.0])
    assert result.stated == "Forecast value added: 3 layers against SeasonalNaive"


def test_the_naive_layer_knows_no_more_than_the_forecast(history_of):
    history = history_of(
        lambda starts: 10.0 + (starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days // 7, days=42
    )
    early = said("2026-02-09", 15, as_of=pd.Timestamp("2026-02-02", tz=TZ), days=7)
    frame = value_added({"early": early}, history).to_frame().query("queue == 'all' and layer == 'SeasonalNaive'")
    assert frame["wmape"].item() == pytest.approx(2 / 15)  # it repeats 13, of the week before 2 February


def test_layers_are_judged_after_the_youngest_of_them(history_of):
    history = history_of(lambda starts: 10.0, days=28)
    base = said("2026-01-29", 12)
    late = Override(
        author="Li",
        reason="morning",
        made_at=pd.Timestamp("2026-01-29 12:00", tz=TZ),
        effect="multiply",
        value=1.0,
        queue="calls",
    )
    frame = value_added(Overrides(base, (late,)), history).to_frame()
    assert set(frame["intervals"]) == {60}


def test_layers_of_real_models(history_of):
    history = history_of(lambda starts: 30.0 + starts.hour, days=70, seed=4)
    known = history[history["start"] < pd.Timestamp("2026-03-02", tz=TZ)]
    horizon = Horizon("2026-03-02", weeks=1, interval="1h", tz=TZ)
    layers = {"model": Forecaster().fit(known).predict(horizon), "again": SeasonalNaive().fit(known).predict(horizon)}
    frame = value_added(layers, history).to_frame().query("queue == 'all'").set_index("layer")
    assert frame.loc["again", "against_naive"] == pytest.approx(0.0)
    assert frame.loc["model", "against_naive"] > 0.02
    assert 0.7 < frame.loc["model", "coverage80"] < 0.9


def test_faults(history_of):
    history = history_of(lambda starts: 10.0, days=28)
    nameless = Forecast(said("2026-01-29", 1).to_frame(), tz=TZ, interval_s=3600)
    with pytest.raises(DataError, match="forecast 1 has no as_of; give as_of"):
        accuracy_by_lead([nameless], history)
    with pytest.raises(DataError, match="no forecast; give at least one"):
        accuracy_by_lead([], history)
    with pytest.raises(DataError, match="unknown by 'week'"):
        accuracy_by_lead([said("2026-01-29", 1)], history, by="week")
    with pytest.raises(DataError, match="nothing of the forecasts has happened"):
        accuracy_by_lead([said("2026-03-29", 1)], history)
    with pytest.raises(DataError, match="nothing of the forecast has happened"):
        value_added({"model": said("2026-02-02", 1)}, history)
    with pytest.raises(DataError, match="no layers"):
        value_added({}, history)
