"""What a change promises, told quickly from what one agent more or less is worth now, before anything is laid out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wfm.roster.duties import Duty, Part
from wfm.roster.problem import Floats, Ints
from wfm.roster.published.floor import Floor

__all__ = ["Prospect"]


class Prospect:
    """The worth of one agent more and the loss of one less, by interval and queue, as the floor stands.

    Parameters
    ----------
    floor
        Who covers what now.
    least
        Worth of an agent in an interval below which nothing is promised.
    """

    def __init__(self, floor: Floor, least: float) -> None:
        case = floor.case
        self._floor = floor
        gain = floor.gain_of_one_more(floor.rostered)
        self._gain: Floats = np.where(gain > least, gain, 0.0)
        self._less = floor.loss_of_one_less()
        self._edges = np.append(case.starts_s, case.starts_s[-1] + case.interval_s)[: len(case.demand) + 1]
        self._sums: dict[tuple[bool, ...], Floats] = {}
        self._lost = np.concatenate((np.zeros((1, len(case.queues))), np.cumsum(self._less, axis=0)))
        self.some_idle = bool((floor.excess() > 0).any())

    def of_breaks(self, rests: Sequence[Part], queues: Sequence[str | None]) -> float:
        """Return what work in place of some breaks would be worth."""
        worth = 0.0
        for part, queue in zip(rests, queues, strict=True):
            if queue is not None:
                column = np.concatenate(([0.0], np.cumsum(self._gain[:, self._floor.case.queues.index(queue)])))
                worth += float(
                    np.interp(part.end_s, self._edges, column) - np.interp(part.start_s, self._edges, column)
                )
        # A share of an agent is worth more than that share of a whole one.
        return 2.0 * worth

    def of_switch(self, name: str, duty: Duty, skills: tuple[bool, ...]) -> float:
        """Return what the best queue in each interval would be worth to a person beyond the planned one."""
        there = self._floor.presence(name, duty)
        left = (there * self._less).sum(axis=1)
        best = self._gain[:, np.array(skills)].max(axis=1) * there.sum(axis=1)
        return float(np.maximum(best - left, 0.0).sum())

    def of_shifts(self, begins: Ints, ends: Ints, current: Duty | None, skills: tuple[bool, ...]) -> Floats:
        """Return what each of some shifts would be worth in place of the one that stands."""
        if skills not in self._sums:
            best = self._gain[:, np.array(skills)].max(axis=1)
            self._sums[skills] = np.concatenate(([0.0], np.cumsum(best)))
        column = self._sums[skills]
        worth = self._between(column, begins, ends)
        if current is None:
            return worth
        low, high = np.maximum(begins, current.start_s), np.minimum(ends, current.end_s)
        high = np.maximum(high, low)
        worth -= self._between(column, low, high)
        for part in current.parts:
            if part.queue is None:
                continue
            lost = self._lost[:, self._floor.case.queues.index(part.queue)]
            kept_low, kept_high = np.maximum(low, part.start_s), np.minimum(high, part.end_s)
            kept = self._between(lost, kept_low, np.maximum(kept_high, kept_low))
            worth -= self._between(lost, np.array([part.start_s]), np.array([part.end_s])) - kept
        return worth

    def _between(self, sums: Floats, begins: Ints, ends: Ints) -> Floats:
        found: Floats = np.interp(ends, self._edges, sums) - np.interp(begins, self._edges, sums)
        return found
