"""Interval history against contacts counted by hand, and against a slow loop that shares no code with it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Centre, Queue, ServiceLevel
from wfm.errors import DataError
from wfm.tickets import interval_history

SHANGHAI = "Asia/Shanghai"


def stamps(values, tz=SHANGHAI):
    return pd.Series([pd.NaT if v is None else pd.Timestamp(v) for v in values], dtype="datetime64[ns]").dt.tz_localize(
        tz
    )


def log(rows, tz=SHANGHAI):
    """Contacts of rows (queue, arrived, answered, abandoned, talk_s)."""
    queue, arrived, answered, abandoned, talk = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "contact_id": [f"c{n}" for n in range(len(rows))],
            "queue": queue,
            "arrived_at": stamps(arrived, tz),
            "answered_at": stamps(answered, tz),
            "abandoned_at": stamps(abandoned, tz),
            "talk_s": [np.nan if t is None else float(t) for t in talk],
        }
    )


HAND_MADE = [
    ("calls", "2026-11-02 09:00:00", "2026-11-02 09:00:30", None, 100),  # exactly 30 s is within
    ("calls", "2026-11-02 09:29:59", "2026-11-02 09:31:00", None, 50),  # answered in the next interval: counted here
    ("calls", "2026-11-02 09:10:00", None, "2026-11-02 09:40:00", None),
    ("calls", "2026-11-02 09:30:00", "2026-11-02 09:30:00", None, 10),
    ("chat", "2026-11-02 10:05:00", None, "2026-11-02 10:06:00", None),
    ("chat", "2026-11-02 10:06:00", None, None, None),
]


def test_contacts_counted_by_hand():
    history = interval_history(log(HAND_MADE))
    assert history["start"].dt.strftime("%H:%M").tolist() == ["09:00", "09:30", "10:00"]
    assert history["queue"].tolist() == ["calls", "calls", "chat"]
    assert history["offered"].tolist() == [3, 1, 2]
    assert history["handled"].tolist() == [2, 1, 0]
    assert history["abandoned"].tolist() == [1, 0, 1]
    assert history["waiting"].tolist() == [0, 0, 1]
    assert history["answered_within"].tolist() == [1, 1, 0]
    assert history["wait_s"].tolist() == [91.0, 0.0, 0.0]
    assert history["handle_s"].tolist() == [150.0, 10.0, 0.0]
    assert history["within_s"].tolist() == [30.0, 30.0, 30.0]
    assert history["aht_s"].tolist()[:2] == [75.0, 10.0]
    assert np.isnan(history["aht_s"][2])
    assert "blocked" not in history.columns


def test_a_contact_that_never_entered_the_queue_is_blocked_and_waits_run_from_the_queue():
    contacts = log(HAND_MADE[:2])
    contacts["queued_at"] = stamps(["2026-11-02 09:00:20", None])
    contacts.loc[1, "answered_at"] = pd.NaT
    history = interval_history(contacts)
    assert history[["offered", "handled", "blocked", "waiting"]].to_numpy().tolist() == [[2, 1, 1, 0]]
    assert history["wait_s"].tolist() == [10.0]


def test_handle_time_is_talk_hold_and_wrap_or_else_answer_to_end_and_wrap():
    contacts = log(HAND_MADE[:2]).assign(hold_s=[5.0, None], wrap_s=[None, 7.0])
    assert interval_history(contacts)["handle_s"].tolist() == [100 + 5 + 50 + 7]
    without = contacts.drop(columns=["talk_s", "hold_s"])
    without["ended_at"] = without["answered_at"] + pd.Timedelta("80s")
    assert interval_history(without)["handle_s"].tolist() == [80 + 80 + 7]


def test_a_handled_contact_without_handle_time_leaves_its_row_without_a_sum():
    contacts = log(HAND_MADE)
    contacts.loc[0, "talk_s"] = np.nan
    history = interval_history(contacts)
    assert history["handle_s"].isna().tolist() == [True, False, False]
    assert history["aht_s"].isna().tolist() == [True, False, True]


def test_zone_and_interval_are_the_callers():
    history = interval_history(log(HAND_MADE), interval="15min", within="0s", tz="Asia/Kolkata")
    assert history["start"].iloc[0].isoformat() == "2026-11-02T06:30:00+05:30"
    assert history["answered_within"].sum() == 1


def test_the_day_the_clock_is_put_back_has_both_hours():
    utc = pd.date_range("2026-10-24 22:00", "2026-10-25 23:00", freq="15min", inclusive="left", tz="UTC")
    contacts = log([("calls", "2026-10-25 12:00", None, None, None)] * len(utc), "Europe/Berlin")
    contacts["arrived_at"] = utc.tz_convert("Europe/Berlin")
    history = interval_history(contacts)
    assert len(history) == 50
    assert (history["offered"] == 2).all()
    assert (history["start"].dt.strftime("%H:%M") == "02:30").sum() == 2


def test_the_day_the_clock_is_put_forward_lacks_an_hour():
    utc = pd.date_range("2026-03-28 23:00", "2026-03-29 22:00", freq="15min", inclusive="left", tz="UTC")
    contacts = log([("calls", "2026-03-29 12:00", None, None, None)] * len(utc), "Europe/Berlin")
    contacts["arrived_at"] = utc.tz_convert("Europe/Berlin")
    history = interval_history(contacts)
    assert len(history) == 46
    assert (history["start"].dt.hour == 2).sum() == 0


def test_a_calendar_adds_the_open_intervals_without_contact():
    calendar = Calendar(CalendarSpec(hours="Mon-Fri 09:00-11:00"), SHANGHAI)
    late = ("chat", "2026-11-04 20:00:00", None, None, None)  # outside the hours: stays
    history = interval_history(log([*HAND_MADE, late]), calendar=calendar)
    sizes = history.groupby("queue").size()
    assert sizes.tolist() == [3 * 4, 3 * 4 + 1]
    assert history["offered"].sum() == 7
    blank = history[history["offered"] == 0]
    assert (blank[["handled", "abandoned", "waiting", "handle_s", "wait_s", "answered_within"]] == 0).all(axis=None)
    assert (blank["within_s"] == 30).all()
    assert blank["aht_s"].isna().all()


def test_no_contacts_give_no_rows():
    calendar = Calendar(CalendarSpec(), SHANGHAI)
    assert interval_history(log(HAND_MADE).iloc[:0], calendar=calendar).empty


def test_every_fault_of_the_log_is_named():
    contacts = log(HAND_MADE)
    contacts.loc[0, "abandoned_at"] = contacts.loc[0, "answered_at"]
    contacts.loc[3, "answered_at"] -= pd.Timedelta("1s")
    with pytest.raises(DataError) as error:
        interval_history(contacts)
    assert str(error.value) == (
        "2 problems in frame 'contacts':\n"
        "  1. answered and abandoned too (row c0); keep the one that came first\n"
        "  2. answered before it arrived (row c3); correct answered_at or arrived_at"
    )


def test_an_interval_that_does_not_divide_the_hour_is_refused():
    with pytest.raises(DataError, match="interval 25min does not divide an hour"):
        interval_history(log(HAND_MADE), interval="25min")


def by_loop(contacts, minutes, within_s):
    """Count one contact after another with plain datetimes."""
    rows = {}
    for contact in contacts.itertuples():
        local = contact.arrived_at.to_pydatetime().astimezone(ZoneInfo("Europe/Berlin"))
        start = local.replace(minute=local.minute // minutes * minutes, second=0, microsecond=0)
        row = rows.setdefault((contact.queue, start.timestamp()), [0, 0, 0, 0.0, 0.0, 0])
        row[0] += 1
        if contact.answered_at is not pd.NaT:
            wait = (contact.answered_at - contact.arrived_at).total_seconds()
            row[1] += 1
            row[3] += contact.talk_s
            row[4] += wait
            row[5] += wait <= within_s
        elif contact.abandoned_at is not pd.NaT:
            row[2] += 1
    return dict(sorted(rows.items()))


contact_rows = st.tuples(
    st.sampled_from(["calls", "chat"]),
    st.integers(0, 4 * 3600),  # arrival after midnight, around both changes of the clock
    st.sampled_from(["answered", "abandoned", "waiting"]),
    st.integers(0, 120),
    st.integers(1, 900),
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(contact_rows, min_size=1, max_size=30),
    midnight=st.sampled_from(["2026-03-29", "2026-10-25"]),
    minutes=st.sampled_from([5, 15, 30, 60]),
    seed=st.integers(0, 9),
)
def test_it_agrees_with_a_slow_loop_whatever_the_order_of_the_rows(rows, midnight, minutes, seed):
    base = pd.Timestamp(midnight, tz="Europe/Berlin")
    contacts = log([(queue, "2026-01-01", None, None, talk) for queue, _, _, _, talk in rows], "Europe/Berlin")
    contacts["arrived_at"] = [base + pd.Timedelta(seconds=arrival) for _, arrival, _, _, _ in rows]
    for fate in ("answered", "abandoned"):
        then = contacts["arrived_at"] + pd.to_timedelta([wait for *_, wait, _ in rows], unit="s")
        contacts[f"{fate}_at"] = then.where(pd.Series([row[2] == fate for row in rows]))
    shuffled = contacts.sample(frac=1, random_state=seed)
    history = interval_history(shuffled, interval=f"{minutes}min", within="20s")
    expected = by_loop(contacts, minutes, 20)
    keys = [(queue, start.timestamp()) for queue, start in zip(history["queue"], history["start"], strict=True)]
    assert keys == list(expected)
    columns = ["offered", "handled", "abandoned", "handle_s", "wait_s", "answered_within"]
    np.testing.assert_allclose(history[columns].to_numpy(), list(expected.values()), rtol=1e-12)
    settled = history["handled"] + history["abandoned"] + history["waiting"]
    assert (history["offered"] == settled).all()


def test_a_centre_brings_the_hours_of_its_queues():
    at = "2026-11-02 09:05"
    contacts = log([(queue, at, at, None, 60) for queue in ("calls", "chat")])
    target = (ServiceLevel(0.8, "30s"),)
    centre = Centre(
        name="shop",
        tz=SHANGHAI,
        queues=(Queue(name="calls", targets=target), Queue(name="chat", targets=target, hours="Mon-Fri 09:00-11:00")),
        calendar=CalendarSpec(hours="Mon-Fri 08:00-18:00"),
    )
    sizes = interval_history(contacts, calendar=centre).groupby("queue").size().to_dict()
    assert sizes == {"calls": 20, "chat": 4}
    spec = interval_history(contacts, calendar=centre.calendar)
    pd.testing.assert_frame_equal(spec, interval_history(contacts, calendar=Calendar.of(centre)))
    assert spec.groupby("queue").size().to_dict() == {"calls": 20, "chat": 20}
    with pytest.raises(DataError, match="calendar is a str; give the centre, its calendar, or CalendarSpec"):
        interval_history(contacts, calendar="CN")


def test_a_clock_that_moves_by_a_part_of_an_interval_is_refused():
    contacts = log([("calls", "2026-03-01 10:00", None, None, None), ("calls", "2026-04-20 10:00", None, None, None)])
    contacts["arrived_at"] = contacts["arrived_at"].dt.tz_convert("Australia/Lord_Howe")
    with pytest.raises(DataError, match="the clock of Australia/Lord_Howe moves by a part of 1h; give a shorter"):
        interval_history(contacts, "1h")
    assert interval_history(contacts, "30min")["offered"].sum() == 2


def test_many_empty_cells_are_not_laid_out():
    rows = [("calls", "2001-01-01 10:00", None, None, None), ("chat", "2026-04-20 10:00", None, None, None)]
    history = interval_history(log(rows), "1min")
    assert history["offered"].tolist() == [1, 1]
    assert history["start"].dt.year.tolist() == [2001, 2026]
