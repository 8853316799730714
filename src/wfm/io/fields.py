"""From a table of a file to a value of the domain: known names, plain types, and every fault at once."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from wfm.errors import DataError, Faults, Problem, did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Table", "build", "known_names", "read_date", "read_fields", "read_value"]

Table = Mapping[str, Any]
T = TypeVar("T", bound="DataclassInstance")


def known_names(
    given: Iterable[str], known: Iterable[str], *, kind: str, where: str, faults: Faults, cutoff: float = 0.6
) -> dict[str, str]:
    """Return, by given name, the known name that it is read as; every unknown one is noted as a fault.

    A misspelt name is read as the nearest known one that is not given, so that what it holds is checked as well. The
    fault stands, and nothing is ever built from it.
    """
    given, known = list(given), list(known)
    names = {name: name for name in given if name in known}
    for name in given:
        if name not in known:
            faults.add(f"unknown {kind} {name!r}", where=where, remedy=did_you_mean(name, known))
            spare = [candidate for candidate in known if candidate not in names.values()]
            for close in difflib.get_close_matches(name, spare, n=1, cutoff=cutoff):
                names[name] = close
    return names


def read_fields(
    cls: type[Any], table: Table, *, where: str, faults: Faults, given: Iterable[str] = ()
) -> tuple[dict[str, Any], bool]:
    """Return the fields of a dataclass that a table holds, and whether all that it needs could be read.

    `given` names keys of the table that the caller reads itself.
    """
    hints = get_type_hints(cls)
    taken = {field.name: field for field in fields(cls) if field.init}
    known = [*taken, *(name for name in given if name not in taken)]
    values: dict[str, Any] = {}
    failed: set[str] = set()
    for key, name in known_names(table, known, kind="key", where=where, faults=faults).items():
        if name in given:
            continue
        failed.add(name)
        with faults.collecting(where):
            values[name] = read_value(name, table[key], hints[name])
            failed.remove(name)
    needed = [
        name
        for name, field in taken.items()
        if field.default is MISSING and field.default_factory is MISSING and name not in given
    ]
    for name in needed:
        if name not in values and name not in failed:
            faults.add(f"{name} is missing", where=where, remedy=f"this table takes: {', '.join(known)}")
    return values, all(name in values for name in needed)


def build(
    cls: type[T], table: Table, *, where: str, faults: Faults, given: Mapping[str, Any] | None = None
) -> T | None:
    """Return the dataclass that a table describes, or `None` with every fault noted.

    Parameters
    ----------
    cls
        A dataclass of the domain.
    table
        The table as read.
    where
        Place of the table, for the messages.
    faults
        Takes the faults.
    given
        What the caller has read already, by key; a key that is no field of `cls` is only known to be no fault.
    """
    given = given or {}
    values, complete = read_fields(cls, table, where=where, faults=faults, given=given)
    values |= {name: value for name, value in given.items() if name in cls.__dataclass_fields__}
    if complete:
        with faults.collecting(where):
            return cls(**values)
    return None


def read_value(name: str, value: Any, hint: Any) -> Any:
    """Return the value of a key in the type that a field takes; the domain checks what it means.

    Raises
    ------
    DataError
        If the value is of another type.
    """
    kinds = _kinds(hint)
    if any(get_origin(kind) is Mapping for kind in kinds):
        if isinstance(value, dict):
            return value
        raise DataError(Problem(f"{name} must be a table, got {value!r}", remedy=f"write {name} = {{ early = 1 }}"))
    for kind in kinds:
        if get_origin(kind) is tuple and (isinstance(value, list) or len(kinds) == 1):
            return _read_list(name, value, get_args(kind)[0])
    if isinstance(value, list | dict):
        sort = "a list" if isinstance(value, list) else "a table"
        raise DataError(Problem(f"{name} must be a single value, got {sort}", remedy="give one value"))
    if bool in kinds:
        if isinstance(value, bool):
            return value
        raise DataError(Problem(f"{name} must be true or false, got {value!r}", remedy=f"write {name} = true"))
    if {int, float, timedelta, time} & set(kinds):
        return value
    if date in kinds:
        return read_date(name, value)
    if isinstance(value, str):
        return value
    raise DataError(Problem(f"{name} must be text, got {value!r}", remedy=f'put it in quotes: {name} = "{value}"'))


def read_date(name: str, value: object) -> date:
    """Return a date given as such or as ISO text.

    Examples
    --------
    >>> read_date("day", "2026-11-02")
    datetime.date(2026, 11, 2)
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == len("2026-11-02"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise DataError(Problem(f"{name} is not a date: {str(value)!r}", remedy="write it as 2026-11-02"))


def _read_list(name: str, value: Any, hint: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        shown = f'"{value}"' if isinstance(value, str) else value
        raise DataError(Problem(f"{name} must be a list, got {value!r}", remedy=f"write {name} = [{shown}]"))
    whole = all(isinstance(item, int) and not isinstance(item, bool) for item in value)
    if hint is int and not whole:
        raise DataError(Problem(f"{name} must be a list of whole numbers, got {value!r}", remedy="such as [0, 1, 2]"))
    return tuple(read_value(name, item, hint) for item in value)


def _kinds(hint: Any) -> tuple[Any, ...]:
    """Return the plain types that a field's annotation allows."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(kind for kind in get_args(hint) if kind is not type(None))
    return (hint,)
