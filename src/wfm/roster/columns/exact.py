"""A small case as a whole, by CP-SAT: the least cost, or a bound that nothing else could reach.

Each person walks through the states of their planner, day by day, so that every rule of a contract is that of
`wfm.roster.line.best`; hours and counts are sums over the shifts taken.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wfm.roster.columns.halting import halting
from wfm.roster.line.best import LinePlanner
from wfm.roster.problem import Case, Floats, Person

__all__ = ["Exact", "Model", "fits_exactly", "solve_exactly"]

_MOST_PEOPLE, _MOST_SHIFTS = 30, 1000
_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Exact:
    """Lines of every person, or none if no roster was found, and the least cost that any roster can have."""

    lines: list[tuple[int, ...]] | None
    bound: float


def fits_exactly(case: Case) -> bool:
    """Whether a case is small enough: at most 30 people and 1,000 shifts among all of them."""
    allowed = sum(int(person.allowed.sum()) for person in case.people)
    return len(case.people) <= _MOST_PEOPLE and allowed <= _MOST_SHIFTS


def solve_exactly(
    case: Case,
    planners: list[LinePlanner],
    own: list[Floats],
    start: list[tuple[int, ...]],
    *,
    unit: float,
    work: float,
    left_s: Callable[[], float],
    share: float,
    seed: int,
) -> Exact:
    """Search for a roster of least cost.

    Parameters
    ----------
    case
        The problem; its coverage is wanted by shift and day.
    planners, own
        The planner and the cost of each candidate, by person.
    start
        A legal roster, from which it searches.
    unit
        Every cost is a multiple of it.
    work
        Most deterministic time of it.
    left_s, share
        Seconds left, infinity without a limit, and the share of them that it may take; none left ends it at once.
    seed
        Seed of the search.
    """
    model = Model(case, unit)
    for person, planner, cost in zip(case.people, planners, own, strict=True):
        model.add_person(person, planner, cost)
    model.add_heads()
    for chosen, line in zip(model.taken, start, strict=True):
        for candidate, variable in chosen.items():
            model.model.add_hint(variable, candidate in line)
    solver = model.solver(work=work, seconds=share * left_s(), seed=seed)
    with halting(left_s, solver.stop_search):
        is_solved = model.solved_by(solver)
    if not is_solved:
        return Exact(None, -math.inf)
    lines = [tuple(sorted(c for c, taken in chosen.items() if solver.value(taken))) for chosen in model.taken]
    return Exact(lines, math.ceil(solver.best_objective_bound - 1e-6) * unit)


class Model:
    """The model, with the shifts that each person may take; each method adds one rule."""

    def __init__(self, case: Case, unit: float) -> None:
        from ortools.sat.python import cp_model

        self.model: Any = cp_model.CpModel()
        self.taken: list[dict[int, Any]] = []
        self._case, self._unit = case, unit
        self.cost: list[Any] = []

    def add_person(self, person: Person, planner: LinePlanner, cost: Floats) -> None:
        """Add the shifts of a person, and the walk through their states."""
        shifts, model = self._case.shifts, self.model
        taken = {int(c): model.new_bool_var("") for c in np.flatnonzero(person.allowed)}
        self.taken.append(taken)
        self.cost += [self.whole(cost[c]) * variable for c, variable in taken.items()]
        weekends = self._walk(person, planner, taken)
        if person.contract.max_weekends is not None:
            model.add(sum(weekends) <= int(person.most_weekends))
        paid = {c: int(shifts.paid_s[c]) for c in taken}
        total = sum(paid[c] * variable for c, variable in taken.items())
        model.add(total >= math.ceil(person.period_low_s))
        if math.isfinite(person.period_high_s):
            model.add(total <= math.floor(person.period_high_s))
        for position, week in enumerate(self._case.weeks):
            inside = [c for c in taken if shifts.day[c] in week.days]
            model.add(sum(taken[c] for c in inside) <= int(person.most_days[position]))
            total = sum(paid[c] * taken[c] for c in inside)
            model.add(total >= math.ceil(person.low_s[position]))
            model.add(total <= math.floor(person.high_s[position]))
            self._add_overtime(person, total, position)
        for template, most in enumerate(person.most_shifts):
            some = [taken[c] for c in taken if shifts.template[c] == template]
            if len(some) > most:
                model.add(sum(some) <= int(most))

    def _add_overtime(self, person: Person, total: Any, week: int) -> None:
        """Price the paid seconds of a week above those that are paid plainly, beside the wage."""
        contract = person.contract
        price = self.whole(contract.cost_per_hour * (contract.overtime_factor - 1) / 3600)
        if price and person.plain_s[week] < person.high_s[week]:
            above = self.model.new_int_var(0, math.floor(person.high_s[week]), "")
            self.model.add(above >= total - math.floor(person.plain_s[week]))
            self.cost.append(price * above)

    def _walk(self, person: Person, planner: LinePlanner, taken: dict[int, Any]) -> list[Any]:
        """Add the walk of a person through the states of their planner; return the steps that count a weekend."""
        model, weekends = self.model, []
        first = 0, planner.automaton.first(person.employee.before)
        entered: dict[tuple[int, int], list[Any]] = {first: [1]}
        for day in range(planner.days):
            reached: dict[tuple[int, int], list[Any]] = defaultdict(list)
            takers: dict[tuple[int, ...], list[Any]] = defaultdict(list)
            off: list[Any] = []
            for node, inflow in entered.items():
                left = []
                for arc in planner.arcs(day, *node):
                    shifts = tuple(c for c in arc.shifts if c in taken)
                    if not shifts and (arc.shifts or person.must[day]):
                        continue
                    step = model.new_bool_var("")
                    left.append(step)
                    reached[arc.rest, arc.state].append(step)
                    if arc.weekend:
                        weekends.append(step)
                    (takers[shifts] if shifts else off).append(step)
                model.add(sum(left) == sum(inflow))
            for shifts, steps in takers.items():
                model.add(sum(taken[c] for c in shifts) == sum(steps))
            reachable = {c for shifts in takers for c in shifts}
            for c in taken:
                if self._case.shifts.day[c] == day and c not in reachable:
                    model.add(taken[c] == 0)
            self.cost.append(self.whole(person.wish_off[day]) * sum(off))
            entered = reached
        for (_, state), steps in entered.items():
            if not planner.automaton.accepts[state]:
                model.add(sum(steps) == 0)
        return weekends

    def add_heads(self) -> None:
        """Price the heads missing and those too many where they are wanted by shift and day."""
        wanted, model = self._case.wanted, self.model
        there: list[list[Any]] = [[] for _ in wanted.heads]
        for chosen in self.taken:
            for candidate, variable in chosen.items():
                if wanted.row[candidate] >= 0:
                    there[wanted.row[candidate]].append(variable)
        for row, heads in enumerate(wanted.heads.tolist()):
            short, over = model.new_int_var(0, int(heads), ""), model.new_int_var(0, len(there[row]), "")
            model.add(sum(there[row]) + short - over == int(heads))
            prices = self.whole(wanted.short_price[row]), self.whole(wanted.over_price[row])
            self.cost += [prices[0] * short, prices[1] * over]

    def solver(self, *, work: float, seconds: float, seed: int) -> Any:
        """Set the goal and return a solver with its limits, deterministic without one of seconds."""
        from ortools.sat.python import cp_model

        self.model.minimize(sum(self.cost))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = _WORKERS
        solver.parameters.interleave_search = math.isinf(seconds)  # so that the same work gives the same roster
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = work
        if math.isfinite(seconds):
            solver.parameters.max_time_in_seconds = max(seconds, 0.0)
        return solver

    def solved_by(self, solver: Any) -> bool:
        """Whether a solver finds a roster."""
        from ortools.sat.python import cp_model

        return solver.solve(self.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def whole(self, amount: float) -> int:
        """Return an amount in units."""
        return round(float(amount) / self._unit)
