"""The command line: `wfm plan` and its companions.

Exit codes: 0 done, 2 bad input, 3 the roster is short beyond the given limit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from wfm.cli.rosters import as_instant, files_of, read_asked, read_day, read_moment, read_named, read_published
from wfm.errors import DataError, InfeasibleError, Problem, WfmError

if TYPE_CHECKING:
    import pandas as pd

    from wfm.domain import Centre
    from wfm.forecast import Forecast
    from wfm.timegrid import Horizon


__all__ = ["BAD_INPUT", "SHORT", "app", "main"]

BAD_INPUT, SHORT = 2, 3

_FRAMES = ("shifts", "activities", "coverage", "shortage", "wishes", "fairness")  # of a roster

app = typer.Typer(
    name="wfm",
    help="Workforce management for customer-service centres.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Workforce management for customer-service centres."""


@app.command()
def plan(
    centre: Annotated[Path, typer.Argument(help="The centre, a TOML file.", metavar="CENTRE.toml")],
    history: Annotated[Path, typer.Option(help="Contacts by interval: CSV, Parquet, Excel or JSON.")],
    out: Annotated[Path, typer.Option(help="Directory for the report and the CSV files.")] = Path("out"),
    queue: Annotated[str | None, typer.Option(help="Name of the queue, if the history has no such column.")] = None,
    start: Annotated[str | None, typer.Option(help="First day, such as 2026-11-02; default the Monday after.")] = None,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks to plan.")] = 2,
    replications: Annotated[int, typer.Option(min=2, help="Simulated runs of the roster.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 0,
    work_limit: Annotated[int | None, typer.Option(min=0, help="Deterministic limit of the solver's work.")] = None,
    time_limit: Annotated[str | None, typer.Option(help="Wall-clock limit of the solver instead, such as 60s.")] = None,
    stale_after_days: Annotated[
        int, typer.Option(min=0, help="Refuse a history that ends more days than this before the first day.")
    ] = 42,
    max_short: Annotated[
        float | None, typer.Option(help="Exit with 3 if more than this share of the required hours is short.")
    ] = None,
) -> None:
    """Plan a centre: forecast, requirement, roster, and the simulation of that roster."""
    from wfm import io, planning
    from wfm.checks import check_fraction
    from wfm.files import make_folder
    from wfm.timegrid import Horizon

    with _errors():
        if max_short is not None:
            check_fraction("--max-short", max_short, include_zero=True)
        place = io.read_centre(centre)
        past = io.read_history(history, tz=place.tz, queue=queue)
        first = start or _next_monday(past["start"].max().tz_convert(place.tz).date()).isoformat()
        horizon = Horizon(first, weeks=weeks, interval=place.interval, tz=place.tz)
        make_folder(out)
        with _progress(planning.STAGES) as step:
            made = planning.plan(
                past,
                place,
                horizon,
                replications=replications,
                seed=seed,
                work_limit=work_limit,
                time_limit=time_limit,
                stale_after_days=stale_after_days,
                progress=step,
            )
        written = made.write(out)
    typer.echo(str(made))
    typer.echo("\n".join(["written", *(f"  {path}" for path in written)]))
    if max_short is not None and made.short_share > max_short:
        typer.echo(
            f"short of {made.short_share:.2%} of the required hours, above --max-short {max_short:.2%}", err=True
        )
        raise typer.Exit(SHORT)


@app.command()
def roster(
    centre: Annotated[Path, typer.Argument(help="The centre, a TOML file.", metavar="CENTRE.toml")],
    requirement: Annotated[
        Path | None, typer.Option(help="Frame `requirement`: CSV, Parquet, Excel or JSON; or --wanted alone.")
    ] = None,
    wanted: Annotated[Path | None, typer.Option(help="Frame `wanted`: heads by shift template and day.")] = None,
    history: Annotated[
        Path | None,
        typer.Option(help="Frame `burdens` of before, such as fairness.csv of the last run."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for the CSV files and the manifest.")] = Path("out"),
    published: Annotated[
        Path | None,
        typer.Option(help="Directory with the published roster, of the days before too (shifts.csv, activities.csv)."),
    ] = None,
    keep_until: Annotated[
        str | None, typer.Option(help="Days before this one stay as published, such as 2026-11-04; default none stay.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 0,
    work_limit: Annotated[int | None, typer.Option(min=0, help="Deterministic limit of the solver's work.")] = None,
    time_limit: Annotated[str | None, typer.Option(help="Wall-clock limit of the solver instead, such as 60s.")] = None,
    max_short: Annotated[
        float | None, typer.Option(help="Exit with 3 if more than this share of the required hours is short.")
    ] = None,
) -> None:
    """Roster the people of a centre on a requirement, and tell what changes over the published roster."""
    from wfm import io
    from wfm import roster as room
    from wfm.checks import check_fraction
    from wfm.files import make_folder

    with _errors():
        if max_short is not None:
            check_fraction("--max-short", max_short, include_zero=True)
        if max_short is not None and requirement is None:
            what = "--max-short without --requirement: heads wanted by shift are no hours that could be short"
            raise DataError(Problem(what, remedy="leave it out, and look at the cost of `wanted` in the manifest"))
        if keep_until is not None and published is None:
            raise DataError(Problem("--keep-until without --published", remedy="name the published roster's directory"))
        place = io.read_centre(centre)
        asked = read_asked(place, requirement, wanted, history)
        need = asked.requirement
        before = None if published is None else read_published(published, place)
        first = asked.first_day
        if before is not None:
            place = room.continued(before, place, first=first)
        if before is not None and keep_until is not None:
            place = room.kept(before, place, first=first, until=read_day("--keep-until", keep_until))
        contradictions = room.explain(need, place, wanted=asked.wanted, history=asked.history)
        if contradictions:
            raise DataError(contradictions, f"the roster of {place.name!r}")
        make_folder(out)
        with _progress(("roster",)) as step:
            step("roster")
            made = room.solve(
                need,
                place,
                wanted=asked.wanted,
                history=asked.history,
                seed=seed,
                work_limit=work_limit,
                time_limit=time_limit,
            )
        frames = {name: getattr(made, name) for name in _FRAMES}
        told = str(made)
        if before is not None:
            changed = room.diff(before.since(first), made)
            frames["changes"], told = changed.to_frame(), f"{told}\n{changed}"
        limits = {"seed": seed, "work_limit": work_limit, "time_limit": time_limit}
        found = {"status": str(made.status), "cost": made.objective, "bound": made.bound, "short_h": made.short_h}
        found["cost_by_term"] = dict(made.cost)
        files = [centre, *filter(None, (requirement, wanted, history)), *files_of(published)]
        about = {"command": "wfm roster", **limits, "keep_until": keep_until, **found}
        written = io.write_run(out, frames, texts={"roster.txt": told}, inputs=files, about=about)
    typer.echo(told)
    typer.echo("\n".join(["written", *(f"  {path}" for path in written)]))
    short = made.short_h / made.required_h if made.required_h else 0.0
    if max_short is not None and short > max_short:
        typer.echo(f"short of {short:.2%} of the required hours, above --max-short {max_short:.2%}", err=True)
        raise typer.Exit(SHORT)


@app.command()
def repair(
    centre: Annotated[Path, typer.Argument(help="The centre, a TOML file.", metavar="CENTRE.toml")],
    published: Annotated[Path, typer.Option(help="Directory with the published roster (shifts.csv, activities.csv).")],
    requirement: Annotated[
        Path | None, typer.Option(help="Frame `requirement` that was rostered; or --wanted alone.")
    ] = None,
    wanted: Annotated[Path | None, typer.Option(help="Frame `wanted` that was rostered.")] = None,
    history: Annotated[Path | None, typer.Option(help="Frame `burdens` that was rostered with.")] = None,
    out: Annotated[Path, typer.Option(help="Directory for the CSV files and the manifest.")] = Path("out"),
    sick: Annotated[
        list[str] | None, typer.Option(help="EMPLOYEE@DAY or EMPLOYEE@INSTANT, such as A17@2026-11-03; repeat it.")
    ] = None,
    late: Annotated[
        list[str] | None, typer.Option(help="EMPLOYEE@INSTANT, such as A3@2026-11-03T09:30; repeat it.")
    ] = None,
    training: Annotated[
        list[str] | None,
        typer.Option(help="EMPLOYEES@FROM@TO, such as A1,A2@2026-11-03T10:00@2026-11-03T14:00; repeat it."),
    ] = None,
    reforecast: Annotated[Path | None, typer.Option(help="Frame `requirement`: the rows that change.")] = None,
    now: Annotated[str | None, typer.Option(help="What lies before stays; default the first event.")] = None,
    max_touched: Annotated[int, typer.Option(min=0, help="Most other people changed.")] = 3,
    notice: Annotated[str, typer.Option(help="Least time before a shift that somebody did not have.")] = "1h",
) -> None:
    """Repair a published roster after events with few changes."""
    from wfm import io
    from wfm import roster as room
    from wfm.files import make_folder

    with _errors():
        place = io.read_centre(centre)
        asked = read_asked(place, requirement, wanted, history)
        before = read_published(published, place)
        events: list[room.SickCall | room.LateArrival | room.Reforecast | room.TrainingMoved] = []
        for text in sick or []:
            name, moment = read_named("--sick", text, place.tz)
            events.append(room.SickCall(name, moment))
        for text in late or []:
            name, moment = read_named("--late", text, place.tz)
            events.append(room.LateArrival(name, as_instant("--late", moment)))
        for text in training or []:
            planned, to = read_named("--training", text, place.tz)
            names_of, start = read_named("--training", planned, place.tz)
            both = (as_instant("--training", moment) for moment in (start, to))
            events.append(room.TrainingMoved(tuple(names_of.split(",")), *both))
        if reforecast is not None:
            events.append(room.Reforecast(io.read_frame(reforecast, "requirement", tz=place.tz)))
        at = None if now is None else as_instant("--now", read_moment("--now", now, place.tz))
        make_folder(out)
        made = room.repair(
            before,
            events,
            asked.requirement,
            place,
            wanted=asked.wanted,
            history=asked.history,
            now=at,
            max_touched=max_touched,
            notice=notice,
        )
        frames = {name: getattr(made.roster, name) for name in _FRAMES}
        frames |= {"changes": made.changes, "requirement": made.requirement}
        given = {
            "sick": sick or [],
            "late": late or [],
            "training": training or [],
            "now": now,
            "max_touched": max_touched,
            "notice": notice,
        }
        about = {"command": "wfm repair", **given, "loss_event": made.loss_event, "loss_left": made.loss_left}
        files = [centre, *filter(None, (requirement, wanted, history)), *files_of(published)]
        files += [] if reforecast is None else [reforecast]
        written = io.write_run(out, frames, texts={"repair.txt": str(made)}, inputs=files, about=about)
    typer.echo(str(made))
    typer.echo("\n".join(["written", *(f"  {path}" for path in written)]))


@app.command()
def simulate(
    centre: Annotated[Path, typer.Argument(help="The centre, a TOML file.", metavar="CENTRE.toml")],
    forecast: Annotated[Path, typer.Option(help="Frame `forecast`: CSV, Parquet, Excel or JSON.")],
    roster: Annotated[Path, typer.Option(help="Frame `activities` of the same days.")],
    out: Annotated[Path | None, typer.Option(help="Directory for the CSV files; default none are written.")] = None,
    replications: Annotated[str, typer.Option(help="Number of replications, or auto.")] = "100",
    precision: Annotated[
        float | None, typer.Option(help="With auto: half the width of the interval of the service level.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    time_limit: Annotated[str | None, typer.Option(help="Wall-clock limit, such as 60s.")] = None,
    allow_unstaffed: Annotated[
        bool, typer.Option("--allow-unstaffed", help="Let days with contacts have nobody on the roster.")
    ] = False,
    stress: Annotated[bool, typer.Option(help="Drill the roster under the standard scenarios instead.")] = False,
) -> None:
    """Simulate a roster: service level, waits and occupancy with their confidence intervals."""
    from wfm import io
    from wfm import simulate as room
    from wfm.files import make_folder

    with _errors():
        place = io.read_centre(centre)
        ahead = io.read_frame(forecast, "forecast", tz=place.tz)
        people = io.read_frame(roster, "activities", tz=place.tz)
        count = _count(replications)
        unstaffed: Literal["refuse", "allow"] = "allow" if allow_unstaffed else "refuse"
        if stress:
            if count == "auto" or precision is not None or time_limit is not None:
                remedy = "leave out --precision and --time-limit, and give a number of --replications"
                raise DataError(Problem("a drill has a fixed number of replications", remedy=remedy))
            drill = room.stress(
                ahead, people, place, replications=count, seed=seed, workers=workers, unstaffed=unstaffed
            )
            told, frames = str(drill), {"drill": drill.to_frame()}
        else:
            result = room.run(
                ahead,
                people,
                place,
                replications=count,
                precision=precision,
                seed=seed,
                workers=workers,
                unstaffed=unstaffed,
                time_limit=time_limit,
            )
            told = str(result)
            names = ("intervals", "days", "summary", "targets", "groups", "group_intervals", "bases", "by_replication")
            frames = {name: getattr(result, name) for name in names}
        written = []
        if out is not None:
            make_folder(out)
            for name, frame in frames.items():
                written.append(out / f"{name}.csv")
                io.write_frame(frame, written[-1])
    typer.echo(told)
    if written:
        typer.echo("\n".join(["written", *(f"  {path}" for path in written)]))


@app.command()
def selfcheck(
    replications: Annotated[int, typer.Option(min=5, help="Replications of each system.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every random number.")] = 0,
) -> None:
    """Hold the formulas against the simulation on this machine; exit with 1 if they disagree."""
    from wfm.simulate.theory import selfcheck as check

    with _errors():
        found = check(replications=replications, seed=seed)
    typer.echo(str(found))
    if not found.passed:
        raise typer.Exit(1)


def _count(text: str) -> int | Literal["auto"]:
    """Return the number of replications that a text says."""
    if text == "auto":
        return "auto"
    if not text.isdecimal():
        what = f"--replications must be a number or 'auto', got {text!r}"
        raise DataError(Problem(what, remedy="write 100"))
    return int(text)


@app.command()
def forecast(
    history: Annotated[Path, typer.Argument(help="Contacts by interval: CSV, Parquet, Excel or JSON.")],
    centre: Annotated[Path, typer.Option(help="The centre, a TOML file.", metavar="CENTRE.toml")],
    out: Annotated[Path, typer.Option(help="File for the forecast: .csv, .parquet, .xlsx or .json.")] = Path(
        "forecast.csv"
    ),
    audit: Annotated[Path | None, typer.Option(help="File for what was found in the history; default none.")] = None,
    queue: Annotated[str | None, typer.Option(help="Name of the queue, if the history has no such column.")] = None,
    start: Annotated[str | None, typer.Option(help="First day, such as 2026-11-02; default the Monday after.")] = None,
    weeks: Annotated[int, typer.Option(min=1, help="Weeks to forecast.")] = 4,
    stale_after_days: Annotated[
        int, typer.Option(min=0, help="Refuse a history that ends more days than this before the first day.")
    ] = 42,
) -> None:
    """Forecast contacts and handle time by queue and interval, with 13 quantiles."""
    from wfm import io
    from wfm.files import make_folder
    from wfm.io.formats import suffix_of
    from wfm.timegrid import Horizon

    with _errors():
        place = io.read_centre(centre)
        past = io.read_history(history, tz=place.tz, queue=queue)
        first = start or _next_monday(past["start"].max().tz_convert(place.tz).date()).isoformat()
        horizon = Horizon(first, weeks=weeks, interval=place.interval, tz=place.tz)
        for path in filter(None, (out, audit)):
            suffix_of(path)
            make_folder(path.parent)
        made = _by_queue(past, place, horizon, stale_after_days)
        io.write_frame(made, out)
        if audit is not None:
            io.write_frame(made.audit, audit)
    typer.echo(str(made))
    missing = sorted(set(made.audit["queue"]) - set(made.queues))
    if missing:
        typer.echo(f"not forecast: {', '.join(missing)}; see the audit", err=True)
    typer.echo("\n".join(["written", *(f"  {path}" for path in filter(None, (out, audit)))]))


def _by_queue(past: pd.DataFrame, place: Centre, horizon: Horizon, stale_after_days: int) -> Forecast:
    """Forecast one queue after the other, so that the bar moves, and name the faults of all of them."""
    import pandas as pd

    from wfm.errors import Faults
    from wfm.forecast import Forecast, Forecaster
    from wfm.forecast.prepare import without_history

    parts: list[Forecast] = []
    faults = Faults("the forecast")
    queues = tuple(sorted(str(name) for name in past["queue"].unique()))
    lacking = without_history(place, queues)
    with _progress(queues) as step:
        for name in queues:
            step(name)
            model = Forecaster(calendar=place, stale_after_days=stale_after_days)
            with faults.collecting():
                parts.append(model.fit(past[past["queue"] == name]).predict(horizon))
    # Each queue may name what is wrong with the horizon, in the same words.
    faults.problems[:] = dict.fromkeys(faults.problems)
    faults.raise_if_any()
    # Fitted alone, each queue calls all others queues without a history: the first one's word is for those that are.
    said = [
        part.audit[part.audit["queue"].isin([queues[n], *(lacking if n == 0 else [])])] for n, part in enumerate(parts)
    ]
    return Forecast(
        pd.concat([part.to_frame() for part in parts], ignore_index=True),
        tz=horizon.tz,
        interval_s=horizon.interval_s,
        audit=pd.concat(said, ignore_index=True),
        models={name: words for part in parts for name, words in part.models.items()},
    )


@app.command()
def quote(
    request: Annotated[Path | None, typer.Argument(help="A request, a JSON file.", metavar="[REQUEST.json]")] = None,
    volume: Annotated[str | None, typer.Option(help="Contacts, such as 3200/day.")] = None,
    aht: Annotated[str | None, typer.Option(help="Mean handle time, such as 7min.")] = None,
    channel: Annotated[str | None, typer.Option(help="phone, chat, message, social, email or case.")] = None,
    sessions: Annotated[int | None, typer.Option(help="Sessions that an agent of a chat holds at once.")] = None,
    hours: Annotated[str | None, typer.Option(help="Opening hours, such as 24x7 or 'Mon-Fri 08:00-18:00'.")] = None,
    patience: Annotated[str | None, typer.Option(help="Mean patience, such as 2min.")] = None,
    shrinkage: Annotated[float | None, typer.Option(help="Share of paid time off seat, such as 0.3.")] = None,
    wage: Annotated[float | None, typer.Option(help="Pay for an hour.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the range.")] = None,
    time_limit: Annotated[str | None, typer.Option(help="Wall-clock limit, such as 2s.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of a page.")] = False,
) -> None:
    """Quote the staff, people and cost of a volume, from a request or from options."""
    from wfm.quotes import quote as ask

    queue = {"volume": volume, "aht": aht, "channel": channel, "concurrency": sessions, "patience": patience}
    contracts = None if wage is None else [{"name": "full", "wage": wage}]
    rest: dict[str, object] = {"hours": hours, "shrinkage": shrinkage, "seed": seed, "contracts": contracts}
    given = {name: value for name, value in (queue | rest).items() if value is not None}
    with _errors():
        if request is not None:
            if given:
                what = f"options beside a file: {', '.join(sorted(given))}"
                raise DataError(Problem(what, remedy="write them into the file, or leave it out"))
            asked: bytes | dict[str, object] = _read_bytes(request)
        else:
            one = {"name": channel or "contacts"} | {name: given[name] for name in queue if name in given}
            asked = {"queues": [one]} | {name: given[name] for name in rest if name in given}
        found = ask(asked, time_limit=time_limit)
    typer.echo(found.to_json(indent=2) if as_json else str(found))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(Problem(f"cannot be read: {error.strerror}", where=str(path))) from None


@app.command()
def versions() -> None:
    """Print the versions of wfm and of what it stands on."""
    from wfm.versions import show_versions

    typer.echo(str(show_versions()))


def _next_monday(day: date) -> date:
    from datetime import timedelta

    return day + timedelta(days=7 - day.weekday())


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the library's errors into a message and an exit code, without a traceback."""
    try:
        yield
    except DataError as error:
        _stop(error, BAD_INPUT)
    except InfeasibleError as error:
        _stop(error, SHORT)
    except WfmError as error:
        _stop(error, 1)


def _stop(error: Exception, code: int) -> NoReturn:
    typer.echo(f"wfm: {error}", err=True)
    raise typer.Exit(code)


class _Step:
    """Shows the stage that is under way."""

    def __init__(self, stages: tuple[str, ...]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._stages = stages
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,  # where nothing can be drawn over, it leaves an empty line
        )
        self._task = self._bar.add_task("", total=len(stages))

    def __call__(self, stage: str) -> None:
        self._bar.update(self._task, description=stage, completed=self._stages.index(stage))

    def start(self) -> None:
        self._bar.start()

    def stop(self) -> None:
        self._bar.stop()


@contextmanager
def _progress(stages: tuple[str, ...]) -> Iterator[_Step]:
    step = _Step(stages)
    step.start()
    try:
        yield step
    finally:
        step.stop()


def main() -> None:
    """Run the command line."""
    app(args=sys.argv[1:], prog_name="wfm")
