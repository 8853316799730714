"""The rules and prices of every person of a case as the arrays that the search reads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wfm.domain.carry import CarryOver
from wfm.domain.people import Contract
from wfm.roster.kernels.rules import Rules
from wfm.roster.problem import Case, Floats, Ints, Person

__all__ = ["rules_of"]

_NEVER = 2**62
_LONG_AGO = -(2**62)
_DAY_S = 86400
_EPSILON = 1e-6


def rules_of(case: Case) -> Rules:
    """Return the rules of the people of a case, by person."""
    shifts, people, weeks = case.shifts, case.people, case.weeks
    contracts = [person.contract for person in people]
    before = [person.employee.before or CarryOver() for person in people]
    wage = np.array([contract.cost_per_hour for contract in contracts]) / 3600
    factor = np.array([contract.overtime_factor for contract in contracts])
    most_shifts = _whole([person.most_shifts for person in people])
    wish, worked, off = _wishes(people)
    return Rules(
        start_s=shifts.start_s,
        end_s=shifts.end_s,
        paid_s=shifts.paid_s,
        template=shifts.template,
        clock_s=case.clock_s,
        night=case.is_night,
        barred=case.barred,
        wage=wage,
        overtime=wage * (factor - 1),
        per_shift=np.array([contract.cost_per_shift for contract in contracts]),
        plain_s=_least([person.plain_s for person in people]),
        low_s=_least([person.low_s for person in people]),
        high_s=_most([person.high_s for person in people]),
        most_days=_whole([person.most_days for person in people]),
        period_low_s=_least([person.period_low_s for person in people]),
        period_high_s=_most([person.period_high_s for person in people]),
        rest_s=_least([contract.min_rest_s for contract in contracts]),
        must=np.stack([person.must for person in people]),
        least_run=_each(contracts, lambda contract: contract.min_days_in_a_row),
        most_run=_each(contracts, lambda contract: contract.max_days_in_a_row),
        least_off=_each(contracts, lambda contract: contract.min_days_off_in_a_row),
        most_nights=_each(contracts, lambda contract: contract.max_nights_in_a_row),
        most_weekends=_whole([person.most_weekends for person in people]),
        whole_weekends=np.array([contract.whole_weekends for contract in contracts]),
        free_s=_least([contract.min_free_week_s or 0.0 for contract in contracts]),
        spread_s=_each(contracts, lambda contract: contract.max_start_spread_s),
        limited=np.any(most_shifts < len(case.horizon.dates), axis=1),
        most_shifts=most_shifts,
        wish=wish,
        wish_worked=worked,
        wish_off=off,
        known=np.array([person.employee.before is not None for person in people]),
        last_end_s=np.array([_last_end_s(one) for one in before], dtype=np.int64),
        run=_whole([one.days_in_a_row for one in before]),
        off=_whole([one.days_off_in_a_row for one in before]),
        began=np.array([not one.is_open_run(case.horizon.dates[0]) for one in before]),
        nights=_whole([one.nights_in_a_row for one in before]),
        saturday=np.array([one.weekend_worked_saturday for one in before]),
        starts=_starts(before),
        week=case.week_of_day,
        weekday=np.array([day.weekday() for day in case.horizon.dates], dtype=np.int64),
        whole=np.array([week.is_whole for week in weeks]),
        week_begin_s=_whole([week.begin_s for week in weeks]),
        week_end_s=_whole([week.end_s for week in weeks]),
        week_limit_s=_whole([max(week.end_s, case.end_s) for week in weeks]),
    )


def _each(contracts: list[Contract], limit: Callable[[Contract], float | None]) -> Ints:
    """Return a limit of each contract, out of reach where there is none."""
    values = [limit(contract) for contract in contracts]
    return _most([np.inf if value is None else value for value in values])


def _whole(values: list[int] | list[tuple[int, ...]]) -> Ints:
    return np.array(values, dtype=np.int64)


def _least(values: list[float] | list[tuple[float, ...]]) -> Ints:
    return np.ceil(np.array(values, dtype=float) - _EPSILON).astype(np.int64)


def _most(values: list[float] | list[tuple[float, ...]]) -> Ints:
    bounded: Floats = np.minimum(np.array(values, dtype=float), float(_NEVER))
    return np.floor(bounded + _EPSILON).astype(np.int64)


def _wishes(people: tuple[Person, ...]) -> tuple[Ints, Floats, Floats]:
    """Return the row of each person in the tables of prices of candidates and of days off, and those tables."""
    rows, row = np.unique(
        np.stack([np.concatenate((person.wish, person.wish_off)) for person in people]), axis=0, return_inverse=True
    )
    count = len(people[0].wish)
    return row.astype(np.int64), np.ascontiguousarray(rows[:, :count]), np.ascontiguousarray(rows[:, count:])


def _last_end_s(before: CarryOver) -> int:
    return _LONG_AGO if before.last_end is None else int(np.ceil(before.last_end.timestamp()))


def _starts(before: list[CarryOver]) -> Ints:
    """Return the starts before the horizon in its first week, as people x most; -1 for none."""
    table = np.full((len(before), max(len(one.week_starts) for one in before)), -1, dtype=np.int64)
    for row, one in zip(table, before, strict=True):
        clock = [int(start.total_seconds()) % _DAY_S for start in one.week_starts]  # type: ignore[union-attr]
        row[: len(clock)] = clock
    return table
