from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wfm.domain.together import Fairness, Pair
from wfm.errors import DataError


def test_a_pair_is_together_by_default() -> None:
    assert Pair(first="A1", second="A2", price=1.0).together


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"second": "A1"}, "a pair of 'A1' and the same person; name two people"),
        ({"price": 0}, "price must be a number in (0, inf), got 0"),
        ({"together": "no"}, "together must be True or False, got 'no'"),
    ],
)
def test_each_fault_of_a_pair_has_its_message(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        Pair(**{"first": "A1", "second": "A2", "price": 1.0, **changes})
    assert str(caught.value) == text


def test_windows_of_unpopular_starts_are_times_of_day() -> None:
    fair = Fairness(unpopular=1.0, unpopular_starts=[["22:00", "05:30"]])  # type: ignore[arg-type]
    assert fair.unpopular_starts == ((timedelta(hours=22), timedelta(hours=5, minutes=30)),)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"nights": -1}, "nights must be a number in [0, inf), got -1"),
        (
            {"unpopular": 1.0},
            "unpopular starts cost 1, and no start is unpopular; give unpopular_starts=(('05:00', '06:30'),)",
        ),
        (
            {"unpopular_starts": ("05:00",)},
            "unpopular_starts must be pairs of times of day, got '05:00'; write (('05:00', '06:30'),)",
        ),
    ],
)
def test_each_fault_of_fairness_has_its_message(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        Fairness(**changes)
    assert str(caught.value) == text
