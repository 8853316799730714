"""Time in which a ticket stood still although the customer had answered."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import CalendarSpec
from wfm.errors import DataError
from wfm.tickets import sla_audit

ZONE = "Asia/Shanghai"


def make_events(rows):
    columns = ["ticket", "at", "kind", "actor", "employee", "public", "to_state"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["at"] = pd.to_datetime(frame["at"]).dt.tz_localize(ZONE)
    return frame.astype({"employee": "str", "to_state": "str"})


EVENTS = make_events(
    [
        ("T1", "2026-11-02 09:00", "create", "customer", None, True, "new"),
        ("T1", "2026-11-02 09:30", "reply", "agent", "A1", True, None),
        ("T1", "2026-11-02 09:31", "await", "agent", "A1", False, "pending"),
        ("T1", "2026-11-02 10:00", "reply", "customer", None, True, None),  # from here on it is the centre's turn
        ("T1", "2026-11-02 10:20", "comment", "customer", None, True, None),
        ("T1", "2026-11-02 10:45", "reply", "agent", "A2", True, None),  # and here the customer's again
        ("T1", "2026-11-02 12:00", "solve", "agent", "A2", True, "solved"),
        ("T2", "2026-11-02 09:00", "create", "customer", None, True, "new"),
        ("T2", "2026-11-02 09:30", "hold", "agent", "A3", False, "on_hold"),
        ("T2", "2026-11-02 11:30", "reply", "customer", None, True, None),
    ]
)


def test_the_minutes_are_counted_per_ticket_and_employee():
    audit = sla_audit(EVENTS, as_of=pd.Timestamp("2026-11-02 13:00", tz=ZONE))
    found = audit.to_frame()
    assert found[["ticket", "state", "employee", "stood_min"]].to_numpy().tolist() == [
        ["T1", "pending", "A1", 45.0],  # A1 parked it
        ["T2", "on_hold", "A3", 90.0],  # on hold, the first message alone does not count: the second does
    ]
    assert found["end"].isna().tolist() == [False, True]
    assert audit.by_ticket()["ticket"].tolist() == ["T2", "T1"]
    assert audit.by_employee()[["employee", "tickets", "stood_min"]].to_numpy().tolist() == [
        ["A3", 1, 90.0],
        ["A1", 1, 45.0],
    ]
    assert str(audit).splitlines()[:2] == [
        "135 min on 2 tickets stood still although the customer had answered",
        "├─ A3: 90 min on 1 tickets",
    ]
    assert "135 min" in audit._repr_html_()


def test_only_opening_hours_count_with_a_calendar():
    spec = CalendarSpec(hours="Mon-Fri 10:30-12:00")
    taken = pd.Timestamp("2026-11-02 13:00", tz=ZONE)
    found = sla_audit(EVENTS, calendar=spec, as_of=taken).to_frame()
    assert found["stood_min"].tolist() == [15.0, 30.0]
    assert sla_audit(EVENTS, states="on_hold", as_of=taken).to_frame()["ticket"].tolist() == ["T2"]
    with pytest.raises(DataError, match="no clock stands still while a ticket is open"):
        sla_audit(EVENTS, states="open")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_it_agrees_with_a_walk_along_the_events(seed, lives):
    events = lives(seed)
    until = events["at"].max() + pd.Timedelta("1h")
    expected = {}
    for ticket, group in events.groupby("ticket"):
        rows = list(group.itertuples())
        said, state, since = None, None, False
        for row, end in zip(rows, [*(later.at for later in rows[1:]), until], strict=True):
            if pd.notna(row.to_state):
                state, since = row.to_state, False
            if row.actor == "agent" and row.public:
                said = "agent"
            if row.actor == "customer" and row.kind in ("create", "reply", "comment", "reopen"):
                said, since = "customer", since or pd.isna(row.to_state)
            if said == "customer" and (state == "pending" or (state == "on_hold" and since)):
                expected[ticket] = expected.get(ticket, 0.0) + (end - row.at).total_seconds() / 60
    found = sla_audit(events, as_of=until).by_ticket().set_index("ticket")["stood_min"].to_dict()
    assert found == pytest.approx(expected)
