"""The agents of live teams over their load, from a few nodes: for ranges, levels and what-ifs.

What is interpolated is the agents above the load over the root of the load, which hardly changes. The nodes of many
questions (levels, waits, patiences, handle times) are searched together, since a step costs the same for few as for
many. A quote's own staff is never read from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wfm.domain.targets import LongestWait, MaxAbandonment, MeanAnswer, ServiceLevel, ServiceLevelBasis, Target
from wfm.quotes.models import Team
from wfm.staffing.kernels.rounding import whole_up

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints
    from wfm.erlang.results import Measures

__all__ = ["Question", "Surface", "surfaces"]

_RATIO = 1.3
_MOST_NODES = 40
_STEPS = 40
_LEAST_MISSED = 1e-200


class Question(NamedTuple):
    """A team for which a surface is wanted, and the range of its load in erlangs of contacts held alone."""

    sessions_s: tuple[float, ...]
    patience_s: float | None
    interval_s: float
    targets: tuple[Target, ...]
    low: float
    high: float


class Surface(NamedTuple):
    """Agents above the load over the root of the load, at the logarithms of some loads."""

    place: Floats
    excess: Floats

    def real(self, load: Floats) -> Floats:
        """Return real agents at loads."""
        return np.asarray(load + np.interp(np.log(load), self.place, self.excess) * np.sqrt(load))

    def agents(self, load: Floats) -> Ints:
        """Return whole agents at loads."""
        return whole_up(np.maximum(self.real(load), 1e-3))


def surfaces(questions: Sequence[Question]) -> list[Surface]:
    """Return the surface of each question."""
    loads = [_nodes(one) for one in questions]
    real: list[Floats] = [np.empty(0)] * len(questions)
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, one in enumerate(questions):
        if len(one.sessions_s) == 1 and one.patience_s is None:
            team = Team(loads[number] * one.interval_s / one.sessions_s[0], one.sessions_s, None, one.interval_s)
            real[number] = team.real(one.targets)[team.back]
        else:
            kinds = tuple((type(goal), getattr(goal, "basis", "")) for goal in one.targets)
            key = (len(one.sessions_s), one.patience_s is None, one.interval_s, kinds)
            groups.setdefault(key, []).append(number)
    for members in groups.values():
        search = _Search([questions[number] for number in members], [loads[number] for number in members])
        cuts = np.cumsum([len(loads[number]) for number in members])[:-1]
        for number, found in zip(members, np.split(search.real(), cuts), strict=True):
            real[number] = found
    return [Surface(np.log(load), (agents - load) / np.sqrt(load)) for load, agents in zip(loads, real, strict=True)]


def _nodes(question: Question) -> Floats:
    ratio = max(question.high / question.low, 1.0)
    count = int(np.clip(np.ceil(np.log(ratio) / np.log(_RATIO)) + 2, 3, _MOST_NODES))
    return np.geomspace(question.low * 0.999, question.high * 1.001, count)


class _Search:
    """The real agents of the nodes of questions with the same kind of model and the same kinds of targets.

    A secant on the logarithm of missed over allowed, in whole agents, which brackets the crossing as it goes.
    """

    def __init__(self, questions: list[Question], loads: list[Floats]) -> None:
        sizes = [len(load) for load in loads]
        self.load = np.concatenate(loads)
        self.step = questions[0].interval_s
        count = len(questions[0].sessions_s)
        self.sessions = [np.repeat([one.sessions_s[place] for one in questions], sizes) for place in range(count)]
        self.offered = self.load * self.step / self.sessions[0]
        self.patience = None
        if questions[0].patience_s is not None:
            self.patience = np.repeat([float(one.patience_s or 0.0) for one in questions], sizes)
        self.goals = [
            (goal, np.repeat([_limit(one.targets[place]) for one in questions], sizes), _waits(questions, place, sizes))
            for place, goal in enumerate(questions[0].targets)
        ]
        # A staff that no finite wait goes with; none where contacts give up.
        full = self.load if self.patience is None else np.zeros(len(self.load))
        if self.patience is None and count > 1:
            full = self.offered * self.sessions[-1] / self.step / count
        self.least = np.floor(full) + 1.0

    def _ask(self, agents: Floats, within: Floats, short: float | None) -> Measures:
        from wfm.erlang import chat_measures, measures

        ask: Any = measures if len(self.sessions) == 1 else chat_measures
        lengths = self.sessions[0] if len(self.sessions) == 1 else self.sessions
        found: Measures = ask(
            self.offered,
            lengths,
            self.step,
            agents,
            within_s=within,
            patience_s=self.patience,
            short_abandon_s=short,
        )
        return found

    def _margin(self, agents: Floats) -> Floats:
        worst = np.full(len(agents), -np.inf)
        for goal, limit, within in self.goals:
            found = self._ask(agents, within, getattr(goal, "short_abandon_s", None))
            if isinstance(goal, ServiceLevel):
                value = found.missed_level(goal.basis)
            elif isinstance(goal, LongestWait):
                value = found.missed_level(ServiceLevelBasis.VIRTUAL)
            elif isinstance(goal, MeanAnswer):
                value = found.asa_s
            else:
                value = found.abandonment if isinstance(goal, MaxAbandonment) else found.occupancy
            worst = np.maximum(worst, np.log(np.maximum(value, _LEAST_MISSED)) - np.log(limit))
        return worst

    def real(self) -> Floats:
        """Return where the line through the nearest whole numbers on both sides crosses 0."""
        root = np.sqrt(self.load)
        per_load = self.sessions[-1] / self.sessions[0] / len(self.sessions)
        now = np.maximum(np.rint(self.load * per_load * 0.9 + root * per_load), self.least)
        low, high = self.least - 1.0, np.full(len(now), np.inf)
        at_low, at_high = np.full(len(now), np.inf), np.full(len(now), -np.inf)
        before, at_before = now, np.full(len(now), np.nan)
        for _ in range(_STEPS):
            value = self._margin(now)
            met = value <= 0.0
            better_high, better_low = met & (now < high), ~met & (now > low)
            high, at_high = np.where(better_high, now, high), np.where(better_high, value, at_high)
            low, at_low = np.where(better_low, now, low), np.where(better_low, value, at_low)
            if (np.isfinite(high) & (high - low <= np.maximum(1.0, 0.004 * high))).all():
                break
            with np.errstate(invalid="ignore", divide="ignore"):
                slope = (value - at_before) / (now - before)
                jump = np.where(slope < 0, -value / slope, np.where(met, -1.0, 1.0) * np.maximum(0.3 * root, 1.0))
            reach = 0.5 * now + 2.0
            trial = np.rint(now + np.clip(np.nan_to_num(jump), -reach, reach))
            trial = np.where(trial == now, now + np.where(met, -1.0, 1.0), trial)
            middle = np.where(np.isfinite(high), np.floor((low + high) / 2.0), now + np.maximum(root, 1.0))
            inside = (trial > low) & (trial < high)
            trial = np.where(inside, trial, np.maximum(middle, self.least))
            closed = (high - low) <= 1.0
            before, at_before = now, value
            now = np.where(closed, high, trial)
        return self._crossing(low, high, at_low, at_high)

    def _crossing(self, low: Floats, high: Floats, at_low: Floats, at_high: Floats) -> Floats:
        known = np.isfinite(at_low) & np.isfinite(at_high)
        if not known.all():
            # Nothing below is stable: the line is that of the two whole numbers above.
            further = self._margin(np.where(np.isfinite(high), high, low) + 1.0)
            slope = further - at_high
            with np.errstate(invalid="ignore", divide="ignore"):
                back = np.where(slope < 0, at_high / slope, 0.0)
            at = np.clip(high - back, high - 1.0, high)
            with np.errstate(invalid="ignore"):
                between = high - (high - low) * at_high / (at_high - at_low)
            return np.where(known, between, at)
        return np.asarray(high - (high - low) * at_high / (at_high - at_low))


def _limit(goal: Target) -> float:
    if isinstance(goal, ServiceLevel):
        return 1.0 - goal.fraction
    if isinstance(goal, LongestWait):
        return goal.breach
    return float(goal.within_s if isinstance(goal, MeanAnswer) else goal.fraction)


def _waits(questions: list[Question], place: int, sizes: list[int]) -> Floats:
    return np.repeat([float(getattr(one.targets[place], "within_s", 30.0)) for one in questions], sizes)
