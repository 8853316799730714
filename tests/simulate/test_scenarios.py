"""Stress: what scenarios do, and how long it takes to recover."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from wfm import simulate
from wfm.domain.people import Employee, Skill
from wfm.domain.presets import ecommerce
from wfm.errors import DataError
from wfm.simulate import Move, Scenario
from wfm.testing import make_centre

DAY = pd.Timestamp("2026-01-05 08:00", tz="Europe/Berlin")


@pytest.fixture(scope="module")
def day():
    centre = make_centre(people=12)
    starts = pd.date_range(DAY, periods=20, freq="30min")
    forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": 55.0})
    rows = {"start": DAY, "end": DAY + pd.Timedelta(hours=10), "activity": "work", "queue": "calls"}
    return forecast, pd.DataFrame({"employee": [e.id for e in centre.employees]}).assign(**rows), centre


@pytest.fixture(scope="module")
def drill(day):
    return simulate.stress(*day, replications=20)


def test_the_standard_drill(drill):
    frame = drill.to_frame().set_index("scenario")
    assert frame.index.tolist() == [
        "as planned", "volume x1.5", "volume x2", "volume x3", "volume x5",
        "AHT +30 %", "outage of an hour", "15 % absent",
    ]  # fmt: skip
    level = frame["service_level"]
    assert level["as planned"] > 0.8
    assert level.loc["volume x1.5":"volume x5"].is_monotonic_decreasing
    assert (frame["level_lost"].iloc[1:] > 0).all()
    assert frame.loc["as planned", ["level_lost", "recovery_h"]].tolist() == [0.0, 0.0]
    assert frame.loc["volume x3", "offered"] == pytest.approx(3 * frame.loc["as planned", "offered"], rel=0.05)
    assert frame.loc["volume x5", "backlog"] > frame.loc["volume x1.5", "backlog"]
    assert "volume x5" in str(drill)
    assert "does not recover" in str(drill)


def test_an_outage_is_over_soon_after_it(drill, day):
    row = drill.to_frame().set_index("scenario").loc["outage of an hour"]
    # After three minutes the impatient have gone, and nothing is left to be done.
    assert row["recovery_h"] == 0.0
    assert row["longest_wait_s"] > 300
    # Nobody answers during the hour.
    struck = drill.results["outage of an hour"].intervals.iloc[:2]
    assert (struck["agents"] == 0).all()
    # Where customers wait for ever, the hour's calls are in line when people come back.
    ahead, roster, centre = day
    patient = replace(centre, queues=(replace(centre.queues[0], patience=None),))
    rare = ahead.assign(offered=45.0)
    hour = Scenario(name="outage", outage="1h", outage_at=DAY + pd.Timedelta(hours=2))
    frame = simulate.stress(rare, roster, patient, scenarios=[hour], replications=10).to_frame()
    assert frame["recovery_h"].iloc[1] >= 1.0
    assert frame["backlog"].iloc[1] > 60


def test_the_overloaded_day_does_not_recover(drill):
    assert drill.to_frame().set_index("scenario")["recovery_h"].isna()["volume x5"]


def test_absence_takes_the_work_away(drill):
    full, thin = (drill.results[name].groups["staffed_h"].sum() for name in ("as planned", "15 % absent"))
    assert thin / full == pytest.approx(0.85, abs=0.04)


def test_half_of_chat_to_phone():
    base = ecommerce(tz="Europe/Berlin")
    people = tuple(
        Employee(id=f"E{n}", contract="full", skills=(Skill("phone" if n % 2 else "chat"),)) for n in range(8)
    )
    centre = replace(base, queues=(base.queue("phone"), base.queue("chat")), employees=people)
    starts = pd.date_range(DAY, periods=6, freq="30min")
    forecast = pd.concat([pd.DataFrame({"queue": q, "start": starts, "offered": 20.0}) for q in ("chat", "phone")])
    rows = {"start": DAY, "end": DAY + pd.Timedelta(hours=3), "activity": "work", "queue": "chat"}
    roster = pd.DataFrame({"employee": [e.id for e in people]}).assign(**rows)
    moved = simulate.standard_scenarios(forecast, centre)[-1]
    assert moved.moves == (Move(source="chat", target="phone", share=0.5),)
    frame = simulate.stress(forecast, roster, centre, scenarios=[moved], replications=40).to_frame()
    told = frame.set_index(["scenario", "queue"])["offered"]
    assert told[moved.name, "chat"] == pytest.approx(60, rel=0.05)
    assert told[moved.name, "phone"] == pytest.approx(180, rel=0.05)
    # While nobody answers the phone the chats stay where they are: no contact is lost.
    short = forecast[(forecast["queue"] == "chat") | (forecast["start"] < starts[3])]
    frame = simulate.stress(short, roster, centre, scenarios=[moved], replications=40).to_frame()
    told = frame.set_index(["scenario", "queue"])["offered"]
    assert told[moved.name, "chat"] == pytest.approx(90, rel=0.05)
    assert told[moved.name, "phone"] == pytest.approx(90, rel=0.05)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Scenario(name="x", volume=0), "volume must be a number"),
        (lambda: Scenario(name="x", absent=15), "write 0.15 for 15 %"),
        (lambda: Scenario(name="x", outage="1h"), "give both outage and outage_at"),
        (lambda: Scenario(name="x", outage="1h", outage_at=pd.Timestamp("2026-01-05")), "outage_at has no zone"),
        (lambda: Move(source="a", target="a", share=0.5), "contacts move from 'a' to itself"),
    ],
)
def test_scenarios_that_cannot_be(make, match):
    with pytest.raises(DataError, match=match):
        make()


def test_scenarios_that_do_not_fit(day):
    with pytest.raises(DataError, match="two scenarios are named 'as planned'"):
        simulate.stress(*day, scenarios=[Scenario(name="as planned")])
    move = Move(source="chat", target="calls", share=0.5)
    with pytest.raises(DataError, match="queue 'chat' is not in the forecast"):
        simulate.stress(*day, scenarios=[Scenario(name="x", moves=(move,))])
    for hours in (-1, 10):
        late = Scenario(name="x", outage="1h", outage_at=DAY + pd.Timedelta(hours=hours))
        with pytest.raises(DataError, match="the outage lies outside the forecast"):
            simulate.stress(*day, scenarios=[late])


def test_a_drill_with_a_day_that_nobody_is_rostered_for(day):
    forecast, roster, centre = day
    two = pd.concat([forecast, forecast.assign(start=forecast["start"] + pd.Timedelta(days=1))], ignore_index=True)
    rush = [Scenario(name="rush", volume=1.5)]
    with pytest.raises(DataError, match="contacts on 1 days on which nobody on the roster serves it"):
        simulate.stress(two, roster, centre, scenarios=rush, replications=1)
    drill = simulate.stress(two, roster, centre, scenarios=rush, replications=1, unstaffed="allow")
    assert drill.results["rush"].days["answered"].iloc[1] == 0
