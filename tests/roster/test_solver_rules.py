"""Rules, locks and clocks by the public face of the solver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from wfm.domain import (
    Break,
    CarryOver,
    Centre,
    Contract,
    Lock,
    Preference,
    Prices,
    ShiftTemplate,
)
from wfm.errors import DataError
from wfm.roster import Roster, check, solve
from wfm.timegrid import Horizon

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]

TZ = "Europe/Berlin"
MONDAY = date(2026, 11, 2)
LUNCH = Break(name="lunch", length="30min", earliest="3h", latest="5h", min_gap="1h")
DAY = ShiftTemplate(
    name="day", earliest_start="06:00", latest_start="10:00", step="1h", min_length="8h30min", breaks=(LUNCH,)
)
NIGHT = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h")
RULED = Contract(
    name="full",
    cost_per_hour=20.0,
    max_nights_in_a_row=3,
    min_free_week="40h",
    whole_weekends=True,
    max_start_spread="4h",
    min_days_in_a_row=2,
    min_days_off_in_a_row=2,
    max_shifts={"night": 5},
)


def demand(horizon: Horizon, heads: float = 2.0) -> pd.DataFrame:
    return pd.DataFrame({"queue": "calls", "start": horizon.starts, "agents": heads, "scheduled": heads})


def worked_h(roster: Roster) -> float:
    """Return the hours of work in the activities, by elapsed time."""
    work = roster.activities[roster.activities["activity"] == "work"]
    return float((work["end"] - work["start"]).dt.total_seconds().sum()) / 3600


def test_every_rule_at_once_is_kept(make_centre: Make) -> None:
    horizon = Horizon(MONDAY, weeks=2, tz=TZ)
    centre = make_centre([("calls",)] * 4, shifts=(DAY, replace(NIGHT, not_after=("day",))), contract=RULED)
    roster = solve(demand(horizon), centre, work_limit=2)
    assert check(roster, centre, demand(horizon), horizon=horizon) == []
    assert roster.headcount == 4


@pytest.mark.parametrize(("first", "hours"), [(date(2026, 10, 19), 169), (date(2026, 3, 23), 167)])
def test_a_night_from_sunday_to_monday_over_the_change_of_the_clock(make_centre: Make, first: date, hours: int) -> None:
    """Coverage sums equal paid time to the minute, in a week of 167 or 169 hours."""
    horizon = Horizon(first, days=8, tz=TZ)  # to the Monday after the change
    assert len(Horizon(first, weeks=1, tz=TZ)) == 2 * hours
    night = replace(NIGHT, weekdays=(5, 6))
    centre = make_centre([("calls",)] * 3, shifts=(night,), contract=Contract(name="full", min_rest="8h"))
    need = demand(horizon, 3.0)
    roster = solve(need, centre, horizon=horizon, work_limit=1)
    assert check(roster, centre, need, horizon=horizon) == []
    assert len(roster.shifts) == 6  # Saturday and Sunday of each
    rostered_h = float(roster.coverage["rostered"].sum()) / 2
    assert rostered_h == pytest.approx(roster.paid_h, abs=1 / 3600)
    assert rostered_h == pytest.approx(worked_h(roster), abs=1 / 3600)
    lasting = (roster.shifts["shift_end"] - roster.shifts["shift_start"]).dt.total_seconds() / 3600
    assert set(lasting) == {8.0}


def test_what_is_locked_stays(make_centre: Make) -> None:
    horizon = Horizon(MONDAY, weeks=1, tz=TZ)
    centre = make_centre([("calls",)] * 3, shifts=(DAY, NIGHT), contract=replace(RULED, min_days_in_a_row=1))
    held = (
        Lock(day=MONDAY, template="day", start="09:00", breaks={"lunch": "13:30"}),
        Lock(day=MONDAY + timedelta(days=1), off=True),
        Lock(day=MONDAY + timedelta(days=2), off=True),
        Lock(day=MONDAY + timedelta(days=3), template="night"),
    )
    centre = replace(centre, employees=(replace(centre.employees[0], locks=held), *centre.employees[1:]))
    # The Thursday starts 13 hours after the Monday.
    centre = replace(centre, contracts=(replace(centre.contracts[0], max_start_spread="13h"),))
    roster = solve(demand(horizon), centre, work_limit=2)
    assert check(roster, centre, demand(horizon), horizon=horizon) == []
    mine = roster.shifts[roster.shifts["employee"] == "A00"]
    kept = [(f"{start:%a %H:%M}", name) for start, name in zip(mine["shift_start"], mine["template"], strict=True)]
    assert kept[:2] == [("Mon 09:00", "day"), ("Thu 22:00", "night")]
    lunch = roster.activities.query("employee == 'A00' and activity == 'lunch'")["start"]
    assert f"{lunch.iloc[0]:%a %H:%M}" == "Mon 13:30"


def test_permuted_people_give_the_same_cost(make_centre: Make) -> None:
    horizon = Horizon(MONDAY, weeks=1, tz=TZ)
    centre = make_centre([("calls",), ("chat",), ("calls", "chat")], shifts=(DAY, NIGHT), contract=RULED)
    need = pd.concat([demand(horizon, 1.0), demand(horizon, 1.0).assign(queue="chat")])
    backwards = replace(centre, employees=centre.employees[::-1], shifts=centre.shifts, queues=centre.queues)
    one, other = (solve(need, some, work_limit=1) for some in (centre, backwards))
    assert one.cost == other.cost
    pd.testing.assert_frame_equal(one.shifts, other.shifts)


def test_a_wish_against_a_template_is_worth_its_price(make_centre: Make) -> None:
    horizon = Horizon(MONDAY, days=1, tz=TZ)
    plain = make_centre([("calls",)], shifts=(NIGHT,), prices=Prices(shortage_per_hour=30.0))
    need = demand(horizon, 1.0)
    for price, heads in ((10.0, 1), (50.0, 0)):  # two hours of the night lie in the day: 60 of shortage, 40 of wages
        wish = Preference(day=MONDAY, wish="not template", template="night", price=price)
        contract = replace(plain.contracts[0], cost_per_hour=5.0)
        who = replace(plain.employees[0], preferences=(wish,))
        centre = replace(plain, employees=(who,), contracts=(contract,))
        roster = solve(need, centre, work_limit=1)
        assert roster.headcount == heads
        assert roster.cost["wishes"] == (price if heads else 0.0)


def test_who_is_on_call_costs_a_fee_for_each_shift(make_centre: Make) -> None:
    contract = Contract(name="call", kind="on call", cost_per_hour=20.0, cost_per_shift=35.0)
    early = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h")
    centre = make_centre([("calls",)] * 2, shifts=(early,), contract=contract)
    start = pd.date_range("2026-11-02 07:00", periods=16, freq="30min", tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    roster = solve(need, centre, work_limit=1)
    assert (roster.headcount, roster.objective) == (1, 8 * 20 + 35)


def test_the_rest_of_last_week_is_kept(make_centre: Make) -> None:
    early = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h")
    centre = make_centre([("calls",)] * 2, shifts=(early,))
    late = CarryOver(last_end=datetime(2026, 11, 1, 23, tzinfo=ZoneInfo(TZ)), days_in_a_row=1)
    tired = tuple(replace(who, before=late) for who in centre.employees)
    start = pd.date_range("2026-11-02 07:00", periods=16, freq="30min", tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    assert solve(need, centre, work_limit=1).headcount == 1
    assert solve(need, replace(centre, employees=tired), work_limit=1).headcount == 0


def test_heads_wanted_by_shift_without_a_requirement(make_centre: Make) -> None:
    """Two nurses, three days: a head missing costs 100, one too many 1, a request 5."""
    early = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h")
    late = ShiftTemplate(name="late", earliest_start="15:00", min_length="8h")
    contract = Contract(name="full", cost_per_hour=0.0, max_shifts={"early": 1}, max_day="8h")
    centre = make_centre([("ward",)] * 2, shifts=(early, late), contract=contract, prices=Prices(shortage_per_hour=1.0))
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    wanted = pd.DataFrame({"template": "early", "day": days, "heads": 1, "shortage_price": 100.0, "surplus_price": 1.0})
    roster = solve(None, centre, wanted=wanted, horizon=Horizon(MONDAY, days=3, tz=TZ), work_limit=1)
    assert roster.cost["wanted"] == 100.0  # two people with one early each for three days
    assert roster.objective == 100.0


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        (
            Lock(day=MONDAY, template="day", start="06:30"),
            "employee 'A00': the lock of 2026-11-02 cannot be held: no shift of the centre's templates is as it says; "
            "change the lock, or what forbids it",
        ),
        (
            Lock(day=MONDAY, template="day", breaks={"lunch": "20:00"}),
            "employee 'A00': the lock of 2026-11-02 cannot be held: no shift has its breaks at those times; "
            "change the lock, or what forbids it",
        ),
        (
            Lock(day=MONDAY, template="night"),
            "employee 'A00': the lock of 2026-11-02 cannot be held: the contract or an unavailability forbids it; "
            "change the lock, or what forbids it",
        ),
    ],
)
def test_a_lock_that_nothing_can_hold_is_named(make_centre: Make, lock: Lock, text: str) -> None:
    contract = Contract(name="full", templates=("day",))
    centre = make_centre([("calls",)], shifts=(DAY, NIGHT), contract=contract)
    centre = replace(centre, employees=(replace(centre.employees[0], locks=(lock,)),))
    with pytest.raises(DataError) as caught:
        solve(demand(Horizon(MONDAY, days=1, tz=TZ)), centre)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (
            CarryOver(week_days=2, week_paid="16h"),
            "employee 'A00': work of a week that has begun, before a horizon that begins on Monday 2026-11-02; "
            "leave out week_paid, week_days and week_starts",
        ),
        (
            CarryOver(weekend_worked_saturday=True),
            "employee 'A00': a Saturday worked just before a horizon that begins on a Monday; "
            "leave out weekend_worked_saturday",
        ),
        (
            CarryOver(known_from=MONDAY),
            "employee 'A00': known_from 2026-11-02 is not before the horizon, which begins on 2026-11-02; "
            "leave before out where nothing is known of the days before",
        ),
    ],
)
def test_a_past_that_does_not_fit_the_horizon_is_named(make_centre: Make, before: CarryOver, text: str) -> None:
    centre = make_centre([("calls",)], shifts=(DAY,))
    centre = replace(centre, employees=(replace(centre.employees[0], before=before),))
    with pytest.raises(DataError) as caught:
        solve(demand(Horizon(MONDAY, days=1, tz=TZ)), centre)
    assert str(caught.value) == text


def test_floors_above_the_requirement_and_days_outside_are_named(make_centre: Make) -> None:
    centre = make_centre([("calls",)], shifts=(replace(DAY, weekdays=(0, 1)),))
    horizon = Horizon(MONDAY, days=3, tz=TZ)
    with pytest.raises(DataError, match="floor 3 is above scheduled 2"):
        solve(demand(horizon).assign(floor=3.0), centre)
    wanted = pd.DataFrame({"template": "day", "day": [MONDAY + timedelta(days=n) for n in (2, 9)], "heads": 1})
    with pytest.raises(DataError) as caught:
        solve(None, centre, wanted=wanted.assign(shortage_price=1.0), horizon=horizon)
    assert [problem.what for problem in caught.value.problems] == [
        "no shift of 'day' starts on 2026-11-04, a Wednesday",
        "2026-11-11 is not in the horizon, 2026-11-02 to 2026-11-04",
    ]
    with pytest.raises(DataError, match="neither a requirement nor heads wanted by shift"):
        solve(None, centre, horizon=horizon)


def test_the_rule_that_leaves_no_line_is_named(make_centre: Make) -> None:
    held = tuple(Lock(day=MONDAY + timedelta(days=n), template="night") for n in range(3))
    contract = Contract(name="full", max_nights_in_a_row=2)
    centre = make_centre([("calls",)], shifts=(DAY, NIGHT), contract=contract)
    centre = replace(centre, employees=(replace(centre.employees[0], locks=held),))
    with pytest.raises(DataError) as caught:
        solve(demand(Horizon(MONDAY, days=5, tz=TZ)), centre)
    assert str(caught.value) == (
        "employee 'A00': no legal line of work: contract 'full' and its rules cannot be kept; it could be without "
        "max_nights_in_a_row or without the locks that ask for a shift; lower the minimum of the contract, give leave, "
        "or allow more shift templates"
    )


def test_who_has_no_line_beside_a_limit_of_weekends_is_told_why(make_centre: Make) -> None:
    """A limit of weekends that is left out, or out of reach, takes no memory."""
    horizon = Horizon(MONDAY, weeks=1, tz=TZ)
    early = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h")
    contract = Contract(
        name="full", min_period="40h", max_weekends=0, max_days_in_a_row=2, min_days_off_in_a_row=2, max_days_per_week=7
    )
    centre = make_centre([("calls",)], shifts=(early,), contract=contract)
    message = (
        "employee 'A00': no legal line of work: contract 'full' and its rules cannot be kept; it could be without "
        "max_days_in_a_row or without min_period"
    )
    with pytest.raises(DataError, match=message):
        solve(demand(horizon), centre, work_limit=0)
    far = replace(contract, max_weekends=10**9, min_period="32h")
    roster = solve(demand(horizon), replace(centre, contracts=(far,)), horizon=horizon, work_limit=0)
    assert roster.paid_h == 32.0
