"""Rosters: who works when, and the independent check that every rule is kept.

`solve` makes a roster from a requirement and a centre; `check` judges any roster by its frames alone. `explain` names
contradictions beforehand, `conflicts` the rules of a person that clash. Afterwards, `repair` mends it after events with
few changes, `check_swap`, `check_leave` and `backfill` answer what people ask, `why` tells what the opposite would
cost, and `diff` what a new roster changes.
"""

from wfm.roster.buying import Buy, Scope, service_levels
from wfm.roster.checking.checker import Rule, Violation, check
from wfm.roster.clashes.clash import Conflict, Fix, conflicts
from wfm.roster.clashes.contradictions import explain
from wfm.roster.clashes.floors import FloorConflict, FloorFix, floor_conflict
from wfm.roster.design.result import ShiftDesign
from wfm.roster.design.shifts import design_shifts
from wfm.roster.design.tours import Tour, TourPlan, plan_tours, tours_of
from wfm.roster.progress import Progress
from wfm.roster.published.changes import ChangeKind, RepairPrices
from wfm.roster.published.differences import RosterDiff, diff
from wfm.roster.published.events import LateArrival, Reforecast, SickCall, TrainingMoved
from wfm.roster.published.keep import continued, kept
from wfm.roster.published.mend import Repair, repair
from wfm.roster.published.opposite import Why, why
from wfm.roster.published.sessions import Session, SessionKind, SessionPlan, place_sessions
from wfm.roster.published.swaps import Verdict, backfill, check_leave, check_swap
from wfm.roster.reports import Cause
from wfm.roster.result import Roster, Status
from wfm.roster.solver import solve

__all__ = [
    "Buy",
    "Cause",
    "ChangeKind",
    "Conflict",
    "Fix",
    "FloorConflict",
    "FloorFix",
    "LateArrival",
    "Progress",
    "Reforecast",
    "Repair",
    "RepairPrices",
    "Roster",
    "RosterDiff",
    "Rule",
    "Scope",
    "Session",
    "SessionKind",
    "SessionPlan",
    "ShiftDesign",
    "SickCall",
    "Status",
    "Tour",
    "TourPlan",
    "TrainingMoved",
    "Verdict",
    "Violation",
    "Why",
    "backfill",
    "check",
    "check_leave",
    "check_swap",
    "conflicts",
    "continued",
    "design_shifts",
    "diff",
    "explain",
    "floor_conflict",
    "kept",
    "place_sessions",
    "plan_tours",
    "repair",
    "service_levels",
    "solve",
    "tours_of",
    "why",
]
