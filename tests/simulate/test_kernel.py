"""The kernel against a slow simulator, against itself interpreted, and against rules of the model."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfm.simulate import Demand, Lines, Routes, Staff, play
from wfm.simulate.compiled import can_compile
from wfm.simulate.engine import build_world

SIZES = {
    "agents": st.integers(1, 6),
    "queues": st.integers(1, 4),
    "contacts": st.integers(1, 60),
    "chat": st.booleans(),
}
CASES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
GRID = {"interval_s": 500.0, "intervals": 9}


@CASES
@given(seed=st.integers(0, 10**6), **SIZES)
def test_slow_simulator_agrees(slow_run, make_case, seed, agents, queues, contacts, chat):
    demand, lines, staff = make_case(seed, agents=agents, queues=queues, contacts=contacts, chat=chat)
    log = play(demand, lines, staff, **GRID, compiled=False)
    slow = slow_run(demand, lines, staff)
    assert {c: a for c, a in enumerate(log.agent.tolist()) if a >= 0} == {
        c: a for c, (_, a, _) in slow.answered.items()
    }
    for c, (answered, _, sessions) in slow.answered.items():
        assert log.reached[c] == pytest.approx(answered, abs=1e-5)
        assert log.ended[c] == pytest.approx(slow.ended[c], abs=1e-5)
        assert log.sessions[c] == sessions
    assert log.overtime_s == pytest.approx(slow.overtime, abs=1e-4)
    assert log.late_break_s == pytest.approx(slow.late, abs=1e-4)


@CASES
@given(seed=st.integers(0, 10**6), **SIZES)
def test_reached_is_the_wait_of_an_infinitely_patient_contact(make_case, seed, agents, queues, contacts, chat):
    demand, lines, staff = make_case(seed, agents=agents, queues=queues, contacts=contacts, chat=chat)
    log = play(demand, lines, staff, **GRID, compiled=False)
    world = build_world(demand, lines, staff, *GRID.values(), Routes(), 0, compiled=False)
    # Chats are held back for contacts of some queues as long as these wait: there patience changes what follows.
    apart = [not world.lines[queue].timed for queue in demand.queue]
    for c in np.flatnonzero(~log.answered & apart)[:5]:
        patient = demand.patience.copy()
        patient[c] = np.inf
        other = play(replace(demand, patience=patient), lines, staff, **GRID, compiled=False)
        assert np.array_equal(other.reached[c], log.reached[c], equal_nan=True)


@pytest.mark.skipif(not can_compile(), reason="not run: no numba")
@pytest.mark.parametrize("seed", range(25))
def test_compiled_and_interpreted_give_the_same_bytes(make_case, seed):
    demand, lines, staff = make_case(seed, agents=6, queues=4, contacts=300, chat=seed % 2 == 0)
    fast, plain = (play(demand, lines, staff, **GRID, compiled=compiled) for compiled in (True, False))
    for item in fields(fast):
        assert getattr(fast, item.name).tobytes() == getattr(plain, item.name).tobytes(), item.name


@CASES
@given(seed=st.integers(0, 10**6), **SIZES)
def test_laws_of_every_course(make_case, seed, agents, queues, contacts, chat):
    demand, lines, staff = make_case(seed, agents=agents, queues=queues, contacts=contacts, chat=chat)
    log = play(demand, lines, staff, **GRID, compiled=False)
    answered = log.answered
    # Whoever is answered was served to the end, by somebody with the skill, within its patience.
    assert (log.ended[answered] >= log.reached[answered]).all()
    assert not np.isnan(staff.speed[log.agent[answered], demand.queue[answered]]).any()
    wait = log.reached - demand.time
    assert (wait[answered] <= demand.patience[answered] + 1e-9).all()
    assert (wait[~np.isnan(wait)] >= 0).all()
    late = ~answered & ~np.isnan(wait)
    assert (wait[late] >= demand.patience[late]).all()
    # First come, first served within a queue.
    for q in range(len(lines)):
        reached = log.reached[(demand.queue == q) & answered]
        assert (np.diff(reached) >= 0).all()
    # Nobody answers outside the own stretches, late breaks only make it less.
    for c in np.flatnonzero(answered):
        mine = staff.agent == log.agent[c]
        assert ((staff.start[mine] <= log.reached[c]) & (log.reached[c] <= staff.end[mine])).any()
    # No agent holds more than the queue allows.
    assert (log.sessions[answered] <= lines.concurrency[demand.queue[answered]]).all()
    assert (log.busy_s <= log.staffed_s + 1e-6).all()


@CASES
@given(seed=st.integers(0, 10**6), agents=st.integers(1, 6), contacts=st.integers(1, 60))
def test_busy_time_is_the_time_of_the_contacts(make_case, seed, agents, contacts):
    demand, lines, staff = make_case(seed, agents=agents, queues=2, contacts=contacts, chat=False)
    log = play(demand, lines, staff, interval_s=1000.0, intervals=50, compiled=False)
    spent = (log.ended - log.reached)[log.answered].sum()
    assert log.busy_s.sum() == pytest.approx(spent)


def one_agent(*stretches: tuple[float, float], shifts: tuple[int, ...] | None = None) -> Staff:
    start, end = (np.array(column, dtype=float) for column in zip(*stretches, strict=True))
    shift = np.array(shifts or [0] * len(stretches))
    last = np.array([end[shift == number].max() for number in shift])
    return Staff(
        speed=np.ones((1, 1)),
        agent=np.zeros(len(start), dtype=np.int64),
        start=start,
        end=end,
        shift=shift,
        shift_end=last,
    )


def contacts(*items: tuple[float, float]) -> Demand:
    time, service = (np.array(column, dtype=float) for column in zip(*items, strict=True))
    return Demand(time=time, queue=np.zeros(len(time), dtype=np.int64), service=service)


PLAIN = Lines(rank=np.array([0]))


def test_break_starts_late_and_is_taken_in_full():
    # Break from 100 to 160; a contact in hand until 130 moves it to 130..190.
    demand = contacts((50, 80), (110, 10))
    log = play(demand, PLAIN, one_agent((0, 100), (160, 500)), interval_s=500.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [50.0, 190.0]
    assert log.late_break_s.tolist() == [30.0]
    assert log.staffed_s.sum() == 130 + 500 - 190


def test_break_begins_after_its_planned_end():
    # A contact in hand until 230 passes the break of 100 to 160: it lasts from 230 to 290.
    demand = contacts((50, 180), (110, 10))
    log = play(demand, PLAIN, one_agent((0, 100), (160, 500)), interval_s=500.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [50.0, 290.0]
    assert log.late_break_s.tolist() == [130.0]


def test_contact_in_hand_is_finished_after_the_shift_and_counts_as_overtime():
    demand = contacts((90, 40), (95, 10))
    log = play(demand, PLAIN, one_agent((0, 100)), interval_s=500.0, intervals=1, compiled=False)
    assert log.ended[0] == 130
    assert log.overtime_s.tolist() == [30.0]
    assert log.agent.tolist() == [0, -1]
    assert np.isnan(log.reached[1])


@pytest.mark.parametrize(("step", "interval"), [(900.0, 0), (90.0, 9), (100.0, 8)])
def test_overtime_is_of_the_interval_in_which_the_shift_ended(step, interval):
    # The shift ends at 900 s, the end of an interval or of the grid; the contact, begun before, at 930 s.
    log = play(contacts((870, 60)), PLAIN, one_agent((0, 900)), interval_s=step, intervals=int(950 / step))
    assert log.overtime_s.tolist() == [30.0]
    assert np.flatnonzero(log.group_overtime_s[0]).tolist() == [interval]


def test_overtime_counts_from_the_end_of_the_shift_not_of_the_work():
    staff = replace(one_agent((0, 100)), shift_end=np.array([120.0]))
    log = play(contacts((90, 40)), PLAIN, staff, interval_s=500.0, intervals=1, compiled=False)
    assert log.overtime_s.tolist() == [10.0]


def test_two_stretches_that_touch_are_one():
    log = play(contacts((90, 40), (100, 5)), PLAIN, one_agent((0, 100), (100, 200)), interval_s=500.0, intervals=1)
    assert log.reached.tolist() == [90.0, 130.0]
    assert log.late_break_s.tolist() == [0.0]


def test_work_is_slowed_by_other_sessions_and_speeds_up_again():
    # Two chats at once take 1.5 times as long: from 10 on the first has 90 left, and both run at 2/3.
    lines = Lines(rank=np.array([0]), concurrency=np.array([2]), slowdown=np.array([0.5]))
    log = play(contacts((0, 100), (10, 100)), lines, one_agent((0, 900)), interval_s=900.0, intervals=1, compiled=False)
    assert log.sessions.tolist() == [1, 2]
    assert log.ended[0] == pytest.approx(10 + 90 * 1.5)
    # The second has 10 left when it is alone again.
    assert log.ended[1] == pytest.approx(145 + 10)
    assert log.busy_s.sum() == pytest.approx(155)


def test_work_is_slowed_as_a_table_says():
    # Two at once take 1.25 times as long, three twice: nothing linear.
    lines = Lines(rank=np.array([0]), concurrency=np.array([3]), slowdown=np.array([[0.25, 1.0]]))
    demand = contacts((0, 100), (10, 100), (35, 100))
    log = play(demand, lines, one_agent((0, 900)), interval_s=900.0, intervals=1, compiled=False)
    # At 35 the first has 90 - 25 / 1.25 = 70 left, and from then on runs at half the pace.
    assert log.ended[0] == pytest.approx(35 + 140)
    # The second has 10 left then, and the third 30, which ends last and alone.
    assert log.ended[1] == pytest.approx(175 + 10 * 1.25)
    assert log.ended[2] == pytest.approx(187.5 + 20)


def two_queues(staffed: np.ndarray) -> Staff:
    people = np.arange(len(staffed))
    return Staff(
        speed=staffed,
        agent=people,
        start=np.zeros(len(people)),
        end=np.full(len(people), 1000.0),
        shift=people,
        shift_end=np.full(len(people), 1000.0),
    )


def test_no_chat_while_on_the_phone_and_the_reverse():
    lines = Lines(rank=np.array([0, 0]), concurrency=np.array([1, 3]))
    demand = Demand(
        time=np.array([0.0, 1.0, 2.0, 3.0, 30.0]),
        queue=np.array([0, 1, 1, 0, 1]),
        service=np.array([10.0, 40.0, 60.0, 5.0, 5.0]),
    )
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    # Both chats begin when the call ends; a third is taken beside them; the second call waits for the last chat.
    assert log.reached.tolist() == [0.0, 10.0, 10.0, 70.0, 30.0]
    assert log.sessions.tolist() == [1, 1, 2, 1, 3]


def test_deferred_work_waits_for_live_contacts_and_goes_by_due_time():
    lines = Lines(rank=np.array([0, 1000, 1000]))
    demand = Demand(
        time=np.array([0.0, 1.0, 2.0, 3.0]),
        queue=np.array([0, 1, 2, 0]),
        service=np.full(4, 10.0),
        due=np.array([0.0, 500.0, 100.0, 3.0]),
    )
    log = play(demand, lines, two_queues(np.ones((1, 3))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [0.0, 30.0, 20.0, 10.0]


def test_specialists_first_then_the_longest_idle():
    both, only = [1.0, 1.0], [1.0, np.nan]
    staff = two_queues(np.array([both, only, only]))
    demand = Demand(time=np.arange(4.0), queue=np.zeros(4, dtype=np.int64), service=np.array([5.0, 1.5, 100.0, 100.0]))
    log = play(demand, Lines(rank=np.array([0, 0])), staff, interval_s=1000.0, intervals=1, compiled=False)
    # At 2 both specialists are busy; at 3 the second has been free since 2.5.
    assert log.agent.tolist() == [1, 2, 0, 2]


def test_least_loaded_agent_takes_the_chat():
    lines = Lines(rank=np.array([0]), concurrency=np.array([3]))
    staff = two_queues(np.ones((2, 1)))
    demand = Demand(time=np.arange(5.0), queue=np.zeros(5, dtype=np.int64), service=np.full(5, 100.0))
    log = play(demand, lines, staff, interval_s=1000.0, intervals=1, compiled=False)
    assert log.agent.tolist() == [0, 1, 0, 1, 0]
    assert log.sessions.tolist() == [1, 1, 2, 2, 3]


def test_faster_agent_takes_less_time():
    staff = two_queues(np.array([[2.0]]))
    log = play(contacts((0, 100)), PLAIN, staff, interval_s=1000.0, intervals=1, compiled=False)
    assert log.ended.tolist() == [50.0]


def test_work_conservation():
    # One queue, agents always there: a contact waits only while everybody is busy.
    rng = np.random.default_rng(3)
    n, agents = 400, 4
    demand = Demand(
        time=np.sort(rng.uniform(0, 10_000, n)),
        queue=np.zeros(n, dtype=np.int64),
        service=rng.exponential(95.0, n),
        patience=rng.exponential(200.0, n),
    )
    staff = Staff(
        speed=np.ones((agents, 1)),
        agent=np.arange(agents),
        start=np.zeros(agents),
        end=np.full(agents, 20_000.0),
        shift=np.arange(agents),
        shift_end=np.full(agents, 20_000.0),
    )
    log = play(demand, PLAIN, staff, interval_s=20_000.0, intervals=1, compiled=False)
    waited = log.answered & (log.reached > demand.time)
    assert waited.sum() > 50
    for c in np.flatnonzero(waited):
        for instant in (demand.time[c], (demand.time[c] + log.reached[c]) / 2):
            in_hand = log.answered & (log.reached <= instant) & (log.ended > instant)
            assert in_hand.sum() == agents


@CASES
@given(seed=st.integers(0, 10**6), **SIZES)
def test_slow_simulator_agrees_on_every_rule(slow_run, make_case, make_rules, seed, agents, queues, contacts, chat):
    demand, lines, staff = make_case(seed, agents=agents, queues=queues, contacts=contacts, chat=chat)
    demand, lines, routes, trunks = make_rules(seed, demand, lines, staff)
    log = play(demand, lines, staff, **GRID, routes=routes, trunks=trunks, compiled=False)
    slow = slow_run(demand, lines, staff, routes, trunks)
    # What was put aside and never finished counts as answered by nobody.
    assert {c: a for c, a in enumerate(log.agent.tolist()) if a >= 0} == {
        c: a for c, (_, a, _) in slow.answered.items() if c in slow.ended
    }
    for c in slow.ended:
        assert log.reached[c] == pytest.approx(slow.answered[c][0], abs=1e-5)
        assert log.ended[c] == pytest.approx(slow.ended[c], abs=1e-5)
    assert set(np.flatnonzero(log.blocked)) == slow.blocked
    came = ~np.isnan(log.arrived)
    assert log.arrived[came] == pytest.approx(np.array(slow.time)[came])
    assert log.overtime_s == pytest.approx(slow.overtime, abs=1e-4)
    assert log.late_break_s == pytest.approx(slow.late, abs=1e-4)


@pytest.mark.skipif(not can_compile(), reason="not run: no numba")
@pytest.mark.parametrize("seed", range(25))
def test_every_rule_gives_the_same_bytes_compiled_and_interpreted(make_case, make_rules, seed):
    demand, lines, staff = make_case(seed, agents=6, queues=4, contacts=300, chat=seed % 2 == 0)
    demand, lines, routes, trunks = make_rules(seed, demand, lines, staff)
    fast, plain = (
        play(demand, lines, staff, **GRID, routes=routes, trunks=trunks, compiled=compiled)
        for compiled in (True, False)
    )
    for field in fields(fast):
        assert getattr(fast, field.name).tobytes() == getattr(plain, field.name).tobytes(), field.name


def test_a_chat_agent_comes_free_for_a_more_urgent_call():
    # Chat after chat would keep the agent from the call for ever: it takes no further one, and the call when the last
    # in hand is done.
    lines = Lines(rank=np.array([0, 1]), concurrency=np.array([1, 3]))
    demand = Demand(
        time=np.array([0.0, 1.0, 2.0, 5.0]), queue=np.array([1, 0, 1, 1]), service=np.array([10.0, 20.0, 5.0, 5.0])
    )
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [0.0, 10.0, 30.0, 30.0]


def test_a_chat_held_back_is_taken_when_the_call_is_gone():
    # The call hangs up at 4: the agent has room for the chat that it held back.
    lines = Lines(rank=np.array([0, 1]), concurrency=np.array([1, 3]))
    demand = Demand(
        time=np.array([0.0, 1.0, 2.0]),
        queue=np.array([1, 0, 1]),
        service=np.array([10.0, 20.0, 5.0]),
        patience=np.array([np.inf, 3.0, np.inf]),
    )
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached[[0, 2]].tolist() == [0.0, 4.0]


def test_interrupted_work_is_gone_on_with_where_it_stopped():
    lines = Lines(rank=np.array([0, 9]), yields=np.array([False, True]))
    demand = Demand(
        time=np.array([0.0, 4.0]), queue=np.array([1, 0]), service=np.array([10.0, 5.0]), due=np.array([99.0, 4.0])
    )
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [0.0, 4.0]
    assert log.ended.tolist() == [15.0, 9.0]
    assert log.worked_s.tolist() == [10.0, 5.0]
    assert log.busy_s.sum() == 15.0


def test_overflow_reserve_and_order_of_groups():
    # Group of both queues (agents 0 and 1) helps queue 0 after 30 s, and keeps one agent for queue 1.
    both, only = [1.0, 1.0], [1.0, np.nan]
    staff = two_queues(np.array([both, both, only]))
    skills, _ = staff.groups
    helps = skills.all(axis=1)
    routes = Routes(
        after=np.where(helps[:, None], [[30.0, 0.0]], 0.0),
        reserve=np.where(helps[:, None], [[1, 0]], 0).astype(np.int64),
    )
    demand = Demand(time=np.arange(4.0), queue=np.array([0, 0, 0, 1]), service=np.full(4, 100.0))
    log = play(
        demand, Lines(rank=np.array([0, 0])), staff, interval_s=1000.0, intervals=1, routes=routes, compiled=False
    )
    # The first goes to the specialist; queue 1 takes one of the others at once, and the last one is kept for it.
    assert log.reached.tolist() == [0.0, 100.0, 103.0, 3.0]


def test_fastest_agent_is_asked():
    staff = two_queues(np.array([[1.0], [2.0], [1.5]]))
    demand = Demand(time=np.arange(3.0), queue=np.zeros(3, dtype=np.int64), service=np.full(3, 100.0))
    log = play(demand, Lines(rank=np.array([0]), fastest=True), staff, interval_s=1000.0, intervals=1, compiled=False)
    assert log.agent.tolist() == [1, 2, 0]


def test_ageing_lifts_a_contact_over_a_smaller_rank():
    lines = Lines(rank=np.array([0, 1]), ageing=np.array([0.0, 1 / 60]))
    demand = Demand(time=np.array([0.0, 1.0, 50.0]), queue=np.array([0, 1, 0]), service=np.array([70.0, 5.0, 5.0]))
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    # At 70 the second has waited 69 s, more than a minute: it counts for less than rank 0.
    assert log.reached.tolist() == [0.0, 70.0, 75.0]


def test_relative_wait_prefers_the_tighter_target():
    lines = Lines(rank=np.array([0, 0]), weight=np.array([1 / 20, 1 / 300]))
    demand = Demand(time=np.array([0.0, 1.0, 60.0]), queue=np.array([1, 1, 0]), service=np.array([90.0, 5.0, 5.0]))
    log = play(demand, lines, two_queues(np.ones((1, 2))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [0.0, 95.0, 90.0]


def test_contact_in_hand_at_the_start():
    demand = Demand(
        time=np.array([-30.0, 10.0, -90.0]),
        queue=np.zeros(3, dtype=np.int64),
        service=np.array([5.0, 5.0, 20.0]),
        arrivals=2,
        holder=np.array([-1, -1, 0]),
        answered=np.array([np.nan, np.nan, -60.0]),
    )
    log = play(demand, PLAIN, one_agent((0, 900)), interval_s=900.0, intervals=1, compiled=False)
    # It has waited since before the start, and is answered when what is in hand is done.
    assert log.reached.tolist() == [20.0, 25.0, -60.0]
    assert log.ended.tolist() == [25.0, 30.0, 20.0]
    assert log.busy_s.sum() == 30.0


def test_work_put_aside_is_gone_on_with_by_a_group_that_helps_after_a_wait():
    # The first agent is called away at 10 with 10 s left; the other may help from 30 on.
    lines = Lines(rank=np.array([0, 9]), yields=np.array([False, True]))
    staff = two_queues(np.array([[1.0, 1.0], [np.nan, 1.0]]))
    helps = ~staff.groups[0].all(axis=1)
    routes = Routes(after=np.where(helps[:, None], [[0.0, 30.0]], 0.0))
    demand = Demand(time=np.array([0.0, 10.0]), queue=np.array([1, 0]), service=np.array([20.0, 100.0]))
    log = play(demand, lines, staff, interval_s=1000.0, intervals=1, routes=routes, compiled=False)
    assert log.reached.tolist() == [0.0, 10.0]
    assert log.ended.tolist() == [40.0, 110.0]
    assert log.agent.tolist() == [1, 0]


def test_a_held_back_chat_that_has_aged_does_not_hide_one_that_is_not():
    # The call holds back the chat of rank 2, which has aged below both; the chat of rank 1 is taken past it.
    lines = Lines(rank=np.array([1, 2, 1]), concurrency=np.array([1, 2, 2]), ageing=np.array([0.0, 0.5, 0.0]))
    demand = Demand(
        time=np.arange(5.0), queue=np.array([2, 2, 0, 1, 2]), service=np.array([100.0, 10.0, 5.0, 5.0, 5.0])
    )
    log = play(demand, lines, two_queues(np.ones((1, 3))), interval_s=1000.0, intervals=1, compiled=False)
    assert log.reached.tolist() == [0.0, 1.0, 105.0, 100.0, 11.0]


def test_an_agent_without_a_contact_frees_a_colleague_for_a_reserved_chat():
    # Chats leave one agent without any. When the call of the second agent is done, the first has room for the chat.
    lines = Lines(rank=np.array([0, 0]), concurrency=np.array([2, 1]))
    demand = Demand(time=np.arange(3.0), queue=np.array([0, 1, 0]), service=np.array([100.0, 10.0, 5.0]))
    routes = Routes(reserve=np.array([[1, 0]]))
    log = play(
        demand, lines, two_queues(np.ones((2, 2))), interval_s=1000.0, intervals=1, routes=routes, compiled=False
    )
    assert log.agent.tolist() == [0, 1, 0]
    assert log.reached.tolist() == [0.0, 1.0, 11.0]


@pytest.mark.parametrize(("calls", "ended"), [((), [250.0, 260.0]), ((120.0,), [260.0, 270.0])])
def test_whose_next_shift_begins_goes_on_with_work_in_hand_unless_it_yields(calls, ended):
    # Work in hand since 50 is done beyond the shift of 0 to 100. From 150 on it yields to a call, not to other work.
    times = [50.0, 60.0, *calls]
    demand = Demand(
        time=np.array(times),
        queue=np.array([1, 1, *(0 for _ in calls)]),
        service=np.array([200.0, 10.0, *(10.0 for _ in calls)]),
        due=np.array([999.0, 1500.0, *calls]),
    )
    staff = replace(one_agent((0, 100), (150, 900), shifts=(0, 1)), speed=np.ones((1, 2)))
    lines = Lines(rank=np.array([0, 9]), yields=np.array([False, True]))
    log = play(demand, lines, staff, interval_s=1000.0, intervals=1, compiled=False)
    assert log.ended[:2].tolist() == ended
    assert log.reached[2:].tolist() == [150.0 for _ in calls]
