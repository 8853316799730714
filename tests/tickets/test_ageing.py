"""Backlog, its age and its work, against a count over one ticket after another."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import presets
from wfm.errors import DataError
from wfm.staffing import requirement
from wfm.tickets import SlaPolicy, SlaTarget, backlog, backlog_work, sla_clocks

ZONE = "Europe/Berlin"


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_it_agrees_with_a_count_over_tickets(seed, lives):
    events = lives(seed, tickets=5)
    created = events.groupby("ticket")["at"].min().reset_index(name="created_at")
    queues = ["calls" if number % 2 else "mail" for number in range(len(created))]
    tickets = created.assign(channel="email", queue=queues, kind="inquiry")
    instants = pd.date_range("2026-03-27", periods=10, freq="15h", tz=ZONE).append(pd.DatetimeIndex(events["at"][:3]))
    found = backlog(events, instants, tickets=tickets, by="queue", bands=("2h", "10h")).set_index(["at", "queue"])
    assert len(found) == len(set(instants)) * 2
    for at in instants:
        for queue in ("calls", "mail"):
            ages = []
            for ticket, group in events.groupby("ticket"):
                past = group[group["at"] <= at]
                state = past["to_state"].dropna()
                own = tickets.set_index("ticket").loc[ticket, "queue"]
                if own == queue and len(state) and state.iloc[-1] not in ("solved", "closed"):
                    ages.append((at - group["at"].min()).total_seconds())
            row = found.loc[(at, queue)]
            assert row["open"] == len(ages)
            assert row["under_2h"] == sum(age < 7200 for age in ages)
            assert row["from_10h"] == sum(age >= 36_000 for age in ages)
            assert pd.isna(row["oldest_s"]) if not ages else row["oldest_s"] == max(ages)


def test_what_cannot_be_grouped_or_banded_is_refused(lives):
    events = lives(3)
    at = events["at"].max()
    with pytest.raises(DataError, match="the bands must rise: 4h, 2h"):
        backlog(events, at, bands=("4h", "2h"))
    with pytest.raises(DataError, match="grouping without the frame 'tickets'"):
        backlog(events, at, by="queue")
    with pytest.raises(DataError, match="at has no zone"):
        backlog(events, pd.Timestamp("2026-03-28"))
    assert backlog(events, at)["open"].sum() >= 0


def test_the_open_work_is_due_when_its_promise_says():
    centre = presets.ecommerce(tz=ZONE)
    at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 12:40"]).tz_localize(ZONE)
    events = pd.DataFrame(
        {"ticket": ["T1", "T2"], "at": at, "kind": "create", "actor": "customer", "public": True, "to_state": "new"}
    )
    tickets = pd.DataFrame(
        {"ticket": ["T1", "T2"], "channel": "case", "queue": "inquiries", "kind": "inquiry", "created_at": at}
    )
    policy = SlaPolicy(name="p", targets=(SlaTarget("resolution", "4h"),))
    taken = pd.Timestamp("2026-11-02 14:10", tz=ZONE)
    clocks = sla_clocks(events, tickets, [policy], as_of=taken)
    work = backlog_work(clocks, centre)
    assert [stamp.strftime("%H:%M") for stamp in work["due"]] == ["14:00", "16:30"]  # T1 is late already
    assert work["work_s"].tolist() == [480.0, 480.0]
    assert work["load_erl"].tolist() == pytest.approx([480 / 1800] * 2)
    # It is what a requirement begins with.
    starts = pd.date_range("2026-11-02 14:00", periods=8, freq="30min", tz=ZONE)
    forecast = pd.DataFrame({"queue": "inquiries", "start": starts, "offered": 0.0})
    need = requirement(forecast, centre, backlog=work)
    assert need.backlog["done_erl"].sum() == pytest.approx(2 * 480 / 1800)
    other = sla_clocks(events, tickets.assign(queue="inquirie"), [policy])
    with pytest.raises(DataError, match="unknown queue 'inquirie'; did you mean 'inquiries'"):
        backlog_work(other, centre)
