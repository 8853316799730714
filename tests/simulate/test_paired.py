"""Two rosters under the same contacts."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm import simulate
from wfm.errors import DataError
from wfm.testing import make_centre

DAY = pd.Timestamp("2026-01-05 08:00", tz="Europe/Berlin")


@pytest.fixture(scope="module")
def case():
    centre = make_centre(people=12, cross_skilled=True)
    starts = pd.date_range(DAY, periods=8, freq="30min")
    volume = {"calls": 26.0, "orders": 24.0}
    forecast = pd.concat([pd.DataFrame({"queue": q, "start": starts, "offered": n}) for q, n in volume.items()])
    rows = {"start": DAY, "end": DAY + pd.Timedelta(hours=4), "activity": "work", "queue": "calls"}
    roster = pd.DataFrame({"employee": [e.id for e in centre.employees]}).assign(**rows)
    return forecast.reset_index(drop=True), roster, centre


def test_the_same_roster_makes_no_difference(case):
    ahead, roster, centre = case
    frame = simulate.compare(ahead, roster, roster, centre, replications=5).to_frame()
    assert (frame[["difference", "difference_low", "difference_high"]] == 0).all().all()
    assert frame["queue"].unique().tolist() == ["calls", "orders", "all"]


def test_one_agent_less_by_pairs_and_by_two_simulations(case):
    ahead, roster, centre = case
    found = simulate.compare(ahead, roster.iloc[1:], roster, centre, replications=60)
    row = found.to_frame().query("queue == 'calls' and measure == 'service_level'").iloc[0]
    less, more = (simulate.run(ahead, r, centre, replications=60).summary.iloc[0] for r in (roster.iloc[1:], roster))
    assert (row["first"], row["second"]) == pytest.approx((less["service_level"], more["service_level"]))
    assert row["difference_low"] > 0
    # Common contacts: narrower than two independent simulations of the same length.
    apart = ((less["service_level_high"] - less["service_level_low"]) ** 2 +
             (more["service_level_high"] - more["service_level_low"]) ** 2) ** 0.5  # fmt: skip
    assert row["difference_high"] - row["difference_low"] < 0.8 * apart
    assert "second against first: 60 pairs, seed 0" in str(found)
    assert "calls" in found._repr_html_()


def test_one_pair_has_no_interval(case):
    ahead, roster, centre = case
    with pytest.raises(DataError, match="replications must be a whole number at least 2"):
        simulate.compare(ahead, roster, roster, centre, replications=1)


def test_cross_training_helps_the_queue_that_waits(case):
    ahead, roster, centre = case
    short = ahead.assign(offered=ahead["offered"].where(ahead["queue"] == "calls", 6.0) * 1.3)
    found = simulate.cross_training_value(
        short, roster, centre, candidates=[("A01", "orders"), ("A02", "calls")], replications=30
    )
    frame = found.to_frame()
    # A02 of the idle orders should learn calls; A01 of the busy calls need not learn orders.
    assert frame["employee"].tolist() == ["A02", "A01"]
    assert frame["gained_low"].iloc[0] > 0
    assert frame["gained"].iloc[0] > frame["gained"].iloc[1]
    # The same as by hand: more contacts in time with one skill more.
    dear = simulate.cross_training_value(
        short, roster, centre, candidates=[("A02", "calls")], costs={"calls": 4.0}, replications=30
    ).to_frame()
    assert dear["per_cost"].iloc[0] == pytest.approx(frame["per_cost"].iloc[0] / 4)
    assert "A02 learns calls: +" in str(found)


def test_default_candidates_are_one_of_each_kind(case):
    ahead, roster, centre = case
    found = simulate.cross_training_value(ahead, roster, centre, replications=2)
    assert sorted(zip(found.frame["employee"], found.frame["queue"], strict=True)) == [
        ("A01", "orders"),
        ("A02", "calls"),
    ]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"candidates": []}, "there are no candidates"),
        ({"candidates": [("A99", "calls")]}, "employee 'A99' is not on the roster"),
        ({"candidates": [("A01", "order")]}, "unknown queue 'order'; did you mean 'orders'"),
        ({"candidates": [("A01", "calls")]}, "employee 'A01' has the skill 'calls' already"),
        ({"candidates": [("A01", "orders")], "costs": {"calls": 1.0}}, "no cost for queue 'orders'"),
        ({"costs": {"calls": 0.0, "orders": 1.0}}, "costs of 'calls' must be a number"),
        ({"proficiency": 3.0}, "proficiency must be a number"),
    ],
)
def test_candidates_that_cannot_be(case, options, match):
    with pytest.raises(DataError, match=match):
        simulate.cross_training_value(*case, replications=2, **options)
