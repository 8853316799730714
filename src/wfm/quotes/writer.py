"""Plain values and JSON text of requests and answers, the same bytes for the same value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from wfm.domain.duration import format_duration
from wfm.domain.targets import Target
from wfm.quotes.reader import TARGETS
from wfm.quotes.request import QuoteQueue, QuoteRequest

if TYPE_CHECKING:
    from wfm.quotes.answer import Quote

__all__ = ["answer_to_dict", "dumps", "plain", "request_to_dict", "target_to_dict"]

_PLAIN = frozenset({float, int, str, bool, type(None)})


def dumps(value: object, *, indent: int | None = None) -> str:
    """Return JSON text; what is not a number of JSON is refused."""
    separators = (",", ":") if indent is None else None
    return json.dumps(value, allow_nan=False, ensure_ascii=False, indent=indent, separators=separators)


def plain(value: Any) -> Any:
    """Return a frozen answer as plain values: its fields by name, tuples as lists."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        # Long rows hold numbers only and need no look at each.
        if len(value) > 20 and isinstance(value[0], int | float):
            return list(value)
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if is_dataclass(value):
        return {name: plain(one) for name, one in _items(value)}
    return value


def answer_to_dict(quote: Quote) -> dict[str, Any]:
    """Return an answer as plain values; its request is plain already, and is not copied."""
    return {name: one if name == "request" else plain(one) for name, one in _items(quote)}


def _fields(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the names of a frozen value's fields, at least two, and what gives all their values."""
    names = tuple([one.name for one in fields(kind) if one.init])
    return names, attrgetter(*names)


# Kinds are few, and each is looked at once.
_fields_of = cast("Callable[[type], tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]]", cache(_fields))


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """Return the fields of a frozen value with their names."""
    names, values = _fields_of(type(value))
    return zip(names, values(value), strict=True)


def request_to_dict(request: QuoteRequest) -> dict[str, Any]:
    """Return a request as plain values, every field named."""
    made: dict[str, Any] = {"schema": request.schema}
    made["queues"] = [_queue(queue) if isinstance(queue, QuoteQueue) else queue for queue in request.queues]
    for name, value in _items(request):
        if name not in made:
            made[name] = value if type(value) in _PLAIN else _value(value)
    return made


def _queue(queue: QuoteQueue) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in _items(queue):
        if value is None:
            continue
        if type(value) in _PLAIN:
            made[name] = value
        elif name == "targets":
            made[name] = [target_to_dict(one) if isinstance(one, Target) else one for one in _iterate(value)]
        else:
            made[name] = _value(value)
    if not isinstance(queue.aht, str):
        del made["slowdown"]
    if not made["targets"]:
        del made["targets"]
    return made


def _iterate(value: Any) -> Iterable[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _value(value: Any) -> Any:
    return _way_of(type(value))(value)


def _way(kind: type) -> Callable[[Any], Any]:
    """Return what makes values of a kind plain."""
    if is_dataclass(kind):
        return _of_dataclass
    if issubclass(kind, (tuple, list)):
        return _of_row
    if issubclass(kind, Mapping):
        return _of_mapping
    return attrgetter("value") if issubclass(kind, Enum) else _same


_way_of = cast("Callable[[type], Callable[[Any], Any]]", cache(_way))


def _same(value: Any) -> Any:
    return value


def _of_dataclass(value: Any) -> dict[str, Any]:
    return {name: one if type(one) in _PLAIN else _value(one) for name, one in _items(value) if one is not None}


def _of_row(value: Any) -> list[Any]:
    return [_value(one) for one in value]


def _of_mapping(value: Any) -> dict[str, Any]:
    return {name: one if type(one) in _PLAIN else _value(one) for name, one in value.items()}


def target_to_dict(target: Target) -> dict[str, Any]:
    """Return a target as plain values, with its kind.

    Examples
    --------
    >>> from wfm.domain.targets import LongestWait
    >>> target_to_dict(LongestWait("2min"))
    {'kind': 'longest_wait', 'within': '2min', 'breach': 0.01}
    """
    for kind, (made, names) in TARGETS.items():
        if isinstance(target, made):
            values = {name: getattr(target, name) for name in names}
            for name in ("within", "short_abandon"):
                if values.get(name) is not None:
                    values[name] = format_duration(values[name])
            return {"kind": kind} | {name: _value(value) for name, value in values.items() if value is not None}
    return {"kind": str(target)}
