"""The event-driven kernel: plain Python on lists of records, compiled by numba where it is installed.

One source, both ways. Interpreted, a list holds objects of the classes below; compiled, it is a numpy array of
records with the same fields. The functions draw no random number and call nothing outside this file, so that both ways
give the same numbers to the bit. `wfm.simulate.engine` builds the lists and reads them.

Three sources of events are merged by time: ends of contacts and late breaks (a heap with one entry per agent),
changes of the agents' timelines, and arrivals; at the same instant in that order.

Abandonment is lazy: a contact whose patience ran out stays in line until an agent reaches it. That instant ends the
wait an infinitely patient contact would have had in its place, which is the *virtual* wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = ["Agent", "Change", "Contact", "Entry", "Line", "Link", "Room", "Session", "Setup", "Share", "World"]

# States of an agent.
OUT = 0  # not on seat
ON = 1  # takes contacts
LEAVING = 2  # finishes the contacts in hand, then goes
RESTING = 3  # on a break that began late, and so ends late

# What a change of a timeline says besides the length of a break, which is 0 or more.
COMES = -2.0
SHIFT_ENDS = -1.0

INF = float("inf")
# A whole number of 32 bits where the kernel is compiled: a contact then fills one line of the processor's cache.
Short: TypeAlias = int

FREE = 1 << 30  # sessions that an agent without any could hold


@dataclass(slots=True)
class Contact:
    """A contact, in order of arrival; the kernel writes the fields from `reached` on."""

    time: float
    queue: Short
    service: float  # work in seconds at speed 1, alone with its agent
    patience: float
    due: float  # of two lines of one rank, the one whose head is due first is served first
    reached: float  # answered, or for the impatient: when an agent would have answered
    ended: float
    agent: Short  # -1: abandoned or never reached
    sessions: Short  # held by the agent from this start on
    following: Short  # next in line


@dataclass(slots=True)
class Line:
    """A queue."""

    rank: int  # smaller is served first
    limit: int  # sessions an agent may hold at once
    slowdown: float
    head: int
    tail: int
    first: int  # its groups stand in `links` from here, preferred first
    last: int


@dataclass(slots=True)
class Link:
    """In `links`: a group that serves a queue, or a queue that a group serves."""

    id: int
    tier: int  # groups of one tier are equal


@dataclass(slots=True)
class Room:
    """Agents of one group, with one number of sessions in hand, who have room for more: longest first."""

    head: int
    tail: int


@dataclass(slots=True)
class Agent:
    """An agent."""

    state: int
    load: int  # sessions in hand
    room: int  # sessions it may hold, given those in hand
    group: int
    first: int  # the queues of its group stand in `links` from here
    last: int
    listed: int  # the room it stands in, or -1
    before: int
    after: int
    place: int  # in the heap, or -1
    free_since: float  # standing in a room from here on
    busy_since: float
    on_since: float
    clock: float  # instant for which the work left of its sessions is known
    pause: float  # what follows when the contacts in hand are done
    mark: float  # when it should have gone
    late: float  # sum of seconds by which breaks began late
    overtime: float


@dataclass(slots=True)
class Session:
    """A contact in hand."""

    contact: int
    left: float  # seconds it would take from here if it were alone
    slowdown: float
    limit: int


@dataclass(slots=True)
class Change:
    """A change of an agent's presence, in order of time."""

    time: float
    agent: int
    pause: float  # COMES, SHIFT_ENDS, or the length of the break that begins
    mark: float  # start of the break, or the end of the shift


@dataclass(slots=True)
class Entry:
    """In the heap: the next event of a busy agent."""

    key: float
    agent: int


@dataclass(slots=True)
class Share:
    """Agent-seconds of a group in an interval."""

    busy: float
    staffed: float


@dataclass(slots=True)
class Setup:
    """Sizes; there is one."""

    arrivals: int
    changes: int
    waiting: int  # entries in the heap
    width: int  # most sessions of an agent
    queues: int
    intervals: int
    step: float  # length of an interval


class World(NamedTuple):
    """Everything the kernel reads and writes."""

    contacts: list[Contact]
    lines: list[Line]
    links: list[Link]
    rooms: list[Room]
    agents: list[Agent]
    sessions: list[Session]  # `width` per agent
    speeds: list[float]  # one per agent and queue
    changes: list[Change]
    heap: list[Entry]
    shares: list[Share]  # one per group and interval
    setup: list[Setup]


def simulate(world: World) -> None:
    """Run to the last event; the results are written into the records."""
    setup = world.setup[0]
    i = 0
    j = 0
    while True:
        arrival = world.contacts[i].time if i < setup.arrivals else INF
        change = world.changes[j].time if j < setup.changes else INF
        end = world.heap[0].key if setup.waiting > 0 else INF
        if end <= change and end <= arrival:
            if end == INF:
                return
            finish(world.heap[0].agent, end, world)
        elif change <= arrival:
            turn(j, change, world)
            j += 1
        else:
            arrive(i, arrival, world)
            i += 1


def arrive(c: int, now: float, world: World) -> None:
    """Give contact `c` to an agent, or let it wait."""
    line = world.lines[world.contacts[c].queue]
    a = find_agent(line, world)
    if a >= 0:
        delist(a, world)
        begin(a, c, now, world)
        if world.agents[a].load < world.agents[a].room:
            enlist(a, now, world)
        schedule(a, world)
    else:
        if line.tail < 0:
            line.head = c
        else:
            world.contacts[line.tail].following = c
        line.tail = c


def find_agent(line: Line, world: World) -> int:
    """Return the agent for a contact of a line: least loaded, then preferred group, then longest with room."""
    width = world.setup[0].width
    for load in range(line.limit):
        best = -1
        tier = -1
        for x in range(line.first, line.last):
            link = world.links[x]
            if best >= 0 and link.tier != tier:
                break
            a = world.rooms[link.id * width + load].head
            if a >= 0 and (best < 0 or world.agents[a].free_since < world.agents[best].free_since):
                best = a
                tier = link.tier
        if best >= 0:
            return best
    return -1


def finish(a: int, now: float, world: World) -> None:
    """End the contact of agent `a` that is due now, or its late break, and let it go on."""
    agent = world.agents[a]
    if agent.state == RESTING:
        agent.state = ON
        agent.on_since = now
    else:
        end_session(a, now, world)
        if agent.load == 0:
            spread(agent.group, agent.busy_since, now, True, world)
        if agent.state == LEAVING:
            if agent.load > 0:
                schedule(a, world)
            else:
                leave(a, now, world)
            return
        if agent.listed >= 0:
            delist(a, world)
    take(a, now, world)


def turn(j: int, now: float, world: World) -> None:
    """Apply change `j` of the timelines."""
    change = world.changes[j]
    a = change.agent
    agent = world.agents[a]
    if change.pause == COMES:
        if agent.state == OUT:
            agent.on_since = now
        elif agent.state != LEAVING or agent.pause >= 0.0:
            # On a break that began late, or still to begin: it is taken in full.
            return
        agent.state = ON
        take(a, now, world)
    elif agent.state == RESTING:
        agent.state = OUT
        remove(a, world)
    elif agent.state != OUT:
        if agent.listed >= 0:
            delist(a, world)
        if agent.load == 0:
            agent.state = OUT
            spread(agent.group, agent.on_since, now, False, world)
        else:
            agent.state = LEAVING
            agent.pause = change.pause
            agent.mark = change.mark


def leave(a: int, now: float, world: World) -> None:
    """Send agent `a`, whose last contact is done after its time, home or into its late break."""
    agent = world.agents[a]
    spread(agent.group, agent.on_since, now, False, world)
    beyond = max(0.0, now - agent.mark)
    if agent.pause < 0.0:
        agent.state = OUT
        agent.overtime += beyond
        remove(a, world)
    else:
        agent.state = RESTING
        agent.late += beyond
        place(a, now + agent.pause, world)


def take(a: int, now: float, world: World) -> None:
    """Fill agent `a` from the lines; with room left, it stands in the list of those that have room."""
    agent = world.agents[a]
    while agent.load < agent.room:
        c = next_contact(agent, now, world)
        if c < 0:
            enlist(a, now, world)
            break
        begin(a, c, now, world)
    schedule(a, world)


def next_contact(agent: Agent, now: float, world: World) -> int:
    """Take the contact that an agent serves next out of its line; -1 if there is none."""
    while True:
        chosen = -1
        best = -1
        rank = 0
        due = 0.0
        for x in range(agent.first, agent.last):
            q = world.links[x].id
            line = world.lines[q]
            c = line.head
            if c < 0 or line.limit <= agent.load:
                continue
            if best < 0 or line.rank < rank or (line.rank == rank and world.contacts[c].due < due):
                chosen = q
                best = c
                rank = line.rank
                due = world.contacts[c].due
        if best < 0:
            return -1
        line = world.lines[chosen]
        contact = world.contacts[best]
        line.head = contact.following
        if line.head < 0:
            line.tail = -1
        if contact.time + contact.patience >= now:
            return best
        contact.reached = now


def begin(a: int, c: int, now: float, world: World) -> None:
    """Let agent `a` answer contact `c`."""
    agent = world.agents[a]
    contact = world.contacts[c]
    line = world.lines[contact.queue]
    if agent.load == 0:
        agent.busy_since = now
        agent.room = line.limit
    else:
        advance(a, now, world)
        agent.room = min(agent.room, line.limit)
    session = world.sessions[a * world.setup[0].width + agent.load]
    session.contact = c
    session.left = contact.service / world.speeds[a * world.setup[0].queues + contact.queue]
    session.slowdown = line.slowdown
    session.limit = line.limit
    agent.clock = now
    agent.load += 1
    contact.reached = now
    contact.agent = a
    contact.sessions = agent.load


def advance(a: int, now: float, world: World) -> None:
    """Bring the work left of the sessions of agent `a` to `now`."""
    agent = world.agents[a]
    first = a * world.setup[0].width
    gone = now - agent.clock
    for s in range(first, first + agent.load):
        session = world.sessions[s]
        session.left = max(0.0, session.left - gone / (1.0 + session.slowdown * (agent.load - 1)))
    agent.clock = now


def end_session(a: int, now: float, world: World) -> None:
    """End the session of agent `a` that has the least time left."""
    agent = world.agents[a]
    first = a * world.setup[0].width
    last = first + agent.load - 1
    ending = world.sessions[first]
    room = FREE
    if last > first:
        shortest = INF
        for s in range(first, last + 1):
            session = world.sessions[s]
            time = session.left * (1.0 + session.slowdown * (agent.load - 1))
            if time < shortest:
                shortest = time
                ending = session
        advance(a, now, world)
    world.contacts[ending.contact].ended = now
    final = world.sessions[last]
    ending.contact = final.contact
    ending.left = final.left
    ending.slowdown = final.slowdown
    ending.limit = final.limit
    for s in range(first, last):
        room = min(room, world.sessions[s].limit)
    agent.load -= 1
    agent.room = room


def schedule(a: int, world: World) -> None:
    """Put the next end of a contact of agent `a` into the heap, or take the agent out of it."""
    agent = world.agents[a]
    if agent.load == 0:
        if agent.place >= 0:
            remove(a, world)
        return
    first = a * world.setup[0].width
    soonest = INF
    for s in range(first, first + agent.load):
        session = world.sessions[s]
        soonest = min(soonest, agent.clock + session.left * (1.0 + session.slowdown * (agent.load - 1)))
    place(a, soonest, world)


def enlist(a: int, now: float, world: World) -> None:
    """Put agent `a` at the end of the list of its group and load."""
    agent = world.agents[a]
    x = agent.group * world.setup[0].width + agent.load
    room = world.rooms[x]
    agent.free_since = now
    agent.listed = x
    agent.before = room.tail
    agent.after = -1
    if room.tail < 0:
        room.head = a
    else:
        world.agents[room.tail].after = a
    room.tail = a


def delist(a: int, world: World) -> None:
    """Take agent `a` out of the list it stands in."""
    agent = world.agents[a]
    room = world.rooms[agent.listed]
    if agent.before < 0:
        room.head = agent.after
    else:
        world.agents[agent.before].after = agent.after
    if agent.after < 0:
        room.tail = agent.before
    else:
        world.agents[agent.after].before = agent.before
    agent.listed = -1


def spread(group: int, since: float, until: float, busy: bool, world: World) -> None:
    """Add the stretch from `since` to `until` to the intervals of a group; time off the grid is left out."""
    setup = world.setup[0]
    start = max(0.0, since)
    x = int(start / setup.step)
    while start < until and x < setup.intervals:
        edge = min(until, (x + 1) * setup.step)
        if edge > start:
            share = world.shares[group * setup.intervals + x]
            if busy:
                share.busy += edge - start
            else:
                share.staffed += edge - start
            start = edge
        x += 1


def place(a: int, key: float, world: World) -> None:
    """Insert agent `a` into the heap with `key`, or move it there."""
    p = world.agents[a].place
    if p < 0:
        p = world.setup[0].waiting
        world.setup[0].waiting = p + 1
        rise(a, key, p, world)
    elif key < world.heap[p].key:
        rise(a, key, p, world)
    else:
        sink(a, key, p, world)


def remove(a: int, world: World) -> None:
    """Take agent `a` out of the heap."""
    p = world.agents[a].place
    world.agents[a].place = -1
    last = world.setup[0].waiting - 1
    world.setup[0].waiting = last
    if p < last:
        moved = world.heap[last]
        if p > 0 and moved.key < world.heap[(p - 1) >> 1].key:
            rise(moved.agent, moved.key, p, world)
        else:
            sink(moved.agent, moved.key, p, world)


def rise(a: int, key: float, hole: int, world: World) -> None:
    """Move agent `a` from a hole of the heap towards the root."""
    while hole > 0:
        parent = (hole - 1) >> 1
        above = world.heap[parent]
        if above.key <= key:
            break
        settle(above.agent, above.key, hole, world)
        hole = parent
    settle(a, key, hole, world)


def sink(a: int, key: float, hole: int, world: World) -> None:
    """Move agent `a` from a hole of the heap away from the root."""
    size = world.setup[0].waiting
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and world.heap[child + 1].key < world.heap[child].key:
            child += 1
        below = world.heap[child]
        if below.key >= key:
            break
        settle(below.agent, below.key, hole, world)
        hole = child
    settle(a, key, hole, world)


def settle(a: int, key: float, p: int, world: World) -> None:
    """Write agent `a` into the heap at `p`."""
    entry = world.heap[p]
    entry.key = key
    entry.agent = a
    world.agents[a].place = p
