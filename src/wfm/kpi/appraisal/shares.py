"""Money in whole cents, and its split by largest remainder: the parts sum to the whole to the cent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Rational

from wfm.errors import DataError, Faults, Problem

__all__ = ["as_cents", "format_cents", "largest_remainder"]


def as_cents(name: str, amount: Decimal | str | int | float) -> int:
    """Return an amount of money in cents.

    Raises
    ------
    DataError
        If it is no amount, below 0, or has a part of a cent.

    Examples
    --------
    >>> as_cents("pool", "1200.50")
    120050
    >>> as_cents("pool", -5)
    Traceback (most recent call last):
    ...
    wfm.errors.DataError: pool is below 0: -5; give 0 or more, for nothing is taken from anybody here
    """
    try:
        value = Decimal(str(amount)) if not isinstance(amount, bool) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise DataError(Problem(f"{name} is no amount: {amount!r}", remedy="write '1200.50'"))
    if value < 0:
        remedy = "give 0 or more, for nothing is taken from anybody here"
        raise DataError(Problem(f"{name} is below 0: {amount}", remedy=remedy))
    cents = value * 100
    if cents != int(cents):
        raise DataError(Problem(f"{name} has a part of a cent: {amount}", remedy="round it to two decimals"))
    return int(cents)


def format_cents(cents: int) -> str:
    """Return cents as an amount.

    Examples
    --------
    >>> format_cents(120050)
    '1,200.50'
    """
    return f"{cents // 100:,}.{cents % 100:02d}"


def largest_remainder(total: int, weights: Mapping[str, float | Fraction]) -> dict[str, int]:
    """Split whole units by weight: each gets the whole part of its quota, and the rest goes to the largest remainders.

    Remainders are compared exactly, as fractions. Those that are equal come in the order of the names, so the split
    does not depend on the order of the mapping.

    Parameters
    ----------
    total
        Units to split, such as cents; 0 or more.
    weights
        Weight of each name, 0 or more; one at least is above 0.

    Returns
    -------
    dict
        Units of each name, which sum to the total.

    Raises
    ------
    DataError
        If the total or a weight is below 0, or there is nobody to split among.

    Notes
    -----
    A. Hamilton's method of 1792, also called Hare-Niemeyer: M. L. Balinski and H. P. Young, "Fair Representation",
    2nd ed. (2001), chapter 2.

    Examples
    --------
    >>> largest_remainder(100, {"A": 1, "B": 1, "C": 1})
    {'A': 34, 'B': 33, 'C': 33}
    """
    faults = Faults("split")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        faults.add(f"the total must be a whole number of at least 0, got {total!r}", remedy="give it in cents")
    exact: dict[str, Fraction] = {}
    for name, weight in weights.items():
        good = isinstance(weight, Rational) or (isinstance(weight, float) and abs(weight) < float("inf"))
        if not good or weight < 0:
            faults.add(
                f"the weight of {name!r} must be a finite number of at least 0, got {weight!r}",
                remedy="give one that is",
            )
        else:
            # Python's own whole numbers: those of NumPy overflow without a word.
            part = Fraction(weight)
            exact[name] = Fraction(int(part.numerator), int(part.denominator))
    faults.raise_if_any()
    # Whole numbers in the same proportion: exact, and quick for thousands of names.
    scale = math.lcm(*(weight.denominator for weight in exact.values()))
    parts = {name: weight.numerator * (scale // weight.denominator) for name, weight in exact.items()}
    whole = sum(parts.values())
    if whole == 0:
        raise DataError(Problem("nobody to split among: every weight is 0", remedy="give one of them a weight"))
    quotas = {name: divmod(total * part, whole) for name, part in parts.items()}
    left = total - sum(units for units, _ in quotas.values())
    extra = set(sorted(quotas, key=lambda name: (-quotas[name][1], name))[:left])
    return {name: units + (name in extra) for name, (units, _) in quotas.items()}
