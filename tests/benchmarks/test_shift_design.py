"""The judge and the reader of shift-design instances, on an instance small enough to count by hand."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

INSTANCE = """
interval = 60;
days = 7;
demand = [%s];
shiftTypes = 2;
minStart = [6, 22];
maxStart = [8, 23];
minLength = [7, 7];
maxLength = [9, 9];
weightUnderCover = 1;
weightOverCover = 1;
weightShiftInstances = 60;
"""
DAY = [1] * 6 + [0] * 2 + [2] * 8 + [0] * 6 + [1] * 2  # a night from 22:00 and two heads from 08:00


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"loaded_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    path = tmp_path / "small.dzn"
    path.write_text(INSTANCE % ",".join(str(heads) for heads in DAY * 7), encoding="utf-8")
    return path


def _judged(project: Path, instance: Path, shifts: list[dict[str, int]]) -> tuple[int, dict[str, object]]:
    design = instance.parent / "design.json"
    design.write_text(json.dumps({"shifts": shifts}), encoding="utf-8")
    command = [sys.executable, str(project / "benchmarks" / "judges" / "shift_design.py"), str(instance), str(design)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, json.loads(run.stdout)


def test_the_judge_counts_minutes_and_distinct_shifts(project: Path, instance: Path) -> None:
    exact = [
        {"day": day, "start": start, "length": 8, "heads": heads}
        for day in range(7)
        for start, heads in ((22, 1), (8, 2))
    ]
    found = _judged(project, instance, exact)
    assert found == (0, {"objective": 120, "over_min": 0, "under_min": 0, "shifts": 2, "faults": []})
    # One head less for eight hours, one head more for an hour, and a third shift.
    changed = [{**exact[0], "length": 9}, {**exact[1], "heads": 1}, *exact[2:]]
    _, found_now = _judged(project, instance, changed)
    assert found_now == {"objective": 180 + 480 + 60, "over_min": 60, "under_min": 480, "shifts": 3, "faults": []}


def test_the_judge_refuses_what_no_window_holds(project: Path, instance: Path) -> None:
    status, found = _judged(
        project,
        instance,
        [
            {"day": 7, "start": 8, "length": 8, "heads": 1},
            {"day": 0, "start": 9, "length": 8, "heads": -1},
            {"day": 0, "start": 8, "length": 8},
        ],
    )
    assert status == 1
    assert [str(fault).partition("}: ")[2] for fault in found["faults"]] == [  # type: ignore[attr-defined]
        "day outside 0 to 6",
        "fewer than 0 heads",
        "start and length lie in no window",
        "day, start, length and heads must be whole numbers",
    ]


def test_the_reader_solves_and_agrees_with_the_judge(project: Path, instance: Path) -> None:
    reader = _load(project / "benchmarks" / "instances" / "shift_design.py")
    out = instance.parent / "out.json"
    found = reader.run(instance, limit=20.0, seed=0, out=out)
    assert (found["cost"], found["bound"], found["proved"], found["broken_rules"]) == (120.0, 120.0, True, 0)
    status, again = _judged(project, instance, json.loads(out.read_text(encoding="utf-8"))["shifts"])
    assert (status, again["objective"]) == (0, 120)
