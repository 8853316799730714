from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import lognorm, qmc

from wfm.quotes import Spread
from wfm.quotes.points import factors, sobol


@pytest.mark.parametrize("count", [64, 256])
def test_points_are_those_of_sobol_up_to_a_shift(count: int) -> None:
    """SciPy's own sequence, unscrambled; ours differs from it by one digital shift."""
    theirs = (qmc.Sobol(2, scramble=False, bits=30).random(count) * 2**30).astype(np.int64)
    ours = (sobol(count, 3) * 2**30).astype(np.int64)
    assert (ours ^ theirs == ours[0] ^ theirs[0]).all()


def test_points_are_even() -> None:
    assert qmc.discrepancy(sobol(256, 0)) < qmc.discrepancy(np.random.default_rng(0).random((256, 2))) / 5


def test_factors_are_those_of_the_lognormal() -> None:
    share = np.linspace(0.01, 0.99, 21)
    sigma = np.sqrt(np.log(1 + 0.3**2))
    assert factors(Spread(cv=0.3), share) == pytest.approx(lognorm(sigma, scale=np.exp(-(sigma**2) / 2)).ppf(share))
    assert factors(Spread(low=1.0, high=1.0), share) == pytest.approx(np.ones(21))
    assert factors(Spread(cv=0.0), share) == pytest.approx(np.ones(21))
