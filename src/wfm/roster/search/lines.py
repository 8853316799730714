"""Everybody's line of work, what it covers and what it costs; the first legal lines, from counts or from nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wfm.roster.bound.classes import PersonClass
from wfm.roster.coverage.cover import Cover
from wfm.roster.kernels.rules import own_cost
from wfm.roster.line.best import Line, LinePlanner
from wfm.roster.line.breaks import cell_length_s, in_order, presence
from wfm.roster.line.stuck import reason
from wfm.roster.problem import Case, Floats, Ints, Person, no_line_error
from wfm.roster.search.rules import rules_of
from wfm.roster.search.together import together_cost, together_of

__all__ = ["Plan", "Rostered"]

_NEVER = -np.inf
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Rostered:
    """The line of one person: the candidates worked, and for each the starts of its breaks in Unix seconds."""

    shifts: tuple[int, ...] = ()
    breaks: tuple[tuple[int, ...], ...] = ()


class Plan:
    """A legal line for each person, kept together with the coverage they give; at first the least that is legal.

    Parameters
    ----------
    case
        The problem.
    classes
        Its people, collapsed.

    Raises
    ------
    DataError
        If somebody has no legal line of work at all, such as a minimum of hours that leave makes impossible.
    """

    def __init__(self, case: Case, classes: tuple[PersonClass, ...]) -> None:
        self.case = case
        self.classes = classes
        self.lines: list[Rostered] = [Rostered()] * len(case.people)
        self.cover = Cover(case, sorted({person.speeds for person in case.people}))
        self.cell_s = cell_length_s(case)
        self.rules = rules_of(case)
        self.together = together_of(case)
        self._planners = {}
        for contract in case.centre.contracts:
            under = [person for person in case.people if person.contract == contract]
            if under:
                self._planners[contract.name] = LinePlanner(case, contract, under)
        self._wage = {
            contract.name: case.shifts.paid_s / 3600 * contract.cost_per_hour + contract.cost_per_shift
            for contract in case.centre.contracts
        }
        self._begin()

    def reprice(self, case: Case) -> None:
        """Take a case that differs from the present one in the prices of coverage alone."""
        self.case = case
        self.cover = Cover(case, self.cover.groups)
        for person, line in zip(case.people, self.lines, strict=True):
            self.cover.add(person.speeds, self.presence(line))

    def planner(self, person: Person) -> LinePlanner:
        """Return the planner of a person's contract."""
        return self._planners[person.contract.name]

    def _begin(self) -> None:
        """Give everybody the cheapest legal line there is, whatever it covers."""
        stuck: list[tuple[Person, str]] = []
        found: dict[tuple[object, ...], Line | None] = {}
        for number, person in enumerate(self.case.people):
            wishes = person.wish.tobytes(), person.wish_off.tobytes()
            limits = person.low_s, person.must.tobytes(), person.most_shifts, person.employee.before
            key = (person.contract.name, person.allowed.tobytes(), *limits, *wishes)
            if key not in found:
                reward = np.where(person.allowed, -self._wage[person.contract.name] - person.wish, _NEVER)
                found[key] = self.planner(person).best(reward, -person.wish_off, person)
            line = found[key]
            if line is None:
                stuck.append((person, self._shortfall(person)))
            else:
                self.set_line(number, self._rostered(person, line.shifts))
        if stuck:
            raise no_line_error(self.case, stuck)

    def _rostered(self, person: Person, shifts: tuple[int, ...]) -> Rostered:
        """Return a line with its breaks one after the other, as early as they may be."""
        return Rostered(shifts, tuple(in_order(self.case, person, candidate) for candidate in shifts))

    def _shortfall(self, person: Person) -> str:
        """Say how many hours the minimum asks for and how many a legal line can hold."""
        reward = np.where(person.allowed, self.case.shifts.paid_s / 3600, _NEVER)
        off = np.zeros(len(self.case.horizon.dates))
        for position, week in enumerate(self.case.weeks):
            inside = np.isin(self.case.shifts.day, week.days)
            line = self.planner(person).best(
                np.where(inside, reward, np.minimum(reward, 0.0)), off, person, low_s=(0.0,) * len(person.low_s)
            )
            held = sum(self.case.shifts.paid_s[c] for c in line.shifts if inside[c]) / 3600 if line else 0.0
            low = person.low_s[position] / 3600
            if held < low:
                return f"the week of {week.monday} needs at least {low:g} h paid, at most {held:g} h fit"
        return reason(self.case, person)

    def cost(self) -> float:
        """Return the price of the whole plan."""
        chosen = [candidate for line in self.lines for candidate in line.shifts]
        wanted = self.case.wanted.cost(np.array(chosen, dtype=np.int64))
        own = sum(self.own_cost(number) for number in range(len(self.lines)))
        return self.cover.cost() + wanted + own + self._shared_cost()

    def _shared_cost(self) -> float:
        """Return the price of fairness and pairs."""
        if not self.together.asked:
            return 0.0
        return sum(together_cost(self.together, np.stack([self.days(number) for number in range(len(self.lines))])))

    def own_cost(self, number: int) -> float:
        """Return the wages, overtime and missed wishes of one person."""
        return own_cost(self.rules, number, self.days(number))

    def days(self, number: int) -> Ints:
        """Return the candidate that a person works on each day, -1 for a day off."""
        line = np.full(len(self.case.horizon.dates), -1, dtype=np.int64)
        chosen = list(self.lines[number].shifts)
        line[self.case.shifts.day[chosen]] = chosen
        return line

    def set_line(self, number: int, line: Rostered) -> None:
        """Give a person another line."""
        speeds = self.case.people[number].speeds
        for sign, some in ((-1, self.lines[number]), (1, line)):
            if some.shifts:
                self.cover.add(speeds, self.presence(some), sign)
        self.lines[number] = line

    def presence(self, line: Rostered) -> Floats:
        """Return the share of every interval that a line is at work."""
        total = np.zeros(len(self.case.starts_s))
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            first, shares = presence(self.case, candidate, breaks)
            total[first : first + len(shares)] += shares
        return self.case.fold(total)

    def seed_by(self, heads: Floats) -> None:
        """Name the counts: each person takes the legal line that uses most of what is left of their class."""
        for people, planned in zip(self.classes, heads, strict=True):
            self._seed_class(people, planned.copy())

    def _seed_class(self, people: PersonClass, left: Floats) -> None:
        shifts = self.case.shifts
        # Those who can work least choose first.
        order = sorted(people.members, key=lambda m: (int(self.case.people[m].free_days.sum()), m))
        off = np.zeros(len(self.case.horizon.dates))
        for place, number in enumerate(order):
            person = self.case.people[number]
            remaining = np.maximum(left, 0.0)
            hours = np.bincount(
                self.case.week_of_day[shifts.day],
                weights=remaining * shifts.paid_s,
                minlength=len(self.case.weeks),
            )
            # Nobody takes more than a fair share of the hours left, or the last would have none to reach a minimum.
            longest = float(shifts.paid_s[person.allowed].max(initial=0))
            fair = np.ceil(hours / (len(order) - place) / max(longest, 1.0) - _EPSILON) * longest
            high = tuple(
                min(most, max(low, float(share)))
                for most, low, share in zip(person.high_s, person.low_s, fair, strict=True)
            )
            # The days with most left go first: for days alone this greedy rule never strands a shift (Gale, Ryser).
            on_day = np.bincount(shifts.day, weights=remaining, minlength=len(off)) / (len(order) - place)
            gain = np.where(remaining > _EPSILON, 0.5 + np.minimum(remaining, 1.0), -1.0) * shifts.paid_s / 3600
            share = shifts.paid_s / max(longest, 1.0)
            gain = gain + np.where(remaining > _EPSILON, share * on_day[shifts.day] + 0.01 * remaining, 0.0)
            reward = np.where(person.allowed, gain, _NEVER)
            planner = self.planner(person)
            line = planner.best(reward, off, person, high_s=high) or planner.best(reward, off, person)
            if line is None:
                raise no_line_error(self.case, [(person, self._shortfall(person))])
            left[list(line.shifts)] -= 1.0
            self.set_line(number, self._rostered(person, line.shifts))
