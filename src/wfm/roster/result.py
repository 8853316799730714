"""The roster as frames, with its cost by term, its bound and its gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from html import escape

import pandas as pd

from wfm.domain.carry import CarryOver
from wfm.domain.centre import Centre
from wfm.errors import DataError, Problem
from wfm.roster.burdens import spread_frame
from wfm.roster.priced import Priced
from wfm.roster.tree import tree
from wfm.timegrid import Horizon

__all__ = ["Roster", "Status"]


class Status(StrEnum):
    """How good a roster is known to be. Every roster is legal; shortage is a price, not a failure."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, eq=False)
class Roster(Priced):
    """Who works when, on what, and what that leaves short.

    Parameters
    ----------
    shifts
        Frame `shifts`: `employee, shift_start, shift_end, template, paid_h`.
    activities
        Frame `activities`: `employee, start, end, activity, queue`. Every shift is cut into stretches without gap:
        `work` on its planned queue, or the name of a break.
    coverage
        Frame `coverage`: `queue, start, required, rostered, under, over`, in agents, one row for each row of the
        requirement. `required` is its `scheduled`; `rostered` the time of work on the queue over the length of the
        interval, each person's as often as their proficiency on it says.
    shortage
        Frame `shortage`: `queue, start, missing, cause`, one row for each row of the coverage that is short. The cause
        is `nobody with the skill is available` (everybody with the skill who could have a shift then has one), else
        `everybody is at the limit of hours or days` (of their week), else `cheaper to be short` (as far as was found).
    wishes
        Frame `wishes`: `employee, day, wish, rank, honoured, price`, one row for each wish for a day of the horizon;
        `price` is what not honouring it costs.
    fairness
        Frame `fairness`: `employee, contract, nights, weekends, unpopular, hours`, what each person bears, what the
        history says of before included; `spread()` sums it up.
    status
        `optimal` if the cost is proven to be the lowest, else `feasible`.
    cost
        Price by term: `wages`, `overtime`, `shortage`, `surplus`, `wishes`, `wanted` (heads by shift), `fairness` and
        `pairs`, in the currency of the centre.
    bound
        A proven lower bound on the cost of any roster, or none.
    headcount
        People with at least one shift.
    currency
        Code of the currency.
    interval_s
        Length of an interval of the coverage, in seconds.
    """

    shifts: pd.DataFrame
    activities: pd.DataFrame
    coverage: pd.DataFrame
    shortage: pd.DataFrame
    wishes: pd.DataFrame
    fairness: pd.DataFrame
    status: Status
    cost: Mapping[str, float]
    bound: float | None
    headcount: int
    currency: str
    interval_s: float

    @property
    def paid_h(self) -> float:
        """Paid hours of all shifts."""
        return float(self.shifts["paid_h"].sum())

    @property
    def required_h(self) -> float:
        """Agent-hours required."""
        return self._hours("required")

    @property
    def short_h(self) -> float:
        """Agent-hours required that nobody covers."""
        return self._hours("under")

    @property
    def over_h(self) -> float:
        """Agent-hours above the requirement."""
        return self._hours("over")

    def _hours(self, column: str) -> float:
        return float(self.coverage[column].sum()) * self.interval_s / 3600

    def spread(self) -> pd.DataFrame:
        """Return how unevenly people under the same contract bear each burden.

        One row for each contract and burden: `contract, burden, mean, least, most, range, deviation`; `range` is the
        most less the least, `deviation` the standard deviation of all of them.
        """
        return spread_frame(self.fairness)

    def carry_over(
        self, centre: Centre, *, horizon: Horizon | None = None, same_period: bool = False
    ) -> dict[str, CarryOver]:
        """Return what each person has worked at the end, to be given as `Employee.before` for the days after it.

        Parameters
        ----------
        centre
            The centre that was rostered.
        horizon
            The days of the roster; default those of its coverage.
        same_period
            Whether the next horizon goes on with the period that the contracts count; default no.

        Raises
        ------
        DataError
            If the roster has no coverage to tell its days, and no horizon is given.
        """
        from wfm.roster.carry import carry_over

        if horizon is None:
            if self.coverage.empty:
                what = "the roster has no coverage, which would tell its days"
                raise DataError(Problem(what, remedy="write carry_over(centre, horizon=...)"))
            first, last = (moment.date() for moment in (self.coverage["start"].min(), self.coverage["start"].max()))
            step = timedelta(seconds=self.interval_s)
            horizon = Horizon(first, last + timedelta(days=1), interval=step, tz=centre.tz)
        return carry_over(self.shifts, centre, horizon, same_period=same_period)

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `activities`."""
        return self.activities

    def _lines(self) -> list[tuple[str, str]]:
        bound = "none" if self.bound is None else f"{self.bound:,.2f} {self.currency}"
        gap = "none" if self.gap is None else f"{100 * self.gap:.2f} %"
        terms = ", ".join(f"{name} {value:,.2f}" for name, value in self.cost.items() if value)
        return [
            ("status", str(self.status)),
            ("cost", f"{self.objective:,.2f} {self.currency}" + (f" ({terms})" if terms else "")),
            ("bound", bound),
            ("gap", gap),
            ("people", f"{self.headcount:,} on {len(self.shifts):,} shifts, {self.paid_h:,.1f} h paid"),
            ("cover", f"{self.required_h:,.1f} h required, {self.short_h:,.1f} h short, {self.over_h:,.1f} h over"),
            *(("short", f"{hours:,.1f} h: {cause}") for cause, hours in self._causes()),
            *(
                [("wishes", f"{int(met.sum()):,} of {len(met):,} honoured")]
                if len(met := self.wishes["honoured"])
                else []
            ),
        ]

    def _causes(self) -> list[tuple[str, float]]:
        """Return the hours short by cause, the most first."""
        hours = self.shortage.groupby("cause")["missing"].sum() * self.interval_s / 3600
        return [(str(cause), float(value)) for cause, value in hours.sort_values(ascending=False).items()]

    def __str__(self) -> str:
        lines = self._lines()
        return tree("Roster", [f"{name:<7} {text}" for name, text in lines])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>Roster</caption>{rows}</table>"
