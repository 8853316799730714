from __future__ import annotations

import os
import pickle
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar, Phase, commerce_events, makeup_days, public_holidays
from wfm.domain import CalendarSpec, Centre, Event, OpeningHours, Queue, ServiceLevel
from wfm.errors import DataError
from wfm.timegrid import Horizon

BERLIN = "Europe/Berlin"
OFFICE = OpeningHours("Mon-Fri 08:00-12:00,13:00-18:00; Sat 22:00-06:00")
MINUTE = timedelta(minutes=1)


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def office(tz: str = BERLIN, **changes: Any) -> Calendar:
    return Calendar(CalendarSpec(**{"hours": OFFICE, **changes}), tz)


def berlin(*stamps: str | None) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(stamps).tz_localize(BERLIN)


# --- the oracle: every minute of a few days, by zoneinfo alone

# First days of stretches with a clock change in one of the zones, and one without any.
STRETCHES = {
    BERLIN: (date(2026, 3, 27), date(2026, 10, 23)),
    "America/New_York": (date(2026, 3, 6), date(2026, 10, 30)),
    "America/Havana": (date(2026, 3, 6), date(2026, 10, 30)),
    "Australia/Lord_Howe": (date(2026, 4, 3), date(2026, 10, 2)),
    "Europe/Dublin": (date(2026, 3, 27), date(2026, 10, 23)),
    "Africa/Cairo": (date(2026, 4, 22), date(2026, 10, 28)),
    "Asia/Kolkata": (date(2026, 3, 27),),
}
DAYS = 4


@cache
def walls(tz: str, first: date) -> tuple[datetime, tuple[datetime, ...]]:
    """Return the first instant, and what the clock on the wall shows in each minute from it."""
    zone = ZoneInfo(tz)
    begin = datetime.combine(first - timedelta(days=2), datetime.min.time(), UTC)
    instants = (begin + n * MINUTE for n in range((DAYS + 4) * 1440))
    return begin, tuple(instant.astimezone(zone).replace(tzinfo=None) for instant in instants)


class Minutes:
    """Every minute around a stretch of days, and whether the centre is open in it."""

    def __init__(self, tz: str, first: date, week: list[list[tuple[int, int]]]) -> None:
        self.tz = tz
        self.begin, wall = walls(tz, first)
        self.open = [0] * len(wall)
        # It opens and closes when the clock first shows that time or a later one.
        latest = list(accumulate(wall, max))
        for number in range(-1, DAYS):
            day = first + timedelta(days=number)
            midnight = datetime.combine(day, datetime.min.time())
            for opens, closes in week[day.weekday()]:
                start, stop = (bisect_left(latest, midnight + bound * MINUTE) for bound in (opens, closes))
                self.open[start:stop] = [1] * (stop - start)
        self.passed = [0, *accumulate(self.open)]
        inside = [n for n, stamp in enumerate(wall) if 0 <= (stamp.date() - first).days < DAYS]
        self.first, self.last = inside[0], inside[-1]

    def stamp(self, n: int) -> pd.Timestamp:
        return pd.Timestamp(self.begin + n * MINUTE).tz_convert(self.tz)

    def stretches(self) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        marks = [0, *self.open[self.first : self.last + 1], 0]
        edges = [self.stamp(self.first + n) for n, (a, b) in enumerate(pairwise(marks)) if a != b]
        return list(zip(edges[::2], edges[1::2], strict=True))


@st.composite
def weeks(draw: st.DrawFn) -> list[list[tuple[int, int]]]:
    """Draw spans in minutes for the seven weekdays; the last of a day may pass midnight."""
    found = []
    for _ in range(7):
        cuts = sorted(draw(st.sets(st.integers(0, 95), max_size=4)))
        spans = [(15 * a, 15 * b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        if spans and draw(st.booleans()):
            opens = spans[-1][1]
            spans.append((opens, 1440 + 15 * draw(st.integers(0, opens // 15))))
        found.append(spans)
    return found


def as_hours(week: list[list[tuple[int, int]]]) -> OpeningHours:
    def clock(minute: int) -> str:
        return f"{minute // 60 % 24:02d}:{minute % 60:02d}"

    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    rules = [
        f"{name} " + ",".join(f"{clock(a)}-{clock(b)}" for a, b in spans)
        for name, spans in zip(names, week, strict=True)
        if spans
    ]
    return OpeningHours("; ".join(rules))


stretches = st.sampled_from([(tz, first) for tz, firsts in STRETCHES.items() for first in firsts])
open_weeks = weeks().filter(lambda week: any(week))


@settings(max_examples=60, deadline=None)
@given(stretches, open_weeks, st.data())
def test_opening_and_business_time_against_every_minute(
    stretch: tuple[str, date], week: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    tz, first = stretch
    minutes = Minutes(tz, first, week)
    calendar = Calendar(CalendarSpec(hours=as_hours(week)), tz)
    assert calendar.open_periods(first, first + timedelta(days=DAYS - 1)) == minutes.stretches()

    inside = range(minutes.first, minutes.last + 1)
    stamps = pd.DatetimeIndex([minutes.stamp(n) for n in inside[::7]])
    assert calendar.is_open(stamps).tolist() == [bool(minutes.open[n]) for n in inside[::7]]

    positions = st.integers(inside[0], inside[-1])
    pairs = data.draw(st.lists(st.tuples(positions, positions).map(sorted), min_size=1, max_size=10))
    starts, ends = (pd.DatetimeIndex([minutes.stamp(pair[side]) for pair in pairs]) for side in (0, 1))
    passed = [minutes.passed[b] - minutes.passed[a] for a, b in pairs]
    found = calendar.business_seconds(starts, ends)
    assert (found / 60).tolist() == passed

    reached = calendar.add_business_time(starts, found)
    earliest = [
        max(a, bisect_left(minutes.passed, minutes.passed[a] + n)) for (a, _), n in zip(pairs, passed, strict=True)
    ]
    assert list(reached) == [minutes.stamp(n) for n in earliest]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)), min_size=1, max_size=20),  # noqa: DTZ001
    st.lists(st.integers(0, 10**6), min_size=20, max_size=20),
)
def test_business_time_added_is_business_time_passed(instants: list[datetime], added: list[int]) -> None:
    calendar = office(country="DE", closed_on_holidays=True)
    starts = pd.DatetimeIndex(instants, tz="UTC").tz_convert(BERLIN)
    wanted = np.array(added[: len(instants)], dtype=float)
    assert calendar.business_seconds(starts, calendar.add_business_time(starts, wanted)).tolist() == wanted.tolist()


def test_a_clock_that_leaps_by_half_an_hour() -> None:
    # Lord Howe Island: at 02:00 on 4 October 2026 the clock is put forward to 02:30, so the stretch has two hours.
    calendar = Calendar(CalendarSpec(hours=OpeningHours("Sun 00:00-02:00")), "Australia/Lord_Howe")
    (opens, closes), *_ = calendar.open_periods(date(2026, 10, 4), date(2026, 10, 4))
    assert (opens.isoformat(), closes.isoformat()) == ("2026-10-04T00:00:00+10:30", "2026-10-04T02:30:00+11:00")


# --- opening hours


def test_a_day_has_the_first_hours_that_apply() -> None:
    hours = OpeningHours(
        "Mon-Fri 08:00-18:00",
        exceptions={date(2026, 1, 1): "10:00-12:00", date(2026, 2, 28): "closed"},
    )
    spec = CalendarSpec(
        hours=hours,
        country="CN",
        closed_on_holidays=True,
        makeup_days=(date(2026, 2, 14), date(2026, 2, 28)),
    )
    calendar = Calendar(spec, "Asia/Shanghai")

    def opens(day: date, own: OpeningHours | None = None) -> list[float]:
        return [period.opens / timedelta(hours=1) for period in calendar.hours_on(day, own)]

    assert opens(date(2026, 1, 1)) == [10]  # a holiday with hours of its own
    assert opens(date(2026, 2, 17)) == []  # Chinese New Year, a Tuesday
    assert opens(date(2026, 2, 14)) == [8]  # a Saturday that is worked
    assert opens(date(2026, 2, 28)) == []  # one that is worked elsewhere
    assert opens(date(2026, 2, 7)) == []  # a plain Saturday
    assert opens(date(2026, 2, 25)) == [8]  # a plain Wednesday
    chat = OpeningHours("Mon-Sun 09:00-22:00")
    assert opens(date(2026, 1, 1), chat) == []  # a queue's own hours bring their own exceptions
    assert opens(date(2026, 2, 14), chat) == [9]


def test_holidays_stay_open_unless_the_centre_closes_on_them() -> None:
    assert office(country="DE").hours_on(date(2026, 10, 3)) == OFFICE.periods[5]
    assert office(country="DE", closed_on_holidays=True).hours_on(date(2026, 10, 3)) == ()


@pytest.mark.parametrize(("day", "length"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-07", 8)])
def test_a_night_lasts_as_long_as_the_clock_takes(day: str, length: int) -> None:
    first = date.fromisoformat(day)
    periods = office().open_periods(first, first + timedelta(days=1))
    assert [(end - start) / pd.Timedelta("1h") for start, end in periods] == [length]


def test_periods_are_joined_and_cut_at_the_ends() -> None:
    always = Calendar(CalendarSpec(), BERLIN)
    assert always.open_periods(date(2026, 10, 19), date(2026, 10, 25)) == [
        (pd.Timestamp("2026-10-19", tz=BERLIN), pd.Timestamp("2026-10-26", tz=BERLIN))
    ]
    night = office().open_periods(date(2026, 11, 8), date(2026, 11, 8))
    assert [(str(start), str(end)) for start, end in night] == [
        ("2026-11-08 00:00:00+01:00", "2026-11-08 06:00:00+01:00")
    ]
    overlapping = Calendar(CalendarSpec(hours="Sat 22:00-06:00; Sun 05:00-10:00"), BERLIN)
    assert len(overlapping.open_periods(date(2026, 11, 7), date(2026, 11, 8))) == 1
    assert office().open_periods(date(2026, 11, 8), date(2026, 11, 8), OpeningHours("Mon 08:00-09:00")) == []


@pytest.mark.parametrize(
    ("tz", "day", "half_hours"),
    [(BERLIN, "2026-03-29", 46), (BERLIN, "2026-10-25", 50), ("Australia/Lord_Howe", "2026-04-05", 49)],
)
def test_open_round_the_clock_is_the_whole_horizon(tz: str, day: str, half_hours: int) -> None:
    horizon = Horizon(day, days=1, tz=tz)
    starts = Calendar(CalendarSpec(), tz).open_starts(horizon)
    assert list(starts) == list(horizon.starts)
    assert len(starts) == half_hours


def test_open_starts_are_the_intervals_in_which_the_centre_is_open() -> None:
    starts = office().open_starts(Horizon("2026-11-07", days=3, interval="1h", tz=BERLIN))
    hours = [(stamp.day, stamp.hour) for stamp in starts]
    assert hours == [(7, 22), (7, 23), *((8, n) for n in range(6)), *((9, n) for n in (8, 9, 10, 11, *range(13, 18)))]


def test_an_interval_that_is_open_in_part_is_refused() -> None:
    calendar = Calendar(CalendarSpec(hours="Mon 08:15-18:00"), BERLIN)
    assert message(lambda: calendar.open_starts(Horizon("2026-11-02", days=1, tz=BERLIN))) == (
        "the opening hours change inside an interval of 30min (row 2026-11-02T08:15:00+01:00); "
        "give hours that begin and end on intervals, or shorter intervals"
    )
    assert len(calendar.open_starts(Horizon("2026-11-02", days=1, interval="15min", tz=BERLIN))) == 39


def test_a_horizon_of_another_zone_is_refused() -> None:
    told = message(lambda: office().open_starts(Horizon("2026-11-02", days=1, tz="UTC")))
    assert told == "the horizon is in UTC, the calendar in Europe/Berlin; write Horizon(..., tz='Europe/Berlin')"


# --- business time


def test_one_stamp_goes_with_many() -> None:
    ends = berlin("2026-11-02 09:00", "2026-11-02 12:30", "2026-11-03 08:00")
    start = pd.Timestamp("2026-11-02 08:00", tz=BERLIN)
    assert office().business_seconds(start, ends).tolist() == [3600, 4 * 3600, 9 * 3600]
    assert office().business_seconds(pd.Series(ends), ends).tolist() == [0, 0, 0]


def test_stamps_of_any_zone_and_unit_are_instants() -> None:
    start = pd.DatetimeIndex(["2026-11-02 07:00:00"], tz="UTC").as_unit("s")
    end = pd.Series(pd.DatetimeIndex(["2026-11-02 17:00:00.5"], tz="Asia/Shanghai").as_unit("us"))
    assert office().business_seconds(start, end).tolist() == [7200.5]


def test_missing_stamps_have_no_business_time() -> None:
    start, end = berlin("2026-11-02 08:00", None, None), berlin("2026-11-02 09:00", "2026-11-02 09:00", None)
    assert office().business_seconds(start, end).tolist() == pytest.approx([3600, np.nan, np.nan], nan_ok=True)
    assert np.isnan(office().business_seconds(pd.NaT, end)).all()
    reached = office().add_business_time(start, [np.nan, 60, 60])
    assert reached.isna().all()
    assert office().add_business_time(start[0], [60, np.nan]).isna().tolist() == [False, True]


def test_nothing_gives_nothing() -> None:
    none = berlin()
    assert office().business_seconds(none, none).shape == (0,)
    assert office().is_open(none).shape == (0,)
    assert office().add_business_time(none, []).shape == (0,)


@pytest.mark.parametrize(
    ("start", "seconds", "expected"),
    [
        ("2026-11-02 11:30", 1800, "2026-11-02 12:00"),  # ends with the hours
        ("2026-11-02 11:30", 1801, "2026-11-02 13:00:01"),  # and goes on after lunch
        ("2026-11-02 12:15", 0, "2026-11-02 12:15"),  # nothing to wait for, though closed
        ("2026-11-02 12:15", 60, "2026-11-02 13:01"),
        ("2026-11-06 17:00", 2 * 3600, "2026-11-07 23:00"),  # into the night of Saturday
        ("2026-10-24 22:00", 9 * 3600, "2026-10-25 06:00"),  # a night of nine hours
        ("2026-11-02 08:00", 53 * 3600, "2026-11-08 06:00"),  # 45 hours of weekdays and 8 of the night
    ],
)
def test_business_time_is_added(start: str, seconds: float, expected: str) -> None:
    assert office().add_business_time(berlin(start)[0], seconds)[0] == berlin(expected)[0]


def test_a_month_of_holidays_is_passed_over() -> None:
    closed = OpeningHours(
        "Mon 08:00-09:00", exceptions={date(2026, 11, 2) + timedelta(weeks=n): "closed" for n in range(60)}
    )
    reached = Calendar(CalendarSpec(hours=closed), BERLIN).add_business_time(berlin("2026-11-01")[0], 60)
    assert reached[0] == pd.Timestamp("2027-12-27 08:01", tz=BERLIN)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: office().is_open(pd.DatetimeIndex(["2026-11-02"])),
            "starts has no zone: 2026-11-02 00:00:00; "
            "call .tz_localize('Europe/Berlin') with your zone (.dt.tz_localize on a column)",
        ),
        (
            lambda: office().is_open(berlin("2026-11-02", None)),
            "starts has no value (row 1); leave it out",
        ),
        (
            lambda: office().business_seconds(berlin("2026-11-02", "2026-11-03"), berlin("2026-11-02", "2026-11-02")),
            "end is before its start (row 1); swap them or leave the row out",
        ),
        (
            lambda: office().business_seconds(berlin("2026-11-02", "2026-11-03"), berlin(*["2026-11-04"] * 3)),
            "2 values of start and 3 of end; give as many of each, or a single one",
        ),
        (
            lambda: office().add_business_time(berlin("2026-11-02", "2026-11-03"), [-1, np.inf]),
            "seconds must be a number from 0 to 1e9 (rows 0, 1); correct it",
        ),
        (
            lambda: Calendar(CalendarSpec(hours="Mon 08:00-09:00"), BERLIN).add_business_time(
                berlin(None, "2026-11-02", "2026-11-02"), [60, 60, 3600 * 600]
            ),
            "seconds do not pass within 10 years of opening hours 'Mon 08:00-09:00' (row 2); "
            "give less time or longer hours",
        ),
    ],
)
def test_each_fault_of_stamps_has_its_message(make: Callable[[], Any], text: str) -> None:
    assert message(make) == text


# --- holidays and day types


def test_the_federal_holidays_of_2026() -> None:
    # U.S. Office of Personnel Management, "2026 Federal Holidays", with Independence Day itself beside its Friday.
    days = ["01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11", "11-26", "12-25"]
    assert [f"{day:%m-%d}" for day in Calendar(CalendarSpec(country="US"), "UTC").holidays(2026)] == days


def test_a_subdivision_adds_its_own() -> None:
    bavaria = Calendar(CalendarSpec(country="DE", subdivision="BY"), BERLIN).holidays([2025, 2026])
    assert bavaria[date(2026, 1, 6)] == "Epiphany"
    assert date(2026, 1, 6) not in public_holidays("DE", 2026)
    assert list(bavaria) == sorted(bavaria)
    assert {day.year for day in bavaria} == {2025, 2026}


def test_a_calendar_without_a_country_has_no_holidays() -> None:
    assert office().holidays(range(2020, 2030)) == {}
    assert office().day_types([date(2026, 12, 25), date(2026, 12, 26)]) == ["Fri", "Sat"]


def test_asking_twice_gives_the_same() -> None:
    calendar = office(country="DE")
    assert calendar.holidays(2026) == calendar.holidays([2026]) == public_holidays("DE", 2026)


def test_names_do_not_depend_on_the_language_of_the_machine() -> None:
    code = "from wfm.calendar import public_holidays as of; print(of('CN', 2026), of('BR', 2026))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "LANGUAGE": language, "LANG": language},
            capture_output=True,
            check=True,
        ).stdout
        for language in ("en_US", "zh_CN", "th")
    }
    assert len(told) == 1


def test_day_types() -> None:
    spec = CalendarSpec(country="CN", makeup_days=makeup_days("CN", 2026))
    week = [date(2026, 2, 14) + timedelta(days=n) for n in range(8)]
    assert Calendar(spec, "Asia/Shanghai").day_types(week) == [
        "Mon",
        "Sun",
        "holiday:Chinese New Year's Eve",
        "holiday:Chinese New Year (Spring Festival)",
        "holiday:Chinese New Year (Spring Festival)",
        "holiday:Chinese New Year (Spring Festival)",
        "holiday:Day off",
        "Sat",
    ]


def test_day_types_of_stamps_are_those_of_the_wall_clock() -> None:
    calendar = Calendar(CalendarSpec(country="US"), "America/New_York")
    stamps = pd.DatetimeIndex(["2026-12-25 02:00", "2026-12-25 12:00"], tz="UTC")
    assert calendar.day_types(stamps) == ["Thu", "holiday:Christmas Day"]
    assert calendar.day_types(pd.DatetimeIndex(["2026-12-25"])) == ["holiday:Christmas Day"]


def test_a_day_that_is_worked_is_no_holiday() -> None:
    spec = CalendarSpec(country="US", makeup_days=(date(2026, 7, 4),))
    calendar = Calendar(spec, "America/New_York")
    assert date(2026, 7, 4) not in calendar.holidays(2026)
    assert calendar.day_types([date(2026, 7, 4)]) == ["Mon"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: office(country="cn"), "unknown country 'cn'; write 'CN'"),
        (lambda: office(country="XX"), "unknown country 'XX'; known: AD, AE, AF, "),
        (lambda: office(country="DE", subdivision="by"), "unknown subdivision 'by' of country 'DE'; write 'BY'"),
        (
            lambda: office(country="DE", subdivision="Bayer"),
            "unknown subdivision 'Bayer' of country 'DE'; did you mean 'Bayern'?",
        ),
        (lambda: office(tz="Berlin"), "unknown time zone 'Berlin'; did you mean 'Europe/Berlin'?"),
        (lambda: office(tz="Berlin", country="XX"), "2 problems in calendar:\n  1. unknown time zone 'Berlin'"),
        (lambda: makeup_days("XX", 2026), "unknown country 'XX'"),
        (lambda: commerce_events("XX", 2026), "unknown country 'XX'"),
    ],
)
def test_unknown_places_are_refused(make: Callable[[], Any], text: str) -> None:
    assert message(make).startswith(text)


# --- make-up days and events


def test_the_days_that_china_works_in_place_of_holidays() -> None:
    # Notices of the General Office of the State Council on the holidays of 2025 (12 November 2024) and of 2026
    # (4 November 2025).
    assert [f"{day:%m-%d}" for day in makeup_days("CN", 2025)] == ["01-26", "02-08", "04-27", "09-28", "10-11"]
    assert [f"{day:%m-%d}" for day in makeup_days("CN", 2026)] == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
    assert len(makeup_days("CN", [2025, 2026])) == 11
    assert makeup_days("US", 2026) == ()


SALE = Event(name="sale", dates=(date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 10)), before=4, after=3)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (27, None),
        (28, ("before", -4)),
        (31, ("before", -1)),
        (32, ("during", 0)),
        (33, ("during", 1)),
        (34, ("after", 2)),
        (36, ("after", 4)),
        (37, ("before", -4)),  # four days before the second run, five after the first
        (40, ("before", -1)),
        (41, ("during", 0)),
        (44, ("after", 3)),
        (45, None),
    ],
)
def test_a_day_of_an_event_has_its_phase(day: int, expected: tuple[str, int] | None) -> None:
    calendar = office(events=(SALE,))
    found = calendar.events_on(date(2026, 5, 1) + timedelta(days=day - 1))
    assert [(event.name, event.phase, event.day) for event in found] == ([("sale", *expected)] if expected else [])


def test_a_day_between_two_runs_belongs_to_the_nearer_one() -> None:
    wide = replace(SALE, before=9, after=9)
    calendar = office(events=(wide,))
    phases = [calendar.events_on(date(2026, 6, day))[0].phase for day in range(3, 10)]
    assert phases == [Phase.AFTER] * 3 + [Phase.BEFORE] * 4  # 6 June is as near to both


def test_events_are_told_in_their_order() -> None:
    other = Event(name="outage", dates=(date(2026, 6, 1),), kind="outage")
    calendar = office(events=(other, SALE))
    assert [event.name for event in calendar.events_on(date(2026, 6, 1))] == ["outage", "sale"]
    assert office().events_on(date(2026, 6, 1)) == ()


def dates_of(country: str, years: int | list[int], name: str) -> list[str]:
    return [str(day) for event in commerce_events(country, years) if event.name == name for day in event.dates]


def test_the_sales_of_the_platforms() -> None:
    china = {event.name: event for event in commerce_events("CN", [2025, 2026])}
    assert list(china) == ["618", "11.11", "12.12", "Chinese New Year"]
    assert china["618"].dates == (date(2025, 6, 18), date(2026, 6, 18))
    assert china["11.11"].dates == (date(2025, 11, 11), date(2026, 11, 11))
    assert date(2026, 11, 11) - timedelta(days=china["11.11"].before) == date(2026, 10, 21)  # the pre-sale
    assert china["11.11"].after >= 7  # goods go back within seven days
    assert dates_of("SG", 2026, "618") == []
    assert dates_of("SG", 2026, "12.12") == ["2026-12-12"]


@pytest.mark.parametrize(
    ("year", "friday", "monday"),
    [
        (2023, "2023-11-24", "2023-11-27"),
        (2024, "2024-11-29", "2024-12-02"),
        (2025, "2025-11-28", "2025-12-01"),
        (2026, "2026-11-27", "2026-11-30"),
    ],
)
def test_black_friday_follows_thanksgiving(year: int, friday: str, monday: str) -> None:
    days = dates_of("US", year, "Black Friday")
    assert (days[0], days[-1], len(days)) == (friday, monday, 4)
    assert date.fromisoformat(friday) - timedelta(days=1) in [
        day for day, name in public_holidays("US", year).items() if name == "Thanksgiving Day"
    ]


def test_chinese_new_year_is_lunar() -> None:
    # Hong Kong Observatory, "Gregorian-Lunar Calendar Conversion Table": the first day of the first month.
    firsts = {2024: "2024-02-10", 2025: "2025-01-29", 2026: "2026-02-17", 2027: "2027-02-06"}
    for year, first in firsts.items():
        assert dates_of("SG", year, "Chinese New Year")[0] == first
    assert dates_of("CN", 2026, "Chinese New Year") == [f"2026-02-{day}" for day in range(16, 24)]
    new_year = commerce_events("CN", 2026)[-1]
    assert (new_year.before, new_year.after) == (21, 14)
    assert dates_of("DE", 2026, "Chinese New Year") == []


def test_ramadan_is_the_month_before_eid() -> None:
    # Umm al-Qura calendar: Ramadan 1446 from 1 to 29 March 2025, 1447 from 18 February to 19 March 2026.
    month = dates_of("AE", [2025, 2026], "Ramadan")
    assert (month[0], month[28], month[29], month[-1]) == ("2025-03-01", "2025-03-29", "2026-02-18", "2026-03-19")
    assert len(month) == 29 + 30
    assert "2026-03-20" in dates_of("AE", 2026, "Eid al-Fitr")
    assert "2026-05-27" in dates_of("AE", 2026, "Eid al-Adha")
    assert dates_of("US", 2026, "Ramadan") == []


def test_a_month_that_passes_new_year_is_given_whole() -> None:
    # Ramadan 1452 begins on 26 December 2030.
    month = dates_of("AE", 2030, "Ramadan")
    assert month[0] == "2030-01-05"
    assert month[-1] > "2031-01-20"
    assert dates_of("AE", 2031, "Ramadan")[0] == "2030-12-26"


def test_commerce_events_go_into_a_calendar() -> None:
    calendar = office("Asia/Shanghai", country="CN", events=commerce_events("CN", [2025, 2026]))
    found = calendar.events_on(date(2026, 2, 1))
    assert [(event.name, event.phase, event.day) for event in found] == [("Chinese New Year", "before", -15)]
    assert commerce_events("CN", []) == ()


# --- the calendar as a value


def test_a_calendar_is_a_value_that_travels() -> None:
    calendar = office(country="DE")
    calendar.holidays(2026)
    assert calendar == office(country="DE")
    assert hash(calendar) == hash(office(country="DE"))
    assert pickle.loads(pickle.dumps(calendar)) == calendar


def test_the_calendar_of_a_centre() -> None:
    calls = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),))
    centre = Centre(name="bank", tz=BERLIN, queues=(calls,), calendar=CalendarSpec(hours=OFFICE))
    assert Calendar.of(centre) == office()
