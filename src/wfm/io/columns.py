"""Cells of a file to the types of a public frame; what cannot be read is a fault with its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from wfm.errors import Faults
from wfm.schema import FRAMES, Kind

__all__ = ["Typed", "to_types"]

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LOCAL = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
_ZONED = rf"{_LOCAL}(Z|[+-]\d{{2}}:?\d{{2}})"
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Typed:
    """Columns in their types.

    Parameters
    ----------
    frame
        The columns. Stamps are zoned; or local, without a zone, where that is allowed and the file has no offsets.
    good
        Rows in which every cell could be read.
    """

    frame: pd.DataFrame
    good: pd.Series


class _Read(NamedTuple):
    """Cells read, and those that could not be."""

    column: pd.Series
    wrong: np.ndarray


class _Stamps(NamedTuple):
    """Stamps in UTC, those that could not be read, and those without a zone, which were taken as if in UTC."""

    column: pd.Series
    wrong: np.ndarray
    unzoned: np.ndarray


def to_types(
    cells: pd.DataFrame, name: str, *, tz: str, untyped: bool, local: bool, where: str, faults: Faults
) -> Typed:
    """Return the columns of frame `name` in their types, the others in the type that their cells show.

    Parameters
    ----------
    cells
        Cells as read.
    name
        Name of the frame in the design.
    tz
        Zone that stamps in a column which the frame does not name are turned to; the others are left in UTC.
    untyped
        Whether all cells are text (CSV), so that numbers in a column that the frame does not name are told by their
        look.
    local
        Whether stamps may be local, without an offset.
    where
        The file, for the messages.
    faults
        Takes the faults; a cell that cannot be read is returned as missing.
    """
    wrong = np.zeros(len(cells), dtype=bool)
    columns: dict[str, pd.Series] = {}
    for title, values in cells.items():
        rule = FRAMES[name].columns.get(title)
        if rule is None:
            columns[title] = _as_it_looks(values, tz=tz, untyped=untyped)
            continue
        read = _stamps(values) if rule.kind is Kind.STAMP else _READERS[rule.kind](values)
        columns[title] = read.column
        if read.wrong.any():
            what, remedy = _MESSAGES[rule.kind]
            _note(f"column {title!r} {what}", remedy, values, read.wrong, where, faults)
        wrong |= read.wrong
        if isinstance(read, _Stamps) and read.unzoned.any():
            if local and (read.unzoned == read.column.notna()).all():
                columns[title] = read.column.dt.tz_localize(None)
                continue
            what = f"column {title!r} has {'some ' if local else ''}stamps without a zone"
            _note(what, "write the offset too, such as 2026-11-02 09:00+08:00", values, read.unzoned, where, faults)
            columns[title] = read.column.mask(read.unzoned)
            wrong |= read.unzoned
    return Typed(pd.DataFrame(columns, index=cells.index), pd.Series(~wrong, index=cells.index))


def _note(what: str, remedy: str, values: pd.Series, wrong: np.ndarray, where: str, faults: Faults) -> None:
    shown = values[wrong].iloc[0]
    faults.add(f"{what}: {str(shown)!r}", where=where, remedy=remedy, rows=values.index[wrong].tolist())


def _numbers(values: pd.Series) -> _Read:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _Read(values, np.zeros(len(values), dtype=bool))
    fast = _numbers_of_text(values)
    if fast is not None:
        return _Read(fast, np.zeros(len(values), dtype=bool))
    missing = values.isna().to_numpy()
    numbers: list[float] = [np.nan] * len(values)
    wrong = np.zeros(len(values), dtype=bool)
    for position, value in enumerate(values):
        if missing[position]:
            continue
        number = _number(value)
        if number is None:
            wrong[position] = True
        else:
            numbers[position] = number
    whole = all(isinstance(number, int) for number in numbers)
    return _Read(pd.Series(numbers, index=values.index, dtype="int64" if whole else "float64"), wrong)


def _numbers_of_text(values: pd.Series) -> pd.Series | None:
    """Return the numbers of cells that are text or missing, or `None` if one of them is no plain number."""
    import pyarrow as pa

    try:
        texts = pa.array(values, type=pa.string(), from_pandas=True)
    except pa.ArrowTypeError:
        return None
    for kind in (pa.int64(), pa.float64()):
        try:
            numbers = pd.Series(texts.cast(kind).to_numpy(zero_copy_only=False), index=values.index)
        except pa.ArrowInvalid:
            continue
        # Arrow takes "nan" for a number; here it is a cell that cannot be read.
        return numbers if int(numbers.isna().sum()) == texts.null_count else None
    return None


def _number(value: Any) -> float | None:
    """Return a number of text or of Python's own types, whole ones as `int`; `None` if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    if _WHOLE.fullmatch(value.strip()):
        return int(value)
    try:
        number = float(value)
    except ValueError:
        return None
    return None if np.isnan(number) else number


def _text(values: pd.Series) -> _Read:
    if isinstance(values.dtype, pd.StringDtype):
        return _Read(values, np.zeros(len(values), dtype=bool))
    missing = values.isna().to_numpy()
    # An identifier typed into a spreadsheet as 1001 is a number there and text here.
    texts = [str(value) if isinstance(value, int) and not isinstance(value, bool) else value for value in values]
    wrong = np.array([not isinstance(value, str) for value in texts], dtype=bool) & ~missing
    kept = [None if away else value for value, away in zip(texts, missing | wrong, strict=True)]
    return _Read(pd.Series(kept, index=values.index, dtype="str"), wrong)


def _flags(values: pd.Series) -> _Read:
    missing = values.isna().to_numpy()
    flags = [_FLAGS.get(value.strip().lower()) if isinstance(value, str) else value for value in values]
    wrong = np.array([not isinstance(flag, bool | np.bool_) for flag in flags], dtype=bool) & ~missing
    kept = [None if away else flag for flag, away in zip(flags, missing | wrong, strict=True)]
    dtype = "boolean" if (missing | wrong).any() else "bool"
    return _Read(pd.Series(kept, index=values.index, dtype=dtype), wrong)


def _days(values: pd.Series) -> _Read:
    given = [value.date() if isinstance(value, datetime) and value == _midnight(value) else value for value in values]
    days = [_day_of_text(value) if isinstance(value, str) else value for value in given]
    kept = [value if isinstance(value, date) and not isinstance(value, datetime) else None for value in days]
    wrong = np.array([value is None for value in kept], dtype=bool) & values.notna().to_numpy()
    return _Read(pd.Series(kept, index=values.index, dtype=object), wrong)


def _midnight(value: datetime) -> datetime:
    return value.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _day_of_text(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _stamps(values: pd.Series) -> _Stamps:
    nothing = np.zeros(len(values), dtype=bool)
    there = values.notna().to_numpy()
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return _Stamps(values.dt.tz_convert("UTC").dt.as_unit("ns"), nothing, nothing)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return _Stamps(values.dt.as_unit("ns").dt.tz_localize("UTC"), nothing, there)
    texts = pd.Series([_stamp_text(value) for value in values], index=values.index, dtype="str").str.strip()
    zoned = texts.str.fullmatch(_ZONED, na=False).to_numpy(dtype=bool)
    known = zoned | texts.str.fullmatch(_LOCAL, na=False).to_numpy(dtype=bool)
    read = pd.to_datetime(texts.where(known), format="ISO8601", utc=True, errors="coerce").dt.as_unit("ns")
    readable = read.notna().to_numpy()
    return _Stamps(read, there & ~readable, readable & ~zoned)


def _stamp_text(value: object) -> str | None:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else None


def _as_it_looks(values: pd.Series, *, tz: str, untyped: bool) -> pd.Series:
    """Return a column that the frame does not name: stamps with an offset, numbers, flags, or text.

    A number with a leading zero is text: it is somebody's number, not a quantity.
    """
    given = values[values.notna()].tolist()
    if values.dtype != object:
        return values
    if not given:
        return values.astype("float64")
    stamps = _stamps(values)
    if not (stamps.wrong | stamps.unzoned).any():
        return stamps.column.dt.tz_convert(tz)
    texts = all(isinstance(value, str) for value in given)
    if texts and not untyped:
        return values.astype("str")
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in given)
    if numbers or (texts and all(map(_NUMBER.fullmatch, given))):
        return _numbers(values).column
    if all(value in ("True", "False", True, False) for value in given):
        return _flags(values).column
    return values.astype("str") if texts else values


_READERS: Mapping[Kind, Callable[[pd.Series], _Read]] = {
    Kind.TEXT: _text,
    Kind.NUMBER: _numbers,
    Kind.FRACTION: _numbers,
    Kind.FLAG: _flags,
    Kind.DAY: _days,
}
_MESSAGES: Mapping[Kind, tuple[str, str]] = {
    Kind.TEXT: ("holds what is not text", "write it as text"),
    Kind.STAMP: (
        "holds what is not a stamp",
        "write it as 2026-11-02 09:00, or with its offset 2026-11-02 09:00+08:00",
    ),
    Kind.NUMBER: ("holds what is not a number", "write it as 1234.5"),
    Kind.FRACTION: ("holds what is not a number", "write it as 0.85"),
    Kind.FLAG: ("holds what is neither true nor false", "write true or false"),
    Kind.DAY: ("holds what is not a day", "write it as 2026-11-02"),
}
