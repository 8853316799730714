"""Replications summed up: by row of the forecast, by day and by queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from wfm.domain.targets import Deadline, LongestWait, MeanAnswer, ServiceLevel, Target
from wfm.simulate.case import Case
from wfm.simulate.engine import Flags, Floats, Ints
from wfm.simulate.measure import AT, COLUMNS, WAIT_EDGES, Measured, Thresholds, judged_by, width

__all__ = ["PERCENTILES", "RATIOS", "Layout", "Level", "Limits", "Sums", "limit_of", "percentiles"]

# Percentiles of the waits that are told.
PERCENTILES = (0.5, 0.8, 0.9, 0.95)

# Numerator and denominator of each ratio, as sums of columns; a minus takes one away.
RATIOS = {
    "service_level": ("met", "judged"),
    "asa_s": ("wait_s", "answered"),
    "mean_wait_s": ("wait_s + left_wait_s", "answered + abandoned"),
    "abandonment": ("abandoned", "offered - blocked"),
    "occupancy": ("busy_s", "staffed_s"),
    "aht_s": ("handle_s", "answered"),
    "lateness_s": ("late_s", "done"),
    "offered": ("in_time", "heard"),
    "answered": ("in_time", "heard_answered"),
    "virtual": ("virtual_in_time", "heard"),
    "abandons_within_met": ("in_time + left_in_time", "heard"),
    "abandons_within_excluded": ("in_time", "heard - left_in_time"),
    "short_abandons_met": ("in_time + left_short", "heard"),
    "short_abandons_excluded": ("in_time", "heard - left_short"),
}
# What a row of several queues counts of the live ones only.
_LIVE_ONLY = ("met", "judged", "heard", "heard_answered", "in_time", "left_in_time", "left_short", "virtual_in_time")


class Limits(NamedTuple):
    """The limits of the targets, by queue and place of the target."""

    exists: Flags
    value: Floats
    above: Flags  # whether the value must be above the limit
    of_answered: Flags  # missed where contacts came and nobody was answered

    @classmethod
    def of(cls, case: Case) -> Limits:
        """Return the limits of a centre."""
        queues = case.centre.queues
        shape = (len(queues), max(len(queue.targets) for queue in queues))
        limits = cls(np.zeros(shape, bool), np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, bool))
        for number, queue in enumerate(queues):
            for place, target in enumerate(queue.targets):
                at = (number, place)
                limits.exists[at] = True
                limits.value[at], limits.above[at] = limit_of(target)
                level = isinstance(target, ServiceLevel) and target.basis == "answered"
                limits.of_answered[at] = level or isinstance(target, MeanAnswer)
        return limits

    def values(self, table: Floats, queue: Ints) -> Floats:
        """Return what each target limits, by row of a table; NaN without anything to judge, infinite if missed."""
        pairs = table[:, len(COLUMNS) :]
        value = _divide(pairs[:, 0::2], pairs[:, 1::2])
        ignored = (table[:, AT["offered"]] > 0) & (table[:, AT["answered"]] == 0)
        worst = np.where(self.above[queue], -np.inf, np.inf)
        return np.where(self.of_answered[queue] & ignored[:, None], worst, value)

    def held(self, table: Floats, queue: Ints) -> Flags:
        """Return whether all targets of the queue held, by row of a table: where nothing was judged none was missed."""
        value, limit = self.values(table, queue), self.value[queue]
        kept = np.where(self.above[queue], value >= limit, value <= limit)
        return np.asarray((~self.exists[queue] | np.isnan(value) | kept).all(axis=1))


def limit_of(target: Target) -> tuple[float, bool]:
    """Return the limit of a target's value, and whether the value must be above it."""
    if isinstance(target, ServiceLevel | Deadline):
        return target.fraction, True
    if isinstance(target, MeanAnswer):
        return target.within_s, False
    if isinstance(target, LongestWait):
        return target.breach, False
    return target.fraction, False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """A way to gather the rows of the forecast: groups of one queue, and behind them wholes of several groups.

    Rows of a group follow each other, so that `first` tells all.
    """

    first: Ints  # by group: its first row
    queue: Ints  # by group
    start: Ints  # by group and whole: the row that its stamp is taken from
    whole: Ints  # by group: the whole it belongs to
    wholes: int
    grid: Ints  # by interval of the grid: its whole, or -1

    @classmethod
    def of(cls, case: Case, key: Ints) -> Level:
        """Gather the rows of one queue and one key; groups of one key form a whole."""
        new = np.append(True, (case.queue[1:] != case.queue[:-1]) | (key[1:] != key[:-1]))
        first = np.flatnonzero(new)
        keys, whole = np.unique(key[first], return_inverse=True)
        grid = np.full(case.intervals, -1)
        grid[case.interval] = np.searchsorted(keys, key)
        begins = [
            first[whole == number][np.argmin(case.interval[first[whole == number]])] for number in range(len(keys))
        ]
        start = np.concatenate([first, np.array(begins, dtype=np.int64)])
        return cls(first=first, queue=case.queue[first], start=start, whole=whole, wholes=len(keys), grid=grid)

    def gather(self, case: Case, measured: Measured) -> Floats:
        """Return the sums by group and whole."""
        table = np.add.reduceat(measured.rows, self.first, axis=0)
        counted = table.copy()
        deferred = np.array([queue.is_deferred for queue in case.centre.queues])[self.queue]
        live = np.bincount(self.whole, weights=~deferred, minlength=self.wholes) > 0
        for name in _LIVE_ONLY:
            counted[deferred & live[self.whole], AT[name]] = 0.0
        # Targets are judged by queue, and agents who serve several queues must not be counted several times.
        counted[:, len(COLUMNS) :] = 0.0
        whole = np.zeros((self.wholes, table.shape[1]))
        np.add.at(whole, self.whole, counted)
        inside = self.grid >= 0
        for name in ("busy_s", "staffed_s", "overtime_s"):
            total = getattr(measured, name).sum(axis=0)[inside]
            whole[:, AT[name]] = np.bincount(self.grid[inside], weights=total, minlength=self.wholes)
        return np.concatenate([table, whole])

    def highest(self, peaks: Floats) -> Floats:
        """Return the highest of each column by group and whole."""
        table = np.maximum.reduceat(peaks, self.first, axis=0)
        whole = np.zeros((self.wholes, table.shape[1]))
        np.maximum.at(whole, self.whole, table)
        return np.concatenate([table, whole])

    def gathered(self, counts: Ints) -> Ints:
        """Return counts of rows summed by group and whole."""
        table = np.add.reduceat(counts, self.first, axis=0)
        whole = np.zeros((self.wholes, table.shape[1]), dtype=table.dtype)
        np.add.at(whole, self.whole, table)
        return np.concatenate([table, whole])

    def all_held(self, held: Flags) -> Floats:
        """Return 1 where everything of a group or whole held, else 0."""
        missed = np.bincount(self.whole, weights=~held, minlength=self.wholes)
        return np.concatenate([held, missed == 0]).astype(np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """How rows are gathered and ratios made; the same for all replications of a case."""

    case: Case
    limits: Limits
    thresholds: tuple[Thresholds, ...]
    days: Level
    queues: Level
    upper: Floats  # by column and ratio: its share in the numerator
    lower: Floats

    @classmethod
    def of(cls, case: Case, short_abandon_s: float | None = None) -> Layout:
        """Return the layout of a case; the threshold of short abandons is for queues whose target has none."""
        local = (case.origin + pd.to_timedelta(case.interval * case.centre.interval_s, unit="s")).normalize()
        day = np.unique(local, return_inverse=True)[1]
        columns = width(case)
        upper, lower = (
            np.column_stack([_coefficients(pair[side], columns) for pair in RATIOS.values()]) for side in (0, 1)
        )
        return cls(
            case=case,
            limits=Limits.of(case),
            thresholds=tuple(_thresholds(judged_by(queue), short_abandon_s) for queue in case.centre.queues),
            days=Level.of(case, day),
            queues=Level.of(case, np.zeros(len(case.queue), dtype=np.int64)),
            upper=upper,
            lower=lower,
        )


def _thresholds(target: Target | None, short_abandon_s: float | None) -> Thresholds:
    if not isinstance(target, ServiceLevel | MeanAnswer | LongestWait):
        return Thresholds(None, None)
    own = target.short_abandon_s if isinstance(target, ServiceLevel) else None
    return Thresholds(target.within_s, short_abandon_s if own is None else own)


def _coefficients(formula: str, columns: int) -> Floats:
    """Return the share of each column in a sum such as "heard - left_short"."""
    share = np.zeros(columns)
    sign = 1.0
    for word in formula.split():
        if word in ("+", "-"):
            sign = 1.0 if word == "+" else -1.0
        else:
            share[AT[word]] = sign
    return share


@dataclass(slots=True)
class Sums:
    """Sums over replications, and tables with an item for each.

    With antithetic replications an item is the mean of a pair, whose two halves are not independent.
    """

    layout: Layout
    rows: Floats  # by row: columns
    rows_squares: Floats  # by row and ratio: numerator², denominator², their product
    rows_peaks: Floats
    rows_held: Floats
    days: Floats
    days_squares: Floats
    days_peaks: Floats
    days_held: Floats
    waits: Ints  # by row and bin
    busy_s: Floats  # by skill group and interval
    staffed_s: Floats
    replications: int = 0
    tables: list[Floats] = field(default_factory=list)  # by queue and whole
    peaks: list[Floats] = field(default_factory=list)
    held: list[Floats] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)  # by queue and place of the target
    met: list[Floats] = field(default_factory=list)  # whether it held, likewise
    percentiles: list[Floats] = field(default_factory=list)
    groups: list[Floats] = field(default_factory=list)  # by skill group: busy, staffed, overtime
    late_break_s: list[float] = field(default_factory=list)

    @classmethod
    def empty(cls, layout: Layout) -> Sums:
        """Return the sums of no replication."""
        columns, ratios = layout.upper.shape
        rows = len(layout.case.queue)
        days = len(layout.days.start)
        shape = (len(layout.case.skills), layout.case.intervals)
        return cls(
            layout=layout,
            rows=np.zeros((rows, columns)),
            rows_squares=np.zeros((rows, ratios, 3)),
            rows_peaks=np.zeros((rows, 2)),
            rows_held=np.zeros(rows),
            days=np.zeros((days, columns)),
            days_squares=np.zeros((days, ratios, 3)),
            days_peaks=np.zeros((days, 2)),
            days_held=np.zeros(days),
            waits=np.zeros((rows, len(WAIT_EDGES)), dtype=np.int64),
            busy_s=np.zeros(shape),
            staffed_s=np.zeros(shape),
        )

    def take(self, items: Sequence[Measured]) -> None:
        """Add the mean of some replications as one item."""
        layout, case = self.layout, self.layout.case
        days, queues = layout.days, layout.queues
        tables = [queues.gather(case, item) for item in items]
        by_day = [days.gather(case, item) for item in items]
        rows, day = _mean([item.rows for item in items]), _mean(by_day)
        groups = len(days.first)
        self.rows += rows
        self.rows_squares += self._squares(rows)
        self.rows_peaks += _mean([item.peaks for item in items])
        self.rows_held += _mean([layout.limits.held(item.rows, case.queue).astype(np.float64) for item in items])
        self.days += day
        self.days_squares += self._squares(day)
        self.days_peaks += _mean([days.highest(item.peaks) for item in items])
        self.days_held += _mean([days.all_held(layout.limits.held(t[:groups], days.queue)) for t in by_day])
        self.busy_s += _mean([item.busy_s for item in items])
        self.staffed_s += _mean([item.staffed_s for item in items])
        self.replications += len(items)
        self.tables.append(_mean(tables))
        self.peaks.append(_mean([queues.highest(item.peaks) for item in items]))
        self._judge(tables)
        counts = np.bincount(np.concatenate([item.cells for item in items]), minlength=self.waits.size)
        counts = counts.reshape(self.waits.shape)
        self.waits += counts
        self.percentiles.append(percentiles(queues.gathered(counts)))
        self.groups.append(
            _mean(
                [
                    np.column_stack([part.sum(axis=1) for part in (item.busy_s, item.staffed_s, item.overtime_s)])
                    for item in items
                ]
            )
        )
        self.late_break_s.append(sum(item.late_break_s for item in items) / len(items))

    def _judge(self, tables: list[Floats]) -> None:
        """Note what the targets of each queue limit, and whether they held."""
        limits, queues = self.layout.limits, self.layout.queues
        groups = len(queues.first)
        held, values, met = [], [], []
        for table in tables:
            value, limit = limits.values(table[:groups], queues.queue), limits.value[queues.queue]
            kept = np.isnan(value) | np.where(limits.above[queues.queue], value >= limit, value <= limit)
            held.append(queues.all_held(limits.held(table[:groups], queues.queue)))
            values.append(np.where(np.isinf(value), np.nan, value))
            met.append(kept.astype(np.float64))
        self.held.append(_mean(held))
        self.values.append(_mean(values))
        self.met.append(_mean(met))

    def _squares(self, table: Floats) -> Floats:
        above, below = table @ self.layout.upper, table @ self.layout.lower
        return np.stack([above * above, below * below, above * below], axis=2)

    def add(self, other: Sums) -> None:
        """Add the replications of another block."""
        for name in _TOTALS:
            getattr(self, name).__iadd__(getattr(other, name))
        self.replications += other.replications
        for name in _LISTS:
            getattr(self, name).extend(getattr(other, name))

    @property
    def contacts(self) -> float:
        """Contacts of all replications."""
        return float(self.rows[:, AT["offered"]].sum()) * self.replications / max(1, len(self.tables))


_TOTALS = (
    "rows",
    "rows_squares",
    "rows_peaks",
    "rows_held",
    "days",
    "days_squares",
    "days_peaks",
    "days_held",
    "waits",
    "busy_s",
    "staffed_s",
)
_LISTS = ("tables", "peaks", "held", "values", "met", "percentiles", "groups", "late_break_s")


def percentiles(counts: Ints) -> Floats:
    """Return the percentiles of waits counted by bin, linear within a bin; NaN without a wait.

    Examples
    --------
    >>> counts = np.zeros((1, len(WAIT_EDGES)), dtype=np.int64)
    >>> counts[0, [0, 20]] = 8, 2
    >>> percentiles(counts).tolist()
    [[0.0, 0.0, 19.5, 19.75]]
    """
    below = np.cumsum(counts, axis=1)
    total = below[:, -1]
    found = np.full((len(counts), len(PERCENTILES)), np.nan)
    lower = np.append(0.0, WAIT_EDGES[:-1])
    for column, fraction in enumerate(PERCENTILES):
        sought = fraction * total
        place = (below < sought[:, None]).sum(axis=1)
        place = np.minimum(place, len(WAIT_EDGES) - 1)
        row = np.arange(len(counts))
        inside = counts[row, place]
        before = below[row, place] - inside
        part = np.divide(sought - before, inside, out=np.zeros(len(counts)), where=inside > 0)
        found[:, column] = lower[place] + part * (WAIT_EDGES[place] - lower[place])
    found[total == 0] = np.nan
    return found


def _mean(items: list[Floats]) -> Floats:
    return items[0] if len(items) == 1 else np.asarray(np.mean(items, axis=0))


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    ratio: Floats = np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
    return ratio
