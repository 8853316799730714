"""Histories for the tests of forecasting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

Maker = Callable[..., pd.DataFrame]


@pytest.fixture
def history_of() -> Maker:
    """Make a history from a rate per local start; `seed=None` gives the rates themselves."""

    def make(
        rate: Callable[[pd.DatetimeIndex], np.ndarray],
        *,
        start: str = "2026-01-05",
        days: int = 84,
        tz: str = "Europe/Berlin",
        freq: str = "1h",
        opens: int = 0,
        closes: int = 24,
        weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6),
        queue: str = "calls",
        seed: int | None = None,
    ) -> pd.DataFrame:
        first = pd.Timestamp(start, tz=tz)
        last = (pd.Timestamp(start) + pd.Timedelta(days=days)).tz_localize(tz)
        starts = pd.date_range(first, last, freq=freq, inclusive="left", unit="ns")
        starts = starts[(starts.hour >= opens) & (starts.hour < closes) & starts.day_of_week.isin(weekdays)]
        values = np.broadcast_to(np.asarray(rate(starts), dtype=float), len(starts))
        if seed is not None:
            values = np.random.default_rng(seed).poisson(values)
        return pd.DataFrame({"queue": queue, "start": starts, "offered": values})

    return make
