"""What an agent has in hand, where it stands among those with room for more, and the time it was busy and on seat."""

from __future__ import annotations

from wfm.simulate.kernel.heaps import place, remove
from wfm.simulate.records import FREE, INF, Agent, Session, World

__all__ = [
    "advance",
    "begin",
    "delist",
    "end_session",
    "enlist",
    "enlist_apart",
    "holds_yielding",
    "rest",
    "schedule",
    "spread",
]


def begin(a: int, c: int, now: float, world: World) -> None:
    """Let agent `a` answer contact `c`."""
    agent = world.agents[a]
    contact = world.contacts[c]
    q = contact.queue
    limit = world.lines[q].limit
    load = agent.load
    if load == 0:
        if agent.busy_since == INF:
            agent.busy_since = now
        agent.room = limit
    else:
        advance(agent, now, world)
        agent.room = min(agent.room, limit)
    session = world.sessions[agent.sessions + load]
    session.contact = c
    session.left = contact.service / world.speeds[agent.speeds + q]
    session.queue = q
    session.limit = limit
    agent.clock = now
    agent.load = load + 1
    contact.reached = now
    contact.agent = a
    contact.sessions = load + 1


def advance(agent: Agent, now: float, world: World) -> None:
    """Bring the work left of the sessions of an agent to `now`."""
    first = agent.sessions
    gone = now - agent.clock
    for s in range(first, first + agent.load):
        session = world.sessions[s]
        session.left = max(0.0, session.left - gone / factor_of(session, agent.load, world))
    agent.clock = now


def factor_of(session: Session, load: int, world: World) -> float:
    """Return how much longer a session takes while its agent holds so many."""
    return world.factors[session.queue * world.setup[0].width + load - 1]


def end_session(agent: Agent, now: float, world: World) -> None:
    """End the session of an agent that has the least time left."""
    s = agent.sessions
    if agent.load > 1:
        s = shortest(agent, world)
        advance(agent, now, world)
    session = world.sessions[s]
    world.contacts[session.contact].ended = now
    if world.lines[session.queue].counted:
        world.setup[0].inside -= 1
    if agent.load > 1:
        close_gap(agent, s, world)
    else:
        agent.load = 0
        agent.room = FREE


def shortest(agent: Agent, world: World) -> int:
    """Return the session of an agent that ends first."""
    first = agent.sessions
    found = first
    least = INF
    for s in range(first, first + agent.load):
        session = world.sessions[s]
        time = session.left * factor_of(session, agent.load, world)
        if time < least:
            least = time
            found = s
    return found


def close_gap(agent: Agent, s: int, world: World) -> None:
    """Put the last session of an agent in the place of session `s`, which ended."""
    first = agent.sessions
    last = first + agent.load - 1
    final = world.sessions[last]
    ended = world.sessions[s]
    ended.contact = final.contact
    ended.left = final.left
    ended.queue = final.queue
    ended.limit = final.limit
    room = FREE
    for s in range(first, last):
        room = min(room, world.sessions[s].limit)
    agent.load -= 1
    agent.room = room


def schedule(a: int, agent: Agent, world: World) -> None:
    """Put the next end of a contact of agent `a` into the heap, or take the agent out of it."""
    load = agent.load
    if load == 0:
        if world.places[a] >= 0:
            remove(a, world)
        return
    first = agent.sessions
    if load == 1:
        place(a, agent.clock + world.sessions[first].left, world)
        return
    soonest = INF
    for s in range(first, first + load):
        session = world.sessions[s]
        soonest = min(soonest, agent.clock + session.left * factor_of(session, load, world))
    place(a, soonest, world)


def enlist(a: int, agent: Agent, now: float, world: World) -> None:
    """Put agent `a` at the end of the list of its group and load."""
    stand(a, agent, agent.rooms + agent.load, now, world)


def enlist_apart(a: int, agent: Agent, now: float, world: World) -> None:
    """Put agent `a` at the end of the list of its group for those whose work yields, if it has such work in hand."""
    if holds_yielding(agent, world):
        stand(a, agent, agent.rooms + world.setup[0].width, now, world)


def holds_yielding(agent: Agent, world: World) -> bool:
    """Whether an agent has work in hand that yields."""
    return agent.load == 1 and world.lines[world.sessions[agent.sessions].queue].yields


def stand(a: int, agent: Agent, x: int, now: float, world: World) -> None:
    """Put agent `a` at the end of list `x`."""
    room = world.rooms[x]
    tail = room.tail
    agent.free_since = now
    agent.listed = x
    agent.before = tail
    agent.after = -1
    if tail < 0:
        room.head = a
    else:
        world.agents[tail].after = a
    room.tail = a
    room.size += 1


def delist(agent: Agent, world: World) -> None:
    """Take an agent out of the list it stands in."""
    room = world.rooms[agent.listed]
    before = agent.before
    after = agent.after
    room.size -= 1
    if before < 0:
        room.head = after
    else:
        world.agents[before].after = after
    if after < 0:
        room.tail = before
    else:
        world.agents[after].before = before
    agent.listed = -1


def rest(agent: Agent, now: float, world: World) -> None:
    """Note until when an agent was busy that has nothing in hand any more."""
    if agent.busy_since < INF:
        spread(agent.group, agent.busy_since, now, True, world)
        agent.busy_since = INF


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
