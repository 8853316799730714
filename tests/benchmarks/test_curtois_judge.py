"""The judge of the instances of Curtois and Qu: each rule bites, each exemption holds, each term of the cost counts."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# Two weeks from a Monday. At most 3 in a row, at least 2 shifts and 2 days off in a row, one weekend of two.
INSTANCE = """\
# comments start with #
SECTION_HORIZON
14

SECTION_SHIFTS
# ShiftID, Length in mins, Shifts which cannot follow this shift | separated
E,480,
L,600,E

SECTION_STAFF
A,E=14|L=2,4320,960,3,2,2,1
B,E=0|L=14,4320,0,3,2,2,1

SECTION_DAYS_OFF
A,4,9

SECTION_SHIFT_ON_REQUESTS
A,0,E,3
B,1,L,2

SECTION_SHIFT_OFF_REQUESTS
A,1,E,5

SECTION_COVER
0,E,1,100,7
1,E,0,100,7
1,L,1,50,1
"""
LEGAL = "EEE----EE-----"  # of A


@pytest.fixture(scope="module")
def judge(project: Path) -> ModuleType:
    path = project / "benchmarks" / "judges" / "curtois.py"
    spec = importlib.util.spec_from_file_location("curtois_judge", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["curtois_judge"] = module
    spec.loader.exec_module(module)
    return module


def _roster(**lines: str) -> dict[str, Any]:
    return {
        "assignments": [
            {"employee": name, "day": day, "shift": shift}
            for name, line in lines.items()
            for day, shift in enumerate(line)
            if shift != "-"
        ]
    }


def _broken(judge: ModuleType, line: str) -> list[str]:
    found: list[str] = judge.broken_rules(judge.read(INSTANCE), _roster(A=line))
    return found


def test_a_legal_line_breaks_nothing(judge: ModuleType) -> None:
    assert _broken(judge, LEGAL) == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("EEE-E--EE-----", "day 4: E on a day off"),
        ("LE-----EE-----", "day 1: E after L"),
        ("LL-----LL-----", "4 shifts L, at most 2"),
        ("EEE--LL-LL----", "at most 2"),
        ("E-------------", "480 minutes, at least 960"),
        ("EEE--EEE--EEEE", "4800 minutes, at most 4320"),
        ("EEE--EE----EE-", "2 weekends, at most 1"),
        ("EEEE-----EEE--", "4 shifts in a row, at most 3"),
        ("EEE--E--EE----", "1 shifts in a row, at least 2"),
        ("EEE-EE--------", "1 days off in a row, at least 2"),
    ],
)
def test_each_rule_bites(judge: ModuleType, line: str, what: str) -> None:
    assert any(what in each for each in _broken(judge, line)), _broken(judge, line)


@pytest.mark.parametrize("line", ["E------EE-----", "-EEE---EE----E"])
def test_runs_that_touch_the_edge_are_exempt(judge: ModuleType, line: str) -> None:
    assert not [what for what in _broken(judge, line) if "in a row" in what]


def test_a_roster_that_is_not_of_the_instance_is_named(judge: ModuleType) -> None:
    roster = _roster(A=LEGAL)
    roster["assignments"] += [
        {"employee": "A", "day": 0, "shift": "L"},
        {"employee": "C", "day": 0, "shift": "L"},
        {"employee": "A", "day": 14, "shift": "L"},
    ]
    assert judge.broken_rules(judge.read(INSTANCE), roster) == [
        "A, day 0: two shifts, E and L",
        "C, day 0: L is not of the instance",
        "A, day 14: L is not of the instance",
    ]


def test_every_term_of_the_cost_counts(judge: ModuleType) -> None:
    instance = judge.read(INSTANCE)
    # A has the shift asked for and the one asked against, which is one above the cover; B's is missing.
    assert judge.cost_by_term(instance, _roster(A=LEGAL)) == {
        "on_requests": 2,
        "off_requests": 5,
        "under": 50,
        "over": 7,
    }
    assert sum(judge.cost_by_term(instance, {"assignments": []}).values()) == 3 + 2 + 100 + 50


def test_the_command_prints_one_object(project: Path, tmp_path: Path) -> None:
    (tmp_path / "i.txt").write_text(INSTANCE, encoding="utf-8")
    (tmp_path / "r.json").write_text(json.dumps(_roster(A="EEEE" + LEGAL[4:])), encoding="utf-8")
    command = [sys.executable, str(project / "benchmarks" / "judges" / "curtois.py"), "i.txt", "r.json"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert run.returncode == 1
    found = json.loads(run.stdout)
    assert found["cost"] == 64
    assert found["broken_rules"] == ["A, day 0: 4 shifts in a row, at most 3"]
