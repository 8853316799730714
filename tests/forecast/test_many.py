from __future__ import annotations

import joblib
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast import Forecaster
from wfm.forecast.many import check_workers, for_each
from wfm.testing import make_history
from wfm.timegrid import Horizon


def test_queues_spread_over_processes_give_the_same_bits():
    history = make_history(weeks=6, per_day={"calls": 400.0, "chat": 90.0, "mail": 12.0})
    horizon = Horizon("2026-02-16", weeks=1, tz="Europe/Berlin")
    alone = Forecaster(workers=1).fit(history).predict(horizon)
    spread = Forecaster(workers=2).fit(history).predict(horizon)
    pd.testing.assert_frame_equal(spread.to_frame(), alone.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(spread.audit, alone.audit)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        inside = Forecaster().fit(history).predict(horizon)
    pd.testing.assert_frame_equal(inside.to_frame(), alone.to_frame(), check_exact=True)


def test_results_come_in_the_order_of_the_items():
    assert for_each(abs, [-3, 2, -1], 1) == [3, 2, 1]
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert for_each(abs, [-3, 2, -1], None) == [3, 2, 1]


@pytest.mark.parametrize("workers", [0, -2, 1.5, True])
def test_workers_are_a_number_of_processes(workers):
    assert check_workers(None) is None
    assert check_workers(-1) == -1
    if workers is True:
        workers = "2"
    with pytest.raises(DataError, match="workers must be a whole number at least 1"):
        check_workers(workers)
