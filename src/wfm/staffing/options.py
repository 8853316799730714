"""What a requirement may be asked for, beside the forecast and the centre."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from wfm.checks import check_choice, check_fraction, check_int
from wfm.domain.centre import Centre, Shrinkage
from wfm.errors import Faults, did_you_mean
from wfm.schema import FrameLike, as_frame
from wfm.staffing.kernels.load import Method

__all__ = ["Options", "Scope", "away", "tree"]


class Scope(StrEnum):
    """Over what a service level must hold."""

    INTERVAL = "interval"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Options:
    """The checked options of `wfm.staffing.requirement`, which describes them."""

    method: Method = Method.MOL
    scope: Scope = Scope.INTERVAL
    confidence: float | None = None
    expected: bool = False
    paths: pd.DataFrame | None = field(default=None, repr=False)
    shrinkage: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    blend: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    backlog: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def uncertain(self) -> bool:
        """Whether the staff is for the distribution of the volume rather than for its mean."""
        return self.expected or self.confidence is not None

    @classmethod
    def of(
        cls,
        centre: Centre,
        *,
        method: str,
        scope: str,
        confidence: float | None,
        expected: bool,
        paths: FrameLike | None,
        shrinkage: Mapping[str, Mapping[int, float]] | None,
        blend: Mapping[str, tuple[str, ...]] | None,
        backlog: FrameLike | None,
    ) -> Options:
        """Check the options against the centre.

        Raises
        ------
        DataError
            With every fault.
        """
        faults = Faults("the options of a requirement")
        made = cls()
        with faults.collecting():
            made = cls(method=check_choice("method", method, Method))
        with faults.collecting():
            check_choice("scope", scope, Scope)
        with faults.collecting():
            if confidence is not None:
                check_fraction("confidence", confidence, include_one=False)
        if expected and confidence is not None:
            faults.add("both expected and confidence", remedy="give one: each has its own number of agents")
        if (expected or confidence is not None) and scope != Scope.INTERVAL:
            faults.add(f"scope {str(scope)!r} for an uncertain volume", remedy="leave scope at 'interval'")
        if paths is not None and not expected and confidence is None:
            faults.add("paths without a use for them", remedy="give confidence, such as 0.9, or expected=True")
        checked = None
        names = {"queue": [queue.name for queue in centre.queues]}
        with faults.collecting():
            checked = None if paths is None else as_frame(paths, "paths", tz=centre.tz, known=names)
        _check_shrinkage(shrinkage or {}, centre, faults)
        _check_blend(blend or {}, centre, faults)
        waiting = None
        with faults.collecting():
            waiting = None if backlog is None else as_frame(backlog, "backlog", tz=centre.tz, known=names)
        if waiting is not None:
            _check_backlog(waiting, blend or {}, centre, faults)
        faults.raise_if_any()
        return cls(
            method=made.method,
            scope=Scope(scope),
            confidence=confidence,
            expected=expected,
            paths=checked,
            shrinkage={name: dict(hours) for name, hours in (shrinkage or {}).items()},
            blend={name: tuple(live) for name, live in (blend or {}).items()},
            backlog=waiting,
        )


def _check_shrinkage(shrinkage: Mapping[str, Mapping[int, float]], centre: Centre, faults: Faults) -> None:
    parts = {part.name: part for part in centre.shrinkage if not part.in_roster}
    for name, hours in shrinkage.items():
        if name not in parts:
            remedy = f"name a part that the roster does not place: {did_you_mean(name, parts)}"
            faults.add(f"unknown shrinkage part {name!r}", remedy=remedy)
        for hour, fraction in hours.items():
            with faults.collecting(f"shrinkage part {name!r}"):
                check_int("the hour of the day", hour, 0, 23)
                check_fraction(f"the fraction at hour {hour}", fraction, include_zero=True, include_one=False)
    if faults:
        return
    for hour in range(24):
        total = sum(away(part, hour, shrinkage) for part in parts.values())
        if total >= 1:
            what = f"the shrinkage parts add up to {total:g} at hour {hour}"
            faults.add(what, remedy="they must stay below 1")


def _check_blend(blend: Mapping[str, tuple[str, ...]], centre: Centre, faults: Faults) -> None:
    known = {queue.name: queue for queue in centre.queues}
    for name, lives in blend.items():
        if isinstance(lives, str):
            faults.add(f"blend of {name!r} is the text {lives!r}", remedy="give a tuple of names, such as ('calls',)")
            continue
        for one, deferred in ((name, True), *((live, False) for live in lives)):
            if one not in known:
                faults.add(f"unknown queue {one!r} in blend", remedy=did_you_mean(one, known))
            elif known[one].is_deferred != deferred:
                kind = "has no deadline" if deferred else "is deferred work itself"
                faults.add(f"queue {one!r} in blend {kind}", remedy="write {deferred queue: (live queues, ...)}")


def _check_backlog(backlog: pd.DataFrame, blend: Mapping[str, tuple[str, ...]], centre: Centre, faults: Faults) -> None:
    for name in backlog["queue"].unique():
        if not centre.queue(name).is_deferred:
            what = f"a backlog of queue {name!r}, which is answered live and has no deadline"
            faults.add(what, remedy="leave it out, or give the queue a Deadline target")
        elif name in blend:
            what = f"a backlog of queue {name!r}, which is done in the idle time of others"
            faults.add(what, remedy="leave the queue out of blend, or its backlog out")


def away(part: Shrinkage, hour: int, shrinkage: Mapping[str, Mapping[int, float]]) -> float:
    """Return the fraction of a part at an hour of the local day."""
    return shrinkage.get(part.name, {}).get(hour, part.fraction)


def tree(centre: Centre, hour: int, shrinkage: Mapping[str, Mapping[int, float]]) -> dict[str, dict[str, float]]:
    """Return the parts that the requirement divides by, planned or not, in the office or out of it.

    A part that takes whole shifts is out of the office, any other in it.
    """
    found: dict[str, dict[str, float]] = {}
    for part in centre.shrinkage:
        if not part.in_roster:
            place = "out of office" if part.whole_shift else "in office"
            branch = f"{'planned' if part.planned else 'unplanned'}, {place}"
            found.setdefault(branch, {})[part.name] = away(part, hour, shrinkage)
    return found
