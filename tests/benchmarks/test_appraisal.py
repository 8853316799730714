"""The benchmark's slow recomputation agrees with the library."""

from __future__ import annotations

import runpy
from pathlib import Path

from wfm.kpi.appraisal import appraise


def test_scores_are_those_computed_line_by_line(project: Path) -> None:
    made = runpy.run_path(str(project / "benchmarks" / "appraisal.py"))
    counts, people = made["made"](60, seed=3)
    found = appraise(counts, made["card"](), people=people)
    assert made["check"](found, counts, people) < 1e-8
