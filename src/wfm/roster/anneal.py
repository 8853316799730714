"""Simulated annealing: millions of small changes to single shifts and breaks, at first freely, at last only for gain.

A change moves a shift, its length, its day or its breaks, adds or drops one, moves paid time between two days of a
person, or exchanges shifts between two people. It is legal by the contract, and the roster's true cost decides.

Source: Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing" (1983).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wfm.roster.anneal_kernel import DRAWS, World, present
from wfm.roster.compiled import anneal_function
from wfm.roster.lines import Plan, Rostered
from wfm.roster.problem import Case, Flags, Ints
from wfm.roster.rules import rules_of
from wfm.roster.rules_kernel import own_cost
from wfm.shifts import break_starts

__all__ = ["anneal"]

_CHUNK = 20_000  # changes between two looks at the clock
_SWAPS = 0.08  # share of changes that exchange shifts of two people
_SPREAD = 0.25  # share of breaks that are placed at random
_HOT = 0.05  # first temperature over the price of an agent missing for an interval
_COOL = 0.2  # last temperature over the price of a paid interval


def anneal(plan: Plan, *, seed: int, changes: float, progress: Callable[[int], float], target: float) -> int:
    """Search around a plan for a cheaper one, which it becomes; return how many changes were tried.

    Parameters
    ----------
    plan
        A legal plan.
    seed
        Seed of the search.
    changes
        Most changes that are tried.
    progress
        From the changes tried so far to the share of the search that is over; from 1 on it stops.
    target
        Cost at which it stops.
    """
    world = _world(plan)
    case = plan.case
    generator = np.random.default_rng(seed)
    function = anneal_function()
    wages = [person.contract.cost_per_hour for person in case.people]
    cool = _COOL * (float(np.median(wages)) + case.surplus_price) * case.interval_h
    hot = max(_HOT * case.shortage_price * case.interval_h, cool)
    best, cost = _state(world), plan.cost()
    lowest, done = cost, 0
    while done < changes and lowest > target:
        share = progress(done)
        if share >= 1.0:
            break
        size = int(min(_CHUNK, changes - done))
        # The clock is read once a chunk; within it the temperature stays.
        temperature = np.full(size, hot * (cool / hot) ** share)
        draws = generator.random((size, DRAWS))
        cost += function(world, draws, generator.exponential(size=size), temperature, _SWAPS, _SPREAD)
        done += size
        if cost < lowest:
            best, lowest = _state(world), cost
    _restore(plan, *best)
    return done


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
    groups = sorted(plan.cover.touch)
    most = max((len(template.breaks) for template in shifts.templates), default=0)

    world = World(
        rules=rules_of(case),
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
        group=np.array([groups.index(person.skills) for person in people]),
        per_interval=case.interval_s // cell,
        touch=np.stack([plan.cover.touch[group] for group in groups]),
        counts=np.stack([plan.cover.counts[group] for group in groups]).astype(float),
        demand=case.demand.sum(axis=1),
        short_price=case.shortage_price * case.interval_h,
        over_price=case.surplus_price * case.interval_h,
        line=np.full((len(people), days), -1, dtype=np.int64),
        breaks=np.zeros((len(people), days, most), dtype=np.int64),
        slack=case.demand @ plan.cover.sets.T.astype(float),
        surplus=np.zeros(len(case.demand)),
        own=np.zeros(len(people)),
        changes=np.zeros((2, len(case.demand))),
        lines=np.zeros((2, days), dtype=np.int64),
        rested=np.zeros((2, 2, most), dtype=np.int64),
        who=np.zeros(2, dtype=np.int64),
        when=np.zeros(2, dtype=np.int64),
        priced=np.zeros(2),
        touched=np.zeros(len(case.demand), dtype=np.int64),
        marked=np.zeros(len(case.demand), dtype=np.bool_),
    )
    _enter(world, plan)
    return world


def _enter(world: World, plan: Plan) -> None:
    """Put the lines of the plan into the state."""
    origin, cell = int(plan.case.starts_s[0]), plan.cell_s
    for number, line in enumerate(plan.lines):
        change = np.zeros(len(world.demand))
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            day = world.day[candidate]
            world.line[number, day] = candidate
            world.breaks[number, day, : len(breaks)] = (np.array(breaks, dtype=np.int64) - origin) // cell
            present(world, candidate, world.breaks[number, day], 1.0, change)
        world.own[number] = own_cost(world.rules, number, world.line[number])
        group = world.group[number]
        world.slack[...] -= np.outer(change, world.touch[group])
        world.surplus[...] += change * world.counts[group]


def _rests(case: Case, forms: Ints, cell: int) -> Ints:
    """Return for each template and length where each break may start: first, number, step, and its length, in cells."""
    most = max((len(template.breaks) for template in case.shifts.templates), default=0)
    table = np.zeros((len(forms), most, 4), dtype=np.int64)
    for row, (position, length) in enumerate(forms.tolist()):
        template = case.shifts.templates[position]
        for number, rest in enumerate(template.breaks):
            starts = break_starts(template, rest, length, case.interval_s) // cell
            step = int(starts[1] - starts[0]) if len(starts) > 1 else 1
            table[row, number] = starts[0], len(starts), step, int(rest.length_s) // cell
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
