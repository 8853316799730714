from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wfm.domain.targets import Deadline
from wfm.errors import InfeasibleError
from wfm.staffing.kernels import blend, deferred, programme

HALF_HOUR = 1800.0


def dense_bound(load, wait, least, idle):
    """Return the least sum of agents by a programme written out in full, in cumulated work over three equal periods.

    Columns: work done and agents by interval. The middle period counts; the ends are free to be anything in time.
    """
    size = len(load)
    arrived = np.cumsum(np.tile(load, 3))
    total = 3 * size
    lower = np.tril(np.ones((total, total)))
    zero, one = np.zeros((total, total)), np.eye(total)
    due = np.concatenate([np.zeros(wait), arrived])[:total]
    rows = np.block([[lower, zero], [-lower, zero], [one, -one]])
    limits = np.concatenate([arrived, -due, np.tile(idle, 3)])
    # The backlog at the end of the middle period is the one at its start.
    cut = np.zeros(2 * total)
    cut[size : 2 * size] = 1.0
    cost = np.zeros(2 * total)
    cost[total + size : total + 2 * size] = 1.0
    bounds = [(0, None)] * total + [(least, None)] * total
    found = linprog(cost, A_ub=rows, b_ub=limits, A_eq=cut[None, :], b_eq=[load.sum()], bounds=bounds)
    assert found.status == 0
    return found.fun


@settings(max_examples=25, deadline=None)
@given(
    load=st.lists(st.floats(0, 10), min_size=3, max_size=10),
    wait=st.integers(0, 3),
    least=st.integers(0, 2),
    data=st.data(),
)
def test_the_programme_against_one_written_out_in_full(load, wait, least, data):
    work = np.array(load)
    wait = min(wait, len(work) - 1)
    idle = np.array(data.draw(st.lists(st.floats(0, 4), min_size=len(work), max_size=len(work))))
    slack = np.array([sum(work[(place - back) % len(work)] for back in range(wait)) for place in range(len(work))])
    found = programme.solve([programme.Work(work, slack, np.arange(len(work)), least)], idle)
    assert found.total == pytest.approx(dense_bound(work, wait, least, idle), abs=1e-6)
    assert found.agents[0].sum() == pytest.approx(found.total, abs=1e-5)
    assert (found.lent[0] <= idle + 1e-6).all()  # the solver's own tolerance is 1e-7
    assert (found.agents[0] >= least).all()


@settings(max_examples=25, deadline=None)
@given(
    load=st.lists(st.floats(0, 10), min_size=2, max_size=30),
    within=st.sampled_from(["30min", "1h", "2h"]),
    least=st.integers(0, 4),
)
def test_the_taut_string_attains_the_programme(load, within, least):
    work = np.array(load)
    deadline = Deadline(within)
    aht = np.full(len(work), 300.0)
    wait = deferred.lag(deadline, 300.0, HALF_HOUR)
    made = deferred.window(work, aht, HALF_HOUR, deadline)
    slack = (made.arrived - made.due)[made.own]
    assert wait == 0 or slack[-1] >= work[-1] - 1e-9
    least_of_all = programme.solve([programme.Work(work, slack, np.arange(len(work)), least)], np.zeros(len(work)))
    found = deferred.staff(work, aht, HALF_HOUR, deadline, least)
    assert found.bound == pytest.approx(least_of_all.total, rel=1e-6, abs=1e-6)


def test_idle_time_is_used_before_heads_and_only_once():
    load = np.full(8, 3.0)
    items = [blend.Item(load, np.full(8, 300.0), Deadline(within), 0, np.arange(8)) for within in ("1h", "4h")]
    idle = np.tile([0.0, 4.0], 4)
    plans = blend.staff(items, HALF_HOUR, idle)
    lent = sum(plan.lent for plan in plans)
    assert (lent <= idle + 1e-6).all()
    assert sum(plan.bound for plan in plans) == pytest.approx(48.0 - 16.0)
    alone = [deferred.staff(load, np.full(8, 300.0), HALF_HOUR, item.deadline, 0) for item in items]
    saved = sum(int(plan.agents.sum()) for plan in alone) - sum(int(plan.agents.sum()) for plan in plans)
    assert saved >= 13  # of 16 idle agent-intervals
    for plan in plans:
        conserved = plan.opening + np.cumsum(plan.load_erl) - np.cumsum(plan.done)
        assert plan.backlog == pytest.approx(conserved, abs=1e-6)
        assert (plan.done <= plan.agents + plan.lent + 1e-9).all()


def test_the_plan_beside_idle_time_is_smooth():
    # 6 come in each interval, 2 idle agents in every other one: 5 on average, and the deadline leaves room for it.
    item = blend.Item(np.full(20, 6.0), np.full(20, 60.0), Deadline("4h"), 0, np.arange(20))
    plan = blend.staff([item], HALF_HOUR, np.tile([0.0, 2.0], 10))[0]
    assert plan.level == pytest.approx(np.full(20, 5.0), abs=0.1)
    assert plan.lent.sum() == pytest.approx(20.0, abs=1.0)


def test_no_plan_is_said_so():
    impossible = programme.Work(np.array([-1.0]), np.array([0.0]), np.array([0]), 0)
    with pytest.raises(InfeasibleError, match="no plan of deferred work"):
        programme.solve([impossible], np.zeros(1))
