"""Candidates: wall clock for starts, elapsed time for lengths, pay and coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wfm.domain import Break, Centre, Queue, ServiceLevel, ShiftTemplate
from wfm.errors import DataError
from wfm.shifts import break_starts, candidates, overlap
from wfm.timegrid import Horizon

LUNCH = Break(name="lunch", length="30min", earliest="3h", latest="5h")


def centre_with(*shifts: ShiftTemplate, tz: str = "Europe/Berlin") -> Centre:
    queue = Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),))
    return Centre(name="desk", tz=tz, queues=(queue,), shifts=shifts)


def test_every_start_with_every_length() -> None:
    template = ShiftTemplate(
        name="day",
        earliest_start="07:00",
        latest_start="08:00",
        min_length="8h",
        max_length="9h",
        breaks=(LUNCH,),
    )
    found = candidates(centre_with(template), Horizon("2026-11-02", days=2, tz="Europe/Berlin"))
    assert len(found) == 2 * 3 * 3
    frame = found.to_frame()
    assert sorted(frame["shift_start"].dt.strftime("%H:%M").unique()) == ["07:00", "07:30", "08:00"]
    assert sorted(frame["paid_h"].unique()) == [7.5, 8.0, 8.5]


def test_weekdays_of_the_template() -> None:
    template = ShiftTemplate(name="weekend", earliest_start="07:00", min_length="8h", weekdays=(5, 6))
    found = candidates(centre_with(template), Horizon("2026-11-02", weeks=2, tz="Europe/Berlin"))
    assert [found.dates[day].weekday() for day in found.day] == [5, 6, 5, 6]


def test_a_night_on_the_last_day_runs_past_the_end() -> None:
    night = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h")
    horizon = Horizon("2026-11-02", days=1, tz="Europe/Berlin")
    found = candidates(centre_with(night), horizon)
    assert found.paid_s.tolist() == [8 * 3600]
    assert found.presence(horizon.starts, horizon.interval_s).sum() * 0.5 == 2.0


@pytest.mark.parametrize(("day", "wall_end"), [("2026-03-28", "07:00"), ("2026-10-24", "05:00")])
def test_a_night_over_a_change_of_the_clock_lasts_as_long_as_it_is_paid(day: str, wall_end: str) -> None:
    night = ShiftTemplate(name="night", earliest_start="22:00", min_length="8h")
    frame = candidates(centre_with(night), Horizon(day, days=1, tz="Europe/Berlin")).to_frame()
    assert frame["paid_h"].tolist() == [8.0]
    assert (frame["shift_end"] - frame["shift_start"]).dt.total_seconds().tolist() == [8 * 3600]
    assert frame["shift_end"].dt.strftime("%H:%M").tolist() == [wall_end]


def test_a_start_that_the_clock_skips_is_one_candidate() -> None:
    template = ShiftTemplate(name="small hours", earliest_start="02:30", latest_start="03:30", min_length="4h")
    frame = candidates(centre_with(template), Horizon("2026-03-29", days=1, tz="Europe/Berlin")).to_frame()
    assert frame["shift_start"].dt.strftime("%H:%M").tolist() == ["03:00", "03:30"]


def test_break_starts_lie_in_the_window_and_in_the_shift() -> None:
    template = ShiftTemplate(name="short", earliest_start="07:00", min_length="4h", breaks=(LUNCH,))
    assert (break_starts(template, LUNCH, 4 * 3600, 1800) / 3600).tolist() == [3.0, 3.5]
    quarter = replace(LUNCH, length="15min", earliest="1h30min", latest="2h")
    assert (break_starts(template, quarter, 4 * 3600, 1800) / 60).tolist() == [90, 105, 120]


def test_overlap_sums_to_the_length_of_the_stretch() -> None:
    shares = overlap(np.array([600, 0]), np.array([4200, 5400]), np.arange(0, 7200, 1800), 1800)
    assert (shares.sum(axis=1) * 1800).tolist() == pytest.approx([3600, 5400])


def test_bad_input() -> None:
    horizon = Horizon("2026-11-02", days=1, tz="Europe/Berlin")
    with pytest.raises(DataError, match="has no shift templates"):
        candidates(centre_with(), horizon)
    weekend = ShiftTemplate(name="weekend", earliest_start="07:00", min_length="8h", weekdays=(5,))
    with pytest.raises(DataError, match="no shift template may start"):
        candidates(centre_with(weekend), horizon)
    with pytest.raises(DataError, match="horizon is in Europe/Berlin, the centre in UTC"):
        candidates(centre_with(weekend, tz="UTC"), horizon)
