"""JSON Schema of requests and answers, by pydantic; `wfm.quote` itself does not load it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, NotRequired

__all__ = ["answer_schema", "request_adapter", "request_schema"]


def request_adapter() -> Any:
    """Return pydantic's adapter for requests: the shape of the contract, apart from our own reader."""
    from pydantic import TypeAdapter

    tree = _described(dict[str, Any], "names with shares of paid time, or further trees")
    asked = {
        "queues": _list(_queue(), 20),
        "schema": NotRequired[Literal["1"]],
        "hours": NotRequired[_text(max_length=500)],
        "interval": NotRequired[_length()],
        "multi_skilled": NotRequired[_number(ge=0, le=1)],
        "shrinkage": NotRequired[_number(ge=0, lt=0.9) | tree],
        "contracts": NotRequired[_list(_contract(), 10)],
        "overhead": NotRequired[_number(ge=0, le=10)],
        "attrition": NotRequired[_number(ge=0, le=5)],
        "training": NotRequired[_length()],
        "training_cost": NotRequired[_number(ge=0, le=1e9)],
        "growth": NotRequired[_number(ge=-0.9, le=10)],
        "years": NotRequired[_whole(10)],
        "uncertainty": NotRequired[_uncertainty()],
        "currency": NotRequired[_text(min_length=1, max_length=10)],
        "seed": NotRequired[_whole(2**32 - 1)],
        "range_points": NotRequired[_whole(4096)],
        "tornado": NotRequired[bool],
        "pareto": NotRequired[bool],
        "exact": NotRequired[bool],
    }
    return TypeAdapter(_closed("QuoteRequest", asked))


def _queue() -> Any:
    from wfm.quotes.shapes import SHAPES, WEEKS

    volume = {"contacts": _number(gt=0, le=1e12), "per": Literal["day", "week", "month", "year"]}
    written = _described(str, "such as '3200/day'", max_length=50)
    fields = {
        "name": _text(min_length=1, max_length=100),
        "volume": NotRequired[written | _closed("Volume", volume)],
        "forecast": NotRequired[_row(168, 336)],
        "aht": _length() | _list(_length(), 20),
        "channel": NotRequired[Literal["phone", "chat", "message", "social", "email", "case"]],
        "shape": NotRequired[Literal[tuple(SHAPES)] | _row(24, 48, 168, 336)],
        "weekdays": NotRequired[Literal[tuple(WEEKS)] | _row(7)],
        "concurrency": NotRequired[_whole(20, least=1)],
        "slowdown": NotRequired[_number(ge=0, le=10)],
        "patience": NotRequired[_length() | None],
        "targets": NotRequired[_list(_target(), 10)],
        "hours": NotRequired[_text(max_length=500) | None],
        "min_agents": NotRequired[_whole(10_000)],
        "containment": NotRequired[_number(ge=0, lt=1)],
    }
    return _closed("Queue", fields)


def _target() -> Any:
    from pydantic import Field

    bases = Literal["offered", "answered", "virtual", "abandons_within_met", "abandons_within_excluded",
                    "short_abandons_met", "short_abandons_excluded"]  # fmt: skip
    part, share, length = _number(gt=0, lt=1), _number(gt=0, le=1), _length()
    level = {"fraction": part, "within": length, "basis": NotRequired[bases], "short_abandon": NotRequired[length]}
    level_type = _kind("ServiceLevel", "service_level", level)
    mean = _kind("MeanAnswer", "mean_answer", {"within": length})
    longest = _kind("LongestWait", "longest_wait", {"within": length, "breach": NotRequired[part]})
    abandonment = _kind("MaxAbandonment", "max_abandonment", {"fraction": part})
    occupancy = _kind("MaxOccupancy", "max_occupancy", {"fraction": share})
    deadline = _kind("Deadline", "deadline", {"within": length, "fraction": NotRequired[share]})
    return Annotated[level_type | mean | longest | abandonment | occupancy | deadline, Field(discriminator="kind")]


def _contract() -> Any:
    fields = {
        "name": _text(min_length=1, max_length=100),
        "kind": NotRequired[Literal["full", "part", "temporary"]],
        "share": NotRequired[_number(gt=0, le=1)],
        "week": NotRequired[_length()],
        "shift": NotRequired[_length()],
        "unpaid_break": NotRequired[_length()],
        "wage": NotRequired[_number(gt=0, le=1e9)],
    }
    return _closed("Contract", fields)


def _uncertainty() -> Any:
    factors = {"low": _number(ge=0.01, le=1), "high": _number(ge=1, le=100)}
    spread = _closed("Cv", {"cv": _number(ge=0, le=1)}) | _closed("Factors", factors)
    return _closed("Uncertainty", {"volume": NotRequired[spread], "aht": NotRequired[spread]})


def _closed(name: str, fields: dict[str, Any]) -> Any:
    """Return an object with these fields and no others."""
    from pydantic import with_config
    from typing_extensions import TypedDict

    made: Any = TypedDict
    return with_config({"extra": "forbid", "strict": True})(made(name, fields))


def _kind(name: str, kind: str, fields: dict[str, Any]) -> Any:
    """Return a target, told from the others by its kind."""
    return _closed(name, {"kind": Literal[kind], **fields})


def _number(**bounds: float) -> Any:
    return _bounded(float, bounds)


def _whole(most: int, *, least: int = 0) -> Any:
    return _bounded(int, {"ge": least, "le": most})


def _text(**lengths: int) -> Any:
    return _bounded(str, lengths)


def _length() -> Any:
    return _described(str, "a length of time such as '30s', '7min', '1h30min'", max_length=50)


def _list(items: Any, most: int) -> Any:
    return _bounded(list[items], {"min_length": 1, "max_length": most})


def _row(*sizes: int) -> Any:
    """Return a list of numbers of one of some lengths."""
    number: Any = _number(ge=0, le=1e12)
    rows = [_bounded(list[number], {"min_length": size, "max_length": size}) for size in sizes]
    return reduce(or_, rows)


def _described(kind: Any, words: str, **bounds: int) -> Any:
    return _bounded(kind, {"description": words, **bounds})


def _bounded(kind: Any, rules: Mapping[str, Any]) -> Any:
    from pydantic import Field

    return Annotated[kind, Field(**rules)]


def request_schema() -> dict[str, Any]:
    """Return the JSON Schema of a request.

    Examples
    --------
    >>> request_schema()["required"]
    ['queues']
    """
    made: dict[str, Any] = request_adapter().json_schema()
    return made | {"$id": "wfm-quote-request-1", "$schema": "https://json-schema.org/draft/2020-12/schema"}


def answer_schema() -> dict[str, Any]:
    """Return the JSON Schema of an answer.

    Examples
    --------
    >>> "cost_per_contact" in answer_schema()["required"]
    True
    """
    from pydantic import TypeAdapter

    from wfm.quotes.answer import Quote

    made: dict[str, Any] = json.loads(json.dumps(TypeAdapter(Quote).json_schema()))
    return made | {"$id": "wfm-quote-answer-1", "$schema": "https://json-schema.org/draft/2020-12/schema"}
