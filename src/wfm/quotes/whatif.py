"""What-ifs: two requests beside each other, and one request over a grid of values."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np

from wfm.quotes.answer import Quote
from wfm.quotes.engine import answer, base_of, clock, totals_of
from wfm.quotes.models import Team
from wfm.quotes.reader import read, read_request
from wfm.quotes.refusal import Refusal, RequestError
from wfm.quotes.request import QuoteRequest
from wfm.quotes.staff import Work, make_work, readings_of

__all__ = ["Change", "Comparison", "Sweep", "compare", "sweep"]

Asked = QuoteRequest | Mapping[str, Any] | str | bytes
FIGURES = (
    *("peak_agents", "fte", "headcount", "paid_hours_per_year", "cost_per_year", "cost_per_contact"),
    *("service_level", "asa_s", "abandonment", "occupancy"),
)
_PART = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\d+\])*)")
_MOST = 100_000
# Combinations staffed together: large enough to share the work, small enough for the processor's cache.
_TOGETHER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of two quotes; `difference` is b - a, none where one of them has no such figure."""

    figure: str
    a: float | None
    b: float | None
    difference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two quotes beside each other.

    Parameters
    ----------
    a, b
        The quotes.
    asked
        Paths of the request that differ, with both values.
    changes
        The figures.
    """

    a: Quote
    b: Quote
    asked: tuple[tuple[str, Any, Any], ...]
    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        from wfm.quotes.writer import plain

        asked = [{"path": path, "a": one, "b": other} for path, one, other in self.asked]
        return {"a": self.a.to_dict(), "b": self.b.to_dict(), "asked": asked, "changes": plain(self.changes)}

    def __str__(self) -> str:
        lines = ["Comparison"]
        lines += [f"├─ {path}: {one!r} -> {other!r}" for path, one, other in self.asked]
        shown = [one for one in self.changes if one.difference is not None]
        for place, one in enumerate(shown):
            branch = "└─" if place == len(shown) - 1 else "├─"
            lines.append(f"{branch} {one.figure:<22}{one.a:>16,.2f}{one.b:>16,.2f}{one.difference:>+16,.2f}")
        return "\n".join(lines)


def compare(a: Asked, b: Asked, *, time_limit: timedelta | str | None = None) -> Comparison:
    """Return two quotes beside each other.

    Parameters
    ----------
    a, b
        Requests, as for `wfm.quote`.
    time_limit
        Wall-clock limit for both together; default none.

    Raises
    ------
    RequestError
        With every fault of both; the paths begin with `a` and `b`.

    Examples
    --------
    >>> asked = {"queues": [{"name": "chat", "volume": "3200/day", "aht": "7min"}], "range_points": 0}
    >>> with_bot = {**asked, "queues": [{**asked["queues"][0], "containment": 0.2}]}
    >>> found = compare(asked, with_bot)
    >>> found.asked
    (('queues[0].containment', 0.0, 0.2),)
    >>> [change.difference for change in found.changes if change.figure == "peak_agents"]
    [-5]
    """
    check = clock(time_limit)
    reads, faults = [], []
    for name, value in (("a", a), ("b", b)):
        try:
            reads.append(read(value))
        except RequestError as error:
            faults += [one._replace(path=f"{name}.{one.path}" if one.path else name) for one in error.refusals]
    if faults:
        raise RequestError(faults)
    one, other = (answer(asked, check) for asked in reads)
    changes = []
    for figure in FIGURES:
        left, right = getattr(one, figure), getattr(other, figure)
        gap = None if left is None or right is None else right - left
        changes.append(Change(figure=figure, a=left, b=right, difference=gap))
    asked = tuple(_differences("", one.request, other.request))
    return Comparison(a=one, b=other, asked=asked, changes=tuple(changes))


def _differences(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys((*one, *other)):
            yield from _differences(f"{path}.{name}" if path else name, one.get(name), other.get(name))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other) < 25:
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{path}[{place}]", left, right)
    elif one != other:
        yield path, one, other


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """A request over a grid of values: one row for each combination.

    Parameters
    ----------
    over
        The values by path.
    columns
        The values of each row by path, and its figures by name.
    """

    over: Mapping[str, tuple[Any, ...]]
    columns: Mapping[str, tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.columns["fte"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, by column."""
        return {
            "over": {path: list(values) for path, values in self.over.items()},
            "columns": {name: list(values) for name, values in self.columns.items()},
        }

    def to_frame(self) -> Any:
        """Return the rows as a pandas frame (the only method that loads pandas)."""
        import pandas as pd

        return pd.DataFrame({name: list(values) for name, values in self.columns.items()})

    def __str__(self) -> str:
        names = [*self.over, "peak_agents", "fte", "cost_per_year", "service_level"]
        rows = [["" if self.columns[name][n] is None else _cell(self.columns[name][n]) for name in names]
                for n in range(len(self))]  # fmt: skip
        widths = [max(len(name), *(len(row[place]) for row in rows)) for place, name in enumerate(names)]
        lines = [[*names], *rows]
        return "\n".join(
            "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines
        )


def _cell(value: Any) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def sweep(request: Asked, over: Mapping[str, Iterable[Any]], *, time_limit: timedelta | str | None = None) -> Sweep:
    """Return the figures of a request over every combination of some values.

    The combinations are staffed together by array, without range, tornado and Pareto curve.

    Parameters
    ----------
    request
        As for `wfm.quote`.
    over
        Values by path, such as `{"queues[0].patience": ["1min", "2min"], "multi_skilled": [0, 0.3, 1]}`.
    time_limit
        Wall-clock limit; default none.

    Raises
    ------
    RequestError
        With every fault of any combination, or if there are more than 100,000 of them.

    Examples
    --------
    >>> asked = {"queues": [{"name": "calls", "volume": "900/day", "aht": "4min"}]}
    >>> sweep(asked, over={"queues[0].patience": ["1min", "4min"]}).columns["peak_agents"]
    (5, 6)
    """
    check = clock(time_limit)
    document = read_request(request).to_dict()
    grid = _grid(over)
    steps = {path: _steps(path, document) for path in grid}
    _check_apart(steps)
    count = int(np.prod([len(values) for values in grid.values()]))
    if not grid or not 0 < count <= _MOST:
        what = f"{count if grid else 0} combinations"
        raise RequestError([Refusal("over", what, None, f"give 1 to {_MOST:,} combinations")])
    columns: dict[str, list[Any]] = {name: [] for name in (*grid, *FIGURES)}
    combinations = list(product(*grid.values()))
    for first in range(0, count, _TOGETHER):
        check()
        part = combinations[first : first + _TOGETHER]
        requests = [_changed(document, steps, grid, values) for values in part]
        for values, row in zip(part, _answered(requests), strict=True):
            for name, value in (*zip(grid, values, strict=True), *row.items()):
                columns[name].append(value)
    return Sweep(over=grid, columns={name: tuple(values) for name, values in columns.items()})


def _grid(over: Mapping[str, Iterable[Any]]) -> dict[str, tuple[Any, ...]]:
    """Return the values by path."""
    remedy = "write {'queues[0].patience': ['1min', '2min']}"
    if not isinstance(over, Mapping):
        raise RequestError([Refusal("over", f"must be values by path, got {over!r}", None, remedy)])
    lone = {
        path: values for path, values in over.items() if isinstance(values, str) or not isinstance(values, Iterable)
    }
    if lone:
        faults = [Refusal("over", f"{path!r} has no list of values", value, remedy) for path, value in lone.items()]
        raise RequestError(faults)
    return {path: tuple(values) for path, values in over.items()}


def _steps(path: str, document: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Return a path as keys and places; all but a last key must be there."""
    steps: list[str | int] = []
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if not match:
            raise RequestError([Refusal("over", f"cannot read the path {path!r}", path, "write 'queues[0].patience'")])
        steps.append(match[1])
        steps += [int(place) for place in re.findall(r"\d+", match[2])]
    owner: Any = document
    for number, step in enumerate(steps, 1):
        is_last = number == len(steps)
        if isinstance(step, str):
            found = isinstance(owner, Mapping) and (is_last or step in owner)
        else:
            found = isinstance(owner, list) and step < len(owner)
        if not found:
            remedy = "name a field of the request, such as 'queues[0].patience'"
            raise RequestError([Refusal("over", f"no {path!r} in the request", path, remedy)])
        if not is_last:
            owner = owner[step]
    return tuple(steps)


def _check_apart(steps: Mapping[str, tuple[str | int, ...]]) -> None:
    """Refuse a path that lies within another: the one would overwrite what the other set."""
    for inner, own in steps.items():
        for outer, others in steps.items():
            if inner != outer and own[: len(others)] == others:
                what = f"{inner!r} lies within {outer!r}"
                raise RequestError([Refusal("over", what, inner, "give the values of one of them")])


def _changed(
    document: dict[str, Any],
    steps: Mapping[str, tuple[str | int, ...]],
    grid: Mapping[str, tuple[Any, ...]],
    values: Sequence[Any],
) -> QuoteRequest:
    data = copy.deepcopy(document)
    for path, value in zip(grid, values, strict=True):
        owner: Any = data
        for step in steps[path][:-1]:
            owner = owner[step]
        owner[steps[path][-1]] = value
    return read_request(data)


def _answered(requests: list[QuoteRequest]) -> list[dict[str, Any]]:
    """Return the figures of some requests, their live teams staffed together."""
    weeks = [make_work(request) for request in requests]
    _staff_together([work for works in weeks for work in works])
    rows = []
    for request, works in zip(requests, weeks, strict=True):
        base = base_of(request, works=works)
        rows.append(totals_of(base))
    return rows


def _staff_together(works: list[Work]) -> None:
    """Answer teams with the same targets and kind of model by one call, and let each remember its part."""
    groups: dict[tuple[object, ...], list[Work]] = {}
    for work in works:
        if work.team is not None:
            key = (len(work.team.sessions_s), work.team.patience_s is None, work.team.interval_s, work.queue.goals)
            groups.setdefault(key, []).append(work)
    for same in groups.values():
        if len(same) < 2:
            continue
        teams = [work.team for work in same if work.team is not None]
        together = Team.joined(teams)
        agents = together.fewest(same[0].queue.goals)
        least = np.repeat([work.queue.min_agents for work in same], [len(team.offered) for team in teams])
        level, _, longest = readings_of(same[0].queue)
        together.share(teams, same[0].queue.goals, agents, np.maximum(agents, least), (level, longest))
