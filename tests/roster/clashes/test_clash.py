"""Smallest sets of rules that clash, against every line of a week judged by the checker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product
from types import SimpleNamespace

import pandas as pd

from wfm.domain import Centre, Contract, Unavailability
from wfm.domain.lock import Lock
from wfm.roster import check
from wfm.roster.clashes.clash import Conflict, conflicts
from wfm.roster.clashes.person_rules import PersonRule, Terms, rules_of_person
from wfm.roster.duties import Duty, Part, as_frames
from wfm.timegrid import Horizon

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
MONDAY = date(2026, 11, 2)
WEEK = Horizon(MONDAY, weeks=1, tz="Europe/Berlin")


def some_line(centre: Centre, terms: Terms) -> bool:
    """Whether the checker lets any choice of early shifts of the week pass."""
    alone = replace(centre, employees=(terms.person,), contracts=(terms.contract,))
    for days in product((False, True), repeat=7):
        duties = []
        for number in (n for n in range(7) if days[n]):
            begin = int(pd.Timestamp(f"{MONDAY + timedelta(days=number)} 07:00", tz=centre.tz).timestamp())
            work = (Part(begin, begin + 8 * 3600, "work", "calls"),)
            duties.append(Duty("early", begin, begin + 8 * 3600, 8.0, work))
        shifts, activities = as_frames({terms.person.id: duties}, centre.tz)
        if not check(SimpleNamespace(shifts=shifts, activities=activities), alone, horizon=WEEK):
            return True
    return False


def judged(centre: Centre, found: Conflict) -> tuple[bool, list[bool]]:
    """Return whether the rules of a conflict hold together, and whether they do without each one."""
    terms = Terms(centre.employees[0], centre.contracts[0])
    rules = rules_of_person(terms)

    def holds(kept: tuple[PersonRule, ...]) -> bool:
        left = terms
        for rule in rules:
            if rule not in kept:
                left = rule.off(left)
        return some_line(centre, left)

    core = tuple(rule for rule in rules if rule.words in found.rules)
    assert len(core) == len(found.rules)
    return holds(core), [holds(some) for some in combinations(core, len(core) - 1)]


def test_every_set_is_a_clash_and_no_smaller_one_is(need: Need, make_centre: Make) -> None:
    contract = Contract(name="full", min_week="40h", max_days_in_a_row=3, max_weekends=0, cost_per_hour=20.0)
    away = Unavailability(start=date(2026, 11, 3), end=date(2026, 11, 4), credit="0h")
    centre = make_centre([("calls",)], contract=contract)
    centre = replace(centre, employees=(replace(centre.employees[0], unavailable=(away,)),))
    found = conflicts(need("2026-11-02 00:00", 7 * 48, calls=1), centre)
    assert found
    for conflict in found[:1]:
        together, fewer = judged(centre, conflict)
        assert not together
        assert all(fewer)


def test_locks_and_hours_clash_and_each_way_out_is_priced(need: Need, make_centre: Make) -> None:
    contract = Contract(name="full", min_week="32h", max_days_per_week=4, cost_per_hour=20.0)
    centre = make_centre([("calls",)], contract=contract)
    locks = tuple(Lock(day=MONDAY + timedelta(days=n), off=True) for n in range(4))
    centre = replace(centre, employees=(replace(centre.employees[0], locks=locks),))
    (found,) = conflicts(need("2026-11-02 00:00", 7 * 48, calls=1), centre)
    offs = tuple(f"the lock of {MONDAY + timedelta(days=n)} to a day off" for n in range(4))
    assert found.rules in (("min_week 32 h", *offs), ("min_week 32 h", "max_day 8 h", *offs))
    assert judged(centre, found) == (False, [True] * len(found.rules))
    assert found.fixes[0].what in ("lower min_week to 24 h", "take out the lock of 2026-11-02 to a day off")
    assert all(fix.is_enough for fix in found.fixes)
    assert {fix.price for fix in found.fixes} == {160.0}


def test_nobody_with_a_legal_line_has_a_conflict(need: Need, make_centre: Make) -> None:
    wanted = need("2026-11-02 00:00", 7 * 48, calls=1)
    assert conflicts(wanted, make_centre([("calls",)] * 2, contract=Contract(name="full", min_week="40h"))) == ()


def test_two_clashes_of_one_person_are_found_one_after_the_other(need: Need, make_centre: Make) -> None:
    contract = Contract(name="full", max_days_in_a_row=2, cost_per_hour=20.0)
    centre = make_centre([("calls",)], contract=contract)
    locks = (*(Lock(day=MONDAY + timedelta(days=n)) for n in range(3)), Lock(day=date(2026, 11, 6), template="early"))
    away = Unavailability(start=date(2026, 11, 6), end=date(2026, 11, 7))
    centre = replace(centre, employees=(replace(centre.employees[0], locks=locks, unavailable=(away,)),))
    first, second = conflicts(need("2026-11-02 00:00", 7 * 48, calls=1), centre)
    assert {"max_days_in_a_row 2", "the lock of 2026-11-06 to early"} & {*first.rules, *second.rules}
    assert not first.fixes[0].is_enough
    assert "another conflict remains" in str(first)
    assert second.fixes[0].is_enough
