from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wfm.forecast.uncertainty import LEVELS, Calibration, Dispersion, calibrate, fit_dispersion, quantiles

PLAIN = Calibration(LEVELS, 0)


def test_quantiles_are_those_of_the_gamma_distribution():
    mean, variance = np.array([400.0, 3.0]), np.array([2500.0, 6.0])
    found = quantiles(mean, variance, PLAIN, whole=False)
    expected = stats.gamma.ppf(LEVELS, (mean**2 / variance)[:, None], scale=(variance / mean)[:, None])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(quantiles(mean, variance, PLAIN, whole=True), np.rint(expected))


def test_whole_quantiles_of_a_small_mean_are_near_the_poisson_ones():
    for mean in (0.3, 1.0, 4.0):
        found = quantiles(np.array([mean]), np.array([mean]), PLAIN, whole=True)[0]
        assert np.abs(found - stats.poisson.ppf(LEVELS, mean)).max() <= 1


def test_no_contacts_no_quantiles():
    assert not quantiles(np.zeros(3), np.zeros(3), PLAIN, whole=True).any()


@settings(max_examples=50, deadline=None)
@given(
    mean=st.floats(0, 1e5),
    share=st.floats(0, 4),
    whole=st.booleans(),
    levels=st.lists(st.floats(0.002, 0.998), min_size=13, max_size=13),
)
def test_quantiles_are_monotone_and_not_negative(mean, share, whole, levels):
    found = quantiles(np.array([mean]), np.array([share * mean]), Calibration(np.sort(levels), 9), whole=whole)[0]
    assert found[0] >= 0
    assert np.all(np.diff(found) >= 0)


def test_dispersion_is_found_again():
    rng = np.random.default_rng(1)
    mean = np.tile(np.linspace(5, 400, 48), (200, 1))
    volume = rng.gamma(mean**2 / (2 * mean + 0.01 * mean**2), (2 + 0.01 * mean))
    found = fit_dispersion(volume, mean, np.ones(200))
    assert found.per_contact == pytest.approx(2.0, rel=0.2)
    assert found.per_square == pytest.approx(0.01, rel=0.2)
    poisson = fit_dispersion(rng.poisson(mean).astype(float), mean, np.ones(200))
    assert poisson.per_contact == pytest.approx(1.0, rel=0.1)
    assert poisson.per_square < 0.001
    np.testing.assert_allclose(Dispersion(2.0, 0.01).variance(np.array([10.0]), np.array([0.04])), 20 + 0.05 * 100)


def test_dispersion_without_observations_is_poisson():
    assert fit_dispersion(np.full((3, 2), np.nan), np.ones((3, 2)), np.ones(3)) == Dispersion(1.0, 0.0)


def test_calibration_leaves_a_true_distribution_alone_and_widens_one_too_narrow():
    rng = np.random.default_rng(2)
    mean, variance = np.full(4000, 200.0), np.full(4000, 900.0)
    volume = rng.gamma(mean**2 / variance, variance / mean)
    true = calibrate(volume, mean, variance, 200)
    np.testing.assert_allclose(true.levels, LEVELS, atol=0.02)
    narrow = calibrate(volume, mean, variance / 4, 200)
    trust = 200 / 230
    # Standard deviation twice that said: the 10 % quantile lies where the said one has Φ(2 Φ⁻¹(0.1)).
    expected = trust * stats.norm.cdf(2 * stats.norm.ppf(0.1)) + (1 - trust) * 0.1
    assert narrow.levels[2] == pytest.approx(expected, abs=0.006)
    np.testing.assert_allclose(narrow.levels + narrow.levels[::-1], 1.0)


def test_calibration_without_evidence_changes_nothing():
    nothing = np.empty(0)
    assert calibrate(nothing, nothing, nothing, 0).levels.tolist() == LEVELS.tolist()
