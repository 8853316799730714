"""The states of a ticket, the steps between them, and the check that a log takes only those."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
import pandas as pd

from wfm.errors import Faults
from wfm.schema import FrameLike, as_frame

__all__ = ["TRANSITIONS", "TicketState", "check_transitions"]


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
    TicketState.NEW: frozenset({TicketState.OPEN, TicketState.SOLVED, TicketState.CLOSED}),
    TicketState.OPEN: frozenset({TicketState.PENDING, TicketState.ON_HOLD, TicketState.SOLVED}),
    TicketState.PENDING: frozenset({TicketState.OPEN, TicketState.ON_HOLD, TicketState.SOLVED}),
    TicketState.ON_HOLD: frozenset({TicketState.OPEN, TicketState.PENDING, TicketState.SOLVED}),
    TicketState.SOLVED: frozenset({TicketState.CLOSED, TicketState.REOPENED}),
    TicketState.CLOSED: frozenset({TicketState.REOPENED}),
    TicketState.REOPENED: frozenset({TicketState.OPEN, TicketState.PENDING, TicketState.SOLVED, TicketState.CLOSED}),
}


def check_transitions(ticket_events: FrameLike) -> None:
    """Check that every ticket goes from state to state by the steps allowed, and leaves each state it entered.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`. An event without `to_state` changes no state. Events of one ticket at one instant count
        in the order of the frame.

    Raises
    ------
    DataError
        With each kind of fault and the tickets concerned: the first one is named with both events.

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
    wfm.errors.DataError: frame 'ticket_events': event 'close' of 2026-11-02 09:05 leaves 'pending', but 'create' of
    2026-11-02 09:00 had entered 'new' (row T1); correct from_state, or add the event between
    """
    states = [state.value for state in TicketState]
    events = as_frame(ticket_events, "ticket_events", known={"from_state": states, "to_state": states})
    moves = events[events["to_state"].notna()].reset_index(drop=True)
    before = moves.groupby("ticket", sort=False).shift(1)
    first = before["at"].isna().to_numpy()
    left, entered, came = (frame.fillna("") for frame in (moves["from_state"], before["to_state"], moves["to_state"]))
    allowed = {("", "new"), *((old.value, new.value) for old, news in TRANSITIONS.items() for new in news)}
    step = pd.MultiIndex.from_arrays([left, came])
    legal = step.isin(list(allowed))
    faults = Faults("frame 'ticket_events'")
    broken = (left != entered.where(~first, "")).to_numpy()
    for wrong, late in ((broken & ~first, True), (broken & first, False)):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            here = _named(moves, row)
            if late:
                what = f"event {here} leaves {left[row]!r}, but {_named(before, row)} had entered {entered[row]!r}"
                remedy = "correct from_state, or add the event between"
            else:
                what, remedy = (
                    f"event {here} leaves {left[row]!r}, but is the first",
                    "begin with the event that creates it",
                )
            faults.add(what, where=faults.subject, rows=moves["ticket"][wrong].unique(), remedy=remedy)
    wrong = ~legal & ~broken
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        old, new = left[row], came[row]
        allowed_now = ", ".join(sorted(TRANSITIONS[TicketState(old)])) if old else TicketState.NEW.value
        after = "" if first[row] else f" after {_named(before, row)}"
        what = f"event {_named(moves, row)}{after} goes from {old or 'nothing'!r} to {new!r}"
        faults.add(what, where=faults.subject, rows=moves["ticket"][wrong].unique(), remedy=f"allowed: {allowed_now}")
    faults.raise_if_any()


def _named(events: pd.DataFrame, row: int) -> str:
    return f"{events['kind'].iloc[row]!r} of {events['at'].iloc[row]:%Y-%m-%d %H:%M}"
