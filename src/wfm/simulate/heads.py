"""The cheapest heads by skill group that meet every target in simulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from wfm.checks import check_choice, check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.domain.hours import CalendarSpec
from wfm.domain.targets import MeanAnswer
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike, as_frame
from wfm.simulate.engine import Ints
from wfm.simulate.frames import pooled_ratio
from wfm.simulate.measure import COLUMNS
from wfm.simulate.model import Model
from wfm.simulate.result import Stop
from wfm.simulate.search import Found, Watch, cheapest
from wfm.simulate.tally import limit_of
from wfm.simulate.teams import Bench, Blocks, Group, groups_of

__all__ = ["Heads", "HeadsScope", "staff"]

_DEFAULT_MODEL = Model()


class HeadsScope(StrEnum):
    """What the heads are for."""

    INTERVAL = "interval"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heads:
    """Heads by skill group that meet every target in simulation.

    Parameters
    ----------
    frame
        See `to_frame`.
    targets
        One row per `queue, start, target`: its `limit`, the `value` over the replications of the search, whether that
        `held`, and `fresh, fresh_low, fresh_high`: the value and its 95 % interval over as many others that the search
        did not see. The value of the search is at its limit by choice, and so that of others is a little worse on
        average.
    groups
        The skill groups.
    cost, bound
        Cost of all heads, and that of the flow lower bound, below which no heads can be.
    cuts, simulations
        Cuts kept, and times that all replications were played.
    replications, seed
        How many a time, and of which seed.
    stop
        Why the search ended. One that was stopped leaves heads that may be too many; `missed` tells whether they are
        too few.
    """

    frame: pd.DataFrame
    targets: pd.DataFrame
    groups: tuple[Group, ...]
    cost: float
    bound: float
    cuts: int
    simulations: int
    replications: int
    seed: int
    stop: Stop = Stop.COMPLETE

    @property
    def partial(self) -> bool:
        """Whether the search was stopped before its end."""
        return self.stop is not Stop.COMPLETE

    @property
    def missed(self) -> pd.DataFrame:
        """The targets that the heads miss in the replications of the search: none unless it was stopped early."""
        return self.targets[~self.targets["held"]].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            `group, start, agents, scheduled`: heads on seat, and with the shrinkage that no roster places.
        """
        return self.frame.copy()

    def of(self, start: pd.Timestamp | None = None) -> dict[str, int]:
        """Return the heads on seat by group at a start; default the first."""
        first = self.frame["start"].min() if start is None else start
        rows = self.frame[self.frame["start"] == first]
        return dict(zip(rows["group"], rows["agents"].tolist(), strict=True))

    def __str__(self) -> str:
        blocks = self.frame["start"].nunique()
        why = f", stopped: {self.stop}" if self.partial else ""
        lines = [f"heads: cost {self.cost:,.2f}, at least {self.bound:,.2f}; {self.simulations} simulations{why}"]
        total = self.frame.groupby("group", sort=False)["agents"].agg(["sum", "max"])
        for name, row in total.iterrows():
            told = f"{row['sum']}" if blocks == 1 else f"{row['sum']} in {blocks} intervals, at most {row['max']}"
            lines.append(f"├─ {name}: {told}")
        if len(self.missed):
            lines.append(f"├─ too few: {len(self.missed)} of {len(self.targets)} targets are missed, see `missed`")
        apart = (self.targets["value"] - self.targets["limit"]).abs()
        if apart.isna().all():
            return "\n".join([*lines, "└─ no contact to judge"])
        row = self.targets.loc[apart.idxmin()]
        lines.append(f"└─ closest: {row['queue']} {row['target']}: {row['value']:.3f} ({row['fresh']:.3f} on others)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    forecast: pd.DataFrame = field(repr=False)
    centre: Centre
    blocks: Blocks


def staff(
    forecast: FrameLike,
    centre: Centre,
    *,
    groups: Sequence[Group] | None = None,
    scope: HeadsScope | str = HeadsScope.INTERVAL,
    model: Model = _DEFAULT_MODEL,
    replications: int = 20,
    length: timedelta | str = "40h",
    seed: int = 0,
    time_limit: timedelta | str | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Heads:
    """Return the cheapest heads per skill group and interval such that every queue meets its targets in simulation.

    The search begins at the flow lower bound (heads through which the work that must be served can flow), adds agents
    where a target is missed, by cuts from the gradient that one more agent of each group shows, and takes away what
    is not needed. With one block one or two agents are exchanged for one or two cheaper ones, and up to three more who
    serve several queues stand in for others where that is cheaper. At the end no single
    agent of any interval can be spared, nor exchanged for a cheaper one, with every queue on target, in these
    replications; agents of intervals four hours and more apart are tried together, each judged by what follows until
    the next. It is a search: that no cheaper heads exist is not proven.

    It takes no `state`: heads are bought for whole intervals to come, and who is there today is there already; what a
    change of the rest of today brings is told by `compare`.

    Parameters
    ----------
    forecast
        Frame `forecast` or a result that gives one, on the centre's interval.
    centre
        The centre; the employees count only as the default of `groups`.
    groups
        Skill groups with their costs; default those of the centre's employees.
    scope
        `"interval"` (default): heads for each interval, in each of which every target holds for the contacts that come
        in it. `"block"`: one number per group for a steady volume, that of the single interval that the forecast has
        of each queue.
    model
        As in `run`.
    replications
        Replications of each simulation, 2 or more; default 20.
    length
        With a block: length of each replication, of which the first tenth, in which the centre fills, is not judged;
        at least 10 intervals, default 40 hours.
    seed
        Seed of the random numbers; default 0.
    time_limit
        Wall-clock time after which the search ends, looked at between simulations; default none. What was found until
        then is returned, as on an interrupt, and says so: see `Heads.stop`, `Heads.missed`.
    cancel
        Asked between simulations; true ends the search in the same way.

    Raises
    ------
    DataError
        With every fault of the forecast, the groups or the numbers.
    InfeasibleError
        If a queue misses its targets however many agents there are.

    Examples
    --------
    >>> from wfm.domain import Queue, ServiceLevel
    >>> calls = Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min")
    >>> place = Centre(name="bank", tz="Europe/Berlin", queues=(calls,))
    >>> start = pd.Timestamp("2026-11-02 09:00", tz="Europe/Berlin")
    >>> volume = pd.DataFrame({"queue": ["calls"], "start": start, "offered": 50.0})
    >>> from wfm.domain import Skill
    >>> staff(volume, place, groups=[Group(skills=(Skill("calls"),))], scope="block", replications=10).of()
    {'calls': 8}
    """
    check_int("replications", replications, 2)
    check_int("seed", seed, 0)
    chosen = check_choice("scope", scope, HeadsScope)
    watch = Watch(None if time_limit is None else as_duration("time_limit", time_limit), cancel)
    ahead = as_frame(forecast, "forecast", tz=centre.tz, known={"queue": [queue.name for queue in centre.queues]})
    parts = groups_of(centre) if groups is None else tuple(groups)
    if chosen is HeadsScope.BLOCK:
        asked = _block(ahead, centre, as_duration("length", length))
    else:
        asked = _intervals(ahead, centre)
    bench = Bench.of(asked.forecast, asked.centre, model, parts, asked.blocks, replications=replications, seed=seed)
    found = cheapest(bench, watch, pairs=chosen is HeadsScope.BLOCK)
    fresh = Bench.of(asked.forecast, asked.centre, model, parts, asked.blocks, replications=replications, seed=seed + 1)
    return _told(bench, fresh, found, centre, replications=replications, seed=seed)


def _intervals(ahead: pd.DataFrame, centre: Centre) -> _Request:
    step = pd.Timedelta(seconds=centre.interval_s)
    starts = pd.DatetimeIndex(sorted(ahead["start"].unique()))
    at = ((starts - starts[0]) // step).to_numpy(dtype=np.int64)
    of_interval = np.full(int(at.max()) + 1, -1)
    of_interval[at] = np.arange(len(starts))
    blocks = Blocks(
        of_row=starts.get_indexer(pd.DatetimeIndex(ahead["start"])).astype(np.int64),
        of_interval=of_interval,
        starts=starts,
        hours=np.full(len(starts), centre.interval_s / 3600),
    )
    return _Request(forecast=ahead, centre=centre, blocks=blocks)


def _block(ahead: pd.DataFrame, centre: Centre, length: timedelta) -> _Request:
    """Return a steady volume, long enough for the centre to fill, and to serve the last ones that are judged."""
    stamps = ahead["start"].unique()
    if len(stamps) > 1:
        what = f"a block with {len(stamps)} intervals"
        raise DataError(Problem(what, remedy="give one interval of each queue, or scope='interval'"))
    step = pd.Timedelta(seconds=centre.interval_s)
    count = int(length / step)
    if count < 10:
        what = f"a block of {count} intervals"
        raise DataError(Problem(what, remedy=f"give a length of {10 * step} or more"))
    starts = ahead["start"].iloc[0] + np.arange(count) * step
    rows = ahead.loc[ahead.index.repeat(count)].reset_index(drop=True).assign(start=np.tile(starts, len(ahead)))
    at = np.tile(np.arange(count), len(ahead))
    blocks = Blocks(
        of_row=np.where((at < count // 10) | (at >= count - 1), -1, 0),
        of_interval=np.zeros(count, dtype=np.int64),
        starts=pd.DatetimeIndex([ahead["start"].iloc[0]]),
        hours=np.ones(1),
    )
    always = tuple(replace(queue, hours=None) for queue in centre.queues)
    return _Request(
        forecast=rows.astype({"start": ahead["start"].dtype}),
        centre=replace(centre, queues=always, calendar=CalendarSpec()),
        blocks=blocks,
    )


def _told(bench: Bench, fresh: Bench, found: Found, centre: Centre, *, replications: int, seed: int) -> Heads:
    heads, blocks = found.heads, bench.blocks
    agents: Ints = heads.reshape(-1)
    frame = pd.DataFrame(
        {
            "group": pd.Series([group.name for group in bench.groups], dtype="str").repeat(len(blocks.starts)),
            "start": np.tile(blocks.starts, len(bench.groups)),
        }
    ).reset_index(drop=True)
    present = 1.0 - centre.unrostered_shrinkage
    frame = frame.assign(agents=agents, scheduled=np.ceil(agents / present - 1e-9).astype(np.int64))
    cost = np.array([group.cost_per_hour for group in bench.groups])
    return Heads(
        frame=frame.astype({"start": bench.case.forecast["start"].dtype}),
        targets=_targets(bench, fresh, heads),
        groups=bench.groups,
        cost=float((cost[:, None] * heads * blocks.hours).sum()),
        bound=found.bound,
        cuts=found.cuts,
        simulations=bench.played,
        replications=replications,
        seed=seed,
        stop=found.stop,
    )


def _targets(bench: Bench, fresh: Bench, heads: Ints) -> pd.DataFrame:
    _, values = bench.values(heads)
    tables = np.array(fresh.tables(heads))
    total = tables.sum(axis=0)
    rows = []
    for cell, (queue, block) in enumerate(bench.cells):
        for place, target in enumerate(bench.case.centre.queues[queue].targets):
            column = len(COLUMNS) + 2 * place
            above, below = tables[:, cell, column], tables[:, cell, column + 1]
            squares = np.array([[(above**2).sum(), (below**2).sum(), (above * below).sum()]])
            sums = total[[cell], column], total[[cell], column + 1]
            limit, at_least = limit_of(target)
            reached = values[cell, place]
            highest = np.inf if isinstance(target, MeanAnswer) else 1.0
            value, low, high = pooled_ratio(*sums, squares, len(tables), highest=highest)
            rows.append(
                {
                    "queue": bench.case.centre.queues[queue].name,
                    "start": bench.blocks.starts[block],
                    "target": str(target),
                    "limit": limit,
                    "value": reached,
                    "held": not (reached < limit if at_least else reached > limit),
                    "fresh": value[0],
                    "fresh_low": low[0],
                    "fresh_high": high[0],
                }
            )
    return pd.DataFrame(rows).astype({"queue": "str", "target": "str"})
