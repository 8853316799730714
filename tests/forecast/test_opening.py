from __future__ import annotations

import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, OpeningHours
from wfm.errors import DataError
from wfm.forecast.grid import read_history
from wfm.forecast.opening import hours_of
from wfm.timegrid import Horizon


def seen(history):
    read = read_history(history)
    return hours_of(read.grid(next(read.by_queue())), None, {})


def test_hours_are_read_from_the_last_eight_weeks(history_of):
    early = history_of(lambda starts: 1.0, days=84, opens=6, closes=22, weekdays=(0, 1, 2, 3, 4, 5))
    late = history_of(lambda starts: 1.0, start="2026-03-30", days=56, opens=8, closes=18, weekdays=(0, 1, 2, 3, 4))
    assert str(seen(pd.concat([early, late]))) == "Mon-Fri 08:00-18:00"


def test_a_lone_row_opens_nothing(history_of):
    history = history_of(lambda starts: 1.0, days=56, opens=8, closes=18, weekdays=(0, 1, 2, 3, 4))
    lone = history.iloc[[0]].assign(start=pd.Timestamp("2026-01-06 21:00", tz="Europe/Berlin"))
    assert str(seen(pd.concat([history, lone]))) == "Mon-Fri 08:00-18:00"


def test_different_hours_and_breaks_are_told_apart(history_of):
    week = history_of(lambda starts: 1.0, days=28, opens=8, closes=18, weekdays=(0, 2))
    week = week[week["start"].dt.hour != 12]
    saturday = history_of(lambda starts: 1.0, days=28, opens=9, closes=13, weekdays=(5,))
    hours = "Mon 08:00-12:00,13:00-18:00; Wed 08:00-12:00,13:00-18:00; Sat 09:00-13:00"
    assert str(seen(pd.concat([week, saturday]))) == hours


def test_round_the_clock_has_46_and_50_half_hours(history_of):
    hours = seen(history_of(lambda starts: 1.0, days=28, freq="30min"))
    for day, count in (("2026-03-29", 46), ("2026-10-25", 50), ("2026-10-26", 48)):
        assert len(hours.open_starts(Horizon(day, days=1, tz="Europe/Berlin"))) == count


def test_the_calendar_and_a_queue_of_its_own(history_of):
    read = read_history(history_of(lambda starts: 1.0, days=28))
    grid = read.grid(next(read.by_queue()))
    calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:00-18:00"), "Europe/Berlin")
    horizon = Horizon("2026-03-02", weeks=1, interval="1h", tz="Europe/Berlin")
    assert len(hours_of(grid, calendar, {}).open_starts(horizon)) == 50
    assert len(hours_of(grid, calendar, {"calls": OpeningHours("Sat 08:00-10:00")}).open_starts(horizon)) == 2


def test_hours_that_change_inside_an_interval(history_of):
    read = read_history(history_of(lambda starts: 1.0, days=28))
    calendar = Calendar(CalendarSpec(hours="Mon-Fri 08:15-18:00"), "Europe/Berlin")
    hours = hours_of(read.grid(next(read.by_queue())), calendar, {})
    with pytest.raises(DataError, match="the opening hours change inside an interval of 1h"):
        hours.open_starts(Horizon("2026-03-02", weeks=1, interval="1h", tz="Europe/Berlin"))
