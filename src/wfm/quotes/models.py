"""A live team as a quote asks about it: the fewest agents, what they achieve, and the agents as a real number.

Intervals of one load are answered once. Erlang C is read from a ladder; patience and chats from `wfm.erlang`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wfm.domain.targets import LongestWait, ServiceLevel, Target
from wfm.quotes.ladder import Ladder
from wfm.quotes.shapes import Distinct, distinct_of

if TYPE_CHECKING:
    from wfm.erlang.arrays import Floats, Ints
    from wfm.erlang.results import Measures

__all__ = ["Figures", "Team"]


class Figures(NamedTuple):
    """What a staff achieves by interval; the level on the basis that was asked, `longest_s` exceeded by its breach."""

    service_level: Floats
    asa_s: Floats
    abandonment: Floats
    occupancy: Floats
    longest_s: Floats


class Team:
    """A team and its contacts by interval, each distinct one once.

    Parameters
    ----------
    offered
        Contacts by interval, above 0; or the distinct ones, where they are known.
    sessions_s
        Length of a contact by the number that its agent holds; of a phone one length. Numbers, or one for each
        interval.
    patience_s
        Mean patience; none where nobody gives up. A number, or one for each interval.
    interval_s
        Length of an interval.
    """

    def __init__(
        self,
        offered: Floats | Distinct,
        sessions_s: Sequence[float | Floats],
        patience_s: float | Floats | None,
        interval_s: float,
    ) -> None:
        self.interval_s = interval_s
        if isinstance(offered, Distinct):
            found = offered
        elif any(np.ndim(value) for value in (*sessions_s, 0.0 if patience_s is None else patience_s)):
            found = Distinct(offered, np.arange(len(offered)), np.ones(len(offered), dtype=np.int64))
        else:
            found = distinct_of(offered)
        self.offered, self.back, self.counts = found
        self.sessions_s, self.patience_s = sessions_s, patience_s
        self._fewest: dict[tuple[Target, ...], Ints] = {}
        self._reached: tuple[Ints, tuple[Target, ...], Figures] | None = None
        self._made: Ladder | None = None

    @property
    def _ladder(self) -> Ladder | None:
        """The ladder of Erlang C, made when it is first asked."""
        if self._made is None and self.is_erlang_c:
            self._made = Ladder(self.load_erl, self.sessions_s[0])
        return self._made

    @classmethod
    def joined(cls, teams: Sequence[Team]) -> Team:
        """Return one team with the intervals of several of the same kind of model, one after another."""
        sizes = [len(team.offered) for team in teams]

        def spread(values: Sequence[float | Floats]) -> Floats:
            return np.concatenate([np.broadcast_to(one, (size,)) for one, size in zip(values, sizes, strict=True)])

        count = len(teams[0].sessions_s)
        sessions = [spread([team.sessions_s[place] for team in teams]) for place in range(count)]
        patience = [team.patience_s for team in teams if team.patience_s is not None]
        offered = np.concatenate([team.offered for team in teams])
        return cls(offered, sessions, spread(patience) if patience else None, teams[0].interval_s)

    def share(
        self,
        teams: Sequence[Team],
        targets: tuple[Target, ...],
        fewest: Ints,
        agents: Ints,
        asked: tuple[ServiceLevel, LongestWait],
    ) -> None:
        """Hand the answers of a joined team to its parts: the fewest for targets, and what some agents achieve."""
        figures = self.figures(agents, *asked)
        first = 0
        for team in teams:
            part = slice(first, first + len(team.offered))
            first = part.stop
            team._fewest[targets] = fewest[part]
            team._reached = (agents[part], asked, Figures(*(field[part] for field in figures)))

    @property
    def is_erlang_c(self) -> bool:
        """Whether nobody gives up and an agent holds one contact, so that the ladder has all answers."""
        return self.patience_s is None and len(self.sessions_s) == 1

    def means(self) -> tuple[tuple[float, ...], float | None]:
        """Return lengths of contacts and patience, the means over contacts where they differ by interval."""
        contacts = self.counts * self.offered

        def mean(value: float | Floats) -> float:
            return float(np.sum(contacts * value) / contacts.sum()) if np.ndim(value) else float(value)

        patience = None if self.patience_s is None else 1.0 / mean(1.0 / self.patience_s)
        return tuple(map(mean, self.sessions_s)), patience

    @property
    def load_erl(self) -> Floats:
        """Erlangs of contacts held alone, by distinct interval."""
        return self.offered * self.sessions_s[0] / self.interval_s

    def fewest(self, targets: Iterable[Target]) -> Ints:
        """Return the fewest agents that meet the targets, by distinct interval; what was asked before is known."""
        goals = tuple(targets)
        if goals not in self._fewest:
            self._fewest[goals] = self._searched(goals)
        return self._fewest[goals]

    def _searched(self, goals: tuple[Target, ...]) -> Ints:
        if self._ladder is not None:
            return self._ladder.fewest(goals)
        from wfm.erlang import agents_required, chat_agents_required

        patience, step = self.patience_s, self.interval_s
        if len(self.sessions_s) == 1:
            found = agents_required(self.offered, self.sessions_s[0], step, goals, patience_s=patience)
        else:
            found = chat_agents_required(self.offered, self.sessions_s, step, goals, patience_s=patience)
        return np.asarray(found, dtype=np.int64)

    def figures(self, agents: Ints, level: ServiceLevel, longest: LongestWait) -> Figures:
        """Return what a staff achieves, by distinct interval."""
        reached = self._reached
        if reached is None or reached[1] != (level, longest) or not np.array_equal(reached[0], agents):
            reached = (agents, (level, longest), self._answered(agents, level, longest))
            self._reached = reached
        return reached[2]

    def _answered(self, agents: Ints, level: ServiceLevel, longest: LongestWait) -> Figures:
        known = None if self._ladder is None else self._ladder.at(agents)
        if known is not None and self._ladder is not None:
            wait, spare = known
            pace = spare / self._ladder.aht_s
            longest_s = np.log(np.maximum(wait / longest.breach, 1.0)) / pace
            missed = wait * np.exp(-pace * level.within_s)
            return Figures(1.0 - missed, wait / pace, np.zeros(len(wait)), self._ladder.load / agents, longest_s)
        found = self._measures(agents, level)
        longest_s = found.longest_wait_s(longest.breach)
        return Figures(found.service_level(level.basis), found.asa_s, found.abandonment, found.occupancy, longest_s)

    def levels(self, agents: Ints, level: ServiceLevel) -> Floats:
        """Return the service level alone of some staff, by distinct interval."""
        known = None if self._ladder is None else self._ladder.at(agents)
        if known is not None and self._ladder is not None:
            wait, spare = known
            return np.asarray(1.0 - wait * np.exp(-spare * level.within_s / self._ladder.aht_s))
        return np.asarray(self._measures(agents, level).service_level(level.basis))

    def _measures(self, agents: Ints, level: ServiceLevel) -> Measures:
        from wfm.erlang import chat_measures, measures

        within, short, patience = level.within_s, level.short_abandon_s, self.patience_s
        ask: Any = measures if len(self.sessions_s) == 1 else chat_measures
        lengths = self.sessions_s[0] if len(self.sessions_s) == 1 else self.sessions_s
        found: Measures = ask(
            self.offered,
            lengths,
            self.interval_s,
            agents,
            within_s=within,
            patience_s=patience,
            short_abandon_s=short,
        )
        return found

    def real(self, targets: Iterable[Target]) -> Floats:
        """Return the agents as a real number: where the logarithm of what is missed crosses what is allowed.

        Between two whole numbers, and below the least stable one, that logarithm is taken as a line.
        """
        goals = tuple(targets)
        most = self.fewest(goals)
        above, below = most.copy(), most - 1
        high = self._ratios(goals, above)
        stable = below > self._least()
        low = np.full(len(most), np.inf)
        low[stable] = self._ratios(goals, np.where(stable, below, most))[stable]
        edge = ~np.isfinite(low) | (low <= high)
        if edge.any():
            further = self._ratios(goals, above + 1)
            below, low = np.where(edge, above + 1, below), np.where(edge, further, low)
        with np.errstate(invalid="ignore", divide="ignore"):
            real = above + (above - below) * high / (low - high)
        real = np.where(np.isfinite(real), real, most)
        return np.clip(real, most - 1.0 + 1e-6, most)

    def _least(self) -> Floats | float:
        """Return a number of agents that is too few for any finite wait."""
        if self._ladder is not None:
            return self._ladder.load
        if self.patience_s is not None:
            return 0.0
        return self.offered * self.sessions_s[-1] / self.interval_s / len(self.sessions_s)

    def _ratios(self, goals: tuple[Target, ...], agents: Ints) -> Floats:
        if self._ladder is not None:
            return self._ladder.ratios(goals, agents)
        from wfm.erlang.goals import as_goals
        from wfm.erlang.model_arrays import Chats, Options, Phones
        from wfm.erlang.required_arrays import margins

        size = len(self.offered)
        theta = 0.0 if self.patience_s is None else 1.0 / np.asarray(self.patience_s)
        options = Options(np.broadcast_to(np.asarray(theta, dtype=float), (size,)))
        ahts = np.stack([np.broadcast_to(np.asarray(one, dtype=float), (size,)) for one in self.sessions_s])
        sought = as_goals(goals, loses=self.patience_s is not None)
        if len(ahts) == 1:
            load = self.offered * ahts[0] / self.interval_s
            return margins(sought, Phones(load, ahts[0], options), agents)
        return margins(sought, Chats(self.offered / self.interval_s, ahts, options), agents)
