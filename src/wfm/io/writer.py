"""Writing a centre as a TOML file, with its people in CSV files beside it."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wfm.domain.carry import CarryOver
from wfm.domain.centre import Centre
from wfm.domain.hours import CalendarSpec, OpeningHours
from wfm.domain.lock import Lock
from wfm.domain.people import Contract, Employee, Skill
from wfm.domain.queue import Queue
from wfm.domain.shift import ShiftTemplate
from wfm.errors import DataError, Problem, did_you_mean
from wfm.files import replacing
from wfm.io.centre import read_centre
from wfm.io.locks import BEFORE, LOCKS
from wfm.io.parts import TARGETS
from wfm.io.people import PEOPLE, PREFERENCES, UNAVAILABILITY, Columns

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["write_centre"]

_TYPES = {cls: name for name, cls in TARGETS.items()}
_CLOCK = ("earliest_start", "latest_start", "unpopular_starts")


def write_centre(centre: Centre, path: str | Path) -> None:
    """Write a centre to a TOML file, and its people and what is told of each of them to CSV files beside it.

    `read_centre` gives the same centre back; this is checked before anything is replaced. The CSV files bear the name
    of the TOML file: `shop.toml` goes with `shop.people.csv`, `shop.unavailability.csv`, `shop.preferences.csv`,
    `shop.locks.csv` and `shop.before.csv`, of which there are only those that hold something. Each file is replaced
    whole or not at all, the TOML file last.

    Parameters
    ----------
    centre
        The centre.
    path
        The TOML file; its folder must exist.

    Raises
    ------
    DataError
        If the suffix is not `.toml`, the folder is missing, or the centre holds what the files cannot, such as a queue
        with a semicolon in its name.

    Examples
    --------
    >>> from wfm.domain import presets
    >>> path = Path(tempfile.mkdtemp()) / "shop.toml"
    >>> write_centre(presets.ecommerce(), path)
    >>> read_centre(path) == presets.ecommerce()
    True
    """
    path = Path(path)
    if path.suffix.lower() != ".toml":
        raise DataError(Problem(f"{path}: unknown suffix {path.suffix!r}", remedy=did_you_mean(path.suffix, [".toml"])))
    if not path.parent.is_dir():
        raise DataError(Problem(f"{path}: there is no folder {str(path.parent)!r}", remedy="make it first"))
    texts = _texts(centre, path.stem)
    _check_same(centre, texts, path)
    for name, text in texts.items():
        with replacing(path.parent / name) as draft:
            draft.write_text(text, encoding="utf-8", newline="")


def _texts(centre: Centre, stem: str) -> dict[str, str]:
    """Return the content of every file by name, the TOML file last."""
    import tomli_w

    people = [
        [
            who.id,
            who.contract,
            "; ".join(map(_skill, who.skills)),
            "" if who.team is None else who.team,
            who.rotation_week or "",
        ]
        for who in centre.employees
    ]
    unavailability = [
        [
            who.id,
            away.start.isoformat(),
            away.end.isoformat(),
            str(away.reason),
            "" if away.credit is None else _cell("credit", away.credit),
        ]
        for who in centre.employees
        for away in who.unavailable
    ]
    preferences = [
        [
            who.id,
            wish.day.isoformat(),
            str(wish.wish),
            wish.template or "",
            wish.rank,
            "" if wish.price is None else repr(wish.price),
        ]
        for who in centre.employees
        for wish in who.preferences
    ]
    head: dict[str, Any] = {
        "name": centre.name,
        "tz": centre.tz,
        "interval": _cell("interval", centre.interval),
        "currency": centre.currency,
    }
    texts: dict[str, str] = {}
    locks = [_lock(who.id, lock) for who in centre.employees for lock in who.locks]
    before = [_before(who.id, who.before) for who in centre.employees if who.before is not None]
    for key, columns, rows in (
        ("people", PEOPLE, people),
        ("unavailability", UNAVAILABILITY, unavailability),
        ("preferences", PREFERENCES, preferences),
        ("locks", LOCKS, locks),
        ("before", BEFORE, before),
    ):
        if rows:
            head[key] = f"{stem}.{key}.csv"
            texts[head[key]] = _csv(columns, rows)
    tables = {
        "centre": head,
        "calendar": _calendar(centre.calendar),
        "queues": [_queue(queue) for queue in centre.queues],
        "prices": _table(centre.prices),
        "pairs": [_table(pair) for pair in centre.pairs],
        "fairness": {} if centre.fairness is None else _table(centre.fairness),
        "shifts": [_shift(shift) for shift in centre.shifts],
        "contracts": [_contract(contract) for contract in centre.contracts],
    }
    parts = [tomli_w.dumps({key: value for key, value in tables.items() if value})]
    # Tables as short as these would be put inside brackets, above [centre].
    parts += [f"[[shrinkage]]\n{tomli_w.dumps(_table(part))}" for part in centre.shrinkage]
    return texts | {f"{stem}.toml": "\n".join(parts)}


def _calendar(spec: CalendarSpec) -> dict[str, Any]:
    hours, events = _hours(OpeningHours.of(spec.hours)), [_table(event) for event in spec.events]
    table = {**hours, **_table(spec, "hours", "events"), "events": events}
    return {key: value for key, value in table.items() if value not in ([], {})}


def _queue(queue: Queue) -> dict[str, Any]:
    hours = _hours(queue.hours) if isinstance(queue.hours, OpeningHours) else {}
    targets = [{"type": _TYPES[type(target)], **_table(target)} for target in queue.targets]
    return {**_table(queue, "hours", "targets"), "targets": targets, **hours}


def _hours(hours: OpeningHours) -> dict[str, Any]:
    dated = {day.isoformat(): text for day, text in dict(hours.exceptions).items()}
    return {"hours": hours.weekly, **({"exceptions": dated} if dated else {})}


def _shift(shift: ShiftTemplate) -> dict[str, Any]:
    # Every day of the week is the default, and seven lines of a file.
    every_day = ("weekdays",) if shift.weekdays == tuple(range(7)) else ()
    return {**_table(shift, "breaks", *every_day), "breaks": [_table(rest) for rest in shift.breaks]}


def _contract(contract: Contract) -> dict[str, Any]:
    table = _table(contract, "max_shifts")
    if contract.max_shifts is not None:
        table["max_shifts"] = dict(contract.max_shifts)
    return table


def _lock(who: str, lock: Lock) -> list[object]:
    start = "" if lock.start is None else _cell("earliest_start", lock.start)
    length = "" if lock.length is None else _cell("length", lock.length)
    breaks = "; ".join(f"{name}={_cell('earliest_start', at)}" for name, at in dict(lock.breaks).items())
    return [who, lock.day.isoformat(), "yes" if lock.off else "", lock.template or "", start, length, breaks]


def _before(who: str, before: CarryOver) -> list[object]:
    """Return what was worked before as a row of the columns `BEFORE`; what is zero is left out."""
    cells: dict[str, object] = {
        "employee": who,
        "last_end": "" if before.last_end is None else before.last_end.isoformat(),
        "week_starts": "; ".join(str(_cell("earliest_start", start)) for start in before.week_starts),
        "weekend_worked_saturday": "yes" if before.weekend_worked_saturday else "",
        "known_from": "" if before.known_from is None else before.known_from.isoformat(),
        "shifts": "; ".join(f"{name}={count}" for name, count in dict(before.shifts).items()),
    }
    others = (name for name in (*BEFORE.required, *BEFORE.optional) if name not in cells)
    cells |= {name: _cell(name, getattr(before, name)) if getattr(before, name) else "" for name in others}
    return [cells[name] for name in (*BEFORE.required, *BEFORE.optional)]


def _skill(skill: Skill) -> str:
    """Return a skill as it stands in the column `skills`."""
    plain = skill.proficiency == 1 and ":" not in skill.queue
    return skill.queue if plain else f"{skill.queue}:{skill.proficiency!r}"


def _table(value: DataclassInstance, *without: str) -> dict[str, Any]:
    """Return the fields of a domain value that it is made of; what is `None` has no key."""
    names = [field.name for field in fields(value) if field.init and field.name not in without]
    return {name: _cell(name, getattr(value, name)) for name in names if getattr(value, name) is not None}


def _cell(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [_cell(name, item) for item in value]
    if isinstance(value, timedelta):
        return _clock(value) if name in _CLOCK else _duration(value)
    return value.value if isinstance(value, StrEnum) else value


def _duration(value: timedelta) -> str:
    """Return hours, minutes and seconds: a contract has 40h, not 1d16h."""
    minutes, rest = divmod(value, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest.total_seconds():.6f}".rstrip("0").rstrip(".")
    parts = ((f"{hours}", "h"), (f"{minutes}", "min"), (seconds, "s"))
    return "".join(number + unit for number, unit in parts if number != "0") or "0s"


def _clock(value: timedelta) -> str | time:
    """Return a time of day; only one with seconds is no text such as 07:30."""
    minutes, rest = divmod(value, timedelta(minutes=1))
    if rest:
        return time(minutes // 60, minutes % 60, rest.seconds, rest.microseconds)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _csv(columns: Columns, rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    table = [[*columns.required, *columns.optional], *rows]
    # Optional columns that hold nothing are left out.
    first = len(columns.required)
    kept = [n for n in range(len(table[0])) if n < first or any(row[n] != "" for row in table[1:])]
    csv.writer(text, lineterminator="\n").writerows([[row[n] for n in kept] for row in table])
    return text.getvalue()


def _check_same(centre: Centre, texts: Mapping[str, str], path: Path) -> None:
    """Raise unless the files give the same centre when they are read."""
    what = f"centre {centre.name!r} would not be the same when read again"
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8", newline="")
        try:
            again = read_centre(Path(folder) / f"{path.stem}.toml")
        except DataError as error:
            problems = [replace(p, where=p.where.replace(folder, str(path.parent))) for p in error.problems]
            raise DataError(problems, f"{path}: {what}") from None
    for name in (field.name for field in fields(Centre) if field.init):
        given, read = getattr(centre, name), getattr(again, name)
        if name == "employees":
            given = tuple(map(_with_offsets, given))
        pairs = zip(given, read, strict=True) if isinstance(given, tuple) else ((given, read),)
        for before, after in pairs:
            if before != after:
                remedy = f"it would be read as {after!r}: change what a file of text cannot hold"
                raise DataError(Problem(f"{what}: {name} hold {before!r}", where=str(path), remedy=remedy))


def _with_offsets(employee: Employee) -> Employee:
    """Return a person whose instants have a fixed offset, as they have when they are read."""
    unavailable = []
    for away in employee.unavailable:
        if isinstance(away.start, datetime):
            start, end = (datetime.fromisoformat(moment.isoformat()) for moment in (away.start, away.end))
            unavailable.append(replace(away, start=start, end=end))
        else:
            unavailable.append(away)
    before = employee.before
    if before is not None and before.last_end is not None:
        before = replace(before, last_end=datetime.fromisoformat(before.last_end.isoformat()))
    return replace(employee, unavailable=tuple(unavailable), before=before)
