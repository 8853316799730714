"""The roster by its public face: legal, priced, bounded, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm.domain import (
    Break,
    CalendarSpec,
    Centre,
    Contract,
    Employee,
    Preference,
    Prices,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)
from wfm.errors import DataError
from wfm.roster import Roster, Status, check, solve
from wfm.timegrid import Horizon

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]


def short_h(roster: Roster) -> float:
    return float(roster.coverage["under"].sum()) / 2


def test_flexible_people_are_not_counted_twice(need: Need, make_centre: Make) -> None:
    # 10 on chat and 10 on phone from people who serve both: 20 people, not 10.
    centre = make_centre([("chat", "phone")] * 24)
    roster = solve(need("2026-11-02 07:00", 16, chat=10, phone=10), centre)
    assert roster.headcount == 20
    assert short_h(roster) == 0
    assert roster.status is Status.OPTIMAL
    assert roster.objective == pytest.approx(20 * 8 * 20)


def test_ten_flexible_people_leave_ten_short(need: Need, make_centre: Make) -> None:
    centre = make_centre([("chat", "phone")] * 10)
    roster = solve(need("2026-11-02 07:00", 16, chat=10, phone=10), centre)
    assert short_h(roster) == pytest.approx(80)
    assert roster.cost["shortage"] == pytest.approx(80 * 200)


def test_days_that_need_fewer_than_the_contracts_promise_are_covered(make_centre: Make) -> None:
    # The days of Winston's post office (see test_linear.py) with 23 people who must work 40 h.
    contract = Contract(name="five days", min_week="40h", max_week="40h", max_days_in_a_row=5, cost_per_hour=1.0)
    centre = make_centre([("mail",)] * 23, contract=contract)
    wanted = _daily([17, 13, 15, 19, 14, 16, 11], "mail")
    roster = solve(wanted, centre)
    assert short_h(roster) == 0
    assert roster.objective == 23 * 40
    assert check(roster, centre, wanted) == []


def test_union_airways_costs_30610(make_centre: Make) -> None:
    """Hillier and Lieberman, Introduction to Operations Research, 3.4: shifts of 48, 31, 39, 43, 15; 30,610 a day."""
    starts = {"06:00": 170, "08:00": 160, "12:00": 175, "16:00": 180, "22:00": 195}
    need_by_hour = [(6, 8, 48), (8, 10, 79), (10, 12, 65), (12, 14, 87), (14, 16, 64), (16, 18, 73), (18, 20, 82)]
    need_by_hour += [(20, 22, 43), (22, 24, 52), (24, 30, 15)]
    shifts = tuple(ShiftTemplate(name=start, earliest_start=start, min_length="8h") for start in starts)
    contracts = tuple(
        Contract(name=start, templates=(start,), cost_per_hour=wage / 8) for start, wage in starts.items()
    )
    people = tuple(
        Employee(id=f"{start} {n:02d}", contract=start, skills=(Skill("desk"),)) for start in starts for n in range(50)
    )
    centre = replace(make_centre([("desk",)]), contracts=contracts, shifts=shifts, employees=people)
    day = pd.Timestamp("2026-11-03", tz="Europe/Berlin")
    rows = [
        (day + timedelta(hours=half / 2), heads)
        for low, high, heads in need_by_hour
        for half in range(2 * low, 2 * high)
    ]
    # The night's last six hours fall onto the next day, on which no shift is to start: nobody is free.
    people = tuple(
        replace(person, unavailable=(_instants("2026-11-04 06:00", "2026-11-05 00:00"),)) for person in people
    )
    need = pd.DataFrame(
        {"queue": "desk", "start": [row[0] for row in rows], "scheduled": [row[1] for row in rows]}
    ).assign(load_erl=1.0, agents=1)
    roster = solve(need, replace(centre, employees=people))
    assert roster.objective == pytest.approx(30610)
    assert roster.shifts["template"].value_counts().to_dict() == {
        "06:00": 48,
        "08:00": 31,
        "12:00": 39,
        "16:00": 43,
        "22:00": 15,
    }
    assert roster.status is Status.OPTIMAL


@pytest.mark.parametrize(("first", "hours"), [("2026-03-23", 167), ("2026-10-19", 169)])
def test_coverage_is_paid_time_over_a_change_of_the_clock(make_centre: Make, first: str, hours: int) -> None:
    night = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h", weekdays=(5, 6))
    centre = make_centre([("calls",)] * 4, shifts=(night,), contract=Contract(name="full", min_rest="8h"))
    begin = pd.Timestamp(first, tz=centre.tz)
    end = begin + pd.DateOffset(days=8)
    starts = pd.date_range(begin.tz_convert("UTC"), end.tz_convert("UTC"), freq="30min", inclusive="left")
    assert len(starts) == 2 * (hours + 24)
    need = pd.DataFrame({"queue": "calls", "start": starts.tz_convert(centre.tz), "scheduled": 2})
    roster = solve(need.assign(load_erl=1.0, agents=1), centre)
    assert check(roster, centre, need.assign(load_erl=1.0, agents=1)) == []
    elapsed = (roster.shifts["shift_end"] - roster.shifts["shift_start"]).dt.total_seconds().sum() / 3600
    assert roster.paid_h == elapsed == 8 * len(roster.shifts) > 0
    assert roster.coverage["rostered"].sum() / 2 == pytest.approx(roster.paid_h)


def test_same_input_gives_the_same_bytes_and_permuted_people_the_same_cost() -> None:
    centre, need = _shop(seed=3, people=9)
    first, again = solve(need, centre, work_limit=60), solve(need, centre, work_limit=60)
    turned = solve(need, replace(centre, employees=centre.employees[::-1]), work_limit=60)
    for name in ("shifts", "activities", "coverage"):
        assert getattr(first, name).to_csv() == getattr(again, name).to_csv()
    assert turned.cost == first.cost
    assert turned.bound == first.bound


def test_everybody_on_leave_gives_a_legal_empty_roster(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 3, contract=Contract(name="full", min_week="32h"))
    away = Unavailability(start=date(2026, 11, 1), end=date(2026, 12, 1))
    centre = replace(centre, employees=tuple(replace(p, unavailable=(away,)) for p in centre.employees))
    wanted = need("2026-11-02 07:00", 7 * 48 - 14, calls=1)
    roster = solve(wanted, centre)
    assert roster.shifts.empty
    assert roster.activities.empty
    assert check(roster, centre, wanted) == []
    assert roster.coverage["under"].tolist() == roster.coverage["required"].tolist()


def test_minimum_hours_are_worked_without_demand(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, contract=Contract(name="full", min_week="40h"))
    wanted = need("2026-11-02 00:00", 7 * 48, calls=0)
    roster = solve(wanted, centre)
    assert roster.paid_h == 80
    assert check(roster, centre, wanted) == []


def test_overtime_is_bought_where_it_is_cheaper_than_shortage(need: Need, make_centre: Make) -> None:
    contract = Contract(name="full", max_week="16h", max_overtime_week="8h", cost_per_hour=20.0)
    centre = make_centre([("calls",)], contract=contract)
    roster = solve(_daily([1, 1, 1, 1, 0, 0, 0], "calls"), centre)
    assert roster.cost["wages"] == pytest.approx(16 * 20)
    assert roster.cost["overtime"] == pytest.approx(8 * 20 * 1.5)
    assert roster.cost["shortage"] == pytest.approx(8 * 200)


def test_a_wish_is_honoured_where_it_costs_nothing(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2)
    first, second = centre.employees
    wish = Preference(day=date(2026, 11, 2), wish="off")
    centre = replace(centre, employees=(replace(first, preferences=(wish,)), second))
    roster = solve(need("2026-11-02 07:00", 16, calls=1), centre)
    assert roster.shifts["employee"].tolist() == ["A01"]
    assert roster.cost["wishes"] == 0


def test_a_wish_not_met_is_priced(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)], prices=Prices(wish=7.0))
    wish = Preference(day=date(2026, 11, 2), wish="off", rank=2)
    centre = replace(centre, employees=(replace(centre.employees[0], preferences=(wish,)),))
    roster = solve(need("2026-11-02 07:00", 16, calls=1), centre)
    assert roster.cost["wishes"] == pytest.approx(3.5)


def test_surplus_is_priced(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)], prices=Prices(surplus_per_hour=3.0))
    wanted = need("2026-11-02 07:00", 16, calls=1)
    wanted.loc[:3, "scheduled"] = 0
    roster = solve(wanted, centre)
    assert roster.cost["surplus"] == pytest.approx(2 * 3)
    assert roster.objective == pytest.approx(160 + 6)


def test_breaks_are_spread_where_they_cost_nothing(need: Need, make_centre: Make) -> None:
    pause = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    shift = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h30min", breaks=(pause,))
    centre = make_centre([("calls",)] * 5, shifts=(shift,))
    wanted = need("2026-11-02 07:00", 17, calls=4)
    roster = solve(wanted, centre)
    assert short_h(roster) == 0
    assert roster.headcount == 5
    assert check(roster, centre, wanted) == []


def test_breaks_with_windows_that_overlap_do_not_overlap(need: Need, make_centre: Make) -> None:
    rests = tuple(
        Break(name=name, length=length, earliest="3h", latest="4h", paid=True)
        for name, length in (("one", "15min"), ("two", "30min"), ("three", "15min"))
    )
    shift = ShiftTemplate(name="early", earliest_start="07:00", min_length="8h", breaks=rests)
    centre = make_centre([("calls",)] * 3, shifts=(shift,))
    wanted = need("2026-11-02 07:00", 16, calls=2)
    # The cheapest place for all three breaks is the one hour in which nobody is needed.
    wanted.loc[6:7, "scheduled"] = 0
    roster = solve(wanted, centre)
    assert check(roster, centre, wanted) == []
    assert short_h(roster) == 0
    assert roster.headcount == 2


def test_people_stay_on_their_queue(need: Need, make_centre: Make) -> None:
    centre = make_centre([("chat", "phone"), ("phone", "chat")])
    roster = solve(need("2026-11-02 07:00", 16, chat=1, phone=1), centre)
    assert roster.activities["queue"].tolist() == ["chat", "phone"]


def test_no_work_limit_still_gives_a_legal_roster() -> None:
    centre, wanted = _shop(seed=5, people=8)
    roster = solve(wanted, centre, work_limit=0)
    assert check(roster, centre, wanted) == []


def test_time_limit_is_kept(need: Need) -> None:
    centre, wanted = _shop(seed=1, people=12)
    roster = solve(wanted, centre, work_limit=10**6, time_limit="3s")
    assert check(roster, centre, wanted) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.iloc[:0], "the requirement is empty"),
        (lambda frame: frame.assign(queue="call"), "unknown queue 'call' .*did you mean 'calls'"),
        (
            lambda frame: frame.assign(start=frame["start"] + pd.Timedelta(minutes=10)),
            "is not the start of an interval of 30min of the centre",
        ),
    ],
)
def test_bad_requirement(need: Need, make_centre: Make, change: Callable[..., pd.DataFrame], message: str) -> None:
    with pytest.raises(DataError, match=message):
        solve(change(need("2026-11-02 07:00", 4, calls=1)), make_centre([("calls",)]))


def test_what_is_of_another_kind_is_named(need: Need, make_centre: Make) -> None:
    rows, centre = need("2026-11-02 07:00", 4, calls=1), make_centre([("calls",)])
    with pytest.raises(DataError, match="a int is no frame"):
        solve(cast("pd.DataFrame", 3), centre)
    with pytest.raises(DataError, match="centre must be a Centre, got 3"):
        solve(rows, cast("Centre", 3))
    with pytest.raises(DataError, match="horizon must be a Horizon, got 3"):
        solve(rows, centre, horizon=cast("Horizon", 3))
    roster = solve(rows, centre, work_limit=0)
    with pytest.raises(DataError, match="centre must be a Centre, got 3"):
        check(roster, cast("Centre", 3), rows)
    with pytest.raises(DataError, match="horizon must be a Horizon, got 3"):
        check(roster, centre, rows, horizon=cast("Horizon", 3))


def test_centre_without_anything_to_roster(need: Need) -> None:
    centre = Centre(name="desk", tz="Europe/Berlin", queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),))
    with pytest.raises(DataError) as caught:
        solve(need("2026-11-02 07:00", 4, calls=1), centre)
    message = str(caught.value)
    assert all(word in message for word in ("no employees", "no contracts", "no shift templates"))


def test_minimum_that_availability_cannot_hold_is_named(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, contract=Contract(name="full", min_week="32h"))
    away = tuple(_instants(f"2026-11-0{day} 06:00", f"2026-11-0{day} 20:00") for day in range(2, 7))
    first, second = centre.employees
    centre = replace(centre, employees=(replace(first, unavailable=away), second))
    message = "employee 'A00': no legal line of work: the week of 2026-11-02 needs at least 32 h paid, at most 16 h fit"
    with pytest.raises(DataError, match=message):
        solve(need("2026-11-02 00:00", 7 * 48, calls=1), centre)


def _instants(start: str, end: str) -> Unavailability:
    zone = ZoneInfo("Europe/Berlin")
    begin, finish = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (start, end))
    return Unavailability(start=begin, end=finish)


def _daily(wanted: list[int], queue: str) -> pd.DataFrame:
    """Return a week's requirement from 07:00 to 15:00 with as many heads as wanted each day."""
    frames = []
    for number, heads in enumerate(wanted):
        begin = pd.Timestamp("2026-11-02 07:00", tz="Europe/Berlin") + pd.Timedelta(days=number)
        starts = pd.date_range(begin, periods=16, freq="30min")
        frames.append(pd.DataFrame({"queue": queue, "start": starts, "scheduled": heads}))
    return pd.concat(frames, ignore_index=True).assign(load_erl=1.0, agents=1)


def _shop(seed: int, people: int) -> tuple[Centre, pd.DataFrame]:
    """Return a random centre of two queues, three contracts and moving breaks, and a week's requirement."""
    random = np.random.default_rng(seed)
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="4h30min")
    pause = Break(name="break", length="15min", earliest="1h30min", latest="2h45min", paid=True)
    shifts = (
        ShiftTemplate(
            name="day",
            earliest_start="06:00",
            latest_start="14:00",
            step="1h",
            min_length="8h30min",
            breaks=(pause, lunch),
        ),
        ShiftTemplate(name="night", earliest_start="22:00", min_length="8h", breaks=(pause,), weekdays=(0, 1, 2, 6)),
        ShiftTemplate(
            name="short",
            earliest_start="08:00",
            latest_start="16:00",
            step="1h",
            min_length="4h",
            max_length="6h",
            breaks=(pause,),
        ),
    )
    contracts = (
        Contract(name="full", min_week="24h", templates=("day", "night"), cost_per_hour=20.0, max_days_in_a_row=4),
        Contract(name="part", kind="part", max_week="20h", templates=("short",), cost_per_hour=18.0, max_weekends=0),
        Contract(
            name="temp",
            max_week="24h",
            max_period="16h",
            max_overtime_week="8h",
            cost_per_hour=25.0,
            max_days_per_week=3,
        ),
    )
    staff = []
    for number in range(people):
        skills = [("calls",), ("chat", "calls"), ("chat",)][int(random.integers(3))] if number else ("chat", "calls")
        away = ()
        if random.random() < 0.3:
            day = date(2026, 11, 2) + timedelta(days=int(random.integers(7)))
            away = (Unavailability(start=day, end=day + timedelta(days=1)),)
        wish = ()
        if random.random() < 0.3:
            day = date(2026, 11, 2) + timedelta(days=int(random.integers(7)))
            wish = (Preference(day=day, wish=["off", "work"][int(random.integers(2))]),)
        contract = contracts[int(random.integers(3))].name
        staff.append(
            Employee(
                id=f"B{number}",
                contract=contract,
                skills=tuple(map(Skill, skills)),
                unavailable=away,
                preferences=wish,
            )
        )
    centre = Centre(
        name="shop",
        tz="Europe/Berlin",
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "chat")),
        calendar=CalendarSpec(),
        contracts=contracts,
        shifts=shifts,
        employees=tuple(staff),
        prices=Prices(surplus_per_hour=float(random.integers(0, 2))),
    )
    starts = pd.date_range("2026-11-02", periods=7 * 48, freq="30min", tz="Europe/Berlin")
    frames = [
        pd.DataFrame({"queue": name, "start": starts, "scheduled": random.integers(0, 3, len(starts))})
        for name in ("calls", "chat")
    ]
    return centre, pd.concat(frames, ignore_index=True).assign(load_erl=1.0, agents=1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), people=st.integers(1, 8))
def test_every_roster_is_legal_and_above_its_bound(seed: int, people: int) -> None:
    centre, wanted = _shop(seed, people)
    roster = solve(wanted, centre, work_limit=20)
    assert check(roster, centre, wanted) == []
    assert roster.bound is not None
    assert roster.bound <= roster.objective + 1e-6
    assert roster.cost["shortage"] == pytest.approx(short_h(roster) * 250)
    minutes = (roster.activities["end"] - roster.activities["start"]).dt.total_seconds().sum() / 60
    shifts = (roster.shifts["shift_end"] - roster.shifts["shift_start"]).dt.total_seconds().sum() / 60
    assert minutes == shifts


def test_the_result_prints_and_shows(need: Need, make_centre: Make) -> None:
    roster = solve(need("2026-11-02 07:00", 16, calls=1), make_centre([("calls",)]))
    assert str(roster).splitlines()[1] == "├─ status  optimal"
    assert "<table>" in roster._repr_html_()
    assert roster.to_frame() is roster.activities
    assert roster.gap == pytest.approx(0.0)


def test_in_a_typical_week_sunday_night_covers_monday(make_centre: Make) -> None:
    night = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h", weekdays=(6,))
    centre = make_centre([("calls",)], shifts=(night,))
    week = Horizon("2026-11-02", weeks=1, tz="Europe/Berlin", cyclic=True)
    starts = week.starts[:12]  # Monday 00:00 to 06:00
    wanted = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 0.5, "agents": 1, "scheduled": 1})
    roster = solve(wanted, centre, horizon=week)
    assert roster.shifts["shift_start"].tolist() == [pd.Timestamp("2026-11-08 22:00", tz="Europe/Berlin")]
    assert roster.coverage["rostered"].tolist() == [1.0] * 12
    assert roster.status is Status.OPTIMAL
    assert check(roster, centre, wanted, horizon=week) == []
    # Without the wrap nobody can be there, and whoever came would cover nothing.
    plain = solve(wanted, centre, horizon=replace(week, cyclic=False))
    assert plain.headcount == 0
    assert short_h(plain) == 6


def test_a_horizon_that_does_not_fit_is_refused_with_every_fault(need: Need, make_centre: Make) -> None:
    horizon = Horizon("2026-11-03", weeks=1, interval="15min", tz="UTC")
    with pytest.raises(DataError) as caught:
        solve(need("2026-11-02 07:00", 16, calls=1), make_centre([("calls",)]), horizon=horizon)
    text = str(caught.value)
    assert "it is in UTC, the centre in Europe/Berlin; write Horizon(..., tz='Europe/Berlin')" in text
    assert "it has intervals of 15min, the centre of 30min; write Horizon(..., interval='30min')" in text
    assert "it runs from 2026-11-03 to 2026-11-09, the requirement from 2026-11-02 to 2026-11-02" in text


@pytest.mark.parametrize(("credit", "hours"), [(None, 32), ("8h", 32), ("20h", 20), ("0h", 40), ("60h", 0)])
def test_leave_lowers_the_minimum_by_its_credit(make_centre: Make, credit: str | None, hours: int) -> None:
    contract = Contract(name="full", min_week="40h", cost_per_hour=1.0)
    shift = ShiftTemplate(name="any", earliest_start="07:00", min_length="4h", max_length="8h")
    centre = make_centre([("calls",)], contract=contract, shifts=(shift,))
    leave = Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4), credit=credit)
    centre = replace(centre, employees=(replace(centre.employees[0], unavailable=(leave,)),))
    starts = Horizon("2026-11-02", weeks=1, tz="Europe/Berlin").starts
    idle = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 0.0, "agents": 0, "scheduled": 0})
    if credit == "0h":
        centre = replace(centre, contracts=(replace(contract, max_days_per_week=6),))
    roster = solve(idle, centre, work_limit=5)
    assert roster.paid_h == hours
    assert check(roster, centre, idle) == []
