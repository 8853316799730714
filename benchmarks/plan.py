"""The main job, stage by stage: what it finds, and where its time goes.

`python benchmarks/plan.py` plans the bank of `examples/bank`, asserts that the roster is legal and the plan whole,
prints one JSON object, and stores the quality figures, which are exact, in `benchmarks/results/plan.json`. Times are
told as shares of the whole, since machines differ.
"""

from __future__ import annotations

import json
import resource
import time
from itertools import pairwise
from pathlib import Path

import wfm
from wfm import planning

HERE = Path(__file__).parent


def quality(made: wfm.Plan) -> dict[str, dict[str, float]]:
    """Return the figures that are the same on every run."""
    hours = made.centre.interval_s / 3600
    need = made.requirement.to_frame()
    judged = made.simulation.summary.set_index("queue").loc["calls"]
    tested = made.backtest
    assert tested is not None
    assert made.roster.bound is not None
    return {
        "backtest_wmape": {
            f"{model} {ahead}": round(tested.measure("wmape", model=model, horizon=ahead), 5)
            for model in ("Forecaster", "WeeklyMean", "SeasonalNaive")
            for ahead in ("1w", "2w")
        },
        "requirement": {
            "agent_hours": float(need["agents"].sum() * hours),
            "scheduled_hours": float(need["scheduled"].sum() * hours),
        },
        "roster": {
            "cost": round(made.roster.objective, 2),
            "bound": round(made.roster.bound, 2),
            "paid_hours": round(made.roster.paid_h, 2),
            "hours_short": round(made.roster.short_h, 2),
            "hours_over": round(made.roster.over_h, 2),
        },
        "simulation": {
            name: round(float(judged[name]), 5)
            for name in ("service_level", "service_level_low", "service_level_high", "abandonment", "occupancy")
        },
    }


def main() -> None:
    bank = wfm.datasets.bank()
    centre = wfm.io.read_centre(HERE.parent / "examples" / "bank" / "centre.toml")
    horizon = wfm.Horizon("2003-10-27", weeks=2, interval=centre.interval, tz=centre.tz)
    marks: list[tuple[str, float]] = []
    made = wfm.plan(bank.history, centre, horizon, progress=lambda stage: marks.append((stage, time.perf_counter())))
    marks.append(("end", time.perf_counter()))

    assert [stage for stage, _ in marks[:-1]] == list(planning.STAGES)
    assert wfm.roster.check(made.roster, centre, made.requirement) == []
    assert made.roster.bound is not None
    assert made.roster.bound <= made.roster.objective
    judged = made.simulation.to_frame()
    arrived = judged[["answered", "abandoned", "unserved"]].sum(axis=1)
    assert (abs(arrived - judged["offered"]) < 1e-6).all()

    found = quality(made)
    (HERE / "results" / "plan.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    whole = marks[-1][1] - marks[0][1]
    shares = {stage: f"{(after - before) / whole:.0%}" for (stage, before), (_, after) in pairwise(marks)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "share_of_time": shares, "seconds": round(whole, 1), "peak_mb": round(peak)}, indent=2))


if __name__ == "__main__":
    main()
