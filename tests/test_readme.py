"""What the README shows is what the code does."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def readme(project: Path) -> str:
    return (project / "README.md").read_text(encoding="utf-8")


def test_its_two_commands_are_targets_of_make(readme: str, project: Path) -> None:
    targets = re.findall(r"^(\w+):", (project / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    shown = re.findall(r"^make (\w+)", readme, flags=re.MULTILINE)
    assert shown == ["plan", "test"]
    assert set(shown) <= set(targets)


def test_every_file_it_names_is_there(readme: str, project: Path) -> None:
    named = re.findall(r"\]\(([^)#:]+)\)|`((?:docs|examples|benchmarks)/[\w./]+)`", readme)
    assert named
    for path in (a or b for a, b in named):
        assert (project / path).exists(), path


def test_its_notebook_runs(readme: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert code is not None
    # The same lines, on one week and with little work, so that the test is short.
    smaller = {
        "weeks=2": "weeks=1",
        "replications=100": "replications=2",
        "need, centre, seed=0": "need, centre, seed=0, work_limit=50",
        "wfm.plan(history, centre, horizon)": "wfm.plan(history, centre, horizon, replications=2, work_limit=50)",
        '"plan.html"': repr(str(tmp_path / "plan.html")),
    }
    text = code[1]
    for shown, run in smaller.items():
        assert shown in text
        text = text.replace(shown, run)
    monkeypatch.chdir(project)
    names: dict[str, object] = {}
    exec(compile(text, "README.md", "exec"), names)
    assert (tmp_path / "plan.html").stat().st_size > 100_000


def test_its_figures_are_those_that_make_plan_printed(readme: str, project: Path) -> None:
    printed = project / "out" / "plan.txt"
    if not printed.exists():
        if os.environ.get("WFM_REQUIRE_ALL"):
            pytest.fail("run make plan first: the README's figures are compared with what it printed")
        pytest.skip("not run: no out/plan.txt (make plan writes it)")
    block = re.search(r"<!-- plan -->\n```\n(.*?)```", readme, flags=re.DOTALL)
    assert block is not None
    shown, found = block[1].rstrip(), printed.read_text(encoding="utf-8").rstrip()
    assert _NUMBER.sub("#", shown) == _NUMBER.sub("#", found)
    # Another processor adds floats in another order, which may move the search of the roster a little.
    for ours, theirs in zip(_NUMBER.findall(shown), _NUMBER.findall(found), strict=True):
        a, b = (float(number.replace(",", "")) for number in (ours, theirs))
        assert a == pytest.approx(b, rel=0.02, abs=5)
