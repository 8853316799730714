"""What one person could do on a day in place of what is planned, with what it is worth.

A person may move a break, serve another queue for a stretch, stay longer or go earlier, come in on a day without a
shift, or work another shift of the same day. What lies before now stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wfm.domain.shift import ABSENT, MEETING, TRAINING, WORK, ShiftTemplate
from wfm.roster.duties import Duty, Part, joined
from wfm.roster.problem import Flags, Floats, Ints
from wfm.roster.published.changes import RepairPrices, changes_between
from wfm.roster.published.floor import Floor
from wfm.roster.published.prospect import Prospect
from wfm.shifts import break_starts

__all__ = ["Lead", "Option", "Options"]

BREAKS, SWITCH, FREE = -1, -2, -3  # in place of a candidate

_FIXED = (ABSENT.name, TRAINING.name, MEETING.name)
_TRIED = 4  # shifts of a person and day that are laid out in full
_LIKING = 1e-6  # what the planned or primary queue is worth beside covering
_WORTH = 0.02  # of an agent in an interval from which anything is tried, in hours of the cheapest contract
_FLUTTER = 0.02  # price of a change of queue in a shift that was not planned, in hours of the cheapest contract


class Lead(NamedTuple):
    """Something to look at: a candidate shift of a day, or one of the marks above, and what it promises at most."""

    promise: float
    employee: str
    day: date
    candidate: int


@dataclass(frozen=True, slots=True)
class Option:
    """A shift, or none, in place of the one that stands on a day, and what that is worth net of its cost."""

    employee: str
    day: date
    duty: Duty | None
    net: float


class Options:
    """Lists what people could do.

    Parameters
    ----------
    floor
        Who covers what now.
    published
        The published shift of each person and day; changes are priced against it.
    prices
        Price of each sort of change.
    unit
        Price of an hour of the cheapest contract.
    notice_s
        How long before its start somebody must be told of a shift that they did not have.
    """

    def __init__(
        self,
        floor: Floor,
        published: dict[str, dict[date, Duty]],
        *,
        prices: RepairPrices,
        unit: float,
        notice_s: int,
    ) -> None:
        self._floor = floor
        self._published = published
        self._prices = prices
        self._unit = unit
        self._notice_s = notice_s
        case = floor.case
        self._tz = case.centre.tz
        self._position = {day: number for number, day in enumerate(case.horizon.dates)}
        self._templates = {template.name: template for template in case.shifts.templates}
        self._edges = np.append(case.starts_s, case.starts_s[-1] + case.interval_s)[: len(case.demand) + 1]

    def price(self, name: str, day: date, duty: Duty | None) -> float:
        """Return the price of the changes from the published shift to another, in the currency of the centre."""
        published = self._published[name].get(day)
        if duty == published:
            return 0.0
        floor = self._floor
        found = changes_between(
            published,
            duty,
            contract=floor.contract_kind(name),
            is_overtime=floor.is_overtime(name, day, floor.line(name, day, duty)),
            tz=self._tz,
        )
        return self._unit * sum(self._prices.of(change.kind) for change in found)

    def pay(self, name: str, day: date, old: Duty | None) -> float:
        """Return what a person's day as it stands adds to wages, overtime and missed wishes over another shift."""
        floor = self._floor
        now = floor.line(name, day, floor.lines[name].get(day))
        return floor.own_cost(name, now) - floor.own_cost(name, floor.line(name, day, old))

    def leads(self, names: Iterable[str], days: Iterable[date]) -> list[Lead]:
        """Return what is worth looking at, by what it promises at most, the most first."""
        prospect = Prospect(self._floor, _WORTH * self._unit)
        found = [
            lead
            for name in names
            for day in days
            for lead in self._leads_of(name, day, prospect)
            if lead.promise > _LIKING
        ]
        return sorted(found, key=lambda lead: (-lead.promise, lead.employee, lead.day, lead.candidate))

    def _leads_of(self, name: str, day: date, prospect: Prospect) -> Iterator[Lead]:
        floor, prices = self._floor, self._prices
        current = floor.lines[name].get(day)
        if current is not None and current.end_s <= floor.now_s:
            return
        person = floor.person(name)
        if current is not None and current.parts_of(WORK.name):
            rests = [
                part
                for rest in self._templates[current.template].breaks
                for part in current.parts_of(rest.name)
                if part.start_s >= floor.now_s
            ]
            worth = prospect.of_breaks(rests, [_beneath(current, part) for part in rests])
            yield Lead(worth - self._unit * prices.break_moved, name, day, BREAKS)
            if sum(person.skills) > 1:
                worth = prospect.of_switch(name, current, person.skills)
                yield Lead(worth - self._unit * prices.skill_switch, name, day, SWITCH)
        if current is not None and current.parts_of(ABSENT.name):
            return
        shifts, wage = floor.case.shifts, person.contract.cost_per_hour
        near, others = self._candidates(name, day, current)
        for chosen, lengthened in ((near, True), (others, False)):
            if not len(chosen):
                continue
            more_h = shifts.paid_s[chosen] / 3600 - (current.paid_h if current else 0.0)
            begins, ends = shifts.start_s[chosen], shifts.end_s[chosen]
            promise = prospect.of_shifts(begins, ends, current, person.skills) - wage * np.maximum(more_h, 0.0)
            promise += wage * np.maximum(-more_h, 0.0) * prospect.some_idle
            promise += floor.worth_in_heads(floor.case.wanted.row[chosen], current)
            promise -= self._unit * self._least(name, current, lengthened=lengthened)
            for place in np.argsort(-promise, kind="stable")[:_TRIED].tolist():
                yield Lead(float(promise[place]), name, day, int(chosen[place]))
        if current is not None and current.start_s >= floor.now_s and prospect.some_idle:
            yield Lead(wage * current.paid_h - self._unit * prices.early_leave, name, day, FREE)

    def _least(self, name: str, current: Duty | None, *, lengthened: bool) -> float:
        """Return the least price of another shift."""
        prices = self._prices
        if current is None:
            on_call = str(self._floor.contract_kind(name)) in ("temporary", "on call")
            return prices.called_in if on_call else prices.day_off_worked
        return min(prices.extension, prices.overtime, prices.early_leave) if lengthened else prices.shift_moved

    def of(self, lead: Lead) -> list[Option]:
        """Lay out a lead, and return what of it is worth more than it costs."""
        floor, name, day = self._floor, lead.employee, lead.day
        current = floor.lines[name].get(day)
        tried: list[Duty | None] = []
        if lead.candidate == BREAKS and current is not None:
            tried += self._breaks_moved(current, floor.gain_of_one_more(floor.without(name, current)))
        elif lead.candidate == SWITCH and current is not None:
            tried.append(self._served(name, current, beside=current, planned=True))
        elif lead.candidate == FREE:
            tried.append(None)
        else:
            tried += self._laid_out(name, lead.candidate, current, floor.gain_of_one_more(floor.without(name, current)))
        cost = self.price(name, day, current) + floor.own_cost(name, floor.line(name, day, current))
        options = [Option(name, day, duty, self._net(name, day, current, duty, cost)) for duty in dict.fromkeys(tried)]
        return [option for option in options if option.net > _LIKING]

    def _net(self, name: str, day: date, current: Duty | None, duty: Duty | None, cost: float) -> float:
        """Return what an option takes off the loss, less what it adds to pay and to the price of changes."""
        floor = self._floor
        worth = floor.worth(name, current, duty)
        own = floor.own_cost(name, floor.line(name, day, duty)) + self.price(name, day, duty) - cost
        paid_less_h = (current.paid_h if current else 0.0) - (duty.paid_h if duty else 0.0)
        if paid_less_h > 0:
            # Pay that falls away counts only for time in which the events leave people idle.
            gone = np.maximum(floor.presence(name, current) - floor.presence(name, duty), 0.0)
            idle_h = float(np.minimum(gone, floor.excess()).sum()) * floor.case.interval_h
            own += max(paid_less_h - idle_h, 0.0) * floor.person(name).contract.cost_per_hour
        return worth - own

    def _breaks_moved(self, current: Duty, gain: Floats) -> Iterator[Duty]:
        """Yield the shift with one break at another time."""
        template = self._templates[current.template]
        for rest in template.breaks:
            for part in current.parts_of(rest.name):
                queue = _beneath(current, part)
                if part.start_s < self._floor.now_s or queue is None or not self._earns(gain, part, queue):
                    continue
                freed = current.overlaid([replace(part, activity=WORK.name, queue=queue)])
                starts = current.start_s + break_starts(
                    template, rest, current.end_s - current.start_s, self._floor.case.interval_s
                )
                for start in starts.tolist():
                    moved = Part(start, start + int(rest.length_s), rest.name)
                    if start >= self._floor.now_s and start != part.start_s and _is_work(freed, moved):
                        yield freed.overlaid([moved])

    def _earns(self, gain: Floats, part: Part, queue: str) -> bool:
        rows = self._rows(part.start_s, part.end_s)
        return bool((gain[rows, self._floor.case.queues.index(queue)] > _WORTH * self._unit).any())

    def _rows(self, begin_s: int, end_s: int) -> slice:
        case = self._floor.case
        origin, step = int(case.starts_s[0]), case.interval_s
        return slice((begin_s - origin) // step, -((origin - end_s) // step))

    def _served(self, name: str, duty: Duty, *, beside: Duty | None, planned: bool) -> Duty:
        """Return a shift with the best queue for each stretch of its work.

        Parameters
        ----------
        name
            Whose it is.
        duty
            The shift; work without a queue may take any.
        beside
            The shift of the person that is counted now.
        planned
            Whether leaving a queue that stands in it is priced as a switch; else every change of queue a little.
        """
        case, person = self._floor.case, self._floor.person(name)
        cut = [piece for part in duty.parts if part.is_work for piece in self._cut(part)]
        past = [piece for piece in cut if piece.end_s <= self._floor.now_s]
        ahead = [piece for piece in cut if piece.end_s > self._floor.now_s]
        if not ahead:
            return duty
        step, origin = case.interval_s, int(case.starts_s[0])
        rows = np.array([(piece.start_s - origin) // step for piece in ahead]) % len(case.demand)
        shares = np.array([(piece.end_s - piece.start_s) / step for piece in ahead])
        gains = self._floor.gain_of(name, beside, rows, shares)
        stand = np.array([-1 if piece.queue is None else case.queues.index(piece.queue) for piece in ahead])
        gains[stand >= 0, stand[stand >= 0]] += _LIKING
        gains[:, person.primary] += _LIKING / 2
        gains[~case.is_open[rows] & (np.arange(len(case.queues)) != stand[:, None])] -= _LIKING
        price = self._unit * (self._prices.skill_switch if planned else _FLUTTER)
        chosen = _best_queues(gains, np.array(person.skills), stand if planned else None, price)
        served = [replace(p, queue=case.queues[q]) for p, q in zip(ahead, chosen, strict=True)]
        return replace(duty, parts=joined([*(p for p in duty.parts if not p.is_work), *past, *served]))

    def _cut(self, part: Part) -> list[Part]:
        """Cut a stretch at the intervals and at now."""
        inside = self._edges[(self._edges > part.start_s) & (self._edges < part.end_s)].tolist()
        if part.start_s < self._floor.now_s < part.end_s:
            inside = sorted({*inside, self._floor.now_s})
        return [replace(part, start_s=a, end_s=b) for a, b in pairwise([part.start_s, *inside, part.end_s])]

    def _candidates(self, name: str, day: date, current: Duty | None) -> tuple[Ints, Ints]:
        """Return the shifts that lengthen or shorten the one that stands, and the others of the day."""
        floor = self._floor
        shifts = floor.case.shifts
        allowed = self._with_room(name, day)
        starts, ends = shifts.start_s[allowed], shifts.end_s[allowed]
        in_time = starts >= floor.now_s + self._notice_s
        if current is None:
            return allowed[:0], allowed[in_time]
        position = [template.name for template in shifts.templates].index(current.template)
        same = shifts.template[allowed] == position
        stands = same & (starts == current.start_s) & (ends == current.end_s)
        later = (starts == current.start_s) & (ends >= floor.now_s)
        near = same & ~stands & (later | ((ends == current.end_s) & (starts >= floor.now_s)))
        others = in_time & ~same if current.start_s >= floor.now_s else np.zeros(len(allowed), dtype=bool)
        others |= in_time & same & ~near & ~stands & (current.start_s >= floor.now_s)
        return allowed[near], allowed[others]

    def _with_room(self, name: str, day: date) -> Ints:
        """Return the shifts of a day for which the hours and days of the week and the rests of a person leave room."""
        case, person = self._floor.case, self._floor.person(name)
        if day not in self._position:
            return np.empty(0, dtype=np.int64)
        number = self._position[day]
        week = case.weeks[int(case.week_of_day[number])]
        others = [(d, duty) for d, duty in self._floor.lines[name].items() if d != day]
        inside = [duty for d, duty in others if self._position.get(d, -1) in week.days]
        shifts, contract = case.shifts, person.contract
        if len(inside) >= contract.max_days_per_week:
            return np.empty(0, dtype=np.int64)
        paid_s = sum(duty.paid_h for duty in inside) * 3600
        fits = person.allowed & (shifts.day == number)
        fits &= shifts.paid_s <= person.high_s[int(case.week_of_day[number])] - paid_s + 1
        for d, duty in others:
            if d < day:
                fits &= shifts.start_s >= duty.end_s + contract.min_rest_s
            else:
                fits &= shifts.end_s + contract.min_rest_s <= duty.start_s
        return np.flatnonzero(fits)

    def _laid_out(self, name: str, candidate: int, current: Duty | None, gain: Floats) -> Iterator[Duty]:
        """Yield a candidate with its breaks and queues, if they fit with what stands."""
        floor = self._floor
        shifts = floor.case.shifts
        template = shifts.templates[shifts.template[candidate]]
        begin, end = int(shifts.start_s[candidate]), int(shifts.end_s[candidate])
        bare = Duty(template.name, begin, end, float(shifts.paid_s[candidate]) / 3600, (Part(begin, end, WORK.name),))
        stays: list[Part] = []
        if current is not None:
            bare = bare.overlaid(_clipped(p, begin, end) for p in current.parts if p.is_work)
            stays = [p for p in current.parts if p.activity in _FIXED]
            if any(p.start_s < begin or p.end_s > end for p in stays):
                return
        best = gain[:, np.array(floor.person(name).skills)].max(axis=1)
        rests = self._rests(template, bare, current, stays, best)
        if rests is None:
            return
        duty = bare.overlaid([*stays, *rests])
        yield self._served(name, duty, beside=current, planned=current is not None)

    def _rests(
        self, template: ShiftTemplate, bare: Duty, current: Duty | None, stays: list[Part], best: Floats
    ) -> list[Part] | None:
        """Return the breaks of a shift: where they stand if they may, else where they are missed least."""
        taken = list(stays)
        placed: list[Part] = []
        length = bare.end_s - bare.start_s
        worth = np.concatenate(([0.0], np.cumsum(np.maximum(best, 0.0))))
        for rest in sorted(template.breaks, key=lambda r: (r.latest_s, r.earliest_s)):
            starts = bare.start_s + break_starts(template, rest, length, self._floor.case.interval_s)
            was = (
                [p.start_s for p in current.parts_of(rest.name)]
                if current and current.template == template.name
                else []
            )
            size = int(rest.length_s)
            missed = np.interp(starts + size, self._edges, worth) - np.interp(starts, self._edges, worth)
            order = starts[np.lexsort((starts, missed))].tolist()
            free = [
                start
                for start in [*(w for w in was if w in starts), *order]
                if (start >= self._floor.now_s or start in was)
                and all(start + size <= p.start_s or start >= p.end_s for p in taken)
            ]
            if not free:
                return None
            placed.append(Part(free[0], free[0] + size, rest.name))
            taken.append(placed[-1])
        return placed


def _clipped(part: Part, begin_s: int, end_s: int) -> Part:
    return replace(part, start_s=max(part.start_s, begin_s), end_s=min(part.end_s, end_s))


def _beneath(duty: Duty, rest: Part) -> str | None:
    """Return the queue that is served before a break, or else after it."""
    before = [part.queue for part in duty.parts if part.is_work and part.end_s <= rest.start_s]
    after = [part.queue for part in duty.parts if part.is_work and part.start_s >= rest.end_s]
    return before[-1] if before else after[0] if after else None


def _is_work(duty: Duty, wanted: Part) -> bool:
    """Whether a shift is at work all through a stretch."""
    worked = sum(
        max(0, min(part.end_s, wanted.end_s) - max(part.start_s, wanted.start_s)) for part in duty.parts if part.is_work
    )
    return worked == wanted.end_s - wanted.start_s


def _best_queues(gains: Floats, skills: Flags, stand: Ints | None, price: float) -> list[int]:
    """Return the queue of each piece of work so that gains less the price of changes are most.

    With `stand`, each stretch off the queue that stands costs the price; without, each change of queue does.
    """
    usable = np.flatnonzero(skills)
    value = np.zeros(len(usable))
    trail: list[Ints] = []
    for number, row in enumerate(gains[:, usable]):
        cost = np.zeros((len(usable), len(usable)))  # from the queue before to the queue now
        if number or stand is not None:
            stays = np.eye(len(usable), dtype=bool)
            if stand is None:
                cost[~stays] = price
            else:
                away = usable != stand[number]
                was_away = usable != stand[number - 1] if number else np.zeros(len(usable), dtype=bool)
                new = away[None, :] & ~(stays & was_away[:, None]) & (stand[number] >= 0)
                cost[new] = price
        options = value[:, None] - cost
        trail.append(options.argmax(axis=0))
        value = options.max(axis=0) + row
    place = int(value.argmax())
    chosen = [place]
    for back in reversed(trail[1:]):
        place = int(back[place])
        chosen.append(place)
    return [int(usable[place]) for place in reversed(chosen)]
