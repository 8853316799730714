from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wfm.forecast.uncertainty import (
    LEVELS,
    Calibration,
    Dispersion,
    calibrate,
    fit_correlation,
    fit_day_variance,
    fit_dispersion,
    quantiles,
    within_day,
)

PLAIN = Calibration(LEVELS, 0)


def test_quantiles_are_read_off_at_the_corrected_levels():
    mean, variance = np.array([400.0, 3.0]), np.array([2500.0, 6.0])
    found = quantiles(mean, variance, PLAIN, whole=False)
    expected = stats.gamma.ppf(LEVELS, (mean**2 / variance)[:, None], scale=(variance / mean)[:, None])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    wider = stats.norm.cdf(1.2 * stats.norm.ppf(LEVELS))
    found = quantiles(mean, variance, Calibration(wider, 60), whole=True)
    expected = stats.nbinom.ppf(wider, (mean**2 / (variance - mean))[:, None], (mean / variance)[:, None])
    np.testing.assert_array_equal(found, expected)


def test_corrected_scores_go_on_in_proportion_and_back():
    wider = Calibration(stats.norm.cdf(1.2 * stats.norm.ppf(LEVELS)), 60)
    scores = np.array([-5.0, -2.0, -0.3, 0.0, 1.0, 4.0])
    np.testing.assert_allclose(wider.scores(scores), 1.2 * scores, atol=1e-12)
    np.testing.assert_allclose(wider.nominal(wider.scores(scores)), scores, atol=1e-12)


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


def test_a_time_of_day_that_is_less_sure_has_more_variance():
    rng = np.random.default_rng(7)
    mean = np.full((120, 24), 100.0)
    variance = np.where(np.arange(24) == 3, 6.0, 1.5) * mean
    volume = rng.negative_binomial(mean**2 / (variance - mean), mean / variance).astype(float)
    found = fit_dispersion(volume, mean, np.ones(120))
    said = found.variance(mean, np.zeros_like(mean), np.arange(24))[0]
    assert said[3] == pytest.approx(600, rel=0.35)
    assert np.delete(said, 3) == pytest.approx(np.full(23, 150), rel=0.45)
    assert found.variance(np.array([100.0]), np.array([0.04]))[0] == pytest.approx(
        100 * found.per_contact + 1e4 * (0.04 + found.per_square)
    )


def test_dispersion_without_observations_is_poisson():
    assert fit_dispersion(np.full((3, 2), np.nan), np.ones((3, 2)), np.ones(3)) == Dispersion(1.0, 0.0)


def test_within_a_day_what_is_off_sums_to_nothing():
    mean, place = np.array([20.0, 60.0, 90.0, 30.0]), np.arange(4)
    variance = 2 * mean + 0.01 * mean**2
    for correlation in (0.0, 0.7, 1.0):
        within = within_day(mean, variance, place, correlation)
        np.testing.assert_allclose(within.covariance.sum(axis=0), 0.0, atol=1e-9)
        assert np.linalg.eigvalsh(within.covariance).min() > -1e-9
        np.testing.assert_array_equal(within.alone, mean)
    assert np.trace(within_day(mean, variance, place, 0.7).covariance) == pytest.approx(variance.sum())
    alone = within_day(np.array([50.0]), np.array([125.0]), np.array([0]), 0.7)
    np.testing.assert_allclose(alone.covariance, 0.0, atol=1e-9)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_the_correlation_of_neighbours_is_found_again(correlation):
    rng = np.random.default_rng(4)
    mean = np.tile(np.linspace(100, 400, 28), (250, 1))
    apart = np.abs(np.arange(28)[:, None] - np.arange(28))
    shared = rng.multivariate_normal(np.zeros(28), correlation**apart if correlation else np.eye(28), 250)
    volume = rng.poisson(mean * np.maximum(1 + 0.1 * shared, 0.01)).astype(float)
    share = mean[0] / mean[0].sum()
    around = volume.sum(axis=1)[:, None] * share
    dispersion = fit_dispersion(volume, around, np.ones(250))
    assert fit_correlation(volume, around, np.ones(250), dispersion) == pytest.approx(correlation, abs=0.11)


def test_without_observations_nothing_goes_together():
    assert fit_correlation(np.full((3, 2), np.nan), np.ones((3, 2)), np.ones(3), Dispersion(1.0, 0.0)) == 0.0


def test_calibration_leaves_a_true_distribution_alone_and_widens_one_too_narrow():
    rng = np.random.default_rng(2)
    mean, variance = np.full(4000, 200.0), np.full(4000, 900.0)
    volume = rng.gamma(mean**2 / variance, variance / mean)
    true = calibrate(volume, mean, variance, 200, whole=False)
    np.testing.assert_allclose(true.levels, LEVELS, atol=0.02)
    narrow = calibrate(volume, mean, variance / 4, 200, whole=False)
    trust = 200 / 230
    # Standard deviation twice that said: the 10 % quantile lies where the said one has Φ(2 Φ⁻¹(0.1)).
    expected = trust * stats.norm.cdf(2 * stats.norm.ppf(0.1)) + (1 - trust) * 0.1
    assert narrow.levels[2] == pytest.approx(expected, abs=0.006)
    np.testing.assert_allclose(narrow.levels + narrow.levels[::-1], 1.0)


def test_calibration_without_evidence_changes_nothing():
    nothing = np.empty(0)
    assert calibrate(nothing, nothing, nothing, 0, whole=True).levels.tolist() == LEVELS.tolist()


def test_calibration_leaves_thin_counts_alone():
    rng = np.random.default_rng(5)
    mean = np.full(6000, 0.4)
    found = calibrate(rng.poisson(mean).astype(float), mean, mean, 200, whole=True)
    np.testing.assert_allclose(found.levels, LEVELS, atol=0.02)


def test_day_totals_are_widened_until_their_band_holds():
    standard = 2 * np.random.default_rng(6).normal(size=5000)
    assert fit_day_variance(standard, 10**6) == pytest.approx(4.0, rel=0.05)
    assert fit_day_variance(np.empty(0), 0) == fit_day_variance(standard, 0) == 2.1
    assert 2.1 < fit_day_variance(standard, 30) < 4.0
