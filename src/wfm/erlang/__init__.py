"""Exact queueing formulas: Erlang B, C, A and chat, by number or by array.

Numbers are answered on plain floats without importing numpy; arrays are broadcast and never looped over.
"""

from wfm.erlang.chat import chat_agents_required, chat_measures
from wfm.erlang.measures import Measures, erlang_b, erlang_c, measures
from wfm.erlang.required import agents_required

__all__ = ["Measures", "agents_required", "chat_agents_required", "chat_measures", "erlang_b", "erlang_c", "measures"]
