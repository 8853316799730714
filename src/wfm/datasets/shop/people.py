"""The people of the synthetic shop: contracts, skills, speed, leave and wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from wfm.calendar import commerce_events
from wfm.datasets.shop.profiles import OUTAGE
from wfm.domain.centre import Centre
from wfm.domain.hours import CalendarSpec, Event, EventKind
from wfm.domain.people import Contract, ContractKind, Employee, Preference, Skill, Unavailability, Wish
from wfm.domain.presets import ecommerce, ecommerce_contracts

__all__ = ["GROUPS", "make_centre"]

# A small centre needs more people for its volume: these many are there before the first contact comes.
_FIXED_HEADS, _HEADS = 13, 107
# Who serves what, the first queue foremost, and the share of the heads.
GROUPS: Mapping[str, tuple[tuple[str, ...], float]] = {
    "phone": (("phone",), 0.23),
    "chat": (("chat",), 0.16),
    "flex": (("phone", "chat"), 0.21),
    "desk": (("messages", "social", "chat"), 0.24),
    "cases": (("inquiries", "complaints", "phone"), 0.16),
}
_CONTRACTS = {"full": 0.55, "part": 0.35, "temporary": 0.10}
_SECOND_SKILL = 0.92  # speed in a queue that is not one's first
_TEAM = 15
_AHEAD = timedelta(days=61)  # leave is known this long after the history


def make_centre(first_day: date, end_day: date, *, seed: int, scale: float) -> Centre:
    """Return the centre with its people; leave falls from the first day to two months after the end."""
    # The streams of days bear their ordinals, which are above 0.
    rng = np.random.default_rng([seed, 0])
    heads = _FIXED_HEADS + round(_HEADS * scale)
    groups = _apportion({name: share for name, (_, share) in GROUPS.items()}, heads)
    contracts = _apportion(_CONTRACTS, heads)
    rng.shuffle(contracts)
    numbers: dict[str, int] = {}
    employees = []
    for position, (group, contract) in enumerate(zip(groups, contracts, strict=True)):
        number = numbers[group] = numbers.get(group, 0) + 1
        speed = rng.uniform(0.85, 1.15, size=len(GROUPS[group][0]))
        skills = tuple(
            Skill(queue, round(float(speed[place]) * (1.0 if place == 0 else _SECOND_SKILL), 2))
            for place, queue in enumerate(GROUPS[group][0])
        )
        leave = () if contract == "temporary" else _leave(rng, first_day, end_day + _AHEAD)
        wishes = _wishes(rng, end_day, [(stretch.start, stretch.end) for stretch in leave], contract)
        employees.append(
            Employee(
                id=f"A{position + 1:03}",
                contract=contract,
                skills=skills,
                team=f"{group} {(number - 1) // _TEAM + 1}",
                unavailable=leave,
                preferences=wishes,
            )
        )
    return replace(
        ecommerce(),
        contracts=_contracts_with_overtime(),
        employees=tuple(employees),
        calendar=_calendar(first_day, end_day),
    )


def _contracts_with_overtime() -> tuple[Contract, ...]:
    """Return the contracts; in the weeks of sales, full-timers and temporaries may work a sixth day."""
    return tuple(
        contract
        if contract.kind is ContractKind.PART
        else replace(contract, max_days_per_week=6, max_overtime_week="8h")
        for contract in ecommerce_contracts()
    )


def _calendar(first_day: date, end_day: date) -> CalendarSpec:
    years = range(first_day.year, (end_day + _AHEAD).year + 1)
    outage = Event(name="platform outage", dates=(OUTAGE[0],), kind=EventKind.OUTAGE)
    return replace(ecommerce().calendar, events=(*commerce_events("CN", years), outage))


def _apportion(shares: Mapping[str, float], total: int) -> list[str]:
    """Return `total` names in proportion to their shares; where there are enough, none is left out."""
    exact = np.array(list(shares.values())) * total
    counts = np.floor(exact).astype(int)
    if total >= len(shares):
        counts = np.maximum(counts, 1)
    while counts.sum() != total:
        step = 1 if counts.sum() < total else -1
        counts[int(np.argmax(step * (exact - counts)))] += step
    return [name for name, count in zip(shares, counts, strict=True) for _ in range(count)]


def _leave(rng: np.random.Generator, first_day: date, end_day: date) -> tuple[Unavailability, ...]:
    """Return a week of leave in spring and one to two in late summer of each year, clear of the sales."""
    stretches = []
    for year in range(first_day.year, end_day.year + 1):
        spring = date(year, 3, 1) + timedelta(days=int(rng.integers(0, 70)))
        summer = date(year, 7, 5) + timedelta(days=int(rng.integers(0, 80)))
        for start, days in ((spring, 7), (summer, int(rng.choice((7, 14))))):
            start -= timedelta(days=start.weekday())  # leave is taken in weeks from Monday
            end = start + timedelta(days=days)
            if first_day <= start and end <= end_day:
                stretches.append(Unavailability(start=start, end=end))
    return tuple(stretches)


def _wishes(
    rng: np.random.Generator, end_day: date, leave: Sequence[tuple[date, date]], contract: str
) -> tuple[Preference, ...]:
    """Return up to three wishes for the month after the history, the first month that is to be planned."""
    days = rng.choice(30, size=int(rng.integers(0, 4)), replace=False)
    wishes = []
    for rank, offset in enumerate(sorted(int(day) for day in days), 1):
        day = end_day + timedelta(days=offset)
        choice = rng.choice(3, p=(0.6, 0.15, 0.25))
        if any(start <= day < end for start, end in leave):
            continue
        if choice == 2 and contract == "full":
            wishes.append(
                Preference(day=day, wish=Wish.TEMPLATE, template=str(rng.choice(("early", "late"))), rank=rank)
            )
        else:
            wishes.append(Preference(day=day, wish=Wish.WORK if choice == 1 else Wish.OFF, rank=rank))
    return tuple(wishes)
