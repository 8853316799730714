"""Contacts whose measures are known, and one Spark session for the few tests that need it."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="session")
def spark():
    if shutil.which("java") is None:
        pytest.skip("not run: no Java")
    sql = pytest.importorskip("pyspark.sql", reason="not run: no pyspark")
    builder = sql.SparkSession.builder.master("local[1]").appName("wfm")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "America/New_York",  # no result may depend on it
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def week():
    """4,000 contacts of three queues over the week in which the clock of Berlin is put back."""
    rng = np.random.default_rng(7)
    size = 4000
    begin = pd.Timestamp("2026-10-22", tz="Europe/Berlin")
    arrived = begin + pd.to_timedelta(np.sort(rng.integers(0, 7 * 86_400_000, size)), unit="ms")
    arrived = pd.Series(arrived).dt.as_unit("us")
    waited = pd.to_timedelta(rng.integers(0, 90_000, size), unit="ms")
    fate = rng.random(size)
    answered = (arrived + waited).where(fate < 0.7)
    return pd.DataFrame(
        {
            "contact_id": [f"c{n:05}" for n in range(size)],
            "queue": rng.choice(["calls", "chat", "mail"], size),
            "employee": pd.Series(rng.choice(["A", "B", "C"], size), dtype="str").where(fate < 0.7),
            "customer": [f"k{n}" for n in rng.integers(0, 900, size)],
            "arrived_at": arrived,
            "queued_at": arrived.where(fate < 0.95),
            "answered_at": answered,
            "abandoned_at": (arrived + waited).where((fate >= 0.7) & (fate < 0.93)),
            "ended_at": answered + pd.Timedelta("250s"),
            "talk_s": np.where(fate < 0.65, rng.integers(1, 500, size), np.nan),
            "hold_s": np.where(fate < 0.3, 7.5, np.nan),
            "wrap_s": 5.0,
            "sessions": np.where(fate < 0.7, rng.integers(1, 4, size), np.nan),
            "transferred_to": pd.Series(np.where(fate < 0.1, "calls", None), dtype="str"),
        }
    )


@pytest.fixture(scope="session")
def worked_example():
    """1,000 answered, 860 of them within 30 s; 60 abandoned, 20 within 30 s, 10 of them before 5 s."""
    waits = [20] * 860 + [45] * 140 + [3] * 10 + [15] * 10 + [50] * 40
    arrived = pd.Series(pd.date_range("2026-11-02", periods=1060, freq="1min", tz="Asia/Shanghai")).dt.as_unit("us")
    settled = arrived + pd.to_timedelta([float(wait) for wait in waits], unit="s")
    is_answered = np.arange(1060) < 1000
    return pd.DataFrame(
        {
            "contact_id": [f"c{n:05}" for n in range(1060)],
            "queue": "calls",
            "arrived_at": arrived,
            "answered_at": settled.where(is_answered),
            "abandoned_at": settled.where(~is_answered),
        }
    )
