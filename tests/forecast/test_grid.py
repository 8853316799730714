from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm.errors import DataError
from wfm.forecast.grid import read_history, wall_clock


def test_a_day_of_the_clock_change_has_its_places_on_the_wall_clock(history_of):
    # 2026-10-25: the clock goes back in Berlin; 02:00 comes twice. 2026-03-29: 02:00 does not come.
    for start, hours, twice in (("2026-10-25", 25, 2), ("2026-03-29", 23, 0)):
        history = history_of(lambda starts: np.arange(len(starts)), start=start, days=14)
        read = read_history(history)
        grid = read.grid(next(read.by_queue()))
        day, slot = wall_clock(pd.DatetimeIndex(history["start"]), 3600)
        first = day == day[0]
        assert first.sum() == hours
        assert (slot[first] == 2).sum() == twice
        assert grid.volume.shape == (14, 24)
        # 02:00 shows the mean of hours 2 and 3 of the day, or nothing.
        expected = 2.5 if twice else np.nan
        np.testing.assert_equal(grid.volume[0, 2], expected)
        np.testing.assert_equal(grid.volume[0, 3], 4.0 if twice else 2.0)


def test_the_interval_is_read_from_the_rows(history_of):
    for freq, seconds in (("15min", 900), ("30min", 1800), ("1h", 3600)):
        assert read_history(history_of(lambda starts: 1.0, days=14, freq=freq)).interval_s == seconds


def test_an_interval_that_does_not_divide_the_hour(history_of):
    with pytest.raises(DataError, match=r"the interval of the history is 2:00:00, which does not divide an hour"):
        read_history(history_of(lambda starts: 1.0, freq="2h"))


def test_off_grid_and_short_are_reported_together(history_of):
    late = history_of(lambda starts: 1.0, days=21)
    late.loc[5, "start"] += pd.Timedelta(minutes=7)
    short = history_of(lambda starts: 1.0, days=5, queue="chat")
    with pytest.raises(DataError) as caught:
        read_history(pd.concat([late, short], ignore_index=True))
    assert [str(problem) for problem in caught.value.problems] == [
        "starts off the grid of 60 minutes: 2026-01-05T05:07:00+01:00 (row 5); "
        "sum the history to intervals that begin on the hour (wfm.timegrid.floor_to_interval)",
        "queue 'chat' has 5 days of history; give at least two weeks, such as Monday to the next week's Friday",
    ]


def test_empty_and_single_rows(history_of):
    history = history_of(lambda starts: 1.0, days=14)
    with pytest.raises(DataError, match="the history is empty; give at least two weeks of it"):
        read_history(history.iloc[:0])
    with pytest.raises(DataError, match="the history has one row for each queue"):
        read_history(history.iloc[:1])


def test_queues_of_different_intervals_are_not_read_as_half_missing(history_of):
    fine = history_of(lambda starts: 1.0, days=14, freq="30min")
    coarse = history_of(lambda starts: 1.0, days=14, freq="1h", queue="mail")
    with pytest.raises(DataError, match="queue 'mail' has intervals of 60 minutes, the others of 30; sum all queues"):
        read_history(pd.concat([fine, coarse]))
    # A queue with an interval a day, or with gaps, has no interval of its own.
    daily = coarse[coarse["start"].dt.hour == 9]
    gaps = fine.assign(queue="chat").drop(index=fine.index[1::4])
    assert len(read_history(pd.concat([fine, daily, gaps])).queues) == 3


def test_two_working_weeks_are_enough_and_a_day_less_is_not(history_of):
    history = history_of(lambda starts: 1.0, days=12, weekdays=(0, 1, 2, 3, 4))
    assert read_history(history).queues == ("calls",)
    with pytest.raises(DataError, match="queue 'calls' has 11 days of history"):
        read_history(history[history["start"] < pd.Timestamp("2026-01-16", tz="Europe/Berlin")])


def test_weeks_keep_whole_days_across_a_clock_change(history_of):
    history = history_of(lambda starts: 1.0, start="2026-03-02", days=42)
    kept = read_history(history, weeks=3).frame["start"]
    assert kept.min() == pd.Timestamp("2026-03-23", tz="Europe/Berlin")
    old = history_of(lambda starts: 1.0, start="2025-01-06", days=42, queue="old")
    with pytest.raises(DataError, match="queue 'old' has 0 days of history within the last 3 weeks"):
        read_history(pd.concat([history, old]), weeks=3)


def test_handle_time_is_summed_with_its_contacts(history_of):
    history = history_of(lambda starts: 10.0, days=14)
    read = read_history(history.assign(aht_s=200.0, handled=8.0))
    grid = read.grid(next(read.by_queue()))
    assert grid.handle_s is not None
    assert np.all(grid.handle_s == 1600.0)
    read = read_history(history.assign(aht_s=200.0))
    grid = read.grid(next(read.by_queue()))
    assert grid.handled is not None
    assert np.all(grid.handled == 10.0)
    read = read_history(history)
    assert read.grid(next(read.by_queue())).handle_s is None


def daily(days, tz="Europe/Berlin", start="2026-03-02", queue="calls"):
    stamps = pd.date_range(start, periods=days, freq="D").tz_localize(tz, nonexistent="shift_forward")
    return pd.DataFrame({"queue": queue, "start": stamps, "offered": np.arange(float(days))})


def test_a_daily_history_has_one_interval_a_day_across_clock_changes():
    # The clock of Berlin changes in the night to 2026-03-29; that of Santiago skips a midnight, on 2026-09-06.
    for tz, start in (("Europe/Berlin", "2026-03-16"), ("America/Santiago", "2026-08-24")):
        read = read_history(daily(28, tz, start))
        assert read.interval_s == 86_400
        grid = read.grid(next(read.by_queue()))
        assert grid.volume[:, 0].tolist() == list(range(28))
        last = pd.Timestamp(start, tz=tz) + pd.DateOffset(days=28)
        assert read.end == last


def test_a_daily_history_begins_its_days_at_midnight():
    late = daily(28)
    late["start"] = late["start"].dt.tz_convert("Asia/Shanghai")
    with pytest.raises(DataError, match=r"does not start at midnight in Asia/Shanghai: 2026-03-02T07:00:00\+08:00"):
        read_history(late)
