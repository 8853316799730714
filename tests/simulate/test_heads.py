"""The cheapest heads that hold every target in simulation, checked by taking each single one away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import erlang, simulate
from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.people import Skill
from wfm.domain.queue import Queue
from wfm.domain.targets import MaxAbandonment, MeanAnswer, ServiceLevel
from wfm.errors import DataError, InfeasibleError
from wfm.simulate import Exponential, Group, Model, Route, Routing
from wfm.simulate.heads import _block, _intervals
from wfm.simulate.teams import Bench, groups_of
from wfm.testing import make_centre

START = pd.Timestamp("2026-11-02 09:00", tz="Europe/Berlin")
HOURS = pd.Timedelta(hours=40)
SHORT = pd.Timedelta(hours=20)
TARGET = ServiceLevel(0.8, "20s")
MODEL = Model(service=Exponential())


def group(*names, cost=1.0):
    return Group(skills=tuple(Skill(name) for name in names), cost_per_hour=cost)


def place(**handle_times):
    queues = tuple(Queue(name=name, targets=(TARGET,), aht=aht) for name, aht in handle_times.items())
    return Centre(name="a place", tz="Europe/Berlin", queues=queues, interval="1h")


def volume(centre, *offered):
    return pd.DataFrame({"queue": [queue.name for queue in centre.queues], "start": START, "offered": offered})


def bench_of(found, forecast, centre, model=MODEL, length=HOURS):
    asked = (
        _block(forecast, centre, length) if len(found.frame["start"].unique()) == 1 else _intervals(forecast, centre)
    )
    return Bench.of(
        asked.forecast,
        asked.centre,
        model,
        found.groups,
        asked.blocks,
        replications=found.replications,
        seed=found.seed,
    )


def assert_lean(found, bench):
    """Every queue is on target, and no single agent can be taken away."""
    heads = found.frame["agents"].to_numpy().reshape(len(found.groups), -1)
    assert (bench.slack(heads) >= 0).all()
    for one in np.argwhere(heads > 0):
        fewer = heads.copy()
        fewer[tuple(one)] -= 1
        assert (bench.slack(fewer) < 0).any(), f"{one} can be spared"


@pytest.mark.parametrize("cost", [1.1, 1.3])
def test_billing_and_technical(cost):
    # 100 and 50 calls an hour of 4 and 8 minutes, 80/20: 18 agents, of whom 4 serve both.
    centre = place(billing="4min", technical="8min")
    groups = (group("billing"), group("technical"), group("billing", "technical", cost=cost))
    found = simulate.staff(volume(centre, 100.0, 50.0), centre, groups=groups, scope="block", model=MODEL)
    assert found.of() == {"billing": 7, "technical": 7, "billing + technical": 4}
    assert (found.targets[["value", "fresh"]] >= 0.8).all().all()
    # One pool of all, at the mean handle time, needs no more; two teams apart need no fewer.
    pooled = erlang.agents_required(150, 320, 3600, TARGET)
    apart = erlang.agents_required(100, 240, 3600, TARGET) + erlang.agents_required(50, 480, 3600, TARGET)
    assert pooled <= 18 <= apart
    assert found.bound <= found.cost == pytest.approx(14 + 4 * cost)
    assert_lean(found, bench_of(found, volume(centre, 100.0, 50.0), centre))


@pytest.mark.parametrize(("model", "seed", "cost"), [(Model(), 0, 1.2), (MODEL, 2, 1.1)])
def test_those_who_serve_both_stand_for_more_who_serve_one(model, seed, cost):
    # From 9 + 9 + 1 no exchange of two agents leads to the cheaper 7 + 7 + 4.
    centre = replace(place(billing="4min", technical="8min"), interval="30min")
    groups = (group("billing"), group("technical"), group("billing", "technical", cost=cost))
    found = simulate.staff(volume(centre, 50.0, 25.0), centre, groups=groups, scope="block", model=model, seed=seed)
    assert found.of() == {"billing": 7, "technical": 7, "billing + technical": 4}


def test_one_queue_is_erlang_c():
    centre = place(calls="5min")
    for offered in (30.0, 120.0):
        found = simulate.staff(volume(centre, offered), centre, groups=[group("calls")], scope="block", model=MODEL)
        assert found.of()["calls"] == erlang.agents_required(offered, 300, 3600, TARGET)


def test_five_queues_and_six_groups():
    centre = place(a="3min", b="4min", c="5min", d="6min", e="8min")
    forecast = volume(centre, 60.0, 45.0, 40.0, 20.0, 15.0)
    groups = (
        group("a"),
        group("b"),
        group("a", "b", cost=1.1),
        group("c", "d", cost=1.1),
        group("d", "e", cost=1.15),
        group("a", "c", "e", cost=1.25),
    )
    found = simulate.staff(forecast, centre, groups=groups, scope="block", replications=6, length="20h", model=MODEL)
    assert (found.targets["value"] >= 0.8).all()
    assert_lean(found, bench_of(found, forecast, centre, length=SHORT))
    load = sum(n * aht / 60 for n, aht in zip(forecast["offered"], (3, 4, 5, 6, 8), strict=True))
    assert sum(found.of().values()) > load


def test_heads_by_interval():
    centre = replace(make_centre(people=6, cross_skilled=True), shrinkage=(Shrinkage(name="s", fraction=0.1),))
    starts = pd.date_range(START, periods=4, freq="30min")
    volumes = {"calls": (10.0, 25.0, 30.0, 12.0), "orders": (8.0, 8.0, 20.0, 20.0)}
    forecast = pd.concat([pd.DataFrame({"queue": q, "start": starts, "offered": n}) for q, n in volumes.items()])
    found = simulate.staff(forecast.reset_index(drop=True), centre, replications=60)
    assert [g.name for g in found.groups] == ["calls", "calls + orders", "orders"]
    assert found.groups[1].skills[1].proficiency == 0.9
    assert (found.targets["value"] >= 0.8).all()
    assert_lean(found, bench_of(found, forecast.reset_index(drop=True), centre, Model()))
    frame = found.to_frame()
    assert (frame["scheduled"] == np.ceil(frame["agents"] / 0.9 - 1e-9)).all()
    by_start = frame.groupby("start")["agents"].sum().tolist()
    assert by_start[2] == max(by_start)
    assert by_start[0] == min(by_start)


def test_five_queues_and_six_groups_by_interval():
    centre = replace(place(a="3min", b="4min", c="5min", d="6min", e="8min"), interval="30min")
    starts = pd.date_range(START, periods=3, freq="30min")
    volumes = {"a": (20, 30, 24), "b": (18, 26, 16), "c": (14, 22, 12), "d": (8, 12, 8), "e": (6, 8, 6)}
    parts = [pd.DataFrame({"queue": q, "start": starts, "offered": np.array(n, float)}) for q, n in volumes.items()]
    forecast = pd.concat(parts, ignore_index=True)
    skills = (("a",), ("b",), ("a", "b"), ("c", "d"), ("d", "e"), ("a", "c", "e"))
    groups = tuple(group(*names, cost=1.0 + 0.1 * (len(names) - 1)) for names in skills)
    found = simulate.staff(forecast, centre, groups=groups, replications=10, model=MODEL)
    assert (found.targets["value"] >= 0.8).all()
    bench = bench_of(found, forecast, centre)
    assert_lean(found, bench)
    # Nor does one agent less here and a cheaper one more there, in the same interval, hold every target.
    heads = found.frame["agents"].to_numpy().reshape(len(groups), -1)
    costs = [item.cost_per_hour for item in groups]
    for out, block in np.argwhere(heads > 0):
        for back in range(len(groups)):
            if costs[back] < costs[out]:
                other = heads.copy()
                other[[out, back], block] += [-1, 1]
                assert (bench.slack(other) < 0).any(), f"{groups[out].name} for {groups[back].name}"


def test_a_whole_day_tried_together_in_parts():
    # Agents four hours apart are taken away at once; in the end each single one is needed all the same.
    centre = replace(place(a="5min", b="6min"), interval="30min")
    starts = pd.date_range(START, periods=24, freq="30min")
    wave = 14.0 + 8.0 * np.sin(np.arange(24) / 3.0)
    forecast = pd.concat(
        [pd.DataFrame({"queue": q, "start": starts, "offered": wave}) for q in "ab"], ignore_index=True
    )
    groups = (group("a"), group("b"), group("a", "b", cost=1.2))
    found = simulate.staff(forecast, centre, groups=groups, replications=10, model=MODEL)
    assert found.missed.empty
    assert found.targets["held"].all()
    assert (found.targets["value"] >= 0.8).all()
    bench = bench_of(found, forecast, centre)
    assert_lean(found, bench)
    # One at a time, each agent would have been played twice.
    assert found.simulations < 2 * found.to_frame()["agents"].sum()


def test_a_search_that_is_stopped_says_so():
    centre = place(a="3min", b="4min")
    forecast = volume(centre, 60.0, 45.0)
    asked = {"groups": (group("a"), group("b")), "scope": "block", "replications": 4, "model": MODEL, "length": "20h"}
    whole = simulate.staff(forecast, centre, **asked)
    assert not whole.partial
    at_once = simulate.staff(forecast, centre, time_limit="0.000001s", **asked)
    assert at_once.stop == "time limit"
    assert at_once.cost == at_once.bound
    assert at_once.missed["queue"].tolist() == ["a", "b"]
    assert (at_once.missed["value"] < 0.8).all()
    assert "stopped: time limit" in str(at_once)
    assert "too few: 2 of 2 targets are missed" in str(at_once)
    asks = iter(range(1000))
    later = simulate.staff(forecast, centre, cancel=lambda: next(asks) >= 3, **asked)
    assert later.stop == "cancelled"
    assert whole.bound <= later.cost
    with pytest.raises(DataError, match="time_limit"):
        simulate.staff(forecast, centre, time_limit="soon", **asked)


def test_an_interrupted_search_returns_what_it_found():
    centre = place(a="3min", b="4min")
    asks = iter(range(1000))

    def interrupt():
        if next(asks) >= 4:
            raise KeyboardInterrupt
        return False

    groups = (group("a"), group("b"))
    found = simulate.staff(
        volume(centre, 60.0, 45.0), centre, groups=groups, scope="block", replications=4, model=MODEL, cancel=interrupt
    )
    assert found.stop == "cancelled"
    assert found.partial


def test_other_targets_hold_too():
    targets = (MeanAnswer("15s"), MaxAbandonment(0.02))
    queue = Queue(name="calls", targets=targets, aht="4min", patience="2min")
    centre = Centre(name="one", tz="Europe/Berlin", queues=(queue,), interval="1h")
    found = simulate.staff(volume(centre, 90.0), centre, groups=[group("calls")], scope="block", model=MODEL)
    told = found.targets.set_index("target")
    assert (told["value"] <= told["limit"]).all()
    assert_lean(found, bench_of(found, volume(centre, 90.0), centre))


def test_printed():
    centre = place(calls="5min")
    found = simulate.staff(volume(centre, 30.0), centre, groups=[group("calls")], scope="block", replications=5)
    lines = str(found).splitlines()
    assert lines[0].startswith("heads: cost ")
    assert lines[1].startswith("├─ calls: ")
    assert "80 % of offered within 20s" in lines[2]
    assert "<pre>" in found._repr_html_()


def test_no_contacts_need_nobody():
    centre = place(calls="5min")
    found = simulate.staff(volume(centre, 0.0), centre, groups=[group("calls")], scope="block", replications=2)
    assert (found.of(), found.cost) == ({"calls": 0}, 0.0)
    assert str(found).splitlines()[-1] == "└─ no contact to judge"


def test_the_interval_of_a_mean_answer_may_lie_above_a_second():
    queue = Queue(name="calls", targets=(MeanAnswer("1s"),), aht="10min")
    centre = Centre(name="one", tz="Europe/Berlin", queues=(queue,), interval="1h")
    found = simulate.staff(
        volume(centre, 6.0), centre, groups=[group("calls")], scope="block", replications=2, length="10h", seed=3
    )
    assert (found.targets["fresh_high"] >= found.targets["fresh"]).all()


def test_target_beyond_any_staff():
    # Everybody who cannot be answered at once is lost before an agent of another team may take over.
    centre = make_centre(people=3)
    queue = replace(centre.queues[0], targets=(ServiceLevel(0.9, "30s"),), patience="1s")
    lost = replace(centre, queues=(queue,), interval="1h")
    late = Route(queue="calls", group=("calls",), after="60s")
    with pytest.raises(InfeasibleError, match=r"queues calls miss their targets with .* soften"):
        simulate.staff(
            volume(lost, 10.0), lost, groups=[group("calls")], scope="block", replications=2,
            length="10h", model=Model(routing=Routing(routes=(late,))),
        )  # fmt: skip


def test_inputs_that_cannot_be():
    centre = place(calls="5min", orders="3min")
    forecast = volume(centre, 10.0, 10.0)
    with pytest.raises(DataError, match="no group serves queue 'orders'"):
        simulate.staff(forecast, centre, groups=[group("calls")])
    with pytest.raises(DataError, match="unknown queue 'order'; did you mean 'orders'"):
        simulate.staff(forecast, centre, groups=[group("calls", "orders"), group("order")])
    with pytest.raises(DataError, match="no employees, and so no skill groups"):
        groups_of(centre)
    with pytest.raises(DataError, match="a block of 5 intervals; give a length of"):
        simulate.staff(forecast, centre, groups=[group("calls", "orders")], scope="block", length="5h")
    two = pd.concat([forecast, forecast.assign(start=START + pd.Timedelta(hours=1))], ignore_index=True)
    with pytest.raises(DataError, match="a block with 2 intervals"):
        simulate.staff(two, centre, groups=[group("calls", "orders")], scope="block")
    with pytest.raises(DataError, match="a queue twice among the skills"):
        group("calls", "calls")
    with pytest.raises(DataError, match="skills must be one Skill or more"):
        Group(skills=())
