"""The frames of a result, made from the sums over replications."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wfm.domain.targets import ServiceLevelBasis
from wfm.simulate.engine import Floats
from wfm.simulate.measure import AT, judged_by
from wfm.simulate.tally import PERCENTILES, RATIOS, Level, Sums, limit_of, percentiles
from wfm.stats import mean_interval

__all__ = [
    "ALL",
    "CONFIDENCE",
    "bases",
    "by_replication",
    "days",
    "group_intervals",
    "groups",
    "half_widths",
    "intervals",
    "pooled_ratio",
    "summary",
    "targets",
]

CONFIDENCE = 0.95
ALL = "all"
_RATIO = {name: number for number, name in enumerate(RATIOS)}
_BASES = tuple(basis.value for basis in ServiceLevelBasis)
_SHORT = tuple(basis.value for basis in ServiceLevelBasis if basis.needs_short_abandon)


def intervals(sums: Sums) -> pd.DataFrame:
    """Return the figures by row of the forecast."""
    case, count = sums.layout.case, len(sums.tables)
    frame = case.forecast.reset_index(drop=True).assign(**_counts(sums.rows, count))
    level, low, high = _ratio(sums, sums.rows, sums.rows_squares, "service_level")
    frame = frame.assign(service_level=level, service_level_low=low, service_level_high=high)
    frame = frame.assign(**_waits(sums.rows, percentiles(sums.waits), sums.rows_peaks[:, 0] / count))
    return frame.assign(
        aht_s=_value(sums, sums.rows, "aht_s"),
        agents=sums.rows[:, AT["staffed_s"]] / count / case.centre.interval_s,
        occupancy=_value(sums, sums.rows, "occupancy"),
        backlog=sums.rows_peaks[:, 1] / count,
        lateness_s=_value(sums, sums.rows, "lateness_s"),
        overtime_h=sums.rows[:, AT["overtime_s"]] / count / 3600,
        probability_met=sums.rows_held / count,
    )


def days(sums: Sums) -> pd.DataFrame:
    """Return the figures by queue and day, and by day."""
    count, level = len(sums.tables), sums.layout.days
    frame = pd.DataFrame({"queue": _names(sums, level), "day": _stamps(sums, level).dt.normalize()})
    frame = frame.assign(**_counts(sums.days, count))
    for name in ("service_level", "abandonment", "occupancy"):
        value, low, high = _ratio(sums, sums.days, sums.days_squares, name)
        frame = frame.assign(**{name: value, f"{name}_low": low, f"{name}_high": high})
    frame = frame.assign(**_waits(sums.days, percentiles(level.gathered(sums.waits)), sums.days_peaks[:, 0] / count))
    frame = frame.assign(
        agent_h=sums.days[:, AT["staffed_s"]] / count / 3600,
        backlog=sums.days_peaks[:, 1] / count,
        lateness_s=_value(sums, sums.days, "lateness_s"),
        overtime_h=sums.days[:, AT["overtime_s"]] / count / 3600,
        probability_met=sums.days_held / count,
    )
    order = np.concatenate([np.flatnonzero(frame["queue"] != ALL), np.flatnonzero(frame["queue"] == ALL)])
    return frame.iloc[order].reset_index(drop=True)


def summary(sums: Sums) -> pd.DataFrame:
    """Return the figures by queue, and of all."""
    case, level = sums.layout.case, sums.layout.queues
    tables, peaks, shares = np.array(sums.tables), np.array(sums.peaks), np.array(sums.percentiles)
    count, total = len(tables), tables.sum(axis=0)
    squares = _squares(sums, tables)
    judged = [judged_by(case.centre.queues[number]) for number in level.queue] + [None] * level.wholes
    frame = pd.DataFrame(
        {
            "queue": _names(sums, level),
            "target": pd.Series([None if target is None else str(target) for target in judged], dtype="str"),
            "target_fraction": [getattr(target, "fraction", np.nan) for target in judged],
        }
    ).assign(**_counts(total, count))
    for name in ("service_level", "asa_s", "mean_wait_s", "abandonment", "occupancy", "lateness_s"):
        value, low, high = _ratio(sums, total, squares, name)
        frame = frame.assign(**{name: value, f"{name}_low": low, f"{name}_high": high})
    pooled = percentiles(level.gathered(sums.waits))
    around = mean_interval(shares, confidence=CONFIDENCE)
    half = (around.high - around.low) / 2
    for place, fraction in enumerate(PERCENTILES):
        name, value = _percentile(fraction), pooled[:, place]
        low = np.maximum(value - half[:, place], 0.0)
        frame = frame.assign(**{name: value, f"{name}_low": low, f"{name}_high": value + half[:, place]})
    return frame.assign(
        aht_s=_value(sums, total, "aht_s"),
        longest_wait_s=_longest(pooled, peaks[:, :, 0].mean(axis=0)),
        backlog=peaks[:, :, 1].mean(axis=0),
        probability_met=np.array(sums.held).mean(axis=0),
    )


def bases(sums: Sums) -> pd.DataFrame:
    """Return the service level on its seven bases, by queue, day and interval."""
    layout = sums.layout
    tables = np.array(sums.tables)
    parts = [
        _bases(sums, "overall", tables.sum(axis=0), _squares(sums, tables), layout.queues),
        _bases(sums, "day", sums.days, sums.days_squares, layout.days),
        _bases(sums, "interval", sums.rows, sums.rows_squares, None),
    ]
    return pd.concat(parts, ignore_index=True)


def _bases(sums: Sums, scope: str, table: Floats, squares: Floats, level: Level | None) -> pd.DataFrame:
    case = sums.layout.case
    names = case.forecast["queue"].reset_index(drop=True) if level is None else _names(sums, level)
    stamps = case.forecast["start"].reset_index(drop=True) if level is None else _stamps(sums, level)
    if scope == "day":
        stamps = stamps.dt.normalize()
    short = np.array([limits.short_s is not None for limits in sums.layout.thresholds])
    queue = case.queue if level is None else level.queue
    # A pooled row has a threshold of short abandons where each of its live queues has one.
    live = [number for number in np.unique(case.queue) if sums.layout.thresholds[number].within_s is not None]
    known = np.concatenate([short[queue], np.full(len(table) - len(queue), bool(short[live].all()) and bool(live))])
    found = [_ratio(sums, table, squares, name) for name in _BASES]
    for name, bounds in zip(_BASES, found, strict=True):
        if name in _SHORT:
            for array in bounds:
                array[~known] = np.nan
    size = len(_BASES)
    return pd.DataFrame(
        {
            "scope": pd.Series([scope] * (len(table) * size), dtype="str"),
            "queue": names.repeat(size).reset_index(drop=True),
            "start": stamps.repeat(size).reset_index(drop=True),
            "basis": pd.Series(list(_BASES) * len(table), dtype="str"),
            **{
                column: np.column_stack([bounds[place] for bounds in found]).reshape(-1)
                for place, column in enumerate(("service_level", "service_level_low", "service_level_high"))
            },
        }
    )


def targets(sums: Sums) -> pd.DataFrame:
    """Return what each target limits."""
    case, level = sums.layout.case, sums.layout.queues
    mean = mean_interval(np.array(sums.values), confidence=CONFIDENCE)
    met = np.array(sums.met).mean(axis=0)
    rows = []
    for group in sorted(range(len(level.queue)), key=lambda group: level.queue[group]):
        queue = case.centre.queues[level.queue[group]]
        for place, target in enumerate(queue.targets):
            rows.append(
                {
                    "queue": queue.name,
                    "target": str(target),
                    "limit": limit_of(target)[0],
                    "value": mean.value[group, place],
                    "value_low": mean.low[group, place],
                    "value_high": mean.high[group, place],
                    "probability_met": met[group, place],
                }
            )
    return pd.DataFrame(rows).astype({"queue": "str", "target": "str"})


def groups(sums: Sums) -> pd.DataFrame:
    """Return the figures by skill group."""
    case, table = sums.layout.case, np.array(sums.groups)
    count = len(table)
    busy, staffed = table[:, :, 0], table[:, :, 1]
    squares = np.stack([(busy**2).sum(axis=0), (staffed**2).sum(axis=0), (busy * staffed).sum(axis=0)], axis=1)
    level, low, high = pooled_ratio(busy.sum(axis=0), staffed.sum(axis=0), squares, count)
    return pd.DataFrame(
        {
            "group": _group_names(sums),
            "agents": np.bincount(case.group, minlength=len(case.skills)),
            "staffed_h": staffed.mean(axis=0) / 3600,
            "busy_h": busy.mean(axis=0) / 3600,
            "occupancy": level,
            "occupancy_low": low,
            "occupancy_high": high,
            "overtime_h": table[:, :, 2].mean(axis=0) / 3600,
        }
    )


def group_intervals(sums: Sums) -> pd.DataFrame:
    """Return the agents and the occupancy by skill group and interval of the forecast."""
    case, count = sums.layout.case, len(sums.tables)
    step = case.centre.interval_s
    grid = np.unique(case.interval)
    starts = case.origin + pd.to_timedelta(grid * step, unit="s").as_unit("ns")
    busy, staffed = sums.busy_s[:, grid] / count, sums.staffed_s[:, grid] / count
    return pd.DataFrame(
        {
            "group": _group_names(sums).repeat(len(grid)).reset_index(drop=True),
            "start": np.tile(starts, len(case.skills)),
            "agents": staffed.reshape(-1) / step,
            "occupancy": _divide(busy, staffed).reshape(-1),
        }
    ).astype({"start": case.forecast["start"].dtype})


def by_replication(sums: Sums) -> pd.DataFrame:
    """Return the figures of each replication by queue, and of all."""
    level = sums.layout.queues
    tables = np.array(sums.tables)
    count, size = tables.shape[:2]
    table = tables.reshape(count * size, -1)
    names = _names(sums, level)
    return pd.DataFrame(
        {
            "replication": np.repeat(np.arange(count), size),
            "queue": pd.Series(names.tolist() * count, dtype="str"),
            **{name: table[:, AT[name]] for name in ("offered", "answered", "abandoned", "blocked")},
            **{name: _value(sums, table, name) for name in ("service_level", "asa_s", "occupancy")},
            "met": np.array(sums.held).reshape(-1),
        }
    )


def half_widths(sums: Sums) -> Floats:
    """Return half the width of the interval of the service level, by queue that has one; infinite while unknown."""
    tables = np.array(sums.tables)
    groups = len(sums.layout.queues.first)
    total, squares = tables.sum(axis=0), _squares(sums, tables)
    _, low, high = _ratio(sums, total, squares, "service_level", bounded=False)
    judged = (total @ sums.layout.lower)[:, _RATIO["service_level"]] > 0
    half = (high - low)[:groups][judged[:groups]] / 2
    return np.where(np.isnan(half), np.inf, half)


def pooled_ratio(
    numerator: Floats, denominator: Floats, squares: Floats, count: int, *, highest: float = 1.0, lowest: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Return ratios of totals over replications with their interval; bounds stay within the lowest and highest.

    `squares` has the sums of squares of numerator and denominator and of their product, one row per ratio. Bounds are
    missing with one replication.
    """
    from scipy.special import stdtrit

    ratio = _divide(numerator, denominator)
    if count < 2:
        unknown = np.full(len(ratio), np.nan)
        return ratio, unknown, unknown.copy()
    residual = squares[:, 0] - 2 * ratio * squares[:, 2] + ratio**2 * squares[:, 1]
    error = _divide(np.sqrt(np.maximum(residual, 0.0) / (count - 1) * count), denominator)
    half = stdtrit(count - 1, (1 + CONFIDENCE) / 2) * error
    return ratio, np.maximum(ratio - half, lowest), np.minimum(ratio + half, highest)


def _ratio(
    sums: Sums, table: Floats, squares: Floats, name: str, *, bounded: bool = True
) -> tuple[Floats, Floats, Floats]:
    number = _RATIO[name]
    above, below = table @ sums.layout.upper[:, number], table @ sums.layout.lower[:, number]
    highest = np.inf if name.endswith("_s") or not bounded else 1.0
    lowest = 0.0 if bounded else -np.inf
    return pooled_ratio(above, below, squares[:, number], len(sums.tables), highest=highest, lowest=lowest)


def _value(sums: Sums, table: Floats, name: str) -> Floats:
    number = _RATIO[name]
    return _divide(table @ sums.layout.upper[:, number], table @ sums.layout.lower[:, number])


def _squares(sums: Sums, tables: Floats) -> Floats:
    above, below = tables @ sums.layout.upper, tables @ sums.layout.lower
    return np.stack([(above**2).sum(axis=0), (below**2).sum(axis=0), (above * below).sum(axis=0)], axis=2)


def _counts(table: Floats, count: int) -> dict[str, Floats]:
    counts = {name: table[:, AT[name]] / count for name in ("offered", "answered", "abandoned", "blocked")}
    gone = table[:, AT["answered"]] + table[:, AT["abandoned"]] + table[:, AT["blocked"]]
    return {**counts, "unserved": (table[:, AT["offered"]] - gone) / count}


def _waits(table: Floats, shares: Floats, longest: Floats) -> dict[str, Floats]:
    column = {name: table[:, number] for name, number in AT.items()}
    gone = column["answered"] + column["abandoned"]
    return {
        "asa_s": _divide(column["wait_s"], column["answered"]),
        "mean_wait_s": _divide(column["wait_s"] + column["left_wait_s"], gone),
        **{_percentile(fraction): shares[:, place] for place, fraction in enumerate(PERCENTILES)},
        "longest_wait_s": _longest(shares, longest),
    }


def _longest(shares: Floats, longest: Floats) -> Floats:
    """Return the longest waits, missing where the percentiles are: nobody waited to an end."""
    return np.where(np.isnan(shares).any(axis=1), np.nan, longest)


def _percentile(fraction: float) -> str:
    return f"wait_p{round(100 * fraction)}_s"


def _names(sums: Sums, level: Level) -> pd.Series:
    names = [sums.layout.case.centre.queues[number].name for number in level.queue]
    return pd.Series([*names, *[ALL] * level.wholes], dtype="str")


def _stamps(sums: Sums, level: Level) -> pd.Series:
    return sums.layout.case.forecast["start"].iloc[level.start].reset_index(drop=True)


def _group_names(sums: Sums) -> pd.Series:
    names = [queue.name for queue in sums.layout.case.centre.queues]
    skills = sums.layout.case.skills
    return pd.Series([" + ".join(names[x] for x in np.flatnonzero(row)) for row in skills], dtype="str")


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    ratio: Floats = np.divide(numerator, denominator, out=np.full(np.shape(numerator), np.nan), where=denominator > 0)
    return ratio
