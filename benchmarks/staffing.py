"""Queueing formulas: how exact, and how fast against the best open peer in one process.

`python benchmarks/staffing.py [--references DIR] [--peers DIR] [--quick]`

References are the two tables of reference figures, `erlang_cases.csv` and `agents_required.csv` (or the variable
`WFM_REFERENCES`). The peer is pyworkforce 0.5.4, put into a directory of its own by
`pip install --ignore-requires-python --no-deps --target DIR pyworkforce==0.5.4`. What is not there is said not to have
been run. Quality figures are exact and stored in `benchmarks/results/staffing.json`.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from wfm import erlang
from wfm.domain.targets import ServiceLevel

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "staffing.json"
EIGHTY = ServiceLevel(0.8, "30s")
# Largest relative errors that are allowed: Erlang C to 1e-12, with abandonment or limited places to 1e-10.
BARS = {"C": 1e-12, "A": 1e-10, "K": 1e-10}
# Upper limits in seconds.
SECONDS = {
    "one number at 10 erlangs": 10e-6,
    "one number at 500 erlangs": 40e-6,
    "10,000 intervals": 6e-3,
    "1,000,000 intervals": 1.5,
    "100,000 intervals with abandonment": 5.0,
}
# The peer must be slower by this factor on the 10,000 intervals.
AT_LEAST_FASTER = 50.0
MOST_BYTES = 1e9


def oracle(digits: int) -> Any:
    """Return the check of the test tree, which shares no code with the package."""
    spec = importlib.util.spec_from_file_location("oracle", ROOT / "tests" / "erlang" / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Oracle(digits)


def number(row: dict[str, str], name: str) -> float | None:
    return float(row[name]) if row[name] else None


def cases(path: Path, digits: Any) -> dict[str, float]:
    """Return the largest relative error by model over every row and figure, for numbers and for arrays."""
    worst = dict.fromkeys(BARS, 0.0)
    names = {"pw": "wait_probability", "pab": "abandonment", "pblock": "blocking", "mean_wait_s": "mean_wait_s"}
    names |= {"asa_s": "asa_s", "occ": "occupancy", "lq": "queue_length"}
    for row in csv.DictReader(path.open()):
        for shape in (float, lambda value: np.array([value])):
            found = erlang.measures(
                shape(float(row["calls"])), float(row["aht_s"]), float(row["interval_s"]), int(row["n"]),
                within_s=float(row["T_s"]), patience_s=number(row, "patience_s"), places=number(row, "K"),
            )  # fmt: skip
            got = {column: getattr(found, name) for column, name in names.items()}
            got |= {column: found.service_level(column[3:]) for column in row if column.startswith("sl_")}
            load = shape(float(row["calls"])) * float(row["aht_s"]) / float(row["interval_s"])
            with np.errstate(divide="ignore"):
                got["inv_B"] = np.divide(1.0, erlang.erlang_b(int(row["n"]), load))
            for column, value in got.items():
                if row[column]:
                    error = relative(float(np.squeeze(value)), digits(row[column]))
                    worst[row["model"]] = max(worst[row["model"]], error)
    return worst


def relative(got: float, wanted: Any) -> float:
    return 0.0 if wanted == got else float(abs(got - wanted) / abs(wanted))


def headcounts(path: Path) -> int:
    """Return the number of wrong rows among the reference headcounts."""
    wrong = 0
    for row in csv.DictReader(path.open()):
        target, patience = ServiceLevel(float(row["sl"]), f"{row['T_s']}s"), number(row, "patience_s")
        calls, aht, interval = (float(row[name]) for name in ("calls", "aht_s", "interval_s"))
        one = erlang.agents_required(calls, aht, interval, target, patience_s=patience)
        many = erlang.agents_required([calls], aht, interval, target, patience_s=patience)
        wrong += {one, int(many[0])} != {int(row["n_required"])}
    return wrong


def random_headcounts(size: int, patience: bool) -> int:
    """Return how many of some random headcounts the check of 50 digits does not bear out."""
    rng, check, wrong = np.random.default_rng(11 + patience), oracle(50), 0
    calls, aht = rng.uniform(5, 500, size), rng.uniform(180, 420, size)
    patient = rng.uniform(20, 600, size) if patience else None
    found = erlang.agents_required(calls, aht, 1800, EIGHTY, patience_s=patient)
    patiences = [None] * size if patient is None else patient.tolist()
    for volume, length, wait, agents in zip(calls.tolist(), aht.tolist(), patiences, found.tolist(), strict=True):
        load = check.mp.mpf(volume) * length / 1800

        def level(n: int, load: Any = load, length: float = length, wait: float | None = wait) -> Any:
            return check.level(load, n, aht=length, within=30, patience=wait)

        wrong += not (level(agents) >= 0.8 > level(agents - 1))
    return wrong


def million_erlangs() -> dict[str, int]:
    """Answer a site of a million erlangs, with and without abandonment, and check both sides of the answer."""
    answers = {}
    for name, patience in (("erlang_c", None), ("erlang_a", 120.0)):
        agents = erlang.agents_required(1e7, 180, 1800, EIGHTY, patience_s=patience)
        for count, holds in ((agents, True), (agents - 1, False)):
            level = erlang.measures(1e7, 180, 1800, count, within_s=30, patience_s=patience).service_level()
            assert (level >= EIGHTY.fraction) is holds, (name, count, level)
        answers[name] = agents
    return answers


def quality(references: Path | None, quick: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if references is None:
        print("not run: the tables of reference figures (give --references or WFM_REFERENCES)")
    else:
        errors = cases(references / "erlang_cases.csv", oracle(50).mp.mpf)
        print("largest relative error by model:", {model: f"{error:.1e}" for model, error in errors.items()})
        assert all(errors[model] <= bar for model, bar in BARS.items()), errors
        # Errors are stored by whether they hold: their last digits depend on the processor.
        figures["cases_within_the_bar"] = {model: errors[model] <= bar for model, bar in BARS.items()}
        figures["reference_headcounts_wrong"] = headcounts(references / "agents_required.csv")
        assert figures["reference_headcounts_wrong"] == 0
    sizes = (200, 20) if quick else (10_000, 1_000)
    for name, size, patience in zip(("erlang_c", "erlang_a"), sizes, (False, True), strict=True):
        wrong = random_headcounts(size, patience)
        print(f"{size} random headcounts, {name}: {wrong} wrong against 50 digits")
        assert wrong == 0
        figures[f"random_headcounts_{name}"] = {"asked": size, "wrong": wrong}
    figures["agents_for_a_million_erlangs"] = million_erlangs()
    print("a million erlangs:", figures["agents_for_a_million_erlangs"])
    return figures


def best(call: Callable[[], object], runs: int, times: int = 1) -> float:
    """Return the least time of one call in seconds."""
    least = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        for _ in range(times):
            call()
        least = min(least, (time.perf_counter() - start) / times)
    return least


def speed(strict: bool) -> dict[str, float]:
    rng = np.random.default_rng(1)
    calls, aht = rng.uniform(5, 500, 1_000_000), rng.uniform(180, 420, 1_000_000)
    few, lengths, loads = calls[:10_000], aht[:10_000], rng.uniform(0.5, 120, 100_000)
    taken = {
        "one number at 10 erlangs": best(lambda: erlang.agents_required(100, 180, 1800, EIGHTY), 9, 3000),
        "one number at 500 erlangs": best(lambda: erlang.agents_required(5000, 180, 1800, EIGHTY), 9, 1000),
        "10,000 intervals": best(lambda: erlang.agents_required(few, lengths, 1800, EIGHTY), 60),
        "1,000,000 intervals": best(lambda: erlang.agents_required(calls, aht, 1800, EIGHTY), 3),
        "100,000 intervals with abandonment": best(
            lambda: erlang.agents_required(loads, 180, 180, EIGHTY, patience_s=120), 2
        ),
    }
    for name, seconds in taken.items():
        verdict = "within" if seconds <= SECONDS[name] else "ABOVE"
        print(f"{name}: {seconds * 1e6:,.1f} us, {verdict} {SECONDS[name] * 1e6:,.0f} us")
        assert not strict or seconds <= SECONDS[name], name
    return taken


def peak_bytes() -> int:
    """Return the largest memory of a fresh process that answers a million intervals."""
    code = (
        "import resource, numpy as np\n"
        "from wfm import erlang\n"
        "from wfm.domain.targets import ServiceLevel\n"
        "rng = np.random.default_rng(1)\n"
        "calls, aht = rng.uniform(5, 500, 1_000_000), rng.uniform(180, 420, 1_000_000)\n"
        "erlang.agents_required(calls, aht, 1800, ServiceLevel(0.8, '30s'))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def load_peer(directory: Path | None) -> ModuleType | None:
    if directory is None:
        return None
    sys.path.append(str(directory))
    try:
        return importlib.import_module("pyworkforce.queuing")
    except ImportError as error:
        print(f"not run: the peer cannot be imported ({error})")
        return None


def against(peer: ModuleType, ours: float) -> None:
    """Time the peer on a share of the 10,000 intervals, and count where it is not the smallest staff."""
    rng, size = np.random.default_rng(1), 1_000
    calls, aht = rng.uniform(5, 500, 1_000_000)[:size], rng.uniform(180, 420, 1_000_000)[:size]
    minutes = list(zip(calls.tolist(), (aht / 60).tolist(), strict=True))

    def ask() -> list[int]:
        models = [peer.ErlangC(transactions=n, aht=length, asa=0.5, interval=30) for n, length in minutes]
        return [model.required_positions(service_level=0.8)["raw_positions"] for model in models]

    ratio = best(ask, 3) * 10 / ours
    mine = erlang.agents_required(calls, aht, 1800, EIGHTY).tolist()
    higher = sum(theirs > own for theirs, own in zip(ask(), mine, strict=True))
    print(f"Erlang C: {ratio:,.0f} x as fast as pyworkforce, which asks for more than the smallest staff in {higher}")
    assert ratio >= AT_LEAST_FASTER, ratio


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=Path, default=os.environ.get("WFM_REFERENCES"))
    parser.add_argument("--peers", type=Path, help="directory that pyworkforce 0.5.4 was installed into")
    parser.add_argument("--quick", action="store_true", help="fewer random headcounts, and nothing is stored")
    parser.add_argument("--strict", action="store_true", help="fail where a time is above its limit")
    asked = parser.parse_args()
    figures = quality(None if asked.references is None else Path(asked.references), asked.quick)
    taken = speed(asked.strict)
    peak = peak_bytes()
    print(f"a million intervals take {peak / 1e9:.2f} GB")
    assert peak <= MOST_BYTES
    peer = load_peer(asked.peers)
    if peer is None:
        print("not run: the comparison with pyworkforce (give --peers)")
    else:
        against(peer, taken["10,000 intervals"])
    if not asked.quick and asked.references is not None:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
