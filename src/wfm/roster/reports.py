"""What a roster owes: shortage with its cause, and every wish with its price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

import numpy as np
import pandas as pd

from wfm.domain.people import Preference, Wish
from wfm.roster.problem import Case, Flags, Floats, Person
from wfm.shifts import seconds

__all__ = ["Cause", "days_worked", "is_honoured", "reach", "shortage_frame", "wish_price", "wishes_frame"]

_NONE = 1e-9


class Cause(StrEnum):
    """Why an interval is short."""

    NOBODY = "nobody with the skill is available"
    LIMIT = "everybody is at the limit of hours or days"
    PRICE = "cheaper to be short"


def is_honoured(wish: Preference, template: str | None) -> bool:
    """Whether a wish is met by a shift of that template on its day, or by a day off (none)."""
    return {
        Wish.OFF: template is None,
        Wish.WORK: template is not None,
        Wish.TEMPLATE: template is not None and template == wish.template,
        Wish.NOT_TEMPLATE: template is None or template != wish.template,
    }[Wish(wish.wish)]


def wish_price(case: Case, wish: Preference) -> float:
    """Return the price of not honouring a wish."""
    return case.wish_price / wish.rank if wish.price is None else wish.price


def days_worked(shifts: pd.DataFrame) -> dict[str, dict[date, str]]:
    """Return the template of each day that each person works."""
    worked: defaultdict[str, dict[date, str]] = defaultdict(dict)
    for name, start, template in zip(shifts["employee"], shifts["shift_start"], shifts["template"], strict=True):
        worked[str(name)][start.date()] = str(template)
    return dict(worked)


def wishes_frame(case: Case, shifts: pd.DataFrame) -> pd.DataFrame:
    """Return each wish for a day of the horizon: `employee, day, wish, rank, honoured, price`."""
    worked = days_worked(shifts)
    days = set(case.horizon.dates)
    rows = []
    for person in case.people:
        mine: Mapping[date, str] = worked.get(person.employee.id, {})
        for wish in person.employee.preferences:
            if wish.day in days:
                words = str(wish.wish) if wish.template is None else f"{wish.wish} {wish.template}"
                honoured = is_honoured(wish, mine.get(wish.day))
                rows.append((person.employee.id, wish.day, words, wish.rank, honoured, wish_price(case, wish)))
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    return pd.DataFrame(
        {
            "employee": pd.Series(columns[0], dtype="str"),
            "day": pd.Series(columns[1], dtype=object),
            "wish": pd.Series(columns[2], dtype="str"),
            "rank": pd.Series(columns[3], dtype="int64"),
            "honoured": pd.Series(columns[4], dtype=bool),
            "price": pd.Series(columns[5], dtype=float),
        }
    )


def shortage_frame(case: Case, shifts: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """Return each row of the coverage that is short, with its cause: `queue, start, missing, cause`."""
    short = np.flatnonzero(coverage["under"].to_numpy() > _NONE)
    rows = coverage.iloc[short]
    causes: list[str] = []
    if len(short):
        spare, stuck = _spare(case, shifts)
        serves = np.array([person.skills for person in case.people])
        for row in short.tolist():
            able = serves[:, case.row_queue[row]] & spare[:, case.row_interval[row]]
            free = able & ~stuck[:, case.row_interval[row]]
            causes.append(str(Cause.PRICE if free.any() else Cause.LIMIT if able.any() else Cause.NOBODY))
    return pd.DataFrame(
        {
            "queue": rows["queue"],
            "start": rows["start"],
            "missing": rows["under"],
            "cause": pd.Series(causes, index=rows.index, dtype="str"),
        }
    ).reset_index(drop=True)


def _spare(case: Case, shifts: pd.DataFrame) -> tuple[Flags, Flags]:
    """Return who could have a shift in each interval and has none, and who of them is at a limit, by person."""
    at_work = np.zeros((len(case.people), len(case.demand)), dtype=bool)
    stuck = np.zeros_like(at_work)
    could = np.zeros_like(at_work)
    day_of_interval = np.searchsorted(case.day_start_s, case.starts_s[: len(case.demand)], side="right") - 1
    day_of_interval = np.clip(day_of_interval, 0, len(case.horizon.dates) - 1)
    seen: dict[bytes, tuple[Flags, Floats]] = {}
    by_person = {str(name): group for name, group in shifts.groupby("employee")}
    for number, person in enumerate(case.people):
        key = person.allowed.tobytes()
        if key not in seen:
            seen[key] = reach(case, person.allowed), _shortest(case, person.allowed)
        could[number], shortest = seen[key]
        mine = by_person.get(person.employee.id, shifts.iloc[:0])
        begins = seconds(pd.DatetimeIndex(mine["shift_start"]))
        ends = seconds(pd.DatetimeIndex(mine["shift_end"]))
        at_work[number] = _covers(case, zip(begins.tolist(), ends.tolist(), strict=True)) > 0
        stuck[number] = _at_limit(case, person, mine, shortest)[day_of_interval]
    return could & ~at_work, stuck


def reach(case: Case, allowed: Flags) -> Flags:
    """Return the intervals in which some allowed shift lies."""
    spans = zip(case.shifts.start_s[allowed].tolist(), case.shifts.end_s[allowed].tolist(), strict=True)
    reached: Flags = _covers(case, spans) > 0
    return reached


def _covers(case: Case, spans: Iterable[tuple[int, int]]) -> Floats:
    """Return how many spans touch each interval."""
    edges = np.zeros(len(case.starts_s) + 1)
    origin, step = int(case.starts_s[0]), case.interval_s
    for begin, end in spans:
        edges[(begin - origin) // step] += 1
        edges[-((origin - end) // step)] -= 1
    return case.fold(np.cumsum(edges)[:-1])


def _shortest(case: Case, allowed: Flags) -> Floats:
    """Return the paid seconds of the shortest allowed shift of each day; infinity where there is none."""
    shortest = np.full(len(case.horizon.dates), np.inf)
    np.minimum.at(shortest, case.shifts.day[allowed], case.shifts.paid_s[allowed].astype(float))
    return shortest


def _at_limit(case: Case, person: Person, mine: pd.DataFrame, shortest: Floats) -> Flags:
    """Return the days on which the hours or days of the week leave no room for a shift, or for a longer one."""
    numbers = {day: number for number, day in enumerate(case.horizon.dates)}
    days = [numbers[stamp.date()] for stamp in mine["shift_start"]]
    paid = np.zeros(len(case.weeks))
    count = np.zeros(len(case.weeks))
    np.add.at(paid, case.week_of_day[days], mine["paid_h"].to_numpy(dtype=float) * 3600)
    np.add.at(count, case.week_of_day[days], 1)
    room = np.array(person.high_s)[case.week_of_day] - paid[case.week_of_day]
    works = np.zeros(len(case.horizon.dates), dtype=bool)
    works[days] = True
    no_day = count[case.week_of_day] >= person.contract.max_days_per_week
    stuck: Flags = np.where(works, room < case.interval_s, no_day | (room < shortest))
    return stuck
