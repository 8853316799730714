"""What one more agent buys: the level curve of a requirement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.staffing.kernels import live

if TYPE_CHECKING:
    from wfm.staffing.result import Requirement

__all__ = ["level_curve"]

_FROM, _UP_TO = 0.2, 0.995


def level_curve(need: Requirement) -> pd.DataFrame:
    """Return the frame `level_curve` of a requirement; `Requirement.level_curve` says what it holds."""
    parts = [_of_queue(need, str(name), rows) for name, rows in need.frame.groupby("queue", sort=False)]
    parts = [part for part in parts if len(part)]
    if parts:
        return pd.concat(parts, ignore_index=True)
    empty = need.frame.iloc[:0]
    return empty[["queue", "start"]].assign(agents=np.zeros(0, dtype=np.int64), service_level=np.zeros(0))


def _of_queue(need: Requirement, name: str, rows: pd.DataFrame) -> pd.DataFrame:
    queue = need.centre.queue(name)
    rows = rows[rows["offered"] > 0]
    if queue.is_deferred or rows.empty:
        return rows.iloc[:0]
    step = need.centre.interval_s
    aht = rows["aht_s"].to_numpy(dtype=float)
    volume = rows["staffed_erl"].to_numpy(dtype=float) * step / aht
    level = live.reading(queue)
    low = live.fewest(queue, volume, aht, step, replace(level, fraction=_FROM)) - 1
    low = np.maximum(low, live.fewest(queue, volume, aht, step, live.answered_at_all(queue)))
    high = live.fewest(queue, volume, aht, step, replace(level, fraction=_UP_TO))
    high = np.maximum(np.maximum(high, rows["agents"].to_numpy() + 1), low)
    counts = high - low + 1
    place = np.repeat(np.arange(len(rows)), counts)
    agents = low[place] + np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = live.achieved(queue, volume[place], aht[place], step, agents, level)
    return pd.DataFrame(
        {
            "queue": rows["queue"].to_numpy()[place],
            "start": rows["start"].array[place],
            "agents": agents,
            "service_level": found.service_level(level.basis),
        }
    )
