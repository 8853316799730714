"""Requests that are wrong: each fault has its path, its value and its remedy."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm.domain import Deadline, LongestWait, MaxAbandonment, MaxOccupancy, MeanAnswer, ServiceLevel
from wfm.domain.people import ContractKind
from wfm.quotes import QuoteRequest, Refusal, RequestError, Volume
from wfm.quotes.json_schema import request_adapter
from wfm.quotes.request import KINDS

GOOD: dict[str, Any] = {"name": "calls", "volume": "900/day", "aht": "4min"}


def refusals(value: object) -> list[dict[str, Any]]:
    with pytest.raises(RequestError) as caught:
        QuoteRequest.of(value)  # type: ignore[arg-type]
    return caught.value.to_list()


@pytest.mark.parametrize(
    ("queue", "path", "message", "remedy"),
    [
        ({"nam": "x"}, "queues[0].nam", "unknown field", "did you mean 'name'"),
        ({"aht": 7}, "queues[0].aht", "no unit", "7min"),
        ({"aht": "7 apples"}, "queues[0].aht", "not a length of time", "30s"),
        ({"aht": "0s"}, "queues[0].aht", "more than 0", "such as"),
        ({"aht": "3d"}, "queues[0].aht", "from 1 s to 86400 s", "in that range"),
        ({"aht": ["4min"], "concurrency": 2, "channel": "chat"}, "queues[0].aht", "1 lengths", "one for each"),
        ({"volume": "900"}, "queues[0].volume", "cannot read", "3200/day"),
        ({"volume": "900/dai"}, "queues[0].volume", "unknown period", "did you mean 'day'"),
        ({"volume": {"contacts": -1, "per": "day"}}, "queues[0].volume", "above 0", "3200/day"),
        ({"channel": "fone"}, "queues[0].channel", "unknown channel", "did you mean 'phone'"),
        ({"concurrency": 3}, "queues[0].concurrency", "on channel phone", "only a chat"),
        ({"concurrency": 1.5}, "queues[0].concurrency", "whole number", "in that range"),
        ({"shape": "offise"}, "queues[0].shape", "unknown shape", "did you mean 'office'"),
        ({"shape": [1, 2]}, "queues[0].shape", "24 or 48", "numbers"),
        ({"weekdays": [0] * 7}, "queues[0].weekdays", "not all 0", "7 numbers"),
        ({"containment": 20}, "queues[0].containment", "[0, 1)", "write 0.2 for 20 %"),
        ({"hours": "Mon-Fry 8-18"}, "queues[0].hours", "unknown weekday", "did you mean 'Fri'"),
        ({"patience": "soon"}, "queues[0].patience", "not a length", "30s"),
        ({"targets": [{"kind": "servicelevel"}]}, "queues[0].targets[0].kind", "its kind", "'service_level'"),
        ({"targets": [{"kind": "service_level", "fraction": 80, "within": "30s"}]}, "queues[0].targets[0]",
         "fraction", "write 0.8 for 80 %"),
        ({"targets": [{"kind": "mean_answer"}]}, "queues[0].targets[0]", "without within", "add it"),
        ({"targets": [{"kind": "max_abandonment", "fraction": 0.05}]}, "queues[0].targets[0]", "without a patience",
         "give patience"),
        ({"targets": [{"kind": "deadline", "within": "4h"}]}, "queues[0].targets", "a deadline", "two queues"),
        ({"aht": float("nan")}, "queues[0].aht", "not a length of time", "such as '30s'"),
        ({"channel": "email", "patience": "2min"}, "queues[0].patience", "nobody waits on the line", "leave it out"),
        ({"forecast": [1.0] * 168}, "queues[0].volume", "one of them", "give a volume"),
    ],
)  # fmt: skip
def test_a_fault_of_a_queue(queue: dict[str, Any], path: str, message: str, remedy: str) -> None:
    found = refusals({"queues": [GOOD | queue]})
    assert any(
        one["path"] == path and message in str(one["message"]) and remedy in str(one["remedy"]) for one in found
    ), found


@pytest.mark.parametrize(
    ("request_", "path", "message"),
    [
        ({"hors": "24x7"}, "hors", "unknown field"),
        ({"schema": "2"}, "schema", "unknown version"),
        ({"interval": "20min"}, "interval", "15min, 30min or 1h"),
        ({"multi_skilled": 2}, "multi_skilled", "[0, 1]"),
        ({"shrinkage": {"a": 0.5, "b": {"c": 0.5}}}, "shrinkage", "add up to 1"),
        ({"shrinkage": {"a": 30}}, "shrinkage.a", "a share in [0, 1)"),
        ({"contracts": [{"name": "a", "share": 0.5}]}, "contracts", "add up to 0.5"),
        ({"contracts": [{"name": "a", "shift": "9h", "week": "8h"}]}, "contracts[0].shift", "a shift of 9h"),
        ({"contracts": [{"name": "a", "kind": "half"}]}, "contracts[0].kind", "unknown kind"),
        ({"uncertainty": {"volume": {"cv": 0.1, "low": 0.5}}}, "uncertainty.volume", "cv, or low and high"),
        ({"uncertainty": {"volume": 0.1}}, "uncertainty.volume", "must be an object"),
        ({"shrinkage": 30}, "shrinkage", "a number in [0, 1)"),
        ({"range_points": 5000}, "range_points", "from 0 to 4096"),
        ({"exact": "no"}, "exact", "true or false"),
        ({"training": "-1h"}, "training", "not a length"),
        ({"currency": ""}, "currency", "1 to 10 characters"),
        ({"queues": []}, "queues", "1 to 20"),
        ({"queues": [GOOD, GOOD]}, "queues", "are named 'calls'"),
        ({"queues": "calls"}, "queues", "got a text"),
        ({"queues": [7]}, "queues[0]", "must be an object"),
    ],
)
def test_a_fault_of_a_request(request_: dict[str, Any], path: str, message: str) -> None:
    found = refusals({"queues": [GOOD]} | request_)
    assert any(one["path"] == path and message in str(one["message"]) for one in found), found


def test_all_faults_come_at_once_and_can_be_sent_on() -> None:
    found = refusals({"queues": [{"name": "a"}], "hors": 1, "attrition": "x"})
    assert {one["path"] for one in found} >= {"hors", "queues[0].aht", "queues[0].volume", "attrition"}
    assert all(set(one) == {"path", "message", "value", "remedy"} for one in found)
    json.dumps(found, allow_nan=False).encode()
    error = RequestError([Refusal("a", "b", float("nan"), "c")])
    assert pickle.loads(pickle.dumps(error)).refusals[0].path == "a"
    assert error.to_list()[0]["value"] == "nan"


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "null", "[" * 100_000, b"\xff\xfe", '{"queues": NaN}'])
def test_what_is_no_request_is_refused(text: str | bytes) -> None:
    assert refusals(text)


ODD = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["5min", "30s", "phone", "chat", "900/day", "24x7", "even", "office", "service_level"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*GOOD, "kind", "cv", "a"]), inner, max_size=4)
    ),
    max_leaves=6,
)
QUEUE = [*GOOD, "channel", "shape", "weekdays", "concurrency", "slowdown", "patience", "targets", "hours", "min_agents"]
REQUEST = [
    "queues",
    "hours",
    "shrinkage",
    "contracts",
    "uncertainty",
    "seed",
    "interval",
    "training",
    "years",
    "growth",
]


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(QUEUE), ODD, max_size=2), st.dictionaries(st.sampled_from(REQUEST), ODD, max_size=2)
)
def test_whatever_comes_is_answered_or_refused(queue: dict[str, Any], rest: dict[str, Any]) -> None:
    asked = {"queues": [GOOD | queue], "range_points": 0, "tornado": False, "pareto": False} | rest
    try:
        found = wfm.quote(asked)
    except RequestError as error:
        json.dumps(error.to_list(), allow_nan=False).encode()
    else:
        json.loads(found.to_json())


def test_the_adapter_reads_what_the_reader_writes() -> None:
    targets = (ServiceLevel(0.8, "20s", basis="answered"), MeanAnswer("30s"), LongestWait("2min", breach=0.05))
    targets = (*targets, MaxAbandonment(0.05), MaxOccupancy(0.9))
    request = QuoteRequest.of(
        {
            "queues": [
                GOOD | {"patience": "2min", "shape": "two peaks"},
                {"name": "mail", "channel": "email", "volume": "100/month", "aht": "1h"},
            ],
            "uncertainty": {"volume": {"low": 0.8, "high": 1.3}},
            "shrinkage": {"a": {"b": 0.1}},
        }
    )
    live, mail = request.queues
    late = (Deadline("8h", fraction=0.9),)
    request = replace(request, queues=(replace(live, targets=targets), replace(mail, targets=late)))
    text = request.to_json()
    request_adapter().validate_json(text)
    assert QuoteRequest.of(text) == request
    assert request.queues[0].targets == targets


@pytest.mark.parametrize(
    "wrong", [{"hors": 1}, {"seed": -1}, {"queues": []}, {"queues": [GOOD | {"channel": "fone"}]}, {"exact": 1}]
)
def test_the_adapter_refuses_what_the_reader_refuses(wrong: dict[str, Any]) -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        request_adapter().validate_python({"queues": [GOOD]} | wrong)
    assert refusals({"queues": [GOOD]} | wrong)


def test_volumes_as_people_write_them() -> None:
    for text, wanted in (("3200/day", Volume(3200.0)), ("1e5 per year", Volume(1e5, "year"))):
        assert QuoteRequest.of({"queues": [GOOD | {"volume": text}]}).queues[0].volume == wanted
    # Who is on call costs when called: a quote of typical weeks has no hours for them.
    assert tuple(kind.value for kind in ContractKind if kind is not ContractKind.ON_CALL) == KINDS


def test_a_forecast_is_a_week_of_its_own() -> None:
    queue = {"name": "a", "aht": "5min", "forecast": [float(hour % 24) for hour in range(168)]}
    found = wfm.quote({"queues": [queue], "interval": "1h", "range_points": 0})
    assert found.queues[0].contacts_per_week == pytest.approx(sum(queue["forecast"]))  # type: ignore[arg-type]
    assert found.agents[0] == 0
    assert QuoteRequest.of(found.request).to_dict() == found.request
