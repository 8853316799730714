"""`wfm quote` as a planner and a script meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wfm.cli import BAD_INPUT, app
from wfm.quotes import Quote

OPTIONS = ["quote", "--volume", "3200/day", "--aht", "7min", "--channel", "chat", "--sessions", "3", "--hours", "24x7"]


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


def test_a_quote_from_options(runner: CliRunner) -> None:
    done = runner.invoke(app, OPTIONS)
    assert done.exit_code == 0
    assert "balanced chat model, 3 sessions" in done.output


def test_a_quote_from_a_file_as_json(runner: CliRunner, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text('{"queues": [{"name": "calls", "volume": "900/day", "aht": "4min"}]}', encoding="utf-8")
    done = runner.invoke(app, ["quote", str(path), "--json"])
    assert done.exit_code == 0
    assert Quote.of(done.output).queues[0].name == "calls"
    assert json.loads(done.output)["schema"] == "1"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["quote", "--volume", "3200/dai", "--aht", "7min"], "did you mean 'day'"),
        (["quote"], "queues[0].aht"),
        (["quote", "nowhere.json"], "No such file"),
        (["quote", "nowhere.json", "--aht", "7min"], "options beside a file: aht"),
    ],
)
def test_a_fault_is_told_without_a_traceback(runner: CliRunner, words: list[str], message: str) -> None:
    done = runner.invoke(app, words)
    assert done.exit_code == BAD_INPUT
    assert message in done.output
