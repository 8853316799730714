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


# What some tests need beside Python: Java for Spark, Chromium for pages.
_PROGRAMS = {"Java": ("java",), "Chromium": ("chromium", "chromium-browser", "google-chrome")}


def _found(called: str) -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS[called])), None)


def pytest_report_header() -> list[str]:
    """Say what is absent; where the whole check is asked for, refuse to start without it."""
    absent = [called for called in _PROGRAMS if _found(called) is None]
    if absent and os.environ.get("WFM_REQUIRE_ALL"):
        raise pytest.UsageError(f"required here and not installed: {', '.join(absent)}")
    return [f"not run: no {called}" for called in absent]


@pytest.fixture(scope="session")
def chromium() -> str:
    return _found("Chromium") or pytest.skip("not run: no Chromium")


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).parent.parent
