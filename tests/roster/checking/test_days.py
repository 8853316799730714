"""How the checker reads the rules over days, each by an example and its exact words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from wfm.domain import Break, CarryOver, Centre, Contract, Employee, Lock, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster.checking.checker import check
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
MONDAY = date(2026, 11, 2)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
LUNCH = Break(name="lunch", length="30min", earliest="1h", latest="6h", min_gap="2h")
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="06:00", latest_start="08:00", min_length="8h"),
    ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
    ShiftTemplate(name="night", earliest_start="20:00", latest_start="23:00", min_length="6h", max_length="8h"),
    ShiftTemplate(name="split", earliest_start="08:00", min_length="8h30min", breaks=(LUNCH,)),
)
STARTS = {"early": "07:00", "late": "14:00", "night": "22:00", "split": "08:00"}


def told(
    line: list[tuple[int, str] | tuple[int, str, str]],
    *,
    first: date = MONDAY,
    days: int = 14,
    lunch: str = "4h",
    length: str | None = None,
    person: dict[str, Any] | None = None,
    **rules: Any,
) -> list[str]:
    """Return what the checker says of a line of (day from the first Monday, template, start)."""
    contract = Contract(name="own", **{"max_week": "168h", "max_days_per_week": 7, "max_days_in_a_row": 14, **rules})
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(contract,),
        shifts=SHIFTS,
        employees=(Employee(id="Ann", contract="own", skills=(Skill("calls"),), **(person or {})),),
    )
    shifts, stretches = [], []
    for day, template, *clock in line:
        start = pd.Timestamp(f"{MONDAY + timedelta(days=day)} {(clock or [STARTS[template]])[0]}", tz=TZ)
        lasts = length or ("8h30min" if template == "split" else "8h")
        end = start + pd.Timedelta(lasts)
        paid = (end - start) / pd.Timedelta("1h") - (0.5 if template == "split" else 0.0)
        shifts.append({"employee": "Ann", "shift_start": start, "shift_end": end, "template": template, "paid_h": paid})
        cuts = [start, end]
        if template == "split":
            rest = start + pd.Timedelta(lunch)
            cuts = [start, rest, rest + pd.Timedelta("30min"), end]
        for place, (begin, until) in enumerate(pairwise(cuts)):
            name = "lunch" if place == 1 else "work"
            queue = None if name == "lunch" else "calls"
            row = {"employee": "Ann", "start": begin, "end": until, "activity": name, "queue": queue}
            stretches.append(row)
    roster = SimpleNamespace(shifts=pd.DataFrame(shifts), activities=pd.DataFrame(stretches))
    return [str(violation) for violation in check(roster, centre, horizon=Horizon(first, days=days, tz=TZ))]


def test_a_night_has_three_hours_between_eleven_and_six() -> None:
    nights = [(MON, "night", "20:00"), (TUE, "night", "20:00")]
    assert told(nights, length="6h", max_nights_in_a_row=1) == [  # 20:00 to 02:00 has exactly three
        "nights_in_a_row: Ann, 2026-11-03: works 2 nights in a row or more, at most 1"
    ]
    assert told([(MON, "late"), (TUE, "late")], max_nights_in_a_row=1) == []
    assert told([(MON, "night"), (WED, "night")], max_nights_in_a_row=1) == []


def test_nights_go_on_from_before_the_horizon() -> None:
    before = CarryOver(days_in_a_row=2, nights_in_a_row=2)
    assert told([(MON, "night")], max_nights_in_a_row=2, person={"before": before}) == [
        "nights_in_a_row: Ann, 2026-11-02: works 3 nights in a row or more, at most 2"
    ]
    assert told([(TUE, "night")], max_nights_in_a_row=2, person={"before": before}) == []


def test_a_free_stretch_begins_in_the_week_and_may_end_in_the_next() -> None:
    week = [(day, "early") for day in (MON, TUE, WED, THU, FRI, SAT)]
    # From Saturday 15:00 to Monday 07:00 are 40 hours, of which 33 lie in the week.
    assert told([*week, (7, "early")], min_free_week="40h") == []
    assert told([*week, (7, "early")], min_free_week="41h") == [
        "free_stretch: Ann, 2026-11-02: 1d16h without work in the week, at least 1d17h"
    ]
    late = CarryOver(last_end=datetime(2026, 11, 2, 6, tzinfo=ZoneInfo(TZ)), days_in_a_row=1)
    days = [(day, "late") for day in (TUE, WED, THU, FRI, SAT, SUN)]
    assert told(days, days=7, min_free_week="38h") == []  # Monday 00:00 to Tuesday 14:00
    assert told(days, days=7, min_free_week="38h", person={"before": late}) == [
        "free_stretch: Ann, 2026-11-02: 1d8h without work in the week, at least 1d14h"
    ]


def test_a_week_that_the_horizon_cuts_needs_no_free_stretch() -> None:
    assert told([(day, "early") for day in (WED, THU)], first=date(2026, 11, 4), days=2, min_free_week="60h") == []


def test_starts_lie_on_the_circle_of_the_clock() -> None:
    line = [(MON, "night", "23:00"), (WED, "early", "06:00"), (FRI, "early", "08:00")]
    assert told(line, max_start_spread="9h") == []
    assert told(line, max_start_spread="8h30min") == [
        "start_spread: Ann, 2026-11-02: starts of the week lie 9h apart on the clock, at most 8h30min"
    ]


def test_starts_before_the_horizon_count_in_the_week_that_it_cuts() -> None:
    before = CarryOver(week_days=1, week_paid="8h", week_starts=("14:00",), days_off_in_a_row=1)
    given = {"first": date(2026, 11, 4), "days": 5, "person": {"before": before}}
    assert told([(THU, "early")], max_start_spread="6h", **given) == [
        "start_spread: Ann, 2026-11-02: starts of the week lie 7h apart on the clock, at most 6h"
    ]


def test_runs_at_the_edges_are_not_too_short() -> None:
    assert told([(MON, "early"), (SUN + 7, "early")], min_days_in_a_row=2, min_days_off_in_a_row=3) == []
    assert told([(MON, "early"), (WED, "early"), (SUN + 7, "early")], min_days_in_a_row=2, min_days_off_in_a_row=3) == [
        "days_in_a_row_below: Ann, 2026-11-04: works 1 days in a row, at least 2",
        "days_off_in_a_row_below: Ann, 2026-11-03: has 1 days off in a row, at least 3",
    ]


def test_runs_whose_begin_is_known_are_judged_at_the_edge() -> None:
    working, idle = CarryOver(days_in_a_row=1), CarryOver(days_off_in_a_row=1)
    assert told([(TUE, "early")], min_days_in_a_row=2, person={"before": working}) == [
        "days_in_a_row_below: Ann, 2026-11-02: works 1 days in a row, at least 2",
        "days_in_a_row_below: Ann, 2026-11-03: works 1 days in a row, at least 2",
    ]
    assert told([(MON, "early")], min_days_off_in_a_row=2, person={"before": idle}) == [
        "days_off_in_a_row_below: Ann, 2026-11-02: has 1 days off in a row, at least 2"
    ]
    assert told([(MON, "early")], min_days_off_in_a_row=2, person={"before": CarryOver()}) == []
    assert told([(MON, "early"), (TUE, "early")], max_days_in_a_row=2, person={"before": working}) == [
        "days_in_a_row: Ann, 2026-11-02: works 3 days in a row, at most 2"
    ]


def test_a_whole_weekend_is_worked_or_off() -> None:
    assert told([(SAT, "early"), (SUN, "early")], whole_weekends=True) == []
    assert told([(SUN, "early")], whole_weekends=True) == [
        "weekend_split: Ann, 2026-11-07: works on the Sunday and not on the Saturday of a weekend"
    ]
    assert told([(SAT, "early")], days=6, whole_weekends=True) == []  # the horizon ends on the Saturday


def test_a_weekend_that_has_begun_counts_where_it_began() -> None:
    sunday, known = date(2026, 11, 8), CarryOver(weekend_worked_saturday=True, weekends=1)
    both = {"max_weekends": 1, "whole_weekends": True}
    assert told([(SUN, "early")], first=sunday, days=3, person={"before": known}, **both) == []
    assert told([(SUN, "early")], first=sunday, days=3, person={"before": CarryOver(weekends=1)}, **both) == [
        "weekends: Ann: works on 2 weekends, at most 1",
        "weekend_split: Ann, 2026-11-07: works on the Sunday and not on the Saturday of a weekend",
    ]
    assert told([(SUN, "early")], first=sunday, days=3, whole_weekends=True) == []


def test_hours_and_days_of_the_week_and_the_period_go_on() -> None:
    before = CarryOver(week_days=2, week_paid="16h", paid="30h", shifts={"early": 2}, days_off_in_a_row=1)
    given = {"first": date(2026, 11, 5), "days": 4, "person": {"before": before}}
    limits = {"max_week": "20h", "max_days_per_week": 2, "max_period": "35h", "max_shifts": {"early": 2}}
    assert told([(FRI, "early")], **given, **limits) == [
        "template_too_often: Ann: 3 shifts of template 'early', at most 2",
        "week_hours_above: Ann, 2026-11-02: 24 h paid in the week, at most 20 h, 16 h of it before the horizon",
        "period_hours_above: Ann: 38 h paid in the period, at most 35 h, 30 h of it before the horizon",
        "days_per_week: Ann, 2026-11-02: works 3 days in the week, at most 2",
    ]
    assert told([(FRI, "early")], **given, min_week="32h", min_period="40h") == [
        "week_hours_below: Ann, 2026-11-02: 24 h paid in the week, at least 32 h, 16 h of it before the horizon",
        "period_hours_below: Ann: 38 h paid in the period, at least 40 h, 30 h of it before the horizon",
    ]
    assert told([(FRI, "early")], first=date(2026, 11, 5), days=4, min_week="32h") == []


def test_rest_and_overlap_with_the_last_shift_before() -> None:
    def before(hour: int) -> dict[str, Any]:
        return {"before": CarryOver(last_end=datetime(2026, 11, 2, hour, tzinfo=ZoneInfo(TZ)), days_in_a_row=1)}

    assert told([(MON, "late")], person=before(3)) == []
    assert told([(MON, "late")], person=before(6)) == [
        "rest: Ann, 2026-11-02T14:00:00+01:00: 8h after the end of the last shift before the horizon, at least 11h"
    ]
    assert told([(MON, "early")], person=before(8)) == [
        "shift_overlap: Ann, 2026-11-02T07:00:00+01:00: starts before the last shift before the horizon ends at "
        "2026-11-02 08:00"
    ]


def test_the_rotation_begins_anew_and_people_are_ahead_in_it() -> None:
    rotation = {"rotation": (("early",), ("late",), ()), "rotation_from": date(2026, 10, 19)}  # 2 November: third week
    assert told([(MON, "early")], **rotation) == [
        "rotation: Ann, 2026-11-02T07:00:00+01:00: template 'early' is not in the week of the rotation: none"
    ]
    assert told([(7, "early")], **rotation) == []
    assert told([(MON, "early")], person={"rotation_week": 1}, **rotation) == []
    early = {**rotation, "rotation_from": date(2026, 11, 9)}  # a rotation reaches back too
    assert told([(MON, "late")], **early) == [
        "rotation: Ann, 2026-11-02T14:00:00+01:00: template 'late' is not in the week of the rotation: none"
    ]


def test_gaps_of_a_break_to_the_edges_of_its_shift() -> None:
    assert told([(MON, "split")], lunch="2h") == []
    assert told([(MON, "split")], lunch="1h30min") == [
        "break_too_close: Ann, 2026-11-02T09:30:00+01:00: break 'lunch' is 1h30min from the start of the shift, "
        "at least 2h"
    ]


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        (Lock(day=MONDAY, template="early"), "template 'split', locked to 'early'"),
        (Lock(day=MONDAY, start="08:30"), "starts at 08:00, locked to 08:30"),
        (Lock(day=MONDAY, length="8h"), "lasts 8h30min, locked to 8h"),
        (
            Lock(day=MONDAY, template="split", breaks={"lunch": "11:30"}),
            "break 'lunch' does not start at 11:30, to which it is locked",
        ),
        (Lock(day=MONDAY, off=True), "a shift stands on a day that is locked off"),
        (
            Lock(day=MONDAY + timedelta(days=1)),
            "no shift stands on a day that is locked to one",
        ),
    ],
)
def test_each_fault_of_a_lock_has_its_words(lock: Lock, text: str) -> None:
    assert told([(MON, "split")], person={"locks": (lock,)}) == [f"lock: Ann, {lock.day}: {text}"]


def test_a_lock_that_is_held_and_one_outside_the_horizon() -> None:
    held = Lock(day=MONDAY, template="split", start="08:00", length="8h30min", breaks={"lunch": "12:00"})
    assert told([(MON, "split")], person={"locks": (held, Lock(day=date(2026, 12, 24)))}) == []
