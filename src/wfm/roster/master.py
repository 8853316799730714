"""The linear programme of whole lines: which share of which line each person works, at least cost.

A column is a legal line of one person. Rows say that each person works one line, and count the heads wanted by shift
and day; what is missing or too many has its price. Its value is a bound on every roster once no line that is left out
has a negative reduced cost (Dantzig and Wolfe, 1960).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wfm.roster.problem import Case, Floats, Ints

__all__ = ["Column", "Master", "Optimum"]


@dataclass(frozen=True, slots=True)
class Column:
    """A line of a person: the candidates worked, and what it costs them (wages, fees, wishes)."""

    person: int
    shifts: tuple[int, ...]
    cost: float


@dataclass(frozen=True, eq=False)
class Optimum:
    """The optimum of the programme: its value, the share of each column, and the prices of the rows."""

    value: float
    shares: Floats
    head_prices: Floats
    line_prices: Floats


class Master:
    """The programme, which grows by columns and keeps its basis.

    Parameters
    ----------
    case
        The problem; its coverage is wanted by shift and day.
    """

    def __init__(self, case: Case) -> None:
        from ortools.math_opt.python import mathopt

        self.case = case
        self.columns: list[Column] = []
        self.of_person: list[list[int]] = [[] for _ in case.people]
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._variables: list[Any] = []
        self._fixed: dict[int, int] = {}
        wanted = case.wanted
        self._model = mathopt.Model()
        self._one = [self._model.add_linear_constraint(lb=1.0, ub=1.0) for _ in case.people]
        self._heads = [self._model.add_linear_constraint(lb=heads, ub=heads) for heads in wanted.heads.tolist()]
        for prices, sign in ((wanted.short_price, 1.0), (wanted.over_price, -1.0)):
            for row, price in zip(self._heads, prices.tolist(), strict=True):
                row.set_coefficient(self._priced(price), sign)
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)

    def _priced(self, price: float) -> Any:
        variable = self._model.add_variable(lb=0.0)
        self._model.objective.set_linear_coefficient(variable, price)
        return variable

    def add(self, column: Column) -> bool:
        """Add a column; False if it is there already."""
        key = column.person, column.shifts
        if key in self._known:
            return False
        number = len(self.columns)
        self._known[key] = number
        variable = self._priced(column.cost)
        self._one[column.person].set_coefficient(variable, 1.0)
        rows = self.case.wanted.row[list(column.shifts)]
        for row in rows[rows >= 0].tolist():
            self._heads[row].set_coefficient(variable, 1.0)
        if column.person in self._fixed:
            variable.upper_bound = 0.0
        self.columns.append(column)
        self.of_person[column.person].append(number)
        self._variables.append(variable)
        return True

    def fix(self, chosen: dict[int, int]) -> None:
        """Let each of those people have that column alone, and all others any of theirs."""
        for person in sorted({*self._fixed, *chosen}):
            if self._fixed.get(person) == chosen.get(person):
                continue
            for number in self.of_person[person]:
                held = person in chosen and number != chosen[person]
                self._variables[number].upper_bound = 0.0 if held else np.inf
        self._fixed = dict(chosen)

    def number_of(self, column: Column) -> int:
        """Return the number of a column, which is added if it is new."""
        self.add(column)
        return self._known[column.person, column.shifts]

    def solve(self) -> Optimum:
        """Solve it from the last basis."""
        result = self._solver.solve()
        values, prices = result.variable_values(), result.dual_values()
        return Optimum(
            value=float(result.objective_value()),
            shares=np.array([values[variable] for variable in self._variables]),
            head_prices=np.array([prices[row] for row in self._heads]),
            line_prices=np.array([prices[row] for row in self._one]),
        )


def cost_of(case: Case, columns: list[Column]) -> float:
    """Return the cost of a roster of one column for each person."""
    worked: Ints = np.array([candidate for column in columns for candidate in column.shifts], dtype=np.int64)
    return sum(column.cost for column in columns) + case.wanted.cost(worked)
