"""The programme behind one person's best line: values of the states forward over the days, then the line back.

Plain Python on numpy arrays, which numba compiles where it is installed: one source, but for `lift`, whose loop is ten
times faster compiled and a hundred times slower not. Both add and compare the same numbers, so both give the same line
to the bit.

The values of a morning stand in one piece: by state of rest, by state of the automaton, by counts. The counts of a
state are its `cells`, so that a shift moves every cell by the same number of places. Beyond the last count of each
axis lie as many cells as a shift may move it; they are never reached, and what passes the end of an axis falls there.

The functions here use a short notation: `w` is the `Walk`, `d` a day, `k` a kind of move.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wfm.roster.problem import Flags, Floats, Ints

__all__ = ["Walk", "best_line", "lift", "lift_by_loop", "listed"]

_NEVER = -np.inf


class Walk(NamedTuple):
    """The states of a person under a contract, and the steps between them, as arrays."""

    # Mornings, one more than days
    rests: Ints  # states of rest
    states: Ints  # states of the automaton
    begins: Ints  # where the values of a morning begin
    # Days
    ends: Ints  # where those of an evening begin: at the next morning's, unless a week ends there
    closes: Flags  # whether a week whose counts begin anew ends
    week: Ints
    off_kind: Ints  # the kind of move of a day off
    off_rests: Ints  # by day and state of rest: the one after a day off
    off_rest_first: Ints
    # Moves of the automaton, by kind
    blocks: Ints  # (first state left, first state entered, how many states in a row, whether a weekend counts)
    block_first: Ints
    sources: Ints  # (state left, whether a weekend counts), by kind and state entered
    source_first: Ints
    kind_first: Ints  # place of each kind's first state entered in `source_first`
    accepts: Flags  # states in which the horizon may end
    # Shifts that are alike to the rules, by day
    shifts: Ints  # (states of rest that allow them, state of rest after, kind of move, first and last place, step)
    shift_first: Ints
    # Counts
    cells: int
    tail: int  # cells of the counts that do not begin anew with a week
    weekend: int  # step of a weekend
    most: Floats  # infinity in cells that may be reached, minus infinity elsewhere, for the longest row of states
    fees: Floats  # weeks x cells: what the counts of a week earn; minus infinity where they are not allowed
    last: Floats  # cells: the same of the horizon


def listed(w: Walk) -> Walk:
    """Return the same with whole numbers in lists, which plain Python reads several times faster than arrays."""
    numbers = {name: value.tolist() for name, value in w._asdict().items() if getattr(value, "dtype", None) == np.int64}
    return w._replace(**numbers)


def lift(into: Floats, source: Floats, gain: float, most: Floats) -> None:
    """Raise values to those that lead to them by a gain, none above `most`."""
    np.maximum(into, np.minimum(source + gain, most), out=into)


def lift_by_loop(into: Floats, source: Floats, gain: float, most: Floats) -> None:
    """Do as `lift`, to be compiled in its place."""
    for i in range(len(into)):
        value = source[i] + gain
        value = value if value < most[i] else most[i]
        into[i] = value if value > into[i] else into[i]


def best_line(w: Walk, first: int, reward: Floats, off: Floats, values: Floats, room: Floats, picked: Ints) -> float:
    """Return the highest reward of a line, minus infinity if none is legal.

    Parameters
    ----------
    w
        The states and steps.
    first
        The state of the automaton on the first morning.
    reward
        Reward of each shift, in the planner's order; minus infinity where it may not be worked.
    off
        Reward of each day off.
    values
        Room for the values of all mornings and evenings, minus infinity everywhere.
    room
        Room for the values of one morning.
    picked
        Where the place of the shift of each day is written, -1 for a day off.
    """
    values[w.begins[0] + first * w.cells] = 0.0
    for d in range(len(off)):
        _step(w, d, reward, off[d], values, room)
        if w.closes[d]:
            _close(w, d, values)
    return _trace(w, reward, off, values, picked)


def _step(w: Walk, d: int, reward: Floats, off: float, values: Floats, room: Floats) -> None:
    """Raise the values of an evening by those of the morning."""
    here, there = w.begins[d], w.ends[d]
    left, entered = w.states[d] * w.cells, w.states[d + 1] * w.cells
    if off > _NEVER:
        for rest in range(w.rests[d]):
            later = w.off_rests[w.off_rest_first[d] + rest]
            _move(w, w.off_kind[d], values, here + rest * left, there + later * entered, 0, off, values)
    # A shift that so much rest owed allows is allowed by less.
    for rest in range(w.rests[d]):
        row = room[rest * left : (rest + 1) * left]
        row[:] = _NEVER
        lift(row, values[here + rest * left : here + (rest + 1) * left], 0.0, w.most[:left])
        if rest > 0:
            lift(row, room[(rest - 1) * left : rest * left], 0.0, w.most[:left])
    for n in range(w.shift_first[d], w.shift_first[d + 1]):
        before, after, kind, low, high, step = w.shifts[n]
        gain = reward[low + np.argmax(reward[low:high])]
        if gain > _NEVER:
            _move(w, kind, room, (before - 1) * left, there + after * entered, step, gain, values)


def _move(w: Walk, k: int, source: Floats, at: int, to: int, step: int, gain: float, values: Floats) -> None:
    """Raise the values of a state of rest that begin at `to` by the moves of a kind from those that begin at `at`."""
    for b in range(w.block_first[k], w.block_first[k + 1]):
        left, entered, many, weekend = w.blocks[b]
        shift = step + weekend * w.weekend
        size = many * w.cells - shift
        if size > 0:
            origin, target = at + left * w.cells, to + entered * w.cells + shift
            most = w.most[shift : shift + size]
            lift(values[target : target + size], source[origin : origin + size], gain, most)


def _close(w: Walk, d: int, values: Floats) -> None:
    """Pay and bar what the week may not have; begin its counts anew."""
    for row in range(w.rests[d + 1] * w.states[d + 1]):
        evening, morning = w.ends[d] + row * w.cells, w.begins[d + 1] + row * w.cells
        counted = values[evening : evening + w.cells]
        np.add(counted, w.fees[w.week[d]], counted)
        for n in range(w.tail):
            values[morning + n] = counted[n + w.tail * np.argmax(counted[n :: w.tail])]


def _trace(w: Walk, reward: Floats, off: Floats, values: Floats, picked: Ints) -> float:
    """Choose the best end and go back from it; return its value."""
    days = len(off)
    at = w.begins[days]
    rows = w.rests[days] * w.states[days]
    for row in range(rows):
        counted = values[at + row * w.cells : at + (row + 1) * w.cells]
        if w.accepts[row % w.states[days]]:
            np.add(counted, w.last, counted)
        else:
            counted[:] = _NEVER
    if rows == 0:
        return float(_NEVER)
    end = int(np.argmax(values[at : at + rows * w.cells]))
    best = values[at + end]
    if best == _NEVER:
        return float(best)
    row, cell = end // w.cells, end % w.cells
    rest, state = row // w.states[days], row % w.states[days]
    for d in range(days - 1, -1, -1):
        if w.closes[d]:
            evening = w.ends[d] + (rest * w.states[d + 1] + state) * w.cells
            cell += w.tail * int(np.argmax(values[evening + cell : evening + w.cells : w.tail]))
        rest, state, cell, picked[d] = _back(w, d, rest, state, cell, reward, off[d], values)
    return float(best)


def _back(
    w: Walk, d: int, rest: int, state: int, cell: int, reward: Floats, off: float, values: Floats
) -> tuple[int, int, int, int]:
    """Return the state and counts of the morning that lead to those of the evening best, and the shift worked or -1."""
    here, row = w.begins[d], w.states[d] * w.cells
    best, origin, chosen = _NEVER, (rest, state, cell), -1
    to = w.kind_first[w.off_kind[d]] + state
    for e in range(w.source_first[to], w.source_first[to + 1]):
        for before in range(w.rests[d]):
            if w.off_rests[w.off_rest_first[d] + before] == rest:
                found = values[here + before * row + w.sources[e][0] * w.cells + cell] + off
                if found > best:
                    best, origin = found, (before, w.sources[e][0], cell)
    for n in range(w.shift_first[d], w.shift_first[d + 1]):
        most, after, kind, low, high, step = w.shifts[n]
        if after != rest:
            continue
        place = low + int(np.argmax(reward[low:high]))
        to = w.kind_first[kind] + state
        for e in range(w.source_first[to], w.source_first[to + 1]):
            left = cell - step - w.sources[e][1] * w.weekend
            if left < 0:
                continue
            at = here + w.sources[e][0] * w.cells + left
            column = values[at : at + (most - 1) * row + 1 : row]
            before = int(np.argmax(column))
            if column[before] + reward[place] > best:
                best, origin, chosen = column[before] + reward[place], (before, w.sources[e][0], left), place
    return origin[0], origin[1], origin[2], chosen
