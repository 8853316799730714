"""Shift templates turned into dated candidate shifts, and the intervals they cover.

A candidate is one start on one day with one length. Its start is read from the clock on the wall, its length is elapsed
time: a night shift across a change of the clock lasts, and is paid, as long as it takes. Breaks stay windows here; who
chooses among candidates places them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import gcd

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.shift import Break, ShiftTemplate
from wfm.errors import DataError, Problem
from wfm.timegrid import Horizon, localize

__all__ = ["Candidates", "break_starts", "candidates", "overlap", "seconds"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SHORTEST_STEP = 300


@dataclass(frozen=True, slots=True)
class Candidates:
    """Dated candidate shifts, sorted by day, template, start and length; one array element each.

    Parameters
    ----------
    templates
        The templates they come from.
    dates
        The days of the horizon.
    tz
        Time zone of the stamps in frames.
    day
        Position in `dates` of the day that names the shift: the date of its start on the wall clock.
    template
        Position in `templates`.
    start_s, end_s
        Start and end, in seconds of Unix time.
    paid_s
        Paid time in seconds: elapsed time less unpaid breaks.
    """

    templates: tuple[ShiftTemplate, ...]
    dates: tuple[date, ...]
    tz: str
    day: Ints
    template: Ints
    start_s: Ints
    end_s: Ints
    paid_s: Ints

    def __len__(self) -> int:
        return len(self.day)

    def presence(self, starts: pd.DatetimeIndex, interval_s: float) -> Floats:
        """Return the share of each interval between start and end, breaks included, as candidates x intervals."""
        return overlap(self.start_s, self.end_s, seconds(starts), interval_s)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per candidate: `day, template, shift_start, shift_end, paid_h`."""
        names = [self.templates[position].name for position in self.template]
        return pd.DataFrame(
            {
                "day": [self.dates[position] for position in self.day],
                "template": pd.Series(names, dtype="str"),
                "shift_start": stamps(self.start_s, self.tz),
                "shift_end": stamps(self.end_s, self.tz),
                "paid_h": self.paid_s / 3600,
            }
        )


def candidates(centre: Centre, horizon: Horizon) -> Candidates:
    """Return every shift that a template of the centre allows on a day of the horizon.

    A shift that starts on the last day may end after the horizon; it is paid in full. A start that the change of the
    clock skips is read as if the clock had not yet been put forward, one that occurs twice is the first.

    Parameters
    ----------
    centre
        The centre with its shift templates.
    horizon
        The days, in the zone of the centre.

    Returns
    -------
    Candidates
        At least one.

    Raises
    ------
    DataError
        If the centre has no shift template, the zones differ, or no template may start on any of the days.

    Examples
    --------
    >>> from wfm.domain import Queue, ServiceLevel, ShiftTemplate
    >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),))
    >>> night = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h")
    >>> centre = Centre(name="desk", tz="Europe/Berlin", queues=(calls,), shifts=(night,))
    >>> found = candidates(centre, Horizon("2026-03-28", days=1, tz="Europe/Berlin"))  # summer time begins that night
    >>> found.to_frame()[["shift_start", "shift_end", "paid_h"]].astype(str).iloc[0].tolist()
    ['2026-03-28 22:00:00+01:00', '2026-03-29 07:00:00+02:00', '8.0']
    """
    if not centre.shifts:
        raise DataError(Problem(f"centre {centre.name!r} has no shift templates", remedy="give it at least one"))
    if horizon.tz != centre.tz:
        what = f"the horizon is in {horizon.tz}, the centre in {centre.tz}"
        raise DataError(Problem(what, remedy=f"write Horizon(..., tz={centre.tz!r})"))
    rows: list[tuple[int, int, int, int, int]] = []
    for position, template in enumerate(centre.shifts):
        rows.extend(_of_template(position, template, horizon))
    if not rows:
        what = f"no shift template may start on a day of {horizon}"
        raise DataError(Problem(what, remedy="widen the weekdays of a template"))
    # A start skipped by the clock may fall onto another start of the same template; it is one candidate.
    day, position, start, end, paid = np.array(sorted(set(rows)), dtype=np.int64).T
    return Candidates(centre.shifts, horizon.dates, centre.tz, day, position, start, end, paid)


def _of_template(position: int, template: ShiftTemplate, horizon: Horizon) -> list[tuple[int, int, int, int, int]]:
    step = int(template.step_s)
    offsets = range(int(template.earliest_start_s), int(template.latest_start_s) + 1, step)
    lengths = range(int(template.min_length_s), int(template.max_length_s) + 1, step)
    days = [number for number, day in enumerate(horizon.dates) if day.weekday() in template.weekdays]
    local = [pd.Timestamp(horizon.dates[day]) + timedelta(seconds=offset) for day in days for offset in offsets]
    if not local:
        return []
    index = pd.DatetimeIndex(local).as_unit("ns")
    begins = seconds(localize(index, horizon.tz, ambiguous="first").stamps).tolist()
    owners = [day for day in days for _ in offsets]
    unpaid = int(template.unpaid_s)
    return [
        (day, position, begin, begin + length, length - unpaid)
        for day, begin in zip(owners, begins, strict=True)
        for length in lengths
    ]


def break_starts(template: ShiftTemplate, rest: Break, length_s: float, interval_s: float) -> Ints:
    """Return the starts that a break may take in a shift of that length, in seconds from the start of the shift.

    They lie on the finest of the interval, the length of the break, its earliest start and its gap, at least 5 minutes
    apart, and keep that gap from the start and the end of the shift.

    Examples
    --------
    >>> lunch = Break(name="lunch", length="30min", earliest="3h", latest="4h")
    >>> day = ShiftTemplate(name="day", earliest_start="07:00", min_length="8h", breaks=(lunch,))
    >>> break_starts(day, lunch, 8 * 3600, 1800).tolist()
    [10800, 12600, 14400]
    """
    length, earliest, gap = int(rest.length_s), int(rest.earliest_s), int(rest.min_gap_s)
    step = max(gcd(int(interval_s), length, earliest, gap, int(template.step_s)), _SHORTEST_STEP)
    latest = min(int(rest.latest_s), int(length_s) - length - gap)
    starts = np.arange(earliest, latest + 1, step, dtype=np.int64)
    return starts[starts >= gap]


def overlap(begin_s: Ints, end_s: Ints, interval_starts_s: Ints, interval_s: float) -> Floats:
    """Return the share of each interval that each stretch covers, as stretches x intervals.

    Examples
    --------
    >>> overlap(np.array([900]), np.array([3600]), np.array([0, 1800, 3600]), 1800).tolist()
    [[0.5, 1.0, 0.0]]
    """
    low = np.maximum(begin_s[:, None], interval_starts_s[None, :])
    high = np.minimum(end_s[:, None], interval_starts_s[None, :] + int(interval_s))
    shared: Floats = np.maximum(high - low, 0) / float(interval_s)
    return shared


def seconds(index: pd.DatetimeIndex) -> Ints:
    """Return zoned stamps as seconds of Unix time."""
    result: Ints = index.tz_convert("UTC").tz_localize(None).as_unit("s").asi8
    return result


def stamps(unix_s: Ints, tz: str) -> pd.DatetimeIndex:
    """Return seconds of Unix time as stamps in a zone."""
    return pd.DatetimeIndex(np.asarray(unix_s, dtype="datetime64[s]")).as_unit("ns").tz_localize("UTC").tz_convert(tz)
