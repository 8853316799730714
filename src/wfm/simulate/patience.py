"""How long customers wait: the patience that a log of contacts shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm.checks import check_choice
from wfm.errors import DataError, Faults, Problem
from wfm.schema import FrameLike, as_frame
from wfm.simulate.streams import Stream

__all__ = ["PatienceCurve", "PatienceFit", "fit_patience"]

Floats: TypeAlias = npt.NDArray[np.float64]

_WEIBULL_STEPS = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatienceCurve:
    """Patience as a survival curve in seconds: the share of customers who still wait, had nobody answered.

    Parameters
    ----------
    times_s
        Waits at which customers left, rising, 0 or more.
    waiting
        Share that waits on after each of them, falling, in [0, 1].
    tail_s
        Whoever is patient beyond the last of them waits on for an exponential time of this mean; more than 0, infinite
        if they never leave.

    Raises
    ------
    DataError
        With every fault of the curve.

    Examples
    --------
    >>> curve = PatienceCurve(times_s=np.array([10.0, 60.0]), waiting=np.array([0.9, 0.0]), tail_s=1.0)
    >>> round(float(np.mean(curve.draw(np.random.default_rng(1), 10_000) == 10.0)), 1)
    0.1
    """

    times_s: Floats
    waiting: Floats
    tail_s: float

    def __post_init__(self) -> None:
        faults = Faults("a patience curve")
        if len(self.times_s) != len(self.waiting):
            faults.add(f"{len(self.times_s)} times and {len(self.waiting)} shares", remedy="give one for each")
        if not (np.isfinite(self.times_s) & (np.diff(self.times_s, prepend=-1e-9) > 0)).all():
            faults.add("times that do not rise from 0", remedy="sort them, and give each once")
        falling = np.diff(self.waiting, prepend=1.0) <= 0
        if not (falling & (self.waiting >= 0)).all():
            faults.add("shares that rise, or lie outside 0 to 1", remedy="give the share that still waits")
        if not self.tail_s > 0:
            faults.add(f"tail_s must be more than 0, got {self.tail_s!r}", remedy="or infinite")
        faults.raise_if_any()

    def draw(self, rng: Stream, size: int) -> Floats:
        """Return waits in seconds after which customers leave; infinite for those who never do."""
        u = rng.random(size)
        # The first time at which no more than u still wait: u is the share of those more patient.
        at = np.searchsorted(-self.waiting, -u, side="left")
        last = float(self.times_s[-1]) if len(self.times_s) else 0.0
        share = float(self.waiting[-1]) if len(self.waiting) else 1.0
        beyond = at >= len(self.times_s)
        left = np.maximum(u, np.finfo(np.float64).tiny) / max(share, np.finfo(np.float64).tiny)
        tail = last - self.tail_s * np.log(np.minimum(left, 1.0)) if np.isfinite(self.tail_s) else np.full(size, np.inf)
        return np.where(beyond, tail, np.append(self.times_s, np.inf)[at])


class PatienceFit(StrEnum):
    """How a log is read."""

    EMPIRICAL = "empirical"
    EXPONENTIAL = "exponential"
    WEIBULL = "weibull"


def fit_patience(contacts: FrameLike, *, law: PatienceFit | str = PatienceFit.EMPIRICAL) -> dict[str, PatienceCurve]:
    """Return the patience of each queue that a log of contacts shows.

    The wait of a customer who abandoned is a patience; that of one who was answered says that the patience was longer.
    With the empirical law (Kaplan and Meier's estimate), beyond the longest wait at which somebody left, customers are
    taken to leave at the mean rate of the whole log.

    Parameters
    ----------
    contacts
        Frame `contacts` or a result that gives one; a wait begins at `queued_at`, or `arrived_at` where that is
        missing. Contacts neither answered nor abandoned are left out.
    law
        `"empirical"` (default), or the `"exponential"` or `"weibull"` law of the greatest likelihood. A Weibull law is
        given as a curve of 2,000 steps, and leaves out waits of 0: whoever left at once did not wait (see
        `Model.balking`).

    Returns
    -------
    dict
        By queue, for `Model(patience=...)`. A queue that nobody abandoned has customers who never leave.

    Raises
    ------
    DataError
        If the frame has faults, or no contact was answered or abandoned.

    Notes
    -----
    E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958), 457-481; the
    laws by J. F. Lawless, "Statistical Models and Methods for Lifetime Data", 2nd ed. (2003), chapters 4 and 5.

    Examples
    --------
    >>> nine = pd.Timestamp("2026-01-05 09:00", tz="Europe/Berlin")
    >>> log = pd.DataFrame({"contact_id": ["1", "2", "3"], "queue": "calls", "arrived_at": [nine] * 3,
    ...     "answered_at": [nine + pd.Timedelta("20s"), pd.NaT, pd.NaT],
    ...     "abandoned_at": [pd.NaT, nine + pd.Timedelta("30s"), nine + pd.Timedelta("60s")]})
    >>> fit_patience(log)["calls"].waiting
    array([0.5, 0. ])
    """
    from wfm.stats import kaplan_meier

    chosen = check_choice("law", law, PatienceFit)
    frame = as_frame(contacts, "contacts")
    frame = frame[frame["answered_at"].notna() | frame["abandoned_at"].notna()]
    if not len(frame):
        what = "no contact of the log was answered or abandoned"
        raise DataError(Problem(what, remedy="give a log with at least one that was"))
    begun = frame["arrived_at"]
    if "queued_at" in frame.columns:
        begun = frame["queued_at"].fillna(begun)
    left = frame["answered_at"].isna().to_numpy()
    over = frame["answered_at"].where(~left, frame["abandoned_at"])
    wait_s = ((over - begun) / pd.Timedelta(seconds=1)).to_numpy(dtype=np.float64)
    curves = {}
    for name, rows in frame.reset_index(drop=True).groupby("queue").indices.items():
        abandoned = int(left[rows].sum())
        tail_s = float(wait_s[rows].sum()) / abandoned if abandoned else np.inf
        if chosen is PatienceFit.EXPONENTIAL or not abandoned:
            none = np.empty(0)
            curves[str(name)] = PatienceCurve(times_s=none, waiting=none, tail_s=tail_s or np.inf)
            continue
        if chosen is PatienceFit.WEIBULL:
            curves[str(name)] = _weibull(str(name), wait_s[rows], left[rows])
            continue
        curve = kaplan_meier(wait_s[rows], left[rows])
        # Where everybody left at once the rate is infinite; the curve then ends at 0 and has no tail.
        curves[str(name)] = PatienceCurve(times_s=curve.times, waiting=curve.survival, tail_s=tail_s or np.inf)
    return curves


def _weibull(queue: str, wait_s: Floats, left: npt.NDArray[np.bool_]) -> PatienceCurve:
    """Return the Weibull law of the greatest likelihood, of waits of which those not left are censored."""
    from scipy.optimize import brentq

    waited = wait_s > 0
    time, gone = wait_s[waited] / wait_s[waited].max(), left[waited]
    if len(np.unique(time[gone])) < 2:
        what = f"fewer than two different waits of queue {queue!r} at which somebody left"
        raise DataError(Problem(what, remedy="give a longer log, or law='empirical'"))
    logs = np.log(time)

    def score(shape: float) -> float:
        powers = time**shape
        return float((powers * logs).sum() / powers.sum() - 1 / shape - logs[gone].mean())

    shape = float(brentq(score, 0.02, 50.0))
    scale = float((time**shape).sum() / gone.sum()) ** (1 / shape) * float(wait_s[waited].max())
    still = 1.0 - (np.arange(_WEIBULL_STEPS) + 0.5) / _WEIBULL_STEPS
    times = scale * (-np.log(still)) ** (1 / shape)
    below = 1.0 - np.arange(1, _WEIBULL_STEPS + 1) / _WEIBULL_STEPS
    return PatienceCurve(times_s=times, waiting=np.maximum(below, 0.0), tail_s=np.inf)
