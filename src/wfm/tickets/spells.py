"""States of tickets rebuilt from their events: every spell in a state, and the facts of each ticket."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.schema import FrameLike
from wfm.tickets.log import AT_REST, STATES, EventLog, as_of_ns, stamps_of
from wfm.tickets.states import TicketState, check_events

__all__ = ["state_spells", "ticket_facts"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NAMES = pd.Series([state.value for state in STATES], dtype="str")


def state_spells(ticket_events: FrameLike) -> pd.DataFrame:
    """Return every stretch of time that a ticket spent in a state, from its events alone.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`, whose steps are checked as `check_transitions` does.

    Returns
    -------
    pandas.DataFrame
        One row per ticket and spell, sorted: `ticket, state, start, end, employee, queue`. `end` is missing for the
        state that the ticket is still in. `employee` is the last one named in its events, `queue` the last queue, both
        up to the start of the spell; missing where the log does not say.

    Raises
    ------
    DataError
        With every fault of the log; a `TransitionError` for illegal steps.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 09:05"]).tz_localize("UTC")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": at, "kind": ["create", "solve"], "actor": "agent", "to_state": ["new", "solved"]}
    ... )
    >>> state_spells(events)[["state", "start"]].astype(str).to_numpy().tolist()
    [['new', '2026-11-02 09:00:00+00:00'], ['solved', '2026-11-02 09:05:00+00:00']]
    """
    log = EventLog.of(check_events(ticket_events))
    move = np.flatnonzero(log.events["to_state"].notna().to_numpy())
    ticket = log.ticket[move]
    final = np.append(ticket[1:] != ticket[:-1], True) if len(move) else np.zeros(0, dtype=bool)
    end = np.append(log.when[move][1:], 0) if len(move) else move
    queue = _queue_place(log)
    return pd.DataFrame(
        {
            "ticket": log.events["ticket"].take(move).reset_index(drop=True),
            "state": _NAMES.take(log.state[move]).reset_index(drop=True),
            "start": log.events["at"].take(move).reset_index(drop=True),
            "end": stamps_of(end, log.tz, ~final),
            "employee": log.text_at("employee", log.owner[move]),
            "queue": log.text_at("queue", queue[move]),
        }
    )


def ticket_facts(ticket_events: FrameLike, *, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """Return what became of each ticket, from its events alone.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`, whose steps are checked as `check_transitions` does.
    as_of
        When the log was taken, with a zone: open states last until then. Default the last event.

    Returns
    -------
    pandas.DataFrame
        One row per ticket, sorted: `ticket, state` (now), `created_at, first_assigned_at, first_reply_at` (the first
        that an agent says and the customer sees), `first_solved_at, solved_at` (the last time; missing while it is not
        solved), `closed_at` (likewise), `employee` (the last one named), `employees` (how many were named), the counts
        `agent_replies, customer_messages, assignments, transfers, escalations, reopens`, and the seconds spent in each
        state: `new_s, open_s, pending_s, on_hold_s, solved_s, closed_s, reopened_s`.

    Raises
    ------
    DataError
        With every fault of the log, or if events are after `as_of`.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 09:05"]).tz_localize("UTC")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": at, "kind": ["create", "solve"], "actor": "agent", "to_state": ["new", "solved"]}
    ... )
    >>> ticket_facts(events)[["state", "new_s", "reopens"]].to_numpy().tolist()
    [['solved', 300.0, 0]]
    """
    log = EventLog.of(check_events(ticket_events))
    until = as_of_ns(log, as_of)
    count = len(log.first)
    entered = log.events["to_state"].notna().to_numpy()
    kind = log.events["kind"]
    state = log.state[log.last]
    facts: dict[str, pd.Series | Ints] = {
        "ticket": log.names,
        "state": pd.Series([STATES[code].value for code in range(len(STATES))], dtype="str")
        .take(state)
        .reset_index(drop=True),
        "created_at": stamps_of(log.when[log.first], log.tz),
        "first_assigned_at": _when(log, (kind == "assign").to_numpy(dtype=bool)),
        "first_reply_at": _when(log, log.answers),
    }
    solved = entered & (log.state == STATES.index(TicketState.SOLVED))
    closed = entered & (log.state == STATES.index(TicketState.CLOSED))
    rest = solved | closed
    resting = AT_REST[state]
    facts["first_solved_at"] = _when(log, rest)
    # A ticket that was closed from solved was solved then; one that was closed outright is solved by that.
    facts["solved_at"] = _when(log, rest & ~_before(log, rest, entered), latest=True).where(resting)
    facts["closed_at"] = _when(log, closed, latest=True).where(state == STATES.index(TicketState.CLOSED))
    facts["employee"] = log.text_at("employee", log.owner[log.last])
    facts["employees"] = _named_employees(log)
    for title, mask in (
        ("agent_replies", log.answers),
        ("customer_messages", log.messages),
        ("assignments", kind == "assign"),
        ("transfers", kind == "transfer"),
        ("escalations", kind == "escalate"),
        ("reopens", entered & (log.state == STATES.index(TicketState.REOPENED))),
    ):
        facts[title] = np.bincount(log.ticket[np.asarray(mask, dtype=bool)], minlength=count)
    seconds = (log.ends(until) - log.when) / 1e9
    for code, name in enumerate(STATES):
        inside = log.state == code
        facts[f"{name}_s"] = np.bincount(log.ticket[inside], weights=seconds[inside], minlength=count)
    return pd.DataFrame(facts)


def _when(log: EventLog, mask: Flags, *, latest: bool = False) -> pd.Series:
    """Return when something first (or last) happened to each ticket, missing where it never did."""
    place = np.full(len(log.first), -1)
    hits = np.flatnonzero(mask)
    order = hits if latest else hits[::-1]
    place[log.ticket[order]] = order
    return stamps_of(log.when[np.maximum(place, 0)] if len(log.when) else place, log.tz, place >= 0)


def _before(log: EventLog, rest: Flags, entered: Flags) -> Flags:
    """Return whether the ticket was at rest already when it entered a state."""
    moves = np.flatnonzero(entered)
    was = np.zeros(len(log.when), dtype=bool)
    if len(moves):
        same = log.ticket[moves][1:] == log.ticket[moves][:-1]
        was[moves[1:]] = same & rest[moves][:-1]
    return was


def _named_employees(log: EventLog) -> Ints:
    """Return how many different employees the events of each ticket name."""
    if "employee" not in log.events.columns or not len(log.when):
        return np.zeros(len(log.first), dtype=np.int64)
    code, _ = pd.factorize(log.events["employee"])
    named = code >= 0
    pairs = np.unique(log.ticket[named] * (int(code.max()) + 1) + code[named])
    return np.bincount(pairs // (int(code.max()) + 1), minlength=len(log.first))


def _queue_place(log: EventLog) -> Ints:
    """Return the place of the event that named the queue which the ticket is in after each event, -1 for none."""
    if "queue" not in log.events.columns:
        return np.full(len(log.when), -1)
    return log.carried(np.arange(len(log.when)), log.events["queue"].notna().to_numpy())
