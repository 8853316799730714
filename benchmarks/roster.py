"""Rosters of public instances: cost by a judge written apart from the library, bound, gap, time and memory.

    python benchmarks/roster.py INSTANCE --limit SECONDS [--out ROSTER.json] [--remove SHARE]

prints one JSON object. An instance is a contact-centre week (`.json`, its judge `evaluate.py` beside it), a roster of
Curtois and Qu (`.txt`) or a shift design of Musliu and others (`.dzn`). `--remove` takes a share of the agents of a
contact-centre week away at random.

    python benchmarks/roster.py --all DIRECTORY [--longest SECONDS]

runs every instance of the list below, or those with no longer limit, and writes `benchmarks/results/roster.json` with
the bars it passed and failed. The search is compiled before the clock starts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import wfm
from wfm.domain import Centre, Contract, Employee, Queue, ServiceLevel, ShiftTemplate, Skill

HERE = Path(__file__).parent
READERS = {".json": "contact_centre", ".txt": "curtois", ".dzn": "shift_design"}
# Best cost or bound known (see the README of the instances), seconds, and the largest gap to it.
BARS: list[tuple[str, float, int, float]] = [
    ("contact_centre/week_50.json", 6288, 60, 0.062),
    ("contact_centre/week_50.json", 6288, 600, 0.055),
    ("contact_centre/week_200.json", 26477, 60, 0.023),
    ("contact_centre/week_200.json", 26477, 300, 0.018),
    ("contact_centre/week_1000.json", 129573, 120, 0.015),
    ("contact_centre/week_1000.json", 129573, 600, 0.012),
    ("curtois/Instance1.txt", 607, 60, 0.0),
    ("curtois/Instance2.txt", 828, 60, 0.0),
    ("curtois/Instance3.txt", 1001, 60, 0.0),
    ("curtois/Instance4.txt", 1716, 60, 0.0),
    ("curtois/Instance5.txt", 1143, 60, 0.05),
    ("curtois/Instance5.txt", 1143, 300, 0.015),
    ("curtois/Instance6.txt", 1950, 60, 0.05),
    ("curtois/Instance6.txt", 1950, 300, 0.015),
    ("curtois/Instance7.txt", 1056, 60, 0.05),
    ("curtois/Instance7.txt", 1056, 300, 0.015),
    ("curtois/Instance10.txt", 4631, 300, 0.005),
    ("curtois/Instance12.txt", 4040, 300, 0.05),
    ("shift_design/RandomExample1.dzn", 480, 30, 0.0),
    ("shift_design/RandomExample2.dzn", 300, 30, 0.0),
    ("shift_design/RandomExample5.dzn", 480, 30, 0.0),
]
PROVED = {"Instance1", "Instance2", "Instance3", "RandomExample1", "RandomExample2", "RandomExample5"}
MOST_GB = 2.0
LEAST_BOUND = 0.999  # of the listed bound of a contact-centre week
RESULTS = HERE / "results" / "roster.json"
ROUNDING = 1e-6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instance", type=Path, nargs="?", help="instance (.json, .txt, .dzn)")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the search (default 0)")
    parser.add_argument("--out", type=Path, help="where the roster is written")
    parser.add_argument("--remove", type=float, default=0.0, help="share of agents to remove (contact-centre week)")
    parser.add_argument("--all", type=Path, metavar="DIRECTORY", help="run the whole list from here")
    parser.add_argument("--longest", type=int, default=600, help="longest limit of the list that is run (default 600)")
    options = parser.parse_args()
    if options.all:
        run_all(options.all, options.seed, options.longest)
        return
    if options.instance is None or options.instance.suffix not in READERS:
        parser.error(f"an instance that ends in one of {', '.join(READERS)} is needed")
    more = {"remove": options.remove} if options.remove else {}
    if more and options.instance.suffix != ".json":
        parser.error("--remove is for contact-centre weeks")
    # HiGHS now and then prints a line of its own: it goes to the standard error, and the result stands alone.
    result = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    compile_search()
    reader = load(READERS[options.instance.suffix])
    found = reader.run(options.instance, limit=options.limit, seed=options.seed, out=options.out, **more)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
    with result:
        print(json.dumps({**found, "peak_memory_gb": peak}), file=result)


def run_all(directory: Path, seed: int, longest: int) -> None:
    """Run the list, each instance in a process of its own, and write what was found beside what was found before."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    rows = {(row["file"], row["limit"]): row for row in kept}
    for name, known, limit, bar in BARS:
        if limit > longest:
            continue
        command = [sys.executable, __file__, str(directory / name), "--limit", str(limit), "--seed", str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr[-500:]}
        row = {"file": name, **found, "limit": limit, "known": known, "bar": bar, "passed": False}
        if "cost" in found:
            row["gap_to_known"] = found["cost"] / known - 1
            row["passed"] = has_passed(row)
        print(json.dumps(row), flush=True)
        rows[name, limit] = row
        listed = [rows[name, limit] for name, _, limit, _ in BARS if (name, limit) in rows]
        RESULTS.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


def has_passed(row: dict[str, Any]) -> bool:
    """Whether a roster is legal, near enough, in time and in memory, and proved where that is asked for."""
    bound = row["bound"]
    proved = row["instance"] not in PROVED or (bound is not None and bound >= row["cost"] - 0.5)
    return bool(
        row["broken_rules"] == 0
        and row["gap_to_known"] <= row["bar"] + ROUNDING
        and row["seconds"] <= 1.1 * row["limit"]
        and row["peak_memory_gb"] <= MOST_GB
        and (bound is None or bound <= row["cost"] * (1 + ROUNDING))
        and (not row["file"].endswith(".json") or (bound is not None and bound >= LEAST_BOUND * row["known"]))
        and proved
    )


def load(name: str) -> ModuleType:
    """Load a reader of instances."""
    path = HERE / "instances" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path}: the reader is not there")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def compile_search() -> None:
    """Roster one person for a day, which compiles the search where it is not compiled yet."""
    centre = Centre(
        name="desk",
        tz="UTC",
        queues=(Queue(name="calls", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=(Contract(name="full", cost_per_hour=20.0),),
        shifts=(ShiftTemplate(name="early", earliest_start="07:00", latest_start="08:00", min_length="8h"),),
        employees=(Employee(id="A", contract="full", skills=(Skill("calls"),)),),
    )
    starts = wfm.Horizon(date(2026, 11, 2), days=1, interval="30min", tz="UTC").starts
    need = pd.DataFrame({"queue": "calls", "start": starts, "load_erl": 1.0, "agents": 1, "scheduled": 1})
    wfm.roster.solve(need, centre, work_limit=1)


if __name__ == "__main__":
    main()
