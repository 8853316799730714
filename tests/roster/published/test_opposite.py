"""Why somebody works: the opposite, with what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from wfm.domain import Centre, Contract, ShiftTemplate
from wfm.domain.lock import Lock
from wfm.errors import DataError
from wfm.roster import check, solve
from wfm.roster.published.opposite import why

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
MONDAY = date(2026, 11, 2)


def test_a_day_off_in_place_of_the_only_shift_costs_the_shortage_less_the_wage(need: Need, make_centre: Make) -> None:
    centre, wanted = make_centre([("calls",)]), need("2026-11-02 07:00", 16, calls=1)
    found = why(solve(wanted, centre, work_limit=1), "A00", MONDAY, wanted, centre, work_limit=1)
    assert (found.stands, found.cost, found.cost_opposite) == ("07:00-15:00 early", 160.0, 1600.0)
    assert found.opposite is not None
    assert found.opposite.shifts.empty
    assert str(found).splitlines() == [
        "A00 on 2026-11-02: 07:00-15:00 early",
        "├─ a day off instead costs +1,440.00 EUR (160.00 -> 1,600.00)",
        "├─ wages -160.00",
        "├─ shortage +1,600.00",
        "└─ 1 changes for 1 people",
    ]


def test_a_shift_on_a_day_off_costs_its_wage(need: Need, make_centre: Make) -> None:
    centre, wanted = make_centre([("calls",)] * 2), need("2026-11-02 07:00", 16, calls=1)
    roster = solve(wanted, centre, work_limit=1)
    idle = next(person.id for person in centre.employees if person.id not in set(roster.shifts["employee"]))
    found = why(roster, idle, MONDAY, wanted, centre, work_limit=1)
    assert found.stands == "off"
    assert found.cost_opposite == 160.0  # the other one stays at home
    assert found.opposite is not None
    assert check(found.opposite, centre, wanted) == []
    assert found.changes is not None
    assert sorted(found.changes.changes["change"]) == ["new shift", "shift dropped"]


def test_a_search_cut_short_does_not_make_the_opposite_dear(need: Need, make_centre: Make) -> None:
    shifts = tuple(
        ShiftTemplate(name=name, earliest_start=start, latest_start=last, min_length="8h")
        for name, start, last in (("early", "06:00", "09:00"), ("late", "12:00", "14:00"))
    )
    centre = make_centre([("calls",)] * 14, shifts=shifts)
    wanted = pd.concat([need(f"2026-11-0{day} 07:00", 28, calls=4) for day in range(2, 7)])
    roster = solve(wanted, centre, work_limit=20)
    worker = roster.shifts["employee"].iloc[0]
    day = roster.shifts["shift_start"].iloc[0].date()
    # No change is tried: the opposite is the roster without the shift, or the cheapest line that is legal.
    found = why(roster, worker, day, wanted, centre, work_limit=0)
    assert found.opposite is not None
    assert check(found.opposite, centre, wanted) == []
    assert found.cost_opposite is not None
    # Leaving out 8 hours that others do not cover costs at most 200 an hour less the pay of 20.
    assert found.cost_opposite - found.cost <= 8 * (200 - 20) + 1e-6
    assert found.at_least is not None
    assert found.at_least <= found.cost_opposite - found.cost + 1e-6
    idle = next(e.id for e in centre.employees if (roster.shifts["employee"] == e.id).sum() < 5)
    worked = set(roster.shifts.query("employee == @idle")["shift_start"].dt.date)
    free = next(MONDAY + timedelta(days=n) for n in range(5) if MONDAY + timedelta(days=n) not in worked)
    # One more shift costs its pay at most.
    other = why(roster, idle, free, wanted, centre, work_limit=0)
    assert other.cost_opposite is not None
    assert other.cost_opposite - other.cost <= 8 * 20 + 1e-6
    assert "by a search that may fall short" in str(found) + str(other) or roster.gap == 0


def test_an_opposite_that_no_rule_allows_is_said_so(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)], contract=Contract(name="full", min_week="8h", max_days_per_week=1))
    wanted = need("2026-11-02 00:00", 7 * 48, calls=1)
    roster = solve(wanted, centre, work_limit=1)
    day = roster.shifts["shift_start"].iloc[0].date()
    other = date(2026, 11, 3) if day != date(2026, 11, 3) else date(2026, 11, 4)
    assert why(roster, "A00", other, wanted, centre, work_limit=1).cost_opposite is not None
    locked = replace(centre.employees[0], locks=(Lock(day=day),))
    held = replace(centre, employees=(locked,))
    impossible = why(solve(wanted, held, work_limit=1), "A00", other, wanted, held, work_limit=1)
    assert impossible.cost_opposite is None
    assert impossible.opposite is None
    assert "is not possible: " in str(impossible)
    with pytest.raises(DataError, match="is locked; take the lock out to ask what it costs"):
        why(roster, "A00", day, wanted, held, work_limit=1)
    with pytest.raises(DataError, match="2026-12-01 lies outside the horizon from 2026-11-02 to 2026-11-08"):
        why(roster, "A00", date(2026, 12, 1), wanted, centre, work_limit=1)
