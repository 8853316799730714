"""From arrays to the columns of frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["stamps", "text"]


def stamps(instants_ms: npt.NDArray[np.int64], tz: str, known: npt.NDArray[np.bool_] | None = None) -> pd.DatetimeIndex:
    """Return milliseconds of UTC as stamps; missing where they are not known."""
    values = (instants_ms * 10**6).view("datetime64[ns]")
    if known is not None:
        values = np.where(known, values, np.datetime64("NaT", "ns"))
    return pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(tz)


def text(names: Sequence[str] | pd.Series, codes: npt.NDArray[np.int64]) -> pd.api.extensions.ExtensionArray:
    """Return the names at the codes; missing at -1."""
    return pd.array(names, dtype="str").take(codes, allow_fill=True)
