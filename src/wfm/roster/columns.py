"""Column generation: the bound by whole lines, and rosters found on the way.

Given prices of heads, each person's best line follows from dynamic programming. Lines that are worth more than they
cost enter the linear programme of all lines, which gives new prices, until none is left: its value is then a bound on
every roster, far stronger than that of counts. Rosters come from diving (the person who is most sure of a line gets it,
and the others are priced anew) and from giving a few people at a time new lines in the same way.

Sources: Dantzig and Wolfe (1960); the prices are smoothed as by Wentges (1997); diving as in Joncour and others,
"Column generation based primal heuristics" (2010).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from wfm.roster.breaks import in_order
from wfm.roster.exact import fits_exactly, solve_exactly
from wfm.roster.lines import Plan, Rostered
from wfm.roster.master import Column, Master, Optimum, cost_of
from wfm.roster.problem import Case, Floats, no_line_error
from wfm.roster.rules_kernel import own_cost

__all__ = ["Columns", "fits_columns"]

_SMOOTH = 0.6  # weight of the best prices so far
_CLOSE = 1e-6  # relative gap at which the bound is reached
_ROUNDS = 8  # pricings of everybody between two people who are fixed in a dive
_SURE = 0.85  # share of a line from which a person may be fixed together with others
_AT_ONCE = 3  # most such people
_FEW = 5  # people who get new lines at once, at first
_PATIENCE = 12  # tries without gain until there are more
_EXACT_WORK, _EXACT_SHARE = 20.0, 0.5  # most deterministic time of the exact search, and share of the time left
_UNITS = 1e6  # prices are compared in millionths
_MOST_PEOPLE = 200


def fits_columns(case: Case) -> bool:
    """Whether a case is of the kind and size for whole lines: heads wanted by shift alone, up to 200 people."""
    return len(case.wanted.heads) > 0 and not (case.demand > 0).any() and len(case.people) <= _MOST_PEOPLE


class Columns:
    """Column generation around a plan.

    Parameters
    ----------
    plan
        A legal plan.
    is_over
        From the number of lines planned so far to whether to stop.
    left_s
        Seconds left, infinity without a limit.
    seed
        Seed of the choice of people.
    """

    def __init__(self, plan: Plan, *, is_over: Callable[[int], bool], left_s: Callable[[], float], seed: int) -> None:
        self.case = plan.case
        self.bound = -math.inf
        self.planned = 0
        self._plan = plan
        self._is_over, self._left_s, self._seed = is_over, left_s, seed
        self._random = np.random.default_rng(seed)
        shifts, rules = self.case.shifts, plan.rules
        self._own = [
            np.where(person.allowed, rules.wage[n] * shifts.paid_s + rules.per_shift[n] + person.wish, np.inf)
            for n, person in enumerate(self.case.people)
        ]
        self._master = Master(self.case)
        self._unit = _price_unit(self.case)
        lines = [Column(n, line.shifts, plan.own_cost(n)) for n, line in enumerate(plan.lines)]
        self._best = [self._master.number_of(column) for column in lines]
        self.cost = cost_of(self.case, lines)

    def run(self) -> None:
        """Prove the bound, dive, and improve until nothing is left to gain or it is over.

        The plan becomes the best roster found, also where it is interrupted.
        """
        try:
            self._search()
        finally:
            self._enter()

    def _search(self) -> None:
        self._generate()
        if not self._is_done():
            self._dive({})
        everybody = len(self.case.people)
        few, tries = min(_FEW, everybody), 0
        while not self._is_done():
            before = self.cost
            some = self._some(few)
            self._dive({n: number for n, number in enumerate(self._best) if n not in some})
            tries = 0 if self.cost < before else tries + 1
            if tries > _PATIENCE:
                if few == min(_FEW, everybody):
                    self._solve_exactly()
                few, tries = min(few + 1, everybody), 0

    def _enter(self) -> None:
        """Put the best roster into the plan."""
        for person, number in enumerate(self._best):
            shifts = self._master.columns[number].shifts
            if shifts != self._plan.lines[person].shifts:
                breaks = tuple(in_order(self.case, self.case.people[person], candidate) for candidate in shifts)
                self._plan.set_line(person, Rostered(shifts, breaks))

    @property
    def is_proven(self) -> bool:
        """Whether no roster costs less."""
        return self.cost <= self.bound + _CLOSE * max(abs(self.cost), 1.0)

    def _is_done(self) -> bool:
        return self.is_proven or self._is_over(self.planned)

    def _generate(self) -> None:
        """Add lines until the programme cannot gain by any; keep the best bound."""
        wanted = self.case.wanted
        everybody = range(len(self.case.people))
        centre: Floats | None = None
        highest = -math.inf
        while not self._is_over(self.planned):
            optimum = self._master.solve()
            # Prices beyond these are due to the tolerance of the solver, and would prove too much.
            now = np.clip(optimum.head_prices, -wanted.over_price, wanted.short_price)
            added, weights = 0, (_SMOOTH, 0.0) if centre is not None else (0.0,)
            for weight in weights:
                prices = now if centre is None else weight * centre + (1 - weight) * now
                added, gained = self._price(everybody, prices, optimum)
                bound = float(prices @ wanted.heads) + gained
                if bound > highest:
                    highest, centre = bound, prices
                self.bound = max(self.bound, _rounded_up(bound, self._unit))
                if added:
                    break
            if not added or optimum.value - highest <= _CLOSE * max(abs(optimum.value), 1.0):
                return

    def _price(self, people: Iterable[int], prices: Floats, optimum: Optimum) -> tuple[int, float]:
        """Add each person's best line at these prices; return how many gain at those of the programme, and their sum.

        The sum is that of the least cost of a line less the price of its heads, over those people.
        """
        row = self.case.wanted.row
        paid = np.where(row >= 0, prices[row], 0.0)
        now = np.where(row >= 0, optimum.head_prices[row], 0.0)
        added, total = 0, 0.0
        for number in people:
            person = self.case.people[number]
            line = self._plan.planner(person).best(paid - self._own[number], -person.wish_off, person)
            self.planned += 1
            if line is None:
                raise no_line_error(self.case, [(person, "none fits")])
            total -= line.reward
            column = self._column(number, line.shifts)
            gain = optimum.line_prices[number] + float(now[list(line.shifts)].sum()) - column.cost
            added += self._master.add(column) and gain > _CLOSE
        return added, total

    def _solve_exactly(self) -> None:
        """Give a small case to the exact search, which may also prove what whole lines cannot."""
        if self._unit == 0 or not fits_exactly(self.case) or self._is_over(self.planned):
            return
        found = solve_exactly(
            self.case,
            [self._plan.planner(person) for person in self.case.people],
            self._own,
            [self._master.columns[number].shifts for number in self._best],
            unit=self._unit / _UNITS,
            work=_EXACT_WORK,
            seconds=_EXACT_SHARE * self._left_s(),
            seed=self._seed,
        )
        self.bound = max(self.bound, found.bound)
        columns = [self._column(n, line) for n, line in enumerate(found.lines or ())]
        if columns and cost_of(self.case, columns) < self.cost:
            self.cost = cost_of(self.case, columns)
            self._best = [self._master.number_of(column) for column in columns]

    def _column(self, person: int, shifts: tuple[int, ...]) -> Column:
        """Return a line as a column, its cost told by the rules that the search keeps to."""
        line = np.full(len(self.case.horizon.dates), -1, dtype=np.int64)
        line[self.case.shifts.day[list(shifts)]] = shifts
        cost = own_cost(self._plan.rules, person, line)
        if cost < 0:
            raise AssertionError(f"the line {shifts} of person {person} is not legal")
        return Column(person, shifts, cost)

    def _some(self, few: int) -> set[int]:
        """Choose people to get new lines: any, or such as may work the same shifts as one of them."""
        count = len(self.case.people)
        if self._random.random() < 0.5:
            return set(self._random.choice(count, few, replace=False).tolist())
        first = self.case.people[int(self._random.integers(count))].allowed
        shared = [float((person.allowed & first).sum()) for person in self.case.people]
        alike = np.array(shared) / max(shared) + self._random.random(count)
        return set(np.argsort(-alike, kind="stable")[:few].tolist())

    def _dive(self, held: dict[int, int]) -> None:
        """Fix people to lines one after the other, pricing the others anew; keep the roster if it is better."""
        held = dict(held)
        while True:
            self._master.fix(held)
            free = [n for n in range(len(self.case.people)) if n not in held]
            optimum = self._master.solve()
            for _ in range(_ROUNDS if free else 0):
                if self._is_over(self.planned) or not self._price(free, optimum.head_prices, optimum)[0]:
                    break
                optimum = self._master.solve()
            if optimum.value >= self.cost - _CLOSE * max(abs(self.cost), 1.0):
                return
            if not free:
                self._best = [held[n] for n in range(len(self.case.people))]
                self.cost = cost_of(self.case, [self._master.columns[number] for number in self._best])
                return
            held.update(self._surest(free, optimum.shares))

    def _surest(self, free: list[int], shares: Floats) -> dict[int, int]:
        """Return the lines of those who are whole, and of the surest others."""
        chosen: dict[int, int] = {}
        known = [[number for number in self._master.of_person[n] if number < len(shares)] for n in free]
        numbers = {n: max(some, key=shares.__getitem__) for n, some in zip(free, known, strict=True)}
        broken = 0
        for n in sorted(free, key=lambda n: -float(shares[numbers[n]])):
            share = float(shares[numbers[n]])
            if share <= 1 - _CLOSE:
                if broken >= (_AT_ONCE if share > _SURE else 1):
                    break
                broken += 1
            chosen[n] = numbers[n]
        return chosen


def _price_unit(case: Case) -> int:
    """Return the unit in millionths of which every cost of a roster is a multiple, 0 if there is none."""
    wanted = case.wanted
    contracts = {person.contract.name: person.contract for person in case.people}.values()
    if any(contract.cost_per_hour for contract in contracts) or (wanted.heads % 1 != 0).any():
        return 0
    amounts = [wanted.short_price, wanted.over_price, np.array([c.cost_per_shift for c in contracts])]
    amounts += [part for person in case.people for part in (person.wish, person.wish_off)]
    scaled = np.concatenate(amounts) * _UNITS
    whole = np.rint(scaled)
    return int(np.gcd.reduce(whole.astype(np.int64))) if np.abs(scaled - whole).max() < 1e-3 else 0


def _rounded_up(bound: float, unit: int) -> float:
    """Return the least cost of a roster that a bound allows."""
    return bound if unit == 0 else math.ceil(bound * _UNITS / unit - 1e-3) * unit / _UNITS
