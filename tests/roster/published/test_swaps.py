"""Swaps, leave and back-fill: what is forbidden is named, what is short is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, Fairness, Preference, ShiftTemplate
from wfm.errors import DataError
from wfm.roster import check
from wfm.roster.duties import Duty, Part, as_frames
from wfm.roster.published.differences import diff
from wfm.roster.published.swaps import backfill, check_leave, check_swap

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
MONDAY = date(2026, 11, 2)
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),
    ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
)


def lay(rows: list[tuple[str, int, str, str]]) -> SimpleNamespace:
    """Return a roster of rows of employee, day from Monday, template and queue."""
    duties: dict[str, tuple[Duty, ...]] = {}
    for name, day, template, queue in rows:
        clock = "07:00" if template == "early" else "14:00"
        begin = int(pd.Timestamp(f"{MONDAY + timedelta(days=day)} {clock}", tz="Europe/Berlin").timestamp())
        end = begin + 8 * 3600
        duty = Duty(template, begin, end, 8.0, (Part(begin, end, "work", queue),))
        duties[name] = (*duties.get(name, ()), duty)
    shifts, activities = as_frames(duties, "Europe/Berlin")
    return SimpleNamespace(shifts=shifts, activities=activities)


def test_a_swap_that_nobody_minds_is_allowed(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS)
    roster = lay([("A00", 0, "early", "calls"), ("A01", 0, "late", "calls")])
    verdict = check_swap(roster, "A00", "A01", MONDAY, need("2026-11-02 07:00", 30, calls=1), centre)
    assert verdict.allowed
    assert verdict.why == ()
    assert verdict.coverage.empty
    assert verdict.roster.shifts["template"].tolist() == ["late", "early"]
    assert str(verdict).startswith("allowed\n")


def test_a_swap_that_breaks_a_rest_is_refused_by_name(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS)
    roster = lay([("A00", 0, "early", "calls"), ("A00", 1, "early", "calls"), ("A01", 0, "late", "calls")])
    wanted = need("2026-11-02 07:00", 78, calls=0)
    verdict = check_swap(roster, "A00", "A01", MONDAY, wanted, centre)
    assert not verdict.allowed
    assert [str(violation) for violation in verdict.violations] == [
        "rest: A00, 2026-11-03T07:00:00+01:00: 9h after the end of the shift before, at least 11h"
    ]


def test_a_swap_without_the_skill_is_short_where_the_skill_is_missed(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",), ("mail",)], shifts=SHIFTS)
    roster = lay([("A00", 0, "early", "calls"), ("A01", 0, "late", "mail")])
    wanted = pd.concat([need("2026-11-02 07:00", 16, calls=1), need("2026-11-02 14:00", 16, mail=1)])
    verdict = check_swap(roster, "A00", "A01", MONDAY, wanted, centre)
    assert verdict.violations == ()
    # From 14:00 to 15:00 each queue has somebody all the same.
    assert verdict.more_short_h == 14.0
    assert verdict.why == ("14 agent-hours more are short, at most 0 are conceded",)
    assert check_swap(roster, "A00", "A01", MONDAY, wanted, centre, max_more_short_h=14.0).allowed


def test_a_swap_of_two_days_keeps_the_hours_of_both(need: Need, make_centre: Make) -> None:
    contract = Contract(name="full", max_week="8h")
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS, contract=contract)
    roster = lay([("A00", 0, "early", "calls"), ("A01", 2, "late", "calls")])
    wanted = need("2026-11-02 07:00", 126, calls=0)
    alone = check_swap(roster, "A00", "A01", MONDAY, wanted, centre)
    assert [violation.rule.value for violation in alone.violations] == ["week_hours_above"]
    assert check_swap(roster, "A00", "A01", MONDAY, wanted, centre, other_day=date(2026, 11, 4)).allowed


def test_leave_drops_the_shifts_and_tells_what_is_short(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS, contract=Contract(name="full", min_week="8h"))
    roster = lay([("A00", 0, "early", "calls"), ("A01", 0, "early", "calls")])
    wanted = need("2026-11-02 00:00", 336, calls=0)
    wanted.loc[14:29, ["agents", "scheduled"]] = 2
    verdict = check_leave(roster, "A00", MONDAY, date(2026, 11, 9), wanted, centre)
    assert verdict.violations == ()  # the least hours of the week fall with the leave
    assert verdict.more_short_h == 8
    assert not verdict.allowed
    assert verdict.coverage["after"].tolist() == [1.0] * 16
    assert check(verdict.roster, centre, wanted)[0].rule.value == "week_hours_below"


def test_backfill_ranks_by_rule_then_by_what_is_gained(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",), ("calls",), ("calls",), ("mail",), ("calls",)], shifts=SHIFTS)
    wish = Preference(day=MONDAY, wish="off", price=30.0)
    people = tuple(replace(one, preferences=(wish,)) if one.id == "A01" else one for one in centre.employees)
    centre = replace(centre, employees=people)
    roster = lay([("A00", 0, "early", "calls"), ("A04", 0, "late", "calls"), ("A03", 1, "late", "mail")])
    wanted = pd.concat([need("2026-11-02 07:00", 16, calls=1), need("2026-11-03 07:00", 1, calls=0)])
    ranked = backfill(roster, "A00", MONDAY, wanted, centre)
    assert ranked["employee"].tolist() == ["A02", "A01", "A03", "A04"]
    assert ranked["allowed"].tolist() == [True, True, True, False]
    assert ranked["recovered"].tolist()[:3] == [1.0, 1.0, 0.0]
    assert ranked["price"].tolist()[:3] == [160.0, 190.0, 160.0]
    assert "two_shifts_on_day" in ranked["why"].iloc[3] or "shift_overlap" in ranked["why"].iloc[3]


def test_who_works_the_same_hours_cannot_take_a_second_shift(need: Need, make_centre: Make) -> None:
    """Two shifts that begin together are no roster, and yet no fault of the question."""
    centre = make_centre([("calls",)] * 3, shifts=SHIFTS)
    roster = lay([("A00", 0, "early", "calls"), ("A01", 0, "early", "calls")])
    ranked = backfill(roster, "A00", MONDAY, need("2026-11-02 07:00", 16, calls=2), centre)
    assert ranked["employee"].tolist() == ["A02", "A01"]
    assert ranked["why"].tolist() == [
        "",
        "two_shifts_on_day: A01, 2026-11-02T07:00:00+01:00: a second shift on 2026-11-02, beside 07:00-15:00 early",
    ]


def test_a_swap_into_a_shift_that_still_runs_is_refused_by_name(need: Need, make_centre: Make) -> None:
    night = ShiftTemplate(name="night", earliest_start="22:00", min_length="10h")
    centre = make_centre([("calls", "mail")] * 2, shifts=(*SHIFTS, night))
    begin = int(pd.Timestamp("2026-11-02 22:00", tz="Europe/Berlin").timestamp())
    turn, end = begin + 9 * 3600, begin + 10 * 3600
    long = Duty("night", begin, end, 10.0, (Part(begin, turn, "work", "calls"), Part(turn, end, "work", "mail")))
    early = Duty("early", turn, turn + 8 * 3600, 8.0, (Part(turn, turn + 8 * 3600, "work", "calls"),))
    shifts, activities = as_frames({"A00": (long,), "A01": (early,)}, "Europe/Berlin")
    roster = SimpleNamespace(shifts=shifts, activities=activities)
    asked = need("2026-11-02 22:00", 30, calls=1)
    verdict = check_swap(roster, "A00", "A01", date(2026, 11, 3), asked, centre)
    assert not verdict.allowed
    assert [str(violation) for violation in verdict.violations] == [
        "shift_overlap: A00, 2026-11-03T07:00:00+01:00: meets the shift of 2026-11-02, 22:00-08:00 night"
    ]


def test_a_back_fill_counts_what_people_bore_before(need: Need, make_centre: Make) -> None:
    fairness = Fairness(hours=0.1)
    centre = make_centre([("calls",)] * 3, shifts=SHIFTS, fairness=fairness)
    roster = lay([("A00", 0, "early", "calls")])
    borne = pd.DataFrame({"employee": ["A00", "A01", "A02"], "nights": 0.0, "weekends": 0.0, "unpopular": 0.0})
    borne["hours"] = [30.0, 100.0, 10.0]
    ranked = backfill(roster, "A00", MONDAY, need("2026-11-02 07:00", 16, calls=1), centre, history=borne)
    assert ranked["employee"].tolist() == ["A02", "A01"]

    def spread(hours: list[float]) -> float:
        return 0.1 * sum((one - sum(hours) / 3) ** 2 for one in hours)

    nobody = spread([30, 100, 10])
    prices = [8 * 20 + spread([30, 100, 18]) - nobody, 8 * 20 + spread([30, 108, 10]) - nobody]
    assert ranked["price"].tolist() == pytest.approx(prices)


def test_heads_wanted_by_shift_are_missed_without_a_requirement(make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS)
    roster = lay([("A00", 0, "early", "calls"), ("A01", 0, "late", "calls")])
    heads = pd.DataFrame({"template": ["early", "late"], "day": [MONDAY] * 2, "heads": 1.0, "shortage_price": 300.0})
    away = check_leave(roster, "A00", MONDAY, MONDAY + timedelta(days=1), None, centre, wanted=heads)
    assert (away.allowed, away.more_short_h, away.cost) == (False, 8.0, 300 - 8 * 20)
    assert check_swap(roster, "A00", "A01", MONDAY, None, centre, wanted=heads).allowed
    ranked = backfill(roster, "A00", MONDAY, None, centre, wanted=heads)
    assert ranked["allowed"].tolist() == [False]  # A01 has a shift on the day
    ranked = backfill(lay([("A00", 0, "early", "calls")]), "A00", MONDAY, None, centre, wanted=heads)
    assert ranked.drop(columns=["rank", "why"]).iloc[0].tolist() == ["A01", True, 1.0, 160.0]


def test_what_cannot_be_asked_is_refused(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 2, shifts=SHIFTS)
    roster, wanted = lay([("A00", 0, "early", "calls")]), need("2026-11-02 07:00", 16, calls=1)
    with pytest.raises(DataError, match="swaps with themselves"):
        check_swap(roster, "A00", "A00", MONDAY, wanted, centre)
    with pytest.raises(DataError, match="the shifts of 2026-11-02 are exchanged twice; leave other_day out"):
        check_swap(roster, "A00", "A01", MONDAY, wanted, centre, other_day=MONDAY)
    with pytest.raises(DataError, match="neither A00 nor A01 has a shift on 2026-11-05"):
        check_swap(roster, "A00", "A01", date(2026, 11, 5), wanted, centre)
    with pytest.raises(DataError, match="neither A00 nor A01 has a shift on 2026-11-05"):
        check_swap(roster, "A00", "A01", MONDAY, wanted, centre, other_day=date(2026, 11, 5))
    with pytest.raises(DataError, match="the leave from 2026-12-24 to 2026-12-27 has no day of the horizon"):
        check_leave(roster, "A00", date(2026, 12, 24), date(2026, 12, 27), wanted, centre)
    with pytest.raises(DataError, match="A01 has no shift on 2026-11-02; name a day on which they work"):
        backfill(roster, "A01", MONDAY, wanted, centre)
    with pytest.raises(DataError, match="unknown employee 'A7'"):
        check_leave(roster, "A7", MONDAY, date(2026, 11, 3), wanted, centre)


def test_a_diff_names_each_change() -> None:
    before = lay([("A00", 0, "early", "calls"), ("A01", 0, "late", "calls"), ("A02", 0, "late", "calls")])
    after = lay([("A00", 0, "late", "calls"), ("A01", 0, "late", "mail"), ("A03", 1, "early", "calls")])
    found = diff(before, after)
    assert [tuple(row) for row in found.changes.drop(columns="day").itertuples(index=False)] == [
        ("A00", "shift moved", "07:00-15:00 early", "14:00-22:00 late"),
        ("A01", "skill switch", "14:00-22:00 on calls", "14:00-22:00 on mail"),
        ("A02", "shift dropped", "14:00-22:00 late", "off"),
        ("A03", "new shift", "off", "07:00-15:00 early"),
    ]
    assert str(found).splitlines()[0] == "4 changes for 4 people"
    assert diff(before, before).changes.empty
