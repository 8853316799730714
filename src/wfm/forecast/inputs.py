"""What a planner tells beside the history: drivers and flags; and the history of a queue with both applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wfm.errors import Faults
from wfm.forecast.cleaning import Flags, clean, read_flags
from wfm.forecast.days import DayFeatures, as_date
from wfm.forecast.drivers import Finding, KnownDays, QueueDrivers, fit_drivers, read_drivers
from wfm.forecast.grid import BoolArray
from wfm.forecast.prepare import AuditRow, Prepared, QueueHistory
from wfm.schema import FrameLike
from wfm.timegrid import day_starts

__all__ = ["Told", "audit_of", "known_later", "told", "with_told"]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a planner told of one queue: its drivers, and the flags of all queues; none where nothing was told."""

    drivers: QueueDrivers | None
    flags: Flags | None


def told(
    prepared: Prepared,
    drivers: FrameLike | None,
    flags: FrameLike | None,
    lags: Mapping[str, tuple[int, ...]],
    audit: list[AuditRow],
) -> list[Told]:
    """Return what was told of each queue of a history, in its order; raise `DataError` with every fault of it."""
    faults = Faults("what was told beside the history")
    names = [queue.name for queue in prepared.queues]
    checked: Flags | None = None
    known: dict[str, KnownDays] = {}
    with faults.collecting():
        checked = None if flags is None else read_flags(flags, names, prepared.tz)
    with faults.collecting():
        known = {} if drivers is None else read_drivers(drivers, names)
    if drivers is None and lags:
        faults.add(f"lags of {', '.join(sorted(lags))}, and no drivers", remedy="give fit(..., drivers=) too")
    faults.raise_if_any()
    if checked is not None:
        _note_outside(checked, prepared, audit)
    result: list[Told] = []
    for queue in prepared.queues:
        fitted: QueueDrivers | None = None
        if queue.name in known:
            with faults.collecting():
                fitted, said = fit_drivers(queue.name, known[queue.name], lags, queue.grid.days, queue.opened)
                audit.extend(audit_of(queue.name, finding, prepared.tz) for finding in said)
        result.append(Told(fitted, checked))
    faults.raise_if_any()
    return result


def _note_outside(flags: Flags, prepared: Prepared, audit: list[AuditRow]) -> None:
    """Note the flags that touch no day of the history of their queue; one of all queues, if it touches none of any."""
    first = {queue.name: int(queue.grid.days[0]) for queue in prepared.queues}
    begins = dict(zip(first, day_starts([as_date(day) for day in first.values()], prepared.tz), strict=True))
    ends = {queue.name: queue.end for queue in prepared.queues}
    for row in flags.frame.itertuples():
        own = getattr(row, "queue", None)
        named = [own] if isinstance(own, str) else list(begins)
        if row.end <= min(begins[name] for name in named) or row.start >= max(ends[name] for name in named):
            audit.extend((name, row.start, row.end, "flag outside the history", "leaves out nothing") for name in named)


def with_told(
    queue: QueueHistory, prepared: Prepared, said: Told, half_life_days: float, audit: list[AuditRow]
) -> tuple[QueueHistory, DayFeatures, BoolArray]:
    """Return a queue's history without what is left out, its days, and which of them count whatever they say."""
    grid = queue.grid
    features = queue.features(int(grid.days[-1]), prepared.calendar, said.drivers)
    weight = 0.5 ** ((grid.days[-1] - grid.days) / half_life_days) * ~features.special
    cleaned = clean(grid, features, queue.usual, weight, said.flags)
    for found, (start, end) in zip(cleaned.found, cleaned.stamps(prepared.tz), strict=True):
        audit.append((queue.name, start, end, found.finding, found.action))
    return replace(queue, grid=cleaned.grid), features, cleaned.kept_days


def known_later(drivers: FrameLike | None, fitted: Mapping[str, QueueDrivers | None]) -> dict[str, KnownDays]:
    """Return the values of drivers that are told with a horizon, by queue; a driver the fit did not have is refused."""
    if drivers is None:
        return {}
    known = read_drivers(drivers, list(fitted))
    faults = Faults("frame 'drivers'")
    have = {name for one in fitted.values() if one is not None for name in one.known.columns}
    given = {name for table in known.values() for name in table.columns}
    for name in sorted(given - have):
        faults.add(
            f"driver {name!r} was not there at the fit", remedy="give fit(..., drivers=) its history, or drop it"
        )
    faults.raise_if_any()
    return {name: table for name, table in known.items() if fitted[name] is not None}


def audit_of(queue: str, said: Finding, tz: str) -> AuditRow:
    """Return the line of the audit of something found in days."""
    start, end = day_starts([as_date(said.first), as_date(said.last + 1)], tz)
    return queue, start, end, said.finding, said.action
