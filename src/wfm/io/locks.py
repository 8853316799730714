"""The locks of people and what they worked before the horizon, from rows of files or tables of the centre file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from wfm.domain.carry import CarryOver
from wfm.domain.lock import Lock
from wfm.errors import DataError, Faults, Problem, did_you_mean
from wfm.io.fields import read_date
from wfm.io.people import Columns, People, add, in_zone, moment, whole_number
from wfm.io.records import Record

__all__ = ["BEFORE", "LOCKS", "add_before", "add_locks"]

LOCKS = Columns(("employee", "day"), ("off", "template", "start", "length", "breaks"))
_COUNTS = ("days_in_a_row", "days_off_in_a_row", "nights_in_a_row", "week_days", "weekends")
_SPANS = ("week_paid", "paid")
BEFORE = Columns(
    ("employee",),
    ("last_end", "last_template", *_COUNTS, *_SPANS, "week_starts", "weekend_worked_saturday", "shifts", "known_from"),
)


def add_locks(people: People, records: Iterable[Record], *, templates: Sequence[str], faults: Faults) -> None:
    """Give people their locks."""
    add(people, records, "locks", LOCKS, lambda record: _lock(record, templates), faults)


def _lock(record: Record, templates: Sequence[str]) -> Lock:
    cells = record.cells
    _check_template(cells.get("template"), templates)
    return Lock(
        day=read_date("day", cells["day"]),
        off=_flag("off", cells.get("off")),
        template=cells.get("template"),
        start=cells.get("start"),
        length=cells.get("length"),
        breaks=dict(_pairs("breaks", cells.get("breaks", ""), "lunch=12:00")),
    )


def add_before(people: People, records: Iterable[Record], *, tz: str, templates: Sequence[str], faults: Faults) -> None:
    """Give people what they worked before the horizon; a local end of the last shift is in the centre's zone."""
    rows: dict[str, list[Record]] = {}
    for record in records:
        who = record.cells.get("employee", "")
        if who and who not in people.employees:
            faults.add(f"unknown employee {who!r}", where=record.where, remedy=did_you_mean(who, people.employees))
        elif who:
            rows.setdefault(who, []).append(record)
    for who, (record, *more) in rows.items():
        if more:
            what = f"employee {who!r} stands there {1 + len(more)} times"
            faults.add(what, where=record.file, remedy="keep one row", rows=[r.row for r in (record, *more)])
        with faults.collecting(f"{record.where}, employee {who!r}"):
            before = _before(record, tz, templates)
            people.employees[who] = replace(people.employees[who], before=before)


def _before(record: Record, tz: str, templates: Sequence[str]) -> CarryOver:
    cells, faults = record.cells, Faults()
    values: dict[str, Any] = {name: cells[name] for name in _SPANS if name in cells}
    for name in _COUNTS:
        with faults.collecting():
            values[name] = whole_number(name, cells.get(name, "0"))
    with faults.collecting():
        values["last_end"] = _instant(cells["last_end"], tz, record.where) if "last_end" in cells else None
    with faults.collecting():
        _check_template(cells.get("last_template"), templates)
        values["last_template"] = cells.get("last_template")
    with faults.collecting():
        values["weekend_worked_saturday"] = _flag("weekend_worked_saturday", cells.get("weekend_worked_saturday"))
    with faults.collecting():
        values["known_from"] = read_date("known_from", cells["known_from"]) if "known_from" in cells else None
    with faults.collecting():
        values["week_starts"] = tuple(_parts(cells.get("week_starts", "")))
        counts = _pairs("shifts", cells.get("shifts", ""), "night=2")
        values["shifts"] = {name: whole_number(f"shifts of {name!r}", number) for name, number in counts}
    faults.raise_if_any()
    return CarryOver(**values)


def _instant(text: str, tz: str, where: str) -> date | datetime:
    found = moment("last_end", text)
    if not isinstance(found, datetime):
        raise DataError(Problem(f"last_end is a day, not a time: {text!r}", remedy="write it as 2026-11-01 22:00"))
    return in_zone([found], tz, where)[0]


def _check_template(name: str | None, templates: Sequence[str]) -> None:
    if name is not None and name not in templates:
        raise DataError(Problem(f"unknown shift template {name!r}", remedy=did_you_mean(name, templates)))


def _flag(name: str, text: str | None) -> bool:
    if text not in (None, "", "yes", "no"):
        raise DataError(Problem(f"{name} must be yes or no, got {text!r}", remedy=f"write {name} yes, or leave it out"))
    return text == "yes"


def _parts(text: str) -> list[str]:
    return [part for part in map(str.strip, text.split(";")) if part]


def _pairs(name: str, text: str, example: str) -> list[tuple[str, str]]:
    """Return the names and values of text such as `"lunch=12:00; pause=09:30"`."""
    pairs = []
    for part in _parts(text):
        key, sign, value = (piece.strip() for piece in part.rpartition("="))
        if not (key and sign and value):
            raise DataError(Problem(f"{name} cannot be read: {part!r}", remedy=f"write {name} {example}"))
        pairs.append((key, value))
    return pairs
