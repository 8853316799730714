"""The event-driven kernel: plain Python on lists of records, compiled by numba where it is installed.

One source, both ways. The functions draw no random number and call nothing outside this file, so that both ways give
the same numbers to the bit. `wfm.simulate.engine` builds the lists and reads them.

Four sources of events are merged by time: ends of contacts and late breaks (a heap with one entry per agent), changes
of the agents' timelines, timers of contacts without an agent (a second heap), and arrivals; at the same instant in
that order. Timers are set only where something depends on them; a plain queue pays nothing for them.

Abandonment is lazy: a contact whose patience ran out stays in line until an agent reaches it. That instant ends the
wait an infinitely patient contact would have had in its place, which is the *virtual* wait. Where somebody depends on
the instant of the abandonment (the customer who calls again, a trunk, a chat held back for a call), a timer tells it.
"""

from __future__ import annotations

from wfm.simulate.records import (
    ABANDON,
    BLOCKED,
    CALL_AGAIN,
    COMES,
    FREE,
    INF,
    LEAVING,
    NOBODY,
    ON,
    OUT,
    OVERFLOW,
    RESTING,
    Agent,
    Line,
    World,
)

__all__ = ["RARE", "simulate"]

# Called seldom: to compile them apart keeps the rest small.
RARE = (
    "turn",
    "ring",
    "refuse",
    "release",
    "resume",
    "set_timers",
    "set_overflow",
    "interrupt",
    "put_aside",
    "offer",
    "rank_for",
)


def simulate(world: World) -> None:
    """Run to the last event; the results are written into the records."""
    setup = world.setup[0]
    i = 0
    j = 0
    while True:
        arrival = world.contacts[i].time if i < setup.arrivals else INF
        change = world.changes[j].time if j < setup.changes else INF
        end = world.heap[0].key if setup.waiting > 0 else INF
        timer = world.timers[0].key if setup.timers > 0 else INF
        if end <= change and end <= arrival and end <= timer:
            if end == INF:
                return
            finish(world.heap[0].agent, end, world)
        elif change <= arrival and change <= timer:
            turn(j, change, world)
            j += 1
        else:
            c = i
            now = arrival
            if timer <= arrival:
                now = timer
                c = ring(now, world)
            else:
                i += 1
            if c >= 0:
                arrive(c, now, world)
        if setup.released:
            release(min(end, change, timer, arrival), world)


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
    if world.agents[a].listed >= 0:
        delist(a, world)
    begin(a, c, now, world)
    if world.agents[a].load < world.agents[a].room:
        enlist(a, now, world)
    elif world.setup[0].yields:
        enlist_apart(a, now, world)
    schedule(a, world)


def find_agent(q: int, since: float, now: float, lightest: int, limit: int, world: World) -> int:
    """Return the agent for a contact of queue `q` that came at `since`; -1 if there is none.

    Of those with a load from `lightest` to below `limit`, or with work in hand that yields, who stand at the greatest
    load: least loaded, then of a preferred group, then the fastest or the one who has stood there the longest.
    """
    setup = world.setup[0]
    line = world.lines[q]
    stride = setup.width + 1
    for load in range(lightest, limit):
        best = -1
        tier = -1
        for x in range(line.first, line.last):
            link = world.links[x]
            if best >= 0 and link.tier != tier:
                break
            a = world.rooms[link.id * stride + load].head
            if a < 0:
                continue
            if link.after > 0.0 and since + link.after > now:
                continue
            if link.reserve > 0 and world.rooms[link.id * stride].size - (load == 0) < link.reserve:
                continue
            if load > 0 and setup.drains and link.rank > held_back(world.agents[a], world):
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
    queues = world.setup[0].queues
    best = a
    while a >= 0:
        if world.speeds[a * queues + q] > world.speeds[best * queues + q]:
            best = a
        a = world.agents[a].after
    return best


def is_before(a: int, b: int, q: int, by_speed: bool, world: World) -> bool:
    """Whether agent `a` is asked before agent `b` of an equal group."""
    if by_speed:
        queues = world.setup[0].queues
        one = world.speeds[a * queues + q]
        other = world.speeds[b * queues + q]
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


def interrupt(q: int, since: float, now: float, world: World) -> int:
    """Take an agent for a contact of queue `q` from work that yields, back in line; -1 if there is none."""
    width = world.setup[0].width
    a = find_agent(q, since, now, width, width + 1, world)
    if a >= 0:
        delist(a, world)
        put_aside(a, now, world)
    return a


def put_aside(a: int, now: float, world: World) -> None:
    """Put the work that agent `a` has in hand back in its line, by due time."""
    setup = world.setup[0]
    # Somebody else may be free for it.
    setup.released = True
    advance(a, now, world)
    agent = world.agents[a]
    session = world.sessions[a * setup.width]
    c = session.contact
    contact = world.contacts[c]
    own = world.lines[contact.queue]
    contact.service = session.left * world.speeds[a * setup.queues + contact.queue]
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
    spread(agent.group, agent.busy_since, now, True, world)


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


def miss(line: Line, world: World) -> None:
    """Count a contact of a timed line that waits no more."""
    line.live -= 1
    if line.live == 0 and world.setup[0].drains:
        world.setup[0].released = True


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


def rank_for(agent: Agent, q: int, world: World) -> float:
    """Return the rank of queue `q` for an agent that serves it."""
    for x in range(agent.first, agent.last):
        if world.links[x].id == q:
            return world.links[x].rank
    return INF


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
            if world.setup[0].held > 0:
                resume(a, now, world)
        elif agent.state != LEAVING or agent.pause >= 0.0:
            # On a break that began late, or still to begin: it is taken in full.
            return
        agent.state = ON
        if world.setup[0].yields and holds_yielding(agent, a, world):
            # While it was to leave, contacts that its work yields to have passed it by.
            world.setup[0].released = True
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
            if agent.load == 0 and world.setup[0].reserved:
                # One more without a contact: others of the group may now take one.
                world.setup[0].released = True
            break
        begin(a, c, now, world)
    if world.setup[0].yields:
        enlist_apart(a, now, world)
    schedule(a, world)


def next_contact(agent: Agent, now: float, world: World) -> int:
    """Take the contact that an agent serves next out of its line; -1 if there is none."""
    setup = world.setup[0]
    most = held_back(agent, world) if setup.drains and agent.load > 0 else INF
    while True:
        chosen = -1
        best = -1
        rank = 0.0
        due = 0.0
        for x in range(agent.first, agent.last):
            link = world.links[x]
            line = world.lines[link.id]
            c = line.head
            if c < 0 or line.limit <= agent.load or link.rank > most:
                continue
            contact = world.contacts[c]
            own = link.rank
            key = contact.due
            if setup.choosy:
                if contact.time + link.after > now:
                    continue
                if link.reserve > 0 and world.rooms[agent.group * (setup.width + 1)].size < link.reserve:
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
        contact = world.contacts[best]
        is_live = contact.time + contact.patience >= now
        line = world.lines[chosen]
        line.head = contact.following
        if line.head < 0:
            line.tail = -1
        if is_live:
            if line.timed:
                miss(line, world)
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
    if world.lines[world.contacts[ending.contact].queue].counted:
        world.setup[0].inside -= 1
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
    if agent.load == 1:
        place(a, agent.clock + world.sessions[first].left, world)
        return
    soonest = INF
    for s in range(first, first + agent.load):
        session = world.sessions[s]
        soonest = min(soonest, agent.clock + session.left * (1.0 + session.slowdown * (agent.load - 1)))
    place(a, soonest, world)


def enlist(a: int, now: float, world: World) -> None:
    """Put agent `a` at the end of the list of its group and load."""
    agent = world.agents[a]
    stand(a, agent.group * (world.setup[0].width + 1) + agent.load, now, world)


def enlist_apart(a: int, now: float, world: World) -> None:
    """Put agent `a` at the end of the list of its group for those whose work yields, if it has such work in hand."""
    agent = world.agents[a]
    width = world.setup[0].width
    if holds_yielding(agent, a, world):
        stand(a, agent.group * (width + 1) + width, now, world)


def holds_yielding(agent: Agent, a: int, world: World) -> bool:
    """Whether agent `a` has work in hand that yields."""
    session = world.sessions[a * world.setup[0].width]
    return agent.load == 1 and world.lines[world.contacts[session.contact].queue].yields


def stand(a: int, x: int, now: float, world: World) -> None:
    """Put agent `a` at the end of list `x`."""
    agent = world.agents[a]
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
    room.size += 1


def delist(a: int, world: World) -> None:
    """Take agent `a` out of the list it stands in."""
    agent = world.agents[a]
    room = world.rooms[agent.listed]
    room.size -= 1
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
    heap = world.heap
    agents = world.agents
    while hole > 0:
        parent = (hole - 1) >> 1
        above = heap[parent]
        if above.key <= key:
            break
        entry = heap[hole]
        entry.key = above.key
        entry.agent = above.agent
        agents[above.agent].place = hole
        hole = parent
    entry = heap[hole]
    entry.key = key
    entry.agent = a
    agents[a].place = hole


def sink(a: int, key: float, hole: int, world: World) -> None:
    """Move agent `a` from a hole of the heap away from the root."""
    heap = world.heap
    agents = world.agents
    size = world.setup[0].waiting
    child = 2 * hole + 1
    while child < size:
        if child + 1 < size and heap[child + 1].key < heap[child].key:
            child += 1
        below = heap[child]
        if below.key >= key:
            break
        entry = heap[hole]
        entry.key = below.key
        entry.agent = below.agent
        agents[below.agent].place = hole
        hole = child
        child = 2 * hole + 1
    entry = heap[hole]
    entry.key = key
    entry.agent = a
    agents[a].place = hole


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


def set_timer(p: int, key: float, c: int, kind: int, world: World) -> None:
    """Write a timer into the second heap at `p`."""
    timer = world.timers[p]
    timer.key = key
    timer.contact = c
    timer.kind = kind
