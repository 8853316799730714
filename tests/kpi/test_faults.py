"""What must never become a figure: rows that cannot be, on any engine, and groupings that cannot be told apart."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.kpi import compute
from wfm.tickets import interval_history

duckdb = pytest.importorskip("duckdb", reason="not run: no duckdb")
polars = pytest.importorskip("polars", reason="not run: no polars")

ENGINES = {
    "pandas": lambda frame: frame,
    "polars": lambda frame: polars.from_pandas(frame, nan_to_null=False),
    "duckdb": lambda frame: duckdb.from_df(frame),
}
AT = pd.Series(pd.to_datetime(["2026-11-02 09:05", "2026-11-02 09:07", "2026-11-02 09:20"]).tz_localize("UTC"))


def contacts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "contact_id": list("abc"),
            "queue": ["calls", "calls", "chat"],
            "employee": ["A", None, "B"],
            "arrived_at": AT,
            "answered_at": (AT + pd.Timedelta("10s")).where([True, False, True]),
            "abandoned_at": (AT + pd.Timedelta("40s")).where([False, True, False]),
            "talk_s": [100.0, None, 50.0],
        }
    )


def surveys() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "survey_id": list("abc"),
            "ticket": "T1",
            "offered_at": AT,
            "answered_at": AT.where([True, True, False]),
            "kind": "csat",
            "score": [5.0, 3.0, None],
            "scale": 5.0,
        }
    )


def scores() -> pd.DataFrame:
    frame = {"score_id": ["a", "b"], "employee": "A", "scored_at": AT[:2], "criterion": "courtesy", "scale": 5.0}
    return pd.DataFrame({**frame, "score": [3.0, 5.0]})


def states() -> pd.DataFrame:
    start = AT.dt.floor("h") + pd.to_timedelta([0, 1, 2], unit="h")
    frame = {"employee": "A", "start": start, "end": start + pd.Timedelta("1h")}
    return pd.DataFrame({**frame, "state": ["available", "lunch", "available"], "productive": [True, False, True]})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [9.0, 3.0, None]}, "1 surveys scored above their scale"),
        ({"score": [5.0, 3.0, 2.0]}, "1 surveys with a score and no answer, or an answer and no score"),
        ({"offered_at": AT + pd.Timedelta("1h")}, "2 surveys answered before they were offered"),
        ({"kind": "nps"}, "3 surveys of the kind nps that are not on a scale of 10"),
        ({"score": [-1.0, 3.0, None]}, "'score' (must be|out of range)"),
        ({"score": ["5", "3", None]}, "column 'score' holds .*, not numbers"),
    ],
)
def test_surveys_that_cannot_be(engine, change, message):
    frame = ENGINES[engine](surveys().assign(**change))
    with pytest.raises(DataError, match=message):
        compute({"surveys": frame}, ["csat", "nps", "survey_response"])


@pytest.mark.parametrize("engine", ENGINES)
def test_reviews_above_their_scale(engine):
    frame = ENGINES[engine](scores().assign(score=[7.0, 5.0]))
    with pytest.raises(DataError, match="1 quality scores above their scale"):
        compute({"quality_scores": frame}, "quality_score")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_that_is_none_is_missing(engine):
    """Polars takes NaN for more than any number: a survey without a score would be a content customer."""
    found = compute({"surveys": ENGINES[engine](surveys())}, ["csat", "survey_response"])
    assert found.value("csat") == 0.5
    assert found.value("survey_response") == pytest.approx(2 / 3)
    log = contacts().assign(answered_at=AT + pd.Timedelta("10s"), abandoned_at=pd.NaT)
    log["abandoned_at"] = pd.to_datetime(log["abandoned_at"], utc=True)
    times = compute(ENGINES[engine](log), ["talk_time", "aht"], tz="UTC")
    assert [times.value(name) for name in ("talk_time", "aht")] == [75.0, 75.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_flags_in_numbers_and_states_that_cannot_be(engine):
    make = ENGINES[engine]
    assert compute({"employee_states": make(states().assign(productive=[1, 0, 1]))}, "shrinkage").value(
        "shrinkage"
    ) == pytest.approx(1 / 3)
    turned = states().rename(columns={"start": "end", "end": "start"})
    with pytest.raises(DataError, match="a state ends before it starts"):
        compute({"employee_states": make(turned)}, "shrinkage")
    longer = states().assign(end=states()["end"] + pd.Timedelta("5min"))
    with pytest.raises(DataError, match="states of an employee overlap"):
        compute({"employee_states": make(longer)}, "shrinkage")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (["10", "20"], "column 'cost' holds .*, not numbers"),
        ([10.0, float("nan")], "without 'cost'|column 'cost' has no value"),
        ([10.0, float("inf")], "'cost' (must be a finite number, got inf|out of range)"),
    ],
)
def test_costs_that_cannot_be(engine, cost, message):
    """Texts were joined before they were divided: "10" and "20" made 1020."""
    costs = ENGINES[engine](pd.DataFrame({"start": AT[:2], "cost": cost}))
    with pytest.raises(DataError, match=message):
        compute({"costs": costs, "contacts": contacts()}, "cost_per_contact")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("won", [["yes", "no"], [True, None], [2, 0]])
def test_customers_of_whom_nobody_knows_whether_they_came_back(engine, won):
    lost = ENGINES[engine](pd.DataFrame({"at": AT[:2], "won_back": won}))
    with pytest.raises(DataError, match="won_back"):
        compute({"lost_customers": lost}, "win_back")


STAFF = pd.DataFrame(
    {
        "employee": ["A", "B"],
        "joined_on": [date(2026, 1, 1), date(2026, 1, 1)],
        "left_on": [date(2026, 1, 31), None],
        "trained": [True, False],
    }
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joined_on": [20260101, 20260101]}, "column 'joined_on' must hold days"),
        ({"joined_on": ["2026-01-01", "x"]}, "column 'joined_on' must hold days"),
        ({"joined_on": AT[:2]}, "column 'joined_on' must hold days"),
        ({"trained": ["yes", "no"]}, "column 'trained' must be true or false"),
        ({"trained": [True, None]}, "column 'trained' has no value"),
        ({"employee": ["A", None]}, "column 'employee' has no value"),
        ({"employee": ["A", "A"]}, "the key occurs twice"),
        ({"joined_on": [date(2027, 1, 1)] * 2, "left_on": None}, "nobody had joined before as_of, 2026-03-01"),
    ],
)
def test_staff_that_cannot_be(change, message):
    with pytest.raises(DataError, match=message):
        compute({"staff": STAFF.assign(**change), "as_of": date(2026, 3, 1)})


def test_who_comes_back_is_employed_twice_but_not_at_once():
    again = pd.DataFrame(
        {"employee": ["A"], "joined_on": [date(2026, 2, 1)], "left_on": [None], "trained": [True]}, index=[0]
    )
    data = {"staff": pd.concat([STAFF, again]), "as_of": date(2026, 3, 1)}
    assert compute(data, "attrition_monthly").value("attrition_monthly") == 1 / 4
    assert compute(data, "training_coverage").value("training_coverage") == 0.5
    data["staff"] = pd.concat([STAFF, again.assign(joined_on=date(2026, 1, 31))])
    with pytest.raises(DataError, match="joined again before leaving"):
        compute(data, "attrition_monthly")


@pytest.mark.parametrize("name", ["wait_us", "answered", "bin", "event", "count", "sum", "value", "measure", "sum_0"])
def test_a_column_named_like_one_that_is_made_cannot_be_grouped_by(name):
    with pytest.raises(DataError, match=f"cannot group by '{name}'.*rename the column"):
        compute(contacts().assign(**{name: "x"}), ["asa", "wait_p50"], by=name)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_log_without_rows_has_no_groups(engine):
    empty = ENGINES[engine](contacts()[:0])
    measures = ["service_level", "asa", "wait_p50", "longest_wait"]
    assert not len(compute(empty, measures, by=["queue", "day"], tz="UTC").groups)
    assert compute(empty, measures, tz="UTC").total["value"].isna().all()


def test_no_measures_and_people_without_names():
    with pytest.raises(DataError, match="no measures"):
        compute(contacts(), [])
    for employees in (["A", None], [1, 2]):
        people = pd.DataFrame({"employee": employees, "team": ["x", "y"]})
        with pytest.raises(DataError, match="frame 'people': column 'employee' holds what is no name"):
            compute(contacts(), "abandoned", by="team", people=people)


EVENTS = pd.DataFrame(
    {
        "ticket": "T1",
        "at": AT[:2],
        "kind": ["create", "solve"],
        "actor": ["customer", "agent"],
        "to_state": ["new", "solved"],
    }
)
TICKETS = pd.DataFrame({"ticket": ["T1"], "channel": "email", "queue": "mail", "kind": "inquiry", "created_at": AT[:1]})


def test_the_events_tell_a_ticket_whatever_its_own_columns_say():
    own = TICKETS.assign(solved_at=pd.NaT, reopens=7, pending_s=1e6)
    names = ["solved", "reopen_rate", "full_resolution", "agent_wait"]
    found = compute({"tickets": own, "ticket_events": EVENTS}, names)
    assert [found.value(name) for name in names] == [1, 0, 120, 0]


def test_events_before_their_ticket_and_of_no_ticket():
    late = TICKETS.assign(created_at=AT[:1] + pd.Timedelta("1h"))
    with pytest.raises(DataError, match="is before the ticket was created"):
        compute({"tickets": late, "ticket_events": EVENTS}, "full_resolution")
    more = pd.concat([EVENTS, EVENTS.assign(ticket="T2")])
    with pytest.raises(DataError, match="events of a ticket that is not known"):
        compute({"tickets": TICKETS, "ticket_events": more}, "full_resolution")


ZONES = ["America/New_York", "Asia/Hong_Kong", "America/Port-au-Prince", "Etc/GMT+5", "Australia/Lord_Howe"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_is_read_whatever_its_name(zone):
    """A pandas column of New York was taken for one without a zone: narwhals knows no name with an underscore."""
    log = contacts()
    for column in ("arrived_at", "answered_at", "abandoned_at"):
        log[column] = log[column].dt.tz_convert(zone)
    found = compute(log, ["asa", "service_level"], by="interval")
    assert [found.value(name) for name in ("asa", "service_level")] == [10.0, 2 / 3]
    assert found.groups["interval"].unique().tolist() == [log["arrived_at"][0].floor("30min")]
    history = interval_history(log)
    assert history["start"].unique().tolist() == [log["arrived_at"][0].floor("30min")]
    assert history["offered"].tolist() == [2, 1]
    assert compute({"surveys": surveys().assign(offered_at=log["arrived_at"])}, "csat", by="day").value("csat") == 0.5
