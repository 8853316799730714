"""Reading one object of a request: each field by its kind, every fault with its path, nothing unknown let through."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from wfm.domain.duration import as_duration
from wfm.errors import DataError, did_you_mean
from wfm.quotes.refusal import Refusal
from wfm.quotes.request import seconds_of

__all__ = ["Fields"]

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Fields:
    """The fields of one object at a path of the request; faults go to a list that all objects share.

    Parameters
    ----------
    data
        The object as it came.
    path
        Its place, such as `"queues[0]"`; empty for the request itself.
    known
        Names that the object may have.
    faults
        Takes the faults.
    defaults
        Takes the path of every field that was left out.
    """

    def __init__(
        self, data: object, path: str, known: Collection[str], faults: list[Refusal], defaults: list[str]
    ) -> None:
        self.path, self.faults, self.defaults = path, faults, defaults
        self._prefix = f"{path}." if path else ""
        self.data: Mapping[str, Any] = {}
        if isinstance(data, Mapping):
            self.data = data
        else:
            faults.append(Refusal(path, f"must be an object, got {_sort(data)}", data, f"known fields: {_list(known)}"))
        for name in self.data:
            if name not in known:
                remedy = did_you_mean(str(name), known)
                faults.append(Refusal(self.at(str(name)), f"unknown field {name!r}", name, remedy))

    def at(self, name: str) -> str:
        """Return the path of a field; of the object itself where no name is given."""
        return self._prefix + name if name else self.path

    def refuse(self, name: str, message: str, value: object, remedy: str) -> None:
        """Note a fault of a field."""
        self.faults.append(Refusal(self.at(name), message, value, remedy))

    def given(self, name: str) -> bool:
        """Whether the field is there; noted as a default where it is not."""
        if name in self.data:
            return True
        self.defaults.append(self._prefix + name)
        return False

    def checked(self, name: str, default: T, check: Callable[[Any], T]) -> T:
        """Return a field as a check gives it back; the default where it is left out or wrong."""
        if not self.given(name):
            return default
        value = self.data[name]
        try:
            return check(value)
        except DataError as error:
            for problem in error.problems:
                self.refuse(name, problem.what, value, problem.remedy)
        return default

    def number(self, name: str, default: float, low: float, high: float, *, open_: str = "") -> float:
        """Return a number in a range; `open_` names ends that are left out: "low", "high", "both"."""
        if not self.given(name):
            return default
        value = self.data[name]
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        # A whole number beyond the floats compares with them all the same; what is no number is in no range.
        if plain and low <= value <= high:
            at_end = (value == low and open_ in ("low", "both")) or (value == high and open_ in ("high", "both"))
            if not at_end:
                return float(value)
        left, right = "(" if open_ in ("low", "both") else "[", ")" if open_ in ("high", "both") else "]"
        percentage = plain and high <= 1 and 1 < value <= 100
        remedy = f"write {value / 100:g} for {value:g} %" if percentage else "give a number in that range"
        self.refuse(name, f"{name} must be a number in {left}{low:g}, {high:g}{right}", value, remedy)
        return default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number in a range; 3.0 counts as 3, for JSON knows one kind of number."""
        if not self.given(name):
            return default
        value = self.data[name]
        plain = isinstance(value, int) and not isinstance(value, bool)
        whole = plain or (isinstance(value, float) and math.isfinite(value) and value == int(value))
        if whole and low <= value <= high:
            return int(value)
        self.refuse(name, f"{name} must be a whole number from {low} to {high}", value, "give one in that range")
        return default

    def flag(self, name: str, default: bool) -> bool:
        """Return true or false."""
        if not self.given(name):
            return default
        value = self.data[name]
        if isinstance(value, bool):
            return value
        self.refuse(name, f"{name} must be true or false", value, "write true or false without quotes")
        return default

    def text(self, name: str, default: str, *, longest: int = 100) -> str:
        """Return a text, not empty and without space at its ends."""
        if not self.given(name):
            return default
        value = self.data[name]
        if isinstance(value, str) and 0 < len(value) <= longest and value == value.strip() and value.isprintable():
            return value
        self.refuse(
            name, f"{name} must be a text of 1 to {longest} characters", value, "give one without spaces at its ends"
        )
        return default

    def choice(self, name: str, default: E, choices: type[E]) -> E:
        """Return a member of an enumeration."""
        if not self.given(name):
            return default
        return choices(self.member(name, default.value, [member.value for member in choices]))

    def member(self, name: str, default: str, known: Iterable[str]) -> str:
        """Return one of some texts."""
        if not self.given(name):
            return default
        value, texts = self.data[name], tuple(known)
        if isinstance(value, str) and value in texts:
            return value
        self.refuse(name, f"unknown {name} {_short(value)}", value, did_you_mean(str(value), texts))
        return default

    def duration(self, name: str, default: str, *, low_s: float = 0.0, high_s: float, open_low: bool = True) -> str:
        """Return a length of time as text, in a range of seconds."""
        if not self.given(name):
            return default
        return self.as_duration(name, self.data[name], default, low_s, high_s, open_low=open_low)

    def as_duration(
        self, name: str, value: Any, default: str, low_s: float, high_s: float, *, open_low: bool = True
    ) -> str:
        """Return a value as a length of time: see `duration`."""
        try:
            if not isinstance(value, str) or len(value) > 50:
                # A bare number is told what to write; anything else what a length of time is.
                number: Any = value if isinstance(value, int | float) and abs(value) < 1e9 else "?"
                as_duration(name, number)
            seconds = seconds_of(name, value)
            if open_low and not seconds:
                as_duration(name, value)
        except DataError as error:
            self.refuse(name, error.problems[0].what, value, error.problems[0].remedy)
            return default
        if low_s <= seconds <= high_s:
            return str(value)
        self.refuse(name, f"{name} must be from {low_s:g} s to {high_s:g} s", value, "give one in that range")
        return default

    def rows(self, name: str, most: int, *, least: int = 1) -> list[Any]:
        """Return a list of objects, of a bounded length; an empty one where it is wrong or left out."""
        if not self.given(name):
            return []
        value = self.data[name]
        if isinstance(value, list | tuple) and least <= len(value) <= most:
            return list(value)
        got = f"{len(value)} items" if isinstance(value, list | tuple) else _sort(value)
        self.refuse(name, f"{name} must be a list of {least} to {most} objects, got {got}", value, "give a list")
        return []


def _sort(value: object) -> str:
    """Return the JSON name of a value's kind."""
    kinds: dict[type, str] = {bool: "true or false", str: "a text", int: "a number", float: "a number"}
    kinds |= {list: "a list", tuple: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
