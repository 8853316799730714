"""The quick bound: below what any roster costs, near that of the counts, and there when they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.domain import Break, Centre, Contract, Prices, ShiftTemplate, Skill
from wfm.roster import solve, solver
from wfm.roster.bound.classes import collapse
from wfm.roster.bound.counts import Counts, plan_counts
from wfm.roster.bound.quick_bound import quick_bound
from wfm.roster.problem import Case, build_case
from wfm.timegrid import Horizon

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]

LUNCH = Break(name="lunch", length="30min", earliest="3h", latest="5h")
DAY = ShiftTemplate(name="day", earliest_start="07:00", latest_start="10:00", min_length="8h30min", breaks=(LUNCH,))
NIGHT = ShiftTemplate(name="night", earliest_start="21:00", latest_start="22:00", min_length="8h")
SKILLS = [("calls",), ("calls", "chat"), ("chat",)] * 2
CONTRACTS = {
    "free": Contract(name="full", cost_per_hour=20.0),
    "few hours and overtime": Contract(name="full", max_week="20h", max_overtime_week="8h", cost_per_hour=20.0),
    "many hours at least": Contract(name="full", min_week="32h", max_week="40h", cost_per_hour=20.0),
}


def never() -> bool:
    return False


def week(need: Need, centre: Centre, seed: int, most: int, *, cyclic: bool = False) -> Case:
    """Return the case of a week with a demand by the hour, at random."""
    wanted = need("2026-11-02 00:00", 7 * 48, calls=1.0, chat=1.0)
    hourly = np.random.default_rng(seed).integers(0, most + 1, len(wanted) // 2)
    horizon = Horizon("2026-11-02", weeks=1, interval="30min", tz=centre.tz, cyclic=cyclic)
    return build_case(wanted.assign(scheduled=np.repeat(hourly, 2)), centre, horizon)


@pytest.mark.parametrize("contract", list(CONTRACTS))
@pytest.mark.parametrize(("surplus", "most", "speed"), [(0.0, 1, 1.0), (2.0, 2, 1.0), (2.0, 4, 1.0), (0.0, 2, 0.6)])
def test_it_is_below_the_bound_of_the_counts_and_near_it(
    need: Need, make_centre: Make, contract: str, surplus: float, most: int, speed: float
) -> None:
    prices = Prices(shortage_per_hour=60.0, surplus_per_hour=surplus, shortage_steps=((0.5, 2.0),))
    centre = make_centre(SKILLS, shifts=(DAY, NIGHT), contract=CONTRACTS[contract], prices=prices)
    people = (replace(who, skills=tuple(map(Skill, who.queues, (1.0, speed)))) for who in centre.employees)
    case = week(need, replace(centre, employees=tuple(people)), 3, most)
    classes = collapse(case)
    counted = plan_counts(case, classes, seed=0).bound
    found = quick_bound(case, classes, never)
    assert counted is not None
    assert 0.95 * counted <= found <= counted * (1 + 1e-3)


def test_one_round_is_a_bound_already(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls",)] * 3)
    case = build_case(need("2026-11-02 07:00", 16, calls=2), centre)
    # Two people for eight hours each at 20 an hour: the first prices are the wage, which here is the optimum.
    assert quick_bound(case, collapse(case), lambda: True) == pytest.approx(320.0)


def test_a_typical_week_covers_its_beginning(need: Need, make_centre: Make) -> None:
    centre = make_centre([("calls", "chat")] * 4, shifts=(NIGHT,))
    for cyclic in (False, True):
        case = week(need, centre, 1, 1, cyclic=cyclic)
        counted = plan_counts(case, collapse(case), seed=0).bound
        assert counted is not None
        assert 0.95 * counted <= quick_bound(case, collapse(case), never) <= counted * (1 + 1e-3)


def test_with_a_time_limit_a_bound_is_there_without_the_counts(
    need: Need, make_centre: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(*_: object, **__: object) -> Counts:
        return Counts(None, None)

    monkeypatch.setattr(solver, "plan_counts", too_late)
    monkeypatch.setattr(solver, "placements_of", lambda plan: None)  # nor from the case as a whole
    centre = make_centre([("calls", "chat")] * 3, shifts=(DAY,))
    wanted = need("2026-11-02 07:00", 20, calls=1, chat=1)
    roster = solve(wanted, centre, time_limit="2s")
    assert roster.bound is not None
    assert 0 < roster.bound <= roster.objective
    assert solve(wanted, centre, work_limit=1).bound is None
