"""The price of coverage where people are faster on some queues than on others, against linear programmes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.domain import Centre, Prices, Skill
from wfm.roster import check, explain, floor_conflict, solve
from wfm.roster.coverage.corners import corners_of
from wfm.roster.coverage.cover import Cover
from wfm.roster.coverage.loss import present
from wfm.roster.coverage.speeds import fastest_alike
from wfm.roster.duties import read_duties
from wfm.roster.problem import build_case
from wfm.roster.tiers import Tiers, tiers_of

Need = Callable[..., pd.DataFrame]
Make = Callable[..., Centre]
Speeds = tuple[float, ...]

PRICES = {
    "one price": Prices(shortage_per_hour=10.0),
    "surplus": Prices(shortage_per_hour=10.0, surplus_per_hour=3.0),
    "steps": Prices(
        shortage_per_hour=10.0, surplus_per_hour=1.0, shortage_steps=((0.5, 2.0),), surplus_steps=((0.5, 4.0),)
    ),
}


def case_of(demand: list[float], groups: list[Speeds], prices: Prices, closed: int | None = None) -> SimpleNamespace:
    """Return what `Cover` reads of a case of one interval of an hour, with one queue closed perhaps."""
    queues = len(demand)
    is_open = np.array([[queue != closed for queue in range(queues)]])
    return SimpleNamespace(
        queues=tuple("abcd"[:queues]),
        demand=np.where(is_open, [demand], 0.0),
        is_open=is_open,
        shortage_price=prices.shortage_per_hour,
        surplus_price=prices.surplus_per_hour,
        interval_h=1.0,
        people=[SimpleNamespace(speeds=group) for group in groups for _ in range(9)],
        centre=SimpleNamespace(prices=prices),
        requirement=pd.DataFrame({"scheduled": demand}),
        row_interval=np.zeros(queues, dtype=np.int64),
        row_queue=np.arange(queues),
        bought=None,
    )


def least_cost(tiers: Tiers, is_open: npt.NDArray[np.bool_], groups: list[Speeds], heads: list[float]) -> float:
    """Return the least price of missing and idle agents over every way to share the people among their open queues."""
    queues = len(is_open)
    pairs = [(g, q) for g, speeds in enumerate(groups) for q in range(queues) if speeds[q] > 0 and is_open[q]]
    filled = [(i, q) for i in range(len(tiers.size)) for q in range(queues) if is_open[q]]
    cost = [0.0] * len(pairs) + [-float(tiers.worth[i, 0, q]) for i, q in filled]
    balance = np.zeros((queues + len(groups), len(cost)))
    for place, (g, q) in enumerate(pairs):
        balance[q, place] = groups[g][q]
        balance[queues + g, place] = 1.0
    for place, (_, q) in enumerate(filled):
        balance[q, len(pairs) + place] = -1.0
    # Nobody is idle who has no open queue.
    placed = {g for g, _ in pairs}
    there = [count if g in placed else 0.0 for g, count in enumerate(heads)]
    bounds = [(0, None)] * len(pairs) + [(0, float(tiers.size[i, 0, q])) for i, q in filled]
    found = linprog(cost, A_eq=balance, b_eq=[0.0] * queues + there, bounds=bounds)
    return float(found.fun + (tiers.size * tiers.worth)[: tiers.above].sum())


def cost_of(case: SimpleNamespace, groups: list[Speeds], heads: list[float]) -> float:
    """Return the price of the search with so many heads of each group."""
    cover = Cover(case, groups)  # type: ignore[arg-type]
    for group, count in zip(groups, heads, strict=True):
        cover.add(group, np.array([count]))
    return cover.cost()


speed = st.sampled_from([0.0, 0.4, 0.5, 0.8, 1.0, 1.25])
group_of_three = st.tuples(speed, speed, speed).filter(any)
three_groups = st.lists(group_of_three, min_size=1, max_size=3, unique=True)
wanted = st.lists(st.integers(0, 8).map(float), min_size=3, max_size=3)
staff = st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 5.0]), min_size=3, max_size=3)


@pytest.mark.parametrize("prices", list(PRICES))
@settings(max_examples=50, deadline=None)
@given(groups=three_groups, demand=wanted, heads=staff, closed=st.sampled_from([None, None, 0, 2]))
@example(groups=[(0.4, 0.8, 0.0), (0.4, 0.5, 0.0)], demand=[1.0, 2.0, 0.0], heads=[1.0, 5.0], closed=None)
def test_the_price_of_the_search_is_that_of_the_best_flow(
    prices: str, groups: list[Speeds], demand: list[float], heads: list[float], closed: int | None
) -> None:
    # With four worths a queue, three queues have more corners than are looked at.
    case = case_of(demand, groups, PRICES[prices], 2 if prices == "steps" else closed)
    tiers = tiers_of(case)  # type: ignore[arg-type]
    least = least_cost(tiers, case.is_open[0], groups, heads[: len(groups)])
    assert cost_of(case, groups, heads[: len(groups)]) == pytest.approx(least, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(groups=three_groups, demand=wanted, heads=staff, gained=st.integers(0, 2), at=st.floats(0.3, 1.2))
def test_another_skill_never_costs_more(
    groups: list[Speeds], demand: list[float], heads: list[float], gained: int, at: float
) -> None:
    heads = heads[: len(groups)]
    trained = [(*groups[0][:gained], max(groups[0][gained], at), *groups[0][gained + 1 :]), *groups[1:]]
    before, after = (case_of(demand, some, PRICES["one price"]) for some in (groups, trained))
    assert cost_of(after, trained, heads) <= cost_of(before, groups, heads) + 1e-6


def test_twenty_heads_are_not_covered_by_ten_people_who_serve_both() -> None:
    both = (1.0, 1.0)
    # Ten missing at 10 an hour; and half as fast on the second queue, ten there are five.
    assert cost_of(case_of([10.0, 10.0], [both], PRICES["one price"]), [both], [10.0]) == pytest.approx(100)
    assert cost_of(case_of([10.0, 10.0], [both], PRICES["one price"]), [both], [20.0]) == pytest.approx(0)
    slow = (1.0, 0.5)
    assert cost_of(case_of([10.0, 10.0], [slow], PRICES["one price"]), [slow], [20.0]) == pytest.approx(50)
    assert cost_of(case_of([0.0, 10.0], [slow], PRICES["one price"]), [slow], [10.0]) == pytest.approx(50)


def test_one_speed_everywhere_has_the_sets_of_queues_for_corners() -> None:
    corners = corners_of([[6.0, 0.0], [6.0, 0.0]], np.array([[1.0, 1.0]]), 99)
    # Both queues at the price or neither: one of them alone is worth less, for the same people.
    assert corners is not None
    assert corners.tolist() == [[0.0, 0.0], [6.0, 6.0]]
    corners = corners_of([[6.0, 0.0], [6.0, 0.0]], np.array([[1.0, 0.5]]), 99)
    # Somebody half as fast on the second queue is worth 3 there, and so on the first.
    assert corners is not None
    assert corners.tolist() == [[0.0, 0.0], [3.0, 6.0], [6.0, 6.0]]


@settings(max_examples=25, deadline=None)
@given(groups=three_groups, demand=wanted, heads=staff)
def test_level_by_level_the_price_is_at_most_that_of_the_best_flow(
    groups: list[Speeds], demand: list[float], heads: list[float]
) -> None:
    case = case_of(demand, groups, Prices(shortage_per_hour=10.0, shortage_steps=((0.3, 2.0), (0.6, 3.0))))
    heads = heads[: len(groups)]
    by_levels = cost_of(case, groups, heads)
    least = least_cost(tiers_of(case), case.is_open[0], groups, heads)  # type: ignore[arg-type]
    assert by_levels <= least + 1e-6
    # As good as exact where nothing is dearer than the rest: all is missing, or nothing is.
    if not any(heads) or least == pytest.approx(0.0):
        assert by_levels == pytest.approx(least, abs=1e-6)


def test_too_many_different_speeds_are_taken_to_be_nearly_alike() -> None:
    generator = np.random.default_rng(0)
    groups = [tuple(generator.uniform(0.8, 1.2, size=4).round(3).tolist()) for _ in range(40)]
    heads = generator.integers(0, 3, size=40).astype(float).tolist()
    case = case_of([9.0, 12.0, 5.0, 20.0], groups, PRICES["one price"])
    least = least_cost(tiers_of(case), case.is_open[0], groups, heads)  # type: ignore[arg-type]
    assert corners_of([[10.0, 0.0]] * 4, np.array(groups), 200) is None
    assert cost_of(case, groups, heads) == pytest.approx(least, abs=0.1 * 10 * sum(heads))


@given(
    speeds=st.lists(st.tuples(*[st.sampled_from([0.0, 0.71, 0.8, 0.83, 0.9, 1.0, 1.1])] * 2), min_size=1, max_size=20),
    most=st.integers(1, 20),
)
def test_people_nearly_alike_are_as_fast_as_the_fastest_of_them(speeds: list[Speeds], most: int) -> None:
    taken = fastest_alike(speeds, most)
    served = {tuple(one > 0 for one in some) for some in speeds}
    assert len(set(taken)) <= max(most, len(served))
    assert all(
        t >= s and (t > 0) == (s > 0)
        for some, own in zip(taken, speeds, strict=True)
        for t, s in zip(some, own, strict=True)
    )
    if len(set(speeds)) <= most:
        assert taken == speeds


def trained(centre: Centre, skills: list[tuple[tuple[str, float], ...]]) -> Centre:
    """Return a centre whose people have other skills."""
    people = zip(centre.employees, skills, strict=True)
    return replace(centre, employees=tuple(replace(who, skills=tuple(Skill(*s) for s in some)) for who, some in people))


CALLS_CHAT = (("calls", 1.0), ("chat", 0.5))
CHAT_CALLS = (("chat", 1.0), ("calls", 0.8))


def test_half_the_speed_leaves_half_of_a_head_missing(need: Need, make_centre: Make) -> None:
    centre = trained(make_centre([("calls", "chat")]), [CALLS_CHAT])
    for wanted, missing in (((1, 0), 0.0), ((0, 1), 0.5), ((1, 1), 1.0)):
        frame = need("2026-11-02 07:00", 16, calls=wanted[0], chat=wanted[1])
        roster = solve(frame, centre, work_limit=1)
        assert roster.coverage["under"].sum() == pytest.approx(16 * missing)
        assert roster.cost["shortage"] == pytest.approx(8 * 200 * missing)
        assert roster.objective == pytest.approx(roster.bound)
        assert check(roster, centre, frame) == []


def test_the_checker_counts_the_speed_itself(need: Need, make_centre: Make) -> None:
    centre = trained(make_centre([("calls", "chat")]), [CALLS_CHAT])
    frame = need("2026-11-02 07:00", 16, chat=1, calls=0)
    roster = solve(frame, centre, work_limit=1)
    whole = roster.coverage.assign(rostered=roster.coverage["rostered"] * 2, under=0.0)
    found = check(SimpleNamespace(shifts=roster.shifts, activities=roster.activities, coverage=whole), centre, frame)
    assert str(found[0]).endswith("queue 'chat': rostered is 1, 0.5 by the requirement and the activities")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from([CALLS_CHAT, CHAT_CALLS, (("calls", 1.2),)]), min_size=2, max_size=5),
    calls=st.integers(0, 3),
    chat=st.integers(0, 3),
    surplus=st.sampled_from([0.0, 2.0]),
)
def test_a_roster_of_different_speeds_is_legal_and_not_below_its_bound(
    need: Need, make_centre: Make, kinds: list[tuple[tuple[str, float], ...]], calls: int, chat: int, surplus: float
) -> None:
    base = make_centre([("calls", "chat")] * len(kinds), prices=Prices(surplus_per_hour=surplus))
    frame = need("2026-11-02 07:00", 16, calls=calls, chat=chat)
    found = []
    for order in (kinds, kinds[::-1]):
        centre = trained(base, order)
        roster = solve(frame, centre, work_limit=1)
        assert check(roster, centre, frame) == []
        assert roster.bound is not None
        assert roster.bound <= roster.objective + 1e-6
        # Within the rounding of shares to minutes, a minute missing of each queue at most, it is the best there is.
        found.append(roster.objective)
    assert found[0] == pytest.approx(found[1], abs=16 * 2 * 200 / 60)


def test_the_stages_after_the_roster_count_as_it_does(need: Need, make_centre: Make) -> None:
    centre = trained(make_centre([("calls", "chat")] * 3), [CALLS_CHAT, CHAT_CALLS, CALLS_CHAT])
    frame = need("2026-11-02 07:00", 16, calls=1, chat=2)
    roster = solve(frame, centre, work_limit=1)
    case = build_case(frame, centre)
    table = present(case, read_duties(roster, centre))
    assert table[case.row_interval, case.row_queue] == pytest.approx(roster.coverage["rostered"].to_numpy())


@pytest.mark.parametrize(("speed", "held"), [(0.5, False), (1.0, False), (1.2, True)])
def test_a_floor_is_held_against_speeds(need: Need, make_centre: Make, speed: float, held: bool) -> None:
    centre = trained(make_centre([("calls",)]), [(("calls", speed),)])
    frame = need("2026-11-02 07:00", 16, calls=1.2).assign(floor=1.2)
    told = [problem.what for problem in explain(frame, centre)]
    clash = floor_conflict(frame, centre)
    if held:
        assert (told, clash) == ([], None)
    else:
        assert told[0].endswith(f"and {speed:g} agents could be there")
        assert clash is not None
        assert clash.most_h == pytest.approx(8 * speed)


def test_primary_skills_are_served_first_among_flows_as_good(need: Need, make_centre: Make) -> None:
    centre = trained(
        make_centre([("calls", "chat")] * 2),
        [(("calls", 0.8), ("chat", 0.8)), (("chat", 0.8), ("calls", 0.8))],
    )
    frame = need("2026-11-02 07:00", 16, calls=0.8, chat=0.8)
    roster = solve(frame, centre, work_limit=1)
    assert roster.activities.groupby("employee")["queue"].unique().map(list).to_dict() == {
        "A00": ["calls"],
        "A01": ["chat"],
    }
    # The faster takes the other queue where that covers more, whatever they like.
    apart = trained(centre, [(("calls", 0.5), ("chat", 1.0)), (("chat", 0.5), ("calls", 1.0))])
    frame = need("2026-11-02 07:00", 16, calls=1, chat=1)
    roster = solve(frame, apart, work_limit=1)
    assert roster.coverage["under"].sum() == 0
    assert roster.activities.groupby("employee")["queue"].unique().map(list).to_dict() == {
        "A00": ["chat"],
        "A01": ["calls"],
    }
