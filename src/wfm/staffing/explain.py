"""How one figure of a requirement came about, as text and as a dictionary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wfm.domain.queue import Queue
from wfm.domain.targets import ServiceLevel
from wfm.errors import DataError
from wfm.schema import QUANTILES
from wfm.staffing.heads import heads_of
from wfm.staffing.kernels import deferred, live
from wfm.staffing.kernels.load import Method
from wfm.staffing.kernels.rounding import TOLERANCE
from wfm.staffing.options import Scope, tree
from wfm.staffing.rows import deadline_of

if TYPE_CHECKING:
    from wfm.staffing.result import Requirement

__all__ = ["Explanation", "explain"]

_METHODS = {
    Method.SIPP: "the interval on its own, as if its volume had always been in force (SIPP)",
    Method.LAG_MAX: "the highest rate one handle time before (lag max)",
    Method.MOL: "the largest offered load inside the interval, with what is in hand from before (MOL)",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the heads of one queue and interval came about.

    Parameters
    ----------
    title
        Queue and interval.
    steps
        Pairs of what and how, in the order of the computation.
    facts
        The same as values.
    """

    title: str
    steps: tuple[tuple[str, str], ...]
    facts: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the values: plain numbers, texts, lists and dictionaries."""
        return dict(self.facts)

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.steps)
        return "\n".join([self.title, *(f"  {name:<{width}}  {text}" for name, text in self.steps)])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def explain(need: Requirement, name: str, place: int) -> Explanation:
    """Return the explanation of the row at `place` among the rows of one queue."""
    queue, centre = need.centre.queue(name), need.centre
    row = need.frame[need.frame["queue"] == name].iloc[place]
    title = f"{queue.name}, {row['start']} ({centre.interval_s / 60:g} min)"
    facts: dict[str, Any] = {
        "queue": queue.name,
        "start": row["start"].isoformat(),
        "offered": float(row["offered"]),
        "aht_s": float(row["aht_s"]),
        "load_erl": float(row["load_erl"]),
        "staffed_erl": float(row["staffed_erl"]),
    }
    volume = f"{row['offered']:g} contacts x {row['aht_s']:g} s / {centre.interval_s:g} s"
    steps = [("load", f"{volume} = {row['load_erl']:.4g} erlangs")]
    if queue.is_deferred:
        _explain_deferred(need, queue, place, facts, steps)
    else:
        _explain_live(need, queue, row, facts, steps)
    _explain_heads(need, queue, row, facts, steps)
    _explain_sensitivity(need, queue, place, facts, steps)
    return Explanation(title, tuple(steps), facts)


def _explain_live(
    need: Requirement, queue: Queue, row: pd.Series, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    step, aht = need.centre.interval_s, np.array([float(row["aht_s"])])
    felt = np.array([float(row["staffed_erl"])]) * step / aht
    if facts["staffed_erl"] == facts["load_erl"]:
        felt = np.array([float(row["offered"])])

    def fewest(target: Any) -> int:
        return int(live.fewest(queue, felt, aht, step, target)[0])

    facts["load_method"] = need.options.method.value
    steps.append(("felt", f"{facts['staffed_erl']:.4g} erlangs: {_METHODS[need.options.method]}"))
    facts["method"] = live.method(queue)
    patience = "nobody abandons" if queue.patience_s is None else f"mean patience {queue.patience_s:g} s"
    steps.append(("model", f"{facts['method']}, {patience}"))
    needs = [(str(target), fewest(target)) for target in queue.targets]
    facts["targets"] = [{"target": name, "agents": agents} for name, agents in needs]
    steps += [("target", f"{name}: {agents} agents") for name, agents in needs]
    most = max(agents for _, agents in needs)
    binding = next(name for name, agents in needs if agents == most)
    facts["binding"] = binding if most >= queue.min_agents else f"min_agents = {queue.min_agents}"
    _explain_options(need, queue, row, facts)
    steps.append(("binds", facts["binding"]))
    _explain_readings(queue, row, fewest, facts, steps)


def _explain_options(need: Requirement, queue: Queue, row: pd.Series, facts: dict[str, Any]) -> None:
    """Say what binds where it is not the single interval at the forecast's mean."""
    options = need.options
    facts["scope"] = options.scope.value
    levels = [str(target) for target in queue.targets if isinstance(target, ServiceLevel)]
    if options.scope is not Scope.INTERVAL and levels:
        facts["binding"] = f"{levels[0]} over the {options.scope.value}, the other targets in each interval"
    if options.uncertain:
        facts["agents_point"] = int(row["agents_point"])
        how = "in expectation" if options.expected else f"with a probability of {options.confidence:g}"
        facts["binding"] += f" {how} over the volume (at its mean: {facts['agents_point']} agents)"


def _explain_readings(
    queue: Queue, row: pd.Series, fewest: Any, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    level, mean, longest = live.readings(queue)
    values = (float(row["service_level"]), float(row["asa_s"]), float(row["longest_wait_s"]))
    texts = (
        f"{100 * values[0]:.1f} % reached",
        f"{values[1]:.1f} s reached",
        f"{values[2]:.1f} s exceeded by {100 * longest.breach:g} %",
    )
    names = ("service_level", "mean_answer", "longest_wait")
    facts["readings"] = {}
    for name, target, value, text in zip(names, (level, mean, longest), values, texts, strict=True):
        agents = fewest(target)
        facts["readings"][name] = {"target": str(target), "reached": value, "agents": agents}
        steps.append(("reading", f"{target}: {text}; alone it needs {agents} agents"))


def _explain_deferred(
    need: Requirement,
    queue: Queue,
    place: int,
    facts: dict[str, Any],
    steps: list[tuple[str, str]],
) -> None:
    found = need.plans[queue.name]
    deadline = deadline_of(queue)
    longest = float(need.frame.loc[need.frame["queue"] == queue.name, "aht_s"].max())
    wait = deferred.lag(deadline, longest, need.centre.interval_s)
    facts["method"] = "deferred work, earliest deadline first"
    facts["targets"] = [{"target": str(target)} for target in queue.targets]
    facts["binding"] = str(deadline)
    facts["lag_intervals"] = wait
    facts["reserve"] = deferred.reserve(deadline, longest)
    facts["level"] = float(found.level[place])
    facts["done_erl"] = float(found.done[place])
    facts["lent_erl"] = float(found.lent[place])
    facts["backlog_erl"] = float(found.backlog[place])
    facts["opening_erl"] = found.opening
    facts["waiting_erl"] = float(found.backlog[place - 1]) if place else found.opening
    lives = need.options.blend.get(queue.name, ())
    hours = need.centre.interval_s / 3600
    helped = f" ({facts['lent_erl'] * hours:,.2f} h of it in the idle time of {', '.join(lives)})" if lives else ""
    turn = "as if like ones came in turn" if need.options.backlog is None else "as the backlog says"
    opening, ending = (f"{backlog * hours:,.2f}" for backlog in (found.opening, float(found.backlog[-1])))
    came, waited, left = float(found.load_erl[place]), facts["waiting_erl"], facts["backlog_erl"]
    steps += [
        (
            "model",
            "a fluid of deferred work, earliest deadline first, over open intervals; the smoothest staff in time",
        ),
        ("target", f"{deadline}; begun at the latest {wait} intervals on, since the work itself takes {longest:g} s"),
        ("level", f"{facts['level']:.3f} agents, with up to {facts['reserve']:.3f} as a reserve against chance"),
        ("chance", "work is done before it is due by the spread of what has come in since the last empty backlog"),
        ("whole", "fractions of an agent are carried to the next interval, unless work falls due before"),
        ("waiting", f"{waited * hours:,.2f} h of work lie there when this interval begins"),
        ("work", f"{came * hours:,.2f} h come in, {facts['done_erl'] * hours:,.2f} h are done{helped}"),
        ("left", f"{left * hours:,.2f} h of work still wait when it ends, none of it late"),
        ("plan", f"begins with {opening} h of work from before it and ends with {ending} h, {turn}"),
    ]


def _explain_heads(
    need: Requirement, queue: Queue, row: pd.Series, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    centre, agents, heads = need.centre, int(row["agents"]), int(row["scheduled"])
    facts["min_agents"] = queue.min_agents
    facts["agents"] = agents
    facts["occupancy"] = float(row["occupancy"])
    facts["shrinkage_tree"] = tree(centre, row["start"].hour, need.options.shrinkage)
    facts["shrinkage"] = {part: share for branch in facts["shrinkage_tree"].values() for part, share in branch.items()}
    facts["placed_by_roster"] = {part.name: part.fraction for part in centre.shrinkage if part.in_roster}
    away = sum(facts["shrinkage"].values())
    facts["scheduled_exact"] = agents / (1.0 - away)
    carried = "; the fraction is carried from interval to interval" if queue.is_deferred else ""
    facts["rounding"] = f"up, once, unless within {TOLERANCE:g} of a whole number{carried}"
    facts["scheduled"] = heads
    least = f", at least {queue.min_agents}" if queue.min_agents else ""
    steps.append(("agents", f"{agents} on seat{least}, occupancy {100 * facts['occupancy']:.1f} %"))
    parts = [f"{name} {100 * share:g} %" for name, share in facts["shrinkage"].items()]
    placed = ", ".join(facts["placed_by_roster"]) or "nothing"
    how = f"{' + '.join(parts) or 'none'}: divided by 1 - {away:g}; the roster places {placed} itself"
    steps.append(("shrinkage", how))
    how = "rounded up with the fraction carried on" if queue.is_deferred else "rounded up"
    steps.append(("scheduled", f"{agents} / {1 - away:g} = {facts['scheduled_exact']:.4g}, {how}: {heads}"))


def _explain_sensitivity(
    need: Requirement, queue: Queue, place: int, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    """Staff the queue again with 10 % more and less of its volume, and of its handle time, in all intervals."""
    hours = need.centre.interval_s / 3600
    facts["sensitivity"] = {}
    for name, columns in (("volume", ("offered", *QUANTILES)), ("aht", ("aht_s",))):
        for factor in (0.9, 1.1):
            agents = _staffed_again(need, queue, columns, factor)
            label = f"{name} {100 * (factor - 1):+.0f} %"
            if agents is None:
                facts["sensitivity"][label] = None
                steps.append(("if", f"{label}: no staff can do it"))
                continue
            found = {"agents": int(agents[place]), "agents_h": float(agents.sum() * hours)}
            facts["sensitivity"][label] = found
            steps.append(("if", f"{label}: {found['agents']} agents, {found['agents_h']:,.1f} h on seat in all"))


def _staffed_again(need: Requirement, queue: Queue, columns: tuple[str, ...], factor: float) -> Any:
    frame = need.forecast if queue.name in need.options.blend else need.forecast[need.forecast["queue"] == queue.name]
    own = (frame["queue"] == queue.name).to_numpy()
    scaled = frame.copy()
    for column in columns:
        if column in frame.columns:
            scaled[column] = frame[column].to_numpy(dtype=float) * np.where(own, factor, 1.0)
    options, paths = need.options, need.options.paths
    if paths is not None and "offered" in columns:
        ours = np.where(paths["queue"] == queue.name, factor, 1.0)
        options = replace(options, paths=paths.assign(offered=paths["offered"].to_numpy(dtype=float) * ours))
    try:
        again = heads_of(scaled, need.centre, options).frame
    except DataError:
        return None
    return again.loc[again["queue"] == queue.name, "agents"].to_numpy()
