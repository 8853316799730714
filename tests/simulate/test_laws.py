"""Distributions of service times: mean 1, the coefficient of variation that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wfm.errors import DataError
from wfm.simulate import Exponential, Lognormal


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
