"""The figures of a roster follow from its frames and the length of its intervals."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm.roster import Roster, Status


def _roster(starts: list[str], interval_s: float) -> Roster:
    coverage = pd.DataFrame(
        {
            "queue": "calls",
            "start": pd.DatetimeIndex(starts, tz="UTC"),
            "required": 4.0,
            "rostered": 3.0,
            "under": 1.0,
            "over": 0.0,
        }
    )
    nobody = pd.DataFrame({"employee": [], "paid_h": []})
    return Roster(
        shifts=nobody,
        activities=nobody,
        coverage=coverage,
        shortage=pd.DataFrame(
            {"queue": "calls", "start": coverage["start"], "missing": 1.0, "cause": "cheaper to be short"}
        ),
        wishes=pd.DataFrame({"employee": [], "day": [], "wish": [], "rank": [], "honoured": [], "price": []}),
        fairness=pd.DataFrame(
            {"employee": [], "contract": [], "nights": [], "weekends": [], "unpopular": [], "hours": []}
        ),
        status=Status.FEASIBLE,
        cost={"wages": 90.0, "shortage": 20.0},
        bound=100.0,
        headcount=0,
        currency="EUR",
        interval_s=interval_s,
    )


@pytest.mark.parametrize(
    "starts",
    [
        ["2026-11-02 09:00"],
        ["2026-11-02 09:00", "2026-11-02 09:30"],  # every other quarter of an hour is closed
    ],
)
def test_hours_are_counted_by_the_interval_not_by_the_distance_of_the_rows(starts: list[str]) -> None:
    roster = _roster(starts, 900.0)
    assert roster.required_h == len(starts)
    assert roster.short_h == len(starts) / 4
    assert roster.over_h == 0
    assert f"{len(starts):.1f} h required" in str(roster)


def test_objective_and_gap_follow_from_cost_and_bound() -> None:
    roster = _roster(["2026-11-02 09:00"], 1800.0)
    assert roster.objective == 110.0
    assert roster.gap == pytest.approx(0.1)


def test_what_is_short_is_printed_by_cause() -> None:
    roster = _roster(["2026-11-02 09:00"], 1800.0)
    assert str(roster).splitlines()[-1] == "└─ short   0.5 h: cheaper to be short"
    assert "cheaper to be short" in roster._repr_html_()
