"""Staffing quotes that another service embeds: one pure function, JSON in and out, no frames and no solver."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.quotes.answer import Quote
    from wfm.quotes.engine import quote
    from wfm.quotes.json_schema import answer_schema, request_schema
    from wfm.quotes.refusal import Refusal, RequestError, TimeLimitError
    from wfm.quotes.request import QuoteContract, QuoteQueue, QuoteRequest, Spread, Uncertainty, Volume
    from wfm.quotes.whatif import Comparison, Sweep, compare, sweep

_HOME = {
    "Comparison": "whatif",
    "Quote": "answer",
    "QuoteContract": "request",
    "QuoteQueue": "request",
    "QuoteRequest": "request",
    "Refusal": "refusal",
    "RequestError": "refusal",
    "Spread": "request",
    "Sweep": "whatif",
    "TimeLimitError": "refusal",
    "Uncertainty": "request",
    "Volume": "request",
    "answer_schema": "json_schema",
    "compare": "whatif",
    "quote": "engine",
    "request_schema": "json_schema",
    "sweep": "whatif",
}

__all__ = [
    "Comparison",
    "Quote",
    "QuoteContract",
    "QuoteQueue",
    "QuoteRequest",
    "Refusal",
    "RequestError",
    "Spread",
    "Sweep",
    "TimeLimitError",
    "Uncertainty",
    "Volume",
    "answer_schema",
    "compare",
    "quote",
    "request_schema",
    "sweep",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(f"wfm.quotes.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wfm.quotes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
