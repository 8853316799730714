"""Where the paid time goes: a tree whose leaves sum to it, to the second."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from wfm.kpi.rows import check_spells
from wfm.schema import FrameLike, as_frame

__all__ = ["ShrinkageTree", "shrinkage_tree"]

PLANNED = ("break", "lunch", "meeting", "training", "coaching", "leave")
UNPAID = ("offline",)


@dataclass(frozen=True, slots=True, eq=False)
class ShrinkageTree:
    """Paid time, split.

    Parameters
    ----------
    frame
        One row for each node: `path` (such as `paid/shrinkage/planned/lunch`), `seconds`, `share` of the paid time. The
        seconds of the children of a node sum to its own exactly.
    """

    frame: pd.DataFrame

    @property
    def shrinkage(self) -> float | None:
        """Share of the paid time that is not productive; `None` without paid time."""
        paid, away = self.seconds("paid"), self.seconds("paid/shrinkage")
        return away / paid if paid else None

    def seconds(self, path: str) -> float:
        """Return the seconds of a node; 0 for one that does not occur."""
        found = self.frame.loc[self.frame["path"] == path, "seconds"]
        return float(found.iloc[0]) if len(found) else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return the nodes."""
        return self.frame

    def __str__(self) -> str:
        lines = []
        for row in self.frame.itertuples(index=False):
            depth = row.path.count("/")
            name = row.path.rsplit("/", 1)[-1]
            share = "missing" if pd.isna(row.share) else f"{100 * row.share:5.1f} %"
            lines.append(f"{'   ' * (depth - 1)}{'└─ ' if depth else ''}{name}: {row.seconds:,.0f} s, {share}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def shrinkage_tree(
    employee_states: FrameLike, *, planned: Collection[str] = PLANNED, unpaid: Collection[str] = UNPAID
) -> ShrinkageTree:
    """Split the paid time of employees into productive time and planned and unplanned shrinkage, by state.

    Parameters
    ----------
    employee_states
        Frame `employee_states`; a state is productive by its own column. States of one employee must not overlap.
    planned
        States that a planner places; other states that are not productive are unplanned. Default breaks, lunches,
        meetings, training, coaching and leave.
    unpaid
        States that are not paid and in no part of the tree; default `offline`.

    Raises
    ------
    DataError
        If a state ends before it starts or states of one employee overlap: their time would count twice.

    Examples
    --------
    >>> at = pd.to_datetime(["2026-11-02 09:00", "2026-11-02 11:00", "2026-11-02 11:30"]).tz_localize("UTC")
    >>> states = pd.DataFrame({"employee": "A", "start": at, "state": ["available", "lunch", "available"]})
    >>> states["end"] = at[1:].append(pd.to_datetime(["2026-11-02 13:00"]).tz_localize("UTC"))
    >>> states["productive"] = states["state"] == "available"
    >>> print(shrinkage_tree(states))
    paid: 14,400 s, 100.0 %
    └─ productive: 12,600 s,  87.5 %
       └─ available: 12,600 s,  87.5 %
    └─ shrinkage: 1,800 s,  12.5 %
       └─ planned: 1,800 s,  12.5 %
          └─ lunch: 1,800 s,  12.5 %
    """
    states = as_frame(employee_states, "employee_states")
    check_spells(states, "employee_states")
    paid = states[~states["state"].isin(list(unpaid))]
    lasted = (paid["end"] - paid["start"]).dt.as_unit("us").astype("int64")
    place = paid["state"].isin(list(planned)).map({True: "paid/shrinkage/planned/", False: "paid/shrinkage/unplanned/"})
    leaf = place.where(~paid["productive"].astype(bool), "paid/productive/") + paid["state"]
    micros: dict[str, int] = {"paid": 0}
    for path, amount in lasted.groupby(leaf, sort=True).sum().items():
        parts = str(path).split("/")
        for depth in range(1, len(parts) + 1):
            node = "/".join(parts[:depth])
            micros[node] = micros.get(node, 0) + int(amount)
    total = micros["paid"]
    paths = sorted(micros, key=lambda path: path.split("/"))
    rows = [(path, micros[path] / 1e6, micros[path] / total if total else float("nan")) for path in paths]
    return ShrinkageTree(pd.DataFrame(rows, columns=["path", "seconds", "share"]))
