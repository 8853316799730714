"""The life of each ticket cut at its events: who is to move, and which policy is in force, in every piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.domain.centre import Centre
from wfm.domain.hours import CalendarSpec
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame, frame_of
from wfm.tickets.log import AT_REST, EventLog
from wfm.tickets.policy import SlaPolicy
from wfm.tickets.states import check_events

__all__ = ["Timeline", "calendar_of", "timeline"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Pieces of time, each from an event to the next one of its ticket; those of a ticket follow each other.

    `policy` is the number of the policy in force in each piece, the number of policies where none is.
    """

    log: EventLog
    until: int
    policy: Ints

    @cached_property
    def ends(self) -> Ints:
        """UTC nanoseconds at which each piece ends."""
        return self.log.ends(self.until)

    @cached_property
    def owed(self) -> Flags:
        """Whether the last thing said was said by the customer."""
        said = self.log.messages | self.log.answers
        return self.log.carried(self.log.messages.astype(np.int64), said, 0) > 0

    @cached_property
    def resumed(self) -> Flags:
        """Whether the customer has spoken since the ticket entered its state, and waits for an answer."""
        places = np.arange(len(self.log.when))
        entered = self.log.carried(places, self.log.events["to_state"].notna().to_numpy())
        return self.owed & (self.log.carried(places, self.log.messages) > entered)

    @cached_property
    def answered(self) -> Flags:
        """Whether an agent has answered by then."""
        return self.ever(self.log.answers)

    @cached_property
    def at_rest(self) -> Flags:
        """Whether the ticket is solved or closed."""
        rest: Flags = AT_REST[self.log.state]
        return rest

    def ever(self, mask: Flags) -> Flags:
        """Return whether something has happened to the ticket by then."""
        return self.log.carried(mask.astype(np.int64), mask, 0) > 0


def timeline(
    ticket_events: FrameLike,
    tickets: pd.DataFrame,
    policies: Sequence[SlaPolicy],
    changes: FrameLike | None,
) -> tuple[EventLog, Ints]:
    """Return the log with the changes of policy among its events, and the policy in force from each event on."""
    events = check_events(ticket_events, tickets)
    names = [policy.name for policy in policies]
    if changes is not None:
        events = _with_changes(events, _checked_changes(changes, tickets, names))
    log = EventLog.of(events)
    place = pd.Index(tickets["ticket"]).get_indexer(log.names)
    given = _fitting(tickets, policies)[place]
    if changes is None:
        return log, given[log.ticket] if len(given) else np.zeros(0, dtype=np.int64)
    changed = events["policy"].notna().to_numpy()
    number = pd.Index(names).get_indexer(events["policy"])
    own = log.carried(number, changed, -1)
    return log, np.where(own >= 0, own, given[log.ticket])


def calendar_of(given: Centre | CalendarSpec | Calendar | None, tz: str) -> Calendar:
    """Return the calendar; a specification alone is read in the zone given, none is open round the clock."""
    if given is None:
        return Calendar(CalendarSpec(), tz)
    if isinstance(given, Calendar):
        return given
    if isinstance(given, Centre):
        return Calendar.of(given)
    if isinstance(given, CalendarSpec):
        return Calendar(given, tz)
    what = f"calendar is a {type(given).__name__}"
    raise DataError(Problem(what, remedy="give the centre, its calendar, or CalendarSpec(...)"))


def _fitting(tickets: pd.DataFrame, policies: Sequence[SlaPolicy]) -> Ints:
    """Return the number of the first policy that fits each ticket, the number of policies where none does."""
    chosen = np.full(len(tickets), len(policies))
    for number in reversed(range(len(policies))):
        policy = policies[number]
        fits = np.ones(len(tickets), dtype=bool)
        wanted = (
            ("kind", policy.kinds),
            ("channel", policy.channels),
            ("queue", policy.queues),
            ("segment", policy.segments),
            ("priority", policy.priorities),
        )
        for column, values in wanted:
            if values and column not in tickets.columns:
                what = (
                    f"policy {policy.name!r} is for some values of {column!r}, which the frame 'tickets' does not hold"
                )
                raise DataError(Problem(what, remedy=f"add the column {column!r}"))
            if values:
                fits &= tickets[column].isin(values).to_numpy(dtype=bool)
        chosen[fits] = number
    return chosen


def _checked_changes(changes: FrameLike, tickets: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    given = frame_of(changes)
    faults = Faults("changes of policy")
    for column in ("ticket", "at", "policy"):
        if column not in given.columns:
            faults.add(f"column {column!r} is missing", remedy="give ticket, at, policy")
    faults.raise_if_any()
    rows = as_frame(given.assign(kind="sla", actor="system"), "ticket_events")
    for name in rows.loc[~rows["policy"].isin(names), "policy"].unique():
        faults.add(f"unknown policy {name!r}", remedy=did_you_mean(str(name), names))
    unknown = ~rows["ticket"].isin(tickets["ticket"])
    if unknown.any():
        remedy = "add them to the frame 'tickets', or leave the changes out"
        faults.add("changes of tickets that are not known", rows=rows["ticket"][unknown].unique(), remedy=remedy)
    faults.raise_if_any()
    return rows[["ticket", "at", "kind", "actor", "policy"]]


def _with_changes(events: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return the events with the changes of policy among them; at one instant, the change comes last."""
    changes = changes.assign(at=changes["at"].dt.tz_convert(events["at"].dt.tz))
    both = pd.concat([events, changes], ignore_index=True)
    both = both.sort_values(["ticket", "at"], kind="stable", ignore_index=True)
    lone = (both["policy"].notna() & ~both["ticket"].duplicated()).to_numpy()
    if lone.any():
        rows = both["ticket"][lone].unique()
        what = "a change of policy before the first event of its ticket"
        raise DataError(Problem(what, rows=tuple(rows), remedy="a ticket's own columns choose its first policy"))
    return both
