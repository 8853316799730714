"""Hours that whole shifts need over the hours of a curve.

A shift covers a stretch of the week, and is paid whole. For shifts of one length the fewest that cover a curve equal
the greatest sum of the curve at moments so far apart that no shift covers two of them: the dual of a programme whose
matrix has its ones in a row, and is therefore whole by itself (D. R. Fulkerson and O. A. Gross, "Incidence matrices and
interval graphs", Pacific Journal of Mathematics 15, 1965). So the bound is exact there, and takes one pass.

Two things a pass cannot see, and they are tabled by the lengths of the shifts from the linear programme of
`wfm.quotes.programme`: breaks, which move out of the peaks and cost little, and short shifts beside long ones, each of
which saves the difference until the curve has no peak left that needs no more. `benchmarks/quote.py` shows how far the
table is from the programme.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wfm.quotes.request import QuoteContract

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints

__all__ = ["fewest_shifts", "paid_hours"]

# Of what breaks could cost at worst, this part they do cost: the others are taken outside the peaks.
_BREAKS = 0.05
# Where shifts of two lengths do not add up to each other, together they leave this part of the loss of the shorter.
_MIXED = 0.6
# Rounds after which sums that have not come into step are averaged; seen only in curves without a trough.
_ROUNDS = 12


def fewest_shifts(curve: Sequence[float], length: int, *, enough: float = 0.0) -> float:
    """Return the fewest shifts of `length` intervals that cover a week's curve, which goes round.

    Parameters
    ----------
    curve
        Heads by interval of the week.
    length
        Intervals of a shift.
    enough
        Where it takes no more shifts than these, any number from the fewest up to it may be told, which is known
        sooner; default 0, the fewest.

    Examples
    --------
    >>> fewest_shifts([0, 2, 3, 3, 1, 0], 2)
    5.0
    >>> fewest_shifts([1, 1, 1, 1], 8)
    1.0
    """
    size = len(curve)
    if length >= size:
        return float(max(curve))
    row = list(curve)
    wraps = _idle_around(row) < length - 1
    day = size // 7 if size % 7 == 0 and length < size // 7 else size
    count = size // day
    # Of days that are alike one is asked; nights that no shift reaches across part them.
    if row[:day] * count == row:
        alone = _around([row[:day]], length, enough / count) if wraps else _sums(row[:day], [0] * length)[-1]
        return float(alone * count)
    if not wraps:
        return float(_sums(row, [0] * length)[-1])
    return _around([row[first : first + day] for first in range(0, size, day)], length, enough)


def _idle_around(row: list[float]) -> int:
    """Return the intervals without heads between the last that has any and the first, round the end of the week."""
    before = next((place for place, heads in enumerate(row) if heads > 0), len(row))
    after = next((place for place, heads in enumerate(reversed(row)) if heads > 0), len(row))
    return before + after


def _around(days: list[list[float]], length: int, enough: float) -> float:
    """Return what a round of a curve, given by its days, adds in the long run: the bound of the curve that goes round.

    Once the sums at the end of a day are those of the same day some rounds before and a number more, so many rounds add
    that number; a curve with a trough comes into step soon after it. A first round, which nobody covers beforehand,
    never adds less.
    """
    count = len(days)
    best: list[float] = [0] * length
    for day in days:
        best = _sums(day, best)[-length:]
    if best[-1] <= enough:
        return float(best[-1])
    first, seen = best[-1], {(count - 1, *[one - best[-1] for one in best]): (-1, best[-1])}
    for number in range(_ROUNDS * count):
        place = number % count
        best = _sums(days[place], best)[-length:]
        last = best[-1]
        before, reached = seen.setdefault((place, *[one - last for one in best]), (number, last))
        if before < number:
            return (last - reached) * count / (number - before)
    return (best[-1] - first) / _ROUNDS


def _sums(row: list[float], best: list[float]) -> list[float]:
    """Return, after those so far, the greatest sum of values that are as far apart as there are sums so far."""
    found, last = list(best), best[-1]
    for value, earlier in zip(row, found, strict=False):  # `found` grows ahead of its reader
        taken = earlier + value
        if taken > last:
            last = taken
        found.append(last)
    return found


def paid_hours(curve: Floats | Ints, contracts: Sequence[QuoteContract], interval_s: float) -> float:
    """Return the paid hours of a week in which shifts of the mix cover a curve of heads.

    Parameters
    ----------
    curve
        Heads by interval of the week.
    contracts
        The mix, by share of paid hours.
    interval_s
        Length of an interval.
    """
    row: list[float] = curve.tolist()
    hours = math.fsum(row) * interval_s / 3600.0
    if not hours:
        return 0.0
    longest = max(contracts, key=lambda one: one.shift_s)
    shorter = [one for one in contracts if one.shift_s < longest.shift_s]
    if not shorter:
        return _of_one(row, longest, hours, interval_s)
    # A short shift in place of a long one saves the difference, as long as there is a peak that needs no more.
    rate = math.fsum([one.share * (longest.shift_s - one.shift_s) / one.shift_s for one in shorter])
    least = min([_floor(row, one, longest, hours, interval_s) for one in shorter])
    # Shifts that make up the longest one never need more hours: then it only matters whether that needs far more.
    alike = all(_fits(one, longest, interval_s) for one in (longest, *shorter))
    alone = _of_one(row, longest, hours, interval_s, enough=least * (1.0 + rate) if alike else 0.0)
    return max(alone / (1.0 + rate), min(least, alone))


def _fits(short: QuoteContract, longest: QuoteContract, interval_s: float) -> bool:
    """Whether some shifts of whole intervals and without breaks make up the longest one."""
    return not short.unpaid_break_s and short.shift_s % interval_s == 0 and longest.shift_s % short.shift_s == 0


def _floor(row: list[float], short: QuoteContract, longest: QuoteContract, hours: float, interval_s: float) -> float:
    """Return the paid hours below which no share of a shorter shift brings the mix."""
    least = _of_one(row, short, hours, interval_s)
    return least if longest.shift_s % short.shift_s == 0 else hours + _MIXED * (least - hours)


def _of_one(
    row: list[float], contract: QuoteContract, hours: float, interval_s: float, *, enough: float = 0.0
) -> float:
    """Return the paid hours with shifts of one contract alone, of a curve of some hours; see `fewest_shifts`."""
    paid, away = contract.shift_s, contract.unpaid_break_s
    length = max(1, round((paid + away) / interval_s))
    shifts = fewest_shifts(row, length, enough=enough * 3600.0 / paid) * paid / 3600.0
    least = max(shifts, hours)
    if not away:
        return least
    return least + _BREAKS * max(shifts * (paid + away) / paid - least, 0.0)
