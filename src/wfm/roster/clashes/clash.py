"""Rules that clash: for a person without a legal line of work, a smallest set of rules that cannot all hold.

The set is found by leaving rules out one by one for as long as no legal line exists (Chinneck and Dravnieks, "Locating
minimal infeasible constraint sets in linear programs", 1991). Whether one exists is decided exactly, by the dynamic
programme over one person's lines: a set that is reported is infeasible, and feasible without any one of its rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np

from wfm.domain.centre import Centre
from wfm.domain.people import Employee
from wfm.errors import DataError
from wfm.roster.clashes.person_rules import PersonRule, Terms, rules_of_person
from wfm.roster.line.best import LinePlanner
from wfm.roster.problem import build_case
from wfm.roster.tree import tree
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import Horizon

__all__ = ["Conflict", "Fix", "conflicts"]

_MOST = 5  # conflicts of one person


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of one rule that dissolves a conflict.

    Parameters
    ----------
    what
        What to change, in words.
    price
        What the change gives away, in the currency of the centre: hours at the wage of the contract, those above a
        limit with its overtime factor; a day counts as the longest day of the contract.
    is_enough
        Whether the person has a legal line with this change alone; else another conflict remains.
    """

    what: str
    price: float
    is_enough: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules of one person that cannot all hold, though they could without any one of them.

    Parameters
    ----------
    employee
        Whose.
    rules
        The rules in words.
    fixes
        The least change of each rule that dissolves the conflict, the cheapest first; each was tried.
    currency
        Code of the currency.
    """

    employee: str
    rules: tuple[str, ...]
    fixes: tuple[Fix, ...]
    currency: str

    def __str__(self) -> str:
        lines = [f"rule: {rule}" for rule in self.rules]
        for fix in self.fixes:
            more = "" if fix.is_enough else "; another conflict remains"
            lines.append(f"{fix.what} ({fix.price:,.2f} {self.currency}{more})")
        head = f"{self.employee}: {len(self.rules)} rule{'' if len(self.rules) == 1 else 's'} cannot hold together"
        return tree(head, lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def conflicts(
    requirement: FrameLike, centre: Centre, *, horizon: Horizon | None = None, employees: Iterable[str] | None = None
) -> tuple[Conflict, ...]:
    """Return for each person without a legal line of work the rules that clash, with what would dissolve each clash.

    Looked at are hours, days, runs, rests, weekends, nights, templates and rotations of the contract, absences, locks,
    and what was worked before. Where several clashes exist, one after the other is found, the cheapest change made each
    time.

    Parameters
    ----------
    requirement, centre, horizon
        As in `solve`.
    employees
        Whom to look at; default everybody.

    Returns
    -------
    tuple of Conflict
        Empty if everybody has a legal line.

    Raises
    ------
    DataError
        If the requirement has faults or a name is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from dataclasses import replace
    >>> from wfm import testing
    >>> centre = testing.make_centre(people=3)
    >>> start = pd.date_range("2026-11-02 08:00", "2026-11-06 20:00", freq="30min", inclusive="left", tz=centre.tz)
    >>> start = start[(start.hour >= 8) & (start.hour < 20)]
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> full = replace(centre.contracts[0], min_week="40h", max_days_in_a_row=3)
    >>> print(conflicts(need, replace(centre, contracts=(full, centre.contracts[1])), employees=["A01"])[0])
    A01: 2 rules cannot hold together
    ├─ rule: min_week 40 h
    ├─ rule: max_days_in_a_row 3
    ├─ lower min_week to 32 h (160.00 EUR)
    └─ raise max_days_in_a_row to 5 (480.00 EUR)
    """
    frame = as_frame(requirement, "requirement", tz=centre.tz, known={"queue": [q.name for q in centre.queues]})
    if horizon is None:
        first, last = frame["start"].min().date(), frame["start"].max().date()
        horizon = Horizon(first, days=(last - first).days + 1, interval=centre.interval, tz=centre.tz)
    names = [person.id for person in centre.employees] if employees is None else list(employees)
    found: list[Conflict] = []
    for name in names:
        found += _of_person(centre.employee(name), frame, centre, horizon)
    return tuple(found)


def _of_person(person: Employee, frame: FrameLike, centre: Centre, horizon: Horizon) -> list[Conflict]:
    terms = Terms(person, centre.contract(person.contract))
    feasible = partial(_has_line, frame=frame, centre=centre, horizon=horizon)
    found: list[Conflict] = []
    while not feasible(terms) and len(found) < _MOST:
        rules = rules_of_person(terms)
        core = _smallest(terms, rules, feasible)
        alone = _without(terms, [rule for rule in rules if rule not in core])
        fixes = [_fix(rule, terms, alone, feasible) for rule in core]
        fixes.sort(key=lambda pair: (pair[0].price, pair[0].what))
        words = tuple(rule.words for rule in core)
        found.append(Conflict(person.id, words, tuple(fix for fix, _ in fixes), centre.currency))
        if not fixes:
            break
        terms = fixes[0][1]
    return found


def _fix(rule: PersonRule, terms: Terms, alone: Terms, feasible: Callable[[Terms], bool]) -> tuple[Fix, Terms]:
    """Return the least change of a rule that dissolves its conflict, and the terms with it."""
    words, price, change = rule.least(lambda turn: feasible(turn(alone)))
    changed = change(terms)
    return Fix(words, price, feasible(changed)), changed


def _smallest(terms: Terms, rules: list[PersonRule], feasible: Callable[[Terms], bool]) -> list[PersonRule]:
    """Return rules that cannot all hold, of which none can be left out."""
    core = list(rules)
    for rule in rules:
        fewer = [other for other in core if other is not rule]
        if not feasible(_without(terms, [other for other in rules if other not in fewer])):
            core = fewer
    return core


def _without(terms: Terms, rules: Iterable[PersonRule]) -> Terms:
    """Return the terms with some rules switched off."""
    for rule in rules:
        terms = rule.off(terms)
    return terms


def _has_line(terms: Terms, *, frame: FrameLike, centre: Centre, horizon: Horizon) -> bool:
    """Whether a person has a legal line of work under some terms."""
    table = as_frame(frame, "requirement")
    queues = tuple(queue for queue in centre.queues if queue.name in terms.person.queues)
    alone = Centre(
        name=centre.name,
        tz=centre.tz,
        queues=queues,
        interval=centre.interval,
        calendar=centre.calendar,
        contracts=(terms.contract,),
        shifts=centre.shifts,
        employees=(terms.person,),
    )
    mine = table[table["queue"].isin([queue.name for queue in queues])]
    try:
        case = build_case(mine, alone, horizon)
    except DataError:
        return False
    person = case.people[0]
    planner = LinePlanner(case, person.contract, [person])
    reward = np.where(person.allowed, 0.0, -np.inf)
    return planner.best(reward, np.zeros(len(case.horizon.dates)), person) is not None
