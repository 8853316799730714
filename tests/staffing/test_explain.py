from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import wfm
from wfm.domain import Centre, Deadline, LongestWait, Queue, ServiceLevel, Shrinkage
from wfm.errors import DataError
from wfm.staffing import requirement

TZ = "Europe/Berlin"


@pytest.fixture
def need():
    queues = (
        Queue(name="calls", targets=(ServiceLevel(0.8, "20s"), LongestWait("1h")), aht="3min"),
        Queue(name="desk", targets=(ServiceLevel(0.8, "20s"),), aht="3min", min_agents=5),
        Queue(name="mail", targets=(Deadline("2h"),), aht="5min", channel="email"),
    )
    shrinkage = (Shrinkage(name="sickness", fraction=0.15), Shrinkage(name="lunch", fraction=0.1, in_roster=True))
    starts = pd.date_range("2026-11-02 08:00", periods=4, freq="30min", tz=TZ)
    frames = [
        pd.DataFrame({"queue": name, "start": starts, "offered": volume})
        for name, volume in (("calls", 100.0), ("desk", 1.0), ("mail", 12.0))
    ]
    return requirement(pd.concat(frames), Centre(name="bank", tz=TZ, queues=queues, shrinkage=shrinkage))


def test_every_number_of_a_live_row_is_traced(need):
    found = need.explain("calls", "2026-11-02 08:30")
    facts = found.to_dict()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["load_erl"] == 10.0
    assert facts["method"] == "Erlang C"
    assert facts["binding"] == "80 % of offered within 20s"
    assert [target["agents"] for target in facts["targets"]] == [14, 11]
    assert facts["shrinkage"] == {"sickness": 0.15}
    assert facts["scheduled_exact"] == pytest.approx(16.47, abs=0.01)
    assert (facts["agents"], facts["scheduled"]) == (14, 17)
    text = str(found)
    assert text.startswith("calls, 2026-11-02 08:30:00+01:00 (30 min)")
    assert "100 contacts x 180 s / 1800 s = 10 erlangs" in text
    assert "14 / 0.85 = 16.47, rounded up: 17" in text
    assert found._repr_html_().startswith("<pre>calls")


def test_a_minimum_that_binds(need):
    facts = need.explain("desk", pd.Timestamp("2026-11-02 07:00", tz="UTC")).to_dict()
    assert facts["binding"] == "min_agents = 5"
    assert facts["agents"] == 5


def test_deferred_work_tells_its_level_and_backlog(need):
    found = need.explain("mail", "2026-11-02 09:30")
    facts = found.to_dict()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["binding"] == "95 % done within 2h"
    assert facts["lag_intervals"] == 3  # 2 h less the 5 minutes of the work itself
    assert facts["opening_erl"] == facts["backlog_erl"]  # the last interval leaves what the first one found
    assert facts["reserve"] == pytest.approx(300 * np.log(20) / (0.5 * 6900))
    assert "earliest deadline first" in str(found)


def test_the_work_of_an_interval_adds_up_in_hours():
    # Ten, forty and sixty mails of five minutes: 0.83, 3.33 and 5 hours of work, by 13:00 at the latest.
    starts = pd.date_range("2026-11-02 08:00", periods=8, freq="30min", tz=TZ)
    frame = pd.DataFrame({"queue": "mail", "start": starts, "offered": [0, 10, 40, 60, 20, 0, 5, 5.0]})
    mail = Queue(name="mail", targets=(Deadline("2h"),), aht="5min", channel="email")
    need = requirement(frame, Centre(name="m", tz=TZ, queues=(mail,)))
    backlog = need.backlog["backlog_erl"].tolist()
    for place, start in enumerate(starts):
        facts = need.explain("mail", start).to_dict()
        before = backlog[place - 1] if place else facts["opening_erl"]
        assert facts["waiting_erl"] == before
        assert facts["waiting_erl"] + facts["load_erl"] == pytest.approx(facts["done_erl"] + facts["backlog_erl"])
    row = need.to_frame().iloc[3]
    done, waited = 0.5 * row["agents"], 0.5 * backlog[2]
    text = str(need.explain("mail", starts[3]))
    assert f"{waited:.2f} h of work lie there when this interval begins" in text
    assert f"5.00 h come in, {done:.2f} h are done" in text
    assert f"{waited + 5.0 - done:.2f} h of work still wait when it ends, none of it late" in text
    assert "agent-intervals" not in text


def test_ten_percent_more_or_less(need):
    found = need.explain("calls", "2026-11-02 08:30").to_dict()["sensitivity"]
    assert list(found) == ["volume -10 %", "volume +10 %", "aht -10 %", "aht +10 %"]
    # 90 and 110 calls of 3 minutes, 100 calls of 162 and 198 s; 80 % within 20 s in four half-hours.
    agents = [wfm.erlang.agents_required(*case, 1800, ServiceLevel(0.8, "20s")) for case in
              ((90, 180), (110, 180), (100, 162), (100, 198))]  # fmt: skip
    assert [one["agents"] for one in found.values()] == agents
    assert [one["agents_h"] for one in found.values()] == [2.0 * count for count in agents]
    assert "volume +10 %: 15 agents, 30.0 h on seat in all" in str(need.explain("calls", "2026-11-02 08:30"))
    mail = need.explain("mail", "2026-11-02 08:30").to_dict()["sensitivity"]
    assert mail["volume +10 %"]["agents_h"] > mail["volume -10 %"]["agents_h"]


def test_work_that_ten_percent_more_makes_impossible():
    queue = Queue(name="mail", targets=(Deadline("1h"),), aht="57min", channel="email")
    start = pd.Timestamp("2026-11-02 08:00", tz=TZ)
    found = requirement(
        pd.DataFrame({"queue": "mail", "start": [start], "offered": 3.0}), Centre(name="m", tz=TZ, queues=(queue,))
    ).explain("mail", start)
    assert found.to_dict()["sensitivity"]["aht +10 %"] is None
    assert "aht +10 %: no staff can do it" in str(found)


def test_rows_that_are_not_there(need):
    with pytest.raises(DataError, match="unknown queue 'call'; did you mean 'calls'"):
        need.explain("call", "2026-11-02 08:00")
    for start in ("2026-10-25 02:00", "2026-03-29 02:30", "half past eight"):
        with pytest.raises(
            DataError, match=rf"'{start}' is not one instant in Europe/Berlin.*write it with its offset"
        ):
            need.explain("calls", start)
    for start in (None, pd.NaT, ""):
        with pytest.raises(DataError, match="start is missing; give that of an interval, such as '2026-11-02 09:00'"):
            need.explain("calls", start)
    with pytest.raises(DataError, match="unknown queue None; known: calls, desk, mail"):
        need.explain(None, "2026-11-02 08:00")
    with pytest.raises(DataError) as caught:
        need.explain("calls", "2026-11-02 08:10")
    assert str(caught.value) == (
        "queue 'calls' has no interval that starts at 2026-11-02 08:10:00+01:00; "
        "its open intervals run from 2026-11-02 08:00:00+01:00 to 2026-11-02 09:30:00+01:00"
    )
