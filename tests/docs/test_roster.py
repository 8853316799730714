"""The page on rosters names what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import wfm
from wfm import cli


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs" / "roster.md").read_text(encoding="utf-8")


def test_every_picture_it_names_is_there(page: str, project: Path) -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page)
    assert len(pictures) == 3
    assert [name for name in pictures if not (project / "docs" / name).is_file()] == []


def test_every_function_and_command_it_names_is_there(page: str) -> None:
    called = set(re.findall(r"`(\w+)\(", page)) | {"check_swap", "check_leave", "backfill", "why", "diff"}
    assert {"explain", "conflicts", "floor_conflict", "repair"} <= called
    assert [name for name in sorted(called) if not hasattr(wfm.roster, name)] == []
    commands = {command.callback.__name__ for command in cli.app.registered_commands if command.callback is not None}
    assert set(re.findall(r"^wfm (\w+) ", page, flags=re.MULTILINE)) <= commands
