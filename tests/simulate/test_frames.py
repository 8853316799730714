"""The frames of a result against the log of the same replication, and against each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import kpi, simulate
from wfm.domain.people import Employee, Skill
from wfm.domain.presets import ecommerce
from wfm.domain.targets import MaxOccupancy, ServiceLevel, ServiceLevelBasis
from wfm.errors import DataError
from wfm.testing import make_centre

DAY = pd.Timestamp("2026-01-05", tz="Europe/Berlin")


@pytest.fixture(scope="module")
def two_days():
    """Return two queues over two days, with people who stay longer than the queues are open."""
    centre = make_centre(people=9, cross_skilled=True)
    starts = pd.DatetimeIndex([DAY + pd.Timedelta(days=d, hours=8, minutes=30 * n) for d in range(2) for n in range(8)])
    volume = {"calls": 24.0, "orders": 22.0}
    forecast = pd.concat([pd.DataFrame({"queue": q, "start": starts, "offered": n}) for q, n in volume.items()])
    rows = [
        (e.id, DAY + pd.Timedelta(days=d, hours=8), DAY + pd.Timedelta(days=d, hours=13))
        for e in centre.employees
        for d in range(2)
    ]
    roster = pd.DataFrame(rows, columns=["employee", "start", "end"]).assign(activity="work", queue="calls")
    return forecast.reset_index(drop=True), roster, centre


@pytest.fixture(scope="module")
def one(two_days):
    return simulate.run(*two_days, replications=1, short_abandon="10s"), simulate.trace(*two_days)


def test_all_seven_bases_are_those_of_the_log(one):
    result, contacts = one
    for basis in ServiceLevelBasis:
        if basis is ServiceLevelBasis.VIRTUAL:
            continue
        short = "10s" if basis.needs_short_abandon else None
        told = result.bases[result.bases["basis"] == basis].set_index(["scope", "queue", "start"])["service_level"]
        whole = kpi.service_level(contacts, basis=basis, short_abandon=short, by="queue")
        assert told["overall"]["calls"].iloc[0] == pytest.approx(
            whole.to_frame().set_index("queue").loc["calls", "value"]
        )
        assert told["overall"]["all"].iloc[0] == pytest.approx(whole.value)
        by_day = contacts.assign(midnight=contacts["arrived_at"].dt.normalize())
        days = kpi.service_level(by_day, basis=basis, short_abandon=short, by=["queue", "midnight"]).to_frame()
        for row in days.itertuples():
            assert told["day", row.queue, row.midnight] == pytest.approx(row.value)
        halves = contacts.assign(half=contacts["arrived_at"].dt.floor("30min"))
        rows = kpi.service_level(halves, basis=basis, short_abandon=short, by=["queue", "half"]).to_frame()
        for row in rows.itertuples():
            assert told["interval", row.queue, row.half] == pytest.approx(row.value, nan_ok=True)


def test_virtual_counts_those_who_left_by_when_an_agent_would_have_come(one):
    result, _ = one
    told = result.bases.set_index(["scope", "basis", "queue"])["service_level"]["overall"]
    for queue in ("calls", "orders", "all"):
        assert told["virtual", queue] >= told["offered", queue]
        assert told["virtual", queue] <= told["abandons_within_excluded", queue] + 0.02


def test_days_are_the_sums_of_their_intervals(two_days):
    result = simulate.run(*two_days, replications=20)
    rows = result.intervals.assign(day=result.intervals["start"].dt.normalize())
    days = result.days.set_index(["queue", "day"])
    for (queue, day), part in rows.groupby(["queue", "day"]):
        told = days.loc[(queue, day)]
        assert told["offered"] == pytest.approx(part["offered"].sum())
        assert told["service_level"] == pytest.approx((part["service_level"] * part["offered"]).sum() / told["offered"])
        assert told["longest_wait_s"] >= part["longest_wait_s"].max()
        assert told["backlog"] >= part["backlog"].max()
    assert days.loc["all"]["offered"].tolist() == pytest.approx(rows.groupby("day")["offered"].sum().tolist())
    # Nine people for four hours, each counted once.
    assert days.loc["all"]["agent_h"].tolist() == pytest.approx([36.0, 36.0])
    assert days["probability_met"].between(0, 1).all()
    assert days.loc["all", "probability_met"].max() <= days.loc["calls", "probability_met"].max()
    assert result.failing("day")["missed"].is_monotonic_decreasing
    with pytest.raises(DataError, match="unknown scope 'week'"):
        result.failing("week")


def test_percentiles_are_those_of_the_log(one):
    result, contacts = one
    gone = contacts["answered_at"].fillna(contacts["abandoned_at"])
    waits = ((gone - contacts["arrived_at"]) / pd.Timedelta(seconds=1)).to_numpy()
    row = result.summary.set_index("queue").loc["all"]
    for name, fraction in (("wait_p50_s", 0.5), ("wait_p80_s", 0.8), ("wait_p90_s", 0.9), ("wait_p95_s", 0.95)):
        exact = np.quantile(waits, fraction)
        assert row[name] == pytest.approx(exact, rel=0.06, abs=1.5)
    assert row["longest_wait_s"] == pytest.approx(waits.max())


def test_backlog_is_the_line_at_the_end_of_the_interval(one):
    result, contacts = one
    gone = contacts["answered_at"].fillna(contacts["abandoned_at"])
    for row in result.intervals.itertuples():
        end = row.start + pd.Timedelta(minutes=30)
        mine = contacts["queue"] == row.queue
        assert row.backlog == (mine & (contacts["arrived_at"] < end) & (gone >= end)).sum()


def test_groups_by_interval_add_up(two_days):
    result = simulate.run(*two_days, replications=10)
    hours = result.group_intervals.groupby("group")["agents"].sum() / 2
    # Three people each, four hours on two days; on the first of them they stay an hour longer than the queues.
    assert hours.tolist() == pytest.approx([24.0] * 3)
    assert result.groups["staffed_h"].tolist() == pytest.approx([27.0] * 3)
    assert result.group_intervals["occupancy"].between(0, 1).all()
    assert result.groups["overtime_h"].sum() == pytest.approx(result.overtime_h)


def test_overtime_counts_on_the_day_and_in_the_interval_whose_shifts_it_follows(two_days):
    forecast, roster, centre = two_days
    roster = roster.assign(end=roster["end"] - pd.Timedelta(hours=1))
    result = simulate.run(forecast, roster, centre, replications=10)
    days = result.days[result.days["queue"] == "all"]
    assert days["overtime_h"].sum() == pytest.approx(result.overtime_h)
    assert (days["overtime_h"] > 0).all()
    # All shifts end with the last interval of a day.
    rows = result.intervals[result.intervals["queue"] == "calls"]
    last = rows.groupby(rows["start"].dt.date)["start"].transform("max") == rows["start"]
    assert (rows.loc[~last, "overtime_h"] == 0).all()
    by_day = result.days[result.days["queue"] == "calls"]["overtime_h"].tolist()
    assert rows.loc[last, "overtime_h"].tolist() == pytest.approx(by_day)


def test_by_replication_gives_the_summary(two_days):
    result = simulate.run(*two_days, replications=30)
    calls = result.by_replication[result.by_replication["queue"] == "calls"]
    row = result.summary.set_index("queue").loc["calls"]
    assert calls["offered"].mean() == pytest.approx(row["offered"])
    assert np.average(calls["service_level"], weights=calls["offered"]) == pytest.approx(row["service_level"])
    assert calls["met"].mean() == pytest.approx(row["probability_met"])


def test_lateness_of_deferred_work():
    people = tuple(Employee(id=f"E{n}", contract="full", skills=(Skill("messages"),)) for n in range(2))
    base = ecommerce(tz="Europe/Berlin")
    centre = replace(base, queues=(base.queue("messages"),), employees=people)
    starts = pd.date_range(DAY, periods=8, freq="30min")
    # Far more than two people can do: what is done is done late.
    forecast = pd.DataFrame({"queue": "messages", "start": starts, "offered": 60.0})
    ends = DAY + pd.Timedelta(hours=12)
    roster = pd.DataFrame(
        {"employee": ["E0", "E1"], "start": DAY, "end": ends, "activity": "work", "queue": "messages"}
    )
    result = simulate.run(forecast, roster, centre, replications=5)
    contacts = simulate.trace(forecast, roster, centre)
    one = simulate.run(forecast, roster, centre, replications=1).summary.iloc[0]
    late = (contacts["ended_at"] - contacts["arrived_at"]) / pd.Timedelta(seconds=1) - 7200
    assert one["lateness_s"] == pytest.approx(late.dropna().clip(lower=0).mean())
    assert result.intervals["backlog"].iloc[-1] > 50
    assert result.intervals["backlog"].is_monotonic_increasing
    # A deadline has no acceptable wait, and no basis.
    assert result.bases["service_level"].isna().all()


def test_where_nobody_waited_there_is_no_longest_wait(two_days):
    ahead, roster, centre = two_days
    empty = (ahead["queue"] == "orders") | (ahead["start"] < DAY + pd.Timedelta(days=1))
    result = simulate.run(ahead.assign(offered=ahead["offered"].mask(empty, 0.0)), roster, centre, replications=3)
    assert result.summary.set_index("queue")["longest_wait_s"].isna().to_dict() == {
        "calls": False, "orders": True, "all": False,
    }  # fmt: skip
    for frame in (result.intervals, result.days):
        assert (frame["longest_wait_s"].isna() == frame["wait_p50_s"].isna()).all()
        assert frame.loc[frame["offered"] == 0, "longest_wait_s"].isna().all()


def test_the_worst_intervals_are_named(two_days):
    ahead, roster, centre = two_days
    heavy = ahead.assign(offered=ahead["offered"].where(ahead["start"] != DAY + pd.Timedelta(hours=9), 90.0))
    result = simulate.run(heavy, roster, centre, replications=10)
    named = next(line for line in str(result).splitlines() if "below target" in line)
    assert " Mon 05 Jan 09:00 " in named


def test_queue_without_an_acceptable_wait(two_days):
    ahead, roster, centre = two_days
    limit = (MaxOccupancy(0.95),)
    mixed = replace(centre, queues=(replace(centre.queues[0], targets=limit), centre.queues[1]))
    result = simulate.run(ahead, roster, mixed, replications=4)
    told = result.bases.query("scope == 'overall' and basis == 'offered'").set_index("queue")["service_level"]
    assert np.isnan(told["calls"])
    # The whole is of the queues that have one.
    assert told["all"] == told["orders"]
    assert (result.summary["probability_met"] <= 1).all()
    level = (ServiceLevel(0.8, "30s", basis="short_abandons_met", short_abandon="5s"),)
    own = replace(centre, queues=tuple(replace(queue, targets=level) for queue in centre.queues))
    short = simulate.run(ahead, roster, own, replications=4).bases
    assert short["service_level"].notna().all()
