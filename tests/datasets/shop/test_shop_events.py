"""The shop's events: they come from one simulation, so that everything in them agrees."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm import roster
from wfm.datasets import ecommerce
from wfm.datasets.shop.duty import repeat_week
from wfm.datasets.shop.rota import is_week_of_sales, typical_week
from wfm.errors import DataError
from wfm.kpi import service_level
from wfm.testing import assert_frame_valid
from wfm.tickets import check_transitions, interval_history

FRAMES = ("contacts", "tickets", "ticket_events", "surveys", "employee_states", "shifts", "activities")
LIVE = ["phone", "chat"]


@pytest.fixture(scope="module")
def shop():
    return ecommerce(seed=0, scale=0.1, years=1)


@pytest.fixture(scope="module")
def events(shop):
    return shop.events("2026-03-09", days=14)


@pytest.mark.parametrize("name", FRAMES)
def test_every_log_is_a_frame_of_the_design(events, name):
    assert_frame_valid(getattr(events, name), name)
    assert not getattr(events, name).empty


def test_the_same_seed_gives_the_same_bytes(shop, events):
    again = ecommerce(seed=0, scale=0.1, years=1).events("2026-03-09", days=14)
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(events, name), getattr(again, name), check_exact=True)


def test_contacts_counted_by_interval_are_the_history(shop, events):
    counted = interval_history(events.contacts)
    history = shop.history[shop.history["start"].dt.date.between(date(2026, 3, 9), date(2026, 3, 22))]
    both = history.merge(counted, on=["queue", "start"], how="outer", suffixes=("", "_counted"))
    assert (both["offered"] == both["offered_counted"].fillna(0)).all()
    assert len(events.contacts) == history["offered"].sum()


def test_nothing_is_lost(events):
    history = interval_history(events.contacts)
    assert (history["offered"] == history["handled"] + history["abandoned"] + history["waiting"]).all()
    # In plain weeks all work is done within the days that are played after those asked for.
    assert history["waiting"].sum() == 0
    assert history.loc[~history["queue"].isin(LIVE), "abandoned"].sum() == 0


def test_people_handle_what_they_have_the_skill_of_while_they_are_there(shop, events):
    answered = events.contacts.dropna(subset="answered_at")
    skills = {person.id: person.queues for person in shop.centre.employees}
    pairs = answered[["employee", "queue"]].drop_duplicates()
    assert all(queue in skills[person] for person, queue in pairs.itertuples(index=False))
    there = events.employee_states[events.employee_states["productive"]].sort_values("start")
    # The days after those asked for are played but not returned.
    inside = answered[answered["answered_at"] < "2026-03-22 21:00+08:00"].sort_values("answered_at")
    inside = inside[inside["answered_at"] >= "2026-03-09 09:00+08:00"]
    found = pd.merge_asof(inside, there, left_on="answered_at", right_on="start", by="employee")
    # Who goes on a break late because a contact was in hand takes it in full, and comes back late.
    assert (found["answered_at"] < found["end"]).mean() > 0.99
    assert (found["answered_at"] - found["end"]).max() < pd.Timedelta("1h")


def test_a_person_has_one_call_or_up_to_three_chats_in_hand(events):
    answered = events.contacts.dropna(subset="answered_at")
    assert answered.loc[answered["queue"] != "chat", "sessions"].eq(1).all()
    assert answered.loc[answered["queue"] == "chat", "sessions"].between(1, 3).all()
    calls = answered[answered["queue"] == "phone"].sort_values(["employee", "answered_at"])
    done = calls["ended_at"] + pd.to_timedelta(calls["wrap_s"], unit="s")
    same = (calls["employee"] == calls["employee"].shift()).to_numpy()
    assert (calls["answered_at"].to_numpy()[same] >= done.shift().dt.floor("ms").to_numpy()[same]).all()


def test_waits_follow_the_load(shop):
    # The sale floods the centre; the week before it does not.
    rush, plain = (shop.events(day, days=2).contacts for day in ("2025-11-11", "2025-12-02"))
    live = [contacts[contacts["queue"].isin(LIVE)] for contacts in (rush, plain)]
    assert service_level(live[0]).value < service_level(live[1]).value - 0.1


def test_tickets_go_from_state_to_state_by_the_rules(events):
    check_transitions(events.ticket_events)
    log = events.ticket_events
    assert set(log["ticket"]) == set(events.tickets["ticket"])
    assert set(log["to_state"].dropna()) == {"new", "open", "pending", "on_hold", "solved", "closed", "reopened"}
    created = log[log["kind"] == "create"].set_index("ticket")["at"]
    assert (created.loc[events.tickets["ticket"]].to_numpy() == events.tickets["created_at"].to_numpy()).all()
    # Each answered contact is assigned once, to the one who answered.
    assigned = log.loc[log["kind"] == "assign", "employee"].value_counts()
    pd.testing.assert_series_equal(
        assigned.sort_index(), events.contacts["employee"].value_counts().sort_index(), check_names=False
    )


def test_customers_come_back_after_they_were_done(events):
    contacts = events.contacts
    later = contacts[contacts.duplicated("ticket")]
    assert 0.05 < len(later) / len(contacts) < 0.15
    over = contacts["ended_at"].fillna(contacts["abandoned_at"]).groupby(contacts["ticket"]).shift(1)
    assert (contacts["arrived_at"] >= over).loc[later.index].all()
    assert contacts.groupby("ticket")[["customer", "queue", "reason"]].nunique().eq(1).all(axis=None)
    assert (events.ticket_events["kind"] == "reopen").sum() > 0


def test_complaints_grow_out_of_earlier_tickets(events):
    tickets = events.tickets.set_index("ticket")
    grown = tickets.dropna(subset="parent")
    assert (grown["queue"] == "complaints").all()
    assert len(grown) > 0.3 * (tickets["queue"] == "complaints").sum()
    parents = tickets.loc[grown["parent"]]
    assert (parents["created_at"].to_numpy() < grown["created_at"].to_numpy()).all()
    assert (parents["customer"].to_numpy() == grown["customer"].to_numpy()).all()
    assert (events.ticket_events["kind"] == "escalate").sum() == len(grown)


def test_satisfaction_falls_with_the_wait_and_few_answer():
    events = ecommerce(seed=1, scale=0.2, years=1).events("2025-11-10", days=10)
    surveys = events.surveys
    answered = surveys.dropna(subset="score")
    assert 0.15 < len(answered) / len(surveys) < 0.3
    assert answered["score"].isin([1, 2, 3, 4, 5]).all()
    assert (answered["answered_at"] > answered["offered_at"]).all()
    contacts = events.contacts.set_index("contact_id").loc["C" + answered["survey_id"].str.slice(1)]
    wait = (contacts["answered_at"] - contacts["arrived_at"]).dt.total_seconds().to_numpy()
    at_once = answered["score"].to_numpy()[wait <= 30].mean()
    long_after = answered["score"].to_numpy()[wait > 3600].mean()
    assert long_after < at_once - 0.2


def test_the_states_of_a_shift_follow_each_other_without_gap(events):
    states = events.employee_states
    total = (states["end"] - states["start"]).groupby(states["employee"]).sum()
    rostered = (events.shifts["shift_end"] - events.shifts["shift_start"]).groupby(events.shifts["employee"]).sum()
    pd.testing.assert_series_equal(total, rostered, check_names=False)
    same = (states["employee"] == states["employee"].shift()).to_numpy()
    assert (states["start"].to_numpy()[same] >= states["end"].shift().to_numpy()[same]).all()
    assert set(states["state"]) == {"available", "break", "lunch", "coaching", "sick"}
    # The shares that are drawn are those of the centre's shrinkage: 4 % of shifts, 5 % of work.
    work = events.activities[events.activities["activity"] == "work"]
    rostered_work = (work["end"] - work["start"]).sum()
    here = (states["end"] - states["start"])[states["productive"]].sum()
    assert abs(here / rostered_work - 0.91) < 0.03


@pytest.mark.parametrize(("scale", "first"), [(0.05, "2026-03-02"), (0.2, "2025-10-27"), (1.0, "2026-07-13")])
def test_the_roster_is_legal(scale, first):
    # Weeks with leave, weeks of sales with a sixth day, and the change between them, by the independent checker.
    shop = ecommerce(scale=scale, years=2 if first < "2025-11-01" else 1)
    start = date.fromisoformat(first)
    days = tuple(start + timedelta(days=n) for n in range(35))
    shifts, activities = repeat_week(shop.centre, typical_week(shop.centre, scale=scale), days)
    assert roster.check(SimpleNamespace(shifts=shifts, activities=activities), shop.centre) == []


def test_a_sixth_day_is_worked_in_the_weeks_of_sales():
    assert is_week_of_sales(date(2025, 11, 10))
    assert is_week_of_sales(date(2026, 6, 15))
    assert not is_week_of_sales(date(2026, 3, 16))
    assert not is_week_of_sales(date(2026, 2, 16))


def test_the_days_default_to_the_last_of_the_history(shop):
    events = shop.events(days=1)
    assert (events.first_day, events.end_day) == (date(2026, 10, 31), date(2026, 11, 1))
    assert events.contacts["arrived_at"].dt.date.unique().tolist() == [date(2026, 10, 31)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first_day": "2025-10-31"}, "the days 2025-10-31 to 2025-11-27 are not all within the history"),
        ({"first_day": "2026-10-05"}, "the days 2026-10-05 to 2026-11-01 are not all within the history"),
        ({"days": 367}, "days must be a whole number from 1 to 366, got 367"),
    ],
)
def test_days_outside_the_history_are_refused(shop, arguments, message):
    with pytest.raises(DataError, match=message):
        shop.events(**arguments)


def test_it_prints_itself(events):
    text = str(events)
    assert "Events of 2026-03-09 to 2026-03-22" in text
    assert f"contacts         {len(events.contacts):,}:" in text
    assert events._repr_html_().startswith("<pre>")
    assert events.to_frame() is events.contacts
