"""Live queues: the fewest agents for each interval, and what they achieve.

Each interval is taken as if its rate had always been in force; `wfm.staffing.kernels.load` first turns a volume that
changes into the rate that is felt.
Without patience it is Erlang C, with it Erlang A; a chat with several sessions is the balanced model of
`wfm.erlang.chat`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wfm.domain.queue import Queue
from wfm.domain.targets import LongestWait, MeanAnswer, ServiceLevel, Target
from wfm.erlang import agents_required, chat_agents_required, chat_measures, measures
from wfm.erlang.arrays import Floats, Ints
from wfm.erlang.results import Measures

__all__ = [
    "LiveStaff",
    "achieved",
    "answered_at_all",
    "fewest",
    "hold_time",
    "method",
    "reading",
    "readings",
    "session_lengths",
    "staff",
]

_DEFAULT_WAIT = "30s"
# A share of contacts that any staff reaches which can take the load at all.
_HARDLY = 1e-9


class LiveStaff(NamedTuple):
    """Agents by interval and what they achieve; `service_level` as `reading` says."""

    load_erl: Floats
    agents: Ints
    service_level: Floats
    asa_s: Floats
    occupancy: Floats
    abandonment: Floats
    longest_wait_s: Floats


def method(queue: Queue) -> str:
    """Return the name of the model that a live queue is staffed by."""
    base = "Erlang C" if queue.patience_s is None else "Erlang A"
    return base if queue.concurrency == 1 else f"balanced chat model, {queue.concurrency} sessions, {base} waiting"


def readings(queue: Queue) -> tuple[ServiceLevel, MeanAnswer, LongestWait]:
    """Return the three readings of "answered within": a level, a mean, a longest wait.

    Each is the queue's own target where it has one of that kind. Otherwise it takes the wait of the first target that
    has one (30 s if none has), a level of 80 %, and a breach of 1 %.
    """
    waits = [t.within for t in queue.targets if isinstance(t, ServiceLevel | MeanAnswer | LongestWait)]
    usable = [wait for wait in waits if wait]
    within = usable[0] if usable else _DEFAULT_WAIT
    levels = [t for t in queue.targets if isinstance(t, ServiceLevel)]
    means = [t for t in queue.targets if isinstance(t, MeanAnswer)]
    longest = [t for t in queue.targets if isinstance(t, LongestWait)]
    level = levels[0] if levels else ServiceLevel(0.8, within)
    return level, means[0] if means else MeanAnswer(within), longest[0] if longest else LongestWait(within)


def reading(queue: Queue) -> ServiceLevel:
    """Return the service level that is reported for a queue: its first one, or 80 % of offered within its wait."""
    return readings(queue)[0]


def session_lengths(queue: Queue, aht_s: Floats) -> Sequence[Floats]:
    """Return the length of a session by the number that its agent holds."""
    return [aht_s * factor for factor in queue.session_factors]


def hold_time(queue: Queue, aht_s: Floats) -> Floats:
    """Return how long a contact stays with its agent: of a chat, the session of a full agent."""
    return session_lengths(queue, aht_s)[-1]


def fewest(
    queue: Queue, offered: Floats, aht_s: Floats, interval_s: float, targets: tuple[Target, ...] | Target
) -> Ints:
    """Return the fewest agents that hold some targets on a live queue, by interval."""
    if queue.concurrency == 1:
        found = agents_required(offered, aht_s, interval_s, targets, patience_s=queue.patience_s)
    else:
        sessions = session_lengths(queue, aht_s)
        found = chat_agents_required(offered, sessions, interval_s, targets, patience_s=queue.patience_s)
    result: Ints = np.asarray(found, dtype=np.int64)
    return result


def answered_at_all(queue: Queue) -> ServiceLevel:
    """Return a target that the smallest staff meets which keeps the queue from growing without end."""
    level = reading(queue)
    return replace(level, fraction=_HARDLY)


def achieved(
    queue: Queue, offered: Floats, aht_s: Floats, interval_s: float, agents: Ints, level: ServiceLevel | None = None
) -> Measures:
    """Return what `agents` achieve on a live queue, by interval; the level is that of `reading` unless it is given."""
    level = level or reading(queue)
    within, patience, short = level.within_s, queue.patience_s, level.short_abandon_s
    if queue.concurrency == 1:
        return measures(offered, aht_s, interval_s, agents, within_s=within, patience_s=patience, short_abandon_s=short)
    return chat_measures(
        offered,
        session_lengths(queue, aht_s),
        interval_s,
        agents,
        within_s=within,
        patience_s=patience,
        short_abandon_s=short,
    )


def staff(queue: Queue, offered: Floats, aht_s: Floats, interval_s: float, agents: Ints | None = None) -> LiveStaff:
    """Return the staff of a live queue, and what it achieves.

    Parameters
    ----------
    queue
        The queue, with live targets only.
    offered, aht_s
        Contacts and mean handle time by interval; a chat's is the length of a session held alone.
    interval_s
        Length of an interval.
    agents
        The staff, where it is known; default the fewest that hold all targets, and at least the queue's minimum.
    """
    if agents is None:
        agents = np.maximum(fewest(queue, offered, aht_s, interval_s, queue.targets), queue.min_agents)
    found = achieved(queue, offered, aht_s, interval_s, agents)
    level, _, longest = readings(queue)
    return LiveStaff(
        load_erl=found.load_erl,
        agents=agents,
        service_level=found.service_level(level.basis),
        asa_s=found.asa_s,
        occupancy=found.occupancy,
        abandonment=found.abandonment,
        longest_wait_s=found.longest_wait_s(longest.breach),
    )
