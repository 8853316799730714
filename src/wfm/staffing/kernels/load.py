"""The load that the staff feels while volumes change: in force now, or still in hand from before.

Contacts that came in half an hour ago keep agents busy now if they last that long. Three ways to read the load:

`sipp`
    the volume of the interval times its handle time, as if it had always been in force;
`lag_max`
    the highest rate between one handle time before the interval and one handle time before its end, times the handle
    time; the rate is a curve through the volumes that keeps each of them;
`mol`
    the largest load inside the interval of a station where everybody is served at once (modified offered load). With
    a constant rate in each interval it goes exponentially from its last value to the load of the interval, so the
    largest value is at one of the two ends. What is in hand at the end of an interval is carried to the next.

Sources: Green, Kolesar and Soares, "Improving the SIPP approach for staffing service systems that have cyclic demands",
Operations Research 49 (2001); Jennings, Mandelbaum, Massey and Whitt, "Server staffing to meet time-varying demand",
Management Science 42 (1996).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from wfm.erlang.arrays import Floats

__all__ = ["Method", "felt_volume", "lag_max", "mol"]

# Points of an interval at which the curve of the rate is read.
_POINTS = 24


class Method(StrEnum):
    """How the load of an interval is read; see the module."""

    SIPP = "sipp"
    LAG_MAX = "lag_max"
    MOL = "mol"


def felt_volume(
    method: Method, offered: Floats, aht_s: Floats, interval_s: float, opens: npt.NDArray[np.bool_]
) -> Floats:
    """Return the contacts per interval that, always in force, would be the load that is felt.

    Parameters
    ----------
    method
        How the load is read.
    offered
        Contacts by interval; along the last axis where there are several scenarios.
    aht_s
        Mean time that a contact holds an agent, by interval.
    interval_s
        Length of an interval.
    opens
        Whether an interval follows closed time: it starts with nobody in hand. The first one otherwise starts as if
        its own rate had been in force before.

    Returns
    -------
    numpy.ndarray
        The shape of `offered`; 0 where nothing is offered, whatever is still in hand then.
    """
    if method is Method.SIPP or not offered.shape[-1]:
        return offered
    load = offered * aht_s / interval_s
    felt = (mol if method is Method.MOL else lag_max)(load, aht_s, interval_s, opens)
    # The volume itself where the load is its own: a quotient taken back could miss a whole number.
    volume = np.where(felt == load, offered, felt * interval_s / aht_s)
    return np.where(offered > 0, volume, 0.0)


def mol(load_erl: Floats, aht_s: Floats, interval_s: float, opens: npt.NDArray[np.bool_]) -> Floats:
    """Return the largest load of the infinite-server queue in each interval, rates constant in each.

    Examples
    --------
    >>> opens = np.array([True, False, False])
    >>> mol(np.array([10.0, 10.0, 0.0]), np.full(3, 1800.0), 1800.0, opens).round(2).tolist()
    [6.32, 8.65, 8.65]
    """
    felt = np.empty_like(load_erl)
    held = load_erl[..., 0]
    stays = np.exp(-interval_s / aht_s)
    for place in range(load_erl.shape[-1]):
        if opens[place]:
            held = np.zeros_like(held)
        target = load_erl[..., place]
        end = target + (held - target) * stays[place]
        felt[..., place] = np.maximum(held, end)
        held = end
    return felt


def lag_max(load_erl: Floats, aht_s: Floats, interval_s: float, opens: npt.NDArray[np.bool_]) -> Floats:
    """Return the largest load one handle time before each interval, on a curve that keeps every volume.

    Nothing came in during closed time, so it looks back no further than the opening, whose rate stands for all that
    would be earlier.

    Examples
    --------
    >>> opens = np.array([True, False, False, False])
    >>> lag_max(np.array([10.0, 10.0, 2.0, 2.0]), np.full(4, 1800.0), 1800.0, opens).round(2).tolist()
    [10.0, 10.27, 12.21, 3.22]
    """
    curve = _curve(load_erl, opens)
    first = np.maximum.accumulate(np.where(opens, np.arange(len(opens)), 0)) * _POINTS
    felt = np.empty_like(load_erl)
    for place in range(load_erl.shape[-1]):
        back = round(float(aht_s[place]) / interval_s * _POINTS)
        begin = max(place * _POINTS - back, int(first[place]))
        end = max((place + 1) * _POINTS - back, begin)
        felt[..., place] = curve[..., begin : end + 1].max(axis=-1)
    return felt


def _curve(load_erl: Floats, opens: npt.NDArray[np.bool_]) -> Floats:
    """Return the load at the points of each interval, on parabolas that keep its mean and never fall below 0.

    Where two intervals meet the load is their harmonic mean (F. N. Fritsch and R. E. Carlson, "Monotone piecewise
    cubic interpolation", SIAM Journal on Numerical Analysis 17, 1980, for the cumulated volume).
    """
    before, after = np.roll(load_erl, 1, axis=-1), np.roll(load_erl, -1, axis=-1)
    alone_left, alone_right = opens.copy(), np.roll(opens, -1)
    alone_left[0] = alone_right[-1] = True
    left = np.where(alone_left, load_erl, _harmonic(load_erl, before))[..., None]
    right = np.where(alone_right, load_erl, _harmonic(load_erl, after))[..., None]
    x = (np.arange(_POINTS) + 0.5) / _POINTS
    inside = left * (1 - 4 * x + 3 * x**2) + right * (3 * x**2 - 2 * x) + 6 * load_erl[..., None] * x * (1 - x)
    flat: Floats = np.maximum(inside, 0.0).reshape(*load_erl.shape[:-1], -1)
    return flat


def _harmonic(one: Floats, other: Floats) -> Floats:
    both = one + other
    return np.divide(2 * one * other, both, out=np.zeros_like(both), where=both > 0)
