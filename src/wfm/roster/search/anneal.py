"""Simulated annealing: millions of small changes to single shifts and breaks, at first freely, at last only for gain.

A change moves a shift, its length, its day or its breaks, adds or drops one, moves paid time between two days of a
person, or exchanges shifts between two people. It is legal by the contract, and the roster's true cost decides.

Source: Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing" (1983).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from wfm.roster.kernels.anneal import DRAWS, World, add_head, present
from wfm.roster.kernels.compiled import anneal_function
from wfm.roster.kernels.rules import own_cost
from wfm.roster.kernels.together import together_enter
from wfm.roster.problem import Case, Flags, Ints
from wfm.roster.search.lines import Plan, Rostered
from wfm.shifts import break_starts

__all__ = ["anneal"]

_CHUNK = 2_000  # changes between two looks at the clock
_SWAPS = 0.08  # share of changes that exchange shifts of two people
_BLOCKS, _RUN_BLOCKS = 0.02, 0.4  # share that are of some days in a row; where contracts ask for runs of days
_SPREAD = 0.25  # share of breaks that are placed at random
_PROBE = 10  # chunks, at the lowest temperature, that tell how fast the search is
_HOT, _HOTTEST = 0.05, 1.5  # first temperature over the price of an agent missing for an interval
_HOT_AT = 5_000  # changes for each shift for which the lower is right; it rises in proportion
_HEAD = 0.2  # a head missing, in agents missing for an interval
_COOL = 0.2  # last temperature over the price of a paid interval


def anneal(plan: Plan, *, seed: int, changes: float, progress: Callable[[int, float], float]) -> int:
    """Search around a plan for a cheaper one, which it becomes; return how many changes were tried.

    The more changes there will be for each shift, the hotter it begins; the first ones tell how many there will be. An
    interrupt leaves the cheapest plan found so far.

    Parameters
    ----------
    plan
        A legal plan.
    seed
        Seed of the search.
    changes
        Most changes that are tried.
    progress
        From the changes tried so far and the lowest cost to the share of the search that is over; from 1 on it stops.
    """
    world = _world(plan)
    generator = np.random.default_rng(seed)
    function = anneal_function()
    cool, dear = _prices(plan)
    blocks = _blocks(plan)
    hot, begun, probed = cool, 0.0, 0.0
    best, cost = _state(world), plan.cost()
    lowest, done = cost, 0
    try:
        while done < changes:
            share = progress(done, lowest)
            if share >= 1.0:
                break
            if done == _CHUNK:
                # What came before may have compiled the search.
                probed = share
            if done == _PROBE * _CHUNK:
                speed = (done - _CHUNK) / (share - probed) if share > probed else math.inf
                expected = min(changes - done, speed * (1 - share))
                hot, begun = max(cool, dear * _heat(expected / max((world.line >= 0).sum(), 1))), share
            size = math.ceil(min(_CHUNK, changes - done))
            # The clock is read once a chunk; within it the temperature stays.
            temperature = np.full(size, hot * (cool / hot) ** ((share - begun) / (1 - begun)))
            draws = generator.random((size, DRAWS))
            bars = generator.exponential(size=size)
            cost += function(world, draws, bars, temperature, _SWAPS, blocks, _SPREAD)
            done += size
            if cost < lowest:
                best, lowest = _state(world), cost
    finally:
        _restore(plan, *best)
    return done


def _heat(per_shift: float) -> float:
    return float(np.clip(_HOT * per_shift / _HOT_AT, _HOT, _HOTTEST))


def _prices(plan: Plan) -> tuple[float, float]:
    """Return the last temperature, and the price to which the first one is in proportion."""
    case = plan.case
    wage = float(np.median([person.contract.cost_per_hour for person in case.people]))
    small = (wage + case.surplus_price) * case.interval_h
    dear = case.shortage_price * case.interval_h if len(case.requirement) else 0.0
    heads = case.wanted.short_price[case.wanted.short_price > 0]
    if len(heads):
        dear = max(dear, _HEAD * float(np.median(heads)))
    if not small:
        small = dear / 10
    return _COOL * small, max(dear, small)


def _blocks(plan: Plan) -> float:
    runs = (person.contract for person in plan.case.people)
    asked = any(c.min_days_in_a_row > 1 or c.min_days_off_in_a_row > 1 for c in runs)
    return _RUN_BLOCKS if asked else _BLOCKS


def _state(world: World) -> tuple[Ints, Ints]:
    return world.line.copy(), world.breaks.copy()


def _restore(plan: Plan, line: Ints, breaks: Ints) -> None:
    case = plan.case
    origin, cell = int(case.starts_s[0]), plan.cell_s
    for number in range(len(case.people)):
        days = np.flatnonzero(line[number] >= 0)
        shifts = tuple(line[number, days].tolist())
        rests = []
        for day, candidate in zip(days.tolist(), shifts, strict=True):
            template = case.shifts.templates[case.shifts.template[candidate]]
            rests.append(tuple((origin + cell * breaks[number, day, : len(template.breaks)]).tolist()))
        plan.set_line(number, Rostered(shifts, tuple(rests)))


def _world(plan: Plan) -> World:
    case, cell = plan.case, plan.cell_s
    shifts, people = case.shifts, case.people
    origin = int(case.starts_s[0])
    length = shifts.end_s - shifts.start_s
    kinds, kind = np.unique(
        np.stack([shifts.template, shifts.start_s - case.day_start_s[shifts.day], length], axis=1),
        axis=0,
        return_inverse=True,
    )
    days = len(case.horizon.dates)
    on_day = np.full((len(kinds), days), -1, dtype=np.int64)
    on_day[kind, shifts.day] = np.arange(len(shifts))
    forms, form = np.unique(np.stack([shifts.template, length], axis=1), axis=0, return_inverse=True)
    patterns, pattern = np.unique(np.stack([person.allowed for person in people]), axis=0, return_inverse=True)
    orders, place, first, last = _orders(case, patterns)
    most = max((len(template.breaks) for template in shifts.templates), default=0)
    table, wanted = plan.cover.table, case.wanted
    world = World(
        rules=plan.rules,
        together=plan.together,
        day=shifts.day,
        begin=(shifts.start_s - origin) // cell,
        end=(shifts.end_s - origin) // cell,
        kind=kind.astype(np.int64),
        on_day=on_day,
        form=form.astype(np.int64),
        rests=_rests(case, forms, cell),
        orders=orders,
        place=place,
        first=first,
        last=last,
        pattern=pattern.astype(np.int64),
        group=np.array([plan.cover.groups.index(person.speeds) for person in people]),
        pinned=_pinned(plan, most),
        per_interval=case.interval_s // cell,
        sort=table.kind,
        touch=table.touch,
        counts=table.counts,
        weight=table.weight,
        idle=table.idle,
        has_cover=bool(table.weight.any() or table.idle.any()),
        wanted=wanted.row,
        heads=wanted.heads,
        missing_price=wanted.short_price,
        spare_price=wanted.over_price,
        line=np.full((len(people), days), -1, dtype=np.int64),
        breaks=np.zeros((len(people), days, most), dtype=np.int64),
        slack=table.slack,
        short=np.zeros(len(case.demand)),
        there=np.zeros(len(wanted.heads)),
        own=np.zeros(len(people)),
        changes=np.zeros((2, len(case.demand))),
        lines=np.zeros((2, days), dtype=np.int64),
        rested=np.zeros((2, days, most), dtype=np.int64),
        who=np.zeros(2, dtype=np.int64),
        when=np.full(days, -1, dtype=np.int64),
        priced=np.zeros(2),
        touched=np.zeros(len(case.demand), dtype=np.int64),
        marked=np.zeros(len(case.demand), dtype=np.bool_),
    )
    # One layout of every array, or the search would be compiled anew for another.
    world = world._replace(**{name: value.copy() for name, value in world._asdict().items() if hasattr(value, "copy")})
    _enter(world, plan)
    return world


def _enter(world: World, plan: Plan) -> None:
    """Put the lines of the plan into the state."""
    origin, cell = int(plan.case.starts_s[0]), plan.cell_s
    for number, line in enumerate(plan.lines):
        change = np.zeros(len(world.idle))
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            day = world.day[candidate]
            world.line[number, day] = candidate
            world.breaks[number, day, : len(breaks)] = (np.array(breaks, dtype=np.int64) - origin) // cell
            present(world, candidate, world.breaks[number, day], 1.0, change)
            add_head(world, candidate, 1.0)
        world.own[number] = own_cost(world.rules, number, world.line[number])
        world.slack[...] -= (change[:, None] * world.touch[world.sort, world.group[number]])[:, None, :]
    together_enter(world.together, world.line)
    worst = np.maximum(world.slack.max(axis=2), 0.0)
    world.short[...] = (world.weight * worst).sum(axis=1)


def _pinned(plan: Plan, most: int) -> Ints:
    """Return the first cell of each break that a lock fixes, by person, day and break; -1 where it is free."""
    case = plan.case
    pinned = np.full((len(case.people), len(case.horizon.dates), most), -1, dtype=np.int64)
    for number, person in enumerate(case.people):
        held = person.pinned >= 0
        pinned[number][held] = (person.pinned[held] - int(case.starts_s[0])) // plan.cell_s
    return pinned


def _rests(case: Case, forms: Ints, cell: int) -> Ints:
    """Return for each template and length what `World.rests` says of each break."""
    most = max((len(template.breaks) for template in case.shifts.templates), default=0)
    table = np.zeros((len(forms), most, 5), dtype=np.int64)
    for row, (position, length) in enumerate(forms.tolist()):
        template = case.shifts.templates[position]
        for number, rest in enumerate(template.breaks):
            starts = break_starts(template, rest, length, case.interval_s) // cell
            step = int(starts[1] - starts[0]) if len(starts) > 1 else 1
            gap = int(rest.min_gap_s) // cell
            table[row, number] = starts[0], len(starts), step, int(rest.length_s) // cell, gap
    return table


def _orders(case: Case, patterns: Flags) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the orders of the candidates of each pattern, their places in them, and where each day lies."""
    shifts = case.shifts
    length = shifts.end_s - shifts.start_s
    days = len(case.horizon.dates)
    keys = (
        (shifts.start_s, length, shifts.day),
        (length, shifts.start_s, shifts.day),
        (length, shifts.end_s, shifts.day),
    )
    orders: list[list[Ints]] = [[], [], []]
    place = np.full((3, len(patterns), len(shifts)), -1, dtype=np.int64)
    first, last = (np.zeros((len(patterns), days), dtype=np.int64) for _ in range(2))
    before = 0
    for number, allowed in enumerate(patterns):
        ids = np.flatnonzero(allowed)
        for order, key in enumerate(keys):
            chosen = ids[np.lexsort([part[ids] for part in key])]
            orders[order].append(chosen)
            place[order, number, chosen] = before + np.arange(len(chosen))
        on_day = shifts.day[orders[0][-1]]
        first[number] = before + np.searchsorted(on_day, np.arange(days))
        last[number] = before + np.searchsorted(on_day, np.arange(days), side="right")
        before += len(ids)
    return np.stack([np.concatenate(order) for order in orders]), place, first, last
