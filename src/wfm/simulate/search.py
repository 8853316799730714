"""The search for the cheapest heads that hold every target in simulation: cuts, then removals, then exchanges."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from typing import NamedTuple

import numpy as np

from wfm.errors import InfeasibleError
from wfm.logs import logger
from wfm.simulate.engine import Flags, Floats, Ints
from wfm.simulate.result import Stop
from wfm.simulate.teams import Bench

__all__ = ["Found", "Watch", "cheapest"]

_LOG = logger("simulate")

# Rounds of cuts before the search gives up; each adds at least one agent wherever something fails.
_ROUNDS = 200
# Agents who serve several queues that are tried at once in place of more of those who serve fewer.
_STANDING_IN = 3
# Changes so far apart are tried together: what one agent less brings about is over by then.
_APART_H = 4.0


class Cut(NamedTuple):
    """Heads of a block must satisfy `share @ heads >= least`."""

    share: Floats
    least: float


class Found(NamedTuple):
    """What the search found."""

    heads: Ints  # by group and block
    bound: float  # cost of the flow lower bound
    cuts: int
    stop: Stop


@dataclass(slots=True)
class Watch:
    """When a search is over before its end.

    Parameters
    ----------
    limit
        Wall-clock time from now, or none.
    cancel
        Asked between simulations; true ends the search.
    """

    limit: timedelta | None = None
    cancel: Callable[[], bool] | None = None
    stop: Stop = field(default=Stop.COMPLETE, init=False)
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = math.inf if self.limit is None else time.monotonic() + self.limit.total_seconds()

    def over(self) -> bool:
        """Whether to stop; `stop` tells why."""
        if self.stop is Stop.COMPLETE:
            if self.cancel is not None and self.cancel():
                self.stop = Stop.CANCELLED
            elif time.monotonic() > self._until:
                self.stop = Stop.TIME_LIMIT
        return self.stop is not Stop.COMPLETE


def cheapest(bench: Bench, watch: Watch, *, pairs: bool) -> Found:
    """Return heads that hold every target, of which none can be taken away, nor exchanged for a cheaper one.

    Blocks that begin four hours or more apart are changed together, and each is judged by the cells up to the next.

    Parameters
    ----------
    bench
        What is played.
    watch
        When to stop. Heads of a search that was stopped may be too many; before the first cuts were over, too few.
    pairs
        Whether two agents at once are exchanged too, which asks for many more simulations.

    Raises
    ------
    InfeasibleError
        If a queue misses its targets however many agents there are.

    Notes
    -----
    The cuts are those of J. Atlason, M. A. Epelman and S. G. Henderson, "Call center staffing with simulation and
    cutting plane methods", Annals of Operations Research 127 (2004), 333-358: where the level of service falls short,
    it and its gradient, by simulation with the same random numbers, bound the heads from below. The level is concave
    only near its target, so that a cut asks for no more than a tenth of the heads at once.
    """
    search = _Search(bench, watch)
    bound = search.price(search.heads)
    try:
        search.add()
        search.reduce(_holds)
        if pairs:
            search.exchange(2, _holds)
            search.substitute(_holds)
        search.reduce(_holds_in_all)
        search.cuts = [[] for _ in search.cuts]
        search.exchange(1, _holds_in_all)
    except KeyboardInterrupt:
        watch.stop = Stop.CANCELLED
    _LOG.info("%d agents, %d cuts, %d simulations: %s", search.heads.sum(), search.cut, bench.played, watch.stop)
    return Found(search.heads, bound, search.cut, watch.stop)


class _Search:
    """The heads so far; from the end of `add` on they hold every target at all times."""

    def __init__(self, bench: Bench, watch: Watch) -> None:
        self.bench, self.watch = bench, watch
        self.cost = np.array([group.cost_per_hour for group in bench.groups])
        self.load = bench.load()
        self.cuts: list[list[Cut]] = [[] for _ in bench.blocks.starts]
        self.cut = 0  # cuts made
        count = len(self.cuts)
        self.heads: Ints = np.stack([_programme(bench, self.cost, self.load[:, t], ()) for t in range(count)], axis=1)
        stride = math.ceil(_APART_H / float(bench.blocks.hours.min()))
        self.apart = [np.arange(first, count, stride) for first in range(min(stride, count))]

    def add(self) -> None:
        """Add agents by cuts until every target holds."""
        for _ in range(_ROUNDS):
            slack = self.bench.slack(self.heads)
            failing = np.flatnonzero(slack < 0)
            if not len(failing) or self.watch.over():
                return
            for block, cut in _new_cuts(self.bench, self.heads, slack, failing):
                self.cuts[block].append(cut)
                self.cut += 1
            for block in np.unique(self.bench.cells[failing, 1]):
                self.heads[:, block] = _programme(self.bench, self.cost, self.load[:, block], self.cuts[block])
        names = {self.bench.case.centre.queues[self.bench.cells[cell, 0]].name for cell in failing}
        what = f"queues {', '.join(sorted(names))} miss their targets with {int(self.heads.sum())} agents in all blocks"
        raise InfeasibleError(f"{what}: soften these targets, or give them a group of their own")

    def reduce(self, holds: Callable[[Bench, Ints], bool]) -> None:
        """Take agents away, the dearest first, until not one can be spared."""
        groups = range(len(self.heads))
        order = sorted(groups, key=lambda g: (-self.cost[g], -int(self.bench.serves[g].sum()), g))
        spared = True
        while spared:
            spared = False
            for group in order:
                fewer = -np.eye(len(self.heads), dtype=np.int64)[group]
                for blocks in self.apart:
                    while len(blocks := self.change(fewer, blocks, holds)):
                        spared = True

    def substitute(self, holds: Callable[[Bench, Ints], bool]) -> None:
        """Let a few more agents who serve several queues stand for others, where that is cheaper.

        Each of the others is taken away in turn, for it is by sharing the work of several queues that they save.
        """
        for group in np.flatnonzero(self.bench.serves.sum(axis=1) > 1).tolist():
            for more in range(1, _STANDING_IN + 1):
                if self.watch.over():
                    return
                known = self.heads
                self.heads = known.copy()
                self.heads[group] += more
                try:
                    self.thin([other for other in range(len(known)) if other != group], holds)
                finally:
                    if self.price(self.heads) > self.price(known) - 1e-9:
                        self.heads = known

    def thin(self, groups: list[int], holds: Callable[[Bench, Ints], bool]) -> None:
        """Take one agent of each of some groups away in turn, until not one can be spared."""
        spared = True
        while spared:
            spared = False
            for group in groups:
                fewer = -np.eye(len(self.heads), dtype=np.int64)[group]
                for blocks in self.apart:
                    spared |= bool(len(self.change(fewer, blocks, holds)))

    def price(self, heads: Ints) -> float:
        """Return what heads cost."""
        return float((self.cost[:, None] * heads * self.bench.blocks.hours).sum())

    def exchange(self, most: int, holds: Callable[[Bench, Ints], bool]) -> None:
        """Exchange agents of a block, at most so many, for cheaper ones, within the cuts, while the targets hold."""
        better = True
        while better:
            better = False
            for blocks in self.apart:
                for move in _moves(self.cost, most):
                    new = self.heads + move[:, None]
                    near = [all(c.share @ new[:, t] >= c.least - 1.0 for c in self.cuts[t]) for t in blocks]
                    better |= bool(len(self.change(move, blocks[near], holds)))
            if better:
                self.reduce(holds)

    def change(self, move: Ints, blocks: Ints, holds: Callable[[Bench, Ints], bool]) -> Ints:
        """Change the heads of blocks that are far apart, where the targets still hold, and return these blocks."""
        able = blocks[(self.heads[:, blocks] + move[:, None] >= 0).all(axis=0)]
        while len(able) and not self.watch.over():
            new = self.changed(move, able)
            if holds(self.bench, new) if len(able) == 1 else _holds_in_all(self.bench, new):
                self.heads = new
                return able
            able = able[self.good(new, able)] if len(able) > 1 else able[:0]
        return able[:0]

    def good(self, heads: Ints, blocks: Ints) -> Flags:
        """Tell after which changed blocks, of which not all may stay, every target holds up to the next one."""
        slack = self.bench.slack(heads)
        judged = np.searchsorted(blocks, self.bench.cells[:, 1], side="right") - 1
        # What lies before the first change is laid to it as well.
        worst = np.full(len(blocks), np.inf)
        np.minimum.at(worst, np.maximum(judged, 0), slack)
        return worst >= 0

    def changed(self, move: Ints, blocks: Ints) -> Ints:
        new = self.heads.copy()
        new[:, blocks] += move[:, None]
        return new


def _new_cuts(bench: Bench, heads: Ints, slack: Floats, failing: Ints) -> list[tuple[int, Cut]]:
    """Return a cut for each queue and block that fails, from one more agent of each group in turn."""
    blocks = np.unique(bench.cells[failing, 1])
    gain = np.zeros((len(bench.groups), len(slack)))
    for group in range(len(bench.groups)):
        more = heads.copy()
        more[group, blocks] += 1
        gain[group] = bench.slack(more) - slack
    cuts = []
    for cell in failing:
        queue, block = bench.cells[cell]
        share = np.maximum(gain[:, cell], 0.0)
        if share.max() <= 0.0:
            share = bench.serves[:, queue].astype(np.float64)
        step = min(-slack[cell] / share.max(), max(1.0, 0.1 * float(heads[:, block].sum())))
        share = share / share.max()
        cuts.append((int(block), Cut(share, float(share @ heads[:, block] + max(1.0, step)))))
    return cuts


def _programme(bench: Bench, cost: Floats, load: Floats, cuts: list[Cut] | tuple[()]) -> Ints:
    """Return the cheapest whole heads of a block through which the load can flow and that satisfy the cuts."""
    from scipy.optimize import LinearConstraint, milp

    groups, queues = bench.serves.shape
    links = np.argwhere(bench.serves)
    width = groups + len(links)
    flow = np.zeros((queues, width))
    room = np.zeros((groups, width))
    room[np.arange(groups), np.arange(groups)] = 1.0
    for place, (group, queue) in enumerate(links, groups):
        flow[queue, place] = bench.speeds[group, queue]
        room[group, place] = -1.0
    rows, least = [flow, room], [load, np.zeros(groups)]
    if cuts:
        rows.append(np.column_stack([np.array([cut.share for cut in cuts]), np.zeros((len(cuts), len(links)))]))
        # A hair less, so that whole heads that satisfy a cut exactly are not lost to rounding.
        least.append(np.array([cut.least for cut in cuts]) - 1e-6)
    answer = milp(
        np.append(cost, np.zeros(len(links))),
        constraints=LinearConstraint(np.vstack(rows), np.concatenate(least), np.inf),
        integrality=np.append(np.ones(groups), np.zeros(len(links))),
    )
    if not answer.success:
        raise InfeasibleError(f"no heads satisfy the flow and {len(cuts)} cuts: {answer.message}")
    found: Ints = np.rint(answer.x[:groups]).astype(np.int64)
    return found


def _holds(bench: Bench, heads: Ints) -> bool:
    return not bench.hopeless(heads) and _holds_in_all(bench, heads)


def _holds_in_all(bench: Bench, heads: Ints) -> bool:
    """Whether every target holds over all replications, whatever a few of them show."""
    return bool((bench.slack(heads) >= 0).all())


def _moves(cost: Floats, most: int) -> list[Ints]:
    """Return the exchanges of agents that save, as changes of the heads by group, those that save the most first."""
    groups = range(len(cost))
    sets = [tuple(item) for size in range(1, most + 1) for item in _with_repeats(groups, size)]
    moves: list[tuple[float, int, Ints]] = []
    for out in sets:
        for back in sets:
            saved = cost[list(out)].sum() - cost[list(back)].sum()
            if saved <= 1e-9 or set(out) & set(back):
                continue
            move = np.zeros(len(cost), dtype=np.int64)
            np.subtract.at(move, list(out), 1)
            np.add.at(move, list(back), 1)
            moves.append((-saved, len(moves), move))
    return [move for _, _, move in sorted(moves, key=lambda item: item[:2])]


def _with_repeats(groups: range, size: int) -> list[tuple[int, ...]]:
    return [*combinations(groups, size), *((g,) * size for g in groups if size > 1)]
