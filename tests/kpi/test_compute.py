"""Measures from four engines: the worked example, sums by hand, and the same numbers everywhere."""

from __future__ import annotations

import math
from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from wfm.errors import DataError
from wfm.kpi import CATALOGUE, Measure, compute, contact_measures, level_measure
from wfm.tickets.facts import count_intervals

BERLIN = "Europe/Berlin"
FIGURES = {  # the project's own worked example of the measures
    "service_level_abandons_within_met": 83.0,
    "service_level_answered": 86.0,
    "service_level": 81.1,
    "service_level_abandons_within_excluded": 82.7,
    "service_level_short_abandons_met": 82.1,
    "service_level_short_abandons_excluded": 81.9,
    "genesys_default": 81.1,
    "amazon": 83.0,
}


def relation(frame, path):
    frame.to_parquet(path)
    connection = duckdb.connect()
    connection.execute("SET TimeZone='America/New_York'")  # no result may depend on it
    return connection.sql(f"SELECT * FROM read_parquet('{path}')")


@pytest.fixture(scope="module")
def weeks(week, tmp_path_factory):
    path = tmp_path_factory.mktemp("kpi") / "week.parquet"
    return {"polars": pl.from_pandas(week), "lazy": pl.from_pandas(week).lazy(), "duckdb": relation(week, path)}


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
def test_the_worked_example_on_each_engine(worked_example, tmp_path, engine):
    frame = {
        "pandas": lambda: worked_example,
        "polars": lambda: pl.from_pandas(worked_example),
        "duckdb": lambda: relation(worked_example, tmp_path / "c.parquet"),
    }[engine]()
    scores = compute(frame, list(FIGURES), tz="Asia/Shanghai")
    assert {name: round(100 * scores.value(name), 1) for name in FIGURES} == FIGURES


def test_spark_gives_the_same(spark, worked_example, week, tmp_path):
    worked_example.to_parquet(tmp_path / "c.parquet")
    frame = spark.read.parquet(str(tmp_path / "c.parquet"))
    scores = compute(frame, list(FIGURES), tz="Asia/Shanghai")
    assert {name: round(100 * scores.value(name), 1) for name in FIGURES} == FIGURES
    week.to_parquet(tmp_path / "week.parquet")
    other = spark.read.parquet(str(tmp_path / "week.parquet"))
    asked = ["service_level", "service_level_virtual", "asa", "wait_p90", "aht", "blocked_rate", "longest_wait"]
    found = compute(other, asked, by=["queue", "day"], tz=BERLIN, confidence=None)
    assert_same(compute(week, asked, by=["queue", "day"], confidence=None), found)
    half, limit = timedelta(minutes=30), timedelta(seconds=30)
    one, _ = count_intervals(week, half, limit, None)
    two, _ = count_intervals(other, half, limit, BERLIN)
    pd.testing.assert_frame_equal(one, two)
    with pytest.raises(DataError, match="measure 'fcr' cannot be counted by spark; give the frame to pandas"):
        compute(other, "fcr", tz=BERLIN)


def assert_same(one, other):
    names = [measure.name for measure in other.measures]
    rows = one.groups[one.groups["measure"].isin(names)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, other.groups, check_dtype=False, rtol=1e-12)


FEW = ["service_level", "service_level_virtual", "asa", "wait_p90", "aht", "abandonment_without_short", "offered"]


@pytest.mark.parametrize(
    ("by", "asked"), [((), None), (("queue", "interval"), FEW), (("queue", "day"), None), (("employee", "month"), None)]
)
def test_every_engine_gives_the_same(week, weeks, by, asked):
    known = {"measures": asked, "by": by, "confidence": None if by else 0.9, "resamples": 100, "interval": "1h"}
    one = compute(week, **known)
    for frame in weeks.values():
        other = compute(frame, tz=BERLIN, **known)
        assert_same(one, other)
        assert asked or "but pandas can" in other.absent["fcr"]


def test_people_are_listed_once_and_by_employee(week):
    with pytest.raises(DataError, match=r"frame 'people': column 'employee' is missing"):
        compute(week, "handled", by="team", people=pd.DataFrame({"name": ["A"]}))
    with pytest.raises(DataError, match=r"frame 'people': an employee occurs twice \(row 1\)"):
        compute(week, "handled", by="team", people=pd.DataFrame({"employee": ["A", "A"], "team": "x"}))


def test_frames_that_tell_nothing_are_refused(week):
    with pytest.raises(DataError, match="the frames tell no measure"):
        compute({"contact": week})


def test_sums_by_hand(week):
    scores = compute(week, confidence=None)
    begin = week["queued_at"]
    wait = (week["answered_at"] - begin).dt.total_seconds()
    left = (week["abandoned_at"] - begin).dt.total_seconds()
    answered, abandoned = wait.notna(), left.notna()
    talked = week["talk_s"] + week["hold_s"].fillna(0)
    handle = talked.fillna(250.0) + 5.0
    expected = {
        "service_level": (wait <= 30).sum() / (answered.sum() + abandoned.sum()),
        "asa": wait.mean(),
        "mean_wait": np.concatenate([wait.dropna(), left.dropna()]).mean(),
        "answer_rate": answered.sum() / (answered.sum() + abandoned.sum()),
        "abandonment_without_short": (left >= 5).sum() / (answered.sum() + (left >= 5).sum()),
        "aht": handle[answered].mean(),
        "blocked_rate": (week["queued_at"].isna()).mean(),
        "waiting": float((week["queued_at"].notna() & ~answered & ~abandoned).sum()),
        "talk_time": week["talk_s"][answered].mean(),
        "transfer_rate": (week["transferred_to"].notna() & answered).sum() / answered.sum(),
        "concurrency": handle[answered].sum() / (handle / week["sessions"])[answered].sum(),
        "wait_p90": np.quantile(np.ceil(wait.dropna()), 0.9),
        "longest_wait": math.ceil(max(wait.max(), left.max())),
    }
    for name, value in expected.items():
        assert scores.value(name) == pytest.approx(value), name


def test_days_and_weeks_are_those_of_the_zone(week):
    by_day = compute(week, "offered", by="day", confidence=None).to_frame()
    local = week["arrived_at"].dt.date.value_counts().sort_index()
    assert by_day["day"].tolist() == local.index.tolist()
    assert by_day["value"].tolist() == local.tolist()
    by_hour = compute(week, "offered", by="hour", confidence=None).to_frame()
    sunday = by_hour[by_hour["hour"].dt.date == pd.Timestamp("2026-10-25").date()]
    assert len(sunday) == 25  # the clock is put back
    weeks_ = compute(week, "offered", by="week", confidence=None).to_frame()
    assert [str(day) for day in weeks_["week"]] == ["2026-10-19", "2026-10-26"]
    assert weeks_["value"].sum() == len(week)


def test_sums_are_added_and_ratios_never_averaged(week):
    scores = compute(week, ["asa", "service_level"], by=["queue", "quarter"], confidence=None)
    rows = scores.groups.groupby("measure")[["numerator", "denominator"]].sum()
    for measure in ("asa", "service_level"):
        assert rows.loc[measure, "numerator"] / rows.loc[measure, "denominator"] == scores.value(measure)


def test_teams_are_found_by_employee(week, weeks):
    people = pd.DataFrame({"employee": ["A", "B", "C"], "team": ["x", "x", "y"]})
    for frame in (week, weeks["duckdb"]):
        scores = compute(frame, "handled", by="team", people=people, tz=BERLIN)
        expected = week["employee"].map({"A": "x", "B": "x", "C": "y"}).value_counts()
        found = scores.groups.set_index("team")["value"]
        assert found["x"] == expected["x"]
        assert found["y"] == expected["y"]


def test_a_row_belongs_to_the_time_of_its_measure(week):
    late = week.assign(ended_at=week["ended_at"] + pd.Timedelta("30D"))
    scores = compute(late, ["handled", "completed"], by="month", confidence=None).to_frame()
    assert scores[scores["measure"] == "handled"]["month"].astype(str).tolist() == ["2026-10-01"]
    rows = scores[(scores["measure"] == "completed") & (scores["value"] > 0)]
    assert rows["month"].astype(str).tolist() == ["2026-11-01"]


def test_a_zero_denominator_is_missing(worked_example):
    none = compute(worked_example.iloc[:0], confidence=0.95, resamples=100)
    ratios = none.total[none.total["measure"].map(lambda name: CATALOGUE[name].denominator is not None)]
    assert len(ratios) > 10
    assert ratios["value"].isna().all()
    assert not ratios["enough"].any()
    assert none.value("offered") == 0
    assert none.value("longest_wait") is None
    lone = compute(worked_example.iloc[-5:], "asa", by="queue")
    assert math.isnan(lone.groups["value"].iloc[0])


def test_every_share_has_a_wilson_interval_and_every_mean_a_bootstrap_one(worked_example):
    scores = compute(worked_example, resamples=200)
    for measure, row in zip(scores.measures, scores.total.itertuples(), strict=True):
        if measure.form.name in ("PROPORTION", "MEAN", "PERCENTILE") and row.denominator > 0:
            assert row.low <= row.value <= row.high, measure.name
    share = scores.total.set_index("measure").loc["service_level"]
    # Wilson's interval of 860 of 1060, by its formula.
    z, n, p = 1.959963984540054, 1060, 860 / 1060
    half = z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert share["low"] == pytest.approx((p + z * z / 2 / n - half) / (1 + z * z / n))


FAULTY = [
    ("abandoned_at", "answered_at", "1 contacts answered and abandoned too; keep the one that came first"),
    ("talk_s", None, "1 contacts with a negative talk, hold or wrap time; correct the value"),
]


@pytest.mark.parametrize(("column", "source", "message"), FAULTY)
def test_faults_of_rows_are_counted_where_the_rows_stay_away(worked_example, column, source, message):
    broken = worked_example.assign(talk_s=60.0)
    broken.loc[0, column] = -1.0 if source is None else broken.loc[0, source]
    with pytest.raises(DataError) as error:
        compute(pl.from_pandas(broken), "asa")
    assert message in str(error.value)


def test_an_answer_before_the_arrival_is_refused_on_each_engine(worked_example, tmp_path):
    broken = worked_example.copy()
    broken.loc[3, "answered_at"] = broken.loc[3, "arrived_at"] - pd.Timedelta("1s")
    for frame in (broken, pl.from_pandas(broken), relation(broken, tmp_path / "b.parquet")):
        with pytest.raises(DataError, match=r"before (it|they) arrived"):
            compute(frame, "asa", tz="Asia/Shanghai")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"measures": "asaa"}, "unknown measure 'asaa'; did you mean 'asa'"),
        ({"by": ["day", "week"]}, "two spans of time: day, week; group by one"),
        ({"by": "que"}, "no column 'que' to group by; did you mean 'queue'"),
        ({"by": ["queue", "queue"]}, "a column occurs twice in by"),
        ({"measures": "csat"}, "measure 'csat' needs the frame 'surveys'"),
        ({"measures": "hold_time"}, "needs the column 'hold_s'"),
        ({"measures": ["asa", "asa"]}, "two measures are called 'asa'"),
        ({"confidence": 95}, "confidence must be a number in (0, 1)"),
        ({"interval": "7min", "by": "interval"}, "7min"),
    ],
)
def test_what_cannot_be_told_is_refused(worked_example, arguments, message):
    with pytest.raises(DataError) as error:
        compute(worked_example, **{"measures": "asa", **arguments})
    assert message in str(error.value)


def test_an_engine_without_zones_asks_for_one(worked_example, tmp_path):
    frame = relation(worked_example, tmp_path / "c.parquet")
    with pytest.raises(DataError, match="duckdb keeps instants and no zone; give tz"):
        compute(frame, "asa")
    naive = duckdb.sql(
        "SELECT 'q' AS queue, TIMESTAMP '2026-11-02 09:00' AS arrived_at, NULL::TIMESTAMPTZ AS answered_at"
    )
    with pytest.raises(DataError, match=r"(?s)'arrived_at' holds Datetime.*'abandoned_at' is missing"):
        compute(naive, "asa", tz="UTC")
    with pytest.raises(DataError, match=r"a str is no frame: 'contacts.csv'"):
        compute("contacts.csv")


def test_the_result_can_be_read(week):
    scores = compute(week, ["service_level", "asa", "concurrency", "offered"])
    text = str(scores)
    assert "average speed of answer" in text
    assert scores._repr_html_().startswith("<pre>")
    with pytest.raises(DataError, match="measure 'aht' was not computed"):
        scores.value("aht")
    everything = compute(week, confidence=None)
    assert everything.absent["csat"] == "no frame 'surveys'"
    with pytest.raises(DataError, match="the frames do not tell it: no frame 'surveys'"):
        everything.value("csat")


def test_a_measure_of_ones_own(week):
    own = level_measure(within="1min", basis="answered", name="within_a_minute")
    assert isinstance(own, Measure)
    wait = (week["answered_at"] - week["queued_at"]).dt.total_seconds()
    assert compute(week, own).value("within_a_minute") == pytest.approx((wait <= 60).sum() / wait.notna().sum())
    assert len({measure.name for measure in contact_measures(within="20s")}) == len(contact_measures())
