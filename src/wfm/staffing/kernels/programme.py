"""The linear programme of deferred work: the fewest agent-hours in time, with the idle time of live agents.

The work left at the end of an interval is what was left before, and what came in, less what was done. It is never
negative, and never more than may still wait. Time runs in a circle: what the last interval leaves opens the first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wfm.erlang.arrays import Floats, Ints
from wfm.errors import InfeasibleError

__all__ = ["Answer", "Work", "solve"]


class Work(NamedTuple):
    """The deferred work of one queue.

    `load` comes in by interval, `slack` of it may be left at the end of each; all in agent-intervals. `place` says
    which interval of the idle time each one is, `min_agents` the fewest agents.
    """

    load: Floats
    slack: Floats
    place: Ints
    min_agents: int


class Answer(NamedTuple):
    """Agents and lent idle time by queue and interval, and the fewest agent-intervals in all.

    Many plans are as good; `taut_string` finds the smoothest with the same idle time.
    """

    agents: list[Floats]
    lent: list[Floats]
    total: float


def solve(works: list[Work], idle: Floats) -> Answer:
    """Return the fewest agents, in fractions, that leave no more work than may wait.

    Parameters
    ----------
    works
        The queues.
    idle
        Idle agents that may help, by interval; each hour of them helps one queue only.

    Raises
    ------
    InfeasibleError
        If the solver finds no plan.

    Notes
    -----
    Solved by HiGHS (Q. Huangfu and J. A. J. Hall, "Parallelizing the dual revised simplex method", Mathematical
    Programming Computation 10, 2018).

    Examples
    --------
    >>> work = Work(np.array([4.0, 0.0]), np.array([2.0, 0.0]), np.array([0, 1]), 0)
    >>> solve([work], np.array([0.0, 1.0])).total
    3.0
    """
    sizes = [len(work.load) for work in works]
    size = sum(sizes)
    cost = np.concatenate([np.ones(size), np.zeros(2 * size)])
    rows, limits = _rows(works, idle)
    low = np.concatenate([np.repeat([float(w.min_agents) for w in works], sizes), np.zeros(2 * size)])
    high = np.concatenate([np.full(2 * size, np.inf), *(np.maximum(work.slack, 0.0) for work in works)])
    found, total = _linear(cost, rows, limits, low, high)
    agents, lent = found[:size], found[size : 2 * size]
    cuts = np.cumsum(sizes)[:-1]
    return Answer(np.split(agents, cuts), np.split(lent, cuts), total)


def _rows(works: list[Work], idle: Floats) -> tuple[Any, Floats]:
    """Return the rows of the programme: columns are agents, lent time and work left, each by queue and interval."""
    from scipy import sparse

    load = np.concatenate([work.load for work in works])
    one = sparse.eye_array(len(load), format="csr")
    # What is done is the work left before, less the work left after, and what came in.
    fall = sparse.block_diag([_before(len(work.load)) for work in works], format="csr") - one
    none = sparse.csr_array(one.shape)
    place = np.concatenate([work.place for work in works])
    shared = sparse.csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(idle), len(place)))
    empty = sparse.csr_array(shared.shape)
    rows = sparse.vstack(
        [
            sparse.hstack([-one, -one, fall]),
            sparse.hstack([none, none, -fall]),
            sparse.hstack([empty, shared, empty]),
        ],
        format="csr",
    )
    return rows, np.concatenate([-load, load, idle])


def _before(size: int) -> Any:
    """Return the matrix that takes each interval's predecessor, in a circle."""
    from scipy import sparse

    every = np.arange(size)
    return sparse.csr_array((np.ones(size), (every, (every - 1) % size)), shape=(size, size))


def _linear(cost: Floats, rows: Any, limits: Floats, low: Floats, high: Floats) -> tuple[Floats, float]:
    from scipy.optimize import linprog

    found = linprog(cost, A_ub=rows, b_ub=limits, bounds=np.column_stack([low, high]), method="highs")
    if found.status != 0:
        raise InfeasibleError(f"no plan of deferred work: {found.message}")
    # The solver keeps bounds to within 1e-7; the rest of the plan relies on them.
    return np.clip(found.x, low, high), float(found.fun)
