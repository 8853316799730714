"""Tickets, their events, surveys, scores and the states of people: one record each, and the words they are written in.

The frames of `wfm.schema` hold the same columns. A record is for a caller that has one at a time; `records_frame` turns
any number of them into the frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import pandas as pd

from wfm.checks import check_choice, check_flag, check_in_range, check_name
from wfm.domain.queue import Channel
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FRAMES, Kind, as_frame
from wfm.tickets.states import TicketState

__all__ = [
    "Actor",
    "Contact",
    "EmployeeState",
    "EventKind",
    "QualityScore",
    "Record",
    "Survey",
    "Ticket",
    "TicketEvent",
    "TicketKind",
    "WorkState",
    "records_frame",
]


class TicketKind(StrEnum):
    """What a customer wants."""

    INQUIRY = "inquiry"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    AFTER_SALES = "after_sales"


class Actor(StrEnum):
    """Who did it."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class EventKind(StrEnum):
    """What happened to a ticket. A log may hold kinds of its own; only these mean something to the library.

    `assign` gives the ticket to an employee, `transfer` to another employee or queue, `merge` joins it to another
    ticket and closes it, `escalate` hands it up. `await` asks the customer, `hold` waits for somebody else, `resume`
    ends either.
    """

    CREATE = "create"
    ASSIGN = "assign"
    TRANSFER = "transfer"
    MERGE = "merge"
    ESCALATE = "escalate"
    REPLY = "reply"
    COMMENT = "comment"
    AWAIT = "await"
    HOLD = "hold"
    RESUME = "resume"
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"


class WorkState(StrEnum):
    """What an employee is doing. The frame `employee_states` may hold states of its own beside these."""

    LOGIN = "login"
    AVAILABLE = "available"
    ON_CONTACT = "on_contact"
    WRAP = "wrap"
    BREAK = "break"
    LUNCH = "lunch"
    MEETING = "meeting"
    TRAINING = "training"
    COACHING = "coaching"
    OFFLINE = "offline"
    SICK = "sick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One request of a customer, however many contacts it takes.

    Parameters
    ----------
    ticket
        Its name, unique.
    customer
        Who asks; default unknown.
    channel, queue
        How it came in, and the queue that it waited in first.
    kind
        What the customer wants.
    priority
        Smaller is more urgent; 0 or more, default none.
    segment
        Group of customers, such as `"gold"`; default none.
    created_at
        When it was created, with a zone.
    reason
        Why the customer asks, in the words of the centre; default none.
    parent
        Ticket that it grew out of, or was merged into; default none.

    Raises
    ------
    DataError
        With every fault of the record.

    Examples
    --------
    >>> at = pd.Timestamp("2026-11-02 09:00", tz="Asia/Shanghai")
    >>> Ticket(ticket="T1", channel="chat", queue="chat", kind="inquiry", created_at=at).kind
    <TicketKind.INQUIRY: 'inquiry'>
    """

    ticket: str
    customer: str | None = None
    channel: Channel | str
    queue: str
    kind: TicketKind | str
    priority: float | None = None
    segment: str | None = None
    created_at: datetime
    reason: str | None = None
    parent: str | None = None

    def __post_init__(self) -> None:
        faults = Faults(f"ticket {self.ticket!r}")
        _check(self, faults, names=("ticket", "queue"), stamps=("created_at",))
        _choose(self, faults, "channel", Channel)
        _choose(self, faults, "kind", TicketKind)
        with faults.collecting():
            if self.priority is not None:
                check_in_range("priority", self.priority, 0.0)
            if self.parent == self.ticket:
                raise DataError(Problem(f"ticket {self.ticket!r} is its own parent", remedy="leave parent out"))
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent:
    """One thing that happened to a ticket.

    Parameters
    ----------
    ticket
        The ticket.
    at
        When, with a zone.
    kind
        What happened, see `EventKind`; other words are let through.
    actor
        Who did it.
    employee
        The employee who did it, or to whom the ticket was given; default none.
    queue
        The queue that the ticket is in from here on; default the one it was in.
    public
        Whether the customer sees it; default unknown.
    from_state, to_state
        The state that the ticket leaves and the one it enters; default none: no change of state.

    Raises
    ------
    DataError
        With every fault of the record.

    Examples
    --------
    >>> at = pd.Timestamp("2026-11-02 09:00", tz="Asia/Shanghai")
    >>> TicketEvent(ticket="T1", at=at, kind="create", actor="customer", to_state="new").to_state
    <TicketState.NEW: 'new'>
    """

    ticket: str
    at: datetime
    kind: EventKind | str
    actor: Actor | str
    employee: str | None = None
    queue: str | None = None
    public: bool | None = None
    from_state: TicketState | str | None = None
    to_state: TicketState | str | None = None

    def __post_init__(self) -> None:
        faults = Faults(f"an event of ticket {self.ticket!r}")
        _check(self, faults, names=("ticket", "kind"), stamps=("at",))
        _choose(self, faults, "actor", Actor)
        for name in ("from_state", "to_state"):
            if getattr(self, name) is not None:
                _choose(self, faults, name, TicketState)
        with faults.collecting():
            if self.public is not None:
                check_flag("public", self.public)
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact: a call, a chat, a message; a row of the frame `contacts`.

    Parameters
    ----------
    contact_id, queue
        Its name, unique, and the queue it came to.
    channel, customer, ticket, reason, employee, transferred_to
        How it came, who from, about which ticket and why, who answered, and where it was handed to; default unknown.
    arrived_at, queued_at, answered_at, abandoned_at, ended_at
        When it arrived, entered the queue, was answered or given up, and ended; only the first is needed.
    talk_s, hold_s, wrap_s
        Parts of its handle time in seconds; 0 or more, default unknown.
    sessions
        Sessions that the employee held at the time, this one included; default unknown.

    Raises
    ------
    DataError
        With every fault of the record, such as an answer before the arrival.
    """

    contact_id: str
    queue: str
    channel: Channel | str | None = None
    customer: str | None = None
    ticket: str | None = None
    reason: str | None = None
    employee: str | None = None
    arrived_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    abandoned_at: datetime | None = None
    talk_s: float | None = None
    hold_s: float | None = None
    wrap_s: float | None = None
    sessions: float | None = None
    transferred_to: str | None = None

    def __post_init__(self) -> None:
        faults = Faults(f"contact {self.contact_id!r}")
        later = ("queued_at", "answered_at", "abandoned_at", "ended_at")
        _check(self, faults, names=("contact_id", "queue"), stamps=("arrived_at",), maybe=later)
        if self.channel is not None:
            _choose(self, faults, "channel", Channel)
        for name in ("talk_s", "hold_s", "wrap_s", "sessions"):
            with faults.collecting():
                if getattr(self, name) is not None:
                    check_in_range(name, getattr(self, name), 0.0)
        if self.answered_at is not None and self.abandoned_at is not None:
            faults.add("answered and abandoned too", remedy="keep the one that came first")
        faults.raise_if_any()
        for name in later:
            stamp = getattr(self, name)
            if stamp is not None and stamp < self.arrived_at:
                faults.add(f"{name} is before arrived_at", remedy="correct one of them")
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One survey offered to a customer; `kind` is `"csat"`, `"nps"` or `"ces"`, and `scale` the highest score.

    Raises
    ------
    DataError
        With every fault of the record, such as a score above the scale.
    """

    survey_id: str
    ticket: str
    employee: str | None = None
    offered_at: datetime
    answered_at: datetime | None = None
    kind: str
    score: float | None = None
    scale: float

    def __post_init__(self) -> None:
        faults = Faults(f"survey {self.survey_id!r}")
        named = ("survey_id", "ticket", "kind")
        _check(self, faults, names=named, stamps=("offered_at",), maybe=("answered_at",))
        with faults.collecting():
            check_in_range("scale", self.scale, 0.0, include_low=False)
            if self.score is not None:
                check_in_range("score", self.score, 0.0, self.scale)
        if (self.score is None) != (self.answered_at is None):
            faults.add("a score and the time of the answer go together", remedy="give both or neither")
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityScore:
    """One criterion of one reviewed piece of work, such as `"data_entry"` or `"courtesy"`, scored from 0 to `scale`.

    Raises
    ------
    DataError
        With every fault of the record.
    """

    score_id: str
    ticket: str | None = None
    employee: str
    scored_at: datetime
    criterion: str
    score: float
    scale: float

    def __post_init__(self) -> None:
        faults = Faults(f"quality score {self.score_id!r}")
        _check(self, faults, names=("score_id", "employee", "criterion"), stamps=("scored_at",))
        with faults.collecting():
            check_in_range("scale", self.scale, 0.0, include_low=False)
            check_in_range("score", self.score, 0.0, self.scale)
        faults.raise_if_any()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeState:
    """A stretch of time in which an employee was in one state; `productive` says whether it serves customers.

    Raises
    ------
    DataError
        With every fault of the record, such as an end before the start.
    """

    employee: str
    start: datetime
    end: datetime
    state: WorkState | str
    productive: bool

    def __post_init__(self) -> None:
        faults = Faults(f"a state of employee {self.employee!r}")
        _check(self, faults, names=("employee", "state"), stamps=("start", "end"))
        with faults.collecting():
            check_flag("productive", self.productive)
        faults.raise_if_any()
        if self.end < self.start:
            faults.add(f"{self.state} ends at {self.end}, before it starts", remedy="swap start and end")
        faults.raise_if_any()


Record: TypeAlias = Ticket | TicketEvent | Contact | Survey | QualityScore | EmployeeState

_FRAMES: dict[type, str] = {
    Ticket: "tickets",
    TicketEvent: "ticket_events",
    Contact: "contacts",
    Survey: "surveys",
    QualityScore: "quality_scores",
    EmployeeState: "employee_states",
}


def records_frame(records: Iterable[Record], *, tz: str) -> pd.DataFrame:
    """Return the checked frame of records of one kind.

    Parameters
    ----------
    records
        Records of one class, at least one.
    tz
        Zone that the stamps are turned to.

    Returns
    -------
    pandas.DataFrame
        The frame of that class, such as `tickets` for `Ticket`, with a column for each field.

    Raises
    ------
    DataError
        If there is no record, they are of several kinds, or the frame has a fault, such as a key that occurs twice.

    Examples
    --------
    >>> at = pd.Timestamp("2026-11-02 09:00", tz="Asia/Shanghai")
    >>> ticket = Ticket(ticket="T1", channel="chat", queue="chat", kind="inquiry", created_at=at)
    >>> records_frame([ticket], tz="Asia/Shanghai")["queue"].tolist()
    ['chat']
    """
    given = list(records)
    kinds = sorted({type(record).__name__ for record in given})
    if len(kinds) != 1 or type(given[0]) not in _FRAMES:
        remedy = f"give records of one of: {', '.join(kind.__name__ for kind in _FRAMES)}"
        raise DataError(Problem(f"records of {' and '.join(kinds) or 'no kind'}", remedy=remedy))
    name = _FRAMES[type(given[0])]
    rules = FRAMES[name].columns
    columns = {}
    for field in fields(given[0]):
        values = [getattr(record, field.name) for record in given]
        if rules[field.name].kind is Kind.STAMP:
            columns[field.name] = pd.Series(pd.to_datetime(values, utc=True)).dt.tz_convert(tz)
        elif rules[field.name].kind is Kind.TEXT:
            columns[field.name] = pd.Series([None if v is None else str(v) for v in values], dtype="str")
        elif rules[field.name].kind is Kind.NUMBER:
            columns[field.name] = pd.Series(values, dtype="float64")
        else:
            columns[field.name] = pd.Series(values, dtype="boolean")
    return as_frame(pd.DataFrame(columns), name, tz=tz)


def _check(
    record: Record, faults: Faults, *, names: tuple[str, ...], stamps: tuple[str, ...], maybe: tuple[str, ...] = ()
) -> None:
    """Note names that are none, and stamps without a zone."""
    for name in names:
        with faults.collecting():
            check_name(name, getattr(record, name))
    for name in (*stamps, *maybe):
        value = getattr(record, name)
        if value is None and name in maybe:
            continue
        if not isinstance(value, datetime):
            faults.add(f"{name} must be a stamp, got {value!r}", remedy="write pd.Timestamp(..., tz='Europe/Berlin')")
        elif value.tzinfo is None:
            faults.add(f"{name} has no zone: {value}", remedy="give tz='Europe/Berlin' with your zone")


def _choose(record: Record, faults: Faults, name: str, choices: type[StrEnum]) -> None:
    with faults.collecting():
        object.__setattr__(record, name, check_choice(name, getattr(record, name), choices))
