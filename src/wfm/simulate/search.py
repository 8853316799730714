"""The search for the cheapest heads that hold every target in simulation: cuts, then removals, then exchanges."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from wfm.errors import InfeasibleError
from wfm.logs import logger
from wfm.simulate.engine import Floats, Ints
from wfm.simulate.teams import Bench

__all__ = ["Found", "cheapest"]

_LOG = logger("simulate")

# Rounds of cuts before the search gives up; each adds at least one agent wherever something fails.
_ROUNDS = 200


class Cut(NamedTuple):
    """Heads of a block must satisfy `share @ heads >= least`."""

    share: Floats
    least: float


class Found(NamedTuple):
    """What the search found."""

    heads: Ints  # by group and block
    bound: float  # cost of the flow lower bound
    cuts: int


def cheapest(bench: Bench, *, pairs: bool) -> Found:
    """Return heads that hold every target, of which none can be taken away, nor exchanged for a cheaper one.

    Parameters
    ----------
    bench
        What is played.
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
    cost = np.array([group.cost_per_hour for group in bench.groups])
    load = bench.load()
    cuts: list[list[Cut]] = [[] for _ in bench.blocks.starts]
    heads = np.stack([_programme(bench, cost, load[:, t], ()) for t in range(len(cuts))], axis=1)
    bound = float((cost[:, None] * heads * bench.blocks.hours).sum())
    for _ in range(_ROUNDS):
        slack = bench.slack(heads)
        failing = np.flatnonzero(slack < 0)
        if not len(failing):
            break
        for block, cut in _new_cuts(bench, heads, slack, failing):
            cuts[block].append(cut)
        for block in np.unique(bench.cells[failing, 1]):
            heads[:, block] = _programme(bench, cost, load[:, block], cuts[block])
    else:
        names = {bench.case.centre.queues[bench.cells[cell, 0]].name for cell in failing}
        what = f"queues {', '.join(sorted(names))} miss their targets with {int(heads.sum())} agents in all blocks"
        raise InfeasibleError(f"{what}: soften these targets, or give them a group of their own")
    heads = _reduced(bench, heads, cost, _holds)
    if pairs:
        heads = _exchanged(bench, heads, cost, cuts, 2, _holds)
    heads = _reduced(bench, heads, cost, _holds_in_all)
    heads = _exchanged(bench, heads, cost, [[] for _ in cuts], 1, _holds_in_all)
    count = sum(map(len, cuts))
    _LOG.info("%d agents, %d cuts, %d simulations", int(heads.sum()), count, bench.played)
    return Found(heads, bound, count)


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


def _reduced(bench: Bench, heads: Ints, cost: Floats, holds: Callable[[Bench, Ints], bool]) -> Ints:
    """Take agents away, the dearest first, until not one can be spared."""
    heads = heads.copy()
    spared = True
    while spared:
        spared = False
        for group in sorted(range(len(heads)), key=lambda g: (-cost[g], -int(bench.serves[g].sum()), g)):
            for block in range(heads.shape[1]):
                while heads[group, block] > 0:
                    fewer = heads.copy()
                    fewer[group, block] -= 1
                    if not holds(bench, fewer):
                        break
                    heads, spared = fewer, True
    return heads


def _exchanged(
    bench: Bench, heads: Ints, cost: Floats, cuts: list[list[Cut]], most: int, holds: Callable[[Bench, Ints], bool]
) -> Ints:
    """Exchange agents of a block, at most so many, for cheaper ones, within the cuts, while the targets hold."""
    better = True
    while better:
        better = False
        for block in range(heads.shape[1]):
            for new in _moves(heads, block, cost, most):
                if all(cut.share @ new[:, block] >= cut.least - 1.0 for cut in cuts[block]) and holds(bench, new):
                    heads, better = new, True
                    break
        if better:
            heads = _reduced(bench, heads, cost, holds)
    return heads


def _moves(heads: Ints, block: int, cost: Floats, most: int) -> list[Ints]:
    """Return the exchanges in a block that save, those that save the most first."""
    groups = range(len(heads))
    sets = [tuple(item) for size in range(1, most + 1) for item in _with_repeats(groups, size)]
    moves: list[tuple[float, int, Ints]] = []
    for out in sets:
        for back in sets:
            saved = cost[list(out)].sum() - cost[list(back)].sum()
            if saved <= 1e-9 or set(out) & set(back):
                continue
            new = heads.copy()
            np.subtract.at(new[:, block], list(out), 1)
            np.add.at(new[:, block], list(back), 1)
            if new.min() >= 0:
                moves.append((-saved, len(moves), new))
    return [new for _, _, new in sorted(moves, key=lambda move: move[:2])]


def _with_repeats(groups: range, size: int) -> list[tuple[int, ...]]:
    return [*combinations(groups, size), *((g,) * size for g in groups if size > 1)]
