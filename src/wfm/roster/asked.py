"""What is asked of a roster, checked: the requirement, and the days on which it lies."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from wfm.checks import check_kind
from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.errors import Faults, did_you_mean
from wfm.roster.wanted import wanted_days
from wfm.schema import FrameLike, as_frame, frame_of
from wfm.shifts import seconds
from wfm.timegrid import Horizon, day_starts

__all__ = ["asked_horizon", "asked_requirement", "price_of_shortage"]

_SAME = 1e-9
_SHORTAGE_FACTOR = 10.0


def price_of_shortage(centre: Centre) -> float:
    """Return the price of a missing agent-hour."""
    given = centre.prices.shortage_per_hour
    dearest = max(contract.cost_per_hour for contract in centre.contracts)
    return given if given is not None else _SHORTAGE_FACTOR * dearest


def asked_horizon(frame: pd.DataFrame, wanted: FrameLike | None, centre: Centre, given: Horizon | None) -> Horizon:
    """Return the days of the requirement, or of heads wanted by shift alone, or those given, in which it must lie."""
    interval = timedelta(seconds=centre.interval_s)
    days = [moment.date() for moment in (frame["start"].min(), frame["start"].max())] if len(frame) else []
    if given is None:
        days = days or wanted_days(wanted)
        return Horizon(min(days), max(days) + timedelta(days=1), interval=interval, tz=centre.tz)
    check_kind("horizon", given, Horizon)
    first, last = (min(days), max(days)) if days else (given.dates[0], given.dates[-1])
    faults = Faults("the horizon")
    if given.tz != centre.tz:
        faults.add(f"it is in {given.tz}, the centre in {centre.tz}", remedy=f"write Horizon(..., tz={centre.tz!r})")
    if given.interval_s != centre.interval_s:
        length = format_duration(interval)
        what = f"it has intervals of {format_duration(timedelta(seconds=given.interval_s))}, the centre of {length}"
        faults.add(what, remedy=f"write Horizon(..., interval={length!r})")
    if not given.dates[0] <= first <= last <= given.dates[-1]:
        what = f"it runs from {given.dates[0]} to {given.dates[-1]}, the requirement from {first} to {last}"
        faults.add(what, remedy="make both for the same days")
    faults.raise_if_any()
    return given


def asked_requirement(requirement: FrameLike | None, centre: Centre, *, is_alone: bool) -> pd.DataFrame:
    """Return the checked requirement; one without rows where heads are wanted by shift alone."""
    check_kind("centre", centre, Centre)
    faults = Faults("the roster problem")
    for name in ("employees", "contracts", "shifts"):
        if not getattr(centre, name):
            what = f"centre {centre.name!r} has no {'shift templates' if name == 'shifts' else name}"
            faults.add(what, remedy="give it at least one")
    if centre.contracts and price_of_shortage(centre) == 0:
        what = "no contract has a cost, so that a missing agent-hour has no price"
        faults.add(what, remedy="give prices=Prices(shortage_per_hour=...) or cost_per_hour")
    if requirement is None:
        if is_alone:
            faults.add("neither a requirement nor heads wanted by shift", remedy="give one of them")
        faults.raise_if_any()
        start = pd.DatetimeIndex([], tz=centre.tz)
        empty = pd.DataFrame({"queue": pd.Series([], dtype="str"), "start": start, "agents": 0.0, "scheduled": 0.0})
        return as_frame(empty, "requirement", tz=centre.tz)
    frame = frame_of(requirement)
    if frame.empty:
        faults.add("the requirement is empty", remedy="give at least one row with queue, start and scheduled")
        faults.raise_if_any()
    with faults.collecting():
        frame = as_frame(frame, "requirement", tz=centre.tz)
        _check_queues(frame, centre, faults)
        _check_grid(frame, centre, faults)
        _check_floor(frame, faults)
    faults.raise_if_any()
    return frame


def _check_queues(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    known = {queue.name for queue in centre.queues}
    served = {name for employee in centre.employees for name in employee.queues}
    for name in sorted(frame["queue"].unique()):
        rows = frame.index[frame["queue"] == name]
        if name not in known:
            faults.add(f"unknown queue {name!r}", where="requirement", remedy=did_you_mean(name, known), rows=rows)
        elif centre.employees and name not in served:
            what = f"nobody has the skill of queue {name!r}"
            faults.add(what, where="requirement", remedy="give it to at least one employee", rows=rows)


def _check_grid(frame: pd.DataFrame, centre: Centre, faults: Faults) -> None:
    first = seconds(day_starts([frame["start"].min().date()], centre.tz))[0]
    off = (seconds(pd.DatetimeIndex(frame["start"])) - first) % int(centre.interval_s) != 0
    if off.any():
        length = format_duration(timedelta(seconds=centre.interval_s))
        shown = frame["start"][off].iloc[0]
        what = f"{shown} is not the start of an interval of {length} of the centre"
        remedy = f"make the requirement on intervals of {length}, or change the interval of the centre"
        faults.add(what, where="requirement", remedy=remedy, rows=frame.index[off])


def _check_floor(frame: pd.DataFrame, faults: Faults) -> None:
    if "floor" not in frame.columns:
        return
    above = frame["floor"] > frame["scheduled"] + _SAME
    if above.any():
        row = frame[above].iloc[0]
        what = f"floor {row['floor']:g} is above scheduled {row['scheduled']:g}"
        faults.add(what, where="requirement", remedy="lower it or raise scheduled", rows=frame.index[above])
