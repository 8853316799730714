from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm.domain import (
    CalendarSpec,
    Centre,
    Deadline,
    LongestWait,
    MaxOccupancy,
    MeanAnswer,
    Queue,
    ServiceLevel,
    Shrinkage,
    presets,
)
from wfm.errors import DataError
from wfm.schema import as_frame
from wfm.staffing import Requirement, requirement
from wfm.testing import make_centre

TZ = "Europe/Berlin"


def centre(*queues, **options):
    return Centre(name="test", tz=TZ, queues=queues, **options)


def calls(*targets, **options):
    given = {"name": "calls", "targets": targets or (ServiceLevel(0.8, "30s"),), "aht": "3min"} | options
    return Queue(**given)


def forecast(offered, queue="calls", start="2026-11-02 08:00", **columns):
    starts = pd.date_range(start, periods=len(offered), freq="30min", tz=TZ)
    return pd.DataFrame({"queue": queue, "start": starts, "offered": np.asarray(offered, dtype=float), **columns})


def test_the_package_is_lazy():
    code = (
        "import sys, wfm.staffing.kernels\n"
        "assert not {'numpy', 'pandas'} & set(sys.modules)\n"
        "from wfm.staffing.kernels import blend, deferred, live, load, mixtures, programme, scope\n"
        "assert not {'pandas', 'scipy', 'ortools'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'requirment'"):
        _ = wfm.staffing.requirment


def test_erlang_c_and_a_by_interval():
    # R ErlangC README: 100 calls, 180 s, 14 agents for 80/20; 88.835 %, 7.836 s.
    need = requirement(forecast([100, 0, 20]), centre(calls(ServiceLevel(0.8, "20s")))).to_frame()
    assert need["agents"].tolist() == [14, 0, 4]
    assert need["load_erl"].tolist() == [10.0, 0.0, 2.0]
    assert need.loc[0, "service_level"] == pytest.approx(0.8883500, abs=5e-8)
    assert need.loc[0, "asa_s"] == pytest.approx(7.835937, abs=5e-7)
    assert need.loc[1, ["service_level", "asa_s", "occupancy"]].tolist() == [1.0, 0.0, 0.0]
    # 80/30 with a patience of 120 s at 10, 20, 50, 100, 200 and 500 erlangs.
    need = requirement(forecast([100, 200, 500, 1000, 2000, 5000]), centre(calls(patience="2min"))).to_frame()
    assert need["agents"].tolist() == [12, 21, 48, 91, 176, 427]
    assert (need["service_level"] >= 0.8).all()


def test_a_chat_is_staffed_by_sessions():
    chat = calls(name="chat", channel="chat", concurrency=3, slowdown=0.4, aht="5min", patience="3min")
    # Simulated: 10 agents, sessions of 300/420/540 s, .05 a second: 91.5 %; at .055 81 %: both take 10 agents, as 9
    # agents stay below 80 %.
    need = requirement(forecast([90, 99], queue="chat"), centre(chat)).to_frame()
    assert need["agents"].tolist() == [10, 10]
    assert need["service_level"].tolist() == pytest.approx([0.9154, 0.8102], abs=0.015)
    assert need["load_erl"].tolist() == [15.0, 16.5]


def test_the_frame_is_that_of_the_design():
    shop = presets.ecommerce()
    rows = [forecast([20.0] * 4, queue=queue.name) for queue in shop.queues]
    need = requirement(pd.concat(rows[::-1]), shop)
    frame = need.to_frame()
    assert list(frame.columns) == [
        "queue", "start", "load_erl", "agents", "scheduled", "service_level", "asa_s", "occupancy", "abandonment",
        "offered", "aht_s", "longest_wait_s", "staffed_erl",
    ]  # fmt: skip
    assert as_frame(need, "requirement").equals(frame)
    assert str(frame["start"].dt.tz) == "Asia/Shanghai"
    assert frame["agents"].dtype == frame["scheduled"].dtype == np.int64
    live = frame["queue"].isin(["phone", "chat"])
    assert frame.loc[~live, "service_level"].isna().all()
    assert frame.loc[live, "service_level"].notna().all()
    frame["agents"] = 0
    assert need.to_frame()["agents"].max() > 0  # a copy


def test_handle_time_of_the_forecast_goes_first():
    need = requirement(forecast([100.0], aht_s=[360.0]), centre(calls())).to_frame()
    assert need["load_erl"].tolist() == [20.0]
    assert need["aht_s"].tolist() == [360.0]


def test_all_targets_and_the_fewest_agents_hold():
    targets = (ServiceLevel(0.8, "30s"), MaxOccupancy(0.5), MeanAnswer("5s"), LongestWait("1min"))
    need = requirement(forecast([100.0, 0.0]), centre(calls(*targets, min_agents=2))).to_frame()
    assert need["agents"].tolist() == [20, 2]
    assert need["occupancy"].tolist() == [0.5, 0.0]


def test_shrinkage_divides_and_is_rounded_once():
    parts = (
        Shrinkage(name="sickness", fraction=0.1),
        Shrinkage(name="coaching", fraction=0.05),
        Shrinkage(name="breaks", fraction=0.1, in_roster=True),
    )
    need = requirement(forecast([100.0]), centre(calls(ServiceLevel(0.8, "20s")), shrinkage=parts)).to_frame()
    assert need["agents"].tolist() == [14]
    assert need["scheduled"].tolist() == [17]  # 14 / .85 = 16.47


def test_the_three_readings_stand_beside_each_other():
    need = requirement(forecast([100.0]), centre(calls(ServiceLevel(0.8, "20s"))))
    found = wfm.erlang.measures(100, 180, 1800, 14, within_s=20)
    row = need.to_frame().iloc[0]
    assert row["longest_wait_s"] == pytest.approx(found.longest_wait_s(0.01))
    facts = need.explain("calls", "2026-11-02 08:00").to_dict()
    assert facts["readings"]["service_level"] == {
        "target": "80 % of offered within 20s",
        "reached": pytest.approx(0.8883500, abs=5e-8),
        "agents": 14,
    }
    assert facts["readings"]["mean_answer"]["agents"] == wfm.erlang.agents_required(100, 180, 1800, MeanAnswer("20s"))
    assert facts["readings"]["longest_wait"]["agents"] == wfm.erlang.agents_required(100, 180, 1800, LongestWait("20s"))


def test_a_day_of_the_clock_change_has_fifty_half_hours():
    starts = pd.date_range("2026-10-25", periods=50, freq="30min", tz=TZ)
    frame = pd.DataFrame({"queue": "calls", "start": starts, "offered": 100.0})
    need = requirement(frame, centre(calls())).to_frame()
    assert len(need) == 50
    assert need["start"].tolist() == starts.tolist()


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_permuted_rows_change_nothing(data):
    shop = presets.ecommerce(tz=TZ)
    whole = pd.concat([forecast([5, 30, 0, 12], queue=queue.name) for queue in shop.queues], ignore_index=True)
    order = data.draw(st.permutations(range(len(whole))))
    assert requirement(whole.iloc[order], shop).to_frame().equals(requirement(whole, shop).to_frame())


def test_the_tree_and_its_page():
    need = requirement(forecast([100.0, 100.0]), centre(calls(ServiceLevel(0.8, "20s"))))
    assert str(need) == (
        "Requirement of test: 14.0 scheduled agent-hours\n"
        "└─ calls: 80 % of offered within 20s\n"
        "      14.0 h on seat, 14.0 h scheduled, peak 14 heads, occupancy 71.4 %"
    )
    assert need._repr_html_().startswith("<pre>Requirement of test")
    assert repr(need) == "<Requirement of test: 14.0 scheduled agent-hours, 2 rows of 1 queue>"


def test_an_empty_forecast_needs_nobody():
    empty = forecast([1.0]).iloc[:0]
    need = requirement(empty, centre(calls()))
    assert isinstance(need, Requirement)
    assert need.to_frame().empty
    assert "0.0 scheduled agent-hours" in str(need)
    assert repr(need) == "<Requirement of test: 0.0 scheduled agent-hours, 0 rows of 0 queues>"
    with pytest.raises(DataError, match="the requirement is empty: it has no interval of any queue; make it of"):
        need.explain("calls", "2026-11-02 08:00")


def message(frame, *queues, **options):
    with pytest.raises(DataError) as caught:
        requirement(frame, centre(*queues, **options))
    return str(caught.value)


def test_unknown_queues():
    assert message(forecast([1.0], queue="cals"), calls()) == (
        "unknown queue 'cals' (row 0); did you mean 'calls'? Known: calls"
    )


def test_queues_without_a_handle_time_are_listed():
    frame = pd.concat([forecast([1.0]), forecast([1.0], queue="mail"), forecast([1.0], queue="shop")])
    mail = calls(name="mail", channel="email", aht=None, targets=(Deadline("4h"),))
    queues = calls(aht=None), mail, calls(name="shop")
    assert message(frame, *queues) == (
        "no handle time for the queues calls, mail; give the forecast a column aht_s, or the queue an aht"
    )
    assert message(forecast([1.0]), calls(aht=None)).startswith("no handle time for the queue calls;")


def test_a_forecast_on_another_interval():
    assert message(forecast([1.0] * 4), calls(), interval="1h") == (
        "the forecast has 2 rows of queue 'calls' off the clock grid of 1h "
        "(rows 2026-11-02T08:30:00+01:00, 2026-11-02T09:30:00+01:00); forecast on the intervals of the centre"
    )
    assert message(forecast([1.0] * 4), calls(), interval="15min") == (
        "the forecast steps by 30min; the centre plans by 15min; "
        "forecast on the centre's interval, or change the interval of the centre"
    )


def test_intervals_between_those_of_the_clock():
    frame = pd.concat([forecast([1.0, 1.0]), forecast([1.0, 1.0], queue="chat", start="2026-11-02 09:07")])
    assert message(frame, calls(), calls(name="chat", channel="chat")) == (
        "the forecast has 2 rows of queue 'chat' off the clock grid of 30min "
        "(rows 2026-11-02T09:07:00+01:00, 2026-11-02T09:37:00+01:00); forecast on the intervals of the centre"
    )
    with pytest.raises(DataError, match="2 rows of queue 'chat' off the clock grid"):
        requirement(frame.assign(aht_s=180.0), ServiceLevel(0.8, "20s"))
    # The half-hours of a zone whose offset is a quarter off those of UTC.
    nepal = pd.date_range("2026-11-02 09:30", periods=3, freq="30min", tz="Asia/Kathmandu")
    there = Centre(name="there", tz="Asia/Kathmandu", queues=(calls(),))
    assert len(requirement(pd.DataFrame({"queue": "calls", "start": nepal, "offered": 1.0}), there).to_frame()) == 3
    # Read in another zone, they are off the clock of a centre there.
    assert "off the clock grid of 30min" in message(
        pd.DataFrame({"queue": "calls", "start": nepal, "offered": 1.0}), calls()
    )


def test_closed_hours_are_no_part_of_a_forecast():
    day = forecast([1.0] * 48, start="2026-11-02")
    bank = CalendarSpec(hours="Mon-Fri 08:00-18:00")
    assert message(day, calls(), calendar=bank) == (
        "the forecast has 28 rows in closed hours of queue 'calls' (rows 2026-11-02T00:00:00+01:00, "
        "2026-11-02T00:30:00+01:00, 2026-11-02T01:00:00+01:00, 2026-11-02T01:30:00+01:00, 2026-11-02T02:00:00+01:00, "
        "… (28 in total)); forecast with Forecaster(calendar=centre), or leave them out"
    )
    opens = day[(day["start"].dt.hour >= 8) & (day["start"].dt.hour < 18)]
    assert len(requirement(opens, centre(calls(), calendar=bank)).to_frame()) == 20
    # Hours of the queue's own go before those of the centre; public holidays are the centre's.
    late = calls(name="late", hours="Mon-Sun 16:00-20:00")
    both = pd.concat([opens, opens.assign(queue="late")])
    assert "16 rows in closed hours of queue 'late'" in message(both, calls(), late, calendar=bank)
    state = CalendarSpec(hours="24x7", country="DE", closed_on_holidays=True)
    unity = forecast([1.0], start="2026-10-03 12:00")
    assert "1 row in closed hours of queue 'calls' (row 2026-10-03T12:00:00+02:00)" in message(
        unity, calls(), calendar=state
    )


def test_what_is_not_a_forecast_or_a_centre():
    frame, shop = forecast([1.0, 1.0]), centre(calls())
    for arguments, text in (
        ((shop, frame), "forecast must be a frame, got a Centre; write requirement(forecast, centre)"),
        ((calls(), frame), "forecast must be a frame, got a Queue; write requirement(forecast, centre)"),
        ((None, shop), "a NoneType is no frame; give a pandas.DataFrame or a result with to_frame()"),
        ((frame, frame), "a DataFrame is neither a centre nor queues nor targets; give a Centre, queues, or"),
        ((frame, None), "None is neither a centre nor queues nor targets; give a Centre, queues, or"),
        ((frame, [shop]), "a list of Centre is neither a centre nor queues nor targets; give a Centre, queues, or"),
        ((frame, []), "a list of nothing is neither a centre nor queues nor targets; give a Centre, queues, or"),
    ):
        with pytest.raises(DataError) as caught:
            requirement(*arguments)
        assert str(caught.value).startswith(text)


def test_the_names_are_listed():
    assert set(wfm.staffing.__all__) <= set(dir(wfm.staffing))


def test_no_part_imports_one_that_is_built_on_it():
    # The parts that others are built on are loaded without them.
    code = (
        "import sys, wfm.staffing.explain, wfm.staffing.heads\n"
        "assert not {'wfm.staffing.require', 'wfm.staffing.result'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_faults_of_several_queues_come_together():
    frame = pd.concat([forecast([1e9]), forecast([1.0], queue="cases")])
    slow = calls(name="cases", channel="case", targets=(Deadline("10min"),), aht="15min")
    text = message(frame, calls(), slow)
    assert text == (
        "2 problems in the forecast:\n"
        "  1. queue 'calls': a load of 1e+08 erlangs is above 10 million (row 0); "
        "check offered, aht_s and interval_s: the load is offered * aht_s / interval_s\n"
        "  2. queue 'cases': an AHT of 900 s against the target '95 % done within 10min'; "
        "no staff can do it in time; give a longer deadline"
    )


def test_a_handle_time_that_is_missing_in_the_forecast_is_the_queues_own() -> None:
    start = pd.date_range("2026-11-02 09:00", periods=2, freq="30min", tz="Europe/Berlin")
    frame = pd.DataFrame({"queue": "calls", "start": start, "offered": 30.0, "aht_s": [300.0, None]})
    centre = make_centre(people=3)
    need = requirement(frame, centre).to_frame()
    assert need["aht_s"].tolist() == [300.0, centre.queue("calls").aht_s]
    bare = Centre(
        name="bare",
        tz="Europe/Berlin",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
    )
    with pytest.raises(DataError, match="no handle time for the queue calls"):
        requirement(frame, bare)


def test_a_forecast_of_days_is_refused() -> None:
    start = pd.date_range("2026-11-02", periods=5, freq="D", tz="Europe/Berlin")
    frame = pd.DataFrame({"queue": "calls", "start": start, "offered": 300.0, "aht_s": 240.0})
    with pytest.raises(DataError, match="the forecast is of whole days; the centre plans by 30min; split it"):
        requirement(frame, make_centre(people=3))
