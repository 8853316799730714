"""Names on shifts: each person in turn gets their best legal line of work, given everybody else's.

`Plan` holds the lines and what they cover. Seeding follows the counts of the anonymous plan; improving takes a few
people out and plans them anew at true prices, and keeps the change if the roster became no dearer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wfm.roster.breaks import BreakPlanner, Worth
from wfm.roster.classes import PersonClass
from wfm.roster.cover import Cover
from wfm.roster.line import LinePlanner
from wfm.roster.problem import Case, Floats, Person, no_line_error

__all__ = ["Plan", "Rostered"]

_NEVER = -np.inf
_EPSILON = 1e-6
_HELPS = 1e-4
_MOST_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Rostered:
    """The line of one person: the candidates worked, and for each the starts of its breaks in Unix seconds."""

    shifts: tuple[int, ...] = ()
    breaks: tuple[tuple[int, ...], ...] = ()


class Plan:
    """A legal line for each person, kept together with the coverage they give.

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
        self.cover = Cover(case, sorted({person.skills for person in case.people}))
        self.breaks = BreakPlanner(case)
        self._planners = {}
        for contract in case.centre.contracts:
            under = [person.allowed for person in case.people if person.contract == contract]
            if under:
                self._planners[contract.name] = LinePlanner(case, contract, np.logical_or.reduce(under))
        self._wage = {
            contract.name: case.shifts.paid_s / 3600 * contract.cost_per_hour for contract in case.centre.contracts
        }
        self._check_lines()

    def planner(self, person: Person) -> LinePlanner:
        """Return the planner of a person's contract."""
        return self._planners[person.contract.name]

    def _check_lines(self) -> None:
        stuck: list[tuple[Person, str]] = []
        seen: dict[tuple[object, ...], bool] = {}
        off = np.zeros(len(self.case.horizon.dates))
        for person in self.case.people:
            if not any(person.low_s) and not person.contract.min_period_s:
                continue
            key = (person.contract.name, person.allowed.tobytes(), person.low_s)
            if key not in seen:
                reward = np.where(person.allowed, 0.0, _NEVER)
                seen[key] = self.planner(person).best(reward, off, person.low_s, person.high_s) is not None
            if not seen[key]:
                stuck.append((person, self._shortfall(person)))
        if stuck:
            raise no_line_error(self.case, stuck)

    def _shortfall(self, person: Person) -> str:
        """Say how many hours the minimum asks for and how many a legal line can hold."""
        reward = np.where(person.allowed, self.case.shifts.paid_s / 3600, _NEVER)
        off = np.zeros(len(self.case.horizon.dates))
        for position, week in enumerate(self.case.weeks):
            inside = np.isin(self.case.shifts.day, week.days)
            line = self.planner(person).best(
                np.where(inside, reward, np.minimum(reward, 0.0)), off, *self._free(person)
            )
            held = sum(self.case.shifts.paid_s[c] for c in line.shifts if inside[c]) / 3600 if line else 0.0
            low = person.low_s[position] / 3600
            if held < low:
                return f"the week of {week.monday} needs at least {low:g} h paid, at most {held:g} h fit"
        return f"the minimum hours of contract {person.contract.name!r} cannot be met over the horizon"

    def _free(self, person: Person) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return (0.0,) * len(person.low_s), person.high_s

    def cost(self) -> float:
        """Return the price of the whole plan."""
        return self.cover.cost() + sum(self.own_cost(number) for number in range(len(self.lines)))

    def own_cost(self, number: int) -> float:
        """Return the wages, overtime and missed wishes of one person."""
        person, line = self.case.people[number], self.lines[number]
        chosen = list(line.shifts)
        wage = float(self._wage[person.contract.name][chosen].sum())
        paid = np.bincount(
            self.case.week_of_day[self.case.shifts.day[chosen]],
            weights=self.case.shifts.paid_s[chosen],
            minlength=len(self.case.weeks),
        )
        over = float(np.maximum(paid - person.contract.max_week_s, 0).sum()) / 3600
        surcharge = over * person.contract.cost_per_hour * (person.contract.overtime_factor - 1)
        worked = np.zeros(len(self.case.horizon.dates), dtype=bool)
        worked[self.case.shifts.day[chosen]] = True
        return wage + surcharge + float(person.wish[chosen].sum()) + float(person.wish_off[~worked].sum())

    def set_line(self, number: int, line: Rostered) -> None:
        """Give a person another line."""
        skills = self.case.people[number].skills
        for sign, some in ((-1, self.lines[number]), (1, line)):
            if some.shifts:
                self.cover.add(skills, self.presence(some), sign)
        self.lines[number] = line

    def presence(self, line: Rostered) -> Floats:
        """Return the share of every interval that a line is at work."""
        total = np.zeros(len(self.case.starts_s))
        for candidate, breaks in zip(line.shifts, line.breaks, strict=True):
            first, shares = self.breaks.presence(candidate, breaks)
            total[first : first + len(shares)] += shares
        return total

    def worth(self, person: Person) -> Worth:
        """Return what one more person of that skill set is worth at any time."""
        shares = {1.0} | {1 - share for share in map(self.breaks.share, self.breaks.lengths) if share < 1}
        return self.breaks.measure({share: self.cover.worth(person.skills, share) for share in sorted(shares)})

    def replan(self, number: int) -> None:
        """Give a person without a line their best one at present prices."""
        person = self.case.people[number]
        worth = self.worth(person)
        value = self.breaks.rewards(worth) - self._wage[person.contract.name] - person.wish
        reward = np.where(person.allowed, value, _NEVER)
        line = self.planner(person).best(reward, -person.wish_off, person.low_s, person.high_s)
        if line is None:
            raise no_line_error(self.case, [(person, self._shortfall(person))])
        self.set_line(number, self._with_breaks(line.shifts, worth))

    def _with_breaks(self, shifts: tuple[int, ...], worth: Worth) -> Rostered:
        return Rostered(shifts, tuple(self.breaks.place(candidate, worth) for candidate in shifts))

    def fill(self) -> None:
        """Give everybody their best line at present prices, one person after the other."""
        for number in range(len(self.lines)):
            self.replan(number)

    def settle_breaks(self) -> None:
        """Place everybody's breaks anew, one person after the other."""
        for number in range(len(self.lines)):
            self._settle(number)

    def _settle(self, number: int) -> None:
        before = self.lines[number]
        if not before.shifts:
            return
        cost = self.cover.cost()
        self.set_line(number, Rostered())
        self.set_line(number, self._with_breaks(before.shifts, self.worth(self.case.people[number])))
        if self.cover.cost() > cost + _EPSILON:
            self.set_line(number, before)

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
            line = planner.best(reward, off, person.low_s, high)
            if line is None:
                line = planner.best(reward, off, person.low_s, person.high_s)
            if line is None:
                raise no_line_error(self.case, [(person, self._shortfall(person))])
            left[list(line.shifts)] -= 1.0
            self.set_line(number, self._with_breaks(line.shifts, self.worth(person)))

    def improve(self, *, seed: int, work_limit: int, is_over: Callable[[], bool], target: float = -np.inf) -> int:
        """Take people out and plan them anew until `work_limit` people were planned; return how many were.

        One at a time, in rounds, as long as a round helps; then a few at a time, drawn by `seed`. Stops early at a cost
        of `target`.
        """
        generator = np.random.default_rng(seed)
        numbers = np.arange(len(self.lines))
        done, cost, helped = 0, self.cost(), True
        while helped and done < work_limit:
            before = cost
            for number in generator.permutation(numbers).tolist():
                if done >= work_limit or is_over() or cost <= target:
                    return done
                cost, done = self._try([number], cost), done + 1
            helped = cost < before * (1 - _HELPS)
        most = min(_MOST_AT_ONCE, len(numbers))
        while done < work_limit and most > 1 and not is_over() and cost > target:
            size = int(generator.integers(2, most + 1))
            chosen = generator.choice(numbers, size=size, replace=False).tolist()
            cost, done = self._try(chosen, cost), done + len(chosen)
        return done

    def _try(self, numbers: list[int], cost: float) -> float:
        before = [(number, self.lines[number]) for number in numbers]
        own = sum(self.own_cost(number) for number in numbers) + self.cover.cost()
        for number in numbers:
            self.set_line(number, Rostered())
        for number in numbers:
            self.replan(number)
        now = sum(self.own_cost(number) for number in numbers) + self.cover.cost()
        if now > own + _EPSILON:
            for number, line in before:
                self.set_line(number, line)
            return cost
        return cost + now - own
