"""What a roster leaves behind for the next horizon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from wfm.domain.carry import CarryOver
from wfm.domain.centre import Centre
from wfm.domain.people import Employee
from wfm.roster.nights import are_nights
from wfm.schema import FrameLike, as_frame
from wfm.shifts import seconds
from wfm.timegrid import Horizon

__all__ = ["carry_over"]

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class _Worked:
    """One shift of a person."""

    start: pd.Timestamp
    end: pd.Timestamp
    template: str
    paid: timedelta
    is_night: bool


def carry_over(
    shifts: FrameLike, centre: Centre, horizon: Horizon, *, same_period: bool = False
) -> dict[str, CarryOver]:
    """Return what each person of a centre has worked at the end of a horizon, for the roster of the days after it.

    Parameters
    ----------
    shifts
        Frame `shifts` of the horizon.
    centre
        The centre that was rostered; what its people worked before is counted on.
    horizon
        The days of the roster.
    same_period
        Whether the next horizon goes on with the period that the contracts count (hours, weekends and shifts of the
        period); default no, it begins a new one.

    Returns
    -------
    dict
        The carry-over by employee, to be given as `Employee.before`.

    Examples
    --------
    >>> from wfm.domain import Contract, Queue, ServiceLevel, ShiftTemplate, Skill
    >>> centre = Centre(
    ...     name="desk",
    ...     tz="Europe/Berlin",
    ...     queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
    ...     contracts=(Contract(name="full"),),
    ...     shifts=(ShiftTemplate(name="early", earliest_start="07:00", min_length="8h"),),
    ...     employees=(Employee(id="A1", contract="full", skills=(Skill("calls"),)),),
    ... )
    >>> start = pd.date_range("2026-11-02 07:00", periods=4, freq="D", tz="Europe/Berlin")
    >>> end = start + pd.Timedelta(hours=8)
    >>> shifts = pd.DataFrame({"shift_start": start, "shift_end": end, "template": "early", "paid_h": 8.0})
    >>> horizon = Horizon("2026-11-02", days=4, tz="Europe/Berlin")
    >>> left = carry_over(shifts.assign(employee="A1"), centre, horizon)["A1"]
    >>> left.days_in_a_row, left.week_days, left.week_paid_s / 3600
    (4, 4, 32.0)
    """
    frame = as_frame(shifts, "shifts", tz=centre.tz)
    start_s, end_s = (seconds(pd.DatetimeIndex(frame[name])) for name in ("shift_start", "shift_end"))
    nights = are_nights(start_s, end_s, centre.tz) if len(frame) else np.zeros(0, dtype=bool)
    worked: dict[str, dict[date, _Worked]] = {employee.id: {} for employee in centre.employees}
    columns = (frame[name] for name in ("employee", "shift_start", "shift_end", "template", "paid_h"))
    for name, start, end, template, paid_h, is_night in zip(*columns, nights.tolist(), strict=True):
        if name in worked:
            paid = timedelta(hours=round(float(paid_h) * 3600) / 3600)
            worked[name][start.date()] = _Worked(start, end, str(template), paid, is_night)
    days = horizon.dates
    return {
        employee.id: _left(employee, worked[employee.id], days[0], days[-1], same_period=same_period)
        for employee in centre.employees
    }


def _left(
    employee: Employee, worked: Mapping[date, _Worked], first: date, last: date, *, same_period: bool
) -> CarryOver:
    before = employee.before or CarryOver()
    run = _count_back(first, last, lambda day: day in worked, before.days_in_a_row)
    off = _count_back(first, last, lambda day: day not in worked, before.days_off_in_a_row)
    nights = _count_back(first, last, lambda day: day in worked and worked[day].is_night, before.nights_in_a_row)
    following = last + _DAY
    monday = following - following.weekday() * _DAY
    week = [worked[day] for day in sorted(worked) if day >= monday]
    goes_on = before if monday < first and following.weekday() else CarryOver()
    starts = tuple(_clock(shift.start) for shift in week)
    latest = worked[max(worked)].end.to_pydatetime() if worked else before.last_end
    saturday = worked.get(last) is not None if following.weekday() == _SUNDAY else False
    return CarryOver(
        last_end=latest,
        last_template=worked[last].template if last in worked else None,
        days_in_a_row=run,
        days_off_in_a_row=off,
        nights_in_a_row=nights,
        week_paid=sum((shift.paid for shift in week), timedelta(seconds=goes_on.week_paid_s)),
        week_days=len(week) + goes_on.week_days,
        week_starts=(*goes_on.week_starts, *starts),
        weekend_worked_saturday=saturday,
        known_from=_known_from(employee.before, first, following, run or off),
        **_period(before, worked, first) if same_period else {},
    )


def _known_from(before: CarryOver | None, first: date, following: date, run: int) -> date | None:
    """Return since when it is known what was worked, where a run may have begun before."""
    if before is None:
        return first
    # Without a run of known length before, one that goes through the whole horizon may have begun earlier.
    if before.known_from is None and before.is_open_run(first) and run >= (following - first).days:
        return first
    return before.known_from


def _count_back(first: date, last: date, holds: Callable[[date], bool], before: int) -> int:
    """Return for how many days up to the last one something holds, those before the first one among them."""
    count, day = 0, last
    while day >= first and holds(day):
        count += 1
        day -= _DAY
    return count + before if day < first else count


def _clock(start: pd.Timestamp) -> timedelta:
    return timedelta(hours=start.hour, minutes=start.minute, seconds=start.second)


def _period(before: CarryOver, worked: Mapping[date, _Worked], first: date) -> dict[str, Any]:
    """Return what counts in the period."""
    weekends = {day - day.weekday() * _DAY for day in worked if day.weekday() >= _SATURDAY}
    if before.weekend_worked_saturday:
        weekends.discard(first - first.weekday() * _DAY)
    counts = Counter(shift.template for shift in worked.values()) + Counter(dict(before.shifts))
    return {
        "paid": sum((shift.paid for shift in worked.values()), timedelta(seconds=before.paid_s)),
        "weekends": before.weekends + len(weekends),
        "shifts": dict(counts),
    }
