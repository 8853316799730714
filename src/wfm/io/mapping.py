"""Column maps: which column of somebody's export is which column of ours, and what its values mean."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from wfm.checks import check_zone
from wfm.errors import DataError, DataWarning, Faults, Problem, did_you_mean
from wfm.schema import FRAMES, Kind, check
from wfm.timegrid import localize

__all__ = ["ColumnMap", "mapped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """How the columns of an export become a frame of the design.

    Parameters
    ----------
    frame
        Name of the frame, such as `"contacts"`.
    columns
        By our column, the name of theirs. Columns of theirs that are not named are left out.
    optional
        Our columns that an export may lack.
    stamps
        Form of their stamps as `strptime` writes it, such as `"%d-%m-%Y %H:%M"`; default ISO 8601, with or without an
        offset.
    tz
        Zone that the vendor's documentation gives for stamps without an offset, such as `"UTC"`; default unknown: the
        reader must name it.
    values
        By our column, what their values mean: `{"channel": {"VOICE": "phone"}}`. A value that is not named raises.
    others
        By our column, what any value that is not named in `values` means; default: it raises.
    constants
        By our column, one value for all rows.
    factors
        By our column of numbers, what theirs is multiplied by: 0.001 for milliseconds.
    missing
        Texts that mean "no value", beside empty cells.

    Raises
    ------
    DataError
        With every fault of the map.

    Examples
    --------
    >>> ColumnMap(frame="contacts", columns={"contact_id": "id", "queue": "line"}).columns["queue"]
    'line'
    """

    frame: str
    columns: Mapping[str, str]
    optional: frozenset[str] = frozenset()
    stamps: str | None = None
    tz: str | None = None
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.frame not in FRAMES:
            raise DataError(Problem(f"unknown frame {self.frame!r}", remedy=did_you_mean(self.frame, FRAMES)))
        faults = Faults(f"a column map for {self.frame!r}")
        named = {*self.columns, *self.constants}
        for column in sorted((set(self.values) | set(self.factors) | set(self.others)) - named):
            faults.add(f"nothing is read for column {column!r}", remedy="name it in columns, or leave it out")
        with faults.collecting():
            if self.tz is not None:
                check_zone(self.tz)
        faults.raise_if_any()

    def meanings(self, column: str) -> Mapping[str, str] | None:
        """Return what the values of one of our columns mean, if they are not taken as they are."""
        return dict(self.values).get(column)


def mapped(cells: pd.DataFrame, rule: ColumnMap, *, tz: str | None, where: str, final: bool = True) -> pd.DataFrame:
    """Return the frame that the cells of an export hold.

    Parameters
    ----------
    cells
        Cells as read: text, or values of their own kind. The index names their rows.
    rule
        The column map.
    tz
        Zone of the centre: stamps are turned to it, and stamps without an offset are read in it unless the map names
        theirs. None refuses them, and leaves the others in UTC.
    where
        The file, for the messages.
    final
        Whether to check the frame; a vendor whose columns are worked on further checks it afterwards.

    Raises
    ------
    DataError
        With every fault: missing columns, cells that cannot be read, values that are not known, stamps without a zone.
    """
    faults = Faults(where)
    absent = [
        (ours, theirs)
        for ours, theirs in rule.columns.items()
        if theirs not in cells.columns and ours not in rule.optional
    ]
    for ours, theirs in absent:
        remedy = did_you_mean(theirs, map(str, cells.columns))
        faults.add(f"column {theirs!r} is missing; it is our {ours!r}", where=where, remedy=remedy)
    faults.raise_if_any()
    columns: dict[str, pd.Series] = {}
    kinds = {name: column.kind for name, column in FRAMES[rule.frame].columns.items()}
    for ours, theirs in rule.columns.items():
        if theirs not in cells.columns:
            continue
        values = _without_missing(cells[theirs], rule.missing)
        # A column that the frame does not know is for the vendor's own rules; by its name it is a time or text.
        kind = kinds.get(ours, Kind.STAMP if ours.endswith("_at") else Kind.TEXT)
        with faults.collecting(where):
            if kind is Kind.STAMP:
                columns[ours] = _stamps(values, theirs, rule, tz)
            elif kind in (Kind.NUMBER, Kind.FRACTION):
                columns[ours] = _numbers(values, theirs) * rule.factors.get(ours, 1.0)
            elif kind is Kind.FLAG:
                columns[ours] = _flags(values, theirs)
            else:
                columns[ours] = _texts(values, theirs, rule.meanings(ours), rule.others.get(ours))
    faults.raise_if_any()
    frame = pd.DataFrame(columns, index=cells.index)
    for ours, value in rule.constants.items():
        frame[ours] = pd.Series(value, index=frame.index, dtype="str")
    if not final:
        return frame
    with faults.collecting(where):
        frame = check(frame, rule.frame)
    faults.raise_if_any()
    return frame


def _without_missing(values: pd.Series, missing: tuple[str, ...]) -> pd.Series:
    return values.where(~values.isin(["", *missing]), None) if values.dtype == object or missing else values


def _rows(values: pd.Series, wrong: np.ndarray) -> tuple[object, ...]:
    return tuple(values.index[wrong].tolist())


def _stamps(values: pd.Series, title: str, rule: ColumnMap, tz: str | None) -> pd.Series:
    there = values.notna()
    texts = values.astype("str").where(there)
    form = rule.stamps or "ISO8601"
    zoned = texts.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", na=False) if rule.stamps is None else there & False
    read = pd.to_datetime(texts, format=form, utc=True, errors="coerce").dt.as_unit("ns")
    wrong = (there & read.isna()).to_numpy(dtype=bool)
    if wrong.any():
        what = f"column {title!r} holds what is not a stamp: {str(texts[wrong].iloc[0])!r}"
        shape = "ISO 8601, such as 2026-11-02T09:00:00Z" if rule.stamps is None else f"of the form {rule.stamps}"
        raise DataError(Problem(what, remedy=f"it must be {shape}", rows=_rows(values, wrong)))
    naive = (there & ~zoned).to_numpy(dtype=bool)
    if naive.any() and not naive[there.to_numpy()].all():
        what = f"column {title!r} mixes stamps with and without a zone: {str(texts[naive].iloc[0])!r}"
        raise DataError(Problem(what, remedy="write the offset of each", rows=_rows(values, naive)))
    home = tz or "UTC"
    if not naive.any():
        return read.dt.tz_convert(home)
    zone = rule.tz or tz
    if zone is None:
        what = f"column {title!r} has stamps without a zone: {str(texts[naive].iloc[0])!r}"
        raise DataError(Problem(what, remedy="name it: tz='America/New_York'", rows=_rows(values, naive)))
    found = localize(pd.DatetimeIndex(read.dt.tz_localize(None)), zone, ambiguous="first")
    if len(found.resolved):
        row = found.resolved.iloc[0]
        what = f"column {title!r}: {len(found.resolved)} local stamps where the clock changes, the first in row"
        line = f"{what} {values.index[row.position]}: {row.local} is read as {row.stamp} ({row.rule})"
        warnings.warn(line, DataWarning, stacklevel=5)
    return pd.Series(found.stamps, index=values.index).dt.tz_convert(home)


def _numbers(values: pd.Series, title: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    wrong = (values.notna() & numbers.isna()).to_numpy(dtype=bool)
    if wrong.any():
        what = f"column {title!r} holds what is not a number: {str(values[wrong].iloc[0])!r}"
        raise DataError(Problem(what, remedy="write it as 1234.5", rows=_rows(values, wrong)))
    return numbers


def _flags(values: pd.Series, title: str) -> pd.Series:
    known = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
    flags = values.map(lambda value: None if pd.isna(value) else known.get(str(value).strip().lower(), "?"))
    wrong = (flags == "?").to_numpy(dtype=bool)
    if wrong.any():
        what = f"column {title!r} holds what is neither true nor false: {str(values[wrong].iloc[0])!r}"
        raise DataError(Problem(what, remedy="write true or false", rows=_rows(values, wrong)))
    return flags.astype("boolean")


def _texts(values: pd.Series, title: str, known: Mapping[str, str] | None, other: str | None) -> pd.Series:
    texts = pd.Series([None if pd.isna(value) else _text(value) for value in values], index=values.index, dtype="str")
    if known is None:
        return texts
    named = texts.map(dict(known))
    wrong = (texts.notna() & named.isna()).to_numpy(dtype=bool)
    if wrong.any() and other is None:
        shown = str(texts[wrong].iloc[0])
        what = f"column {title!r} holds an unknown value {shown!r}"
        raise DataError(Problem(what, remedy=did_you_mean(shown, known), rows=_rows(values, wrong)))
    return named.where(~wrong, other).astype("str")


def _text(value: object) -> str:
    """Return an identifier as text: 1001 in a spreadsheet or a JSON file is the text 1001 here."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole and isinstance(value, float) else str(value)
