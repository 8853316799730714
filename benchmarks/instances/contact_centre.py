"""Contact-centre weeks (`.json`): read through the public interface of wfm, solved, and judged.

The judge `evaluate.py` lies beside them and is written apart from the library; its docstring says the format.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

import wfm
from wfm.domain import (
    Break,
    Centre,
    Contract,
    Employee,
    Prices,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)

MONDAY = date(2026, 11, 2)
SLOTS_A_DAY = 48
LONG = 12  # paid slots from which a shift has a lunch and two breaks


def run(path: Path, *, limit: float, seed: int, out: Path | None, remove: float = 0.0) -> dict[str, Any]:
    """Solve a week within so many seconds, perhaps with a share of its agents removed; return what is found."""
    week = json.loads(path.read_text(encoding="utf-8"))
    judge = judge_beside(path)
    if remove:
        keep = np.random.default_rng(seed).random(len(week["agents"])) >= remove
        week["agents"] = [agent for agent, stays in zip(week["agents"], keep, strict=True) if stays]
    centre, need = as_centre(week), as_requirement(week)
    horizon = wfm.Horizon(MONDAY, weeks=1, interval="30min", tz="UTC", cyclic=True)

    begin = time.perf_counter()
    roster = wfm.roster.solve(need, centre, horizon=horizon, seed=seed, time_limit=f"{limit:g}s")
    seconds = time.perf_counter() - begin

    written = as_json(roster)
    broken = len(wfm.roster.check(roster, centre, need, horizon=horizon)) + len(judge.broken_rules(week, written))
    cost, shortage = judge.cost(week, written)
    if out:
        out.write_text(json.dumps(written), encoding="utf-8")
    return {
        "instance": path.stem,
        "agents": len(week["agents"]),
        "cost": float(cost),
        "shortage_slots": float(shortage),
        "bound": roster.bound,
        "gap": None if roster.bound is None else float(cost) / roster.bound - 1,
        "seconds": seconds,
        "broken_rules": broken,
    }


def judge_beside(instance: Path) -> ModuleType:
    """Load the judge that comes with the instance."""
    path = instance.parent / "evaluate.py"
    spec = importlib.util.spec_from_file_location("evaluate", path)
    if not path.exists() or spec is None or spec.loader is None:
        sys.exit(f"{path}: the judge of the instance is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def slots(count: float) -> str:
    """Return a number of half-hours as a duration."""
    return f"{30 * count:g}min"


def clock(slot: int) -> str:
    """Return the wall clock of a slot of the day."""
    return f"{slot // 2:02d}:{slot % 2 * 30:02d}"


def presence(length: int) -> int:
    """Return the slots from start to end of a shift of that many paid slots."""
    return length + 1 if length >= LONG else length


def breaks_of(length: int) -> tuple[Break, ...]:
    """Return the breaks of a shift of that many paid slots: see the judge's `break_windows`."""
    span = presence(length)
    middle = span // 2

    def rest(name: str, first: int, last: int) -> Break:
        return Break(name=name, length="15min", earliest=slots(first), latest=slots(last), paid=True)

    if length < LONG:
        return (rest("break 1", middle - 2, middle + 1),)
    lunch = Break(name="lunch", length="30min", earliest=slots(middle - 2), latest=slots(middle + 1))
    before = rest("break 1", max(1, middle - 6), middle - 3)
    after = rest("break 2", middle + 2, min(span - 1, middle + 6) - 1)
    return lunch, before, after


def as_centre(week: dict[str, Any]) -> Centre:
    """Return the people, contracts and shifts of a week."""
    lengths = sorted({length for contract in week["contracts"].values() for length in contract["lengths"]})
    shifts = [
        ShiftTemplate(
            name=f"{hours} {length}",
            earliest_start=clock(first),
            latest_start=clock(min(last - 1, end - presence(length))),
            min_length=slots(presence(length)),
            breaks=breaks_of(length),
        )
        for hours, (first, last, end) in week["availability"].items()
        for length in lengths
    ]
    contracts = [
        Contract(
            name=f"{name} {hours}",
            kind="full" if contract["max_slots"] >= 80 else "part",
            max_day=slots(max(contract["lengths"])),
            min_week=slots(contract["min_slots"]),
            max_week=slots(contract["max_slots"]),
            max_days_per_week=contract["max_days"],
            max_days_in_a_row=7,
            min_rest=slots(week["rest_slots"]),
            templates=tuple(f"{hours} {length}" for length in contract["lengths"]),
            cost_per_hour=2.0 * week["weights"]["paid"],
        )
        for name, contract in week["contracts"].items()
        for hours in week["availability"]
    ]
    queues = range(len(week["demand"]))
    return Centre(
        name="contact-centre week",
        tz="UTC",
        queues=tuple(Queue(name=f"Q{n}", targets=(ServiceLevel(0.8, "30s"),)) for n in queues),
        contracts=tuple(contracts),
        shifts=tuple(shifts),
        employees=tuple(as_employee(week, number) for number in range(len(week["agents"]))),
        prices=Prices(shortage_per_hour=2.0 * week["weights"]["under"], surplus_per_hour=2.0 * week["weights"]["over"]),
    )


def as_employee(week: dict[str, Any], number: int) -> Employee:
    """Return an agent. A day of leave is free of work here; the judge would let a night before reach into it."""
    agent = week["agents"][number]
    contract = week["contracts"][agent["contract"]]
    leave: tuple[Unavailability, ...] = ()
    if agent["leave_day"] is not None:
        away = MONDAY + timedelta(days=agent["leave_day"])
        credit = slots(contract["full_slots"] / 5)
        leave = (Unavailability(start=away, end=away + timedelta(days=1), credit=credit),)
    return Employee(
        id=f"{number:04d}",
        contract=f"{agent['contract']} {agent['availability']}",
        skills=tuple(Skill(f"Q{queue}") for queue in week["groups"][agent["group"]]),
        unavailable=leave,
    )


def as_requirement(week: dict[str, Any]) -> pd.DataFrame:
    """Return the demand of a week as the frame `requirement`."""
    starts = wfm.Horizon(MONDAY, weeks=1, interval="30min", tz="UTC").starts
    return pd.concat(
        [
            pd.DataFrame({"queue": f"Q{n}", "start": starts, "load_erl": heads, "agents": heads, "scheduled": heads})
            for n, heads in enumerate(week["demand"])
        ],
        ignore_index=True,
    )


def as_json(roster: wfm.roster.Roster) -> dict[str, Any]:
    """Return a roster in the judge's format."""
    monday = pd.Timestamp(MONDAY, tz="UTC")
    rests = roster.activities[roster.activities["activity"] != "work"]
    shifts = []
    for row in roster.shifts.itertuples():
        day, start = divmod(int((row.shift_start - monday) / pd.Timedelta("30min")), SLOTS_A_DAY)
        mine = rests[
            (rests["employee"] == row.employee) & (rests["start"] >= row.shift_start) & (rests["start"] < row.shift_end)
        ]
        slot = ((mine["start"] - monday) // pd.Timedelta("30min") - SLOTS_A_DAY * day).astype(int)
        lunch = slot[mine["activity"] == "lunch"].tolist()
        shifts.append(
            {
                "agent": int(row.employee),
                "day": day,
                "start": start,
                "length": round(2 * row.paid_h),
                "lunch": lunch[0] if lunch else None,
                "breaks": sorted(slot[mine["activity"] != "lunch"].tolist()),
            }
        )
    return {"shifts": shifts}
