from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.forecast import Forecast, period_totals, split
from wfm.schema import QUANTILES

TZ = "Europe/Berlin"


def shape_of(values=None, *, start="2026-10-26", days=36, queues=("calls",), weekdays=(0, 1, 2, 3, 4)):
    first = pd.Timestamp(start, tz=TZ)
    starts = pd.date_range(first, first + pd.DateOffset(days=days), freq="1h", inclusive="left", unit="ns")
    starts = starts[starts.day_of_week.isin(weekdays) & (starts.hour >= 9) & (starts.hour < 17)]
    parts = []
    for queue in queues:
        means = 5.0 + starts.hour if values is None else values
        part = pd.DataFrame({"queue": queue, "start": starts, "offered": means})
        parts.append(part.assign(**{name: part["offered"] * (0.5 + level) for name, level in QUANTILES.items()}))
    return Forecast(pd.concat(parts, ignore_index=True), tz=TZ, interval_s=3600)


def plan_of(*rows):
    return pd.DataFrame(rows, columns=["queue", "period", "offered"])


def test_largest_remainder_by_hand():
    # 10 contacts in eight equal shares are 1.25 each: all get 1, and the first two get one of the two left.
    shape = shape_of(1.0, start="2026-11-02", days=1)
    done = split(plan_of(("calls", "2026-11-02", 10)), shape)
    assert done.to_frame()["offered"].tolist() == [2, 2, 1, 1, 1, 1, 1, 1]
    weights = [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]
    done = split(plan_of(("calls", "2026-11-02", 7)), shape_of(weights, start="2026-11-02", days=1))
    assert done.to_frame()["offered"].tolist() == [1, 1, 2, 3, 0, 0, 0, 0]  # .7, 1.4, 2.1, 2.8


@settings(max_examples=40, deadline=None)
@given(total=st.integers(0, 100_000), seed=st.integers(0, 1000), whole=st.booleans())
def test_the_total_is_exact_and_each_interval_within_one(total, seed, whole):
    rng = np.random.default_rng(seed)
    shape = shape_of(rng.gamma(1, 3, 40), start="2026-11-02", days=7)
    done = split(plan_of(("calls", "2026-W45", total)), shape, whole=whole).to_frame()
    offered = done["offered"].to_numpy()
    exact = total * shape.frame["offered"] / shape.frame["offered"].sum()
    if whole:
        assert offered.sum() == total
        assert np.all(offered == np.rint(offered))
        assert np.abs(offered - exact).max() < 1
    else:
        assert offered.sum() == pytest.approx(total, rel=1e-12)
        np.testing.assert_allclose(offered, exact, rtol=1e-12)
    values = done[list(QUANTILES)].to_numpy()
    assert values.min() >= 0
    assert np.all(np.diff(values, axis=1) >= 0)


def test_months_weeks_and_days_come_back_from_their_intervals():
    shape = shape_of(queues=("calls", "chat"))
    plan = plan_of(("calls", "2026-11", 12345), ("chat", "2026-W45", 777), ("chat", "2026-11-09", 33))
    done = split(plan, shape)
    found = period_totals(done, "month").set_index("queue")["offered"]
    assert found.to_dict() == {"calls": 12345.0, "chat": 810.0}
    weeks = period_totals(done, "week")
    assert weeks[weeks["queue"] == "chat"][["period", "offered"]].to_numpy().tolist() == [
        ["2026-W45", 777.0],
        ["2026-W46", 33.0],
    ]
    days = period_totals(done, "day")
    assert days.groupby("queue")["offered"].sum().to_dict() == found.to_dict()
    assert done.audit["finding"].tolist()[0] == "planned total of 2026-11"
    assert set(done.to_frame()["start"].dt.month) == {11}


def test_levels_of_time_are_coherent():
    shape = shape_of(np.random.default_rng(1).gamma(2, 5, 208))
    sums = [period_totals(shape, by)["offered"].sum() for by in ("day", "week", "month")]
    np.testing.assert_allclose(sums, shape.frame["offered"].sum(), rtol=1e-12)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("mail", "2026-11", 5), "row 0: queue 'mail' is not in the forecast"),
        (("calls", "2026-12", 5), "the forecast of 'calls' does not cover 2026-12: it has 2026-10-26 to 2026-11-30"),
        (("calls", "2026-10", 5), "the forecast of 'calls' does not cover 2026-10"),
        (("calls", "soon", 5), "period 'soon' cannot be read; write '2026-11' for a month"),
        (("calls", "2026-13", 5), "period '2026-13' cannot be read"),
        (("calls", "2026-11", 5.5), "5.5 contacts are not whole; round the plan"),
        (("calls", "2026-11", -5), "must be a finite number of at least 0, got -5"),
        (("calls", "2026-11-07", 5), "does not cover 2026-11-07"),
    ],
)
def test_faulty_plans(row, message):
    with pytest.raises(DataError, match=message):
        split(plan_of(row), shape_of())


def test_every_fault_of_a_plan_is_named_at_once():
    with pytest.raises(DataError) as caught:
        split(plan_of(("calls", "2026-11", -5), ("mail", "2026-11", 5), ("calls", "soon", 5)), shape_of())
    assert [problem.what.split(",")[0] for problem in caught.value.problems] == [
        "column 'offered' must be a finite number of at least 0",
        "queue 'mail' is not in the forecast",
        "period 'soon' cannot be read",
    ]


def test_more_faults():
    with pytest.raises(DataError, match="period 2026-W45 of 'calls' overlaps another one"):
        split(plan_of(("calls", "2026-11", 5), ("calls", "2026-W45", 5)), shape_of())
    with pytest.raises(DataError, match="5 contacts where the forecast has none"):
        split(plan_of(("calls", "2026-11", 5)), shape_of(0.0))
    with pytest.raises(DataError, match="column 'period' is missing"):
        split(plan_of(("calls", "2026-11", 5)).drop(columns="period"), shape_of())
    with pytest.raises(DataError, match="the plan has no row"):
        split(plan_of(), shape_of())
    with pytest.raises(DataError, match="unknown period 'year'"):
        period_totals(shape_of(), "year")
