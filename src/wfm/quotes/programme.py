"""The linear programme of covering shifts: the exact bound, through SciPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wfm.errors import InfeasibleError
from wfm.quotes.request import QuoteContract

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats

__all__ = ["paid_hours"]

# Part of a shift, from its middle, in which its unpaid break may start.
_WINDOW = 0.25


def paid_hours(curve: Floats, contracts: Sequence[QuoteContract], interval_s: float) -> float:
    """Return the fewest paid hours of a week in which shifts of the mix cover a curve of heads, going round.

    A shift may start in every interval. Its unpaid break lies in its middle half. Each contract has its share of the
    paid hours, or less of those with shorter shifts.

    Raises
    ------
    InfeasibleError
        If the solver finds no plan.

    Notes
    -----
    Covering programme of G. Dantzig, "A comment on Edie's 'Traffic delays at toll booths'", Operations Research 2
    (1954); breaks as columns of their own, by shift (T. Aykin, Management Science 42, 1996). Solved by HiGHS.

    Examples
    --------
    >>> curve = np.array([0.0] * 16 + [2.0] * 32 + [0.0] * 288)
    >>> paid_hours(curve, [QuoteContract(name="full")], 1800.0)
    32.0
    """
    from scipy import sparse
    from scipy.optimize import linprog

    size = len(curve)
    cover, cost, share_rows = [], [], []
    for number, one in enumerate(contracts):
        block, width = _columns(one, size, interval_s)
        cover.append(block)
        paid = np.zeros(block.shape[1])
        paid[:width] = one.shift_s / 3600.0
        cost.append(paid)
        share_rows.append(number)
    costs = np.concatenate(cost)
    rows = [-sparse.hstack(cover, format="csr")]
    limits = [-np.asarray(curve, dtype=float)]
    breaks, away = _break_rows(contracts, size, interval_s)
    if breaks is not None:
        rows.append(breaks)
        limits.append(np.zeros(away))
    longest = max(one.shift_s for one in contracts)
    at = 0
    for one, paid in zip(contracts, cost, strict=True):
        row = -one.share * costs
        row[at : at + len(paid)] += paid
        at += len(paid)
        if one.shift_s < longest:
            rows.append(sparse.csr_array(row[None, :]))
            limits.append(np.zeros(1))
    found = linprog(costs, A_ub=sparse.vstack(rows, format="csr"), b_ub=np.concatenate(limits), method="highs")
    if found.status != 0:
        raise InfeasibleError(f"no plan of shifts: {found.message}")
    return float(found.fun)


def _sizes(contract: QuoteContract, interval_s: float) -> tuple[int, int, list[int]]:
    """Return the length of a shift and of its break in intervals, and where the break may begin."""
    away = round(contract.unpaid_break_s / interval_s)
    length = max(1, round((contract.shift_s + contract.unpaid_break_s) / interval_s))
    first, last = int(length * _WINDOW), int(length * (1 - _WINDOW)) - away
    return length, away, list(range(first, max(last, first) + 1)) if away else []


def _columns(contract: QuoteContract, size: int, interval_s: float) -> tuple[Any, int]:
    """Return the cover of shifts by start, and less that of their breaks by start of the break."""
    from scipy import sparse

    length, away, begins = _sizes(contract, interval_s)
    every = np.arange(size)
    at = [(every + step) % size for step in range(min(length, size))]
    shifts = sparse.csr_array(
        (np.ones(size * len(at)), (np.concatenate(at), np.tile(every, len(at)))), shape=(size, size)
    )
    blocks = [shifts]
    if begins:
        out = [(every + step) % size for step in range(away)]
        rest = sparse.csr_array(
            (-np.ones(size * away), (np.concatenate(out), np.tile(every, away))), shape=(size, size)
        )
        # A break that starts at an interval: a column for each offset in its shift.
        blocks += [sparse.csr_array(rest[:, (every + begin) % size]) for begin in begins]
    return sparse.hstack(blocks, format="csr"), size


def _break_rows(contracts: Sequence[QuoteContract], size: int, interval_s: float) -> tuple[Any, int]:
    """Return the rows that say that each shift has its break: shifts less breaks is at most 0."""
    from scipy import sparse

    rows, count = [], 0
    blocks: list[list[Any]] = []
    for number, one in enumerate(contracts):
        _, _, begins = _sizes(one, interval_s)
        if not begins:
            continue
        row: list[Any] = []
        for other, two in enumerate(contracts):
            width = size * (1 + len(_sizes(two, interval_s)[2]))
            if other == number:
                row.append(sparse.hstack([sparse.eye_array(size)] + [-sparse.eye_array(size)] * len(begins)))
            else:
                row.append(sparse.csr_array((size, width)))
        blocks.append(row)
        count += size
    rows = [sparse.hstack(row) for row in blocks]
    return (sparse.vstack(rows, format="csr"), count) if rows else (None, 0)
