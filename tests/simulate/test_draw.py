"""The contacts of a replication: paths, replays, balking, further attempts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import kpi, simulate
from wfm.errors import DataError
from wfm.simulate import Exponential, Lateness, Model, PatienceCurve, Redial, Weibull, fit_patience
from wfm.simulate.case import Case
from wfm.testing import make_centre

NINE = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
CENTRE = make_centre(people=8)


def forecast(offered=60.0, intervals=8):
    starts = NINE + pd.to_timedelta(np.arange(intervals) * 30, unit="min")
    return pd.DataFrame({"queue": "calls", "start": starts, "offered": offered})


def roster(people=8, hours=4):
    names = [employee.id for employee in CENTRE.employees[:people]]
    end = NINE + pd.Timedelta(hours=hours)
    return pd.DataFrame({"employee": names, "start": NINE, "end": end, "activity": "work", "queue": "calls"})


def draws(number, **given):
    case = Case.of(forecast(), roster(), CENTRE, **given)
    return [case.play(np.random.SeedSequence(seed)) for seed in range(number)]


def test_each_replication_draws_a_path():
    ahead = forecast()
    paths = pd.concat([ahead.assign(path=k, offered=float(offered)) for k, offered in enumerate((10, 100))])
    sizes = np.array([len(drawn.row) for drawn, _ in draws(60, paths=paths)])
    # Eight intervals of 10 or 100, no contact more or less.
    assert set(sizes) == {80, 800}
    assert abs((sizes > 400).mean() - 0.5) < 0.25


def test_part_of_a_contact_is_one_with_that_probability():
    paths = forecast().assign(path=0, offered=2.25)
    sizes = np.array([len(drawn.row) for drawn, _ in draws(200, paths=paths)])
    assert 16 <= sizes.min() <= sizes.max() <= 24
    # Binomial: 8 tries of .25 each.
    assert abs(sizes.mean() - 18.0) < 4 * np.sqrt(8 * 0.25 * 0.75 / 200)


def test_paths_of_another_forecast():
    paths = forecast(intervals=7).assign(path=0)
    with pytest.raises(DataError, match="not every path has the 8 intervals of the forecast and no other"):
        Case.of(forecast(), roster(), CENTRE, paths=paths)


def test_a_log_replayed_has_the_same_arrivals_each_time():
    contacts = simulate.trace(forecast(), roster(), CENTRE, seed=3)
    for drawn, _ in draws(3, replay=contacts):
        seconds = (contacts["arrived_at"] - NINE) / pd.Timedelta(seconds=1)
        assert drawn.demand.time == pytest.approx(seconds.to_numpy())
    with pytest.raises(DataError, match="contacts came in no interval of the forecast"):
        Case.of(forecast(intervals=4), roster(), CENTRE, replay=contacts)


def test_balking_customers_do_not_wait():
    for drawn, log in draws(3, model=Model(balking=0.5)):
        gone = ~log.answered & (drawn.patience == 0)
        assert gone.sum() > 5
        assert (drawn.patience[log.answered & (log.reached > drawn.demand.time)] > 0).all()


def test_who_abandoned_calls_again_for_the_same_matter():
    centre = replace(CENTRE, queues=(replace(CENTRE.queues[0], patience="30s"),))
    case = Case.of(forecast(), roster(5), centre, Model(redial=Redial(probability=0.8, delay="3min", attempts=2)))
    drawn, log = case.play(np.random.SeedSequence(0))
    assert (np.diff(drawn.demand.time) >= 0).all()
    later = drawn.attempt > 1
    assert later.sum() > 20
    assert drawn.attempt.max() <= 3
    # Each of them was given up before, and lies in the row of the forecast in which it came.
    assert np.array_equal(drawn.demand.time // 1800, case.interval[drawn.row])
    first = drawn.attempt == 1
    assert set(drawn.demand.service[later]) <= set(drawn.demand.service[first & ~log.answered])
    share = later.sum() / (~log.answered & (drawn.attempt < 3)).sum()
    assert share == pytest.approx(0.8, abs=0.1)


def test_no_call_after_the_queue_has_closed():
    centre = replace(CENTRE, queues=(replace(CENTRE.queues[0], patience="30s"),))
    case = Case.of(forecast(), roster(2), centre, Model(redial=Redial(probability=1.0, delay="1h", attempts=5)))
    drawn, _ = case.play(np.random.SeedSequence(0))
    assert drawn.demand.time.max() < 4 * 3600


def test_every_contact_has_one_fate_and_the_log_tells_the_same():
    model = Model(redial=Redial(probability=0.5), trunks=9, balking=0.1)
    result = simulate.run(forecast(), roster(5), CENTRE, replications=1, seed=2, model=model)
    contacts = simulate.trace(forecast(), roster(5), CENTRE, seed=2, model=model)
    row = result.summary.iloc[0]
    assert row["blocked"] > 5
    assert row["offered"] == row["answered"] + row["abandoned"] + row["blocked"] + row["unserved"] == len(contacts)
    assert contacts["queued_at"].isna().sum() == row["blocked"]
    assert row["service_level"] == pytest.approx(kpi.service_level(contacts, within="30s").value)


def test_people_who_come_late_are_missed():
    model = Model(lateness=Lateness(probability=1.0, mean="20min"))
    result = simulate.run(forecast(0.01), roster(), CENTRE, replications=60, model=model)
    assert result.groups["staffed_h"].sum() == pytest.approx(8 * (4 - 1 / 3), rel=0.05)


def test_patience_of_a_log_is_found_again():
    drawn = [simulate.trace(forecast(), roster(5), CENTRE, seed=seed) for seed in range(12)]
    contacts = pd.concat(drawn, ignore_index=True).assign(contact_id=lambda frame: frame.index.astype(str))
    # Those sent away at closing are no judgement of patience; the last interval is left out.
    contacts = contacts[contacts["arrived_at"] < NINE + pd.Timedelta("3h")]
    curve = fit_patience(contacts)["calls"]
    mean = CENTRE.queues[0].patience_s
    known = (curve.times_s > 10) & (curve.times_s < 120)
    assert np.abs(curve.waiting[known] - np.exp(-curve.times_s[known] / mean)).max() < 0.05
    sample = curve.draw(np.random.default_rng(0), 20_000)
    assert (sample > 60).mean() == pytest.approx(np.exp(-60 / mean), abs=0.05)


def test_patience_by_curve_and_by_law():
    curve = PatienceCurve(times_s=np.array([20.0]), waiting=np.array([0.0]), tail_s=1.0)
    for law, values in ((curve, {20.0}), ({"calls": curve}, {20.0})):
        (drawn, _) = draws(1, model=Model(patience=law))[0]
        assert set(drawn.patience) == values
    (drawn, _) = draws(1, model=Model(patience=Weibull(shape=3.0), service=Exponential()))[0]
    assert drawn.patience.mean() == pytest.approx(CENTRE.queues[0].patience_s, rel=0.06)
