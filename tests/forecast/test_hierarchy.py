from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, Hierarchy, backtest, reconcile
from wfm.forecast.hierarchy import shrunk_covariance
from wfm.schema import QUANTILES
from wfm.testing import make_centre
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
TREE = Hierarchy({"calls": ("phone", "Berlin"), "orders": ("phone", "Berlin"), "talk": ("chat", "Berlin")})


def base_of(values, *, tree=TREE, aht=None):
    """Return a forecast of nodes; `values` by node, a number for each hour."""
    parts = []
    for node, means in values.items():
        start = pd.date_range("2026-11-02 09:00", periods=len(means), freq="1h", tz=TZ, unit="ns")
        part = pd.DataFrame({"queue": node, "start": start, "offered": np.asarray(means, dtype=float)})
        if aht is not None:
            part["aht_s"] = aht.get(node, 100.0)
        spread = {name: part["offered"] * (0.5 + level) for name, level in QUANTILES.items()}
        parts.append(part.assign(**spread).dropna(subset="offered"))
    return Forecast(pd.concat(parts, ignore_index=True), tz=TZ, interval_s=3600)


def errors_of(values, tree=TREE):
    """Return a frame of errors from an array, a column for each node."""
    start = pd.date_range("2026-09-01", periods=len(values), freq="1h", tz=TZ, unit="ns")
    parts = [
        pd.DataFrame({"queue": node, "start": start, "actual": values[:, n], "offered": 0.0})
        for n, node in enumerate(tree.nodes)
    ]
    return pd.concat(parts, ignore_index=True)


def gaps(result, tree=TREE):
    """Return by how much any sum is off."""
    table = result.to_frame().pivot_table(index="start", columns="queue", values="offered")
    table = table.reindex(columns=list(tree.nodes)).fillna(0.0).to_numpy()
    return np.abs(table - table[:, -len(tree.queues) :] @ tree.summing.T).max()


def test_nodes_and_the_summing_matrix():
    assert TREE.nodes == ("total", "Berlin", "Berlin/chat", "Berlin/phone", "calls", "orders", "talk")
    assert TREE.summing.astype(int).tolist() == [
        [1, 1, 1],
        [1, 1, 1],
        [0, 0, 1],
        [1, 1, 0],
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
    ]
    assert Hierarchy.of(make_centre()).groups == {"calls": ("phone", "one queue")}


def test_a_history_of_every_node():
    start = pd.date_range("2026-11-02 09:00", periods=2, freq="1h", tz=TZ)
    frames = [
        pd.DataFrame({"queue": queue, "start": start[:count], "offered": 2, "aht_s": aht})
        for queue, count, aht in (("calls", 2, 100.0), ("orders", 2, 200.0), ("talk", 1, 300.0))
    ]
    every = TREE.sums(pd.concat(frames, ignore_index=True)).set_index(["queue", "start"])
    assert every.loc["total", "offered"].tolist() == [6, 4]
    assert every.loc["Berlin/phone", "handle_s"].tolist() == [600.0, 600.0]
    assert every.loc["Berlin/chat", "offered"].tolist() == [2]
    with pytest.raises(DataError, match="queues without a history: talk"):
        TREE.sums(pd.concat(frames[:2], ignore_index=True))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    level=st.floats(0.1, 1e5),
    method=st.sampled_from(["mint", "bottom_up"]),
)
def test_sums_hold_whatever_the_forecasts(seed, level, method):
    rng = np.random.default_rng(seed)
    base = base_of({node: level * rng.gamma(0.5, 1, 5) for node in TREE.nodes})
    errors = errors_of(rng.normal(size=(60, 7)) * rng.gamma(1, 1, 7)) if method == "mint" else None
    result = reconcile(base, TREE, method=method, errors=errors)
    assert gaps(result) <= 1e-9 * level
    frame = result.to_frame()
    assert frame["offered"].min() >= 0
    assert np.all(np.diff(frame[list(QUANTILES)].to_numpy(), axis=1) >= 0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_coherent_forecasts_stay_as_they_are(seed):
    rng = np.random.default_rng(seed)
    means = rng.gamma(3, 10, (3, 4))
    base = base_of(dict(zip(TREE.nodes, TREE.summing @ means, strict=True)))
    result = reconcile(base, TREE, errors=errors_of(rng.normal(size=(50, 7))))
    np.testing.assert_allclose(result.to_frame()["offered"], base.to_frame()["offered"], rtol=1e-9)


def test_minimum_trace_by_hand():
    # Total 12 beside two queues of 5, errors of equal variance 1 without correlation: ordinary least squares moves each
    # by a third of the gap of 2 (Hyndman et al. 2011, eq. 10): queues 5 + 2/3, total 12 - 2/3.
    tree = Hierarchy({"a": ("all",), "b": ("all",)})
    base = base_of({"total": [12.0], "all": [12.0], "a": [5.0], "b": [5.0]})
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=float)
    errors = errors_of(np.vstack([signs] * 10), tree)
    result = reconcile(base, tree, errors=errors)
    # "total" and "all" count twice: the gap of 2 is met by (1 + 1) / (1 + 1 + 1/2) of it.
    expected = 5 + 2 * 2 / (2 + 0.5) / 2
    np.testing.assert_allclose(result.forecast.to_frame()["offered"], expected)
    assert result.shrinkage == 1.0


def test_a_sure_total_pulls_unsure_queues():
    tree = Hierarchy({"a": ("all",), "b": ("all",)})
    base = base_of({"total": [12.0], "all": [12.0], "a": [5.0], "b": [5.0]})
    errors = np.random.default_rng(1).normal(size=(4000, 4)) * [0.01, 0.01, 2.0, 1.0]
    result = reconcile(base, tree, errors=errors_of(errors, tree)).to_frame().set_index("queue")["offered"]
    assert result["total"] == pytest.approx(12.0, abs=1e-3)
    assert result["a"] - 5 == pytest.approx(4 * (result["b"] - 5), rel=0.1)  # in the ratio of the variances


def test_minimum_trace_is_better_than_its_parts():
    # Errors with a known covariance: MinT has the least mean squared error of all unbiased coherent forecasts.
    rng = np.random.default_rng(2)
    tree, count = Hierarchy({"a": ("all",), "b": ("all",)}), 3000
    scale = np.array([3.0, 3.0, 4.0, 4.0])
    truth = tree.summing @ rng.gamma(20, 10, (2, count))
    base = base_of(dict(zip(tree.nodes, truth + rng.normal(size=(4, count)) * scale[:, None], strict=True)))
    errors = errors_of(rng.normal(size=(2000, 4)) * scale, tree)
    mint, bottom = (
        reconcile(base, tree, method=method, errors=errors if method == "mint" else None).to_frame()
        for method in ("mint", "bottom_up")
    )
    for node, actual in zip(tree.nodes, truth, strict=True):
        off = [((f[f["queue"] == node]["offered"] - actual) ** 2).mean() for f in (base.to_frame(), bottom, mint)]
        assert off[2] < min(off[:2]) + 1e-9, node


def test_no_queue_below_0():
    tree = Hierarchy({"a": ("all",), "b": ("all",)})
    base = base_of({"total": [10.0, 50.0], "all": [10.0, 50.0], "a": [1.0, 20.0], "b": [40.0, 30.0]})
    errors = errors_of(np.random.default_rng(1).normal(size=(500, 4)) * [0.1, 0.1, 2.0, 2.0], tree)
    result = reconcile(base, tree, errors=errors)
    assert result.forecast.to_frame().query("queue == 'a'")["offered"].tolist()[0] == 0.0
    assert gaps(result, tree) < 1e-9
    assert result.groups.audit["finding"].tolist() == ["queues below 0 by minimum trace: 1 intervals"]


def test_closed_queues_are_absent_and_sums_still_hold():
    rng = np.random.default_rng(3)
    values = {node: rng.gamma(9, 5, 4) for node in TREE.nodes}
    values["talk"][2:] = np.nan  # the chat closes early
    values["Berlin/chat"][2:] = np.nan
    result = reconcile(base_of(values), TREE, errors=errors_of(rng.normal(size=(80, 7))))
    assert gaps(result) < 1e-9
    assert result.to_frame().groupby("queue").size()[["talk", "Berlin/chat", "total"]].tolist() == [2, 2, 4]


def test_a_group_without_its_own_forecast_gets_the_sums():
    base = base_of({"calls": [4.0], "orders": [6.0], "talk": [10.0]}, aht={"calls": 100.0, "orders": 200.0})
    groups = reconcile(base, TREE, method="bottom_up").groups
    frame = groups.to_frame().set_index("queue")
    assert frame.loc["Berlin/phone", ["offered", "aht_s", "offered_q90"]].tolist() == pytest.approx([10, 160, 14])
    assert groups.audit.query("queue == 'Berlin/phone'")["finding"].item() == (
        "group without a forecast of its own: 1 intervals"
    )


def test_shrinkage_goes_with_the_evidence():
    rng = np.random.default_rng(4)
    independent = rng.normal(size=(50, 5))
    assert shrunk_covariance(independent)[1] > 0.5
    common = rng.normal(size=(2000, 1)) + 0.3 * rng.normal(size=(2000, 5))
    covariance, weight = shrunk_covariance(common * [1, 2, 3, 4, 5])
    assert weight < 0.01
    np.testing.assert_allclose(covariance[0, 4], 5.0, rtol=0.1)
    few, weight = shrunk_covariance(rng.normal(size=(6, 20)))
    assert np.linalg.eigvalsh(few).min() > 0


def test_from_history_to_coherent_forecasts(history_of):
    parts = [
        history_of(lambda starts, scale=scale: 20 * scale + starts.hour, days=84, seed=n, queue=queue)
        for n, (queue, scale) in enumerate((("calls", 2.0), ("orders", 1.0), ("talk", 0.5)))
    ]
    every = TREE.sums(pd.concat(parts, ignore_index=True))
    model = Forecaster()
    past = backtest(every, origins=["2026-03-02"], models={"Forecaster": model})
    base = model.fit(every).predict(Horizon("2026-03-30", days=2, interval="1h", tz=TZ))
    result = reconcile(base, TREE, errors=past)
    assert gaps(result) < 1e-9
    moved = np.abs(result.to_frame()["offered"] - base.to_frame()["offered"])
    assert 0 < (moved / base.to_frame()["offered"]).max() < 0.1
    assert set(result.forecast.spread) == set(TREE.queues)
    assert str(result).startswith("Reconciled by mint, covariance of the errors shrunk by ")
    assert "<pre>" in result._repr_html_()


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({}, "no queue; give at least one"),
        ({"a": ("phone",), "b": ("phone", "Berlin")}, "different depth: 'a' in 1, 'b' in 2"),
        ({"a": "phone"}, "the groups of 'a' are 'phone'"),
        ({"phone": ("phone",)}, "queue 'phone' has the name of a group"),
        ({"a": ("total",)}, "a group is named 'total'"),
    ],
)
def test_faulty_hierarchies(groups, message):
    with pytest.raises(DataError, match=message):
        Hierarchy(groups)
    with pytest.raises(DataError, match="two centres have a queue 'calls'"):
        Hierarchy.of(make_centre(), make_centre())


def test_what_does_not_fit():
    base = base_of({node: [1.0] for node in TREE.nodes})
    with pytest.raises(DataError, match="minimum trace without errors; give errors=backtest"):
        reconcile(base, TREE)
    with pytest.raises(DataError, match="errors for bottom_up, which uses none"):
        reconcile(base, TREE, method="bottom_up", errors=errors_of(np.ones((30, 7))))
    with pytest.raises(DataError, match="9 intervals have an error of every node; give at least 20"):
        reconcile(base, TREE, errors=errors_of(np.ones((9, 7))))
    with pytest.raises(DataError, match="unknown method 'ols'"):
        reconcile(base, TREE, method="ols")
    with pytest.raises(DataError, match="no forecast of 'talk'"):
        reconcile(base_of({"calls": [1.0], "orders": [1.0]}), TREE, method="bottom_up")
    with pytest.raises(DataError, match="'mail' is not in the hierarchy"):
        reconcile(base_of({**{node: [1.0] for node in TREE.nodes}, "mail": [1.0]}), TREE, method="bottom_up")
    with pytest.raises(DataError, match="errors without column 'actual'"):
        reconcile(base, TREE, errors=errors_of(np.ones((30, 7))).drop(columns="actual"))
    twice = errors_of(np.ones((30, 7)))
    with pytest.raises(DataError, match="a key that occurs twice"):
        reconcile(base, TREE, errors=pd.concat([twice, twice]))
