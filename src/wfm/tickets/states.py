"""The states of a ticket, the steps between them, and the check that a log takes only those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame

__all__ = [
    "TRANSITIONS",
    "IllegalStep",
    "TicketState",
    "TransitionError",
    "check_creation",
    "check_events",
    "check_transitions",
]


class TicketState(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"
    REOPENED = "reopened"


# A ticket begins as new. Pending waits for the customer, on hold for somebody else.
TRANSITIONS: Mapping[TicketState, frozenset[TicketState]] = {
    TicketState.NEW: frozenset(
        {TicketState.OPEN, TicketState.PENDING, TicketState.ON_HOLD, TicketState.SOLVED, TicketState.CLOSED}
    ),
    TicketState.OPEN: frozenset({TicketState.PENDING, TicketState.ON_HOLD, TicketState.SOLVED}),
    TicketState.PENDING: frozenset({TicketState.OPEN, TicketState.ON_HOLD, TicketState.SOLVED}),
    TicketState.ON_HOLD: frozenset({TicketState.OPEN, TicketState.PENDING, TicketState.SOLVED}),
    TicketState.SOLVED: frozenset({TicketState.CLOSED, TicketState.REOPENED}),
    TicketState.CLOSED: frozenset({TicketState.REOPENED}),
    TicketState.REOPENED: frozenset(
        {TicketState.OPEN, TicketState.PENDING, TicketState.ON_HOLD, TicketState.SOLVED, TicketState.CLOSED}
    ),
}

_STATES = tuple(TicketState)
_NOTHING = len(_STATES)  # code of "no state yet"
_MERGE = "merge"  # closes a ticket from whatever state it is in


@dataclass(frozen=True, slots=True)
class IllegalStep:
    """A step that a ticket cannot take.

    Parameters
    ----------
    ticket
        The ticket.
    before
        The event that entered the state before, such as `"'create' of 2026-11-02 09:00"`; none for the first event.
    event
        The event that broke the rule.
    reason
        What is wrong with it.
    """

    ticket: str
    before: str | None
    event: str
    reason: str


class TransitionError(DataError):
    """Tickets that take a step they cannot take; `steps` names the first one of each kind with both events."""

    def __init__(
        self, problems: Problem | Iterable[Problem], subject: str = "", steps: Iterable[IllegalStep] = ()
    ) -> None:
        super().__init__(problems, subject)
        self.steps = tuple(steps)

    def __reduce__(self) -> tuple[type[TransitionError], tuple[tuple[Problem, ...], str, tuple[IllegalStep, ...]]]:  # type: ignore[override]
        return type(self), (self.problems, self.subject, self.steps)


def check_transitions(ticket_events: FrameLike, tickets: FrameLike | None = None) -> None:
    """Check that every ticket goes from state to state by the steps allowed, and leaves each state it entered.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`. An event without `to_state` changes no state; one without `from_state` leaves whatever
        state the ticket is in. Events of one ticket at one instant count in the order of the frame. A `merge` closes
        a ticket from any state.
    tickets
        Frame `tickets`, to check that no event is before the ticket was created and none has an unknown ticket; default
        none.

    Raises
    ------
    TransitionError
        With each kind of fault and the tickets concerned: the first one is named with both events. It is a
        `DataError`.
    DataError
        If the frame has another fault.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 09:05"]).tz_localize("UTC")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": at, "kind": ["create", "close"], "actor": "system",
    ...      "from_state": [None, "pending"], "to_state": ["new", "closed"]}
    ... )
    >>> check_transitions(events)
    Traceback (most recent call last):
    ...
    wfm.tickets.states.TransitionError: frame 'ticket_events': event 'close' of 2026-11-02 09:05 leaves 'pending', but
    'create' of 2026-11-02 09:00 had entered 'new' (row T1); correct from_state, or add the event between
    """
    check_events(ticket_events, tickets)


def check_events(ticket_events: FrameLike, tickets: FrameLike | None = None) -> pd.DataFrame:
    """Return the checked and sorted frame `ticket_events`, whose tickets take legal steps only.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`.
    tickets
        Frame `tickets`, or none.

    Raises
    ------
    DataError
        As `check_transitions`, and for events before the creation of their ticket or of unknown tickets.
    """
    known = [state.value for state in TicketState]
    events = as_frame(ticket_events, "ticket_events", known={"from_state": known, "to_state": known})
    if tickets is not None:
        check_creation(events, as_frame(tickets, "tickets"))
    if "to_state" not in events.columns:
        raise DataError(
            Problem("column 'to_state' is missing in frame 'ticket_events'", remedy="give the state that is entered")
        )
    moved = events["to_state"].notna().to_numpy()
    moves = events if moved.all() else events[moved].reset_index(drop=True)
    _check_steps(moves)
    return events


def check_creation(events: pd.DataFrame, tickets: pd.DataFrame) -> None:
    """Refuse events of unknown tickets and events before the creation of their ticket, of two checked frames."""
    faults = Faults("frame 'ticket_events'")
    place = pd.Index(tickets["ticket"]).get_indexer(events["ticket"])
    unknown = place < 0
    if unknown.any():
        rows = events["ticket"][unknown].unique()
        remedy = "add it to the frame 'tickets', or leave its events out"
        faults.add("events of a ticket that is not known", where=faults.subject, rows=rows, remedy=remedy)
    created = tickets["created_at"].take(np.maximum(place, 0)).reset_index(drop=True)
    early = ~unknown & (events["at"].dt.tz_convert("UTC") < created.dt.tz_convert("UTC")).to_numpy()
    if early.any():
        row = int(np.flatnonzero(early)[0])
        what = f"event {_named(events, row)} is before the ticket was created, {created.iloc[row]:%Y-%m-%d %H:%M}"
        rows = events["ticket"][early].unique()
        faults.add(what, where=faults.subject, rows=rows, remedy="correct 'at' or created_at; look at their zones")
    faults.raise_if_any()


def _check_steps(moves: pd.DataFrame) -> None:
    """Raise one error with each kind of illegal step of events that change the state, sorted by ticket and time."""
    if not len(moves):
        return
    ticket = moves["ticket"]
    first = np.append(True, (ticket.to_numpy()[1:] != ticket.to_numpy()[:-1]))
    came = codes(moves["to_state"])
    entered = np.where(first, _NOTHING, np.concatenate([[_NOTHING], came[:-1]]))
    given = "from_state" in moves.columns
    left = codes(moves["from_state"]) if given else np.full(len(moves), _NOTHING)
    broken = (left != entered) & (left != _NOTHING)
    merged = (moves["kind"] == _MERGE).to_numpy() & ~first & (came == _STATES.index(TicketState.CLOSED))
    legal = _ALLOWED[entered, came] | merged
    wrong = (broken & ~first, broken & first, ~legal & ~broken)
    if not any(mask.any() for mask in wrong):
        return
    faults, steps = Faults("frame 'ticket_events'"), []
    for number, mask in enumerate(wrong):
        if not mask.any():
            continue
        row = int(np.flatnonzero(mask)[0])
        here = _named(moves, row)
        before = None if first[row] else _named(moves, row - 1)
        old = "nothing" if entered[row] == _NOTHING else str(_STATES[entered[row]])
        if number == 0:
            what = f"event {here} leaves {moves['from_state'].iloc[row]!r}, but {before} had entered {old!r}"
            remedy = "correct from_state, or add the event between"
        elif number == 1:
            what = f"event {here} leaves {moves['from_state'].iloc[row]!r}, but is the first"
            remedy = "begin with the event that creates it"
        else:
            after = "" if before is None else f" after {before}"
            what = f"event {here}{after} goes from {old!r} to {moves['to_state'].iloc[row]!r}"
            now = [TicketState.NEW] if entered[row] == _NOTHING else TRANSITIONS[_STATES[entered[row]]]
            remedy = f"allowed: {', '.join(sorted(now))}"
        faults.add(what, where=faults.subject, rows=ticket[mask].unique(), remedy=remedy)
        steps.append(IllegalStep(str(ticket.iloc[row]), before, here, what))
    raise TransitionError(faults.problems, faults.subject, steps)


def codes(states: pd.Series) -> npt.NDArray[np.int64]:
    """Return states as their places in `TicketState`, one more for none."""
    known = pd.Index([state.value for state in _STATES]).get_indexer(states)
    return np.where(known < 0, _NOTHING, known)


def _table() -> npt.NDArray[np.bool_]:
    """Return whether the step from each state (rows, the last one for nothing) to each other is allowed."""
    allowed = np.zeros((_NOTHING + 1, _NOTHING + 1), dtype=bool)
    allowed[_NOTHING, _STATES.index(TicketState.NEW)] = True
    for old, news in TRANSITIONS.items():
        for new in news:
            allowed[_STATES.index(old), _STATES.index(new)] = True
    return allowed


_ALLOWED = _table()


def _named(events: pd.DataFrame, row: int) -> str:
    return f"{events['kind'].iloc[row]!r} of {events['at'].iloc[row]:%Y-%m-%d %H:%M}"
