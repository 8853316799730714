"""The rules of routing from the centre to the log: each one changes who is answered when, and by whom."""

from __future__ import annotations

import pandas as pd
import pytest

from wfm import simulate
from wfm.domain.centre import Centre
from wfm.domain.people import Contract, Employee, Skill
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline, ServiceLevel
from wfm.simulate import Empirical, Model, Route, Routing

NINE = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
# Every contact takes its 60 seconds.
STEADY = Empirical([1.0])


def place(people, **queues):
    """Return a centre of people with their skills, and queues of targets or of a priority and targets."""
    return Centre(
        name="a place",
        tz="Europe/Berlin",
        queues=tuple(
            Queue(name=name, aht="60s", priority=given[0], targets=given[1:], channel=channel(given[1]))
            for name, given in queues.items()
        ),
        contracts=(Contract(name="any"),),
        employees=tuple(
            Employee(
                id=name,
                contract="any",
                skills=tuple(Skill(*item) if isinstance(item, tuple) else Skill(item) for item in skills),
            )
            for name, skills in people.items()
        ),
    )


def channel(target):
    return "email" if isinstance(target, Deadline) else "phone"


def answers(centre, came, routing=None, rows=None):
    """Return who answered each contact of `came`, pairs of a queue and a second, and when, in order of arrival."""
    starts = [NINE, NINE + pd.Timedelta(minutes=30)]
    forecast = pd.concat(
        [pd.DataFrame({"queue": queue.name, "start": starts, "offered": 5.0}) for queue in centre.queues]
    )
    rows = rows or [(employee.id, 0, 3600, "work") for employee in centre.employees]
    roster = pd.DataFrame(rows, columns=["employee", "start", "end", "activity"]).astype({"employee": "str"})
    times = {name: NINE + pd.to_timedelta(roster[name], unit="s") for name in ("start", "end")}
    roster = roster.assign(queue=None, **times).astype({"queue": "str"})
    log = pd.DataFrame(
        {
            "contact_id": [str(number) for number in range(len(came))],
            "queue": [queue for queue, _ in came],
            "arrived_at": [NINE + pd.Timedelta(seconds=second) for _, second in came],
        }
    ).assign(answered_at=pd.NaT, abandoned_at=pd.NaT)
    for column in ("answered_at", "abandoned_at"):
        log[column] = pd.to_datetime(log[column], utc=True).dt.tz_convert("Europe/Berlin")
    model = Model(service=STEADY, routing=routing or Routing())
    found = simulate.trace(forecast.reset_index(drop=True), roster, centre, replay=log, model=model)
    seconds = (found["answered_at"] - NINE).dt.total_seconds()
    ended = (found["ended_at"] - NINE).dt.total_seconds()
    return list(zip(found["employee"], seconds, ended, strict=True))


SOON, LATER = ServiceLevel(0.8, "20s"), ServiceLevel(0.8, "200s")


def test_deferred_work_is_put_aside_where_that_is_said():
    centre = place({"A": ("calls", "mail")}, calls=(0, SOON), mail=(0, Deadline("4h")))
    came = [("mail", 0), ("calls", 20)]
    assert answers(centre, came) == [("A", 0, 60), ("A", 60, 120)]
    # The call is taken at once; the mail has 40 seconds left.
    assert answers(centre, came, Routing(interrupt_deferred=True)) == [("A", 0, 120), ("A", 20, 80)]


def test_a_group_helps_after_a_wait():
    centre = place({"A": ("calls",), "B": ("calls", "orders")}, calls=(0, SOON), orders=(0, SOON))
    came = [("calls", 0), ("calls", 5)]
    assert answers(centre, came) == [("A", 0, 60), ("B", 5, 65)]
    late = Route(queue="calls", group=("calls", "orders"), after="30s")
    assert answers(centre, came, Routing(routes=(late,))) == [("A", 0, 60), ("B", 35, 95)]


def test_a_group_keeps_some_of_its_people_for_others():
    centre = place({"A": ("calls", "orders"), "B": ("calls", "orders")}, calls=(0, SOON), orders=(0, SOON))
    came = [("calls", 0), ("calls", 5), ("orders", 10)]
    kept = Route(queue="calls", group=("calls", "orders"), reserve=1)
    assert [second for _, second, _ in answers(centre, came)] == [0, 5, 60]
    # The second call waits until one of the two is left without any.
    assert [second for _, second, _ in answers(centre, came, Routing(routes=(kept,)))] == [0, 70, 10]


def test_order_and_priority_of_a_group():
    people = {"A": ("calls",), "B": ("calls", "orders")}
    centre = place(people, calls=(0, SOON), orders=(0, SOON))
    first = Route(queue="calls", group=("calls", "orders"), order=0)
    assert answers(centre, [("calls", 0)])[0][0] == "A"
    assert answers(centre, [("calls", 0)], Routing(routes=(first,)))[0][0] == "B"
    alone = place({"B": ("calls", "orders")}, calls=(0, SOON), orders=(0, SOON))
    came = [("calls", 0), ("calls", 5), ("orders", 10)]
    urgent = Route(queue="calls", group=("calls", "orders"), priority=9)
    assert [second for _, second, _ in answers(alone, came)] == [0, 60, 120]
    assert [second for _, second, _ in answers(alone, came, Routing(routes=(urgent,)))] == [0, 120, 60]


@pytest.mark.parametrize(("rule", "people"), [("longest_idle", ["A", "B"]), ("fastest", ["B", "B"])])
def test_the_longest_idle_or_the_fastest(rule, people):
    centre = place({"A": (("calls", 0.8),), "B": (("calls", 1.2),)}, calls=(0, SOON))
    found = answers(centre, [("calls", 10), ("calls", 600)], Routing(agents=rule))
    assert [name for name, _, _ in found] == people


def test_relative_wait_and_ageing():
    centre = place({"A": ("soon", "later")}, soon=(0, SOON), later=(0, LATER))
    came = [("soon", 0), ("later", 10), ("soon", 30)]
    # At 60 the one has waited 50 of 200 seconds, the other 30 of 20.
    assert [second for _, second, _ in answers(centre, came)] == [0, 60, 120]
    assert [second for _, second, _ in answers(centre, came, Routing(contacts="relative_wait"))] == [0, 120, 60]
    unequal = place({"A": ("soon", "later")}, soon=(0, SOON), later=(1, LATER))
    assert [second for _, second, _ in answers(unequal, came)] == [0, 120, 60]
    # With a step of priority for 15 seconds of wait, 20 seconds longer in line are worth more than one step.
    assert [second for _, second, _ in answers(unequal, came, Routing(ageing="15s"))] == [0, 60, 120]


def test_who_is_in_a_meeting_takes_nothing_and_begins_it_late():
    centre = place({"A": ("calls",)}, calls=(0, SOON))
    rows = [("A", 0, 300, "work"), ("A", 300, 900, "meeting"), ("A", 900, 3600, "work")]
    found = answers(centre, [("calls", 280), ("calls", 400)], rows=rows)
    # The first call ends at 340: the meeting of ten minutes is taken in full.
    assert found == [("A", 280, 340), ("A", 940, 1000)]
