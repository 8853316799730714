"""Tables, pictures and one-file pages that a planner puts before a manager. Needs the `report` extra."""

from wfm.report.page import Report, plan

__all__ = ["Report", "plan"]
