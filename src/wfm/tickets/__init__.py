"""Contacts and what became of them: the input of forecasts and measures."""

from wfm.tickets.intervals import interval_history
from wfm.tickets.outcomes import Outcomes, outcomes_of

__all__ = ["Outcomes", "interval_history", "outcomes_of"]
