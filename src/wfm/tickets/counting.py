"""Contacts of a pandas frame counted by queue and interval of arrival, in arrays."""

from __future__ import annotations

from datetime import timedelta, tzinfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.tickets.outcomes import Outcomes, outcomes_of
from wfm.timegrid import floor_to_interval

__all__ = ["count_contacts"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# What a contact is counted as; a contact is one of them.
_CLASSES = ("answered_within", "answered_late", "abandoned", "waiting", "blocked")
_FEW_CELLS = 1 << 20


def count_contacts(log: pd.DataFrame, step: timedelta, limit: timedelta) -> pd.DataFrame:
    """Return the sums of each queue and interval of arrival, of a checked frame `contacts`.

    The table has the index `queue, start`, the columns of a history, and `untimed`: the handled without handle time.
    """
    fate = outcomes_of(log)
    arrived = log["arrived_at"]
    width = round(step.total_seconds() * 1e9)
    instants: Ints = arrived.dt.as_unit("ns").array.asi8
    shift = _shift(instants, arrived.dt.tz, step) if len(log) else 0
    bucket = (instants + shift) // width
    first = int(bucket.min()) if len(bucket) else 0
    bucket -= first
    size = int(bucket.max()) + 1 if len(bucket) else 1
    code, queues = pd.factorize(log["queue"], sort=True)
    cell = code * size + bucket
    total = size * len(queues)
    keys = np.arange(total)
    if total > max(_FEW_CELLS, 4 * len(log)):
        keys, cell = np.unique(cell, return_inverse=True)
    counts, handle, wait, untimed = _sums(fate, cell, len(keys), round(limit.total_seconds() * 1e9))
    seen = np.flatnonzero(counts.sum(axis=1))
    counts, keys = counts[seen], keys[seen]
    starts = ((keys % size + first) * width - shift).astype("datetime64[ns]")
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index(queues).take(keys // size),
            pd.DatetimeIndex(starts, tz="UTC").tz_convert(arrived.dt.tz),
        ],
        names=["queue", "start"],
    )
    within, late, abandoned, waiting, blocked = counts.T
    columns = {
        "offered": counts.sum(axis=1),
        "handled": within + late,
        "abandoned": abandoned,
        "waiting": waiting,
        **({} if fate.blocked is None else {"blocked": blocked}),
        "handle_s": handle[seen].round(6),  # to the microsecond, as every engine counts it
        "wait_s": wait[seen] / 1e9,
        "answered_within": within,
        "untimed": untimed[seen],
    }
    return pd.DataFrame(columns, index=index)


def _shift(instants: Ints, tz: tzinfo, step: timedelta) -> int:
    """Return by how much the intervals of the zone begin before those of UTC, in nanoseconds; the same at all times."""
    day = 86_400_000_000_000
    days = np.append(np.arange(instants.min(), instants.max(), day), instants.max())
    stamps = pd.Series(pd.DatetimeIndex(days.astype("datetime64[ns]"), tz="UTC").tz_convert(tz))
    starts = floor_to_interval(stamps, step)  # refuses a clock that moves by a part of an interval
    return int(-starts.iloc[0].as_unit("ns").value % round(step.total_seconds() * 1e9))


def _sums(fate: Outcomes, cell: Ints, size: int, limit: int) -> tuple[Ints, Floats, Floats, Ints]:
    """Return the counts by class, the handle time, the wait in nanoseconds and the answered without handle time."""
    # Waits are summed as whole nanoseconds: exact, so that the order of the rows changes nothing.
    late = (fate.wait_ns > limit) & fate.answered
    # The place in _CLASSES, put together from flags: much faster than a choice for each contact.
    lost = np.int8(_CLASSES.index("waiting")) - fate.abandoned.view(np.int8)
    if fate.blocked is not None:
        lost += fate.blocked.view(np.int8)
    kind = late.view(np.int8) + (~fate.answered).view(np.int8) * lost
    width = len(_CLASSES)
    counts = np.bincount(cell * width + kind, minlength=size * width).reshape(size, width)
    missing = np.isnan(fate.handle_s)
    known = fate.handle_s
    untimed = np.zeros(size, dtype=np.int64)
    if missing.any():
        known = np.where(missing, 0.0, fate.handle_s)
        untimed = np.bincount(cell[missing], minlength=size)
    handle = np.bincount(cell, weights=known, minlength=size)
    wait = np.bincount(cell, weights=fate.wait_ns * fate.answered, minlength=size)
    return counts.astype(np.int64), np.asarray(handle, dtype=float), np.asarray(wait, dtype=float), untimed
