"""States and facts rebuilt from events, against a loop over one event after another."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.tickets import TicketState, state_spells, ticket_facts


def by_loop(events, as_of):
    """Follow one ticket after another with plain values."""
    found = {}
    for ticket, group in events.groupby("ticket"):
        facts = dict.fromkeys((f"{state}_s" for state in TicketState), 0.0)
        facts |= dict.fromkeys(("agent_replies", "customer_messages", "reopens"), 0)
        facts |= dict.fromkeys(("first_reply_at", "first_solved_at", "solved_at", "closed_at", "employee"))
        people, spells = set(), []
        rows = list(group.itertuples())
        for row, following in zip(rows, [*rows[1:], None], strict=True):
            if pd.notna(row.employee):
                people.add(row.employee)
                facts["employee"] = row.employee
            if row.actor == "agent" and row.public:
                facts["agent_replies"] += 1
                facts["first_reply_at"] = facts["first_reply_at"] or row.at
            if row.actor == "customer" and row.kind in ("create", "reply", "comment", "reopen"):
                facts["customer_messages"] += 1
            if pd.notna(row.to_state):
                rested = facts.get("state") in ("solved", "closed")
                if spells:
                    spells[-1][2] = row.at
                spells.append([row.to_state, row.at, None, facts["employee"]])
                facts["state"] = row.to_state
                rest = row.to_state in ("solved", "closed")
                if rest:
                    facts["first_solved_at"] = facts["first_solved_at"] or row.at
                    facts["solved_at"] = facts["solved_at"] if rested else row.at
                else:
                    facts["solved_at"] = None
                facts["closed_at"] = row.at if row.to_state == "closed" else None
                facts["reopens"] += row.to_state == "reopened"
            end = as_of if following is None else following.at
            facts[f"{facts['state']}_s"] += (end - row.at).total_seconds()
        facts |= {"created_at": rows[0].at, "employees": len(people)}
        found[ticket] = (facts, spells)
    return found


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_states_and_facts_agree_with_a_loop(seed, lives):
    events = lives(seed)
    as_of = events["at"].max() + pd.Timedelta("90s")
    expected = by_loop(events, as_of)
    facts = ticket_facts(events, as_of=as_of).set_index("ticket")
    spells = state_spells(events)
    assert facts.index.tolist() == sorted(expected)
    for ticket, (known, stretches) in expected.items():
        for name, value in known.items():
            got = facts.loc[ticket, name]
            assert pd.isna(got) if value is None else got == value, (ticket, name)
        own = spells[spells["ticket"] == ticket]
        got = [(row.state, row.start, None if pd.isna(row.end) else row.end) for row in own.itertuples()]
        assert got == [(state, start, end) for state, start, end, _ in stretches]
        assert [None if pd.isna(name) else name for name in own["employee"]] == [row[3] for row in stretches]


def test_a_transfer_takes_the_ticket_to_another_queue_and_a_merge_closes_it():
    at = pd.date_range("2026-11-02 09:00", periods=4, freq="1h", tz="Asia/Shanghai")
    events = pd.DataFrame(
        {
            "ticket": "T1",
            "at": at,
            "kind": ["create", "assign", "transfer", "merge"],
            "actor": ["customer", "system", "agent", "agent"],
            "employee": pd.Series([None, "A1", "A2", "A2"], dtype="str"),
            "queue": pd.Series(["chat", None, "mail", None], dtype="str"),
            "to_state": pd.Series(["new", "open", None, "closed"], dtype="str"),
        }
    )
    spells = state_spells(events)
    assert spells["queue"].tolist() == ["chat", "chat", "mail"]
    assert spells["employee"].tolist()[1:] == ["A1", "A2"]
    facts = ticket_facts(events).iloc[0]
    assert (facts["transfers"], facts["state"], facts["open_s"]) == (1, "closed", 7200.0)
    assert facts["solved_at"] == facts["closed_at"] == at[3]
    not_merged = events.assign(kind=["create", "assign", "transfer", "close"])
    with pytest.raises(DataError, match="goes from 'open' to 'closed'"):
        ticket_facts(not_merged)


def test_what_had_not_happened_yet_is_refused(lives):
    events = lives(1)
    with pytest.raises(DataError, match=r"\d+ events are after as_of, 2026-03-27 00:00"):
        ticket_facts(events, as_of=pd.Timestamp("2026-03-27", tz="Europe/Berlin"))
    with pytest.raises(DataError, match="as_of has no zone"):
        ticket_facts(events, as_of=pd.Timestamp("2027-03-27"))


def test_no_events_give_no_tickets(lives):
    assert state_spells(lives(1).iloc[:0]).empty
    assert ticket_facts(lives(1).iloc[:0]).empty
