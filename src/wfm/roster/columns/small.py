"""A small case with demand by interval, as a whole: the least cost, proved, where CP-SAT gets that far.

Beside the shifts of `exact` each person takes a placement of the breaks of each shift; what is missing in an
interval follows from who is there by the table of `wfm.roster.coverage.cover`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

from wfm.roster.columns.exact import Model
from wfm.roster.problem import Floats, Person
from wfm.roster.search.lines import Plan, Rostered
from wfm.shifts import break_starts

__all__ = ["Placements", "placements_of", "solve_small"]

_MOST_PEOPLE, _MOST_PLACED = 30, 300
_UNITS = 2.0**34  # in which the cost of a plan is counted at most
_PARTS = (1, 2, 4, 5, 10, 20, 100, 1000)  # of a cell, in which demand is counted: the first in which it is whole
_BETWEEN_S = 0.2


@dataclass(frozen=True, slots=True)
class _Placed:
    """A shift with its breaks placed, and the share of each interval that it is at work."""

    candidate: int
    breaks: tuple[int, ...]
    presence: Floats


Placements = list[list[_Placed]]


def placements_of(plan: Plan) -> Placements | None:
    """Return what each person could work, or none where a case is too large or of another kind.

    It is small with at most 30 people, and 300 shifts with their breaks placed among all of them; fairness, pairs and
    proficiency below 1 are not priced here.
    """
    case = plan.case
    is_even = all(value in (0.0, 1.0) for person in case.people for value in person.speeds)
    if len(case.people) > _MOST_PEOPLE or plan.together.asked or not is_even:
        return None
    if sum(int(person.allowed.sum()) for person in case.people) > _MOST_PLACED:
        return None
    found: Placements = []
    for person in case.people:
        mine: list[_Placed] = []
        for candidate in np.flatnonzero(person.allowed).tolist():
            mine += _placed(plan, person, candidate)
            if sum(map(len, found)) + len(mine) > _MOST_PLACED:
                return None
        found.append(mine)
    return found


def _placed(plan: Plan, person: Person, candidate: int) -> list[_Placed]:
    """Return a shift with each placement of its breaks that covers something else."""
    case = plan.case
    shifts = case.shifts
    template = shifts.templates[shifts.template[candidate]]
    begin, length = int(shifts.start_s[candidate]), int(shifts.end_s[candidate] - shifts.start_s[candidate])
    pins = person.pinned[shifts.day[candidate], : len(template.breaks)].tolist()
    starts = [
        [pin] if pin >= 0 else (begin + break_starts(template, rest, length, case.interval_s)).tolist()
        for rest, pin in zip(template.breaks, pins, strict=True)
    ]
    if math.prod(map(len, starts)) > _MOST_PLACED:
        return [_Placed(candidate, (), np.empty(0))] * (_MOST_PLACED + 1)
    found: dict[bytes, _Placed] = {}
    for breaks in product(*starts):
        ordered = sorted(zip(breaks, template.breaks, strict=True), key=lambda pair: pair[0])
        if all(
            early + one.length_s + max(one.min_gap_s, other.min_gap_s) <= late
            for (early, one), (late, other) in pairwise(ordered)
        ):
            there = plan.presence(Rostered((candidate,), (breaks,)))
            found.setdefault(there.tobytes(), _Placed(candidate, breaks, there))
    return list(found.values())


def solve_small(
    plan: Plan,
    placements: Placements,
    *,
    work: float,
    seconds: float,
    seed: int,
    is_over: Callable[[], bool],
) -> float:
    """Make a plan the cheapest that is found, and return a lower bound on the cost of any.

    Parameters
    ----------
    plan
        A legal plan, from which it searches.
    placements
        What each person could work.
    work, seconds
        Most deterministic time and most seconds.
    seed
        Seed of the search.
    is_over
        Whether to stop at once, asked some times a second.
    """
    whole = _Whole(plan, placements)
    solver = whole.model.solver(work=work, seconds=seconds, seed=seed)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(whole.model.solved_by, solver)
        try:
            while not found.done():
                wait([found], timeout=_BETWEEN_S)
                if is_over():
                    solver.stop_search()
        finally:
            solver.stop_search()
    if not found.result():
        return -math.inf
    whole.enter(solver)
    return whole.bound(solver)


class _Whole:
    """The model of a plan."""

    def __init__(self, plan: Plan, placements: Placements) -> None:
        self._plan, self._placements = plan, placements
        case = plan.case
        # Prices are decimal, so that they are whole in a decimal unit.
        self._unit = 10.0 ** -math.floor(math.log10(_UNITS / max(plan.cost(), 1.0)))
        self._off = 0.0  # how far rounding may put the cost off
        self.model = Model(case, self._unit)
        rules = plan.rules
        for number, person in enumerate(case.people):
            own = rules.wage[number] * case.shifts.paid_s + rules.per_shift[number] + person.wish
            self.model.add_person(person, plan.planner(person), own)
        self.model.add_heads()
        self._placed = [self._add_placed(number) for number in range(len(case.people))]
        self._add_cover()
        self._off += 0.5 * self._unit * len(self.model.cost)

    def _add_placed(self, number: int) -> list[Any]:
        """Add where the breaks of each shift of a person lie; return a variable for each placement."""
        model, taken, line = self.model.model, self.model.taken[number], self._plan.lines[number]
        stands = dict(zip(line.shifts, line.breaks, strict=True))
        variables: list[Any] = []
        of_shift: dict[int, list[Any]] = {candidate: [] for candidate in taken}
        for placed in self._placements[number]:
            variables.append(model.new_bool_var(""))
            of_shift[placed.candidate].append(variables[-1])
        for candidate, some in of_shift.items():
            model.add(sum(some) == taken[candidate])
            model.add_hint(taken[candidate], candidate in stands)
        return variables

    def _add_cover(self) -> None:
        """Price what is missing and idle by the table of each interval; of people of one speed it has one kind."""
        plan, model, table = self._plan, self.model.model, self._plan.cover.table
        demand, touch = table.slack, table.touch[0]
        cells = plan.case.interval_s // plan.cell_s
        scale = next((cells * parts for parts in _PARTS if _is_whole(demand * cells * parts)), cells * _PARTS[-1])
        there = self._there(scale)
        for (interval, group), (here, most) in there.items():
            price = self.model.whole(table.idle[interval] * table.counts[group, interval] / scale)
            self.model.cost.append(price * here)
            self._off += 0.5 * self._unit * most
        for interval, level in zip(*np.nonzero(table.weight), strict=True):
            asked = np.rint(demand[interval, level] * scale).astype(np.int64)
            weight = float(table.weight[interval, level])
            self._off += weight * float(np.abs(asked / scale - demand[interval, level]).max())
            self._off += 0.5 * self._unit * float(asked.max())
            short = model.new_int_var(0, max(int(asked.max()), 0), "")
            for number, least in enumerate(asked.tolist()):
                serving = [here for (i, group), (here, _) in there.items() if i == interval and touch[group, number]]
                model.add(short + sum(serving) >= least)
            self.model.cost.append(self.model.whole(weight / scale) * short)

    def _there(self, scale: int) -> dict[tuple[int, int], tuple[Any, int]]:
        """Return who is there by interval and group of the cover, in parts of an agent, with the most there can be."""
        people, groups = self._plan.case.people, self._plan.cover.groups
        terms: dict[tuple[int, int], list[Any]] = {}
        members: dict[int, int] = {}
        for person, placements, variables in zip(people, self._placements, self._placed, strict=True):
            group = groups.index(person.speeds)
            members[group] = members.get(group, 0) + 1
            for placed, variable in zip(placements, variables, strict=True):
                for interval in np.flatnonzero(placed.presence).tolist():
                    share = round(float(placed.presence[interval]) * scale)
                    terms.setdefault((interval, group), []).append(share * variable)
        found = {}
        for key, some in terms.items():
            most = 2 * scale * members[key[1]]  # in a cyclic horizon the end may meet the beginning
            here = self.model.model.new_int_var(0, most, "")
            self.model.model.add(here == sum(some))
            found[key] = (here, most)
        return found

    def enter(self, solver: Any) -> None:
        """Put the roster that was found into the plan, if it is cheaper."""
        plan = self._plan
        before, cost = tuple(plan.lines), plan.cost()
        for number, (placements, variables) in enumerate(zip(self._placements, self._placed, strict=True)):
            some = [placed for placed, taken in zip(placements, variables, strict=True) if solver.value(taken)]
            some.sort(key=lambda placed: placed.candidate)
            plan.set_line(number, Rostered(tuple(p.candidate for p in some), tuple(p.breaks for p in some)))
            if plan.own_cost(number) < 0:
                raise AssertionError(f"the line {plan.lines[number].shifts} of person {number} is not legal")
        if plan.cost() >= cost:
            for number, line in enumerate(before):
                plan.set_line(number, line)

    def bound(self, solver: Any) -> float:
        """Return the bound that is proved."""
        return float(solver.best_objective_bound) * self._unit + self._plan.cover.table.constant - self._off


def _is_whole(values: Floats) -> bool:
    return bool((np.abs(values - np.rint(values)) < 1e-9).all())
