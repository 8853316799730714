"""From now on: waiting contacts, contacts in hand and people on seat at an instant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wfm import simulate
from wfm.errors import DataError
from wfm.simulate import State
from wfm.simulate.case import Case
from wfm.simulate.now import beyond
from wfm.testing import make_centre

NINE = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
CENTRE = make_centre(people=3)


def at(minutes):
    return NINE + pd.Timedelta(minutes=minutes)


def forecast(offered=0.0, hours=3):
    return pd.DataFrame({"queue": "calls", "start": [at(30 * k) for k in range(2 * hours)], "offered": offered})


def roster(*rows):
    return pd.DataFrame(
        [
            {"employee": name, "start": at(start), "end": at(end), "activity": "work", "queue": "calls"}
            for name, start, end in rows
        ]
    )


def log(*rows):
    """Return contacts of rows of arrival, answer and employee."""
    frame = pd.DataFrame(
        [
            {
                "contact_id": str(number),
                "queue": "calls",
                "arrived_at": at(came),
                "answered_at": pd.NaT if answered is None else at(answered),
                "abandoned_at": pd.NaT,
                "employee": name,
            }
            for number, (came, answered, name) in enumerate(rows)
        ]
    )
    for column in ("answered_at", "abandoned_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True).dt.tz_convert("Europe/Berlin")
    return frame.astype({"employee": "str"})


def test_who_waits_is_answered_before_who_comes():
    state = State(now=at(40), contacts=log((39, None, None), (38.5, None, None)))
    contacts = simulate.trace(forecast(), roster(("A01", 0, 180)), CENTRE, state=state)
    assert contacts["arrived_at"].tolist() == [at(38.5), at(39)]
    # Their patience is longer than what they have waited, and the first is answered at once.
    assert contacts["answered_at"].iloc[0] == at(40)


def test_a_contact_in_hand_keeps_its_agent_and_is_not_counted():
    state = State(now=at(40), contacts=log((30, 31, "A01"), (39.9, None, None)))
    ahead, rows = forecast(), roster(("A01", 0, 180))
    contacts = simulate.trace(ahead, rows, CENTRE, state=state)
    assert len(contacts) == 1
    assert not (contacts["answered_at"] == at(40)).any()
    result = simulate.run(ahead, rows, CENTRE, replications=5, state=state)
    assert result.summary["offered"].iloc[0] == 1.0
    # Of the forecast the intervals are left that are not over.
    assert result.to_frame()["start"].min() == at(30)


def test_whoever_is_absent_answers_nothing():
    rows = roster(("A01", 0, 180), ("A02", 60, 180))
    contacts = simulate.trace(forecast(20.0), rows, CENTRE, state=State(now=at(40), present=["A02"]))
    assert set(contacts["employee"].dropna()) == {"A02"}
    assert contacts["answered_at"].min() >= at(60)


def test_work_beyond_the_shift_is_finished_and_is_overtime():
    state = State(now=at(40), contacts=log((30, 31, "A01")))
    rows = roster(("A01", 0, 39), ("A02", 0, 180))
    case = Case.of(forecast(), rows, CENTRE, state=state)
    _, told = case.play(np.random.SeedSequence(1))
    assert told.overtime_s[0] > 0


def test_an_empty_state_before_the_day_is_the_day():
    rows = roster(("A01", 0, 180), ("A02", 0, 180))
    one = simulate.run(forecast(15.0), rows, CENTRE, replications=3, seed=1)
    other = simulate.run(forecast(15.0), rows, CENTRE, replications=3, seed=1, state=State(now=NINE))
    pd.testing.assert_frame_equal(one.intervals, other.intervals, check_exact=True)


def test_what_is_left_is_longer_than_what_has_gone():
    # Exponential times have no memory: what is left has the mean of the whole.
    rng = np.random.default_rng(0)
    drawn = beyond(np.full(4_000, 2.0), rng.exponential(1.0, 400_000), rng.random(4_000))
    assert drawn.min() > 2.0
    assert (drawn - 2.0).mean() == pytest.approx(1.0, abs=0.06)
    assert beyond(np.array([9.0]), np.array([1.0, 2.0]), np.array([0.5])).tolist() == [9.0]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (lambda: State(now=pd.Timestamp("2026-01-05")), "now must be an instant with a time zone"),
        (lambda: State(now=at(400)), "all intervals of the forecast are over"),
        (lambda: State(now=at(40), present=["A1"]), "unknown employee 'A1'; did you mean 'A01'"),
        (lambda: State(now=at(40), contacts=log((41, None, None))), "came or were answered after now"),
        (lambda: State(now=at(40), contacts=log((30, 35, "A03"))), "in the hands of nobody on the roster"),
    ],
)
def test_states_that_cannot_be(state, message):
    with pytest.raises(DataError, match=message):
        simulate.trace(forecast(), roster(("A01", 0, 180)), CENTRE, state=state())


def test_two_rosters_from_now_on():
    # Twelve wait; a second person from now on takes half of them, and the past of the roster counts nothing.
    state = State(now=at(40), contacts=log(*((39 + n / 60, None, None) for n in range(12))))
    first, second = roster(("A01", 0, 180)), roster(("A01", 0, 180), ("A02", 40, 180))
    frame = simulate.compare(forecast(2.0), first, second, CENTRE, replications=10, state=state).to_frame()
    row = frame[(frame["queue"] == "calls") & (frame["measure"] == "abandonment")].iloc[0]
    assert row["difference_high"] < 0
    both = [simulate.run(forecast(2.0), one, CENTRE, replications=10, state=state) for one in (first, second)]
    told = [result.summary.set_index("queue").loc["calls", "abandonment"] for result in both]
    assert [row["first"], row["second"]] == pytest.approx(told)
    # Without a state the same rosters are judged from the first interval on, and nobody waits yet.
    empty = simulate.compare(forecast(2.0), first, second, CENTRE, replications=10).to_frame()
    assert empty.loc[empty["measure"] == "abandonment", "first"].iloc[0] < row["first"]


def test_a_drill_of_the_rest_of_the_day():
    state = State(now=at(40), contacts=log(*((39 + n / 60, None, None) for n in range(4))))
    volume = forecast(5.0).assign(offered=[90.0, *[5.0] * 5])
    people = roster(("A01", 0, 180), ("A02", 0, 180))
    drill = simulate.stress(volume, people, CENTRE, replications=5, state=state)
    planned = drill.results["as planned"].summary.set_index("queue").loc["calls"]
    alone = simulate.run(volume, people, CENTRE, replications=5, state=state).summary.set_index("queue").loc["calls"]
    pd.testing.assert_series_equal(planned, alone)
    # The rush of the first half-hour is over: the outage is at the busiest of those to come.
    assert drill.results["outage of an hour"].intervals["start"].min() == at(30)
    assert drill.results["volume x5"].summary["offered"].iloc[0] > planned["offered"]
    outage = next(item for item in simulate.standard_scenarios(volume[1:], CENTRE) if item.outage is not None)
    assert outage.outage_at == at(30)
