"""Contacts and tickets and what became of them: the input of forecasts and measures."""

from wfm.tickets.intervals import interval_history
from wfm.tickets.outcomes import Outcomes, outcomes_of
from wfm.tickets.states import TRANSITIONS, TicketState, check_transitions

__all__ = ["TRANSITIONS", "Outcomes", "TicketState", "check_transitions", "interval_history", "outcomes_of"]
