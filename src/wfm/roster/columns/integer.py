"""A programme in whole numbers with prices, gathered in lists and handed to CP-SAT of OR-Tools in one piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from math import inf, isfinite
from time import monotonic
from typing import Any

import numpy as np

from wfm.shifts import Ints

__all__ = ["IntegerModel", "Whole"]

_SCALES = tuple(10**power for power in range(7))
_FIRST = 1.0  # units of work of a turn, doubled after each few
_TURNS = 4
_ALONE = 0.5  # share of a time limit in which one worker searches by the linear programme alone
_WORKERS = 8  # sorts of search in the rest of it, more than cores: they differ in what they are good at
_END = 0.95  # share of a time limit given to the solver


@dataclass(frozen=True, slots=True)
class Whole:
    """What was found: the numbers of the columns, or none; a proven lower bound, or none; whether that is the optimum.

    Where there are no numbers, `proven` says that none exist.
    """

    numbers: Ints | None
    bound: float | None
    proven: bool


class IntegerModel:
    """A minimisation over whole numbers with two-sided rows of whole coefficients; prices may be any number."""

    def __init__(self) -> None:
        self._domains: list[tuple[int, int]] = []
        self._prices: list[float] = []
        self._rows: list[tuple[list[int], list[int], int, int]] = []

    def column(self, high: int, *, price: float = 0.0) -> int:
        """Add a whole number from 0 to `high` and return its number."""
        self._domains.append((0, high))
        self._prices.append(price)
        return len(self._domains) - 1

    def row(self, columns: Sequence[int], values: Sequence[int], *, low: int, high: int) -> None:
        """Hold the sum of values times columns between two numbers."""
        self._rows.append((list(columns), list(values), low, high))

    def solve(self, *, seed: int, work_limit: float | None, time_limit: timedelta | None) -> Whole:
        """Solve the model.

        Parameters
        ----------
        seed
            Seed of the search.
        work_limit
            Limit in units of CP-SAT's deterministic time, some seconds of one core; none for no limit. One worker
            searches, so that the same input gives the same answer. It begins anew with another seed in ever
            longer turns: how long a search takes differs more between seeds than between models.
        time_limit
            Wall-clock limit; none for no limit. Without a work limit, after a part of it several workers search beside
            each other.
        """
        begin = monotonic()
        model, scale, error = self._built()
        seconds = inf if time_limit is None else _END * time_limit.total_seconds()
        beside = work_limit is None  # several workers may end the search
        work = inf if work_limit is None else work_limit
        best = Whole(None, None, False)
        for turn in count():
            left = seconds - (monotonic() - begin)
            if not best.proven and beside and left <= (1.0 - _ALONE) * seconds:
                self._hint(model, best)
                return self._better(
                    best, self._run(model, scale, error, seed, work=inf, seconds=left, workers=_WORKERS)
                )
            if best.proven or work <= 0 or left <= 0:
                return best
            share = min(_FIRST * 2.0 ** (turn // _TURNS), work)
            alone = left if not beside else left - (1.0 - _ALONE) * seconds
            best = self._better(best, self._run(model, scale, error, seed + turn, work=share, seconds=alone, workers=1))
            work -= share
        return best

    def _better(self, one: Whole, other: Whole) -> Whole:
        """Return the better numbers of two with the better bound."""
        found = [whole.numbers for whole in (one, other) if whole.numbers is not None]
        bounds = [whole.bound for whole in (one, other) if whole.bound is not None]
        return Whole(min(found, key=self.price, default=None), max(bounds, default=None), one.proven or other.proven)

    def _hint(self, model: Any, best: Whole) -> None:
        if best.numbers is not None:
            for column, value in enumerate(best.numbers.tolist()):
                model.add_hint(model.get_int_var_from_proto_index(column), value)

    def price(self, values: Ints) -> float:
        """Return the price of some values."""
        return float(np.dot(self._prices, values))

    def _built(self) -> tuple[Any, int, float]:
        """Return the model, by how much its prices are multiplied to be whole, and what rounding may cost in all."""
        from ortools.sat.python import cp_model

        prices = np.array(self._prices)
        high = np.array([bound for _, bound in self._domains], dtype=float)
        scale = next((k for k in _SCALES if np.allclose(prices * k, np.round(prices * k), rtol=0, atol=1e-9 * k)), None)
        if scale is None:
            scale = _SCALES[-1]
        whole = np.round(prices * scale).astype(np.int64)
        error = float(np.abs(prices - whole / scale) @ high)
        model = cp_model.CpModel()
        columns = [model.new_int_var(low, top, "") for low, top in self._domains]
        for members, values, low, top in self._rows:
            terms = cp_model.LinearExpr.weighted_sum([columns[number] for number in members], values)
            model.add_linear_constraint(terms, low, top)
        model.minimize(cp_model.LinearExpr.weighted_sum(columns, whole.tolist()))
        return model, scale, error

    def _run(
        self, model: Any, scale: int, error: float, seed: int, *, work: float, seconds: float, workers: int
    ) -> Whole:
        from ortools.sat.python import cp_model

        solver = cp_model.CpSolver()
        solver.parameters.random_seed = seed
        solver.parameters.num_workers = workers
        solver.parameters.linearization_level = 2  # the rows are network-like: their relaxation proves most of it
        if isfinite(work):
            solver.parameters.max_deterministic_time = work
        if isfinite(seconds):
            solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return Whole(None, None, True)
        bound = solver.best_objective_bound / scale - error
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Whole(None, bound if np.isfinite(bound) else None, False)
        values = np.array([solver.value(model.get_int_var_from_proto_index(n)) for n in range(len(self._domains))])
        return Whole(values.astype(np.int64), bound, status == cp_model.OPTIMAL)
