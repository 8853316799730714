from __future__ import annotations

from datetime import UTC, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm.domain.duration import as_duration, format_duration, time_of_day
from wfm.errors import DataError

HOW = "use s, min, h, d or w, such as '30s', '15min', '1h30min'"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("30sec", 30),
        ("15min", 900),
        ("1h30min", 5400),
        ("7.5h", 27000),
        ("2d", 172800),
        ("1w", 604800),
        (" 1 h 30 min ", 5400),
        ("0.25s", 0.25),
        ("1h1s", 3601),
    ],
)
def test_text_is_read(text: str, seconds: float) -> None:
    assert as_duration("within", text) == timedelta(seconds=seconds)


def test_a_timedelta_is_taken_as_it_is() -> None:
    assert as_duration("within", timedelta(minutes=2)) == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30, "within has no unit: 30; write '30s', '30min' or '30h'"),
        (0.5, "within has no unit: 0.5; write '0.5s', '0.5min' or '0.5h'"),
        ("30", f"within is not a length of time: '30'; {HOW}"),
        ("", f"within is not a length of time: ''; {HOW}"),
        ("30 seconds", f"within is not a length of time: '30 seconds'; {HOW}"),
        ("-30s", f"within is not a length of time: '-30s'; {HOW}"),
        ("30H", f"within is not a length of time: '30H'; {HOW}"),
        ("1h30", f"within is not a length of time: '1h30'; {HOW}"),
        ("1,5h", f"within is not a length of time: '1,5h'; {HOW}"),
        (None, f"within is not a length of time: None; {HOW}"),
        (True, f"within is not a length of time: True; {HOW}"),
        ("0s", "within must be more than 0, got '0s'; give a length of time such as '30s'"),
        ("99999999999d", "within is too long: '99999999999d'; give less than 999999999 days"),
    ],
)
def test_what_is_no_length_of_time_is_refused(value: object, text: str) -> None:
    with pytest.raises(DataError) as caught:
        as_duration("within", value)  # type: ignore[arg-type]
    assert str(caught.value) == text


def test_zero_is_allowed_on_request_and_less_is_not() -> None:
    assert as_duration("within", "0s", allow_zero=True) == timedelta(0)
    with pytest.raises(DataError, match="within must be 0 or more, got "):
        as_duration("within", timedelta(seconds=-1), allow_zero=True)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=10_000)))
def test_what_is_written_is_read_back(value: timedelta) -> None:
    assert as_duration("value", format_duration(value), allow_zero=True) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(seconds=90), "1min30s"),
        (timedelta(hours=24), "1d"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500), "1d2h3min4.5s"),
        ("90min", "1h30min"),
    ],
)
def test_durations_are_written_short(value: timedelta | str, text: str) -> None:
    assert format_duration(value) == text


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("07:30", 27000),
        ("7:30", 27000),
        ("00:00", 0),
        ("24:00", 86400),
        (time(7, 30, 15, 500_000), 27015.5),
        (timedelta(hours=3), 10800),
    ],
)
def test_times_of_day(value: str | time | timedelta, seconds: float) -> None:
    assert time_of_day("opens", value).total_seconds() == seconds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("7:5", "opens is not a time of day: '7:5'; write it as '07:30'"),
        ("07:60", "opens is not a time of day: '07:60'; write it as '07:30'"),
        ("24:01", "opens is outside the day: '24:01'; write a time from 00:00 to 24:00"),
        (7, "opens is not a time of day: 7; write it as '07:30'"),
    ],
)
def test_what_is_no_time_of_day_is_refused(value: object, text: str) -> None:
    with pytest.raises(DataError) as caught:
        time_of_day("opens", value)  # type: ignore[arg-type]
    assert str(caught.value) == text


def test_a_time_with_a_zone_is_not_a_time_on_the_wall() -> None:
    with pytest.raises(DataError, match="is not a time of day"):
        time_of_day("opens", time(7, tzinfo=UTC))


def test_a_time_before_midnight_is_outside_the_day() -> None:
    with pytest.raises(DataError, match="is outside the day"):
        time_of_day("opens", timedelta(hours=-1))
