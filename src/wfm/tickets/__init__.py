"""Contacts and tickets and what became of them: the input of forecasts and measures."""

from wfm.tickets.ageing import backlog, backlog_work
from wfm.tickets.attainment import SlaClocks
from wfm.tickets.audit import SlaAudit, sla_audit
from wfm.tickets.clocks import sla_clocks
from wfm.tickets.effort import touches, workload
from wfm.tickets.intervals import interval_history
from wfm.tickets.links import check_surveys
from wfm.tickets.model import (
    Actor,
    Contact,
    EmployeeState,
    EventKind,
    QualityScore,
    Survey,
    Ticket,
    TicketEvent,
    TicketKind,
    WorkState,
    records_frame,
)
from wfm.tickets.outcomes import Outcomes, outcomes_of
from wfm.tickets.policy import SlaMeasure, SlaPolicy, SlaTarget, policies_of
from wfm.tickets.quality import Finding, QualityReport, data_quality
from wfm.tickets.spells import state_spells, ticket_facts
from wfm.tickets.states import TRANSITIONS, IllegalStep, TicketState, TransitionError, check_transitions

__all__ = [
    "TRANSITIONS",
    "Actor",
    "Contact",
    "EmployeeState",
    "EventKind",
    "Finding",
    "IllegalStep",
    "Outcomes",
    "QualityReport",
    "QualityScore",
    "SlaAudit",
    "SlaClocks",
    "SlaMeasure",
    "SlaPolicy",
    "SlaTarget",
    "Survey",
    "Ticket",
    "TicketEvent",
    "TicketKind",
    "TicketState",
    "TransitionError",
    "WorkState",
    "backlog",
    "backlog_work",
    "check_surveys",
    "check_transitions",
    "data_quality",
    "interval_history",
    "outcomes_of",
    "policies_of",
    "records_frame",
    "sla_audit",
    "sla_clocks",
    "state_spells",
    "ticket_facts",
    "touches",
    "workload",
]
