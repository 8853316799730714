"""Records: what they refuse, and the frames they make."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.tickets import (
    Contact,
    EmployeeState,
    QualityScore,
    Survey,
    Ticket,
    TicketEvent,
    check_transitions,
    records_frame,
)

AT = pd.Timestamp("2026-11-02 09:00", tz="Asia/Shanghai")
LATER = AT + pd.Timedelta("5min")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Ticket(ticket="T1", channel="fone", queue="calls", kind="inquiri", created_at=AT),
            "2 problems in ticket 'T1':\n  1. unknown channel 'fone'; did you mean 'phone'? Known: case, chat, email, "
            "message, phone, social\n  2. unknown kind 'inquiri'; did you mean 'inquiry'? Known: after_sales, "
            "complaint, inquiry, suggestion",
        ),
        (
            lambda: Ticket(ticket="T1", channel="chat", queue="c", kind="inquiry", created_at=AT, parent="T1"),
            "ticket 'T1' is its own parent; leave parent out",
        ),
        (
            lambda: TicketEvent(ticket="T1", at=pd.Timestamp("2026-11-02"), kind="create", actor="agent"),
            "at has no zone: 2026-11-02 00:00:00; give tz='Europe/Berlin' with your zone",
        ),
        (
            lambda: Contact(contact_id="c", queue="q", arrived_at=LATER, answered_at=AT),
            "answered_at is before arrived_at; correct one of them",
        ),
        (
            lambda: Contact(contact_id="c", queue="q", arrived_at=AT, talk_s=-1.0),
            "talk_s must be a number in [0, inf), got -1.0",
        ),
        (
            lambda: Survey(survey_id="S", ticket="T", offered_at=AT, answered_at=AT, kind="csat", score=6, scale=5),
            "score must be a number in [0, 5], got 6",
        ),
        (
            lambda: Survey(survey_id="S", ticket="T", offered_at=AT, kind="csat", score=4, scale=5),
            "a score and the time of the answer go together; give both or neither",
        ),
        (
            lambda: EmployeeState(employee="A1", start=LATER, end=AT, state="break", productive=False),
            f"break ends at {AT}, before it starts; swap start and end",
        ),
        (
            lambda: records_frame([], tz="UTC"),
            "records of no kind; give records of one of: Ticket, TicketEvent, "
            "Contact, Survey, QualityScore, EmployeeState",
        ),
    ],
)
def test_a_record_that_cannot_be_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value) == message


def test_records_make_the_frames_of_the_design():
    events = [
        TicketEvent(ticket="T1", at=AT, kind="create", actor="customer", to_state="new", public=True),
        TicketEvent(ticket="T1", at=LATER, kind="solve", actor="agent", employee="A1", to_state="solved"),
    ]
    frame = records_frame(events, tz="UTC")
    assert frame["at"].dt.hour.tolist() == [1, 1]
    check_transitions(frame)
    score = QualityScore(score_id="Q1", employee="A1", scored_at=AT, criterion="courtesy", score=3, scale=5)
    assert records_frame([score], tz="UTC").loc[0, "criterion"] == "courtesy"
    state = EmployeeState(employee="A1", start=AT, end=LATER, state="available", productive=True)
    assert records_frame([state], tz="UTC")["productive"].tolist() == [True]
    with pytest.raises(DataError, match="records of QualityScore and TicketEvent"):
        records_frame([score, events[0]], tz="UTC")


def test_an_unanswered_contact_and_an_unanswered_survey_are_sound():
    contact = Contact(contact_id="c", queue="q", channel="phone", arrived_at=AT, abandoned_at=LATER)
    other = Contact(contact_id="d", queue="q", arrived_at=AT, answered_at=AT, talk_s=3.0)
    assert records_frame([contact, other], tz="UTC")["abandoned_at"].notna().tolist() == [True, False]
    survey = Survey(survey_id="S", ticket="T", offered_at=AT, kind="nps", scale=10)
    answered = Survey(survey_id="R", ticket="T", offered_at=AT, answered_at=LATER, kind="nps", score=9, scale=10)
    assert records_frame([survey, answered], tz="UTC")["score"].notna().tolist() == [True, False]
