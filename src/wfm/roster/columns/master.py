"""The linear programme of whole lines: which share of which line each person works, at least cost.

A column is a legal line of one person. Rows say that each person works one line, and count the heads wanted by shift
and day; what is missing or too many has its price. Its value is a bound on every roster once no line that is left out
has a negative reduced cost (Dantzig and Wolfe, 1960).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from wfm.logs import logger
from wfm.roster.problem import Case, Floats, Ints

__all__ = ["Column", "Master", "Optimum", "cost_of"]

_LOG = logger("roster")


@dataclass(frozen=True, slots=True)
class Column:
    """A line of a person: the candidates worked, and what it costs them (wages, fees, wishes)."""

    person: int
    shifts: tuple[int, ...]
    cost: float


@dataclass(frozen=True, eq=False)
class Optimum:
    """The optimum of the programme: its value, the share of each column, and the prices of the rows.

    `line_prices` has an entry for each person of the case, 0 for those whose line is held.
    """

    value: float
    shares: Floats
    head_prices: Floats
    line_prices: Floats


class Master:
    """The programme of some people, which grows by columns and keeps its basis.

    Parameters
    ----------
    case
        The problem; its coverage is wanted by shift and day.
    held
        The lines of the people who are not in the programme: they cost what they cost, and their heads are there.
    interrupter
        Such as a `SolveInterrupter` of OR-Tools, which ends a search under way.
    """

    def __init__(self, case: Case, held: Collection[Column], interrupter: Any) -> None:
        from ortools.math_opt.python import mathopt

        self.case = case
        self.columns: list[Column] = []
        self._interrupter = interrupter
        self._variables: list[Any] = []
        wanted = case.wanted
        there = np.zeros(len(wanted.heads))
        for column in held:
            rows = wanted.row[list(column.shifts)]
            there[rows[rows >= 0]] += 1.0
        self.heads: Floats = wanted.heads - there
        self.fixed = sum(column.cost for column in held)
        others = {column.person for column in held}
        self._model = mathopt.Model()
        self._one = {
            n: self._model.add_linear_constraint(lb=1.0, ub=1.0) for n in range(len(case.people)) if n not in others
        }
        self._heads = [self._model.add_linear_constraint(lb=heads, ub=heads) for heads in self.heads.tolist()]
        for prices, sign in ((wanted.short_price, 1.0), (wanted.over_price, -1.0)):
            for row, price in zip(self._heads, prices.tolist(), strict=True):
                row.set_coefficient(self._priced(price), sign)
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)

    def _priced(self, price: float) -> Any:
        variable = self._model.add_variable(lb=0.0)
        self._model.objective.set_linear_coefficient(variable, price)
        return variable

    def add(self, column: Column) -> None:
        """Add a column of one of its people."""
        variable = self._priced(column.cost)
        self._one[column.person].set_coefficient(variable, 1.0)
        rows = self.case.wanted.row[list(column.shifts)]
        for row in rows[rows >= 0].tolist():
            self._heads[row].set_coefficient(variable, 1.0)
        self.columns.append(column)
        self._variables.append(variable)

    def solve(self) -> Optimum | None:
        """Solve it from the last basis; none if it was interrupted."""
        result = self._solved()
        if not (result.has_primal_feasible_solution() and result.has_dual_feasible_solution()):
            return None
        values, prices = result.variable_values(), result.dual_values()
        lines = np.zeros(len(self.case.people))
        for person, row in self._one.items():
            lines[person] = prices[row]
        return Optimum(
            value=float(result.objective_value()) + self.fixed,
            shares=np.array([values[variable] for variable in self._variables]),
            head_prices=np.array([prices[row] for row in self._heads]),
            line_prices=lines,
        )

    def _solved(self) -> Any:
        from ortools.math_opt.python import mathopt

        try:
            return self._solver.solve(interrupter=self._interrupter)
        except (RuntimeError, AttributeError) as error:
            # The simplex may lose its way in its own rounding; OR-Tools 9.15 then stumbles over its report as well.
            _LOG.info("a linear programme is solved anew by another solver: %s", error)
            self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
            return mathopt.solve(self._model, mathopt.SolverType.HIGHS, interrupter=self._interrupter)


def cost_of(case: Case, columns: list[Column]) -> float:
    """Return the cost of a roster of one column for each person."""
    worked: Ints = np.array([candidate for column in columns for candidate in column.shifts], dtype=np.int64)
    return sum(column.cost for column in columns) + case.wanted.cost(worked)
