"""The frame `ticket_events`: what the course of events means to each ticket, step by step through its states."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.shop.columns import stamps, text
from wfm.datasets.shop.contact_log import Names
from wfm.datasets.shop.course import Course
from wfm.datasets.shop.journey import Journey
from wfm.datasets.shop.profiles import KINDS
from wfm.domain.centre import Centre
from wfm.tickets import TicketState

__all__ = ["ticket_events_frame"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STATES = tuple(TicketState)
_NEW, _OPEN, _PENDING, _HOLD, _SOLVED, _CLOSED, _REOPENED = range(len(_STATES))
_NONE = -1
_ACTORS = ("customer", "agent", "system")
_CUSTOMER, _AGENT, _SYSTEM = range(len(_ACTORS))
_KINDS = ("create", "assign", "reply", "await", "hold", "resume", "solve", "close", "reopen", "comment", "escalate")
_HOUR = 3_600_000
# A solved ticket is closed after three days, one whose customer gave up after one; who does not reply is done with.
_CLOSE_SOLVED, _CLOSE_LOST, _GIVE_UP = 72 * _HOUR, 24 * _HOUR, 72 * _HOUR
# Shares of the last answers of a ticket that do not solve it at once, by kind: on hold, and waiting for the customer.
_HELD_SHARE = {"inquiry": 0.04, "after_sales": 0.16, "complaint": 0.22, "suggestion": 0.0}
_AWAITED = 0.05
_REPLIES = 0.6


@dataclass
class _Log:
    """Events in columns; `step` orders those of one ticket at one instant."""

    course: Course
    journey: Journey
    parts: list[tuple[Ints, ...]] = field(default_factory=list)

    def add(
        self, contact: Ints, at: Ints, kind: str, actor: int, states: tuple[Ints | int, Ints | int], *, public: bool
    ) -> None:
        """Note an event of the tickets of some contacts."""
        size = len(contact)
        employee = self.course.employee[contact] if actor == _AGENT or kind == "assign" else np.full(size, -1)
        row = (
            self.journey.ticket[contact],
            at,
            contact,
            np.full(size, len(self.parts)),
            np.full(size, _KINDS.index(kind)),
            np.full(size, actor),
            employee,
            np.full(size, int(public)),
            *(np.broadcast_to(state, size) for state in states),
        )
        self.parts.append(row)


def ticket_events_frame(
    course: Course, journey: Journey, names: Names, centre: Centre, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the frame `ticket_events` up to the instant at which the log was taken."""
    log = _Log(course, journey)
    entry = _entry_states(course, journey)
    _arrivals(log)
    _answers(log, entry)
    _endings(log, rng)
    _losses(log, entry)
    source = journey.escalated_from[journey.escalated_from >= 0]
    at = course.arrived[journey.escalated_from >= 0]
    log.add(source, at, "escalate", _AGENT, (_NONE, _NONE), public=False)
    ticket, at, contact, step, kind, actor, employee, public, old, new = (
        np.concatenate(column) for column in zip(*log.parts, strict=True)
    )
    order = np.lexsort((step, contact, at, ticket))
    order = order[at[order] <= course.until]
    states = [state.value for state in _STATES]
    return pd.DataFrame(
        {
            "ticket": text(names.ticket, ticket[order]),
            "at": stamps(at[order], centre.tz),
            "kind": text(_KINDS, kind[order]),
            "actor": text(_ACTORS, actor[order]),
            "employee": text(course.employees, employee[order]),
            "public": public[order].astype(bool),
            "from_state": text(states, old[order]),
            "to_state": text(states, new[order]),
        }
    )


def _entry_states(course: Course, journey: Journey) -> Ints:
    """Return the state in which a ticket is answered: new, or reopened once it was answered before."""
    entry = np.full(len(course.arrived), _NEW)
    waiting = np.flatnonzero(journey.previous >= 0)
    # A contact comes after the one before it, so one pass from the first to the last settles all.
    for contact, before in zip(waiting.tolist(), journey.previous[waiting].tolist(), strict=True):
        if course.is_answered[before] or entry[before] == _REOPENED:
            entry[contact] = _REOPENED
    return entry


def _arrivals(log: _Log) -> None:
    """Note that a ticket is created, reopened by a customer who was answered, or commented by one who gave up."""
    course, previous = log.course, log.journey.previous
    first = np.flatnonzero(previous < 0)
    log.add(first, course.arrived[first], "create", _CUSTOMER, (_NONE, _NEW), public=True)
    later = np.flatnonzero(previous >= 0)
    answered = course.is_answered[previous[later]]
    back, again = later[answered], later[~answered]
    gap = course.arrived[back] - course.ended[previous[back]]
    state = np.where(gap > _CLOSE_SOLVED, _CLOSED, _SOLVED)
    log.add(back, course.arrived[back], "reopen", _CUSTOMER, (state, _REOPENED), public=True)
    log.add(again, course.arrived[again], "comment", _CUSTOMER, (_NONE, _NONE), public=True)


def _answers(log: _Log, entry: Ints) -> None:
    """Note that an agent takes the contact and replies: at once on the line, else when the work is done."""
    course = log.course
    taken = np.flatnonzero(course.is_answered)
    log.add(taken, course.answered[taken], "assign", _SYSTEM, (entry[taken], _OPEN), public=False)
    live = np.isfinite(course.work.patience_s[taken])
    replied = np.where(live, course.answered[taken], course.ended[taken])
    log.add(taken, replied, "reply", _AGENT, (_NONE, _NONE), public=True)


def _endings(log: _Log, rng: np.random.Generator) -> None:
    """Note how the work ends: solved at once, on hold for somebody else, or waiting for the customer."""
    course, following = log.course, log.journey.following
    taken = np.flatnonzero(course.is_answered)
    last = following[taken] < 0
    draw = rng.random(len(taken))
    held_share = np.array([_HELD_SHARE[name] for name in KINDS])[course.work.kind[taken]]
    _solved(log, taken[~last | (draw >= held_share + _AWAITED)])
    _held(log, taken[last & (draw < held_share)], rng)
    _awaited(log, taken[last & (draw >= held_share) & (draw < held_share + _AWAITED)], rng)


def _solved(log: _Log, contact: Ints) -> None:
    """Solve at the end of the contact; a customer who comes back sooner finds the ticket not yet closed."""
    course, following = log.course, log.journey.following[contact]
    log.add(contact, course.ended[contact], "solve", _AGENT, (_OPEN, _SOLVED), public=True)
    away = np.where(following >= 0, course.arrived[following] - course.ended[contact], _CLOSE_SOLVED + 1)
    stays = contact[away > _CLOSE_SOLVED]
    _close(log, stays, course.ended[stays])


def _held(log: _Log, contact: Ints, rng: np.random.Generator) -> None:
    """Wait for somebody else, some hours, then solve."""
    ended = log.course.ended[contact]
    resumed = ended + (rng.standard_exponential(len(contact)) * 8 * _HOUR).astype(np.int64)
    done = resumed + (rng.standard_exponential(len(contact)) * 0.2 * _HOUR).astype(np.int64) + 1000
    log.add(contact, ended, "hold", _AGENT, (_OPEN, _HOLD), public=False)
    log.add(contact, resumed, "resume", _SYSTEM, (_HOLD, _OPEN), public=False)
    log.add(contact, done, "solve", _AGENT, (_OPEN, _SOLVED), public=True)
    _close(log, contact, done)


def _awaited(log: _Log, contact: Ints, rng: np.random.Generator) -> None:
    """Wait for the customer, who replies and is served, or does not and is done with."""
    ended = log.course.ended[contact]
    log.add(contact, ended, "await", _AGENT, (_OPEN, _PENDING), public=True)
    reply = ended + (rng.standard_exponential(len(contact)) * 10 * _HOUR).astype(np.int64)
    replies = (rng.random(len(contact)) < _REPLIES) & (reply < ended + _GIVE_UP)
    back, silent = contact[replies], contact[~replies]
    done = reply[replies] + (rng.standard_exponential(len(back)) * 0.5 * _HOUR).astype(np.int64) + 1000
    log.add(back, reply[replies], "reply", _CUSTOMER, (_PENDING, _OPEN), public=True)
    log.add(back, done, "solve", _AGENT, (_OPEN, _SOLVED), public=True)
    _close(log, back, done)
    given_up = ended[~replies] + _GIVE_UP
    log.add(silent, given_up, "solve", _SYSTEM, (_PENDING, _SOLVED), public=False)
    _close(log, silent, given_up)


def _losses(log: _Log, entry: Ints) -> None:
    """Note that a ticket whose customer gave up and did not come back is closed."""
    course = log.course
    lost = np.flatnonzero(course.is_abandoned & (log.journey.following < 0))
    log.add(lost, course.abandoned[lost] + _CLOSE_LOST, "close", _SYSTEM, (entry[lost], _CLOSED), public=False)


def _close(log: _Log, contact: Ints, solved: Ints) -> None:
    log.add(contact, solved + _CLOSE_SOLVED, "close", _SYSTEM, (_SOLVED, _CLOSED), public=False)
