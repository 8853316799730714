"""How one figure of a requirement came about, as text and as a dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wfm.domain.centre import Centre
from wfm.domain.queue import Queue
from wfm.domain.targets import Deadline
from wfm.staffing.kernels import deferred, live
from wfm.staffing.kernels.rounding import TOLERANCE
from wfm.staffing.require import deferred_staff

__all__ = ["Explanation", "explain"]


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


def explain(queue: Queue, centre: Centre, rows: pd.DataFrame, place: int) -> Explanation:
    """Return the explanation of the row at `place` among the rows of one queue."""
    row = rows.iloc[place]
    title = f"{queue.name}, {row['start']} ({centre.interval_s / 60:g} min)"
    facts: dict[str, Any] = {
        "queue": queue.name,
        "start": row["start"].isoformat(),
        "offered": float(row["offered"]),
        "aht_s": float(row["aht_s"]),
        "load_erl": float(row["load_erl"]),
    }
    volume = f"{row['offered']:g} contacts x {row['aht_s']:g} s / {centre.interval_s:g} s"
    steps = [("load", f"{volume} = {row['load_erl']:.4g} erlangs")]
    if queue.is_deferred:
        _explain_deferred(queue, centre, rows, place, facts, steps)
    else:
        _explain_live(queue, centre, row, facts, steps)
    _explain_heads(queue, centre, row, facts, steps)
    return Explanation(title, tuple(steps), facts)


def _explain_live(
    queue: Queue, centre: Centre, row: pd.Series, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    offered, aht = np.array([float(row["offered"])]), np.array([float(row["aht_s"])])

    def fewest(target: Any) -> int:
        return int(live.fewest(queue, offered, aht, centre.interval_s, target)[0])

    facts["method"] = live.method(queue)
    patience = "nobody abandons" if queue.patience_s is None else f"mean patience {queue.patience_s:g} s"
    steps.append(("model", f"{facts['method']}, {patience}; each interval on its own (SIPP)"))
    needs = [(str(target), fewest(target)) for target in queue.targets]
    facts["targets"] = [{"target": name, "agents": agents} for name, agents in needs]
    steps += [("target", f"{name}: {agents} agents") for name, agents in needs]
    most = max(agents for _, agents in needs)
    binding = next(name for name, agents in needs if agents == most)
    facts["binding"] = binding if most >= queue.min_agents else f"min_agents = {queue.min_agents}"
    steps.append(("binds", facts["binding"]))
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
    queue: Queue,
    centre: Centre,
    rows: pd.DataFrame,
    place: int,
    facts: dict[str, Any],
    steps: list[tuple[str, str]],
) -> None:
    found = deferred_staff(queue, rows, centre)
    deadline = deferred.tightest(tuple(target for target in queue.targets if isinstance(target, Deadline)))
    longest = float(rows["aht_s"].max())
    wait = deferred.lag(deadline, longest, centre.interval_s)
    facts["method"] = "deferred work, earliest deadline first"
    facts["targets"] = [{"target": str(target)} for target in queue.targets]
    facts["binding"] = str(deadline)
    facts["lag_intervals"] = wait
    facts["reserve"] = deferred.reserve(deadline, longest)
    facts["level"] = float(found.level[place])
    facts["done_erl"] = float(found.done[place])
    facts["backlog_erl"] = float(found.backlog[place])
    facts["opening_erl"] = found.opening
    steps += [
        (
            "model",
            "a fluid of deferred work, earliest deadline first, over open intervals; the smoothest staff in time",
        ),
        ("target", f"{deadline}; begun at the latest {wait} intervals on, since the work itself takes {longest:g} s"),
        ("level", f"{facts['level']:.3f} agents, {facts['reserve']:.3f} of them a reserve against chance"),
        ("chance", "work is done before it is due by the spread of what has come in since the last empty backlog"),
        ("whole", "fractions of an agent are carried to the next interval, unless work falls due before"),
        ("start", f"{found.opening:.3f} agent-intervals of backlog, as the end of this plan leaves to the next"),
        ("work", f"{facts['done_erl']:.3f} agent-intervals done, {facts['backlog_erl']:.3f} left over"),
    ]


def _explain_heads(
    queue: Queue, centre: Centre, row: pd.Series, facts: dict[str, Any], steps: list[tuple[str, str]]
) -> None:
    agents, heads, away = int(row["agents"]), int(row["scheduled"]), centre.unrostered_shrinkage
    facts["min_agents"] = queue.min_agents
    facts["agents"] = agents
    facts["occupancy"] = float(row["occupancy"])
    facts["shrinkage"] = {part.name: part.fraction for part in centre.shrinkage if not part.in_roster}
    facts["scheduled_exact"] = agents / (1.0 - away)
    carried = "; the fraction is carried from interval to interval" if queue.is_deferred else ""
    facts["rounding"] = f"up, once, unless within {TOLERANCE:g} of a whole number{carried}"
    facts["scheduled"] = heads
    least = f", at least {queue.min_agents}" if queue.min_agents else ""
    steps.append(("agents", f"{agents} on seat{least}, occupancy {100 * facts['occupancy']:.1f} %"))
    parts = " + ".join(f"{name} {100 * share:g} %" for name, share in facts["shrinkage"].items()) or "none"
    steps.append(("shrinkage", f"{parts}: divided by 1 - {away:g}; what the roster places itself is not counted"))
    how = "rounded up with the fraction carried on" if queue.is_deferred else "rounded up"
    steps.append(("scheduled", f"{agents} / {1 - away:g} = {facts['scheduled_exact']:.4g}, {how}: {heads}"))
