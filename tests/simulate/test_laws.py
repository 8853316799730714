"""Distributions of service times: mean 1, the coefficient of variation that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wfm.errors import DataError
from wfm.simulate import Empirical, Exponential, Gamma, Lognormal, Weibull


@pytest.mark.parametrize("cv", [0.3, 1.0, 1.4])
def test_lognormal(cv):
    sigma = np.sqrt(np.log(1 + cv**2))
    drawn = Lognormal(cv=cv).draw(np.random.default_rng(0), 20_000)
    law = stats.lognorm(s=sigma, scale=np.exp(-(sigma**2) / 2))
    assert law.mean() == pytest.approx(1)
    assert law.std() == pytest.approx(cv)
    assert stats.kstest(drawn, law.cdf).pvalue > 0.001


def test_exponential():
    drawn = Exponential().draw(np.random.default_rng(0), 20_000)
    assert stats.kstest(drawn, stats.expon.cdf).pvalue > 0.001


def test_no_variation_is_refused():
    with pytest.raises(DataError, match=r"cv must be a number in \(0, inf\), got 0"):
        Lognormal(cv=0)


@pytest.mark.parametrize("cv", [0.4, 1.0, 1.8])
def test_gamma(cv):
    drawn = Gamma(cv=cv).draw(np.random.default_rng(0), 20_000)
    assert stats.kstest(drawn, stats.gamma(a=1 / cv**2, scale=cv**2).cdf).pvalue > 0.001


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.5])
def test_weibull(shape):
    law = stats.weibull_min(c=shape)
    drawn = Weibull(shape=shape).draw(np.random.default_rng(0), 20_000)
    assert stats.kstest(drawn * law.mean(), law.cdf).pvalue > 0.001


def test_empirical_times_are_those_observed():
    drawn = Empirical([10, 20, 60]).draw(np.random.default_rng(0), 30_000)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == pytest.approx([1 / 3, 2 / 3, 2.0])
    assert counts / 30_000 == pytest.approx([1 / 3] * 3, abs=0.02)


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [1.0, -1.0], [np.nan]])
def test_observed_times_that_cannot_be(values):
    with pytest.raises(DataError, match="observed times"):
        Empirical(values)
