from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.domain import CalendarSpec
from wfm.errors import DataError, NotFittedError
from wfm.forecast import SeasonalNaive, WeeklyMean
from wfm.schema import QUANTILES
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
BOTH = pytest.mark.parametrize("model", [SeasonalNaive, WeeklyMean])


def ahead(day="2026-02-02", weeks=1):
    return Horizon(day, weeks=weeks, interval="1h", tz=TZ)


def by_week(starts):
    """Return 10, 20, 30 ... by week."""
    return 10.0 * (1 + (starts.tz_localize(None) - pd.Timestamp("2026-01-05")).days // 7)


def test_the_last_week_comes_again(history_of):
    frame = SeasonalNaive().fit(history_of(by_week, days=28)).predict(ahead(weeks=2)).to_frame()
    assert len(frame) == 14 * 24
    assert set(frame["offered"]) == {40.0}


def test_the_mean_of_the_last_weeks(history_of):
    history = history_of(by_week, days=56)
    frame = WeeklyMean().fit(history).predict(ahead("2026-03-02")).to_frame()
    assert set(frame["offered"]) == {np.mean([30, 40, 50, 60, 70, 80])}
    frame = WeeklyMean(weeks=2).fit(history).predict(ahead("2026-03-02")).to_frame()
    assert set(frame["offered"]) == {75.0}


def test_a_missing_day_is_passed_over(history_of):
    history = history_of(by_week, days=28)
    kept = history["start"].dt.strftime("%m-%d") != "01-28"  # the last Wednesday
    naive = SeasonalNaive().fit(history[kept]).predict(ahead()).to_frame()
    wednesday = naive["start"].dt.day_of_week == 2
    assert set(naive.loc[wednesday, "offered"]) == {30.0}
    assert set(naive.loc[~wednesday, "offered"]) == {40.0}
    mean = WeeklyMean(weeks=2).fit(history[kept]).predict(ahead()).to_frame()
    assert set(mean.loc[wednesday, "offered"]) == {25.0}


def test_an_interval_never_recorded_is_0_and_said(history_of):
    history = history_of(lambda starts: 10.0, days=28, opens=8, closes=18)
    forecast = SeasonalNaive(calendar=CalendarSpec(hours="Mon-Sun 08:00-19:00")).fit(history).predict(ahead())
    frame = forecast.to_frame()
    assert (frame.loc[frame["start"].dt.hour >= 18, "offered"] == 0).all()
    assert forecast.audit["finding"].tolist()[-1] == "open intervals that the history never has: 7"


@BOTH
def test_quantiles_are_monotone_and_cover(model, history_of):
    whole = history_of(lambda starts: 30.0, days=84 + 7, seed=1)
    known = whole[whole["start"] < pd.Timestamp("2026-03-30", tz=TZ)]
    frame = model().fit(known).predict(ahead("2026-03-30")).to_frame()
    values = frame[list(QUANTILES)].to_numpy()
    assert values.min() >= 0
    assert np.all(np.diff(values, axis=1) >= 0)
    actual = whole["offered"].to_numpy()[-len(frame) :]
    assert 0.7 < ((actual >= frame["offered_q10"]) & (actual <= frame["offered_q90"])).mean() < 0.9


@BOTH
def test_refusals(model, history_of):
    with pytest.raises(NotFittedError, match=f"the {model.__name__} is not fitted"):
        model().predict(ahead())
    fitted = model().fit(history_of(lambda starts: 1.0, days=28))
    with pytest.raises(DataError, match="the history ends at 2026-02-02"):
        fitted.predict(ahead("2026-01-26"))
    with pytest.raises(DataError, match="ends 59 days before the horizon"):
        fitted.predict(ahead("2026-04-02"))
    with pytest.raises(DataError, match="weeks must be a whole number from 1 to 52, got 0"):
        WeeklyMean(weeks=0)
