"""What a centre is: frozen, checked values on the standard library alone."""

from wfm.domain.centre import Centre, Prices, Shrinkage
from wfm.domain.hours import CalendarSpec, Event, EventKind, OpeningHours, OpenPeriod
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
from wfm.domain.shift import BREAK, LUNCH, MEETING, TRAINING, WORK, Activity, Break, ShiftTemplate
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

__all__ = [
    "BREAK",
    "LUNCH",
    "MEETING",
    "TRAINING",
    "WORK",
    "Absence",
    "Activity",
    "Break",
    "CalendarSpec",
    "Centre",
    "Channel",
    "Contract",
    "ContractKind",
    "Deadline",
    "Employee",
    "Event",
    "EventKind",
    "LongestWait",
    "MaxAbandonment",
    "MaxOccupancy",
    "MeanAnswer",
    "OpenPeriod",
    "OpeningHours",
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
