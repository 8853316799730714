from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wfm.forecast.handle_time import fit_handle_time

WEEKDAY = np.arange(56) % 7
EVERY = np.arange(7)[:, None]
SLOTS = np.arange(4)[None, :]


def said(seconds, handled, weight=None):
    found = fit_handle_time(seconds, handled, WEEKDAY, np.ones(56) if weight is None else weight)
    assert found is not None
    return found.at(EVERY, SLOTS)


def test_a_constant_handle_time_is_found_exactly():
    handled = np.random.default_rng(0).poisson(5, (56, 4)).astype(float)
    np.testing.assert_allclose(said(180 * handled, handled), 180.0)


def test_contacts_are_the_weights():
    rng = np.random.default_rng(1)
    handled = np.column_stack([np.full(56, 2.0), np.full(56, 500.0), np.full(56, 500.0), np.full(56, 500.0)])
    seconds = handled * (200 + rng.normal(0, 100, (56, 4)) / np.sqrt(handled))
    seconds[:, 0] = handled[:, 0] * (400 + rng.normal(0, 100, 56) / np.sqrt(2))
    found = said(seconds, handled)
    # 112 contacts of 400 s among 84,000 of 200 s: the mean of the day is that of the many.
    volume = handled[:7]
    assert (found * volume).sum() / volume.sum() == pytest.approx(seconds.sum() / handled.sum(), rel=0.01)
    np.testing.assert_allclose(found[:, 1:], 200.0, rtol=0.02)


def test_the_time_of_day_shows_through_noise_and_thin_intervals_are_shrunk():
    rng = np.random.default_rng(2)
    true = np.array([150.0, 180.0, 210.0, 240.0])
    handled = np.full((56, 4), 40.0)
    seconds = handled * true * rng.gamma(40, 1 / 40, (56, 4))
    np.testing.assert_allclose(said(seconds, handled), np.broadcast_to(true, (7, 4)), rtol=0.06)
    # Noise alone makes no shape.
    flat = said(handled * 200.0 * rng.gamma(4, 1 / 4, (56, 4)), handled)
    assert np.ptp(flat) < 0.06 * flat.mean()


def test_a_drift_is_followed():
    drift = 200 * 1.2 ** (np.arange(56) / 55)
    handled = np.full((56, 4), 100.0)
    found = said(handled * drift[:, None], handled)
    assert found.mean() > 0.94 * drift[-1]
    assert found.mean() > 1.04 * drift.mean()


def test_missing_and_weightless_days_say_nothing():
    handled = np.full((56, 4), 10.0)
    seconds = handled * 120.0
    seconds[3] = np.nan
    seconds[4] = 9e9
    weight = np.ones(56)
    weight[4] = 0.0
    np.testing.assert_allclose(said(seconds, handled, weight), 120.0)


def test_no_contacts_no_handle_time():
    assert fit_handle_time(np.zeros((14, 2)), np.zeros((14, 2)), np.arange(14) % 7, np.ones(14)) is None


def test_it_beats_the_flat_mean_and_the_planners_on_real_calls():
    """Feb 1999, an Israeli bank, call by call: days 1 to 10 say what days 11 to 14 take, weighted by their calls."""
    folder = os.environ.get("WFM_DATA")
    if folder is None:
        return  # the data are not part of the project; without them there is nothing to measure
    calls = pd.read_csv(Path(folder) / "technion1999_feb01_14_calls.csv.gz")
    calls = calls[(calls["outcome"] == "AGENT") & (calls["ser_time"] > 0)]
    day = calls["date"] - 990201
    slot = (pd.to_timedelta(calls["vru_entry"]).dt.total_seconds() // 1800).astype(int)
    handled, seconds = np.zeros((14, 48)), np.zeros((14, 48))
    np.add.at(handled, (day, slot), 1.0)
    np.add.at(seconds, (day, slot), calls["ser_time"])
    weekday = np.arange(14) % 7  # from a Monday
    known, late = slice(0, 10), np.arange(10, 14)

    def error(guess):
        return np.abs(handled[late] * guess - seconds[late]).sum() / seconds[late].sum()

    flat = seconds[known].sum() / handled[known].sum()
    with np.errstate(invalid="ignore"):
        each = seconds[known] / handled[known]
    planners = np.array([np.nanmean(column) if np.isfinite(column).any() else flat for column in each.T])
    found = fit_handle_time(
        np.where(handled[known] > 0, seconds[known], np.nan),
        np.where(handled[known] > 0, handled[known], np.nan),
        weekday[known],
        0.5 ** (np.arange(9, -1, -1) / 42),
    )
    model = error(found.at(weekday[late][:, None], np.arange(48)[None, :]))
    assert model < 0.98 * error(flat)
    assert model < 0.98 * error(planners)
