"""What the volume of the synthetic shop is like: every figure of it, in one place, all of them made up.

The sizes are those of a shop whose 120 agents are busy but not swamped in a plain week. The randomness was set so that,
over 100 plain days, phone and chat have an index of dispersion near 4 and a lag-1 correlation within the day near .6
about their mean by weekday and time: the real series that guided it, of two banks, have 9.0 and .83 at 1,160 calls per
half-hour, and 3.5 and .56 at 26.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["DATED", "KINDS", "NEW_YEAR", "NEW_YEARS", "OUTAGE", "PROFILES", "QueueProfile", "Wave"]


class Wave(StrEnum):
    """How a queue rides the sales: at once, with some delay, or with the returns that follow."""

    LIVE = "live"
    DESK = "desk"
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueProfile:
    """The volume and the work of one queue at scale 1.

    Parameters
    ----------
    per_day
        Mean contacts of a plain day on 1 November 2025.
    growth
        Growth per year.
    weekday
        Factors from Monday to Sunday; their mean is 1.
    peaks
        Bumps of the day: hour, width in hours, weight.
    floor
        Weight spread evenly over the day, so that the nights are not empty.
    day_cv
        Coefficient of variation of the random factor of a day, a gamma.
    noise_sd
        Standard deviation of the logarithm of the random factor within the day, an AR(1).
    wave
        How it rides the sales.
    kinds
        Share of each kind of request and its handle time over that of the queue.
    spread
        Standard deviation of the logarithm of a handle time, given its kind.
    """

    per_day: float
    growth: float
    weekday: tuple[float, float, float, float, float, float, float]
    peaks: tuple[tuple[float, float, float], ...]
    floor: float
    day_cv: float
    noise_sd: float
    wave: Wave
    kinds: Mapping[str, tuple[float, float]]
    spread: float


KINDS = ("inquiry", "after_sales", "complaint", "suggestion")

_ASKING = {"inquiry": (0.60, 0.85), "after_sales": (0.34, 1.2), "complaint": (0.04, 1.8), "suggestion": (0.02, 0.9)}
_CASES = {"inquiry": (0.45, 0.9), "after_sales": (0.52, 1.1), "suggestion": (0.03, 0.8)}
_COMPLAINTS = {"complaint": (1.0, 1.0)}

PROFILES: Mapping[str, QueueProfile] = {
    "phone": QueueProfile(
        per_day=1250,
        growth=0.03,
        weekday=(1.14, 1.06, 1.03, 1.02, 1.02, 0.90, 0.83),
        peaks=((10.5, 1.6, 0.34), (15.2, 2.0, 0.34), (20.0, 1.8, 0.20)),
        floor=0.12,
        day_cv=0.175,
        noise_sd=0.21,
        wave=Wave.LIVE,
        kinds=_ASKING,
        spread=0.75,
    ),
    "chat": QueueProfile(
        per_day=2000,
        growth=0.15,
        weekday=(1.06, 1.02, 1.00, 0.99, 0.99, 0.98, 0.96),
        peaks=((11.0, 1.8, 0.26), (15.5, 2.2, 0.26), (21.0, 1.9, 0.34)),
        floor=0.14,
        day_cv=0.14,
        noise_sd=0.165,
        wave=Wave.LIVE,
        kinds=_ASKING,
        spread=0.65,
    ),
    "social": QueueProfile(
        per_day=300,
        growth=0.20,
        weekday=(0.98, 0.96, 0.96, 0.98, 1.02, 1.06, 1.04),
        peaks=((12.5, 2.5, 0.30), (21.5, 2.0, 0.48)),
        floor=0.22,
        day_cv=0.20,
        noise_sd=0.25,
        wave=Wave.DESK,
        kinds=_ASKING,
        spread=0.7,
    ),
    "messages": QueueProfile(
        per_day=560,
        growth=0.10,
        weekday=(1.06, 1.02, 1.00, 0.99, 0.98, 0.98, 0.97),
        peaks=((10.5, 2.0, 0.30), (14.5, 2.5, 0.26), (20.5, 2.2, 0.26)),
        floor=0.18,
        day_cv=0.16,
        noise_sd=0.18,
        wave=Wave.DESK,
        kinds=_ASKING,
        spread=0.7,
    ),
    "inquiries": QueueProfile(
        per_day=200,
        growth=0.06,
        weekday=(1.16, 1.08, 1.04, 1.02, 1.00, 0.88, 0.82),
        peaks=((10.0, 1.8, 0.40), (15.0, 2.2, 0.34)),
        floor=0.26,
        day_cv=0.16,
        noise_sd=0.18,
        wave=Wave.CASE,
        kinds=_CASES,
        spread=0.8,
    ),
    "complaints": QueueProfile(
        per_day=80,
        growth=0.02,
        weekday=(1.20, 1.10, 1.04, 1.02, 0.98, 0.86, 0.80),
        peaks=((10.5, 1.8, 0.40), (16.0, 2.4, 0.34)),
        floor=0.26,
        day_cv=0.18,
        noise_sd=0.20,
        wave=Wave.CASE,
        kinds=_COMPLAINTS,
        spread=0.8,
    ),
}

# Factors by days from the day of the sale or the first day of the holiday, straight lines between, 1 outside.
DATED: Mapping[str, tuple[int, int, Mapping[Wave, tuple[tuple[int, float], ...]]]] = {
    "618": (
        6,
        18,
        {
            Wave.LIVE: (
                *((-26, 1.0), (-24, 1.12), (-18, 1.15), (-17, 1.4), (-16, 1.2), (-4, 1.25), (-1, 1.5)),
                *((0, 1.9), (1, 1.55), (2, 1.35), (5, 1.2), (8, 1.0)),
            ),
            Wave.DESK: ((-26, 1.0), (-17, 1.2), (-1, 1.3), (0, 1.6), (2, 1.45), (8, 1.0)),
            Wave.CASE: ((-18, 1.0), (-1, 1.1), (1, 1.4), (3, 1.8), (5, 1.6), (8, 1.0)),
        },
    ),
    "11.11": (
        11,
        11,
        {
            Wave.LIVE: (
                *((-22, 1.0), (-20, 1.15), (-12, 1.2), (-11, 1.5), (-10, 1.45), (-9, 1.25), (-2, 1.3), (-1, 1.65)),
                *((0, 2.3), (1, 1.8), (2, 1.5), (5, 1.3), (11, 1.0)),
            ),
            Wave.DESK: ((-22, 1.0), (-11, 1.3), (-2, 1.3), (0, 1.8), (3, 1.6), (11, 1.0)),
            Wave.CASE: ((-12, 1.0), (-1, 1.15), (2, 1.6), (4, 2.1), (7, 1.8), (11, 1.0)),
        },
    ),
    "12.12": (
        12,
        12,
        {
            Wave.LIVE: ((-4, 1.0), (-1, 1.1), (0, 1.3), (1, 1.15), (3, 1.0)),
            Wave.DESK: ((-4, 1.0), (0, 1.2), (3, 1.0)),
            Wave.CASE: ((-1, 1.0), (3, 1.25), (8, 1.0)),
        },
    ),
    "May Day": (5, 1, dict.fromkeys(Wave, ((-1, 1.0), (0, 0.86), (4, 0.9), (5, 1.05), (7, 1.0)))),
    "National Day": (10, 1, dict.fromkeys(Wave, ((-1, 1.0), (0, 0.84), (6, 0.9), (7, 1.08), (9, 1.0)))),
}

# First day of the lunar year. The volume does not read it from a package, whose next release could change the bytes.
NEW_YEARS = (date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))

# Factors of all queues by days from the first day of the lunar year: shopping before it, a standstill, the return.
NEW_YEAR: tuple[tuple[int, float], ...] = (
    *((-22, 1.0), (-14, 1.12), (-8, 1.0), (-4, 0.8), (-2, 0.6), (-1, 0.42), (0, 0.38)),
    *((1, 0.42), (3, 0.5), (5, 0.65), (6, 0.75), (7, 1.1), (8, 1.2), (12, 1.06), (15, 1.0)),
)

# The telephone and chat platform failed on this day between these hours; the rebound lasted two hours.
OUTAGE = (date(2026, 4, 14), 9.5, 15.0)
