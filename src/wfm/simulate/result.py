"""What replications say."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from wfm.errors import DataError, Problem
from wfm.simulate import frames
from wfm.simulate.tally import Sums

__all__ = ["SimulationResult", "Stop", "Volume", "summarise"]


class Stop(StrEnum):
    """Why no more replications were simulated."""

    COMPLETE = "complete"
    PRECISE = "precise enough"
    MOST = "most replications"
    TIME_LIMIT = "time limit"
    CANCELLED = "cancelled"


class Volume(StrEnum):
    """Around what the contacts of the replications were drawn."""

    EXPECTED = "expected volume"
    PATHS = "courses of uncertain volume"
    REPLAY = "replayed contacts"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationResult:
    """How well a roster answers, by interval, day and queue.

    Bounds `_low, _high` are those of the 95 % confidence interval over replications. A figure is missing where there
    was nothing it is about in any replication.

    Parameters
    ----------
    intervals
        One row per `queue, start` of the forecast. Means over the replications: `offered, answered, abandoned,
        blocked, unserved` (contacts), `asa_s` (of the answered), `mean_wait_s` (of these and the abandoned), of the
        same the percentiles `wait_p50_s, wait_p80_s, wait_p90_s, wait_p95_s` over all replications together (to 5 %
        above a minute) and `longest_wait_s` (mean of the longest), `aht_s`, `agents` (on seat, who serve the queue)
        and their `occupancy`, `backlog` (in line at the end), `lateness_s` (of deferred work: mean time done after it
        was due, 0 where it was in time), `overtime_h` (of these agents, beyond shifts that ended in the interval, or
        since the last one that the forecast has), and `probability_met`: the share of replications in which all targets
        of the queue held. `service_level` with its bounds is that of the queue's target (see `summary`).
    days
        One row per `queue, day` of the centre's zone, and rows of the queue `"all"`: the same figures, with bounds of
        `service_level`, `abandonment` and `occupancy`; `agent_h` on seat, `backlog` the highest at the end of an
        interval.
    summary
        One row per queue and the row `"all"`: the same figures over the whole horizon, shares and means with their
        bounds; `target` (what `service_level` stands for: the first `ServiceLevel`; else a `Deadline`: share done in
        time; else a `MeanAnswer` or `LongestWait`: share of the offered answered within its threshold),
        `target_fraction`, and `probability_met`: the share of replications in which all targets of the queue held over
        the whole horizon. In the row "all" `target` is missing, `service_level` pools the live queues, each by its own
        target, `backlog` is that of the queue with the longest line, and `probability_met` is about all targets of all
        queues at once.
    targets
        One row per `queue, target`: mean `value` of what the target limits with its bounds, `limit`, and the
        share of replications in which it held, `probability_met`. Where nothing was to be judged it held; where
        contacts came and nobody was answered, a target about the answered was missed, and has no value. The value of a
        `LongestWait` is the share of contacts whose virtual wait is longer; whoever no agent came to counts as such.
    groups
        One row per skill group: `group` (its queues), `agents` (people), `staffed_h`, `busy_h` and `occupancy` with its
        bounds, all within the intervals from the first to the last of the forecast, and `overtime_h`.
    group_intervals
        One row per `group, start`: `agents` on seat and `occupancy`.
    bases
        The service level with its bounds on each of the seven bases: `scope` ("overall", "day", "interval"), `queue,
        start, basis`. The acceptable wait is that of the queue's target; queues without one have none, and the two
        bases of short abandons are missing where no threshold of short abandons was given.
    by_replication
        One row per `replication, queue`: `offered, answered, abandoned, service_level, asa_s, occupancy`, and `met`:
        whether all targets of the queue held. Of antithetic replications each row is the mean of a pair.
    overtime_h, late_break_h
        Mean hours of a replication that people worked beyond their shifts, and by which breaks began late.
    replications, seed
        How many, and of which seed.
    stop
        Why there were no more.
    volume
        Around what the contacts were drawn.
    """

    intervals: pd.DataFrame
    days: pd.DataFrame
    summary: pd.DataFrame
    targets: pd.DataFrame
    groups: pd.DataFrame
    group_intervals: pd.DataFrame
    bases: pd.DataFrame = field(repr=False)
    by_replication: pd.DataFrame = field(repr=False)
    overtime_h: float
    late_break_h: float
    replications: int
    seed: int
    stop: Stop = Stop.COMPLETE
    volume: Volume = Volume.EXPECTED

    @property
    def partial(self) -> bool:
        """Whether fewer replications were simulated than were asked for, or less was reached."""
        return self.stop not in (Stop.COMPLETE, Stop.PRECISE)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of `intervals`."""
        return self.intervals.copy()

    def failing(self, scope: str = "interval") -> pd.DataFrame:
        """Return the intervals or days whose service level is below the queue's target, the worst first.

        Parameters
        ----------
        scope
            `"interval"` (default) or `"day"`.

        Returns
        -------
        pandas.DataFrame
            Rows of `intervals` or `days` with two more columns: `target_fraction`, and `missed`: contacts by which
            the row falls short of it in the mean. Queues without a `ServiceLevel` or `Deadline` have no fraction and
            are left out.

        Raises
        ------
        DataError
            If there is no such scope.
        """
        if scope not in ("interval", "day"):
            raise DataError(Problem(f"unknown scope {scope!r}", remedy="give 'interval' or 'day'"))
        rows, when = (self.intervals, "start") if scope == "interval" else (self.days, "day")
        fraction = self.summary.set_index("queue")["target_fraction"]
        frame = rows.assign(target_fraction=rows["queue"].map(fraction))
        frame = frame.assign(missed=(frame["target_fraction"] - frame["service_level"]) * frame["offered"])
        frame = frame[frame["service_level"] < frame["target_fraction"]]
        return frame.sort_values(["missed", "queue", when], ascending=[False, True, True], ignore_index=True)

    def __str__(self) -> str:
        why = f", stopped: {self.stop}" if self.stop is not Stop.COMPLETE else ""
        of = "" if self.volume is Volume.EXPECTED else f" of {self.volume}"
        count = f"{self.replications} replication{'s' * (self.replications != 1)}"
        lines = [f"simulation: {count}{of}, seed {self.seed}{why}"]
        width = max(len(name) for name in self.summary["queue"])
        for row in self.summary.itertuples():
            level = "no service level"
            if not pd.isna(row.service_level):
                bounds = f"[{row.service_level_low:.1%}, {row.service_level_high:.1%}]"
                level = f"{row.service_level:6.1%} {'no interval' if pd.isna(row.service_level_low) else bounds}"
            named = "live queues together" if row.queue == frames.ALL else row.target
            lines.append(
                f"├─ {row.queue:<{width}}  {level}{'' if pd.isna(named) else f'  {named}'}; "
                f"{'nobody answered' if pd.isna(row.asa_s) else f'asa {row.asa_s:.1f} s'}, "
                f"abandoned {'–' if pd.isna(row.abandonment) else f'{row.abandonment:.1%}'}, "
                f"occupancy {'–' if pd.isna(row.occupancy) else f'{row.occupancy:.1%}'}, "
                f"targets met in {row.probability_met:.0%}"
            )
        lines.append(_failing(self.failing(), len(self.intervals)))
        lines.append(f"└─ overtime {self.overtime_h:,.1f} h, breaks late by {self.late_break_h:,.1f} h")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.summary.to_html(index=False, float_format="{:.4g}".format, na_rep="–"))


def _failing(failing: pd.DataFrame, count: int) -> str:
    """Return the line about the intervals below target, with the three worst named."""
    line = f"├─ {len(failing)} of {count} intervals below target"
    worst = [f"{row.queue} {row.start:%a %d %b %H:%M} {row.service_level:.0%}" for row in failing[:3].itertuples()]
    return f"{line}: {', '.join(worst)}{', …' * (len(failing) > 3)}" if worst else line


def summarise(sums: Sums, *, seed: int, stop: Stop, volume: Volume) -> SimulationResult:
    """Return the result of all replications."""
    groups = frames.groups(sums)
    return SimulationResult(
        intervals=frames.intervals(sums),
        days=frames.days(sums),
        summary=frames.summary(sums),
        targets=frames.targets(sums),
        groups=groups,
        group_intervals=frames.group_intervals(sums),
        bases=frames.bases(sums),
        by_replication=frames.by_replication(sums),
        overtime_h=float(groups["overtime_h"].sum()),
        late_break_h=sum(sums.late_break_s) / len(sums.late_break_s) / 3600,
        replications=sums.replications,
        seed=seed,
        stop=stop,
        volume=volume,
    )
