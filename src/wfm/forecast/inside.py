"""Forecasts made inside the history: what the last weeks say of how far the next ones may be off."""

from __future__ import annotations

import numpy as np

from wfm.forecast.grid import FloatArray, IntArray
from wfm.forecast.level import DayLevel
from wfm.forecast.profile import day_levels
from wfm.forecast.uncertainty import LEVELS, Calibration, Dispersion, calibrate, fit_day_variance

__all__ = ["calibrate_inside"]

_ORIGINS, _SPACING, _AHEAD = 6, 7, 28  # how many forecasts, how far apart, how long (days)
_LEAST_TRAINING = 10  # days before the first of them
_ENOUGH = 4000  # intervals that bands are corrected by; of more, every second one or fewer tell as much


def calibrate_inside(
    volume: FloatArray,
    days: IntArray,
    level: DayLevel | None,
    shares: FloatArray,
    dispersion: Dispersion,
    *,
    whole: bool,
) -> Calibration:
    """Forecast the last weeks of the history from inside it, and correct the bands by what happened.

    Parameters
    ----------
    volume, shares
        A row for each of the consecutive day numbers `days`: the contacts, NaN where nothing was recorded, and the
        share of the day's total that each interval was fitted to have.
    level, dispersion
        What was fitted: of the level, only what was known before each forecast is used.
    whole
        Whether contacts are whole numbers.
    """
    nothing = np.empty(0)
    if level is None:
        return Calibration(LEVELS, 0)
    end = int(days[-1]) + 1
    known = level.days.number
    origins = [end - n * _SPACING for n in range(1, _ORIGINS + 1)]
    origins = [origin for origin in origins if (known < origin).sum() >= _LEAST_TRAINING and known[-1] >= origin]
    if level.step is not None:
        # A forecast made before a sudden change could not know it, and says nothing about the days to come.
        origins = [origin for origin in origins if origin >= level.step + _SPACING]
    late = level.days.take(known >= min(origins, default=end))
    standard = [nothing]
    parts = []
    for origin, (total, variance) in zip(origins, level.predict_from(late, origins), strict=True):
        ahead = (late.number >= origin) & (late.number < origin + _AHEAD)
        rows = late.number[ahead] - days[0]
        actual = volume[rows]
        happened, _ = day_levels(actual, shares[rows])
        # Far below what was said, an error in logarithms has no bounds; a day with no contact is one of 4 in 5 missing.
        ratio = np.maximum(happened / np.maximum(total[ahead], 1e-12), 0.2)
        standard.append(np.log(ratio) / np.sqrt(np.maximum(variance[ahead], 1e-18)))
        parts.append((actual, total[ahead][:, None] * shares[rows], variance[ahead]))
    count = len(late.number) if origins else 0
    wider = fit_day_variance(np.concatenate(standard), count)
    slots = np.arange(volume.shape[1])
    seen, means, variances = [nothing], [nothing], [nothing]
    thinned = sum(actual.size for actual, _, _ in parts) // _ENOUGH + 1
    for actual, mean, variance in parts:
        # Others on the next day, so that all times of day are heard.
        turn = (np.arange(len(actual))[:, None] + slots) % thinned == 0
        use = ~np.isnan(actual) & turn
        seen.append(actual[use])
        means.append(mean[use])
        variances.append(dispersion.variance(mean, wider * variance[:, None], slots)[use])
    return calibrate(np.concatenate(seen), np.concatenate(means), np.concatenate(variances), count, wider, whole=whole)
