from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wfm.forecast.scoring import measures, poisson_floor

LEVELS = np.array([0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975])


def test_by_hand():
    actual, mean = np.array([10.0, 20.0]), np.array([12.0, 16.0])
    quantiles = np.tile(np.linspace(6, 18, 13), (2, 1))
    found = measures(actual, mean, quantiles, np.array([4.0, 2.0]))
    assert found["wmape"] == pytest.approx(6 / 30)
    assert found["bias"] == pytest.approx(-2 / 30)
    assert found["mase"] == pytest.approx(1.0)
    assert found["coverage80"] == 0.5
    assert found["coverage95"] == 0.5
    pinball = [
        max(q * (a - value), (q - 1) * (a - value))
        for a in actual
        for q, value in zip(LEVELS, np.linspace(6, 18, 13), strict=True)
    ]
    assert found["wcrps"] == pytest.approx(2 * np.mean(pinball) / 15)


def test_a_sure_and_right_forecast_has_no_error():
    actual = np.array([3.0, 0.0])
    found = measures(actual, actual, np.repeat(actual[:, None], 13, axis=1), np.array([1.0, 1.0]))
    assert [found[name] for name in ("wmape", "bias", "mase", "wcrps")] == [0, 0, 0, 0]
    assert found["coverage80"] == 1.0


def test_nothing_to_measure_is_not_a_number():
    nothing = np.empty(0)
    assert all(np.isnan(value) for value in measures(nothing, nothing, np.empty((0, 13)), nothing).values())
    one = np.array([1.0])
    found = measures(one, one, np.full((1, 13), np.nan), one)
    assert np.isnan(found["wcrps"])
    assert np.isnan(found["coverage80"])
    assert found["wmape"] == 0


@pytest.mark.parametrize("mean", [0.2, 1.0, 3.7, 40.0, 1160.0])
def test_the_noise_floor_is_the_mean_deviation_of_a_poisson_number(mean):
    counts = np.arange(0, int(mean + 40 * np.sqrt(mean) + 40))
    expected = (np.abs(counts - mean) * stats.poisson.pmf(counts, mean)).sum() / mean
    assert poisson_floor(np.array([mean, 0.0])) == pytest.approx(expected, rel=1e-9)
