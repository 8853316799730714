"""Courses of the volume: the contacts that each replication takes as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike, as_frame
from wfm.simulate.inputs import Floats

__all__ = ["Courses", "read_courses"]

Courses: TypeAlias = FrameLike | Literal["forecast"]

# Courses drawn from a forecast, of which each replication takes one.
_DRAWN = 1000


@runtime_checkable
class _HasPaths(Protocol):
    """A forecast that says how it may be off, such as `wfm.forecast.Forecast`."""

    def path_arrays(
        self, paths: int = ..., *, seed: int = ..., queues: Iterable[str] | None = ...
    ) -> Mapping[str, Any]:
        """Return the contacts by path and interval of each queue."""
        ...


def read_courses(
    paths: Courses, forecast: FrameLike, ahead: pd.DataFrame, centre: Centre, now: pd.Timestamp | None, seed: int
) -> Floats:
    """Return the contacts offered by course and row of `ahead`, the rows of the forecast that are not over.

    The course with the least contacts stands first, so that opposite random numbers choose opposite volumes.

    Raises
    ------
    DataError
        If the forecast cannot say how it may be off, or the paths are not of its intervals.
    """
    if isinstance(paths, str):
        found = _drawn(paths, forecast, len(ahead), centre, now, seed)
    else:
        found = _given(paths, ahead, centre, now)
    return found[np.argsort(found.sum(axis=1), kind="stable")]


def _drawn(paths: str, forecast: FrameLike, count: int, centre: Centre, now: pd.Timestamp | None, seed: int) -> Floats:
    if paths != "forecast":
        raise DataError(Problem(f"unknown paths {paths!r}", remedy="give 'forecast' or a frame of paths"))
    if not isinstance(forecast, _HasPaths):
        what = f"the forecast, a {type(forecast).__name__}, does not say how its days may be off together"
        raise DataError(Problem(what, remedy="give a Forecast made by Forecaster, or a frame of paths"))
    drawn = forecast.path_arrays(_DRAWN, seed=seed)
    # By queue and start, as the frame is sorted.
    found = np.concatenate([drawn[queue] for queue in sorted(drawn)], axis=1).astype(np.float64)
    if now is not None:
        starts = as_frame(forecast, "forecast", tz=centre.tz)["start"]
        found = found[:, (starts + pd.Timedelta(seconds=centre.interval_s) > now).to_numpy()]
    if found.shape[1] != count:
        what = f"the forecast's paths have {found.shape[1]} intervals, its frame {count}"
        raise DataError(Problem(what, remedy="give a Forecast made by Forecaster, or a frame of paths"))
    return found


def _given(paths: FrameLike, ahead: pd.DataFrame, centre: Centre, now: pd.Timestamp | None) -> Floats:
    names = [queue.name for queue in centre.queues]
    frame = as_frame(paths, "paths", tz=centre.tz, known={"queue": names})
    if now is not None:
        over = frame["start"] + pd.Timedelta(seconds=centre.interval_s) <= now
        frame = frame[~over].reset_index(drop=True)
    keys = ahead[["queue", "start"]].reset_index(drop=True)
    count = len(frame) // len(keys)
    every = pd.concat([keys] * count, ignore_index=True) if count else keys.iloc[:0]
    path = frame["path"].to_numpy().reshape(-1)
    # The frame is sorted by path, queue and start, and the forecast by queue and start.
    whole = len(frame) == len(every) > 0 and bool((path.reshape(count, -1) == path[:: len(keys), None]).all())
    if not (whole and frame[["queue", "start"]].reset_index(drop=True).equals(every)):
        what = f"not every path has the {len(keys)} intervals of the forecast and no other"
        raise DataError(Problem(what, where="frame 'paths'", remedy="give paths of the same forecast"))
    return np.asarray(frame["offered"].to_numpy(dtype=np.float64).reshape(count, len(keys)))
