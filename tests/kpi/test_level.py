"""Service level: the worked example, an oracle that counts one by one, and what must not happen."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain.targets import ServiceLevelBasis
from wfm.errors import DataError
from wfm.kpi import service_level
from wfm.tickets import interval_history

BASES = [basis.value for basis in ServiceLevelBasis]
COUNTED = [basis for basis in BASES if basis != "virtual"]


def make_contacts(waits, queues=None):
    """Contacts of (fate, wait in seconds), one a minute."""
    arrived = pd.Series(pd.date_range("2026-11-02", periods=len(waits), freq="1min", tz="Asia/Shanghai")).dt.as_unit(
        "ns"
    )
    settled = arrived + pd.to_timedelta([float(wait) for _, wait in waits], unit="s")
    fates = pd.Series([fate for fate, _ in waits], dtype="str")
    return pd.DataFrame(
        {
            "contact_id": [f"c{n:05}" for n in range(len(waits))],
            "queue": "calls" if queues is None else queues,
            "arrived_at": arrived,
            "answered_at": settled.where(fates == "answered"),
            "abandoned_at": settled.where(fates == "abandoned"),
        }
    )


@pytest.fixture(scope="module")
def worked_example():
    """1,000 answered, 860 of them within 30 s; 60 abandoned, 20 within 30 s, 10 of them before 5 s."""
    answered = [("answered", 20)] * 860 + [("answered", 45)] * 140
    abandoned = [("abandoned", 3)] * 10 + [("abandoned", 15)] * 10 + [("abandoned", 50)] * 40
    return make_contacts(answered + abandoned)


# The project's own worked example of the measures.
@pytest.mark.parametrize(
    ("basis", "percent", "numerator", "denominator"),
    [
        ("abandons_within_met", 83.0, 880, 1060),
        ("answered", 86.0, 860, 1000),
        ("offered", 81.1, 860, 1060),
        ("abandons_within_excluded", 82.7, 860, 1040),
        ("short_abandons_met", 82.1, 870, 1060),
        ("short_abandons_excluded", 81.9, 860, 1050),
    ],
)
def test_worked_example(worked_example, basis, percent, numerator, denominator):
    short = "5s" if basis.startswith("short") else None
    level = service_level(worked_example, within="30s", basis=basis, short_abandon=short)
    assert (level.numerator, level.denominator) == (numerator, denominator)
    assert round(100 * level.value, 1) == percent
    assert level.low < level.value < level.high


def test_virtual_level_by_hand(worked_example):
    # Before 20 s, 20 have given up: 860 of the 1,040 then waiting are answered; the next answer is at 45 s.
    level = service_level(worked_example, basis="virtual")
    assert level.value == pytest.approx(860 / 1040)
    assert level.denominator == 1060
    # 20 gave up before any answer, so the effective number is the 1,040 left: Wilson's bounds of 860 out of 1,040.
    z, n, p = 1.959963984540054, 1040, 860 / 1040
    centre, half = (p + z * z / 2 / n), z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert level.low == pytest.approx((centre - half) / (1 + z * z / n))
    assert level.high == pytest.approx((centre + half) / (1 + z * z / n))


def test_virtual_level_is_missing_beyond_the_waits():
    level = service_level(make_contacts([("answered", 5), ("abandoned", 10)]), basis="virtual")
    assert (level.value, level.low, level.denominator) == (None, None, 2)
    assert "missing" in str(level)


def test_a_zero_denominator_is_missing_never_0_or_100_percent():
    contacts = make_contacts([("answered", 5), ("abandoned", 9)], queues=["calls", "chat"])
    level = service_level(contacts, basis="answered", by="queue")
    assert level.groups["value"].tolist()[0] == 1.0
    assert level.groups.loc[1, ["value", "low", "high"]].isna().all()
    for basis in COUNTED:
        short = "5s" if basis.startswith("short") else None
        none = service_level(contacts.iloc[:0], basis=basis, short_abandon=short)
        assert (none.value, none.low, none.high, none.denominator) == (None, None, None, 0)
        assert "missing: these contacts do not tell it" in str(none)
    assert service_level(contacts.iloc[:0], basis="virtual").value is None


def test_the_history_gives_the_same_as_the_contacts(worked_example):
    history = interval_history(worked_example, within="30s")
    for basis in ("offered", "answered"):
        one, other = service_level(worked_example, basis=basis), service_level(history, basis=basis)
        assert (one.numerator, one.denominator) == (other.numerator, other.denominator)
        assert (one.low, one.high) == (other.low, other.high)


def test_a_history_without_outcomes_counts_offered_less_blocked():
    start = pd.date_range("2026-11-02", periods=2, freq="30min", tz="UTC")
    history = pd.DataFrame(
        {
            "queue": "calls",
            "start": start,
            "offered": [10, 12],
            "answered_within": [8, 9],
            "within_s": 20.0,
            "blocked": [0, 2],
        }
    )
    level = service_level(history, within="20s")
    assert (level.numerator, level.denominator) == (17, 20)


def test_a_result_with_a_frame_is_as_good_as_the_frame(worked_example):
    for frame in (worked_example, interval_history(worked_example)):
        result = SimpleNamespace(to_frame=frame.copy)
        assert service_level(result).value == service_level(frame).value


def test_groups_sum_to_the_whole():
    waits = [("answered", 10), ("answered", 40), ("abandoned", 5), ("answered", 20)]
    contacts = make_contacts(waits, queues=["a", "a", "b", "b"]).assign(team=["x", None, "x", None])
    level = service_level(contacts, by=["queue", "team"])
    assert level.to_frame()[["numerator", "denominator"]].to_numpy().tolist() == [[1, 1], [0, 1], [0, 1], [1, 1]]
    assert level.value == 0.5
    assert level.to_frame()["team"].isna().sum() == 2
    assert "service level 50.0 %" in str(level)
    assert "answered within 30s / (answered + abandoned) = 2 / 4" in str(level)
    assert level._repr_html_().startswith("<pre>")


def test_virtual_level_by_group():
    waits = [("answered", 10), ("answered", 40), ("answered", 5), ("answered", 20)]
    level = service_level(make_contacts(waits, queues=["b", "b", "a", "a"]), by="queue", basis="virtual")
    assert level.to_frame()["queue"].tolist() == ["a", "b"]
    assert level.to_frame()["value"].tolist() == [1.0, 0.5]


def test_waiting_and_blocked_contacts_are_in_no_count():
    contacts = make_contacts([("answered", 10), ("waiting", 0), ("waiting", 0)])
    contacts["queued_at"] = contacts["arrived_at"].where([True, True, False])
    assert service_level(contacts).denominator == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"basis": "offred"}, "unknown basis 'offred'; did you mean 'offered'"),
        ({"basis": "short_abandons_met"}, "short_abandon is None with basis 'short_abandons_met'; give short_abandon"),
        ({"short_abandon": "5s"}, "short_abandon is '5s' with basis 'offered'; leave short_abandon out"),
        ({"by": "que"}, "unknown column 'que' in by; did you mean 'queue'"),
        ({"within": 30}, "within has no unit: 30; write '30s'"),
        ({"confidence": 95}, "confidence must be a number in"),
    ],
)
def test_what_does_not_go_together_is_refused(worked_example, arguments, message):
    with pytest.raises(DataError) as error:
        service_level(worked_example, **arguments)
    assert message in str(error.value)


def test_a_history_is_refused_where_it_does_not_tell(worked_example):
    history = interval_history(worked_example)
    with pytest.raises(DataError, match="a history does not tell the basis 'abandons_within_met'"):
        service_level(history, basis="abandons_within_met")
    with pytest.raises(DataError, match=r"counts answers within 30s, not within 20s.*give within='30s'"):
        service_level(history, within="20s")
    with pytest.raises(DataError, match="column 'answered_within' is missing"):
        service_level(history.drop(columns="answered_within"))
    history.loc[0, "handled"] = np.nan
    with pytest.raises(DataError, match=r"column 'handled' has no value \(row 0\)"):
        service_level(history)


waits = st.lists(st.tuples(st.sampled_from(["answered", "abandoned"]), st.integers(0, 60)), min_size=1, max_size=25)


@settings(max_examples=6, deadline=None)
@given(waits=waits, within=st.integers(1, 50), short=st.integers(1, 10))
def test_every_basis_against_counting_one_by_one(waits, within, short):
    contacts = make_contacts(waits)
    answered = [w for fate, w in waits if fate == "answered"]
    lost = [w for fate, w in waits if fate == "abandoned"]
    in_time, lost_in_time, lost_short = (
        sum(w <= within for w in answered),
        sum(w <= within for w in lost),
        sum(w < short for w in lost),
    )
    expected = {
        "offered": (in_time, len(waits)),
        "answered": (in_time, len(answered)),
        "abandons_within_met": (in_time + lost_in_time, len(waits)),
        "abandons_within_excluded": (in_time, len(waits) - lost_in_time),
        "short_abandons_met": (in_time + lost_short, len(waits)),
        "short_abandons_excluded": (in_time, len(waits) - lost_short),
    }
    for basis, (numerator, denominator) in expected.items():
        threshold = f"{short}s" if basis.startswith("short") else None
        level = service_level(contacts, within=f"{within}s", basis=basis, short_abandon=threshold)
        assert (level.numerator, level.denominator) == (numerator, denominator)


@settings(max_examples=6, deadline=None)
@given(waits=st.lists(st.integers(0, 60), min_size=1, max_size=20), within=st.integers(0, 60))
def test_without_abandonment_every_basis_is_the_same(waits, within):
    contacts = make_contacts([("answered", wait) for wait in waits])
    values = set()
    for basis in BASES:
        short = "5s" if basis.startswith("short") else None
        values.add(round(service_level(contacts, within=f"{within}s", basis=basis, short_abandon=short).value, 12))
    assert len(values) == 1


def test_what_is_no_frame_is_refused():
    with pytest.raises(DataError, match=r"a str is no frame: 'contacts.csv'; give a pandas.DataFrame"):
        service_level("contacts.csv")
