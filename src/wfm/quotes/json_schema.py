"""JSON Schema of requests and answers, by pydantic; `wfm.quote` itself does not load it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

__all__ = ["answer_schema", "request_adapter", "request_schema"]


def request_adapter() -> Any:
    """Return pydantic's adapter for requests: the shape of the contract, apart from our own reader."""
    from typing import NotRequired

    from pydantic import Field, TypeAdapter, with_config
    from typing_extensions import TypedDict

    from wfm.quotes.shapes import SHAPES, WEEKS

    strict = with_config({"extra": "forbid", "strict": True})
    share = Annotated[float, Field(ge=0, le=1)]
    open_share = Annotated[float, Field(gt=0, lt=1)]
    text = Annotated[str, Field(min_length=1, max_length=100)]
    length = Annotated[str, Field(description="a length of time such as '30s', '7min', '1h30min'", max_length=50)]
    number = Annotated[float, Field(ge=0, le=1e12)]

    def row(*sizes: int) -> Any:
        made: Any = None
        for size in sizes:
            one = Annotated[list[number], Field(min_length=size, max_length=size)]
            made = one if made is None else made | one
        return made

    def closed(name: str, fields: dict[str, Any]) -> Any:
        return strict(TypedDict(name, fields))  # type: ignore[operator]

    bases = Literal["offered", "answered", "virtual", "abandons_within_met", "abandons_within_excluded",
                    "short_abandons_met", "short_abandons_excluded"]  # fmt: skip
    targets = [
        closed("ServiceLevel", {"kind": Literal["service_level"], "fraction": open_share, "within": length,
                                "basis": NotRequired[bases], "short_abandon": NotRequired[length]}),
        closed("MeanAnswer", {"kind": Literal["mean_answer"], "within": length}),
        closed("LongestWait", {"kind": Literal["longest_wait"], "within": length, "breach": NotRequired[open_share]}),
        closed("MaxAbandonment", {"kind": Literal["max_abandonment"], "fraction": open_share}),
        closed("MaxOccupancy", {"kind": Literal["max_occupancy"], "fraction": Annotated[float, Field(gt=0, le=1)]}),
        closed("Deadline", {"kind": Literal["deadline"], "within": length,
                            "fraction": NotRequired[Annotated[float, Field(gt=0, le=1)]]}),
    ]  # fmt: skip
    target: Any = Annotated[
        targets[0] | targets[1] | targets[2] | targets[3] | targets[4] | targets[5], Field(discriminator="kind")
    ]
    volume = closed(
        "Volume",
        {"contacts": Annotated[float, Field(gt=0, le=1e12)], "per": Literal["day", "week", "month", "year"]},
    )
    written = Annotated[str, Field(description="such as '3200/day'", max_length=50)]
    queue: Any = closed(
        "Queue",
        {
            "name": text,
            "volume": NotRequired[written | volume],
            "forecast": NotRequired[row(168, 336)],
            "aht": length | Annotated[list[length], Field(min_length=1, max_length=20)],
            "channel": NotRequired[Literal["phone", "chat", "message", "social", "email", "case"]],
            "shape": NotRequired[Literal[tuple(SHAPES)] | row(24, 48, 168, 336)],
            "weekdays": NotRequired[Literal[tuple(WEEKS)] | row(7)],
            "concurrency": NotRequired[Annotated[int, Field(ge=1, le=20)]],
            "slowdown": NotRequired[Annotated[float, Field(ge=0, le=10)]],
            "patience": NotRequired[length | None],
            "targets": NotRequired[Annotated[list[target], Field(min_length=1, max_length=10)]],
            "hours": NotRequired[Annotated[str, Field(max_length=500)] | None],
            "min_agents": NotRequired[Annotated[int, Field(ge=0, le=10_000)]],
            "containment": NotRequired[Annotated[float, Field(ge=0, lt=1)]],
        },
    )
    contract: Any = closed(
        "Contract",
        {
            "name": text,
            "kind": NotRequired[Literal["full", "part", "temporary"]],
            "share": NotRequired[Annotated[float, Field(gt=0, le=1)]],
            "week": NotRequired[length],
            "shift": NotRequired[length],
            "unpaid_break": NotRequired[length],
            "wage": NotRequired[Annotated[float, Field(gt=0, le=1e9)]],
        },
    )
    spread = closed("Cv", {"cv": share}) | closed(
        "Factors", {"low": Annotated[float, Field(ge=0.01, le=1)], "high": Annotated[float, Field(ge=1, le=100)]}
    )
    uncertainty = closed("Uncertainty", {"volume": NotRequired[spread], "aht": NotRequired[spread]})
    tree = Annotated[dict[str, Any], Field(description="names with shares of paid time, or further trees")]
    request = closed(
        "QuoteRequest",
        {
            "queues": Annotated[list[queue], Field(min_length=1, max_length=20)],
            "schema": NotRequired[Literal["1"]],
            "hours": NotRequired[Annotated[str, Field(max_length=500)]],
            "interval": NotRequired[length],
            "multi_skilled": NotRequired[share],
            "shrinkage": NotRequired[Annotated[float, Field(ge=0, lt=0.9)] | tree],
            "contracts": NotRequired[Annotated[list[contract], Field(min_length=1, max_length=10)]],
            "overhead": NotRequired[Annotated[float, Field(ge=0, le=10)]],
            "attrition": NotRequired[Annotated[float, Field(ge=0, le=5)]],
            "training": NotRequired[length],
            "training_cost": NotRequired[Annotated[float, Field(ge=0, le=1e9)]],
            "growth": NotRequired[Annotated[float, Field(ge=-0.9, le=10)]],
            "years": NotRequired[Annotated[int, Field(ge=0, le=10)]],
            "uncertainty": NotRequired[uncertainty],
            "currency": NotRequired[Annotated[str, Field(min_length=1, max_length=10)]],
            "seed": NotRequired[Annotated[int, Field(ge=0, le=2**32 - 1)]],
            "range_points": NotRequired[Annotated[int, Field(ge=0, le=4096)]],
            "tornado": NotRequired[bool],
            "pareto": NotRequired[bool],
            "exact": NotRequired[bool],
        },
    )
    return TypeAdapter(request)


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
