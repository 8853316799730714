"""Rosters: who works when, and the independent check that every rule is kept.

`solve` makes a roster from a requirement and a centre; `check` judges any roster by its frames alone.
"""

from wfm.roster.checker import Rule, Violation, check
from wfm.roster.result import Roster, Status
from wfm.roster.solver import solve

__all__ = ["Roster", "Rule", "Status", "Violation", "check", "solve"]
