"""Queues: what customers wait in, and how soon they should be answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from wfm.checks import check_choice, check_in_range, check_int, check_name
from wfm.domain.duration import set_duration
from wfm.domain.hours import OpeningHours
from wfm.domain.targets import Deadline, MaxAbandonment, Target
from wfm.errors import DataError, Faults, Problem

__all__ = ["Channel", "Queue"]


class Channel(StrEnum):
    """How contacts arrive. Phone and chat are live; the others are answered later, by a deadline."""

    PHONE = "phone"
    CHAT = "chat"
    MESSAGE = "message"
    SOCIAL = "social"
    EMAIL = "email"
    CASE = "case"

    @property
    def is_live(self) -> bool:
        """Whether the customer waits on the line."""
        return self in (Channel.PHONE, Channel.CHAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One line of waiting customers or work.

    Parameters
    ----------
    name
        Name, unique in the centre.
    channel
        How the contacts arrive; default phone.
    targets
        What must hold, all of it: `ServiceLevel`, `MeanAnswer`, `LongestWait`, `MaxAbandonment`, `MaxOccupancy`,
        `Deadline`. At least one. A `Deadline` is for work that nobody waits for on the line: it goes with no target of
        another kind, and not with phone and chat.
    aht
        Planning value of the average handle time, used where a forecast brings none; more than 0. Default none.
        In a chat it is the time of one session alone with its agent.
    hours
        Opening hours; default those of the centre.
    concurrency
        Sessions that one agent handles at the same time, from 1 (default) to 20. Only a chat has more than 1.
    slowdown
        Share by which a session takes longer for each further session that the agent holds; from 0 (default) to 10.
        With 0.2, three sessions at once each take 1.4 times the time of one alone. Or what was measured, a share for
        each number of sessions from 2 to the concurrency, never falling: with `(0.1, 0.4)` two at once take 1.1 times
        as long and three 1.4 times.
    patience
        Mean patience of a waiting customer, more than 0; default none: nobody abandons.
    priority
        Smaller is served first; 0 or more, default 0.
    min_agents
        Fewest agents on seat while open; 0 or more, default 0.

    Raises
    ------
    DataError
        With every fault of the queue.

    Examples
    --------
    >>> from wfm.domain.targets import ServiceLevel
    >>> chat = Queue(name="chat", channel="chat", targets=(ServiceLevel(0.8, "30s"),), aht="6min", concurrency=3)
    >>> chat.aht_s
    360.0
    """

    name: str
    channel: Channel | str = Channel.PHONE
    targets: tuple[Target, ...]
    aht: timedelta | str | None = None
    hours: OpeningHours | str | None = None
    concurrency: int = 1
    slowdown: float | tuple[float, ...] = 0.0
    patience: timedelta | str | None = None
    priority: int = 0
    min_agents: int = 0
    aht_s: float | None = field(init=False, repr=False, compare=False)
    patience_s: float | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = Faults(f"queue {self.name!r}")
        with faults.collecting():
            check_name("name", self.name)
        with faults.collecting():
            object.__setattr__(self, "channel", check_choice("channel", self.channel, Channel))
        for name in ("aht", "patience"):
            object.__setattr__(self, f"{name}_s", None)
            with faults.collecting():
                if getattr(self, name) is not None:
                    set_duration(self, name)
        with faults.collecting():
            if self.hours is not None:
                object.__setattr__(self, "hours", OpeningHours.of(self.hours))
        with faults.collecting():
            check_int("concurrency", self.concurrency, 1, 20)
            if self.concurrency > 1 and self.channel is not Channel.CHAT:
                raise DataError(
                    Problem(
                        f"concurrency {self.concurrency} on channel {self.channel}",
                        remedy="only a chat has more than 1",
                    )
                )
        with faults.collecting():
            object.__setattr__(self, "slowdown", self._checked_slowdown())
        with faults.collecting():
            check_int("priority", self.priority, 0)
        with faults.collecting():
            check_int("min_agents", self.min_agents, 0)
        with faults.collecting():
            object.__setattr__(self, "targets", self._checked_targets())
        faults.raise_if_any()

    def _checked_slowdown(self) -> float | tuple[float, ...]:
        if not isinstance(self.slowdown, tuple | list):
            return check_in_range("slowdown", self.slowdown, 0.0, 10.0)
        shares = tuple(check_in_range("slowdown", share, 0.0, 10.0) for share in self.slowdown)
        if len(shares) != self.concurrency - 1 or list(shares) != sorted(shares):
            what = f"slowdown {shares} at a concurrency of {self.concurrency}"
            remedy = "give one number, or a share for each number of sessions from 2 to the concurrency, never falling"
            raise DataError(Problem(what, remedy=remedy))
        return shares

    def _checked_targets(self) -> tuple[Target, ...]:
        targets = self.targets if isinstance(self.targets, tuple | list) else (self.targets,)
        if not targets:
            raise DataError(Problem("no targets", remedy="give at least one, such as ServiceLevel(0.8, '30s')"))
        for target in targets:
            if not isinstance(target, Target):
                raise DataError(Problem(f"{target!r} is not a target", remedy="write ServiceLevel(0.8, '30s')"))
            if isinstance(target, MaxAbandonment) and self.patience is None:
                raise DataError(
                    Problem(f"target '{target}' without a patience", remedy="give patience, such as '2min'")
                )
        self._check_deadline(targets)
        return tuple(targets)

    def _check_deadline(self, targets: Sequence[Target]) -> None:
        """Refuse a deadline for a customer on the line, and one beside targets that are about such a customer."""
        if not any(isinstance(target, Deadline) for target in targets):
            return
        faults = Faults()
        others = ", ".join(str(target) for target in targets if not isinstance(target, Deadline))
        if others:
            remedy = "make two queues, one live and one deferred"
            faults.add(f"a deadline together with other targets: {others}", remedy=remedy)
        if isinstance(self.channel, Channel) and self.channel.is_live:
            remedy = "give channel 'message', 'social', 'email' or 'case', or a ServiceLevel in place of the deadline"
            faults.add(f"a deadline on channel {self.channel}, where the customer waits on the line", remedy=remedy)
        faults.raise_if_any()

    @property
    def session_factors(self) -> tuple[float, ...]:
        """Time of a session over that of one alone, with 1 session, 2 and so on up to the concurrency at once."""
        if isinstance(self.slowdown, tuple):
            return (1.0, *(1.0 + share for share in self.slowdown))
        return tuple(1.0 + self.slowdown * others for others in range(self.concurrency))

    @property
    def is_deferred(self) -> bool:
        """Whether the work waits for an agent, rather than a customer on the line."""
        return any(isinstance(target, Deadline) for target in self.targets)
