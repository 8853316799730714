"""What days and times mean to a centre: opening hours, business time, public holidays, make-up days, events.

A `wfm.domain.CalendarSpec` says it; `Calendar` computes with it. Opening hours are read off the wall clock, lengths are
elapsed time.
"""

from wfm.calendar.commerce import commerce_events
from wfm.calendar.core import Calendar
from wfm.calendar.days import makeup_days, public_holidays
from wfm.calendar.events import EventDay, Phase

__all__ = ["Calendar", "EventDay", "Phase", "commerce_events", "makeup_days", "public_holidays"]
