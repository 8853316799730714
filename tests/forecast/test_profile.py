from __future__ import annotations

import numpy as np
import pytest

from wfm.forecast.profile import day_levels, fit_profile

OPEN = np.ones((7, 3), dtype=bool)


def test_a_constant_profile_is_found_exactly():
    volume = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [3.0, 6.0, 3.0]] * 7)
    profile = fit_profile(volume, np.arange(21) % 7, OPEN, np.ones(21))
    np.testing.assert_allclose(profile, np.tile([0.25, 0.5, 0.25], (7, 1)))


def test_an_interval_that_is_missing_is_not_read_as_0():
    volume = np.tile([1.0, 2.0, 1.0], (28, 1)) * np.arange(1, 29)[:, None]
    volume[5, 1] = volume[17, 0] = np.nan
    profile = fit_profile(volume, np.arange(28) % 7, OPEN, np.ones(28))
    np.testing.assert_allclose(profile, np.tile([0.25, 0.5, 0.25], (7, 1)), atol=1e-6)
    level, covered = day_levels(volume, profile[np.arange(28) % 7])
    np.testing.assert_allclose(level, 4.0 * np.arange(1, 29), rtol=1e-5)
    assert covered[5] == pytest.approx(0.5, abs=1e-6)
    assert covered[17] == pytest.approx(0.75, abs=1e-6)


def test_weekdays_with_their_own_profile_keep_it_if_their_days_agree():
    busy, late = np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])
    weekday = np.arange(28) % 7
    volume = np.where((weekday == 5)[:, None], late, busy)
    profile = fit_profile(volume, weekday, OPEN, np.ones(28))
    np.testing.assert_allclose(profile[5], late / 6)
    np.testing.assert_allclose(profile[0], busy / 6)


def test_a_noisy_weekday_borrows_from_the_others():
    rng = np.random.default_rng(4)
    weekday = np.arange(56) % 7
    volume = rng.poisson(np.tile([2.0, 1.0, 1.0], (56, 1))).astype(float)
    profile = fit_profile(volume, weekday, OPEN, np.ones(56))
    pooled = volume.sum(axis=0) / volume.sum()
    own = np.stack([volume[weekday == n].sum(axis=0) / volume[weekday == n].sum() for n in range(7)])
    assert np.abs(profile - pooled).sum() < 0.6 * np.abs(own - pooled).sum()


def test_a_weekday_never_open_has_the_shares_of_all_and_longer_hours_go_on_at_the_same_measure():
    is_open = OPEN.copy()
    is_open[6] = False
    is_open[5] = [True, False, False]
    weekday = np.arange(28) % 7
    volume = np.tile([1.0, 2.0, 1.0], (28, 1))
    volume[weekday == 6] = np.nan
    volume[weekday == 5, 1:] = np.nan
    profile = fit_profile(volume, weekday, is_open, np.ones(28))
    np.testing.assert_allclose(profile[6], [0.25, 0.5, 0.25], atol=1e-6)
    np.testing.assert_allclose(profile[5], [1.0, 2.0, 1.0], atol=1e-5)


def test_days_without_weight_say_nothing():
    volume = np.tile([1.0, 1.0, 2.0], (28, 1))
    volume[3] = [100.0, 0.0, 0.0]
    weight = np.ones(28)
    weight[3] = 0.0
    profile = fit_profile(volume, np.arange(28) % 7, OPEN, weight)
    np.testing.assert_allclose(profile, np.tile([0.25, 0.25, 0.5], (7, 1)))
