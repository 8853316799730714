"""A log without a row gives results without a row, not an error."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.tickets import (
    SlaPolicy,
    SlaTarget,
    backlog,
    check_surveys,
    check_transitions,
    data_quality,
    sla_audit,
    sla_clocks,
    touches,
    workload,
)

AT = pd.Series(pd.to_datetime(["2026-11-02 09:00"]).tz_localize("Europe/Berlin"))
EVENTS = pd.DataFrame({"ticket": ["T1"], "at": AT, "kind": "create", "actor": "customer", "to_state": "new"})
TICKETS = pd.DataFrame({"ticket": ["T1"], "channel": "chat", "queue": "chat", "kind": "inquiry", "created_at": AT})
CONTACTS = pd.DataFrame(
    {"contact_id": ["c"], "queue": "q", "arrived_at": AT, "answered_at": AT, "abandoned_at": AT.where([False])}
).assign(talk_s=60.0)
POLICY = SlaPolicy(name="p", targets=(SlaTarget("resolution", "4h", business=True, hours="Mon-Fri 08:00-18:00"),))


def test_nothing_gives_nothing():
    events, tickets = EVENTS.iloc[:0], TICKETS.iloc[:0]
    clocks = sla_clocks(events, tickets, [POLICY])
    assert clocks.to_frame().empty
    assert clocks.attainment().empty
    assert sla_audit(events).to_frame().empty
    assert backlog(events, AT[0])["open"].tolist() in ([], [0])
    assert touches(events, by="ticket").empty
    assert workload(CONTACTS.iloc[:0]).empty
    assert data_quality(CONTACTS.iloc[:0]).findings == ()


def test_a_ticket_of_one_event_is_open_everywhere():
    taken = AT[0] + pd.Timedelta("1h")
    (clock,) = sla_clocks(EVENTS, TICKETS, [POLICY], as_of=taken).to_frame().itertuples()
    assert (clock.outcome, clock.running_s) == ("open", 3600.0)
    assert backlog(EVENTS, taken)["open"].tolist() == [1]


def test_events_and_surveys_of_tickets_that_are_not_known_are_named():
    with pytest.raises(DataError, match=r"events of a ticket that is not known \(row T1\)"):
        check_transitions(EVENTS, TICKETS.assign(ticket="T2"))
    with pytest.raises(DataError, match="column 'to_state' is missing"):
        check_transitions(EVENTS.drop(columns="to_state"))
    survey = pd.DataFrame({"survey_id": ["S"], "ticket": ["T1"], "offered_at": AT, "answered_at": AT, "kind": "csat"})
    survey = survey.assign(score=4.0, scale=5.0)
    assert len(check_surveys(survey, TICKETS)) == 1
    with pytest.raises(DataError) as error:
        check_surveys(survey.assign(ticket="T9", score=6.0, answered_at=AT - pd.Timedelta("1min")), TICKETS)
    assert len(error.value.problems) == 3


def test_unknown_columns_to_group_by_are_named():
    with pytest.raises(DataError, match="unknown column 'team' in by"):
        backlog(EVENTS, AT[0], tickets=TICKETS, by="team")
    with pytest.raises(DataError, match="unknown column 'team' in by"):
        touches(EVENTS, by="team")
