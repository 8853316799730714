"""Service level on its bases, targets and waits, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
)
from wfm.simulate import Demand, Log
from wfm.simulate.case import Case, Drawn
from wfm.simulate.measure import COLUMNS, WAIT_EDGES, judged_by, measure
from wfm.simulate.tally import RATIOS, Layout
from wfm.testing import make_centre

START = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
ALL = ["offered", "answered", "abandoned", "met", "judged", "wait_s", "left_wait_s", "handle_s"]


def measured(*targets, channel="phone"):
    """Measure six contacts: two answered after 10 and 40 s, three gone after 5, 25 and 35 s, one sent away after 700 s.

    An agent would have reached the first two who left after 12 and 50 s, and the third never.
    """
    centre = make_centre(people=3)
    centre = replace(centre, queues=(replace(centre.queues[0], channel=channel, targets=targets),))
    forecast = pd.DataFrame({"queue": "calls", "start": [START], "offered": [6.0]})
    roster = pd.DataFrame(
        {
            "employee": ["A01"],
            "start": START,
            "end": START + pd.Timedelta("30min"),
            "activity": "work",
            "queue": "calls",
        }
    )
    case = Case.of(forecast, roster, centre)
    time = np.arange(6.0) * 100
    demand = Demand(time=time, queue=np.zeros(6, dtype=np.int64), service=np.full(6, 60.0))
    patience = np.array([100.0, 100.0, 5.0, 25.0, 35.0, 900.0])
    drawn = Drawn(
        demand=demand,
        row=np.zeros(6, dtype=np.int64),
        patience=patience,
        closing=np.full(6, 1200.0),
        attempt=np.ones(6, dtype=np.int64),
    )
    log = Log(
        arrived=time,
        worked_s=np.array([60.0, 40.0, np.nan, np.nan, np.nan, np.nan]),
        blocked=np.zeros(6, dtype=bool),
        reached=time + np.array([10.0, 40.0, 12.0, 50.0, np.nan, np.nan]),
        ended=time + np.array([70.0, 80.0, np.nan, np.nan, np.nan, np.nan]),
        agent=np.array([0, 0, -1, -1, -1, -1]),
        sessions=np.array([1, 1, 0, 0, 0, 0]),
        busy_s=np.array([[100.0]]),
        staffed_s=np.array([[1800.0]]),
        overtime_s=np.array([7.0]),
        group_overtime_s=np.array([[7.0]]),
        late_break_s=np.array([0.0]),
    )
    layout = Layout.of(case)
    return layout, measure(case, drawn, log, layout.thresholds)


@pytest.mark.parametrize(
    ("basis", "met", "judged"),
    [
        ("offered", 1, 6),
        ("answered", 1, 2),
        ("virtual", 2, 6),
        ("abandons_within_met", 1 + 2, 6),
        ("abandons_within_excluded", 1, 6 - 2),
        ("short_abandons_met", 1 + 1, 6),
        ("short_abandons_excluded", 1, 6 - 1),
    ],
)
def test_service_level_on_each_basis(basis, met, judged):
    short = "10s" if ServiceLevelBasis(basis).needs_short_abandon else None
    layout, result = measured(ServiceLevel(0.8, "30s", basis=basis, short_abandon=short))
    row = dict(zip(COLUMNS, result.rows[0], strict=False))
    assert (row["met"], row["judged"]) == (met, judged)
    assert layout.limits.values(result.rows, layout.case.queue).tolist() == [[met / judged]]
    # The same from the counts that all seven are made of.
    above, below = result.rows @ layout.upper, result.rows @ layout.lower
    assert above[0, list(RATIOS).index(basis)] == met
    assert below[0, list(RATIOS).index(basis)] == judged


def test_counts_and_waits():
    _, result = measured(MeanAnswer("30s"))
    row = dict(zip(COLUMNS, result.rows[0].tolist(), strict=False))
    assert {name: row[name] for name in ALL} == dict(zip(ALL, [6, 2, 4, 1, 6, 50, 765, 100], strict=True))
    assert result.overtime_s.tolist() == [[7.0]]
    assert row["overtime_s"] == 7.0
    assert result.late_break_s == 0
    # The last one came at 500 s and was sent away at 1200 s; nobody is in line at the end.
    assert result.peaks.tolist() == [[700.0, 0.0]]
    bins = result.cells.tolist()
    assert sorted([*WAIT_EDGES[bins][:5].tolist(), WAIT_EDGES[max(bins)]])[:5] == [5.0, 10.0, 25.0, 35.0, 40.0]


def values(*targets, channel="phone"):
    layout, result = measured(*targets, channel=channel)
    return layout.limits.values(result.rows, layout.case.queue)[0].tolist()


def test_lateness_of_deferred_work():
    # Due on arrival, and done 70 s and 80 s after: two items, the others are still to be done.
    _, result = measured(Deadline("75s"), channel="email")
    row = dict(zip(COLUMNS, result.rows[0].tolist(), strict=False))
    assert (row["done"], row["late_s"]) == (2, 70 + 80)


def test_values_of_the_targets():
    targets = (
        MeanAnswer("30s"),
        LongestWait("45s", breach=0.5),
        MaxAbandonment(0.3),
        MaxOccupancy(0.9),
    )
    # Waits above 45 s: 50 s and the two that nobody ever reached; done within 75 s: one of six.
    assert values(*targets) == pytest.approx([25.0, 3 / 6, 4 / 6, 100 / 1800])
    assert values(Deadline("75s"), channel="email") == pytest.approx([1 / 6])


def test_queue_is_judged_by_its_first_service_level():
    queue = make_centre(people=3).queues[0]
    level, deadline, mean = ServiceLevel(0.8, "30s"), Deadline("4h"), MeanAnswer("30s")
    assert judged_by(replace(queue, targets=(mean, level))) is level
    assert judged_by(replace(queue, channel="email", targets=(deadline,))) is deadline
    assert judged_by(replace(queue, targets=(MaxOccupancy(0.9), mean))) is mean
    assert judged_by(replace(queue, targets=(MaxOccupancy(0.9),))) is None
    row = dict(zip(COLUMNS, measured(MaxOccupancy(0.9))[1].rows[0], strict=False))
    assert (row["met"], row["judged"]) == (0, 0)
