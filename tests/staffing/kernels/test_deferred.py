from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain.targets import Deadline
from wfm.errors import DataError
from wfm.staffing.kernels import deferred

HALF_HOUR = 1800.0


def replay(calls, aht, agents, within, seed):
    """Return the share done in time: Poisson arrivals, exponential handle times, the earliest deadline first.

    All contacts of a queue have the same deadline, so the earliest is the first that came. Time is business time.
    """
    rng = np.random.default_rng(seed)
    arrivals = [i * HALF_HOUR + rng.uniform(0, HALF_HOUR, rng.poisson(mean)) for i, mean in enumerate(calls)]
    arrivals = np.sort(np.concatenate(arrivals))
    lengths = rng.exponential(aht, len(arrivals))
    busy: list[float] = []
    now, met = 0.0, 0
    for arrival, length in zip(arrivals.tolist(), lengths.tolist(), strict=True):
        now = max(now, arrival)
        while True:
            while busy and busy[0] <= now:
                heapq.heappop(busy)
            interval = min(int(now / HALF_HOUR + 1e-9), len(agents) - 1)
            if len(busy) < agents[interval] or now > len(agents) * HALF_HOUR:
                break
            change = (interval + 1) * HALF_HOUR
            freed = busy[0] if busy and agents[interval] else change
            now = max(min(change, freed), now + 1e-6)
        heapq.heappush(busy, now + length)
        met += now + length - arrival <= within
    return met / len(arrivals)


DAY = 1.05 - np.cos(np.arange(48) / 48 * 2 * np.pi)
CASES = [
    # mean contacts per half-hour, AHT, deadline, days, most hours over the work
    (20, 240, "1h", 5, 1.20),
    (40, 300, "2h", 5, 1.06),
    (10, 480, "4h", 7, 1.10),
    (3, 900, "24h", 14, 1.06),
    (300, 300, "2h", 3, 1.02),
]


@pytest.mark.parametrize(("volume", "aht", "within", "days", "most"), CASES)
def test_an_earliest_deadline_replay_keeps_the_deadline(volume, aht, within, days, most):
    calls = np.tile(volume * DAY, days)
    deadline = Deadline(within, fraction=0.95)
    load = calls * aht / HALF_HOUR
    found = deferred.staff(load, np.full(len(load), float(aht)), HALF_HOUR, deadline, 0)
    shares = [replay(calls, aht, found.agents, deadline.within_s, seed) for seed in range(6)]
    assert np.mean(shares) >= 0.95
    assert found.agents.sum() <= most * load.sum()


def test_an_overnight_backlog_is_worked_off_in_business_time():
    # Open 09:00 to 17:00, all the work of the day in its last hour, due four business hours later: half the next day.
    calls = np.tile(np.repeat([0.0, 60.0], [14, 2]), 5)
    load = calls * 600 / HALF_HOUR
    deadline = Deadline("4h")
    found = deferred.staff(load, np.full(80, 600.0), HALF_HOUR, deadline, 0)
    assert found.backlog[15] > 0.5 * load[:16].sum()  # carried over the night
    assert found.agents[16:23].sum() > 0.5 * load[:16].sum()  # and done next morning
    assert found.agents[24:30].max() <= 3  # nothing to do before the next wave but the reserve
    assert found.agents.max() < 0.5 * load.max()  # smoothed
    assert found.opening == pytest.approx(found.backlog[-1], abs=1.0)
    assert found.agents[:7].sum() == pytest.approx(
        found.agents[64:71].sum(), abs=1
    )  # the first morning is one like the others
    # Contacts of the last evening are finished after the horizon, by a crew like the last one.
    agents = np.concatenate([found.agents, found.agents[:16]])
    shares = [replay(calls, 600.0, agents, deadline.within_s, seed) for seed in range(6)]
    assert np.mean(shares) >= 0.95


@settings(max_examples=150, deadline=None)
@given(
    load=st.lists(st.floats(0, 30), min_size=1, max_size=60),
    aht=st.sampled_from([60.0, 300.0, 1700.0]),
    within=st.sampled_from(["30min", "1h", "2h", "24h"]),
    least=st.integers(0, 3),
)
def test_work_is_conserved_and_the_fluid_in_time(load, aht, within, least):
    work = np.array(load)
    deadline = Deadline(within)
    found = deferred.staff(work, np.full(len(work), aht), HALF_HOUR, deadline, least)
    arrived, done = np.cumsum(work), np.cumsum(found.done)
    assert done + found.backlog == pytest.approx(found.opening + arrived, abs=1e-6)
    assert (found.backlog >= 0).all()
    assert (found.done <= found.agents).all()
    assert (found.agents >= least).all()
    lag = int((deadline.within_s - aht) / HALF_HOUR + 1e-9)
    if lag < len(work):
        assert (done[lag:] >= found.opening + arrived[: len(work) - lag] - 1e-6).all()


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.floats(0, 10), min_size=2, max_size=40),
    lag=st.integers(0, 8),
)
def test_the_string_is_the_smoothest_path_between_its_bounds(steps, lag):
    upper = np.cumsum(steps)
    lag = min(lag, len(steps) - 1)
    lower = np.concatenate([np.zeros(lag), upper[: len(upper) - lag]])
    lower[-1] = upper[-1]
    path = deferred.taut_string(lower, upper)
    slack = 1e-9 * (1 + upper[-1])
    assert (path >= lower - slack).all()
    assert (path <= upper + slack).all()
    # Moving any point towards its neighbours' mean is barred by a bound: the path is taut.
    points = np.concatenate([[0.0], path])
    for i in range(1, len(points) - 1):
        bend = points[i + 1] - 2 * points[i] + points[i - 1]
        if bend > 1e-6:
            assert path[i - 1] <= lower[i - 1] + 1e-6 or path[i - 1] >= upper[i - 1] - 1e-6
        if bend < -1e-6:
            assert path[i - 1] <= lower[i - 1] + 1e-6 or path[i - 1] >= upper[i - 1] - 1e-6


def test_the_peak_is_the_lowest_possible():
    # A burst of 12 that may take three more intervals needs 3 at a time; no plan can do with less.
    upper = np.cumsum([12.0, 0, 0, 0])
    lower = np.concatenate([np.zeros(3), upper[:1]])
    assert np.diff(deferred.taut_string(lower, upper), prepend=0).tolist() == [3.0, 3.0, 3.0, 3.0]


def test_the_tightest_deadline_counts():
    targets = (Deadline("4h"), Deadline("2h", fraction=0.8), Deadline("2h"))
    assert deferred.tightest(targets) == Deadline("2h")


def test_a_day_without_work_needs_nobody():
    found = deferred.staff(np.zeros(48), np.full(48, 300.0), HALF_HOUR, Deadline("2h"), 0)
    assert found.agents.sum() == 0


def test_work_longer_than_its_deadline():
    with pytest.raises(DataError, match="an AHT of 3600 s against the target '95 % done within 1h'"):
        deferred.lag(Deadline("1h"), 3600.0, HALF_HOUR)
