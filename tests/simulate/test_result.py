"""Ratios over replications and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from wfm.simulate.frames import pooled_ratio


def pooled(numerator, denominator):
    squares = np.array([[(numerator**2).sum(), (denominator**2).sum(), (numerator * denominator).sum()]])
    bounds = pooled_ratio(np.array([numerator.sum()]), np.array([denominator.sum()]), squares, len(numerator))
    return [float(bound[0]) for bound in bounds]


def test_interval_of_a_ratio_by_hand():
    # Ratio 12 / 20 = .6; residuals -.2, .4, -.2 of sum of squares .24; error sqrt(.24 / 2 / 3) / (20 / 3) = .03;
    # t of 2 degrees of freedom 4.3027.
    numerator, denominator = np.array([4.0, 4.0, 4.0]), np.array([7.0, 6.0, 7.0])
    assert pooled(numerator, denominator) == pytest.approx([0.6, 0.6 - 4.3027 * 0.03, 0.6 + 4.3027 * 0.03], abs=1e-5)


def test_interval_holds_the_truth_in_95_of_100():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(1_000):
        size = rng.poisson(30, 25)
        _, low, high = pooled(rng.binomial(size, 0.8).astype(float), size.astype(float))
        held += low <= 0.8 <= high
    assert 0.93 <= held / 1_000 <= 0.97


def test_nothing_to_judge_is_missing():
    assert np.isnan(pooled(np.zeros(3), np.zeros(3))).all()
