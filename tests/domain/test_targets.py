from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
    Target,
)
from wfm.errors import DataError


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (ServiceLevel(0.8, "30s"), "80 % of offered within 30s"),
        (ServiceLevel(0.995, "0s", basis="virtual"), "99.5 % of virtual within 0s"),
        (MeanAnswer("90s"), "mean answer within 1min30s"),
        (LongestWait("2min"), "longest wait 2min, breached by at most 1 %"),
        (MaxAbandonment(0.03), "at most 3 % abandon"),
        (MaxOccupancy(1), "occupancy at most 100 %"),
        (Deadline("4h", fraction=1), "100 % done within 4h"),
    ],
)
def test_targets_read_as_sentences(target: Target, text: str) -> None:
    assert str(target) == text


@pytest.mark.parametrize("target", [MeanAnswer("30s"), LongestWait("30s"), Deadline("30s"), ServiceLevel(0.8, "30s")])
def test_within_is_kept_as_a_length_and_as_seconds(target: MeanAnswer | LongestWait | Deadline | ServiceLevel) -> None:
    assert (target.within, target.within_s) == (timedelta(seconds=30), 30.0)


def test_targets_are_values() -> None:
    assert ServiceLevel(0.8, "60s") == ServiceLevel(0.8, timedelta(minutes=1))
    assert len({ServiceLevel(0.8, "60s"), ServiceLevel(0.8, "1min"), MeanAnswer("60s")}) == 2
    with pytest.raises(FrozenInstanceError):
        MeanAnswer("30s").within = "1min"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ServiceLevel(80, "30s"), "fraction must be a number in (0, 1), got 80; write 0.8 for 80 %"),
        (lambda: ServiceLevel(1.0, "30s"), "fraction must be a number in (0, 1), got 1.0"),
        (lambda: ServiceLevel(0.8, 30), "within has no unit: 30; write '30s', '30min' or '30h'"),
        (
            lambda: ServiceLevel(0.8, "30s", basis="ofered"),
            "unknown basis 'ofered'; did you mean 'offered'? Known: abandons_within_excluded, abandons_within_met, "
            "answered, offered, short_abandons_excluded, short_abandons_met, virtual",
        ),
        (
            lambda: ServiceLevel(0.8, "30s", basis="short_abandons_met"),
            "short_abandon is None with basis 'short_abandons_met'; give short_abandon, such as '5s'",
        ),
        (
            lambda: ServiceLevel(0.8, "30s", short_abandon="5s"),
            "short_abandon is '5s' with basis 'offered'; leave short_abandon out",
        ),
        (lambda: MeanAnswer("0s"), "within must be more than 0, got '0s'; give a length of time such as '30s'"),
        (lambda: LongestWait("0s"), "within must be more than 0, got '0s'; give a length of time such as '30s'"),
        (
            lambda: LongestWait("30s", breach=0),
            "breach must be above 0, got 0: no staff can promise a longest wait; write breach=0.01",
        ),
        (lambda: LongestWait("30s", breach=1), "breach must be a number in (0, 1), got 1"),
        (lambda: MaxAbandonment(3), "fraction must be a number in (0, 1), got 3; write 0.03 for 3 %"),
        (lambda: MaxOccupancy(85), "fraction must be a number in (0, 1], got 85; write 0.85 for 85 %"),
        (lambda: Deadline("4h", fraction=95), "fraction must be a number in (0, 1], got 95; write 0.95 for 95 %"),
        (lambda: Deadline(4), "within has no unit: 4; write '4s', '4min' or '4h'"),
    ],
)
def test_targets_out_of_range_are_refused(make: object, text: str) -> None:
    with pytest.raises(DataError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value) == text


def test_two_bases_need_a_threshold() -> None:
    needing = {basis for basis in ServiceLevelBasis if basis.needs_short_abandon}
    assert needing == {ServiceLevelBasis.SHORT_ABANDONS_MET, ServiceLevelBasis.SHORT_ABANDONS_EXCLUDED}
    level = ServiceLevel(0.8, "30s", basis="short_abandons_excluded", short_abandon="5s")
    assert (level.basis, level.short_abandon_s) == (ServiceLevelBasis.SHORT_ABANDONS_EXCLUDED, 5.0)
    assert ServiceLevel(0.8, "30s").short_abandon_s is None
