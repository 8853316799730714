"""What a share of multi-skilled agents saves: the interpolation of quotes against simulation.

`python benchmarks/quote_cross.py [--contacts N] [--strict] [--pareto]`; a few minutes.

Queues of one load have some specialists each, and agents who serve all of them beside these. For each number of
specialists the simulation finds how many multi-skilled agents, as a real number, bring 80 % of the contacts within 30
seconds. That gives pairs of the share of multi-skilled agents and of the gain of one team that is not yet reached,
which are compared with `wfm.quotes.staff.not_gained`.

`--pareto` takes seconds: the costs of Pareto curves beside those of staff that is found anew for each level.
"""

from __future__ import annotations

import argparse
from itertools import product
from typing import NamedTuple

import numpy as np

from wfm.erlang import measures
from wfm.quotes import QuoteRequest, quote
from wfm.quotes.engine import base_of
from wfm.quotes.staff import not_gained
from wfm.simulate import Demand, Lines, Staff, play

AHT_S, WITHIN_S, LEVEL = 300.0, 30.0, 0.8
# What a part of the gain may be off, and the agents that this is of all.
GAIN_WITHIN, AGENTS_WITHIN = 0.15, 0.01


class Case(NamedTuple):
    """Queues of one load in erlangs each, and the mean patience."""

    queues: int
    load: float
    patience_s: float | None = None


CASES = (
    Case(2, 5.0),
    Case(2, 10.0, 180.0),
    Case(2, 20.0),
    Case(2, 40.0, 180.0),
    Case(3, 5.0, 120.0),
    Case(3, 10.0),
    Case(3, 20.0, 60.0),
    Case(4, 10.0, 180.0),
    Case(5, 5.0),
)


def crossing(levels: dict[int, float]) -> float:
    """Return where a line through the whole numbers on both sides reaches the level; on the logarithm of the missed."""
    numbers = sorted(levels)
    above = next(one for one in numbers if levels[one] >= LEVEL)
    if above == numbers[0]:
        return float(above)
    low, high = np.log(1.0 - levels[above - 1]), np.log(1.0 - levels[above])
    return float(above - (high - np.log(1.0 - LEVEL)) / (high - low))


def of_one_team(load: float, patience_s: float | None) -> float:
    """Return the agents of one team, as a real number."""
    offered = load * 1800.0 / AHT_S
    first = int(load * 0.7) + 1 if patience_s else int(load) + 1
    levels = {
        agents: float(
            measures(offered, AHT_S, 1800.0, agents, within_s=WITHIN_S, patience_s=patience_s).service_level("offered")
        )
        for agents in range(first, int(load + 6 * load**0.5) + 4)
    }
    return crossing(levels)


def simulated(case: Case, specialists: int, multi: int, contacts: int) -> float:
    """Return the share of contacts that are answered in time."""
    rng = np.random.default_rng(7)
    size = case.queues * specialists + multi
    horizon = contacts * AHT_S / (case.load * case.queues)
    time = np.sort(rng.uniform(0.0, horizon, contacts))
    patience = None if case.patience_s is None else rng.exponential(case.patience_s, contacts)
    demand = Demand(
        time=time,
        queue=rng.integers(0, case.queues, contacts),
        service=rng.exponential(AHT_S, contacts),
        patience=patience,
    )
    speed = np.ones((size, case.queues))
    for queue in range(case.queues):
        own = slice(queue * specialists, (queue + 1) * specialists)
        speed[own] = np.nan
        speed[own, queue] = 1.0
    end = np.full(size, horizon * 1.1)
    staff = Staff(
        speed=speed, agent=np.arange(size), start=np.zeros(size), end=end, shift=np.arange(size), shift_end=end
    )
    lines = Lines(rank=np.zeros(case.queues, dtype=np.int64))
    log = play(demand, lines, staff, interval_s=horizon, intervals=1)
    settled = time > 0.02 * horizon
    met = log.answered & (log.reached - time <= WITHIN_S)
    return float(met[settled].mean())


def points(case: Case, contacts: int) -> list[tuple[float, float, float]]:
    """Return the share of multi-skilled agents, the share of the gain not reached, and the gain over all agents."""
    separate = case.queues * of_one_team(case.load, case.patience_s)
    together = of_one_team(case.queues * case.load, case.patience_s)
    found = []
    for specialists in range(int(separate / case.queues), 0, -1):
        multi = max(int(together) - case.queues * specialists - 1, 0)
        levels = {multi: simulated(case, specialists, multi, contacts)}
        while levels[multi] < LEVEL:
            multi += 1
            levels[multi] = simulated(case, specialists, multi, contacts)
        if len(levels) < 2 or case.queues * specialists < 0.05 * together:
            continue
        more = crossing(levels)
        size = case.queues * specialists + more
        found.append((more / size, (size - together) / (separate - together), (separate - together) / size))
    return found


def pareto() -> None:
    """Print how far the Pareto curves of two queues are from staff that is found anew for each of their levels."""
    print("largest difference of the cost of a level")
    for share in (0.0, 0.2, 0.5, 1.0):
        for factor, patience in product((1, 5), (None, "3min")):
            queues = [
                {"name": "orders", "volume": f"{900 * factor}/day", "aht": "5min", "patience": patience},
                {"name": "returns", "volume": f"{600 * factor}/day", "aht": "6min", "patience": patience},
            ]
            asked = {"queues": queues, "hours": "Mon-Sun 07:00-21:00", "multi_skilled": share}
            found = quote(asked | {"range_points": 0, "tornado": False})
            request = QuoteRequest.of(asked)
            anew = [float(base_of(request, fraction=point.target).bill.cost_year) for point in found.pareto]
            off = max(abs(point.cost_per_year / cost - 1.0) for point, cost in zip(found.pareto, anew, strict=True))
            erlangs = found.queues[0].peak_load_erl + found.queues[1].peak_load_erl
            case = f"{share:.0%} multi-skilled, {erlangs:.0f} erlangs at the peak, patience {patience}"
            print(f"{case}: {off:.1%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=200_000, help="contacts of each simulation")
    parser.add_argument("--strict", action="store_true", help="fail where the interpolation is too far off")
    parser.add_argument("--pareto", action="store_true", help="Pareto curves beside staff that is found anew")
    asked = parser.parse_args()
    if asked.pareto:
        pareto()
        return
    worst_gain = worst_agents = 0.0
    print("share multi-skilled: gain not reached, simulated (interpolated)")
    for case in CASES:
        cells = []
        alone = of_one_team(case.load, case.patience_s)
        for share, left, gain in points(case, asked.contacts):
            wanted = float(not_gained(share, case.load, alone))
            worst_gain = max(worst_gain, abs(wanted - left))
            worst_agents = max(worst_agents, abs(wanted - left) * gain)
            cells.append(f"{share:.2f}: {left:.2f} ({wanted:.2f})")
        patience = "patient" if case.patience_s is None else f"patience {case.patience_s:g} s"
        print(f"{case.queues} queues of {case.load:g} erlangs, {patience}: " + "  ".join(cells), flush=True)
    print(f"largest difference {worst_gain:.2f} of the gain, {worst_agents:.1%} of the agents")
    assert not asked.strict or (worst_gain <= GAIN_WITHIN and worst_agents <= AGENTS_WITHIN)


if __name__ == "__main__":
    main()
