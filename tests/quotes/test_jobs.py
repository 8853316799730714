"""The helpers of the example: pseudonyms, and rosters in processes that can be cancelled."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from wfm.testing import make_centre


@pytest.fixture(scope="module")
def jobs(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("quote_jobs", project / "examples" / "service" / "jobs.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
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
