"""Heads wanted by shift template and day, instead of or beside agents by interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Candidates

__all__ = ["Wanted", "read_wanted"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wanted:
    """The rows of a frame `wanted`.

    Parameters
    ----------
    template, day
        Positions of the template and of the day.
    heads
        How many shifts are wanted.
    short_price, over_price
        Price of a head missing, and of one too many.
    row
        The row of each candidate, -1 where its template is not wanted on its day.
    """

    template: Ints
    day: Ints
    heads: Floats
    short_price: Floats
    over_price: Floats
    row: Ints

    def cost(self, candidates: Ints) -> float:
        """Return the price of the shifts that are worked, each candidate as often as it is."""
        rows = self.row[candidates]
        there = np.bincount(rows[rows >= 0], minlength=len(self.heads))
        short = self.short_price * np.maximum(self.heads - there, 0)
        return float((short + self.over_price * np.maximum(there - self.heads, 0)).sum())


def read_wanted(frame: FrameLike | None, shifts: Candidates) -> Wanted:
    """Return the rows of a frame `wanted`; none without a frame.

    Raises
    ------
    DataError
        With every fault: of form, an unknown template, a day outside the horizon or on which the template has no shift.
    """
    if frame is None:
        positions, prices = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Wanted(positions, positions, prices, prices, prices, np.full(len(shifts), -1, dtype=np.int64))
    names = [template.name for template in shifts.templates]
    rows = as_frame(frame, "wanted", known={"template": names})
    if rows.empty:
        raise DataError(Problem("frame 'wanted' is empty", remedy="leave it out, or give template, day and heads"))
    faults = Faults("frame 'wanted'")
    days = {day: number for number, day in enumerate(shifts.dates)}
    startable = set(zip(shifts.template.tolist(), shifts.day.tolist(), strict=True))
    for label, name, day in zip(rows.index, rows["template"], rows["day"], strict=True):
        if day not in days:
            what = f"{day} is not in the horizon, {shifts.dates[0]} to {shifts.dates[-1]}"
            faults.add(what, remedy="leave the row out, or lengthen the horizon", rows=[label])
        elif (names.index(name), days[day]) not in startable:
            what = f"no shift of {name!r} starts on {day}, a {day:%A}"
            faults.add(what, remedy="leave the row out, or widen the weekdays of the template", rows=[label])
    faults.raise_if_any()
    template = np.array([names.index(name) for name in rows["template"]], dtype=np.int64)
    day = np.array([days[day] for day in rows["day"]], dtype=np.int64)
    table = np.full((len(names), len(days)), -1, dtype=np.int64)
    table[template, day] = np.arange(len(rows))
    over = rows["surplus_price"] if "surplus_price" in rows.columns else pd.Series(0.0, index=rows.index)
    return Wanted(
        template,
        day,
        rows["heads"].to_numpy(dtype=float),
        rows["shortage_price"].to_numpy(dtype=float),
        over.fillna(0.0).to_numpy(dtype=float),
        table[shifts.template, shifts.day],
    )
