"""The rules of routing as arrays of the kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wfm.domain.centre import Centre
from wfm.domain.queue import Channel, Queue
from wfm.errors import Faults
from wfm.simulate.inputs import Flags, Floats, Lines, Routes
from wfm.simulate.model import AgentChoice, ContactChoice, Model, wait_target

__all__ = ["lines_of", "routes_of", "slowdowns"]

# Deferred work comes after every live queue, however urgent it is.
_DEFERRED_RANK = 1 << 20


def lines_of(centre: Centre, model: Model) -> Lines:
    """Return the queues of a centre."""
    routing = model.routing
    queues = centre.queues
    deferred = np.array([queue.is_deferred for queue in queues])
    weight = np.zeros(len(queues))
    if routing.contacts is ContactChoice.RELATIVE_WAIT:
        within = [wait_target(centre, queue.name) for queue in queues]
        weight = np.array([0.0 if seconds is None else 1.0 / seconds for seconds in within])
    ageing = 0.0 if routing.ageing_s is None else 1.0 / routing.ageing_s
    return Lines(
        rank=np.where(deferred, _DEFERRED_RANK, [queue.priority for queue in queues]).astype(np.float64),
        concurrency=np.array([queue.concurrency for queue in queues], dtype=np.int64),
        slowdown=slowdowns(queues),
        ageing=np.where(deferred, 0.0, ageing),
        weight=np.where(deferred, 0.0, weight),
        fastest=routing.agents is AgentChoice.FASTEST,
        yields=deferred & routing.interrupt_deferred,
        counted=np.array([queue.channel is Channel.PHONE for queue in queues]),
    )


def slowdowns(queues: Sequence[Queue]) -> Floats:
    """Return by how much a contact of each queue takes longer, a column for each number of others in hand."""
    width = max(queue.concurrency for queue in queues)
    table = np.zeros((len(queues), width - 1))
    for number, queue in enumerate(queues):
        table[number, : queue.concurrency - 1] = np.array(queue.session_factors[1:]) - 1.0
    return table


def routes_of(skills: Flags, lines: Lines, centre: Centre, model: Model) -> Routes:
    """Return how the queues and the skill groups of a roster go together.

    Raises
    ------
    DataError
        If a route names a group that no employee of the centre belongs to.
    """
    routing = model.routing
    shape = skills.shape
    size = skills.sum(axis=1)[:, None] if routing.specialists_first else 0
    tier = np.broadcast_to(size, shape).astype(np.int64).copy()
    rank = np.broadcast_to(np.asarray(lines.rank, dtype=np.float64), shape).copy()
    after = np.zeros(shape)
    reserve = np.zeros(shape, dtype=np.int64)
    number = {queue.name: position for position, queue in enumerate(centre.queues)}
    formed = {frozenset(employee.queues) for employee in centre.employees}
    groups = {frozenset(np.flatnonzero(row).tolist()): position for position, row in enumerate(skills)}
    faults = Faults("the routes")
    for route in routing.routes:
        if frozenset(route.group) not in formed:
            what = f"no employee serves exactly the queues {', '.join(sorted(route.group))}"
            faults.add(what, remedy="name a group as its people's skills do, or leave the route out")
            continue
        g, q = groups.get(frozenset(number[name] for name in route.group)), number[route.queue]
        if g is None:
            continue  # none of its people is on this roster
        if route.order is not None:
            tier[g, q] = route.order
        if route.priority is not None:
            rank[g, q] = route.priority + (_DEFERRED_RANK if centre.queues[q].is_deferred else 0)
        after[g, q] = route.after_s
        reserve[g, q] = route.reserve
    faults.raise_if_any()
    return Routes(tier=tier, rank=rank, after=after, reserve=reserve)
