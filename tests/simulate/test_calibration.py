"""Calibration on logs whose truth is known, because they were simulated."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from wfm import simulate
from wfm.domain.centre import Shrinkage
from wfm.domain.targets import MaxOccupancy
from wfm.errors import DataError
from wfm.testing import make_centre

DAY = pd.Timestamp("2026-01-05 08:00", tz="Europe/Berlin")


def make(shrinkage, *, days=5):
    """Return contacts of a week in which people were off seat for that share of their work."""
    centre = replace(make_centre(people=13), shrinkage=(Shrinkage(name="off", fraction=shrinkage),))
    starts = pd.DatetimeIndex([DAY + pd.Timedelta(days=d, minutes=30 * n) for d in range(days) for n in range(16)])
    forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": 55.0, "aht_s": 220.0})
    roster = pd.DataFrame(
        [
            (e.id, DAY + pd.Timedelta(days=d), DAY + pd.Timedelta(days=d, hours=8.5))
            for e in centre.employees
            for d in range(days)
        ],
        columns=["employee", "start", "end"],
    ).assign(activity="work", queue="calls")
    return simulate.trace(forecast, roster, centre, seed=4), roster, centre


@pytest.fixture(scope="module")
def found():
    contacts, roster, centre = make(0.2)
    return simulate.calibrate(contacts, roster, centre, replications=20)


def test_finds_the_shrinkage(found):
    assert found.shrinkage.low < 0.2 < found.shrinkage.high
    assert found.shrinkage.value == pytest.approx(0.2, abs=0.04)
    assert found.fitted.value == pytest.approx(found.service_level, abs=0.02)
    assert found.centre.unrostered_shrinkage == pytest.approx(found.shrinkage.value)
    assert found.p_value > 0.05


def test_finds_patience_and_speed(found):
    row = found.to_frame().iloc[0]
    # Three minutes of patience; 220 s for a contact that was planned at 240 s.
    assert row["patience_s_low"] < 180 < row["patience_s_high"]
    assert row["aht_s_low"] < 220 < row["aht_s_high"]
    assert row["speed_low"] < 240 / 220 < row["speed_high"]
    assert "shrinkage" in str(found)
    assert "<pre>" in found._repr_html_()


def test_a_log_that_the_model_cannot_explain():
    # Half of the people stay away on two of five days: no steady shrinkage does that.
    contacts, roster, centre = make(0.05)
    days = sorted(roster["start"].unique())
    thin = roster[~(roster["start"].isin(days[3:]) & roster["employee"].isin([f"A{n:02d}" for n in range(1, 7)]))]
    forecast = pd.DataFrame(
        {"queue": "calls", "start": sorted(contacts["arrived_at"].dt.floor("30min").unique()), "offered": 55.0}
    ).assign(aht_s=220.0)
    log = simulate.trace(forecast, thin, centre, seed=9)
    assert simulate.calibrate(log, roster, centre, replications=20).p_value < 0.05


def test_logs_that_cannot_be():
    contacts, roster, centre = make(0.05, days=1)
    nobody = contacts.assign(answered_at=pd.Series(pd.NaT, index=contacts.index, dtype=contacts["arrived_at"].dtype))
    with pytest.raises(DataError, match="nobody was answered in the log"):
        simulate.calibrate(nobody, roster, centre)
    bare = replace(centre, queues=(replace(centre.queues[0], targets=(MaxOccupancy(0.9),)),))
    with pytest.raises(DataError, match="queue 'calls' has no acceptable wait"):
        simulate.calibrate(contacts, roster, bare)
    with pytest.raises(DataError, match="no answered contact with a handle time"):
        simulate.calibrate(contacts.drop(columns=["ended_at", "talk_s"]), roster, centre)
