"""The typical week repeated over the days, less leave: who was rostered when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.datasets.shop.rota import Pattern, is_week_of_sales
from wfm.domain.centre import Centre
from wfm.timegrid import day_starts

__all__ = ["repeat_week", "shift_numbers"]


def repeat_week(centre: Centre, week: Iterable[Pattern], days: tuple[date, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames `shifts` and `activities` of the shifts that begin on the days.

    In the weeks of sales those whose contract has it work an overtime day. A shift that touches a day of leave is left
    out. The zone of the shop has no change of the clock, so the times of day of the patterns are elapsed time since
    midnight.
    """
    midnight = day_starts(days, centre.tz).asi8
    weekday = np.array([day.weekday() for day in days])
    surge = np.array([is_week_of_sales(day - timedelta(days=day.weekday())) for day in days])
    shifts, activities = [], []
    for pattern in week:
        on = np.isin(weekday, pattern.weekdays)
        if pattern.overtime_day is not None:
            on |= surge & (weekday == pattern.overtime_day)
        on &= ~_on_leave(centre, pattern, days)
        begin = midnight[on] + pattern.start_s * 10**9
        shifts.append(
            pd.DataFrame(
                {
                    "employee": pattern.employee,
                    "shift_start": begin,
                    "shift_end": begin + pattern.length_s * 10**9,
                    "template": pattern.template,
                    "paid_h": pattern.paid_s / 3600,
                }
            )
        )
        starts, ends, names, queues = zip(*pattern.stretches, strict=True)
        count = len(begin)
        activities.append(
            pd.DataFrame(
                {
                    "employee": pattern.employee,
                    "start": (begin[:, None] + np.array(starts) * 10**9).ravel(),
                    "end": (begin[:, None] + np.array(ends) * 10**9).ravel(),
                    "activity": pd.Series(names * count, dtype="str"),
                    "queue": pd.Series(queues * count, dtype="str"),
                }
            )
        )
    return (
        _stamped(pd.concat(shifts), ("shift_start", "shift_end"), centre.tz),
        _stamped(pd.concat(activities), ("start", "end"), centre.tz),
    )


def shift_numbers(activities: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the shift of each activity, numbered in order as the simulation does: a gap ends a shift."""
    employee, start, end = activities["employee"], activities["start"], activities["end"]
    fresh = (employee != employee.shift()) | (start != end.shift())
    numbers: npt.NDArray[np.int64] = fresh.cumsum().to_numpy() - 1
    return numbers


def _on_leave(centre: Centre, pattern: Pattern, days: tuple[date, ...]) -> npt.NDArray[np.bool_]:
    """Return whether a shift that begins on each day would touch a day of leave."""
    number = np.array([day.toordinal() for day in days])
    last = number + (pattern.start_s + pattern.length_s - 1) // 86400
    away = np.zeros(len(days), dtype=bool)
    for stretch in centre.employee(pattern.employee).unavailable:
        away |= (number < stretch.end.toordinal()) & (last >= stretch.start.toordinal())
    return away


def _stamped(frame: pd.DataFrame, columns: tuple[str, str], tz: str) -> pd.DataFrame:
    for column in columns:
        stamps = pd.DatetimeIndex(frame[column].to_numpy(dtype="int64").view("datetime64[ns]"))
        frame[column] = stamps.tz_localize("UTC").tz_convert(tz)
    return frame.sort_values(["employee", columns[0]], ignore_index=True)
