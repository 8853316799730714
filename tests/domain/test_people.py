from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from wfm.domain.lock import Lock
from wfm.domain.people import (
    Absence,
    Contract,
    ContractKind,
    Employee,
    Preference,
    Skill,
    Unavailability,
    Wish,
)
from wfm.errors import DataError

MONDAY = date(2026, 11, 2)


def message(make: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as caught:
        make()
    return str(caught.value)


def leave(start: int, end: int) -> Unavailability:
    return Unavailability(start=date(2026, 11, start), end=date(2026, 11, end))


@pytest.mark.parametrize("proficiency", [0, -1, 2.1, "fast"])
def test_a_proficiency_out_of_range_is_refused(proficiency: Any) -> None:
    told = message(lambda: Skill("chat", proficiency))
    assert told == f"proficiency must be a number in (0, 2], got {proficiency!r}"


def test_a_skill_needs_a_queue() -> None:
    assert message(lambda: Skill("")).startswith("queue must be a name, got ''")


def test_the_default_contract_is_a_full_week() -> None:
    full = Contract(name="full")
    assert (full.kind, full.max_day_s, full.max_week_s, full.min_rest_s) == (ContractKind.FULL, 28800, 144000, 39600)
    assert (full.min_day_s, full.min_week_s, full.max_period_s, full.max_overtime_week_s) == (0, 0, None, 0)
    assert (full.max_days_per_week, full.max_days_in_a_row, full.max_weekends) == (5, 6, None)


def test_templates_and_periods_are_kept() -> None:
    contract = Contract(name="part", kind="part", max_week="20h", max_period="80h", templates=["short"])
    assert (contract.kind, contract.max_period_s, contract.templates) == (ContractKind.PART, 288000, ("short",))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": ""}, "name must be a name, got ''; give a non-empty text without spaces at its ends"),
        ({"kind": "ful"}, "unknown kind 'ful'; did you mean 'full'? Known: full, on call, part, temporary"),
        ({"max_day": 8}, "max_day has no unit: 8; write '8s', '8min' or '8h'"),
        ({"max_week": "0h"}, "max_week must be more than 0, got '0h'; give a length of time such as '30s'"),
        ({"max_period": "0h"}, "max_period must be more than 0, got '0h'; give a length of time such as '30s'"),
        ({"max_days_per_week": 8}, "max_days_per_week must be a whole number from 1 to 7, got 8"),
        ({"max_days_in_a_row": 0}, "max_days_in_a_row must be a whole number from 1 to 14, got 0"),
        ({"max_weekends": -1}, "max_weekends must be a whole number at least 0, got -1"),
        ({"cost_per_hour": -1}, "cost_per_hour must be a number in [0, inf), got -1"),
        ({"overtime_factor": 0.5}, "overtime_factor must be a number in [1, inf), got 0.5"),
        ({"cost_per_shift": -1}, "cost_per_shift must be a number in [0, inf), got -1"),
        ({"max_nights_in_a_row": 0}, "max_nights_in_a_row must be a whole number at least 1, got 0"),
        ({"whole_weekends": "yes"}, "whole_weekends must be True or False, got 'yes'"),
        ({"min_days_off_in_a_row": 0}, "min_days_off_in_a_row must be a whole number from 1 to 14, got 0"),
        (
            {"min_days_in_a_row": 7},
            "min_days_in_a_row 7 is above max_days_in_a_row 6; lower the minimum or raise the maximum",
        ),
        ({"min_free_week": "169h"}, "min_free_week 169 h is longer than a week; give at most '168h'"),
        ({"max_start_spread": "25h"}, "max_start_spread 25 h is longer than a day; give at most '24h'"),
        ({"max_start_spread": 2}, "max_start_spread has no unit: 2; write '2s', '2min' or '2h'"),
        ({"max_shifts": {"night": -1}}, "max_shifts of 'night' must be a whole number at least 0, got -1"),
        ({"max_shifts": 4}, "max_shifts must give a number by name, got 4; write max_shifts={'early': 1}"),
        (
            {"rotation": (("early",), ("late",))},
            "a rotation without rotation_from; give the Monday of its first week",
        ),
        (
            {"rotation_from": MONDAY},
            "rotation_from without a rotation; give the rotation too, or leave both out",
        ),
        (
            {"rotation": ((), ()), "rotation_from": MONDAY},
            "a rotation without a template in any week; name templates, or leave rotation out",
        ),
        (
            {"rotation": (("early",),), "rotation_from": date(2026, 11, 3)},
            "rotation_from 2026-11-03 is a Tuesday; give a Monday",
        ),
        (
            {"kind": "on call", "min_week": "8h"},
            "a contract on call with at least 8 h; leave out min_week and min_period, or write another kind",
        ),
        ({"templates": ()}, "no shift template is allowed; name at least one, or leave templates out to allow all"),
        ({"min_day": "9h"}, "min_day 9 h is above max_day 8 h; lower the minimum or raise the maximum"),
        (
            {"min_period": "9h", "max_period": "8h"},
            "min_period 9 h is above max_period 8 h; lower the minimum or raise the maximum",
        ),
        ({"max_day": "25h"}, "max_day 25 h is longer than a day; give at most '24h'"),
        ({"max_week": "169h"}, "max_week 169 h is longer than a week; give at most '168h'"),
        (
            {"kind": "part", "max_week": "60h"},
            "a part-time contract with max_week 60 h; write kind = 'full', or give less than '40h'",
        ),
        (
            {"min_week": "36h", "max_days_per_week": 4},
            "min_week 36 h cannot be reached in 4 days; "
            "they hold at most 32 h: lower it, or raise max_day or max_days_per_week",
        ),
    ],
)
def test_each_fault_of_a_contract_has_its_message(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: Contract(**{"name": "full", **changes})) == text


def test_rules_by_name_are_kept_in_order() -> None:
    rotation = [["early"], ["late", "night"]]
    contract = Contract(
        name="full", max_shifts={"night": 4, "late": 2}, rotation=rotation, rotation_from=MONDAY, min_free_week="36h"
    )
    assert contract.max_shifts == (("late", 2), ("night", 4))
    assert contract.rotation == (("early",), ("late", "night"))
    assert (contract.min_free_week_s, contract.max_start_spread_s) == (129600, None)
    assert hash(contract) == hash(
        Contract(
            name="full",
            **{k: getattr(contract, k) for k in ("max_shifts", "rotation", "rotation_from", "min_free_week")},
        )
    )


def test_all_faults_of_a_contract_are_told_at_once() -> None:
    told = message(lambda: Contract(name="full", max_days_per_week=0, cost_per_hour=-1, max_day="25h"))
    assert told.startswith("3 problems in contract 'full':")


def test_leave_is_of_days_or_of_hours() -> None:
    assert leave(2, 9).is_whole_days
    nine, ten = datetime(2026, 11, 2, 9, tzinfo=UTC), datetime(2026, 11, 2, 10, tzinfo=UTC)
    training = Unavailability(start=nine, end=ten, reason="training")
    assert not training.is_whole_days
    assert training.reason is Absence.TRAINING


@pytest.mark.parametrize(
    ("start", "end", "reason", "text"),
    [
        (
            MONDAY,
            MONDAY,
            "leave",
            "an unavailability ends at 2026-11-02, not after its start 2026-11-02; "
            "give the first day or instant back at work as its end",
        ),
        (
            datetime(2026, 11, 2, 9),  # noqa: DTZ001
            datetime(2026, 11, 2, 10),  # noqa: DTZ001
            "leave",
            "start 2026-11-02 09:00:00 of an unavailability has no zone; "
            "give it a zone, such as tzinfo=ZoneInfo('Europe/Berlin'), or a date for the whole day",
        ),
        (
            MONDAY,
            datetime(2026, 11, 3, tzinfo=UTC),
            "leave",
            "an unavailability from 2026-11-02 to 2026-11-03 00:00:00+00:00 mixes a date and an instant; "
            "give two dates or two instants",
        ),
        (
            "2026-11-02",
            MONDAY,
            "leave",
            "start '2026-11-02' of an unavailability is not a date; give a date, or an instant with a zone",
        ),
        (
            MONDAY,
            date(2026, 11, 3),
            "holiday",
            "unknown reason 'holiday'; known: leave, other, sick, training",
        ),
    ],
)
def test_leave_that_is_ambiguous_is_refused(start: Any, end: Any, reason: Any, text: str) -> None:
    assert message(lambda: Unavailability(start=start, end=end, reason=reason)) == text


def test_a_wish_for_a_template_names_it() -> None:
    wish = Preference(day=MONDAY, wish="template", template="early", rank=9)
    assert (wish.wish, wish.template, wish.rank) == (Wish.TEMPLATE, "early", 9)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"day": "2026-11-02"}, "day must be a date, got '2026-11-02'; write date(2026, 11, 2)"),
        ({"wish": "of"}, "unknown wish 'of'; did you mean 'off'? Known: not template, off, template, work"),
        ({"rank": 10}, "rank must be a whole number from 1 to 9, got 10"),
        (
            {"wish": "template"},
            "wish 'template' with template None; "
            "a template goes with wish='template' or 'not template', and only with them",
        ),
        (
            {"template": "early"},
            "wish 'off' with template 'early'; "
            "a template goes with wish='template' or 'not template', and only with them",
        ),
        ({"price": -1}, "price must be a number in [0, inf), got -1"),
    ],
)
def test_wishes_out_of_range_are_refused(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: Preference(**{"day": MONDAY, "wish": "off", **changes})) == text


def person(**changes: Any) -> Employee:
    return Employee(**{"id": "A1", "contract": "full", "skills": (Skill("chat"),), **changes})


def test_a_person_keeps_wishes_in_the_order_of_days() -> None:
    wishes = [Preference(day=date(2026, 11, day), wish="off") for day in (9, 2)]
    assert [wish.day.day for wish in person(preferences=wishes).preferences] == [2, 9]


def test_several_templates_may_be_unwanted_on_a_day() -> None:
    wishes = [Preference(day=MONDAY, wish="not template", template=name) for name in ("night", "late")]
    assert len(person(preferences=wishes).preferences) == 2


def test_locks_are_kept_in_the_order_of_days() -> None:
    locks = [Lock(day=date(2026, 11, day), off=True) for day in (9, 2)]
    assert [lock.day.day for lock in person(locks=locks).locks] == [2, 9]


def test_leave_may_follow_leave_without_a_gap() -> None:
    assert len(person(unavailable=[leave(2, 9), leave(9, 11)]).unavailable) == 2


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"id": ""}, "id must be a name, got ''; give a non-empty text without spaces at its ends"),
        ({"skills": ()}, "no skills; give at least one queue that the person serves"),
        ({"skills": ("chat",)}, "skills must be a list of Skill, got 'chat' in it; write skills=(Skill(...),)"),
        ({"skills": (Skill("chat"), Skill("chat", 0.5))}, "skill 'chat' is given twice; keep one"),
        (
            {"unavailable": (leave(5, 9), leave(2, 6))},
            "leave 2026-11-02 to 2026-11-06 overlaps leave 2026-11-05 to 2026-11-09; join them or move one",
        ),
        (
            {"preferences": [Preference(day=MONDAY, wish=wish) for wish in ("off", "work")]},
            "two wishes for 2026-11-02; keep one",
        ),
        (
            {"preferences": [Preference(day=MONDAY, wish="not template", template="night")] * 2},
            "two wishes for 2026-11-02; keep one",
        ),
        ({"locks": [Lock(day=MONDAY), Lock(day=MONDAY, off=True)]}, "two locks of 2026-11-02; keep one"),
        ({"rotation_week": -1}, "rotation_week must be a whole number at least 0, got -1"),
        ({"before": 3}, "before must be a CarryOver, got 3; write CarryOver(...)"),
    ],
)
def test_each_fault_of_a_person_has_its_message(changes: dict[str, Any], text: str) -> None:
    assert message(lambda: person(**changes)) == text
