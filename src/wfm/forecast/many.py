"""The same work for many queues: one after the other, or spread by joblib; the same numbers either way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from wfm.checks import check_int

__all__ = ["check_workers", "for_each"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def check_workers(workers: int | None) -> int | None:
    """Return the number of processes, 1 or more, -1 for one for each core, or none."""
    if workers is None or (workers == -1 and not isinstance(workers, bool)):
        return workers
    return check_int("workers", workers, 1, remedy="or -1 for one for each core")


def for_each(work: Callable[[Item], Result], items: Sequence[Item], workers: int | None) -> list[Result]:
    """Return the result of each item, in their order.

    Parameters
    ----------
    work
        What is done, without regard to the other items. Where it is done in other processes, it and its items are
        pickled.
    items
        What it is done to.
    workers
        Number of processes; none for what `joblib.parallel_config` says, which without it is this process alone.
    """
    if workers == 1 or len(items) < 2:
        return [work(item) for item in items]
    import joblib

    # Without a number of its own, joblib asks the surrounding parallel_config for both number and backend.
    return list(joblib.Parallel(n_jobs=workers)(joblib.delayed(work)(item) for item in items))
