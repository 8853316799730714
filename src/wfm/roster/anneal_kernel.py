"""The inner loop of the search: one small change of somebody's line at a time, kept or undone.

Plain Python on numpy arrays, which numba compiles where it is installed: one source. It draws no random numbers and
calls no transcendental function, so both give the same roster to the bit.

The functions here use a short notation: `w` is the `World`, `a` a person, `d` a day, `c` a candidate (-1: day off),
`t` an interval, `k` a set of queues; `u` are random numbers in [0, 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wfm.roster.problem import Flags, Floats, Ints
from wfm.roster.rules_kernel import Rules, own_cost

__all__ = ["DRAWS", "World", "anneal", "present"]

DRAWS = 10  # random numbers that a change may use
_NEAR = 4  # how far in an order of the candidates a small change may go


class World(NamedTuple):
    """The problem and the state of the search as arrays.

    Times of candidates are in cells from the start of the axis. Orders list the candidates of a
    pattern of availability and a day, which lie between `first` and `last`.
    """

    rules: Rules
    # Candidates
    day: Ints
    begin: Ints
    end: Ints
    kind: Ints  # template, time of day and length, which other days may have too
    on_day: Ints  # kinds x days: the candidate of that kind on that day, or -1
    form: Ints  # template and length, which say where breaks may lie
    rests: Ints  # forms x breaks x (first start, starts, step, length), in cells; length 0 where there is none
    # Patterns of availability
    orders: Ints  # 3 orders x places: candidates by (length, start), (start, length), (end, length)
    place: Ints  # 3 orders x patterns x candidates: place in the order, or -1 where not allowed
    first: Ints  # patterns x days
    last: Ints
    # People
    pattern: Ints
    group: Ints
    # Coverage
    per_interval: int
    touch: Floats  # skill sets x sets of queues
    counts: Floats  # skill sets x intervals: 1 where presence covers or is surplus
    demand: Floats  # of all queues
    short_price: float  # of an agent missing for an interval
    over_price: float
    # State
    line: Ints  # people x days: candidate or -1
    breaks: Ints  # people x days x breaks: first cell
    slack: Floats  # intervals x sets of queues
    surplus: Floats  # intervals: presence that counts
    own: Floats  # cost of each person's line
    # Room to work in: two people, each with two changed days
    changes: Floats  # people x intervals
    lines: Ints  # people x days
    rested: Ints  # people x changed days x breaks
    who: Ints
    when: Ints
    priced: Floats
    touched: Ints
    marked: Flags


def present(w: World, c: int, breaks: Ints, sign: float, change: Floats) -> None:
    """Add the presence of a shift to `change`, by interval; the axis wraps where the horizon does."""
    _span(w, w.begin[c], w.end[c], sign, change)
    form = w.form[c]
    for b in range(w.rests.shape[1]):
        length = w.rests[form, b, 3]
        if length:
            _span(w, breaks[b], breaks[b] + length, -sign, change)


def _span(w: World, low: int, high: int, sign: float, change: Floats) -> None:
    count, per = len(w.demand), w.per_interval
    cell = low
    while cell < high:
        t = cell // per
        until = min(high, (t + 1) * per)
        change[t % count] += sign * (until - cell) / per
        cell = until


def _short(w: World, t: int, changes: Floats, g0: int, g1: int) -> float:
    """Return the shortage of an interval after both changes."""
    first, second = changes[0, t], changes[1, t]
    worst = 0.0
    for k in range(w.slack.shape[1]):
        value = w.slack[t, k] - first * w.touch[g0, k] - second * w.touch[g1, k]
        worst = max(worst, value)
    return worst


def _interval_cost(w: World, t: int, changes: Floats, g0: int, g1: int) -> float:
    short = _short(w, t, changes, g0, g1)
    there = w.surplus[t] + changes[0, t] * w.counts[g0, t] + changes[1, t] * w.counts[g1, t]
    return float(w.short_price * short + w.over_price * max(there - (w.demand[t] - short), 0.0))


def _loss(w: World, low: int, high: int, changes: Floats, j: int, g0: int, g1: int) -> float:
    """Return how much the shortage grows if person `j` is away for a break, over being there."""
    count, per = len(w.demand), w.per_interval
    loss, cell = 0.0, low
    while cell < high:
        t = (cell // per) % count
        until = min(high, (cell // per + 1) * per)
        share = (until - cell) / per
        changes[j, t] += 1.0
        there = _short(w, t, changes, g0, g1)
        changes[j, t] -= share
        loss += _short(w, t, changes, g0, g1) - there
        changes[j, t] += share - 1.0
        cell = until
    return loss


def _place_breaks(
    w: World, c: int, breaks: Ints, changes: Floats, j: int, g0: int, g1: int, spread: float, u: float
) -> bool:
    """Choose where the breaks of a shift lie: at random with odds `spread`, else at least loss; False if none fit."""
    form = w.form[c]
    for b in range(w.rests.shape[1]):
        length = w.rests[form, b, 3]
        if not length:
            continue
        u = (u * 97.0 + 0.377) % 1.0
        starts = w.rests[form, b, 1]
        turn = int(u * starts)
        greedy = (u * 31.0) % 1.0 >= spread
        best, chosen = np.inf, -1
        for n in range(starts):
            at = w.begin[c] + w.rests[form, b, 0] + w.rests[form, b, 2] * ((n + turn) % starts)
            free = True
            for other in range(b):
                size = w.rests[form, other, 3]
                if size and at < breaks[other] + size and breaks[other] < at + length:
                    free = False
            if not free:
                continue
            if not greedy:
                chosen = at
                break
            loss = _loss(w, at, at + length, changes, j, g0, g1)
            if loss < best:
                best, chosen = loss, at
                if loss <= 0.0:
                    break
        if chosen < 0:
            return False
        breaks[b] = chosen
    return True


def _near(w: World, a: int, c: int, order: int, u: float) -> int:
    """Return a candidate of the same day close to `c` in an order, or -1 at its end."""
    p, d = w.pattern[a], w.day[c]
    at = w.place[order, p, c]
    step = int(u * 2 * _NEAR) - _NEAR
    if step >= 0:
        step += 1
    at += step
    if at < w.first[p, d] or at >= w.last[p, d]:
        return -1
    return int(w.orders[order, at])


def _any(w: World, a: int, d: int, u: float) -> int:
    """Return some candidate that a person may work on a day, or -1."""
    p = w.pattern[a]
    count = w.last[p, d] - w.first[p, d]
    if count <= 0:
        return -1
    return int(w.orders[0, w.first[p, d] + int(u * count)])


def _moved(w: World, a: int, c: int, d: int, u: float) -> int:
    """Return the same shift on another day, or any that the person may work there."""
    same = w.on_day[w.kind[c], d]
    if u < 0.6 and same >= 0 and w.place[0, w.pattern[a], same] >= 0:
        return int(same)
    return _any(w, a, d, (u * 13.0) % 1.0)


def _propose(w: World, a: int, line: Ints, u: Floats) -> tuple[int, int]:
    """Change a copy of a person's line; return the changed days, -1 for none. Unchanged shifts may get new breaks."""
    days = len(line)
    d = int(u[2] * days)
    c = line[d]
    kind = u[1]
    if kind < 0.12:
        return (d, -1) if c >= 0 else (-1, -1)
    if kind < 0.62:
        if c < 0:
            return -1, -1
        if kind < 0.32:
            c = _near(w, a, c, 0, u[4])
        elif kind < 0.42:
            c = _near(w, a, c, 1, u[4])
        elif kind < 0.50:
            c = _near(w, a, c, 2, u[4])
        else:
            c = _any(w, a, d, u[4])
        line[d] = c
        return (d, -1) if c >= 0 else (-1, -1)
    if kind < 0.68:
        line[d] = -1 if c >= 0 else _any(w, a, d, u[4])
        return (d, -1) if c >= 0 or line[d] >= 0 else (-1, -1)
    e = int(u[3] * days)
    if e == d or c < 0:
        return -1, -1
    if line[e] < 0:
        line[e] = _moved(w, a, c, e, u[4])
        line[d] = -1
        return (d, e) if line[e] >= 0 else (-1, -1)
    # Paid time moves from one day to another.
    first, second = _near(w, a, c, 1, u[4]), _near(w, a, line[e], 1, u[5])
    if u[6] < 0.4:
        first = _any(w, a, d, u[4])
    if first < 0 or second < 0:
        return -1, -1
    line[d], line[e] = first, second
    return d, e


def _swap(w: World, a: int, b: int, mine: Ints, theirs: Ints, d: int, e: int) -> bool:
    """Exchange the shifts of two people on a day, and on a second one if `e` is not -1; False if nothing changes."""
    changed = False
    for day in (d, e):
        if day < 0:
            continue
        x, y = mine[day], theirs[day]
        if x == y:
            continue
        if y >= 0 and w.place[0, w.pattern[a], y] < 0:
            return False
        if x >= 0 and w.place[0, w.pattern[b], x] < 0:
            return False
        mine[day], theirs[day] = y, x
        changed = True
    return changed


def anneal(w: World, draws: Floats, bars: Floats, heat: Floats, swaps: float, spread: float) -> float:
    """Try one change for each row of `draws` and return by how much the cost fell (negative) or rose.

    A change that costs `delta` is kept if `delta <= heat * bar`, with `bar` drawn from the exponential distribution:
    the rule of Metropolis.

    Parameters
    ----------
    w
        The problem and its state, which is changed.
    draws
        Random numbers, changes x `DRAWS`.
    bars
        Exponential random numbers, one for each change.
    heat
        Temperature of each change.
    swaps
        Share of changes that exchange shifts of two people.
    spread
        Share of breaks that are placed at random.
    """
    total = 0.0
    for move in range(len(draws)):
        u = draws[move]
        if not (_choose_swap(w, u) if u[9] < swaps else _choose_change(w, u)):
            continue
        delta = _own_delta(w)
        if delta == np.inf:
            continue
        fits = _lay_out(w, spread, u[7])
        size = _touched(w)
        if fits:
            delta += _cover_delta(w, size)
            if delta <= heat[move] * bars[move]:
                total += delta
                _keep(w, size)
        for n in range(size):
            t = w.touched[n]
            w.changes[0, t] = 0.0
            w.changes[1, t] = 0.0
            w.marked[t] = False
    return total


def _choose_change(w: World, u: Floats) -> bool:
    """Change the line of one person in the room to work in."""
    w.who[0], w.who[1] = int(u[0] * len(w.line)), -1
    _copy(w, w.who[0], 0)
    w.when[0], w.when[1] = _propose(w, w.who[0], w.lines[0], u)
    return bool(w.when[0] >= 0)


def _choose_swap(w: World, u: Floats) -> bool:
    """Exchange shifts of two people in the room to work in."""
    people, days = w.line.shape
    a, b = int(u[0] * people), int(u[8] * people)
    d = int(u[2] * days)
    e = int(u[3] * days) if u[1] < 0.5 else -1
    if a == b or d == e:
        return False
    w.who[0], w.who[1] = a, b
    w.when[0], w.when[1] = d, e
    _copy(w, a, 0)
    _copy(w, b, 1)
    return _swap(w, a, b, w.lines[0], w.lines[1], d, e)


def _own_delta(w: World) -> float:
    """Return what the changed lines cost more, infinity if a contract forbids one."""
    delta = 0.0
    for j in range(2):
        if w.who[j] >= 0:
            w.priced[j] = own_cost(w.rules, w.who[j], w.lines[j])
            if w.priced[j] < 0.0:
                return np.inf
            delta += w.priced[j] - w.own[w.who[j]]
    return delta


def _groups(w: World) -> tuple[int, int]:
    """Return the skill sets of the one or two people of a change."""
    return w.group[w.who[0]], w.group[w.who[1] if w.who[1] >= 0 else w.who[0]]


def _lay_out(w: World, spread: float, u: float) -> bool:
    """Take the old shifts out and put the new ones in with their breaks; False if breaks do not fit."""
    g0, g1 = _groups(w)
    for j in range(2):
        for n in range(2):
            if w.who[j] >= 0 and w.when[n] >= 0 and w.line[w.who[j], w.when[n]] >= 0:
                old = w.line[w.who[j], w.when[n]]
                present(w, old, w.breaks[w.who[j], w.when[n]], -1.0, w.changes[j])
    for j in range(2):
        for n in range(2):
            if w.who[j] >= 0 and w.when[n] >= 0 and w.lines[j, w.when[n]] >= 0:
                new = w.lines[j, w.when[n]]
                if not _place_breaks(w, new, w.rested[j, n], w.changes, j, g0, g1, spread, u):
                    return False
                present(w, new, w.rested[j, n], 1.0, w.changes[j])
    return True


def _cover_delta(w: World, size: int) -> float:
    """Return what shortage and surplus of the touched intervals cost more after the change."""
    g0, g1 = _groups(w)
    delta = 0.0
    for n in range(size):
        t = w.touched[n]
        if w.changes[0, t] != 0.0 or w.changes[1, t] != 0.0:
            delta += _interval_cost(w, t, w.changes, g0, g1) - _now(w, t)
    return delta


def _copy(w: World, a: int, j: int) -> None:
    for d in range(w.line.shape[1]):
        w.lines[j, d] = w.line[a, d]


def _now(w: World, t: int) -> float:
    worst = 0.0
    for k in range(w.slack.shape[1]):
        worst = max(worst, w.slack[t, k])
    return float(w.short_price * worst + w.over_price * max(w.surplus[t] - (w.demand[t] - worst), 0.0))


def _touched(w: World) -> int:
    """List the intervals of all shifts before and after a change; return how many."""
    count, per = len(w.demand), w.per_interval
    size = 0
    for j in range(2):
        for n in range(2):
            if w.who[j] < 0 or w.when[n] < 0:
                continue
            for c in (w.line[w.who[j], w.when[n]], w.lines[j, w.when[n]]):
                if c < 0:
                    continue
                for interval in range(w.begin[c] // per, (w.end[c] - 1) // per + 1):
                    t = interval % count
                    if not w.marked[t]:
                        w.marked[t] = True
                        w.touched[size] = t
                        size += 1
    return size


def _keep(w: World, size: int) -> None:
    """Enter the change into the state."""
    g0, g1 = _groups(w)
    for j in range(2):
        if w.who[j] < 0:
            continue
        w.own[w.who[j]] = w.priced[j]
        for n in range(2):
            if w.when[n] >= 0:
                w.line[w.who[j], w.when[n]] = w.lines[j, w.when[n]]
                for rest in range(w.rested.shape[2]):
                    w.breaks[w.who[j], w.when[n], rest] = w.rested[j, n, rest]
    for n in range(size):
        t = w.touched[n]
        for k in range(w.slack.shape[1]):
            w.slack[t, k] -= w.changes[0, t] * w.touch[g0, k] + w.changes[1, t] * w.touch[g1, k]
        w.surplus[t] += w.changes[0, t] * w.counts[g0, t] + w.changes[1, t] * w.counts[g1, t]
