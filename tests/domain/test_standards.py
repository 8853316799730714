"""Promises and goals: what they are, and what they refuse."""

from __future__ import annotations

import pytest

from wfm.domain import presets
from wfm.domain.standards import Objective, Standard
from wfm.errors import DataError


def test_the_goals_of_a_shop_know_which_side_is_good():
    goals = {goal.measure: goal for goal in presets.ecommerce_goals("2025")}
    assert goals["csat"].met(0.9)
    assert not goals["csat"].met(0.89)
    assert goals["complaint_rate"].met(-0.25)
    assert not goals["complaint_rate"].met(-0.1)
    assert goals["complaint_rate"].baseline == "2025"
    assert all(goal.source for goal in goals.values())
    assert all(standard.source for standard in presets.ecommerce_standards())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Standard(name="x", promise="answr", within="1h", source="handbook"),
            "unknown promise 'answr'; did you mean 'answer'? Known: answer, closing, reply, solution",
        ),
        (
            lambda: Standard(name="x", promise="answer", within=30, channels=("fone",), source="handbook"),
            "2 problems in standard 'x':\n  1. within has no unit: 30; write '30s', '30min' or '30h'\n"
            "  2. unknown channel 'fone'; did you mean 'phone'? Known: case, chat, email, message, phone, social",
        ),
        (
            lambda: Objective(measure="csat", value=90, unit="share", direction="at_least", source="handbook"),
            "value must be a number in [0, 1], got 90",
        ),
        (
            lambda: Objective(measure="complaints", value=-0.2, unit="change", direction="at_most", source="handbook"),
            "a change without a baseline; a change is measured from a named baseline, nothing else is",
        ),
    ],
)
def test_what_cannot_be_promised_is_refused(make, message):
    with pytest.raises(DataError) as error:
        make()
    assert str(error.value) == message
