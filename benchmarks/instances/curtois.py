"""Reader of the instances of Curtois and Qu (2014) through the public interface of wfm.

Shift types become templates, each person's rules a contract, requests priced wishes, and cover the frame `wanted`. The
text gives lengths and no times of day: all shifts start at midnight, without rest between them, and successions are
`not_after`. Hours cost nothing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

import wfm
from wfm.domain import (
    Centre,
    Contract,
    Employee,
    Preference,
    Prices,
    Queue,
    ServiceLevel,
    ShiftTemplate,
    Skill,
    Unavailability,
)

MONDAY = date(2026, 11, 2)
TZ = "UTC"
MOST_IN_A_ROW = 14  # that a contract knows
WISHES = {"template": "SHIFT_ON_REQUESTS", "not template": "SHIFT_OFF_REQUESTS"}


@dataclass
class _Sections:
    """The lines of each section as words."""

    lines: dict[str, list[list[str]]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[list[str]]:
        return self.lines.get(name, [])


def run(path: Path, *, limit: float, seed: int, out: Path | None) -> dict[str, Any]:
    """Solve an instance within so many seconds; return what the benchmark prints."""
    text = path.read_text(encoding="utf-8")
    centre, wanted, horizon = read(text)
    judge = _judge()
    wfm.roster.solve(None, centre, wanted=wanted, horizon=horizon, work_limit=1)

    begin = time.perf_counter()
    roster = wfm.roster.solve(None, centre, wanted=wanted, horizon=horizon, seed=seed, time_limit=f"{limit:g}s")
    seconds = time.perf_counter() - begin

    written = as_json(roster)
    instance = judge.read(text)
    broken = len(wfm.roster.check(roster, centre, horizon=horizon))
    broken += len(judge.broken_rules(instance, written))
    cost = sum(judge.cost_by_term(instance, written).values())
    if out is not None:
        out.write_text(json.dumps(written), encoding="utf-8")
    return {
        "instance": path.stem,
        "cost": float(cost),
        "bound": roster.bound,
        "gap": None if not roster.bound else cost / roster.bound - 1,
        "seconds": seconds,
        "broken_rules": broken,
    }


def _judge() -> ModuleType:
    """Load the judge of this family, which is written apart from the library."""
    path = Path(__file__).parents[1] / "judges" / "curtois.py"
    spec = importlib.util.spec_from_file_location("curtois_judge", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"the judge {path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for their module
    spec.loader.exec_module(module)
    return module


def read(text: str) -> tuple[Centre, pd.DataFrame, wfm.Horizon]:
    """Return the centre, the heads wanted and the horizon of an instance."""
    sections = _sections(text)
    days = int(sections["HORIZON"][0][0])
    minutes = {name: int(length) for name, length, _ in sections["SHIFTS"]}
    centre = Centre(
        name="ward",
        tz=TZ,
        interval="1h",
        queues=(Queue(name="work", targets=(ServiceLevel(0.8, "30s"),)),),
        contracts=tuple(_contract(words, minutes, days) for words in sections["STAFF"]),
        shifts=tuple(_templates(sections)),
        employees=tuple(_employee(words[0], sections) for words in sections["STAFF"]),
        prices=Prices(shortage_per_hour=1.0, wish=0.0),
    )
    wanted = pd.DataFrame(
        [
            (shift, MONDAY + timedelta(days=int(day)), float(heads), float(under), float(over))
            for day, shift, heads, under, over in sections["COVER"]
        ],
        columns=["template", "day", "heads", "shortage_price", "surplus_price"],
    )
    return centre, wanted, wfm.Horizon(MONDAY, days=days, interval="1h", tz=TZ)


def _sections(text: str) -> _Sections:
    found = _Sections()
    section: list[list[str]] = []
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("SECTION_"):
            section = found.lines.setdefault(line.removeprefix("SECTION_"), [])
        elif line:
            section.append([word.strip() for word in line.split(",")])
    return found


def _templates(sections: _Sections) -> list[ShiftTemplate]:
    bars = {name: [other for other in after.split("|") if other] for name, _, after in sections["SHIFTS"]}
    return [
        ShiftTemplate(
            name=name,
            earliest_start="00:00",
            min_length=f"{length}min",
            not_after=tuple(other for other, barred in bars.items() if name in barred),
        )
        for name, length, _ in sections["SHIFTS"]
    ]


def _contract(words: list[str], minutes: dict[str, int], days: int) -> Contract:
    name, most, most_minutes, least_minutes, *numbers = words
    longest_run, shortest_run, shortest_rest, weekends = map(int, numbers)
    most_of = {shift: int(count) for shift, count in (pair.split("=") for pair in most.split("|"))}
    return Contract(
        name=name,
        max_day=f"{max(minutes.values())}min",
        max_week="168h",
        max_days_per_week=7,
        min_rest="0h",
        min_period=f"{least_minutes}min",
        max_period=f"{most_minutes}min",
        max_days_in_a_row=min(longest_run, MOST_IN_A_ROW),
        min_days_in_a_row=shortest_run,
        min_days_off_in_a_row=shortest_rest,
        max_weekends=weekends,
        max_shifts={shift: count for shift, count in most_of.items() if count < days},
        cost_per_hour=0.0,
    )


def _employee(name: str, sections: _Sections) -> Employee:
    def day(number: str) -> date:
        return MONDAY + timedelta(days=int(number))

    off = [number for who, *numbers in sections["DAYS_OFF"] if who == name for number in numbers]
    asked = [(wish, words) for wish, part in WISHES.items() for words in sections[part] if words[0] == name]
    return Employee(
        id=name,
        contract=name,
        skills=(Skill("work"),),
        unavailable=tuple(Unavailability(start=day(n), end=day(n) + timedelta(days=1)) for n in sorted(off, key=int)),
        preferences=tuple(
            Preference(day=day(number), wish=wish, template=shift, price=float(price))
            for wish, (_, number, shift, price) in asked
        ),
    )


def as_json(roster: wfm.roster.Roster) -> dict[str, Any]:
    """Return a roster in the judge's format."""
    monday = pd.Timestamp(MONDAY, tz=TZ)
    return {
        "assignments": [
            {"employee": row.employee, "day": (row.shift_start - monday).days, "shift": row.template}
            for row in roster.shifts.itertuples()
        ]
    }
