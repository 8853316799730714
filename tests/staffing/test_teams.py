from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain import Centre, Contract, Deadline, Employee, Queue, ServiceLevel, ShiftTemplate, Skill, presets
from wfm.erlang import agents_required
from wfm.errors import DataError
from wfm.staffing import pooling, requirement

TZ = "Europe/Berlin"


def queue(name, **options):
    return Queue(**({"name": name, "targets": (ServiceLevel(0.8, "30s"),), "aht": "4min"} | options))


def forecast(volumes, size=4):
    starts = pd.date_range("2026-11-02 08:00", periods=size, freq="30min", tz=TZ)
    return pd.concat(
        [pd.DataFrame({"queue": name, "start": starts, "offered": float(volume)}) for name, volume in volumes.items()],
        ignore_index=True,
    )


def test_equal_queues_pool_into_one_of_their_sum():
    centre = Centre(name="two", tz=TZ, queues=(queue("a", patience="2min"), queue("b", patience="2min")))
    found = pooling(requirement(forecast({"a": 60, "b": 90}), centre)).to_frame()
    target = ServiceLevel(0.8, "30s")
    one = agents_required(150, 240, 1800, target, patience_s=120)
    two = sum(agents_required(volume, 240, 1800, target, patience_s=120) for volume in (60, 90))
    assert found["pooled"].tolist() == [one] * 4
    assert found["separate"].tolist() == [two] * 4
    assert found["group"].unique().tolist() == ["all"]


def test_people_join_the_queues_of_their_skills():
    shift = ShiftTemplate(name="day", earliest_start="08:00", latest_start="08:00", min_length="8h")
    contract = Contract(name="full", max_week="40h", templates=("day",), cost_per_hour=20.0)
    people = [
        Employee(id=f"E{place}", contract="full", skills=tuple(Skill(name) for name in names))
        for place, names in enumerate((("a",), ("a", "b"), ("b", "c"), ("d", "mail"), ("e",)))
    ]
    queues = tuple(queue(name) for name in "abcde")
    mail = queue("mail", targets=(Deadline("4h"),), channel="email")
    centre = Centre(name="six", tz=TZ, queues=(*queues, mail), shifts=(shift,), contracts=(contract,), employees=people)
    found = pooling(requirement(forecast(dict.fromkeys([*"abcde", "mail"], 40)), centre))
    assert found.groups == {"a+b+c": ("a", "b", "c"), "d": ("d",), "e": ("e",)}
    frame = found.to_frame()
    alone = frame[frame["group"] == "d"]
    assert alone["pooled"].tolist() == alone["separate"].tolist()
    assert str(found).startswith("Agent-hours on seat, pooled to separate\n├─ a+b+c: ")
    assert found._repr_html_().startswith("<pre>Agent-hours")


@settings(max_examples=30, deadline=None)
@given(volumes=st.lists(st.integers(0, 80), min_size=2, max_size=2), chat=st.integers(0, 80))
def test_one_team_never_needs_more_nor_less_than_its_work(volumes, chat):
    queues = (
        queue("a", patience="2min"),
        queue("b", aht="6min", targets=(ServiceLevel(0.7, "1min"),)),
        queue("c", channel="chat", concurrency=2, slowdown=0.5, patience="3min"),
    )
    centre = Centre(name="three", tz=TZ, queues=queues)
    need = requirement(forecast({"a": volumes[0], "b": volumes[1], "c": chat}, size=2), centre)
    found = pooling(need).to_frame()
    assert (found["pooled"] <= found["separate"]).all()
    work = 0.8 * volumes[0] * 240 / 1800 + volumes[1] * 360 / 1800 + 0.8 * chat * 240 * 1.5 / 2 / 1800
    assert (found["pooled"] >= work - 1e-6).all()


def test_the_shop_pools_phone_and_chat_no_lower_than_either():
    shop = presets.ecommerce(tz=TZ)
    volumes = {"phone": 60, "chat": 90, "messages": 30}
    found = pooling(requirement(forecast(volumes), shop), {"live": ("phone", "chat")}).to_frame()
    alone = pooling(requirement(forecast(volumes), shop), {"phone": "phone", "chat": "chat"}).to_frame()
    assert (found["pooled"] > alone.groupby("start")["pooled"].max().to_numpy()).all()
    assert np.array_equal(found["separate"], alone.groupby("start")["separate"].sum())


def test_a_frame_is_no_requirement():
    with pytest.raises(DataError, match=r"need must be a Requirement, got a DataFrame; give the result of"):
        pooling(forecast({"a": 60}))


def test_groups_that_cannot_be():
    centre = Centre(
        name="two", tz=TZ, queues=(queue("a"), queue("b"), queue("m", channel="email", targets=(Deadline("4h"),)))
    )
    need = requirement(forecast({"a": 60, "b": 90, "m": 5}), centre)
    with pytest.raises(DataError) as caught:
        pooling(need, {"one": ("a", "c"), "two": ("a", "m")})
    assert str(caught.value) == (
        "3 problems in the groups of queues:\n"
        "  1. unknown queue 'c' in group 'one'; known: a, b, m\n"
        "  2. queue 'a' is in the groups 'one' and 'two'; keep it in one: its agents would be counted twice\n"
        "  3. queue 'm' in group 'two' is deferred work; leave it out; see blend"
    )
    with pytest.raises(DataError, match="over a day or a week"):
        pooling(requirement(forecast({"a": 60}), centre, scope="day"))
    assert pooling(requirement(forecast({"m": 60}), centre)).to_frame().empty
