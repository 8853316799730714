"""The glossary says what the measures do."""

from __future__ import annotations

import runpy


def test_the_page_is_made_from_the_measures(project):
    made = runpy.run_path(str(project / "docs" / "glossary.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), "run python docs/glossary.py"
