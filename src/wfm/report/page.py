"""The plan as one HTML file: nothing to load, nothing to install for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wfm.domain.centre import Centre
from wfm.errors import MissingExtraError
from wfm.files import replacing
from wfm.report import figures, tables
from wfm.schema import FrameLike, as_frame

if TYPE_CHECKING:
    from wfm.forecast import Backtest
    from wfm.roster import Roster
    from wfm.simulate import SimulationResult

__all__ = ["Report", "plan"]


@dataclass(frozen=True)
class Report:
    """A page.

    Attributes
    ----------
    title
        Its title.
    html
        The whole page, pictures and styles included.
    """

    title: str
    html: str

    def __str__(self) -> str:
        return f"Report {self.title!r} ({len(self.html) / 1e6:.1f} MB)"

    def _repr_html_(self) -> str:
        return self.html

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, whole or not at all, and return its path."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft:
            draft.write_text(self.html, encoding="utf-8")
        return target


def plan(
    history: FrameLike,
    forecast: FrameLike,
    requirement: FrameLike,
    roster: Roster,
    simulation: SimulationResult,
    *,
    centre: Centre,
    backtest: Backtest | None = None,
) -> Report:
    """Make the page of a plan: demand against staff, over and under, the roster, and the simulated service level.

    Parameters
    ----------
    history
        Frame `history` that the forecast was fitted on.
    forecast, requirement
        Frames `forecast` and `requirement`, or the results of these stages. A frame alone has no audit to show.
    roster, simulation
        Results of these stages.
    centre
        The centre.
    backtest
        Backtest of the forecaster; default none, and the page says so.

    Returns
    -------
    Report
        The page; `.write(path)` saves it.

    Raises
    ------
    MissingExtraError
        If matplotlib or jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtraError("jinja2", "report") from None

    past = as_frame(history, "history", tz=centre.tz)
    ahead = as_frame(forecast, "forecast", tz=centre.tz)
    need = as_frame(requirement, "requirement", tz=centre.tz)
    judged = simulation.to_frame()
    interval_h = centre.interval_s / 3600
    coverage = roster.coverage
    queues = [queue.name for queue in centre.queues if (ahead["queue"] == queue.name).any()]
    busiest = _busiest_day(need)
    source = resources.files("wfm.report").joinpath("templates", "plan.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    title = f"{centre.name}: plan for {ahead['start'].min():%d %b %Y} to {ahead['start'].max():%d %b %Y}"
    html = environment.from_string(source).render(
        title=title,
        centre=centre,
        headline=_headline(ahead, need, roster, interval_h, centre),
        proofs=_proofs(simulation),
        queues=[
            {
                "name": queue,
                "fan": figures.forecast_fan(past, ahead, queue),
                "staff": figures.staff_against_demand(coverage, queue),
                "level": figures.service_band(judged, queue, tables.level_target(centre, queue))
                if tables.level_target(centre, queue) is not None
                else None,
            }
            for queue in queues
        ],
        heat=figures.over_under(coverage),
        gantt=figures.roster_gantt(roster.activities, busiest, queues),
        busiest=f"{busiest:%A %d %B %Y}",
        days=_html(tables.by_day(ahead, need, roster, simulation, interval_h)),
        contracts=_html(tables.by_contract(roster, centre)),
        costs=_html(tables.cost_terms(roster, centre.currency)),
        shortages=_html(tables.shortages(coverage, interval_h)),
        short_hours=roster.short_h,
        backtest=None if backtest is None else _html(tables.forecast_errors(backtest)),
        stated="" if backtest is None else backtest.stated,
        audit=_html(_readable(getattr(forecast, "audit", pd.DataFrame()))),
        assumptions=tables.assumptions(centre, past),
        roster=roster,
        simulation=simulation,
    )
    return Report(title, html)


def _busiest_day(need: pd.DataFrame) -> pd.Timestamp:
    load = need.groupby(need["start"].dt.normalize())["scheduled"].sum()
    return load.idxmax()


def _headline(
    ahead: pd.DataFrame,
    need: pd.DataFrame,
    roster: Roster,
    interval_h: float,
    centre: Centre,
) -> list[tuple[str, str, str]]:
    """Return the figures at the top: name, value, remark."""
    peak = need.groupby("start")["scheduled"].sum().max()
    short = roster.short_h
    asked = need["scheduled"].sum() * interval_h
    gap = "no bound" if roster.gap is None else f"within {roster.gap:.1%} of the proven bound"
    return [
        ("Contacts forecast", f"{ahead['offered'].sum():,.0f}", f"{ahead['start'].dt.normalize().nunique()} days"),
        ("People rostered", f"{roster.headcount:,}", f"at most {peak:,.0f} required at once"),
        ("Paid hours", f"{roster.paid_h:,.0f}", f"{asked:,.0f} scheduled agent-hours required"),
        ("Hours short", f"{short:,.1f}", f"{short / asked:.2%} of the requirement" if asked else "nothing required"),
        (f"Cost ({centre.currency})", f"{roster.objective:,.0f}", gap),
    ]


def _proofs(simulation: SimulationResult) -> list[dict[str, Any]]:
    """Return a line a queue, and one for all of several: what was promised and what the simulation found."""
    rows: list[dict[str, Any]] = simulation.summary.to_dict("records")
    if len(rows) == 2:
        rows = [row for row in rows if row["queue"] != "all"]
    for row in rows:
        if row["queue"] == "all":
            row["target"] = "all targets of all queues at once"
        row["missed"] = row["service_level"] < row["target_fraction"]
        row["waited"] = None if pd.isna(row["asa_s"]) else _wait(row["asa_s"])
    return rows


def _wait(seconds: float) -> str:
    """Return a wait as a reader says it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with stamps short enough for a table."""
    shown = frame.copy()
    for column in shown.columns:
        if isinstance(shown[column].dtype, pd.DatetimeTZDtype):
            shown[column] = shown[column].dt.strftime("%a %d %b %Y %H:%M")
    return shown.rename(columns=lambda name: str(name).replace("_", " ").capitalize())


def _html(frame: pd.DataFrame) -> str:
    """Return the rows of a table; pandas escapes the values."""
    return str(frame.to_html(index=False, border=0, classes="table", na_rep="–")) if len(frame) else ""
