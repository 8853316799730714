"""The rules and prices of every person of a case as the arrays that the search reads."""

from __future__ import annotations

import numpy as np

from wfm.roster.problem import Case, Ints
from wfm.roster.rules_kernel import Rules

__all__ = ["rules_of"]

_NEVER = 2**62


def rules_of(case: Case) -> Rules:
    """Return the rules of the people of a case, by person."""
    shifts, people = case.shifts, case.people
    contracts = [person.contract for person in people]

    def each(name: str, missing: float = _NEVER) -> Ints:
        values = [getattr(contract, name) for contract in contracts]
        return np.array([missing if value is None else value for value in values]).astype(np.int64)

    wishes, wish = np.unique(
        np.stack([np.concatenate((person.wish, person.wish_off)) for person in people]), axis=0, return_inverse=True
    )
    wage = np.array([contract.cost_per_hour for contract in contracts]) / 3600
    factor = np.array([contract.overtime_factor for contract in contracts])
    return Rules(
        start_s=shifts.start_s,
        end_s=shifts.end_s,
        paid_s=shifts.paid_s,
        wage=wage,
        overtime=wage * (factor - 1),
        plain_s=each("max_week_s"),
        low_s=np.ceil(np.array([person.low_s for person in people]) - 1e-6).astype(np.int64),
        high_s=np.floor(np.array([person.high_s for person in people]) + 1e-6).astype(np.int64),
        period_low_s=each("min_period_s"),
        period_high_s=each("max_period_s"),
        rest_s=np.ceil(np.array([contract.min_rest_s for contract in contracts])).astype(np.int64),
        most_days=each("max_days_per_week"),
        most_run=each("max_days_in_a_row"),
        most_weekends=each("max_weekends"),
        wish=wish.astype(np.int64),
        wish_worked=np.ascontiguousarray(wishes[:, : len(shifts)]),
        wish_off=np.ascontiguousarray(wishes[:, len(shifts) :]),
        week=case.week_of_day,
        weekday=np.array([day.weekday() for day in case.horizon.dates], dtype=np.int64),
    )
