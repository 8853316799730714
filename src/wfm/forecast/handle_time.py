"""Average handle time by weekday and time of day, always weighted by the contacts it comes from."""

from __future__ import annotations

import numpy as np

from wfm.forecast.grid import FloatArray, IntArray

__all__ = ["fit_handle_time"]

_PRIOR_CONTACTS = 50.0


def fit_handle_time(handle_s: FloatArray, handled: FloatArray, weekday: IntArray, weight: FloatArray) -> FloatArray:
    """Return the handle time in seconds, a row for each weekday and a column for each interval of the day.

    An interval's value is shrunk towards that of its time of day on all weekdays, and that towards the queue's mean,
    each with the weight of 50 contacts.

    Parameters
    ----------
    handle_s, handled
        Sums of handle time and the contacts they belong to, a row for each day; NaN where not recorded.
    weekday
        Weekday of each day, 0 is Monday.
    weight
        Weight of each day; recent days count more, so that the mean follows a drift.

    Returns
    -------
    numpy.ndarray
        Empty (no rows) where no contact was handled.
    """
    known = ~np.isnan(handle_s) & ~np.isnan(handled)
    seconds = np.where(known, handle_s, 0.0) * weight[:, None]
    contacts = np.where(known, handled, 0.0) * weight[:, None]
    if not (contacts.sum() > 0 and seconds.sum() > 0):
        return np.empty((0, handle_s.shape[1]))
    mean = seconds.sum() / contacts.sum()
    by_time = _shrunk(seconds.sum(axis=0), contacts.sum(axis=0), mean)
    rows = [_shrunk(seconds[weekday == n].sum(axis=0), contacts[weekday == n].sum(axis=0), by_time) for n in range(7)]
    return np.stack(rows)


def _shrunk(seconds: FloatArray, contacts: FloatArray, towards: FloatArray | float) -> FloatArray:
    return np.asarray((seconds + _PRIOR_CONTACTS * towards) / (contacts + _PRIOR_CONTACTS))
