from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from wfm.domain.carry import CarryOver
from wfm.errors import DataError


def test_nothing_is_known_by_default() -> None:
    before = CarryOver()
    assert (before.week_paid_s, before.paid_s, before.shifts, before.week_starts) == (0, 0, (), ())


def test_starts_and_counts_are_kept_in_plain_form() -> None:
    before = CarryOver(week_days=2, week_starts=["07:00", "22:30"], shifts={"night": 1, "early": 2})
    assert before.week_starts == (timedelta(hours=7), timedelta(hours=22, minutes=30))
    assert before.shifts == (("early", 2), ("night", 1))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"days_in_a_row": -1}, "days_in_a_row must be a whole number at least 0, got -1"),
        ({"week_days": 7}, "week_days must be a whole number from 0 to 6, got 7"),
        ({"week_paid": 8}, "week_paid has no unit: 8; write '8s', '8min' or '8h'"),
        ({"shifts": {"night": 0.5}}, "shifts of 'night' must be a whole number at least 0, got 0.5"),
        (
            {"last_end": datetime(2026, 11, 1, 15)},  # noqa: DTZ001
            "last_end 2026-11-01 15:00:00 has no zone; give an instant such as datetime(..., tzinfo=ZoneInfo('...'))",
        ),
        (
            {"days_in_a_row": 1, "days_off_in_a_row": 2},
            "1 days of work in a row and 2 days off in a row; "
            "only one of them reaches the day before the horizon: set the other to 0",
        ),
        (
            {"days_in_a_row": 1, "nights_in_a_row": 2},
            "2 nights in a row among 1 days of work in a row; raise days_in_a_row or lower nights_in_a_row",
        ),
        (
            {"last_template": "night"},
            "a shift 'night' on the day before the horizon, and no day of work in a row; "
            "raise days_in_a_row, or leave out last_template",
        ),
        (
            {"week_starts": ("07:00",)},
            "1 starts in the week on 0 working days; raise week_days or leave out a start",
        ),
    ],
)
def test_each_fault_has_its_message(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        CarryOver(**changes)
    assert str(caught.value) == text
