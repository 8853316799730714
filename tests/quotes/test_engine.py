"""Quotes against the kernels of staffing, by hand, and among themselves."""

from __future__ import annotations

import json
import math
import threading
from typing import Any

import numpy as np
import pytest

import wfm
from wfm.domain import Deadline, LongestWait, MeanAnswer, Queue, ServiceLevel
from wfm.erlang import agents_required, measures
from wfm.quotes import Quote, QuoteRequest, RequestError, TimeLimitError, compare, sweep
from wfm.quotes.shapes import week_of
from wfm.staffing.kernels import deferred, live

Body = dict[str, Any]


def week(request: Body, number: int = 0) -> np.ndarray:
    asked = QuoteRequest.of(request)
    return week_of(asked, asked.queues[number]).offered


@pytest.mark.parametrize("patience", [None, "2min"])
def test_agents_and_levels_are_those_of_the_staffing_kernels(calls: Body, bare: Body, patience: str | None) -> None:
    calls["queues"][0]["patience"] = patience
    found = wfm.quote(calls | bare)
    queue = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),), aht="5min", patience=patience)
    offered = week(calls)
    staff = live.staff(queue, offered, np.full(len(offered), 300.0), 1800.0)
    assert found.agents == tuple(staff.agents.tolist())
    assert found.service_level == pytest.approx(float(offered @ staff.service_level / offered.sum()), rel=1e-9)
    answered = offered * (1 - staff.abandonment)
    assert found.asa_s == pytest.approx(float(answered @ staff.asa_s / answered.sum()), rel=1e-9)
    assert found.occupancy == pytest.approx(float(staff.agents @ staff.occupancy / staff.agents.sum()), rel=1e-9)


def test_a_chat_with_sessions_is_that_of_the_staffing_kernels(bare: Body) -> None:
    one = {"name": "chat", "channel": "chat", "volume": "3200/day", "aht": "7min", "concurrency": 3, "slowdown": 0.2}
    found = wfm.quote({"queues": [one | {"patience": "4min"}]} | bare)
    queue = Queue(
        name="chat", channel="chat", targets=(ServiceLevel(0.8, "30s"),), concurrency=3, slowdown=0.2, patience="4min"
    )
    offered = week({"queues": [one]})
    assert found.agents == tuple(live.staff(queue, offered, np.full(336, 420.0), 1800.0).agents.tolist())
    lengths = ["7min", "504s", "588s"]
    named = {name: value for name, value in one.items() if name != "slowdown"} | {"aht": lengths, "patience": "4min"}
    assert wfm.quote({"queues": [named]} | bare).agents == found.agents


def test_deferred_work_is_that_of_the_staffing_kernels(bare: Body) -> None:
    mail = {"name": "mail", "channel": "email", "volume": "2000/week", "aht": "6min", "hours": "Mon-Fri 08:00-18:00"}
    mail["targets"] = [{"kind": "deadline", "within": "8h"}]
    found = wfm.quote({"queues": [mail]} | bare)
    offered = week({"queues": [mail]})
    open_ = offered > 0
    load = offered[open_] * 360.0 / 1800.0
    wanted = deferred.staff(load, np.full(len(load), 360.0), 1800.0, Deadline("8h"), 0)
    assert np.array(found.agents)[open_].tolist() == wanted.agents.tolist()
    assert found.service_level is None
    assert found.queues[0].service_level == 0.95


def test_people_and_money_by_hand(bare: Body) -> None:
    asked: Body = {
        "queues": [
            {"name": "a", "volume": "480/day", "aht": "1h", "shape": "flat", "hours": "24x7", "channel": "case"}
        ],
        "shrinkage": 0.2,
        "contracts": [{"name": "full", "wage": 20}],
        "overhead": 0.5,
        "attrition": 0.2,
        "training": "100h",
        "training_cost": 1000,
    } | bare
    found = wfm.quote(asked)
    hours = sum(found.scheduled) * 0.5 * found.efficiency.factor
    heads = math.ceil(hours / 40)
    paid = hours * 365.25 / 7 + 0.2 * heads * 100
    assert found.paid_hours_per_year == pytest.approx(paid)
    assert found.headcount == heads
    assert found.hires_per_year == pytest.approx(0.2 * heads)
    assert found.cost_per_year == pytest.approx(paid * 20 * 1.5 + 0.2 * heads * 1000)
    assert found.fte == pytest.approx(paid / (40 * 365.25 / 7))
    assert found.cost_per_contact == pytest.approx(found.cost_per_year / (480 * 365.25))


def test_the_three_readings_stand_beside_each_other(calls: Body, bare: Body) -> None:
    readings = wfm.quote(calls | bare).queues[0].readings
    assert [one.kind for one in readings] == ["service_level", "mean_answer", "longest_wait"]
    offered = week(calls)
    for one, target in zip(readings, (ServiceLevel(0.8, "30s"), MeanAnswer("30s"), LongestWait("30s")), strict=True):
        assert one.peak_agents == agents_required(offered, 300, 1800, target, patience_s=120.0).max()
    agents = agents_required(offered, 300, 1800, ServiceLevel(0.8, "30s"), patience_s=120.0)
    longest = measures(offered, 300, 1800, agents, within_s=30.0, patience_s=120.0).longest_wait_s(0.01).max()
    assert readings[2].achieved == pytest.approx(longest, rel=1e-6)
    assert not readings[2].met


def test_one_team_needs_no_more_than_separate_ones_and_between_lies_between(bare: Body) -> None:
    queues = [
        {"name": name, "volume": f"{volume}/day", "aht": aht}
        for name, volume, aht in (("a", 900, "5min"), ("b", 700, "4min"))
    ]
    hours = [wfm.quote({"queues": queues, "multi_skilled": share} | bare).paid_hours_per_week for share in (0, 0.3, 1)]
    assert hours[2] < hours[1] < hours[0]
    pooled = wfm.quote({"queues": queues, "multi_skilled": 1} | bare)
    one, two = week({"queues": queues}), week({"queues": queues}, 1)
    both = one + two
    wanted = agents_required(both, (one * 300 + two * 240) / both, 1800, ServiceLevel(0.8, "30s"))
    assert pooled.agents == tuple(wanted.tolist())
    found = measures(both, (one * 300 + two * 240) / both, 1800, wanted, within_s=30.0)
    assert pooled.service_level == pytest.approx(float(both @ found.service_level() / both.sum()))
    assert pooled.occupancy == pytest.approx(float((one * 300 + two * 240).sum() / 1800 / wanted.sum()))
    partly = wfm.quote({"queues": queues, "multi_skilled": 0.3} | bare)
    assert partly.occupancy == pytest.approx(float((one * 300 + two * 240).sum() / 1800 / sum(partly.agents)))


def test_the_range_is_that_of_exact_quotes_of_its_points(calls: Body) -> None:
    from wfm.quotes.ranges import outcomes

    asked = calls | {"range_points": 32, "tornado": False, "pareto": False, "years": 0}
    found = wfm.quote(asked)
    volume, aht = outcomes(QuoteRequest.of(asked))
    hours = []
    for v, h in zip(volume.tolist(), aht.tolist(), strict=True):
        offered = week(calls) * v
        agents = agents_required(offered, 300 * h, 1800, ServiceLevel(0.8, "30s"), patience_s=120.0)
        hours.append(np.ceil(agents / 0.82 - 1e-9).sum() * 0.5)
    low, middle, high = np.quantile(np.array(hours) * found.efficiency.factor, (0.1, 0.5, 0.9)) * 365.25 / 7
    spread = found.range
    assert spread is not None
    training = found.paid_hours_per_year - found.paid_hours_per_week * 365.25 / 7
    for got, wanted in ((spread.paid_hours_per_year.low, low), (spread.paid_hours_per_year.median, middle),
                        (spread.paid_hours_per_year.high, high)):  # fmt: skip
        assert got - training == pytest.approx(wanted, rel=0.01)


def test_no_uncertainty_is_no_range(calls: Body) -> None:
    asked = calls | {"uncertainty": {"volume": {"cv": 0}, "aht": {"cv": 0}}, "range_points": 16}
    found = wfm.quote(asked)
    assert found.range is not None
    assert found.range.fte.low == found.range.fte.high == pytest.approx(found.fte, rel=1e-12)
    two = {"queues": [calls["queues"][0], calls["queues"][0] | {"name": "more", "aht": "2min"}], "multi_skilled": 1}
    found = wfm.quote(asked | two)
    assert found.range is not None
    for name in ("fte", "headcount", "paid_hours_per_year", "cost_per_year", "peak_agents"):
        reached = getattr(found.range, name)
        assert reached.low == reached.median == reached.high == pytest.approx(getattr(found, name), rel=1e-12)


def test_the_pareto_curve_is_that_of_exact_quotes(calls: Body, bare: Body) -> None:
    for point in wfm.quote(calls).pareto[::3]:
        calls["queues"][0]["targets"] = [{"kind": "service_level", "fraction": point.target, "within": "30s"}]
        own = wfm.quote(calls | bare)
        assert point.cost_per_year == pytest.approx(own.cost_per_year, rel=0.03)
        assert point.service_level == pytest.approx(own.service_level, abs=0.01)


def test_without_patience_the_pareto_curve_and_the_tornado_are_those_of_changed_quotes_to_the_cent(
    calls: Body, bare: Body
) -> None:
    calls["queues"][0].pop("patience")
    calls["queues"][0] |= {"min_agents": 3, "hours": "Mon-Sat 07:00-22:00"}
    found = wfm.quote(calls | {"range_points": 0})
    for point in found.pareto:
        calls["queues"][0]["targets"] = [{"kind": "service_level", "fraction": point.target, "within": "30s"}]
        own = wfm.quote(calls | bare)
        assert (point.cost_per_year, point.service_level) == pytest.approx((own.cost_per_year, own.service_level))
    calls["queues"][0]["targets"][0] |= {"fraction": 0.8, "within": "60s"}
    lever = next(one for one in found.tornado if one.input == "acceptable wait")
    assert lever.cost_high == pytest.approx(wfm.quote(calls | bare).cost_per_year)


def test_what_shared_agents_leave_approximate_is_told(calls: Body, bare: Body) -> None:
    two = {"queues": [calls["queues"][0], calls["queues"][0] | {"name": "more"}], "multi_skilled": 0.5}

    def told(asked: Body) -> list[str]:
        return [word.split(":")[0] for word in wfm.quote(asked).warnings if "shared agents" in word]

    assert told(two | {"range_points": 8}) == ["range", "tornado, Pareto curve"]
    assert told(two | bare | {"pareto": True}) == ["Pareto curve"]
    assert told(two | bare) == told(two | {"multi_skilled": 0, "range_points": 8}) == []
    for queue in two["queues"]:
        del queue["patience"]
    assert told(two | {"range_points": 0}) == []


def test_the_pareto_curve_and_the_tornado_staff_shared_agents_anew(bare: Body) -> None:
    queues = [{"name": "a", "volume": "900/day", "aht": "5min"}, {"name": "b", "volume": "500/day", "aht": "8min"}]
    queues.append({"name": "mail", "channel": "email", "volume": "200/day", "aht": "6min"})
    for share in (0.4, 1.0):
        asked: Body = {"queues": queues, "hours": "Mon-Fri 08:00-20:00", "multi_skilled": share, "shrinkage": 0.2}
        found = wfm.quote(asked | {"range_points": 0})
        for point in found.pareto[::4]:
            level = {"kind": "service_level", "fraction": point.target, "within": "30s"}
            changed = [one | ({} if one["name"] == "mail" else {"targets": [level]}) for one in queues]
            own = wfm.quote(asked | bare | {"queues": changed})
            assert (point.cost_per_year, point.service_level) == pytest.approx((own.cost_per_year, own.service_level))
        levers = {one.input: one for one in found.tornado}
        own = wfm.quote(asked | bare | {"shrinkage": 0.25})
        assert levers["shrinkage"].cost_high == pytest.approx(own.cost_per_year, rel=0.02)


def test_the_least_staff_is_in_every_reading_with_its_shrinkage(bare: Body) -> None:
    asked = {"queues": [{"name": "a", "volume": "20/day", "aht": "1min", "min_agents": 5}], "shrinkage": 0.2}
    found = wfm.quote(asked | bare)
    assert found.paid_hours_per_week == pytest.approx(7 * 24 * 7)
    assert {one.fte for one in found.queues[0].readings} == {found.fte}
    assert {one.peak_agents for one in found.queues[0].readings} == {5}


def test_the_pareto_curve_rises_and_has_one_knee(calls: Body) -> None:
    points = wfm.quote(calls).pareto
    assert [one.cost_per_year for one in points] == sorted(one.cost_per_year for one in points)
    assert [one.service_level for one in points] == sorted(one.service_level for one in points)
    assert sum(one.is_knee for one in points) == 1


def test_the_tornado_is_that_of_changed_quotes(calls: Body, bare: Body) -> None:
    levers = {one.input: one for one in wfm.quote(calls).tornado}
    patient = json.loads(json.dumps(calls))
    patient["queues"][0]["patience"] = "4min"
    assert levers["patience"].cost_high == pytest.approx(wfm.quote(patient | bare).cost_per_year, rel=0.01)
    shrunk = calls | {"shrinkage": 0.23}
    assert levers["shrinkage"].cost_high == pytest.approx(wfm.quote(shrunk | bare).cost_per_year, rel=0.02)
    assert levers["wages"].cost_high > levers["wages"].cost_low
    spans = [abs(one.cost_high - one.cost_low) for one in wfm.quote(calls).tornado]
    assert spans == sorted(spans, reverse=True)


def test_growth_is_the_quote_of_the_grown_volume(calls: Body, bare: Body) -> None:
    year = wfm.quote(calls | bare | {"growth": 0.5, "years": 1}).outlook[0]
    calls["queues"][0]["volume"] = "4800/day"
    grown = wfm.quote(calls | bare)
    assert year.peak_agents == grown.peak_agents
    assert year.fte == pytest.approx(grown.fte, rel=0.02)


def test_round_trips_lose_nothing_and_the_same_request_gives_the_same_bytes(calls: Body) -> None:
    found = wfm.quote(calls)
    assert Quote.of(found.to_json()) == found == Quote.of(found.to_dict())
    assert found.to_json() == json.dumps(found.to_dict(), ensure_ascii=False, separators=(",", ":"))
    request = QuoteRequest.of(calls)
    assert QuoteRequest.of(request.to_json()) == request
    assert wfm.quote(request).to_dict() | {"defaults": [], "assumptions": []} == found.to_dict() | {
        "defaults": [],
        "assumptions": [],
    }
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(wfm.quote(calls).to_json())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(texts) == {found.to_json()}
    assert wfm.quote(calls | {"seed": 1}).range != found.range


def test_a_time_limit_gives_a_whole_answer_or_none(calls: Body) -> None:
    with pytest.raises(TimeLimitError, match="no answer within the time limit"):
        wfm.quote(calls, time_limit="0.000001s")
    assert wfm.quote(calls, time_limit="1h") == wfm.quote(calls)


def test_a_load_beyond_the_ceiling_is_refused_at_once() -> None:
    with pytest.raises(RequestError, match="above the ceiling of 20,000"):
        wfm.quote({"queues": [{"name": "a", "volume": "1e12/day", "aht": "5min"}]})


def test_exact_efficiency_is_near_the_default(calls: Body, bare: Body) -> None:
    exact = wfm.quote(calls | bare | {"exact": True})
    assert exact.efficiency.method == "programme"
    assert exact.efficiency.factor == pytest.approx(wfm.quote(calls | bare).efficiency.factor, rel=0.03)


def test_compare_and_sweep_agree_with_quotes(calls: Body, bare: Body) -> None:
    calls = calls | bare
    found = sweep(calls, {"queues[0].containment": [0.0, 0.3], "queues[0].patience": ["1min", "3min"]})
    assert len(found) == 4
    changed = json.loads(json.dumps(calls))
    changed["queues"][0] |= {"containment": 0.3, "patience": "3min"}
    own = wfm.quote(changed)
    for name in ("fte", "cost_per_year", "service_level", "asa_s", "occupancy"):
        assert found.columns[name][3] == pytest.approx(getattr(own, name), rel=1e-12)
    other = compare(calls, changed)
    assert {path for path, _, _ in other.asked} == {"queues[0].containment", "queues[0].patience"}
    assert other.b == own
    assert "fte" in str(other)
    assert "cost_per_year" in str(found)
    assert found.to_frame().shape == (4, 12)
    with pytest.raises(RequestError, match="no 'queues"):
        sweep(calls, {"queues[3].aht": ["1min"]})


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"queues[1]": [None]}, r"no 'queues\[1\]'"),
        ({"queues[0].aht[0]": ["5min"]}, "no 'queues"),
        ({"queues.name": ["a"]}, "no 'queues.name'"),
        ({"queues[0].patience": "1min"}, "no list of values"),
        ({"multi_skilled": 0.5}, "no list of values"),
        (["seed"], "values by path"),
        ({"shrinkage": [0.1], "shrinkage.all": [0.2]}, "lies within 'shrinkage'"),
    ],
)
def test_a_sweep_over_nothing_is_refused(calls: Body, over: Any, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        sweep(calls, over)


def test_few_multi_skilled_agents_never_reach_the_levels_of_one_team(bare: Body) -> None:
    queues: list[Body] = [{"name": "a", "volume": "300/day"}, {"name": "b", "volume": "100/day"}]
    queues[1]["targets"] = [{"kind": "mean_answer", "within": "5s"}]
    asked = bare | {"queues": [one | {"aht": "5min", "shape": "flat"} for one in queues], "pareto": True}
    levels = [point.service_level for point in wfm.quote(asked | {"multi_skilled": 0.01}).pareto]
    assert levels == [point.service_level for point in wfm.quote(asked).pareto]
    assert levels == sorted(levels)


def test_intervals_with_too_few_contacts_to_plan_for_are_told(bare: Body) -> None:
    rare: Body = {"name": "rare", "volume": "1/year", "aht": "5min"}

    def told(queue: Body) -> list[str]:
        return [word for word in wfm.quote(bare | {"queues": [queue]}).warnings if "nobody is planned" in word]

    assert "for 336 intervals" in told(rare)[0]
    assert told(rare | {"min_agents": 1}) == told(rare | {"volume": "900/day"}) == []


def test_the_page_names_what_was_assumed(calls: Body) -> None:
    text = str(wfm.quote(calls))
    assert "assumed: calls: no targets given" in text
    assert "knee" in text
    assert wfm.quote(calls)._repr_html_().startswith("<pre>")
    frame = wfm.quote(calls).to_frame()
    assert list(frame.columns) == ["day", "time", "agents", "scheduled"]
    assert frame.iloc[-1]["time"] == "23:30"


def test_a_centre_closed_by_night_has_all_its_contacts_by_day(bare: Body) -> None:
    asked = {"queues": [{"name": "a", "volume": "1000/day", "aht": "3min"}], "hours": "Mon-Fri 08:00-18:00"}
    found = wfm.quote(asked | bare)
    assert found.queues[0].contacts_per_week == pytest.approx(5000)
    assert all(agents == 0 for agents in found.agents[-96:])
    assert found.contacts_per_year == pytest.approx(5000 * 365.25 / 7)
