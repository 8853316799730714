"""SLA clocks: worked examples, and every clock against a count of single seconds."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, OpeningHours, presets
from wfm.errors import DataError
from wfm.tickets import SlaPolicy, SlaTarget, policies_of, sla_clocks

BERLIN = "Europe/Berlin"
HOURS = OpeningHours("Mon-Fri 08:00-18:00; Sat 22:00-06:00", exceptions={date(2026, 3, 30): "closed"})
MEASURES = ("first_response", "next_response", "first_resolution", "resolution", "closure")


def make_log(rows, tz=BERLIN, **ticket):
    """Return events and tickets of rows `ticket, at, kind, actor, to_state`; what an agent says is seen."""
    events = pd.DataFrame(rows, columns=["ticket", "at", "kind", "actor", "to_state"])
    events["at"] = pd.to_datetime(events["at"]).dt.tz_localize(tz)
    events["to_state"] = events["to_state"].astype("str")
    events["public"] = events["kind"].isin(["create", "reply"])
    events["employee"] = pd.Series("A1", index=events.index, dtype="str").where(events["actor"] == "agent")
    first = events.groupby("ticket", as_index=False).first()
    columns = {"channel": "email", "queue": "mail", "kind": "inquiry", **ticket}
    return events, first[["ticket"]].assign(created_at=first["at"], **columns)


def one_clock(rows, target, *, tz=BERLIN, **options):
    """Return the only clock of a log under one target."""
    events, tickets = make_log(rows, tz)
    found = sla_clocks(events, tickets, [SlaPolicy(name="p", targets=(target,))], **options).to_frame()
    assert len(found) == 1
    return found.iloc[0]


def test_a_clock_pauses_while_pending_and_resumes_on_the_reply():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 10:00", "await", "agent", "pending"),
        ("T", "2026-11-02 13:00", "reply", "customer", None),  # the state was never put back
        ("T", "2026-11-02 14:00", "solve", "agent", "solved"),
    ]
    clock = one_clock(rows, SlaTarget("resolution", "4h"))
    assert (clock["elapsed_s"], clock["running_s"], clock["paused_s"]) == (5 * 3600, 2 * 3600, 3 * 3600)
    assert clock["due_at"] == pd.Timestamp("2026-11-02 16:00", tz=BERLIN)
    assert clock["met"]
    assert clock["left_s"] == 2 * 3600
    late = one_clock(rows, SlaTarget("resolution", "90min"))
    assert late["breach_at"] == late["due_at"] == pd.Timestamp("2026-11-02 13:30", tz=BERLIN)
    assert not late["met"]
    exact = one_clock(rows, SlaTarget("resolution", "2h"))
    assert exact["met"]
    assert pd.isna(exact["breach_at"])


def test_on_hold_pauses_by_policy_only():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 10:00", "hold", "agent", "on_hold"),
        ("T", "2026-11-02 14:00", "solve", "agent", "solved"),
    ]
    assert one_clock(rows, SlaTarget("resolution", "4h"))["running_s"] == 5 * 3600
    held = SlaTarget("resolution", "4h", pause=("pending", "on_hold"))
    assert one_clock(rows, held)["running_s"] == 3600


def test_next_response_is_reset_by_each_answer():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 09:10", "reply", "agent", None),
        ("T", "2026-11-02 10:00", "reply", "customer", None),
        ("T", "2026-11-02 10:05", "reply", "customer", None),  # the first of the two counts
        ("T", "2026-11-02 10:30", "reply", "agent", None),
        ("T", "2026-11-02 11:00", "reply", "customer", None),
    ]
    events, tickets = make_log(rows)
    policy = SlaPolicy(name="p", targets=(SlaTarget("first_response", "30min"), SlaTarget("next_response", "20min")))
    taken = pd.Timestamp("2026-11-02 11:15", tz=BERLIN)
    clocks = sla_clocks(events, tickets, [policy], as_of=taken)
    found = clocks.to_frame()
    assert found["running_s"].tolist() == [600, 1800, 900]
    assert found["outcome"].tolist() == ["done", "done", "open"]
    assert found["met"].tolist()[:2] == [True, False]
    assert pd.isna(found["met"][2])  # censored: neither kept nor broken
    assert found["due_at"][2] == pd.Timestamp("2026-11-02 11:20", tz=BERLIN)
    later = sla_clocks(events, tickets, [policy], as_of=taken + pd.Timedelta("10min"))
    assert later.to_frame()["met"].tolist() == [True, False, False]
    by_due, by_stop = later.attainment(), later.attainment(date="stop")
    columns = ["met", "missed", "censored"]
    assert by_due[columns].to_numpy().tolist() == [[1, 0, 0], [0, 2, 0]]
    assert by_stop[columns].to_numpy().tolist() == [[1, 0, 0], [0, 1, 1]]


def test_a_ticket_solved_without_an_answer_drops_its_clock():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 09:10", "solve", "system", "solved"),
    ]
    clock = one_clock(rows, SlaTarget("first_response", "5min"))
    assert clock["outcome"] == "dropped"
    assert pd.isna(clock["met"])


def test_a_reopened_ticket_has_the_first_and_the_full_resolution():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 10:00", "solve", "agent", "solved"),
        ("T", "2026-11-02 15:00", "reopen", "customer", "reopened"),
        ("T", "2026-11-02 15:30", "solve", "agent", "solved"),
        ("T", "2026-11-03 15:30", "close", "system", "closed"),
    ]
    assert one_clock(rows, SlaTarget("first_resolution", "4h"))["running_s"] == 3600
    full = one_clock(rows, SlaTarget("resolution", "4h"))
    assert (full["running_s"], full["elapsed_s"]) == (5400, 6.5 * 3600)
    closing = one_clock(rows, SlaTarget("closure", "24h", pause=("solved",)))
    assert (closing["running_s"], closing["met"]) == (5400, True)
    assert one_clock(rows, SlaTarget("closure", "24h"))["running_s"] == 30.5 * 3600


def test_the_policy_changes_midway():
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 16:00", "solve", "agent", "solved"),
    ]
    events, tickets = make_log(rows)
    slow = SlaPolicy(name="slow", targets=(SlaTarget("resolution", "8h"),))
    fast = SlaPolicy(name="fast", targets=(SlaTarget("resolution", "2h"),))
    silent = SlaPolicy(name="silent", targets=(SlaTarget("closure", "2h"),))
    at = pd.Timestamp("2026-11-02 15:00", tz=BERLIN)
    changes = pd.DataFrame({"ticket": ["T"], "at": [at], "policy": ["fast"]})
    clocks = sla_clocks(events, tickets, [slow, fast], changes=changes).to_frame()
    assert clocks["policy"].tolist() == ["fast"]
    # Two hours had run at 11:00, but nothing was broken before the change.
    assert clocks["due_at"][0] == pd.Timestamp("2026-11-02 11:00", tz=BERLIN)
    assert clocks["breach_at"][0] == at
    back = sla_clocks(events, tickets, [fast, slow], changes=changes.assign(policy="slow")).to_frame()
    assert back["met"].tolist() == [True]
    gone = sla_clocks(events, tickets, [slow, silent], changes=changes.assign(policy="silent")).to_frame()
    dropped = gone[gone["measure"] == "resolution"].iloc[0]
    assert (dropped["outcome"], dropped["running_s"]) == ("dropped", 7 * 3600)
    late_start = gone[gone["measure"] == "closure"].iloc[0]
    assert late_start["outcome"] == "open"
    with pytest.raises(DataError, match="unknown policy 'fats'; did you mean 'fast'"):
        sla_clocks(events, tickets, [slow, fast], changes=changes.assign(policy="fats"))
    early = changes.assign(at=at - pd.Timedelta("24h"))
    with pytest.raises(DataError, match=r"a change of policy before the first event of its ticket \(row T\)"):
        sla_clocks(events, tickets, [slow, fast], changes=early)


def test_business_time_knows_nights_clock_changes_holidays_and_make_up_days():
    rows = [
        ("T", "2026-10-24 21:00", "create", "customer", "new"),
        ("T", "2026-10-25 07:00", "solve", "agent", "solved"),
    ]
    night = SlaTarget("resolution", "8h", business=True, hours="Sat 22:00-06:00")
    clock = one_clock(rows, night)
    assert (clock["running_s"], clock["elapsed_s"], clock["closed_s"]) == (9 * 3600, 11 * 3600, 2 * 3600)
    assert clock["breach_at"] == pd.Timestamp("2026-10-25 05:00", tz=BERLIN)  # the clock was put back at 03:00
    spec = CalendarSpec(
        hours="Mon-Fri 09:00-17:00", country="CN", closed_on_holidays=True, makeup_days=(date(2026, 2, 14),)
    )
    rows = [
        ("T", "2026-02-14 15:00", "create", "customer", "new"),  # a Saturday worked before the Spring Festival
        ("T", "2026-02-24 10:00", "solve", "agent", "solved"),
    ]
    target = SlaTarget("resolution", "4h", business=True)
    clock = one_clock(rows, target, tz="Asia/Shanghai", calendar=Calendar(spec, "Asia/Shanghai"))
    assert clock["running_s"] == 3 * 3600  # 15:00-17:00, a week off, 09:00-10:00 on Tuesday the 24th
    assert clock["due_at"] == pd.Timestamp("2026-02-24 11:00", tz="Asia/Shanghai")


def test_the_first_policy_that_fits_is_taken_and_the_rest_is_named():
    rows = [(name, "2026-11-02 09:00", "create", "customer", "new") for name in ("T1", "T2", "T3")]
    events, tickets = make_log(rows)
    tickets = tickets.assign(kind=["complaint", "inquiry", "suggestion"], priority=[0.0, 1.0, 0.0])
    target = (SlaTarget("resolution", "4h"),)
    policies = [
        SlaPolicy(name="complaints", targets=target, kinds=("complaint",)),
        SlaPolicy(name="second", targets=target, priorities=(1,)),
    ]
    clocks = sla_clocks(events, tickets, policies)
    assert clocks.to_frame()["policy"].tolist() == ["complaints", "second"]
    assert clocks.without_policy == ("T3",)
    assert str(clocks).splitlines() == [
        "2 clocks of 2 tickets, as of 2026-11-02 09:00",
        "├─ resolution       0 of 0 kept, 2 open: missing",
        "└─ tickets without a policy: 1",
    ]
    assert clocks._repr_html_().startswith("<pre>2 clocks")
    with pytest.raises(DataError, match="is for some values of 'segment', which the frame 'tickets' does not hold"):
        sla_clocks(events, tickets, [SlaPolicy(name="gold", targets=target, segments=("gold",))])
    with pytest.raises(DataError, match="two policies have one name"):
        sla_clocks(events, tickets, policies[:1] * 2)


def test_attainment_by_period_and_its_faults():
    rows = [
        ("T1", "2026-10-30 09:00", "create", "customer", "new"),
        ("T1", "2026-11-02 09:00", "solve", "agent", "solved"),
        ("T2", "2026-11-02 09:00", "create", "customer", "new"),
        ("T2", "2026-11-02 10:00", "solve", "agent", "solved"),
    ]
    events, tickets = make_log(rows)
    clocks = sla_clocks(events, tickets, [SlaPolicy(name="p", targets=(SlaTarget("resolution", "4h"),))])
    by_due = clocks.attainment(by="queue", period="month")
    assert by_due["period"].dt.month.tolist() == [10, 11]
    assert by_due[["met", "missed"]].to_numpy().tolist() == [[0, 1], [1, 0]]
    by_stop = clocks.attainment(by=(), date="stop", period="week")
    assert by_stop["period"].tolist() == [pd.Timestamp("2026-11-02", tz=BERLIN)]
    assert by_stop["share"].tolist() == [0.5]
    with pytest.raises(DataError) as error:
        clocks.attainment(by="team", date="closed", period="hour", confidence=95)
    assert len(error.value.problems) == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SlaTarget("resolution", 4), "within has no unit: 4; write '4s', '4min' or '4h'"),
        (
            lambda: SlaTarget("resolution", "4h", hours="Mon-Fri 08:00-18:00"),
            "hours without business time; write business=True too, or leave hours out",
        ),
        (
            lambda: SlaTarget("resolution", "4h", pause="new"),
            "the clock 'resolution' cannot stand still while a ticket is 'new'; allowed: on_hold, pending",
        ),
        (
            lambda: SlaPolicy(name="p", targets=()),
            "no targets; give at least one, such as SlaTarget('resolution', '4h')",
        ),
        (
            lambda: SlaPolicy(name="p", targets=(SlaTarget("closure", "1h"),) * 2),
            "two targets for 'closure'; keep one",
        ),
    ],
)
def test_a_promise_that_cannot_be_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value) == message


ORIGIN = pd.Timestamp("2026-03-27", tz=BERLIN)


@cache
def all_open_seconds():
    """Return whether HOURS are open in each second of four weeks, read off the clock on the wall."""
    local = pd.date_range(ORIGIN, periods=28 * 86_400, freq="s")
    day, hour = local.day_of_week.to_numpy(), local.hour.to_numpy()
    week = (day < 5) & (hour >= 8) & (hour < 18)
    night = ((day == 5) & (hour >= 22)) | ((day == 6) & (hour < 6))
    return (week | night) & ~((local.month == 3) & (local.day == 30))


def open_seconds(first, count):
    place = int((first - ORIGIN).total_seconds())
    return all_open_seconds()[place : place + count]


def clocks_by_second(rows, until, measure, pause):
    """Walk one ticket's events; return its clocks as `start, end, running seconds, open, done`."""
    found, clock = [], None
    state, said, answered, rested, spoken = None, None, False, False, False
    ends = [row.at for row in rows[1:]] + [until]
    alive = [row.to_state for row in rows]
    for place in range(1, len(alive)):
        alive[place] = alive[place - 1] if pd.isna(alive[place]) else alive[place]
    over = {"resolution": ("solved", "closed"), "closure": ("closed",)}.get(measure, ())
    for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
        moved = not pd.isna(row.to_state)
        if row.actor == "agent" and row.public:
            said, answered = "agent", True
            spoken = False
        if moved:
            state, spoken = row.to_state, False
        if row.actor == "customer" and row.kind in ("create", "reply", "comment", "reopen"):
            said = "customer"
            spoken = spoken or not moved
        rest = state in ("solved", "closed")
        rested = rested or rest
        inside = {
            "first_response": not answered and not rested,
            "next_response": answered and said == "customer" and not rest,
            "first_resolution": not rested,
            "resolution": any(later not in over for later in alive[place:]),
            "closure": any(later not in over for later in alive[place:]),
        }[measure]
        if inside and clock is None:
            clock = {"start": row.at, "stretches": []}
        if clock is not None and not inside:
            done = measure.endswith("resolution") or measure == "closure" or (row.actor == "agent" and row.public)
            found.append({**clock, "end": row.at, "open": False, "done": bool(done)})
            clock = None
        if inside:
            stands = (state in pause and (rest or not (spoken and said == "customer"))) or (
                rest and measure == "resolution"
            )
            clock["stretches"].append((row.at, end, not stands))
    if clock is not None:
        found.append({**clock, "end": until, "open": True, "done": False})
    return found


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    measure=st.sampled_from(MEASURES),
    business=st.booleans(),
    hold=st.booleans(),
    target_s=st.integers(1, 60_000),
)
def test_every_clock_agrees_with_a_count_of_seconds(seed, measure, business, hold, target_s, lives):
    events = lives(seed, tickets=4)
    until = events["at"].max() + pd.Timedelta("1h")
    created = events.groupby("ticket")["at"].min().reset_index(name="created_at")
    tickets = created.assign(channel="email", queue="mail", kind="inquiry")
    pause = ["pending", "on_hold"] if hold else ["pending"]
    if measure == "closure" and hold:
        pause.append("solved")
    target = SlaTarget(measure, f"{target_s}s", business=business, hours=HOURS if business else None, pause=pause)
    clocks = sla_clocks(events, tickets, [SlaPolicy(name="p", targets=(target,))], as_of=until).to_frame()
    expected = [
        (ticket, clock)
        for ticket, group in events.groupby("ticket")
        for clock in clocks_by_second(list(group.itertuples()), until, measure, pause)
    ]
    assert clocks["ticket"].tolist() == [ticket for ticket, _ in expected]
    for row, (_, clock) in zip(clocks.itertuples(), expected, strict=True):
        length = int((clock["end"] - clock["start"]).total_seconds())
        ahead = length + 9 * 86_400
        opened = open_seconds(clock["start"], ahead) if business else np.ones(ahead, dtype=bool)
        runs = np.ones(ahead, dtype=bool)
        for start, end, on in clock["stretches"]:
            runs[int((start - clock["start"]).total_seconds()) : int((end - clock["start"]).total_seconds())] = on
        counted = opened & runs
        running = int(counted[:length].sum())
        assert (row.started_at, row.elapsed_s) == (clock["start"], length)
        assert row.running_s == running
        assert row.running_s + row.paused_s == row.elapsed_s
        assert row.closed_s == int((runs & ~opened)[:length].sum())
        assert row.outcome == ("open" if clock["open"] else "done" if clock["done"] else "dropped")
        due = clock["start"] + pd.Timedelta(seconds=int(np.argmax(np.cumsum(counted) == target_s)) + 1)
        assert row.due_at == due
        late = running > target_s
        assert row.breach_at == due if late else pd.isna(row.breach_at)
        if row.outcome == "done" or (row.outcome == "open" and late):
            assert row.met == (not late)
        else:
            assert pd.isna(row.met)


def test_the_promises_of_a_shop_become_policies():
    policies = {policy.name: policy for policy in policies_of(presets.ecommerce_standards())}
    assert {target.measure: target.within_s for target in policies["inquiry by message"].targets} == {
        "first_response": 7200,
        "next_response": 7200,
        "resolution": 4 * 3600,
    }
    assert {target.measure: target.within_s for target in policies["anything else by phone"].targets} == {
        "first_response": 120
    }
    rows = [
        ("T", "2026-11-02 09:00", "create", "customer", "new"),
        ("T", "2026-11-02 09:30", "reply", "agent", None),
        ("T", "2026-11-02 14:00", "solve", "agent", "solved"),
        ("T", "2026-11-05 14:00", "close", "system", "closed"),
    ]
    events, tickets = make_log(rows, kind="complaint", channel="social")
    clocks = sla_clocks(events, tickets, list(policies.values())).to_frame()
    assert clocks[["measure", "met"]].to_numpy().tolist() == [["closure", True], ["first_response", True]]
