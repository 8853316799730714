"""Targets as the search sees them: how far a station is from holding each one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from wfm.domain.targets import (
    Deadline,
    LongestWait,
    MaxAbandonment,
    MaxOccupancy,
    MeanAnswer,
    ServiceLevel,
    ServiceLevelBasis,
    Target,
)
from wfm.erlang.station import Late, State, Value, missed_levels
from wfm.errors import DataError, Faults, Problem

__all__ = ["OCCUPANCY_TOLERANCE", "Goals", "answered_share", "as_goals", "ratios"]

# An occupancy of 34 / 40 meets a cap of 0.85 although the quotient of floats may be a hair above it.
OCCUPANCY_TOLERANCE = 1e-12


class Goals(NamedTuple):
    """Checked targets, by what they need to be judged."""

    levels: tuple[ServiceLevel, ...]
    longest: tuple[LongestWait, ...]
    means: tuple[MeanAnswer, ...]
    abandonment: tuple[MaxAbandonment, ...]
    occupancy: tuple[MaxOccupancy, ...]

    @property
    def waits(self) -> tuple[float, ...]:
        """The acceptable waits of all targets that have one, in seconds."""
        levels = tuple(target.within_s for target in self.levels)
        longest = tuple(target.within_s for target in self.longest)
        return levels + longest + tuple(target.within_s for target in self.means)


def as_goals(target: Target | Iterable[Target], *, loses: bool) -> Goals:
    """Return the targets sorted by kind; `loses` tells whether contacts can abandon at all.

    Raises
    ------
    DataError
        If there is none, or one cannot be answered by a queueing formula.
    """
    if isinstance(target, ServiceLevel) and target.short_abandon_s is None:
        # The common question of a service; nothing can be wrong with it.
        return Goals((target,), (), (), (), ())
    targets = (target,) if isinstance(target, Target) else tuple(_iterate(target))
    faults = Faults("target")
    if not targets:
        faults.add("no target", remedy="give at least one, such as ServiceLevel(0.8, '30s')")
    for one in targets:
        if not isinstance(one, Target):
            faults.add(f"{one!r} is not a target", remedy="write ServiceLevel(0.8, '30s')")
        elif isinstance(one, Deadline):
            faults.add(f"target '{one}' is for deferred work", remedy="call wfm.staffing.requirement")
        elif isinstance(one, MaxAbandonment) and not loses:
            faults.add(f"target '{one}' without a patience", remedy="give patience_s")
        elif isinstance(one, ServiceLevel) and one.short_abandon_s is not None and one.short_abandon_s > one.within_s:
            what = f"target '{one}' has a short-abandon threshold of {one.short_abandon_s:g} s, above its wait"
            faults.add(what, remedy="the level then does not rise with staff; give a threshold of at most the wait")
    faults.raise_if_any()
    return Goals(
        tuple(one for one in targets if isinstance(one, ServiceLevel)),
        tuple(one for one in targets if isinstance(one, LongestWait)),
        tuple(one for one in targets if isinstance(one, MeanAnswer)),
        tuple(one for one in targets if isinstance(one, MaxAbandonment)),
        tuple(one for one in targets if isinstance(one, MaxOccupancy)),
    )


def _iterate(target: object) -> Iterable[Target]:
    if isinstance(target, Iterable) and not isinstance(target, str):
        return target
    raise DataError(Problem(f"{target!r} is not a target", remedy="write ServiceLevel(0.8, '30s')"))


def answered_share(goals: Goals) -> float:
    """Return the share of contacts that must be answered at all, as far as the targets say so directly."""
    shares = [level.fraction for level in goals.levels if level.basis is ServiceLevelBasis.OFFERED]
    return max(shares + [1.0 - most.fraction for most in goals.abandonment], default=0.0)


def ratios(goals: Goals, state: State, busy: Value, late: Callable[[float], Late]) -> list[Value]:
    """Return what is missed over what may be missed, for each target; it holds where this is at most 1.

    Parameters
    ----------
    goals
        The targets.
    state
        The station's long-run figures.
    busy
        Its occupancy.
    late
        Function of a wait in seconds: the shares of contacts beyond it.
    """
    found: list[Value] = []
    for level in goals.levels:
        short = None if level.short_abandon_s is None else late(level.short_abandon_s)
        missed = missed_levels(state, late(level.within_s), short)[ServiceLevelBasis(level.basis)]
        found.append(missed / (1.0 - level.fraction))
    found += [late(longest.within_s).virtual / longest.breach for longest in goals.longest]
    found += [state.asa_s / mean.within_s for mean in goals.means]
    found += [state.abandonment / most.fraction for most in goals.abandonment]
    found += [busy / (cap.fraction * (1.0 + OCCUPANCY_TOLERANCE)) for cap in goals.occupancy]
    return found
