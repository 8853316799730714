"""The inner loop of the search: one small change of somebody's line at a time, kept or undone.

Plain Python on numpy arrays, which numba compiles where it is installed: one source. It draws no random numbers and
calls no transcendental function, so both give the same roster to the bit.

The functions here use a short notation: `w` is the `World`, `a` a person, `d` a day, `c` a candidate (-1: day off),
`t` an interval, `g` people of the same speeds, `k` a row of the table of `cover`, such as a set of queues; `u` are
random numbers in [0, 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wfm.roster.kernels.rules import Rules, own_cost
from wfm.roster.kernels.together import Together, together_delta, together_keep
from wfm.roster.problem import Flags, Floats, Ints

__all__ = ["DRAWS", "World", "add_head", "anneal", "heads_cost", "present", "short_cost"]

DRAWS = 10  # random numbers that a change may use
_LONGEST = 7  # days of a block that moves as one
_NEAR = 4  # how far in an order of the candidates a small change may go


class World(NamedTuple):
    """The problem and the state of the search as arrays.

    Times of candidates are in cells from the start of the axis. Orders list the candidates of a
    pattern of availability and a day, which lie between `first` and `last`.
    """

    rules: Rules
    together: Together
    # Candidates
    day: Ints
    begin: Ints
    end: Ints
    kind: Ints  # template, time of day and length, which other days may have too
    on_day: Ints  # kinds x days: the candidate of that kind on that day, or -1
    form: Ints  # template and length, which say where breaks may lie
    rests: Ints  # forms x breaks x (first start, starts, step, length, gap), in cells; length 0 where there is none
    # Patterns of availability
    orders: Ints  # 3 orders x places: candidates by (length, start), (start, length), (end, length)
    place: Ints  # 3 orders x patterns x candidates: place in the order, or -1 where not allowed
    first: Ints  # patterns x days
    last: Ints
    # People
    pattern: Ints
    group: Ints
    pinned: Ints  # people x days x breaks: first cell of a break that is locked, or -1
    # Coverage
    per_interval: int
    sort: Ints  # kind of each interval
    touch: Floats  # kinds x groups x rows; this and the next four: see `cover.Table`
    counts: Floats  # groups x intervals
    weight: Floats  # intervals x levels
    idle: Floats  # by interval
    has_cover: bool  # whether coverage has any price
    # Heads wanted by template and day; no row where nothing is wanted so
    wanted: Ints  # row of each candidate, or -1
    heads: Floats
    missing_price: Floats  # of a head
    spare_price: Floats
    # State
    line: Ints  # people x days: candidate or -1
    breaks: Ints  # people x days x breaks: first cell
    slack: Floats  # intervals x levels x rows
    short: Floats  # price of the slack of each interval
    there: Floats  # heads by row of what is wanted
    own: Floats  # cost of each person's line
    # Room to work in: one or two people and the days on which their lines change
    changes: Floats  # people x intervals
    lines: Ints  # people x days
    rested: Ints  # people x changed days x breaks
    who: Ints  # -1: nobody
    when: Ints  # changed days, then -1
    priced: Floats
    touched: Ints
    marked: Flags


def present(w: World, c: int, breaks: Ints, sign: float, change: Floats) -> None:
    """Add the presence of a shift to `change`, by interval; the axis wraps where the horizon does."""
    form = w.form[c]
    for b in range(-1, w.rests.shape[1]):
        low, high = w.begin[c], w.end[c]
        if b >= 0:
            low = breaks[b]
            high = low + w.rests[form, b, 3]
        _span(w, low, high, -sign if b >= 0 else sign, change)


def _span(w: World, low: int, high: int, sign: float, change: Floats) -> None:
    count, per = len(w.idle), w.per_interval
    cell = low
    while cell < high:
        t = cell // per
        until = min(high, (t + 1) * per)
        change[t % count] += sign * (until - cell) / per
        cell = until


def short_cost(w: World, t: int, first: float, second: float, g0: int, g1: int) -> float:
    """Return the price of the slack of an interval with that much more presence of two groups."""
    cost, s = 0.0, w.sort[t]
    for i in range(w.weight.shape[1]):
        if w.weight[t, i] > 0.0:
            worst = 0.0
            for k in range(w.slack.shape[2]):
                value = w.slack[t, i, k] - first * w.touch[s, g0, k] - second * w.touch[s, g1, k]
                if value > worst:
                    worst = value
            cost += w.weight[t, i] * worst
    return cost


def _loss(w: World, low: int, high: int, changes: Floats, j: int, g0: int, g1: int) -> float:
    """Return how much the price of slack grows if person `j` is away for a break, over being there."""
    count, per = len(w.idle), w.per_interval
    loss, cell = 0.0, low
    while cell < high:
        t = (cell // per) % count
        until = min(high, (cell // per + 1) * per)
        share = (until - cell) / per
        for away in range(2):
            more = 1.0 - share * away
            first = changes[0, t] + (more if j == 0 else 0.0)
            second = changes[1, t] + (more if j == 1 else 0.0)
            loss += (2 * away - 1) * short_cost(w, t, first, second, g0, g1)
        cell = until
    return loss


def _place_breaks(
    w: World, a: int, d: int, c: int, breaks: Ints, j: int, g0: int, g1: int, spread: float, u: float
) -> bool:
    """Choose where the breaks of a shift lie: at random with odds `spread`, else at least loss; False if none fit."""
    form = w.form[c]
    for b in range(w.rests.shape[1]):
        breaks[b] = w.pinned[a, d, b]
    for b in range(w.rests.shape[1]):
        length = w.rests[form, b, 3]
        if not length or breaks[b] >= 0:
            continue
        u = (u * 97.0 + 0.377) % 1.0
        starts = w.rests[form, b, 1]
        turn = int(u * starts)
        greedy = w.has_cover and (u * 31.0) % 1.0 >= spread
        best, chosen = np.inf, -1
        for n in range(starts):
            at = w.begin[c] + w.rests[form, b, 0] + w.rests[form, b, 2] * ((n + turn) % starts)
            if not _is_free(w, form, b, at, breaks):
                continue
            if not greedy:
                chosen = at
                break
            loss = _loss(w, at, at + length, w.changes, j, g0, g1)
            if loss < best:
                best, chosen = loss, at
                if loss <= 0.0:
                    break
        if chosen < 0:
            return False
        breaks[b] = chosen
    return True


def _is_free(w: World, form: int, b: int, at: int, breaks: Ints) -> bool:
    """Whether break `b` may start there beside those that are placed already."""
    for other in range(w.rests.shape[1]):
        size = w.rests[form, other, 3]
        if size and other != b and breaks[other] >= 0:
            gap = max(w.rests[form, b, 4], w.rests[form, other, 4])
            if at < breaks[other] + size + gap and breaks[other] < at + w.rests[form, b, 3] + gap:
                return False
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
        order = int(kind >= 0.32) + int(kind >= 0.42) + int(kind >= 0.5)
        c = _any(w, a, d, u[4]) if order == 3 else _near(w, a, c, order, u[4])
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


def _may(w: World, a: int, c: int) -> bool:
    """Whether a person may work a candidate; a day off is always allowed here."""
    return bool(c < 0 or w.place[0, w.pattern[a], c] >= 0)


def _same_on(w: World, a: int, c: int, d: int) -> int:
    """Return the same shift on another day, -1 if it is a day off, or -2 if the person may not work it there."""
    if c < 0:
        return -1
    same = int(w.on_day[w.kind[c], d])
    return same if same >= 0 and w.place[0, w.pattern[a], same] >= 0 else -2


def _block(w: World, a: int, line: Ints, u: Floats) -> bool:
    """Change a block of days of a copy of a person's line: move it by a day, fill it, or exchange it with another.

    Moved by a day, what falls out at one end comes in at the other. False if it cannot be.
    """
    days = line.shape[0]
    length = 2 + int(u[4] * (_LONGEST - 1))
    d = int(u[2] * days)
    if d + length > days:
        return False
    old, kind = w.line[a], u[5]
    # What stands on a day of the block comes from another: `turn` days later in it, or from as far behind as `e` is.
    e, turn, first = d, 0, -1
    if kind < 0.4:
        turn = 1 if kind < 0.2 else length - 1
    elif kind < 0.75:
        length = min(length, 4)
        first = -1 if kind < 0.5 else _any(w, a, d, u[6])
    else:
        e = int(u[3] * days)
        if abs(d - e) < length or e + length > days:
            return False
    for n in range(length if e == d else 2 * length):
        at = (d if n < length else e) + n % length
        c = old[(e if n < length else d) + (n + turn) % length]
        if 0.4 <= kind < 0.75:
            c = first
        c = _same_on(w, a, c, at)
        if c == -2:
            return False
        line[at] = c
    return True


def _mark_days(w: World) -> bool:
    """List the days on which the lines in the room to work in differ from those that stand; False if there is none."""
    size = 0
    for d in range(w.line.shape[1]):
        for j in range(2):
            if w.who[j] >= 0 and w.lines[j, d] != w.line[w.who[j], d]:
                w.when[size] = d
                size += 1
                break
    if size < len(w.when):
        w.when[size] = -1
    return size > 0


def anneal(w: World, draws: Floats, bars: Floats, heat: Floats, swaps: float, blocks: float, spread: float) -> float:
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
    blocks
        Share of changes, and of exchanges, that are of some days in a row.
    spread
        Share of breaks that are placed at random.
    """
    total = 0.0
    for move in range(len(draws)):
        u = draws[move]
        if not (_choose_swap(w, u, blocks) if u[9] < swaps else _choose_change(w, u, blocks)):
            continue
        delta = _own_delta(w)
        if delta == np.inf:
            continue
        fits = _lay_out(w, spread, u[7])
        size = _touched(w)
        if fits:
            delta += _cover_delta(w, size)
            delta += _wanted_delta(w, 1.0)
            if delta <= heat[move] * bars[move]:
                total += delta
                _keep(w, size)
            else:
                _wanted_delta(w, -1.0)
        for n in range(size):
            t = w.touched[n]
            w.changes[0, t] = 0.0
            w.changes[1, t] = 0.0
            w.marked[t] = False
    return total


def _choose_change(w: World, u: Floats, blocks: float) -> bool:
    """Change the line of one person in the room to work in."""
    w.who[0], w.who[1] = int(u[0] * len(w.line)), -1
    _copy(w, w.who[0], 0)
    if u[8] < blocks:
        return _block(w, w.who[0], w.lines[0], u) and _mark_days(w)
    first, second = _propose(w, w.who[0], w.lines[0], u)
    _on_days(w, first, second)
    return bool(first >= 0)


def _on_days(w: World, first: int, second: int) -> None:
    """Say that one day changes, or two."""
    w.when[0] = first
    if len(w.when) > 1:
        w.when[1] = second
    if len(w.when) > 2:
        w.when[2] = -1


def _choose_swap(w: World, u: Floats, blocks: float) -> bool:
    """Exchange shifts of two people in the room to work in: of a day, of two days, or of some days in a row."""
    people, days = w.line.shape
    a, b = int(u[0] * people), int(u[8] * people)
    d = int(u[2] * days)
    e, length = -1, 1
    if u[6] < blocks:
        length = 1 + int(u[3] * _LONGEST)
    elif u[1] < 0.5:
        e = int(u[3] * days)
    if a == b or d == e or d + length > days:
        return False
    w.who[0], w.who[1] = a, b
    _copy(w, a, 0)
    _copy(w, b, 1)
    for n in range(length + 1):
        day = d + n if n < length else e
        if day >= 0:
            x, y = w.line[a, day], w.line[b, day]
            if not (_may(w, a, y) and _may(w, b, x)):
                return False
            w.lines[0, day], w.lines[1, day] = y, x
    return _mark_days(w)


def _own_delta(w: World) -> float:
    """Return what the changed lines cost more, infinity if a contract forbids one."""
    delta = 0.0
    for j in range(2):
        if w.who[j] >= 0:
            w.priced[j] = own_cost(w.rules, w.who[j], w.lines[j])
            if w.priced[j] < 0.0:
                return np.inf
            delta += w.priced[j] - w.own[w.who[j]]
    return delta + together_delta(w.together, w.who, w.lines, w.line)


def _groups(w: World) -> tuple[int, int]:
    """Return the groups of the one or two people of a change."""
    return w.group[w.who[0]], w.group[w.who[1] if w.who[1] >= 0 else w.who[0]]


def _lay_out(w: World, spread: float, u: float) -> bool:
    """Take the old shifts out and put the new ones in with their breaks; False if breaks do not fit."""
    g0, g1 = _groups(w)
    for j in range(2):
        for n in range(len(w.when)):
            d = w.when[n]
            if w.who[j] < 0 or d < 0:
                break
            if w.has_cover and w.line[w.who[j], d] >= 0:
                present(w, w.line[w.who[j], d], w.breaks[w.who[j], d], -1.0, w.changes[j])
    for j in range(2):
        for n in range(len(w.when)):
            d = w.when[n]
            if w.who[j] < 0 or d < 0:
                break
            new = w.lines[j, d]
            if new >= 0:
                if not _place_breaks(w, w.who[j], d, new, w.rested[j, n], j, g0, g1, spread, u):
                    return False
                if w.has_cover:
                    present(w, new, w.rested[j, n], 1.0, w.changes[j])
    return True


def _cover_delta(w: World, size: int) -> float:
    """Return what shortage and surplus of the touched intervals cost more after the change."""
    g0, g1 = _groups(w)
    delta = 0.0
    for n in range(size):
        t = w.touched[n]
        first, second = w.changes[0, t], w.changes[1, t]
        if first != 0.0 or second != 0.0:
            delta += short_cost(w, t, first, second, g0, g1) - w.short[t]
            delta += w.idle[t] * (first * w.counts[g0, t] + second * w.counts[g1, t])
    return delta


def _wanted_delta(w: World, sign: float) -> float:
    """Enter the change into the heads by template and day, or undo it, and return what they cost more."""
    delta = 0.0
    if len(w.heads):
        for j in range(2):
            for n in range(len(w.when)):
                d = w.when[n]
                if w.who[j] < 0 or d < 0:
                    break
                for new in range(2):
                    c = w.lines[j, d] if new else w.line[w.who[j], d]
                    delta += add_head(w, c, sign if new else -sign)
    return delta


def add_head(w: World, c: int, sign: float) -> float:
    """Add a head on a candidate, or take it away, and return what the heads of its template and day cost more."""
    if c < 0 or w.wanted[c] < 0:
        return 0.0
    row = w.wanted[c]
    cost = -heads_cost(w, row)
    w.there[row] += sign
    return cost + heads_cost(w, row)


def heads_cost(w: World, row: int) -> float:
    """Return the price of heads missing or spare in a row of what is wanted."""
    missing = w.heads[row] - w.there[row]
    return float(missing * w.missing_price[row] if missing > 0.0 else -missing * w.spare_price[row])


def _copy(w: World, a: int, j: int) -> None:
    for d in range(w.line.shape[1]):
        w.lines[j, d] = w.line[a, d]


def _touched(w: World) -> int:
    """List the intervals of all shifts before and after a change; return how many."""
    if not w.has_cover:
        return 0
    count, per = len(w.idle), w.per_interval
    size = 0
    for j in range(2):
        for n in range(len(w.when)):
            d = w.when[n]
            if w.who[j] < 0 or d < 0:
                break
            for c in (w.line[w.who[j], d], w.lines[j, d]):
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
    together_keep(w.together, w.who)
    g0, g1 = _groups(w)
    for j in range(2):
        if w.who[j] < 0:
            continue
        w.own[w.who[j]] = w.priced[j]
        for n in range(len(w.when)):
            d = w.when[n]
            if d < 0:
                break
            w.line[w.who[j], d] = w.lines[j, d]
            for rest in range(w.rested.shape[2]):
                w.breaks[w.who[j], d, rest] = w.rested[j, n, rest]
    for n in range(size):
        t = w.touched[n]
        first, second = w.changes[0, t], w.changes[1, t]
        if first != 0.0 or second != 0.0:
            s = w.sort[t]
            for i in range(w.slack.shape[1]):
                for k in range(w.slack.shape[2]):
                    w.slack[t, i, k] -= first * w.touch[s, g0, k] + second * w.touch[s, g1, k]
            w.short[t] = short_cost(w, t, 0.0, 0.0, g0, g1)
