"""Heads wanted by shift template and day, instead of or beside agents by interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.errors import Faults
from wfm.schema import FrameLike, as_frame
from wfm.shifts import Candidates

__all__ = ["Wanted", "read_wanted", "wanted_days"]

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
        return float(self.prices(np.bincount(rows[rows >= 0], minlength=len(self.heads))).sum())

    def prices(self, there: Ints | Floats, rows: Ints | None = None) -> Floats:
        """Return the price of heads missing and of heads too many, as 2 x rows; `rows` are those of `there`."""
        which = slice(None) if rows is None else rows
        more = there - self.heads[which]
        return np.stack((self.short_price[which] * np.maximum(-more, 0), self.over_price[which] * np.maximum(more, 0)))


def wanted_days(frame: FrameLike | None) -> list[date]:
    """Return the days of a frame `wanted`; none without a frame."""
    days: list[date] = [] if frame is None else _rows(frame)["day"].tolist()
    return days


def _rows(frame: FrameLike, names: list[str] | None = None) -> pd.DataFrame:
    faults, rows = Faults("the heads wanted"), pd.DataFrame()
    with faults.collecting("wanted"):
        rows = as_frame(frame, "wanted", known=None if names is None else {"template": names})
    if not faults.problems and rows.empty:
        faults.add("no rows", where="wanted", remedy="leave it out, or give template, day and heads")
    faults.raise_if_any()
    return rows


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
    rows = _rows(frame, names)
    faults = Faults("the heads wanted")
    days = {day: number for number, day in enumerate(shifts.dates)}
    startable = set(zip(shifts.template.tolist(), shifts.day.tolist(), strict=True))
    for label, name, day in zip(rows.index, rows["template"], rows["day"], strict=True):
        if day not in days:
            what = f"{day} is not in the horizon, {shifts.dates[0]} to {shifts.dates[-1]}"
            faults.add(what, remedy="leave the row out, or lengthen the horizon", where="wanted", rows=[label])
        elif (names.index(name), days[day]) not in startable:
            what = f"no shift of {name!r} starts on {day}, a {day:%A}"
            faults.add(
                what, remedy="leave the row out, or widen the weekdays of the template", where="wanted", rows=[label]
            )
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
