"""The page on forecasts shows what is stored, and what it tells to run runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import wfm
from wfm import testing


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "forecast.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stored(project: Path) -> dict[str, Any]:
    return json.loads((project / "benchmarks" / "results" / "forecast.json").read_text(encoding="utf-8"))


def test_every_picture_and_file_it_names_is_there(page: str, project: Path) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert len(pictures) >= 4
    for name in pictures:
        assert (project / "docs" / name).stat().st_size > 10_000
    for name in re.findall(r"`((?:docs|benchmarks|wfm)/[\w./]+\.\w+)`", page):
        assert (project / name).exists() or (project / "src" / name).exists(), name


def test_its_table_holds_every_bar_that_is_stored(page: str, stored: dict[str, Any]) -> None:
    shown = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) == 5:
            shown[cells[0], cells[1]] = cells[2:]
    assert stored["bars"]
    for bar in stored["bars"]:
        measured, asked, holds = shown[bar["bar"], bar["series"]]
        assert asked == bar["asked"]
        assert (holds == "yes") is bar["holds"]
        if "measured" in bar:
            assert float(measured.split()[0]) == pytest.approx(bar["measured"], rel=0.002, abs=0.001)


def test_its_errors_are_those_that_are_stored(page: str, stored: dict[str, Any]) -> None:
    row = next(line for line in page.splitlines() if line.startswith("| default |"))
    cells = [cell.strip() for cell in row.strip("| ").split("|")][1:]
    assert len(cells) == len(stored["errors"])
    for cell, errors in zip(cells, stored["errors"].values(), strict=True):
        week, month = (float(part) for part in cell.split("/"))
        assert week == pytest.approx(errors["default"]["1w"]["wmape"], abs=0.0051)
        assert month == pytest.approx(errors["default"]["4w"]["wmape"], abs=0.0051)


def test_its_lines_of_code_run(page: str) -> None:
    code = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert code is not None
    history = testing.make_history(weeks=8)
    day = (history["start"].max() + pd.Timedelta(days=1)).date().isoformat()
    assert "2026-11-02" in code[1]
    names: dict[str, Any] = {"wfm": wfm, "centre": testing.make_centre(), "history": history}
    exec(compile(code[1].replace("2026-11-02", day), "forecast.md", "exec"), names)
    assert set(names["forecast"].to_frame()["queue"]) == set(history["queue"])
