"""Shift design: published answers, an exhaustive oracle, and what the result says of itself."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wfm
from wfm.domain import Break, ShiftTemplate
from wfm.errors import DataError, InfeasibleError
from wfm.roster import ShiftDesign, Status, design_shifts

MONDAY = "2026-11-02"


def need_of(heads: list[float], start: str = f"{MONDAY} 00:00", freq: str = "1h", tz: str = "UTC") -> pd.DataFrame:
    starts = pd.date_range(start, periods=len(heads), freq=freq, tz=tz)
    return pd.DataFrame({"queue": "all", "start": starts, "agents": heads, "scheduled": heads})


def hours(days: int = 1, *, interval: str = "1h", tz: str = "UTC", cyclic: bool = False) -> wfm.Horizon:
    return wfm.Horizon(MONDAY, days=days, interval=interval, tz=tz, cyclic=cyclic)


def fixed(name: str, start: str, length: str = "8h", **more: Any) -> ShiftTemplate:
    return ShiftTemplate(name=name, earliest_start=start, min_length=length, **more)


def test_union_airways() -> None:
    """Hillier and Lieberman, "Introduction to Operations Research", section 3.4: five shifts, 30,610 a day."""
    periods = [(2, 48), (2, 79), (2, 65), (2, 87), (2, 64), (2, 73), (2, 82), (2, 43), (2, 52), (6, 15)]
    heads = [float(agents) for length, agents in periods for _ in range(length)]
    starts = {"1": "06:00", "2": "08:00", "3": "12:00", "4": "16:00", "5": "22:00"}
    templates = [fixed(name, start, weekdays=(0,)) for name, start in starts.items()]
    cost = {"1": 170.0, "2": 160.0, "3": 175.0, "4": 180.0, "5": 195.0}
    need = need_of(heads, f"{MONDAY} 06:00")
    terms: dict[str, Any] = {"shortage_per_hour": None, "surplus_per_hour": 0.0, "per_type": 0.0, "per_head": cost}
    design = design_shifts(need, templates, hours(2), **terms)
    assert design.objective == 30_610
    assert design.status is Status.OPTIMAL
    assert dict(zip(design.types["template"], design.types["heads"], strict=True)) == {
        "1": 48,
        "2": 31,
        "3": 39,
        "4": 43,
        "5": 15,
    }
    assert not design.coverage["under"].any()


def brute_force(
    demand: list[int], choices: list[tuple[int, int]], short: float, spare: float, per_type: float
) -> float:
    """Return the least cost over all heads of some (start, length) on one day."""
    best = np.inf
    for heads in product(range(max(demand) + 1), repeat=len(choices)):
        present = np.zeros(len(demand))
        for (start, length), number in zip(choices, heads, strict=True):
            present[start : start + length] += number
        gap = np.array(demand) - present
        cost = short * np.maximum(gap, 0).sum() + spare * np.maximum(-gap, 0).sum()
        best = min(best, cost + per_type * sum(number > 0 for number in heads))
    return float(best)


@given(
    demand=st.lists(st.integers(0, 3), min_size=6, max_size=6).filter(any),
    short=st.sampled_from([0.5, 1.0, 3.0]),
    spare=st.sampled_from([0.0, 1.0, 2.5]),
    per_type=st.sampled_from([0.0, 1.0, 4.0]),
)
@settings(max_examples=25, deadline=None)
def test_no_choice_of_heads_is_cheaper(demand: list[int], short: float, spare: float, per_type: float) -> None:
    window = ShiftTemplate(
        name="s", earliest_start="00:00", latest_start="02:00", step="1h", min_length="3h", max_length="4h"
    )
    need = need_of([float(heads) for heads in demand])
    terms: dict[str, Any] = {"shortage_per_hour": short, "surplus_per_hour": spare, "per_type": per_type}
    design = design_shifts(need, [window], hours(), **terms)
    # After the requirement nobody is needed; presence there is spare as well.
    choices = [(start, length) for start in range(3) for length in (3, 4)]
    assert design.objective == pytest.approx(brute_force(demand, choices, short, spare, per_type))
    assert design.status is Status.OPTIMAL


def test_a_night_covers_the_beginning_of_a_cyclic_week_only() -> None:
    heads = [1.0] * 6 + [0.0] * 16 + [1.0] * 2
    need = need_of(heads * 7)
    cyclic = design_shifts(need, [fixed("night", "22:00")], hours(7, cyclic=True), per_type=0.5)
    assert (cyclic.objective, len(cyclic.shifts)) == (0.5, 7)
    plain = design_shifts(need, [fixed("night", "22:00")], hours(7), per_type=0.5)
    assert plain.objective == 6.5  # the first six hours are short; the last night counts nothing after the end
    assert plain.coverage["under"].sum() == 6


def test_few_types_at_a_price_many_without() -> None:
    heads = [1.0, 2.0, 3.0, 4.0, 4.0, 3.0, 2.0, 1.0]
    window = ShiftTemplate(
        name="s", earliest_start="00:00", latest_start="03:00", step="1h", min_length="2h", max_length="8h"
    )
    many = design_shifts(need_of(heads), [window], hours(), per_type=0.01)
    few = design_shifts(need_of(heads), [window], hours(), per_type=0.01, most_types=1)
    assert len(few.types) == 1 < len(many.types)
    assert many.cost["shortage"] == many.cost["surplus"] == 0
    assert few.objective > many.objective


def test_breaks_move_out_of_the_peak() -> None:
    lunch = Break(name="lunch", length="1h", earliest="1h", latest="3h")
    shift = fixed("day", "08:00", "5h", breaks=(lunch,))
    need = need_of([1.0, 0.0, 1.0, 1.0, 1.0], f"{MONDAY} 08:00")
    design = design_shifts(need, [shift], hours(), per_type=0.0)
    assert design.objective == 0
    assert design.breaks["start"].tolist() == [pd.Timestamp(f"{MONDAY} 09:00", tz="UTC")]
    assert design.breaks["heads"].tolist() == [1]
    assert design.coverage["rostered"].tolist()[8:13] == [1, 0, 1, 1, 1]


def test_a_quarter_of_an_hour_away_counts_half_a_head() -> None:
    pause = Break(name="pause", length="15min", earliest="1h", latest="1h", paid=True)
    need = need_of([2.0, 2.0, 1.0, 2.0], f"{MONDAY} 08:00", "30min")
    design = design_shifts(
        need, [fixed("day", "08:00", "2h", breaks=(pause,))], hours(interval="30min"), surplus_per_hour=0.1
    )
    assert design.coverage["rostered"].tolist()[16:20] == [2, 2, 1, 2]


def test_parts_of_a_head_are_wanted() -> None:
    need = need_of([1.4] * 8, f"{MONDAY} 08:00")
    design = design_shifts(need, [fixed("day", "08:00")], hours(), per_type=0.0)
    assert design.shifts["heads"].tolist() == [1]
    assert design.objective == pytest.approx(0.4 * 8)
    assert design.bound == pytest.approx(design.objective, rel=1e-5)


def test_a_clock_change_keeps_the_length() -> None:
    horizon = wfm.Horizon("2026-03-28", days=2, interval="1h", tz="Europe/Berlin")
    starts = pd.date_range("2026-03-28 22:00", periods=8, freq="1h", tz="Europe/Berlin")
    need = pd.DataFrame({"queue": "all", "start": starts, "agents": 1.0, "scheduled": 1.0})
    design = design_shifts(need, [fixed("night", "22:00")], horizon, per_type=0.0)
    assert design.objective == 0
    assert design.shifts["shift_end"].iloc[0].isoformat() == "2026-03-29T07:00:00+02:00"


def test_queues_are_summed_and_wanted_is_by_day() -> None:
    need = pd.concat([need_of([1.0] * 8, f"{MONDAY} 08:00").assign(queue=name) for name in ("a", "b")])
    design = design_shifts(need, [fixed("day", "08:00")], hours())
    assert design.wanted(shortage_price=9.0).iloc[0].tolist() == [
        "day 08:00 8h",
        pd.Timestamp(MONDAY).date(),
        2,
        9.0,
        0.0,
    ]
    assert design.to_frame()["heads"].sum() == 2


def test_the_same_input_gives_the_same_design() -> None:
    rng = np.random.default_rng(3)
    need = need_of([float(heads) for heads in rng.integers(0, 6, 72)])
    window = ShiftTemplate(
        name="s", earliest_start="00:00", latest_start="14:00", step="1h", min_length="6h", max_length="9h"
    )
    one, two = (design_shifts(need, [window], hours(3), per_type=2.0, work_limit=0.2) for _ in range(2))
    pd.testing.assert_frame_equal(one.shifts, two.shifts)
    assert one.bound is not None
    assert one.bound <= one.objective
    assert str(one) == str(two)


def test_the_result_tells_itself() -> None:
    design = design_shifts(need_of([2.0] * 8, f"{MONDAY} 08:00"), [fixed("day", "08:00")], hours())
    assert isinstance(design, ShiftDesign)
    assert str(design).splitlines() == [
        "Shift design",
        "├─ status  optimal",
        "├─ cost    1.00 (types 1.00)",
        "├─ bound   1.00",
        "├─ gap     0.00 %",
        "├─ types   1 on 2 shifts",
        "└─ cover   16.0 h required, 0.0 h short, 0.0 h over",
    ]
    assert "<caption>Shift design</caption>" in design._repr_html_()
    nobody = design_shifts(need_of([1.0] * 8, f"{MONDAY} 08:00"), [fixed("day", "08:00")], hours(), per_type=99.0)
    assert nobody.shifts.empty
    assert nobody.objective == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"templates": []}, "no shift templates; give at least one"),
        ({"templates": [fixed("a", "08:00"), fixed("a", "09:00")]}, "two shift templates are named 'a'; rename one"),
        ({"per_head": {"dya": 2.0}}, "per_head: unknown shift template 'dya'; did you mean 'day'"),
        ({"shortage_per_hour": 0.0}, r"shortage_per_hour must be a number in \(0, inf\), got 0.0"),
        ({"most_types": 0}, "most_types must be a whole number at least 1, got 0"),
        ({"horizon": hours(interval="30min"), "need": need_of([1.0], f"{MONDAY} 08:10")}, "is not the start of an"),
        ({"need": need_of([1.0], "2026-11-03 08:00")}, "2026-11-03 08:00:00\\+00:00 lies outside the horizon"),
        ({"need": need_of([])}, "the requirement is empty"),
        ({"horizon": wfm.Horizon(MONDAY, days=1, interval="1d", tz="UTC")}, "intervals of a day"),
        ({"need": need_of([1.0]), "shortage_per_hour": None}, "no shift covers 2026-11-02 00:00"),
        ({"work_limit": 0.0}, "work_limit must be a number"),
    ],
)
def test_bad_input_says_what_to_do(change: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {"templates": [fixed("day", "08:00")], "horizon": hours(), **change}
    need = values.pop("need", need_of([1.0] * 8, f"{MONDAY} 08:00"))
    with pytest.raises(DataError, match=message):
        design_shifts(need, values.pop("templates"), values.pop("horizon"), **values)


def test_breaks_whose_windows_overlap_are_refused() -> None:
    breaks = tuple(Break(name=name, length="15min", earliest="1h", latest="2h") for name in ("a", "b"))
    with pytest.raises(DataError, match="the windows of breaks 'a' and 'b' of template 'day' overlap"):
        design_shifts(need_of([1.0]), [fixed("day", "08:00", breaks=breaks)], hours())


def test_too_few_types_without_shortage() -> None:
    need = need_of([1.0] * 12)
    templates = [fixed("early", "00:00", "6h"), fixed("late", "06:00", "6h")]
    with pytest.raises(InfeasibleError, match="no 1 shift types cover it without shortage; allow more types"):
        design_shifts(need, templates, hours(), shortage_per_hour=None, most_types=1)
