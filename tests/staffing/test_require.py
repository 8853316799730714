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


def test_an_empty_forecast_needs_nobody():
    empty = forecast([1.0]).iloc[:0]
    need = requirement(empty, centre(calls()))
    assert isinstance(need, Requirement)
    assert need.to_frame().empty
    assert "0.0 scheduled agent-hours" in str(need)


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
    deadline = (Deadline("4h"),)
    queues = calls(aht=None), calls(name="mail", aht=None, targets=deadline), calls(name="shop")
    assert message(frame, *queues) == (
        "no handle time for the queues calls, mail; give the forecast a column aht_s, or the queue an aht"
    )
    assert message(forecast([1.0]), calls(aht=None)).startswith("no handle time for the queue calls;")


def test_a_forecast_on_another_interval():
    assert message(forecast([1.0] * 4), calls(), interval="1h").startswith(
        "queue 'calls' steps off the interval at 2026-11-02 08:30:00+01:00; the centre plans by 1h (rows 1, 2, 3);"
    )
    assert message(forecast([1.0] * 4), calls(), interval="15min") == (
        "the forecast steps by 30min; the centre plans by 15min; "
        "forecast on the centre's interval, or change the interval of the centre"
    )


def test_faults_of_several_queues_come_together():
    frame = pd.concat([forecast([1e9]), forecast([1.0], queue="mail"), forecast([1.0], queue="cases")])
    both = (Deadline("4h"), ServiceLevel(0.8, "30s"))
    slow = calls(name="cases", targets=(Deadline("10min"),), aht="15min")
    text = message(frame, calls(), calls(name="mail", targets=both), slow)
    assert text == (
        "3 problems in the forecast:\n"
        "  1. queue 'calls': a load of 1e+08 erlangs is above 10 million (row 0); "
        "check offered, aht_s and interval_s: the load is offered * aht_s / interval_s\n"
        "  2. queue 'cases': an AHT of 900 s against the target '95 % done within 10min'; "
        "no staff can do it in time; give a longer deadline\n"
        "  3. queue 'mail': a deadline together with 80 % of offered within 30s; "
        "make two queues, one live and one deferred"
    )
