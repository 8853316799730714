"""Exact queueing formulas: Erlang B, C, A, limited places and chat, by number or by array.

Numbers are answered on plain floats without importing numpy; arrays are broadcast and never looped over.
"""

from wfm.erlang.chat import chat_agents_required, chat_measures
from wfm.erlang.measures import Measures, erlang_b, erlang_c, measures
from wfm.erlang.offered import max_offered
from wfm.erlang.required import agents_required
from wfm.erlang.sensitivity import Sensitivities, sensitivities

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
