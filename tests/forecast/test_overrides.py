from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.forecast import Forecast, Forecaster, Override, Overrides
from wfm.schema import QUANTILES
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
MADE = pd.Timestamp("2026-10-30 16:00", tz=TZ)


def flat(*, days=2, queues=("calls", "chat"), as_of=None):
    start = pd.date_range("2026-11-02 08:00", periods=24 * days, freq="1h", tz=TZ, unit="ns")
    start = start[(start.hour >= 8) & (start.hour < 12)]
    shape = np.array([10.0, 20.0, 30.0, 40.0] * (len(start) // 4))
    frames = [pd.DataFrame({"queue": queue, "start": start, "offered": shape}) for queue in queues]
    return Forecast(pd.concat(frames, ignore_index=True), tz=TZ, interval_s=3600, as_of=as_of)


def override(effect, value, **arguments):
    given = {"author": "Li", "reason": "mailing", "made_at": MADE, "queue": "calls"} | arguments
    return Override(effect=effect, value=value, **given)


def of(forecast, queue="calls"):
    frame = forecast.to_frame()
    return frame.loc[frame["queue"] == queue, "offered"].tolist()


def test_effects_by_hand():
    first_day = {"start": date(2026, 11, 2), "end": date(2026, 11, 3)}
    base = flat()
    assert of(Overrides(base, (override("set", 200, **first_day),)).forecast) == [20, 40, 60, 80, 10, 20, 30, 40]
    assert of(Overrides(base, (override("add", -50, **first_day),)).forecast) == [5, 10, 15, 20, 10, 20, 30, 40]
    assert of(Overrides(base, (override("multiply", 2),)).forecast) == [20, 40, 60, 80] * 2
    assert of(Overrides(base, (override("multiply", 2),)).forecast, "chat") == [10, 20, 30, 40] * 2
    everywhere = Overrides(base, (override("multiply", 0.5, queue=None),)).forecast
    assert of(everywhere) == of(everywhere, "chat") == [5, 10, 15, 20] * 2


def test_a_span_of_hours():
    span = {"start": pd.Timestamp("2026-11-02 09:00", tz=TZ), "end": pd.Timestamp("2026-11-02 11:00", tz=TZ)}
    layers = Overrides(flat(), (override("add", 10, **span),))
    assert of(layers.forecast) == [10, 24, 36, 40, 10, 20, 30, 40]
    row = layers.to_frame().iloc[0]
    assert (row["start"], row["end"], row["intervals"]) == (span["start"], span["end"], 2)


def test_nothing_forecast_is_filled_evenly():
    empty = Forecast(flat().to_frame().assign(offered=0.0), tz=TZ, interval_s=3600)
    assert of(Overrides(empty, (override("set", 80),)).forecast) == [10] * 8


def test_layers_are_applied_in_order_and_can_be_taken_away():
    base = flat(as_of=pd.Timestamp("2026-10-31", tz=TZ))
    two, plus = override("multiply", 2), override("add", 20, made_at=MADE + pd.Timedelta(days=2), author="Mo")
    layers = Overrides(base).added(two).added(plus)
    assert sum(of(layers.forecast)) == 420
    assert sum(of(Overrides(base, (plus, two)).forecast)) == 440
    assert layers.removed(1).listed == (plus,)
    assert sum(of(layers.removed(1).forecast)) == 220
    assert layers.removed(2).removed(1).forecast is base
    assert sum(of(base)) == 200
    assert [layer.as_of for layer in layers.layers] == [base.as_of, base.as_of, MADE + pd.Timedelta(days=2)]
    frame = layers.to_frame()
    assert frame[["author", "before", "after", "change"]].to_numpy().tolist() == [
        ["Li", 200.0, 400.0, 200.0],
        ["Mo", 400.0, 420.0, 20.0],
    ]
    assert layers.effect().to_numpy().tolist() == [["calls", 200.0, 420.0, 220.0], ["chat", 200.0, 200.0, 0.0]]
    assert layers.forecast.audit["finding"].tolist() == ["override by Li: mailing", "override by Mo: mailing"]
    assert str(layers).splitlines() == [
        "Overrides: 2, 400 → 620 contacts",
        "├─ 1  2026-10-30 16:00  Li  × 2  calls  200 → 400  mailing",
        "└─ 2  2026-11-01 16:00  Mo  +20  calls  400 → 420  mailing",
    ]
    assert "<table" in layers._repr_html_()
    assert str(Overrides(base)) == "Overrides: 0, 400 → 400 contacts"


@pytest.fixture(scope="module")
def fitted():
    starts = pd.date_range("2026-08-03", periods=91 * 24, freq="1h", tz=TZ, unit="ns")
    offered = np.random.default_rng(1).poisson(30 + 10 * np.sin(starts.hour / 24 * 2 * np.pi))
    history = pd.DataFrame({"queue": "calls", "start": starts, "offered": offered})
    return Forecaster().fit(history).predict(Horizon("2026-11-02", days=2, interval="1h", tz=TZ))


@settings(max_examples=30, deadline=None)
@given(effect=st.sampled_from(["set", "add", "multiply"]), value=st.floats(0, 3000))
def test_the_total_is_met_and_quantiles_move_along(fitted, effect, value):
    value = value / 500 if effect == "multiply" else value
    before = sum(of(fitted))
    done = Overrides(fitted, (override(effect, value),)).forecast
    wanted = {"set": value, "add": before + value, "multiply": before * value}[effect]
    assert sum(of(done)) == pytest.approx(wanted, rel=1e-12, abs=1e-9)
    values = done.to_frame()[list(QUANTILES)].to_numpy()
    assert values.min() >= 0
    assert np.all(np.diff(values, axis=1) >= 0)
    mean = done.to_frame()["offered"].to_numpy()
    inside = (values[:, 0] <= mean) & (mean <= values[:, -1])
    assert inside[mean > 1].all()  # less than one contact may well be none, in all but one case in forty


def test_an_override_that_changes_nothing_changes_nothing(fitted):
    done = Overrides(fitted, (override("multiply", 1.0),)).forecast
    pd.testing.assert_frame_equal(done.to_frame(), fitted.to_frame())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"author": ""}, "author must be a name, got ''"),
        ({"reason": " "}, "reason must be a name, got ' '"),
        ({"effect": "times"}, "unknown effect 'times'"),
        ({"value": -1.0}, r"value must be a number in \[0, inf\), got -1.0"),
        ({"queue": None}, "set without a queue; name the queue whose total is meant"),
        ({"made_at": pd.Timestamp("2026-10-30")}, "made_at 2026-10-30 00:00:00 has no zone"),
        ({"start": "2026-11-02"}, "start must be a stamp, got '2026-11-02'"),
    ],
)
def test_faulty_overrides(arguments, message):
    given = {"author": "Li", "reason": "x", "made_at": MADE, "effect": "set", "value": 1.0, "queue": "calls"}
    with pytest.raises(DataError, match=message):
        Override(**(given | arguments))


def test_overrides_that_do_not_fit():
    layers = Overrides(flat())
    with pytest.raises(DataError, match="queue 'mail' is not in the forecast"):
        layers.added(override("set", 1, queue="mail"))
    with pytest.raises(DataError, match=r"'Li' .mailing. meets no open interval of the forecast; give a span inside"):
        layers.added(override("set", 1, start=date(2027, 1, 1)))
    with pytest.raises(DataError, match=r"takes 500 of 200\.0 contacts"):
        layers.added(override("add", -500))
    with pytest.raises(DataError, match="number must be a whole number from 1 to 0, got 1; there are 0 overrides"):
        layers.removed(1)
    with pytest.raises(DataError, match="'double' is no override"):
        Overrides(flat(), ("double",))
