"""Meetings and training in a roster: legal, cheap, complete where it can be, and told where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from wfm.domain import Break, Centre, Contract, Employee, ShiftTemplate, Skill
from wfm.errors import DataError
from wfm.roster import Roster, Session, check, place_sessions, solve

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
TUESDAY = date(2026, 11, 3)


@pytest.fixture
def centre(make_centre: Make) -> Centre:
    """Four people with a shift of eight hours and a lunch; A00 and A01 are of team north."""
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    shift = ShiftTemplate(name="day", earliest_start="08:00", min_length="8h30min", breaks=(lunch,))
    contract = Contract(name="full", min_week="0h", min_period="16h", max_period="16h", cost_per_hour=10.0)
    made = make_centre([("calls",)] * 3 + [("mail",)], shifts=(shift,), contract=contract)
    people = [replace(one, team="north" if number < 2 else "south") for number, one in enumerate(made.employees)]
    return replace(made, employees=tuple(people))


@pytest.fixture
def week(need: Need) -> pd.DataFrame:
    """Three calls people are needed on Monday and Tuesday, two from 14:00 to 15:00 on Tuesday."""
    frame = pd.concat([need(f"2026-11-0{day} 08:00", 17, calls=3, mail=1) for day in (2, 3)], ignore_index=True)
    calm = (frame["queue"] == "calls") & (frame["start"].dt.hour == 14) & (frame["start"].dt.day == 3)
    frame.loc[calm, ["agents", "scheduled"]] = 2
    return frame


@pytest.fixture
def roster(centre: Centre, week: pd.DataFrame) -> Roster:
    return solve(week, centre, work_limit=3)


def test_a_session_of_one_is_held_where_nobody_is_missed(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    plan = place_sessions(roster, [Session(name="talk", length="1h", employees=("A01",))], week, centre)
    assert plan.sessions["start"].tolist() == [pd.Timestamp("2026-11-03 14:00", tz="Europe/Berlin")]
    assert plan.added == pytest.approx(0)
    assert not check(plan.roster, centre, week)
    rows = plan.to_frame()[plan.to_frame()["activity"] == "meeting"]
    assert rows["queue"].isna().all()


def test_groups_cover_everybody_by_a_date(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    session = Session(
        name="law", length="2h", queue="calls", activity="training", group_size=2, latest=date(2026, 11, 2)
    )
    plan = place_sessions(roster, [session], week, centre)
    assert sorted(plan.sessions["employee"]) == ["A00", "A01", "A02"]
    assert plan.sessions.groupby("group").size().max() == 2
    assert {start.date() for start in plan.sessions["start"]} == {date(2026, 11, 2)}
    assert plan.unplaced.empty
    assert not check(plan.roster, centre, week)
    lunches = roster.activities[roster.activities["activity"] == "lunch"]
    again = plan.roster.activities[plan.roster.activities["activity"] == "lunch"]
    assert again["start"].tolist() == lunches["start"].tolist()


def test_the_added_cost_is_that_of_the_coverage(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    plan = place_sessions(roster, [Session(name="all", length="1h", team="north")], week, centre)
    assert len(set(plan.sessions["start"])) == 1
    short = plan.roster.coverage["under"].sum() - roster.coverage["under"].sum()
    over = plan.roster.coverage["over"].sum() - roster.coverage["over"].sum()
    assert plan.added == pytest.approx((short * 100.0 + over * 0.0) * 0.5)
    assert plan.added == pytest.approx(100.0)  # two away for an hour, in which one was to spare
    assert plan.roster.objective == pytest.approx(roster.objective + plan.added)
    assert plan.roster.bound == roster.bound


def test_two_sessions_of_a_person_do_not_meet(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    sessions = [Session(name=name, length="1h", employees=("A00",), earliest=TUESDAY) for name in ("one", "two")]
    plan = place_sessions(roster, sessions, week, centre)
    first, second = sorted(zip(plan.sessions["start"], plan.sessions["end"], strict=True))
    assert first[1] <= second[0]
    assert not check(plan.roster, centre, week)
    assert str(plan).splitlines()[1] == "├─ placed     2 attendances in 2 groups"
    assert "<caption>Sessions</caption>" in plan._repr_html_()


def test_sessions_that_follow_each_other_stay_apart(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    # They fill the day, so that some must touch; each can still be moved by its own start.
    sessions = [Session(name=str(n), length="30min", employees=("A00",), earliest=TUESDAY) for n in range(16)]
    plan = place_sessions(roster, sessions, week, centre)
    held = plan.to_frame()[plan.to_frame()["activity"] == "meeting"]
    assert len(plan.sessions) == 16
    assert sorted(zip(held["start"], held["end"], strict=True)) == sorted(
        zip(plan.sessions["start"], plan.sessions["end"], strict=True)
    )


def test_who_cannot_attend_is_named(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    newcomer = Employee(id="B1", contract="full", skills=(Skill("calls"),), team="north")
    wider = replace(
        centre,
        employees=(*centre.employees, newcomer),
        contracts=(replace(centre.contracts[0], min_period="0h"),),
    )
    sessions = [
        Session(name="talk", length="1h", team="north"),
        Session(name="long", length="7h", employees=("A02",)),
    ]
    plan = place_sessions(roster, sessions, week, wider)
    assert plan.unplaced.to_numpy().tolist() == [
        ["long", "A02", "no 7h of work without a break or another session"],
        ["talk", "B1", "no shift in these days"],
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "who attends is given by nothing; give one of employees, team and queue"),
        ({"team": "a", "queue": "b"}, "who attends is given by team and queue"),
        ({"employees": ()}, "nobody attends; name at least one employee"),
        ({"team": "a", "group_size": 0}, "group_size must be a whole number at least 1, got 0"),
        ({"team": "a", "length": 60}, "length has no unit: 60"),
        ({"team": "a", "activity": "party"}, "unknown activity 'party'"),
        ({"team": "a", "earliest": TUESDAY, "latest": date(2026, 11, 2)}, "it ends on 2026-11-02, before it may begin"),
    ],
)
def test_a_bad_session_says_what_to_do(values: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Session(**{"name": "s", "length": "1h", **values})


def test_what_the_centre_does_not_have_is_named(roster: Roster, centre: Centre, week: pd.DataFrame) -> None:
    sessions = [
        Session(name="a", length="1h", team="nroth"),
        Session(name="a", length="1h", queue="cals"),
        Session(name="b", length="1h", employees=("A9",), latest=date(2026, 12, 1)),
    ]
    with pytest.raises(DataError) as caught:
        place_sessions(roster, sessions, week, centre)
    text = str(caught.value)
    for part in ("two sessions are named 'a'", "did you mean 'north'", "did you mean 'calls'", "unknown employee 'A9'"):
        assert part in text
    assert "2026-12-01 lies outside" in text
    with pytest.raises(DataError, match="no sessions; give at least one"):
        place_sessions(roster, [], week, centre)
