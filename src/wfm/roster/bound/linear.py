"""A linear or mixed-integer programme, gathered in arrays and handed to OR-Tools' MathOpt in one piece."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from wfm.roster.problem import Floats, Ints

__all__ = ["LinearModel", "Optimum"]

_SIMPLEX_UP_TO = 10_000
_TOLERANCE = 1e-6  # of the interior point; the bound holds whatever it is


@dataclass(frozen=True, slots=True)
class Optimum:
    """What a solver found: the values of the columns, or none; and a proven lower bound on the optimum, or none.

    The bound of a linear programme is worked out here from the prices of its rows, so it holds however roughly it was
    solved.
    """

    values: Floats | None
    objective: float | None
    bound: float | None


class LinearModel:
    """A minimisation with bounded columns and two-sided rows."""

    def __init__(self) -> None:
        self._lower: list[Floats] = []
        self._upper: list[Floats] = []
        self._implied: list[Floats] = []
        self._cost: list[Floats] = []
        self._integer: list[npt.NDArray[np.bool_]] = []
        self._columns = 0
        self._row_lower: list[Floats] = []
        self._row_upper: list[Floats] = []
        self._rows = 0
        self._entries: list[tuple[Ints, Ints, Floats]] = []

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self._columns

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._rows

    def add_columns(
        self,
        count: int,
        *,
        cost: npt.ArrayLike = 0.0,
        upper: npt.ArrayLike = np.inf,
        implied: npt.ArrayLike | None = None,
        integer: bool = False,
    ) -> Ints:
        """Add columns of at least 0 and return their numbers.

        `implied` is a most that some optimum keeps though no row says so to the solver; default `upper`. Only the bound
        uses it.
        """
        self._lower.append(np.zeros(count))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=float), count))
        self._implied.append(np.broadcast_to(np.asarray(upper if implied is None else implied, dtype=float), count))
        self._cost.append(np.broadcast_to(np.asarray(cost, dtype=float), count))
        self._integer.append(np.full(count, integer))
        self._columns += count
        return np.arange(self._columns - count, self._columns, dtype=np.int64)

    def add_rows(self, count: int, *, lower: npt.ArrayLike = -np.inf, upper: npt.ArrayLike = np.inf) -> Ints:
        """Add empty rows and return their numbers."""
        self._row_lower.append(np.broadcast_to(np.asarray(lower, dtype=float), count))
        self._row_upper.append(np.broadcast_to(np.asarray(upper, dtype=float), count))
        self._rows += count
        return np.arange(self._rows - count, self._rows, dtype=np.int64)

    def set(self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike) -> None:
        """Add entries of the matrix; those given twice add up."""
        row, column, value = np.broadcast_arrays(np.asarray(rows), np.asarray(columns), np.asarray(values, dtype=float))
        self._entries.append((row.ravel().astype(np.int64), column.ravel().astype(np.int64), value.ravel()))

    def row(
        self, columns: npt.ArrayLike, values: npt.ArrayLike, *, lower: float = -np.inf, upper: float = np.inf
    ) -> None:
        """Add one row."""
        self.set(self.add_rows(1, lower=lower, upper=upper)[0], columns, values)

    def solve(
        self,
        *,
        integer: bool,
        seed: int,
        node_limit: int | None = None,
        relative_gap: float | None = None,
        time_limit: timedelta | None = None,
    ) -> Optimum:
        """Solve the model; with `integer=False` the integer columns are let go.

        Whole numbers are left to HiGHS, linear programmes to GLOP, and large ones to the interior point of HiGHS with
        crossover, which here is several times faster than either simplex.
        """
        if time_limit is not None and time_limit.total_seconds() <= 0:
            return Optimum(None, None, None)  # HiGHS takes a limit of 0 for none
        from ortools.math_opt.python import mathopt

        parameters = mathopt.SolveParameters(
            random_seed=seed,
            node_limit=node_limit,
            relative_gap_tolerance=relative_gap,
            time_limit=time_limit,
        )
        solver = mathopt.SolverType.HIGHS
        if not integer and self._columns <= _SIMPLEX_UP_TO:
            solver = mathopt.SolverType.GLOP
        elif not integer:
            parameters.lp_algorithm = mathopt.LPAlgorithm.BARRIER
            # Crossover to a vertex takes longer than the rest, and neither the bound nor the counts need one.
            parameters.highs.string_options["run_crossover"] = "off"
            parameters.highs.double_options["ipm_optimality_tolerance"] = _TOLERANCE
        model = mathopt.Model.from_model_proto(self._proto(integer=integer))
        result = mathopt.solve(model, solver, params=parameters)
        objective = values = None
        if result.has_primal_feasible_solution():
            values = np.array(result.variable_values(list(model.variables())))
            objective = float(result.objective_value())
        if integer:
            bound = float(result.best_objective_bound())
            return Optimum(values, objective, bound if np.isfinite(bound) else None)
        if not result.has_dual_feasible_solution():
            return Optimum(values, objective, None)
        return Optimum(values, objective, self.bound(np.array(result.dual_values(list(model.linear_constraints())))))

    def bound(self, prices: Floats) -> float | None:
        """Return the lower bound on the optimum that any prices of the rows prove, or none if they prove nothing.

        A row is worth its price times the side that the price pulls at; a column whose cost is below what its entries
        are worth takes away the difference, as often as it may be taken. Source: Neumaier and Shcherbina, "Safe bounds
        in linear and mixed-integer linear programming" (2004).
        """
        lower, upper = np.concatenate(self._row_lower), np.concatenate(self._row_upper)
        prices = np.where((prices > 0) & np.isinf(lower) | (prices < 0) & np.isinf(upper), 0.0, prices)
        reduced = np.concatenate(self._cost) - self._matrix().T @ prices
        most = np.minimum(np.concatenate(self._upper), np.concatenate(self._implied))
        if np.isinf(most[reduced < 0]).any():
            return None
        side = np.where(prices > 0, np.where(np.isinf(lower), 0.0, lower), np.where(np.isinf(upper), 0.0, upper))
        return float(prices @ side + np.minimum(reduced, 0.0) @ np.where(reduced < 0, most, 0.0))

    def _proto(self, *, integer: bool) -> Any:
        from ortools.math_opt import model_pb2

        proto = model_pb2.ModelProto()
        proto.variables.ids.extend(range(self._columns))
        proto.variables.lower_bounds.extend(np.concatenate(self._lower).tolist())
        proto.variables.upper_bounds.extend(np.concatenate(self._upper).tolist())
        flags = np.concatenate(self._integer) & integer
        proto.variables.integers.extend(flags.tolist())
        proto.variables.names.extend([""] * self._columns)
        cost = np.concatenate(self._cost)
        priced = np.flatnonzero(cost)
        proto.objective.linear_coefficients.ids.extend(priced.tolist())
        proto.objective.linear_coefficients.values.extend(cost[priced].tolist())
        proto.linear_constraints.ids.extend(range(self._rows))
        proto.linear_constraints.lower_bounds.extend(np.concatenate(self._row_lower).tolist())
        proto.linear_constraints.upper_bounds.extend(np.concatenate(self._row_upper).tolist())
        proto.linear_constraints.names.extend([""] * self._rows)
        matrix = self._matrix().tocoo()
        proto.linear_constraint_matrix.row_ids.extend(matrix.row.tolist())
        proto.linear_constraint_matrix.column_ids.extend(matrix.col.tolist())
        proto.linear_constraint_matrix.coefficients.extend(matrix.data.tolist())
        return proto

    def _matrix(self) -> Any:
        from scipy import sparse

        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        matrix = sparse.coo_array((values, (rows, columns)), shape=(self._rows, self._columns)).tocsr()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        return matrix
