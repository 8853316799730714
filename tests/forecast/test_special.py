from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Event, OpeningHours
from wfm.forecast import Forecaster
from wfm.forecast.days import as_date, day_features, day_number
from wfm.forecast.level import fit_level
from wfm.forecast.marks import Part, Sort
from wfm.forecast.special import find_looks, special_variance
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
SEEN = np.ones(7, dtype=bool)
WEEK = np.array([1.2, 1.0, 1.0, 0.9, 0.9, 0.4, 0.3])


def features(first: date, count: int, *events: Event, country: str | None = None, known: int | None = None):
    calendar = Calendar(CalendarSpec(events=events, country=country), TZ)
    number = np.arange(day_number(first), day_number(first) + count)
    return day_features(number, np.ones(count, dtype=bool), calendar, known=known)


def levels(days, seed=0, noise=0.03):
    chance = np.random.default_rng(seed).normal(0, noise, len(days.number))
    return 1000 * WEEK[days.weekday] * np.exp(chance)


def test_a_holiday_looks_like_the_weekday_whose_level_and_course_it_has():
    days = features(date(2025, 4, 1), 60, country="DE")
    friday = np.flatnonzero(days.number == day_number(date(2025, 4, 18)))  # Good Friday
    one = days.take(friday)
    above = np.log(0.4 / WEEK)[None]
    assert find_looks(one, above, np.zeros((1, 7)), SEEN).weekday == {"Good Friday": 5}
    unlike = np.zeros((1, 7))
    unlike[0, 4:6] = 0.4
    assert find_looks(one, above, unlike, SEEN).weekday == {"Good Friday": 6}
    assert find_looks(one, np.log(0.85 / WEEK)[None], np.zeros((1, 7)), SEEN).weekday == {}


def test_a_holiday_borrows_its_saturday_whatever_weekday_it_falls_on():
    days = features(date(2024, 1, 1), 900, country="DE", known=700)
    past, ahead = days.take(slice(0, 700)), days.take(slice(700, 900))
    level = levels(past)
    names = np.array([next((mark.name for mark in marks if mark.sort is Sort.HOLIDAY), "") for marks in days.marks])
    level = np.where(names[:700] == "", level, 400.0)
    said = fit_level(level, past).predict(ahead)[0]
    holidays = names[700:] != ""
    assert holidays.sum() > 3
    np.testing.assert_allclose(said[holidays], 400.0, rtol=0.12)
    plain = np.array([not marks for marks in ahead.marks])
    np.testing.assert_allclose(said[plain], 1000 * WEEK[ahead.weekday[plain]], rtol=0.08)


def test_what_was_seen_tells_how_much_special_days_stand_out():
    days = features(date(2025, 1, 1), 365, country="US")
    one = days.take(np.array([any(mark.sort is Sort.HOLIDAY for mark in marks) for marks in days.marks]))
    count = len(one.number)
    quiet = special_variance(one.marks, np.full(count, 0.02), np.full(count, 0.01))
    wild = special_variance(one.marks, np.full(count, 1.0), np.full(count, 0.01))
    unknown = special_variance(one.marks[:0], np.empty(0), np.empty(0))
    holiday, event = (Sort.HOLIDAY, Part.NAME), (Sort.EVENT, Part.NAME)
    assert quiet[holiday] < unknown[holiday] < wild[holiday]
    assert quiet[event] == unknown[event]


def sale(*dates: str, name: str = "sale", **more) -> Event:
    return Event(name=name, dates=tuple(map(date.fromisoformat, dates)), kind="promotion", **more)


def test_an_event_seen_once_is_less_sure_than_one_seen_often():
    often = sale("2026-01-14", "2026-02-11", "2026-03-11", "2026-04-15")
    once = sale("2026-03-11", "2026-04-15")
    spread = []
    for event in (once, often):
        days = features(date(2026, 1, 5), 120, event, known=84)
        past, ahead = days.take(slice(0, 84)), days.take(slice(84, 120))
        level = levels(past) * np.where(past.special, 3.0, 1.0)
        fit = fit_level(level, past)
        mean, joint = fit.predict(ahead)
        at = int(np.flatnonzero(ahead.special)[0])
        assert as_date(ahead.number[at]) == date(2026, 4, 15)
        assert mean[at] == pytest.approx(3000 * WEEK[2], rel=0.12)
        spread.append(joint[at, at])
        assert joint[at, at] > 2 * joint[at + 1, at + 1]
    assert spread[0] > spread[1]


@pytest.mark.parametrize(("strength", "factor"), [(1.0, 3.0), (1.2, 3.4), (0.5, 2.0)])
def test_a_new_event_takes_the_lift_of_the_one_it_is_like(history_of, strength, factor):
    known = sale("2026-02-11", "2026-03-11")
    new = sale("2026-04-15", name="new", like="sale", strength=strength)
    days = history_of(lambda starts: 500.0 + 0 * starts.hour)
    inside = days["start"].dt.date.isin(known.dates)
    shape = np.where(days["start"].dt.hour < 6, 4.0, 8 / 3)  # three times the contacts, more of them in the night
    days.loc[inside, "offered"] *= shape[inside]
    forecast = Forecaster(calendar=CalendarSpec(events=(known, new))).fit(days).predict(ahead("2026-03-30"))
    frame = forecast.to_frame().set_index("start")
    total = frame.groupby(frame.index.date)["offered"].sum()
    assert total[date(2026, 4, 15)] / total[date(2026, 4, 22)] == pytest.approx(factor, rel=0.05)
    night = frame.loc["2026-04-15 00:00+02:00":"2026-04-15 05:00+02:00", "offered"].sum()
    assert night / total[date(2026, 4, 15)] == pytest.approx(1 / 3, abs=0.03)
    (line,) = forecast.audit.itertuples()
    assert (line.finding, line.action) == ("event by analogy: new", f"forecast as sale, strength × {strength:g}")
    assert line.start.date() == date(2026, 4, 15)


def ahead(day, weeks=4):
    return Horizon(day, weeks=weeks, interval="1h", tz=TZ)


def test_a_month_changes_the_shape_of_its_days(history_of):
    dates = [str(day.date()) for start in ("2026-01-19", "2026-03-30") for day in pd.date_range(start, periods=28)]
    month = Event(name="Ramadan", dates=tuple(map(date.fromisoformat, dates)), kind="holiday")

    def rate(starts):
        fasting = pd.Series(starts.date).isin(month.dates).to_numpy()
        day, night = np.sin(np.pi * (starts.hour + 0.5) / 24), np.cos(np.pi * (starts.hour + 0.5) / 24) ** 2
        return 100 * np.where(fasting, 0.2 + 1.2 * night, 0.2 + day) * np.where(starts.day_of_week < 5, 1.0, 0.5)

    history = history_of(rate, seed=1)
    forecast = Forecaster(calendar=CalendarSpec(events=(month,))).fit(history).predict(ahead("2026-03-30"))
    frame = forecast.to_frame()
    true = rate(pd.DatetimeIndex(frame["start"]))
    assert np.abs(frame["offered"] - true).sum() < 0.06 * true.sum()


def test_a_day_with_shorter_hours_keeps_its_level_in_each_interval(history_of):
    eves = {date(2026, 2, 13): "08:00-12:00", date(2026, 4, 10): "08:00-12:00"}
    spec = CalendarSpec(hours=OpeningHours("Mon-Fri 08:00-20:00", exceptions=eves))
    history = history_of(lambda starts: 100.0 + starts.hour, opens=8, closes=20, weekdays=(0, 1, 2, 3, 4))
    short = (history["start"].dt.date == date(2026, 2, 13)) & (history["start"].dt.hour >= 12)
    forecast = Forecaster(calendar=spec).fit(history[~short]).predict(ahead("2026-03-30"))
    frame = forecast.to_frame()
    np.testing.assert_allclose(frame["offered"], 100.0 + frame["start"].dt.hour, rtol=1e-3)
    assert (frame["start"].dt.date == date(2026, 4, 10)).sum() == 4
    assert forecast.audit.empty


def test_days_taken_out_never_bend_the_week():
    days = features(date(2025, 1, 6), 420, country="DE", known=392)
    past, ahead = days.take(slice(0, 392)), days.take(slice(392, 420))
    level = 1000 * WEEK[past.weekday]

    @settings(max_examples=8, deadline=None)
    @given(gone=st.sets(st.integers(0, 391), max_size=40))
    def check(gone):
        kept = ~np.isin(np.arange(392), sorted(gone))
        said = fit_level(level[kept], past.take(kept)).predict(ahead)[0]
        np.testing.assert_allclose(said, 1000 * WEEK[ahead.weekday], rtol=0.01)

    check()
