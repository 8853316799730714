"""Why somebody works on a day, or does not: the roster solved again with the opposite."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html import escape

import pandas as pd

from wfm.checks import check_date
from wfm.domain.centre import Centre
from wfm.domain.lock import Lock
from wfm.errors import DataError, Problem
from wfm.roster.asked import asked_horizon, asked_requirement
from wfm.roster.duties import read_duties, the_duty
from wfm.roster.published.changes import duty_text
from wfm.roster.published.differences import RosterDiff, diff
from wfm.roster.result import Roster
from wfm.roster.solver import solve
from wfm.roster.tree import tree
from wfm.schema import FrameLike
from wfm.timegrid import Horizon

__all__ = ["Why", "why"]

_NONE = 1e-6


@dataclass(frozen=True, eq=False)
class Why:
    """What the opposite of a day of somebody's roster would cost.

    Parameters
    ----------
    employee, day
        Whose day.
    stands
        What the roster has there, in words.
    opposite
        The roster with the opposite, or none if no legal roster has it.
    impossible
        Why there is none; empty otherwise.
    cost, cost_opposite
        Both costs; the second is none without an opposite.
    terms
        Frame: `term, before, after`, the cost by term.
    changes
        What the opposite changes.
    currency
        Code of the currency.
    """

    employee: str
    day: date
    stands: str
    opposite: Roster | None = field(repr=False)
    impossible: str
    cost: float
    cost_opposite: float | None
    terms: pd.DataFrame
    changes: RosterDiff | None
    currency: str

    @property
    def at_least(self) -> float | None:
        """What the opposite costs more at least, whatever is searched; none without a bound."""
        bound = None if self.opposite is None else self.opposite.bound
        return None if bound is None else bound - self.cost

    def to_frame(self) -> pd.DataFrame:
        """Return the cost by term."""
        return self.terms

    def __str__(self) -> str:
        asked = "a day off" if self.stands != "off" else "a shift"
        head = f"{self.employee} on {self.day}: {self.stands}"
        if self.cost_opposite is None:
            return f"{head}\n└─ {asked} instead is not possible: {self.impossible}"
        more = self.cost_opposite - self.cost
        lines = [f"{asked} instead costs {more:+,.2f} {self.currency} ({self.cost:,.2f} -> {self.cost_opposite:,.2f})"]
        if self.at_least is not None and more - self.at_least > _NONE * max(self.cost, 1.0):
            lines.append(f"by a search that may fall short: {self.at_least:+,.2f} at least is proved")
        if more < 0:
            lines.append("the roster is not the best there is: solve longer")
        by_term = [(row.term, row.after - row.before) for row in self.terms.itertuples() if row.term != "all"]
        lines += [f"{term} {rise:+,.2f}" for term, rise in by_term if abs(rise) > _NONE]
        if self.changes is not None:
            lines.append(f"{len(self.changes.changes):,} changes for {self.changes.people:,} people")
        return tree(head, lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def why(
    roster: Roster,
    employee: str,
    day: date,
    requirement: FrameLike | None,
    centre: Centre,
    *,
    horizon: Horizon | None = None,
    wanted: FrameLike | None = None,
    history: FrameLike | None = None,
    seed: int = 0,
    work_limit: int | None = None,
    time_limit: timedelta | str | None = None,
) -> Why:
    """Say why somebody works on a day, or does not, by solving again with the opposite locked.

    Parameters
    ----------
    roster
        The roster asked about.
    employee, day
        Whose day: where a shift stands, a day off is tried, and the other way round.
    requirement, centre, horizon, wanted, history
        What was solved.
    seed, work_limit, time_limit
        As in `solve`, for the opposite.

    Raises
    ------
    DataError
        If the name is unknown, the day lies outside the horizon, or a lock holds it.

    Notes
    -----
    The opposite is searched from the roster itself, so that it is not dear merely because the search was short. Both
    still come from a search, so their difference is true of them; `Why.at_least` is proved. Where the opposite is
    cheaper, the roster was not the best.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> centre = testing.make_centre(people=4)
    >>> start = pd.date_range("2026-11-02 09:00", periods=8, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> worker = plan.shifts["employee"].iloc[0]
    >>> found = why(plan, worker, date(2026, 11, 2), need, centre, work_limit=1)
    >>> found.cost_opposite >= found.cost
    True
    """
    person = centre.employee(employee)
    duties = read_duties(roster, centre)
    duty = the_duty(duties, employee, check_date("day", day), centre.tz)
    if any(lock.day == day for lock in person.locks):
        what = f"{day} of {employee} is locked"
        raise DataError(Problem(what, remedy="take the lock out to ask what it costs"))
    frame = asked_requirement(requirement, centre, is_alone=wanted is None)
    dates = asked_horizon(frame, wanted, centre, horizon).dates
    first, last = dates[0], dates[-1]
    if not first <= day <= last:
        what = f"{day} lies outside the horizon from {first} to {last}"
        raise DataError(Problem(what, remedy="give a day of the roster"))
    lock = Lock(day=day, off=duty is not None)
    turned = replace(person, locks=(*person.locks, lock))
    other = replace(centre, employees=tuple(turned if one is person else one for one in centre.employees))
    opposite, impossible = None, ""
    try:
        opposite = solve(
            requirement,
            other,
            horizon=horizon,
            wanted=wanted,
            history=history,
            seed=seed,
            work_limit=work_limit,
            time_limit=time_limit,
            start=roster,
        )
    except DataError as error:
        impossible = "; ".join(str(problem) for problem in error.problems)
    changes = None if opposite is None else diff(roster, opposite)
    return Why(
        employee=employee,
        day=day,
        stands=duty_text(duty, centre.tz),
        opposite=opposite,
        impossible=impossible,
        cost=roster.objective,
        cost_opposite=None if opposite is None else opposite.objective,
        terms=pd.DataFrame(columns=["term", "before", "after"]) if changes is None else changes.cost,
        changes=changes,
        currency=centre.currency,
    )
