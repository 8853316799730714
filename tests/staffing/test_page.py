"""The page on staffing shows what its command writes."""

from __future__ import annotations

import importlib.util

import pytest

# The errors against the simulation take the better part of a minute; the simulation has tests of its own.
TABLES = ("by_model", "chat_rules", "same_work", "changing", "options", "together")


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_of_the_page(project, capsys, name):
    spec = importlib.util.spec_from_file_location("staffing_page", project / "docs" / "staffing.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    getattr(page, name)()
    written = capsys.readouterr().out.split("\n\n", 2)[2].strip()
    assert written in (project / "docs" / "staffing.md").read_text(encoding="utf-8")
