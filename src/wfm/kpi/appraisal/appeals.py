"""Appeals: which step is due by when, what was late, and what became of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from wfm.calendar import Calendar
from wfm.checks import check_date, check_each, check_flag, check_int, check_name
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.kpi.appraisal.deadlines import WorkingDays
from wfm.schema import FrameLike, as_frame

__all__ = [
    "APPRAISAL_APPEAL",
    "REWARD_AND_PENALTY_APPEAL",
    "Appeals",
    "Procedure",
    "State",
    "Step",
    "track_appeals",
]


class State(StrEnum):
    """Where a step stands."""

    DONE = "done"
    LATE = "done late"
    OPEN = "open"
    OVERDUE = "overdue"
    LAPSED = "not taken up in time"
    WAITING = "not yet begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step with its deadline.

    Parameters
    ----------
    name
        Its name in the events.
    days
        Working days after the step before it, 1 or more.
    by
        Who has to take it, in words.
    optional
        Whether it may be left out, such as a second appeal: when its days are over the appeal has ended. Default no.

    Raises
    ------
    DataError
        If a value is outside its range.
    """

    name: str
    days: int
    by: str
    optional: bool = False

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_int("days", self.days, 1)
        check_name("by", self.by)
        check_flag("optional", self.optional)


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The steps of an appeal, one after another, from the event that starts its clock.

    Parameters
    ----------
    name
        Its name.
    start
        The event that starts the clock.
    steps
        In order; each is due so many working days after the one before.

    Raises
    ------
    DataError
        If there are no steps or a name occurs twice.
    """

    name: str
    start: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_name("start", self.start)
        object.__setattr__(self, "steps", check_each("steps", self.steps, Step))
        if not self.steps:
            raise DataError(Problem(f"procedure {self.name!r} has no steps", remedy="give at least one"))
        names = self.names
        again = sorted({name for name in names if names.count(name) > 1})
        if again:
            what = f"procedure {self.name!r} has the step {again[0]!r} twice"
            raise DataError(Problem(what, remedy="give one another name"))

    @property
    def names(self) -> tuple[str, ...]:
        """The start and the steps, in order."""
        return (self.start, *(step.name for step in self.steps))


REWARD_AND_PENALTY_APPEAL = Procedure(
    name="reward or penalty",
    start="decided",
    steps=(
        Step(name="filed", days=3, by="employee", optional=True),
        Step(name="answered", days=5, by="department"),
    ),
)
"""An appeal against a reward or penalty: filed within 3 working days, answered within 5."""

APPRAISAL_APPEAL = Procedure(
    name="appraisal",
    start="filed",
    steps=(
        Step(name="acknowledged", days=5, by="human resources"),
        Step(name="reviewed", days=10, by="review panel"),
        Step(name="notified", days=5, by="human resources"),
        Step(name="appealed again", days=5, by="employee", optional=True),
        Step(name="written feedback", days=5, by="human resources"),
    ),
)
"""An appeal against an appraisal: acknowledge 5, review 10, notify 5, second appeal 5, written feedback 5 days."""


@dataclass(frozen=True, slots=True, eq=False)
class Appeals:
    """Appeals as of a day.

    Parameters
    ----------
    procedure
        The steps.
    as_of
        The day: events of it and before count.
    steps
        One row for each appeal and step: `appeal, employee, step, by, from` (the day of the step before), `due, done`
        (days), `state`, `working_days` (taken, or so far), `breach` (after its due day). A step that was not begun has
        no days, an optional one that lapsed is no breach.
    frame
        One row for each appeal: `appeal, employee, state` (the last step that was taken), `outcome` (as the events say
        it), `waiting_for, waiting_by, due` (the next step; missing where it has ended), `overdue, breaches` (number of
        steps late or overdue), `ended`.
    """

    procedure: Procedure
    as_of: date
    steps: pd.DataFrame
    frame: pd.DataFrame

    def statistics(self) -> pd.DataFrame:
        """Return the statistics of the archive by step: how often, how many late, and the days they took.

        Returns
        -------
        pandas.DataFrame
            In the order of the procedure: `step, days` (allowed), `begun, done, late, overdue, lapsed, open,
            median_days, longest_days` (working days of those done).
        """
        rows = []
        for step in self.procedure.steps:
            mine = self.steps[self.steps["step"] == step.name]
            counts = mine["state"].value_counts()
            took = mine.loc[mine["state"].isin([State.DONE.value, State.LATE.value]), "working_days"].astype(float)
            rows.append(
                {
                    "step": step.name,
                    "days": step.days,
                    "begun": int((mine["state"] != State.WAITING.value).sum()),
                    "done": int(counts.get(State.DONE.value, 0) + counts.get(State.LATE.value, 0)),
                    "late": int(counts.get(State.LATE.value, 0)),
                    "overdue": int(counts.get(State.OVERDUE.value, 0)),
                    "lapsed": int(counts.get(State.LAPSED.value, 0)),
                    "open": int(counts.get(State.OPEN.value, 0)),
                    "median_days": took.median(),
                    "longest_days": took.max(),
                }
            )
        return pd.DataFrame(rows)

    def outcomes(self) -> pd.DataFrame:
        """Return how the appeals that ended came out: `outcome, appeals, share`.

        An outcome that the events do not say is `not recorded`.
        """
        ended = self.frame[self.frame["ended"]]
        counts = ended["outcome"].fillna("not recorded").value_counts().sort_index()
        return pd.DataFrame(
            {"outcome": counts.index, "appeals": counts.to_numpy(), "share": counts / counts.sum()}
        ).reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """Return the appeals."""
        return self.frame

    def __str__(self) -> str:
        ended, late = int(self.frame["ended"].sum()), int(self.frame["overdue"].sum())
        lines = [
            f"{len(self.frame):,} appeals ({self.procedure.name}) as of {self.as_of}: {ended:,} ended, {late:,} overdue"
        ]
        lines += [
            f"├─ {row.step} within {row.days}: {row.done:,} done, {row.late:,} of them late; "
            f"{row.overdue:,} overdue, {row.open:,} open, {row.lapsed:,} not taken up"
            for row in self.statistics().itertuples(index=False)
        ]
        lines[-1] = lines[-1].replace("├", "└", 1)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def track_appeals(events: FrameLike, procedure: Procedure, calendar: Calendar, *, as_of: date) -> Appeals:
    """Return where each appeal stands: the next step, its due day, and what was late.

    Nothing is decided: an appeal that was filed late is shown as late, and whoever hears it says what follows.

    Parameters
    ----------
    events
        Frame `appeal_events`: `appeal, step, day`, and `employee` and `outcome` where they are known. The start of the
        procedure is an event too.
    procedure
        The steps, such as `APPRAISAL_APPEAL`.
    calendar
        Its public holidays and make-up days decide what a working day is.
    as_of
        The day of the report; it has no default, so that the same events give the same report.

    Raises
    ------
    DataError
        If a step is unknown or taken twice, comes before the one before it, or a step was left out.

    Examples
    --------
    >>> from wfm.domain import CalendarSpec
    >>> events = pd.DataFrame({"appeal": ["1", "1"], "step": ["filed", "acknowledged"]})
    >>> events["day"] = [date(2026, 4, 27), date(2026, 5, 4)]
    >>> found = track_appeals(events, APPRAISAL_APPEAL, Calendar(CalendarSpec(), "UTC"), as_of=date(2026, 5, 20))
    >>> found.frame[["waiting_for", "due", "overdue"]].astype(str).values.tolist()
    [['reviewed', '2026-05-18', 'True']]
    """
    check_date("as_of", as_of)
    log = as_frame(events, "appeal_events")
    log = log[np.array([day <= as_of for day in log["day"]], dtype=bool)]
    days = WorkingDays(calendar)
    _check_events(log, procedure)
    steps: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    for appeal, rows in log.groupby("appeal", sort=True):
        told = _walk(str(appeal), rows, procedure, days, as_of)
        steps += told
        heads.append(_head(str(appeal), rows, told, procedure))
    columns = ["appeal", "employee", "step", "by", "from", "due", "done", "state", "working_days", "breach"]
    table = pd.DataFrame(steps, columns=columns).astype({"breach": bool, "working_days": "Int64"})
    columns = [
        "appeal",
        "employee",
        "state",
        "outcome",
        "waiting_for",
        "waiting_by",
        "due",
        "overdue",
        "breaches",
        "ended",
    ]
    frame = pd.DataFrame(heads, columns=columns).astype({"overdue": bool, "ended": bool, "breaches": "int64"})
    return Appeals(procedure, as_of, table, frame)


def _check_events(log: pd.DataFrame, procedure: Procedure) -> None:
    faults = Faults("frame 'appeal_events'")
    order = {name: place for place, name in enumerate(procedure.names)}
    for name in sorted(set(log["step"]) - set(order)):
        rows = log.index[log["step"] == name].tolist()
        faults.add(f"unknown step {name!r}", rows=rows, remedy=did_you_mean(name, order))
    faults.raise_if_any()
    again = log.duplicated(["appeal", "step"])
    if again.any():
        faults.add("a step was taken twice", rows=log.loc[again, "appeal"].tolist(), remedy="keep the first of them")
    for appeal, rows in log.groupby("appeal", sort=True):
        taken = sorted(zip(rows["step"].map(order), rows["day"], strict=True))
        places = [place for place, _ in taken]
        if places != list(range(len(places))) and not again.any():
            lacking = next(name for name, place in order.items() if place not in places)
            what = f"appeal {appeal!r} has no {lacking!r}, but a later step"
            faults.add(what, remedy="give the day of every step up to the last one")
        when = [day for _, day in taken]
        if when != sorted(when):
            what = f"the steps of appeal {appeal!r} are not in the order of the procedure"
            faults.add(what, remedy="correct a day")
    faults.raise_if_any()


def _walk(
    appeal: str, rows: pd.DataFrame, procedure: Procedure, days: WorkingDays, as_of: date
) -> list[dict[str, Any]]:
    """Return the rows of one appeal's steps."""
    taken: dict[str, date] = dict(zip(rows["step"], rows["day"], strict=True))
    before: date | None = taken[procedure.start]
    told = []
    for step in procedure.steps:
        row: dict[str, Any] = {"appeal": appeal, "employee": _first(rows, "employee"), "step": step.name, "by": step.by}
        row |= {"from": before, "due": None, "done": taken.get(step.name), "working_days": None, "breach": False}
        if before is None:
            row["state"] = State.WAITING.value
        else:
            row["due"] = days.add(before, step.days)
            row["working_days"] = days.between(before, taken.get(step.name, as_of))
            row["state"] = _state(step, taken.get(step.name), row["due"], as_of).value
            row["breach"] = row["state"] in (State.LATE.value, State.OVERDUE.value)
        told.append(row)
        before = taken.get(step.name)
    return told


def _state(step: Step, done: date | None, due: date, as_of: date) -> State:
    if done is not None:
        return State.DONE if done <= due else State.LATE
    if as_of <= due:
        return State.OPEN
    return State.LAPSED if step.optional else State.OVERDUE


def _first(rows: pd.DataFrame, column: str, *, last: bool = False) -> str | None:
    if column not in rows.columns:
        return None
    found = rows[column].dropna()
    return None if found.empty else str(found.iloc[-1 if last else 0])


def _head(appeal: str, rows: pd.DataFrame, told: Sequence[dict[str, Any]], procedure: Procedure) -> dict[str, Any]:
    """Return the row of one appeal."""
    done = [row["step"] for row in told if row["done"] is not None]
    waiting = next((row for row in told if row["state"] in (State.OPEN.value, State.OVERDUE.value)), None)
    return {
        "appeal": appeal,
        "employee": _first(rows, "employee"),
        "state": done[-1] if done else procedure.start,
        "outcome": _first(rows, "outcome", last=True),
        "waiting_for": None if waiting is None else waiting["step"],
        "waiting_by": None if waiting is None else waiting["by"],
        "due": None if waiting is None else waiting["due"],
        "overdue": waiting is not None and waiting["state"] == State.OVERDUE.value,
        "breaches": sum(row["breach"] for row in told),
        "ended": waiting is None,
    }
