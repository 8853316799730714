"""The model: its faults named, and its routing as arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wfm.domain.targets import MaxOccupancy
from wfm.errors import DataError
from wfm.simulate import Lateness, Lognormal, Model, Redial, Route, Routing
from wfm.simulate.routing import lines_of, routes_of
from wfm.testing import make_centre

CENTRE = make_centre(people=3, cross_skilled=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Redial(probability=40), r"write 0.4 for 40 %"),
        (lambda: Redial(probability=0.4, delay=300), "delay has no unit"),
        (lambda: Lateness(probability=0.1, mean="0s"), "mean must be more than 0"),
        (lambda: Routing(agents="fast"), "unknown agents 'fast'; did you mean 'fastest'"),
        (lambda: Route(queue="calls", group=("orders",)), "does not serve queue 'calls'"),
        (lambda: Model(service="lognormal"), "service must not be 'lognormal'"),
        (lambda: Model(balking=20), r"write 0.2 for 20 %"),
        (lambda: Model(trunks=0), "trunks must be a whole number at least 1"),
        (lambda: Model(service={"cals": Lognormal()}).check(CENTRE), "unknown queue 'cals'; did you mean 'calls'"),
        (
            lambda: Routing(routes=(Route(queue="calls", group=("calls",)),) * 2),
            "two routes of queue 'calls' and group",
        ),
    ],
)
def test_models_that_cannot_be(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_relative_wait_needs_a_target_for_the_wait():
    centre = replace(CENTRE, queues=tuple(replace(queue, targets=(MaxOccupancy(0.9),)) for queue in CENTRE.queues))
    with pytest.raises(DataError, match="queue 'calls' has no target for its wait"):
        Model(routing=Routing(contacts="relative_wait")).check(centre)


def test_routes_stand_in_the_place_of_their_group_and_queue():
    both = ("calls", "orders")
    model = Model(routing=Routing(routes=(Route(queue="orders", group=both, order=0, after="30s", reserve=2),)))
    skills = np.array([[False, True], [True, True]])
    routes = routes_of(skills, lines_of(CENTRE, model), CENTRE, model)
    assert routes.tier.tolist() == [[1, 1], [2, 0]]
    assert routes.after.tolist() == [[0, 0], [0, 30]]
    assert routes.reserve.tolist() == [[0, 0], [0, 2]]


def test_a_route_of_a_group_that_nobody_is_in():
    centre = make_centre(people=3)
    model = Model(routing=Routing(routes=(Route(queue="calls", group=("calls", "orders")),)))
    lines = lines_of(centre, Model())
    with pytest.raises(DataError, match="no employee serves exactly the queues calls, orders"):
        routes_of(np.array([[True]]), lines, centre, model)


def test_targets_weigh_waits_and_ageing_counts_seconds():
    lines = lines_of(CENTRE, Model(routing=Routing(contacts="relative_wait", ageing="2min", agents="fastest")))
    within = [queue.targets[0].within_s for queue in CENTRE.queues]
    assert lines.weight == pytest.approx([1 / seconds for seconds in within])
    assert lines.ageing == pytest.approx([1 / 120] * 2)
    assert lines.fastest
