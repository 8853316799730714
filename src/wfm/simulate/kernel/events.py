"""The events: contacts that come and end, timelines that change, timers that ring.

Four sources of events are merged by time: ends of contacts and late breaks (a heap with one entry per agent), changes
of the agents' timelines, timers of contacts without an agent (a second heap), and arrivals; at the same instant in
that order. Timers are set only where something depends on them; a plain queue pays nothing for them.

Abandonment is lazy: a contact whose patience ran out stays in line until an agent reaches it. That instant ends the
wait an infinitely patient contact would have had in its place, which is the *virtual* wait. Where somebody depends on
the instant of the abandonment (the customer who calls again, a trunk, a chat held back for a call), a timer tells it.
"""

from __future__ import annotations

from wfm.simulate.kernel.choice import find_agent, miss, next_contact, rank_for
from wfm.simulate.kernel.hands import (
    begin,
    delist,
    end_session,
    enlist,
    enlist_apart,
    holds_yielding,
    rest,
    schedule,
    spread,
)
from wfm.simulate.kernel.heaps import place, pop_timer, remove
from wfm.simulate.kernel.waits import call_again, interrupt, refuse, set_overflow, set_timers
from wfm.simulate.records import (
    ABANDON,
    CALL_AGAIN,
    COMES,
    INF,
    LEAVING,
    NOBODY,
    ON,
    OUT,
    OVERFLOW,
    RESTING,
    Agent,
    World,
)

__all__ = ["simulate"]


def simulate(world: World) -> None:
    """Run to the last event; the results are written into the records."""
    setup = world.setup[0]
    contacts = world.contacts
    changes = world.changes
    keys = world.keys
    timers = world.timers
    i = 0
    j = 0
    arrival = contacts[0].time if setup.arrivals > 0 else INF
    change = changes[0].time if setup.changes > 0 else INF
    while True:
        end = keys[0]
        timer = timers[0].key
        if end <= change and end <= arrival and end <= timer:
            if end == INF:
                return
            now = end
            finish(world.holders[0], now, world)
        elif change <= arrival and change <= timer:
            now = change
            turn(j, now, world)
            j += 1
            change = changes[j].time if j < setup.changes else INF
        else:
            c = i
            now = arrival
            if timer <= arrival:
                now = timer
                c = ring(now, world)
            else:
                i += 1
                arrival = contacts[i].time if i < setup.arrivals else INF
            if c >= 0:
                arrive(c, now, world)
        if setup.released:
            release(now, world)


def arrive(c: int, now: float, world: World) -> None:
    """Give contact `c` to an agent, or let it wait."""
    setup = world.setup[0]
    q = world.contacts[c].queue
    line = world.lines[q]
    if line.counted:
        if setup.inside >= setup.trunks:
            refuse(c, now, world)
            return
        setup.inside += 1
    a = find_agent(q, now, now, 0, line.limit, world)
    if a < 0 and setup.yields and not line.yields:
        a = interrupt(q, now, now, world)
    if a >= 0:
        give(a, c, now, world)
        return
    if line.tail < 0:
        line.head = c
    else:
        world.contacts[line.tail].following = c
    line.tail = c
    if setup.timed:
        set_timers(c, world)


def give(a: int, c: int, now: float, world: World) -> None:
    """Let agent `a`, who was found for it, answer contact `c`."""
    agent = world.agents[a]
    if agent.listed >= 0:
        delist(agent, world)
    begin(a, c, now, world)
    if agent.load < agent.room:
        enlist(a, agent, now, world)
    elif world.setup[0].yields:
        enlist_apart(a, agent, now, world)
    schedule(a, agent, world)


def ring(now: float, world: World) -> int:
    """Do what the first timer says; return the contact that arrives, or -1."""
    timer = world.timers[0]
    c = timer.contact
    kind = timer.kind
    pop_timer(world)
    if kind == CALL_AGAIN:
        return c
    contact = world.contacts[c]
    line = world.lines[contact.queue]
    if line.yields and kind == OVERFLOW:
        world.extras[c].rings = False
    if contact.agent != NOBODY or contact.reached == contact.reached or contact.patience < 0.0:
        return -1
    if kind == ABANDON:
        if contact.patience == INF:
            return -1  # it was answered before that, and put aside
        # From now on it is only there for the virtual wait.
        contact.patience = -1.0
        miss(line, world)
        if line.counted:
            world.setup[0].inside -= 1
        call_again(c, now, world)
        return -1
    set_overflow(c, now, world)
    while line.head >= 0 and offer(contact.queue, now, world):
        pass
    return -1


def release(now: float, world: World) -> None:
    """Give out what waits and somebody can take since the last event, in the order of the ranks.

    Those who can take it without putting work aside come first.
    """
    setup = world.setup[0]
    setup.released = False
    while True:
        chosen = -1
        interrupts = False
        rank = 0.0
        due = 0.0
        for q in range(setup.queues):
            line = world.lines[q]
            if line.head < 0:
                continue
            contact = world.contacts[line.head]
            a = find_agent(q, contact.time, now, 0, line.limit, world)
            aside = a < 0
            if aside and setup.yields and not line.yields:
                a = find_agent(q, contact.time, now, setup.width, setup.width + 1, world)
            if a < 0:
                continue
            wait = now - contact.time
            own = rank_for(world.agents[a], q, world) - line.ageing * wait
            key = -line.weight * wait if line.weight > 0.0 else contact.due
            if chosen >= 0:
                if aside and not interrupts:
                    continue
                if aside == interrupts and (own > rank or (own == rank and key >= due)):
                    continue
            chosen = q
            interrupts = aside
            rank = own
            due = key
        if chosen < 0:
            return
        offer(chosen, now, world)


def offer(q: int, now: float, world: World) -> bool:
    """Give the first contact of queue `q` to an agent that can take it; return whether there was one."""
    setup = world.setup[0]
    line = world.lines[q]
    c = line.head
    contact = world.contacts[c]
    a = find_agent(q, contact.time, now, 0, line.limit, world)
    is_live = contact.time + contact.patience >= now
    if a < 0 and setup.yields and not line.yields:
        if is_live:
            a = interrupt(q, contact.time, now, world)
        else:
            a = find_agent(q, contact.time, now, setup.width, setup.width + 1, world)
    if a < 0:
        return False
    line.head = contact.following
    if line.head < 0:
        line.tail = -1
    if is_live:
        if line.timed:
            miss(line, world)
        give(a, c, now, world)
    else:
        contact.reached = now
    return True


def resume(a: int, now: float, world: World) -> None:
    """Let agent `a` go on with the contacts that it has in hand at the start."""
    setup = world.setup[0]
    for x in range(setup.held):
        held = world.held[x]
        if held.agent == a and held.contact >= 0:
            if world.lines[world.contacts[held.contact].queue].counted:
                setup.inside += 1
            begin(a, held.contact, now, world)
            held.contact = -1


def finish(a: int, now: float, world: World) -> None:
    """End the contact of agent `a` that is due now, or its late break, and let it go on."""
    agent = world.agents[a]
    if agent.state == RESTING:
        agent.state = ON
        agent.on_since = now
    else:
        end_session(agent, now, world)
        if agent.state == LEAVING:
            if agent.load > 0:
                schedule(a, agent, world)
            else:
                leave(a, now, world)
            return
        if agent.listed >= 0:
            delist(agent, world)
    take(a, now, world)


def turn(j: int, now: float, world: World) -> None:
    """Apply change `j` of the timelines."""
    change = world.changes[j]
    a = change.agent
    agent = world.agents[a]
    if change.pause == COMES:
        if agent.state == OUT:
            agent.on_since = now
            if world.setup[0].held > 0:
                resume(a, now, world)
        elif agent.state != LEAVING or agent.pause >= 0.0:
            # On a break that began late, or still to begin: it is taken in full.
            return
        agent.state = ON
        if world.setup[0].yields and holds_yielding(agent, world):
            # While it was to leave, contacts that its work yields to have passed it by.
            world.setup[0].released = True
        take(a, now, world)
    elif agent.state == RESTING:
        agent.state = OUT
        remove(a, world)
    elif agent.state != OUT:
        if agent.listed >= 0:
            delist(agent, world)
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
    rest(agent, now, world)
    spread(agent.group, agent.on_since, now, False, world)
    beyond = max(0.0, now - agent.mark)
    if agent.pause < 0.0:
        agent.state = OUT
        agent.overtime += beyond
        world.shares[share_of(agent, world)].overtime += beyond
        remove(a, world)
    else:
        agent.state = RESTING
        agent.late += beyond
        place(a, now + agent.pause, world)


def share_of(agent: Agent, world: World) -> int:
    """Return the share of the interval in which the shift of an agent ended, or of the nearest one of the grid."""
    setup = world.setup[0]
    x = int(agent.mark / setup.step)
    if x * setup.step == agent.mark:
        x -= 1
    return agent.group * setup.intervals + max(0, min(x, setup.intervals - 1))


def take(a: int, now: float, world: World) -> None:
    """Fill agent `a` from the lines; with room left, it stands in the list of those that have room."""
    agent = world.agents[a]
    while agent.load < agent.room:
        c = next_contact(agent, now, world)
        if c < 0:
            enlist(a, agent, now, world)
            if agent.load == 0:
                rest(agent, now, world)
                if world.setup[0].reserved:
                    # One more without a contact: others of the group may now take one.
                    world.setup[0].released = True
            break
        begin(a, c, now, world)
    if world.setup[0].yields:
        enlist_apart(a, agent, now, world)
    schedule(a, agent, world)
