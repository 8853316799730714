"""A log of ticket events as arrays, sorted by ticket and time: states, clocks and backlog are read from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Problem
from wfm.tickets.states import TicketState, codes

__all__ = ["AT_REST", "STATES", "EventLog", "as_of_ns", "seen_by_customer", "stamps_of"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STATES = tuple(TicketState)
# States in which nobody works on a ticket and no clock runs.
AT_REST = np.array([state in (TicketState.SOLVED, TicketState.CLOSED) for state in STATES] + [True])
_SPOKEN = ("create", "reply", "comment", "reopen")


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events in the order of their tickets and times.

    Parameters
    ----------
    events
        The checked frame.
    tz
        Its zone.
    ticket
        Number of the ticket of each event; tickets count in the order of their names.
    when
        UTC nanoseconds.
    state
        Place in `STATES` of the state after each event.
    first
        Places of the first event of each ticket.
    """

    events: pd.DataFrame
    tz: str
    ticket: Ints
    when: Ints
    state: Ints
    first: Ints

    @classmethod
    def of(cls, events: pd.DataFrame) -> EventLog:
        """Return the arrays of a checked frame, sorted by ticket and time."""
        names = events["ticket"].to_numpy()
        fresh = np.append(True, names[1:] != names[:-1]) if len(names) else np.zeros(0, dtype=bool)
        entered = codes(events["to_state"])
        first = np.flatnonzero(fresh)
        log = cls(
            events=events,
            tz=str(events["at"].dt.tz),
            ticket=np.cumsum(fresh) - 1,
            when=events["at"].dt.as_unit("ns").astype("int64").to_numpy(),
            state=entered,
            first=first,
        )
        object.__setattr__(log, "state", log.carried(entered, entered < len(STATES), len(STATES)))
        return log

    def carried(self, values: Ints, known: Flags, nothing: int = -1) -> Ints:
        """Return the last known value of the same ticket at each event, `nothing` before the first."""
        place = np.where(known, np.arange(len(values)), -1)
        last = np.maximum.accumulate(place) if len(place) else place
        inside = last >= self.first[self.ticket]
        return np.where(inside, values[np.maximum(last, 0)], nothing)

    @property
    def names(self) -> pd.Series:
        """Names of the tickets, by number."""
        return self.events["ticket"].iloc[self.first].reset_index(drop=True)

    @cached_property
    def last(self) -> Ints:
        """Places of the last event of each ticket."""
        return np.append(self.first[1:], len(self.when)) - 1 if len(self.first) else self.first

    def ends(self, until: int) -> Ints:
        """Return when the next event of the same ticket is, `until` for the last one."""
        end = np.append(self.when[1:], until) if len(self.when) else self.when.copy()
        end[self.last] = until
        return end

    @cached_property
    def public(self) -> Flags:
        """Whether the customer sees an event."""
        return seen_by_customer(self.events)

    @cached_property
    def answers(self) -> Flags:
        """Whether an agent says something that the customer sees."""
        by_agent: Flags = (self.events["actor"] == "agent").to_numpy(dtype=bool)
        return by_agent & self.public

    @cached_property
    def messages(self) -> Flags:
        """Whether the customer says something."""
        by_customer: Flags = (self.events["actor"] == "customer").to_numpy(dtype=bool)
        spoken: Flags = self.events["kind"].isin(_SPOKEN).to_numpy(dtype=bool)
        return by_customer & spoken

    @cached_property
    def owner(self) -> Ints:
        """Place of the event that named the employee who has the ticket after each event, -1 for none."""
        if "employee" not in self.events.columns:
            return np.full(len(self.when), -1)
        known = self.events["employee"].notna().to_numpy()
        return self.carried(np.arange(len(self.when)), known)

    def text_at(self, column: str, places: Ints) -> pd.Series:
        """Return the text of a column at some events, missing where the place is -1 or there is no such column."""
        if column not in self.events.columns or not len(self.when):
            return pd.Series([None] * len(places), dtype="str")
        found = self.events[column].take(np.maximum(places, 0)).reset_index(drop=True)
        return found.where(places >= 0)


def seen_by_customer(events: pd.DataFrame) -> Flags:
    """Return whether the customer sees an event; where the log does not say, whether it is a reply."""
    reply: Flags = (events["kind"] == "reply").to_numpy(dtype=bool)
    if "public" not in events.columns:
        return reply
    given = events["public"].astype("boolean")
    told: Flags = given.fillna(False).to_numpy(dtype=bool)
    return np.where(given.isna().to_numpy(), reply, told)


def as_of_ns(log: EventLog, as_of: pd.Timestamp | None) -> int:
    """Return the instant at which the log was taken, as UTC nanoseconds; default that of its last event.

    Raises
    ------
    DataError
        If it has no zone, or events are after it: what had not happened yet must not be known.
    """
    latest = int(log.when.max()) if len(log.when) else 0
    if as_of is None:
        return latest
    moment = pd.Timestamp(as_of)
    if moment.tzinfo is None:
        raise DataError(Problem(f"as_of has no zone: {moment}", remedy="give pd.Timestamp(..., tz='Europe/Berlin')"))
    until = int(moment.as_unit("ns").value)
    late = log.when > until
    if late.any():
        rows = tuple(log.events["ticket"][late].unique())
        what = f"{int(late.sum())} events are after as_of, {moment:%Y-%m-%d %H:%M}"
        raise DataError(Problem(what, rows=rows, remedy="leave them out, or give a later as_of"))
    return until


def stamps_of(instants: Ints, tz: str, known: Flags | None = None) -> pd.Series:
    """Return UTC nanoseconds as stamps of a zone, missing where they are not known."""
    stamps = pd.Series(pd.DatetimeIndex(instants.astype("datetime64[ns]"), tz="UTC").tz_convert(tz))
    return stamps if known is None else stamps.where(known)
