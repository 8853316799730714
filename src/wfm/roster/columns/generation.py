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
from collections.abc import Callable, Collection, Iterable

import numpy as np

from wfm.roster.columns.exact import fits_exactly, solve_exactly
from wfm.roster.columns.halting import halting
from wfm.roster.columns.master import Column, Master, Optimum, cost_of
from wfm.roster.kernels.rules import own_cost
from wfm.roster.line.breaks import in_order
from wfm.roster.problem import Case, Floats, no_line_error
from wfm.roster.search.lines import Plan, Rostered

__all__ = ["Columns", "fits_columns"]

_SMOOTH = 0.6  # weight of the best prices so far
_CLOSE = 1e-6  # relative gap at which the bound is reached
_PROVED, _DIVED = 0.5, 0.85  # share of the work or time after which the bound, and the first dive, are left as they are
_PRICINGS, _LEAST_ROUNDS = 150, 4  # lines planned between two fixings of a dive, about, and least rounds of everybody
_KEPT, _KEPT_EACH = 1500, 25  # lines with which a programme of a dive begins: of all, and least of a person
_MOST_KEPT = 400  # lines of a person that are remembered
_QUOTA = 0.08  # share of people who are fixed at once though no line is sure
_FEW, _FEW_SHARE, _MOST_FEW = 5, 0.3, 20  # people who get new lines at once, at first: least, share of all, and most
_PATIENCE = 8  # tries without gain until there are more
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
        from ortools.util.python.solve_interrupter import SolveInterrupter

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
        self._unit = _price_unit(self.case)
        self._interrupter = SolveInterrupter()
        self._best = [Column(n, line.shifts, plan.own_cost(n)) for n, line in enumerate(plan.lines)]
        self._pool: list[dict[tuple[int, ...], Column]] = [{column.shifts: column} for column in self._best]
        self._prices: Floats | None = None
        self.cost = cost_of(self.case, self._best)

    def run(self) -> None:
        """Prove the bound, dive, and improve until nothing is left to gain or it is over.

        The plan becomes the best roster found, also where it is interrupted.
        """
        try:
            with halting(self._left_s, self._interrupter.interrupt):
                self._search()
        finally:
            self._enter()

    def _search(self) -> None:
        begin_s = self._left_s()
        self._generate(self._until(_PROVED, begin_s))
        everybody = len(self.case.people)
        if not self._is_done():
            self._dive(set(range(everybody)), self._until(_DIVED, begin_s))
        first = min(max(_FEW, round(_FEW_SHARE * everybody)), _MOST_FEW, everybody)
        few, tries = first, 0
        while not self._is_done():
            before = self.cost
            self._dive(self._some(few), lambda: self._is_over(self.planned))
            tries = 0 if self.cost < before else tries + 1
            if tries > _PATIENCE:
                if few == first:
                    self._solve_exactly()
                few, tries = min(few + 1, everybody), 0

    def _until(self, share: float, begin_s: float) -> Callable[[], bool]:
        """Return what tells whether that share of the work is done, or of the seconds left at the beginning gone."""
        end_s = (1 - share) * begin_s if math.isfinite(begin_s) else 0.0
        return lambda: self._is_over(math.floor(self.planned / share)) or self._left_s() <= end_s

    def _enter(self) -> None:
        """Put the best roster into the plan."""
        for person, column in enumerate(self._best):
            if column.shifts != self._plan.lines[person].shifts:
                breaks = tuple(in_order(self.case, self.case.people[person], candidate) for candidate in column.shifts)
                self._plan.set_line(person, Rostered(column.shifts, breaks))

    @property
    def is_proven(self) -> bool:
        """Whether no roster costs less."""
        return self.cost <= self.bound + _CLOSE * max(abs(self.cost), 1.0)

    def _is_done(self) -> bool:
        return self.is_proven or self._is_over(self.planned)

    def _generate(self, is_over: Callable[[], bool]) -> None:
        """Add lines for everybody until the programme cannot gain by any."""
        people = range(len(self.case.people))
        self._converge(self._master({}, people), people, is_over)

    def _converge(
        self, master: Master, people: Collection[int], is_over: Callable[[], bool], rounds: float = math.inf
    ) -> tuple[Optimum | None, float]:
        """Add lines until the programme cannot gain by any, for so many rounds; return its optimum and its bound.

        It ends early where the bound says that no roster of it is better than the best. There is no optimum if it is
        over before.
        """
        highest, done, settled = -math.inf, 0, False
        while True:
            optimum = master.solve()
            if optimum is None:
                self.planned += len(people)  # a programme that cannot be solved is work all the same
                return None, -math.inf
            if settled or done >= rounds:
                return optimum, _rounded_up(highest, self._unit)
            now = self._clipped(optimum.head_prices)
            added = 0
            for weight in (_SMOOTH, 0.0) if self._prices is not None else (0.0,):
                prices = now if self._prices is None else weight * self._prices + (1 - weight) * now
                added, bound = self._price(master, people, prices, optimum, is_over)
                if bound > highest:
                    highest, self._prices = bound, prices
                if added:
                    break
            least = _rounded_up(highest, self._unit)
            if len(people) == len(self.case.people):
                self.bound = max(self.bound, least)
            if is_over():
                return None, least
            gap = optimum.value - highest
            settled = not added or gap <= _CLOSE * max(abs(optimum.value), 1.0) or least > self._low_enough()
            done += 1

    def _clipped(self, prices: Floats) -> Floats:
        """Return prices that are not beyond those of a head, as the tolerance of the solver may let them be."""
        return np.clip(prices, -self.case.wanted.over_price, self.case.wanted.short_price)

    def _master(self, held: dict[int, Column], free: Collection[int]) -> Master:
        """Return the programme of those who are free, with the lines that are worth most at the last prices."""
        master = Master(self.case, held.values(), self._interrupter)
        prices = np.zeros(len(self.case.wanted.heads)) if self._prices is None else self._prices
        worth = np.append(prices, 0.0)[self.case.wanted.row]
        kept = max(_KEPT // len(free), _KEPT_EACH)
        for person in free:
            columns = list(self._pool[person].values())
            reduced = np.array([column.cost - worth[list(column.shifts)].sum() for column in columns])
            for number in np.argsort(reduced, kind="stable")[:kept].tolist():
                master.add(columns[number])
            if self._best[person] not in master.columns[-kept:]:
                master.add(self._best[person])
        return master

    def _price(
        self, master: Master, people: Iterable[int], prices: Floats, optimum: Optimum, is_over: Callable[[], bool]
    ) -> tuple[int, float]:
        """Add each person's best line at these prices; return how many gain at those of the programme, and the bound.

        The bound is on what the programme costs with every line that there is; there is none if it is over before.
        """
        worth = np.append(prices, 0.0)[self.case.wanted.row]
        now = np.append(optimum.head_prices, 0.0)[self.case.wanted.row]
        added, bound = 0, master.fixed + float(prices @ master.heads)
        for number in people:
            if is_over():
                return added, -math.inf
            person = self.case.people[number]
            line = self._plan.planner(person).best(worth - self._own[number], -person.wish_off, person)
            self.planned += 1
            if line is None:
                raise no_line_error(self.case, [(person, "none fits")])
            bound -= line.reward
            column = self._column(number, line.shifts)
            gain = optimum.line_prices[number] + float(now[list(line.shifts)].sum()) - column.cost
            pool = self._pool[number]
            pool.setdefault(column.shifts, column)
            if len(pool) > _MOST_KEPT:
                del pool[next(iter(pool))]
            if gain > _CLOSE:
                master.add(column)
                added += 1
        return added, bound

    def _solve_exactly(self) -> None:
        """Give a small case to the exact search, which may also prove what whole lines cannot."""
        if self._unit == 0 or not fits_exactly(self.case) or self._is_over(self.planned):
            return
        found = solve_exactly(
            self.case,
            [self._plan.planner(person) for person in self.case.people],
            self._own,
            [column.shifts for column in self._best],
            unit=self._unit / _UNITS,
            work=_EXACT_WORK,
            left_s=self._left_s,
            share=_EXACT_SHARE,
            seed=self._seed,
        )
        self.bound = max(self.bound, found.bound)
        columns = [self._column(n, line) for n, line in enumerate(found.lines or ())]
        if columns and cost_of(self.case, columns) < self.cost:
            self._best, self.cost = columns, cost_of(self.case, columns)

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

    def _dive(self, free: set[int], is_over: Callable[[], bool]) -> None:
        """Fix free people to lines one after the other, pricing the others anew; keep the roster if it is better."""
        held = {n: column for n, column in enumerate(self._best) if n not in free}
        while len(held) < len(self._best):
            left = [n for n in range(len(self._best)) if n not in held]
            master = self._master(held, left)
            rounds = max(_PRICINGS // len(left), _LEAST_ROUNDS)
            optimum, bound = self._converge(master, left, is_over, rounds)
            if optimum is None or bound > self._low_enough():
                return
            held.update(_surest(master, left, optimum.shares))
        columns = [held[n] for n in range(len(self._best))]
        cost = cost_of(self.case, columns)
        if cost < self._low_enough():
            self._best, self.cost = columns, cost

    def _low_enough(self) -> float:
        """Return the cost below which a roster is better than the best."""
        return self.cost - _CLOSE * max(abs(self.cost), 1.0)


def _surest(master: Master, free: list[int], shares: Floats) -> dict[int, Column]:
    """Return the lines of those who are whole, and of the surest others."""
    most: dict[int, tuple[float, Column]] = {}
    for share, column in zip(shares.tolist(), master.columns, strict=True):
        if column.person not in most or share > most[column.person][0]:
            most[column.person] = share, column
    order = sorted(free, key=lambda n: -most[n][0])
    whole = sum(most[n][0] > 1 - _CLOSE for n in free)
    return {n: most[n][1] for n in order[: whole + max(int(_QUOTA * len(free)), 1)]}


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
    if unit == 0 or math.isinf(bound):
        return bound
    return math.ceil(bound * _UNITS / unit - 1e-3) * unit / _UNITS
