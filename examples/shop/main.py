"""A small web shop round the clock: phone, chat, social media, messages, inquiries and complaints, 28 people.

The history is synthetic and seeded (`wfm.datasets.ecommerce`); the centre stands in `centre.toml`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import wfm

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/shop"), help="where to write (default: out/shop)")
    parser.add_argument("--days", type=int, default=7, help="days to plan (default: 7)")
    parser.add_argument("--replications", type=int, default=50, help="simulated runs (default: 50)")
    parser.add_argument("--work", type=int, default=None, help="the solver's work limit (default: its own)")
    options = parser.parse_args()

    centre = wfm.io.read_centre(HERE / "centre.toml")
    shop = wfm.datasets.ecommerce(seed=0, scale=0.06)
    horizon = wfm.Horizon("2026-11-02", days=options.days, interval=centre.interval, tz=centre.tz)
    made = wfm.plan(shop.history, centre, horizon, replications=options.replications, work_limit=options.work)
    written = made.write(options.out)

    print(made)
    print(f"written      {written[0]} and {len(written) - 1} files beside it")


if __name__ == "__main__":
    main()
