from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.staffing.kernels import rounding


def test_a_billionth_of_a_head_is_nobody():
    assert 35.7 / 0.85 > 42  # floats
    assert rounding.whole_up(np.array([35.7 / 0.85, 42.0001])).tolist() == [42, 43]
    assert rounding.scheduled(np.array([17, 34]), 0.15).tolist() == [20, 40]
    assert rounding.scheduled(np.array([10**7]), 0.0).tolist() == [10**7]


@settings(max_examples=100, deadline=None)
@given(
    agents=st.lists(st.integers(0, 50), min_size=1, max_size=40),
    shrinkage=st.floats(0, 0.6),
)
def test_the_sum_is_never_short_and_never_over_by_one(agents, shrinkage):
    count = np.array(agents)
    heads = rounding.scheduled_in_all(count, shrinkage)
    seated, wanted = np.cumsum(heads) * (1 - shrinkage), np.cumsum(count)
    assert (seated >= wanted - 1e-6).all()
    assert (np.cumsum(heads) < wanted / (1 - shrinkage) + 1).all()
    assert (heads >= count).all() or heads.sum() == pytest.approx(count.sum() / (1 - shrinkage), abs=1)
