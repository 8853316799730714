from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.forecast.paths import Course, draw_paths
from wfm.forecast.spread import Spread
from wfm.forecast.trigger import looks_of, trigger_of
from wfm.forecast.uncertainty import LEVELS, Calibration, Dispersion

SLOTS = np.arange(28)
MEAN = 600 + 500 * np.sin((SLOTS + 3) / 34 * np.pi)


def day_of(mean, noise=0.05, correlation=0.9):
    course = Course(mean, np.zeros(len(mean), dtype=np.int64), SLOTS[: len(mean)], SLOTS[: len(mean)])
    dispersion = Dispersion(2.7, 0.0)
    covariance = np.array([[noise**2]])
    return course, Spread(np.array([20000]), covariance, dispersion, correlation, Calibration(LEVELS, 0), whole=True)


@pytest.mark.parametrize("false_alarm", [0.05, 0.2])
@pytest.mark.parametrize("mean", [MEAN, MEAN / 400], ids=["busy", "thin"])
def test_the_rate_of_false_alarms_holds_at_any_number_of_looks(mean, false_alarm):
    course, spread = day_of(mean)
    looks = looks_of(course, spread, SLOTS, false_alarm, 4000, np.random.default_rng(1))
    days = draw_paths(course, spread, 4000, np.random.default_rng(2)).astype(float)
    alarms = np.mean([looks.first(day) is not None for day in days])
    # Two runs of 4000 days: 0.0035 and 0.0063 standard deviations each.
    assert alarms == pytest.approx(false_alarm, abs=0.017)


def test_a_shift_of_a_quarter_is_found_within_hours():
    course, spread = day_of(MEAN)
    looks = looks_of(course, spread, SLOTS, 0.05, 2000, np.random.default_rng(1))
    days = draw_paths(course, spread, 500, np.random.default_rng(3)).astype(float)
    for factor in (1.25, 0.75):
        found = [looks.first(np.rint(day * factor)) for day in days]
        assert np.mean([at is not None and at <= 7 for at in found]) > 0.85  # four hours of half-hours
        assert np.mean([at is not None for at in found]) > 0.95


def test_one_spike_is_no_alarm_wherever_it_falls():
    course, spread = day_of(MEAN)
    looks = looks_of(course, spread, SLOTS, 0.05, 2000, np.random.default_rng(1))
    for at in SLOTS:
        for factor in (0.0, 3.0):
            day = MEAN.copy()
            day[at] *= factor
            assert looks.first(day) is None


def test_the_frame_of_looks():
    course, spread = day_of(MEAN)
    looks = looks_of(course, spread, SLOTS, 0.05, 2000, np.random.default_rng(1))
    starts = pd.date_range("2026-03-30 07:00", periods=28, freq="30min", tz="Europe/Berlin")
    quiet = trigger_of(looks, starts, MEAN[:6], 0.05)
    assert not quiet.left
    assert quiet.since is None
    assert str(quiet) == "in its band"
    frame = quiet.to_frame()
    assert frame["actual"].tolist() == pytest.approx(MEAN[:6].cumsum().tolist())
    assert ((frame["low"] < frame["expected"]) & (frame["expected"] < frame["high"])).all()
    busy = trigger_of(looks, starts, MEAN[:6] * 1.6, 0.05)
    assert busy.left
    assert busy.since == starts[1]
    assert str(busy) == "out of its band since 07:30"
    assert (busy.frame["actual"] > busy.frame["high"]).all()


def test_a_day_of_one_look_is_judged_by_it():
    course, spread = day_of(MEAN[:1])
    looks = looks_of(course, spread, SLOTS[:1], 0.05, 2000, np.random.default_rng(1))
    assert looks.bound == pytest.approx(1.96, abs=0.2)
    assert looks.first(MEAN[:1] * 1.3) == 0
    assert looks.first(MEAN[:1]) is None
