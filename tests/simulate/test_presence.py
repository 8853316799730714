"""Reading a roster, and drawing absences so that an agent-hour is counted once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm.domain.centre import Shrinkage
from wfm.errors import DataError
from wfm.simulate import Staff
from wfm.simulate.presence import draw_absences, read_staff
from wfm.testing import make_centre

NINE = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")


def activities(*rows):
    """Return a roster of rows of employee, hours from nine to, activity."""
    return pd.DataFrame(
        [
            {
                "employee": employee,
                "start": NINE + pd.Timedelta(hours=start),
                "end": NINE + pd.Timedelta(hours=end),
                "activity": activity,
                "queue": "calls" if activity == "work" else None,
            }
            for employee, start, end, activity in rows
        ]
    ).astype({"queue": "str"})


def test_breaks_split_a_shift_and_a_gap_ends_it():
    roster = activities(
        ("A02", 0, 2, "work"),
        ("A01", 0, 3, "work"),
        ("A01", 3, 3.5, "lunch"),
        ("A01", 3.5, 6, "work"),
        ("A01", 6, 6.25, "training"),
        ("A01", 17, 20, "work"),
    )
    staff, names = read_staff(roster, make_centre(people=3), NINE)
    assert names == ("A01", "A02")
    assert staff.agent.tolist() == [0, 0, 0, 1]
    assert (staff.start / 3600).tolist() == [0, 3.5, 17, 0]
    assert (staff.end / 3600).tolist() == [3, 6, 20, 2]
    assert staff.shift.tolist() == [0, 0, 1, 2]
    assert (staff.shift_end / 3600).tolist() == [6.25, 6.25, 20, 2]


def test_speeds_are_the_proficiencies():
    centre = make_centre(people=3, cross_skilled=True)
    staff, _ = read_staff(activities(*((f"A0{n}", 0, 1, "work") for n in (1, 2, 3))), centre, NINE)
    assert np.array_equal(staff.speed, [[1, np.nan], [np.nan, 1], [1, 0.9]], equal_nan=True)


def test_every_fault_of_a_roster_is_named():
    roster = activities(("A01", 0, 3, "work"), ("A01", 2, 4, "lunch"), ("A2", 0, 1, "work"), ("A03", 2, 2, "work"))
    with pytest.raises(DataError) as error:
        read_staff(roster, make_centre(people=3), NINE)
    assert str(error.value) == (
        "3 problems in the roster:\n"
        "  1. unknown employee 'A2' (row 3); did you mean 'A02'? Known: A01, A02, A03\n"
        "  2. work of A03 at 2026-01-05 11:00 does not end after its start; correct or leave out the row\n"
        "  3. lunch of A01 at 2026-01-05 11:00 begins before work of A01 at 2026-01-05 09:00 ends; a person does one "
        "thing at a time: cut the overlap"
    )


def test_only_work_may_have_a_queue():
    edited = activities(("A01", 0, 3, "work"), ("A02", 0, 3, "work"))
    edited.loc[1, "activity"] = "Work"
    with pytest.raises(DataError) as error:
        read_staff(edited, make_centre(people=3), NINE)
    assert str(error.value) == (
        "activity 'Work' has a queue, and only 'work' takes contacts (row 1); name it 'work', or leave its queue empty"
    )


def test_roster_without_work():
    with pytest.raises(DataError, match="nobody works: there is no activity 'work'"):
        read_staff(activities(("A01", 0, 1, "lunch")), make_centre(people=3), NINE)


def crew(shifts, seed):
    """Return people with a lunch in shifts of 3 to 9 hours of work."""
    rng = np.random.default_rng(seed)
    first = rng.integers(1, 5, shifts) * 3600.0
    second = rng.integers(2, 5, shifts) * 3600.0
    agent = np.arange(shifts)
    start = rng.integers(0, 10, shifts) * 1800.0
    return Staff(
        speed=np.ones((shifts, 1)),
        agent=np.repeat(agent, 2),
        start=np.column_stack([start, start + first + 1800]).ravel(),
        end=np.column_stack([start + first, start + first + 1800 + second]).ravel(),
        shift=np.repeat(agent, 2),
        shift_end=np.repeat(start + first + 1800 + second, 2),
    )


def work_s(staff):
    return float((staff.end - staff.start).sum())


@pytest.mark.parametrize(
    "parts",
    [
        [Shrinkage(name="sickness", fraction=0.1, whole_shift=True)],
        [Shrinkage(name="coaching", fraction=0.07)],
        [
            Shrinkage(name="sickness", fraction=0.1, whole_shift=True),
            Shrinkage(name="coaching", fraction=0.05),
            Shrinkage(name="systems", fraction=0.02),
        ],
    ],
    ids=["whole shifts", "pieces", "both"],
)
def test_an_agent_hour_is_lost_once(parts):
    staff = crew(400, 1)
    shares = [work_s(draw_absences(staff, parts, np.random.default_rng(n))) / work_s(staff) for n in range(200)]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - (1 - sum(part.fraction for part in parts))) < 4 * error


def test_parts_in_the_roster_are_not_drawn_again():
    staff = crew(20, 1)
    parts = [Shrinkage(name="leave", fraction=0.3, whole_shift=True, in_roster=True)]
    assert draw_absences(staff, parts, np.random.default_rng(0)) is staff


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), fraction=st.floats(0.001, 0.95), shifts=st.integers(1, 12))
def test_pieces_are_cut_out_of_the_stretches(seed, fraction, shifts):
    staff = crew(shifts, seed)
    left = draw_absences(staff, [Shrinkage(name="coaching", fraction=fraction)], np.random.default_rng(seed))
    off = work_s(staff) - work_s(left)
    # All but the last piece of a shift is certain.
    assert abs(off - fraction * work_s(staff)) <= 900.0 * shifts + 1e-6
    for row in range(len(left.agent)):
        inside = (
            (staff.agent == left.agent[row])
            & (staff.shift == left.shift[row])
            & (staff.start <= left.start[row])
            & (left.end[row] <= staff.end)
        )
        assert inside.sum() == 1
    # Distinct stretches do not share time, which Staff checks; here none of them is empty either.
    assert (left.end > left.start).all()
