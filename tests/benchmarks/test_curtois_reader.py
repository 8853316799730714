"""The reader of the instances of Curtois and Qu: the whole way from the text to a judged roster."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

# One week, two people, and a request that costs less than the cover: A can have the Sunday free, B not the Monday.
INSTANCE = """\
SECTION_HORIZON
7

SECTION_SHIFTS
E,480,
L,480,E

SECTION_STAFF
A,E=7|L=0,2880,960,5,2,2,1
B,E=7|L=7,2880,960,5,2,2,1

SECTION_DAYS_OFF
A,6

SECTION_SHIFT_ON_REQUESTS
A,0,E,3

SECTION_SHIFT_OFF_REQUESTS
B,0,L,2

SECTION_COVER
0,E,1,100,1
0,L,1,100,1
1,E,1,100,1
1,L,1,100,1
2,E,0,100,1
2,L,0,100,1
"""


@pytest.fixture(scope="module")
def reader(project: Path) -> Iterator[ModuleType]:
    sys.path.insert(0, str(project / "benchmarks" / "instances"))
    import curtois

    yield curtois
    sys.path.pop(0)


def test_a_text_is_read_solved_and_judged(reader: ModuleType, tmp_path: Path) -> None:
    path, out = tmp_path / "small.txt", tmp_path / "roster.json"
    path.write_text(INSTANCE, encoding="utf-8")
    found = reader.run(path, limit=4.0, seed=0, out=out)
    # A works E and B works L on both days; B's request against L on Monday is what it costs.
    assert found["cost"] == 2
    assert found["bound"] == pytest.approx(2)
    assert found["broken_rules"] == 0
    worked = {(row["employee"], row["day"], row["shift"]) for row in json.loads(out.read_text())["assignments"]}
    assert {("A", 0, "E"), ("A", 1, "E"), ("B", 0, "L"), ("B", 1, "L")} <= worked


def test_every_rule_of_a_person_is_in_the_contract(reader: ModuleType) -> None:
    centre, wanted, horizon = reader.read(INSTANCE)
    contract = centre.contract("A")
    assert dict(contract.max_shifts or ()) == {"L": 0}
    assert (contract.max_days_in_a_row, contract.min_days_in_a_row, contract.min_days_off_in_a_row) == (5, 2, 2)
    assert (contract.min_period_s, contract.max_period_s, contract.max_weekends) == (57600, 172800, 1)
    assert centre.shift("E").not_after == ("L",)
    assert [(wish.wish.value, wish.price) for wish in centre.employee("B").preferences] == [("not template", 2.0)]
    assert len(wanted) == 6
    assert len(horizon.dates) == 7


@pytest.mark.parametrize(("number", "best"), [(2, 828), (3, 1001)])
def test_published_optima_are_proved(reader: ModuleType, tmp_path: Path, number: int, best: int) -> None:
    # Best known costs: ORProjects/NRP, ComputationalResults.
    folder = os.environ.get("WFM_INSTANCES")
    if not folder:
        return  # the instances are not here
    found = reader.run(Path(folder) / "curtois" / f"Instance{number}.txt", limit=60.0, seed=0, out=None)
    assert (found["cost"], found["bound"], found["broken_rules"]) == (best, pytest.approx(best), 0)
