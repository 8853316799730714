"""The five stages chained: history to forecast, requirement, roster, and its proof by simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.domain.duration import as_duration
from wfm.errors import DataError, Faults, Problem, WfmError
from wfm.files import make_folder, replacing
from wfm.schema import FrameLike, as_frame
from wfm.timegrid import Horizon

if TYPE_CHECKING:
    import pandas as pd

    from wfm.forecast import Backtest, Forecast
    from wfm.report import Report
    from wfm.roster import Roster
    from wfm.simulate import SimulationResult
    from wfm.staffing import Requirement

__all__ = ["STAGES", "Plan", "plan"]

STAGES = ("backtest", "forecast", "requirement", "roster", "simulation")


@dataclass(frozen=True)
class Plan:
    """A plan: the result of each stage, and the centre and horizon it was made for.

    Attributes
    ----------
    centre, horizon
        What was planned.
    history
        The checked history, a frame `history`.
    backtest
        How the forecaster did on the last weeks of the history; `None` if it is too short for one.
    forecast, requirement, roster, simulation
        Each stage's result.
    """

    centre: Centre
    horizon: Horizon
    history: pd.DataFrame
    backtest: Backtest | None
    forecast: Forecast
    requirement: Requirement
    roster: Roster
    simulation: SimulationResult

    def __str__(self) -> str:
        return _screen(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    @property
    def short_share(self) -> float:
        """Share of the required agent-hours that the roster leaves uncovered, from 0 to 1."""
        return self.roster.short_h / self.roster.required_h if self.roster.required_h else 0.0

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame of the plan by name, as `write` writes them."""
        frames = {
            "forecast": self.forecast.to_frame(),
            "forecast_audit": self.forecast.audit,
            "requirement": self.requirement.to_frame(),
            "shifts": self.roster.shifts,
            "activities": self.roster.activities,
            "coverage": self.roster.coverage,
            "simulation": self.simulation.to_frame(),
            "simulation_summary": self.simulation.summary,
        }
        if self.backtest is not None:
            frames["backtest"] = self.backtest.to_frame()
        return frames

    def report(self) -> Report:
        """Return the plan as one HTML page; needs the `report` extra."""
        from wfm import report

        return report.plan(
            self.history,
            self.forecast,
            self.requirement,
            self.roster,
            self.simulation,
            centre=self.centre,
            backtest=self.backtest,
        )

    def write(self, directory: str | Path) -> tuple[Path, ...]:
        """Write `plan.html`, its figures as `plan.txt` and a CSV file of every frame into a directory.

        Parameters
        ----------
        directory
            Where to write; it is made if need be. Files of the same names are replaced, each at once and whole.

        Returns
        -------
        tuple of pathlib.Path
            The files written, the page first.

        Raises
        ------
        DataError
            If there can be no such directory.
        """
        from wfm import io

        folder = make_folder(directory)
        page = folder / "plan.html"
        self.report().write(page)
        screen = folder / "plan.txt"
        with replacing(screen) as draft:
            draft.write_text(f"{self}\n", encoding="utf-8")
        written = [page, screen]
        for name, frame in self.frames().items():
            path = folder / f"{name}.csv"
            io.write_frame(frame, path)
            written.append(path)
        return tuple(written)


def plan(
    history: FrameLike,
    centre: Centre,
    horizon: Horizon,
    *,
    replications: int = 100,
    seed: int = 0,
    work_limit: int | None = None,
    time_limit: timedelta | str | None = None,
    stale_after_days: int = 42,
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """Plan a centre: forecast, requirement, roster, and the simulation of that roster.

    Parameters
    ----------
    history
        Frame `history`: contacts offered by queue and interval, of the centre's interval and queues.
    centre
        The centre, with contracts, shift templates and people.
    horizon
        The days to plan, in the centre's zone and interval, after the end of the history.
    replications
        Simulated runs of the roster, at least 2; default 100.
    seed
        Seed of every random number; default 0.
    work_limit
        Deterministic limit of the solver's work, as in `wfm.roster.solve`; default that of `solve`.
    time_limit
        Wall-clock limit of the solver instead, such as `"60s"`; default none. With it, two runs may differ.
    stale_after_days
        Days between the end of a queue's history and the horizon from which the forecast refuses; 0 or more,
        default 42.
    progress
        Called with the name of each stage as it starts (see `STAGES`); default none.

    Returns
    -------
    Plan
        The result of each stage.

    Raises
    ------
    DataError
        With every fault of the input.

    Examples
    --------
    >>> from wfm import testing
    >>> history, centre = testing.make_history(weeks=8), testing.make_centre()
    >>> first = history["start"].max().date() + timedelta(days=1)
    >>> made = plan(history, centre, Horizon(first, weeks=1, tz=centre.tz), replications=5)
    >>> made.roster.headcount > 0
    True
    """
    from wfm import forecast, roster, simulate, staffing

    _check_options(replications, seed, work_limit, time_limit, stale_after_days)
    _check_fit(centre, horizon)
    known = {"queue": [queue.name for queue in centre.queues]}
    checked = as_frame(history, "history", tz=centre.tz, known=known)
    _check_queues(centre, checked)

    def begin(stage: str) -> None:
        if progress is not None:
            progress(stage)

    begin("backtest")
    tested = _backtest(checked, centre, weeks=max(1, len(horizon.dates) // 7))
    begin("forecast")
    forecaster = forecast.Forecaster(calendar=centre, stale_after_days=stale_after_days)
    predicted = forecaster.fit(checked).predict(horizon)
    begin("requirement")
    needed = staffing.requirement(predicted, centre)
    begin("roster")
    limits: dict[str, Any] = {"work_limit": work_limit} if work_limit is not None else {}
    solved = roster.solve(needed, centre, seed=seed, time_limit=time_limit, **limits)
    broken = roster.check(solved, centre, needed)
    if broken:
        raise WfmError(
            f"the solver returned a roster that breaks {len(broken)} rules, the first: {broken[0]}; please report it"
        )
    begin("simulation")
    # A roster may leave intervals open that nobody can work; what that costs is part of the proof.
    proved = simulate.run(
        predicted,
        solved,
        centre,
        replications=replications,
        seed=seed,
        paths="forecast" if set(predicted.queues) <= set(predicted.spread) else None,
        unstaffed="allow",
    )
    return Plan(centre, horizon, checked, tested, predicted, needed, solved, proved)


def _check_options(
    replications: int, seed: int, work_limit: int | None, time_limit: timedelta | str | None, stale_after_days: int
) -> None:
    """Refuse wrong options before the first stage rather than after minutes of work."""
    faults = Faults("the options of a plan")
    with faults.collecting():
        check_int("replications", replications, 2)
    with faults.collecting():
        check_int("seed", seed, 0)
    with faults.collecting():
        check_int("stale_after_days", stale_after_days, 0)
    if work_limit is not None:
        with faults.collecting():
            check_int("work_limit", work_limit, 0)
    if time_limit is not None:
        with faults.collecting():
            as_duration("time_limit", time_limit)
    faults.raise_if_any()


def _check_fit(centre: Centre, horizon: Horizon) -> None:
    if not isinstance(centre, Centre) or not isinstance(horizon, Horizon):
        what = f"a plan of a {type(centre).__name__} and a {type(horizon).__name__}"
        raise DataError(
            Problem(what, remedy="write plan(history, centre, horizon), the horizon as Horizon('2026-11-02', ...)")
        )
    faults = Faults("the centre and the horizon")
    for kind in ("employees", "contracts", "shifts"):
        if not getattr(centre, kind):
            faults.add(f"the centre has no {kind}", remedy=f"give it {kind}, or call the stages one by one")
    if horizon.tz != centre.tz:
        what = f"the horizon is in {horizon.tz}, the centre in {centre.tz}"
        faults.add(what, remedy=f"write Horizon(..., tz={centre.tz!r})")
    if horizon.interval_s != centre.interval_s:
        what = f"the horizon has intervals of {horizon.interval_s / 60:g} min, the centre of {centre.interval_s / 60:g}"
        faults.add(what, remedy="give both the same interval")
    if horizon.cyclic:
        faults.add("the horizon is cyclic", remedy="plan dated days; a typical week is for staffing alone")
    faults.raise_if_any()


def _check_queues(centre: Centre, history: pd.DataFrame) -> None:
    """Refuse a queue without history: the plan would leave it without a seat."""
    from wfm.forecast.prepare import without_history

    faults = Faults("the history")
    for name in without_history(centre, history["queue"].unique()):
        what = f"queue {name!r} of the centre has no history: nobody would be planned for it"
        remedy = (
            "give its history, take it out of the centre, or call the stages one by one and forecast it with add_queue"
        )
        faults.add(what, remedy=remedy)
    faults.raise_if_any()


def _backtest(history: pd.DataFrame, centre: Centre, weeks: int) -> Backtest | None:
    """Test the forecaster as far ahead as the plan goes, if the history reaches back far enough."""
    from wfm import forecast

    days = history["start"].dt.normalize()
    if (days.max() - days.min()).days + 1 < forecast.TRAINING_DAYS + 7 * weeks:
        return None
    return forecast.backtest(history, weeks=weeks, calendar=centre)


def _screen(made: Plan) -> str:
    """Return the plan on one screen."""
    centre, roster = made.centre, made.roster
    need = made.requirement.to_frame()
    hours = centre.interval_s / 3600
    peak = need.groupby("start")["scheduled"].sum().max()
    bound = "no bound" if roster.bound is None else f"bound {roster.bound:,.0f}"
    gap = "no gap" if roster.gap is None else f"gap {roster.gap:.2%}"
    rows = [
        ("forecast", f"{made.forecast.to_frame()['offered'].sum():,.0f} contacts, {made.horizon}"),
        ("backtest", _errors(made.backtest)),
        (
            "requirement",
            f"{need['agents'].sum() * hours:,.0f} agent-hours on seat, {need['scheduled'].sum() * hours:,.0f} "
            f"scheduled, at most {peak:,.0f} heads at once",
        ),
        (
            "roster",
            f"{roster.headcount:,} of {len(centre.employees):,} people, {len(roster.shifts):,} shifts, "
            f"{roster.paid_h:,.0f} paid hours",
        ),
        (
            "",
            f"{roster.short_h:,.1f} agent-hours short, {roster.over_h:,.1f} over",
        ),
        ("", f"{roster.status.value}, cost {roster.objective:,.0f} {centre.currency}, {bound}, {gap}"),
    ]
    judged = made.simulation.summary
    rows.extend(("simulation", _proof(row)) for row in judged[judged["queue"] != "all"].to_dict("records"))
    rows.append(("", f"{made.simulation.replications} runs of {made.simulation.volume}, seed {made.simulation.seed}"))
    return "\n".join([f"Plan of {centre.name}", *(f"  {name:<12} {text}" for name, text in rows)])


def _errors(backtest: Backtest | None) -> str:
    if backtest is None:
        return "the history is too short for one"
    parts = []
    for horizon in backtest.frame["horizon"].unique()[1:]:
        error = backtest.measure("wmape", horizon=horizon)
        naive = backtest.measure("wmape", model="SeasonalNaive", horizon=horizon)
        parts.append(f"wMAPE {error:.1%} {horizon} ahead (last week repeated: {naive:.1%})")
    return ", ".join(parts)


def _proof(row: dict[str, object]) -> str:
    """Return what the simulation found for one queue."""
    level, low, high = (100 * float(str(row[f"service_level{end}"])) for end in ("", "_low", "_high"))
    met = 100 * float(str(row["probability_met"]))
    found = f"{row['queue']}: {level:.1f} % in time, 95 % interval {low:.1f} to {high:.1f}"
    return f"{found}; target {row['target']}, met in {met:.0f} % of the runs"
