"""Two rosters under the same course of events: what the second one changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.domain.centre import Centre
from wfm.schema import FrameLike
from wfm.simulate.case import Case
from wfm.simulate.courses import Courses
from wfm.simulate.engine import Floats
from wfm.simulate.frames import ALL, CONFIDENCE
from wfm.simulate.model import Model
from wfm.simulate.now import State
from wfm.simulate.runner import Effort, replicate
from wfm.simulate.tally import RATIOS, Layout, Sums

__all__ = ["Comparison", "compare", "paired", "played"]

_DEFAULT_MODEL = Model()
_MEASURES = ("service_level", "asa_s", "abandonment", "occupancy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What a second roster changes against a first one.

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
            One row per `queue, measure` (`service_level, asa_s, abandonment, occupancy`), and of the queue `"all"`:
            `first, second`, their `difference`, second less first, and its 95 % interval `difference_low,
            difference_high` over the pairs.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        lines = [f"second against first: {self.replications} pairs, seed {self.seed}"]
        rows = self.frame[self.frame["measure"] == "service_level"]
        width = max(len(name) for name in rows["queue"])
        for place, row in enumerate(rows.itertuples(), 1):
            branch = "└─" if place == len(rows) else "├─"
            told = "no service level"
            if not pd.isna(row.difference):
                bounds = f"[{row.difference_low:+.1%}, {row.difference_high:+.1%}]"
                told = f"{row.first:.1%} to {row.second:.1%}: {row.difference:+.1%} {bounds}"
            lines.append(f"{branch} {row.queue:<{width}}  {told}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, float_format="{:.4g}".format, na_rep="–"))


def compare(
    forecast: FrameLike,
    first: FrameLike,
    second: FrameLike,
    centre: Centre,
    *,
    replications: int = 100,
    seed: int = 0,
    workers: int = 1,
    model: Model = _DEFAULT_MODEL,
    paths: Courses | None = None,
    replay: FrameLike | None = None,
    state: State | None = None,
) -> Comparison:
    """Simulate two rosters with the same contacts and say what the second one changes.

    In each pair of replications both rosters meet the same contacts, with the same handle times and patience, so that
    most of the chance is the same on both sides and cancels. Absences are drawn for each roster by itself.

    Parameters
    ----------
    forecast, centre, workers, model, paths, replay
        As in `run`.
    first, second
        The rosters: frames `activities` or results that give one; intervals without anybody are allowed.
    state
        As in `run`, the same for both: what a change of the rest of today would bring. Who has a contact in hand must
        be on both rosters. Default: an empty centre before the first interval.
    replications
        Pairs, 2 or more; default 100.
    seed
        Seed of the random numbers; default 0.

    Raises
    ------
    DataError
        As `run`.

    Notes
    -----
    Differences of ratio estimators with Student's t over pairs (A. M. Law, "Simulation Modeling and Analysis", 5th ed.,
    2015, sections 9.5 and 10.2.1).

    Examples
    --------
    >>> from wfm.testing import make_centre
    >>> start = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> forecast = pd.DataFrame({"queue": "calls", "start": [start], "offered": [30.0]})
    >>> roster = pd.DataFrame({"employee": [f"A{n:02d}" for n in range(1, 8)], "start": start,
    ...                        "end": start + pd.Timedelta(minutes=30), "activity": "work", "queue": "calls"})
    >>> frame = compare(forecast, roster[:-1], roster, make_centre(people=7), replications=30).to_frame()
    >>> bool(frame["difference_low"].iloc[0] > 0)
    True
    """
    check_int("replications", replications, 2)
    effort = Effort(replications=replications, seed=seed, workers=workers)
    cases = [
        Case.of(forecast, roster, centre, model, paths=paths, replay=replay, state=state, seed=seed)
        for roster in (first, second)
    ]
    frame = paired(*(played(case, effort) for case in cases))
    return Comparison(frame=frame, replications=replications, seed=seed)


def played(case: Case, effort: Effort) -> Sums:
    """Return the sums over the replications of one side of a comparison."""
    return replicate(case, Layout.of(case), effort)[0]


def paired(first: Sums, second: Sums) -> pd.DataFrame:
    """Return the frame of a comparison of two cases with the same queues and replications."""
    from scipy.special import stdtrit

    level = first.layout.queues
    names = [first.layout.case.centre.queues[number].name for number in level.queue] + [ALL] * level.wholes
    count = len(first.tables)
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) / np.sqrt(count)
    rows = []
    for measure in _MEASURES:
        before, off_before = _linear(first, measure)
        after, off_after = _linear(second, measure)
        error = (off_after - off_before).std(axis=0, ddof=1) * half
        for place, name in enumerate(names):
            difference = after[place] - before[place]
            rows.append(
                {
                    "queue": name,
                    "measure": measure,
                    "first": before[place],
                    "second": after[place],
                    "difference": difference,
                    "difference_low": difference - error[place],
                    "difference_high": difference + error[place],
                }
            )
    frame = pd.DataFrame(rows).astype({"queue": "str", "measure": "str"})
    order = frame["queue"].map({name: place for place, name in enumerate(names)})
    return frame.assign(order=order).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def _linear(sums: Sums, measure: str) -> tuple[Floats, Floats]:
    """Return a ratio of totals by queue, and by replication how far each is off, in units of the ratio."""
    number = list(RATIOS).index(measure)
    tables = np.array(sums.tables)
    above, below = tables @ sums.layout.upper[:, number], tables @ sums.layout.lower[:, number]
    total = below.sum(axis=0)
    ratio = np.divide(above.sum(axis=0), total, out=np.full(total.shape, np.nan), where=total > 0)
    mean = np.where(total > 0, total / len(tables), np.nan)
    return ratio, (above - ratio * below) / mean
