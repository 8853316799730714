"""The simulation: contacts a second, against two open peers in one process, and a thousand weeks of a large centre.

`python benchmarks/simulate.py [--quick]`

Contacts a second are those of the kernel, to which the limits apply; beside them stands the rate of `play` whole, which
lays out the arrays before and reads the log after. Random numbers are drawn before either. The peers are ciw and simpy,
taken from the environment; what is not there is said not to have been run. Every speed is asserted together with the
answer: the abandonment of M/M/50+M against Erlang A, for us and for both of them. Times are of the processor, of one
process, for on a machine shared with others the clock on the wall tells of them; the thousand weeks, on two workers,
are told by both clocks. Figures go to `benchmarks/results/simulate.json`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wfm import erlang, simulate
from wfm.domain import Centre, Employee, Queue, ServiceLevel, Skill
from wfm.domain.people import Contract
from wfm.simulate import Demand, Lines, Log, Routes, Staff, kernel
from wfm.simulate.compiled import compiled_simulate
from wfm.simulate.engine import build_world

RESULTS = Path(__file__).parent / "results" / "simulate.json"
AGENTS, LOAD, AHT_S, PATIENCE_S = 50, 52.0, 240.0, 120.0
# Lower limits in contacts a second, and by how much the peers must be slower.
AT_LEAST = {"one queue": 7e6, "five queues": 2e6, "chat, breaks and deferred": 1e6, "one queue, interpreted": 1e5}
FASTER = 100.0
WEEKS_S, WEEKS_BYTES = 60.0, 2e9


def stream(contacts: int, seed: int = 1) -> Demand:
    """Return contacts of M/M/50+M."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(AHT_S / LOAD, contacts)
    return Demand(
        time=np.cumsum(gaps),
        queue=np.zeros(contacts, dtype=np.int64),
        service=rng.exponential(AHT_S, contacts),
        patience=rng.exponential(PATIENCE_S, contacts),
    )


def everybody(speed: np.ndarray[Any, np.dtype[np.float64]], until_s: float, pauses: bool = False) -> Staff:
    """Return people who are there all the time, or with a break of 15 minutes every two hours."""
    number = len(speed)
    edges = np.arange(0.0, until_s, 7200.0) if pauses else np.zeros(1)
    start = np.tile(edges, number)
    end = np.tile(np.append(edges[1:] - 900.0, until_s), number)
    agent = np.repeat(np.arange(number), len(edges))
    return Staff(speed=speed, agent=agent, start=start, end=end, shift=agent, shift_end=np.full(len(agent), until_s))


def timed(make: Callable[[], Log], repeats: int) -> tuple[float, Log]:
    """Return the best processor time of some runs, and a log."""
    best, log = np.inf, make()
    for _ in range(repeats):
        begin = time.process_time()
        log = make()
        best = min(best, time.process_time() - begin)
    return best, log


def lost(log: Log) -> float:
    """Return the share that abandoned, the first tenth left out."""
    return float((~log.answered[len(log.answered) // 10 :]).mean())


def one_queue(contacts: int, *, compiled: bool, repeats: int) -> tuple[float, float, float]:
    """Return contacts a second of the kernel, of `play` with its arrays and log, and the abandonment."""
    demand = stream(contacts)
    until = float(demand.time[-1]) + 36000
    case = (demand, Lines(rank=np.zeros(1, dtype=np.int64)), everybody(np.ones((AGENTS, 1)), until))
    seconds, log = timed(lambda: simulate.play(*case, interval_s=until, intervals=1, compiled=compiled), repeats)
    return contacts / in_kernel(*case, until, 1, compiled, repeats), contacts / seconds, lost(log)


def in_kernel(
    demand: Demand, lines: Lines, staff: Staff, interval_s: float, intervals: int, compiled: bool, repeats: int
) -> float:
    """Return the best processor time of some runs of the kernel alone."""
    run = compiled_simulate() if compiled else kernel.simulate
    best = np.inf
    for _ in range(repeats):
        world = build_world(demand, lines, staff, interval_s, intervals, Routes(), 0, compiled=compiled)
        begin = time.process_time()
        run(world)
        best = min(best, time.process_time() - begin)
    return best


def many_queues(contacts: int, *, mixed: bool, repeats: int) -> tuple[float, float]:
    """Return contacts a second of 5 queues, 6 skill groups and 200 agents; mixed: chat, breaks and deferred work."""
    rng = np.random.default_rng(2)
    skills = [(0,), (1,), (2,), (0, 1), (2, 3), (3, 4)]
    speed = np.full((200, 5), np.nan)
    for agent in range(200):
        speed[agent, list(skills[agent % 6])] = 1.0
    time_s = np.cumsum(rng.exponential(AHT_S / 170.0, contacts))
    until = float(time_s[-1]) + 36000
    staff = everybody(speed, until, pauses=mixed)
    queue = rng.choice(5, contacts, p=[0.25, 0.25, 0.2, 0.2, 0.1])
    patience = rng.exponential(PATIENCE_S, contacts)
    lines = Lines(
        rank=np.array([0, 0, 0, 0, 9 if mixed else 0]),
        concurrency=np.array([1, 1, 1, 3 if mixed else 1, 1]),
        slowdown=np.array([0.0, 0.0, 0.0, 0.2 if mixed else 0.0, 0.0]),
    )
    if mixed:
        patience[queue == 4] = np.inf
    demand = Demand(time=time_s, queue=queue, service=rng.exponential(AHT_S, contacts), patience=patience)
    intervals = int(until // 1800) + 1
    seconds, log = timed(lambda: simulate.play(demand, lines, staff, interval_s=1800, intervals=intervals), repeats)
    assert log.answered.mean() > 0.7
    return contacts / in_kernel(demand, lines, staff, 1800, intervals, True, repeats), contacts / seconds


def by_simpy(contacts: int) -> tuple[float, float]:
    """Return contacts a second of simpy, and the abandonment."""
    simpy = importlib.import_module("simpy")
    demand = stream(contacts)
    gone = np.zeros(contacts, dtype=bool)
    env = simpy.Environment()
    crew = simpy.Resource(env, capacity=AGENTS)
    assert demand.patience is not None
    service, patience, gaps = demand.service.tolist(), demand.patience.tolist(), np.diff(demand.time, prepend=0.0)

    def call(number: int) -> Any:
        with crew.request() as request:
            result = yield request | env.timeout(patience[number])
            if request in result:
                yield env.timeout(service[number])
            else:
                gone[number] = True

    def arrive() -> Any:
        for number, gap in enumerate(gaps.tolist()):
            yield env.timeout(gap)
            env.process(call(number))

    env.process(arrive())
    begin = time.process_time()
    env.run()
    return contacts / (time.process_time() - begin), float(gone[contacts // 10 :].mean())


def by_ciw(contacts: int) -> tuple[float, float]:
    """Return contacts a second of ciw, and the abandonment."""
    ciw = importlib.import_module("ciw")
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=LOAD / AHT_S)],
        service_distributions=[ciw.dists.Exponential(rate=1 / AHT_S)],
        reneging_time_distributions=[ciw.dists.Exponential(rate=1 / PATIENCE_S)],
        number_of_servers=[AGENTS],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    begin = time.process_time()
    simulation.simulate_until_max_time(contacts * AHT_S / LOAD)
    seconds = time.process_time() - begin
    records = simulation.get_all_records()
    kept = [record.record_type == "renege" for record in records]
    return len(kept) / seconds, float(np.mean(kept[len(kept) // 10 :]))


def large_week() -> tuple[pd.DataFrame, pd.DataFrame, Centre]:
    """Return a week of five queues, open 08:00 to 20:00, and the shifts of 200 people."""
    target = ServiceLevel(0.8, "20s")
    names = ("billing", "orders", "returns", "service", "technical")
    queues = tuple(Queue(name=name, targets=(target,), aht="5min", patience="3min") for name in names)
    skills = [(0,), (1,), (2,), (0, 1), (2, 3), (3, 4)]
    people = tuple(
        Employee(id=f"E{n:03d}", contract="any", skills=tuple(Skill(names[q]) for q in skills[n % 6]))
        for n in range(200)
    )
    centre = Centre(
        name="large", tz="Europe/Berlin", queues=queues, contracts=(Contract(name="any"),), employees=people
    )
    monday = pd.Timestamp("2026-11-02", tz="Europe/Berlin")
    days = [monday + pd.Timedelta(days=day) for day in range(7)]
    starts = pd.DatetimeIndex([day + pd.Timedelta(minutes=480 + 30 * n) for day in days for n in range(24)])
    shape = 1 + 0.5 * np.sin(np.linspace(0.2, 2.9, 24))
    volume = dict(zip(names, (118.0, 118.0, 118.0, 100.0, 50.0), strict=True))
    forecast = pd.concat(
        [
            pd.DataFrame({"queue": q, "start": starts, "offered": 0.72 * v * np.tile(shape, 7)})
            for q, v in volume.items()
        ],
        ignore_index=True,
    )
    rows = []
    for n, person in enumerate(people):
        for number, day in enumerate(days):
            if (n + number) % 7 >= 5:
                continue
            begin = day + pd.Timedelta(minutes=480 + 30 * (n % 7))
            cuts = [begin, begin + pd.Timedelta(hours=4), begin + pd.Timedelta(hours=4, minutes=30)]
            cuts.append(begin + pd.Timedelta(hours=8, minutes=30))
            for first, last, activity in zip(cuts, cuts[1:], ("work", "lunch", "work"), strict=False):
                queue = person.queues[0] if activity == "work" else None
                rows.append((person.id, first, last, activity, queue))
    roster = pd.DataFrame(rows, columns=["employee", "start", "end", "activity", "queue"]).astype({"queue": "str"})
    return forecast, roster, centre


def weeks(replications: int) -> dict[str, float]:
    """Simulate the large week on two workers; return seconds, bytes and what came out."""
    case = large_week()
    simulate.run(*case, replications=20, workers=2)
    begin = time.process_time()
    simulate.run(*case, replications=50)
    processor = (time.process_time() - begin) / 50 * replications / 2
    begin = time.perf_counter()
    result = simulate.run(*case, replications=replications, workers=2)
    seconds = time.perf_counter() - begin
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    row = result.summary.set_index("queue").loc["all"]
    assert result.replications == replications
    assert 0.5 < row["service_level"] < 1.0
    return {
        "processor_seconds_on_each_of_two_cores": round(processor, 1),
        "seconds_on_the_wall": round(seconds, 1),
        "bytes": 1024.0 * (own + 2 * children),
        "contacts_a_week": round(float(row["offered"])),
        "service_level": round(float(row["service_level"]), 4),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run everything, print it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, and no limit of speed")
    quick = parser.parse_args(arguments).quick
    part = 10 if quick else 1
    theory = float(erlang.measures(LOAD, AHT_S, AHT_S, AGENTS, within_s=20, patience_s=PATIENCE_S).abandonment)
    rates: dict[str, float] = {}
    played: dict[str, float] = {}
    name = "one queue"
    rates[name], played[name], share = one_queue(1_000_000 // part, compiled=True, repeats=5)
    name = "one queue, interpreted"
    rates[name], played[name], slow = one_queue(50_000 // part, compiled=False, repeats=5)
    for name in ("five queues", "chat, breaks and deferred"):
        rates[name], played[name] = many_queues(500_000 // part, mixed=name != "five queues", repeats=5)
    shares = {"wfm": share, "wfm, interpreted": slow}
    ratios: dict[str, float] = {}
    for name, peer in (("simpy", by_simpy), ("ciw", by_ciw)):
        if importlib.util.find_spec(name) is None:
            sys.stdout.write(f"{name}: not installed, not run\n")
            continue
        rates[name], shares[name] = peer(50_000 // part)
        # Against all of ours, for a peer makes its contacts and its log within its run.
        ratios[name] = played["one queue"] / rates[name]
    found: dict[str, Any] = {
        "contacts_per_second": {name: round(rate) for name, rate in rates.items()},
        "with_arrays_and_log": {name: round(rate) for name, rate in played.items()},
        "times_faster": {name: round(ratio) for name, ratio in ratios.items()},
        "abandonment": {"theory": round(theory, 4), **{name: round(value, 4) for name, value in shares.items()}},
        "thousand_weeks": weeks(1000 // part),
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    for name, value in shares.items():
        assert abs(value - theory) < 0.015 * (3 if quick else 1), f"{name}: abandonment {value}, theory {theory}"
    if quick:
        return 0
    missed = [
        f"{name}: {rates[name]:,.0f} a second, not {low:,.0f}" for name, low in AT_LEAST.items() if rates[name] < low
    ]
    missed += [f"{name}: only {ratio:.0f} times faster" for name, ratio in ratios.items() if ratio < FASTER]
    took = found["thousand_weeks"]
    processor = took["processor_seconds_on_each_of_two_cores"]
    if processor > WEEKS_S or took["bytes"] > WEEKS_BYTES:
        missed.append(f"a thousand weeks: {processor} s on each of two cores and {took['bytes'] / 1e9:.1f} GB")
    found["missed"] = missed
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.write("\n".join(["missed:", *missed] if missed else ["all limits are kept"]) + "\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
