"""Contacts that are given for closed hours: refused in a forecast, told of in a shape, and never lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wfm
from wfm.quotes import QuoteRequest, RequestError
from wfm.quotes.shapes import week_of

DAY = [0.0] * 8 + [10.0] * 10 + [0.0] * 6
WEEK = DAY * 5 + [0.0] * 48
OFFICE = "Mon-Fri 08:00-18:00"


def asked(hours: str = OFFICE, **queue: Any) -> dict[str, Any]:
    return {"queues": [{"name": "calls", "aht": "4min", **queue}], "hours": hours}


def refused(request: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(RequestError) as caught:
        QuoteRequest.of(request)
    (one,) = caught.value.to_list()
    return one


@pytest.mark.parametrize("hours", [OFFICE, "24x7"])
def test_a_forecast_in_closed_hours_is_refused(hours: str) -> None:
    week = list(WEEK)
    week[3], week[150] = 5.0, 5.0
    request = asked(hours, forecast=week)
    request["queues"][0]["hours"] = OFFICE
    found = refused(request)
    assert found["path"] == "queues[0].forecast"
    assert found["message"] == "1.96% of the forecast are in closed hours: 2 numbers, first Mon 03:00"
    assert "make those numbers 0" in str(found["remedy"])


@pytest.mark.parametrize("interval", ["15min", "30min", "1h"])
@pytest.mark.parametrize("count", [168, 336])
def test_a_forecast_in_opening_hours_stays_in_its_hour(interval: str, count: int) -> None:
    rng = np.random.default_rng(1)
    week = np.repeat(WEEK, count // 168) * rng.uniform(1.0, 2.0, count)
    request = QuoteRequest.of(asked(forecast=week.tolist()) | {"interval": interval})
    found = week_of(request, request.queues[0]).offered
    assert found.reshape(168, -1).sum(axis=1) == pytest.approx(week.reshape(168, -1).sum(axis=1))
    assert QuoteRequest.of(request.to_json()) == request


def test_an_hour_that_is_open_in_part_keeps_its_contacts() -> None:
    request = QuoteRequest.of(asked("Mon-Fri 08:30-17:30", forecast=WEEK))
    found = week_of(request, request.queues[0]).offered
    assert found[16:20].tolist() == pytest.approx([0.0, 10.0, 5.0, 5.0])
    assert found.sum() == pytest.approx(500.0)


def test_a_shape_in_closed_hours_is_told_of() -> None:
    found = wfm.quote(asked(volume="500/week", shape=[1.0] * 24))
    assert any("calls: 70.24% of the shape is in closed hours (first Mon 00:00)" in one for one in found.warnings)
    named = wfm.quote(asked(volume="500/week", shape="shop", weekdays="shop"))
    assert not any("closed hours" in one for one in named.warnings)
    days = wfm.quote(asked(volume="500/week", weekdays=[1, 1, 1, 1, 1, 0, 1]))
    assert any("16.67% of the shape is in closed hours (first Sun 00:00)" in one for one in days.warnings)


@pytest.mark.parametrize(
    ("queue", "path"),
    [({"shape": [1.0] * 6 + [0.0] * 18}, "shape"), ({"weekdays": [0, 0, 0, 0, 0, 1, 1]}, "weekdays")],
)
def test_a_shape_with_nothing_in_opening_hours_is_refused(queue: dict[str, Any], path: str) -> None:
    found = refused(asked(volume="500/week", **queue))
    assert found["path"] == f"queues[0].{path}"
    assert "nothing in opening hours" in str(found["message"])
