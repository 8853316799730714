"""Replications summed up, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MeanAnswer,
    ServiceLevel,
    Target,
)
from wfm.simulate.measure import COLUMNS, judged_by, served_share

if TYPE_CHECKING:
    from wfm.simulate.case import Case
    from wfm.simulate.engine import Flags, Floats
    from wfm.simulate.measure import Measured

__all__ = ["SimulationResult", "Sums", "summarise"]

_CONFIDENCE = 0.95
_AT = {name: number for number, name in enumerate(COLUMNS)}
_ALL = "all"


@dataclass(slots=True)
class Sums:
    """Sums over replications by row of the forecast, and a table with a row per replication."""

    rows: Floats
    squares: Floats  # by row: met², judged², met · judged
    busy_s: Floats  # by skill group and interval
    staffed_s: Floats
    tables: list[Floats] = field(default_factory=list)  # by queue: COLUMNS, longest wait, busy, staffed
    values: list[Floats] = field(default_factory=list)  # by target
    groups: list[Floats] = field(default_factory=list)  # by skill group: busy, staffed
    extra: list[tuple[float, float]] = field(default_factory=list)  # overtime and late breaks in seconds

    @classmethod
    def empty(cls, case: Case) -> Sums:
        """Return the sums of no replication."""
        shape = (len(case.skills), case.intervals)
        size = len(case.queue)
        return cls(np.zeros((size, len(COLUMNS))), np.zeros((size, 3)), np.zeros(shape), np.zeros(shape))

    def take(self, case: Case, measured: Measured) -> None:
        """Add one replication."""
        met, judged = measured.rows[:, _AT["met"]], measured.rows[:, _AT["judged"]]
        self.rows += measured.rows
        self.squares += np.column_stack([met * met, judged * judged, met * judged])
        self.busy_s += measured.busy_s
        self.staffed_s += measured.staffed_s
        table = np.zeros((len(case.centre.queues), len(COLUMNS)))
        np.add.at(table, case.queue, measured.rows)
        busy, staffed = (served_share(case, share).sum(axis=1) for share in (measured.busy_s, measured.staffed_s))
        self.tables.append(np.column_stack([table, measured.longest_s, busy, staffed]))
        self.values.append(measured.limited)
        self.groups.append(np.column_stack([measured.busy_s.sum(axis=1), measured.staffed_s.sum(axis=1)]))
        self.extra.append((measured.overtime_s, measured.late_break_s))

    def add(self, other: Sums) -> None:
        """Add the replications of another block."""
        for name in ("rows", "squares", "busy_s", "staffed_s"):
            getattr(self, name).__iadd__(getattr(other, name))
        for name in ("tables", "values", "groups", "extra"):
            getattr(self, name).extend(getattr(other, name))

    @property
    def contacts(self) -> float:
        """Contacts of all replications."""
        return float(self.rows[:, _AT["offered"]].sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationResult:
    """How well a roster answers, by interval and by queue.

    Parameters
    ----------
    intervals
        One row per `queue, start` of the forecast. Means over the replications: `offered, answered, abandoned,
        unserved` (contacts), `asa_s` (of the answered), `mean_wait_s` (of the answered and the abandoned), `aht_s`,
        `agents` (on seat, of all who serve the queue) and their `occupancy`. `service_level` with its 95 % interval
        `service_level_low, service_level_high` is that of the queue's target (see `summary`). Missing where there was
        no contact in any replication.
    summary
        One row per queue and the row `"all"`: the same figures over the whole horizon, shares and means with their 95 %
        interval in `_low, _high`; `target` (what `service_level` stands for: the first `ServiceLevel`; else a
        `Deadline`: share done in time; else a `MeanAnswer` or `LongestWait`: share of the offered answered within its
        threshold), `target_fraction`, `longest_wait_s` (mean over replications of the longest), and `probability_met`:
        the share of replications in which all targets of the queue held over the whole horizon. In the row "all"
        `target` is missing, `service_level` pools the live queues, each by its own target, and `probability_met` is
        about all targets of all queues at once.
    targets
        One row per `queue, target`: mean `value` of what the target limits with its 95 % interval, `limit`, and the
        share of replications in which it held, `probability_met`. Where nothing was to be judged it held; where
        contacts came and nobody was answered, a target about the answered was missed, and has no value. The value of a
        `LongestWait` is the share of contacts whose virtual wait is longer; whoever no agent came to counts as such.
    groups
        One row per skill group: `group` (its queues), `agents` (people), `staffed_h`, `busy_h` and `occupancy` with its
        95 % interval, all within the intervals from the first to the last of the forecast.
    overtime_h, late_break_h
        Mean hours of a replication that people worked beyond their shifts, and by which breaks began late.
    replications, seed
        How many, and of which seed.
    """

    intervals: pd.DataFrame
    summary: pd.DataFrame
    targets: pd.DataFrame
    groups: pd.DataFrame
    overtime_h: float
    late_break_h: float
    replications: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of `intervals`."""
        return self.intervals.copy()

    def failing(self) -> pd.DataFrame:
        """Return the rows of `intervals` whose service level is below the queue's target, the worst first.

        Adds `target_fraction`, and `missed`: contacts by which the interval falls short of it in the mean. Queues
        without a `ServiceLevel` or `Deadline` have no fraction and are left out.
        """
        fraction = self.summary.set_index("queue")["target_fraction"]
        frame = self.intervals.assign(target_fraction=self.intervals["queue"].map(fraction))
        frame = frame.assign(missed=(frame["target_fraction"] - frame["service_level"]) * frame["offered"])
        frame = frame[frame["service_level"] < frame["target_fraction"]]
        return frame.sort_values(["missed", "queue", "start"], ascending=[False, True, True], ignore_index=True)

    def __str__(self) -> str:
        lines = [f"simulation: {self.replications} replication{'s' * (self.replications != 1)}, seed {self.seed}"]
        width = max(len(name) for name in self.summary["queue"])
        for row in self.summary.itertuples():
            level = "no service level"
            if not pd.isna(row.service_level):
                bounds = f"[{row.service_level_low:.1%}, {row.service_level_high:.1%}]"
                level = f"{row.service_level:6.1%} {'no interval' if pd.isna(row.service_level_low) else bounds}"
            named = "live queues together" if row.queue == _ALL else row.target
            lines.append(
                f"├─ {row.queue:<{width}}  {level}{'' if pd.isna(named) else f'  {named}'}; "
                f"{'nobody answered' if pd.isna(row.asa_s) else f'asa {row.asa_s:.1f} s'}, "
                f"abandoned {'–' if pd.isna(row.abandonment) else f'{row.abandonment:.1%}'}, "
                f"occupancy {'–' if pd.isna(row.occupancy) else f'{row.occupancy:.1%}'}, "
                f"targets met in {row.probability_met:.0%}"
            )
        failing = len(self.failing())
        lines.append(f"├─ {failing} of {len(self.intervals)} intervals below target")
        lines.append(f"└─ overtime {self.overtime_h:,.1f} h, breaks late by {self.late_break_h:,.1f} h")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.summary.to_html(index=False, float_format="{:.4g}".format, na_rep="–"))


def summarise(case: Case, sums: Sums, *, seed: int) -> SimulationResult:
    """Return the result of all replications."""
    extra = np.array(sums.extra).mean(axis=0) / 3600
    targets, held = _targets(case, sums)
    return SimulationResult(
        intervals=_intervals(case, sums),
        summary=_summary(case, sums, held),
        targets=targets,
        groups=_groups(case, sums),
        overtime_h=float(extra[0]),
        late_break_h=float(extra[1]),
        replications=len(sums.tables),
        seed=seed,
    )


def _intervals(case: Case, sums: Sums) -> pd.DataFrame:
    count = len(sums.tables)
    column = {name: sums.rows[:, number] for name, number in _AT.items()}
    gone = column["answered"] + column["abandoned"]
    busy, staffed = (
        served_share(case, share)[case.queue, case.interval] / count for share in (sums.busy_s, sums.staffed_s)
    )
    level, low, high = _pooled_ratio(column["met"], column["judged"], sums.squares, count)
    frame = case.forecast.reset_index(drop=True)
    return frame.assign(
        offered=column["offered"] / count,
        answered=column["answered"] / count,
        abandoned=column["abandoned"] / count,
        unserved=(column["offered"] - gone) / count,
        service_level=level,
        service_level_low=low,
        service_level_high=high,
        asa_s=_divide(column["wait_s"], column["answered"]),
        mean_wait_s=_divide(column["wait_s"] + column["left_wait_s"], gone),
        aht_s=_divide(column["handle_s"], column["answered"]),
        agents=staffed / case.centre.interval_s,
        occupancy=_divide(busy, staffed),
    )


def _summary(case: Case, sums: Sums, held: Flags) -> pd.DataFrame:
    table = np.array(sums.tables)
    queues = case.centre.queues
    present = sorted(np.unique(case.queue).tolist(), key=lambda number: queues[number].name)
    rows = []
    for number in present:
        target = judged_by(queues[number])
        rows.append(
            {
                "queue": queues[number].name,
                "target": None if target is None else str(target),
                "target_fraction": getattr(target, "fraction", float("nan")),
                **_figures(table[:, number]),
                "probability_met": _met([held[:, x] for x in _numbers(case, number)]),
            }
        )
    live = [number for number in present if not queues[number].is_deferred] or present
    whole = table[:, present].sum(axis=1)
    for name in ("met", "judged"):
        whole[:, _AT[name]] = table[:, live, _AT[name]].sum(axis=1)
    # Agents who serve several queues must not be counted several times.
    whole[:, -2:] = np.array(sums.groups).sum(axis=1)
    whole[:, -3] = table[:, present, -3].max(axis=1)
    every = [held[:, x] for number in present for x in _numbers(case, number)]
    rows.append(
        {
            "queue": _ALL,
            "target": None,
            "target_fraction": float("nan"),
            **_figures(whole),
            "probability_met": _met(every),
        }
    )
    return pd.DataFrame(rows).astype({"queue": "str", "target": "str"})


def _figures(table: Floats) -> dict[str, float]:
    """Return the figures of a queue from its table: COLUMNS, longest wait, busy and staffed, by replication."""
    column = {name: table[:, number] for name, number in _AT.items()}
    count = len(table)
    figures = {name: float(column[name].sum()) / count for name in ("offered", "answered", "abandoned")}
    figures["unserved"] = figures["offered"] - figures["answered"] - figures["abandoned"]
    ratios = {
        "service_level": (column["met"], column["judged"]),
        "asa_s": (column["wait_s"], column["answered"]),
        "mean_wait_s": (column["wait_s"] + column["left_wait_s"], column["answered"] + column["abandoned"]),
        "abandonment": (column["abandoned"], column["offered"]),
        "occupancy": (table[:, -2], table[:, -1]),
    }
    for name, (numerator, denominator) in ratios.items():
        squares = np.array(
            [[(numerator**2).sum(), (denominator**2).sum(), (numerator * denominator).sum()]], dtype=np.float64
        )
        bounds = _pooled_ratio(
            np.array([numerator.sum()]),
            np.array([denominator.sum()]),
            squares,
            count,
            fraction=not name.endswith("_s"),
        )
        figures.update(zip((name, f"{name}_low", f"{name}_high"), (float(b[0]) for b in bounds), strict=True))
    figures["aht_s"] = float(_divide(column["handle_s"].sum(), column["answered"].sum()))
    figures["longest_wait_s"] = float(table[:, -3].mean())
    return figures


def _numbers(case: Case, queue: int) -> list[int]:
    """Return the numbers of a queue's targets, which are counted over all queues."""
    before = sum(len(item.targets) for item in case.centre.queues[:queue])
    return list(range(before, before + len(case.centre.queues[queue].targets)))


def _met(held: list[Flags]) -> float:
    return float(np.all(held, axis=0).mean())


def _targets(case: Case, sums: Sums) -> tuple[pd.DataFrame, Flags]:
    """Return the frame of targets, and which target held in which replication."""
    from wfm.stats import mean_interval

    values = np.array(sums.values)
    every = [(queue.name, target) for queue in case.centre.queues for target in queue.targets]
    limits = np.array([_limit(target)[0] for _, target in every])
    above = np.array([_limit(target)[1] for _, target in every])
    # Where there was nothing to judge no target was missed.
    held = np.isnan(values) | np.where(above, values >= limits, values <= limits)
    mean = mean_interval(np.where(np.isinf(values), np.nan, values), confidence=_CONFIDENCE)
    frame = pd.DataFrame(
        {
            "queue": pd.Series([name for name, _ in every], dtype="str"),
            "target": pd.Series([str(target) for _, target in every], dtype="str"),
            "limit": limits,
            "value": mean.value,
            "value_low": mean.low,
            "value_high": mean.high,
            "probability_met": held.mean(axis=0),
        }
    )
    present = {case.centre.queues[number].name for number in np.unique(case.queue)}
    return frame[frame["queue"].isin(present)].reset_index(drop=True), held


def _limit(target: Target) -> tuple[float, bool]:
    """Return the limit of a target's value, and whether the value must be above it."""
    if isinstance(target, ServiceLevel | Deadline):
        return target.fraction, True
    if isinstance(target, MeanAnswer):
        return target.within_s, False
    if isinstance(target, LongestWait):
        return target.breach, False
    return target.fraction, False


def _groups(case: Case, sums: Sums) -> pd.DataFrame:
    table = np.array(sums.groups)
    count = len(table)
    names = [queue.name for queue in case.centre.queues]
    rows = []
    for number, row in enumerate(case.skills):
        busy, staffed = table[:, number, 0], table[:, number, 1]
        squares = np.array([[(busy**2).sum(), (staffed**2).sum(), (busy * staffed).sum()]])
        bounds = _pooled_ratio(np.array([busy.sum()]), np.array([staffed.sum()]), squares, count)
        rows.append(
            {
                "group": " + ".join(names[x] for x in np.flatnonzero(row)),
                "agents": int((case.group == number).sum()),
                "staffed_h": float(staffed.mean()) / 3600,
                "busy_h": float(busy.mean()) / 3600,
                **dict(
                    zip(("occupancy", "occupancy_low", "occupancy_high"), (float(b[0]) for b in bounds), strict=True)
                ),
            }
        )
    return pd.DataFrame(rows).astype({"group": "str"})


def _pooled_ratio(
    numerator: Floats, denominator: Floats, squares: Floats, count: int, *, fraction: bool = True
) -> tuple[Floats, Floats, Floats]:
    """Return ratios of totals over replications with their interval; bounds of fractions stay within 0 and 1.

    `squares` has the sums of squares of numerator and denominator and of their product, one row per ratio. Bounds are
    missing with one replication.
    """
    from scipy.special import stdtrit

    ratio = _divide(numerator, denominator)
    if count < 2:
        unknown = np.full(len(ratio), np.nan)
        return ratio, unknown, unknown
    residual = squares[:, 0] - 2 * ratio * squares[:, 2] + ratio**2 * squares[:, 1]
    error = _divide(np.sqrt(np.maximum(residual, 0.0) / (count - 1) * count), denominator)
    half = stdtrit(count - 1, (1 + _CONFIDENCE) / 2) * error
    low = np.maximum(ratio - half, 0.0)
    high = np.minimum(ratio + half, 1.0) if fraction else ratio + half
    return ratio, low, high


def _divide(numerator: Floats, denominator: Floats) -> Floats:
    numerator, denominator = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    ratio: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
    return ratio
