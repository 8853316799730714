"""Work laid into the intervals in which it was done, against a count of seconds."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.tickets import touches, workload

ZONE = "Europe/Berlin"


def make_contacts(rows):
    base = pd.Timestamp("2026-10-25", tz=ZONE)  # the clock is put back in this night
    at = pd.Series([base + pd.Timedelta(seconds=start) for start, _, _, _ in rows])
    return pd.DataFrame(
        {
            "contact_id": [f"c{number}" for number in range(len(rows))],
            "queue": [queue for *_, queue in rows],
            "arrived_at": at,
            "answered_at": at,
            "abandoned_at": at.where([False] * len(rows)),
            "talk_s": [float(length) for _, length, _, _ in rows],
            "sessions": [float(sessions) for _, _, sessions, _ in rows],
        }
    )


row = st.tuples(st.integers(0, 6 * 3600), st.integers(1, 9000), st.integers(1, 3), st.sampled_from(["calls", "chat"]))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(row, min_size=1, max_size=8), minutes=st.sampled_from([15, 30, 60]))
def test_no_second_of_work_is_lost_or_moved(rows, minutes):
    found = workload(make_contacts(rows), f"{minutes}min")
    base = pd.Timestamp("2026-10-25", tz=ZONE)
    expected: dict[tuple[str, int], list[float]] = {}
    for number, (start, length, sessions, queue) in enumerate(rows):
        for second in range(start, start + length):
            cell = expected.setdefault((queue, second // (minutes * 60)), [0, 0.0, set()])
            cell[0] += 1
            cell[1] += 1 / sessions
            cell[2].add(number)
    places = ((found["start"] - base).dt.total_seconds() // (minutes * 60)).astype(int)
    assert list(zip(found["queue"], places, strict=True)) == sorted(expected)
    for place, (session, effort, who) in zip(
        found.itertuples(), (expected[key] for key in sorted(expected)), strict=True
    ):
        assert place.session_s == session
        assert place.effort_s == pytest.approx(effort)
        assert place.contacts == len(who)


def test_an_answer_without_a_handle_time_is_refused():
    contacts = make_contacts([(0, 60, 1, "calls"), (5, 60, 1, "calls")]).drop(columns="sessions")
    contacts.loc[1, "talk_s"] = None
    with pytest.raises(DataError, match=r"answered without a handle time \(row c1\); give talk_s, or ended_at"):
        workload(contacts)
    with pytest.raises(DataError, match="unknown column 'team' in by"):
        workload(contacts, by="team")


def test_touches_are_counted_when_they_were_made():
    at = pd.to_datetime(["2026-11-02 09:05", "2026-11-02 09:20", "2026-11-02 09:40", "2026-11-03 10:00"])
    events = pd.DataFrame(
        {
            "ticket": ["T1", "T1", "T2", "T1"],
            "at": at.tz_localize(ZONE),
            "kind": ["create", "reply", "reply", "solve"],
            "actor": ["customer", "agent", "agent", "agent"],
            "employee": pd.Series([None, "A1", "A1", "A2"], dtype="str"),
            "to_state": pd.Series(["new", None, None, "solved"], dtype="str"),
        }
    )
    found = touches(events)
    assert found["employee"].tolist() == ["A1", "A1", "A2"]
    assert found["start"].dt.strftime("%d %H:%M").tolist() == ["02 09:00", "02 09:30", "03 10:00"]
    assert found[["events", "replies", "solved", "tickets"]].to_numpy().tolist() == [
        [1, 1, 0, 1],
        [1, 1, 0, 1],
        [1, 0, 1, 1],
    ]


def test_a_reply_is_what_the_customer_sees():
    at = pd.Series(pd.to_datetime(["2026-11-02 09:05", "2026-11-02 09:06", "2026-11-02 09:07"])).dt.tz_localize(ZONE)
    events = pd.DataFrame(
        {"ticket": "T1", "at": at, "kind": ["reply", "comment", "reply"], "actor": "agent", "employee": "A1"}
    )
    assert touches(events)["replies"].tolist() == [2]
    assert touches(events.assign(public=[False, True, None]))["replies"].tolist() == [2]
    assert touches(events.assign(public=False))["replies"].tolist() == [0]
