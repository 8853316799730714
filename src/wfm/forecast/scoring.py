"""How good a forecast was: measures of one set of actual values against what was said of them."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from wfm.forecast.grid import FloatArray
from wfm.schema import QUANTILES

__all__ = ["MEASURES", "measures", "poisson_floor"]

_LEVELS = np.array(list(QUANTILES.values()))
_COLUMNS = list(QUANTILES)
_BANDS = {
    "coverage80": (_COLUMNS.index("offered_q10"), _COLUMNS.index("offered_q90")),
    "coverage95": (_COLUMNS.index("offered_q025"), _COLUMNS.index("offered_q975")),
}

MEASURES = ("wmape", "bias", "mase", "wcrps", "coverage80", "coverage95", "noise_floor")


def measures(actual: FloatArray, mean: FloatArray, quantiles: FloatArray, naive_error: FloatArray) -> dict[str, float]:
    """Return the measures of a forecast, as fractions; NaN where there is nothing to measure.

    Parameters
    ----------
    actual
        What happened.
    mean
        What was said.
    quantiles
        A row for each value and a column for each of the 13 quantiles.
    naive_error
        For each value, the mean absolute error that repeating the week before made in the history behind the forecast.

    Returns
    -------
    dict
        `wmape` Σ|said - actual| / Σ actual; `bias` Σ(said - actual) / Σ actual, positive where too much was said;
        `mase` Σ|said - actual| / Σ `naive_error` (Hyndman & Koehler 2006); `wcrps` twice the mean pinball loss over the
        13 quantiles / mean of actual; `coverage80` and `coverage95`, the share of values inside the 10-90 % and
        2.5-97.5 % quantiles; `noise_floor`, the wmape of Poisson numbers around their true means, taken to be `mean`.
    """
    total = float(actual.sum())
    error = mean - actual
    over = actual[:, None] - quantiles
    pinball = np.maximum(_LEVELS * over, (_LEVELS - 1) * over)
    result = {
        "wmape": _ratio(float(np.abs(error).sum()), total),
        "bias": _ratio(float(error.sum()), total),
        "mase": _ratio(float(np.abs(error).sum()), float(naive_error.sum())),
        "wcrps": _ratio(2 * float(pinball.mean(axis=1).sum()), total),
    }
    for name, (low, high) in _BANDS.items():
        inside = (actual >= quantiles[:, low]) & (actual <= quantiles[:, high])
        # A model without quantiles has no coverage, which is not the same as none.
        result[name] = float(inside.mean()) if len(inside) and not np.isnan(quantiles).any() else np.nan
    result["noise_floor"] = poisson_floor(mean)
    return result


def poisson_floor(mean: FloatArray) -> float:
    """Return the wmape that is left when the means are known and the contacts fall at random (Poisson).

    The mean absolute deviation of a Poisson number is `2 m^(k+1) e^-m / k!` with `k = ⌊m⌋` (De Moivre; see Johnson,
    Kemp & Kotz, *Univariate Discrete Distributions*, 3rd ed., eq. 4.19).

    Examples
    --------
    >>> round(poisson_floor(np.array([100.0])), 4)
    0.0797
    """
    positive = mean[mean > 0]
    whole = np.floor(positive)
    deviation = 2 * np.exp((whole + 1) * np.log(positive) - positive - gammaln(whole + 1))
    return _ratio(float(deviation.sum()), float(positive.sum()))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")
