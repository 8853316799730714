"""The roster of a small contact-centre week beside those of peers, all judged by the judge of the instance.

    python benchmarks/roster_peers.py WEEK.json --agents 12 --limit 60

takes the first agents of a contact-centre week with their share of the demand and prints one JSON object: cost,
shortage, broken rules and seconds of

- `wfm`: `wfm.roster.solve`;
- `cp_sat`: a plain model of the same week in CP-SAT, a boolean for each agent, day and shift, as in the
  shift-scheduling examples of OR-Tools, with breaks in the middle of their windows;
- `pyworkforce`: its covering (`MinAbsDifference`) and then its roster (`MinHoursRoster`). It knows neither skills,
  breaks, rest nor hours of single contracts, so the rules that its roster breaks are counted. Where its roster has no
  solution, less of the covering is asked for, in steps of a tenth.

pyworkforce is not among the requirements: `pip install --ignore-requires-python --no-deps pyworkforce==0.5.4`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import sys
import time
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import wfm

DAY = 48
WORKERS = 2
GRID = 4  # slots between starts that the peer may choose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path, help="contact-centre week (.json)")
    parser.add_argument("--agents", type=int, default=12, help="how many of its agents (default 12)")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each (default 60)")
    options = parser.parse_args()
    reader = load(Path(__file__).parent / "instances" / "contact_centre.py")
    judge = reader.judge_beside(options.instance)
    week = small(json.loads(options.instance.read_text(encoding="utf-8")), options.agents)
    solvers: dict[str, Callable[[], dict[str, Any] | None]] = {
        "wfm": lambda: by_wfm(reader, week, options.limit),
        "cp_sat": lambda: by_cp_sat(judge, week, options.limit),
        "pyworkforce": lambda: by_pyworkforce(judge, week, options.limit),
    }
    load(Path(__file__).parent / "roster.py").compile_search()
    found: dict[str, Any] = {"instance": options.instance.stem, "agents": options.agents, "limit_s": options.limit}
    for name, solve in solvers.items():
        begin = time.perf_counter()
        try:
            roster = solve()
        except ImportError as error:
            found[name] = {"missing": str(error)}
            continue
        seconds = time.perf_counter() - begin
        found[name] = {**judged(judge, week, roster), "seconds": round(seconds, 1)}
    print(json.dumps(found, indent=2))


def load(path: Path) -> ModuleType:
    """Load a module by its file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small(week: dict[str, Any], agents: int) -> dict[str, Any]:
    """Return a week with the first agents and their share of the demand."""
    share = agents / len(week["agents"])
    demand = [[round(heads * share) for heads in row] for row in week["demand"]]
    return {**week, "agents": week["agents"][:agents], "demand": demand}


def judged(judge: ModuleType, week: dict[str, Any], roster: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the judge says."""
    if roster is None:
        return {"cost": None, "shortage_slots": None, "broken_rules": None}
    cost, shortage = judge.cost(week, roster)
    return {
        "cost": float(cost),
        "shortage_slots": float(shortage),
        "broken_rules": len(judge.broken_rules(week, roster)),
    }


def by_wfm(reader: ModuleType, week: dict[str, Any], limit: float) -> dict[str, Any]:
    centre, need = reader.as_centre(week), reader.as_requirement(week)
    horizon = wfm.Horizon(reader.MONDAY, weeks=1, interval="30min", tz="UTC", cyclic=True)
    roster = wfm.roster.solve(need, centre, horizon=horizon, time_limit=f"{limit:g}s")
    written: dict[str, Any] = reader.as_json(roster)
    return written


def shift_of(judge: ModuleType, agent: int, day: int, start: int, length: int) -> dict[str, Any]:
    """Return a shift with its breaks in the middle of their windows."""
    lunch, windows = judge.break_windows(length)
    return {
        "agent": agent,
        "day": day,
        "start": start,
        "length": length,
        "lunch": None if lunch is None else start + lunch[len(lunch) // 2],
        "breaks": [start + window[len(window) // 2] for window in windows],
    }


def presence(shift: dict[str, Any], slots: int) -> dict[int, int]:
    """Return the half-slots of presence of a shift by slot of the week."""
    first = DAY * shift["day"] + shift["start"]
    span = shift["length"] + (shift["lunch"] is not None)
    present = {(first + n) % slots: 2 for n in range(span)}
    if shift["lunch"] is not None:
        present[(DAY * shift["day"] + shift["lunch"]) % slots] -= 2
    for rest in shift["breaks"]:
        present[(DAY * shift["day"] + rest) % slots] -= 1
    return present


def by_cp_sat(judge: ModuleType, week: dict[str, Any], limit: float) -> dict[str, Any] | None:
    """Solve a model with a boolean for each agent, day and shift."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    slots = week["slots"]
    chosen: list[tuple[Any, dict[str, Any]]] = []
    there: list[list[list[tuple[Any, int]]]] = [[[] for _ in range(slots)] for _ in week["groups"]]
    for number, agent in enumerate(week["agents"]):
        mine = own_shifts(judge, week, number)
        days = [[(model.new_bool_var(""), shift) for shift in mine if shift["day"] == day] for day in range(7)]
        add_rules(model, judge, week, number, days)
        for works, shift in (pair for day in days for pair in day):
            chosen.append((works, shift))
            for slot, halves in presence(shift, slots).items():
                there[agent["group"]][slot].append((works, halves))
    objective = add_coverage(model, week, there)
    model.minimize(objective + sum(2 * week["weights"]["paid"] * shift["length"] * works for works, shift in chosen))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.max_time_in_seconds = limit
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return {"shifts": [shift for works, shift in chosen if solver.value(works)]}


def own_shifts(judge: ModuleType, week: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Return every shift that an agent may work."""
    agent = week["agents"][number]
    earliest, latest, end = week["availability"][agent["availability"]]
    return [
        shift_of(judge, number, day, start, length)
        for day in range(7)
        if day != agent["leave_day"]
        for length in week["contracts"][agent["contract"]]["lengths"]
        for start in range(earliest, latest)
        if start + judge.presence_slots(length) <= end
    ]


def add_rules(model: Any, judge: ModuleType, week: dict[str, Any], number: int, days: list[list[Any]]) -> None:
    """Hold an agent to one shift a day, the days and hours of the contract, and rest."""
    agent = week["agents"][number]
    everything = [pair for day in days for pair in day]
    for day in days:
        model.add_at_most_one(works for works, _ in day)
    low, high = judge.hours_bounds(week, agent)
    model.add_linear_constraint(sum(shift["length"] * works for works, shift in everything), math.ceil(low), high)
    model.add(sum(works for works, _ in everything) <= week["contracts"][agent["contract"]]["max_days"])
    for today, tomorrow in pairwise(days):
        ends = [(works, shift["start"] + judge.presence_slots(shift["length"])) for works, shift in today]
        for bound in sorted({end for _, end in ends}):
            late = [works for works, end in ends if end >= bound]
            early = [works for works, shift in tomorrow if shift["start"] + DAY - bound < week["rest_slots"]]
            if early:
                model.add_at_most_one([*late, *early])


def add_coverage(model: Any, week: dict[str, Any], there: list[list[list[tuple[Any, int]]]]) -> Any:
    """Add shortage by all sets of skills and surplus, in half-slots; return their price."""
    weights, demand, groups = week["weights"], np.array(week["demand"]), [set(group) for group in week["groups"]]
    sets = [set(some) for size in range(1, len(demand) + 1) for some in combinations(range(len(demand)), size)]
    total: Any = 0
    for slot in range(week["slots"]):
        most = 2 * int(demand[:, slot].sum())
        short = model.new_int_var(0, most, "")
        spare = model.new_int_var(0, 2 * len(week["agents"]), "")
        present = [model.new_int_var(0, 2 * len(week["agents"]), "") for _ in groups]
        for heads, members in zip(present, there, strict=True):
            model.add(heads == sum(halves * works for works, halves in members[slot]))
        for skills in sets:
            able = [heads for heads, group in zip(present, groups, strict=True) if group & skills]
            model.add(short + sum(able) >= 2 * int(demand[sorted(skills), slot].sum()))
        model.add(spare >= sum(present) - most + short)
        total += weights["under"] * short + weights["over"] * spare
    return total


def by_pyworkforce(judge: ModuleType, week: dict[str, Any], limit: float) -> dict[str, Any] | None:
    """Cover the demand of all skills by shifts within the day, then name the heads."""
    # It has no type information, and is not installed where this file is checked.
    covers, rosters = (importlib.import_module(f"pyworkforce.{name}") for name in ("scheduling", "rostering"))
    lengths = sorted({length for contract in week["contracts"].values() for length in contract["lengths"]})
    shifts = {
        f"{start} {length}": (start, length)
        for length in lengths
        for start in range(0, DAY - judge.presence_slots(length) + 1, GRID)
    }
    cover = {
        name: [int(start <= slot < start + judge.presence_slots(length)) for slot in range(DAY)]
        for name, (start, length) in shifts.items()
    }
    agents = len(week["agents"])
    need = np.array(week["demand"]).sum(axis=0).reshape(7, DAY).astype(int).tolist()
    covering = covers.MinAbsDifference(7, DAY, cover, need, agents, agents, limit / 4, WORKERS).solve()
    heads = {(row["shift"], row["day"]): row["resources"] for row in covering["resources_shifts"]}
    for tenths in range(10, -1, -1):
        roster = rosters.MinHoursRoster(
            num_days=7,
            resources=[str(number) for number in range(agents)],
            shifts=list(shifts),
            shifts_hours=[length for _, length in shifts.values()],  # in slots: it takes whole numbers only
            min_working_hours=min(contract["min_slots"] for contract in week["contracts"].values()),
            banned_shifts=banned(judge, week, shifts),
            max_resting=6,
            required_resources={
                name: [heads.get((name, day), 0) * tenths // 10 for day in range(7)] for name in shifts
            },
            max_search_time=limit / 4,
            num_search_workers=WORKERS,
        ).solve()
        if roster["total_shifts"]:
            rows = roster["resource_shifts"]
            return {"shifts": [shift_of(judge, int(r["resource"]), r["day"], *shifts[r["shift"]]) for r in rows]}
    return None


def banned(judge: ModuleType, week: dict[str, Any], shifts: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Return the shifts that agents may not work, in the words of the peer."""
    days = range(7)
    allowed = {
        (number, shift["day"], shift["start"], shift["length"])
        for number in range(len(week["agents"]))
        for shift in own_shifts(judge, week, number)
    }
    return [
        {"resource": str(number), "shift": name, "day": day}
        for number in range(len(week["agents"]))
        for name, (start, length) in shifts.items()
        for day in days
        if (number, day, start, length) not in allowed
    ]


if __name__ == "__main__":
    main()
