"""Judge of rosters for the instances of Curtois and Qu (2014), written from their text alone: it knows nothing of wfm.

    python benchmarks/judges/curtois.py INSTANCE.txt ROSTER.json

prints one JSON object: the cost (shifts asked for and not given, shifts asked not to have and given, heads below and
above the cover) and every broken rule. A roster is `{"assignments": [{"employee": "A", "day": 0, "shift": "D"}]}`,
days counted from 0. It exits with 1 where a rule is broken.

The rules: one shift a day, none on a day off; shifts that may not follow each other on consecutive days; most shifts of
each type; least and most minutes; most shifts in a row; least shifts in a row and days off in a row, of which runs that
touch the edge of the horizon are exempt; most weekends with work on Saturday or Sunday. Day 0 is a Monday.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

WEEK, SATURDAY = 7, 5


@dataclass(frozen=True)
class Person:
    """One line of the section of staff."""

    most_of: dict[str, int]
    most_minutes: int
    least_minutes: int
    longest_run: int
    shortest_run: int
    shortest_rest: int
    most_weekends: int


@dataclass
class Instance:
    """An instance as it stands in the text."""

    days: int = 0
    minutes: dict[str, int] = field(default_factory=dict)
    not_before: dict[str, set[str]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    days_off: dict[str, set[int]] = field(default_factory=dict)
    asked_for: dict[tuple[str, int, str], int] = field(default_factory=dict)
    asked_against: dict[tuple[str, int, str], int] = field(default_factory=dict)
    cover: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python benchmarks/judges/curtois.py INSTANCE.txt ROSTER.json")
    instance = read(Path(sys.argv[1]).read_text(encoding="utf-8"))
    roster = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    broken = broken_rules(instance, roster)
    terms = cost_by_term(instance, roster)
    print(json.dumps({"cost": sum(terms.values()), **terms, "broken_rules": broken}, indent=1))
    sys.exit(1 if broken else 0)


def read(text: str) -> Instance:
    """Return the instance of a text."""
    instance = Instance()
    section = ""
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if line.startswith("SECTION_"):
            section = line.removeprefix("SECTION_")
        elif line:
            _enter(instance, section, [word.strip() for word in line.split(",")])
    return instance


def _enter(instance: Instance, section: str, words: list[str]) -> None:
    if section == "HORIZON":
        instance.days = int(words[0])
    elif section == "SHIFTS":
        instance.minutes[words[0]] = int(words[1])
        instance.not_before[words[0]] = {name for name in words[2].split("|") if name}
    elif section == "STAFF":
        pairs = (pair.split("=") for pair in words[1].split("|") if pair)
        instance.people[words[0]] = Person({name: int(most) for name, most in pairs}, *map(int, words[2:8]))
    elif section == "DAYS_OFF":
        instance.days_off[words[0]] = {int(day) for day in words[1:]}
    elif section in ("SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS"):
        asked = instance.asked_for if section == "SHIFT_ON_REQUESTS" else instance.asked_against
        asked[words[0], int(words[1]), words[2]] = int(words[3])
    elif section == "COVER":
        instance.cover[int(words[0]), words[1]] = (int(words[2]), int(words[3]), int(words[4]))
    else:
        raise ValueError(f"unknown section {section!r}")


def cost_by_term(instance: Instance, roster: dict[str, Any]) -> dict[str, int]:
    """Return what the roster costs, by term."""
    worked = {(each["employee"], each["day"], each["shift"]) for each in roster["assignments"]}
    under = over = 0
    for (day, shift), (wanted, under_price, over_price) in instance.cover.items():
        there = sum(1 for _, its_day, its_shift in worked if (its_day, its_shift) == (day, shift))
        under += under_price * max(wanted - there, 0)
        over += over_price * max(there - wanted, 0)
    return {
        "on_requests": sum(price for key, price in instance.asked_for.items() if key not in worked),
        "off_requests": sum(price for key, price in instance.asked_against.items() if key in worked),
        "under": under,
        "over": over,
    }


def broken_rules(instance: Instance, roster: dict[str, Any]) -> list[str]:
    """Return every broken rule in words."""
    broken: list[str] = []
    lines: dict[str, list[str | None]] = {name: [None] * instance.days for name in instance.people}
    for each in roster["assignments"]:
        name, day, shift = each["employee"], each["day"], each["shift"]
        if name not in lines or not 0 <= day < instance.days or shift not in instance.minutes:
            broken.append(f"{name}, day {day}: {shift} is not of the instance")
        elif lines[name][day] is not None:
            broken.append(f"{name}, day {day}: two shifts, {lines[name][day]} and {shift}")
        else:
            lines[name][day] = shift
    for name, line in lines.items():
        found = _of_days(instance, name, line) + _of_totals(instance, instance.people[name], line)
        found += _of_runs(instance.people[name], line)
        broken.extend(f"{name}, {what}" for what in found)
    return broken


def _of_days(instance: Instance, name: str, line: list[str | None]) -> list[str]:
    off = sorted(instance.days_off.get(name, set()))
    broken = [f"day {day}: {line[day]} on a day off" for day in off if line[day] is not None]
    for day in range(1, len(line)):
        before, after = line[day - 1], line[day]
        if before is not None and after in instance.not_before[before]:
            broken.append(f"day {day}: {after} after {before}")
    return broken


def _of_totals(instance: Instance, person: Person, line: list[str | None]) -> list[str]:
    worked = [shift for shift in line if shift is not None]
    broken = [
        f"{worked.count(shift)} shifts {shift}, at most {most}"
        for shift, most in person.most_of.items()
        if worked.count(shift) > most
    ]
    minutes = sum(instance.minutes[shift] for shift in worked)
    if minutes > person.most_minutes:
        broken.append(f"{minutes} minutes, at most {person.most_minutes}")
    if minutes < person.least_minutes:
        broken.append(f"{minutes} minutes, at least {person.least_minutes}")
    weekends = sum(any(line[day : day + 2]) for day in range(SATURDAY, len(line), WEEK))
    if weekends > person.most_weekends:
        broken.append(f"{weekends} weekends, at most {person.most_weekends}")
    return broken


def _of_runs(person: Person, line: list[str | None]) -> list[str]:
    broken = []
    day = 0
    for works, run in groupby(shift is not None for shift in line):
        length = len(list(run))
        inside = day > 0 and day + length < len(line)
        if works and length > person.longest_run:
            broken.append(f"day {day}: {length} shifts in a row, at most {person.longest_run}")
        if works and inside and length < person.shortest_run:
            broken.append(f"day {day}: {length} shifts in a row, at least {person.shortest_run}")
        if not works and inside and length < person.shortest_rest:
            broken.append(f"day {day}: {length} days off in a row, at least {person.shortest_rest}")
        day += length
    return broken


if __name__ == "__main__":
    main()
