"""The data-quality report: every fault that is put in is found, a sound log has none, and nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.tickets import data_quality

ZONE = "Europe/Berlin"


def sound_log(seed=0, weeks=6, per_hour=12):
    """Return contacts of weekdays from 8 to 18, as many in each hour, without a fault."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2026-09-07", periods=7 * weeks, freq="D")
    hours = [day + pd.Timedelta(hours=hour) for day in days if day.day_of_week < 5 for hour in range(8, 18)]
    seconds = np.concatenate([np.sort(rng.choice(3600, per_hour, replace=False)) for _ in hours])
    local = pd.DatetimeIndex(hours).repeat(per_hour) + pd.to_timedelta(seconds, unit="s")
    arrived = pd.Series(local.tz_localize(ZONE))
    answered = arrived + pd.to_timedelta(rng.integers(1, 60, len(arrived)), unit="s")
    return pd.DataFrame(
        {
            "contact_id": [f"c{number}" for number in range(len(arrived))],
            "queue": "calls",
            "arrived_at": arrived,
            "answered_at": answered,
            "abandoned_at": answered.where(pd.Series(False, index=arrived.index)),
            "talk_s": np.exp(rng.normal(5.0, 0.5, len(arrived))),
        }
    )


def kinds(log, **options):
    return {finding.kind: finding for finding in data_quality(log, **options).findings}


def test_a_sound_log_has_no_findings():
    report = data_quality(sound_log())
    assert report.findings == ()
    assert str(report) == "3,600 rows: nothing looks wrong"
    assert report.to_frame().empty


def test_every_fault_that_is_put_in_is_found_and_nothing_is_changed():
    log = sound_log()
    day, hour = log["arrived_at"].dt.strftime("%Y-%m-%d"), log["arrived_at"].dt.hour
    log = log[(day != "2026-09-23") & ~((day == "2026-09-29") & hour.isin([10, 11]))].reset_index(drop=True)
    log.loc[5, "talk_s"] = -3.0
    log.loc[6, "talk_s"] = 90_000.0
    log.loc[7, "answered_at"] -= pd.Timedelta("2min")
    log.loc[8, "abandoned_at"] = log.loc[8, "answered_at"]
    log.loc[9, "contact_id"] = "c10"
    log = pd.concat([log, log.iloc[:2]], ignore_index=True)
    before = log.copy()
    found = kinds(log)
    pd.testing.assert_frame_equal(log, before)
    assert found["duplicate rows"].rows == (len(log) - 2, len(log) - 1)
    assert found["duplicate ids"].rows == (10,)
    assert found["negative"].rows == (5,)
    assert found["outlier"].rows == (6,)
    assert found["crossing times"].count == 1
    assert found["outage day"].rows == ("2026-09-23",)
    assert found["gap"].rows == ("2026-09-29 10:00",)
    assert set(found) == {
        "duplicate rows",
        "duplicate ids",
        "negative",
        "outlier",
        "crossing times",
        "outage day",
        "gap",
    }
    report = data_quality(log)
    assert str(report).startswith(
        f"{len(log):,} rows, 8 findings; nothing was changed\n├─ duplicate rows: 2 rows occur"
    )
    assert report._repr_html_().startswith("<pre>")
    assert len(report.to_frame()) == 8


def test_a_flood_is_an_outlier_day():
    log = sound_log()
    flood = log[log["arrived_at"].dt.strftime("%Y-%m-%d") == "2026-09-22"]
    more = [flood.assign(contact_id=flood["contact_id"] + f"x{number}") for number in range(3)]
    assert kinds(pd.concat([log, *more], ignore_index=True))["outlier day"].rows == ("2026-09-22",)


def test_stamps_of_another_zone_are_suspected_and_stamps_without_one_named():
    log = sound_log()
    assert "zone" in kinds(log, tz="America/Los_Angeles")
    finding = kinds(log, tz="America/Los_Angeles")["zone"]
    assert "+9 h would put the middle of the day at 13:00" in finding.proposal or "+8 h" in finding.proposal
    naive = log.assign(arrived_at=log["arrived_at"].dt.tz_localize(None))
    assert kinds(naive)["naive stamps"].what == "column 'arrived_at' has no zone"
    with pytest.raises(DataError, match="no column of times in a frame of queue; give one of: arrived_at"):
        data_quality(log[["queue"]])


def test_the_real_help_desk_log_looks_shifted():
    data = os.environ.get("WFM_DATA")
    if not data:
        return  # the log is not part of the project: this test runs where WFM_DATA names its folder
    raw = pd.read_csv(Path(data) / "helpdesk_events.csv.gz", parse_dates=["CompleteTimestamp"])
    log = raw.rename(columns={"CaseID": "ticket", "CompleteTimestamp": "at"})
    # Its description: openings from 15:00 to 01:00.
    assert "zone" in kinds(log)
