"""The search: the same to the bit compiled or not, its books kept right, and cheaper in the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.domain import (
    Break,
    Centre,
    Contract,
    Employee,
    Preference,
    Prices,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)
from wfm.roster.bound.classes import collapse
from wfm.roster.kernels import anneal as anneal_kernel
from wfm.roster.kernels.anneal import DRAWS, World
from wfm.roster.kernels.compiled import anneal_function, can_compile
from wfm.roster.problem import build_case
from wfm.roster.search.anneal import _restore, _state, _world, anneal
from wfm.roster.search.lines import Plan
from wfm.timegrid import Horizon

TZ = "Europe/Berlin"


def centre(people: int = 7, *, speed: float = 1.0) -> Centre:
    """Return a centre with every rule about one person: weekends, runs, overtime, wishes, leave, two contracts.

    Who serves both queues does so at that speed on the second.
    """
    lunch = Break(name="lunch", length="30min", earliest="3h", latest="5h")
    pause = Break(name="break", length="15min", earliest="1h", latest="2h30min", paid=True)
    day = ShiftTemplate(
        name="day",
        earliest_start="06:00",
        latest_start="10:00",
        min_length="6h30min",
        max_length="8h30min",
        breaks=(lunch, pause),
    )
    night = ShiftTemplate(name="night", earliest_start="21:00", latest_start="23:00", min_length="8h")
    full = Contract(name="full", min_week="24h", max_overtime_week="4h", max_weekends=1, cost_per_hour=20.0)
    part = Contract(
        name="part", kind="part", max_week="24h", max_days_in_a_row=3, templates=("day",), cost_per_hour=15.0
    )
    skills = [("calls",), ("chat",), ("calls", "chat")]
    first = pd.Timestamp("2026-11-02").date()
    staff = tuple(
        Employee(
            id=f"A{n}",
            contract=("full", "part")[n % 2],
            skills=tuple(map(Skill, skills[n % 3], (1.0, speed))),
            preferences=(Preference(day=first, wish="off"),) if n == 2 else (),
            unavailable=(Unavailability(start=first, end=first + pd.Timedelta(days=2)),) if n == 3 else (),
        )
        for n in range(people)
    )
    return Centre(
        name="desk",
        tz=TZ,
        queues=tuple(Queue(name=name, targets=(ServiceLevel(0.8, "30s"),)) for name in ("calls", "chat")),
        contracts=(full, part),
        shifts=(day, night),
        employees=staff,
        prices=Prices(surplus_per_hour=2.0),
    )


def start(*, cyclic: bool = False, speed: float = 1.0) -> Plan:
    """Return the first plan of two weeks with a demand that goes up and down, of chats by day alone."""
    horizon = Horizon("2026-11-02", weeks=2, tz=TZ, cyclic=cyclic)
    starts = horizon.starts
    wave = 1.5 + np.sin(np.arange(len(starts)) * 2 * np.pi / 48)
    wanted = pd.DataFrame({"template": "night", "day": horizon.dates, "heads": 2, "shortage_price": 30.0})
    wanted["surplus_price"] = 5.0
    need = pd.concat(
        pd.DataFrame({"queue": queue, "start": starts, "load_erl": wave, "agents": wave, "scheduled": factor * wave})
        for queue, factor in (("calls", 1.0), ("chat", 0.6))
    )
    need = need[(need["queue"] == "calls") | need["start"].dt.hour.between(6, 22)]
    case = build_case(need, centre(speed=speed), horizon, wanted)
    return Plan(case, collapse(case))


def draws(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.random((count, DRAWS)), rng.exponential(size=count), np.linspace(200.0, 5.0, count)


@pytest.mark.parametrize(("cyclic", "speed"), [(False, 1.0), (True, 1.0), (False, 0.6)])
def test_same_to_the_bit_compiled_or_not(cyclic: bool, speed: float) -> None:
    if not can_compile():
        pytest.skip("numba is not installed")
    plan = start(cyclic=cyclic, speed=speed)
    states = []
    for function in (anneal_kernel.anneal, anneal_function()):
        world = _world(plan)
        total = function(world, *draws(3000), 0.2, 0.2, 0.3)
        states.append((total, world))
    (plainly, one), (fast, other) = states
    assert plainly == fast
    assert np.any(one.line != _world(plan).line)
    for name in ("line", "breaks", "slack", "short", "there", "own"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name


@pytest.mark.parametrize(("cyclic", "speed"), [(False, 1.0), (True, 1.0), (False, 0.6)])
def test_books_are_right_after_many_changes(cyclic: bool, speed: float) -> None:
    plan = start(cyclic=cyclic, speed=speed)
    # Corners are of three kinds: by day, by night when chats are closed, and after the last day when all is.
    assert len(plan.cover.table.touch) == (1 if speed == 1.0 else 3)
    before = plan.cost()
    world = _world(plan)
    total = anneal_function()(world, *draws(20_000), 0.2, 0.2, 0.3)
    fresh = _entered_anew(world, start(cyclic=cyclic, speed=speed))
    np.testing.assert_allclose(world.slack, fresh.slack, atol=1e-8)
    np.testing.assert_allclose(world.short, fresh.short, atol=1e-8)
    np.testing.assert_allclose(world.own, fresh.own)
    assert world.there.tolist() == fresh.there.tolist()
    _restore(plan, *_state(world))
    assert total == pytest.approx(plan.cost() - before, abs=1e-6)


def _entered_anew(world: World, plan: Plan) -> World:
    """Return the coverage and the costs of the lines of a state, counted from nothing."""
    _restore(plan, *_state(world))
    return _world(plan)


def test_own_cost_is_that_of_the_plan() -> None:
    plan = start()
    anneal(plan, seed=1, changes=20_000, progress=lambda done, _: done / 20_000)
    world = _world(plan)
    assert world.own.tolist() == pytest.approx([plan.own_cost(n) for n in range(len(plan.lines))])
    assert (world.own >= 0).all()


def test_search_makes_it_cheaper_and_the_same_seed_the_same() -> None:
    found = []
    for _ in range(2):
        plan = start()
        before = plan.cost()
        anneal(plan, seed=3, changes=40_000, progress=lambda done, _: done / 40_000)
        assert plan.cost() < 0.8 * before
        found.append(plan.lines)
    assert found[0] == found[1]


def test_search_stops_when_it_is_over() -> None:
    assert anneal(start(), seed=0, changes=10**9, progress=lambda done, lowest: 1.0) == 0


def test_an_interrupt_leaves_the_cheapest_plan_found() -> None:
    plan = start()
    before, told = plan.cost(), [0.0]

    def progress(done: int, lowest: float) -> float:
        told[0] = lowest
        if done >= 14_000:
            raise KeyboardInterrupt
        return 0.1

    with pytest.raises(KeyboardInterrupt):
        anneal(plan, seed=0, changes=10**9, progress=progress)
    assert plan.cost() == pytest.approx(told[0])
    assert plan.cost() < before
