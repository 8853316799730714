"""Coverage bought from level curves: an agent is worth the contacts that are answered in time because they are there.

A requirement with its targets on single intervals asks for more than one with the same targets on whole days: a day
may be short where staff is dear and full where it is cheap. Here each agent of an interval is worth the contacts that
the level curve gains by them, at a price; where a target is to be met over a scope, the price is raised or lowered,
queue by queue and scope by scope, until the search meets it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wfm.checks import check_choice, check_in_range
from wfm.errors import DataError, Problem
from wfm.roster.problem import Case, Flags, Floats, Ints
from wfm.roster.tiers import Tiers, tiers_of
from wfm.shifts import seconds
from wfm.staffing.kernels import live

if TYPE_CHECKING:
    from wfm.staffing.result import Requirement

__all__ = ["Buy", "Curves", "Scope", "service_levels"]

_MERGE = 0.85  # agents worth at least this share of the first of a tier are in it
_MOST_STEP = 2.0  # how far a price moves at once
_CLOSE = 1e-4  # a level that near to its target has met it
_SMALL = 1e-3
_POWER = 0.7  # how fast it follows the share of contacts that miss the target


class Scope(StrEnum):
    """Over what a service level is to be met."""

    INTERVAL = "interval"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy:
    """How coverage is bought from the level curves of a requirement.

    Parameters
    ----------
    price
        Price of a contact that is not answered in time, more than 0. Default: the price at which the service level of
        each queue is met over the scope, as found by search.
    scope
        Over what the service level is to be met where `price` is not given: each `interval`, `day` (default) or `week`.

    Raises
    ------
    DataError
        If the price is not above 0 or the scope is another.
    """

    price: float | None = None
    scope: Scope | str = Scope.DAY

    def __post_init__(self) -> None:
        if self.price is not None:
            check_in_range("price", self.price, 0.0, include_low=False)
        object.__setattr__(self, "scope", check_choice("scope", self.scope, Scope))


@dataclass(frozen=True, slots=True)
class _Curve:
    """The level curve of an interval and queue in scheduled heads, and its least concave cover."""

    interval: int
    queue: int
    scope: int
    offered: float
    heads: Floats
    levels: Floats
    corners: Ints


class Curves:
    """The level curves of a requirement on the axis of a case.

    Parameters
    ----------
    case
        The problem.
    need
        The requirement.
    buy
        How is bought.

    Raises
    ------
    DataError
        If the requirement has no level curves.
    """

    def __init__(self, case: Case, need: Requirement, buy: Buy) -> None:
        if not hasattr(need, "level_curve"):
            remedy = "give the result of wfm.staffing.requirement"
            raise DataError(Problem("buy needs the level curves of the requirement, not a frame alone", remedy=remedy))
        self._case = case
        self._curves = list(_read(case, need, buy))
        queues = [case.centre.queue(name) for name in case.queues]
        self._target = np.array([live.reading(queue).fraction for queue in queues])
        keys = sorted({(curve.queue, curve.scope) for curve in self._curves})
        self.keys = keys
        self._number = np.array([keys.index((curve.queue, curve.scope)) for curve in self._curves], dtype=np.int64)
        self._offered = np.bincount(self._number, [curve.offered for curve in self._curves], minlength=len(keys))

    def first_prices(self) -> Floats:
        """Return for each queue and scope the price at which an agent at the target is worth the median wage."""
        wage = float(np.median([person.contract.cost_per_hour for person in self._case.people])) or 1.0
        found: list[list[float]] = [[] for _ in self.keys]
        for curve, number in zip(self._curves, self._number.tolist(), strict=True):
            levels, heads = curve.levels[curve.corners], curve.heads[curve.corners]
            at = min(int(np.searchsorted(levels, self._target[curve.queue])), len(levels) - 1)
            gain = curve.offered * (levels[at] - levels[at - 1]) / (heads[at] - heads[at - 1])
            found[number].append(wage * self._case.interval_h / max(gain, 1e-9))
        return np.array([float(np.median(some)) for some in found])

    def case_at(self, prices: Floats) -> Case:
        """Return the case in which agents are worth the contacts they answer in time, at a price by queue and scope."""
        plain = tiers_of(replace(self._case, bought=None))
        steps: list[list[tuple[float, float]]] = []
        for curve, number in zip(self._curves, self._number.tolist(), strict=True):
            steps.append(_steps(curve, float(prices[number])))
        count = max(plain.above, *(len(some) for some in steps)) if steps else plain.above
        shape = (count, *self._case.demand.shape)
        size, worth = np.zeros(shape), np.zeros(shape)
        size[: plain.above], worth[: plain.above] = plain.size[: plain.above], plain.worth[: plain.above]
        for curve, some in zip(self._curves, steps, strict=True):
            place = slice(None), curve.interval, curve.queue
            size[place], worth[place] = 0.0, some[-1][1]
            for number, (heads, price) in enumerate(some):
                size[number, curve.interval, curve.queue] = heads
                worth[number, curve.interval, curve.queue] = price
        above = slice(plain.above, None)
        tiers = Tiers(np.concatenate((size, plain.size[above])), np.concatenate((worth, plain.worth[above])), count)
        return replace(self._case, bought=tiers)

    def levels(self, rostered: Floats) -> Floats:
        """Return the service level of each queue and scope with `rostered` heads by interval and queue."""
        inside = [
            curve.offered * np.interp(rostered[curve.interval, curve.queue], curve.heads, curve.levels)
            for curve in self._curves
        ]
        met: Floats = np.bincount(self._number, inside, minlength=len(self.keys)) / self._offered
        return met

    def met(self, levels: Floats) -> Flags:
        """Return which queues and scopes reach their targets."""
        result: Flags = levels >= self._target[[queue for queue, _ in self.keys]] - _CLOSE
        return result

    def next_prices(self, prices: Floats, levels: Floats) -> Floats:
        """Return prices nearer to those that meet the targets: higher where too many contacts miss them, else lower."""
        target = self._target[[queue for queue, _ in self.keys]]
        step = ((1 - levels + _SMALL) / (1 - target + _SMALL)) ** _POWER
        moved: Floats = prices * np.clip(step, 1 / _MOST_STEP, _MOST_STEP)
        return moved


def _read(case: Case, need: Requirement, buy: Buy) -> list[_Curve]:
    frame = need.frame
    keyed = frame.set_index(["queue", "start"])
    ratio = (keyed["scheduled"] / keyed["agents"]).to_dict()
    offered = keyed["offered"].to_dict()
    scope_of = _scopes(case, buy.scope)
    found = []
    for (name, start), rows in need.level_curve.groupby(["queue", "start"], sort=True):
        moment = int(seconds(pd.DatetimeIndex([start]))[0])
        interval = (moment - int(case.starts_s[0])) // case.interval_s
        per_agent = ratio[name, start]
        if not (0 <= interval < len(case.demand) and np.isfinite(per_agent) and per_agent > 0):
            continue
        heads = np.concatenate(([0.0], rows["agents"].to_numpy(dtype=float) * per_agent))
        levels = np.concatenate(([0.0], rows["service_level"].to_numpy(dtype=float)))
        queue = case.queues.index(name)
        corners = _cover(heads, levels)
        found.append(_Curve(interval, queue, scope_of(interval), float(offered[name, start]), heads, levels, corners))
    return found


def _scopes(case: Case, scope: Scope | str) -> Callable[[int], int]:
    """Return the number of the scope of an interval: itself, its day, or its week."""
    if scope == Scope.INTERVAL:
        return lambda interval: interval
    day = np.searchsorted(case.day_start_s, case.starts_s, side="right") - 1
    number = day if scope == Scope.DAY else case.week_of_day[day]
    return lambda interval: int(number[interval])


def _cover(heads: Floats, levels: Floats) -> Ints:
    """Return the points of a curve that its least concave cover turns at, the first and the highest among them."""
    corners: list[int] = []
    for point in range(int(np.argmax(levels)) + 1):
        while len(corners) > 1 and _slope(heads, levels, corners[-2], corners[-1]) <= _slope(
            heads, levels, corners[-1], point
        ):
            corners.pop()
        if not corners or heads[point] > heads[corners[-1]]:
            corners.append(point)
    return np.array(corners, dtype=np.int64)


def _slope(heads: Floats, levels: Floats, one: int, other: int) -> float:
    return float((levels[other] - levels[one]) / (heads[other] - heads[one]))


def _steps(curve: _Curve, price: float) -> list[tuple[float, float]]:
    """Return the tiers of a curve as heads and what each is worth: agents worth nearly the same are one tier."""
    heads, gains = np.diff(curve.heads[curve.corners]), np.diff(curve.levels[curve.corners])
    worth = price * curve.offered * gains / heads
    steps: list[list[float]] = []
    first = 0.0
    for count, value in zip(heads.tolist(), worth.tolist(), strict=True):
        if not steps or value < _MERGE * first:
            steps.append([0.0, 0.0])
            first = value
        steps[-1][0] += count
        steps[-1][1] += count * value
    return [(count, total / count) for count, total in steps] or [(0.0, 0.0)]


def service_levels(need: Requirement, coverage: pd.DataFrame, *, scope: Scope | str = Scope.DAY) -> pd.DataFrame:
    """Return the service level that a coverage reaches by the level curves of its requirement.

    Parameters
    ----------
    need
        The requirement.
    coverage
        Frame `coverage` of a roster on it.
    scope
        Over what: each `interval`, `day` (default) or `week` (from Monday).

    Returns
    -------
    pandas.DataFrame
        `queue, start, offered, answered_within, service_level, target`: a row for each queue and scope with contacts;
        `start` is its first interval.
    """
    scope = check_choice("scope", scope, Scope)
    keyed = need.frame.set_index(["queue", "start"])
    rostered = coverage.set_index(["queue", "start"])["rostered"]
    rows = []
    for (name, start), curve in need.level_curve.groupby(["queue", "start"], sort=True):
        row = keyed.loc[(name, start)]
        on_seat = rostered[(name, start)] * row["agents"] / row["scheduled"]
        levels = np.interp(on_seat, [0.0, *curve["agents"]], [0.0, *curve["service_level"]])
        rows.append((name, start, float(row["offered"]), float(row["offered"] * levels)))
    frame = pd.DataFrame(rows, columns=["queue", "start", "offered", "answered_within"])
    day = frame["start"].dt.tz_localize(None).dt.normalize()
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    by = {Scope.INTERVAL: frame["start"], Scope.DAY: day, Scope.WEEK: monday}[scope]
    table = frame.groupby(["queue", by.rename("scope")], as_index=False).agg(
        start=("start", "min"), offered=("offered", "sum"), answered_within=("answered_within", "sum")
    )
    table["service_level"] = table["answered_within"] / table["offered"]
    table["target"] = [live.reading(need.centre.queue(name)).fraction for name in table["queue"]]
    return table[["queue", "start", "offered", "answered_within", "service_level", "target"]]
