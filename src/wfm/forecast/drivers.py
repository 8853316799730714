"""Drivers: what is known of a day beforehand and moves its contacts, such as orders, bookings or a campaign.

A driver that is above 0 on every day of the history acts by its logarithm, in two terms: the day against its weekday's
usual value, and the mean of that over the seven days around it, which says more where a single day is noisy. Any other
driver, such as a flag, acts by its value. Terms are in standard deviations over the history and enter the day level
linearly, with a common prior (`wfm.forecast.level`); so drivers that say the same share the effect, and a useless one
has little.

A day without a value keeps its place in the fit, with a level of its own: days before a driver began are not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.errors import Faults, did_you_mean
from wfm.forecast.days import as_date, day_number, weekdays
from wfm.forecast.grid import BoolArray, FloatArray, IntArray
from wfm.schema import FrameLike, as_frame

__all__ = ["Finding", "KnownDays", "QueueDrivers", "check_lags", "fit_drivers", "read_drivers"]

KnownDays: TypeAlias = pd.DataFrame  # by day number, a column for each driver; NaN where not known

_FEWEST_DAYS = 14  # days of the history on which a driver must be known
_AROUND = 3  # days before and after, in the mean of a week
_OWN_LEVEL = 2.0  # of a day without a value, in the standard deviations that the prior is stated in
_LONGEST_LAG = 365


class Finding(NamedTuple):
    """Something to say about days of a driver: first and last day number, what was found, what was done."""

    first: int
    last: int
    finding: str
    action: str


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A driver at one lag: how its values are turned to terms of the day level.

    `usual` is the centre by weekday (all the same unless `logarithm`), `scale` and `weekly` the standard deviations of
    the day's value and of the mean of the week, `low` and `high` the range that was seen, `partial` whether days of the
    history have no value.
    """

    driver: str
    lag: int
    logarithm: bool
    usual: FloatArray
    scale: float
    weekly: float
    low: float
    high: float
    partial: bool

    def columns(self, known: KnownDays, number: IntArray) -> FloatArray:
        """Return the term's columns for days."""
        around = np.arange(number.min() - _AROUND, number.max() + _AROUND + 1)
        off = self._off(_values(known, self.driver, around - self.lag), weekdays(around - self.lag, None))
        place = number - around[0]
        given = ~np.isnan(off[place])
        found = [np.where(given, off[place], 0.0) / self.scale]
        if self.weekly > 0:
            found.append(np.where(given, week_mean(off)[place], 0.0) / self.weekly)
        if self.partial:
            found.append(np.where(given, 0.0, _OWN_LEVEL))
        return np.column_stack(found)

    def _off(self, values: FloatArray, weekday: IntArray) -> FloatArray:
        if self.logarithm:
            values = np.log(np.maximum(values, self.low / 2))
        return values - self.usual[weekday]


@dataclass(frozen=True, slots=True, eq=False)
class QueueDrivers:
    """The drivers of a queue: their terms, and the values known so far."""

    terms: tuple[Term, ...]
    known: KnownDays

    def columns(self, number: IntArray) -> FloatArray:
        """Return a row for each day, and the columns of all terms."""
        return np.column_stack([np.zeros((len(number), 0)), *(term.columns(self.known, number) for term in self.terms)])

    def with_known(self, later: KnownDays | None) -> QueueDrivers:
        """Return the drivers with values told later, which count where both are given."""
        return self if later is None else QueueDrivers(self.terms, later.combine_first(self.known))

    def note_missing(self, queue: str, number: IntArray, faults: Faults) -> None:
        """Note the days of a horizon for which a value is not known."""
        for term in self.terms:
            gone = number[np.isnan(_values(self.known, term.driver, number - term.lag))] - term.lag
            if len(gone):
                many = f"{len(gone)} days, the first: " if len(gone) > 1 else ""
                behind = f", {term.lag} days before the forecast" if term.lag else ""
                what = f"driver {term.driver!r} of queue {queue!r} has no value on {many}{as_date(gone[0])}{behind}"
                faults.add(what, remedy="give predict(..., drivers=) its value on each of these days, or leave it out")

    def beyond(self, number: IntArray) -> list[Finding]:
        """Return the drivers that lie on days of a horizon clearly outside what was seen of them."""
        found = []
        for term in self.terms:
            values = _values(self.known, term.driver, number - term.lag)
            low, high = _margin(term)
            out = number[(values < low) | (values > high)]
            if len(out):
                most = values[np.isin(number, out)]
                seen = f"{term.low:g} to {term.high:g}"
                finding = f"driver {term.driver!r} beyond what was seen: {most.min():g} to {most.max():g}, seen {seen}"
                action = "its effect is carried on in the same proportion"
                if term.logarithm and most.min() < term.low / 2:
                    action += f", not below {term.low / 2:g}"
                found.append(Finding(int(out[0]), int(out[-1]), finding, action))
        return found


def check_lags(lags: Mapping[str, int | Iterable[int]] | None) -> dict[str, tuple[int, ...]]:
    """Return the lags of each driver as a tuple of days; raises `DataError` if one is no whole number of days."""
    faults = Faults("lags")
    found: dict[str, tuple[int, ...]] = {}
    for name, given in (lags or {}).items():
        days = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
        with faults.collecting():
            found[name] = tuple(
                sorted({check_int(f"the lag of driver {name!r}", day, 0, _LONGEST_LAG) for day in days})
            )
        if not days:
            faults.add(f"driver {name!r} has no lag", remedy="give days, such as (0, 1), or leave it out of lags")
    faults.raise_if_any()
    return found


def read_drivers(drivers: FrameLike, queues: Sequence[str]) -> dict[str, KnownDays]:
    """Return the values known of each driver, by queue.

    Parameters
    ----------
    drivers
        Frame `drivers`: `day`, a column of numbers for each driver, and `queue` where they are not those of all queues.
        A value may be missing.
    queues
        The queues there are.

    Raises
    ------
    DataError
        With every fault of the frame: a queue that is not there, a day twice, no driver, a column that holds no finite
        numbers.
    """
    frame = as_frame(drivers, "drivers", known={"queue": queues})
    names = [str(name) for name in frame.columns if name not in ("day", "queue")]
    faults = Faults("frame 'drivers'")
    if not names:
        faults.add("no driver", remedy="give a column of numbers for each, beside day and queue")
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            faults.add(
                f"driver {name!r} holds {frame[name].dtype}, not numbers", remedy="turn it to numbers, or drop it"
            )
        elif np.isinf(frame[name].to_numpy(dtype=float, na_value=np.nan)).any():
            faults.add(f"driver {name!r} holds an infinite number", remedy="correct it, or leave the value missing")
    by = [column for column in ("queue", "day") if column in frame]
    again = frame.duplicated(by)
    if again.any():
        first = " ".join(str(value) for value in frame.loc[again, by].iloc[0])
        faults.add(f"a day occurs twice: {first}", remedy="keep one row for each day and queue")
    if "queue" in frame and frame["queue"].isna().any():
        faults.add(
            "rows without a queue", remedy="name the queue in each row, or drop the column: then all queues share"
        )
    faults.raise_if_any()
    table = frame[names].astype(float).set_axis([day_number(day) for day in frame["day"]], axis=0)
    if "queue" not in frame:
        return dict.fromkeys(queues, table)
    return {str(queue): table[(frame["queue"] == queue).to_numpy()] for queue in frame["queue"].unique()}


def fit_drivers(
    queue: str, known: KnownDays, lags: Mapping[str, tuple[int, ...]], number: IntArray, opened: BoolArray
) -> tuple[QueueDrivers, list[Finding]]:
    """Fit the terms of the drivers of a queue to the days of its history, and tell what was found in them.

    Parameters
    ----------
    queue
        Name of the queue.
    known
        Values of its drivers.
    lags
        Days that contacts come behind the driver, by driver; 0 where it is not named.
    number, opened
        Days of the history, and whether the queue was open.

    Raises
    ------
    DataError
        If a driver is known on fewer than two weeks of days, or `lags` names one that is not there.
    """
    faults = Faults(f"the drivers of queue {queue!r}")
    findings: list[Finding] = []
    terms: list[Term] = []
    for name in sorted(set(lags) - set(known.columns)):
        faults.add(f"lags of driver {name!r}, which is not given", remedy=did_you_mean(name, known.columns))
    days = number[opened]
    for name in map(str, known.columns):
        for lag in lags.get(name, (0,)):
            values = _values(known, name, days - lag)
            given = ~np.isnan(values)
            if given.sum() < _FEWEST_DAYS:
                what = f"driver {name!r} of queue {queue!r} is known on {given.sum()} open days of the history"
                faults.add(what, remedy=f"give it on {_FEWEST_DAYS} or more, or leave it out")
                continue
            if np.ptp(values[given]) <= 1e-9 * np.abs(values[given]).max():
                finding = f"driver {name!r} is the same on all days of the history: {values[given][0]:g}"
                action = "left out: what it does cannot be known"
                findings.append(Finding(int(days[0]), int(days[-1]), finding, action))
                continue
            terms.append(_term(name, lag, values, days))
            findings.extend(_gaps(name, days[~given], days))
    faults.raise_if_any()
    return QueueDrivers(tuple(terms), known), findings


def week_mean(values: FloatArray) -> FloatArray:
    """Return the mean of the values that are there among the seven around each one."""
    known = ~np.isnan(values)
    total = np.concatenate([[0.0], np.cumsum(np.where(known, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(known)])
    first = np.maximum(np.arange(len(values)) - _AROUND, 0)
    end = np.minimum(np.arange(len(values)) + _AROUND + 1, len(values))
    return np.asarray((total[end] - total[first]) / np.maximum(count[end] - count[first], 1))


def _term(name: str, lag: int, values: FloatArray, days: IntArray) -> Term:
    given = ~np.isnan(values)
    logarithm = bool(values[given].min() > 0)
    weekday = weekdays(days - lag, None)
    acting = np.log(np.where(given, values, 1.0)) if logarithm else values
    usual = np.full(7, acting[given].mean())
    if logarithm:
        for n in set(weekday[given].tolist()):
            usual[n] = acting[given & (weekday == n)].mean()
    off = np.where(given, acting - usual[weekday], np.nan)
    span = np.full(int(days[-1] - days[0]) + 1, np.nan)
    span[days - days[0]] = off
    weekly = float(np.nanstd(week_mean(span)[days - days[0]][given])) if logarithm else 0.0
    # A driver that moves with the weekday alone has no scale of its own; it says nothing that the weekday does not.
    scale = max(float(np.nanstd(off)), 1e-6 * float(np.nanstd(acting[given])))
    return Term(
        driver=name,
        lag=lag,
        logarithm=logarithm,
        usual=usual,
        scale=scale,
        weekly=weekly if weekly > 1e-6 * scale else 0.0,
        low=float(values[given].min()),
        high=float(values[given].max()),
        partial=not given.all(),
    )


def _gaps(name: str, gone: IntArray, days: IntArray) -> list[Finding]:
    if not len(gone):
        return []
    action = "these days have a level of their own in the fit"
    finding = f"driver {name!r} not known on {len(gone)} of {len(days)} open days"
    return [Finding(int(gone[0]), int(gone[-1]), finding, action)]


def _margin(term: Term) -> tuple[float, float]:
    """Return the range beyond which a value is clearly outside what was seen: by a quarter of its width."""
    if term.logarithm:
        ratio = (term.high / term.low) ** 0.25
        return term.low / ratio, term.high * ratio
    width = (term.high - term.low) / 4
    return term.low - width, term.high + width


def _values(known: KnownDays, driver: str, number: IntArray) -> FloatArray:
    return np.asarray(known[driver].reindex(number).to_numpy(dtype=float))
