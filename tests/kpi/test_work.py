"""Measures of tickets, surveys, people, plans and money against figures by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from wfm.errors import DataError
from wfm.kpi import CATALOGUE, Form, compute, engines_of, explain, first_contact_measures, level_measure
from wfm.tickets import SlaPolicy, SlaTarget, sla_clocks

UTC = "UTC"


def at(*texts):
    return pd.Series(pd.to_datetime(list(texts))).dt.tz_localize(UTC).dt.as_unit("us")


@pytest.fixture
def desk():
    """Three tickets: solved in an hour and reopened; a complaint on hold, solved; one still open at the end."""
    tickets = pd.DataFrame(
        {
            "ticket": ["T1", "T2", "T3"],
            "channel": "mail",
            "queue": "desk",
            "kind": ["inquiry", "complaint", "inquiry"],
            "created_at": at("2026-11-02 09:00", "2026-11-02 10:00", "2026-11-02 12:00"),
        }
    )
    rows = [
        ("T1", "09:00", "create", "customer", None, "new", False),
        ("T1", "09:10", "reply", "agent", "new", "open", True),
        ("T1", "10:00", "solve", "agent", "open", "solved", True),
        ("T1", "11:00", "reopen", "customer", "solved", "reopened", True),
        ("T1", "11:30", "solve", "agent", "reopened", "solved", True),
        ("T2", "10:00", "create", "customer", None, "new", False),
        ("T2", "10:30", "reply", "agent", "new", "open", True),
        ("T2", "11:00", "hold", "agent", "open", "on_hold", False),
        ("T2", "13:00", "solve", "agent", "on_hold", "solved", True),
        ("T3", "12:00", "create", "customer", None, "new", False),
        ("T3", "14:00", "comment", "agent", None, None, False),
    ]
    ticket, clock, kind, actor, old, new, public = zip(*rows, strict=True)
    events = pd.DataFrame(
        {
            "ticket": ticket,
            "at": at(*(f"2026-11-02 {each}" for each in clock)),
            "kind": kind,
            "actor": actor,
            "public": public,
            "from_state": pd.Series(old, dtype="str"),
            "to_state": pd.Series(new, dtype="str"),
        }
    )
    return {"tickets": tickets, "ticket_events": events}


def test_tickets_by_hand(desk):
    scores = compute(desk, confidence=None)
    expected = {
        "tickets": 3,
        "solved": 2,
        "first_response": (600 + 1800) / 2,
        "first_resolution": (3600 + 3 * 3600) / 2,
        "full_resolution": (2.5 * 3600 + 3 * 3600) / 2,
        "requester_wait": (1.5 * 3600 + 3 * 3600) / 2,  # the hour in which T1 was solved is nobody's wait
        "on_hold": 2 * 3600 / 2,
        "agent_wait": 0,
        "reopen_rate": 0.5,
        "complaints": 1,
        "complaint_rate": 1 / 3,
        "backlog": 1,
        "backlog_age": 2 * 3600,
        "full_resolution_p50": 2.5 * 3600,  # T3 is censored after 2 h; then one of the two left is solved
    }
    for name, value in expected.items():
        assert scores.value(name) == pytest.approx(value), name
    assert scores.value("full_resolution_p90") == 3 * 3600


def test_an_open_ticket_is_censored_not_dropped(desk):
    late = desk["ticket_events"][lambda e: ~((e["ticket"] == "T2") & (e["kind"] == "solve"))]
    scores = compute({**desk, "ticket_events": late}, ["full_resolution_p50", "full_resolution"], confidence=None)
    assert scores.value("full_resolution") == 2.5 * 3600
    # T1 is solved after 2.5 h, when T2 is still waiting: one of the two then at risk, so exactly a half.
    assert scores.value("full_resolution_p50") == 2.5 * 3600


def test_a_ticket_without_events_is_refused(desk):
    with pytest.raises(DataError, match=r"1 tickets have no event \(row T3\)"):
        compute({**desk, "ticket_events": desk["ticket_events"][lambda e: e["ticket"] != "T3"]}, "backlog")


def test_first_contact_resolution_is_right_censored():
    arrived = at("2026-11-01 09:00", "2026-11-03 09:00", "2026-11-01 10:00", "2026-11-09 10:00", "2026-11-11 09:00")
    contacts = pd.DataFrame(
        {
            "contact_id": list("abcde"),
            "queue": "calls",
            "customer": ["x", "x", "y", "y", "z"],
            "arrived_at": arrived,
            "answered_at": arrived + pd.Timedelta("5s"),
            "abandoned_at": arrived.where([False] * 5),
        }
    )
    scores = compute(contacts, first_contact_measures("7d"))
    # a returned after 2 d; b was seen 8 d, d 47 h and e not at all; c returned, but after 8 d. So a, b and c are
    # watched at 2 d, and one of the three returns; nobody returns from then to the seventh day.
    assert scores.value("fcr") == pytest.approx(2 / 3)
    assert scores.value("repeat_contact") == pytest.approx(1 / 3)
    row = scores.total.iloc[0]
    assert row["low"] < 2 / 3 < row["high"]
    assert compute(contacts, first_contact_measures("9d")).value("fcr") is None  # nobody was watched so long
    reasons = contacts.assign(reason=["bill", "order", "bill", "bill", "bill"])
    assert compute(reasons, first_contact_measures("7d")).value("fcr") == 1.0


@pytest.fixture
def surveys():
    kinds = ["csat"] * 6 + ["nps"] * 5 + ["ces"] * 2
    scores = [5, 4, 4, 3, 1, None, 10, 9, 8, 6, 0, 2, 4]
    offered = at(*["2026-11-02 09:00"] * len(kinds))
    return pd.DataFrame(
        {
            "survey_id": [f"s{n}" for n in range(len(kinds))],
            "ticket": "T1",
            "offered_at": offered,
            "answered_at": (offered + pd.Timedelta("1h")).where([s is not None for s in scores]),
            "kind": kinds,
            "score": scores,
            "scale": [5] * 6 + [10] * 5 + [7] * 2,
        }
    )


@pytest.mark.parametrize("engine", ["pandas", "polars"])
def test_surveys_by_hand(surveys, engine):
    frame = surveys if engine == "pandas" else pl.from_pandas(surveys)
    scores = compute({"surveys": frame}, by="month", resamples=100)
    assert scores.value("csat") == 3 / 5
    assert scores.value("nps") == pytest.approx((2 - 2) / 5)
    assert scores.value("ces") == 3
    assert scores.value("survey_response") == 12 / 13
    assert scores.groups.set_index("measure").loc["csat", "denominator"] == 5


def test_quality_costs_and_lost_customers_by_hand():
    quality = pd.DataFrame(
        {
            "score_id": list("abcd"),
            "employee": ["A", "A", "B", "B"],
            "scored_at": at(*["2026-11-02 09:00"] * 4),
            "criterion": ["data_entry", "data_entry", "courtesy", "greeting"],
            "score": [1.0, 0.5, 2.0, 3.0],
            "scale": [1.0, 1.0, 2.0, 4.0],
        }
    )
    lost = pd.DataFrame({"at": at(*["2026-11-02"] * 4), "won_back": [True, False, False, False]})
    scores = compute({"quality_scores": quality, "lost_customers": lost})
    assert scores.value("quality_score") == 6.5 / 8
    assert scores.value("data_entry_accuracy") == 0.5
    assert scores.value("courtesy_rate") == 1.0
    assert scores.value("win_back") == 0.25


def test_cost_and_occupancy_divide_the_sums_of_two_frames(week):
    costs = pd.DataFrame({"queue": ["calls", "chat"], "start": at("2026-10-23", "2026-10-23"), "cost": [500.0, 700.0]})
    scores = compute({"contacts": week, "costs": costs}, "cost_per_contact", by="queue")
    handled = week[week["answered_at"].notna()]["queue"].value_counts()
    found = scores.groups.set_index("queue")["value"]
    assert found["calls"] == 500 / handled["calls"]
    assert found["mail"] == 0
    assert scores.value("cost_per_contact") == 1200 / handled.sum()
    states = pd.DataFrame(
        {
            "employee": ["A", "B"],
            "start": at("2026-10-22", "2026-10-22"),
            "end": at("2026-11-01", "2026-10-27"),
            "state": ["available", "training"],
            "productive": [True, False],
        }
    )
    scores = compute({"contacts": week, "employee_states": states}, ["occupancy", "utilisation"])
    talked = week["talk_s"] + week["hold_s"].fillna(0)
    effort = ((talked.fillna(250.0) + 5.0) / week["sessions"])[week["answered_at"].notna()].sum()
    assert scores.value("occupancy") == pytest.approx(effort / (10 * 86_400))
    assert scores.value("utilisation") == pytest.approx(effort / (15 * 86_400))


def test_attrition_by_hand():
    staff = pd.DataFrame(
        {
            "employee": list("ABCD"),
            "team": ["x", "x", "y", "y"],
            "joined_on": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-02-01", "2026-01-01"]),
            "left_on": pd.to_datetime([None, "2026-02-14", None, "2025-12-31"]),
            "trained": [True, True, False, True],
        }
    )
    with pytest.raises(DataError, match="left before joining"):
        compute({"staff": staff, "as_of": date(2026, 3, 1)}, "attrition_monthly")
    staff = staff[staff["employee"] != "D"]
    scores = compute({"staff": staff, "as_of": date(2026, 3, 1)}, ["attrition_monthly", "attrition_annual"], by="month")
    rows = scores.groups[scores.groups["measure"] == "attrition_monthly"]
    assert rows["numerator"].tolist() == [0, 1]
    assert rows["denominator"].tolist() == pytest.approx([2, 1 + 14 / 28 + 1])  # B worked half of February
    assert scores.value("attrition_annual") == pytest.approx(12 / 4.5)
    training = compute({"staff": staff, "as_of": date(2026, 3, 1)}, "training_coverage", by="team")
    assert training.value("training_coverage") == 0.5  # A and C are there on the last day
    with pytest.raises(DataError, match="nobody knows until when the staff was seen"):
        compute({"staff": staff}, "attrition_monthly")


def test_forecast_errors_and_their_noise_floor_by_hand():
    start = at("2026-11-02 09:00", "2026-11-02 09:30")
    history = pd.DataFrame({"queue": "calls", "start": start, "offered": [8, 14]})
    forecast = pd.DataFrame({"queue": "calls", "start": start, "offered": [10.0, 12.5]})
    scores = compute({"history": history, "forecast": forecast})
    assert scores.value("forecast_wape") == pytest.approx(3.5 / 22)
    assert scores.value("forecast_bias") == pytest.approx(0.5 / 22)
    numbers = np.arange(200)
    factorials = np.array([math.lgamma(n + 1) for n in numbers])
    expected = sum(float(np.exp(numbers * math.log(m) - m - factorials) @ np.abs(numbers - m)) for m in (10, 12.5))
    assert scores.value("forecast_noise") == pytest.approx(expected / 22)
    with pytest.raises(DataError, match="no interval in common"):
        compute({"history": history, "forecast": forecast.assign(start=start + pd.Timedelta("7D"))}, "forecast_wape")


def test_schedule_efficiency_by_hand():
    coverage = pd.DataFrame(
        {
            "queue": "calls",
            "start": at("2026-11-02 09:00", "2026-11-02 09:30"),
            "required": [10.0, 10.0],
            "rostered": [12.0, 9.0],
            "under": [0.0, 1.0],
            "over": [2.0, 0.0],
        }
    )
    scores = compute({"coverage": coverage})
    assert [scores.value(name) for name in ("over", "under", "net_staffing")] == [0.1, 0.05, 0.05]


def test_promises_count_once_they_are_kept_or_broken():
    clocks = pd.DataFrame(
        {
            "ticket": list("abcd"),
            "measure": "closure",
            "kind": ["complaint", "complaint", "inquiry", "inquiry"],
            "started_at": at(*["2026-11-02"] * 4),
            "due_at": at(*["2026-11-03"] * 4),
            "met": pd.Series([True, False, True, None], dtype="boolean"),
        }
    )
    scores = compute({"sla_clocks": clocks}, ["sla_attainment", "complaints_in_time"], by="day")
    assert scores.value("sla_attainment") == pytest.approx(2 / 3)
    assert scores.value("complaints_in_time") == 0.5


def test_the_clocks_of_the_tickets_are_counted_as_they_are(desk):
    policies = [
        SlaPolicy(name="complaints", targets=(SlaTarget("resolution", "2h"),), kinds=("complaint",)),
        SlaPolicy(name="others", targets=(SlaTarget("first_response", "15min"),)),
    ]
    clocks = sla_clocks(desk["ticket_events"], desk["tickets"], policies)
    scores = compute({"sla_clocks": clocks}, ["sla_attainment", "complaints_in_time"], by="queue")
    # T1 is answered in 10 min, T2 solved after 3 h, and T3, without an answer, is 2 h old when the log ends.
    assert scores.value("sla_attainment") == pytest.approx(1 / 3)
    assert scores.value("complaints_in_time") == 0.0


def test_every_measure_says_what_it_is():
    for name, measure in CATALOGUE.items():
        assert measure.name == name
        assert measure.pitfalls.endswith(".")
        assert engines_of(measure)
        text = str(explain(measure))
        assert measure.formula in text
        assert "pitfalls" in text
    titles = [measure.title for measure in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)
    with pytest.raises(DataError, match=r"unknown measure 'csta'; did you mean 'csat'"):
        explain("csta")


def test_explain_prints_the_formula_the_filter_and_the_counts(surveys):
    text = str(explain("csat", {"surveys": surveys}))
    assert "formula: answers of one of the two top scores / answered surveys" in text
    assert "of: kind = csat" in text
    assert "counts: 3 / 5 -> 60.0 %" in text


def test_a_limit_between_the_steps_of_the_histogram_is_refused():
    # A wait of 0.3 s would stand in the step of 1 s, as if it had been above 0.5 s.
    with pytest.raises(
        DataError, match=r"has the limit 0.5 s, but counts in steps of 1 s; give a limit of whole steps"
    ):
        level_measure(within="0.5s", basis="virtual")


def test_a_measure_lacking_what_its_form_needs_is_refused():
    from dataclasses import replace

    with pytest.raises(DataError, match="of the form PERCENTILE does not go with its value, fraction"):
        replace(CATALOGUE["answer_rate"], form=Form.PERCENTILE)
    with pytest.raises(DataError, match="of the form TOTAL does not go with its denominator"):
        replace(CATALOGUE["answer_rate"], form=Form.TOTAL)
