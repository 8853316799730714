from __future__ import annotations

import numpy as np
import pytest

from wfm.forecast.handle_time import fit_handle_time

WEEKDAY = np.arange(14) % 7


def test_a_constant_handle_time_is_found_exactly():
    handled = np.random.default_rng(0).poisson(5, (14, 4)).astype(float)
    np.testing.assert_allclose(fit_handle_time(180 * handled, handled, WEEKDAY, np.ones(14)), 180.0)


def test_contacts_are_the_weights():
    handled = np.ones((14, 2))
    handled[:, 1] = 1e9
    seconds = handled * [100.0, 200.0]
    found = fit_handle_time(seconds, handled, WEEKDAY, np.ones(14))
    mean = 200.0  # all but all contacts take 200 s
    by_time = (14 * 100 + 50 * mean) / 64
    assert found[0, 0] == pytest.approx((2 * 100 + 50 * by_time) / 52)
    assert found[0, 1] == pytest.approx(200.0)


def test_missing_and_weightless_days_say_nothing():
    handled = np.full((14, 2), 10.0)
    seconds = handled * 120.0
    seconds[3] = np.nan
    seconds[4] = 9e9
    weight = np.ones(14)
    weight[4] = 0.0
    np.testing.assert_allclose(fit_handle_time(seconds, handled, WEEKDAY, weight), 120.0)


def test_no_contacts_no_handle_time():
    assert fit_handle_time(np.zeros((14, 2)), np.zeros((14, 2)), WEEKDAY, np.ones(14)).shape == (0, 2)
