"""The two heaps of events to come: one entry per busy agent, and the timers of contacts that are with no agent."""

from __future__ import annotations

from wfm.simulate.records import INF, World

__all__ = ["place", "pop_timer", "push_timer", "remove"]


def place(a: int, key: float, world: World) -> None:
    """Insert agent `a` into the heap with `key`, or move it there."""
    p = world.places[a]
    if p < 0:
        setup = world.setup[0]
        p = setup.waiting
        setup.waiting = p + 1
        rise(a, key, p, world)
    elif key < world.keys[p]:
        rise(a, key, p, world)
    else:
        sink(a, key, p, world)


def remove(a: int, world: World) -> None:
    """Take agent `a` out of the heap."""
    keys = world.keys
    setup = world.setup[0]
    p = world.places[a]
    world.places[a] = -1
    last = setup.waiting - 1
    setup.waiting = last
    key = keys[last]
    keys[last] = INF
    if p < last:
        moved = world.holders[last]
        if p > 0 and key < keys[(p - 1) >> 1]:
            rise(moved, key, p, world)
        else:
            sink(moved, key, p, world)


def rise(a: int, key: float, hole: int, world: World) -> None:
    """Move agent `a` from a hole of the heap towards the root."""
    keys = world.keys
    holders = world.holders
    places = world.places
    while hole > 0:
        parent = (hole - 1) >> 1
        above = keys[parent]
        if above <= key:
            break
        moved = holders[parent]
        keys[hole] = above
        holders[hole] = moved
        places[moved] = hole
        hole = parent
    keys[hole] = key
    holders[hole] = a
    places[a] = hole


def sink(a: int, key: float, hole: int, world: World) -> None:
    """Move agent `a` from a hole of the heap away from the root."""
    keys = world.keys
    holders = world.holders
    places = world.places
    size = world.setup[0].waiting
    child = 2 * hole + 1
    while child < size:
        least = keys[child]
        # Behind the last entry stands an infinite key.
        other = keys[child + 1]
        if other < least:
            child += 1
            least = other
        if least >= key:
            break
        moved = holders[child]
        keys[hole] = least
        holders[hole] = moved
        places[moved] = hole
        hole = child
        child = 2 * hole + 1
    keys[hole] = key
    holders[hole] = a
    places[a] = hole


def push_timer(key: float, c: int, kind: int, world: World) -> None:
    """Insert a timer of contact `c` into the second heap."""
    hole = world.setup[0].timers
    world.setup[0].timers = hole + 1
    while hole > 0:
        parent = (hole - 1) >> 1
        above = world.timers[parent]
        if above.key <= key:
            break
        set_timer(hole, above.key, above.contact, above.kind, world)
        hole = parent
    set_timer(hole, key, c, kind, world)


def pop_timer(world: World) -> None:
    """Take the first timer out of the second heap."""
    size = world.setup[0].timers - 1
    world.setup[0].timers = size
    moved = world.timers[size]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and world.timers[child + 1].key < world.timers[child].key:
            child += 1
        below = world.timers[child]
        if below.key >= moved.key:
            break
        set_timer(hole, below.key, below.contact, below.kind, world)
        hole = child
    set_timer(hole, moved.key, moved.contact, moved.kind, world)
    if size == 0:
        world.timers[0].key = INF


def set_timer(p: int, key: float, c: int, kind: int, world: World) -> None:
    """Write a timer into the second heap at `p`."""
    timer = world.timers[p]
    timer.key = key
    timer.contact = c
    timer.kind = kind
