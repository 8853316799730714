"""The shift design as frames, with its cost by term, its bound and its gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from wfm.checks import check_in_range
from wfm.roster.priced import Priced
from wfm.roster.result import Status
from wfm.roster.tree import tree

__all__ = ["ShiftDesign"]


@dataclass(frozen=True, eq=False)
class ShiftDesign(Priced):
    """Which shift types, worked by how many heads on which day, and what that leaves short.

    Parameters
    ----------
    shifts
        Frame of heads: `type, template, day, shift_start, shift_end, heads`.
    types
        Frame of types: `type, template, start, length_h, heads`; `start` on the wall clock, `heads` on all days.
    breaks
        Frame of breaks: `type, shift_start, break, start, end, heads`; of the heads of that shift, how many are away
        then.
    coverage
        Frame `start, required, rostered, under, over`, in heads, all intervals of the horizon.
    status
        `optimal` if the cost is proven to be the lowest, else `feasible`.
    cost
        Price by term: `shortage`, `surplus`, `types`, `heads`.
    bound
        A proven lower bound on the cost of any design, or none.
    interval_s
        Length of an interval of the coverage, in seconds.
    """

    shifts: pd.DataFrame
    types: pd.DataFrame
    breaks: pd.DataFrame
    coverage: pd.DataFrame
    status: Status
    cost: Mapping[str, float]
    bound: float | None
    interval_s: float

    def to_frame(self) -> pd.DataFrame:
        """Return the frame of heads."""
        return self.shifts

    def wanted(self, *, shortage_price: float, surplus_price: float = 0.0) -> pd.DataFrame:
        """Return the frame `wanted` of the heads of each type on each day, with the type as the template.

        It is what `plan_tours` turns into people.

        Parameters
        ----------
        shortage_price, surplus_price
            Price of a head missing and of one too many, 0 or more; default of the second 0.
        """
        check_in_range("shortage_price", shortage_price, 0.0)
        check_in_range("surplus_price", surplus_price, 0.0)
        frame = self.shifts[["type", "day", "heads"]].rename(columns={"type": "template"})
        frame = frame.sort_values(["template", "day"], ignore_index=True)
        return frame.assign(shortage_price=float(shortage_price), surplus_price=float(surplus_price))

    def _lines(self) -> list[tuple[str, str]]:
        bound = "none" if self.bound is None else f"{self.bound:,.2f}"
        gap = "none" if self.gap is None else f"{100 * self.gap:.2f} %"
        terms = ", ".join(f"{name} {value:,.2f}" for name, value in self.cost.items() if value)
        hours = self.interval_s / 3600
        required, under, over = (float(self.coverage[name].sum()) * hours for name in ("required", "under", "over"))
        return [
            ("status", str(self.status)),
            ("cost", f"{self.objective:,.2f}" + (f" ({terms})" if terms else "")),
            ("bound", bound),
            ("gap", gap),
            ("types", f"{len(self.types):,} on {int(self.shifts['heads'].sum()):,} shifts"),
            ("cover", f"{required:,.1f} h required, {under:,.1f} h short, {over:,.1f} h over"),
        ]

    def __str__(self) -> str:
        lines = self._lines()
        return tree("Shift design", [f"{name:<7} {text}" for name, text in lines])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>Shift design</caption>{rows}</table>"
