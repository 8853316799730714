from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.domain import Centre, Deadline, Queue, ServiceLevel, Shrinkage
from wfm.errors import DataError
from wfm.staffing import requirement
from wfm.staffing.options import tree

TZ = "Europe/Berlin"
PARTS = (
    Shrinkage(name="sickness", fraction=0.05, whole_shift=True),
    Shrinkage(name="training", fraction=0.02, whole_shift=True, planned=True),
    Shrinkage(name="coaching", fraction=0.08, planned=True),
    Shrinkage(name="lunch", fraction=0.1, planned=True, in_roster=True),
)


@pytest.fixture
def centre():
    queues = (
        Queue(name="calls", targets=(ServiceLevel(0.8, "20s"),), aht="3min"),
        Queue(name="mail", targets=(Deadline("2h"),), aht="5min", channel="email"),
    )
    return Centre(name="bank", tz=TZ, queues=queues, shrinkage=PARTS)


@pytest.fixture
def forecast():
    starts = pd.date_range("2026-11-02 12:00", periods=6, freq="30min", tz=TZ)
    return pd.concat([pd.DataFrame({"queue": name, "start": starts, "offered": 100.0}) for name in ("calls", "mail")])


def test_every_option_is_checked_and_all_faults_come_together(centre, forecast):
    with pytest.raises(DataError) as caught:
        requirement(
            forecast,
            centre,
            method="mole",
            scope="month",
            confidence=90,
            expected=True,
            shrinkage={"lunch": {25: 0.1}, "coaching": {12: 20}},
            blend={"calls": ("mail",), "mial": ("calls",), "mail": "calls"},
        )
    text = str(caught.value)
    for part in (
        "unknown method 'mole'; did you mean 'mol'?",
        "unknown scope 'month'; known: day, interval, week",
        "confidence must be a number in (0, 1), got 90; write 0.9 for 90 %",
        "both expected and confidence; give one",
        "scope 'month' for an uncertain volume",
        "unknown shrinkage part 'lunch'; name a part that the roster does not place: known: coaching, sickness",
        "shrinkage part 'lunch': the hour of the day must be a whole number from 0 to 23, got 25",
        "shrinkage part 'coaching': the fraction at hour 12 must be a number in [0, 1), got 20; write 0.2 for 20 %",
        "queue 'calls' in blend has no deadline",
        "queue 'mail' in blend is deferred work itself",
        "unknown queue 'mial' in blend; did you mean 'mail'?",
        "blend of 'mail' is the text 'calls'; give a tuple of names",
    ):
        assert part in text, part


def test_a_volume_without_a_distribution(centre, forecast):
    with pytest.raises(DataError, match="0 quantiles of the volume; give a forecast with columns such as"):
        requirement(forecast, centre, confidence=0.9)
    with pytest.raises(DataError, match="paths without a use for them; give confidence"):
        requirement(forecast, centre, paths=forecast.assign(path=1))
    short = forecast[forecast["queue"] == "calls"].iloc[:3].assign(path=1)
    with pytest.raises(DataError, match="queue 'calls': the paths do not hold every interval"):
        requirement(forecast, centre, expected=True, paths=short)
    falling = forecast.assign(offered_q10=100.0, offered_q90=90.0)
    with pytest.raises(DataError, match="the quantiles of the volume fall where their level rises"):
        requirement(falling, centre, expected=True)


def test_idle_time_is_lent_once(forecast):
    queues = [Queue(name=name, targets=(ServiceLevel(0.8, "20s"),), aht="3min") for name in ("a", "b")]
    mails = [Queue(name=name, targets=(Deadline("2h"),), aht="5min", channel="email") for name in ("m", "n")]
    centre = Centre(name="four", tz=TZ, queues=(*queues, *mails))
    rows = forecast[forecast["queue"] == "calls"]
    frame = pd.concat([rows.assign(queue=name) for name in "abmn"])
    with pytest.raises(DataError, match="the idle time of a is lent to deferred queues with different lists"):
        requirement(frame, centre, blend={"m": ("a",), "n": ("a", "b")})
    same = requirement(frame, centre, blend={"m": ("a", "b"), "n": ("b", "a")})
    assert same.backlog["lent_erl"].sum() > 0


def test_shrinkage_by_the_hour_replaces_that_of_its_part(centre, forecast):
    need = requirement(forecast, centre, shrinkage={"coaching": {13: 0.2}})
    calls = need.to_frame().query("queue == 'calls'")
    assert calls["agents"].tolist() == [14] * 6
    assert calls["scheduled"].tolist() == [17, 17, 20, 20, 17, 17]  # 14 / .85 = 16.47, 14 / .73 = 19.18
    mail = need.to_frame().query("queue == 'mail'")
    exact = (mail["agents"].to_numpy() / np.repeat([0.85, 0.73, 0.85], 2)).sum()
    assert exact <= mail["scheduled"].sum() < exact + 1
    facts = need.explain("calls", "2026-11-02 13:30").to_dict()
    assert facts["shrinkage_tree"] == {
        "unplanned, out of office": {"sickness": 0.05},
        "planned, out of office": {"training": 0.02},
        "planned, in office": {"coaching": 0.2},
    }
    assert facts["placed_by_roster"] == {"lunch": 0.1}
    with pytest.raises(DataError, match="the shrinkage parts add up to 1 at hour 13"):
        requirement(forecast, centre, shrinkage={"coaching": {13: 0.93}})


def test_the_tree_names_every_part_that_is_not_in_the_roster(centre):
    shares = [share for branch in tree(centre, 0, {}).values() for share in branch.values()]
    assert sum(shares) == pytest.approx(centre.unrostered_shrinkage)
