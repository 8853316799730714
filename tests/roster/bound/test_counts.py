"""The counts of a long horizon week by week against those in one model, and bounds from prices of any kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.domain import Break, Centre, Contract, Employee, Prices, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.roster.bound import counts
from wfm.roster.bound.classes import collapse
from wfm.roster.bound.counts import Counts, plan_counts
from wfm.roster.bound.linear import LinearModel
from wfm.roster.problem import Case, build_case
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


def case_of(weeks: int, prices: Prices, starts: tuple[str, str] = ("07:00", "09:00"), people: int = 6) -> Case:
    """Return a case with nights over the change of weeks, a break, and two queues."""
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    first, last = starts
    day = ShiftTemplate(name="day", earliest_start=first, latest_start=last, min_length="8h30min", breaks=(lunch,))
    night = ShiftTemplate(name="night", earliest_start="21:00", latest_start="22:00", min_length="8h")
    full = Contract(name="full", min_week="16h", max_overtime_week="8h", cost_per_hour=20.0)
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "chat")),
        contracts=(full,),
        shifts=(day, night),
        employees=tuple(
            Employee(id=f"A{n}", contract="full", skills=tuple(map(Skill, (("calls",), ("calls", "chat"))[n % 2])))
            for n in range(people)
        ),
        prices=prices,
    )
    horizon = Horizon("2026-11-02", weeks=weeks, tz=TZ)
    wave = 1.2 + np.sin(np.arange(len(horizon.starts)) * 2 * np.pi / 48)
    need = pd.concat(
        pd.DataFrame(
            {"queue": queue, "start": horizon.starts, "load_erl": wave, "agents": wave, "scheduled": share * wave}
        )
        for queue, share in (("calls", 1.0), ("chat", 0.5))
    )
    return build_case(need, centre, horizon)


@pytest.mark.parametrize("prices", [Prices(surplus_per_hour=1.0), Prices(shortage_steps=((0.5, 2.0),))], ids=str)
def test_weeks_apart_prove_nearly_as_much_as_together(monkeypatch: pytest.MonkeyPatch, prices: Prices) -> None:
    case = case_of(3, prices)
    classes = collapse(case)
    monkeypatch.setattr(counts, "_INTEGER_UP_TO", 0)
    together = plan_counts(case, classes, seed=0)
    monkeypatch.setattr(counts, "_WHOLE_UP_TO", 0)
    apart = plan_counts(case, classes, seed=0)
    assert together.bound is not None
    assert apart.bound is not None
    # The rest between a Sunday's night and a Monday is all that falls out.
    assert together.bound * 0.995 <= apart.bound <= together.bound * (1 + 1e-5)
    assert apart.heads is not None
    assert together.heads is not None
    assert apart.heads.sum() == pytest.approx(together.heads.sum(), rel=0.1)


@pytest.mark.parametrize("people", [12, 24], ids=["more is wanted than must be paid", "less"])
def test_shifts_in_two_weeks_do_not_cover_for_nothing(monkeypatch: pytest.MonkeyPatch, people: int) -> None:
    # At every moment somebody may be at work who began before it, and there are people enough.
    case = case_of(2, Prices(), ("00:00", "23:30"), people)
    classes = collapse(case)
    monkeypatch.setattr(counts, "_INTEGER_UP_TO", 0)
    together = plan_counts(case, classes, seed=0).bound
    monkeypatch.setattr(counts, "_WHOLE_UP_TO", 0)
    apart = plan_counts(case, classes, seed=0).bound
    assert together is not None
    assert apart is not None
    assert together * 0.998 <= apart <= together * (1 + 1e-5)


def test_idle_people_have_their_price_in_the_bound() -> None:
    # Three people must work five days each, and one is wanted all week: 15 x 8 h of pay, 64 h of them idle.
    centre = Centre(
        name="desk",
        tz=TZ,
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(Contract(name="full", min_week="40h", cost_per_hour=20.0),),
        shifts=(ShiftTemplate(name="day", earliest_start="07:00", min_length="8h"),),
        employees=tuple(Employee(id=f"A{n}", contract="full", skills=(Skill("calls"),)) for n in range(3)),
        prices=Prices(surplus_per_hour=10.0),
    )
    starts = Horizon("2026-11-02", weeks=1, tz=TZ).starts
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 0.5, "agents": 1.0, "scheduled": 1.0})
    case = build_case(need, centre)
    bound = plan_counts(case, collapse(case), seed=0).bound
    assert bound == pytest.approx(120 * 20 + (7 * 24 - 7 * 8) * 200 + (120 - 7 * 8) * 10)


def test_weeks_for_which_there_is_no_time_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(3, Prices())
    classes = collapse(case)
    assert plan_counts(case, classes, seed=0, left_s=lambda: 0.0) == Counts(None, None)
    monkeypatch.setattr(counts, "_WHOLE_UP_TO", 0)
    whole = plan_counts(case, classes, seed=0).bound
    left = iter([60.0, 60.0, 0.0])
    some = plan_counts(case, classes, seed=0, left_s=lambda: next(left))
    assert some.heads is None
    assert some.bound is not None
    assert whole is not None
    assert 0.6 * whole < some.bound < 0.75 * whole


def test_any_prices_prove_a_bound() -> None:
    model = LinearModel()
    columns = model.add_columns(2, cost=[3.0, 2.0], upper=10.0)
    model.row(columns, [1.0, 1.0], lower=4.0)
    spare = model.add_columns(1, cost=0.0, implied=5.0)
    model.row([columns[0], spare[0]], [1.0, -1.0], lower=0.0, upper=0.0)
    optimum = model.solve(integer=False, seed=0)
    assert optimum.bound == pytest.approx(8.0)
    rng = np.random.default_rng(0)
    for prices in rng.normal(size=(200, 2)) * 5:
        bound = model.bound(prices)
        assert bound is not None
        assert bound <= 8.0 + 1e-9
    assert model.bound(np.array([2.0, 0.0])) == pytest.approx(8.0)


def test_prices_that_an_endless_column_undercuts_prove_nothing() -> None:
    model = LinearModel()
    column = model.add_columns(1, cost=1.0)
    model.row(column, 1.0, lower=1.0)
    assert model.bound(np.array([2.0])) is None
    assert model.bound(np.array([0.5])) == pytest.approx(0.5)
