"""Shift design, data set of Musliu and others (`.dzn`): read, solve, and judge by `judges/shift_design.py`.

Sources: Musliu, Schaerf and Slany, "Local search for shift design" (2004), data set 1.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import time
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import wfm
from wfm.domain import ShiftTemplate

MONDAY = date(2026, 11, 2)
JUDGE = Path(__file__).parents[1] / "judges" / "shift_design.py"


def run(path: Path, *, limit: float, seed: int, out: Path | None) -> dict[str, Any]:
    """Solve an instance within a limit in seconds and return what the judge finds, with bound, gap, time and memory."""
    judge = judge_of()
    instance = judge.read(path)
    templates, need, horizon = as_problem(instance)
    prices = {
        "shortage_per_hour": 60.0 * instance["weightUnderCover"],
        "surplus_per_hour": 60.0 * instance["weightOverCover"],
        "per_type": float(instance["weightShiftInstances"]),
    }
    begin = time.perf_counter()
    design = wfm.roster.design_shifts(need, templates, horizon, seed=seed, time_limit=f"{limit:g}s", **prices)
    seconds = time.perf_counter() - begin
    written = as_json(design, instance["interval"])
    wrong = judge.faults(instance, written)
    found = judge.price(instance, written)
    if out:
        out.write_text(json.dumps(written), encoding="utf-8")
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "instance": path.stem,
        "cost": float(found["objective"]),
        "bound": design.bound,
        "gap": None if not design.bound else found["objective"] / design.bound - 1,
        "proved": design.status.value == "optimal",
        "seconds": seconds,
        "peak_memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9,
        "broken_rules": len(wrong),
    }


def judge_of() -> ModuleType:
    """Load the judge."""
    spec = importlib.util.spec_from_file_location("judge_of_shift_design", JUDGE)
    if spec is None or spec.loader is None:
        sys.exit(f"{JUDGE}: the judge of shift design is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_problem(instance: dict[str, Any]) -> tuple[list[ShiftTemplate], pd.DataFrame, wfm.Horizon]:
    """Return the windows, the demand and the cyclic week of an instance."""
    minutes = instance["interval"]
    windows = zip(instance["minStart"], instance["maxStart"], instance["minLength"], instance["maxLength"], strict=True)
    templates = [
        ShiftTemplate(
            name=f"shift {number}",
            earliest_start=clock(low * minutes),
            latest_start=clock(high * minutes),
            step=f"{minutes}min",
            min_length=f"{short * minutes}min",
            max_length=f"{long * minutes}min",
        )
        for number, (low, high, short, long) in enumerate(windows, 1)
    ]
    horizon = wfm.Horizon(MONDAY, days=instance["days"], interval=f"{minutes}min", tz="UTC", cyclic=True)
    heads = [float(value) for value in instance["demand"]]
    need = pd.DataFrame({"queue": "all", "start": horizon.starts, "agents": heads, "scheduled": heads})
    return templates, need, horizon


def clock(minutes: int) -> str:
    """Return minutes since midnight as the wall clock shows them."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def as_json(design: wfm.roster.ShiftDesign, minutes: int) -> dict[str, Any]:
    """Return a design in the judge's format."""
    rows = []
    for row in design.shifts.itertuples():
        start = row.shift_start.hour * 60 + row.shift_start.minute
        length = (row.shift_end - row.shift_start) // pd.Timedelta(minutes=1)
        day = (row.day - MONDAY).days
        rows.append({"day": day, "start": start // minutes, "length": int(length) // minutes, "heads": int(row.heads)})
    return {"shifts": rows}
