"""Cards: what they refuse, the standard one, and versions."""

from __future__ import annotations

from datetime import date

import pytest

from wfm.errors import DataError
from wfm.kpi.appraisal import STANDARD, AppraisalCard, Indicator, card_for, standard_card


def line(name="csat", weight=1.0, **more):
    given = {"group": "satisfaction", "sample": "rate", "floor": 0.6, "cap": 0.95, **more}
    return Indicator(name=name, weight=weight, **given)


def card(name="2026", since=date(2026, 1, 1), indicators=None):
    return AppraisalCard(name=name, since=since, indicators=indicators or (line(),))


EQUAL = dict.fromkeys(STANDARD, 1 / 16)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: card(indicators=(line("csat", 0.5), line("fcr", 0.4))),
            "the weights of card '2026' sum to 0.9, not 1: csat 0.5 + fcr 0.4; divide each by their sum",
        ),
        (
            lambda: card(indicators=(line("csat", 0.5), line("csat", 0.5))),
            "indicator 'csat' stands on card '2026' twice; leave one out",
        ),
        (
            lambda: AppraisalCard(name="x", since=date(2026, 1, 1), indicators=()),
            "card 'x' has no indicators; give at least one",
        ),
        (lambda: line(weight=50), "indicator 'csat': weight must be a number in (0, 1], got 50; write 0.5 for 50 %"),
        (
            lambda: line(floor=0.9, cap=0.9),
            "indicator 'csat': floor and cap are both 0.9; give the value of 0 points and that of 100 points",
        ),
        (
            lambda: line(floor=60, cap=95),
            "indicator 'csat': floor 60 and cap 95 of a share are not in [0, 1]; write 0.8 for 80 %",
        ),
        (
            lambda: line(sample="ratio"),
            "indicator 'csat': unknown sample 'ratio'; did you mean 'rate'? Known: count, mean, rate",
        ),
        (lambda: line(minimum=0), "indicator 'csat': minimum must be a whole number at least 1, got 0"),
        (lambda: line(measure="csta"), "indicator 'csat': unknown measure 'csta'; did you mean 'csat'?"),
        (
            lambda: standard_card({k: v for k, v in EQUAL.items() if k != "csat"}, name="2026", since=date(2026, 1, 1)),
            "no weight of 'csat'; give each its weight; they have no default",
        ),
        (
            lambda: standard_card(EQUAL, name="2026", since=date(2026, 1, 1), scales={"cast": (0, 1)}),
            "unknown indicator 'cast' in scales; did you mean 'csat'? Known: complaint_rate, courtesy, csat, "
            "emotional_control, entry_accuracy, expression, handling_speed, initiative, mean_response, operation, "
            "problem_solving, product_knowledge, repeat_inquiry, survey_reply, teamwork, win_back",
        ),
        (
            lambda: card_for([card()], date(2025, 12, 31)),
            "no card was in force on 2025-12-31; the first is '2026' since 2026-01-01; give the card of that time, or "
            "leave the earlier counts out",
        ),
        (lambda: card_for([card(), card()], date(2026, 1, 1)), None),
        (lambda: card_for([], date(2026, 1, 1)), "no card; give at least one AppraisalCard"),
    ],
)
def test_what_a_card_refuses(make, message):
    with pytest.raises(DataError) as error:
        make()
    if message is None:
        message = (
            "2 problems in cards:\n  1. two cards have the name '2026'; give one another\n"
            "  2. two cards have the first day '2026-01-01'; give one another"
        )
    assert str(error.value) == message


def test_the_standard_card_has_sixteen_indicators_in_four_groups():
    found = standard_card(EQUAL, name="2026", since=date(2026, 1, 1), scales={"csat": (0.5, 0.9)}, minimum={"csat": 9})
    by_group = {group: [each.name for each in found.indicators if each.group == group] for group in found.groups}
    assert by_group == {
        "attitude": ["courtesy", "initiative", "emotional_control", "expression"],
        "ability": ["product_knowledge", "operation", "problem_solving", "teamwork"],
        "efficiency": ["mean_response", "survey_reply", "handling_speed", "entry_accuracy"],
        "satisfaction": ["csat", "complaint_rate", "repeat_inquiry", "win_back"],
    }
    csat = found.indicators[STANDARD.index("csat")]
    assert (csat.floor, csat.cap, csat.minimum) == (0.5, 0.9, 9)
    lower = {each.name for each in found.indicators if each.direction.value == "lower is better"}
    assert lower == {"mean_response", "handling_speed", "complaint_rate", "repeat_inquiry"}
    assert all(each.of is not None for each in found.indicators)
    assert "attitude [25 %]" in str(found)


def test_points_are_linear_between_floor_and_cap_and_end_there():
    speed = line("speed", floor=600, cap=240, sample="mean")
    assert [speed.points(value) for value in (700, 600, 420, 240, 100)] == [0, 0, 50, 100, 100]


def test_the_card_of_the_time_is_found():
    versions = [card("b", date(2026, 7, 1)), card("a", date(2026, 1, 1))]
    days = (date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2030, 1, 1))
    assert [card_for(versions, day).name for day in days] == ["a", "a", "b", "b"]
