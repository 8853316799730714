"""Arrays that cannot be simulated are refused, with every fault named."""

from __future__ import annotations

import numpy as np
import pytest

from wfm.errors import DataError
from wfm.simulate import Demand, Lines, Staff, play


def test_staff_names_all_its_faults():
    with pytest.raises(DataError) as error:
        Staff(
            speed=np.array([[1.0], [0.0], [np.nan]]),
            agent=np.array([0, 0, 1]),
            start=np.array([0.0, 5.0, 8.0]),
            end=np.array([10.0, 20.0, 8.0]),
            shift=np.array([0, 0, 1]),
            shift_end=np.array([20.0, 20.0, 8.0]),
        )
    assert str(error.value) == (
        "4 problems in the staff of a simulation:\n"
        "  1. a speed of 0 or less, or infinite (row 1); give a speed above 0, or NaN for no skill\n"
        "  2. an agent serves no queue (row 2); give at least one speed\n"
        "  3. a stretch does not end after its start (row 2); leave it out\n"
        "  4. a stretch begins before the one above it ends (row 1); sort by agent and start, and cut the overlap"
    )


def test_demand_names_all_its_faults():
    with pytest.raises(DataError) as error:
        Demand(
            time=np.array([0.0, 5.0, 4.0]),
            queue=np.array([0, -1, 0]),
            service=np.array([1.0, np.nan, -2.0]),
            patience=np.array([-1.0, 0.0, np.inf]),
            due=np.array([0.0, np.nan, 0.0]),
        )
    assert str(error.value) == (
        "5 problems in the contacts of a simulation:\n"
        "  1. an arrival before the one above it (row 2); sort by time\n"
        "  2. a negative queue (row 1); number the queues from 0\n"
        "  3. a service time below 0 (rows 1, 2); give 0 or more\n"
        "  4. a patience below 0 (row 0); give 0 or more, or inf\n"
        "  5. a due time that is no number (row 1); give seconds"
    )


def test_arrays_of_several_lengths():
    with pytest.raises(DataError, match=r"arrays of several lengths: .'time': 2, 'queue': 1, 'service': 2"):
        Demand(time=np.zeros(2), queue=np.zeros(1, dtype=np.int64), service=np.zeros(2))


def test_lines_name_all_their_faults():
    with pytest.raises(DataError) as error:
        Lines(rank=np.array([0, 0]), concurrency=np.array([1, 0]), slowdown=np.array([-0.1, 0.0]))
    assert str(error.value) == (
        "2 problems in the queues of a simulation:\n"
        "  1. a concurrency below 1 (row 1); give 1 or more\n"
        "  2. a slowdown below 0 (row 0); give 0 or more"
    )


def test_contact_of_a_queue_that_there_is_not():
    staff = Staff(
        speed=np.ones((1, 1)),
        agent=np.array([0]),
        start=np.array([0.0]),
        end=np.array([9.0]),
        shift=np.array([0]),
        shift_end=np.array([9.0]),
    )
    demand = Demand(time=np.zeros(1), queue=np.array([1]), service=np.zeros(1))
    with pytest.raises(DataError, match="contacts, speeds and queues do not fit: 1 queues, 1 columns of speeds"):
        play(demand, Lines(rank=np.array([0])), staff, interval_s=9.0, intervals=1)


def test_nobody_there_and_nobody_calling():
    empty = np.zeros(0)
    nobody = Staff(
        speed=np.ones((1, 1)),
        agent=empty.astype(np.int64),
        start=empty,
        end=empty,
        shift=empty.astype(np.int64),
        shift_end=empty,
    )
    demand = Demand(time=np.ones(1), queue=np.zeros(1, dtype=np.int64), service=np.ones(1))
    lines = Lines(rank=np.array([0]))
    assert play(demand, lines, nobody, interval_s=9.0, intervals=1).agent.tolist() == [-1]
    silent = Demand(time=empty, queue=empty.astype(np.int64), service=empty)
    assert len(play(silent, lines, nobody, interval_s=9.0, intervals=1).agent) == 0


def test_a_table_of_slowdowns_that_is_too_narrow():
    with pytest.raises(DataError, match="a table of slowdowns with 1 columns; give one for each number of further"):
        Lines(rank=np.array([0]), concurrency=np.array([3]), slowdown=np.array([[0.5]]))
