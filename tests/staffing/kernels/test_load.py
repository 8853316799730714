from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincc

from wfm.domain.targets import ServiceLevel
from wfm.erlang import agents_required
from wfm.staffing.kernels.load import Method, felt_volume, lag_max, mol

DAY = 86400.0
MEAN, SWING = 50.0, 0.5
WITHIN = 30.0


BANK = [
    560, 609, 1050, 1371, 2073, 2256, 2238, 2272, 2156, 2073, 2014, 2005, 1857, 1905,
    1862, 1869, 1765, 1733, 1698, 1503, 1227, 1031, 866, 773, 719, 619, 565, 509,
]  # fmt: skip


def wave(aht):
    """Return the arrivals per second of the reference, a sine over the day, as a function of block and time."""
    return lambda _, t: MEAN / aht * (1.0 + SWING * math.sin(2.0 * math.pi * t / DAY))


def level_by_block(agents, aht, block, arrivals, highest):
    """Return the exact service level of each block of a day from an empty start.

    `arrivals` is the rate per second by block and time, `highest` a load that is never passed.

    The number in the system of M(t)/M/s(t) by the Kolmogorov equations (Runge-Kutta of order 4); an arrival that finds
    k >= s waits longer than T if fewer than k - s + 1 of the s busy agents finish within T.
    """
    rate = 1.0 / aht
    most = 3 * int(max(agents)) + 150
    number = np.arange(most + 1)
    p = np.zeros(most + 1)
    p[0] = 1.0
    steps = math.ceil(block * (highest + max(agents)) * rate / 0.8)
    h = block / steps
    levels = []
    for place, s in enumerate(agents.tolist()):
        ends = np.minimum(number, s) * rate
        late = np.where(number >= s, gammaincc(np.maximum(number - s + 1, 1), s * rate * WITHIN), 0.0)

        def change(t, p, ends=ends, place=place):
            up, down = arrivals(place, t) * p[:-1], ends[1:] * p[1:]
            flow = np.zeros_like(p)
            flow[:-1] = down - up
            flow[1:] += up - down
            return flow

        missed = came = 0.0
        for step in range(steps):
            t = place * block + step * h
            missed += 0.5 * h * arrivals(place, t) * (late @ p)
            k1 = change(t, p)
            k2 = change(t + h / 2, p + h / 2 * k1)
            k3 = change(t + h / 2, p + h / 2 * k2)
            k4 = change(t + h, p + h * k3)
            p = p + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            missed += 0.5 * h * arrivals(place, t + h) * (late @ p)
            came += 0.5 * h * (arrivals(place, t) + arrivals(place, t + h))
        levels.append(1.0 - missed / came)
    return np.array(levels)


def mean_loads(block):
    """Return the mean load of each block of a day, integrated exactly."""
    edges = np.arange(0.0, DAY + 1.0, block)
    wave = DAY / (2.0 * np.pi) * -np.diff(np.cos(2.0 * np.pi * edges / DAY))
    return MEAN * (1.0 + SWING * wave / block)


# Exact figures of the reference: AHT and block, method, staff-hours per day, worst block's service level. The methods
# here read rates from the volumes of blocks, those of the reference from the sine itself.
REFERENCE = [
    (1800.0, "sipp", 1387.0, 0.584),
    (1800.0, "mol", 1413.0, 0.824),
    (1800.0, "lag_max", 1413.0, 0.824),
    (3600.0, "sipp", 1392.0, 0.374),
    (3600.0, "mol", 1444.0, 0.845),
    (3600.0, "lag_max", 1446.0, 0.827),
]


@pytest.mark.parametrize(("aht", "method", "hours", "worst"), REFERENCE)
def test_a_daily_wave_is_staffed_as_in_the_reference(aht, method, hours, worst):
    block = aht
    loads = np.tile(mean_loads(block), 3)  # the day before and the day after
    volume = felt_volume(Method(method), loads, np.full(len(loads), aht), block, np.zeros(len(loads), dtype=bool))
    day = slice(len(loads) // 3, 2 * len(loads) // 3)
    agents = agents_required(volume[day], aht, block, ServiceLevel(0.8, "30s"))
    levels = level_by_block(agents, aht, block, wave(aht), MEAN * (1.0 + SWING))[2:]
    assert agents.sum() * block / 3600 == pytest.approx(hours, abs=2.5)
    assert levels.min() == pytest.approx(worst, abs=0.005)
    if method != "sipp":
        assert levels.min() >= 0.79
        if aht == 1800.0:
            assert agents.sum() * block / 3600 <= 1.02 * 1387.0


def test_a_real_day_of_a_bank():
    # Calls by half-hour from 7:00 on Monday, 3 March 2003 (R. J. Hyndman, `bank_calls` of the package fpp3), a tenth.
    calls = np.array(BANK) / 10
    aht = np.full(len(calls), 240.0)
    opens = np.arange(len(calls)) == 0
    found = {}
    for method in ("sipp", "mol"):
        volume = felt_volume(Method(method), calls, aht, 1800.0, opens)
        agents = agents_required(volume, 240.0, 1800.0, ServiceLevel(0.8, "30s"))
        levels = level_by_block(agents, 240.0, 1800.0, lambda block, _: calls[block] / 1800.0, 45.0)
        found[method] = agents.sum() / 2, levels
    assert (found["sipp"][1] < 0.79).sum() == 3  # half-hours after a fall
    assert found["sipp"][1].min() == pytest.approx(0.746, abs=0.005)
    assert found["mol"][1].min() >= 0.8
    assert found["mol"][0] <= 1.04 * found["sipp"][0]


@pytest.mark.parametrize("aht", [180.0, 1800.0, 7200.0])
def test_the_largest_load_against_an_integration(aht):
    loads = np.array([5.0, 9.0, 0.0, 3.0, 20.0, 20.0, 1.0])
    opens = np.array([True, False, False, False, True, False, False])
    found = mol(loads, np.full(7, aht), 1800.0, opens)
    held, steps = 0.0, 20_000
    for place, load in enumerate(loads):
        held = 0.0 if opens[place] else held
        largest = held
        for _ in range(steps):  # dm/dt = (load - m) / AHT, by the midpoint rule
            half = held + (load - held) / aht * 1800.0 / steps / 2
            held += (load - half) / aht * 1800.0 / steps
            largest = max(largest, held)
        assert found[place] == pytest.approx(largest, abs=1e-6)


def test_without_contacts_nobody_is_needed():
    volume = felt_volume(Method.MOL, np.array([100.0, 0.0, 20.0]), np.full(3, 1800.0), 1800.0, np.zeros(3, dtype=bool))
    assert volume[1] == 0.0
    assert volume[2] > 20.0  # what is in hand from the first interval is carried across the second


def test_a_level_volume_is_its_own_load_however_it_is_read():
    for method in Method:
        volume = felt_volume(method, np.full(6, 35.7), np.full(6, 420.0), 1800.0, np.zeros(6, dtype=bool))
        assert volume == pytest.approx(np.full(6, 35.7), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    loads=st.lists(st.floats(0, 100), min_size=1, max_size=30),
    aht=st.sampled_from([60.0, 900.0, 5400.0]),
    data=st.data(),
)
def test_a_load_lies_between_the_smallest_and_the_largest_so_far(loads, aht, data):
    load = np.array(loads)
    opens = np.array(data.draw(st.lists(st.booleans(), min_size=len(load), max_size=len(load))))
    found = mol(load, np.full(len(load), aht), 1800.0, opens)
    assert (found <= np.maximum.accumulate(load) + 1e-9).all()
    assert (found >= load * (1 - np.exp(-1800.0 / aht)) - 1e-9).all()
    assert (lag_max(load, np.full(len(load), aht), 1800.0, opens) >= 0).all()


def test_scenarios_are_read_row_by_row():
    loads = np.array([[5.0, 9.0, 2.0], [1.0, 0.0, 8.0]])
    aht, opens = np.full(3, 900.0), np.array([True, False, False])
    for read in (mol, lag_max):
        both = read(loads, aht, 1800.0, opens)
        assert both[0].tolist() == read(loads[0], aht, 1800.0, opens).tolist()
        assert both[1].tolist() == read(loads[1], aht, 1800.0, opens).tolist()
