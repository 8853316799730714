"""Floors that all people together cannot hold: a smallest set of floors and rules that clash.

Whether some floors can hold is decided from two sides. They cannot if, by the dynamic programme over each person's
lines, the most hours that everybody could work under them stay below the agent-hours that they ask for. They can if a
roster is found that holds them. Between the two nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.people import Contract, Employee
from wfm.errors import DataError
from wfm.roster.asked import price_of_shortage
from wfm.roster.clashes.person_rules import PersonRule, Terms, rules_of_person
from wfm.roster.coverage.speeds import Speeds
from wfm.roster.line.best import LinePlanner
from wfm.roster.problem import Case, Flags, Floats, build_case
from wfm.roster.solver import solve
from wfm.roster.tree import tree
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import Horizon

__all__ = ["FloorConflict", "FloorFix", "floor_conflict"]

_WORK = 20  # thousand changes in which a roster that holds some floors is sought
_SLACK_H = 1e-6


@dataclass(frozen=True, slots=True)
class FloorFix:
    """A change of one floor or rule that dissolves a conflict; tried: `holds` says that a roster was found with it."""

    what: str
    price: float
    holds: bool


@dataclass(frozen=True, slots=True)
class FloorConflict:
    """Floors and rules that cannot all hold.

    Parameters
    ----------
    floors
        The floors, in words: queue, day, agent-hours.
    rules
        The rules, in words, with the contract or person.
    people
        Those who could work under the floors.
    asked_h, most_h
        Agent-hours that the floors ask for, and the most that all these people can work under them.
    is_smallest
        Whether a roster was found for the set without each one of its floors and rules; else some may be superfluous.
    fixes
        The least change of each floor and rule after which the hours suffice, the cheapest first.
    currency
        Code of the currency.
    """

    floors: tuple[str, ...]
    rules: tuple[str, ...]
    people: tuple[str, ...]
    asked_h: float
    most_h: float
    is_smallest: bool
    fixes: tuple[FloorFix, ...]
    currency: str

    def __str__(self) -> str:
        lines = [*(f"floor: {floor}" for floor in self.floors), *(f"rule: {rule}" for rule in self.rules)]
        for fix in self.fixes:
            more = "" if fix.holds else "; no roster was found with it alone"
            lines.append(f"{fix.what} ({fix.price:,.2f} {self.currency}{more})")
        head = f"the floors ask for {self.asked_h:g} agent-hours, {len(self.people)} people can work {self.most_h:g}"
        return tree(head, lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


@dataclass(frozen=True, eq=False)
class _Floor:
    """The rows of one queue and day."""

    words: str
    rows: Flags


@dataclass(frozen=True, eq=False)
class _Rule:
    """A rule of everybody under a contract, or of one person."""

    owner: str
    rule: PersonRule


class _Question:
    """Floors and rules of one centre, which can be left out."""

    def __init__(self, frame: pd.DataFrame, centre: Centre, horizon: Horizon) -> None:
        self.frame, self.centre, self.horizon = frame, centre, horizon
        self.hours = centre.interval_s / 3600
        days = frame["start"].dt.date
        floored = frame["floor"].to_numpy(dtype=float) > 0
        self.floors = []
        for (queue, day), rows in frame[floored].groupby(["queue", days[floored]]).groups.items():
            chosen = np.zeros(len(frame), dtype=bool)
            chosen[rows.to_numpy()] = True
            asked = float(frame["floor"].to_numpy()[chosen].sum()) * self.hours
            self.floors.append(_Floor(f"{queue} on {day}, {asked:g} agent-hours", chosen))
        self.rules = [_Rule(c.name, rule) for c in centre.contracts for rule in rules_of_person(_plain(centre, c))]
        for person in centre.employees:
            bare = len(rules_of_person(_plain(centre, centre.contract(person.contract))))
            mine = rules_of_person(Terms(person, centre.contract(person.contract)))[bare:]
            self.rules += [_Rule(person.id, rule) for rule in mine]

    def asked_h(self, floors: Iterable[_Floor]) -> float:
        """Return the agent-hours that floors ask for."""
        heads = self.frame["floor"].to_numpy(dtype=float)
        return sum(float(heads[floor.rows].sum()) for floor in floors) * self.hours

    def without(self, rules: Iterable[_Rule], change: tuple[_Rule, Callable[[Terms], Terms]] | None = None) -> Centre:
        """Return the centre with rules left out, and one of them loosened in place of that."""
        turns = [(rule.owner, rule.rule.off) for rule in rules]
        if change is not None:
            turns.append((change[0].owner, change[1]))
        contracts, people = [], []
        for contract in self.centre.contracts:
            terms = _plain(self.centre, contract)
            for owner, turn in turns:
                terms = turn(terms) if owner == contract.name else terms
            contracts.append(terms.contract)
        for person in self.centre.employees:
            terms = Terms(person, self.centre.contract(person.contract))
            for owner, turn in turns:
                terms = turn(terms) if owner == person.id else terms
            people.append(terms.person)
        return replace(self.centre, contracts=tuple(contracts), employees=tuple(people))

    def needed(self, floors: Iterable[_Floor]) -> pd.DataFrame:
        """Return the requirement of some floors alone."""
        rows = np.logical_or.reduce([floor.rows for floor in floors]) if floors else np.zeros(len(self.frame), bool)
        heads = np.where(rows, self.frame["floor"], 0.0)
        return self.frame[["queue", "start"]].assign(agents=heads, scheduled=heads)

    def most_h(self, floors: Sequence[_Floor], centre: Centre) -> tuple[float, tuple[str, ...]]:
        """Return the most hours that all people can work under floors, and who of them can at all."""
        case = build_case(self.needed(floors), centre, self.horizon)
        total, able = 0.0, []
        planners: dict[str, LinePlanner] = {}
        known: dict[tuple[object, ...], float] = {}
        for person in case.people:
            key = (person.contract.name, person.speeds, person.allowed.tobytes(), person.must.tobytes(), person.low_s)
            if key not in known or person.employee.before is not None:
                if person.contract.name not in planners:
                    alike = [other for other in case.people if other.contract == person.contract]
                    planners[person.contract.name] = LinePlanner(case, person.contract, alike)
                reward = np.where(person.allowed, _hours_under(case, person.speeds), -np.inf)
                line = planners[person.contract.name].best(reward, np.zeros(len(case.horizon.dates)), person)
                known[key] = 0.0 if line is None else max(line.reward, 0.0)
            total += known[key]
            able += [person.employee.id] if known[key] > 0 else []
        return total, tuple(able)

    def clashes(self, floors: Sequence[_Floor], centre: Centre) -> bool:
        """Whether the hours prove that floors cannot all hold."""
        return bool(floors) and self.most_h(floors, centre)[0] < self.asked_h(floors) - _SLACK_H

    def holds(self, floors: Sequence[_Floor], centre: Centre) -> bool:
        """Whether a roster that holds floors is found."""
        try:
            found = solve(self.needed(floors), centre, horizon=self.horizon, work_limit=_WORK)
        except DataError:
            return False
        return found.short_h <= _SLACK_H


def floor_conflict(requirement: FrameLike, centre: Centre, *, horizon: Horizon | None = None) -> FloorConflict | None:
    """Return floors and rules that all people together cannot hold, with what would dissolve the clash.

    Parameters
    ----------
    requirement
        Frame `requirement` with the column `floor`.
    centre, horizon
        As in `solve`.

    Returns
    -------
    FloorConflict or None
        None if the hours of all people prove no clash; a roster may be short of a floor all the same.

    Raises
    ------
    DataError
        If the input has faults.

    Examples
    --------
    >>> from wfm import testing
    >>> centre = testing.make_centre(people=3)
    >>> start = pd.date_range("2026-11-02 08:00", periods=24, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 3, "scheduled": 3, "floor": 3.0})
    >>> found = floor_conflict(need, centre)
    >>> found.asked_h, found.floors
    (36.0, ('calls on 2026-11-02, 36 agent-hours',))
    """
    frame = as_frame(requirement, "requirement", tz=centre.tz, known={"queue": [q.name for q in centre.queues]})
    if "floor" not in frame:
        return None
    if horizon is None:
        first, last = frame["start"].min().date(), frame["start"].max().date()
        horizon = Horizon(first, days=(last - first).days + 1, interval=centre.interval, tz=centre.tz)
    ask = _Question(frame.assign(floor=frame["floor"].fillna(0.0)), centre, horizon)
    if not ask.clashes(ask.floors, centre):
        return None
    floors = list(ask.floors)
    for floor in ask.floors:
        fewer = [other for other in floors if other is not floor]
        if ask.clashes(fewer, centre):
            floors = fewer
    core = list(ask.rules)
    for rule in ask.rules:
        fewer_rules = [other for other in core if other is not rule]
        if ask.clashes(floors, ask.without([other for other in ask.rules if other not in fewer_rules])):
            core = fewer_rules
    loose = [rule for rule in ask.rules if rule not in core]
    most, people = ask.most_h(floors, ask.without(loose))
    smaller = [ask.holds([f for f in floors if f is not floor], ask.without(loose)) for floor in floors]
    smaller += [ask.holds(floors, ask.without([*loose, rule])) for rule in core]
    return FloorConflict(
        floors=tuple(floor.words for floor in floors),
        rules=tuple(f"{rule.rule.words} of {rule.owner}" for rule in core),
        people=people,
        asked_h=ask.asked_h(floors),
        most_h=most,
        is_smallest=all(smaller),
        fixes=_fixes(ask, floors, core, loose, most),
        currency=centre.currency,
    )


def _fixes(
    ask: _Question, floors: list[_Floor], core: list[_Rule], loose: list[_Rule], most: float
) -> tuple[FloorFix, ...]:
    """Return the least change of each rule, and the hours that a floor would have to give up."""
    fixes = []
    missing = ask.asked_h(floors) - most
    price = price_of_shortage(ask.centre)
    for floor in floors:
        held = ask.holds([other for other in floors if other is not floor], ask.centre)
        fixes.append(FloorFix(f"give up {missing:g} of {floor.words}", missing * price, held))
    for rule in core:

        def is_enough(turn: Callable[[Terms], Terms], rule: _Rule = rule) -> bool:
            return not ask.clashes(floors, ask.without(loose, (rule, turn)))

        words, each, turn = rule.rule.least(is_enough)
        under = sum(person.contract == rule.owner for person in ask.centre.employees) or 1
        fixes.append(
            FloorFix(f"{words} for {rule.owner}", each * under, ask.holds(floors, ask.without([], (rule, turn))))
        )
    return tuple(sorted(fixes, key=lambda fix: (fix.price, fix.what)))


def _plain(centre: Centre, contract: Contract) -> Terms:
    """Return somebody under a contract with nothing of their own."""
    return Terms(Employee(id="anybody", contract=contract.name, skills=centre.employees[0].skills), contract)


def _hours_under(case: Case, speeds: Speeds) -> Floats:
    """Return what each shift is at most as agent-hours on queues that are asked for."""
    asked = np.resize(((case.demand > 0) * np.array(speeds)).max(axis=1), len(case.starts_s))
    asked[len(case.demand) :] = 0.0 if not case.horizon.cyclic else asked[len(case.demand) :]
    sums = np.concatenate(([0.0], np.cumsum(asked))) * case.interval_h
    edges = np.append(case.starts_s, case.starts_s[-1] + case.interval_s)
    hours: Floats = np.interp(case.shifts.end_s, edges, sums) - np.interp(case.shifts.start_s, edges, sums)
    return hours
