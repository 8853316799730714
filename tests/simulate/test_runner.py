"""How many replications: until precise, until time is up, until cancelled, and in opposite pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import simulate
from wfm.errors import DataError
from wfm.simulate import case as cases
from wfm.simulate import runner
from wfm.simulate.streams import mirrored
from wfm.testing import make_centre

DAY = pd.Timestamp("2026-01-05 08:00", tz="Europe/Berlin")


@pytest.fixture(scope="module")
def small():
    centre = make_centre(people=9)
    starts = pd.date_range(DAY, periods=8, freq="30min")
    forecast = pd.DataFrame({"queue": "calls", "start": starts, "offered": 55.0})
    people = [e.id for e in centre.employees]
    end = DAY + pd.Timedelta(hours=4)
    roster = pd.DataFrame({"employee": people, "start": DAY, "end": end, "activity": "work", "queue": "calls"})
    return forecast, roster, centre


def test_goes_on_until_precise(small):
    result = simulate.run(*small, replications="auto", precision=0.01)
    row = result.summary.iloc[0]
    assert (row["service_level_high"] - row["service_level_low"]) / 2 < 0.01
    assert result.stop == "precise enough"
    assert not result.partial
    assert "stopped: precise enough" in str(result)
    # One block less was not yet enough, and stopping early changes no replication.
    before = simulate.run(*small, replications=result.replications - 10)
    assert (before.summary["service_level_high"] - before.summary["service_level_low"]).iloc[0] / 2 >= 0.01
    again = simulate.run(*small, replications=result.replications)
    pd.testing.assert_frame_equal(result.intervals, again.intervals, check_exact=True)


def test_same_for_any_number_of_workers_when_it_stops_by_itself(small):
    one = simulate.run(*small, replications="auto", precision=0.02)
    two = simulate.run(*small, replications="auto", precision=0.02, workers=2)
    assert one.replications == two.replications
    pd.testing.assert_frame_equal(one.intervals, two.intervals, check_exact=True)
    pd.testing.assert_frame_equal(one.by_replication, two.by_replication, check_exact=True)


def test_gives_up_at_the_most_replications(small, monkeypatch):
    monkeypatch.setattr(runner, "_MOST", 30)
    result = simulate.run(*small, replications="auto", precision=1e-6)
    assert (result.replications, result.stop, result.partial) == (30, "most replications", True)


@pytest.mark.parametrize("workers", [1, 2])
def test_time_limit_returns_what_there_is(small, workers):
    result = simulate.run(*small, replications=100_000, time_limit="0.3s", workers=workers)
    assert 1 <= result.replications < 100_000
    assert (result.stop, result.partial) == ("time limit", True)
    if result.replications > 1:
        again = simulate.run(*small, replications=result.replications)
        assert workers > 1 or result.intervals.equals(again.intervals)


def test_cancelled_by_a_callable(small):
    asked = []

    def enough():
        asked.append(True)
        return len(asked) == 2

    result = simulate.run(*small, replications=100, cancel=enough)
    assert (result.replications, result.stop, result.partial) == (20, "cancelled", True)
    # Asked after the last block there is nothing to cancel.
    assert not simulate.run(*small, replications=10, cancel=lambda: True).partial


def test_interrupted_from_the_keyboard(small, monkeypatch):
    play, calls = cases.play, []

    def interrupted(*args, **options):
        calls.append(True)
        if len(calls) > limit:
            raise KeyboardInterrupt
        return play(*args, **options)

    monkeypatch.setattr(cases, "play", interrupted)
    limit = 25
    result = simulate.run(*small, replications=100)
    assert (result.replications, result.stop) == (20, "cancelled")
    limit, calls[:] = 3, []
    with pytest.raises(KeyboardInterrupt):
        simulate.run(*small, replications=100)


def test_opposite_pairs_narrow_the_interval(small):
    plain = simulate.run(*small, replications=200)
    pairs = simulate.run(*small, replications=200, antithetic=True)
    assert pairs.replications == 200
    assert len(pairs.by_replication) == 100 * 2
    offered = [frame.by_replication.query("queue == 'calls'")["offered"] for frame in (plain, pairs)]
    # The mean of two independent replications has half the variance, that of an opposite pair next to none.
    assert offered[1].var() < 0.05 * offered[0].var() / 2
    width = [(r.summary["service_level_high"] - r.summary["service_level_low"]).iloc[0] for r in (plain, pairs)]
    assert width[1] < 0.95 * width[0]
    level = [r.summary["service_level"].iloc[0] for r in (plain, pairs)]
    assert level[1] == pytest.approx(level[0], abs=(width[0] + width[1]) / 2)


def test_mirrored_draws_have_their_distributions():
    seed = np.random.SeedSequence(7)
    there, back = mirrored(flipped=False)(seed), mirrored(flipped=True)(seed)
    assert there.random(1000) + back.random(1000) == pytest.approx(np.ones(1000))
    assert np.array_equal(there.standard_normal(9), -back.standard_normal(9))
    exponential = there.standard_exponential(20_000)
    assert exponential.mean() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(exponential, back.standard_exponential(20_000))[0, 1] < -0.6
    assert there.standard_gamma(28.7, 20_000).mean() == pytest.approx(28.7, rel=0.01)
    counts = back.poisson(np.full(20_000, 3.5))
    assert counts.mean() == pytest.approx(3.5, abs=0.06)
    assert counts.var() == pytest.approx(3.5, rel=0.05)


def test_absences_of_opposite_pairs(small):
    ahead, roster, centre = small
    sick = replace(make_centre(people=9, shrinkage=0.2), name=centre.name)
    result = simulate.run(ahead, roster, sick, replications=300, antithetic=True)
    assert result.groups["staffed_h"].sum() / (9 * 4) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"replications": 10, "precision": 0.01}, "a precision with a fixed number of replications; write repl"),
        ({"replications": 5, "antithetic": True}, "antithetic replications are 5; .* give an even number"),
        ({"replications": "many"}, "replications must be a whole number at least 1, got 'many'; or write 'auto'"),
        ({"replications": "auto", "precision": 5}, "precision must be a number in .* write 0.05 for 5 %"),
        ({"time_limit": 5}, "time_limit"),
        ({"antithetic": "yes"}, "antithetic must be True or False"),
        ({"short_abandon": 5}, "short_abandon"),
    ],
)
def test_efforts_that_cannot_be(small, options, match):
    with pytest.raises(DataError, match=match):
        simulate.run(*small, **options)
