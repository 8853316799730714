from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from wfm.domain.shift import BREAK, LUNCH, MEETING, TRAINING, WORK, Activity, Break, ShiftTemplate
from wfm.errors import DataError

LUNCH_BREAK = Break(name="lunch", length="30min", earliest="3h", latest="5h")


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def template(**changes: Any) -> ShiftTemplate:
    return ShiftTemplate(**{"name": "day", "earliest_start": "08:00", "min_length": "8h", **changes})


def test_only_work_is_productive_and_only_lunch_unpaid() -> None:
    known = (WORK, BREAK, LUNCH, MEETING, TRAINING)
    assert [activity.name for activity in known if activity.productive] == ["work"]
    assert [activity.name for activity in known if not activity.paid] == ["lunch"]
    assert message(lambda: Activity("")).startswith("name must be a name, got ''")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": ""}, "name must be a name, got ''; give a non-empty text without spaces at its ends"),
        (
            {"name": "work"},
            "a break cannot be named 'work'; that is an activity of its own; write 'break' or 'lunch'",
        ),
        ({"length": 30}, "length has no unit: 30; write '30s', '30min' or '30h'"),
        ({"length": "0min"}, "length must be more than 0, got '0min'; give a length of time such as '30s'"),
        ({"latest": "2h"}, "break 'lunch' has its latest start 2:00:00 before its earliest 3:00:00; swap them"),
    ],
)
def test_each_fault_of_a_break_has_its_message(changes: dict[str, Any], text: str) -> None:
    given = {"name": "lunch", "length": "30min", "earliest": "3h", "latest": "5h", **changes}
    assert message(lambda: Break(**given)) == text


def test_a_break_keeps_its_gap_from_the_start_of_the_shift() -> None:
    told = message(lambda: Break(name="lunch", length="30min", earliest="0h", latest="1h", min_gap="2h"))
    what = "break 'lunch' starts at latest 1:00:00 into the shift, within its gap of 2:00:00"
    assert told == f"{what}; raise latest or lower min_gap"


def test_a_break_may_start_with_the_shift() -> None:
    assert Break(name="briefing", length="5min", earliest="0min", latest="5min").earliest_s == 0


def test_one_start_and_one_length_are_the_default() -> None:
    day = template()
    assert day.earliest_start_s == day.latest_start_s == 8 * 3600
    assert day.min_length_s == day.max_length_s == 8 * 3600
    assert (day.step_s, day.weekdays, day.breaks) == (1800, (0, 1, 2, 3, 4, 5, 6), ())


@pytest.mark.parametrize("start", ["07:30", time(7, 30), timedelta(hours=7, minutes=30)])
def test_starts_are_times_of_day(start: str | time | timedelta) -> None:
    assert template(earliest_start=start).earliest_start_s == 27000


def test_only_unpaid_breaks_shorten_the_pay() -> None:
    pause = Break(name="pause", length="15min", earliest="1h", latest="2h", paid=True)
    day = template(max_length="10h", breaks=[LUNCH_BREAK, pause])
    assert (day.unpaid_s, day.min_paid_s, day.max_paid_s) == (1800, 27000, 34200)


def test_weekdays_are_kept_in_order() -> None:
    assert template(weekdays=[5, 0, 5]).weekdays == (0, 5)


FIRST = Break(name="a", length="1h", earliest="0h", latest="0h")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"earliest_start": "8"}, "earliest_start is not a time of day: '8'; write it as '07:30'"),
        ({"earliest_start": None}, "earliest_start is not a time of day: None; write it as '07:30'"),
        ({"earliest_start": "24:00"}, "a start at 24:00 (1 day, 0:00:00); write '00:00' on the next day's weekday"),
        ({"min_length": "0h"}, "min_length must be more than 0, got '0h'; give a length of time such as '30s'"),
        ({"step": "0h"}, "step must be more than 0, got '0h'; give a length of time such as '30s'"),
        (
            {"latest_start": "07:00"},
            "latest start 7:00:00 is before the earliest 8:00:00; "
            "swap them; a window does not pass midnight: write two templates",
        ),
        ({"max_length": "7h"}, "max_length 7h is below min_length 8h; swap them"),
        ({"max_length": "24h30min"}, "max_length 1 day, 0:30:00 is longer than a day; give at most '24h'"),
        (
            {"latest_start": "08:45"},
            "the start 8:45:00 is not reached from 8:00:00 in steps of 0:30:00; change latest_start or the step",
        ),
        (
            {"max_length": "8h10min"},
            "the length 8:10:00 is not reached from 8:00:00 in steps of 0:30:00; change max_length or the step",
        ),
        ({"weekdays": ()}, "weekdays (); give numbers from 0 (Monday) to 6 (Sunday)"),
        ({"weekdays": (7,)}, "weekdays (7,); give numbers from 0 (Monday) to 6 (Sunday)"),
        (
            {"breaks": (LUNCH_BREAK, LUNCH_BREAK)},
            "two breaks are named 'lunch'; name them apart, such as 'break 1' and 'break 2'",
        ),
        (
            {"min_length": "3h", "breaks": (LUNCH_BREAK,)},
            "break 'lunch' does not fit into the shortest shift of 3h; widen its window or lengthen the shift",
        ),
        (
            {"breaks": (FIRST, Break(name="b", length="1h", earliest="0h", latest="30min"))},
            "break 'b' does not fit into the shortest shift of 8h; widen its window or lengthen the shift",
        ),
    ],
)
def test_each_fault_of_a_template_has_its_message(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: template(**changes)) == text


def test_gaps_of_breaks_must_fit_into_the_shortest_shift() -> None:
    rests = tuple(Break(name=n, length="15min", earliest="1h", latest="4h", min_gap="1h30min") for n in "ab")
    assert template(min_length="5h", breaks=rests).min_paid_s == 4.5 * 3600
    told = message(lambda: template(min_length="4h30min", breaks=rests))
    assert told.startswith("break 'b' does not fit into the shortest shift of 4h30min")


def test_all_faults_of_a_template_are_told_at_once() -> None:
    told = message(lambda: template(latest_start="07:00", max_length="7h", weekdays=()))
    assert told.startswith("3 problems in shift template 'day':")


def test_breaks_may_follow_one_another() -> None:
    second = Break(name="b", length="1h", earliest="0h", latest="1h")
    assert len(template(breaks=(second, FIRST)).breaks) == 2
