"""The tables of a plan: frames with columns named for a reader, values already formatted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.duration import format_duration
from wfm.domain.targets import ServiceLevel

if TYPE_CHECKING:
    from wfm.forecast import Backtest
    from wfm.roster import Roster
    from wfm.simulate import SimulationResult

__all__ = ["assumptions", "by_contract", "by_day", "cost_terms", "forecast_errors", "level_target", "shortages"]

_MOST_ROWS = 40


def by_day(
    forecast: pd.DataFrame,
    requirement: pd.DataFrame,
    roster: Roster,
    simulation: SimulationResult,
    interval_h: float,
) -> pd.DataFrame:
    """Return a row a day: contacts, heads, hours, simulated service level, and in how many runs each target was met."""
    tz = forecast["start"].dt.tz
    day = {name: _day(frame["start"], tz) for name, frame in (("forecast", forecast), ("need", requirement))}
    coverage, shifts = roster.coverage, roster.shifts
    table = pd.DataFrame({"Contacts": forecast.groupby(day["forecast"])["offered"].sum().map("{:,.0f}".format)})
    peak = requirement.groupby([day["need"], requirement["start"]])["scheduled"].sum().groupby(level=0).max()
    table["Peak heads required"] = peak.map("{:,.0f}".format)
    table["People"] = shifts.groupby(_day(shifts["shift_start"], tz))["employee"].nunique().map("{:,}".format)
    table["Paid hours"] = shifts.groupby(_day(shifts["shift_start"], tz))["paid_h"].sum().map("{:,.0f}".format)
    for name, column in (("Hours short", "under"), ("Hours over", "over")):
        hours = coverage.groupby(_day(coverage["start"], tz))[column].sum() * interval_h
        table[name] = hours.map("{:,.1f}".format)
    table["Simulated service level"] = _weighted_level(simulation.to_frame(), tz).map(_percent)
    days = simulation.days
    for queue, rows in days[days["queue"] != "all"].groupby("queue", sort=False):
        met = rows.set_index("day")["probability_met"].map(lambda share: "–" if pd.isna(share) else f"{share:.0%}")
        table[f"{queue}: target met in"] = met
    table = table.fillna("–")
    table.insert(0, "Day", [stamp.strftime("%a %d %b %Y") for stamp in table.index])
    return table.reset_index(drop=True)


def _day(starts: pd.Series, tz: object) -> pd.Series:
    return starts.dt.tz_convert(tz).dt.normalize().rename("day")


def _weighted_level(simulation: pd.DataFrame, tz: object) -> pd.Series:
    """Return the service level of each day: intervals weighted by their contacts, never a mean of ratios."""
    rows = simulation[simulation["service_level"].notna()]
    day = _day(rows["start"], tz)
    met = (rows["service_level"] * rows["offered"]).groupby(day).sum()
    return met / rows["offered"].groupby(day).sum().replace(0, np.nan)


def _percent(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"


def forecast_errors(backtest: Backtest) -> pd.DataFrame:
    """Return a row a model and horizon: errors and coverage over all queues, and the error no forecast can beat."""
    frame = backtest.to_frame()
    rows = frame[frame["queue"] == "all"]
    return pd.DataFrame(
        {
            "Model": rows["model"],
            "Ahead": rows["horizon"],
            "wMAPE": rows["wmape"].map(_percent),
            "Bias": rows["bias"].map("{:+.1%}".format),
            "wCRPS": rows["wcrps"].map(_percent),
            "In the 80 % band": rows["coverage80"].map("{:.0%}".format),
            "In the 95 % band": rows["coverage95"].map("{:.0%}".format),
            "Noise floor": rows["noise_floor"].map(_percent),
        }
    ).reset_index(drop=True)


def by_contract(roster: Roster, centre: Centre) -> pd.DataFrame:
    """Return a row a contract: people at work and in all, shifts, paid hours, hours a person and week."""
    contract = {employee.id: employee.contract for employee in centre.employees}
    shifts = roster.shifts.assign(contract=roster.shifts["employee"].map(contract))
    rows = []
    for item in centre.contracts:
        mine = shifts[shifts["contract"] == item.name]
        at_work = mine["employee"].nunique()
        rows.append(
            {
                "Contract": item.name,
                "Kind": str(item.kind),
                "People": sum(name == item.name for name in contract.values()),
                "Rostered": at_work,
                "Shifts": f"{len(mine):,}",
                "Paid hours": f"{mine['paid_h'].sum():,.0f}",
                "Hours a rostered person": f"{mine['paid_h'].sum() / at_work:.1f}" if at_work else "–",
            }
        )
    return pd.DataFrame(rows)


def cost_terms(roster: Roster, currency: str) -> pd.DataFrame:
    """Return the cost of the roster by term, and its sum."""
    rows = [{"Term": term.capitalize(), currency: f"{value:,.0f}"} for term, value in roster.cost.items()]
    rows.append({"Term": "Sum", currency: f"{sum(roster.cost.values()):,.0f}"})
    return pd.DataFrame(rows)


def shortages(coverage: pd.DataFrame, interval_h: float) -> pd.DataFrame:
    """Return the intervals that are short, the worst first, at most 40."""
    short = coverage[coverage["under"] > 0].sort_values(["under", "start"], ascending=[False, True]).head(_MOST_ROWS)
    return pd.DataFrame(
        {
            "Queue": short["queue"],
            "Interval": short["start"].dt.strftime("%a %d %b %H:%M"),
            "Required": short["required"].map("{:,.0f}".format),
            "Rostered": short["rostered"].map("{:,.1f}".format),
            "Short": short["under"].map("{:,.1f}".format),
            "Hours": (short["under"] * interval_h).map("{:,.1f}".format),
        }
    ).reset_index(drop=True)


def assumptions(centre: Centre, history: pd.DataFrame) -> list[str]:
    """Return what the plan takes for granted, in words."""
    measured = {"aht_s"} & set(history.columns) or {"handle_s", "handled"} <= set(history.columns)
    lines = []
    for queue in centre.queues:
        targets = " and ".join(str(target) for target in queue.targets)
        lines.append(f"Queue {queue.name}: {targets}.")
        if not measured and queue.aht is not None:
            lines.append(
                f"The handle time of {queue.name}, {format_duration(queue.aht)}, is an assumption: the history holds "
                "none. Heads move in proportion to it."
            )
        if queue.patience is not None:
            lines.append(f"Customers of {queue.name} are taken to wait {format_duration(queue.patience)} on average.")
    for part in centre.shrinkage:
        where = "placed by the roster" if part.in_roster else "added to the requirement and drawn by the simulation"
        lines.append(f"Shrinkage: {part.name} {part.fraction:.1%} of paid time, {where}.")
    return lines


def level_target(centre: Centre, queue: str) -> float | None:
    """Return the fraction of the first service-level target of a queue, if it has one."""
    return next((t.fraction for t in centre.queue(queue).targets if isinstance(t, ServiceLevel)), None)
