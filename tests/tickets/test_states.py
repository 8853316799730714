"""The state machine of a ticket: what it lets pass and what it names."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.tickets import TRANSITIONS, TicketState, TransitionError, check_transitions

LEGAL = [
    ("create", None, "new"),
    ("assign", "new", "open"),
    ("reply", None, None),
    ("await", "open", "pending"),
    ("reply", "pending", "open"),
    ("hold", "open", "on_hold"),
    ("resume", "on_hold", "open"),
    ("solve", "open", "solved"),
    ("close", "solved", "closed"),
    ("reopen", "closed", "reopened"),
    ("assign", "reopened", "open"),
    ("solve", "open", "solved"),
]


def make_events(rows, ticket="T1"):
    at = pd.date_range("2026-11-02 09:00", periods=len(rows), freq="10min", tz="Asia/Shanghai")
    kind, old, new = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "ticket": ticket,
            "at": at,
            "kind": kind,
            "actor": "agent",
            "from_state": pd.Series(old, dtype="str"),
            "to_state": pd.Series(new, dtype="str"),
        }
    )


def test_a_legal_life_passes_whatever_other_tickets_do_between():
    both = pd.concat([make_events(LEGAL), make_events(LEGAL[:5], "T0")]).sort_values("at")
    check_transitions(both)
    check_transitions(both.iloc[:0])


def test_every_state_can_be_entered_and_left():
    entered = {new for news in TRANSITIONS.values() for new in news} | {TicketState.NEW}
    assert set(TRANSITIONS) == entered == set(TicketState)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("create", None, "new"), ("close", "pending", "closed")],
            "event 'close' of 2026-11-02 09:10 leaves 'pending', but 'create' of 2026-11-02 09:00 had entered "
            "'new' (row T1); correct from_state, or add the event between",
        ),
        (
            [("create", None, "new"), ("assign", "new", "open"), ("reopen", "open", "reopened")],
            "event 'reopen' of 2026-11-02 09:20 after 'assign' of 2026-11-02 09:10 goes from 'open' to 'reopened' "
            "(row T1); allowed: on_hold, pending, solved",
        ),
        (
            [("solve", "open", "solved")],
            "event 'solve' of 2026-11-02 09:00 leaves 'open', but is the first (row T1); "
            "begin with the event that creates it",
        ),
        (
            [("create", None, "open")],
            "event 'create' of 2026-11-02 09:00 goes from 'nothing' to 'open' (row T1); allowed: new",
        ),
    ],
)
def test_an_illegal_step_is_named_with_both_events(rows, message):
    with pytest.raises(DataError) as error:
        check_transitions(make_events(rows))
    assert str(error.value) == f"frame 'ticket_events': {message}"


def test_all_tickets_that_break_a_rule_are_counted():
    rows = [("create", None, "new"), ("close", "pending", "closed")]
    with pytest.raises(DataError, match=r"\(rows T1, T2\)"):
        check_transitions(pd.concat([make_events(rows), make_events(rows, "T2"), make_events(LEGAL, "T3")]))


def test_unknown_states_are_refused_with_the_nearest():
    with pytest.raises(DataError, match=r"unknown to_state 'opn' \(row 1\); did you mean 'open'"):
        check_transitions(make_events([("create", None, "new"), ("assign", "new", "opn")]))


def test_the_error_has_a_name_and_names_the_ticket_and_both_events():
    rows = [("create", None, "new"), ("assign", "new", "open"), ("reopen", "open", "reopened")]
    with pytest.raises(TransitionError) as error:
        check_transitions(pd.concat([make_events(rows, "T7"), make_events(LEGAL)]))
    (step,) = error.value.steps
    assert (step.ticket, step.before, step.event) == (
        "T7",
        "'assign' of 2026-11-02 09:10",
        "'reopen' of 2026-11-02 09:20",
    )
    again = pickle.loads(pickle.dumps(error.value))
    assert (again.steps, str(again)) == (error.value.steps, str(error.value))


def test_an_event_without_from_state_leaves_whatever_state_the_ticket_is_in():
    rows = [("create", None, "new"), ("assign", None, "open"), ("solve", None, "solved")]
    check_transitions(make_events(rows))
    check_transitions(make_events(rows).drop(columns="from_state"))
    with pytest.raises(TransitionError, match="goes from 'new' to 'reopened'"):
        check_transitions(make_events([("create", None, "new"), ("reopen", None, "reopened")]))
