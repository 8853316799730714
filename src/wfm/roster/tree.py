"""How results of the roster show themselves: a head, and its lines as branches."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["tree"]


def tree(head: str, lines: Sequence[str]) -> str:
    """Return a head and its lines as text.

    Examples
    --------
    >>> print(tree("Roster", ["gap 1 %", "42 people"]))
    Roster
    ├─ gap 1 %
    └─ 42 people
    """
    last = len(lines) - 1
    return "\n".join([head, *(f"{'└─' if place == last else '├─'} {line}" for place, line in enumerate(lines))])
