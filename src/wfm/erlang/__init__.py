"""Exact queueing formulas: Erlang B, C, A, limited places and chat, by number or by array.

Numbers are answered on plain floats without importing numpy; arrays are broadcast and never looped over. Each
function's module is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.erlang.chat import chat_agents_required, chat_measures
    from wfm.erlang.offered import max_offered
    from wfm.erlang.required import agents_required
    from wfm.erlang.results import Measures
    from wfm.erlang.sensitivity import Sensitivities, sensitivities
    from wfm.erlang.wait_measures import erlang_b, erlang_c, measures

_HOME = {
    "Measures": "results",
    "Sensitivities": "sensitivity",
    "agents_required": "required",
    "chat_agents_required": "chat",
    "chat_measures": "chat",
    "erlang_b": "wait_measures",
    "erlang_c": "wait_measures",
    "max_offered": "offered",
    "measures": "wait_measures",
    "sensitivities": "sensitivity",
}

__all__ = [
    "Measures",
    "Sensitivities",
    "agents_required",
    "chat_agents_required",
    "chat_measures",
    "erlang_b",
    "erlang_c",
    "max_offered",
    "measures",
    "sensitivities",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(f"wfm.erlang.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wfm.erlang' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
