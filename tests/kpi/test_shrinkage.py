"""Paid time split to the second, and adherence beside conformance."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.kpi import compute, shrinkage_tree

STATES = ["available", "on_contact", "lunch", "training", "sick", "offline"]


def states_of(rows):
    """States of rows (employee, start, end, state), on one day."""
    employee, start, end, state = zip(*rows, strict=True)
    day = "2026-11-02 "
    return pd.DataFrame(
        {
            "employee": employee,
            "start": pd.to_datetime([day + at for at in start]).tz_localize("Asia/Shanghai"),
            "end": pd.to_datetime([day + at for at in end]).tz_localize("Asia/Shanghai"),
            "state": state,
            "productive": [name in ("available", "on_contact") for name in state],
        }
    )


def plan_of(rows):
    frame = states_of([(*row, "available") for row in rows])
    return frame.drop(columns=["state", "productive"]).assign(activity="work", queue="calls")


@settings(max_examples=12, deadline=None)
@given(lengths=st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 10**10)), min_size=1, max_size=30))
def test_the_children_of_every_node_sum_to_it_exactly(lengths):
    start = pd.Timestamp("2026-11-02", tz="UTC").as_unit("us")
    rows = []
    for state, micros in lengths:
        end = start + pd.Timedelta(micros, unit="us")
        rows.append(("A", start, end, state, state in ("available", "on_contact")))
        start = end
    frame = pd.DataFrame(rows, columns=["employee", "start", "end", "state", "productive"])
    frame = frame.drop_duplicates(["employee", "start"], keep="last")  # a state of no length has no key of its own
    tree = shrinkage_tree(frame).to_frame().set_index("path")["seconds"]
    micros = (tree * 1e6).round().astype("int64")
    for path in tree.index:
        below = [other for other in tree.index if other.rpartition("/")[0] == path]
        if below:
            assert micros[below].sum() == micros[path]
    lasted = (frame["end"] - frame["start"])[frame["state"] != "offline"]
    assert micros["paid"] == lasted.dt.as_unit("us").astype("int64").sum()


def test_the_tree_by_hand():
    states = states_of(
        [
            ("A", "09:00", "12:00", "available"),
            ("A", "12:00", "12:30", "lunch"),
            ("A", "12:30", "17:00", "on_contact"),
            ("A", "17:00", "18:00", "offline"),
            ("B", "09:00", "17:00", "sick"),
        ]
    )
    tree = shrinkage_tree(states)
    assert tree.seconds("paid") == 16 * 3600
    assert tree.seconds("paid/shrinkage/planned/lunch") == 1800
    assert tree.seconds("paid/shrinkage/unplanned") == 8 * 3600
    assert tree.seconds("paid/shrinkage/planned/leave") == 0
    assert tree.shrinkage == pytest.approx(8.5 / 16)
    assert tree.shrinkage == compute({"employee_states": states}, "shrinkage").value("shrinkage")
    assert "lunch: 1,800 s" in str(tree)
    assert tree._repr_html_().startswith("<pre>")
    assert shrinkage_tree(states.iloc[:0]).shrinkage is None


def test_time_that_would_count_twice_is_refused():
    with pytest.raises(DataError, match=r"states of an employee overlap \(row A\)"):
        shrinkage_tree(states_of([("A", "09:00", "12:00", "available"), ("A", "11:00", "12:30", "lunch")]))
    with pytest.raises(DataError, match="ends before it starts"):
        shrinkage_tree(states_of([("A", "12:00", "11:00", "available")]))
    twice = states_of([("A", "09:00", "12:00", "available"), ("A", "11:00", "12:30", "on_contact")])
    plan = plan_of([("A", "09:00", "10:00")])
    with pytest.raises(DataError, match="states of an employee overlap"):
        compute({"activities": plan, "employee_states": twice}, "adherence")
    once = states_of([("A", "09:00", "12:00", "available")])
    with pytest.raises(DataError, match=r"activities of an employee overlap \(row A\)"):
        compute(
            {"activities": plan_of([("A", "09:00", "10:00"), ("A", "09:30", "11:00")]), "employee_states": once},
            "adherence",
        )
    with pytest.raises(DataError, match="an activity ends before it starts"):
        compute({"activities": plan_of([("A", "10:00", "09:00")]), "employee_states": once}, "adherence")


@pytest.mark.parametrize("by", [(), ("day",)])
def test_paid_time_that_would_count_twice_is_refused(by):
    backwards = states_of([("A", "12:00", "11:00", "available")])
    with pytest.raises(DataError, match=r"a state ends before it starts \(row A\)"):
        compute({"employee_states": backwards}, "shrinkage", by=by)
    twice = states_of([("A", "09:00", "12:00", "available"), ("A", "11:00", "12:30", "lunch")])
    with pytest.raises(DataError, match=r"states of an employee overlap \(row A\)"):
        compute({"employee_states": twice}, "shrinkage", by=by)


# The project's own example: 15 minutes late, 15 minutes longer.
def test_late_and_stays_is_75_percent_adherent_and_100_percent_conformant():
    data = {
        "activities": plan_of([("A", "09:00", "10:00")]),
        "employee_states": states_of([("A", "09:15", "10:15", "available")]),
    }
    scores = compute(data, ["adherence", "conformance"])
    assert (scores.value("adherence"), scores.value("conformance")) == (0.75, 1.0)


def test_adherence_of_several_by_employee_against_a_count_of_minutes():
    plan = [("A", "09:00", "11:00"), ("A", "11:30", "13:00"), ("B", "09:00", "13:00"), ("C", "09:00", "10:00")]
    real = [
        ("A", "08:50", "10:30", "available"),
        ("A", "10:30", "10:45", "lunch"),
        ("A", "10:45", "12:00", "on_contact"),
        ("B", "08:00", "14:00", "available"),
        ("D", "09:00", "10:00", "available"),
    ]
    data = {"activities": plan_of(plan), "employee_states": states_of(real)}
    scores = compute(data, ["adherence", "conformance"], by="employee").groups

    def minutes(rows, who):
        def at(text):
            return int(text[:2]) * 60 + int(text[3:])

        return {
            m
            for name, start, end, *state in rows
            if name == who and state != ["lunch"]
            for m in range(at(start), at(end))
        }

    for who in "ABC":
        planned, worked = minutes(plan, who), minutes(real, who)
        rows = scores[scores["employee"] == who].set_index("measure")
        assert rows.loc["adherence", "value"] == pytest.approx(len(planned & worked) / len(planned))
        assert rows.loc["conformance", "value"] == pytest.approx(len(worked) / len(planned))
    assert scores[scores["employee"] == "D"]["value"].isna().all()


NIGHT = [  # across midnight and the hour that the clock of Berlin shows twice
    ("A", "2026-10-24 22:10", "2026-10-25 04:00", "available", True),
    ("A", "2026-10-25 04:00", "2026-10-25 06:00", "lunch", False),
    ("B", "2026-10-24 23:50", "2026-10-25 08:20", "available", True),
]


def spells_of(rows):
    frame = pd.DataFrame(rows, columns=["employee", "start", "end", "state", "productive"])
    for column in ("start", "end"):
        frame[column] = pd.to_datetime(frame[column]).dt.tz_localize("Europe/Berlin")
    return frame


@pytest.mark.parametrize("span", ["interval", "hour", "day", "week"])
@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_time_in_a_state_counts_in_each_span_that_it_lasts_in(span, engine):
    states = spells_of(NIGHT)
    frame = {
        "pandas": lambda: states,
        "polars": lambda: pl.from_pandas(states),
        "duckdb": lambda: duckdb.from_df(states),
    }
    data = {"employee_states": frame[engine]()}
    found = compute(data, "shrinkage", by=("employee", span), tz="Europe/Berlin").groups
    starts = found[span].dt.tz_convert("UTC") if span in ("interval", "hour") else found[span]
    paid: dict[tuple[str, object], int] = {}
    for row in states.itertuples():
        for minute in pd.date_range(row.start, row.end, freq="1min", inclusive="left"):
            begin = {
                "interval": lambda at: at.tz_convert("UTC").floor("30min"),
                "hour": lambda at: at.tz_convert("UTC").floor("h"),
                "day": lambda at: at.date(),
                "week": lambda at: (at.tz_localize(None).normalize() - pd.Timedelta(days=at.weekday())).date(),
            }[span](minute)
            paid[row.employee, begin] = paid.get((row.employee, begin), 0) + 60
    assert dict(zip(zip(found["employee"], starts, strict=True), found["denominator"], strict=True)) == paid
    assert found["numerator"].sum() == 2 * 3600


def test_adherence_and_occupancy_of_each_hour():
    day = [("A", "2026-11-02 09:00", "2026-11-02 12:00", "available", True)]
    late = [("A", "2026-11-02 09:15", "2026-11-02 12:15", "available", True)]
    plan = spells_of(day).rename(columns={"state": "activity"}).assign(activity="work", queue="calls")
    data = {"activities": plan.drop(columns="productive"), "employee_states": spells_of(late)}
    found = compute(data, "adherence", by="hour").groups
    assert found["value"].tolist()[:3] == [0.75, 1.0, 1.0]
    assert np.isnan(found["value"].iloc[3])  # a quarter of an hour beyond the plan
    at = pd.Series(pd.to_datetime(["2026-11-02 09:15", "2026-11-02 11:15"])).dt.tz_localize("Europe/Berlin")
    contacts = pd.DataFrame({"contact_id": ["a", "b"], "queue": "calls", "arrived_at": at, "answered_at": at})
    contacts = contacts.assign(abandoned_at=at.where([False, False]), talk_s=1800.0)
    busy = compute({"contacts": contacts, "employee_states": spells_of(day)}, "occupancy", by="hour").groups
    assert busy["value"].tolist() == [0.5, 0.0, 0.5]


def test_states_without_a_start_are_refused_on_each_engine():
    states = spells_of(NIGHT).drop(columns="start")
    for frame in (states, pl.from_pandas(states)):
        with pytest.raises(DataError, match="column 'start' is missing"):
            compute({"employee_states": frame}, "shrinkage", by="day", tz="Europe/Berlin")
