from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.domain import CalendarSpec, OpeningHours
from wfm.errors import DataError
from wfm.forecast.prepare import check_horizon, early_ends, prepare
from wfm.testing import make_centre
from wfm.timegrid import Horizon

ALWAYS = CalendarSpec()


def at(text):
    return pd.Timestamp(text, tz="Europe/Berlin")


def lines(prepared):
    return [(start.isoformat()[:16], end.isoformat()[:16], finding) for _, start, end, finding, _ in prepared.audit]


def test_a_whole_history_has_nothing_to_say(history_of):
    for start in ("2026-03-16", "2026-10-12"):  # both clock changes
        assert prepare(history_of(lambda starts: 1.0, start=start, days=28), ALWAYS).audit == ()


def test_gaps_are_listed_and_left_out(history_of):
    history = history_of(lambda starts: 5.0, days=28)
    history = history[(history["start"] < at("2026-01-12")) | (history["start"] >= at("2026-01-14"))]
    history = history[(history["start"] < at("2026-01-20 10:00")) | (history["start"] >= at("2026-01-20 13:00"))]
    prepared = prepare(history, ALWAYS)
    assert lines(prepared) == [
        ("2026-01-12T00:00", "2026-01-14T00:00", "missing days: 2 of the open days"),
        ("2026-01-20T10:00", "2026-01-20T13:00", "missing intervals: 3 in a recorded day"),
    ]
    grid = prepared.queues[0].grid
    assert np.isnan(grid.volume).sum() == 2 * 24 + 3
    assert np.isnan(grid.volume[15, 10:13]).all()


def test_missing_days_over_a_weekend_closed_anyway_are_one_each(history_of):
    history = history_of(lambda starts: 5.0, days=28, opens=8, closes=18, weekdays=(0, 1, 2, 3, 4))
    gone = history["start"].dt.strftime("%m-%d").isin(["01-16", "01-19", "01-20"])
    prepared = prepare(history[~gone], CalendarSpec(hours="Mon-Fri 08:00-18:00"))
    assert lines(prepared) == [
        ("2026-01-16T08:00", "2026-01-16T18:00", "missing day: 1 of the open days"),
        ("2026-01-19T08:00", "2026-01-20T18:00", "missing days: 2 of the open days"),
    ]


def test_rows_outside_the_opening_hours_are_left_out_and_said(history_of):
    history = history_of(lambda starts: 5.0, days=28)
    prepared = prepare(history, CalendarSpec(hours="Mon-Sun 08:00-24:00"))
    assert lines(prepared) == [
        ("2026-01-05T00:00", "2026-02-01T08:00", f"outside opening hours: {28 * 8} intervals with {28 * 40} contacts")
    ]
    assert np.isnan(prepared.queues[0].grid.volume[:, :8]).all()


def test_a_closed_holiday_is_not_missing(history_of):
    history = history_of(lambda starts: 5.0, start="2026-04-20", days=28)
    history = history[history["start"].dt.date != at("2026-05-01").date()]
    spec = CalendarSpec(country="DE", closed_on_holidays=True)
    left = prepare(history, spec)
    assert [line for line in lines(left) if "missing" in line[2]] == []
    assert not left.queues[0].opened[11]


def test_faults_of_calendar_and_hours(history_of):
    history = history_of(lambda starts: 5.0, days=28)
    with pytest.raises(DataError) as caught:
        prepare(history, None, {"cals": OpeningHours()})
    assert [str(problem) for problem in caught.value.problems] == [
        "opening hours of queues without a calendar; give calendar=CalendarSpec(...) too",
        "opening hours of queue 'cals', which is not in the history; did you mean 'calls'? Known: calls",
    ]
    with pytest.raises(DataError, match="the history is in Europe/Berlin, the calendar in Asia/Shanghai; call history"):
        prepare(history, Calendar(ALWAYS, "Asia/Shanghai"))


def test_a_queue_that_the_centre_does_not_have(history_of):
    centre, history = make_centre(), history_of(lambda starts: 5.0, days=28)
    both = pd.concat([history, history.assign(queue="cals"), history.assign(queue="total")])
    with pytest.raises(DataError) as caught:
        prepare(both, centre)
    name, known = repr(centre.name), "calls"
    assert [str(problem) for problem in caught.value.problems] == [
        f"the history has queue 'cals', which centre {name} does not have; did you mean 'calls'? Known: {known}; "
        "or give the hours alone: Calendar.of(centre)",
        f"the history has queue 'total', which centre {name} does not have; known: {known}; "
        "or give the hours alone: Calendar.of(centre)",
    ]
    assert len(prepare(both, Calendar.of(centre)).queues) == 3


def test_hours_that_are_not_those_of_the_history_are_refused_and_not_forecast_as_nothing(history_of):
    calls = history_of(lambda starts: 5.0, days=28, opens=8, closes=18)
    mail = history_of(lambda starts: starts.hour % 3 == 0, days=28, queue="mail")
    with pytest.raises(DataError) as caught:
        prepare(pd.concat([calls, mail[mail["offered"] > 0]]), ALWAYS)
    assert [str(problem) for problem in caught.value.problems] == [
        f"queue '{queue}' has {share} of its open intervals on the days that are recorded; give a row with 0 for each "
        "open interval without a contact, or opening hours that are those of the queue"
        for queue, share in (("calls", "43%"), ("mail", "33%"))
    ]
    # Whole days that are missing, as before a queue began or in a long outage, say nothing against the hours.
    assert prepare(mail[mail["start"].dt.day % 3 == 0], ALWAYS).queues[0].opened.all()


@pytest.mark.parametrize(("hours", "where"), [("24x7", "Sun 00:00"), ("Mon-Sun 08:00-22:00", "Sun 08:00")])
def test_hours_wider_than_the_history_are_refused_and_not_filled(history_of, hours, where):
    history = history_of(lambda starts: 5.0, days=28, opens=8, closes=22, weekdays=(0, 1, 2, 3, 4, 5))
    assert prepare(history, CalendarSpec(hours="Mon-Sat 08:00-22:00")).audit == ()
    with pytest.raises(DataError) as caught:
        prepare(history, CalendarSpec(hours=hours))
    share = 1 - 6 * 14 / (7 * (24 if hours == "24x7" else 14))
    assert [str(problem) for problem in caught.value.problems] == [
        f"queue 'calls' has no row, in any week, in {share:.0%} of the intervals of the week in which it is open, "
        f"such as {where}; give the opening hours of the queue, or where it was open and nobody came, rows with 0"
    ]


def test_a_log_without_its_zeros_is_said_in_one_line(history_of):
    history = history_of(lambda starts: 1.0, days=56, seed=1)
    thin = history[history["offered"] > 0]  # 1 - exp(-1): 63 % of the intervals
    (line,) = prepare(thin, ALWAYS).audit
    share = 1 - len(thin) / len(history)
    assert line[3] == f"no row: {share:.0%} of the open intervals of recorded days"
    assert line[4] == (
        "count as not recorded, not as 0; if the log leaves out intervals without a contact, "
        "give each open interval without a contact a row with offered = 0"
    )


def test_hundreds_of_short_gaps_are_one_line_and_a_few_are_each_named(history_of):
    history = history_of(lambda starts: 5.0, days=56)
    for every, count in ((17, 1), (50, 27)):
        kept = history[np.arange(len(history)) % every != 1]
        said = [line[3] for line in prepare(kept, ALWAYS).audit]
        assert len(said) == count
        assert said[0] == (
            "no row: 6% of the open intervals of recorded days"
            if count == 1
            else "missing interval: 1 in a recorded day"
        )


def test_hours_that_cannot_be_read_are_refused_and_not_forecast_as_closed(history_of):
    history = history_of(lambda starts: 0.4, days=56, seed=1)
    with pytest.raises(DataError, match="the opening hours of queue 'calls' cannot be read from its history"):
        prepare(history[history["offered"] > 0], None)
    fewer = history_of(lambda starts: 1.0, days=56, seed=1)
    audit = prepare(fewer[fewer["offered"] > 0], None).audit
    assert len(audit) < 4
    assert any("give each open interval without a contact a row with offered = 0" in line[4] for line in audit)


def test_a_queue_of_the_centre_without_history_is_said(history_of):
    history = history_of(lambda starts: 5.0, days=28)
    said = [line for line in prepare(history, make_centre(cross_skilled=True)).audit if line[0] == "orders"]
    assert [line[3] for line in said] == ["queue of the centre without any history"]
    assert not any("without any history" in line[3] for line in prepare(history, make_centre()).audit)


def test_a_history_that_ends_before_the_others_is_said(history_of):
    both = pd.concat([history_of(lambda starts: 5.0, days=28), history_of(lambda starts: 5.0, days=21, queue="chat")])
    prepared = prepare(both, ALWAYS)
    horizon = Horizon("2026-02-02", weeks=1, interval="1h", tz="Europe/Berlin")
    assert [(line[0], line[3]) for line in early_ends(horizon, prepared)] == [
        ("chat", "history ends early: 7 days before the horizon")
    ]


def test_horizons_that_do_not_fit(history_of):
    prepared = prepare(history_of(lambda starts: 5.0, days=28), ALWAYS)  # to 2026-02-02
    with pytest.raises(DataError) as caught:
        check_horizon(Horizon("2026-02-02", weeks=1, tz="Asia/Shanghai"), prepared, 42)
    assert [str(problem) for problem in caught.value.problems] == [
        "the horizon is in Asia/Shanghai, the history in Europe/Berlin; "
        "write Horizon(..., tz='Europe/Berlin'), or fit a history turned to 'Asia/Shanghai'",
        "the horizon has intervals of 30min, the history of 1h; write Horizon(..., interval='1h')",
    ]

    def horizon(day):
        return Horizon(day, weeks=1, interval="1h", tz="Europe/Berlin")

    check_horizon(horizon("2026-02-02"), prepared, 0)
    with pytest.raises(DataError, match="starts on 2026-02-01, the history ends at 2026-02-02 00:00:00"):
        check_horizon(horizon("2026-02-01"), prepared, 0)
    check_horizon(horizon("2026-02-05"), prepared, 3)
    with pytest.raises(
        DataError,
        match=r"the history of queue 'calls' ends 4 days before the horizon; "
        r"bring it up to date, or give stale_after_days=4 or more \(now 3\)",
    ):
        check_horizon(horizon("2026-02-06"), prepared, 3)
