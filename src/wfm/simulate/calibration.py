"""Calibration: the shrinkage, patience and speed that explain what a log shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from wfm.checks import check_int
from wfm.domain.centre import Centre, Shrinkage
from wfm.domain.targets import MaxAbandonment, ServiceLevel
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.simulate.case import Case
from wfm.simulate.engine import Floats
from wfm.simulate.measure import COLUMNS, count_targets
from wfm.simulate.model import Model, wait_target
from wfm.simulate.runner import seeds_of
from wfm.stats import Estimate, mean_interval
from wfm.tickets import Outcomes, outcomes_of
from wfm.timegrid import floor_to_interval

__all__ = ["Calibration", "calibrate"]

_DEFAULT_MODEL = Model()
_MOST_SHRINKAGE = 0.6
_STEP = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What explains the service of a log.

    Parameters
    ----------
    shrinkage
        Share of the rostered work that people were off seat, with its 95 % interval; a bound of 0 or .6 is one of the
        range that was searched.
    frame
        See `to_frame`.
    service_level
        The observed share of the offered that was answered within the thresholds of the targets.
    fitted
        The same in the simulation, with its 95 % interval.
    p_value
        Of the fit: how often a simulated log is at least as far from the mean of the others, interval by interval, as
        the observed one. Below .05 the model misses something, such as a shrinkage that differs by the hour.
    centre
        The centre with this shrinkage and patience, for further simulations.
    replications, seed
        How many of each simulation, and of which seed.
    """

    shrinkage: Estimate[float]
    frame: pd.DataFrame
    service_level: float
    fitted: Estimate[float]
    p_value: float
    centre: Centre
    replications: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            One row per queue with `patience_s` (mean of an exponential; infinite where nobody abandoned), `aht_s` and
            `speed` (the planned handle time of the queue over the observed one; missing without a planned one), each
            with its 95 % interval in `_low, _high`.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        low, high = self.shrinkage.low, self.shrinkage.high
        lines = [
            f"calibration: service level {self.service_level:.1%} observed, {self.fitted.value:.1%} simulated",
            f"├─ shrinkage {self.shrinkage.value:.1%} [{low:.1%}, {high:.1%}], fit p = {self.p_value:.2f}",
        ]
        for place, row in enumerate(self.frame.itertuples(), 1):
            branch = "└─" if place == len(self.frame) else "├─"
            speed = "no planned AHT" if pd.isna(row.speed) else f"speed {row.speed:.2f}"
            patience = f"patience {row.patience_s:,.0f} s [{row.patience_s_low:,.0f}, {row.patience_s_high:,.0f}]"
            lines.append(f"{branch} {row.queue}: {patience}, AHT {row.aht_s:,.0f} s, {speed}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def calibrate(
    contacts: FrameLike,
    roster: FrameLike,
    centre: Centre,
    *,
    replications: int = 40,
    seed: int = 0,
    model: Model = _DEFAULT_MODEL,
) -> Calibration:
    """Find the shrinkage, patience and speed with which the simulation gives the service that a log shows.

    Patience and handle times are read from the log itself: the mean patience of a queue is all its time in line over
    those who abandoned, its handle time the mean of the answered. The shrinkage is that with which the arrivals of the
    log, replayed on the roster, give the observed service level; its interval is that of the levels that one such log
    could have had by chance. People are off seat for pieces of 15 minutes at random. It takes no `state`: the log tells
    its days whole.

    Parameters
    ----------
    contacts
        Frame `contacts` or a result that gives one, with `ended_at` or `talk_s`, of live queues.
    roster
        Frame `activities` of the same days.
    centre
        The centre; its shrinkage and patience are replaced.
    replications
        Replications of each of the 14 simulations, 20 or more; default 40.
    seed
        Seed of the random numbers; default 0.
    model
        As in `run`; a curve of patience in the model is left as it is.

    Raises
    ------
    DataError
        With every fault of the frames, or if nobody was answered.

    Notes
    -----
    The maximum likelihood estimate of an exponential under censoring, with the exact interval by chi-squared (J. F.
    Lawless, "Statistical Models and Methods for Lifetime Data", 2nd ed., 2003, section 4.1).
    """
    check_int("replications", replications, 20)
    check_int("seed", seed, 0)
    log = as_frame(contacts, "contacts", tz=centre.tz, known={"queue": [queue.name for queue in centre.queues]})
    fate = outcomes_of(log)
    if not fate.answered.any():
        raise DataError(Problem("nobody was answered in the log", remedy="give a log with answered contacts"))
    frame = _read(log, fate, centre)
    judged = _judged(centre, frame)
    forecast = _forecast(log, frame, centre)
    grid = np.round(np.arange(0.0, _MOST_SHRINKAGE + 1e-9, _STEP), 3)
    levels, spreads = [], []
    for shrinkage in grid:
        case = Case.of(forecast, roster, _shrunk(judged, shrinkage), model, replay=log)
        _, shares = _courses(case, replications, seed)
        levels.append(shares.mean())
        spreads.append(shares.std(ddof=1))
    met = _observed(log, fate, forecast, judged)
    level = float(met.sum() / len(log))
    # Fewer on seat never serve better; what chance says otherwise is levelled.
    falling = np.minimum.accumulate(levels)
    spread = float(np.interp(-level, -falling, spreads))
    bounds = [level, min(1.0, level + 1.96 * spread), max(0.0, level - 1.96 * spread)]
    value, low, high = (float(np.interp(-bound, -falling, grid)) for bound in bounds)
    case = Case.of(forecast, roster, _shrunk(judged, value), model, replay=log)
    counts, shares = _courses(case, replications, seed)
    around = mean_interval(shares)
    return Calibration(
        shrinkage=Estimate(value, low, high),
        frame=frame,
        service_level=level,
        fitted=Estimate(float(around.value), float(around.low), float(around.high)),
        p_value=_fit(counts, met),
        centre=_shrunk(_patient(centre, frame), value),
        replications=replications,
        seed=seed,
    )


def _read(log: pd.DataFrame, fate: Outcomes, centre: Centre) -> pd.DataFrame:
    """Return patience, handle time and speed of each queue of the log."""
    from scipy.stats import chi2

    rows = []
    for name, places in log.groupby("queue").indices.items():
        planned = centre.queue(str(name)).aht_s
        left, answered = int(fate.abandoned[places].sum()), fate.answered[places]
        waited = float(fate.wait_ns[places].sum()) / 1e9
        handled = fate.handle_s[places][answered]
        handled = handled[~np.isnan(handled)]
        if not len(handled):
            remedy = "give ended_at or talk_s, or leave the queue out"
            raise DataError(Problem(f"queue {str(name)!r} has no answered contact with a handle time", remedy=remedy))
        mean = mean_interval(handled)
        aht = [float(bound) for bound in mean]
        # The wait of the rest is censored: twice the time over the mean is chi-squared with two degrees for each left.
        patience = [waited / left if left and waited else np.inf]
        patience += [2 * waited / chi2.ppf(p, 2 * n) if n else np.inf for p, n in ((0.975, left + 1), (0.025, left))]
        speed = [np.nan] * 3 if planned is None else [planned / aht[0], planned / aht[2], planned / aht[1]]
        row: dict[str, object] = {"queue": str(name)}
        for column, bounds in (("patience_s", patience), ("aht_s", aht), ("speed", speed)):
            row |= dict(zip((column, f"{column}_low", f"{column}_high"), bounds, strict=True))
        rows.append(row)
    return pd.DataFrame(rows).astype({"queue": "str"})


def _patient(centre: Centre, frame: pd.DataFrame) -> Centre:
    """Return the centre with the patience of the log."""
    patience = frame.set_index("queue")["patience_s"]
    queues = []
    for queue in centre.queues:
        if queue.name in patience.index and not any(isinstance(target, MaxAbandonment) for target in queue.targets):
            mean = patience[queue.name]
            queue = replace(queue, patience=None if np.isinf(mean) else timedelta(seconds=float(mean)))
        queues.append(queue)
    return replace(centre, queues=tuple(queues))


def _judged(centre: Centre, frame: pd.DataFrame) -> Centre:
    """Return the centre with the patience of the log, each queue judged by what is answered within its threshold."""
    faults = Faults("the queues of the log")
    queues = []
    for queue in centre.queues:
        within = wait_target(centre, queue.name)
        if queue.name in set(frame["queue"]):
            if within is None:
                remedy = "give it a ServiceLevel, MeanAnswer or LongestWait, or leave its contacts out"
                faults.add(f"queue {queue.name!r} has no acceptable wait", remedy=remedy)
            else:
                queue = replace(queue, targets=(ServiceLevel(0.5, timedelta(seconds=within)),))
        queues.append(queue)
    faults.raise_if_any()
    return _patient(replace(centre, queues=tuple(queues)), frame)


def _shrunk(centre: Centre, fraction: float) -> Centre:
    placed = tuple(part for part in centre.shrinkage if part.in_roster)
    return replace(centre, shrinkage=(*placed, Shrinkage(name="calibrated", fraction=float(fraction))))


def _forecast(log: pd.DataFrame, frame: pd.DataFrame, centre: Centre) -> pd.DataFrame:
    """Return the intervals from the first to the last contact of each day, with what came in them."""
    starts = floor_to_interval(log["arrived_at"], centre.interval)
    counts = log.assign(start=starts).groupby(["queue", "start"]).size()
    step = pd.Timedelta(seconds=centre.interval_s)
    days = starts.groupby(starts.dt.normalize()).agg(["min", "max"])
    every = [stamp for first, last in days.itertuples(index=False) for stamp in pd.date_range(first, last, freq=step)]
    handled = frame.set_index("queue")["aht_s"]
    keys = pd.MultiIndex.from_product([frame["queue"], every], names=["queue", "start"])
    rows = counts.reindex(keys, fill_value=0).rename("offered").reset_index()
    rows = rows.astype({"offered": "float64"})
    return as_frame(rows.assign(aht_s=rows["queue"].map(handled).astype("float64")), "forecast", tz=centre.tz)


def _courses(case: Case, replications: int, seed: int) -> tuple[Floats, Floats]:
    """Return contacts in time by replication and row of the forecast, and their share by replication."""
    counts = []
    for number in range(replications):
        rows = count_targets(case, *case.play(seeds_of(seed, number)))
        counts.append(rows[:, len(COLUMNS) : len(COLUMNS) + 2])
    table = np.array(counts)
    return table[:, :, 0], table[:, :, 0].sum(axis=1) / table[:, :, 1].sum(axis=1)


def _observed(log: pd.DataFrame, fate: Outcomes, forecast: pd.DataFrame, judged: Centre) -> Floats:
    """Return the contacts of the log that were in time, by row of the forecast."""
    within = log["queue"].map({queue.name: wait_target(judged, queue.name) for queue in judged.queues}).to_numpy(float)
    starts = floor_to_interval(log["arrived_at"], judged.interval)
    met = fate.answered & (fate.wait_ns / 1e9 <= within)
    keys = pd.MultiIndex.from_arrays([log["queue"][met], starts[met]])
    place = pd.MultiIndex.from_frame(forecast[["queue", "start"]]).get_indexer(keys)
    return np.bincount(place, minlength=len(forecast)).astype(np.float64)


def _fit(counts: Floats, met: Floats) -> float:
    """Return how often a simulated log is at least as far from the others as the observed one."""
    size = len(counts)

    def distance(one: Floats, others: Floats) -> float:
        spread = others.var(axis=0, ddof=1)
        # An interval in which all replications are the same still has the chance of one contact more or less.
        return float(((one - others.mean(axis=0)) ** 2 / (spread + 0.25)).sum())

    apart = distance(met, counts)
    drawn = [distance(counts[n], np.delete(counts, n, axis=0)) for n in range(size)]
    return (1 + sum(value >= apart for value in drawn)) / (size + 1)
