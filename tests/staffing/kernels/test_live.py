from __future__ import annotations

import numpy as np
import pytest

from wfm.domain import LongestWait, MaxOccupancy, MeanAnswer, Queue, ServiceLevel
from wfm.staffing.kernels import live


def queue(*targets, **options):
    return Queue(**({"name": "calls", "targets": targets, "aht": "3min"} | options))


def test_readings_take_the_targets_or_their_wait():
    own = (ServiceLevel(0.9, "15s"), LongestWait("2min", breach=0.05))
    assert live.readings(queue(*own)) == (own[0], MeanAnswer("15s"), own[1])
    assert live.readings(queue(MeanAnswer("40s"))) == (
        ServiceLevel(0.8, "40s"),
        MeanAnswer("40s"),
        LongestWait("40s"),
    )
    assert live.readings(queue(MaxOccupancy(0.8)))[0] == ServiceLevel(0.8, "30s")
    assert live.readings(queue(ServiceLevel(0.8, "0s")))[1] == MeanAnswer("30s")


def test_the_model_is_named():
    assert live.method(queue(MeanAnswer("40s"))) == "Erlang C"
    assert live.method(queue(MeanAnswer("40s"), patience="2min")) == "Erlang A"
    chat = queue(MeanAnswer("40s"), channel="chat", concurrency=3)
    assert live.method(chat) == "balanced chat model, 3 sessions, Erlang C waiting"


def test_sessions_slow_each_other_down():
    chat = queue(MeanAnswer("40s"), channel="chat", concurrency=3, slowdown=0.2)
    lengths = live.session_lengths(chat, np.array([100.0]))
    assert [float(length[0]) for length in lengths] == pytest.approx([100.0, 120.0, 140.0])


def test_the_short_abandon_threshold_of_a_target_is_used():
    target = ServiceLevel(0.8, "30s", basis="short_abandons_excluded", short_abandon="5s")
    found = live.staff(queue(target, patience="1min"), np.array([100.0]), np.array([180.0]), 1800)
    assert found.service_level[0] >= 0.8
