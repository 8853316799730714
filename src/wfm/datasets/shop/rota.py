"""The typical week of the synthetic shop: one legal shift pattern for each person, fitted to the mean requirement.

A planner's rota rather than an optimal roster: each person has one start and one length all week, chosen to take most
of the shortage that is left, in turn and again until nobody gains by a change. It is deterministic, takes about a
second and needs no solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from wfm.datasets.shop.profiles import PROFILES
from wfm.datasets.shop.volume import SLOTS, mean_volume
from wfm.domain.centre import Centre
from wfm.domain.people import Contract
from wfm.domain.shift import ShiftTemplate
from wfm.domain.targets import ServiceLevel
from wfm.erlang import agents_required, chat_agents_required

__all__ = ["Pattern", "is_week_of_sales", "typical_week"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CELL_S = 900  # breaks are placed to the quarter of an hour
_DAY_CELLS = 86400 // _CELL_S
_WEEK_CELLS = 7 * _DAY_CELLS
# A plain week from Monday: no sale, no holiday, no outage.
_PLAIN_WEEK = date(2026, 3, 16)
# What is planned for together, in the order of the rows of the requirement.
_POOLS: Mapping[str, int] = {"phone": 0, "chat": 1, "social": 2, "messages": 2, "inquiries": 3, "complaints": 3}
# Half-hours over which deferred work may be spread, and how busy its people may be.
_SPREAD = {2: 4, 3: 12}
_BUSY = 0.85
_ON_LEAVE = 0.06
_SALES = 1.15  # contacts over those of a plain week
_DAYS = 5  # of work in a plain week
_SURPLUS = 0.05  # weight of a surplus against a shortage of the same size
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """The week of one person.

    `weekdays` are the days on which a shift of `length_s` begins `start_s` after midnight, and `overtime_day` is the
    day added to them in the weeks of sales, none where the contract has no overtime. `stretches` are the activities of
    a shift: start and end from its start in seconds, the name, and the planned queue or none.
    """

    employee: str
    template: str
    weekdays: tuple[int, ...]
    overtime_day: int | None
    start_s: int
    length_s: int
    paid_s: float
    stretches: tuple[tuple[int, int, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """A shift that a contract allows: its template, its cells of work from midnight, and how often a week it fits."""

    template: ShiftTemplate
    start_s: int
    length_s: int
    work: Ints
    breaks: tuple[tuple[int, int, str], ...]
    days: int
    overtime: bool


def typical_week(centre: Centre, *, scale: float) -> tuple[Pattern, ...]:
    """Return the pattern of each person of the centre."""
    need = _need(centre, scale)
    # What one person on the rota brings, after leave and what the roster does not place.
    presence = (1 - _ON_LEAVE) * (1 - centre.unrostered_shrinkage)
    people = [_pools(person.queues) for person in centre.employees]
    options = [
        _options(centre, centre.contract(person.contract), number) for number, person in enumerate(centre.employees)
    ]
    short = need.copy()
    chosen: dict[int, tuple[_Option, tuple[int, ...], Ints]] = {}
    for _ in range(_ROUNDS):
        for number, pools in enumerate(people):
            if number in chosen:
                option, days, pool = chosen[number]
                np.add.at(short, (pool, _cells(option, days)), presence)
            gain = _gains(short, need, presence)
            option, days = _best(options[number], gain[pools].max(axis=0))
            cells = _cells(option, days)
            pool = pools[gain[pools][:, cells].argmax(axis=0)]
            np.subtract.at(short, (pool, cells), presence)
            chosen[number] = (option, days, pool)
    return tuple(_pattern(person.id, person.queues, *chosen[number]) for number, person in enumerate(centre.employees))


def is_week_of_sales(monday: date) -> bool:
    """Return whether a week from Monday is expected to bring a good deal more contacts than a plain one."""
    return _week_total(monday) > _SALES * _week_total(_PLAIN_WEEK)


@cache
def _week_total(monday: date) -> float:
    return float(sum(mean_volume(monday + timedelta(days=n)).sum() for n in range(7)))


def _need(centre: Centre, scale: float) -> Floats:
    """Return the people wanted by pool and cell of a plain week."""
    offered = np.concatenate([mean_volume(_PLAIN_WEEK + timedelta(days=n)) for n in range(7)], axis=1) * scale
    need = np.zeros((max(_POOLS.values()) + 1, offered.shape[1]))
    step = 86400 / SLOTS
    for row, name in enumerate(PROFILES):
        queue = centre.queue(name)
        aht_s = queue.aht_s or 0.0
        levels = [target for target in queue.targets if isinstance(target, ServiceLevel)]
        if queue.is_deferred:
            width = _SPREAD[_POOLS[name]]
            # Work is done within the hours after it came.
            load = offered[row] * aht_s / step
            need[_POOLS[name]] += np.mean([np.roll(load, shift) for shift in range(width)], axis=0) / _BUSY
        elif queue.concurrency > 1:
            lengths = [aht_s * factor for factor in queue.session_factors]
            need[_POOLS[name]] += chat_agents_required(offered[row], lengths, step, levels)
        else:
            need[_POOLS[name]] += agents_required(offered[row], aht_s, step, levels)
    return np.repeat(need, int(step) // _CELL_S, axis=1)


def _pools(queues: tuple[str, ...]) -> Ints:
    return np.array(sorted({_POOLS[queue] for queue in queues}))


def _options(centre: Centre, contract: Contract, number: int) -> list[_Option]:
    """Return every shift of a contract; the breaks of colleagues are staggered by their number."""
    options = []
    for template in centre.templates_of(contract):
        for length in _steps(template.min_length_s, template.max_length_s, template.step_s):
            paid = length - template.unpaid_s
            if not contract.min_day_s <= paid <= contract.max_day_s:
                continue
            days = min(_DAYS, int(contract.max_week_s // paid))
            overtime = contract.max_days_per_week > days and contract.max_overtime_week_s >= paid
            breaks = _breaks(template, number)
            for start in _steps(template.earliest_start_s, template.latest_start_s, template.step_s):
                taken = np.zeros(length // _CELL_S, dtype=bool)
                for begin, end, _ in breaks:
                    taken[begin // _CELL_S : end // _CELL_S] = True
                work = start // _CELL_S + np.flatnonzero(~taken)
                options.append(_Option(template, start, length, work, breaks, days, overtime))
    return options


def _steps(low: float, high: float, step: float) -> list[int]:
    return list(range(int(low), int(high) + 1, int(step)))


def _breaks(template: ShiftTemplate, number: int) -> tuple[tuple[int, int, str], ...]:
    placed = []
    for rest in template.breaks:
        places = int((rest.latest_s - rest.earliest_s) // _CELL_S) + 1
        begin = int(rest.earliest_s) + number % places * _CELL_S
        placed.append((begin, begin + int(rest.length_s), rest.name))
    return tuple(sorted(placed))


def _gains(short: Floats, need: Floats, presence: float) -> Floats:
    """Return by how much one more person lowers the squared shortage over the need, by pool and cell."""

    def cost(gap: Floats) -> Floats:
        return np.where(gap > 0, gap**2, _SURPLUS * gap**2) / np.maximum(need, 1.0)

    return cost(short) - cost(short - presence)


def _best(options: list[_Option], gain: Floats) -> tuple[_Option, tuple[int, ...]]:
    """Return the shift and the days that gain most for an hour."""
    day = np.arange(7)[:, None] * _DAY_CELLS
    values, choices = [], []
    for option in options:
        by_day = gain[(option.work + day) % _WEEK_CELLS].sum(axis=1)
        days = np.argsort(-by_day, kind="stable")[: option.days]
        values.append(float(by_day[days].mean()) / len(option.work))
        choices.append((option, tuple(sorted(int(number) for number in days))))
    # Rounding keeps the choice the same where sums differ in their last digit only.
    return choices[int(np.argmax(np.round(values, 9)))]


def _cells(option: _Option, days: tuple[int, ...]) -> Ints:
    cells: Ints = ((option.work + np.array(days)[:, None] * _DAY_CELLS) % _WEEK_CELLS).ravel()
    return cells


def _pattern(employee: str, queues: tuple[str, ...], option: _Option, days: tuple[int, ...], pool: Ints) -> Pattern:
    """Return the pattern; the planned queue of a stretch is that of the pool that the person most serves in it."""
    by_work = pool.reshape(len(days), -1)
    edges = [0, *(edge for begin, end, _ in option.breaks for edge in (begin, end)), option.length_s]
    stretches: list[tuple[int, int, str, str | None]] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        inside = (option.work * _CELL_S >= option.start_s + begin) & (option.work * _CELL_S < option.start_s + end)
        main = int(np.bincount(by_work[:, inside].ravel()).argmax())
        stretches.append((begin, end, "work", next(queue for queue in queues if _POOLS[queue] == main)))
    stretches += [(begin, end, name, None) for begin, end, name in option.breaks]
    paid = option.length_s - option.template.unpaid_s
    # One day of the week stays free in every week, so nobody works more than six days in a row.
    off = [day for day in range(7) if day not in days]
    overtime_day = off[0] if option.overtime and len(off) > 1 else None
    return Pattern(
        employee=employee,
        template=option.template.name,
        weekdays=days,
        overtime_day=overtime_day,
        start_s=option.start_s,
        length_s=option.length_s,
        paid_s=paid,
        stretches=tuple(sorted(stretches)),
    )
