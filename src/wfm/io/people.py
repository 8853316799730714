"""The people of a centre, their leave and their wishes, from rows of files or tables of the centre file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from wfm.checks import check_choice
from wfm.domain.lock import Lock
from wfm.domain.people import Absence, Employee, Preference, Skill, Unavailability, Wish
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.io.fields import known_names, read_date
from wfm.io.parts import Part, tables
from wfm.io.records import Record
from wfm.logs import logger

__all__ = [
    "PEOPLE",
    "PREFERENCES",
    "UNAVAILABILITY",
    "Columns",
    "People",
    "add",
    "add_preferences",
    "add_unavailability",
    "in_zone",
    "moment",
    "read_people",
    "table_records",
    "whole_number",
]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a table must and may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


PEOPLE = Columns(("employee", "contract", "skills"), ("team", "rotation_week"))
UNAVAILABILITY = Columns(("employee", "start", "end"), ("reason", "credit"))
PREFERENCES = Columns(("employee", "day", "wish"), ("template", "rank", "price"))

_NUMBERS = (
    "rank",
    "price",
    "rotation_week",
    "week_days",
    "days_in_a_row",
    "days_off_in_a_row",
    "nights_in_a_row",
    "weekends",
)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")
_LOG = logger("io")


@dataclass(slots=True)
class People:
    """People by identifier, and the place in the files where each one stands."""

    employees: dict[str, Employee] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def table_records(part: Part, columns: Columns) -> list[Record]:
    """Return the tables of a list in the centre file as rows of text, such as a CSV file would hold."""
    records = []
    known = [*columns.required, *columns.optional]
    for number, (_, table) in enumerate(tables(part, part.key), 1):
        where = f"{part.where}, {part.key} number {number}"
        names = known_names(table, known, kind="key", where=where, faults=part.faults)
        cells = {}
        for key, name in names.items():
            with part.faults.collecting(where):
                cells[name] = _cell(name, table[key])
        for name in columns.required:
            if name not in names.values():
                part.faults.add(f"no {name}", where=where, remedy=f"give it: this table takes {', '.join(known)}")
        records.append(Record(part.where, number, where, {name: cell for name, cell in cells.items() if cell}))
    return records


def _cell(name: str, value: Any) -> str:
    """Return a value of a centre file as it would stand in a CSV."""
    if isinstance(value, str):
        return value.strip()
    if name in ("start", "end", "day", "last_end", "known_from") and isinstance(value, date):
        return value.isoformat()
    if name in ("off", "weekend_worked_saturday") and isinstance(value, bool):
        return "yes" if value else ""
    if name in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if name in ("breaks", "shifts") and isinstance(value, dict):
        return "; ".join(f"{key}={item}" for key, item in value.items())
    if name == "week_starts" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    if name == "skills" and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    raise DataError(Problem(f"{name} must be text, got {value!r}", remedy=f'put it in quotes: {name} = "{value}"'))


def read_people(
    records: Iterable[Record], *, queues: Sequence[str], contracts: Sequence[str], faults: Faults
) -> People:
    """Return the people that rows describe.

    Who cannot be read is replaced by a stand-in with the skills that could be read, or else with all, so that no queue
    is said to lack a server for a fault of a row.
    """
    people = People()
    rows: dict[str, list[Record]] = {}
    for record in records:
        who = record.cells.get("employee", f"({record.where})")
        rows.setdefault(who, []).append(record)
    for who, (record, *more) in rows.items():
        place = f"{record.where}, employee {who!r}" if "employee" in record.cells else record.where
        people.places[who] = place
        people.employees[who] = _employee(who, record, place, queues, contracts, faults)
        if more:
            what = f"employee {who!r} stands there {1 + len(more)} times"
            faults.add(what, where=record.file, remedy="keep one row", rows=[r.row for r in (record, *more)])
    return people


def _employee(
    who: str, record: Record, place: str, queues: Sequence[str], contracts: Sequence[str], faults: Faults
) -> Employee:
    cells, contract, skills = record.cells, "", []
    if "contract" in cells:
        read_as = known_names([cells["contract"]], contracts, kind="contract", where=place, faults=faults)
        contract = read_as.get(cells["contract"], "")
    given = list(_skills(cells.get("skills", "")))
    read_as = known_names(dict.fromkeys(name for name, _ in given), queues, kind="queue", where=place, faults=faults)
    for name, proficiency in given:
        with faults.collecting(place):
            skill = Skill(read_as.get(name, name), _proficiency(name, proficiency))
            skills.extend([skill] if name in read_as else [])
    # Whom a fault keeps from being read stands in for the checks to come, with every skill that could be meant.
    known = dict.fromkeys(read_as.values()) or dict.fromkeys(queues) or ["any"]
    stand_in = Employee(
        id=who, contract=contract or next(iter(contracts), "any"), skills=tuple(Skill(name) for name in known)
    )
    read = "skills" in cells and len(skills) == len(given)
    with faults.collecting(place):
        week = whole_number("rotation_week", cells.get("rotation_week", "0"))
        return replace(
            stand_in, skills=tuple(skills) if read else stand_in.skills, team=cells.get("team"), rotation_week=week
        )
    return stand_in


def whole_number(name: str, text: str) -> int:
    """Return a cell as a whole number."""
    if not text.isdecimal():
        raise DataError(Problem(f"{name} must be a whole number, 0 or more, got {text!r}", remedy=f"write {name} 1"))
    return int(text)


def _skills(text: str) -> Iterator[tuple[str, str]]:
    """Give queue and proficiency of each skill in text such as `"chat; phone:0.8"`."""
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, proficiency = part.rpartition(":") if ":" in part else (part, "", "1")
        yield name.strip(), proficiency.strip()


def _proficiency(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        what = f"the proficiency of skill {name!r} is not a number: {text!r}"
        raise DataError(Problem(what, remedy=f"write '{name}:0.8'")) from None


def add_unavailability(people: People, records: Iterable[Record], *, tz: str, faults: Faults) -> None:
    """Give people the stretches in which they cannot work; local stamps are in the centre's zone."""
    add(people, records, "unavailable", UNAVAILABILITY, lambda record: _stretch(record, tz), faults)


def add_preferences(people: People, records: Iterable[Record], *, templates: Sequence[str], faults: Faults) -> None:
    """Give people their wishes."""
    add(people, records, "preferences", PREFERENCES, lambda record: _wish(record, templates), faults)


def add(
    people: People,
    records: Iterable[Record],
    name: str,
    columns: Columns,
    read: Callable[[Record], Unavailability | Preference | Lock],
    faults: Faults,
) -> None:
    """Read rows and store them in the field `name` of the employees they speak of."""
    rows: dict[str, list[tuple[Record, Unavailability | Preference | Lock]]] = {}
    for record in records:
        who = record.cells.get("employee", "")
        if who and who not in people.employees:
            faults.add(f"unknown employee {who!r}", where=record.where, remedy=did_you_mean(who, people.employees))
        if all(column in record.cells for column in columns.required):
            with faults.collecting(f"{record.where}, employee {who!r}"):
                rows.setdefault(who, []).append((record, read(record)))
    for who, found in rows.items():
        if who not in people.employees:
            continue
        own = Faults()
        with own.collecting():
            values: dict[str, Any] = {name: tuple(value for _, value in found)}
            people.employees[who] = replace(people.employees[who], **values)
        for problem in own.problems:
            where = f"{found[0][0].file}, employee {who!r}"
            faults.add(problem.what, where=where, remedy=problem.remedy, rows=[record.row for record, _ in found])


def _stretch(record: Record, tz: str) -> Unavailability:
    faults = Faults()
    moments: list[date | datetime] = []
    for name in ("start", "end"):
        with faults.collecting():
            moments.append(moment(name, record.cells[name]))
    reason = Absence.LEAVE
    with faults.collecting():
        reason = check_choice("reason", record.cells.get("reason", reason), Absence)
    faults.raise_if_any()
    start, end = in_zone(moments, tz, record.where)
    return Unavailability(start=start, end=end, reason=reason, credit=record.cells.get("credit"))


def moment(name: str, text: str) -> date | datetime:
    """Return a date, or an instant with or without a zone."""
    if _STAMP.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    elif len(text) == len("2026-11-02"):
        return read_date(name, text)
    what = f"{name} is neither a date nor a local time: {text!r}"
    raise DataError(Problem(what, remedy="write it as 2026-11-02 or 2026-11-02 14:00"))


def in_zone(moments: Sequence[date | datetime], tz: str, where: str) -> list[date | datetime]:
    """Give local stamps their offset in the centre's zone; the end follows the start where an hour occurs twice.

    The instants have a fixed offset, since Python compares two stamps of one zone by the clock on the wall, which is
    wrong in that hour.
    """
    local = [moment for moment in moments if isinstance(moment, datetime) and moment.tzinfo is None]
    if not local:
        return list(moments)
    import pandas as pd

    from wfm.timegrid import localize

    stamps, resolved = localize(pd.DatetimeIndex(local), tz)
    for row in resolved.itertuples():
        _LOG.warning("%s: %s in %s is read as %s (%s)", where, row.local, tz, row.stamp, row.rule)
    zoned = iter(stamps)
    return [datetime.fromisoformat(next(zoned).isoformat()) if moment in local else moment for moment in moments]


def _wish(record: Record, templates: Sequence[str]) -> Preference:
    cells, faults = record.cells, Faults()
    template, rank = cells.get("template"), cells.get("rank", "1")
    if template is not None and template not in templates:
        faults.add(f"unknown shift template {template!r}", remedy=did_you_mean(template, templates))
    if not rank.isdecimal():
        faults.add(f"rank must be a whole number from 1 to 9, got {rank!r}", remedy="1 is the dearest wish")
        rank = "1"
    price = None
    with faults.collecting():
        price = _price(cells.get("price"))
    with faults.collecting():
        day, wish = read_date("day", cells["day"]), check_choice("wish", cells["wish"], Wish)
        preference = Preference(day=day, wish=wish, template=template, rank=int(rank), price=price)
        if not faults:
            return preference
    raise DataError(faults.problems)


def _price(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise DataError(Problem(f"price is not a number: {text!r}", remedy="write it as 12.5")) from None
