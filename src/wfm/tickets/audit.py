"""Time in which a clock stood still although the customer had already answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_choice
from wfm.domain.centre import Centre
from wfm.domain.hours import CalendarSpec
from wfm.errors import DataError, Problem
from wfm.schema import FrameLike
from wfm.tickets.log import STATES, EventLog, as_of_ns, stamps_of
from wfm.tickets.states import TicketState, check_events
from wfm.tickets.timeline import Timeline, calendar_of

__all__ = ["SlaAudit", "sla_audit"]


@dataclass(frozen=True, eq=False)
class SlaAudit:
    """Stretches in which a ticket stood still although it was the centre's turn.

    Parameters
    ----------
    stretches
        `ticket, state, employee` (who put it into that state; missing where the log does not say), `start, end`
        (missing while it lasts) and `stood_min`, the minutes of it inside the opening hours.
    as_of
        When the log was taken.
    """

    stretches: pd.DataFrame
    as_of: pd.Timestamp

    def to_frame(self) -> pd.DataFrame:
        """Return the stretches."""
        return self.stretches

    def by_ticket(self) -> pd.DataFrame:
        """Return `ticket, stretches, stood_min`, the longest first."""
        return self._by("ticket")

    def by_employee(self) -> pd.DataFrame:
        """Return `employee, tickets, stretches, stood_min`, the longest first."""
        tickets = self.stretches.groupby("employee", dropna=False)["ticket"].nunique()
        table = self._by("employee")
        table.insert(1, "tickets", tickets.reindex(table["employee"]).to_numpy())
        return table

    def _by(self, column: str) -> pd.DataFrame:
        groups = self.stretches.groupby(column, dropna=False)["stood_min"]
        table = groups.agg(["size", "sum"]).reset_index().rename(columns={"size": "stretches", "sum": "stood_min"})
        return table.sort_values(["stood_min", column], ascending=[False, True], ignore_index=True)

    def __str__(self) -> str:
        total, count = self.stretches["stood_min"].sum(), self.stretches["ticket"].nunique()
        head = f"{total:,.0f} min on {count:,} tickets stood still although the customer had answered"
        lines = [head]
        for row in self.by_employee().head(5).itertuples():
            name = "nobody named" if pd.isna(row.employee) else row.employee
            lines.append(f"├─ {name}: {row.stood_min:,.0f} min on {row.tickets:,} tickets")
        lines.append(f"└─ as of {self.as_of:%Y-%m-%d %H:%M}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def sla_audit(
    ticket_events: FrameLike,
    *,
    states: Iterable[TicketState | str] = (TicketState.PENDING, TicketState.ON_HOLD),
    calendar: Centre | CalendarSpec | Calendar | None = None,
    as_of: pd.Timestamp | None = None,
) -> SlaAudit:
    """Find the time in which a clock that goes by the states alone stood still although the customer had answered.

    A ticket that waits for the customer (`pending`) stands still wrongly as long as the last thing said was said by the
    customer, whether they spoke before or after it was put there. One that is on hold for somebody else does so once
    the customer has spoken since, until an agent answers.

    Parameters
    ----------
    ticket_events
        Frame `ticket_events`.
    states
        States in which the clock stands still; of `pending` and `on_hold`, default both.
    calendar
        Counts the minutes inside its opening hours only; default day and night.
    as_of
        When the log was taken, with a zone. Default the last event.

    Returns
    -------
    SlaAudit
        `.to_frame()` has the stretches, `.by_ticket()` and `.by_employee()` their sums.

    Raises
    ------
    DataError
        With every fault of the log, or for a state in which no clock stands still.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 10:00", "2026-11-02 11:00"]).tz_localize("UTC")
    >>> events = pd.DataFrame(
    ...     {"ticket": "T1", "at": at, "kind": ["create", "await", "solve"], "actor": ["customer", "agent", "agent"],
    ...      "employee": [None, "A1", "A1"], "public": [True, False, True], "to_state": ["new", "pending", "solved"]}
    ... )
    >>> print(sla_audit(events))  # the customer was never answered before the ticket was parked
    60 min on 1 tickets stood still although the customer had answered
    ├─ A1: 60 min on 1 tickets
    └─ as of 2026-11-02 11:00
    """
    given = [states] if isinstance(states, str) else list(states)
    chosen = {check_choice("state", state, TicketState) for state in given}
    if chosen - {TicketState.PENDING, TicketState.ON_HOLD}:
        what = f"no clock stands still while a ticket is {min(chosen - {TicketState.PENDING, TicketState.ON_HOLD})!s}"
        raise DataError(Problem(what, remedy="give 'pending', 'on_hold' or both"))
    log = EventLog.of(check_events(ticket_events))
    line = Timeline(log, as_of_ns(log, as_of), np.zeros(len(log.when), dtype=np.int64))
    pending, held = (STATES.index(state) for state in (TicketState.PENDING, TicketState.ON_HOLD))
    wrong = ((log.state == pending) & line.owed) | ((log.state == held) & line.resumed)
    wrong &= np.isin(log.state, [STATES.index(state) for state in chosen])
    same = np.zeros(len(wrong), dtype=bool)
    same[1:] = wrong[1:] & wrong[:-1] & (log.ticket[1:] == log.ticket[:-1]) & (log.state[1:] == log.state[:-1])
    first = np.flatnonzero(wrong & ~same)
    last = np.append(first[1:], len(wrong)) - 1 if len(first) else first
    # The last piece of a stretch is the last wrong one before the next stretch begins.
    place = np.maximum.accumulate(np.where(wrong, np.arange(len(wrong)), -1)) if len(wrong) else first
    last = place[last] if len(first) else first
    start, end = log.when[first], line.ends[last]
    entered = log.carried(np.arange(len(wrong)), log.events["to_state"].notna().to_numpy())[first]
    names = pd.Series([state.value for state in STATES], dtype="str")
    if calendar is None:
        minutes = (end - start) / 6e10
    else:
        begin, stop = (pd.DatetimeIndex(x.astype("datetime64[ns]"), tz="UTC") for x in (start, end))
        minutes = calendar_of(calendar, log.tz).business_seconds(begin, stop) / 60
    table = pd.DataFrame(
        {
            "ticket": log.names.take(log.ticket[first]).reset_index(drop=True),
            "state": names.take(log.state[first]).reset_index(drop=True),
            "employee": log.text_at("employee", log.owner[entered]),
            "start": stamps_of(start, log.tz),
            "end": stamps_of(end, log.tz, last != log.last[log.ticket[last]]),
            "stood_min": minutes,
        }
    )
    return SlaAudit(table, as_of=pd.Timestamp(line.until, tz="UTC").tz_convert(log.tz))
