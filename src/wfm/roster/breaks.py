"""Where the breaks of a shift cost least, given what presence is worth in each interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import gcd

import numpy as np
import numpy.typing as npt

from wfm.domain.shift import Break, ShiftTemplate
from wfm.roster.problem import Case, Floats, Ints
from wfm.shifts import break_starts

__all__ = ["BreakPlanner", "Worth"]


@dataclass(frozen=True, slots=True)
class Worth:
    """What presence is worth, summed over time: at `share` of an interval present, by interval boundary."""

    total: Floats
    loss: dict[int, Floats]


class BreakPlanner:
    """Prices candidate shifts with their breaks placed at least cost, and places them.

    Time is cut into cells of `cell_s` seconds, of which every shift, break and interval is a multiple.

    Parameters
    ----------
    case
        The problem.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        shifts = case.shifts
        self.cell_s = self._finest()
        self._per_interval = case.interval_s // self.cell_s
        self._start_cell = (shifts.start_s - case.starts_s[0]) // self.cell_s
        self._end_cell = (shifts.end_s - case.starts_s[0]) // self.cell_s
        self._slots = self._slot_tables()
        self.lengths = sorted({int(rest.length_s) for template in shifts.templates for rest in template.breaks})

    def _finest(self) -> int:
        cell = self.case.interval_s
        for value in np.unique(self.case.shifts.start_s - self.case.starts_s[0]).tolist():
            cell = gcd(cell, int(value))
        for value in np.unique(self.case.shifts.end_s - self.case.shifts.start_s).tolist():
            cell = gcd(cell, int(value))
        for template in self.case.shifts.templates:
            for rest in template.breaks:
                cell = gcd(cell, int(rest.length_s), int(rest.earliest_s))
        return cell

    def _slot_tables(self) -> list[tuple[Ints, int, Ints]]:
        """Return for each break of each template and length: candidates, length in seconds, starts from the shift's."""
        tables = []
        shifts = self.case.shifts
        length = shifts.end_s - shifts.start_s
        for position, template in enumerate(shifts.templates):
            for span in np.unique(length[shifts.template == position]).tolist():
                ids = np.flatnonzero((shifts.template == position) & (length == span))
                for rest in template.breaks:
                    starts = break_starts(template, rest, span, self.case.interval_s)
                    tables.append((ids, int(rest.length_s), starts // self.cell_s))
        return tables

    def measure(self, worth: dict[float, Floats]) -> Worth:
        """Sum worth over cells of time; `worth` is by share of an interval, 1 and those of `shares` at least."""
        full = worth[1.0]
        total = np.concatenate(([0.0], np.cumsum(np.repeat(full / self._per_interval, self._per_interval))))
        loss = {}
        for length in self.lengths:
            share = self.share(length)
            lost = (full - worth[1.0 - share]) if share < 1 else full
            cells = length / self.cell_s
            per_cell = lost / (cells if share < 1 else self._per_interval)
            loss[length] = np.concatenate(([0.0], np.cumsum(np.repeat(per_cell, self._per_interval))))
        return Worth(total, loss)

    def share(self, length_s: int) -> float:
        """Return the share of an interval that a break takes, at most 1."""
        return min(1.0, length_s / self.case.interval_s)

    def rewards(self, worth: Worth) -> Floats:
        """Return what each candidate is worth with every break at its cheapest place."""
        value: Floats = worth.total[self._end_cell] - worth.total[self._start_cell]
        for ids, length, starts in self._slots:
            value[ids] -= self._losses(ids, length, starts, worth).min(axis=1)
        return value

    def _losses(self, ids: Ints, length: int, starts: Ints, worth: Worth) -> Floats:
        begin = self._start_cell[ids][:, None] + starts[None, :]
        table = worth.loss[length]
        losses: Floats = table[begin + length // self.cell_s] - table[begin]
        return losses

    def place(self, candidate: int, worth: Worth) -> tuple[int, ...]:
        """Return the start of each break of a candidate, in Unix seconds and in the order of its template."""
        shifts = self.case.shifts
        template = shifts.templates[shifts.template[candidate]]
        if not template.breaks:
            return ()
        begin = int(shifts.start_s[candidate])
        length = int(shifts.end_s[candidate]) - begin
        options = []
        for rest in template.breaks:
            starts = break_starts(template, rest, length, self.case.interval_s)
            table = worth.loss[int(rest.length_s)]
            cells = self._start_cell[candidate] + starts // self.cell_s
            losses = table[cells + int(rest.length_s) // self.cell_s] - table[cells]
            options.append(list(zip(losses.tolist(), starts.tolist(), strict=True)))
        order = sorted(range(len(options)), key=lambda i: (template.breaks[i].latest_s, template.breaks[i].earliest_s))
        found = _cheapest(template, tuple(order), options)
        chosen = found if found is not None else in_order(template)
        return tuple(begin + offset for offset in chosen)

    def starts(self, candidate: int, rest: Break) -> Ints:
        """Return the starts that a break of a candidate may take, in Unix seconds."""
        shifts = self.case.shifts
        begin, end = int(shifts.start_s[candidate]), int(shifts.end_s[candidate])
        template = shifts.templates[shifts.template[candidate]]
        return begin + break_starts(template, rest, end - begin, self.case.interval_s)

    def fits(self, candidate: int, breaks: tuple[int, ...]) -> bool:
        """Whether each break of a candidate is at a start it may take, and none overlaps another."""
        template = self.case.shifts.templates[self.case.shifts.template[candidate]]
        inside = all(start in self.starts(candidate, rest) for rest, start in zip(template.breaks, breaks, strict=True))
        return inside and _are_apart(template, breaks)

    def presence(self, candidate: int, breaks: tuple[int, ...]) -> tuple[int, Floats]:
        """Return the first interval of a shift and the share of each of its intervals that is worked."""
        shifts, step = self.case.shifts, self.case.interval_s
        begin, end = int(shifts.start_s[candidate]), int(shifts.end_s[candidate])
        first = (begin - int(self.case.starts_s[0])) // step
        origin = int(self.case.starts_s[0]) + first * step
        count = -(-(end - origin) // step)
        edges = origin + step * np.arange(count + 1)
        shares = _covered(begin, end, edges, step)
        template = shifts.templates[shifts.template[candidate]]
        for rest, start in zip(template.breaks, breaks, strict=True):
            shares -= _covered(start, start + int(rest.length_s), edges, step)
        return first, shares


def _covered(begin: int, end: int, edges: npt.NDArray[np.int64], step: int) -> Floats:
    inside: Floats = np.diff(np.clip(edges, begin, end)).astype(float) / step
    return inside


def _cheapest(
    template: ShiftTemplate, order: tuple[int, ...], options: list[list[tuple[float, int]]]
) -> tuple[int, ...] | None:
    """Return the cheapest places that do not overlap, by search in the order of the windows; none if there are none."""
    single = [min(option) for option in options]
    starts = tuple(start for _, start in single)
    if _are_apart(template, starts):
        return starts
    floor = [min(cost for cost, _ in option) for option in options]
    best_cost, best = np.inf, None

    def search(depth: int, cost: float, placed: tuple[tuple[int, int], ...]) -> None:
        nonlocal best_cost, best
        if cost + sum(floor[i] for i in order[depth:]) >= best_cost:
            return
        if depth == len(order):
            best_cost, best = cost, tuple(start for _, start in sorted(placed))
            return
        number = order[depth]
        length = template.breaks[number].length_s
        for loss, start in sorted(options[number]):
            if all(
                start + length <= other or other + template.breaks[taken].length_s <= start for taken, other in placed
            ):
                search(depth + 1, cost + loss, (*placed, (number, start)))

    search(0, 0.0, ())
    return best


def _are_apart(template: ShiftTemplate, starts: tuple[int, ...]) -> bool:
    spans = sorted((start, start + rest.length_s) for start, rest in zip(starts, template.breaks, strict=True))
    return all(after[0] >= before[1] for before, after in pairwise(spans))


@lru_cache(maxsize=256)
def in_order(template: ShiftTemplate) -> tuple[int, ...]:
    """Return the earliest places of the breaks one after the other: those by which the template was checked."""
    starts = [0] * len(template.breaks)
    end = 0.0
    numbered: list[tuple[int, Break]] = sorted(
        enumerate(template.breaks), key=lambda item: (item[1].latest_s, item[1].earliest_s)
    )
    for number, rest in numbered:
        starts[number] = int(max(end, rest.earliest_s))
        end = starts[number] + rest.length_s
    return tuple(starts)
