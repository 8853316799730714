"""What it is worth to teach whom what: service level gained per cost, by paired simulation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wfm.checks import check_in_range, check_int
from wfm.domain.centre import Centre
from wfm.domain.people import Skill
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.simulate.case import Case
from wfm.simulate.measure import AT
from wfm.simulate.model import Model
from wfm.simulate.paired import paired, played
from wfm.simulate.runner import Effort

__all__ = ["CrossTraining", "cross_training_value"]

_DEFAULT_MODEL = Model()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossTraining:
    """Skills ranked by what they bring.

    Parameters
    ----------
    frame
        See `to_frame`.
    replications, seed
        How many pairs, and of which seed.
    """

    frame: pd.DataFrame
    replications: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            One row per `employee, queue`, the best first: `cost`, `gained` (contacts answered in time per replication
            that were not before, of all live queues) with its 95 % interval `gained_low, gained_high`, `level_gained`
            (the same as a share of the service level of all), and `per_cost`, by which they are ranked.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        lines = [f"cross-training: {len(self.frame)} candidates, {self.replications} pairs each, seed {self.seed}"]
        shown = self.frame.head(5)
        for place, row in enumerate(shown.itertuples(), 1):
            branch = "└─" if place == len(shown) else "├─"
            bounds = f"[{row.gained_low:+.1f}, {row.gained_high:+.1f}]"
            lines.append(
                f"{branch} {row.employee} learns {row.queue}: {row.gained:+.1f} {bounds} in time, cost {row.cost:g}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, float_format="{:.4g}".format, na_rep="–"))


def cross_training_value(
    forecast: FrameLike,
    roster: FrameLike,
    centre: Centre,
    *,
    candidates: Iterable[tuple[str, str]] | None = None,
    costs: Mapping[str, float] | None = None,
    proficiency: float = 1.0,
    replications: int = 50,
    seed: int = 0,
    workers: int = 1,
    model: Model = _DEFAULT_MODEL,
) -> CrossTraining:
    """Rank which employee should learn which queue, by service level gained per cost.

    Each candidate is simulated with the same contacts as the centre as it is: the same roster, with one skill more.
    Specialists are asked first, so that a person with one more skill may also serve the old queue less. It takes no
    `state`: nobody learns a queue within the day.

    Parameters
    ----------
    forecast, roster, centre, workers, model
        As in `run`; `roster` says who is there, and when.
    candidates
        Pairs of an employee and a queue that they do not serve; default all, of one person of each set of skills and
        hours.
    costs
        Cost of teaching each queue, more than 0; default 1 each.
    proficiency
        Speed at the new queue, in (0, 2]; default 1.
    replications
        Pairs for each candidate, 2 or more; default 50.
    seed
        Seed of the random numbers; default 0.

    Raises
    ------
    DataError
        As `run`; or if there is no candidate, one is unknown, is not on the roster or has the skill already, or a cost
        is missing.

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> centre = make_centre(people=6, cross_skilled=True)
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": ["calls", "orders"], "start": start, "offered": [25.0, 5.0]})
    >>> roster = pd.DataFrame({"employee": ["A01", "A02", "A04", "A05"], "start": start,
    ...                        "end": start + pd.Timedelta(minutes=30), "activity": "work",
    ...                        "queue": ["calls", "orders", "calls", "orders"]})
    >>> best = cross_training_value(forecast, roster, centre, replications=20).to_frame().iloc[0]
    >>> best["employee"], best["queue"]
    ('A02', 'calls')
    """
    check_int("replications", replications, 2)
    check_in_range("proficiency", proficiency, 0.0, 2.0, include_low=False)
    activities = as_frame(roster, "activities")
    names = tuple(queue.name for queue in centre.queues)
    price = dict.fromkeys(names, 1.0) if costs is None else dict(costs)
    pairs = _default(activities, centre) if candidates is None else tuple(candidates)
    _check(pairs, price, activities, centre)
    effort = Effort(replications=replications, seed=seed, workers=workers)
    before = played(Case.of(forecast, activities, centre, model), effort)
    judged = float(np.mean([table[-1, AT["judged"]] for table in before.tables]))
    rows = []
    for person, queue in pairs:
        taught = _taught(centre, person, queue, proficiency)
        frame = paired(before, played(Case.of(forecast, activities, taught, model), effort))
        change = frame[(frame["queue"] == "all") & (frame["measure"] == "service_level")].iloc[0]
        rows.append(
            {
                "employee": person,
                "queue": queue,
                "cost": price[queue],
                "gained": change["difference"] * judged,
                "gained_low": change["difference_low"] * judged,
                "gained_high": change["difference_high"] * judged,
                "level_gained": change["difference"],
                "per_cost": change["difference"] / price[queue],
            }
        )
    ranked = pd.DataFrame(rows).astype({"employee": "str", "queue": "str"})
    ranked = ranked.sort_values(["per_cost", "employee", "queue"], ascending=[False, True, True], ignore_index=True)
    return CrossTraining(frame=ranked, replications=replications, seed=seed)


def _default(activities: pd.DataFrame, centre: Centre) -> tuple[tuple[str, str], ...]:
    """Return each new skill of one person for each set of skills and hours."""
    live = [queue.name for queue in centre.queues if not queue.is_deferred]
    seen: set[tuple[object, ...]] = set()
    pairs: list[tuple[str, str]] = []
    for person, rows in activities.groupby("employee", sort=True):
        skills = {skill.queue: skill.proficiency for skill in centre.employee(str(person)).skills}
        alike = (tuple(sorted(skills.items())), *zip(rows["start"], rows["end"], rows["activity"], strict=True))
        if alike not in seen:
            seen.add(alike)
            pairs.extend((str(person), name) for name in live if name not in skills)
    if not pairs:
        raise DataError(Problem("everybody on the roster serves every live queue", remedy="there is nothing to teach"))
    return tuple(pairs)


def _check(
    pairs: tuple[tuple[str, str], ...], price: Mapping[str, float], activities: pd.DataFrame, centre: Centre
) -> None:
    faults = Faults("the candidates")
    names = [queue.name for queue in centre.queues]
    present = set(activities["employee"])
    if not pairs:
        faults.add("there are no candidates", remedy="give pairs of an employee and a queue, or leave candidates out")
    for name, value in price.items():
        with faults.collecting():
            check_in_range(f"costs of {name!r}", value, 0.0, include_low=False)
    for person, queue in pairs:
        if person not in present:
            faults.add(f"employee {person!r} is not on the roster", remedy=did_you_mean(person, present))
        elif queue not in names:
            faults.add(f"unknown queue {queue!r}", remedy=did_you_mean(queue, names))
        elif queue in centre.employee(person).queues:
            faults.add(f"employee {person!r} has the skill {queue!r} already", remedy="leave the pair out")
        elif queue not in price:
            faults.add(f"no cost for queue {queue!r}", remedy="add it to costs")
    faults.raise_if_any()


def _taught(centre: Centre, person: str, queue: str, proficiency: float) -> Centre:
    people = tuple(
        replace(e, skills=(*e.skills, Skill(queue, proficiency))) if e.id == person else e for e in centre.employees
    )
    return replace(centre, employees=people)
