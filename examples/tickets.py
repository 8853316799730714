"""From a log to the measures: what looks wrong in it, what became of each ticket, what was promised and kept.

Runs on the help-desk log in the folder that WFM_DATA names, if it is set, and on a seeded synthetic centre otherwise.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

import wfm
from wfm.tickets import (
    SlaPolicy,
    SlaTarget,
    backlog,
    data_quality,
    interval_history,
    policies_of,
    sla_audit,
    sla_clocks,
    ticket_facts,
    touches,
)

# The register does not say where it was written; its vendor was Italian.
ZONE = "Europe/Rome"


def help_desk(folder: Path) -> tuple[dict[str, pd.DataFrame], tuple[SlaPolicy, ...]]:
    """Return the real log. It names no states: the first event of a case opens it and the last one solves it."""
    raw = pd.read_csv(folder / "helpdesk_events.csv.gz", dtype={"CaseID": "str"}, parse_dates=["CompleteTimestamp"])
    raw["at"] = raw["CompleteTimestamp"].dt.tz_localize(ZONE, ambiguous=True, nonexistent="shift_forward")
    log = raw.sort_values(["CaseID", "at"], kind="stable", ignore_index=True)
    first, last = ~log["CaseID"].duplicated(), ~log["CaseID"].duplicated(keep="last")
    second = (log.groupby("CaseID").cumcount() == 1) & ~last
    kind = np.select([first, last, second], ["create", "solve", "assign"], default="comment")
    state = pd.Series(np.select([first, last, second], ["new", "solved", "open"], default=""), dtype="str")
    events = pd.DataFrame(
        {
            "ticket": log["CaseID"],
            "at": log["at"],
            "kind": pd.Series(kind, dtype="str"),
            "actor": pd.Series(np.where(first, "customer", "agent"), dtype="str"),
            "to_state": state.where(state != ""),
        }
    )
    opened = events[first][["ticket", "at"]].rename(columns={"at": "created_at"})
    tickets = opened.assign(channel="case", queue="help desk", kind="inquiry")
    promise = SlaTarget("resolution", "40h", business=True, hours="Mon-Fri 09:00-18:00")
    return {"tickets": tickets, "ticket_events": events}, (SlaPolicy(name="five days", targets=(promise,)),)


def synthetic(days: int) -> tuple[dict[str, pd.DataFrame], tuple[SlaPolicy, ...]]:
    """Return the logs of a synthetic shop and what it promises."""
    logs = wfm.datasets.ecommerce(seed=0, scale=0.05, years=1).events(days=days)
    names = ("contacts", "tickets", "ticket_events", "surveys", "employee_states", "shifts", "activities")
    return {name: getattr(logs, name) for name in names}, policies_of(wfm.presets.ecommerce_standards())


def main(days: int) -> None:
    folder = os.environ.get("WFM_DATA")
    frames, policies = help_desk(Path(folder)) if folder else synthetic(days)
    events, tickets = frames["ticket_events"], frames["tickets"]
    heading("What looks wrong")
    print(data_quality(frames.get("contacts", events)))

    heading("What became of the tickets")
    facts = ticket_facts(events)
    hours = (facts["first_solved_at"] - facts["created_at"]).dt.total_seconds() / 3600
    print(facts["state"].value_counts().to_string())
    print(f"first solved after {hours.median():.1f} h (median), {hours.quantile(0.9):.1f} h (90 %)")

    heading("What was promised")
    clocks = sla_clocks(events, tickets, policies)
    print(clocks)
    print(sla_audit(events))

    heading("What was open at the end of each week")
    ends = pd.date_range(events["at"].min().normalize(), events["at"].max(), freq="W-SUN", unit="ns")
    print(backlog(events, ends, tickets=tickets, by="queue").tail(8).to_string(index=False))

    heading("When the work was done")
    done = touches(events, "1h", by=())
    by_hour = done.groupby(done["start"].dt.hour)["events"].sum()
    print(by_hour.to_string())
    if "contacts" in frames:
        heading("The history that a forecast is made from")
        print(interval_history(frames["contacts"]).head(6).to_string(index=False))
    measures({**frames, "sla_clocks": clocks.to_frame()})


def measures(frames: Mapping[str, pd.DataFrame]) -> None:
    """Print every measure that the frames tell, one of them down to its counts, its course, and a scorecard."""
    heading("The measures")
    scores = wfm.kpi.compute(frames, resamples=200)
    print(scores)
    print(wfm.kpi.explain("sla_attainment", frames))
    weekly = wfm.kpi.compute(frames, "sla_attainment", by="week", confidence=None)
    if weekly.groups["value"].notna().sum() > 3:
        print(wfm.kpi.trend(weekly, "sla_attainment"))
    kept = wfm.kpi.Goal(name="promises kept", weight=0.6, measure="sla_attainment", target=0.95, floor=0.6)
    done = wfm.kpi.Goal(name="no reopening", weight=0.4, measure="reopen_rate", target=0.03, floor=0.2)
    print(wfm.kpi.scorecard(wfm.kpi.Goal(name="service", goals=(kept, done)), scores))


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=28, help="days of the synthetic centre")
    main(parser.parse_args().days)
