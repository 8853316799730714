"""Fixtures for the whole suite."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# In CI the examples that hypothesis tries are the same on every run.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def _tool(names: tuple[str, ...], called: str) -> str:
    """Return the path of a program; without it the test is not run, unless the whole check is asked for."""
    for name in names:
        if path := shutil.which(name):
            return path
    if os.environ.get("WFM_REQUIRE_ALL"):
        pytest.fail(f"{called} is required here and is not installed")
    pytest.skip(f"not run: no {called}")


@pytest.fixture(scope="session")
def chromium() -> str:
    return _tool(("chromium", "chromium-browser", "google-chrome"), "Chromium")


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).parent.parent
