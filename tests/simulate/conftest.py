"""A slow simulator that can be seen to be right, and small cases to hold the fast one against it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from wfm.simulate import Demand, Lines, Log, Staff, play


@dataclass
class Person:
    """An agent as one would tell it: what it holds, when it came free, when it may go."""

    speeds: dict[int, float]
    present: bool = False
    goes: tuple[float, float] | None = None  # when it should have gone, and the break that follows (-1: home)
    returns: float = math.inf
    held: dict[int, float] = field(default_factory=dict)  # contact -> work left, alone
    roomy_since: float = 0.0


class SlowCentre:
    """Looks at everybody and everything at each event; people and contacts in plain dictionaries."""

    def __init__(self, demand: Demand, lines: Lines, staff: Staff) -> None:
        self.demand = demand
        self.rank = lines.rank.tolist()
        self.limit = [1] * len(lines) if lines.concurrency is None else lines.concurrency.tolist()
        self.slow = [0.0] * len(lines) if lines.slowdown is None else lines.slowdown.tolist()
        self.patience = np.full(len(demand), math.inf) if demand.patience is None else demand.patience
        self.due = demand.time if demand.due is None else demand.due
        self.people = [Person({q: s for q, s in enumerate(row) if not math.isnan(s)}) for row in staff.speed.tolist()]
        self.waiting: list[int] = []
        self.changes = self._changes(staff)
        self.answered: dict[int, tuple[float, int, int]] = {}
        self.ended: dict[int, float] = {}
        self.overtime = [0.0] * len(self.people)
        self.late = [0.0] * len(self.people)
        self.longest_idle_beside_work = 0.0

    @staticmethod
    def _changes(staff: Staff) -> list[tuple[float, int, str, float, float]]:
        changes = []
        for row in range(len(staff.agent)):
            a, end = int(staff.agent[row]), float(staff.end[row])
            changes.append((float(staff.start[row]), a, "come", 0.0, 0.0))
            again = (
                row + 1 < len(staff.agent) and staff.agent[row + 1] == a and staff.shift[row + 1] == staff.shift[row]
            )
            pause = float(staff.start[row + 1]) - end if again else -1.0
            changes.append((end, a, "go", pause, end if again else float(staff.shift_end[row])))
        return sorted(changes)

    def factor(self, person: Person, c: int) -> float:
        return 1 + self.slow[self.demand.queue[c]] * (len(person.held) - 1)

    def run(self) -> SlowCentre:
        now, arrival = 0.0, 0
        while True:
            times = [self.demand.time[arrival]] if arrival < len(self.demand) else []
            times += [self.changes[0][0]] if self.changes else []
            times += [person.returns for person in self.people]
            times += [now + left * self.factor(p, c) for p in self.people for c, left in p.held.items()]
            times += [self.demand.time[c] + self.patience[c] for c in self.waiting]
            if not times or min(times) == math.inf:
                return self
            then = min(times)
            for person in self.people:
                for c in person.held:
                    person.held[c] -= (then - now) / self.factor(person, c)
            now = then
            self.waiting = [c for c in self.waiting if self.demand.time[c] + self.patience[c] > now]
            for a, person in enumerate(self.people):
                self.end_contacts(a, person, now)
                if person.returns <= now:
                    person.returns, person.present, person.roomy_since = math.inf, True, now
            while self.changes and self.changes[0][0] <= now:
                self.change(*self.changes.pop(0))
            while arrival < len(self.demand) and self.demand.time[arrival] <= now:
                self.waiting.append(arrival)
                arrival += 1
            self.assign(now)

    def end_contacts(self, a: int, person: Person, now: float) -> None:
        for c in [c for c, left in person.held.items() if left < 1e-7]:
            del person.held[c]
            self.ended[c] = now
            person.roomy_since = now
            if not person.held and person.goes is not None:
                should, pause = person.goes
                person.goes, person.present = None, False
                if pause < 0:
                    self.overtime[a] += max(0.0, now - should)
                else:
                    self.late[a] += max(0.0, now - should)
                    person.returns = now + pause

    def change(self, now: float, a: int, kind: str, pause: float, should: float) -> None:
        person = self.people[a]
        if kind == "come":
            if person.goes is not None and person.goes[1] < 0:
                person.goes, person.roomy_since = None, now
            elif not person.present and person.returns == math.inf:
                person.present, person.roomy_since = True, now
        elif person.returns < math.inf:
            person.returns = math.inf
        elif person.held:
            person.goes = (should, pause)
        else:
            person.present = False

    def can_take(self, person: Person, c: int) -> bool:
        q = self.demand.queue[c]
        held = [self.limit[self.demand.queue[x]] for x in person.held]
        return (
            person.present
            and person.goes is None
            and q in person.speeds
            and len(person.held) < min([self.limit[q], *held])
            and not (held and self.is_held_back(person, self.rank[q]))
        )

    def is_held_back(self, person: Person, rank: float) -> bool:
        """Whether something more urgent waits that the person has no room for beside what it holds."""
        queues = {int(self.demand.queue[c]) for c in self.waiting} & set(person.speeds)
        return any(self.rank[q] < rank and self.limit[q] <= len(person.held) for q in queues)

    def assign(self, now: float) -> None:
        """At each instant either one agent has room for several contacts, or one contact has several agents."""
        while True:
            pairs = [(a, c) for a, person in enumerate(self.people) for c in self.waiting if self.can_take(person, c)]
            if not pairs:
                return
            a, c = min(pairs, key=self.preference)
            person = self.people[a]
            self.waiting.remove(c)
            person.held[c] = self.demand.service[c] / person.speeds[int(self.demand.queue[c])]
            person.roomy_since = now
            self.answered[c] = (now, a, len(person.held))

    def preference(self, pair: tuple[int, int]) -> tuple[float, ...]:
        a, c = pair
        person = self.people[a]
        contact = (self.rank[self.demand.queue[c]], self.due[c])
        return (*contact, len(person.held), len(person.speeds), person.roomy_since, a)


def random_case(seed: int, *, agents: int, queues: int, contacts: int, chat: bool) -> tuple[Demand, Lines, Staff]:
    """Return a small random case without ties: skills, speeds, breaks, chats, deferred work, impatience."""
    rng = np.random.default_rng(seed)
    horizon = 4000.0
    speed = np.where(rng.random((agents, queues)) < 0.6, rng.uniform(0.5, 1.5, (agents, queues)), np.nan)
    home = rng.integers(0, queues, agents)
    speed[np.arange(agents), home] = 1.0
    # Each shift has its own number, so that the next row of the same shift is of the same agent.
    rows = []
    for a in range(agents):
        start, shift = rng.uniform(0, 300), 2 * a
        for part in range(3):
            end = start + rng.uniform(200, 900)
            rows.append((a, start, end, shift))
            if part == 1 and rng.random() < 0.5:
                shift += 1
            start = end + rng.uniform(20, 200)
    agent, start, end, shift = (np.array(column) for column in zip(*rows, strict=True))
    last = np.array([end[shift == number].max() for number in shift])
    staff = Staff(speed=speed, agent=agent, start=start, end=end, shift=shift, shift_end=last)
    limit = np.where((rng.random(queues) < 0.6) & chat, rng.integers(2, 5, queues), 1)
    lines = Lines(
        rank=rng.integers(0, 3, queues), concurrency=limit, slowdown=np.where(limit > 1, rng.uniform(0, 0.5, queues), 0)
    )
    demand = Demand(
        time=np.sort(rng.uniform(0, horizon * 0.7, contacts)),
        queue=rng.integers(0, queues, contacts),
        service=rng.lognormal(4.5, 0.8, contacts),
        patience=np.where(rng.random(contacts) < 0.7, rng.exponential(150, contacts), np.inf),
    )
    return demand, lines, staff


@pytest.fixture
def slow_run() -> Callable[[Demand, Lines, Staff], SlowCentre]:
    return lambda demand, lines, staff: SlowCentre(demand, lines, staff).run()


@pytest.fixture(scope="session")
def make_case() -> Callable[..., tuple[Demand, Lines, Staff]]:
    return random_case


@pytest.fixture(scope="session")
def one_queue() -> Callable[..., tuple[Demand, Log]]:
    """Play a queue of `agents` equal agents who are there all the time."""

    def play_one(demand: Demand, *, agents: int, horizon_s: float, concurrency: int = 1, slowdown: float = 0.0) -> Log:
        everyone = np.arange(agents)
        staff = Staff(
            speed=np.ones((agents, 1)),
            agent=everyone,
            start=np.zeros(agents),
            end=np.full(agents, horizon_s),
            shift=everyone,
            shift_end=np.full(agents, horizon_s),
        )
        lines = Lines(
            rank=np.zeros(1, dtype=np.int64), concurrency=np.array([concurrency]), slowdown=np.array([slowdown])
        )
        return play(demand, lines, staff, interval_s=horizon_s, intervals=1)

    return play_one
