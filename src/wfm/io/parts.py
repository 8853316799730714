"""The tables of a centre file, one reader for each part of a centre.

A part that cannot be read is noted as a fault and replaced by a stand-in of the same name that fits everything, so
that whatever names it is still checked. A centre with a stand-in in it never leaves `read_centre`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wfm.domain.centre import Prices, Shrinkage
from wfm.domain.hours import CalendarSpec, Event, OpeningHours
from wfm.domain.people import Contract
from wfm.domain.queue import Queue
from wfm.domain.shift import Break, ShiftTemplate
from wfm.domain.targets import Deadline, LongestWait, MaxAbandonment, MaxOccupancy, MeanAnswer, ServiceLevel, Target
from wfm.domain.together import Fairness, Pair
from wfm.errors import Faults, did_you_mean
from wfm.io.fields import Table, build, read_date, read_value

__all__ = [
    "TARGETS",
    "Part",
    "one_table",
    "read_calendar",
    "read_contracts",
    "read_fairness",
    "read_pairs",
    "read_prices",
    "read_queues",
    "read_shifts",
    "read_shrinkage",
    "tables",
]

TARGETS: Mapping[str, type[Target]] = {
    "service_level": ServiceLevel,
    "mean_answer": MeanAnswer,
    "longest_wait": LongestWait,
    "max_abandonment": MaxAbandonment,
    "max_occupancy": MaxOccupancy,
    "deadline": Deadline,
}


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one key of a file.

    Parameters
    ----------
    where
        Place of the key, such as `"centre.toml"`.
    key
        The key.
    value
        What stands under it; `None` if it is not there.
    faults
        Takes the faults.
    """

    where: str
    key: str
    value: Any
    faults: Faults


def tables(part: Part, noun: str, *, label: str = "name") -> Iterator[tuple[str, Table]]:
    """Give each table of a list with its place: the name under `label`, or else the number in the list."""
    value = [] if part.value is None else part.value
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        what = f"{part.key} must be a list of tables, got {_sort(value)}"
        part.faults.add(what, where=part.where, remedy=f"write [[{part.key}]] above each")
        return
    for number, table in enumerate(value, 1):
        name = table.get(label)
        yield f"{part.where}, {noun} {repr(name) if isinstance(name, str) else f'number {number}'}", table


def one_table(part: Part) -> Table:
    """Return the one table under a key; an empty one if there is none."""
    value: Any = {} if part.value is None else part.value
    if isinstance(value, dict):
        return value
    what = f"{part.key} must be a table, got {_sort(value)}"
    part.faults.add(what, where=part.where, remedy=f"write [{part.key}] once")
    # What stands in a list of one table is checked as well.
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else {}


def read_queues(part: Part) -> list[Queue]:
    """Return the queues of `[[queues]]`."""
    queues = []
    for where, table in tables(part, "queue"):
        given = {
            "targets": _targets(Part(where, "targets", table.get("targets"), part.faults)),
            "hours": _hours(table, where, part.faults, default=None),
            "exceptions": None,
        }
        queue = build(Queue, table, where=where, faults=part.faults, given=given)
        if queue is None and (name := _name(table)):
            queue = Queue(name=name, targets=(MaxOccupancy(1.0),))
        if queue is not None:
            queues.append(queue)
    return queues


def read_shifts(part: Part) -> list[ShiftTemplate]:
    """Return the shift templates of `[[shifts]]`."""
    shifts = []
    for where, table in tables(part, "shift"):
        known_faults = len(part.faults.problems)
        inner = Part(where, "breaks", table.get("breaks"), part.faults)
        breaks = [build(Break, rest, where=place, faults=part.faults) for place, rest in tables(inner, "break")]
        given = {"breaks": tuple(rest for rest in breaks if rest is not None)}
        shift = build(ShiftTemplate, table, where=where, faults=part.faults, given=given)
        if len(part.faults.problems) > known_faults:
            # From a minute to a day it meets every contract, so that no contract is blamed for a fault of the shift.
            shift = None
            if name := _name(table):
                shift = ShiftTemplate(
                    name=name, earliest_start="00:00", step="1min", min_length="1min", max_length="24h"
                )
        if shift is not None:
            shifts.append(shift)
    return shifts


def read_contracts(part: Part) -> list[Contract]:
    """Return the contracts of `[[contracts]]`."""
    contracts = []
    for where, table in tables(part, "contract"):
        contract = build(Contract, table, where=where, faults=part.faults)
        if contract is None and (name := _name(table)):
            templates = table.get("templates")
            named = [item for item in templates if isinstance(item, str)] if isinstance(templates, list) else []
            contract = Contract(name=name, max_day="24h", templates=tuple(named) or None)
        if contract is not None:
            contracts.append(contract)
    return contracts


def read_shrinkage(part: Part) -> list[Shrinkage]:
    """Return the parts of paid time off seat of `[[shrinkage]]`."""
    found = [build(Shrinkage, table, where=where, faults=part.faults) for where, table in tables(part, "shrinkage")]
    return [shrinkage for shrinkage in found if shrinkage is not None]


def read_prices(part: Part) -> Prices:
    """Return the prices of `[prices]`."""
    return build(Prices, one_table(part), where=f"{part.where}, [prices]", faults=part.faults) or Prices()


def read_pairs(part: Part) -> list[Pair]:
    """Return the people who should work together or apart of `[[pairs]]`."""
    found = [
        build(Pair, table, where=where, faults=part.faults) for where, table in tables(part, "pair", label="first")
    ]
    return [pair for pair in found if pair is not None]


def read_fairness(part: Part) -> Fairness | None:
    """Return the prices of an uneven share of `[fairness]`, if there is one."""
    if part.value is None:
        return None
    return build(Fairness, one_table(part), where=f"{part.where}, [fairness]", faults=part.faults)


def read_calendar(part: Part) -> CalendarSpec:
    """Return the calendar of `[calendar]`."""
    table, where = one_table(part), f"{part.where}, [calendar]"
    inner = Part(where, "calendar.events", table.get("events"), part.faults)
    events = [build(Event, event, where=place, faults=part.faults) for place, event in tables(inner, "event")]
    given = {
        "hours": _hours(table, where, part.faults, default=OpeningHours()),
        "exceptions": None,
        "events": tuple(event for event in events if event is not None),
    }
    return build(CalendarSpec, table, where=where, faults=part.faults, given=given) or CalendarSpec()


def _targets(part: Part) -> tuple[Target, ...]:
    """Return the targets of a queue; a stand-in for each one that cannot be read."""
    targets: list[Target] = []
    for place, table in tables(part, "target", label="type"):
        kind = table.get("type")
        target: Target | None = None
        if isinstance(kind, str) and kind in TARGETS:
            target = build(TARGETS[kind], table, where=place, faults=part.faults, given={"type": kind})
        elif kind is None:
            part.faults.add("type is missing", where=place, remedy=f"give one of: {', '.join(TARGETS)}")
        else:
            part.faults.add(f"unknown target type {kind!r}", where=part.where, remedy=did_you_mean(str(kind), TARGETS))
        targets.append(target or MaxOccupancy(1.0))
    if part.value and not targets:
        targets.append(MaxOccupancy(1.0))
    return tuple(targets)


def _hours(table: Table, where: str, faults: Faults, *, default: OpeningHours | None) -> OpeningHours | None:
    """Return the opening hours told by the keys `hours` and `exceptions` of a table."""
    dated: dict[date, str] = {}
    inner = Part(where, "exceptions", table.get("exceptions"), faults)
    for day, text in one_table(inner).items():
        with faults.collecting(where):
            dated[read_date("exception", day)] = read_value(f"exception {day}", text, str)
    if "hours" not in table and default is None:
        if dated:
            faults.add("exceptions without hours", where=where, remedy="give the hours too")
        return None
    with faults.collecting(where):
        return OpeningHours(table.get("hours", "24x7"), exceptions=dated)
    return default


def _name(table: Table) -> str:
    name = table.get("name")
    return name.strip() if isinstance(name, str) else ""


def _sort(value: object) -> str:
    """Return what sort of value stands in the file, for a message."""
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else repr(value)
