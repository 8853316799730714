from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import (
    Centre,
    Contract,
    Deadline,
    Employee,
    MeanAnswer,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Shrinkage,
    Skill,
)
from wfm.errors import DataError
from wfm.simulate import run
from wfm.staffing import requirement
from wfm.testing import assert_frame_valid

TZ = "Europe/Berlin"


def calls(**options):
    return Queue(**({"name": "calls", "targets": (ServiceLevel(0.8, "20s"),), "aht": "3min"} | options))


def centre(*queues, **options):
    return Centre(name="test", tz=TZ, queues=queues or (calls(),), **options)


def forecast(offered, start="2026-11-02 08:00", queue="calls"):
    starts = pd.date_range(start, periods=len(offered), freq="30min", tz=TZ)
    return pd.DataFrame({"queue": queue, "start": starts, "offered": np.asarray(offered, dtype=float)})


def hours(need):
    return need.to_frame()["agents"].sum() * 0.5


def test_targets_are_enough_of_a_centre():
    frame = forecast([100.0, 100.0]).assign(aht_s=180.0)
    for asked in (ServiceLevel(0.8, "20s"), (ServiceLevel(0.8, "20s"), MeanAnswer("1min")), calls(), [calls()]):
        need = requirement(frame, asked)
        assert need.to_frame()["agents"].tolist() == [14, 14]
        assert need.centre.interval_s == 1800
        assert need.centre.tz == TZ
    with pytest.raises(DataError, match="a list of float is neither a centre nor queues nor targets"):
        requirement(frame, [0.8])
    due = requirement(frame.assign(queue="mail"), Deadline("4h"))
    assert due.centre.queue("mail").is_deferred
    with pytest.raises(DataError, match="no two intervals of a queue"):
        requirement(frame.iloc[:1], ServiceLevel(0.8, "20s"))


def test_an_opening_starts_empty_and_a_night_ends_what_is_in_hand():
    slow = centre(calls(aht="30min", hours="Mon-Fri 08:00-10:00"))
    days = [forecast([20.0] * 4, start=f"2026-11-0{day} 08:00") for day in (2, 3)]
    need = requirement(pd.concat(days), slow).to_frame()
    # m(t) = 20 (1 - exp(-t / 30 min))
    rising = 20 * (1 - np.exp(-np.arange(1, 5)))
    assert need["staffed_erl"].to_numpy() == pytest.approx(np.tile(rising, 2))
    assert need["load_erl"].tolist() == [20.0] * 8
    # Round the clock, the first interval is nobody's opening.
    always = requirement(days[0], centre(calls(aht="30min"))).to_frame()
    assert always["staffed_erl"].to_numpy() == pytest.approx(np.full(4, 20.0))


@settings(max_examples=25, deadline=None)
@given(
    offered=st.lists(st.floats(0, 60), min_size=1, max_size=60),
    patience=st.sampled_from([None, "2min"]),
    least=st.integers(0, 2),
    scope=st.sampled_from(["day", "week"]),
)
def test_a_day_never_needs_more_than_its_intervals(offered, patience, least, scope):
    # 21:00 on a Saturday: three days, two weeks.
    frame = forecast(offered, start="2026-11-07 21:00")
    one = centre(calls(patience=patience, min_agents=least))
    each, whole = requirement(frame, one), requirement(frame, one, scope=scope)
    assert hours(whole) <= hours(each)
    rows = whole.to_frame()
    days = rows["start"].dt.tz_localize(None).dt.to_period("D" if scope == "day" else "W")
    met = (rows["service_level"] * rows["offered"]).groupby(days).sum()
    assert (met >= 0.8 * rows["offered"].groupby(days).sum() - 1e-6).all()
    assert (rows["agents"] >= least).all()
    bound = whole.bounds.iloc[0]
    assert bound["bound_h"] <= bound["agents_h"] == hours(whole)


def test_a_scope_is_for_one_level_and_leaves_other_targets_to_the_interval():
    frame = forecast([100.0, 10.0, 100.0, 5.0])
    two = centre(calls(targets=(ServiceLevel(0.8, "20s"), ServiceLevel(0.95, "60s"))))
    with pytest.raises(DataError, match="queue 'calls': 2 service levels over a day; give the queue one"):
        requirement(frame, two, scope="day")
    strict = centre(calls(targets=(ServiceLevel(0.5, "20s"), MeanAnswer("10s"))))
    assert (requirement(frame, strict, scope="day").to_frame()["asa_s"] <= 10).all()
    mean = centre(calls(targets=(MeanAnswer("10s"),)))
    assert requirement(frame, mean, scope="day").to_frame().equals(requirement(frame, mean).to_frame())
    assert "80 % of offered within 20s over the day" in str(requirement(frame, centre(), scope="day"))


def test_uncertain_volumes_stand_beside_the_point():
    frame = forecast([100.0, 80.0]).assign(
        offered_q10=[80.0, 64.0], offered_q50=[100.0, 80.0], offered_q90=[120.0, 96.0]
    )
    point = requirement(frame, centre()).to_frame()
    sure, mixed = requirement(frame, centre(), confidence=0.9), requirement(frame, centre(), expected=True)
    for need in (sure, mixed):
        assert need.to_frame()["agents_point"].tolist() == point["agents"].tolist()
        assert_frame_valid(need.to_frame(), "requirement")
    # 120 calls of 3 minutes are 12 erlangs, 96 are 9.6; falling from one to the other the load starts at 12.
    assert (
        sure.to_frame()["agents"].tolist()
        == requirement(forecast([120.0, 96.0]), centre()).to_frame()["agents"].tolist()
    )
    assert (mixed.to_frame()["agents"] >= point["agents"]).all()
    assert (mixed.to_frame()["agents"] <= sure.to_frame()["agents"]).all()
    text = str(sure.explain("calls", "2026-11-02 08:00"))
    assert "with a probability of 0.9 over the volume (at its mean: 14 agents)" in text
    assert "in expectation over the volume" in str(mixed.explain("calls", "2026-11-02 08:00"))


def test_paths_carry_what_goes_together():
    courses = pd.concat([forecast([80.0, 120.0]).assign(path=0), forecast([120.0, 80.0]).assign(path=1)])
    frame = forecast([100.0, 100.0])
    sure = requirement(frame, centre(), confidence=0.9, paths=courses, method="sipp").to_frame()
    top = requirement(forecast([120.0, 120.0]), centre(), method="sipp").to_frame()
    assert sure["agents"].tolist() == top["agents"].tolist()
    half = requirement(frame, centre(), confidence=0.5, paths=courses, method="sipp").to_frame()
    low = requirement(forecast([80.0, 80.0]), centre(), method="sipp").to_frame()
    assert half["agents"].tolist() == low["agents"].tolist()
    found = requirement(frame, centre(), expected=True, paths=courses).explain("calls", "2026-11-02 08:00")
    assert found.to_dict()["sensitivity"]["volume +10 %"]["agents"] > found.to_dict()["agents"]


def test_the_curve_says_what_one_more_agent_buys():
    mail = Queue(name="mail", targets=(Deadline("2h"),), aht="5min", channel="email")
    frame = pd.concat([forecast([100.0, 0.0, 50.0]), forecast([5.0], queue="mail")])
    need = requirement(frame, centre(calls(patience="2min"), mail))
    curve = need.level_curve
    assert_frame_valid(curve, "level_curve")
    assert curve["queue"].unique().tolist() == ["calls"]
    rows = need.to_frame().query("queue == 'calls' and offered > 0")
    assert curve["start"].unique().tolist() == rows["start"].tolist()
    for _, row in rows.iterrows():
        own = curve[curve["start"] == row["start"]].set_index("agents")["service_level"]
        assert own[row["agents"]] == pytest.approx(row["service_level"])
        assert own[row["agents"] - 1] < 0.8 <= own[row["agents"]]
        assert own.iloc[0] < 0.2
        assert own.iloc[-1] >= 0.995
        assert own.is_monotonic_increasing
    assert requirement(forecast([0.0]), centre()).level_curve.empty


def test_full_time_equivalents_count_breaks_once():
    parts = (Shrinkage(name="sickness", fraction=0.2), Shrinkage(name="lunch", fraction=0.1, in_roster=True))
    need = requirement(forecast([100.0] * 4), centre(shrinkage=parts))
    row = need.to_fte("35h").iloc[0]
    assert row["week"].isoformat() == "2026-11-02"
    assert (row["agents_h"], row["scheduled_h"]) == (28.0, 36.0)  # 14 / .8 = 17.5
    assert row["paid_h"] == pytest.approx(36.0 * 0.8 / 0.7)
    assert row["fte"] == pytest.approx(36.0 * 0.8 / 0.7 / 35.0)
    with pytest.raises(DataError, match="week must be"):
        need.to_fte("0h")
    whole = (Shrinkage(name="sickness", fraction=0.5), Shrinkage(name="leave", fraction=0.5, in_roster=True))
    with pytest.raises(DataError, match="the shrinkage parts add up to 1; stay below 1"):
        requirement(forecast([100.0]), centre(shrinkage=whole)).to_fte()
    assert requirement(forecast([100.0]), centre()).backlog.empty


def test_an_agent_hour_is_followed_once_from_requirement_to_simulation():
    # The requirement divides by what is in no roster (20 %), the simulation draws that same part of the time of those
    # who are rostered; the lunch that the roster places is in neither.
    parts = (Shrinkage(name="sickness", fraction=0.2), Shrinkage(name="lunch", fraction=0.1, in_roster=True))
    shift = ShiftTemplate(name="day", earliest_start="08:00", latest_start="08:00", min_length="8h")
    contract = Contract(name="full", max_week="40h", templates=("day",), cost_per_hour=20.0)
    people = tuple(Employee(id=f"E{n:02d}", contract="full", skills=(Skill("calls"),)) for n in range(40))
    shop = centre(calls(), shrinkage=parts, shifts=(shift,), contracts=(contract,), employees=people)
    need = requirement(forecast([160.0] * 16), shop).to_frame()
    assert (need["agents"].unique().tolist(), need["scheduled"].unique().tolist()) == ([20], [25])
    begin = need["start"].iloc[0]
    roster = pd.DataFrame(
        {
            "employee": [person.id for person in people[:25]],
            "start": begin,
            "end": begin + pd.Timedelta(hours=8),
            "activity": "work",
            "queue": "calls",
        }
    )
    seen = run(forecast([160.0] * 16), roster, shop, replications=60)
    assert seen.to_frame()["agents"].mean() == pytest.approx(20.0, rel=0.02)
