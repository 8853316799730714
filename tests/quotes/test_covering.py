"""Whole shifts: the one-pass bound against the linear programme and against trying everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.quotes import QuoteContract, covering, programme


def tried(curve: list[int], length: int) -> int:
    """Return the fewest shifts by trying every number of starts in every interval."""
    starts = range(len(curve) - length + 1)
    most = max(curve)
    best = sum(curve)
    for counts in product(range(most + 1), repeat=len(starts)):
        if sum(counts) >= best:
            continue
        cover = [sum(counts[start] for start in starts if start <= at < start + length) for at in range(len(curve))]
        if all(have >= need for have, need in zip(cover, curve, strict=True)):
            best = sum(counts)
    return best


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=5, max_size=6), st.integers(2, 3))
def test_the_pass_finds_the_fewest_shifts(curve: list[int], length: int) -> None:
    line = [0, *curve, 0]
    if any(curve):
        assert covering.fewest_shifts(line, length) == tried(curve, length)


def _day(name: str) -> np.ndarray:
    hours = {"office": (16, 36), "long": (14, 44)}[name]
    day = np.zeros(48)
    span = np.arange(hours[0], hours[1])
    day[hours[0] : hours[1]] = np.ceil(12 + 8 * np.sin((span - hours[0]) / (hours[1] - hours[0]) * 2 * np.pi))
    return np.concatenate([day, 0.8 * day // 1, day, day, day, 0 * day, 0 * day])


@pytest.mark.parametrize("name", ["office", "long"])
@pytest.mark.parametrize("shift", ["8h", "6h", "4h"])
def test_without_breaks_the_bound_is_that_of_the_programme(name: str, shift: str) -> None:
    contracts = [QuoteContract(name="one", shift=shift)]
    exact = programme.paid_hours(_day(name), contracts, 1800.0)
    assert covering.paid_hours(_day(name), contracts, 1800.0) == pytest.approx(exact, rel=1e-6)


def test_round_the_clock_the_bound_is_that_of_the_programme() -> None:
    curve = np.ceil(10 + 8 * np.sin(np.arange(336) / 48 * 2 * np.pi) + np.arange(336) // 48)
    contracts = [QuoteContract(name="one")]
    exact = programme.paid_hours(curve, contracts, 1800.0)
    assert covering.paid_hours(curve, contracts, 1800.0) == pytest.approx(exact, rel=0.005)
    even = np.tile(curve[:48], 7)
    exact = programme.paid_hours(even, contracts, 1800.0)
    assert covering.paid_hours(even, contracts, 1800.0) == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize("name", ["office", "long"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("short", ["4h", "5h", "6h"])
def test_mixes_are_near_the_programme(name: str, share: float, short: str) -> None:
    contracts = [QuoteContract(name="long", share=1 - share), QuoteContract(name="short", share=share, shift=short)]
    exact = programme.paid_hours(_day(name), contracts, 1800.0)
    assert covering.paid_hours(_day(name), contracts, 1800.0) == pytest.approx(exact, rel=0.06)


@pytest.mark.parametrize("away", ["30min", "1h"])
def test_breaks_are_near_the_programme(away: str) -> None:
    contracts = [QuoteContract(name="one", unpaid_break=away)]
    exact = programme.paid_hours(_day("long"), contracts, 1800.0)
    assert covering.paid_hours(_day("long"), contracts, 1800.0) == pytest.approx(exact, rel=0.03)


def test_an_empty_curve_needs_nobody() -> None:
    assert covering.paid_hours(np.zeros(336), [QuoteContract(name="one")], 1800.0) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=14, max_size=35), st.integers(2, 9))
def test_a_week_without_a_closed_hour_goes_round(curve: list[int], length: int) -> None:
    size = len(curve)
    covers = np.zeros((size, size))
    for start in range(size):
        covers[[(start + step) % size for step in range(min(length, size))], start] = -1.0
    wanted = linprog(np.ones(size), A_ub=covers, b_ub=-np.array(curve, dtype=float), method="highs").fun
    assert covering.fewest_shifts(curve, length) == pytest.approx(wanted, rel=0.03)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=8), st.integers(0, 3), st.integers(2, 6), st.integers(0, 1))
def test_a_shift_reaches_across_a_short_night(day: list[int], night: int, length: int, more: int) -> None:
    curve = (day + [0] * night) * 7
    curve[2] += more
    size = len(curve)
    covers = np.zeros((size, size))
    for start in range(size):
        covers[[(start + step) % size for step in range(length)], start] = -1.0
    wanted = linprog(np.ones(size), A_ub=covers, b_ub=-np.array(curve, dtype=float), method="highs").fun
    assert covering.fewest_shifts(curve, length) == pytest.approx(wanted, rel=0.03)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=14, max_size=35), st.integers(2, 9), st.floats(0.5, 2.0), st.booleans())
def test_where_enough_is_told_the_answer_is_between(curve: list[int], length: int, part: float, is_alike: bool) -> None:
    curve = curve[:5] * 7 if is_alike else curve
    fewest = covering.fewest_shifts(curve, length)
    enough = fewest * part
    found = covering.fewest_shifts(curve, length, enough=enough)
    assert fewest - 1e-9 <= found <= max(enough, fewest) + 1e-9
