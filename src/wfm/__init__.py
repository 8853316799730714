"""Workforce management for customer-service centres: forecast, staffing, rosters, and their proof by simulation.

Every submodule is loaded when it is first used: `import wfm` costs next to nothing, and a service that asks for one
Erlang figure never loads a solver.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfm import (
        calendar,
        datasets,
        domain,
        erlang,
        errors,
        forecast,
        io,
        kpi,
        planning,
        quotes,
        report,
        roster,
        schema,
        shifts,
        simulate,
        staffing,
        stats,
        testing,
        tickets,
        timegrid,
    )
    from wfm.domain import (
        Break,
        CalendarSpec,
        Centre,
        Contract,
        Deadline,
        Employee,
        Event,
        LongestWait,
        MaxAbandonment,
        MaxOccupancy,
        MeanAnswer,
        OpeningHours,
        Preference,
        Prices,
        Queue,
        ServiceLevel,
        ServiceLevelBasis,
        ShiftTemplate,
        Shrinkage,
        Skill,
        Unavailability,
        presets,
    )
    from wfm.errors import DataError, InfeasibleError, NotFittedError, WfmError
    from wfm.planning import Plan, plan
    from wfm.quotes.answer import Quote
    from wfm.quotes.engine import quote
    from wfm.quotes.request import QuoteRequest
    from wfm.simulate.theory import selfcheck
    from wfm.timegrid import Horizon
    from wfm.versions import show_versions

__version__ = "0.1.0"

_SUBMODULES = frozenset(
    {
        "calendar",
        "datasets",
        "domain",
        "erlang",
        "errors",
        "forecast",
        "io",
        "kpi",
        "planning",
        "quotes",
        "report",
        "roster",
        "schema",
        "shifts",
        "simulate",
        "staffing",
        "stats",
        "testing",
        "tickets",
        "timegrid",
    }
)

_HOME = {
    "Break": "wfm.domain.shift",
    "CalendarSpec": "wfm.domain.hours",
    "Centre": "wfm.domain.centre",
    "Contract": "wfm.domain.people",
    "DataError": "wfm.errors",
    "Deadline": "wfm.domain.targets",
    "Employee": "wfm.domain.people",
    "Event": "wfm.domain.hours",
    "Horizon": "wfm.timegrid",
    "InfeasibleError": "wfm.errors",
    "LongestWait": "wfm.domain.targets",
    "MaxAbandonment": "wfm.domain.targets",
    "MaxOccupancy": "wfm.domain.targets",
    "MeanAnswer": "wfm.domain.targets",
    "NotFittedError": "wfm.errors",
    "OpeningHours": "wfm.domain.hours",
    "Plan": "wfm.planning",
    "Preference": "wfm.domain.people",
    "Prices": "wfm.domain.centre",
    "Queue": "wfm.domain.queue",
    "Quote": "wfm.quotes.answer",
    "QuoteRequest": "wfm.quotes.request",
    "ServiceLevel": "wfm.domain.targets",
    "ServiceLevelBasis": "wfm.domain.targets",
    "ShiftTemplate": "wfm.domain.shift",
    "Shrinkage": "wfm.domain.centre",
    "Skill": "wfm.domain.people",
    "Unavailability": "wfm.domain.people",
    "WfmError": "wfm.errors",
    "plan": "wfm.planning",
    "selfcheck": "wfm.simulate.theory",
    "quote": "wfm.quotes.engine",
    "show_versions": "wfm.versions",
}

__all__ = [
    "Break",
    "CalendarSpec",
    "Centre",
    "Contract",
    "DataError",
    "Deadline",
    "Employee",
    "Event",
    "Horizon",
    "InfeasibleError",
    "LongestWait",
    "MaxAbandonment",
    "MaxOccupancy",
    "MeanAnswer",
    "NotFittedError",
    "OpeningHours",
    "Plan",
    "Preference",
    "Prices",
    "Queue",
    "Quote",
    "QuoteRequest",
    "ServiceLevel",
    "ServiceLevelBasis",
    "ShiftTemplate",
    "Shrinkage",
    "Skill",
    "Unavailability",
    "WfmError",
    "calendar",
    "datasets",
    "domain",
    "erlang",
    "errors",
    "forecast",
    "io",
    "kpi",
    "plan",
    "planning",
    "presets",
    "quote",
    "quotes",
    "report",
    "roster",
    "schema",
    "selfcheck",
    "shifts",
    "show_versions",
    "simulate",
    "staffing",
    "stats",
    "testing",
    "tickets",
    "timegrid",
]


def __getattr__(name: str) -> object:
    if name in _SUBMODULES:
        return importlib.import_module(f"wfm.{name}")
    if name == "presets":
        return importlib.import_module("wfm.domain.presets")
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'wfm' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
