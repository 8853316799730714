from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wfm.forecast.marginals import Marginals
from wfm.schema import QUANTILES

LEVELS = np.array(list(QUANTILES.values()))


def negative_binomial(mean, variance):
    shape = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    return stats.nbinom(shape[:, None], (shape / (shape + mean))[:, None])


def spread_out(rng, low, high, count=400):
    mean = np.exp(rng.uniform(np.log(low), np.log(high), count))
    return mean, mean * rng.uniform(1, 4, count) + rng.uniform(0, 0.1, count) * mean**2


def test_quantiles_of_thin_intervals_are_exactly_the_negative_binomial_ones():
    mean, variance = spread_out(np.random.default_rng(1), 0.05, 29)
    found = Marginals.of(mean, variance, whole=True).quantiles(LEVELS)
    np.testing.assert_array_equal(found, negative_binomial(mean, variance).ppf(LEVELS))


def test_quantiles_of_busy_intervals_hold_their_level():
    mean, variance = spread_out(np.random.default_rng(2), 30, 5000)
    found = Marginals.of(mean, variance, whole=True).quantiles(LEVELS)
    truth = negative_binomial(mean, variance)
    assert np.abs(found - truth.ppf(LEVELS)).max() <= 1
    assert (truth.cdf(found - 1) - LEVELS).max() < 5e-4
    assert (LEVELS - truth.cdf(found)).max() < 5e-4


def test_amounts_are_gamma():
    mean, variance = spread_out(np.random.default_rng(3), 0.05, 5000)
    found = Marginals.of(mean, variance, whole=False).quantiles(LEVELS)
    expected = stats.gamma.ppf(LEVELS, (mean**2 / variance)[:, None], scale=(variance / mean)[:, None])
    np.testing.assert_allclose(found, expected, atol=1e-9 * 5000, rtol=1e-9)


@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0, 4.0])
def test_the_limit_is_poisson(mean):
    found = Marginals.of(np.array([mean]), np.array([0.9 * mean]), whole=True).quantiles(LEVELS)[0]
    np.testing.assert_array_equal(found, stats.poisson.ppf(LEVELS, mean) if mean else 0)


def test_an_eighty_percent_band_of_a_thin_queue_holds_at_least_that():
    # 0.3 contacts per half-hour: the least band of whole numbers that holds 80 % is 0 to 1.
    found = Marginals.of(np.array([0.3]), np.array([0.33]), whole=True).quantiles(np.array([0.1, 0.9]))[0]
    assert found.tolist() == [0.0, 1.0]


def test_what_does_not_vary_has_its_mean_at_every_level():
    found = Marginals.of(np.array([12.0, 0.0]), np.zeros(2), whole=True).quantiles(LEVELS)
    np.testing.assert_array_equal(found, [[12.0] * 13, [0.0] * 13])


def test_levels_of_counts_are_the_probabilities_around_them():
    mean, variance = np.array([3.0, 400.0]), np.array([5.0, 2500.0])
    below, upto = Marginals.of(mean, variance, whole=True).levels(np.array([2.0, 380.0]))
    truth = negative_binomial(mean, variance)
    np.testing.assert_allclose(upto, truth.cdf(np.array([[2], [380]]))[:, 0], atol=2e-5)
    np.testing.assert_allclose(below, truth.cdf(np.array([[1], [379]]))[:, 0], atol=2e-5)
    low, high = Marginals.of(mean, variance, whole=False).levels(np.array([2.5, 380.5]))
    np.testing.assert_array_equal(low, high)
    np.testing.assert_allclose(low, stats.gamma.cdf([2.5, 380.5], mean**2 / variance, scale=variance / mean))


@settings(max_examples=60, deadline=None)
@given(mean=st.floats(0, 1e5), share=st.floats(0, 50), whole=st.booleans())
def test_quantiles_are_monotone_not_negative_and_finite(mean, share, whole):
    marginals = Marginals.of(np.array([mean]), np.array([share * mean]), whole=whole)
    found = marginals.quantiles(np.linspace(0.001, 0.999, 40))[0]
    assert np.isfinite(found).all()
    assert found[0] >= 0
    assert np.all(np.diff(found) >= -1e-9 * mean)


def test_a_variance_that_no_whole_number_can_have_is_that_of_poisson():
    # 0.04 with variance 0.02 cannot be: the least variance of a whole number of that mean is 0.04 × 0.96.
    mean, levels = np.array([0.04]), np.array([0.5, 0.95, 0.97, 0.999])
    said = Marginals.of(mean, np.array([0.02]), whole=True).quantiles(levels)
    np.testing.assert_array_equal(said[0], stats.poisson.ppf(levels, 0.04))
