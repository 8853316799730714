"""Contacts in Parquet, larger than memory, to the 30-minute history and each queue's measures; tickets from events.

`python benchmarks/kpi.py [--contacts 100000000] [--compare 10000000] [--folder DIR]` makes the files with DuckDB (once:
they are kept in the folder), counts them through DuckDB within a limit of memory, and counts the smaller one through
DuckDB and pandas; beside them it turns 1,000,000 events of tickets into states, facts and measures. Each figure comes
from a process of its own, so that its peak memory is its own. The answers are asserted: every contact is offered once,
both engines give the same numbers, and the times of the tickets are those drawn. Writes `benchmarks/results/kpi.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

RESULTS = Path(__file__).parent / "results" / "kpi.json"
MEASURES = ["service_level", "abandonment", "asa", "wait_p90", "virtual_wait_p90", "longest_wait", "aht", "offered"]
ZONE = "Europe/Berlin"
LIMIT_GB = 2.0
DUCKDB_MEMORY = "1GB"
RATE = 8_000_000
EVENTS = 1_000_000
EVENTS_S = 5.0
_TWO_YEARS_MS = 730 * 86_400_000


def make(contacts: int, path: Path) -> None:
    """Write contacts of 20 queues over two years: 92 % answered, 7.5 % abandoned, waits exponential."""
    import duckdb

    connection = connected(duckdb)
    connection.execute(
        f"""
        COPY (
            SELECT i AS contact_id, 'queue ' || lpad(CAST((i * 7919) % 20 AS VARCHAR), 2, '0') AS queue,
                   arrived_at,
                   CASE WHEN u < 0.92 THEN arrived_at + to_milliseconds(w) END AS answered_at,
                   CASE WHEN u >= 0.92 AND u < 0.995 THEN arrived_at + to_milliseconds(w) END AS abandoned_at,
                   CASE WHEN u < 0.92 THEN CAST(30 + hash(i + 3) % 600 AS DOUBLE) END AS talk_s,
                   CASE WHEN u < 0.92 THEN CAST(hash(i + 4) % 60 AS DOUBLE) END AS wrap_s
            FROM (
                SELECT i, TIMESTAMPTZ '2024-01-01 00:00:00+00'
                           + to_milliseconds(CAST(i * {_TWO_YEARS_MS / contacts} AS BIGINT)) AS arrived_at,
                       (hash(i) % 1000000) / 1e6 AS u,
                       CAST(-ln(1 - (hash(i + 1) % 999999) / 1e6) * 25000 AS BIGINT) AS w
                FROM range({contacts}) AS numbers(i)
            )
        ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
        """
    )


def connected(duckdb: Any) -> Any:
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{DUCKDB_MEMORY}'")
    connection.execute("SET threads = 1")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def count(engine: str, path: Path) -> dict[str, Any]:
    """Count one file through one engine; CPU and wall seconds without the imports."""
    import pandas as pd

    from wfm.kpi import compute
    from wfm.tickets import interval_history

    frame: Any
    if engine == "duckdb":
        import duckdb

        frame = connected(duckdb).sql(f"SELECT * FROM read_parquet('{path}')")
    else:
        frame = pd.read_parquet(path).astype({"contact_id": "str"})
    clocks = [(time.process_time(), time.perf_counter())]
    history = interval_history(frame, "30min", "30s", tz=ZONE)
    clocks.append((time.process_time(), time.perf_counter()))
    scores = compute(frame, MEASURES, by="queue", tz=ZONE)
    clocks.append((time.process_time(), time.perf_counter()))
    (cpu_0, wall_0), (cpu_1, wall_1), (cpu_2, wall_2) = clocks
    return {
        "rows": len(history),
        "offered": int(history["offered"].sum()),
        "history_cpu_s": round(cpu_1 - cpu_0, 2),
        "history_wall_s": round(wall_1 - wall_0, 2),
        "measures_cpu_s": round(cpu_2 - cpu_1, 2),
        "measures_wall_s": round(wall_2 - wall_1, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 3),
        "values": {name: scores.value(name) for name in MEASURES},
    }


def rate(path: Path) -> dict[str, Any]:
    """Count the intervals of a checked log in memory, pandas alone; the best of nine, as the machine may be slow."""
    from datetime import timedelta

    import pandas as pd

    from wfm.schema import as_frame
    from wfm.tickets.counting import count_contacts

    log = as_frame(pd.read_parquet(path).astype({"contact_id": "str"}), "contacts", tz=ZONE)
    seconds = []
    for _ in range(9):
        begin = time.process_time()
        table = count_contacts(log, timedelta(minutes=30), timedelta(seconds=30))
        seconds.append(time.process_time() - begin)
    return {"contacts": len(log), "offered": int(table["offered"].sum()), "rate": round(len(log) / min(seconds))}


def events() -> dict[str, Any]:
    """Rebuild states and measures of tickets from 1,000,000 events alone, in no order; CPU seconds of each."""
    import numpy as np
    import pandas as pd

    from wfm.kpi import compute
    from wfm.tickets import ticket_facts

    draw = np.random.default_rng(0)
    kinds = ("create", "assign", "reply", "message", "solve")
    size = EVENTS // len(kinds)
    begin = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(
        np.sort(draw.integers(0, 31_536_000, size)), unit="s"
    )
    gaps = np.cumsum(draw.integers(1, 20_000, (size, len(kinds))), axis=1)
    table = pd.DataFrame(
        {
            "ticket": np.repeat([f"T{number:07d}" for number in range(size)], len(kinds)),
            "at": begin.repeat(len(kinds)) + pd.to_timedelta(gaps.ravel(), unit="s"),
            "kind": np.tile(kinds, size),
            "actor": np.tile(("customer", "system", "agent", "customer", "agent"), size),
            "public": np.tile((True, False, True, True, True), size),
            "employee": np.tile(np.array([None, "A1", "A1", None, "A1"]), size),
            "to_state": np.tile(("new", "open", "pending", "open", "solved"), size),
        }
    ).sample(frac=1.0, random_state=0, ignore_index=True)
    clocks = [time.process_time()]
    facts = ticket_facts(table)
    clocks.append(time.process_time())
    tickets = facts[["ticket", "created_at"]].assign(channel="email", queue="mail", kind="inquiry")
    scores = compute({"tickets": tickets, "ticket_events": table}, by="week", tz=ZONE)
    clocks.append(time.process_time())
    assert (facts["state"] == "solved").all()
    assert facts["pending_s"].sum() == (gaps[:, 3] - gaps[:, 2]).sum()
    solved_s = (gaps[:, 4] - gaps[:, 0]).mean()
    assert abs(scores.value("full_resolution") - solved_s) <= 1e-9 * solved_s
    states_s, measures_s = np.diff(clocks).round(2).tolist()
    return {"events": EVENTS, "states_cpu_s": states_s, "measures_cpu_s": measures_s, "measures": len(scores.total)}


def apart(*arguments: str) -> dict[str, Any]:
    """Run a part of this file in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--contacts", type=int, default=100_000_000)
    parser.add_argument("--compare", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "wfm-kpi")
    parser.add_argument("--part", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        what, path = asked.part[0], Path(asked.part[1])
        if what == "make":
            make(asked.contacts, path)
        else:
            ways: dict[str, Callable[[], dict[str, Any]]] = {"rate": lambda: rate(path), "events": events}
            print(json.dumps(ways.get(what, lambda: count(what, path))()))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    files = {size: asked.folder / f"contacts-{size}.parquet" for size in (asked.contacts, asked.compare)}
    for size, path in files.items():
        if not path.exists():
            apart("--contacts", str(size), "--part", "make", str(path))
    large = apart("--part", "duckdb", str(files[asked.contacts]))
    small = {engine: apart("--part", engine, str(files[asked.compare])) for engine in ("duckdb", "pandas")}
    speed = apart("--part", "rate", str(files[asked.compare]))
    told = apart("--part", "events", "-")
    assert large["offered"] == asked.contacts, large
    assert large["peak_gb"] <= LIMIT_GB, large
    for name, value in small["pandas"]["values"].items():
        assert abs(value - small["duckdb"]["values"][name]) <= 1e-9 * abs(value), name
    parts = ("history_cpu_s", "measures_cpu_s")
    ratio = {part: round(small["duckdb"][part] / small["pandas"][part], 2) for part in parts}
    found = {
        "contacts": asked.contacts,
        "compare": asked.compare,
        "duckdb": large,
        "compared": small,
        "cpu_ratio_duckdb_to_pandas": ratio,
        "pandas_history_contacts_per_cpu_s": speed["rate"],
        "ticket_events": told,
    }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    print(f"memory {large['peak_gb']} GB, asked {LIMIT_GB}; pandas {speed['rate']:,} contacts/s, asked {RATE:,}")
    print(f"states of {EVENTS:,} events {told['states_cpu_s']} s, asked {EVENTS_S}")


if __name__ == "__main__":
    main()
