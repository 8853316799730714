from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from wfm.calendar import Calendar
from wfm.errors import DataError
from wfm.schema import check
from wfm.testing import assert_frame_valid, make_centre, make_history
from wfm.timegrid import Horizon


def test_a_good_frame_passes() -> None:
    assert_frame_valid(make_history(weeks=1), "history")


class Result:
    def to_frame(self) -> pd.DataFrame:
        return make_history(weeks=1)


def test_a_result_passes_by_its_frame() -> None:
    assert_frame_valid(Result(), "history")


def test_faults_are_told_all_at_once() -> None:
    bad = make_history(weeks=1).drop(columns=["queue", "offered"])
    with pytest.raises(AssertionError, match=r"^2 problems in frame 'history':"):
        assert_frame_valid(bad, "history")


def test_rows_must_be_in_order() -> None:
    with pytest.raises(AssertionError, match=r"^frame 'history' is not sorted by queue, start"):
        assert_frame_valid(make_history(weeks=1).iloc[::-1].reset_index(drop=True), "history")


def test_the_index_counts_the_rows() -> None:
    with pytest.raises(AssertionError, match=r"^the index of frame 'history' does not count its rows from 0"):
        assert_frame_valid(make_history(weeks=1).iloc[2:], "history")


def test_a_history_is_the_same_each_time() -> None:
    pd.testing.assert_frame_equal(make_history(weeks=2), make_history(weeks=2))
    assert not make_history(weeks=2).equals(make_history(weeks=2, seed=1))


def test_a_history_has_a_row_for_each_open_interval_of_the_centre() -> None:
    centre = make_centre(cross_skilled=True)
    history = make_history(start="2026-03-23", weeks=1, per_day={"orders": 100, "calls": 200})
    starts = Calendar.of(centre).open_starts(Horizon("2026-03-23", weeks=1, tz=centre.tz))
    for name in ("calls", "orders"):
        assert history.loc[history["queue"] == name, "start"].tolist() == list(starts)
    assert (history["offered"] == history["handled"] + history["abandoned"]).all()
    assert (history.loc[history["handled"] == 0, "handle_s"] == 0).all()


def test_a_history_has_the_volume_asked_for() -> None:
    history = make_history(weeks=12, per_day={"calls": 500}, aht_s=200)
    by_day = history.groupby(history["start"].dt.day_of_week)["offered"]
    means = by_day.sum() / 12
    # Poisson: five standard errors of a mean of twelve days.
    for day, factor in enumerate((1.2, 1.05, 1.0, 0.95, 0.9)):
        assert means[day] == pytest.approx(500 * factor, abs=5 * (500 * factor / 12) ** 0.5)
    assert history["handle_s"].sum() / history["handled"].sum() == pytest.approx(200, rel=0.02)


def test_a_night_history_knows_the_change_of_the_clock() -> None:
    history = make_history(start="2026-10-25", weeks=1, hours="24x7")
    assert len(history) == 338
    check(history, "history")


def test_what_cannot_be_made_is_refused() -> None:
    with pytest.raises(DataError, match=r"^aht_s must be a number in \(0, inf\), got 0"):
        make_history(aht_s=0)
    with pytest.raises(DataError, match=r"^per_day of 'calls' must be a number in \[0, inf\), got -1"):
        make_history(per_day={"calls": -1})
    with pytest.raises(DataError, match=r"^people must be a whole number at least 3, got 2"):
        make_centre(people=2)


@pytest.mark.parametrize("cross_skilled", [False, True])
@pytest.mark.parametrize("people", [3, 20, 120])
def test_a_centre_has_the_people_asked_for(people: int, cross_skilled: bool) -> None:
    centre = make_centre(people=people, cross_skilled=cross_skilled)
    assert centre == make_centre(people=people, cross_skilled=cross_skilled)
    assert len(centre.employees) == people
    served = {employee.queues for employee in centre.employees}
    assert served == ({("calls",), ("orders",), ("calls", "orders")} if cross_skilled else {("calls",)})
    assert {employee.contract for employee in centre.employees} == {"full", "part"}


def test_the_shares_of_contracts_and_skills() -> None:
    centre = make_centre(people=30, cross_skilled=True)
    assert sum(employee.contract == "part" for employee in centre.employees) == 9
    assert sum(len(employee.queues) == 2 for employee in centre.employees) == 10
    assert len({employee.queues for employee in centre.employees if employee.contract == "part"}) == 3


def test_shifts_fit_their_contracts_and_the_opening_hours() -> None:
    centre = make_centre()
    fitting = {contract.name: [shift.name for shift in centre.templates_of(contract)] for contract in centre.contracts}
    assert fitting == {"full": ["day"], "part": ["short"]}
    opens, closes = Calendar.of(centre).hours_on(date(2026, 11, 2))[0]
    for shift in centre.shifts:
        assert shift.earliest_start_s >= opens.total_seconds()
        assert shift.latest_start_s + shift.max_length_s <= closes.total_seconds()


def test_shrinkage_is_a_part_outside_the_roster() -> None:
    assert make_centre().unrostered_shrinkage == 0
    assert make_centre(shrinkage=0.1).unrostered_shrinkage == pytest.approx(0.1)
