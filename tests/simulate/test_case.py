"""Forecast, roster and centre turned into arrays: the faults between them, closing times, business time, arrivals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm import simulate
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline, ServiceLevel
from wfm.errors import DataError
from wfm.simulate.case import Case, Clock
from wfm.testing import make_centre

MONDAY = pd.Timestamp("2026-01-05", tz="Europe/Berlin")


def hour(value):
    return MONDAY + pd.Timedelta(hours=value)


def forecast(hours, queue="calls", offered=10.0, step=0.5):
    starts = [hour(first + k * step) for first, last in hours for k in range(round((last - first) / step))]
    return pd.DataFrame({"queue": queue, "start": starts, "offered": offered})


def roster(*rows, queue="calls"):
    return pd.DataFrame(
        [
            {"employee": name, "start": hour(start), "end": hour(end), "activity": "work", "queue": queue}
            for name, start, end in rows
        ]
    )


def test_live_contacts_are_sent_away_when_the_last_one_on_shift_goes():
    rows = roster(("A01", 8, 18), ("A02", 18, 21), ("A03", 32, 40))
    case = Case.of(forecast([(8, 20), (32, 44)]), rows, make_centre(people=3))
    # Closes at 20:00 on Monday, when A02 is there until 21:00; on Tuesday at 20:00, when nobody is there any more.
    closing = pd.Series(case.closing / 3600 + 8).groupby(case.interval // 48).unique()
    assert [values.tolist() for values in closing] == [[21.0], [44.0]]


def test_deferred_work_is_never_sent_away():
    mail = Queue(name="mail", channel="email", targets=(Deadline("4h"),), aht="5min")
    centre = make_centre(people=3, cross_skilled=True)
    centre = replace(
        centre, queues=(mail, *centre.queues), employees=(_with(centre.employees[0], "mail"), *centre.employees[1:])
    )
    case = Case.of(forecast([(8, 20)], "mail"), roster(("A01", 8, 18)), centre)
    assert np.isinf(case.closing).all()
    assert np.isinf(case.draw(np.random.SeedSequence(0)).demand.patience).all()


def _with(employee, queue):
    from wfm.domain.people import Skill

    return replace(employee, skills=(*employee.skills, Skill(queue)))


def test_business_time_of_a_deadline():
    queue = Queue(name="mail", channel="email", targets=(Deadline("4h"),), aht="5min", hours="Mon-Fri 08:00-18:00")
    clock = Clock.of(make_centre(people=3), queue, MONDAY, 8 * 86400.0)
    arrivals = {7.0: 12.0, 8.0: 12.0, 14.0: 18.0, 15.0: 24 + 9.0, 20.0: 24 + 12.0, 4 * 24 + 17.5: 7 * 24 + 11.5}
    due = clock.due(np.array(list(arrivals)) * 3600, 4 * 3600.0) / 3600
    assert due == pytest.approx(list(arrivals.values()))


def test_business_time_agrees_with_the_calendar():
    from wfm.calendar import Calendar

    spec = CalendarSpec(
        hours=OpeningHours("Mon-Sat 22:00-06:00; Sat 10:00-12:00"), country="DE", closed_on_holidays=True
    )
    centre = replace(make_centre(people=3), calendar=spec)
    mail = Queue(name="mail", channel="email", targets=(Deadline("5h"),), aht="5min")
    arrivals = np.sort(np.random.default_rng(0).uniform(0, 14 * 86400, 300)).round()
    due = Clock.of(centre, mail, MONDAY, 14 * 86400.0).due(arrivals, 5 * 3600.0)
    stamps = MONDAY + pd.to_timedelta(arrivals, unit="s")
    expected = Calendar.of(centre).add_business_time(stamps, np.full(len(arrivals), 5 * 3600.0))
    assert due == pytest.approx(((expected - MONDAY) / pd.Timedelta(seconds=1)).to_numpy())


def test_business_time_reaches_as_far_as_the_deadline():
    mail = Queue(name="mail", channel="email", targets=(Deadline("10d"),), aht="5min", hours="Mon 08:00-18:00")
    clock = Clock.of(make_centre(people=3), mail, MONDAY, 86400.0)
    # Ten hours a week: 240 hours are the Mondays of 24 weeks.
    assert clock.due(np.array([0.0]), 240 * 3600.0).tolist() == [(23 * 7 * 24 + 18) * 3600.0 - 3600.0]


def test_always_open_is_elapsed_time():
    centre = replace(make_centre(people=3), calendar=CalendarSpec())
    assert Clock.of(centre, centre.queues[0], MONDAY, 5.0).due(np.array([5.0]), 10.0).tolist() == [15.0]


def test_arrivals_follow_the_forecast_and_do_not_depend_on_the_roster():
    ahead = forecast([(8, 20)])
    ahead["offered"] = np.linspace(5, 60, len(ahead))
    centre = make_centre(people=3)
    cases = [Case.of(ahead, roster((name, 8, 20)), centre) for name in ("A01", "A02")]
    counts = np.zeros(len(ahead))
    for number in range(400):
        drawn, other = (case.draw(np.random.SeedSequence(number)) for case in cases)
        assert np.array_equal(drawn.demand.time, other.demand.time)
        assert (np.diff(drawn.demand.time) >= 0).all()
        assert np.array_equal(drawn.demand.time // 1800, cases[0].interval[drawn.row])
        counts += np.bincount(drawn.row, minlength=len(ahead))
    assert np.abs((counts / 400 - ahead["offered"]) / np.sqrt(ahead["offered"] / 400)).max() < 4


def test_handle_times_come_from_the_forecast_or_the_queue():
    centre = make_centre(people=3)
    ahead = forecast([(8, 10)])
    rows = roster(("A01", 8, 10))
    assert set(Case.of(ahead, rows, centre).aht_s) == {240.0}
    ahead["aht_s"] = [100.0, 200.0, 300.0, 400.0]
    assert Case.of(ahead, rows, centre).aht_s.tolist() == [100.0, 200.0, 300.0, 400.0]


def test_queue_that_nobody_on_the_roster_serves():
    centre = make_centre(people=3, cross_skilled=True)
    ahead = pd.concat([forecast([(8, 10)]), forecast([(8, 10)], "orders")])
    with pytest.raises(DataError) as error:
        Case.of(ahead, roster(("A01", 8, 10)), centre)
    assert str(error.value) == (
        "none of the 1 people on the roster serves queue 'orders'; roster somebody with its skill, or leave "
        "the queue out of the forecast"
    )


def test_queue_without_contacts_needs_nobody():
    centre = make_centre(people=3, cross_skilled=True)
    ahead = pd.concat([forecast([(8, 10)]), forecast([(8, 10)], "orders", 0.0)])
    assert len(Case.of(ahead, roster(("A01", 8, 10)), centre).queue) == 8


def test_faults_of_the_forecast_and_the_roster_are_named_together():
    centre = make_centre(people=3)
    silent = replace(centre, queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),))
    ahead = forecast([(8, 10)])
    ahead.loc[2, "start"] += pd.Timedelta(minutes=10)
    with pytest.raises(DataError) as error:
        Case.of(ahead, roster(("A09", 8, 10)), silent)
    assert str(error.value) == (
        "3 problems in a simulation:\n"
        "  1. frame 'forecast': intervals do not lie on the grid of 30 min from 2026-01-05 08:00:00+01:00 (row 2); "
        "give the forecast and the centre the same interval\n"
        "  2. queue 'calls' has no handle time; add the column aht_s to the forecast, or give the queue its aht\n"
        "  3. unknown employee 'A09' (row 0); did you mean 'A03'? Known: A01, A02, A03"
    )
    with pytest.raises(DataError) as error:
        Case.of(ahead.assign(queue="cals"), roster(("A01", 8, 10)).drop(columns="queue"), centre)
    assert [problem.what for problem in error.value.problems] == ["unknown queue 'cals'", "column 'queue' is missing"]


def test_hourly_forecast_on_half_hours():
    with pytest.raises(DataError, match="no two intervals of 'calls' follow each other at 30 min"):
        Case.of(forecast([(8, 12)], step=1), roster(("A01", 8, 10)), make_centre(people=3))


def test_forecast_without_rows():
    with pytest.raises(DataError, match="the forecast has no rows"):
        Case.of(forecast([(8, 9)]).iloc[:0], roster(("A01", 8, 10)), make_centre(people=3))


def test_a_roster_of_other_days_is_refused():
    rows = roster(("A01", 32, 40))
    with pytest.raises(DataError) as error:
        Case.of(forecast([(8, 12)]), rows, make_centre(people=3))
    assert str(error.value) == (
        f"all work of the roster, {hour(32):%Y-%m-%d} 08:00 to {hour(40):%Y-%m-%d} 16:00, lies outside the forecast; "
        f"give a roster of the forecast's days, {MONDAY:%Y-%m-%d} to {MONDAY:%Y-%m-%d}"
    )


def test_an_unknown_planned_queue_is_refused():
    with pytest.raises(DataError, match=r"unknown queue 'cals' \(row 0\); did you mean 'calls'"):
        Case.of(forecast([(8, 12)]), roster(("A01", 8, 10), queue="cals"), make_centre(people=3))


def test_a_day_with_contacts_and_nobody_on_the_roster():
    centre = make_centre(people=3)
    # On Monday an hour without anybody, on Tuesday nobody at all, on Wednesday one shift.
    ahead = forecast([(8, 11), (32, 35), (56, 59)])
    holed = roster(("A01", 8, 9), ("A02", 10, 10.5), ("A01", 57, 58))
    what = "queue 'calls' has contacts on 1 days on which nobody on the roster serves it: 2026-01-06; roster somebody"
    with pytest.raises(DataError, match=what):
        simulate.run(ahead, holed, centre)
    with pytest.raises(DataError, match="unstaffed='allow' if that is meant"):
        simulate.trace(ahead, holed, centre)
    assert simulate.run(ahead, holed, centre, replications=2, unstaffed="allow").replications == 2
    with pytest.raises(DataError, match="unknown unstaffed 'never'"):
        simulate.run(ahead, holed, centre, unstaffed="never")
    # Nothing is missed where nothing comes.
    quiet = ahead.assign(offered=ahead["offered"].where(ahead["start"].dt.day != 6, 0.0))
    assert simulate.run(quiet, holed, centre, replications=2).replications == 2
