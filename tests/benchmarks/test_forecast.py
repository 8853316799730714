"""The judge of forecasts on a series of its user: what it prints, and clocks that change."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

MEASURES = {"wmape", "mase", "bias", "wcrps", "coverage80", "coverage95"}


def _judge(project: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "benchmarks" / "forecast.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Ten weeks of hours around a clock put back, as two rows of that hour, and one put forward, with rows in the gap.

    Both changes of 2026 in Berlin are given to one file by leaving out the summer.
    """
    spring = pd.date_range("2026-03-16", "2026-04-12 23:00", freq="1h")
    autumn = pd.date_range("2026-09-28", "2026-11-15 23:00", freq="1h")
    again = pd.DatetimeIndex(["2026-10-25 02:00"])
    local = spring.append(autumn).append(again).sort_values()
    assert pd.Timestamp("2026-03-29 02:00") in local
    mean = 40 + 30 * np.sin(2 * np.pi * local.hour / 24)
    offered = np.random.default_rng(5).poisson(mean)
    path = tmp_path / "calls.csv.gz"
    pd.DataFrame({"start_local": local, "offered": offered}).to_csv(path, index=False)
    return path


def test_the_judge_prints_one_object_with_every_measure(project: Path, series: Path) -> None:
    words = ("--series", series, "--tz", "Europe/Berlin", "--country", "DE", "--weeks", 2)
    run = _judge(project, *words, "--origins", "2026-10-20,2026-10-28")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert set(found) == {"models", "seconds_per_fit", "noise_floor"}
    assert set(found["models"]) == {"default", "SeasonalNaive", "WeeklyMean"}
    for errors in found["models"].values():
        assert set(errors) == {"1d", "1w", "2w"}
        assert all(set(each) == MEASURES for each in errors.values())
    week = found["models"]["default"]["1w"]
    # Poisson numbers around a mean that repeats: what is left is chance, in percent.
    assert found["noise_floor"] == pytest.approx(12.7, abs=1.5)
    assert found["noise_floor"] * 0.85 < week["wmape"] < found["noise_floor"] * 1.3
    assert week["wmape"] < found["models"]["SeasonalNaive"]["1w"]["wmape"]
    assert 70 < week["coverage80"] <= 100
    assert found["seconds_per_fit"] > 0
    assert "2026-03-29 02:00:00 does not exist" in run.stderr
    assert "second occurrence" in run.stderr


def test_what_is_wrong_is_named_and_nothing_is_printed(project: Path, series: Path) -> None:
    run = _judge(project, "--series", series, "--tz", "Europe/Berlin", "--origins", "2026-10-20,soon")
    assert run.returncode == 2
    assert run.stdout == ""
    assert "'soon' is not a date; write them as 2003-08-18,2003-08-26" in run.stderr
    assert "Traceback" not in run.stderr
