"""Quotes: how fast, and how a service of them stands up.

`python benchmarks/quote.py [--strict] [--service] [--table] [--seconds N] [--requests N] [--malformed N] [--st PATH]`

Without options: times of single quotes, ranges and sweeps in this process, by processor time. `--service` starts
`examples/service` with two workers and loads it from a process of its own; `--table` compares the default shift
efficiency with the linear programme. `benchmarks/quote_truth.py` compares quotes with rosters and simulation.

`--malformed` sends bodies broken here, and, where `--st` says where its command is, as many that schemathesis makes
from the service's own OpenAPI document. It has requirements of its own, so it is installed apart:
`python -m venv apart && apart/bin/pip install schemathesis`, then `--service --malformed 10000 --st apart/bin/st`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wfm.quotes import QuoteContract, covering, programme, quote, sweep
from wfm.quotes.request import QuoteQueue, QuoteRequest, Volume
from wfm.quotes.shapes import SHAPES, week_of

ROOT = Path(__file__).parent.parent
CALLS: dict[str, Any] = {"name": "calls", "volume": "3200/day", "aht": "5min", "weekdays": "shop"}
PEOPLE: dict[str, Any] = {
    "shrinkage": {"planned": {"leave": 0.1, "training": 0.03}, "sickness": 0.05, "breaks": 0.06},
    "contracts": [
        {"name": "full", "share": 0.7, "wage": 20},
        {"name": "part", "kind": "part", "share": 0.3, "shift": "4h", "week": "20h", "wage": 18},
    ],
}
BARE = {"range_points": 0, "tornado": False, "pareto": False}
RANGE = {"range_points": 128, "tornado": False, "pareto": False}
# Upper limits in milliseconds.
LIMITS = {"fresh process": 200.0, "bare quote": 2.0, "whole quote": 60.0, "whole quote with patience": 250.0}
SWEPT = 1000.0
SHARE_OF_RATE, RATES, P99 = 0.5, {"bare": 1000.0, "128-point range": 120.0}, 0.05
# What two cores have for each request at those rates.
EACH = {name: 2.0 / rate for name, rate in RATES.items()}


def request(**queue: Any) -> dict[str, Any]:
    return {"queues": [CALLS | queue], **PEOPLE}


def best(call: Callable[[], object], runs: int) -> float:
    """Return the least processor time of a call in milliseconds."""
    call()
    least = float("inf")
    for _ in range(runs):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least * 1e3


def fresh(runs: int) -> float:
    """Return the least processor time of a process from its start to its first quote, in milliseconds.

    Modules are compiled by the first run, as they are on installation, wherever the source lies. numpy has one thread,
    as a service gives it: those it does not need wait busily, which costs more than its import.
    """
    asked = {"queues": [{"name": "chat", "volume": "3200/day", "aht": "7min"}], **BARE}
    code = f"import wfm; print(wfm.quote({asked!r}).fte)"
    least = float("inf")
    with TemporaryDirectory() as kept:
        here = os.environ | {"PYTHONPYCACHEPREFIX": kept, "OPENBLAS_NUM_THREADS": "1"}
        here.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(runs + 1):
            before = of_children()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=here)
            least = min(least, of_children() - before)
    return least * 1e3


def of_children() -> float:
    """Return the processor time of processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def speed(strict: bool) -> None:
    taken = {
        "fresh process": fresh(15),
        "bare quote": best(lambda: quote(request() | BARE), 200),
        "whole quote": best(lambda: quote(request()), 30),
        "whole quote with patience": best(lambda: quote(request(patience="2min")), 15),
    }
    for name, value in taken.items():
        verdict = "within" if value <= LIMITS[name] else "ABOVE"
        print(f"{name}: {value:.2f} ms, {verdict} {LIMITS[name]:g} ms")
        assert not strict or value <= LIMITS[name], name
    over: dict[str, list[Any]] = {
        "queues[0].volume": [f"{count}/day" for count in range(1000, 6000, 100)],
        "queues[0].aht": ["4min", "4min30s", "5min", "6min", "7min"],
        "shrinkage": [0.2, 0.25, 0.3, 0.35],
    }
    asked = request(weekdays="even") | BARE
    count = 50 * 5 * 4
    rate = count / best(lambda: sweep(asked, over), 3) * 1e3
    print(f"sweep of {count}: {rate:,.0f} quotes/s a core, {'within' if rate >= SWEPT else 'BELOW'} {SWEPT:,.0f}")
    assert not strict or rate >= SWEPT


def table() -> None:
    """Compare the default shift efficiency with the linear programme."""
    mixes = {
        "8h": [QuoteContract(name="a")],
        "8h, 30min off": [QuoteContract(name="a", unpaid_break="30min")],
        "6h": [QuoteContract(name="a", shift="6h")],
        "4h": [QuoteContract(name="a", shift="4h")],
        "8h + 20 % 4h": [QuoteContract(name="a", share=0.8), QuoteContract(name="b", share=0.2, shift="4h")],
        "8h + 30 % 5h": [QuoteContract(name="a", share=0.7), QuoteContract(name="b", share=0.3, shift="5h")],
        "8h + 50 % 6h": [QuoteContract(name="a", share=0.5), QuoteContract(name="b", share=0.5, shift="6h")],
    }
    hours = {"office": "Mon-Fri 08:00-18:00", "shop": "Mon-Sat 08:00-22:00", "two peaks": "07:00-21:00"}
    print("paid hours over the hours of the curve: default (programme)")
    worst = 0.0
    for shape in SHAPES:
        opening = hours.get(shape, "24x7")
        opening = opening if opening[0].isalpha() or opening == "24x7" else f"Mon-Sun {opening}"
        one = QuoteQueue(name="q", volume=Volume(1000.0), aht="5min", shape=shape, hours=opening, weekdays="shop")
        week = week_of(QuoteRequest(queues=(one,)), one).offered
        curve = (week / week.max() * 30).round()
        total = float(curve.sum()) / 2
        cells = []
        for contracts in mixes.values():
            fast, exact = (way.paid_hours(curve, contracts, 1800.0) / total for way in (covering, programme))
            worst = max(worst, abs(fast / exact - 1))
            cells.append(f"{fast:.3f} ({exact:.3f})")
        print(f"{shape}, {opening}: " + "  ".join(f"{name} {cell}" for name, cell in zip(mixes, cells, strict=True)))
    print(f"largest difference {worst:.1%}")


@contextmanager
def service(workers: int = 2) -> Iterator[tuple[int, int]]:
    """Start the example with workers of its own, and give its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [sys.executable, "-m", "uvicorn", "--app-dir", str(ROOT / "examples" / "service"), "app:app"]
    words += ["--port", str(port), "--workers", str(workers), "--no-access-log", "--no-proxy-headers"]
    words += ["--log-level", "warning"]
    running = subprocess.Popen(words, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield port, running.pid
    finally:
        running.terminate()
        running.wait(20)


def message(body: bytes, path: str = "/quotes") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    )
    return head.encode() + b"\r\n" + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes) -> int:
    """Send a request over an open connection and return the status."""
    writer.write(text)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(one.split(b":")[1]) for one in lines if one.startswith(b"content-length"))
    await reader.readexactly(length)
    return int(lines[0].split()[1])


async def load(port: int, bodies: list[bytes], count: int, connections: int, rate: float | None) -> dict[str, Any]:
    """Send requests as fast as they are answered, or at a rate, and return rate, errors and latency."""
    statuses: dict[int, int] = {}
    latency: list[float] = []
    given = iter(range(count))
    opened = []
    for _ in range(connections):
        # One after the other, as those of different callers come: of many at once the first worker takes all.
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(0.02)
    start = time.perf_counter()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in given:
            due = start + number / rate if rate else time.perf_counter()
            if due > time.perf_counter():
                await asyncio.sleep(due - time.perf_counter())
            status = await exchange(reader, writer, bodies[number % len(bodies)])
            # At a rate, what waits for a connection counts as well.
            latency.append(time.perf_counter() - due)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(one(*both) for both in opened))
    taken = time.perf_counter() - start
    latency.sort()
    p99 = latency[int(0.99 * (len(latency) - 1))]
    return {"rate": count / taken, "p50": latency[len(latency) // 2], "p99": p99, "statuses": statuses}


def bodies(kind: dict[str, Any]) -> list[bytes]:
    """Return requests that differ, so that nothing kept could answer them."""
    rng = random.Random(7)
    made = []
    for _ in range(500):
        volume = f"{rng.randrange(800, 6000)}/day"
        asked = {"queues": [{"name": "calls", "volume": volume, "aht": f"{rng.randrange(180, 480)}s"}], **PEOPLE}
        made.append(message(json.dumps(asked | kind).encode()))
    return made


def loader(port: int, kind: dict[str, Any], count: int, connections: int, rate: float | None, out: Any) -> None:
    """Run the load in a process of its own, on the event loop that uvicorn brings, so that it takes less of a core."""
    import uvloop

    out.put(uvloop.run(load(port, bodies(kind), count, connections, rate)))


def loaded(port: int, kind: dict[str, Any], count: int, connections: int, rate: float | None) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=loader, args=(port, kind, count, connections, rate, out))
    process.start()
    found: dict[str, Any] = out.get()
    process.join()
    return found


def malformed(count: int) -> list[bytes]:
    """Return broken bodies: bytes changed, parts left out, wrong kinds, wrong sizes."""
    rng = random.Random(11)
    good = json.dumps(request() | RANGE)
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        1e308,
        "",
        "x",
        [],
        {},
        [[]],
        "\ud800",
        2**70,
        "1e12/day",
        "0s",
        "9" * 400,
        {"a": {}},
    ]
    made = []
    for number in range(count):
        if number % 3 == 0:
            text = bytearray(good.encode())
            for _ in range(rng.randrange(1, 6)):
                text[rng.randrange(len(text))] = rng.randrange(256)
            made.append(bytes(text))
            continue
        data = json.loads(good)
        for _ in range(rng.randrange(1, 4)):
            owner = rng.choice([data, *data["queues"], *data["contracts"]]) if data.get("queues") else data
            if not isinstance(owner, dict) or not owner:
                continue
            name = rng.choice([*owner, "unknown"])
            if rng.random() < 0.3:
                owner.pop(name, None)
            else:
                owner[name] = rng.choice(odd)
            if not isinstance(data.get("queues"), list) or not isinstance(data.get("contracts"), list):
                break
        made.append(json.dumps(data).encode())
    return made


def worker_seconds(parent: int) -> float:
    """Return the processor time of a process and its children so far, where the system tells."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if parent in (int(fields[1]), int(entry.parent.name)):
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def schemathesis(command: str, port: int, count: int) -> None:
    """Let schemathesis send so many bodies against the service's own OpenAPI document; none may get by."""
    words = [str(Path(command).resolve()), "run", f"http://127.0.0.1:{port}/openapi.json", "--mode", "negative"]
    words += ["--phases", "fuzzing", "--checks", "not_a_server_error,negative_data_rejection", "--seed", "1"]
    words += ["--continue-on-failure", "--no-color", "--generation-database", "none"]
    # Two paths take bodies. A comparison is two quotes: what breaks one breaks the other, and to make it takes longer.
    for path, cases in (("/quotes", count - count // 10), ("/quotes/compare", count // 10)):
        with TemporaryDirectory() as place:
            # A body too large to be read is refused as such.
            rules = "[checks]\nnegative_data_rejection.expected-statuses = [400, 413, 422]\n"
            Path(place, "schemathesis.toml").write_text(rules, encoding="utf-8")
            asked = [*words, "--include-path", path, "--max-examples", str(cases)]
            done = subprocess.run(asked, cwd=place, capture_output=True, text=True, check=False)
        told = [line.strip() for line in done.stdout.splitlines() if " generated" in line]
        print(f"schemathesis, {path}: {', '.join(told)}")
        assert done.returncode == 0, done.stdout


def stand(seconds: float, requests: int, broken: int, st: str, strict: bool) -> None:
    """Load the service."""
    with service() as (port, process):
        for name, kind in (("bare", BARE), ("128-point range", RANGE)):
            wanted = RATES[name]
            loaded(port, kind, 400, 8, None)
            before = worker_seconds(process)
            full = loaded(port, kind, int(wanted * seconds), 16, None)
            each = (worker_seconds(process) - before) / int(wanted * seconds)
            half = loaded(port, kind, int(wanted * SHARE_OF_RATE * seconds), 16, wanted * SHARE_OF_RATE)
            print(f"service, {name}: {full['rate']:,.0f}/s of {wanted:,.0f}, p50 {full['p50'] * 1e3:.1f} ms, "
                  f"p99 {full['p99'] * 1e3:.1f} ms {full['statuses']}")  # fmt: skip
            print(f"  at {wanted * SHARE_OF_RATE:,.0f}/s: p50 {half['p50'] * 1e3:.1f} ms, "
                  f"p99 {half['p99'] * 1e3:.1f} ms of {P99 * 1e3:.0f}")  # fmt: skip
            print(f"  {each * 1e3:.2f} ms of processor time for each, of {EACH[name] * 1e3:.0f}")
            assert set(full["statuses"]) == set(half["statuses"]) == {200}
            assert not strict or (full["rate"] >= wanted and half["p99"] <= P99 and each <= EACH[name])
        if requests:
            many = loaded(port, BARE, requests, 16, None)
            print(f"{requests:,} requests: {many['statuses']}, {many['rate']:,.0f}/s")
            assert set(many["statuses"]) == {200}
        if broken:
            texts = [message(body) for body in malformed(broken)]
            found = asyncio.run(load(port, texts, broken, 16, None))
            print(f"{broken:,} broken bodies: {dict(sorted(found['statuses'].items()))}")
            assert all(status < 500 for status in found["statuses"])
            if st:
                schemathesis(st, port, broken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strict", action="store_true", help="fail where a figure misses its limit")
    parser.add_argument("--service", action="store_true", help="load the service")
    parser.add_argument("--table", action="store_true", help="shift efficiency against the linear programme")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each load")
    parser.add_argument("--requests", type=int, default=0, help="requests without an error, such as 100000")
    parser.add_argument("--malformed", type=int, default=0, help="broken bodies, such as 10000")
    parser.add_argument("--st", default="", help="the command of schemathesis, for broken bodies of its making")
    asked = parser.parse_args()
    if asked.table:
        table()
    elif asked.service:
        stand(asked.seconds, asked.requests, asked.malformed, asked.st, asked.strict)
    else:
        speed(asked.strict)


if __name__ == "__main__":
    main()
