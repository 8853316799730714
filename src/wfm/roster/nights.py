"""Which shifts are nights."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.shifts import seconds, stamps
from wfm.timegrid import localize

__all__ = ["are_nights"]

_EVENING, _LENGTH = timedelta(hours=23), timedelta(hours=7)
_DAY = timedelta(days=1)
_LEAST_S = 3 * 3600


def are_nights(start_s: npt.NDArray[np.int64], end_s: npt.NDArray[np.int64], tz: str) -> npt.NDArray[np.bool_]:
    """Return whether shifts have at least 3 hours between 23:00 and 06:00 on the wall clock, cf. 2003/88/EC, article 2.

    Parameters
    ----------
    start_s, end_s
        Starts and ends, in seconds of Unix time.
    tz
        Zone of the wall clock.

    Examples
    --------
    >>> late, night = (int(pd.Timestamp(f"2026-11-02 {clock}").timestamp()) for clock in ("17:00", "18:00"))
    >>> are_nights(np.array([late, night]), np.array([late + 8 * 3600, night + 8 * 3600]), "UTC").tolist()
    [False, True]
    """
    if not len(start_s):
        return np.zeros(0, dtype=bool)
    wall = stamps(np.array([start_s.min(), end_s.max()]), tz).tz_localize(None).normalize()
    evenings = pd.date_range(wall[0] - _DAY, wall[1], freq="D") + _EVENING
    begins, ends = (
        seconds(localize(bound.as_unit("ns"), tz, ambiguous="first").stamps) for bound in (evenings, evenings + _LENGTH)
    )
    within = np.zeros(len(start_s), dtype=np.int64)
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        within += np.maximum(np.minimum(end_s, end) - np.maximum(start_s, begin), 0)
    night: npt.NDArray[np.bool_] = within >= _LEAST_S
    return night
