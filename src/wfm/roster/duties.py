"""A roster laid open by person: each shift with its stretches, from the frames and back to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.shift import ABSENT, MEETING, TRAINING, WORK
from wfm.errors import DataError, Problem, did_you_mean
from wfm.roster.checking.case import RosterLike
from wfm.schema import as_frame
from wfm.shifts import seconds, stamps

__all__ = ["Duties", "Duty", "Part", "as_frames", "day_of", "joined", "open_frames", "read_duties", "the_duty"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a shift, in Unix seconds: work on a queue, a break, or another activity."""

    start_s: int
    end_s: int
    activity: str
    queue: str | None = None

    @property
    def is_work(self) -> bool:
        """Whether the person takes contacts in it."""
        return self.activity == WORK.name


@dataclass(frozen=True, slots=True)
class Duty:
    """One shift of one person, in Unix seconds, cut into parts without gap."""

    template: str
    start_s: int
    end_s: int
    paid_h: float
    parts: tuple[Part, ...]

    def parts_of(self, activity: str) -> tuple[Part, ...]:
        """Return the parts of an activity."""
        return tuple(part for part in self.parts if part.activity == activity)

    def without_work(self, begin_s: int, end_s: int) -> Duty:
        """Return the shift with its work from one instant to another turned to absence."""
        return self.overlaid([Part(max(p.start_s, begin_s), min(p.end_s, end_s), ABSENT.name) for p in self._work()])

    def _work(self) -> tuple[Part, ...]:
        return self.parts_of(WORK.name)

    def overlaid(self, over: Iterable[Part]) -> Duty:
        """Return the shift with other parts laid over its own; what is left of these stays."""
        kept = list(self.parts)
        for new in over:
            if new.end_s <= new.start_s:
                continue
            cut: list[Part] = []
            for part in kept:
                if part.end_s <= new.start_s or part.start_s >= new.end_s:
                    cut.append(part)
                    continue
                if part.start_s < new.start_s:
                    cut.append(replace(part, end_s=new.start_s))
                if part.end_s > new.end_s:
                    cut.append(replace(part, start_s=new.end_s))
            kept = [*cut, new]
        return replace(self, parts=joined(kept))


Duties = dict[str, tuple[Duty, ...]]


def joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return parts in order of time, those that touch and are alike made one; two sessions stay two."""
    result: list[Part] = []
    for part in sorted(parts, key=lambda p: p.start_s):
        last = result[-1] if result else None
        goes_on = last is not None and (last.activity, last.queue, last.end_s) == (
            part.activity,
            part.queue,
            part.start_s,
        )
        if goes_on and part.activity not in (MEETING.name, TRAINING.name):
            result[-1] = replace(result[-1], end_s=part.end_s)
        else:
            result.append(part)
    return tuple(result)


def read_duties(roster: RosterLike, centre: Centre) -> Duties:
    """Return the shifts of everybody of the centre in order of time; people without a shift have none.

    Raises
    ------
    DataError
        If a frame has faults of form, or names a person whom the centre does not have.
    """
    names = [employee.id for employee in centre.employees]
    found = open_frames(roster, tz=centre.tz, names=names)
    return {name: found.get(name, ()) for name in names}


def open_frames(roster: RosterLike, *, tz: str | None = None, names: Iterable[str] | None = None) -> Duties:
    """Return the shifts of everybody who has one in order of time; `names` are those who may have one.

    Raises
    ------
    DataError
        If a frame has faults of form, or names somebody else.
    """
    if not isinstance(roster, RosterLike):
        what = f"a {type(roster).__name__} is not a roster"
        raise DataError(Problem(what, remedy="give an object with the frames shifts and activities"))
    known = None if names is None else {"employee": list(names)}
    shifts = as_frame(roster.shifts, "shifts", tz=tz, known=known)
    activities = as_frame(roster.activities, "activities", tz=tz, known=known)
    parts: defaultdict[str, list[Part]] = defaultdict(list)
    for employee, start_s, end_s, activity, queue in zip(
        activities["employee"].tolist(),
        seconds(pd.DatetimeIndex(activities["start"])).tolist(),
        seconds(pd.DatetimeIndex(activities["end"])).tolist(),
        activities["activity"].tolist(),
        activities["queue"].tolist(),
        strict=True,
    ):
        parts[employee].append(Part(start_s, end_s, activity, queue if isinstance(queue, str) else None))
    found: defaultdict[str, list[Duty]] = defaultdict(list)
    for employee, start_s, end_s, template, paid_h in zip(
        shifts["employee"].tolist(),
        seconds(pd.DatetimeIndex(shifts["shift_start"])).tolist(),
        seconds(pd.DatetimeIndex(shifts["shift_end"])).tolist(),
        shifts["template"].tolist(),
        shifts["paid_h"].tolist(),
        strict=True,
    ):
        mine = tuple(part for part in parts[employee] if part.start_s >= start_s and part.end_s <= end_s)
        found[employee].append(Duty(template, start_s, end_s, float(paid_h), mine))
    return {name: tuple(mine) for name, mine in found.items()}


def as_frames(duties: Mapping[str, Iterable[Duty]], tz: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames `shifts` and `activities`."""
    owned = [(name, duty) for name, mine in sorted(duties.items()) for duty in mine]
    shifts = pd.DataFrame(
        {
            "employee": pd.Series([name for name, _ in owned], dtype="str"),
            "shift_start": stamps(np.array([duty.start_s for _, duty in owned], dtype=np.int64), tz),
            "shift_end": stamps(np.array([duty.end_s for _, duty in owned], dtype=np.int64), tz),
            "template": pd.Series([duty.template for _, duty in owned], dtype="str"),
            "paid_h": pd.Series([duty.paid_h for _, duty in owned], dtype=float),
        }
    )
    cut = [(name, part) for name, duty in owned for part in duty.parts]
    activities = pd.DataFrame(
        {
            "employee": pd.Series([name for name, _ in cut], dtype="str"),
            "start": stamps(np.array([part.start_s for _, part in cut], dtype=np.int64), tz),
            "end": stamps(np.array([part.end_s for _, part in cut], dtype=np.int64), tz),
            "activity": pd.Series([part.activity for _, part in cut], dtype="str"),
            "queue": pd.Series([part.queue for _, part in cut], dtype="str"),
        }
    )
    shifts = shifts.sort_values(["employee", "shift_start"], ignore_index=True)
    return shifts, activities.sort_values(["employee", "start"], ignore_index=True)


def day_of(moment_s: int, tz: str) -> date:
    """Return the date of an instant on the wall clock."""
    return datetime.fromtimestamp(moment_s, ZoneInfo(tz)).date()


def the_duty(duties: Duties, employee: str, day: date, tz: str) -> Duty | None:
    """Return the shift of a person that starts on a day, or none.

    Raises
    ------
    DataError
        If nobody of the centre bears the name.
    """
    if employee not in duties:
        raise DataError(Problem(f"unknown employee {employee!r}", remedy=did_you_mean(employee, duties)))
    for duty in duties[employee]:
        if day_of(duty.start_s, tz) == day:
            return duty
    return None
