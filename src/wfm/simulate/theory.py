"""Theory against simulation on this machine: both are ours, share no code, and must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from wfm import erlang
from wfm.checks import check_int
from wfm.domain.targets import ServiceLevel
from wfm.simulate.compiled import can_compile
from wfm.simulate.engine import Demand, Floats, Lines, Log, Staff, play
from wfm.stats import mean_interval

__all__ = ["SelfCheck", "selfcheck"]

_AHT_S = 240.0
_WITHIN_S = 20.0
# Contacts of a replication; those of the first tenth and of the end are not judged.
_CONTACTS = 20_000
# With some twenty figures one beyond this in a thousand checks is chance.
_MOST = 4.0


class _Case(NamedTuple):
    """A system with known figures."""

    name: str
    agents: int
    load: float
    patience_s: float | None = None
    places: int | None = None
    sessions: int = 1
    slowdown: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether the formula is exact: sessions that slow each other down are spread evenly in it alone."""
        return self.slowdown == 0.0


_CASES = (
    _Case("Erlang B", 10, 8.0, places=10),
    _Case("Erlang C", 10, 8.0),
    _Case("Erlang C, 50 agents", 50, 46.0),
    _Case("Erlang A", 10, 9.5, patience_s=120.0),
    _Case("chat, 3 sessions", 4, 10.0, patience_s=120.0, sessions=3),
    _Case("chat, 3 sessions, slower", 4, 6.5, patience_s=120.0, sessions=3, slowdown=0.2),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SelfCheck:
    """Formulas and simulation side by side.

    Parameters
    ----------
    frame
        See `to_frame`.
    replications, seed
        How many of each system, and of which seed.
    compiled
        Whether the kernel ran compiled.
    """

    frame: pd.DataFrame
    replications: int
    seed: int
    compiled: bool

    @property
    def passed(self) -> bool:
        """Whether every exact figure lies within four standard errors."""
        return bool((self.frame.loc[self.frame["exact"], "z"].abs() <= _MOST).all())

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame.

        Returns
        -------
        pandas.DataFrame
            One row per `case, figure`: `theory`, `simulated` with its 95 % interval `low, high`, `z` (the difference in
            standard errors), and `exact`: whether theory is exact there. The levels of a day cut into intervals that
            are each taken as steady (SIPP), and of sessions that slow each other down, are approximations.
        """
        return self.frame.copy()

    def __str__(self) -> str:
        way = "compiled" if self.compiled else "interpreted"
        told = "agree" if self.passed else "DISAGREE"
        lines = [f"theory and simulation {told}: {self.replications} replications each, seed {self.seed}, {way}"]
        width = max(len(name) for name in self.frame["case"])
        for place, row in enumerate(self.frame.itertuples(), 1):
            branch = "└─" if place == len(self.frame) else "├─"
            mark = f"z {row.z:+5.1f}" if row.exact else f"approximation, off by {row.simulated - row.theory:+.4f}"
            figures = f"{row.theory:8.4f}  {row.simulated:8.4f} [{row.low:.4f}, {row.high:.4f}]"
            lines.append(f"{branch} {row.case:<{width}}  {row.figure:<13} {figures}  {mark}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.frame.to_html(index=False, float_format="{:.4f}".format))


def selfcheck(*, replications: int = 30, seed: int = 0) -> SelfCheck:
    """Hold the formulas of `wfm.erlang` against the simulation on this machine.

    Erlang B, C and A, chats, and a day of half-hours taken as steady one by one (SIPP). It takes a few seconds where
    the kernel is compiled, and some minutes where it is not.

    Parameters
    ----------
    replications
        Replications of some 20,000 contacts for each system, 5 or more; default 30.
    seed
        Seed of the random numbers; default 0.

    Returns
    -------
    SelfCheck
        Print it, or look at `.to_frame()` and `.passed`.

    Raises
    ------
    DataError
        If a number is out of its range.

    Examples
    --------
    >>> selfcheck(replications=5).passed
    True
    """
    check_int("replications", replications, 5)
    check_int("seed", seed, 0)
    rows = []
    for number, case in enumerate(_CASES):
        seeds = np.random.SeedSequence(seed, spawn_key=(number,)).spawn(replications)
        found = [_simulated(case, np.random.default_rng(child)) for child in seeds]
        for figure, theory in _theory(case).items():
            rows.append(_row(case.name, figure, theory, [item[figure] for item in found], exact=case.exact))
    seeds = np.random.SeedSequence(seed, spawn_key=(len(_CASES),)).spawn(replications)
    theory, levels = _sipp(seeds)
    rows.append(_row("SIPP, a day", "service_level", theory, levels, exact=False))
    frame = pd.DataFrame(rows).astype({"case": "str", "figure": "str"})
    return SelfCheck(frame=frame, replications=replications, seed=seed, compiled=can_compile())


def _row(name: str, figure: str, theory: float, values: list[float], *, exact: bool) -> dict[str, object]:
    mean = mean_interval(values)
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return {
        "case": name,
        "figure": figure,
        "theory": theory,
        "simulated": float(mean.value),
        "low": float(mean.low),
        "high": float(mean.high),
        "z": (float(mean.value) - theory) / error if error > 0 else 0.0,
        "exact": exact,
    }


def _theory(case: _Case) -> dict[str, float]:
    lengths = [_AHT_S * (1 + case.slowdown * held) for held in range(case.sessions)]
    rate = case.load / _AHT_S
    if case.sessions > 1:
        found = erlang.chat_measures(
            rate, lengths, 1.0, case.agents, within_s=_WITHIN_S, patience_s=case.patience_s, places=case.places
        )
    else:
        found = erlang.measures(
            rate, _AHT_S, 1.0, case.agents, within_s=_WITHIN_S, patience_s=case.patience_s, places=case.places
        )
    if case.places == case.agents:
        return {"blocking": float(found.blocking), "occupancy": float(found.occupancy)}
    figures = {"service_level": float(found.service_level()), "asa_s": float(found.asa_s)}
    if case.patience_s is not None:
        figures["abandonment"] = float(found.abandonment)
    if case.sessions == 1:
        figures["occupancy"] = float(found.occupancy)
    return figures


def _simulated(case: _Case, rng: np.random.Generator) -> dict[str, float]:
    """Return the figures of one replication."""
    rate = case.load / _AHT_S
    horizon = _CONTACTS / rate
    demand = _demand(rng, np.array([rate]), horizon, case.patience_s)
    lines = Lines(
        rank=np.zeros(1, dtype=np.int64),
        concurrency=np.array([case.sessions]),
        slowdown=np.array([case.slowdown]),
    )
    log = play(
        demand, lines, _staff(case.agents, horizon + 100 * _AHT_S), interval_s=horizon / 10, intervals=10,
        trunks=case.places,
    )  # fmt: skip
    settled = (demand.time > horizon / 10) & (demand.time < horizon - 20 * _AHT_S)
    inside = slice(1, 9)
    wait = (log.reached - demand.time)[settled]
    answered = log.answered[settled]
    return {
        "service_level": float((answered & (wait <= _WITHIN_S)).mean()),
        "asa_s": float(wait[answered].mean()),
        "abandonment": float((~answered & ~log.blocked[settled]).mean()),
        "blocking": float(log.blocked[settled].mean()),
        "occupancy": float(log.busy_s[:, inside].sum() / log.staffed_s[:, inside].sum()),
    }


def _demand(rng: np.random.Generator, rates: Floats, length_s: float, patience_s: float | None) -> Demand:
    """Return a Poisson stream of these rates, each for a stretch of that length."""
    counts = rng.poisson(rates * length_s)
    base = np.repeat(np.arange(len(rates)) * length_s, counts)
    time = np.sort(base + rng.random(counts.sum()) * length_s)
    size = len(time)
    patience = None if patience_s is None else rng.exponential(patience_s, size)
    service = rng.exponential(_AHT_S, size)
    return Demand(time=time, queue=np.zeros(size, dtype=np.int64), service=service, patience=patience)


def _staff(agents: int, until_s: float) -> Staff:
    number = np.arange(agents)
    end = np.full(agents, until_s)
    return Staff(speed=np.ones((agents, 1)), agent=number, start=np.zeros(agents), end=end, shift=number, shift_end=end)


def _sipp(seeds: list[np.random.SeedSequence]) -> tuple[float, list[float]]:
    """Return the level of a day of half-hours, each taken as steady, and those that are simulated."""
    step = 1800.0
    volume = 60.0 + 40.0 * np.sin(np.linspace(0.0, np.pi, 20))
    agents = np.array([erlang.agents_required(v, _AHT_S, step, ServiceLevel(0.8, "20s")) for v in volume])
    promised = [
        float(erlang.measures(v, _AHT_S, step, int(n), within_s=_WITHIN_S).service_level())
        for v, n in zip(volume, agents, strict=True)
    ]
    staff = _stepped(agents, step)
    levels = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        demand = _demand(rng, volume / step, step, None)
        log: Log = play(demand, Lines(rank=np.zeros(1, dtype=np.int64)), staff, interval_s=step, intervals=len(volume))
        levels.append(float((log.answered & (log.reached - demand.time <= _WITHIN_S)).mean()))
    return float(np.average(promised, weights=volume)), levels


def _stepped(agents: npt.NDArray[np.int64], step: float) -> Staff:
    """Return agents of whom each interval has that many; the last stay two hours longer."""
    number, start, end = [], [], []
    for member in range(int(agents.max())):
        there = np.concatenate([[0], (agents > member).astype(np.int8), [0]])
        change = np.diff(there)
        for first, last in zip(np.flatnonzero(change > 0), np.flatnonzero(change < 0), strict=True):
            number.append(member)
            start.append(first * step)
            end.append(last * step + (7200.0 if last == len(agents) else 0.0))
    return Staff(
        speed=np.ones((int(agents.max()), 1)),
        agent=np.array(number),
        start=np.array(start),
        end=np.array(end),
        shift=np.arange(len(number)),
        shift_end=np.array(end),
    )
