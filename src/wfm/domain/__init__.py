"""What a centre is: frozen, checked values on the standard library alone, each loaded when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm.domain.carry import CarryOver
    from wfm.domain.centre import Centre, Prices, Shrinkage
    from wfm.domain.hours import CalendarSpec, Event, EventKind, OpeningHours, OpenPeriod
    from wfm.domain.lock import Lock
    from wfm.domain.people import (
        Absence,
        Contract,
        ContractKind,
        Employee,
        Preference,
        Skill,
        Unavailability,
        Wish,
    )
    from wfm.domain.queue import Channel, Queue
    from wfm.domain.shift import ABSENT, BREAK, LUNCH, MEETING, TRAINING, WORK, Activity, Break, ShiftTemplate
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
    from wfm.domain.together import Fairness, Pair

_HOME = {
    "ABSENT": "wfm.domain.shift",
    "Absence": "wfm.domain.people",
    "Activity": "wfm.domain.shift",
    "BREAK": "wfm.domain.shift",
    "Break": "wfm.domain.shift",
    "CalendarSpec": "wfm.domain.hours",
    "CarryOver": "wfm.domain.carry",
    "Centre": "wfm.domain.centre",
    "Channel": "wfm.domain.queue",
    "Contract": "wfm.domain.people",
    "ContractKind": "wfm.domain.people",
    "Deadline": "wfm.domain.targets",
    "Employee": "wfm.domain.people",
    "Event": "wfm.domain.hours",
    "EventKind": "wfm.domain.hours",
    "Fairness": "wfm.domain.together",
    "LUNCH": "wfm.domain.shift",
    "Lock": "wfm.domain.lock",
    "LongestWait": "wfm.domain.targets",
    "MEETING": "wfm.domain.shift",
    "MaxAbandonment": "wfm.domain.targets",
    "MaxOccupancy": "wfm.domain.targets",
    "MeanAnswer": "wfm.domain.targets",
    "OpenPeriod": "wfm.domain.hours",
    "OpeningHours": "wfm.domain.hours",
    "Pair": "wfm.domain.together",
    "Preference": "wfm.domain.people",
    "Prices": "wfm.domain.centre",
    "Queue": "wfm.domain.queue",
    "ServiceLevel": "wfm.domain.targets",
    "ServiceLevelBasis": "wfm.domain.targets",
    "ShiftTemplate": "wfm.domain.shift",
    "Shrinkage": "wfm.domain.centre",
    "Skill": "wfm.domain.people",
    "TRAINING": "wfm.domain.shift",
    "Target": "wfm.domain.targets",
    "Unavailability": "wfm.domain.people",
    "WORK": "wfm.domain.shift",
    "Wish": "wfm.domain.people",
}

__all__ = [
    "ABSENT",
    "BREAK",
    "LUNCH",
    "MEETING",
    "TRAINING",
    "WORK",
    "Absence",
    "Activity",
    "Break",
    "CalendarSpec",
    "CarryOver",
    "Centre",
    "Channel",
    "Contract",
    "ContractKind",
    "Deadline",
    "Employee",
    "Event",
    "EventKind",
    "Fairness",
    "Lock",
    "LongestWait",
    "MaxAbandonment",
    "MaxOccupancy",
    "MeanAnswer",
    "OpenPeriod",
    "OpeningHours",
    "Pair",
    "Preference",
    "Prices",
    "Queue",
    "ServiceLevel",
    "ServiceLevelBasis",
    "ShiftTemplate",
    "Shrinkage",
    "Skill",
    "Target",
    "Unavailability",
    "Wish",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wfm.domain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
