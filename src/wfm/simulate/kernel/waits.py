"""Contacts without an agent: those in line and their timers, those refused, those put back, those who call again."""

from __future__ import annotations

from wfm.simulate.kernel.choice import find_agent
from wfm.simulate.kernel.hands import advance, delist
from wfm.simulate.kernel.heaps import push_timer
from wfm.simulate.records import ABANDON, BLOCKED, CALL_AGAIN, FREE, INF, NOBODY, OVERFLOW, World

__all__ = ["call_again", "interrupt", "refuse", "set_overflow", "set_timers"]


def set_timers(c: int, world: World) -> None:
    """Set the timers of contact `c`, which begins to wait."""
    contact = world.contacts[c]
    line = world.lines[contact.queue]
    if line.timed:
        line.live += 1
        if contact.patience < INF:
            push_timer(contact.time + contact.patience, c, ABANDON, world)
    set_overflow(c, contact.time, world)


def set_overflow(c: int, now: float, world: World) -> None:
    """Set the timer of contact `c`, which waits, for the next groups that serve it after a wait."""
    contact = world.contacts[c]
    line = world.lines[contact.queue]
    if line.overflow == INF:
        return
    soonest = INF
    for x in range(line.first, line.last):
        link = world.links[x]
        if link.after > 0.0 and contact.time + link.after > now:
            soonest = min(soonest, contact.time + link.after)
    if line.yields:
        world.extras[c].rings = soonest < INF
    if soonest < INF:
        push_timer(soonest, c, OVERFLOW, world)


def refuse(c: int, now: float, world: World) -> None:
    """Block contact `c`, for which there is no trunk."""
    world.contacts[c].agent = BLOCKED
    call_again(c, now, world)


def call_again(c: int, now: float, world: World) -> None:
    """Let the customer of contact `c`, given up now, call again, if it is one who does and the queue is still open."""
    if len(world.extras) == 0:
        return
    again = world.extras[c].again
    if again < 0:
        return
    extra = world.extras[again]
    time = now + extra.delay
    if time < extra.until:
        contact = world.contacts[again]
        contact.time = time
        contact.due = time
        contact.patience = min(contact.patience, extra.closing - time)
        push_timer(time, again, CALL_AGAIN, world)


def interrupt(q: int, since: float, now: float, world: World) -> int:
    """Take an agent for a contact of queue `q` from work that yields, back in line; -1 if there is none."""
    width = world.setup[0].width
    a = find_agent(q, since, now, width, width + 1, world)
    if a >= 0:
        delist(world.agents[a], world)
        put_aside(a, now, world)
    return a


def put_aside(a: int, now: float, world: World) -> None:
    """Put the work that agent `a` has in hand back in its line, by due time."""
    # Somebody else may be free for it.
    world.setup[0].released = True
    agent = world.agents[a]
    advance(agent, now, world)
    session = world.sessions[agent.sessions]
    c = session.contact
    contact = world.contacts[c]
    own = world.lines[contact.queue]
    contact.service = session.left * world.speeds[agent.speeds + contact.queue]
    extra = world.extras[c]
    extra.worked += now - contact.reached
    if extra.first != extra.first:
        extra.first = contact.reached
    contact.reached = float("nan")
    contact.agent = NOBODY
    contact.sessions = 0
    # Who has been answered once waits for the rest, however long it takes.
    contact.patience = INF
    if own.timed:
        own.live += 1
    if not extra.rings:
        set_overflow(c, now, world)
    before = -1
    behind = own.head
    while behind >= 0 and world.contacts[behind].due < contact.due:
        before = behind
        behind = world.contacts[behind].following
    contact.following = behind
    if before < 0:
        own.head = c
    else:
        world.contacts[before].following = c
    if behind < 0:
        own.tail = c
    agent.load = 0
    agent.room = FREE
