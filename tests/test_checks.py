from __future__ import annotations

import math
from datetime import date, datetime
from enum import StrEnum

import pytest

from wfm.checks import (
    check_choice,
    check_date,
    check_fraction,
    check_in_range,
    check_int,
    check_kind,
    check_name,
    check_zone,
)
from wfm.errors import DataError


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def message(check: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(DataError) as caught:
        check(*args, **kwargs)  # type: ignore[operator]
    return str(caught.value)


@pytest.mark.parametrize("value", [0, 0.0, 1, 0.5])
def test_numbers_in_the_interval_are_returned(value: float) -> None:
    assert check_in_range("x", value, 0.0, 1.0) == value


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, True, "1", None])
def test_what_is_not_a_number_in_the_interval_is_refused(value: object) -> None:
    assert message(check_in_range, "x", value, 0.0, 1.0) == f"x must be a number in [0, 1], got {value!r}"


@pytest.mark.parametrize(
    ("kwargs", "value", "interval"),
    [
        ({"include_low": False}, 0.0, "(0, 1]"),
        ({"include_high": False}, 1.0, "[0, 1)"),
        ({"include_low": False, "include_high": False}, 1.0, "(0, 1)"),
    ],
)
def test_the_brackets_show_which_end_is_allowed(kwargs: dict[str, bool], value: float, interval: str) -> None:
    assert f"in {interval}, got" in message(check_in_range, "x", value, 0.0, 1.0, **kwargs)


def test_an_open_end_is_never_closed_by_a_bracket() -> None:
    assert message(check_in_range, "x", -1, 0, remedy="mend it") == "x must be a number in [0, inf), got -1; mend it"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (80, "fraction must be a number in (0, 1], got 80; write 0.8 for 80 %"),
        (2.5, "fraction must be a number in (0, 1], got 2.5; write 0.025 for 2.5 %"),
        (101, "fraction must be a number in (0, 1], got 101"),
        (-0.2, "fraction must be a number in (0, 1], got -0.2"),
        (0, "fraction must be a number in (0, 1], got 0"),
        (True, "fraction must be a number in (0, 1], got True"),
    ],
)
def test_a_percentage_is_told_how_to_be_written(value: float, text: str) -> None:
    assert message(check_fraction, "fraction", value) == text


def test_the_ends_of_a_fraction_are_chosen() -> None:
    assert check_fraction("fraction", 0, include_zero=True) == 0
    assert check_fraction("fraction", 1) == 1
    assert "in (0, 1), got 1" in message(check_fraction, "fraction", 1, include_one=False)


@pytest.mark.parametrize("value", [0, 4, 1.0, True, "2", None])
def test_what_is_not_a_whole_number_in_range_is_refused(value: object) -> None:
    assert message(check_int, "n", value, 1, 3) == f"n must be a whole number from 1 to 3, got {value!r}"


def test_whole_numbers_may_have_no_upper_end() -> None:
    assert check_int("n", 10**9, 1) == 10**9
    assert message(check_int, "n", 0, 1, remedy="mend it") == "n must be a whole number at least 1, got 0; mend it"


@pytest.mark.parametrize("value", ["", " ", "a ", " a", None, 3])
def test_what_is_not_a_name_is_refused(value: object) -> None:
    expected = f"name must be a name, got {value!r}; give a non-empty text without spaces at its ends"
    assert message(check_name, "name", value) == expected


def test_a_name_may_hold_spaces_and_any_script() -> None:
    assert check_name("name", "客服 一组") == "客服 一组"


def test_a_choice_is_given_by_value_or_member() -> None:
    assert check_choice("colour", "red", Colour) is Colour.RED
    assert check_choice("colour", Colour.GREEN, Colour) is Colour.GREEN


def test_an_unknown_choice_is_told_the_nearest() -> None:
    expected = "unknown colour 'gren'; did you mean 'green'? Known: green, red"
    assert message(check_choice, "colour", "gren", Colour) == expected
    assert message(check_choice, "colour", None, Colour) == "unknown colour None; known: green, red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-12-24", "day must be a date, got '2026-12-24'; write date(2026, 12, 24)"),
        (datetime(2026, 12, 24, 9), "day must be a date, got '2026-12-24 09:00:00'; write date(2026, 12, 24)"),  # noqa: DTZ001
        ("Christmas", "day must be a date, got 'Christmas'; write date(2026, 12, 24)"),
        (20261224, "day must be a date, got '20261224'; write date(2026, 12, 24)"),
    ],
)
def test_only_a_date_is_a_date(value: object, text: str) -> None:
    assert check_date("day", date(2026, 12, 24)) == date(2026, 12, 24)
    assert message(check_date, "day", value) == text


@pytest.mark.parametrize("tz", ["", None, 5, "Berlin", "../etc/passwd", "Europe", "UTC+8"])
def test_an_unknown_zone_is_refused(tz: object) -> None:
    assert message(check_zone, tz).startswith(f"unknown time zone {tz!r}; ")


def test_a_known_zone_is_returned() -> None:
    assert check_zone("Asia/Kolkata") == "Asia/Kolkata"
    assert "did you mean 'Asia/Shanghai'?" in message(check_zone, "Asia/Shangai")


@pytest.mark.parametrize(
    ("value", "shown"), [("2026-12-24", "'2026-12-24'"), (list(range(99)), "a list"), ("a\nb", "'a\\nb'")]
)
def test_what_is_of_another_class_is_shown_if_it_is_short(value: object, shown: str) -> None:
    assert message(check_kind, "day", value, date) == f"day must be a date, got {shown}; write date(...)"
