"""A CP-SAT model with a choice per person and shift, which makes the plan of a small centre cheaper.

People who share a skill set take their breaks from common counts by time, as in the anonymous plan; the breaks are
named afterwards. The model is searched around the plan it is given (large neighbourhood search), so it proves no bound.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from wfm.domain.shift import Break
from wfm.roster import rules
from wfm.roster.counts import break_windows, footprints
from wfm.roster.cover import queue_sets
from wfm.roster.improve import Plan, Rostered
from wfm.roster.problem import Case, Ints
from wfm.shifts import overlap

__all__ = ["is_small", "refine"]

_MOST_PEOPLE = 30
_MOST_CHOICES = 2500
_SCALE = 360_000  # a hundredth of a currency unit for each second of an hour: prices become whole numbers
_EFFORT = 1e-6  # deterministic time for each person planned anew and choice: about 10 s for 1000 choices at 2000
_WORKERS = 4
_EPSILON = 1e-6
_RULES = (
    rules.add_one_shift_a_day,
    rules.add_min_rest,
    rules.add_days_in_a_row,
    rules.add_days_per_week,
    rules.add_week_hours,
    rules.add_period_hours,
    rules.add_weekends,
)


@dataclass(frozen=True, slots=True)
class _Pool:
    """The breaks of one kind that a skill set takes on a day: how many start in each footprint."""

    group: int
    day: int
    rest: Break
    first: int
    step: int
    kind: Ints
    taken: tuple[Any, ...]


def is_small(case: Case) -> bool:
    """Whether the centre is small enough for a choice per person and shift."""
    return len(case.people) <= _MOST_PEOPLE and _choices(case) <= _MOST_CHOICES


def _choices(case: Case) -> int:
    return sum(int(person.allowed.sum()) for person in case.people)


def refine(plan: Plan, *, seed: int, work_limit: int, time_limit: timedelta | None = None) -> bool:
    """Search around a plan for a cheaper one; return whether one was found and taken.

    Parameters
    ----------
    plan
        The plan, which is changed only if it gets cheaper.
    seed
        Seed of the search.
    work_limit
        Effort, in the unit of `wfm.roster.solve`; the same effort gives the same plan.
    time_limit
        Wall-clock limit besides; default none.
    """
    from ortools.sat.python import cp_model

    model = _PeopleModel(cp_model.CpModel(), plan)
    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.random_seed = seed
    parameters.num_workers = _WORKERS
    parameters.interleave_search = True
    parameters.use_lns_only = True
    # The search is short: what only pays in a long one is left out.
    parameters.symmetry_level = 0
    parameters.cp_model_probing_level = 0
    parameters.max_deterministic_time = _EFFORT * work_limit * _choices(plan.case)
    if time_limit is not None:
        parameters.max_time_in_seconds = max(time_limit.total_seconds(), 0.0)
    status = solver.solve(model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return False
    before, cost = list(plan.lines), plan.cost()
    _set_lines(plan, model.lines(solver))
    plan.settle_breaks()
    if plan.cost() < cost - _EPSILON:
        return True
    _set_lines(plan, before)
    return False


def _set_lines(plan: Plan, lines: list[Rostered]) -> None:
    for number, line in enumerate(lines):
        plan.set_line(number, line)


class _PeopleModel:
    """Builds the model step by step; each method adds one part."""

    def __init__(self, model: Any, plan: Plan) -> None:
        self.model = model
        self.plan = plan
        self.case = plan.case
        self.groups = sorted({person.skills for person in self.case.people})
        self.group_of = [self.groups.index(person.skills) for person in self.case.people]
        self.sizes = [self.group_of.count(group) for group in range(len(self.groups))]
        self.units = self.case.interval_s // plan.breaks.cell_s
        self.cost: list[Any] = []
        self.people = [self._person(number) for number in range(len(self.case.people))]
        self.heads = self._heads()
        self.presence: list[list[list[Any]]] = [[[] for _ in self.case.starts_s] for _ in self.groups]
        self._shifts_present()
        self.pools = self._breaks()
        self.sets = self._sets()
        self._coverage()
        model.minimize(sum(self.cost))

    def _charge(self, price: float, amount: Any) -> None:
        if price:
            self.cost.append(round(float(price) * _SCALE) * amount)

    def _person(self, number: int) -> rules.PersonVariables:
        """Add a person with the rules of their contract, their wages and wishes."""
        case, person, line = self.case, self.case.people[number], set(self.plan.lines[number].shifts)
        chosen = rules.person_variables(self.model, case, person)
        for rule in _RULES:
            rule(self.model, case, chosen)
        hourly = person.contract.cost_per_hour
        for candidate, works in chosen.shifts.items():
            self.model.add_hint(works, candidate in line)
            self._charge(case.shifts.paid_s[candidate] / 3600 * hourly + person.wish[candidate], works)
        for candidates, works in zip(chosen.on_day, chosen.works, strict=True):
            self.model.add_hint(works, not line.isdisjoint(candidates))
        for price, works in zip(person.wish_off, chosen.works, strict=True):
            self._charge(price, 1 - works)
        for week, overtime in zip(case.weeks, chosen.overtime, strict=True):
            paid = sum(int(case.shifts.paid_s[c]) for c in line if case.shifts.day[c] in week.days)
            self.model.add_hint(overtime, max(0, paid - int(person.contract.max_week_s)))
            self._charge(hourly * (person.contract.overtime_factor - 1) / 3600, overtime)
        return chosen

    def _heads(self) -> dict[tuple[int, int], Any]:
        """Add how many people of each skill set work each candidate."""
        members: dict[tuple[int, int], list[Any]] = defaultdict(list)
        for group, chosen in zip(self.group_of, self.people, strict=True):
            for candidate, works in chosen.shifts.items():
                members[group, candidate].append(works)
        heads = {}
        now = Counter(
            (group, c) for group, line in zip(self.group_of, self.plan.lines, strict=True) for c in line.shifts
        )
        for key, some in members.items():
            heads[key] = self.model.new_int_var(0, len(some), "")
            self.model.add(heads[key] == sum(some))
            self.model.add_hint(heads[key], now[key])
        return heads

    def _shifts_present(self) -> None:
        case = self.case
        shares = overlap(case.shifts.start_s, case.shifts.end_s, case.starts_s, case.interval_s) * self.units
        for (group, candidate), heads in self.heads.items():
            for interval in np.flatnonzero(shares[candidate]).tolist():
                self.presence[group][interval].append(round(float(shares[candidate, interval])) * heads)

    def _breaks(self) -> list[_Pool]:
        """Give everybody their breaks within the windows, by counts of each skill set and day."""
        members: dict[tuple[int, int, Break], list[int]] = defaultdict(list)
        shifts = self.case.shifts
        for group, candidate in self.heads:
            for rest in shifts.templates[shifts.template[candidate]].breaks:
                members[group, int(shifts.day[candidate]), rest].append(candidate)
        return [self._pool(key, np.array(ids, dtype=np.int64)) for key, ids in members.items()]

    def _pool(self, key: tuple[int, int, Break], ids: Ints) -> _Pool:
        group, day, rest = key
        low, high, step = break_windows(self.case, rest, ids)
        first = int(low.min())
        kind, shares = footprints(self.case, first, int(high.max()), step, int(rest.length_s))
        now = kind[(self._starts_now(key) - first) // step]
        may, due = kind[(low - first) // step], kind[(high - first) // step]
        taken, total = [], 0
        for number, share in enumerate(shares):
            taken.append(self.model.new_int_var(0, self.sizes[group], ""))
            self.model.add_hint(taken[-1], int((now == number).sum()))
            before, total = total, self.model.new_int_var(0, self.sizes[group], "")
            self.model.add(total == before + taken[-1])
            self.model.add_hint(total, int((now <= number).sum()))
            self.model.add(total <= sum(self.heads[group, c] for c in ids[may <= number].tolist()))
            self.model.add(total >= sum(self.heads[group, c] for c in ids[due <= number].tolist()))
            for interval in np.flatnonzero(share).tolist():
                self.presence[group][interval].append(-round(float(share[interval] * self.units)) * taken[-1])
        return _Pool(group, day, rest, first, step, kind, tuple(taken))

    def _starts_now(self, key: tuple[int, int, Break]) -> Ints:
        """Return the starts of the breaks of a pool in the plan."""
        shifts = self.case.shifts
        starts = [
            start
            for group, line in zip(self.group_of, self.plan.lines, strict=True)
            for candidate, breaks in zip(line.shifts, line.breaks, strict=True)
            for rest, start in zip(shifts.templates[shifts.template[candidate]].breaks, breaks, strict=True)
            if (group, int(shifts.day[candidate]), rest) == key
        ]
        return np.array(starts, dtype=np.int64)

    def _coverage(self) -> None:
        """Price what is short of the demand of any set of queues, and what is over the whole."""
        case, hour = self.case, self.case.interval_h / self.units
        now = self.plan.cover.short()
        for interval, demand in enumerate(case.demand * self.units):
            if not demand.any() and not case.surplus_price:
                continue
            present = self._present(interval)
            short = self.model.new_int_var(0, int(np.ceil(demand.sum())), "")
            self.model.add_hint(short, round(float(now[interval]) * self.units))
            self._charge(case.shortage_price * hour, short)
            wanted = {touch: round(float(demand[queues].sum())) for touch, queues in self.sets.items()}
            for touch, amount in wanted.items():
                # A set that asks for no more than another with fewer people to serve it says nothing new.
                if amount and not any(more >= amount and fewer < touch for fewer, more in wanted.items()):
                    self.model.add(short + sum(present[group] for group in sorted(touch)) >= amount)
            if case.surplus_price:
                counts = [case.is_open[interval, np.array(group)].any() for group in self.groups]
                over = self.model.new_int_var(0, self.units * len(case.people), "")
                total = sum(p for p, counted in zip(present, counts, strict=True) if counted)
                self.model.add(over >= total - round(float(demand.sum())) + short)
                self._charge(case.surplus_price * hour, over)

    def _present(self, interval: int) -> list[Any]:
        present = []
        for group, size in enumerate(self.sizes):
            present.append(self.model.new_int_var(0, size * self.units, ""))
            self.model.add(present[-1] == sum(self.presence[group][interval]))
        return present

    def _sets(self) -> dict[frozenset[int], Any]:
        """Return, by the skill sets that serve some of it, the largest set of queues."""
        largest: dict[frozenset[int], Any] = {}
        for queues in queue_sets(len(self.case.queues), self.groups)[1:]:
            touch = frozenset(n for n, group in enumerate(self.groups) if (queues & np.array(group)).any())
            largest[touch] = largest.get(touch, False) | queues
        return largest

    def lines(self, solver: Any) -> list[Rostered]:
        """Return the line of each person in a solution."""
        worked = [tuple(c for c, works in chosen.shifts.items() if solver.value(works)) for chosen in self.people]
        named: dict[tuple[int, int, Break], int] = {}
        for pool in self.pools:
            self._name(pool, [solver.value(count) for count in pool.taken], worked, named)
        shifts, lines = self.case.shifts, []
        for number, line in enumerate(worked):
            breaks = []
            for candidate in line:
                template = shifts.templates[shifts.template[candidate]]
                given = tuple(named.get((number, candidate, rest), -1) for rest in template.breaks)
                if not self.plan.breaks.fits(candidate, given):
                    given = self.plan.breaks.place(candidate, self.plan.worth(self.case.people[number]))
                breaks.append(given)
            lines.append(Rostered(line, tuple(breaks)))
        return lines

    def _name(
        self, pool: _Pool, counts: list[int], worked: list[tuple[int, ...]], named: dict[tuple[int, int, Break], int]
    ) -> None:
        """Give the breaks of a pool to its people: at each time to those whose window closes first."""
        shifts = self.case.shifts
        waiting = []
        for number, line in enumerate(worked):
            for candidate in line:
                template = shifts.templates[shifts.template[candidate]]
                same = self.group_of[number] == pool.group and shifts.day[candidate] == pool.day
                if same and pool.rest in template.breaks:
                    starts = self.plan.breaks.starts(candidate, pool.rest)
                    waiting.append((int(starts[-1]), number, candidate, starts))
        waiting.sort(key=lambda item: item[:3])
        for footprint, count in enumerate(counts):
            for _ in range(count):
                for place, (_, number, candidate, starts) in enumerate(waiting):
                    fits = starts[pool.kind[(starts - pool.first) // pool.step] == footprint]
                    if len(fits):
                        named[number, candidate, pool.rest] = int(fits[0])
                        del waiting[place]
                        break
