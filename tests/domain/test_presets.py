from __future__ import annotations

import pytest

from wfm.domain import presets
from wfm.domain.people import ContractKind
from wfm.domain.queue import Channel


def test_the_queues_hold_the_standards_of_the_trade() -> None:
    told = {queue.name: [str(target) for target in queue.targets] for queue in presets.ecommerce_queues()}
    assert told == {
        "phone": ["80 % of offered within 30s", "longest wait 2min, breached by at most 5 %"],
        "chat": ["80 % of offered within 30s"],
        "social": ["95 % done within 1h"],
        "messages": ["95 % done within 2h"],
        "inquiries": ["95 % done within 4h"],
        "complaints": ["95 % done within 1d"],
    }


def test_live_channels_are_answered_by_a_level_and_the_others_by_a_deadline() -> None:
    for queue in presets.ecommerce_queues():
        assert queue.channel.is_live is not queue.is_deferred


def test_the_centre_is_open_round_the_clock() -> None:
    shop = presets.ecommerce()
    assert shop.calendar.hours.is_always
    assert (shop.tz, shop.calendar.country, shop.currency) == ("Asia/Shanghai", "CN", "CNY")
    assert shop.queue("chat").channel is Channel.CHAT
    assert shop.queue("chat").concurrency == 3


def test_each_sort_of_contract_has_shifts_that_fit() -> None:
    shop = presets.ecommerce()
    assert [contract.kind for contract in shop.contracts] == [
        ContractKind.FULL,
        ContractKind.PART,
        ContractKind.TEMPORARY,
    ]
    fitting = {contract.name: [shift.name for shift in shop.templates_of(contract)] for contract in shop.contracts}
    assert fitting == {
        "full": ["early", "day", "late", "night"],
        "part": ["short"],
        "temporary": ["early", "day", "late", "short"],
    }


@pytest.mark.parametrize("name", presets.__all__)
def test_presets_are_the_same_each_time(name: str) -> None:
    make = getattr(presets, name)
    assert make() == make()
