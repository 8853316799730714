"""What a new roster changes for the people who know the old one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from wfm.roster.checking.case import RosterLike
from wfm.roster.duties import day_of, open_frames
from wfm.roster.published.changes import changes_between, duty_text
from wfm.roster.result import Roster
from wfm.roster.tree import tree

__all__ = ["RosterDiff", "diff"]

_SHOWN = 20


@dataclass(frozen=True, eq=False)
class RosterDiff:
    """What tells two rosters apart.

    Parameters
    ----------
    changes
        Frame: `employee, day, change, before, after`, a row for each change of a person's day. `change` is `new shift`,
        `shift dropped`, `shift moved`, `break moved` or `skill switch`.
    cost
        Frame: `term, before, after`, with the sum as `all`; empty unless both are a `Roster`.
    coverage
        Frame: `queue, short_h_before, short_h_after, over_h_before, over_h_after`; empty likewise.
    """

    changes: pd.DataFrame
    cost: pd.DataFrame
    coverage: pd.DataFrame

    @property
    def people(self) -> int:
        """How many people have another roster."""
        return int(self.changes["employee"].nunique())

    def to_frame(self) -> pd.DataFrame:
        """Return the frame `changes`."""
        return self.changes

    def __str__(self) -> str:
        head = f"{len(self.changes):,} changes for {self.people:,} people"
        lines = [f"{row.employee} {row.day} {row.change}: {row.before} -> {row.after}" for row in self._shown()]
        if len(self.changes) > _SHOWN:
            lines.append(f"and {len(self.changes) - _SHOWN:,} more")
        lines += [f"cost of {row.term}: {row.before:,.2f} -> {row.after:,.2f}" for row in self.cost.itertuples()]
        for row in self.coverage.itertuples():
            short = f"{row.short_h_before:,.1f} h -> {row.short_h_after:,.1f} h short"
            lines.append(f"{row.queue}: {short}, {row.over_h_before:,.1f} h -> {row.over_h_after:,.1f} h over")
        return tree(head, lines)

    def _shown(self) -> list[pd.Series]:
        return list(self.changes.head(_SHOWN).itertuples())

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def diff(before: RosterLike, after: RosterLike) -> RosterDiff:
    """Return what a roster changes over another one, person by person and day by day.

    Parameters
    ----------
    before, after
        Two rosters, or objects with the frames `shifts` and `activities`; cost and coverage are compared where both
        are a `Roster`.

    Returns
    -------
    RosterDiff
        Changes, cost and coverage.

    Raises
    ------
    DataError
        If a frame has faults of form.

    Examples
    --------
    >>> from wfm import roster, testing
    >>> centre = testing.make_centre(people=4)
    >>> start = pd.date_range("2026-11-02 09:00", periods=8, freq="30min", tz=centre.tz)
    >>> need = pd.DataFrame({"queue": "calls", "start": start, "agents": 1, "scheduled": 1})
    >>> plan = roster.solve(need, centre, work_limit=1)
    >>> diff(plan, plan).changes.empty
    True
    """
    stamps = after.shifts["shift_start"] if len(after.shifts) else before.shifts["shift_start"]
    tz = str(stamps.dt.tz) if len(stamps) else "UTC"
    old, new = open_frames(before, tz=tz), open_frames(after, tz=tz)
    rows = []
    for name in sorted({*old, *new}):
        was, now = ({day_of(duty.start_s, tz): duty for duty in some.get(name, ())} for some in (old, new))
        for day in sorted({*was, *now}):
            first, second = was.get(day), now.get(day)
            if (
                first is None
                or second is None
                or (first.template, first.start_s, first.end_s)
                != (
                    second.template,
                    second.start_s,
                    second.end_s,
                )
            ):
                sort = "new shift" if first is None else "shift dropped" if second is None else "shift moved"
                rows.append((name, day, sort, duty_text(first, tz), duty_text(second, tz)))
                continue
            found = changes_between(first, second, contract="", is_overtime=False, tz=tz)
            rows += [(name, day, str(change.kind), change.before, change.after) for change in found]
    changes = pd.DataFrame(rows, columns=["employee", "day", "change", "before", "after"])
    text = dict.fromkeys(("employee", "change", "before", "after"), "str")
    return RosterDiff(changes.astype(text), _cost(before, after), _coverage(before, after))


def _cost(before: RosterLike, after: RosterLike) -> pd.DataFrame:
    if not isinstance(before, Roster) or not isinstance(after, Roster):
        return pd.DataFrame({"term": pd.Series(dtype="str"), "before": [], "after": []})
    terms = list(dict.fromkeys([*before.cost, *after.cost]))
    rows = [(term, before.cost.get(term, 0.0), after.cost.get(term, 0.0)) for term in terms]
    rows.append(("all", before.objective, after.objective))
    return pd.DataFrame(rows, columns=["term", "before", "after"]).astype({"term": "str"})


def _coverage(before: RosterLike, after: RosterLike) -> pd.DataFrame:
    names = ["queue", "short_h_before", "short_h_after", "over_h_before", "over_h_after"]
    if not isinstance(before, Roster) or not isinstance(after, Roster):
        return pd.DataFrame(columns=names)
    hours = [one.coverage.groupby("queue")[["under", "over"]].sum() * one.interval_s / 3600 for one in (before, after)]
    both = hours[0].reset_index().merge(hours[1].reset_index(), on="queue", how="outer", suffixes=("_before", "_after"))
    both = both.fillna(dict.fromkeys(both.columns[1:], 0.0))
    both = both.rename(columns=lambda name: name.replace("under", "short_h").replace("over_", "over_h_"))
    return both[names]
