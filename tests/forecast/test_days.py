from __future__ import annotations

from datetime import date

import numpy as np

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Event
from wfm.forecast.days import as_date, day_features, day_number, weekdays


def numbers(first: date, count: int) -> np.ndarray:
    return np.arange(day_number(first), day_number(first) + count)


def test_numbers_and_dates_are_each_other():
    assert as_date(day_number(date(2026, 2, 28)) + 1) == date(2026, 3, 1)
    assert day_number(date(1970, 1, 1)) == 0


def test_weekdays_and_make_up_days():
    number = numbers(date(2026, 2, 14), 3)  # Saturday
    assert weekdays(number, None).tolist() == [5, 6, 0]
    calendar = Calendar(CalendarSpec(country="CN", makeup_days=(date(2026, 2, 14),)), "Asia/Shanghai")
    assert weekdays(number, calendar).tolist() == [0, 6, 0]


def test_the_phase_of_the_month_knows_its_length():
    features = day_features(numbers(date(2026, 2, 28), 2), np.ones(2, dtype=bool), None)
    np.testing.assert_allclose(features.phase, [27 / 28, 0.0])


def test_the_day_after_a_closed_one_is_marked_once():
    is_open = np.tile([True] * 5 + [False] * 2, 4)
    is_open[14] = False  # the third Monday
    features = day_features(numbers(date(2026, 1, 5), 28), is_open, None)
    assert np.flatnonzero(features.after_closed).tolist() == [15]
    is_open[15] = False
    features = day_features(numbers(date(2026, 1, 5), 28), is_open, None)
    assert np.flatnonzero(features.after_closed).tolist() == [16]
    is_open = np.tile([True] * 5 + [False] * 2, 4)
    is_open[18] = False  # a Friday: the Monday after the weekend follows it
    features = day_features(numbers(date(2026, 1, 5), 28), is_open, None)
    assert np.flatnonzero(features.after_closed).tolist() == [21]


def test_marks_of_holidays_and_events():
    sale = Event(name="11.11", dates=(date(2026, 11, 11),), kind="promotion", before=1, after=1)
    calendar = Calendar(CalendarSpec(country="US", events=(sale,)), "America/New_York")
    features = day_features(numbers(date(2026, 11, 8), 6), np.ones(6, dtype=bool), calendar)
    names = [{mark.name for mark in marks} for marks in features.marks]
    assert names[0] == names[5] == set()
    assert "11.11 before" in names[2]
    assert "day before Veterans Day" in names[2]
    assert names[3] >= {"holiday", "Veterans Day", "promotion", "11.11 during", "11.11 during 0"}
    assert "11.11 after" in names[4]
    assert features.special.tolist() == [False, False, True, True, True, False]
    assert features.take(features.special).marks.tolist() == features.marks[2:5].tolist()
