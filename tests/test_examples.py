"""Every example runs, at a smaller scale, and writes what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SMALLER = {
    "bank": ("--weeks", "1", "--replications", "2", "--work", "100"),
    "shop": ("--days", "2", "--replications", "2", "--work", "100"),
}


def test_every_example_is_known_here(project: Path) -> None:
    assert {path.parent.name for path in (project / "examples").glob("*/main.py")} == set(SMALLER)


@pytest.mark.parametrize("name", sorted(SMALLER))
def test_the_example_runs_and_writes_its_page(name: str, project: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-W", "error", project / "examples" / name / "main.py", "--out", tmp_path, *SMALLER[name]]
    run = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "simulation" in run.stdout
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5
    assert len(list(tmp_path.glob("*.csv"))) == 9


def test_the_tickets_are_measured(project: Path) -> None:
    words = [sys.executable, "-W", "error", project / "examples" / "tickets.py", "--days", "7"]
    plain = {name: value for name, value in os.environ.items() if name != "WFM_DATA"}
    # The synthetic centre; and the real log too, where WFM_DATA names its folder.
    for env in (plain, *([dict(os.environ)] if "WFM_DATA" in os.environ else [])):
        run = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, env=env)
        assert run.returncode == 0, run.stderr
        for heading in ("What looks wrong", "What was promised", "What was open", "The measures"):
            assert heading in run.stdout


def test_a_year_is_appraised(project: Path) -> None:
    words = [sys.executable, "-W", "error", project / "examples" / "appraisal.py", "--employees", "60"]
    run = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for heading in ("Scores", "Grades", "Payouts", "Appeals", "One employee"):
        assert f"\n{heading}\n---" in run.stdout
    assert "reviewed 2025-09-29 2025-10-20" in run.stdout
    assert "员工绩效考核表" in run.stdout
