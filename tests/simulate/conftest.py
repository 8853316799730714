"""A slow simulator that can be seen to be right, and small cases to hold the fast one against it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from wfm.simulate import Demand, Lines, Log, Routes, Staff, play


@dataclass
class Person:
    """An agent as one would tell it: what it holds, when it came free, when it may go."""

    speeds: dict[int, float]
    present: bool = False
    goes: tuple[float, float] | None = None  # when it should have gone, and the break that follows (-1: home)
    returns: float = math.inf
    held: dict[int, float] = field(default_factory=dict)  # contact -> work left, alone
    roomy_since: float = 0.0
    freed_at: float = -math.inf  # the last contact ended, or the agent came or came back
    group: int = 0
    came: bool = False


class SlowCentre:
    """Looks at everybody and everything at each event; people and contacts in plain dictionaries."""

    def __init__(
        self, demand: Demand, lines: Lines, staff: Staff, routes: Routes | None = None, trunks: int | None = None
    ) -> None:
        self.demand = demand
        self.lines = lines
        self.trunks = math.inf if trunks is None else trunks
        queues = len(lines)
        self.limit = [1] * queues if lines.concurrency is None else lines.concurrency.tolist()
        self.factors = lines.factors
        self.ageing = [0.0] * queues if lines.ageing is None else lines.ageing.tolist()
        self.weight = [0.0] * queues if lines.weight is None else lines.weight.tolist()
        self.yields = [False] * queues if lines.yields is None else lines.yields.tolist()
        self.counted = [True] * queues if lines.counted is None else lines.counted.tolist()
        self.time = demand.time.tolist()
        self.patience = [math.inf] * len(demand) if demand.patience is None else demand.patience.tolist()
        self.due = (demand.time if demand.due is None else demand.due).tolist()
        self.left = demand.service.tolist()
        skills, group = staff.groups
        self.people = [
            Person({q: s for q, s in enumerate(row) if not math.isnan(s)}, group=int(group[a]))
            for a, row in enumerate(staff.speed.tolist())
        ]
        routes = routes or Routes()
        size = np.repeat(skills.sum(axis=1)[:, None], queues, axis=1)
        self.tier = size if routes.tier is None else routes.tier
        self.rank = np.tile(lines.rank, (len(skills), 1)) if routes.rank is None else routes.rank
        self.after = np.zeros(skills.shape) if routes.after is None else routes.after
        self.reserve = np.zeros(skills.shape) if routes.reserve is None else routes.reserve
        self.waiting: list[int] = []
        self.to_come = list(range(demand.arriving))
        self.changes = self._changes(staff)
        self.now = -math.inf
        self.answered: dict[int, tuple[float, int, int]] = {}
        self.ended: dict[int, float] = {}
        self.blocked: set[int] = set()
        self.overtime = [0.0] * len(self.people)
        self.late = [0.0] * len(self.people)

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
        return float(self.factors[self.demand.queue[c], len(person.held) - 1])

    def run(self) -> SlowCentre:
        while True:
            times = [self.time[c] for c in self.to_come]
            times += [self.changes[0][0]] if self.changes else []
            times += [person.returns for person in self.people]
            times += [self.now + left * self.factor(p, c) for p in self.people for c, left in p.held.items()]
            times += [self.time[c] + self.patience[c] for c in self.waiting]
            times += [t for c in self.waiting for t in self.overflows(c) if t > self.now]
            if not times or min(times) == math.inf:
                return self
            then = min(times)
            for person in self.people:
                for c in person.held:
                    person.held[c] -= (then - self.now) / self.factor(person, c)
            self.now = now = then
            for a, person in enumerate(self.people):
                self.end_contacts(a, person, now)
                if person.returns <= now:
                    person.returns, person.present, person.roomy_since, person.freed_at = math.inf, True, now, now
            while self.changes and self.changes[0][0] <= now:
                self.change(*self.changes.pop(0))
            for c in [c for c in self.waiting if self.time[c] + self.patience[c] <= now]:
                self.waiting.remove(c)
                self.call_again(c)
            for c in [c for c in self.to_come if self.time[c] <= now]:
                self.to_come.remove(c)
                self.arrive(c)
            self.assign(now)

    def overflows(self, c: int) -> list[float]:
        return [self.time[c] + float(after) for after in self.after[:, self.demand.queue[c]]]

    def arrive(self, c: int) -> None:
        inside = [*self.waiting, *(x for person in self.people for x in person.held)]
        if self.counted[self.demand.queue[c]] and (
            sum(self.counted[self.demand.queue[x]] for x in inside) >= self.trunks
        ):
            self.blocked.add(c)
            self.call_again(c)
        else:
            self.waiting.append(c)

    def call_again(self, c: int) -> None:
        again = -1 if self.demand.again is None else int(self.demand.again[c])
        if again < 0:
            return
        time = self.now + self.demand.delay[again]
        if time < self.demand.until[again]:
            self.time[again] = self.due[again] = time
            self.patience[again] = min(self.patience[again], self.demand.closing[again] - time)
            self.to_come.append(again)

    def end_contacts(self, a: int, person: Person, now: float) -> None:
        for c in [c for c, left in person.held.items() if left < 1e-7]:
            del person.held[c]
            self.ended[c] = now
            person.roomy_since = person.freed_at = now
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
        if kind == "come" and not person.came and self.demand.holder is not None:
            for c in np.flatnonzero(self.demand.holder == a).tolist():
                person.held[c] = self.left[c] / person.speeds[int(self.demand.queue[c])]
                self.answered[c] = (float(self.demand.answered[c]), a, len(person.held))
        if kind == "come":
            person.came = True
            if person.goes is not None and person.goes[1] < 0:
                person.goes, person.roomy_since, person.freed_at = None, now, now
            elif not person.present and person.returns == math.inf:
                person.present, person.roomy_since, person.freed_at = True, now, now
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
            self.is_route(person, c, not held)
            and len(person.held) < min([self.limit[q], *held])
            and not (held and self.is_held_back(person, self.rank[person.group, q]))
        )

    def is_route(self, person: Person, c: int, takes_idle: bool) -> bool:
        q, g = self.demand.queue[c], person.group
        idle = [p for p in self.people if p.present and p.goes is None and not p.held and p.group == g]
        return (
            person.present
            and person.goes is None
            and q in person.speeds
            and self.time[c] + self.after[g, q] <= self.now
            and len(idle) - takes_idle >= self.reserve[g, q]
        )

    def is_held_back(self, person: Person, rank: float) -> bool:
        """Whether something more urgent waits that the person has no room for beside what it holds."""
        queues = {int(self.demand.queue[c]) for c in self.waiting} & set(person.speeds)
        g = person.group
        return any(
            self.rank[g, q] < rank
            and self.limit[q] <= len(person.held)
            and self.after[g, q] == 0
            and self.reserve[g, q] == 0
            for q in queues
        )

    def assign(self, now: float) -> None:
        """Let whoever came or came free choose, and then nothing wait that somebody can take."""
        while pairs := [(a, c) for a, c in self.takeable() if self.people[a].freed_at == now]:
            self.take(*self.first(pairs))
        while pairs := self.takeable() or self.interruptions():
            a, c = self.first(pairs)
            if not self.can_take(self.people[a], c):
                self.put_aside(a)
            self.take(a, c)

    def takeable(self) -> list[tuple[int, int]]:
        return [(a, c) for a, person in enumerate(self.people) for c in self.waiting if self.can_take(person, c)]

    def take(self, a: int, c: int) -> None:
        person = self.people[a]
        self.waiting.remove(c)
        person.held[c] = self.left[c] / person.speeds[int(self.demand.queue[c])]
        person.roomy_since = self.now
        self.answered[c] = (self.answered[c][0] if c in self.answered else self.now, a, len(person.held))

    def first(self, pairs: list[tuple[int, int]]) -> tuple[int, int]:
        """Each contact names its agent, and of these the most urgent contact goes."""
        named: dict[int, int] = {}
        for a, c in sorted(pairs, key=self.agent_preference):
            named.setdefault(c, a)
        return min(((a, c) for c, a in named.items()), key=self.contact_preference)

    def interruptions(self) -> list[tuple[int, int]]:
        return [
            (a, c)
            for a, person in enumerate(self.people)
            for c in self.waiting
            if self.is_route(person, c, False)
            and not self.yields[self.demand.queue[c]]
            and any(self.yields[self.demand.queue[d]] for d in person.held)
        ]

    def put_aside(self, a: int) -> None:
        person = self.people[a]
        ((d, left),) = person.held.items()
        self.left[d] = left * person.speeds[int(self.demand.queue[d])]
        person.held.clear()
        self.patience[d] = math.inf
        self.waiting.append(d)

    def agent_preference(self, pair: tuple[int, int]) -> tuple[float, ...]:
        a, c = pair
        person = self.people[a]
        q, g = self.demand.queue[c], person.group
        speed = person.speeds[int(q)] if self.lines.fastest else 0.0
        return (len(person.held), self.tier[g, q], -speed, person.roomy_since, a)

    def contact_preference(self, pair: tuple[int, int]) -> tuple[float, ...]:
        a, c = pair
        q, g = self.demand.queue[c], self.people[a].group
        wait = self.now - self.time[c]
        due = self.due[c] if self.weight[q] == 0 else -self.weight[q] * wait
        return (self.rank[g, q] - self.ageing[q] * wait, due, self.time[c])


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


def random_rules(seed: int, demand: Demand, lines: Lines, staff: Staff) -> tuple[Demand, Lines, Routes, int | None]:
    """Return the case with rules drawn at random: preferences, overflow, reserves, ageing, interruption, redials."""
    rng = np.random.default_rng([seed, 7])
    skills, _ = staff.groups
    shape, queues = skills.shape, len(lines)
    alone = lines.limits == 1
    yields = alone & (rng.random(queues) < 0.4) if rng.random() < 0.4 else np.zeros(queues, dtype=bool)
    draws = rng.random(5) < 0.4
    reserve = rng.integers(0, 3, shape) * (rng.random(shape) < 0.4) if draws[0] else None
    width = int(lines.limits.max())
    table = rng.uniform(0, 0.5, (queues, width - 1)).cumsum(axis=1)
    lines = replace(
        lines,
        slowdown=table if rng.random() < 0.5 else lines.slowdown,
        # Work that yields comes last.
        rank=lines.rank + 100.0 * yields,
        ageing=rng.uniform(0, 0.02, queues) * ~yields if draws[1] else None,
        weight=rng.uniform(0.01, 0.1, queues) if draws[2] else None,
        fastest=bool(rng.random() < 0.3),
        yields=yields,
        counted=rng.random(queues) < 0.7,
    )
    routes = Routes(
        tier=rng.integers(0, 3, shape) if draws[3] else None,
        rank=lines.rank + rng.integers(0, 2, shape).astype(float) if rng.random() < 0.3 else None,
        after=np.where(rng.random(shape) < 0.4, rng.uniform(20, 300, shape), 0.0) if draws[4] else None,
        reserve=reserve,
    )
    trunks = int(rng.integers(2, 12)) if rng.random() < 0.4 else None
    if rng.random() < 0.6:
        demand = with_attempts(rng, demand)
    if rng.random() < 0.4:
        demand = with_work_in_hand(rng, demand, lines, staff)
    return demand, lines, routes, trunks


def with_attempts(rng: np.random.Generator, demand: Demand) -> Demand:
    """Return the contacts with a further attempt of two in three customers, and one more of half of these."""
    n = len(demand)
    first = np.flatnonzero(rng.random(n) < 0.67)
    second = np.flatnonzero(rng.random(len(first)) < 0.5)
    before = np.concatenate([first, n + second])
    total = n + len(before)
    again = np.full(total, -1)
    again[before] = n + np.arange(len(before))
    who = np.concatenate([np.arange(n), first, first[second]])
    missing = np.full(len(before), np.nan)
    return Demand(
        time=np.append(demand.time, missing),
        queue=demand.queue[who],
        service=demand.service[who],
        patience=np.append(demand.patience, rng.exponential(200, len(before))),
        arrivals=n,
        again=again,
        delay=np.append(np.zeros(n), rng.exponential(100, len(before))),
        until=np.full(total, rng.uniform(1000, 4000)),
        closing=np.full(total, 5000.0),
    )


def with_work_in_hand(rng: np.random.Generator, demand: Demand, lines: Lines, staff: Staff) -> Demand:
    """Return the contacts with those that about half of the people have in hand when they first come."""
    holder, queue = [], []
    for a, speeds in enumerate(staff.speed):
        if rng.random() < 0.5:
            q = rng.choice(np.flatnonzero(~np.isnan(speeds)))
            count = rng.integers(1, lines.limits[q] + 1)
            holder += [a] * count
            queue += [q] * count
    n, more = len(demand), len(holder)
    blank = {"again": -1, "delay": 0.0, "until": 5000.0, "closing": 5000.0}
    kept = {name: np.full(n, value) if getattr(demand, name) is None else getattr(demand, name)
            for name, value in blank.items()}  # fmt: skip
    return Demand(
        time=np.append(demand.time, rng.uniform(-300, -200, more)),
        queue=np.append(demand.queue, np.array(queue, dtype=np.int64)),
        service=np.append(demand.service, rng.lognormal(4.5, 0.8, more)),
        patience=np.append(demand.patience, np.full(more, np.inf)),
        arrivals=demand.arriving,
        holder=np.append(np.full(n, -1), np.array(holder, dtype=np.int64)),
        answered=np.append(np.full(n, np.nan), rng.uniform(-200, 0, more)),
        **{name: np.append(values, np.full(more, blank[name])) for name, values in kept.items()},
    )


@pytest.fixture
def slow_run() -> Callable[..., SlowCentre]:
    return lambda *given: SlowCentre(*given).run()


@pytest.fixture(scope="session")
def make_rules() -> Callable[..., tuple[Demand, Lines, Routes, int | None]]:
    return random_rules


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
