"""What a search tells while it runs, and that nothing found is lost when it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from threading import Event

import pandas as pd
import pytest

from wfm.domain import Centre, Preference, ShiftTemplate
from wfm.roster import check, solve
from wfm.roster.progress import Progress

Problem = tuple[pd.DataFrame, Centre]


@pytest.fixture
def problem(need: Callable[..., pd.DataFrame], make_centre: Callable[..., Centre]) -> Problem:
    """Return a problem on which a search does not end by itself: everybody is needed and wishes the day off."""
    shift = ShiftTemplate(name="day", earliest_start="07:00", latest_start="12:00", min_length="5h", max_length="8h")
    centre = make_centre([("calls",), ("chat",), ("calls", "chat")] * 2, shifts=(shift,))
    wish = Preference(day=date(2026, 11, 2), wish="off")
    wishing = tuple(replace(employee, preferences=(wish,)) for employee in centre.employees)
    return need("2026-11-02 07:00", 26, calls=3, chat=2), replace(centre, employees=wishing)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it tell at every turn, however fast the machine is."""
    monkeypatch.setattr("wfm.roster.solver._BETWEEN_S", 0.0)


def test_it_tells_how_far_it_is(problem: Problem) -> None:
    told: list[Progress] = []
    roster = solve(*problem, time_limit="3s", work_limit=10**6, progress=told.append)
    assert {one.phase for one in told} >= {"search"}
    assert [one.elapsed_s for one in told] == sorted(one.elapsed_s for one in told)
    costs = [one.incumbent for one in told]
    assert costs == sorted(costs, reverse=True)
    assert roster.objective <= costs[-1] + 1e-6


def test_cancelled_beforehand_it_returns_a_legal_roster(problem: Problem) -> None:
    stop = Event()
    stop.set()
    roster = solve(*problem, work_limit=10**6, cancel=stop)
    assert check(roster, problem[1], problem[0]) == []


@pytest.mark.parametrize("by_interrupt", [False, True])
def test_stopped_on_the_way_it_returns_the_best_so_far(problem: Problem, by_interrupt: bool) -> None:
    stop = Event()
    told: list[Progress] = []

    def progress(now: Progress) -> None:
        told.append(now)
        if now.phase == "search" and len(told) > 2:
            if by_interrupt and not stop.is_set():
                stop.set()
                raise KeyboardInterrupt
            stop.set()

    roster = solve(*problem, work_limit=10**6, time_limit="60s", progress=progress, cancel=stop)
    assert check(roster, problem[1], problem[0]) == []
    assert roster.objective <= min(one.incumbent for one in told) + 1e-6
