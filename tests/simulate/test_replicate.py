"""Whole simulations of a roster: same bytes, conservation, shrinkage, results, and the log of one course."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import erlang, kpi, simulate
from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.people import Contract, Employee, Skill
from wfm.domain.presets import ecommerce
from wfm.domain.queue import Queue
from wfm.domain.targets import LongestWait, MaxOccupancy, MeanAnswer, ServiceLevel, ServiceLevelBasis
from wfm.errors import DataError
from wfm.simulate import case as cases
from wfm.testing import assert_frame_valid, make_centre

DAY = pd.Timestamp("2026-01-05", tz="Europe/Berlin")


def starts(first, last, day=DAY):
    return pd.date_range(
        day + pd.Timedelta(hours=first), day + pd.Timedelta(hours=last), freq="30min", inclusive="left"
    )


def forecast(queues, first=8, last=20, day=DAY):
    parts = [pd.DataFrame({"queue": q, "start": starts(first, last, day), "offered": n}) for q, n in queues.items()]
    return pd.concat(parts, ignore_index=True)


def roster(centre, shifts, day=DAY):
    """Return shifts of employee, start and end in hours from midnight, with a lunch in the middle."""
    rows = []
    for name, start, end in shifts:
        middle = (start + end) / 2
        for begin, until, activity in (
            (start, middle, "work"),
            (middle, middle + 0.5, "lunch"),
            (middle + 0.5, end, "work"),
        ):
            rows.append(
                {
                    "employee": name,
                    "start": day + pd.Timedelta(hours=begin),
                    "end": day + pd.Timedelta(hours=until),
                    "activity": activity,
                    "queue": centre.employee(name).queues[0] if activity == "work" else None,
                }
            )
    return pd.DataFrame(rows).astype({"queue": "str"})


@pytest.fixture(scope="module")
def small():
    centre = make_centre(people=12, cross_skilled=True, shrinkage=0.05)
    shifts = [(e.id, 8 + number % 4, 16.5 + number % 4) for number, e in enumerate(centre.employees)]
    return forecast({"calls": 30.0, "orders": 25.0}), roster(centre, shifts), centre


@pytest.fixture(scope="module")
def shop():
    """Return the e-commerce preset over a day and a half, with people of five skill groups."""
    base = ecommerce(tz="Asia/Shanghai")
    groups = (
        (Skill("phone"),),
        (Skill("chat"),),
        (Skill("phone"), Skill("chat", 0.9)),
        (Skill("social"), Skill("messages"), Skill("chat", 0.8)),
        (Skill("inquiries"), Skill("complaints"), Skill("messages", 1.1)),
    )
    people = tuple(Employee(id=f"E{n:02d}", contract="full", skills=groups[n % 5]) for n in range(40))
    centre = replace(base, employees=people)
    day = pd.Timestamp("2026-01-05", tz="Asia/Shanghai")
    shifts = [(e.id, 12 * (n % 2) + (n % 7) / 2, 12 * (n % 2) + (n % 7) / 2 + 9) for n, e in enumerate(people)]
    volume = {"phone": 18.0, "chat": 40.0, "social": 6.0, "messages": 10.0, "inquiries": 5.0, "complaints": 2.0}
    return forecast(volume, 0, 24, day), roster(centre, shifts, day), centre


def assert_same(one, other):
    for name in ("intervals", "days", "summary", "targets", "groups", "group_intervals", "bases", "by_replication"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert (one.overtime_h, one.late_break_h) == (other.overtime_h, other.late_break_h)


def test_same_seed_same_bytes_for_any_number_of_workers(small):
    one = simulate.run(*small, replications=32, seed=3)
    for workers in (2, 4):
        assert_same(one, simulate.run(*small, replications=32, seed=3, workers=workers))
    other = simulate.run(*small, replications=32, seed=4)
    assert not one.intervals.equals(other.intervals)


def test_same_bytes_compiled_or_not(shop, monkeypatch):
    fast = simulate.run(*shop, replications=2)
    play = cases.play
    monkeypatch.setattr(cases, "play", lambda *args, **options: play(*args, **options, compiled=False))
    assert_same(fast, simulate.run(*shop, replications=2))


def test_no_contact_is_lost(shop):
    result = simulate.run(*shop, replications=3)
    for frame in (result.to_frame(), result.summary):
        total = frame["answered"] + frame["abandoned"] + frame["blocked"] + frame["unserved"]
        assert total.to_numpy() == pytest.approx(frame["offered"].to_numpy())
        assert (frame["unserved"] > -1e-9).all()
    by_queue = result.to_frame().groupby("queue")["offered"].sum()
    assert by_queue.tolist() == pytest.approx(result.summary["offered"][:-1].tolist())
    assert result.summary["queue"].tolist()[-1] == "all"
    contacts = simulate.trace(*shop)
    assert not (contacts["answered_at"].notna() & contacts["abandoned_at"].notna()).any()


def test_erlang_c_through_frames():
    # Whole days with 10 agents and 8 erlangs; a day starts empty, so that the first two hours are left out.
    centre = replace(
        make_centre(people=10),
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"), LongestWait("5min", breach=0.1)), aht="4min"),),
    )
    rows = pd.DataFrame(
        {
            "employee": [e.id for e in centre.employees],
            "start": DAY + pd.Timedelta(hours=0),
            "end": DAY + pd.Timedelta(hours=24),
            "activity": "work",
            "queue": "calls",
        }
    )
    result = simulate.run(
        forecast({"calls": 60.0}, 0, 24),
        rows,
        centre,
        replications=200,
        model=simulate.Model(service=simulate.Exponential()),
    )
    settled = result.to_frame().iloc[4:]
    theory = erlang.measures(60.0, 240.0, 1800.0, 10, within_s=30.0)
    level = (settled["service_level"] * settled["offered"]).sum() / settled["offered"].sum()
    expected = 1 - theory.wait_probability * np.exp(-2 * 30 / 240)
    assert level == pytest.approx(expected, abs=0.012)
    assert (settled["asa_s"] * settled["answered"]).sum() / settled["answered"].sum() == pytest.approx(
        theory.asa_s, rel=0.06
    )
    inside = (settled["service_level_low"] <= expected) & (expected <= settled["service_level_high"])
    assert inside.mean() > 0.8
    assert settled["occupancy"].mean() == pytest.approx(0.8, abs=0.01)
    assert (settled["agents"] == 10).all()
    assert result.targets["probability_met"].between(0, 1).all()


def test_an_agent_hour_of_shrinkage_is_counted_once(small):
    ahead, rows, centre = small
    rostered = rows.loc[rows["activity"] == "work"]
    hours = ((rostered["end"] - rostered["start"]) / pd.Timedelta(hours=1)).sum()
    parts = (
        Shrinkage(name="sickness", fraction=0.08, whole_shift=True),
        Shrinkage(name="coaching", fraction=0.06),
        Shrinkage(name="leave", fraction=0.2, in_roster=True),
    )
    result = simulate.run(ahead.assign(offered=0.01), rows, replace(centre, shrinkage=parts), replications=400)
    assert result.groups["staffed_h"].sum() / hours == pytest.approx(1 - 0.14, abs=0.01)


def test_frame_of_the_contacts(shop):
    _, rows, centre = shop
    contacts = simulate.trace(*shop)
    assert_frame_valid(contacts, "contacts")
    pd.testing.assert_frame_equal(contacts, simulate.trace(*shop))
    assert set(contacts["queue"]) == {queue.name for queue in centre.queues}
    assert contacts["arrived_at"].is_monotonic_increasing
    served = contacts[contacts["answered_at"].notna()]
    skills = {(e.id, skill.queue) for e in centre.employees for skill in e.skills}
    assert set(zip(served["employee"], served["queue"], strict=True)) <= skills
    handled = (served["ended_at"] - served["answered_at"]) / pd.Timedelta(seconds=1)
    assert handled.to_numpy() == pytest.approx(served["talk_s"].to_numpy(), abs=1e-5)
    assert served["sessions"].max() == 3
    assert served.loc[served["queue"] != "chat", "sessions"].max() == 1
    # Nobody answers during a lunch.
    lunch = rows[rows["activity"] == "lunch"].set_index("employee")
    begins, ends = (served["employee"].map(lunch[column]) for column in ("start", "end"))
    assert not ((served["answered_at"] >= begins) & (served["answered_at"] < ends)).any()


def test_trace_is_the_first_replication(shop):
    contacts, result = simulate.trace(*shop, seed=5), simulate.run(*shop, replications=1, seed=5)
    counts = contacts.groupby("queue").agg({"contact_id": "size", "answered_at": "count", "abandoned_at": "count"})
    assert counts["contact_id"].tolist() == result.summary["offered"][:-1].tolist()
    assert counts["answered_at"].tolist() == result.summary["answered"][:-1].tolist()
    assert counts["abandoned_at"].tolist() == result.summary["abandoned"][:-1].tolist()
    # One replication has no interval.
    assert result.summary["service_level_low"].isna().all()


def test_interval_without_anybody_on_the_roster(small):
    _, rows, centre = small
    result = simulate.run(forecast({"calls": 10.0}, 4, 20), rows, centre, replications=20)
    early = result.to_frame().iloc[:8]
    assert (early["agents"] == 0).all()
    assert early["occupancy"].isna().all()
    # Only the last to come are still patient when the first people do.
    assert early["service_level"].max() < 0.03
    assert (early["abandoned"] > 0).all()
    failing = result.failing()
    assert set(early["start"]) <= set(failing["start"])
    assert (failing["service_level"] < 0.8).all()
    assert failing["missed"].is_monotonic_decreasing


def test_deferred_work_is_judged_by_its_deadline(shop):
    result = simulate.run(*shop, replications=3)
    row = result.summary.set_index("queue").loc["messages"]
    assert row["target"] == "95 % done within 2h"
    contacts = simulate.trace(*shop, seed=0)
    mail = contacts[contacts["queue"] == "messages"]
    done = (mail["ended_at"] - mail["arrived_at"]) <= pd.Timedelta(hours=2)
    first = simulate.run(*shop, replications=1).summary.set_index("queue").loc["messages", "service_level"]
    assert done.mean() == pytest.approx(first)


def test_printed_result(small):
    text = str(simulate.run(*small, replications=5))
    assert text.splitlines()[0] == "simulation: 5 replications, seed 0"
    assert text.splitlines()[1].startswith("├─ calls ")
    assert "80 % of offered within 30s; asa" in text
    assert "live queues together; asa" in text
    assert "nan" not in text
    assert "<table" in simulate.run(*small, replications=2)._repr_html_()


def test_queue_without_a_service_level(small):
    ahead, rows, centre = small
    centre = replace(centre, queues=tuple(replace(queue, targets=(MaxOccupancy(0.9),)) for queue in centre.queues))
    result = simulate.run(ahead, rows, centre, replications=5)
    assert result.summary[["service_level", "target", "target_fraction"]].isna().all().all()
    assert result.to_frame()["service_level"].isna().all()
    assert result.failing().empty
    assert result.targets["value"].between(0.3, 0.9).all()
    assert "├─ calls   no service level; asa" in str(result)


@pytest.mark.parametrize("name", ["replications", "workers"])
def test_numbers_that_cannot_be(small, name):
    with pytest.raises(DataError, match=f"{name} must be a whole number at least 1, got 0"):
        simulate.run(*small, **{name: 0})


def test_import_does_not_load_numba():
    code = "import sys, wfm.simulate; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_centre_of_one_contract_is_enough():
    # The simulation asks nothing of contracts and templates.
    queue = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),), aht="3min")
    person = Employee(id="A", contract="any", skills=(Skill("calls"),))
    centre = Centre(
        name="one", tz="Europe/Berlin", queues=(queue,), contracts=(Contract(name="any"),), employees=(person,)
    )
    rows = roster(centre, [("A", 8, 12)])
    assert simulate.run(forecast({"calls": 2.0}, 8, 12), rows, centre, replications=2).summary["answered"].iloc[0] > 5


@pytest.mark.parametrize("basis", [basis for basis in ServiceLevelBasis if basis is not ServiceLevelBasis.VIRTUAL])
def test_service_level_is_that_of_the_log(small, basis):
    _, rows, centre = small
    short = "10s" if basis.needs_short_abandon else None
    level = ServiceLevel(0.8, "30s", basis=basis, short_abandon=short)
    centre = replace(centre, queues=tuple(replace(queue, targets=(level,)) for queue in centre.queues))
    # The queues are open as long as people are there: some are sent away at closing, which both count alike.
    ahead = forecast({"calls": 70.0, "orders": 60.0}, 8, 20)
    result = simulate.run(ahead, rows, centre, replications=1)
    assert result.summary["unserved"].eq(0).all()
    contacts = simulate.trace(ahead, rows, centre)
    measured = kpi.service_level(contacts, within="30s", basis=basis, short_abandon=short)
    assert result.summary["service_level"].iloc[-1] == pytest.approx(measured.value)


@pytest.mark.parametrize("target", [MeanAnswer("30s"), ServiceLevel(0.8, "30s", basis="answered")])
def test_a_target_about_the_answered_is_missed_where_nobody_is_answered(target):
    centre = make_centre(people=3)
    centre = replace(centre, queues=(replace(centre.queues[0], targets=(target,), patience="10s"),))
    people = pd.DataFrame(
        {
            "employee": ["A01"],
            "start": [DAY + pd.Timedelta(hours=11)],
            "end": [DAY + pd.Timedelta(hours=12)],
            "activity": "work",
            "queue": "calls",
        }
    )
    # Contacts come until 11:00 and leave after ten seconds; A01 comes at 11:00, when none is left.
    early = forecast({"calls": 20.0}, first=8, last=10)
    proof = simulate.run(
        pd.concat([early, forecast({"calls": 0.0}, first=11, last=12)]), people, centre, replications=3
    )
    assert proof.targets["probability_met"].tolist() == [0.0]
    assert proof.targets["value"].isna().all()
    assert proof.summary["probability_met"].tolist() == [0.0, 0.0]
    assert "nobody answered" in str(proof)
    assert "nan" not in str(proof)


def test_one_replication_has_no_interval():
    centre = make_centre(people=3)
    proof = simulate.run(forecast({"calls": 5.0}), roster(centre, [("A01", 8, 20)]), centre, replications=1)
    assert str(proof).startswith("simulation: 1 replication, seed 0\n")
    assert "no interval" in str(proof)
    assert "nan" not in str(proof)
