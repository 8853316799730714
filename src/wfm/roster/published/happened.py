"""Events entered into a roster: who is away when, and what is required now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pandas as pd

from wfm.domain.shift import MEETING, TRAINING, WORK
from wfm.errors import Faults, did_you_mean
from wfm.roster.duties import Duties, Duty, Part, day_of
from wfm.roster.problem import Case
from wfm.roster.published.events import LateArrival, Reforecast, SickCall, TrainingMoved
from wfm.schema import as_frame
from wfm.shifts import seconds
from wfm.timegrid import DAY, day_starts

__all__ = ["Happened", "apply_events"]

_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Happened:
    """A roster with events entered.

    Parameters
    ----------
    duties
        Everybody's shifts, with absences and moved trainings.
    requirement
        The new requirement, or none if it did not change.
    people
        Who the events are about.
    days
        Days of shifts that the events bear on, in order.
    first_s
        First instant of the events.
    words
        The events in words.
    """

    duties: Duties
    requirement: pd.DataFrame | None
    people: frozenset[str]
    days: tuple[date, ...]
    first_s: int
    words: str


class _Entry:
    """Enters one event after the other."""

    def __init__(self, case: Case, duties: Duties) -> None:
        self.tz = case.centre.tz
        self.case = case
        self.duties = dict(duties)
        self.requirement: pd.DataFrame | None = None
        self.people: set[str] = set()
        self.spans: list[tuple[int, int]] = []
        self.first_s: list[int] = []
        self.words: list[str] = []
        self.faults = Faults("the events")

    def sick(self, event: SickCall) -> None:
        """Turn the work of a sick person's shifts to absence."""
        begin_s, until_s = _span(event)
        changed: list[tuple[Duty, Duty]] = []
        for duty in self._of(event.employee, "sick call"):
            if isinstance(event.start, datetime):
                end_s = until_s if event.end is not None else duty.end_s if not changed else 0
                hit = duty.end_s > begin_s and duty.start_s < end_s
                away = duty.without_work(begin_s, end_s) if hit else duty
            else:
                last = event.start + DAY if event.end is None else event.end
                hit = event.start <= day_of(duty.start_s, self.tz) < last
                away = duty.without_work(duty.start_s, duty.end_s) if hit else duty
            if away != duty:
                changed.append((duty, away))
        if not changed and event.employee in self.duties:
            until = "" if event.end is None else f" to {event.end}"
            what = f"{event.employee} has no work from {event.start}{until} on"
            self.faults.add(what, where="sick call", remedy="give the day or instant of a shift")
        self._enter(event.employee, changed, f"the sick call of {event.employee}")
        if changed and not isinstance(event.start, datetime):
            # A day's absence is known when the day begins.
            self.first_s.append(int(seconds(day_starts([event.start], self.tz))[0]))

    def late(self, event: LateArrival) -> None:
        """Turn the work before an arrival to absence."""
        at_s = int(event.at.timestamp())
        changed = [
            (duty, duty.without_work(duty.start_s, at_s))
            for duty in self._of(event.employee, "late arrival")
            if duty.start_s < at_s < duty.end_s
        ]
        if not changed and event.employee in self.duties:
            what = f"{event.employee} has no shift at {event.at}"
            self.faults.add(what, where="late arrival", remedy="give an instant inside a shift")
        self._enter(event.employee, changed, f"the late arrival of {event.employee}")

    def training(self, event: TrainingMoved) -> None:
        """Hold a training at another time of the shift."""
        start_s, to_s = int(event.start.timestamp()), int(event.to.timestamp())
        for name in event.employees:
            changed = [
                (duty, _moved(duty, part, to_s))
                for duty in self._of(name, "training moved")
                for part in duty.parts
                if part.activity in (TRAINING.name, MEETING.name) and part.start_s == start_s
            ]
            if not changed and name in self.duties:
                what = f"{name} has no training or meeting that begins at {event.start}"
                self.faults.add(what, where="training moved", remedy="give the start of one as it stands in the roster")
            good = [(old, new) for old, new in changed if new is not None]
            if len(good) < len(changed):
                what = f"the training of {name} cannot begin at {event.to}: it passes the shift or meets a break"
                self.faults.add(what, where="training moved", remedy="give a time of work in the same shift")
            self._enter(name, good, "the moved training")

    def reforecast(self, event: Reforecast) -> None:
        """Put the new rows in the place of the old ones."""
        before = self.case.requirement if self.requirement is None else self.requirement
        with self.faults.collecting("reforecast"):
            known = {"queue": list(self.case.queues)}
            new = as_frame(event.requirement, "requirement", tz=self.tz, known=known)
            key = ["queue", "start"]
            kept = before.merge(new[key], on=key, how="left", indicator=True)
            both = pd.concat([before[(kept["_merge"] == "left_only").to_numpy()], new], ignore_index=True)
            self.requirement = both.sort_values(key, ignore_index=True)
            compared = new.merge(before[[*key, "scheduled"]], on=key, how="left", suffixes=("", "_before"))
            moved = compared["scheduled"] != compared["scheduled_before"]
            starts = seconds(pd.DatetimeIndex(compared["start"][moved]))
            if not len(starts):
                self.faults.add("it changes nothing", where="reforecast", remedy="give rows with other heads")
                return
            self.spans.append((int(starts.min()), int(starts.max()) + self.case.interval_s))
            self.words.append("the reforecast")

    def _of(self, name: str, event: str) -> tuple[Duty, ...]:
        if name not in self.duties:
            self.faults.add(f"unknown employee {name!r}", where=event, remedy=did_you_mean(name, self.duties))
            return ()
        return self.duties[name]

    def _enter(self, name: str, changed: Iterable[tuple[Duty, Duty]], words: str) -> None:
        for old, new in changed:
            self.duties[name] = tuple(new if duty == old else duty for duty in self.duties[name])
            lost = [p for p in old.parts if p.is_work and p not in new.parts]
            self.spans.append((min(p.start_s for p in lost), max(p.end_s for p in lost)))
        self.people.add(name)
        if words not in self.words:
            self.words.append(words)


def apply_events(events: Iterable[object], case: Case, duties: Duties) -> Happened:
    """Return a roster with events entered, or raise `DataError` with every fault of theirs."""
    entry = _Entry(case, duties)
    for event in events:
        if isinstance(event, SickCall):
            entry.sick(event)
        elif isinstance(event, LateArrival):
            entry.late(event)
        elif isinstance(event, TrainingMoved):
            entry.training(event)
        elif isinstance(event, Reforecast):
            entry.reforecast(event)
    entry.faults.raise_if_any()
    tz = case.centre.tz
    # A shift of the evening before may still run.
    days = {
        day + timedelta(days=n)
        for begin_s, end_s in entry.spans
        for day in (day_of(begin_s, tz), day_of(end_s - 1, tz))
        for n in (-1, 0)
    }
    inside = tuple(sorted(days & set(case.horizon.dates)))
    first_s = min([*entry.first_s, *(begin_s for begin_s, _ in entry.spans)])
    return Happened(
        entry.duties, entry.requirement, frozenset(entry.people), inside, first_s, " and ".join(entry.words)
    )


def _span(event: SickCall) -> tuple[int, int]:
    """Return the instants of a sick call given in instants."""
    if not isinstance(event.start, datetime):
        return 0, _FOREVER
    end = int(event.end.timestamp()) if isinstance(event.end, datetime) else _FOREVER
    return int(event.start.timestamp()), end


def _moved(duty: Duty, part: Part, to_s: int) -> Duty | None:
    """Return a shift with a part at another time, its old time worked; none if the new time is not all work."""
    end_s = to_s + part.end_s - part.start_s
    served = [p for p in duty.parts if p.is_work]
    if not served:
        return None
    nearest = min(served, key=lambda p: abs(p.end_s - part.start_s))
    freed = duty.overlaid([replace(part, activity=WORK.name, queue=nearest.queue)])
    worked = sum(max(0, min(p.end_s, end_s) - max(p.start_s, to_s)) for p in freed.parts if p.is_work)
    if worked != end_s - to_s:
        return None
    return freed.overlaid([replace(part, start_s=to_s, end_s=end_s)])
