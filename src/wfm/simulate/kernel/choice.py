"""Who takes what: the agent for a contact, and the contact for an agent."""

from __future__ import annotations

from wfm.simulate.records import INF, Agent, Line, World

__all__ = ["find_agent", "miss", "next_contact", "rank_for"]


def find_agent(q: int, since: float, now: float, lightest: int, limit: int, world: World) -> int:
    """Return the agent for a contact of queue `q` that came at `since`; -1 if there is none.

    Of those with a load from `lightest` to below `limit`, or with work in hand that yields, who stand at the greatest
    load: least loaded, then of a preferred group, then the fastest or the one who has stood there the longest.
    """
    line = world.lines[q]
    links = world.links
    rooms = world.rooms
    for load in range(lightest, limit):
        best = -1
        tier = -1
        for x in range(line.first, line.last):
            link = links[x]
            if best >= 0 and link.tier != tier:
                break
            a = rooms[link.rooms + load].head
            if a < 0:
                continue
            if link.after > 0.0 and since + link.after > now:
                continue
            if link.reserve > 0 and rooms[link.rooms].size - (load == 0) < link.reserve:
                continue
            if load > 0 and world.setup[0].drains and link.rank > held_back(world.agents[a], world):
                continue
            if line.fastest:
                a = fastest(a, q, world)
            if best < 0 or is_before(a, best, q, line.fastest, world):
                best = a
                tier = link.tier
        if best >= 0:
            return best
    return -1


def fastest(a: int, q: int, world: World) -> int:
    """Return the fastest agent for queue `q` of those who stand behind `a`, with `a`."""
    best = a
    while a >= 0:
        if speed_of(a, q, world) > speed_of(best, q, world):
            best = a
        a = world.agents[a].after
    return best


def speed_of(a: int, q: int, world: World) -> float:
    """Return the speed of agent `a` at queue `q`."""
    return world.speeds[world.agents[a].speeds + q]


def is_before(a: int, b: int, q: int, by_speed: bool, world: World) -> bool:
    """Whether agent `a` is asked before agent `b` of an equal group."""
    if by_speed:
        one = speed_of(a, q, world)
        other = speed_of(b, q, world)
        if one != other:
            return one > other
    return world.agents[a].free_since < world.agents[b].free_since


def held_back(agent: Agent, world: World) -> float:
    """Return the smallest rank that waits and that the agent has no room for: it takes no more of a greater one."""
    rank = INF
    for x in range(agent.first, agent.last):
        link = world.links[x]
        line = world.lines[link.id]
        if line.live > 0 and line.limit <= agent.load and link.after == 0.0 and link.reserve == 0:
            rank = min(rank, link.rank)
    return rank


def rank_for(agent: Agent, q: int, world: World) -> float:
    """Return the rank of queue `q` for an agent that serves it."""
    for x in range(agent.first, agent.last):
        if world.links[x].id == q:
            return world.links[x].rank
    return INF


def next_contact(agent: Agent, now: float, world: World) -> int:
    """Take the contact that an agent serves next out of its line; -1 if there is none."""
    setup = world.setup[0]
    links = world.links
    lines = world.lines
    contacts = world.contacts
    load = agent.load
    most = held_back(agent, world) if setup.drains and load > 0 else INF
    while True:
        chosen = -1
        best = -1
        rank = 0.0
        due = 0.0
        for x in range(agent.first, agent.last):
            link = links[x]
            line = lines[link.id]
            c = line.head
            if c < 0 or line.limit <= load or link.rank > most:
                continue
            contact = contacts[c]
            own = link.rank
            key = contact.due
            if setup.choosy:
                if contact.time + link.after > now:
                    continue
                if link.reserve > 0 and world.rooms[link.rooms].size < link.reserve:
                    continue
                own = link.rank - line.ageing * (now - contact.time)
                if line.weight > 0.0:
                    key = -line.weight * (now - contact.time)
            if best < 0 or own < rank or (own == rank and key < due):
                chosen = link.id
                best = c
                rank = own
                due = key
        if best < 0:
            return -1
        contact = contacts[best]
        line = lines[chosen]
        following = contact.following
        line.head = following
        if following < 0:
            line.tail = -1
        if contact.time + contact.patience >= now:
            if line.timed:
                miss(line, world)
            return best
        contact.reached = now


def miss(line: Line, world: World) -> None:
    """Count a contact of a timed line that waits no more."""
    line.live -= 1
    if line.live == 0 and world.setup[0].drains:
        world.setup[0].released = True
