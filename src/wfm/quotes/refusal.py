"""Errors as a service passes them on: every fault with its path in the request, the value and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wfm.errors import DataError, Problem, WfmError

__all__ = ["Refusal", "RequestError", "TimeLimitError"]

_LONGEST = 200


class Refusal(NamedTuple):
    """One fault: where in the request, what is wrong, the value that is, and what to do."""

    path: str
    message: str
    value: object
    remedy: str


class RequestError(DataError):
    """A request that cannot be answered, with every fault found.

    Parameters
    ----------
    refusals
        The faults, at least one.

    Examples
    --------
    >>> error = RequestError([Refusal("queues[0].aht", "aht has no unit: 7", 7, "write '7min'")])
    >>> error.to_list()
    [{'path': 'queues[0].aht', 'message': 'aht has no unit: 7', 'value': 7, 'remedy': "write '7min'"}]
    """

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__([Problem(one.message, one.path, one.remedy) for one in self.refusals], "the request")

    def __reduce__(self) -> tuple[type[RequestError], tuple[tuple[Refusal, ...]]]:  # type: ignore[override]
        return type(self), (self.refusals,)

    def to_list(self) -> list[dict[str, object]]:
        """Return the faults as plain values for JSON; a value that JSON has no form for is given as text."""
        return [one._replace(value=_plain(one.value))._asdict() for one in self.refusals]


class TimeLimitError(WfmError):
    """An answer was not ready within the time limit that the caller set."""


def _plain(value: object) -> object:
    """Return a value as JSON can hold it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    text = value if isinstance(value, str) else repr(value)
    # A lone surrogate, which JSON may spell, has no form in UTF-8.
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
