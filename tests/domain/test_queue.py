from __future__ import annotations

from typing import Any

import pytest

from wfm.domain.hours import OpeningHours
from wfm.domain.queue import Channel, Queue
from wfm.domain.targets import Deadline, MaxAbandonment, MaxOccupancy, ServiceLevel
from wfm.errors import DataError

LEVEL = ServiceLevel(0.8, "30s")


def queue(**changes: Any) -> Queue:
    return Queue(**{"name": "calls", "targets": (LEVEL,), **changes})


def test_the_defaults_are_a_plain_phone_queue() -> None:
    plain = queue()
    assert (plain.channel, plain.concurrency, plain.priority, plain.min_agents) == (Channel.PHONE, 1, 0, 0)
    assert (plain.aht_s, plain.patience_s, plain.hours) == (None, None, None)


def test_text_becomes_values() -> None:
    chat = queue(channel="chat", aht="6min", patience="90s", hours="Mon-Fri 08:00-18:00", concurrency=3, slowdown=0.2)
    assert (chat.channel, chat.aht_s, chat.patience_s) == (Channel.CHAT, 360.0, 90.0)
    assert chat.hours == OpeningHours("Mon-Fri 08:00-18:00")


def test_one_target_needs_no_tuple() -> None:
    assert queue(targets=LEVEL).targets == (LEVEL,)
    assert queue(targets=[LEVEL]).targets == (LEVEL,)


def test_live_and_deferred_work() -> None:
    assert [channel.value for channel in Channel if channel.is_live] == ["phone", "chat"]
    assert queue(channel="email", targets=(Deadline("4h"), Deadline("2h", fraction=0.8))).is_deferred
    assert not queue().is_deferred


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": ""}, "name must be a name, got ''; give a non-empty text without spaces at its ends"),
        (
            {"channel": "fone"},
            "unknown channel 'fone'; did you mean 'phone'? Known: case, chat, email, message, phone, social",
        ),
        ({"aht": 180}, "aht has no unit: 180; write '180s', '180min' or '180h'"),
        (
            {"patience": "0s"},
            "patience must be more than 0, got '0s'; give a length of time such as '30s'",
        ),
        ({"concurrency": 0}, "concurrency must be a whole number from 1 to 20, got 0"),
        ({"concurrency": 3}, "concurrency 3 on channel phone; only a chat has more than 1"),
        ({"slowdown": -0.1}, "slowdown must be a number in [0, 10], got -0.1"),
        ({"priority": -1}, "priority must be a whole number at least 0, got -1"),
        ({"min_agents": 1.5}, "min_agents must be a whole number at least 0, got 1.5"),
        ({"targets": ()}, "no targets; give at least one, such as ServiceLevel(0.8, '30s')"),
        ({"targets": "80/30"}, "'80/30' is not a target; write ServiceLevel(0.8, '30s')"),
        (
            {"targets": (MaxAbandonment(0.03),)},
            "target 'at most 3 % abandon' without a patience; give patience, such as '2min'",
        ),
        (
            {"channel": "email", "targets": (Deadline("4h"), LEVEL, MaxOccupancy(0.85))},
            "a deadline together with other targets: 80 % of offered within 30s, occupancy at most 85 %; "
            "make two queues, one live and one deferred",
        ),
        (
            {"channel": "chat", "targets": Deadline("4h")},
            "a deadline on channel chat, where the customer waits on the line; "
            "give channel 'message', 'social', 'email' or 'case', or a ServiceLevel in place of the deadline",
        ),
        ({"hours": "Mon"}, "cannot read the opening rule 'Mon'; write 'Mon-Fri 08:00-18:00'"),
    ],
)
def test_each_fault_has_its_message(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError) as caught:
        queue(**changes)
    assert str(caught.value) == text


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        queue(aht=3, concurrency=0, priority=-1, targets=())
    assert len(caught.value.problems) == 4
    assert str(caught.value).startswith("4 problems in queue 'calls':")


def test_a_patience_allows_a_limit_on_abandonment() -> None:
    limit = MaxAbandonment(0.03)
    assert queue(targets=(limit,), patience="2min").targets == (limit,)


def test_slowdown_by_the_number_of_sessions():
    chat = queue(channel="chat", aht="6min", concurrency=3, slowdown=[0.25, 1.0])
    assert chat.slowdown == (0.25, 1.0)
    assert chat.session_factors == (1.0, 1.25, 2.0)
    assert queue(channel="chat", concurrency=3, slowdown=0.5).session_factors == (1.0, 1.5, 2.0)
    for wrong in ((0.25,), (0.5, 0.25)):
        with pytest.raises(DataError, match="a share for each number of sessions from 2 to the concurrency"):
            queue(channel="chat", concurrency=3, slowdown=wrong)
    with pytest.raises(DataError, match=r"slowdown must be a number in \[0, 10\]"):
        queue(channel="chat", concurrency=2, slowdown=[-0.1])
