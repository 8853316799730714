"""Patience read from a log: laws that are known, and the calls of a bank."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.simulate import fit_patience

NINE = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")


def log(patience, offer):
    """Return the log of customers who leave or are answered, whichever is sooner."""
    left = patience < offer
    arrived = pd.Series(NINE + pd.to_timedelta(np.arange(len(left)), unit="s"))
    over = arrived + pd.to_timedelta(np.minimum(patience, offer), unit="s").round("us")
    return pd.DataFrame(
        {
            "contact_id": [f"{n:06d}" for n in range(len(left))],
            "queue": "calls",
            "arrived_at": arrived,
            "answered_at": over.where(~left),
            "abandoned_at": over.where(left),
        }
    )


@pytest.mark.parametrize(
    ("law", "shape"), [("exponential", 1.0), ("weibull", 0.6), ("weibull", 1.8), ("empirical", 1.3)]
)
def test_finds_the_law_behind_a_log(law, shape):
    rng = np.random.default_rng(3)
    scale = 120.0
    contacts = log(scale * rng.weibull(shape, 20_000), rng.exponential(200.0, 20_000))
    drawn = fit_patience(contacts, law=law)["calls"].draw(np.random.default_rng(1), 50_000)
    for at in (20.0, 60.0, 150.0, 300.0):
        assert (drawn > at).mean() == pytest.approx(np.exp(-((at / scale) ** shape)), abs=0.015)


def test_nobody_left():
    contacts = log(np.full(5, np.inf), np.arange(1.0, 6.0))
    for law in ("empirical", "exponential", "weibull"):
        assert np.isinf(fit_patience(contacts, law=law)["calls"].draw(np.random.default_rng(1), 9)).all()


def test_laws_that_cannot_be():
    contacts = log(np.array([5.0, 9.0, 9.0]), np.array([9.0, 5.0, 5.0]))
    with pytest.raises(DataError, match="unknown law 'weibul'; did you mean 'weibull'"):
        fit_patience(contacts, law="weibul")
    with pytest.raises(DataError, match="fewer than two different waits of queue 'calls'"):
        fit_patience(contacts, law="weibull")


def test_calls_of_a_bank():
    # Two weeks of calls of a bank (Technion, 1999), read where the data are; without them nothing is checked here.
    path = Path(os.environ.get("WFM_DATA", "")) / "technion1999_feb01_14_calls.csv.gz"
    if not path.is_file():
        return
    calls = pd.read_csv(path)
    calls = calls[calls["outcome"].isin(["AGENT", "HANG"]) & (calls["q_time"] > 0)].reset_index(drop=True)
    waits = calls["q_time"].to_numpy(dtype=float)
    left = (calls["outcome"] == "HANG").to_numpy()
    never = np.full(len(calls), np.inf)
    contacts = log(np.where(left, waits, never), np.where(left, never, waits))
    # The mean patience of the exponential law is all the time in line over those who left.
    fitted = {law: fit_patience(contacts, law=law)["calls"] for law in ("empirical", "exponential", "weibull")}
    assert fitted["exponential"].tail_s == pytest.approx(waits.sum() / left.sum())
    drawn = {law: curve.draw(np.random.default_rng(1), 50_000) for law, curve in fitted.items()}
    still = {law: np.array([(values > at).mean() for at in (15, 30, 60, 120, 240)]) for law, values in drawn.items()}
    off = {law: np.abs(still[law] - still["empirical"]).max() for law in ("exponential", "weibull")}
    # Many leave early and some are very patient: no law is right, and the one of two parameters is nearer.
    assert off["weibull"] < off["exponential"] < 0.2
