from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, Event
from wfm.forecast.days import as_date, day_features
from wfm.forecast.level import fit_level

MONDAY = 20_458  # 2026-01-05


def days(first: int, count: int):
    return day_features(np.arange(first, first + count), np.ones(count, dtype=bool), None)


def by_hand(left, right):
    """Return the covariance as the module states it, written out pair by pair."""
    result = np.empty((len(left.number), len(right.number)))
    for i in range(len(left.number)):
        for j in range(len(right.number)):
            gap = abs(float(left.number[i] - right.number[j]))
            value = 0.8 * np.exp(-gap / 10) + 0.8 * np.exp(-gap / 120)
            if (left.number[i] - right.number[j]) % 7 == 0:
                value += 100 + 0.1 * np.exp(-gap / 120)
            value += 2 * np.exp(-2 * (np.sin(np.pi * (left.phase[i] - right.phase[j])) / 0.7) ** 2)
            result[i, j] = value
    return result


def noisy(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weekly = np.array([1.2, 1.0, 1.0, 0.9, 0.9, 0.4, 0.3])[np.arange(count) % 7]
    return 1000 * weekly * np.exp(rng.normal(0, 0.05, count))


def test_a_constant_week_goes_on_exactly():
    weekly = np.array([120.0, 100.0, 100.0, 90.0, 95.0, 40.0, 0.5])
    fit = fit_level(np.tile(weekly, 8), days(MONDAY, 56))
    level, joint = fit.predict(days(MONDAY + 56, 28))
    variance = np.diag(joint)
    np.testing.assert_allclose(level, np.tile(weekly, 4), rtol=1e-9)
    assert np.all(variance < 1e-12)
    assert not fit.unusual.any()
    assert fit.step is None


def test_the_forecast_is_the_conditional_normal_distribution():
    known, ahead = days(MONDAY, 70), days(MONDAY + 70, 28)
    fit = fit_level(noisy(70, 1), known)
    solve = np.linalg.inv(by_hand(known, known) + np.diag(1 / fit.weights))
    response = np.log(noisy(70, 1)) - fit.base[known.weekday]
    ones = np.ones(70)
    centre = ones @ solve @ response / (ones @ solve @ ones)
    cross = by_hand(known, ahead)
    mean = fit.base[ahead.weekday] + centre + cross.T @ solve @ (response - centre)
    gap = 1 - ones @ solve @ cross
    spread = np.diag(by_hand(ahead, ahead) - cross.T @ solve @ cross) + gap**2 / (ones @ solve @ ones) + 1
    level, joint = fit.predict(ahead)
    variance = np.diag(joint)
    np.testing.assert_allclose(level, fit.smear * np.exp(mean), rtol=1e-8)
    np.testing.assert_allclose(variance, fit.noise**2 * spread, rtol=1e-6)
    assert fit.smear == pytest.approx(1.0, abs=0.01)


def test_surprise_is_the_distance_from_what_all_other_days_say():
    known = days(MONDAY, 70)
    fit = fit_level(noisy(70, 2), known)
    response = np.log(noisy(70, 2)) - fit.base[known.weekday]
    # The weights of the last pass came after its surprises, so the fit is asked once more with one day hardly counted.
    weights = fit.weights.copy()
    weights[30] = 1e-9
    solve = np.linalg.inv(by_hand(known, known) + np.diag(1 / weights))
    centre = solve.sum(axis=0) @ response / solve.sum()
    said = fit.base[known.weekday[30]] + centre + (by_hand(known, known) @ solve @ (response - centre))[30]
    assert np.log(fit.expected[30]) == pytest.approx(said, abs=2e-3)


def test_the_band_widens_with_the_horizon():
    fit = fit_level(noisy(140, 3), days(MONDAY, 140))
    variance = np.diag(fit.predict(days(MONDAY + 140, 56))[1])
    weekly = variance.reshape(8, 7).mean(axis=1)
    assert np.all(np.diff(weekly[:4]) > 0)


def test_forecasts_from_inside_are_those_of_the_days_before_alone():
    level = noisy(98, 5)
    fit = fit_level(level, days(MONDAY, 98))
    ahead = days(MONDAY + 70, 28)
    inside = fit.predict_from(ahead, [MONDAY + 70])[0]
    changed = level.copy()
    changed[70:] *= 1.02
    again = fit_level(changed, days(MONDAY, 98))
    # Weights, base and noise are those of the whole; with them held, later days do not enter.
    solve = np.linalg.inv(by_hand(days(MONDAY, 70), days(MONDAY, 70)) + np.diag(1 / fit.weights[:70]))
    response = np.log(level[:70]) - fit.base[days(MONDAY, 70).weekday]
    centre = solve.sum(axis=0) @ response / solve.sum()
    said = fit.base[ahead.weekday] + centre + by_hand(ahead, days(MONDAY, 70)) @ solve @ (response - centre)
    np.testing.assert_allclose(inside[0], fit.smear * np.exp(said), rtol=1e-8)
    assert not np.allclose(again.predict(ahead)[0], fit.predict(ahead)[0])


@pytest.mark.parametrize("factor", [0.3, 2.0])
@pytest.mark.parametrize("place", [40, 68, 69])
def test_one_wild_day_is_named_and_hardly_moves_the_forecast(factor, place):
    level = noisy(70, 6)
    clean = fit_level(level, days(MONDAY, 70)).predict(days(MONDAY + 70, 7))[0]
    level[place] *= factor
    fit = fit_level(level, days(MONDAY, 70))
    assert np.flatnonzero(fit.unusual).tolist() == [place]
    np.testing.assert_allclose(fit.predict(days(MONDAY + 70, 7))[0], clean, rtol=0.02)


@pytest.mark.parametrize("wild", [5, 6])
def test_a_weekday_that_is_less_sure_has_more_noise(wild):
    known, ahead = days(MONDAY, 210), days(MONDAY + 210, 7)
    on = known.weekday == wild
    level = noisy(210, 10) * np.exp(np.random.default_rng(11).normal(0, 0.15, 210) * on)
    fit = fit_level(level, known)
    factors = fit.own_noise.by_weekday[:7]
    assert factors[wild] > 3 * np.delete(factors, wild).max()
    variance = np.diag(fit.predict(ahead)[1])
    assert variance[wild] > 2.5 * np.delete(variance, wild).max()
    assert np.exp(np.log(factors[known.weekday]).mean()) == pytest.approx(1.0, abs=1e-9)


def test_weekdays_that_are_equally_sure_stay_so():
    fits = [fit_level(noisy(140, seed), days(MONDAY, 140)) for seed in range(20, 32)]
    factors = np.array([fit.own_noise.by_weekday[:7] for fit in fits])
    assert np.mean(np.abs(np.log(factors)).max(axis=1) < 0.3) >= 0.75
    assert np.abs(np.log(factors)).max() < 1.0


def test_thin_days_have_the_noise_of_counting():
    rng = np.random.default_rng(12)
    expected = np.array([400.0, 400, 400, 400, 400, 25, 25])[np.arange(140) % 7]
    known, ahead = days(MONDAY, 140), days(MONDAY + 140, 7)
    fit = fit_level(rng.poisson(expected).astype(float), known, counted=True)
    own = fit.noise**2 * fit.own_noise.of(ahead.weekday, expected[:7])
    # Of a Poisson number the relative variance is 1 / mean: the square of 0.05 and of 0.2.
    np.testing.assert_allclose(own[:5].mean(), 1 / 400, rtol=0.4)
    np.testing.assert_allclose(own[5:].mean(), 1 / 25, rtol=0.4)
    assert fit_level(rng.poisson(expected).astype(float), known).own_noise.chance == 0


def test_a_doubled_last_day_of_a_noisy_queue_hardly_moves_the_forecast():
    rng = np.random.default_rng(13)
    moved = []
    for _ in range(8):
        level = 1000 * np.exp(rng.normal(0, 0.1, 140))
        said = fit_level(level[:-1], days(MONDAY, 139)).predict(days(MONDAY + 140, 7))[0]
        level[-1] *= 2
        moved.append((fit_level(level, days(MONDAY, 140)).predict(days(MONDAY + 140, 7))[0] / said).mean() - 1)
    assert max(moved) < 0.03
    assert np.mean(moved) < 0.01


def test_a_step_of_the_level_is_followed():
    level = noisy(98, 7)
    level[90:] *= 1.3
    fit = fit_level(level, days(MONDAY, 98))
    assert fit.step is not None
    assert abs(fit.step - (MONDAY + 90)) <= 1
    assert fit.step_ratio == pytest.approx(1.3, abs=0.1)
    plain = fit_level(noisy(98, 7), days(MONDAY, 98)).predict(days(MONDAY + 98, 7))[0]
    np.testing.assert_allclose(fit.predict(days(MONDAY + 98, 7))[0] / plain, 1.3, atol=0.08)
    assert not fit.unusual.any()


def test_no_step_is_seen_in_plain_noise():
    assert [fit_level(noisy(98, seed), days(MONDAY, 98)).step for seed in range(8)] == [None] * 8


def test_a_thin_queue_keeps_its_total():
    level = np.random.default_rng(8).poisson(0.9, 84).astype(float)
    fit = fit_level(level, days(MONDAY, 84))
    said = fit.predict(days(MONDAY + 84, 28))[0]
    assert said.sum() == pytest.approx(28 * level.mean(), rel=0.15)
    assert said.max() < 2.5 * level.mean()


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(0.05, 2000), seed=st.integers(0, 50))
def test_a_level_in_other_units_is_forecast_in_other_units(factor, seed):
    # Days of 1000 contacts and more: there, chance plays no part in whether a day is named.
    level, known, ahead = 100 * noisy(42, seed), days(MONDAY, 42), days(MONDAY + 42, 14)
    plain, scaled = fit_level(level, known), fit_level(level * factor, known)
    np.testing.assert_allclose(scaled.predict(ahead)[0], plain.predict(ahead)[0] * factor, rtol=1e-6)
    np.testing.assert_allclose(scaled.predict(ahead)[1], plain.predict(ahead)[1], rtol=1e-6)


def test_a_history_whose_last_year_is_special_throughout_is_still_solved():
    event = Event(name="moving", dates=tuple(as_date(MONDAY + 60 + n) for n in range(400)), kind="other")
    calendar = Calendar(CalendarSpec(events=(event,)), "Europe/Berlin")
    known = day_features(np.arange(MONDAY, MONDAY + 460), np.ones(460, dtype=bool), calendar)
    level = noisy(460, 9) * np.where(known.special, 1.5, 1.0)
    said = fit_level(level, known).predict(days(MONDAY + 460, 14))[0]
    assert said.sum() == pytest.approx(noisy(460, 9)[:56].sum() / 4, rel=0.25)
