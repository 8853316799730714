"""The helpers of the example: pseudonyms, and rosters in processes that can be cancelled."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.testing import make_centre


@pytest.fixture(scope="module")
def jobs(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("jobs", project / "examples" / "service" / "jobs.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    # Its processes find what they run by the name of its module.
    sys.modules["jobs"] = made
    sys.path.insert(0, str(project / "examples" / "service"))
    spec.loader.exec_module(made)
    return made


def test_pseudonyms_hide_and_can_be_taken_back(jobs: ModuleType) -> None:
    centre = make_centre(people=5)
    hidden, names = jobs.pseudonymise(centre, b"one")
    known = {employee.id for employee in centre.employees}
    assert set(names.values()) == known
    assert not known & set(names)
    assert [employee.id for employee in hidden.employees] == list(names)
    assert jobs.pseudonymise(centre, b"one")[1] == names
    assert not set(jobs.pseudonymise(centre, b"two")[1]) & set(names)


def test_the_example_rosters_and_cancels(project: Path) -> None:
    words = [sys.executable, "-W", "error", str(project / "examples" / "service" / "jobs.py")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert " A0" in done.stdout
    assert "the other job: the job was ended before it was done" in done.stdout


def task(jobs: ModuleType, work_limit: int) -> dict[str, Any]:
    centre = make_centre(people=10)
    starts = pd.date_range("2026-11-02 08:00", periods=24, freq="30min", tz=centre.tz)
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 1.2, "agents": 2, "scheduled": 2})
    return {"need": need, "centre": centre, "work_limit": work_limit}


def test_a_pool_solves_refuses_cancels_and_goes_on(jobs: ModuleType) -> None:
    before = threading.active_count()
    with jobs.Pool(workers=1, waiting=1) as pool:
        first = pool.submit(**task(jobs, 20))
        second = pool.submit(**task(jobs, 20) | {"need": pd.DataFrame({"queue": ["x"]})})
        with pytest.raises(jobs.JobError, match="2 jobs are in line"):
            pool.submit(**task(jobs, 20))
        assert first.result(timeout_s=300).shifts.shape[0] > 0
        with pytest.raises(DataError):
            second.result(timeout_s=300)
        with pytest.raises(jobs.JobError, match=r"within the job's time limit of 0.001 s"):
            pool.submit(**task(jobs, 20), limit_s=0.001).result(timeout_s=300)
        running, waiting = pool.submit(**task(jobs, 20)), pool.submit(**task(jobs, 20))
        with pytest.raises(TimeoutError):
            running.result(timeout_s=0.0)
        waiting.cancel()
        while not running.future.running():
            threading.Event().wait(0.01)
        running.cancel()
        for job in (running, waiting):
            with pytest.raises(jobs.CancelledError):
                job.result(timeout_s=300)
        left = pool.submit(**task(jobs, 20))
    with pytest.raises(jobs.CancelledError):
        left.result(timeout_s=0.0)
    with pytest.raises(jobs.JobError, match="closed"):
        pool.submit(**task(jobs, 20))
    assert threading.active_count() == before
    left.cancel()
