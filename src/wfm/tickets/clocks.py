"""The clocks of a service promise: how long each one ran, when it is due, and whether it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_each
from wfm.domain.centre import Centre
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike, as_frame
from wfm.tickets.attainment import SlaClocks
from wfm.tickets.log import STATES, as_of_ns, stamps_of
from wfm.tickets.policy import SlaMeasure, SlaPolicy, SlaTarget
from wfm.tickets.states import TicketState
from wfm.tickets.timeline import Timeline, calendar_of, timeline

__all__ = ["sla_clocks"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_ATTRIBUTES = ("channel", "queue", "kind", "priority", "segment")
_NEVER = np.iinfo(np.int64).max


def sla_clocks(
    ticket_events: FrameLike,
    tickets: FrameLike,
    policies: Sequence[SlaPolicy],
    *,
    calendar: Centre | CalendarSpec | Calendar | None = None,
    changes: FrameLike | None = None,
    as_of: pd.Timestamp | None = None,
) -> SlaClocks:
    """Return every clock of every ticket: how long it ran and stood still, when it is due, and whether it was kept.

    A clock runs from its start to its stop, except in the states in which its policy lets it stand still (until the
    customer replies) and, in business time, outside the opening hours. When the policy of a ticket changes midway, each
    piece of time is counted by the rules then in force, and the last policy's target is the one to keep. A piece under
    a policy without this target is counted by the rules of the last one.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`.
    tickets
        Frame `tickets`; each ticket of the events must be in it.
    policies
        At least one; the first one that fits a ticket is its own.
    calendar
        Opening hours, holidays and make-up days for targets in business time; default open round the clock, in the zone
        of the events, for targets that bring no hours of their own.
    changes
        A frame `ticket, at, policy`: from then on the ticket has that policy. Default none.
    as_of
        When the log was taken, with a zone. Default the last event.

    Returns
    -------
    SlaClocks
        `.to_frame()` has a row for each ticket, measure and cycle; `.attainment()` counts the promises kept.

    Raises
    ------
    DataError
        With every fault of the frames: illegal steps, events before creation, unknown tickets or policies, events after
        `as_of`.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-06 17:30", "2026-11-09 08:20"]).tz_localize("Europe/Berlin")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": at, "kind": ["create", "solve"], "actor": "agent", "to_state": ["new", "solved"]}
    ... )
    >>> tickets = pd.DataFrame(
    ...     {"ticket": ["T1"], "channel": "email", "queue": "mail", "kind": "inquiry", "created_at": at[:1]}
    ... )
    >>> promise = SlaTarget("resolution", "4h", business=True, hours="Mon-Fri 08:00-18:00")
    >>> clocks = sla_clocks(events, tickets, [SlaPolicy(name="all", targets=(promise,))])
    >>> clocks.to_frame()[["running_s", "paused_s", "due_at"]].astype(str).to_numpy().tolist()
    [['3000.0', '223200.0', '2026-11-09 11:30:00+01:00']]
    """
    promised = check_each("policies", policies, SlaPolicy)
    names = [policy.name for policy in promised]
    if not names or len(set(names)) < len(names):
        what = "no policies" if not names else "two policies have one name"
        raise DataError(Problem(what, remedy="give at least one, each with a name of its own"))
    known = as_frame(tickets, "tickets")
    log, policy = timeline(ticket_events, known, promised, changes)
    line = Timeline(log, as_of_ns(log, as_of), policy)
    hours = calendar_of(calendar, log.tz)
    parts = [_clocks_of(line, measure, promised, hours) for measure in SlaMeasure]
    table = pd.concat([part for part in parts if part is not None], ignore_index=True)
    named = pd.Series([*names, None], dtype="str")
    table["policy"] = named.take(table["policy"]).reset_index(drop=True)
    table.insert(0, "ticket", log.names.take(table.pop("number")).reset_index(drop=True))
    place = pd.Index(known["ticket"]).get_indexer(table["ticket"])
    for column in _ATTRIBUTES:
        if column in known.columns:
            table[column] = known[column].take(place).reset_index(drop=True)
    table = table.sort_values(["ticket", "measure", "cycle"], kind="stable", ignore_index=True)
    lone = log.names[(policy[log.last] == len(names))] if len(log.first) else log.names
    taken = pd.Timestamp(line.until, tz="UTC").tz_convert(log.tz)
    return SlaClocks(table, as_of=taken, policies=promised, without_policy=tuple(lone))


@dataclass(frozen=True, eq=False)
class _Pieces:
    """The pieces of time inside the clocks of one measure; `group` numbers the clock, `begin` and `last` its ends."""

    place: Ints
    group: Ints
    begin: Ints
    last: Ints


def _clocks_of(
    line: Timeline, measure: SlaMeasure, policies: Sequence[SlaPolicy], calendar: Calendar
) -> pd.DataFrame | None:
    """Return the clocks of one measure, or none where no policy has a target for it."""
    targets = [policy.target(measure) for policy in policies] + [None]
    promised = np.array([np.nan if target is None else target.within_s for target in targets])
    if np.isnan(promised).all():
        return None
    pieces = _pieces(line, _inside(line, measure), ~np.isnan(promised[line.policy]))
    log, place = line.log, pieces.place
    final = line.policy[place[pieces.last]]
    wanted = np.round(promised[final] * 1e9)
    # Under a policy without this target the rules of the last one count.
    rules = np.where(np.isnan(promised[line.policy[place]]), final[pieces.group], line.policy[place])
    start, end = log.when[place], line.ends[place]
    standing = _standing(measure, targets)[rules, log.state[place]]
    standing &= ~line.resumed[place] | line.at_rest[place]
    running = _running(start, end, ~standing, rules, targets, calendar)
    total, elapsed = _sums(running, pieces), line.ends[place[pieces.last]] - start[pieces.begin]
    stood = _sums(np.where(standing, end - start, 0), pieces)
    shut = _sums(np.where(standing, 0, end - start - running), pieces)
    # The first piece in which the running time reaches the target of the last policy.
    before = np.cumsum(running) - running
    before -= before[pieces.begin][pieces.group]
    past = before + running >= wanted[pieces.group]
    hit = np.minimum.reduceat(np.where(past, np.arange(len(place)), _NEVER), pieces.begin) if len(place) else place
    reached, late = hit < _NEVER, total > wanted
    known = ~np.isnan(wanted)
    at = np.where(reached, hit, pieces.last)
    left = np.where(reached, wanted - before[at], wanted - total)
    base = np.where(reached, start[at], line.ends[place[pieces.last]])
    due = _advance(base, np.where(known, left, 0), rules[at], targets, calendar)
    is_open = place[pieces.last] == log.last[log.ticket[place[pieces.last]]]
    done = ~is_open & known & _ended(line, measure, place[pieces.last])
    tz = log.tz
    stopper = np.where(done, np.minimum(place[pieces.last] + 1, len(log.when) - 1), -1)
    met = pd.Series(np.where(late, False, True)).astype("boolean").where(known & (done | (late & is_open)))
    outcome = np.where(done, 0, np.where(is_open & known, 1, 2))
    number = log.ticket[place[pieces.begin]]
    return pd.DataFrame(
        {
            "number": number,
            "measure": pd.Series([measure.value] * len(number), dtype="str"),
            "cycle": _cycles(number),
            "policy": final,
            "outcome": pd.Series(["done", "open", "dropped"], dtype="str").take(outcome).reset_index(drop=True),
            "employee": log.text_at("employee", stopper),
            "started_at": stamps_of(start[pieces.begin], tz),
            "stopped_at": stamps_of(line.ends[place[pieces.last]], tz, ~is_open),
            "target_s": promised[final],
            "elapsed_s": elapsed / 1e9,
            "running_s": total / 1e9,
            "paused_s": (stood + shut) / 1e9,
            "closed_s": shut / 1e9,
            "due_at": stamps_of(due, tz, known),
            "breach_at": stamps_of(np.maximum(due, _last_change(line, pieces)), tz, known & late),
            "left_s": np.where(known, (wanted - total) / 1e9, np.nan),
            "met": met,
        }
    )


def _inside(line: Timeline, measure: SlaMeasure) -> Flags:
    """Return the pieces of time between the start and the stop of a clock."""
    rested = line.ever(line.at_rest)
    if measure is SlaMeasure.FIRST_RESPONSE:
        return ~line.answered & ~rested
    if measure is SlaMeasure.NEXT_RESPONSE:
        return line.answered & line.owed & ~line.at_rest
    if measure is SlaMeasure.FIRST_RESOLUTION:
        return ~rested
    over = line.at_rest if measure is SlaMeasure.RESOLUTION else line.log.state == STATES.index(TicketState.CLOSED)
    # Until the ticket is solved or closed for good.
    latest = np.full(len(line.log.first), -1)
    alive = np.flatnonzero(~over)
    latest[line.log.ticket[alive]] = alive
    return np.arange(len(over)) <= latest[line.log.ticket]


def _pieces(line: Timeline, inside: Flags, has_target: Flags) -> _Pieces:
    """Return the pieces of the clocks that had a target at some time."""
    ticket = line.log.ticket
    fresh = inside.copy()
    fresh[1:] &= ~(inside[:-1] & (ticket[1:] == ticket[:-1]))
    place = np.flatnonzero(inside)
    group = np.cumsum(fresh[place]) - 1
    wanted = np.zeros(int(fresh.sum()), dtype=bool)
    wanted[group[has_target[place]]] = True
    place = place[wanted[group]] if len(place) else place
    start = fresh[place]
    begin = np.flatnonzero(start)
    return _Pieces(place, np.cumsum(start) - 1, begin, np.append(begin[1:], len(place)) - 1 if len(begin) else begin)


def _standing(measure: SlaMeasure, targets: Sequence[SlaTarget | None]) -> Flags:
    """Return whether a clock stands still, by policy and state."""
    table = np.zeros((len(targets), len(STATES) + 1), dtype=bool)
    for number, target in enumerate(targets):
        for state in () if target is None else tuple(target.pause or ()):
            table[number, STATES.index(TicketState(state))] = True
    if measure is SlaMeasure.RESOLUTION:
        table[:, [STATES.index(TicketState.SOLVED), STATES.index(TicketState.CLOSED)]] = True
    return table


def _ended(line: Timeline, measure: SlaMeasure, last: Ints) -> Flags:
    """Return whether the event after the last piece is what the clock waited for: a solved ticket is not answered."""
    if not measure.is_response:
        return np.ones(len(last), dtype=bool)
    return line.log.answers[np.minimum(last + 1, max(len(line.log.when) - 1, 0))]


def _running(
    start: Ints, end: Ints, runs: Flags, rules: Ints, targets: Sequence[SlaTarget | None], calendar: Calendar
) -> Ints:
    """Return how long a clock ran in each piece, in nanoseconds."""
    found = np.where(runs, end - start, 0)
    for hours, mask in _by_hours(rules, targets):
        mine = np.flatnonzero(mask & runs)
        if len(mine):
            begin, stop = (pd.DatetimeIndex(x[mine].astype("datetime64[ns]"), tz="UTC") for x in (start, end))
            found[mine] = np.round(calendar.business_seconds(begin, stop, hours) * 1e9).astype(np.int64)
    return found


def _advance(base: Ints, left: Floats, rules: Ints, targets: Sequence[SlaTarget | None], calendar: Calendar) -> Ints:
    """Return when so much more time has run."""
    found = base + left.astype(np.int64)
    for hours, mask in _by_hours(rules, targets):
        if mask.any():
            begin = pd.DatetimeIndex(base[mask].astype("datetime64[ns]"), tz="UTC")
            found[mask] = calendar.add_business_time(begin, left[mask] / 1e9, hours).as_unit("ns").asi8
    return found


def _by_hours(rules: Ints, targets: Sequence[SlaTarget | None]) -> list[tuple[OpeningHours | None, Flags]]:
    """Return the pieces that are counted in business time, by their opening hours."""
    groups: dict[OpeningHours | None, list[int]] = {}
    for number, target in enumerate(targets):
        if target is not None and target.business:
            hours = target.hours if isinstance(target.hours, OpeningHours) else None
            groups.setdefault(hours, []).append(number)
    return [(hours, np.isin(rules, numbers)) for hours, numbers in groups.items()]


def _sums(values: Ints, pieces: _Pieces) -> Ints:
    return np.add.reduceat(values, pieces.begin) if len(values) else values


def _last_change(line: Timeline, pieces: _Pieces) -> Ints:
    """Return when the last policy of each clock came into force, or the clock began."""
    policy = line.policy[pieces.place]
    changed = np.zeros(len(policy), dtype=bool)
    changed[1:] = policy[1:] != policy[:-1]
    changed[pieces.begin] = True
    place = np.where(changed, np.arange(len(policy)), -1)
    latest = np.maximum.reduceat(place, pieces.begin) if len(place) else place
    return line.log.when[pieces.place[latest]]


def _cycles(number: Ints) -> Ints:
    """Return the number of each clock of its ticket, from 1."""
    fresh = np.append(True, number[1:] != number[:-1]) if len(number) else np.zeros(0, dtype=bool)
    first = np.flatnonzero(fresh)
    return np.arange(len(number)) - first[np.cumsum(fresh) - 1] + 1 if len(number) else number
