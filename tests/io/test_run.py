"""A run's files are written all or none, and the manifest says what made them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.io import write_run


def test_the_manifest_holds_what_made_the_files(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a\n1\n", encoding="utf-8")
    frames = {"one": pd.DataFrame({"a": [1]}), "two": pd.DataFrame({"b": ["x"]})}
    written = write_run(
        tmp_path / "out", frames, texts={"note.txt": "hello"}, inputs=[source], about={"command": "test", "seed": 3}
    )
    assert [path.name for path in written] == ["note.txt", "one.csv", "two.csv", "manifest.json"]
    manifest = json.loads(written[-1].read_text(encoding="utf-8"))
    assert (manifest["command"], manifest["seed"]) == ("test", 3)
    assert manifest["inputs"] == {str(source): hashlib.sha256(source.read_bytes()).hexdigest()}
    assert manifest["outputs"] == {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in written[:-1]}
    assert manifest["versions"]["wfm"]
    assert written[0].read_text(encoding="utf-8") == "hello\n"


def test_a_fault_leaves_the_directory_as_it_was(tmp_path: Path) -> None:
    write_run(tmp_path, {"one": pd.DataFrame({"a": [1]}), "two": pd.DataFrame({"a": [1]})})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    naive = pd.DataFrame({"start": pd.to_datetime(["2026-11-02"])})
    with pytest.raises(DataError, match="has stamps without a zone"):
        write_run(tmp_path, {"one": pd.DataFrame({"a": [2]}), "two": naive})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    write_run(tmp_path, {"one": pd.DataFrame({"a": [1]})})
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_an_input_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: cannot be read: No such file"):
        write_run(tmp_path / "out", {}, inputs=[tmp_path / "none.csv"])
