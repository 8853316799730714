from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def oracles():
    """Return the module beside this one; the benchmark loads it in the same way."""
    spec = importlib.util.spec_from_file_location("erlang_oracle", Path(__file__).with_name("oracle.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle(oracles):
    return oracles.Oracle()
