"""Reading a centre from its TOML file and the files it names, with every fault of all of them at once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from wfm.calendar import Calendar
from wfm.checks import check_zone
from wfm.domain.centre import Centre
from wfm.domain.people import Contract
from wfm.domain.queue import Queue
from wfm.domain.shift import ShiftTemplate
from wfm.errors import DataError, Faults, Problem
from wfm.io.fields import Table, known_names, read_fields
from wfm.io.locks import BEFORE, LOCKS, add_before, add_locks
from wfm.io.parts import (
    Part,
    one_table,
    read_calendar,
    read_contracts,
    read_fairness,
    read_pairs,
    read_prices,
    read_queues,
    read_shifts,
    read_shrinkage,
)
from wfm.io.people import (
    PEOPLE,
    PREFERENCES,
    UNAVAILABILITY,
    Columns,
    People,
    add_preferences,
    add_unavailability,
    read_people,
    table_records,
)
from wfm.io.records import Record, read_records, read_text

__all__ = ["read_centre"]

_KEYS = (
    "centre",
    "calendar",
    "queues",
    "shrinkage",
    "prices",
    "pairs",
    "fairness",
    "shifts",
    "contracts",
    "people",
    "unavailability",
    "preferences",
    "locks",
    "before",
)


@dataclass(frozen=True, slots=True)
class _Head:
    """The table `[centre]`."""

    name: str
    tz: str
    interval: timedelta | str = "30min"
    currency: str = "EUR"
    people: str | None = None
    unavailability: str | None = None
    preferences: str | None = None
    locks: str | None = None
    before: str | None = None


def read_centre(path: str | Path) -> Centre:
    """Read a centre from a TOML file and the CSV or Excel files that it names.

    Keys are the names of the domain's fields. People, their leave, their wishes, their locks and what they worked
    before the horizon are lists of tables in the file itself (`[[people]]`, `[[unavailability]]`, `[[preferences]]`,
    `[[locks]]`, `[[before]]`), or files named in `[centre]` by a path from the folder of the TOML file:

    ============== ============================================================================================
    people         `employee`, `contract`, `skills` such as `chat; phone:0.8` (the primary first, each with its
                   proficiency where that is not 1), `team`, `rotation_week` (both optional)
    unavailability `employee`, `start`, `end` (both dates, `end` being the first day back; or both stamps, on the
                   centre's clock where they have no offset), `reason`, `credit` such as `8h` (both optional)
    preferences    `employee`, `day`, `wish`, `template` (with the wishes `template` and `not template`), `rank`,
                   `price` (both optional)
    locks          `employee`, `day`, and as far as they are fixed `off` (`yes`), `template`, `start`, `length`, and
                   `breaks` such as `lunch=12:00; pause=09:30`
    before         `employee`, and the fields of `CarryOver` as far as they are not zero: `week_starts` such as
                   `07:00; 09:30`, `shifts` such as `night=2; late=1`, `weekend_worked_saturday` (`yes`)
    ============== ============================================================================================

    Local stamps that do not exist or occur twice are resolved by the rule of `wfm.timegrid.localize` and listed in the
    log `wfm.io`.

    Parameters
    ----------
    path
        The TOML file.

    Raises
    ------
    DataError
        With every fault of all files: file, row, name, value, and what to do.
    MissingExtraError
        If an Excel file is named and `openpyxl` is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "centre.toml"
    >>> _ = path.write_text('''
    ... [centre]
    ... name = "bank"
    ... tz = "America/New_York"
    ...
    ... [calendar]
    ... hours = "Mon-Fri 07:00-21:00"
    ...
    ... [[queues]]
    ... name = "calls"
    ... aht = "3min"
    ... targets = [{ type = "service_level", fraction = 0.8, within = "30s" }]
    ... ''')
    >>> print(read_centre(path).queue("calls").targets[0])
    80 % of offered within 30s
    """
    path = Path(path)
    faults = Faults(str(path))
    data: Table = {}
    with faults.collecting(str(path)):
        data = _parse(read_text(path))
    faults.raise_if_any()
    names = known_names(data, _KEYS, kind="table", where=str(path), faults=faults)
    parts = {key: Part(str(path), key, None, faults) for key in _KEYS}
    parts |= {name: replace(parts[name], value=data[key]) for key, name in names.items()}
    centre = _build(path, parts, faults)
    if centre is not None:
        # The domain does not know the countries; their list is read only for a centre that has one.
        with faults.collecting(f"{path}, [calendar]"):
            Calendar.of(centre)
    if faults or centre is None:
        raise DataError(faults.problems, faults.subject)
    return centre


def _parse(text: str) -> Table:
    if not text.strip():
        raise DataError(Problem("the file is empty", remedy='start it with [centre], name = "…" and tz = "…"'))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(Problem(f"not TOML: {error}", remedy="correct it there")) from None


def _build(path: Path, parts: dict[str, Part], faults: Faults) -> Centre | None:
    """Read every part by itself, then check all names together by building the centre."""
    head, _ = read_fields(_Head, one_table(parts["centre"]), where=f"{path}, [centre]", faults=faults)
    queues, shifts = read_queues(parts["queues"]), read_shifts(parts["shifts"])
    contracts = read_contracts(parts["contracts"])
    calendar, prices = read_calendar(parts["calendar"]), read_prices(parts["prices"])
    shrinkage = read_shrinkage(parts["shrinkage"])
    pairs, fairness = read_pairs(parts["pairs"]), read_fairness(parts["fairness"])
    people = _people(path, head, parts, queues, contracts, shifts)
    centre: Centre | None = None
    checked = Faults()
    with checked.collecting():
        centre = Centre(
            name=head.get("name", "centre"),
            tz=head.get("tz", "UTC"),
            queues=tuple(queues),
            interval=head.get("interval", "30min"),
            calendar=calendar,
            contracts=tuple(contracts),
            shifts=tuple(shifts),
            employees=tuple(people.employees.values()),
            shrinkage=tuple(shrinkage),
            prices=prices,
            pairs=tuple(pairs),
            fairness=fairness,
            currency=head.get("currency", "EUR"),
        )
    places = {f"employee {who!r}": place for who, place in people.places.items()}
    for problem in checked.problems:
        where = places.get(problem.where, ", ".join(filter(None, (str(path), problem.where))))
        faults.problems.append(replace(problem, where=where))
    return centre


def _people(
    path: Path,
    head: dict[str, Any],
    parts: dict[str, Part],
    queues: Sequence[Queue],
    contracts: Sequence[Contract],
    shifts: Sequence[ShiftTemplate],
) -> People:
    """Read the people, then what is told of each of them."""
    faults = parts["people"].faults
    given = "people" in head or parts["people"].value is not None
    records = _records(path, head, parts["people"], PEOPLE)
    people = read_people(
        records,
        queues=[queue.name for queue in queues],
        contracts=[contract.name for contract in contracts],
        faults=faults,
    )
    unavailability = _records(path, head, parts["unavailability"], UNAVAILABILITY)
    preferences = _records(path, head, parts["preferences"], PREFERENCES)
    locks, before = (
        _records(path, head, parts[name], columns) for name, columns in (("locks", LOCKS), ("before", BEFORE))
    )
    if given and not records:
        # Their names could not be read: nobody else is blamed for naming them.
        return people
    add_unavailability(people, unavailability, tz=_zone(head), faults=faults)
    templates = [shift.name for shift in shifts]
    add_preferences(people, preferences, templates=templates, faults=faults)
    add_locks(people, locks, templates=templates, faults=faults)
    add_before(people, before, tz=_zone(head), templates=templates, faults=faults)
    return people


def _records(path: Path, head: dict[str, Any], part: Part, columns: Columns) -> list[Record]:
    """Return the rows of the file that `[centre]` names, or the tables of the centre file."""
    name = head.get(part.key)
    if name is None:
        return table_records(part, columns)
    if part.value is not None:
        remedy = "keep one"
        part.faults.add(f"{part.key} are given here and in the file {name!r}", where=str(path), remedy=remedy)
    before = len(part.faults.problems)
    records = read_records(path.parent / name, required=columns.required, optional=columns.optional, faults=part.faults)
    if part.key == "people" and not records and len(part.faults.problems) == before:
        part.faults.add("no people", where=str(path.parent / name), remedy="give each a row, or leave the file out")
    return records


def _zone(head: dict[str, Any]) -> str:
    """Return the zone of local stamps; an unknown one is a fault of the centre, not of each stamp."""
    tz = head.get("tz", "UTC")
    try:
        return check_zone(tz)
    except DataError:
        return "UTC"
