"""What a roster can break, and one rule broken once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pandas as pd

__all__ = ["Rule", "Violation", "violations_frame"]


class Rule(StrEnum):
    """What a roster can break.

    The day of a shift is the local date of its start, a week runs from Monday to Sunday, and all hours of a shift
    belong to its day. Lengths and rests are elapsed time; the windows of starts are wall clock in the zone of the
    centre, where a start that the clock skips is read as in `wfm.timegrid.localize`: 02:30 is at 03:30.

    Names
        `unknown_employee`, `unknown_template`, `unknown_queue`; `unknown_activity`: neither work, meeting, training
        or absent nor a break of the shift's template.
    Shifts
        `template_not_allowed` by the contract; `weekday_not_allowed`, `start_outside_window`, `start_off_step` (counted
        from the earliest start), `length_outside_range`, `length_off_step` (counted from the shortest length) by the
        template; `shift_overlap` and `two_shifts_on_day` of one person; `unavailable`: any part of the shift falls into
        an unavailability. `template_after`: its template may not follow that of the day before; `rotation`: it is not
        in the week of the rotation; `template_too_often` in the horizon. `lock`: a day is not as a lock says.
    Stretches
        The rows of `activities` tile every shift: `stretch_empty` (ends where it starts, or before),
        `stretch_outside_shift`, `stretch_overlap`, `stretch_gap`. A stretch of work has a queue (`work_without_queue`)
        that the person has the skill for (`serves_without_skill`), and nothing else has one (`queue_off_work`).
    Breaks
        Every break of the template stands once in the shift: `break_missing`, `break_twice`, `break_wrong_length`,
        `break_outside_window` (of its start, from the start of the shift), `break_too_close` to the start or the end of
        the shift or to another break. Stretches of one break that touch are one.
    Hours
        `paid_hours_wrong`: `paid_h` is the elapsed time less the unpaid breaks. Limits are held against the paid time
        that follows from the frames, not against the column: `day_hours` (the shifts of a day together),
        `week_hours_above` (`max_week` and `max_overtime_week`), `week_hours_below`, `period_hours_above`,
        `period_hours_below` (of all shifts; not reduced by leave).
        `week_hours_below`: the minimum is reduced by a fifth for each day from Monday to Friday that is
        wholly covered by unavailability of any reason, and does not bind in a week cut by the horizon, unless it is cut
        at its begin alone and it is known what the person worked before.
    Days
        `days_per_week`; `days_in_a_row` and `days_in_a_row_below`; `days_off_in_a_row_below`; `rest` between shifts
        that follow each other; `weekends`: those with a shift whose day is a Saturday or a Sunday; `weekend_split`: one
        of these is worked and the other is not; `nights_in_a_row`: shifts on days in a row with at least 3 hours
        between 23:00 and 06:00 on the wall clock; `free_stretch`: the longest stretch without work that begins in a
        whole week, counted from its Monday at the earliest, to the start of the next shift, at the latest to the end of
        the horizon; `start_spread`: the shortest arc of the clock that holds all starts of a week.
        A run at an edge of the horizon is not too short, unless it is known how it began and it ends inside. What a
        person worked before the horizon counts in all of these.
    Coverage
        `coverage_wrong`: each row of the requirement has a row; `required` is `scheduled`; `rostered` is the time of
        the stretches of work on the queue within the interval over its length; `under` and `over` follow. A person
        counts as their proficiency on the queue says: at 0.5 as half a head.
    """

    UNKNOWN_EMPLOYEE = "unknown_employee"
    UNKNOWN_TEMPLATE = "unknown_template"
    UNKNOWN_QUEUE = "unknown_queue"
    UNKNOWN_ACTIVITY = "unknown_activity"
    TEMPLATE_NOT_ALLOWED = "template_not_allowed"
    WEEKDAY_NOT_ALLOWED = "weekday_not_allowed"
    START_OUTSIDE_WINDOW = "start_outside_window"
    START_OFF_STEP = "start_off_step"
    LENGTH_OUTSIDE_RANGE = "length_outside_range"
    LENGTH_OFF_STEP = "length_off_step"
    SHIFT_OVERLAP = "shift_overlap"
    TWO_SHIFTS_ON_DAY = "two_shifts_on_day"
    UNAVAILABLE = "unavailable"
    TEMPLATE_AFTER = "template_after"
    ROTATION = "rotation"
    TEMPLATE_TOO_OFTEN = "template_too_often"
    LOCK = "lock"
    STRETCH_EMPTY = "stretch_empty"
    STRETCH_OUTSIDE_SHIFT = "stretch_outside_shift"
    STRETCH_OVERLAP = "stretch_overlap"
    STRETCH_GAP = "stretch_gap"
    WORK_WITHOUT_QUEUE = "work_without_queue"
    SERVES_WITHOUT_SKILL = "serves_without_skill"
    QUEUE_OFF_WORK = "queue_off_work"
    BREAK_MISSING = "break_missing"
    BREAK_TWICE = "break_twice"
    BREAK_WRONG_LENGTH = "break_wrong_length"
    BREAK_OUTSIDE_WINDOW = "break_outside_window"
    BREAK_TOO_CLOSE = "break_too_close"
    PAID_HOURS_WRONG = "paid_hours_wrong"
    DAY_HOURS = "day_hours"
    WEEK_HOURS_ABOVE = "week_hours_above"
    WEEK_HOURS_BELOW = "week_hours_below"
    PERIOD_HOURS_ABOVE = "period_hours_above"
    PERIOD_HOURS_BELOW = "period_hours_below"
    DAYS_PER_WEEK = "days_per_week"
    DAYS_IN_A_ROW = "days_in_a_row"
    DAYS_IN_A_ROW_BELOW = "days_in_a_row_below"
    DAYS_OFF_IN_A_ROW_BELOW = "days_off_in_a_row_below"
    REST = "rest"
    WEEKENDS = "weekends"
    WEEKEND_SPLIT = "weekend_split"
    NIGHTS_IN_A_ROW = "nights_in_a_row"
    FREE_STRETCH = "free_stretch"
    START_SPREAD = "start_spread"
    COVERAGE_WRONG = "coverage_wrong"


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken once.

    Parameters
    ----------
    rule
        Which rule.
    employee
        Who; none for the coverage.
    when
        An instant in the zone of the centre, a date (of a week, its Monday), or none for the whole period.
    message
        What is wrong, with the limit and the actual value.

    Examples
    --------
    >>> print(Violation(Rule.WEEK_HOURS_ABOVE, "A1", date(2026, 11, 2), "44 h paid in the week, at most 40 h"))
    week_hours_above: A1, 2026-11-02: 44 h paid in the week, at most 40 h
    """

    rule: Rule
    employee: str | None
    when: pd.Timestamp | date | None
    message: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.employee or "", self.when_text) if part)
        return ": ".join(part for part in (self.rule.value, place, self.message) if part)

    @property
    def when_text(self) -> str:
        """`when` as text; empty for the whole period."""
        return "" if self.when is None else str(self.when.isoformat())


def violations_frame(violations: Iterable[Violation]) -> pd.DataFrame:
    """Return violations as a frame of text: `rule, employee, when, message`, one row for each.

    Examples
    --------
    >>> violations_frame([Violation(Rule.REST, "A1", date(2026, 11, 2), "8 h of rest")]).columns.tolist()
    ['rule', 'employee', 'when', 'message']
    """
    rows = [(v.rule.value, v.employee, v.when_text or None, v.message) for v in violations]
    return pd.DataFrame(rows, columns=["rule", "employee", "when", "message"], dtype="str")
