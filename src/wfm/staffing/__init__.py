"""Staffing: forecast and targets to the heads that are needed, interval by interval."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.staffing.explain import Explanation
    from wfm.staffing.require import requirement
    from wfm.staffing.result import Requirement
    from wfm.staffing.teams import Pooling, pooling

# Lazy: the kernels are used by services that must not load pandas.
_HOME = {
    "Explanation": "wfm.staffing.explain",
    "Pooling": "wfm.staffing.teams",
    "pooling": "wfm.staffing.teams",
    "Requirement": "wfm.staffing.result",
    "requirement": "wfm.staffing.require",
}

__all__ = ["Explanation", "Pooling", "Requirement", "pooling", "requirement"]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wfm.staffing' has no attribute {name!r}")
