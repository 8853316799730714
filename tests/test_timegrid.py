from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfm.errors import DataError
from wfm.timegrid import Horizon, check_interval, day_starts, floor_to_interval, interval_starts, localize

# Zones with the clock changes that have caught planners: by an hour, by half an hour, at midnight, with winter as the
# "daylight" time, none, and offsets that are not whole hours.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "UTC",
)


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    ("tz", "day", "half_hours"),
    [
        ("Europe/Berlin", "2026-03-28", 48),
        ("Europe/Berlin", "2026-03-29", 46),
        ("Europe/Berlin", "2026-10-25", 50),
        ("America/New_York", "2026-03-08", 46),
        ("America/New_York", "2026-11-01", 50),
        ("Europe/Dublin", "2026-03-29", 46),
        ("Europe/Dublin", "2026-10-25", 50),
        ("Australia/Lord_Howe", "2026-04-05", 49),
        ("Australia/Lord_Howe", "2026-10-04", 47),
        ("America/Havana", "2026-03-08", 46),
        ("Asia/Kolkata", "2026-03-29", 48),
        ("Asia/Shanghai", "2026-10-25", 48),
    ],
)
def test_a_day_has_the_half_hours_that_its_clock_shows(tz: str, day: str, half_hours: int) -> None:
    horizon = Horizon(day, days=1, tz=tz)
    assert len(horizon) == half_hours
    assert set(horizon.starts.tz_convert(tz).date) == {date.fromisoformat(day)}


@pytest.mark.parametrize(("day", "half_hours"), [("2026-03-23", 334), ("2026-10-19", 338), ("2026-11-02", 336)])
def test_a_week_with_a_clock_change_is_longer_or_shorter(day: str, half_hours: int) -> None:
    assert len(Horizon(day, weeks=1, tz="Europe/Berlin")) == half_hours


@given(
    st.sampled_from(ZONES),
    st.dates(date(2015, 1, 1), date(2035, 12, 1)),
    st.integers(1, 9),
    st.sampled_from(["5min", "10min", "15min", "30min"]),
)
def test_intervals_tile_the_horizon(tz: str, first: date, days: int, interval: str) -> None:
    horizon = Horizon(first, days=days, interval=interval, tz=tz)
    zone = ZoneInfo(tz)
    begin, end = (
        datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
        for day in (first, first + timedelta(days=days))
    )
    step = timedelta(seconds=horizon.interval_s)
    expected = [begin + n * step for n in range((end - begin) // step)]
    assert [stamp.to_pydatetime() for stamp in horizon.starts.tz_convert("UTC")] == expected
    assert str(horizon.starts.tz) == tz


def test_a_horizon_is_the_same_however_its_length_is_given() -> None:
    forms = (
        Horizon("2026-11-02", weeks=2, tz="UTC"),
        Horizon(date(2026, 11, 2), days=14, tz="UTC", interval=timedelta(minutes=30)),
        Horizon("2026-11-02", "2026-11-16", tz="UTC"),
    )
    assert len(set(forms)) == 1
    assert pickle.loads(pickle.dumps(forms[0])) == forms[1]
    assert str(forms[0]) == "2026-11-02 to 2026-11-15 (14 days of 30min, UTC)"
    assert replace(forms[0], start="2026-11-09") == Horizon("2026-11-09", weeks=1, tz="UTC")


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        (("2026-11-02",), {}, "a horizon with no length; give exactly one of end, weeks and days"),
        (
            ("2026-11-02",),
            {"weeks": 1, "days": 7},
            "a horizon with weeks and days; give exactly one of end, weeks and days",
        ),
        (("2026-11-02",), {"weeks": 0}, "weeks must be a whole number at least 1, got 0"),
        (("2026-11-02",), {"days": 1.5}, "days must be a whole number at least 1, got 1.5"),
        (
            ("2026-11-02", "2026-11-02"),
            {},
            "the horizon is empty: it starts on 2026-11-02 and ends before 2026-11-02; give an end after the start",
        ),
        (("2 Nov",), {"days": 1}, "start of the horizon is not a date: '2 Nov'; write it as '2026-11-02'"),
        (("2026-11-02", "tomorrow"), {}, "end of the horizon is not a date: 'tomorrow'; write it as '2026-11-02'"),
        (
            (datetime(2026, 11, 2, 9),),  # noqa: DTZ001
            {"days": 1},
            "start of the horizon is an instant: 2026-11-02 09:00:00; give the date 2026-11-02",
        ),
        (
            ("2026-11-02",),
            {"days": 1, "interval": "45min"},
            "interval 45min does not divide an hour; give '5min', '10min', '15min', '20min', '30min' or '1h'",
        ),
        (("2026-11-02",), {"days": 1, "interval": 30}, "interval has no unit: 30; write '30s', '30min' or '30h'"),
        (
            ("2026-11-02",),
            {"days": 6, "cyclic": True},
            "a cyclic horizon of 6 days; give whole weeks, so that Sunday is followed by Monday",
        ),
    ],
)
def test_a_horizon_that_cannot_be_is_refused(args: tuple[Any, ...], kwargs: dict[str, Any], text: str) -> None:
    assert message(lambda: Horizon(*args, tz="UTC", **kwargs)) == text


def test_a_typical_week_has_no_clock_change() -> None:
    assert Horizon("2026-11-02", weeks=1, tz="Europe/Berlin", cyclic=True).cyclic
    assert message(lambda: Horizon("2026-10-19", weeks=1, tz="Europe/Berlin", cyclic=True)) == (
        "the clock changes between 2026-10-19 and 2026-10-26 in Europe/Berlin; "
        "give a typical week without a change of the clock"
    )


def test_an_interval_must_fit_the_move_of_the_clock() -> None:
    assert message(lambda: Horizon("2026-04-05", days=1, tz="Australia/Lord_Howe", interval="1h")) == (
        "the clock of Australia/Lord_Howe moves by 30min in the horizon, which cuts intervals of 1:00:00; "
        "give a shorter interval"
    )
    assert len(Horizon("2026-04-06", days=1, tz="Australia/Lord_Howe", interval="1h")) == 24


def test_an_unknown_zone_is_refused() -> None:
    assert message(lambda: Horizon("2026-11-02", days=1, tz="Berlin")).startswith("unknown time zone 'Berlin'; did you")


@pytest.mark.parametrize("interval", ["61min", "2h", "7min", "45min"])
def test_an_interval_divides_an_hour(interval: str) -> None:
    assert "does not divide an hour" in message(lambda: check_interval(interval))


def test_a_day_starts_with_its_first_instant() -> None:
    # Havana's clock is put forward from 00:00 to 01:00 on 8 March, and back from 01:00 to 00:00 on 1 November 2026.
    starts = day_starts([date(2026, 3, 8), date(2026, 11, 1)], "America/Havana")
    assert [stamp.isoformat() for stamp in starts] == ["2026-03-08T01:00:00-04:00", "2026-11-01T00:00:00-04:00"]


def test_interval_starts_leave_the_end_out() -> None:
    start, end = pd.Timestamp("2026-11-02 09:00", tz="UTC"), pd.Timestamp("2026-11-02 10:00", tz="UTC")
    assert [stamp.minute for stamp in interval_starts(start, end, "20min")] == [0, 20, 40]


def slow_floor(stamp: pd.Timestamp, minutes: int, zone: ZoneInfo) -> datetime:
    """Floor one stamp on the wall clock that it is read from, by zoneinfo alone."""
    local = stamp.to_pydatetime(warn=False).astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None
    wall = local.replace(tzinfo=None, fold=0)
    floored = wall.replace(minute=wall.minute // minutes * minutes, second=0, microsecond=0)
    return (floored - offset).replace(tzinfo=UTC)


@given(
    st.sampled_from(ZONES),
    st.sampled_from([5, 15, 30]),
    st.lists(st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31)), min_size=1, max_size=20),  # noqa: DTZ001
)
def test_stamps_are_floored_as_the_clock_on_the_wall_shows(tz: str, minutes: int, instants: list[datetime]) -> None:
    stamps = pd.Series(pd.DatetimeIndex(instants, tz="UTC").tz_convert(tz))
    found = floor_to_interval(stamps, timedelta(minutes=minutes))
    zone = ZoneInfo(tz)
    assert [stamp.to_pydatetime().astimezone(UTC) for stamp in found] == [
        slow_floor(stamp, minutes, zone) for stamp in stamps
    ]
    assert str(found.dt.tz) == tz
    assert list(floor_to_interval(found, timedelta(minutes=minutes))) == list(found)


@pytest.mark.parametrize("tz", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
@pytest.mark.parametrize("first", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"])
def test_every_minute_of_a_day_falls_into_an_interval_of_its_horizon(tz: str, first: str) -> None:
    horizon = Horizon(first, days=1, tz=tz)
    minutes = interval_starts(horizon.starts[0], horizon.starts[-1] + pd.Timedelta("30min"), "1min")
    floored = floor_to_interval(pd.Series(minutes), "30min")
    assert list(floored.unique()) == list(horizon.starts)
    assert (floored.groupby(floored).size() == 30).all()


def test_floors_keep_missing_stamps_and_labels() -> None:
    stamps = pd.Series(pd.DatetimeIndex(["2026-11-02 09:44", None], tz="UTC"), index=[7, 7])
    floored = floor_to_interval(stamps, "30min")
    assert floored.index.tolist() == [7, 7]
    assert floored.isna().tolist() == [False, True]
    assert floored.iloc[0] == pd.Timestamp("2026-11-02 09:30", tz="UTC")
    assert floor_to_interval(stamps[:0], "30min").empty


def test_floors_need_a_zone_and_an_interval_that_fits() -> None:
    naive = pd.Series(pd.DatetimeIndex(["2026-11-02 09:44"]))
    assert message(lambda: floor_to_interval(naive, "30min")) == (
        "the stamps have no zone; call .dt.tz_localize('Europe/Berlin') with yours"
    )
    halves = pd.Series(pd.DatetimeIndex(["2026-04-01", "2026-06-01"], tz="Australia/Lord_Howe"))
    assert message(lambda: floor_to_interval(halves, "1h")) == (
        "the clock of Australia/Lord_Howe moves by a part of 1h; give a shorter interval"
    )
    assert "does not divide an hour" in message(lambda: floor_to_interval(halves, "25min"))


def offsets(stamps: pd.DatetimeIndex) -> list[float]:
    return [stamp.utcoffset().total_seconds() / 3600 for stamp in stamps]


def test_stamps_that_occur_twice_are_read_in_order() -> None:
    night = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    local = pd.DatetimeIndex([f"2026-10-25 {clock}" for clock in night])
    given_ = localize(local, "Europe/Berlin")
    assert offsets(given_.stamps) == [2, 2, 2, 1, 1, 1]
    assert given_.stamps.is_monotonic_increasing
    assert given_.resolved["position"].tolist() == [1, 2, 3, 4]
    assert given_.resolved["rule"].tolist() == ["first occurrence"] * 2 + ["second occurrence"] * 2
    assert given_.resolved["local"].tolist() == list(local[1:5])
    assert given_.resolved["stamp"].tolist() == list(given_.stamps[1:5])


@pytest.mark.parametrize(("rule", "expected"), [("first", [2, 2, 2]), ("second", [1, 1, 1]), ("order", [2, 2, 1])])
def test_stamps_that_occur_twice_follow_the_rule_given(rule: Any, expected: list[float]) -> None:
    local = pd.DatetimeIndex(["2026-10-25 02:00", "2026-10-25 02:30", "2026-10-25 02:00"])
    assert offsets(localize(local, "Europe/Berlin", ambiguous=rule).stamps) == expected


def test_each_night_is_read_on_its_own() -> None:
    local = pd.DatetimeIndex(["2025-10-26 02:30", "2025-10-26 02:00", "2026-10-25 02:00", "2026-10-25 02:30"])
    assert offsets(localize(local, "Europe/Berlin").stamps) == [2, 1, 2, 2]


def test_stamps_that_do_not_exist_are_read_before_the_clock_is_put_forward() -> None:
    local = pd.Series(pd.DatetimeIndex(["2026-03-29 01:30", "2026-03-29 02:30", "2026-03-29 03:30", None]))
    given_ = localize(local, "Europe/Berlin")
    assert [str(stamp) for stamp in given_.stamps] == [
        "2026-03-29 01:30:00+01:00",
        "2026-03-29 03:30:00+02:00",
        "2026-03-29 03:30:00+02:00",
        "NaT",
    ]
    assert given_.resolved.to_dict("list") == {
        "position": [1],
        "local": [pd.Timestamp("2026-03-29 02:30")],
        "stamp": [pd.Timestamp("2026-03-29 03:30", tz="Europe/Berlin")],
        "rule": ["does not exist: read before the clock is put forward"],
    }


@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(2015, 1, 1), datetime(2035, 12, 31)), min_size=1, max_size=20),  # noqa: DTZ001
    st.sampled_from(["first", "second"]),
)
def test_local_stamps_are_resolved_as_python_folds_them(tz: str, local: list[datetime], rule: Any) -> None:
    # PEP 495: fold=0 is the first of two occurrences, and reads a time in a gap by the offset before the change.
    fold = 1 if rule == "second" else 0
    zone = ZoneInfo(tz)
    expected = []
    for stamp in local:
        zoned = stamp.replace(tzinfo=zone)
        gap = zoned.replace(fold=0).utcoffset() < zoned.replace(fold=1).utcoffset()  # type: ignore[operator]
        expected.append(zoned.replace(fold=0 if gap else fold).astimezone(UTC))
    given_ = localize(pd.DatetimeIndex(local), tz, ambiguous=rule)
    assert [stamp.to_pydatetime(warn=False).astimezone(UTC) for stamp in given_.stamps] == expected


def test_what_has_a_zone_is_not_localized_again() -> None:
    zoned = pd.DatetimeIndex(["2026-11-02"], tz="UTC")
    assert message(lambda: localize(zoned, "Europe/Berlin")) == (
        "the stamps already have the zone UTC; call .tz_convert('Europe/Berlin')"
    )


def test_an_unknown_rule_is_refused() -> None:
    local = pd.DatetimeIndex(["2026-11-02"])
    assert message(lambda: localize(local, "UTC", ambiguous="frist")) == (  # type: ignore[arg-type]
        "unknown rule 'frist' for stamps that occur twice; did you mean 'first'? Known: first, order, second"
    )


def test_intervals_of_a_day_start_at_each_midnight() -> None:
    horizon = Horizon("2026-10-24", days=3, interval="1d", tz="Europe/Berlin")
    assert [stamp.isoformat()[:16] for stamp in horizon.starts] == [
        "2026-10-24T00:00",
        "2026-10-25T00:00",
        "2026-10-26T00:00",
    ]
    assert horizon.daily
    assert horizon == Horizon("2026-10-24", days=3, interval="24h", tz="Europe/Berlin")
    assert not Horizon("2026-10-24", days=3, tz="Europe/Berlin").daily
    with pytest.raises(DataError, match="interval 2d does not divide an hour"):
        Horizon("2026-10-24", days=3, interval="2d", tz="Europe/Berlin")
