"""The centre of the shop example is legal, keeps the standards of the presets, and is the one described."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from wfm.domain import ContractKind, presets
from wfm.io import read_centre

SHOP = Path(__file__).parents[2] / "examples" / "shop" / "centre.toml"


def test_it_keeps_the_standards_of_the_trade() -> None:
    centre, preset = read_centre(SHOP), presets.ecommerce()
    for name in ("tz", "queues", "contracts", "shifts", "shrinkage", "currency"):
        assert getattr(centre, name) == getattr(preset, name)
    assert centre.calendar.hours.is_always


def test_its_people_are_a_mixture() -> None:
    centre = read_centre(SHOP)
    kinds = Counter(centre.contract(who.contract).kind for who in centre.employees)
    assert kinds == {ContractKind.FULL: 15, ContractKind.PART: 10, ContractKind.TEMPORARY: 3}
    assert len({who.team for who in centre.employees}) == 5
    assert sum(len(who.skills) > 1 for who in centre.employees) > 10
    assert sum(skill.proficiency < 1 for who in centre.employees for skill in who.skills) > 10
    # Somebody with each skill may work at night, when the centre is open too.
    at_night = {name for who in centre.employees if who.contract == "full" for name in who.queues}
    assert at_night == {queue.name for queue in centre.queues}
