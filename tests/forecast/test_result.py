from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecast
from wfm.forecast.result import audit_frame
from wfm.schema import QUANTILES

TZ = "Europe/Berlin"


def frame():
    start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz=TZ, unit="ns")
    columns = {"queue": "calls", "start": start, "offered": [10.0, 30.0], "aht_s": [100.0, 200.0]}
    return pd.DataFrame(columns | {name: [1.0, 2.0] for name in QUANTILES}).astype({"queue": "str"})


def test_the_frame_is_checked_and_given_as_a_copy():
    forecast = Forecast(frame(), tz=TZ, interval_s=1800)
    given = forecast.to_frame()
    given["offered"] = 0.0
    pd.testing.assert_frame_equal(forecast.to_frame(), frame())
    with pytest.raises(DataError, match="column 'offered' must be a finite number"):
        Forecast(frame().assign(offered=-1.0), tz=TZ, interval_s=1800)


def test_days_weigh_handle_time_by_volume():
    days = Forecast(frame(), tz=TZ, interval_s=1800).days()
    assert days.to_dict("records") == [{"queue": "calls", "day": date(2026, 11, 2), "offered": 40.0, "aht_s": 175.0}]
    assert list(Forecast(frame().drop(columns="aht_s"), tz=TZ, interval_s=1800).days()) == ["queue", "day", "offered"]


def test_quantiles_by_level():
    forecast = Forecast(frame(), tz=TZ, interval_s=1800)
    assert forecast.quantile(0.9).tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match=r"no quantile 0.33 in the forecast; .*0.025"):
        forecast.quantile(0.33)


def test_as_text():
    stamps = frame()["start"]
    rows = [("calls", stamps[0], stamps[1], "missing days: 2 of the open days", "left out")] * 2
    forecast = Forecast(frame(), tz=TZ, interval_s=1800, audit=audit_frame(rows, TZ))
    assert str(forecast).splitlines() == [
        "Forecast 2026-11-02 to 2026-11-02, 30 min, Europe/Berlin",
        "├─ calls  40 contacts in 2 intervals on 1 day, AHT 175 s",
        "└─ audit  2 × missing days",
    ]
    assert "<table" in forecast._repr_html_()
    empty = Forecast(frame().iloc[:0], tz=TZ, interval_s=1800)
    assert str(empty) == "Forecast without an open interval, 30 min, Europe/Berlin"


def test_an_audit_of_nothing_has_its_columns():
    audit = audit_frame([], TZ)
    assert list(audit.columns) == ["queue", "start", "end", "finding", "action"]
    assert str(audit["start"].dt.tz) == TZ
