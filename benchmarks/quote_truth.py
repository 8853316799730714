"""Quotes against the slow truth: the roster solver's bound for the same week, and the simulation of the same staff.

`python benchmarks/quote_truth.py [--cases N] [--replications N] [--strict] [--pareto]`; some minutes.

For each case the people of the quote are rostered on its heads by `wfm.roster.solve`, whose bound is compared with the
quote's paid hours; and the agents of the quote are simulated as they are, without roster, for the service level.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
import pandas as pd

import wfm
from wfm.domain import CalendarSpec, Centre, Contract, Employee, OpeningHours, Queue, ServiceLevel, ShiftTemplate, Skill
from wfm.quotes import Quote, QuoteRequest
from wfm.quotes.shapes import week_of

TZ = "Europe/Berlin"
HOURS_WITHIN, LEVEL_WITHIN = 0.03, 0.02
FULL = [{"name": "full"}]
MIX = [
    {"name": "full", "share": 0.7},
    {"name": "part", "kind": "part", "share": 0.3, "shift": "4h", "week": "20h"},
]
SIX = [{"name": "full", "shift": "6h", "week": "30h"}]


def case(
    volume: str, aht: str, *, contracts: list[dict[str, Any]], hours: str = "24x7", **queue: Any
) -> dict[str, Any]:
    one = {"name": "line", "volume": volume, "aht": aht, **queue}
    return {
        "queues": [one],
        "hours": hours,
        "contracts": contracts,
        "tornado": False,
        "pareto": False,
        "range_points": 0,
    }


CASES = {
    "calls by night, full": case("1500/day", "5min", contracts=FULL, patience="3min"),
    "calls by night, part-time mix": case("1500/day", "5min", contracts=MIX, patience="3min"),
    "calls by night, shop week": case("2500/day", "4min", contracts=FULL, patience="2min", weekdays="shop"),
    "calls by night, flat": case("900/day", "6min", contracts=FULL, patience="3min", shape="flat"),
    "shop hours, mix": case(
        "1200/day", "5min", contracts=MIX, hours="Mon-Sat 08:00-22:00", patience="2min", shape="shop"
    ),
    "office, full": case(
        "900/day", "4min", contracts=FULL, hours="Mon-Fri 08:00-18:00", patience="2min", shape="office"
    ),
    "office, mix": case("900/day", "4min", contracts=MIX, hours="Mon-Fri 08:00-18:00", patience="2min", shape="office"),
    "shifts of six hours": case("1500/day", "5min", contracts=SIX, patience="3min"),
    "no patience": case("2000/day", "4min", contracts=FULL),
    "two peaks, mix": case("1000/day", "5min", contracts=MIX, hours="Mon-Sun 07:00-21:00", patience="3min"),
}


def starts() -> pd.DatetimeIndex:
    return pd.date_range("2026-11-02", periods=336, freq="30min", tz=TZ)


def centre_of(request: QuoteRequest, quote: Quote) -> Centre:
    """Return a centre with the people and the shifts of a quote, enough of them that nobody binds it."""
    contracts, shifts, people = [], [], []
    for one, heads in zip(request.contracts, quote.contracts, strict=True):
        contracts.append(
            Contract(name=one.name, max_week=one.week, max_day=one.shift, templates=(one.name,), max_days_per_week=6)
        )
        shifts.append(ShiftTemplate(name=one.name, earliest_start="00:00", latest_start="23:30", min_length=one.shift))
        # The share of short shifts is what their people can work; the others are no bound.
        count = heads.headcount if one.shift_s < max(c.shift_s for c in request.contracts) else 2 * heads.headcount
        people += [Employee(id=f"{one.name}{n:03d}", contract=one.name, skills=(Skill("line"),)) for n in range(count)]
    queue = request.queues[0]
    line = Queue(name="line", targets=(ServiceLevel(0.8, "30s"),), aht=str(queue.aht), patience=queue.patience)
    return Centre(
        name="quote",
        tz=TZ,
        queues=(line,),
        calendar=CalendarSpec(hours=OpeningHours(request.hours)),
        contracts=tuple(contracts),
        shifts=tuple(shifts),
        employees=tuple(people),
    )


def bound(centre: Centre, quote: Quote) -> float:
    """Return the solver's bound in paid hours: wages are 1 an hour, and nothing else is priced that binds."""
    heads, agents = np.array(quote.scheduled), np.array(quote.agents)
    need = pd.DataFrame({"queue": "line", "start": starts(), "load_erl": 0.0, "agents": agents, "scheduled": heads})
    found = wfm.roster.solve(need[heads > 0], centre, seed=0, work_limit=0).bound
    return math.nan if found is None else found


def simulated(request: QuoteRequest, quote: Quote, centre: Centre, replications: int) -> float:
    """Return the level that the agents of a quote reach: each place at work in every interval that needs it."""
    volume = week_of(request, request.queues[0]).offered
    forecast = pd.DataFrame({"queue": "line", "start": starts(), "offered": volume})[volume > 0]
    agents = np.array(quote.agents)
    rows = []
    for place in range(agents.max()):
        works = np.concatenate([[0], (agents > place).astype(int), [0]])
        begins, ends = np.flatnonzero(np.diff(works) == 1), np.flatnonzero(np.diff(works) == -1)
        for begin, end in zip(begins, ends, strict=True):
            start = starts()[0] + pd.Timedelta(minutes=30) * int(begin)
            rows.append((f"S{place:03d}", start, start + pd.Timedelta(minutes=30) * int(end - begin), "work", "line"))
    activities = pd.DataFrame(rows, columns=["employee", "start", "end", "activity", "queue"])
    contract = centre.contracts[0]
    people = tuple(
        Employee(id=f"S{n:03d}", contract=contract.name, skills=(Skill("line"),)) for n in range(agents.max())
    )
    from dataclasses import replace

    site = replace(centre, employees=people)
    found = wfm.simulate.run(forecast, activities, site, replications=replications, seed=0)
    return float(found.summary.iloc[-1]["service_level"])


def pareto(body: dict[str, Any], replications: int) -> None:
    """Print the Pareto curve of a quote beside the one of roster bounds and simulation."""
    print(f"{'target':>8}{'paid h':>9}{'bound':>9}{'level':>8}{'simulated':>11}")
    for fraction in (0.6, 0.7, 0.8, 0.9, 0.95):
        target = {"kind": "service_level", "fraction": fraction, "within": "30s"}
        asked = body | {"queues": [body["queues"][0] | {"targets": [target]}]}
        request, quote = QuoteRequest.of(asked), wfm.quote(asked)
        centre = centre_of(request, quote)
        least, level = bound(centre, quote), simulated(request, quote, centre, replications)
        print(f"{fraction:>8.0%}{quote.paid_hours_per_week:>9,.0f}{least:>9,.0f}", end="")
        print(f"{quote.service_level or 0.0:>8.3f}{level:>11.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=len(CASES))
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--pareto", action="store_true", help="the Pareto curve of the first case, by the slow way too")
    parser.add_argument("--strict", action="store_true", help="fail where a case is too far off")
    asked = parser.parse_args()
    if asked.pareto:
        pareto(next(iter(CASES.values())), asked.replications)
        return
    print(f"{'case':<32}{'paid h':>9}{'bound':>9}{'off':>8}{'level':>8}{'simulated':>11}")
    for name, body in list(CASES.items())[: asked.cases]:
        request, quote = QuoteRequest.of(body), wfm.quote(body)
        centre = centre_of(request, quote)
        least, level = bound(centre, quote), simulated(request, quote, centre, asked.replications)
        off = quote.paid_hours_per_week / least - 1.0
        reached = quote.service_level or 0.0
        print(
            f"{name:<32}{quote.paid_hours_per_week:>9,.0f}{least:>9,.0f}{off:>+8.1%}{reached:>8.3f}{level:>11.3f}",
            flush=True,
        )
        assert not asked.strict or (abs(off) <= HOURS_WITHIN and abs(level - reached) <= LEVEL_WITHIN), name


if __name__ == "__main__":
    main()
