from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from wfm.domain import CalendarSpec
from wfm.errors import DataError
from wfm.forecast import Forecast, WeeklyMean, backtest
from wfm.forecast.scoring import MEASURES

TZ = "Europe/Berlin"
CHEAP = {"WeeklyMean": WeeklyMean(weeks=2)}


def by_week(starts):
    return 10.0 * (1 + (starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days // 7)


def test_errors_by_hand(history_of):
    # Weeks of 10, 20, ... 110: in the eighth (80), the naive forecast says 70 and the mean of two weeks 65.
    result = backtest(history_of(by_week, days=77), origins=["2026-02-23"], models=CHEAP)
    assert result.measure("wmape", model="SeasonalNaive") == pytest.approx(10 / 80)
    assert result.measure("bias", model="SeasonalNaive") == pytest.approx(-10 / 80)
    assert result.measure("mase", model="SeasonalNaive") == pytest.approx(1.0)  # each week is 10 above the one before
    assert result.measure("wmape", model="WeeklyMean") == pytest.approx(15 / 80)
    four = (10 + 20 + 30 + 40) / (80 + 90 + 100 + 110)
    assert result.measure("wmape", model="SeasonalNaive", horizon="4w") == pytest.approx(four)
    assert result.measure("coverage80", model="SeasonalNaive", horizon="1d", queue="calls") in (0.0, 1.0)


def test_the_default_origins_are_the_last_six_eight_days_apart(history_of):
    result = backtest(history_of(lambda starts: 5.0, days=112), models=CHEAP)  # to 2026-04-26
    assert result.origins == tuple(date(2026, 3, 30) - pd.Timedelta(days=8 * n) for n in range(5, -1, -1))
    assert result.stated.startswith("6 origins (the last 6 that fit, 8 days apart): 2026-02-18")
    short = backtest(history_of(lambda starts: 5.0, days=52), models=CHEAP)
    assert short.origins == (date(2026, 1, 21), date(2026, 1, 29))
    with pytest.raises(
        DataError, match="a history of 40 days is too short for a backtest 4 weeks ahead; give at least 42"
    ):
        backtest(history_of(lambda starts: 5.0, days=40), models=CHEAP)


def test_nothing_at_or_after_an_origin_is_seen(history_of):
    history = history_of(lambda starts: 20.0 + starts.hour, days=70, seed=1)
    changed = history.copy()
    origin = pd.Timestamp("2026-02-16", tz=TZ)
    changed.loc[changed["start"] >= origin, "offered"] *= 7
    said = [backtest(frame, origins=["2026-02-16"]).compared for frame in (history, changed)]
    columns = [
        column for column in said[0] if column.startswith("offered") or column in ("model", "start", "naive_error")
    ]
    pd.testing.assert_frame_equal(said[0][columns], said[1][columns])
    assert not np.allclose(said[0]["actual"], said[1]["actual"])


def test_open_intervals_taken_for_closed_count_as_0(history_of):
    history = history_of(lambda starts: 10.0)
    hours = CalendarSpec(hours="Mon-Sun 00:00-12:00")
    result = backtest(history, origins=["2026-03-02"], calendar=hours, models=CHEAP)
    frame = result.to_frame().query("model == 'SeasonalNaive' and horizon == '1w' and queue == 'calls'")
    assert frame["unsaid"].item() == 84
    assert frame["intervals"].item() == 168
    assert frame["wmape"].item() == pytest.approx(0.5)


def test_the_frame_has_every_model_horizon_and_queue(history_of):
    both = pd.concat([history_of(by_week), history_of(by_week, queue="chat")])
    result = backtest(both, origins=["2026-03-02", date(2026, 3, 9)], weeks=2, models=CHEAP)
    frame = result.to_frame()
    assert frame.groupby("model").size().to_dict() == {"SeasonalNaive": 9, "WeeklyMean": 9}
    assert set(frame["horizon"]) == {"1d", "1w", "2w"}
    assert set(frame["queue"]) == {"calls", "chat", "all"}
    assert set(MEASURES) <= set(frame.columns)
    assert result.origins == (date(2026, 3, 2), date(2026, 3, 9))
    assert str(result).splitlines()[0] == "Backtest: 2 origins (as given): 2026-03-02, 2026-03-09; 2 weeks ahead"
    assert len({len(line) for line in str(result).splitlines()[1:]}) == 1
    assert "<table" in result._repr_html_()


class Bare:
    """A model of a user's own, without quantiles."""

    def fit(self, history):
        self.level = history["offered"].mean()
        return self

    def predict(self, horizon):
        frame = pd.DataFrame({"queue": "calls", "start": horizon.starts, "offered": self.level})
        return Forecast(frame, tz=horizon.tz, interval_s=horizon.interval_s)


def test_a_model_of_ones_own(history_of):
    result = backtest(history_of(lambda starts: 10.0), origins=["2026-03-02"], models={"bare": Bare()})
    assert result.measure("wmape", model="bare") == 0
    assert np.isnan(result.measure("wcrps", model="bare"))
    assert set(result.to_frame()["model"]) == {"bare", "SeasonalNaive", "WeeklyMean"}


def test_faults(history_of):
    history = history_of(lambda starts: 10.0)
    with pytest.raises(DataError) as caught:
        backtest(history, origins=["2026-01-10", "2026-06-01"])
    assert [str(problem) for problem in caught.value.problems] == [
        "origin 2026-01-10 leaves less than two weeks before it or no day after it; "
        "give a date from 2026-01-19 to 2026-03-29",
        "origin 2026-06-01 leaves less than two weeks before it or no day after it; "
        "give a date from 2026-01-19 to 2026-03-29",
    ]
    with pytest.raises(DataError, match="no origin; give at least one date"):
        backtest(history, origins=[])
    with pytest.raises(DataError, match="origin 'soon' is not a date"):
        backtest(history, origins=["soon"])
    with pytest.raises(DataError, match=r"'mine' is no model: 3; give an object with fit\(history\) and predict"):
        backtest(history, models={"mine": 3})
    with pytest.raises(DataError, match="weeks must be a whole number from 1 to 26, got 0"):
        backtest(history, weeks=0)
    result = backtest(history, origins=["2026-03-02"], models=CHEAP)
    with pytest.raises(DataError, match="no measure 'mape' of model 'WeeklyMean'"):
        result.measure("mape", model="WeeklyMean")


def test_every_wrong_origin_is_named_at_once(history_of):
    with pytest.raises(DataError) as caught:
        backtest(history_of(lambda starts: 10.0), origins=["2029-01-01", "x"], models=CHEAP)
    assert [problem.what.split(" leaves")[0] for problem in caught.value.problems] == [
        "origin 'x' is not a date",
        "origin 2029-01-01",
    ]
