"""The exports of help desks and telephone systems, as their vendors document them, to the frames of the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from wfm.errors import DataError, Problem
from wfm.io.mapping import ColumnMap, mapped
from wfm.schema import check

__all__ = ["VENDORS", "Vendor"]


class Mapped(NamedTuple):
    """Mapped columns, the cells that they were read from, and the name of the file."""

    frame: pd.DataFrame
    cells: pd.DataFrame
    where: str


Finish = Callable[[Mapped], pd.DataFrame]

_STATES = {
    "new": "new", "open": "open", "pending": "pending", "hold": "on_hold", "solved": "solved", "closed": "closed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vendor:
    """One kind of export.

    Parameters
    ----------
    maps
        A column map for each frame that it gives.
    finish
        By frame, what is worked out from the mapped columns, the cells and the name of the file.
    source
        Where the vendor documents it.
    """

    maps: tuple[ColumnMap, ...]
    finish: Mapping[str, Finish]
    source: str

    def frames(self, cells: pd.DataFrame, *, tz: str | None, where: str) -> dict[str, pd.DataFrame]:
        """Return the checked frames that the cells hold, by name."""
        found = {}
        for rule in self.maps:
            made = mapped(cells, rule, tz=tz, where=where, final=False)
            if rule.frame in self.finish:
                made = self.finish[rule.frame](Mapped(made, cells, where))
            found[rule.frame] = check(made, rule.frame)
        return found


def _amazon_contacts(made: Mapped) -> pd.DataFrame:
    """Read what became of a contact: a queued one that no agent took was given up when it left the queue."""
    frame = made.frame
    again = frame["contact_id"].duplicated(keep=False)
    if again.any():
        rows = tuple(frame.index[again].tolist())
        what = "a contact was delivered more than once"
        remedy = "keep the one with the latest LastUpdateTimestamp"
        raise DataError(Problem(what, where=made.where, remedy=remedy, rows=rows))
    left = frame.pop("dequeued_at")
    gone = frame["answered_at"].isna() & left.notna()
    return frame.assign(abandoned_at=left.where(gone))


def _genesys_history(made: Mapped) -> pd.DataFrame:
    """Take the start of an interval such as 2026-11-02T09:00:00.000Z/2026-11-02T09:30:00.000Z."""
    frame = made.frame
    counts = ("offered", "handled", "abandoned")
    return frame.assign(**{name: frame[name].fillna(0) for name in counts if name in frame.columns})


def _assembled_contacts(made: Mapped) -> pd.DataFrame:
    """Count the first response as the answer; a conversation without one has not been answered."""
    frame = made.frame
    wait = pd.to_numeric(made.cells["first_response_time_seconds"], errors="coerce")
    answered = frame["arrived_at"] + pd.to_timedelta(wait, unit="s")
    nobody = frame["arrived_at"].where(pd.Series(False, index=frame.index))
    # The handle time is that of the agent and not the length of the conversation, so its end is left out.
    return frame.assign(answered_at=answered.astype(frame["arrived_at"].dtype), abandoned_at=nobody)


def _zendesk_events(made: Mapped) -> pd.DataFrame:
    """Read states off the clocks: requester wait runs while new, open or on hold, and stops when pending or solved."""
    frame = made.frame
    metric, kind = made.cells["metric"].astype("str"), made.cells["type"].astype("str")
    wait = metric == "requester_wait_time"
    keep = wait & kind.isin(["activate", "pause", "fulfill"])
    reply = (metric == "reply_time") & (kind == "fulfill")
    frame = frame[keep | reply].copy()
    kind, wait, metric = kind[frame.index], wait[frame.index], metric[frame.index]
    order = frame["ticket"].astype("str") + " " + metric
    first = wait & ~order.duplicated()
    pause, done = wait & (kind == "pause"), wait & (kind == "fulfill")
    state = pd.Series("open", index=frame.index).where(wait)
    state = state.mask(first, "new").mask(pause, "pending").mask(done, "solved")
    before = state[wait].groupby(frame["ticket"][wait]).shift(1)
    again = (wait & ~first & (kind == "activate")) & (before.reindex(frame.index) == "solved")
    state = state.mask(again, "reopened")
    words = {"new": "create", "open": "resume", "pending": "await", "solved": "solve", "reopened": "reopen"}
    said = state.map(words).where(wait, "reply")
    actor = (
        pd.Series("agent", index=frame.index).mask(first | again, "customer").mask(wait & (said == "resume"), "system")
    )
    return frame.assign(
        kind=said.astype("str"), actor=actor.astype("str"), public=reply[frame.index], to_state=state.astype("str")
    )


def _servicenow_events(made: Mapped) -> pd.DataFrame:
    """Read the changes of state off the snapshots of an incident, which come one for each update."""
    frame = made.frame
    raw = frame.pop("state")
    created = frame.pop("opened_at")
    order = pd.DataFrame({"ticket": frame["ticket"], "at": frame["at"], "n": np.arange(len(frame))})
    frame = frame.assign(state=raw, opened=created).loc[order.sort_values(["ticket", "at", "n"]).index]
    before = frame.groupby("ticket", sort=False)["state"].shift(1)
    first = ~frame["ticket"].duplicated()
    changed = first | (frame["state"] != before)
    begin = frame[first].assign(at=frame["opened"], state="new")
    moves = frame[changed & ~(first & (frame["state"] == "new"))]
    both = pd.concat([begin, moves]).sort_values(["ticket", "at"], kind="stable")
    left = both.groupby("ticket", sort=False)["state"].shift(1)
    # The register calls an incident that is worked on again active; here it is reopened first.
    again = left.isin(["solved", "closed"]) & ~both["state"].isin(["solved", "closed"])
    state = both["state"].mask(again, "reopened")
    kinds = {"new": "create", "open": "assign", "pending": "await", "on_hold": "hold", "solved": "solve",
             "closed": "close", "reopened": "reopen"}  # fmt: skip
    return both.assign(
        kind=state.map(kinds).astype("str"), actor=pd.Series("agent", index=both.index), to_state=state.astype("str")
    ).drop(columns=["state", "opened"])


def _servicenow_tickets(made: Mapped) -> pd.DataFrame:
    """Keep the first snapshot of each incident; one that has no group yet waits in the queue "none"."""
    frame = made.frame
    first = frame[~frame["ticket"].duplicated()]
    return first.assign(queue=first["queue"].fillna("none"))


def _nyc_events(made: Mapped) -> pd.DataFrame:
    """Give each request its creation and, where it has one, its closing."""
    frame = made.frame
    closed = frame.pop("closed_at")
    opened = frame.assign(kind="create", actor="customer", to_state="new")
    ended = frame.assign(at=closed, kind="close", actor="agent", to_state="closed")[closed.notna()]
    both = pd.concat([opened, ended]).sort_values(["ticket", "at"], kind="stable")
    early = both["ticket"].duplicated() & (both["to_state"] == "new")
    if early.any():
        rows = tuple(both.index[early].tolist())
        what = "a request was closed before it was created"
        raise DataError(
            Problem(what, where=made.where, rows=rows, remedy="correct Closed Date, or leave these rows out")
        )
    return both.astype({"kind": "str", "actor": "str", "to_state": "str"})


_ZENDESK_TICKETS = ColumnMap(
    frame="tickets",
    columns={
        "ticket": "id", "customer": "requester_id", "channel": "via.channel", "queue": "group_id", "kind": "type",
        "created_at": "created_at", "reason": "subject",
    },
    optional=frozenset({"customer", "reason"}),
    tz="UTC",
    values={
        "channel": {
            "web": "case", "email": "email", "chat": "chat", "voice": "phone", "api": "case", "mobile": "message",
            "facebook": "social", "twitter": "social", "native_messaging": "message", "sms": "message",
        },
        "kind": {"question": "inquiry", "incident": "after_sales", "problem": "complaint", "task": "after_sales"},
    },
)  # fmt: skip


def _zendesk_tickets(made: Mapped) -> pd.DataFrame:
    """Read a ticket without type as an inquiry and one without group as in the queue "none"; neither is always set."""
    frame = made.frame
    ranks = {"urgent": 0.0, "high": 1.0, "normal": 2.0, "low": 3.0}
    if "priority" in made.cells.columns:
        frame = frame.assign(priority=made.cells["priority"].map(ranks).astype(float))
    return frame.assign(kind=frame["kind"].fillna("inquiry"), queue=frame["queue"].fillna("none"))


_SERVICENOW_STATES = {
    "New": "new", "Active": "open", "In Progress": "open", "Awaiting User Info": "pending",
    "Awaiting Problem": "on_hold",
    "Awaiting Vendor": "on_hold", "Awaiting Evidence": "on_hold", "On Hold": "on_hold", "Resolved": "solved",
    "Closed": "closed", "Canceled": "closed",
}  # fmt: skip

VENDORS: Mapping[str, Vendor] = {
    "zendesk_tickets": Vendor(
        (_ZENDESK_TICKETS,),
        {"tickets": _zendesk_tickets},
        "https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/",
    ),
    "zendesk_metric_events": Vendor(
        (ColumnMap(frame="ticket_events", columns={"ticket": "ticket_id", "at": "time"}, tz="UTC"),),
        {"ticket_events": _zendesk_events},
        "https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-metric-event-types-reference",
    ),
    "amazon_contacts": Vendor(
        (
            ColumnMap(
                frame="contacts",
                columns={
                    "contact_id": "ContactId", "queue": "Queue.Name", "channel": "Channel",
                    "employee": "Agent.Username", "arrived_at": "InitiationTimestamp",
                    "queued_at": "Queue.EnqueueTimestamp", "dequeued_at": "Queue.DequeueTimestamp",
                    "answered_at": "Agent.ConnectedToAgentTimestamp", "ended_at": "DisconnectTimestamp",
                    "talk_s": "Agent.AgentInteractionDuration", "hold_s": "Agent.CustomerHoldDuration",
                    "wrap_s": "Agent.AfterContactWorkDuration", "transferred_to": "NextContactId",
                },
                optional=frozenset({"employee", "hold_s", "wrap_s", "transferred_to"}),
                tz="UTC",
                values={"channel": {"VOICE": "phone", "CHAT": "chat", "TASK": "case", "EMAIL": "email"}},
            ),
        ),
        {"contacts": _amazon_contacts},
        "https://docs.aws.amazon.com/connect/latest/adminguide/ctr-data-model.html",
    ),
    "amazon_forecast": Vendor(
        (
            ColumnMap(
                frame="history",
                columns={
                    "queue": "QueueName", "channel": "ChannelType", "start": "TimeStamp",
                    "offered": "IncomingContactVolume", "aht_s": "AverageHandleTime",
                },
                values={"channel": {"VOICE": "phone", "CHAT": "chat"}},
            ),
        ),
        {},
        "https://docs.aws.amazon.com/connect/latest/adminguide/import-data-for-forecasting.html",
    ),
    "genesys_intervals": Vendor(
        (
            ColumnMap(
                frame="history",
                columns={
                    "queue": "queueId", "channel": "mediaType", "start": "interval_start", "offered": "nOffered.count",
                    "handled": "tAnswered.count", "abandoned": "tAbandon.count", "handle_s": "tHandle.sum",
                    "wait_s": "tAnswered.sum",
                },
                optional=frozenset({"channel", "handled", "abandoned", "handle_s", "wait_s"}),
                tz="UTC",
                values={"channel": {"voice": "phone", "chat": "chat", "email": "email", "message": "message",
                                    "callback": "phone"}},
                factors={"handle_s": 0.001, "wait_s": 0.001},
            ),
        ),
        {"history": _genesys_history},
        "https://developer.genesys.cloud/analyticsdatamanagement/analytics/aggregate/conversation-query",
    ),
    "assembled_conversations": Vendor(
        (
            ColumnMap(
                frame="contacts",
                columns={
                    "contact_id": "external_id", "queue": "queue_id", "channel": "channel", "customer": "customer_id",
                    "employee": "assigned_agent_id", "arrived_at": "started_at", "talk_s": "handle_time_seconds",
                    "reason": "subject",
                },
                optional=frozenset({"customer", "employee", "talk_s", "reason"}),
                values={"channel": {"phone": "phone", "email": "email", "chat": "chat", "sms": "message",
                                    "social": "social", "back_office": "case"}},
            ),
        ),
        {"contacts": _assembled_contacts},
        "https://docs.assembled.com/",
    ),
    "servicenow_incidents": Vendor(
        (
            ColumnMap(
                frame="tickets",
                columns={
                    "ticket": "number", "customer": "caller_id", "channel": "contact_type", "queue": "assignment_group",
                    "created_at": "opened_at", "reason": "category",
                },
                optional=frozenset({"customer", "reason"}),
                stamps="%d-%m-%Y %H:%M",
                values={"channel": {"Phone": "phone", "Email": "email", "Self service": "case", "IVR": "phone",
                                    "Direct opening": "case"}},
                constants={"kind": "after_sales"},
                missing=("?",),
            ),
            ColumnMap(
                frame="ticket_events",
                columns={"ticket": "number", "at": "sys_updated_at", "opened_at": "opened_at",
                         "state": "incident_state", "employee": "assigned_to", "queue": "assignment_group"},
                optional=frozenset({"employee", "queue"}),
                stamps="%d-%m-%Y %H:%M",
                values={"state": _SERVICENOW_STATES},
                missing=("?",),
            ),
        ),
        {"tickets": _servicenow_tickets, "ticket_events": _servicenow_events},
        "https://archive.ics.uci.edu/dataset/498/incident+management+process+enriched+event+log",
    ),
    "nyc_311": Vendor(
        (
            ColumnMap(
                frame="tickets",
                columns={"ticket": "Unique Key", "channel": "Open Data Channel Type", "queue": "Agency",
                         "created_at": "Created Date", "reason": "Complaint Type"},
                stamps="%m/%d/%Y %I:%M:%S %p",
                tz="America/New_York",
                values={"channel": {"PHONE": "phone", "ONLINE": "case", "MOBILE": "message", "UNKNOWN": "case",
                                    "OTHER": "case"}},
                constants={"kind": "complaint"},
            ),
            ColumnMap(
                frame="ticket_events",
                columns={"ticket": "Unique Key", "at": "Created Date", "closed_at": "Closed Date", "queue": "Agency"},
                stamps="%m/%d/%Y %I:%M:%S %p",
                tz="America/New_York",
            ),
        ),
        {"ticket_events": _nyc_events},
        "https://data.cityofnewyork.us/Social-Services/311-Service-Requests-from-2010-to-Present/erm2-nwe9",
    ),
}  # fmt: skip
