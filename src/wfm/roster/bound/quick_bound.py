"""A lower bound on the cost of any roster within seconds, for when the counts take longer than there is time.

Presence on each queue in each interval is given a price. At these prices what is missing and idle is cheapest by
itself, and so is each person: at most one shift a day and so many days a week, each day the shift whose presence is
worth most beyond its pay, with each break where it loses least. Paid hours of a week have a price likewise. The sum is
a bound whatever the prices; they are moved towards what is wanted less what is there, and the best bound is kept.

Source: Held and Karp, "The traveling-salesman problem and minimum spanning trees: Part II" (1971).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wfm.roster.bound.classes import PersonClass
from wfm.roster.problem import Case, Flags, Floats, Ints
from wfm.roster.tiers import tiers_of
from wfm.shifts import break_starts

__all__ = ["quick_bound"]

_ROUNDS = 300
_REACH = 0.1  # how far above the best bound the first steps aim, as a share of the price of all that is wanted
_PATIENCE = 8  # rounds without a better bound after which they aim half as far
_MEMORY = 0.5  # share of the last direction that is kept
_NEAR = 1e-5  # of the best bound: nearer than this is not aimed at
_HOURS = 0.02  # how far the price of an hour moves beside that of an interval


def quick_bound(case: Case, classes: tuple[PersonClass, ...], is_over: Callable[[], bool]) -> float:
    """Return a lower bound on the cost of any roster.

    Parameters
    ----------
    case
        The problem.
    classes
        Its people, collapsed.
    is_over
        Asked after each round whether it shall stop.
    """
    duals = _Duals(case, classes)
    prices, hours = duals.prices, duals.hours
    best, best_prices, best_hours = 0.0, prices, hours
    reach = _REACH * max(duals.dearest, 1.0)
    since = 0
    towards, towards_hours = np.zeros_like(prices), np.zeros_like(hours)
    for _ in range(_ROUNDS):
        bound, lacks, above = duals.at(prices, hours)
        since += 1
        if bound > best:
            best, best_prices, best_hours = bound, prices, hours
            since = 0
        elif since >= _PATIENCE:
            reach, since = reach / 2, 0
            # From the best prices again, with nothing kept of where the last steps went.
            prices, hours = best_prices, best_hours
            towards, towards_hours = np.zeros_like(prices), np.zeros_like(hours)
            bound, lacks, above = duals.at(prices, hours)
        towards = lacks + _MEMORY * towards
        towards_hours = above + _MEMORY * towards_hours
        length = float((towards**2).sum() + _HOURS * (towards_hours**2).sum())
        if length == 0 or reach < _NEAR * best or is_over():
            break
        step = (best + reach - bound) / length
        prices = np.clip(prices + step * towards, duals.low, duals.high)
        hours = hours + step * _HOURS * towards_hours
    return best


@dataclass(frozen=True, eq=False)
class _Week:
    """The people of a class in a week: by day their shifts and the most who can work, their days, hours, overtime."""

    shifts: list[Ints]
    most_on_day: list[int]
    most_days: int
    low_h: float
    plain_h: float
    extra_h: float
    overtime: float


class _Duals:
    """The bound at given prices, and how it changes with them."""

    def __init__(self, case: Case, classes: tuple[PersonClass, ...]) -> None:
        self._case, self._classes = case, classes
        self._tiers = tiers_of(case)
        size, worth = self._tiers.size, self._tiers.worth
        there = size > 0
        self.low = np.where(there.any(axis=0), np.where(there, worth, np.inf).min(axis=0), 0.0)
        self.high = np.where(there.any(axis=0), np.where(there, worth, -np.inf).max(axis=0), 0.0)
        self.dearest = float((size * worth)[: self._tiers.above].sum())
        self._paid_h = case.shifts.paid_s / 3600
        self._spans = _Moments(case, case.shifts.start_s), _Moments(case, case.shifts.end_s)
        self._rests = _rests(case)
        self._groups = sorted({people.speeds for people in classes})
        self._weeks = [[_week(case, people, position) for position in range(len(case.weeks))] for people in classes]
        self._pay = [self._paid_h * p.contract.cost_per_hour + p.contract.cost_per_shift for p in classes]
        hourly = min(people.contract.cost_per_hour for people in classes)
        self.prices: Floats = np.clip(np.full(self.low.shape, hourly * case.interval_h), self.low, self.high)
        self.hours: Floats = np.zeros((len(classes), len(case.weeks)))

    def at(self, prices: Floats, hours: Floats) -> tuple[float, Floats, Floats]:
        """Return the bound at prices of presence and of paid hours, and for each what is wanted less what is there."""
        size, worth, above = self._tiers.size, self._tiers.worth, self._tiers.above
        bound = float((size * np.minimum(worth, prices))[:above].sum())
        bound += float((size * np.minimum(prices - worth, 0.0))[above:].sum())
        lacks: Floats = (size * (worth > prices)).sum(axis=0)
        over = np.zeros_like(hours)
        for group in self._groups:
            speeds = self._case.is_open * np.array(group)
            usable = speeds > 0
            best = np.where(usable, speeds * prices, -np.inf).argmax(axis=1)
            rows = np.arange(len(prices))
            speed = np.where(usable.any(axis=1), speeds[rows, best], 0.0)
            price = speed * prices[rows, best]
            value, taken = self._value(price)
            heads = np.zeros(len(self._case.shifts))
            for number, people in enumerate(self._classes):
                if people.speeds == group:
                    bound += self._lines(number, value, hours[number], over[number], heads)
            lacks[rows, best] -= speed * self._case.fold(self._presence(heads, taken))
        return bound, lacks, over

    def _value(self, price: Floats) -> tuple[Floats, list[tuple[Ints, Ints, int]]]:
        """Return what the presence of each shift is worth at most, and where its breaks then lie."""
        axis = np.resize(price, len(self._case.starts_s))
        sums = np.concatenate(([0.0], np.cumsum(axis)))
        axis = np.append(axis, 0.0)
        value = self._spans[1].read(sums, axis) - self._spans[0].read(sums, axis)
        taken = []
        for shifts, starts, length, begin, end in self._rests:
            loss = end.read(sums, axis) - begin.read(sums, axis)
            place = loss.argmin(axis=1)
            rows = np.arange(len(shifts))
            value[shifts] -= loss[rows, place]
            taken.append((shifts, starts[rows, place], length))
        return value, taken

    def _lines(self, number: int, value: Floats, hours: Floats, over: Floats, heads: Floats) -> float:
        """Return the least cost of the people of a class; add who works which shift, and hours above the limits."""
        total = 0.0
        for position, week in enumerate(self._weeks[number]):
            price = float(hours[position])
            left, paid = week.most_days, 0.0
            cost = self._pay[number] - value + price * self._paid_h
            firsts = []
            for own, most in zip(week.shifts, week.most_on_day, strict=True):
                if len(own):
                    first = int(own[cost[own].argmin()])
                    firsts.append((float(cost[first]), most, first))
            for reduced, most, first in sorted(firsts):
                count = min(most, left)
                if reduced >= 0 or not count:
                    break
                left -= count
                total += reduced * count
                paid += self._paid_h[first] * count
                heads[first] += count
            most_h = week.plain_h + week.extra_h * (price > week.overtime)
            total -= max(price, 0.0) * week.plain_h + max(price - week.overtime, 0.0) * week.extra_h
            total += max(-price, 0.0) * week.low_h
            if price > 0 or paid > most_h:
                over[position] = paid - most_h
            elif price < 0 or paid < week.low_h:
                over[position] = paid - week.low_h
        return total

    def _presence(self, count: Floats, taken: list[tuple[Ints, Ints, int]]) -> Floats:
        """Return who is at work in each interval of the axis if so many people have each shift, with its breaks."""
        sums = np.zeros(len(self._case.starts_s) + 1)
        some = np.flatnonzero(count)
        _ramp(self._case, self._case.shifts.start_s[some], count[some], sums)
        _ramp(self._case, self._case.shifts.end_s[some], -count[some], sums)
        for shifts, starts, length in taken:
            inside = np.flatnonzero(count[shifts])
            if len(inside):
                heads = count[shifts[inside]]
                _ramp(self._case, starts[inside], -heads, sums)
                _ramp(self._case, starts[inside] + length, heads, sums)
        presence: Floats = np.cumsum(sums)[:-1]
        return presence


def _ramp(case: Case, moments: Ints, heads: Floats, change: Floats) -> None:
    """Enter people who are there from some moments on as the change of presence from interval to interval."""
    count = len(change) - 1
    place = np.clip((moments - case.starts_s[0]) / case.interval_s, 0, count)
    whole = place.astype(np.int64)
    share = place - whole
    np.add.at(change, whole, heads * (1 - share))
    np.add.at(change, np.minimum(whole + 1, count), heads * share)


class _Moments:
    """Moments on the axis, so that sums up to them are read quickly."""

    def __init__(self, case: Case, moments: Ints) -> None:
        place = np.clip((moments - case.starts_s[0]) / case.interval_s, 0, len(case.starts_s))
        self._whole: Ints = place.astype(np.int64)
        self._share: Floats = place - self._whole

    def read(self, sums: Floats, values: Floats) -> Floats:
        """Return the sum of the values before each moment."""
        found: Floats = sums[self._whole] + self._share * values[self._whole]
        return found


def _rests(case: Case) -> list[tuple[Ints, Ints, int, _Moments, _Moments]]:
    """Return for each break of shifts of one template and length: the shifts, its starts, its length, its ends."""
    shifts, found = case.shifts, []
    spans = shifts.end_s - shifts.start_s
    for position, span in sorted(set(zip(shifts.template.tolist(), spans.tolist(), strict=True))):
        alike: Flags = (spans == span) & (shifts.template == position)
        ids = np.flatnonzero(alike)
        template = shifts.templates[position]
        for rest in template.breaks:
            offsets = break_starts(template, rest, span, case.interval_s)
            starts = shifts.start_s[ids][:, None] + offsets
            length = int(rest.length_s)
            found.append((ids, starts, length, _Moments(case, starts), _Moments(case, starts + length)))
    return found


def _week(case: Case, people: PersonClass, position: int) -> _Week:
    days = np.array(case.weeks[position].days, dtype=np.int64)
    members = [case.people[member] for member in people.members]
    free = np.stack([person.free_days[days] for person in members])
    able = [person for person, own in zip(members, free, strict=True) if own.any()]
    contract = people.contract
    return _Week(
        shifts=[np.flatnonzero((case.shifts.day == day) & (people.heads > 0)) for day in days],
        most_on_day=free.sum(axis=0).tolist(),
        most_days=sum(
            min(int(own.sum()), person.most_days[position]) for person, own in zip(members, free, strict=True)
        ),
        low_h=sum(person.low_s[position] for person in able) / 3600,
        plain_h=sum(person.plain_s[position] for person in able) / 3600,
        extra_h=sum(person.high_s[position] - person.plain_s[position] for person in able) / 3600,
        overtime=contract.cost_per_hour * (contract.overtime_factor - 1),
    )
