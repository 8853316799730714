"""The records that the kernel reads and writes.

Interpreted, the world holds lists of objects of these classes; compiled, numpy arrays of records with the same fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = [
    "Agent",
    "Change",
    "Contact",
    "Extra",
    "Held",
    "Line",
    "Link",
    "Room",
    "Session",
    "Setup",
    "Share",
    "Timer",
    "World",
]

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

# Kinds of timers.
ABANDON = 0
OVERFLOW = 1
CALL_AGAIN = 2

# Instead of an agent: nobody answered; there was no trunk.
NOBODY = -1
BLOCKED = -2

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

    rank: float  # smaller is served first
    limit: int  # sessions an agent may hold at once
    head: int
    tail: int
    first: int  # its groups stand in `links` from here, preferred first
    last: int
    ageing: float  # rank gained by each second of the first contact's wait
    weight: float  # above 0: of two lines of one rank, the greater weight times wait is served first
    fastest: bool  # within a tier the fastest agent is asked, rather than the one who has had room the longest
    yields: bool  # work on it is interrupted for a contact of a smaller rank
    counted: bool  # its contacts take a trunk
    timed: bool  # abandonments are events, which others depend on
    overflow: float  # shortest wait after which further groups serve it, or infinite
    live: int  # waiting contacts that have not abandoned; kept where `timed`


@dataclass(slots=True)
class Link:
    """In `links`: a group that serves a queue, or a queue that a group serves."""

    id: int
    rooms: int  # those of the group stand in `rooms` from here
    tier: int  # groups of one tier are equal
    rank: float  # of the queue for the group: smaller is served first
    after: float  # seconds that a contact waits before the group serves it
    reserve: int  # agents of the group who must be left without a contact


@dataclass(slots=True)
class Room:
    """Agents of one group, with one number of sessions in hand, who have room for more: longest first."""

    head: int
    tail: int
    size: int


@dataclass(slots=True)
class Agent:
    """An agent."""

    state: int
    load: int  # sessions in hand
    room: int  # sessions it may hold, given those in hand
    group: int
    rooms: int  # those of its group stand in `rooms` from here
    sessions: int  # its own stand in `sessions` from here
    speeds: int  # its own stand in `speeds` from here
    first: int  # the queues of its group stand in `links` from here
    last: int
    listed: int  # the room it stands in, or -1
    before: int
    after: int
    free_since: float  # standing in a room from here on
    busy_since: float  # infinite without a contact in hand
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
    queue: int
    limit: int


@dataclass(slots=True)
class Change:
    """A change of an agent's presence, in order of time."""

    time: float
    agent: int
    pause: float  # COMES, SHIFT_ENDS, or the length of the break that begins
    mark: float  # start of the break, or the end of the shift


@dataclass(slots=True)
class Timer:
    """In the second heap: what is to happen to a contact that is with no agent."""

    key: float
    contact: Short
    kind: Short


@dataclass(slots=True)
class Extra:
    """What only some models need to know of a contact."""

    again: Short  # the contact that its customer makes after it, if nobody answers; -1: none
    delay: float  # after the contact before it was given up
    until: float  # from here on its customer does not call again
    closing: float  # when it is sent away if it still waits
    first: float  # answered for the first time; missing where it was not interrupted
    worked: float  # seconds in hand before it was interrupted
    rings: bool  # a timer is set for groups that serve it after a wait


@dataclass(slots=True)
class Held:
    """A contact that an agent has in hand when it comes for the first time."""

    agent: int
    contact: int


@dataclass(slots=True)
class Share:
    """Agent-seconds of a group in an interval."""

    busy: float
    staffed: float
    overtime: float  # beyond the shifts that ended in it


@dataclass(slots=True)
class Setup:
    """Sizes; there is one."""

    arrivals: int
    changes: int
    waiting: int  # entries in the heap
    timers: int  # entries in the second heap
    width: int  # most sessions of an agent
    queues: int
    intervals: int
    step: float  # length of an interval
    trunks: int  # most contacts in the system; 0: no limit
    inside: int  # contacts in the system that take a trunk
    held: int  # contacts in hand at the start
    timed: bool  # some line is timed, or has groups that serve it after a wait
    choosy: bool  # the next contact depends on waits, on reserves, or on groups that serve after a wait
    yields: bool  # some line yields
    drains: bool  # agents with a chat in hand take no further one while a contact of a smaller rank waits
    reserved: bool  # agents with contacts in hand take one only while enough of their group have none
    released: bool  # since the last event somebody may have come to be able to take what waits


class World(NamedTuple):
    """Everything the kernel reads and writes."""

    contacts: list[Contact]
    lines: list[Line]
    links: list[Link]
    rooms: list[Room]  # `width` per group, and one for those whose work yields
    agents: list[Agent]
    sessions: list[Session]  # `width` per agent
    speeds: list[float]  # one per agent and queue
    factors: list[float]  # how much longer a session takes: `width` per queue, by the sessions that its agent holds
    changes: list[Change]
    keys: list[float]  # a heap of the next events of busy agents, filled up with infinity
    holders: list[int]  # the agent of each of its entries
    places: list[int]  # by agent: its place in the heap, or -1
    shares: list[Share]  # one per group and interval
    setup: list[Setup]
    timers: list[Timer]  # at least one
    extras: list[Extra]  # one per contact, or none where no model needs them
    held: list[Held]
