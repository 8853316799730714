from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from wfm.domain import MaxAbandonment, MaxOccupancy, MeanAnswer, Queue, ServiceLevel
from wfm.domain.targets import LongestWait
from wfm.erlang import measures
from wfm.staffing.kernels import live, mixtures
from wfm.staffing.kernels.mixtures import Scenarios

AHT = np.array([180.0])


def queue(*targets, **options):
    return Queue(**({"name": "calls", "targets": targets, "aht": "3min"} | options))


def expected(one, scenarios):
    return int(mixtures.expected(one, scenarios, AHT, 1800.0)[0])


def test_slices_of_a_normal_volume_have_its_mean_and_spread():
    levels = np.array([0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975])
    values = np.array([[100 + 12 * NormalDist().inv_cdf(level)] for level in levels])
    found = mixtures.of_quantiles(levels, values)
    mean = float(found.weight @ found.offered[:, 0])
    spread = float(np.sqrt(found.weight @ (found.offered[:, 0] - mean) ** 2))
    assert mean == pytest.approx(100.0)
    assert spread == pytest.approx(12.0, rel=0.02)
    assert mixtures.of_quantiles(levels, values, 0.9).offered.tolist() == [[pytest.approx(values[5, 0])]]


def test_the_level_is_mixed_by_contacts():
    one = queue(ServiceLevel(0.8, "20s"), patience="2min")
    scenarios = Scenarios(np.array([[60.0], [100.0], [160.0]]), np.array([0.25, 0.5, 0.25]))

    def mixed(agents):
        levels = [measures(v, 180, 1800, agents, within_s=20, patience_s=120).service_level() for v in (60, 100, 160)]
        return (0.25 * 60 * levels[0] + 0.5 * 100 * levels[1] + 0.25 * 160 * levels[2]) / 105

    found = expected(one, scenarios)
    assert mixed(found) >= 0.8 > mixed(found - 1)
    at_mean = int(live.fewest(one, np.array([105.0]), AHT, 1800.0, one.targets)[0])
    assert found > at_mean  # the level falls ever faster: the mean volume promises too much


def test_without_patience_an_overloaded_scenario_counts_as_missed():
    one = queue(ServiceLevel(0.8, "20s"))
    scenarios = Scenarios(np.array([[100.0], [300.0]]), np.array([0.95, 0.05]))
    found = expected(one, scenarios)
    assert found < 30  # below the load of the rare scenario
    level = measures(100, 180, 1800, found, within_s=20).service_level()
    assert 95 * level / (95 + 15) >= 0.8


@pytest.mark.parametrize(
    "target",
    [ServiceLevel(0.8, "20s"), LongestWait("1min"), MeanAnswer("10s"), MaxAbandonment(0.05), MaxOccupancy(0.8)],
)
@pytest.mark.parametrize("options", [{}, {"channel": "chat", "concurrency": 2, "slowdown": 0.3}])
def test_a_single_scenario_is_the_plain_answer(target, options):
    one = queue(target, patience="2min", **options)
    scenarios = Scenarios(np.array([[100.0, 0.0]]), np.array([1.0]))
    plain = live.fewest(one, np.array([100.0, 0.0]), np.full(2, 180.0), 1800.0, target)
    assert mixtures.expected(one, scenarios, np.full(2, 180.0), 1800.0).tolist() == plain.tolist()


def test_the_surest_staff_covers_the_stated_probability():
    needs = np.array([[3, 7], [5, 7], [4, 2], [9, 7]])
    weight = np.array([0.4, 0.3, 0.2, 0.1])
    assert mixtures.surest(needs, weight, 0.9).tolist() == [5, 7]
    assert mixtures.surest(needs, weight, 0.5).tolist() == [4, 7]
    assert mixtures.surest(needs, weight, 0.95).tolist() == [9, 7]
