"""From paid hours to people and money."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wfm.quotes.answer import ContractHeads
from wfm.quotes.request import QuoteRequest
from wfm.staffing.kernels.rounding import TOLERANCE

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats

__all__ = ["FTE_WEEK_H", "WEEKS_OF_YEAR", "Bill", "bill", "contract_heads"]

WEEKS_OF_YEAR = 365.25 / 7.0
FTE_WEEK_H = 40.0


class Bill(NamedTuple):
    """Hours, people and money of paid hours in a week; numbers, or arrays where the hours are."""

    paid_year_h: Floats | float
    fte: Floats | float
    headcount: Floats | float
    hires: Floats | float
    cost_year: Floats | float


def bill(request: QuoteRequest, week_h: Floats | float) -> Bill:
    """Return what paid hours in a week come to in a year, with the training of those who replace leavers.

    Parameters
    ----------
    request
        Contracts, overhead, attrition and training.
    week_h
        Paid hours of shifts in a week.
    """
    # One number is rounded without an array around it.
    up = math.ceil if isinstance(week_h, float) else np.ceil
    heads = sum([up(one.share * week_h / (one.week_s / 3600.0) - TOLERANCE) for one in request.contracts])
    hires = request.attrition * heads
    training = hires * request.training_s / 3600.0
    paid = week_h * WEEKS_OF_YEAR + training
    wage = math.fsum([one.share * one.wage for one in request.contracts])
    cost = paid * wage * (1.0 + request.overhead) + hires * request.training_cost
    return Bill(paid, paid / WEEKS_OF_YEAR / FTE_WEEK_H, heads, hires, cost)


def contract_heads(request: QuoteRequest, week_h: float, paid_year_h: float) -> tuple[ContractHeads, ...]:
    """Return the people and the wages of each contract."""
    made = []
    for one in request.contracts:
        hours = one.share * paid_year_h
        made.append(
            ContractHeads(
                name=one.name,
                kind=one.kind,
                headcount=math.ceil(one.share * week_h / (one.week_s / 3600.0) - TOLERANCE),
                paid_hours_per_year=hours,
                wages_per_year=hours * one.wage,
            )
        )
    return tuple(made)
