"""What a roster leaves behind: a line cut in two is as legal and as dear as it is whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from wfm.domain import CarryOver, Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.errors import DataError
from wfm.roster import solve
from wfm.roster.carry import carry_over
from wfm.roster.kernels.rules import own_cost
from wfm.roster.problem import Case, build_case
from wfm.roster.search.rules import rules_of
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"
SHIFTS = (
    ShiftTemplate(name="early", earliest_start="06:00", min_length="8h"),
    ShiftTemplate(name="late", earliest_start="14:00", min_length="8h"),
    ShiftTemplate(name="night", earliest_start="22:00", min_length="8h", not_after=("early",)),
)


def a_centre(contract: Contract, before: CarryOver | None = None) -> Centre:
    return Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(contract,),
        shifts=SHIFTS,
        employees=(Employee(id="A1", contract="own", skills=(Skill("calls"),), before=before),),
    )


def a_case(centre: Centre, first: date, days: int) -> Case:
    horizon = Horizon(first, days=days, tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": horizon.starts, "agents": 1, "scheduled": 1})
    return build_case(need, centre, horizon)


def a_line(case: Case, templates: list[str | None]) -> np.ndarray:
    """Return a line that has those templates on the days."""
    shifts = case.shifts
    found = {(int(shifts.day[c]), shifts.templates[shifts.template[c]].name): c for c in range(len(shifts))}
    return np.array([-1 if name is None else found[day, name] for day, name in enumerate(templates)], dtype=np.int64)


def cost_of(case: Case, templates: list[str | None]) -> float:
    """Return the cost of a line; -1 if it is not legal."""
    line = a_line(case, templates)
    if not case.people[0].allowed[line[line >= 0]].all():
        return -1.0
    return own_cost(rules_of(case), 0, line)


def frame_of(case: Case, templates: list[str | None]) -> pd.DataFrame:
    line = a_line(case, templates)
    frame = case.shifts.to_frame().iloc[line[line >= 0]].drop(columns="day")
    return frame.assign(employee=pd.Series("A1", index=frame.index, dtype="str"))


# Lax first, which is drawn more often: a line of two weeks breaks some strict rule too easily.
RULES: dict[str, list[Any]] = {
    "max_week": ["56h", "40h"],
    "max_overtime_week": ["8h", "0h"],
    "min_week": ["0h", "16h"],
    "max_days_per_week": [7, 4],
    "max_days_in_a_row": [7, 4],
    "min_rest": ["0h", "16h"],
    "max_weekends": [None, 1],
    "whole_weekends": [False, True],
    "max_nights_in_a_row": [None, 2],
    "max_start_spread": [None, "8h"],
    "min_days_in_a_row": [1, 2],
    "min_days_off_in_a_row": [1, 2],
    "max_shifts": [None, {"night": 2, "late": 3}],
    "max_period": [None, "56h"],
}
SOME = {name: st.sampled_from([lax, lax, lax, lax, strict]) for name, (lax, strict) in RULES.items()}


THURSDAY = date(2026, 11, 5)
WORK, OFF = "early", None


@settings(max_examples=100, deadline=None)
@example({"min_days_in_a_row": 3}, THURSDAY, 1, [WORK, OFF, *[WORK] * 5, *[OFF] * 7])
@example({"min_days_off_in_a_row": 3}, THURSDAY, 1, [OFF, WORK, *[OFF] * 12])
@example({"min_days_off_in_a_row": 3}, THURSDAY, 2, [WORK, OFF, OFF, WORK, *[OFF] * 10])
@example({"min_week": "40h"}, THURSDAY, 2, [OFF, OFF, OFF, OFF, *[WORK] * 5, *[OFF] * 5])
@given(
    st.fixed_dictionaries(SOME),
    st.sampled_from([date(2026, 11, 2), THURSDAY, date(2026, 10, 19)]),
    st.integers(1, 13),
    st.lists(st.sampled_from([None, None, "early", "early", "late", "night"]), min_size=14, max_size=14),
)
def test_a_line_cut_in_two_is_as_legal_and_as_dear_as_whole(
    rules: dict[str, Any], first: date, cut: int, templates: list[str | None]
) -> None:
    contract = Contract(name="own", **rules)
    whole = cost_of(a_case(a_centre(contract), first, 14), templates)
    start = a_case(a_centre(contract), first, cut)
    costs = [cost_of(start, templates[:cut])]
    left = carry_over(frame_of(start, templates[:cut]), start.centre, start.horizon, same_period=True)["A1"]
    rest = a_case(a_centre(contract, left), first + timedelta(days=cut), 14 - cut)
    costs.append(cost_of(rest, templates[cut:]))
    legal = min(costs) >= 0
    event("legal" if legal else "not legal")
    assert legal == (whole >= 0), f"{costs} {whole} {left}"
    if legal:
        assert abs(sum(costs) - whole) < 1e-9


def a_past(templates: list[str | None], *, before: CarryOver | None = None, same_period: bool = False) -> CarryOver:
    """Return what a line from Thursday 5 November 2026 leaves behind."""
    case = a_case(a_centre(Contract(name="own"), before), date(2026, 11, 5), len(templates))
    return carry_over(frame_of(case, templates), case.centre, case.horizon, same_period=same_period)["A1"]


def test_state_at_the_end_of_a_week_begun() -> None:
    left = a_past([None, "early", "late", None, None, "late", "night", "night"])  # to Thursday 12 November
    assert left == CarryOver(
        last_end=datetime(2026, 11, 13, 6, tzinfo=ZoneInfo(TZ)),
        last_template="night",
        days_in_a_row=3,
        nights_in_a_row=2,
        week_paid="24h",
        week_days=3,
        week_starts=("14:00", "22:00", "22:00"),
        known_from=THURSDAY,
    )


def test_a_period_that_goes_on_counts_from_its_begin() -> None:
    before = CarryOver(paid="10h", weekends=1, shifts={"late": 1})
    left = a_past(["early", None, "late", None], before=before, same_period=True)
    assert (left.paid_s, left.weekends, left.shifts) == (26 * 3600, 2, (("early", 1), ("late", 2)))
    assert (left.days_off_in_a_row, left.week_days, left.week_starts) == (1, 0, ())
    fresh = a_past(["early", None, "late", None], before=before)
    assert (fresh.paid_s, fresh.weekends, fresh.shifts) == (0, 0, ())


def test_a_saturday_worked_goes_with_its_sunday() -> None:
    assert a_past([None, None, "early"]).weekend_worked_saturday
    assert not a_past([None, None, None]).weekend_worked_saturday


def test_runs_reach_back_over_the_whole_horizon() -> None:
    working = CarryOver(days_in_a_row=2, nights_in_a_row=1, week_days=2, week_paid="16h", week_starts=("22:00",))
    left = a_past(["night", "night"], before=working)
    assert (left.days_in_a_row, left.nights_in_a_row, left.week_days, left.week_paid_s) == (4, 3, 4, 32 * 3600)
    assert len(left.week_starts) == 3
    idle = replace(working, days_in_a_row=0, nights_in_a_row=0, days_off_in_a_row=5)
    assert a_past([None, None], before=idle).days_off_in_a_row == 7
    unknown = a_past([None, None])
    assert (unknown.days_off_in_a_row, unknown.known_from, unknown.is_open_run(date(2026, 11, 7))) == (
        2,
        THURSDAY,
        True,
    )
    # Nor is it known how long a run was that is told as neither work nor days off.
    assert a_past(["night", "night"], before=CarryOver()).is_open_run(date(2026, 11, 7))
    assert not a_past(["night", "night"], before=working).is_open_run(date(2026, 11, 7))


def test_who_did_not_work_keeps_the_end_of_the_last_shift() -> None:
    end = datetime(2026, 11, 4, 22, tzinfo=ZoneInfo(TZ))
    assert a_past([None], before=CarryOver(last_end=end)).last_end == end


def test_a_roster_hands_on_what_it_holds() -> None:
    centre = a_centre(Contract(name="own", min_week="16h"))
    horizon = Horizon(date(2026, 11, 5), days=4, tz=TZ)
    need = pd.DataFrame({"queue": "calls", "start": horizon.starts, "agents": 1, "scheduled": 1})
    roster = solve(need, centre, work_limit=1)
    left = roster.carry_over(centre, same_period=True)
    assert left == carry_over(roster.shifts, centre, horizon, same_period=True)
    assert left["A1"].paid_s == roster.paid_h * 3600 > 0
    bare = replace(roster, coverage=roster.coverage[:0])
    assert bare.carry_over(centre, horizon=horizon, same_period=True) == left
    with pytest.raises(DataError, match="the roster has no coverage, which would tell its days"):
        bare.carry_over(centre)
