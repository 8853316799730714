"""Stress: what becomes of service when the day is not the one that was planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.checks import check_fraction, check_in_range, check_name
from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.duration import set_duration
from wfm.domain.queue import Channel
from wfm.domain.shift import WORK
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.simulate.case import Unstaffed, still_to_come
from wfm.simulate.model import Model
from wfm.simulate.now import State
from wfm.simulate.replicate import run
from wfm.simulate.result import SimulationResult

__all__ = ["Drill", "Move", "Scenario", "standard_scenarios", "stress"]

_DEFAULT_MODEL = Model()
# An interval has recovered if its level is at most this far below that of the day as planned.
_NEAR = 0.05
PLANNED = "as planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Contacts that come by another queue, in the intervals that the forecast has of both.

    Parameters
    ----------
    source, target
        The queues; what comes to the source while the target is closed stays there.
    share
        Share of the source's contacts that move, in (0, 1].

    Raises
    ------
    DataError
        With every fault.
    """

    source: str
    target: str
    share: float

    def __post_init__(self) -> None:
        check_fraction("share", self.share)
        if self.source == self.target:
            raise DataError(Problem(f"contacts move from {self.source!r} to itself", remedy="give two queues"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way in which things go wrong.

    Parameters
    ----------
    name
        Name, for the report.
    volume, aht
        Factors of the contacts and of their handle times, more than 0; default 1.
    absent
        Share of shifts that nobody comes to, beside the shrinkage of the centre, in [0, 1); default 0.
    outage
        How long nobody can take a contact, from `outage_at` on; default not at all.
    outage_at
        Start of the outage, zoned.
    moves
        Contacts that come by another queue.

    Raises
    ------
    DataError
        With every fault.

    Examples
    --------
    >>> Scenario(name="flu", absent=0.15).volume
    1.0
    """

    name: str
    volume: float = 1.0
    aht: float = 1.0
    absent: float = 0.0
    outage: timedelta | str | None = None
    outage_at: pd.Timestamp | None = None
    moves: tuple[Move, ...] = ()
    outage_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"scenario {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        for name in ("volume", "aht"):
            with faults.collecting():
                check_in_range(name, getattr(self, name), 0.0, include_low=False)
        with faults.collecting():
            check_fraction("absent", self.absent, include_zero=True, include_one=False)
        object.__setattr__(self, "outage_s", None)
        with faults.collecting():
            if self.outage is not None:
                set_duration(self, "outage")
        if (self.outage is None) != (self.outage_at is None):
            faults.add("an outage has a length and a start", remedy="give both outage and outage_at, or neither")
        elif self.outage_at is not None and self.outage_at.tzinfo is None:
            faults.add("outage_at has no zone", remedy="call .tz_localize('Europe/Berlin') with yours")
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drill:
    """What the scenarios do to service.

    Parameters
    ----------
    frame
        See `to_frame`.
    results
        The simulation of each scenario by name, with the day as planned first.
    """

    frame: pd.DataFrame
    results: dict[str, SimulationResult] = field(repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            One row per `scenario, queue`, the day `"as planned"` first: `offered, service_level` with its 95 %
            interval, `level_lost` against the day as planned, `abandonment, asa_s, longest_wait_s, backlog` (highest at
            the end of an interval), `probability_met`, and `recovery_h`: hours from the end of the outage (without one:
            from the first interval) to the start of the first interval from which on every level is at most 5 points
            below that of the day as planned; missing where the last interval has not recovered.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        lines = ["drill"]
        rows = list(self.frame.itertuples())
        width = max(len(row.scenario) for row in rows)
        for place, row in enumerate(rows, 1):
            branch = "└─" if place == len(rows) else "├─"
            level = "no service level" if pd.isna(row.service_level) else f"{row.service_level:6.1%}"
            back = "does not recover" if pd.isna(row.recovery_h) else f"recovers in {row.recovery_h:.1f} h"
            lines.append(
                f"{branch} {row.scenario:<{width}}  {row.queue}: {level}, backlog up to {row.backlog:,.0f}, {back}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, float_format="{:.4g}".format, na_rep="–"))


def standard_scenarios(forecast: FrameLike, centre: Centre) -> tuple[Scenario, ...]:
    """Return the usual drill.

    Volume times 1.5, 2, 3 and 5, AHT + 30 %, an outage of an hour from the busiest interval on, 15 % absent, and half
    of the chats by phone, where the centre has both.

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": [start], "offered": [30.0]})
    >>> [scenario.name for scenario in standard_scenarios(forecast, make_centre())][-3:]
    ['AHT +30 %', 'outage of an hour', '15 % absent']
    """
    ahead = as_frame(forecast, "forecast", tz=centre.tz)
    busiest = ahead.groupby("start")["offered"].sum().idxmax()
    scenarios = [Scenario(name=f"volume x{factor:g}", volume=factor) for factor in (1.5, 2.0, 3.0, 5.0)]
    scenarios.append(Scenario(name="AHT +30 %", aht=1.3))
    scenarios.append(Scenario(name="outage of an hour", outage="1h", outage_at=busiest))
    scenarios.append(Scenario(name="15 % absent", absent=0.15))
    present = set(ahead["queue"])
    named = {
        channel: [q.name for q in centre.queues if q.channel is channel and q.name in present] for channel in Channel
    }
    if named[Channel.CHAT] and named[Channel.PHONE]:
        moves = tuple(Move(source=name, target=named[Channel.PHONE][0], share=0.5) for name in named[Channel.CHAT])
        scenarios.append(Scenario(name="half of chat to phone", moves=moves))
    return tuple(scenarios)


def stress(
    forecast: FrameLike,
    roster: FrameLike,
    centre: Centre,
    *,
    scenarios: Iterable[Scenario] | None = None,
    replications: int = 30,
    seed: int = 0,
    workers: int = 1,
    model: Model = _DEFAULT_MODEL,
    state: State | None = None,
    unstaffed: Unstaffed = "refuse",
) -> Drill:
    """Simulate a roster under scenarios, and say what service, backlog and recovery become.

    Parameters
    ----------
    forecast, roster, centre, workers, model, unstaffed
        As in `run`.
    scenarios
        The scenarios, of different names; default `standard_scenarios(forecast, centre)`.
    replications
        Replications of each, 1 or more; default 30.
    seed
        Seed of the random numbers, the same for each scenario; default 0.
    state
        As in `run`: the scenarios are of the rest of the day. Shifts that have begun are not missed, and there are no
        more of the contacts that are there already. Default: an empty centre before the first interval.

    Raises
    ------
    DataError
        As `run`; or if two scenarios have one name, a move names an unknown queue, or an outage lies outside the
        forecast or leaves nobody at work.

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> start = pd.date_range("2026-01-05 09:00", periods=6, freq="30min", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": start, "offered": 30.0})
    >>> roster = pd.DataFrame({"employee": [f"A{n:02d}" for n in range(1, 9)], "start": start[0],
    ...                        "end": start[-1] + pd.Timedelta(minutes=30), "activity": "work", "queue": "calls"})
    >>> drill = stress(forecast, roster, make_centre(people=8), scenarios=[Scenario(name="rush", volume=1.5)])
    >>> frame = drill.to_frame().set_index("scenario")
    >>> bool(frame.loc["rush", "service_level"] < frame.loc["as planned", "service_level"])
    True
    """
    ahead = as_frame(forecast, "forecast", tz=centre.tz, known={"queue": [queue.name for queue in centre.queues]})
    if state is not None:
        ahead = still_to_come(ahead, state, centre)
    activities = as_frame(roster, "activities")
    chosen = standard_scenarios(ahead, centre) if scenarios is None else tuple(scenarios)
    _check(chosen, ahead, centre)
    results = {}
    for scenario in (Scenario(name=PLANNED), *chosen):
        results[scenario.name] = run(
            _volumes(ahead, centre, scenario),
            _off_seat(activities, scenario),
            _thinned(centre, scenario),
            replications=replications,
            seed=seed,
            workers=workers,
            model=model,
            state=state,
            unstaffed=unstaffed,
        )
    rows = []
    for scenario in (Scenario(name=PLANNED), *chosen):
        rows.extend(_rows(scenario, results[scenario.name], results[PLANNED]))
    return Drill(frame=pd.DataFrame(rows).astype({"scenario": "str", "queue": "str"}), results=results)


def _check(scenarios: tuple[Scenario, ...], ahead: pd.DataFrame, centre: Centre) -> None:
    faults = Faults("the scenarios")
    names = [PLANNED, *(scenario.name for scenario in scenarios)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        faults.add(f"two scenarios are named {name!r}", remedy="rename one")
    present = sorted(set(ahead["queue"]))
    first, end = ahead["start"].min(), ahead["start"].max() + pd.Timedelta(seconds=centre.interval_s)
    for scenario in scenarios:
        if scenario.outage_at is not None and not first - _length(scenario) < scenario.outage_at < end:
            remedy = f"give an outage_at from {first} to before {end}"
            faults.add("the outage lies outside the forecast", where=scenario.name, remedy=remedy)
        for move in scenario.moves:
            for queue in (move.source, move.target):
                if queue not in present:
                    remedy = did_you_mean(queue, present)
                    faults.add(f"queue {queue!r} is not in the forecast", where=scenario.name, remedy=remedy)
    faults.raise_if_any()


def _length(scenario: Scenario) -> pd.Timedelta:
    return pd.Timedelta(seconds=scenario.outage_s or 0.0)


def _volumes(ahead: pd.DataFrame, centre: Centre, scenario: Scenario) -> pd.DataFrame:
    frame = ahead.assign(offered=ahead["offered"] * scenario.volume)
    if scenario.aht != 1.0:
        if "aht_s" not in frame.columns:
            planned = {queue.name: queue.aht_s for queue in centre.queues}
            frame = frame.assign(aht_s=frame["queue"].map(planned).astype("float64"))
        frame = frame.assign(aht_s=frame["aht_s"] * scenario.aht)
    for move in scenario.moves:
        source, target = frame["queue"] == move.source, frame["queue"] == move.target
        arriving = frame["start"].map(frame[source].set_index("start")["offered"] * move.share).fillna(0.0)
        leaves = source & frame["start"].isin(frame.loc[target, "start"])
        kept = np.where(leaves, frame["offered"] * (1 - move.share), frame["offered"])
        frame = frame.assign(offered=np.where(target, kept + arriving, kept))
    return frame[[column for column in ("queue", "start", "offered", "aht_s") if column in frame.columns]]


def _off_seat(activities: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the roster with nobody at work during the outage."""
    if scenario.outage is None or scenario.outage_at is None:
        return activities
    begin = scenario.outage_at.tz_convert(activities["start"].dt.tz)
    end = begin + _length(scenario)
    hit = (activities["activity"] == WORK.name) & (activities["start"] < end) & (activities["end"] > begin)
    struck = activities[hit]
    before = struck[struck["start"] < begin].assign(end=begin)
    after = struck[struck["end"] > end].assign(start=end)
    middle = struck.assign(
        start=struck["start"].clip(lower=begin), end=struck["end"].clip(upper=end), activity="outage", queue=None
    ).astype({"queue": "str"})
    parts = [part for part in (activities[~hit], before, middle, after) if len(part)]
    return pd.concat(parts, ignore_index=True)


def _thinned(centre: Centre, scenario: Scenario) -> Centre:
    if scenario.absent == 0.0:
        return centre
    more = Shrinkage(name=f"scenario {scenario.name}", fraction=scenario.absent, whole_shift=True)
    return replace(centre, shrinkage=(*centre.shrinkage, more))


def _rows(scenario: Scenario, result: SimulationResult, planned: SimulationResult) -> list[dict[str, object]]:
    normal = planned.summary.set_index("queue")["service_level"]
    columns = (
        "offered",
        "service_level",
        "service_level_low",
        "service_level_high",
        "abandonment",
        "asa_s",
        "longest_wait_s",
        "backlog",
        "probability_met",
    )
    rows = []
    for row in result.summary[result.summary["queue"] != "all"].to_dict("records"):
        name = row["queue"]
        told = {column: row[column] for column in columns}
        lost = normal[name] - row["service_level"]
        recovery = _recovery_h(scenario, result.intervals, planned.intervals, name)
        rows.append({"scenario": scenario.name, "queue": name, **told, "level_lost": lost, "recovery_h": recovery})
    return rows


def _recovery_h(scenario: Scenario, found: pd.DataFrame, planned: pd.DataFrame, queue: str) -> float:
    """Return the hours until every later interval is near the level as planned."""
    mine = (found["queue"] == queue).to_numpy()
    starts = found.loc[mine, "start"].reset_index(drop=True)
    off = planned.loc[mine, "service_level"].to_numpy() - found.loc[mine, "service_level"].to_numpy()
    low = np.flatnonzero(off > _NEAR)
    since = starts.iloc[0]
    if scenario.outage is not None and scenario.outage_at is not None:
        since = scenario.outage_at + _length(scenario)
    if not len(low):
        return 0.0
    if low[-1] + 1 == len(starts):
        return float("nan")
    return max(0.0, float((starts.iloc[low[-1] + 1] - since) / pd.Timedelta(hours=1)))
