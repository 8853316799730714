"""What people share in the search: burdens spread evenly among those alike, and hours together or apart.

Plain Python on numpy arrays, which numba compiles with the search that calls it: one source. A change of some people's
lines costs a look at their own lines and their partners', whatever the number of people: of those alike only sums are
kept, for the squared distances from the mean add up to the sum of squares less the squared sum over their number.

The functions here use a short notation: `t` is the `Together`, `a` a person, `d` a day, `c` a candidate (-1: day off),
`m` a burden, `p` a pair, `j` a place among the changed people.
"""

from __future__ import annotations

from typing import NamedTuple

from wfm.shifts import Floats, Ints

__all__ = ["Together", "measure", "pair_cost", "together_delta", "together_enter", "together_keep"]

_HOUR_S = 3600.0


class Together(NamedTuple):
    """The problem and the state of what people share; built by `wfm.roster.search.together.together_of`.

    Burdens are nights, weekends, unpopular starts and paid hours, in this order.
    """

    asked: bool  # whether anything has a price
    # Candidates
    start_s: Ints
    end_s: Ints
    burden: Floats  # candidates x burdens; a weekend follows from the day instead
    weekday: Ints  # of days
    # People
    price: Floats  # of a unit of squared distance from the mean
    before: Floats  # people x burdens
    alike: Ints  # people: who are compared
    size: Floats  # number of people alike
    # Pairs
    first: Ints
    second: Ints
    joined: Ints  # 1 if they should work together, 0 if apart
    worth: Floats  # price of an hour
    pairs: Ints  # people x most: pairs of a person, -1 for none
    # State
    tally: Floats  # people x burdens, what was before included
    total: Floats  # people alike x burdens
    # Room to work in
    fresh: Floats  # changed people x burdens


def measure(t: Together, a: int, line: Ints, tally: Floats) -> None:
    """Write what a line of days loads on a person, what was before included."""
    for m in range(len(t.price)):
        tally[m] = t.before[a, m]
    saturday = False
    for d in range(len(line)):
        c = line[d]
        if t.weekday[d] == 5:
            saturday = c >= 0
        if c >= 0:
            if t.weekday[d] == 5 or (t.weekday[d] == 6 and not saturday):
                tally[1] += 1.0
            tally[0] += t.burden[c, 0]
            tally[2] += t.burden[c, 2]
            tally[3] += t.burden[c, 3]
        if t.weekday[d] == 6:
            saturday = False


def _shared_s(t: Together, one: Ints, other: Ints) -> float:
    """Return the time in which two lines both have a shift, breaks included; a night may meet the next day's shift."""
    shared = 0.0
    for d in range(len(one)):
        c = one[d]
        if c < 0:
            continue
        for e in range(max(d - 1, 0), min(d + 2, len(other))):
            o = other[e]
            if o >= 0:
                shared += max(min(t.end_s[c], t.end_s[o]) - max(t.start_s[c], t.start_s[o]), 0)
    return shared


def _length_s(t: Together, line: Ints) -> float:
    total = 0.0
    for d in range(len(line)):
        if line[d] >= 0:
            total += t.end_s[line[d]] - t.start_s[line[d]]
    return total


def pair_cost(t: Together, p: int, one: Ints, other: Ints) -> float:
    """Return the price of a pair: of hours apart where they should be together, else of hours together."""
    shared = _shared_s(t, one, other)
    if t.joined[p]:
        shared = _length_s(t, one) + _length_s(t, other) - 2.0 * shared
    return float(t.worth[p] * shared / _HOUR_S)


def together_enter(t: Together, line: Ints) -> None:
    """Make all lines (people x days) the state."""
    t.total[:] = 0.0
    for a in range(len(line)):
        measure(t, a, line[a], t.tally[a])
        for m in range(len(t.price)):
            t.total[t.alike[a], m] += t.tally[a, m]


def together_delta(t: Together, who: Ints, lines: Ints, line: Ints) -> float:
    """Return what it costs more if people `who` (-1: nobody) work `lines` instead of theirs in `line`."""
    delta = 0.0
    if not t.asked:
        return delta
    for j in range(len(who)):
        if who[j] >= 0:
            measure(t, who[j], lines[j], t.fresh[j])
            delta += _burden_delta(t, who, j)
            delta += _pairs_delta(t, who, lines, line, j)
    return delta


def _burden_delta(t: Together, who: Ints, j: int) -> float:
    """Return what the burdens of one changed person cost more, with those changed before already entered."""
    delta = 0.0
    group = t.alike[who[j]]
    for m in range(len(t.price)):
        if t.price[m] == 0.0:
            continue
        old, new = t.tally[who[j], m], t.fresh[j, m]
        total = t.total[group, m]
        for i in range(j):
            if who[i] >= 0 and t.alike[who[i]] == group:
                total += t.fresh[i, m] - t.tally[who[i], m]
        later = total + new - old
        delta += t.price[m] * (new * new - old * old - (later * later - total * total) / t.size[group])
    return delta


def _pairs_delta(t: Together, who: Ints, lines: Ints, line: Ints, j: int) -> float:
    """Return what the pairs of one changed person cost more, with those changed before already entered."""
    delta = 0.0
    for place in range(t.pairs.shape[1]):
        p = t.pairs[who[j], place]
        if p < 0:
            break
        partner = t.second[p] if t.first[p] == who[j] else t.first[p]
        other = line[partner]
        for i in range(j):
            if who[i] == partner:
                other = lines[i]
        delta += pair_cost(t, p, lines[j], other) - pair_cost(t, p, line[who[j]], other)
    return delta


def together_keep(t: Together, who: Ints) -> None:
    """Enter the change that `together_delta` looked at last into the state."""
    if not t.asked:
        return
    for j in range(len(who)):
        if who[j] >= 0:
            for m in range(len(t.price)):
                t.total[t.alike[who[j]], m] += t.fresh[j, m] - t.tally[who[j], m]
                t.tally[who[j], m] = t.fresh[j, m]
